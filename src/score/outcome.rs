//! What each answer is worth, from its options where the item lists them, else from the jury; and shares of what is right.

use super::choice::{Choice, choose, right_option};
use super::jury::Ruling;
use super::statistics::{Cluster, wilson};
use crate::qa::Item;
use serde::{Serialize, Serializer};

/// 1 right, 0 wrong, between them a share of votes; `None` without a verdict.
pub type Outcome = Option<f64>;

/// How much of n is right.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Share {
    pub n: usize,
    /// A whole number unless the jury's rule is the mean.
    #[serde(serialize_with = "whole")]
    pub correct: f64,
    /// `None` when n is 0.
    pub accuracy: Option<f64>,
    /// `None` when n is 0 or shares of votes were summed.
    pub ci95_wilson: Option<[f64; 2]>,
}

/// How a model chose among listed options.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ChoiceScores {
    /// Answers to items with options; invalid and empty ones count as wrong.
    #[serde(flatten)]
    pub share: Share,
    /// Several options, or none that can be told.
    pub invalid: usize,
    pub not_answered: usize,
    /// Items left out because their reference is none of their options.
    pub without_reference: usize,
}

impl Share {
    pub fn of(outcomes: impl IntoIterator<Item = f64>) -> Self {
        let mut share = Self::default();
        let mut decided = true;
        for worth in outcomes {
            share.n += 1;
            share.correct += worth;
            decided &= worth == 0.0 || worth == 1.0;
        }
        share.accuracy = (share.n > 0).then(|| share.correct / share.n as f64);
        share.ci95_wilson = if decided { wilson(share.correct as usize, share.n) } else { None };
        share
    }
}

/// What each answer is worth. An answer to an item with options is right when it chose the right one; else the ruling counts.
pub fn outcomes<T: AsRef<str>>(items: &[Item], texts: &[Option<T>], rulings: &[Ruling]) -> Vec<Outcome> {
    let one = |(n, item): (usize, &Item)| match right_of_several(item) {
        Some(right) => texts[n].as_ref().map(|text| f64::from(u8::from(choose(text.as_ref(), &item.options) == Choice::Option(right)))),
        None => rulings[n].worth(),
    };
    items.iter().enumerate().map(one).collect()
}

/// Scores of the items that list options; `None` when no item does.
pub fn choices<T: AsRef<str>>(items: &[Item], texts: &[Option<T>]) -> Option<ChoiceScores> {
    let mut scores = ChoiceScores::default();
    let mut worth = Vec::new();
    for (item, text) in items.iter().zip(texts).filter(|(item, _)| item.options.len() >= 2) {
        let Some(right) = right_of_several(item) else {
            scores.without_reference += 1;
            continue;
        };
        let Some(text) = text else { continue };
        let choice = choose(text.as_ref(), &item.options);
        scores.invalid += usize::from(choice == Choice::Invalid);
        scores.not_answered += usize::from(choice == Choice::Empty);
        worth.push(f64::from(u8::from(choice == Choice::Option(right))));
    }
    scores.share = Share::of(worth);
    (scores.share.n + scores.without_reference > 0).then_some(scores)
}

fn right_of_several(item: &Item) -> Option<usize> {
    if item.options.len() >= 2 { right_option(item) } else { None }
}

/// Sums of outcomes by case, for the bootstrap.
pub fn by_case(outcomes: &[Outcome], case_of: &[usize], cases: usize) -> Vec<Cluster> {
    let mut clusters = vec![Cluster::default(); cases];
    for (outcome, case) in outcomes.iter().zip(case_of) {
        if let Some(worth) = outcome {
            clusters[*case].sum += worth;
            clusters[*case].n += 1.0;
        }
    }
    clusters
}

/// Right when worth more than half, wrong when less; exactly half is neither.
pub fn right(outcome: Outcome) -> Option<bool> {
    outcome.filter(|worth| *worth != 0.5).map(|worth| worth > 0.5)
}

/// A count that is written as an integer where it is one.
pub fn whole<S: Serializer>(value: &f64, s: S) -> Result<S::Ok, S::Error> {
    if value.fract() == 0.0 { s.serialize_i64(*value as i64) } else { s.serialize_f64(*value) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::tests::item;

    #[test]
    fn options_decide_where_there_are_some_and_the_jury_elsewhere() {
        let items =
            [item("Which?", "spleen", &["liver", "spleen"]), item("Which?", "spleen", &["liver", "spleen"]), item("Where?", "here", &[])];
        let texts = [Some("B"), None, Some("there")];
        let rulings = [Ruling::Worth(0.0), Ruling::Worth(1.0), Ruling::Worth(1.0)];
        assert_eq!(outcomes(&items, &texts, &rulings), [Some(1.0), None, Some(1.0)]);
        assert_eq!(right(Some(0.5)), None);
    }

    #[test]
    fn choices_count_what_is_invalid_and_empty_as_wrong() {
        let items = vec![item("Which?", "spleen", &["liver", "spleen"]); 4];
        let found = choices(&items, &[Some("B"), Some("A or B"), Some(""), None]).unwrap();
        assert_eq!((found.share.n, found.share.correct, found.invalid, found.not_answered), (3, 1.0, 1, 1));
        assert!(choices(&[item("Where?", "here", &[])], &[Some("x")]).is_none());
    }

    #[test]
    fn shares_of_nothing_are_undefined() {
        assert_eq!(Share::of([]).accuracy, None);
        assert_eq!(Share::of([0.5, 1.0]).ci95_wilson, None);
        assert_eq!(serde_json::to_value(Share::of([1.0, 0.0])).unwrap()["correct"], 1);
    }
}
