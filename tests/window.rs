//! Whole-window flows by key, mouse and accessible name, on the demo project. The project on disk is asked after each decision.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use voxaudit::app::{App, Launch};
use voxaudit::gpu::callback;
use voxaudit::project::Project;
use voxaudit::project::import::{ImportRequest, import};
use voxaudit::project::verify::verify;
use voxaudit::review::{Decision, Reason, Reviewer, Status};
use voxaudit::space::Plane;
use voxaudit::state::{CaseView, Dialog, Mode, PaneKind, Settings, ToastKind};
use voxaudit::volume::Window;

#[allow(dead_code, reason = "each test file uses its part")]
mod common;
use common::*;

#[test]
fn decisions_by_key_reach_the_disk_and_come_back_across_items_and_restarts() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    assert_eq!(desk.current(), 0);
    desk.key(Key::A);
    desk.saved(1, &project);
    assert_eq!((counts(&project), desk.current()), ((1, 0, 0), 1));

    desk.key(Key::R);
    assert_eq!(desk.state().draft.mode, Mode::Reject);
    desk.key(Key::Num4);
    desk.saved(2, &project);
    assert_eq!((counts(&project), desk.current()), ((1, 0, 1), 2));
    let state = Project::open_read_only(&project).unwrap().review_state().unwrap();
    let id = desk.state().project.as_ref().unwrap().items[1].id.clone();
    let reading = state.item(&id).unwrap().by("Ada Reader").unwrap().clone();
    assert!(matches!(reading.decision, Decision::Reject { reason: Reason::WrongSide, .. }));
    assert!(reading.active_seconds >= 0.0 && reading.reviewer.initials == "AR");

    desk.key(Key::E);
    desk.text(" indeed");
    desk.chord(CTRL, Key::Enter);
    assert!(desk.state().toasts.iter().any(|t| t.text.contains("reason")), "an edit needs a reason");
    desk.click("reason: wording");
    desk.chord(CTRL, Key::Enter);
    desk.saved(3, &project);
    assert_eq!(counts(&project), (1, 1, 1));

    desk.chord(CTRL, Key::Z);
    desk.saved(4, &project);
    assert_eq!((counts(&project), desk.current()), ((1, 0, 1), 2), "undo shows the item it concerns");
    assert_eq!(desk.state().project.as_ref().unwrap().decided(), 2);
    drop(desk);

    let mut desk = Desk::ready(&project);
    desk.chord(CTRL, Key::Z);
    desk.saved(5, &project);
    assert_eq!((counts(&project), desk.current()), ((1, 0, 0), 1), "undo goes on after a restart");
    desk.chord(CTRL_SHIFT, Key::Z);
    desk.saved(6, &project);
    desk.chord(CTRL_SHIFT, Key::Z);
    desk.saved(7, &project);
    assert_eq!(counts(&project), (1, 1, 1));
    drop(desk);
    assert!(verify(&project).unwrap().ok);
}

/// A slow frame holds several presses: what is typed after a key that opens a field never runs as shortcuts.
#[test]
fn letters_typed_in_the_frame_of_a_key_that_opens_a_field_decide_nothing() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    for opener in [Key::E, Key::R, Key::Slash] {
        for (key, text) in [(opener, "x"), (Key::A, "a"), (Key::F, "f"), (Key::A, "a")] {
            desk.harness.input_mut().events.push(Event::Key {
                key,
                physical_key: None,
                pressed: true,
                repeat: false,
                modifiers: Modifiers::NONE,
            });
            desk.harness.input_mut().events.push(Event::Text(text.to_owned()));
        }
        desk.harness.run_steps(4);
        desk.key(Key::A);
        desk.key(Key::Escape);
        desk.key(Key::Escape);
    }
    assert_eq!(desk.current(), 0);
    assert!(Project::open_read_only(&project).unwrap().events().unwrap().is_empty());
    assert_eq!(desk.state().project.as_ref().unwrap().queue.query, "", "the key that opens the search is not typed into it");
    let held = |repeat| Event::Key { key: Key::A, physical_key: None, pressed: true, repeat, modifiers: Modifiers::NONE };
    desk.harness.input_mut().events.push(held(false));
    for _ in 0..5 {
        desk.harness.input_mut().events.push(held(true));
    }
    desk.harness.run_steps(4);
    desk.saved(1, &project);
    assert_eq!(counts(&project), (1, 0, 0), "holding a key accepts one item");
}

#[test]
fn notes_and_criteria_wait_on_an_item_that_is_left_and_the_focus_is_given_up_after_a_decision() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.click("unambiguous: no");
    desk.harness.get_by_role_and_label(Role::TextInput, "Note").focus();
    desk.harness.run_steps(2);
    desk.text("see slice 60");
    desk.key(Key::Escape);
    desk.harness.get_by_role_and_label(Role::TextInput, "Note");
    desk.chord(CTRL, Key::F);
    desk.key(Key::Escape);
    desk.key(Key::Escape);
    desk.until("letters are keys", |_| true);
    desk.key(Key::J);
    assert_eq!((desk.current(), desk.state().draft.note.as_str()), (1, ""));
    desk.until("the item is there", |s| s.project.as_ref().unwrap().current.as_ref().unwrap().item.is_some());
    desk.key(Key::K);
    desk.until("the item is there", |s| s.project.as_ref().unwrap().current.as_ref().unwrap().item.is_some());
    assert_eq!(desk.state().draft.note, "see slice 60");
    desk.key(Key::R);
    desk.key(Key::Num0);
    desk.saved(1, &project);
    desk.key(Key::A);
    desk.saved(2, &project);
    assert_eq!(counts(&project), (1, 0, 1), "after a decision the next letter is a key again");
}

#[test]
fn what_another_program_writes_is_shown() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let mut other = Project::open(&project).unwrap();
    let item = other.item(&desk.state().project.as_ref().unwrap().items[0].id).unwrap().unwrap();
    let decision = Decision::Reject { reason: Reason::Wording, criteria: voxaudit::review::Criteria::default(), note: String::new() };
    let event = voxaudit::review::NewEvent {
        reviewer: Reviewer::new("Bob", ""),
        item: item.id.clone(),
        judged: item.text_hash(),
        active_seconds: 1.0,
        image: voxaudit::review::ShownImage::None,
        action: voxaudit::review::Action::Decide(decision),
    };
    other.append(event).unwrap();
    desk.until("Bob's rejection is shown", |s| s.project.as_ref().unwrap().status[0] == Status::Rejected);
}

#[test]
fn items_about_the_real_ct_are_reviewed_on_it() {
    let Some(data) = shared() else { return };
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    std::fs::create_dir_all(at("images")).unwrap();
    std::fs::create_dir_all(at("masks")).unwrap();
    std::fs::copy(data.join("example_ct_sm.nii.gz"), at("images/example_ct_sm.nii.gz")).unwrap();
    std::fs::copy(data.join("example_seg.nii.gz"), at("masks/example_ct_sm.nii.gz")).unwrap();
    let pair = |q: &str, a: &str| format!("{{\"question\": \"{q}\", \"answer\": \"{a}\"}}");
    let pairs = [pair("On which side is the liver?", "Right."), pair("Is the spleen larger than the liver?", "Yes.")].join(",");
    std::fs::write(at("qa.json"), format!("{{\"example_ct_sm.nii.gz\": {{\"qa_pairs\": [{pairs}]}}}}")).unwrap();
    let project = at("real.voxaudit");
    let request = ImportRequest { qa: vec![at("qa.json")], images: vec![at("images")], masks: vec![at("masks")], ..Default::default() };
    let mut made = Project::create(&project).unwrap();
    assert!(import(&mut made, &request, &()).unwrap().imported);
    drop(made);

    let mut desk = Desk::ready(&project);
    let scene = desk.state().project.as_ref().unwrap().scene().unwrap().clone();
    let (volume, labels) = (scene.volume().unwrap(), scene.labels().unwrap());
    let cross = desk.state().viewer.cross;
    let under: Vec<&str> = labels.at(cross).into_iter().map(|i| labels.table[i].name.as_str()).collect();
    assert_eq!(under, ["liver"], "the view goes to what the item names");
    assert!((20.0..120.0).contains(&volume.probe(cross).unwrap().hu));
    let axial = desk.state().viewer.frame(Plane::Axial, voxaudit::space::Convention::Radiological, [400, 400]);
    assert!(axial.project(cross).0 < 0.0, "the liver is on the left of the screen");
    assert!(
        labels.table.iter().find(|l| l.name == "liver").unwrap().truncated
            && !labels.table.iter().find(|l| l.name == "pancreas").unwrap().truncated
    );
    desk.key(Key::A);
    desk.saved(1, &project);
    desk.key(Key::R);
    desk.key(Key::Num2);
    desk.saved(2, &project);
    assert_eq!(counts(&project), (1, 0, 1));
    drop(desk);
    assert!(verify(&project).unwrap().ok);
}

#[test]
fn the_audited_set_is_exported_from_the_window() {
    let (dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.key(Key::A);
    desk.saved(1, &project);
    desk.click("Project menu");
    desk.click("Export…");
    desk.harness.get_by_role_and_label(Role::Button, "Export").click();
    desk.harness.run_steps(3);
    desk.until("it is done", |s| s.toasts.iter().any(|t| t.text.starts_with("Exported 1 item")));
    let out = dir.path().join("demo-audited");
    for name in ["items.jsonl", "items.json", "items.csv", "manifest.json", "README.md"] {
        assert!(out.join(name).is_file(), "{name}");
    }
    desk.click("Project menu");
    desk.click("Verify");
    desk.until("it is done", |s| s.toasts.iter().any(|t| t.text.starts_with("Verified")));
}

#[test]
fn an_edit_keeps_the_original_beside_the_new_text() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.key(Key::E);
    desk.text(" of the patient");
    desk.harness.get_by_label("Edited question");
    assert!(desk.harness.query_by_label_contains("of the patient").is_some(), "the diff is shown while editing");
    desk.key(Key::Escape);
    desk.key(Key::Escape);
    assert_eq!(desk.state().draft.mode, Mode::Read);
    assert_eq!(counts(&project), (0, 0, 0));
}

#[test]
fn accept_refuses_a_criterion_that_is_not_yes_and_other_needs_its_note() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.click("supported: no");
    desk.key(Key::A);
    assert!(desk.state().toasts.iter().any(|t| t.text.contains("supported")));
    desk.key(Key::R);
    desk.key(Key::Num0);
    assert_eq!(counts(&project), (0, 0, 0), "'other' waits for its note");
    desk.text("cut off below");
    desk.key(Key::Enter);
    desk.saved(1, &project);
    let state = Project::open_read_only(&project).unwrap().review_state().unwrap();
    let (_, item) = state.iter().next().unwrap();
    let decision = &item.by("Ada Reader").unwrap().decision;
    assert_eq!((decision.reason(), decision.note()), (Some(Reason::Other), "cut off below"));
    assert_eq!(decision.criteria().supported, Some(voxaudit::review::Tri::No));
}

#[test]
fn letters_are_dead_while_typing_and_search_and_filters_narrow_the_queue() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let all = desk.state().project.as_ref().unwrap().items.len();
    desk.chord(CTRL, Key::F);
    for (key, letter) in [(Key::A, "a"), (Key::O, "o"), (Key::R, "r"), (Key::T, "t"), (Key::A, "a")] {
        desk.harness.key_press(key);
        desk.text(letter);
    }
    desk.until("hits arrive", |s| s.project.as_ref().is_some_and(|p| p.queue.hits.is_some()));
    let p = desk.state().project.as_ref().unwrap();
    assert!(p.queue.query == "aorta" && p.queue.shown > 0 && p.queue.shown < all, "{} of {all}", p.queue.shown);
    assert_eq!(counts(&project), (0, 0, 0), "typing an a accepts nothing");
    desk.click("Clear");
    assert_eq!(desk.state().project.as_ref().unwrap().queue.shown, all);

    desk.key(Key::Escape);
    desk.key(Key::F);
    desk.until("the flag is saved", |s| s.project.as_ref().is_some_and(|p| p.saved_at.is_some()));
    desk.click("flagged");
    assert_eq!(desk.state().project.as_ref().unwrap().queue.shown, 1);
    desk.click("flagged");
    desk.click("image");
    let p = desk.state().project.as_ref().unwrap();
    assert_eq!(p.queue.shown, p.items.iter().filter(|i| i.has_image).count());
}

#[test]
fn stepping_through_the_queue_reads_cases_and_reports() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.key(Key::J);
    desk.key(Key::ArrowDown);
    desk.key(Key::K);
    assert_eq!(desk.current(), 1);
    desk.until("the next case is read ahead", |s| s.project.as_ref().is_some_and(|p| p.is_cached("phantom_b")));
    let report_only = desk.state().project.as_ref().unwrap().items.iter().position(|i| !i.has_image).unwrap();
    for _ in 1..report_only {
        desk.key(Key::J);
    }
    desk.until("the report stands in the image's place", |s| {
        s.project.as_ref().is_some_and(|p| matches!(p.case, CaseView::NoImage { .. }))
    });
    desk.harness.get_by_label("Add images…");
    desk.harness.get_by_label("Report");
}

#[test]
fn the_mouse_scrolls_zooms_pans_windows_and_maximises() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let at = desk.pane(Plane::Coronal).center();
    let before = desk.state().viewer.slice_number(Plane::Coronal).unwrap().0;
    desk.wheel(at, 3.0, Modifiers::NONE);
    assert_eq!(desk.state().viewer.slice_number(Plane::Coronal).unwrap().0, before + 3);
    desk.wheel(at, 2.0, CTRL);
    assert!(desk.state().viewer.panes[Plane::Coronal as usize].zoom > 1.2);
    assert_eq!(desk.state().viewer.panes[Plane::Axial as usize].zoom, 1.0);
    desk.drag(at, vec2(30.0, 10.0), PointerButton::Middle, Modifiers::NONE);
    let pan = desk.state().viewer.panes[Plane::Coronal as usize].pan_mm;
    assert!(pan.0 < 0.0, "the image follows the hand: {pan:?}");
    desk.drag(at, vec2(30.0, 0.0), PointerButton::Primary, Modifiers::SHIFT);
    assert!(desk.state().viewer.panes[Plane::Coronal as usize].pan_mm.0 < pan.0);
    let zoom = desk.state().viewer.panes[Plane::Coronal as usize].zoom;
    desk.drag(at, vec2(0.0, -40.0), PointerButton::Secondary, Modifiers::NONE);
    assert!(desk.state().viewer.panes[Plane::Coronal as usize].zoom > zoom);

    let cross = desk.state().viewer.cross;
    desk.drag(desk.pane(Plane::Axial).center(), vec2(40.0, 25.0), PointerButton::Primary, Modifiers::NONE);
    let moved = desk.state().viewer.cross;
    assert!(moved.0.x < cross.0.x || moved.0.y < cross.0.y, "right is the patient's left, down is posterior");
    assert_eq!(moved.0.z, cross.0.z);

    desk.key(Key::W);
    let w = desk.state().viewer.window;
    desk.drag(at, vec2(40.0, -20.0), PointerButton::Primary, Modifiers::NONE);
    let dragged = desk.state().viewer.window;
    assert!(dragged.width > w.width && dragged.level > w.level, "right is wider, up is brighter: {dragged:?}");
    assert!(!desk.state().viewer.window_armed);
    desk.key(Key::Num0);
    assert_eq!(desk.state().viewer.panes[Plane::Coronal as usize].zoom, 1.0);

    let at = desk.pane(Plane::Sagittal).center();
    desk.pointer(at);
    for pressed in [true, false, true, false] {
        desk.harness.event(Event::PointerButton { pos: at, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE });
        desk.harness.step();
    }
    assert_eq!(desk.state().viewer.maximised, Some(PaneKind::Slice(Plane::Sagittal)));
    desk.key(Key::Escape);
    assert_eq!(desk.state().viewer.maximised, None);
}

#[test]
fn every_image_and_mask_key_does_what_the_table_says() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    for (key, width, level) in
        [(Key::Num2, 1500.0, -600.0), (Key::Num3, 2500.0, 480.0), (Key::Num7, 600.0, 300.0), (Key::Num1, 400.0, 40.0)]
    {
        desk.key(key);
        assert_eq!(desk.state().viewer.window, Window { width, level });
    }
    desk.key(Key::Num8);
    assert!(desk.state().viewer.window.width > 1000.0);
    let at = desk.pane(Plane::Sagittal).center();
    desk.pointer(at);
    desk.harness.step();
    let number = |desk: &Desk| desk.state().viewer.slice_number(Plane::Sagittal).unwrap();
    let (start, count) = number(&desk);
    desk.key(Key::PageUp);
    assert_eq!(number(&desk).0, start + 1);
    desk.key(Key::PageDown);
    desk.key(Key::PageDown);
    assert_eq!(number(&desk).0, start - 1);
    desk.key(Key::End);
    let last = number(&desk).0;
    desk.key(Key::Home);
    assert!(last > number(&desk).0 && last <= count as i64);
    for key in [Key::H, Key::O, Key::X, Key::I] {
        let before = format!(
            "{:?}",
            (desk.state().viewer.masks, desk.state().viewer.outline_only, desk.state().viewer.crosshair, desk.state().viewer.interpolation)
        );
        desk.key(key);
        let after = format!(
            "{:?}",
            (desk.state().viewer.masks, desk.state().viewer.outline_only, desk.state().viewer.crosshair, desk.state().viewer.interpolation)
        );
        assert_ne!(before, after, "{key:?}");
        desk.key(key);
    }
    let opacity = desk.state().viewer.opacity;
    desk.key(Key::CloseBracket);
    assert!(desk.state().viewer.opacity > opacity);
    desk.key(Key::OpenBracket);
    let before = desk.state().viewer.cross;
    desk.key(Key::Period);
    assert_ne!(desk.state().viewer.cross, before, "the next structure that the item names");
    desk.key(Key::Backslash);
    assert!(!desk.state().settings.layout.left_open);
    desk.key(Key::Backslash);
    desk.chord(Modifiers::SHIFT, Key::Backslash);
    assert!(!desk.state().settings.layout.right_open);
}

#[test]
fn structures_are_found_hidden_and_jumped_to() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.click("Find a structure");
    desk.text("left kid");
    assert!(desk.harness.query_by_label("go to spleen").is_none());
    desk.harness.get_by_label("Find a structure").focus();
    desk.chord(CTRL, Key::A);
    desk.key(Key::Backspace);
    desk.text("spleen");
    desk.click("go to spleen");
    let p = desk.state().project.as_ref().unwrap();
    let scene = p.scene().unwrap().clone();
    let labels = scene.labels().unwrap();
    let under: Vec<&str> = labels.at(desk.state().viewer.cross).into_iter().map(|i| labels.table[i].name.as_str()).collect();
    assert_eq!(under, ["spleen"]);
    let visible = |desk: &Desk, index| desk.state().viewer.structures.is_visible(index);
    let spleen = labels.table.iter().position(|l| l.name == "spleen").unwrap();
    assert!(!visible(&desk, spleen), "the item names another structure");
    desk.click("show spleen");
    assert!(visible(&desk, spleen));
    desk.click("show spleen");
    assert!(!visible(&desk, spleen));
}

#[test]
fn help_lists_every_key_and_keys_can_be_changed() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.chord(Modifiers::SHIFT, Key::Questionmark);
    assert_eq!(desk.state().dialog, Some(Dialog::Keys));
    for row in voxaudit::ui::KEYS {
        assert!(desk.harness.query_by_label(&format!("change the key for {}", row.name)).is_some(), "{}", row.name);
    }
    desk.click("change the key for accept");
    desk.key(Key::R);
    assert!(desk.state().toasts.iter().any(|t| t.text.contains("already used")), "a clash is refused");
    desk.click("change the key for accept");
    desk.key(Key::Q);
    desk.key(Key::Escape);
    assert_eq!(desk.state().dialog, None);
    desk.key(Key::Q);
    desk.saved(1, &project);
    assert_eq!(counts(&project), (1, 0, 0));
}

#[test]
fn the_reviewer_is_asked_for_once_and_decisions_wait_for_the_answer() {
    let (_dir, project) = demo();
    let launch = Launch { project: Some(project.clone()), settings: Some(Settings::default()), ..Launch::default() };
    let mut desk = Desk::launch(launch);
    desk.until("the reviewer is asked for", |s| matches!(s.dialog, Some(Dialog::Reviewer { .. })));
    desk.key(Key::Enter);
    assert!(desk.state().reviewer.is_none(), "a name is needed");
    desk.harness.get_by_role_and_label(Role::TextInput, "Name").focus();
    desk.harness.run_steps(2);
    desk.text("Grace Hopper");
    desk.key(Key::Enter);
    assert_eq!(desk.state().reviewer, Some(Reviewer { name: "Grace Hopper".into(), initials: "GH".into() }));
    desk.until("the item is there", |s| s.project.as_ref().is_some_and(|p| p.current.as_ref().is_some_and(|c| c.item.is_some())));
    desk.key(Key::A);
    desk.saved(1, &project);
    let events = Project::open_read_only(&project).unwrap().events().unwrap();
    assert_eq!(events[0].reviewer.name, "Grace Hopper");
}

#[test]
fn a_locked_project_refuses_in_words_and_the_decision_can_be_saved_again() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let lock = rusqlite::Connection::open(&project).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    desk.key(Key::A);
    assert_eq!(desk.current(), 1, "the window does not wait for the disk");
    let id = desk.state().project.as_ref().unwrap().items[0].id.clone();
    desk.until("the refusal arrives", |s| s.toasts.iter().any(|t| t.kind == ToastKind::Error && t.text.contains("NOT saved")));
    assert!(desk.state().project.as_ref().unwrap().pending[&id].failed);
    assert_eq!(counts(&project), (0, 0, 0));
    lock.execute_batch("ROLLBACK").unwrap();
    desk.click("Save again");
    desk.saved(1, &project);
    assert_eq!(counts(&project), (1, 0, 0));
}

#[test]
fn a_read_only_project_can_be_looked_at_and_says_why_it_takes_no_decision() {
    let (_dir, project) = demo();
    let mut permissions = std::fs::metadata(&project).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&project, permissions).unwrap();
    let mut desk = Desk::ready(&project);
    assert!(desk.state().banner.as_ref().unwrap().contains("read-only"));
    desk.key(Key::A);
    assert!(desk.state().toasts.iter().any(|t| t.text.contains("read-only")));
    assert_eq!(counts(&project), (0, 0, 0));
}

#[test]
fn a_broken_image_leaves_report_and_review_working() {
    let (dir, project) = demo();
    let image = std::fs::read_dir(dir.path().join("data/images")).unwrap().map(|e| e.unwrap().path()).min().unwrap();
    std::fs::write(&image, b"not a volume").unwrap();
    let mut desk = Desk::open(&project);
    desk.until("the failure is shown", |s| s.project.as_ref().is_some_and(|p| matches!(p.case, CaseView::Failed(_))));
    let CaseView::Failed(message) = &desk.state().project.as_ref().unwrap().case else { unreachable!() };
    assert!(message.contains("phantom_a"), "{message}");
    desk.harness.get_by_label("Try again");
    desk.key(Key::A);
    desk.saved(1, &project);
}

#[test]
fn nonsense_instead_of_a_project_leaves_the_start_screen_with_a_message() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.voxaudit");
    std::fs::write(&file, b"hello").unwrap();
    let mut desk = Desk::open(&file);
    desk.until("the refusal arrives", |s| s.toasts.iter().any(|t| t.kind == ToastKind::Error));
    assert!(desk.state().project.is_none());
    for label in ["Open demo", "New project…", "Open…"] {
        desk.harness.get_by_label(label);
    }
    desk.click("Dismiss message");
    assert_eq!(desk.state().toasts.iter().count(), 0, "errors stay until they are read");
}

#[test]
fn a_hundred_thousand_items_draw_only_what_is_visible() {
    let dir = tempfile::tempdir().unwrap();
    let qa = dir.path().join("qa.jsonl");
    let row = |n: usize| format!("{{\"case_id\":\"case_{}\",\"question\":\"Where is lesion {n}?\",\"answer\":\"left\"}}\n", n / 10);
    std::fs::write(&qa, (0..100_000).map(row).collect::<String>()).unwrap();
    let path = dir.path().join("big.voxaudit");
    let mut project = Project::create(&path).unwrap();
    assert!(import(&mut project, &ImportRequest { qa: vec![qa], ..Default::default() }, &()).unwrap().imported);
    drop(project);
    let mut desk = Desk::open(&path);
    desk.until("it is open", |s| s.project.as_ref().is_some_and(|p| p.items.len() == 100_000));
    let drawn = |desk: &Desk| desk.harness.get_all_by_role(Role::ListBoxOption).count();
    assert!((10..60).contains(&drawn(&desk)), "{}", drawn(&desk));
    for _ in 0..3 {
        desk.key(Key::J);
    }
    assert_eq!(desk.state().project.as_ref().unwrap().status[3], Status::Undecided);
    desk.until("item 3 is there", |s| s.project.as_ref().unwrap().current.as_ref().is_some_and(|c| c.index == 3));
}

#[test]
fn the_window_looks_as_it_did() {
    let Some(adapter) = adapter() else { return };
    if !adapter.contains("llvmpipe") {
        println!("skipped: snapshots are compared on llvmpipe, this is {adapter}");
        return;
    }
    let (_dir, project) = demo();
    let launch = Launch {
        project: Some(project),
        reviewer: Some(Reviewer::new("Ada Reader", "AR")),
        settings: Some(Settings::default()),
        ..Launch::default()
    };
    let harness = Harness::builder().with_size(vec2(1280.0, 800.0)).wgpu().build_eframe(|cc| {
        callback::install(cc.wgpu_render_state.as_ref().unwrap()).unwrap();
        App::new(&cc.egui_ctx, launch)
    });
    let mut desk = Desk { harness };
    desk.until("the case is on screen", |s| s.project.as_ref().is_some_and(|p| matches!(p.case, CaseView::Ready { .. })));
    let uploaded = |desk: &Desk| desk.state().project.as_ref().unwrap().scene().unwrap().uploaded();
    while uploaded(&desk) < 1.0 {
        desk.harness.step();
        desk.harness.render().unwrap();
    }
    desk.until("reading ahead is done", |s| s.project.as_ref().unwrap().is_cached("phantom_b"));
    desk.draw_all();
    desk.harness.snapshot("review");
}
