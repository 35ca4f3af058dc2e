//! Which items each model gets right: items with the same pattern stand together, models that fail alike stand next to each other.

use crate::analyse::chart::thousands;
use crate::analyse::lookup::{Lookup, Run};
use crate::analyse::{Analysis, Axis, Chart, Grid, Kind, Point, Section, Unit};
use std::collections::BTreeMap;

pub const ANALYSIS: Analysis = Analysis {
    id: "correctness",
    title: "Right and wrong, item by item",
    section: Section::Models,
    answers: "Do models fail on the same items?",
    needs: "verdicts on answers of at least two models",
    run,
};

/// Columns, at most; with more patterns, neighbours share a column.
const MOST: usize = 64;
/// Models that the name of a pattern lists, at most.
const LISTED: usize = 6;

/// Items with the same outcome for every model.
type Patterns = Vec<(Vec<Option<bool>>, Vec<u32>)>;

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    let models = match lookup.judged_models() {
        Ok(models) if models.len() < 2 => return ANALYSIS.missing("Answers of only one model are judged; this compares two or more."),
        Ok(models) => models,
        Err(why) => return ANALYSIS.missing(why),
    };
    let order = leaves(&distances(&models));
    let models: Vec<&Run> = order.into_iter().map(|n| models[n]).collect();
    let (patterns, unjudged) = patterns(lookup, &models);
    let merged = patterns.len() > MOST;
    let columns = if merged { merge(patterns) } else { patterns.into_iter().map(|(p, items)| (name(&models, &p), items)).collect() };
    let points = models.iter().flat_map(|m| columns.iter().map(|(_, items)| Point::accuracy(items.iter().copied(), &m.right))).collect();
    let weights = columns.iter().map(|(_, items)| items.len() as f64).collect();
    let rows = Axis::new("model", models.iter().map(|m| m.name.clone()));
    let grid = Grid::new(Kind::Mosaic, rows, Axis::new("items", columns.into_iter().map(|(name, _)| name)), Unit::Share, "items", points);
    vec![
        ANALYSIS
            .chart(None, Grid { weights, ..grid })
            .notes(lookup.ruling())
            .note(
                "Columns are as wide as they have items: from items that every model gets right to items that none does. Models are \
                   ordered by average-linkage clustering of the share of items on which they differ.",
            )
            .note_if(
                merged,
                format!(
                    "Patterns are too many to show one by one: neighbours share {MOST} columns, whose shade is the share \
                                      that is right."
                ),
            )
            .note_if(unjudged > 0, format!("Items without a ruling for any model: {}.", thousands(unjudged))),
    ]
}

/// From all right to all wrong, and the number of items that nobody judged.
fn patterns(lookup: &Lookup<'_>, models: &[&Run]) -> (Patterns, usize) {
    let mut found: BTreeMap<Vec<Option<bool>>, Vec<u32>> = BTreeMap::new();
    for n in lookup.all() {
        found.entry(models.iter().map(|m| m.right[n as usize]).collect()).or_default().push(n);
    }
    let unjudged = found.remove(&vec![None; models.len()]).map_or(0, |items| items.len());
    let mut out: Patterns = found.into_iter().collect();
    let count = |p: &[Option<bool>], what| p.iter().filter(|r| **r == Some(what)).count();
    out.sort_by(|a, b| {
        let by_right = count(&b.0, true).cmp(&count(&a.0, true));
        by_right.then(count(&a.0, false).cmp(&count(&b.0, false))).then_with(|| b.0.cmp(&a.0))
    });
    (out, unjudged)
}

fn name(models: &[&Run], pattern: &[Option<bool>]) -> String {
    let of = |wanted| models.iter().zip(pattern).filter(|(_, r)| **r == wanted).map(|(m, _)| m.name.as_str()).collect::<Vec<_>>();
    let (right, wrong, open) = (of(Some(true)), of(Some(false)), of(None));
    let list = |names: &[&str]| if names.len() > LISTED { format!("{} of {} models", names.len(), models.len()) } else { names.join(", ") };
    let said = match (right.len(), wrong.len()) {
        (_, 0) if open.is_empty() => "every model right".to_owned(),
        (0, _) if open.is_empty() => "no model right".to_owned(),
        (0, _) => format!("wrong: {}", list(&wrong)),
        _ => format!("right: {}", list(&right)),
    };
    if open.is_empty() { said } else { format!("{said}; no ruling: {}", list(&open)) }
}

/// Neighbouring patterns together, in columns of about as many items each.
fn merge(patterns: Patterns) -> Vec<(String, Vec<u32>)> {
    let total: usize = patterns.iter().map(|(_, items)| items.len()).sum();
    let mut columns: Vec<Vec<u32>> = vec![Vec::new(); MOST];
    let mut before = 0;
    for (_, items) in patterns {
        let middle = before + items.len() / 2;
        before += items.len();
        columns[(middle * MOST / total.max(1)).min(MOST - 1)].extend(items);
    }
    columns.iter_mut().for_each(|items| items.sort_unstable());
    let used = columns.into_iter().filter(|items| !items.is_empty()).enumerate();
    used.map(|(n, items)| (format!("group {}", n + 1), items)).collect()
}

/// Share of items on which two models differ, of those where both have a ruling; 1 where there is none.
fn distances(models: &[&Run]) -> Vec<Vec<f64>> {
    let distance = |a: &Run, b: &Run| {
        let both = a.right.iter().zip(&b.right).filter_map(|(a, b)| (*a).zip(*b));
        let (n, differ) = both.fold((0, 0), |(n, d), (a, b)| (n + 1, d + usize::from(a != b)));
        if n == 0 { 1.0 } else { f64::from(differ as u32) / f64::from(n as u32) }
    };
    models.iter().map(|a| models.iter().map(|b| distance(a, b)).collect()).collect()
}

/// The order of leaves of an average-linkage tree (UPGMA, Sokal and Michener 1958); of equal distances the first counts.
fn leaves(distances: &[Vec<f64>]) -> Vec<usize> {
    let mut groups: Vec<Vec<usize>> = (0..distances.len()).map(|n| vec![n]).collect();
    let linkage = |a: &[usize], b: &[usize]| {
        let sum: f64 = a.iter().flat_map(|x| b.iter().map(|y| distances[*x][*y])).sum();
        sum / (a.len() * b.len()) as f64
    };
    while groups.len() > 1 {
        let pairs = (0..groups.len()).flat_map(|a| (a + 1..groups.len()).map(move |b| (a, b)));
        let nearest = pairs.min_by(|x, y| linkage(&groups[x.0], &groups[x.1]).total_cmp(&linkage(&groups[y.0], &groups[y.1])));
        let Some((a, b)) = nearest else { break };
        let more = groups.remove(b);
        groups[a].extend(more);
    }
    groups.into_iter().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{grid, items, judged, why};
    use super::*;

    #[test]
    fn items_with_one_pattern_share_a_column_and_like_models_are_neighbours() {
        let items = items(&[("q", "x"); 6]);
        let data = judged(items, &[("a", "RRWWW "), ("b", "RWRRW "), ("c", "RRWWR ")]);
        let charts = run(&Lookup::new(&data));
        let grid = grid(&charts[0]);
        assert_eq!(grid.rows.names, ["a", "c", "b"], "a and c differ on one item only");
        assert_eq!(grid.columns.names, ["every model right", "right: a, c", "right: c", "right: b"]);
        assert_eq!(grid.weights, [1.0, 1.0, 1.0, 2.0]);
        assert_eq!((grid.point(2, 3).value, grid.point(2, 3).items.clone()), (Some(1.0), vec![2, 3]));
        assert_eq!(grid.point(0, 2).value, Some(0.0));
        assert!(charts[0].notes.iter().any(|n| n.ends_with("any model: 1.")));
    }

    #[test]
    fn many_patterns_share_columns_and_lose_no_item() {
        let patterns: Patterns = (0..200).map(|n| (vec![Some(n % 2 == 0)], vec![2 * n, 2 * n + 1])).collect();
        let columns = merge(patterns);
        assert!(columns.len() <= MOST);
        assert_eq!(columns.iter().map(|(_, items)| items.len()).sum::<usize>(), 400);
    }

    #[test]
    fn a_pattern_of_many_models_is_counted_rather_than_listed() {
        let names: Vec<String> = (0..9).map(|n| format!("m{n}")).collect();
        let models: Vec<(&str, &str)> = names.iter().map(|m| (m.as_str(), if m == "m4" { "W" } else { "R" })).collect();
        let data = judged(items(&[("q", "x")]), &models);
        assert_eq!(grid(&run(&Lookup::new(&data))[0]).columns.names, ["right: 8 of 9 models"]);
    }

    #[test]
    fn one_model_is_not_compared() {
        assert!(why(&run(&Lookup::new(&judged(items(&[("a", "x")]), &[("m", "R")])))).contains("only one model"));
    }
}
