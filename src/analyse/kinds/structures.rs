//! Which structures the questions name, and how often labels hold them.

use crate::analyse::chart::thousands;
use crate::analyse::lookup::{Lookup, title};
use crate::analyse::{Analysis, Axis, Chart, Grid, Kind, Point, Section, Unit};
use std::collections::{BTreeMap, BTreeSet, HashSet};

pub const ANALYSIS: Analysis = Analysis {
    id: "structures",
    title: "Structures",
    section: Section::Data,
    answers: "Which anatomy do the questions name, and which is labelled in the images?",
    needs: "items; measured labels for the second chart",
    run,
};

/// Structures shown, at most.
const MOST: usize = 24;

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    let mut groups = lookup.structures(|_| true);
    if groups.is_empty() {
        return ANALYSIS.missing("No question names a structure that the table of structures knows.");
    }
    let (all, unnamed) = (groups.len(), lookup.named.iter().filter(|n| n.is_empty()).count());
    groups.truncate(MOST);
    let names: Vec<String> = groups.iter().map(|g| g.name.clone()).collect();
    let points = groups.into_iter().map(|g| Point::count(g.items)).collect();
    let grid = Grid::new(Kind::Bars, Axis::new("", ["items"]), Axis::new("structure", names), Unit::Count, "items", points);
    let mut charts = vec![
        ANALYSIS
            .chart(Some(("named", "named in questions")), grid)
            .note(
                "Left and right are one structure; an item counts for every structure that its question, options or reference answer \
                   names.",
            )
            .note(format!("Items that name none: {}.", thousands(unnamed)))
            .note_if(all > MOST, format!("The {MOST} commonest of {all}.")),
    ];
    charts.extend(labelled(lookup));
    charts
}

/// In how many measured cases each structure is present.
fn labelled(lookup: &Lookup<'_>) -> Option<Chart> {
    let mut cases: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for v in &lookup.data.volumes.all {
        let name = v.structure.map_or_else(|| v.name.replace('_', " "), title);
        cases.entry(name).or_default().insert(&v.case.0);
    }
    let mut rows: Vec<(String, BTreeSet<&str>)> = cases.into_iter().collect();
    rows.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
    let all = rows.len();
    rows.truncate(MOST);
    let point = |(_, cases): &(String, BTreeSet<&str>)| {
        let within: HashSet<&str> = cases.iter().copied().collect();
        let items = lookup.data.items.iter().zip(0..).filter(|(i, _)| within.contains(i.id.case.0.as_str())).map(|(_, n)| n).collect();
        Point { value: Some(cases.len() as f64), n: cases.len(), items, ..Point::default() }
    };
    let points: Vec<Point> = rows.iter().map(point).collect();
    let names = rows.into_iter().map(|(name, _)| name);
    let grid = Grid::new(Kind::Bars, Axis::new("", ["cases"]), Axis::new("structure", names), Unit::Count, "cases", points);
    (all > 0).then(|| {
        ANALYSIS
            .chart(Some(("labelled", "labelled in cases")), grid)
            .note(format!(
                "Cases whose labels were measured: {}. Labels without a voxel do not count.",
                thousands(lookup.data.volumes.cases)
            ))
            .note_if(all > MOST, format!("The {MOST} commonest of {all}."))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{grid, items};
    use super::*;
    use crate::analyse::{Data, StructureVolume, Volumes};

    #[test]
    fn named_and_labelled_structures_are_counted() {
        let items = items(&[("Is the liver large?", "Yes"), ("Is the left kidney below the liver?", "No"), ("How?", "So")]);
        let of = |name: &str| StructureVolume {
            case: items[0].id.case.clone(),
            name: name.into(),
            structure: crate::volume::structures::find(name).map(|s| s.order),
            ml: 2.0,
            truncated: false,
        };
        let all = vec![of("kidney_left"), of("kidney_right")];
        let data = Data { volumes: Volumes { all, cases: 1, ..Volumes::default() }, items: items.clone(), ..Data::default() };
        let charts = run(&Lookup::new(&data));
        let named = grid(&charts[0]);
        assert_eq!(named.columns.names, ["liver", "kidney"]);
        assert_eq!((named.points[0].items.clone(), named.points[1].items.clone()), (vec![0, 1], vec![1]));
        assert!(charts[0].notes[1].ends_with("none: 1."));
        let labelled = grid(&charts[1]);
        assert_eq!((labelled.columns.names.clone(), labelled.points[0].value), (vec!["kidney".to_owned()], Some(1.0)));
        assert_eq!(labelled.points[0].items, [0, 1, 2]);
    }
}
