//! The geometry panel below the images: tables of structures, of pairs and of left against right, and one structure over all cases.
//!
//! A row leads to its structure and draws it; a number under the pointer lights its own drawing, a click keeps it.

mod cases;
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
use egui::{Align, Layout, Rangef, RichText, Role, Ui, WidgetInfo, vec2};

/// Height that the images and their tools keep.
const IMAGES: f32 = 260.0;
const LEAST: f32 = 120.0;

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
    let most = (ui.available_height() - IMAGES).max(LEAST);
    let frame = egui::Frame::new().fill(cx.theme.panel).inner_margin(egui::Margin::symmetric(10, 6));
    let wanted = layout.geometry.clamp(LEAST, most);
    let divider = Divider::new(ui, "geometry", 1, (wanted, Rangef::new(LEAST, most)));
    let panel = egui::Panel::bottom("geometry").resizable(true).default_size(wanted).size_range(LEAST..=most).frame(frame);
    panel.show(ui, |ui| {
        ui.set_min_size(ui.available_size()); // as high as it was dragged, however few the rows
        header(ui, cx);
        ui.add_space(2.0);
        body(ui, cx);
    });
    divider.dragged(ui)
}

fn header(ui: &mut Ui, cx: &Cx<'_>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for (tab, name, tip) in TABS {
            if toggle(ui, cx.state.geometry.tab == tab, name, tip) {
                send(cx, GeometryCommand::Tab(tab));
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let close = ui.small_button("✕");
            close.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Close the geometry panel"));
            if close.on_hover_text(format!("Close{}", cx.key_hint(KeyAction::Geometry))).clicked() {
                send(cx, GeometryCommand::Toggle);
            }
            if cx.state.geometry.tab != Tab::Cases {
                copy(ui, cx);
            }
            progress(ui, cx);
        });
    });
}

fn copy(ui: &mut Ui, cx: &Cx<'_>) {
    let ready = measures(cx).is_some_and(|(_, m)| cx.state.geometry.tab != Tab::Pairs || !m.pairs.is_empty());
    let what = if cx.state.geometry.tab == Tab::Pairs { "every measured pair" } else { "every structure" };
    let button = ui.add_enabled(ready, egui::Button::new("Copy CSV"));
    if button.on_hover_text(format!("Copy {what} of this case, with the columns of voxaudit measure --csv")).clicked() {
        send(cx, GeometryCommand::Copy);
    }
}

/// How far the structures of this case are measured.
fn progress(ui: &mut Ui, cx: &Cx<'_>) {
    match &cx.state.geometry.measuring {
        Progress::Nothing | Progress::Done => {}
        Progress::UnderWay => {
            ui.label(
                RichText::new(format!("measuring shapes and HU…{}", percent(cx, "measuring structures"))).small().color(cx.theme.weak),
            );
        }
        Progress::Not(why) => {
            if ui.button("Measure again").on_hover_text("Shapes and HU of every structure").clicked() {
                send(cx, GeometryCommand::Measure);
            }
            ui.label(RichText::new(why).small().color(cx.theme.weak));
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

/// A drop-down with a search field, from which one of `names` is chosen. Only the names in sight are drawn.
fn choose(ui: &mut Ui, cx: &Cx<'_>, (id, shown, called): (&str, &str, &str), names: &[(usize, String)]) -> Option<usize> {
    let button = ui.add(egui::Button::new(format!("{shown}  ▾")).min_size(vec2(150.0, 0.0)));
    button.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, called));
    let query_id = egui::Id::unique(("geometry-choice", id));
    let mut chosen = None;
    egui::Popup::menu(&button).close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside).width(240.0).show(|ui| {
        let mut query: String = ui.data(|d| d.get_temp(query_id)).unwrap_or_default();
        let field = ui.add(egui::TextEdit::singleline(&mut query).hint_text("Find a structure").desired_width(f32::INFINITY));
        field.widget_info(|| WidgetInfo::labeled(Role::SearchInput, true, format!("{called}: find")));
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        if !entered && ui.memory(|m| m.focused().is_none()) {
            field.request_focus();
        }
        let words = query.to_lowercase();
        let mut found: Vec<&(usize, String)> =
            names.iter().filter(|(_, n)| words.split_whitespace().all(|w| n.to_lowercase().contains(w))).collect();
        found.sort_by_key(|(_, n)| !n.eq_ignore_ascii_case(words.trim())); // "liver" before "liver lesion"
        if found.is_empty() {
            ui.label(RichText::new("No structure matches.").color(cx.theme.weak));
        }
        egui::ScrollArea::vertical().max_height(220.0).show_rows(ui, 22.0, found.len(), |ui, range| {
            ui.set_min_width(220.0);
            for (index, name) in &found[range] {
                if ui.add(egui::Button::selectable(false, name)).clicked() {
                    chosen = Some(*index);
                }
            }
        });
        if let Some((first, _)) = found.first().filter(|_| entered) {
            chosen = Some(*first);
        }
        ui.data_mut(|d| d.insert_temp(query_id, if chosen.is_some() { String::new() } else { query }));
        if chosen.is_some() {
            ui.close();
        }
    });
    chosen
}
