//! What geometry says to a text, beside it: the verdict of each claim, the numbers it hangs on, and why one is left open.
//!
//! A number under the pointer lights its drawing on the images; a click goes there.

use super::widgets::{millilitres, strong};
use super::{Cx, KeyAction};
use crate::geometry::claim::Unit;
use crate::geometry::judge::{Mark, Number, Verdict};
use crate::project::check::{Checked, Source};
use crate::state::{ClaimAt, Command, Judging, WitnessCommand};
use egui::{Response, RichText, Role, Sense, Ui, WidgetInfo, vec2};

/// The verdicts on a text; nothing where it makes no claim that geometry can judge.
pub fn show(ui: &mut Ui, cx: &Cx<'_>, source: &Source) {
    let witness = &cx.state.witness;
    if witness.judging == Judging::UnderWay && *source == Source::Reference {
        ui.label(RichText::new("geometry: measuring…").small().color(cx.theme.weak));
    }
    let Some((check, found)) = witness.check(source) else { return };
    for (claim, checked) in found.claims.iter().enumerate() {
        row(ui, cx, ClaimAt { check, claim }, checked);
    }
}

fn row(ui: &mut Ui, cx: &Cx<'_>, at: ClaimAt, checked: &Checked) {
    ui.add_space(2.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 2.0);
        ui.label(RichText::new("geometry").small().color(cx.theme.weak));
        verdict(ui, cx, at, checked);
        let numbers = &checked.judgement.numbers;
        let told = |n: usize| numbers[..n].iter().any(|m| (&m.what, m.value) == (&numbers[n].what, numbers[n].value));
        for (_, number) in numbers.iter().enumerate().filter(|(n, _)| !told(*n)) {
            self::number(ui, cx, at, number);
        }
        if let Some(reason) = &checked.judgement.reason {
            ui.label(RichText::new(reason.to_string()).small().color(cx.theme.weak));
        }
    });
}

/// A chip with glyph and word; a click shows or hides the evidence.
fn verdict(ui: &mut Ui, cx: &Cx<'_>, at: ClaimAt, checked: &Checked) {
    let verdict = checked.judgement.verdict;
    let text = strong(format!("{} {}", super::theme::verdict_glyph(verdict), verdict.word())).small().color(cx.theme.verdict(verdict));
    let shown = cx.state.witness.is_shown(at);
    let button = egui::Button::selectable(shown, text).frame_when_inactive(true);
    let response = ui.add(button);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, shown, format!("geometry {}: {}", verdict.word(), checked.claim)));
    light(cx, &response, at, None);
    let response = response.on_hover_text(explanation(cx, checked));
    if response.clicked() {
        cx.send(Command::Witness(if shown { WitnessCommand::Hide } else { WitnessCommand::Show(at) }));
    }
}

/// Claim, where it comes from, and what had to be exceeded.
fn explanation(cx: &Cx<'_>, checked: &Checked) -> String {
    let from = if checked.own { "claim of the source" } else { "read from the words" };
    let j = &checked.judgement;
    let unit = j.numbers.first().map_or(Unit::One, |n| n.unit);
    let margin = match (j.clearance, j.margin) {
        (Some(clearance), Some(margin)) if j.verdict != Verdict::Undetermined => {
            format!("\n{} beyond its limit; {} decide", amount(clearance.abs(), unit), amount(margin, unit))
        }
        (_, Some(margin)) => format!("\n{} would decide", amount(margin, unit)),
        _ => String::new(),
    };
    format!("{}  ({from}){margin}\nClick: show the evidence{}", checked.claim, cx.key_hint(KeyAction::Evidence))
}

fn number(ui: &mut Ui, cx: &Cx<'_>, at: ClaimAt, number: &Number) {
    let least = if number.at_least { "≥ " } else { "" };
    let text = format!("{} {least}{}", number.what, amount(number.value, number.unit));
    let response = ui.add(egui::Label::new(RichText::new(&text).small().color(cx.theme.text)).sense(Sense::click()));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &text));
    light(cx, &response, at, number.mark);
    if response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
        cx.send(Command::Witness(WitnessCommand::Show(at)));
    }
}

/// Lights what the pointer is on, and puts it out when the pointer leaves.
fn light(cx: &Cx<'_>, response: &Response, at: ClaimAt, mark: Option<Mark>) {
    let lit = cx.state.witness.lit();
    let this = Some((at, mark));
    if response.hovered() && lit != this {
        cx.send(Command::Witness(WitnessCommand::Light(this)));
    } else if !response.hovered() && lit == this {
        cx.send(Command::Witness(WitnessCommand::Light(None)));
    }
}

/// A number as the window writes it: mm with one decimal, mL with three significant digits.
pub fn amount(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Mm => format!("{value:.1} mm").replace('-', "−"),
        Unit::Ml => millilitres(value),
        Unit::One => format!("{value:.2}").replace('-', "−").trim_end_matches('0').trim_end_matches('.').to_owned(),
    }
}
