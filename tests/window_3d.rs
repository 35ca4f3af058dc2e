//! The 3D view, slabs and oblique planes in the window, by mouse and key.

#![allow(clippy::unwrap_used)] // a test may panic

#[allow(dead_code, reason = "each test file uses a part of it")]
mod common;

use common::{Desk, demo};
use egui::accesskit::Role;
use egui::{Key, Modifiers, PointerButton, vec2};
use egui_kittest::kittest::Queryable;
use std::sync::Arc;
use voxaudit::gpu::{CtIn3d, Slab, SlabMode};
use voxaudit::space::{Convention, Plane};
use voxaudit::state::{PaneKind, Viewer};

const SHIFT: Modifiers = Modifiers::SHIFT;

/// A window with room for the 3D view.
fn desk(project: &std::path::Path) -> Desk {
    let mut desk = Desk::ready(project);
    desk.harness.set_size(vec2(1600.0, 1000.0));
    desk.harness.run_steps(3);
    desk
}

fn viewer(desk: &Desk) -> &Viewer {
    &desk.state().viewer
}

fn view3d(desk: &Desk) -> egui::Rect {
    desk.harness.get_by(|n| n.role() == Role::Image && n.label().is_some_and(|l| l == "3D view")).rect()
}

#[test]
fn the_3d_view_turns_zooms_and_shows_the_ct_and_a_cut() {
    let (_dir, project) = demo();
    let mut desk = desk(&project);
    let at = view3d(&desk).center();
    let before = viewer(&desk).view3d;
    desk.drag(at, vec2(40.0, -20.0), PointerButton::Primary, Modifiers::NONE);
    let after = viewer(&desk).view3d;
    assert!(after.yaw < before.yaw && after.pitch < before.pitch, "{before:?} {after:?}");
    desk.wheel(at, 3.0, Modifiers::NONE);
    assert!(viewer(&desk).view3d.zoom > after.zoom * 1.4);
    for shown in [CtIn3d::None, CtIn3d::Mip, CtIn3d::Volume] {
        desk.chord(SHIFT, Key::D);
        assert_eq!(viewer(&desk).arrangement.ct_in_3d, shown);
    }
    desk.key(Key::D);
    assert!(viewer(&desk).arrangement.cut_3d);
    desk.click("Cut");
    assert!(!viewer(&desk).arrangement.cut_3d);
    desk.click("CT in 3D: volume");
    assert_eq!(viewer(&desk).arrangement.ct_in_3d, CtIn3d::None);
    desk.click("3D: look from");
    desk.click("from behind");
    assert_eq!((viewer(&desk).view3d.yaw, viewer(&desk).view3d.pitch), (180.0, 0.0));
    desk.click("3D: look from");
    desk.click("reset");
    assert_eq!(viewer(&desk).view3d, before);
    desk.harness.render().unwrap(); // with the projection
}

#[test]
fn a_click_on_a_structure_puts_the_crosshair_on_it_and_a_double_click_fills_the_area() {
    let (_dir, project) = demo();
    let mut desk = desk(&project);
    desk.chord(SHIFT, Key::S); // all structures
    desk.click("3D: look from");
    desk.click("from the front");
    let rect = view3d(&desk);
    let labels = desk.state().project.as_ref().unwrap().scene().unwrap().labels().unwrap().clone();
    let liver = labels.table.iter().position(|l| l.name == "liver").unwrap();
    let anchor = labels.table[liver].anchor.unwrap().0;
    let eye = viewer(&desk).eye([rect.width() as u32, rect.height() as u32]).unwrap();
    let d = anchor - eye.centre.0;
    let at =
        rect.center() + vec2((d.dot(eye.right) / eye.right.length_squared()) as f32, (d.dot(eye.down) / eye.down.length_squared()) as f32);
    desk.drag(at, vec2(0.0, 0.0), PointerButton::Primary, Modifiers::NONE);
    let cross = viewer(&desk).cross;
    assert!(!labels.at(cross).is_empty(), "on a structure, not in front of it");
    assert!((cross.0.x - anchor.x).abs() < 4.0 && (cross.0.z - anchor.z).abs() < 4.0, "{cross:?}, clicked before {anchor:?}");
    assert!(cross.0.y >= anchor.y - 4.0, "its near side");
    desk.harness.run_steps(60); // a later click is no double-click
    for _ in 0..2 {
        desk.harness.get_by(|n| n.role() == Role::Image && n.label().is_some_and(|l| l == "3D view")).click();
    }
    desk.harness.run_steps(3);
    assert_eq!(viewer(&desk).maximised, Some(PaneKind::Volume));
    assert!(view3d(&desk).width() > 1.8 * rect.width());
    desk.key(Key::Escape);
    assert_eq!(viewer(&desk).maximised, None);
}

#[test]
fn slabs_by_key_and_menu() {
    let (_dir, project) = demo();
    let mut desk = desk(&project);
    assert_eq!(viewer(&desk).look(PaneKind::Slice(Plane::Axial)).slab, Slab::Thin);
    desk.chord(SHIFT, Key::T);
    assert_eq!(viewer(&desk).look(PaneKind::Slice(Plane::Axial)).slab, Slab::Of { mode: SlabMode::Max, mm: 10.0 });
    desk.harness.render().unwrap();
    desk.click("Slab: MIP 10 mm");
    desk.click("mean");
    assert_eq!(viewer(&desk).slab, Slab::Of { mode: SlabMode::Mean, mm: 10.0 });
    desk.key(Key::Escape);
    desk.chord(SHIFT, Key::T);
    assert_eq!(viewer(&desk).slab, Slab::Thin);
    desk.chord(SHIFT, Key::T);
    assert_eq!(viewer(&desk).slab, Slab::Of { mode: SlabMode::Mean, mm: 10.0 }, "as it was last");
}

#[test]
fn the_crosshair_turns_and_the_other_planes_become_oblique() {
    let (_dir, project) = demo();
    let mut desk = desk(&project);
    let size = [300, 200];
    let standard = Plane::ALL.map(|p| viewer(&desk).frame(p, Convention::Radiological, size));
    let pane = desk.pane(Plane::Axial);
    let frame = viewer(&desk).frame(Plane::Axial, Convention::Radiological, [pane.width() as u32, pane.height() as u32]);
    let (x, y) = frame.project(viewer(&desk).cross);
    let cross = pane.center() + vec2(x as f32, y as f32);
    // From right of the crosshair to below it: 45 degrees clockwise.
    desk.drag(cross + vec2(60.0, 0.0), vec2(-15.0, 45.0), PointerButton::Primary, Modifiers::ALT);
    let v = viewer(&desk);
    assert!((v.tilt_degrees(Plane::Coronal) - 45.0).abs() < 1.0, "{}", v.tilt_degrees(Plane::Coronal));
    assert_eq!(v.frame(Plane::Axial, Convention::Radiological, size), standard[0], "the turned view keeps its image");
    let coronal = v.frame(Plane::Coronal, Convention::Radiological, size);
    let depth = (v.cross.0 - coronal.centre.0).dot(coronal.right.cross(coronal.down).normalize());
    assert!(depth.abs() < 1e-9, "the plane runs through the crosshair");
    let (number, count) = v.slice_number(Plane::Coronal).unwrap();
    assert!(1 < number && number < count as i64, "slices of a turned plane are counted too: {number} of {count}");
    let before = v.cross.0;
    desk.wheel(desk.pane(Plane::Coronal).center(), 2.0, Modifiers::NONE);
    let moved = viewer(&desk).cross.0 - before;
    assert!(moved.length() > 0.5 && moved.dot(viewer(&desk).normal(Plane::Coronal)) > 0.99 * moved.length(), "{moved:?}");
    assert_eq!(viewer(&desk).slice_number(Plane::Coronal), Some((number + 2, count)));
    desk.harness.render().unwrap();
    turned_slices_play_and_are_searched(&mut desk);
    desk.pointer(desk.pane(Plane::Sagittal).center());
    desk.chord(Modifiers::ALT, Key::Period);
    assert!(viewer(&desk).tilted(Plane::Axial));
    desk.key(Key::Num0);
    assert!(Plane::ALL.iter().all(|p| !viewer(&desk).tilted(*p)), "0 turns them back");
}

/// Cine and the search for a structure's slices work on the turned coronal plane as on a standard one.
fn turned_slices_play_and_are_searched(desk: &mut Desk) {
    desk.pointer(desk.pane(Plane::Coronal).center());
    let number = |desk: &Desk| viewer(desk).slice_number(Plane::Coronal).unwrap().0;
    let start = number(desk);
    desk.key(Key::Y);
    desk.until("the film moves", |state| state.viewer.slice_number(Plane::Coronal).is_some_and(|(n, _)| n > start + 2));
    desk.key(Key::Y);
    assert_eq!(viewer(desk).cine.playing, None);
    desk.key(Key::Period);
    let scene = Arc::clone(desk.state().project.as_ref().unwrap().scene().unwrap());
    let labels = scene.labels().unwrap();
    let named = viewer(desk).structures.selected().unwrap();
    let shown = |desk: &Desk| {
        let normal = viewer(desk).normal(Plane::Coronal);
        labels.steps_to(named, normal, viewer(desk).cross.0.dot(normal) - 0.01, 0.01, 1).is_some()
    };
    desk.pointer(desk.pane(Plane::Coronal).center());
    for _ in 0..3 {
        let before = number(desk);
        desk.chord(Modifiers::CTRL, Key::PageUp);
        assert!(number(desk) > before && shown(desk), "the next turned slice shows the structure");
    }
}
