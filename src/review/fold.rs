//! The fold of the event log into the state of each item.
//!
//! Undo and redo are resolved per reviewer: an undo names an event of the same reviewer and takes its effect away, a redo puts it back.
//! A reviewer is who [`ReaderKey`] says; all spellings of a name count for one, and the first that the log has is the one that is shown.
//! The latest decision of a reviewer that still stands is that reviewer's reading. An item whose readings differ is disputed. Annotations
//! stand beside decisions: drawing on an image decides nothing. So does what is said about models' answers.

use super::answers::{AnswerReview, say};
use super::{Action, Criteria, Decision, Event, EventHash, ReaderKey, Reviewer};
use crate::geometry::Annotation;
use crate::qa::{ItemId, ModelRun, TextHash};
use jiff::Timestamp;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

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

/// A reviewer's flag that stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Flagged {
    pub reviewer: Reviewer,
    /// Why, or empty.
    pub note: String,
    pub time: Timestamp,
    pub event: EventHash,
}

/// Everything reviewers say about one item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemReview {
    pub readings: BTreeMap<ReaderKey, Reading>,
    /// Standing decisions on a text that the item no longer has. They count for that text only.
    pub past: BTreeMap<ReaderKey, Reading>,
    pub flags: BTreeMap<ReaderKey, Flagged>,
    /// In the order in which they were drawn; no entry for who has drawn nothing.
    pub annotations: BTreeMap<ReaderKey, Vec<Evidence>>,
    /// What is said about models' answers; no entry for who has said nothing.
    pub answers: BTreeMap<ReaderKey, BTreeMap<ModelRun, AnswerReview>>,
}

/// What an undoable event of one reviewer did.
#[derive(Clone, Debug)]
struct Step {
    hash: EventHash,
    item: ItemId,
    /// The name under which it was taken, or taken back, as that event has it.
    spelling: Arc<str>,
}

/// The fold of a log. Feed events in log order with [`ReviewState::push`].
#[derive(Clone, Debug, Default)]
pub struct ReviewState {
    items: HashMap<ItemId, ItemReview>,
    /// Events per item and reviewer, so that undo can rebuild one reading.
    history: HashMap<(ItemId, ReaderKey), Vec<Event>>,
    undone: HashSet<EventHash>,
    /// Place of each event in the order of the log.
    order: HashMap<EventHash, u64>,
    /// The text that items have now whose text has changed.
    texts: HashMap<ItemId, TextHash>,
    undo: HashMap<ReaderKey, Vec<Step>>,
    redo: HashMap<ReaderKey, Vec<Step>>,
    /// Every name that the log has, and whose it is.
    spellings: HashMap<Arc<str>, ReaderKey>,
    /// The first spelling of each reader's name.
    names: HashMap<ReaderKey, Arc<str>>,
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

    /// What is said about one answer, by reviewer.
    pub fn of_answer<'a>(&'a self, run: &'a ModelRun) -> impl Iterator<Item = (&'a ReaderKey, &'a AnswerReview)> {
        self.answers.iter().filter_map(move |(who, said)| Some((who, said.get(run)?)))
    }

    /// The reading of the reviewer of this name, however it is spelled.
    pub fn by(&self, reviewer: &str) -> Option<&Reading> {
        self.readings.get(&ReaderKey::of(reviewer))
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
        let keys: Vec<(ItemId, ReaderKey)> = self.history.keys().filter(|k| changed.contains(&k.0)).cloned().collect();
        keys.iter().for_each(|key| self.refold(key));
    }

    /// Adds the next event of the log. An undo or redo of an event that is not this reviewer's, or not in the log, changes nothing.
    pub fn push(&mut self, event: Event) {
        self.order.insert(event.hash, self.order.len() as u64);
        let (spelling, who) = self.meet(&event.reviewer.name);
        match &event.action {
            Action::Undo { event: target } => self.toggle(&spelling, who, *target, true),
            Action::Redo { event: target } => self.toggle(&spelling, who, *target, false),
            _ => self.record(&spelling, who, event),
        }
    }

    /// The name as it is kept, and whose it is. The first spelling of a reader's name is remembered as the one to show.
    fn meet(&mut self, name: &str) -> (Arc<str>, ReaderKey) {
        if let Some((spelling, who)) = self.spellings.get_key_value(name) {
            return (Arc::clone(spelling), who.clone());
        }
        let (spelling, who): (Arc<str>, _) = (name.into(), ReaderKey::of(name));
        self.spellings.insert(Arc::clone(&spelling), who.clone());
        self.names.entry(who.clone()).or_insert_with(|| Arc::clone(&spelling));
        (spelling, who)
    }

    /// A new step leaves nothing to redo. Older versions took each spelling for a reader of its own: what was undone under another one stays.
    fn record(&mut self, spelling: &Arc<str>, who: ReaderKey, event: Event) {
        let step = Step { hash: event.hash, item: event.item.clone(), spelling: Arc::clone(spelling) };
        self.undo.entry(who.clone()).or_default().push(step);
        if let Some(steps) = self.redo.get_mut(&who) {
            steps.retain(|s| s.spelling != *spelling);
        }
        let key = (event.item.clone(), who);
        self.history.entry(key.clone()).or_default().push(event);
        self.refold(&key);
    }

    fn toggle(&mut self, spelling: &Arc<str>, who: ReaderKey, target: EventHash, undo: bool) {
        let (from, to) = if undo { (&mut self.undo, &mut self.redo) } else { (&mut self.redo, &mut self.undo) };
        let Some(at) = from.get(&who).and_then(|s| s.iter().rposition(|s| s.hash == target)) else { return };
        let Some(step) = from.get_mut(&who).map(|s| s.remove(at)) else { return };
        let item = step.item.clone();
        to.entry(who.clone()).or_default().push(Step { spelling: Arc::clone(spelling), ..step });
        if undo {
            self.undone.insert(target);
        } else {
            self.undone.remove(&target);
        }
        self.refold(&(item, who));
    }

    /// Rebuilds one reviewer's reading, flag and annotations on one item.
    fn refold(&mut self, key: &(ItemId, ReaderKey)) {
        let (mut reading, mut flagged) = (None, None);
        let (mut drawn, mut said) = (Vec::new(), BTreeMap::new());
        let standing = self.history.get(key).into_iter().flatten().filter(|e| !self.undone.contains(&e.hash));
        for e in standing.map(|e| self.named(e, &key.1)) {
            let order = self.order.get(&e.hash).copied().unwrap_or_default();
            match &e.action {
                Action::Decide(decision) => reading = Some(Reading::new(&e, decision, order)),
                Action::Flag { note } => flagged = Some(Flagged::new(&e, note)),
                Action::Unflag => flagged = None,
                Action::AddAnnotation { .. } | Action::ChangeAnnotation { .. } | Action::RemoveAnnotation { .. } => {
                    draw(&mut drawn, &e, order);
                }
                Action::JudgeAnswer { .. } | Action::UnjudgeAnswer { .. } => say(&mut said, &e),
                Action::LabelAnswer { .. } | Action::UnlabelAnswer { .. } => say(&mut said, &e),
                Action::Undo { .. } | Action::Redo { .. } => {}
            }
        }
        let now = self.texts.get(&key.0);
        let (past, reading) = match reading {
            Some(r) if now.is_some_and(|now| *now != r.judged) => (Some(r), None),
            reading => (None, reading),
        };
        let item = self.items.entry(key.0.clone()).or_default();
        set(&mut item.flags, &key.1, flagged);
        set(&mut item.readings, &key.1, reading);
        set(&mut item.past, &key.1, past);
        set(&mut item.annotations, &key.1, Some(drawn).filter(|d| !d.is_empty()));
        set(&mut item.answers, &key.1, Some(said).filter(|s| !s.is_empty()));
    }

    /// The event under the name by which its reviewer is shown.
    fn named<'a>(&self, e: &'a Event, who: &ReaderKey) -> Cow<'a, Event> {
        match self.names.get(who) {
            Some(name) if **name != *e.reviewer.name => {
                let reviewer = Reviewer { name: name.to_string(), initials: e.reviewer.initials.clone() };
                Cow::Owned(Event { reviewer, ..e.clone() })
            }
            _ => Cow::Borrowed(e),
        }
    }

    /// The name by which a reviewer is shown, when the log has any spelling of it.
    pub fn spelling(&self, name: &str) -> Option<&str> {
        self.names.get(&ReaderKey::of(name)).map(|first| &**first)
    }

    /// What the reviewer's own event did, also of one that was undone.
    pub fn action(&self, item: &ItemId, reviewer: &str, event: EventHash) -> Option<&Action> {
        self.history(item, reviewer).find(|e| e.hash == event).map(|e| &e.action)
    }

    /// Events on the item by anybody, undone ones included: a number that only grows.
    pub fn events_on(&self, item: &ItemId) -> usize {
        let mine = |(key, events): (&(ItemId, ReaderKey), &Vec<Event>)| if key.0 == *item { events.len() } else { 0 };
        self.history.iter().map(mine).sum()
    }

    /// Why a reviewer's annotation event does not fit what stands, in words. `None` for a good one and for other actions.
    pub fn annotation_problem(&self, item: &ItemId, reviewer: &str, action: &Action) -> Option<String> {
        let stands = |id: &str| {
            let own = self.item(item).and_then(|i| i.annotations.get(&ReaderKey::of(reviewer)));
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
        let said = |run: &ModelRun| self.item(item).and_then(|i| i.answers.get(&ReaderKey::of(reviewer))).and_then(|own| own.get(run));
        let (answer, stands, what) = match action {
            Action::UnjudgeAnswer { answer } => (answer, said(&answer.run).is_some_and(|r| r.judgement.is_some()), "judgement"),
            Action::UnlabelAnswer { answer } => (answer, said(&answer.run).is_some_and(|r| r.label.is_some()), "error label"),
            _ => return None,
        };
        (!stands).then(|| format!("{reviewer} has no {what} of the answer of '{}' to item '{item}'", answer.run))
    }

    fn history(&self, item: &ItemId, reviewer: &str) -> impl Iterator<Item = &Event> {
        self.history.get(&(item.clone(), ReaderKey::of(reviewer))).into_iter().flatten()
    }

    /// Why an event of the log does not fit what stands before it, in words. `None` for a good one.
    ///
    /// Older versions took each spelling of a name for a reader of its own: an event that fits what stands under its own spelling is good too.
    pub fn misfit(&self, event: &Event) -> Option<String> {
        let name = &event.reviewer.name;
        let stepped = |steps: &HashMap<ReaderKey, Vec<Step>>, target: &EventHash| {
            let steps = steps.get(&ReaderKey::of(name)).map(Vec::as_slice).unwrap_or_default();
            let own = steps.iter().rfind(|s| *s.spelling == **name);
            let next = [steps.last(), own].into_iter().flatten().any(|s| s.hash == *target);
            (!next).then(|| "it undoes or redoes an event that was not next".to_owned())
        };
        let problem = |state: &Self| {
            let drawn = state.annotation_problem(&event.item, name, &event.action);
            drawn.or_else(|| state.answer_problem(&event.item, name, &event.action))
        };
        match &event.action {
            Action::Undo { event: target } => stepped(&self.undo, target),
            Action::Redo { event: target } => stepped(&self.redo, target),
            _ => problem(self).filter(|_| problem(&self.under(&event.item, name)).is_some()),
        }
    }

    /// What stands on an item under one spelling of a reviewer's name.
    fn under(&self, item: &ItemId, spelling: &str) -> Self {
        let own = self.history(item, spelling).filter(|e| e.reviewer.name == spelling && !self.undone.contains(&e.hash));
        Self::from_events(own.cloned())
    }

    /// Review of an item; `None` when nothing was ever said about it.
    pub fn item(&self, id: &ItemId) -> Option<&ItemReview> {
        self.items.get(id)
    }

    pub fn status(&self, id: &ItemId) -> Status {
        self.item(id).map_or(Status::Undecided, ItemReview::status)
    }

    /// Everyone whose reading stands somewhere, by name, with the initials of the latest reading.
    pub fn reviewers(&self) -> Vec<Reviewer> {
        let mut latest: BTreeMap<&ReaderKey, &Reading> = BTreeMap::new();
        for (who, reading) in self.items.values().flat_map(|i| &i.readings) {
            let known = latest.entry(who).or_insert(reading);
            if (known.time, &known.reviewer) < (reading.time, &reading.reviewer) {
                *known = reading;
            }
        }
        latest.into_values().map(|r| r.reviewer.clone()).collect()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&ItemId, &ItemReview)> {
        self.items.iter()
    }

    /// The event and item that this reviewer's next undo takes back.
    pub fn next_undo(&self, reviewer: &str) -> Option<(EventHash, &ItemId)> {
        self.undo.get(&ReaderKey::of(reviewer))?.last().map(|s| (s.hash, &s.item))
    }

    /// The event and item that this reviewer's next redo puts back.
    pub fn next_redo(&self, reviewer: &str) -> Option<(EventHash, &ItemId)> {
        self.redo.get(&ReaderKey::of(reviewer))?.last().map(|s| (s.hash, &s.item))
    }
}

/// What a reviewer has, or no entry.
fn set<T>(all: &mut BTreeMap<ReaderKey, T>, who: &ReaderKey, own: Option<T>) {
    match own {
        Some(own) => all.insert(who.clone(), own),
        None => all.remove(who),
    };
}

impl Flagged {
    fn new(e: &Event, note: &str) -> Self {
        Self { reviewer: e.reviewer.clone(), note: note.to_owned(), time: e.time, event: e.hash }
    }
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
            said.filter_map(|(_, r)| r.judgement.as_ref()).map(|j| (j.reviewer.name.clone(), j.what)).collect()
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
        assert_eq!(s.item(&id).unwrap().past[&ReaderKey::of("Ann")].event, EventHash([1; 32]));
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
        let (ann, bob) = (&readings[&ReaderKey::of("Ann")], &readings[&ReaderKey::of("Bob")]);
        assert!(bob.order > ann.order && bob.time < ann.time);
    }

    #[test]
    fn all_spellings_of_a_name_are_one_reader_shown_by_the_first() {
        let id: ItemId = "c::0".parse().unwrap();
        let flag = Action::Flag { note: String::new() };
        let events = [event(1, "Jo Doe", "c::0", accept()), event(2, "JO  DOE", "c::0", reject()), event(3, "jo doe", "c::0", flag)];
        let mut s = ReviewState::from_events(events);
        let item = s.item(&id).unwrap();
        assert_eq!((item.readings.len(), item.flags.len(), item.status()), (1, 1, Status::Rejected), "no dispute with oneself");
        assert_eq!((item.by("jO dOE").unwrap().reviewer.name.as_str(), s.spelling("JO DOE")), ("Jo Doe", Some("Jo Doe")));
        assert_eq!(s.reviewers().iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["Jo Doe"]);
        s.push(event(4, "JO DOE", "c::0", Action::Unflag));
        assert!(!s.item(&id).unwrap().flagged());
        for (n, status) in [(5, Status::Rejected), (6, Status::Rejected), (7, Status::Accepted), (8, Status::Undecided)] {
            let (undo, _) = s.next_undo("Jo Doe").unwrap();
            s.push(event(n, "Jo Doe", "c::0", Action::Undo { event: undo }));
            assert_eq!(s.status(&id), status, "{n}");
        }
        assert_eq!(s.spelling("Joe Doe"), None);
    }

    /// In a log of an older version each spelling had its own steps and its own word.
    #[test]
    fn steps_of_one_spelling_fit_whatever_another_one_did() {
        let run = ModelRun::parse("m").unwrap();
        let answer = || crate::review::AnswerRef { run: run.clone(), sha256: TextHash([7; 32]) };
        let judge = || Action::JudgeAnswer { answer: answer(), judgement: crate::review::Judgement::Right };
        let (undo, redo) = (|n| Action::Undo { event: EventHash([n; 32]) }, |n| Action::Redo { event: EventHash([n; 32]) });
        let log = [
            event(1, "Jo", "c::0", reject()),
            event(2, "JO", "c::1", accept()),
            event(3, "Jo", "c::0", undo(1)),
            event(4, "JO", "c::2", accept()),
            event(5, "Jo", "c::0", redo(1)),
            event(6, "Jo", "c::3", judge()),
            event(7, "JO", "c::3", judge()),
            event(8, "Jo", "c::3", Action::UnjudgeAnswer { answer: answer() }),
            event(9, "JO", "c::3", Action::UnjudgeAnswer { answer: answer() }),
        ];
        let mut s = ReviewState::default();
        for e in log {
            assert_eq!(s.misfit(&e), None, "{e:?}");
            s.push(e);
        }
        assert_eq!(s.status(&"c::0".parse().unwrap()), Status::Rejected, "what was put back stands");
        let misfit = |who: &str, item: &str, action| s.misfit(&event(10, who, item, action));
        assert!(misfit("Jo", "c::1", undo(2)).unwrap().contains("not next"));
        assert!(misfit("Jo", "c::3", Action::UnjudgeAnswer { answer: answer() }).unwrap().contains("no judgement"));
        let (last, _) = s.next_undo("jo").unwrap();
        assert_eq!(misfit("Jo", "c::3", Action::Undo { event: last }), None, "new steps go by the reader");
        s.push(event(11, "Jo", "c::3", Action::Undo { event: last }));
        s.push(event(12, "Jo", "c::4", accept()));
        assert!(s.next_redo("JO").is_none(), "and a new decision leaves nothing to redo");
    }

    #[test]
    fn readers_who_differ_are_disputed_and_flags_stand_apart() {
        let id: ItemId = "c::0".parse().unwrap();
        let mut s = ReviewState::from_events([event(1, "Ann", "c::0", accept()), event(2, "Bob", "c::0", reject())]);
        assert_eq!(s.status(&id), Status::Disputed);
        s.push(event(3, "Bob", "c::0", accept()));
        assert_eq!(s.status(&id), Status::Accepted);
        s.push(event(4, "Bob", "c::0", Action::Flag { note: "slice 60".into() }));
        let flags = &s.item(&id).unwrap().flags;
        assert_eq!(flags.values().map(|f| (f.reviewer.name.as_str(), f.note.as_str())).collect::<Vec<_>>(), [("Bob", "slice 60")]);
        s.push(event(5, "Bob", "c::0", Action::Unflag));
        assert!(!s.item(&id).unwrap().flagged());
    }
}
