//! Right half of the Compare workspace: question and reference, then an answer of each model and condition with everything said about it.

mod dialogs;
mod filters;
mod label;
mod reasons;
mod row;

pub use dialogs::{findings, name_run, taxonomy};
pub use reasons::scroll;

use super::widgets::{filled_button, strong};
use super::{Cx, KeyAction, item, witness};
use crate::project::check::Source;
use crate::qa::Item;
use crate::review::Judgement;
use crate::state::{AnswerRow, AnswersCommand, Command, Current, Dialog, OpenProject};
use egui::{Id, RichText, Role, Ui, UiBuilder, WidgetInfo, vec2};

/// Space around a row, and a first guess at its height.
const GAP: f32 = 6.0;
const GUESS: f32 = 110.0;
/// In a lower part of the window, in points, question and answers scroll together.
const LOW: f32 = 380.0;
/// There so much of the selected answer comes into sight, in points.
const MUCH: f32 = 90.0;
/// In a narrower one the four buttons stand in two rows.
const FOUR_BUTTONS: f32 = 440.0;
/// In a lower one an error label's form takes all of it, with the answer at its head.
const LOW_FORM: f32 = 480.0;
/// In a higher one the form leaves so much of it to the answers.
const ABOVE_FORM: f32 = 240.0;

pub fn show(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(p) = &cx.state.project else { return };
    let Some(current) = &p.current else {
        return quiet(ui, cx, "Select an item in the queue.");
    };
    let room = ui.available_height();
    if let (Some(draft), Some(answer)) = (&cx.state.answers.label, cx.state.answers.selected_row()) {
        if room < LOW_FORM {
            return label::whole(ui, cx, current, answer, draft);
        }
        judging(ui, cx, |ui| label::form(ui, cx, draft, room - ABOVE_FORM));
    } else if cx.state.answers.selected_row().is_some() {
        judging(ui, cx, |ui| buttons(ui, cx));
    }
    egui::CentralPanel::no_frame().show(ui, |ui| {
        if ui.available_height() < LOW {
            egui::ScrollArea::vertical().id_salt(("compared", p.generation)).auto_shrink(false).show(ui, |ui| {
                about_item(ui, cx, p, current, true);
                filters::folded(ui, cx);
                answers(ui, cx, p, true);
            });
        } else {
            let most = ui.available_height() * 0.4;
            let item = egui::ScrollArea::vertical().id_salt(("compared item", current.index)).max_height(most).auto_shrink([false, true]);
            item.show(ui, |ui| about_item(ui, cx, p, current, false));
            ui.add_space(4.0);
            filters::bar(ui, cx);
            ui.add_space(4.0);
            answers(ui, cx, p, false);
        }
    });
}

/// What is said about the selected answer, below the answers.
fn judging(ui: &mut Ui, cx: &Cx<'_>, contents: impl FnOnce(&mut Ui)) {
    let frame = egui::Frame::new().fill(cx.theme.under).inner_margin(egui::Margin { top: 8, ..Default::default() });
    egui::Panel::bottom("judging").resizable(false).show_separator_line(true).frame(frame).show(ui, contents);
}

/// The rows; `within` a part of the window that scrolls as a whole, or scrolling by themselves.
fn answers(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, within: bool) {
    match &cx.state.answers.rows {
        Some(rows) if rows.is_empty() => empty(ui, cx),
        Some(rows) if within => list(ui, cx, p, rows.len(), MUCH),
        Some(rows) => {
            let area = egui::ScrollArea::vertical().id_salt(("answers", p.generation)).auto_shrink(false);
            area.show(ui, |ui| list(ui, cx, p, rows.len(), f32::INFINITY));
        }
        None => {}
    }
}

fn send(cx: &Cx<'_>, command: AnswersCommand) {
    cx.send(Command::Answers(command));
}

fn quiet(ui: &mut Ui, cx: &Cx<'_>, text: &str) {
    ui.vertical_centered(|ui| {
        ui.add_space(24.0);
        ui.label(RichText::new(text).color(cx.theme.weak));
    });
}

/// What is to be done when there is nothing to compare.
fn empty(ui: &mut Ui, cx: &Cx<'_>) {
    let none_at_all = cx.state.answers.table.as_ref().is_some_and(|t| t.runs.is_empty());
    if !none_at_all {
        return quiet(ui, cx, "No model answered this item.");
    }
    quiet(ui, cx, "This project has no models' answers yet.");
    ui.vertical_centered(|ui| {
        if ui.button("Import…").on_hover_text("Models' answers, then judges' verdicts on them").clicked() {
            cx.send(Command::Open(Dialog::Import));
        }
    });
}

/// Question and reference; in a low window without the line that says which item it is.
fn about_item(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, current: &Current, low: bool) {
    if !low {
        item::header(ui, cx, p, current);
    }
    match &current.item {
        Some(item) => {
            item::question(ui, item);
            reference(ui, cx, item);
        }
        None => {
            ui.label(RichText::new(&p.items[current.index].question).size(17.0));
        }
    }
}

/// The options and the reference on as few lines as they need.
fn reference(ui: &mut Ui, cx: &Cx<'_>, item: &Item) {
    item::options_in_lines(ui, cx, item);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 2.0);
        ui.label(RichText::new("reference").small().color(cx.theme.weak));
        ui.add(egui::Label::new(strong(&item.answer).size(15.0)).wrap().selectable(true));
    });
    witness::show(ui, cx, &Source::Reference);
}

/// What is known of the list between frames.
#[derive(Clone, Default)]
struct Heights {
    /// Item and width in points.
    of: (u64, i32),
    rows: Vec<Option<f32>>,
    revealed: u64,
    /// Of the part in sight.
    height: f32,
}

/// Draws only the rows in sight of the part that scrolls: a hundred models take no longer than five. At most `most` points of the selected
/// answer are brought into sight.
fn list(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, rows: usize, most: f32) {
    let id = Id::unique("answer-heights");
    let mut known: Heights = ui.data(|d| d.get_temp(id)).unwrap_or_default();
    let of = (p.generation, ui.available_width() as i32);
    if known.of != of || known.rows.len() != rows {
        known = Heights { of, rows: vec![None; rows], ..known };
    }
    let reveal = known.revealed != cx.state.answers.reveal;
    known.revealed = cx.state.answers.reveal;
    ui.spacing_mut().item_spacing.y = 0.0;
    let sight = ui.clip_rect();
    // The selected answer stays in sight when the label's form takes room.
    let reveal = reveal || (known.height - sight.height()).abs() > 1.0;
    known.height = sight.height();
    reasons::scroll_list(ui, sight.height());
    for place in 0..cx.state.answers.order.len() {
        let start = ui.cursor().top();
        let height = known.rows[place].unwrap_or(GUESS);
        if start + height >= sight.top() && start <= sight.bottom() {
            ui.scope(|ui| row(ui, cx, place));
            ui.add_space(GAP);
            known.rows[place] = Some(ui.cursor().top() - start);
        } else {
            ui.allocate_space(vec2(ui.available_width(), height));
        }
        if reveal && place == cx.state.answers.selected {
            let top = if place == 0 { ui.min_rect().top() } else { start }; // with what is above the first one
            let rect = egui::Rect::from_x_y_ranges(ui.max_rect().x_range(), top..=ui.cursor().top().min(start + most));
            ui.scroll_to_rect(rect, None);
        }
    }
    ui.data_mut(|d| d.insert_temp(id, known));
}

fn row(ui: &mut Ui, cx: &Cx<'_>, place: usize) {
    let Some(answer) = cx.state.answers.row(place) else { return };
    let selected = place == cx.state.answers.selected;
    ui.spacing_mut().item_spacing.y = 4.0;
    let card = ui.scope_builder(UiBuilder::new().id_salt(("answer", place)).sense(egui::Sense::click()), |ui| {
        let frame = cx.theme.card_frame().inner_margin(8);
        let frame = if selected { frame.stroke(egui::Stroke::new(cx.theme.line_width + 0.5, cx.theme.selection)) } else { frame };
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            row::show(ui, cx, place, answer);
        });
    });
    let spoken = || format!("answer of {}: {}", name(cx, place, answer), answer.view.text.chars().take(200).collect::<String>());
    card.response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, selected, spoken()));
    if card.response.clicked() {
        send(cx, AnswersCommand::Select(place));
    }
}

/// What a model is called on screen.
fn name(cx: &Cx<'_>, place: usize, answer: &AnswerRow) -> String {
    if cx.state.answers.blind { format!("model {}", place + 1) } else { answer.view.run.to_string() }
}

/// Glyph and word of a judgement.
fn judgement_glyph(judgement: Judgement) -> &'static str {
    match judgement {
        Judgement::Right => "✓",
        Judgement::Wrong => "✗",
        Judgement::Unsure => "?",
    }
}

fn judgement_color(cx: &Cx<'_>, judgement: Judgement) -> egui::Color32 {
    match judgement {
        Judgement::Right => cx.theme.accept,
        Judgement::Wrong => cx.theme.reject,
        Judgement::Unsure => cx.theme.edit,
    }
}

/// The judgement on the selected answer, in one key or click each.
fn buttons(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(answer) = cx.state.answers.selected_row() else { return };
    let own = cx.state.own_word(&answer.view.run);
    asked(ui, cx, answer);
    ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
    let per_row = if ui.available_width() < FOUR_BUTTONS { 2 } else { 4 };
    let width = (ui.available_width() - (per_row as f32 - 1.0) * 6.0) / per_row as f32;
    for row in (0..=JUDGEMENTS.len()).collect::<Vec<_>>().chunks(per_row) {
        ui.horizontal(|ui| {
            for n in row {
                match JUDGEMENTS.get(*n) {
                    Some((text, action, judgement)) => {
                        let on = own.judgement == Some(*judgement);
                        judge_button(ui, cx, (text, *action, *judgement, on), width);
                    }
                    None => label_button(ui, cx, width),
                }
            }
        });
    }
}

const JUDGEMENTS: [(&str, KeyAction, Judgement); 3] = [
    ("Right", KeyAction::AnswerRight, Judgement::Right),
    ("Wrong", KeyAction::AnswerWrong, Judgement::Wrong),
    ("Cannot tell", KeyAction::AnswerUnsure, Judgement::Unsure),
];

/// Which answer is meant, and the keys to the others where there is room for them.
fn asked(ui: &mut Ui, cx: &Cx<'_>, answer: &AnswerRow) {
    let keys = [KeyAction::PreviousAnswer, KeyAction::NextAnswer].map(|a| cx.keys.shown(a).unwrap_or_default()).join("  ");
    let question = format!("Is the answer of {} right?", name(cx, cx.state.answers.selected, answer));
    let room = ui.available_width() >= FOUR_BUTTONS;
    egui::Sides::new().shrink_left().truncate().show(
        ui,
        |ui| ui.label(RichText::new(question).color(cx.theme.weak)).on_hover_text(format!("other answers  {keys}")),
        |ui| room.then(|| ui.label(RichText::new(format!("other answers  {keys}")).small().color(cx.theme.weak))),
    );
}

fn label_button(ui: &mut Ui, cx: &Cx<'_>, width: f32) {
    let shown = format!("Error label  {}", cx.keys.shown(KeyAction::Label).unwrap_or_default());
    let ready = cx.state.answers.table.is_some();
    let response = ui.add_enabled(ready, egui::Button::new(shown).min_size(vec2(width, 32.0)));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ready, "Error label"));
    if response.on_hover_text(item::help_of(KeyAction::Label)).clicked() {
        send(cx, AnswersCommand::StartLabel);
    }
}

/// Filled once it is said, so that what stands is seen at a glance.
fn judge_button(ui: &mut Ui, cx: &Cx<'_>, (text, action, judgement, on): (&str, KeyAction, Judgement, bool), width: f32) {
    let shown = format!("{} {text}  {}", judgement_glyph(judgement), cx.keys.shown(action).unwrap_or_default());
    let color = judgement_color(cx, judgement);
    let response = if on {
        filled_button(ui, cx.theme, &shown, color, width)
    } else {
        ui.add_sized(vec2(width, 32.0), egui::Button::new(RichText::new(shown).color(color)))
    };
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, format!("answer: {}", judgement.code())));
    if response.on_hover_text(item::help_of(action)).clicked() {
        send(cx, AnswersCommand::Judge(judgement));
    }
}
