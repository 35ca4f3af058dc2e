//! A label as runs of its voxels along i, in file order: what components, boundaries, surface and diameters are computed from.
//!
//! A run is 8 bytes, whatever its length: the 117 structures of a CT of 512×512×600 are a few million runs, a twentieth of the label
//! array. Salt-and-pepper noise of one label has at most half as many runs as voxels.

use super::watch::{MOST, MeasureError, Pace, Watch, check};
use crate::space::Grid;
use crate::volume::LabelLayer;
use crate::volume::runs::each_run;
use rayon::prelude::*;

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
                each_run(&layer.voxels[start + first[0]..=start + last[0]], |a, end, found| {
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
        check_size(&layer.grid)?;
        let many = layer.grid.size[2];
        let share = many.div_ceil(rayon::current_num_threads() * 4).max(8);
        let starts: Vec<usize> = (0..many).step_by(share).collect();
        let part = |k: usize| Slab::read(layer, k..(k + share).min(many), watch);
        let slabs: Vec<Slab> = starts.into_par_iter().map(part).collect::<Result<_, _>>()?;
        let mut values: Vec<u16> = slabs.iter().flat_map(|s| s.values.iter().copied()).collect();
        values.sort_unstable();
        values.dedup();
        let joined = |value: u16| (value, Self { runs: slabs.iter().map(|s| s.runs_of(value)).collect::<Vec<_>>().concat() });
        Ok(values.into_par_iter().map(joined).collect())
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
    fn read(layer: &LabelLayer, slices: std::ops::Range<usize>, watch: &dyn Watch) -> Result<Self, MeasureError> {
        let mut slab = Self { at: vec![0; 1 << 16], values: Vec::new(), runs: Vec::new() };
        let row = layer.grid.size[0];
        for k in slices {
            check(watch)?;
            for j in 0..layer.grid.size[1] {
                let start = layer.grid.offset([0, j, k]);
                each_run(&layer.voxels[start..start + row], |first, end, value| slab.push(value, run(first, end, j, k)));
            }
        }
        Ok(slab)
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
