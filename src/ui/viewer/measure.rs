//! Measuring in a view: placing points, taking hold of what is drawn, and drawing it with its values over the slice it belongs to.
//!
//! Lines are thin and texts small and outlined, without a ground of their own: anatomy stays in sight.

use super::pane::View;
use crate::geometry::{Annotation, Cut, Kind, Shape};
use crate::space::RasMm;
use crate::state::{Command, Shown, ToolCommand};
use crate::ui::theme::STRONG;
use crate::ui::{Cx, KeyAction};
use egui::{Align2, Color32, CursorIcon, FontFamily, FontId, Painter, PointerButton, Pos2, Response, Shape as Drawn, Stroke, Ui, vec2};

/// A handle is taken hold of within this many points.
const NEAR_HANDLE: f32 = 8.0;
/// A line is, within this many.
const NEAR_LINE: f32 = 5.0;
/// The pointer has been dragged when it is this far from where it was pressed.
const DRAGGED: f32 = 4.0;
/// Corners of an ellipse as it is drawn.
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
            tool(cx, ToolCommand::Grab { id, handle, at });
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
    fn hit(&self, cx: &Cx<'_>, at: Pos2) -> Option<(String, Option<usize>)> {
        let t = &cx.state.tools;
        let here = || t.shown.iter().filter(|s| !t.hidden && self.shows(cx, &s.annotation));
        let is_selected = |s: &&Shown| t.selected.as_ref() == Some(&s.annotation.id);
        let ordered = || here().filter(is_selected).chain(here().rev().filter(|s| !is_selected(s)));
        let handle = |s: &Shown| {
            let near = |p: &RasMm| self.on_screen(*p).distance(at) <= NEAR_HANDLE;
            s.annotation.handles().iter().position(near).filter(|_| s.mine)
        };
        let held = ordered().find_map(|s| handle(s).map(|n| (s.annotation.id.clone(), Some(n))));
        let line = || ordered().find(|s| distance(&self.outline(&s.annotation), at) <= NEAR_LINE).map(|s| (s.annotation.id.clone(), None));
        held.or_else(line)
    }

    /// The line of an annotation on screen.
    fn outline(&self, a: &Annotation) -> Vec<Pos2> {
        let handles: Vec<Pos2> = a.handles().into_iter().map(|p| self.on_screen(p)).collect();
        match a.shape {
            Shape::Rectangle { .. } => [0, 2, 1, 3, 0].iter().filter_map(|n| handles.get(*n).copied()).collect(),
            Shape::Ellipse { a: from, b: to } => {
                let (right, down) = a.plane.axes();
                let (centre, half) = (a.shape.centre().0, (to.0 - from.0) / 2.0);
                let at = |n: usize| {
                    let (s, c) = (n as f64 / ROUND as f64 * std::f64::consts::TAU).sin_cos();
                    self.on_screen(RasMm(centre + right * (half.dot(right) * c) + down * (half.dot(down) * s)))
                };
                (0..=ROUND).map(at).collect()
            }
            _ => handles,
        }
    }

    pub(super) fn paint_measurements(&self, cx: &Cx<'_>, painter: &Painter) {
        if self.compared(cx) {
            return;
        }
        let t = &cx.state.tools;
        let colors = &cx.theme.image;
        self.paint_kept_measurements(cx, painter);
        if let Some(drawing) = t.drawing.as_ref().filter(|d| self.parallel(&d.cut)) {
            match &drawing.live {
                Some(a) if self.shows(cx, a) => self.paint_one(painter, a, colors.measure, true, cx),
                Some(_) => {}
                None => line(painter, &[drawing.points[0], drawing.cursor].map(|p| self.on_screen(p)), colors.measure, cx),
            }
        }
        self.paint_mark(cx, painter);
        let pointed = cx.state.viewer.hover.map_or(self.plane, |(plane, _)| plane) == self.plane;
        if let Some(kind) = t.armed.filter(|_| pointed) {
            let text = format!("{} · Esc cancels", help(kind));
            outlined(painter, self.rect.center_top() + vec2(0.0, 28.0), Align2::CENTER_TOP, &text, 12.0, colors.warning, cx);
        }
    }

    /// Those that are made, without the one that is being drawn.
    pub(super) fn paint_kept_measurements(&self, cx: &Cx<'_>, painter: &Painter) {
        let t = &cx.state.tools;
        for shown in t.shown.iter().filter(|_| !t.hidden && !self.compared(cx)) {
            let a = t.current(shown);
            if self.shows(cx, a) {
                let selected = t.selected.as_ref() == Some(&a.id);
                let color = if shown.mine { cx.theme.image.measure } else { cx.theme.image.weak };
                self.paint_one(painter, a, color, selected, cx);
            }
        }
    }

    fn paint_one(&self, painter: &Painter, a: &Annotation, color: Color32, selected: bool, cx: &Cx<'_>) {
        let outline = self.outline(a);
        line(painter, &outline, color, cx);
        let radius = if selected { 4.0 } else { 2.0 };
        let handles = a.handles();
        let round = if selected || a.shape.kind().points() == handles.len() { handles.len() } else { 0 };
        for p in &handles[..round] {
            let at = self.on_screen(*p);
            painter.circle(at, radius, if selected { cx.theme.image.ground } else { color }, Stroke::new(1.5, color));
        }
        self.paint_values(painter, a, &outline, color, cx);
    }

    /// Beside the outline's rightmost point, or left of its leftmost where there is no room; clear of the captions at top and bottom.
    fn paint_values(&self, painter: &Painter, a: &Annotation, outline: &[Pos2], color: Color32, cx: &Cx<'_>) {
        let by_x = |a: &&Pos2, b: &&Pos2| a.x.total_cmp(&b.x);
        let (Some(left), Some(right)) = (outline.iter().min_by(by_x), outline.iter().max_by(by_x)) else { return };
        let text = a.lines().join("\n");
        let font = FontId::new(12.0, FontFamily::Name(STRONG.into()));
        let size = painter.layout_no_wrap(text.clone(), font, color).size();
        let free = self.rect.shrink2(vec2(6.0, 0.0)).with_min_y(self.rect.top() + 28.0).with_max_y(self.rect.bottom() - 48.0);
        let beside = *right + vec2(8.0, -size.y / 2.0);
        let other = *left - vec2(8.0 + size.x, size.y / 2.0);
        let at = if beside.x + size.x > free.right() && other.x >= free.left() { other } else { beside };
        let most = (free.max - size).max(free.min);
        outlined(painter, at.clamp(free.min, most), Align2::LEFT_TOP, &text, 12.0, color, cx);
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

/// A thin line with a darker, wider one under it, so that it is seen on bone and on air.
fn line(painter: &Painter, points: &[Pos2], color: Color32, cx: &Cx<'_>) {
    painter.add(Drawn::line(points.to_vec(), Stroke::new(3.0, cx.theme.image.ground.gamma_multiply(0.55))));
    painter.add(Drawn::line(points.to_vec(), Stroke::new(1.25, color)));
}

/// Small text with a dark edge.
pub(super) fn outlined(painter: &Painter, at: Pos2, align: Align2, text: &str, size: f32, color: Color32, cx: &Cx<'_>) {
    let font = FontId::new(size, FontFamily::Name(STRONG.into()));
    let galley = painter.layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER);
    let min = align.anchor_size(at, galley.size()).min;
    for by in [vec2(-1.0, -1.0), vec2(1.0, -1.0), vec2(-1.0, 1.0), vec2(1.0, 1.0)] {
        painter.galley_with_override_text_color(min + by, galley.clone(), cx.theme.image.ground.gamma_multiply(0.85));
    }
    painter.galley_with_override_text_color(min, galley, color);
}

/// From a place to a polyline, in points.
fn distance(points: &[Pos2], at: Pos2) -> f32 {
    let to_segment = |w: &[Pos2]| {
        let d = w[1] - w[0];
        let t = if d.length_sq() > 0.0 { ((at - w[0]).dot(d) / d.length_sq()).clamp(0.0, 1.0) } else { 0.0 };
        (w[0] + d * t).distance(at)
    };
    points.windows(2).map(to_segment).fold(f32::INFINITY, f32::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    #[test]
    fn lines_are_near_along_their_length_only() {
        let l = [pos2(0.0, 0.0), pos2(10.0, 0.0), pos2(10.0, 10.0)];
        assert_eq!(distance(&l, pos2(5.0, 3.0)), 3.0);
        assert_eq!(distance(&l, pos2(13.0, 14.0)), 5.0);
        assert_eq!(distance(&l[..1], pos2(0.0, 0.0)), f32::INFINITY);
    }
}
