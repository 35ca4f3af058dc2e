//! What judges say of an answer: a small mark each, and under the selected answer their reasoning in full, by key or by a click on a mark.

use super::super::widgets::{count, strong};
use super::super::{Cx, KeyAction};
use super::send;
use crate::project::Verdict;
use crate::state::AnswersCommand;
use egui::{Color32, Id, RichText, Role, Sense, Ui, WidgetInfo, vec2};

/// Characters of a reasoning that are laid out, and of its tooltip; the rest can be copied.
const MOST_SHOWN: usize = 4_000;
const MOST_HINTED: usize = 1_500;
/// Share of the answers' height by which a key scrolls them.
const PAGE: f32 = 0.8;

/// Sign, word and colour of a verdict; one copied from another item is in doubt.
fn told(cx: &Cx<'_>, v: &Verdict) -> (&'static str, &'static str, Color32) {
    let (glyph, word, color) = match v.correct {
        Some(true) => ("✓", "right", cx.theme.accept),
        Some(false) => ("✗", "wrong", cx.theme.reject),
        None => ("–", "no verdict", cx.theme.weak),
    };
    (glyph, word, if v.parse_error { cx.theme.edit } else { color })
}

fn reasoning(v: &Verdict) -> Option<&str> {
    v.reasoning.as_deref().map(str::trim).filter(|t| !t.is_empty())
}

/// The mark of one judge, `named` where there is room for names.
pub fn verdict(ui: &mut Ui, cx: &Cx<'_>, place: usize, v: &Verdict, named: bool) {
    let (glyph, word, color) = told(cx, v);
    let short: String = v.judge.chars().take(14).collect();
    let error = if v.parse_error { " PARSE_ERROR" } else { "" };
    let text = if named { format!("{glyph} {short}{error}") } else { format!("{glyph}{}", if v.parse_error { "!" } else { "" }) };
    let label = egui::Label::new(RichText::new(text).small().color(color)).selectable(false).sense(Sense::click());
    let response = ui.add(label).on_hover_cursor(egui::CursorIcon::PointingHand);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("judge {}: {word}{error}", v.judge)));
    if response.has_focus() {
        ui.painter().rect_stroke(response.rect.expand(2.0), 3.0, ui.visuals().selection.stroke, egui::StrokeKind::Outside);
    }
    if response.clicked() {
        send(cx, AnswersCommand::Reasons(Some(place)));
    }
    response.on_hover_ui(|ui| {
        ui.set_max_width(420.0);
        ui.label(strong(format!("{}: {word}", v.judge)));
        if v.parse_error {
            ui.label(RichText::new(COPIED).color(cx.theme.edit));
        }
        ui.label(reasoning(v).unwrap_or(NONE).chars().take(MOST_HINTED).collect::<String>());
        ui.label(RichText::new(format!("Click: written out below{}", cx.key_hint(KeyAction::Reasons))).small().color(cx.theme.weak));
    });
}

const COPIED: &str = "The judge's reply could not be parsed: this verdict was copied from another item.";
const NONE: &str = "no reasoning given";

/// The reasoning of every judge, one below the other.
pub fn show(ui: &mut Ui, cx: &Cx<'_>, verdicts: &[Verdict]) {
    if verdicts.is_empty() {
        ui.label(RichText::new("No judge has given a verdict on this answer.").small().color(cx.theme.weak));
    }
    for v in verdicts {
        ui.scope(|ui| one(ui, cx, v));
    }
}

fn one(ui: &mut Ui, cx: &Cx<'_>, v: &Verdict) {
    ui.spacing_mut().item_spacing = vec2(6.0, 1.0);
    let (glyph, word, color) = told(cx, v);
    let head = format!("{glyph} {} · {word}", v.judge);
    ui.add(egui::Label::new(strong(head).size(12.0).color(color)).wrap());
    if v.parse_error {
        ui.add(egui::Label::new(RichText::new(COPIED).small().color(cx.theme.edit)).wrap());
    }
    let Some(text) = reasoning(v) else {
        ui.label(RichText::new(NONE).size(13.0).italics().color(cx.theme.weak));
        return;
    };
    let end = text.char_indices().nth(MOST_SHOWN).map_or(text.len(), |(at, _)| at);
    ui.add(egui::Label::new(RichText::new(&text[..end]).size(13.0).color(cx.theme.text)).wrap().selectable(true));
    if end < text.len() {
        ui.horizontal_wrapped(|ui| {
            let more = format!("… and {} more", count(text[end..].chars().count(), "character"));
            ui.label(RichText::new(more).small().color(cx.theme.weak));
            if ui.small_button("Copy the whole reasoning").on_hover_text(format!("What {} said, to the clipboard", v.judge)).clicked() {
                ui.ctx().copy_text(text.to_owned());
            }
        });
    }
}

fn scroll_id() -> Id {
    Id::unique("answers-scrolled-by-key")
}

/// Scrolls the answers by most of their height in the next frame.
pub fn scroll(context: &egui::Context, down: bool) {
    let step = if down { -1.0f32 } else { 1.0 };
    context.data_mut(|d| *d.get_temp_mut_or_default::<f32>(scroll_id()) += step);
    context.request_repaint();
}

/// Within the part that scrolls, `height` of which is in sight.
pub(super) fn scroll_list(ui: &mut Ui, height: f32) {
    let pages = ui.data_mut(|d| d.remove_temp::<f32>(scroll_id())).unwrap_or_default();
    if pages != 0.0 {
        ui.scroll_with_delta(vec2(0.0, pages * PAGE * height));
    }
}
