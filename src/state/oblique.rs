//! Oblique reformat: the crosshair turned about the normal of one view, and with it the planes of the other two.
//!
//! Each plane has a rotation of its own; the three stay at right angles to each other, and the view in which the crosshair is turned
//! keeps its image. Slices of a turned plane are the finest voxel apart and are counted along its normal, from where that line through the
//! crosshair enters the volume to where it leaves it.

use super::Viewer;
use crate::space::{Convention, Grid, Plane, RasBox, RasMm};
use glam::{DMat3, DVec3};

/// Smaller turns than this, in degrees, count as none.
const LEAST: f64 = 0.01;

/// How far each plane is turned from its standard direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tilt([DMat3; 3]);

impl Default for Tilt {
    fn default() -> Self {
        Self([DMat3::IDENTITY; 3])
    }
}

impl Tilt {
    /// Turns the planes other than `about` by degrees around its normal: clockwise on a radiological screen for axial and coronal.
    fn turn(&mut self, about: Plane, degrees: f64) {
        let (right, down) = self.axes(about, Convention::Radiological);
        let turn = DMat3::from_axis_angle(right.cross(down).normalize(), degrees.to_radians());
        for plane in Plane::ALL.into_iter().filter(|p| *p != about) {
            let m = turn * self.0[plane as usize];
            // Columns at right angles again, so that a long drag does not shear the image.
            let x = m.x_axis.normalize();
            let y = (m.y_axis - x * x.dot(m.y_axis)).normalize();
            self.0[plane as usize] = DMat3::from_cols(x, y, x.cross(y));
        }
    }

    fn axes(&self, plane: Plane, convention: Convention) -> (DVec3, DVec3) {
        let (right, down) = plane.screen_axes(convention);
        let m = self.0[plane as usize];
        (m * right, m * down)
    }
}

impl Viewer {
    /// Patient-space unit vectors along screen right and down of a plane.
    pub fn axes(&self, plane: Plane, convention: Convention) -> (DVec3, DVec3) {
        if self.tilted(plane) { self.tilt.axes(plane, convention) } else { plane.screen_axes(convention) }
    }

    /// Unit vector across a plane, along R, A or S when it is not turned.
    pub fn normal(&self, plane: Plane) -> DVec3 {
        self.tilt.0[plane as usize] * DVec3::AXES[plane.normal_axis()]
    }

    /// Degrees between a plane's normal and the patient axis it belongs to; 0 while cases are compared.
    pub fn tilt_degrees(&self, plane: Plane) -> f64 {
        if self.compare.is_some() {
            return 0.0;
        }
        let along = self.normal(plane)[plane.normal_axis()].clamp(-1.0, 1.0);
        let degrees = along.acos().to_degrees();
        if degrees < LEAST { 0.0 } else { degrees }
    }

    /// The plane's image is not a standard one: its normal or its directions on screen are turned.
    pub fn tilted(&self, plane: Plane) -> bool {
        self.compare.is_none() && self.tilt.0[plane as usize] != DMat3::IDENTITY
    }

    /// Turns the crosshair in the view of a plane; not while cases are compared, whose planes are those of both.
    pub(super) fn turn_crosshair(&mut self, about: Plane, degrees: f64) {
        if self.compare.is_none() && degrees.is_finite() {
            self.tilt.turn(about, degrees);
            self.crosshair = true;
        }
    }

    /// Moves the crosshair across a turned plane, the finest voxel a step, within the volume.
    pub(super) fn scroll_oblique(&mut self, grid: &Grid, plane: Plane, steps: f64) {
        let normal = self.normal(plane);
        let (low, high) = room(&grid.bounds(), self.cross, normal);
        self.cross = RasMm(self.cross.0 + normal * (steps * finest(grid)).clamp(low, high));
    }

    /// 1-based number of the slice of a turned plane at the crosshair and how many there are on the line across it.
    pub(super) fn oblique_number(&self, grid: &Grid, plane: Plane) -> (i64, usize) {
        let (low, high) = room(&grid.bounds(), self.cross, self.normal(plane));
        let whole = |mm: f64| (mm / finest(grid) + 1e-6).floor().max(0.0);
        (whole(-low) as i64 + 1, whole(high - low) as usize + 1)
    }
}

/// The smallest voxel size of a grid, in mm.
pub(super) fn finest(grid: &Grid) -> f64 {
    grid.affine.spacing_mm().into_iter().fold(f64::INFINITY, f64::min)
}

/// How far a point can go along a direction, back and forth, and stay in a box; nowhere from outside.
fn room(bounds: &RasBox, at: RasMm, along: DVec3) -> (f64, f64) {
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    for axis in (0..3).filter(|&axis| along[axis].abs() > 1e-9) {
        let (a, b) = ((bounds.min.0[axis] - at.0[axis]) / along[axis], (bounds.max.0[axis] - at.0[axis]) / along[axis]);
        (low, high) = (low.max(a.min(b)), high.min(a.max(b)));
    }
    (low.min(0.0), high.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Affine;

    #[test]
    fn planes_stay_at_right_angles_and_the_turned_view_keeps_its_image() {
        let mut v = Viewer::default();
        for (about, degrees) in [(Plane::Axial, 20.0), (Plane::Coronal, -35.0), (Plane::Sagittal, 50.0), (Plane::Axial, 1e4)] {
            let before = v.axes(about, Convention::Radiological);
            for _ in 0..50 {
                v.turn_crosshair(about, degrees / 50.0);
            }
            assert_eq!(v.axes(about, Convention::Radiological), before, "the view itself does not turn");
            let normals = Plane::ALL.map(|p| v.normal(p));
            for (a, b) in [(0, 1), (1, 2), (0, 2)] {
                assert!(normals[a].dot(normals[b]).abs() < 1e-9 && (normals[a].length() - 1.0).abs() < 1e-9, "{normals:?}");
            }
            for p in Plane::ALL {
                let (right, down) = v.axes(p, Convention::Radiological);
                assert!(right.dot(down).abs() < 1e-9 && right.dot(v.normal(p)).abs() < 1e-9);
            }
        }
        v.turn_crosshair(Plane::Axial, f64::NAN);
        assert!(Plane::ALL.iter().all(|p| v.normal(*p).is_finite()));
    }

    #[test]
    fn a_turn_in_the_axial_view_tilts_the_other_two_by_its_angle() {
        let mut v = Viewer::default();
        v.turn_crosshair(Plane::Axial, 30.0);
        assert_eq!(v.tilt_degrees(Plane::Axial), 0.0);
        assert!((v.tilt_degrees(Plane::Coronal) - 30.0).abs() < 1e-9 && (v.tilt_degrees(Plane::Sagittal) - 30.0).abs() < 1e-9);
        v.turn_crosshair(Plane::Axial, -30.0);
        assert_eq!(Plane::ALL.map(|p| v.tilt_degrees(p)), [0.0; 3]);
    }

    #[test]
    fn scrolling_a_turned_plane_ends_at_the_faces_of_the_volume() {
        let affine = Affine::from_rows([[1.0, 0.0, 0.0, -10.0], [0.0, 1.0, 0.0, -10.0], [0.0, 0.0, 2.0, -20.0]]).unwrap();
        let grid = Grid { size: [21, 21, 21], affine };
        let mut v = Viewer::default();
        v.cross = grid.centre();
        v.turn_crosshair(Plane::Axial, 45.0);
        v.scroll_oblique(&grid, Plane::Coronal, 3.0);
        assert!((v.cross.0.length() - 3.0).abs() < 1e-9, "a step is the finest voxel");
        v.scroll_oblique(&grid, Plane::Coronal, 1e9);
        let end = v.cross.0;
        assert!((end.x.abs().max(end.y.abs()) - 10.5).abs() < 1e-6, "{end:?}");
        v.scroll_oblique(&grid, Plane::Coronal, 5.0);
        assert_eq!(v.cross.0, end);
        let (last, count) = v.oblique_number(&grid, Plane::Coronal);
        assert_eq!((last, count), (30, 30), "a diagonal of 21 x 1.414 mm in steps of 1 mm");
        v.scroll_oblique(&grid, Plane::Coronal, -29.0);
        assert_eq!(v.oblique_number(&grid, Plane::Coronal), (1, 30));
        v.scroll_oblique(&grid, Plane::Coronal, 4.0);
        assert_eq!(v.oblique_number(&grid, Plane::Coronal), (5, 30));
    }
}
