//! The longest lines in a label: in 3D and within one axial slice. Exact, between voxel centres.
//!
//! The ends of a longest line are corners of the convex hull, and a corner in 3D is a corner of its slice: per slice the hull of the rows'
//! ends is taken (a convex hull survives any affine, so it is found in whole voxels), and of what is left, some dozens of voxels per
//! slice, a tree of boxes finds the farthest two. Slices whose box is shorter than the best line so far are skipped.

use super::body::{Body, Run};
use super::lattice::Lattice;
use super::tree::{Link, Tree};
use super::watch::{MeasureError, Pace, Watch};
use std::collections::BTreeMap;

/// Corners of the hull of one slice, in voxels along the two axes of the slice.
struct Outline {
    slice: u16,
    corners: Vec<[u16; 2]>,
}

/// Longest line in 3D, then within one slice across voxel axis `up`. `None` for a label without voxels.
///
/// Errors when cancelled.
pub fn diameters(body: &Body, lattice: &Lattice, up: usize, watch: &dyn Watch) -> Result<Option<[Link; 2]>, MeasureError> {
    let slices = outlines(body, 2, watch)?;
    let point = |k: u16, [i, j]: [u16; 2]| Run { i0: i, i1: i, j, k };
    let corners = slices.iter().flat_map(|s| s.corners.iter().map(|c| point(s.slice, *c))).collect();
    let Some(whole) = Tree::new(*lattice, corners).widest() else { return Ok(None) };
    let axial = if up == 2 { slices } else { outlines(body, up, watch)? };
    Ok(longest_within(&axial, lattice, up).map(|within| [whole, within]))
}

/// The two axes of slices across `up`, in file order.
fn in_slice(up: usize) -> [usize; 2] {
    [[1, 2], [0, 2], [0, 1]][up]
}

fn outlines(body: &Body, up: usize, watch: &dyn Watch) -> Result<Vec<Outline>, MeasureError> {
    let ends = ends_by_slice(body, up, watch)?;
    Ok(ends.into_iter().map(|(slice, points)| Outline { slice, corners: hull(points) }).collect())
}

/// For each slice the first and last voxel of each of its lines; corners of the hull are among them.
fn ends_by_slice(body: &Body, up: usize, watch: &dyn Watch) -> Result<BTreeMap<u16, Vec<[u16; 2]>>, MeasureError> {
    let mut slices: BTreeMap<u16, Vec<[u16; 2]>> = BTreeMap::new();
    let mut pace = Pace::new(watch);
    if up == 0 {
        for (k, i, ends) in columns(body) {
            slices.entry(i).or_default().extend(ends.map(|j| [j, k]));
            pace.step(1)?;
        }
        return Ok(slices);
    }
    for row in body.rows() {
        let (first, last) = (row[0], row[row.len() - 1]);
        let (slice, v) = if up == 1 { (first.j, first.k) } else { (first.k, first.j) };
        slices.entry(slice).or_default().extend([[first.i0, v], [last.i1, v]]);
        pace.step(row.len())?;
    }
    Ok(slices)
}

/// First and last j of each column (i, k) that the label has voxels in, as `(k, i, [j0, j1])`.
fn columns(body: &Body) -> Vec<(u16, u16, [u16; 2])> {
    let mut out = Vec::new();
    for slice in body.runs.chunk_by(|a, b| a.k == b.k) {
        let mut ends: BTreeMap<u16, [u16; 2]> = BTreeMap::new();
        for run in slice {
            for i in run.i0..=run.i1 {
                let e = ends.entry(i).or_insert([run.j; 2]);
                *e = [e[0].min(run.j), e[1].max(run.j)];
            }
        }
        out.extend(ends.into_iter().map(|(i, e)| (slice[0].k, i, e)));
    }
    out
}

/// Corners of the convex hull (Andrew's monotone chain, Inf. Process. Lett. 9 (1979)).
fn hull(mut points: Vec<[u16; 2]>) -> Vec<[u16; 2]> {
    points.sort_unstable();
    points.dedup();
    if points.len() < 3 {
        return points;
    }
    let mut corners = chain(points.iter().copied());
    corners.pop();
    corners.extend(chain(points.iter().rev().copied()));
    corners.pop();
    corners
}

fn chain(points: impl Iterator<Item = [u16; 2]>) -> Vec<[u16; 2]> {
    let turns_left = |a: [u16; 2], b: [u16; 2], c: [u16; 2]| {
        let d = |p: [u16; 2], n: usize| i64::from(p[n]) - i64::from(a[n]);
        d(b, 0) * d(c, 1) - d(b, 1) * d(c, 0) > 0
    };
    let mut out: Vec<[u16; 2]> = Vec::new();
    for p in points {
        while let [.., a, b] = out[..]
            && !turns_left(a, b, p)
        {
            out.pop();
        }
        out.push(p);
    }
    out
}

fn longest_within(slices: &[Outline], lattice: &Lattice, up: usize) -> Option<Link> {
    let axes = in_slice(up);
    let at = |slice: u16, c: [u16; 2]| {
        let mut index = [f64::from(slice); 3];
        (index[axes[0]], index[axes[1]]) = (f64::from(c[0]), f64::from(c[1]));
        lattice.at(index[0], index[1], index[2])
    };
    let first = slices.first()?;
    let start = at(first.slice, *first.corners.first()?);
    let mut best = Link { from: start, to: start, squared: 0.0 };
    for s in slices {
        if bound(&s.corners, [lattice.steps[axes[0]].length(), lattice.steps[axes[1]].length()]) <= best.squared.sqrt() {
            continue;
        }
        let points: Vec<_> = s.corners.iter().map(|c| at(s.slice, *c)).collect();
        for (n, from) in points.iter().enumerate() {
            for to in &points[n + 1..] {
                let squared = (*to - *from).length_squared();
                if squared > best.squared {
                    best = Link { from: *from, to: *to, squared };
                }
            }
        }
    }
    Some(best)
}

/// No line within the box of these corners is longer, mm. Axes may be at any angle, so the sides are added where they may be in line.
fn bound(corners: &[[u16; 2]], mm: [f64; 2]) -> f64 {
    let side = |n: usize| {
        let (low, high) = corners.iter().fold((u16::MAX, 0), |(l, h), c| (l.min(c[n]), h.max(c[n])));
        f64::from(high - low) * mm[n]
    };
    side(0) + side(1)
}
