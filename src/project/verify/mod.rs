//! Verify: is the file whole, and is the log what its writers wrote?
//!
//! Finds damage of the file, changed or missing triggers and tables, items whose text was changed in place, items, models and judges that were
//! removed, renamed or swapped, and events that were edited, removed, reordered or inserted. What can be computed again (verdicts of
//! geometry, the index of search) is not sealed. The end of a chain is guarded by the heads table and by the counter of event numbers. Somebody who
//! rewrites all of them consistently, or puts back an older copy of the whole file, is found only by comparing the log head with one kept
//! elsewhere, for example in the manifest of an export.

mod answers;

use super::log::Stored;
use super::{Project, ProjectError, schema, seal};
use crate::formats::json::exact;
use crate::qa::{Category, Task, TextHash};
use crate::review::{EventHash, ReaderKey, ReviewState};
use answers::AnswerTexts;
use rusqlite::Connection;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// Serialises as the body of `verify --json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct VerifyReport {
    pub ok: bool,
    pub items: usize,
    pub events: usize,
    pub reviewers: usize,
    pub log_head: Option<String>,
    pub first_bad_event: Option<BadEvent>,
    /// In the order found; at most [`MAX_PROBLEMS`].
    pub problems: Vec<String>,
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

const EVENTS: &str = "SELECT seq, time, reviewer, initials, item, judged, active_seconds, program, payload, prev, hash, item_ref
    FROM events ORDER BY seq";

/// Checks a project without changing it.
///
/// Errors when it cannot be opened at all; everything else is in the report.
pub fn verify(path: impl AsRef<Path>) -> Result<VerifyReport, ProjectError> {
    let project = Project::open_read_only(path)?;
    let holds_answers = project.holds_answers()?;
    let mut check = Check { conn: &project.conn, holds_answers, report: VerifyReport::default() };
    for part in [Check::file, Check::schema, Check::identity, Check::contents, Check::items, Check::answers, Check::log] {
        if let Err(e) = part(&mut check) {
            check.problem(format!("cannot be read: {e}"));
        }
    }
    let mut report = check.report;
    report.log_head = project.log_head().ok().flatten().map(|h| h.hex());
    report.ok = report.problems.is_empty();
    Ok(report)
}

struct Check<'a> {
    conn: &'a Connection,
    holds_answers: bool,
    report: VerifyReport,
}

/// What items and events refer to each other by.
struct Texts {
    /// Item row id → item id and text hashes, the current one first.
    items: HashMap<i64, (String, Vec<Vec<u8>>)>,
}

/// Where a reviewer's chain stands.
#[derive(Default)]
struct Chain {
    hash: Option<EventHash>,
    count: i64,
}

impl Check<'_> {
    fn problem(&mut self, what: String) {
        if self.report.problems.len() < MAX_PROBLEMS {
            self.report.problems.push(what);
        }
    }

    fn bad_event(&mut self, seq: i64, e: &Stored, why: String) {
        self.problem(format!("event {seq} (item '{}', {}, {}): {why}", e.item, e.reviewer, e.time));
        self.report.first_bad_event.get_or_insert(BadEvent {
            seq,
            item: e.item.clone(),
            reviewer: e.reviewer.clone(),
            time: e.time.clone(),
            why,
        });
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

    /// Tables, indexes and triggers must be those that the migrations up to the file's version make.
    fn schema(&mut self) -> rusqlite::Result<()> {
        let mut fresh = Connection::open_in_memory()?;
        let steps = usize::try_from(schema::version(self.conn)?).unwrap_or(0);
        schema::migrate(&mut fresh, schema::MIGRATIONS.get(..steps).unwrap_or(schema::MIGRATIONS))?;
        let (expected, found) = (schema_of(&fresh)?, schema_of(self.conn)?);
        for (name, (kind, sql)) in &expected {
            match found.get(name) {
                None => self.problem(format!("the {kind} '{name}' is missing")),
                Some((_, other)) if other != sql => self.problem(format!("the {kind} '{name}' was changed")),
                Some(_) => {}
            }
        }
        let extra = found.iter().filter(|(name, _)| !expected.contains_key(*name) && !name.starts_with("sqlite_stat"));
        extra.for_each(|(name, (kind, _))| self.problem(format!("the {kind} '{name}' does not belong here")));
        Ok(())
    }

    fn items(&mut self) -> rusqlite::Result<()> {
        let mut select = self.conn.prepare(&format!(
            "SELECT c.case_id || '::' || i.position, i.question, i.answer, i.text_hash, {}, c.fields, s.seal
             FROM items i JOIN cases c ON c.id = i.case_ref LEFT JOIN item_sources s ON s.item = i.id",
            seal::COLUMNS
        ))?;
        let mut rows = select.query([])?;
        while let Some(r) = rows.next()? {
            self.report.items += 1;
            let options: Vec<String> = serde_json::from_str(&r.get::<_, String>(4)?).unwrap_or_default();
            let hash = TextHash::of(&r.get::<_, String>(1)?, &r.get::<_, String>(2)?, &options);
            if r.get::<_, Vec<u8>>(3)? != hash.0 {
                let id: String = r.get(0)?;
                self.problem(format!("the text of item '{id}' was changed in place"));
            }
            if r.get::<_, Option<Vec<u8>>>(10)?.as_deref() != Some(&seal::of_row(r, 4)?) {
                let id: String = r.get(0)?;
                self.problem(format!("options, task, categories or source fields of item '{id}' were changed in place"));
            }
            for what in unreadable_parts(r)? {
                let id: String = r.get(0)?;
                self.problem(format!("item '{id}': its {what} cannot be read"));
            }
        }
        Ok(())
    }

    /// Which items, reports, runs, judges and taxonomies there are.
    fn contents(&mut self) -> rusqlite::Result<()> {
        if schema::version(self.conn)? < schema::SEALED {
            return Ok(()); // a file that cannot be written and so not brought up to date
        }
        match seal::kept_contents(self.conn)? {
            None => self.problem("the seal over the project's contents is missing".into()),
            Some(kept) if kept == seal::of_contents(self.conn)? => {}
            Some(_) => self.problem(
                "cases, items, reports, models, judges or taxonomies were added, removed, renamed or swapped without an import".into(),
            ),
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

    fn log(&mut self) -> rusqlite::Result<()> {
        let texts = Texts::read(self.conn)?;
        let answers = if self.holds_answers { AnswerTexts::read(self.conn)? } else { AnswerTexts::default() };
        let mut chains: BTreeMap<String, Chain> = BTreeMap::new();
        let mut state = ReviewState::default();
        let mut last = 0;
        let mut select = self.conn.prepare(EVENTS)?;
        let mut rows = select.query([])?;
        while let Some(r) = rows.next()? {
            let (seq, stored, hash, item_ref) = (r.get::<_, i64>(0)?, Stored::from_row(r)?, r.get::<_, Vec<u8>>(10)?, r.get::<_, i64>(11)?);
            self.report.events += 1;
            if seq != last + 1 {
                self.bad_event(seq, &stored, format!("event {} is missing before it", last + 1));
            }
            last = seq;
            let chain = chains.entry(stored.reviewer.clone()).or_default();
            for why in faults(&stored, &hash, chain).into_iter().chain(texts.fault(item_ref, &stored)) {
                self.bad_event(seq, &stored, why);
            }
            chain.hash = hash.clone().try_into().ok().map(EventHash);
            chain.count += 1;
            self.replay(seq, stored, hash, &mut state, &answers);
        }
        self.heads(&chains, last)
    }

    /// An undo, redo, annotation or word on an answer must have had something to act on.
    fn replay(&mut self, seq: i64, stored: Stored, hash: Vec<u8>, state: &mut ReviewState, answers: &AnswerTexts) {
        let (item, reviewer, time) = (stored.item.clone(), stored.reviewer.clone(), stored.time.clone());
        let event = match hash.try_into().map_err(|_| "its hash is not a hash".to_owned()).and_then(|h| stored.event(EventHash(h))) {
            Ok(event) => event,
            Err(why) => {
                self.problem(format!("event {seq} (item '{item}', {reviewer}, {time}): {why}"));
                self.report.first_bad_event.get_or_insert(BadEvent { seq, item, reviewer, time, why });
                return;
            }
        };
        if let Some(why) = state.misfit(&event).or_else(|| answers.fault(self.conn, &item, &event.action)) {
            self.problem(format!("event {seq} (item '{item}', {reviewer}, {time}): {why}"));
            self.report.first_bad_event.get_or_insert(BadEvent { seq, item, reviewer, time, why });
        }
        state.push(event);
    }

    /// The end of each chain, and the number of the last event ever written.
    fn heads(&mut self, chains: &BTreeMap<String, Chain>, last: i64) -> rusqlite::Result<()> {
        self.report.reviewers = chains.keys().map(|name| ReaderKey::of(name)).collect::<HashSet<_>>().len();
        let mut select = self.conn.prepare("SELECT reviewer, hash, count FROM heads ORDER BY reviewer")?;
        let heads: Vec<(String, Vec<u8>, i64)> =
            select.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?.collect::<rusqlite::Result<_>>()?;
        let names: HashSet<&str> = heads.iter().map(|h| h.0.as_str()).collect();
        chains.keys().filter(|n| !names.contains(n.as_str())).for_each(|n| self.problem(format!("the log has no head for {n}")));
        for (name, hash, count) in &heads {
            let (found, end) = chains.get(name).map_or((0, None), |c| (c.count, c.hash));
            if found != *count {
                self.problem(format!("{name} wrote {count} events, {found} are here"));
            }
            if end.is_none_or(|e| e.0.as_slice() != hash.as_slice()) {
                self.problem(format!(
                    "the last event of {name} is not the one the log's head names; events at the end are missing or edited"
                ));
            }
        }
        let written: Option<i64> = self.conn.query_row("SELECT max(seq) FROM sqlite_sequence WHERE name = 'events'", [], |r| r.get(0))?;
        if written.unwrap_or(0) != last {
            self.problem(format!("event {} was the last ever written, event {last} is the last here", written.unwrap_or(0)));
        }
        Ok(())
    }
}

/// Columns from 4 of the query over items that do not hold what they should.
fn unreadable_parts(r: &rusqlite::Row<'_>) -> rusqlite::Result<Vec<&'static str>> {
    let text = |at: usize| r.get::<_, Option<String>>(at);
    let object = |t: &Option<String>| t.as_deref().is_some_and(|t| exact(t).is_some_and(|v| v.is_object()));
    let absent_or_object = |t: &Option<String>| t.is_none() || object(t);
    let parts = [
        ("options", text(4)?.is_some_and(|t| serde_json::from_str::<Vec<String>>(&t).is_ok())),
        ("task", text(5)?.is_none_or(|t| Task::parse(&t).is_some())),
        ("categories", text(6)?.is_some_and(|t| t.lines().all(|name| Category::parse(name).is_some()))),
        ("source fields", object(&text(7)?)),
        ("earlier reviews", absent_or_object(&text(8)?)),
        ("case's fields", absent_or_object(&text(9)?)),
    ];
    Ok(parts.into_iter().filter(|(_, good)| !good).map(|(what, _)| what).collect())
}

/// What is wrong with one event in itself and in its reviewer's chain.
fn faults(stored: &Stored, hash: &[u8], chain: &Chain) -> Vec<String> {
    let mut out = Vec::new();
    if stored.hash().0.as_slice() != hash {
        out.push("it was edited: its hash does not fit its content".to_owned());
    }
    if chain.hash.unwrap_or(EventHash::ZERO).0.as_slice() != stored.prev.as_slice() {
        out.push("it does not follow this reviewer's previous event: events were removed, inserted or reordered before it".to_owned());
    }
    out
}

impl Texts {
    fn read(conn: &Connection) -> rusqlite::Result<Self> {
        let mut items = HashMap::new();
        let mut select =
            conn.prepare("SELECT i.id, c.case_id || '::' || i.position, i.text_hash FROM items i JOIN cases c ON c.id = i.case_ref")?;
        let mut rows = select.query([])?;
        while let Some(r) = rows.next()? {
            items.insert(r.get(0)?, (r.get(1)?, vec![r.get(2)?]));
        }
        let mut select = conn.prepare("SELECT item, text_hash FROM past_texts")?;
        let mut rows = select.query([])?;
        while let Some(r) = rows.next()? {
            if let Some((_, hashes)) = items.get_mut(&r.get::<_, i64>(0)?) {
                hashes.push(r.get(1)?);
            }
        }
        Ok(Self { items })
    }

    fn fault(&self, item_ref: i64, stored: &Stored) -> Option<String> {
        match self.items.get(&item_ref) {
            None => Some("its item is not in the project".into()),
            Some((id, _)) if *id != stored.item => Some(format!("it points at item '{id}'")),
            Some((_, hashes)) if !hashes.contains(&stored.judged) => Some("the text it judged is not a text its item ever had".into()),
            Some(_) => None,
        }
    }
}

/// Name → kind and text of every table, index and trigger; the tables inside a search index are SQLite's own.
fn schema_of(conn: &Connection) -> rusqlite::Result<BTreeMap<String, (String, String)>> {
    let mut select = conn.prepare("SELECT name, type, coalesce(sql, '') FROM sqlite_schema")?;
    select.query_map([], |r| Ok((r.get(0)?, (r.get(1)?, r.get(2)?))))?.collect()
}
