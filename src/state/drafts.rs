//! Drafts: what this reader has typed or chosen on items and not decided. They are kept in memory, in the project, and shown on return.
//!
//! Pure like the rest of the state: when to write is the window's business ([`ReviewCommand::KeepDraft`](super::ReviewCommand)), what to
//! write is here. A draft goes when its decision is on disk, and stays when saving fails.

use super::{AppState, Draft, DraftWrite, Effect, Mode, OpenProject, Toast};
use crate::project::Drafts;
use crate::qa::{Item, ItemId};
use crate::review::{DraftForm, DraftLabel, DraftText, Event, ReaderKey};

/// The draft on one item as it was when it was last left or written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeptDraft {
    pub text: DraftText,
    /// Seconds of activity on the item so far, in this session.
    pub active_seconds: f64,
    /// What of it went into a decision that is on its way or was refused.
    pub sent: Option<DraftText>,
    /// The project does not have it as it is.
    pub unkept: bool,
}

impl Draft {
    /// What is worth keeping of it, beside the text of the item.
    fn text(&self, item: &Item, labels: Vec<DraftLabel>) -> DraftText {
        let changed = |new: &str, old: &str| (new != old).then(|| new.to_owned());
        let form = match self.mode {
            Mode::Read => None,
            Mode::Edit => Some(DraftForm::Edit),
            Mode::Reject => Some(DraftForm::Reject),
        };
        let (question, answer) = (changed(&self.question, &item.question), changed(&self.answer, &item.answer));
        DraftText { form, criteria: self.criteria, note: self.note.clone(), question, answer, reason: self.reason, labels }
    }

    /// Something was typed or chosen, and is not on its way to the project.
    pub(super) fn touch(&mut self) {
        (self.touched, self.dirty) = (true, true);
    }

    /// Shows `text` on an item, from nothing.
    pub(super) fn show(&mut self, item: &Item, text: DraftText) {
        self.mode = match text.form {
            None => Mode::Read,
            Some(DraftForm::Edit) => Mode::Edit,
            Some(DraftForm::Reject) => Mode::Reject,
        };
        (self.criteria, self.note, self.reason) = (text.criteria, text.note, text.reason);
        self.question = text.question.unwrap_or_else(|| item.question.clone());
        self.answer = text.answer.unwrap_or_else(|| item.answer.clone());
    }
}

impl OpenProject {
    /// Items that have a draft, without those whose decision is being saved.
    pub fn drafted(&self) -> impl Iterator<Item = &ItemId> {
        self.drafts.keys().filter(|id| self.pending.get(*id).is_none_or(|p| p.failed))
    }

    fn forget_draft(&mut self, item: &ItemId) {
        if self.drafts.remove(item).is_some() {
            self.drafts_gone.insert(item.clone());
        }
    }

    /// What the project should hold and does not.
    fn unkept_drafts(&mut self, reader: &ReaderKey) -> Vec<Effect> {
        if self.read_only {
            return Vec::new();
        }
        let write = |item: &ItemId, content| Effect::KeepDraft(DraftWrite { reader: reader.clone(), item: item.clone(), content });
        let mut effects: Vec<Effect> = self.drafts_gone.drain().map(|item| write(&item, None)).collect();
        let pending = &self.pending;
        for (item, kept) in self.drafts.iter_mut().filter(|(item, d)| d.unkept && pending.get(*item).is_none_or(|p| p.failed)) {
            kept.unkept = false;
            effects.push(write(item, Some(kept.text.clone())));
        }
        effects
    }
}

impl AppState {
    /// Keeps what was typed or chosen on the item on screen: in memory, and in the project what that does not have yet.
    pub(super) fn keep_draft(&mut self) -> Vec<Effect> {
        self.remember_draft();
        let me = self.me();
        self.project.as_mut().zip(me).map(|(p, me)| p.unkept_drafts(&me)).unwrap_or_default()
    }

    fn remember_draft(&mut self) {
        let Some(p) = &mut self.project else { return };
        let Some(item) = p.current.as_ref().and_then(|c| c.item.as_ref()).filter(|_| self.draft.touched) else { return };
        let (text, id) = (self.draft.text(item, self.answers.begun(&item.id)), item.id.clone());
        let changed = std::mem::take(&mut self.draft.dirty);
        if text.adds_to(&self.draft.standing) {
            let kept = p.drafts.entry(id).or_default();
            let unkept = kept.unkept || changed || kept.text != text;
            (kept.text, kept.active_seconds, kept.unkept) = (text, self.draft.active_seconds, unkept);
        } else {
            p.forget_draft(&id);
        }
    }

    /// The decision on the item on screen, made of its draft, is on its way.
    pub(super) fn draft_sent(&mut self) {
        self.remember_draft();
        self.draft.touched = false;
        let Some(p) = &mut self.project else { return };
        let Some(id) = p.current_row().map(|row| row.id.clone()) else { return };
        if let Some(kept) = p.drafts.get_mut(&id) {
            kept.sent = Some(kept.text.clone());
        }
    }

    /// The decision is on disk, and the store has removed its draft there. What was typed since is a new one.
    pub(super) fn draft_decided(&mut self, event: &Event) -> Vec<Effect> {
        let me = self.me().filter(|me| *me == event.reviewer.key());
        let standing = self.standing_of(&event.item);
        let Some((p, me)) = self.project.as_mut().zip(me) else { return Vec::new() };
        match p.drafts.get_mut(&event.item) {
            Some(kept) if kept.sent.as_ref() == Some(&kept.text) => {
                let labels = std::mem::take(&mut kept.text.labels); // no part of the decision
                let left = KeptDraft { text: DraftText { labels, ..standing }, unkept: true, ..KeptDraft::default() };
                p.drafts.remove(&event.item);
                if !left.text.labels.is_empty() {
                    p.drafts.insert(event.item.clone(), left);
                }
            }
            Some(kept) => (kept.sent, kept.unkept) = (None, true),
            None => {}
        }
        p.unkept_drafts(&me)
    }

    /// The note of a flag that is on disk is no draft any more.
    pub(super) fn flag_noted(&mut self, event: &Event, note: &str) -> Vec<Effect> {
        let Some(p) = &mut self.project else { return Vec::new() };
        if p.current_row().is_some_and(|row| row.id == event.item) {
            if !note.is_empty() && self.draft.note.trim() == note {
                self.draft.note.clone_from(&self.draft.standing.note);
                self.draft.touch();
            }
        } else if let Some(kept) = p.drafts.get_mut(&event.item).filter(|k| !note.is_empty() && k.text.note.trim() == note) {
            kept.text.note.clear();
            kept.unkept = true;
            if !kept.text.adds_to(&DraftText::default()) {
                p.forget_draft(&event.item);
            }
        }
        self.keep_draft()
    }

    /// An error label is on disk: it is no draft any more.
    pub(super) fn label_saved(&mut self, event: &Event) {
        let Some(run) = event.action.answer().map(|a| &a.run) else { return };
        let Some(p) = &mut self.project else { return };
        if p.current_row().is_some_and(|row| row.id == event.item) {
            self.draft.touch(); // what is left of it is written with the next pause
        } else if let Some(kept) = p.drafts.get_mut(&event.item) {
            kept.text.labels.retain(|l| l.answer.run != *run);
            kept.unkept = true;
            if !kept.text.adds_to(&DraftText::default()) {
                p.forget_draft(&event.item);
            }
        }
    }

    /// Brings begun error labels of all items back from their drafts.
    pub(super) fn restore_labels(&mut self) {
        let Some(p) = &self.project else { return };
        let all = p.drafts.iter().flat_map(|(item, kept)| kept.text.labels.iter().map(move |l| (item, l)));
        all.for_each(|(item, label)| self.answers.restore(item, label));
    }

    /// Forgets what is typed on the item on screen and shows what stands.
    pub(super) fn discard_draft(&mut self) -> Vec<Effect> {
        let Some(p) = &mut self.project else { return Vec::new() };
        let Some(id) = p.current_row().map(|row| row.id.clone()) else { return Vec::new() };
        p.forget_draft(&id);
        self.answers.forget_begun(&id);
        p.drafts_gone.insert(id);
        self.draft.touched = false;
        self.leave_form();
        self.fill_draft();
        self.keep_draft()
    }

    /// Shows the next item that has a draft, in the order of the items.
    pub(super) fn next_draft(&mut self) -> Vec<Effect> {
        let kept = self.keep_draft();
        let Some(p) = &self.project else { return kept };
        let at = p.current.as_ref().map_or(0, |c| c.index);
        let mut all: Vec<usize> = p.drafted().filter_map(|id| p.index.get(id).copied()).collect();
        all.sort_unstable();
        let next = all.iter().find(|i| **i > at).or(all.first()).copied();
        kept.into_iter().chain(next.map(|index| self.select(index)).unwrap_or_default()).collect()
    }

    /// The reader of this session is another one: nobody sees what somebody else has typed. What was typed while nobody was named is the new
    /// reader's.
    pub(super) fn drafts_of_another(&mut self, before: Option<&ReaderKey>) -> Vec<Effect> {
        let Some(me) = self.me().filter(|me| before != Some(me)) else { return Vec::new() };
        if let (Some(p), Some(_)) = (&mut self.project, before) {
            p.drafts.clear();
            p.drafts_gone.clear();
            self.answers.forget_all_begun();
            self.start_draft();
            self.fill_draft();
        }
        if self.project.is_some() { vec![Effect::FetchDrafts(me)] } else { Vec::new() }
    }

    /// What the project holds of this reader's drafts. What was typed meanwhile is newer.
    pub(super) fn drafts_arrived(&mut self, reader: &ReaderKey, drafts: Drafts) -> Vec<Effect> {
        drafts.notes.into_iter().for_each(|note| self.toasts.push(Toast::warning(note)));
        if self.me().as_ref() != Some(reader) {
            return Vec::new();
        }
        let Some(p) = &mut self.project else { return Vec::new() };
        for (item, text) in drafts.all {
            p.drafts.entry(item).or_insert_with(|| KeptDraft { text, ..KeptDraft::default() });
        }
        self.restore_labels();
        if !self.draft.touched {
            self.fill_draft();
        }
        self.keep_draft()
    }

    /// Says once that drafts cannot be written, until they can be again. What was not written is tried again with the next one.
    pub(super) fn draft_kept(&mut self, item: &ItemId, problem: Option<String>) {
        let Some(p) = &mut self.project else { return };
        let told = std::mem::replace(&mut p.drafts_failing, problem.is_some());
        let Some(why) = problem else { return };
        match p.drafts.get_mut(item) {
            Some(kept) => kept.unkept = true,
            None => drop(p.drafts_gone.insert(item.clone())),
        }
        if !told {
            let text = format!("What you type is not being kept in the project: {why} It is still here; decide or leave the window open.");
            self.toasts.push(Toast::error(text));
        }
    }
}
