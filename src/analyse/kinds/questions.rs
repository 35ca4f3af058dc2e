//! How many questions there are of each task and category, in how many cases.

use crate::analyse::chart::thousands;
use crate::analyse::lookup::{Group, Lookup};
use crate::analyse::{Analysis, Axis, Chart, Grid, Kind, Point, Section, Unit};
use std::collections::HashSet;

pub const ANALYSIS: Analysis = Analysis {
    id: "questions",
    title: "Questions",
    section: Section::Data,
    answers: "How many questions are there, and what do they ask?",
    needs: "items",
    run,
};

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    if lookup.data.items.is_empty() {
        return ANALYSIS.missing("No questions yet: import them with `voxaudit import … --qa FILE`.");
    }
    let cases: HashSet<_> = lookup.data.items.iter().map(|i| &i.id.case).collect();
    let sizes = format!("Items: {}; cases: {}.", thousands(lookup.data.items.len()), thousands(cases.len()));
    let tasks = of(lookup, ("tasks", "by task"), "task", lookup.tasks());
    let categories = of(lookup, ("categories", "by category"), "category", lookup.categories());
    let mut charts: Vec<Chart> = tasks.into_iter().chain(categories).map(|chart| chart.note(sizes.clone())).collect();
    if charts.is_empty() {
        let all = vec![Group { name: "all items".into(), items: lookup.all() }];
        charts = vec![ANALYSIS.chart(None, bars("items", all)).note(sizes).note("No item has a task or a category.")];
    }
    charts
}

fn of(lookup: &Lookup<'_>, part: (&str, &str), title: &str, mut groups: Vec<Group>) -> Option<Chart> {
    let seen: HashSet<u32> = groups.iter().flat_map(|g| g.items.iter().copied()).collect();
    let rest: Vec<u32> = lookup.all().into_iter().filter(|n| !seen.contains(n)).collect();
    if groups.is_empty() {
        return None;
    }
    let several = groups.iter().map(|g| g.items.len()).sum::<usize>() > seen.len();
    if !rest.is_empty() {
        groups.push(Group { name: "none".into(), items: rest });
    }
    Some(ANALYSIS.chart(Some(part), bars(title, groups)).note_if(several, "An item may be in several categories."))
}

fn bars(title: &str, groups: Vec<Group>) -> Grid {
    let names: Vec<String> = groups.iter().map(|g| g.name.clone()).collect();
    let points = groups.into_iter().map(|g| Point::count(g.items)).collect();
    Grid::new(Kind::Bars, Axis::new("", ["items"]), Axis::new(title, names), Unit::Count, "items", points)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{grid, items};
    use super::*;
    use crate::analyse::Data;
    use crate::qa::{Category, Task};

    #[test]
    fn tasks_and_categories_are_counted_and_the_rest_is_shown() {
        let mut items = items(&[("a", "x"), ("b", "x"), ("c", "x")]);
        items[0].task = Some(Task::Vol);
        items[0].categories = vec![Category::Laterality, Category::Extent];
        items[1].task = Some(Task::Vol);
        let data = Data { items, ..Data::default() };
        let charts = run(&Lookup::new(&data));
        let tasks = grid(&charts[0]);
        assert_eq!(tasks.columns.names, ["VOL", "none"]);
        assert_eq!(tasks.points.iter().map(|p| p.items.clone()).collect::<Vec<_>>(), [vec![0, 1], vec![2]]);
        let categories = grid(&charts[1]);
        assert_eq!(categories.columns.names.len(), 3);
        assert!(charts[1].notes.iter().any(|n| n.contains("several")) && charts[0].notes.iter().any(|n| n == "Items: 3; cases: 1."));
    }
}
