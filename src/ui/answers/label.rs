//! The form of an error label: types and sub-codes by their keys, two axes, a note. What there is no room for scrolls; the buttons stay.

use super::super::widgets::{bars_in_sight, filled_button, strong};
use super::super::{Cx, KeyAction, item};
use super::{name, send};
use crate::qa::{ErrorType, SubCode};
use crate::review::{ErrorLabel, Explanation, Faithfulness};
use crate::state::{AnswerRow, AnswersCommand, Command, Current, Dialog, LabelDraft};
use egui::{Id, Key, RichText, Role, ScrollArea, Ui, WidgetInfo, vec2};

/// Height of a button, so that the words beside some stand in their middle.
const LINE: f32 = 26.0;
/// Title and buttons, with what is between them, in points.
const FIXED: f32 = 84.0;
/// The answer and its question take at most this share of a form that fills the column.
const ANSWER_SHARE: f32 = 0.34;
/// In a narrower form each axis has a row of its own.
const TWO_AXES: f32 = 560.0;
/// Of an answer, at the head of the form.
const MOST_TEXT: usize = 2_000;

/// Below the answers, at most `most` points high.
pub fn form(ui: &mut Ui, cx: &Cx<'_>, draft: &LabelDraft, most: f32) {
    ui.spacing_mut().scroll = bars_in_sight();
    ui.spacing_mut().item_spacing.y = 6.0;
    title(ui, cx);
    scrolling("label choices", (most - FIXED).max(LINE)).auto_shrink([false, true]).show(ui, |ui| choices(ui, cx, draft));
    buttons(ui, cx, draft);
}

/// In the place of question and answers, where there is no room for both: the answer and what was asked stand at its head.
pub fn whole(ui: &mut Ui, cx: &Cx<'_>, current: &Current, answer: &AnswerRow, draft: &LabelDraft) {
    ui.spacing_mut().scroll = bars_in_sight();
    let room = ui.available_height();
    let frame = egui::Frame::new().fill(cx.theme.under);
    let [above, below] = [egui::Margin { bottom: 6, ..Default::default() }, egui::Margin { top: 6, ..Default::default() }];
    egui::Panel::bottom("label-buttons").resizable(false).show_separator_line(false).frame(frame.inner_margin(below)).show(ui, |ui| {
        buttons(ui, cx, draft);
    });
    egui::Panel::top("labelled").resizable(false).show_separator_line(true).frame(frame.inner_margin(above)).show(ui, |ui| {
        title(ui, cx);
        scrolling("labelled answer", room * ANSWER_SHARE).auto_shrink([false, true]).show(ui, |ui| labelled(ui, cx, current, answer));
    });
    egui::CentralPanel::no_frame().show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        scrolling("label choices", ui.available_height()).auto_shrink(false).show(ui, |ui| {
            ui.add_space(2.0);
            choices(ui, cx, draft);
        });
    });
}

/// Only as high as there is room, with a bar that is always seen where something is out of sight.
fn scrolling(id: &str, most: f32) -> ScrollArea {
    ScrollArea::vertical().id_salt(id).max_height(most).min_scrolled_height(most)
}

/// The answer's words, then the reference and the question: what is told last scrolls first.
fn labelled(ui: &mut Ui, cx: &Cx<'_>, current: &Current, answer: &AnswerRow) {
    ui.spacing_mut().item_spacing.y = 2.0;
    let text = answer.view.text.trim();
    let shown: String = if text.is_empty() { "empty answer".to_owned() } else { text.chars().take(MOST_TEXT).collect() };
    let response = ui.add(egui::Label::new(RichText::new(shown).size(15.0)).wrap().selectable(true));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("labelled answer: {}", answer.view.text)));
    if let Some(item) = &current.item {
        let weak = |text: String| egui::Label::new(RichText::new(text).size(13.0).color(cx.theme.weak)).wrap().selectable(true);
        ui.add(weak(format!("Reference: {}", item.answer)));
        ui.add(weak(item.question.clone()));
    }
}

fn choices(ui: &mut Ui, cx: &Cx<'_>, draft: &LabelDraft) {
    ui.spacing_mut().interact_size.y = LINE;
    types(ui, cx, &draft.label, false);
    types(ui, cx, &draft.label, true);
    sub_codes(ui, cx, draft);
    axes(ui, cx, &draft.label);
    note(ui, cx, &draft.label);
}

fn title(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(answer) = cx.state.answers.selected_row() else { return };
    let text = format!("Error label for {}", name(cx, cx.state.answers.selected, answer));
    let tip = format!("{}{}", item::help_of(KeyAction::Definitions), cx.key_hint(KeyAction::Definitions));
    let (_, meanings) = egui::Sides::new().shrink_left().truncate().show(
        ui,
        |ui| ui.label(strong(&text)).on_hover_text(&text),
        |ui| ui.button("What they mean").on_hover_text(tip),
    );
    if meanings.clicked() {
        cx.send(Command::Open(Dialog::Taxonomy));
    }
}

/// One key or click of a form.
struct Choice<'a> {
    key: &'a str,
    text: String,
    on: bool,
    spoken: String,
    tip: &'a str,
}

fn choice(ui: &mut Ui, cx: &Cx<'_>, c: &Choice<'_>) -> bool {
    let stroke = egui::Stroke::new(1.5, if c.on { cx.theme.selection } else { egui::Color32::TRANSPARENT });
    let fill = if c.on { cx.theme.hover } else { cx.theme.card };
    let stroke = if cx.theme.high && !c.on { egui::Stroke::new(1.0, cx.theme.line) } else { stroke };
    let button = egui::Button::new(&c.text).shortcut_text(RichText::new(c.key).small()).fill(fill).stroke(stroke).min_size(vec2(0.0, 24.0));
    let response = ui.add(button);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, c.on, &c.spoken));
    response
        .on_hover_ui(|ui| {
            ui.set_max_width(360.0);
            ui.label(format!("{}  ({})", c.tip, c.key));
        })
        .clicked()
}

fn types(ui: &mut Ui, cx: &Cx<'_>, label: &ErrorLabel, escape: bool) {
    let all: Vec<&ErrorType> = cx.state.answers.taxonomy().types.iter().filter(|t| t.escape == escape).collect();
    if all.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        let what = if escape { "not the model's error" } else { "first broken step" };
        ui.label(RichText::new(what).small().color(cx.theme.weak));
        for t in all {
            let rank = match t.code.as_str() {
                code if label.primary.as_deref() == Some(code) => "1st ",
                code if label.secondary.as_deref() == Some(code) => "2nd ",
                _ => "",
            };
            let spoken = format!("error type {}", t.name);
            let shown = Choice { key: &t.key, text: format!("{rank}{}", t.name), on: !rank.is_empty(), spoken, tip: &t.definition };
            if choice(ui, cx, &shown) {
                send(cx, AnswersCommand::LabelType(t.code.clone()));
            }
        }
    });
}

/// Sub-codes of the chosen types; the keys are those of the type that was chosen last.
fn sub_codes(ui: &mut Ui, cx: &Cx<'_>, draft: &LabelDraft) {
    let taxonomy = cx.state.answers.taxonomy();
    let chosen = [&draft.label.primary, &draft.label.secondary].into_iter().flatten().filter_map(|code| taxonomy.error_type(code));
    for of in chosen.filter(|t| !t.codes.is_empty()) {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
            ui.label(RichText::new(&of.name).small().color(cx.theme.weak));
            of.codes.iter().for_each(|code| sub_code(ui, cx, draft, of, code));
        });
    }
}

fn sub_code(ui: &mut Ui, cx: &Cx<'_>, draft: &LabelDraft, of: &ErrorType, code: &SubCode) {
    let key = if draft.active() == Some(&of.code) { code.key.as_str() } else { "" };
    let on = draft.label.codes.contains(&code.code);
    let shown = Choice { key, text: code.name.clone(), on, spoken: format!("sub-code {}", code.name), tip: &code.definition };
    if choice(ui, cx, &shown) {
        send(cx, AnswersCommand::LabelCode(code.code.clone()));
    }
}

fn axes(ui: &mut Ui, cx: &Cx<'_>, label: &ErrorLabel) {
    if ui.available_width() < TWO_AXES {
        ui.horizontal_wrapped(|ui| answer_axis(ui, cx, label));
        ui.horizontal_wrapped(|ui| explanation_axis(ui, cx, label));
        return;
    }
    ui.horizontal(|ui| {
        answer_axis(ui, cx, label);
        ui.add_space(8.0);
        explanation_axis(ui, cx, label);
    });
}

/// What an axis asks, with its key.
fn asks(ui: &mut Ui, cx: &Cx<'_>, what: &str, action: KeyAction) {
    ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
    let key = cx.keys.shown(action).unwrap_or_default();
    ui.label(RichText::new(format!("{what}  {key}")).small().color(cx.theme.weak));
}

fn answer_axis(ui: &mut Ui, cx: &Cx<'_>, label: &ErrorLabel) {
    asks(ui, cx, "answer right?", KeyAction::AnswerAxis);
    for (value, word) in [(true, "yes"), (false, "no")] {
        if axis(ui, cx, word, label.answer_right == Some(value), "answer right") {
            send(cx, AnswersCommand::AnswerAxis((label.answer_right != Some(value)).then_some(value)));
        }
    }
}

fn explanation_axis(ui: &mut Ui, cx: &Cx<'_>, label: &ErrorLabel) {
    asks(ui, cx, "explanation right?", KeyAction::ExplanationAxis);
    for (value, word) in [(Explanation::Yes, "yes"), (Explanation::No, "no"), (Explanation::None, "none given")] {
        if axis(ui, cx, word, label.explanation_right == Some(value), "explanation right") {
            send(cx, AnswersCommand::ExplanationAxis((label.explanation_right != Some(value)).then_some(value)));
        }
    }
    if let Some(name) = label.faithfulness().map(Faithfulness::name) {
        ui.label(strong(name).size(13.0));
    }
}

fn axis(ui: &mut Ui, cx: &Cx<'_>, word: &str, on: bool, what: &str) -> bool {
    let fill = if on { cx.theme.hover } else { cx.theme.card };
    let stroke = if on { egui::Stroke::new(1.5, cx.theme.selection) } else { egui::Stroke::NONE };
    let response = ui.add(egui::Button::new(word).fill(fill).stroke(stroke).min_size(vec2(44.0, 24.0)));
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, on, format!("{what}: {word}")));
    response.on_hover_text(format!("{what}: {word}")).clicked()
}

fn note(ui: &mut Ui, cx: &Cx<'_>, label: &ErrorLabel) {
    let mut note = label.note.clone();
    let hint = format!("note…{}", cx.key_hint(KeyAction::LabelNote));
    let field = egui::TextEdit::singleline(&mut note).id(Id::unique("label-note")).hint_text(hint).desired_width(f32::INFINITY);
    let response = ui.add(field.margin(vec2(8.0, 5.0)));
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Note on the label"));
    take_focus(ui, cx, &response);
    if response.changed() {
        send(cx, AnswersCommand::Note(note));
    }
    if response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
        send(cx, AnswersCommand::SaveLabel);
    }
}

/// Gives the note the focus once each time the state asks for it.
fn take_focus(ui: &Ui, cx: &Cx<'_>, response: &egui::Response) {
    let id = Id::unique("label-note-focus");
    let seen: u64 = ui.data(|d| d.get_temp(id)).unwrap_or_default();
    if seen != cx.state.answers.note_focus {
        ui.data_mut(|d| d.insert_temp(id, cx.state.answers.note_focus));
        response.request_focus();
        response.scroll_to_me(None);
    }
}

fn buttons(ui: &mut Ui, cx: &Cx<'_>, draft: &LabelDraft) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let shares = if draft.stands { 3.0 } else { 2.0 };
        let width = (ui.available_width() - (shares - 1.0) * 6.0) / shares;
        let text = format!("Save label  {}", cx.keys.shown(KeyAction::SaveLabel).unwrap_or_default());
        let save = filled_button(ui, cx.theme, &text, cx.theme.selection, width);
        save.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Save label"));
        if save.on_hover_text(item::help_of(KeyAction::SaveLabel)).clicked() {
            send(cx, AnswersCommand::SaveLabel);
        }
        if draft.stands && ui.add_sized(vec2(width, 32.0), egui::Button::new("Take the label away")).clicked() {
            send(cx, AnswersCommand::RemoveLabel);
        }
        if ui.add_sized(vec2(width, 32.0), egui::Button::new("Cancel  Esc")).clicked() {
            send(cx, AnswersCommand::CancelLabel);
        }
    });
}
