//! A label as runs of its voxels along i, in file order: what components, boundaries, surface and diameters are computed from.
//!
//! A run is 8 bytes, whatever its length: the 117 structures of a CT of 512×512×600 are one or two million runs, a tenth of the label
//! array (a byte a voxel). Noise has a run for almost every voxel, eight times the array: [`Body::each_batch`] then reads the layer once for
//! every few labels, so that the runs in memory stay below half of the array. Only a single label can be more: salt and pepper on half of
//! the voxels is twice the array.

use super::watch::{MOST, MeasureError, Pace, Watch, check};
use crate::space::Grid;
use crate::volume::LabelLayer;
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Voxels i0 to i1 (inclusive) of the row at (j, k).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub i0: u16,
    pub i1: u16,
    pub j: u16,
    pub k: u16,
}

impl Run {
    /// Rows are numbered so that they grow in file order, whatever the size of the grid.
    pub fn row(self) -> u32 {
        u32::from(self.k) << 16 | u32::from(self.j)
    }

    /// Voxels.
    pub fn count(self) -> u64 {
        u64::from(self.i1 - self.i0) + 1
    }

    /// Its first or last voxel, or one between.
    pub fn voxel(self, i: u16) -> [usize; 3] {
        [usize::from(i), usize::from(self.j), usize::from(self.k)]
    }
}

/// The row `dj` and `dk` further; `None` where no grid can have one.
pub fn row_beside(row: u32, [dj, dk]: [i32; 2]) -> Option<u32> {
    let shifted = |part: u32, by: i32| u32::try_from(i64::from(part) + i64::from(by)).ok().filter(|v| *v < MOST as u32);
    Some(shifted(row >> 16, dk)? << 16 | shifted(row & 0xffff, dj)?)
}

/// All voxels of one label.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    /// In file order; no two of a row touch.
    pub runs: Vec<Run>,
}

impl Body {
    /// Runs row by row.
    pub fn rows(&self) -> impl Iterator<Item = &[Run]> {
        self.runs.chunk_by(|a, b| a.row() == b.row())
    }

    pub fn voxels(&self) -> u64 {
        self.runs.iter().map(|r| r.count()).sum()
    }

    /// One label of a layer; only its box is looked at.
    ///
    /// Errors when cancelled or when the grid is too large.
    pub fn of(layer: &LabelLayer, value: u16, extent: [[usize; 3]; 2], watch: &dyn Watch) -> Result<Self, MeasureError> {
        check_size(&layer.grid)?;
        let [first, last] = extent;
        let slice = |k: usize| {
            check(watch)?;
            let mut runs = Vec::new();
            for j in first[1]..=last[1] {
                let start = layer.grid.offset([0, j, k]);
                layer.voxels.all().slice(start + first[0]..start + last[0] + 1).each_run(|a, end, found| {
                    if found == value {
                        runs.push(run(a + first[0], end + first[0], j, k));
                    }
                });
            }
            Ok(runs)
        };
        let slices: Vec<Vec<Run>> = (first[2]..=last[2]).into_par_iter().map(slice).collect::<Result<_, _>>()?;
        Ok(Self { runs: slices.concat() })
    }

    /// Every label of a layer with its value, by value. The layer is read once.
    ///
    /// Errors when cancelled or when the grid is too large.
    pub fn all(layer: &LabelLayer, watch: &dyn Watch) -> Result<Vec<(u16, Self)>, MeasureError> {
        Self::all_within(layer, usize::MAX, watch).map(Option::unwrap_or_default)
    }

    /// Hands every label of a layer to `then`, all at once or, where there would be too many runs, in batches by value.
    ///
    /// Errors when cancelled, when the grid is too large, and as `then` does.
    pub fn each_batch(
        layer: &LabelLayer,
        watch: &dyn Watch,
        then: impl FnMut(Vec<(u16, Self)>) -> Result<(), MeasureError>,
    ) -> Result<(), MeasureError> {
        Self::batches(layer, (layer.voxels.bytes().len() / 16).max(FEW), watch, then)
    }

    fn batches(
        layer: &LabelLayer,
        most: usize,
        watch: &dyn Watch,
        mut then: impl FnMut(Vec<(u16, Self)>) -> Result<(), MeasureError>,
    ) -> Result<(), MeasureError> {
        if let Some(all) = Self::all_within(layer, most, watch)? {
            return then(all);
        }
        let counts = Self::counts(layer, watch)?;
        let mut from = 0;
        while from < counts.len() {
            let mut total = 0;
            let fitting = counts[from..].iter().take_while(|(_, n)| {
                total += n;
                total <= most
            });
            let to = from + fitting.count().max(1);
            then(Self::some(layer, &counts[from..to], watch)?)?;
            from = to;
        }
        Ok(())
    }

    /// Number of runs by value, in ascending order.
    pub(super) fn counts(layer: &LabelLayer, watch: &dyn Watch) -> Result<Vec<(u16, usize)>, MeasureError> {
        let mut counts = vec![0usize; 1 << 16];
        for k in 0..layer.grid.size[2] {
            check(watch)?;
            each_of_slice(layer, k, |value, _| counts[usize::from(value)] += 1);
        }
        Ok((0..=u16::MAX).zip(counts).filter(|(_, n)| *n > 0).collect())
    }

    /// The labels of these values, each with its number of runs, in no more memory than they need.
    pub(super) fn some(layer: &LabelLayer, wanted: &[(u16, usize)], watch: &dyn Watch) -> Result<Vec<(u16, Self)>, MeasureError> {
        let mut at = vec![0u32; 1 << 16];
        wanted.iter().zip(1..).for_each(|((value, _), n)| at[usize::from(*value)] = n);
        let mut bodies: Vec<(u16, Self)> = wanted.iter().map(|(v, n)| (*v, Self { runs: Vec::with_capacity(*n) })).collect();
        for k in 0..layer.grid.size[2] {
            check(watch)?;
            each_of_slice(layer, k, |value, run| {
                if let Some(n) = (at[usize::from(value)] as usize).checked_sub(1) {
                    bodies[n].1.runs.push(run);
                }
            });
        }
        Ok(bodies)
    }

    /// Every label with its value, by value; `None` as soon as there are more runs than `most`.
    pub(super) fn all_within(layer: &LabelLayer, most: usize, watch: &dyn Watch) -> Result<Option<Vec<(u16, Self)>>, MeasureError> {
        check_size(&layer.grid)?;
        let many = layer.grid.size[2];
        let share = many.div_ceil(rayon::current_num_threads() * 4).max(8);
        let starts: Vec<usize> = (0..many).step_by(share).collect();
        let found = AtomicUsize::new(0);
        let part = |k: usize| Slab::read(layer, k..(k + share).min(many), (&found, most), watch);
        let slabs: Option<Vec<Slab>> = starts.into_par_iter().map(part).collect::<Result<_, _>>()?;
        let Some(slabs) = slabs else { return Ok(None) };
        let mut values: Vec<u16> = slabs.iter().flat_map(|s| s.values.iter().copied()).collect();
        values.sort_unstable();
        values.dedup();
        let joined = |value: u16| (value, Self { runs: slabs.iter().map(|s| s.runs_of(value)).collect::<Vec<_>>().concat() });
        Ok(Some(values.into_par_iter().map(joined).collect()))
    }
}

/// So many runs are never too many: 8 MiB.
const FEW: usize = 1 << 20;

fn each_of_slice(layer: &LabelLayer, k: usize, mut each: impl FnMut(u16, Run)) {
    let row = layer.grid.size[0];
    for j in 0..layer.grid.size[1] {
        let start = layer.grid.offset([0, j, k]);
        layer.voxels.all().slice(start..start + row).each_run(|first, end, value| each(value, run(first, end, j, k)));
    }
}

fn check_size(grid: &Grid) -> Result<(), MeasureError> {
    if grid.size.iter().all(|n| *n <= MOST) { Ok(()) } else { Err(MeasureError::TooLarge(grid.size)) }
}

fn run(first: usize, end: usize, j: usize, k: usize) -> Run {
    Run { i0: first as u16, i1: (end - 1) as u16, j: j as u16, k: k as u16 }
}

/// The labels of some slices.
struct Slab {
    /// Position + 1 by value.
    at: Vec<u32>,
    values: Vec<u16>,
    runs: Vec<Vec<Run>>,
}

impl Slab {
    /// `None` once all slabs together have more runs than they may.
    fn read(
        layer: &LabelLayer,
        slices: std::ops::Range<usize>,
        (found, most): (&AtomicUsize, usize),
        watch: &dyn Watch,
    ) -> Result<Option<Self>, MeasureError> {
        let mut slab = Self { at: vec![0; 1 << 16], values: Vec::new(), runs: Vec::new() };
        for k in slices {
            check(watch)?;
            let mut fresh = 0;
            each_of_slice(layer, k, |value, run| {
                fresh += 1;
                slab.push(value, run);
            });
            if found.fetch_add(fresh, Ordering::Relaxed) + fresh > most {
                return Ok(None);
            }
        }
        Ok(Some(slab))
    }

    fn push(&mut self, value: u16, run: Run) {
        let place = &mut self.at[usize::from(value)];
        if *place == 0 {
            self.values.push(value);
            self.runs.push(Vec::new());
            *place = self.runs.len() as u32;
        }
        self.runs[*place as usize - 1].push(run);
    }

    fn runs_of(&self, value: u16) -> &[Run] {
        (self.at[usize::from(value)] as usize).checked_sub(1).map_or(&[], |at| &self.runs[at])
    }
}

/// Walks through the runs of a label by row; rows must be asked for in ascending order.
pub struct Cursor<'a> {
    runs: &'a [Run],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(runs: &'a [Run]) -> Self {
        Self { runs, at: 0 }
    }

    /// The runs of a row, and the position of the first.
    pub fn row(&mut self, row: u32) -> (usize, &'a [Run]) {
        while self.runs.get(self.at).is_some_and(|r| r.row() < row) {
            self.at += 1;
        }
        let rest = &self.runs[self.at..];
        let many = rest.iter().take_while(|r| r.row() == row).count();
        (self.at, &rest[..many])
    }
}

/// One cursor per neighbouring row, for walks over all rows of a label.
pub struct Neighbours<'a, const N: usize> {
    cursors: [([i32; 2], Cursor<'a>); N],
}

impl<'a, const N: usize> Neighbours<'a, N> {
    pub fn new(runs: &'a [Run], steps: [[i32; 2]; N]) -> Self {
        Self { cursors: steps.map(|step| (step, Cursor::new(runs))) }
    }

    /// The runs beside `row`, in the order of the steps.
    pub fn of(&mut self, row: u32) -> [(usize, &'a [Run]); N] {
        self.cursors.each_mut().map(|(step, cursor)| row_beside(row, *step).map_or((0, &[][..]), |beside| cursor.row(beside)))
    }
}

/// Voxels that `a` and `b`, runs of one row each, have in common once `b` is moved by `shift` along i.
pub fn common(a: &[Run], b: &[Run], shift: i32) -> u64 {
    let (mut total, mut from) = (0, 0);
    for run in a {
        let (i0, i1) = (i32::from(run.i0) - shift, i32::from(run.i1) - shift);
        while b.get(from).is_some_and(|o| i32::from(o.i1) < i0) {
            from += 1;
        }
        for other in b[from..].iter().take_while(|o| i32::from(o.i0) <= i1) {
            total += (i1.min(i32::from(other.i1)) - i0.max(i32::from(other.i0)) + 1) as u64;
        }
    }
    total
}

/// Runs until a pace says stop; for loops that only look at rows.
pub(super) fn paced_rows<'a>(
    body: &'a Body,
    watch: &'a dyn Watch,
    mut each: impl FnMut(&'a [Run]) -> Result<(), MeasureError>,
) -> Result<(), MeasureError> {
    let mut pace = Pace::new(watch);
    for row in body.rows() {
        each(row)?;
        pace.step(row.len())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Affine;
    use crate::volume::LabelVoxels;

    #[test]
    fn batches_are_all_labels_once_in_the_memory_they_are_given() {
        let grid = Grid {
            size: [16, 9, 5],
            affine: Affine::from_rows([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]).unwrap(),
        };
        let mut voxels = vec![0u16; grid.len()];
        voxels.iter_mut().enumerate().for_each(|(n, v)| *v = (n * n % 31 % 7) as u16 * 9000);
        let layer = LabelLayer { grid, voxels: LabelVoxels::from_slice(&voxels).unwrap() };
        let all = Body::all(&layer, &()).unwrap();
        assert_eq!(all.iter().map(|(v, _)| *v).collect::<Vec<_>>(), [9000, 18000, 27000, 36000, 45000, 54000]);
        for most in [0, 100, 200, 1000] {
            let (mut together, mut largest, mut batches) = (Vec::new(), 0, 0);
            let take = |some: Vec<(u16, Body)>| {
                let runs = some.iter().map(|(_, b)| b.runs.len()).sum::<usize>();
                assert!(most == 1000 || some.iter().all(|(_, b)| b.runs.len() == b.runs.capacity()));
                (largest, batches) = (if some.len() > 1 { runs.max(largest) } else { largest }, batches + 1);
                together.extend(some);
                Ok(())
            };
            Body::batches(&layer, most, &(), take).unwrap();
            assert_eq!(together, all, "{most}");
            assert!(largest <= most && (batches == 1) == (most == 1000), "{most}: {largest} in {batches}");
        }
    }
}
