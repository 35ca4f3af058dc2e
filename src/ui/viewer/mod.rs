//! Centre: the toolbar, the linked views and the structure list in the chosen layout, or what stands in their place.
//!
//! A view is black with a GPU slice in it; everything else (crosshair, letters, numbers, scale bar) is painted over it by egui.

mod compare;
mod evidence;
mod histogram;
mod icons;
mod interact;
mod keys;
mod layout;
mod measure;
mod notes;
mod notices;
mod overlay;
mod pane;
mod pane3d;
mod profile;
mod shots;
mod toolbar;
mod writing;

use super::{Cx, KeyAction, report, structures};
use crate::gpu::Scene;
pub(super) use crate::gpu::caption::position;
use crate::state::{CaseMessage, CaseView, CineCommand, Command, Dialog, FilePick, OpenProject, PaneKind, ViewCommand};
pub use compare::dialog as compare_dialog;
use egui::emath::GuiRounding;
use egui::{RichText, Ui};
pub use keys::{find_structure, key_command};
pub(super) use measure::label as tool_label;
use pane::pane;
pub use shots::shot_command;
use std::sync::Arc;

pub fn show(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(p) = &cx.state.project else { return };
    match &p.case {
        CaseView::Nothing => blank(ui, cx),
        CaseView::NoImage { unmapped } => no_image(ui, cx, p, unmapped.as_deref()),
        CaseView::Loading(_) => views(ui, cx, p, None, &[]),
        CaseView::Ready { scene, warnings } => views(ui, cx, p, Some(scene), warnings),
        CaseView::Failed(message) => failed(ui, cx, p, message),
    }
}

fn blank(ui: &mut Ui, cx: &Cx<'_>) {
    ui.painter().rect_filled(ui.max_rect(), 0.0, cx.theme.image.ground);
}

fn view(cx: &Cx<'_>, command: ViewCommand) {
    cx.send(Command::View(command));
}

/// The report takes the room, with the way to images above it.
fn no_image(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, unmapped: Option<&str>) {
    let (text, tip) = match unmapped {
        Some(root) => (
            format!("The images of this case are in the data root “{root}”, which is not mapped to a folder on this machine."),
            "Choose the folder that holds them",
        ),
        None => {
            ("This case has no image. Judge the item by its report, or add the folder that holds the images.".to_owned(), "Import images")
        }
    };
    egui::Panel::top("no-image").show_separator_line(false).frame(cx.theme.panel_frame()).show(ui, |ui| {
        cx.theme.card_frame().show(ui, |ui| {
            ui.horizontal(|ui| {
                let label = if unmapped.is_some() { "Map data root…" } else { "Add images…" };
                if super::widgets::filled_button(ui, cx.theme, label, cx.theme.selection, 136.0).on_hover_text(tip).clicked() {
                    let pick = unmapped.map_or(FilePick::ImportImages, |root| FilePick::Root(root.to_owned()));
                    cx.send(Command::Pick(pick));
                }
                ui.add(egui::Label::new(RichText::new(text).color(cx.theme.weak)).wrap());
            });
        });
    });
    egui::CentralPanel::no_frame().frame(cx.theme.panel_frame()).show(ui, |ui| {
        if let Some(current) = &p.current {
            report::instead_of_images(ui, cx, current);
        }
    });
}

fn failed(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, message: &str) {
    egui::Panel::top("failed").show_separator_line(false).frame(cx.theme.panel_frame()).show(ui, |ui| {
        cx.theme.card_frame().show(ui, |ui| {
            ui.label(RichText::new("The images of this case are not shown.").color(cx.theme.reject));
            if !cx.state.posing {
                ui.add(egui::Label::new(message).wrap().selectable(true)); // names files
            }
            ui.horizontal(|ui| {
                if ui.button("Try again").clicked() {
                    cx.send(Command::Case(CaseMessage::Retry));
                }
                if ui.button("Data roots…").on_hover_text("See and change where images are looked for").clicked() {
                    cx.send(Command::Open(Dialog::Roots));
                }
            });
        });
    });
    egui::CentralPanel::no_frame().frame(cx.theme.panel_frame()).show(ui, |ui| {
        if let Some(current) = &p.current {
            report::instead_of_images(ui, cx, current);
        }
    });
}

fn views(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, scene: Option<&Arc<Scene>>, warnings: &[String]) {
    let folds = layout::list_folds(ui.available_size() - egui::vec2(0.0, toolbar::TWO_ROWS));
    egui::Panel::top("viewer-tools").show_separator_line(false).frame(toolbar::tool_frame(cx)).show(ui, |ui| {
        toolbar::toolbar(ui, cx, (scene.map(AsRef::as_ref), warnings), folds);
    });
    profile::show(ui, cx);
    if cx.state.viewer.compare.is_some() {
        compare::bar(ui, cx, p);
    }
    stop_for_keys(ui, cx);
    egui::CentralPanel::no_frame().show(ui, |ui| {
        let area = ui.max_rect();
        let scale = ui.ctx().pixels_per_point();
        // Rounded so that what is painted over a slice stands where the slice has it.
        let places = layout::places(area, &cx.state.viewer).map(|p| p.map(|(kind, rect)| (kind, rect.round_to_pixels(scale))));
        shots::remember(ui.ctx(), places);
        layout::gaps(&places, area).for_each(|gap| _ = ui.painter().rect_filled(gap, 0.0, cx.theme.line));
        let no_3d = below(cx).filter(|_| layout::without_3d(&places, &cx.state.viewer));
        for (kind, rect) in places.into_iter().flatten() {
            match kind {
                PaneKind::Slice(plane) | PaneKind::Second(plane) => pane(ui, cx, p, kind, plane, rect),
                PaneKind::Volume => pane3d::pane3d(ui, cx, p, rect),
                PaneKind::Structures => {
                    let rect = no_3d.as_ref().map_or(rect, |below| above_note(ui, cx, rect, below));
                    structure_list(ui, cx, p, rect);
                }
            }
        }
    });
}

/// What takes height from the views, and how it is closed.
fn below(cx: &Cx<'_>) -> Option<(&'static str, String)> {
    let profile = cx.state.tools.profile.as_ref().map(|_| ("HU profile", "  (Esc)".to_owned()));
    let geometry = cx.state.settings.layout.geometry_open.then(|| ("geometry panel", cx.key_hint(KeyAction::Geometry)));
    geometry.or(profile)
}

/// Says at the lower edge of the fourth pane why it is the list alone; returns what is above.
fn above_note(ui: &mut Ui, cx: &Cx<'_>, rect: egui::Rect, (what, hint): &(&str, String)) -> egui::Rect {
    const NOTE: f32 = 22.0;
    let (above, note) = rect.split_top_bottom_at_y((rect.bottom() - NOTE).max(rect.top()));
    ui.painter().rect_filled(note, 0.0, cx.theme.panel);
    let text = RichText::new(format!("3D: no room above the {what}")).small().color(cx.theme.weak);
    let tip = format!("Close the {what}{hint} to see the case in 3D");
    ui.put(note.shrink2(egui::vec2(10.0, 0.0)), egui::Label::new(text).truncate()).on_hover_text(tip);
    above
}

/// Keys that mean nothing stop a playing cine as well; those that do mean something are commands and stop it themselves.
fn stop_for_keys(ui: &Ui, cx: &Cx<'_>) {
    let pressed = |e: &egui::Event| matches!(e, egui::Event::Key { pressed: true, .. });
    if cx.state.viewer.cine.playing.is_some() && ui.input(|i| i.events.iter().any(pressed)) {
        cx.send(Command::Cine(CineCommand::Stop));
    }
}

fn structure_list(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, rect: egui::Rect) {
    if !rect.is_positive() {
        return;
    }
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(rect).layout(egui::Layout::top_down(egui::Align::Min)));
    child.set_clip_rect(rect);
    structures::show(&mut child, cx, p.scene().and_then(|s| s.labels()).map(AsRef::as_ref));
}
