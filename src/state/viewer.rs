//! The three linked views: crosshair, zoom, pan, window, masks. Patient space throughout; pixels only where a frame is asked for.

use super::{AppState, Effect, ViewCommand};
use crate::gpu::{Interpolation, LabelStyle, Look, Overlay, Scene};
use crate::space::{Convention, Grid, Plane, RasBox, RasMm, SliceFrame};
use crate::volume::{LabelSet, PRESETS, Window};
use std::sync::Arc;

/// One view's own state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pane {
    /// 1 fits the volume's slice into the view.
    pub zoom: f64,
    /// Shift of the view's centre from the volume's, along screen right and down, in mm.
    pub pan_mm: (f64, f64),
}

#[derive(Clone, Debug)]
pub struct Viewer {
    pub cross: RasMm,
    pub panes: [Pane; 3],
    pub window: Window,
    pub interpolation: Interpolation,
    pub masks: bool,
    pub outline_only: bool,
    pub opacity: f32,
    pub crosshair: bool,
    pub styles: Arc<Vec<LabelStyle>>,
    /// View under the cursor and the point there.
    pub hover: Option<(Plane, RasMm)>,
    pub maximised: Option<Plane>,
    pub structure_query: String,
    /// W was pressed: the next drag changes the window.
    pub window_armed: bool,
    window_before_drag: Option<Window>,
    /// The grid that slices are counted on.
    grid: Option<Grid>,
    range: (f64, f64),
}

impl Default for Pane {
    fn default() -> Self {
        Self { zoom: 1.0, pan_mm: (0.0, 0.0) }
    }
}

impl Default for Viewer {
    fn default() -> Self {
        Self {
            cross: RasMm::new(0.0, 0.0, 0.0),
            panes: [Pane::default(); 3],
            window: Window::default(),
            interpolation: Interpolation::Linear,
            masks: true,
            outline_only: false,
            opacity: 0.35,
            crosshair: true,
            styles: Arc::default(),
            hover: None,
            maximised: None,
            structure_query: String::new(),
            window_armed: false,
            window_before_drag: None,
            grid: None,
            range: (-1024.0, 3071.0),
        }
    }
}

impl Viewer {
    /// A new case comes on screen: views are reset, window and mask settings stay.
    pub fn show_scene(&mut self, scene: &Scene) {
        self.grid = scene.volume().map(|v| v.grid).or_else(|| scene.labels().and_then(|l| l.layers.first()).map(|l| l.grid));
        self.range = scene.volume().map_or((0.0, 1.0), |v| v.range);
        self.cross = self.grid.map_or(RasMm::new(0.0, 0.0, 0.0), |g| g.centre_of(g.size.map(|n| n / 2)));
        self.panes = [Pane::default(); 3];
        self.hover = None;
        self.styles = Arc::new(
            scene
                .labels()
                .map_or_else(Vec::new, |l| l.table.iter().map(|label| LabelStyle { color: label.color, visible: true }).collect()),
        );
    }

    /// Crosshair into a structure, on the slice where it is largest.
    pub fn jump_to(&mut self, labels: &LabelSet, index: usize) {
        if let Some(anchor) = labels.table.get(index).and_then(|l| l.anchor) {
            self.cross = anchor;
            for plane in Plane::ALL {
                self.keep_cross_in_view(plane);
            }
        }
    }

    /// Crosshair to a point that should be seen.
    pub fn look_at(&mut self, at: RasMm) {
        self.cross = self.bounds().map_or(at, |b| b.clamp(at));
        for plane in Plane::ALL {
            self.keep_cross_in_view(plane);
        }
    }

    /// Distance between slices across a direction (of unit length), in mm: along the voxel axis closest to it.
    pub fn slice_mm(&self, normal: glam::DVec3) -> f64 {
        let Some(grid) = self.grid else { return 1.0 };
        let m = grid.affine.ras_from_voxel().matrix3;
        let along = |v: &glam::DVec3| v.normalize().dot(normal).abs();
        let step = [m.x_axis, m.y_axis, m.z_axis].into_iter().max_by(|a, b| along(a).total_cmp(&along(b)));
        step.map_or(1.0, glam::DVec3::length)
    }

    fn bounds(&self) -> Option<RasBox> {
        self.grid.map(|g| g.bounds())
    }

    /// Voxel axis that is cut by a plane's normal, its size and the patient-space step of one slice in mm.
    fn slice_axis(&self, plane: Plane) -> Option<(usize, usize, f64)> {
        let grid = self.grid?;
        let axis = grid.affine.closest_axes().iter().position(|(a, _)| *a == plane.normal_axis())?;
        Some((axis, grid.size[axis], grid.affine.spacing_mm()[axis]))
    }

    /// 1-based slice number at the crosshair and the number of slices, counted along the voxel axis closest to the plane's normal
    /// in the direction of the patient axis.
    pub fn slice_number(&self, plane: Plane) -> Option<(i64, usize)> {
        let (axis, count, _) = self.slice_axis(plane)?;
        let grid = self.grid?;
        let at = grid.affine.to_voxel(self.cross).0[axis].round() as i64;
        let forward = grid.affine.closest_axes()[axis].1 > 0.0;
        let number = if forward { at + 1 } else { count as i64 - at };
        Some((number.clamp(1, count as i64), count))
    }

    /// Patient position of the slice along the plane's normal, in mm.
    pub fn position_mm(&self, plane: Plane) -> f64 {
        self.cross.0[plane.normal_axis()]
    }

    /// The frame of a view of `size_px` pixels.
    pub fn frame(&self, plane: Plane, convention: Convention, size_px: [u32; 2]) -> SliceFrame {
        let (right, down) = plane.screen_axes(convention);
        let pane = self.panes[plane as usize];
        let Some(bounds) = self.bounds() else { return SliceFrame::new(plane, convention, self.cross, 1.0) };
        let size = bounds.size_mm();
        let fit = (size.dot(right.abs()) / f64::from(size_px[0].max(1))).max(size.dot(down.abs()) / f64::from(size_px[1].max(1)));
        let mut centre = (bounds.min.0 + bounds.max.0) / 2.0 + right * pane.pan_mm.0 + down * pane.pan_mm.1;
        centre[plane.normal_axis()] = self.cross.0[plane.normal_axis()];
        SliceFrame::new(plane, convention, RasMm(centre), (fit / pane.zoom).max(1e-6))
    }

    /// How a view is drawn.
    pub fn look(&self) -> Look {
        let overlay = match (self.masks, self.outline_only) {
            (false, _) => Overlay::None,
            (true, true) => Overlay::Outline,
            (true, false) => Overlay::Fill,
        };
        Look {
            window: self.window,
            interpolation: self.interpolation,
            invert: false,
            slab: crate::gpu::Slab::Thin,
            overlay,
            opacity: self.opacity,
            styles: Arc::clone(&self.styles),
        }
    }

    /// Moves by slices towards the plane's positive patient axis and stops at the first and last slice under the crosshair, also where
    /// the grid is oblique to the plane.
    fn scroll(&mut self, plane: Plane, slices: f64) {
        let (Some((axis, count, step)), Some(grid)) = (self.slice_axis(plane), self.grid) else { return };
        let normal = plane.normal_axis();
        let at = grid.affine.to_voxel(self.cross).0[axis];
        let per_mm = grid.affine.voxel_from_ras().matrix3.col(normal)[axis];
        let ends = [(0.0 - at) / per_mm, (count as f64 - 1.0 - at) / per_mm];
        let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        // A crosshair beside the volume may come back, but not go further.
        self.cross.0[normal] += (slices * step).clamp(low.min(0.0), high.max(0.0));
    }

    /// Returns true when a window drag was under way or armed.
    pub fn cancel_window_drag(&mut self) -> bool {
        let armed = std::mem::take(&mut self.window_armed);
        match self.window_before_drag.take() {
            Some(before) => {
                self.window = before;
                true
            }
            None => armed,
        }
    }

    /// The gain follows the data range: 1,000 points of drag cover it, and one point is never less than 0.5 HU.
    fn drag_window(&mut self, dx: f32, dy: f32) {
        self.window_before_drag.get_or_insert(self.window);
        let gain = (((self.range.1 - self.range.0) / 1000.0) as f32).clamp(0.5, 8.0);
        self.window = Window { width: self.window.width + dx * gain, level: self.window.level + dy * gain }.sane();
    }

    fn zoom(&mut self, plane: Plane, factor: f64, anchor: RasMm, convention: Convention) {
        let (right, down) = plane.screen_axes(convention);
        let pane = self.panes[plane as usize];
        let zoom = (pane.zoom * factor).clamp(0.2, 60.0);
        let factor = zoom / pane.zoom;
        let Some(bounds) = self.bounds() else { return };
        let middle = (bounds.min.0 + bounds.max.0) / 2.0;
        let at = ((anchor.0 - middle).dot(right), (anchor.0 - middle).dot(down));
        let keep = |pan: f64, at: f64| at - (at - pan) / factor;
        self.panes[plane as usize] = Pane { zoom, pan_mm: (keep(pane.pan_mm.0, at.0), keep(pane.pan_mm.1, at.1)) };
    }

    fn keep_cross_in_view(&mut self, plane: Plane) {
        let Some(bounds) = self.bounds() else { return };
        let pane = &mut self.panes[plane as usize];
        if pane.zoom <= 1.0 {
            return;
        }
        let (right, down) = plane.screen_axes(Convention::Radiological);
        let offset = self.cross.0 - (bounds.min.0 + bounds.max.0) / 2.0;
        let half = (bounds.size_mm().dot(right.abs()) / 2.0 / pane.zoom, bounds.size_mm().dot(down.abs()) / 2.0 / pane.zoom);
        let (x, y) = (offset.dot(right), offset.dot(down));
        if (x - pane.pan_mm.0).abs() > half.0 || (y - pane.pan_mm.1).abs() > half.1 {
            pane.pan_mm = (x, y);
        }
    }

    fn set_visible(&mut self, change: impl Fn(usize) -> Option<bool>) {
        let styles = Arc::make_mut(&mut self.styles);
        for (n, style) in styles.iter_mut().enumerate() {
            if let Some(visible) = change(n) {
                style.visible = visible;
            }
        }
    }

    fn preset(&mut self, n: usize) {
        if let Some(p) = PRESETS.get(n) {
            self.window = p.window.unwrap_or_else(|| Window::full(self.range));
        }
    }
}

impl AppState {
    pub(super) fn apply_view(&mut self, command: ViewCommand) -> Vec<Effect> {
        match command {
            ViewCommand::StructureVisible(index, visible) => self.viewer.set_visible(|n| (n == index).then_some(visible)),
            ViewCommand::AllVisible(visible) => self.viewer.set_visible(|_| Some(visible)),
            ViewCommand::JumpTo(index) => self.jump(index),
            ViewCommand::CycleStructure(by) => self.cycle_structure(by),
            ViewCommand::ToggleMasks | ViewCommand::ToggleOutline | ViewCommand::Opacity(_) | ViewCommand::OpacityStep(_) => {
                return self.apply_masks(command);
            }
            ViewCommand::Preset(_) | ViewCommand::Window(_) | ViewCommand::WindowDrag { .. } | ViewCommand::WindowDragEnd => {
                self.apply_window(command);
            }
            ViewCommand::ArmWindowDrag => {
                self.tools.cancel();
                self.apply_window(command);
            }
            other => self.apply_position(other),
        }
        Vec::new()
    }

    fn apply_masks(&mut self, command: ViewCommand) -> Vec<Effect> {
        let v = &mut self.viewer;
        match command {
            ViewCommand::ToggleMasks => v.masks = !v.masks,
            ViewCommand::ToggleOutline => v.outline_only = !v.outline_only,
            ViewCommand::Opacity(o) => v.opacity = o.clamp(0.0, 1.0),
            ViewCommand::OpacityStep(by) => v.opacity = (v.opacity + by).clamp(0.0, 1.0),
            _ => {}
        }
        self.settings.opacity = v.opacity;
        self.settings.outline_only = v.outline_only;
        vec![self.save_settings()]
    }

    fn apply_window(&mut self, command: ViewCommand) {
        let v = &mut self.viewer;
        match command {
            ViewCommand::Preset(n) => v.preset(n),
            ViewCommand::Window(w) => v.window = w.sane(),
            ViewCommand::WindowDrag { dx, dy } => v.drag_window(dx, dy),
            ViewCommand::WindowDragEnd => {
                v.window_before_drag = None;
                v.window_armed = false;
            }
            ViewCommand::ArmWindowDrag => v.window_armed = !v.window_armed,
            _ => {}
        }
    }

    fn apply_position(&mut self, command: ViewCommand) {
        let convention = self.settings.convention;
        let v = &mut self.viewer;
        match command {
            ViewCommand::Cross(at) => v.cross = v.bounds().map_or(at, |b| b.clamp(at)),
            ViewCommand::Hover(hover) => v.hover = hover,
            ViewCommand::Scroll { plane, slices } => v.scroll(plane, slices),
            ViewCommand::End { plane, last } => v.scroll(plane, if last { 1e6 } else { -1e6 }),
            ViewCommand::Zoom { plane, factor, anchor } => v.zoom(plane, factor, anchor, convention),
            ViewCommand::Pan { plane, by_mm } => {
                let pan = &mut v.panes[plane as usize].pan_mm;
                *pan = (pan.0 + by_mm.0, pan.1 + by_mm.1);
            }
            ViewCommand::Maximise(plane) => v.maximised = if v.maximised == Some(plane) { None } else { Some(plane) },
            ViewCommand::ToggleCrosshair => v.crosshair = !v.crosshair,
            ViewCommand::ToggleInterpolation => {
                v.interpolation = if v.interpolation == Interpolation::Linear { Interpolation::Nearest } else { Interpolation::Linear };
            }
            ViewCommand::Reset => {
                v.panes = [Pane::default(); 3];
                v.cross = v.grid.map_or(v.cross, |g| g.centre_of(g.size.map(|n| n / 2)));
            }
            _ => {}
        }
    }

    fn jump(&mut self, index: usize) {
        let scene = self.project.as_ref().and_then(|p| p.scene().cloned());
        if let Some(labels) = scene.as_ref().and_then(|s| s.labels()) {
            self.viewer.jump_to(labels, index);
        }
    }

    fn cycle_structure(&mut self, by: i64) {
        let Some(p) = &self.project else { return };
        let Some(labels) = p.scene().and_then(|s| s.labels()) else { return };
        let Some(current) = &p.current else { return };
        let list = &current.mentions;
        if list.is_empty() {
            let toast = super::Toast::note("This item names no structure of the masks. Use the structure list to jump.");
            self.toasts.push(toast);
            return;
        }
        let here = list.iter().position(|&i| labels.table[i].anchor == Some(self.viewer.cross));
        let next = here.map_or(0, |h| (h as i64 + by).rem_euclid(list.len() as i64) as usize);
        self.jump(list[next]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Affine;

    fn viewer() -> Viewer {
        let affine = Affine::from_rows([[-2.0, 0.0, 0.0, 20.0], [0.0, -2.0, 0.0, 20.0], [0.0, 0.0, 5.0, -50.0]]).unwrap();
        let grid = Grid { size: [21, 21, 21], affine };
        Viewer { grid: Some(grid), cross: grid.centre(), ..Viewer::default() }
    }

    #[test]
    fn scrolling_steps_by_slices_and_stops_at_the_ends() {
        let mut v = viewer();
        assert_eq!(v.slice_number(Plane::Axial), Some((11, 21)));
        v.scroll(Plane::Axial, 1.0);
        assert_eq!(v.position_mm(Plane::Axial), 5.0);
        assert_eq!(v.slice_number(Plane::Axial), Some((12, 21)));
        v.scroll(Plane::Axial, 1e6);
        assert_eq!(v.slice_number(Plane::Axial), Some((21, 21)));
        v.scroll(Plane::Sagittal, -1e6);
        assert_eq!(v.slice_number(Plane::Sagittal), Some((1, 21)), "numbers grow towards the patient's right");
    }

    #[test]
    fn an_oblique_grid_is_scrolled_to_its_own_ends() {
        let (s, c) = 20f64.to_radians().sin_cos();
        let affine = Affine::from_rows([[c, 0.0, s, 0.0], [0.0, 1.0, 0.0, 0.0], [-s, 0.0, c, 0.0]]).unwrap();
        let grid = Grid { size: [41, 41, 41], affine };
        let mut v = Viewer { grid: Some(grid), cross: grid.centre(), ..Viewer::default() };
        for (slices, number) in [(1e6, 41), (1.0, 41), (-1e6, 1), (-1.0, 1)] {
            v.scroll(Plane::Axial, slices);
            assert_eq!(v.slice_number(Plane::Axial), Some((number, 41)));
            let k = grid.affine.to_voxel(v.cross).0.z;
            assert!((k - (number - 1) as f64).abs() < 1e-9, "{k}");
        }
    }

    #[test]
    fn zooming_keeps_the_anchor_where_it_is() {
        let mut v = viewer();
        let before = v.frame(Plane::Coronal, Convention::Radiological, [200, 100]);
        let anchor = before.at(30.0, -20.0);
        v.zoom(Plane::Coronal, 2.5, anchor, Convention::Radiological);
        let (x, y) = v.frame(Plane::Coronal, Convention::Radiological, [200, 100]).project(anchor);
        assert!((x - 30.0).abs() < 1e-9 && (y + 20.0).abs() < 1e-9, "{x} {y}");
    }

    #[test]
    fn a_window_drag_can_be_taken_back() {
        let mut v = viewer();
        let before = v.window;
        v.drag_window(50.0, 10.0);
        v.drag_window(50.0, 10.0);
        assert!(v.window.width > before.width && v.window.level > before.level);
        assert!(v.cancel_window_drag());
        assert_eq!(v.window, before);
        assert!(!v.cancel_window_drag());
    }
}
