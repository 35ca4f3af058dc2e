//! Verify: milestones, and whether a head that was kept elsewhere is this file's or one that it contains.

use super::Check;
use crate::project::head::{Head, Milestone};
use crate::project::signature;
use crate::review::{Event, EventHash};
use jiff::Timestamp;
use rusqlite::Connection;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// What a head that was kept is to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeadFound {
    /// The file is as it was then.
    This,
    /// The file went on from there: the log contains everything that head covered.
    Later,
    /// The file does not contain it: it was changed, cut off, put back to an earlier state, or is another project.
    Unknown,
}

/// Looks a kept head up among the head of now, the milestones, and the heads that the log passed through with the contents of now or of
/// any milestone. Heads that programs before file version 6 wrote (over reviewers' last events) are known too.
pub(super) fn find(conn: &Connection, asked: EventHash, events: &[Event]) -> rusqlite::Result<HeadFound> {
    let now = Head::kept(conn)?;
    if now.hash == asked {
        return Ok(HeadFound::This);
    }
    let known: HashSet<EventHash> = events.iter().map(|e| e.hash).collect();
    let contains = |head: &Head| head.hash == asked && head.tips.iter().all(|t| known.contains(t));
    let milestones: Vec<Head> = Milestone::all(conn)?.iter().filter_map(Milestone::as_head).collect();
    if milestones.iter().any(contains) {
        return Ok(HeadFound::Later);
    }
    let contents: HashSet<EventHash> = milestones.iter().map(|m| m.contents).chain([now.contents]).collect();
    let passed = |tips: Vec<EventHash>| contents.iter().any(|c| Head::of(tips.clone(), *c).hash == asked);
    if passed(Vec::new()) || events.iter().any(|e| passed(vec![e.hash])) || old_heads(events).any(|head| head == asked) {
        return Ok(HeadFound::Later);
    }
    Ok(HeadFound::Unknown)
}

/// The head after each event as file versions up to 5 had it: each reviewer's name, last event and number of events (u64, little endian).
fn old_heads(events: &[Event]) -> impl Iterator<Item = EventHash> {
    let mut heads: BTreeMap<&str, (EventHash, i64)> = BTreeMap::new();
    events.iter().filter(|e| e.parents.is_none()).map(move |event| {
        let entry = heads.entry(&event.reviewer.name).or_insert((EventHash::ZERO, 0));
        *entry = (event.hash, entry.1 + 1);
        let counts: Vec<[u8; 8]> = heads.values().map(|(_, n)| n.to_le_bytes()).collect();
        let rows = heads.iter().zip(&counts);
        let fields: Vec<&[u8]> = rows.flat_map(|((name, (hash, _)), n)| [name.as_bytes(), hash.0.as_slice(), n.as_slice()]).collect();
        EventHash::of_fields(&fields)
    })
}

impl Check<'_> {
    /// Milestones are chained like events, and every event that one names is in the log.
    pub(super) fn milestones(&mut self, known: &HashSet<EventHash>) -> rusqlite::Result<()> {
        let all = Milestone::all(self.conn)?;
        let (mut prev, mut last, mut time) = (EventHash::ZERO.0.to_vec(), 0, None::<Timestamp>);
        for m in &all {
            let head = m.as_head();
            if m.computed().0.as_slice() != m.hash || m.prev != prev || m.id != last + 1 || head.is_none() {
                self.problem(format!("milestone {} ({}, {}) was edited, or one before it was removed", m.id, m.kind, m.time));
            }
            if head.is_some_and(|h| h.tips.iter().any(|t| !known.contains(t))) {
                self.problem(format!("the log no longer holds events that were in it at milestone {} ({}, {})", m.id, m.kind, m.time));
            }
            (prev, last) = (m.hash.clone(), m.id);
            match m.time.parse::<Timestamp>() {
                Ok(now) if time.replace(now).is_some_and(|before| now < before) => {
                    self.warning(format!("milestone {} ({}): the clock ran backwards before it", m.id, m.kind));
                }
                Ok(_) => {}
                Err(_) => self.problem(format!("milestone {}: its time '{}' is not a time", m.id, m.time)),
            }
        }
        let written: i64 =
            self.conn.query_row("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'milestones'", [], |r| r.get(0))?;
        if written != last || all.is_empty() {
            self.problem("milestones at the end are missing".into());
        }
        let kept = Head::kept(self.conn)?;
        if !all.iter().any(|m| m.contents == kept.contents.0) {
            self.problem("no milestone knows the seal over the contents".into());
        }
        Ok(())
    }

    /// Takes over what [`find`] said.
    pub(super) fn head_found(&mut self, found: Option<HeadFound>) {
        self.report.asked_head = found;
        if found == Some(HeadFound::Unknown) {
            self.problem(
                "the head that was asked for is not this file's and not one that it contains: it was changed, cut off or put back".into(),
            );
        }
    }

    /// The head that the signature beside the project proves, which the project must contain.
    pub(super) fn signature(&mut self, events: &[Event]) -> rusqlite::Result<()> {
        let Some(key) = &self.request.public_key else { return Ok(()) };
        match signature::proven_head(self.project.path(), key) {
            Ok(head) => {
                self.report.signed_head = Some(head.hex());
                match find(self.conn, head, events)? {
                    HeadFound::This => {}
                    HeadFound::Later => self.warning("the signature is of an earlier state, which this file contains".into()),
                    HeadFound::Unknown => {
                        self.problem(
                            "the signature is of a head that this file does not contain: it was changed, cut off or put back".into(),
                        );
                    }
                }
            }
            Err(e) => self.problem(e.to_string()),
        }
        Ok(())
    }
}
