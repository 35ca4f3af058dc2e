//! What is painted over a slice: crosshair, letters, numbers, scale bar.

use super::compare::names;
use super::pane::View;
use super::writing::{Style, Writing};
use crate::gpu::caption::{length_text, position, scale_bar};
use crate::gpu::{Scene, Slab};
use crate::space::{Plane, RasMm, edge_letters};
use crate::state::OpenProject;
use crate::ui::Cx;
use egui::{Align2, Stroke, pos2, vec2};
use std::fmt::{self, Display};

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
        let mut notes = self.notes(cx, painter);
        self.paint_evidence(cx, painter, &mut notes);
        self.paint_measurements(cx, painter, &mut notes);
        notes.done(painter.ctx());
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
            let place = (self.rect.center_top() + vec2(0.0, 28.0), Align2::CENTER_TOP);
            caption(painter, place, text, Style::of(12.0), cx.theme.image.warning, cx);
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
            let style = Style { strong: true, ..Style::of(15.0) };
            caption(painter, (at, align), letter, style, cx.theme.image.text, cx);
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
        let colors = &cx.theme.image;
        let style = Style { width: self.rect.width() - 16.0, ..Style::of(12.0) };
        let mut at = self.rect.shrink(8.0).left_top();
        let mut line = |text: &dyn Display, color| {
            caption(painter, (at, Align2::LEFT_TOP), text, style, color, cx);
            at.y += 17.0;
        };
        line(&self.plane_and_position(cx), colors.plane(self.plane));
        if let Some(c) = &v.compare {
            line(&names(p, c)[usize::from(self.kind.is_second())], colors.text);
        } else if v.twin() && !v.masks_in(self.kind) {
            line(&"without masks", colors.text);
        }
        // What makes the image other than a thin slice with its masks is said in the image, since it is easily forgotten.
        if v.slab != Slab::Thin {
            line(&format_args!("{} · HU of the thin slice", slab_words(v.slab)), colors.warning);
        }
        let labels = p.scene().is_some_and(|s| s.labels().is_some());
        if labels && !v.twin() && !v.masks {
            line(&"masks hidden", colors.warning);
        }
        if self.rect.width() < NARROW_VIEW && self.rect.height() > 2.0 * TINY_VIEW[1] {
            line(&self.slice_text(cx), colors.weak);
        }
    }

    fn plane_and_position(&self, cx: &Cx<'_>) -> impl Display {
        let v = &cx.state.viewer;
        let plane = self.plane;
        let at = position(plane, self.there(v.cross).0[plane.normal_axis()]);
        let tilt = v.tilted(plane).then(|| v.tilt_degrees(plane));
        fmt::from_fn(move |f| match tilt {
            Some(degrees) => write!(f, "{}  oblique {degrees:.1}° · {at}", plane.name()),
            None => write!(f, "{}  {at}", plane.name()),
        })
    }

    fn slice_text(&self, cx: &Cx<'_>) -> impl Display {
        let v = &cx.state.viewer;
        let compared = self.kind.is_second() && v.compare.is_some();
        let number = if compared { v.second_slice_number(self.plane) } else { v.slice_number(self.plane) };
        fmt::from_fn(move |f| match number {
            Some((n, of)) => write!(f, "{n} / {of}"),
            None if compared => f.write_str("no slice here"),
            None => Ok(()),
        })
    }

    fn captions(&self, cx: &Cx<'_>, scene: &Scene, painter: &egui::Painter) {
        let v = &cx.state.viewer;
        let r = self.rect.shrink(8.0);
        let style = Style::of(12.0);
        if self.rect.width() >= NARROW_VIEW {
            caption(painter, (r.right_top(), Align2::RIGHT_TOP), self.slice_text(cx), style, cx.theme.image.weak, cx);
            let inverted = if v.invert && self.rect.width() > 1.3 * NARROW_VIEW { "inverted  " } else { "" };
            let text = format_args!("{inverted}W {}  L {}", whole(v.window.width), whole(v.window.level));
            caption(painter, (r.right_bottom(), Align2::RIGHT_BOTTOM), text, style, cx.theme.image.weak, cx);
        }
        let probed = v.hover.filter(|(plane, _)| *plane == self.plane).map_or(v.cross, |(_, at)| at);
        let style = Style { width: self.rect.width() - 16.0, ..style };
        let place = (r.left_bottom(), Align2::LEFT_BOTTOM);
        // While the case is being read its numbers are not yet those of the file.
        match super::pane::reading(cx) {
            Some(text) => caption(painter, place, text, style, cx.theme.image.text, cx),
            None => caption(painter, place, probe_text(scene, self.there(probed)), style, cx.theme.image.text, cx),
        }
    }

    /// As long as in the picture of this view.
    fn scale_bar(&self, cx: &Cx<'_>, painter: &egui::Painter) {
        let mm_per_pixel = self.frame.right.length();
        let Some(mm) = scale_bar(i64::from(self.size_px()[0]), mm_per_pixel) else { return };
        let width = (mm / mm_per_pixel) as f32 / self.scale;
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
        let place = (pos2(right - width / 2.0, y - 4.0), Align2::CENTER_BOTTOM);
        caption(painter, place, length_text(mm), Style::of(11.0), cx.theme.image.text, cx);
    }
}

/// `MIP 10 mm`.
pub(super) fn slab_words(slab: Slab) -> impl Display {
    fmt::from_fn(move |f| match slab {
        Slab::Thin => f.write_str("thin"),
        Slab::Of { mode, mm } => write!(f, "{} {mm:.0} mm", ["MIP", "MinIP", "mean"][mode as usize]),
    })
}

/// A whole number with a true minus sign.
fn whole(number: f32) -> impl Display {
    let number = number.round();
    fmt::from_fn(move |f| write!(f, "{}{:.0}", if number < 0.0 { "−" } else { "" }, number.abs()))
}

/// `HU 43 · Liver`.
fn probe_text(scene: &Scene, at: RasMm) -> impl Display {
    fmt::from_fn(move |f| {
        match scene.volume().map(|v| v.probe(at)) {
            Some(Some(p)) => write!(f, "HU {p}")?,
            Some(None) => f.write_str("outside")?,
            None => {}
        }
        let names = scene.labels().into_iter().flat_map(|l| l.each_at(at).map(|i| l.table[i].shown()));
        for (n, name) in names.enumerate() {
            write!(f, "{}{name}", if n > 0 || scene.volume().is_some() { " · " } else { "" })?;
        }
        Ok(())
    })
}

/// Text that can be read on white bone, black air and coloured masks: on a dark ground.
fn caption(
    painter: &egui::Painter,
    (at, align): (egui::Pos2, Align2),
    text: impl Display,
    style: Style,
    color: egui::Color32,
    cx: &Cx<'_>,
) {
    let Some(galley) = Writing::of(painter.ctx()).line(painter, style, text) else { return };
    let rect = align.anchor_size(at, galley.size());
    painter.rect_filled(rect.expand2(vec2(3.0, 1.0)), 3.0, cx.theme.image.ground.gamma_multiply(cx.theme.image.caption_opacity));
    painter.galley(rect.min, galley, color);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::judge::{Figure, OfOne, OfTwo};
    use crate::geometry::{Annotation, Cut, HuStats, Shape};
    use crate::space::Convention;
    use crate::state::{AppState, Command, GeometryCommand, Kept, PaneKind, Shown, ViewCommand};
    use crate::ui::KeyMap;
    use egui::{Pos2, Rect};

    /// Shapes that are painted in this pass, and allocations of painting them.
    fn cost(context: &egui::Context, paint: impl Fn(&egui::Painter)) -> (usize, u64) {
        let mut cost = (0, 0);
        let mut output = context.run_ui(egui::RawInput::default(), |ui| {
            let area = Rect::from_min_size(Pos2::ZERO, vec2(900.0, 400.0));
            let painter = egui::Painter::new(ui.ctx().clone(), egui::LayerId::background(), area);
            Writing::of(painter.ctx()).line(&painter, Style::of(12.0), "first of this pass");
            let shapes = || ui.ctx().graphics_mut(|g| g.entry(painter.layer_id()).next_idx().0);
            let before = shapes();
            let spent = allocation_counter::measure(|| paint(&painter));
            cost = (shapes() - before, spent.count_total);
        });
        output.textures_delta.clear();
        cost
    }

    /// Checks that painting three slices allocates no more than as many rectangles, once its texts are laid out; returns the shapes.
    ///
    /// egui's list of shapes grows from nothing in every pass.
    fn check(state: &AppState, scene: &Scene, least: usize) -> usize {
        let (theme, keys) = (crate::ui::Theme::dark(), KeyMap::new(&std::collections::BTreeMap::new()));
        let cx = Cx::new(state, &theme, &keys);
        let view = |n: usize, plane| {
            let rect = Rect::from_min_size(pos2(300.0 * n as f32, 0.0), vec2(290.0, 400.0));
            let frame = state.viewer.frame(plane, state.settings.convention, [290, 400]);
            View { kind: PaneKind::Slice(plane), plane, rect, frame, offset: RasMm::new(0.0, 0.0, 0.0), scale: 1.0 }
        };
        let views: Vec<View> = Plane::ALL.into_iter().enumerate().map(|(n, plane)| view(n, plane)).collect();
        let project = state.project.as_ref().unwrap();
        let context = egui::Context::default();
        crate::ui::install_fonts(&context);
        let paint = |painter: &egui::Painter| views.iter().for_each(|v| v.paint(&cx, project, scene, painter));
        let (shapes, first) = cost(&context, paint);
        assert!(shapes > least && first > 100, "{shapes} shapes, {first} allocations when the texts are new");
        for _ in 0..3 {
            let (painted, spent) = cost(&context, paint);
            let (_, plain) = cost(&context, |p| (0..painted).for_each(|_| _ = p.rect_filled(Rect::ZERO, 0.0, egui::Color32::WHITE)));
            assert_eq!((painted, spent), (shapes, plain));
        }
        shapes
    }

    #[test]
    fn painting_over_a_slice_allocates_nothing_of_its_own() {
        let (mut state, scene) = crate::state::geometry::tests::window();
        state.apply(Command::View(ViewCommand::Slab(Slab::Of { mode: crate::gpu::SlabMode::Mean, mm: 5.0 })));
        check(&state, &scene, 60);
    }

    fn measured(plane: Plane, shape: Shape, at: RasMm) -> Shown {
        let [along, down] = [plane.screen_axes(Convention::Radiological).0, plane.screen_axes(Convention::Radiological).1];
        let point = |x: f64, y: f64| RasMm(at.0 + along * x + down * y);
        let shape = match shape {
            Shape::Ruler { .. } => Shape::Ruler { a: point(-4.0, 1.0), b: point(5.0, 2.0) },
            Shape::Angle { .. } => Shape::Angle { a: point(-4.0, 1.0), vertex: point(0.0, 0.0), b: point(5.0, 2.0) },
            Shape::Ellipse { .. } => Shape::Ellipse { a: point(-3.0, -1.0), b: point(3.0, 1.0) },
            other => other,
        };
        let hu = HuStats { mean: -12.3, sd: 4.5, min: -30.0, max: 8.0, samples: 9, not_finite: 0 };
        let annotation = Annotation::new("c::0", plane as usize, Cut::Standard(plane), shape, Some(hu));
        Shown { annotation, reviewer: String::new(), mine: true, kept: Kept::Temporary }
    }

    #[test]
    fn evidence_and_measurements_over_a_slice_allocate_nothing_either() {
        let (mut state, scene) = crate::state::geometry::tests::open();
        let bare = check(&state, &scene, 60);
        for figure in [Figure::Two([0, 1], OfTwo::Centres), Figure::Two([0, 1], OfTwo::Offset(0)), Figure::One(1, OfOne::Extent(0))] {
            state.apply(Command::Geometry(GeometryCommand::Show(figure)));
            assert!(state.witness.drawn().is_some());
            assert!(check(&state, &scene, bare) > bare + 20, "{figure:?} is drawn");
        }
        let (at, zero) = (state.viewer.cross, RasMm::new(0.0, 0.0, 0.0));
        let kinds = [
            Shape::Ruler { a: zero, b: zero },
            Shape::Angle { a: zero, vertex: zero, b: zero },
            Shape::Ellipse { a: zero, b: zero },
            Shape::Rectangle { a: at, b: RasMm(at.0 + 2.0) },
        ];
        let with_evidence = check(&state, &scene, bare);
        state.tools.shown = kinds.into_iter().flat_map(|k| Plane::ALL.map(|plane| measured(plane, k, at))).collect();
        state.tools.selected = Some(state.tools.shown[0].annotation.id.clone());
        assert!(check(&state, &scene, bare) >= with_evidence + 9 * 8, "three kinds at least are drawn in each plane");
    }
}
