//! HU of the voxels of a label: the value of the CT voxel that holds each voxel centre.
//!
//! On the CT's own grid whole runs are summed, exactly for whole numbers; on another grid each centre is looked up.

use super::body::Body;
use super::lattice::same_grid;
use super::measures::LabelHu;
use super::watch::{MeasureError, Pace, Watch};
use crate::space::Grid;
use crate::volume::{Volume, Voxels};

/// Sums over finite values, about a shift that keeps the squares small.
struct Sums {
    shift: f64,
    count: u64,
    sum: f64,
    squares: f64,
    min: f64,
    max: f64,
}

impl Sums {
    fn new(shift: f64) -> Self {
        Self { shift, count: 0, sum: 0.0, squares: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }

    fn add(&mut self, hu: f64) {
        if hu.is_finite() {
            let d = hu - self.shift;
            (self.count, self.sum, self.squares) = (self.count + 1, self.sum + d, self.squares + d * d);
            (self.min, self.max) = (self.min.min(hu), self.max.max(hu));
        }
    }

    /// Whole numbers, exact: the sums of a run fit 64 bits by far.
    fn add_whole(&mut self, values: &[i16]) {
        let (mut sum, mut squares, mut min, mut max) = (0i64, 0i64, i16::MAX, i16::MIN);
        for v in values {
            let wide = i64::from(*v);
            (sum, squares, min, max) = (sum + wide, squares + wide * wide, min.min(*v), max.max(*v));
        }
        (self.count, self.sum, self.squares) = (self.count + values.len() as u64, self.sum + sum as f64, self.squares + squares as f64);
        (self.min, self.max) = (self.min.min(f64::from(min)), self.max.max(f64::from(max)));
    }

    fn result(&self) -> Option<LabelHu> {
        let n = self.count as f64;
        let mean = self.sum / n;
        let sd = (self.squares / n - mean * mean).max(0.0).sqrt();
        (self.count > 0).then_some(LabelHu { mean: mean + self.shift, sd, min: self.min, max: self.max, voxels: self.count })
    }
}

/// `None` when no voxel has a finite value in the CT.
///
/// Errors when cancelled.
pub fn label_hu(body: &Body, grid: &Grid, ct: &Volume, watch: &dyn Watch) -> Result<Option<LabelHu>, MeasureError> {
    let mut pace = Pace::new(watch);
    let on_ct = same_grid(grid, &ct.grid);
    // Of whole numbers the sums are exact below 2⁵³, so they need no shift; others are taken about the first value.
    let first = || body.runs.iter().filter_map(|r| ct.probe(grid.centre_of(r.voxel(r.i0)))).map(|p| p.hu).find(|hu| hu.is_finite());
    let shift = if matches!(ct.voxels, Voxels::I16(_)) { 0.0 } else { first().unwrap_or(0.0) };
    let mut sums = Sums::new(shift);
    for run in &body.runs {
        let start = grid.offset(run.voxel(run.i0));
        match &ct.voxels {
            Voxels::I16(v) if on_ct => sums.add_whole(&v[start..start + run.count() as usize]),
            Voxels::F32(v) if on_ct => v[start..start + run.count() as usize].iter().for_each(|v| sums.add(f64::from(*v))),
            _ => (run.i0..=run.i1).filter_map(|i| ct.probe(grid.centre_of(run.voxel(i)))).for_each(|p| sums.add(p.hu)),
        }
        pace.step(run.count() as usize)?;
    }
    Ok(sums.result())
}
