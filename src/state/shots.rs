//! Pictures of a view or of the whole window, for a file or the clipboard: what is drawn, what stands under it, what it is called.
//!
//! A view is taken as it is when it is asked for, and drawn again without crosshair and cursor at the same size. Nothing here or in the
//! file names a folder or a reviewer; while the window is taken ([`AppState::posing`]) its panels leave both out.

use super::{AppState, Effect, FilePick, PaneKind, Toast};
use crate::gpu::canvas::Overdraw;
use crate::gpu::caption::{self, Caption};
use crate::gpu::offscreen::RgbaImage;
use crate::gpu::strip::{self, Legend};
use crate::gpu::{LabelStyle, RayRequest, Scene, Slab, SliceRequest};
use crate::space::{Plane, RasMm, SliceFrame, edge_letters};
use crate::volume::LabelSet;
use std::path::PathBuf;
use std::sync::Arc;

/// Structures that a picture names, at most.
pub const MOST_NAMED: usize = 6;

/// Where a picture goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShotTo {
    File,
    Clipboard,
}

/// What is drawn.
#[derive(Debug)]
pub enum Subject {
    /// With edge letters and a scale bar; those of `mentioned` that it shows are named first.
    Slice {
        scene: Arc<Scene>,
        request: SliceRequest,
        marks: Caption,
        mentioned: Vec<usize>,
    },
    Volume {
        scene: Arc<Scene>,
        request: RayRequest,
    },
    /// The window as it was on screen.
    Window(RgbaImage),
}

/// A picture that was asked for. For slices the legend's structures are found when it is drawn.
#[derive(Debug)]
pub struct Shot {
    pub subject: Subject,
    /// Laid over it.
    pub over: Option<Overdraw>,
    pub legend: Legend,
    /// `axial view`, for messages.
    pub title: String,
    /// `CASE_axial_S112.0.png`
    pub file_name: String,
}

/// Shared between the dialog that asks for a name and the job that draws; equal when it is the same one.
#[derive(Clone, Debug)]
pub struct Picture(pub Arc<Shot>);

impl PartialEq for Picture {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(Debug)]
pub enum ShotCommand {
    /// A view of so many physical pixels.
    View {
        pane: PaneKind,
        size_px: [u32; 2],
        to: ShotTo,
        /// Measurements and evidence, as they are on screen.
        over: Option<Overdraw>,
    },
    Window(ShotTo),
    /// The window's pixels have come.
    Grabbed {
        image: RgbaImage,
        to: ShotTo,
    },
    /// The window's pixels have not come.
    NotGrabbed,
    /// The file to write.
    Chosen {
        picture: Picture,
        path: PathBuf,
    },
    /// Drawn for the clipboard.
    Drawn {
        image: RgbaImage,
        title: String,
    },
}

/// What must happen outside the state.
#[derive(Debug)]
pub enum ShotEffect {
    /// Take the window's pixels once it has been drawn without names.
    Grab(ShotTo),
    /// Draw into a file, or into memory for the clipboard.
    Draw {
        picture: Picture,
        path: Option<PathBuf>,
    },
    Copy(RgbaImage),
}

impl AppState {
    pub(super) fn apply_shot(&mut self, command: ShotCommand) -> Vec<Effect> {
        match command {
            ShotCommand::View { pane, size_px, to, over } => match self.shot_of(pane, size_px) {
                Some(shot) => vec![send(self.with_drawings(shot, over), to)],
                None => {
                    self.toasts.push(Toast::note("There is no image to take a picture of yet."));
                    Vec::new()
                }
            },
            ShotCommand::Window(_) if self.posing => Vec::new(),
            ShotCommand::Window(to) => {
                self.posing = true;
                vec![Effect::Shot(ShotEffect::Grab(to))]
            }
            ShotCommand::Grabbed { image, to } if self.posing => {
                self.posing = false;
                vec![send(self.shot_of_window(image), to)]
            }
            ShotCommand::Grabbed { .. } => Vec::new(), // too late: the wait was given up
            ShotCommand::NotGrabbed => {
                self.posing = false;
                self.toasts.push(Toast::error("This window system gave no picture of the window; save a view instead."));
                Vec::new()
            }
            ShotCommand::Chosen { picture, path } => vec![Effect::Shot(ShotEffect::Draw { picture, path: Some(path) })],
            ShotCommand::Drawn { image, title } => {
                self.toasts.push(Toast::note(format!("Copied the {title}.")));
                vec![Effect::Shot(ShotEffect::Copy(image))]
            }
        }
    }

    fn with_drawings(&self, mut shot: Shot, over: Option<Overdraw>) -> Shot {
        let slice = matches!(shot.subject, Subject::Slice { .. });
        if slice && over.is_some() && self.viewer.slab != Slab::Thin && !self.tools.hidden && !self.tools.shown.is_empty() {
            shot.legend.words.push("measured on the thin slice".to_owned());
        }
        Shot { over, ..shot }
    }

    /// A view as it is now, without what is painted over it; `None` while there is no image, and for panes that show none.
    pub fn shot_of(&self, pane: PaneKind, size_px: [u32; 2]) -> Option<Shot> {
        match pane {
            PaneKind::Slice(plane) | PaneKind::Second(plane) => self.shot_of_slice(pane, plane, size_px),
            PaneKind::Volume => self.shot_of_volume(size_px),
            PaneKind::Structures => None,
        }
    }

    fn shot_of_slice(&self, pane: PaneKind, plane: Plane, size_px: [u32; 2]) -> Option<Shot> {
        let (v, convention) = (&self.viewer, self.settings.convention);
        let compared = v.compare.as_ref().filter(|_| pane.is_second());
        let first = self.project.as_ref()?.scene()?;
        let (scene, offset, number) = match compared {
            Some(c) => (c.scene.as_ref()?, c.offset, v.second_slice_number(plane)),
            None => (first, glam::DVec3::ZERO, v.slice_number(plane)),
        };
        let frame = v.frame(plane, convention, size_px);
        let frame = SliceFrame { centre: RasMm(frame.centre.0 + offset), ..frame };
        let request = SliceRequest { frame, size_px, look: v.look(pane) };
        let place = self.place(plane, RasMm(v.cross.0 + offset));
        let whose = self.whose(pane);
        let mut words = vec![whose.clone(), format!("{}  {place}", plane.name())];
        words.extend(number.filter(|_| !v.tilted(plane)).map(|(n, of)| format!("slice {n}/{of}")));
        words.extend(strip::look_words(&request.look));
        let marks = Caption {
            edges: edge_letters(frame.right, frame.down),
            position: String::new(),
            slice: String::new(),
            window: String::new(),
            mm_per_pixel: Some(frame.right.length()),
        };
        let mentioned = same_names(first.labels().map(AsRef::as_ref), scene.labels().map(AsRef::as_ref), &self.mentioned());
        Some(Shot {
            subject: Subject::Slice { scene: Arc::clone(scene), request, marks, mentioned },
            over: None,
            legend: Legend { words, ..Legend::default() },
            title: format!("{} view", plane.name()),
            file_name: file_name(&whose, &[plane.name(), &short(&place)]),
        })
    }

    /// Where a slice through `at` lies: its position, or how far it is turned and the point it goes through.
    fn place(&self, plane: Plane, at: RasMm) -> String {
        if !self.viewer.tilted(plane) {
            return caption::position(plane, at.0[plane.normal_axis()]).to_string();
        }
        format!("oblique {:.1}° through {}", self.viewer.tilt_degrees(plane), point(at))
    }

    fn shot_of_volume(&self, size_px: [u32; 2]) -> Option<Shot> {
        let scene = self.project.as_ref()?.scene()?;
        let request = self.viewer.ray_request(size_px, false)?;
        let case = self.whose(PaneKind::Volume);
        let mut legend = Legend { words: vec![case.clone(), "3D".to_owned()], ..Legend::default() };
        if let Some(labels) = scene.labels().filter(|_| request.labels) {
            self.name_visible(&mut legend, labels);
        }
        let subject = Subject::Volume { scene: Arc::clone(scene), request };
        Some(Shot { subject, over: None, legend, title: "3D view".to_owned(), file_name: file_name(&case, &["3d"]) })
    }

    fn shot_of_window(&self, image: RgbaImage) -> Shot {
        let case = self.whose(PaneKind::Structures);
        let mut legend = Legend::default();
        if let Some(scene) = self.project.as_ref().and_then(|p| p.scene()) {
            let v = &self.viewer;
            legend.words = vec![case.clone(), point(v.cross)];
            legend.words.extend(strip::look_words(&v.look(PaneKind::Slice(Plane::Axial))));
            if let Some(labels) = scene.labels().filter(|_| v.masks) {
                self.name_visible(&mut legend, labels);
            }
        }
        Shot { subject: Subject::Window(image), over: None, legend, title: "window".to_owned(), file_name: file_name(&case, &["window"]) }
    }

    /// The case on screen; in comparison, whose view it is.
    fn whose(&self, pane: PaneKind) -> String {
        let Some(row) = self.project.as_ref().and_then(|p| p.current_row()) else { return String::new() };
        let case = row.id.case.0.as_str();
        match (&self.viewer.compare, pane) {
            (Some(c), PaneKind::Slice(_)) => c.names(case)[0].to_string(),
            (Some(c), PaneKind::Second(_)) => c.names(case)[1].to_string(),
            _ => case.to_owned(),
        }
    }

    fn mentioned(&self) -> Vec<usize> {
        self.project.as_ref().and_then(|p| p.current.as_ref()).map_or_else(Vec::new, |c| c.mentions.clone())
    }

    /// Visible structures: those that the item mentions, then the others.
    fn name_visible(&self, legend: &mut Legend, labels: &LabelSet) {
        let styles = self.viewer.structures.styles();
        legend.name_these(labels, styles, &visible(labels, styles, &self.mentioned()), MOST_NAMED);
    }
}

/// `R 12.0 mm  P 3.0 mm  S 112.0 mm`
fn point(at: RasMm) -> String {
    [Plane::Sagittal, Plane::Coronal, Plane::Axial].map(|plane| caption::position(plane, at.0[plane.normal_axis()]).to_string()).join("  ")
}

/// `S112.0` of `S 112.0 mm`, `oblique` of a turned slice.
fn short(place: &str) -> String {
    if place.starts_with("oblique") { "oblique".to_owned() } else { place.trim_end_matches(" mm").replace(' ', "") }
}

fn send(shot: Shot, to: ShotTo) -> Effect {
    let picture = Picture(Arc::new(shot));
    match to {
        ShotTo::File => Effect::Pick(FilePick::Image(picture)),
        ShotTo::Clipboard => Effect::Shot(ShotEffect::Draw { picture, path: None }),
    }
}

/// Visible labels with voxels: those that are mentioned, then the others in the table's order.
fn visible(labels: &LabelSet, styles: &[LabelStyle], mentioned: &[usize]) -> Vec<usize> {
    let seen = |n: &usize| labels.table.get(*n).is_some_and(|l| l.voxels > 0) && styles.get(*n).is_none_or(|s| s.visible);
    let others = (0..labels.table.len()).filter(|n| !mentioned.contains(n));
    mentioned.iter().copied().chain(others).filter(seen).collect()
}

/// Labels of the first set in the second, by name.
fn same_names(first: Option<&LabelSet>, second: Option<&LabelSet>, indices: &[usize]) -> Vec<usize> {
    let (Some(first), Some(second)) = (first, second) else { return Vec::new() };
    let find = |n: &usize| second.table.iter().position(|l| first.table.get(*n).is_some_and(|f| f.name == l.name));
    indices.iter().filter_map(find).collect()
}

/// Parts joined by `_`, without what file systems or shells may stumble over.
fn file_name(case: &str, parts: &[&str]) -> String {
    let case = case.strip_suffix(".gz").unwrap_or(case);
    let case = case.strip_suffix(".nii").unwrap_or(case);
    let joined: Vec<&str> = [case].iter().chain(parts).copied().filter(|p| !p.is_empty()).collect();
    let mut name = String::new();
    for c in joined.join("_").chars() {
        match c {
            c if c.is_alphanumeric() || matches!(c, '.' | '-') => name.push(c),
            _ if name.ends_with('_') => {}
            _ => name.push('_'),
        }
    }
    format!("{}.png", name.trim_start_matches(['.', '-', '_']).chars().take(120).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_say_what_is_shown_and_hold_nothing_odd() {
        assert_eq!(file_name("valid_1_a.nii.gz", &["axial", "S112.0"]), "valid_1_a_axial_S112.0.png");
        assert_eq!(file_name("../a b · c/d", &["3d"]), "a_b_c_d_3d.png");
        assert_eq!(file_name("", &["window"]), "window.png");
        assert!(file_name(&"x".repeat(999), &["axial"]).len() < 130);
    }

    #[test]
    fn places_are_shortened_for_file_names() {
        assert_eq!((short("S 112.0 mm").as_str(), short("oblique 12.0° through R 1.0 mm").as_str()), ("S112.0", "oblique"));
        assert_eq!(point(RasMm::new(-12.0, 3.5, 0.0)), "L 12.0 mm  A 3.5 mm  S 0.0 mm");
    }

    #[test]
    fn the_window_is_taken_once_and_without_names() {
        let mut state = AppState::default();
        let image = || RgbaImage { width: 1, height: 1, pixels: vec![0; 4] };
        let grab = |s: &mut AppState| s.apply_shot(ShotCommand::Window(ShotTo::Clipboard));
        assert!(matches!(grab(&mut state)[..], [Effect::Shot(ShotEffect::Grab(ShotTo::Clipboard))]) && state.posing);
        assert!(grab(&mut state).is_empty(), "one at a time");
        let effects = state.apply_shot(ShotCommand::Grabbed { image: image(), to: ShotTo::Clipboard });
        assert!(matches!(&effects[..], [Effect::Shot(ShotEffect::Draw { path: None, .. })]) && !state.posing);
        assert!(state.apply_shot(ShotCommand::Grabbed { image: image(), to: ShotTo::File }).is_empty(), "nobody waits for it");
        grab(&mut state);
        let effects = state.apply_shot(ShotCommand::Grabbed { image: image(), to: ShotTo::File });
        assert!(matches!(&effects[..], [Effect::Pick(FilePick::Image(p))] if p.0.file_name == "window.png"), "{effects:?}");
        grab(&mut state);
        state.apply_shot(ShotCommand::NotGrabbed);
        assert!(!state.posing && state.toasts.iter().next().is_some());
    }

    #[test]
    fn mentioned_structures_come_first_and_hidden_or_absent_ones_not_at_all() {
        let affine = crate::space::Affine::from_rows([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]).unwrap();
        let grid = crate::space::Grid { size: [4, 1, 1], affine };
        let voxels = crate::volume::LabelVoxels::from_slice(&[1, 2, 3, 4]).unwrap();
        let absent = crate::volume::LabelName { layer: 0, value: 9, name: "absent".into(), color: None };
        let set = LabelSet::new(vec![crate::volume::LabelLayer { grid, voxels }], vec![absent], Vec::new());
        let mut styles: Vec<LabelStyle> = set.table.iter().map(|l| LabelStyle::plain(l.color)).collect();
        styles[1].visible = false;
        assert_eq!(visible(&set, &styles, &[3, 1, 4, 77]), [3, 0, 2]);
        assert_eq!(visible(&set, &styles, &[]), [0, 2, 3]);
        assert_eq!(same_names(Some(&set), Some(&set), &[2, 0, 77]), [2, 0]);
    }

    #[test]
    fn without_an_image_there_is_no_picture() {
        let mut state = AppState::default();
        let pane = PaneKind::Slice(Plane::Axial);
        assert!(state.apply_shot(ShotCommand::View { pane, size_px: [9, 9], to: ShotTo::File, over: None }).is_empty());
        assert!(state.toasts.iter().any(|t| t.text.contains("no image")));
    }
}
