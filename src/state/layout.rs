//! How the image area is divided, and what of the views is remembered per project.
//!
//! A [`PaneKind`] is what one part of the area shows. A view of another kind (a 3D view in the fourth quarter, say) is one more variant
//! there and one place in `ui/viewer/layout.rs`.

use super::{AppState, Effect, Viewer};
use crate::gpu::CtIn3d;
use crate::space::Plane;
use crate::volume::{PRESETS, Window};
use serde::{Deserialize, Deserializer, Serialize};

/// How the image area is divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ViewLayout {
    /// Three planes and a fourth pane.
    #[default]
    Quarters,
    /// One large plane, and beside it the other two and the fourth pane.
    OneAndThree,
    /// One plane.
    Single,
    /// One plane twice, with masks shown or hidden in each.
    SideBySide,
}

/// What one part of the image area shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaneKind {
    Slice(Plane),
    /// The right view of a plane that stands side by side: the same case again, or the case it is compared with.
    Second(Plane),
    /// The case in 3D.
    Volume,
    /// The list of structures.
    Structures,
}

/// Layout and what goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Arrangement {
    pub layout: ViewLayout,
    /// The large one, the only one, or the one that is shown twice.
    pub plane: Plane,
    /// The structure list stands beside the views where it has no pane of its own.
    pub list: bool,
    /// Masks are shown in the left and in the right view of [`ViewLayout::SideBySide`].
    pub sides: [bool; 2],
    pub ct_in_3d: CtIn3d,
    pub cut_3d: bool,
}

impl Default for Arrangement {
    fn default() -> Self {
        Self {
            layout: ViewLayout::Quarters,
            plane: Plane::Axial,
            list: false,
            sides: [false, true],
            ct_in_3d: CtIn3d::Volume,
            cut_3d: false,
        }
    }
}

impl ViewLayout {
    pub const ALL: [Self; 4] = [Self::Quarters, Self::OneAndThree, Self::Single, Self::SideBySide];

    pub fn name(self) -> &'static str {
        match self {
            Self::Quarters => "2×2",
            Self::OneAndThree => "1+3",
            Self::Single => "single plane",
            Self::SideBySide => "side by side",
        }
    }

    fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }
}

impl PaneKind {
    /// The plane of a slice, `None` for what is no slice.
    pub fn plane(self) -> Option<Plane> {
        match self {
            Self::Slice(plane) | Self::Second(plane) => Some(plane),
            Self::Volume | Self::Structures => None,
        }
    }

    pub fn is_second(self) -> bool {
        matches!(self, Self::Second(_))
    }
}

/// What layout buttons and keys ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayoutCommand {
    Set(ViewLayout),
    Next,
    /// The plane that is large, alone or shown twice.
    Plane(Plane),
    NextPlane,
    /// Show or hide the structure list beside the views.
    List(bool),
    /// Show or hide masks in the left (0) or right (1) view of a plane that stands side by side.
    SideMasks(usize, bool),
}

/// What is remembered of a project's views. `project` is its uuid, so that it is found again wherever its file goes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProjectView {
    pub project: String,
    pub arrangement: Arrangement,
    pub window: Window,
    /// Index of the preset that the window is, if it is one.
    pub preset: Option<usize>,
}

/// Projects whose views are remembered, at most.
pub const REMEMBERED: usize = 64;

/// Reads remembered views and leaves out what it does not understand: one odd entry must not cost the other settings.
pub fn read_views<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<ProjectView>, D::Error> {
    let entries = Vec::<serde_json::Value>::deserialize(from)?;
    let views = entries.into_iter().filter_map(|entry| serde_json::from_value::<ProjectView>(entry).ok());
    Ok(views.filter(|v| !v.project.is_empty()).take(REMEMBERED).map(ProjectView::sane).collect())
}

impl ProjectView {
    fn of(viewer: &Viewer, project: &str) -> Self {
        Self { project: project.to_owned(), arrangement: viewer.arrangement, window: viewer.window, preset: viewer.preset }
    }

    fn is(&self, viewer: &Viewer, project: &str) -> bool {
        self.project == project && self.arrangement == viewer.arrangement && self.window == viewer.window && self.preset == viewer.preset
    }

    fn sane(mut self) -> Self {
        self.window = self.window.sane();
        self.preset = self.preset.filter(|n| *n < PRESETS.len());
        self
    }
}

impl Viewer {
    /// One plane stands there twice, of one case.
    pub fn twin(&self) -> bool {
        self.arrangement.layout == ViewLayout::SideBySide && self.compare.is_none()
    }

    /// The plane that keys and buttons mean: the one under the cursor, else the only one on screen, else the last one pointed at.
    pub fn active_plane(&self) -> Plane {
        let hovered = self.hover.map(|(plane, _)| plane);
        let maximised = self.maximised.and_then(PaneKind::plane);
        let one = self.compare.is_some() || matches!(self.arrangement.layout, ViewLayout::Single | ViewLayout::SideBySide);
        hovered.or(maximised).or(one.then_some(self.arrangement.plane)).unwrap_or(self.last_plane)
    }

    /// The view of that plane: of two of them, the one pointed at last.
    pub fn active_pane(&self) -> PaneKind {
        let second = (self.twin() || self.compare.is_some()) && self.side == 1;
        let plane = self.active_plane();
        self.maximised.unwrap_or(if second { PaneKind::Second(plane) } else { PaneKind::Slice(plane) })
    }

    /// The single plane there is room for in a narrow window, and the one the plane buttons show as chosen.
    pub fn main_plane(&self) -> Plane {
        self.maximised.and_then(PaneKind::plane).unwrap_or(self.arrangement.plane)
    }

    /// Masks are shown in a pane.
    pub fn masks_in(&self, pane: PaneKind) -> bool {
        if self.twin() { self.arrangement.sides[usize::from(pane.is_second())] } else { self.masks }
    }

    pub(super) fn apply_layout(&mut self, command: LayoutCommand) {
        let a = &mut self.arrangement;
        match command {
            LayoutCommand::Set(layout) => a.layout = layout,
            LayoutCommand::Next => a.layout = a.layout.next(),
            LayoutCommand::Plane(plane) => a.plane = plane,
            LayoutCommand::NextPlane => a.plane = Plane::ALL[(a.plane as usize + 1) % 3],
            LayoutCommand::List(open) => a.list = open,
            LayoutCommand::SideMasks(side, shown) => a.sides[side.min(1)] = shown,
        }
        if matches!(command, LayoutCommand::Set(_) | LayoutCommand::Next) {
            self.maximised = None;
        } else if let (LayoutCommand::Plane(_) | LayoutCommand::NextPlane, Some(kind)) = (command, self.maximised) {
            self.maximised =
                Some(if kind.is_second() { PaneKind::Second(self.arrangement.plane) } else { PaneKind::Slice(self.arrangement.plane) });
        }
        if !matches!(command, LayoutCommand::List(_) | LayoutCommand::SideMasks(..)) {
            self.side = usize::from(self.twin() || self.compare.is_some());
            self.last_plane = self.arrangement.plane;
        }
    }

    /// Makes sure that a plane is on screen: the large one where there is one.
    pub(super) fn bring_up(&mut self, plane: Plane) {
        self.apply_layout(LayoutCommand::Plane(plane));
    }

    /// A double-click: fills the area with a pane, or goes back. A view that is alone by layout gives way to all of them.
    pub(super) fn maximise(&mut self, pane: PaneKind) {
        if self.maximised.take() == Some(pane) {
            return;
        }
        if self.arrangement.layout == ViewLayout::Single && self.compare.is_none() {
            self.arrangement.layout = ViewLayout::Quarters;
        } else {
            self.maximised = Some(pane);
        }
    }
}

impl AppState {
    /// Layout keys and buttons while two cases are compared leave the comparison: it is a layout of its own.
    pub(super) fn layout(&mut self, command: LayoutCommand) -> Vec<Effect> {
        let mut effects = Vec::new();
        if matches!(command, LayoutCommand::Set(_) | LayoutCommand::Next) && self.viewer.compare.is_some() {
            effects.extend(self.leave_comparison());
        }
        self.viewer.apply_layout(command);
        effects.extend(self.remember_view());
        effects
    }

    /// Keeps layout and window with the open project's uuid, newest first. Costs nothing when nothing changed.
    pub(super) fn remember_view(&mut self) -> Option<Effect> {
        let project = &self.project.as_ref()?.uuid;
        if project.is_empty() || self.viewer.window_drag_under_way() {
            return None;
        }
        if self.settings.projects.first().is_some_and(|v| v.is(&self.viewer, project)) {
            return None;
        }
        let view = ProjectView::of(&self.viewer, project);
        let views = &mut self.settings.projects;
        views.retain(|v| v.project != view.project);
        views.insert(0, view);
        views.truncate(REMEMBERED);
        Some(self.save_settings())
    }

    /// Brings back what was remembered of the project that is being opened, or the defaults.
    pub(super) fn restore_view(&mut self) {
        let Some(project) = &self.project else { return };
        let known = self.settings.projects.iter().find(|v| v.project == project.uuid).cloned();
        let fresh = || ProjectView { preset: Some(0), ..ProjectView::default() };
        let view = known.map_or_else(fresh, ProjectView::sane);
        let v = &mut self.viewer;
        v.arrangement = view.arrangement;
        v.window = view.window;
        v.preset = view.preset;
        v.maximised = None;
        v.compare = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_cycle_and_the_large_plane_with_them() {
        let mut v = Viewer::default();
        for layout in [ViewLayout::OneAndThree, ViewLayout::Single, ViewLayout::SideBySide, ViewLayout::Quarters] {
            v.apply_layout(LayoutCommand::Next);
            assert_eq!(v.arrangement.layout, layout);
        }
        for plane in [Plane::Coronal, Plane::Sagittal, Plane::Axial] {
            v.apply_layout(LayoutCommand::NextPlane);
            assert_eq!(v.arrangement.plane, plane);
        }
    }

    #[test]
    fn a_double_click_fills_the_area_and_goes_back() {
        let mut v = Viewer::default();
        let pane = PaneKind::Slice(Plane::Coronal);
        v.maximise(pane);
        assert_eq!((v.maximised, v.active_plane()), (Some(pane), Plane::Coronal));
        v.maximise(pane);
        assert_eq!(v.maximised, None);
        v.apply_layout(LayoutCommand::Set(ViewLayout::Single));
        v.maximise(pane);
        assert_eq!((v.maximised, v.arrangement.layout), (None, ViewLayout::Quarters));
    }

    #[test]
    fn masks_of_the_two_sides_are_apart() {
        let mut v = Viewer::default();
        v.apply_layout(LayoutCommand::Set(ViewLayout::SideBySide));
        let sides = |v: &Viewer| [PaneKind::Slice(Plane::Axial), PaneKind::Second(Plane::Axial)].map(|p| v.masks_in(p));
        assert_eq!(sides(&v), [false, true]);
        v.apply_layout(LayoutCommand::SideMasks(0, true));
        assert_eq!(sides(&v), [true, true]);
    }

    #[test]
    fn odd_entries_cost_only_themselves() {
        #[derive(Deserialize)]
        struct File {
            #[serde(deserialize_with = "read_views")]
            projects: Vec<ProjectView>,
        }
        let text = r#"{"projects": [{"project": "a", "arrangement": {"layout": "single", "plane": "coronal"}, "preset": 99},
            {"project": "b", "arrangement": {"layout": "holodeck"}}, 7, {"window": {"width": 1, "level": 1}}, {"project": "c"}]}"#;
        let file: File = serde_json::from_str(text).unwrap();
        let names: Vec<&str> = file.projects.iter().map(|p| p.project.as_str()).collect();
        assert_eq!(names, ["a", "c"]);
        let a = &file.projects[0];
        assert_eq!((a.arrangement.layout, a.arrangement.plane, a.preset), (ViewLayout::Single, Plane::Coronal, None));
        assert_eq!(a.arrangement.sides, [false, true], "what an older file lacks has its default");
    }
}
