//! What an undo or redo did, in words.

use crate::geometry::Annotation;
use crate::review::{Action, AnswerRef, Decision, Event, Judgement};

/// `step` is what `event` takes back or puts back. While models are hidden (`blind`) no model is named.
pub(super) fn step_back(event: &Event, step: Option<&Action>, blind: bool) -> String {
    let done = if matches!(event.action, Action::Undo { .. }) { "Undone" } else { "Redone" };
    let what = step.map_or_else(|| "your step".to_owned(), |action| name(action, blind));
    format!("{done}: {what} on {}.", event.item)
}

fn name(action: &Action, blind: bool) -> String {
    let of = |answer: &AnswerRef| if blind { "an answer".to_owned() } else { answer.run.to_string() };
    let kind = |a: &Annotation| a.shape.kind().code();
    match action {
        Action::Decide(Decision::Accept { .. }) => "“accept”".to_owned(),
        Action::Decide(Decision::Edit { .. }) => "“edit”".to_owned(),
        Action::Decide(Decision::Reject { reason, .. }) => format!("“reject” ({})", reason.label().split(" (").next().unwrap_or_default()),
        Action::Flag { .. } => "the flag".to_owned(),
        Action::Unflag => "taking the flag away".to_owned(),
        Action::AddAnnotation { annotation } => format!("the {} drawn", kind(annotation)),
        Action::ChangeAnnotation { annotation } => format!("the change of the {} drawn", kind(annotation)),
        Action::RemoveAnnotation { .. } => "deleting a measurement".to_owned(),
        Action::JudgeAnswer { answer, judgement } => format!("“{}” for {}", judged(*judgement), of(answer)),
        Action::UnjudgeAnswer { answer } => format!("taking back the judgement of {}", of(answer)),
        Action::LabelAnswer { answer, label } => match &label.primary {
            Some(code) => format!("the error label “{code}” for {}", of(answer)),
            None => format!("the label for {}", of(answer)),
        },
        Action::UnlabelAnswer { answer } => format!("taking away the error label of {}", of(answer)),
        Action::Undo { .. } | Action::Redo { .. } => "your step".to_owned(),
    }
}

/// As the buttons have it.
fn judged(judgement: Judgement) -> &'static str {
    match judgement {
        Judgement::Right => "right",
        Judgement::Wrong => "wrong",
        Judgement::Unsure => "cannot tell",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qa::{ModelRun, TextHash};
    use crate::review::{Criteria, EventHash, Reason, Reviewer};

    #[test]
    fn an_undo_names_what_it_takes_back_and_no_model_that_is_hidden() {
        let event = |action| Event {
            time: jiff::Timestamp::UNIX_EPOCH,
            reviewer: Reviewer::new("Ada", ""),
            item: "case::2".parse().unwrap(),
            judged: TextHash([0; 32]),
            active_seconds: 0.0,
            program: String::new(),
            action,
            prev: EventHash::ZERO,
            parents: None,
            image: None,
            hash: EventHash::ZERO,
        };
        let undo = event(Action::Undo { event: EventHash::ZERO });
        let redo = event(Action::Redo { event: EventHash::ZERO });
        let answer = AnswerRef { run: ModelRun::parse("med3dvlm").unwrap(), sha256: TextHash([0; 32]) };
        let right = Action::JudgeAnswer { answer, judgement: Judgement::Right };
        assert_eq!(step_back(&undo, Some(&right), false), "Undone: “right” for med3dvlm on case::2.");
        assert_eq!(step_back(&redo, Some(&right), true), "Redone: “right” for an answer on case::2.");
        assert_eq!(step_back(&undo, Some(&Action::Flag { note: String::new() }), false), "Undone: the flag on case::2.");
        let reject = Decision::Reject { reason: Reason::Other, criteria: Criteria::default(), note: String::new() };
        assert_eq!(step_back(&undo, Some(&Action::Decide(reject)), false), "Undone: “reject” (other) on case::2.");
        assert_eq!(step_back(&undo, None, false), "Undone: your step on case::2.");
    }
}
