//! Claims in a whole project: what `check` says of the demo, of generated items and of models' answers, and what is read from the
//! published questions of CT-SpatialVQA (skipped without them).

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use voxaudit::formats::Watch;
use voxaudit::generate::demo::make_demo;
use voxaudit::generate::geometry::Plan;
use voxaudit::generate::project::{add, from_geometry};
use voxaudit::geometry::judge::Verdict;
use voxaudit::project::Project;
use voxaudit::project::check::Source;
use voxaudit::project::import::{ImportRequest, import};
use voxaudit::project::measure::cache::Cache;
use voxaudit::qa::reading::claims;
use voxaudit::qa::{ItemId, ModelRun, TextHash};

/// Question and answer of every item, in source order.
fn published() -> Option<Vec<(String, String)>> {
    let shared = std::env::var_os("VOXAUDIT_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let path = shared.join("data/ct-spatialvqa/spatial_qa_filtered_full.json");
    let Ok((_, file)) = voxaudit::formats::qa::read(&path) else {
        println!("skipped: no {}", path.display());
        return None;
    };
    Some(file.rows().unwrap().into_iter().map(|r| (r.question, r.answer)).collect())
}

/// `-- --nocapture` with `VOXAUDIT_SHOW_CLAIMS` prints what was read, for reading by a person.
#[test]
fn published_questions_give_claims_that_print_and_read_back() {
    let Some(items) = published() else { return };
    let mut read = 0;
    for (question, answer) in &items {
        let found = claims(question, &[], answer);
        read += usize::from(!found.is_empty());
        for claim in &found {
            assert_eq!(claim.to_string().parse().as_ref(), Ok(claim), "{question} / {answer}");
            if std::env::var_os("VOXAUDIT_SHOW_CLAIMS").is_some() {
                println!("{claim}\t{question}\t{answer}");
            }
        }
    }
    println!("{read} of {} items give claims", items.len());
    assert_eq!(read, 277, "of {}", items.len());
}

/// Every reading of the published questions was held against its text, one by one: what is read beyond these, or otherwise, needs the
/// same. The list names a text by the start of its hash.
#[test]
fn published_questions_are_read_as_they_were_found_right() {
    let Some(items) = published() else { return };
    let checked: BTreeMap<&str, &str> = include_str!("claims/read.tsv").lines().filter_map(|l| l.split_once('\t')).collect();
    let mut found = BTreeMap::new();
    for (question, answer) in &items {
        let read: Vec<String> = claims(question, &[], answer).iter().map(ToString::to_string).collect();
        if !read.is_empty() {
            found.insert(TextHash::of(question, answer, &[]).hex()[..16].to_owned(), read.join("; "));
        }
    }
    let found: BTreeMap<&str, &str> = found.iter().map(|(hash, read)| (hash.as_str(), read.as_str())).collect();
    assert_eq!(found, checked);
}

fn demo(dir: &Path) -> (Project, Cache) {
    let demo = make_demo(dir, &()).unwrap();
    (Project::open(&demo.project).unwrap(), Cache::at(dir.join("cache")))
}

fn ids(found: &[ItemId]) -> Vec<String> {
    found.iter().map(ToString::to_string).collect()
}

/// Says stop at once.
struct Impatient;

impl Watch for Impatient {
    fn advance(&self, _done: u64, _total: u64) {}
    fn cancelled(&self) -> bool {
        true
    }
}

#[test]
fn the_demo_is_checked_once_and_its_wrong_answers_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let (mut project, cache) = demo(dir.path());
    let stopped = project.check(Some(&cache), &Impatient).unwrap();
    assert!(stopped.stopped && stopped.judged == 0);
    let first = project.check(Some(&cache), &()).unwrap();
    let reference = first.counts["reference"];
    println!("{reference:?} {:?}", first.contradicting);
    assert_eq!((first.cases, first.judged, first.kept, first.items_without_labels), (2, 150, 0, 5), "reference and four runs");
    assert_eq!(reference.supports + reference.contradicts + reference.undetermined + reference.no_claim, 30);
    // Every wrong level, volume and side that is asked in words that are read, and nothing else.
    let expected = ["phantom_a::4", "phantom_a::11", "phantom_b::0", "phantom_b::13"];
    assert_eq!(ids(&project.contradicted_references().unwrap()), expected);
    assert!(reference.supports >= 20, "{reference:?}");
    let again = project.check(Some(&cache), &()).unwrap();
    assert_eq!((again.judged, again.kept), (0, 150));
    assert_eq!(again.counts, first.counts);

    let item = "phantom_a::11".parse().unwrap();
    let checks = project.checks(&item).unwrap();
    assert_eq!((checks.len(), checks[0].source.clone(), checks[0].verdict), (5, Source::Reference, Some(Verdict::Contradicts)));
    let judged = &checks[0].claims[0];
    assert!(judged.claim.to_string().starts_with("volume(heart) = ") && !judged.own);
    assert_eq!(judged.judgement.evidence.parts[0].name, "heart");
    assert!(project.contradicted_accepted().unwrap().is_empty());
    assert_eq!(project.reader().unwrap().standings().unwrap().len(), 150);
}

#[test]
fn models_answers_are_checked_beside_the_reference() {
    let dir = tempfile::tempdir().unwrap();
    let (mut project, cache) = demo(dir.path());
    let answers = dir.path().join("answers.jsonl");
    let row = |q: &str, a: &str| format!("{{\"case_id\": \"phantom_a\", \"question\": \"{q}\", \"prediction\": \"{a}\"}}\n");
    let rows = [
        row("Which kidney lies higher?", "The right kidney lies higher."),
        row("Which lies further anterior, the heart or the spleen?", "the heart"),
        row("What is the volume of the heart?", "I do not know."),
    ];
    std::fs::write(&answers, rows.concat()).unwrap();
    let request = ImportRequest { answers: vec![(ModelRun::parse("mute").unwrap(), answers)], ..ImportRequest::default() };
    assert!(import(&mut project, &request, &()).unwrap().imported);
    let report = project.check(Some(&cache), &()).unwrap();
    let mute = report.counts["mute"];
    assert_eq!((mute.supports, mute.contradicts, mute.undetermined, mute.no_claim), (1, 1, 0, 1));
    let wrong: Vec<_> = report.contradicting.iter().filter(|c| c.source == "mute").collect();
    assert_eq!((wrong.len(), wrong[0].item.as_str()), (1, "phantom_a::1"));
    assert_eq!(wrong[0].claims, ["superior(kidney_right, kidney_left)"]);
}

#[test]
fn generated_items_are_imported_and_supported_by_check() {
    let dir = tempfile::tempdir().unwrap();
    let (mut project, cache) = demo(dir.path());
    let before = project.status().unwrap().items;
    let plan = Plan { seed: 3, per_case: 12 };
    let made = from_geometry(&project, plan, Some(&cache), &()).unwrap();
    assert!(made.failed.is_empty() && made.items.len() == 24, "{} {:?}", made.items.len(), made.failed);
    let again = from_geometry(&project, plan, Some(&cache), &()).unwrap();
    assert_eq!(voxaudit::generate::geometry::jsonl(&made.items), voxaudit::generate::geometry::jsonl(&again.items));
    let asked: Vec<String> = project.items().unwrap().into_iter().map(|r| format!("{} {}", r.id.case.0, r.question)).collect();
    let fresh: Vec<_> = made.items.iter().filter(|i| !asked.contains(&format!("{} {}", i.case.0, i.question))).collect();
    assert!(fresh.len() >= 20, "{}", fresh.len());
    assert_eq!(add(&mut project, &made.items, &()).unwrap(), fresh.len(), "but for questions that are asked already");
    assert_eq!(add(&mut project, &made.items, &()).unwrap(), 0, "the same items are not added again");
    assert_eq!(project.status().unwrap().items, before + fresh.len());
    let report = project.check(Some(&cache), &()).unwrap();
    assert!(report.unreadable.is_empty(), "{:?}", report.unreadable);
    let questions: Vec<(&str, &str)> = fresh.iter().map(|i| (i.case.0.as_str(), i.question.as_str())).collect();
    let rows = project.items().unwrap();
    let supported = |id: &ItemId| project.checks(id).unwrap()[0].verdict == Some(Verdict::Supports);
    let generated: Vec<_> = rows.iter().filter(|r| questions.contains(&(&r.id.case.0, &r.question))).collect();
    assert_eq!(generated.len(), fresh.len());
    assert!(generated.iter().all(|r| supported(&r.id)));
}

/// The program itself, with its caches in `dir`.
fn voxaudit(dir: &Path, args: &[&str]) -> String {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_voxaudit"));
    let out = command.args(args).env("VOXAUDIT_CONFIG_DIR", dir).env("VOXAUDIT_CACHE_DIR", dir.join("cache")).output().unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn the_command_line_names_what_was_accepted_or_edited_against_geometry() {
    let dir = tempfile::tempdir().unwrap();
    let project = make_demo(dir.path(), &()).unwrap().project;
    let project = project.to_str().unwrap();
    let accepted = || {
        let report: serde_json::Value = serde_json::from_str(&voxaudit(dir.path(), &["check", project, "--json"])).unwrap();
        let ids = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
        let all: Vec<String> = report["contradicting_accepted"].as_array().unwrap().iter().map(ids).collect();
        let edited = report["contradicting"].as_array().unwrap().iter().filter(|c| c["source"] == "edited");
        (all, edited.map(|c| ids(&c["item"])).collect::<Vec<_>>())
    };
    let review = |item: &str, rest: &[&str]| {
        voxaudit(dir.path(), &[&["review", project, "--item", item, "--reviewer", "Ada Reader"], rest].concat());
    };
    assert_eq!(accepted(), (vec![], vec![]));
    review("phantom_a::11", &["accept"]);
    review("phantom_a::0", &["accept"]);
    review("phantom_a::3", &["edit", "--reason", "wording", "--answer", "The spleen lies further anterior."]);
    let against = || vec!["phantom_a::3".to_owned(), "phantom_a::11".to_owned()];
    assert_eq!(accepted(), (against(), vec!["phantom_a::3".to_owned()]));
    assert!(voxaudit(dir.path(), &["check", project]).contains("accepted or edited all the same: phantom_a::3, phantom_a::11"));
    review("phantom_a::3", &["undo"]);
    assert_eq!(accepted(), (vec!["phantom_a::11".to_owned()], vec![]));
}
