//! The window as benchmarks drive it.

use egui::{Event, vec2};
use std::path::Path;
use std::time::{Duration, Instant};
use voxaudit::app::{App, Launch};
use voxaudit::review::Reviewer;
use voxaudit::state::{AppState, Settings};

/// The whole window at 1920×1080 without a surface.
pub struct Window {
    context: egui::Context,
    pub app: App,
    started: Instant,
}

impl Window {
    pub fn open(project: &Path) -> Self {
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
    pub fn frame(&mut self, events: Vec<Event>) -> Duration {
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

    /// Frames until something holds; the time they took. A panic after ten minutes.
    pub fn until(&mut self, done: impl Fn(&AppState) -> bool) -> Duration {
        let start = Instant::now();
        while !done(self.app.state()) {
            self.frame(Vec::new());
            assert!(start.elapsed() < Duration::from_secs(600), "the window does not come to rest");
        }
        start.elapsed()
    }
}

/// In ms.
pub fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

/// Prints a line; false when the goal is missed.
pub fn report(what: &str, ms: f64, goal: f64) -> bool {
    println!("{what:<60} {ms:8.2} ms   goal ≤ {goal}");
    ms <= goal
}
