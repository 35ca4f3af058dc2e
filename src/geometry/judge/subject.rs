//! A structure of a claim, found among the labels of a case and put together where it is held in parts.

use super::super::measures::{CaseMeasures, LabelMeasures};
use super::Reason;
use crate::volume::structures::{self, Side};

/// One or several labels as one structure.
#[derive(Clone, Debug)]
pub(super) struct Subject<'a> {
    pub name: String,
    pub labels: Vec<(usize, &'a LabelMeasures)>,
    pub voxels: u64,
    pub volume_ml: f64,
    pub truncated: bool,
    /// World-aligned box and centroid; `None` when absent.
    pub place: Option<([[f64; 3]; 2], [f64; 3])>,
    /// Faces of the field of view that it touches: by patient axis, towards minus and plus.
    pub open: [[bool; 2]; 3],
}

/// Structures that label sets hold only in parts.
const PARTS: &[(&str, &[&str])] = &[
    ("lung_left", &["lung_upper_lobe_left", "lung_lower_lobe_left"]),
    ("lung_right", &["lung_upper_lobe_right", "lung_middle_lobe_right", "lung_lower_lobe_right"]),
    ("heart", &["heart_myocardium", "heart_atrium_left", "heart_atrium_right", "heart_ventricle_left", "heart_ventricle_right"]),
];

/// Indices into `CaseMeasures::labels` of the labels that make up a structure; `None` when one of them is not labelled.
pub fn indices(case: &CaseMeasures, name: &str) -> Option<Vec<usize>> {
    let labels: Vec<(&str, bool)> = case.labels.iter().map(|l| (l.name.as_str(), l.voxels > 0)).collect();
    indices_among(&labels, name)
}

/// The same among labels of these names, each with whether it has voxels.
pub fn indices_among(labels: &[(&str, bool)], name: &str) -> Option<Vec<usize>> {
    if let Some(at) = position(labels, name) {
        return Some(vec![at]);
    }
    let canonical = structures::find(name).map_or(name, |s| s.name);
    let halves = || [format!("{canonical}_left"), format!("{canonical}_right")];
    match PARTS.iter().find(|(whole, _)| *whole == canonical) {
        Some((_, parts)) => parts.iter().map(|p| position(labels, p)).collect(),
        None if structures::side_of(canonical) == Side::None && structures::find(&halves()[0]).is_some() => {
            let both: Option<Vec<Vec<usize>>> = halves().iter().map(|h| indices_among(labels, h)).collect();
            both.map(|b| b.concat())
        }
        None => None,
    }
}

/// The case has labels for a structure, with or without voxels.
pub fn is_known(case: &CaseMeasures, name: &str) -> bool {
    indices(case, name).is_some()
}

/// By the file's own name, else by what the table of structures knows of it; a label with voxels before one without.
fn position(labels: &[(&str, bool)], name: &str) -> Option<usize> {
    let meant = structures::find(name);
    let same = |label: &str| label == name || (meant.is_some() && structures::find(label) == meant);
    let found = || labels.iter().enumerate().filter(|(_, (label, _))| same(label));
    found().find(|(_, (_, voxels))| *voxels).or_else(|| found().next()).map(|(n, _)| n)
}

/// Another label with voxels has the same name.
fn is_repeated(case: &CaseMeasures, label: usize) -> bool {
    let name = &case.labels[label].name;
    case.labels.iter().filter(|l| l.voxels > 0 && l.name == *name).count() > 1
}

impl<'a> Subject<'a> {
    /// Errors when the structure, or a part of it, is not labelled, or labelled twice.
    pub fn find(case: &'a CaseMeasures, name: &str) -> Result<Self, Reason> {
        let labels = indices(case, name).ok_or_else(|| Reason::Missing(name.to_owned()))?;
        if labels.iter().any(|&n| is_repeated(case, n)) {
            return Err(Reason::Several(name.to_owned()));
        }
        let labels: Vec<(usize, &LabelMeasures)> = labels.into_iter().filter_map(|n| Some((n, case.labels.get(n)?))).collect();
        let voxels = labels.iter().map(|(_, l)| l.voxels).sum();
        let mut open = [[false; 2]; 3];
        labels.iter().for_each(|(_, l)| open_faces(case, l, &mut open));
        Ok(Self {
            name: name.to_owned(),
            voxels,
            volume_ml: labels.iter().map(|(_, l)| l.volume_ml).sum(),
            truncated: labels.iter().any(|(_, l)| l.truncated),
            place: together(&labels),
            labels,
            open,
        })
    }

    /// The structure, or that it has no voxel.
    pub fn present(self) -> Result<Self, Reason> {
        if self.place.is_some() { Ok(self) } else { Err(Reason::Absent(self.name)) }
    }

    pub fn box_ras_mm(&self) -> Result<[[f64; 3]; 2], Reason> {
        self.place.map(|p| p.0).ok_or_else(|| Reason::Absent(self.name.clone()))
    }

    pub fn centroid(&self) -> Result<[f64; 3], Reason> {
        self.place.map(|p| p.1).ok_or_else(|| Reason::Absent(self.name.clone()))
    }

    /// The unseen part may lie further along `axis` towards `sign`.
    pub fn open_towards(&self, axis: usize, sign: f64) -> bool {
        self.open[axis][usize::from(sign > 0.0)]
    }

    pub fn cut(&self) -> Reason {
        Reason::Truncated(self.name.clone())
    }
}

/// Box around all, and mean of the centroids weighted by volume.
fn together(labels: &[(usize, &LabelMeasures)]) -> Option<([[f64; 3]; 2], [f64; 3])> {
    let placed: Vec<_> = labels.iter().filter_map(|(_, l)| Some((l.place?, l.volume_ml.max(f64::MIN_POSITIVE)))).collect();
    if placed.is_empty() {
        return None;
    }
    let end = |side: usize, axis: usize, pick: fn(f64, f64) -> f64| {
        placed.iter().map(|(p, _)| p.box_ras_mm[side][axis]).reduce(pick).unwrap_or_default()
    };
    let weight: f64 = placed.iter().map(|(_, w)| w).sum();
    let centre = |axis: usize| placed.iter().map(|(p, w)| p.centroid_ras_mm[axis] * w).sum::<f64>() / weight;
    Some(([[0, 1, 2].map(|n| end(0, n, f64::min)), [0, 1, 2].map(|n| end(1, n, f64::max))], [0, 1, 2].map(centre)))
}

/// Which faces of the grid a label touches, as patient directions. Of a label on a grid of its own only `truncated` is known.
fn open_faces(case: &CaseMeasures, label: &LabelMeasures, open: &mut [[bool; 2]; 3]) {
    let (true, Some(place)) = (label.truncated, label.place) else { return };
    let axes: Vec<char> = case.grid.axes.chars().collect();
    if label.layer != 0 || axes.len() != 3 {
        *open = [[true; 2]; 3];
        return;
    }
    for (file_axis, letter) in axes.into_iter().enumerate() {
        let Some((axis, plus)) = towards(letter) else { continue };
        let [first, last] = place.bbox_voxel.map(|v| v[file_axis]);
        open[axis][usize::from(!plus)] |= first == 0;
        open[axis][usize::from(plus)] |= last + 1 >= case.grid.size[file_axis];
    }
}

/// Patient axis of an orientation letter, and whether it is the positive end.
fn towards(letter: char) -> Option<(usize, bool)> {
    Some(match letter {
        'R' => (0, true),
        'L' => (0, false),
        'A' => (1, true),
        'P' => (1, false),
        'S' => (2, true),
        'I' => (2, false),
        _ => return None,
    })
}
