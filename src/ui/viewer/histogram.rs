//! How often each HU occurs in the volume, with the window over it: drag an edge to move it, or between them to move both.

use crate::geometry::Histogram;
use crate::state::{Command, ToolCommand, ViewCommand};
use crate::ui::Cx;
use crate::volume::Window;
use egui::{Align2, FontId, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

const SIZE: egui::Vec2 = vec2(280.0, 92.0);
/// Room for the figures below the curve, in points.
const FIGURES: f32 = 16.0;
/// Room for one of them.
const FIGURE: f32 = 64.0;
/// An edge is taken hold of within this many points.
const NEAR: f32 = 8.0;

/// What of the window the pointer holds.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    Low,
    High,
    Both,
}

/// Which HU are where on screen.
struct Axis {
    rect: Rect,
    low: f64,
    high: f64,
}

impl Axis {
    /// All but the rarest HU at both ends, so that a metal clip does not squeeze the tissue.
    fn new(rect: Rect, h: &Histogram) -> Self {
        let (low, high) = (h.quantile(0.0005), h.quantile(0.9995));
        let margin = ((high - low) * 0.05).max(10.0);
        Self { rect, low: low - margin, high: high + margin }
    }

    fn x(&self, hu: f64) -> f32 {
        let share = ((hu - self.low) / (self.high - self.low)).clamp(0.0, 1.0) as f32;
        self.rect.left() + share * self.rect.width()
    }

    fn hu_per_point(&self) -> f64 {
        (self.high - self.low) / f64::from(self.rect.width().max(1.0))
    }
}

pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(scene) = cx.state.project.as_ref().and_then(|p| p.scene()) else { return };
    if scene.volume().is_none() {
        return;
    }
    let known = cx.state.tools.histogram.as_ref().filter(|(of, _)| *of == scene.key());
    if known.is_none() {
        cx.send(Command::Tool(ToolCommand::NeedHistogram));
    }
    let (rect, response) = ui.allocate_exact_size(SIZE, Sense::drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Histogram of HU with the window"));
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 4.0, cx.theme.field);
    let Some((_, Some(histogram))) = known else {
        painter.text(rect.center(), Align2::CENTER_CENTER, "counting…", FontId::proportional(12.0), cx.theme.weak);
        return;
    };
    let plot = rect.with_max_y(rect.bottom() - FIGURES);
    let axis = Axis::new(plot, histogram);
    drag(ui, cx, &axis, &response);
    curve(&painter, cx, &axis, histogram);
    window(&painter, cx, &axis, cx.state.viewer.window);
    response.on_hover_text("HU of the volume (heights as square roots); drag an edge of the window, or between the edges");
}

/// Heights as square roots: air would hide everything else.
fn curve(painter: &Painter, cx: &Cx<'_>, axis: &Axis, h: &Histogram) {
    let width = (h.range.1 - h.range.0) / h.counts.len().max(1) as f64;
    let shown = |hu: f64| hu >= axis.low && hu <= axis.high;
    let bins = || h.counts.iter().enumerate().map(|(n, c)| (h.range.0 + (n as f64 + 0.5) * width, (*c as f32).sqrt()));
    let most = bins().filter(|(hu, _)| shown(*hu)).map(|(_, c)| c).fold(1.0, f32::max);
    let bottom = axis.rect.bottom();
    for (hu, count) in bins().filter(|(hu, c)| shown(*hu) && *c > 0.0) {
        let (left, right) = (axis.x(hu - width / 2.0), axis.x(hu + width / 2.0));
        let top = bottom - (axis.rect.height() - 4.0) * count / most;
        painter.rect_filled(Rect::from_min_max(pos2(left, top), pos2(right.max(left + 1.0), bottom)), 0.0, cx.theme.weak);
    }
}

fn window(painter: &Painter, cx: &Cx<'_>, axis: &Axis, w: Window) {
    let (low, high) = edges(w);
    let (left, right) = (axis.x(low), axis.x(high));
    let r = axis.rect;
    painter.rect_filled(r.with_min_x(left).with_max_x(right), 0.0, cx.theme.selection.gamma_multiply(0.18));
    // Black at the lower edge, white at the upper.
    let ramp = vec![pos2(left, r.bottom() - 1.0), pos2(right, r.top() + 1.0)];
    painter.add(Shape::line(ramp, Stroke::new(1.0, cx.theme.selection.gamma_multiply(0.7))));
    for (x, hu, below) in [(left, low, true), (right, high, false)] {
        painter.vline(x, r.y_range(), Stroke::new(1.5, cx.theme.selection));
        let text = format!("{hu:.0} HU").replace('-', "−");
        let galley = painter.layout_no_wrap(text, FontId::proportional(12.0), cx.theme.text);
        // Outwards from the edge, so that the two never meet.
        let width = galley.size().x;
        let left = if below {
            (x - width - 2.0).clamp(r.left(), r.right() - 2.0 * FIGURE)
        } else {
            (x + 2.0).clamp(r.left() + FIGURE, r.right() - width)
        };
        painter.galley(pos2(left, r.bottom() + 1.0), galley, cx.theme.text);
    }
}

fn edges(w: Window) -> (f64, f64) {
    (f64::from(w.level - w.width / 2.0), f64::from(w.level + w.width / 2.0))
}

fn part_at(axis: &Axis, w: Window, at: Pos2) -> Option<Part> {
    let (low, high) = edges(w);
    let (left, right) = (axis.x(low), axis.x(high));
    let (to_left, to_right) = ((at.x - left).abs(), (at.x - right).abs());
    if to_left.min(to_right) <= NEAR {
        Some(if to_left < to_right { Part::Low } else { Part::High })
    } else {
        (left..=right).contains(&at.x).then_some(Part::Both)
    }
}

fn drag(ui: &Ui, cx: &Cx<'_>, axis: &Axis, response: &egui::Response) {
    let w = cx.state.viewer.window;
    let id = response.id.with("part");
    if response.drag_started() {
        let at = ui.input(|i| i.pointer.press_origin()).or(response.interact_pointer_pos());
        ui.data_mut(|d| d.insert_temp(id, at.and_then(|at| part_at(axis, w, at))));
    }
    let part: Option<Part> = ui.data(|d| d.get_temp(id)).flatten();
    let by = f64::from(response.drag_delta().x) * axis.hu_per_point();
    if response.dragged()
        && by != 0.0
        && let Some(part) = part
    {
        cx.send(Command::View(ViewCommand::Window(moved(w, part, by as f32))));
    }
}

/// An edge stops a HU before the other.
fn moved(w: Window, part: Part, by: f32) -> Window {
    let by = match part {
        Part::Low => by.min(w.width - 1.0),
        Part::High => by.max(1.0 - w.width),
        Part::Both => by,
    };
    match part {
        Part::Low => Window { width: w.width - by, level: w.level + by / 2.0 },
        Part::High => Window { width: w.width + by, level: w.level + by / 2.0 },
        Part::Both => Window { level: w.level + by, ..w },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dragging_an_edge_leaves_the_other_where_it_is() {
        let w = Window { width: 400.0, level: 40.0 };
        assert_eq!(edges(moved(w, Part::Low, -60.0)), (-220.0, 240.0));
        assert_eq!(edges(moved(w, Part::High, 60.0)), (-160.0, 300.0));
        assert_eq!(edges(moved(w, Part::Both, 60.0)), (-100.0, 300.0));
        assert_eq!(edges(moved(w, Part::Low, 1e6)), (239.0, 240.0));
        assert_eq!(edges(moved(w, Part::High, -1e6)), (-160.0, -159.0));
    }

    #[test]
    fn edges_are_held_before_the_middle() {
        let rect = Rect::from_min_max(pos2(0.0, 0.0), pos2(100.0, 50.0));
        let axis = Axis { rect, low: -500.0, high: 500.0 };
        let part = |x| part_at(&axis, Window { width: 400.0, level: 0.0 }, pos2(x, 10.0));
        assert_eq!((part(31.0), part(65.0), part(50.0), part(10.0)), (Some(Part::Low), Some(Part::High), Some(Part::Both), None));
    }
}
