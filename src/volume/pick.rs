//! The first label a ray meets, for clicks into the 3D view.

use super::{LabelLayer, LabelSet};
use crate::space::RasMm;
use glam::DVec3;

/// A ray is looked at every half voxel.
const STEP: f64 = 0.5;

/// Where a ray from `origin` (mm) along the unit vector `along` first meets a label that is `visible` (by index in the table) at a point
/// that is to be looked at (`keep`), and which label it is.
pub fn first_hit(
    set: &LabelSet,
    origin: RasMm,
    along: DVec3,
    keep: impl Fn(RasMm) -> bool,
    visible: impl Fn(usize) -> bool,
) -> Option<(RasMm, usize)> {
    let hits = set.layers.iter().enumerate().filter_map(|(n, layer)| hit(set, n, layer, origin, along, &keep, &visible));
    hits.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(t, index)| (RasMm(origin.0 + along * t), index))
}

fn hit(
    set: &LabelSet,
    number: usize,
    layer: &LabelLayer,
    origin: RasMm,
    along: DVec3,
    keep: &impl Fn(RasMm) -> bool,
    visible: &impl Fn(usize) -> bool,
) -> Option<(f64, usize)> {
    let (first, last) = span(layer, origin, along)?;
    let step = layer.grid.affine.spacing_mm().into_iter().fold(f64::INFINITY, f64::min) * STEP;
    let steps = ((last - first) / step).ceil().max(0.0) as usize;
    (0..=steps).map(|n| first + n as f64 * step).find_map(|t| {
        let p = RasMm(origin.0 + along * t);
        let voxel = layer.grid.nearest(p).filter(|_| keep(p))?;
        let index = set.index_of(number, layer.value(voxel))?;
        visible(index).then_some((t, index))
    })
}

/// Distances at which a ray enters and leaves a layer's grid.
fn span(layer: &LabelLayer, origin: RasMm, along: DVec3) -> Option<(f64, f64)> {
    let inverse = layer.grid.affine.voxel_from_ras();
    let (u, d) = (inverse.transform_point3(origin.0), inverse.transform_vector3(along));
    let (mut first, mut last) = (0.0f64, f64::INFINITY);
    for axis in 0..3 {
        let (lo, hi) = (-0.5, layer.grid.size[axis] as f64 - 0.5);
        if d[axis].abs() < 1e-12 {
            if u[axis] < lo || u[axis] > hi {
                return None;
            }
            continue;
        }
        let (a, b) = ((lo - u[axis]) / d[axis], (hi - u[axis]) / d[axis]);
        (first, last) = (first.max(a.min(b)), last.min(a.max(b)));
    }
    (first <= last && last.is_finite()).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Affine, Grid};
    use crate::volume::{LabelName, LabelVoxels};

    fn set() -> LabelSet {
        // Two plates across A: label 1 at j = 2, label 2 at j = 6, on a grid that grows to the left.
        let rows = [[-2.0, 0.0, 0.0, 20.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 3.0, 0.0]];
        let grid = Grid { size: [10, 9, 8], affine: Affine::from_rows(rows).unwrap() };
        let mut voxels = vec![0u16; grid.len()];
        for (i, k) in (0..10).flat_map(|i| (0..8).map(move |k| (i, k))) {
            voxels[grid.offset([i, 2, k])] = 1;
            voxels[grid.offset([i, 6, k])] = 2;
        }
        let name = |value: u16| LabelName { layer: 0, value, name: format!("plate {value}"), color: None };
        LabelSet::new(vec![LabelLayer { grid, voxels: LabelVoxels::from_slice(&voxels).unwrap() }], vec![name(1), name(2)], Vec::new())
    }

    #[test]
    fn the_nearest_visible_label_is_met_first() {
        let set = set();
        let from_front = |keep: fn(RasMm) -> bool, visible: fn(usize) -> bool| {
            first_hit(&set, RasMm::new(11.0, 100.0, 10.0), DVec3::NEG_Y, keep, visible)
        };
        let (p, index) = from_front(|_| true, |_| true).unwrap();
        assert_eq!(set.table[index].value, 2);
        assert!((p.0.y - 6.5).abs() <= 0.5, "{p:?}");
        let (p, index) = from_front(|p| p.0.y < 5.0, |_| true).unwrap();
        assert_eq!((set.table[index].value, p.0.y < 2.6), (1, true), "what is cut away is not met");
        assert_eq!(from_front(|_| true, |n| n == 0).map(|h| h.1), Some(0), "nor what is hidden");
        assert_eq!(from_front(|_| true, |_| false), None);
        assert_eq!(first_hit(&set, RasMm::new(50.0, 100.0, 10.0), DVec3::NEG_Y, |_| true, |_| true), None, "beside the grid");
        assert_eq!(first_hit(&set, RasMm::new(11.0, -100.0, 10.0), DVec3::NEG_Y, |_| true, |_| true), None, "behind the viewer");
    }
}
