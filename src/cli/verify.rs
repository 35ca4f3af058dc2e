//! `voxaudit verify`: integrity of the file, the log and its references.

use super::output::{note, print_json, say};
use crate::project::verify::verify;
use std::path::PathBuf;
use std::process::ExitCode;

/// Check the project's file, its review log and its references; names the first bad event.
#[derive(clap::Args)]
#[command(after_help = "Example: voxaudit verify study.voxaudit\n         voxaudit verify damaged.voxaudit --rescue rescued.voxaudit")]
pub struct Args {
    /// Project file.
    project: PathBuf,
    /// Copy every row that can be read into this new project, and say what was lost. The damaged files are left as they are.
    #[arg(long, value_name = "NEW")]
    rescue: Option<PathBuf>,
    /// One JSON document on stdout.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if let Some(new) = &args.rescue {
        return super::rescue::run(&args.project, new, args.json);
    }
    let report = verify(&args.project)?;
    if args.json {
        print_json("voxaudit.verify", 1, &report)?;
    } else if report.ok {
        let head = report.log_head.as_deref().unwrap_or("empty");
        say(format_args!("ok: {} items, {} events by {} reviewers; log head {head}", report.items, report.events, report.reviewers))?;
    } else {
        if let Some(e) = &report.first_bad_event {
            say(format_args!("first bad event: {} (item '{}', {}, {}): {}", e.seq, e.item, e.reviewer, e.time, e.why))?;
        }
        report.problems.iter().try_for_each(|p| say(format_args!("{p}")))?;
    }
    if !report.ok {
        let project = args.project.display();
        note(format_args!("voxaudit: {project}: verification failed; keep this file, and go back to a copy that passes"));
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
