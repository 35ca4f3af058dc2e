//! Choosing an error label: a letter for the primary type, another for a secondary one, digits for sub-codes, two axes, a note.

use super::{AnswersCommand, AppState};
use crate::qa::{ItemId, Taxonomy};
use crate::review::{Action, AnswerRef, DraftLabel, ErrorLabel, Explanation};
use crate::state::{Effect, Toast};

/// A label that is not saved.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelDraft {
    pub item: ItemId,
    pub answer: AnswerRef,
    pub label: ErrorLabel,
    /// The type that was chosen last, whose sub-codes the digits mean.
    last: Option<String>,
    pub touched: bool,
    /// The same answer has a label of this reviewer already.
    pub stands: bool,
}

impl LabelDraft {
    fn new(item: ItemId, answer: AnswerRef, taxonomy: &Taxonomy, own: Option<ErrorLabel>) -> Self {
        let stands = own.is_some();
        let blank = ErrorLabel::new(taxonomy.id());
        // A label of another taxonomy or version keeps what has the same meaning in every one.
        let label = own.map_or_else(
            || blank.clone(),
            |l| {
                let other = l.taxonomy != taxonomy.id();
                let carried = || ErrorLabel { answer_right: l.answer_right, explanation_right: l.explanation_right, ..blank.clone() };
                if other { ErrorLabel { note: l.note.clone(), ..carried() } } else { l }
            },
        );
        Self { item, answer, label, last: None, touched: false, stands }
    }

    /// One that was begun in an earlier session.
    pub(super) fn begun(item: ItemId, begun: &DraftLabel) -> Self {
        Self { item, answer: begun.answer.clone(), label: begun.label.clone(), last: None, touched: true, stands: false }
    }

    fn has_type(&self, code: &str) -> bool {
        [&self.label.primary, &self.label.secondary].into_iter().flatten().any(|c| c == code)
    }

    /// The type whose sub-codes are offered first.
    pub fn active(&self) -> Option<&str> {
        let last = self.last.as_deref().filter(|code| self.has_type(code));
        last.or(self.label.secondary.as_deref()).or(self.label.primary.as_deref())
    }

    /// A key of the taxonomy: a sub-code of the active type, else a type. False for any other key.
    fn key(&mut self, taxonomy: &Taxonomy, key: char) -> bool {
        let is = |text: &str| text.chars().eq([key]);
        let active = self.active().and_then(|code| taxonomy.error_type(code));
        if let Some(code) = active.and_then(|t| t.codes.iter().find(|c| is(&c.key))) {
            self.toggle_code(taxonomy, &code.code);
            return true;
        }
        let Some(chosen) = taxonomy.types.iter().find(|t| is(&t.key)) else { return false };
        self.toggle_type(taxonomy, &chosen.code);
        true
    }

    /// The first type is the primary one, the next the secondary; a chosen one is taken away.
    fn toggle_type(&mut self, taxonomy: &Taxonomy, code: &str) {
        self.touched = true;
        let label = &mut self.label;
        if label.primary.as_deref() == Some(code) {
            label.primary = label.secondary.take();
        } else if label.secondary.as_deref() == Some(code) {
            label.secondary = None;
        } else if label.primary.is_none() {
            label.primary = Some(code.to_owned());
        } else {
            label.secondary = Some(code.to_owned());
        }
        self.last = Some(code.to_owned());
        let fits = |c: &String| taxonomy.sub_code(c).is_some_and(|(of, _)| self.has_type(&of.code));
        self.label.codes = self.label.codes.iter().filter(|c| fits(c)).cloned().collect();
    }

    fn toggle_code(&mut self, taxonomy: &Taxonomy, code: &str) {
        let Some((of, _)) = taxonomy.sub_code(code).filter(|(of, _)| self.has_type(&of.code)) else { return };
        self.touched = true;
        self.last = Some(of.code.clone());
        match self.label.codes.iter().position(|c| c == code) {
            Some(at) => drop(self.label.codes.remove(at)),
            None => self.label.codes.push(code.to_owned()),
        }
    }

    fn change(&mut self, command: AnswersCommand) {
        self.touched = true;
        let label = &mut self.label;
        match command {
            AnswersCommand::AnswerAxis(right) => label.answer_right = right,
            AnswersCommand::ExplanationAxis(right) => label.explanation_right = right,
            AnswersCommand::NextAnswerAxis => {
                label.answer_right = match label.answer_right {
                    None => Some(true),
                    Some(true) => Some(false),
                    Some(false) => None,
                }
            }
            AnswersCommand::NextExplanationAxis => {
                let all = [None, Some(Explanation::Yes), Some(Explanation::No), Some(Explanation::None)];
                let at = all.iter().position(|e| *e == label.explanation_right).unwrap_or_default();
                label.explanation_right = all[(at + 1) % all.len()];
            }
            AnswersCommand::Note(note) => label.note = note,
            _ => {}
        }
    }
}

impl AppState {
    pub(super) fn apply_label(&mut self, command: AnswersCommand) -> Vec<Effect> {
        if matches!(command, AnswersCommand::StartLabel) {
            self.start_label();
            return Vec::new();
        }
        let Some(mut draft) = self.answers.label.take() else { return Vec::new() };
        match command {
            AnswersCommand::SaveLabel => return self.save_label(draft),
            AnswersCommand::RemoveLabel => return self.remove_label(draft),
            AnswersCommand::CancelLabel => {
                self.draft.release += 1;
                self.draft.touch(); // its draft goes with it
                return Vec::new();
            }
            AnswersCommand::FocusNote => self.answers.note_focus += 1,
            AnswersCommand::LabelKey(key) => _ = draft.key(self.answers.taxonomy(), key),
            AnswersCommand::LabelType(code) => draft.toggle_type(self.answers.taxonomy(), &code),
            AnswersCommand::LabelCode(code) => draft.toggle_code(self.answers.taxonomy(), &code),
            other => draft.change(other),
        }
        if draft.touched {
            self.draft.touch();
        }
        self.answers.label = Some(draft);
        Vec::new()
    }

    fn start_label(&mut self) {
        // Until the project's own taxonomy is known, a label might name another.
        if self.answers.table.is_none() || self.answers.rows.is_none() || !self.ready() {
            return;
        }
        let Some(answer) = self.answers.selected_row().map(|r| r.view.reference()) else { return };
        let Some(item) = self.project.as_ref().and_then(|p| Some(p.current_row()?.id.clone())) else { return };
        let own = self.own_word(&answer.run).label;
        let kept = self.answers.kept.remove(&(item.clone(), answer.run.clone())).filter(|d| d.answer == answer);
        let kept = kept.map(|d| LabelDraft { stands: own.is_some(), ..d });
        let fresh = || LabelDraft::new(item, answer, self.answers.taxonomy(), own);
        self.answers.label = Some(kept.unwrap_or_else(fresh));
    }

    fn save_label(&mut self, draft: LabelDraft) -> Vec<Effect> {
        if let Some(problem) = draft.label.problem(self.answers.taxonomy()) {
            self.toasts.push(Toast::warning(format!("Not saved: {problem}.")));
            self.answers.label = Some(draft);
            return Vec::new();
        }
        let label = ErrorLabel { note: draft.label.note.trim().to_owned(), ..draft.label.clone() };
        self.finish_label(draft.clone(), Action::LabelAnswer { answer: draft.answer, label: Box::new(label) })
    }

    fn remove_label(&mut self, draft: LabelDraft) -> Vec<Effect> {
        if !draft.stands {
            return Vec::new();
        }
        self.finish_label(draft.clone(), Action::UnlabelAnswer { answer: draft.answer })
    }

    /// The form is closed only when the event is on its way.
    fn finish_label(&mut self, draft: LabelDraft, action: Action) -> Vec<Effect> {
        let effects = if self.ready() { self.send(action) } else { Vec::new() };
        self.draft.release += 1;
        if effects.is_empty() {
            self.answers.label = Some(draft);
        }
        effects
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qa::{ModelRun, answer_hash};

    fn draft() -> LabelDraft {
        let answer = AnswerRef { run: ModelRun::parse("m").unwrap(), sha256: answer_hash("x", None) };
        LabelDraft::new("c::0".parse().unwrap(), answer, Taxonomy::built_in(), None)
    }

    fn typed(keys: &str) -> ErrorLabel {
        let mut d = draft();
        keys.chars().for_each(|k| _ = d.key(Taxonomy::built_in(), k));
        d.label
    }

    #[test]
    fn letters_are_types_and_digits_sub_codes_of_the_type_chosen_last() {
        let one = typed("R2");
        assert_eq!((one.primary.as_deref(), one.codes), (Some("relational"), vec!["frame-swap".to_owned()]));
        let two = typed("R2L1");
        assert_eq!((two.secondary.as_deref(), two.codes), (Some("linguistic"), vec!["frame-swap".to_owned(), "misread".to_owned()]));
        let taken = typed("R2L1R");
        assert_eq!((taken.primary.as_deref(), taken.secondary, taken.codes), (Some("linguistic"), None, vec!["misread".to_owned()]));
        assert_eq!(typed("R22").codes, Vec::<String>::new());
        assert_eq!(typed("2"), typed(""), "a sub-code needs its type");
        assert!(!draft().key(Taxonomy::built_in(), 'Z'));
        for keys in ["R2L1", "V", "N45"] {
            assert_eq!(typed(keys).problem(Taxonomy::built_in()), None, "{keys}");
        }
    }

    #[test]
    fn axes_go_round() {
        let mut d = draft();
        let mut seen = Vec::new();
        for _ in 0..4 {
            d.change(AnswersCommand::NextExplanationAxis);
            seen.push(d.label.explanation_right);
        }
        assert_eq!(seen, [Some(Explanation::Yes), Some(Explanation::No), Some(Explanation::None), None]);
        d.change(AnswersCommand::NextAnswerAxis);
        assert_eq!(d.label.answer_right, Some(true));
    }

    #[test]
    fn a_label_of_another_taxonomy_keeps_its_axes_and_note() {
        let mut other = Taxonomy::built_in().clone();
        other.version = "2".into();
        let own = ErrorLabel { answer_right: Some(false), note: "n".into(), ..typed("R2") };
        let d = LabelDraft::new("c::0".parse().unwrap(), draft().answer, &other, Some(own.clone()));
        assert_eq!((d.label.primary, d.label.answer_right, d.label.note.as_str()), (None, Some(false), "n"));
        let same = LabelDraft::new("c::0".parse().unwrap(), draft().answer, Taxonomy::built_in(), Some(own.clone()));
        assert_eq!(same.label, own);
    }
}
