//! Speed of the store: `cargo bench --bench store`. Prints figures with their goals and fails when one is missed.
//!
//! The real benchmark is read from `../shared/data` (or `$VOXAUDIT_SHARED/data`) when it is there; 100,000 items are made up.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;
use voxaudit::project::Project;
use voxaudit::project::import::{ImportRequest, import};
use voxaudit::qa::ModelRun;
use voxaudit::review::{Action, Criteria, Decision, NewEvent, Reviewer};
use voxaudit::score::{Filter, Jury};

const ITEMS: usize = 100_000;
const PER_CASE: usize = 9;
const WORDS: &[&str] = &[
    "the",
    "lung",
    "lobe",
    "right",
    "left",
    "nodule",
    "pleural",
    "effusion",
    "mediastinal",
    "lymph",
    "node",
    "liver",
    "spleen",
    "kidney",
    "aorta",
    "vertebra",
    "anterior",
    "posterior",
    "superior",
    "inferior",
    "diameter",
    "measuring",
    "observed",
    "normal",
    "thickening",
    "calcified",
    "segment",
    "lateral",
    "basal",
    "apical",
    "bronchus",
    "trachea",
    "heart",
    "pericardial",
    "density",
    "lesion",
    "within",
    "adjacent",
    "above",
    "below",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let mut missed = 0;
    if let Some(shared) = shared() {
        missed += real_import(dir.path(), &shared)?;
        missed += real_answers(dir.path(), &shared)?;
    } else {
        println!("real import: skipped, no shared data");
    }
    let path = large_project(dir.path())?;
    missed += opening(&path)?;
    missed += searching(&path)?;
    missed += appending(dir.path(), &path)?;
    if missed > 0 {
        return Err(format!("{missed} goals missed").into());
    }
    Ok(())
}

fn shared() -> Option<PathBuf> {
    let dir = std::env::var_os("VOXAUDIT_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    Some(dir.join("data/ct-spatialvqa")).filter(|d| d.is_dir())
}

/// Prints a figure; 1 when it misses its goal.
fn figure(what: &str, value: f64, unit: &str, goal: f64) -> usize {
    let miss = value > goal;
    println!("{what:<46} {value:>9.3} {unit:<3} goal ≤ {goal}{}", if miss { "  MISSED" } else { "" });
    usize::from(miss)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn real_import(dir: &Path, data: &Path) -> Result<usize, Box<dyn std::error::Error>> {
    let mut project = Project::create(dir.join("real.voxaudit"))?;
    let request = ImportRequest {
        qa: vec![data.join("spatial_qa_filtered_full.json"), data.join("spatial_qa_filtered_full_with_categories.json")],
        reports: vec![data.join("validation_reports_output.json")],
        ..Default::default()
    };
    let start = Instant::now();
    let report = import(&mut project, &request, &())?;
    let first = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let again = import(&mut project, &request, &())?;
    let second = start.elapsed().as_secs_f64();
    assert_eq!((report.added.items, again.added.items), (9077, 0));
    Ok(figure("import 9,077 items, categories, 1,607 reports", first, "s", 3.0) + figure("the same again (adds nothing)", second, "s", 3.0))
}

/// 8 models × 9,077 answers and 24 files of verdicts: the three published models under eight names. Then what the window asks for.
fn real_answers(dir: &Path, data: &Path) -> Result<usize, Box<dyn std::error::Error>> {
    let mut project = Project::open(dir.join("real.voxaudit"))?;
    let mut request = ImportRequest::default();
    for n in 0..8 {
        let (model, run) = (["m3d", "med3dvlm", "radfm"][n % 3], ModelRun::parse(&format!("model {n}"))?);
        request.answers.push((run.clone(), data.join(format!("predictions/{model}_predictions_full.jsonl"))));
        for (judge, file) in [("gemini", "gemini2.5_eval_full"), ("gpt", "gpt_eval"), ("qwen", "qwen_eval")] {
            request.verdicts.push((run.clone(), judge.to_owned(), data.join(format!("llm_eval/{model}_{file}.json"))));
        }
    }
    let start = Instant::now();
    let report = import(&mut project, &request, &())?;
    let first = start.elapsed().as_secs_f64();
    assert_eq!(report.added.answers, 8 * 9077);
    let items = project.items()?;
    let mut times = Vec::new();
    for row in items.iter().step_by(9) {
        let start = Instant::now();
        assert_eq!(project.item_answers(&row.id)?.len(), 8);
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let start = Instant::now();
    let matrix = project.matrix()?;
    let index = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let wrong = matrix.filtered(Filter::AllWrong, &matrix.full_runs(), &Jury::default());
    assert!(!wrong.is_empty());
    let filter = start.elapsed().as_secs_f64() * 1e3;
    Ok(figure("import 8 × 9,077 answers, 24 files of verdicts", first, "s", 10.0)
        + figure("all answers, votes and reviews of an item", median(times), "ms", 16.0)
        + figure("matrix of 9,077 items × 8 runs", index, "s", 1.0)
        + figure("one filter over it", filter, "ms", 16.0))
}

/// A small generator, so that every run has the same text.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn text(&mut self, words: usize) -> String {
        (0..words).fold(String::new(), |mut out, _| {
            let _ = write!(out, "{}{} ", WORDS[self.below(WORDS.len())], ["", "", "", "s", "al", "ic7"][self.below(6)]);
            out
        })
    }
}

fn large_project(dir: &Path) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let mut random = Random(7);
    let mut qa = String::new();
    let mut reports = String::from("{");
    for n in 0..ITEMS {
        let case = n / PER_CASE;
        let (q, a) = (random.text(12), random.text(9));
        writeln!(
            qa,
            "{{\"case_id\":\"case_{case}_a_1.nii.gz\",\"question\":\"{q}{n}?\",\"answer\":\"{a}\",\"category\":[\"Adjacency & Containment\"]}}"
        )?;
        if n % PER_CASE == 0 {
            let comma = if n == 0 { "" } else { "," };
            write!(
                reports,
                "{comma}\"case_{case}_a_1.nii.gz\":{{\"Findings_EN\":\"{}\",\"Impressions_EN\":\"{}\"}}",
                random.text(180),
                random.text(30)
            )?;
        }
    }
    std::fs::write(dir.join("qa.jsonl"), qa)?;
    std::fs::write(dir.join("reports.json"), reports + "}")?;
    let path = dir.join("large.voxaudit");
    let mut project = Project::create(&path)?;
    let request = ImportRequest { qa: vec![dir.join("qa.jsonl")], reports: vec![dir.join("reports.json")], ..Default::default() };
    let start = Instant::now();
    import(&mut project, &request, &())?;
    println!("{:<46} {:>9.3} s", "import 100,000 items, 11,112 reports", start.elapsed().as_secs_f64());
    Ok(path)
}

fn opening(path: &Path) -> Result<usize, Box<dyn std::error::Error>> {
    let mut times = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        let project = Project::open(path)?;
        let (items, state) = (project.items()?, project.review_state()?);
        times.push(start.elapsed().as_secs_f64());
        assert!(items.len() == ITEMS && state.iter().next().is_none());
    }
    Ok(figure("open 100,000 items and their review state", median(times), "s", 1.0))
}

fn searching(path: &Path) -> Result<usize, Box<dyn std::error::Error>> {
    let project = Project::open(path)?;
    let mut worst = (0.0, String::new());
    let mut times = Vec::new();
    let start = Instant::now();
    project.prepare_search()?;
    println!("{:<46} {:>9.3} ms", "preparing search, once a session", start.elapsed().as_secs_f64() * 1e3);
    for query in ["pleural effusion right lobe", "case_77_a_1", "the lung above the liver and spleen", "99999", "zzz"] {
        for end in (1..=query.len()).filter(|e| query.is_char_boundary(*e)) {
            let start = Instant::now();
            project.search(&query[..end], 100_000)?;
            let ms = start.elapsed().as_secs_f64() * 1e3;
            times.push(ms);
            if ms > worst.0 {
                worst = (ms, query[..end].to_owned());
            }
        }
    }
    let keys = times.len();
    println!("{:<46} {:>9.3} ms", format!("search, median of {keys} keystrokes"), median(times));
    Ok(figure(&format!("search, slowest keystroke ('{}')", worst.1), worst.0, "ms", 50.0))
}

/// Appends and plain 4 KiB writes with fsync take turns, so that both see the same disk.
fn appending(dir: &Path, path: &Path) -> Result<usize, Box<dyn std::error::Error>> {
    let mut project = Project::open(path)?;
    let items = project.items()?;
    let mut plain = std::fs::File::create(dir.join("plain"))?;
    let (mut appends, mut writes) = (Vec::new(), Vec::new());
    for row in items.iter().step_by(97).take(1000) {
        let judged = project.item(&row.id)?.ok_or("item is gone")?.text_hash();
        let action = Action::Decide(Decision::Accept { criteria: Criteria::ALL_YES, note: String::new() });
        let new = NewEvent {
            reviewer: Reviewer::new("Jo Doe", ""),
            item: row.id.clone(),
            judged,
            active_seconds: 4.0,
            image: voxaudit::review::ShownImage::None,
            action,
        };
        let start = Instant::now();
        project.append(new)?;
        appends.push(start.elapsed().as_secs_f64() * 1e3);
        let start = Instant::now();
        plain.write_all(&[7; 4096])?;
        plain.sync_all()?;
        writes.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let (append, write) = (median(appends), median(writes));
    println!("{:<46} {append:>9.3} ms", "one review event, committed (median of 1,000)");
    println!("{:<46} {write:>9.3} ms", "4 KiB write + fsync (median of 1,000)");
    Ok(figure("ratio of the two", append / write, "×", 4.0))
}
