//! What only a whole case tells: the order of its labels by a measure, and its left-right pairs. The sides are the patient's, by name.

use super::measures::LabelMeasures;
use crate::volume::is_named;
use crate::volume::structures::{self, Side};
use glam::DVec3;
use serde::Serialize;
use std::collections::BTreeMap;

/// By what labels are ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rank {
    Volume,
    Width,
    Depth,
    Height,
    Surface,
    Diameter,
    AxialDiameter,
    MeanHu,
}

impl Rank {
    pub const ALL: [Rank; 8] =
        [Rank::Volume, Rank::Width, Rank::Depth, Rank::Height, Rank::Surface, Rank::Diameter, Rank::AxialDiameter, Rank::MeanHu];

    /// As in files.
    pub fn code(self) -> &'static str {
        match self {
            Rank::Volume => "volume_ml",
            Rank::Width => "width_rl_mm",
            Rank::Depth => "depth_ap_mm",
            Rank::Height => "height_si_mm",
            Rank::Surface => "surface_area_mm2",
            Rank::Diameter => "diameter_mm",
            Rank::AxialDiameter => "axial_diameter_mm",
            Rank::MeanHu => "mean_hu",
        }
    }

    /// `None` where it was not measured or the label is absent.
    pub fn of(self, m: &LabelMeasures) -> Option<f64> {
        match self {
            Rank::Volume => (m.voxels > 0).then_some(m.volume_ml),
            Rank::Width => m.place.map(|p| p.extent.width_rl),
            Rank::Depth => m.place.map(|p| p.extent.depth_ap),
            Rank::Height => m.place.map(|p| p.extent.height_si),
            Rank::Surface => m.shape.as_ref().map(|s| s.surface_area_mm2),
            Rank::Diameter => m.shape.as_ref().map(|s| length_mm(s.diameter)),
            Rank::AxialDiameter => m.shape.as_ref().map(|s| length_mm(s.axial_diameter)),
            Rank::MeanHu => m.hu.map(|hu| hu.mean),
        }
    }

    /// Labels by this measure, largest first, as indices; of equal ones the first in the table comes first.
    pub fn order(self, labels: &[LabelMeasures]) -> Vec<usize> {
        let mut known: Vec<(usize, f64)> = labels.iter().enumerate().filter_map(|(n, m)| Some((n, self.of(m)?))).collect();
        known.sort_by(|a, b| b.1.total_cmp(&a.1));
        known.into_iter().map(|(n, _)| n).collect()
    }
}

/// Between two points, mm.
pub fn length_mm([a, b]: [[f64; 3]; 2]) -> f64 {
    DVec3::from(a).distance(b.into())
}

/// The two of a pair, as indices of labels; both are present.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sides {
    pub left: usize,
    pub right: usize,
    /// Volume of the left one ÷ that of the right one.
    pub ratio: f64,
    /// One of them is cut by the border of the field of view: the ratio says little.
    pub truncated: bool,
}

/// Left-right pairs of present labels, in the order of the table.
pub fn sides(labels: &[LabelMeasures]) -> Vec<Sides> {
    let mut found: BTreeMap<String, [Option<usize>; 2]> = BTreeMap::new();
    for (n, label) in labels.iter().enumerate().filter(|(_, l)| l.voxels > 0 && is_named(&l.name, l.value)) {
        let name = structures::find(&label.name).map_or(label.name.as_str(), |s| s.name);
        let side = match structures::side_of(name) {
            Side::Left => 0,
            Side::Right => 1,
            Side::None | Side::Midline => continue,
        };
        found.entry(structures::without_side(name)).or_default()[side].get_or_insert(n);
    }
    let mut pairs: Vec<Sides> = found
        .into_values()
        .filter_map(|[left, right]| left.zip(right))
        .map(|(left, right)| Sides {
            left,
            right,
            ratio: labels[left].volume_ml / labels[right].volume_ml,
            truncated: labels[left].truncated || labels[right].truncated,
        })
        .collect();
    pairs.sort_by_key(|p| p.left.min(p.right));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(name: &str, volume_ml: f64) -> LabelMeasures {
        let voxels = (volume_ml * 1000.0) as u64;
        LabelMeasures { value: 1, layer: 0, name: name.to_owned(), voxels, volume_ml, truncated: false, place: None, shape: None, hu: None }
    }

    #[test]
    fn labels_are_ranked_and_paired_by_name() {
        let named = [
            ("kidney_right", 150.0),
            ("liver", 1500.0),
            ("Left Kidney", 120.0),
            ("nodule_left", 1.0),
            ("rib_left_1", 0.0),
            ("rib_right_1", 5.0),
        ];
        let labels = named.map(|(name, ml)| label(name, ml));
        assert_eq!(Rank::Volume.order(&labels), [1, 0, 2, 5, 3]);
        assert_eq!(Rank::Surface.order(&labels), Vec::<usize>::new());
        assert_eq!(sides(&labels), [Sides { left: 2, right: 0, ratio: 0.8, truncated: false }]);
    }
}
