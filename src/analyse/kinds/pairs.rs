//! Models against each other on the same items: exact McNemar with Holm's correction, and Cochran's Q over all.

use crate::analyse::chart::{decimal, thousands};
use crate::analyse::lookup::{Lookup, Run};
use crate::analyse::{Analysis, Axis, Chart, Grid, Kind, Point, Section, Unit};
use crate::score::statistics::{PairTable, cochran_q, holm};
use std::cmp::Ordering;

pub const ANALYSIS: Analysis = Analysis {
    id: "pairs",
    title: "Models against each other",
    section: Section::Models,
    answers: "Is one model better than another, or could it be chance?",
    needs: "verdicts on the answers of two models or more",
    run,
};

/// Pairs that are listed, at most: those of ten models.
const MOST: usize = 45;

/// Items by who is right: both, only the first, only the second, neither.
struct Pair {
    name: String,
    quarters: [Vec<u32>; 4],
    table: PairTable,
}

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    let models = match lookup.judged_models() {
        Ok(models) => models,
        Err(why) => return ANALYSIS.missing(why),
    };
    if models.len() < 2 {
        return ANALYSIS.missing("Only one model has verdicts: a comparison takes two.");
    }
    let pairs: Vec<Pair> = models.iter().enumerate().flat_map(|(n, a)| models[n + 1..].iter().map(|b| pair(a, b))).collect();
    let p: Vec<Option<f64>> = pairs.iter().map(|pair| pair.table.mcnemar_exact()).collect();
    let corrected = holm(&p);
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    if pairs.len() > MOST {
        order.sort_by(|a, b| p[*a].partial_cmp(&p[*b]).unwrap_or(Ordering::Equal));
        order.truncate(MOST);
    }
    let points = order.iter().flat_map(|&n| cells(&pairs[n], p[n], corrected[n])).collect();
    let columns = ["both right", "only the first", "only the second", "neither", "first − second", "McNemar p", "p by Holm"];
    let rows = Axis::new("pair", order.iter().map(|&n| pairs[n].name.clone()));
    let grid = Grid::new(Kind::Table, rows, Axis::new("figure", columns), Unit::Count, "items", points);
    let units = vec![Unit::Count, Unit::Count, Unit::Count, Unit::Count, Unit::ShareChange, Unit::Probability, Unit::Probability];
    let chart = ANALYSIS
        .chart(None, Grid { units, ..grid })
        .note("On the items that both models have a ruling for. p is McNemar's, exact and two-sided; Holm's correction is over all pairs.")
        .note_if(pairs.len() > MOST, format!("The {MOST} pairs with the smallest p of {}.", thousands(pairs.len())));
    vec![chart.notes(all_models(&models))]
}

fn pair(a: &Run, b: &Run) -> Pair {
    let mut quarters: [Vec<u32>; 4] = Default::default();
    for (item, (a, b)) in a.right.iter().zip(&b.right).enumerate() {
        let (Some(a), Some(b)) = (a, b) else { continue };
        quarters[2 * usize::from(!a) + usize::from(!b)].push(item as u32);
    }
    let [both, a_only, b_only, neither] = quarters.each_ref().map(Vec::len);
    Pair { name: format!("{} – {}", a.name, b.name), quarters, table: PairTable { both, a_only, b_only, neither } }
}

fn cells(pair: &Pair, p: Option<f64>, corrected: Option<f64>) -> Vec<Point> {
    let n = pair.table.n();
    let figure = |value: Option<f64>| Point { value, n, ..Point::default() };
    let counts = pair.quarters.iter().map(|items| Point { n, ..Point::count(items.clone()) });
    counts.chain([pair.table.difference(), p, corrected].map(figure)).collect()
}

/// Cochran's Q, in words.
fn all_models(models: &[&Run]) -> Option<String> {
    let items = models.first().map_or(0, |m| m.right.len());
    let rows: Vec<Vec<bool>> = (0..items).filter_map(|n| models.iter().map(|m| m.right[n]).collect()).collect();
    let all = cochran_q(&rows, models.len());
    let (q, p) = (all.q?, all.p?);
    let p = Unit::Probability.number(p);
    let (q, n) = (decimal(q, 1), thousands(all.n));
    Some(format!("Over all {} models on the {n} items with a ruling for each: Cochran's Q = {q}, p = {p}.", all.models))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{grid, items, judged, why};
    use super::*;
    use crate::analyse::Data;

    #[test]
    fn pairs_are_counted_and_tested() {
        // Of ten items a is right on all, b on the first two.
        let data = judged(items(&[("q", "x"); 10]), &[("a", "RRRRRRRRRR"), ("b", "RRWWWWWWWW")]);
        let charts = run(&Lookup::new(&data));
        let grid = grid(&charts[0]);
        assert_eq!(grid.rows.names, ["a – b"]);
        let values: Vec<f64> = (0..7).map(|column| grid.point(0, column).value.unwrap()).collect();
        assert_eq!(values[..5], [2.0, 8.0, 0.0, 0.0, 0.8]);
        assert!((values[5] - 2.0 * 0.5f64.powi(8)).abs() < 1e-12 && values[6] == values[5], "{values:?}");
        assert_eq!(grid.point(0, 1).items, (2..10).collect::<Vec<u32>>());
        assert!(charts[0].notes.iter().any(|n| n.contains("Cochran's Q = 8.0")), "{:?}", charts[0].notes);
    }

    #[test]
    fn one_model_has_nothing_to_be_held_against() {
        assert!(why(&run(&Lookup::new(&judged(items(&[("q", "x"); 3]), &[("a", "RRR")])))).contains("takes two"));
        assert!(why(&run(&Lookup::new(&Data::default()))).contains("No model answers"));
    }
}
