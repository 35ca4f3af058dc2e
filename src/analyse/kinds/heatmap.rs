//! Accuracy by the structure that an item names, per model.

use super::{ranked, ranking};
use crate::analyse::lookup::{Group, Lookup, Run};
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
/// Of these, as columns.
const MOST_ACROSS: usize = 12;
/// Models that stand beside each other, at most.
const MOST_COLUMNS: usize = 12;

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    let models = match lookup.judged_models() {
        Ok(models) => ranked(models),
        Err(why) => return ANALYSIS.missing(why),
    };
    let mut groups = lookup.structures(|_| true);
    let all = groups.len();
    let across = models.len() > MOST_COLUMNS;
    let most = if across { MOST_ACROSS } else { MOST };
    groups.truncate(most);
    if groups.is_empty() {
        return ANALYSIS.missing("No question names a structure that the table of structures knows.");
    }
    let point = |g: &Group, m: &Run| Point::accuracy(g.items.iter().copied(), &m.right);
    let structures = Axis::new("structure", groups.iter().map(|g| g.name.clone()));
    let names = Axis::new("model", models.iter().map(|m| m.name.clone()));
    // Many models are rows: a page scrolls down, and their names stay in sight.
    let grid = if !across {
        let points = groups.iter().flat_map(|g| models.iter().map(|m| point(g, m))).collect();
        Grid::new(Kind::Heatmap, structures, names, Unit::Share, "items", points)
    } else {
        let points = models.iter().flat_map(|m| groups.iter().map(|g| point(g, m))).collect();
        Grid::new(Kind::Heatmap, names, structures, Unit::Share, "items", points)
    };
    vec![
        ANALYSIS
            .chart(None, grid)
            .notes(lookup.ruling())
            .note(
                "Structures by number of items, most first. An item counts for every structure it names; left and right are one. Cells of \
                   fewer than 5 items are not coloured.",
            )
            .note_if(all > most, format!("The {most} commonest of {all} structures."))
            .notes(ranking(models.len())),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{grid, items, judged};
    use super::*;

    #[test]
    fn many_models_are_rows() {
        let items = items(&[("Is the liver large?", "Yes"), ("Is the spleen beside the liver?", "No")]);
        let names: Vec<String> = (0..13).map(|n| format!("m{n:02}")).collect();
        let models: Vec<(&str, &str)> = names.iter().enumerate().map(|(n, m)| (m.as_str(), if n == 3 { "RW" } else { "WW" })).collect();
        let data = judged(items, &models);
        let charts = run(&Lookup::new(&data));
        let grid = grid(&charts[0]);
        assert_eq!((grid.rows.names.len(), grid.columns.names.clone()), (13, vec!["liver".to_owned(), "spleen".into()]));
        assert_eq!(
            (grid.rows.names[0].as_str(), grid.point(0, 0).value, grid.point(2, 0).value, grid.point(3, 1).n),
            ("m03", Some(0.5), Some(0.0), 1)
        );
    }

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
