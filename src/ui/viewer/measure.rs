//! Measuring in a view: placing points, taking hold of what is drawn, and drawing it with its values over the slice it belongs to.
//!
//! Lines are thin and texts small and outlined, without a ground of their own: anatomy stays in sight. Values stand where they cover no
//! others. Nothing is allocated for what is drawn: lines and shapes are such as egui takes without a list of points.

use super::notes::{Around, Notes};
use super::pane::View;
use super::writing::{Style, Writing};
use crate::geometry::{Annotation, Cut, Kind, Shape};
use crate::space::RasMm;
use crate::state::{Command, Shown, ToolCommand};
use crate::ui::{Cx, KeyAction};
use egui::epaint::{EllipseShape, RectShape};
use egui::{Align2, Color32, CursorIcon, Galley, Painter, PointerButton, Pos2, Rect, Response, Stroke, StrokeKind, Ui, Vec2, vec2};
use std::fmt::Display;
use std::sync::Arc;

/// A handle is taken hold of within this many points.
const NEAR_HANDLE: f32 = 8.0;
/// A line is, within this many.
const NEAR_LINE: f32 = 5.0;
/// The pointer has been dragged when it is this far from where it was pressed.
const DRAGGED: f32 = 4.0;
/// Corners of an ellipse as it is taken hold of.
const ROUND: usize = 64;

fn tool(cx: &Cx<'_>, command: ToolCommand) {
    cx.send(Command::Tool(command));
}

/// What a kind is called in the window.
pub(crate) fn label(kind: Kind) -> &'static str {
    if kind == Kind::Profile { "HU profile" } else { kind.code() }
}

/// As a menu has it.
fn title(kind: Kind) -> String {
    let mut chars = label(kind).chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn help(kind: Kind) -> &'static str {
    match kind {
        Kind::Ruler => "ruler: drag from end to end",
        Kind::Angle => "angle: drag from an end to the vertex, then click the other end",
        Kind::Ellipse => "ellipse: drag from corner to corner",
        Kind::Rectangle => "rectangle: drag from corner to corner",
        Kind::Profile => "HU profile: drag from end to end",
    }
}

/// The toolbar's menu of tools.
pub(super) fn menu(ui: &mut Ui, cx: &Cx<'_>) {
    let t = &cx.state.tools;
    let button = egui::Button::selectable(t.armed.is_some(), "").frame_when_inactive(true).min_size(vec2(30.0, 24.0));
    let (response, _) = egui::containers::menu::MenuButton::from_button(button).ui(ui, |ui| {
        for kind in Kind::ALL {
            let key = cx.keys.shown(KeyAction::Tool(kind)).unwrap_or_default();
            let item = egui::Button::selectable(t.armed == Some(kind), title(kind)).shortcut_text(key);
            if ui.add(item).on_hover_text(help(kind)).clicked() {
                tool(cx, ToolCommand::Arm(kind));
                ui.close();
            }
        }
        ui.separator();
        let key = cx.keys.shown(KeyAction::Measurements).unwrap_or_default();
        let item = egui::Button::selectable(!t.hidden, "Show measurements").shortcut_text(key);
        if ui.add(item).on_hover_text("Show or hide measurements over the images").clicked() {
            tool(cx, ToolCommand::ToggleShown);
            ui.close();
        }
        let key = cx.keys.shown(KeyAction::RemoveMeasurement).unwrap_or_default();
        let item = egui::Button::new("Delete the selected one").shortcut_text(key);
        if ui.add_enabled(t.selected.is_some(), item).on_hover_text("Can be undone").clicked() {
            tool(cx, ToolCommand::Remove(None));
            ui.close();
        }
    });
    icon(ui.painter(), response.rect.center(), ui.visuals().text_color());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Measure"));
    response.on_hover_text(format!("Rulers, angles, regions and HU profiles{}", cx.key_hint(KeyAction::Tool(Kind::Ruler))));
}

/// A ruler from corner to corner.
fn icon(painter: &Painter, centre: Pos2, color: Color32) {
    let stroke = Stroke::new(1.5, color);
    let (along, across) = (vec2(6.5, -4.5), vec2(2.2, 3.2));
    painter.line_segment([centre - along, centre + along], stroke);
    for end in [centre - along, centre + along] {
        painter.line_segment([end - across, end + across], stroke);
    }
}

impl View {
    fn cut(&self) -> Cut {
        Cut::new(self.frame.right, self.frame.down)
    }

    /// True when an annotation's plane is the slice that is shown, to half a slice.
    fn shows(&self, cx: &Cx<'_>, a: &Annotation) -> bool {
        let normal = self.cut().normal();
        let parallel = a.plane.normal().dot(normal).abs() > 0.9999;
        let away = normal.dot(a.shape.ends().0.0 - self.frame.centre.0).abs();
        parallel && away <= cx.state.viewer.slice_mm(normal) / 2.0 + 1e-6
    }

    /// A view of another case or other masks: what is measured belongs to the item's own case.
    fn compared(&self, cx: &Cx<'_>) -> bool {
        cx.state.viewer.compare.is_some() && self.kind.is_second()
    }

    fn parallel(&self, cut: &Cut) -> bool {
        cut.normal().dot(self.cut().normal()).abs() > 0.9999
    }

    /// What the pointer does with measurements. True when the left button belongs to them.
    pub(super) fn measure(&self, ui: &Ui, cx: &Cx<'_>, response: &Response) -> bool {
        let t = &cx.state.tools;
        if cx.state.viewer.window_armed || self.compared(cx) {
            return false;
        }
        self.cursor(cx, response);
        let down = response.is_pointer_button_down_on() || response.clicked_by(PointerButton::Primary);
        let mut held = match (&t.drawing, &t.drag) {
            (Some(drawing), _) => self.parallel(&drawing.cut),
            (_, Some(drag)) => self.parallel(&drag.now.plane),
            _ => t.busy(), // cancelled, and the button is not up yet
        };
        let (pressed, origin, modifiers) = ui.input(|i| (i.pointer.primary_pressed(), i.pointer.press_origin(), i.modifiers));
        let plain = !modifiers.shift && !modifiers.command;
        let at = response.interact_pointer_pos().or(response.hover_pos());
        if pressed
            && plain
            && down
            && let Some(from) = origin.or(at)
        {
            held |= self.press(cx, from, response.ctx.cumulative_frame_nr());
        }
        if let Some(at) = at.filter(|_| held) {
            self.follow(cx, response, at);
        }
        held || t.armed.is_some()
    }

    fn cursor(&self, cx: &Cx<'_>, response: &Response) {
        let t = &cx.state.tools;
        let Some(at) = response.hover_pos() else { return };
        if t.armed.is_some() {
            response.ctx.set_cursor_icon(CursorIcon::Crosshair);
        } else if t.drag.is_some() || self.hit(cx, at).is_some() {
            response.ctx.set_cursor_icon(CursorIcon::Move);
        }
    }

    /// True when the press was for a measurement.
    fn press(&self, cx: &Cx<'_>, from: Pos2, press: u64) -> bool {
        let t = &cx.state.tools;
        let at = self.point(from);
        if t.armed.is_some() {
            tool(cx, ToolCommand::Press { cut: self.cut(), at, press });
        } else if let Some((id, handle)) = self.hit(cx, from) {
            tool(cx, ToolCommand::Grab { id: id.to_owned(), handle, at });
        } else {
            if t.selected.is_some() {
                tool(cx, ToolCommand::Deselect);
            }
            return false;
        }
        true
    }

    fn follow(&self, cx: &Cx<'_>, response: &Response, at: Pos2) {
        let t = &cx.state.tools;
        let point = self.point(at);
        let cancelled = t.drawing.is_none() && t.drag.is_none() && t.busy();
        let up = cancelled && !response.ctx.input(|i| i.pointer.primary_down()); // egui tells no end of a drag that Esc has aborted
        let released = up || response.drag_stopped_by(PointerButton::Primary) || response.clicked_by(PointerButton::Primary);
        if released {
            let from = t.drawing.as_ref().and_then(|d| d.points.last()).map(|p| self.on_screen(*p));
            let dragged = from.is_some_and(|from| from.distance(at) > DRAGGED);
            tool(cx, ToolCommand::Release { at: point, dragged });
        } else if t.drawing.as_ref().is_none_or(|d| d.cursor != d.cut.onto(d.points[0], point)) {
            tool(cx, ToolCommand::Move(point));
        }
    }

    /// The measurement under a place on screen, with the handle if it is one. The selected one comes first.
    fn hit<'a>(&self, cx: &'a Cx<'_>, at: Pos2) -> Option<(&'a str, Option<usize>)> {
        let t = &cx.state.tools;
        let here = || t.shown.iter().filter(|s| !t.hidden && self.shows(cx, &s.annotation));
        let is_selected = |s: &&Shown| t.selected.as_ref() == Some(&s.annotation.id);
        let ordered = || here().filter(is_selected).chain(here().rev().filter(|s| !is_selected(s)));
        let near = |p: RasMm| self.on_screen(p).distance(at) <= NEAR_HANDLE;
        let handle = |s: &Shown| s.annotation.handles().position(near).filter(|_| s.mine);
        let held = ordered().find_map(|s| handle(s).map(|n| (s.annotation.id.as_str(), Some(n))));
        let line = || {
            let near = |s: &&Shown| distance(self.outline(&s.annotation), at) <= NEAR_LINE;
            ordered().find(near).map(|s| (s.annotation.id.as_str(), None))
        };
        held.or_else(line)
    }

    /// Of a region: its centre on screen, and from there to the middle of a side and of the next one.
    fn region(&self, a: &Annotation) -> (Pos2, [Vec2; 2]) {
        let (from, to) = a.shape.ends();
        let (right, down) = a.plane.axes();
        let (centre, half) = (a.shape.centre().0, (to.0 - from.0) / 2.0);
        let at = self.on_screen(RasMm(centre));
        (at, [right, down].map(|axis| self.on_screen(RasMm(centre + axis * half.dot(axis))) - at))
    }

    /// The line of an annotation on screen.
    fn outline(&self, a: &Annotation) -> impl Iterator<Item = Pos2> + Clone + use<> {
        let shape = a.shape;
        let mut handles = [Pos2::ZERO; 4];
        handles.iter_mut().zip(a.handles()).for_each(|(to, p)| *to = self.on_screen(p));
        let (centre, [u, v]) = self.region(a);
        let corners = match shape {
            Shape::Rectangle { .. } => 5,
            Shape::Ellipse { .. } => ROUND + 1,
            _ => a.handles().len(),
        };
        (0..corners).map(move |n| match shape {
            Shape::Rectangle { .. } => handles[[0, 2, 1, 3, 0][n]],
            Shape::Ellipse { .. } => {
                let (s, c) = (n as f32 / ROUND as f32 * std::f32::consts::TAU).sin_cos();
                centre + u * c + v * s
            }
            _ => handles[n],
        })
    }

    /// Places for texts over this view: clear of the captions at top and bottom, of the letters at the sides and of what is measured.
    pub(super) fn notes(&self, cx: &Cx<'_>, painter: &Painter) -> Notes {
        let mut notes = Notes::within(painter.ctx(), self.between_captions(22.0));
        let t = &cx.state.tools;
        let here = t.shown.iter().filter(|_| !t.hidden && !self.compared(cx)).map(|s| t.current(s)).filter(|a| self.shows(cx, a));
        here.for_each(|a| keep_clear(&mut notes, self.outline(a)));
        notes
    }

    fn between_captions(&self, beside: f32) -> Rect {
        self.rect.shrink2(vec2(beside, 0.0)).with_min_y(self.rect.top() + 28.0).with_max_y(self.rect.bottom() - 48.0)
    }

    pub(super) fn paint_measurements(&self, cx: &Cx<'_>, painter: &Painter, notes: &mut Notes) {
        if self.compared(cx) {
            return;
        }
        let t = &cx.state.tools;
        let colors = &cx.theme.image;
        self.paint_kept_measurements(cx, painter, notes);
        if let Some(drawing) = t.drawing.as_ref().filter(|d| self.parallel(&d.cut)) {
            match &drawing.live {
                Some(a) if self.shows(cx, a) => {
                    self.paint_shape(painter, a, colors.measure, true, cx);
                    self.paint_values(painter, a, colors.measure, cx, notes);
                }
                Some(_) => {}
                None => line(painter, [drawing.points[0], drawing.cursor].map(|p| self.on_screen(p)), colors.measure, cx),
            }
        }
        self.paint_mark(cx, painter);
        let pointed = cx.state.viewer.hover.map_or(self.plane, |(plane, _)| plane) == self.plane;
        if let Some(kind) = t.armed.filter(|_| pointed) {
            let text = format_args!("{} · Esc cancels", help(kind));
            outlined(painter, self.rect.center_top() + vec2(0.0, 28.0), Align2::CENTER_TOP, text, 12.0, colors.warning, cx);
        }
    }

    /// Those that are made, without the one that is being drawn: first every line, then the values over them.
    pub(super) fn paint_kept_measurements(&self, cx: &Cx<'_>, painter: &Painter, notes: &mut Notes) {
        let t = &cx.state.tools;
        let shown = t.shown.iter().filter(|_| !t.hidden && !self.compared(cx)).map(|s| (s, t.current(s)));
        let here = shown.filter(|(_, a)| self.shows(cx, a));
        let color = |s: &Shown| if s.mine { cx.theme.image.measure } else { cx.theme.image.weak };
        for (s, a) in here.clone() {
            self.paint_shape(painter, a, color(s), t.selected.as_ref() == Some(&a.id), cx);
        }
        for (s, a) in here {
            self.paint_values(painter, a, color(s), cx, notes);
        }
    }

    fn paint_shape(&self, painter: &Painter, a: &Annotation, color: Color32, selected: bool, cx: &Cx<'_>) {
        match a.shape {
            Shape::Ellipse { .. } | Shape::Rectangle { .. } => self.paint_region(painter, a, color, cx),
            Shape::Angle { a, vertex, b } => {
                let [a, vertex, b] = [a, vertex, b].map(|p| self.on_screen(p));
                line(painter, [a, vertex], color, cx);
                line(painter, [vertex, b], color, cx);
            }
            Shape::Ruler { a, b } | Shape::Profile { a, b } => line(painter, [a, b].map(|p| self.on_screen(p)), color, cx),
        }
        let radius = if selected { 4.0 } else { 2.0 };
        let handles = a.handles();
        let round = if selected || a.shape.kind().points() == handles.len() { handles.len() } else { 0 };
        for p in handles.take(round) {
            let at = self.on_screen(p);
            painter.circle(at, radius, if selected { cx.theme.image.ground } else { color }, Stroke::new(1.5, color));
        }
    }

    fn paint_region(&self, painter: &Painter, a: &Annotation, color: Color32, cx: &Cx<'_>) {
        let (centre, [u, v]) = self.region(a);
        let angle = u.angle();
        for stroke in strokes(color, cx) {
            if let Shape::Ellipse { .. } = a.shape {
                let radius = vec2(u.length(), v.length());
                painter.add(EllipseShape { center: centre, radius, fill: Color32::TRANSPARENT, stroke, angle });
            } else {
                let rect = Rect::from_center_size(centre, 2.0 * vec2(u.length(), v.length()));
                let drawn = RectShape::stroke(rect, 0.0, stroke, StrokeKind::Middle).with_round_to_pixels(false);
                painter.add(drawn.with_angle(angle));
            }
        }
    }

    /// Beside the outline's rightmost point, or where there is room without covering other values.
    fn paint_values(&self, painter: &Painter, a: &Annotation, color: Color32, cx: &Cx<'_>, notes: &mut Notes) {
        let mut of = Rect::NOTHING;
        let mut ends = [Pos2::new(f32::INFINITY, 0.0), Pos2::new(f32::NEG_INFINITY, 0.0)];
        for p in self.outline(a) {
            of.extend_with(p);
            if p.x < ends[0].x {
                ends[0] = p;
            }
            if p.x > ends[1].x {
                ends[1] = p;
            }
        }
        let Some(galley) = Writing::of(painter.ctx()).line(painter, STRONG_TEXT, a.values()) else { return };
        notes.stay_in(self.between_captions(6.0));
        let at = notes.place(Around::Measured(of, ends), galley.size());
        outlined_galley(painter, at, &galley, color, cx);
    }

    /// The place on the profile that the plot's pointer is at, in every view whose slice holds it.
    fn paint_mark(&self, cx: &Cx<'_>, painter: &Painter) {
        let t = &cx.state.tools;
        let (Some(mm), Some(view)) = (t.mark_mm, &t.profile) else { return };
        let (a, b) = view.shape.ends();
        let length = a.0.distance(b.0).max(f64::MIN_POSITIVE);
        let place = RasMm(a.0.lerp(b.0, (mm / length).clamp(0.0, 1.0)));
        let normal = self.cut().normal();
        if normal.dot(place.0 - self.frame.centre.0).abs() <= cx.state.viewer.slice_mm(normal) / 2.0 + 1e-6 {
            painter.circle(self.on_screen(place), 4.0, cx.theme.image.warning, Stroke::new(1.0, cx.theme.image.ground));
        }
    }
}

/// A dark, wider edge, and the line over it: seen on bone and on air.
fn strokes(color: Color32, cx: &Cx<'_>) -> [Stroke; 2] {
    [Stroke::new(3.0, cx.theme.image.ground.gamma_multiply(0.55)), Stroke::new(1.25, color)]
}

fn line(painter: &Painter, ends: [Pos2; 2], color: Color32, cx: &Cx<'_>) {
    for stroke in strokes(color, cx) {
        painter.line_segment(ends, stroke);
    }
}

/// Values stand beside lines rather than over them.
fn keep_clear(notes: &mut Notes, outline: impl Iterator<Item = Pos2> + Clone) {
    for ends in outline.clone().zip(outline.skip(1)) {
        notes.keep_clear_line(ends.into());
    }
}

const STRONG_TEXT: Style = Style { size: 12.0, strong: true, width: f32::INFINITY };

/// Small text with a dark edge.
pub(super) fn outlined(painter: &Painter, at: Pos2, align: Align2, text: impl Display, size: f32, color: Color32, cx: &Cx<'_>) {
    if let Some(galley) = Writing::of(painter.ctx()).line(painter, Style { size, ..STRONG_TEXT }, text) {
        outlined_galley(painter, align.anchor_size(at, galley.size()).min, &galley, color, cx);
    }
}

/// The same, laid out already, with its upper left corner.
pub(super) fn outlined_galley(painter: &Painter, min: Pos2, galley: &Arc<Galley>, color: Color32, cx: &Cx<'_>) {
    for by in [vec2(-1.0, -1.0), vec2(1.0, -1.0), vec2(-1.0, 1.0), vec2(1.0, 1.0)] {
        painter.galley_with_override_text_color(min + by, Arc::clone(galley), cx.theme.image.ground.gamma_multiply(0.85));
    }
    painter.galley_with_override_text_color(min, Arc::clone(galley), color);
}

/// From a place to a polyline, in points.
fn distance(points: impl Iterator<Item = Pos2> + Clone, at: Pos2) -> f32 {
    let to_segment = |(from, to): (Pos2, Pos2)| {
        let d = to - from;
        let t = if d.length_sq() > 0.0 { ((at - from).dot(d) / d.length_sq()).clamp(0.0, 1.0) } else { 0.0 };
        (from + d * t).distance(at)
    };
    points.clone().zip(points.skip(1)).map(to_segment).fold(f32::INFINITY, f32::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    #[test]
    fn lines_are_near_along_their_length_only() {
        let l = [pos2(0.0, 0.0), pos2(10.0, 0.0), pos2(10.0, 10.0)];
        assert_eq!(distance(l.into_iter(), pos2(5.0, 3.0)), 3.0);
        assert_eq!(distance(l.into_iter(), pos2(13.0, 14.0)), 5.0);
        assert_eq!(distance(l.into_iter().take(1), pos2(0.0, 0.0)), f32::INFINITY);
    }
}
