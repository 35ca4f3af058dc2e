//! Export: an audited dataset as a function of (project, options) and nothing else.
//!
//! The folder is written beside its final place, synced, and renamed when complete; an earlier export there is replaced only when it is
//! exactly as it was written. No time of export, no path and no machine name is in it. Reviewers' names are, unless pseudonyms are asked for.

mod answers;
mod audit;
mod card;
mod folder;
mod privacy;
pub mod report;

pub use audit::Policy;

use super::{Project, ProjectError};
use crate::formats::Watch;
use crate::formats::export::{ExportCase, OutFile, Writer, writer};
use crate::review::{GUIDELINE_VERSION, Status};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What to export. Accepted and edited items always are.
#[derive(Clone, Debug, Default)]
pub struct ExportRequest {
    /// Folder to make.
    pub out: PathBuf,
    /// Ids of [`crate::formats::export::WRITERS`]; empty means all.
    pub formats: Vec<String>,
    pub policy: Policy,
    pub include: Include,
    /// R1, R2, … instead of names.
    pub pseudonyms: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Include {
    pub rejected: bool,
    /// Undecided, and disputed as far as the policy leaves them so.
    pub undecided: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ExportReport {
    pub out: PathBuf,
    pub cases: usize,
    pub items: usize,
    pub by_status: BTreeMap<&'static str, usize>,
    /// Items that the options leave out, by status.
    pub left_out: BTreeMap<&'static str, usize>,
    pub files: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Project(#[from] ProjectError),
    #[error("{0}")]
    Format(String),
    #[error("{}: already exists and is not an export of voxaudit as it was written ({why}); choose another folder or remove it", path.display())]
    Occupied { path: PathBuf, why: String },
    #[error("{}: {source}; nothing was exported", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("stopped; nothing was exported")]
    Cancelled,
}

/// One file of the manifest.
#[derive(Serialize)]
struct FileEntry {
    path: String,
    sha256: String,
    bytes: usize,
    rows: Option<usize>,
}

/// Writes the export.
///
/// Errors, with nothing left behind, when a format is unknown, `out` holds something else, the disk is full, or `watch` cancels.
pub fn export(project: &Project, request: &ExportRequest, watch: &dyn Watch) -> Result<ExportReport, ExportError> {
    let writers = writers(&request.formats)?;
    folder::check(&request.out)?;
    // One snapshot, so that a review written meanwhile is either wholly in or wholly out.
    let snapshot = project.conn.unchecked_transaction().map_err(ProjectError::sql(&project.path))?;
    let collected = audit::collect(project, request)?;
    let history = history(project, &collected)?;
    let head = project.head()?;
    snapshot.rollback().map_err(ProjectError::sql(&project.path))?;

    let rows: usize = collected.cases.iter().map(|c| c.rows.len()).sum();
    let mut contents: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut files = Vec::new();
    for (n, w) in writers.iter().enumerate() {
        watch.advance(n as u64, writers.len() as u64);
        if watch.cancelled() {
            return Err(ExportError::Cancelled);
        }
        for f in w.files {
            let Some(rows) = (f.rows)(&collected.cases) else { continue };
            let bytes = written(f, &collected.cases, &request.out)?;
            files.push(entry(f.file, &bytes, Some(rows)));
            contents.insert(f.file.into(), bytes);
        }
    }
    contents.insert("README.md".into(), card::card(request, &writers, &collected).into_bytes());
    files.push(entry("README.md", &contents["README.md"], None));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let manifest = manifest(request, &collected, &files, &head.hash.hex(), &history);
    contents.insert("manifest.json".into(), manifest);
    folder::write(&request.out, &contents, watch)?;
    Ok(ExportReport {
        out: request.out.clone(),
        cases: collected.cases.len(),
        items: rows,
        by_status: names(&collected.exported),
        left_out: names(&collected.left_out),
        files: contents.into_keys().collect(),
    })
}

fn writers(ids: &[String]) -> Result<Vec<&'static Writer>, ExportError> {
    if ids.is_empty() {
        return Ok(crate::formats::export::WRITERS.iter().collect());
    }
    let mut out: Vec<&'static Writer> = Vec::new();
    for id in ids {
        let w = writer(id).map_err(ExportError::Format)?;
        if !out.iter().any(|o| o.id == w.id) {
            out.push(w);
        }
    }
    Ok(out)
}

fn written(f: &OutFile, cases: &[ExportCase], out: &Path) -> Result<Vec<u8>, ExportError> {
    let mut bytes = Vec::new();
    (f.write)(cases, &mut bytes).map_err(|source| ExportError::Io { path: out.join(f.file), source })?;
    Ok(bytes)
}

fn entry(path: &str, bytes: &[u8], rows: Option<usize>) -> FileEntry {
    FileEntry { path: path.to_owned(), sha256: hex(Sha256::digest(bytes).as_slice()), bytes: bytes.len(), rows }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn names(counts: &BTreeMap<Status, usize>) -> BTreeMap<&'static str, usize> {
    counts.iter().map(|(s, n)| (s.name(), *n)).collect()
}

/// What depends on how the project came to be, and so differs after a round trip.
fn history(project: &Project, collected: &audit::Collected) -> Result<Value, ProjectError> {
    let read = || -> rusqlite::Result<(Vec<Value>, usize)> {
        let mut select = project.conn.prepare("SELECT kind, name, sha256 FROM sources ORDER BY kind, name, sha256")?;
        let source = |r: &rusqlite::Row<'_>| {
            let (kind, name, sha): (String, String, Vec<u8>) = (r.get(0)?, r.get(1)?, r.get(2)?);
            Ok(json!({"kind": kind, "name": name, "sha256": hex(&sha)}))
        };
        let sources = select.query_map([], source)?.collect::<rusqlite::Result<_>>()?;
        Ok((sources, project.conn.query_row("SELECT count(*) FROM events", [], |r| super::query::count(r, 0))?))
    };
    let (sources, events) = read().map_err(ProjectError::sql(&project.path))?;
    Ok(json!({
        "events": events,
        "sources": sources,
        "carried_audits": collected.carried,
        "left_out": names(&collected.left_out),
    }))
}

fn manifest(request: &ExportRequest, collected: &audit::Collected, files: &[FileEntry], head: &str, history: &Value) -> Vec<u8> {
    let include: Vec<&str> =
        [("rejected", request.include.rejected), ("undecided", request.include.undecided)].iter().filter(|i| i.1).map(|i| i.0).collect();
    let rows: usize = collected.cases.iter().map(|c| c.rows.len()).sum();
    let (answers, taxonomies) = answers::summary(&collected.cases);
    let manifest = json!({
        "schema": "voxaudit.manifest",
        "version": 1,
        "program": {"name": "voxaudit", "version": crate::VERSION},
        "policy": request.policy.id(),
        "include": include,
        "pseudonyms": request.pseudonyms,
        "guideline_version": GUIDELINE_VERSION,
        "sampling_plan": null,
        "agreement": null,
        "cases": collected.cases.len(),
        "items": rows,
        "by_status": names(&collected.exported),
        "answers": answers,
        "taxonomies": taxonomies,
        "files": files,
        "head": head,
        "log_head": head,
        "history": history,
    });
    let mut text = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
    text.push(b'\n');
    text
}
