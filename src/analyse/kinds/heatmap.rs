//! Accuracy by the structure that an item names, per model.

use crate::analyse::lookup::Lookup;
use crate::analyse::{Analysis, Axis, Chart, Grid, Kind, Point, Section, Unit};

pub const ANALYSIS: Analysis = Analysis {
    id: "heatmap",
    title: "Accuracy by structure",
    section: Section::Why,
    answers: "Around which anatomy do models fail?",
    needs: "verdicts, and items that name structures",
    run,
};

/// Structures shown, at most.
const MOST: usize = 28;

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    let models = match lookup.judged_models() {
        Ok(models) => models,
        Err(why) => return ANALYSIS.missing(why),
    };
    let mut groups = lookup.structures(|_| true);
    let all = groups.len();
    groups.truncate(MOST);
    if groups.is_empty() {
        return ANALYSIS.missing("No question names a structure that the table of structures knows.");
    }
    let points = groups.iter().flat_map(|g| models.iter().map(|m| Point::accuracy(g.items.iter().copied(), &m.right))).collect();
    let rows = Axis::new("structure", groups.iter().map(|g| g.name.clone()));
    let grid = Grid::new(Kind::Heatmap, rows, Axis::new("model", models.iter().map(|m| m.name.clone())), Unit::Share, "items", points);
    vec![
        ANALYSIS
            .chart(None, grid)
            .notes(lookup.ruling())
            .note(
                "Rows by number of items, most first. An item counts for every structure it names; left and right are one. Cells of \
                   fewer than 5 items are not coloured.",
            )
            .note_if(all > MOST, format!("The {MOST} commonest of {all} structures.")),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{grid, items, judged};
    use super::*;

    #[test]
    fn an_item_counts_for_each_structure_it_names() {
        let items = items(&[("Is the liver large?", "Yes"), ("Is the spleen beside the liver?", "No"), ("Where?", "There")]);
        let data = judged(items, &[("m", "RWR"), ("n", " R ")]);
        let charts = run(&Lookup::new(&data));
        let grid = grid(&charts[0]);
        assert_eq!(
            (grid.rows.names.clone(), grid.columns.names.clone()),
            (vec!["liver".to_owned(), "spleen".into()], vec!["m".into(), "n".into()])
        );
        let found: Vec<(Option<f64>, usize)> = grid.points.iter().map(|p| (p.value, p.n)).collect();
        assert_eq!(found, [(Some(0.5), 2), (Some(1.0), 1), (Some(0.0), 1), (Some(1.0), 1)]);
    }
}
