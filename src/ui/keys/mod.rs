//! The key table: every shortcut of the window, its stable name and its help. Remappable through the settings, shown by `?`.
//!
//! Letter keys are dead while a text field has the focus; `Ctrl` shortcuts and Esc are not.

mod handle;
mod map;
mod run;
mod text;

use super::Cx;
use crate::geometry::Kind;
use crate::state::{ViewLayout, Workspace};
use egui::{Key, KeyboardShortcut, Modifiers};
pub use handle::handle;
pub use map::{KeyMap, shown};
pub use text::{CHART_MOUSE, MOUSE, keys_markdown};

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
    /// What judges gave as reasons.
    Reasons,
    /// The answers by most of their height, down or up.
    ScrollAnswers(bool),
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
    row(
        KeyAction::Reasons,
        "answer-reasons",
        &[shift(Key::V)],
        ANSWERS,
        "Reasoning of the judges of the selected answer: write it out, or not",
    ),
    row(KeyAction::ScrollAnswers(true), "answers-down", &[shift(Key::PageDown)], ANSWERS, "Scroll the answers down"),
    row(KeyAction::ScrollAnswers(false), "answers-up", &[shift(Key::PageUp)], ANSWERS, "Scroll the answers up"),
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
impl KeyAction {
    pub fn place(self) -> Place {
        match self {
            Self::Accept | Self::Edit | Self::Reject | Self::Confirm => Place::Review,
            Self::AnswerRight | Self::AnswerWrong | Self::AnswerUnsure | Self::Label => Place::Compare,
            Self::NextAnswer | Self::PreviousAnswer | Self::Reasons | Self::ScrollAnswers(_) => Place::Compare,
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
