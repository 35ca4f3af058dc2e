//! Exports row by row: flat memory, answers beside their items, a place that changes meanwhile.

use super::{Run, json, many};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use voxaudit::formats::Watch;
use voxaudit::project::Project;
use voxaudit::project::export::{ExportError, ExportRequest, Include, export};

fn everything(out: PathBuf) -> ExportRequest {
    ExportRequest { out, include: Include { rejected: true, undecided: true }, ..ExportRequest::default() }
}

/// Most memory that a program had, in KiB, as the system counts it until it ends.
#[cfg(target_os = "linux")]
fn peak(mut child: std::process::Child) -> usize {
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        most = most.max(line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(child.wait().unwrap().success());
    most
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_number_of_items() {
    let run = Run::empty();
    let mut most = Vec::new();
    for items in [2000, 40_000] {
        run.file("qa.jsonl", many(items));
        let project = format!("p{items}.voxaudit");
        run.ok(&["import", &project, "--qa", "qa.jsonl"]);
        most.push(peak(run.start(&["export", &project, "--out", &format!("ex{items}"), "--include", "undecided"])));
        let manifest = json(&std::fs::read_to_string(run.path(&format!("ex{items}/manifest.json"))).unwrap());
        assert_eq!(manifest["items"], items);
    }
    println!("{most:?} KiB");
    assert!(most[1] < most[0] + 16_000, "{most:?} KiB for 2,000 and 40,000 items");
}

/// Answers are fetched for many items at once; each stays with its item, across the borders of what is fetched.
#[test]
fn answers_stay_with_their_items() {
    let run = Run::empty();
    let questions = many(1300);
    run.file("qa.jsonl", &questions);
    let rows: Vec<serde_json::Value> = questions.lines().map(json).collect();
    let answer = |model: &str, skip: usize| -> String {
        let row = |(n, row): (usize, &serde_json::Value)| {
            let mut row = row.clone();
            row["prediction"] = format!("{model} says {n}").into();
            format!("{row}\n")
        };
        rows.iter().enumerate().filter(|(n, _)| n % skip != 0).map(row).collect()
    };
    run.file("a.jsonl", answer("a", 2));
    run.file("b.jsonl", answer("b", 511));
    run.ok(&["import", "p.voxaudit", "--qa", "qa.jsonl", "--answers", "a=a.jsonl", "--answers", "b@text-only=b.jsonl"]);
    let project = Project::open(run.path("p.voxaudit")).unwrap();
    let report = export(&project, &everything(run.path("ex")), &()).unwrap();
    let lines = std::fs::read_to_string(run.path("ex/items.jsonl")).unwrap();
    let mut answers = 0;
    for (n, line) in lines.lines().map(json).enumerate() {
        let found: Vec<String> =
            line["audit"]["answers"].as_array().into_iter().flatten().map(|a| a["prediction"].as_str().unwrap().to_owned()).collect();
        let expected: Vec<String> =
            [("a", 2), ("b", 511)].iter().filter(|(_, skip)| n % skip != 0).map(|(model, _)| format!("{model} says {n}")).collect();
        assert_eq!(found, expected, "item {n}");
        answers += found.len();
    }
    let manifest = json(&std::fs::read_to_string(run.path("ex/manifest.json")).unwrap());
    let rows: BTreeMap<&str, &serde_json::Value> =
        manifest["files"].as_array().unwrap().iter().map(|f| (f["path"].as_str().unwrap(), &f["rows"])).collect();
    assert_eq!((report.items, rows["items.json"], rows["items.csv"]), (1300, &1300.into(), &1300.into()));
    assert_eq!(rows["answers.csv"], &serde_json::Value::from(answers));
    // Each file is what the manifest says it is: the next export would refuse it otherwise.
    export(&project, &everything(run.path("ex")), &()).unwrap();
}

/// Somebody puts a file into the folder while it is being replaced: it is not lost, and neither is the export that stood there.
#[test]
fn what_comes_into_the_place_meanwhile_is_not_lost() {
    struct Meddler(PathBuf);
    impl Watch for Meddler {
        fn advance(&self, _: u64, _: u64) {
            std::fs::write(&self.0, "mine").unwrap();
        }
        fn cancelled(&self) -> bool {
            false
        }
    }
    let run = Run::empty();
    run.file("qa.jsonl", many(600));
    run.ok(&["import", "p.voxaudit", "--qa", "qa.jsonl"]);
    let project = Project::open(run.path("p.voxaudit")).unwrap();
    let request = everything(run.path("ex"));
    export(&project, &request, &()).unwrap();
    for name in ["mine.txt", "items.csv"] {
        let error = export(&project, &request, &Meddler(run.path(&format!("ex/{name}")))).unwrap_err();
        assert!(matches!(&error, ExportError::Occupied { why, .. } if why.contains("changed while")), "{error}");
        assert_eq!(std::fs::read_to_string(run.path(&format!("ex/{name}"))).unwrap(), "mine");
        assert!(run.path("ex/items.jsonl").exists() && !run.names(".").iter().any(|n| n.starts_with('.')));
        std::fs::remove_dir_all(run.path("ex")).unwrap();
        export(&project, &request, &()).unwrap();
    }
}

/// A stopped export leaves nothing, not even folders that were made for it.
#[test]
fn a_stopped_export_leaves_nothing() {
    struct Stop;
    impl Watch for Stop {
        fn advance(&self, _: u64, _: u64) {}
        fn cancelled(&self) -> bool {
            true
        }
    }
    let run = Run::empty();
    run.file("qa.jsonl", many(600));
    run.ok(&["import", "p.voxaudit", "--qa", "qa.jsonl"]);
    let project = Project::open(run.path("p.voxaudit")).unwrap();
    let before = run.names(".");
    assert!(matches!(export(&project, &everything(run.path("new/deep/ex")), &Stop), Err(ExportError::Cancelled)));
    assert_eq!(run.names("."), before);
}
