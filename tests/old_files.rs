//! Project files of older versions, as the programs of their time wrote them (`old_files/*.sql`, their dumps): each opens, is brought
//! forward with every event, and verifies; a file of a newer version is refused in words and left alone.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use voxaudit::project::Project;
use voxaudit::project::import::{ImportRequest, import};
use voxaudit::project::verify::verify;
use voxaudit::qa::{ItemId, ModelRun};
use voxaudit::review::{Action, Decision, Reason, Status};

const DUMPS: [(i64, &str); 5] = [
    (1, include_str!("old_files/v1.sql")),
    (2, include_str!("old_files/v2.sql")),
    (3, include_str!("old_files/v3.sql")),
    (4, include_str!("old_files/v4.sql")),
    (5, include_str!("old_files/v5.sql")),
];
const CURRENT: i64 = 6;

/// The file as the old program left it.
fn restore(dir: &Path, version: i64, dump: &str) -> PathBuf {
    let path = dir.join(format!("v{version}.voxaudit"));
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(dump).unwrap();
    assert_eq!(version_of(&path), version);
    path
}

fn version_of(path: &Path) -> i64 {
    Connection::open(path).unwrap().pragma_query_value(None, "user_version", |r| r.get(0)).unwrap()
}

/// Every event as it stands in the file, without a view of this program on it.
fn raw_events(path: &Path) -> Vec<(i64, String, String, String, Vec<u8>)> {
    let conn = Connection::open(path).unwrap();
    let mut select = conn.prepare("SELECT seq, time, reviewer, payload, hash FROM events ORDER BY seq").unwrap();
    let rows = select.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn id(text: &str) -> ItemId {
    text.parse().unwrap()
}

#[test]
fn every_older_file_is_brought_forward_with_all_its_decisions() {
    let dir = tempfile::tempdir().unwrap();
    for (version, dump) in DUMPS {
        let path = restore(dir.path(), version, dump);
        let before = raw_events(&path);
        assert_eq!(before.len(), [7, 8, 10, 10, 10][version as usize - 1], "version {version}");
        let project = Project::open(&path).unwrap();
        check_texts(&project);
        check_decisions(&project);
        check_later_events(&project, version);
        assert!(project.standings().unwrap().is_empty(), "no verdict of geometry yet");
        drop(project);
        assert_eq!(version_of(&path), CURRENT);
        assert_eq!(raw_events(&path), before, "no event is touched");
        let report = verify(&path).unwrap();
        assert!(report.problems.is_empty(), "version {version}: {:?}", report.problems);
        let warned = |words: &str| report.warnings.iter().any(|w| w.contains(words));
        assert_eq!(warned("had no seal"), version < 5, "version {version}: {:?}", report.warnings);
        assert!(warned("come from an older file version"), "version {version}: {:?}", report.warnings);
        Project::open(&path).unwrap();
        assert_eq!(raw_events(&path), before, "a second opening does nothing");
    }
}

fn check_texts(project: &Project) {
    let items = project.items().unwrap();
    let found: Vec<String> = items.iter().map(|i| i.id.to_string()).collect();
    assert_eq!(found, ["fixture_a::0", "fixture_a::1", "fixture_a::2", "fixture_b::0", "fixture_b::1"]);
    let liver = project.item(&id("fixture_a::2")).unwrap().unwrap();
    assert_eq!((liver.answer.as_str(), &liver.options[..]), ("1500 mL", &["500 mL".to_owned(), "1500 mL".to_owned()][..]));
    assert_eq!(project.item(&id("fixture_a::1")).unwrap().unwrap().categories.len(), 1);
}

fn check_decisions(project: &Project) {
    let state = project.review_state().unwrap();
    let of = |item: &str, who: &str| state.item(&id(item)).and_then(|i| i.by(who)).map(|r| r.decision.clone());
    assert!(matches!(of("fixture_a::0", "Ada Reader"), Some(Decision::Accept { note, .. }) if note == "clear"));
    let second = of("fixture_a::0", "Ben Second").unwrap();
    assert_eq!((second.reason(), second.note()), (Some(Reason::WrongSide), "the right one is higher"));
    assert_eq!(of("fixture_a::1", "Ada Reader").unwrap().reason(), Some(Reason::Ambiguous));
    assert!(matches!(of("fixture_a::2", "Ada Reader"), Some(Decision::Edit { answer: Some(answer), .. }) if answer == "1400 mL"));
    assert!(of("fixture_b::0", "Ben Second").is_none(), "it was undone");
    let status: BTreeMap<&str, Status> =
        ["fixture_a::0", "fixture_a::1", "fixture_a::2", "fixture_b::0"].into_iter().map(|i| (i, state.status(&id(i)))).collect();
    assert_eq!(status.into_values().collect::<Vec<_>>(), [Status::Disputed, Status::Rejected, Status::Edited, Status::Undecided]);
    assert!(state.item(&id("fixture_b::1")).is_some_and(|i| !i.flags.is_empty()));
}

/// What only later versions hold.
fn check_later_events(project: &Project, version: i64) {
    let events = project.events().unwrap();
    let drawn = events.iter().filter(|e| matches!(e.action, Action::AddAnnotation { .. })).count();
    assert_eq!(drawn, usize::from(version >= 2));
    let answers = project.item_answers(&id("fixture_a::1")).unwrap();
    assert_eq!(answers.len(), usize::from(version >= 3));
    if version >= 3 {
        assert_eq!((answers[0].run.clone(), answers[0].text.as_str()), (ModelRun::parse("reader").unwrap(), "no"));
        let kinds = events.iter().filter(|e| matches!(e.action, Action::JudgeAnswer { .. } | Action::LabelAnswer { .. })).count();
        assert_eq!(kinds, 2);
    }
}

#[test]
fn an_older_file_that_may_only_be_read_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    for (version, dump) in DUMPS {
        let path = restore(dir.path(), version, dump);
        let project = Project::open_read_only(&path).unwrap();
        check_texts(&project);
        check_decisions(&project);
        drop(project);
        assert_eq!(version_of(&path), version);
    }
}

/// What a migration finds it does not prove: images stay marked until an import confirms them, and what was changed before is found after.
#[test]
fn a_migration_proves_nothing_that_it_finds() {
    let dir = tempfile::tempdir().unwrap();
    let (version, dump) = DUMPS[4];
    let path = restore(dir.path(), version, dump);
    let changes = [
        "UPDATE items SET position = 7 WHERE id = 2",
        "INSERT INTO runs (model, condition) VALUES ('ghost', 'full')",
        "UPDATE project SET value = 'x' WHERE key = 'contents'",
        "PRAGMA user_version = 4",
    ];
    for change in changes {
        let bad = dir.path().join("bad.voxaudit");
        std::fs::copy(&path, &bad).unwrap();
        Connection::open(&bad).unwrap().execute_batch(change).unwrap();
        let report = Project::open(&bad).and_then(|p| verify(p.path()));
        let found = report.map_or_else(|e| e.to_string(), |r| r.problems.join("; "));
        assert!(found.contains("did not fit the seal"), "{change}: {found}");
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(dir.path().join(format!("bad.voxaudit{end}")));
        }
    }
    let mut project = Project::open(&path).unwrap();
    let case = project.case(&voxaudit::qa::CaseId("fixture_a".into())).unwrap().unwrap();
    assert_eq!(case.image.unwrap().relative, "fixture_a.nii", "the first image of the case");
    let images = dir.path().join("images");
    std::fs::create_dir(&images).unwrap();
    std::fs::write(images.join("fixture_a.nii"), "x").unwrap();
    let request = ImportRequest { images: vec![images], ..ImportRequest::default() };
    assert!(import(&mut project, &request, &()).unwrap().imported);
    let report = verify(&path).unwrap();
    assert!(report.ok && report.warnings.iter().any(|w| w.starts_with("0 images")), "{report:?}");
}

#[test]
fn a_newer_file_is_refused_in_words_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = restore(dir.path(), DUMPS[2].0, DUMPS[2].1);
    let before = raw_events(&path);
    Connection::open(&path).unwrap().pragma_update(None, "user_version", CURRENT + 1).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for refused in [Project::open(&path).err(), Project::open_read_only(&path).err()] {
        let text = refused.unwrap().to_string();
        assert!(text.contains("newer voxaudit") && text.contains("install the newer program") && text.contains('6'), "{text}");
    }
    assert!(std::fs::read(&path).unwrap() == bytes, "not a byte is touched");
    assert_eq!(raw_events(&path), before);
}
