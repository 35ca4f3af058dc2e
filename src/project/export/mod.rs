//! Export: an audited dataset as a function of (project, options) and nothing else.
//!
//! The folder is written beside its final place, item by item, synced, and takes the place in one step when complete; an earlier export
//! there is replaced only when it is exactly as it was written. What is in memory does not grow with the number of items. No time of export, no path and no machine name is in it. Reviewers' names are, unless pseudonyms are asked for.

mod answers;
mod audit;
mod card;
mod folder;
mod privacy;
pub mod report;

pub use audit::Policy;

use super::{Head, MilestoneKind, Project, ProjectError};
use crate::formats::Watch;
use crate::formats::export::{ExportCase, ExportRow, OutFile, Rows, Writer, writer};
use crate::review::{GUIDELINE_VERSION, ReviewState, Status};
use folder::{Folder, OutputFile};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

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
    /// Items by what this project's readers decided.
    pub by_status: BTreeMap<&'static str, usize>,
    /// Items that nobody reviewed here, by the status that they came with.
    pub carried_by_status: BTreeMap<&'static str, usize>,
    /// Items that the options leave out, by status.
    pub left_out: BTreeMap<&'static str, usize>,
    pub files: Vec<String>,
    /// The head over log and contents that the export is of.
    pub head: String,
    #[serde(skip)]
    kept: Option<Head>,
    /// What was done about what killed exports left beside the folder.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
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
    #[error("{}: another export of this program is being written there; wait until it has finished", path.display())]
    Taken { path: PathBuf },
    #[error("stopped; nothing was exported")]
    Cancelled,
}

/// One file of the manifest.
#[derive(Serialize)]
struct FileEntry {
    path: String,
    sha256: String,
    bytes: u64,
    rows: Option<usize>,
}

/// What has been written so far.
#[derive(Default)]
struct Totals {
    cases: usize,
    items: usize,
    exported: BTreeMap<Status, usize>,
    left_out: BTreeMap<Status, usize>,
    /// Exported items whose audit is the one they came with: readings of another log, which this one cannot vouch for.
    carried: BTreeMap<Status, usize>,
    answers: answers::Summary,
    files: Vec<FileEntry>,
}

/// Writes the export, item by item.
///
/// Errors, with nothing left behind, when a format is unknown, `out` holds something else, the disk is full, or `watch` cancels.
pub fn export(project: &Project, request: &ExportRequest, watch: &dyn Watch) -> Result<ExportReport, ExportError> {
    let writers = writers(&request.formats)?;
    let folder = Folder::begin(&request.out)?;
    // One snapshot, so that a review written meanwhile is either wholly in or wholly out.
    let snapshot = project.conn.unchecked_transaction().map_err(ProjectError::sql(&project.path))?;
    let mut totals = project.with_reviews(|state| write_rows(project, state, request, (&writers, &folder), watch))??;
    let history = history(project, &totals)?;
    let head = project.head()?;
    snapshot.rollback().map_err(ProjectError::sql(&project.path))?;

    let card = card::card(request, &writers, &totals);
    totals.files.push(folder.put("README.md", card.as_bytes())?);
    totals.files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut files: Vec<String> = totals.files.iter().map(|f| f.path.clone()).chain(["manifest.json".to_owned()]).collect();
    files.sort();
    folder.put("manifest.json", &manifest(request, &totals, &head.hash.hex(), &history))?;
    if watch.cancelled() {
        return Err(ExportError::Cancelled);
    }
    Ok(ExportReport {
        notes: folder.publish()?,
        out: request.out.clone(),
        cases: totals.cases,
        items: totals.items,
        by_status: names(&totals.exported),
        carried_by_status: names(&totals.carried),
        left_out: names(&totals.left_out),
        files,
        head: head.hash.hex(),
        kept: Some(head),
    })
}

impl ExportReport {
    /// Keeps the head that the export names in the project, so that `verify --head` knows it again. A project that cannot be written stays
    /// as it is, which the notes say.
    pub fn keep_head(&mut self, project: &mut Project) {
        let Some(head) = self.kept.take() else { return };
        if let Err(e) = project.keep_head(MilestoneKind::Export, &head) {
            self.notes.push(format!("the head of this export is not kept in the project: {e}"));
        }
    }
}

/// Items between two looks at the watch.
const STEP: usize = 256;

fn included(status: Status, include: Include) -> bool {
    match status {
        Status::Accepted | Status::Edited => true,
        Status::Rejected => include.rejected,
        Status::Undecided | Status::Disputed => include.undecided,
    }
}

/// Every file but the card and the manifest.
fn write_rows(
    project: &Project,
    state: &ReviewState,
    request: &ExportRequest,
    (writers, folder): (&[&'static Writer], &Folder),
    watch: &dyn Watch,
) -> Result<Totals, ExportError> {
    let renames = renames(project, state, request, watch)?;
    let all = count(project, "SELECT count(*) FROM items")?;
    let mut sinks = writers.iter().flat_map(|w| w.files).map(|f| Sink::new(f, folder)).collect::<Result<Vec<_>, _>>()?;
    let (mut totals, mut done) = (Totals::default(), 0);
    let (mut case_fields, mut exported_case) = (None, None);
    audit::each(project, state, request, &mut |mut made| {
        done += 1;
        if done % STEP == 0 {
            watch.advance(done as u64, all as u64);
            stop_if_cancelled(watch)?;
        }
        if made.first {
            case_fields = made.case_fields.take();
        }
        let included = included(made.status, request.include);
        let counts = match (included, made.carried) {
            (true, true) => &mut totals.carried,
            (true, false) => &mut totals.exported,
            (false, _) => &mut totals.left_out,
        };
        *counts.entry(made.status).or_default() += 1;
        if !included {
            return Ok(());
        }
        renames.apply(&mut made.row.audit);
        totals.items += 1;
        totals.answers.note(&made.row.audit);
        let first = exported_case.as_ref() != Some(&made.case);
        totals.cases += usize::from(first);
        let case = ExportCase { case: &made.case, fields: case_fields.as_ref(), first };
        sinks.iter_mut().try_for_each(|sink| sink.row(&case, &made.row, folder))?;
        if first {
            exported_case = Some(made.case);
        }
        Ok(())
    })?;
    for sink in sinks {
        totals.files.extend(sink.finish()?);
    }
    Ok(totals)
}

fn stop_if_cancelled(watch: &dyn Watch) -> Result<(), ExportError> {
    if watch.cancelled() { Err(ExportError::Cancelled) } else { Ok(()) }
}

/// What names become. Where they hang on the names of all exported rows, these are looked through first.
fn renames(project: &Project, state: &ReviewState, request: &ExportRequest, watch: &dyn Watch) -> Result<privacy::Renames, ExportError> {
    let mut names = privacy::Names::default();
    if names_hang_together(project, request.pseudonyms)? {
        let mut done = 0;
        audit::each(project, state, request, &mut |made| {
            done += 1;
            if included(made.status, request.include) {
                names.note(&made.row.audit);
            }
            if done % STEP == 0 { stop_if_cancelled(watch) } else { Ok(()) }
        })?;
    }
    let reviewers = "SELECT reviewer FROM events GROUP BY reviewer ORDER BY min(seq)";
    let log = request.pseudonyms.then(|| texts(project, reviewers)).transpose()?;
    Ok(names.renames(log))
}

/// Whether any name may be called otherwise because of another one: a path, a pseudonym, or one that an audit of elsewhere brings.
fn names_hang_together(project: &Project, pseudonyms: bool) -> Result<bool, ProjectError> {
    if count(project, "SELECT EXISTS (SELECT 1 FROM item_sources WHERE carried IS NOT NULL OR instr(fields, '\"audit\"') > 0)")? > 0 {
        return Ok(true);
    }
    let mut own = texts(project, "SELECT DISTINCT reviewer FROM events")?;
    own.extend(texts(project, "SELECT model FROM runs UNION SELECT judge FROM judges")?);
    Ok(own.iter().any(|name| privacy::hangs_on_others(name, pseudonyms)))
}

fn texts(project: &Project, select: &str) -> Result<Vec<String>, ProjectError> {
    let read = || -> rusqlite::Result<Vec<String>> { project.conn.prepare(select)?.query_map([], |r| r.get(0))?.collect() };
    read().map_err(ProjectError::sql(&project.path))
}

fn count(project: &Project, select: &str) -> Result<usize, ProjectError> {
    project.conn.query_row(select, [], |r| super::query::count(r, 0)).map_err(ProjectError::sql(&project.path))
}

/// One file that is being written.
struct Sink {
    of: &'static OutFile,
    rows: Box<dyn Rows>,
    /// `None` until the first row of a file that is left out without one.
    out: Option<OutputFile>,
    written: usize,
}

impl Sink {
    fn new(of: &'static OutFile, folder: &Folder) -> Result<Self, ExportError> {
        let mut sink = Self { of, rows: (of.begin)(), out: None, written: 0 };
        if !of.optional {
            sink.begun(folder)?;
        }
        Ok(sink)
    }

    fn begun(&mut self, folder: &Folder) -> Result<&mut OutputFile, ExportError> {
        if self.out.is_none() {
            let mut file = folder.file(self.of.file)?;
            self.rows.head(&mut file).map_err(|source| ExportError::Io { path: file.path().to_path_buf(), source })?;
            self.out = Some(file);
        }
        self.out.as_mut().ok_or(ExportError::Cancelled) // it is there
    }

    fn row(&mut self, case: &ExportCase<'_>, row: &ExportRow, folder: &Folder) -> Result<(), ExportError> {
        let rows = (self.of.rows)(row);
        if rows == 0 {
            return Ok(());
        }
        self.begun(folder)?;
        let Some(file) = &mut self.out else { return Ok(()) };
        self.written += rows;
        self.rows.row(case, row, file).map_err(|source| ExportError::Io { path: file.path().to_path_buf(), source })
    }

    fn finish(mut self) -> Result<Option<FileEntry>, ExportError> {
        let Some(mut file) = self.out else { return Ok(None) };
        self.rows.tail(&mut file).map_err(|source| ExportError::Io { path: file.path().to_path_buf(), source })?;
        file.finish(Some(self.written)).map(Some)
    }
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn names(counts: &BTreeMap<Status, usize>) -> BTreeMap<&'static str, usize> {
    counts.iter().map(|(s, n)| (s.name(), *n)).collect()
}

/// What depends on how the project came to be, and so differs after a round trip.
fn history(project: &Project, totals: &Totals) -> Result<Value, ProjectError> {
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
        "carried_audits": totals.carried.values().sum::<usize>(),
        "left_out": names(&totals.left_out),
    }))
}

fn manifest(request: &ExportRequest, totals: &Totals, head: &str, history: &Value) -> Vec<u8> {
    let include: Vec<&str> =
        [("rejected", request.include.rejected), ("undecided", request.include.undecided)].iter().filter(|i| i.1).map(|i| i.0).collect();
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
        "cases": totals.cases,
        "items": totals.items,
        "by_status": names(&totals.exported),
        "carried_by_status": names(&totals.carried),
        "answers": totals.answers.runs,
        "taxonomies": totals.answers.taxonomies,
        "files": totals.files,
        "head": head,
        "log_head": head,
        "history": history,
    });
    let mut text = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
    text.push(b'\n');
    text
}
