//! What a keyboard alone reaches: the judges' reasoning, the search field of a hidden queue, the last of 65,000 structures.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use voxaudit::app::Launch;
use voxaudit::state::{AnswersCommand, Command, Settings, Workspace};

#[allow(dead_code, reason = "each test file uses its part")]
mod common;
use common::*;

const SHIFT: Modifiers = Modifiers::SHIFT;

/// Places of labels with this text.
fn written(desk: &Desk, text: &str) -> Vec<egui::Rect> {
    desk.harness.query_all_by(|n| n.role() == Role::Label && n.value().as_deref() == Some(text)).map(|n| n.rect()).collect()
}

fn reason(desk: &Desk, judge: usize) -> String {
    desk.state().answers.selected_row().unwrap().view.verdicts[judge].reasoning.clone().unwrap()
}

/// Gives the answers on screen other verdicts.
fn rewrite(desk: &mut Desk, change: impl Fn(&mut Vec<voxaudit::project::Verdict>)) {
    let generation = desk.state().project.as_ref().unwrap().generation;
    let mut rows = desk.state().answers.rows.clone().unwrap();
    rows.iter_mut().for_each(|r| change(&mut r.view.verdicts));
    desk.harness.state_mut().apply(Command::Answers(AnswersCommand::Arrived { generation, rows }));
    desk.harness.run_steps(4);
}

#[test]
fn a_judges_reasoning_is_written_out_by_key_and_stays_so_from_item_to_item() {
    let (_dir, project) = demo();
    let mut desk = Desk::comparing(&project);
    assert_eq!(written(&desk, &reason(&desk, 1)).len(), 0, "only a tooltip tells it at first");
    desk.chord(SHIFT, Key::V);
    assert_eq!(written(&desk, "no reasoning given").len(), 1, "the first judge of the demo gives none");
    for judge in 1..3 {
        assert!(!written(&desk, &reason(&desk, judge)).is_empty(), "judge {judge}");
    }
    desk.chord(SHIFT, Key::J);
    assert_eq!(desk.state().answers.selected, 1);
    assert!(!written(&desk, &reason(&desk, 1)).is_empty(), "of the answer that is selected");
    desk.key(Key::J);
    desk.until("the next item's answers are here", |s| s.answers.rows.is_some());
    assert!(!written(&desk, &reason(&desk, 1)).is_empty(), "of the next item");
    desk.chord(SHIFT, Key::V);
    assert_eq!(written(&desk, &reason(&desk, 1)).len(), 0);
}

#[test]
fn a_click_on_a_verdict_selects_the_answer_and_writes_its_reasoning_out() {
    let (_dir, project) = demo();
    let mut desk = Desk::comparing(&project);
    let second =
        |desk: &Desk| desk.harness.query_all_by(|n| n.label().is_some_and(|l| l.starts_with("judge juror-a: "))).nth(1).unwrap().rect();
    let click = |desk: &mut Desk| {
        let at = second(desk).center();
        desk.drag(at, egui::Vec2::ZERO, egui::PointerButton::Primary, Modifiers::NONE);
        desk.pointer(egui::pos2(5.0, 5.0));
        desk.harness.run_steps(3);
    };
    click(&mut desk);
    assert!(desk.state().answers.selected == 1 && desk.state().answers.reasons);
    assert!(!written(&desk, &reason(&desk, 1)).is_empty());
    click(&mut desk);
    assert!(desk.state().answers.selected == 1 && !desk.state().answers.reasons, "the second click on it closes them");
}

#[test]
fn missing_and_long_reasoning_and_answers_without_a_judge_say_so() {
    let (_dir, project) = demo();
    let mut desk = Desk::comparing(&project);
    desk.chord(SHIFT, Key::V);
    rewrite(&mut desk, |verdicts| verdicts[0].reasoning = Some("  ".to_owned()));
    assert_eq!(written(&desk, "no reasoning given").len(), 1, "a blank one is none");
    let long = "The spleen lies to the patient's left of the stomach in every slice. ".repeat(20);
    rewrite(&mut desk, |verdicts| verdicts.iter_mut().for_each(|v| v.reasoning = Some(long.clone())));
    let places = written(&desk, long.trim());
    let right = desk.harness.ctx.content_rect().right();
    assert!(!places.is_empty() && places.iter().all(|r| r.right() < right - 8.0 && r.height() > 60.0), "it wraps: {places:?}");
    // What does not fit is reached by key.
    let before = places[0].top();
    desk.chord(SHIFT, Key::PageDown);
    desk.harness.run_steps(40);
    let after = desk
        .harness
        .query_all_by(|n| n.role() == Role::Label && n.value().as_deref() == Some(long.trim()))
        .map(|n| n.rect().top())
        .fold(f32::MAX, f32::min);
    assert!(after < before - 60.0, "{before} → {after}");
    desk.chord(SHIFT, Key::PageUp);
    desk.harness.run_steps(40);
    assert!((written(&desk, long.trim())[0].top() - before).abs() < 2.0);
    rewrite(&mut desk, Vec::clear);
    assert_eq!(written(&desk, "No judge has given a verdict on this answer.").len(), 1);
}

#[test]
fn blind_the_reasoning_is_told_only_after_the_own_word() {
    let (_dir, project) = demo();
    let mut desk = Desk::comparing(&project);
    desk.harness.state_mut().apply(Command::Answers(AnswersCommand::Blind(true)));
    desk.harness.run_steps(3);
    desk.chord(SHIFT, Key::V);
    assert!(!desk.state().answers.reasons);
    assert!(desk.state().toasts.iter().any(|t| t.text.contains("once you have judged")));
    desk.key(Key::A);
    desk.until("it is on disk", |s| s.answers.unsaved.is_empty() && s.answers.rows.is_some());
    desk.chord(SHIFT, Key::V);
    assert!(!written(&desk, &reason(&desk, 1)).is_empty());
}

fn searching(desk: &Desk) -> bool {
    desk.harness.query_all_by(|n| n.role() == Role::SearchInput && n.label().as_deref() == Some("Search") && n.is_focused()).count() == 1
}

#[test]
fn the_slash_brings_the_hidden_queue_with_the_focus_in_its_search_field() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    // Hidden by its key; without room for it beside the item. On some keyboards a slash needs Shift.
    for (hide, size, slash) in
        [(true, [1280.0, 800.0], Modifiers::NONE), (false, [700.0, 600.0], SHIFT), (true, [700.0, 600.0], Modifiers::NONE)]
    {
        desk.harness.set_size(size.into());
        desk.harness.run_steps(3);
        if hide {
            desk.key(Key::Backslash);
            assert!(desk.harness.query_by_label("Search").is_none());
        }
        desk.chord(slash, Key::Slash);
        desk.harness.run_steps(3);
        assert!(searching(&desk), "{size:?}");
        desk.text("liver");
        assert_eq!(desk.state().project.as_ref().unwrap().queue.query, "liver", "what is typed goes there");
        desk.key(Key::Escape);
        desk.harness.run_steps(2);
    }
    desk.harness.set_size([1280.0, 800.0].into());
    desk.harness.state_mut().apply(Command::Workspace(Workspace::Analyse));
    desk.harness.run_steps(3);
    desk.key(Key::Slash);
    desk.harness.run_steps(3);
    assert!(searching(&desk) && desk.state().workspace == Workspace::Review);
}

#[test]
fn the_start_screen_is_as_large_as_the_settings_say_and_its_keys_change_that() {
    let config = tempfile::tempdir().unwrap();
    for scale in [0.8, 1.0, 2.0] {
        let recent = (0..8).map(|n| config.path().join(format!("study-{n}.voxaudit"))).collect();
        let settings = Settings { text_scale: scale, recent, ..Settings::default() };
        let mut desk = Desk::launch(Launch { settings: Some(settings), blank: true, ..Launch::default() });
        desk.harness.run_steps(4);
        assert_eq!(desk.harness.ctx.zoom_factor(), scale);
        let button = desk.harness.get_by_label("Open demo").rect().height() * desk.harness.ctx.pixels_per_point();
        assert!((button / scale - 32.0).abs() < 2.0, "{button} pixels at {scale}");
        desk.chord(CTRL, Key::Plus);
        desk.harness.run_steps(3);
        let larger = if scale == 2.0 { 2.0 } else { scale + 0.1 };
        assert!((desk.harness.ctx.zoom_factor() - larger).abs() < 1e-3, "larger by a key");
        desk.chord(CTRL, Key::Num0);
        desk.harness.run_steps(3);
        assert_eq!(desk.harness.ctx.zoom_factor(), 1.0);
    }
}
