//! What a radiologist stumbled over in the window, at 1280×800 and up to 200 % text: an error label's form whose buttons were out of the
//! window, numbers of a table that were cut, keys that did nothing without a word, an entry of a menu that was not there.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use egui::accesskit::Role;
use egui::{Key, Modifiers, Rect, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use std::path::Path;
use voxaudit::project::Project;
use voxaudit::project::import::{ImportRequest, import};
use voxaudit::state::{CaseView, Command, GeometryCommand, Progress, SettingsCommand, Tab};

#[allow(dead_code, reason = "each test file uses its part")]
mod common;
use common::*;

const SHIFT: Modifiers = Modifiers::SHIFT;

fn scaled(desk: &mut Desk, scale: f32) {
    desk.harness.state_mut().apply(Command::Settings(SettingsCommand::TextScale(scale)));
    desk.harness.run_steps(2);
    desk.harness.set_size(vec2(1280.0, 800.0) / scale); // in points
    desk.harness.run_steps(4);
}

/// Of the window, in points of the text's scale.
fn window(desk: &Desk) -> Rect {
    desk.harness.ctx.content_rect()
}

fn rect(desk: &Desk, label: &str) -> Rect {
    desk.harness.get_by_label(label).rect()
}

/// Of what is spoken so at its beginning.
fn starting(desk: &Desk, prefix: &str) -> Vec<(String, Rect)> {
    let name = |n: &egui_kittest::Node<'_>| {
        let node = n.accesskit_node();
        node.label().or(node.value()).filter(|name| name.starts_with(prefix))
    };
    desk.harness.query_all_by(|_| true).filter_map(|n| Some((name(&n)?, n.rect()))).collect()
}

#[test]
fn an_error_label_can_be_given_at_every_size_of_text_with_its_answer_in_sight() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.key(Key::Tab);
    desk.until("votes and answers are read", |s| s.answers.table.is_some() && s.answers.rows.is_some());
    for scale in [1.0, 1.5, 2.0] {
        scaled(&mut desk, scale);
        desk.key(Key::E);
        desk.key(Key::R);
        desk.harness.run_steps(3);
        let all = window(&desk);
        for button in ["Save label", "Cancel  Esc", "What they mean"] {
            assert!(all.contains_rect(rect(&desk, button)), "{scale}: {button} is out of the window");
        }
        let answer = desk.state().answers.selected_row().unwrap().view.text.clone();
        let head = starting(&desk, &format!("labelled answer: {answer}"));
        let cards = starting(&desk, "answer of Aster-3D: ");
        let (_, shown) = head.first().or(cards.first()).unwrap_or_else(|| panic!("{scale}: the answer is not in sight"));
        assert!(all.contains(shown.left_top()) && shown.top() < rect(&desk, "Save label").top(), "{scale}: {shown:?}");
        let first = rect(&desk, "error type visual perception");
        assert!(first.top() >= shown.top() && first.bottom() <= rect(&desk, "Save label").top(), "{scale}: types above the buttons");

        // The note is scrolled to, and takes what is typed.
        desk.chord(SHIFT, Key::N);
        desk.text("n");
        desk.harness.run_steps(2);
        assert_eq!(desk.state().answers.label.as_ref().unwrap().label.note, "n");
        let note = rect(&desk, "Note on the label");
        assert!(note.bottom() <= rect(&desk, "Save label").top() + 1.0 && note.top() > rect(&desk, "What they mean").bottom(), "{scale}");
        desk.click("Cancel  Esc");
        assert!(desk.state().answers.label.is_none(), "{scale}: the form closes");
    }
}

#[test]
fn no_number_of_the_table_is_cut_and_all_come_into_sight() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.chord(SHIFT, Key::G);
    desk.until("the structures are measured", |s| s.geometry.measuring == Progress::Done && !s.geometry.rows.is_empty());
    desk.harness.get_by_label_contains("3D: no room above the geometry panel");
    for scale in [1.0, 2.0] {
        scaled(&mut desk, scale);
        let all = window(&desk);
        let close = rect(&desk, "Close the geometry panel");
        assert!(all.contains_rect(close), "{scale}: {close:?}");
        let heads = starting(&desk, "sort by ");
        assert!(heads.len() > 2, "{scale}: {heads:?}");
        for (head, at) in &heads {
            assert!(all.contains_rect(*at) && at.right() <= close.right() + 4.0, "{scale}: {head} {at:?} is cut");
        }
        let rows = starting(&desk, "draw ");
        let whole = rows.iter().filter(|(_, at)| all.contains_rect(*at)).count();
        assert!(whole >= 2, "{scale}: {rows:?}");
    }
    scaled(&mut desk, 2.0);
    desk.click("Structures  ▾");
    desk.click("Left–right");
    assert_eq!(desk.state().geometry.tab, Tab::Sides);
    scaled(&mut desk, 1.0);
    assert!(starting(&desk, "draw both of ").iter().any(|(name, _)| name == "draw both of upper lobe of lung"));
    desk.harness.state_mut().apply(Command::Geometry(GeometryCommand::Tab(Tab::Structures)));
    desk.harness.run_steps(3);
    assert!(starting(&desk, "centroid (S–I), mm of ").is_empty(), "out of sight");
    let at = rect(&desk, "draw liver").center();
    desk.wheel(at, -40.0, SHIFT);
    desk.harness.run_steps(3);
    let liver = starting(&desk, "centroid (R–L), mm of liver: R ");
    assert_eq!(liver.len(), 1, "sides and not signs: {:?}", starting(&desk, "centroid"));
    assert!(liver[0].1.left() > rect(&desk, "draw liver").right() - 1.0, "the names stay");
}

#[test]
fn volumes_over_cases_are_copied() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.chord(SHIFT, Key::G);
    desk.click("Over cases");
    desk.click("Measure all cases");
    desk.until("all cases are measured", |s| s.geometry.measuring_cases == Progress::Done);
    desk.harness.state_mut().apply(Command::Geometry(GeometryCommand::OverCases("lung_upper_lobe_left".to_owned())));
    desk.harness.run_steps(2);
    desk.harness.get_by_label("Structure over all cases");
    desk.click("Copy CSV");
    assert!(desk.state().toasts.iter().any(|t| t.text.starts_with("Copied ") && t.text.ends_with("as CSV.")));
}

/// The demo's questions and images without its masks.
fn without_masks(data: &Path, path: &Path) {
    let mut project = Project::open_or_create(path).unwrap();
    let request = ImportRequest { qa: vec![data.join("qa.json")], images: vec![data.join("images")], ..Default::default() };
    import(&mut project, &request, &()).unwrap();
}

#[test]
fn keys_for_masks_say_that_there_are_none() {
    let (dir, _) = demo();
    let path = dir.path().join("bare.voxaudit");
    without_masks(&dir.path().join("data"), &path);
    let mut desk = Desk::ready(&path);
    assert!(matches!(&desk.state().project.as_ref().unwrap().case, CaseView::Ready { scene, .. } if scene.labels().is_none()));
    let (masks, outline) = (desk.state().viewer.masks, desk.state().viewer.outline_only);
    for key in [Key::H, Key::S, Key::O] {
        desk.key(key);
        assert_eq!(desk.state().toasts.iter().filter(|t| t.text == "This case has no masks.").count(), 1, "{key:?}");
        let id = desk.state().toasts.iter().next().unwrap().id;
        desk.harness.state_mut().apply(Command::DismissToast(id));
    }
    assert_eq!((desk.state().viewer.masks, desk.state().viewer.outline_only), (masks, outline), "nothing changes unseen");
}

#[test]
fn a_filter_that_needs_the_check_says_so() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.key(Key::Tab);
    desk.until("votes and answers are read", |s| s.answers.table.is_some() && s.answers.rows.is_some());
    desk.click("filter by answers: all");
    let entry = desk.harness.get_by(|n| n.role() == Role::Button && n.label().is_some_and(|l| l == "jury against geometry"));
    assert!(entry.accesskit_node().is_disabled());
    entry.hover();
    desk.harness.run_steps(60);
    desk.harness.get_by_label_contains("Check answers against geometry");
}

#[test]
fn messages_leave_the_views_alone() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    for size in [vec2(1280.0, 800.0), vec2(1920.0, 1080.0)] {
        desk.harness.set_size(size);
        desk.harness.state_mut().apply(Command::Toast(voxaudit::state::Toast::note("A message that is long enough for two lines.")));
        desk.harness.run_steps(3);
        let close = rect(&desk, "Dismiss message");
        assert!(close.right() <= desk.pane(voxaudit::space::Plane::Coronal).left(), "{size:?}: {close:?}");
    }
}
