//! Layouts, comparison and reading aids of the window: every key and gesture of the views, by accessible name, and how each layout looks.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Pos2, vec2};
use egui_kittest::SnapshotOptions;
use egui_kittest::kittest::{NodeT, Queryable};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use voxaudit::app::Launch;
use voxaudit::formats::nifti::{NiftiImage, Values, write};
use voxaudit::gpu::{Interpolation, Overlay};
use voxaudit::project::Project;
use voxaudit::project::import::{ImportRequest, import};
use voxaudit::qa::CaseId;
use voxaudit::review::Reviewer;
use voxaudit::space::{Affine, Plane};
use voxaudit::state::{
    CaseView, Command, CompareCommand, CompareWith, Dialog, PaneKind, ProjectView, Settings, ThemeChoice, Toast, Turn, ViewCommand,
    ViewLayout, Viewer,
};
use voxaudit::volume::Window;

#[allow(dead_code, reason = "each test file uses its part")]
mod common;
use common::*;

const SHIFT: Modifiers = Modifiers::SHIFT;
const ALT: Modifiers = Modifiers::ALT;

fn viewer(desk: &Desk) -> &Viewer {
    &desk.state().viewer
}

/// Names of the views on screen, in order, without slice numbers.
fn views(desk: &Desk) -> Vec<String> {
    let all =
        desk.harness.get_all_by(|n| n.role() == Role::Image && n.label().is_some_and(|l| l.contains(" view") && !l.starts_with("3D")));
    all.map(|n| n.accesskit_node().label().unwrap().split(", slice").next().unwrap().to_owned()).collect()
}

fn view_rect(desk: &Desk, name: &str) -> egui::Rect {
    desk.harness.get_by(|n| n.role() == Role::Image && n.label().is_some_and(|l| l.starts_with(name))).rect()
}

fn number(desk: &Desk, plane: Plane) -> i64 {
    viewer(desk).slice_number(plane).unwrap().0
}

fn double_click(desk: &mut Desk, at: Pos2) {
    desk.harness.run_steps(30); // not a third click of the pair before
    desk.pointer(at);
    for pressed in [true, false, true, false] {
        desk.harness.event(Event::PointerButton { pos: at, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE });
        desk.harness.step();
    }
    desk.harness.run_steps(2);
}

/// Brings a comparison with another case of the demo on screen.
fn compared(desk: &mut Desk, case: &str) {
    desk.key(Key::C);
    desk.click(&format!("compare with {case}"));
    desk.until("the second case is there", |s| s.viewer.compare.as_ref().is_some_and(|c| c.scene.is_some()));
}

/// A project of one case with one item and an image of the given voxels.
fn one_case(size: [usize; 3], spacing: [f64; 3]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let images = dir.path().join("images");
    std::fs::create_dir_all(&images).unwrap();
    let voxels: Vec<i16> = (0..size.iter().product::<usize>()).map(|n| (n % 1500) as i16 - 500).collect();
    let [x, y, z] = spacing;
    let affine = Affine::from_rows([[-x, 0.0, 0.0, 10.0], [0.0, -y, 0.0, 20.0], [0.0, 0.0, z, -30.0]]).unwrap();
    write(&images.join("small.nii"), &NiftiImage::new(size, affine, Values::I16(&voxels))).unwrap();
    let qa = dir.path().join("qa.jsonl");
    std::fs::write(&qa, "{\"case_id\":\"small\",\"question\":\"Where is it?\",\"answer\":\"left\"}\n").unwrap();
    let path = dir.path().join("small.voxaudit");
    let mut project = Project::create(&path).unwrap();
    let request = ImportRequest { qa: vec![qa], images: vec![images], ..Default::default() };
    assert!(import(&mut project, &request, &()).unwrap().imported);
    (dir, path)
}

#[test]
fn layouts_by_key_and_button_and_the_structure_list_in_each() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    assert_eq!(views(&desk), ["axial view", "sagittal view", "coronal view"]);
    for (key, layout, shown) in [
        (Key::F3, ViewLayout::OneAndThree, &["axial view", "coronal view", "sagittal view"][..]),
        (Key::F4, ViewLayout::Single, &["axial view"]),
        (Key::F5, ViewLayout::SideBySide, &["axial view", "second axial view"]),
        (Key::F2, ViewLayout::Quarters, &["axial view", "sagittal view", "coronal view"]),
        (Key::V, ViewLayout::OneAndThree, &["axial view", "coronal view", "sagittal view"]),
        (Key::L, ViewLayout::SideBySide, &["axial view", "second axial view"]),
    ] {
        desk.key(key);
        assert_eq!(viewer(&desk).arrangement.layout, layout, "{key:?}");
        assert_eq!(views(&desk), shown, "{key:?}");
    }
    for layout in ViewLayout::ALL {
        desk.click(&format!("layout {}", layout.name()));
        assert_eq!(viewer(&desk).arrangement.layout, layout);
        desk.key(Key::T);
        desk.text("spleen");
        assert_eq!(viewer(&desk).structures.query(), "spleen", "{layout:?}: T goes to the list");
        desk.click("go to spleen");
        desk.harness.get_by_label("Find a structure").focus();
        desk.chord(CTRL, Key::A);
        desk.key(Key::Backspace);
        desk.key(Key::Escape);
    }
    desk.click("List");
    assert!(desk.harness.query_by_label("Find a structure").is_none(), "side by side, the list closes");
}

#[test]
fn any_plane_can_be_the_large_one() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.key(Key::F3);
    for name in ["coronal view", "sagittal view", "axial view"] {
        desk.key(Key::B);
        assert_eq!(views(&desk)[0], name);
        let large = view_rect(&desk, name);
        let others: Vec<String> = views(&desk)[1..].to_vec();
        assert!(others.iter().all(|other| view_rect(&desk, other).width() < 0.6 * large.width()));
    }
    desk.click("Sag");
    assert_eq!(viewer(&desk).arrangement.plane, Plane::Sagittal);
    desk.key(Key::F4);
    assert_eq!(views(&desk), ["sagittal view"]);
}

#[test]
fn gestures_work_in_every_view_of_every_layout() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    for key in [Key::F2, Key::F3, Key::F4, Key::F5] {
        desk.key(key);
        for name in views(&desk) {
            let plane = Plane::ALL.into_iter().find(|p| name.contains(p.name())).unwrap();
            gestures(&mut desk, &name, plane);
        }
    }
}

fn gestures(desk: &mut Desk, name: &str, plane: Plane) {
    desk.key(Key::Num0);
    let at = view_rect(desk, name).center();
    let pane = |desk: &Desk| viewer(desk).panes[plane as usize];
    let before = number(desk, plane);
    desk.wheel(at, 2.0, Modifiers::NONE);
    assert_eq!(number(desk, plane), before + 2, "{name}: wheel");
    desk.key(Key::PageDown);
    assert_eq!(number(desk, plane), before + 1, "{name}: keys are for the view under the cursor");
    desk.key(Key::End);
    let last = number(desk, plane);
    desk.key(Key::Home);
    assert_eq!((number(desk, plane), last), (1, viewer(desk).slice_number(plane).unwrap().1 as i64), "{name}");
    desk.wheel(at, 2.0, CTRL);
    let zoom = pane(desk).zoom;
    assert!(zoom > 1.2, "{name}: Ctrl and wheel");
    desk.drag(at, vec2(0.0, -30.0), PointerButton::Secondary, Modifiers::NONE);
    assert!(pane(desk).zoom > zoom, "{name}: right drag");
    let pan = pane(desk).pan_mm;
    desk.drag(at, vec2(20.0, 10.0), PointerButton::Middle, Modifiers::NONE);
    let middle = pane(desk).pan_mm;
    assert!(middle.0 < pan.0 && middle.1 < pan.1, "{name}: the image follows the hand");
    desk.drag(at, vec2(20.0, 10.0), PointerButton::Primary, SHIFT);
    assert!(pane(desk).pan_mm.0 < middle.0, "{name}: Shift and left drag");
    desk.key(Key::Num0);
    let cross = viewer(desk).cross;
    desk.drag(at, vec2(17.0, 9.0), PointerButton::Primary, Modifiers::NONE);
    let moved = viewer(desk).cross.0 - cross.0;
    assert!(moved.length() > 1.0 && moved[plane.normal_axis()] == 0.0, "{name}: left drag moves the crosshair in the plane");
    window_drag(desk, name, at);
    maximising(desk, name, at);
}

fn window_drag(desk: &mut Desk, name: &str, at: Pos2) {
    let window = viewer(desk).window;
    desk.key(Key::W);
    desk.drag(at, vec2(30.0, -20.0), PointerButton::Primary, Modifiers::NONE);
    let dragged = viewer(desk).window;
    assert!(dragged.width > window.width && dragged.level > window.level, "{name}: W and drag");
    desk.key(Key::W);
    desk.pointer(at);
    desk.harness.event(Event::PointerButton { pos: at, button: PointerButton::Primary, pressed: true, modifiers: Modifiers::NONE });
    desk.harness.step();
    desk.pointer(at + vec2(60.0, 0.0));
    desk.harness.step();
    assert!(viewer(desk).window.width > dragged.width, "{name}");
    desk.key(Key::Escape);
    assert_eq!(viewer(desk).window, dragged, "{name}: Esc takes a window drag back");
    desk.harness.event(Event::PointerButton { pos: at, button: PointerButton::Primary, pressed: false, modifiers: Modifiers::NONE });
    desk.harness.run_steps(2);
    desk.key(Key::Num1);
}

fn maximising(desk: &mut Desk, name: &str, at: Pos2) {
    let layout = viewer(desk).arrangement.layout;
    double_click(desk, at);
    if layout == ViewLayout::Single {
        assert_eq!(viewer(desk).arrangement.layout, ViewLayout::Quarters, "{name}: a single view gives way to all");
        desk.key(Key::F4);
        return;
    }
    assert_eq!(views(desk), [name], "a double-click maximises");
    let at = view_rect(desk, name).center();
    double_click(desk, at);
    assert_eq!(viewer(desk).maximised, None, "{name}: and restores");
    double_click(desk, view_rect(desk, name).center());
    desk.key(Key::Escape);
    assert_eq!(viewer(desk).maximised, None, "{name}: so does Esc");
    desk.pointer(view_rect(desk, name).center());
    desk.harness.step();
    desk.key(Key::F6);
    assert_eq!(views(desk), [name], "and a key does it too");
    desk.key(Key::F6);
    assert_eq!(viewer(desk).maximised, None, "{name}");
}

#[test]
fn every_key_of_the_images_does_what_the_table_says() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.pointer(view_rect(&desk, "coronal view").center());
    let pane = |desk: &Desk| viewer(desk).panes[Plane::Coronal as usize];
    desk.chord(CTRL, Key::I);
    assert!(viewer(&desk).invert && viewer(&desk).look(PaneKind::Slice(Plane::Axial)).invert);
    desk.click("invert");
    assert!(!viewer(&desk).invert);
    desk.key(Key::Plus);
    desk.key(Key::Plus);
    assert!((pane(&desk).zoom - 1.5625).abs() < 1e-9);
    desk.key(Key::Minus);
    assert!((pane(&desk).zoom - 1.25).abs() < 1e-9);
    let start = pane(&desk).pan_mm;
    for (key, x, y) in [(Key::ArrowRight, -1.0, 0.0), (Key::ArrowLeft, 1.0, 0.0), (Key::ArrowDown, 0.0, -1.0), (Key::ArrowUp, 0.0, 1.0)] {
        let before = pane(&desk).pan_mm;
        desk.chord(SHIFT, key);
        let by = (pane(&desk).pan_mm.0 - before.0, pane(&desk).pan_mm.1 - before.1);
        assert!(by.0 * x >= 0.0 && by.1 * y >= 0.0 && by != (0.0, 0.0), "{key:?} {by:?}");
    }
    assert!((pane(&desk).pan_mm.0 - start.0).abs() < 1e-9);
    let cross = viewer(&desk).cross.0;
    desk.chord(ALT, Key::ArrowRight);
    desk.chord(ALT, Key::ArrowDown);
    let by = viewer(&desk).cross.0 - cross;
    assert!(by.x < 0.0 && by.z < 0.0 && by.y == 0.0, "right is the patient's left, down is inferior: {by}");
    desk.chord(ALT, Key::ArrowLeft);
    desk.chord(ALT, Key::ArrowUp);
    assert!((viewer(&desk).cross.0 - cross).length() < 1e-9);
    desk.pointer(view_rect(&desk, "coronal view").center());
    desk.harness.step();
    desk.key(Key::Z);
    let (x, y) = (viewer(&desk).frame(Plane::Coronal, Default::default(), [300, 300]).right.length(), pane(&desk).mm_per_pixel.unwrap());
    let grid = viewer(&desk).grid().unwrap().affine.spacing_mm();
    assert_eq!((x, y), (grid[0].min(grid[2]), x), "one voxel is one pixel");
    assert_eq!(viewer(&desk).panes[Plane::Axial as usize].mm_per_pixel, None, "in the view under the cursor");
    desk.chord(SHIFT, Key::Z);
    assert_eq!((pane(&desk).zoom, pane(&desk).mm_per_pixel, pane(&desk).pan_mm), (1.0, None, (0.0, 0.0)));
    desk.pointer(Pos2::new(5.0, 5.0));
    desk.harness.step();
    desk.key(Key::Z);
    assert!(viewer(&desk).panes.iter().all(|p| p.mm_per_pixel.is_some()), "in all of them otherwise");
    desk.key(Key::Equals);
    assert!(viewer(&desk).panes.iter().all(|p| p.mm_per_pixel.is_none()));
    desk.key(Key::I);
    assert_eq!(viewer(&desk).interpolation, Interpolation::Nearest);
    desk.key(Key::O);
    assert_eq!(viewer(&desk).look(PaneKind::Slice(Plane::Axial)).overlay, Overlay::Outline);
}

#[test]
fn text_grows_and_shrinks_by_key_within_its_limits() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    for _ in 0..12 {
        desk.chord(CTRL, Key::Plus);
    }
    assert_eq!(desk.state().settings.text_scale, 2.0);
    assert_eq!(desk.harness.ctx.zoom_factor(), 2.0);
    for _ in 0..12 {
        desk.chord(CTRL, Key::Minus);
    }
    assert_eq!(desk.state().settings.text_scale, 0.8);
    desk.chord(CTRL, Key::Num0);
    assert_eq!(desk.state().settings.text_scale, 1.0);
}

#[test]
fn side_by_side_shows_masks_in_one_view_and_the_cursor_in_both() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.key(Key::L);
    let overlay = |desk: &Desk, kind| viewer(desk).look(kind).overlay;
    let [left, right] = [PaneKind::Slice(Plane::Axial), PaneKind::Second(Plane::Axial)];
    assert_eq!((overlay(&desk, left), overlay(&desk, right)), (Overlay::None, Overlay::Fill));
    desk.pointer(view_rect(&desk, "axial view").center());
    desk.harness.step();
    desk.key(Key::H);
    assert_eq!((overlay(&desk, left), overlay(&desk, right)), (Overlay::Fill, Overlay::Fill), "H is for the view under the cursor");
    desk.pointer(view_rect(&desk, "second axial view").center());
    desk.harness.step();
    desk.key(Key::H);
    assert_eq!((overlay(&desk, left), overlay(&desk, right)), (Overlay::Fill, Overlay::None));
    desk.click("Masks left");
    desk.click("Masks right");
    assert_eq!((overlay(&desk, left), overlay(&desk, right)), (Overlay::None, Overlay::Fill));
    desk.key(Key::F2);
    assert_eq!(overlay(&desk, left), Overlay::Fill, "the other layouts keep their own");
    desk.key(Key::L);
    for name in ["second axial view", "axial view", "second axial view"] {
        let at = view_rect(&desk, name).center();
        desk.pointer(at);
        desk.harness.run_steps(3);
        assert!(viewer(&desk).hover.is_some(), "{name}");
        assert_eq!(viewer(&desk).side, usize::from(name.starts_with("second")));
    }
    desk.pointer(Pos2::new(5.0, 5.0));
    desk.harness.run_steps(3);
    assert_eq!(viewer(&desk).hover, None);
}

#[test]
fn layout_and_window_come_back_with_the_project() {
    let (dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.key(Key::F3);
    desk.key(Key::B);
    desk.key(Key::Num3);
    let settings = desk.state().settings.clone();
    assert_eq!(settings.projects.len(), 1);
    drop(desk);
    let text = serde_json::to_string(&settings).unwrap();
    let settings: Settings = serde_json::from_str(&text).unwrap();
    let moved = dir.path().join("renamed.voxaudit"); // by uuid, not by path
    std::fs::rename(&project, &moved).unwrap();
    let reviewer = Some(Reviewer::new("Ada Reader", "AR"));
    let launch = Launch { project: Some(moved), reviewer: reviewer.clone(), settings: Some(settings.clone()), ..Launch::default() };
    let mut desk = Desk::launch(launch);
    desk.until("the case is on screen", |s| s.project.as_ref().is_some_and(|p| matches!(p.case, CaseView::Ready { .. })));
    let v = viewer(&desk);
    assert_eq!((v.arrangement.layout, v.arrangement.plane), (ViewLayout::OneAndThree, Plane::Coronal));
    assert_eq!((v.window, v.preset), (Window { width: 2500.0, level: 480.0 }, Some(2)));
    drop(desk);

    let (_dir, other) = one_case([8, 8, 8], [1.0, 1.0, 1.0]);
    let mut many = settings;
    many.projects.extend((0..200).map(|n| ProjectView { project: format!("p{n}"), ..ProjectView::default() }));
    let launch = Launch { project: Some(other), reviewer, settings: Some(many), ..Launch::default() };
    let mut desk = Desk::launch(launch);
    desk.until("the case is on screen", |s| s.project.as_ref().is_some_and(|p| matches!(p.case, CaseView::Ready { .. })));
    assert_eq!(viewer(&desk).arrangement.layout, ViewLayout::Quarters, "another project has its own");
    desk.key(Key::V);
    assert_eq!(desk.state().settings.projects.len(), voxaudit::state::REMEMBERED, "and there is an end to them");
    assert_eq!(desk.state().settings.projects[0].arrangement.layout, ViewLayout::OneAndThree);
}

#[test]
fn the_full_range_window_follows_each_volume() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.key(Key::Num8);
    let first = viewer(&desk).window;
    let b = desk.state().project.as_ref().unwrap().items.iter().position(|i| i.id.case.0 == "phantom_b").unwrap();
    for _ in 0..b {
        desk.key(Key::J);
    }
    desk.until("phantom_b is on screen", |s| s.project.as_ref().is_some_and(|p| matches!(p.case, CaseView::Ready { .. })));
    let range = desk.state().project.as_ref().unwrap().scene().unwrap().volume().unwrap().range;
    assert_eq!((viewer(&desk).window, viewer(&desk).preset), (Window::full(range), Some(7)));
    assert!(first.width > 1000.0);
}

#[test]
fn two_cases_are_compared_in_linked_views() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.key(Key::C);
    assert!(matches!(desk.state().dialog, Some(Dialog::Compare { .. })));
    desk.text("no such case");
    desk.harness.get_by_label("No case has that name.");
    desk.chord(CTRL, Key::A);
    desk.text("PHANTOM b");
    assert!(desk.harness.query_by_label("compare with phantom_a").is_none(), "not with itself");
    desk.key(Key::Enter);
    desk.until("the second case is there", |s| s.viewer.compare.as_ref().is_some_and(|c| c.scene.is_some()));
    assert_eq!(views(&desk), ["axial view", "compared axial view of phantom_b"]);
    let second = |desk: &Desk| viewer(desk).second_slice_number(Plane::Axial);
    let (at, other) = (view_rect(&desk, "axial view").center(), view_rect(&desk, "compared").center());
    let (n, m) = (number(&desk, Plane::Axial), second(&desk).unwrap().0);
    desk.wheel(other, 3.0, Modifiers::NONE);
    assert_eq!(number(&desk, Plane::Axial), n + 3, "scrolling the second scrolls the first");
    assert_ne!(second(&desk).unwrap().0, m);
    desk.wheel(other, 2.0, CTRL);
    assert!(viewer(&desk).panes[Plane::Axial as usize].zoom > 1.2);
    desk.key(Key::Num2);
    assert_eq!(viewer(&desk).look(PaneKind::Second(Plane::Axial)).window.width, 1500.0);

    desk.chord(SHIFT, Key::C);
    desk.harness.get_by_label("Link here");
    let (first, moved) = (number(&desk, Plane::Axial), second(&desk).unwrap().0);
    desk.wheel(other, -4.0, Modifiers::NONE);
    assert_eq!(number(&desk, Plane::Axial), first, "unlinked, each moves alone");
    assert_eq!(second(&desk).unwrap().0, moved - 4);
    desk.wheel(at, 2.0, Modifiers::NONE);
    assert_eq!((number(&desk, Plane::Axial), second(&desk).unwrap().0), (first + 2, moved - 4));
    desk.drag(other, vec2(30.0, 0.0), PointerButton::Middle, Modifiers::NONE);
    assert!(viewer(&desk).compare.as_ref().unwrap().offset.x.abs() > 1.0);
    desk.click("Link here");
    let offset = viewer(&desk).compare.as_ref().unwrap().offset;
    desk.wheel(at, 2.0, Modifiers::NONE);
    assert_eq!(viewer(&desk).compare.as_ref().unwrap().offset, offset, "linked, what lies side by side stays");
    desk.click("Reset link");
    assert_eq!(viewer(&desk).compare.as_ref().unwrap().offset.length(), 0.0);
    double_click(&mut desk, other);
    assert_eq!(views(&desk), ["compared axial view of phantom_b"]);
    desk.key(Key::Escape);
    desk.key(Key::B);
    assert_eq!(views(&desk), ["coronal view", "compared coronal view of phantom_b"]);
}

#[test]
fn leaving_a_comparison_frees_the_second_scene() {
    let (dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let masks = masks_of(dir.path());
    desk.harness.state_mut().apply(Command::Compare(CompareCommand::Start(CompareWith::Masks(masks.clone()))));
    desk.until("the masks are there", |s| s.viewer.compare.as_ref().is_some_and(|c| c.scene.is_some()));
    let c = viewer(&desk).compare.as_ref().unwrap();
    let scene = Arc::downgrade(c.scene.as_ref().unwrap());
    let first = desk.state().project.as_ref().unwrap().scene().unwrap().volume().unwrap();
    assert!(Arc::ptr_eq(first, c.scene.as_ref().unwrap().volume().unwrap()), "the CT is not read twice");
    assert_eq!(c.offset.length(), 0.0);
    let name = masks.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(views(&desk)[1], format!("compared axial view of {name}"));
    desk.key(Key::C);
    assert!(viewer(&desk).compare.is_none() && scene.upgrade().is_none());

    compared(&mut desk, "phantom_b");
    desk.key(Key::F4);
    assert!(viewer(&desk).compare.is_none(), "another layout leaves it");
    compared(&mut desk, "phantom_b");
    desk.click("Leave");
    assert!(viewer(&desk).compare.is_none());
    compared(&mut desk, "phantom_b");
    let b = desk.state().project.as_ref().unwrap().items.iter().position(|i| i.id.case.0 == "phantom_b").unwrap();
    for _ in 0..b {
        desk.key(Key::J);
    }
    assert!(viewer(&desk).compare.is_none(), "so does another case");
}

/// The masks of phantom_a, wherever the demo keeps them.
fn masks_of(dir: &Path) -> PathBuf {
    let mut all: Vec<PathBuf> = std::fs::read_dir(dir.join("data/masks")).unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    all.into_iter().find(|p| p.file_name().unwrap().to_string_lossy().starts_with("phantom_a")).unwrap()
}

#[test]
fn a_comparison_that_cannot_be_read_says_why_and_one_that_is_left_is_forgotten() {
    let (dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let nonsense = dir.path().join("nonsense.nii");
    std::fs::write(&nonsense, b"hello").unwrap();
    desk.harness.state_mut().apply(Command::Compare(CompareCommand::Start(CompareWith::Masks(nonsense))));
    desk.until("it is refused", |s| s.viewer.compare.is_none());
    assert!(desk.state().toasts.iter().any(|t| t.text.contains("nonsense.nii")));
    let start = |case: &str| Command::Compare(CompareCommand::Start(CompareWith::Case(CaseId(case.to_owned()))));
    desk.harness.state_mut().apply(start("nobody"));
    desk.until("it is refused", |s| s.viewer.compare.is_none());
    assert!(desk.state().toasts.iter().any(|t| t.text.contains("nobody")));
    let masks = masks_of(dir.path());
    for _ in 0..3 {
        desk.harness.state_mut().apply(Command::Compare(CompareCommand::Start(CompareWith::Masks(masks.clone()))));
        desk.harness.step();
        desk.harness.state_mut().apply(Command::Compare(CompareCommand::Leave));
    }
    desk.until("nothing runs any more", |s| s.jobs.is_empty());
    assert!(viewer(&desk).compare.is_none(), "an answer about a comparison that was left counts for nothing");
}

#[test]
fn cine_plays_at_its_rate_and_sleeps_in_between() {
    let Some(_) = adapter() else { return };
    let (_dir, project) = demo();
    let mut desk = Desk::drawn(&project);
    upload(&mut desk);
    desk.pointer(view_rect(&desk, "coronal view").center());
    desk.harness.run_steps(3);
    desk.key(Key::Y);
    let start = number(&desk, Plane::Coronal);
    let delay = |desk: &Desk| desk.harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
    let mut longest = Duration::ZERO;
    for frame in 0..60 {
        desk.harness.step();
        longest = longest.max(delay(&desk));
        assert!(!delay(&desk).is_zero(), "frame {frame} asks for another at once");
    }
    let steps = number(&desk, Plane::Coronal) - start;
    assert!((9..=11).contains(&steps), "ten slices in a second: {steps}");
    assert!(longest > Duration::from_millis(50) && longest <= Duration::from_millis(120), "it sleeps until the next slice: {longest:?}");
    desk.key(Key::Y);
    desk.harness.run_steps(60); // settings that rest before they are written, a cursor that blinks
    assert!(delay(&desk) > Duration::from_secs(60), "stopped, nothing is drawn: {:?}", delay(&desk));
}

#[test]
fn cine_stops_at_a_touch() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let at = view_rect(&desk, "coronal view").center();
    desk.pointer(at);
    desk.harness.run_steps(3);
    desk.key(Key::Y);
    assert_eq!(viewer(&desk).cine.playing, Some(Plane::Coronal));
    for _ in 0..4 {
        desk.key(Key::U);
    }
    assert!(viewer(&desk).cine.rate > 20.0 && viewer(&desk).cine.playing.is_some(), "the speed changes while it plays");
    desk.chord(SHIFT, Key::U);
    desk.chord(SHIFT, Key::Y);
    assert_eq!(viewer(&desk).cine.turn, Turn::Wrap);
    desk.pointer(at + vec2(3.0, 3.0));
    assert!(viewer(&desk).cine.playing.is_some(), "a pointer that moves stops nothing");
    stops(&mut desk, "a wheel", |desk| desk.wheel(at, 1.0, Modifiers::NONE));
    stops(&mut desk, "a click", |desk| desk.drag(at, vec2(2.0, 2.0), PointerButton::Primary, Modifiers::NONE));
    stops(&mut desk, "another button", |desk| desk.drag(at, vec2(0.5, 0.0), PointerButton::Middle, Modifiers::NONE));
    stops(&mut desk, "a key", |desk| desk.key(Key::X));
    stops(&mut desk, "a key without a meaning", |desk| desk.key(Key::F11));
    stops(&mut desk, "Esc", |desk| desk.key(Key::Escape));
    stops(&mut desk, "its key", |desk| desk.key(Key::Y));
    stops(&mut desk, "its button", |desk| desk.click("cine"));
}

fn stops(desk: &mut Desk, what: &str, touch: impl FnOnce(&mut Desk)) {
    if viewer(desk).cine.playing.is_none() {
        desk.key(Key::Y);
    }
    assert!(viewer(desk).cine.playing.is_some());
    touch(desk);
    assert_eq!(viewer(desk).cine.playing, None, "{what} stops it");
}

#[test]
fn cine_turns_at_the_last_slice_or_starts_again() {
    let (_dir, project) = one_case([12, 12, 4], [1.0, 1.0, 3.0]);
    let mut desk = Desk::ready(&project);
    desk.key(Key::Num8);
    desk.key(Key::Home);
    for (turn, wanted) in [(Turn::Back, vec![2, 3, 4, 3, 2, 1, 2]), (Turn::Wrap, vec![3, 4, 1, 2, 3])] {
        if viewer(&desk).cine.turn != turn {
            desk.chord(SHIFT, Key::Y);
        }
        desk.key(Key::Y);
        let mut seen = vec![number(&desk, Plane::Axial)];
        while seen.len() <= wanted.len() {
            desk.harness.step();
            let now = number(&desk, Plane::Axial);
            if seen.last() != Some(&now) {
                seen.push(now);
            }
        }
        assert_eq!(seen[1..], wanted, "{turn:?}");
        desk.key(Key::Y);
    }
}

#[test]
fn a_volume_of_one_slice_and_slices_thicker_than_the_view() {
    for (size, spacing) in
        [([40, 40, 1], [1.0, 1.0, 5.0]), ([40, 1, 40], [1.0, 900.0, 1.0]), ([1, 40, 40], [0.5, 1.0, 1.0]), ([1, 1, 1], [400.0; 3])]
    {
        let (_dir, project) = one_case(size, spacing);
        let mut desk = Desk::ready(&project);
        for key in [Key::F2, Key::F3, Key::F4, Key::F5] {
            desk.key(key);
            for name in views(&desk) {
                let plane = Plane::ALL.into_iter().find(|p| name.contains(p.name())).unwrap();
                let count = size[plane.normal_axis()] as i64;
                let at = view_rect(&desk, &name).center();
                desk.pointer(at);
                desk.harness.step();
                desk.key(Key::Home);
                assert_eq!(viewer(&desk).slice_number(plane), Some((1, count as usize)), "{size:?} {name}");
                desk.wheel(at, 1.0, Modifiers::NONE);
                assert_eq!(number(&desk, plane), count.min(2), "{size:?} {name}");
                desk.key(Key::End);
                assert_eq!(number(&desk, plane), count, "{size:?} {name}");
                desk.key(Key::Z);
                desk.key(Key::Y);
                assert_eq!(viewer(&desk).cine.playing.is_some(), count > 1, "{size:?} {name}: there is nothing to play in one slice");
                desk.key(Key::Escape);
                desk.key(Key::Num0);
            }
        }
        assert!(viewer(&desk).cross.0.is_finite());
    }
}

#[test]
fn the_window_survives_every_size_and_scale_in_every_layout() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    for key in [Key::F2, Key::F3, Key::F4, Key::F5] {
        desk.harness.set_size(vec2(1280.0, 800.0));
        desk.key(key);
        for (width, height) in [(1.0, 1.0), (1.0, 800.0), (2000.0, 1.0), (300.0, 200.0), (641.0, 400.0), (3840.0, 2160.0)] {
            for scale in [1.0, 0.5, 2.75, 1.25] {
                desk.harness.set_size(vec2(width, height));
                desk.harness.set_pixels_per_point(scale);
                desk.harness.run_steps(2);
                desk.key(Key::Z);
                desk.key(Key::PageUp);
                desk.key(Key::Num0);
            }
        }
        desk.harness.set_pixels_per_point(1.0);
    }
    desk.harness.set_size(vec2(1280.0, 800.0));
    desk.key(Key::F2);
    assert_eq!(views(&desk).len(), 3);
    let v = viewer(&desk);
    assert!(v.cross.0.is_finite() && v.panes.iter().all(|p| p.zoom.is_finite() && p.pan_mm.0.is_finite()));
}

#[test]
fn windows_of_every_size_and_scale_are_drawn() {
    let Some(_) = adapter() else { return };
    let (_dir, project) = demo();
    let mut desk = Desk::drawn(&project);
    upload(&mut desk);
    compared(&mut desk, "phantom_b");
    for (size, scale) in [((1.0, 1.0), 1.0), ((1.0, 1.0), 3.0), ((700.0, 3.0), 0.7), ((333.3, 222.2), 2.75), ((640.0, 480.0), 1.5)] {
        desk.harness.set_size(size.into());
        desk.harness.set_pixels_per_point(scale);
        desk.harness.run_steps(2);
        desk.harness.render().unwrap();
    }
}

#[test]
fn every_control_of_every_layout_has_a_name() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    for key in [Key::F2, Key::F3, Key::F4, Key::F5] {
        desk.key(key);
        named(&desk, &format!("{key:?}"));
    }
    desk.key(Key::T);
    desk.key(Key::Escape);
    named(&desk, "with the list");
    for menu in ["View  ▾", "Cine settings", "Settings", "Project menu", "W 400  L 40  ▾"] {
        desk.click(menu);
        named(&desk, menu);
        assert!(egui::Popup::is_any_open(&desk.harness.ctx), "{menu} is open");
        desk.key(Key::Escape);
        desk.harness.run_steps(2);
        assert!(!egui::Popup::is_any_open(&desk.harness.ctx), "Esc closes {menu}");
    }
    desk.harness.set_size(vec2(700.0, 600.0));
    for key in [Key::F2, Key::F5] {
        desk.key(key);
        named(&desk, "a narrow window");
        desk.harness.get_by_label("Find a structure");
    }
    desk.click("Layout  ▾");
    named(&desk, "the layout menu");
    desk.harness.get_by_label_contains("single plane").click(); // with its key
    desk.harness.run_steps(3);
    assert_eq!(viewer(&desk).arrangement.layout, ViewLayout::Single);
    desk.harness.set_size(vec2(1280.0, 800.0));
    desk.key(Key::C);
    named(&desk, "the compare dialog");
    desk.click("compare with phantom_b");
    desk.until("the second case is there", |s| s.viewer.compare.as_ref().is_some_and(|c| c.scene.is_some()));
    named(&desk, "a comparison");
    desk.key(Key::R);
    named(&desk, "a rejection");
}

/// Walks the accessibility tree and fails on a control that a screen reader could not name.
fn named(desk: &Desk, place: &str) {
    use Role::{Button, CheckBox, ComboBox, Image, Link, ListBoxOption, RadioButton, SearchInput, Slider, SpinButton, TextInput};
    let controls = [Button, CheckBox, ComboBox, Image, Link, ListBoxOption, RadioButton, SearchInput, Slider, SpinButton, TextInput];
    let all: Vec<_> = desk.harness.query_all_by(|n| controls.contains(&n.role())).collect();
    assert!(all.len() > 20, "{place}: the tree holds the window's controls: {}", all.len());
    for node in all {
        let node = node.accesskit_node();
        let (label, value) = (node.label().unwrap_or_default(), node.value().unwrap_or_default());
        // A number beside a slider is spoken as its value.
        let spoken = !label.trim().is_empty() || node.role() == SpinButton && !value.is_empty();
        assert!(spoken, "{place}: a {:?} without a name at {:?}", node.role(), node.bounding_box());
    }
}

#[test]
fn the_focus_goes_through_every_control_and_a_view_that_has_it_is_the_one_that_keys_mean() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    for name in ["coronal view", "sagittal view", "axial view"] {
        let plane = Plane::ALL.into_iter().find(|p| name.starts_with(p.name())).unwrap();
        desk.harness.get_by(|n| n.role() == Role::Image && n.label().is_some_and(|l| l.starts_with(name))).focus();
        desk.harness.run_steps(3);
        let before = number(&desk, plane);
        desk.key(Key::PageUp);
        assert_eq!(number(&desk, plane), before + 1, "{name}");
    }
    let mut seen = std::collections::HashSet::new();
    for _ in 0..120 {
        desk.key(Key::Tab);
        let focused: Vec<_> =
            desk.harness.query_all_by(|n| n.is_focused() && n.label().is_some()).filter_map(|n| n.accesskit_node().label()).collect();
        seen.extend(focused);
    }
    for name in ["layout 1+3", "compare", "Masks", "Outline", "Mask opacity", "crosshair", "invert", "View  ▾", "cine", "Cine settings"] {
        assert!(seen.contains(name), "Tab comes to {name}: {seen:?}");
    }
}

#[test]
fn high_contrast_is_a_theme_like_the_others() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let ground = |desk: &Desk| desk.harness.ctx.global_style().visuals.panel_fill;
    let dark = ground(&desk);
    desk.click("Settings");
    desk.click("High contrast");
    desk.harness.run_steps(3);
    assert_eq!(desk.state().settings.theme, ThemeChoice::HighContrast);
    assert_eq!(ground(&desk), egui::Color32::BLACK);
    desk.click("Settings");
    desk.click("Dark");
    desk.harness.run_steps(3);
    assert_eq!(ground(&desk), dark);
}

#[test]
fn every_layout_looks_as_it_did() {
    let Some(adapter) = adapter() else { return };
    if !adapter.contains("llvmpipe") {
        println!("skipped: snapshots are compared on llvmpipe, this is {adapter}");
        return;
    }
    let (_dir, project) = demo();
    let mut desk = Desk::drawn(&project);
    upload(&mut desk);
    desk.harness.set_size(vec2(1280.0, 800.0)); // the columns at the sides are in review.png
    desk.key(Key::Backslash);
    desk.chord(Modifiers::SHIFT, Key::Backslash);
    for (keys, name) in [
        (&[Key::F2][..], "layout-2x2"),
        (&[Key::F3, Key::B], "layout-1+3"),
        (&[Key::F4, Key::T, Key::Escape], "layout-single"),
        (&[Key::F5], "layout-side-by-side"),
    ] {
        keys.iter().for_each(|k| desk.key(*k));
        looks(&mut desk, name);
    }
    desk.click("List");
    compared(&mut desk, "phantom_b");
    looks(&mut desk, "layout-compare");
    desk.chord(CTRL, Key::I);
    desk.key(Key::F2);
    desk.harness.state_mut().apply(Command::Settings(voxaudit::state::SettingsCommand::Theme(ThemeChoice::HighContrast)));
    looks(&mut desk, "high-contrast-inverted");
}

/// Draws until all voxels are on the GPU.
fn upload(desk: &mut Desk) {
    let start = Instant::now();
    let uploaded = |desk: &Desk| {
        let second = viewer(desk).compare.as_ref().and_then(|c| c.scene.as_ref()).map_or(1.0, |s| s.uploaded());
        desk.state().project.as_ref().unwrap().scene().unwrap().uploaded().min(second)
    };
    desk.harness.step();
    desk.harness.render().unwrap();
    while uploaded(desk) < 1.0 {
        desk.harness.step();
        desk.harness.render().unwrap();
        assert!(start.elapsed() < PATIENCE, "the volume is not uploaded");
    }
    desk.draw_all();
    desk.harness.run_steps(3);
}

fn looks(desk: &mut Desk, name: &str) {
    upload(desk);
    desk.harness.run_steps(3);
    desk.harness.snapshot_options(name, &SnapshotOptions::new().max_failed_pixels(200));
}

fn said(desk: &Desk) -> Vec<String> {
    fn texts(shape: &egui::Shape) -> Vec<String> {
        match shape {
            egui::Shape::Text(text) => vec![text.galley.text().to_owned()],
            egui::Shape::Vec(all) => all.iter().flat_map(texts).collect(),
            _ => Vec::new(),
        }
    }
    desk.harness.output().shapes.iter().flat_map(|s| texts(&s.shape)).collect()
}

/// What makes an image other than a thin slice with its masks stands in every view, and the next item begins without it.
#[test]
fn slabs_turned_planes_and_hidden_masks_are_said_in_the_images() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let count = |desk: &Desk, text: &str| said(desk).iter().filter(|t| t.contains(text)).count();
    assert_eq!((count(&desk, "MIP 10 mm"), count(&desk, "masks hidden")), (0, 0));
    desk.chord(Modifiers::SHIFT, Key::T);
    desk.key(Key::H);
    assert_eq!((count(&desk, "MIP 10 mm"), count(&desk, "masks hidden")), (4, 3), "three views and the toolbar; three views");
    let letters = |desk: &Desk| said(desk).into_iter().filter(|t| t.len() == 2 && t.chars().all(|c| "RLAPSI".contains(c))).count();
    let (about, before) = (Plane::Axial, letters(&desk)); // the reviewer's initials, say
    desk.harness.state_mut().apply(Command::View(ViewCommand::Turn { plane: about, degrees: 42.0 }));
    desk.harness.run_steps(2);
    assert_eq!(count(&desk, "oblique 42.0° · "), 2, "with the position");
    assert_eq!(letters(&desk) - before, 4, "left and right of both turned planes");
    desk.key(Key::Num0);
    assert_eq!((count(&desk, "MIP 10 mm"), count(&desk, "oblique")), (0, 0), "0 sets all of it back");
    desk.chord(Modifiers::SHIFT, Key::T);
    desk.key(Key::J);
    desk.until("the next item is there", |s| s.project.as_ref().is_some_and(|p| p.current.as_ref().is_some_and(|c| c.item.is_some())));
    assert_eq!((count(&desk, "MIP 10 mm"), count(&desk, "masks hidden")), (0, 3));
}

/// A press and its release may come in one frame: of a slow window, a remote desktop, a tap.
#[test]
fn a_click_within_one_frame_moves_the_crosshair() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let rect = desk.pane(Plane::Axial);
    let (before, at) = (desk.state().viewer.cross, rect.center() + rect.size() * 0.2);
    desk.pointer(at);
    let button = |pressed| egui::Event::PointerButton { pos: at, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE };
    desk.harness.input_mut().events.extend([button(true), button(false)]);
    desk.harness.run_steps(2);
    let moved = desk.state().viewer.cross.0 - before.0;
    assert!(moved.x.abs() > 5.0 && moved.y.abs() > 5.0 && moved.z.abs() < 1e-9, "{moved:?}");
}

/// A note goes by itself, a warning waits for the next item.
#[test]
fn notes_go_after_a_while() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    for toast in [Toast::note("a note"), Toast::warning("a warning")] {
        desk.harness.state_mut().apply(Command::Toast(toast));
    }
    let shown = |desk: &Desk| desk.state().toasts.iter().map(|t| t.text.clone()).collect::<Vec<_>>();
    desk.harness.run_steps(240);
    assert_eq!(shown(&desk), ["a note", "a warning"], "after four seconds");
    desk.harness.run_steps(300);
    assert_eq!(shown(&desk), ["a warning"]);
}
