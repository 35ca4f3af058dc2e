//! `voxaudit report`: all analyses as one page, with the numbers of every chart beside it.

use super::cleaning::CleaningArgs;
use super::output::{Progress, note, print_json, say, settle};
use crate::project::export::report::{ReportSummary, report};
use crate::project::measure::cache::Cache;
use crate::project::{Measuring, Project};
use std::path::PathBuf;
use std::process::ExitCode;

/// Write every analysis as one self-contained HTML page, with a CSV and an SVG per chart.
///
/// What the data is, how review went, how models did and why they failed. The same project gives the same bytes; no reviewer is named.
#[derive(clap::Args)]
#[command(after_help = "Example: voxaudit report study.voxaudit --out study-report")]
pub struct Args {
    /// Project file.
    project: PathBuf,
    /// Folder to make; an earlier report there is replaced if nobody changed it.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Does not measure labels; charts that need volumes of structures say so.
    #[arg(long)]
    no_volumes: bool,
    /// Measures every case anew instead of taking kept measures.
    #[arg(long, conflicts_with = "no_volumes")]
    no_cache: bool,
    #[command(flatten)]
    cleaning: CleaningArgs,
    /// One JSON document on stdout.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let project = Project::open(&args.project)?;
    let cache = if args.no_cache { None } else { Cache::of_machine() };
    let measuring = if args.no_volumes { Measuring::LeftOut } else { Measuring::All(cache.as_ref()) };
    let done = report(&project, &args.out, measuring, args.cleaning.cleaning(), &Progress::new("analysing"))?;
    done.notes.iter().for_each(|n| note(format_args!("note: {n}")));
    settle(true, if args.json { print_json("voxaudit.report", 1, &done) } else { text(&done) })?;
    Ok(ExitCode::SUCCESS)
}

fn text(done: &ReportSummary) -> anyhow::Result<()> {
    let (shown, missing): (Vec<_>, Vec<_>) = done.charts.iter().partition(|c| c.missing.is_none());
    say(format_args!("{} charts of {} items to {}", shown.len(), done.items, done.out.join("index.html").display()))?;
    for chart in missing {
        note(format_args!("no chart '{}': {}", chart.title, chart.missing.as_deref().unwrap_or_default()));
    }
    Ok(())
}
