//! What guessing would reach: per kind of answer, evenly among the possible answers, always the commonest, or as often as each occurs.
//!
//! The commonest and the prior-matched levels are over the items whose reference is one of the possible answers ("labelled").

use super::answer_type::{AnswerType, answer_type, choices, label};
use super::outcome::{Outcome, Share, right};
use super::statistics::binomial_p;
use crate::qa::Item;
use serde::Serialize;
use std::collections::BTreeMap;

/// Chance levels of the items, and how one model did against them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Baselines {
    /// Items whose possible answers are known by their kind.
    pub closed_n: usize,
    /// Expected accuracy of guessing evenly among the possible answers.
    pub uniform: Option<f64>,
    /// Accuracy of always giving the commonest answer of the kind, over labelled items.
    pub majority: Option<f64>,
    /// Expected accuracy of guessing each answer as often as it occurs, over labelled items.
    pub prior_matched: Option<f64>,
    pub labelled_n: usize,
    /// The model's accuracy on closed items with a verdict.
    pub closed_accuracy: Option<f64>,
    pub open_n: usize,
    pub open_accuracy: Option<f64>,
    pub by_type: BTreeMap<&'static str, TypeBaseline>,
}

/// One kind of answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TypeBaseline {
    pub n: usize,
    /// Items whose reference is one of the possible answers, by answer.
    pub labels: BTreeMap<String, usize>,
    pub uniform: Option<f64>,
    pub majority: Option<f64>,
    pub prior_matched: Option<f64>,
    /// The model on these items, as far as they have a verdict.
    pub model: Share,
    /// Two-sided exact test of the model against `uniform`; `None` where items differ in their number of options.
    pub binomial_p: Option<f64>,
}

/// Kinds and labels of all items, worked out once for all models.
pub struct Chance {
    kinds: Vec<AnswerType>,
    /// Chance of an even guess for each item.
    even: Vec<Option<f64>>,
    types: BTreeMap<AnswerType, TypeBaseline>,
}

impl Chance {
    pub fn of(items: &[Item]) -> Self {
        let kinds: Vec<AnswerType> = items.iter().map(answer_type).collect();
        let even: Vec<Option<f64>> = items.iter().zip(&kinds).map(|(item, kind)| Some(1.0 / choices(*kind, item)? as f64)).collect();
        let mut types: BTreeMap<AnswerType, TypeBaseline> = BTreeMap::new();
        for (item, kind) in items.iter().zip(&kinds) {
            let found = types.entry(*kind).or_default();
            found.n += 1;
            if let Some(label) = label(*kind, item) {
                *found.labels.entry(label).or_default() += 1;
            }
        }
        for (kind, found) in &mut types {
            found.uniform = mean(even.iter().zip(&kinds).filter(|(_, k)| *k == kind).filter_map(|(chance, _)| *chance));
            (found.majority, found.prior_matched) = levels(&found.labels);
        }
        Self { kinds, even, types }
    }

    /// A model's outcomes beside the chance levels.
    pub fn baselines(&self, outcomes: &[Outcome]) -> Baselines {
        let closed = self.types.iter().filter(|(kind, _)| **kind != AnswerType::Open).map(|(_, found)| found);
        let labelled_n = closed.clone().map(TypeBaseline::labelled).sum();
        let over_labelled = |level: fn(&TypeBaseline) -> Option<f64>| {
            let sum: f64 = closed.clone().map(|t| level(t).unwrap_or(0.0) * t.labelled() as f64).sum();
            (labelled_n > 0).then(|| sum / labelled_n as f64)
        };
        Baselines {
            closed_n: self.even.iter().flatten().count(),
            uniform: mean(self.even.iter().flatten().copied()),
            majority: over_labelled(|t| t.majority),
            prior_matched: over_labelled(|t| t.prior_matched),
            labelled_n,
            closed_accuracy: self.share(outcomes, |kind| kind != AnswerType::Open).accuracy,
            open_n: self.types.get(&AnswerType::Open).map_or(0, |t| t.n),
            open_accuracy: self.share(outcomes, |kind| kind == AnswerType::Open).accuracy,
            by_type: self.types.iter().map(|(kind, found)| (kind.name(), self.beside(*kind, found, outcomes))).collect(),
        }
    }

    fn share(&self, outcomes: &[Outcome], wanted: impl Fn(AnswerType) -> bool) -> Share {
        Share::of(outcomes.iter().zip(&self.kinds).filter(|(_, kind)| wanted(**kind)).filter_map(|(outcome, _)| *outcome))
    }

    fn beside(&self, kind: AnswerType, found: &TypeBaseline, outcomes: &[Outcome]) -> TypeBaseline {
        let decided = || outcomes.iter().zip(&self.kinds).filter(move |(_, k)| **k == kind).filter_map(|(outcome, _)| right(*outcome));
        let one_chance = self.even.iter().zip(&self.kinds).filter(|(_, k)| **k == kind).all(|(chance, _)| *chance == found.uniform);
        let p = found.uniform.filter(|_| one_chance).and_then(|chance| {
            let correct = decided().filter(|right| *right).count();
            binomial_p(correct, decided().count(), chance)
        });
        TypeBaseline { model: self.share(outcomes, |k| k == kind), binomial_p: p, ..found.clone() }
    }
}

impl TypeBaseline {
    fn labelled(&self) -> usize {
        self.labels.values().sum()
    }
}

/// Chance levels of items without a model, and the numbers of those whose possible answers are known.
pub fn chance_levels(items: &[Item]) -> (Baselines, Vec<usize>) {
    let chance = Chance::of(items);
    let closed = (0..items.len()).filter(|n| chance.even[*n].is_some()).collect();
    (chance.baselines(&vec![None; items.len()]), closed)
}

/// `(share of the commonest, Σ share²)`.
fn levels(labels: &BTreeMap<String, usize>) -> (Option<f64>, Option<f64>) {
    let total = labels.values().sum::<usize>() as f64;
    let shares = labels.values().map(|n| *n as f64 / total);
    if labels.is_empty() {
        return (None, None);
    }
    (Some(shares.clone().fold(0.0, f64::max)), Some(shares.map(|share| share * share).sum()))
}

/// Mean; the same value throughout stays exactly that value.
fn mean(values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let first = values.clone().next()?;
    if values.clone().all(|value| value == first) {
        return Some(first);
    }
    let n = values.clone().count();
    Some(values.sum::<f64>() / n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::tests::item;

    #[test]
    fn levels_are_those_of_the_labels() {
        let mut items = vec![item("Is it large?", "No.", &[]); 3];
        items.push(item("Is it large?", "Yes", &[]));
        items.push(item("Where?", "Here", &[]));
        items.push(item("Which?", "x", &["x", "y", "z"]));
        let found = Chance::of(&items).baselines(&[Some(1.0), Some(0.0), None, Some(1.0), Some(0.0), Some(1.0)]);
        assert_eq!((found.closed_n, found.labelled_n, found.open_n, found.open_accuracy), (5, 5, 1, Some(0.0)));
        assert!((found.uniform.unwrap() - (4.0 * 0.5 + 1.0 / 3.0) / 5.0).abs() < 1e-12);
        let yes_no = &found.by_type["yes_no"];
        assert_eq!((yes_no.majority, yes_no.prior_matched), (Some(0.75), Some(0.625)));
        assert_eq!((yes_no.model.n, yes_no.model.correct), (3, 2.0));
        assert!((found.majority.unwrap() - 0.8).abs() < 1e-12);
        assert_eq!(found.closed_accuracy, Some(0.75));
    }

    #[test]
    fn no_items_have_no_levels() {
        let found = Chance::of(&[]).baselines(&[]);
        assert_eq!((found.uniform, found.majority, found.closed_accuracy), (None, None, None));
    }
}
