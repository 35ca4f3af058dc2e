//! The fold of the event log into the state of each item.
//!
//! Undo and redo are resolved per reviewer: an undo names an event of the same reviewer and takes its effect away, a redo puts it back.
//! The latest decision of a reviewer that still stands is that reviewer's reading. An item whose readings differ is disputed. Annotations
//! stand beside decisions: drawing on an image decides nothing. So does what is said about models' answers.

use super::answers::{AnswerReview, say};
use super::{Action, Criteria, Decision, Event, EventHash, Reviewer};
use crate::geometry::Annotation;
use crate::qa::{ItemId, ModelRun, TextHash};
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
    /// The text that was judged.
    pub judged: TextHash,
    pub event: EventHash,
    /// Place of the event in the order of the log: what is later, whatever the clocks said.
    pub order: u64,
}

/// An annotation that stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    pub reviewer: Reviewer,
    /// When it was drawn or last changed.
    pub time: Timestamp,
    /// The event that drew or last changed it.
    pub event: EventHash,
    /// Place of that event in the order of the log.
    pub order: u64,
    pub annotation: Annotation,
}

/// Everything reviewers say about one item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemReview {
    /// By reviewer's name.
    pub readings: BTreeMap<String, Reading>,
    /// Standing decisions on a text that the item no longer has, by reviewer's name. They count for that text only.
    pub past: BTreeMap<String, Reading>,
    /// Names of reviewers whose flag stands.
    pub flags: std::collections::BTreeSet<String>,
    /// By reviewer's name, in the order in which they were drawn; no entry for who has drawn nothing.
    pub annotations: BTreeMap<String, Vec<Evidence>>,
    /// What is said about models' answers, by reviewer's name; no entry for who has said nothing.
    pub answers: BTreeMap<String, BTreeMap<ModelRun, AnswerReview>>,
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
    /// Place of each event in the order of the log.
    order: HashMap<EventHash, u64>,
    /// The text that items have now whose text has changed.
    texts: HashMap<ItemId, TextHash>,
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

    /// What is said about one answer, by reviewer's name.
    pub fn of_answer<'a>(&'a self, run: &'a ModelRun) -> impl Iterator<Item = (&'a str, &'a AnswerReview)> {
        self.answers.iter().filter_map(move |(name, said)| Some((name.as_str(), said.get(run)?)))
    }

    pub fn by(&self, reviewer: &str) -> Option<&Reading> {
        self.readings.get(reviewer)
    }

    /// Everybody's annotations, oldest first.
    pub fn evidence(&self) -> Vec<&Evidence> {
        let mut all: Vec<&Evidence> = self.annotations.values().flatten().collect();
        all.sort_by(|a, b| (a.order, &a.annotation.id).cmp(&(b.order, &b.annotation.id)));
        all
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

    /// Says which text the items have now whose text an import has changed. A decision on another text counts for that one only.
    pub fn set_texts(&mut self, texts: HashMap<ItemId, TextHash>) {
        let changed: HashSet<ItemId> = texts.keys().chain(self.texts.keys()).cloned().collect();
        self.texts = texts;
        let keys: Vec<(ItemId, String)> = self.history.keys().filter(|k| changed.contains(&k.0)).cloned().collect();
        keys.iter().for_each(|key| self.refold(key));
    }

    /// Adds the next event of the log. An undo or redo of an event that is not this reviewer's, or not in the log, changes nothing.
    pub fn push(&mut self, event: Event) {
        let name = event.reviewer.name.clone();
        self.order.insert(event.hash, self.order.len() as u64);
        match &event.action {
            Action::Undo { event: target } => self.toggle(&name, *target, true),
            Action::Redo { event: target } => self.toggle(&name, *target, false),
            _ => self.record(name, event),
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

    /// Rebuilds one reviewer's reading, flag and annotations on one item.
    fn refold(&mut self, key: &(ItemId, String)) {
        let mut reading = None;
        let mut flagged = false;
        let (mut drawn, mut said) = (Vec::new(), BTreeMap::new());
        for e in self.history.get(key).into_iter().flatten().filter(|e| !self.undone.contains(&e.hash)) {
            let order = self.order.get(&e.hash).copied().unwrap_or_default();
            match &e.action {
                Action::Decide(decision) => reading = Some(Reading::new(e, decision, order)),
                Action::Flag => flagged = true,
                Action::Unflag => flagged = false,
                Action::AddAnnotation { .. } | Action::ChangeAnnotation { .. } | Action::RemoveAnnotation { .. } => {
                    draw(&mut drawn, e, order)
                }
                Action::JudgeAnswer { .. } | Action::UnjudgeAnswer { .. } => say(&mut said, e),
                Action::LabelAnswer { .. } | Action::UnlabelAnswer { .. } => say(&mut said, e),
                Action::Undo { .. } | Action::Redo { .. } => {}
            }
        }
        let now = self.texts.get(&key.0);
        let (past, reading) = match reading {
            Some(r) if now.is_some_and(|now| *now != r.judged) => (Some(r), None),
            reading => (None, reading),
        };
        let item = self.items.entry(key.0.clone()).or_default();
        if flagged {
            item.flags.insert(key.1.clone());
        } else {
            item.flags.remove(&key.1);
        }
        set(&mut item.readings, &key.1, reading);
        set(&mut item.past, &key.1, past);
        set(&mut item.annotations, &key.1, Some(drawn).filter(|d| !d.is_empty()));
        set(&mut item.answers, &key.1, Some(said).filter(|s| !s.is_empty()));
    }

    /// What the reviewer's own event did, also of one that was undone.
    pub fn action(&self, item: &ItemId, reviewer: &str, event: EventHash) -> Option<&Action> {
        self.history(item, reviewer).find(|e| e.hash == event).map(|e| &e.action)
    }

    /// Events on the item by anybody, undone ones included: a number that only grows.
    pub fn events_on(&self, item: &ItemId) -> usize {
        let mine = |(key, events): (&(ItemId, String), &Vec<Event>)| if key.0 == *item { events.len() } else { 0 };
        self.history.iter().map(mine).sum()
    }

    /// Why a reviewer's annotation event does not fit what stands, in words. `None` for a good one and for other actions.
    pub fn annotation_problem(&self, item: &ItemId, reviewer: &str, action: &Action) -> Option<String> {
        let stands = |id: &str| {
            let own = self.item(item).and_then(|i| i.annotations.get(reviewer));
            own.is_some_and(|own| own.iter().any(|e| e.annotation.id == id))
        };
        match action {
            Action::AddAnnotation { annotation: a } | Action::ChangeAnnotation { annotation: a } if a.problem().is_some() => a.problem(),
            Action::AddAnnotation { annotation: a } => {
                let taken = self.history(item, reviewer).any(|e| e.action.annotation_id() == Some(&a.id));
                taken.then(|| format!("{reviewer} has drawn a measurement '{}' on item '{item}' before", a.id))
            }
            Action::ChangeAnnotation { .. } | Action::RemoveAnnotation { .. } => {
                let missing = action.annotation_id().filter(|id| !stands(id));
                missing.map(|id| format!("{reviewer} has no measurement '{id}' on item '{item}'"))
            }
            _ => None,
        }
    }

    /// Why a reviewer cannot take back a judgement or label of an answer, in words. `None` for a good event and for other actions.
    pub fn answer_problem(&self, item: &ItemId, reviewer: &str, action: &Action) -> Option<String> {
        let said = |run: &ModelRun| self.item(item).and_then(|i| i.answers.get(reviewer)).and_then(|own| own.get(run));
        let (answer, stands, what) = match action {
            Action::UnjudgeAnswer { answer } => (answer, said(&answer.run).is_some_and(|r| r.judgement.is_some()), "judgement"),
            Action::UnlabelAnswer { answer } => (answer, said(&answer.run).is_some_and(|r| r.label.is_some()), "error label"),
            _ => return None,
        };
        (!stands).then(|| format!("{reviewer} has no {what} of the answer of '{}' to item '{item}'", answer.run))
    }

    fn history(&self, item: &ItemId, reviewer: &str) -> impl Iterator<Item = &Event> {
        self.history.get(&(item.clone(), reviewer.to_owned())).into_iter().flatten()
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

/// What a reviewer has, or no entry.
fn set<T>(all: &mut BTreeMap<String, T>, name: &str, own: Option<T>) {
    match own {
        Some(own) => all.insert(name.to_owned(), own),
        None => all.remove(name),
    };
}

impl Reading {
    fn new(e: &Event, decision: &Decision, order: u64) -> Self {
        Self {
            reviewer: e.reviewer.clone(),
            decision: decision.clone(),
            time: e.time,
            active_seconds: e.active_seconds,
            judged: e.judged,
            event: e.hash,
            order,
        }
    }

    pub fn criteria(&self) -> Criteria {
        self.decision.criteria()
    }
}

/// Applies one event to a reviewer's annotations of an item. What does not fit changes nothing.
fn draw(drawn: &mut Vec<Evidence>, e: &Event, order: u64) {
    let evidence = |annotation: &Annotation| Evidence {
        reviewer: e.reviewer.clone(),
        time: e.time,
        event: e.hash,
        order,
        annotation: annotation.clone(),
    };
    match &e.action {
        Action::AddAnnotation { annotation } if drawn.iter().all(|d| d.annotation.id != annotation.id) => {
            drawn.push(evidence(annotation));
        }
        Action::ChangeAnnotation { annotation } => {
            if let Some(d) = drawn.iter_mut().find(|d| d.annotation.id == annotation.id) {
                *d = evidence(annotation);
            }
        }
        Action::RemoveAnnotation { id } => drawn.retain(|d| d.annotation.id != *id),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Cut, Shape};
    use crate::space::{Plane, RasMm};

    fn ruler(id: &str, mm: f64) -> Annotation {
        let shape = Shape::Ruler { a: RasMm::new(0.0, 0.0, 0.0), b: RasMm::new(mm, 0.0, 0.0) };
        Annotation { id: id.into(), ..Annotation::new("c::0", 0, Cut::Standard(Plane::Axial), shape, None) }
    }

    #[test]
    fn annotations_are_drawn_changed_removed_and_taken_back() {
        let id: ItemId = "c::0".parse().unwrap();
        let lengths = |s: &ReviewState| -> Vec<(String, f64)> {
            let all = s.item(&id).map(ItemReview::evidence).unwrap_or_default();
            let mut all: Vec<_> = all.iter().map(|e| (e.annotation.id.clone(), e.annotation.shape.ends().1.0.x)).collect();
            all.sort_by(|a, b| a.0.cmp(&b.0));
            all
        };
        let add = |n, who: &str, key, mm| event(n, who, "c::0", Action::AddAnnotation { annotation: Box::new(ruler(key, mm)) });
        let mut s = ReviewState::from_events([add(1, "Ann", "x", 5.0), add(2, "Bob", "y", 7.0)]);
        s.push(event(3, "Ann", "c::0", Action::ChangeAnnotation { annotation: Box::new(ruler("x", 6.0)) }));
        assert_eq!(lengths(&s), [("x".to_owned(), 6.0), ("y".to_owned(), 7.0)]);
        let order: Vec<&str> = s.item(&id).unwrap().evidence().iter().map(|e| e.annotation.id.as_str()).collect();
        assert_eq!(order, ["y", "x"], "by what was drawn or changed last, as the log has it");
        assert_eq!((s.status(&id), s.events_on(&id)), (Status::Undecided, 3), "drawing decides nothing");
        let problem = |s: &ReviewState, who, action| s.annotation_problem(&id, who, &action);
        let remove = |key: &str| Action::RemoveAnnotation { id: key.into() };
        assert!(problem(&s, "Ann", remove("y")).unwrap().contains("Ann has no measurement 'y'"), "others' evidence stays");
        assert_eq!(problem(&s, "Ann", remove("x")), None);
        s.push(event(4, "Ann", "c::0", remove("x")));
        assert!(problem(&s, "Ann", Action::AddAnnotation { annotation: Box::new(ruler("x", 1.0)) }).unwrap().contains("before"));
        assert!(problem(&s, "Ann", Action::AddAnnotation { annotation: Box::new(ruler("z", 0.0)) }).unwrap().contains("no length"));
        for (n, left) in [(5, vec![6.0, 7.0]), (6, vec![5.0, 7.0]), (7, vec![7.0])] {
            let (undo, _) = s.next_undo("Ann").unwrap();
            assert!(s.action(&id, "Ann", undo).unwrap().annotation_id() == Some("x"));
            s.push(event(n, "Ann", "c::0", Action::Undo { event: undo }));
            assert_eq!(lengths(&s).iter().map(|l| l.1).collect::<Vec<_>>(), left);
        }
        let (redo, _) = s.next_redo("Ann").unwrap();
        s.push(event(8, "Ann", "c::0", Action::Redo { event: redo }));
        assert_eq!(lengths(&s), [("x".to_owned(), 5.0), ("y".to_owned(), 7.0)]);
    }

    #[test]
    fn what_is_said_about_answers_is_replaced_taken_away_and_undone() {
        use crate::review::{AnswerRef, Judgement, Judgement::*};
        let (id, run): (ItemId, _) = ("c::0".parse().unwrap(), ModelRun::parse("m@text-only").unwrap());
        let answer = || AnswerRef { run: run.clone(), sha256: TextHash([7; 32]) };
        let judge = |n, who: &str, judgement| event(n, who, "c::0", Action::JudgeAnswer { answer: answer(), judgement });
        let judged = |s: &ReviewState| -> Vec<(String, Judgement)> {
            let said = s.item(&id).into_iter().flat_map(|i| i.of_answer(&run));
            said.filter_map(|(who, r)| Some((who.to_owned(), r.judgement.as_ref()?.what))).collect()
        };
        let mut s = ReviewState::from_events([judge(1, "Ann", Right), judge(2, "Bob", Unsure), judge(3, "Ann", Wrong)]);
        assert_eq!(judged(&s), [("Ann".to_owned(), Wrong), ("Bob".to_owned(), Unsure)]);
        assert_eq!(s.status(&id), Status::Undecided, "judging an answer decides nothing about the item");
        s.push(event(4, "Ann", "c::0", Action::UnjudgeAnswer { answer: answer() }));
        assert_eq!(judged(&s), [("Bob".to_owned(), Unsure)]);
        for (n, left) in [(5, Some(Wrong)), (6, Some(Right)), (7, None)] {
            let (undo, _) = s.next_undo("Ann").unwrap();
            s.push(event(n, "Ann", "c::0", Action::Undo { event: undo }));
            assert_eq!(judged(&s).iter().find(|j| j.0 == "Ann").map(|j| j.1), left);
        }
        let other = ModelRun::parse("m").unwrap();
        assert_eq!(s.item(&id).unwrap().of_answer(&other).count(), 0, "a condition is another answer");
    }

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
            parents: None,
            image: None,
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
    fn a_decision_on_a_past_text_counts_for_that_text_only() {
        let id: ItemId = "c::0".parse().unwrap();
        let mut s = ReviewState::from_events([event(1, "Ann", "c::0", accept()), event(2, "Bob", "c::1", accept())]);
        s.set_texts(HashMap::from([(id.clone(), TextHash([9; 32]))]));
        assert_eq!((s.status(&id), s.status(&"c::1".parse().unwrap())), (Status::Undecided, Status::Accepted));
        assert_eq!(s.item(&id).unwrap().past["Ann"].event, EventHash([1; 32]));
        s.push(Event { judged: TextHash([9; 32]), ..event(3, "Ann", "c::0", reject()) });
        assert_eq!(s.status(&id), Status::Rejected);
        assert!(s.item(&id).unwrap().past.is_empty(), "the reader's newer decision is on the text of now");
        s.push(event(4, "Ann", "c::0", Action::Undo { event: EventHash([3; 32]) }));
        assert_eq!(s.status(&id), Status::Undecided);
        s.set_texts(HashMap::new());
        assert_eq!(s.status(&id), Status::Accepted);
    }

    #[test]
    fn what_is_later_is_told_by_the_log_and_not_by_the_clock() {
        let at = |n, second: i64| Event { time: Timestamp::from_second(second).unwrap(), ..event(n, "Ann", "c::0", accept()) };
        let s = ReviewState::from_events([at(1, 900), Event { reviewer: Reviewer::new("Bob", ""), ..at(2, 100) }]);
        let readings = &s.item(&"c::0".parse().unwrap()).unwrap().readings;
        assert!(readings["Bob"].order > readings["Ann"].order && readings["Bob"].time < readings["Ann"].time);
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
