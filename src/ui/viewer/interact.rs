//! What wheel, drag, click and hover do in a view.

use super::pane::View;
use super::view;
use crate::space::Convention;
use crate::state::{CineCommand, Command, MaskCommand, ViewCommand};
use crate::ui::Cx;
use egui::{Event, MouseWheelUnit, PointerButton, Ui};

impl View {
    pub(super) fn interact(&self, ui: &Ui, cx: &Cx<'_>, response: &egui::Response) {
        self.hover(cx, response);
        if cx.state.viewer.cine.playing.is_some() && response.is_pointer_button_down_on() {
            cx.send(Command::Cine(CineCommand::Stop));
        }
        if self.turn(ui, cx, response) {
            return;
        }
        let tool = self.measure(ui, cx, response);
        if response.double_clicked() && !tool {
            view(cx, ViewCommand::Maximise(self.kind));
            return;
        }
        if response.hovered() || response.dragged() {
            self.wheel(ui, cx, response);
        }
        // Ctrl+click selects a structure and leaves the crosshair where it is.
        if response.clicked()
            && ui.input(|i| i.modifiers.command)
            && let Some(at) = response.interact_pointer_pos()
        {
            cx.send(Command::Mask(MaskCommand::Pick(self.point(at))));
        }
        self.drag(ui, cx, response, tool);
    }

    /// Alt and a drag turn the crosshair about itself; returns whether that is what happens.
    fn turn(&self, ui: &Ui, cx: &Cx<'_>, response: &egui::Response) -> bool {
        let dragged = response.dragged_by(PointerButton::Primary);
        // From the press on, or the crosshair would jump to the pointer first.
        let turning = ui.input(|i| i.modifiers.alt) && (dragged || response.is_pointer_button_down_on());
        if turning
            && dragged
            && let Some(now) = response.interact_pointer_pos()
        {
            let centre = self.on_screen(cx.state.viewer.cross);
            let (a, b) = ((now - response.drag_delta()) - centre, now - centre);
            let degrees = a.x.mul_add(b.y, -a.y * b.x).atan2(a.dot(b)).to_degrees();
            let (right, down) = cx.state.viewer.axes(self.plane, Convention::Radiological);
            let mirrored = self.frame.right.cross(self.frame.down).dot(right.cross(down)) < 0.0;
            if degrees != 0.0 {
                view(cx, ViewCommand::Turn { plane: self.plane, degrees: f64::from(if mirrored { -degrees } else { degrees }) });
            }
        }
        turning
    }

    /// Of two views of one plane, the one that the pointer came into last says when it is gone.
    fn hover(&self, cx: &Cx<'_>, response: &egui::Response) {
        let v = &cx.state.viewer;
        let two = v.twin() || v.compare.is_some();
        let side = usize::from(self.kind.is_second());
        let hover = response.hover_pos().map(|at| (self.plane, self.point(at)));
        if hover.is_some() && two && v.side != side || response.gained_focus() {
            view(cx, ViewCommand::Pointed(self.kind));
        }
        let gone = hover.is_none() && v.hover.is_some_and(|(p, _)| p == self.plane) && (!two || v.side == side);
        if hover.is_some() && hover != v.hover || gone {
            view(cx, ViewCommand::Hover(hover));
        }
    }

    fn wheel(&self, ui: &Ui, cx: &Cx<'_>, response: &egui::Response) {
        let anchor = response.hover_pos().map_or(self.frame.centre, |at| self.point(at));
        ui.input(|i| {
            for event in &i.events {
                let Event::MouseWheel { unit, delta, modifiers, .. } = event else { continue };
                let steps = match unit {
                    MouseWheelUnit::Line => delta.y,
                    MouseWheelUnit::Point => delta.y / 24.0,
                    MouseWheelUnit::Page => delta.y * 10.0,
                };
                if modifiers.ctrl || modifiers.command {
                    view(cx, ViewCommand::Zoom { plane: self.plane, factor: 1.15f64.powf(f64::from(steps)), anchor });
                } else {
                    view(cx, ViewCommand::Scroll { plane: self.plane, slices: f64::from(steps) });
                }
            }
        });
    }

    /// `tool`: the left button belongs to a measurement.
    fn drag(&self, ui: &Ui, cx: &Cx<'_>, response: &egui::Response, tool: bool) {
        let armed = cx.state.viewer.window_armed;
        let (shift, command) = ui.input(|i| (i.modifiers.shift, i.modifiers.command));
        let delta = response.drag_delta();
        if armed && response.dragged_by(PointerButton::Primary) {
            view(cx, ViewCommand::WindowDrag { dx: delta.x, dy: -delta.y });
        } else if armed && response.drag_stopped_by(PointerButton::Primary) {
            view(cx, ViewCommand::WindowDragEnd);
        } else if response.dragged_by(PointerButton::Middle)
            || (shift && !cx.state.tools.busy() && response.dragged_by(PointerButton::Primary))
        {
            view(cx, ViewCommand::Pan { plane: self.plane, by_mm: self.mm(delta) });
        } else if response.dragged_by(PointerButton::Secondary) {
            let anchor = self.frame.centre;
            view(cx, ViewCommand::Zoom { plane: self.plane, factor: 1.01f64.powf(f64::from(-delta.y)), anchor });
        } else if !armed
            && !shift
            && !command
            && !tool
            // A quick click may begin and end within one frame.
            && (response.is_pointer_button_down_on() && ui.input(|i| i.pointer.primary_down()) || response.clicked())
            && let Some(at) = response.interact_pointer_pos()
        {
            view(cx, ViewCommand::Cross(self.point(at)));
        }
    }
}
