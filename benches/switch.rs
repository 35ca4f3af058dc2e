//! From a key to the images of another case, through the whole window drawn into memory as it is on a screen: `cargo bench --bench switch`.
//!
//! A project with two cases of 512×512×600 int16 and masks. Prints how long the first case takes from opening to its first images and to
//! the whole volume, and, once the second has been read ahead, how long the first frame with its images takes after the key, and the frame
//! after going back. Exits with 1 when a goal is missed.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the benchmark")]

use egui::{Event, Key, Modifiers, vec2};
use std::path::Path;
use std::time::{Duration, Instant};
use voxaudit::app::{App, Launch};
use voxaudit::formats::nifti::{NiftiImage, Values, write};
use voxaudit::gpu::canvas::{Canvas, WINDOW};
use voxaudit::project::Project;
use voxaudit::project::import::{ImportRequest, import};
use voxaudit::review::Reviewer;
use voxaudit::space::Affine;
use voxaudit::state::{CaseView, OpenProject, Settings};

const SIZE: [usize; 3] = [512, 512, 600];
const SIZE_PX: [u32; 2] = [1280, 800];
const SWITCHES: usize = 7;

struct Window {
    context: egui::Context,
    app: App,
    canvas: Canvas,
    started: Instant,
}

impl Window {
    fn open(project: &Path) -> Self {
        let context = egui::Context::default();
        let launch = Launch {
            project: Some(project.to_path_buf()),
            reviewer: Some(Reviewer::new("Bench", "B")),
            settings: Some(Settings { image_memory_mib: Some(8192), ..Settings::default() }),
            ..Launch::default()
        };
        let (mut app, canvas) = (App::new(&context, launch), Canvas::with(SIZE_PX, WINDOW).unwrap());
        app.set_cleared(canvas.clears_plainly());
        Self { app, context, canvas, started: Instant::now() }
    }

    /// One frame with these events, drawn to its last pixel; seconds for laying it out, and for drawing it.
    fn frame(&mut self, events: Vec<Event>) -> [f64; 2] {
        let [width, height] = SIZE_PX.map(|n| n as f32);
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, vec2(width, height))),
            time: Some(self.started.elapsed().as_secs_f64()),
            events,
            ..Default::default()
        };
        let start = Instant::now();
        let output = self.context.run_ui(input, |ui| self.app.frame(ui));
        let laid_out = start.elapsed().as_secs_f64();
        self.canvas.draw(&self.context, output).unwrap();
        [laid_out, start.elapsed().as_secs_f64() - laid_out]
    }

    fn until(&mut self, what: &str, done: impl Fn(&OpenProject) -> bool) -> Duration {
        let start = Instant::now();
        while !self.app.state().project.as_ref().is_some_and(&done) {
            self.frame(Vec::new());
            assert!(start.elapsed() < Duration::from_secs(120), "waited in vain until {what}");
        }
        start.elapsed()
    }

    /// Until nothing asks for another frame.
    fn rest(&mut self) {
        while {
            self.frame(Vec::new());
            self.context.has_requested_repaint()
        } {}
    }

    /// Frames from a key press to the first one that shows the case it leads to, in seconds.
    fn switch(&mut self, key: Key) -> f64 {
        let item = |app: &App| app.state().project.as_ref().unwrap().current.as_ref().unwrap().index;
        let before = item(&self.app);
        let press = Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers: Modifiers::NONE };
        let start = Instant::now();
        let mut frames = vec![self.frame(vec![press])];
        // Keys and messages are handled before the panels are drawn: a frame after which the case is there has shown it.
        while item(&self.app) == before || !ready(self.app.state().project.as_ref().unwrap()) {
            frames.push(self.frame(Vec::new()));
        }
        let seconds = start.elapsed().as_secs_f64();
        if std::env::var_os("VOXAUDIT_BENCH_FRAMES").is_some() {
            println!("{:.0} ms, frames (layout, drawing): {frames:.3?}", seconds * 1e3);
        }
        seconds
    }

    /// A frame in which nothing changes, in seconds.
    fn at_rest(&mut self) -> f64 {
        self.frame(Vec::new()).iter().sum()
    }
}

fn ready(p: &OpenProject) -> bool {
    matches!(p.case, CaseView::Ready { .. })
}

/// A body with noise, and blocks of labels, on disk as scanners and segmenters leave them.
fn files(dir: &Path) {
    let [nx, ny, nz] = SIZE;
    let affine = Affine::from_rows([[-0.75, 0.0, 0.0, 192.0], [0.0, -0.75, 0.0, 192.0], [0.0, 0.0, 1.0, -300.0]]).unwrap();
    let mut seed = 7u32;
    let mut values = vec![0i16; nx * ny * nz];
    for (n, value) in values.iter_mut().enumerate() {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (x, y) = ((n % nx) as i64 - 256, (n / nx % ny) as i64 - 256);
        *value = (seed >> 25) as i16 + if x * x + 2 * y * y < 40_000 { 0 } else { -1000 };
    }
    let labels: Vec<u8> =
        (0..nx * ny * nz).map(|n| ((n % nx / 64 * 7 + n / nx % ny / 64 * 13 + n / nx / ny / 64 * 29) % 101) as u8).collect();
    for folder in ["images", "masks"] {
        std::fs::create_dir_all(dir.join(folder)).unwrap();
    }
    write(&dir.join("images/a.nii.gz"), &NiftiImage::new(SIZE, affine, Values::I16(&values))).unwrap();
    write(&dir.join("masks/a.nii.gz"), &NiftiImage::new(SIZE, affine, Values::U8(&labels))).unwrap();
    for folder in ["images", "masks"] {
        std::fs::copy(dir.join(folder).join("a.nii.gz"), dir.join(folder).join("b.nii.gz")).unwrap();
    }
}

fn project(dir: &Path) -> std::path::PathBuf {
    files(dir);
    let qa = dir.join("qa.jsonl");
    let row = |case: &str| format!("{{\"case_id\":\"{case}\",\"question\":\"Where is it?\",\"answer\":\"left\"}}\n");
    std::fs::write(&qa, row("a") + &row("b")).unwrap();
    let path = dir.join("switch.voxaudit");
    let request =
        ImportRequest { qa: vec![qa], images: vec![dir.join("images")], masks: vec![dir.join("masks")], ..ImportRequest::default() };
    import(&mut Project::create(&path).unwrap(), &request, &()).unwrap();
    path
}

/// Prints a line; false when the goal is missed.
fn report(what: &str, seconds: f64, goal: f64) -> bool {
    println!("{what:<62} {:8.0} ms   goal ≤ {:.0}", seconds * 1e3, goal * 1e3);
    seconds <= goal
}

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let path = project(dir.path());
    let mut window = Window::open(&path);
    let opened = Instant::now();
    window.until("the first images", |p| ready(p) || matches!(p.case, CaseView::Loading(Some(_))));
    window.frame(Vec::new());
    let first = opened.elapsed().as_secs_f64();
    window.until("the whole volume", ready);
    let whole = opened.elapsed().as_secs_f64();
    let mut good = report("opening: first images (goal: half of the whole volume)", first, whole / 2.0);
    println!("{:<62} {:8.0} ms", "opening: whole volume and masks in memory", whole * 1e3);
    window.rest();
    window.until("the next case is read ahead", |p| p.is_cached("b"));
    window.rest();
    let rest = median((0..10).map(|_| window.at_rest()).collect());
    println!("{:<62} {:8.0} ms", "a frame of the whole window in which nothing changes", rest * 1e3);
    if std::env::var_os("VOXAUDIT_BENCH_REST").is_some() {
        return (0..200).for_each(|_| {
            window.frame(Vec::new());
        }); // for a profiler
    }
    let mut ahead = vec![window.switch(Key::J)];
    let mut back = Vec::new();
    for _ in 0..SWITCHES {
        window.rest();
        back.push(window.switch(Key::K));
        window.rest();
        ahead.push(window.switch(Key::J));
    }
    good &= report("read-ahead case, never shown before: key to its first images", ahead[0], 0.1);
    good &= report("going back and forth: key to first images, median", median([back, ahead].concat()), 0.1);
    std::process::exit(i32::from(!good));
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
