//! The key table: every shortcut of the window, its stable name and its help. Remappable through the settings, shown by `?`.
//!
//! Letter keys are dead while a text field has the focus; `Ctrl` shortcuts and Esc are not.

use super::{Cx, viewer};
use crate::geometry::Kind;
use crate::review::{Judgement, Reason};
use crate::state::{
    AnswersCommand, Command, Dialog, GeometryCommand, Layout, MaskCommand, Mode, QueueCommand, ReviewCommand, SettingsCommand, ToolCommand,
    ViewCommand, ViewLayout, WitnessCommand, Workspace,
};
use egui::text_selection::LabelSelectionState;
use egui::{Event, Key, KeyboardShortcut, Modifiers};
use std::collections::BTreeMap;

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyAction {
    Accept,
    Edit,
    Reject,
    Flag,
    Confirm,
    NextUndecided,
    Previous,
    Next,
    Undo,
    Redo,
    Preset(u8),
    SliceUp,
    SliceDown,
    FirstSlice,
    LastSlice,
    Masks,
    Outline,
    OpacityDown,
    OpacityUp,
    PreviousStructure,
    NextStructure,
    PickStructure,
    Solo,
    OnlyItem,
    StructureSliceUp,
    StructureSliceDown,
    WindowDrag,
    Crosshair,
    Interpolation,
    ResetViews,
    AutoWindow,
    Tool(Kind),
    RemoveMeasurement,
    Measurements,
    Evidence,
    Geometry,
    Invert,
    OneToOne,
    Fit,
    ZoomIn,
    ZoomOut,
    /// Move the image: steps to the right and down on screen.
    Pan(i8, i8),
    /// Move the crosshair within the plane: voxels to the right and down on screen.
    MoveCross(i8, i8),
    Layout(ViewLayout),
    NextLayout,
    NextPlane,
    Maximise,
    FindStructure,
    Slab,
    /// The crosshair by so many degrees.
    Turn(i8),
    Cut3d,
    CtIn3d,
    Cine,
    CineTurn,
    CineFaster,
    CineSlower,
    Compare,
    CompareLink,
    TextLarger,
    TextSmaller,
    TextNormal,
    Search,
    LeftPanel,
    RightPanel,
    NextWorkspace,
    SaveView,
    CopyView,
    SaveWindow,
    CopyWindow,
    Help,
    AnswerRight,
    AnswerWrong,
    AnswerUnsure,
    NextAnswer,
    PreviousAnswer,
    /// Choose an error label for the answer.
    Label,
    SaveLabel,
    AnswerAxis,
    ExplanationAxis,
    LabelNote,
    /// What the error types mean.
    Definitions,
}

/// Where a key works. Two actions may share a key when no place has both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Anywhere,
    Review,
    Compare,
    /// While an error label is being chosen.
    Labelling,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct KeyRow {
    pub action: KeyAction,
    /// Stable name in the settings file.
    pub name: &'static str,
    pub keys: &'static [KeyboardShortcut],
    pub group: &'static str,
    pub help: &'static str,
}

const fn key(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

const fn ctrl(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

const fn alt(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::ALT, key)
}

const fn shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::SHIFT, key)
}

const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };

const fn row(action: KeyAction, name: &'static str, keys: &'static [KeyboardShortcut], group: &'static str, help: &'static str) -> KeyRow {
    KeyRow { action, name, keys, group, help }
}

const REVIEW: &str = "Review";
const QUEUE: &str = "Queue";
const IMAGE: &str = "Images";
const LAYOUT: &str = "Layout";
const MASK: &str = "Masks";
const MEASURE: &str = "Measuring";
const WINDOW: &str = "Window";
const ANSWERS: &str = "Answers (in Compare)";

pub const KEYS: &[KeyRow] = &[
    row(KeyAction::Accept, "accept", &[key(Key::A)], REVIEW, "Accept: yes to all four criteria"),
    row(KeyAction::Edit, "edit", &[key(Key::E)], REVIEW, "Edit question or answer"),
    row(KeyAction::Reject, "reject", &[key(Key::R)], REVIEW, "Reject; then 1–9 or 0 for the reason"),
    row(KeyAction::Flag, "flag", &[key(Key::F)], REVIEW, "Flag or unflag"),
    row(KeyAction::Confirm, "confirm", &[ctrl(Key::Enter)], REVIEW, "Save the edit or rejection"),
    row(KeyAction::Undo, "undo", &[ctrl(Key::Z)], REVIEW, "Undo your last step, also after a restart"),
    row(KeyAction::Redo, "redo", &[KeyboardShortcut::new(CTRL_SHIFT, Key::Z), ctrl(Key::Y)], REVIEW, "Redo"),
    row(KeyAction::NextUndecided, "next-undecided", &[key(Key::N)], QUEUE, "Next undecided item"),
    row(KeyAction::Previous, "previous", &[key(Key::ArrowUp), key(Key::K)], QUEUE, "Previous item"),
    row(KeyAction::Next, "next", &[key(Key::ArrowDown), key(Key::J)], QUEUE, "Next item"),
    row(KeyAction::Search, "search", &[ctrl(Key::F), key(Key::Slash)], QUEUE, "Search"),
    row(KeyAction::Preset(1), "window-1", &[key(Key::Num1)], IMAGE, "Window: soft tissue 400/40"),
    row(KeyAction::Preset(2), "window-2", &[key(Key::Num2)], IMAGE, "Window: lung 1500/−600"),
    row(KeyAction::Preset(3), "window-3", &[key(Key::Num3)], IMAGE, "Window: bone 2500/480"),
    row(KeyAction::Preset(4), "window-4", &[key(Key::Num4)], IMAGE, "Window: brain 80/40"),
    row(KeyAction::Preset(5), "window-5", &[key(Key::Num5)], IMAGE, "Window: liver 150/90"),
    row(KeyAction::Preset(6), "window-6", &[key(Key::Num6)], IMAGE, "Window: mediastinum 350/50"),
    row(KeyAction::Preset(7), "window-7", &[key(Key::Num7)], IMAGE, "Window: angio 600/300"),
    row(KeyAction::Preset(8), "window-8", &[key(Key::Num8)], IMAGE, "Window: full range of the data"),
    row(KeyAction::AutoWindow, "window-auto", &[key(Key::Num9)], IMAGE, "Window of the structure under the cursor"),
    row(KeyAction::WindowDrag, "window-drag", &[key(Key::W)], IMAGE, "Window: drag right = wider, up = brighter"),
    row(KeyAction::SliceUp, "slice-up", &[key(Key::PageUp)], IMAGE, "Next slice of the view under the cursor"),
    row(KeyAction::SliceDown, "slice-down", &[key(Key::PageDown)], IMAGE, "Previous slice of the view under the cursor"),
    row(KeyAction::FirstSlice, "slice-first", &[key(Key::Home)], IMAGE, "First slice of the view under the cursor"),
    row(KeyAction::LastSlice, "slice-last", &[key(Key::End)], IMAGE, "Last slice of the view under the cursor"),
    row(KeyAction::Crosshair, "crosshair", &[key(Key::X)], IMAGE, "Show or hide the crosshair"),
    row(KeyAction::Interpolation, "interpolation", &[key(Key::I)], IMAGE, "Linear or nearest voxel"),
    row(KeyAction::ResetViews, "reset-views", &[key(Key::Num0)], IMAGE, "Reset zoom, pan and position"),
    row(KeyAction::Invert, "invert", &[ctrl(Key::I)], IMAGE, "Invert greys"),
    row(KeyAction::OneToOne, "one-to-one", &[key(Key::Z)], IMAGE, "1:1: one voxel is one pixel of the screen"),
    row(KeyAction::Fit, "fit", &[shift(Key::Z), key(Key::Equals)], IMAGE, "Fit the slice into the view"),
    row(KeyAction::ZoomIn, "zoom-in", &[key(Key::Plus)], IMAGE, "Zoom in"),
    row(KeyAction::ZoomOut, "zoom-out", &[key(Key::Minus)], IMAGE, "Zoom out"),
    row(KeyAction::Pan(-1, 0), "pan-left", &[shift(Key::ArrowLeft)], IMAGE, "Move the image left"),
    row(KeyAction::Pan(1, 0), "pan-right", &[shift(Key::ArrowRight)], IMAGE, "Move the image right"),
    row(KeyAction::Pan(0, -1), "pan-up", &[shift(Key::ArrowUp)], IMAGE, "Move the image up"),
    row(KeyAction::Pan(0, 1), "pan-down", &[shift(Key::ArrowDown)], IMAGE, "Move the image down"),
    row(KeyAction::MoveCross(-1, 0), "cross-left", &[alt(Key::ArrowLeft)], IMAGE, "Move the crosshair left"),
    row(KeyAction::MoveCross(1, 0), "cross-right", &[alt(Key::ArrowRight)], IMAGE, "Move the crosshair right"),
    row(KeyAction::MoveCross(0, -1), "cross-up", &[alt(Key::ArrowUp)], IMAGE, "Move the crosshair up"),
    row(KeyAction::MoveCross(0, 1), "cross-down", &[alt(Key::ArrowDown)], IMAGE, "Move the crosshair down"),
    row(KeyAction::Turn(1), "turn-clockwise", &[alt(Key::Period)], IMAGE, "Turn the crosshair: oblique planes in the other views"),
    row(KeyAction::Turn(-1), "turn-anticlockwise", &[alt(Key::Comma)], IMAGE, "Turn the crosshair the other way"),
    row(KeyAction::Slab, "slab", &[shift(Key::T)], IMAGE, "Slab: several slices as one, or a thin slice"),
    row(KeyAction::Cut3d, "cut-3d", &[key(Key::D)], IMAGE, "Cut the 3D view open at the crosshair"),
    row(KeyAction::CtIn3d, "ct-3d", &[shift(Key::D)], IMAGE, "CT in 3D: none, maximum intensity, volume"),
    row(KeyAction::Cine, "cine", &[key(Key::Y)], IMAGE, "Play or stop cine"),
    row(KeyAction::CineTurn, "cine-turn", &[shift(Key::Y)], IMAGE, "Cine: back and forth, or start again"),
    row(KeyAction::CineFaster, "cine-faster", &[key(Key::U)], IMAGE, "Cine faster"),
    row(KeyAction::CineSlower, "cine-slower", &[shift(Key::U)], IMAGE, "Cine slower"),
    row(KeyAction::NextLayout, "layout-next", &[key(Key::V)], LAYOUT, "Next layout"),
    row(KeyAction::Layout(ViewLayout::Quarters), "layout-2x2", &[key(Key::F2)], LAYOUT, "Three planes, 2×2"),
    row(KeyAction::Layout(ViewLayout::OneAndThree), "layout-1+3", &[key(Key::F3)], LAYOUT, "One large plane and three small panes"),
    row(KeyAction::Layout(ViewLayout::Single), "layout-single", &[key(Key::F4)], LAYOUT, "A single plane"),
    row(KeyAction::Layout(ViewLayout::SideBySide), "layout-side", &[key(Key::L), key(Key::F5)], LAYOUT, "One plane without and with masks"),
    row(KeyAction::NextPlane, "plane-next", &[key(Key::B)], LAYOUT, "Next plane in the large view"),
    row(KeyAction::Maximise, "maximise", &[key(Key::F6)], LAYOUT, "Fill the area with one view, or go back"),
    row(KeyAction::FindStructure, "structure-find", &[key(Key::T)], LAYOUT, "Structure list: find a structure"),
    row(KeyAction::Compare, "compare", &[key(Key::C)], LAYOUT, "Compare with another case or mask set, or leave"),
    row(KeyAction::CompareLink, "compare-link", &[shift(Key::C)], LAYOUT, "Unlink the compared views, or link them here"),
    row(KeyAction::Masks, "masks", &[key(Key::H)], MASK, "Hide or show masks"),
    row(KeyAction::Outline, "outline", &[key(Key::O)], MASK, "Outline or fill"),
    row(KeyAction::OpacityDown, "opacity-down", &[key(Key::OpenBracket)], MASK, "Less opaque"),
    row(KeyAction::OpacityUp, "opacity-up", &[key(Key::CloseBracket)], MASK, "More opaque"),
    row(KeyAction::PreviousStructure, "structure-previous", &[key(Key::Comma)], MASK, "Previous structure that the item names"),
    row(KeyAction::NextStructure, "structure-next", &[key(Key::Period)], MASK, "Next structure that the item names"),
    row(KeyAction::PickStructure, "structure-pick", &[key(Key::P)], MASK, "Select the structure under the cursor"),
    row(KeyAction::Solo, "structure-solo", &[key(Key::S)], MASK, "Solo the selected structure, or end solo"),
    row(KeyAction::OnlyItem, "structures-of-item", &[shift(Key::S)], MASK, "Only this item's structures, or all chosen ones"),
    row(KeyAction::StructureSliceUp, "structure-slice-up", &[ctrl(Key::PageUp)], MASK, "Next slice of the selected structure"),
    row(KeyAction::StructureSliceDown, "structure-slice-down", &[ctrl(Key::PageDown)], MASK, "Previous slice of the selected structure"),
    row(KeyAction::Tool(Kind::Ruler), "ruler", &[key(Key::M)], MEASURE, "Ruler: drag from end to end"),
    row(KeyAction::Tool(Kind::Angle), "angle", &[shift(Key::M)], MEASURE, "Angle: drag to the vertex, click the other end"),
    row(KeyAction::Tool(Kind::Ellipse), "ellipse", &[shift(Key::E)], MEASURE, "Ellipse: mean, SD, range of HU, area"),
    row(KeyAction::Tool(Kind::Rectangle), "rectangle", &[shift(Key::B)], MEASURE, "Rectangle: mean, SD, range of HU, area"),
    row(KeyAction::Tool(Kind::Profile), "profile", &[shift(Key::P)], MEASURE, "HU profile along a line"),
    row(
        KeyAction::RemoveMeasurement,
        "measurement-delete",
        &[key(Key::Delete), key(Key::Backspace)],
        MEASURE,
        "Delete the selected measurement",
    ),
    row(KeyAction::Evidence, "evidence", &[key(Key::G)], MEASURE, "Evidence of geometry for this item: go there and draw it, or hide it"),
    row(KeyAction::Geometry, "geometry-panel", &[shift(Key::G)], MEASURE, "Geometry panel: measures of structures, pairs and cases"),
    row(KeyAction::Measurements, "measurements", &[shift(Key::X)], MEASURE, "Show or hide measurements over the images"),
    row(KeyAction::NextWorkspace, "workspace-next", &[key(Key::Tab)], WINDOW, "Next workspace: Review, Compare, Analyse"),
    row(KeyAction::LeftPanel, "panel-left", &[key(Key::Backslash)], WINDOW, "Show or hide the queue"),
    row(KeyAction::RightPanel, "panel-right", &[shift(Key::Backslash), shift(Key::Pipe)], WINDOW, "Show or hide the item"),
    row(KeyAction::TextLarger, "text-larger", &[ctrl(Key::Plus), ctrl(Key::Equals)], WINDOW, "Larger text and controls"),
    row(KeyAction::TextSmaller, "text-smaller", &[ctrl(Key::Minus)], WINDOW, "Smaller text and controls"),
    row(KeyAction::TextNormal, "text-normal", &[ctrl(Key::Num0)], WINDOW, "Text and controls at 100 %"),
    row(KeyAction::SaveView, "save-view", &[ctrl(Key::S)], WINDOW, "Save the view under the cursor as PNG"),
    row(KeyAction::CopyView, "copy-view", &[ctrl(Key::C)], WINDOW, "Copy the view under the cursor as an image"),
    row(KeyAction::SaveWindow, "save-window", &[KeyboardShortcut::new(CTRL_SHIFT, Key::S)], WINDOW, "Save the window as PNG"),
    row(KeyAction::CopyWindow, "copy-window", &[KeyboardShortcut::new(CTRL_SHIFT, Key::C)], WINDOW, "Copy the window as an image"),
    row(KeyAction::AnswerRight, "answer-right", &[key(Key::A)], ANSWERS, "The answer is right; again to take it back"),
    row(KeyAction::AnswerWrong, "answer-wrong", &[key(Key::R)], ANSWERS, "The answer is wrong; again to take it back"),
    row(KeyAction::AnswerUnsure, "answer-unsure", &[key(Key::Q)], ANSWERS, "Cannot tell whether the answer is right"),
    row(KeyAction::NextAnswer, "answer-next", &[shift(Key::J)], ANSWERS, "Next answer"),
    row(KeyAction::PreviousAnswer, "answer-previous", &[shift(Key::K)], ANSWERS, "Previous answer"),
    row(KeyAction::Label, "label", &[key(Key::E)], ANSWERS, "Error label; then a letter for the type, a digit for the sub-code"),
    row(KeyAction::AnswerAxis, "label-answer", &[shift(Key::A)], ANSWERS, "While labelling: is the answer right? yes, no, not said"),
    row(
        KeyAction::ExplanationAxis,
        "label-explanation",
        &[shift(Key::R)],
        ANSWERS,
        "While labelling: is the explanation right? yes, no, none",
    ),
    row(KeyAction::LabelNote, "label-note", &[shift(Key::N)], ANSWERS, "While labelling: write a note"),
    row(KeyAction::SaveLabel, "label-save", &[key(Key::Enter), ctrl(Key::Enter)], ANSWERS, "While labelling: save the label"),
    row(KeyAction::Definitions, "label-definitions", &[shift(Key::H)], ANSWERS, "Error types with definitions and examples"),
    row(KeyAction::Help, "help", &[shift(Key::Questionmark), key(Key::Questionmark), key(Key::F1)], WINDOW, "These keys"),
];

/// The table with the changes of the settings applied.
#[derive(Clone, Debug)]
pub struct KeyMap {
    keys: Vec<(KeyAction, Vec<KeyboardShortcut>)>,
    /// What was wrong with the settings, in words.
    pub problems: Vec<String>,
}

impl KeyAction {
    pub fn place(self) -> Place {
        match self {
            Self::Accept | Self::Edit | Self::Reject | Self::Confirm => Place::Review,
            Self::AnswerRight | Self::AnswerWrong | Self::AnswerUnsure | Self::Label => Place::Compare,
            Self::NextAnswer | Self::PreviousAnswer => Place::Compare,
            Self::SaveLabel | Self::AnswerAxis | Self::ExplanationAxis | Self::LabelNote => Place::Labelling,
            _ => Place::Anywhere,
        }
    }
}

impl Place {
    fn meets(self, other: Self) -> bool {
        self == other || self == Place::Anywhere || other == Place::Anywhere
    }

    /// Whether keys of this place work now.
    fn is_here(self, cx: &Cx<'_>) -> bool {
        let labelling = cx.state.answers.label.is_some();
        match self {
            Place::Anywhere => true,
            Place::Review => cx.state.workspace == Workspace::Review,
            Place::Compare => cx.state.workspace == Workspace::Compare && !labelling,
            Place::Labelling => labelling,
        }
    }
}

impl KeyMap {
    /// `changed`: action name → shortcut such as `Ctrl+Z` or `PageUp`. Unknown names, unreadable shortcuts and clashes are left out and
    /// reported.
    pub fn new(changed: &BTreeMap<String, String>) -> Self {
        let mut map = Self { keys: KEYS.iter().map(|r| (r.action, r.keys.to_vec())).collect(), problems: Vec::new() };
        for (name, text) in changed {
            let Some(at) = KEYS.iter().position(|r| r.name == name) else {
                map.problems.push(format!("settings: there is no action '{name}' to bind a key to"));
                continue;
            };
            match parse(text) {
                None => map.problems.push(format!("settings: '{text}' is not a key (for {name})")),
                Some(shortcut) => match map.clash(at, shortcut) {
                    Some(other) => map.problems.push(format!("settings: {text} for {name} is already used by {other}")),
                    None => map.keys[at].1 = vec![shortcut],
                },
            }
        }
        map
    }

    fn clash(&self, at: usize, shortcut: KeyboardShortcut) -> Option<&'static str> {
        let place = KEYS[at].action.place();
        let taken = |(n, (action, keys)): &(usize, &(KeyAction, Vec<KeyboardShortcut>))| {
            *n != at && keys.contains(&shortcut) && action.place().meets(place)
        };
        self.keys.iter().enumerate().find(taken).map(|(n, _)| KEYS[n].name)
    }

    pub fn of(&self, action: KeyAction) -> &[KeyboardShortcut] {
        self.keys.iter().find(|(a, _)| *a == action).map_or(&[], |(_, k)| k)
    }

    /// The first key of an action as it is written on a key cap.
    pub fn shown(&self, action: KeyAction) -> Option<String> {
        self.of(action).first().map(shown)
    }
}

/// `Ctrl+Shift+Z`, `PageUp`, `[`.
pub fn shown(shortcut: &KeyboardShortcut) -> String {
    let m = shortcut.modifiers;
    let symbol = symbol(shortcut.logical_key);
    // These are typed with Shift on most layouts: naming it would only confuse.
    let shift = m.shift && !is_sign(shortcut.logical_key);
    let mut text = String::new();
    for (on, name) in [(m.command || m.ctrl, "Ctrl+"), (m.alt, "Alt+"), (shift, "Shift+")] {
        if on {
            text.push_str(name);
        }
    }
    text + symbol
}

/// What stands on the key cap, in glyphs that the bundled fonts have.
fn symbol(key: Key) -> &'static str {
    match key {
        Key::ArrowUp => "↑",
        Key::ArrowDown => "↓",
        Key::ArrowLeft => "←",
        Key::ArrowRight => "→",
        Key::Minus => "-",
        other => other.symbol_or_name(),
    }
}

/// Reads what [`shown`] writes.
pub fn parse(text: &str) -> Option<KeyboardShortcut> {
    let mut modifiers = Modifiers::NONE;
    let mut rest = text.trim();
    while let Some((name, after)) = rest.split_once('+').filter(|(n, a)| !n.is_empty() && !a.is_empty()) {
        match name.trim().to_lowercase().as_str() {
            "ctrl" | "cmd" | "command" => modifiers = modifiers.plus(Modifiers::COMMAND),
            "alt" => modifiers.alt = true,
            "shift" => modifiers.shift = true,
            _ => return None,
        }
        rest = after.trim();
    }
    Key::ALL
        .iter()
        .find(|k| symbol(**k).eq_ignore_ascii_case(rest) || k.name().eq_ignore_ascii_case(rest))
        .map(|k| KeyboardShortcut::new(modifiers, *k))
}

/// Turns this frame's key presses into commands, in the order in which they were pressed.
///
/// A slow frame may hold several presses, or a click and what was typed after it. So: modifiers are those of the event; a key that gives
/// a text field the focus ends the frame's keys, and what was typed after it is dropped rather than run as shortcuts; the same goes for
/// presses beside a click. While a decision is being made only its own keys work.
pub fn handle(ui: &egui::Ui, cx: &Cx<'_>) {
    release_focus(ui, cx);
    let typing = ui.ctx().text_edit_focused();
    let focused = ui.memory(|m| m.focused().is_some());
    let clicked = ui.input(|i| i.events.iter().any(|e| matches!(e, Event::PointerButton { .. })));
    let taken = Taken {
        typing: typing || clicked,
        focused,
        text: ui.ctx().plugin_opt::<LabelSelectionState>().is_some_and(|p| p.lock().has_selection()),
        menu: egui::Popup::is_any_open(ui.ctx()),
    };
    while let Some(hit) = ui.input_mut(|i| next_hit(i, cx, taken)) {
        match hit {
            Hit::Escape => cx.send(Command::Escape),
            Hit::Reason(reason) => {
                cx.send(Command::Review(ReviewCommand::Reason(reason)));
                return drop_typed(ui);
            }
            Hit::Taxonomy(key) => {
                cx.send(Command::Answers(AnswersCommand::LabelKey(key)));
                return drop_typed(ui);
            }
            Hit::Action(action) => {
                run(ui, cx, action);
                if takes_over(action) {
                    return drop_typed(ui);
                }
            }
        }
    }
}

/// What else in the window wants keys in this frame.
#[derive(Clone, Copy)]
struct Taken {
    /// A field takes what is typed.
    typing: bool,
    /// A control has the focus, and Tab goes to the next one.
    focused: bool,
    /// Text is selected, and Ctrl+C copies it.
    text: bool,
    /// A menu is open, and Esc closes it.
    menu: bool,
}

/// What a key press means.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hit {
    Escape,
    Reason(Reason),
    /// A letter or digit of the error taxonomy.
    Taxonomy(char),
    Action(KeyAction),
}

/// After these, keys mean something else.
fn takes_over(action: KeyAction) -> bool {
    matches!(
        action,
        KeyAction::Edit
            | KeyAction::Reject
            | KeyAction::Search
            | KeyAction::FindStructure
            | KeyAction::Compare
            | KeyAction::Help
            | KeyAction::Confirm
            | KeyAction::Label
            | KeyAction::SaveLabel
            | KeyAction::LabelNote
            | KeyAction::Definitions
            | KeyAction::NextWorkspace
    )
}

/// Takes the first press that means something out of the events, with the text it typed.
fn next_hit(input: &mut egui::InputState, cx: &Cx<'_>, taken: Taken) -> Option<Hit> {
    let meaning = |event: &Event| match event {
        Event::Key { key: Key::Escape, .. } if taken.menu => None,
        Event::Key { key, pressed: true, modifiers, repeat, .. } => meaning(cx, *key, *modifiers, *repeat, taken),
        // The window system's name for Ctrl+C, which then is no key press.
        Event::Copy if !taken.text => meaning(cx, Key::C, Modifiers::COMMAND, false, taken),
        _ => None,
    };
    let (at, hit) = input.events.iter().enumerate().find_map(|(at, e)| meaning(e).map(|hit| (at, hit)))?;
    input.events.remove(at);
    if matches!(input.events.get(at), Some(Event::Text(_))) {
        input.events.remove(at);
    }
    Some(hit)
}

fn meaning(cx: &Cx<'_>, key: Key, modifiers: Modifiers, repeat: bool, taken: Taken) -> Option<Hit> {
    let typing = taken.typing;
    let command = modifiers.command || modifiers.ctrl;
    if key == Key::Escape && !command {
        return Some(Hit::Escape);
    }
    if cx.state.dialog.is_some() || (typing && !command) || (key == Key::Tab && taken.focused) {
        return None;
    }
    let deciding = cx.state.draft.mode != Mode::Read;
    if deciding && !command {
        return reason_of(key).map(Hit::Reason);
    }
    let fits_key = |keys: &[KeyboardShortcut]| keys.iter().any(|k| fits(k, key, modifiers));
    let action = cx.keys.keys.iter().find(|(a, keys)| a.place().is_here(cx) && fits_key(keys)).map(|(a, _)| *a);
    if cx.state.answers.label.is_some() && !command && action.is_none_or(|a| a.place() != Place::Labelling && a != KeyAction::Definitions) {
        return taxonomy_key(key, modifiers).filter(|_| !repeat).map(Hit::Taxonomy);
    }
    let action = action?;
    // Text fields have their own.
    let of_text = typing && matches!(action, KeyAction::Undo | KeyAction::Redo | KeyAction::CopyView);
    (!of_text && (!repeat || repeats(action))).then_some(Hit::Action(action))
}

/// Holding a key down must not decide on item after item, nor switch a mode to and fro.
fn repeats(action: KeyAction) -> bool {
    matches!(
        action,
        KeyAction::Previous
            | KeyAction::Next
            | KeyAction::PreviousAnswer
            | KeyAction::NextAnswer
            | KeyAction::SliceUp
            | KeyAction::SliceDown
            | KeyAction::OpacityDown
            | KeyAction::OpacityUp
            | KeyAction::PreviousStructure
            | KeyAction::NextStructure
            | KeyAction::StructureSliceUp
            | KeyAction::StructureSliceDown
            | KeyAction::ZoomIn
            | KeyAction::ZoomOut
            | KeyAction::Pan(..)
            | KeyAction::MoveCross(..)
            | KeyAction::Turn(_)
            | KeyAction::CineFaster
            | KeyAction::CineSlower
    )
}

/// Typed with or without Shift, as the keyboard's layout has it.
fn is_sign(key: Key) -> bool {
    matches!(key, Key::Questionmark | Key::Pipe | Key::Plus)
}

/// Modifiers match exactly: `Ctrl+Shift+Z` is not `Ctrl+Z`, and `Shift+\` not `\`. Signs such as `?` come with whatever Shift the layout
/// needs.
fn fits(shortcut: &KeyboardShortcut, key: Key, m: Modifiers) -> bool {
    let wanted = shortcut.modifiers;
    let exact = m.shift == wanted.shift && m.alt == wanted.alt && (m.ctrl || m.command) == (wanted.command || wanted.ctrl);
    let but_for_shift = m.alt == wanted.alt && (m.ctrl || m.command) == (wanted.command || wanted.ctrl);
    key == shortcut.logical_key && (exact || is_sign(key) && but_for_shift)
}

/// 1–9 and 0 choose a reason while one is asked for.
fn reason_of(key: Key) -> Option<Reason> {
    const DIGITS: [Key; 10] =
        [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9, Key::Num0];
    DIGITS.iter().position(|d| *d == key).map(|n| Reason::ALL[n])
}

/// The letter or digit of a key without modifiers.
fn taxonomy_key(key: Key, modifiers: Modifiers) -> Option<char> {
    let mut name = key.name().chars();
    let (first, more) = (name.next()?, name.next());
    (modifiers.is_none() && more.is_none() && first.is_ascii_alphanumeric()).then_some(first)
}

/// Forgets what else was typed in this frame.
fn drop_typed(ui: &egui::Ui) {
    ui.input_mut(|i| i.events.retain(|e| !matches!(e, Event::Text(_) | Event::Key { pressed: true, .. })));
}

/// Takes the focus off a text field when the state asks for it, so that the next letter is a key again.
fn release_focus(ui: &egui::Ui, cx: &Cx<'_>) {
    let id = egui::Id::unique("released-focus");
    let seen: u64 = ui.data(|d| d.get_temp(id)).unwrap_or_default();
    if seen != cx.state.draft.release {
        ui.data_mut(|d| d.insert_temp(id, cx.state.draft.release));
        ui.memory_mut(|m| {
            if let Some(focused) = m.focused() {
                m.surrender_focus(focused);
            }
        });
    }
}

fn run(ui: &egui::Ui, cx: &Cx<'_>, action: KeyAction) {
    if cx.state.project.is_none() {
        if action == KeyAction::Help {
            cx.send(Command::Open(Dialog::Keys));
        }
        return;
    }
    if let Some(command) = review_command(action)
        .or_else(|| queue_command(action))
        .or_else(|| view_command(cx, action))
        .or_else(|| tool_command(action))
        .or_else(|| answers_command(action))
        .or_else(|| geometry_command(action))
        .or_else(|| viewer::key_command(cx, action))
        .or_else(|| mask_command(cx, action))
        .or_else(|| viewer::shot_command(ui.ctx(), cx, action))
    {
        cx.send(command);
    } else {
        window_action(ui, cx, action);
    }
}

fn geometry_command(action: KeyAction) -> Option<Command> {
    Some(match action {
        KeyAction::Evidence => Command::Witness(WitnessCommand::Toggle),
        KeyAction::Geometry => Command::Geometry(GeometryCommand::Toggle),
        _ => return None,
    })
}

fn review_command(action: KeyAction) -> Option<Command> {
    Some(Command::Review(match action {
        KeyAction::Accept => ReviewCommand::Accept,
        KeyAction::Edit => ReviewCommand::StartEdit,
        KeyAction::Reject => ReviewCommand::StartReject,
        KeyAction::Flag => ReviewCommand::ToggleFlag,
        KeyAction::Confirm => ReviewCommand::Confirm,
        KeyAction::Undo => ReviewCommand::Undo,
        KeyAction::Redo => ReviewCommand::Redo,
        _ => return None,
    }))
}

fn queue_command(action: KeyAction) -> Option<Command> {
    Some(Command::Queue(match action {
        KeyAction::NextUndecided => QueueCommand::NextUndecided,
        KeyAction::Previous => QueueCommand::Step(-1),
        KeyAction::Next => QueueCommand::Step(1),
        _ => return None,
    }))
}

fn answers_command(action: KeyAction) -> Option<Command> {
    Some(Command::Answers(match action {
        KeyAction::AnswerRight => AnswersCommand::Judge(Judgement::Right),
        KeyAction::AnswerWrong => AnswersCommand::Judge(Judgement::Wrong),
        KeyAction::AnswerUnsure => AnswersCommand::Judge(Judgement::Unsure),
        KeyAction::NextAnswer => AnswersCommand::Step(1),
        KeyAction::PreviousAnswer => AnswersCommand::Step(-1),
        KeyAction::Label => AnswersCommand::StartLabel,
        KeyAction::SaveLabel => AnswersCommand::SaveLabel,
        KeyAction::AnswerAxis => AnswersCommand::NextAnswerAxis,
        KeyAction::ExplanationAxis => AnswersCommand::NextExplanationAxis,
        KeyAction::LabelNote => AnswersCommand::FocusNote,
        _ => return None,
    }))
}

fn mask_command(cx: &Cx<'_>, action: KeyAction) -> Option<Command> {
    let v = &cx.state.viewer;
    let plane = v.active_plane();
    Some(Command::Mask(match action {
        KeyAction::PickStructure => MaskCommand::Pick(v.hover.map_or(v.cross, |(_, at)| at)),
        KeyAction::Solo => MaskCommand::Solo(None),
        KeyAction::OnlyItem => MaskCommand::OnlyItem,
        KeyAction::StructureSliceUp => MaskCommand::Slice { plane, forward: true },
        KeyAction::StructureSliceDown => MaskCommand::Slice { plane, forward: false },
        _ => return None,
    }))
}

fn view_command(cx: &Cx<'_>, action: KeyAction) -> Option<Command> {
    let plane = cx.state.viewer.active_plane();
    Some(Command::View(match action {
        KeyAction::Preset(n) => ViewCommand::Preset(usize::from(n) - 1),
        KeyAction::SliceUp => ViewCommand::Scroll { plane, slices: 1.0 },
        KeyAction::SliceDown => ViewCommand::Scroll { plane, slices: -1.0 },
        KeyAction::FirstSlice => ViewCommand::End { plane, last: false },
        KeyAction::LastSlice => ViewCommand::End { plane, last: true },
        KeyAction::Masks => ViewCommand::ToggleMasks,
        KeyAction::Outline => ViewCommand::ToggleOutline,
        KeyAction::OpacityDown => ViewCommand::OpacityStep(-0.05),
        KeyAction::OpacityUp => ViewCommand::OpacityStep(0.05),
        KeyAction::PreviousStructure => ViewCommand::CycleStructure(-1),
        KeyAction::NextStructure => ViewCommand::CycleStructure(1),
        KeyAction::WindowDrag => ViewCommand::ArmWindowDrag,
        KeyAction::Crosshair => ViewCommand::ToggleCrosshair,
        KeyAction::Interpolation => ViewCommand::ToggleInterpolation,
        KeyAction::ResetViews => ViewCommand::Reset,
        _ => return None,
    }))
}

fn tool_command(action: KeyAction) -> Option<Command> {
    Some(Command::Tool(match action {
        KeyAction::AutoWindow => ToolCommand::AutoWindow,
        KeyAction::Tool(kind) => ToolCommand::Arm(kind),
        KeyAction::RemoveMeasurement => ToolCommand::Remove(None),
        KeyAction::Measurements => ToolCommand::ToggleShown,
        _ => return None,
    }))
}

/// Sizes of text and controls that the settings offer.
pub const TEXT_SCALES: [f32; 8] = [0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0];

/// The next larger or smaller of [`TEXT_SCALES`], or 1.
fn text_scale(now: f32, action: KeyAction) -> f32 {
    let [least, .., most] = TEXT_SCALES;
    match action {
        KeyAction::TextLarger => TEXT_SCALES.into_iter().find(|s| *s > now + 0.01).unwrap_or(most),
        KeyAction::TextSmaller => TEXT_SCALES.into_iter().rev().find(|s| *s < now - 0.01).unwrap_or(least),
        _ => 1.0,
    }
}

fn window_action(ui: &egui::Ui, cx: &Cx<'_>, action: KeyAction) {
    let layout = cx.state.settings.layout;
    let change = |layout: Layout| cx.send(Command::Settings(SettingsCommand::Layout(layout)));
    match action {
        KeyAction::LeftPanel => change(Layout { left_open: !layout.left_open, ..layout }),
        KeyAction::RightPanel => change(Layout { right_open: !layout.right_open, ..layout }),
        KeyAction::Help => cx.send(Command::Open(Dialog::Keys)),
        KeyAction::Definitions => cx.send(Command::Open(Dialog::Taxonomy)),
        KeyAction::NextWorkspace => {
            ui.memory_mut(|m| m.move_focus(egui::FocusDirection::None)); // this Tab was not for the focus
            cx.send(Command::Workspace(cx.state.workspace.next()));
        }
        KeyAction::FindStructure => viewer::find_structure(ui, cx),
        KeyAction::TextLarger | KeyAction::TextSmaller | KeyAction::TextNormal => {
            cx.send(Command::Settings(SettingsCommand::TextScale(text_scale(cx.state.settings.text_scale, action))));
        }
        KeyAction::Search => {
            if !layout.left_open {
                change(Layout { left_open: true, ..layout });
            }
            super::queue::focus_search(ui.ctx(), cx);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_actions_share_a_key_and_names_are_unique() {
        let mut keys: Vec<(String, Place)> = Vec::new();
        let mut names = HashSet::new();
        for row in KEYS {
            assert!(names.insert(row.name), "{}", row.name);
            assert!(!row.help.is_empty() && !row.keys.is_empty());
            for k in row.keys {
                let (text, place) = (shown(k) + if k.modifiers.shift { "⇧" } else { "" }, row.action.place());
                let clash = keys.iter().any(|(other, there)| *other == text && there.meets(place));
                assert!(!clash, "{} clashes on {text}", row.name);
                keys.push((text, place));
            }
        }
    }

    #[test]
    fn shortcuts_round_trip_through_the_settings_file() {
        for k in KEYS.iter().flat_map(|r| r.keys) {
            if is_sign(k.logical_key) && k.modifiers.shift {
                continue; // written without their Shift
            }
            assert_eq!(parse(&shown(k)), Some(*k), "{}", shown(k));
        }
        for bad in ["", "Hyper+A", "Ctrl+", "NoSuchKey"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn remapping_works_and_clashes_are_refused_in_words() {
        let map = |pairs: &[(&str, &str)]| KeyMap::new(&pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect());
        let good = map(&[("accept", "F9")]);
        assert_eq!(good.shown(KeyAction::Accept).unwrap(), "F9");
        assert!(good.problems.is_empty());
        let bad = map(&[("accept", "R"), ("fly", "Q"), ("edit", "Blob")]);
        assert_eq!(bad.problems.len(), 3);
        assert_eq!(bad.shown(KeyAction::Accept).unwrap(), "A");
    }
}
