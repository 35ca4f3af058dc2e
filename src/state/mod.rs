//! What the window shows, and how it changes: [`AppState`], [`Command`], [`AppState::apply`] and the [`Effect`]s it asks for.
//!
//! `apply` is pure and synchronous: it never waits, queries, draws or starts a thread. Effects are run by `app.rs`, and their results
//! come back as commands ([`Command::Store`], [`Command::CaseLoaded`], …). Panels read the state and send commands, nothing else.

mod analyse;
mod answers;
mod cine;
mod command;
mod compare;
mod drafts;
pub(crate) mod geometry;
mod layout;
mod masks;
mod oblique;
mod project;
mod queue;
mod review;
mod settings;
mod shots;
mod slices;
mod toast;
mod tools;
mod view3d;
mod viewer;
mod witness;
mod workspace;

pub use analyse::{Analyses, AnalysesCommand, AnalysesEffect, ChartFile, ChartFormat, Charts};
pub use answers::{AnswerFilter, AnswerRow, Answers, AnswersCommand, LabelDraft, Own, SaidOfItem, Table};
pub use cine::{Cine, CineCommand, RATES, Turn};
pub use command::{
    CaseMessage, Command, Dialog, DraftWrite, Effect, ExportOptions, FilePick, NameRun, ProjectCommand, QueueCommand, ReviewCommand,
    SettingsCommand, StoreMessage, ViewCommand, Write,
};
pub use compare::{CompareCommand, CompareEffect, CompareWith, Comparison};
pub use drafts::KeptDraft;
pub use geometry::{GeometryCommand, GeometryEffect, GeometryPanel, OfLabel, OfPair, OfSides, Progress, Sort, Standings, Tab};
pub use layout::{Arrangement, LayoutCommand, PaneKind, ProjectView, REMEMBERED, ViewLayout};
pub use masks::{Group, GroupList, Line, MaskCommand, Masks, StructureLook};
pub use oblique::Tilt;
pub use project::{CaseView, Current, OpenProject};
pub use queue::{Filters, Queue, QueueRow};
pub use review::{Draft, Mode, Pending};
pub use settings::{Layout, Settings, ThemeChoice};
pub use shots::{MOST_NAMED, Picture, Shot, ShotCommand, ShotEffect, ShotTo, Subject};
pub use toast::{Toast, ToastKind, Toasts};
pub use tools::{Drag, Drawing, Kept, ProfileView, Shown, ToolCommand, Tools, Unsaved};
pub use view3d::{Face, View3d, View3dCommand};
pub use viewer::{Pane, Viewer};
pub use witness::{ClaimAt, Judging, Witness, WitnessCommand};
pub use workspace::Workspace;

use crate::review::{ReaderKey, Reviewer};

/// A running job as the status line shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct JobView {
    pub id: u64,
    pub title: String,
    /// 0…1, `None` while the total is unknown.
    pub fraction: Option<f32>,
    pub seconds: f32,
}

/// Everything the window shows.
#[derive(Default)]
pub struct AppState {
    /// `None`: the start screen.
    pub project: Option<OpenProject>,
    pub workspace: Workspace,
    pub analyses: Analyses,
    pub viewer: Viewer,
    pub tools: Tools,
    pub witness: Witness,
    pub answers: Answers,
    pub geometry: GeometryPanel,
    pub draft: Draft,
    pub toasts: Toasts,
    pub dialog: Option<Dialog>,
    /// Chosen once per session.
    pub reviewer: Option<Reviewer>,
    pub settings: Settings,
    /// Bytes of memory of the machine, or what of it this process may have.
    pub memory: u64,
    /// Filled by the app each frame.
    pub jobs: Vec<JobView>,
    /// Something that blocks (no graphics adapter, project cannot be read), shown until it is resolved.
    pub banner: Option<String>,
    /// The window is being taken: what names a folder or a reviewer is not drawn.
    pub posing: bool,
    /// Dropped data that waits for its new project.
    pub import_when_open: Option<crate::project::import::ImportRequest>,
}

impl AppState {
    /// The reader of this session, as names are compared.
    pub fn me(&self) -> Option<ReaderKey> {
        self.reviewer.as_ref().map(Reviewer::key)
    }

    /// Changes the state and returns what must be done outside of it, in order.
    pub fn apply(&mut self, command: Command) -> Vec<Effect> {
        let mut effects = self.apply_command(command);
        effects.extend(self.measure_for_panel());
        effects
    }

    fn apply_command(&mut self, command: Command) -> Vec<Effect> {
        let playing = self.viewer.cine.playing.is_some();
        self.stop_cine_for(&command);
        match command {
            Command::Project(c) => self.apply_project(c),
            Command::Queue(c) => self.apply_queue(c),
            Command::Review(c) => self.apply_review(c),
            Command::View(c) => self.apply_view(c),
            Command::Tool(c) => self.apply_tool(c),
            Command::Layout(c) => self.layout(c),
            Command::View3d(c) => self.view3d(c),
            Command::Cine(c) => {
                self.apply_cine(c);
                Vec::new()
            }
            Command::Compare(c) => self.apply_compare(c),
            Command::Shot(c) => self.apply_shot(c),
            Command::Witness(c) => self.apply_witness(c),
            Command::Geometry(c) => self.apply_geometry(c),
            Command::Mask(c) => {
                let effects = self.apply_mask(c);
                self.follow_styles(false);
                effects
            }
            Command::Answers(c) => self.apply_answers(c),
            Command::Analyses(c) => self.apply_analyses(c),
            Command::Workspace(workspace) => self.enter(workspace),
            Command::Settings(c) => self.apply_settings(c),
            Command::Store(m) => self.apply_store(m),
            Command::Case(m) => self.apply_case(m),
            Command::Open(dialog) => self.open_dialog(dialog),
            Command::CloseDialog => self.close_dialog(),
            Command::Toast(toast) => {
                self.toasts.push(toast);
                Vec::new()
            }
            Command::DismissToast(id) => {
                self.toasts.dismiss(id);
                Vec::new()
            }
            Command::Escape => self.escape(playing),
            Command::Active(seconds) => {
                self.draft.active_seconds += seconds;
                Vec::new()
            }
            Command::Pick(pick) => vec![Effect::Pick(pick)],
            Command::CancelJob(id) => vec![Effect::CancelJob(id)],
        }
    }

    fn open_dialog(&mut self, dialog: Dialog) -> Vec<Effect> {
        self.dialog = Some(dialog);
        Vec::new()
    }

    fn close_dialog(&mut self) -> Vec<Effect> {
        self.dialog = None;
        Vec::new()
    }

    /// Esc undoes the most passing thing first: a window drag, a playing cine, a dialog, a measurement being drawn, a label or decision being made,
    /// a selected measurement, drawn evidence, a maximised view, a notice.
    fn escape(&mut self, playing: bool) -> Vec<Effect> {
        if self.viewer.cancel_window_drag() || playing {
            return Vec::new();
        }
        if self.dialog.take().is_some() || self.tools.cancel() {
            self.refresh_measurements();
            return Vec::new();
        }
        if self.answers.label.is_some() {
            return self.apply_answers(AnswersCommand::CancelLabel);
        }
        if self.draft.mode != Mode::Read {
            self.leave_form();
        } else if self.tools.deselect() || self.witness.hide() {
            return Vec::new();
        } else if self.viewer.maximised.take().is_none() {
            self.toasts.dismiss_latest();
        }
        Vec::new()
    }
}
