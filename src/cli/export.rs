//! `voxaudit export`: the audited dataset with manifest and dataset card.

use super::output::{Progress, print_json};
use crate::formats::export::writer;
use crate::project::Project;
use crate::project::export::{ExportRequest, Include, Policy, export};
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
    let project = Project::open(&args.project)?;
    let report = export(&project, &request, &Progress::new("exporting"))?;
    if report.items == 0 {
        eprintln!("warning: no item is accepted or edited under this policy; the export is empty (see --include)");
    }
    if args.json {
        print_json("voxaudit.export", 1, &report)?;
        return Ok(ExitCode::SUCCESS);
    }
    println!("exported {} items of {} cases to {}", report.items, report.cases, report.out.display());
    for (status, n) in &report.left_out {
        println!("  left out: {n} {status}");
    }
    Ok(ExitCode::SUCCESS)
}
