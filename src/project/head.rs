//! The head: one hash over the whole log and the whole contents of a project, and the milestones that keep past heads.
//!
//! The head is over the sorted tips of the log's graph (the events that none follows; each event's hash covers those it follows, and so the
//! whole log) and the seal over the contents. Kept outside the file, in an export, a signature or a letter, it tells whether the file is the
//! one that was seen then, or a later one that contains it. It hangs on the project's identity, which is random and never exported, so that
//! no guess of a reader's name can be tested against it.

use super::{Project, ProjectError, log, seal};
use crate::review::EventHash;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// A head and what it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub hash: EventHash,
    /// The events that none followed, sorted; none while the log is empty.
    pub tips: Vec<EventHash>,
    /// The seal over the contents.
    pub contents: EventHash,
}

/// What a milestone stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MilestoneKind {
    Created,
    Migration,
    Import,
    Export,
    Signature,
}

impl MilestoneKind {
    fn code(self) -> &'static str {
        match self {
            MilestoneKind::Created => "created",
            MilestoneKind::Migration => "migration",
            MilestoneKind::Import => "import",
            MilestoneKind::Export => "export",
            MilestoneKind::Signature => "signature",
        }
    }
}

/// A row of `milestones`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Milestone {
    pub id: i64,
    pub time: String,
    pub kind: String,
    pub tips: Vec<u8>,
    pub contents: Vec<u8>,
    pub head: Vec<u8>,
    pub prev: Vec<u8>,
    pub hash: Vec<u8>,
}

impl Head {
    /// SHA-256 over `voxaudit.head`, the seal over the contents and each tip, each preceded by its length as in [`EventHash::of_fields`].
    pub(super) fn of(mut tips: Vec<EventHash>, contents: EventHash) -> Self {
        tips.sort_unstable();
        let mut fields: Vec<&[u8]> = vec![b"voxaudit.head", &contents.0];
        fields.extend(tips.iter().map(|t| t.0.as_slice()));
        let hash = EventHash::of_fields(&fields);
        Self { hash, tips, contents }
    }

    /// As the file says it: the tips and the seal that it keeps.
    pub(super) fn kept(conn: &Connection) -> rusqlite::Result<Self> {
        let contents = seal::kept_contents(conn)?.unwrap_or(EventHash::ZERO);
        Ok(Self::of(log::tips(conn)?, contents))
    }
}

impl Milestone {
    /// Every milestone, oldest first.
    pub(super) fn all(conn: &Connection) -> rusqlite::Result<Vec<Self>> {
        let mut select = conn.prepare("SELECT id, time, kind, tips, contents, head, prev, hash FROM milestones ORDER BY id")?;
        let row = |r: &rusqlite::Row<'_>| {
            Ok(Self {
                id: r.get(0)?,
                time: r.get(1)?,
                kind: r.get(2)?,
                tips: r.get(3)?,
                contents: r.get(4)?,
                head: r.get(5)?,
                prev: r.get(6)?,
                hash: r.get(7)?,
            })
        };
        select.query_map([], row)?.collect()
    }

    /// The hash that its other columns give.
    pub(super) fn computed(&self) -> EventHash {
        EventHash::of_fields(&[&self.prev, self.time.as_bytes(), self.kind.as_bytes(), &self.tips, &self.contents, &self.head])
    }

    /// Tips and contents as the head that they give; `None` when the row makes no sense.
    pub(super) fn as_head(&self) -> Option<Head> {
        let contents = <[u8; 32]>::try_from(self.contents.as_slice()).ok()?;
        let head = Head::of(log::hashes(&self.tips).ok()?, EventHash(contents));
        (head.hash.0.as_slice() == self.head).then_some(head)
    }
}

/// Adds a milestone with `head`, or with the head of now, and returns the head.
pub(super) fn record(conn: &Connection, kind: MilestoneKind, head: Option<&Head>) -> rusqlite::Result<Head> {
    let head = match head {
        Some(head) => head.clone(),
        None => Head::kept(conn)?,
    };
    let select = "SELECT hash, head FROM milestones ORDER BY id DESC LIMIT 1";
    let last: Option<(Vec<u8>, Vec<u8>)> = conn.query_row(select, [], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
    if kind == MilestoneKind::Import && last.as_ref().is_some_and(|(_, known)| *known == head.hash.0) {
        return Ok(head); // it brought nothing
    }
    let mut row = Milestone {
        id: 0,
        time: Timestamp::now().to_string(),
        kind: kind.code().to_owned(),
        tips: head.tips.iter().flat_map(|t| t.0).collect(),
        contents: head.contents.0.to_vec(),
        head: head.hash.0.to_vec(),
        prev: last.map_or_else(|| EventHash::ZERO.0.to_vec(), |(hash, _)| hash),
        hash: Vec::new(),
    };
    row.hash = row.computed().0.to_vec();
    let insert = "INSERT INTO milestones (time, kind, tips, contents, head, prev, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    conn.execute(insert, params![row.time, row.kind, row.tips, row.contents, row.head, row.prev, row.hash])?;
    Ok(head)
}

impl Project {
    /// The head as the file says it. `verify` tells whether the file tells the truth.
    pub fn head(&self) -> Result<Head, ProjectError> {
        Head::kept(&self.conn).map_err(ProjectError::sql(&self.path))
    }

    /// Keeps a head that left the file, so that `verify --head` knows it again.
    ///
    /// Errors when the file cannot be written.
    pub fn keep_head(&mut self, kind: MilestoneKind, head: &Head) -> Result<(), ProjectError> {
        self.writable()?;
        let path = self.path.clone();
        let sql = |e| ProjectError::from_sql(&path, e);
        let tx = self.guard.begin(&mut self.conn, &path)?;
        record(&tx, kind, Some(head)).map_err(sql)?;
        tx.commit().map_err(sql)?;
        self.settled()
    }
}
