//! The three linked views: crosshair, zoom, pan, window, masks. Patient space throughout; pixels only where a frame is asked for.

use super::compare::grid_of;
use super::{AppState, Arrangement, Cine, Comparison, Effect, Masks, PaneKind, Tilt, View3d, ViewCommand, oblique, slices};
use crate::gpu::{Interpolation, Look, Overlay, Scene, Slab, SlabMode};
use crate::space::{Convention, Grid, Plane, RasBox, RasMm, SliceFrame};
use crate::volume::{LabelSet, PRESETS, Window};
use std::sync::Arc;

/// Limits of a fixed scale, in mm per pixel.
const MM_PER_PIXEL: (f64, f64) = (0.005, 20.0);

/// One view's own state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pane {
    /// 1 fits the volume's slice into the view.
    pub zoom: f64,
    /// A scale that holds whatever the view's size, in mm per physical pixel; `zoom` then counts for nothing.
    pub mm_per_pixel: Option<f64>,
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
    /// What is drawn of the masks and how.
    pub structures: Masks,
    /// View under the cursor and the point there.
    pub hover: Option<(Plane, RasMm)>,
    /// The last view under the cursor, or with the focus.
    pub last_plane: Plane,
    /// The left (0) or right (1) of two views side by side that was last under the cursor.
    pub side: usize,
    pub maximised: Option<PaneKind>,
    pub arrangement: Arrangement,
    /// Index of the preset that the window is, if it is one.
    pub preset: Option<usize>,
    /// High HU dark.
    pub invert: bool,
    pub cine: Cine,
    pub view3d: View3d,
    /// How thick the slices of the planes are, and how thick they were last.
    pub slab: Slab,
    /// Planes turned from their standard directions.
    pub(super) tilt: Tilt,
    pub last_slab: (SlabMode, f64),
    pub compare: Option<Comparison>,
    /// Comparisons started so far: answers about older ones are dropped.
    pub(super) compares: u64,
    /// W was pressed: the next drag changes the window.
    pub window_armed: bool,
    window_before_drag: Option<Window>,
    /// The grid that slices are counted on.
    grid: Option<Grid>,
    range: (f64, f64),
}

impl Default for Pane {
    fn default() -> Self {
        Self { zoom: 1.0, mm_per_pixel: None, pan_mm: (0.0, 0.0) }
    }
}

impl Pane {
    /// Zoomed by a factor, within limits, and the factor it came to.
    fn zoomed(self, factor: f64) -> (Self, f64) {
        match self.mm_per_pixel {
            Some(mm) => {
                let now = (mm / factor).clamp(MM_PER_PIXEL.0.min(mm), MM_PER_PIXEL.1.max(mm));
                (Self { mm_per_pixel: Some(now), ..self }, mm / now)
            }
            None => {
                let zoom = (self.zoom * factor).clamp(0.2, 60.0);
                (Self { zoom, ..self }, zoom / self.zoom)
            }
        }
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
            structures: Masks::default(),
            hover: None,
            last_plane: Plane::Axial,
            side: 1,
            maximised: None,
            arrangement: Arrangement::default(),
            preset: Some(0),
            invert: false,
            cine: Cine::default(),
            view3d: View3d::default(),
            slab: Slab::Thin,
            tilt: Tilt::default(),
            last_slab: (SlabMode::Max, 10.0),
            compare: None,
            compares: 0,
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
        self.grid = grid_of(scene);
        self.range = scene.volume().map_or((0.0, 1.0), |v| v.range);
        self.cross = self.grid.map_or(RasMm::new(0.0, 0.0, 0.0), |g| g.centre_of(g.size.map(|n| n / 2)));
        self.panes = [Pane::default(); 3];
        self.tilt = Tilt::default();
        self.hover = None;
        self.compare = None;
        self.cine.playing = None;
        if self.preset.is_some_and(|n| PRESETS.get(n).is_some_and(|p| p.window.is_none())) {
            self.window = Window::full(self.range); // each volume has its own full range
        }
    }

    /// A part of a case that is being read comes on screen, or a larger part of it. Slices are counted on the whole `grid`.
    pub fn show_arriving(&mut self, scene: &Scene, grid: Grid, first: bool) {
        if first {
            self.show_scene(scene);
            self.grid = Some(grid);
            self.cross = grid.centre_of(grid.size.map(|n| n / 2));
        }
        self.range = scene.volume().map_or((0.0, 1.0), |v| v.range);
    }

    /// Crosshair into a structure, on the slice where it is largest.
    pub fn jump_to(&mut self, labels: &LabelSet, index: usize) {
        if let Some(anchor) = labels.table.get(index).and_then(|l| l.anchor) {
            self.go_to(anchor);
        }
    }

    /// Crosshair to a position, and the views with it.
    pub(super) fn go_to(&mut self, at: RasMm) {
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

    pub(super) fn bounds(&self) -> Option<RasBox> {
        self.grid.map(|g| g.bounds())
    }

    /// The grid that slices are counted on.
    pub fn grid(&self) -> Option<Grid> {
        self.grid
    }

    /// 1-based slice number at the crosshair and the number of slices, counted along the voxel axis closest to the plane's normal
    /// in the direction of the patient axis. The slices of a turned plane are counted along its normal through the crosshair.
    pub fn slice_number(&self, plane: Plane) -> Option<(i64, usize)> {
        let grid = self.grid?;
        if self.tilted(plane) { Some(self.oblique_number(&grid, plane)) } else { slices::number(&grid, self.cross, plane) }
    }

    /// The same in the second of two compared views; `None` where it has no slice beside the first's.
    pub fn second_slice_number(&self, plane: Plane) -> Option<(i64, usize)> {
        let compare = self.compare.as_ref()?;
        let (grid, at) = (compare.grid()?, compare.beside(self.cross));
        slices::number(&grid, at, plane).filter(|_| slices::on_a_slice(&grid, at, plane))
    }

    /// Patient position of the slice along the plane's normal, in mm from the origin.
    pub(super) fn position_mm(&self, plane: Plane) -> f64 {
        self.cross.0.dot(self.normal(plane))
    }

    /// The frame of a view of `size_px` pixels.
    pub fn frame(&self, plane: Plane, convention: Convention, size_px: [u32; 2]) -> SliceFrame {
        let (right, down) = self.axes(plane, convention);
        let pane = self.panes[plane as usize];
        let Some(bounds) = self.bounds() else { return SliceFrame::new(plane, convention, self.cross, 1.0) };
        let size = bounds.size_mm();
        let fit = (size.dot(right.abs()) / f64::from(size_px[0].max(1))).max(size.dot(down.abs()) / f64::from(size_px[1].max(1)));
        let mut centre = (bounds.min.0 + bounds.max.0) / 2.0 + right * pane.pan_mm.0 + down * pane.pan_mm.1;
        let mm = pane.mm_per_pixel.unwrap_or(fit / pane.zoom).max(1e-6);
        if self.tilted(plane) {
            let normal = self.normal(plane);
            centre += normal * (self.cross.0 - centre).dot(normal);
            return SliceFrame { centre: RasMm(centre), right: right * mm, down: down * mm };
        }
        centre[plane.normal_axis()] = self.cross.0[plane.normal_axis()];
        SliceFrame::new(plane, convention, RasMm(centre), mm)
    }

    /// How a view of the case is drawn.
    pub fn look(&self, pane: PaneKind) -> Look {
        let overlay = match (self.masks_in(pane), self.outline_only) {
            (false, _) => Overlay::None,
            (true, true) => Overlay::Outline,
            (true, false) => Overlay::Fill,
        };
        let second = self.compare.as_ref().filter(|_| pane.is_second());
        let styles = Arc::clone(second.map_or(self.structures.styles(), |c| &c.styles));
        let (window, interpolation, invert, opacity) = (self.window, self.interpolation, self.invert, self.opacity);
        Look { window, interpolation, overlay, invert, slab: self.slab, opacity, styles }
    }

    /// Thickness from a tenth of a millimetre to a metre.
    /// Thin slices along the patient axes again.
    pub(super) fn straighten(&mut self) {
        (self.tilt, self.slab) = (Tilt::default(), Slab::Thin);
    }

    fn set_slab(&mut self, slab: Slab) {
        self.slab = slab;
        if let Slab::Of { mode, mm } = slab {
            let mm = if mm.is_finite() { mm.clamp(0.1, 1000.0) } else { self.last_slab.1 };
            self.slab = Slab::Of { mode, mm };
            self.last_slab = (mode, mm);
        }
    }

    fn toggle_slab(&mut self) {
        let (mode, mm) = self.last_slab;
        self.slab = if self.slab == Slab::Thin { Slab::Of { mode, mm } } else { Slab::Thin };
    }

    /// Moves the crosshair by slices towards the plane's positive patient axis, to the first and last slice at most.
    pub(super) fn scroll(&mut self, plane: Plane, by: f64) {
        let Some(grid) = self.grid else { return };
        let before = self.cross.0;
        if self.tilted(plane) {
            self.scroll_oblique(&grid, plane, by);
        } else {
            self.cross = slices::moved(&grid, self.cross, plane, by);
        }
        // What is under a resting cursor moves along.
        if let Some((_, at)) = self.hover.as_mut().filter(|(p, _)| *p == plane) {
            at.0 += self.cross.0 - before;
        }
    }

    /// Signed step in mm towards the plane's positive patient axis (`forward`) or against it, and how many such steps there are.
    pub(super) fn slices_ahead(&self, plane: Plane, forward: bool) -> Option<(f64, u32)> {
        let grid = self.grid?;
        if !self.tilted(plane) {
            return slices::ahead(&grid, self.cross, plane, forward);
        }
        let (number, count) = self.oblique_number(&grid, plane);
        let step = oblique::finest(&grid);
        Some(if forward { (step, (count as i64 - number) as u32) } else { (-step, (number - 1) as u32) })
    }

    pub(super) fn pan(&mut self, plane: Plane, by_mm: (f64, f64)) {
        let pan = &mut self.panes[plane as usize].pan_mm;
        *pan = (pan.0 + by_mm.0, pan.1 + by_mm.1);
    }

    /// Changes the scale of a plane, or of all.
    fn rescale(&mut self, plane: Option<Plane>, pane: impl Fn(Plane, Pane) -> Pane) {
        for p in Plane::ALL.into_iter().filter(|p| plane.is_none_or(|wanted| wanted == *p)) {
            self.panes[p as usize] = pane(p, self.panes[p as usize]);
        }
    }

    /// The finest voxel size along the two axes of a plane, in mm.
    fn finest(&self, plane: Plane) -> Option<f64> {
        let spacing = slices::spacing(&self.grid?);
        (0..3).filter(|axis| *axis != plane.normal_axis()).map(|axis| spacing[axis]).min_by(f64::total_cmp)
    }

    /// Step of panning by key: a twentieth of the view, in mm.
    pub fn pan_step(&self, plane: Plane) -> f64 {
        let pane = self.panes[plane as usize];
        let size = self.bounds().map_or(100.0, |b| b.size_mm().max_element());
        pane.mm_per_pixel.map_or(size / pane.zoom / 20.0, |mm| mm * 40.0)
    }

    /// The crosshair moved within a plane by voxels to the right and down on screen.
    pub fn cross_moved(&self, plane: Plane, convention: Convention, (x, y): (f64, f64)) -> RasMm {
        let (right, down) = self.axes(plane, convention);
        let step = self.finest(plane).unwrap_or(1.0);
        RasMm(self.cross.0 + (right * x + down * y) * step)
    }

    pub(super) fn window_drag_under_way(&self) -> bool {
        self.window_before_drag.is_some()
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
        let (right, down) = self.axes(plane, convention);
        let pane = self.panes[plane as usize];
        let (scaled, factor) = pane.zoomed(factor);
        let Some(bounds) = self.bounds() else { return };
        let middle = (bounds.min.0 + bounds.max.0) / 2.0;
        let at = ((anchor.0 - middle).dot(right), (anchor.0 - middle).dot(down));
        let keep = |pan: f64, at: f64| at - (at - pan) / factor;
        self.panes[plane as usize] = Pane { pan_mm: (keep(pane.pan_mm.0, at.0), keep(pane.pan_mm.1, at.1)), ..scaled };
    }

    fn keep_cross_in_view(&mut self, plane: Plane) {
        let Some(bounds) = self.bounds() else { return };
        let axes = self.axes(plane, Convention::Radiological);
        let pane = &mut self.panes[plane as usize];
        if pane.zoom <= 1.0 && pane.mm_per_pixel.is_none() {
            return;
        }
        let (right, down) = axes;
        let offset = self.cross.0 - (bounds.min.0 + bounds.max.0) / 2.0;
        let half = (bounds.size_mm().dot(right.abs()) / 2.0 / pane.zoom, bounds.size_mm().dot(down.abs()) / 2.0 / pane.zoom);
        let (x, y) = (offset.dot(right), offset.dot(down));
        // At a fixed scale the view's extent is not known here: the crosshair comes to its middle.
        if pane.mm_per_pixel.is_some() || (x - pane.pan_mm.0).abs() > half.0 || (y - pane.pan_mm.1).abs() > half.1 {
            pane.pan_mm = (x, y);
        }
    }

    fn apply_aids(&mut self, command: ViewCommand) {
        match command {
            ViewCommand::ToggleCrosshair => self.crosshair = !self.crosshair,
            ViewCommand::ToggleInvert => self.invert = !self.invert,
            ViewCommand::ToggleInterpolation => {
                self.interpolation =
                    if self.interpolation == Interpolation::Linear { Interpolation::Nearest } else { Interpolation::Linear };
            }
            ViewCommand::OneToOne(plane) => {
                let finest = Plane::ALL.map(|p| self.finest(p));
                self.rescale(plane, |p, pane| Pane { mm_per_pixel: finest[p as usize], ..pane });
            }
            ViewCommand::Fit(plane) => self.rescale(plane, |_, _| Pane::default()),
            ViewCommand::Reset => {
                self.panes = [Pane::default(); 3];
                self.straighten();
                self.cross = self.grid.map_or(self.cross, |g| g.centre_of(g.size.map(|n| n / 2)));
            }
            _ => {}
        }
    }

    fn preset(&mut self, n: usize) {
        if let Some(p) = PRESETS.get(n) {
            self.window = p.window.unwrap_or_else(|| Window::full(self.range));
            self.preset = Some(n);
        }
    }
}

impl AppState {
    pub(super) fn apply_view(&mut self, command: ViewCommand) -> Vec<Effect> {
        let mut effects = self.change_view(command);
        self.follow_styles(false);
        effects.extend(self.remember_view());
        effects
    }

    fn change_view(&mut self, command: ViewCommand) -> Vec<Effect> {
        match command {
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
            ViewCommand::ToggleMasks if v.twin() => {
                let shown = &mut v.arrangement.sides[v.side.min(1)];
                *shown = !*shown;
                return Vec::new();
            }
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
            ViewCommand::Window(w) => {
                v.window = w.sane();
                v.preset = None;
            }
            ViewCommand::WindowDrag { dx, dy } => v.drag_window(dx, dy),
            ViewCommand::WindowDragEnd => {
                if v.window_before_drag.take().is_some() {
                    v.preset = None;
                }
                v.window_armed = false;
            }
            ViewCommand::ArmWindowDrag => v.window_armed = !v.window_armed,
            _ => {}
        }
    }

    fn apply_position(&mut self, command: ViewCommand) {
        let convention = self.settings.convention;
        let v = &mut self.viewer;
        if v.apply_unlinked(command, convention) {
            return;
        }
        match command {
            ViewCommand::Cross(at) => v.cross = v.bounds().map_or(at, |b| b.clamp(at)),
            ViewCommand::Slab(slab) => v.set_slab(slab),
            ViewCommand::ToggleSlab => v.toggle_slab(),
            ViewCommand::Turn { plane, degrees } => v.turn_crosshair(plane, degrees),
            ViewCommand::Hover(hover) => {
                v.hover = hover;
                v.last_plane = hover.map_or(v.last_plane, |(plane, _)| plane);
            }
            ViewCommand::Pointed(pane) => {
                v.side = usize::from(pane.is_second());
                v.last_plane = pane.plane().unwrap_or(v.last_plane);
            }
            ViewCommand::Scroll { plane, slices } => v.scroll(plane, slices),
            ViewCommand::End { plane, last } => v.scroll(plane, if last { 1e6 } else { -1e6 }),
            ViewCommand::Zoom { plane, factor, anchor } => v.zoom(plane, factor, anchor, convention),
            ViewCommand::Pan { plane, by_mm } => v.pan(plane, by_mm),
            ViewCommand::Maximise(pane) => v.maximise(pane),
            other => v.apply_aids(other),
        }
    }

    fn jump(&mut self, index: usize) {
        let scene = self.project.as_ref().and_then(|p| p.scene().cloned());
        if let Some(labels) = scene.as_ref().and_then(|s| s.labels()) {
            self.viewer.jump_to(labels, index);
            self.viewer.structures.select(index);
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
    fn one_voxel_is_one_pixel_whatever_the_views_size_and_zooming_goes_on_from_there() {
        let mut v = viewer();
        v.apply_aids(ViewCommand::OneToOne(Some(Plane::Coronal)));
        for size in [[1, 1], [200, 100], [4000, 3000]] {
            let frame = v.frame(Plane::Coronal, Convention::Radiological, size);
            assert_eq!((frame.right.length(), frame.down.length()), (2.0, 2.0), "the finer of 2 and 5 mm");
        }
        assert_eq!(v.panes[Plane::Axial as usize], Pane::default());
        let anchor = v.frame(Plane::Coronal, Convention::Radiological, [200, 100]).at(30.0, -20.0);
        v.zoom(Plane::Coronal, 2.0, anchor, Convention::Radiological);
        let frame = v.frame(Plane::Coronal, Convention::Radiological, [200, 100]);
        let (x, y) = frame.project(anchor);
        assert!((x - 30.0).abs() < 1e-9 && (y + 20.0).abs() < 1e-9 && (frame.right.length() - 1.0).abs() < 1e-9, "{x} {y}");
        v.apply_aids(ViewCommand::Fit(None));
        assert_eq!(v.panes, [Pane::default(); 3]);
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
