//! Which kind of answer an item asks for, and which of the possible answers its reference is: what chance levels are computed over.
//!
//! The kinds and their order are those of the stored reference figures: options, uni- or bilateral, yes or no, left or right, side, A or B,
//! other closed questions, open. The first that fits counts; texts are compared in lower case.

use crate::qa::Item;
use regex::Regex;
use serde::Serialize;
use std::sync::LazyLock;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerType {
    /// The item lists its options.
    Options,
    UniBi,
    YesNo,
    LeftRight,
    Side,
    AlternativeOr,
    AuxOther,
    Open,
}

impl AnswerType {
    pub const CLOSED: [AnswerType; 7] = [
        AnswerType::Options,
        AnswerType::UniBi,
        AnswerType::YesNo,
        AnswerType::LeftRight,
        AnswerType::Side,
        AnswerType::AlternativeOr,
        AnswerType::AuxOther,
    ];

    /// Name as it is printed.
    pub fn name(self) -> &'static str {
        match self {
            AnswerType::Options => "options",
            AnswerType::UniBi => "uni_bi",
            AnswerType::YesNo => "yes_no",
            AnswerType::LeftRight => "left_right",
            AnswerType::Side => "side",
            AnswerType::AlternativeOr => "alternative_or",
            AnswerType::AuxOther => "aux_other",
            AnswerType::Open => "open",
        }
    }
}

/// A regular expression of this file; one that does not compile is caught by the tests and matches nothing.
struct Pattern(LazyLock<Option<Regex>>);

macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: Pattern = Pattern(LazyLock::new(|| Regex::new($text).ok()));
    };
}

pattern!(AUX, r"^(is|are|was|were|do|does|did|has|have|had|can|could|should|would|will)\b");
pattern!(UNILATERAL, r"\bunilateral(ly)?\b");
pattern!(BILATERAL, r"\bbilateral(ly)?\b");
pattern!(ONE_OR_BOTH, r"\bone\b.*\bor\b.*\bboth\b|\bboth\b.*\bor\b.*\bone\b");
pattern!(
    SIDE,
    r"\b(which|what) sides?\b|\bwhich lungs? (is|are|was|were|shows?|contains?|has|have|does|do|exhibits?|demonstrates?|presents?)\b|\bwhich hemithorax\b"
);
pattern!(PLACE, r"\b(segment|lobe|level|region|zone|where|part|area)s?\b");
pattern!(LEFT_OR_RIGHT, r"\b(left or (the )?right|right or (the )?left)\b");
pattern!(STARTS_YES_NO, r"^\W*(yes|no)\b");
pattern!(OR, r"\bor\b");
pattern!(BOTH, r"\b(both|bilateral(ly)?)\b");
pattern!(ONE_SIDE, r"\b(unilateral(ly)?|left|right|one)\b");
pattern!(LEFT, r"\bleft\b");
pattern!(RIGHT, r"\bright\b");

impl Pattern {
    fn is_in(&self, text: &str) -> bool {
        self.0.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

/// The kind of answer an item asks for.
pub fn answer_type(item: &Item) -> AnswerType {
    let (question, answer) = (item.question.to_lowercase(), item.answer.to_lowercase());
    let q = question.as_str();
    let closed = AUX.is_in(q);
    if item.options.len() >= 2 {
        AnswerType::Options
    } else if (UNILATERAL.is_in(q) && BILATERAL.is_in(q)) || ONE_OR_BOTH.is_in(q) {
        AnswerType::UniBi
    } else if closed && STARTS_YES_NO.is_in(&answer) {
        AnswerType::YesNo
    } else if LEFT_OR_RIGHT.is_in(q) && !PLACE.is_in(q) {
        AnswerType::LeftRight
    } else if SIDE.is_in(q) && !PLACE.is_in(q) {
        AnswerType::Side
    } else if closed {
        if OR.is_in(q) { AnswerType::AlternativeOr } else { AnswerType::AuxOther }
    } else {
        AnswerType::Open
    }
}

/// How many answers are possible, so that guessing evenly is right once in that many times; `None` for open questions.
pub fn choices(kind: AnswerType, item: &Item) -> Option<usize> {
    match kind {
        AnswerType::Open => None,
        AnswerType::Options => Some(item.options.len()),
        AnswerType::Side => Some(3), // left, right, both
        _ => Some(2),
    }
}

/// Which of the possible answers the reference is; `None` when it says none of them, or the kind has no fixed ones.
pub fn label(kind: AnswerType, item: &Item) -> Option<String> {
    let answer = item.answer.to_lowercase();
    let label = match kind {
        AnswerType::Options => return super::choice::letter_of_reference(item).map(String::from),
        AnswerType::YesNo => Some(if answer.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with("yes") { "yes" } else { "no" }),
        AnswerType::UniBi if BOTH.is_in(&answer) => Some("bilateral"),
        AnswerType::UniBi => ONE_SIDE.is_in(&answer).then_some("unilateral"),
        AnswerType::LeftRight | AnswerType::Side => side(&answer),
        AnswerType::AlternativeOr | AnswerType::AuxOther | AnswerType::Open => None,
    };
    label.map(str::to_owned)
}

fn side(answer: &str) -> Option<&'static str> {
    match (LEFT.is_in(answer), RIGHT.is_in(answer)) {
        _ if BOTH.is_in(answer) => Some("bilateral"),
        (true, true) => Some("bilateral"),
        (true, false) => Some("left"),
        (false, true) => Some("right"),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::tests::item;

    #[test]
    fn every_pattern_compiles() {
        let all = [
            &AUX,
            &UNILATERAL,
            &BILATERAL,
            &ONE_OR_BOTH,
            &SIDE,
            &PLACE,
            &LEFT_OR_RIGHT,
            &STARTS_YES_NO,
            &OR,
            &BOTH,
            &ONE_SIDE,
            &LEFT,
            &RIGHT,
        ];
        assert!(all.iter().all(|pattern| pattern.0.is_some()));
    }

    #[test]
    fn kinds_and_labels_are_read_from_question_and_answer() {
        let check = |question: &str, answer: &str, kind: AnswerType, expected: Option<&str>| {
            let item = item(question, answer, &[]);
            assert_eq!(answer_type(&item), kind, "{question}");
            assert_eq!(label(kind, &item).as_deref(), expected, "{question} {answer}");
        };
        check("Is the effusion unilateral or bilateral?", "Bilateral, more on the right.", AnswerType::UniBi, Some("bilateral"));
        check("Is it in one lung or both?", "In the left lung.", AnswerType::UniBi, Some("unilateral"));
        check("Is there an effusion?", "- No.", AnswerType::YesNo, Some("no"));
        check("Is it on the left or the right?", "Both sides", AnswerType::LeftRight, Some("bilateral"));
        check("On which side is the nodule?", "Right, the left is clear.", AnswerType::Side, Some("bilateral"));
        check("Which side, and in which lobe?", "Right", AnswerType::Open, None);
        check("Is the lesion solid or cystic?", "Solid", AnswerType::AlternativeOr, None);
        check("Are the kidneys large?", "Enlarged", AnswerType::AuxOther, None);
        check("Where is it?", "Here", AnswerType::Open, None);
    }

    #[test]
    fn listed_options_come_first() {
        let item = item("Is it left or right?", "B", &["left", "right", "both"]);
        assert_eq!(answer_type(&item), AnswerType::Options);
        assert_eq!(choices(AnswerType::Options, &item), Some(3));
        assert_eq!(label(AnswerType::Options, &item).as_deref(), Some("B"));
    }
}
