//! Small pictures on buttons, painted rather than taken from a font, and the button that carries one.

use crate::state::ViewLayout;
use egui::{Align2, Color32, CornerRadius, FontId, Painter, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

/// What is painted on a button.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Icon {
    Layout(ViewLayout),
    Crosshair,
    Invert,
    Play,
    Stop,
    Compare,
}

/// A toggle with a picture; `name` is what a screen reader says.
pub(super) fn toggle(ui: &mut Ui, icon: Icon, on: bool, name: &str, tip: &str) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(28.0, ui.spacing().interact_size.y), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, name));
    let visuals = ui.style().interact_selectable(&response, on);
    ui.painter().rect(rect, visuals.corner_radius, visuals.weak_bg_fill, visuals.bg_stroke, StrokeKind::Inside);
    paint(ui.painter(), icon, Rect::from_center_size(rect.center(), vec2(16.0, 14.0)), visuals.text_color());
    response.on_hover_text(tip).clicked()
}

fn paint(painter: &Painter, icon: Icon, r: Rect, color: Color32) {
    let stroke = Stroke::new(1.25, color);
    match icon {
        Icon::Layout(layout) => panes(painter, layout, r, stroke),
        Icon::Crosshair => {
            let c = r.center();
            for (from, to) in [(r.left(), c.x - 3.0), (c.x + 3.0, r.right())] {
                painter.hline(from..=to, c.y, stroke);
            }
            for (from, to) in [(r.top(), c.y - 3.0), (c.y + 3.0, r.bottom())] {
                painter.vline(c.x, from..=to, stroke);
            }
        }
        Icon::Invert => half_moon(painter, r, stroke),
        Icon::Play => {
            let points = vec![r.left_top() + vec2(3.0, 0.0), r.right_center() - vec2(1.0, 0.0), r.left_bottom() + vec2(3.0, 0.0)];
            painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
        }
        Icon::Stop => {
            painter.rect_filled(Rect::from_center_size(r.center(), vec2(10.0, 10.0)), 1.0, color);
        }
        Icon::Compare => {
            let half = vec2(r.width() / 2.0 - 1.0, r.height());
            for (min, letter) in [(r.min, "A"), (pos2(r.center().x + 1.0, r.top()), "B")] {
                let side = Rect::from_min_size(min, half);
                painter.rect_stroke(side, CornerRadius::ZERO, stroke, StrokeKind::Inside);
                painter.text(side.center(), Align2::CENTER_CENTER, letter, FontId::proportional(9.0), color);
            }
        }
    }
}

/// The outline of a layout's panes.
fn panes(painter: &Painter, layout: ViewLayout, r: Rect, stroke: Stroke) {
    painter.rect_stroke(r, CornerRadius::ZERO, stroke, StrokeKind::Inside);
    let c = r.center();
    match layout {
        ViewLayout::Quarters => {
            painter.vline(c.x, r.y_range(), stroke);
            painter.hline(r.x_range(), c.y, stroke);
        }
        ViewLayout::OneAndThree => {
            let x = r.left() + r.width() * 0.64;
            painter.vline(x, r.y_range(), stroke);
            for share in [1.0 / 3.0, 2.0 / 3.0] {
                painter.hline(x..=r.right(), r.top() + r.height() * share, stroke);
            }
        }
        ViewLayout::Single => {}
        ViewLayout::SideBySide => {
            painter.vline(c.x, r.y_range(), stroke);
            painter.circle_filled(pos2((c.x + r.right()) / 2.0, c.y), 2.25, stroke.color);
        }
    }
}

/// A disc, half of it dark.
fn half_moon(painter: &Painter, r: Rect, stroke: Stroke) {
    let (c, radius) = (r.center(), 6.5);
    painter.circle_stroke(c, radius, stroke);
    let arc = |n: i32| {
        let angle = -std::f32::consts::FRAC_PI_2 + std::f32::consts::PI * n as f32 / 12.0;
        c + vec2(angle.cos(), angle.sin()) * radius
    };
    painter.add(Shape::convex_polygon((0..=12).map(arc).collect(), stroke.color, Stroke::NONE));
}
