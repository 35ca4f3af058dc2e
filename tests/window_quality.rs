//! Faults of the data and human judgements in the window: the switch of the Analyse workspace, each score with and without, and what reviewers
//! say beside every jury score.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use egui::Key;
use egui_kittest::kittest::{NodeT, Queryable};
use serde_json::Value;
use std::path::Path;
use std::process::Command as Process;
use std::sync::Arc;
use voxaudit::analyse::{Chart, Grid};
use voxaudit::score::{Cleaning, Fault};
use voxaudit::state::{Charts, Workspace};

#[allow(dead_code, reason = "each test file uses its part")]
mod common;
use common::*;

fn scored(project: &Path, more: &[&str]) -> Value {
    let mut command = Process::new(env!("CARGO_BIN_EXE_voxaudit"));
    let out = command.args(["score", project.to_str().unwrap(), "--json", "--replicates", "0"]).args(more).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

fn analysing(desk: &mut Desk) -> Arc<Charts> {
    while desk.state().workspace != Workspace::Analyse {
        desk.key(Key::Tab);
    }
    desk.until("charts are computed", |s| s.analyses.charts.is_some() && !s.analyses.making && !s.analyses.stale());
    desk.state().analyses.charts.clone().unwrap()
}

fn grid<'a>(charts: &'a [Arc<Chart>], id: &str) -> &'a Grid {
    charts.iter().find(|c| c.id == id).and_then(|c| c.grid()).unwrap_or_else(|| panic!("no chart {id}"))
}

/// The accessible name of the first thing whose name begins so.
fn first(desk: &Desk, prefix: &str) -> String {
    let name = |n: &egui_kittest::kittest::AccessKitNode<'_>| n.label().or_else(|| n.value());
    let mut all = desk.harness.query_all_by(|n| name(n).is_some_and(|l| l.starts_with(prefix)));
    name(&all.next().unwrap_or_else(|| panic!("nothing is named '{prefix}…'")).accesskit_node()).unwrap()
}

fn near(found: Option<f64>, expected: &Value, what: &str) {
    match (found, expected.as_f64()) {
        (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-12, "{what}: {found}, expected {expected}"),
        (found, expected) => assert_eq!(found, expected, "{what}"),
    }
}

#[test]
fn the_switch_cleans_the_data_and_every_score_stands_with_and_without() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let imported = analysing(&mut desk);
    assert_eq!(
        (imported.cleaning, imported.faults(Fault::ParseErrors) > 0, imported.faults(Fault::EmptyAnswers) > 0),
        (Cleaning::NONE, true, true)
    );
    let report = scored(&project, &[]);
    let effects = grid(&imported.charts, "quality-jury");
    for (row, model) in effects.rows.names.iter().enumerate() {
        let own = report["models"][model]["data_quality"]["effects"].as_array().unwrap();
        near(effects.point(row, 0).value, &own[0]["jury"]["imported"], model);
        for (column, name) in effects.columns.names.iter().enumerate().skip(1).step_by(2) {
            let of = own.iter().find(|e| e["cleaning"].as_array().unwrap().len() == 1 && name_of(&e["cleaning"][0]) == *name);
            let Some(of) = of else { continue };
            near(effects.point(row, column).value, &of["jury"]["cleaned"], &format!("{model}, {name}"));
            near(effects.point(row, column + 1).value, &of["jury"]["difference"], &format!("{model}, {name}: difference"));
        }
    }

    let n = imported.faults(Fault::EmptyAnswers);
    desk.click(&format!("without empty answers ({n})"));
    desk.until("charts are computed anew", |s| {
        s.analyses.charts.as_ref().is_some_and(|c| c.cleaning != Cleaning::NONE) && !s.analyses.making
    });
    let cleaned = desk.state().analyses.charts.clone().unwrap();
    assert_eq!(cleaned.cleaning, Cleaning::of(&[Fault::EmptyAnswers]));
    let after = scored(&project, &["--exclude-empty-answers"]);
    let (was, is) = (grid(&imported.charts, "accuracy-task"), grid(&cleaned.charts, "accuracy-task"));
    let mut fewer = 0;
    for (row, model) in is.rows.names.iter().enumerate().take(is.levels) {
        for (column, task) in is.columns.names.iter().enumerate().skip(1) {
            near(is.point(row, column).value, &after["models"][model]["by_task"][task]["accuracy"], &format!("{model} {task}"));
        }
        fewer += was.point(row, 0).n - is.point(row, 0).n;
    }
    assert_eq!(fewer, n, "an empty answer with a ruling is one n less");
    assert_eq!(cleaned.faults(Fault::EmptyAnswers), n, "faults are counted in what was imported");
    assert_eq!(grid(&cleaned.charts, "quality-jury"), effects, "the comparison itself does not depend on the switch");
    desk.click("as imported");
    desk.until("all is as before", |s| s.analyses.charts.as_ref().is_some_and(|c| c.cleaning == Cleaning::NONE) && !s.analyses.making);
    assert_eq!(grid(&desk.state().analyses.charts.clone().unwrap().charts, "accuracy-task"), was);
}

fn name_of(fault: &Value) -> &'static str {
    let code = fault.as_str().unwrap();
    Fault::ALL.into_iter().find(|f| serde_json::to_value(f).unwrap() == code).unwrap().remedy()
}

#[test]
fn what_reviewers_say_stands_beside_the_jury_score_in_compare_and_analyse() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.key(Key::Tab);
    desk.until("answers are read", |s| s.answers.rows.is_some() && s.answers.table.is_some());
    desk.harness.get_by_label("reviewers and jury: no human judgements yet");
    let score = desk.state().answers.jury_scores.clone();
    let accuracy = grid(&analysing(&mut desk).charts, "accuracy-task").clone();
    assert!(!accuracy.columns.names.iter().any(|n| n == "reviewers agree"), "nobody has judged");
    desk.key(Key::Tab);
    desk.key(Key::Tab);
    desk.until("answers are on screen", |s| s.workspace == Workspace::Compare && s.answers.rows.is_some());

    let run = desk.state().answers.selected_row().unwrap().view.run.clone();
    let table = desk.state().answers.table.as_ref().unwrap();
    let number = table.matrix.runs().iter().position(|r| *r == run).unwrap();
    let item = desk.state().project.as_ref().unwrap().current_row().unwrap().id.clone();
    let standing = table.matrix.standing(table.matrix.place(&item).unwrap(), number, &desk.state().answers.jury).right();
    assert!(standing.is_some(), "the first answer of the demo has a ruling");
    desk.click(if standing == Some(true) { "answer: right" } else { "answer: wrong" });
    desk.until("the judgement is saved", |s| s.answers.unsaved.is_empty() && s.answers.jury_human.judged == 1);
    let human = desk.state().answers.jury_human.clone();
    assert_eq!((human.n, human.agree), (1, 1), "{human:?}");
    let line = first(&desk, "reviewers and jury: reviewers agree on 1 of 1 (100.0 %");
    assert!(line.contains("AC1 1.00"), "{line}");
    let now = desk.state().answers.jury_scores.clone();
    assert_eq!((now[number].human.agree, now[number].right, now[number].n), (1, score[number].right, score[number].n));

    let report = scored(&project, &[]);
    let human = &report["models"][run.to_string()]["jury"]["human"];
    assert_eq!((&human["judged"], &human["n"], &human["agree"]), (&1.into(), &1.into(), &1.into()));
    let charts = analysing(&mut desk);
    let table = grid(&charts.charts, "accuracy-task");
    assert_eq!(table.columns.names[1..3], ["reviewers agree", "their AC1"]);
    let row = table.rows.names.iter().position(|r| *r == run.to_string()).unwrap();
    assert_eq!((table.point(row, 1).value, table.point(row, 1).n, table.point(row, 2).value), (Some(1.0), 1, Some(1.0)));
    let told = charts.charts.iter().filter(|c| c.notes.iter().any(|n| n.contains("reviewers agree on 1 of 1"))).count();
    assert!(told >= 5, "every chart of right answers says it: {told}");
}
