//! `voxaudit check`: holds items' answers and models' answers against geometry.

use super::output::{Progress, note, print_json, say};
use crate::project::Project;
use crate::project::check::{CheckReport, VerdictCounts};
use crate::project::measure::cache::Cache;
use std::path::PathBuf;
use std::process::ExitCode;

/// Hold reference answers and models' answers against the geometry of the masks.
///
/// Claims are those that items bring, or those that can be read from question and answer with certainty. Each supports, contradicts or
/// leaves open what geometry says; what was checked before and has not changed is not checked again.
#[derive(clap::Args)]
#[command(after_help = "Example: voxaudit check study.voxaudit --json")]
pub struct Args {
    /// Project file.
    project: PathBuf,
    /// One JSON document on stdout.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut project = Project::open(&args.project)?;
    let report = project.check(Cache::of_machine().as_ref(), &Progress::new("checking"))?;
    report.failed.iter().for_each(|(case, why)| note(format_args!("{case}: {why}")));
    report.unreadable.iter().for_each(|(item, why)| note(format_args!("{item}: its claims are not read: {why}")));
    if args.json {
        print_json("voxaudit.check", 1, &report)?;
    } else {
        text(&report).iter().try_for_each(|line| say(format_args!("{line}")))?;
    }
    if report.stopped {
        anyhow::bail!("stopped; what was checked is kept, and the same command goes on from there");
    }
    Ok(if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn text(r: &CheckReport) -> Vec<String> {
    let mut lines = vec![format!("{:<28} {:>9} {:>12} {:>13} {:>9}", "", "supports", "contradicts", "undetermined", "no claim")];
    let line = |(source, c): (&String, &VerdictCounts)| {
        format!("{source:<28} {:>9} {:>12} {:>13} {:>9}", c.supports, c.contradicts, c.undetermined, c.no_claim)
    };
    lines.extend(r.counts.iter().map(line));
    lines.extend(r.contradicting.iter().map(|c| format!("{} ({}): geometry contradicts {}", c.item, c.source, c.claims.join("; "))));
    if !r.contradicting_accepted.is_empty() {
        lines.push(format!("accepted or edited all the same: {}", r.contradicting_accepted.join(", ")));
    }
    if r.items_without_labels > 0 {
        lines.push(format!("{} items are of cases without masks and were not checked", r.items_without_labels));
    }
    lines
}
