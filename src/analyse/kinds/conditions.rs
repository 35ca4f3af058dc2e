//! Accuracy under the full condition beside control conditions: without the image, with one slice, with another image.

use crate::analyse::lookup::{Lookup, Run};
use crate::analyse::{Analysis, Axis, Chart, Grid, Kind, Point, Section, Unit};
use crate::qa::Condition;
use std::collections::BTreeSet;

pub const ANALYSIS: Analysis = Analysis {
    id: "conditions",
    title: "Control conditions",
    section: Section::Models,
    answers: "How much of a model's accuracy needs the image?",
    needs: "answers under a control condition, with verdicts",
    run,
};

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    let judged: Vec<&Run> = lookup.runs.iter().filter(|r| r.right.iter().any(Option::is_some)).collect();
    let conditions: BTreeSet<&Condition> = judged.iter().map(|r| &r.run.condition).collect();
    let models: BTreeSet<&str> = judged.iter().filter(|r| r.run.condition != Condition::Full).map(|r| r.run.model.as_str()).collect();
    if models.is_empty() {
        return ANALYSIS.missing("No control runs with verdicts yet: import them with `voxaudit import … --answers MODEL@text-only=FILE`.");
    }
    let mut order: Vec<&Condition> = conditions.into_iter().collect();
    order.sort_by_key(|c| (**c != Condition::Full, c.name().to_owned()));
    let of = |model: &str, condition: &Condition| judged.iter().find(|r| r.run.model == model && r.run.condition == *condition);
    let point = |condition: &Condition, model: &str| {
        let runs: Vec<&&Run> = order.iter().filter_map(|c| of(model, c)).collect();
        let common = (0..lookup.data.items.len() as u32).filter(|n| runs.iter().all(|r| r.right[*n as usize].is_some()));
        of(model, condition).map_or_else(Point::default, |run| Point::accuracy(common, &run.right))
    };
    let points = order.iter().flat_map(|c| models.iter().map(|m| point(c, m)).collect::<Vec<_>>()).collect();
    let rows = Axis::new("condition", order.iter().map(|c| c.name().to_owned()));
    let grid = Grid::new(Kind::Bars, rows, Axis::new("model", models.iter().copied()), Unit::Share, "items", points);
    vec![ANALYSIS.chart(None, grid).notes(lookup.ruling()).note(
        "Only items with a ruling under every condition of the model. What a model reaches without the image it knows from the \
                   wording or from priors.",
    )]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{grid, items, judged, why};
    use super::*;

    #[test]
    fn conditions_are_compared_on_the_same_items() {
        let mut data = judged(items(&[("a", "x"), ("b", "x"), ("c", "x")]), &[("m", "RRW"), ("z", "RW ")]);
        for answer in data.answers.iter_mut().filter(|a| a.model == "z") {
            (answer.model, answer.condition) = ("m".into(), Condition::TextOnly);
        }
        for vote in data.votes.iter_mut().filter(|v| v.model == "z") {
            (vote.model, vote.condition) = ("m".into(), Condition::TextOnly);
        }
        let charts = run(&Lookup::new(&data));
        let grid = grid(&charts[0]);
        assert_eq!(grid.rows.names, ["full", "text-only"]);
        let found: Vec<(Option<f64>, usize)> = grid.points.iter().map(|p| (p.value, p.n)).collect();
        assert_eq!(found, [(Some(1.0), 2), (Some(0.5), 2)]);
        assert!(why(&run(&Lookup::new(&judged(items(&[("a", "x")]), &[("m", "R")])))).contains("text-only"));
    }
}
