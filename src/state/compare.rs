//! Comparison: a second case, or a second mask set of the same case, in a view right of the first.
//!
//! Both views show the same plane at the same scale. They are linked in patient space: a point `p` of the first stands where `p + offset`
//! of the second stands. A mask set of the same case has no offset. Files of two cases name no common frame of reference, so another case
//! starts with no offset when its volume holds the first one's crosshair (positions in mm as the files say), else centre on centre; the
//! view says which. Unlinked, each view is scrolled and moved alone, and linking again keeps what then lies side by side.

use super::{AppState, CaseView, Effect, Toast, ViewCommand, Viewer, slices};
use crate::formats::case::CaseFiles;
use crate::gpu::{LabelStyle, Scene};
use crate::project::CaseInfo;
use crate::qa::CaseId;
use crate::space::{Convention, Grid, RasMm};
use crate::volume::{LabelSet, Volume};
use glam::DVec3;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// What the case on screen is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompareWith {
    /// Another case of the project.
    Case(CaseId),
    /// Another mask set of the same case: a label map, or a folder with one file per structure.
    Masks(PathBuf),
}

#[derive(Clone, Debug)]
pub struct Comparison {
    pub with: CompareWith,
    /// `None` while it is read.
    pub scene: Option<Arc<Scene>>,
    pub warnings: Vec<String>,
    /// Scrolling and moving one view moves the other.
    pub linked: bool,
    /// From a position of the first to the position of the second beside it, in mm.
    pub offset: DVec3,
    /// How the second's labels are drawn: as the first's labels of the same names.
    pub styles: Arc<Vec<LabelStyle>>,
    /// The first's styles that `styles` follow.
    followed: Arc<Vec<LabelStyle>>,
    /// Offset at the start.
    start: DVec3,
    generation: u64,
}

#[derive(Debug)]
pub enum CompareCommand {
    Start(CompareWith),
    Leave,
    /// Unlink the views, or link them where they are.
    ToggleLink,
    /// Linked, with the offset of the start.
    ResetLink,
    /// Where the files of the other case are.
    Found {
        generation: u64,
        case: Box<CaseInfo>,
    },
    Loaded {
        generation: u64,
        scene: Arc<Scene>,
        warnings: Vec<String>,
    },
    /// Not found, not read, or cancelled.
    Failed {
        generation: u64,
        message: String,
    },
}

/// What must happen outside the state.
#[derive(Debug)]
pub enum CompareEffect {
    Find { case: CaseId, generation: u64 },
    Case { title: String, files: CaseFiles, generation: u64 },
    Masks { path: PathBuf, volume: Option<Arc<Volume>>, generation: u64 },
    Cancel,
}

impl CompareCommand {
    /// An answer of a thread, not a wish of the user.
    pub fn is_answer(&self) -> bool {
        matches!(self, Self::Found { .. } | Self::Loaded { .. } | Self::Failed { .. })
    }
}

impl CompareWith {
    /// As the view is named: the case id, or the file or folder of the masks.
    pub fn name(&self) -> String {
        match self {
            Self::Case(id) => id.0.clone(),
            Self::Masks(path) => path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned()),
        }
    }
}

impl Comparison {
    fn new(with: CompareWith, generation: u64) -> Self {
        Self {
            with,
            scene: None,
            warnings: Vec::new(),
            linked: true,
            offset: DVec3::ZERO,
            styles: Arc::default(),
            followed: Arc::default(),
            start: DVec3::ZERO,
            generation,
        }
    }

    /// What the left and the right view are called, `case` being the one on screen.
    pub fn names<'a>(&'a self, case: &'a str) -> [impl fmt::Display + 'a; 2] {
        [false, true].map(|second| {
            fmt::from_fn(move |f| match (&self.with, second) {
                (CompareWith::Case(other), true) => f.write_str(&other.0),
                (CompareWith::Case(_), false) => f.write_str(case),
                (CompareWith::Masks(_), true) => write!(f, "{case} · {}", self.with.name()),
                (CompareWith::Masks(_), false) => write!(f, "{case} · masks of the project"),
            })
        })
    }

    /// The second's grid that slices are counted on.
    pub fn grid(&self) -> Option<Grid> {
        self.scene.as_ref().and_then(|s| grid_of(s))
    }

    /// The position in the second beside a position in the first.
    pub fn beside(&self, p: RasMm) -> RasMm {
        RasMm(p.0 + self.offset)
    }

    /// The link is not as it was at the start.
    pub fn moved(&self) -> bool {
        !self.linked || self.offset != self.start
    }

    fn shown(&mut self, scene: Arc<Scene>, warnings: Vec<String>, cross: RasMm, first: Option<Grid>) {
        self.scene = Some(scene);
        self.warnings = warnings;
        if let (CompareWith::Case(_), Some(first), Some(second)) = (&self.with, first, self.grid()) {
            self.start = if second.nearest(cross).is_some() { DVec3::ZERO } else { second.centre().0 - first.centre().0 };
        }
        self.offset = self.start;
    }
}

/// The grid of a scene that slices are counted on: the CT's, else that of the first label layer.
pub fn grid_of(scene: &Scene) -> Option<Grid> {
    scene.volume().map(|v| v.grid).or_else(|| scene.labels().and_then(|l| l.layers.first()).map(|l| l.grid))
}

/// Colours and visibility for the second label set: those of the first where a name is the same.
fn follow(first: Option<&LabelSet>, styles: &[LabelStyle], second: Option<&LabelSet>) -> Vec<LabelStyle> {
    let style_of = |name: &str| {
        let at = first?.table.iter().position(|l| l.name == name)?;
        styles.get(at).copied()
    };
    second.map_or_else(Vec::new, |set| set.table.iter().map(|l| style_of(&l.name).unwrap_or_else(|| LabelStyle::plain(l.color))).collect())
}

impl AppState {
    pub(super) fn apply_compare(&mut self, command: CompareCommand) -> Vec<Effect> {
        match command {
            CompareCommand::Start(with) => self.start_comparison(with),
            CompareCommand::Leave => self.leave_comparison().into_iter().collect(),
            CompareCommand::ToggleLink => self.link(|c| c.linked = !c.linked),
            CompareCommand::ResetLink => self.link(|c| (c.linked, c.offset) = (true, c.start)),
            CompareCommand::Found { generation, case } => self.found(generation, &case),
            CompareCommand::Loaded { generation, scene, warnings } => {
                self.compared_arrived(generation, scene, warnings);
                Vec::new()
            }
            CompareCommand::Failed { generation, message } => self.compare_failed(generation, &message),
        }
    }

    fn link(&mut self, change: impl FnOnce(&mut Comparison)) -> Vec<Effect> {
        if let Some(comparison) = self.viewer.compare.as_mut().filter(|c| c.scene.is_some()) {
            change(comparison);
        }
        Vec::new()
    }

    fn start_comparison(&mut self, with: CompareWith) -> Vec<Effect> {
        self.dialog = None;
        let Some(p) = &mut self.project else { return Vec::new() };
        let CaseView::Ready { scene: first, .. } = &p.case else {
            self.toasts.push(Toast::note("There is no image to compare with yet."));
            return Vec::new();
        };
        let volume = first.volume().cloned();
        self.viewer.compares += 1;
        let generation = self.viewer.compares;
        let known = if let CompareWith::Case(id) = &with { p.cached_scene(id) } else { None };
        let effect = match &with {
            CompareWith::Case(id) => CompareEffect::Find { case: id.clone(), generation },
            CompareWith::Masks(path) => CompareEffect::Masks { path: path.clone(), volume, generation },
        };
        let mut effects: Vec<Effect> = self.leave_comparison().into_iter().collect();
        let v = &mut self.viewer;
        v.arrangement.plane = v.active_plane();
        v.maximised = None;
        v.side = 1;
        v.compare = Some(Comparison::new(with, generation));
        match known {
            Some((scene, warnings)) => self.compared_arrived(generation, scene, warnings),
            None => effects.push(Effect::Compare(effect)),
        }
        effects
    }

    /// Drops the second scene (its textures go with it) and stops reading it.
    pub(super) fn leave_comparison(&mut self) -> Option<Effect> {
        let left = self.viewer.compare.take()?;
        self.viewer.maximised = None;
        left.scene.is_none().then_some(Effect::Compare(CompareEffect::Cancel))
    }

    fn found(&mut self, generation: u64, case: &CaseInfo) -> Vec<Effect> {
        if !self.awaited(generation) {
            return Vec::new();
        }
        if let Some(why) = case.refused() {
            return self.compare_failed(generation, &format!("{}: {why}", case.id));
        }
        let path = |file: &Option<crate::project::DataFile>| file.as_ref().and_then(|f| f.path.clone());
        let files = CaseFiles { image: path(&case.image), masks: path(&case.masks) };
        if files == CaseFiles::default() {
            let text = format!("{} has no image or masks on this machine; see Data roots in the project menu.", case.id);
            return self.compare_failed(generation, &text);
        }
        vec![Effect::Compare(CompareEffect::Case { title: format!("reading {}", case.id), files, generation })]
    }

    fn awaited(&self, generation: u64) -> bool {
        self.viewer.compare.as_ref().is_some_and(|c| c.generation == generation && c.scene.is_none())
    }

    fn compared_arrived(&mut self, generation: u64, scene: Arc<Scene>, warnings: Vec<String>) {
        if !self.awaited(generation) {
            return; // left meanwhile: the scene goes
        }
        let v = &mut self.viewer;
        let (cross, first) = (v.cross, v.grid());
        if let Some(c) = &mut v.compare {
            c.shown(scene, warnings, cross, first);
        }
        self.follow_styles(true);
    }

    fn compare_failed(&mut self, generation: u64, message: &str) -> Vec<Effect> {
        if self.awaited(generation) {
            self.viewer.compare = None;
            self.toasts.push(Toast::error(format!("Nothing to compare: {message}")));
        }
        Vec::new()
    }

    /// The second's labels follow the first's colours and visibility by name.
    pub(super) fn follow_styles(&mut self, fresh: bool) {
        let v = &mut self.viewer;
        let Some(c) = &mut v.compare else { return };
        let Some(second) = &c.scene else { return };
        if !fresh && Arc::ptr_eq(&c.followed, v.structures.styles()) {
            return;
        }
        let first = self.project.as_ref().and_then(|p| p.scene());
        c.styles =
            Arc::new(follow(first.and_then(|s| s.labels()).map(AsRef::as_ref), v.structures.styles(), second.labels().map(AsRef::as_ref)));
        c.followed = Arc::clone(v.structures.styles());
    }
}

impl Viewer {
    /// Scrolling and panning while two views are not linked: only the view under the cursor moves. False when they are linked, or the
    /// command is of another kind.
    pub(super) fn apply_unlinked(&mut self, command: ViewCommand, convention: Convention) -> bool {
        if self.compare.as_ref().is_none_or(|c| c.linked || c.scene.is_none()) {
            return false;
        }
        let by = match command {
            ViewCommand::Scroll { plane, slices } => self.stepped(plane, slices),
            ViewCommand::End { plane, last } => self.stepped(plane, if last { 1e6 } else { -1e6 }),
            ViewCommand::Pan { plane, by_mm } => {
                let (right, down) = plane.screen_axes(convention);
                right * by_mm.0 + down * by_mm.1
            }
            _ => return false,
        };
        let first = self.side == 0;
        match command {
            ViewCommand::Pan { plane, by_mm } if first => self.pan(plane, by_mm),
            _ if first => self.cross.0 += by,
            _ => {}
        }
        if let Some(c) = &mut self.compare {
            c.offset += if first { -by } else { by };
        }
        true
    }

    /// How far the view under the cursor moves by slices of its own grid.
    fn stepped(&self, plane: crate::space::Plane, count: f64) -> DVec3 {
        let second = self.compare.as_ref().filter(|_| self.side == 1);
        let (grid, at) = match second {
            Some(c) => (c.grid(), c.beside(self.cross)),
            None => (self.grid(), self.cross),
        };
        grid.map_or(DVec3::ZERO, |g| slices::moved(&g, at, plane, count).0 - at.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Affine, Plane};
    use crate::volume::{LabelLayer, LabelName, LabelVoxels, VoxelBuf, Voxels};

    fn labels(names: &[&str]) -> LabelSet {
        let affine = Affine::from_rows([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]).unwrap();
        let layer = LabelLayer { grid: Grid { size: [1, 1, 1], affine }, voxels: LabelVoxels::zeroed(1, 1).unwrap() };
        let name = |(n, name): (usize, &&str)| LabelName { layer: 0, value: n as u16 + 1, name: (*name).to_owned(), color: None };
        LabelSet::new(vec![layer], names.iter().enumerate().map(name).collect(), Vec::new())
    }

    #[test]
    fn colours_and_visibility_follow_by_name() {
        let (first, second) = (labels(&["liver", "spleen"]), labels(&["aorta", "spleen"]));
        let styles = [LabelStyle::plain([1, 2, 3]), LabelStyle { visible: false, ..LabelStyle::plain([4, 5, 6]) }];
        let got = follow(Some(&first), &styles, Some(&second));
        assert_eq!(got[1], styles[1]);
        assert!(got[0].visible && got[0].color == second.table[0].color, "a name that the first lacks keeps its own colour");
        assert!(follow(None, &[], None).is_empty());
    }

    #[test]
    fn cases_whose_positions_do_not_meet_are_linked_centre_to_centre() {
        let at = |mm: f64| {
            let affine = Affine::from_rows([[1.0, 0.0, 0.0, mm], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0]]).unwrap();
            Grid { size: [11, 11, 11], affine }
        };
        let scene = |g: Grid| {
            let voxels = Voxels::I16(VoxelBuf::zeroed(g.len()).unwrap());
            Scene::new(Some(Arc::new(Volume { grid: g, voxels, range: (0.0, 0.0), warnings: Vec::new() })), None)
        };
        for (shift, expected) in [(4.0, 0.0), (500.0, 500.0)] {
            let mut c = Comparison::new(CompareWith::Case(CaseId("b".into())), 1);
            c.shown(scene(at(shift)), Vec::new(), at(0.0).centre(), Some(at(0.0)));
            assert_eq!(c.offset, DVec3::X * expected, "{shift}");
            assert!(!c.moved());
        }
        let mut masks = Comparison::new(CompareWith::Masks("x".into()), 1);
        masks.shown(scene(at(500.0)), Vec::new(), at(0.0).centre(), Some(at(0.0)));
        assert_eq!(masks.offset, DVec3::ZERO, "a mask set of the same case has no offset");
    }

    #[test]
    fn an_unlinked_view_moves_alone_and_keeps_what_then_lies_side_by_side() {
        let affine = Affine::from_rows([[-2.0, 0.0, 0.0, 20.0], [0.0, -2.0, 0.0, 20.0], [0.0, 0.0, 5.0, -50.0]]).unwrap();
        let grid = Grid { size: [21, 21, 21], affine };
        let scene = |g: Grid| {
            let voxels = Voxels::I16(VoxelBuf::zeroed(g.len()).unwrap());
            Scene::new(Some(Arc::new(Volume { grid: g, voxels, range: (0.0, 0.0), warnings: Vec::new() })), None)
        };
        let mut v = Viewer::default();
        v.show_scene(&scene(grid));
        let mut c = Comparison::new(CompareWith::Case(CaseId("b".into())), 1);
        c.shown(scene(grid), Vec::new(), v.cross, Some(grid));
        assert_eq!(c.offset, DVec3::ZERO, "the second holds the crosshair");
        v.compare = Some(c);
        let second = |v: &Viewer| v.compare.as_ref().unwrap().beside(v.cross).0;
        let up = ViewCommand::Scroll { plane: Plane::Axial, slices: 2.0 };
        assert!(!v.apply_unlinked(up, Convention::Radiological), "linked");
        v.compare.as_mut().unwrap().linked = false;
        let (first_at, second_at) = (v.cross.0, second(&v));
        v.side = 1;
        assert!(v.apply_unlinked(up, Convention::Radiological));
        assert_eq!((v.cross.0, second(&v)), (first_at, second_at + DVec3::Z * 10.0));
        v.side = 0;
        assert!(v.apply_unlinked(up, Convention::Radiological));
        assert_eq!((v.cross.0, second(&v)), (first_at + DVec3::Z * 10.0, second_at + DVec3::Z * 10.0));
        let pan = ViewCommand::Pan { plane: Plane::Axial, by_mm: (3.0, 0.0) };
        v.side = 1;
        assert!(v.apply_unlinked(pan, Convention::Radiological));
        assert_eq!(v.compare.as_ref().unwrap().offset, DVec3::new(-3.0, 0.0, 0.0), "screen right is the patient's left");
    }
}
