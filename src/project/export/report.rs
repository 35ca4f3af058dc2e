//! All analyses as a folder: one page with every chart, and each chart's picture and numbers beside it.
//!
//! A function of the project and of the files its measures are taken from: no time, no path and no reviewer's name is in it, so the same
//! project gives the same bytes. Written beside and renamed when complete; replaces only an earlier report that nobody changed.

use super::ExportError;
use super::folder::{Folder, manifest};
use crate::analyse::{Body, Chart, Data, charts, csv, draw, page};
use crate::formats::Watch;
use crate::project::{Measuring, Project};
use crate::review::ReaderKey;
use crate::score::Cleaning;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

/// What was written: the body of `voxaudit report --json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReportSummary {
    pub out: PathBuf,
    pub items: usize,
    pub cases: usize,
    /// Models and control runs.
    pub runs: usize,
    pub charts: Vec<ChartSummary>,
    pub files: Vec<String>,
    /// The head over log and contents that the report is of.
    pub head: String,
    /// What was done about what killed reports left beside the folder.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChartSummary {
    pub id: String,
    pub title: String,
    pub section: &'static str,
    pub points: usize,
    /// Why there is no chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// Writes the folder. Charts that need volumes of structures say so where measuring is left out; scores are made once `cleaning` is done.
///
/// Errors when `out` holds anything but an untouched report, when the project cannot be read, when files cannot be written, or when cancelled.
pub fn report(
    project: &Project,
    out: &Path,
    measuring: Measuring<'_>,
    cleaning: Cleaning,
    watch: &dyn Watch,
) -> Result<ReportSummary, ExportError> {
    let folder = Folder::begin(out)?;
    check(out)?; // also what was put back
    let head = project.head()?.hash.hex();
    let data = Data { cleaning, ..project.analysis_data(measuring, watch)? };
    let charts = charts(&data, |_, _| !watch.cancelled()).ok_or(ExportError::Cancelled)?;
    let files = write(&data, &head, &charts, &folder, watch)?;
    let notes = folder.publish()?;
    Ok(ReportSummary { notes, head, ..summary(&data, &charts, out, files) })
}

/// Refuses a place that holds anything but an untouched report.
fn check(out: &Path) -> Result<(), ExportError> {
    match manifest(out) {
        Some(m) if m["kind"] != "report" => {
            Err(ExportError::Occupied { path: out.to_path_buf(), why: "it is an export, not a report".into() })
        }
        _ => Ok(()),
    }
}

/// Names of the files that were written.
fn write(data: &Data, head: &str, charts: &[Chart], folder: &Folder, watch: &dyn Watch) -> Result<Vec<String>, ExportError> {
    let mut files = Vec::new();
    for chart in charts.iter().filter(|c| c.grid().is_some()) {
        if watch.cancelled() {
            return Err(ExportError::Cancelled);
        }
        files.push(folder.put(&format!("{}.csv", chart.id), csv::csv(chart).as_bytes())?);
        files.push(folder.put(&format!("{}.svg", chart.id), draw::svg(chart).as_bytes())?);
    }
    files.push(folder.put("index.html", page::page(&data.name, &facts(data, head), charts).as_bytes())?);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let listed: Vec<Value> = files.iter().map(|f| json!({"path": f.path, "sha256": f.sha256, "bytes": f.bytes})).collect();
    let doc =
        json!({"schema": "voxaudit.manifest", "version": 1, "kind": "report", "program": crate::VERSION, "head": head, "files": listed});
    folder.put("manifest.json", format!("{doc:#}\n").as_bytes())?;
    let mut names: Vec<String> = files.into_iter().map(|f| f.path).chain(["manifest.json".to_owned()]).collect();
    names.sort();
    Ok(names)
}

/// Lines of head. Reviewers are counted, not named.
fn facts(data: &Data, head: &str) -> Vec<String> {
    let reviewers: BTreeSet<&ReaderKey> = data.review.iter().flat_map(|(_, r)| r.readings.keys().chain(r.answers.keys())).collect();
    let counts = [
        (data.items.len(), "items"),
        (cases(data), "cases"),
        (data.answers.len(), "answers"),
        (data.votes.iter().filter(|v| v.correct.is_some()).count(), "verdicts of judges"),
        (reviewers.len(), "reviewers"),
    ];
    let counts: Vec<String> = counts.map(|(n, what)| format!("{what}: {n}")).into();
    let scored = format!("Scores are made of the data {}.", data.cleaning.words());
    let made = format!("Made by voxaudit {} from the project and nothing else.", crate::VERSION);
    vec![counts.join(" · "), scored, format!("Head of the review log and the contents: {head}."), made]
}

fn cases(data: &Data) -> usize {
    data.items.iter().map(|i| &i.id.case).collect::<HashSet<_>>().len()
}

fn summary(data: &Data, charts: &[Chart], out: &Path, files: Vec<String>) -> ReportSummary {
    let runs: BTreeSet<_> = data.answers.iter().map(|a| (&a.model, &a.condition)).collect();
    let chart = |c: &Chart| {
        let (points, missing) = match &c.body {
            Body::Grid(grid) => (grid.points.len(), None),
            Body::Missing(why) => (0, Some(why.clone())),
        };
        ChartSummary { id: c.id.clone(), title: c.title.clone(), section: c.section.title(), points, missing }
    };
    let charts = charts.iter().map(chart).collect();
    ReportSummary {
        out: out.to_path_buf(),
        items: data.items.len(),
        cases: cases(data),
        runs: runs.len(),
        charts,
        files,
        head: String::new(),
        notes: Vec::new(),
    }
}
