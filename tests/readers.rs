//! One reader is one reader: every place that compares, groups or counts readers, over spellings of one name and over files of older versions.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use rusqlite::{Connection, params};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use voxaudit::project::Project;
use voxaudit::project::export::{ExportRequest, Include, export};
use voxaudit::project::import::{ImportRequest, import};
use voxaudit::project::verify::verify;
use voxaudit::review::{Action, Criteria, Decision, Event, EventHash, NewEvent, Reviewer, Status};

const SPELLINGS: [&str; 5] = ["Zoë Doe", "ZOË DOE", " zoë   doe ", "Zoe\u{308} Doe", "zOE\u{308}\u{a0}dOE"];

fn project(dir: &Path) -> PathBuf {
    let lines: String = (0..6).map(|n| format!("{{\"case_id\":\"c\",\"question\":\"Where is {n}?\",\"answer\":\"Left.\"}}\n")).collect();
    std::fs::write(dir.join("qa.jsonl"), lines).unwrap();
    let path = dir.join("p.voxaudit");
    let request = ImportRequest { qa: vec![dir.join("qa.jsonl")], ..Default::default() };
    assert!(import(&mut Project::create(&path).unwrap(), &request, &()).unwrap().imported);
    path
}

fn accept() -> Action {
    Action::Decide(Decision::Accept { criteria: Criteria::ALL_YES, note: String::new() })
}

fn flag(note: &str) -> Action {
    Action::Flag { note: note.to_owned() }
}

/// As an older program or another library would call it: the name goes in as it is.
fn raw(p: &mut Project, name: &str, item: &str, action: Action) -> Result<Event, String> {
    let item = item.parse().unwrap();
    let judged = p.item(&item).unwrap().unwrap().text_hash();
    let reviewer = Reviewer { name: name.to_owned(), initials: "ZD".to_owned() };
    p.append(NewEvent { reviewer, item, judged, active_seconds: 1.0, image: voxaudit::review::ShownImage::None, action })
        .map_err(|e| e.to_string())
}

fn cli(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_voxaudit")).args(args).output().unwrap()
}

fn stored_names(path: &Path) -> Vec<String> {
    let conn = Connection::open(path).unwrap();
    let mut select = conn.prepare("SELECT reviewer FROM heads ORDER BY reviewer").unwrap();
    select.query_map([], |r| r.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn every_spelling_goes_on_in_the_chain_of_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let path = project(dir.path());
    let mut p = Project::open(&path).unwrap();
    let mut last = EventHash::ZERO;
    for (n, name) in SPELLINGS.into_iter().enumerate() {
        let event = raw(&mut p, name, &format!("c::{n}"), accept()).unwrap();
        assert_eq!((event.reviewer.name.as_str(), event.prev), ("Zoë Doe", last), "{name:?}");
        last = event.hash;
    }
    raw(&mut p, "Zoe Doe", "c::5", accept()).unwrap();
    assert_eq!(stored_names(&path), ["Zoe Doe", "Zoë Doe"], "an accent makes another name");
    let status = p.status().unwrap();
    assert_eq!(status.reviewers.iter().map(|(n, r)| (n.as_str(), r.decided)).collect::<Vec<_>>(), [("Zoe Doe", 1), ("Zoë Doe", 5)]);
    let report = verify(&path).unwrap();
    assert!(report.ok && report.reviewers == 2, "{report:?}");
}

#[test]
fn the_command_line_takes_any_spelling_and_refuses_what_nobody_sees() {
    let dir = tempfile::tempdir().unwrap();
    let path = project(dir.path());
    let file = path.to_str().unwrap();
    let review = |name: &str, item: &str, what: &[&str]| cli(&[&["review", file, "--item", item, "--reviewer", name], what].concat());
    assert!(review("Jo Doe", "c::0", &["accept"]).status.success());
    let out = review("JO  DOE", "c::1", &["flag", "--note", "look at slice 60"]);
    assert!(out.status.success() && String::from_utf8_lossy(&out.stdout).contains("by Jo Doe"), "{out:?}");
    assert!(cli(&["review", file, "--reviewer", "jo doe", "undo"]).status.success(), "undo finds the reader");
    assert!(cli(&["review", file, "--reviewer", "jo\u{a0}doe", "redo"]).status.success());
    assert_eq!(stored_names(&path), ["Jo Doe"]);
    let state = Project::open_read_only(&path).unwrap().review_state().unwrap();
    let flags = &state.item(&"c::1".parse().unwrap()).unwrap().flags;
    assert_eq!(flags.values().map(|f| f.note.as_str()).collect::<Vec<_>>(), ["look at slice 60"]);
    for (name, words) in
        [("Jo \u{202e}eoD", "U+202E"), ("Jo\u{200b} Doe", "U+200B"), ("Jo\tDoe", "U+0009"), ("Jo\u{e000}", "U+E000"), (" ", "no name")]
    {
        let out = review(name, "c::2", &["accept"]);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(!out.status.success() && said.contains(words) && said.trim().lines().count() == 1, "{name:?}: {said}");
    }
    assert_eq!(Project::open_read_only(&path).unwrap().events().unwrap().len(), 4, "nothing refused is in the log");
    let json: Value = serde_json::from_slice(&cli(&["status", file, "--json"]).stdout).unwrap();
    assert_eq!(json["reviewers"].as_object().unwrap().keys().collect::<Vec<_>>(), ["Jo Doe"]);
}

/// A file of version 4 in which two spellings of one name have chains, as a program of that time would have left it: the second reader of the
/// kept dump is renamed, and the renamed events get the hashes that they would have had.
fn with_two_chains(path: &Path) {
    let conn = Connection::open(path).unwrap();
    conn.execute_batch(include_str!("old_files/v4.sql")).unwrap();
    let trigger: String = conn.query_row("SELECT sql FROM sqlite_schema WHERE name = 'events_no_update'", [], |r| r.get(0)).unwrap();
    conn.execute_batch("DROP TRIGGER events_no_update; UPDATE events SET reviewer = 'ADA  READER' WHERE reviewer = 'Ben Second'").unwrap();
    let last = rehash(&conn);
    conn.execute("UPDATE heads SET reviewer = 'ADA  READER', hash = ?1 WHERE reviewer = 'Ben Second'", params![last]).unwrap();
    conn.execute_batch(&trigger).unwrap();
}

/// Number, hashed columns before the payload, payload, hash.
type RenamedEvent = (i64, [Vec<u8>; 7], String, Vec<u8>);

/// Hashes of the renamed chain, in the events, in `prev` and in the undo that names one; returns the last.
fn rehash(conn: &Connection) -> [u8; 32] {
    let select = "SELECT seq, time, reviewer, initials, item, CAST(judged AS BLOB), active_seconds, program, payload, hash FROM events
        WHERE reviewer = 'ADA  READER' ORDER BY seq";
    let rows: Vec<RenamedEvent> = {
        let mut select = conn.prepare(select).unwrap();
        let text = |r: &rusqlite::Row<'_>, n| r.get::<_, String>(n).map(String::into_bytes);
        let row = |r: &rusqlite::Row<'_>| {
            let seconds = r.get::<_, f64>(6)?.to_string().into_bytes();
            Ok((r.get(0)?, [text(r, 1)?, text(r, 2)?, text(r, 3)?, text(r, 4)?, r.get(5)?, seconds, text(r, 7)?], r.get(8)?, r.get(9)?))
        };
        select.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
    };
    assert!(rows.len() > 1);
    let hex = |hash: &[u8]| hash.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let (mut prev, mut renamed) = ([0u8; 32], Vec::new());
    for (seq, fields, mut payload, old) in rows {
        renamed.iter().for_each(|(old, new): &(String, String)| payload = payload.replace(old, new));
        let mut all: Vec<&[u8]> = vec![&prev];
        all.extend(fields.iter().map(Vec::as_slice));
        all.push(payload.as_bytes());
        let hash = EventHash::of_fields(&all).0;
        conn.execute("UPDATE events SET prev = ?1, hash = ?2, payload = ?3 WHERE seq = ?4", params![prev, hash, payload, seq]).unwrap();
        renamed.push((hex(&old), hex(&hash)));
        prev = hash;
    }
    prev
}

#[test]
fn an_old_file_with_a_chain_for_each_spelling_counts_one_reader_and_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("old.voxaudit");
    with_two_chains(&path);
    assert_eq!(stored_names(&path), ["ADA  READER", "Ada Reader"]);
    let mut p = Project::open(&path).unwrap();
    let report = verify(&path).unwrap();
    assert!(report.ok && report.reviewers == 1, "{report:?}");
    let state = p.review_state().unwrap();
    let twice = state.item(&"fixture_a::0".parse().unwrap()).unwrap();
    assert_eq!((twice.readings.len(), twice.status()), (1, Status::Rejected), "no dispute with oneself");
    assert_eq!(p.status().unwrap().reviewers.into_keys().collect::<Vec<_>>(), ["Ada Reader"]);
    let event = raw(&mut p, "ADA  READER", "fixture_b::0", accept()).unwrap();
    assert_eq!(event.reviewer.name, "Ada Reader", "the first spelling goes on");
    let (undo, item) = p.next_undo("ada reader").unwrap().unwrap();
    assert_eq!((undo, item.to_string().as_str()), (event.hash, "fixture_b::0"));
    for pseudonyms in [false, true] {
        let out = dir.path().join(format!("out-{pseudonyms}"));
        let include = Include { rejected: true, undecided: true };
        export(&p, &ExportRequest { out: out.clone(), include, pseudonyms, ..ExportRequest::default() }, &()).unwrap();
        let text: String = everything_in(&out);
        let has = |name: &str| text.contains(name);
        let names = if pseudonyms { [has("\"R1\""), has("\"R2\""), has("Ada")] } else { [has("Ada Reader"), has("ADA"), has("R1")] };
        assert_eq!(names, [true, false, false], "{text}");
    }
    assert!(verify(&path).unwrap().ok);
}

fn everything_in(folder: &Path) -> String {
    let files = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_file());
    files.map(|f| String::from_utf8_lossy(&std::fs::read(f).unwrap()).into_owned()).collect()
}

/// Flags of older versions have no note and keep their bytes.
#[test]
fn a_flag_without_a_note_is_written_as_ever() {
    assert_eq!(serde_json::to_string(&flag("")).unwrap(), r#"{"action":"flag"}"#);
    assert_eq!(serde_json::from_str::<Action>(r#"{"action":"flag"}"#).unwrap(), flag(""));
    assert_eq!(serde_json::to_string(&flag("x")).unwrap(), r#"{"action":"flag","note":"x"}"#);
}
