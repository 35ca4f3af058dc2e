//! The review log: append, read, fold.
//!
//! The previous hash and the tips of the log are read inside the writing transaction, so two programs on one file cannot fork it. What was
//! written is read back before it is committed, so that an event is stored as it was meant or not at all.

use super::{Project, ProjectError};
use crate::qa::{CaseId, ItemId, TextHash};
use crate::review::{Action, Decision, Event, EventHash, ItemReview, NewEvent, ReaderKey, ReviewState, Reviewer, ShownImage, in_order};
use jiff::{Timestamp, Unit};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::path::Path;

/// The fold of the log up to and including the event with number `seq`.
#[derive(Debug, Default)]
pub(super) struct Folded {
    seq: i64,
    /// That event.
    last: Option<EventHash>,
    /// The last milestone that was seen: an import may have changed texts after it.
    milestone: i64,
    state: ReviewState,
}

/// Columns of an event: its number, those of [`Stored::from_row`], its hash.
pub(super) const COLUMNS: &str =
    "seq, time, reviewer, initials, item, judged, active_seconds, program, payload, prev, parents, image, hash";

impl Project {
    /// The whole log in its order.
    pub fn events(&self) -> Result<Vec<Event>, ProjectError> {
        Ok(in_order(events_after(&self.conn, &self.path, 0)?.into_iter().map(|(_, e)| e).collect()))
    }

    /// The state that the log folds to now, other programs' events included.
    pub fn review_state(&self) -> Result<ReviewState, ProjectError> {
        let mut folded = self.folded.borrow_mut();
        folded.catch_up(&self.conn, &self.path)?;
        Ok(folded.state.clone())
    }

    /// Shows `look` what is said about one item, without a copy of the whole state. Not called when nothing was ever said.
    pub(super) fn with_review(&self, item: &ItemId, look: impl FnOnce(&ItemReview)) -> Result<(), ProjectError> {
        let mut folded = self.folded.borrow_mut();
        folded.catch_up(&self.conn, &self.path)?;
        if let Some(review) = folded.state.item(item) {
            look(review);
        }
        Ok(())
    }

    /// Shows `look` the state that the log folds to now, without a copy. `look` must not ask the project for reviews.
    pub(super) fn with_reviews<T>(&self, look: impl FnOnce(&ReviewState) -> T) -> Result<T, ProjectError> {
        let mut folded = self.folded.borrow_mut();
        folded.catch_up(&self.conn, &self.path)?;
        Ok(look(&folded.state))
    }

    /// Changes when another connection or program has written to the file since it was last asked; its own writes do not count.
    pub fn data_version(&self) -> Result<i64, ProjectError> {
        self.conn.query_row("PRAGMA data_version", [], |r| r.get(0)).map_err(ProjectError::sql(&self.path))
    }

    /// Adds one event to the log in one transaction and returns it once it is on disk. A reviewer whom the log has under another spelling of
    /// the name goes on under the one it has.
    ///
    /// Errors, with nothing written, when the decision is incomplete, the item is unknown, the judged text is not the item's, an undo,
    /// redo or annotation has nothing to act on, the model's answer is not the one that was judged, or the file cannot be written.
    pub fn append(&mut self, mut new: NewEvent) -> Result<Event, ProjectError> {
        self.writable()?;
        check(&new)?;
        let path = self.path.clone();
        let sql = |e| ProjectError::from_sql(&path, e);
        let tx = self.guard.begin(&mut self.conn, &path)?;
        let item_ref = judged_item(&tx, &path, &new)?;
        check_undo(&tx, &path, &mut self.folded.borrow_mut(), &new)?;
        check_annotation(&tx, &path, &mut self.folded.borrow_mut(), &new)?;
        check_answer(&tx, &path, &mut self.folded.borrow_mut(), &new, item_ref)?;
        let (prev, count) = head(&tx, &mut new.reviewer).map_err(sql)?;
        let event = seal(new, prev, tips(&tx).map_err(sql)?)?;
        insert(&tx, &event, item_ref, count).map_err(sql)?;
        if let Some(what) = misstored(&tx, &event, item_ref, count + 1).map_err(sql)? {
            return Err(ProjectError::NotAsWritten { path, what });
        }
        tx.commit().map_err(sql)?;
        self.settled()?;
        Ok(event)
    }
}

/// What can be said without the file.
fn check(new: &NewEvent) -> Result<(), ProjectError> {
    let refuse = |why: &str| Err(ProjectError::Refused(why.to_owned()));
    if let Some(why) = new.reviewer.problem() {
        return refuse(&why);
    }
    if !new.active_seconds.is_finite() || new.active_seconds < 0.0 {
        return refuse("active seconds must be a number of at least 0");
    }
    match &new.action {
        Action::Decide(decision) => decision.problem().map_or(Ok(()), refuse),
        _ => Ok(()),
    }
}

/// Row id of the item, when its text is the one that was judged.
fn judged_item(conn: &Connection, path: &Path, new: &NewEvent) -> Result<i64, ProjectError> {
    let sql = "SELECT i.id, i.text_hash, i.question, i.answer FROM items i JOIN cases c ON c.id = i.case_ref WHERE c.case_id = ?1 AND i.position = ?2";
    let found = conn
        .prepare_cached(sql)
        .and_then(|mut s| {
            s.query_row(params![new.item.case.0, new.item.position], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?))).optional()
        })
        .map_err(ProjectError::sql(path))?;
    let Some((id, hash, question, answer)): Option<(i64, [u8; 32], String, String)> = found else {
        return Err(ProjectError::UnknownItem(new.item.clone()));
    };
    if hash != new.judged.0 {
        return Err(ProjectError::StaleText(new.item.clone()));
    }
    if let Action::Decide(Decision::Edit { question: q, answer: a, .. }) = &new.action
        && q.as_ref().is_none_or(|q| *q == question)
        && a.as_ref().is_none_or(|a| *a == answer)
    {
        return Err(ProjectError::Refused("the edit changes nothing; accept the item instead".into()));
    }
    Ok(id)
}

fn check_undo(conn: &Connection, path: &Path, folded: &mut Folded, new: &NewEvent) -> Result<(), ProjectError> {
    let (Action::Undo { event } | Action::Redo { event }) = &new.action else { return Ok(()) };
    folded.catch_up(conn, path)?;
    let who = &new.reviewer.name;
    let (step, word) = match &new.action {
        Action::Undo { .. } => (folded.state.next_undo(who), "undo"),
        _ => (folded.state.next_redo(who), "redo"),
    };
    match step {
        Some((hash, item)) if hash == *event && *item == new.item => Ok(()),
        Some((_, item)) => Err(ProjectError::Refused(format!("the next {word} of {who} is on item '{item}', not this one"))),
        None => Err(ProjectError::Refused(format!("{who} has nothing to {word}"))),
    }
}

fn check_annotation(conn: &Connection, path: &Path, folded: &mut Folded, new: &NewEvent) -> Result<(), ProjectError> {
    if new.action.annotation_id().is_none() {
        return Ok(());
    }
    folded.catch_up(conn, path)?;
    let problem = folded.state.annotation_problem(&new.item, &new.reviewer.name, &new.action);
    problem.map_or(Ok(()), |why| Err(ProjectError::Refused(why)))
}

/// The answer must be the one on file, a label must fit its taxonomy, and what is taken away must stand.
fn check_answer(conn: &Connection, path: &Path, folded: &mut Folded, new: &NewEvent, item_ref: i64) -> Result<(), ProjectError> {
    let Some(answer) = new.action.answer() else { return Ok(()) };
    let select = "SELECT a.text_hash FROM answers a JOIN runs r ON r.id = a.run WHERE a.item = ?1 AND r.model = ?2 AND r.condition = ?3";
    let place = params![item_ref, answer.run.model, answer.run.condition.name()];
    let found = conn.prepare_cached(select).and_then(|mut s| s.query_row(place, |r| r.get(0)).optional());
    let refuse = |why: String| Err(ProjectError::Refused(why));
    match found.map_err(ProjectError::sql(path))?.map(TextHash) {
        None => return refuse(format!("item '{}' has no answer of '{}'", new.item, answer.run)),
        Some(hash) if hash != answer.sha256 => {
            return refuse(format!(
                "the answer of '{}' to item '{}' is not the one that was shown; look at it again",
                answer.run, new.item
            ));
        }
        Some(_) => {}
    }
    folded.catch_up(conn, path)?;
    if let Some(why) = folded.state.answer_problem(&new.item, &new.reviewer.name, &new.action) {
        return refuse(why);
    }
    let Action::LabelAnswer { label, .. } = &new.action else { return Ok(()) };
    let text = super::taxonomy::stored(conn, &label.taxonomy).map_err(ProjectError::sql(path))?;
    match super::taxonomy::named(text.as_deref(), &label.taxonomy) {
        None => refuse(format!("the project has no taxonomy '{}'", label.taxonomy)),
        Some(taxonomy) => label.problem(&taxonomy).map_or(Ok(()), refuse),
    }
}

/// Where the reviewer's chain ends. The name becomes the one that the file has for this reader: of several, which a file of an older version
/// can have, the first.
fn head(conn: &Connection, reviewer: &mut Reviewer) -> rusqlite::Result<(EventHash, i64)> {
    let who = reviewer.key();
    let mut select = conn.prepare_cached("SELECT reviewer, hash, count FROM heads")?;
    let all = select.query_map([], |r| Ok((r.get(0)?, EventHash(r.get(1)?), r.get(2)?)))?;
    let mut own: Vec<(String, EventHash, i64)> = all.collect::<rusqlite::Result<_>>()?;
    own.retain(|(name, ..)| ReaderKey::of(name) == who);
    if own.len() > 1 {
        let mut first = conn.prepare_cached("SELECT seq FROM events WHERE reviewer = ?1 ORDER BY seq LIMIT 1")?;
        let starts = own.iter().map(|(name, ..)| first.query_row([name], |r| r.get(0)));
        let starts: Vec<i64> = starts.collect::<rusqlite::Result<_>>()?;
        let earliest = starts.iter().enumerate().min_by_key(|(_, seq)| **seq).map_or(0, |(n, _)| n);
        own.swap(0, earliest);
    }
    let Some((name, hash, count)) = own.into_iter().next() else { return Ok((EventHash::ZERO, 0)) };
    reviewer.name = name;
    Ok((hash, count))
}

/// The events that none follows yet, sorted.
pub(super) fn tips(conn: &Connection) -> rusqlite::Result<Vec<EventHash>> {
    let mut select = conn.prepare_cached("SELECT hash FROM tips ORDER BY hash")?;
    select.query_map([], |r| r.get(0).map(EventHash))?.collect()
}

/// Gives the event its time, program and hash. Times and seconds are kept to the millisecond.
fn seal(new: NewEvent, prev: EventHash, parents: Vec<EventHash>) -> Result<Event, ProjectError> {
    let now = Timestamp::now();
    let mut event = Event {
        time: now.round(Unit::Millisecond).unwrap_or(now),
        reviewer: new.reviewer,
        item: new.item,
        judged: new.judged,
        active_seconds: (new.active_seconds * 1000.0).round() / 1000.0,
        program: crate::VERSION.to_owned(),
        action: new.action,
        prev,
        parents: Some(parents),
        image: Some(new.image),
        hash: EventHash::ZERO,
    };
    event.hash = Stored::of(&event)?.hash();
    Ok(event)
}

/// The columns of an event, as they are hashed and stored.
#[derive(Debug, PartialEq)]
pub(super) struct Stored {
    pub time: String,
    pub reviewer: String,
    pub initials: String,
    pub item: String,
    pub judged: Vec<u8>,
    pub active_seconds: f64,
    pub program: String,
    pub payload: String,
    pub prev: Vec<u8>,
    /// Hashes of 32 bytes, joined; `None` in an event of file version 5 or older, as `image`.
    pub parents: Option<Vec<u8>>,
    pub image: Option<String>,
}

impl Stored {
    fn of(e: &Event) -> Result<Self, ProjectError> {
        let payload = serde_json::to_string(&e.action).map_err(|e| ProjectError::Refused(format!("cannot write the event: {e}")))?;
        Ok(Self {
            time: e.time.to_string(),
            reviewer: e.reviewer.name.clone(),
            initials: e.reviewer.initials.clone(),
            item: e.item.to_string(),
            judged: e.judged.0.to_vec(),
            active_seconds: e.active_seconds,
            program: e.program.clone(),
            payload,
            prev: e.prev.0.to_vec(),
            parents: e.parents.as_ref().map(|all| all.iter().flat_map(|p| p.0).collect()),
            image: e.image.map(|i| i.code()),
        })
    }

    /// From columns `time` to `image` of [`COLUMNS`], starting at column 1.
    pub fn from_row(r: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            time: r.get(1)?,
            reviewer: r.get(2)?,
            initials: r.get(3)?,
            item: r.get(4)?,
            judged: r.get(5)?,
            active_seconds: r.get(6)?,
            program: r.get(7)?,
            payload: r.get(8)?,
            prev: r.get(9)?,
            parents: r.get(10)?,
            image: r.get(11)?,
        })
    }

    /// The canonical form of [`EventHash::of_fields`]; active seconds as the shortest decimal that reads back the same.
    pub fn hash(&self) -> EventHash {
        let seconds = self.active_seconds.to_string();
        let text = [&self.time, &self.reviewer, &self.initials, &self.item].map(String::as_bytes);
        let mut fields = vec![&self.prev, text[0], text[1], text[2], text[3], &self.judged, seconds.as_bytes()];
        fields.extend([self.program.as_bytes(), self.payload.as_bytes()]);
        if let Some(parents) = &self.parents {
            fields.extend([parents, self.image.as_deref().unwrap_or_default().as_bytes()]);
        }
        EventHash::of_fields(&fields)
    }

    /// Reads the columns back into an event, or says which column makes no sense.
    pub fn event(self, hash: EventHash) -> Result<Event, String> {
        let bytes = |b: &[u8], what: &str| <[u8; 32]>::try_from(b).map_err(|_| format!("{what} is not a hash"));
        Ok(Event {
            time: self.time.parse().map_err(|_| format!("time '{}' is not a time", self.time))?,
            item: self.item.parse().map_err(|e: crate::qa::ItemIdError| e.to_string())?,
            judged: TextHash(bytes(&self.judged, "the judged text")?),
            prev: EventHash(bytes(&self.prev, "the previous event")?),
            parents: self.parents.as_deref().map(hashes).transpose()?,
            image: self
                .image
                .map(|code| ShownImage::parse(&code).ok_or("its image is neither a hash nor 'none' nor 'unknown'"))
                .transpose()?,
            action: serde_json::from_str(&self.payload).map_err(|e| format!("its payload is not an action: {e}"))?,
            reviewer: Reviewer { name: self.reviewer, initials: self.initials },
            active_seconds: self.active_seconds,
            program: self.program,
            hash,
        })
    }
}

fn insert(conn: &Connection, event: &Event, item_ref: i64, count: i64) -> rusqlite::Result<()> {
    let s = Stored::of(event).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
    conn.prepare_cached(
        "INSERT INTO events (time, reviewer, initials, item, item_ref, judged, active_seconds, program, payload, prev, parents, image, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?
    .execute(params![
        s.time,
        s.reviewer,
        s.initials,
        s.item,
        item_ref,
        s.judged,
        s.active_seconds,
        s.program,
        s.payload,
        s.prev,
        s.parents,
        s.image,
        event.hash.0
    ])?;
    conn.prepare_cached("DELETE FROM tips")?.execute([])?; // it follows them all
    conn.prepare_cached("INSERT INTO tips VALUES (?1)")?.execute([event.hash.0])?;
    conn.prepare_cached(
        "INSERT INTO heads VALUES (?1, ?2, ?3) ON CONFLICT (reviewer) DO UPDATE SET hash = excluded.hash, count = excluded.count",
    )?
    .execute(params![s.reviewer, event.hash.0, count + 1])?;
    if matches!(event.action, Action::Decide(_)) {
        // What the reader had typed before is decided now.
        let forget = "DELETE FROM drafts WHERE reader = ?1 AND item = ?2";
        conn.prepare_cached(forget)?.execute(params![event.reviewer.key().as_str(), item_ref])?;
    }
    Ok(())
}

/// What of an event that was just inserted is not in the file as it was meant. A trigger, or a library that another program brought
/// into the process, could have changed it.
fn misstored(conn: &Connection, event: &Event, item_ref: i64, count: i64) -> rusqlite::Result<Option<&'static str>> {
    let select = format!("SELECT {COLUMNS}, item_ref FROM events WHERE hash = ?1");
    let found = conn.prepare_cached(&select)?.query_row([event.hash.0], |r| Ok((stored_row(r)?, r.get::<_, i64>(13)?))).optional()?;
    let Some(((_, stored, _), points_at)) = found else { return Ok(Some("the event is not there")) };
    if stored.hash() != event.hash || points_at != item_ref {
        return Ok(Some("the event is there with another content"));
    }
    if head(conn, &mut event.reviewer.clone())? != (event.hash, count) {
        return Ok(Some("the reviewer's head does not name the event"));
    }
    Ok((tips(conn)? != [event.hash]).then_some("the end of the log does not name the event"))
}

/// From hashes of 32 bytes that were joined.
pub(super) fn hashes(joined: &[u8]) -> Result<Vec<EventHash>, String> {
    let (parts, rest) = joined.as_chunks::<32>();
    if rest.is_empty() { Ok(parts.iter().map(|p| EventHash(*p)).collect()) } else { Err("hashes of events are cut off".into()) }
}

/// Events with a number above `seq`, in the order of their rows.
fn events_after(conn: &Connection, path: &Path, seq: i64) -> Result<Vec<(i64, Event)>, ProjectError> {
    let sql = ProjectError::sql;
    let mut select = conn.prepare_cached(&format!("SELECT {COLUMNS} FROM events WHERE seq > ?1 ORDER BY seq")).map_err(sql(path))?;
    let mut rows = select.query([seq]).map_err(sql(path))?;
    let mut out = Vec::new();
    while let Some(row) = rows.next().map_err(sql(path))? {
        let (seq, stored, hash) = stored_row(row).map_err(sql(path))?;
        let hash = hash.try_into().map_err(|_| ProjectError::damaged(path, format!("event {seq} has no hash")))?;
        let event = stored.event(EventHash(hash)).map_err(|why| ProjectError::damaged(path, format!("event {seq}: {why}")))?;
        out.push((seq, event));
    }
    Ok(out)
}

fn stored_row(row: &Row<'_>) -> rusqlite::Result<(i64, Stored, Vec<u8>)> {
    Ok((row.get(0)?, Stored::from_row(row)?, row.get(12)?))
}

impl Folded {
    fn catch_up(&mut self, conn: &Connection, path: &Path) -> Result<(), ProjectError> {
        let mut new = events_after(conn, path, self.seq)?;
        let mut last = self.last;
        let mut follows = |e: &Event| {
            let before = last.replace(e.hash);
            e.parents.as_ref().is_none_or(|parents| before.is_none_or(|b| parents.contains(&b)))
        };
        if !new.iter().all(|(_, e)| follows(e)) {
            *self = Self::default(); // a merge: what is new may come before what is known
            new = events_after(conn, path, 0)?;
        }
        let seq = new.last().map(|(seq, _)| *seq);
        for event in in_order(new.into_iter().map(|(_, e)| e).collect()) {
            self.last = Some(event.hash);
            self.state.push(event);
        }
        self.seq = seq.unwrap_or(self.seq);
        self.read_texts(conn).map_err(ProjectError::sql(path))
    }

    /// The texts of items that have past ones, when an import may have changed them.
    fn read_texts(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        let now = conn.prepare_cached("SELECT coalesce(max(id), 0) FROM milestones")?.query_row([], |r| r.get(0))?;
        if std::mem::replace(&mut self.milestone, now) == now {
            return Ok(());
        }
        let mut select = conn.prepare_cached(
            "SELECT c.case_id, i.position, i.text_hash FROM items i JOIN cases c ON c.id = i.case_ref WHERE i.id IN (SELECT item FROM past_texts)",
        )?;
        let text = |r: &Row<'_>| Ok((ItemId { case: CaseId(r.get(0)?), position: r.get(1)? }, TextHash(r.get(2)?)));
        self.state.set_texts(select.query_map([], text)?.collect::<rusqlite::Result<_>>()?);
        Ok(())
    }
}

impl Project {
    /// The item, with its text as it is now, that `reviewer` would undo (or redo) next, and the event to send for it.
    pub fn next_undo(&self, reviewer: &str) -> Result<Option<(EventHash, ItemId)>, ProjectError> {
        Ok(self.review_state()?.next_undo(reviewer).map(|(hash, id)| (hash, id.clone())))
    }

    pub fn next_redo(&self, reviewer: &str) -> Result<Option<(EventHash, ItemId)>, ProjectError> {
        Ok(self.review_state()?.next_redo(reviewer).map(|(hash, id)| (hash, id.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::draft::Draft;
    use crate::review::Criteria;

    /// Whatever else writes while an event is written: one that is not in the file as it was meant is not acknowledged.
    #[test]
    fn an_event_that_is_not_as_it_was_written_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let draft = Draft::in_memory(&dir.path().join("p.voxaudit")).unwrap();
        let conn = &draft.project.conn;
        conn.execute_batch(
            "INSERT INTO cases (id, case_id, ord) VALUES (1, 'c', 0);
             INSERT INTO items (id, case_ref, position, question, answer, options, categories, text_hash)
               VALUES (1, 1, 0, 'Q?', 'a', '[]', '', zeroblob(32)), (2, 1, 1, 'R?', 'a', '[]', '', zeroblob(32));",
        )
        .unwrap();
        let new = NewEvent {
            reviewer: Reviewer::new("Ann", ""),
            item: "c::0".parse().unwrap(),
            judged: TextHash([0; 32]),
            active_seconds: 1.5,
            image: ShownImage::NotYetKnown,
            action: Action::Decide(Decision::Accept { criteria: Criteria::ALL_YES, note: String::new() }),
        };
        let event = seal(new, EventHash::ZERO, vec![EventHash([3; 32])]).unwrap();
        conn.execute_batch("SAVEPOINT before").unwrap();
        for change in [
            "UPDATE events SET payload = replace(payload, 'accept', 'reject')",
            "UPDATE events SET parents = zeroblob(32)",
            "UPDATE events SET image = 'none'",
            "UPDATE events SET time = '2001-01-01T00:00:00Z'",
            "UPDATE events SET item_ref = 2",
            "DELETE FROM events",
            "UPDATE heads SET count = 7",
            "UPDATE heads SET hash = zeroblob(32)",
            "DELETE FROM heads",
            "DELETE FROM tips",
            "INSERT INTO tips VALUES (zeroblob(32))",
            "UPDATE events SET hash = zeroblob(32)",
        ] {
            insert(conn, &event, 1, 0).unwrap();
            assert_eq!(misstored(conn, &event, 1, 1).unwrap(), None);
            conn.execute_batch(change).unwrap();
            assert!(misstored(conn, &event, 1, 1).unwrap().is_some(), "{change}");
            conn.execute_batch("ROLLBACK TO before").unwrap();
        }
    }

    #[test]
    fn joined_hashes_are_taken_apart_and_cut_off_ones_refused() {
        let all = [EventHash([1; 32]), EventHash([2; 32])];
        let joined: Vec<u8> = all.iter().flat_map(|h| h.0).collect();
        assert_eq!(hashes(&joined).unwrap(), all);
        assert_eq!(hashes(&[]).unwrap(), []);
        assert!(hashes(&joined[..63]).is_err());
    }
}
