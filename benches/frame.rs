//! What a frame of the window costs on the CPU, without the GPU: `cargo bench --bench frame`.
//!
//! Panels, keys, commands and state of the whole window at 1920×1080, on the demo and on a project with 100,000 items; and how long such
//! a project takes to its first frame and to answer a key in the search field. Exits with 1 when a goal is missed.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the benchmark")]

use egui::{Event, Modifiers, MouseWheelSource, MouseWheelUnit, TouchPhase, pos2, vec2};
use std::path::Path;
use std::time::{Duration, Instant};
use voxaudit::app::{App, Launch};
use voxaudit::project::Project;
use voxaudit::project::import::{ImportRequest, import};
use voxaudit::review::Reviewer;
use voxaudit::state::{AppState, CaseView, Command, QueueCommand, Settings};

struct Window {
    context: egui::Context,
    app: App,
    started: Instant,
}

impl Window {
    fn open(project: &Path) -> Self {
        let context = egui::Context::default();
        let launch = Launch {
            project: Some(project.to_path_buf()),
            reviewer: Some(Reviewer::new("Bench", "B")),
            settings: Some(Settings::default()),
            ..Launch::default()
        };
        let app = App::new(&context, launch);
        Self { context, app, started: Instant::now() }
    }

    /// One frame with these events; returns the CPU time of layout and commands, without tessellation.
    fn frame(&mut self, events: Vec<Event>) -> Duration {
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, vec2(1920.0, 1080.0))),
            time: Some(self.started.elapsed().as_secs_f64()),
            events,
            ..Default::default()
        };
        let start = Instant::now();
        let output = self.context.run_ui(input, |ui| self.app.frame(ui));
        let time = start.elapsed();
        output.drop_without_applying_deltas();
        time
    }

    fn until(&mut self, done: impl Fn(&AppState) -> bool) -> Duration {
        let start = Instant::now();
        while !done(self.app.state()) {
            self.frame(Vec::new());
            assert!(start.elapsed() < Duration::from_secs(60), "the window does not come to rest");
        }
        start.elapsed()
    }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn wheel(lines: f32) -> Event {
    let (unit, source) = (MouseWheelUnit::Line, MouseWheelSource::Unknown);
    Event::MouseWheel { unit, delta: vec2(0.0, lines), phase: TouchPhase::Move, source, modifiers: Modifiers::NONE }
}

/// Prints a line; false when the goal is missed.
fn report(what: &str, ms: f64, goal: f64) -> bool {
    println!("{what:<60} {ms:8.2} ms   goal ≤ {goal}");
    ms <= goal
}

fn demo_frames(dir: &Path) -> bool {
    let demo = voxaudit::generate::demo::make_demo(dir, &()).unwrap();
    let mut window = Window::open(&demo.project);
    window.until(|s| s.project.as_ref().is_some_and(|p| matches!(p.case, CaseView::Ready { .. })));
    for _ in 0..20 {
        window.frame(Vec::new());
    }
    let over = Event::PointerMoved(pos2(700.0, 300.0));
    let scroll = (0..200).map(|n| window.frame(vec![over.clone(), wheel(if n % 20 < 10 { 1.0 } else { -1.0 })])).collect();
    let hover = (0..200).map(|n| window.frame(vec![Event::PointerMoved(pos2(500.0 + n as f32, 300.0))])).collect();
    let goals = [report("demo: frame while scrolling slices, whole window", median(scroll), 2.0)];
    goals.into_iter().all(|g| g) & report("demo: frame while the probe moves, whole window", median(hover), 2.0)
}

fn big_project(dir: &Path) -> bool {
    let qa = dir.join("qa.jsonl");
    let row = |n: usize| {
        format!("{{\"case_id\":\"case_{}\",\"question\":\"Where is lesion {n} of lobe {}?\",\"answer\":\"left\"}}\n", n / 10, n % 7)
    };
    std::fs::write(&qa, (0..100_000).map(row).collect::<String>()).unwrap();
    let path = dir.join("big.voxaudit");
    let mut project = Project::create(&path).unwrap();
    import(&mut project, &ImportRequest { qa: vec![qa], ..Default::default() }, &()).unwrap();
    drop(project);
    let start = Instant::now();
    let mut window = Window::open(&path);
    window.until(|s| s.project.as_ref().is_some_and(|p| p.current.as_ref().is_some_and(|c| c.item.is_some())));
    let first = start.elapsed();
    let idle = (0..100).map(|_| window.frame(Vec::new())).collect();
    let over = Event::PointerMoved(pos2(100.0, 500.0));
    let scroll = (0..100).map(|_| window.frame(vec![over.clone(), wheel(-3.0)])).collect();
    let keys = ["l", "le", "les", "lesi", "lesion", "lesion 4", "lesion 42", "lobe", "lobe 3"].map(|text| {
        window.app.apply(Command::Queue(QueueCommand::Query(text.to_owned())));
        let wanted = window.app.state().project.as_ref().unwrap().queue.generation;
        window.until(|s| s.project.as_ref().is_some_and(|p| p.queue.answered == wanted))
    });
    report("100,000 items: from opening to the first item", first.as_secs_f64() * 1e3, 1000.0)
        & report("100,000 items: frame at rest", median(idle), 2.0)
        & report("100,000 items: frame while the queue scrolls", median(scroll), 2.0)
        & report("100,000 items: search key to its answer on screen, slowest", keys.iter().max().unwrap().as_secs_f64() * 1e3, 50.0)
}

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let good = demo_frames(dir.path()) & big_project(dir.path());
    std::process::exit(i32::from(!good));
}
