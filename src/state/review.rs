//! The decision being made, and what a review key does.

use super::{AnswersCommand, AppState, Effect, ReviewCommand, Toast, Unsaved, Write};
use crate::qa::ItemId;
use crate::review::{Action, Criteria, Criterion, Decision, DraftText, NewEvent, Reason, Tri};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Read,
    Edit,
    Reject,
}

/// The decision being made on the current item. Nothing is preset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    pub mode: Mode,
    pub criteria: Criteria,
    pub note: String,
    pub question: String,
    pub answer: String,
    pub reason: Option<Reason>,
    /// Seconds of activity since the item was shown.
    pub active_seconds: f64,
    /// Bumped when the edit or note field should take the focus.
    pub focus: u64,
    /// Bumped when text fields should give it up.
    pub release: u64,
    /// Saving was asked for and waits for a reason.
    pub confirming: bool,
    /// Something was typed or chosen that is not saved.
    pub touched: bool,
    /// Some of it is not on its way to the project's drafts.
    pub dirty: bool,
    /// What the item shows where nothing is typed.
    pub standing: DraftText,
}

/// A decision or flag on its way to the disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    pub event: NewEvent,
    /// The disk refused it; it is kept until it is saved or replaced.
    pub failed: bool,
}

impl AppState {
    pub(super) fn apply_review(&mut self, command: ReviewCommand) -> Vec<Effect> {
        match command {
            ReviewCommand::Accept => self.accept(),
            ReviewCommand::StartEdit => self.start(Mode::Edit),
            ReviewCommand::StartReject => self.start(Mode::Reject),
            ReviewCommand::Reason(reason) => self.choose_reason(reason),
            ReviewCommand::Confirm => self.confirm(),
            ReviewCommand::Cancel => {
                self.leave_form();
                Vec::new()
            }
            ReviewCommand::ToggleFlag => self.toggle_flag(),
            ReviewCommand::Undo => self.history(true),
            ReviewCommand::Redo => self.history(false),
            ReviewCommand::Retry(id) => self.retry(&id),
            ReviewCommand::KeepDraft => self.keep_draft(),
            ReviewCommand::DiscardDraft => self.discard_draft(),
            ReviewCommand::NextDraft => self.next_draft(),
            ReviewCommand::Criterion(..) | ReviewCommand::Note(_) | ReviewCommand::EditQuestion(_) | ReviewCommand::EditAnswer(_) => {
                self.change_draft(command);
                Vec::new()
            }
        }
    }

    fn change_draft(&mut self, command: ReviewCommand) {
        self.draft.touch();
        match command {
            ReviewCommand::Criterion(criterion, value) => self.draft.criteria.set(criterion, value),
            ReviewCommand::Note(text) => self.draft.note = text,
            ReviewCommand::EditQuestion(text) => self.draft.question = text,
            ReviewCommand::EditAnswer(text) => self.draft.answer = text,
            _ => {}
        }
    }

    /// A blank draft for a newly selected item.
    pub(super) fn start_draft(&mut self) {
        let (focus, release) = (self.draft.focus, self.draft.release);
        self.draft = Draft { focus, release, ..Draft::default() };
    }

    /// Back to reading: no form, and letters are keys again.
    pub(super) fn leave_form(&mut self) {
        self.draft.mode = Mode::Read;
        self.draft.reason = None;
        self.draft.confirming = false;
        self.draft.release += 1;
    }

    /// Brings the draft in line with what this reviewer has typed on the item, else with the standing decision, so that a decided item shows
    /// what was decided.
    pub(super) fn fill_draft(&mut self) {
        let Some(id) = self.project.as_ref().and_then(|p| Some(p.current_row()?.id.clone())) else { return };
        let standing = self.standing_of(&id);
        let Some(p) = &mut self.project else { return };
        let Some(item) = p.current.as_ref().and_then(|c| c.item.as_ref()) else { return };
        let kept = p.drafts.get(&item.id).filter(|k| k.text.adds_to(&standing));
        if let Some(kept) = kept {
            (self.draft.active_seconds, self.draft.touched) = (self.draft.active_seconds.max(kept.active_seconds), true);
        }
        let text = kept.map_or_else(|| standing.clone(), |k| k.text.clone());
        self.draft.show(item, text);
        (self.draft.confirming, self.draft.dirty, self.draft.standing) = (false, false, standing);
    }

    /// The same when the text of the item arrives: what was typed before it did is not overwritten.
    pub(super) fn fill_arrived(&mut self) {
        let typed = self.draft.touched.then(|| (self.draft.criteria, self.draft.note.clone()));
        self.fill_draft();
        if let Some((criteria, note)) = typed {
            (self.draft.criteria, self.draft.note) = (criteria, note);
            self.draft.touch();
        }
    }

    /// What an item shows where this reviewer has typed nothing.
    pub(super) fn standing_of(&self, id: &ItemId) -> DraftText {
        let review = self.project.as_ref().and_then(|p| p.review.item(id));
        let Some(reading) = self.me().and_then(|me| review?.readings.get(&me)) else { return DraftText::default() };
        let (question, answer) = match &reading.decision {
            Decision::Edit { question, answer, .. } => (question.clone(), answer.clone()),
            _ => (None, None),
        };
        let note = reading.decision.note().to_owned();
        DraftText { criteria: reading.criteria(), note, question, answer, ..DraftText::default() }
    }

    /// True when a decision can be made now: the item's text is on screen and can be judged. Otherwise says why not.
    pub(super) fn ready(&mut self) -> bool {
        let arrived = self.project.as_ref().is_some_and(|p| p.current.as_ref().is_some_and(|c| c.item.is_some()));
        self.can_write() && arrived
    }

    fn can_write(&mut self) -> bool {
        let Some(p) = &self.project else { return false };
        if p.read_only {
            self.toasts.push(Toast::warning("This project is read-only: the decision cannot be saved."));
            return false;
        }
        if self.reviewer.is_none() {
            self.ask_reviewer();
            return false;
        }
        true
    }

    fn accept(&mut self) -> Vec<Effect> {
        if !self.ready() {
            return Vec::new();
        }
        let doubted = Criterion::ALL.into_iter().find(|c| self.draft.criteria.get(*c).is_some_and(|t| t != Tri::Yes));
        if let Some(c) = doubted {
            let text = format!(
                "Accept means yes to all four criteria, but “{}” is not yes. Reject or edit the item, or change that answer.",
                c.label()
            );
            self.toasts.push(Toast::warning(text));
            return Vec::new();
        }
        let note = self.draft.note.trim().to_owned();
        self.decide(Decision::Accept { criteria: Criteria::ALL_YES, note })
    }

    fn start(&mut self, mode: Mode) -> Vec<Effect> {
        if self.ready() {
            self.draft.mode = mode;
            self.draft.reason = None;
            self.draft.focus += 1;
        }
        Vec::new()
    }

    /// A reason completes a rejection at once; `other` waits for its note. In an edit the reason is kept until the edit is saved.
    fn choose_reason(&mut self, reason: Reason) -> Vec<Effect> {
        let waits = reason == Reason::Other && self.draft.note.trim().is_empty();
        self.draft.reason = Some(reason);
        let effects = match self.draft.mode {
            Mode::Reject if !waits => self.confirm(),
            Mode::Reject => {
                self.draft.focus += 1;
                Vec::new()
            }
            Mode::Edit if self.draft.confirming => self.confirm(),
            Mode::Edit | Mode::Read => Vec::new(),
        };
        if effects.is_empty() {
            self.draft.touch(); // it waits for more
        }
        effects
    }

    fn confirm(&mut self) -> Vec<Effect> {
        if self.draft.mode == Mode::Read || !self.ready() {
            return Vec::new();
        }
        let Some(reason) = self.draft.reason else {
            self.toasts.push(Toast::warning("Why? Choose a reason: 1–9 or 0."));
            self.draft.confirming = true;
            self.draft.release += 1; // digits are for the reason now
            return Vec::new();
        };
        let Some(item) = self.project.as_ref().and_then(|p| p.current.as_ref()?.item.as_ref()) else { return Vec::new() };
        let (criteria, note) = (self.draft.criteria, self.draft.note.trim().to_owned());
        let changed = |new: &str, old: &str| (new.trim() != old.trim()).then(|| new.trim().to_owned());
        let decision = match self.draft.mode {
            Mode::Read => return Vec::new(),
            Mode::Reject => Decision::Reject { reason, criteria, note },
            Mode::Edit => Decision::Edit {
                reason,
                question: changed(&self.draft.question, &item.question),
                answer: changed(&self.draft.answer, &item.answer),
                criteria,
                note,
            },
        };
        self.decide(decision)
    }

    /// Sends a decision to the disk and shows the next undecided item.
    fn decide(&mut self, decision: Decision) -> Vec<Effect> {
        if let Some(problem) = decision.problem() {
            self.toasts.push(Toast::warning(format!("Not saved: {problem}.")));
            return Vec::new();
        }
        let mut effects = self.send(Action::Decide(decision));
        if !effects.is_empty() {
            self.draft_sent();
            self.leave_form();
            effects.extend(self.select_next_undecided());
        }
        effects
    }

    /// Sends an event about the current item to the disk.
    pub(super) fn send(&mut self, action: Action) -> Vec<Effect> {
        let (Some(p), Some(reviewer)) = (&mut self.project, &self.reviewer) else { return Vec::new() };
        let Some(item) = p.current.as_ref().and_then(|c| c.item.as_ref()) else { return Vec::new() };
        let event = NewEvent {
            reviewer: reviewer.clone(),
            item: item.id.clone(),
            judged: item.text_hash(),
            active_seconds: (self.draft.active_seconds * 10.0).round() / 10.0,
            image: p.shown_image(),
            action,
        };
        if matches!(event.action, Action::Decide(_)) {
            p.pending.insert(event.item.clone(), Pending { event: event.clone(), failed: false });
        } else if event.action.annotation_id().is_some() {
            p.unsaved.push(Unsaved { event: event.clone(), failed: false });
        } else if event.action.answer().is_some() {
            self.answer_event_sent(&event);
        }
        vec![Effect::Write(Write::Event(Box::new(event)))]
    }

    fn toggle_flag(&mut self) -> Vec<Effect> {
        if !self.ready() {
            return Vec::new();
        }
        let Some(me) = self.me() else { return Vec::new() };
        let review = self.project.as_ref().and_then(|p| p.review.item(&p.current_row()?.id));
        let flagged = review.and_then(|r| r.flags.get(&me)).map(|flag| flag.note.clone());
        let typed = self.draft.note.trim() != self.draft.standing.note.trim();
        if let Some(flag) = flagged {
            if !typed && !flag.is_empty() {
                self.draft.note = flag; // it does not go with the flag
                self.draft.touch();
            }
            return self.send(Action::Unflag);
        }
        let note = if typed { self.draft.note.trim().to_owned() } else { String::new() };
        self.send(Action::Flag { note })
    }

    fn history(&mut self, undo: bool) -> Vec<Effect> {
        if !self.draft_is_idle() {
            return self.apply_review(ReviewCommand::Cancel);
        }
        if self.answers.label.is_some() {
            return self.apply_answers(AnswersCommand::CancelLabel);
        }
        if self.tools.cancel() || (self.temporary_because().is_some() && self.tools.step(undo)) {
            self.refresh_measurements();
            return Vec::new();
        }
        let write = if undo { Write::Undo } else { Write::Redo };
        if !self.can_write() {
            return Vec::new();
        }
        self.reviewer.clone().map(|r| Effect::Write(write(r))).into_iter().collect()
    }

    fn retry(&mut self, id: &ItemId) -> Vec<Effect> {
        let mut again = self.retry_answers(id);
        let Some(p) = &mut self.project else { return again };
        for u in p.unsaved.iter_mut().filter(|u| u.failed && u.event.item == *id) {
            u.failed = false;
            again.push(Effect::Write(Write::Event(Box::new(u.event.clone()))));
        }
        if let Some(pending) = p.pending.get_mut(id) {
            pending.failed = false;
            again.push(Effect::Write(Write::Event(Box::new(pending.event.clone()))));
        }
        self.refresh_measurements();
        again
    }
}
