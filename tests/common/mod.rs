//! A window on the demo project for tests: keys, mouse, waiting, and what to find by name.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, MouseWheelUnit, PointerButton, Pos2, TouchPhase, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use voxaudit::app::{App, Launch};
use voxaudit::gpu::callback;
use voxaudit::gpu::offscreen::Offscreen;
use voxaudit::project::Project;
use voxaudit::review::Reviewer;
use voxaudit::space::Plane;
use voxaudit::state::{AppState, CaseView, Settings};

/// Only ends what would never end: shared machines can be slow.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// The demo, made once for all tests and copied for each.
pub fn demo() -> (tempfile::TempDir, PathBuf) {
    static MADE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        voxaudit::generate::demo::make_demo(dir.path(), &()).unwrap();
        dir
    });
    let dir = tempfile::tempdir().unwrap();
    copy(made.path(), dir.path());
    let project = dir.path().join("demo.voxaudit");
    (dir, project)
}

pub fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// `None` with a printed line when the shared data is not there.
pub fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = std::env::var_os("VOXAUDIT_SHARED").map_or(beside, PathBuf::from).join("data/totalsegmentator-example");
    let found = folder.is_dir();
    if !found {
        println!("skipped: {} is not there", folder.display());
    }
    found.then_some(folder)
}

pub struct Desk {
    pub harness: Harness<'static, App>,
}

impl Desk {
    pub fn open(project: &Path) -> Self {
        let launch = Launch {
            project: Some(project.to_path_buf()),
            reviewer: Some(Reviewer::new("Ada Reader", "AR")),
            settings: Some(Settings::default()),
            ..Launch::default()
        };
        Self::launch(launch)
    }

    pub fn launch(launch: Launch) -> Self {
        let builder = Harness::builder().with_size(vec2(1280.0, 800.0)).with_step_dt(1.0 / 60.0);
        let harness = builder.build_eframe(|cc| App::new(&cc.egui_ctx, launch));
        Self { harness }
    }

    pub fn ready(project: &Path) -> Self {
        let mut desk = Self::open(project);
        desk.until("the case is on screen", |s| s.project.as_ref().is_some_and(|p| matches!(p.case, CaseView::Ready { .. })));
        desk
    }

    /// The demo in Compare, with votes and answers read.
    pub fn comparing(project: &Path) -> Self {
        let mut desk = Self::ready(project);
        desk.key(Key::Tab);
        desk.until("votes and answers are read", |s| s.answers.table.is_some() && s.answers.rows.is_some());
        assert_eq!(desk.state().workspace, voxaudit::state::Workspace::Compare);
        desk
    }

    /// A window that is really drawn, with everything read ahead.
    pub fn drawn(project: &Path) -> Self {
        let launch = Launch {
            project: Some(project.to_path_buf()),
            reviewer: Some(Reviewer::new("Ada Reader", "AR")),
            settings: Some(Settings::default()),
            ..Launch::default()
        };
        let builder = Harness::builder().with_size(vec2(1280.0, 800.0)).with_step_dt(1.0 / 60.0).wgpu();
        let harness = builder.build_eframe(|cc| {
            callback::install(cc.wgpu_render_state.as_ref().unwrap()).unwrap();
            App::new(&cc.egui_ctx, launch)
        });
        let mut desk = Self { harness };
        desk.until("the case is on screen", |s| s.project.as_ref().is_some_and(|p| matches!(p.case, CaseView::Ready { .. })));
        desk.until("reading ahead is done", |s| s.project.as_ref().unwrap().is_cached("phantom_b") && s.jobs.is_empty());
        desk
    }

    pub fn state(&self) -> &AppState {
        self.harness.state().state()
    }

    pub fn until(&mut self, what: &str, done: impl Fn(&AppState) -> bool) {
        let start = Instant::now();
        while !done(self.state()) {
            self.harness.step();
            std::thread::sleep(Duration::from_millis(2));
            let toasts: Vec<_> = self.state().toasts.iter().map(|t| t.text.clone()).collect();
            assert!(start.elapsed() < PATIENCE, "waited in vain until {what}; messages: {toasts:?}");
        }
        self.harness.run_steps(2);
    }

    pub fn key(&mut self, key: Key) {
        self.chord(Modifiers::NONE, key);
    }

    pub fn chord(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run_steps(2);
    }

    pub fn text(&mut self, text: &str) {
        self.harness.event(Event::Text(text.to_owned()));
        self.harness.run_steps(2);
    }

    pub fn current(&self) -> usize {
        self.state().project.as_ref().unwrap().current.as_ref().unwrap().index
    }

    pub fn saved(&mut self, events: usize, project: &Path) {
        self.until("the decision is saved", |s| s.project.as_ref().is_some_and(|p| p.pending.is_empty()));
        let on_disk = || Project::open_read_only(project).unwrap().events().unwrap().len();
        let start = Instant::now();
        while on_disk() < events {
            self.harness.step();
            assert!(start.elapsed() < PATIENCE, "{events} events wanted");
        }
        self.until("it is shown", |s| s.project.as_ref().is_some_and(|p| p.current.as_ref().is_some_and(|c| c.item.is_some())));
    }

    pub fn click(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.harness.run_steps(3);
    }

    /// Draws until nothing asks for another frame: all bricks are sent, and the 3D view is as fine as it gets.
    pub fn draw_all(&mut self) {
        let start = Instant::now();
        loop {
            self.harness.step();
            self.harness.render().unwrap();
            if !self.harness.ctx.has_requested_repaint() {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "the window does not come to rest");
        }
    }

    /// One plane with the whole structure list beside it.
    pub fn tall_list(&mut self) {
        self.key(Key::F4);
        self.key(Key::T);
        self.key(Key::Escape);
        assert!(self.state().viewer.arrangement.list);
    }

    pub fn pane(&self, plane: Plane) -> egui::Rect {
        let prefix = format!("{} view", plane.name());
        self.harness.get_by(|n| n.role() == Role::Image && n.label().is_some_and(|l| l.starts_with(&prefix))).rect()
    }

    pub fn pointer(&mut self, at: Pos2) {
        self.harness.event(Event::PointerMoved(at));
        self.harness.step();
    }

    pub fn wheel(&mut self, at: Pos2, lines: f32, modifiers: Modifiers) {
        self.pointer(at);
        let event = Event::MouseWheel {
            unit: MouseWheelUnit::Line,
            delta: vec2(0.0, lines),
            phase: TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
            modifiers,
        };
        self.harness.event(event);
        self.harness.run_steps(2);
    }

    pub fn drag(&mut self, from: Pos2, by: egui::Vec2, button: PointerButton, modifiers: Modifiers) {
        self.harness.event(Event::ModifiersChanged(modifiers));
        self.pointer(from);
        self.harness.event(Event::PointerButton { pos: from, button, pressed: true, modifiers });
        self.harness.step();
        for step in 1..=5 {
            self.pointer(from + by * (step as f32 / 5.0));
        }
        self.harness.event(Event::PointerButton { pos: from + by, button, pressed: false, modifiers });
        self.harness.step();
        self.harness.event(Event::ModifiersChanged(Modifiers::NONE));
        self.harness.step();
    }
}

/// (accepted, edited, rejected) on disk.
pub fn counts(project: &Path) -> (usize, usize, usize) {
    let r = Project::open_read_only(project).unwrap().status().unwrap().review;
    (r.accepted, r.edited, r.rejected)
}

pub const CTRL: Modifiers = Modifiers { ctrl: true, command: true, ..Modifiers::NONE };
pub const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..CTRL };

/// `None` without an adapter, unless one is required.
pub fn adapter() -> Option<String> {
    match Offscreen::new() {
        Ok(gpu) => Some(gpu.adapter().to_owned()),
        Err(e) if std::env::var_os("VOXAUDIT_REQUIRE_GPU").is_some() => panic!("{e}"),
        Err(e) => {
            println!("skipped: {e}");
            None
        }
    }
}
