//! Import: questions, reports, images, masks, models' answers and judges' verdicts into one project, in one transaction, all or nothing.
//!
//! Items are found by case and question, never by row, so importing again changes nothing and a later file adds what it knows (options,
//! task, categories, other fields) without repeating an item. What does not fit is listed as unmatched; when any of it blocks, nothing is
//! imported unless the caller asked to keep what matched. Nothing is guessed and nothing is dropped without being named.

mod answers;
mod catalogue;
mod files;
mod placing;
mod rows;
mod verdicts;

use super::draft::Draft;
use super::head::{self, MilestoneKind};
use super::roots::set_aside_damaged_map;
use super::{Project, ProjectError, quality, seal, search};
use crate::formats::text::TextError;
use crate::formats::{Watch, answers as answer_files, qa, reports, taxonomy as taxonomy_files, verdicts as verdict_files};
use crate::qa::{Finding, FindingKind, ModelRun, Taxonomy};
use catalogue::Catalogue;
use rusqlite::{Transaction, params};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

/// KiB of pages that SQLite keeps in memory: what it does by itself, and in an import, whose indices grow in many places at once.
const DEFAULT_CACHE: i64 = 2_000;
const IMPORT_CACHE: i64 = 32 << 10;

/// What to import. Each kind is read in the order given; kinds in the order of these fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportRequest {
    pub qa: Vec<PathBuf>,
    pub reports: Vec<PathBuf>,
    /// Folders, or single files.
    pub images: Vec<PathBuf>,
    pub masks: Vec<PathBuf>,
    /// Files of models' answers.
    pub answers: Vec<(ModelRun, PathBuf)>,
    /// Files of verdicts: run, judge, file. Its answers are in the project or in this request.
    pub verdicts: Vec<(ModelRun, String, PathBuf)>,
    /// The project's own error taxonomies; the last one is used for new labels.
    pub taxonomies: Vec<PathBuf>,
    /// Import what fits although something does not.
    pub keep_matched: bool,
    /// Do everything but the commit.
    pub dry_run: bool,
}

impl ImportRequest {
    /// Names no file.
    pub fn is_empty(&self) -> bool {
        let paths = [&self.qa, &self.reports, &self.images, &self.masks, &self.taxonomies];
        paths.iter().all(|p| p.is_empty()) && self.answers.is_empty() && self.verdicts.is_empty()
    }
}

/// What an import did, or would do. Serialises as the body of `import --json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ImportReport {
    pub added: Counts,
    pub unchanged: Counts,
    /// Known before, and now with more (options, categories, another place of a file).
    pub updated: Counts,
    pub unmatched: Vec<Unmatched>,
    pub warnings: Vec<String>,
    pub missing: Missing,
    /// What is odd about the answers and verdicts of the runs that this import names.
    pub quality: Vec<Finding>,
    /// The changes are on disk.
    pub imported: bool,
    pub dry_run: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Cases with items.
    pub cases: usize,
    pub items: usize,
    pub answers: usize,
    pub verdicts: usize,
    pub reports: usize,
    pub images: usize,
    pub masks: usize,
    pub taxonomies: usize,
}

/// Something that fits nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unmatched {
    pub file: String,
    /// `None` for a file of a folder.
    pub line: Option<u64>,
    pub reason: String,
    /// Nothing is imported because of it. A file in a folder that belongs to no case is only listed.
    pub blocks: bool,
}

/// What should have been there: `MODEL:JUDGE` → items whose answer has no verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Missing {
    pub verdicts: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{0}; nothing was imported")]
    Text(#[from] TextError),
    #[error(transparent)]
    Project(#[from] ProjectError),
    #[error("{}: {source}; nothing was imported", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("stopped; nothing was imported")]
    Cancelled,
}

/// Everything read from disk before the project is touched.
#[derive(Default)]
struct Sources {
    qa: Vec<(PathBuf, &'static qa::Kind, qa::QaFile)>,
    reports: Vec<(PathBuf, Vec<reports::ReportRow>, [u8; 32])>,
    answers: Vec<(ModelRun, Source<answer_files::AnswerRow>)>,
    verdicts: Vec<(ModelRun, String, Source<verdict_files::VerdictRow>)>,
    taxonomies: Vec<(PathBuf, Taxonomy, [u8; 32])>,
}

/// A file and its rows.
struct Source<T> {
    path: PathBuf,
    rows: Vec<T>,
    sha256: [u8; 32],
}

impl Sources {
    fn rows(&self) -> u64 {
        let rows = self.qa.iter().map(|q| q.2.marks.len()).chain(self.reports.iter().map(|r| r.1.len()));
        let more = self.answers.iter().map(|a| a.1.rows.len()).chain(self.verdicts.iter().map(|v| v.2.rows.len()));
        rows.chain(more).sum::<usize>() as u64
    }
}

/// The transaction and what it has found out so far.
struct Run<'a> {
    tx: Transaction<'a>,
    path: &'a Path,
    watch: &'a dyn Watch,
    report: ImportReport,
    /// Row ids of cases whose search text must be written.
    touched: BTreeSet<i64>,
    /// Row ids of items that somebody reviewed here.
    reviewed: HashSet<i64>,
    /// Row ids of runs whose answers or verdicts this import names.
    runs: BTreeSet<i64>,
    done: u64,
    total: u64,
}

/// Imports into `project`.
///
/// Errors, with nothing imported, when a file cannot be read or has one bad row, when `watch` cancels, or when the project cannot be
/// written. Rows that fit nowhere are no error: they are in the report, and `imported` says whether anything was kept.
pub fn import(project: &mut Project, request: &ImportRequest, watch: &dyn Watch) -> Result<ImportReport, ImportError> {
    project.writable()?;
    let sources = read_sources(request, watch)?;
    let lost_map = set_aside_damaged_map();
    let places = files::scan(project, request, watch)?;
    project.page_cache(IMPORT_CACHE)?;
    let applied = apply(project, request, &sources, places, watch);
    project.page_cache(DEFAULT_CACHE)?;
    let (mut report, roots) = applied?;
    project.settled()?;
    report.warnings.extend(lost_map);
    if report.imported {
        for (name, folder) in roots {
            match project.remember_root(&name, &folder) {
                Ok(warning) => report.warnings.extend(warning),
                Err(e) => report.warnings.push(format!("data root '{name}': {e}")),
            }
        }
    }
    Ok(report)
}

/// Imports into a new project, which takes its name only when something was imported: until then other programs see no file.
///
/// Errors as [`import`] does, and when the name is taken or its folder cannot be written.
pub fn import_new(path: &Path, request: &ImportRequest, watch: &dyn Watch) -> Result<ImportReport, ImportError> {
    let mut draft = if request.dry_run { Draft::in_memory(path)? } else { Draft::beside(path)? };
    let mut report = import(&mut draft.project, request, watch)?;
    report.warnings.append(&mut draft.notes);
    if report.imported {
        draft.publish()?;
    }
    Ok(report)
}

/// The transaction. Also returns the roots whose folders this machine must remember.
fn apply(
    project: &mut Project,
    request: &ImportRequest,
    sources: &Sources,
    places: files::Places,
    watch: &dyn Watch,
) -> Result<(ImportReport, Vec<(String, PathBuf)>), ImportError> {
    let path = &project.path;
    let tx = project.guard.begin(&mut project.conn, path)?;
    search::mend(&tx).map_err(ProjectError::sql(path))?;
    let sound = seal::contents_fit(&tx).map_err(ProjectError::sql(path))?;
    let reviewed = reviewed_items(&tx).map_err(ProjectError::sql(path))?;
    let report = ImportReport { dry_run: request.dry_run, ..ImportReport::default() };
    let total = sources.rows();
    let mut run = Run { tx, path, watch, report, touched: BTreeSet::new(), reviewed, runs: BTreeSet::new(), done: 0, total };
    for (file, kind, content) in &sources.qa {
        run.remember_source(kind.id, file, &content.sha256)?;
        run.questions(file, content)?;
    }
    for (file, rows, sha256) in &sources.reports {
        run.remember_source("reports", file, sha256)?;
        run.reports(file, rows)?;
    }
    run.models(sources)?;
    let roots = run.places(places)?;
    run.write_search_text()?;
    let Run { tx, mut report, .. } = run;
    let blocked = !request.keep_matched && report.unmatched.iter().any(|u| u.blocks);
    report.imported = !request.dry_run && !blocked;
    if report.imported {
        seal_everything(&tx, sound).map_err(ProjectError::sql(path))?;
    }
    if !sound {
        report.warnings.push(
            "the project was changed by something else than an import; what this import adds is not sealed, and `voxaudit verify` goes on to say so".into(),
        );
    }
    let ended = if report.imported { tx.commit() } else { tx.rollback() };
    ended.map_err(ProjectError::sql(path))?;
    Ok((report, roots))
}

/// The index of search, and, when they were `sound` before, the contents and the head that they and the log make now: an import proves
/// nothing that it only finds.
fn seal_everything(tx: &Transaction<'_>, sound: bool) -> rusqlite::Result<()> {
    search::renew_seal(tx)?;
    if !sound {
        return Ok(());
    }
    seal::renew_contents(tx)?;
    head::record(tx, MilestoneKind::Import, None).map(drop)
}

fn reviewed_items(tx: &Transaction<'_>) -> rusqlite::Result<HashSet<i64>> {
    tx.prepare("SELECT DISTINCT item_ref FROM events")?.query_map([], |r| r.get(0))?.collect()
}

fn read_sources(request: &ImportRequest, watch: &dyn Watch) -> Result<Sources, ImportError> {
    let mut sources = Sources::default();
    for path in &request.qa {
        let (kind, file) = qa::read(path)?;
        sources.qa.push((path.clone(), kind, file));
        stop_if_cancelled(watch)?;
    }
    for path in &request.reports {
        let (rows, sha256) = reports::read_hashed(path)?;
        sources.reports.push((path.clone(), rows, sha256));
        stop_if_cancelled(watch)?;
    }
    for (run, path) in &request.answers {
        let (rows, sha256) = answer_files::read(path)?;
        sources.answers.push((run.clone(), Source { path: path.clone(), rows, sha256 }));
        stop_if_cancelled(watch)?;
    }
    for (run, judge, path) in &request.verdicts {
        let (rows, sha256) = verdict_files::read(path)?;
        sources.verdicts.push((run.clone(), judge.clone(), Source { path: path.clone(), rows, sha256 }));
        stop_if_cancelled(watch)?;
    }
    for path in &request.taxonomies {
        let (taxonomy, sha256) = taxonomy_files::read(path)?;
        sources.taxonomies.push((path.clone(), taxonomy, sha256));
    }
    Ok(sources)
}

fn stop_if_cancelled(watch: &dyn Watch) -> Result<(), ImportError> {
    if watch.cancelled() { Err(ImportError::Cancelled) } else { Ok(()) }
}

impl Project {
    fn page_cache(&self, kib: i64) -> Result<(), ProjectError> {
        self.conn.pragma_update(None, "cache_size", -kib).map_err(ProjectError::sql(&self.path))
    }
}

impl Run<'_> {
    fn sql(&self) -> impl Fn(rusqlite::Error) -> ImportError + use<'_> {
        |e| ImportError::Project(ProjectError::from_sql(self.path, e))
    }

    /// Counts one row and looks whether to stop, every 64 rows.
    fn step(&mut self) -> Result<(), ImportError> {
        self.done += 1;
        if self.done.is_multiple_of(64) || self.done == self.total {
            self.watch.advance(self.done, self.total);
            stop_if_cancelled(self.watch)?;
        }
        Ok(())
    }

    fn unmatched(&mut self, file: &Path, line: Option<u64>, reason: String, blocks: bool) {
        self.report.unmatched.push(Unmatched { file: file.display().to_string(), line, reason, blocks });
    }

    /// Name and content of the file, for provenance; never its folder.
    fn remember_source(&mut self, kind: &str, file: &Path, sha256: &[u8; 32]) -> Result<(), ImportError> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let insert =
            "INSERT INTO sources (kind, name, sha256, proven) VALUES (?1, ?2, ?3, 1) ON CONFLICT (kind, sha256) DO UPDATE SET proven = 1";
        self.tx.execute(insert, params![kind, name, sha256]).map_err(self.sql())?;
        Ok(())
    }

    /// Answers, verdicts and taxonomies, and what is odd about them.
    fn models(&mut self, sources: &Sources) -> Result<(), ImportError> {
        for (file, taxonomy, sha256) in &sources.taxonomies {
            self.remember_source("taxonomy", file, sha256)?;
            self.taxonomy(file, taxonomy)?;
        }
        if sources.answers.is_empty() && sources.verdicts.is_empty() {
            return Ok(());
        }
        let items = Catalogue::read(&self.tx).map_err(self.sql())?;
        for (run, source) in &sources.answers {
            self.remember_source("answers", &source.path, &source.sha256)?;
            self.answers(run, &source.path, &source.rows, &items)?;
        }
        for (run, judge, source) in &sources.verdicts {
            self.remember_source("verdicts", &source.path, &source.sha256)?;
            self.verdicts(run, judge, &source.path, &source.rows, &items)?;
        }
        let runs: Vec<i64> = self.runs.iter().copied().collect();
        self.report.quality = quality::findings(&self.tx, &runs).map_err(self.sql())?;
        let unsaid = self.report.quality.iter().filter(|f| f.kind != FindingKind::MissingVerdict); // those are named as missing
        self.report.warnings.extend(unsaid.map(Finding::line));
        Ok(())
    }

    /// A text of the same name and version must be the same; the last one named is the one in use.
    fn taxonomy(&mut self, file: &Path, taxonomy: &Taxonomy) -> Result<(), ImportError> {
        let id = taxonomy.id();
        let text = serde_json::to_string(taxonomy).unwrap_or_default();
        let stored = super::taxonomy::stored(&self.tx, &id).map_err(self.sql())?;
        match super::taxonomy::named(stored.as_deref(), &id) {
            Some(known) if known != *taxonomy => {
                let why = format!("the taxonomy '{id}' is known with another content; give the new one another version");
                self.unmatched(file, None, why, true);
                return Ok(());
            }
            Some(_) => self.report.unchanged.taxonomies += 1,
            None => self.report.added.taxonomies += 1,
        }
        super::taxonomy::store(&self.tx, &id, &text).map_err(self.sql())
    }

    /// Search text of every case that is new or has a new report.
    fn write_search_text(&mut self) -> Result<(), ImportError> {
        let write = |tx: &Transaction<'_>, id: i64, last: i64| -> rusqlite::Result<()> {
            if id <= last {
                tx.prepare_cached("DELETE FROM cases_fts WHERE rowid = ?1")?.execute([id])?;
            }
            tx.prepare_cached(
                "INSERT INTO cases_fts (rowid, case_id, report) SELECT c.id, c.case_id, coalesce(r.findings || ' ' || r.impression, '')
                 FROM cases c LEFT JOIN reports r ON r.case_ref = c.id WHERE c.id = ?1",
            )?
            .execute([id])?;
            Ok(())
        };
        let known = "SELECT coalesce(max(id), 0) FROM cases_fts_docsize"; // every case before this import has search text
        let last = self.tx.query_row(known, [], |r| r.get(0)).map_err(self.sql())?;
        for id in std::mem::take(&mut self.touched) {
            write(&self.tx, id, last).map_err(self.sql())?;
        }
        Ok(())
    }
}
