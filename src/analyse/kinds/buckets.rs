//! Accuracy by the volume of the smallest labelled structure that an item names, in classes that double.

use super::volumes::no_volumes;
use super::{by_class, ranked, ranking};
use crate::analyse::chart::{decimal, thousands};
use crate::analyse::lookup::Lookup;
use crate::analyse::{Analysis, Axis, Chart, Grid, Point, Section, Unit};
use crate::qa::CaseId;
use std::collections::{BTreeMap, HashMap};

pub const ANALYSIS: Analysis = Analysis {
    id: "buckets",
    title: "Accuracy by volume",
    section: Section::Why,
    answers: "Are small structures harder?",
    needs: "verdicts, and items that name structures with measured labels",
    run,
};

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    let models = match (lookup.judged_models(), no_volumes(lookup)) {
        (Err(why), _) | (_, Some(why)) => return ANALYSIS.missing(why),
        (Ok(models), None) => ranked(models),
    };
    let buckets = buckets(lookup);
    let (Some(first), Some(last)) = (buckets.keys().next(), buckets.keys().last()) else {
        return ANALYSIS.missing("No item names a structure whose label is present in its case.");
    };
    let classes: Vec<i32> = (*first..=*last).collect();
    let items = |class: &i32| buckets.get(class).map_or(&[][..], Vec::as_slice).iter().copied();
    let points = models.iter().flat_map(|m| classes.iter().map(|class| Point::accuracy(items(class), &m.right))).collect();
    let columns = Axis::new("mL of the smallest named structure", classes.iter().map(|class| name(*class)));
    let rows = Axis::new("model", models.iter().map(|m| m.name.clone()));
    let of: usize = buckets.values().map(Vec::len).sum();
    vec![
        ANALYSIS
            .chart(None, Grid::new(by_class(models.len()), rows, columns, Unit::Share, "items", points))
            .notes(lookup.ruling())
            .notes(ranking(models.len()))
            .note(format!(
                "Items that name a structure whose label is present in their case: {} of {}. The smallest of them counts; \
                           labels cut off by the field of view count with the part that is seen.",
                thousands(of),
                thousands(lookup.data.items.len())
            )),
    ]
}

/// Items by ⌊log2 mL⌋.
fn buckets(lookup: &Lookup<'_>) -> BTreeMap<i32, Vec<u32>> {
    let mut volumes: HashMap<(&CaseId, usize), f64> = HashMap::new();
    for v in lookup.data.volumes.all.iter().filter(|v| v.ml > 0.0) {
        if let Some(structure) = v.structure {
            *volumes.entry((&v.case, structure)).or_default() += v.ml;
        }
    }
    let mut out: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
    for (item, n) in lookup.data.items.iter().zip(0..) {
        let named = lookup.named[n as usize].iter().filter_map(|s| volumes.get(&(&item.id.case, *s)).copied());
        let smallest = named.fold(f64::INFINITY, f64::min);
        if smallest.is_finite() {
            out.entry(smallest.log2().floor().clamp(-10.0, 16.0) as i32).or_default().push(n);
        }
    }
    out
}

fn name(class: i32) -> String {
    let low = 2f64.powi(class);
    if class >= 0 { format!("{}–{}", decimal(low, 0), decimal(2.0 * low, 0)) } else { format!("{low}–{}", 2.0 * low) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{grid, items, judged, why};
    use super::*;
    use crate::analyse::{StructureVolume, Volumes};

    #[test]
    fn the_smallest_named_structure_decides_the_class() {
        let items = items(&[("Is the liver beside the spleen?", "Yes"), ("Is the liver large?", "No"), ("Where?", "There")]);
        let of = |name: &str, ml| StructureVolume {
            case: items[0].id.case.clone(),
            name: name.into(),
            structure: crate::volume::structures::find(name).map(|s| s.order),
            ml,
            truncated: false,
        };
        let volumes = Volumes { all: vec![of("liver", 17.0), of("spleen", 4.0)], cases: 1, ..Volumes::default() };
        let mut data = judged(items.clone(), &[("m", "RWR")]);
        assert!(why(&run(&Lookup::new(&data))).contains("--masks"));
        data.volumes = volumes;
        let charts = run(&Lookup::new(&data));
        let grid = grid(&charts[0]);
        assert_eq!(grid.columns.names, ["4–8", "8–16", "16–32"]);
        let found: Vec<(Option<f64>, usize)> = grid.points.iter().map(|p| (p.value, p.n)).collect();
        assert_eq!(found, [(Some(1.0), 1), (None, 0), (Some(0.0), 1)]);
    }

    #[test]
    fn classes_have_names() {
        assert_eq!([name(-1), name(0), name(3), name(10)], ["0.5–1", "1–2", "8–16", "1,024–2,048"]);
    }
}
