//! How often each HU occurs in a volume, and the window that suits one structure.

use crate::volume::{Label, LabelLayer, LabelSet, Volume, Voxels, Window};

/// Counts of HU in equal bins over the volume's range.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Lower edge of the first bin and upper edge of the last, in HU.
    pub range: (f64, f64),
    pub counts: Vec<u64>,
    /// One voxel in this many was looked at.
    pub every: usize,
}

/// Bins of a histogram.
const BINS: usize = 512;
/// Voxels looked at, at most about; more change no curve that a screen can show.
const MOST: usize = 1 << 23;
/// Values of a structure looked at, at most about.
const MOST_OF_LABEL: u64 = 1 << 21;
/// An auto-window is never narrower, in HU.
const NARROWEST: f64 = 50.0;

impl Histogram {
    /// Of finite values; of large volumes every n-th voxel, n odd so that no row or column is favoured.
    pub fn of(volume: &Volume) -> Self {
        let (low, high) = volume.range;
        let range = (low, if high > low { high } else { low + 1.0 });
        let every = volume.grid.len().div_ceil(MOST).max(1) | 1;
        let mut counts = vec![0; BINS];
        let scale = BINS as f64 / (range.1 - range.0);
        let mut add = |hu: f64| {
            if hu.is_finite() {
                counts[(((hu - range.0) * scale) as usize).min(BINS - 1)] += 1;
            }
        };
        match &volume.voxels {
            Voxels::I16(v) => v.iter().step_by(every).for_each(|hu| add(f64::from(*hu))),
            Voxels::F32(v) => v.iter().step_by(every).for_each(|hu| add(f64::from(*hu))),
        }
        Self { range, counts, every }
    }

    /// The HU below which a share (0…1) of the voxels lies, to a bin's width.
    pub fn quantile(&self, share: f64) -> f64 {
        let width = (self.range.1 - self.range.0) / self.counts.len().max(1) as f64;
        let wanted = self.counts.iter().sum::<u64>() as f64 * share.clamp(0.0, 1.0);
        let mut below = 0.0;
        for (n, count) in self.counts.iter().enumerate() {
            let count = *count as f64;
            if below + count >= wanted && count > 0.0 {
                return self.range.0 + (n as f64 + (wanted - below) / count) * width;
            }
            below += count;
        }
        self.range.1
    }
}

/// The window for a structure, by index in the label table: level in the middle between the 2nd and 98th percentile of the CT at the
/// centres of the structure's voxels (nearest CT voxel), width twice their distance and at least 50 HU. So the structure fills the
/// middle half of the grey scale and its surroundings stay in sight. Of large structures every n-th voxel is looked at.
///
/// `None` when the structure is absent or has no finite value in the CT.
pub fn auto_window(volume: &Volume, labels: &LabelSet, index: usize) -> Option<Window> {
    let label = labels.table.get(index).filter(|l| l.voxels > 0)?;
    let layer = labels.layers.get(label.layer)?;
    let every = label.voxels.div_ceil(MOST_OF_LABEL).max(1) as usize;
    let same = layer.grid == volume.grid;
    let hu = |voxel: [usize; 3]| {
        if same { Some(volume.hu(voxel)) } else { volume.probe(layer.grid.centre_of(voxel)).map(|p| p.hu) }
    };
    let mut values: Vec<f64> = Vec::new();
    each_nth(layer, label, every, |voxel| values.extend(hu(voxel).filter(|v| v.is_finite())));
    let last = values.len().checked_sub(1)?;
    let mut rank = |share: f64| *values.select_nth_unstable_by((last as f64 * share).round() as usize, f64::total_cmp).1;
    let (low, high) = (rank(0.02), rank(0.98));
    let width = (2.0 * (high - low)).max(NARROWEST);
    Some(Window { width: width.round() as f32, level: ((low + high) / 2.0).round() as f32 }.sane())
}

/// Calls `found` with every n-th voxel of a label, in file order.
fn each_nth(layer: &LabelLayer, label: &Label, n: usize, mut found: impl FnMut([usize; 3])) {
    let [first, last] = label.extent;
    let mut skip = 0;
    for (k, j) in (first[2]..=last[2]).flat_map(|k| (first[1]..=last[1]).map(move |j| (k, j))) {
        let start = layer.grid.offset([0, j, k]);
        layer.voxels.all().slice(start + first[0]..start + last[0] + 1).each_run(|from, end, value| {
            if value == label.value {
                (from + skip..end).step_by(n).for_each(|i| found([first[0] + i, j, k]));
                skip = (from + skip..end).len().div_ceil(n) * n + skip - (end - from);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Affine, Grid};
    use crate::volume::{LabelLayer, LabelVoxels, VoxelBuf};

    fn grid(n: usize, mm: f64) -> Grid {
        let rows = [[mm, 0.0, 0.0, mm / 2.0], [0.0, mm, 0.0, mm / 2.0], [0.0, 0.0, mm, mm / 2.0]];
        Grid { size: [n; 3], affine: Affine::from_rows(rows).unwrap() }
    }

    /// HU of voxel n of 20³: −1000 in the lower half, then 0…100 in turn.
    fn volume() -> Volume {
        let grid = grid(20, 1.0);
        let values: Vec<f32> = (0..8000).map(|n| if n < 4000 { -1000.0 } else { (n % 101) as f32 }).collect();
        Volume { grid, voxels: Voxels::F32(VoxelBuf::from_slice(&values).unwrap()), range: (-1000.0, 100.0), warnings: Vec::new() }
    }

    #[test]
    fn every_finite_voxel_is_counted_and_quantiles_are_where_they_should_be() {
        let mut v = volume();
        if let Voxels::F32(voxels) = &mut v.voxels {
            voxels[0] = f32::NAN;
            voxels[1] = f32::INFINITY;
        }
        let h = Histogram::of(&v);
        assert_eq!((h.counts.iter().sum::<u64>(), h.counts[0], h.every), (7998, 3998, 1));
        assert!((h.quantile(0.75) - 50.0).abs() < 4.0, "{}", h.quantile(0.75));
        assert!((h.quantile(0.25) + 1000.0).abs() < 4.0);
        assert_eq!(h.quantile(1.0), 100.0);
        let flat = Volume { range: (0.0, 0.0), voxels: Voxels::I16(VoxelBuf::zeroed(8000).unwrap()), ..volume() };
        assert_eq!(Histogram::of(&flat).counts[0], 8000);
    }

    #[test]
    fn the_window_of_a_structure_is_around_its_values() {
        let v = volume();
        let mut same = vec![0u16; 8000];
        (4000..8000).for_each(|n| same[n] = 3);
        let mut coarse = vec![0u16; 1000];
        (0..500).for_each(|n| coarse[n] = 4);
        let layers = [(20, 1.0, same), (10, 2.0, coarse)]
            .map(|(n, mm, v)| LabelLayer { grid: grid(n, mm), voxels: LabelVoxels::from_slice(&v).unwrap() });
        let labels = LabelSet::new(layers.into(), Vec::new(), Vec::new());
        let w = auto_window(&v, &labels, 0).unwrap();
        assert!((w.level - 50.0).abs() <= 1.0 && (w.width - 192.0).abs() <= 4.0, "{w:?}");
        assert_eq!(auto_window(&v, &labels, 1).unwrap(), Window { width: 50.0, level: -1000.0 }, "flat tissue gets the narrowest");
        assert_eq!(auto_window(&v, &labels, 9), None);
    }
}
