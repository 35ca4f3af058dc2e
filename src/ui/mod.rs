//! The window's panels. Each is a function that reads [`AppState`] and sends [`Command`]s; none mutates, queries or computes geometry.

mod analyse;
mod answers;
mod columns;
mod dialogs;
mod geometry;
mod item;
mod keys;
mod measurements;
mod menu;
mod queue;
mod report;
mod start;
mod status;
mod structure_style;
mod structures;
mod theme;
mod toasts;
mod top;
mod viewer;
mod widgets;
mod witness;

pub use analyse::{chart_ground, paint as paint_chart};
pub use keys::{KEYS, KeyAction, KeyMap, handle as handle_keys, keys_markdown};

pub(crate) use structure_style::swatch_color;
pub use theme::{Theme, install_fonts, style};
pub use widgets::count;

use crate::state::{AppState, Command, SettingsCommand, Workspace};
use columns::{Columns, column};
use std::cell::RefCell;

/// What a panel gets: the state to read, the theme, the keys, and a place to leave commands.
pub struct Cx<'a> {
    pub state: &'a AppState,
    pub theme: &'a Theme,
    pub keys: &'a KeyMap,
    commands: RefCell<Vec<Command>>,
}

impl<'a> Cx<'a> {
    pub fn new(state: &'a AppState, theme: &'a Theme, keys: &'a KeyMap) -> Self {
        Self { state, theme, keys, commands: RefCell::default() }
    }

    pub fn send(&self, command: Command) {
        self.commands.borrow_mut().push(command);
    }

    /// The commands of this frame, in the order they were sent.
    pub fn into_commands(self) -> Vec<Command> {
        self.commands.into_inner()
    }

    /// ` (A)`, for tooltips.
    pub fn key_hint(&self, action: KeyAction) -> String {
        self.keys.shown(action).map_or_else(String::new, |k| format!("  ({k})"))
    }
}

/// Title of the job that computes charts.
pub const ANALYSING: &str = "computing charts";

/// Draws the whole window, once the keys are handled.
pub fn show(ui: &mut egui::Ui, cx: &Cx<'_>) {
    match &cx.state.project {
        None => start::show(ui, cx),
        Some(_) => workspace(ui, cx),
    }
    dialogs::show(ui, cx);
    toasts::show(ui, cx);
}

/// The columns of the window as it is.
fn columns(context: &egui::Context, cx: &Cx<'_>) -> Columns {
    Columns::new(context.content_rect().width(), cx.state.settings.layout, cx.state.workspace == Workspace::Compare)
}

fn workspace(ui: &mut egui::Ui, cx: &Cx<'_>) {
    let theme = cx.theme;
    let layout = cx.state.settings.layout;
    top::show(ui, cx);
    status::show(ui, cx);
    if cx.state.workspace == Workspace::Analyse {
        return analyse::show(ui, cx);
    }
    let columns = columns(ui.ctx(), cx);
    let (mut left, mut right) = (None, None);
    if columns.shows_left() {
        left = column(ui, theme, ("queue", true), columns.left(), |ui| queue::show(ui, cx));
    }
    if layout.right_open && cx.state.workspace == Workspace::Compare {
        right = column(ui, theme, ("answers", false), columns.right(), |ui| answers::show(ui, cx));
    } else if layout.right_open {
        right = column(ui, theme, ("item", false), columns.right(), |ui| item::show(ui, cx));
    }
    let mut now = columns.dragged(left, right);
    egui::CentralPanel::no_frame().show(ui, |ui| {
        now.geometry = geometry::dock(ui, cx).unwrap_or(now.geometry);
        viewer::show(ui, cx);
    });
    if now != layout {
        cx.send(Command::Settings(SettingsCommand::Layout(now)));
    }
}
