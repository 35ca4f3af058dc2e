//! Centre: the toolbar, three linked views and the structure list, or what stands in their place.
//!
//! A view is black with a GPU slice in it; everything else (crosshair, letters, numbers, scale bar) is painted over it by egui.

mod histogram;
mod interact;
mod layout;
mod measure;
mod overlay;
mod pane;
mod profile;
mod toolbar;

use super::{Cx, report, structures};
use crate::gpu::Scene;
use crate::space::Plane;
use crate::state::{CaseMessage, CaseView, Command, Dialog, FilePick, OpenProject, ViewCommand};
use egui::{RichText, Ui};
use layout::{NARROW_AREA, quarters};
pub(super) use measure::label as tool_label;
pub(super) use overlay::position;
use pane::pane;
use std::sync::Arc;

pub fn show(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(p) = &cx.state.project else { return };
    match &p.case {
        CaseView::Nothing => blank(ui, cx),
        CaseView::NoImage { unmapped } => no_image(ui, cx, p, unmapped.as_deref()),
        CaseView::Loading => views(ui, cx, p, None, &[]),
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
            ui.add(egui::Label::new(message).wrap().selectable(true));
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
    egui::Panel::top("viewer-tools").show_separator_line(false).frame(toolbar::tool_frame(cx)).show(ui, |ui| {
        toolbar::toolbar(ui, cx, scene.map(AsRef::as_ref), warnings);
    });
    profile::show(ui, cx);
    egui::CentralPanel::no_frame().show(ui, |ui| {
        let area = ui.max_rect();
        ui.painter().rect_filled(area, 0.0, cx.theme.line);
        let maximised = cx.state.viewer.maximised;
        let list = if area.width() < NARROW_AREA {
            let (above, below) = area.split_top_bottom_at_fraction(0.62);
            pane(ui, cx, scene, maximised.unwrap_or(Plane::Axial), above);
            below
        } else if let Some(plane) = maximised {
            return pane(ui, cx, scene, plane, area);
        } else {
            let [axial, sagittal, coronal, list] = quarters(area);
            pane(ui, cx, scene, Plane::Axial, axial);
            pane(ui, cx, scene, Plane::Sagittal, sagittal);
            pane(ui, cx, scene, Plane::Coronal, coronal);
            list
        };
        let mut child = ui.new_child(egui::UiBuilder::new().max_rect(list).layout(egui::Layout::top_down(egui::Align::Min)));
        child.set_clip_rect(list);
        structures::show(&mut child, cx, p.current.as_ref(), scene.and_then(|s| s.labels()).map(AsRef::as_ref));
    });
}
