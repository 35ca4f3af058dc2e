//! Analyses on real files and on the demo: charts equal the reference figures, and the report is one page that names nobody and nothing.

#![allow(clippy::unwrap_used)] // a helper that fails fails its test

#[allow(dead_code)]
#[path = "score/data.rs"]
mod data;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use voxaudit::analyse::{Chart, Data, Grid, charts};
use voxaudit::project::export::report::{ReportSummary, report};
use voxaudit::project::{Measuring, Project};
use voxaudit::qa::{CaseId, ItemId, Task};
use voxaudit::review::{Action, AnswerRef, Decision, ErrorLabel, Explanation, Judgement, NewEvent, Reviewer};
use voxaudit::score::Cleaning;

fn grid<'a>(charts: &'a [Chart], id: &str) -> &'a Grid {
    let chart = charts.iter().find(|c| c.id == id).unwrap_or_else(|| panic!("no chart {id}"));
    chart.grid().unwrap_or_else(|| panic!("{id}: {:?}", chart.body))
}

/// The published figures are over answers that all three judges have a verdict on.
fn complete(benchmark: data::Benchmark) -> Data {
    let mut votes: HashMap<(ItemId, String), usize> = HashMap::new();
    let key = |v: &voxaudit::qa::Vote| (v.item.clone(), v.model.clone());
    benchmark.votes.iter().filter(|v| v.correct.is_some()).for_each(|v| *votes.entry(key(v)).or_default() += 1);
    let kept = benchmark.votes.into_iter().filter(|v| votes.get(&key(v)) == Some(&3)).collect();
    Data { items: benchmark.items, answers: benchmark.answers, votes: kept, ..Data::default() }
}

#[test]
fn models_by_categories_equal_the_reference_and_the_rest_of_the_page_adds_up() {
    let (Some(benchmark), Some(reference)) = (data::benchmark(), data::reference()) else { return };
    let data = complete(benchmark);
    let charts = charts(&data, |_, _| true).unwrap();
    let table = grid(&charts, "accuracy-category");
    for (row, model) in table.rows.names.iter().enumerate().take(3) {
        let jury = &reference["jury"][model]["aligned"];
        let all = table.point(row, 0);
        assert_eq!((all.n as u64, all.items.len() as u64), (jury["n"].as_u64().unwrap(), jury["n"].as_u64().unwrap()), "{model}");
        assert!((all.value.unwrap() - jury["acc"].as_f64().unwrap()).abs() < 1e-12, "{model}");
        for (found, expected) in all.interval.unwrap().iter().zip(jury["wilson95"].as_array().unwrap()) {
            assert!((found - expected.as_f64().unwrap()).abs() < 1e-9, "{model}");
        }
        for (column, category) in table.columns.names.iter().enumerate().skip(1) {
            let expected = &reference["category"][model]["aligned(missing skipped)"][category];
            let point = table.point(row, column);
            assert_eq!(point.n as u64, expected["denom"].as_u64().unwrap(), "{model} {category}");
            let right = point.value.unwrap() * point.n as f64;
            assert!((right - expected["correct"].as_f64().unwrap()).abs() < 1e-6, "{model} {category}: {right}");
        }
    }
    let mosaic = grid(&charts, "correctness");
    let columns: BTreeMap<&str, f64> = mosaic.columns.names.iter().map(String::as_str).zip(mosaic.weights.iter().copied()).collect();
    assert_eq!(mosaic.weights.iter().sum::<f64>(), 9077.0);
    let pair = &reference["mcnemar_aligned"]["med3dvlm|radfm"];
    let column_has = |name: &str, model: &str| name == "every model right" || name.starts_with("right: ") && name.contains(model);
    let both: f64 = columns.iter().filter(|(n, _)| column_has(n, "med3dvlm") && column_has(n, "radfm")).map(|(_, w)| w).sum();
    assert_eq!(both, pair["both"].as_f64().unwrap());
    let lengths = grid(&charts, "lengths");
    let empty = lengths.point(lengths.rows.names.iter().position(|r| r == "m3d").unwrap(), 0);
    assert_eq!((empty.items.len(), empty.n), (32, 9077), "m3d left 32 answers empty");
}

fn demo() -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    voxaudit::generate::demo::make_demo(dir.path(), &()).unwrap();
    let path = dir.path().join("demo.voxaudit");
    (dir, path)
}

fn say(project: &mut Project, item: &ItemId, action: Action) {
    let reviewer = Reviewer::new("Nadia Secret", "NS");
    let judged = project.item(item).unwrap().unwrap().text_hash();
    project
        .append(NewEvent { reviewer, item: item.clone(), judged, active_seconds: 1.0, image: voxaudit::review::ShownImage::None, action })
        .unwrap();
}

/// Decisions, judgements and labels, so that every chart of review has something to show.
fn review(path: &Path) {
    let mut project = Project::open(path).unwrap();
    let items = project.items().unwrap();
    for (n, row) in items.iter().take(8).enumerate() {
        say(
            &mut project,
            &row.id,
            Action::Decide(Decision::Accept { criteria: voxaudit::review::Criteria::ALL_YES, note: "secret note".into() }),
        );
        for view in project.item_answers(&row.id).unwrap() {
            let answer: AnswerRef = view.reference();
            let right = n % 2 == 0;
            let judgement = if right { Judgement::Right } else { Judgement::Wrong };
            say(&mut project, &row.id, Action::JudgeAnswer { answer: answer.clone(), judgement });
            let taxonomy = project.taxonomy().unwrap();
            let label = ErrorLabel {
                primary: (!right).then(|| taxonomy.types[n % 3].code.clone()),
                answer_right: Some(right),
                explanation_right: Some(if n % 3 == 0 { Explanation::No } else { Explanation::Yes }),
                ..ErrorLabel::new(taxonomy.id())
            };
            say(&mut project, &row.id, Action::LabelAnswer { answer, label: Box::new(label) });
        }
    }
}

fn written(path: &Path, out: &Path) -> (ReportSummary, BTreeMap<String, Vec<u8>>) {
    let summary = report(&Project::open(path).unwrap(), out, Measuring::All(None), Cleaning::NONE, &()).unwrap();
    let files = std::fs::read_dir(out).unwrap().map(|e| e.unwrap());
    let files = files.map(|e| (e.file_name().to_string_lossy().into_owned(), std::fs::read(e.path()).unwrap())).collect();
    (summary, files)
}

#[test]
fn the_report_is_one_page_the_same_each_time_and_names_no_person_and_no_place() {
    let (dir, path) = demo();
    review(&path);
    let out = dir.path().join("report");
    let (summary, files) = written(&path, &out);
    let shown: BTreeSet<&str> = summary.charts.iter().filter(|c| c.missing.is_none()).map(|c| c.id.as_str()).collect();
    for id in ["volumes", "review-status", "accuracy-task", "correctness", "buckets", "calibration-table", "errors-models", "faithfulness"]
    {
        assert!(shown.contains(id), "{id}: {:#?}", summary.charts);
        assert!(files.contains_key(&format!("{id}.csv")) && files.contains_key(&format!("{id}.svg")), "{id}");
    }
    let page = String::from_utf8(files["index.html"].clone()).unwrap();
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    let doc = roxmltree::Document::parse_with_options(&page, options).unwrap();
    assert_eq!(doc.descendants().filter(|n| n.has_tag_name("svg")).count(), shown.len());
    let ids: Vec<&str> = doc.descendants().filter_map(|n| n.attribute("id")).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "ids are unique");
    for link in doc.descendants().filter_map(|n| n.attribute("href").or(n.attribute("src"))) {
        let here = link.strip_prefix('#').is_some_and(|id| ids.contains(&id)) || files.contains_key(link);
        assert!(here, "{link}");
    }
    let place = dir.path().to_string_lossy().into_owned();
    for (name, bytes) in &files {
        let text = String::from_utf8_lossy(bytes);
        let links = text.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        assert!(!links.contains("http:") && !links.contains("https:") && !links.contains("<script"), "{name}");
        for secret in [place.as_str(), "Nadia", "secret note", "/tmp/", "/home/"] {
            assert!(!text.contains(secret), "{name} tells '{secret}'");
        }
    }
    let (_, again) = written(&path, &out);
    assert!(again == files, "the same project gives the same bytes");
}

#[test]
fn a_report_replaces_only_an_untouched_report() {
    let (dir, path) = demo();
    let out = dir.path().join("report");
    let project = Project::open(&path).unwrap();
    report(&project, &out, Measuring::LeftOut, Cleaning::NONE, &()).unwrap();
    std::fs::write(out.join("index.html"), "mine").unwrap();
    let refused = report(&project, &out, Measuring::LeftOut, Cleaning::NONE, &()).unwrap_err().to_string();
    assert!(refused.contains("was changed"), "{refused}");
    let export = dir.path().join("export");
    let request = voxaudit::project::export::ExportRequest { out: export.clone(), ..Default::default() };
    voxaudit::project::export::export(&project, &request, &()).unwrap();
    let refused = report(&project, &export, Measuring::LeftOut, Cleaning::NONE, &()).unwrap_err().to_string();
    assert!(refused.contains("not a report"), "{refused}");
}

#[test]
fn a_thousand_answers_of_many_models_take_no_time() {
    let items: Vec<_> = (0..1_000u32)
        .map(|n| voxaudit::qa::Item {
            id: ItemId { case: CaseId(format!("c{}", n / 5)), position: n % 5 },
            question: "Is the liver large?".into(),
            answer: "Yes".into(),
            options: Vec::new(),
            task: Some(Task::ALL[n as usize % 6]),
            categories: Vec::new(),
        })
        .collect();
    let mut data = Data { items, ..Data::default() };
    for model in 0..40 {
        for (n, item) in data.items.iter().enumerate() {
            let (model, item, condition) = (format!("m{model:02}"), item.id.clone(), voxaudit::qa::Condition::Full);
            let right = Some((n * 7 + model.len() * 13 + n / 3) % 5 < 2);
            for judge in ["x", "y"] {
                let (model, item, condition) = (model.clone(), item.clone(), condition.clone());
                data.votes.push(voxaudit::qa::Vote {
                    item,
                    model,
                    condition,
                    judge: judge.into(),
                    correct: right,
                    parse_error: false,
                    row: n as u32,
                });
            }
            data.answers.push(voxaudit::qa::Answer { item, model, condition, text: "Yes".into(), reasoning: None, row: n as u32 });
        }
    }
    let start = std::time::Instant::now();
    let made = charts(&data, |_, _| true).unwrap();
    assert_eq!(grid(&made, "accuracy-task").rows.names.len(), 42);
    made.iter().for_each(|chart| assert!(chart.grid().is_none() || voxaudit::analyse::draw::svg(chart).len() > 500));
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
