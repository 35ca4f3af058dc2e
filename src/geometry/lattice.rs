//! The voxel centres of a grid as a lattice in patient space, and which steps in it can lead nearer to a point.

use super::body::Run;
use super::boundary::FACES;
use crate::space::{Affine, Grid};
use glam::DVec3;

/// Voxel (i, j, k) is at `origin + i·steps[0] + j·steps[1] + k·steps[2]`, RAS mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lattice {
    pub origin: DVec3,
    pub steps: [DVec3; 3],
    /// The projection of a vector on this is its length along i in voxels.
    along: DVec3,
}

impl Lattice {
    pub fn new(affine: &Affine) -> Self {
        let m = affine.ras_from_voxel();
        let steps = [m.matrix3.x_axis, m.matrix3.y_axis, m.matrix3.z_axis];
        Self { origin: m.translation, steps, along: steps[0] / steps[0].length_squared() }
    }

    pub fn at(&self, i: f64, j: f64, k: f64) -> DVec3 {
        self.origin + self.steps[0] * i + self.steps[1] * j + self.steps[2] * k
    }

    pub fn voxel(&self, run: Run, i: u16) -> DVec3 {
        self.at(f64::from(i), f64::from(run.j), f64::from(run.k))
    }

    /// The voxel of a run that is nearest to `p`, and its squared distance in mm².
    pub fn nearest_in(&self, run: Run, p: DVec3) -> (u16, f64) {
        let base = self.at(0.0, f64::from(run.j), f64::from(run.k)) - p;
        let i = whole(-base.dot(self.along), f64::from(run.i0), f64::from(run.i1));
        (i as u16, (base + self.steps[0] * i).length_squared())
    }

    /// Voxels of two runs of this lattice that are nearest to each other, and their squared distance in mm²; `None` when none are nearer
    /// than `within`. Along i the distance is a parabola, so the whole step nearest to its lowest point is the best, or the end of what the
    /// runs allow.
    pub fn nearest_between(&self, a: Run, b: Run, within: f64) -> Option<(u16, u16, f64)> {
        let apart = |x: u16, y: u16| f64::from(i32::from(x) - i32::from(y));
        let base = self.steps[1] * apart(b.j, a.j) + self.steps[2] * apart(b.k, a.k);
        let lowest = -base.dot(self.along);
        if (base + self.steps[0] * lowest).length_squared() >= within {
            return None; // most pairs of runs
        }
        let di = whole(lowest, apart(b.i0, a.i1), apart(b.i1, a.i0));
        let squared = (base + self.steps[0] * di).length_squared();
        let i = (f64::from(b.i0) - di).max(f64::from(a.i0));
        (squared < within).then_some((i as u16, (i + di) as u16, squared))
    }

    /// World-aligned box around the voxel centres of a run.
    pub fn run_box(&self, run: Run) -> [DVec3; 2] {
        let ends = [self.voxel(run, run.i0), self.voxel(run, run.i1)];
        [ends[0].min(ends[1]), ends[0].max(ends[1])]
    }
}

/// The whole number nearest to `x` between two whole numbers. A cast rather than `round`, which is a call on processors without SSE 4.1.
fn whole(x: f64, low: f64, high: f64) -> f64 {
    let inside = x.clamp(low, high);
    f64::from((inside + 0.5f64.copysign(inside)) as i32)
}

/// Corners of two grids this close, in voxels, are the same grid stored by different writers.
const SAME: f64 = 1e-3;

/// The same voxels in the same places.
pub fn same_grid(a: &Grid, b: &Grid) -> bool {
    if a.size != b.size {
        return false;
    }
    let finest = a.affine.spacing_mm().into_iter().fold(f64::INFINITY, f64::min);
    a == b || a.corners().iter().zip(b.corners()).all(|(p, q)| (p.0 - q.0).length() <= SAME * finest)
}

/// Steps such that whoever is nearest to a point outside its cell has one of them leading nearer still: the six faces where the axes are at
/// right angles, else the faces and Voronoi's neighbours of the lattice. A voxel whose neighbours at these steps all belong to its label
/// is never the nearest of the label to a voxel of another, so gaps need only look at the others.
///
/// Source: J. H. Conway and N. J. A. Sloane, "Low-dimensional lattices VI: Voronoi reduction of three-dimensional forms", Proc. R. Soc.
/// Lond. A 436 (1992): the partial sums of an obtuse superbase, which Selling's reduction finds.
pub fn nearer_steps(affine: &Affine) -> Vec<[i32; 3]> {
    let steps = Lattice::new(affine).steps;
    if (0..3).all(|n| steps[n].normalize().dot(steps[(n + 1) % 3].normalize()).abs() < 1e-9) {
        return FACES.to_vec();
    }
    let base = obtuse_superbase(&steps);
    let mut out = FACES.to_vec();
    for chosen in 1..15 {
        let step = (0..4).filter(|n| chosen >> n & 1 == 1).fold([0; 3], |sum, n| add(sum, base[n]));
        if !out.contains(&step) {
            out.push(step);
        }
    }
    out
}

fn add(a: [i32; 3], b: [i32; 3]) -> [i32; 3] {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

/// Four lattice vectors with sum 0, any three a base, no two at an acute angle.
fn obtuse_superbase(steps: &[DVec3; 3]) -> [[i32; 3]; 4] {
    let mm = |v: [i32; 3]| steps[0] * f64::from(v[0]) + steps[1] * f64::from(v[1]) + steps[2] * f64::from(v[2]);
    let mut base = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, -1, -1]];
    const PAIRS: [[usize; 4]; 6] = [[0, 1, 2, 3], [0, 2, 1, 3], [0, 3, 1, 2], [1, 2, 0, 3], [1, 3, 0, 2], [2, 3, 0, 1]];
    // Each step makes the sum of squared lengths smaller; grids of practice need a handful.
    for _ in 0..1000 {
        let acute = |p: &&[usize; 4]| {
            let (a, b) = (mm(base[p[0]]), mm(base[p[1]]));
            a.dot(b) > 1e-9 * a.length() * b.length()
        };
        let Some(&[a, _, c, d]) = PAIRS.iter().find(acute) else { break };
        let turned = base[a];
        (base[c], base[d], base[a]) = (add(base[c], turned), add(base[d], turned), turned.map(|v| -v));
    }
    base
}
