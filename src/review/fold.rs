//! The fold of the event log into the state of each item.
//!
//! Undo and redo are resolved per reviewer: an undo names an event of the same reviewer and takes its effect away, a redo puts it back.
//! The latest decision of a reviewer that still stands is that reviewer's reading. An item whose readings differ is disputed.

use super::{Action, Criteria, Decision, Event, EventHash, Reviewer};
use crate::qa::{ItemId, TextHash};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    Undecided,
    Accepted,
    Edited,
    Rejected,
    /// Reviewers differ.
    Disputed,
}

/// One reviewer's standing decision on an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    pub reviewer: Reviewer,
    pub decision: Decision,
    pub time: Timestamp,
    pub active_seconds: f64,
    /// The text that was judged; differs from the item's when the source changed later.
    pub judged: TextHash,
    pub event: EventHash,
}

/// Everything reviewers say about one item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemReview {
    /// By reviewer's name.
    pub readings: BTreeMap<String, Reading>,
    /// Names of reviewers whose flag stands.
    pub flags: std::collections::BTreeSet<String>,
}

/// What an undoable event of one reviewer did.
#[derive(Clone, Debug)]
struct Step {
    hash: EventHash,
    item: ItemId,
}

/// The fold of a log. Feed events in log order with [`ReviewState::push`].
#[derive(Clone, Debug, Default)]
pub struct ReviewState {
    items: HashMap<ItemId, ItemReview>,
    /// Events per (item, reviewer name), so that undo can rebuild one reading.
    history: HashMap<(ItemId, String), Vec<Event>>,
    undone: HashSet<EventHash>,
    undo: HashMap<String, Vec<Step>>,
    redo: HashMap<String, Vec<Step>>,
}

impl Status {
    pub const ALL: [Status; 5] = [Status::Undecided, Status::Accepted, Status::Edited, Status::Rejected, Status::Disputed];

    pub fn name(self) -> &'static str {
        match self {
            Status::Undecided => "undecided",
            Status::Accepted => "accepted",
            Status::Edited => "edited",
            Status::Rejected => "rejected",
            Status::Disputed => "disputed",
        }
    }
}

impl From<&Decision> for Status {
    fn from(d: &Decision) -> Self {
        match d {
            Decision::Accept { .. } => Status::Accepted,
            Decision::Edit { .. } => Status::Edited,
            Decision::Reject { .. } => Status::Rejected,
        }
    }
}

impl ItemReview {
    pub fn status(&self) -> Status {
        let mut readings = self.readings.values();
        let Some(first) = readings.next() else { return Status::Undecided };
        if readings.all(|r| r.decision.agrees(&first.decision)) { Status::from(&first.decision) } else { Status::Disputed }
    }

    pub fn flagged(&self) -> bool {
        !self.flags.is_empty()
    }

    pub fn by(&self, reviewer: &str) -> Option<&Reading> {
        self.readings.get(reviewer)
    }
}

impl Decision {
    /// Two decisions agree when they have the same outcome, and for edits the same text.
    pub fn agrees(&self, other: &Decision) -> bool {
        match (self, other) {
            (Decision::Edit { question: q1, answer: a1, .. }, Decision::Edit { question: q2, answer: a2, .. }) => q1 == q2 && a1 == a2,
            _ => Status::from(self) == Status::from(other),
        }
    }
}

impl ReviewState {
    pub fn from_events(events: impl IntoIterator<Item = Event>) -> Self {
        let mut state = Self::default();
        events.into_iter().for_each(|e| state.push(e));
        state
    }

    /// Adds the next event of the log. An undo or redo of an event that is not this reviewer's, or not in the log, changes nothing.
    pub fn push(&mut self, event: Event) {
        let name = event.reviewer.name.clone();
        match &event.action {
            Action::Undo { event: target } => self.toggle(&name, *target, true),
            Action::Redo { event: target } => self.toggle(&name, *target, false),
            Action::Decide(_) | Action::Flag | Action::Unflag => self.record(name, event),
        }
    }

    fn record(&mut self, name: String, event: Event) {
        let step = Step { hash: event.hash, item: event.item.clone() };
        self.undo.entry(name.clone()).or_default().push(step);
        self.redo.remove(&name);
        let key = (event.item.clone(), name);
        self.history.entry(key.clone()).or_default().push(event);
        self.refold(&key);
    }

    fn toggle(&mut self, name: &str, target: EventHash, undo: bool) {
        let (from, to) = if undo { (&mut self.undo, &mut self.redo) } else { (&mut self.redo, &mut self.undo) };
        let Some(at) = from.get(name).and_then(|s| s.iter().rposition(|s| s.hash == target)) else { return };
        let Some(step) = from.get_mut(name).map(|s| s.remove(at)) else { return };
        let item = step.item.clone();
        to.entry(name.to_owned()).or_default().push(step);
        if undo {
            self.undone.insert(target);
        } else {
            self.undone.remove(&target);
        }
        self.refold(&(item, name.to_owned()));
    }

    /// Rebuilds one reviewer's reading and flag on one item.
    fn refold(&mut self, key: &(ItemId, String)) {
        let mut reading = None;
        let mut flagged = false;
        for e in self.history.get(key).into_iter().flatten().filter(|e| !self.undone.contains(&e.hash)) {
            match &e.action {
                Action::Decide(decision) => reading = Some(Reading::new(e, decision)),
                Action::Flag => flagged = true,
                Action::Unflag => flagged = false,
                Action::Undo { .. } | Action::Redo { .. } => {}
            }
        }
        let item = self.items.entry(key.0.clone()).or_default();
        match reading {
            Some(r) => item.readings.insert(key.1.clone(), r),
            None => item.readings.remove(&key.1),
        };
        if flagged {
            item.flags.insert(key.1.clone());
        } else {
            item.flags.remove(&key.1);
        }
    }

    /// Review of an item; `None` when nothing was ever said about it.
    pub fn item(&self, id: &ItemId) -> Option<&ItemReview> {
        self.items.get(id)
    }

    pub fn status(&self, id: &ItemId) -> Status {
        self.item(id).map_or(Status::Undecided, ItemReview::status)
    }

    /// Everyone whose reading stands somewhere, by name.
    pub fn reviewers(&self) -> Vec<Reviewer> {
        let all = self.items.values().flat_map(|i| i.readings.values()).map(|r| r.reviewer.clone());
        all.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&ItemId, &ItemReview)> {
        self.items.iter()
    }

    /// The event and item that this reviewer's next undo takes back.
    pub fn next_undo(&self, reviewer: &str) -> Option<(EventHash, &ItemId)> {
        self.undo.get(reviewer)?.last().map(|s| (s.hash, &s.item))
    }

    /// The event and item that this reviewer's next redo puts back.
    pub fn next_redo(&self, reviewer: &str) -> Option<(EventHash, &ItemId)> {
        self.redo.get(reviewer)?.last().map(|s| (s.hash, &s.item))
    }
}

impl Reading {
    fn new(e: &Event, decision: &Decision) -> Self {
        Self {
            reviewer: e.reviewer.clone(),
            decision: decision.clone(),
            time: e.time,
            active_seconds: e.active_seconds,
            judged: e.judged,
            event: e.hash,
        }
    }

    pub fn criteria(&self) -> Criteria {
        self.decision.criteria()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(n: u8, who: &str, item: &str, action: Action) -> Event {
        Event {
            time: Timestamp::UNIX_EPOCH,
            reviewer: Reviewer::new(who, ""),
            item: item.parse().unwrap(),
            judged: TextHash([0; 32]),
            active_seconds: 1.0,
            program: "test".into(),
            action,
            prev: EventHash::ZERO,
            hash: EventHash([n; 32]),
        }
    }

    fn accept() -> Action {
        Action::Decide(Decision::Accept { criteria: Criteria::ALL_YES, note: String::new() })
    }

    fn reject() -> Action {
        Action::Decide(Decision::Reject { reason: super::super::Reason::WrongSide, criteria: Criteria::default(), note: String::new() })
    }

    #[test]
    fn undo_returns_to_the_reading_before_and_redo_puts_it_back() {
        let id: ItemId = "c::0".parse().unwrap();
        let mut s = ReviewState::from_events([event(1, "Ann", "c::0", accept()), event(2, "Ann", "c::0", reject())]);
        assert_eq!(s.status(&id), Status::Rejected);
        let (undo, _) = s.next_undo("Ann").unwrap();
        s.push(event(3, "Ann", "c::0", Action::Undo { event: undo }));
        assert_eq!(s.status(&id), Status::Accepted);
        let (redo, _) = s.next_redo("Ann").unwrap();
        s.push(event(4, "Ann", "c::0", Action::Redo { event: redo }));
        assert_eq!(s.status(&id), Status::Rejected);
        assert!(s.next_redo("Ann").is_none());
        for n in 5..7 {
            let (undo, _) = s.next_undo("Ann").unwrap();
            s.push(event(n, "Ann", "c::0", Action::Undo { event: undo }));
        }
        assert_eq!(s.status(&id), Status::Undecided);
        assert!(s.next_undo("Ann").is_none());
    }

    #[test]
    fn a_new_decision_clears_redo_and_others_events_cannot_be_undone() {
        let mut s = ReviewState::from_events([event(1, "Ann", "c::0", accept())]);
        s.push(event(2, "Bob", "c::0", Action::Undo { event: EventHash([1; 32]) }));
        assert_eq!(s.status(&"c::0".parse().unwrap()), Status::Accepted);
        s.push(event(3, "Ann", "c::0", Action::Undo { event: EventHash([1; 32]) }));
        s.push(event(4, "Ann", "c::1", accept()));
        assert!(s.next_redo("Ann").is_none());
    }

    #[test]
    fn readers_who_differ_are_disputed_and_flags_stand_apart() {
        let id: ItemId = "c::0".parse().unwrap();
        let mut s = ReviewState::from_events([event(1, "Ann", "c::0", accept()), event(2, "Bob", "c::0", reject())]);
        assert_eq!(s.status(&id), Status::Disputed);
        s.push(event(3, "Bob", "c::0", accept()));
        assert_eq!(s.status(&id), Status::Accepted);
        s.push(event(4, "Bob", "c::0", Action::Flag));
        assert!(s.item(&id).unwrap().flagged());
        s.push(event(5, "Bob", "c::0", Action::Unflag));
        assert!(!s.item(&id).unwrap().flagged());
    }
}
