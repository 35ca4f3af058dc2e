//! What is painted over a slice: crosshair, letters, numbers, scale bar.

use super::compare::names;
use super::pane::View;
use crate::gpu::caption::position;
use crate::gpu::{Scene, Slab};
use crate::space::{Plane, RasMm, edge_letters};
use crate::state::OpenProject;
use crate::ui::{Cx, theme};
use egui::{Align2, FontId, Stroke, pos2, vec2};

/// Narrower views leave out the slice count and the window, which stand in the toolbar and the accessible name as well.
const NARROW_VIEW: f32 = 270.0;
/// Room of the title: `coronal  A 123.4 mm`.
const TITLE_WIDTH: f32 = 132.0;
/// Smaller views leave out everything but crosshair and title.
const TINY_VIEW: [f32; 2] = [110.0, 90.0];

impl View {
    pub(super) fn paint(&self, cx: &Cx<'_>, p: &OpenProject, scene: &Scene, painter: &egui::Painter) {
        if cx.state.viewer.crosshair {
            self.crosshair(cx, painter);
        }
        self.paint_evidence(cx, painter);
        self.paint_measurements(cx, painter);
        self.other_cursor(cx, painter);
        self.title(cx, p, painter);
        if self.rect.width() < TINY_VIEW[0] || self.rect.height() < TINY_VIEW[1] {
            return;
        }
        self.letters(cx, painter);
        self.captions(cx, scene, painter);
        self.scale_bar(cx, painter);
        let pointed = cx.state.viewer.hover.map_or(Plane::Axial, |(plane, _)| plane) == self.plane;
        if cx.state.viewer.window_armed && pointed {
            let text = "drag: right = wider, up = brighter · Esc cancels";
            painter.text(
                self.rect.center_top() + vec2(0.0, 28.0),
                Align2::CENTER_TOP,
                text,
                FontId::proportional(12.0),
                cx.theme.image.warning,
            );
        }
    }

    /// The lines of the two other planes, in their colours, with a gap at the point itself.
    fn crosshair(&self, cx: &Cx<'_>, painter: &egui::Painter) {
        let at = self.on_screen(cx.state.viewer.cross);
        let (across, along) = match self.plane {
            Plane::Axial => (Plane::Coronal, Plane::Sagittal),
            Plane::Coronal => (Plane::Axial, Plane::Sagittal),
            Plane::Sagittal => (Plane::Axial, Plane::Coronal),
        };
        let stroke = |plane| Stroke::new(cx.theme.line_width, cx.theme.image.plane(plane).gamma_multiply(cx.theme.image.line_opacity));
        let gap = 10.0;
        let r = self.rect;
        if [across, along].into_iter().any(|plane| cx.state.viewer.tilted(plane)) {
            return self.turned_crosshair(cx, painter, at, [across, along].map(|plane| (plane, stroke(plane))));
        }
        if r.y_range().contains(at.y) {
            painter.hline(r.left()..=(at.x - gap).max(r.left()), at.y, stroke(across));
            painter.hline((at.x + gap).min(r.right())..=r.right(), at.y, stroke(across));
        }
        if r.x_range().contains(at.x) {
            painter.vline(at.x, r.top()..=(at.y - gap).max(r.top()), stroke(along));
            painter.vline(at.x, (at.y + gap).min(r.bottom())..=r.bottom(), stroke(along));
        }
    }

    /// Where planes that are turned cut this one.
    fn turned_crosshair(&self, cx: &Cx<'_>, painter: &egui::Painter, at: egui::Pos2, planes: [(Plane, Stroke); 2]) {
        let v = &cx.state.viewer;
        let far = self.rect.size().length() + at.distance(self.rect.center());
        for (plane, stroke) in planes {
            let line = v.normal(self.plane).cross(v.normal(plane));
            let on_screen = vec2(line.dot(self.frame.right) as f32, line.dot(self.frame.down) as f32).normalized();
            for way in [on_screen, -on_screen] {
                painter.line_segment([at + way * 10.0, at + way * far], stroke);
            }
        }
    }

    fn letters(&self, cx: &Cx<'_>, painter: &egui::Painter) {
        let [left, right, top, bottom] = edge_letters(self.frame.right, self.frame.down);
        let r = self.rect.shrink(8.0);
        // Beside the title and above the probe where a view is too narrow for both.
        let above = pos2(r.center().x.max(r.left() + TITLE_WIDTH).min(r.right() - 6.0), r.top());
        let below = r.center_bottom() - vec2(0.0, if r.width() < NARROW_VIEW { 18.0 } else { 0.0 });
        let places = [
            (r.left_center(), Align2::LEFT_CENTER, left),
            (r.right_center(), Align2::RIGHT_CENTER, right),
            (above, Align2::CENTER_TOP, top),
            (below, Align2::CENTER_BOTTOM, bottom),
        ];
        for (at, align, letter) in places {
            caption(painter, at, align, &letter, FontId::new(15.0, egui::FontFamily::Name(theme::STRONG.into())), cx.theme.image.text, cx);
        }
    }

    /// Where the cursor is in the view beside this one.
    fn other_cursor(&self, cx: &Cx<'_>, painter: &egui::Painter) {
        let v = &cx.state.viewer;
        let two = v.twin() || v.compare.is_some();
        let Some((_, at)) = v.hover.filter(|(plane, _)| two && *plane == self.plane && v.side != usize::from(self.kind.is_second())) else {
            return;
        };
        let c = self.on_screen(at);
        for (width, color) in [(2.0 + cx.theme.line_width, cx.theme.image.ground), (cx.theme.line_width, cx.theme.image.text)] {
            for (from, to) in [(3.0, 9.0), (-9.0, -3.0)] {
                painter.line_segment([c + vec2(from, 0.0), c + vec2(to, 0.0)], Stroke::new(width, color));
                painter.line_segment([c + vec2(0.0, from), c + vec2(0.0, to)], Stroke::new(width, color));
            }
        }
    }

    /// Plane and position, whose view it is where there are two, and in narrow views the slice below.
    fn title(&self, cx: &Cx<'_>, p: &OpenProject, painter: &egui::Painter) {
        let v = &cx.state.viewer;
        let at = self.there(v.cross).0[self.plane.normal_axis()];
        let title = if v.tilted(self.plane) {
            format!("{}  oblique {:.1}° · {}", self.plane.name(), v.tilt_degrees(self.plane), position(self.plane, at))
        } else {
            format!("{}  {}", self.plane.name(), position(self.plane, at))
        };
        let mut lines = vec![(title, cx.theme.image.plane(self.plane))];
        if let Some(name) = self.whose(cx, p) {
            lines.push((name, cx.theme.image.text));
        }
        lines.extend(self.unusual(cx, p).into_iter().map(|words| (words, cx.theme.image.warning)));
        if self.rect.width() < NARROW_VIEW && self.rect.height() > 2.0 * TINY_VIEW[1] {
            lines.push((self.slice_text(cx), cx.theme.image.weak));
        }
        let font = FontId::proportional(12.0);
        let mut at = self.rect.shrink(8.0).left_top();
        for (text, color) in lines {
            let text = shortened(painter, text, &font, self.rect.width() - 16.0);
            caption(painter, at, Align2::LEFT_TOP, &text, font.clone(), color, cx);
            at.y += 17.0;
        }
    }

    /// The case or mask set of one of two compared views; that masks are off in one of two views of the same case.
    fn whose(&self, cx: &Cx<'_>, p: &OpenProject) -> Option<String> {
        let v = &cx.state.viewer;
        match &v.compare {
            Some(c) => {
                let [first, second] = names(p, c);
                Some(if self.kind.is_second() { second } else { first })
            }
            None => (v.twin() && !v.masks_in(self.kind)).then(|| "without masks".to_owned()),
        }
    }

    /// What makes the image other than a thin slice with its masks: said in the image, since it is easily forgotten.
    fn unusual(&self, cx: &Cx<'_>, p: &OpenProject) -> Vec<String> {
        let v = &cx.state.viewer;
        let slab = slab_words(v.slab);
        let labels = p.scene().is_some_and(|s| s.labels().is_some());
        let hidden = (labels && !v.twin() && !v.masks).then(|| "masks hidden".to_owned());
        slab.into_iter().chain(hidden).collect()
    }

    fn slice_text(&self, cx: &Cx<'_>) -> String {
        let v = &cx.state.viewer;
        let compared = self.kind.is_second() && v.compare.is_some();
        let number = if compared { v.second_slice_number(self.plane) } else { v.slice_number(self.plane) };
        match number {
            Some((n, of)) => format!("{n} / {of}"),
            None if compared => "no slice here".to_owned(),
            None => String::new(),
        }
    }

    fn captions(&self, cx: &Cx<'_>, scene: &Scene, painter: &egui::Painter) {
        let v = &cx.state.viewer;
        let r = self.rect.shrink(8.0);
        let font = FontId::proportional(12.0);
        if self.rect.width() >= NARROW_VIEW {
            caption(painter, r.right_top(), Align2::RIGHT_TOP, &self.slice_text(cx), font.clone(), cx.theme.image.weak, cx);
            let window = format!("W {:.0}  L {:.0}", v.window.width, v.window.level).replace('-', "−");
            let inverted = if v.invert && self.rect.width() > 1.3 * NARROW_VIEW { "inverted  " } else { "" };
            let text = format!("{inverted}{window}");
            caption(painter, r.right_bottom(), Align2::RIGHT_BOTTOM, &text, font.clone(), cx.theme.image.weak, cx);
        }
        let probed = v.hover.filter(|(plane, _)| *plane == self.plane).map_or(v.cross, |(_, at)| at);
        // While the case is being read its numbers are not yet those of the file.
        let text = super::pane::reading(cx).unwrap_or_else(|| probe_text(scene, self.there(probed)));
        let text = shortened(painter, text, &font, self.rect.width() - 16.0);
        caption(painter, r.left_bottom(), Align2::LEFT_BOTTOM, &text, font, cx.theme.image.text, cx);
    }

    /// A bar of 1, 2 or 5 × 10ⁿ mm, at most a quarter of the view.
    fn scale_bar(&self, cx: &Cx<'_>, painter: &egui::Painter) {
        let mm_per_point = self.frame.right.length() * f64::from(self.scale);
        let most = f64::from(self.rect.width()) * 0.25 * mm_per_point;
        let Some(mm) = nice_length(most) else { return };
        let width = (mm / mm_per_point) as f32;
        let right = self.rect.right() - 8.0;
        let y = self.rect.bottom() - 30.0;
        // Light on a dark edge, to be seen on white as on black.
        for (rim, color) in [(2.0, cx.theme.image.ground), (0.0, cx.theme.image.text)] {
            let stroke = Stroke::new(0.5 + cx.theme.line_width + rim, color);
            painter.hline(right - width - rim / 2.0..=right + rim / 2.0, y, stroke);
            for x in [right - width, right] {
                painter.vline(x, y - 3.0 - rim / 2.0..=y + 3.0 + rim / 2.0, stroke);
            }
        }
        let text = if mm >= 10.0 { format!("{:.0} cm", mm / 10.0) } else { format!("{mm:.0} mm") };
        caption(
            painter,
            pos2(right - width / 2.0, y - 4.0),
            Align2::CENTER_BOTTOM,
            &text,
            FontId::proportional(11.0),
            cx.theme.image.text,
            cx,
        );
    }
}

/// `MIP 10 mm`; nothing for a thin slice.
pub(super) fn slab_words(slab: Slab) -> Option<String> {
    match slab {
        Slab::Thin => None,
        Slab::Of { mode, mm } => Some(format!("{} {mm:.0} mm", ["MIP", "MinIP", "mean"][mode as usize])),
    }
}

/// Cut with an ellipsis where the view is too narrow.
fn shortened(painter: &egui::Painter, text: String, font: &FontId, width: f32) -> String {
    let length = |s: &str| painter.layout_no_wrap(s.to_owned(), font.clone(), egui::Color32::PLACEHOLDER).size().x;
    if length(&text) <= width {
        return text;
    }
    let mut cut: String = text;
    while cut.pop().is_some() {
        let short = format!("{}…", cut.trim_end());
        if length(&short) <= width {
            return short;
        }
    }
    String::new()
}

/// The largest of 1, 2, 5 × 10ⁿ not above `most`.
fn nice_length(most: f64) -> Option<f64> {
    if !(most.is_finite() && most > 1e-3) {
        return None;
    }
    let power = 10f64.powf(most.log10().floor());
    [5.0, 2.0, 1.0].into_iter().map(|m| m * power).find(|l| *l <= most)
}

fn probe_text(scene: &Scene, at: RasMm) -> String {
    let hu = match scene.volume().map(|v| v.probe(at)) {
        Some(Some(p)) => format!("HU {}", p.text()),
        Some(None) => "outside".to_owned(),
        None => String::new(),
    };
    let names = scene.labels().map_or_else(Vec::new, |l| l.at(at).into_iter().map(|i| l.table[i].title().into_owned()).collect());
    [hu].into_iter().filter(|s| !s.is_empty()).chain(names).collect::<Vec<_>>().join(" · ")
}

/// Text that can be read on white bone, black air and coloured masks: on a dark ground.
fn caption(painter: &egui::Painter, at: egui::Pos2, align: Align2, text: &str, font: FontId, color: egui::Color32, cx: &Cx<'_>) {
    if text.is_empty() {
        return;
    }
    let galley = painter.layout_no_wrap(text.to_owned(), font, color);
    let rect = align.anchor_size(at, galley.size());
    painter.rect_filled(rect.expand2(vec2(3.0, 1.0)), 3.0, cx.theme.image.ground.gamma_multiply(cx.theme.image.caption_opacity));
    painter.galley(rect.min, galley, color);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_bars_are_round_and_fit() {
        for (most, expected) in
            [(60.0, Some(50.0)), (49.9, Some(20.0)), (10.0, Some(10.0)), (0.3, Some(0.2)), (0.0, None), (f64::NAN, None)]
        {
            assert_eq!(nice_length(most), expected, "{most}");
        }
    }
}
