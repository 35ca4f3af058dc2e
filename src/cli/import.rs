//! `voxaudit import`: adds questions, reports, images and masks to a project.

use super::output::{Progress, note, print_json, say, settle};
use crate::project::Project;
use crate::project::import::{ImportReport, ImportRequest, import, import_new};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Add questions, reports, images and masks; makes the project when there is none. All or nothing, and repeatable without effect.
#[derive(clap::Args)]
#[command(after_help = "Example: voxaudit import study.voxaudit --qa questions.json --reports reports.json --images scans/ --masks masks/")]
pub struct Args {
    /// Project file.
    project: PathBuf,
    /// Questions and answers, JSON or JSONL (told from the content). Repeatable.
    #[arg(long, value_name = "FILE")]
    qa: Vec<PathBuf>,
    /// Reports by case. Repeatable.
    #[arg(long, value_name = "FILE")]
    reports: Vec<PathBuf>,
    /// Folder of CT images, searched recursively, matched by case id. Repeatable.
    #[arg(long, value_name = "DIR")]
    images: Vec<PathBuf>,
    /// Folder of masks or one label map, matched by case id: CASE.nii.gz, CASE_seg.nii.gz, CASE/segmentations/. Repeatable.
    #[arg(long, value_name = "DIR|FILE")]
    masks: Vec<PathBuf>,
    /// Import what matches even when some rows match nothing.
    #[arg(long)]
    keep_matched: bool,
    /// Report only, change nothing.
    #[arg(long)]
    dry_run: bool,
    /// One JSON document on stdout.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.qa.is_empty() && args.reports.is_empty() && args.images.is_empty() && args.masks.is_empty() {
        note(format_args!("voxaudit: nothing to import; name at least one of --qa, --reports, --images, --masks"));
        return Ok(ExitCode::from(2));
    }
    let request = ImportRequest {
        qa: args.qa.clone(),
        reports: args.reports.clone(),
        images: args.images.clone(),
        masks: args.masks.clone(),
        keep_matched: args.keep_matched,
        dry_run: args.dry_run,
    };
    let report = import_into(&args.project, &request)?;
    let printed = if args.json { print_json("voxaudit.import", 1, &report) } else { print_text(&args.project, &report) };
    settle(report.imported, printed)?;
    let blocked = !report.imported && report.unmatched.iter().any(|u| u.blocks);
    Ok(if blocked && !args.keep_matched { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn import_into(path: &Path, request: &ImportRequest) -> anyhow::Result<ImportReport> {
    let progress = Progress::new("importing");
    if std::fs::symlink_metadata(path).is_err() {
        return Ok(import_new(path, request, &progress)?);
    }
    Ok(import(&mut Project::open(path)?, request, &progress)?)
}

fn print_text(path: &Path, report: &ImportReport) -> anyhow::Result<()> {
    for w in &report.warnings {
        note(format_args!("warning: {w}"));
    }
    for u in &report.unmatched {
        let line = u.line.map(|l| format!(": line {l}")).unwrap_or_default();
        note(format_args!("unmatched: {}{line}: {}", u.file, u.reason));
    }
    let head = match (report.imported, report.dry_run) {
        (true, _) => format!("imported into {}", path.display()),
        (false, true) => "dry run, nothing was changed; an import would give".to_owned(),
        (false, false) => {
            "nothing was imported (mend the files, or use --keep-matched to import what matches); it would have been".to_owned()
        }
    };
    say(format_args!("{head}"))?;
    for (what, c) in [("added", &report.added), ("updated", &report.updated), ("unchanged", &report.unchanged)] {
        let counts = format!("{} cases, {} items, {} reports, {} images, {} masks", c.cases, c.items, c.reports, c.images, c.masks);
        say(format_args!("  {what:<10} {counts}"))?;
    }
    Ok(())
}
