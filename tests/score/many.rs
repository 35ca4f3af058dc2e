//! A hundred models: every pair is tested and has an interval, and the tables for people stay readable.

use super::cli::{json_of, lines, voxaudit};
use serde_json::{Value, json};
use std::path::Path;

const MODELS: usize = 104;
const ITEMS: usize = 40;

/// Model m is right on an item when this says so; judges agree.
fn right(model: usize, item: usize) -> bool {
    (item * 7 + model * 5) % 104 < 20 + model / 2
}

fn project(folder: &Path) -> String {
    let project = folder.join("many.voxaudit").to_str().unwrap().to_owned();
    let row = |n: usize, more: &[(&str, Value)]| {
        let mut row = json!({"case_id": format!("c{}.nii.gz", n / 4), "question": format!("Question {n}?"), "answer": "left"});
        more.iter().for_each(|(key, value)| row[*key] = value.clone());
        row
    };
    let all = |more: &dyn Fn(usize) -> Vec<(&'static str, Value)>| (0..ITEMS).map(|n| row(n, &more(n))).collect::<Vec<_>>();
    let mut args = vec!["import".to_owned(), project.clone(), "--qa".to_owned(), lines(folder, "qa.jsonl", &all(&|_| Vec::new()))];
    for model in 0..MODELS {
        let said = lines(folder, &format!("a{model}.jsonl"), &all(&|_| vec![("prediction", json!("left"))]));
        args.extend(["--answers".to_owned(), format!("m{model:03}={said}")]);
        let verdicts = lines(
            folder,
            &format!("v{model}.jsonl"),
            &all(&|n| vec![("prediction", json!("left")), ("is_correct", json!(right(model, n)))]),
        );
        for judge in ["x", "y"] {
            args.extend(["--verdicts".to_owned(), format!("m{model:03}:{judge}={verdicts}")]);
        }
    }
    let out = voxaudit(&args.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    project
}

#[test]
fn every_pair_of_a_hundred_models_has_a_test_and_an_interval() {
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path());
    let found = json_of(&["score", &project, "--json", "--replicates", "500"]);
    let pairs = found["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), MODELS * (MODELS - 1) / 2);
    for pair in pairs {
        let [low, high] = [0, 1].map(|side| pair["ci95_case_normal"][side].as_f64().unwrap());
        let difference = pair["difference"].as_f64().unwrap();
        assert!(low <= difference && difference <= high && pair["ci95_case_bootstrap"].is_null(), "{pair}");
        assert!(pair["mcnemar_exact_p"].as_f64().unwrap() <= pair["holm_p"].as_f64().unwrap(), "{pair}");
    }
    let model = |n: usize| (0..ITEMS).filter(|item| right(n, *item)).count();
    assert_eq!(found["models"]["m103"]["jury"]["correct"], json!(model(103)));

    let table = String::from_utf8(voxaudit(&["score", &project, "--replicates", "0"]).stdout).unwrap();
    assert!(table.contains("Each model against the next in accuracy"), "{table}");
    let widest = table.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest < 220 && table.lines().count() < 1_200, "{widest} columns, {} lines", table.lines().count());
}
