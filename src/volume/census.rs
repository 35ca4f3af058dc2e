//! How many voxels each label has and a voxel to jump to, in two passes over a layer.

use super::LabelLayer;

/// One value that is present in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Census {
    pub value: u16,
    pub voxels: u64,
    /// A voxel of the label: on its largest slice across the grid's axis closest to S, the one nearest to that slice's centroid.
    pub anchor: [usize; 3],
    /// First and last voxel along each axis.
    pub extent: [[usize; 3]; 2],
    /// Touches a face of the grid: what is counted is a lower bound.
    pub truncated: bool,
}

/// Sums of one label over one slice.
#[derive(Clone, Copy, Default)]
struct Sums {
    count: u64,
    u: u64,
    v: u64,
}

/// What is known of one label.
#[derive(Clone, Copy)]
struct Known {
    voxels: u64,
    slice: usize,
    largest: Sums,
    nearest: f64,
    anchor: [usize; 3],
    /// First and last along a row, across rows and across slices.
    first: [usize; 3],
    last: [usize; 3],
}

const UNSEEN: Known = Known {
    voxels: 0,
    slice: 0,
    largest: Sums { count: 0, u: 0, v: 0 },
    nearest: f64::INFINITY,
    anchor: [0; 3],
    first: [usize::MAX; 3],
    last: [0; 3],
};

impl Known {
    fn widen(&mut self, first: [usize; 3], last: [usize; 3]) {
        for axis in 0..3 {
            self.first[axis] = self.first[axis].min(first[axis]);
            self.last[axis] = self.last[axis].max(last[axis]);
        }
    }
}

/// Slices of a layer across one of its axes, as rows of labels.
struct Slices<'a> {
    layer: &'a LabelLayer,
    /// Axes along a row, across rows within a slice, and across slices.
    axes: [usize; 3],
}

impl Slices<'_> {
    fn index(&self, [u, v, s]: [usize; 3]) -> [usize; 3] {
        let mut index = [0; 3];
        (index[self.axes[0]], index[self.axes[1]], index[self.axes[2]]) = (u, v, s);
        index
    }

    /// Calls `run(u, length, v, value)` for each run of one label along the rows of slice `s`.
    fn runs(&self, s: usize, mut run: impl FnMut(usize, usize, usize, u16)) {
        let grid = &self.layer.grid;
        let [along, across, _] = self.axes.map(|a| grid.size[a]);
        let mut gathered = Vec::new();
        for v in 0..across {
            let start = grid.offset(self.index([0, v, s]));
            let row = if self.axes[0] == 0 {
                &self.layer.voxels[start..start + along]
            } else {
                gathered.clear();
                gathered.extend((0..along).map(|u| self.layer.voxels[grid.offset(self.index([u, v, s]))]));
                &gathered[..]
            };
            if row.iter().fold(0, |any, value| any | value) == 0 {
                continue; // most rows of most masks
            }
            let mut u = 0;
            for chunk in row.chunk_by(|a, b| a == b) {
                if chunk[0] != 0 {
                    run(u, chunk.len(), v, chunk[0]);
                }
                u += chunk.len();
            }
        }
    }
}

/// Every label of a layer, by value.
pub fn census(layer: &LabelLayer) -> Vec<Census> {
    let up = layer.grid.affine.closest_axes().iter().position(|(axis, _)| *axis == 2).unwrap_or(2);
    let axes = match up {
        0 => [1, 2, 0],
        1 => [0, 2, 1],
        _ => [0, 1, 2],
    };
    let slices = Slices { layer, axes };
    let mut known = vec![UNSEEN; 1 << 16];
    count(&slices, &mut known);
    place(&slices, &mut known);
    let present = known.iter().enumerate().filter(|(_, k)| k.voxels > 0);
    let last = axes.map(|axis| layer.grid.size[axis].saturating_sub(1));
    let made = |(value, k): (usize, &Known)| Census {
        value: value as u16,
        voxels: k.voxels,
        anchor: k.anchor,
        extent: [slices.index(k.first), slices.index(k.last)],
        truncated: k.first.contains(&0) || (0..3).any(|n| k.last[n] == last[n]),
    };
    present.map(made).collect()
}

/// First pass: voxels, and the largest slice with its centroid.
fn count(slices: &Slices<'_>, known: &mut [Known]) {
    let mut sums = vec![Sums::default(); 1 << 16];
    let mut touched: Vec<u16> = Vec::new();
    for s in 0..slices.layer.grid.size[slices.axes[2]] {
        slices.runs(s, |u, length, v, value| {
            known[usize::from(value)].widen([u, v, s], [u + length - 1, v, s]);
            let at = &mut sums[usize::from(value)];
            if at.count == 0 {
                touched.push(value);
            }
            let (u, v, n) = (u as u64, v as u64, length as u64);
            at.count += n;
            at.u += n * u + n * (n - 1) / 2;
            at.v += n * v;
        });
        for value in touched.drain(..) {
            let sum = std::mem::take(&mut sums[usize::from(value)]);
            let k = &mut known[usize::from(value)];
            k.voxels += sum.count;
            if sum.count > k.largest.count {
                (k.largest, k.slice) = (sum, s);
            }
        }
    }
}

/// Second pass over the slices that are the largest of some label: the voxel nearest to the centroid.
fn place(slices: &Slices<'_>, known: &mut [Known]) {
    let mut wanted: Vec<usize> = known.iter().filter(|k| k.voxels > 0).map(|k| k.slice).collect();
    wanted.sort_unstable();
    wanted.dedup();
    for s in wanted {
        slices.runs(s, |u, length, v, value| {
            let k = &mut known[usize::from(value)];
            if k.slice != s {
                return;
            }
            let n = k.largest.count as f64;
            let (cu, cv) = (k.largest.u as f64 / n, k.largest.v as f64 / n);
            let nearest = cu.round().clamp(u as f64, (u + length - 1) as f64);
            let distance = (nearest - cu).powi(2) + (v as f64 - cv).powi(2);
            if distance < k.nearest {
                (k.nearest, k.anchor) = (distance, slices.index([nearest as usize, v, s]));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Affine, Grid};
    use crate::volume::VoxelBuf;

    fn layer(size: [usize; 3], rows: [[f64; 4]; 3], set: &[([usize; 3], u16)]) -> LabelLayer {
        let grid = Grid { size, affine: Affine::from_rows(rows).unwrap() };
        let mut voxels = VoxelBuf::zeroed(grid.len()).unwrap();
        set.iter().for_each(|(at, v)| voxels[grid.offset(*at)] = *v);
        LabelLayer { grid, voxels }
    }

    const RAS: [[f64; 4]; 3] = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];

    #[test]
    fn a_ring_is_anchored_on_itself_in_its_largest_slice() {
        let mut set: Vec<([usize; 3], u16)> = Vec::new();
        for (i, j) in [(1, 1), (2, 1), (3, 1), (1, 2), (3, 2), (1, 3), (2, 3), (3, 3)] {
            set.push(([i, j, 4], 300));
        }
        set.push(([0, 0, 0], 300));
        set.push(([5, 5, 5], 65535));
        let found = census(&layer([6, 6, 6], RAS, &set));
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].value, found[0].voxels), (300, 9));
        assert_eq!(found[0].anchor[2], 4);
        assert!(set.contains(&(found[0].anchor, 300)));
        assert_ne!(found[0].anchor, [2, 2, 4], "the hole of the ring is not the ring");
        assert_eq!(found[1], Census { value: 65535, voxels: 1, anchor: [5, 5, 5], extent: [[5; 3]; 2], truncated: true });
        assert_eq!(found[0].extent, [[0, 0, 0], [3, 3, 4]]);
    }

    #[test]
    fn axial_slices_are_found_whatever_the_axis_order() {
        // i grows superior, j right, k anterior.
        let rows = [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]];
        let set = [([2, 0, 0], 1), ([2, 1, 0], 1), ([2, 2, 0], 1), ([0, 1, 1], 1), ([1, 1, 1], 1)];
        let found = census(&layer([3, 3, 3], rows, &set));
        assert_eq!(found, [Census { value: 1, voxels: 5, anchor: [2, 1, 0], extent: [[0, 0, 0], [2, 2, 1]], truncated: true }]);
    }
}
