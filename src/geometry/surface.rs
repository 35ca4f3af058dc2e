//! Surface area by Crofton's formula over the 13 directions of the grid.
//!
//! A surface's area is four times the mean, over all directions, of the area of its shadow, where what lies behind counts again. A lattice
//! has a line through every voxel along each of the 13 directions to its 26 neighbours; where such a line leaves the label, the shadow
//! has one voxel's cross-section, |det A| ÷ length of the step. Each direction stands for the part of the sphere that is nearest to it,
//! measured on the grid's own directions, so that anisotropic and sheared grids have weights of their own. Outside the grid nothing
//! belongs to a label: where it is cut by the field of view, the cut counts as surface.
//!
//! Source: G. Lehmann and D. Legland, "Efficient N-Dimensional surface estimation using Crofton formula and run-length encoding",
//! Insight Journal 2012 (hdl 10380/3342), which ITK's and SimpleITK's label shape statistics ("perimeter") follow, there with the weights
//! of an isotropic grid. Marching cubes was not used: its mesh of 117 structures costs many times a pass over runs, and on binary labels
//! scikit-image's is 9 % too large for spheres, against less than 1 % here; long ellipsoids
//! on a grid of 1:2 are up to 4 % off (both tested). A single voxel is a little less than its six faces.

use super::body::{Body, Neighbours, common, paced_rows};
use super::watch::{MeasureError, Watch};
use crate::space::Affine;
use glam::DVec3;

/// Steps to the rows that come later, of which each gives three directions.
const ROWS: [[i32; 2]; 4] = [[1, 0], [-1, 1], [0, 1], [1, 1]];

/// Points on the sphere by which the weights are measured; their error is below 10⁻⁴.
const POINTS: u32 = 100_000;

/// What a way out of a label is worth along each of the 13 directions, for the grids of one affine.
pub struct Crofton {
    /// Along i, then for each of [`ROWS`] with −1, 0 and 1 along i; mm².
    per_exit: [f64; 13],
}

impl Crofton {
    pub fn new(affine: &Affine) -> Self {
        let m = affine.ras_from_voxel().matrix3;
        let steps = directions().map(|[i, j, k]| m.x_axis * f64::from(i) + m.y_axis * f64::from(j) + m.z_axis * f64::from(k));
        let weights = weights(steps.map(DVec3::normalize));
        let volume = affine.voxel_volume_mm3();
        Self { per_exit: std::array::from_fn(|n| 4.0 * weights[n] * volume / steps[n].length()) }
    }

    /// Surface area in mm².
    ///
    /// Errors when cancelled.
    pub fn area(&self, body: &Body, watch: &dyn Watch) -> Result<f64, MeasureError> {
        let voxels = body.voxels();
        let mut inside = [0u64; 13]; // voxels whose neighbour along the direction is in the label too
        inside[0] = voxels - body.runs.len() as u64;
        let mut later = Neighbours::new(&body.runs, ROWS);
        paced_rows(body, watch, |row| {
            for (n, (_, other)) in later.of(row[0].row()).into_iter().enumerate() {
                for shift in [-1, 0, 1] {
                    inside[(2 + 3 * n as i32 + shift) as usize] += common(row, other, -shift);
                }
            }
            Ok(())
        })?;
        Ok(self.per_exit.iter().zip(inside).map(|(worth, inside)| worth * (voxels - inside) as f64).sum())
    }
}

/// In the order of [`Crofton::per_exit`].
fn directions() -> [[i32; 3]; 13] {
    std::array::from_fn(|n| match n.checked_sub(1) {
        None => [1, 0, 0],
        Some(n) => [n as i32 % 3 - 1, ROWS[n / 3][0], ROWS[n / 3][1]],
    })
}

/// Share of the half sphere that is nearest to each direction, either way; together 1.
fn weights(directions: [DVec3; 13]) -> [f64; 13] {
    let mut hits = [0u32; 13];
    let golden = std::f64::consts::PI * (3.0 - 5f64.sqrt());
    for n in 0..POINTS {
        let z = (f64::from(n) + 0.5) / f64::from(POINTS); // equal steps in height are equal areas
        let (sin, cos) = (golden * f64::from(n)).sin_cos();
        let r = (1.0 - z * z).sqrt();
        let p = DVec3::new(r * cos, r * sin, z);
        let nearest = (0..13).max_by(|a, b| directions[*a].dot(p).abs().total_cmp(&directions[*b].dot(p).abs()));
        nearest.into_iter().for_each(|n| hits[n] += 1);
    }
    hits.map(|n| f64::from(n) / f64::from(POINTS))
}
