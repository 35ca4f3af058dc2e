//! One view: the slice, what is painted over it, and what the pointer does in it.

use crate::gpu::{Scene, SliceRequest, callback};
use crate::space::{Plane, RasMm, SliceFrame};
use crate::ui::Cx;
use egui::{Align2, FontId, Rect, Role, Sense, Ui, Vec2, WidgetInfo, vec2};
use std::sync::Arc;

pub(super) fn pane(ui: &mut Ui, cx: &Cx<'_>, scene: Option<&Arc<Scene>>, plane: Plane, rect: Rect) {
    let response = ui.interact(rect, egui::Id::unique(("view", plane.name())), Sense::click_and_drag());
    let v = &cx.state.viewer;
    let number = v.slice_number(plane).map_or_else(String::new, |(n, of)| format!(", slice {n} of {of}"));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{} view{number}", plane.name())));
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, cx.theme.image.ground);
    let Some(scene) = scene else {
        painter.text(rect.center(), Align2::CENTER_CENTER, loading_text(cx), FontId::proportional(13.0), cx.theme.image.weak);
        return;
    };
    let pixels = rect.size() * ui.ctx().pixels_per_point();
    let size_px = [pixels.x.round().max(1.0) as u32, pixels.y.round().max(1.0) as u32];
    let frame = v.frame(plane, cx.state.settings.convention, size_px);
    let view = View { plane, rect, frame, scale: ui.ctx().pixels_per_point() };
    painter.add(callback::slice(rect, Arc::clone(scene), SliceRequest { frame, size_px, look: v.look() }, plane as usize));
    if scene.uploaded() < 1.0 {
        ui.ctx().request_repaint();
    }
    view.interact(ui, cx, &response);
    view.paint(cx, scene, &painter);
}

fn loading_text(cx: &Cx<'_>) -> String {
    match cx.state.jobs.iter().find_map(|j| j.fraction) {
        Some(f) => format!("reading… {:.0} %", f * 100.0),
        None => "reading…".to_owned(),
    }
}

/// One view of this frame: where it is on screen and in the patient.
pub(super) struct View {
    pub(super) plane: Plane,
    pub(super) rect: Rect,
    pub(super) frame: SliceFrame,
    /// Physical pixels per point.
    pub(super) scale: f32,
}

impl View {
    pub(super) fn point(&self, at: egui::Pos2) -> RasMm {
        let d = (at - self.rect.center()) * self.scale;
        self.frame.at(f64::from(d.x), f64::from(d.y))
    }

    pub(super) fn on_screen(&self, p: RasMm) -> egui::Pos2 {
        let (x, y) = self.frame.project(p);
        self.rect.center() + vec2(x as f32, y as f32) / self.scale
    }

    pub(super) fn mm(&self, drag: Vec2) -> (f64, f64) {
        let mm_per_point = self.frame.right.length() * f64::from(self.scale);
        (-f64::from(drag.x) * mm_per_point, -f64::from(drag.y) * mm_per_point)
    }
}
