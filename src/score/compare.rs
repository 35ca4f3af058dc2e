//! Models against each other, and each model against its own control runs, item by item.

use super::board::{Board, Run};
use super::outcome::{Outcome, by_case, right};
use super::report::in_parallel;
use super::statistics::{Cluster, CochranQ, PairTable, Resampling, case_bootstrap, case_normal, cochran_q, holm};
use crate::qa::Condition;
use serde::Serialize;

/// With more pairs than this (12 models) the tests stay, but the bootstrap of each difference would take minutes and is left out.
const PAIRS_WITH_INTERVALS: usize = 66;

/// Two models on the items that both have a verdict for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    pub a: String,
    pub b: String,
    #[serde(flatten)]
    pub table: PairTable,
    pub n: usize,
    /// Accuracy of a minus accuracy of b.
    pub difference: Option<f64>,
    /// Of the difference, over cases; `None` for more than 12 models.
    pub ci95_case_bootstrap: Option<[f64; 2]>,
    /// The same without resampling, for any number of models.
    pub ci95_case_normal: Option<[f64; 2]>,
    pub mcnemar_exact_p: Option<f64>,
    /// Corrected over all pairs.
    pub holm_p: Option<f64>,
}

/// What the image adds: a model's full run against a control run, on the items that both have a verdict for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    pub model: String,
    pub condition: String,
    pub n: usize,
    pub full_accuracy: Option<f64>,
    pub control_accuracy: Option<f64>,
    /// Full minus control.
    pub difference: Option<f64>,
    pub ci95_case_bootstrap: Option<[f64; 2]>,
    pub mcnemar_exact_p: Option<f64>,
    /// Right in the control run, too: answered without what was withheld.
    pub right_in_both: usize,
}

/// A run and what its answers are worth.
pub type Scored<'b, 'a> = (&'b Run<'a>, Vec<Outcome>);

/// Every pair of models' full runs, in the order of their names.
pub fn pairs(board: &Board<'_>, runs: &[Scored<'_, '_>], how: Resampling) -> Vec<Pair> {
    let full: Vec<&Scored> = runs.iter().filter(|(run, _)| *run.condition == Condition::Full).collect();
    let few = full.len() * full.len().saturating_sub(1) / 2 <= PAIRS_WITH_INTERVALS;
    let how = if few { how } else { Resampling { replicates: 0, ..how } };
    let combinations: Vec<(&Scored, &Scored)> =
        full.iter().enumerate().flat_map(|(n, a)| full[n + 1..].iter().map(move |b| (*a, *b))).collect();
    let mut pairs = in_parallel(&combinations, |part| part.iter().map(|(a, b)| pair(board, a, b, how)).collect());
    let corrected = holm(&pairs.iter().map(|pair| pair.mcnemar_exact_p).collect::<Vec<_>>());
    pairs.iter_mut().zip(corrected).for_each(|(pair, p)| pair.holm_p = p);
    pairs
}

fn pair(board: &Board<'_>, a: &Scored<'_, '_>, b: &Scored<'_, '_>, how: Resampling) -> Pair {
    let both = decided(&a.1, &b.1);
    let table = PairTable::of(both.iter().flatten().copied());
    let differences = differences(board, &both);
    Pair {
        a: a.0.name(),
        b: b.0.name(),
        table,
        n: table.n(),
        difference: table.difference(),
        ci95_case_bootstrap: case_bootstrap(&differences, how),
        ci95_case_normal: case_normal(&differences),
        mcnemar_exact_p: table.mcnemar_exact(),
        holm_p: None,
    }
}

/// Every control run of a model that has a full run, too.
pub fn effects(board: &Board<'_>, runs: &[Scored<'_, '_>], how: Resampling) -> Vec<Effect> {
    let full = |model: &str| runs.iter().find(|(run, _)| run.model == model && *run.condition == Condition::Full);
    let controls = runs.iter().filter(|(run, _)| *run.condition != Condition::Full);
    controls.filter_map(|control| Some(effect(board, full(control.0.model)?, control, how))).collect()
}

fn effect(board: &Board<'_>, full: &Scored<'_, '_>, control: &Scored<'_, '_>, how: Resampling) -> Effect {
    let both = decided(&full.1, &control.1);
    let table = PairTable::of(both.iter().flatten().copied());
    let share = |right: usize| (table.n() > 0).then(|| right as f64 / table.n() as f64);
    Effect {
        model: full.0.model.to_owned(),
        condition: control.0.condition.to_string(),
        n: table.n(),
        full_accuracy: share(table.both + table.a_only),
        control_accuracy: share(table.both + table.b_only),
        difference: table.difference(),
        ci95_case_bootstrap: case_bootstrap(&differences(board, &both), how),
        mcnemar_exact_p: table.mcnemar_exact(),
        right_in_both: table.both,
    }
}

/// Cochran's Q over the full runs, on the items that all have a verdict for.
pub fn all_models(runs: &[Scored<'_, '_>]) -> CochranQ {
    let full: Vec<&Vec<Outcome>> = runs.iter().filter(|(run, _)| *run.condition == Condition::Full).map(|(_, o)| o).collect();
    let items = full.first().map_or(0, |outcomes| outcomes.len());
    let rows: Vec<Vec<bool>> = (0..items).filter_map(|n| full.iter().map(|outcomes| right(outcomes[n])).collect()).collect();
    cochran_q(&rows, full.len())
}

/// For each item: right or wrong in both runs, if both have a verdict.
fn decided(a: &[Outcome], b: &[Outcome]) -> Vec<Option<(bool, bool)>> {
    a.iter().zip(b).map(|(a, b)| right(*a).zip(right(*b))).collect()
}

/// Sums of a minus b by case.
fn differences(board: &Board<'_>, both: &[Option<(bool, bool)>]) -> Vec<Cluster> {
    let worth = |right: bool| f64::from(u8::from(right));
    let differences: Vec<Outcome> = both.iter().map(|pair| pair.map(|(a, b)| worth(a) - worth(b))).collect();
    by_case(&differences, &board.case_of, board.cases)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qa::{Answer, Item, Vote};
    use crate::score::board::Input;
    use crate::score::tests::{answer, item_at, vote};

    fn board<'a>(items: &'a [Item], answers: &'a [Answer], votes: &'a [Vote]) -> Board<'a> {
        Board::new(Input { items, answers, votes, human: &[] })
    }

    #[test]
    fn a_control_run_is_held_against_the_full_one_on_the_items_of_both() {
        let items: Vec<Item> = (0..4).map(|n| item_at("a", n)).collect();
        let votes = [vote("m", "a::0", "j", Some(true))];
        let control = Answer { condition: Condition::TextOnly, ..answer("m", "a::0", "x") };
        let answers = [answer("m", "a::0", "x"), control];
        let board = board(&items, &answers, &votes);
        let runs: Vec<Scored> = board
            .runs
            .iter()
            .zip([vec![Some(1.0), Some(1.0), Some(0.0), None], vec![Some(1.0), Some(0.0), Some(0.0), Some(1.0)]])
            .collect();
        let found = effects(&board, &runs, Resampling::default());
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].condition.as_str(), found[0].n, found[0].right_in_both), ("text-only", 3, 1));
        assert!((found[0].difference.unwrap() - 1.0 / 3.0).abs() < 1e-12);
        assert!(pairs(&board, &runs, Resampling::default()).is_empty(), "a control run is no model of its own");
    }
}
