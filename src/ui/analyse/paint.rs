//! Marks of a drawing as shapes on screen. One place for the window and for pictures, so that both look the same.

use super::sight::Place;
use crate::analyse::draw::{Anchor, Drawing, Glyph, Ink, Mark};
use crate::ui::theme;
use egui::{Align2, Context, FontFamily, FontId, Painter, Rect, Shape, Stroke, Vec2};

/// The ground of charts in pictures.
pub fn chart_ground() -> egui::Color32 {
    theme::ink(Ink::Ground, false)
}

/// Puts a drawing down, moved by `by`.
pub fn paint(painter: &Painter, by: Vec2, drawing: &Drawing, dark: bool) {
    let mut out = Vec::new();
    shapes(painter.ctx(), Place { origin: by.to_pos2(), scale: 1.0 }, painter.clip_rect(), drawing, dark, &mut out);
    painter.extend(out);
}

/// The shapes of a drawing; of a long or enlarged one, only what is in sight is laid out.
pub fn shapes(ctx: &Context, place: Place, sight: Rect, drawing: &Drawing, dark: bool, out: &mut Vec<Shape>) {
    let part = place.on_paper(sight);
    out.extend(drawing.marks.iter().filter(|mark| mark.meets(part)).map(|mark| shape(ctx, place, mark, dark)));
}

fn shape(ctx: &Context, place: Place, mark: &Mark, dark: bool) -> Shape {
    let stroke = |width: f32, ink: Ink| Stroke::new(width * place.scale, theme::ink(ink, dark));
    let corners = |points: &[[f32; 2]]| points.iter().map(|p| place.of(*p)).collect::<Vec<_>>();
    match mark {
        Mark::Rect { at, ink } => Shape::rect_filled(place.rect(*at), 0.0, theme::ink(*ink, dark)),
        Mark::Line { from, to, ink, width } => Shape::line_segment([place.of(*from), place.of(*to)], stroke(*width, *ink)),
        Mark::Polygon { points, ink } => Shape::closed_line(corners(points), stroke(1.75, *ink)),
        Mark::Glyph { at, glyph: Glyph::Disc, ink } => Shape::circle_filled(place.of(*at), 4.0 * place.scale, theme::ink(*ink, dark)),
        Mark::Glyph { at, glyph, ink } => Shape::convex_polygon(corners(&glyph.corners(*at)), theme::ink(*ink, dark), Stroke::NONE),
        Mark::Text { .. } => text(ctx, place, mark, dark),
    }
}

fn text(ctx: &Context, place: Place, mark: &Mark, dark: bool) -> Shape {
    let Mark::Text { at, text, size, ink, anchor, bold } = mark else { return Shape::Noop };
    let align = match anchor {
        Anchor::Start => Align2::LEFT_BOTTOM,
        Anchor::Middle => Align2::CENTER_BOTTOM,
        Anchor::End => Align2::RIGHT_BOTTOM,
    };
    let family = if *bold { FontFamily::Name(theme::STRONG.into()) } else { FontFamily::Proportional };
    // Inter's descenders are a quarter of its size: the mark's place is on the baseline.
    let at = place.of([at[0], at[1] + size * 0.25]);
    let font = FontId::new(font_size(*size * place.scale), family);
    ctx.fonts_mut(|fonts| Shape::text(fonts, at, align, text, font, theme::ink(*ink, dark)))
}

/// In steps too small to be seen, because glyphs are kept for every size that was ever shown.
fn font_size(size: f32) -> f32 {
    let step = (size.log2().floor().exp2() / 32.0).max(0.5);
    (size / step).round() * step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_letters_are_kept_as_drawn_and_few_when_enlarged() {
        assert_eq!([10.0, 11.0, 12.5].map(font_size), [10.0, 11.0, 12.5], "as laid out");
        let steps: std::collections::BTreeSet<u32> = (1000..16_000).map(|z| (font_size(12.5 * z as f32 / 1000.0) * 2.0) as u32).collect();
        assert!(steps.len() < 130, "{}", steps.len());
        for size in [13.1, 29.9, 77.3, 199.0] {
            assert!((font_size(size) / size - 1.0).abs() < 0.02, "{size}: {}", font_size(size));
        }
    }
}
