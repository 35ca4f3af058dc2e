//! The Compare workspace: models' answers to the current item, which of them is selected, and what is said about it.
//!
//! Answers arrive with the item; votes of all items (for filters) are read once, when the workspace is first entered. What a reviewer says
//! goes to the disk as an event, and counts as saved only when it comes back.

mod filter;
mod label;
mod table;

pub use filter::AnswerFilter;
pub use label::LabelDraft;
pub use table::{SaidOfItem, Table};

use super::{AppState, Effect, Toast, Unsaved, Workspace};
use crate::project::AnswerView;
use crate::qa::pieces::{Kind, pieces};
use crate::qa::{ItemId, ModelRun, Taxonomy, TextHash};
use crate::review::{Action, AnswerReview, DraftLabel, ErrorLabel, Event, Explanation, Judgement};
use crate::score::text::{PairScores, TextScorer};
use crate::score::{HumanAgreement, Jury, RunScore, TwoByTwo};
use std::collections::HashMap;

/// Characters of an answer that are laid out; the rest can be copied.
const MOST_SHOWN: usize = 4_000;
/// Answers with more bytes are not scored here.
const MOST_SCORED: usize = 20_000;

/// A model's answer, ready to be shown.
#[derive(Clone, Debug)]
pub struct AnswerRow {
    pub view: AnswerView,
    /// Against the reference answer.
    pub pieces: Vec<(Kind, String)>,
    /// Characters that are not among the pieces.
    pub cut: usize,
    /// `None` for an answer too long to be scored at once.
    pub scores: Option<PairScores>,
}

#[derive(Default)]
pub struct Answers {
    /// Votes of all items, once they are read.
    pub table: Option<Box<Table>>,
    reading: bool,
    /// Answers to the current item, once they are read.
    pub rows: Option<Vec<AnswerRow>>,
    /// Rows in the order shown.
    pub order: Vec<usize>,
    /// A place in `order`.
    pub selected: usize,
    /// The answer to select once it is there.
    wanted: Option<ModelRun>,
    /// Bumped when the selected answer should be scrolled into view.
    pub reveal: u64,
    /// Names are hidden and the order is shuffled.
    pub blind: bool,
    /// Why the judges of the selected answer said what they did is written out under it; stays so from item to item.
    pub reasons: bool,
    pub jury: Jury,
    /// Two runs and how often each is right.
    pub pair: Option<(usize, usize, TwoByTwo)>,
    /// How each run of the table does under this jury, and what reviewers say to that.
    pub jury_scores: Vec<RunScore>,
    /// What reviewers say to the jury over all runs.
    pub jury_human: HumanAgreement,
    /// The error label being chosen.
    pub label: Option<LabelDraft>,
    /// Labels that were left before they were saved.
    kept: HashMap<(ItemId, ModelRun), LabelDraft>,
    /// Bumped when the note of the label should take the focus.
    pub note_focus: u64,
    /// On their way to the disk, or refused by it.
    pub unsaved: Vec<Unsaved>,
}

#[derive(Debug)]
pub enum AnswersCommand {
    /// Votes of all items of the project with this identity.
    Read {
        project: String,
        table: Box<Table>,
    },
    ReadFailed(String),
    /// The answers to an item.
    Arrived {
        generation: u64,
        rows: Vec<AnswerRow>,
    },
    /// By its place in the order shown.
    Select(usize),
    Step(i64),
    /// On the selected answer; what stands already is taken back.
    Judge(Judgement),
    StartLabel,
    /// A letter or digit of the taxonomy.
    LabelKey(char),
    LabelType(String),
    LabelCode(String),
    AnswerAxis(Option<bool>),
    ExplanationAxis(Option<Explanation>),
    NextAnswerAxis,
    NextExplanationAxis,
    Note(String),
    FocusNote,
    SaveLabel,
    RemoveLabel,
    CancelLabel,
    Blind(bool),
    /// Write out what judges gave as reasons, or no longer: at the answer in this place, else at the selected one.
    Reasons(Option<usize>),
    Jury(Jury),
    Filter(Option<AnswerFilter>),
    /// Show the items that name this structure.
    Structure(Option<String>),
    /// The runs of the two-model view.
    Pair(usize, usize),
}

/// What the reviewer of this session says about an answer, what is on its way to the disk included.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Own {
    pub judgement: Option<Judgement>,
    pub label: Option<ErrorLabel>,
    /// Something of it is not on disk yet.
    pub pending: bool,
    /// The disk refused it.
    pub failed: bool,
}

impl AnswerRow {
    pub fn new(view: AnswerView, reference: &str, scorer: &mut TextScorer) -> Self {
        let end = view.text.char_indices().nth(MOST_SHOWN).map_or(view.text.len(), |(at, _)| at);
        let scored = view.text.len() <= MOST_SCORED && reference.len() <= MOST_SCORED;
        let scores = scored.then(|| PairScores { exact: reference == view.text, ..scorer.pair(reference.trim(), view.text.trim()) });
        Self { pieces: pieces(reference, &view.text[..end]), cut: view.text[end..].chars().count(), scores, view }
    }
}

impl Answers {
    /// The row at a place of the order shown.
    pub fn row(&self, place: usize) -> Option<&AnswerRow> {
        self.rows.as_ref()?.get(*self.order.get(place)?)
    }

    pub fn selected_row(&self) -> Option<&AnswerRow> {
        self.row(self.selected)
    }

    /// The project's taxonomy, or the program's own until it is read.
    pub fn taxonomy(&self) -> &Taxonomy {
        self.table.as_ref().map_or_else(|| Taxonomy::built_in(), |t| &t.taxonomy)
    }

    /// Another project, or the same one with other answers.
    pub(super) fn start_again(&mut self) {
        *self = Self { blind: self.blind, reasons: self.reasons, jury: self.jury, note_focus: self.note_focus, ..Self::default() };
    }

    /// Another item is coming.
    pub(super) fn leave_item(&mut self) {
        self.stash();
        // The same model's answer to the next item; blind, that would tell which one it is.
        self.wanted = self.selected_row().map(|r| r.view.run.clone()).filter(|_| !self.blind);
        self.rows = None;
        self.order.clear();
    }

    /// Keeps a label that is being left, so that it is there again later.
    fn stash(&mut self) {
        if let Some(draft) = self.label.take().filter(|d| d.touched) {
            self.kept.insert((draft.item.clone(), draft.answer.run.clone()), draft);
        }
    }

    /// The labels of answers to an item that are begun, or sent and not on disk.
    pub(super) fn begun(&self, item: &ItemId) -> Vec<DraftLabel> {
        let open = self.label.iter().chain(self.kept.values()).filter(|d| d.touched && d.item == *item);
        let mut all: Vec<DraftLabel> = open.map(|d| DraftLabel { answer: d.answer.clone(), label: d.label.clone() }).collect();
        for unsaved in self.unsaved.iter().filter(|u| u.event.item == *item) {
            if let Action::LabelAnswer { answer, label } = &unsaved.event.action {
                all.push(DraftLabel { answer: answer.clone(), label: (**label).clone() });
            }
        }
        all.sort_by(|a, b| a.answer.run.cmp(&b.answer.run));
        all.dedup_by(|a, b| a.answer.run == b.answer.run);
        all
    }

    /// Takes a begun label back from a draft, unless there is a newer one.
    pub(super) fn restore(&mut self, item: &ItemId, begun: &DraftLabel) {
        let open = |d: &LabelDraft| d.item == *item && d.answer.run == begun.answer.run;
        if !self.label.as_ref().is_some_and(open) {
            let place = (item.clone(), begun.answer.run.clone());
            self.kept.entry(place).or_insert_with(|| LabelDraft::begun(item.clone(), begun));
        }
    }

    pub(super) fn forget_begun(&mut self, item: &ItemId) {
        self.label = self.label.take().filter(|d| d.item != *item);
        self.kept.retain(|(of, _), _| of != item);
    }

    pub(super) fn forget_all_begun(&mut self) {
        self.label = None;
        self.kept.clear();
    }

    /// Brings the rows into order; blind, it depends on the item alone and tells nothing about the models.
    fn arrange(&mut self, seed: &str, item: &ItemId) {
        let rows = self.rows.as_deref().unwrap_or_default();
        self.order = (0..rows.len()).collect();
        if self.blind {
            let lot = |n: &usize| TextHash::of(seed, &item.to_string(), &[rows[*n].view.run.to_string()]).0;
            self.order.sort_by_cached_key(lot);
        }
    }

    /// The jury, or everything that it is held against, is another.
    fn score_runs(&mut self) {
        let score = |table: &Table| (0..table.matrix.runs().len()).map(|run| table.matrix.run_score(run, &self.jury)).collect();
        self.jury_scores = self.table.as_deref().map_or_else(Vec::new, score);
        self.hear_all();
    }

    fn hear_all(&mut self) {
        self.jury_human = self.table.as_deref().map_or_else(HumanAgreement::default, |table| table.matrix.human_agreement(&self.jury));
    }

    /// What reviewers say of one run's answers has changed; perhaps of any, where the event takes back another.
    fn score_runs_of(&mut self, event: &Event) {
        match (event.action.answer(), &self.table) {
            (Some(answer), Some(table)) => {
                if let Some(n) = table.matrix.runs().iter().position(|r| *r == answer.run) {
                    self.jury_scores[n] = table.matrix.run_score(n, &self.jury);
                }
                self.hear_all();
            }
            (None, Some(_)) if matches!(event.action, Action::Undo { .. } | Action::Redo { .. }) => self.score_runs(),
            _ => {}
        }
    }

    /// Takes over an event that is on disk.
    fn saved(&mut self, event: &Event) {
        if let Some(at) = self.unsaved.iter().position(|u| u.event.item == event.item && u.event.action == event.action) {
            self.unsaved.remove(at);
        }
    }
}

/// What an action about an answer says of it: two such actions replace each other.
fn same_word(a: &Action, b: &Action) -> bool {
    let is_label = |x: &Action| matches!(x, Action::LabelAnswer { .. } | Action::UnlabelAnswer { .. });
    a.answer().map(|x| &x.run) == b.answer().map(|x| &x.run) && a.answer().is_some() && is_label(a) == is_label(b)
}

impl AppState {
    pub(super) fn enter(&mut self, workspace: Workspace) -> Vec<Effect> {
        if !self.draft_is_idle() {
            self.leave_form();
        }
        self.answers.stash();
        self.workspace = workspace;
        if let Some(p) = &mut self.project {
            p.queue.reveal += 1; // its list may be higher or lower there
        }
        self.read_answers().into_iter().chain(self.want_charts()).collect()
    }

    /// Geometry was asked again: what the table holds of its verdicts is read anew.
    pub(in crate::state) fn answers_checked(&mut self) -> Option<Effect> {
        self.answers.table = None;
        self.read_answers()
    }

    /// Asks for the votes of all items when they are needed and not there.
    pub(super) fn read_answers(&mut self) -> Option<Effect> {
        let wanted =
            self.workspace == Workspace::Compare && self.project.is_some() && self.answers.table.is_none() && !self.answers.reading;
        self.answers.reading |= wanted;
        wanted.then_some(Effect::ReadAnswers)
    }

    /// True while the answers to the chosen item are being read and shown next.
    pub fn awaits_answers(&self) -> bool {
        let chosen = self.project.as_ref().is_some_and(|p| p.current.is_some());
        self.workspace == Workspace::Compare && chosen && self.answers.rows.is_none()
    }

    pub(super) fn apply_answers(&mut self, command: AnswersCommand) -> Vec<Effect> {
        match command {
            AnswersCommand::Read { project, table } => self.table_arrived(&project, table),
            AnswersCommand::ReadFailed(message) => {
                self.answers.reading = false;
                self.toasts.push(Toast::error(format!("The votes of this project cannot be read: {message}")));
            }
            AnswersCommand::Arrived { generation, rows } => self.answers_arrived(generation, rows),
            AnswersCommand::Select(place) => self.select_answer(place),
            AnswersCommand::Step(by) => {
                let last = self.answers.order.len().saturating_sub(1) as i64;
                self.select_answer((self.answers.selected as i64 + by).clamp(0, last) as usize);
            }
            AnswersCommand::Judge(judgement) => return self.judge_answer(judgement),
            AnswersCommand::Blind(blind) => self.set_blind(blind),
            AnswersCommand::Reasons(place) => self.toggle_reasons(place.unwrap_or(self.answers.selected)),
            AnswersCommand::Jury(jury) => {
                self.answers.jury = jury;
                self.answers.score_runs();
                self.answers_changed();
            }
            AnswersCommand::Filter(filter) => self.filter_by_answers(filter),
            AnswersCommand::Structure(name) => self.filter_by_structure(name.as_deref()),
            AnswersCommand::Pair(a, b) => self.compare_pair(a, b),
            label => return self.apply_label(label),
        }
        Vec::new()
    }

    fn table_arrived(&mut self, project: &str, mut table: Box<Table>) {
        let Some(p) = self.project.as_ref().filter(|p| p.uuid == project) else { return };
        table.review(&p.review);
        self.answers.reading = false;
        let first = table.usual_runs();
        self.answers.table = Some(table);
        self.answers.score_runs();
        if let [a, b, ..] = first[..] {
            self.compare_pair(a, b);
        }
        self.answers_changed();
    }

    fn answers_arrived(&mut self, generation: u64, rows: Vec<AnswerRow>) {
        if self.project.as_ref().is_some_and(|p| p.generation == generation) {
            self.answers.rows = Some(rows);
            let wanted = self.answers.wanted.take();
            self.arrange_answers(wanted);
        }
    }

    /// Brings the answers into order and selects that of a run, else the first.
    fn arrange_answers(&mut self, keep: Option<ModelRun>) {
        let Some((seed, item)) = self.project.as_ref().and_then(|p| Some((p.uuid.clone(), p.current_row()?.id.clone()))) else { return };
        let answers = &mut self.answers;
        answers.arrange(&seed, &item);
        let same = |run: &ModelRun| (0..answers.order.len()).find(|place| answers.row(*place).is_some_and(|r| r.view.run == *run));
        answers.selected = keep.and_then(|run| same(&run)).unwrap_or(0);
        answers.reveal += 1;
    }

    fn select_answer(&mut self, place: usize) {
        if place < self.answers.order.len() {
            if place != self.answers.selected {
                self.answers.stash();
            }
            self.answers.selected = place;
            self.answers.reveal += 1;
        }
    }

    /// At an answer other than the selected one they are opened, never closed: nobody has seen them there.
    fn toggle_reasons(&mut self, place: usize) {
        let Some(run) = self.answers.row(place).map(|r| r.view.run.clone()) else { return };
        if self.is_veiled(&run) {
            return self.toasts.push(Toast::note("What judges say is shown once you have judged the answer."));
        }
        self.answers.reasons = place != self.answers.selected || !self.answers.reasons;
        self.select_answer(place);
    }

    /// Blind, a reviewer judges before hearing what others say of an answer.
    pub fn is_veiled(&self, run: &ModelRun) -> bool {
        self.answers.blind && self.own_word(run).judgement.is_none()
    }

    /// A filter that names a model would tell what blinding hides.
    fn set_blind(&mut self, blind: bool) {
        let keep = self.answers.selected_row().map(|r| r.view.run.clone()).filter(|_| !blind);
        self.answers.stash();
        self.answers.blind = blind;
        self.arrange_answers(keep);
        let named = self.project.as_ref().and_then(|p| p.queue.filters.answers).is_some_and(AnswerFilter::names_a_model);
        if blind && named {
            self.filter_by_answers(None);
            self.toasts.push(Toast::note("The filter by model is gone: while models are hidden it would tell which is which."));
        }
    }

    /// What the reviewer of this session says about an answer to the current item.
    pub fn own_word(&self, run: &ModelRun) -> Own {
        let Some(p) = &self.project else { return Own::default() };
        let (Some(row), Some(me)) = (p.current_row(), self.me()) else { return Own::default() };
        let stands = p.review.item(&row.id).and_then(|r| r.answers.get(&me)?.get(run));
        let mut own = stands.map(Own::from).unwrap_or_default();
        let about = |u: &&Unsaved| u.event.item == row.id && u.event.action.answer().is_some_and(|a| a.run == *run);
        self.answers.unsaved.iter().filter(about).for_each(|u| own.take(u));
        own
    }

    fn judge_answer(&mut self, judgement: Judgement) -> Vec<Effect> {
        if self.answers.rows.is_none() || !self.ready() {
            return Vec::new();
        }
        let Some(answer) = self.answers.selected_row().map(|r| r.view.reference()) else { return Vec::new() };
        let stands = self.own_word(&answer.run).judgement == Some(judgement);
        self.send(if stands { Action::UnjudgeAnswer { answer } } else { Action::JudgeAnswer { answer, judgement } })
    }

    /// An event about an answer is on its way; one that the disk refused and that it replaces is forgotten.
    pub(super) fn answer_event_sent(&mut self, event: &crate::review::NewEvent) {
        let replaced = |u: &Unsaved| u.failed && u.event.item == event.item && same_word(&u.event.action, &event.action);
        self.answers.unsaved.retain(|u| !replaced(u));
        self.answers.unsaved.push(Unsaved { event: event.clone(), failed: false });
    }

    /// An event is on disk, also one that takes back another.
    pub(super) fn answer_event_saved(&mut self, event: &Event) {
        self.answers.saved(event);
        let Some(p) = &self.project else { return };
        if let (Some(table), Some(review)) = (&mut self.answers.table, p.review.item(&event.item)) {
            table.review_item(&event.item, review);
            self.answers.score_runs_of(event);
        }
        if p.queue.filters.answers.is_some() {
            self.answers_changed();
        }
    }

    /// Selects the answer of a run to the current item, now or when it arrives.
    pub(super) fn show_answer_of(&mut self, run: ModelRun) {
        if self.answers.rows.is_some() {
            self.arrange_answers(Some(run));
        } else {
            self.answers.wanted = Some(run);
        }
    }

    /// The disk refused what was said about an answer.
    pub(super) fn answer_event_refused(&mut self, item: &ItemId, action: &Action, message: &str) {
        let refused = |u: &&mut Unsaved| !u.failed && u.event.item == *item && u.event.action == *action;
        if let Some(u) = self.answers.unsaved.iter_mut().find(refused) {
            u.failed = true;
        }
        let text = format!("What you said about an answer to {item} is NOT saved: {message}");
        self.toasts.push(Toast { retry: Some(item.clone()), ..Toast::error(text) });
    }

    /// Sends what was refused again.
    pub(super) fn retry_answers(&mut self, item: &ItemId) -> Vec<Effect> {
        let failed = self.answers.unsaved.iter_mut().filter(|u| u.failed && u.event.item == *item);
        let again = |u: &mut Unsaved| {
            u.failed = false;
            Effect::Write(super::Write::Event(Box::new(u.event.clone())))
        };
        failed.map(again).collect()
    }
}

impl From<&AnswerReview> for Own {
    fn from(review: &AnswerReview) -> Self {
        let judgement = review.judgement.as_ref().map(|j| j.what);
        Self { judgement, label: review.label.as_ref().map(|l| l.what.clone()), ..Self::default() }
    }
}

impl Own {
    fn take(&mut self, u: &Unsaved) {
        match &u.event.action {
            Action::JudgeAnswer { judgement, .. } => self.judgement = Some(*judgement),
            Action::UnjudgeAnswer { .. } => self.judgement = None,
            Action::LabelAnswer { label, .. } => self.label = Some((**label).clone()),
            Action::UnlabelAnswer { .. } => self.label = None,
            _ => {}
        }
        self.pending = true;
        self.failed |= u.failed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qa::{Condition, answer_hash};

    pub(super) fn row(model: &str, text: &str) -> AnswerRow {
        let view = AnswerView {
            run: ModelRun::new(model, Condition::Full),
            text: text.to_owned(),
            reasoning: None,
            sha256: answer_hash(text, None),
            verdicts: Vec::new(),
            reviews: std::collections::BTreeMap::new(),
        };
        AnswerRow::new(view, "left", &mut TextScorer::default())
    }

    #[test]
    fn blind_order_differs_between_items_and_is_the_same_each_time() {
        let rows: Vec<AnswerRow> = ["a", "b", "c", "d"].map(|m| row(m, m)).into();
        let mut answers = Answers { rows: Some(rows), blind: true, ..Answers::default() };
        let mut order = |item: &str| {
            answers.arrange("project", &item.parse().unwrap());
            answers.order.clone()
        };
        let seen: std::collections::HashSet<Vec<usize>> = (0..40).map(|n| order(&format!("c::{n}"))).collect();
        assert!(seen.len() > 10, "{seen:?}");
        assert_eq!(order("c::1"), order("c::1"));
        answers.blind = false;
        answers.arrange("project", &"c::1".parse().unwrap());
        assert_eq!(answers.order, [0, 1, 2, 3]);
    }

    #[test]
    fn a_megabyte_is_cut_and_not_scored() {
        let long = row("m", &"é".repeat(500_000));
        assert_eq!((long.cut, long.scores), (500_000 - MOST_SHOWN, None));
        let short = row("m", "left");
        assert!((short.cut, short.scores.unwrap().exact) == (0, true));
    }
}
