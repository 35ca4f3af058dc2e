//! The 3D view: from where the case is seen, what of the CT is shown, and what a click in it means.
//!
//! It shows the patient as an object in space: left and right are never mirrored, whatever the convention of the planes.

use super::{AppState, Effect, Viewer};
use crate::gpu::{CtIn3d, Eye, RayRequest};
use crate::space::RasMm;
use crate::volume::first_hit;
use glam::{DMat3, DVec3};

/// Degrees per point of a drag.
const TURN: f64 = 0.5;
/// The image is at least this much larger and smaller than the one that fits.
const ZOOM: std::ops::RangeInclusive<f64> = 0.25..=20.0;
/// A ray starts so far before the centre, in mm: outside of any patient.
const BEFORE: f64 = 1e4;

/// A direction from which the patient is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    Anterior,
    Posterior,
    Left,
    Right,
    Superior,
    Inferior,
}

impl Face {
    pub const ALL: [Self; 6] = [Self::Anterior, Self::Posterior, Self::Left, Self::Right, Self::Superior, Self::Inferior];

    pub fn name(self) -> &'static str {
        ["from the front", "from behind", "from the left", "from the right", "from above", "from below"][self as usize]
    }

    /// Yaw and pitch in degrees.
    fn angles(self) -> (f64, f64) {
        match self {
            Self::Anterior => (0.0, 0.0),
            Self::Posterior => (180.0, 0.0),
            Self::Left => (90.0, 0.0),
            Self::Right => (-90.0, 0.0),
            Self::Superior => (0.0, 90.0),
            Self::Inferior => (0.0, -90.0),
        }
    }
}

/// Camera and contents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View3d {
    /// Degrees about the S axis; 0 sees the patient from the front, 90 from the patient's left.
    pub yaw: f64,
    /// Degrees above the horizontal, −90…90.
    pub pitch: f64,
    pub zoom: f64,
}

impl Default for View3d {
    fn default() -> Self {
        Self { yaw: -30.0, pitch: 15.0, zoom: 1.0 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum View3dCommand {
    /// A drag in points: what is seen follows the pointer.
    Turn {
        dx: f32,
        dy: f32,
    },
    Zoom(f64),
    Face(Face),
    Ct(CtIn3d),
    NextCt,
    ToggleCut,
    /// A click, in pixels of the view from its centre: the crosshair goes to the structure there.
    Pick {
        eye: Eye,
        at: [f64; 2],
    },
    Reset,
}

impl View3d {
    /// Patient-space unit vectors to the right and down on screen.
    pub fn axes(&self) -> (DVec3, DVec3) {
        let turn = DMat3::from_rotation_z(self.yaw.to_radians()) * DMat3::from_rotation_x(self.pitch.to_radians());
        (turn * DVec3::NEG_X, turn * DVec3::NEG_Z)
    }

    fn turn(&mut self, command: View3dCommand) {
        match command {
            View3dCommand::Turn { dx, dy } => {
                self.yaw = (self.yaw - f64::from(dx) * TURN + 180.0).rem_euclid(360.0) - 180.0;
                self.pitch = (self.pitch + f64::from(dy) * TURN).clamp(-90.0, 90.0);
            }
            View3dCommand::Zoom(factor) => self.zoom = (self.zoom * factor).clamp(*ZOOM.start(), *ZOOM.end()),
            View3dCommand::Face(face) => (self.yaw, self.pitch) = face.angles(),
            View3dCommand::Reset => *self = Self::default(),
            View3dCommand::Ct(_) | View3dCommand::NextCt | View3dCommand::ToggleCut | View3dCommand::Pick { .. } => {}
        }
    }
}

impl Viewer {
    /// From where the case is seen in a view of `size_px` pixels: all of it fits, at zoom 1.
    pub fn eye(&self, size_px: [u32; 2]) -> Option<Eye> {
        let bounds = self.bounds()?;
        let (right, down) = self.view3d.axes();
        let size = bounds.size_mm();
        let fit = (size.dot(right.abs()) / f64::from(size_px[0].max(1))).max(size.dot(down.abs()) / f64::from(size_px[1].max(1)));
        let mm = (fit * 1.08 / self.view3d.zoom).max(1e-6);
        Some(Eye { centre: RasMm((bounds.min.0 + bounds.max.0) / 2.0), right: right * mm, down: down * mm })
    }

    /// What the 3D view draws.
    pub fn ray_request(&self, size_px: [u32; 2], moving: bool) -> Option<RayRequest> {
        Some(RayRequest {
            eye: self.eye(size_px)?,
            size_px,
            look: self.look(super::PaneKind::Volume),
            ct: self.arrangement.ct_in_3d,
            labels: self.masks,
            cut: self.arrangement.cut_3d.then_some(self.cross),
            moving,
        })
    }
}

impl AppState {
    pub(super) fn view3d(&mut self, command: View3dCommand) -> Vec<Effect> {
        let a = &mut self.viewer.arrangement;
        match command {
            View3dCommand::Ct(ct) => a.ct_in_3d = ct,
            View3dCommand::NextCt => {
                a.ct_in_3d = match a.ct_in_3d {
                    CtIn3d::None => CtIn3d::Mip,
                    CtIn3d::Mip => CtIn3d::Volume,
                    CtIn3d::Volume => CtIn3d::None,
                };
            }
            View3dCommand::ToggleCut => a.cut_3d = !a.cut_3d,
            View3dCommand::Pick { eye, at } => self.pick_in_3d(&eye, at),
            _ => self.viewer.view3d.turn(command),
        }
        self.remember_view().into_iter().collect()
    }

    /// Crosshair to the first structure under a point of the 3D view, seen through what is hidden and what is cut away.
    fn pick_in_3d(&mut self, eye: &Eye, [x, y]: [f64; 2]) {
        let scene = self.project.as_ref().and_then(|p| p.scene().cloned());
        let Some(labels) = scene.as_ref().and_then(|s| s.labels()).filter(|_| self.viewer.masks) else { return };
        let (along, cross) = (eye.along(), self.viewer.cross.0);
        let start = RasMm(eye.centre.0 + eye.right * x + eye.down * y - along * BEFORE);
        let cut_away = |p: RasMm| self.viewer.arrangement.cut_3d && ((p.0 - cross) * -along.signum()).cmpgt(DVec3::ZERO).all();
        let visible = |n: usize| self.viewer.structures.styles().get(n).is_none_or(|s| s.visible && s.opacity > 0);
        if let Some((at, _)) = first_hit(labels, start, along, |p| !cut_away(p), visible) {
            self.viewer.go_to(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faces_look_where_they_say() {
        let along = |face: Face| {
            let mut v = View3d::default();
            v.turn(View3dCommand::Face(face));
            let (right, down) = v.axes();
            (right.cross(down).round(), right.round())
        };
        assert_eq!(along(Face::Anterior), (DVec3::NEG_Y, DVec3::NEG_X), "from the front the patient's left is on the right");
        assert_eq!(along(Face::Posterior), (DVec3::Y, DVec3::X));
        assert_eq!(along(Face::Left), (DVec3::X, DVec3::NEG_Y), "from the left the back is on the right");
        assert_eq!(along(Face::Right), (DVec3::NEG_X, DVec3::Y));
        assert_eq!(along(Face::Superior), (DVec3::NEG_Z, DVec3::NEG_X));
        assert_eq!(along(Face::Inferior), (DVec3::Z, DVec3::NEG_X));
    }

    #[test]
    fn a_drag_turns_the_near_side_with_the_pointer_and_never_over_the_top() {
        let mut v = View3d { yaw: 0.0, pitch: 0.0, ..View3d::default() };
        let near = DVec3::Y; // the patient's front, which is near
        v.turn(View3dCommand::Turn { dx: 20.0, dy: 0.0 });
        assert!(near.dot(v.axes().0) > 0.1, "to the right");
        v.turn(View3dCommand::Turn { dx: -20.0, dy: 30.0 });
        assert!(near.dot(v.axes().1) > 0.1, "down");
        for _ in 0..100 {
            v.turn(View3dCommand::Turn { dx: 77.0, dy: 50.0 });
        }
        assert!(v.pitch == 90.0 && (-180.0..180.0).contains(&v.yaw));
    }
}
