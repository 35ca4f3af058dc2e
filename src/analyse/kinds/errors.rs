//! Which step of an answer broke, by model and kind of question, as reviewers labelled it.

use super::FEW;
use crate::analyse::lookup::{Lookup, Opinion};
use crate::analyse::{Analysis, Axis, Chart, Grid, Kind, Point, Section, Unit};
use std::collections::BTreeSet;

pub const ANALYSIS: Analysis = Analysis {
    id: "errors",
    title: "Types of error",
    section: Section::Why,
    answers: "Which step fails: seeing, relating, measuring, or wording?",
    needs: "error labels of reviewers",
    run,
};

/// One labelled answer: its item, its run and the types its reviewers chose.
struct Labelled {
    item: u32,
    run: usize,
    types: BTreeSet<String>,
}

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    let labelled: Vec<Labelled> = lookup.opinions().iter().filter_map(labelled).collect();
    if labelled.is_empty() {
        return ANALYSIS.missing("No error labels yet: label answers in the Compare workspace, or with `voxaudit review`.");
    }
    let types = types(lookup, &labelled);
    let names: Vec<String> =
        types.iter().map(|code| lookup.data.taxonomy.error_type(code).map_or(code.clone(), |t| t.name.clone())).collect();
    vec![per_model(lookup, &labelled, &types, &names), per_kind(lookup, &labelled, &types, &names)]
}

fn labelled(opinion: &Opinion<'_>) -> Option<Labelled> {
    let types: BTreeSet<String> = opinion.labels.iter().filter_map(|l| l.primary.clone()).collect();
    (!types.is_empty()).then_some(Labelled { item: opinion.item, run: opinion.run, types })
}

/// Those that occur, in the taxonomy's order; codes of other taxonomies after them.
fn types(lookup: &Lookup<'_>, labelled: &[Labelled]) -> Vec<String> {
    let used: BTreeSet<&String> = labelled.iter().flat_map(|l| &l.types).collect();
    let known = lookup.data.taxonomy.types.iter().map(|t| &t.code).filter(|code| used.contains(code));
    let mut out: Vec<String> = known.cloned().collect();
    out.extend(used.into_iter().filter(|code| lookup.data.taxonomy.error_type(code).is_none()).cloned());
    out
}

fn runs(labelled: &[Labelled]) -> BTreeSet<usize> {
    labelled.iter().map(|l| l.run).collect()
}

fn per_model(lookup: &Lookup<'_>, labelled: &[Labelled], types: &[String], names: &[String]) -> Chart {
    let point = |run: usize, code: &String| {
        let own = || labelled.iter().filter(move |l| l.run == run);
        let items: Vec<u32> = own().filter(|l| l.types.contains(code)).map(|l| l.item).collect();
        Point { n: own().count(), ..Point::count(items) }
    };
    let runs = runs(labelled);
    let points = runs.iter().flat_map(|run| types.iter().map(|t| point(*run, t)).collect::<Vec<_>>()).collect();
    let rows = Axis::new("model", runs.iter().map(|n| lookup.runs[*n].name.clone()));
    let grid = Grid::new(Kind::Stacked, rows, Axis::new("type", names.iter().cloned()), Unit::Count, "labelled answers", points);
    ANALYSIS.chart(Some(("models", "by model")), grid).note(
        "Labelled answers by their primary type, the first step that broke. Where reviewers differ, an answer counts in each type \
               they chose. Unlabelled answers are not shown: which answers were labelled decides what these shares mean.",
    )
}

fn per_kind(lookup: &Lookup<'_>, labelled: &[Labelled], types: &[String], names: &[String]) -> Chart {
    let (title, groups) = lookup.kinds();
    let (mut rows, mut points) = (Vec::new(), Vec::new());
    let (shown, left_out) = most_labelled(labelled);
    for run in shown {
        for group in &groups {
            let within: BTreeSet<u32> = group.items.iter().copied().collect();
            let own: Vec<&Labelled> = labelled.iter().filter(|l| l.run == run && within.contains(&l.item)).collect();
            if own.is_empty() {
                continue;
            }
            rows.push(format!("{} · {}", lookup.runs[run].name, group.name));
            points.extend(types.iter().map(|code| {
                let items: Vec<u32> = own.iter().filter(|l| l.types.contains(code)).map(|l| l.item).collect();
                Point::share(items.len(), own.len(), items)
            }));
        }
    }
    let rows = Axis::new(&format!("model · {title}"), rows);
    if rows.names.is_empty() {
        return ANALYSIS.missing("No labelled item has a task or a category.").remove(0);
    }
    let grid = Grid::new(Kind::Heatmap, rows, Axis::new("type", names.iter().cloned()), Unit::Share, "labelled answers", points);
    ANALYSIS
        .chart(Some(("kinds", &format!("by model and {title}"))), grid)
        .note(format!(
            "Share of the labelled answers of a model to items of a {title}. Rows of fewer than 5 labelled answers are not coloured."
        ))
        .note_if(left_out > 0, format!("The {FEW} models with the most labelled answers; {left_out} are left out."))
}

/// In the order of the runs, with the number of those left out.
fn most_labelled(labelled: &[Labelled]) -> (Vec<usize>, usize) {
    let mut all: Vec<usize> = runs(labelled).into_iter().collect();
    let left_out = all.len().saturating_sub(FEW);
    if left_out > 0 {
        all.sort_by_cached_key(|run| std::cmp::Reverse(labelled.iter().filter(|l| l.run == *run).count()));
        all.truncate(FEW);
        all.sort_unstable();
    }
    (all, left_out)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{event, grid, items, judged, reference, why};
    use super::*;
    use crate::qa::{Category, Taxonomy};
    use crate::review::{Action, ErrorLabel, ReviewState};

    #[test]
    fn labels_are_counted_once_per_answer_and_type() {
        let mut items = items(&[("q", "x"); 3]);
        items[0].categories = vec![Category::Extent];
        items[1].categories = vec![Category::Extent];
        let mut data = judged(items, &[("m", "WWW")]);
        data.taxonomy = Taxonomy::built_in().clone();
        assert!(why(&run(&Lookup::new(&data))).starts_with("No error labels yet"));
        let [first, second] = [0, 1].map(|n| data.taxonomy.types[n].clone());
        let label = |n, who, item, code: &str| {
            let label = ErrorLabel { primary: Some(code.into()), ..ErrorLabel::new(Taxonomy::built_in().id()) };
            event(n, who, item, Action::LabelAnswer { answer: reference("m"), label: Box::new(label) })
        };
        data.review = ReviewState::from_events([
            label(1, "A", 0, &first.code),
            label(2, "B", 0, &first.code),
            label(3, "A", 1, &first.code),
            label(4, "B", 1, &second.code),
            label(5, "A", 2, &second.code),
        ]);
        let charts = run(&Lookup::new(&data));
        let models = grid(&charts[0]);
        assert_eq!(models.columns.names, [first.name, second.name]);
        assert_eq!((models.point(0, 0).items.clone(), models.point(0, 1).items.clone()), (vec![0, 1], vec![1, 2]));
        assert_eq!(models.point(0, 0).n, 3);
        let kinds = grid(&charts[1]);
        assert_eq!(kinds.rows.names, ["m · Spatial Extent & Boundaries"]);
        assert_eq!((kinds.point(0, 0).value, kinds.point(0, 1).value, kinds.point(0, 0).n), (Some(1.0), Some(0.5), 2));
    }
}
