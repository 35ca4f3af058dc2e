//! All analyses as a folder: one page with every chart, and each chart's picture and numbers beside it.
//!
//! A function of the project and of the files its measures are taken from: no time, no path and no reviewer's name is in it, so the same
//! project gives the same bytes. Written beside and renamed when complete; replaces only an earlier report that nobody changed.

use super::{ExportError, folder, hex};
use crate::analyse::{Body, Chart, Data, charts, csv, draw, page};
use crate::formats::Watch;
use crate::project::{Measuring, Project};
use crate::review::ReaderKey;
use crate::score::Cleaning;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashSet};
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
    check(out)?;
    let data = Data { cleaning, ..project.analysis_data(measuring, watch)? };
    let charts = charts(&data, |_, _| !watch.cancelled()).ok_or(ExportError::Cancelled)?;
    let mut files = contents(&data, &charts);
    files.insert("manifest.json".to_owned(), manifest(&files));
    folder::write(out, &files, watch)?;
    Ok(summary(&data, &charts, out, files.into_keys().collect()))
}

/// Refuses a place that holds anything but an untouched report.
fn check(out: &Path) -> Result<(), ExportError> {
    folder::check(out)?;
    let manifest: Option<Value> = std::fs::read(out.join("manifest.json")).ok().and_then(|t| serde_json::from_slice(&t).ok());
    match manifest {
        Some(m) if m["kind"] != "report" => {
            Err(ExportError::Occupied { path: out.to_path_buf(), why: "it is an export, not a report".into() })
        }
        _ => Ok(()),
    }
}

fn contents(data: &Data, charts: &[Chart]) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for chart in charts.iter().filter(|c| c.grid().is_some()) {
        files.insert(format!("{}.csv", chart.id), csv::csv(chart).into_bytes());
        files.insert(format!("{}.svg", chart.id), draw::svg(chart).into_bytes());
    }
    files.insert("index.html".to_owned(), page::page(&data.name, &facts(data), charts).into_bytes());
    files
}

/// Lines of head. Reviewers are counted, not named.
fn facts(data: &Data) -> Vec<String> {
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
    vec![counts.join(" · "), scored, format!("Made by voxaudit {} from the project and nothing else.", crate::VERSION)]
}

fn cases(data: &Data) -> usize {
    data.items.iter().map(|i| &i.id.case).collect::<HashSet<_>>().len()
}

fn manifest(files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let file =
        |(path, bytes): (&String, &Vec<u8>)| json!({"path": path, "sha256": hex(Sha256::digest(bytes).as_slice()), "bytes": bytes.len()});
    let listed: Vec<Value> = files.iter().map(file).collect();
    let doc = json!({"schema": "voxaudit.manifest", "version": 1, "kind": "report", "program": crate::VERSION, "files": listed});
    format!("{doc:#}\n").into_bytes()
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
    ReportSummary { out: out.to_path_buf(), items: data.items.len(), cases: cases(data), runs: runs.len(), charts, files }
}
