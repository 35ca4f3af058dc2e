//! What the person at the window sees of all this.

use super::*;
use egui::Key;
use egui_kittest::kittest::Queryable;
use voxaudit::project::verify::verify;
use voxaudit::state::{ProjectCommand, ReviewCommand};

#[allow(dead_code, unused_imports, reason = "each test file uses its part")]
#[path = "../common/mod.rs"]
mod common;
use common::Desk;

fn decided(desk: &Desk) -> usize {
    desk.state().project.as_ref().unwrap().decided()
}

fn all_saved(desk: &mut Desk, decisions: usize) {
    desk.until("the decision is saved", |s| s.project.as_ref().is_some_and(|p| p.decided() == decisions && p.pending.is_empty()));
    desk.until("the next item is shown", |s| s.project.as_ref().unwrap().current.as_ref().is_some_and(|c| c.item.is_some()));
}

fn open(project: &Path) -> Desk {
    let mut desk = Desk::open(project);
    desk.until("the item is shown", |s| s.project.as_ref().is_some_and(|p| p.current.as_ref().is_some_and(|c| c.item.is_some())));
    desk
}

#[test]
fn a_lost_file_is_on_screen_until_everything_is_in_a_copy() {
    for replaced in [false, true] {
        let f = Fixture::new();
        let path = f.project(2);
        let other = f.path("other.voxaudit");
        std::fs::copy(&path, &other).unwrap();
        let mut desk = open(&path);
        for n in 1..=2 {
            desk.key(Key::A);
            all_saved(&mut desk, n);
        }
        assert!(desk.harness.query_by_label_contains("✓ saved").is_some());
        if replaced {
            std::fs::rename(&other, &path).unwrap()
        } else {
            std::fs::remove_file(&path).unwrap()
        }
        desk.until("the loss is seen", |s| s.project.as_ref().is_some_and(|p| p.lost.is_some()));
        let words = if replaced { "was replaced by another file" } else { "was deleted" };
        assert!(desk.harness.query_by_label_contains(words).is_some(), "the banner says what happened");
        assert!(desk.harness.query_by_label_contains("✓ saved").is_none(), "nothing is shown as saved");
        assert!(desk.harness.query_by_label_contains("the file is lost").is_some());
        desk.key(Key::A);
        desk.until("the decision is refused", |s| s.project.as_ref().unwrap().pending.values().any(|p| p.failed));
        assert_eq!(decided(&desk), 2);
        assert!(desk.harness.query_by_label_contains("✓ saved").is_none());
        desk.harness.get_by_label("Save a copy…"); // the button of the banner
        let copy = f.path("copy.voxaudit");
        desk.harness.state_mut().apply(Do::Project(ProjectCommand::SaveCopy(copy.clone())));
        desk.until("the window goes on with the copy", |s| s.project.as_ref().is_some_and(|p| p.path == copy && p.lost.is_none()));
        assert_eq!((decided(&desk), desk.state().banner.clone()), (3, None));
        desk.until("the item is shown", |s| s.project.as_ref().unwrap().current.as_ref().is_some_and(|c| c.item.is_some()));
        desk.harness.state_mut().apply(Do::Review(ReviewCommand::ToggleFlag));
        drop(desk);
        let report = verify(&copy).unwrap();
        assert!(report.ok && report.events >= 3, "{:?}", report.problems);
        assert_eq!(path.exists(), replaced, "nothing takes the place of what was deleted");
    }
}

#[test]
fn other_windows_and_network_folders_are_in_the_status_line() {
    let f = Fixture::new();
    let path = f.project(1);
    let mut desk = open(&path);
    assert!(desk.harness.query_by_label("also open in another window").is_none());
    desk.harness.state_mut().apply(Do::Store(StoreMessage::Company(vec!["Eve, process 7 on far".into()])));
    desk.harness.run_steps(2);
    desk.harness.get_by_label("also open in another window");
    desk.harness.state_mut().apply(Do::Store(StoreMessage::OpenFailed {
        path: path.clone(),
        message: "open in the window of Eve".into(),
        leased: true,
    }));
    desk.harness.run_steps(2);
    desk.harness.get_by_label("Try again");
    desk.click("Open anyway");
    desk.until("it opens", |s| s.dialog.is_none() && s.project.as_ref().is_some_and(|p| p.company.is_empty()));
    assert!(desk.harness.query_by_label("network folder").is_none());
}
