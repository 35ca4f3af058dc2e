//! `voxaudit export`: the audited dataset with manifest and dataset card.

use super::output::{Progress, note, print_json, say, settle};
use crate::formats::export::writer;
use crate::project::Project;
use crate::project::export::{ExportReport, ExportRequest, Include, Policy, export};
use std::path::PathBuf;
use std::process::ExitCode;

/// Write the audited dataset with manifest and dataset card. Same project and options give the same bytes.
#[derive(clap::Args)]
#[command(after_help = "Example: voxaudit export study.voxaudit --out audited --format jsonl,csv --pseudonyms")]
pub struct Args {
    /// Project file.
    project: PathBuf,
    /// Folder to make; an earlier export there is replaced if nobody changed it.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// jsonl, json, csv; all when left out.
    #[arg(long, value_name = "F,…", value_delimiter = ',', value_parser = format)]
    format: Vec<String>,
    /// How several readings become one: adjudicated, majority, unanimous or any.
    #[arg(long, value_parser = policy, default_value = "adjudicated")]
    policy: Policy,
    /// rejected, undecided: export these as well as accepted and edited items.
    #[arg(long, value_name = "STATUS,…", value_delimiter = ',', value_parser = ["rejected", "undecided"])]
    include: Vec<String>,
    /// R1, R2, … instead of reviewers' names (notes are left as they are).
    #[arg(long)]
    pseudonyms: bool,
    /// One JSON document on stdout.
    #[arg(long)]
    json: bool,
}

fn format(id: &str) -> Result<String, String> {
    writer(id).map(|w| w.id.to_owned())
}

fn policy(id: &str) -> Result<Policy, String> {
    let known = || format!("known policies: {}", Policy::ALL.map(Policy::id).join(", "));
    Policy::ALL.into_iter().find(|p| p.id() == id).ok_or_else(known)
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let has = |s: &str| args.include.iter().any(|i| i == s);
    let request = ExportRequest {
        out: args.out.clone(),
        formats: args.format.clone(),
        policy: args.policy,
        include: Include { rejected: has("rejected"), undecided: has("undecided") },
        pseudonyms: args.pseudonyms,
    };
    let mut project = Project::open(&args.project)?;
    let mut report = export(&project, &request, &Progress::new("exporting"))?;
    report.keep_head(&mut project);
    report.notes.iter().for_each(|n| note(format_args!("note: {n}")));
    if report.items == 0 {
        note(format_args!("warning: no item is accepted or edited under this policy; the export is empty (see --include)"));
    }
    settle(true, if args.json { print_json("voxaudit.export", 1, &report) } else { print_text(&report) })?;
    Ok(ExitCode::SUCCESS)
}

fn print_text(report: &ExportReport) -> anyhow::Result<()> {
    say(format_args!("exported {} items of {} cases to {}", report.items, report.cases, report.out.display()))?;
    report.left_out.iter().try_for_each(|(status, n)| say(format_args!("  left out: {n} {status}")))
}
