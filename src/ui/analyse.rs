//! The Analyse workspace: a page of charts in reading order, drawn from the same marks as the report.

mod faults;

use super::Cx;
use super::theme;
use super::widgets::{count, strong};
use crate::analyse::draw::{Anchor, Drawing, Glyph, Hit, Ink, Mark, draw};
use crate::analyse::{Body, Chart, Grid, Section};
use crate::state::{AnalysesCommand, ChartFile, ChartFormat, Charts, Command};
use egui::{
    Align2, FontFamily, FontId, Id, Painter, Rect, RichText, Role, ScrollArea, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2,
};
use std::sync::Arc;

/// Wider charts are harder to read.
const WIDEST: f32 = 1080.0;
/// Charts are laid out again when the room changes by this much.
const STEP: f32 = 20.0;

pub fn show(ui: &mut Ui, cx: &Cx<'_>) {
    let frame = egui::Frame::new().fill(cx.theme.panel);
    egui::CentralPanel::default().frame(frame).show(ui, |ui| {
        state(ui, cx);
        let Some(charts) = &cx.state.analyses.charts else { return };
        faults::switch(ui, cx, charts);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let width = (ui.available_width() - 48.0).clamp(320.0, WIDEST);
            let side = ((ui.available_width() - width) / 2.0).max(16.0);
            egui::Frame::new().inner_margin(egui::Margin::symmetric(side as i8, 12)).show(ui, |ui| {
                ui.set_width(width);
                page(ui, cx, charts, width);
            });
        });
    });
}

/// What is going on: computing, stopped, or charts that no longer hold.
fn state(ui: &mut Ui, cx: &Cx<'_>) {
    let a = &cx.state.analyses;
    let make = |volumes| cx.send(Command::Analyses(AnalysesCommand::Make { volumes }));
    let text = match (a.making, a.stopped, a.stale(), a.charts.is_some()) {
        (true, _, _, true) => "Computing the charts anew; those below are from before.",
        (true, _, _, false) => "Computing the charts…",
        (false, true, _, _) => "The charts were not computed.",
        (false, false, true, _) => "The project has changed since these charts were computed.",
        (false, false, false, true) => return,
        (false, false, false, false) => "There are no charts yet.",
    };
    egui::Frame::new().fill(cx.theme.card).inner_margin(egui::Margin::symmetric(16, 8)).show(ui, |ui| {
        ui.horizontal(|ui| {
            if a.making {
                ui.spinner();
            }
            ui.label(text);
            let stop = cx.state.jobs.iter().find(|j| j.title == super::ANALYSING).filter(|_| a.making);
            if let Some(job) = stop {
                let percent = job.fraction.map_or_else(String::new, |f| format!("{:.0} %", 100.0 * f));
                ui.label(RichText::new(percent).color(cx.theme.weak));
                if ui.button("Stop").on_hover_text("Stop computing; charts from before stay").clicked() {
                    cx.send(Command::CancelJob(job.id));
                }
            }
            if !a.making && ui.button("Compute").on_hover_text("Compute all charts from the project as it is now").clicked() {
                make(true);
            }
            let tip = "Leave out what needs the labels of every case to be measured";
            if !a.making && a.stopped && ui.button("Compute without volumes").on_hover_text(tip).clicked() {
                make(false);
            }
            ui.add_space(ui.available_width());
        });
    });
}

fn page(ui: &mut Ui, cx: &Cx<'_>, charts: &Arc<Charts>, width: f32) {
    for section in Section::ALL {
        ui.add_space(20.0);
        ui.label(strong(section.title()).size(20.0));
        ui.add_space(8.0);
        if cx.state.answers.blind && matches!(section, Section::Models | Section::Why) {
            ui.label(
                RichText::new("Models are hidden while you label blind; switch that off in Compare to see these charts.")
                    .color(cx.theme.weak),
            );
            continue;
        }
        for chart in charts.charts.iter().filter(|c| c.section == section) {
            one(ui, cx, charts, chart, width);
            ui.add_space(24.0);
        }
    }
}

fn one(ui: &mut Ui, cx: &Cx<'_>, charts: &Arc<Charts>, chart: &Arc<Chart>, width: f32) {
    ui.horizontal(|ui| {
        ui.label(strong(&chart.title).size(16.0));
        if chart.grid().is_some() {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ChartFormat::ALL.into_iter().rev().for_each(|format| save(ui, cx, chart, format));
            });
        }
    });
    ui.label(RichText::new(chart.answers).color(cx.theme.weak));
    match &chart.body {
        Body::Missing(why) => {
            cx.theme.card_frame().show(ui, |ui| ui.label(why));
        }
        Body::Grid(grid) => {
            figure(ui, cx, charts, chart, grid, width);
            for note in &chart.notes {
                ui.label(RichText::new(note).size(12.0).color(cx.theme.weak));
            }
        }
    }
}

fn save(ui: &mut Ui, cx: &Cx<'_>, chart: &Arc<Chart>, format: ChartFormat) {
    let what = if format == ChartFormat::Csv { "numbers" } else { "picture" };
    let response = ui.small_button(format.name());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Save {} as {}", chart.title, format.name())));
    if response.on_hover_text(format!("Save the {what} as {}…", format.name())).clicked() {
        cx.send(Command::Analyses(AnalysesCommand::Save(ChartFile { chart: Arc::clone(chart), format })));
    }
}

fn figure(ui: &mut Ui, cx: &Cx<'_>, charts: &Arc<Charts>, chart: &Arc<Chart>, grid: &Grid, width: f32) {
    let drawing = laid_out(ui, charts, chart, grid, (width / STEP).floor() * STEP);
    ScrollArea::horizontal().id_salt(&chart.id).auto_shrink([false, true]).show(ui, |ui| {
        let (rect, response) = ui.allocate_exact_size(vec2(drawing.width, drawing.height), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("chart: {}", chart.title)));
        if !ui.is_rect_visible(rect) {
            return;
        }
        paint(&ui.painter_at(rect.expand(4.0)), rect.min.to_vec2(), &drawing, cx.theme.dark);
        for hit in &drawing.hits {
            point(ui, cx, chart, grid, hit, rect.min.to_vec2());
        }
    });
}

/// The layout of a chart, kept from frame to frame.
fn laid_out(ui: &Ui, charts: &Arc<Charts>, chart: &Chart, grid: &Grid, width: f32) -> Arc<Drawing> {
    let id = Id::unique(("chart", &chart.id));
    let key = (Arc::as_ptr(charts) as usize, width as u32);
    let kept: Option<((usize, u32), Arc<Drawing>)> = ui.data(|d| d.get_temp(id));
    if let Some((_, drawing)) = kept.filter(|(of, _)| *of == key) {
        return drawing;
    }
    let drawing = Arc::new(draw(grid, width));
    ui.data_mut(|d| d.insert_temp(id, (key, Arc::clone(&drawing))));
    drawing
}

/// A place on the chart that tells its number and shows its items.
fn point(ui: &mut Ui, cx: &Cx<'_>, chart: &Arc<Chart>, grid: &Grid, hit: &Hit, by: Vec2) {
    let [x, y, w, h] = hit.at;
    let rect = Rect::from_min_size(pos2(x, y) + by, vec2(w, h));
    if !ui.is_rect_visible(rect) {
        return;
    }
    let response = ui.interact(rect, Id::unique(("point", &chart.id, hit.row, hit.column)), Sense::click());
    let said = grid.describe(hit.row, hit.column);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{} · {said}", chart.title)));
    let items = grid.point(hit.row, hit.column).items.len();
    if response.hovered() || response.has_focus() {
        ui.painter().rect_stroke(rect, 2.0, Stroke::new(1.5, cx.theme.selection), egui::StrokeKind::Inside);
    }
    let tip = if items > 0 { format!("{said}\nClick: {} in the queue", count(items, "item")) } else { said };
    if response.on_hover_text(tip).clicked() && items > 0 {
        cx.send(Command::Analyses(AnalysesCommand::Show { chart: Arc::clone(chart), row: hit.row, column: hit.column }));
    }
}

/// The ground of charts in pictures.
pub fn chart_ground() -> egui::Color32 {
    theme::ink(Ink::Ground, false)
}

/// Puts a drawing down, moved by `by`.
pub fn paint(painter: &Painter, by: Vec2, drawing: &Drawing, dark: bool) {
    let place = |[x, y]: [f32; 2]| pos2(x, y) + by;
    let sight = painter.clip_rect().y_range();
    for mark in &drawing.marks {
        let [top, bottom] = mark.upright();
        if bottom + by.y < sight.min || top + by.y > sight.max {
            continue; // of a long chart, only what is in sight is laid out
        }
        match mark {
            Mark::Rect { at: [x, y, w, h], ink } => {
                painter.rect_filled(Rect::from_min_size(place([*x, *y]), vec2(*w, *h)), 0.0, theme::ink(*ink, dark));
            }
            Mark::Line { from, to, ink, width } => {
                painter.line_segment([place(*from), place(*to)], Stroke::new(*width, theme::ink(*ink, dark)));
            }
            Mark::Polygon { points, ink } => {
                let points = points.iter().map(|p| place(*p)).collect();
                painter.add(Shape::closed_line(points, Stroke::new(1.75, theme::ink(*ink, dark))));
            }
            Mark::Glyph { at, glyph: Glyph::Disc, ink } => _ = painter.circle_filled(place(*at), 4.0, theme::ink(*ink, dark)),
            Mark::Glyph { at, glyph, ink } => {
                let corners = glyph.corners(*at).into_iter().map(place).collect();
                painter.add(Shape::convex_polygon(corners, theme::ink(*ink, dark), Stroke::NONE));
            }
            Mark::Text { at, text, size, ink, anchor, bold } => {
                let align = match anchor {
                    Anchor::Start => Align2::LEFT_BOTTOM,
                    Anchor::Middle => Align2::CENTER_BOTTOM,
                    Anchor::End => Align2::RIGHT_BOTTOM,
                };
                let family = if *bold { FontFamily::Name(theme::STRONG.into()) } else { FontFamily::Proportional };
                // Inter's descenders are a quarter of its size: the mark's place is on the baseline.
                painter.text(place([at[0], at[1] + size * 0.25]), align, text, FontId::new(*size, family), theme::ink(*ink, dark));
            }
        }
    }
}
