//! The window's panels. Each is a function that reads [`AppState`] and sends [`Command`]s; none mutates, queries or computes geometry.

mod analyse;
mod answers;
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

use crate::state::{AppState, Command, Layout, SettingsCommand, Workspace};
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

/// Narrower windows, in points, show one side column at a time.
const TWO_COLUMNS: f32 = 760.0;

fn workspace(ui: &mut egui::Ui, cx: &Cx<'_>) {
    let theme = cx.theme;
    let layout = cx.state.settings.layout;
    top::show(ui, cx);
    status::show(ui, cx);
    if cx.state.workspace == Workspace::Analyse {
        return analyse::show(ui, cx);
    }
    // Side columns give way so that the images keep half of the window, or a third where answers take the half.
    let width = ui.ctx().content_rect().width();
    let comparing = cx.state.workspace == Workspace::Compare;
    let most = (width * 0.5).max(420.0);
    let (left, right) = if comparing { (layout.left.min(width * 0.18), width * layout.answers) } else { shares(layout, most) };
    let mut now = Layout { left, right, ..layout };
    // Where both columns would leave no room for an image (200 % text at 1280 pixels), the item comes before the queue.
    let room_for_both = width >= TWO_COLUMNS * if comparing { 1.25 } else { 1.0 };
    if layout.left_open && (room_for_both || !layout.right_open) {
        let id = if comparing { "queue-beside-answers" } else { "queue" };
        let range = if comparing { 180.0..=width * 0.22 } else { 200.0..=most * 0.5 };
        let panel = egui::Panel::left(id).default_size(left).size_range(range).frame(theme.panel_frame());
        now.left = panel.show(ui, |ui| queue::show(ui, cx)).response.rect.width();
    }
    if layout.right_open && comparing {
        let range = (width * 0.3).max(320.0)..=width * 0.6;
        let panel = egui::Panel::right("answers").default_size(right).size_range(range).frame(theme.panel_frame());
        now.right = panel.show(ui, |ui| answers::show(ui, cx)).response.rect.width();
    } else if layout.right_open {
        let panel = egui::Panel::right("item").default_size(right).size_range(280.0..=most * 0.75).frame(theme.panel_frame());
        now.right = panel.show(ui, |ui| item::show(ui, cx)).response.rect.width();
    }
    egui::CentralPanel::no_frame().show(ui, |ui| {
        now.geometry = geometry::dock(ui, cx).unwrap_or(now.geometry);
        viewer::show(ui, cx);
    });
    // Only a drag of a divider is remembered, not what a small window or a large text makes of the widths.
    let dragged = ui.input(|i| i.pointer.primary_released()) && width >= 1000.0;
    let moved = [(now.left, left), (now.right, right), (now.geometry, layout.geometry)].map(|(now, before)| (now - before).abs() > 1.0);
    if dragged && moved.contains(&true) {
        let answers = if comparing { now.right / width } else { layout.answers };
        let right = if comparing { layout.right } else { now.right };
        cx.send(Command::Settings(SettingsCommand::Layout(Layout { right, answers, ..now })));
    }
}

/// Widths of the side columns, reduced in proportion when both together would take more than `most` points.
fn shares(layout: Layout, most: f32) -> (f32, f32) {
    let shrink = (most / (layout.left + layout.right)).min(1.0);
    (layout.left * shrink, layout.right * shrink)
}
