//! The Compare workspace by key, mouse and accessible name: judging, labelling, undo, filters, blind labelling, findings, import, export.
//! The project on disk is asked after each step.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use std::path::Path;
use voxaudit::project::Project;
use voxaudit::project::export::{ExportRequest, Include, export};
use voxaudit::project::import::{ImportRequest, import};
use voxaudit::project::verify::verify;
use voxaudit::qa::{ModelRun, Taxonomy};
use voxaudit::review::{Action, ErrorLabel, Event, Explanation, Judgement};
use voxaudit::score::{Filter, Jury};
use voxaudit::state::{AnswerFilter, AnswersCommand, Command, Dialog, NameRun, Workspace};

#[allow(dead_code, reason = "each test file uses its part")]
mod common;
use common::*;

const SHIFT: Modifiers = Modifiers::SHIFT;

fn said(desk: &mut Desk, events: usize, project: &Path) -> Vec<Event> {
    desk.until("it is on disk", |s| s.answers.unsaved.is_empty());
    let on_disk = || Project::open_read_only(project).unwrap().events().unwrap();
    let start = std::time::Instant::now();
    while on_disk().len() < events {
        desk.harness.step();
        assert!(start.elapsed() < PATIENCE, "{events} events wanted");
    }
    desk.until("the window has caught up", |s| s.answers.rows.is_some());
    assert_eq!(on_disk().len(), events);
    on_disk()
}

fn item(desk: &Desk) -> voxaudit::qa::ItemId {
    desk.state().project.as_ref().unwrap().current_row().unwrap().id.clone()
}

/// What Ada says about a run's answer to the item on screen, on disk.
fn word(project: &Path, desk: &Desk, run: &str) -> (Option<Judgement>, Option<ErrorLabel>) {
    let answers = Project::open_read_only(project).unwrap().item_answers(&item(desk)).unwrap();
    let run = ModelRun::parse(run).unwrap();
    let view = answers.iter().find(|a| a.run == run).unwrap();
    let said = view.reviews.get(&voxaudit::review::ReaderKey::of("Ada Reader"));
    (said.and_then(|r| Some(r.judgement.as_ref()?.what)), said.and_then(|r| Some(r.label.as_ref()?.what.clone())))
}

/// What is spoken of a node: its name, or the text of a label.
fn spoken<'a>(n: &impl NodeT<'a>) -> String {
    let node = n.accesskit_node();
    node.label().or_else(|| node.value()).unwrap_or_default()
}

/// Names in the window that begin so.
fn named(desk: &Desk, prefix: &str) -> Vec<String> {
    desk.harness.query_all_by(|_| true).map(|n| spoken(&n)).filter(|name| name.starts_with(prefix)).collect()
}

#[test]
fn answers_are_judged_by_one_key_taken_back_undone_and_redone() {
    let (_dir, project) = demo();
    let mut desk = Desk::comparing(&project);
    let rows = named(&desk, "answer of ");
    assert!(rows.iter().any(|r| r.starts_with("answer of Aster-3D: ")), "{rows:?}");
    assert!(rows.iter().any(|r| r.starts_with("answer of Aster-3D@text-only: ")), "a control run has a row of its own: {rows:?}");
    assert!(!named(&desk, "judge juror-a: ").is_empty() && !named(&desk, "jury: ").is_empty());

    desk.key(Key::A);
    let events = said(&mut desk, 1, &project);
    assert!(
        matches!(&events[0].action, Action::JudgeAnswer { answer, judgement: Judgement::Right } if answer.run.to_string() == "Aster-3D")
    );
    assert_eq!(desk.current(), 0, "judging an answer decides nothing about the item and goes nowhere");
    assert_eq!(desk.state().project.as_ref().unwrap().decided(), 0);
    desk.harness.get_by_label("you: right");

    desk.chord(SHIFT, Key::J);
    desk.chord(SHIFT, Key::J);
    desk.key(Key::R);
    said(&mut desk, 2, &project);
    assert_eq!(word(&project, &desk, "Borea-CT").0, Some(Judgement::Wrong));
    desk.key(Key::Q);
    said(&mut desk, 3, &project);
    assert_eq!(word(&project, &desk, "Borea-CT").0, Some(Judgement::Unsure));
    desk.key(Key::Q);
    said(&mut desk, 4, &project);
    assert_eq!(word(&project, &desk, "Borea-CT").0, None, "the same key again takes it back");

    for (n, left) in [(5, Some(Judgement::Unsure)), (6, Some(Judgement::Wrong)), (7, None)] {
        desk.chord(CTRL, Key::Z);
        said(&mut desk, n, &project);
        assert_eq!(word(&project, &desk, "Borea-CT").0, left, "undo {n}");
    }
    assert_eq!(word(&project, &desk, "Aster-3D").0, Some(Judgement::Right));
    desk.chord(CTRL_SHIFT, Key::Z);
    said(&mut desk, 8, &project);
    assert_eq!(word(&project, &desk, "Borea-CT").0, Some(Judgement::Wrong));
    drop(desk);
    assert!(verify(&project).unwrap().ok);
}

#[test]
fn a_label_is_chosen_by_the_keys_of_the_taxonomy_undone_redone_filtered_to_and_exported() {
    let (dir, project) = demo();
    let mut desk = Desk::comparing(&project);
    desk.key(Key::J);
    desk.until("the answers are there", |s| s.answers.rows.is_some());
    let labelled = item(&desk);
    desk.key(Key::E);
    assert!(desk.state().answers.label.is_some());
    for key in [Key::R, Key::Num2, Key::L, Key::Num1] {
        desk.key(key);
    }
    desk.chord(SHIFT, Key::A);
    desk.chord(SHIFT, Key::A);
    desk.chord(SHIFT, Key::R);
    desk.chord(SHIFT, Key::N);
    desk.text("the picture's left");
    desk.harness.get_by_label("sub-code frame swap");
    desk.key(Key::Enter);
    let events = said(&mut desk, 1, &project);
    let Action::LabelAnswer { label, .. } = &events[0].action else { panic!("{:?}", events[0].action) };
    let expected = ErrorLabel {
        primary: Some("relational".into()),
        secondary: Some("linguistic".into()),
        codes: vec!["frame-swap".into(), "misread".into()],
        answer_right: Some(false),
        explanation_right: Some(Explanation::Yes),
        note: "the picture's left".into(),
        ..ErrorLabel::new(Taxonomy::built_in().id())
    };
    assert_eq!(**label, expected);
    assert!(desk.state().answers.label.is_none(), "the form closes");
    desk.harness.get_by_label("error label of you: relational: frame swap + linguistic: misread question · decision error");

    desk.chord(CTRL, Key::Z);
    said(&mut desk, 2, &project);
    assert_eq!(word(&project, &desk, "Aster-3D").1, None);
    desk.chord(CTRL_SHIFT, Key::Z);
    said(&mut desk, 3, &project);
    assert_eq!(word(&project, &desk, "Aster-3D").1, Some(expected));

    desk.click("filter by answers: all");
    desk.click("with an error label");
    let p = desk.state().project.as_ref().unwrap();
    assert_eq!((p.queue.shown, item(&desk)), (1, labelled.clone()));
    drop(desk);

    let out = dir.path().join("out");
    let request = ExportRequest { out: out.clone(), include: Include { rejected: true, undecided: true }, ..Default::default() };
    export(&Project::open_read_only(&project).unwrap(), &request, &()).unwrap();
    let written: String = std::fs::read_dir(&out)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "jsonl"))
        .map(|p| std::fs::read_to_string(p).unwrap())
        .collect();
    let lines: Vec<&str> = written.lines().filter(|l| l.contains("the picture's left")).collect();
    assert!(lines.len() == 1 && lines[0].contains("frame-swap") && lines[0].contains("decision error"), "{lines:?}");
}

#[test]
fn an_empty_label_is_not_saved_and_one_that_is_left_waits() {
    let (_dir, project) = demo();
    let mut desk = Desk::comparing(&project);
    desk.key(Key::E);
    desk.key(Key::Enter);
    assert!(desk.state().answers.label.is_some() && desk.state().toasts.iter().any(|t| t.text.contains("says nothing")));
    desk.key(Key::J);
    assert_eq!(
        (desk.current(), desk.state().answers.label.as_ref().unwrap().label.primary.as_deref()),
        (0, Some("judge-wrong")),
        "J is a type here"
    );
    desk.key(Key::J);
    desk.key(Key::N);
    desk.key(Key::Num2);
    let other = desk.state().project.as_ref().unwrap().items[1].clone();
    desk.click(&format!("item {} of {}, undecided: {}", other.id.position, other.id.case, other.question));
    desk.until("the other item is there", |s| s.answers.rows.is_some());
    assert!(desk.state().answers.label.is_none());
    desk.key(Key::K);
    desk.until("the first item is back", |s| s.answers.rows.is_some());
    desk.key(Key::E);
    let draft = desk.state().answers.label.clone().unwrap();
    assert_eq!((draft.label.primary.as_deref(), draft.label.codes.as_slice()), (Some("numeric"), ["unit".to_owned()].as_slice()));
    desk.key(Key::Escape);
    assert!(desk.state().answers.label.is_none());
    desk.key(Key::E);
    assert_eq!(desk.state().answers.label.as_ref().unwrap().label.primary, None, "Esc lets it go");
    assert!(Project::open_read_only(&project).unwrap().events().unwrap().is_empty());
}

/// A structure and a control run on top of each other; then the structure with one filter as before.
fn by_structure_and_condition(desk: &mut Desk, project: &Path) {
    let opened = Project::open_read_only(project).unwrap();
    let spleen =
        opened.full_items().unwrap().iter().filter(|i| format!("{} {} {:?}", i.question, i.answer, i.options).contains("spleen")).count();
    let matrix = opened.matrix().unwrap();
    let before = desk.state().project.as_ref().unwrap().queue.filters.answers.unwrap();
    desk.click(&format!("filter by answers: {}", before.name(matrix.runs())));
    let control = matrix.runs().iter().position(|r| r.condition == voxaudit::qa::Condition::TextOnly).unwrap();
    desk.click(&format!("{} right", matrix.runs()[control]));
    let right = matrix.filtered(Filter::Right(control), &[], &Jury::default());
    assert_eq!(desk.state().project.as_ref().unwrap().queue.shown, right.len());
    desk.click("filter by structure: structure");
    desk.click(&format!("spleen  {spleen}"));
    let shown = desk.state().project.as_ref().unwrap().queue.shown;
    assert!(shown > 0 && shown < right.len().min(spleen + 1), "{shown} of {} and {spleen}", right.len());
}

#[test]
fn filters_show_what_the_votes_say_and_every_quarter_of_two_models_is_a_queue() {
    let (_dir, project) = demo();
    let matrix = Project::open_read_only(&project).unwrap().matrix().unwrap();
    let mut desk = Desk::comparing(&project);
    let full = matrix.full_runs();
    for (entry, filter) in [
        ("all wrong", Filter::AllWrong),
        ("judges disagree", Filter::JudgesDisagree),
        ("right without the image", Filter::RightWithoutImage),
        ("only Borea-CT right", Filter::OnlyRight(full[1])),
    ] {
        let now = desk.state().project.as_ref().unwrap().queue.filters.answers.map_or("all".to_owned(), |f| f.name(matrix.runs()));
        desk.click(&format!("filter by answers: {now}"));
        desk.click(entry);
        let all: Vec<usize> = (0..matrix.runs().len()).collect();
        let runs = if filter == Filter::JudgesDisagree { &all } else { &full };
        let expected = matrix.filtered(filter, runs, &Jury::default());
        assert_eq!(desk.state().project.as_ref().unwrap().queue.shown, expected.len(), "{entry}");
        assert!(!expected.is_empty() || !entry.starts_with("judges"), "the demo has such an item");
    }
    desk.click("take the filter away: only Borea-CT right");
    let items = matrix.items().len();
    assert_eq!(desk.state().project.as_ref().unwrap().queue.shown, items);

    desk.click("two models");
    let table = matrix.two_by_two(full[0], full[1], &Jury::default());
    for (name, n) in
        [("both right", table.both), ("only A right", table.only_a), ("only B right", table.only_b), ("neither right", table.neither)]
    {
        let label = named(&desk, &format!("{name}: ")).pop().unwrap();
        assert!(label.starts_with(&format!("{name}: {n} item")), "{label}");
        desk.click(&label);
        assert_eq!(desk.state().project.as_ref().unwrap().queue.shown, n);
    }
    by_structure_and_condition(&mut desk, &project);
    desk.key(Key::Tab);
    assert_eq!(desk.state().workspace, Workspace::Analyse);
    desk.key(Key::Tab);
    assert_eq!(desk.state().workspace, Workspace::Review);
    assert!(named(&desk, "take the filter away: ").len() == 2, "filters are seen in Review too");
    desk.click("Clear");
    assert_eq!(desk.state().project.as_ref().unwrap().queue.shown, items);
}

#[test]
fn blind_labelling_leaves_no_name_of_a_model_on_screen() {
    let (_dir, project) = demo();
    let mut desk = Desk::comparing(&project);
    let names = ["Aster", "Borea", "Cirrus", "text-only"];
    let seen = |desk: &Desk| -> Vec<String> {
        let all = desk.harness.query_all_by(|_| true).map(|n| spoken(&n));
        all.filter(|text| names.iter().any(|name| text.contains(name))).collect()
    };
    assert!(!seen(&desk).is_empty());
    desk.harness.state_mut().apply(Command::Answers(AnswersCommand::Filter(Some(AnswerFilter::Votes(Filter::OnlyRight(0))))));
    desk.harness.run_steps(3);
    desk.click("blind");
    desk.until("models are hidden", |s| s.answers.blind);
    desk.click("Dismiss message");
    assert_eq!(desk.state().project.as_ref().unwrap().queue.filters.answers, None, "a filter by model goes");
    assert_eq!(seen(&desk), Vec::<String>::new());
    assert!(!named(&desk, "answer of model ").is_empty());
    desk.key(Key::E);
    desk.key(Key::V);
    assert_eq!(seen(&desk), Vec::<String>::new());
    desk.key(Key::Enter);
    let events = said(&mut desk, 1, &project);
    assert!(matches!(&events[0].action, Action::LabelAnswer { .. }));
    desk.click("filter by answers: all");
    assert_eq!(seen(&desk), Vec::<String>::new(), "nor in the filters");
    desk.key(Key::Escape);
    let order = desk.state().answers.order.clone();
    desk.key(Key::J);
    desk.until("the next item", |s| s.answers.rows.is_some());
    desk.key(Key::K);
    desk.until("the first item", |s| s.answers.rows.is_some());
    assert_eq!(desk.state().answers.order, order, "the order of an item stays");
}

#[test]
fn keys_mean_the_workspace_they_are_pressed_in_and_tab_still_moves_the_focus() {
    let (_dir, project) = demo();
    let mut desk = Desk::comparing(&project);
    desk.click("Review workspace");
    desk.key(Key::A);
    desk.saved(1, &project);
    assert_eq!(counts(&project), (1, 0, 0));
    desk.click("Compare workspace");
    desk.key(Key::A);
    desk.until("it is on disk", |s| s.answers.unsaved.is_empty());
    let events = Project::open_read_only(&project).unwrap().events().unwrap();
    assert_eq!(counts(&project), (1, 0, 0), "an item is not accepted by judging an answer");
    assert!(matches!(events[1].action, Action::JudgeAnswer { .. }));
    desk.harness.get_by_label("answer: wrong").focus();
    desk.harness.run_steps(2);
    desk.key(Key::Tab);
    assert_eq!(desk.state().workspace, Workspace::Compare, "with the focus on a control Tab goes to the next one");
    assert_eq!(desk.harness.query_all_by(|n| n.is_focused() && n.label().is_some()).count(), 1);
}

#[test]
fn error_types_and_findings_are_one_step_away() {
    let (_dir, project) = demo();
    let mut desk = Desk::comparing(&project);
    desk.chord(SHIFT, Key::H);
    assert_eq!(desk.state().dialog, Some(Dialog::Taxonomy));
    desk.harness.get_by_label(&Taxonomy::built_in().types[0].definition);
    desk.key(Key::Escape);
    let found = Project::open_read_only(&project).unwrap().quality().unwrap();
    assert!(found.len() >= 3);
    desk.click(&format!("⚠ {} findings", found.len()));
    let parse = found.iter().find(|f| f.line().contains("PARSE_ERROR")).unwrap();
    desk.click(&parse.line());
    desk.click(&parse.items[1].to_string());
    assert_eq!((item(&desk), desk.state().dialog.is_none()), (parse.items[1].clone(), true));
    desk.until("its answers are there", |s| s.answers.rows.is_some());
    assert!(named(&desk, "judge juror-c: ").iter().any(|n| n.contains("PARSE_ERROR")), "the mark says so");
}

#[test]
fn answers_and_verdicts_are_imported_by_the_window() {
    let (dir, project) = demo();
    let items = Project::open_read_only(&project).unwrap().full_items().unwrap();
    let rows: Vec<_> =
        items.iter().map(|i| serde_json::json!({"case_id": i.id.case.0, "question": i.question, "prediction": "Left.</s>"})).collect();
    let file = dir.path().join("delta.json");
    std::fs::write(&file, serde_json::to_string(&rows).unwrap()).unwrap();
    let mut desk = Desk::comparing(&project);
    let ask = |run: &str, judge: Option<&str>| NameRun { file: file.clone(), run: run.into(), judge: judge.map(str::to_owned) };
    desk.harness.state_mut().apply(Command::Open(Dialog::NameRun(ask("", None))));
    desk.harness.run_steps(3);
    desk.click("Import answers");
    assert!(desk.state().toasts.iter().any(|t| t.text.contains("the model has no name")), "a name is needed");
    desk.harness.state_mut().apply(Command::Open(Dialog::NameRun(ask("Delta@one-slice", None))));
    desk.harness.run_steps(3);
    desk.click("Import answers");
    desk.until("five runs are here", |s| s.answers.table.as_ref().is_some_and(|t| t.runs.len() == 5) && s.answers.rows.is_some());
    let runs = Project::open_read_only(&project).unwrap().runs().unwrap();
    assert!(runs.iter().any(|r| r.run.to_string() == "Delta@one-slice" && r.answers == items.len()));
    assert!(named(&desk, "filter by answers").len() == 1, "the votes are read again");
    let listed = matches!(desk.state().dialog, Some(Dialog::Listing { .. }));
    assert!(listed, "special tokens are told at once");
}

/// A hundred models take no more drawing than those in sight, and their answers are there with the item.
#[test]
fn a_hundred_models_are_scrolled_through() {
    let (dir, project) = demo();
    let items = Project::open_read_only(&project).unwrap().full_items().unwrap();
    let mut request = ImportRequest::default();
    for n in 0..100 {
        let rows: Vec<_> = items
            .iter()
            .map(|i| serde_json::json!({"case_id": i.id.case.0, "question": i.question, "prediction": format!("{} as model {n} sees it", i.answer)}))
            .collect();
        let file = dir.path().join(format!("m{n}.json"));
        std::fs::write(&file, serde_json::to_string(&rows).unwrap()).unwrap();
        request.answers.push((ModelRun::parse(&format!("m{n:03}")).unwrap(), file));
    }
    assert!(import(&mut Project::open(&project).unwrap(), &request, &()).unwrap().imported);
    let mut desk = Desk::comparing(&project);
    assert_eq!(desk.state().answers.order.len(), 104);
    let shown = named(&desk, "answer of ").len();
    assert!((2..30).contains(&shown), "{shown} rows are drawn");
    for _ in 0..103 {
        desk.chord(SHIFT, Key::J);
    }
    desk.harness.run_steps(3);
    assert!(named(&desk, "answer of m099: ").len() == 1, "the last row is in sight: {:?}", named(&desk, "answer of "));
    desk.key(Key::R);
    said(&mut desk, 1, &project);
    assert_eq!(word(&project, &desk, "m099").0, Some(Judgement::Wrong));
}

#[test]
fn what_the_disk_refuses_is_not_shown_as_saved_and_can_be_sent_again() {
    let (_dir, project) = demo();
    let mut desk = Desk::comparing(&project);
    // Another program changes the answer: what is on screen is no longer what is on file.
    let other = rusqlite::Connection::open(&project).unwrap();
    let change = |hash: [u8; 32]| {
        let sql = "UPDATE answers SET text_hash = ?1 WHERE run = (SELECT id FROM runs WHERE model = 'Aster-3D' AND condition = 'full')";
        assert!(other.execute(sql, [hash]).unwrap() > 0);
    };
    change([7; 32]);
    desk.key(Key::A);
    desk.until("it is refused", |s| s.answers.unsaved.iter().any(|u| u.failed));
    desk.harness.get_by_label("not saved");
    assert!(desk.state().toasts.iter().any(|t| t.text.contains("NOT saved") && t.retry.is_some()));
    assert!(Project::open_read_only(&project).unwrap().events().unwrap().is_empty());
    change(desk.state().answers.selected_row().unwrap().view.sha256.0);
    let retry = voxaudit::state::ReviewCommand::Retry(item(&desk));
    desk.harness.state_mut().apply(Command::Review(retry));
    said(&mut desk, 1, &project);
    desk.harness.get_by_label("you: right");
}

#[test]
fn every_control_of_the_workspace_has_a_name() {
    let (_dir, project) = demo();
    let mut desk = Desk::comparing(&project);
    desk.key(Key::E);
    use egui::accesskit::Role::{Button, CheckBox, ComboBox, ListBoxOption, RadioButton, Tab, TextInput};
    for _ in 0..2 {
        for node in
            desk.harness.query_all_by(|n| [Button, CheckBox, ComboBox, ListBoxOption, RadioButton, Tab, TextInput].contains(&n.role()))
        {
            let node = node.accesskit_node();
            assert!(!node.label().unwrap_or_default().trim().is_empty(), "a {:?} without a name at {:?}", node.role(), node.bounding_box());
        }
        desk.key(Key::Escape);
    }
    assert_eq!(desk.harness.query_all_by_role(Role::Tab).count(), Workspace::ALL.len());
}
