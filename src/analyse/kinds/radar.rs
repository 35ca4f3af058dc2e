//! Models' accuracy over categories, as polygons.

use crate::analyse::lookup::{Group, Lookup, Run};
use crate::analyse::{Analysis, Axis, Chart, Grid, Kind, Point, Section, Unit};

pub const ANALYSIS: Analysis = Analysis {
    id: "radar",
    title: "Accuracy profile",
    section: Section::Models,
    answers: "On which kinds of spatial question is each model strong or weak?",
    needs: "verdicts, and items of at least three categories or tasks",
    run,
};

/// Fewer axes are no polygon; more models cannot be told apart.
pub const AXES: usize = 3;
pub const MOST_MODELS: usize = 8;

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    let models = match lookup.judged_models() {
        Ok(models) => models,
        Err(why) => return ANALYSIS.missing(why),
    };
    let of_kind = [("category", "categories", lookup.categories()), ("task", "tasks", lookup.tasks())];
    let charts: Vec<Chart> = of_kind
        .into_iter()
        .filter(|(_, _, groups)| groups.len() >= AXES)
        .map(|(title, words, groups)| radar(lookup, &ANALYSIS, Some((title, words)), &models, (title, &groups)))
        .collect();
    if charts.is_empty() { ANALYSIS.missing("Items have fewer than three categories and fewer than three tasks.") } else { charts }
}

/// The models with the highest accuracy over these groups, in the order of their names.
pub fn radar(
    lookup: &Lookup<'_>,
    analysis: &Analysis,
    part: Option<(&str, &str)>,
    models: &[&Run],
    (title, groups): (&str, &[Group]),
) -> Chart {
    let point = |m: &Run, g: &Group| Point::accuracy(g.items.iter().copied(), &m.right);
    let mean = |m: &Run| groups.iter().filter_map(|g| point(m, g).value).sum::<f64>();
    let mut shown: Vec<&Run> = models.to_vec();
    shown.sort_by(|a, b| mean(b).total_cmp(&mean(a)).then_with(|| a.name.cmp(&b.name)));
    let left_out = shown.len().saturating_sub(MOST_MODELS);
    shown.truncate(MOST_MODELS);
    shown.sort_by(|a, b| a.name.cmp(&b.name));
    let points = shown.iter().flat_map(|m| groups.iter().map(|g| point(m, g))).collect();
    let rows = Axis::new("model", shown.iter().map(|m| m.name.clone()));
    let grid = Grid::new(Kind::Radar, rows, Axis::new(title, groups.iter().map(|g| g.name.clone())), Unit::Share, "items", points);
    analysis
        .chart(part, grid)
        .notes(lookup.ruling())
        .note("Short lines along an axis are intervals. The area of a polygon has no meaning.")
        .note_if(left_out > 0, format!("The {MOST_MODELS} most accurate models; {left_out} are left out."))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{grid, items, judged, why};
    use super::*;
    use crate::qa::Category;

    #[test]
    fn axes_are_categories_and_polygons_models() {
        let mut items = items(&[("a", "x"), ("b", "x"), ("c", "x")]);
        items.iter_mut().zip(Category::ALL).for_each(|(item, category)| item.categories = vec![category]);
        let data = judged(items, &[("m", "RW "), ("n", "WWR")]);
        let charts = run(&Lookup::new(&data));
        let radar = grid(&charts[0]);
        assert_eq!((radar.rows.names.len(), radar.columns.names.len()), (2, 3));
        let values: Vec<Option<f64>> = radar.points.iter().map(|p| p.value).collect();
        assert_eq!(values, [Some(1.0), Some(0.0), None, Some(0.0), Some(0.0), Some(1.0)]);
    }

    #[test]
    fn two_axes_are_no_radar() {
        let data = judged(items(&[("a", "x")]), &[("m", "R")]);
        assert!(why(&run(&Lookup::new(&data))).contains("fewer than three"));
    }
}
