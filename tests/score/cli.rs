//! `voxaudit score` from outside: a made-up project with options, numbers, control runs and odd names, and the published files.

use super::data::{MODELS, reference, shared};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub fn voxaudit(args: &[&str]) -> Output {
    let out = Command::new(env!("CARGO_BIN_EXE_voxaudit")).args(args).output().unwrap();
    let stdout = String::from_utf8_lossy(&out.stdout);
    assert!(!stdout.contains("NaN") && !stdout.contains("inf,"), "{stdout}");
    out
}

pub fn json_of(args: &[&str]) -> Value {
    let out = voxaudit(args);
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// A file of one JSON value per line.
pub fn lines(folder: &Path, name: &str, rows: &[Value]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, rows.iter().map(|row| format!("{row}\n")).collect::<String>()).unwrap();
    path.to_str().unwrap().to_owned()
}

const SAID: [&str; 4] = ["B", "about 90 mL", "Yes</s>", "A or B"];

fn said(texts: [&str; 4]) -> Vec<Value> {
    let row = |(n, text): (usize, &str)| json!({"case_id": format!("c{}.nii.gz", n / 2), "question": QUESTIONS[n], "prediction": text});
    texts.into_iter().enumerate().map(row).collect()
}

const QUESTIONS: [&str; 4] = ["Which organ?", "How large is it?", "Is it large?", "Which side?"];
const REFERENCES: [&str; 4] = ["spleen", "100 mL", "Yes.", "left"];

fn items() -> Vec<Value> {
    let more = [
        json!({"task": "DIR", "options": ["liver", "spleen"]}),
        json!({"task": "EST"}),
        json!({}),
        json!({"task": "DIR", "options": ["left", "right"]}),
    ];
    let item = |(n, more): (usize, Value)| {
        let mut row = json!({"case_id": format!("c{}.nii.gz", n / 2), "question": QUESTIONS[n], "answer": REFERENCES[n]});
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row
    };
    more.into_iter().enumerate().map(item).collect()
}

fn verdicts(correct: [Value; 4]) -> Vec<Value> {
    let row = |(n, correct)| json!({"case_id": null, "question": QUESTIONS[n], "answer": REFERENCES[n], "prediction": SAID[n], "is_correct": correct});
    correct.into_iter().enumerate().map(row).collect()
}

fn made_up(folder: &Path) -> String {
    let project = folder.join("p.voxaudit").to_str().unwrap().to_owned();
    let qa = lines(folder, "qa.jsonl", &items());
    let full = lines(folder, "full.jsonl", &said(SAID));
    let blind = lines(folder, "blind.jsonl", &said(["A", "large", "", "A"]));
    let judges = [[json!(true), json!(false), json!("true"), json!(null)], [json!(1), json!(true), json!(true), json!(false)]];
    let [x, y] = [0, 1].map(|n| lines(folder, &format!("judge{n}.jsonl"), &verdicts(judges[n].clone())));
    let args = [
        "import",
        &project,
        "--qa",
        &qa,
        "--answers",
        &format!("org/m:7b={full}"),
        "--answers",
        &format!("org/m:7b@text-only={blind}"),
        "--verdicts",
        &format!("org/m:7b:x={x}"),
        "--verdicts",
        &format!("org/m:7b:y={y}"),
    ];
    let out = voxaudit(&args);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    project
}

#[test]
fn a_made_up_project_is_scored_by_option_number_and_jury() {
    let folder = tempfile::tempdir().unwrap();
    let project = made_up(folder.path());
    let found = json_of(&["score", &project, "--json"]);
    assert_eq!((&found["schema"], &found["version"]), (&json!("voxaudit.score"), &json!(1)));
    let model = &found["models"]["org/m:7b"];
    assert_eq!(model["n"], 4);
    assert_eq!((&model["choice"]["n"], &model["choice"]["correct"], &model["choice"]["invalid"]), (&json!(2), &json!(1), &json!(1)));
    assert_eq!((&model["numeric"]["answered"], &model["numeric"]["mean_relative_accuracy"]), (&json!(1), &json!(0.9)));
    assert_eq!((&model["by_task"]["DIR"]["n"], &model["by_task"]["DIR"]["accuracy"]), (&json!(2), &json!(0.5)));
    let jury = &model["jury"];
    assert_eq!([&jury["correct"], &jury["n"], &jury["undecided"], &jury["too_few_votes"]], [&json!(2), &json!(2), &json!(1), &json!(1)]);
    assert_eq!(model["judges"]["x"]["missing"], 1);
    assert_eq!(model["data_quality"]["special_tokens"], 1);
    let blind = &found["models"]["org/m:7b@text-only"];
    assert_eq!((&blind["jury"]["n"], &blind["jury"]["accuracy"]), (&json!(0), &Value::Null));
    assert!(blind["jury"]["why"].is_string());
    assert_eq!((&blind["numeric"]["not_answered"], &blind["numeric"]["mean_relative_accuracy_answered"]), (&json!(1), &Value::Null));
    let effect = &found["effects"][0];
    assert_eq!((&effect["condition"], &effect["n"], &effect["difference"]), (&json!("text-only"), &json!(2), &json!(0.0)));
}

#[test]
fn rules_and_switches_change_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let project = made_up(folder.path());
    let jury = |rule: &str| json_of(&["score", &project, "--rule", rule, "--json"])["models"]["org/m:7b"]["jury"].clone();
    assert_eq!((&jury("mean")["n"], &jury("mean")["correct"]), (&json!(3), &json!(2.5)));
    assert_eq!((&jury("unanimous")["n"], &jury("unanimous")["undecided"]), (&json!(2), &json!(1)));
    let exact =
        |more: &[&str]| json_of(&[&["score", project.as_str(), "--json"], more].concat())["models"]["org/m:7b"]["text"]["token_f1"].clone();
    assert!(exact(&["--clean-special-tokens"]).as_f64() > exact(&[]).as_f64());
    let table = String::from_utf8(voxaudit(&["score", &project]).stdout).unwrap();
    for words in ["org/m:7b@text-only", "What the image adds", "MRA 0.9000", "Accuracy by task"] {
        assert!(table.contains(words), "{words} in\n{table}");
    }
    assert_eq!(voxaudit(&["score", &project, "--parity", "ct-spatialvqa", "--rule", "mean"]).status.code(), Some(2));
    assert_eq!(voxaudit(&["score", "no such project"]).status.code(), Some(1));
}

fn published(folder: &Path) -> Option<String> {
    std::fs::create_dir_all(folder).unwrap();
    let data = shared().join("data/ct-spatialvqa");
    let file = |name: &str| -> PathBuf { data.join(name) };
    let qa = file("spatial_qa_filtered_full_with_categories.json");
    if !qa.exists() {
        println!("skipped: {} is absent", qa.display());
        return None;
    }
    let project = folder.join("p.voxaudit").to_str().unwrap().to_owned();
    let mut args = vec!["import".to_owned(), project.clone(), "--qa".to_owned(), qa.display().to_string()];
    for model in MODELS {
        args.extend([
            "--answers".to_owned(),
            format!("{model}={}", file(&format!("predictions/{model}_predictions_full.jsonl")).display()),
        ]);
        for (judge, name) in [("gemini", "gemini2.5_eval_full"), ("gpt", "gpt_eval"), ("qwen", "qwen_eval")] {
            let verdicts = file(&format!("llm_eval/{model}_{name}.json"));
            args.extend(["--verdicts".to_owned(), format!("{model}:{judge}={}", verdicts.display())]);
        }
    }
    let out = voxaudit(&args.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    Some(project)
}

#[test]
fn the_published_files_give_the_published_and_the_aligned_figures() {
    let folder = tempfile::tempdir().unwrap();
    let (Some(project), Some(reference)) = (published(folder.path()), reference()) else { return };
    let parity = json_of(&["score", &project, "--parity", "ct-spatialvqa", "--text-preset", "ct-spatialvqa", "--json"]);
    let ours = json_of(&["score", &project, "--min-votes", "3", "--json"]);
    for model in MODELS {
        for (found, key) in [(&parity, "published_matrix"), (&ours, "aligned")] {
            let (jury, expected) = (&found["models"][model]["jury"], &reference["jury"][model][key]);
            assert_eq!((&jury["correct"], &jury["n"]), (&expected["correct"], &expected["n"]), "{model} {key}");
        }
        let text = &parity["models"][model]["text"];
        let expected = &reference["text_metrics"]["per_model"][model]["published"];
        for (ours, theirs) in
            [("bleu", "bleu"), ("rouge1", "rouge1_f"), ("rouge2", "rouge2_f"), ("rougeL", "rougeL_f"), ("meteor", "meteor")]
        {
            super::close(text[ours].as_f64(), &expected[theirs], 1e-9, ours);
        }
        for (name, share) in reference["category"][model]["published_rule(missing=0)"].as_object().unwrap() {
            let found = &parity["models"][model]["by_category"][name];
            assert_eq!((&found["correct"], &found["n"]), (&share["correct"], &share["denom"]), "{model} {name}");
        }
    }
}

fn judged(project: &str, item: &str, who: &str, what: &str) {
    let out = voxaudit(&["review", project, "--item", item, "--reviewer", who, "judge", "--model", "org/m:7b", what]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn reviewers_stand_beside_the_jury() {
    let folder = tempfile::tempdir().unwrap();
    let project = made_up(folder.path());
    let human = || json_of(&["score", &project, "--json"])["models"]["org/m:7b"]["jury"]["human"].clone();
    assert_eq!((&human()["judged"], &human()["agreement"], &human()["why"]), (&json!(0), &Value::Null, &json!("no human judgements yet")));
    let table = || String::from_utf8(voxaudit(&["score", &project]).stdout).unwrap();
    assert!(table().contains("no human judgements yet"), "{}", table());
    // the jury says right, undecided, right and too few votes
    judged(&project, "c0.nii.gz::0", "Ada", "right");
    judged(&project, "c0.nii.gz::1", "Ada", "right");
    judged(&project, "c1.nii.gz::0", "Ada", "wrong");
    judged(&project, "c1.nii.gz::0", "Ben", "wrong");
    let found = human();
    assert_eq!([&found["judged"], &found["n"], &found["agree"], &found["agreement"]], [&json!(3), &json!(2), &json!(1), &json!(0.5)]);
    judged(&project, "c1.nii.gz::0", "Ben", "right");
    assert_eq!([&human()["n"], &human()["cannot_tell_or_split"], &human()["agreement"]], [&json!(1), &json!(1), &json!(1.0)]);
    assert!(table().contains("reviewers judged") && table().contains("AC1"), "{}", table());
}

/// Every effect that the report shows is what the switch of that fault does.
fn effects_are_those_of_the_switches(project: &str) {
    let score = |more: &[&str]| json_of(&[&["score", project, "--replicates", "0", "--json"], more].concat());
    let plain = score(&[]);
    let switches = [
        ("parse-errors", "--exclude-parse-errors"),
        ("special-tokens", "--clean-special-tokens"),
        ("empty-answers", "--exclude-empty-answers"),
        ("near-duplicates", "--exclude-near-duplicates"),
    ];
    let mut seen = 0;
    for (fault, switch) in switches {
        let cleaned = score(&[switch]);
        for (model, report) in plain["models"].as_object().unwrap() {
            let effects = report["data_quality"]["effects"].as_array().unwrap();
            let Some(effect) = effects.iter().find(|e| e["cleaning"] == json!([fault])) else { continue };
            let after = &cleaned["models"][model];
            assert_eq!(effect["meteor"]["imported"], report["text"]["meteor"], "{model} {fault}");
            super::close(effect["meteor"]["cleaned"].as_f64(), &after["text"]["meteor"], 1e-12, fault);
            assert_eq!(effect["meteor"]["cleaned_n"], after["text"]["n"], "{model} {fault}");
            if report["choice"].is_null() {
                assert_eq!(
                    (&effect["jury"]["imported"], &effect["jury"]["cleaned"]),
                    (&report["jury"]["accuracy"], &after["jury"]["accuracy"])
                );
                assert_eq!(effect["jury"]["cleaned_n"], after["jury"]["n"], "{model} {fault}");
            }
            assert_eq!(after["data_quality"]["effects"], report["data_quality"]["effects"], "{model}: effects are those of the import");
            seen += 1;
        }
    }
    assert!(seen > 0, "no fault in {project}");
}

#[test]
fn effects_of_faults_equal_what_the_switches_do() {
    let folder = tempfile::tempdir().unwrap();
    effects_are_those_of_the_switches(&made_up(folder.path()));
    let both = ["score", "x", "--parity", "ct-spatialvqa", "--exclude-empty-answers"];
    assert_eq!(voxaudit(&both).status.code(), Some(2), "published joins know no cleaning");
    let Some(project) = published(folder.path().join("published").as_path()) else { return };
    effects_are_those_of_the_switches(&project);
    let found = json_of(&["score", &project, "--replicates", "0", "--json"]);
    let faults = |model: &str, fault: &str| {
        let effects = found["models"][model]["data_quality"]["effects"].as_array().unwrap().clone();
        effects.into_iter().find(|e| e["cleaning"] == json!([fault])).map(|e| e["faults"].as_u64().unwrap())
    };
    assert_eq!((faults("m3d", "parse-errors"), faults("med3dvlm", "parse-errors")), (Some(885), Some(740)), "as data/README.md says");
    assert_eq!((faults("m3d", "empty-answers"), faults("radfm", "empty-answers")), (Some(32), None));
}
