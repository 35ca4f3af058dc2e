//! What is opened is what we made: a project with anything of a stranger in its schema is refused by every command, by name, before
//! anything else of it is read.

use super::*;
use std::time::Instant;
use voxaudit::project::export::{ExportRequest, export};
use voxaudit::project::verify::verify;

/// What a stranger does to the schema, and how it is named.
const FORGED: [(&str, &str); 12] = [
    ("CREATE TRIGGER z BEFORE INSERT ON events BEGIN SELECT RAISE(IGNORE); END", "the trigger 'z' does not belong here"),
    ("CREATE TRIGGER z AFTER INSERT ON heads BEGIN UPDATE heads SET count = 1; END", "the trigger 'z' does not belong here"),
    ("CREATE TEMP TABLE t (x); CREATE TABLE extra (x)", "the table 'extra' does not belong here"),
    ("CREATE VIEW v AS SELECT 1", "the view 'v' does not belong here"),
    ("CREATE INDEX i ON items (answer)", "the index 'i' does not belong here"),
    ("CREATE UNIQUE INDEX i ON events (item)", "the index 'i' does not belong here"),
    ("DROP TRIGGER events_no_update", "the trigger 'events_no_update' is missing"),
    (
        "DROP TRIGGER events_no_delete; CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT 1; END",
        "'events_no_delete' was changed",
    ),
    ("ALTER TABLE items ADD COLUMN g TEXT AS (upper(answer))", "the table 'items' was changed"),
    (
        "ALTER TABLE taxonomies RENAME TO t2; CREATE VIEW taxonomies AS SELECT * FROM t2",
        "the view 'taxonomies' stands where the table should be",
    ),
    ("CREATE VIRTUAL TABLE other USING fts5(x)", "the table 'other' does not belong here"),
    ("PRAGMA user_version = 2", "does not belong here"),
];

/// A view that never comes to an end, where the queue reads its items.
const ENDLESS: &str = "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; ALTER TABLE items RENAME TO items2;
    CREATE VIEW items AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n)
    SELECT id, 1 AS case_ref, 0 AS position, 'q' AS question, 'a' AS answer, '[]' AS options, NULL AS task, '' AS categories, x'' AS text_hash FROM n";

fn forged(f: &Fixture, good: &Path, sql: &str) -> PathBuf {
    let bad = f.path("bad.voxaudit");
    std::fs::copy(good, &bad).unwrap();
    raw(&bad).execute_batch(sql).unwrap();
    bad
}

#[test]
fn every_command_refuses_the_schema_of_a_stranger() {
    let f = Fixture::new();
    let good = f.project(1);
    let mut refused = 0;
    for (sql, words) in FORGED {
        let bad = forged(&f, &good, sql);
        let before = std::fs::read(&bad).unwrap();
        for error in [Project::open(&bad).err(), Project::open_read_only(&bad).err(), Project::open_or_create(&bad).err()] {
            says(&error.unwrap().to_string(), &["bad.voxaudit", words]);
            refused += 1;
        }
        let report = verify(&bad).unwrap();
        assert!(!report.ok && report.problems.iter().any(|p| p.contains(words)), "{sql}: {:?}", report.problems);
        assert!(std::fs::read(&bad).unwrap() == before, "{sql}: not a byte is touched");
        refused += 1;
    }
    println!("{refused} openings refused");
}

#[test]
fn every_subcommand_refuses_it_too() {
    let f = Fixture::new();
    let good = f.project(1);
    let bad = forged(&f, &good, FORGED[0].0);
    let qa = f.path("qa.json");
    let qa = qa.to_str().unwrap();
    let item = id(2).to_string();
    let commands: [&[&str]; 8] = [
        &["status", "bad.voxaudit"],
        &["review", "bad.voxaudit", "--item", &item, "--reviewer", "Ann", "accept"],
        &["import", "bad.voxaudit", "--qa", qa],
        &["export", "bad.voxaudit", "--out", "out"],
        &["check", "bad.voxaudit"],
        &["score", "bad.voxaudit"],
        &["report", "bad.voxaudit", "--out", "rep"],
        &["open", "bad.voxaudit"],
    ];
    for args in commands {
        let out = f.voxaudit(args);
        let text = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(1), "{args:?}: {text}");
        says(text.trim_end(), &["bad.voxaudit", "the trigger 'z' does not belong here"]);
    }
    let out = f.voxaudit(&["verify", "bad.voxaudit"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stdout).contains("the trigger 'z' does not belong here"));
    assert_eq!(raw(&bad).query_row("SELECT count(*) FROM events", [], |r| r.get::<_, i64>(0)).unwrap(), 0);
    println!("{} subcommands", commands.len() + 1);
}

#[test]
fn a_view_without_an_end_holds_nobody_up() {
    let f = Fixture::new();
    let good = f.project(1);
    forged(&f, &good, ENDLESS);
    for args in [&["status", "bad.voxaudit"][..], &["verify", "bad.voxaudit"], &["score", "bad.voxaudit"], &["measure", "bad.voxaudit"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_voxaudit"))
            .args(args)
            .current_dir(f.dir.path())
            .env("VOXAUDIT_CONFIG_DIR", f.path("config"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let start = Instant::now();
        let code = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status.code();
            }
            if start.elapsed() > PATIENCE {
                child.kill().unwrap();
                panic!("{args:?} goes on and on");
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        assert_eq!(code, Some(1), "{args:?}");
    }
}

/// The files that were found to lie, where they are here.
#[test]
fn the_cases_on_record_are_refused() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let cases = std::env::var_os("VOXAUDIT_SHARED").map_or(beside, PathBuf::from).join("cases/store");
    let mut seen = 0;
    for (file, words) in [
        ("03-mailed-project-with-trigger/trigger-flip.voxaudit", "the trigger 'z' does not belong here"),
        ("03-mailed-project-with-trigger/trigger-ignore.voxaudit", "the trigger 'z' does not belong here"),
        ("04-endless-view/p.voxaudit", "the view '"),
    ] {
        if !cases.join(file).is_file() {
            println!("skipped: 1 ({file} is not here)");
            continue;
        }
        let f = Fixture::new();
        let path = f.path("x.voxaudit");
        std::fs::copy(cases.join(file), &path).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        says(&Project::open(&path).unwrap_err().to_string(), &[words]);
        seen += 1;
    }
    println!("{seen} cases on record");
}

/// A program that changes the schema while the project is open is found by the next write and by the next question.
#[test]
fn a_trigger_that_is_made_while_the_project_is_open_never_runs() {
    let f = Fixture::new();
    let path = f.project(2);
    let mut p = Project::open(&path).unwrap();
    let reader = p.reader().unwrap();
    review(&mut p, 0).unwrap();
    raw(&path).execute_batch(FORGED[0].0).unwrap();
    says(&review(&mut p, 1).unwrap_err().to_string(), &["the trigger 'z' does not belong here"]);
    says(&reader.still_ours().unwrap_err().to_string(), &["the trigger 'z'"]);
    let more = f.file("more.json", qa_json(3));
    says(&import(&mut p, &ImportRequest { qa: vec![more], ..Default::default() }, &()).unwrap_err().to_string(), &["the trigger 'z'"]);
    raw(&path).execute_batch("DROP TRIGGER z").unwrap();
    review(&mut p, 1).unwrap();
    assert_eq!(p.events().unwrap().len(), 2);
    reader.still_ours().unwrap();
}

#[test]
fn the_window_says_so_when_the_schema_changes_under_it() {
    let f = Fixture::new();
    let path = f.project(2);
    let window = Window::open(&path);
    window.review(0).unwrap();
    raw(&path).execute_batch(FORGED[0].0).unwrap();
    window.store().look_around();
    let banner = window.wait(|m| if let StoreMessage::Lost { message } = m { Some(message.clone()) } else { None });
    says(&banner, &["the trigger 'z' does not belong here"]);
}

const OLD: [&str; 4] = [
    include_str!("../old_files/v1.sql"),
    include_str!("../old_files/v2.sql"),
    include_str!("../old_files/v3.sql"),
    include_str!("../old_files/v4.sql"),
];

/// Older files that may only be read answer every question that a new one does, from a copy that nobody sees.
#[test]
fn an_older_file_that_may_only_be_read_answers_like_a_new_one() {
    for (n, dump) in OLD.iter().enumerate() {
        let f = Fixture::new();
        let path = f.path("old.voxaudit");
        raw(&path).execute_batch(dump).unwrap();
        let before = std::fs::read(&path).unwrap();
        let p = Project::open_read_only(&path).unwrap();
        assert!(p.read_only() && p.items().unwrap().len() == 5, "version {}", n + 1);
        assert!(p.standings().unwrap().is_empty() && p.quality().is_ok() && p.matrix().is_ok() && p.taxonomy().is_ok());
        assert_eq!(p.runs().unwrap().is_empty(), n < 2, "version {}", n + 1);
        p.reader().unwrap().items().unwrap();
        p.still_there().unwrap();
        export(&p, &ExportRequest { out: f.path("out"), ..Default::default() }, &()).unwrap();
        p.save_copy(f.path("copy.voxaudit")).unwrap();
        drop(p);
        assert!(verify(f.path("copy.voxaudit")).unwrap().ok, "a copy of it is of the current version");
        assert!(std::fs::read(&path).unwrap() == before, "version {}: not a byte is touched", n + 1);
        assert!(!beside(&path, "-wal").exists(), "version {}", n + 1);
    }
    println!("{} older versions", OLD.len());
}
