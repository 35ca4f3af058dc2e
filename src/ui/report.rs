//! The report, with the sentences that share words with the item marked.

use super::Cx;
use super::theme::STRONG;
use crate::state::Current;
use egui::text::{LayoutJob, TextFormat};
use egui::{FontFamily, FontId, RichText, Ui};
use std::ops::Range;

/// Draws the report at a text size; says so when there is none.
pub fn show(ui: &mut Ui, cx: &Cx<'_>, current: &Current, size: f32) {
    if current.report.is_empty() {
        let text = if current.item.is_some() { "No report was imported for this case." } else { "" };
        ui.label(RichText::new(text).color(cx.theme.weak));
        return;
    }
    let job = job(cx, current, size, ui.available_width());
    ui.add(egui::Label::new(job).selectable(true));
}

fn job(cx: &Cx<'_>, current: &Current, size: f32, width: f32) -> LayoutJob {
    let plain =
        TextFormat { font_id: FontId::proportional(size), color: cx.theme.weak, line_height: Some(size * 1.45), ..TextFormat::default() };
    let mut job = LayoutJob::default();
    job.wrap.max_width = width;
    for span in &current.spans {
        let marked = !span.shared.is_empty();
        let format = TextFormat { color: if marked { cx.theme.text } else { cx.theme.weak }, ..plain.clone() };
        let strong =
            TextFormat { font_id: FontId::new(size, FontFamily::Name(STRONG.into())), background: cx.theme.mark, ..format.clone() };
        append_span(&mut job, &current.report, span.range.clone(), &span.shared, &format, &strong);
    }
    job
}

fn append_span(job: &mut LayoutJob, text: &str, range: Range<usize>, shared: &[Range<usize>], plain: &TextFormat, strong: &TextFormat) {
    let mut at = range.start;
    for word in shared {
        job.append(&text[at..word.start], 0.0, plain.clone());
        job.append(&text[word.clone()], 0.0, strong.clone());
        at = word.end;
    }
    job.append(&text[at..range.end], 0.0, plain.clone());
}

/// The report in the place of the images, for a case without any.
pub fn instead_of_images(ui: &mut Ui, cx: &Cx<'_>, current: &Current) {
    egui::ScrollArea::vertical().id_salt("report-page").auto_shrink(false).show(ui, |ui| {
        let width = (ui.available_width() - 48.0).min(720.0);
        let margin = ((ui.available_width() - width) / 2.0).max(24.0);
        let column = egui::Rect::from_min_size(ui.cursor().min + egui::vec2(margin, 24.0), egui::vec2(width, f32::INFINITY));
        ui.scope_builder(egui::UiBuilder::new().max_rect(column), |ui| {
            if !current.report.is_empty() {
                ui.label(super::widgets::strong("Report").size(17.0));
                ui.add_space(8.0);
            }
            show(ui, cx, current, 15.0);
        });
    });
}
