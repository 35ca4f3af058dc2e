//! `voxaudit import`: adds questions, reports, images, masks, models' answers and judges' verdicts to a project.

use super::output::{Progress, note, print_json, say, settle};
use crate::project::Project;
use crate::project::import::{ImportReport, ImportRequest, import, import_new};
use crate::qa::{ModelRun, run_name};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Unmatched rows of one file that are printed.
const MOST_LINES: usize = 50;

/// Add questions, reports, images, masks, models' answers and judges' verdicts; makes the project when there is none. All or nothing, and
/// repeatable without effect.
#[derive(clap::Args)]
#[command(
    after_help = "Example: voxaudit import study.voxaudit --qa questions.json --reports reports.json --images scans/ --masks masks/\n         \
    voxaudit import study.voxaudit --answers radfm=radfm.jsonl --answers radfm@text-only=blind.jsonl --verdicts radfm:gpt=radfm_gpt.json"
)]
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
    /// Answers of a model, JSONL or a JSON list; MODEL@CONDITION is a control run (text-only, one-slice, wrong-image, or a name of your own). The
    /// first = ends the name, the last @ before it begins the condition. Repeatable.
    #[arg(long, value_name = "MODEL[@CONDITION]=FILE", value_parser = answers)]
    answers: Vec<(ModelRun, PathBuf)>,
    /// Verdicts of a judge on a model's answers, a JSON list or JSONL. The last : before the first = begins the judge. Repeatable.
    #[arg(long, value_name = "MODEL[@CONDITION]:JUDGE=FILE", value_parser = verdicts)]
    verdicts: Vec<(ModelRun, String, PathBuf)>,
    /// The project's own error taxonomy, laid out as assets/taxonomy.json is.
    #[arg(long, value_name = "FILE")]
    taxonomy: Vec<PathBuf>,
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
    let request = args.request();
    if request.is_empty() {
        let kinds = "--qa, --reports, --images, --masks, --answers, --verdicts, --taxonomy";
        note(format_args!("voxaudit: nothing to import; name at least one of {kinds}"));
        return Ok(ExitCode::from(2));
    }
    let report = import_into(&args.project, &request)?;
    let printed = if args.json { print_json("voxaudit.import", 1, &report) } else { print_text(&args.project, &report) };
    settle(report.imported, printed)?;
    let blocked = !report.imported && report.unmatched.iter().any(|u| u.blocks);
    Ok(if blocked && !args.keep_matched { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl Args {
    fn request(&self) -> ImportRequest {
        ImportRequest {
            qa: self.qa.clone(),
            reports: self.reports.clone(),
            images: self.images.clone(),
            masks: self.masks.clone(),
            answers: self.answers.clone(),
            verdicts: self.verdicts.clone(),
            taxonomies: self.taxonomy.clone(),
            keep_matched: self.keep_matched,
            dry_run: self.dry_run,
        }
    }
}

/// `MODEL[@CONDITION]=FILE`
fn answers(text: &str) -> Result<(ModelRun, PathBuf), String> {
    let (name, file) = named_file(text, "MODEL=FILE")?;
    Ok((ModelRun::parse(name)?, file))
}

/// `MODEL[@CONDITION]:JUDGE=FILE`
fn verdicts(text: &str) -> Result<(ModelRun, String, PathBuf), String> {
    let (name, file) = named_file(text, "MODEL:JUDGE=FILE")?;
    let (run, judge) = name.rsplit_once(':').ok_or("expected MODEL:JUDGE=FILE; the judge is missing")?;
    Ok((ModelRun::parse(run)?, run_name("judge", judge)?, file))
}

fn named_file<'a>(text: &'a str, expected: &str) -> Result<(&'a str, PathBuf), String> {
    let (name, file) = text.split_once('=').ok_or_else(|| format!("expected {expected}"))?;
    if file.is_empty() { Err(format!("expected {expected}; the file is missing")) } else { Ok((name, PathBuf::from(file))) }
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
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    for u in &report.unmatched {
        let n = shown.entry(&u.file).or_default();
        *n += 1;
        if *n <= MOST_LINES {
            let line = u.line.map(|l| format!(": line {l}")).unwrap_or_default();
            note(format_args!("unmatched: {}{line}: {}", u.file, u.reason));
        }
    }
    for (file, n) in shown.iter().filter(|(_, n)| **n > MOST_LINES) {
        note(format_args!("unmatched: {file}: {} more rows (--json lists all)", n - MOST_LINES));
    }
    for (name, items) in &report.missing.verdicts {
        let some = items.iter().take(10).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if items.len() > 10 { ", … (--json lists all)" } else { "" };
        note(format_args!("missing: {name}: no verdict on {} answers: {some}{more}", items.len()));
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
        let mut counts = format!("{} cases, {} items, {} reports, {} images, {} masks", c.cases, c.items, c.reports, c.images, c.masks);
        let more = [(c.answers, "answers"), (c.verdicts, "verdicts"), (c.taxonomies, "taxonomies")];
        more.iter().filter(|m| m.0 > 0).for_each(|(n, name)| counts += &format!(", {n} {name}"));
        say(format_args!("  {what:<10} {counts}"))?;
    }
    Ok(())
}
