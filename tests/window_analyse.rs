//! The Analyse workspace by key, mouse and accessible name: charts are computed, a point shows its items in the queue, changes are told.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use egui::Key;
use egui_kittest::kittest::{NodeT, Queryable};
use std::sync::Arc;
use voxaudit::state::{AnalysesCommand, ChartFile, ChartFormat, Command, Workspace};

#[allow(dead_code, reason = "each test file uses its part")]
mod common;
use common::*;

fn analysing(project: &std::path::Path) -> Desk {
    let mut desk = Desk::ready(project);
    desk.key(Key::Tab);
    desk.until("answers are read", |s| s.answers.rows.is_some());
    desk.key(Key::Tab);
    assert_eq!(desk.state().workspace, Workspace::Analyse);
    desk.until("charts are computed", |s| s.analyses.charts.is_some() && !s.analyses.making);
    desk
}

/// The accessible name of the first thing whose name begins so.
fn first(desk: &Desk, prefix: &str) -> String {
    let mut all = desk.harness.query_all_by(|n| n.label().is_some_and(|l| l.starts_with(prefix)));
    all.next().unwrap_or_else(|| panic!("nothing is named '{prefix}…'")).accesskit_node().label().unwrap()
}

#[test]
fn a_click_on_a_chart_fills_the_queue_with_its_items() {
    let (_dir, project) = demo();
    let mut desk = analysing(&project);
    desk.harness.get_by_label("What the data is");
    desk.harness.get_by_label("chart: Questions: by task");
    let bar = first(&desk, "Questions: by task · ");
    let n: usize = bar.rsplit(' ').next().unwrap().parse().unwrap();
    desk.harness.get_by_label(&bar).click();
    desk.harness.run_steps(3);
    let queue = &desk.state().project.as_ref().unwrap().queue;
    assert_eq!((desk.state().workspace, queue.shown), (Workspace::Review, n), "{bar}");
    assert!(n > 0 && n < desk.state().project.as_ref().unwrap().items.len());
    let filter = first(&desk, "take the filter away: Questions: by task");
    desk.harness.get_by_label(&filter).click();
    desk.harness.run_steps(3);
    let p = desk.state().project.as_ref().unwrap();
    assert_eq!(p.queue.shown, p.items.len(), "every item is shown again");
}

#[test]
fn points_about_models_lead_to_compare_and_a_chart_can_be_saved() {
    let (dir, project) = demo();
    let mut desk = analysing(&project);
    let charts = desk.state().analyses.charts.clone().unwrap();
    let chart = charts.charts.iter().find(|c| c.id == "accuracy-task").unwrap();
    let items = chart.grid().unwrap().point(0, 1).items.len();
    desk.harness.state_mut().apply(Command::Analyses(AnalysesCommand::Show { chart: Arc::clone(chart), row: 0, column: 1 }));
    desk.harness.run_steps(3);
    assert_eq!(desk.state().workspace, Workspace::Compare);
    assert_eq!(desk.state().project.as_ref().unwrap().queue.shown, items);

    for format in ChartFormat::ALL {
        let file = ChartFile { chart: Arc::clone(chart), format };
        let path = dir.path().join(file.file_name());
        desk.harness.state_mut().apply(Command::Analyses(AnalysesCommand::Chosen { file, path: path.clone() }));
        desk.until("the chart is written", |s| path.exists() && s.jobs.is_empty());
        assert!(std::fs::metadata(&path).unwrap().len() > 300, "{}", path.display());
    }
}

#[test]
fn a_decision_makes_charts_stale_and_coming_back_computes_them_anew() {
    let (_dir, project) = demo();
    let mut desk = analysing(&project);
    let before = desk.state().analyses.charts.clone().unwrap();
    assert!(!desk.state().analyses.stale());
    desk.key(Key::A); // does nothing here
    assert_eq!(desk.state().project.as_ref().unwrap().decided(), 0);
    desk.key(Key::Tab);
    assert_eq!(desk.state().workspace, Workspace::Review);
    desk.key(Key::A);
    desk.saved(1, &project);
    desk.until("the change is noticed", |s| s.analyses.stale());
    desk.key(Key::Tab);
    desk.key(Key::Tab);
    desk.until("charts are computed anew", |s| s.analyses.charts.as_ref().is_some_and(|c| !Arc::ptr_eq(c, &before)));
    let charts = desk.state().analyses.charts.clone().unwrap();
    let status = charts.charts.iter().find(|c| c.id == "review-status").unwrap();
    assert_eq!(status.grid().unwrap().point(0, 0).value, Some(1.0), "one item is accepted");
    assert!(!desk.state().analyses.stale());
}

/// Places of a chart and of its first point, by their accessible names.
fn places(desk: &Desk, chart: &str, point: &str) -> (egui::Rect, egui::Rect) {
    let of = |label: &str| desk.harness.get_by_label(label).rect();
    (of(&format!("chart: {chart}")), of(point))
}

/// A demo with the chart of tasks in sight, and the name of its first point.
fn tasks() -> (tempfile::TempDir, Desk, String) {
    let (dir, project) = demo();
    let desk = analysing(&project);
    let point = first(&desk, "Questions: by task · ");
    (dir, desk, point)
}

const TASKS: &str = "Questions: by task";

impl Desk {
    fn still(&mut self) {
        self.pointer(egui::pos2(4.0, 4.0));
        self.harness.run_steps(30);
    }

    fn press(&mut self, at: egui::Pos2, times: usize) {
        self.pointer(at);
        for pressed in [true, false].repeat(times) {
            let (button, modifiers) = (egui::PointerButton::Primary, egui::Modifiers::NONE);
            self.harness.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers });
            self.harness.step();
        }
        self.harness.run_steps(3);
    }
}

#[test]
fn ctrl_and_the_wheel_enlarge_a_chart_whose_points_stay_what_they_are() {
    let (_dir, mut desk, point) = tasks();
    let (chart, bar) = places(&desk, TASKS, &point);
    assert!(desk.harness.query_by_label("Reset zoom of Questions: by task").is_none(), "there is nothing to reset");
    let cursor = bar.left_center() + egui::vec2(10.0, 0.0);
    desk.wheel(cursor, 3.0, CTRL);
    desk.still();
    let (same, larger) = places(&desk, TASKS, &point);
    assert_eq!(same, chart, "neither the frame nor the page moves");
    assert!(larger.height() > 1.2 * bar.height() && larger.contains(cursor), "{bar:?} {larger:?}");
    assert!(chart.contains_rect(larger), "points do not reach out of the frame: {larger:?}");
    desk.harness.get_by_label("Reset zoom of Questions: by task");

    let n: usize = point.rsplit(' ').next().unwrap().parse().unwrap();
    desk.press(cursor, 1);
    let queue = &desk.state().project.as_ref().unwrap().queue;
    assert_eq!((desk.state().workspace, queue.shown), (Workspace::Review, n), "{point}");
}

#[test]
fn the_wheel_alone_scrolls_the_page_and_a_drag_of_a_whole_chart_does_nothing() {
    let (_dir, mut desk, point) = tasks();
    let (chart, bar) = places(&desk, TASKS, &point);
    desk.drag(bar.center(), egui::vec2(60.0, 8.0), egui::PointerButton::Primary, egui::Modifiers::NONE);
    desk.still();
    assert_eq!(places(&desk, TASKS, &point), (chart, bar));
    desk.wheel(bar.center(), -1.0, egui::Modifiers::NONE);
    desk.still();
    let (moved, of_same_size) = places(&desk, TASKS, &point);
    assert!(moved.top() < chart.top() - 10.0, "{chart:?} {moved:?}");
    assert_eq!(of_same_size.size(), bar.size(), "it is not enlarged");
}

#[test]
fn what_is_enlarged_can_be_moved_and_a_double_click_shows_the_whole_again() {
    let (_dir, mut desk, point) = tasks();
    let (chart, bar) = places(&desk, TASKS, &point);
    let names = egui::pos2(chart.left() + 4.0, bar.center().y);
    let enlarge = |desk: &mut Desk| {
        desk.wheel(names, 6.0, CTRL);
        desk.still();
    };
    enlarge(&mut desk);
    let (_, larger) = places(&desk, TASKS, &point);
    assert!(larger.left() > bar.left() + 20.0, "{larger:?}");

    desk.drag(larger.left_center() + egui::vec2(12.0, 0.0), egui::vec2(-20.0, 0.0), egui::PointerButton::Primary, egui::Modifiers::NONE);
    desk.still();
    assert_eq!(desk.state().workspace, Workspace::Analyse, "a drag that begins on a point is no click");
    let (frame, moved) = places(&desk, TASKS, &point);
    assert!((moved.left() - larger.left() + 20.0).abs() < 1.5, "{larger:?} {moved:?}");
    assert_eq!(frame, chart);
    desk.drag(names, egui::vec2(900.0, 500.0), egui::PointerButton::Primary, egui::Modifiers::NONE);
    desk.still();
    let (_, at_the_edge) = places(&desk, TASKS, &point);
    assert!(at_the_edge.left() < chart.right() && at_the_edge.height() > 10.0, "it cannot be dragged out of its frame: {at_the_edge:?}");

    desk.press(names, 2);
    desk.still();
    assert_eq!(places(&desk, TASKS, &point), (chart, bar));
    enlarge(&mut desk);
    desk.click("Reset zoom of Questions: by task");
    desk.still();
    assert_eq!(places(&desk, TASKS, &point), (chart, bar));
}

#[test]
fn a_point_that_has_the_focus_is_opened_by_a_key() {
    let (_dir, mut desk, point) = tasks();
    let (_, bar) = places(&desk, TASKS, &point);
    desk.wheel(bar.left_center() + egui::vec2(10.0, 0.0), 3.0, CTRL);
    desk.still();
    desk.harness.get_by_label(&point).focus();
    desk.harness.run_steps(2);
    desk.key(Key::Enter);
    desk.harness.run_steps(3);
    let n: usize = point.rsplit(' ').next().unwrap().parse().unwrap();
    assert_eq!((desk.state().workspace, desk.state().project.as_ref().unwrap().queue.shown), (Workspace::Review, n));
}
