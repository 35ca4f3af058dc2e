//! What a project file can be trusted for: every stored bit counts, heads and signatures tell what a file is to what it was, order hangs on
//! no clock, and a decision says which text and which image it was made on.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use rusqlite::Connection;
use rusqlite::types::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use voxaudit::project::export::{ExportRequest, Include, Policy, export};
use voxaudit::project::import::{ImportRequest, import};
use voxaudit::project::measure::cache::Cache;
use voxaudit::project::verify::{HeadFound, VerifyReport, VerifyRequest, verify, verify_as};
use voxaudit::project::{Head, Project, signature};
use voxaudit::qa::ItemId;
use voxaudit::review::{Action, Criteria, Decision, Event, NewEvent, Reason, Reviewer, ShownImage, Status};

#[allow(dead_code, reason = "each test file uses its part")]
mod common;
use common::{Desk, PATIENCE, demo};

fn accept() -> Action {
    Action::Decide(Decision::Accept { criteria: Criteria::ALL_YES, note: String::new() })
}

fn answer(text: &str) -> Action {
    Action::Decide(Decision::Edit {
        reason: Reason::Wording,
        question: None,
        answer: Some(text.into()),
        criteria: Criteria::default(),
        note: String::new(),
    })
}

fn review(p: &mut Project, who: &str, item: &str, action: Action) -> Event {
    let item: ItemId = item.parse().unwrap();
    let judged = p.item(&item).unwrap().unwrap().text_hash();
    let new = NewEvent { reviewer: Reviewer::new(who, ""), item, judged, active_seconds: 1.0, image: ShownImage::None, action };
    p.append(new).unwrap()
}

/// A project of three items of one case in a folder of its own.
struct Study {
    dir: tempfile::TempDir,
}

impl Study {
    fn new() -> Self {
        let study = Self { dir: tempfile::tempdir().unwrap() };
        study.import("");
        study
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("study.voxaudit")
    }

    fn open(&self) -> Project {
        Project::open(self.path()).unwrap()
    }

    /// The three items, each with `more` fields.
    fn import(&self, more: &str) {
        let rows = (0..3).map(|n| format!("{{\"case_id\":\"c\",\"question\":\"Question {n}?\",\"answer\":\"a{n}\"{more}}}\n"));
        let qa = self.dir.path().join("qa.jsonl");
        std::fs::write(&qa, rows.collect::<String>()).unwrap();
        let mut p = Project::open_or_create(self.path()).unwrap();
        assert!(import(&mut p, &ImportRequest { qa: vec![qa], ..Default::default() }, &()).unwrap().imported);
    }

    fn head(&self) -> Head {
        self.open().head().unwrap()
    }

    fn asked(&self, head: &Head) -> VerifyReport {
        verify_as(self.path(), &VerifyRequest { head: Some(head.hash), ..Default::default() }, &()).unwrap()
    }
}

fn raw(path: &Path) -> Connection {
    Connection::open(path).unwrap()
}

/// Changes a file as no program of ours does, with its triggers put back as they were.
fn force(path: &Path, change: &str) {
    let conn = raw(path);
    let triggers: Vec<(String, String)> = {
        let mut select = conn.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").unwrap();
        select.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap().map(Result::unwrap).collect()
    };
    triggers.iter().for_each(|(name, _)| conn.execute_batch(&format!("DROP TRIGGER {name}")).unwrap());
    conn.execute_batch(change).unwrap();
    triggers.iter().for_each(|(_, sql)| conn.execute_batch(sql).unwrap());
}

// ---- every bit ----

/// One bit of a value, in the middle of it; `None` where there is none to change.
fn flipped(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Integer(n) => Some(Value::Integer(n ^ 1)),
        Value::Real(x) => Some(Value::Real(f64::from_bits(x.to_bits() ^ (1 << 40)))),
        Value::Text(text) => {
            let middle = text.len() / 2;
            let at = text.bytes().enumerate().skip(middle).chain(text.bytes().enumerate()).find(|(_, b)| b.is_ascii_graphic())?.0;
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            String::from_utf8(bytes).ok().map(Value::Text)
        }
        Value::Blob(bytes) => {
            let mut bytes = bytes.clone();
            let middle = bytes.len() / 2;
            *bytes.get_mut(middle)? ^= 1;
            Some(Value::Blob(bytes))
        }
    }
}

/// Rows of a table: the first, the middle and the last.
fn some_rows(conn: &Connection, table: &str) -> (Vec<String>, Vec<Vec<Value>>) {
    let mut select = conn.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
    let names: Vec<String> = select.column_names().map(str::to_owned).collect();
    let row = |r: &rusqlite::Row<'_>| (0..names.len()).map(|n| r.get(n)).collect::<rusqlite::Result<Vec<Value>>>();
    let all: Vec<Vec<Value>> = select.query_map([], row).unwrap().map(Result::unwrap).collect();
    let mut at = vec![0, all.len() / 2, all.len().saturating_sub(1)];
    at.dedup();
    let rows = at.into_iter().filter_map(|n| all.get(n).cloned()).collect();
    (names, rows)
}

#[test]
fn one_bit_of_any_value_in_any_table_is_found_by_verify() {
    let (dir, path) = demo();
    let mut project = Project::open(&path).unwrap();
    let first: Vec<String> = project.items().unwrap().iter().take(3).map(|i| i.id.to_string()).collect();
    review(&mut project, "Ann", &first[0], accept());
    review(&mut project, "Bob", &first[0], answer("something else"));
    review(&mut project, "Ann", &first[1], Action::Flag { note: String::new() });
    let cache = Cache::at(dir.path().join("cache"));
    assert!(project.check(Some(&cache), &()).unwrap().judged > 0, "the demo has claims");
    drop(project);
    let report = verify(&path).unwrap();
    assert!(report.ok, "{:?}", report.problems);

    let conn = raw(&path);
    let tables: Vec<String> = {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name";
        conn.prepare(sql).unwrap().query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect()
    };
    drop(conn);
    let (mut flips, mut seen, mut kept_out) = (BTreeMap::<&str, usize>::new(), 0, 0);
    let mut unseen = Vec::new();
    for table in &tables {
        let (names, rows) = some_rows(&raw(&path), table);
        for (row, column) in rows.iter().flat_map(|row| (0..names.len()).map(move |n| (row, n))) {
            let Some(value) = flipped(&row[column]) else { continue };
            let bad = dir.path().join("bad.voxaudit");
            std::fs::copy(&path, &bad).unwrap();
            if !change(&bad, table, &names, row, column, &value) {
                kept_out += 1; // SQLite itself refuses it, as a second key of that value
                continue;
            }
            *flips.entry(table).or_default() += 1;
            match verify(&bad) {
                Ok(report) if report.ok => unseen.push(format!("{table}.{}: {:?} → {value:?}", names[column], row[column])),
                _ => seen += 1,
            }
        }
    }
    println!("{seen} of {} changes of one bit were found, {kept_out} more cannot be made; by table: {flips:?}", seen + unseen.len());
    assert!(unseen.is_empty(), "{unseen:#?}");
    assert!(seen > 150 && flips.len() >= 18, "{flips:?}");
}

/// True when the change was made.
fn change(path: &Path, table: &str, names: &[String], row: &[Value], column: usize, value: &Value) -> bool {
    let conn = raw(path);
    conn.execute_batch("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF").unwrap();
    let triggers: Vec<(String, String)> = {
        let mut select = conn.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").unwrap();
        select.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap().map(Result::unwrap).collect()
    };
    triggers.iter().for_each(|(name, _)| conn.execute_batch(&format!("DROP TRIGGER {name}")).unwrap());
    let wheres: Vec<String> = names.iter().enumerate().map(|(n, name)| format!("\"{name}\" IS ?{}", n + 2)).collect();
    let sql = format!("UPDATE \"{table}\" SET \"{}\" = ?1 WHERE {}", names[column], wheres.join(" AND "));
    let values: Vec<&Value> = std::iter::once(value).chain(row).collect();
    let done = conn.execute(&sql, rusqlite::params_from_iter(values));
    triggers.iter().for_each(|(_, sql)| conn.execute_batch(sql).unwrap());
    done.is_ok_and(|n| n == 1)
}

#[test]
fn what_geometry_said_and_somebody_changed_counts_as_not_there_and_is_made_again() {
    let (dir, path) = demo();
    let cache = Cache::at(dir.path().join("cache"));
    let mut project = Project::open(&path).unwrap();
    let first = project.check(Some(&cache), &()).unwrap();
    let before = project.standings().unwrap();
    drop(project);
    force(
        &path,
        "UPDATE checks SET verdict = CASE verdict WHEN 'supports' THEN 'contradicts' ELSE 'supports' END WHERE verdict IS NOT NULL",
    );
    let changed =
        raw(&path).query_row("SELECT count(*) FROM checks WHERE verdict IS NOT NULL", [], |r| r.get::<_, u32>(0)).unwrap() as usize;
    assert!(changed > 5);
    let mut project = Project::open(&path).unwrap();
    assert_eq!(project.standings().unwrap().len(), before.len() - changed, "none of them is shown");
    let report = verify(&path).unwrap();
    assert!(!report.ok && report.problems[0].contains(&format!("{changed} verdicts of geometry")), "{report:?}");
    let again = project.check(Some(&cache), &()).unwrap();
    assert_eq!((again.judged, again.kept), (changed, first.judged - changed));
    assert_eq!(project.standings().unwrap(), before);
    assert!(verify(&path).unwrap().ok);
}

#[test]
fn a_kept_measure_with_a_changed_bit_is_measured_again() {
    let (dir, path) = demo();
    let folder = dir.path().join("cache");
    let mut project = Project::open(&path).unwrap();
    project.check(Some(&Cache::at(&folder)), &()).unwrap();
    let files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    let file = files.first().unwrap();
    let good = std::fs::read(file).unwrap();
    let mut tried = 0;
    for at in (0..good.len()).step_by(good.len() / 40 + 1) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(file, &bad).unwrap();
        let before = project.standings().unwrap();
        let report = project.check(Some(&Cache::at(&folder)), &()).unwrap();
        assert_eq!(report.judged, 0, "bit of byte {at}: verdicts rest on other measures");
        assert_eq!(project.standings().unwrap(), before);
        assert!(std::fs::read(file).unwrap() == good, "byte {at}: it was measured again and kept");
        tried += 1;
    }
    println!("{tried} changes of one bit in a kept file of measures, all measured again");
    assert!(tried >= 40);
}

#[test]
fn a_damaged_index_of_search_is_found_and_made_again() {
    let (_dir, path) = demo();
    let hits = |p: &Project| p.search("left kid", 1000).unwrap().ids;
    let before = hits(&Project::open(&path).unwrap());
    assert!(!before.is_empty());
    force(&path, "UPDATE items_fts_data SET block = zeroblob(length(block)) WHERE id > 10");
    assert!(verify(&path).unwrap().problems.iter().any(|p| p.contains("index of search")));
    let mut project = Project::open(&path).unwrap();
    assert!(!project.search_index_fits().unwrap());
    project.rebuild_search_index().unwrap();
    assert!(project.search_index_fits().unwrap() && verify(&path).unwrap().ok);
    assert_eq!(hits(&project), before);
    drop(project);
    let again = Project::open(&path).unwrap();
    assert_eq!(hits(&again), before);
}

#[test]
fn the_window_makes_a_damaged_index_of_search_again() {
    let (_dir, path) = demo();
    force(&path, "UPDATE items_fts_data SET block = zeroblob(length(block)) WHERE id > 10");
    let _desk = Desk::ready(&path);
    let start = std::time::Instant::now();
    while !Project::open_read_only(&path).unwrap().search_index_fits().unwrap() {
        assert!(start.elapsed() < PATIENCE, "the index was not made again");
        std::thread::yield_now();
    }
}

// ---- heads ----

#[test]
fn a_head_is_this_file_s_one_that_it_contains_or_unknown() {
    let study = Study::new();
    let empty = study.head();
    assert!(empty.tips.is_empty());
    review(&mut study.open(), "Ann", "c::0", accept());
    let one = study.head();
    review(&mut study.open(), "Bob", "c::1", accept());
    let two = study.head();
    let copy = std::fs::read(study.path()).unwrap();
    study.import(",\"options\":[\"a0\",\"a1\",\"a2\"]"); // the contents change, the log does not
    let imported = study.head();
    assert_eq!((imported.tips.clone(), imported.hash == two.hash), (two.tips.clone(), false));
    review(&mut study.open(), "Ann", "c::2", accept());
    for (past, found) in [(&empty, "empty"), (&one, "one"), (&two, "two"), (&imported, "imported")] {
        let report = study.asked(past);
        assert!(report.ok && report.asked_head == Some(HeadFound::Later), "{found}: {report:?}");
    }
    let now = study.head();
    assert_eq!(study.asked(&now).asked_head, Some(HeadFound::This));
    std::fs::write(study.path(), copy).unwrap(); // an older copy put back
    let report = study.asked(&now);
    assert!(!report.ok && report.asked_head == Some(HeadFound::Unknown) && report.problems[0].contains("put back"), "{report:?}");
    assert_eq!(study.asked(&two).asked_head, Some(HeadFound::This));
    let other = Study::new();
    review(&mut other.open(), "Ann", "c::0", accept());
    assert_eq!(study.asked(&other.head()).asked_head, Some(HeadFound::Unknown), "the same steps in another project give another head");
}

#[test]
fn an_export_and_a_report_print_the_head_and_the_log_keeps_it() {
    let study = Study::new();
    review(&mut study.open(), "Ann", "c::0", accept());
    let head = study.head();
    let run = |args: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_voxaudit"))
            .args(args)
            .current_dir(study.dir.path())
            .env("VOXAUDIT_CONFIG_DIR", study.dir.path())
            .output()
            .unwrap();
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    for (out, more) in [("named", &[][..]), ("hidden", &["--pseudonyms"][..])] {
        run(&[&["export", "study.voxaudit", "--out", out][..], more].concat());
        let manifest = std::fs::read_to_string(study.dir.path().join(out).join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        assert_eq!(manifest["head"], head.hash.hex());
    }
    run(&["report", "study.voxaudit", "--out", "page", "--no-volumes"]);
    assert!(std::fs::read_to_string(study.dir.path().join("page/index.html")).unwrap().contains(&head.hash.hex()));
    assert!(run(&["status", "study.voxaudit"]).contains(&format!("head {}", head.hash.hex())));
    assert!(run(&["verify", "study.voxaudit"]).contains(&head.hash.hex()));
    let kinds: String = raw(&study.path()).query_row("SELECT group_concat(kind) FROM milestones", [], |r| r.get(0)).unwrap();
    assert_eq!(kinds, "created,import,export,export");
    assert_eq!(study.head(), head, "keeping a head changes no head");
    review(&mut study.open(), "Bob", "c::1", accept());
    assert_eq!(study.asked(&head).asked_head, Some(HeadFound::Later));
    assert!(verify(study.path()).unwrap().ok);
}

#[test]
fn readings_that_came_with_a_source_are_counted_apart_and_the_card_claims_none_of_them() {
    let study = Study::new();
    review(&mut study.open(), "Ann", "c::0", accept());
    let out = study.dir.path().join("first");
    let include = Include { rejected: true, undecided: true };
    export(&study.open(), &ExportRequest { out: out.clone(), include, ..Default::default() }, &()).unwrap();
    let path = study.dir.path().join("second.voxaudit");
    let mut p = Project::create(&path).unwrap();
    assert!(import(&mut p, &ImportRequest { qa: vec![out.join("items.jsonl")], ..Default::default() }, &()).unwrap().imported);
    review(&mut p, "Bob", "c::1", accept());
    let status = p.status().unwrap();
    let counted = (status.carried, status.carried_audits, status.review.accepted, status.review.undecided);
    assert_eq!(counted, (1, 3, 1, 2), "Ann's is no review of this log");
    let out = study.dir.path().join("again");
    let report = export(&p, &ExportRequest { out: out.clone(), include, ..Default::default() }, &()).unwrap();
    assert_eq!(report.by_status, BTreeMap::from([("accepted", 1), ("undecided", 1)]));
    assert_eq!(report.carried_by_status, BTreeMap::from([("accepted", 1)]));
    let manifest: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(out.join("manifest.json")).unwrap()).unwrap();
    assert_eq!((&manifest["by_status"]["accepted"], &manifest["carried_by_status"]["accepted"]), (&1.into(), &1.into()));
    let card = std::fs::read_to_string(out.join("README.md")).unwrap();
    assert!(card.contains("decisions on 1 item of them; 1 came with readings of another log, which this one cannot prove; nobody has decided on 1 item here"), "{card}");
    assert!(!card.contains("one by one"), "{card}");
}

#[test]
fn milestones_are_chained_and_name_events_that_are_there() {
    let study = Study::new();
    review(&mut study.open(), "Ann", "c::0", accept());
    study.import(",\"task\":\"DIR\"");
    assert!(verify(study.path()).unwrap().ok);
    for (change, words) in [
        ("UPDATE milestones SET time = '2030-01-01T00:00:00Z' WHERE id = 2", "milestone 2"),
        ("UPDATE milestones SET kind = 'export' WHERE id = 2", "milestone 2"),
        ("DELETE FROM milestones WHERE id = 2", "milestone 3"),
        ("DELETE FROM milestones WHERE id = (SELECT max(id) FROM milestones)", "milestones at the end"),
        ("DELETE FROM milestones; DELETE FROM sqlite_sequence WHERE name = 'milestones'", "milestones at the end"),
        ("UPDATE milestones SET tips = x'0102' WHERE id = 3", "milestone 3"),
        ("DELETE FROM tips", "end of the log"),
        ("INSERT INTO tips VALUES (zeroblob(32))", "end of the log"),
        ("UPDATE events SET parents = NULL, image = NULL", "edited"),
        ("UPDATE events SET image = 'unknown'", "edited"),
        ("UPDATE project SET value = 'x' WHERE key = 'uuid'", "uuid"),
        ("DELETE FROM past_texts; INSERT INTO past_texts VALUES (1, zeroblob(32))", "past texts"),
        ("UPDATE sources SET name = 'other.jsonl'", "sources"),
        ("PRAGMA user_version = 5", "does not belong here"),
    ] {
        let bad = study.dir.path().join("bad.voxaudit");
        std::fs::copy(study.path(), &bad).unwrap();
        force(&bad, change);
        let found = verify(&bad).map_or_else(|e| vec![e.to_string()], |r| r.problems);
        assert!(found.iter().any(|p| p.contains(words)), "{change}: {found:?}");
    }
}

/// Nor does an import: what somebody else changed stays found, whatever is imported after it.
#[test]
fn an_import_proves_nothing_that_it_only_finds() {
    let study = Study::new();
    review(&mut study.open(), "Ann", "c::0", accept());
    let qa = study.dir.path().join("more.jsonl");
    let more = |fields: &str| {
        std::fs::write(&qa, format!("{{\"case_id\":\"c\",\"question\":\"Question 1?\",\"answer\":\"a1\"{fields}}}\n")).unwrap();
        import(&mut study.open(), &ImportRequest { qa: vec![qa.clone()], ..Default::default() }, &()).unwrap()
    };
    let whole = std::fs::read(study.path()).unwrap();
    for (change, imported) in [
        ("UPDATE roots SET name = name; INSERT INTO roots (name) VALUES ('ghost')", true),
        ("INSERT INTO past_texts VALUES (1, zeroblob(32))", true),
        ("UPDATE sources SET name = 'other'", true),
        ("UPDATE project SET value = '' WHERE key = 'contents'", true),
        ("UPDATE items SET task = 'VOL' WHERE id = 2", false),
        ("UPDATE item_sources SET fields = '{}' WHERE item = 2", false),
    ] {
        std::fs::write(study.path(), &whole).unwrap();
        force(&study.path(), change);
        let before = verify(study.path()).unwrap().problems;
        assert!(!before.is_empty(), "{change}");
        let report = more(",\"options\":[\"a1\",\"b\"]");
        assert_eq!(report.imported, imported, "{change}: {report:?}");
        let said = report.warnings.iter().chain(report.unmatched.iter().map(|u| &u.reason));
        assert!(said.into_iter().any(|w| w.contains("something else than an import")), "{change}: {report:?}");
        assert!(!verify(study.path()).unwrap().ok, "{change}: the import proved it");
    }
}

#[test]
fn the_order_of_the_log_hangs_on_no_clock() {
    let study = Study::new();
    let mut p = study.open();
    let first = review(&mut p, "Ann", "c::0", answer("FIRST"));
    let second = review(&mut p, "Bob", "c::0", answer("SECOND"));
    assert_eq!((second.parents.clone(), p.head().unwrap().tips), (Some(vec![first.hash]), vec![second.hash]));
    drop(p);
    // As if Bob's clock had stood in 2001: the event is rewritten with its hash, as his program would have written it then.
    if Command::new("faketime").arg("--help").output().is_err() {
        println!("skipped: the part that needs faketime");
        return;
    }
    let late = Command::new("faketime")
        .args(["2001-02-03 04:05:06", env!("CARGO_BIN_EXE_voxaudit"), "review"])
        .arg(study.path())
        .args(["--item", "c::0", "--reviewer", "Cid", "edit", "--reason", "wording", "--answer", "THIRD"])
        .output()
        .unwrap();
    assert!(late.status.success(), "{}", String::from_utf8_lossy(&late.stderr));
    let p = study.open();
    let out = study.dir.path().join("out");
    export(&p, &ExportRequest { out: out.clone(), policy: Policy::Any, ..Default::default() }, &()).unwrap();
    let rows = std::fs::read_to_string(out.join("items.jsonl")).unwrap();
    assert!(rows.contains("\"answer\":\"THIRD\""), "the latest by the log: {rows}");
    let report = verify(study.path()).unwrap();
    assert!(report.ok && report.warnings.iter().any(|w| w.contains("event 3") && w.contains("before the project was made")), "{report:?}");
}

#[test]
fn a_clock_that_ran_backwards_is_a_warning() {
    let study = Study::new();
    let mut p = study.open();
    review(&mut p, "Ann", "c::0", accept());
    drop(p);
    for (when, words) in [("2001-02-03 04:05:06", "ran backwards"), ("2099-02-03 04:05:06", "in the future")] {
        let run = Command::new("faketime")
            .args([when, env!("CARGO_BIN_EXE_voxaudit"), "review"])
            .arg(study.path())
            .args(["--item", "c::1", "--reviewer", "Ann", "accept"])
            .output();
        let Ok(run) = run else {
            println!("skipped: faketime is not here");
            return;
        };
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let report = verify(study.path()).unwrap();
        assert!(report.ok && report.warnings.iter().any(|w| w.contains(words)), "{when}: {report:?}");
    }
}

// ---- texts and images ----

#[test]
fn a_decision_on_a_past_text_counts_for_that_text_only() {
    let study = Study::new();
    let mut p = study.open();
    review(&mut p, "Ann", "c::0", accept());
    assert_eq!(p.status().unwrap().review.accepted, 1);
    drop(p);
    study.import(",\"options\":[\"a0\",\"a1\",\"a2\"]");
    let mut p = study.open();
    let item: ItemId = "c::0".parse().unwrap();
    let state = p.review_state().unwrap();
    assert_eq!((state.status(&item), state.item(&item).unwrap().past.len()), (Status::Undecided, 1));
    assert_eq!(p.status().unwrap().review.undecided, 3, "it is to be decided again");
    let out = study.dir.path().join("out");
    let include = Include { rejected: true, undecided: true };
    export(&p, &ExportRequest { out: out.clone(), include, ..Default::default() }, &()).unwrap();
    let rows = std::fs::read_to_string(out.join("items.jsonl")).unwrap();
    let first: serde_json::Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
    assert_eq!(first["audit"]["status"], "undecided");
    assert_eq!(first["audit"]["past_readings"][0]["reviewer"], "Ann");
    assert!(first["audit"]["past_readings"][0]["judged_text_sha256"].is_string(), "the export says which text it was");
    review(&mut p, "Ann", "c::0", accept());
    assert_eq!(p.status().unwrap().review.accepted, 1);
    assert!(verify(study.path()).unwrap().ok);
}

#[test]
fn a_decision_names_the_image_that_was_shown_and_verify_compares_it() {
    use egui::Key;
    use sha2::{Digest, Sha256};
    let (_dir, path) = demo();
    let mut desk = Desk::ready(&path);
    desk.until("the image's digest is known", |s| matches!(s.project.as_ref().unwrap().shown_image(), ShownImage::Sha256(_)));
    desk.key(Key::A);
    desk.saved(1, &path);
    let project = Project::open_read_only(&path).unwrap();
    let event = project.events().unwrap().remove(0);
    let image = project.case(&event.item.case).unwrap().unwrap().image.unwrap().path.unwrap();
    let bytes = std::fs::read(&image).unwrap();
    assert_eq!(event.image, Some(ShownImage::Sha256(Sha256::digest(&bytes).into())));
    drop((desk, project));
    let files = || verify_as(&path, &VerifyRequest { files: true, ..Default::default() }, &()).unwrap();
    assert_eq!((files().ok, files().images_compared), (true, Some(1)));
    let mut other = bytes.clone();
    other.push(0);
    std::fs::write(&image, other).unwrap();
    let report = files();
    assert!(!report.ok && report.problems[0].contains("1 decision was made on another image"), "{report:?}");
    assert!(verify(&path).unwrap().ok, "images are looked at only when asked for");
    std::fs::remove_file(&image).unwrap();
    let report = files();
    assert!(report.ok && report.warnings.iter().any(|w| w.contains("not on this machine")), "{report:?}");
}

#[test]
fn saving_never_waits_for_a_digest() {
    let study = Study::new();
    let mut p = study.open();
    let item: ItemId = "c::0".parse().unwrap();
    let judged = p.item(&item).unwrap().unwrap().text_hash();
    let reviewer = Reviewer::new("Ann", "");
    let new = NewEvent { reviewer, item, judged, active_seconds: 1.0, image: ShownImage::NotYetKnown, action: accept() };
    let event = p.append(new).unwrap();
    assert_eq!(p.events().unwrap(), [event]);
    let report = verify_as(study.path(), &VerifyRequest { files: true, ..Default::default() }, &()).unwrap();
    assert!(report.ok && report.warnings.iter().any(|w| w.contains("not known")), "{report:?}");
}

// ---- signatures ----

/// A key pair as minisign writes it: secret, public.
fn keys(dir: &Path, name: &str, password: Option<&str>) -> (PathBuf, PathBuf) {
    let pair = match password {
        Some(p) => minisign::KeyPair::generate_encrypted_keypair(Some(p.to_owned())).unwrap(),
        None => minisign::KeyPair::generate_unencrypted_keypair().unwrap(),
    };
    let files = (dir.join(format!("{name}.key")), dir.join(format!("{name}.pub")));
    std::fs::write(&files.0, pair.sk.to_box(None).unwrap().into_string()).unwrap();
    std::fs::write(&files.1, pair.pk.to_box().unwrap().into_string()).unwrap();
    files
}

#[test]
fn a_signed_head_is_proven_by_its_key_and_by_no_other() {
    let study = Study::new();
    let (secret, public) = keys(study.dir.path(), "ann", None);
    let (_, stranger) = keys(study.dir.path(), "stranger", None);
    review(&mut study.open(), "Ann", "c::0", accept());
    assert!(!signature::needs_password(&secret).unwrap());
    let (head, file) = signature::sign(&mut study.open(), &secret, None).unwrap();
    assert_eq!(file, study.dir.path().join("study.head.minisig"));
    let with = |key: &Path| {
        let request = VerifyRequest { public_key: Some(key.to_path_buf()), ..Default::default() };
        verify_as(study.path(), &request, &()).unwrap()
    };
    let report = with(&public);
    assert!(report.ok && report.signed_head == Some(head.hex()) && report.head == head.hex(), "{report:?}");
    let report = with(&stranger);
    assert!(!report.ok && report.problems[0].contains("does not prove it"), "{report:?}");
    review(&mut study.open(), "Ann", "c::1", accept());
    let report = with(&public);
    assert!(report.ok && report.warnings.iter().any(|w| w.contains("earlier state")), "{report:?}");
    let text = std::fs::read_to_string(&file).unwrap();
    let tampered = text.replacen(&head.hex()[..8], "00000000", 1);
    std::fs::write(&file, tampered).unwrap();
    assert!(!with(&public).ok, "the comment is signed too");
    std::fs::remove_file(&file).unwrap();
    assert!(with(&public).problems[0].contains("study.head.minisig"), "the missing file is named");
    for (name, content) in [("empty", ""), ("noise", "not a key\n"), ("public", "x")] {
        let key = study.dir.path().join(name);
        std::fs::write(&key, content).unwrap();
        let error = signature::sign(&mut study.open(), &key, None).unwrap_err().to_string();
        assert!(error.contains(name) && !error.contains('\n'), "{error}");
        assert!(with(&key).problems.iter().all(|p| !p.contains('\n')));
    }
    assert!(!file.exists(), "nothing was signed");
}

#[test]
fn the_command_line_signs_with_a_locked_key_and_says_what_a_head_is() {
    let study = Study::new();
    review(&mut study.open(), "Ann", "c::0", accept());
    let run = |args: &[&str], password: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_voxaudit"));
        command.args(args).current_dir(study.dir.path()).env("VOXAUDIT_CONFIG_DIR", study.dir.path());
        if let Some(password) = password {
            command.env("KEY_PASSWORD", password);
        }
        let out = command.stdin(std::process::Stdio::null()).output().unwrap();
        let text = |b: Vec<u8>| String::from_utf8(b).unwrap();
        (out.status.code(), text(out.stdout), text(out.stderr))
    };
    keys(study.dir.path(), "open", None);
    let (code, out, err) = run(&["sign", "study.voxaudit", "--secret-key", "open.key"], None);
    assert_eq!(code, Some(0), "{err}");
    let head = study.head().hash.hex();
    assert!(out.contains(&head), "{out}");
    let (code, out, _) = run(&["verify", "study.voxaudit", "--head", &head, "--public-key", "open.pub"], None);
    assert!(code == Some(0) && out.contains("is this file's") && out.contains("proves head"), "{out}");
    review(&mut study.open(), "Ann", "c::1", accept());
    let (code, out, _) = run(&["verify", "study.voxaudit", "--head", &head], None);
    assert!(code == Some(0) && out.contains("went on from there"), "{out}");
    let (code, out, _) = run(&["verify", "study.voxaudit", "--head", &head.replace('1', "2"), "--json"], None);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["ok"], &json["asked_head"]), (Some(1), &false.into(), &"unknown".into()));
    assert_eq!(run(&["verify", "study.voxaudit", "--head", "12"], None).0, Some(2), "no head is wrong usage");
    let (code, out, _) = run(&["status", "study.voxaudit", "--json"], None);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["head"]), (Some(0), &study.head().hash.hex().into()));
}

#[test]
fn a_head_is_over_the_contents_and_the_tips_and_nothing_else() {
    let study = Study::new();
    let before = study.head();
    assert_eq!(study.head(), before, "opening changes nothing");
    study.import("");
    assert_eq!(study.head(), before, "nor does importing the same again");
    let milestones = || raw(&study.path()).query_row("SELECT count(*) FROM milestones", [], |r| r.get::<_, u32>(0)).unwrap() as usize;
    assert_eq!(milestones(), 2, "created, and one import that brought something");
}
