//! Measuring in the window by mouse and key, on the demo project: each tool, undo and redo, handles, deletion, restarts, and what cannot
//! be saved. Values are held against the phantom's and against an independent computation.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

#[allow(dead_code, reason = "each test file uses a part")]
mod common;

use common::{CTRL, CTRL_SHIFT, Desk, PATIENCE, demo};
use egui::{Key, Modifiers, PointerButton, Pos2, Vec2, pos2, vec2};
use egui_kittest::kittest::Queryable;
use std::path::Path;
use std::time::Instant;
use voxaudit::app::Launch;
use voxaudit::geometry::{Annotation, Kind, Measure, Shape};
use voxaudit::project::Project;
use voxaudit::project::verify::verify;
use voxaudit::qa::ItemId;
use voxaudit::space::{Convention, Plane, RasMm};
use voxaudit::state::{CaseView, Kept, Settings, Shown};

const SHIFT: Modifiers = Modifiers::SHIFT;

/// What stands on disk for an item.
fn on_disk(project: &Path, item: &ItemId) -> Vec<Annotation> {
    let state = Project::open_read_only(project).unwrap().review_state().unwrap();
    state.item(item).map_or_else(Vec::new, |r| r.evidence().into_iter().map(|e| e.annotation.clone()).collect())
}

trait Measuring {
    fn item(&self) -> ItemId;
    fn shown(&self) -> &[Shown];
    fn point(&self, plane: Plane, at: Pos2) -> RasMm;
    fn screen(&self, plane: Plane, at: RasMm) -> Pos2;
    fn stroke(&mut self, from: Pos2, by: Vec2);
    fn click_at(&mut self, at: Pos2);
    fn disk(&mut self, project: &Path, what: &str, done: impl Fn(&[Annotation]) -> bool);
}

impl Measuring for Desk {
    fn item(&self) -> ItemId {
        self.state().project.as_ref().unwrap().current_row().unwrap().id.clone()
    }

    fn shown(&self) -> &[Shown] {
        &self.state().tools.shown
    }

    fn point(&self, plane: Plane, at: Pos2) -> RasMm {
        let rect = self.pane(plane);
        let size = [rect.width().round() as u32, rect.height().round() as u32];
        let d = at - rect.center();
        self.state().viewer.frame(plane, Convention::Radiological, size).at(f64::from(d.x), f64::from(d.y))
    }

    fn screen(&self, plane: Plane, at: RasMm) -> Pos2 {
        let rect = self.pane(plane);
        let size = [rect.width().round() as u32, rect.height().round() as u32];
        let (x, y) = self.state().viewer.frame(plane, Convention::Radiological, size).project(at);
        rect.center() + vec2(x as f32, y as f32)
    }

    fn stroke(&mut self, from: Pos2, by: Vec2) {
        self.drag(from, by, PointerButton::Primary, Modifiers::NONE);
    }

    fn click_at(&mut self, at: Pos2) {
        self.stroke(at, Vec2::ZERO);
    }

    fn disk(&mut self, project: &Path, what: &str, done: impl Fn(&[Annotation]) -> bool) {
        let item = self.item();
        let start = Instant::now();
        while !done(&on_disk(project, &item)) || !self.state().project.as_ref().unwrap().unsaved.is_empty() {
            self.harness.step();
            let toasts: Vec<_> = self.state().toasts.iter().map(|t| t.text.clone()).collect();
            assert!(start.elapsed() < PATIENCE, "waited in vain until {what}: {:?}; {toasts:?}", on_disk(project, &item));
        }
        self.harness.run_steps(3);
    }
}

fn near(a: RasMm, b: RasMm) -> bool {
    a.0.distance(b.0) < 0.01
}

#[test]
fn a_ruler_is_drawn_kept_undone_redone_and_deleted() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let cross = desk.state().viewer.cross;
    let from = desk.pane(Plane::Axial).center() + vec2(-40.0, 10.0);
    let (a, b) = (desk.point(Plane::Axial, from), desk.point(Plane::Axial, from + vec2(90.0, -20.0)));
    desk.key(Key::M);
    assert_eq!(desk.state().tools.armed, Some(Kind::Ruler));
    desk.stroke(from, vec2(90.0, -20.0));
    assert_eq!((desk.state().tools.armed, desk.state().viewer.cross), (None, cross), "the crosshair stays, the tool is put away");
    desk.disk(&project, "the ruler is on disk", |d| d.len() == 1);
    let shown = desk.shown()[0].clone();
    let Shape::Ruler { a: from_mm, b: to_mm } = shown.annotation.shape else { panic!() };
    assert!(near(from_mm, a) && near(to_mm, b) && shown.kept == Kept::Saved && shown.mine, "{shown:?}");
    assert_eq!(on_disk(&project, &desk.item())[0], shown.annotation);
    let text = format!("{:.1} mm", a.0.distance(b.0));
    desk.harness.get_by_label(&format!("go to ruler {text}"));

    desk.chord(CTRL, Key::Z);
    desk.disk(&project, "it is taken back", <[_]>::is_empty);
    assert!(desk.shown().is_empty() && desk.harness.query_by_label_contains("go to ruler").is_none());
    desk.chord(CTRL_SHIFT, Key::Z);
    desk.disk(&project, "it is back", |d| d.len() == 1);

    desk.click(&format!("go to ruler {text}"));
    assert_eq!(desk.state().tools.selected.as_ref(), Some(&shown.annotation.id));
    let middle = RasMm((a.0 + b.0) / 2.0);
    assert!(near(desk.state().viewer.cross, middle), "the list leads to it");
    desk.key(Key::Delete);
    desk.disk(&project, "it is deleted", <[_]>::is_empty);
    desk.chord(CTRL, Key::Z);
    desk.disk(&project, "undo brings it back", |d| d.len() == 1);
    drop(desk);

    let mut desk = Desk::ready(&project);
    desk.until("it is there after a restart", |s| s.tools.shown.len() == 1);
    desk.click(&format!("remove ruler {text}"));
    desk.disk(&project, "its button deletes it", <[_]>::is_empty);
    desk.chord(CTRL, Key::Z);
    desk.disk(&project, "undo after a restart", |d| d.len() == 1);
    drop(desk);
    assert!(verify(&project).unwrap().ok);
}

#[test]
fn regions_have_the_hu_of_the_phantom() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.tall_list();
    let scene = desk.state().project.as_ref().unwrap().scene().unwrap().clone();
    let (labels, volume) = (scene.labels().unwrap().clone(), scene.volume().unwrap().clone());
    let spleen = labels.table.iter().position(|l| l.name == "spleen").unwrap();
    desk.click("go to spleen");
    for (key, kind) in [(Key::E, Kind::Ellipse), (Key::B, Kind::Rectangle)] {
        let centre = desk.screen(Plane::Axial, labels.table[spleen].anchor.unwrap());
        desk.chord(SHIFT, key);
        assert_eq!(desk.state().tools.armed, Some(kind));
        desk.stroke(centre - vec2(9.0, 6.0), vec2(18.0, 12.0));
        desk.until("it is measured", |s| s.tools.shown.last().is_some_and(|s| s.annotation.shape.kind() == kind && s.kept == Kept::Saved));
        let a = desk.shown().last().unwrap().annotation.clone();
        let hu = a.hu.clone().unwrap();
        // By hand. The phantom's grid is oblique: a lattice of its finest spacing around the centre, nearest voxels.
        assert!(volume.grid.affine.oblique_degrees() > 1.0);
        let step = volume.grid.affine.spacing_mm().into_iter().fold(f64::INFINITY, f64::min);
        let (from, to) = a.shape.ends();
        let (c, half) = ((from.0 + to.0) / 2.0, (to.0 - from.0) / 2.0);
        let mut values = Vec::new();
        for (m, n) in (-40..=40).flat_map(|m| (-40..=40).map(move |n| (m, n))) {
            let (x, y) = (f64::from(m) * step, f64::from(n) * step);
            let (u, v) = ((x / half.x).abs(), (y / half.y).abs());
            if (kind == Kind::Ellipse && u * u + v * v <= 1.0) || (kind == Kind::Rectangle && u <= 1.0 && v <= 1.0) {
                values.push(volume.probe(RasMm::new(c.x + x, c.y + y, c.z)).unwrap().hu);
            }
        }
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        assert_eq!(hu.samples as usize, values.len());
        assert!((hu.mean - mean).abs() < 1e-3 && (hu.sd - sd).abs() < 1e-3, "{hu:?} {mean} {sd}");
        assert!(hu.samples > 20 && (30.0..90.0).contains(&hu.mean), "the spleen's HU: {hu:?}");
        let Measure::Area { width_mm, height_mm, area_mm2 } = a.measure() else { panic!() };
        let share = if kind == Kind::Ellipse { std::f64::consts::FRAC_PI_4 } else { 1.0 };
        assert!((area_mm2 - width_mm * height_mm * share).abs() < 1e-6);
        let name = format!("go to {} {:.0} ± {:.0} HU", kind.code(), hu.mean, hu.sd);
        desk.harness.get_by_label(&name);
    }
    let item = desk.item();
    assert_eq!(on_disk(&project, &item).len(), 2);
}

#[test]
fn an_angle_takes_three_points_by_drag_or_by_clicks() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let v = desk.pane(Plane::Coronal).center() + vec2(-20.0, -30.0);
    desk.chord(SHIFT, Key::M);
    desk.stroke(v + vec2(60.0, 0.0), vec2(-60.0, 0.0));
    assert!(desk.state().tools.drawing.as_ref().is_some_and(|d| d.points.len() == 2), "the third point is waited for");
    desk.pointer(v + vec2(0.0, -50.0));
    desk.click_at(v + vec2(0.0, -50.0));
    desk.disk(&project, "the right angle is on disk", |d| d.len() == 1);
    let degrees = |a: &Annotation| if let Measure::Degrees(d) = a.measure() { d } else { panic!() };
    assert!((degrees(&desk.shown()[0].annotation) - 90.0).abs() < 0.5);
    desk.harness.get_by_label_contains("go to angle");

    desk.chord(SHIFT, Key::M);
    let w = v + vec2(10.0, 90.0);
    for at in [w + vec2(50.0, 0.0), w, w + vec2(-40.0, 40.0)] {
        desk.pointer(at);
        desk.click_at(at);
    }
    desk.disk(&project, "the second is on disk", |d| d.len() == 2);
    let found = degrees(&desk.shown()[1].annotation);
    assert!((found - 135.0).abs() < 0.5, "{found}");
    assert_eq!(desk.state().viewer.maximised, None, "clicks of a tool maximise nothing");
}

#[test]
fn handles_and_lines_are_dragged_in_one_step_each() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let from = desk.pane(Plane::Sagittal).center() + vec2(-30.0, 40.0);
    desk.key(Key::M);
    desk.stroke(from, vec2(60.0, 0.0));
    desk.disk(&project, "the ruler is on disk", |d| d.len() == 1);
    let first = desk.shown()[0].annotation.clone();
    let cross = desk.state().viewer.cross;
    let end = desk.screen(Plane::Sagittal, first.shape.ends().1);
    desk.stroke(end + vec2(3.0, 2.0), vec2(0.0, 30.0));
    desk.disk(&project, "the end has moved", |d| d.len() == 1 && d[0].shape != first.shape);
    let second = desk.shown()[0].annotation.clone();
    assert_eq!((second.id.as_str(), second.shape.ends().0), (first.id.as_str(), first.shape.ends().0));
    assert_eq!(desk.state().viewer.cross, cross, "a handle is no crosshair");
    let events = |project: &Path| Project::open_read_only(project).unwrap().events().unwrap().len();
    assert_eq!(events(&project), 2, "one event per drag");
    let middle = desk.screen(Plane::Sagittal, second.shape.centre());
    desk.stroke(middle, vec2(-12.0, 7.0));
    desk.disk(&project, "the whole has moved", |d| d[0].shape.ends().0 != first.shape.ends().0);
    let third = desk.shown()[0].annotation.clone();
    let length = |a: &Annotation| a.shape.ends().0.0.distance(a.shape.ends().1.0);
    assert!((length(&third) - length(&second)).abs() < 0.01);
    desk.click_at(desk.screen(Plane::Sagittal, third.shape.centre()));
    assert_eq!(events(&project), 3, "a click selects and changes nothing");
    desk.chord(CTRL, Key::Z);
    desk.disk(&project, "one step back", |d| d[0].shape == second.shape);
    desk.chord(CTRL, Key::Z);
    desk.disk(&project, "two steps back", |d| d[0].shape == first.shape);
    assert!(verify(&project).unwrap().ok);
}

#[test]
fn escape_puts_the_tool_away_and_other_buttons_keep_their_meaning() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let at = desk.pane(Plane::Coronal).center();
    desk.chord(SHIFT, Key::P);
    let zoom = desk.state().viewer.panes[Plane::Coronal as usize].zoom;
    desk.drag(at, vec2(0.0, -40.0), PointerButton::Secondary, Modifiers::NONE);
    assert!(desk.state().viewer.panes[Plane::Coronal as usize].zoom > zoom);
    desk.drag(at, vec2(30.0, 0.0), PointerButton::Primary, SHIFT);
    assert!(desk.state().viewer.panes[Plane::Coronal as usize].pan_mm.0 < 0.0, "Shift pans also with a tool");
    assert!(desk.state().tools.armed.is_some() && desk.shown().is_empty());
    desk.click_at(at);
    assert!(desk.state().tools.drawing.is_some());
    desk.key(Key::Escape);
    assert!(desk.state().tools.drawing.is_none() && desk.state().tools.armed.is_none());
    let cross = desk.state().viewer.cross;
    desk.stroke(at + vec2(20.0, 20.0), vec2(5.0, 5.0));
    assert_ne!(desk.state().viewer.cross, cross, "the left button is the crosshair again");
    desk.key(Key::W);
    desk.key(Key::M);
    assert!(!desk.state().viewer.window_armed && desk.state().tools.armed == Some(Kind::Ruler), "one tool at a time");
    desk.key(Key::M);
    assert_eq!(desk.state().tools.armed, None, "the same key puts it away");
    desk.key(Key::M);
    desk.click_at(at);
    desk.click_at(at);
    assert!(desk.state().toasts.iter().any(|t| t.text.contains("Not measured")), "a line without length is refused in words");
    assert!(desk.shown().is_empty());
}

#[test]
fn escape_in_the_middle_of_a_drag_leaves_everything_as_it_was() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let from = desk.pane(Plane::Axial).center() + vec2(-30.0, 30.0);
    desk.key(Key::M);
    desk.stroke(from, vec2(60.0, 0.0));
    desk.disk(&project, "the ruler is on disk", |d| d.len() == 1);
    let (cross, shape) = (desk.state().viewer.cross, desk.shown()[0].annotation.shape);
    let press = |pressed, pos| egui::Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE };
    desk.pointer(from);
    desk.harness.event(press(true, from));
    desk.harness.step();
    desk.pointer(from + vec2(0.0, 20.0));
    desk.pointer(from + vec2(0.0, 40.0));
    let moved = desk.state().tools.drag.as_ref().map(|d| d.now.shape);
    assert!(moved.is_some_and(|m| m != shape));
    desk.key(Key::Escape);
    desk.pointer(from + vec2(10.0, 50.0));
    desk.harness.event(press(false, from + vec2(10.0, 50.0)));
    desk.harness.run_steps(3);
    assert_eq!((desk.state().viewer.cross, desk.shown()[0].annotation.shape), (cross, shape));
    assert!(!desk.state().tools.busy() && desk.state().project.as_ref().unwrap().unsaved.is_empty());
    desk.stroke(from + vec2(-20.0, 40.0), vec2(4.0, 4.0));
    assert_ne!(desk.state().viewer.cross, cross, "the next press is the crosshair's");
}

#[test]
fn a_profile_shows_its_curve_and_marks_the_place_on_the_line() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let from = desk.pane(Plane::Axial).center() + vec2(-80.0, -20.0);
    let rect = desk.pane(Plane::Axial);
    desk.chord(SHIFT, Key::P);
    desk.stroke(from, vec2(150.0, 30.0));
    desk.disk(&project, "the profile is on disk", |d| d.len() == 1);
    let a = desk.shown()[0].annotation.clone();
    let (p, q) = a.shape.ends();
    let expected = (rect.height(), rect.width());
    assert!((desk.pane(Plane::Axial).height(), desk.pane(Plane::Axial).width()) != expected, "the curve has its own room");
    let volume = desk.state().project.as_ref().unwrap().scene().unwrap().volume().unwrap().clone();
    let view = desk.state().tools.profile.clone().unwrap();
    let finest = volume.grid.affine.spacing_mm().into_iter().fold(f64::INFINITY, f64::min);
    assert!(view.profile.samples.windows(2).all(|w| w[1].mm - w[0].mm <= finest / 2.0 + 1e-9));
    assert!((view.profile.samples.last().unwrap().mm - p.0.distance(q.0)).abs() < 1e-9);
    let curve = desk.harness.get_by_label("HU along the line").rect();
    desk.pointer(curve.center());
    desk.harness.run_steps(3);
    let mark = desk.state().tools.mark_mm.unwrap();
    assert!((mark / p.0.distance(q.0) - 0.5).abs() < 0.2, "{mark}");
    desk.pointer(pos2(5.0, 5.0));
    desk.harness.run_steps(3);
    assert_eq!(desk.state().tools.mark_mm, None);
    desk.click("Close the profile");
    assert!(desk.state().tools.profile.is_none() && desk.harness.query_by_label("HU along the line").is_none());
    desk.click_at(desk.screen(Plane::Axial, a.shape.centre()));
    desk.harness.run_steps(2);
    desk.harness.get_by_label("HU along the line");
}

#[test]
fn measurements_are_drawn_on_their_own_slice_and_hidden_on_request() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let at = desk.pane(Plane::Axial).center() + vec2(-30.0, 0.0);
    desk.key(Key::M);
    desk.stroke(at, vec2(60.0, 0.0));
    desk.disk(&project, "the ruler is on disk", |d| d.len() == 1);
    let grab = |desk: &mut Desk| {
        desk.key(Key::Escape);
        desk.click_at(at + vec2(30.0, 0.0));
        desk.state().tools.selected.is_some()
    };
    assert!(grab(&mut desk));
    desk.chord(SHIFT, Key::X);
    assert!(desk.state().tools.hidden && !grab(&mut desk), "what is not drawn cannot be taken hold of");
    desk.chord(SHIFT, Key::X);
    desk.wheel(at, 1.0, Modifiers::NONE);
    assert!(!grab(&mut desk), "another slice");
    desk.wheel(at, -1.0, Modifiers::NONE);
    assert!(grab(&mut desk));
}

#[test]
fn drawing_neither_decides_nor_disturbs_a_decision_in_the_making() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.click("spatial: no");
    desk.key(Key::M);
    let at = desk.pane(Plane::Axial).center();
    desk.stroke(at, vec2(50.0, 0.0));
    desk.disk(&project, "the ruler is on disk", |d| d.len() == 1);
    desk.chord(CTRL, Key::Z);
    desk.disk(&project, "and taken back", <[_]>::is_empty);
    let answered = desk.state().draft.criteria.spatial;
    assert!(answered.is_some(), "what was answered is still there");
    assert_eq!(common::counts(&project), (0, 0, 0));
    assert_eq!(desk.state().project.as_ref().unwrap().decided(), 0);
}

#[test]
fn without_a_reviewer_or_a_writable_file_measurements_are_temporary_and_say_so() {
    let (_dir, project) = demo();
    let launch = Launch { project: Some(project.clone()), settings: Some(Settings::default()), ..Launch::default() };
    let mut nobody = Desk::launch(launch);
    nobody.until("the case is on screen", |s| s.project.as_ref().is_some_and(|p| matches!(p.case, CaseView::Ready { .. })));
    nobody.key(Key::Escape);
    let mut permissions = std::fs::metadata(&project).unwrap().permissions();
    let check = |mut desk: Desk, words: &str| {
        let at = desk.pane(Plane::Axial).center();
        desk.key(Key::M);
        desk.stroke(at, vec2(50.0, 0.0));
        assert_eq!(desk.shown().iter().map(|s| s.kept).collect::<Vec<_>>(), [Kept::Temporary]);
        assert!(desk.state().toasts.iter().any(|t| t.text.contains(words)), "{words}");
        desk.harness.get_by_label_contains("temporary and go when");
        let end = desk.screen(Plane::Axial, desk.shown()[0].annotation.shape.ends().1);
        let before = desk.shown()[0].annotation.shape;
        desk.stroke(end, vec2(0.0, 20.0));
        assert_ne!(desk.shown()[0].annotation.shape, before);
        desk.chord(CTRL, Key::Z);
        assert_eq!(desk.shown()[0].annotation.shape, before);
        desk.key(Key::Backspace);
        assert!(desk.shown().is_empty());
        desk.chord(CTRL, Key::Z);
        desk.key(Key::J);
        assert!(desk.shown().is_empty(), "it belongs to its item");
        desk.key(Key::K);
        assert_eq!(desk.shown().len(), 1);
        assert!(Project::open_read_only(&project).unwrap().events().unwrap().is_empty());
    };
    check(nobody, "No reviewer");
    permissions.set_readonly(true);
    std::fs::set_permissions(&project, permissions).unwrap();
    check(Desk::ready(&project), "read-only");
}

#[test]
fn a_measurement_that_the_disk_refuses_stays_and_is_saved_again() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let lock = rusqlite::Connection::open(&project).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    desk.key(Key::M);
    let at = desk.pane(Plane::Axial).center();
    desk.stroke(at, vec2(50.0, 0.0));
    assert_eq!(desk.shown()[0].kept, Kept::Saving, "the window does not wait for the disk, and does not claim what is not so");
    desk.until("the refusal arrives", |s| s.toasts.iter().any(|t| t.text.contains("NOT saved")));
    assert_eq!(desk.shown()[0].kept, Kept::Failed);
    lock.execute_batch("ROLLBACK").unwrap();
    desk.harness.get_all_by_label("Save again").next().unwrap().click();
    desk.disk(&project, "it is saved", |d| d.len() == 1);
    assert_eq!(desk.shown()[0].kept, Kept::Saved);
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    desk.key(Key::M);
    desk.stroke(at + vec2(0.0, 30.0), vec2(40.0, 0.0));
    desk.until("the second refusal arrives", |s| s.tools.shown.iter().any(|s| s.kept == Kept::Failed));
    desk.key(Key::Delete);
    lock.execute_batch("ROLLBACK").unwrap();
    assert_eq!(desk.shown().len(), 1, "what never reached the disk is only forgotten");
    assert!(desk.state().project.as_ref().unwrap().unsaved.is_empty());
}

#[test]
fn others_measurements_are_seen_and_left_alone() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.key(Key::M);
    let at = desk.pane(Plane::Axial).center();
    desk.stroke(at, vec2(50.0, 0.0));
    desk.disk(&project, "Ada's ruler is on disk", |d| d.len() == 1);
    drop(desk);
    let launch = Launch {
        project: Some(project.clone()),
        reviewer: Some(voxaudit::review::Reviewer::new("Bob", "")),
        settings: Some(Settings::default()),
        ..Launch::default()
    };
    let mut desk = Desk::launch(launch);
    desk.until("Ada's ruler is shown", |s| s.tools.shown.len() == 1 && s.project.as_ref().unwrap().scene().is_some());
    assert!(!desk.shown()[0].mine && desk.harness.query_by_label_contains("remove ruler").is_none());
    let end = desk.screen(Plane::Axial, desk.shown()[0].annotation.shape.ends().1);
    let shape = desk.shown()[0].annotation.shape;
    desk.stroke(end - vec2(2.0, 0.0), vec2(0.0, 30.0));
    assert_eq!((desk.shown()[0].annotation.shape, desk.state().tools.selected.is_some()), (shape, true));
    desk.key(Key::Delete);
    assert!(desk.state().toasts.iter().any(|t| t.text.contains("only they can take it away")));
    assert_eq!(Project::open_read_only(&project).unwrap().events().unwrap().len(), 1);
}

#[test]
fn the_histogram_shows_the_window_and_a_structure_sets_it() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.tall_list();
    desk.harness.get_by_label_contains("W 400").click();
    desk.until("the histogram is counted", |s| matches!(&s.tools.histogram, Some((_, Some(_)))));
    let volume = desk.state().project.as_ref().unwrap().scene().unwrap().volume().unwrap().clone();
    let Some((_, Some(histogram))) = &desk.state().tools.histogram else { panic!() };
    assert_eq!(histogram.counts.iter().sum::<u64>() as usize, volume.grid.len().div_ceil(histogram.every));
    let rect = desk.harness.get_by_label("Histogram of HU with the window").rect();
    let before = desk.state().viewer.window;
    let x = |hu: f64| {
        let (low, high) = (histogram.quantile(0.0005), histogram.quantile(0.9995));
        let margin = ((high - low) * 0.05).max(10.0);
        rect.left() + ((hu - low + margin) / (high - low + 2.0 * margin)) as f32 * rect.width()
    };
    let upper = f64::from(before.level + before.width / 2.0);
    desk.stroke(pos2(x(upper), rect.center().y), vec2(20.0, 0.0));
    let after = desk.state().viewer.window;
    assert!(after.width > before.width && (after.level - after.width / 2.0 - (before.level - before.width / 2.0)).abs() < 0.1, "{after:?}");
    desk.key(Key::Escape);

    desk.click("go to spleen");
    desk.pointer(pos2(5.0, 5.0));
    desk.key(Key::Num9);
    desk.until("the spleen's window is found", |s| s.toasts.iter().any(|t| t.text.contains("Window from spleen")));
    let w = desk.state().viewer.window;
    assert!((30.0..90.0).contains(&w.level) && (50.0..400.0).contains(&w.width), "{w:?}");
    let air = desk.pane(Plane::Axial).left_top() + vec2(4.0, 40.0);
    desk.pointer(air);
    desk.harness.step();
    desk.key(Key::Num9);
    assert!(desk.state().viewer.window.width > 1000.0, "no structure: the full range");
}

#[test]
fn measuring_works_in_every_layout_and_the_list_brings_the_plane_to_the_front() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.key(Key::F5);
    assert_eq!(desk.state().viewer.arrangement.layout, voxaudit::state::ViewLayout::SideBySide);
    let plane = desk.state().viewer.main_plane();
    let views = desk.harness.query_all_by_label_contains(&format!("{} view", plane.name())).map(|n| n.rect()).collect::<Vec<_>>();
    assert_eq!(views.len(), 2);
    for (n, view) in views.iter().enumerate() {
        desk.key(Key::M);
        desk.stroke(view.center() + vec2(-20.0, 30.0 * (n as f32 + 1.0)), vec2(40.0, 0.0));
        desk.disk(&project, "one ruler per drag", |d| d.len() == n + 1);
    }
    desk.chord(SHIFT, Key::M);
    let at = views[1].center();
    desk.stroke(at, vec2(-40.0, -40.0));
    desk.pointer(at + vec2(0.0, -60.0));
    desk.click_at(at + vec2(0.0, -60.0));
    desk.disk(&project, "and one angle of three points", |d| d.len() == 3);
    desk.key(Key::F4);
    let other = if plane == Plane::Axial { "Cor" } else { "Ax" };
    desk.click(other);
    assert_ne!(desk.state().viewer.main_plane(), plane);
    desk.harness.get_all_by_label_contains("go to ruler").next().unwrap().click();
    desk.harness.run_steps(3);
    assert_eq!(desk.state().viewer.main_plane(), plane);
}
