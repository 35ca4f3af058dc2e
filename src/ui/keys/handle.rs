//! This frame's key presses: what each means here and now.

use super::run::run;
use super::{KeyAction, Place};
use crate::review::Reason;
use crate::state::{AnswersCommand, Command, Mode, ReviewCommand};
use crate::ui::Cx;
use egui::text_selection::LabelSelectionState;
use egui::{Event, Key, Modifiers};

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
    let action = cx.keys.meant(key, modifiers, |place| place.is_here(cx));
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
            | KeyAction::ScrollAnswers(_)
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
