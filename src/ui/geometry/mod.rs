//! The geometry panel below the images: tables of structures, of pairs and of left against right, and one structure over all cases.
//!
//! A row leads to its structure and draws it; a number under the pointer lights its own drawing, a click keeps it.

mod cases;
mod choice;
mod pairs;
mod sides;
mod structures;
mod table;

use super::columns::Divider;
use super::widgets::toggle;
use super::{Cx, KeyAction};
use crate::geometry::measures::CaseMeasures;
use crate::state::{Command, GeometryCommand, Progress, Tab};
use crate::volume::LabelSet;
use egui::{Align, Layout, Rangef, RichText, Role, Ui, WidgetInfo};

/// Height that the images and their tools keep, and their share of a low window.
const IMAGES: f32 = 260.0;
const LEAST: f32 = 120.0;
const LOW_SHARE: f32 = 0.5;
/// A lower panel has its rows in the place of what is above them.
const LOW: f32 = 190.0;
/// In a narrower one the tables are chosen from a menu.
const NARROW: f32 = 460.0;

const TABS: [(Tab, &str, &str); 4] = [
    (Tab::Structures, "Structures", "Every structure of this case with its measures"),
    (Tab::Pairs, "Pairs", "Two structures: distances, directions, overlap, contact"),
    (Tab::Sides, "Left–right", "Volumes of the patient's left against right"),
    (Tab::Cases, "Over cases", "One structure's volume over all cases of the project"),
];

fn send(cx: &Cx<'_>, command: GeometryCommand) {
    cx.send(Command::Geometry(command));
}

/// Below what is left of `ui`; returns its height when it was dragged. A small window lowers it and is not remembered.
pub fn dock(ui: &mut Ui, cx: &Cx<'_>) -> Option<f32> {
    let layout = cx.state.settings.layout;
    if !layout.geometry_open {
        return None;
    }
    let room = ui.available_height();
    let most = (room - IMAGES).max(room * LOW_SHARE).max(LEAST);
    let frame = egui::Frame::new().fill(cx.theme.under).inner_margin(egui::Margin::symmetric(10, 6));
    let wanted = layout.geometry.clamp(LEAST, most);
    let divider = Divider::new(ui, "geometry", 1, (wanted, Rangef::new(LEAST, most)));
    let panel = egui::Panel::bottom("geometry").resizable(true).default_size(wanted).size_range(LEAST..=most).frame(frame);
    panel.show(ui, |ui| {
        // As high as it was dragged, however few the rows; and what is too wide for it must not push it aside.
        let rect = ui.available_rect_before_wrap();
        let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(rect));
        inner.set_clip_rect(rect.expand(2.0).intersect(ui.clip_rect()));
        header(&mut inner, cx);
        inner.add_space(2.0);
        body(&mut inner, cx);
        ui.allocate_rect(rect, egui::Sense::hover());
    });
    divider.dragged(ui)
}

fn header(ui: &mut Ui, cx: &Cx<'_>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        if ui.available_width() < NARROW {
            tab_menu(ui, cx);
        } else {
            for (tab, name, tip) in TABS {
                if toggle(ui, cx.state.geometry.tab == tab, name, tip) {
                    send(cx, GeometryCommand::Tab(tab));
                }
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let close = ui.small_button("✕");
            close.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Close the geometry panel"));
            if close.on_hover_text(format!("Close{}", cx.key_hint(KeyAction::Geometry))).clicked() {
                send(cx, GeometryCommand::Toggle);
            }
            copy(ui, cx);
            progress(ui, cx);
        });
    });
}

/// The same as the row of tabs.
fn tab_menu(ui: &mut Ui, cx: &Cx<'_>) {
    let now = TABS.iter().find(|t| t.0 == cx.state.geometry.tab).map_or("", |t| t.1);
    let response = ui.menu_button(format!("{now}  ▾"), |ui| {
        for (tab, name, tip) in TABS {
            if ui.selectable_label(cx.state.geometry.tab == tab, name).on_hover_text(tip).clicked() {
                send(cx, GeometryCommand::Tab(tab));
                ui.close();
            }
        }
    });
    response.response.on_hover_text("Which table is shown");
}

/// The panel has little height.
fn low(ui: &Ui) -> bool {
    ui.max_rect().height() < LOW
}

fn copy(ui: &mut Ui, cx: &Cx<'_>) {
    let tab = cx.state.geometry.tab;
    let ready = match tab {
        Tab::Cases => cx.state.geometry.volumes.is_some(),
        Tab::Pairs => measures(cx).is_some_and(|(_, m)| !m.pairs.is_empty()),
        Tab::Structures | Tab::Sides => measures(cx).is_some(),
    };
    let what = match tab {
        Tab::Cases => "this structure's volume in every case",
        Tab::Pairs => "every measured pair of this case",
        Tab::Structures | Tab::Sides => "every structure of this case",
    };
    let button = ui.add_enabled(ready, egui::Button::new("Copy CSV"));
    if button.on_hover_text(format!("Copy {what}, with the columns of voxaudit measure --csv")).clicked() {
        send(cx, GeometryCommand::Copy);
    }
}

/// How far the structures of this case are measured.
fn progress(ui: &mut Ui, cx: &Cx<'_>) {
    match &cx.state.geometry.measuring {
        Progress::Nothing | Progress::Done => {}
        Progress::UnderWay => {
            let text = format!("measuring shapes and HU…{}", percent(cx, "measuring structures"));
            ui.add(egui::Label::new(RichText::new(text).small().color(cx.theme.weak)).truncate());
        }
        Progress::Not(why) => {
            if ui.button("Measure again").on_hover_text("Shapes and HU of every structure").clicked() {
                send(cx, GeometryCommand::Measure);
            }
            ui.add(egui::Label::new(RichText::new(why).small().color(cx.theme.weak)).truncate());
        }
    }
}

/// ` 43 %` of a running job.
fn percent(cx: &Cx<'_>, title: &str) -> String {
    let fraction = cx.state.jobs.iter().find(|j| j.title == title).and_then(|j| j.fraction);
    fraction.map_or_else(String::new, |f| format!(" {:.0} %", f * 100.0))
}

/// Labels and measures of the case on screen.
fn measures<'a>(cx: &Cx<'a>) -> Option<(&'a LabelSet, &'a CaseMeasures)> {
    let scene = cx.state.project.as_ref()?.scene()?;
    Some((scene.labels()?, cx.state.witness.measures(scene.key())?))
}

fn body(ui: &mut Ui, cx: &Cx<'_>) {
    if cx.state.geometry.tab == Tab::Cases {
        return cases::show(ui, cx);
    }
    let scene = cx.state.project.as_ref().and_then(|p| p.scene());
    match (scene, measures(cx)) {
        (None, _) => nothing(ui, cx, "No case is on screen yet.", "Its structures are measured as soon as it is."),
        (Some(s), _) if s.labels().is_none() => {
            nothing(ui, cx, "No masks for this case.", "Import a label map or a folder of masks to measure structures.");
        }
        (_, None) => nothing(ui, cx, "Measuring…", ""),
        (_, Some((labels, m))) => match cx.state.geometry.tab {
            Tab::Structures => structures::show(ui, cx, labels, m),
            Tab::Pairs => pairs::show(ui, cx, labels, m),
            Tab::Sides | Tab::Cases => sides::show(ui, cx, labels, m),
        },
    }
}

fn nothing(ui: &mut Ui, cx: &Cx<'_>, what: &str, next: &str) {
    ui.vertical_centered(|ui| {
        ui.add_space(16.0);
        ui.label(RichText::new(what).color(cx.theme.weak));
        ui.label(RichText::new(next).small().color(cx.theme.weak));
    });
}

/// The name to read.
fn title(labels: &LabelSet, index: usize) -> String {
    labels.table.get(index).map_or_else(String::new, |l| l.title().into_owned())
}
