//! `voxaudit verify`: integrity of the file, the log and its references.

use super::output::print_json;
use crate::project::verify::verify;
use std::path::PathBuf;
use std::process::ExitCode;

/// Check the project's file, its review log and its references; names the first bad event.
#[derive(clap::Args)]
#[command(after_help = "Example: voxaudit verify study.voxaudit")]
pub struct Args {
    /// Project file.
    project: PathBuf,
    /// One JSON document on stdout.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let report = verify(&args.project)?;
    if args.json {
        print_json("voxaudit.verify", 1, &report)?;
    } else if report.ok {
        let head = report.log_head.as_deref().unwrap_or("empty");
        println!("ok: {} items, {} events by {} reviewers; log head {head}", report.items, report.events, report.reviewers);
    } else {
        if let Some(e) = &report.first_bad_event {
            println!("first bad event: {} (item '{}', {}, {}): {}", e.seq, e.item, e.reviewer, e.time, e.why);
        }
        report.problems.iter().for_each(|p| println!("{p}"));
    }
    if !report.ok {
        eprintln!("voxaudit: {}: verification failed; keep this file, and go back to a copy that passes", args.project.display());
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
