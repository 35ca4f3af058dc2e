//! "Save a copy": the whole project as one state of it, in a new file.
//!
//! A project whose file was lost (see [`ProjectError::Lost`]) is copied from what the connection still reads; what that lacks of the
//! decisions of this session is written again, in order.

use super::draft::{Draft, PrivateFile};
use super::{Project, ProjectError, objects, opening, rescue};
use crate::formats::held;
use crate::review::{Event, NewEvent};
use rusqlite::Connection;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// A decision that was not acknowledged.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub event: NewEvent,
    /// It was committed, into a file that was lost by then: what the connection still reads may hold it.
    pub committed: bool,
}

/// What a copy of a lost project holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Copied {
    /// Decisions that the file on disk was not sure to hold and the copy does.
    pub decisions: usize,
    /// Those that the copy does not take, with the reason, and rows that could not be read.
    pub problems: Vec<String>,
    /// Decisions on items that could not be read.
    loose: Vec<NewEvent>,
}

impl Copied {
    /// Decisions that no item is there for are kept in words beside the copy, one JSON object a line.
    fn write_loose(&mut self, to: &Path) -> Result<(), ProjectError> {
        let line = |e: &NewEvent| {
            let (reviewer, item, seconds) = (&e.reviewer.name, e.item.to_string(), e.active_seconds);
            let body = serde_json::json!({ "reviewer": reviewer, "item": item, "active_seconds": seconds, "action": e.action });
            format!("{body}\n")
        };
        let file = held::beside(to, ".decisions.jsonl");
        std::fs::write(&file, self.loose.iter().map(line).collect::<String>()).map_err(ProjectError::io(&file))?;
        self.problems.push(format!("{} decisions on items that could not be read are in {}", self.loose.len(), file.display()));
        Ok(())
    }
}

impl Project {
    /// Writes the whole project, with what other programs have written so far, to the new file `to`.
    ///
    /// Errors when `to` exists or its folder cannot be written, or when the project cannot be read; nothing is left behind then.
    pub fn save_copy(&self, to: impl AsRef<Path>) -> Result<(), ProjectError> {
        let to = to.as_ref();
        self.still_ours()?;
        let file = PrivateFile::beside(to)?;
        let copy = self.pages_into(&file)?;
        file.publish(copy, to)
    }

    /// The same for a project whose file was lost: what can be read, then every event of `session` that this lacks, then `kept`.
    ///
    /// Errors when `to` exists or its folder cannot be written; what cannot be read or written again is in the report.
    pub fn save_kept(&self, to: impl AsRef<Path>, session: &[Event], kept: &[Kept]) -> Result<Copied, ProjectError> {
        let to = to.as_ref();
        let mut report = Copied::default();
        let file = self.readable_into(to, &mut report)?;
        let mut copy = Self::open(file.path())?;
        copy.put_back(session, kept, &mut report)?;
        if !report.loose.is_empty() {
            report.write_loose(to)?;
        }
        let Self { conn, guard, .. } = copy;
        drop(guard);
        plain_journal(&conn).map_err(ProjectError::sql(to))?;
        file.publish(conn, to)?;
        Ok(report)
    }

    fn pages_into(&self, file: &PrivateFile) -> Result<Connection, ProjectError> {
        let copy = || -> rusqlite::Result<Connection> {
            let mut copy = Connection::open(file.path())?;
            opening::harden(&copy)?;
            opening::copy_pages(&self.conn, &mut copy)?;
            plain_journal(&copy)?;
            Ok(copy)
        };
        copy().map_err(ProjectError::sql(&self.path))
    }

    /// All pages when they make a whole file, else every row that can be read.
    fn readable_into(&self, to: &Path, report: &mut Copied) -> Result<PrivateFile, ProjectError> {
        let file = PrivateFile::beside(to)?;
        let whole = |copy: &Connection| -> Result<bool, ProjectError> {
            objects::check(copy, to)?;
            let said: String = copy.query_row("PRAGMA integrity_check(1)", [], |r| r.get(0)).map_err(ProjectError::sql(to))?;
            Ok(said == "ok")
        };
        if let Ok(copy) = self.pages_into(&file)
            && whole(&copy).unwrap_or(false)
        {
            return Ok(file);
        }
        let mut draft = Draft::beside(to)?;
        let read = rescue::rows_of(&self.conn, &mut draft.project.conn).map_err(ProjectError::sql(to))?;
        report.problems.extend(read.lost_lines());
        draft.keep_private()
    }

    /// Writes again what the copy lacks. Steps back are found anew: their targets have other hashes now.
    fn put_back(&mut self, session: &[Event], kept: &[Kept], report: &mut Copied) -> Result<(), ProjectError> {
        let there: HashSet<_> = self.events()?.into_iter().map(|e| e.hash).collect();
        let missing = session.iter().filter(|e| !there.contains(&e.hash)).map(again);
        let missing: Vec<NewEvent> = missing.collect();
        let mut waiting: Vec<NewEvent> = Vec::new();
        for one in kept {
            if !one.committed || !self.holds(&one.event)? {
                waiting.push(one.event.clone());
            } else {
                report.decisions += 1;
            }
        }
        report.decisions += session.len() - missing.len();
        for event in missing.into_iter().chain(waiting) {
            match self.next_step(event.clone()).and_then(|event| self.append(event)) {
                Ok(_) => report.decisions += 1,
                Err(e) => {
                    report.problems.push(format!("{}: {e}", event.item));
                    report.loose.push(event);
                }
            }
        }
        Ok(())
    }

    /// The last event of the same reader says the same.
    fn holds(&self, event: &NewEvent) -> Result<bool, ProjectError> {
        let last = self.events()?.into_iter().rfind(|e| e.reviewer == event.reviewer);
        Ok(last.is_some_and(|e| e.item == event.item && e.action == event.action))
    }

    fn next_step(&self, mut event: NewEvent) -> Result<NewEvent, ProjectError> {
        use crate::review::Action::{Redo, Undo};
        let who = event.reviewer.name.clone();
        let next = match &event.action {
            Undo { .. } => self.next_undo(&who)?,
            Redo { .. } => self.next_redo(&who)?,
            _ => return Ok(event),
        };
        if let Some((hash, item)) = next {
            event.action = if matches!(event.action, Undo { .. }) { Undo { event: hash } } else { Redo { event: hash } };
            event.item = item;
        }
        Ok(event)
    }
}

fn again(event: &Event) -> NewEvent {
    NewEvent {
        reviewer: event.reviewer.clone(),
        item: event.item.clone(),
        judged: event.judged,
        active_seconds: event.active_seconds,
        image: event.image.unwrap_or_default(),
        action: event.action.clone(),
    }
}

/// So that everything is in the one file, whose header no longer speaks of a WAL.
fn plain_journal(conn: &Connection) -> rusqlite::Result<()> {
    conn.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))
}

/// A name for a copy that nobody was asked about: beside `path`, with the time.
pub fn name_beside(path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let now = jiff::Zoned::now().strftime("%Y-%m-%d %H.%M.%S").to_string();
    path.with_file_name(format!("{stem} (kept {now}).voxaudit"))
}
