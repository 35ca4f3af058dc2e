//! A hundred models: 104 models × 10,000 items with a judge each, in the window and on the command line.
//!
//! `cargo bench --bench many` writes the files to a temporary folder (about 300 MB), imports them, steps through items in the Compare
//! workspace until the answers of each stand on screen, filters, scores, and computes all charts. Exits with 1 when a goal is missed.
//! `-- 3 9077` takes so many models and items.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the benchmark")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use voxaudit::project::Project;
use voxaudit::project::import::{ImportRequest, import};
use voxaudit::qa::ModelRun;
use voxaudit::score::{Settings, score};
use voxaudit::state::{AnalysesCommand, AnswerFilter, AppState, Command, QueueCommand, Workspace};

#[path = "common/window.rs"]
mod window;
use window::{Window, median, report};

/// A frame of a display with 60 Hz, ms.
const FRAME: f64 = 1000.0 / 60.0;
const STEPS: usize = 60;
const PLACES: [&str; 6] =
    ["in the left lung", "in the right lung", "above the liver", "behind the heart", "in both kidneys", "below the spleen"];

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let (models, items) = (numbers.first().copied().unwrap_or(104), numbers.get(1).copied().unwrap_or(10_000));
    println!("{models} models × {items} items");
    let dir = tempfile::tempdir().unwrap();
    let project = imported(dir.path(), models, items);
    let good = compared(&project, models) & scored(&project) & analysed(&project);
    std::process::exit(i32::from(!good));
}

/// A number that looks like chance and is the same in every run.
fn dice(a: usize, b: usize) -> usize {
    let mixed = (a as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (b as u64 + 7).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) as usize >> 20
}

fn place(model: usize, item: usize) -> &'static str {
    PLACES[dice(model, item) % PLACES.len()]
}

/// A JSON line per item.
fn lines(path: PathBuf, items: usize, fields: impl Fn(usize) -> String) -> PathBuf {
    let mut text = String::new();
    for n in 0..items {
        let key = format!("\"case_id\":\"case_{}\",\"question\":\"Where does structure {n} of this scan lie?\"", n / 6);
        let _ = writeln!(text, "{{{key},\"answer\":\"It lies {}.\"{}}}", place(usize::MAX / 2, n), fields(n));
    }
    std::fs::write(&path, text).unwrap();
    path
}

fn imported(dir: &Path, models: usize, items: usize) -> PathBuf {
    let mut request = ImportRequest { qa: vec![lines(dir.join("qa.jsonl"), items, |_| String::new())], ..Default::default() };
    for m in 0..models {
        let run = ModelRun::parse(&format!("model {m:03}")).unwrap();
        let said = |n: usize| format!(",\"prediction\":\"The structure lies {}, as far as model {m} can tell.\"", place(m, n));
        let judged =
            |n: usize| format!("{},\"is_correct\":{}", said(n), place(m, n) == place(usize::MAX / 2, n) || dice(n, m).is_multiple_of(5));
        request.answers.push((run.clone(), lines(dir.join(format!("a{m}.jsonl")), items, said)));
        request.verdicts.push((run, "judge".to_owned(), lines(dir.join(format!("v{m}.jsonl")), items, judged)));
    }
    let path = dir.join("many.voxaudit");
    let mut project = Project::create(&path).unwrap();
    let start = Instant::now();
    let found = import(&mut project, &request, &()).unwrap();
    assert_eq!(found.added.answers, models * items);
    println!("{:<60} {:8.2} s", "import", start.elapsed().as_secs_f64());
    path
}

/// The answers on screen are those of the selected item.
fn there(state: &AppState) -> bool {
    let item = state.project.as_ref().and_then(|p| p.current.as_ref()).is_some_and(|c| c.item.is_some());
    item && state.answers.rows.is_some()
}

fn compared(path: &Path, models: usize) -> bool {
    let mut window = Window::open(path);
    window.app.apply(Command::Workspace(Workspace::Compare));
    let start = Instant::now();
    window.until(|s| there(s) && s.answers.table.is_some());
    println!("{:<60} {:8.2} s", "Compare, from opening the project to all votes being read", start.elapsed().as_secs_f64());
    let (mut steps, mut frames, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STEPS {
        let start = Instant::now();
        window.app.apply(Command::Queue(QueueCommand::Step(1)));
        let mut count = 0;
        while !there(window.app.state()) || count == 0 {
            window.frame(Vec::new());
            count += 1;
        }
        steps.push(start.elapsed());
        frames.push(window.frame(Vec::new()));
        rest.push(window.frame(Vec::new()));
        assert_eq!(window.app.state().answers.rows.as_ref().unwrap().len(), models);
    }
    let filters = [AnswerFilter::Votes(voxaudit::score::Filter::AllWrong), AnswerFilter::Votes(voxaudit::score::Filter::JudgesDisagree)];
    let filtered = filters.map(|filter| {
        let start = Instant::now();
        window.app.apply(Command::Queue(QueueCommand::Answers(Some(filter))));
        let wanted = window.app.state().project.as_ref().unwrap().queue.generation;
        window.until(|s| s.project.as_ref().is_some_and(|p| p.queue.answered == wanted));
        start.elapsed()
    });
    let slowest = |times: &[Duration]| times.iter().max().unwrap().as_secs_f64() * 1e3;
    report("an item is selected until its answers are there, median", median(steps.clone()), FRAME)
        & report("the frame that shows them first, slowest", slowest(&frames), FRAME)
        & report("a frame at rest", median(rest), FRAME)
        & report("a filter over all votes, slowest", slowest(&filtered), 100.0)
}

fn scored(path: &Path) -> bool {
    let start = Instant::now();
    let data = Project::open(path).unwrap().score_data(&()).unwrap();
    let read = start.elapsed().as_secs_f64();
    let found = score(data.input(), Settings::default());
    println!("{:<60} {:8.2} s, {read:.2} s of it reading; {} pairs", "score", start.elapsed().as_secs_f64(), found.pairs.len());
    true
}

fn analysed(path: &Path) -> bool {
    let mut window = Window::open(path);
    window.until(there_item);
    window.app.apply(Command::Workspace(Workspace::Analyse));
    window.app.apply(Command::Analyses(AnalysesCommand::Make { volumes: false }));
    let start = Instant::now();
    let mut slowest = Duration::ZERO;
    while window.app.state().analyses.charts.is_none() {
        slowest = slowest.max(window.frame(Vec::new()));
        std::thread::sleep(Duration::from_millis(5));
        assert!(start.elapsed() < Duration::from_secs(900), "the charts are not made");
    }
    println!("{:<60} {:8.2} s", "all charts", start.elapsed().as_secs_f64());
    let frames: Vec<Duration> = (0..60).map(|_| window.frame(Vec::new())).collect();
    report("slowest frame while they are made", slowest.as_secs_f64() * 1e3, 50.0)
        & report("a frame of the page of charts", median(frames), FRAME)
}

fn there_item(state: &AppState) -> bool {
    state.project.as_ref().is_some_and(|p| p.current.as_ref().is_some_and(|c| c.item.is_some()))
}
