//! How large the labelled structures are over the cases.

use crate::analyse::chart::thousands;
use crate::analyse::lookup::{Lookup, title};
use crate::analyse::{Analysis, Axis, Chart, Grid, Kind, Point, Section, StructureVolume, Unit};
use std::collections::{BTreeMap, HashSet};

pub const ANALYSIS: Analysis = Analysis {
    id: "volumes",
    title: "Volumes of structures",
    section: Section::Data,
    answers: "How large are the labelled structures, and how much do cases differ?",
    needs: "labels that can be measured",
    run,
};

/// Structures shown, at most.
const MOST: usize = 24;

fn run(lookup: &Lookup<'_>) -> Vec<Chart> {
    if let Some(why) = no_volumes(lookup) {
        return ANALYSIS.missing(why);
    }
    let mut groups: BTreeMap<String, Vec<&StructureVolume>> = BTreeMap::new();
    for v in lookup.data.volumes.all.iter().filter(|v| !v.truncated) {
        groups.entry(v.structure.map_or_else(|| v.name.replace('_', " "), title)).or_default().push(v);
    }
    let cut = lookup.data.volumes.all.iter().filter(|v| v.truncated).count();
    let truncated = thousands(cut);
    if groups.is_empty() {
        return ANALYSIS
            .missing(format!("All {truncated} labels are cut off by the field of view, so that their volumes are only lower bounds."));
    }
    let all = groups.len();
    let mut groups: Vec<(String, Vec<&StructureVolume>)> = groups.into_iter().collect();
    groups.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
    groups.truncate(MOST);
    groups.sort_by(|a, b| middle(&b.1).total_cmp(&middle(&a.1)).then_with(|| a.0.cmp(&b.0)));
    let points = groups.iter().flat_map(|(_, of)| points(lookup, of)).collect();
    let rows = Axis::new("structure", groups.into_iter().map(|(name, _)| name));
    let columns = Axis::new("quantile", ["lowest", "lower quartile", "median", "upper quartile", "highest"]);
    let grid = Grid::new(Kind::Boxes, rows, columns, Unit::Volume, "labels", points);
    vec![
        ANALYSIS
            .chart(None, grid)
            .note(
                "Whiskers reach from the lowest to the highest volume, boxes from the lower to the upper quartile. Left and right are \
                   separate labels of one row.",
            )
            .note_if(
                cut > 0,
                format!(
                    "Left out: {truncated} labels that the field of view cuts off; their volumes are only lower \
                                             bounds."
                ),
            )
            .note_if(all > MOST, format!("The {MOST} commonest of {all} structures."))
            .note_if(
                lookup.data.volumes.failed > 0,
                format!("Cases that could not be measured: {}.", thousands(lookup.data.volumes.failed)),
            ),
    ]
}

/// Why there are no volumes; also used where items are sorted by them.
pub fn no_volumes(lookup: &Lookup<'_>) -> Option<String> {
    let v = &lookup.data.volumes;
    let why = match (v.left_out, v.failed) {
        _ if !v.all.is_empty() => return None,
        (true, _) => "Volumes were left out on request.".to_owned(),
        (false, 0) => "No labels yet: import masks with `voxaudit import … --masks FOLDER`.".to_owned(),
        (false, failed) => {
            format!("None of the {} cases with masks could be measured; `voxaudit measure` names the reasons.", thousands(failed))
        }
    };
    Some(why)
}

fn points(lookup: &Lookup<'_>, of: &[&StructureVolume]) -> [Point; 5] {
    let cases: HashSet<_> = of.iter().map(|v| &v.case).collect();
    let items: Vec<u32> = lookup.data.items.iter().zip(0..).filter(|(i, _)| cases.contains(&i.id.case)).map(|(_, n)| n).collect();
    let sorted = sorted(of);
    [0.0, 0.25, 0.5, 0.75, 1.0].map(|q| Point { value: quantile(&sorted, q), n: of.len(), items: items.clone(), ..Point::default() })
}

fn sorted(of: &[&StructureVolume]) -> Vec<f64> {
    let mut values: Vec<f64> = of.iter().map(|v| v.ml).collect();
    values.sort_by(f64::total_cmp);
    values
}

fn middle(of: &[&StructureVolume]) -> f64 {
    quantile(&sorted(of), 0.5).unwrap_or(0.0)
}

/// Between neighbours in proportion (Hyndman and Fan's type 7, the default of R and NumPy).
fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let at = q * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    Some(low + (high - low) * at.fract())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{grid, items, why};
    use super::*;
    use crate::analyse::{Data, Volumes};

    #[test]
    fn quartiles_are_those_of_r_and_what_is_cut_off_is_left_out() {
        let items = items(&[("a", "x")]);
        let of = |ml: f64, truncated: bool| StructureVolume {
            case: items[0].id.case.clone(),
            name: "liver".into(),
            structure: crate::volume::structures::find("liver").map(|s| s.order),
            ml,
            truncated,
        };
        let all = vec![of(4.0, false), of(1.0, false), of(2.0, false), of(10.0, false), of(999.0, true)];
        let data = Data { volumes: Volumes { all, cases: 5, ..Volumes::default() }, items: items.clone(), ..Data::default() };
        let charts = run(&Lookup::new(&data));
        let found: Vec<f64> = grid(&charts[0]).points.iter().filter_map(|p| p.value).collect();
        assert_eq!(found, [1.0, 1.75, 3.0, 5.5, 10.0]);
        assert!(charts[0].notes.iter().any(|n| n.starts_with("Left out: 1 labels")));
    }

    #[test]
    fn what_is_missing_is_said() {
        assert!(why(&run(&Lookup::new(&Data::default()))).contains("--masks"));
    }
}
