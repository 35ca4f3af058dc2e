//! The 3D view: turned by dragging, zoomed by the wheel; a click puts the crosshair on the structure there.

use super::view;
use super::writing::{Style, Writing};
use crate::gpu::{CtIn3d, Eye, callback};
use crate::state::{Command, Face, OpenProject, PaneKind, View3dCommand, ViewCommand};
use crate::ui::{Cx, KeyAction, widgets};
use egui::{Align2, CornerRadius, Event, MouseWheelUnit, PointerButton, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};
use glam::DVec3;
use std::sync::Arc;

/// Height of the row of controls, and the narrowest view that has one.
const CONTROLS: f32 = 28.0;
const NARROW: f32 = 200.0;

pub(super) fn pane3d(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, rect: Rect) {
    if !rect.is_positive() {
        return;
    }
    let response = ui.interact(rect, egui::Id::unique("view-3d"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "3D view"));
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, cx.theme.image.ground);
    let scale = ui.ctx().pixels_per_point();
    let size_px = [rect.width(), rect.height()].map(|n| (n * scale).round().max(1.0) as u32);
    let v = &cx.state.viewer;
    let Some(scene) = p.scene() else { return };
    let wheeled = response.hovered() && wheel(ui, cx);
    let moving = wheeled || response.dragged_by(PointerButton::Primary);
    let Some(request) = v.ray_request(size_px, moving) else { return };
    let eye = request.eye;
    painter.add(callback::rays(ui.ctx(), rect, Arc::clone(scene), request));
    interact(cx, &response, eye, rect, scale);
    letters(cx, &painter, rect, eye);
    crosshair(cx, &painter, rect, eye, scale);
    super::evidence::paint_3d(cx, &painter, rect, eye, scale);
    if response.has_focus() {
        let stroke = Stroke::new(1.0 + cx.theme.line_width, cx.theme.selection);
        painter.rect_stroke(rect, CornerRadius::ZERO, stroke, StrokeKind::Inside);
    }
    if rect.width() >= NARROW && rect.height() >= 3.0 * CONTROLS {
        controls(ui, cx, rect);
    }
}

fn send(cx: &Cx<'_>, command: View3dCommand) {
    cx.send(Command::View3d(command));
}

/// Zooms; returns whether it did.
fn wheel(ui: &Ui, cx: &Cx<'_>) -> bool {
    ui.input(|i| {
        let steps: f32 = i.events.iter().map(wheel_steps).sum();
        if steps != 0.0 {
            send(cx, View3dCommand::Zoom(1.15f64.powf(f64::from(steps))));
        }
        steps != 0.0
    })
}

fn wheel_steps(event: &Event) -> f32 {
    match event {
        Event::MouseWheel { unit: MouseWheelUnit::Point, delta, .. } => delta.y / 24.0,
        Event::MouseWheel { delta, .. } => delta.y,
        _ => 0.0,
    }
}

fn interact(cx: &Cx<'_>, response: &egui::Response, eye: Eye, rect: Rect, scale: f32) {
    if response.double_clicked() {
        return view(cx, ViewCommand::Maximise(PaneKind::Volume));
    }
    let delta = response.drag_delta();
    if response.dragged_by(PointerButton::Primary) && delta != egui::Vec2::ZERO {
        send(cx, View3dCommand::Turn { dx: delta.x, dy: delta.y });
    } else if response.dragged_by(PointerButton::Secondary) {
        send(cx, View3dCommand::Zoom(1.01f64.powf(f64::from(-delta.y))));
    } else if response.clicked()
        && let Some(at) = response.interact_pointer_pos()
    {
        let from_centre = (at - rect.center()) * scale;
        send(cx, View3dCommand::Pick { eye, at: [f64::from(from_centre.x), f64::from(from_centre.y)] });
    }
}

/// What lies to the left, right, top and bottom, where an axis of the patient points there more or less.
pub(super) fn letters(cx: &Cx<'_>, painter: &egui::Painter, rect: Rect, eye: Eye) {
    let (right, down) = (eye.right.normalize_or_zero(), eye.down.normalize_or_zero());
    let inner = rect.shrink(6.0);
    let places = [
        (inner.left_center(), Align2::LEFT_CENTER, -right),
        (inner.right_center(), Align2::RIGHT_CENTER, right),
        (inner.center_top(), Align2::CENTER_TOP, -down),
        (inner.center_bottom() - vec2(0.0, CONTROLS + 2.0), Align2::CENTER_BOTTOM, down),
    ];
    for (at, align, direction) in places {
        if let Some(letter) = letter(direction) {
            let Some(galley) = Writing::of(painter.ctx()).line(painter, Style::of(14.0), letter) else { continue };
            painter.galley(align.anchor_size(at, galley.size()).min, galley, cx.theme.image.text);
        }
    }
}

fn letter(direction: DVec3) -> Option<char> {
    let axis = (0..3).find(|&axis| direction[axis].abs() > 0.8)?;
    Some(if direction[axis] > 0.0 { ['R', 'A', 'S'][axis] } else { ['L', 'P', 'I'][axis] })
}

/// Four strokes around where the crosshair is, which leave free what is there.
fn crosshair(cx: &Cx<'_>, painter: &egui::Painter, rect: Rect, eye: Eye, scale: f32) {
    if !cx.state.viewer.crosshair {
        return;
    }
    let d = cx.state.viewer.cross.0 - eye.centre.0;
    let on = |axis: DVec3| (d.dot(axis) / axis.length_squared()) as f32 / scale;
    let at = rect.center() + vec2(on(eye.right), on(eye.down));
    for (width, color) in [(3.0, cx.theme.image.ground), (1.0, cx.theme.image.text)] {
        for way in [vec2(1.0, 0.0), vec2(-1.0, 0.0), vec2(0.0, 1.0), vec2(0.0, -1.0)] {
            painter.line_segment([at + way * 6.0, at + way * 12.0], Stroke::new(width, color));
        }
    }
}

fn controls(ui: &mut Ui, cx: &Cx<'_>, rect: Rect) {
    let row = Rect::from_min_max(egui::pos2(rect.left() + 6.0, rect.bottom() - CONTROLS), rect.max - vec2(4.0, 2.0));
    let mut row = ui.new_child(egui::UiBuilder::new().max_rect(row).layout(egui::Layout::left_to_right(egui::Align::Center)));
    let ui = &mut row;
    ui.spacing_mut().item_spacing.x = 4.0;
    let a = cx.state.viewer.arrangement;
    let faces = ui.menu_button("3D  ▾", |ui| {
        for face in Face::ALL {
            if ui.button(face.name()).clicked() {
                send(cx, View3dCommand::Face(face));
                ui.close();
            }
        }
        if ui.button("reset").clicked() {
            send(cx, View3dCommand::Reset);
            ui.close();
        }
    });
    faces.response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "3D: look from"));
    faces.response.on_hover_text("Where the case is seen from. Drag to turn, wheel to zoom, click a structure to go there");
    let ct = match a.ct_in_3d {
        CtIn3d::None => "no CT",
        CtIn3d::Mip => "MIP",
        CtIn3d::Volume => "volume",
    };
    let tip = format!("CT in 3D: none, maximum intensity projection, volume{}", cx.key_hint(KeyAction::CtIn3d));
    let button = ui.button(ct).on_hover_text(tip);
    button.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("CT in 3D: {ct}")));
    if button.clicked() {
        send(cx, View3dCommand::NextCt);
    }
    let tip = format!("Cut open at the crosshair, towards you{}", cx.key_hint(KeyAction::Cut3d));
    if widgets::toggle(ui, a.cut_3d, "Cut", &tip) {
        send(cx, View3dCommand::ToggleCut);
    }
}
