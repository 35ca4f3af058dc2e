//! The top bar: project menu, progress, reviewer, help.

use super::widgets::{strong, thousands};
use super::{Cx, KeyAction, menu};
use crate::state::{Command, Dialog, FilePick, OpenProject, Workspace};
use egui::{Align, Layout, RichText, Role, TextStyle, TextWrapMode, Ui, WidgetInfo, WidgetText};

pub fn show(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(p) = &cx.state.project else { return };
    let frame = egui::Frame::new().fill(cx.theme.under).inner_margin(egui::Margin::symmetric(12, 6));
    egui::Panel::top("top").exact_size(40.0).show_separator_line(true).frame(frame).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            menu::project(ui, cx, p);
            ui.scope(|ui| workspaces(ui, cx));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.button("?").on_hover_text(format!("Keys{}", cx.key_hint(KeyAction::Help))).clicked() {
                    cx.send(Command::Open(Dialog::Keys));
                }
                menu::settings(ui, cx);
                reviewer(ui, cx);
                ui.separator();
                progress(ui, cx, p);
            });
        });
    });
    if let Some(text) = &cx.state.banner {
        let frame = egui::Frame::new().fill(cx.theme.mark).inner_margin(egui::Margin::symmetric(12, 6));
        egui::Panel::top("banner").show_separator_line(false).frame(frame).show(ui, |ui| banner(ui, cx, p, text));
    }
}

/// What blocks, and the way out where there is one.
fn banner(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, text: &str) {
    ui.horizontal_wrapped(|ui| {
        if p.lost.is_some() && ui.button("Save a copy…").on_hover_text("With every decision of this window").clicked() {
            cx.send(Command::Pick(FilePick::Copy));
        }
        ui.label(text);
    });
}

fn workspaces(ui: &mut Ui, cx: &Cx<'_>) {
    ui.spacing_mut().item_spacing.x = 4.0;
    for workspace in Workspace::ALL {
        let on = cx.state.workspace == workspace;
        let response = ui.add(egui::Button::selectable(on, workspace.name()));
        response.widget_info(|| WidgetInfo::selected(Role::Tab, true, on, format!("{} workspace", workspace.name())));
        if response.on_hover_text(format!("{}{}", workspace.about(), cx.key_hint(KeyAction::NextWorkspace))).clicked() {
            cx.send(Command::Workspace(workspace));
        }
    }
}

fn reviewer(ui: &mut Ui, cx: &Cx<'_>) {
    if cx.state.posing {
        return; // a picture names nobody
    }
    let (text, tip) = match &cx.state.reviewer {
        Some(r) => (strong(&r.initials), format!("Reviewing as {}. Click to change.", r.name)),
        None => (RichText::new("Who reviews?").color(cx.theme.edit), "Decisions need a reviewer".to_owned()),
    };
    if ui.button(text).on_hover_text(tip).clicked() {
        let r = cx.state.reviewer.clone().or_else(|| cx.state.settings.reviewer.clone());
        let (name, initials) = r.map_or_else(Default::default, |r| (r.name, r.initials));
        cx.send(Command::Open(Dialog::Reviewer { name, initials }));
    }
}

/// Width of the bar.
const BAR: f32 = 96.0;

/// What is decided, or in Compare what is judged. Where there is little room the bar goes first, then the words.
fn progress(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject) {
    let (done, all, words) = match (cx.state.workspace, &cx.state.answers.table) {
        (Workspace::Compare, None) => return,
        (Workspace::Compare, Some(table)) => {
            let said = table.said();
            (said.judged, said.answered, ["of", "answers judged"])
        }
        _ => (p.decided(), p.items.len(), ["/", "decided"]),
    };
    let short = format!("{} {} {}", thousands(done), words[0], thousands(all));
    let long = format!("{short} {}", words[1]);
    let width =
        |ui: &Ui, text: &str| WidgetText::from(text).into_galley(ui, Some(TextWrapMode::Extend), f32::INFINITY, TextStyle::Body).size().x;
    let (room, gap) = (ui.available_width(), ui.spacing().item_spacing.x);
    let full = width(ui, &long);
    if full + gap <= room {
        ui.label(RichText::new(&long).color(cx.theme.weak));
    } else if width(ui, &short) + gap <= room {
        ui.label(RichText::new(short).color(cx.theme.weak)).on_hover_text(&long);
    }
    if full + BAR + 3.0 * gap <= room {
        bar(ui, cx, done as f32 / all.max(1) as f32);
    }
}

fn bar(ui: &mut Ui, cx: &Cx<'_>, share: f32) {
    let (rect, response) = ui.allocate_exact_size(egui::vec2(BAR, 4.0), egui::Sense::hover());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, "Progress");
        info.value = Some(f64::from(share));
        info
    });
    ui.painter().rect_filled(rect, 2.0, cx.theme.hover);
    let done = egui::Rect::from_min_size(rect.min, egui::vec2(rect.width() * share, rect.height()));
    ui.painter().rect_filled(done, 2.0, cx.theme.accept);
}
