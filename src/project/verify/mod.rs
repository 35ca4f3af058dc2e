//! Verify: is the file whole, and is the log what its writers wrote?
//!
//! Finds damage of the file, changed or missing triggers and tables, contents that were changed without an import, and events that were
//! edited, removed, reordered or inserted. Somebody who rewrites everything consistently, or puts back an older copy of the whole file, is
//! found only by a head that was kept elsewhere: in an export, a signature or a letter. What is odd but can be honest (a clock that was
//! wrong, what an older file version did not prove) is a warning.

mod answers;
mod derived;
mod files;
mod heads;
mod log;

pub use heads::HeadFound;

use super::{Project, ProjectError, objects, seal};
use crate::formats::Watch;
use crate::formats::json::exact;
use crate::qa::{Category, Task, TextHash, count};
use crate::review::EventHash;
use rusqlite::Connection;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What to check beside the file itself.
#[derive(Clone, Debug, Default)]
pub struct VerifyRequest {
    /// A head that was kept: is it this file's, or one that this file contains?
    pub head: Option<EventHash>,
    /// A minisign public key: does the signature beside the project prove its head?
    pub public_key: Option<PathBuf>,
    /// Compare the images on this machine with those that were judged.
    pub files: bool,
}

/// Serialises as the body of `verify --json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct VerifyReport {
    pub ok: bool,
    pub items: usize,
    pub events: usize,
    pub reviewers: usize,
    /// The head over the log and the contents; see `project::Head`.
    pub head: String,
    /// The same once there is an event: the name that programs before file version 6 gave to it.
    pub log_head: Option<String>,
    /// What the head that was asked for is to this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_head: Option<HeadFound>,
    /// The head that the signature proves, when a key was given and it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_head: Option<String>,
    /// How many images were compared with what was judged, when that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images_compared: Option<usize>,
    pub first_bad_event: Option<BadEvent>,
    /// In the order found; at most [`MAX_PROBLEMS`].
    pub problems: Vec<String>,
    /// What is odd and may be honest; at most [`MAX_PROBLEMS`].
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BadEvent {
    /// Number in the log.
    pub seq: i64,
    pub item: String,
    pub reviewer: String,
    pub time: String,
    pub why: String,
}

/// More are not listed.
pub const MAX_PROBLEMS: usize = 100;

/// Checks a project without changing it.
///
/// Errors when it cannot be opened at all; everything else is in the report.
pub fn verify(path: impl AsRef<Path>) -> Result<VerifyReport, ProjectError> {
    verify_as(path, &VerifyRequest::default(), &())
}

/// The same with what `request` asks for beside it. Images are read only then; a cancelled check says so as a problem.
pub fn verify_as(path: impl AsRef<Path>, request: &VerifyRequest, watch: &dyn Watch) -> Result<VerifyReport, ProjectError> {
    let project = match Project::open_to_verify(path.as_ref()) {
        Err(ProjectError::Foreign { what, .. }) => return Ok(VerifyReport { problems: what, ..VerifyReport::default() }), // nothing else is read
        other => other?,
    };
    let mut check = Check { project: &project, conn: &project.conn, request, watch, report: VerifyReport::default() };
    if let Err(ProjectError::Foreign { what, .. }) = objects::check(&project.conn, &project.path) {
        what.into_iter().for_each(|missing| check.problem(missing)); // triggers of ours, which reading does not need
    }
    let parts = [Check::file, Check::identity, Check::contents, Check::items, Check::answers, Check::derived, Check::log, Check::files];
    for (n, part) in parts.iter().enumerate() {
        watch.advance(n as u64, parts.len() as u64);
        if watch.cancelled() {
            check.problem("stopped before everything was checked".into());
            break;
        }
        if let Err(e) = part(&mut check) {
            check.problem(format!("cannot be read: {e}"));
        }
    }
    let mut report = check.report;
    report.head = project.head().map(|h| h.hash.hex()).unwrap_or_default();
    report.log_head = (report.events > 0).then(|| report.head.clone());
    report.ok = report.problems.is_empty();
    Ok(report)
}

struct Check<'a> {
    project: &'a Project,
    conn: &'a Connection,
    request: &'a VerifyRequest,
    watch: &'a dyn Watch,
    report: VerifyReport,
}

impl Check<'_> {
    fn problem(&mut self, what: String) {
        if self.report.problems.len() < MAX_PROBLEMS {
            self.report.problems.push(what);
        }
    }

    fn warning(&mut self, what: String) {
        if self.report.warnings.len() < MAX_PROBLEMS {
            self.report.warnings.push(what);
        }
    }

    fn file(&mut self) -> rusqlite::Result<()> {
        let found: Vec<String> =
            self.conn.prepare("PRAGMA integrity_check(10)")?.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
        found.into_iter().filter(|f| f != "ok").for_each(|f| self.problem(format!("damaged file: {f}")));
        let row = |r: &rusqlite::Row<'_>| {
            Ok(format!("a row of '{}' refers to a missing row of '{}'", r.get::<_, String>(0)?, r.get::<_, String>(2)?))
        };
        let loose: Vec<String> = self.conn.prepare("PRAGMA foreign_key_check")?.query_map([], row)?.collect::<rusqlite::Result<_>>()?;
        loose.into_iter().take(10).for_each(|f| self.problem(f));
        Ok(())
    }

    fn items(&mut self) -> rusqlite::Result<()> {
        let mut select = self.conn.prepare(&format!(
            "SELECT c.case_id, i.position, i.question, i.answer, i.text_hash, {}, s.seal
             FROM items i JOIN cases c ON c.id = i.case_ref LEFT JOIN item_sources s ON s.item = i.id",
            seal::COLUMNS
        ))?;
        let mut rows = select.query([])?;
        while let Some(r) = rows.next()? {
            self.report.items += 1;
            if self.report.items.is_multiple_of(4096) && self.watch.cancelled() {
                return Ok(());
            }
            let mut faults = Vec::new();
            let options: Vec<String> = serde_json::from_str(r.get_ref(5)?.as_str()?).unwrap_or_default();
            let hash = TextHash::of(r.get_ref(2)?.as_str()?, r.get_ref(3)?.as_str()?, &options);
            if r.get_ref(4)?.as_blob()? != hash.0 {
                faults.push("the text of item '{id}' was changed in place".to_owned());
            }
            // What fits its seal is what an import wrote, and an import writes nothing that cannot be read.
            if r.get::<_, Option<[u8; 32]>>(10)? != Some(seal::of_row(r, 5)?) {
                faults.push("options, task, categories or source fields of item '{id}' were changed in place".to_owned());
                faults.extend(unreadable_parts(r)?.iter().map(|what| format!("item '{{id}}': its {what} cannot be read")));
            }
            if !faults.is_empty() {
                let id = format!("{}::{}", r.get::<_, String>(0)?, r.get::<_, i64>(1)?);
                faults.into_iter().for_each(|f| self.problem(f.replace("{id}", &id)));
            }
        }
        self.case_fields()
    }

    fn case_fields(&mut self) -> rusqlite::Result<()> {
        let mut select = self.conn.prepare("SELECT case_id, fields FROM cases WHERE fields IS NOT NULL")?;
        let mut rows = select.query([])?;
        while let Some(r) = rows.next()? {
            if !is_object(r.get_ref(1)?.as_str()?) {
                let case: String = r.get(0)?;
                self.problem(format!("case '{case}': its fields cannot be read"));
            }
        }
        Ok(())
    }

    /// Everything that imports wrote, as the last one left it.
    fn contents(&mut self) -> rusqlite::Result<()> {
        let migrated = seal::kept(self.conn, "migrated")?;
        if let Some(version) = migrated.as_deref().and_then(|m| m.strip_suffix(", broken")) {
            self.problem(format!(
                "when this file was brought forward from file version {version}, its contents did not fit the seal of their last import, or its version had been lowered"
            ));
            return Ok(());
        }
        match seal::kept_contents(self.conn)? {
            None => self.problem("the seal over the project's contents is missing".into()),
            Some(kept) if kept == seal::of_contents(self.conn)? => {}
            Some(_) => self.problem(
                "cases, items, reports, images, masks, data roots, sources, past texts, models, judges or taxonomies were added, removed, renamed or swapped without an import".into(),
            ),
        }
        if let Some(version) = migrated.as_deref().and_then(|m| m.strip_suffix(", unsealed")) {
            self.warning(format!(
                "contents from before file version {version} was brought forward had no seal: what happened to them before is not proven"
            ));
        }
        self.unproven()
    }

    /// What a migration found and no import has confirmed.
    fn unproven(&mut self) -> rusqlite::Result<()> {
        let counts = "SELECT (SELECT count(*) FROM images WHERE proven = 0),
            (SELECT count(*) FROM cases WHERE masks_root IS NOT NULL AND masks_proven = 0), (SELECT count(*) FROM sources WHERE proven = 0)";
        let (images, masks, sources): (usize, usize, usize) = self
            .conn
            .query_row(counts, [], |r| Ok((super::query::count(r, 0)?, super::query::count(r, 1)?, super::query::count(r, 2)?)))?;
        if images + masks + sources > 0 {
            self.warning(format!(
                "{}, {} and {} come from an older file version, which did not seal them; importing the same files again proves them",
                count(images, "image"),
                count(masks, "set of masks").replace("set of maskss", "sets of masks"),
                count(sources, "source")
            ));
        }
        Ok(())
    }

    /// Without it no machine finds the project's data roots again.
    fn identity(&mut self) -> rusqlite::Result<()> {
        let select = "SELECT count(*) FROM project WHERE key = 'uuid' AND length(value) = 32";
        if self.conn.query_row(select, [], |r| r.get::<_, i64>(0))? != 1 {
            self.problem("the project's identity (uuid) is missing".into());
        }
        Ok(())
    }
}

/// Columns from 5 of the query over items that do not hold what they should.
fn unreadable_parts(r: &rusqlite::Row<'_>) -> rusqlite::Result<Vec<&'static str>> {
    let text = |at: usize| r.get::<_, Option<String>>(at);
    let parts = [
        ("options", text(5)?.is_some_and(|t| serde_json::from_str::<Vec<String>>(&t).is_ok())),
        ("task", text(6)?.is_none_or(|t| Task::parse(&t).is_some())),
        ("categories", text(7)?.is_some_and(|t| t.lines().all(|name| Category::parse(name).is_some()))),
        ("source fields", text(8)?.is_some_and(|t| is_object(&t))),
        ("earlier reviews", text(9)?.is_none_or(|t| is_object(&t))),
    ];
    Ok(parts.into_iter().filter(|(_, good)| !good).map(|(what, _)| what).collect())
}

fn is_object(text: &str) -> bool {
    exact(text).is_some_and(|v| v.is_object())
}
