//! The command line of the store: exit codes, exact JSON keys, messages.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

struct Run {
    dir: tempfile::TempDir,
}

impl Run {
    fn new() -> Self {
        let run = Self { dir: tempfile::tempdir().unwrap() };
        run.file(
            "qa.json",
            r#"{"c1.nii.gz": {"qa_pairs": [{"question": "Which side?", "answer": "Left."}, {"question": "Above?", "answer": "Yes."}]}}"#,
        );
        run
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The demo, made once for all tests, as a folder of this one.
    fn demo(&self, name: &str) {
        static MADE: OnceLock<tempfile::TempDir> = OnceLock::new();
        let made = MADE.get_or_init(|| {
            let dir = tempfile::tempdir().unwrap();
            voxaudit::generate::demo::make_demo(dir.path(), &()).unwrap();
            dir
        });
        copy(made.path(), &self.dir.path().join(name));
    }

    fn voxaudit(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_voxaudit"))
            .args(args)
            .current_dir(self.dir.path())
            .env("VOXAUDIT_CONFIG_DIR", self.dir.path().join("config"))
            .output()
            .unwrap()
    }

    #[track_caller]
    fn ok(&self, args: &[&str]) -> String {
        let out = self.voxaudit(args);
        assert_eq!(out.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    #[track_caller]
    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.ok(args)).unwrap()
    }

    #[track_caller]
    fn fails(&self, code: i32, args: &[&str], words: &[&str]) {
        let out = self.voxaudit(args);
        let text = String::from_utf8(out.stderr).unwrap();
        assert_eq!(out.status.code(), Some(code), "{args:?}: {text}");
        assert!(words.iter().all(|w| text.contains(w)), "{args:?}: {text}");
        assert!(!text.contains("panicked"), "{text}");
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() { copy(&from, &to) } else { std::fs::copy(from, to).map(drop).unwrap() }
    }
}

/// Key paths with the kind of each value: a shape that changes only when the contract does.
fn shape(value: &Value, at: &str, out: &mut Vec<String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => fields.iter().for_each(|(k, v)| shape(v, &format!("{at}.{k}"), out)),
        Value::Array(items) if !items.is_empty() => shape(&items[0], &format!("{at}[]"), out),
        other => {
            let kind = match other {
                Value::Null => "null",
                Value::Bool(_) => "bool",
                Value::Number(_) => "number",
                Value::String(_) => "text",
                Value::Array(_) => "[]",
                Value::Object(_) => "{}",
            };
            out.push(format!("{} {kind}", at.trim_start_matches('.')));
        }
    }
}

#[track_caller]
fn has_shape(value: &Value, expected: &str) {
    let mut found = Vec::new();
    shape(value, "", &mut found);
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    assert_eq!(found, expected);
}

#[test]
fn import_is_repeatable_and_its_json_has_the_agreed_keys() {
    let run = Run::new();
    let bad = run.file("bad.jsonl", "{\"case_id\": \"c1.nii.gz\", \"question\": \"Above?\", \"answer\": \"No.\"}\n");
    let first = run.json(&["import", "p.voxaudit", "--qa", "qa.json", "--json"]);
    assert_eq!((&first["schema"], &first["version"], &first["added"]["items"]), (&"voxaudit.import".into(), &1.into(), &2.into()));
    let again = run.json(&["import", "p.voxaudit", "--qa", "qa.json", "--json"]);
    assert_eq!((&again["added"]["items"], &again["unchanged"]["items"]), (&0.into(), &2.into()));
    let out = run.voxaudit(&["import", "p.voxaudit", "--qa", bad.to_str().unwrap(), "--json"]);
    assert_eq!(out.status.code(), Some(1), "unmatched rows and nothing imported");
    has_shape(
        &serde_json::from_slice(&out.stdout).unwrap(),
        "schema text
        version number
        added.cases number
        added.items number
        added.answers number
        added.verdicts number
        added.reports number
        added.images number
        added.masks number
        added.taxonomies number
        unchanged.cases number
        unchanged.items number
        unchanged.answers number
        unchanged.verdicts number
        unchanged.reports number
        unchanged.images number
        unchanged.masks number
        unchanged.taxonomies number
        updated.cases number
        updated.items number
        updated.answers number
        updated.verdicts number
        updated.reports number
        updated.images number
        updated.masks number
        updated.taxonomies number
        unmatched[].file text
        unmatched[].line number
        unmatched[].reason text
        unmatched[].blocks bool
        warnings []
        missing.verdicts {}
        quality []
        imported bool
        dry_run bool",
    );
    run.ok(&["import", "p.voxaudit", "--qa", "bad.jsonl", "--keep-matched"]);
}

#[test]
fn a_failed_or_dry_import_makes_no_project() {
    let run = Run::new();
    run.file("bad.json", "{\"c\": {\"qa_pairs\": [{\"question\": \"Q\",\n\"answer\": 3}]}}");
    run.fails(1, &["import", "p.voxaudit", "--qa", "bad.json"], &["bad.json", "line 1", "answer", "a number", "nothing was imported"]);
    assert!(run.ok(&["import", "p.voxaudit", "--qa", "qa.json", "--dry-run"]).contains("dry run"));
    assert!(!run.dir.path().join("p.voxaudit").exists());
    run.fails(1, &["import", "p.voxaudit", "--qa", "none.json"], &["none.json"]);
    run.fails(1, &["import", "p.voxaudit", "--qa", "."], &["folder"]);
    run.fails(2, &["import", "p.voxaudit"], &["nothing to import"]);
    run.fails(2, &["import"], &["Usage"]);
    run.fails(1, &["import", "qa.json", "--qa", "qa.json"], &["not a voxaudit project"]);
    for dry in [&["--dry-run"][..], &[]] {
        run.fails(1, &[&["import", "no/such/p.voxaudit", "--qa", "qa.json"], dry].concat(), &["no/such: no such folder"]);
    }
    let left: Vec<_> = std::fs::read_dir(run.dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "only the inputs are left: {left:?}");
}

/// While a first import still reads its input, another program makes the project: the import fails and the project stays.
#[cfg(unix)]
#[test]
fn a_first_import_never_removes_a_project_that_another_made() {
    let run = Run::new();
    for (name, extra) in [("a", &["--dry-run"][..]), ("b", &[])] {
        let (project, pipe) = (format!("{name}.voxaudit"), run.dir.path().join(format!("{name}.pipe")));
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let slow = Command::new(env!("CARGO_BIN_EXE_voxaudit"))
            .args(["import", &project, "--qa"])
            .arg(&pipe)
            .args(extra)
            .current_dir(run.dir.path())
            .env("VOXAUDIT_CONFIG_DIR", run.dir.path().join("config"))
            .stderr(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let mut write = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap(); // waits for the reader
        run.ok(&["import", &project, "--qa", "qa.json"]);
        std::io::Write::write_all(&mut write, b"{\"c2\": {\"qa_pairs\": [{\"question\": \"Q\", \"answer\": \"A\"}]}}").unwrap();
        drop(write);
        let out = slow.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success() || text.contains("already exists"), "{text}");
        assert_eq!(run.json(&["status", &project, "--json"])["items"], 2);
    }
    run.fails(1, &["status", "a.pipe"], &["not a regular file"]);
}

#[test]
fn reviews_are_saved_and_status_has_the_agreed_keys() {
    let run = Run::new();
    run.ok(&["import", "p.voxaudit", "--qa", "qa.json"]);
    let review = |item: &str, rest: &[&str]| run.ok(&[&["review", "p.voxaudit", "--item", item, "--reviewer", "Jo Doe"], rest].concat());
    let first = review("c1.nii.gz::0", &["accept"]);
    assert!(first.contains("saved: accept c1.nii.gz::0 by Jo Doe (JD), now accepted"), "{first}");
    review("c1.nii.gz::0", &["edit", "--reason", "wording", "--answer", "The left.", "--note", "n"]);
    review("c1.nii.gz::0", &["undo"]);
    review(
        "c1.nii.gz::1",
        &["reject", "--reason", "wrong-side", "--criteria", "spatial=yes,supported=no,unambiguous=yes,needs-volume=unsure"],
    );
    review("c1.nii.gz::1", &["flag"]);
    let status = run.json(&["status", "p.voxaudit", "--json"]);
    has_shape(
        &status,
        "schema text
        version number
        cases number
        items number
        items_with_image number
        items_with_labels number
        answers {}
        verdicts {}
        review.undecided number
        review.accepted number
        review.edited number
        review.rejected number
        review.flagged number
        review.disputed number
        reviewers.Jo Doe.decided number
        reviewers.Jo Doe.median_active_seconds number
        reports number
        reports_without_items number
        carried number
        carried_audits number
        events number
        head text
        drafts number
        log_head text
        file_system text",
    );
    assert_eq!(
        (&status["review"]["accepted"], &status["review"]["rejected"], &status["review"]["flagged"]),
        (&1.into(), &1.into(), &1.into())
    );
    assert!(run.ok(&["verify", "p.voxaudit"]).starts_with("ok: 2 items, 5 events by 1 reviewers"));
    let verified = run.json(&["verify", "p.voxaudit", "--json"]);
    assert_eq!((&verified["ok"], &verified["log_head"]), (&true.into(), &status["log_head"]));
}

#[test]
fn wrong_reviews_write_nothing() {
    let run = Run::new();
    run.ok(&["import", "p.voxaudit", "--qa", "qa.json"]);
    let fails = |code, item: &str, rest: &[&str], words: &[&str]| {
        run.fails(code, &[&["review", "p.voxaudit", "--item", item, "--reviewer", "Jo"], rest].concat(), words);
    };
    fails(1, "c1.nii.gz::7", &["accept"], &["no item 'c1.nii.gz::7'"]);
    fails(2, "c1.nii.gz", &["accept"], &["CASE::N"]);
    fails(2, "c1.nii.gz::0", &["reject"], &["--reason"]);
    fails(2, "c1.nii.gz::0", &["reject", "--reason", "bad"], &["wrong-side"]);
    fails(1, "c1.nii.gz::0", &["reject", "--reason", "other"], &["note"]);
    fails(1, "c1.nii.gz::0", &["edit", "--reason", "wording"], &["must change"]);
    fails(2, "c1.nii.gz::0", &["accept", "--criteria", "spatial=maybe"], &["maybe"]);
    for bad in ["", ",,,", "spatial=no", "supported=unsure,spatial=yes"] {
        fails(2, "c1.nii.gz::0", &["accept", "--criteria", bad], &["criteri"]);
    }
    for bad in ["-1", "inf", "NaN", "1e9", "x"] {
        fails(2, "c1.nii.gz::0", &[&format!("--active-seconds={bad}"), "accept"], &["0 to 86400"]);
    }
    fails(1, "c1.nii.gz::0", &["undo"], &["nothing to undo"]);
    run.fails(2, &["review", "p.voxaudit", "--reviewer", "Jo", "accept"], &["--item"]);
    assert_eq!(run.json(&["status", "p.voxaudit", "--json"])["events"], 0);
    run.fails(1, &["status", "none.voxaudit"], &["none.voxaudit", "no such project"]);
}

#[test]
fn verify_fails_loudly_and_names_the_event() {
    let run = Run::new();
    run.ok(&["import", "p.voxaudit", "--qa", "qa.json"]);
    run.ok(&["review", "p.voxaudit", "--item", "c1.nii.gz::0", "--reviewer", "Jo", "accept"]);
    let raw = rusqlite::Connection::open(run.dir.path().join("p.voxaudit")).unwrap();
    raw.execute_batch("DROP TRIGGER events_no_update; UPDATE events SET initials = 'XX'").unwrap();
    drop(raw);
    let out = run.voxaudit(&["verify", "p.voxaudit"]);
    assert_eq!(out.status.code(), Some(1));
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("first bad event: 1 (item 'c1.nii.gz::0', Jo,") && text.contains("events_no_update"), "{text}");
}

#[test]
fn export_writes_what_it_says() {
    let run = Run::new();
    run.ok(&["import", "p.voxaudit", "--qa", "qa.json"]);
    run.ok(&["review", "p.voxaudit", "--item", "c1.nii.gz::0", "--reviewer", "Jo", "accept"]);
    let report = run.json(&["export", "p.voxaudit", "--out", "deep/out", "--include", "rejected,undecided", "--json"]);
    has_shape(
        &report,
        "schema text
        version number
        out text
        cases number
        items number
        by_status.accepted number
        by_status.undecided number
        carried_by_status {}
        left_out {}
        files[] text
        head text",
    );
    let listed = |dir: &Path| {
        let mut names: Vec<String> =
            std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    let deep = run.dir.path().join("deep");
    assert_eq!(listed(&deep), ["out"], "no temporary folder is left");
    assert_eq!(listed(&deep.join("out")), ["README.md", "items.csv", "items.json", "items.jsonl", "manifest.json"]);
    run.ok(&["export", "p.voxaudit", "--out", "two", "--format", "jsonl,csv", "--policy", "majority", "--pseudonyms"]);
    assert_eq!(listed(&run.dir.path().join("two")), ["README.md", "items.csv", "items.jsonl", "manifest.json"]);
    run.fails(2, &["export", "p.voxaudit", "--out", "x", "--format", "parquet"], &["parquet", "jsonl, json, csv"]);
    run.fails(2, &["export", "p.voxaudit", "--out", "x", "--policy", "best"], &["adjudicated, majority, unanimous, any"]);
    run.fails(1, &["export", "p.voxaudit", "--out", "."], &["already exists"]);
}

#[test]
fn every_command_explains_itself_with_an_example() {
    let run = Run::new();
    for command in ["import", "status", "review", "verify", "export"] {
        assert!(run.ok(&[command, "--help"]).contains(&format!("Example: voxaudit {command}")));
    }
    for action in ["accept", "reject", "edit", "flag", "unflag", "judge", "label", "undo", "redo"] {
        let help = run.ok(&["review", "p", "--reviewer", "Jo", action, "--help"]);
        assert!(help.contains("Example: voxaudit review") && help.contains(&format!("\"Jo Doe\" {action}")), "{help}");
    }
}

/// Names with `/`, `:` and blanks; a word on an answer, an error label, undo; what is wrong is said.
#[test]
fn answers_are_imported_judged_and_labelled() {
    let run = Run::new();
    run.ok(&["import", "p.voxaudit", "--qa", "qa.json"]);
    let row = |q: &str, said: &str| format!("{{\"case_id\": \"c1.nii.gz\", \"question\": \"{q}\", \"prediction\": \"{said}\"}}\n");
    run.file("a.jsonl", &(row("Which side?", "Right.") + &row("Above?", "Yes.</s>")));
    let verdict = r#"[{"case_id": null, "question": "Above?", "answer": "Yes.", "prediction": "Yes.</s>", "is_correct": "true"}]"#;
    run.file("v.json", verdict);
    let import = |more: &[&str]| run.json(&[&["import", "p.voxaudit", "--json"], more].concat());
    let report =
        import(&["--answers", "org/m 7b:x=a.jsonl", "--answers", "org/m 7b:x@text-only=a.jsonl", "--verdicts", "org/m 7b:x:gpt=v.json"]);
    assert_eq!((&report["added"]["answers"], &report["added"]["verdicts"]), (&4.into(), &1.into()));
    assert_eq!(report["missing"]["verdicts"]["org/m 7b:x:gpt"], serde_json::json!(["c1.nii.gz::0"]));
    let token = &report["quality"][0];
    assert_eq!((&token["kind"], &token["token"], &token["items"][0]), (&"special-token".into(), &"</s>".into(), &"c1.nii.gz::1".into()));
    let status = run.json(&["status", "p.voxaudit", "--json"]);
    assert_eq!(status["answers"], serde_json::json!({"org/m 7b:x": 2, "org/m 7b:x@text-only": 2}));
    assert_eq!(status["verdicts"]["org/m 7b:x:gpt"], serde_json::json!({"n": 1, "correct": 1, "incorrect": 0, "missing": 1}));
    assert!(run.ok(&["status", "p.voxaudit"]).contains("org/m 7b:x:gpt: 1 verdicts, 1 correct, 0 incorrect, 1 missing"));

    let about = |more: &[&str]| [&["review", "p.voxaudit", "--item", "c1.nii.gz::0", "--reviewer", "Jo Doe"], more].concat().join("\u{1}");
    let ok = |more: &[&str]| run.ok(&about(more).split('\u{1}').collect::<Vec<_>>());
    let fails = |code, more: &[&str], words: &[&str]| run.fails(code, &about(more).split('\u{1}').collect::<Vec<_>>(), words);
    let judged = ok(&["judge", "--model", "org/m 7b:x", "wrong"]);
    assert!(judged.contains("judge an answer to c1.nii.gz::0 by Jo Doe (JD): org/m 7b:x is wrong"), "{judged}");
    let label = ["label", "--model", "org/m 7b:x", "--condition", "text-only", "--primary", "relational", "--sub", "frame swap"];
    let labelled =
        ok(&[&label[..], &["--secondary", "linguistic", "--answer-right", "no", "--explanation-right", "none", "--note", "n"]].concat());
    assert!(labelled.contains("org/m 7b:x@text-only, relational, linguistic, frame-swap, no explanation given"), "{labelled}");
    ok(&["label", "--model", "org/m 7b:x", "--answer-right", "yes", "--explanation-right", "no"]);
    ok(&["undo"]);
    ok(&["label", "--model", "org/m 7b:x@text-only", "--remove"]);
    ok(&["judge", "--model", "org/m 7b:x", "none"]);
    fails(1, &["judge", "--model", "org/m 7b:x", "none"], &["Jo Doe has no judgement"]);
    fails(1, &["judge", "--model", "m", "right"], &["no answer of 'm'; it has: org/m 7b:x, org/m 7b:x@text-only"]);
    fails(1, &["label", "--model", "org/m 7b:x", "--primary", "colour"], &["no type 'colour'; it has: visual-perception relational"]);
    fails(1, &["label", "--model", "org/m 7b:x", "--primary", "numeric", "--sub", "frame-swap"], &["belongs to the type 'relational'"]);
    fails(2, &["judge", "--model", "org/m 7b:x", "maybe"], &["right, wrong, unsure"]);
    fails(2, &["label", "--model", "org/m 7b:x"], &["--primary"]);
    assert_eq!(run.json(&["verify", "p.voxaudit", "--json"])["ok"], true);
    for bad in ["m", "=a.jsonl", "m=", "m@=a.jsonl", "@full=a.jsonl"] {
        run.fails(2, &["import", "p.voxaudit", "--answers", bad], &["--answers"]);
    }
    run.fails(2, &["import", "p.voxaudit", "--verdicts", "m=v.json"], &["the judge is missing"]);
    run.fails(1, &["import", "p.voxaudit", "--verdicts", "m:gpt=v.json"], &["no answers of 'm'"]);
}

/// Standard output that is full or whose reader has gone away.
#[cfg(unix)]
#[test]
fn a_closed_or_full_stdout_is_no_panic() {
    let run = Run::new();
    run.ok(&["import", "p.voxaudit", "--qa", "qa.json"]);
    let to = |out: std::process::Stdio, args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_voxaudit"));
        command.args(args).current_dir(run.dir.path()).env("VOXAUDIT_CONFIG_DIR", run.dir.path().join("config"));
        let done = command.stdout(out).stderr(std::process::Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        let text = String::from_utf8(done.stderr).unwrap();
        assert!(!text.contains("panicked") && text.lines().count() <= 1, "{args:?}: {text}");
        (done.status.code(), text)
    };
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap().into();
    let gone = || std::io::pipe().unwrap().1.into();
    let accept = ["review", "p.voxaudit", "--item", "c1.nii.gz::0", "--reviewer", "Jo", "accept"];
    for args in [&accept[..], &["import", "p.voxaudit", "--qa", "qa.json", "--json"], &["export", "p.voxaudit", "--out", "out"]] {
        let (code, text) = to(full(), args);
        assert!(code == Some(0) && text.contains("saved"), "{args:?}: {text}");
        assert_eq!(to(gone(), args), (Some(0), String::new()));
    }
    for args in [["status", "p.voxaudit"], ["verify", "p.voxaudit"]] {
        assert_eq!(to(full(), &args).0, Some(1));
        assert_eq!(to(gone(), &args), (Some(0), String::new()));
    }
    assert_eq!(run.json(&["status", "p.voxaudit", "--json"])["events"], 2);
}

/// The first Ctrl-C asks, the second ends what waits for something that may never come.
#[cfg(unix)]
#[test]
fn a_second_ctrl_c_ends_the_program() {
    let run = Run::new();
    let pipe = run.dir.path().join("slow.pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut slow = Command::new(env!("CARGO_BIN_EXE_voxaudit"))
        .args(["import", "p.voxaudit", "--qa", "slow.pipe"])
        .current_dir(run.dir.path())
        .env("VOXAUDIT_CONFIG_DIR", run.dir.path().join("config"))
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let _held_open = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap(); // waits for the reader
    // The shell's own `kill`: a small Debian has no other.
    let interrupt = || assert!(Command::new("sh").args(["-c", &format!("kill -INT {}", slow.id())]).status().unwrap().success());
    interrupt();
    std::thread::sleep(std::time::Duration::from_millis(300));
    interrupt();
    assert_eq!(slow.wait().unwrap().code(), Some(130));
    assert!(!run.dir.path().join("p.voxaudit").exists());
}

/// Tables and generated items go to new files or over earlier ones of their kind, never over a project, a volume or a link.
#[test]
fn results_never_replace_other_files() {
    let run = Run::new();
    run.demo("d");
    let read = |name: &str| std::fs::read(run.dir.path().join(name)).unwrap();
    let (project, ct) = ("d/demo.voxaudit", "d/data/images/phantom_a.nii.gz");
    let before = (read(project), read(ct));
    let masks = "d/data/masks/phantom_a.nii.gz";
    for args in [&["--csv", project][..], &["--parquet", project], &["--csv", ct], &["--csv", "d"], &["--csv", "no/such/t.csv"]] {
        run.fails(1, &[&["measure", masks][..], args].concat(), &[args[1].split('/').next().unwrap()]);
    }
    run.fails(2, &["measure", masks, "--csv", "t", "--parquet", "t"], &["two names"]);
    for out in [project, ct] {
        run.fails(1, &["generate", project, "--source", "geometry", "--out", out], &["is not replaced"]);
    }
    run.file("t_pairs.csv", "mine,not yours\n");
    run.fails(1, &["measure", masks, "--pairs", "liver:spleen", "--csv", "t.csv"], &["t_pairs.csv", "is not replaced"]);
    for _ in 0..2 {
        run.ok(&["measure", masks, "--csv", "u.csv", "--parquet", "u.parquet"]); // its own are
    }
    assert!(before == (read(project), read(ct)), "nothing was changed");
    std::fs::create_dir_all(run.dir.path().join("mine/data")).unwrap();
    run.file("mine/data/notes.txt", "mine");
    run.fails(1, &["demo", "--dir", "mine", "--headless"], &["not the demo's", "--dir"]);
}

/// A structure that the case does not label, two labels of one name, and files that are no masks are said, not guessed.
#[test]
fn masks_that_are_partial_repeated_or_out_of_reach() {
    let run = Run::new();
    run.demo("d");
    std::fs::create_dir_all(run.dir.path().join("m/c")).unwrap();
    let path = |name: &str| run.dir.path().join(name);
    std::fs::copy(path("d/data/masks/phantom_b/liver.nii.gz"), path("m/c/liver.nii.gz")).unwrap();
    let rows = r#"{"case_id":"c","question":"Is the left kidney above the liver?","answer":"yes","claims":["volume(liver) = 900 mL"]}
{"case_id":"c","question":"Is the left kidney left of the liver?","answer":"yes","claims":["leftish(liver)"]}"#;
    run.file("q.jsonl", rows);
    let imported = run.json(&["import", "p.voxaudit", "--qa", "q.jsonl", "--masks", "m", "--json"]);
    assert!(imported["warnings"].to_string().contains("leftish(liver)") && imported["warnings"].to_string().contains("line 2"));
    let checked = run.ok(&["check", "p.voxaudit"]);
    assert!(checked.contains("undetermined"), "{checked}");

    std::fs::copy(path("d/data/masks/phantom_a.nii.gz"), path("m/twice.nii.gz")).unwrap();
    run.file("m/twice.json", r#"{"1": "liver", "2": "liver", "3": "spleen"}"#);
    let twice = run.voxaudit(&["measure", "m/twice.nii.gz"]);
    assert!(String::from_utf8(twice.stderr).unwrap().contains("2 labels are called 'liver' (values 1, 2)"));
    run.file("t.jsonl", r#"{"case_id":"twice","question":"How large?","answer":"9 mL","claims":["volume(liver) = 9 mL"]}"#);
    run.ok(&["import", "t.voxaudit", "--qa", "t.jsonl", "--masks", "m", "--keep-matched"]);
    assert_eq!(run.json(&["check", "t.voxaudit", "--json"])["counts"]["reference"]["undetermined"], 1);

    std::fs::copy(path("d/data/masks/phantom_b/spleen.nii.gz"), path("m/c/spleen.nii.gz")).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/annex/none.nii.gz", path("m/c/aorta.nii.gz")).unwrap();
        run.fails(1, &["measure", "m/c"], &["aorta.nii.gz", "leads to no file"]);
        std::fs::remove_file(path("m/c/aorta.nii.gz")).unwrap();
    }
    run.ok(&["measure", "m/c"]);
}

#[test]
fn measurements_are_kept_changed_taken_away_and_undone() {
    let run = Run::new();
    run.demo("d");
    let item = run.json(&["status", "d/demo.voxaudit", "--json"])["items"].as_u64().map(|_| "phantom_a::0".to_owned()).unwrap();
    let review = ["review", "d/demo.voxaudit", "--reviewer", "Jo Doe"];
    let with = |more: &[&str]| [&review[..], &["--item", &item], more].concat().iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    let ok = |more: &[&str]| run.ok(&with(more).iter().map(String::as_str).collect::<Vec<_>>());
    let fails = |code, more: &[&str], words: &[&str]| run.fails(code, &with(more).iter().map(String::as_str).collect::<Vec<_>>(), words);
    let text = ok(&["annotate", "--json", r#"{"kind": "ruler", "plane": "axial", "a": [-30, 0, 10], "b": [12, 0, 10]}"#]);
    assert!(text.contains("ruler") && text.contains("42.0 mm"), "{text}");
    let id = text.split("ruler ").nth(1).unwrap().split(',').next().unwrap().to_owned();
    let roi = ok(&["annotate", "--json", r#"{"kind": "ellipse", "plane": "coronal", "a": [-5, 0, 5], "b": [5, 0, -5]}"#]);
    assert!(roi.contains("79 mm²") && roi.contains(" HU"), "HU come from the case's image: {roi}");
    let longer = format!(r#"{{"id": "{id}", "kind": "ruler", "plane": "axial", "a": [-30, 0, 10], "b": [20, 0, 10]}}"#);
    assert!(ok(&["annotate", "--json", &longer]).contains("50.0 mm"));
    ok(&["annotate", "--remove", &id]);
    fails(1, &["annotate", "--remove", &id], &["Jo Doe has no measurement", &id]);
    fails(1, &["annotate", "--json", &longer], &["Jo Doe has no measurement"]);
    fails(2, &["annotate", "--json", "{}"], &["\"kind\" must be one of"]);
    fails(2, &["annotate"], &["--json"]);
    run.ok(&[&review[..], &["undo"]].concat());
    run.ok(&["export", "d/demo.voxaudit", "--out", "out", "--include", "undecided"]);
    let rows = std::fs::read_to_string(run.dir.path().join("out/items.jsonl")).unwrap();
    let first: Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
    let drawn = first["audit"]["annotations"].as_array().unwrap();
    let lengths: Vec<_> =
        drawn.iter().map(|a| (a["kind"].as_str().unwrap(), a["length_mm"].as_f64(), a["hu"]["samples"].is_u64())).collect();
    assert_eq!(lengths, [("ellipse", None, true), ("ruler", Some(50.0), false)]);
    assert_eq!(run.json(&["verify", "d/demo.voxaudit", "--json"])["ok"], true);
}
