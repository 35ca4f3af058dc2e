//! Is the answer right, and is its explanation: a 2 × 2 table per model.

use super::FEW;
use crate::analyse::chart::thousands;
use crate::analyse::lookup::Lookup;
use crate::analyse::{Analysis, Axis, Chart, Grid, Kind, Point, Section, Unit};
use crate::review::{ErrorLabel, Faithfulness};
use std::collections::{BTreeMap, BTreeSet};

pub const ANALYSIS: Analysis = Analysis {
    id: "faithfulness",
    title: "Faithfulness",
    section: Section::Why,
    answers: "Are right answers right for the right reason?",
    needs: "labels that say whether answer and explanation are right",
    run,
};

const CELLS: [Faithfulness; 4] =
    [Faithfulness::Faithful, Faithfulness::DecisionError, Faithfulness::LuckyGuess, Faithfulness::Hallucinated];

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    let mut found: BTreeMap<usize, BTreeSet<(u32, Faithfulness)>> = BTreeMap::new();
    for opinion in lookup.opinions() {
        let said = opinion.labels.iter().filter_map(|l: &&ErrorLabel| l.faithfulness());
        found.entry(opinion.run).or_default().extend(said.map(|f| (opinion.item, f)));
    }
    let without = found.values().flatten().filter(|(_, f)| *f == Faithfulness::NoExplanation).count();
    found.retain(|_, said| said.iter().any(|(_, f)| CELLS.contains(f)));
    if found.is_empty() {
        let none = if without > 0 { format!(" Answers labelled as giving no explanation: {}.", thousands(without)) } else { String::new() };
        let why = "No labels yet that say whether answer and explanation are right: label answers in the Compare workspace, or with \
                   `voxaudit review`.";
        return ANALYSIS.missing(format!("{why}{none}"));
    }
    let point = |said: &BTreeSet<(u32, Faithfulness)>, wanted: Faithfulness| {
        let n = said.iter().filter(|(_, f)| CELLS.contains(f)).count();
        let items: Vec<u32> = said.iter().filter(|(_, f)| *f == wanted).map(|(n, _)| *n).collect();
        Point::share(items.len(), n, items)
    };
    let points = found.values().flat_map(|said| CELLS.map(|cell| point(said, cell))).collect();
    // A table each, or a line each where tables would fill many screens.
    let kind = if found.len() > FEW { Kind::Table } else { Kind::Quadrants };
    let rows = Axis::new("model", found.keys().map(|n| lookup.runs[*n].name.clone()));
    let grid = Grid::new(kind, rows, Axis::new("faithfulness", CELLS.map(Faithfulness::name)), Unit::Share, "labels", points);
    vec![
        ANALYSIS
            .chart(None, grid)
            .note(
                "Share of the model's labels in which both axes are answered. Where reviewers differ, an answer counts in each cell \
                   they chose.",
            )
            .note_if(without > 0, format!("Answers labelled as giving no explanation, left out: {}.", thousands(without))),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{event, grid, items, judged, reference, why};
    use super::*;
    use crate::qa::Taxonomy;
    use crate::review::{Action, Explanation, ReviewState};

    #[test]
    fn cells_are_those_of_the_two_axes() {
        let mut data = judged(items(&[("q", "x"); 5]), &[("m", "RWRWR")]);
        assert!(why(&run(&Lookup::new(&data))).starts_with("No labels yet"));
        use Explanation::{No, None as NoneGiven, Yes};
        let said = [(0, true, Yes), (1, false, Yes), (2, true, No), (3, true, No), (4, true, NoneGiven)];
        let label = |(n, (item, right, explanation)): (usize, &(usize, bool, Explanation))| {
            let label = ErrorLabel {
                answer_right: Some(*right),
                explanation_right: Some(*explanation),
                ..ErrorLabel::new(Taxonomy::built_in().id())
            };
            event(n as u8 + 1, "A", *item, Action::LabelAnswer { answer: reference("m"), label: Box::new(label) })
        };
        data.review = ReviewState::from_events(said.iter().enumerate().map(label));
        let charts = run(&Lookup::new(&data));
        let grid = grid(&charts[0]);
        let counts: Vec<usize> = grid.points.iter().map(|p| p.items.len()).collect();
        assert_eq!(counts, [1, 1, 2, 0]);
        assert_eq!((grid.points[2].value, grid.points[2].n), (Some(0.5), 4));
        assert!(charts[0].notes[1].ends_with("left out: 1."));
    }
}
