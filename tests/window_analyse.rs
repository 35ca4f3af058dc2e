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
