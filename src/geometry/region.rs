//! HU inside a region of a slice.
//!
//! Which values count: where the volume's axes run along the plane's two directions (to 0.1°), the voxels of the slice nearest to the
//! region's centre whose centres lie inside the region, each once. On any other plane, a square lattice of the volume's finest spacing
//! through the region's centre, each point with the value of the nearest voxel. Points outside the volume do not count; values that are
//! not finite are counted apart. Where the two agree they are what other viewers report; the area is that of the shape, not of voxels.

use super::annotation::{Cut, Shape, rounded};
use super::profile::Profile;
use crate::space::{Grid, RasMm, Voxel};
use crate::volume::Volume;
use glam::DVec3;
use serde::{Deserialize, Serialize};

/// Statistics over finite values, in HU.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HuStats {
    pub mean: f64,
    /// Of the values as a population (divided by n), as viewers report it.
    pub sd: f64,
    pub min: f64,
    pub max: f64,
    /// Finite values.
    pub samples: u64,
    /// Values that are NaN or infinite.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_finite: u64,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl HuStats {
    /// `None` when no value is finite. Kept to a thousandth of a HU. In two passes: sums of whole numbers are exact, so the mean does not
    /// depend on the order of the voxels.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let all: Vec<f64> = values.into_iter().collect();
        let finite = || all.iter().copied().filter(|v| v.is_finite());
        let samples = finite().count();
        if samples == 0 {
            return None;
        }
        let mean = finite().sum::<f64>() / samples as f64;
        let sd = (finite().map(|v| (v - mean).powi(2)).sum::<f64>() / samples as f64).sqrt();
        let (min, max) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
        let r = |v: f64| rounded(v, 3);
        let not_finite = (all.len() - samples) as u64;
        Some(Self { mean: r(mean), sd: r(sd), min: r(min), max: r(max), samples: samples as u64, not_finite })
    }

    /// Finite and in order.
    pub(super) fn sound(&self) -> bool {
        [self.mean, self.sd, self.min, self.max].iter().all(|v| v.is_finite()) && self.sd >= 0.0 && self.min <= self.max && self.samples > 0
    }
}

/// HU of a region or profile; `None` for rulers and angles and where nothing of the shape lies in the volume.
pub fn hu_stats(volume: &Volume, plane: &Cut, shape: &Shape) -> Option<HuStats> {
    match *shape {
        Shape::Ellipse { a, b } => HuStats::of(Region::new(plane, a, b, true).values(volume)),
        Shape::Rectangle { a, b } => HuStats::of(Region::new(plane, a, b, false).values(volume)),
        Shape::Profile { a, b } => HuStats::of(Profile::new(volume, a, b).samples.iter().filter_map(|s| s.hu)),
        Shape::Ruler { .. } | Shape::Angle { .. } => None,
    }
}

/// An ellipse or rectangle: its centre, and its plane's directions with half its width and height.
struct Region {
    centre: RasMm,
    axes: [DVec3; 2],
    half: [f64; 2],
    round: bool,
}

/// Slack of the border, so that a centre that lies on it counts whatever the rounding.
const SLACK: f64 = 1e-9;

impl Region {
    fn new(plane: &Cut, a: RasMm, b: RasMm, round: bool) -> Self {
        let (right, down) = plane.axes();
        let d = (b.0 - a.0) / 2.0;
        let half = [d.dot(right).abs().max(1e-6), d.dot(down).abs().max(1e-6)];
        Self { centre: RasMm((a.0 + b.0) / 2.0), axes: [right, down], half, round }
    }

    /// By the projection onto the plane.
    fn holds(&self, p: RasMm) -> bool {
        let d = p.0 - self.centre.0;
        let (x, y) = (d.dot(self.axes[0]) / self.half[0], d.dot(self.axes[1]) / self.half[1]);
        if self.round { x * x + y * y <= 1.0 + SLACK } else { x.abs() <= 1.0 + SLACK && y.abs() <= 1.0 + SLACK }
    }

    fn values(&self, volume: &Volume) -> Vec<f64> {
        match along(&volume.grid, self.axes) {
            Some(axes) => self.voxels(volume, axes),
            None => self.lattice(volume),
        }
    }

    /// Voxels of one slice, on the voxel axes `[u, v]` that run along the plane.
    fn voxels(&self, volume: &Volume, [u, v]: [usize; 2]) -> Vec<f64> {
        let grid = &volume.grid;
        let at = grid.affine.to_voxel(self.centre).0.to_array().map(|c| (c + 0.5).floor());
        let spacing = grid.affine.spacing_mm();
        let range = |axis: usize, half: f64| {
            let (most, reach) = (grid.size[axis] as f64, (half / spacing[axis]).ceil() + 1.0);
            ((at[axis] - reach).clamp(0.0, most) as usize)..((at[axis] + reach + 1.0).clamp(0.0, most) as usize)
        };
        let Some(mut index) = self.slice(grid, [u, v]) else { return Vec::new() };
        let mut out = Vec::new();
        for j in range(v, self.half[1]) {
            for i in range(u, self.half[0]) {
                (index[u], index[v]) = (i, j);
                if self.holds(grid.centre_of(index)) {
                    out.push(volume.hu(index));
                }
            }
        }
        out
    }

    /// A voxel of the slice nearest to the centre, by the rule of [`Grid::nearest`]; the centre may lie beside the volume.
    fn slice(&self, grid: &Grid, in_plane: [usize; 2]) -> Option<[usize; 3]> {
        let mut at = grid.affine.to_voxel(self.centre).0;
        for axis in in_plane {
            at[axis] = at[axis].clamp(0.0, grid.size[axis].saturating_sub(1) as f64);
        }
        grid.nearest(grid.affine.to_ras(Voxel(at)))
    }

    fn lattice(&self, volume: &Volume) -> Vec<f64> {
        let grid = &volume.grid;
        let step = grid.affine.spacing_mm().into_iter().fold(f64::INFINITY, f64::min);
        let corners = grid.corners();
        // Only as far as the volume reaches, however large the region.
        let range = |n: usize| {
            let reach = corners.iter().map(|c| (c.0 - self.centre.0).dot(self.axes[n]));
            let (low, high) = reach.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), d| (l.min(d), h.max(d)));
            ((low.max(-self.half[n]) / step).ceil() as i64)..=((high.min(self.half[n]) / step).floor() as i64)
        };
        let mut out = Vec::new();
        for m in range(1) {
            for n in range(0) {
                let p = RasMm(self.centre.0 + self.axes[0] * (n as f64 * step) + self.axes[1] * (m as f64 * step));
                if self.holds(p) {
                    out.extend(volume.probe(p).map(|p| p.hu));
                }
            }
        }
        out
    }
}

/// The voxel axes along the two directions, where both run within 0.1° of one.
fn along(grid: &Grid, directions: [DVec3; 2]) -> Option<[usize; 2]> {
    let near = 0.1f64.to_radians().cos();
    let origin = grid.affine.to_ras(Voxel::new(0.0, 0.0, 0.0)).0;
    let step = |axis: usize| {
        let mut v = [0.0; 3];
        v[axis] = 1.0;
        (grid.affine.to_ras(Voxel::new(v[0], v[1], v[2])).0 - origin).normalize()
    };
    let find = |d: DVec3| (0..3).find(|axis| step(*axis).dot(d).abs() >= near);
    let found = [find(directions[0])?, find(directions[1])?];
    (found[0] != found[1]).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Affine, Plane};
    use crate::volume::{VoxelBuf, Voxels};
    use proptest::prelude::*;

    /// A volume whose HU are a function of patient space.
    fn volume(size: [usize; 3], rows: [[f64; 4]; 3], hu: impl Fn(RasMm) -> f64) -> Volume {
        let grid = Grid { size, affine: Affine::from_rows(rows).unwrap() };
        let mut voxels = VoxelBuf::zeroed(grid.len()).unwrap();
        for k in 0..size[2] {
            for j in 0..size[1] {
                for i in 0..size[0] {
                    voxels[grid.offset([i, j, k])] = hu(grid.centre_of([i, j, k])) as f32;
                }
            }
        }
        Volume { grid, voxels: Voxels::F32(voxels), range: (-1000.0, 1000.0), warnings: Vec::new() }
    }

    const LPS: [[f64; 4]; 3] = [[-0.5, 0.0, 0.0, 20.0], [0.0, -0.8, 0.0, 24.0], [0.0, 0.0, 3.0, -15.0]];

    fn stats(v: &Volume, plane: Plane, shape: Shape) -> Option<HuStats> {
        hu_stats(v, &Cut::Standard(plane), &shape)
    }

    fn p(r: f64, a: f64, s: f64) -> RasMm {
        RasMm::new(r, a, s)
    }

    #[test]
    fn every_voxel_centre_in_the_shape_counts_once() {
        let v = volume([81, 61, 11], LPS, |p| p.0.x * 10.0 + p.0.z);
        // 4 mm × 4 mm around a voxel centre: 9 columns of 0.5 mm, 5 rows of 0.8 mm; 1.2 mm above a slice is still that slice.
        let s = stats(&v, Plane::Axial, Shape::Rectangle { a: p(-2.0, 2.0, 1.2), b: p(2.0, -2.0, 1.2) }).unwrap();
        assert_eq!((s.samples, s.mean, s.min, s.max, s.not_finite), (45, 0.0, -20.0, 20.0, 0));
        let expected = ((-4..=4).map(|n: i32| f64::from(n * 5).powi(2)).sum::<f64>() / 9.0).sqrt();
        assert!((s.sd - expected).abs() < 1e-3, "{} {expected}", s.sd);
        let other = stats(&v, Plane::Axial, Shape::Rectangle { a: p(-2.0, 2.0, 1.6), b: p(2.0, -2.0, 1.6) }).unwrap();
        assert_eq!(other.mean, 3.0, "past the half it is the next slice");
        let sagittal = stats(&v, Plane::Sagittal, Shape::Rectangle { a: p(5.1, 1.0, 3.5), b: p(5.1, -1.0, -3.5) }).unwrap();
        assert_eq!((sagittal.samples, sagittal.mean), (9, 50.0));
    }

    #[test]
    fn a_sphere_is_told_from_its_surroundings() {
        let v = volume([81, 61, 11], LPS, |p| if p.0.length() <= 8.0 { 60.0 } else { -100.0 });
        let s = stats(&v, Plane::Axial, Shape::Ellipse { a: p(-7.0, 7.0, 0.0), b: p(7.0, -7.0, 0.0) }).unwrap();
        assert_eq!((s.mean, s.sd, s.min, s.max), (60.0, 0.0, 60.0, 60.0));
        let area = s.samples as f64 * 0.4;
        assert!((area / (std::f64::consts::PI * 49.0) - 1.0).abs() < 0.02, "{area}");
        let wide = stats(&v, Plane::Axial, Shape::Ellipse { a: p(-12.0, 12.0, 0.0), b: p(12.0, -12.0, 0.0) }).unwrap();
        let inside = (wide.mean + 100.0) / 160.0;
        assert!((inside - 64.0 / 144.0).abs() < 0.02, "{inside}");
    }

    #[test]
    fn what_is_outside_or_not_a_number_does_not_count() {
        let v = volume([81, 61, 11], LPS, |p| if p.0.x > 0.1 { f64::NAN } else { 5.0 });
        let s = stats(&v, Plane::Axial, Shape::Rectangle { a: p(-1.0, 0.1, 0.0), b: p(1.0, -0.1, 0.0) }).unwrap();
        assert_eq!((s.samples, s.not_finite, s.mean), (3, 2, 5.0));
        let edge = stats(&v, Plane::Axial, Shape::Rectangle { a: p(-21.0, 0.1, 0.0), b: p(-19.0, -0.1, 0.0) }).unwrap();
        assert_eq!(edge.samples, 3);
        let far = |s| stats(&v, Plane::Axial, s);
        assert_eq!(far(Shape::Rectangle { a: p(90.0, 0.0, 0.0), b: p(99.0, 9.0, 0.0) }), None);
        assert_eq!(far(Shape::Rectangle { a: p(-1.0, -1.0, 40.0), b: p(1.0, 1.0, 40.0) }), None);
        assert_eq!(far(Shape::Rectangle { a: p(5.0, -1.0, 0.0), b: p(9.0, 1.0, 0.0) }), None, "only NaN");
        assert_eq!(far(Shape::Ruler { a: p(0.0, 0.0, 0.0), b: p(1.0, 0.0, 0.0) }), None);
        let whole = far(Shape::Rectangle { a: p(-1e5, -1e5, 0.0), b: p(1e5, 1e5, 0.0) }).unwrap();
        assert_eq!(whole.samples + whole.not_finite, 81 * 61);
    }

    #[test]
    fn an_oblique_grid_is_sampled_at_its_finest_spacing() {
        let (s, c) = 20f64.to_radians().sin_cos();
        let rows = [[0.8 * c, -0.8 * s, 0.0, -20.0], [0.8 * s, 0.8 * c, 0.0, -30.0], [0.0, 0.0, 2.0, -10.0]];
        let v = volume([80, 80, 11], rows, |p| p.0.x + 2.0 * p.0.y);
        let middle = v.grid.centre().0;
        let corner = DVec3::new(10.0, -6.0, 0.0);
        let shape = Shape::Ellipse { a: RasMm(middle - corner), b: RasMm(middle + corner) };
        let found = stats(&v, Plane::Axial, shape).unwrap();
        assert!((found.mean - (middle.x + 2.0 * middle.y)).abs() < 0.1, "{found:?}");
        let area = found.samples as f64 * 0.64;
        assert!((area / (std::f64::consts::PI * 60.0) - 1.0).abs() < 0.03, "{area}");
        let huge = Shape::Rectangle { a: RasMm(middle - DVec3::new(9e4, 9e4, 0.0)), b: RasMm(middle + DVec3::new(9e4, 9e4, 0.0)) };
        assert!(stats(&v, Plane::Axial, huge).unwrap().samples > 6000, "a region larger than the volume ends");
    }

    proptest! {
        /// The same numbers in every axis order and direction of the file.
        #[test]
        fn orientation_of_the_file_does_not_matter(flip in 0usize..8, order in 0usize..6, x in -8.0f64..8.0, y in -8.0f64..8.0) {
            const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
            let spacing = [0.7, 0.9, 2.5];
            let (size, mut rows, mut n) = ([41usize, 35, 9], [[0.0; 4]; 3], [0; 3]);
            for axis in 0..3 {
                let world = ORDERS[order][axis];
                let sign = if flip >> axis & 1 == 1 { -1.0 } else { 1.0 };
                n[axis] = size[world];
                rows[world][axis] = sign * spacing[world];
                rows[world][3] = -sign * spacing[world] * (size[world] as f64 - 1.0) / 2.0;
            }
            let hu = |p: RasMm| (p.0.x * 7.0 + p.0.y * p.0.y - p.0.z * 3.0).round();
            let plain = volume(size, [[0.7, 0.0, 0.0, -14.0], [0.0, 0.9, 0.0, -15.3], [0.0, 0.0, 2.5, -10.0]], hu);
            let turned = volume(n, rows, hu);
            for (plane, a, b) in [
                (Plane::Axial, p(x, y, 1.25), p(x + 3.1, y - 4.3, 1.25)), // on the face between two slices
                (Plane::Sagittal, p(0.35, y, -3.3), p(0.35, y + 5.2, 4.4)),
                (Plane::Axial, p(x, y, 1.01), p(x + 3.1, y - 4.3, 1.01)),
                (Plane::Coronal, p(x, 1.07, -3.3), p(x + 3.1, 1.07, 4.4)),
                (Plane::Sagittal, p(1.06, y, -3.3), p(1.06, y + 5.2, 4.4)),
            ] {
                prop_assert_eq!(stats(&plain, plane, Shape::Ellipse { a, b }), stats(&turned, plane, Shape::Ellipse { a, b }));
            }
        }
    }
}
