//! A volume while it is being read: every third voxel along each axis of what has arrived, so that the planes fill as slices come in.
//!
//! Deliberately a copy of a twenty-seventh: the memory being read into is nobody else's, and what a plane shows of so small a volume is
//! sent within one frame.

use super::{Volume, VoxelBuf, Voxels};
use crate::space::{Affine, Grid};
use glam::{DAffine3, DVec3};

/// Every how many voxels one is kept.
const FACTOR: usize = 3;

/// What has arrived so far.
#[derive(Debug)]
pub struct Preview {
    source: [usize; 3],
    grid: Grid,
    /// Smaller than any HU where nothing has arrived: black in every window.
    voxels: Vec<i16>,
    range: (i16, i16),
}

impl Preview {
    /// Of a volume on `grid`; nothing has arrived. `None` for a grid without voxels.
    pub fn new(grid: &Grid) -> Option<Self> {
        let size = grid.size.map(|n| n.div_ceil(FACTOR));
        // The voxels that are kept are the first, fourth, …: no shift.
        let thinned = grid.affine.ras_from_voxel() * DAffine3::from_scale(DVec3::splat(FACTOR as f64));
        let affine = Affine::new(thinned).ok()?;
        let thin = Grid { size, affine };
        (!thin.is_empty()).then(|| Self { source: grid.size, grid: thin, voxels: vec![i16::MIN; thin.len()], range: (i16::MAX, i16::MIN) })
    }

    /// Takes voxels of the whole volume (i fastest) from number `first` on.
    pub fn take(&mut self, first: usize, values: &[i16]) {
        let [nx, ny, _] = self.source;
        let (mut at, end) = (first, first + values.len());
        while at < end {
            let (i, j, k) = (at % nx, at / nx % ny, at / nx / ny);
            let row = (nx - i).min(end - at);
            if j % FACTOR == 0 && k % FACTOR == 0 {
                self.take_row([i, j, k], &values[at - first..at - first + row]);
            }
            at += row;
        }
    }

    fn take_row(&mut self, [i, j, k]: [usize; 3], row: &[i16]) {
        let skip = i.next_multiple_of(FACTOR) - i;
        let start = self.grid.offset([(i + skip) / FACTOR, j / FACTOR, k / FACTOR]);
        let kept = row.iter().skip(skip).step_by(FACTOR);
        for (to, &value) in self.voxels.iter_mut().skip(start).zip(kept) {
            *to = value;
            self.range = (self.range.0.min(value), self.range.1.max(value));
        }
    }

    /// What has arrived, as a volume of its own. Errors when the system refuses the memory.
    pub fn volume(&self) -> std::io::Result<Volume> {
        let range = if self.range.0 > self.range.1 { (0, 0) } else { self.range };
        let voxels = Voxels::I16(VoxelBuf::from_slice(&self.voxels)?);
        Ok(Volume { grid: self.grid, voxels, range: (f64::from(range.0), f64::from(range.1)), warnings: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::RasMm;

    #[test]
    fn every_third_voxel_arrives_where_it_belongs_whatever_the_pieces() {
        let rows = [[-0.8, 0.0, 0.0, 10.0], [0.0, 0.7, 0.1, -3.0], [0.0, 0.0, 2.5, 7.0]];
        let grid = Grid { size: [7, 5, 6], affine: Affine::from_rows(rows).unwrap() };
        let values: Vec<i16> = (0..grid.len() as i16).collect();
        for piece in [1, 3, 7, 11, 64, 1000] {
            let mut preview = Preview::new(&grid).unwrap();
            let half = grid.len() / 2; // the first three slices
            for (n, part) in values[..half].chunks(piece).enumerate() {
                preview.take(n * piece, part);
            }
            let shown = preview.volume().unwrap();
            assert_eq!(shown.grid.size, [3, 2, 2]);
            for (k, j, i) in (0..2).flat_map(|k| (0..2).flat_map(move |j| (0..3).map(move |i| (k, j, i)))) {
                let at = grid.offset([3 * i, 3 * j, 3 * k]);
                let want = if at < half { at as f64 } else { f64::from(i16::MIN) };
                assert_eq!(shown.hu([i, j, k]), want, "pieces of {piece}");
                let p: RasMm = grid.centre_of([3 * i, 3 * j, 3 * k]);
                assert_eq!(shown.grid.nearest(p), Some([i, j, k]));
            }
            assert_eq!(shown.range.0, 0.0);
        }
    }
}
