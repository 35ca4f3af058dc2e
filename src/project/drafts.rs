//! Drafts: what readers have typed about items and not yet decided, in the project file, so that it outlives the program.
//!
//! They are private to their reader and unfinished, so they are no part of the log, of a seal, of the head, of an export or of a hand-out.
//! Each row has a checksum; one that fails is removed and named, never shown.

use super::{Project, ProjectError};
use crate::qa::{CaseId, ItemId};
use crate::review::{DraftText, EventHash, ReaderKey};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// The drafts of one reader.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drafts {
    /// By item, in the order of the items.
    pub all: Vec<(ItemId, DraftText)>,
    /// One line for each that was damaged and is gone.
    pub notes: Vec<String>,
}

/// A row as it is stored.
struct StoredDraft {
    reader: String,
    item: i64,
    time: String,
    content: String,
    sum: Vec<u8>,
}

const SELECT: &str = "SELECT d.reader, d.item, d.time, d.content, d.sum, c.case_id, i.position
    FROM drafts d LEFT JOIN items i ON i.id = d.item LEFT JOIN cases c ON c.id = i.case_ref ORDER BY c.ord, i.position, d.reader";

impl Project {
    /// Keeps a draft, in the place of the one that the reader had on the item. It is on disk when this returns.
    ///
    /// Errors, with the earlier one kept, when the item is unknown or the file cannot be written.
    pub fn put_draft(&mut self, reader: &ReaderKey, item: &ItemId, draft: &DraftText) -> Result<(), ProjectError> {
        self.writable()?;
        let content = serde_json::to_string(draft).map_err(|e| ProjectError::Refused(format!("cannot write the draft: {e}")))?;
        let path = self.path.clone();
        let sql = |e| ProjectError::from_sql(&path, e);
        let tx = self.guard.begin(&mut self.conn, &path)?;
        let row = row_of(&tx, item).map_err(sql)?.ok_or_else(|| ProjectError::UnknownItem(item.clone()))?;
        let time = Timestamp::now().to_string();
        let stored = StoredDraft { reader: reader.as_str().to_owned(), item: row, time, content, sum: Vec::new() };
        let put = "INSERT INTO drafts (reader, item, time, content, sum) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (reader, item) DO UPDATE SET time = excluded.time, content = excluded.content, sum = excluded.sum";
        let sum = stored.made_sum();
        let values = params![stored.reader, stored.item, stored.time, stored.content, sum];
        tx.prepare_cached(put).and_then(|mut s| s.execute(values)).map_err(sql)?;
        tx.commit().map_err(sql)?;
        self.settled()
    }

    /// The reader's draft on an item, if there is a whole one.
    pub fn draft(&self, reader: &ReaderKey, item: &ItemId) -> Result<Option<DraftText>, ProjectError> {
        let own = |(stored, id): &(StoredDraft, Option<ItemId>)| stored.reader == reader.as_str() && id.as_ref() == Some(item);
        Ok(self.stored_drafts()?.iter().find(|d| own(d)).and_then(|(stored, _)| stored.draft()))
    }

    /// Every draft of the reader. Damaged ones, whose reader nobody can tell, are removed where the file can be written.
    pub fn drafts_of(&mut self, reader: &ReaderKey) -> Result<Drafts, ProjectError> {
        let mut drafts = Drafts::default();
        for (stored, item) in self.stored_drafts()? {
            match (stored.draft(), item) {
                (Some(draft), Some(item)) if stored.reader == reader.as_str() => drafts.all.push((item, draft)),
                (Some(_), Some(_)) => {}
                (_, item) => {
                    if !self.read_only {
                        self.delete(&stored.reader, stored.item)?;
                    }
                    let of = item.map_or_else(|| "an item that is gone".to_owned(), |id| id.to_string());
                    drafts.notes.push(format!("What was typed on {of} and not decided was damaged in the file and is gone."));
                }
            }
        }
        Ok(drafts)
    }

    /// Removes the reader's draft on an item; none is none.
    pub fn remove_draft(&mut self, reader: &ReaderKey, item: &ItemId) -> Result<(), ProjectError> {
        self.writable()?;
        match row_of(&self.conn, item).map_err(ProjectError::sql(&self.path))? {
            Some(row) => self.delete(reader.as_str(), row),
            None => Ok(()),
        }
    }

    /// How many drafts there are, of all readers together, damaged ones left out.
    pub fn draft_count(&self) -> Result<usize, ProjectError> {
        Ok(self.stored_drafts()?.iter().filter(|(stored, item)| item.is_some() && stored.draft().is_some()).count())
    }

    fn delete(&self, reader: &str, item: i64) -> Result<(), ProjectError> {
        let delete = || self.conn.prepare_cached("DELETE FROM drafts WHERE reader = ?1 AND item = ?2")?.execute(params![reader, item]);
        delete().map(drop).map_err(ProjectError::sql(&self.path))
    }

    /// Of all readers, with the item of each; there are few.
    fn stored_drafts(&self) -> Result<Vec<(StoredDraft, Option<ItemId>)>, ProjectError> {
        let read = || -> rusqlite::Result<Vec<_>> { self.conn.prepare_cached(SELECT)?.query_map([], stored_row)?.collect() };
        read().map_err(ProjectError::sql(&self.path))
    }
}

/// How many drafts are not what was written, or belong to no item.
pub(super) fn broken(conn: &Connection) -> rusqlite::Result<usize> {
    let all: Vec<(StoredDraft, Option<ItemId>)> = conn.prepare(SELECT)?.query_map([], stored_row)?.collect::<rusqlite::Result<_>>()?;
    Ok(all.iter().filter(|(stored, item)| item.is_none() || stored.draft().is_none()).count())
}

fn row_of(conn: &Connection, item: &ItemId) -> rusqlite::Result<Option<i64>> {
    let select = "SELECT i.id FROM items i JOIN cases c ON c.id = i.case_ref WHERE c.case_id = ?1 AND i.position = ?2";
    conn.prepare_cached(select)?.query_row(params![item.case.0, item.position], |r| r.get(0)).optional()
}

fn stored_row(r: &Row<'_>) -> rusqlite::Result<(StoredDraft, Option<ItemId>)> {
    let stored = StoredDraft { reader: r.get(0)?, item: r.get(1)?, time: r.get(2)?, content: r.get(3)?, sum: r.get(4)? };
    let item = r.get::<_, Option<String>>(5)?.zip(r.get(6)?);
    Ok((stored, item.map(|(case, position)| ItemId { case: CaseId(case), position })))
}

impl StoredDraft {
    /// SHA-256 over the other columns, each preceded by its length; the item's row number in decimal.
    fn made_sum(&self) -> [u8; 32] {
        let item = self.item.to_string();
        EventHash::of_fields(&[self.reader.as_bytes(), item.as_bytes(), self.time.as_bytes(), self.content.as_bytes()]).0
    }

    /// `None` when it is not what was written.
    fn draft(&self) -> Option<DraftText> {
        if self.sum != self.made_sum() {
            return None;
        }
        serde_json::from_str(&self.content).ok()
    }
}
