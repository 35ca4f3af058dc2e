//! The project file from outside: import, search, log, verify, export, and what must survive.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use voxaudit::formats::Watch;
use voxaudit::geometry::{Annotation, Cut, HuStats, Shape};
use voxaudit::project::export::{ExportError, ExportRequest, Include, Policy, export};
use voxaudit::project::import::{ImportError, ImportReport, ImportRequest, import};
use voxaudit::project::verify::{HeadFound, VerifyRequest, verify, verify_as};
use voxaudit::project::{Project, ProjectError};
use voxaudit::qa::{CaseId, Category, ItemId, TextHash};
use voxaudit::review::{Action, Criteria, Decision, Event, NewEvent, Reason, Reviewer, Status};
use voxaudit::space::{Plane, RasMm};

struct Fixture {
    dir: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A project with `cases` × 5 items.
    fn project(&self, cases: usize) -> Project {
        let qa = self.file("qa.json", qa_json(cases));
        let mut p = Project::create(self.path("p.voxaudit")).unwrap();
        assert!(add(&mut p, &[&qa]).unwrap().imported);
        p
    }
}

fn qa_json(cases: usize) -> String {
    let pair = |c: usize, n: usize| format!("{{\"question\": \"Where is lesion {n} of {c}?\", \"answer\": \"In lobe {n}.\"}}");
    let case =
        |c: usize| format!("\"case_{c}.nii.gz\": {{\"qa_pairs\": [{}]}}", (0..5).map(|n| pair(c, n)).collect::<Vec<_>>().join(",\n"));
    format!("{{{}}}", (0..cases).map(case).collect::<Vec<_>>().join(",\n"))
}

fn add(p: &mut Project, qa: &[&Path]) -> Result<ImportReport, ImportError> {
    import(p, &ImportRequest { qa: qa.iter().map(|q| q.to_path_buf()).collect(), ..Default::default() }, &())
}

fn id(text: &str) -> ItemId {
    text.parse().unwrap()
}

fn accept() -> Action {
    Action::Decide(Decision::Accept { criteria: Criteria::ALL_YES, note: String::new() })
}

fn reject() -> Action {
    Action::Decide(Decision::Reject { reason: Reason::WrongSide, criteria: Criteria::default(), note: String::new() })
}

fn edit(question: Option<&str>, answer: Option<&str>) -> Action {
    let text = |t: Option<&str>| t.map(str::to_owned);
    Action::Decide(Decision::Edit {
        reason: Reason::Wording,
        question: text(question),
        answer: text(answer),
        criteria: Criteria::default(),
        note: "n, \"q\"\nline".into(),
    })
}

fn ellipse(nth: usize) -> Annotation {
    let (a, b) = (RasMm::new(-10.1234, 20.0, 30.5), RasMm::new(10.0, 7.77, 30.5));
    let hu = HuStats { mean: 56.123, sd: 12.5, min: -30.0, max: 99.0, samples: 480, not_finite: 1 };
    Annotation::new("any", nth, Cut::Standard(Plane::Axial), Shape::Ellipse { a, b }, Some(hu))
}

fn ruler(nth: usize, mm: f64) -> Annotation {
    let (s, c) = 0.3f64.sin_cos();
    let cut = Cut::new([c, s, 0.0].into(), [0.0, 0.0, -1.0].into());
    let (a, b) = (RasMm::new(0.0, 0.0, 0.0), RasMm::new(0.0, 0.0, mm));
    Annotation::new("any", nth, cut, Shape::Ruler { a, b }, None)
}

fn draw(annotation: Annotation) -> Action {
    Action::AddAnnotation { annotation: Box::new(annotation) }
}

fn review(p: &mut Project, who: &str, item: &str, action: Action) -> Result<Event, ProjectError> {
    let judged = p.item(&id(item))?.map_or(TextHash([0; 32]), |i| i.text_hash());
    p.append(NewEvent {
        reviewer: Reviewer::new(who, ""),
        item: id(item),
        judged,
        active_seconds: 1.2504,
        image: voxaudit::review::ShownImage::None,
        action,
    })
}

#[track_caller]
fn says(error: impl std::fmt::Display, words: &[&str]) {
    let text = error.to_string();
    assert!(words.iter().all(|w| text.contains(w)) && !text.contains('\n'), "{text}");
}

/// The window hands a project to a job thread.
fn _projects_can_change_threads(p: Project) -> impl Send {
    p
}

fn shared() -> Option<PathBuf> {
    let dir = std::env::var_os("VOXAUDIT_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let dir = dir.join("data/ct-spatialvqa");
    if !dir.is_dir() {
        println!("skipped: {} is absent", dir.display());
        return None;
    }
    Some(dir)
}

// ---- files that are no project ----

#[test]
fn what_is_not_a_project_is_refused_in_one_line() {
    let f = Fixture::new();
    drop(f.project(1));
    let good = std::fs::read(f.path("p.voxaudit")).unwrap();
    let open = |path: &Path| Project::open(path).unwrap_err();
    says(open(&f.path("none")), &["none", "no such project"]);
    says(open(f.dir.path()), &["folder"]);
    says(open(&f.file("empty", "")), &["empty"]);
    says(open(&f.file("text", "hello".repeat(100))), &["not an SQLite file"]);
    says(open(&f.file("cut", &good[..50])), &["cut off"]);
    let other = f.path("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    says(open(&other), &["another program"]);
    let newer = f.file("newer", &good);
    rusqlite::Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    says(open(&newer), &["newer voxaudit", "99", "install"]);
    assert!(verify(&newer).is_err());
    // Cut off in the middle: either refused or found by verify, never a panic.
    let short = f.file("short", &good[..good.len() / 2]);
    if let Ok(report) = verify(&short) {
        assert!(!report.ok);
    }
    says(Project::create(f.path("p.voxaudit")).unwrap_err(), &["already exists"]);
    let left: Vec<_> = std::fs::read_dir(f.dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|n| !n.to_string_lossy().starts_with('.')), "{left:?}");
}

#[test]
fn a_read_only_project_opens_and_refuses_writes() {
    let f = Fixture::new();
    drop(f.project(1));
    let path = f.path("p.voxaudit");
    let mut mode = std::fs::metadata(&path).unwrap().permissions();
    mode.set_readonly(true);
    std::fs::set_permissions(&path, mode).unwrap();
    let mut p = Project::open(&path).unwrap();
    assert!(p.read_only() && p.items().unwrap().len() == 5 && p.status().unwrap().cases == 1);
    says(review(&mut p, "Ann", "case_0.nii.gz::0", accept()).unwrap_err(), &["read-only", "nothing was saved"]);
    says(add(&mut p, &[&f.path("qa.json")]).unwrap_err(), &["read-only"]);
    assert!(verify(&path).unwrap().ok);
}

/// A mount that is taken away again.
struct Mount(PathBuf);

impl Mount {
    fn new(at: PathBuf, args: &[&str]) -> Option<Self> {
        std::fs::create_dir_all(&at).unwrap();
        let done = Command::new("mount").args(args).arg(&at).stderr(Stdio::null()).status();
        match done {
            Ok(s) if s.success() => Some(Self(at)),
            _ => {
                println!("skipped: this account cannot mount");
                None
            }
        }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_read_only_folder_opens_for_reading() {
    let f = Fixture::new();
    drop(f.project(1));
    let Some(mount) = Mount::new(f.path("ro"), &["--bind", f.dir.path().to_str().unwrap()]) else { return };
    if !Command::new("mount").args(["-o", "remount,ro,bind"]).arg(&mount.0).status().unwrap().success() {
        println!("skipped: cannot remount read-only");
        return;
    }
    let path = mount.0.join("p.voxaudit");
    let mut p = Project::open(&path).unwrap();
    assert!(p.read_only() && p.items().unwrap().len() == 5);
    says(review(&mut p, "Ann", "case_0.nii.gz::0", accept()).unwrap_err(), &["read-only"]);
    assert!(verify(&path).unwrap().ok);
    drop(p);
    drop(mount);
    // A program that was killed leaves its last reviews in the -wal file: they must not be passed over in silence.
    let mut p = Project::open(f.path("p.voxaudit")).unwrap();
    review(&mut p, "Ann", "case_0.nii.gz::0", accept()).unwrap();
    for name in ["p.voxaudit", "p.voxaudit-wal"] {
        f.file(&format!("copy/{name}"), std::fs::read(f.path(name)).unwrap());
    }
    let Some(mount) = Mount::new(f.path("ro2"), &["--bind", f.path("copy").to_str().unwrap()]) else { return };
    assert!(Command::new("mount").args(["-o", "remount,ro,bind"]).arg(&mount.0).status().unwrap().success());
    match Project::open(mount.0.join("p.voxaudit")) {
        Ok(p) => assert_eq!(p.events().unwrap().len(), 1),
        Err(e) => says(e, &["-wal", "copy both"]),
    }
}

// ---- import ----

#[test]
fn the_whole_benchmark_imports_once() {
    let Some(dir) = shared() else { return };
    let f = Fixture::new();
    let mut p = Project::create(f.path("p.voxaudit")).unwrap();
    let request = ImportRequest {
        qa: ["spatial_qa_filtered_full.json", "spatial_qa_filtered_full_with_categories.json"].map(|n| dir.join(n)).into(),
        reports: vec![dir.join("validation_reports_output.json")],
        ..Default::default()
    };
    let first = import(&mut p, &request, &()).unwrap();
    assert_eq!((first.added.cases, first.added.items, first.added.reports), (1601, 9077, 1607));
    assert!(first.imported && first.unmatched.is_empty());
    let again = import(&mut p, &request, &()).unwrap();
    assert_eq!((again.added, again.updated), Default::default());
    assert_eq!(again.unchanged.reports, 1607);
    let status = p.status().unwrap();
    assert_eq!((status.cases, status.items, status.reports, status.reports_without_items), (1601, 9077, 1607, 6));
    let items = p.items().unwrap();
    assert_eq!(items[0].id, id("valid_1000_a_1.nii.gz::0"));
    assert_eq!(items.iter().filter(|i| i.categories.is_empty()).count(), 9);
    assert!(items.iter().any(|i| i.categories.contains(&Category::MedialLateral)));
    let case = p.case(&items[0].id.case).unwrap().unwrap();
    assert!(!case.report.unwrap().findings.is_empty());
    let flat = add(&mut p, &[&dir.join("spatial_qa_filtered_full_nifti.jsonl")]).unwrap();
    assert_eq!((flat.added.items, flat.updated.items), (0, 9077), "image paths are new");
    assert!(verify(p.path()).unwrap().ok);
}

#[test]
fn one_bad_row_imports_nothing() {
    let f = Fixture::new();
    let mut p = f.project(1);
    let before = p.status().unwrap();
    let good = "{\"case_id\": \"new\", \"question\": \"Q?\", \"answer\": \"A\"}\n";
    for (bad, words) in [
        ("{\"case_id\": \"new\", \"question\": \"R?\", \"answer\": null}", ["line 2", "answer"]),
        ("{\"case_id\": \"new\", \"question\": \"Q?\", \"answer\": \"B\"}", ["line 2", "first on line 1"]),
        ("{\"case_id\": \"new\"", ["line 2", "cut off"]),
    ] {
        let file = f.file("bad.jsonl", format!("{good}{bad}"));
        says(add(&mut p, &[&f.path("qa.json"), &file]).unwrap_err(), &[words[0], words[1], "bad.jsonl"]);
        assert_eq!(p.status().unwrap(), before);
    }
}

#[test]
fn conflicts_block_unless_the_rest_is_wanted() {
    let f = Fixture::new();
    let mut p = f.project(1);
    let row = |q: &str, a: &str| format!("{{\"case_id\": \"case_0.nii.gz\", \"question\": \"{q}\", \"answer\": \"{a}\"}}\n");
    let file = f.file("other.jsonl", row("Where is lesion 0 of 0?", "Elsewhere.") + &row("New?", "Yes."));
    let blocked = add(&mut p, &[&file]).unwrap();
    assert!(!blocked.imported && blocked.unmatched.len() == 1 && p.status().unwrap().items == 5);
    assert_eq!(blocked.unmatched[0].line, Some(1));
    assert!(blocked.unmatched[0].reason.contains("case_0.nii.gz::0"), "{:?}", blocked.unmatched);
    let request = ImportRequest { qa: vec![file], keep_matched: true, ..Default::default() };
    let dry = import(&mut p, &ImportRequest { dry_run: true, ..request.clone() }, &()).unwrap();
    assert!(!dry.imported && dry.added.items == 1 && p.status().unwrap().items == 5);
    assert!(import(&mut p, &request, &()).unwrap().imported);
    assert_eq!(p.item(&id("case_0.nii.gz::5")).unwrap().unwrap().question, "New?");
}

#[test]
fn later_files_add_what_they_know() {
    let f = Fixture::new();
    let mut p = f.project(1);
    review(&mut p, "Ann", "case_0.nii.gz::1", accept()).unwrap();
    let file = f.file(
        "more.jsonl",
        "\u{feff}{\"case_id\": \"case_0.nii.gz\", \"question\": \"Where is lesion 1 of 0?\", \"answer\": \"In lobe 1.\", \
         \"options\": [\"In lobe 1.\", \"In lobe 2.\"], \"task\": \"DIR\", \"category\": [\"Medial-Lateral Orientation\"], \"x\": 1.50}\r\n",
    );
    assert_eq!(add(&mut p, &[&file]).unwrap().updated.items, 1);
    assert_eq!(add(&mut p, &[&file]).unwrap().unchanged.items, 1);
    let item = p.item(&id("case_0.nii.gz::1")).unwrap().unwrap();
    assert_eq!((item.options.len(), item.task.unwrap().code(), item.categories), (2, "DIR", vec![Category::MedialLateral]));
    assert!(verify(p.path()).unwrap().ok, "the text that Ann judged is known");
    let other = f.file("task.jsonl", std::fs::read_to_string(&file).unwrap().replace("DIR", "EXT"));
    assert!(add(&mut p, &[&other]).unwrap().unmatched[0].reason.contains("task"));
}

#[test]
fn a_cancelled_import_leaves_nothing() {
    struct Stop;
    impl Watch for Stop {
        fn advance(&self, _: u64, _: u64) {}
        fn cancelled(&self) -> bool {
            true
        }
    }
    let f = Fixture::new();
    let mut p = Project::create(f.path("p.voxaudit")).unwrap();
    let request = ImportRequest { qa: vec![f.file("qa.json", qa_json(50))], ..Default::default() };
    assert!(matches!(import(&mut p, &request, &Stop), Err(ImportError::Cancelled)));
    assert_eq!(p.status().unwrap().items, 0);
}

#[test]
fn images_and_masks_match_by_name_and_survive_a_move() {
    let f = Fixture::new();
    let mut p = f.project(4);
    for file in [
        "data/ct/case_0.nii.gz",
        "data/ct/deep/case_1.nii",
        "data/ct/case_2/ct.nii.gz",
        "data/ct/stranger.nii.gz",
        "data/ct/notes.txt",
        "data/seg/case_0_seg.nii.gz",
        "data/seg/case_1/segmentations/liver.nii.gz",
        "data/seg/case_2/spleen.nii.gz",
        "data/seg/case_3.nii.gz",
        "data/seg/x/case_3_seg.nii.gz",
    ] {
        f.file(file, "");
    }
    let request = ImportRequest { images: vec![f.path("data/ct")], masks: vec![f.path("data/seg")], ..Default::default() };
    let blocked = import(&mut p, &request, &()).unwrap();
    assert!(!blocked.imported);
    let reasons: Vec<String> = blocked.unmatched.iter().map(|u| format!("{} {}", u.file, u.reason)).collect();
    assert!(reasons.iter().any(|r| r.contains("case_3") && r.contains("several")), "{reasons:?}");
    assert!(reasons.iter().any(|r| r.contains("stranger.nii.gz") && r.contains("no case")), "{reasons:?}");
    let request = ImportRequest { keep_matched: true, ..request };
    let report = import(&mut p, &request, &()).unwrap();
    assert_eq!((report.added.images, report.added.masks), (3, 3), "{report:?}");
    let again = import(&mut p, &request, &()).unwrap();
    assert_eq!((again.unchanged.images, again.unchanged.masks, again.added.images), (3, 3, 0));
    let images_as_masks = ImportRequest { masks: vec![f.path("data/ct/deep")], ..Default::default() };
    assert!(!import(&mut p, &images_as_masks, &()).unwrap().imported, "a CT is no mask of its own case");
    let single = ImportRequest { masks: vec![f.path("data/ct/stranger.nii.gz")], ..Default::default() };
    let single = import(&mut p, &single, &()).unwrap();
    assert!(!single.imported && single.unmatched.len() == 1, "{single:?}");
    let status = p.status().unwrap();
    assert_eq!((status.items_with_image, status.items_with_labels), (15, 15));
    drop(p);
    let moved = f.path("elsewhere");
    std::fs::create_dir(&moved).unwrap();
    std::fs::rename(f.path("data"), moved.join("data")).unwrap();
    std::fs::rename(f.path("p.voxaudit"), moved.join("p.voxaudit")).unwrap();
    let p = Project::open(moved.join("p.voxaudit")).unwrap();
    let case = p.case(&CaseId("case_1.nii.gz".into())).unwrap().unwrap();
    assert!(case.image.unwrap().path.unwrap().is_file());
    let masks = case.masks.unwrap();
    assert_eq!((masks.root.as_str(), masks.relative.as_str()), ("seg", "case_1/segmentations"));
    assert!(masks.path.unwrap().is_dir());
    let bytes = std::fs::read(moved.join("p.voxaudit")).unwrap();
    let here = f.dir.path().to_str().unwrap().as_bytes().to_vec();
    assert!(!bytes.windows(here.len()).any(|w| w == here), "no absolute path in the project");
}

#[test]
fn search_finds_words_of_item_case_and_report() {
    let f = Fixture::new();
    let mut p = f.project(3);
    let reports = f
        .file("r.json", "{\"case_1.nii.gz\": {\"Findings_EN\": \"Pleural effusion, naïve.\", \"Impressions_EN\": \"\"}, \"x\": \"alone\"}");
    import(&mut p, &ImportRequest { reports: vec![reports], ..Default::default() }, &()).unwrap();
    let hits = |q: &str| p.search(q, 100).unwrap().ids.len();
    assert_eq!((hits("effus"), hits("effusion lobe"), hits("case_2.nii"), hits("naive"), hits("lesion 3 of 2")), (5, 5, 5, 5, 1));
    for nothing in ["alone", "zzz", "", " ", "\"", "*", "NOT", "lobe AND", "(", "a:b", "^x", "-", "col : x", "\0", "''; DROP TABLE items"] {
        assert_eq!(hits(nothing), 0, "{nothing}");
    }
    let cut = p.search("lobe", 4).unwrap();
    let beside = p.reader().unwrap();
    assert_eq!(beside.search("brandnew", 9).unwrap().ids.len(), 0);
    let late = f.file("late.jsonl", "{\"case_id\": \"case_0.nii.gz\", \"question\": \"Brandnew?\", \"answer\": \"Yes\"}");
    add(&mut p, &[&late]).unwrap();
    assert_eq!(beside.search("brandnew", 9).unwrap().ids.len(), 1, "another connection's import is found");
    assert!(cut.truncated && cut.ids.len() == 4 && cut.ids[0] == id("case_0.nii.gz::0"));
}

// ---- log ----

#[test]
fn events_are_checked_chained_and_undone_across_restarts() {
    let f = Fixture::new();
    let mut p = f.project(1);
    let item = "case_0.nii.gz::0";
    says(review(&mut p, "Ann", "case_0.nii.gz::99", accept()).unwrap_err(), &["no item", "99"]);
    says(review(&mut p, " ", item, accept()).unwrap_err(), &["no name"]);
    says(review(&mut p, "Ann", item, edit(None, None)).unwrap_err(), &["must change"]);
    says(review(&mut p, "Ann", item, edit(None, Some("In lobe 0."))).unwrap_err(), &["changes nothing"]);
    let stale = NewEvent {
        reviewer: Reviewer::new("Ann", ""),
        item: id(item),
        judged: TextHash([1; 32]),
        active_seconds: 0.0,
        image: voxaudit::review::ShownImage::None,
        action: accept(),
    };
    says(p.append(stale).unwrap_err(), &["has changed"]);
    assert!(p.events().unwrap().is_empty(), "nothing of that was written");
    let first = review(&mut p, "Ann", item, accept()).unwrap();
    let second = review(&mut p, "Ann", item, reject()).unwrap();
    assert_eq!((second.prev, first.active_seconds), (first.hash, 1.25));
    says(review(&mut p, "Bob", item, Action::Undo { event: second.hash }).unwrap_err(), &["nothing to undo"]);
    says(review(&mut p, "Ann", item, Action::Undo { event: first.hash }).unwrap_err(), &["next undo"]);
    drop(p);
    let mut p = Project::open(f.path("p.voxaudit")).unwrap();
    let (event, on) = p.next_undo("Ann").unwrap().unwrap();
    review(&mut p, "Ann", &on.to_string(), Action::Undo { event }).unwrap();
    assert_eq!(p.review_state().unwrap().status(&id(item)), Status::Accepted);
    let (event, _) = p.next_redo("Ann").unwrap().unwrap();
    review(&mut p, "Ann", item, Action::Redo { event }).unwrap();
    assert_eq!(p.review_state().unwrap().status(&id(item)), Status::Rejected);
    review(&mut p, "Bob", item, accept()).unwrap();
    let status = p.status().unwrap();
    assert_eq!((status.review.disputed, status.review.undecided, status.events), (1, 4, 5));
    assert_eq!(status.reviewers["Ann"].median_active_seconds, Some(1.25));
    assert!(p.events().unwrap().windows(2).all(|w| w[0].time <= w[1].time));
    assert!(verify(p.path()).unwrap().ok);
}

#[test]
fn the_log_refuses_change_and_verify_finds_what_was_forced() {
    let f = Fixture::new();
    let mut p = f.project(2);
    for n in 0..6 {
        review(&mut p, ["Ann", "Bob"][n % 2], &format!("case_0.nii.gz::{}", n % 5), accept()).unwrap();
    }
    let head = p.head().unwrap().hash;
    drop(p);
    let good = f.path("p.voxaudit");
    let raw = |path: &Path| rusqlite::Connection::open(path).unwrap();
    for refused in ["UPDATE events SET payload = 'x'", "DELETE FROM events", "DELETE FROM heads"] {
        assert!(raw(&good).execute(refused, []).unwrap_err().to_string().contains("append-only"));
    }
    assert!(verify(&good).unwrap().ok);
    let trigger =
        |name: &str| raw(&good).query_row("SELECT sql FROM sqlite_schema WHERE name = ?1", [name], |r| r.get::<_, String>(0)).unwrap();
    let both = format!("{};{};", trigger("events_no_update"), trigger("events_no_delete"));
    let off = "DROP TRIGGER events_no_update; DROP TRIGGER events_no_delete;";
    for (change, first_bad, words) in [
        ("UPDATE events SET payload = replace(payload, 'accept', 'reject') WHERE seq = 3", Some(3), "edited"),
        ("UPDATE events SET active_seconds = 99 WHERE seq = 2", Some(2), "edited"),
        ("UPDATE events SET reviewer = 'Bob' WHERE seq = 1", Some(1), "edited"),
        ("UPDATE events SET judged = zeroblob(32) WHERE seq = 4", Some(4), "edited"),
        ("UPDATE events SET item_ref = 9 WHERE seq = 4", Some(4), "points at"),
        ("DELETE FROM events WHERE seq = 3", Some(4), "3 is missing"),
        ("DELETE FROM events WHERE seq = 6", None, "wrote 3 events, 2 are here"),
        ("DELETE FROM events WHERE reviewer = 'Bob'", Some(3), "missing"),
        (
            "UPDATE events SET seq = 100 WHERE seq = 2; UPDATE events SET seq = 2 WHERE seq = 4; UPDATE events SET seq = 4 WHERE seq = 100",
            Some(2),
            "follow",
        ),
        ("UPDATE items SET answer = 'forged' WHERE id = 7", None, "text of item 'case_1.nii.gz::1' was changed in place"),
        ("UPDATE items SET task = 'VOL' WHERE id = 7", None, "task, categories or source fields of item 'case_1.nii.gz::1' were changed"),
        ("UPDATE items SET options = 'notjson' WHERE id = 7", None, "item 'case_1.nii.gz::1': its options cannot be read"),
        ("UPDATE items SET task = 'XYZ' WHERE id = 7", None, "its task cannot be read"),
        ("UPDATE items SET categories = 'Colour' WHERE id = 7", None, "its categories cannot be read"),
        ("UPDATE item_sources SET fields = '[]' WHERE item = 7", None, "its source fields cannot be read"),
        ("UPDATE item_sources SET carried = '{' WHERE item = 7", None, "its earlier reviews cannot be read"),
        ("DELETE FROM project", None, "uuid"),
    ] {
        let bad = f.path("bad.voxaudit");
        std::fs::copy(&good, &bad).unwrap();
        raw(&bad).execute_batch(&format!("{off} {change}; {both}")).unwrap();
        let report = verify(&bad).unwrap();
        assert!(!report.ok && report.problems.iter().any(|p| p.contains(words)), "{change}: {report:?}");
        assert_eq!(report.first_bad_event.map(|e| e.seq), first_bad, "{change}");
    }
    for (change, words) in [("DROP TRIGGER events_no_update", "'events_no_update' is missing"), ("CREATE TABLE x (y)", "does not belong")] {
        let bad = f.path("bad.voxaudit");
        std::fs::copy(&good, &bad).unwrap();
        raw(&bad).execute_batch(change).unwrap();
        assert!(verify(&bad).unwrap().problems.iter().any(|p| p.contains(words)), "{change}");
    }
    for (change, words) in [
        ("UPDATE items SET options = 'notjson' WHERE id = 7", "item 'case_1.nii.gz::1': its options"),
        ("UPDATE item_sources SET fields = 'x' WHERE item = 7", "item 'case_1.nii.gz::1': its source fields"),
    ] {
        let bad = f.path("bad.voxaudit");
        std::fs::copy(&good, &bad).unwrap();
        raw(&bad).execute(change, []).unwrap();
        let request = ExportRequest { out: f.path("out"), include: Include { rejected: true, undecided: true }, ..Default::default() };
        says(export(&Project::open(&bad).unwrap(), &request, &()).unwrap_err(), &["damaged", words]);
    }
    // A forger who rewrites the heads too is found by a log head kept elsewhere.
    let bad = f.path("bad.voxaudit");
    std::fs::copy(&good, &bad).unwrap();
    let forge = "DELETE FROM events WHERE seq = 6; UPDATE sqlite_sequence SET seq = 5 WHERE name = 'events';
        UPDATE tips SET hash = (SELECT hash FROM events WHERE seq = 5);
        UPDATE heads SET count = 2, hash = (SELECT hash FROM events WHERE seq = 4) WHERE reviewer = 'Bob'";
    raw(&bad).execute_batch(&format!("{off} {forge}; {both}")).unwrap();
    assert!(verify(&bad).unwrap().ok);
    assert_ne!(Project::open(&bad).unwrap().head().unwrap().hash, head);
    let asked = VerifyRequest { head: Some(head), ..VerifyRequest::default() };
    let report = verify_as(&bad, &asked, &()).unwrap();
    assert!(!report.ok && report.asked_head == Some(HeadFound::Unknown), "{report:?}");
    assert_eq!(verify_as(&good, &asked, &()).unwrap().asked_head, Some(HeadFound::This));
}

#[test]
fn measurements_are_events_that_are_checked_undone_and_verified() {
    let f = Fixture::new();
    let mut p = f.project(1);
    let item = "case_0.nii.gz::0";
    let flat = Annotation { shape: Shape::Ruler { a: RasMm::new(1.0, 1.0, 1.0), b: RasMm::new(1.0, 1.0, 1.0) }, ..ruler(0, 1.0) };
    says(review(&mut p, "Ann", item, draw(flat)).unwrap_err(), &["no length"]);
    says(
        review(&mut p, "Ann", item, Action::RemoveAnnotation { id: "nope".into() }).unwrap_err(),
        &["Ann has no measurement 'nope'", item],
    );
    assert!(p.events().unwrap().is_empty(), "nothing of that was written");
    let (first, second) = (ellipse(0), ruler(1, 20.0));
    for a in [&first, &second] {
        review(&mut p, "Ann", item, draw(a.clone())).unwrap();
    }
    says(review(&mut p, "Ann", item, draw(first.clone())).unwrap_err(), &["before"]);
    says(review(&mut p, "Bob", item, Action::RemoveAnnotation { id: first.id.clone() }).unwrap_err(), &["Bob has no"]);
    let longer = Annotation { id: second.id.clone(), ..ruler(9, 25.0) };
    review(&mut p, "Ann", item, Action::ChangeAnnotation { annotation: Box::new(longer.clone()) }).unwrap();
    review(&mut p, "Ann", item, Action::RemoveAnnotation { id: first.id.clone() }).unwrap();
    let standing = |p: &Project| -> Vec<Annotation> {
        let state = p.review_state().unwrap();
        state.item(&id(item)).unwrap().evidence().into_iter().map(|e| e.annotation.clone()).collect()
    };
    assert_eq!((standing(&p), p.review_state().unwrap().status(&id(item))), (vec![longer.clone()], Status::Undecided));
    for expected in [vec![first.clone(), longer], vec![first.clone(), second.clone()], vec![first.clone()]] {
        drop(p);
        p = Project::open(f.path("p.voxaudit")).unwrap();
        let (event, on) = p.next_undo("Ann").unwrap().unwrap();
        review(&mut p, "Ann", &on.to_string(), Action::Undo { event }).unwrap();
        let mut found = standing(&p);
        found.sort_by_key(|a| expected.iter().position(|e| e.id == a.id));
        assert_eq!(found, expected);
    }
    let (event, _) = p.next_redo("Ann").unwrap().unwrap();
    review(&mut p, "Ann", item, Action::Redo { event }).unwrap();
    assert_eq!(standing(&p).len(), 2);
    drop(p);
    let good = f.path("p.voxaudit");
    assert!(verify(&good).unwrap().ok);
    let raw = rusqlite::Connection::open(&good).unwrap();
    let trigger: String = raw.query_row("SELECT sql FROM sqlite_schema WHERE name = 'events_no_update'", [], |r| r.get(0)).unwrap();
    drop(raw);
    let change = "UPDATE events SET payload = replace(payload, '56.123', '56.124') WHERE seq = 1";
    let bad = f.path("bad.voxaudit");
    std::fs::copy(&good, &bad).unwrap();
    let raw = rusqlite::Connection::open(&bad).unwrap();
    raw.execute_batch(&format!("DROP TRIGGER events_no_update; {change}; {trigger};")).unwrap();
    drop(raw);
    let report = verify(&bad).unwrap();
    assert_eq!(report.first_bad_event.map(|e| (e.seq, e.why.contains("edited"))), Some((1, true)), "{:?}", report.problems);
}

/// A file as version 0.1 left it: without the tables that came later.
#[test]
fn a_project_of_the_first_version_opens_and_is_brought_forward() {
    let f = Fixture::new();
    let path = f.path("p.voxaudit");
    rusqlite::Connection::open(&path).unwrap().execute_batch(include_str!("old_files/v1.sql")).unwrap();
    let version = |path: &Path| -> i64 {
        let raw = rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        raw.pragma_query_value(None, "user_version", |r| r.get(0)).unwrap()
    };
    let locked = f.path("locked.voxaudit");
    std::fs::copy(&path, &locked).unwrap();
    let mut mode = std::fs::metadata(&locked).unwrap().permissions();
    mode.set_readonly(true);
    std::fs::set_permissions(&locked, mode).unwrap();
    let old = Project::open(&locked).unwrap();
    assert!(old.read_only() && old.items().unwrap().len() == 5 && version(&locked) == 1, "an old file that is read-only stays as it is");
    let decided = old.status().unwrap().review;
    let mut p = Project::open(&path).unwrap();
    assert!(version(&path) > 1 && p.status().unwrap().review == decided);
    review(&mut p, "Ann", "fixture_a::0", draw(ruler(0, 9.0))).unwrap();
    assert!(verify(&path).unwrap().ok, "a program that does not know measurements refuses the file from now on");
}

#[test]
fn a_busy_file_gets_a_clear_message() {
    let f = Fixture::new();
    let mut p = f.project(1);
    let other = rusqlite::Connection::open(p.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    says(review(&mut p, "Ann", "case_0.nii.gz::0", accept()).unwrap_err(), &["another voxaudit is writing", "p.voxaudit"]);
    assert_eq!(p.reader().unwrap().items().unwrap().len(), 5, "reading goes on");
    other.execute_batch("ROLLBACK").unwrap();
    review(&mut p, "Ann", "case_0.nii.gz::0", accept()).unwrap();
}

/// Not a test of its own: the program that the tests below kill. Acknowledges each event on stdout.
#[test]
fn child_writer() {
    let Some(path) = std::env::var_os("VOXAUDIT_TEST_PROJECT") else { return };
    let who = std::env::var("VOXAUDIT_TEST_REVIEWER").unwrap();
    let count: usize = std::env::var("VOXAUDIT_TEST_COUNT").unwrap().parse().unwrap();
    let mut p = Project::open(path).unwrap();
    let items = p.items().unwrap();
    for n in 0..count {
        let item = items[n % items.len()].id.to_string();
        let event = review(&mut p, &who, &item, if n % 3 == 0 { reject() } else { accept() }).unwrap();
        println!("ACK {}", event.hash.hex());
    }
}

fn child(path: &Path, who: &str, count: usize) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["child_writer", "--exact", "--nocapture", "--test-threads=1"])
        .env("VOXAUDIT_TEST_PROJECT", path)
        .env("VOXAUDIT_TEST_REVIEWER", who)
        .env("VOXAUDIT_TEST_COUNT", count.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Reads acknowledgements until `stop` of them, or the end.
fn acknowledged(child: &mut std::process::Child, stop: usize) -> Vec<String> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut out: Vec<String> = Vec::new();
    for line in lines {
        out.extend(line.split("ACK ").nth(1).map(|h| h.trim().to_owned()));
        if out.len() == stop {
            break;
        }
    }
    out
}

#[test]
fn kill_9_loses_no_acknowledged_event() {
    let f = Fixture::new();
    let path = f.project(20).path().to_path_buf();
    let mut all = Vec::new();
    let mut round = 0;
    while all.len() < 1000 {
        round += 1;
        let mut writer = child(&path, ["Ann", "Bob"][round % 2], 1000);
        // Uneven stops, and the kill falls at whatever the child does just then.
        all.extend(acknowledged(&mut writer, 37 + (round * 61) % 173));
        std::thread::sleep(std::time::Duration::from_micros((round as u64 * 379) % 1500));
        writer.kill().unwrap();
        writer.wait().unwrap();
        let report = verify(&path).unwrap();
        assert!(report.ok, "round {round}: {:?}", report.problems);
    }
    let there: std::collections::HashSet<String> = Project::open(&path).unwrap().events().unwrap().iter().map(|e| e.hash.hex()).collect();
    assert!(all.iter().all(|h| there.contains(h)), "an acknowledged event is gone");
    println!("{} acknowledged in {round} rounds, {} in the log", all.len(), there.len());
}

#[test]
fn two_programs_write_at_once() {
    let f = Fixture::new();
    let path = f.project(4).path().to_path_buf();
    let mut writers: Vec<_> = ["Ann", "Ann", "Bob"].iter().map(|who| child(&path, who, 60)).collect();
    let acknowledged: usize = writers.iter_mut().map(|w| acknowledged(w, usize::MAX).len()).sum();
    assert!(writers.iter_mut().all(|w| w.wait().unwrap().success()));
    let report = verify(&path).unwrap();
    assert_eq!((report.ok, report.events, acknowledged), (true, 180, 180), "{:?}", report.problems);
}

#[test]
fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let f = Fixture::new();
    let Some(mount) = Mount::new(f.path("small"), &["-t", "tmpfs", "-o", "size=1500k", "tmpfs"]) else { return };
    let path = mount.0.join("p.voxaudit");
    let mut p = Project::create(&path).unwrap();
    add(&mut p, &[&f.file("qa.json", qa_json(4))]).unwrap();
    let mut saved = 0;
    let error = loop {
        match review(&mut p, "Ann", &format!("case_0.nii.gz::{}", saved % 5), accept()) {
            Ok(_) => saved += 1,
            Err(e) => break e,
        }
        assert!(saved < 50_000, "the disk never filled");
    };
    says(&error, &["disk is full", "nothing was saved"]);
    let out = ExportRequest { out: mount.0.join("out"), ..Default::default() };
    std::fs::write(mount.0.join("filler"), vec![0; 1 << 20]).unwrap_err();
    assert!(export(&p, &out, &()).is_err() && !out.out.exists());
    drop(p);
    std::fs::remove_file(mount.0.join("filler")).unwrap();
    let report = verify(&path).unwrap();
    assert!(report.ok && report.events == saved, "{saved} saved, {report:?}");
    println!("{saved} events, then: {error}");
}

// ---- export ----

fn exported(p: &Project, out: PathBuf, change: impl Fn(&mut ExportRequest)) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut request = ExportRequest { out, ..Default::default() };
    change(&mut request);
    export(p, &request, &()).unwrap();
    let read = |e: std::fs::DirEntry| (e.file_name().to_string_lossy().into_owned(), std::fs::read(e.path()).unwrap());
    std::fs::read_dir(&request.out).unwrap().map(|e| read(e.unwrap())).collect()
}

fn everything(r: &mut ExportRequest) {
    r.include = Include { rejected: true, undecided: true };
}

/// A source with fields of its own everywhere, and reviews of every sort.
fn reviewed(f: &Fixture) -> Project {
    let qa = f.file(
        "qa.json",
        "{\"b.nii.gz\": {\"scanner\": {\"kVp\": 120.0, \"mAs\": -5.409803409146903e+299}, \"qa_pairs\": [\
           {\"id\": 7, \"question\": \"Left?\", \"answer\": \"Ja, \\u00e4hnlich\", \"options\": [\"Ja, \\u00e4hnlich\", \"No\"], \"task\": \"DIR\"},\
           {\"question\": \"=1+1\", \"audit\": {\"by\": \"Mona\"}, \"files\": [{\"ct\": \"/home/someone/b.nii.gz\"}], \"answer\": \"2\", \"image_path\": \"/home/someone/b.nii.gz\"},\
           {\"question\": \"Up?\", \"answer\": \"No\", \"category\": \"Adjacency & Containment\"}], \"after\": null},\
          \"a.nii.gz\": {\"qa_pairs\": [{\"question\": \"Left?\", \"answer\": \"No\"}, {\"question\": \"Why?\", \"answer\": \"x\"}]}}",
    );
    let mut p = Project::create(f.path("p.voxaudit")).unwrap();
    add(&mut p, &[&qa]).unwrap();
    review(&mut p, "Zoe Zed", "b.nii.gz::0", accept()).unwrap();
    review(&mut p, "Zoe Zed", "b.nii.gz::1", edit(Some("1+1?"), Some("two"))).unwrap();
    review(&mut p, "Zoe Zed", "b.nii.gz::2", accept()).unwrap();
    review(&mut p, "Al Bo", "b.nii.gz::2", reject()).unwrap();
    review(&mut p, "Al Bo", "a.nii.gz::0", reject()).unwrap();
    review(&mut p, "Al Bo", "a.nii.gz::0", Action::Flag { note: String::new() }).unwrap();
    review(&mut p, "Zoe Zed", "b.nii.gz::0", draw(ellipse(0))).unwrap();
    review(&mut p, "Al Bo", "b.nii.gz::0", draw(ruler(1, 31.4))).unwrap();
    review(&mut p, "Al Bo", "a.nii.gz::1", draw(ruler(2, 7.0))).unwrap();
    p
}

#[test]
fn exports_are_deterministic_and_round_trip() {
    let f = Fixture::new();
    let p = reviewed(&f);
    for (n, change) in
        [everything as fn(&mut ExportRequest), |_| {}, |r| r.policy = Policy::Any, |r| r.pseudonyms = true].into_iter().enumerate()
    {
        let first = exported(&p, f.path(&format!("first{n}")), change);
        assert_eq!(first, exported(&p, f.path(&format!("again{n}")), change));
        for kind in ["json", "jsonl"] {
            let mut q = Project::create(f.path(&format!("q{n}{kind}.voxaudit"))).unwrap();
            let file = f.path(&format!("first{n}/items.{kind}"));
            assert!(add(&mut q, &[&file]).unwrap().imported);
            let mut second = exported(&q, f.path(&format!("second{n}{kind}")), change);
            let mut first = first.clone();
            let mut manifests = [first.remove("manifest.json"), second.remove("manifest.json")]
                .map(|m| serde_json::from_slice::<serde_json::Value>(&m.unwrap()).unwrap());
            // Of the same items the second project's log has no decision: it counts them apart and its card says so.
            let cards = [first.remove("README.md"), second.remove("README.md")].map(|card| String::from_utf8(card.unwrap()).unwrap());
            assert!(cards[1].contains("decisions on 0 items of them") && !cards[0].contains("came with readings"), "{cards:?}");
            assert!(first == second, "export {n} through {kind} differs");
            let counted = |m: &serde_json::Value| -> u64 {
                ["by_status", "carried_by_status"]
                    .iter()
                    .flat_map(|key| m[*key].as_object().unwrap().values())
                    .map(|n| n.as_u64().unwrap())
                    .sum()
            };
            assert_eq!(counted(&manifests[0]), counted(&manifests[1]));
            for m in &mut manifests {
                m["files"].as_array_mut().unwrap().retain(|f| f["path"] != "README.md");
                let m = m.as_object_mut().unwrap();
                assert!(["history", "head", "log_head", "by_status", "carried_by_status"].iter().all(|key| m.remove(*key).is_some()));
            }
            assert_eq!(manifests[0], manifests[1]);
            let again = add(&mut q, &[&file]).unwrap();
            assert_eq!((again.added.items, again.updated.items), (0, 0));
            if n == 0 {
                drawing_on_an_imported_audit_adds_to_it(&f, &mut q, kind);
            }
        }
    }
}

fn drawing_on_an_imported_audit_adds_to_it(f: &Fixture, q: &mut Project, kind: &str) {
    let audit = |q: &Project, out: &str| -> serde_json::Value {
        let files = exported(q, f.path(&format!("{out}{kind}")), everything);
        serde_json::from_slice::<serde_json::Value>(&files["items.json"]).unwrap()["b.nii.gz"]["qa_pairs"][0]["audit"].clone()
    };
    let before = audit(q, "before");
    review(q, "Cy", "b.nii.gz::0", draw(ruler(7, 12.0))).unwrap();
    let mut after = audit(q, "after");
    let drawn = after["annotations"].as_array_mut().unwrap();
    let mine = drawn.pop().unwrap();
    assert_eq!((mine["reviewer"].as_str(), mine["length_mm"].as_f64(), drawn.len()), (Some("Cy"), Some(12.0), 2));
    assert_eq!(after, before, "the decisions and measurements it came with stay");
}

#[test]
fn exports_say_what_happened_and_nothing_else() {
    let f = Fixture::new();
    let p = reviewed(&f);
    let all = exported(&p, f.path("all"), everything);
    let json: serde_json::Value = serde_json::from_slice(&all["items.json"]).unwrap();
    let b = &json["b.nii.gz"];
    assert_eq!((&b["scanner"]["kVp"], &b["qa_pairs"][0]["id"]), (&120.0.into(), &7.into()));
    assert_eq!(b.as_object().unwrap().keys().collect::<Vec<_>>(), ["scanner", "qa_pairs", "after"]);
    let edited = &b["qa_pairs"][1];
    assert_eq!((&edited["question"], &edited["audit"]["original"]["question"]), (&"1+1?".into(), &"=1+1".into()));
    assert_eq!((&edited["audit"]["replaced"], &edited["image_path"]), (&serde_json::json!({"by": "Mona"}), &"b.nii.gz".into()));
    let statuses: Vec<&str> = json
        .as_object()
        .unwrap()
        .values()
        .flat_map(|c| c["qa_pairs"].as_array().unwrap())
        .map(|q| q["audit"]["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["accepted", "edited", "disputed", "rejected", "undecided"]);
    let drawn = b["qa_pairs"][0]["audit"]["annotations"].as_array().unwrap();
    // By time, and by id within a millisecond.
    let of = |kind: &str| drawn.iter().find(|d| d["kind"] == kind).unwrap();
    let (region, ruler) = (of("ellipse"), of("ruler"));
    let first = serde_json::json!({"id": ellipse(0).id, "version": 1, "kind": "ellipse", "plane": "axial",
        "points_ras_mm": {"a": [-10.123, 20.0, 30.5], "b": [10.0, 7.77, 30.5]},
        "width_mm": 20.123, "height_mm": 12.23, "area_mm2": 193.29,
        "hu": {"mean": 56.123, "sd": 12.5, "min": -30.0, "max": 99.0, "samples": 480, "not_finite": 1},
        "reviewer": "Zoe Zed", "initials": "ZZ", "time": region["time"], "event": region["event"]});
    assert_eq!(*region, first);
    assert_eq!((drawn.len(), &ruler["length_mm"], &ruler["plane"]["down"]), (2, &31.4.into(), &serde_json::json!([0.0, 0.0, -1.0])));
    assert!(b["qa_pairs"][1]["audit"].get("annotations").is_none());
    assert!(String::from_utf8_lossy(&all["items.csv"]).contains("\"\"length_mm\"\":31.4"));
    let default = exported(&p, f.path("default"), |_| {});
    assert_eq!(String::from_utf8_lossy(&default["items.jsonl"]).lines().count(), 2);
    let any = exported(&p, f.path("any"), |r| r.policy = Policy::Any);
    assert_eq!(String::from_utf8_lossy(&any["items.jsonl"]).lines().count(), 3);
    let mut table = csv::Reader::from_reader(all["items.csv"].as_slice());
    assert_eq!(table.records().map(|r| r.unwrap()[0].to_owned()).next(), Some("b.nii.gz::0".into()));
    let hidden = exported(&p, f.path("hidden"), |r| (everything(r), r.pseudonyms = true).1);
    for (name, bytes) in &hidden {
        let text = String::from_utf8_lossy(bytes);
        assert!(!["Zoe", "Al Bo", "someone", "Mona", "\"ZZ\"", "\"AB\""].iter().any(|w| text.contains(w)), "{name}");
        assert!(!text.contains(f.dir.path().to_str().unwrap()), "{name}");
    }
    assert!(all.values().all(|bytes| !String::from_utf8_lossy(bytes).contains("someone")), "no absolute path");
    let manifest: serde_json::Value = serde_json::from_slice(&hidden["manifest.json"]).unwrap();
    assert_eq!(manifest["head"], p.head().unwrap().hash.hex().as_str(), "nobody can test a guess of a name against it");
    assert!(!String::from_utf8_lossy(&hidden["manifest.json"]).contains(&p.uuid().unwrap()), "what it hangs on stays in the file");
    let manifest: serde_json::Value = serde_json::from_slice(&all["manifest.json"]).unwrap();
    assert_eq!(manifest["files"].as_array().unwrap().len(), all.len() - 1);
    assert_eq!((&manifest["log_head"], &manifest["head"]), (&manifest["head"], &p.head().unwrap().hash.hex().as_str().into()));
}

#[test]
fn an_export_never_overwrites_what_is_not_its_own() {
    let f = Fixture::new();
    let p = reviewed(&f);
    let out = f.path("out");
    exported(&p, out.clone(), |_| {});
    exported(&p, out.clone(), everything);
    let request = ExportRequest { out: out.clone(), ..Default::default() };
    f.file("out/mine.txt", "x");
    says(export(&p, &request, &()).unwrap_err(), &["mine.txt", "choose another"]);
    std::fs::remove_file(out.join("mine.txt")).unwrap();
    f.file("out/items.csv", "changed");
    says(export(&p, &request, &()).unwrap_err(), &["items.csv", "changed"]);
    let file = f.file("file", "x");
    assert!(matches!(export(&p, &ExportRequest { out: file, ..Default::default() }, &()), Err(ExportError::Occupied { .. })));
    let unknown = ExportRequest { out: f.path("new"), formats: vec!["parquet".into()], ..Default::default() };
    says(export(&p, &unknown, &()).unwrap_err(), &["parquet", "jsonl, json, csv"]);
    assert!(!f.path("new").exists());
}
