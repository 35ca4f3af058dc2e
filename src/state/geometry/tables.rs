//! Rows of the panel's tables: which, and in which order.

use super::{OfLabel, OfPair, OfSides, Sort};
use crate::formats::table::{Column, Table};
use crate::geometry::measures::CaseMeasures;
use crate::geometry::{self, Sides};
use crate::project::measure::volumes::{CaseVolume, Volumes};
use crate::volume::LabelSet;
use std::cmp::Ordering;

/// Present structures whose names hold every word of `query`.
pub fn structures(labels: &LabelSet, measures: &CaseMeasures, query: &str, sort: Sort<OfLabel>) -> Vec<usize> {
    let present = measures.labels.iter().enumerate().filter(|(_, l)| l.voxels > 0).map(|(n, _)| n);
    let query = query.to_lowercase();
    let words: Vec<&str> = query.split_whitespace().collect();
    let mut rows: Vec<usize> = present.filter(|n| words.is_empty() || matches(labels, *n, &words)).collect();
    if sort.by == OfLabel::Name {
        rows.sort_by_cached_key(|n| title(labels, *n).to_lowercase());
        if sort.descending {
            rows.reverse();
        }
        return rows;
    }
    let mut keyed: Vec<(usize, Option<f64>)> = rows.into_iter().map(|n| (n, sort.by.of(&measures.labels[n]))).collect();
    keyed.sort_by(|a, b| order(a.1, b.1, sort.descending));
    keyed.into_iter().map(|(n, _)| n).collect()
}

/// Every word, in small letters, is in the structure's name, as it is read or as the file has it.
fn matches(labels: &LabelSet, index: usize, words: &[&str]) -> bool {
    let Some(label) = labels.table.get(index) else { return false };
    let name = format!("{} {}", label.title(), label.name).to_lowercase();
    words.iter().all(|word| name.contains(word))
}

/// Every two of some structures.
pub fn pairs_of(named: &[usize]) -> Vec<[usize; 2]> {
    let two = |(n, a): (usize, &usize)| named[n + 1..].iter().map(|b| [*a.min(b), *a.max(b)]).collect::<Vec<_>>();
    named.iter().enumerate().flat_map(two).filter(|[a, b]| a != b).collect()
}

/// Chosen pairs, then those of the item, each once; or in the order of a column.
pub fn pairs(
    labels: &LabelSet,
    measures: &CaseMeasures,
    chosen: &[[usize; 2]],
    named: Vec<[usize; 2]>,
    sort: Option<Sort<OfPair>>,
) -> Vec<[usize; 2]> {
    let mut rows: Vec<[usize; 2]> = Vec::new();
    for pair in chosen.iter().copied().chain(named) {
        if !rows.contains(&pair) {
            rows.push(pair);
        }
    }
    match sort {
        None => {}
        Some(Sort { by: OfPair::Names, descending }) => {
            rows.sort_by_cached_key(|pair| pair.map(|n| title(labels, n).to_lowercase()));
            if descending {
                rows.reverse();
            }
        }
        Some(Sort { by, descending }) => {
            let value = |[a, b]: &[usize; 2]| measures.pair(*a, *b).and_then(|p| by.of(p));
            rows.sort_by(|a, b| order(value(a), value(b), descending));
        }
    }
    rows
}

pub fn sides(labels: &LabelSet, measures: &CaseMeasures, sort: Option<Sort<OfSides>>) -> Vec<Sides> {
    let mut rows = geometry::sides(&measures.labels);
    match sort {
        None => {}
        Some(Sort { by: OfSides::Name, descending }) => {
            rows.sort_by_cached_key(|s| title(labels, s.left).to_lowercase());
            if descending {
                rows.reverse();
            }
        }
        Some(Sort { by, descending }) => rows.sort_by(|a, b| order(by.of(a, measures), by.of(b, measures), descending)),
    }
    rows
}

/// What is not measured comes last, whichever way round.
fn order(a: Option<f64>, b: Option<f64>, descending: bool) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if descending => b.total_cmp(&a),
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

/// One structure's volume in each case that holds it, with the columns that `voxaudit measure --csv` has for them.
pub fn over_cases(volumes: &Volumes, structure: &str) -> Table {
    let all = volumes.structure(structure);
    let case = |v: &CaseVolume| volumes.cases.get(v.case).map(|c| c.0.clone());
    let mut table = Table::default();
    table.push("case", Column::Text(all.iter().map(case).collect()));
    table.push("name", Column::Text(vec![Some(structure.to_owned()); all.len()]));
    table.push("volume_ml", Column::Real(all.iter().map(|v| Some(v.ml)).collect()));
    table.push("truncated", Column::Flag(all.iter().map(|v| Some(v.truncated)).collect()));
    table
}

fn title(labels: &LabelSet, index: usize) -> String {
    labels.table.get(index).map_or_else(String::new, |l| l.title().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_measured_comes_last_either_way() {
        let mut values = [None, Some(1.0), Some(3.0), None, Some(2.0)];
        values.sort_by(|a, b| order(*a, *b, true));
        assert_eq!(values, [Some(3.0), Some(2.0), Some(1.0), None, None]);
        values.sort_by(|a, b| order(*a, *b, false));
        assert_eq!(values, [Some(1.0), Some(2.0), Some(3.0), None, None]);
    }

    #[test]
    fn pairs_of_structures_are_all_twos_of_them() {
        assert_eq!(pairs_of(&[4, 2, 9]), [[2, 4], [4, 9], [2, 9]]);
        assert!(pairs_of(&[3]).is_empty() && pairs_of(&[]).is_empty() && pairs_of(&[3, 3]).is_empty());
    }
}
