//! What reviewers say about models' answers: right or wrong, and why.
//!
//! A judgement or label is attached to (item, model, condition) and to the hash of the text that was on screen, so that a later answer of
//! the same model never inherits it. What a reviewer says about one answer replaces what the same reviewer said before about it.

use super::{Action, Event, EventHash, Reviewer};
use crate::qa::{ModelRun, Taxonomy, TaxonomyId, TextHash};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// Longest note of a label, in bytes.
const MAX_NOTE: usize = 10_000;

/// The answer that was judged.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AnswerRef {
    #[serde(flatten)]
    pub run: ModelRun,
    /// As [`crate::qa::answer_hash`].
    pub sha256: TextHash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    Right,
    Wrong,
    /// Cannot tell.
    Unsure,
}

/// Is the explanation right?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Explanation {
    Yes,
    No,
    /// The model gave none.
    None,
}

/// What is wrong with an answer. The codes are those of the taxonomy it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorLabel {
    pub taxonomy: TaxonomyId,
    /// The first broken step; `None` when only the faithfulness of a right answer is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary: Option<String>,
    /// Of the primary or the secondary type, without repeats.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_right: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation_right: Option<Explanation>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// The name that follows from the two axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Faithfulness {
    Faithful,
    DecisionError,
    LuckyGuess,
    Hallucinated,
    NoExplanation,
}

/// Something a reviewer said about an answer, that stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Said<T> {
    pub reviewer: Reviewer,
    pub time: Timestamp,
    pub active_seconds: f64,
    /// The answer's text when it was said.
    pub sha256: TextHash,
    pub event: EventHash,
    pub what: T,
}

/// What one reviewer says about one answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnswerReview {
    pub judgement: Option<Said<Judgement>>,
    pub label: Option<Said<ErrorLabel>>,
}

impl Judgement {
    pub const ALL: [Judgement; 3] = [Judgement::Right, Judgement::Wrong, Judgement::Unsure];

    pub fn code(self) -> &'static str {
        match self {
            Judgement::Right => "right",
            Judgement::Wrong => "wrong",
            Judgement::Unsure => "unsure",
        }
    }

    pub fn parse(s: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|j| j.code() == s)
    }
}

impl Explanation {
    pub const ALL: [Explanation; 3] = [Explanation::Yes, Explanation::No, Explanation::None];

    pub fn code(self) -> &'static str {
        match self {
            Explanation::Yes => "yes",
            Explanation::No => "no",
            Explanation::None => "none",
        }
    }

    pub fn parse(s: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.code() == s)
    }
}

impl Faithfulness {
    pub const ALL: [Faithfulness; 5] = [
        Faithfulness::Faithful,
        Faithfulness::DecisionError,
        Faithfulness::LuckyGuess,
        Faithfulness::Hallucinated,
        Faithfulness::NoExplanation,
    ];

    /// `None` while an axis is not answered.
    pub fn of(answer_right: Option<bool>, explanation: Option<Explanation>) -> Option<Self> {
        Some(match (answer_right, explanation?) {
            (_, Explanation::None) => Faithfulness::NoExplanation,
            (Some(true), Explanation::Yes) => Faithfulness::Faithful,
            (Some(false), Explanation::Yes) => Faithfulness::DecisionError,
            (Some(true), Explanation::No) => Faithfulness::LuckyGuess,
            (Some(false), Explanation::No) => Faithfulness::Hallucinated,
            (None, _) => return None,
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Faithfulness::Faithful => "faithful",
            Faithfulness::DecisionError => "decision error",
            Faithfulness::LuckyGuess => "lucky guess",
            Faithfulness::Hallucinated => "hallucinated",
            Faithfulness::NoExplanation => "no explanation given",
        }
    }
}

impl ErrorLabel {
    /// A label with nothing said yet.
    pub fn new(taxonomy: TaxonomyId) -> Self {
        Self {
            taxonomy,
            primary: None,
            secondary: None,
            codes: Vec::new(),
            answer_right: None,
            explanation_right: None,
            note: String::new(),
        }
    }

    pub fn faithfulness(&self) -> Option<Faithfulness> {
        Faithfulness::of(self.answer_right, self.explanation_right)
    }

    /// Why the label cannot be stored, in words for the reviewer. `taxonomy` is the one it names.
    pub fn problem(&self, taxonomy: &Taxonomy) -> Option<String> {
        if self.primary.is_none() && self.secondary.is_none() && self.answer_right.is_none() && self.explanation_right.is_none() {
            return Some("the label says nothing; choose an error type, or say whether answer and explanation are right".into());
        }
        if self.secondary.is_some() && (self.primary.is_none() || self.primary == self.secondary) {
            return Some("a secondary type needs another primary type".into());
        }
        if self.note.len() > MAX_NOTE {
            return Some(format!("the note is longer than {MAX_NOTE} bytes"));
        }
        let chosen = || self.primary.iter().chain(&self.secondary);
        let unknown = chosen().find(|code| taxonomy.error_type(code).is_none());
        let known = || taxonomy.types.iter().map(|t| t.code.as_str()).collect::<Vec<_>>().join(" ");
        unknown.map(|code| format!("the taxonomy '{}' has no type '{code}'; it has: {}", self.taxonomy, known())).or_else(|| {
            let mut seen = HashSet::new();
            self.codes.iter().find_map(|code| match taxonomy.sub_code(code) {
                None => Some(format!("the taxonomy '{}' has no sub-code '{code}'", self.taxonomy)),
                Some((of, _)) if !chosen().any(|c| *c == of.code) => {
                    Some(format!("the sub-code '{code}' belongs to the type '{}'", of.code))
                }
                Some(_) => (!seen.insert(code)).then(|| format!("the sub-code '{code}' is given twice")),
            })
        })
    }
}

impl<T> Said<T> {
    fn by(e: &Event, sha256: TextHash, what: T) -> Self {
        Self { reviewer: e.reviewer.clone(), time: e.time, active_seconds: e.active_seconds, sha256, event: e.hash, what }
    }
}

impl AnswerReview {
    pub fn is_empty(&self) -> bool {
        self.judgement.is_none() && self.label.is_none()
    }
}

/// Applies one event to what a reviewer says about an item's answers. Other events change nothing.
pub(super) fn say(said: &mut BTreeMap<ModelRun, AnswerReview>, e: &Event) {
    let Some(answer) = e.action.answer() else { return };
    let review = said.entry(answer.run.clone()).or_default();
    match &e.action {
        Action::JudgeAnswer { answer, judgement } => review.judgement = Some(Said::by(e, answer.sha256, *judgement)),
        Action::UnjudgeAnswer { .. } => review.judgement = None,
        Action::LabelAnswer { answer, label } => review.label = Some(Said::by(e, answer.sha256, (**label).clone())),
        Action::UnlabelAnswer { .. } => review.label = None,
        _ => {}
    }
    if review.is_empty() {
        said.remove(&answer.run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qa::{Condition, answer_hash};

    fn label(primary: Option<&str>, secondary: Option<&str>, codes: &[&str]) -> ErrorLabel {
        let text = |t: Option<&str>| t.map(str::to_owned);
        let codes = codes.iter().map(|c| (*c).to_owned()).collect();
        ErrorLabel { primary: text(primary), secondary: text(secondary), codes, ..ErrorLabel::new(Taxonomy::built_in().id()) }
    }

    #[test]
    fn the_two_axes_have_their_names() {
        let of = |a, e| Faithfulness::of(a, e).map(Faithfulness::name);
        let (yes, no) = (Some(Explanation::Yes), Some(Explanation::No));
        let names = [of(Some(true), yes), of(Some(false), yes), of(Some(true), no), of(Some(false), no)];
        assert_eq!(names.map(Option::unwrap), ["faithful", "decision error", "lucky guess", "hallucinated"]);
        assert_eq!(of(Some(true), Some(Explanation::None)), Some("no explanation given"));
        assert!(of(Some(true), None).is_none() && of(None, yes).is_none());
    }

    #[test]
    fn labels_are_held_against_their_taxonomy() {
        let problem = |l: &ErrorLabel| l.problem(Taxonomy::built_in());
        assert_eq!(problem(&label(Some("relational"), Some("linguistic"), &["frame-swap", "negation"])), None);
        for (bad, words) in [
            (label(None, None, &[]), "says nothing"),
            (label(None, Some("numeric"), &[]), "secondary"),
            (label(Some("numeric"), Some("numeric"), &[]), "secondary"),
            (label(Some("colour"), None, &[]), "no type 'colour'; it has: visual-perception"),
            (label(Some("numeric"), None, &["frame-swap"]), "belongs to the type 'relational'"),
            (label(Some("numeric"), None, &["x"]), "no sub-code 'x'"),
            (label(Some("numeric"), None, &["unit", "unit"]), "twice"),
            (ErrorLabel { note: "x".repeat(10_001), ..label(Some("numeric"), None, &[]) }, "note"),
        ] {
            let why = problem(&bad).unwrap();
            assert!(why.contains(words), "{why}");
        }
        let axes = ErrorLabel { answer_right: Some(true), explanation_right: Some(Explanation::No), ..label(None, None, &[]) };
        assert_eq!((problem(&axes), axes.faithfulness()), (None, Some(Faithfulness::LuckyGuess)));
    }

    #[test]
    fn events_are_written_with_stable_names() {
        let run = ModelRun::new("radfm", Condition::TextOnly);
        let answer = AnswerRef { run, sha256: answer_hash("On the left.", None) };
        let written = serde_json::to_value(Action::JudgeAnswer { answer: answer.clone(), judgement: Judgement::Wrong }).unwrap();
        let hash = answer.sha256.hex();
        let expected = serde_json::json!({"action": "judge-answer", "judgement": "wrong",
            "answer": {"model": "radfm", "condition": "text-only", "sha256": hash}});
        assert_eq!(written, expected);
        let action = Action::LabelAnswer { answer, label: Box::new(label(Some("relational"), None, &["frame-swap"])) };
        let text = serde_json::to_string(&action).unwrap();
        assert_eq!(serde_json::from_str::<Action>(&text).unwrap(), action);
        assert!(
            text.contains(r#""taxonomy":{"name":"ct-spatial-errors","version":"1"},"primary":"relational","codes":["frame-swap"]"#),
            "{text}"
        );
    }
}
