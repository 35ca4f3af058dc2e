//! Where the patient's midline is.

use super::super::measures::CaseMeasures;
use super::subject::Subject;
use crate::volume::structures::{self, Side};

/// R of the patient's midline in mm: the median over the vertebrae, sternum, sacrum, spinal cord and skull that are whole across R–L, or
/// else over the middles between the two of each pair of organs.
///
/// A scan's R = 0 is where the scanner's table was, not where the patient is, so it is never used. `None` when nothing tells.
pub fn midline_r(case: &CaseMeasures) -> Option<f64> {
    let spine: Vec<f64> = case.labels.iter().filter(|l| is_axial(&l.name)).filter_map(|l| centre_r(case, &l.name)).collect();
    median(spine).or_else(|| median(pair_middles(case)))
}

fn is_axial(name: &str) -> bool {
    structures::find(name)
        .is_some_and(|s| s.name.starts_with("vertebrae_") || matches!(s.name, "sternum" | "sacrum" | "spinal_cord" | "skull"))
}

/// R of a centroid that no cut of the field of view shifts along R–L.
fn centre_r(case: &CaseMeasures, name: &str) -> Option<f64> {
    let subject = Subject::find(case, name).ok()?;
    let whole = !subject.open[0][0] && !subject.open[0][1];
    subject.centroid().ok().filter(|_| whole).map(|c| c[0])
}

fn pair_middles(case: &CaseMeasures) -> Vec<f64> {
    let left = case.labels.iter().filter_map(|l| structures::find(&l.name)).filter(|s| s.side == Side::Left);
    left.filter_map(|s| {
        let other = structures::find(&s.name.replace("left", "right"))?;
        Some(f64::midpoint(centre_r(case, s.name)?, centre_r(case, other.name)?))
    })
    .collect()
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}
