//! `voxaudit generate`: items whose answers are computed from the geometry of the masks.

use super::output::{Progress, note, print_json, say, settle};
use crate::formats::Watch;
use crate::generate::geometry::{GeneratedItem, Plan};
use crate::generate::project;
use crate::project::Project;
use crate::project::measure::cache::Cache;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

/// Where questions come from.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Source {
    /// Measures of the masks.
    Geometry,
}

/// Make questions with computed answers for the cases of a project.
///
/// Multiple choice with four options for direction, distance, extent, volume and comparison; numbers for estimation. Every answer is
/// supported by geometry and every distractor contradicted. The same seed gives the same items.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  voxaudit generate study.voxaudit --source geometry --seed 1 --per-case 12
  voxaudit generate study.voxaudit --source geometry --out items.jsonl")]
pub struct Args {
    /// Project file.
    project: PathBuf,
    /// Where questions come from.
    #[arg(long, value_enum)]
    source: Source,
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// At most so many items of a case.
    #[arg(long, value_name = "N", default_value_t = 12)]
    per_case: usize,
    /// Write JSONL instead of adding to the project.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// One JSON document on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    items: usize,
    cases: usize,
    by_task: BTreeMap<&'static str, usize>,
    /// Items that were not in the project before; `null` when a file was written.
    added: Option<usize>,
    /// Cases that could not be measured, with the reason.
    failed: BTreeMap<String, String>,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Source::Geometry = args.source;
    args.out.as_deref().map(project::check_target).transpose()?; // before minutes of measuring
    let mut project = Project::open(&args.project)?;
    let plan = Plan { seed: args.seed, per_case: args.per_case };
    let progress = Progress::new("generating");
    let made = project::from_geometry(&project, plan, Cache::of_machine().as_ref(), &progress)?;
    if progress.cancelled() {
        anyhow::bail!("stopped; nothing was added or written");
    }
    let added = match &args.out {
        Some(path) => {
            project::write(path, &made.items)?;
            None
        }
        None if made.items.is_empty() => Some(0),
        None => Some(project::add(&mut project, &made.items, &progress)?),
    };
    drop(progress);
    made.failed.iter().for_each(|(case, why)| note(format_args!("{case}: {why}")));
    let code = if made.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    let report = report(&made.items, added, made.failed);
    let printed = if args.json { print_json("voxaudit.generate", 1, &report) } else { print_text(&report) };
    settle(true, printed)?;
    Ok(code)
}

fn report(items: &[GeneratedItem], added: Option<usize>, failed: BTreeMap<String, String>) -> Report {
    let mut by_task = BTreeMap::new();
    items.iter().for_each(|i| *by_task.entry(i.task.code()).or_insert(0) += 1);
    let cases: std::collections::BTreeSet<&str> = items.iter().map(|i| i.case.0.as_str()).collect();
    Report { items: items.len(), cases: cases.len(), by_task, added, failed }
}

fn print_text(r: &Report) -> anyhow::Result<()> {
    let tasks: Vec<String> = r.by_task.iter().map(|(task, n)| format!("{task} {n}")).collect();
    say(format_args!("{} items of {} cases: {}", r.items, r.cases, if tasks.is_empty() { "none".to_owned() } else { tasks.join(", ") }))?;
    match r.added {
        Some(added) if added < r.items => say(format_args!("{added} added to the project; the others are asked there already")),
        Some(added) => say(format_args!("{added} added to the project")),
        None => Ok(()),
    }
}
