//! On which slices a label is seen: how many steps along a direction to the next plane across it that cuts one of its voxels.

use super::{LabelSet, LabelSlice};
use crate::space::TIE;
use glam::DVec3;

/// Rounding errors of an index, in voxels.
const SLACK: f64 = 1e-6;

/// Parallel planes at whole steps from a start, looked at in the direction of the search.
struct Planes {
    /// How far a voxel's centre moves along the direction of search per step of i, j and k, in mm.
    per_voxel: [f64; 3],
    /// Of voxel (0, 0, 0), in mm from the start. Voxels are moved against the normal by [`TIE`], so that a plane on the face of
    /// two shows the one further right, anterior or superior, as [`crate::space::Grid::nearest`] has it.
    origin: f64,
    /// Half of a voxel's thickness along the normal.
    half: f64,
    step: f64,
}

impl Planes {
    /// Number of the first plane, from 1, that cuts a voxel whose centre is `at` mm from the start. `None` when it lies between two.
    fn first(&self, at: f64) -> Option<u32> {
        let n = ((at - self.half) / self.step).ceil().max(1.0);
        (n * self.step < at + self.half).then_some(n as u32)
    }
}

impl LabelSet {
    /// Steps of `step_mm` (its sign is the direction) along the unit vector `normal` to the next plane across it that shows the label, from
    /// the plane whose points have the product `from_mm` with `normal`; `None` when none of the next `most` planes does.
    ///
    /// Looks at each voxel of the label's box at most once, nearest planes first, and stops where nothing nearer can come.
    pub fn steps_to(&self, index: usize, normal: DVec3, from_mm: f64, step_mm: f64, most: u32) -> Option<u32> {
        let label = self.table.get(index).filter(|l| l.voxels > 0)?;
        let layer = self.layers.get(label.layer)?;
        if !(step_mm.abs() > 1e-9 && from_mm.is_finite() && normal.is_normalized()) {
            return None;
        }
        let forward = step_mm.signum();
        let matrix = layer.grid.affine.ras_from_voxel();
        let per_voxel = [0, 1, 2].map(|n| forward * matrix.matrix3.col(n).dot(normal));
        let half = per_voxel.iter().map(|p| p.abs()).sum::<f64>() / 2.0;
        let origin = forward * (matrix.translation.dot(normal) - from_mm - TIE * 2.0 * half);
        let planes = Planes { per_voxel, origin, half, step: step_mm.abs() };
        let mut best = most.checked_add(1)?;
        let [first, last] = label.extent;
        for k in near_to_far(first[2], last[2], per_voxel[2]) {
            for j in near_to_far(first[1], last[1], per_voxel[1]) {
                let start = layer.grid.offset([0, j, k]);
                let row = layer.voxels.all().slice(start..start + layer.grid.size[0]);
                let at = planes.origin + j as f64 * per_voxel[1] + k as f64 * per_voxel[2];
                best = best.min(planes.in_row(row, label.value, [first[0], last[0]], at, best));
            }
        }
        (best <= most).then_some(best)
    }
}

/// The indices from `first` to `last`, so that those nearer to the start come first.
fn near_to_far(first: usize, last: usize, per_index: f64) -> impl Iterator<Item = usize> {
    (0..=last - first).map(move |n| if per_index < 0.0 { last - n } else { first + n })
}

impl Planes {
    /// The first plane below `best` that cuts a voxel of `value` in a row whose voxel 0 is `at` mm from the start; `best` if there is none.
    fn in_row(&self, row: LabelSlice<'_>, value: u16, [first, last]: [usize; 2], at: f64, best: u32) -> u32 {
        let along = self.per_voxel[0];
        // Centres that the planes 1 to best − 1 can cut lie between these.
        let (low, high) = (self.step - self.half, f64::from(best - 1) * self.step + self.half);
        if along.abs() < 1e-12 {
            let n = self.first(at).filter(|n| *n < best);
            return n.filter(|_| row.slice(first..last + 1).contains(value)).unwrap_or(best);
        }
        let ends = [(low - at) / along, (high - at) / along];
        let from = (ends[0].min(ends[1]) - SLACK).ceil().max(first as f64);
        let to = (ends[0].max(ends[1]) + SLACK).floor().min(last as f64);
        if from > to || !row.slice(from as usize..to as usize + 1).contains(value) {
            return best; // most rows of a sparse label
        }
        let found = near_to_far(from as usize, to as usize, along).filter(|&i| row.at(i) == value);
        found.filter_map(|i| self.first(at + along * i as f64)).next().map_or(best, |n| n.min(best))
    }
}

#[cfg(test)]
mod tests {
    use crate::space::{Affine, Grid, RasMm};
    use crate::volume::{LabelLayer, LabelSet, LabelVoxels};
    use glam::DVec3;

    fn set(size: [usize; 3], rows: [[f64; 4]; 3], at: &[[usize; 3]]) -> LabelSet {
        let grid = Grid { size, affine: Affine::from_rows(rows).unwrap() };
        let mut voxels = vec![0u16; grid.len()];
        at.iter().for_each(|at| voxels[grid.offset(*at)] = 7);
        LabelSet::new(vec![LabelLayer { grid, voxels: LabelVoxels::from_slice(&voxels).unwrap() }], Vec::new(), Vec::new())
    }

    /// By asking every voxel of the grid for the value at the planes' own samples.
    fn sampled(set: &LabelSet, axis: usize, from: f64, step: f64, most: u32) -> Option<u32> {
        let grid = set.layers[0].grid;
        let seen = |at: f64| {
            (0..grid.len()).any(|n| {
                let voxel = [n % grid.size[0], n / grid.size[0] % grid.size[1], n / grid.size[0] / grid.size[1]];
                let mut p = grid.centre_of(voxel).0;
                p[axis] = at;
                !set.at(RasMm(p)).is_empty()
            })
        };
        (1..=most).find(|n| seen(from + f64::from(*n) * step))
    }

    #[test]
    fn aligned_grids_agree_with_sampling_in_every_direction() {
        let orders = [
            [[2.0, 0.0, 0.0, -4.0], [0.0, 1.5, 0.0, 0.0], [0.0, 0.0, 2.5, 3.0]],
            [[0.0, 0.0, -2.0, 9.0], [-1.5, 0.0, 0.0, 4.0], [0.0, 2.5, 0.0, 0.0]],
            [[0.0, -2.0, 0.0, 9.0], [0.0, 0.0, 1.5, 4.0], [-2.5, 0.0, 0.0, 0.0]],
        ];
        for rows in orders {
            let set = set([9, 8, 7], rows, &[[1, 1, 1], [4, 2, 5], [8, 7, 1]]);
            for axis in 0..3 {
                for (from, step) in [(-3.1, 0.9), (4.2, -0.9), (0.3, 3.7), (12.2, -3.1), (40.0, -2.0), (40.0, 2.0)] {
                    let found = set.steps_to(0, DVec3::AXES[axis], from, step, 60);
                    assert_eq!(found, sampled(&set, axis, from, step, 60), "axis {axis} from {from} by {step} in {rows:?}");
                }
            }
        }
    }

    #[test]
    fn gaps_are_skipped_and_the_slice_itself_does_not_count() {
        let rows = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];
        let set = set([10, 10, 40], rows, &[[2, 2, 3], [2, 2, 4], [9, 0, 30]]);
        assert_eq!(set.steps_to(0, DVec3::AXES[2], 3.0, 1.0, 100), Some(1));
        assert_eq!(set.steps_to(0, DVec3::AXES[2], 4.0, 1.0, 100), Some(26));
        assert_eq!(set.steps_to(0, DVec3::AXES[2], 4.0, 1.0, 25), None, "not within reach");
        assert_eq!(set.steps_to(0, DVec3::AXES[2], 30.0, 1.0, 100), None);
        assert_eq!(set.steps_to(0, DVec3::AXES[2], 30.0, -1.0, 100), Some(26));
        assert_eq!(set.steps_to(0, DVec3::AXES[0], 2.0, 1.0, 100), Some(7));
        assert_eq!(set.steps_to(0, DVec3::AXES[1], 2.0, -1.0, 100), Some(2));
        assert_eq!(set.steps_to(0, DVec3::AXES[2], 20.0, 7.0, 100), None, "planes 7 mm apart step over the voxel at 30");
        assert_eq!(set.steps_to(0, DVec3::AXES[2], 16.0, 7.0, 100), Some(2));
        assert_eq!(
            (
                set.steps_to(1, DVec3::AXES[2], 0.0, 1.0, 9),
                set.steps_to(0, DVec3::AXES[2], 0.0, 0.0, 9),
                set.steps_to(0, DVec3::AXES[2], f64::NAN, 1.0, 9)
            ),
            (None, None, None)
        );
    }

    #[test]
    fn oblique_grids_agree_with_the_corners_of_each_voxel() {
        let (s, c) = 25f64.to_radians().sin_cos();
        let rows = [[c, 0.0, s, 0.0], [0.1, 1.0, 0.0, 0.0], [-s, 0.0, 2.0 * c, 0.0]];
        let at = [[1, 1, 1], [7, 3, 5], [2, 6, 6]];
        let set = set([8, 8, 8], rows, &at);
        let affine = set.layers[0].grid.affine;
        for axis in 0..3 {
            let spans: Vec<(f64, f64)> = at
                .iter()
                .map(|v| {
                    let corner = |n: usize| [0, 1, 2].map(|a| v[a] as f64 + if n >> a & 1 == 0 { -0.5 } else { 0.5 });
                    let at = |n| affine.to_ras(crate::space::Voxel::new(corner(n)[0], corner(n)[1], corner(n)[2])).0[axis];
                    (0..8).map(at).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)))
                })
                .collect();
            for (from, step) in [(-3.3, 0.37), (2.1, 0.37), (2.1, -0.41), (9.7, -2.9)] {
                let expected = (1..80u32).find(|n| spans.iter().any(|(a, b)| (*a..*b).contains(&(from + f64::from(*n) * step))));
                assert_eq!(set.steps_to(0, DVec3::AXES[axis], from, step, 79), expected, "axis {axis} from {from} by {step}");
            }
        }
    }
}
