//! The evidence of a claim over the images: boxes and centroids of its structures, lines with their lengths, the axis with the
//! projections on it, the midline. The same drawing goes over slices and over the 3D view; only the projection differs.
//!
//! On a slice, what lies in it is drawn solid and what lies before or behind it dashed. Names and numbers stand where they hide neither
//! each other nor a line, as far as there is room; a line that runs towards the reader has no number, as its length cannot be seen.
//!
//! Nothing is allocated for what is drawn: dashes and dots are segments and circles of their own, texts are laid out once.

use super::measure::outlined_galley;
use super::notes::{Around, Notes};
use super::pane::View;
use super::writing::{Style, Writing};
use crate::geometry::judge::{Evidence, Line, LineKind, Mark, Part};
use crate::gpu::Eye;
use crate::space::RasMm;
use crate::ui::Cx;
use crate::ui::widgets::in_millilitres;
use crate::volume::structures;
use egui::{Color32, Painter, Pos2, Rect, Stroke, vec2};
use glam::DVec3;
use std::cell::RefCell;
use std::fmt::{self, Display};

/// From patient space to the screen.
struct Canvas<'a> {
    painter: &'a Painter,
    rect: Rect,
    project: &'a dyn Fn(DVec3) -> Pos2,
    /// How far a point lies before or behind the plane, in mm; 0 in the 3D view, where everything is in sight.
    depth: &'a dyn Fn(DVec3) -> f64,
    /// What counts as in the plane, mm.
    near: f64,
    solid_boxes: bool,
    /// Names and numbers, which are placed when every line is drawn.
    notes: RefCell<&'a mut Notes>,
}

/// Of a line that is seen shorter than this share of its length, the length is not told.
const SHORTENED: f32 = 0.6;

impl View {
    pub(super) fn paint_evidence(&self, cx: &Cx<'_>, painter: &Painter, notes: &mut Notes) {
        let compared = cx.state.viewer.compare.is_some() && self.kind.is_second();
        let Some((evidence, lit)) = cx.state.witness.drawn().filter(|_| !compared) else { return };
        let normal = self.frame.right.cross(self.frame.down).normalize_or_zero();
        let canvas = Canvas {
            painter,
            rect: self.rect,
            project: &|p| self.on_screen(RasMm(p)),
            depth: &|p| normal.dot(p - self.frame.centre.0),
            near: cx.state.viewer.slice_mm(normal) / 2.0 + 1e-6,
            solid_boxes: false,
            notes: RefCell::new(notes),
        };
        canvas.draw(cx, evidence, lit);
    }
}

/// Over the 3D view.
pub(super) fn paint_3d(cx: &Cx<'_>, painter: &Painter, rect: Rect, eye: Eye, scale: f32) {
    let Some((evidence, lit)) = cx.state.witness.drawn() else { return };
    let on = |d: DVec3, axis: DVec3| (d.dot(axis) / axis.length_squared()) as f32 / scale;
    let project = |p: DVec3| rect.center() + vec2(on(p - eye.centre.0, eye.right), on(p - eye.centre.0, eye.down));
    let room = rect.shrink2(vec2(18.0, 0.0)).with_min_y(rect.top() + 20.0).with_max_y(rect.bottom() - 32.0);
    let mut notes = Notes::within(painter.ctx(), room);
    let (depth, kept) = (|_| 0.0, RefCell::new(&mut notes));
    Canvas { painter, rect, project: &project, depth: &depth, near: f64::INFINITY, solid_boxes: true, notes: kept }.draw(cx, evidence, lit);
    notes.done(painter.ctx());
}

impl Canvas<'_> {
    fn draw(&self, cx: &Cx<'_>, evidence: &Evidence, lit: Option<Mark>) {
        self.midline(cx, evidence);
        for (n, part) in evidence.parts.iter().enumerate() {
            // Where nothing is measured between places, what counts is how large each is.
            let text = name(cx, part, evidence.lines.is_empty() && evidence.axis.is_none());
            self.part(cx, part, &text, strength(lit, Mark::Part(n)));
        }
        self.projections(cx, evidence);
        for (n, line) in evidence.lines.iter().enumerate() {
            self.line(cx, line, strength(lit, Mark::Line(n)));
        }
        self.notes.borrow_mut().place_all(|at, galley, color| outlined_galley(self.painter, at, &galley, color, cx));
    }

    /// A text that is placed when every line is drawn; an `optional` one only where it hides nothing.
    fn note(&self, text: impl Display, size: f32, color: Color32, around: Around, optional: bool) {
        let style = Style { strong: true, ..Style::of(size) };
        let Some(galley) = Writing::of(self.painter.ctx()).line(self.painter, style, text) else { return };
        let mut notes = self.notes.borrow_mut();
        if optional { notes.add_if_room(galley, color, around) } else { notes.add(galley, color, around) }
    }

    fn at(&self, p: [f64; 3]) -> Pos2 {
        (self.project)(DVec3::from_array(p))
    }

    /// In the plane, to half a slice.
    fn near(&self, p: [f64; 3]) -> bool {
        (self.depth)(DVec3::from_array(p)).abs() <= self.near
    }

    /// Points per mm in this view, of a line that lies in it.
    fn scale(&self, from: [f64; 3]) -> f32 {
        let step = |axis: usize| {
            let mut to = from;
            to[axis] += 10.0;
            self.at(from).distance(self.at(to)) / 10.0
        };
        step(0).max(step(1)).max(step(2))
    }

    fn stroke(&self, cx: &Cx<'_>, from: Pos2, to: Pos2, color: Color32, width: f32, solid: bool) {
        let (edge, line) = (Stroke::new(width + 2.0, cx.theme.image.ground.gamma_multiply(0.55)), Stroke::new(width, color));
        self.painter.line_segment([from, to], if solid { edge } else { Stroke::NONE });
        if solid {
            self.painter.line_segment([from, to], line);
        } else {
            self.dashed([from, to], line, [5.0, 4.0]);
        }
    }

    /// Dashes and the gaps between them, of the part in sight.
    fn dashed(&self, ends: [Pos2; 2], stroke: Stroke, [dash, gap]: [f32; 2]) {
        let length = ends[0].distance(ends[1]);
        let way = (ends[1] - ends[0]) / length;
        for n in steps(ends, self.rect, dash + gap) {
            let at = n as f32 * (dash + gap);
            self.painter.line_segment([ends[0] + way * at, ends[0] + way * (at + dash).min(length)], stroke);
        }
    }

    fn dotted(&self, ends: [Pos2; 2], color: Color32) {
        const SPACING: f32 = 5.0;
        let way = (ends[1] - ends[0]).normalized();
        for n in steps(ends, self.rect, SPACING) {
            self.painter.circle_filled(ends[0] + way * (n as f32 * SPACING), 1.0, color);
        }
    }

    fn part(&self, cx: &Cx<'_>, part: &Part, name: &dyn Display, strength: Strength) {
        let color = part_color(cx, part);
        let mut around = Rect::NOTHING;
        let mut cut = self.solid_boxes;
        if let Some([low, high]) = part.box_ras_mm {
            let corners = [0, 1, 2, 3, 4, 5, 6, 7].map(|n| corner(low, high, n));
            let depths = corners.map(|c| (self.depth)(DVec3::from_array(c)));
            cut |= depths.iter().any(|d| *d <= self.near) && depths.iter().any(|d| *d >= -self.near);
            self.outline(cx, [low, high], color, strength.width(), cut);
            around = Rect::from_points(&corners.map(|c| self.at(c)));
            if !self.solid_boxes {
                self.notes.borrow_mut().keep_clear_edges(around);
            }
        }
        let Some(centroid) = part.centroid_ras_mm else { return };
        let at = self.at(centroid);
        let fill = if self.near(centroid) { color } else { Color32::TRANSPARENT };
        self.painter.circle(at, strength.radius(), fill, Stroke::new(1.5, color));
        self.painter.circle_stroke(at, strength.radius() + 1.5, Stroke::new(1.0, cx.theme.image.ground.gamma_multiply(0.7)));
        self.notes.borrow_mut().keep_clear(Rect::from_center_size(at, vec2(10.0, 10.0)));
        let around = Around::Box(around.union(Rect::from_center_size(at, vec2(8.0, 8.0))));
        // Weak and left out where there is no room: before or behind the slice.
        let here = cut || strength == Strength::Lit;
        self.note(name, strength.size(), if here { cx.theme.image.text } else { cx.theme.image.weak }, around, !here);
    }

    /// The twelve edges of a box; on a slice seen straight they fall on four.
    fn outline(&self, cx: &Cx<'_>, [low, high]: [[f64; 3]; 2], color: Color32, width: f32, solid: bool) {
        let (mut drawn, mut count) = ([[Pos2::ZERO; 2]; 12], 0);
        for n in 0..8 {
            for axis in (0..3).filter(|axis| n >> axis & 1 == 0) {
                let ends = [corner(low, high, n), corner(low, high, n | 1 << axis)].map(|p| self.at(p));
                let same = |d: &[Pos2; 2]| d.iter().zip(ends).all(|(a, b)| a.distance(b) < 0.5);
                if ends[0].distance(ends[1]) >= 0.5 && !drawn[..count].iter().any(same) {
                    self.stroke(cx, ends[0], ends[1], color.gamma_multiply(0.9), width * 0.75, solid);
                    drawn[count] = ends;
                    count += 1;
                }
            }
        }
    }

    fn line(&self, cx: &Cx<'_>, line: &Line, strength: Strength) {
        let color = if strength == Strength::Lit { cx.theme.image.warning } else { cx.theme.image.measure };
        let [a, b] = line.ends.map(|p| self.at(p));
        let solid = line.ends.iter().all(|p| self.near(*p));
        self.stroke(cx, a, b, color, strength.width() + 0.5, solid);
        let along = (b - a).normalized();
        let across = if along.is_finite() { along.rot90() * 4.0 } else { vec2(0.0, 4.0) };
        for end in [a, b] {
            self.stroke(cx, end - across, end + across, color, strength.width(), true);
        }
        self.notes.borrow_mut().keep_clear_line([a, b]);
        if a.distance(b) > SHORTENED * line.length_mm as f32 * self.scale(line.ends[0]) {
            self.note(format_args!("{:.1} mm", line.length_mm), strength.size(), color, Around::Line([a, b]), false);
        }
    }

    /// From each centroid to where it falls on the line along the claim's axis.
    fn projections(&self, cx: &Cx<'_>, evidence: &Evidence) {
        let Some(axis) = evidence.axis else { return };
        let color = cx.theme.image.weak;
        for line in evidence.lines.iter().filter(|l| l.kind == LineKind::Offset) {
            for part in &evidence.parts {
                let Some(c) = part.centroid_ras_mm else { continue };
                let Some(foot) = line.ends.iter().find(|e| (e[axis] - c[axis]).abs() < 1e-6) else { continue };
                let (from, to) = (self.at(c), self.at(*foot));
                if from.distance(to) > 1.0 {
                    self.dotted([from, to], color);
                }
            }
        }
    }

    fn midline(&self, cx: &Cx<'_>, evidence: &Evidence) {
        let Some(r) = evidence.midline_r else { return };
        let centroid = evidence.parts.iter().find_map(|p| p.centroid_ras_mm).unwrap_or_default();
        // Along the second axis of the plane: the midline is a plane of its own across R.
        let ends = [1, 2].map(|axis| {
            let mut ends = [centroid; 2];
            for (end, by) in ends.iter_mut().zip([-500.0, 500.0]) {
                (end[0], end[axis]) = (r, end[axis] + by);
            }
            ends.map(|p| self.at(p))
        });
        let Some([a, b]) = ends.into_iter().max_by(|x, y| x[0].distance(x[1]).total_cmp(&y[0].distance(y[1]))) else { return };
        let side = {
            let mut side = centroid;
            side[0] += 10.0;
            self.at(centroid).distance(self.at(side)) / 10.0
        };
        if side < SHORTENED * self.scale(centroid) {
            return; // the plane of the midline faces the reader
        }
        let color = cx.theme.image.weak;
        self.dashed([a, b], Stroke::new(1.0, color), [8.0, 6.0]);
        if self.rect.x_range().contains(a.x) {
            let column = Rect::from_two_pos(a, b).intersect(self.rect);
            if column.width() < 20.0 {
                self.notes.borrow_mut().keep_clear(column.expand2(vec2(1.0, 0.0)));
            }
            let low = Rect::from_center_size(Pos2::new(a.x, self.rect.bottom() - 64.0), vec2(8.0, 16.0));
            self.note("midline", 12.0, color, Around::Box(low), false);
        }
    }
}

/// How a part of the drawing stands out.
#[derive(Clone, Copy, PartialEq)]
enum Strength {
    Usual,
    Lit,
}

impl Strength {
    fn width(self) -> f32 {
        if self == Self::Lit { 2.5 } else { 1.5 }
    }

    fn size(self) -> f32 {
        if self == Self::Lit { 14.0 } else { 12.0 }
    }

    fn radius(self) -> f32 {
        if self == Self::Lit { 6.0 } else { 4.0 }
    }
}

fn strength(lit: Option<Mark>, this: Mark) -> Strength {
    if lit == Some(this) { Strength::Lit } else { Strength::Usual }
}

/// Corner `n` of a box: bit 0 of `n` is R, bit 1 A, bit 2 S.
fn corner(low: [f64; 3], high: [f64; 3], n: usize) -> [f64; 3] {
    [0, 1, 2].map(|axis| if n >> axis & 1 == 0 { low[axis] } else { high[axis] })
}

/// The colour that the structure has on the images.
fn part_color(cx: &Cx<'_>, part: &Part) -> Color32 {
    let styles = cx.state.viewer.structures.styles();
    let style = part.labels.first().and_then(|n| styles.get(*n));
    style.map_or(cx.theme.image.text, |s| crate::ui::swatch_color(s.color))
}

/// As the list of structures names it, with its volume if that is wanted; several labels of one structure go by the claim's name.
fn name<'a>(cx: &'a Cx<'_>, part: &'a Part, with_volume: bool) -> impl Display + 'a {
    let labels = cx.state.project.as_ref().and_then(|p| p.scene()).and_then(|s| s.labels());
    let label = if let [one] = part.labels[..] { labels.and_then(|l| l.table.get(one)) } else { None };
    fmt::from_fn(move |f| {
        let Some(label) = label else { return write!(f, "{}", structures::titled(structures::find(&part.name), &part.name)) };
        write!(f, "{}", label.shown())?;
        if with_volume {
            write!(f, " {}{}", if label.truncated { "≥ " } else { "" }, in_millilitres(label.volume_ml))?;
        }
        Ok(())
    })
}

/// Numbers of the steps along a line that are in sight, from its first end; none of a line without length.
fn steps([from, to]: [Pos2; 2], sight: Rect, step: f32) -> std::ops::Range<usize> {
    let length = from.distance(to);
    let way = (to - from) / length;
    if !(way.is_finite() && length.is_finite()) {
        return 0..0;
    }
    let (mut first, mut last) = (0.0f32, length);
    for axis in 0..2 {
        let (low, high) = (sight.min[axis] - from[axis], sight.max[axis] - from[axis]);
        if way[axis].abs() > 1e-6 {
            let (a, b) = (low / way[axis], high / way[axis]);
            (first, last) = (first.max(a.min(b)), last.min(a.max(b)));
        } else if low > 0.0 || high < 0.0 {
            return 0..0;
        }
    }
    if first > last { 0..0 } else { (first / step) as usize..(last / step) as usize + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    #[test]
    fn of_a_long_line_only_the_steps_in_sight_are_drawn_and_they_stay_where_they_are() {
        let sight = Rect::from_min_max(pos2(100.0, 100.0), pos2(200.0, 200.0));
        assert_eq!(steps([pos2(0.0, 150.0), pos2(1e6, 150.0)], sight, 10.0), 10..21);
        assert_eq!(steps([pos2(150.0, 140.0), pos2(150.0, 160.0)], sight, 10.0), 0..3);
        for beside in [[pos2(0.0, 50.0), pos2(1e6, 50.0)], [pos2(150.0, 150.0); 2], [pos2(0.0, 0.0), pos2(f32::NAN, 9.0)]] {
            assert!(steps(beside, sight, 10.0).is_empty(), "{beside:?}");
        }
        let sloping = [pos2(0.0, 0.0), pos2(300.0, 300.0)];
        let some = steps(sloping, sight, 10.0);
        assert!(some.start == 14 && some.end == 29, "{some:?}: from 141 to 283 points");
    }
}
