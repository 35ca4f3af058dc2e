//! Pairs of labels that are mingled like salt and pepper, from the voxels themselves.
//!
//! A label of noise has a run for nearly every voxel, and trees over its runs take many times the memory of the label array. Such labels
//! touch nearly everything, and then there is no need to search: where two voxels side by side along the grid's shortest step belong to
//! the two labels, no two voxel centres of one grid can be nearer to each other. So one pass over the layer, 26 neighbours a voxel,
//! tells of every such pair how far its labels are apart and what share of their boundaries touches. It takes seconds where trees would
//! take gigabytes.

use super::boundary::FACES;
use super::lattice::{Lattice, nearer_steps};
use super::measures::PairMeasures;
use super::pairs::apart;
use super::watch::{MeasureError, Watch, check};
use crate::volume::{LabelLayer, LabelSet};
use rayon::prelude::*;
use std::collections::HashMap;
use std::ops::Range;

/// What one pass finds.
#[derive(Default)]
struct Found {
    /// Voxels with a face that is not the label's, by label.
    boundary: HashMap<u16, u64>,
    /// By label and other label.
    meetings: HashMap<[u16; 2], Meeting>,
}

#[derive(Clone, Copy, Default)]
struct Meeting {
    /// Boundary voxels of the first label with a neighbour of the second.
    voxels: u64,
    /// Number from 1, in file order, of the first of them whose next one along the shortest step is of the second; 0 for none.
    link: usize,
}

impl Meeting {
    /// The first place stays.
    fn linked_at(&mut self, number: usize) {
        if self.link == 0 {
            self.link = number;
        }
    }
}

/// Which labels of a layer the pass is about: `wanted` are in pairs, and one of a pair is `large`.
pub(super) struct Mingled<'a> {
    pub set: &'a LabelSet,
    pub layer: usize,
    pub wanted: &'a [bool],
    pub large: &'a [bool],
}

impl Mingled<'_> {
    /// Those of `pairs` (indices in the set's table) whose labels lie side by side along the shortest step of their grid.
    ///
    /// Errors when cancelled.
    pub fn measure(&self, pairs: &[[usize; 2]], watch: &dyn Watch) -> Result<Vec<PairMeasures>, MeasureError> {
        let layer = &self.set.layers[self.layer];
        if nearer_steps(&layer.grid.affine).len() > FACES.len() {
            return Ok(Vec::new()); // on a sheared grid a diagonal can be shorter
        }
        let lattice = Lattice::new(&layer.grid.affine);
        let length = |axis: &usize| lattice.steps[*axis].length();
        let step = (0..3).min_by(|a, b| length(a).total_cmp(&length(b))).unwrap_or(0);
        let slices: Vec<usize> = (0..layer.grid.size[2]).collect();
        let shares = slices.par_chunks(8).map(|ks| self.pass(layer, ks[0]..ks[ks.len() - 1] + 1, step, watch));
        let found = shares.try_reduce(Found::default, |a, b| Ok(a.and(b)))?;
        Ok(pairs.iter().filter_map(|pair| self.pair(&found, *pair, &lattice, step)).collect())
    }

    fn pass(&self, layer: &LabelLayer, slices: Range<usize>, step: usize, watch: &dyn Watch) -> Result<Found, MeasureError> {
        let mut found = Found::default();
        let [nx, ny, _] = layer.grid.size;
        for k in slices {
            check(watch)?;
            for (j, i) in (0..ny).flat_map(|j| (0..nx).map(move |i| (j, i))) {
                self.voxel(layer, [i, j, k], step, &mut found);
            }
        }
        Ok(found)
    }

    fn voxel(&self, layer: &LabelLayer, at: [usize; 3], step: usize, found: &mut Found) {
        let own = layer.value(at);
        if !self.wanted[usize::from(own)] || FACES.iter().all(|face| beside(layer, at, *face) == own) {
            return;
        }
        *found.boundary.entry(own).or_default() += 1;
        let ours = |other: u16| other != own && self.wanted[usize::from(other)] && [own, other].iter().any(|v| self.large[usize::from(*v)]);
        let (mut seen, mut many) = ([0u16; 26], 0);
        for other in AROUND.iter().map(|by| beside(layer, at, *by)).filter(|v| ours(*v)) {
            if !seen[..many].contains(&other) {
                (seen[many], many) = (other, many + 1);
                found.meetings.entry([own, other]).or_default().voxels += 1;
            }
        }
        let mut along = [0; 3];
        along[step] = 1;
        let next = beside(layer, at, along);
        if ours(next) {
            found.meetings.entry([own, next]).or_default().linked_at(layer.grid.offset(at) + 1);
        }
    }

    fn pair(&self, found: &Found, [a, b]: [usize; 2], lattice: &Lattice, step: usize) -> Option<PairMeasures> {
        let [one, other] = [&self.set.table[a], &self.set.table[b]];
        let meeting = |of: u16, with: u16| found.meetings.get(&[of, with]).copied().unwrap_or_default();
        let [mine, theirs] = [meeting(one.value, other.value), meeting(other.value, one.value)];
        let [nx, ny, _] = self.set.layers[self.layer].grid.size;
        let centre = |n: usize| lattice.at((n % nx) as f64, (n / nx % ny) as f64, (n / nx / ny) as f64);
        let ends = |number: usize| number.checked_sub(1).map(|n| [centre(n), centre(n) + lattice.steps[step]]);
        let nearest = ends(mine.link).or_else(|| ends(theirs.link).map(|[q, p]| [p, q]))?;
        let share = |m: Meeting, of: u16| m.voxels as f64 / found.boundary.get(&of).copied().unwrap_or(1) as f64;
        Some(PairMeasures {
            gap_mm: lattice.steps[step].length(),
            nearest: nearest.map(|p| p.to_array()),
            contact_share: share(mine, one.value),
            contact_share_of_b: share(theirs, other.value),
            ..apart([a, b], [one, other])
        })
    }
}

impl Found {
    /// With what was found in later slices.
    fn and(mut self, later: Self) -> Self {
        later.boundary.into_iter().for_each(|(value, n)| *self.boundary.entry(value).or_default() += n);
        for (key, meeting) in later.meetings {
            let own = self.meetings.entry(key).or_default();
            own.voxels += meeting.voxels;
            own.linked_at(meeting.link);
        }
        self
    }
}

/// The 26 neighbours.
const AROUND: [[i32; 3]; 26] = {
    let (mut out, mut n, mut at) = ([[0; 3]; 26], 0, 0);
    while at < 27 {
        if at != 13 {
            out[n] = [at % 3 - 1, at / 3 % 3 - 1, at / 9 - 1];
            n += 1;
        }
        at += 1;
    }
    out
};

/// The label of a neighbour; background outside the grid.
fn beside(layer: &LabelLayer, at: [usize; 3], by: [i32; 3]) -> u16 {
    let place = |axis: usize| at[axis].checked_add_signed(by[axis] as isize).filter(|n| *n < layer.grid.size[axis]);
    match [place(0), place(1), place(2)] {
        [Some(i), Some(j), Some(k)] => layer.value([i, j, k]),
        _ => 0,
    }
}
