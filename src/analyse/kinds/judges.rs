//! Judges against each other: do they say the same of the same answers?

use crate::analyse::lookup::Lookup;
use crate::analyse::{Analysis, Axis, Chart, Grid, Kind, Point, Section, Unit};
use crate::score::statistics::agreement::{Agreement, Ratings, agreement};
use std::collections::{BTreeMap, BTreeSet};

pub const ANALYSIS: Analysis = Analysis {
    id: "judges",
    title: "Judges against each other",
    section: Section::Models,
    answers: "Do the judges agree, beyond what chance would have them agree?",
    needs: "verdicts of two judges or more on the same answers",
    run,
};

/// Votes on one run: who judged, and by item how many say right and wrong.
#[derive(Default)]
struct Votes<'a> {
    judges: BTreeSet<&'a str>,
    items: BTreeMap<u32, Ratings>,
}

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    if let Err(why) = lookup.judged_models() {
        return ANALYSIS.missing(why);
    }
    let runs: Vec<(String, Votes<'_>)> = votes(lookup).into_iter().filter(|(_, votes)| votes.judges.len() > 1).collect();
    if runs.is_empty() {
        return ANALYSIS
            .missing("Only one judge gave verdicts: import those of another with `voxaudit import … --verdicts MODEL:JUDGE=FILE`.");
    }
    let points = runs.iter().flat_map(|(_, votes)| cells(votes)).collect();
    let columns = ["judges", "unanimous", "Fleiss' κ", "Krippendorff's α", "Gwet's AC1"];
    let rows = Axis::new("answers of", runs.into_iter().map(|(name, _)| name));
    let grid = Grid::new(Kind::Table, rows, Axis::new("figure", columns), Unit::Count, "answers", points);
    let units = vec![Unit::Count, Unit::Share, Unit::Coefficient, Unit::Coefficient, Unit::Coefficient];
    vec![ANALYSIS.chart(None, Grid { units, ..grid }).note(
        "Over the answers on which every judge gave a verdict. κ and α are low where one verdict is rare, AC1 is not; a figure that is undefined is empty.",
    )]
}

/// By name of the run, in the order of the runs.
fn votes<'a>(lookup: &Lookup<'a>) -> Vec<(String, Votes<'a>)> {
    let mut of: BTreeMap<String, Votes<'a>> = BTreeMap::new();
    for vote in &lookup.data.votes {
        let (Some(item), Some(right)) = (lookup.places.get(&vote.item), vote.correct) else { continue };
        let run = crate::qa::ModelRun::new(&vote.model, vote.condition.clone()).to_string();
        let votes = of.entry(run).or_default();
        votes.judges.insert(&vote.judge);
        let ratings = votes.items.entry(*item).or_default();
        *if right { &mut ratings.yes } else { &mut ratings.no } += 1;
    }
    of.into_iter().collect()
}

fn cells(votes: &Votes<'_>) -> Vec<Point> {
    let raters = votes.judges.len();
    let ratings: Vec<Ratings> = votes.items.values().copied().collect();
    let Agreement { n, unanimous, fleiss_kappa, krippendorff_alpha, gwet_ac1, .. } = agreement(&ratings, raters);
    let complete = || votes.items.iter().filter(|(_, r)| r.yes + r.no == raters);
    let all: Vec<u32> = complete().map(|(item, _)| *item).collect();
    let split: Vec<u32> = complete().filter(|(_, r)| r.yes > 0 && r.no > 0).map(|(item, _)| *item).collect();
    let point = |value: Option<f64>, items: &[u32]| Point { value, n, items: items.to_vec(), ..Point::default() };
    let coefficients = [fleiss_kappa, krippendorff_alpha, gwet_ac1].map(|value| point(value, &split));
    [point(Some(raters as f64), &all), point(unanimous, &all)].into_iter().chain(coefficients).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{grid, items, judged, why};
    use super::*;
    use crate::analyse::Data;

    #[test]
    fn judges_that_differ_on_one_answer_of_four() {
        let mut data = judged(items(&[("a", "x"); 4]), &[("m", "RRWW")]);
        let third = data.votes.iter_mut().find(|v| v.judge == "y" && v.row == 2).unwrap();
        third.correct = Some(true);
        let charts = run(&Lookup::new(&data));
        let grid = grid(&charts[0]);
        assert_eq!(
            (grid.rows.names.clone(), grid.point(0, 0).value, grid.point(0, 1).value),
            (vec!["m".to_owned()], Some(2.0), Some(0.75))
        );
        assert_eq!(grid.point(0, 2).items, [2], "the answer they differ on");
        // Fleiss: observed 3/4, expected (5/8)² + (3/8)².
        let expected = (25.0 + 9.0) / 64.0;
        assert!((grid.point(0, 2).value.unwrap() - (0.75 - expected) / (1.0 - expected)).abs() < 1e-12);
    }

    #[test]
    fn one_judge_agrees_with_nobody() {
        let mut one = judged(items(&[("a", "x"); 2]), &[("m", "RR")]);
        one.votes.retain(|v| v.judge == "x");
        assert!(why(&run(&Lookup::new(&one))).contains("No answer is judged yet"), "one vote is no ruling");
        assert!(why(&run(&Lookup::new(&Data::default()))).contains("No model answers"));
    }
}
