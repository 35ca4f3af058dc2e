//! What reviewers say of answers, held against the jury: the figure that stands beside every jury score.
//!
//! Reviewers speak for an answer together: right or wrong where all who judged it say the same, else unsure or split, which is shown and left
//! out. A judgement of a text that has changed since is no judgement of the text that is scored.

use super::statistics::agreement::{PairAgreement, Ratings, agreement};
use super::statistics::wilson;
use crate::qa::thousands;
use crate::qa::{Answer, ItemId, ModelRun, answer_hash};
use crate::review::{ItemReview, Judgement, ReviewState};
use serde::Serialize;

/// What is said where nobody has judged an answer yet.
pub const NO_JUDGEMENTS: &str = "no human judgements yet";

/// What reviewers say about an answer together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Human {
    #[default]
    Silent,
    Right,
    Wrong,
    /// Cannot tell.
    Unsure,
    /// They differ.
    Split,
}

/// What reviewers say about one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HumanWord {
    pub item: ItemId,
    pub run: ModelRun,
    pub said: Human,
}

/// How far the jury and reviewers agree on the answers of a run, or of several.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct HumanAgreement {
    /// Answers that a reviewer judged.
    pub judged: usize,
    /// Of these, answers that reviewers cannot tell or differ on; left out of n.
    pub cannot_tell_or_split: usize,
    /// Answers on which the jury and reviewers both say right or wrong.
    pub n: usize,
    /// Of n, those on which they say the same.
    pub agree: usize,
    pub agreement: Option<f64>,
    pub ci95_wilson: Option<[f64; 2]>,
    /// Beyond chance by Cohen, and by Gwet, who stays defined where nearly all answers are wrong.
    pub cohen_kappa: Option<f64>,
    pub gwet_ac1: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
}

impl Human {
    /// With one reviewer's judgement more.
    pub fn and(self, more: Judgement) -> Self {
        let more = match more {
            Judgement::Right => Human::Right,
            Judgement::Wrong => Human::Wrong,
            Judgement::Unsure => Human::Unsure,
        };
        if self == Human::Silent || self == more { more } else { Human::Split }
    }

    /// `None` when reviewers say neither right nor wrong.
    pub fn right(self) -> Option<bool> {
        match self {
            Human::Right => Some(true),
            Human::Wrong => Some(false),
            Human::Silent | Human::Unsure | Human::Split => None,
        }
    }
}

impl HumanAgreement {
    /// Of what the jury (`None`: no ruling) and reviewers say of each answer.
    pub fn of(answers: impl IntoIterator<Item = (Option<bool>, Human)>) -> Self {
        let (mut found, mut both) = (Self::default(), Vec::new());
        for (jury, human) in answers.into_iter().filter(|(_, human)| *human != Human::Silent) {
            found.judged += 1;
            found.cannot_tell_or_split += usize::from(human.right().is_none());
            both.extend(jury.zip(human.right()));
        }
        let ratings: Vec<Ratings> = both.iter().map(|(a, b)| Ratings::of([*a, *b])).collect();
        let pair = PairAgreement::of("jury", "reviewers", &both);
        found.n = both.len();
        found.agree = both.iter().filter(|(jury, human)| jury == human).count();
        (found.agreement, found.cohen_kappa) = (pair.agree, pair.cohen_kappa);
        found.ci95_wilson = wilson(found.agree, found.n);
        found.gwet_ac1 = agreement(&ratings, 2).gwet_ac1;
        found.why = match (found.judged, found.n) {
            (0, _) => Some(NO_JUDGEMENTS),
            (_, 0) => Some("no answer has both a ruling and a reviewer who says right or wrong"),
            _ => None,
        };
        found
    }

    /// `reviewers agree on 21 of 25 (84.0 %, κ 0.66, AC1 0.70)`, or why there is no such figure.
    pub fn words(&self) -> String {
        let Some(share) = self.agreement else { return self.why.unwrap_or(NO_JUDGEMENTS).to_owned() };
        let beyond = [("κ", self.cohen_kappa), ("AC1", self.gwet_ac1)];
        let beyond: String = beyond.into_iter().filter_map(|(name, value)| Some(format!(", {name} {}", coefficient(value?)))).collect();
        format!("reviewers agree on {} of {} ({:.1} %{beyond})", thousands(self.agree), thousands(self.n), 100.0 * share)
    }
}

/// Two decimals with a true minus sign, and none before a zero.
fn coefficient(value: f64) -> String {
    let hundredths = (value * 100.0).round();
    let sign = if hundredths < 0.0 { "−" } else { "" };
    format!("{sign}{:.2}", hundredths.abs() / 100.0)
}

/// What reviewers say of answers as these stand now.
pub fn human_words(answers: &[Answer], review: &ReviewState) -> Vec<HumanWord> {
    let word = |answer: &Answer| {
        let of_item = review.item(&answer.item).filter(|r| !r.answers.is_empty())?;
        let run = ModelRun::new(&answer.model, answer.condition.clone());
        let said = said(of_item, &run, || answer_hash(&answer.text, answer.reasoning.as_deref()));
        (said != Human::Silent).then(|| HumanWord { item: answer.item.clone(), run, said })
    };
    answers.iter().filter_map(word).collect()
}

/// What reviewers say of one run's answer, whose text has this hash.
fn said(review: &ItemReview, run: &ModelRun, hash: impl Fn() -> crate::qa::TextHash) -> Human {
    let judgements = review.of_answer(run).filter_map(|(_, said)| said.judgement.as_ref());
    judgements.filter(|j| j.sha256 == hash()).fold(Human::Silent, |human, j| human.and(j.what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reviewers_together_say_one_thing_or_are_split() {
        assert_eq!(Human::Silent.and(Judgement::Right), Human::Right);
        assert_eq!(Human::Right.and(Judgement::Right), Human::Right);
        assert_eq!(Human::Right.and(Judgement::Unsure), Human::Split);
        assert_eq!((Human::Right.right(), Human::Split.right()), (Some(true), None));
    }

    #[test]
    fn agreement_counts_what_both_say_and_shows_what_is_left_out() {
        use Human::{Right, Silent, Split, Wrong};
        let said = [(Some(true), Right), (Some(true), Wrong), (Some(false), Wrong), (Some(false), Wrong)];
        let more = [(None, Right), (Some(true), Split), (Some(true), Silent)];
        let found = HumanAgreement::of(said.into_iter().chain(more));
        assert_eq!((found.judged, found.cannot_tell_or_split, found.n, found.agree), (6, 1, 4, 3));
        // by chance ½·¼ + ½·¾ = ½, so κ = ½; Gwet: π = ⅜, chance 2·⅜·⅝ = 15/32, so AC1 = (¾ − 15/32) / (1 − 15/32) = 9/17
        assert_eq!((found.agreement, found.cohen_kappa), (Some(0.75), Some(0.5)));
        assert!((found.gwet_ac1.unwrap() - 9.0 / 17.0).abs() < 1e-12);
        assert_eq!(found.words(), "reviewers agree on 3 of 4 (75.0 %, κ 0.50, AC1 0.53)");
    }

    #[test]
    fn numbers_have_separators_and_a_true_minus() {
        use Human::{Right, Wrong};
        let said = [(true, Wrong), (false, Right)].map(|(jury, human)| [(Some(jury), human); 617]);
        let found = HumanAgreement::of(said.into_iter().flatten().chain([(Some(true), Right); 2]));
        assert_eq!(found.words(), "reviewers agree on 2 of 1,236 (0.2 %, κ −1.00, AC1 −1.00)");
        assert_eq!((coefficient(-0.004), coefficient(-0.006), coefficient(0.5)), ("0.00".into(), "−0.01".into(), "0.50".into()));
    }

    #[test]
    fn nothing_judged_is_said_and_is_no_zero() {
        let none = HumanAgreement::of([(Some(true), Human::Silent)]);
        assert_eq!((none.n, none.agreement, none.words().as_str()), (0, None, NO_JUDGEMENTS));
        let unsure = HumanAgreement::of([(Some(true), Human::Unsure)]);
        assert!(unsure.judged == 1 && unsure.words().starts_with("no answer has both"));
        let same = HumanAgreement::of([(Some(false), Human::Wrong); 3]);
        assert_eq!(same.words(), "reviewers agree on 3 of 3 (100.0 %, AC1 1.00)", "κ is undefined where all say wrong");
    }
}
