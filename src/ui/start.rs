//! The start screen: new, open, demo, recent projects, and where to drop folders.

use super::Cx;
use super::widgets::{filled_button, strong};
use crate::state::{Command, FilePick, ProjectCommand, SettingsCommand};
use egui::{RichText, Ui, vec2};

pub fn show(ui: &mut Ui, cx: &Cx<'_>) {
    let frame = egui::Frame::new().fill(cx.theme.under);
    egui::CentralPanel::no_frame().frame(frame).show(ui, |ui| {
        let width = 520.0f32.min(ui.available_width() - 48.0);
        let top = (ui.available_height() * 0.16 - 16.0).max(0.0);
        let area =
            egui::Rect::from_min_size(ui.max_rect().center_top() + vec2(-width / 2.0, top), vec2(width, ui.available_height() - top));
        let mut child = ui.new_child(egui::UiBuilder::new().max_rect(area));
        // With large text there is more than a small window holds.
        egui::ScrollArea::vertical().auto_shrink(false).show(&mut child, |ui| {
            ui.add_space(16.0);
            content(ui, cx);
            ui.add_space(16.0);
        });
    });
}

fn content(ui: &mut Ui, cx: &Cx<'_>) {
    ui.label(strong("voxaudit").size(30.0));
    ui.label(RichText::new("Audit spatial questions about CT volumes: look, decide, export.").color(cx.theme.weak));
    ui.add_space(24.0);
    ui.horizontal_wrapped(|ui| {
        if filled_button(ui, cx.theme, "Open demo", cx.theme.selection, 140.0)
            .on_hover_text("A generated CT with questions to try everything on")
            .clicked()
        {
            cx.send(Command::Project(ProjectCommand::Demo));
        }
        if ui.add(egui::Button::new("New project…").min_size(vec2(140.0, 32.0))).clicked() {
            cx.send(Command::Pick(FilePick::NewProject));
        }
        if ui.add(egui::Button::new("Open…").min_size(vec2(140.0, 32.0))).clicked() {
            cx.send(Command::Pick(FilePick::OpenProject));
        }
    });
    ui.add_space(24.0);
    recent(ui, cx);
    ui.add_space(24.0);
    ui.label(
        RichText::new("Or drop here: a .voxaudit project, the CT-SpatialVQA folder, QA or report files, or a folder of NIfTI images.")
            .small()
            .color(cx.theme.weak),
    );
}

fn recent(ui: &mut Ui, cx: &Cx<'_>) {
    if cx.state.settings.recent.is_empty() {
        return;
    }
    ui.label(strong("Recent"));
    ui.add_space(4.0);
    for path in &cx.state.settings.recent {
        ui.horizontal(|ui| {
            let name = path.file_stem().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            if ui.add(egui::Button::new(name).min_size(vec2(200.0, 28.0))).on_hover_text("Open").clicked() {
                cx.send(Command::Project(ProjectCommand::Open(path.clone())));
            }
            let folder = path.parent().map_or_else(String::new, |p| p.display().to_string());
            let forget = ui.small_button("✕");
            forget.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Forget {}", path.display())));
            if forget.on_hover_text("Remove from this list; the file stays").clicked() {
                cx.send(Command::Settings(SettingsCommand::Forget(path.clone())));
            }
            ui.add(egui::Label::new(RichText::new(folder).small().color(cx.theme.weak)).truncate());
        });
    }
}
