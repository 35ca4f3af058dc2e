//! One view: the slice, what is painted over it, and what the pointer does in it.

use crate::gpu::{SliceRequest, callback};
use crate::space::{Plane, RasMm, SliceFrame};
use crate::state::{CaseView, OpenProject, PaneKind};
use crate::ui::Cx;
use egui::{Align2, CornerRadius, FontId, Rect, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2};
use std::sync::Arc;

/// Slots of the renderer: one per plane, and as many for views that stand right of another.
fn slot(plane: Plane, second: bool) -> usize {
    plane as usize + if second { 3 } else { 0 }
}

/// A view of the case on screen, or right of it the same case or the compared one.
pub(super) fn pane(ui: &mut Ui, cx: &Cx<'_>, p: &OpenProject, kind: PaneKind, plane: Plane, rect: Rect) {
    if !rect.is_positive() {
        return;
    }
    let v = &cx.state.viewer;
    let compared = v.compare.as_ref().filter(|_| kind.is_second());
    let response = ui.interact(rect, egui::Id::unique(("view", plane.name(), kind.is_second())), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name(cx, kind, plane)));
    let painter = ui.painter_at(rect);
    let scene = match compared {
        Some(c) => c.scene.as_ref(),
        None => p.on_screen(),
    };
    let Some(scene) = scene else {
        painter.rect_filled(rect, 0.0, cx.theme.image.ground);
        painter.text(rect.center(), Align2::CENTER_CENTER, loading_text(cx), FontId::proportional(13.0), cx.theme.image.weak);
        return;
    };
    let view = View::of(cx, kind, plane, rect, ui.ctx().pixels_per_point());
    let frame = SliceFrame { centre: view.there(view.frame.centre), ..view.frame };
    let request = SliceRequest { frame, size_px: view.size_px(), look: v.look(kind) };
    // The slice covers all but what rounding leaves at the edges.
    painter.rect_stroke(rect, CornerRadius::ZERO, Stroke::new(2.0, cx.theme.image.ground), StrokeKind::Inside);
    painter.add(callback::slice(ui.ctx(), rect, Arc::clone(scene), request, slot(plane, kind.is_second())));
    view.interact(ui, cx, &response);
    view.paint(cx, p, scene, &painter);
    if response.has_focus() {
        let stroke = Stroke::new(1.0 + cx.theme.line_width, cx.theme.selection);
        painter.rect_stroke(rect, CornerRadius::ZERO, stroke, StrokeKind::Inside);
    }
}

/// Of a view, at least one each way.
fn pixels(rect: Rect, scale: f32) -> [u32; 2] {
    [rect.width(), rect.height()].map(|n| (n * scale).round().max(1.0) as u32)
}

/// `axial view, slice 12 of 40`; what stands right of another is a second view, or a view of what is compared.
fn name(cx: &Cx<'_>, kind: PaneKind, plane: Plane) -> String {
    let v = &cx.state.viewer;
    let (prefix, of, number) = match (&v.compare, kind.is_second()) {
        (Some(c), true) => ("compared ", format!(" of {}", c.with.name()), v.second_slice_number(plane)),
        (None, true) => ("second ", String::new(), v.slice_number(plane)),
        (_, false) => ("", String::new(), v.slice_number(plane)),
    };
    let number = number.map_or_else(String::new, |(n, count)| format!(", slice {n} of {count}"));
    format!("{prefix}{} view{of}{number}", plane.name())
}

/// How far the reading of the case is, while it goes on.
pub(super) fn reading(cx: &Cx<'_>) -> Option<String> {
    let project = cx.state.project.as_ref()?;
    matches!(project.case, CaseView::Loading(_)).then(|| loading_text(cx))
}

fn loading_text(cx: &Cx<'_>) -> String {
    match cx.state.jobs.iter().find_map(|j| j.fraction) {
        Some(f) => format!("reading… {:.0} %", f * 100.0),
        None => "reading…".to_owned(),
    }
}

/// One view of this frame: where it is on screen and in the patient. Points and positions are those of the case on screen; the view of a
/// compared case shows what lies `offset` from there.
pub(super) struct View {
    pub(super) kind: PaneKind,
    pub(super) plane: Plane,
    pub(super) rect: Rect,
    pub(super) frame: SliceFrame,
    /// As a position: where the first case's origin lies in the case that is shown.
    pub(super) offset: RasMm,
    /// Physical pixels per point.
    pub(super) scale: f32,
}

impl View {
    pub(super) fn of(cx: &Cx<'_>, kind: PaneKind, plane: Plane, rect: Rect, scale: f32) -> Self {
        let v = &cx.state.viewer;
        let compared = v.compare.as_ref().filter(|_| kind.is_second());
        let offset = compared.map_or(RasMm::new(0.0, 0.0, 0.0), |c| RasMm(c.offset));
        let frame = v.frame(plane, cx.state.settings.convention, pixels(rect, scale));
        Self { kind, plane, rect, frame, offset, scale }
    }

    pub(super) fn size_px(&self) -> [u32; 2] {
        pixels(self.rect, self.scale)
    }

    pub(super) fn point(&self, at: egui::Pos2) -> RasMm {
        let d = (at - self.rect.center()) * self.scale;
        self.frame.at(f64::from(d.x), f64::from(d.y))
    }

    pub(super) fn on_screen(&self, p: RasMm) -> egui::Pos2 {
        let (x, y) = self.frame.project(p);
        self.rect.center() + vec2(x as f32, y as f32) / self.scale
    }

    /// A position in the case that this view shows.
    pub(super) fn there(&self, p: RasMm) -> RasMm {
        RasMm(p.0 + self.offset.0)
    }

    pub(super) fn mm(&self, drag: Vec2) -> (f64, f64) {
        let mm_per_point = self.frame.right.length() * f64::from(self.scale);
        (-f64::from(drag.x) * mm_per_point, -f64::from(drag.y) * mm_per_point)
    }
}
