//! Screenshots of the real window without a display: the same panels, keys and shader, drawn into memory.

use super::{App, AppError, Launch};
use crate::formats::png;
use crate::gpu::canvas::Canvas;
use crate::jobs::signals;
use crate::review::Reviewer;
use crate::state::{CaseView, Command, Dialog, QueueCommand, ReviewCommand, Settings, SettingsCommand, ThemeChoice};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a project may take to open and a case to be read.
const PATIENCE: Duration = Duration::from_secs(120);

/// Draws the window on a project at 1280×800 and 1920×1080 and writes PNGs into `out`; returns their paths. Nothing is decided or
/// saved: settings and project stay as they are.
pub fn screenshots(project: &Path, out: &Path) -> Result<Vec<PathBuf>, AppError> {
    std::fs::create_dir_all(out).map_err(|source| AppError::Write { path: out.to_path_buf(), source })?;
    let mut written = Vec::new();
    let mut shoot = |name: &str, size: [u32; 2], commands: Vec<Command>| -> Result<(), AppError> {
        let mut window = Headless::open(project, size)?;
        window.settle()?;
        commands.into_iter().for_each(|c| window.app.apply(c));
        window.settle()?;
        let path = out.join(format!("{name}.png"));
        let image = window.canvas.image()?;
        png::write(&path, [image.width, image.height], &image.pixels)?;
        written.push(path);
        Ok(())
    };
    shoot("review-1280x800", [1280, 800], Vec::new())?;
    shoot("review-1920x1080", [1920, 1080], Vec::new())?;
    shoot("light-1280x800", [1280, 800], vec![Command::Settings(SettingsCommand::Theme(ThemeChoice::Light))])?;
    shoot("reject-1280x800", [1280, 800], vec![Command::Review(ReviewCommand::StartReject)])?;
    shoot("keys-1280x800", [1280, 800], vec![Command::Open(Dialog::Keys)])?;
    shoot("report-1280x800", [1280, 800], vec![Command::Queue(QueueCommand::Step(10_000))])?;
    Ok(written)
}

/// A window of fixed size with nobody at it.
pub(super) struct Headless {
    pub app: App,
    pub canvas: Canvas,
    context: egui::Context,
    size: [u32; 2],
    started: Instant,
}

impl Headless {
    pub fn open(project: &Path, size: [u32; 2]) -> Result<Self, AppError> {
        let context = egui::Context::default();
        let reviewer = Some(Reviewer::new("Demo Reader", "DR"));
        let settings = Some(Settings::default());
        let mut app = App::new(&context, Launch { project: Some(project.to_path_buf()), reviewer, settings, ..Launch::default() });
        let canvas = Canvas::new(size)?;
        app.set_cleared(canvas.clears_plainly());
        Ok(Self { app, canvas, context, size, started: Instant::now() })
    }

    /// Draws frames until the project is open, the case is read and uploaded, and nothing changes any more.
    pub fn settle(&mut self) -> Result<(), AppError> {
        let start = Instant::now();
        let mut calm = 0;
        while calm < 3 {
            if signals::asked() {
                return Err(AppError::Project("stopped".to_owned()));
            }
            self.frame()?;
            // Views that are not as fine as they get ask for another frame.
            calm = if self.busy() || self.context.has_requested_repaint() { 0 } else { calm + 1 };
            if start.elapsed() > PATIENCE {
                return Err(AppError::Project("the window did not come to rest; is the disk very slow?".to_owned()));
            }
            if calm == 0 {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        match self.app.state.toasts.iter().next() {
            Some(toast) if self.app.state.project.is_none() => Err(AppError::Project(toast.text.clone())),
            _ => Ok(()),
        }
    }

    fn busy(&self) -> bool {
        let state = self.app.state();
        let Some(p) = &state.project else { return state.toasts.iter().next().is_none() };
        let waiting = p.current.as_ref().is_some_and(|c| c.item.is_none());
        match &p.case {
            _ if waiting || !state.jobs.is_empty() => true,
            CaseView::Loading(_) => true,
            CaseView::Ready { scene, .. } => scene.uploaded() < 1.0,
            CaseView::Nothing | CaseView::NoImage { .. } | CaseView::Failed(_) => false,
        }
    }

    fn frame(&mut self) -> Result<(), AppError> {
        let [width, height] = self.size.map(|n| n as f32);
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(width, height))),
            time: Some(self.started.elapsed().as_secs_f64()),
            ..Default::default()
        };
        let app = &mut self.app;
        let output = self.context.run_ui(input, |ui| app.frame(ui));
        Ok(self.canvas.draw(&self.context, output)?)
    }
}
