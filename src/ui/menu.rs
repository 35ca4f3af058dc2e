//! The project menu and the settings menu.

use super::widgets::strong;
use super::{Cx, KeyAction};
use crate::space::Convention;
use crate::state::{Command, Dialog, ExportOptions, FilePick, GeometryCommand, OpenProject, ProjectCommand, SettingsCommand, ThemeChoice};
use egui::{RichText, Role, Ui, WidgetInfo};

pub fn project(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject) {
    let response = ui
        .menu_button(strong(format!("{}  ▾", p.name())), |ui| {
            ui.set_min_width(200.0);
            file_entries(ui, cx);
            ui.separator();
            let busy = p.busy || p.read_only;
            entry(ui, cx, !busy, "Import…", "Add questions, reports, images, masks, answers or verdicts", Command::Open(Dialog::Import));
            entry(
                ui,
                cx,
                !p.busy,
                "Export…",
                "Write the audited dataset",
                Command::Open(Dialog::Export { options: ExportOptions::beside(&p.path) }),
            );
            entry(ui, cx, true, "Save a copy…", "The whole project in a new file", Command::Pick(FilePick::Copy));
            entry(ui, cx, true, "Data roots…", "Where images are on this machine", Command::Open(Dialog::Roots));
            entry(ui, cx, !p.busy, "Verify", "Check the file and the chain of events", Command::Project(ProjectCommand::Verify));
            let check = Command::Geometry(GeometryCommand::Check);
            entry(ui, cx, !busy, "Check answers against geometry", "Hold every answer against the measures of its case", check);
            ui.separator();
            entry(ui, cx, true, "Close project", "Back to the start screen", Command::Project(ProjectCommand::Close));
        })
        .response;
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Project menu"));
    response.on_hover_text(p.path.display().to_string());
}

fn entry(ui: &mut Ui, cx: &Cx<'_>, enabled: bool, text: &str, tip: &str, command: Command) {
    if ui.add_enabled(enabled, egui::Button::new(text)).on_hover_text(tip).clicked() {
        cx.send(command);
        ui.close();
    }
}

fn file_entries(ui: &mut Ui, cx: &Cx<'_>) {
    let send = |c: Command| cx.send(c);
    if ui.button("New project…").clicked() {
        send(Command::Pick(FilePick::NewProject));
        ui.close();
    }
    if ui.button("Open…").clicked() {
        send(Command::Pick(FilePick::OpenProject));
        ui.close();
    }
    if !cx.state.settings.recent.is_empty() {
        ui.menu_button("Open recent", |ui| {
            for path in &cx.state.settings.recent {
                let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
                if ui.button(name).on_hover_text(path.display().to_string()).clicked() {
                    send(Command::Project(ProjectCommand::Open(path.clone())));
                    ui.close();
                }
            }
        });
    }
}

/// How many cases stay in memory, so that going back to them is instant.
fn memory(ui: &mut Ui, cx: &Cx<'_>) {
    let change = |mib| cx.send(Command::Settings(SettingsCommand::ImageMemory(mib)));
    let chosen = cx.state.settings.image_memory_mib;
    let third = cx.state.memory as f64 / 3.0 / f64::from(1 << 30);
    ui.label(RichText::new("Memory for images").small().color(cx.theme.weak)).on_hover_text("Cases that stay in memory are shown at once");
    ui.horizontal(|ui| {
        if ui.selectable_label(chosen.is_none(), format!("a third ({third:.1} GB)")).clicked() {
            change(None);
        }
        for gib in [1u32, 2, 4, 8, 16].into_iter().filter(|gib| u64::from(*gib) << 30 < cx.state.memory) {
            if ui.selectable_label(chosen == Some(gib << 10), format!("{gib} GB")).clicked() {
                change(Some(gib << 10));
            }
        }
    });
}

pub fn settings(ui: &mut Ui, cx: &Cx<'_>) {
    let s = &cx.state.settings;
    let change = |c: SettingsCommand| cx.send(Command::Settings(c));
    let response = ui
        .menu_button("⚙", |ui| {
            ui.set_min_width(220.0);
            ui.label(RichText::new("Theme").small().color(cx.theme.weak));
            ui.horizontal(|ui| {
                for (theme, name) in [
                    (ThemeChoice::Dark, "Dark"),
                    (ThemeChoice::Light, "Light"),
                    (ThemeChoice::HighContrast, "High contrast"),
                    (ThemeChoice::System, "System"),
                ] {
                    if ui.selectable_label(s.theme == theme, name).clicked() {
                        change(SettingsCommand::Theme(theme));
                    }
                }
            });
            let keys = [KeyAction::TextSmaller, KeyAction::TextLarger].map(|a| cx.keys.shown(a).unwrap_or_default());
            ui.label(RichText::new(format!("Text and controls  ({})", keys.join("  "))).small().color(cx.theme.weak));
            ui.horizontal(|ui| {
                for percent in [80, 100, 125, 150, 200] {
                    let scale = percent as f32 / 100.0;
                    if ui.selectable_label((s.text_scale - scale).abs() < 0.01, format!("{percent} %")).clicked() {
                        change(SettingsCommand::TextScale(scale));
                    }
                }
            });
            ui.label(RichText::new("Patient's right is on the").small().color(cx.theme.weak));
            ui.horizontal(|ui| {
                let names = [(Convention::Radiological, "left (radiological)"), (Convention::Neurological, "right (neurological)")];
                for (convention, name) in names {
                    if ui.selectable_label(s.convention == convention, name).clicked() {
                        change(SettingsCommand::Convention(convention));
                    }
                }
            });
            memory(ui, cx);
            ui.separator();
            if ui.button("About voxaudit").clicked() {
                cx.send(Command::Open(Dialog::About));
                ui.close();
            }
        })
        .response;
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Settings"));
    response.on_hover_text("Theme, text size, convention, memory");
}
