//! The window itself: drains messages, applies commands, runs effects, draws the panels. Everything else is elsewhere.
//!
//! Per frame: messages of threads (at most 10 ms) → panels and keys → commands → [`AppState::apply`] → effects. The window never waits
//! for a disk, a file or a lock; idle, it draws nothing.

mod analyse;
mod answers;
mod cine;
mod compare;
mod dialogs;
mod dropped;
mod effects;
mod geometry;
mod headless;
mod loads;
pub mod mailbox;
mod settings_file;
mod shell;
mod shots;
pub mod store;
mod witness;

pub use headless::screenshots;

use crate::formats::nifti::physical_memory;
use crate::formats::target::TargetError;
use crate::gpu::{GpuError, callback, canvas};
use crate::jobs::signals;
use crate::project::set_aside_damaged_map;
use crate::qa::ItemId;
use crate::review::Reviewer;
use crate::state::{
    AppState, CaseMessage, Command, Effect, JobView, Layout, OpenProject, ReviewCommand, Settings, SettingsCommand, ThemeChoice, Toast,
};
use crate::ui::{self, Cx, KeyMap, Theme};
use mailbox::Mailbox;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What the window opens with.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// `None`: the last project, or the start screen.
    pub project: Option<PathBuf>,
    /// Do not open the last project when none is given.
    pub blank: bool,
    pub item: Option<ItemId>,
    pub reviewer: Option<Reviewer>,
    /// Open although a window of another machine has the project.
    pub consent: bool,
    /// Use these settings and leave the ones of this machine alone: for screenshots and tests.
    pub settings: Option<Settings>,
}

/// Why the window could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error("there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set); use the subcommands, or `voxaudit demo --headless`")]
    NoDisplay,
    #[error("the window could not be opened: {0}. Without a working display use the subcommands, or `voxaudit demo --headless`")]
    Window(String),
    #[error(transparent)]
    Gpu(#[from] GpuError),
    #[error(transparent)]
    Image(#[from] TargetError),
    #[error("{path}: {source}; choose a folder that can be written")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{0}")]
    Project(String),
}

/// Longest time a frame spends on messages.
const DRAIN: Duration = Duration::from_millis(10);
/// Longest time a frame waits for the item that was just chosen; it takes about a millisecond.
const ITEM_PATIENCE: Duration = Duration::from_millis(8);
/// A pause longer than this is not activity.
const IDLE_SECONDS: f64 = 30.0;

/// How long closing waits for jobs that are told to stop.
const LAST_JOBS: Duration = Duration::from_secs(3);

/// How long settings rest before they are written.
const SETTINGS_REST: Duration = Duration::from_millis(500);

/// How long typing rests at most before it is written to the project.
const DRAFT_REST: Duration = Duration::from_secs(1);

/// The program's window.
pub struct App {
    state: AppState,
    mailbox: Mailbox,
    inbox: crossbeam_channel::Receiver<Command>,
    store: Option<store::Store>,
    /// The project that the window opens with may be open on another machine.
    consent: bool,
    jobs: loads::Jobs,
    keys: KeyMap,
    last_activity: Option<Instant>,
    cine: cine::Clock,
    /// The job that judges the current item.
    judging: u64,
    /// The job that reads what is compared.
    comparing: u64,
    /// The jobs of the geometry panel.
    measuring: geometry::GeometryJobs,
    grab: Option<shots::Grab>,
    /// Settings are written to disk.
    remember: bool,
    /// The window is cleared in the colour of panels before each frame.
    cleared: bool,
    /// Settings that changed and are not written yet, and since when.
    unwritten: Option<(Instant, Settings)>,
    /// Since when something typed is not in the project.
    typed: Option<Instant>,
}

impl App {
    /// `context` is where messages of threads ask for a repaint.
    pub fn new(context: &egui::Context, launch: Launch) -> Self {
        let remember = launch.settings.is_none();
        let (settings, problem) = launch.settings.map_or_else(settings_file::load, |s| (s, None));
        dress(context, &settings);
        let (mailbox, inbox) = Mailbox::new(context.clone());
        let keys = KeyMap::new(&settings.keys);
        let mut state = AppState { settings, reviewer: launch.reviewer, memory: physical_memory(), ..AppState::default() };
        if let Some(named) = &state.reviewer {
            state.settings.reviewer = Some(named.clone());
        }
        state.viewer.opacity = state.settings.opacity;
        state.viewer.outline_only = state.settings.outline_only;
        let lost_map = if remember { set_aside_damaged_map() } else { None };
        for text in problem.into_iter().chain(lost_map).chain(keys.problems.iter().cloned()) {
            state.toasts.push(Toast::warning(text));
        }
        let mut app = Self {
            state,
            mailbox,
            inbox,
            store: None,
            consent: launch.consent,
            jobs: loads::Jobs::default(),
            keys,
            last_activity: None,
            cine: cine::Clock::default(),
            judging: 0,
            comparing: 0,
            measuring: geometry::GeometryJobs::default(),
            grab: None,
            remember,
            cleared: false,
            unwritten: None,
            typed: None,
        };
        let last = app.state.settings.recent.first().filter(|p| p.is_file()).cloned();
        if let Some(path) = launch.project.or(if launch.blank { None } else { last }) {
            app.run(Effect::OpenProject { path, create: false, select: launch.item });
            app.consent = false;
        }
        app
    }

    /// Goes on in another window, whose frames everything that is under way then asks for.
    pub fn moved_to(&mut self, context: &egui::Context) {
        dress(context, &self.state.settings);
        self.mailbox.move_to(context.clone());
        let text = "The graphics device was lost and the window opened again on a new one. Nothing else was.";
        self.state.toasts.push(Toast::warning(text.to_owned()));
    }

    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// One frame.
    pub fn frame(&mut self, ui: &mut egui::Ui) {
        self.drain();
        self.activity(ui);
        self.looked_at_again(ui);
        self.dropped(ui);
        self.play(ui);
        let on_screen = self.state.project.as_ref().and_then(|p| p.current_row()).map(|row| &row.id.case);
        self.state.jobs = self.jobs.views(on_screen);
        self.write_settings(ui.ctx());
        self.apply_settings(ui.ctx());
        if self.commanded(ui, |ui, cx| ui::handle_keys(ui, cx)) {
            self.await_item(); // what a key leads to is in this frame already
        }
        if self.commanded(ui, ui::show) {
            ui.ctx().request_repaint(); // show what they change
        }
        self.keep_typed(ui.ctx());
        self.take_window(ui.ctx());
        if !self.state.jobs.is_empty() {
            ui.ctx().request_repaint_after(Duration::from_millis(100));
        }
    }

    /// Applies the commands that a part of the window sends; false when it sent none.
    fn commanded(&mut self, ui: &mut egui::Ui, part: impl FnOnce(&mut egui::Ui, &Cx<'_>)) -> bool {
        let theme = self.theme(ui.ctx());
        let cx = Cx::new(&self.state, &theme, &self.keys);
        part(ui, &cx);
        let commands = cx.into_commands();
        let any = !commands.is_empty();
        commands.into_iter().for_each(|c| self.apply(c));
        any
    }

    /// Waits a moment for the text of the item that was just chosen, so that neither an empty panel nor the old image flashes up.
    fn await_item(&mut self) {
        let until = Instant::now() + ITEM_PATIENCE;
        while self.state.project.as_ref().is_some_and(OpenProject::awaits_item) || self.state.awaits_answers() {
            match self.inbox.recv_deadline(until) {
                Ok(command) => self.apply(command),
                Err(_) => return,
            }
        }
    }

    fn drain(&mut self) {
        let start = Instant::now();
        while start.elapsed() < DRAIN {
            match self.inbox.try_recv() {
                Ok(command) => self.apply(command),
                Err(_) => return,
            }
        }
        self.mailbox.repaint();
    }

    /// Applies a command and runs its effects in order.
    pub fn apply(&mut self, command: Command) {
        let keys_change = matches!(command, Command::Settings(SettingsCommand::Key { .. }));
        for effect in self.state.apply(command) {
            self.run(effect);
        }
        if keys_change {
            self.keys = KeyMap::new(&self.state.settings.keys);
        }
    }

    /// Time between inputs counts as work on the item, pauses do not.
    fn activity(&mut self, ui: &egui::Ui) {
        if !ui.input(|i| i.events.iter().any(|e| !matches!(e, egui::Event::WindowFocused(_)))) {
            return;
        }
        let now = Instant::now();
        if let Some(last) = self.last_activity.replace(now) {
            let seconds = (now - last).as_secs_f64();
            if seconds < IDLE_SECONDS {
                self.apply(Command::Active(seconds));
            }
        }
    }

    fn looked_at_again(&mut self, ui: &egui::Ui) {
        if ui.input(|i| i.events.iter().any(|e| matches!(e, egui::Event::WindowFocused(true)))) {
            self.apply(Command::Case(CaseMessage::LookedAtAgain));
        }
    }

    /// What is typed goes to the project about once a second, and at once when the window loses the focus.
    fn keep_typed(&mut self, context: &egui::Context) {
        let left = context.input(|i| i.events.iter().any(|e| matches!(e, egui::Event::WindowFocused(false))));
        if !self.state.draft.dirty {
            self.typed = None;
            return;
        }
        let rested = self.typed.get_or_insert_with(Instant::now).elapsed();
        if left || rested >= DRAFT_REST {
            self.typed = None;
            self.apply(Command::Review(ReviewCommand::KeepDraft));
        } else {
            context.request_repaint_after(DRAFT_REST - rested);
        }
    }

    fn dropped(&mut self, ui: &egui::Ui) {
        let paths = dropped::paths(ui);
        if !paths.is_empty() {
            self.apply(Command::Project(crate::state::ProjectCommand::Dropped(paths)));
        }
    }

    fn apply_settings(&self, context: &egui::Context) {
        let theme = match self.state.settings.theme {
            ThemeChoice::Dark | ThemeChoice::HighContrast => egui::ThemePreference::Dark,
            ThemeChoice::Light => egui::ThemePreference::Light,
            ThemeChoice::System => egui::ThemePreference::System,
        };
        if context.options(|o| o.theme_preference) != theme {
            context.set_theme(theme);
        }
        ui::style(context, self.state.settings.theme == ThemeChoice::HighContrast);
        if (context.zoom_factor() - self.state.settings.text_scale).abs() > 1e-3 {
            context.set_zoom_factor(self.state.settings.text_scale);
        }
    }

    fn theme(&self, context: &egui::Context) -> Theme {
        let theme = match context.theme() {
            _ if self.state.settings.theme == ThemeChoice::HighContrast => Theme::high_contrast(),
            egui::Theme::Dark => Theme::dark(),
            egui::Theme::Light => Theme::light(),
        };
        if self.cleared { Theme { under: egui::Color32::TRANSPARENT, ..theme } } else { theme }
    }

    /// Whether the window is cleared in the colour of panels ([`canvas::ground`]), so that these need not paint it: on an adapter that
    /// draws with the processor that is most of a frame's time.
    pub fn set_cleared(&mut self, cleared: bool) {
        self.cleared = cleared;
    }

    /// Settings go to disk on a thread once they have rested for a moment: a slider changes them every frame.
    fn write_settings(&mut self, context: &egui::Context) {
        match &self.unwritten {
            Some((since, _)) if since.elapsed() < SETTINGS_REST => context.request_repaint_after(SETTINGS_REST),
            Some(_) => {
                let Some((_, settings)) = self.unwritten.take() else { return };
                self.jobs.quietly(&self.mailbox, move || settings_file::save(&settings).err());
            }
            None => {}
        }
    }

    fn remember_window(&mut self, context: &egui::Context) {
        let size = context.content_rect().size() * context.zoom_factor();
        let layout = self.state.settings.layout;
        let moved = (size.x - layout.window[0]).abs() > 2.0 || (size.y - layout.window[1]).abs() > 2.0;
        if moved && size.x > 300.0 && !context.input(|i| i.pointer.any_down()) {
            self.apply(Command::Settings(SettingsCommand::Layout(Layout { window: size.into(), ..layout })));
        }
    }
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.frame(ui);
        self.remember_window(ui.ctx());
    }

    fn on_exit(&mut self) {
        if let Some((_, settings)) = self.unwritten.take() {
            let _ = settings_file::save(&settings); // there is no window left to say so in
        }
        self.apply(Command::Review(ReviewCommand::KeepDraft));
        self.jobs.end(LAST_JOBS); // what they have half made is taken away
        self.store = None; // waits for the last decision to reach the disk
    }
}

/// Fonts and style of a window that is new.
fn dress(context: &egui::Context, settings: &Settings) {
    ui::install_fonts(context);
    ui::style(context, settings.theme == ThemeChoice::HighContrast);
    context.options_mut(|o| o.zoom_with_keyboard = false); // text size is a setting with keys of its own
}

/// Opens the window and returns when it is closed.
///
/// Errors when there is no display or no graphics adapter.
pub fn window(launch: &Launch) -> Result<(), AppError> {
    if !has_display() {
        return Err(AppError::NoDisplay);
    }
    let layout = settings_file::load().0.layout;
    let viewport = egui::ViewportBuilder::default()
        .with_title("voxaudit")
        .with_app_id("voxaudit")
        .with_inner_size(layout.window)
        .with_min_inner_size([800.0, 560.0])
        .with_drag_and_drop(true);
    let mut options = eframe::NativeOptions { viewport, dithering: canvas::WINDOW.dithering, ..Default::default() };
    options.wgpu_options.wgpu_setup = canvas::setup();
    let kept = shell::Kept::default();
    let run = kept.run(|| {
        let (kept, launch) = (kept.clone(), launch.clone());
        eframe::run_native(
            "voxaudit",
            options.clone(),
            Box::new(move |creation| {
                let Some(render_state) = &creation.wgpu_render_state else { return Err("eframe started without wgpu".into()) };
                callback::install(render_state)?;
                callback::share_memory(render_state, physical_memory() / 4);
                let context = creation.egui_ctx.clone();
                signals::wake_with(move || context.request_repaint());
                let device = callback::Fate::watch(render_state, &creation.egui_ctx);
                Ok(kept.open(creation, device, |context| App::new(context, launch)))
            }),
        )
    });
    run.map_err(AppError::Window)
}

/// On Linux a window needs an X11 or Wayland display; other systems always have one.
pub fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY") || set("WAYLAND_SOCKET")
}

/// A running job as the status line shows it.
fn view(id: u64, job: &crate::jobs::Job, since: Instant) -> JobView {
    JobView { id, title: job.title.clone(), fraction: job.fraction(), seconds: since.elapsed().as_secs_f32() }
}
