//! Verify: the events, each reviewer's chain, the graph over all of them, and their times.

use super::answers::AnswerTexts;
use super::{BadEvent, Check};
use crate::project::log::{COLUMNS, Stored, hashes, tips};
use crate::project::seal;
use crate::qa::count;
use crate::review::{self, Event, EventHash, ReaderKey, ReviewState, in_order};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Clocks of machines that share a project may differ by this much before a time is odd.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_hours(24);
/// No event is older than the first voxaudit.
const FIRST_PROGRAM: &str = "2025-01-01T00:00:00Z";

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
    time: Option<Timestamp>,
}

impl Check<'_> {
    pub(super) fn log(&mut self) -> rusqlite::Result<()> {
        let (events, numbers) = self.rows()?;
        self.graph(&events, &numbers)?;
        let asked = self.request.head;
        let found = asked.map(|head| super::heads::find(self.conn, head, &events)).transpose()?;
        self.head_found(found);
        self.signature(&events)?;
        let answers = AnswerTexts::read(self.conn)?;
        let created = seal::kept(self.conn, "created")?.and_then(|t| t.parse().ok());
        let mut chains: BTreeMap<String, Chain> = BTreeMap::new();
        let mut state = ReviewState::default();
        for event in in_order(events) {
            let seq = numbers.get(&event.hash).copied().unwrap_or_default();
            let chain = chains.entry(event.reviewer.name.clone()).or_default();
            let follows = chain.hash.unwrap_or(EventHash::ZERO) == event.prev;
            let before = chain.time.replace(event.time);
            chain.hash = Some(event.hash);
            chain.count += 1;
            if !follows {
                let why = "it does not follow this reviewer's previous event: events were removed, inserted or reordered before it";
                self.bad_event(BadEvent::of(seq, &event, why.to_owned()));
            }
            self.times(seq, &event, before, created);
            self.replay(seq, event, &mut state, &answers);
        }
        self.heads(&chains, &numbers)?;
        self.milestones(&numbers.keys().copied().collect())
    }

    pub(super) fn bad_event(&mut self, e: BadEvent) {
        self.problem(format!("event {} (item '{}', {}, {}): {}", e.seq, e.item, e.reviewer, e.time, e.why));
        self.report.first_bad_event.get_or_insert(e);
    }

    /// Every event that can be read, in the order of rows, with its number. Says what is wrong with each row in itself.
    fn rows(&mut self) -> rusqlite::Result<(Vec<Event>, HashMap<EventHash, i64>)> {
        let texts = Texts::read(self.conn)?;
        let (mut events, mut numbers, mut last) = (Vec::new(), HashMap::new(), 0);
        let mut select = self.conn.prepare(&format!("SELECT {COLUMNS}, item_ref FROM events ORDER BY seq"))?;
        let mut rows = select.query([])?;
        while let Some(r) = rows.next()? {
            let (seq, stored, hash, item_ref) = (r.get::<_, i64>(0)?, Stored::from_row(r)?, r.get::<_, Vec<u8>>(12)?, r.get::<_, i64>(13)?);
            self.report.events += 1;
            let mut faults = Vec::new();
            if seq != last + 1 {
                faults.push(format!("event {} is missing before it", last + 1));
            }
            last = seq;
            if stored.hash().0.as_slice() != hash {
                faults.push("it was edited: its hash does not fit its content".to_owned());
            }
            faults.extend(texts.fault(item_ref, &stored));
            for why in faults {
                self.bad_event(BadEvent::stored(seq, &stored, why));
            }
            let of_row = BadEvent::stored(seq, &stored, String::new());
            let hash = hash.try_into().map(EventHash).map_err(|_| "its hash is not a hash".to_owned());
            match hash.and_then(|h| stored.event(h)) {
                Ok(event) => {
                    numbers.insert(event.hash, seq);
                    events.push(event);
                }
                Err(why) => self.bad_event(BadEvent { why, ..of_row }),
            }
        }
        Ok((events, numbers))
    }

    /// What events name as their parents must be there, and the end of the log must be what the file says it is.
    fn graph(&mut self, events: &[Event], numbers: &HashMap<EventHash, i64>) -> rusqlite::Result<()> {
        let mut named = false;
        for event in events {
            let Some(parents) = &event.parents else {
                if named {
                    self.problem(format!("an event of an older file version on item '{}' stands among newer ones", event.item));
                }
                continue;
            };
            named = true;
            let seq = numbers.get(&event.hash).copied().unwrap_or_default();
            if parents.iter().filter_map(|p| numbers.get(p)).any(|p| *p >= seq) {
                self.bad_event(BadEvent::of(seq, event, "it stands before an event that it follows: events were reordered".into()));
            }
            let missing = parents.iter().filter(|p| !numbers.contains_key(*p)).count();
            if missing > 0 {
                self.problem(format!(
                    "the event on item '{}' by {} at {} follows {} that {} not here",
                    event.item,
                    event.reviewer.name,
                    event.time,
                    count(missing, "event"),
                    if missing == 1 { "is" } else { "are" }
                ));
            }
        }
        let (kept, found): (BTreeSet<EventHash>, _) = (tips(self.conn)?.into_iter().collect(), review::tips(events));
        if kept != found {
            self.problem("the end of the log is not what the file says it is: events at the end are missing, inserted or edited".into());
        }
        Ok(())
    }

    /// A clock that was wrong is no fault of the log, whose order does not hang on it.
    fn times(&mut self, seq: i64, event: &Event, before: Option<Timestamp>, created: Option<Timestamp>) {
        let (who, time) = (&event.reviewer.name, event.time);
        if let Some(before) = before.filter(|b| time < *b) {
            self.warning(format!("event {seq}: the clock of {who} ran backwards, from {before} to {time}"));
        }
        let first: Timestamp = created.or_else(|| FIRST_PROGRAM.parse().ok()).unwrap_or(Timestamp::UNIX_EPOCH);
        if time < first.saturating_sub(CLOCKS_DIFFER).unwrap_or(first) {
            self.warning(format!("event {seq}: its time {time} lies before the project was made"));
        }
        let now = Timestamp::now();
        if time > now.saturating_add(CLOCKS_DIFFER).unwrap_or(now) {
            self.warning(format!("event {seq}: its time {time} lies in the future"));
        }
    }

    /// An undo, redo, annotation or word on an answer must have had something to act on.
    fn replay(&mut self, seq: i64, event: Event, state: &mut ReviewState, answers: &AnswerTexts) {
        let why = state.misfit(&event).or_else(|| answers.fault(self.conn, &event.item.to_string(), &event.action));
        if let Some(why) = why {
            self.bad_event(BadEvent::of(seq, &event, why));
        }
        state.push(event);
    }

    /// The end of each chain, and the number of the last event ever written.
    fn heads(&mut self, chains: &BTreeMap<String, Chain>, numbers: &HashMap<EventHash, i64>) -> rusqlite::Result<()> {
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
        let last = numbers.values().copied().max().unwrap_or(0);
        if written.unwrap_or(0) != last {
            self.problem(format!("event {} was the last ever written, event {last} is the last here", written.unwrap_or(0)));
        }
        Ok(())
    }
}

impl BadEvent {
    fn of(seq: i64, e: &Event, why: String) -> Self {
        Self { seq, item: e.item.to_string(), reviewer: e.reviewer.name.clone(), time: e.time.to_string(), why }
    }

    fn stored(seq: i64, e: &Stored, why: String) -> Self {
        Self { seq, item: e.item.clone(), reviewer: e.reviewer.clone(), time: e.time.clone(), why }
    }
}

impl Texts {
    fn read(conn: &Connection) -> rusqlite::Result<Self> {
        let mut items = HashMap::new();
        let mut select = conn.prepare(
            "SELECT i.id, c.case_id || '::' || i.position, i.text_hash FROM items i JOIN cases c ON c.id = i.case_ref
             WHERE i.id IN (SELECT item_ref FROM events)",
        )?;
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
            Some(_) => stored.parents.as_deref().and_then(|p| hashes(p).err()),
        }
    }
}
