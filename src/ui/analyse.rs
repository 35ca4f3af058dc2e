//! The Analyse workspace: a page of charts in reading order, drawn from the same marks as the report.

mod faults;
mod figure;
mod paint;
mod sight;

pub use paint::{chart_ground, paint};

use super::Cx;
use super::keys::CHART_MOUSE;
use super::widgets::strong;
use crate::analyse::{Body, Chart, Section};
use crate::state::{AnalysesCommand, ChartFile, ChartFormat, Charts, Command};
use egui::{Rect, RichText, Role, ScrollArea, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use std::sync::Arc;

/// Wider charts are harder to read.
const WIDEST: f32 = 1080.0;

pub fn show(ui: &mut Ui, cx: &Cx<'_>) {
    let frame = egui::Frame::new().fill(cx.theme.under);
    egui::CentralPanel::default().frame(frame).show(ui, |ui| {
        state(ui, cx);
        let Some(charts) = &cx.state.analyses.charts else { return };
        faults::switch(ui, cx, charts);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let width = (ui.available_width() - 48.0).clamp(320.0, WIDEST);
            let side = ((ui.available_width() - width) / 2.0).max(16.0);
            let room = ui.available_rect_before_wrap();
            let middle = Rect::from_min_max(room.min + vec2(side, 12.0), pos2(room.left() + side + width, room.bottom()));
            ui.scope_builder(UiBuilder::new().max_rect(middle), |ui| page(ui, cx, charts, width));
            ui.add_space(12.0);
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
            one(ui, cx, chart, width);
            ui.add_space(24.0);
        }
    }
}

fn one(ui: &mut Ui, cx: &Cx<'_>, chart: &Arc<Chart>, width: f32) {
    ui.horizontal(|ui| {
        let title = ui.label(strong(&chart.title).size(16.0));
        if chart.grid().is_some() {
            title.on_hover_ui(|ui| {
                ui.label(CHART_MOUSE.map(|(gesture, help)| format!("{gesture}: {help}")).join("\n"));
            });
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ChartFormat::ALL.into_iter().rev().for_each(|format| save(ui, cx, chart, format));
                reset(ui, chart);
            });
        }
    });
    ui.label(RichText::new(chart.answers).color(cx.theme.weak));
    match &chart.body {
        Body::Missing(why) => {
            cx.theme.card_frame().show(ui, |ui| ui.label(why));
        }
        Body::Grid(grid) => {
            figure::show(ui, cx, chart, grid, width);
            for note in &chart.notes {
                ui.label(RichText::new(note).size(12.0).color(cx.theme.weak));
            }
        }
    }
}

/// Only while there is something to reset.
fn reset(ui: &mut Ui, chart: &Chart) {
    if !figure::is_enlarged(ui, chart) {
        return;
    }
    let response = ui.small_button("Reset zoom");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Reset zoom of {}", chart.title)));
    if response.on_hover_text("Show the whole chart again; so does a double-click beside its points").clicked() {
        figure::show_whole(ui, chart);
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
