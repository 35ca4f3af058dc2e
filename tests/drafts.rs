//! Nothing typed is lost: notes, criteria and half-made edits in the real window, across items, readers, restarts, refused saves and kill -9.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use egui::accesskit::Role;
use egui::{Event, Key};
use egui_kittest::kittest::Queryable;
use rusqlite::Connection;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use voxaudit::project::Project;
use voxaudit::project::export::{ExportRequest, Include, export};
use voxaudit::project::verify::verify;
use voxaudit::qa::ItemId;
use voxaudit::review::{Criterion, DraftForm, DraftText, ReaderKey, Reviewer, Tri};
use voxaudit::state::{AnswersCommand, AppState, Command as Do, Mode, ProjectCommand, ReviewCommand};

#[allow(dead_code, reason = "each test file uses its part")]
mod common;
use common::*;

fn ada() -> ReaderKey {
    ReaderKey::of("Ada Reader")
}

fn on_disk(project: &Path, who: &str) -> Vec<(ItemId, DraftText)> {
    Project::open(project).unwrap().drafts_of(&ReaderKey::of(who)).unwrap().all
}

fn count(project: &Path) -> usize {
    Project::open_read_only(project).unwrap().draft_count().unwrap()
}

fn item_is_there(s: &AppState) -> bool {
    s.project.as_ref().is_some_and(|p| p.current.as_ref().is_some_and(|c| c.item.is_some()))
}

/// Letters are keys again, then the key.
fn go(desk: &mut Desk, key: Key) {
    desk.key(Key::Escape);
    desk.key(key);
    desk.until("the item is there", item_is_there);
}

fn note(desk: &mut Desk, text: &str) {
    desk.harness.get_by_role_and_label(Role::TextInput, "Note").focus();
    desk.harness.run_steps(2);
    desk.text(text);
}

fn wait_for(desk: &mut Desk, what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        desk.harness.step();
        std::thread::sleep(Duration::from_millis(10));
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
    }
    desk.harness.run_steps(2); // so that it is on screen too
}

fn choose(desk: &mut Desk, name: &str) {
    desk.harness.state_mut().apply(Do::Project(ProjectCommand::SetReviewer(Reviewer::new(name, ""))));
    desk.harness.run_steps(2);
}

/// A note and a criterion on the first item, half an edit on the second.
fn leave_two(desk: &mut Desk) {
    desk.click("unambiguous: no");
    note(desk, "see slice 60");
    go(desk, Key::J);
    assert_eq!((desk.current(), desk.state().draft.note.as_str()), (1, ""));
    desk.key(Key::E);
    desk.text(" perhaps");
    desk.harness.get_by_role_and_label(Role::MultilineTextInput, "Edited question").focus();
    desk.harness.run_steps(2);
    desk.text("Half of ");
    assert!(desk.state().draft.question.contains("Half of ") && desk.state().draft.answer.contains("perhaps"));
    desk.harness.state_mut().apply(Do::Queue(voxaudit::state::QueueCommand::Step(1)));
    desk.until("the item is there", item_is_there);
    assert_eq!((desk.current(), desk.state().draft.mode), (2, Mode::Read));
}

fn both_are_there(desk: &mut Desk) {
    let to = |desk: &mut Desk, index| {
        desk.harness.state_mut().apply(Do::Queue(voxaudit::state::QueueCommand::Select(index)));
        desk.until("the item is there", item_is_there);
        desk.state().draft.clone()
    };
    let draft = to(desk, 1);
    assert_eq!(draft.mode, Mode::Edit, "the form is open as it was left");
    assert!(draft.question.contains("Half of ") && draft.answer.contains("perhaps"), "{draft:?}");
    let shown = desk.harness.get_by_role_and_label(Role::MultilineTextInput, "Edited question").value();
    assert!(shown.is_some_and(|text| text.contains("Half of ")));
    let draft = to(desk, 0);
    assert_eq!((draft.note.as_str(), draft.criteria.get(Criterion::Unambiguous)), ("see slice 60", Some(Tri::No)));
    desk.harness.get_by_label("2 drafts");
}

#[test]
fn what_is_typed_is_there_on_return_and_after_a_restart() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    assert!(desk.harness.query_by_label_contains("draft").is_none(), "nothing is said where there is none");
    leave_two(&mut desk);
    both_are_there(&mut desk);
    wait_for(&mut desk, "both are on disk", || count(&project) == 2);
    drop(desk);
    let mut desk = Desk::ready(&project);
    desk.until("drafts are read", |s| s.project.as_ref().unwrap().drafts.len() == 2);
    both_are_there(&mut desk);
    desk.click("2 drafts");
    desk.until("the other one is shown", |s| item_is_there(s) && s.project.as_ref().unwrap().current.as_ref().unwrap().index == 1);
    let out = Command::new(env!("CARGO_BIN_EXE_voxaudit")).args(["status", "--json"]).arg(&project).output().unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&out.stdout).unwrap()["drafts"], 2);
}

#[test]
fn typing_is_written_within_a_second_at_once_on_losing_focus_and_on_closing() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    note(&mut desk, "a");
    let start = Instant::now();
    wait_for(&mut desk, "it is on disk", || on_disk(&project, "Ada Reader").iter().any(|(_, d)| d.note == "a"));
    let took = start.elapsed();
    assert!(took > Duration::from_millis(300) && took < Duration::from_secs(2), "{took:?}");
    desk.text("b");
    desk.harness.event(Event::WindowFocused(false));
    desk.harness.run_steps(1);
    assert!(!desk.state().draft.dirty, "it is on its way at once");
    wait_for(&mut desk, "it is on disk", || on_disk(&project, "Ada Reader")[0].1.note == "ab");
    desk.text("c");
    eframe::App::on_exit(desk.harness.state_mut());
    assert_eq!(on_disk(&project, "Ada Reader")[0].1.note, "abc", "closing waits for it");
}

#[test]
fn a_note_that_is_taken_back_leaves_no_draft_and_one_is_discarded_after_asking() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    note(&mut desk, "a");
    wait_for(&mut desk, "it is on disk", || count(&project) == 1);
    desk.key(Key::Backspace);
    wait_for(&mut desk, "it is gone", || count(&project) == 0);
    assert_eq!(desk.state().project.as_ref().unwrap().drafted().count(), 0);
    desk.text("b");
    wait_for(&mut desk, "it is on disk", || count(&project) == 1);
    desk.key(Key::Escape);
    desk.click("discard");
    assert_eq!(desk.state().draft.note, "b", "it asks first");
    desk.click("Discard what you typed here?");
    wait_for(&mut desk, "it is gone", || count(&project) == 0);
    assert_eq!(desk.state().draft.note, "");
}

#[test]
fn nobody_sees_what_another_reader_has_typed() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    leave_two(&mut desk);
    desk.harness.state_mut().apply(Do::Queue(voxaudit::state::QueueCommand::Select(0)));
    desk.until("the item is there", item_is_there);
    desk.harness.state_mut().apply(Do::Review(ReviewCommand::Note("see slice 61".into())));
    choose(&mut desk, "Ben Second");
    assert_eq!((desk.state().draft.note.as_str(), desk.state().draft.criteria.get(Criterion::Unambiguous)), ("", None));
    note(&mut desk, "Ben's own");
    wait_for(&mut desk, "it is on disk", || on_disk(&project, "Ben Second").len() == 1);
    assert_eq!(on_disk(&project, "Ben Second")[0].1, DraftText { note: "Ben's own".into(), ..DraftText::default() });
    assert!(desk.state().project.as_ref().unwrap().drafts.len() == 1 && count(&project) == 3);
    desk.harness.get_by_label("1 draft");
    choose(&mut desk, "ADA  READER");
    desk.until("her drafts are read", |s| s.project.as_ref().unwrap().drafts.len() == 2);
    assert_eq!(desk.state().draft.note, "see slice 61", "also what was typed at the last moment, under any spelling of the name");
}

#[test]
fn a_draft_goes_when_its_decision_is_saved() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    note(&mut desk, "clear");
    wait_for(&mut desk, "it is on disk", || count(&project) == 1);
    desk.key(Key::Escape);
    desk.key(Key::A);
    desk.saved(1, &project);
    wait_for(&mut desk, "the draft is gone", || count(&project) == 0);
    desk.until("here too", |s| s.project.as_ref().unwrap().drafts.is_empty());
    let state = Project::open_read_only(&project).unwrap().review_state().unwrap();
    assert_eq!(state.iter().next().unwrap().1.by("Ada Reader").unwrap().decision.note(), "clear");
}

/// Another program holds the file: neither drafts nor the decision can be written.
#[test]
fn a_draft_stays_when_saving_fails_and_a_failure_is_said_once() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let other = Connection::open(&project).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    note(&mut desk, "first");
    desk.until("the failure is said", |s| s.project.as_ref().unwrap().drafts_failing);
    desk.text(" second");
    desk.until("it is tried again", |s| !s.draft.dirty);
    desk.until("and refused again", |s| s.project.as_ref().unwrap().drafts.values().any(|d| d.unkept));
    assert_eq!(desk.state().toasts.iter().filter(|t| t.text.contains("not being kept")).count(), 1);
    desk.key(Key::Escape);
    desk.key(Key::A);
    desk.until("the decision is refused", |s| s.project.as_ref().unwrap().pending.values().any(|p| p.failed));
    let p = desk.state().project.as_ref().unwrap();
    assert_eq!(p.drafts[&p.items[0].id].text.note, "first second");
    assert_eq!(count(&project), 0);
    other.execute_batch("ROLLBACK").unwrap();
    desk.harness.state_mut().apply(Do::Queue(voxaudit::state::QueueCommand::Select(0)));
    desk.until("the item is there", item_is_there);
    assert_eq!(desk.state().draft.note, "first second");
    let id = desk.state().project.as_ref().unwrap().items[0].id.clone();
    desk.harness.state_mut().apply(Do::Review(ReviewCommand::Retry(id)));
    desk.saved(1, &project);
    desk.until("the draft is gone", |s| s.project.as_ref().unwrap().drafts.is_empty());
    wait_for(&mut desk, "on disk too", || count(&project) == 0);
    assert_eq!(counts(&project), (1, 0, 0));
}

#[test]
fn a_flag_keeps_its_note_and_gives_it_back() {
    let (dir, project) = demo();
    let mut desk = Desk::ready(&project);
    note(&mut desk, "ask a colleague");
    desk.key(Key::Escape);
    desk.key(Key::F);
    let flagged = |s: &AppState| s.project.as_ref().unwrap().review.iter().any(|(_, i)| i.flagged());
    desk.until("it is flagged", flagged);
    assert_eq!(desk.state().draft.note, "", "the note is the flag's now");
    desk.harness.get_by_label("ask a colleague");
    wait_for(&mut desk, "no draft is left", || count(&project) == 0);
    let out = dir.path().join("out");
    let include = Include { undecided: true, ..Include::default() };
    export(&Project::open_read_only(&project).unwrap(), &ExportRequest { out: out.clone(), include, ..Default::default() }, &()).unwrap();
    let lines = std::fs::read_to_string(out.join("items.jsonl")).unwrap();
    let audit =
        lines.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()).find(|v| v["audit"]["flag_notes"].is_array()).unwrap();
    assert_eq!(audit["audit"]["flagged_by"], serde_json::json!(["Ada Reader"]));
    assert_eq!(audit["audit"]["flag_notes"][0]["note"], "ask a colleague");
    let table = std::fs::read_to_string(out.join("items.csv")).unwrap();
    assert!(table.contains("Ada Reader: ask a colleague"), "{table}");
    let hidden = dir.path().join("hidden");
    let request = ExportRequest { out: hidden.clone(), include, pseudonyms: true, ..Default::default() };
    export(&Project::open_read_only(&project).unwrap(), &request, &()).unwrap();
    let lines = std::fs::read_to_string(hidden.join("items.jsonl")).unwrap();
    assert!(
        lines.contains(r#""flag_notes":[{"reviewer":"R1","initials":"R1","note":"ask a colleague""#) && !lines.contains("Ada"),
        "{lines}"
    );
    desk.key(Key::F);
    desk.until("it is no more", |s| !flagged(s));
    assert_eq!(desk.state().draft.note, "ask a colleague", "what the flag said is not lost with it");
}

#[test]
fn drafts_are_in_no_export_no_head_and_no_seal() {
    let (dir, project) = demo();
    let mut p = Project::open(&project).unwrap();
    let (head, items) = (p.head().unwrap(), p.items().unwrap());
    let secret = DraftText {
        form: Some(DraftForm::Edit),
        note: "SECRETNOTE".into(),
        question: Some("SECRETQUESTION".into()),
        answer: Some("SECRETANSWER".into()),
        ..DraftText::default()
    };
    items.iter().take(3).for_each(|i| p.put_draft(&ReaderKey::of("Sigrid Secretname"), &i.id, &secret).unwrap());
    assert_eq!((p.draft_count().unwrap(), p.head().unwrap()), (3, head));
    assert!(verify(&project).unwrap().ok);
    for pseudonyms in [false, true] {
        let out = dir.path().join(format!("out-{pseudonyms}"));
        let include = Include { rejected: true, undecided: true };
        export(&p, &ExportRequest { out: out.clone(), include, pseudonyms, ..Default::default() }, &()).unwrap();
        assert!(looked_into(&out) >= 5);
    }
    let report = dir.path().join("report");
    let run = Command::new(env!("CARGO_BIN_EXE_voxaudit")).args(["report", "--out"]).args([&report, &project]).output().unwrap();
    assert!(run.status.success(), "{run:?}");
    assert!(looked_into(&report) >= 2);
}

/// How many files of an export were searched for what must not be there.
fn looked_into(folder: &Path) -> usize {
    let mut files = 0;
    for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if path.is_dir() {
            files += looked_into(&path);
            continue;
        }
        files += 1;
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).to_lowercase();
        assert!(!text.contains("secret"), "{}", path.display());
    }
    files
}

#[test]
fn a_damaged_draft_is_removed_and_said() {
    let (_dir, project) = demo();
    let mut p = Project::open(&project).unwrap();
    let items = p.items().unwrap();
    let draft = |note: &str| DraftText { note: note.into(), ..DraftText::default() };
    for (n, note) in ["one", "two", "three"].into_iter().enumerate() {
        p.put_draft(&ada(), &items[n].id, &draft(note)).unwrap();
    }
    for column in
        ["content = replace(content, 'two', 'twe')", "time = '2001-01-01T00:00:00Z'", "reader = 'ada reades'", "sum = zeroblob(32)"]
    {
        p.put_draft(&ada(), &items[1].id, &draft("two")).unwrap();
        let raw = Connection::open(&project).unwrap();
        let changed =
            raw.execute(&format!("UPDATE drafts SET {column} WHERE item = (SELECT item FROM drafts WHERE content LIKE '%two%')"), []);
        assert_eq!(changed.unwrap(), 1);
        assert_eq!(p.draft_count().unwrap(), 2, "{column}");
        let found = p.drafts_of(&ada()).unwrap();
        assert_eq!(found.all.iter().map(|(_, d)| d.note.as_str()).collect::<Vec<_>>(), ["one", "three"], "{column}");
        assert!(found.notes.len() == 1 && found.notes[0].contains(&items[1].id.to_string()), "{:?}", found.notes);
        assert!(p.drafts_of(&ada()).unwrap().notes.is_empty(), "it is gone and said once");
    }
    let desk = Desk::ready(&project);
    assert_eq!(desk.state().toasts.iter().filter(|t| t.text.contains("damaged")).count(), 0);
}

#[test]
fn a_begun_error_label_is_a_draft_too() {
    let (_dir, project) = demo();
    let mut desk = Desk::comparing(&project);
    for key in [Key::E, Key::N, Key::Num2] {
        desk.key(key);
    }
    let begun = |who: &str| on_disk(&project, who).into_iter().flat_map(|(_, d)| d.labels).collect::<Vec<_>>();
    wait_for(&mut desk, "it is on disk", || begun("Ada Reader").len() == 1);
    drop(desk);
    assert_eq!(begun("Ada Reader")[0].label.primary.as_deref(), Some("numeric"));
    let mut desk = Desk::comparing(&project);
    desk.until("drafts are read", |s| !s.project.as_ref().unwrap().drafts.is_empty());
    let primary = |desk: &mut Desk| {
        desk.key(Key::E);
        desk.state().answers.label.as_ref().unwrap().label.primary.clone()
    };
    choose(&mut desk, "Ben Second");
    assert_eq!(primary(&mut desk), None, "nobody else sees it");
    desk.key(Key::Escape);
    choose(&mut desk, "Ada Reader");
    desk.until("drafts are read", |s| !s.project.as_ref().unwrap().drafts.is_empty());
    desk.harness.state_mut().apply(Do::Review(ReviewCommand::Accept));
    desk.saved(1, &project);
    wait_for(&mut desk, "it is written again", || begun("Ada Reader").len() == 1);
    desk.harness.state_mut().apply(Do::Queue(voxaudit::state::QueueCommand::Select(0)));
    desk.until("the answers are there", |s| s.answers.rows.is_some());
    assert_eq!(primary(&mut desk).as_deref(), Some("numeric"), "the decision on the item has nothing to do with it");
    desk.harness.state_mut().apply(Do::Answers(AnswersCommand::SaveLabel));
    desk.saved(2, &project);
    wait_for(&mut desk, "no draft is left", || count(&project) == 0);
}

/// Not a test of its own: the window that the test below kills. It types a letter about every 40 ms and says so.
#[test]
fn child_typist() {
    let Some(project) = std::env::var_os("VOXAUDIT_TEST_PROJECT") else { return };
    let mut desk = Desk::ready(Path::new(&project));
    note(&mut desk, "");
    for n in 0..2000 {
        desk.text(char::from(b'a' + (n % 26) as u8).to_string().as_str());
        println!("TYPED {}", desk.state().draft.note);
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(40) {
            desk.harness.step();
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn typist(project: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["child_typist", "--exact", "--nocapture", "--test-threads=1"])
        .env("VOXAUDIT_TEST_PROJECT", project)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn kill_9_takes_at_most_two_seconds_of_typing() {
    let (_dir, project) = demo();
    let mut before = String::new();
    for lasts in [2300, 3100, 1750, 2650, 3900] {
        let mut child = typist(&project);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let (mut typed, mut first): (Vec<(Instant, String)>, Option<Instant>) = (Vec::new(), None);
        for line in lines {
            if let Some(text) = line.split("TYPED ").nth(1) {
                typed.push((Instant::now(), text.to_owned()));
                if first.get_or_insert_with(Instant::now).elapsed() > Duration::from_millis(lasts) {
                    break;
                }
            }
        }
        child.kill().unwrap();
        let killed = Instant::now();
        child.wait().unwrap();
        let kept = on_disk(&project, "Ada Reader")[0].1.note.clone();
        let wanted = typed.iter().rfind(|(at, _)| killed - *at >= Duration::from_secs(2)).map_or(before.as_str(), |(_, text)| text);
        let last = &typed.last().unwrap().1;
        assert!(last.starts_with(&kept) && kept.starts_with(wanted), "typed {last}, kept {kept}, at least {wanted} wanted");
        println!("killed after {lasts} ms: {} of {} letters kept", kept.len(), last.len());
        assert!(last.starts_with(&before), "each window goes on with what the last one kept: {before}, {last}");
        before = kept;
        assert!(verify(&project).unwrap().ok);
    }
    assert!(before.len() > 100, "{before}");
}
