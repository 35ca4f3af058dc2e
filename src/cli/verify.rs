//! `voxaudit verify`: integrity of the file, the log and its references.

use super::output::{note, print_json, say};
use crate::project::verify::{HeadFound, VerifyReport, VerifyRequest, verify_as};
use crate::review::EventHash;
use std::path::PathBuf;
use std::process::ExitCode;

/// Check the project's file, its review log and its references; names the first bad event.
///
/// A head that was kept elsewhere (`status` and every export print it) tells more: whether this file is the one of then, or a later one.
#[derive(clap::Args)]
#[command(
    after_help = "Example: voxaudit verify study.voxaudit\n         voxaudit verify study.voxaudit --head 5d41…92 --public-key minisign.pub --files\n         voxaudit verify damaged.voxaudit --rescue rescued.voxaudit"
)]
pub struct Args {
    /// Project file.
    project: PathBuf,
    /// A head that was kept: is it this file's, or one that this file contains?
    #[arg(long, value_name = "HEX", value_parser = head)]
    head: Option<EventHash>,
    /// A minisign public key: does the signature beside the project (NAME.head.minisig) prove its head?
    #[arg(long, value_name = "F")]
    public_key: Option<PathBuf>,
    /// Compare the images on this machine with those that decisions were made on.
    #[arg(long)]
    files: bool,
    /// Copy every row that can be read into this new project, and say what was lost. The damaged files are left as they are.
    #[arg(long, value_name = "NEW", conflicts_with_all = ["head", "public_key", "files"])]
    rescue: Option<PathBuf>,
    /// One JSON document on stdout.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if let Some(new) = &args.rescue {
        return super::rescue::run(&args.project, new, args.json);
    }
    let request = VerifyRequest { head: args.head, public_key: args.public_key.clone(), files: args.files };
    let progress = super::output::Progress::new("verifying");
    let report = verify_as(&args.project, &request, &progress)?;
    drop(progress);
    if args.json {
        print_json("voxaudit.verify", 1, &report)?;
    } else if report.ok {
        say_ok(&report)?;
    } else {
        if let Some(e) = &report.first_bad_event {
            say(format_args!("first bad event: {} (item '{}', {}, {}): {}", e.seq, e.item, e.reviewer, e.time, e.why))?;
        }
        report.problems.iter().try_for_each(|p| say(format_args!("{p}")))?;
    }
    report.warnings.iter().for_each(|w| note(format_args!("warning: {w}")));
    if !report.ok {
        let project = args.project.display();
        note(format_args!("voxaudit: {project}: verification failed; keep this file, and go back to a copy that passes"));
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn say_ok(report: &VerifyReport) -> anyhow::Result<()> {
    say(format_args!("ok: {} items, {} events by {} reviewers; head {}", report.items, report.events, report.reviewers, report.head))?;
    let asked = match report.asked_head {
        Some(HeadFound::This) => "the head that was asked for is this file's",
        Some(HeadFound::Later) => "the head that was asked for is one that this file contains; the file went on from there",
        Some(HeadFound::Unknown) | None => "",
    };
    if !asked.is_empty() {
        say(format_args!("{asked}"))?;
    }
    if let Some(head) = &report.signed_head {
        say(format_args!("the signature proves head {head}"))?;
    }
    if let Some(n) = report.images_compared {
        say(format_args!("{n} images are those that were judged"))?;
    }
    Ok(())
}

fn head(hex: &str) -> Result<EventHash, String> {
    EventHash::from_hex(hex.trim()).ok_or_else(|| format!("'{hex}' is not a head: 64 hexadecimal digits"))
}
