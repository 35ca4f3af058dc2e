//! Laying a grid out as marks on paper: rectangles, lines, polygons and texts in points, from the top left.
//!
//! One layout serves the SVG and the window, so both show the same picture. Widths of texts are estimated from classes of letters, a little
//! too wide rather than too narrow, because fonts are not known here.

mod bars;
mod boxes;
mod cells;
mod ink;
mod mosaic;
mod paper;
mod quadrants;
mod radar;
mod svg;

pub use ink::{Ink, rgb};
pub use paper::{Anchor, Drawing, Glyph, Hit, Mark};
pub use svg::{color, dark_rules, escape, inline, svg};

use super::{Grid, Kind};
use paper::Paper;

/// Narrower charts cannot be read.
pub const NARROWEST: f32 = 520.0;

/// Lays a grid out in about `width` points; a table with many columns takes more.
pub fn draw(grid: &Grid, width: f32) -> Drawing {
    let mut paper = Paper::new(width.max(NARROWEST));
    match grid.kind {
        Kind::Table => cells::table(&mut paper, grid),
        Kind::Heatmap => cells::heatmap(&mut paper, grid),
        Kind::Bars => bars::bars(&mut paper, grid),
        Kind::Stacked => bars::stacked(&mut paper, grid),
        Kind::Histogram => bars::histogram(&mut paper, grid),
        Kind::Radar => radar::radar(&mut paper, grid),
        Kind::Mosaic => mosaic::mosaic(&mut paper, grid),
        Kind::Quadrants => quadrants::quadrants(&mut paper, grid),
        Kind::Boxes => boxes::boxes(&mut paper, grid),
    }
    paper.finish()
}

/// Highest value, intervals included.
fn highest(grid: &Grid) -> f64 {
    let of = |p: &super::Point| p.interval.map_or(0.0, |i| i[1]).max(p.value.unwrap_or(0.0));
    grid.points.iter().map(of).fold(0.0, f64::max)
}

/// The end of an axis that holds `value`, and its steps: 1, 2 or 5 times a power of ten.
fn scale(value: f64) -> (f64, f64) {
    let raw = value.max(1e-9) / 4.0;
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= raw).unwrap_or(10.0 * power);
    ((value / step - 1e-9).ceil().max(1.0) * step, step)
}

#[cfg(test)]
mod tests {
    use super::super::{Axis, Point, Unit};
    use super::*;

    /// Every kind, with a point that knows nothing.
    pub fn examples() -> Vec<Grid> {
        let kinds = [
            Kind::Table,
            Kind::Bars,
            Kind::Stacked,
            Kind::Histogram,
            Kind::Radar,
            Kind::Heatmap,
            Kind::Mosaic,
            Kind::Quadrants,
            Kind::Boxes,
        ];
        kinds.map(example).into()
    }

    fn example(kind: Kind) -> Grid {
        let columns = if kind == Kind::Boxes { 5 } else { 4 };
        let point = |n: usize| Point::share(n, 2 * columns, vec![n as u32]);
        let mut points: Vec<Point> = (0..2 * columns).map(point).collect();
        points[1] = Point::default();
        let rows = Axis::new("model", ["m <&> \"n\"", "a model with a very long name that goes on and on for ever"]);
        let columns = Axis::new("category", (0..columns).map(|c| format!("Laterality & Bilateral Symmetry {c}")));
        let weights = if kind == Kind::Mosaic { vec![1.0, 2.0, 100.0, 1.0] } else { Vec::new() };
        Grid { weights, ..Grid::new(kind, rows, columns, Unit::Share, "items", points) }
    }

    #[test]
    fn marks_of_every_kind_stay_on_the_paper_and_every_point_can_be_hit() {
        for grid in examples() {
            for width in [520.0, 900.0, 1400.0] {
                let drawing = draw(&grid, width);
                assert!(drawing.width >= width && drawing.height > 40.0 && drawing.height < 3000.0, "{:?}", grid.kind);
                let inside = |[x, y]: [f32; 2]| (-0.5..=drawing.width + 0.5).contains(&x) && (-0.5..=drawing.height + 0.5).contains(&y);
                for mark in &drawing.marks {
                    assert!(mark.corners().into_iter().all(inside), "{:?} {width}: {mark:?}", grid.kind);
                }
                let hit: std::collections::BTreeSet<(usize, usize)> = drawing.hits.iter().map(|h| (h.row, h.column)).collect();
                assert!(hit.len() >= 2, "{:?}", grid.kind);
                assert!(drawing.hits.iter().all(|h| h.row < 2 && h.column < 5 && h.at[2] > 0.0 && h.at[3] > 0.0));
            }
        }
    }

    #[test]
    fn a_hundred_models_are_lines_that_can_be_told_apart_under_names_of_columns() {
        let names = (0..104).map(|n| format!("a-family-of-models-instruct-with-a-long-name-{n:03}"));
        let columns = Axis::new("category", (0..7).map(|c| format!("column {c}")));
        for (kind, most) in [(Kind::Table, 2800.0), (Kind::Heatmap, 2800.0), (Kind::Mosaic, 1800.0)] {
            let points = (0..7 * 104).map(|n| Point::share(n % 50, 50, vec![n as u32])).collect();
            let grid = Grid::new(kind, Axis::new("model", names.clone()), columns.clone(), Unit::Share, "items", points);
            let drawing = draw(&Grid { weights: vec![10.0; 7], ..grid }, 1080.0);
            assert!(drawing.height < most && drawing.width == 1080.0, "{kind:?}: {} × {}", drawing.width, drawing.height);
            let texts = || drawing.marks.iter().filter_map(|m| if let Mark::Text { text, .. } = m { Some(text.as_str()) } else { None });
            let shown: std::collections::BTreeSet<&str> = texts().filter(|t| t.starts_with("a-f")).collect();
            assert_eq!(shown.len(), 104, "{kind:?}");
            let heads = texts().filter(|t| *t == "column 3").count();
            assert!(heads >= 4 || kind == Kind::Mosaic, "{kind:?}: names of columns stand {heads} times");
        }
    }

    #[test]
    fn an_axis_ends_at_a_round_number() {
        for (value, end, step) in [(0.0, 1e-9, 0.0), (0.37, 0.4, 0.1), (0.98, 1.0, 0.5), (9077.0, 10_000.0, 5_000.0), (3.0, 3.0, 1.0)] {
            let found = scale(value);
            assert!((found.0 - end).abs() < 1e-6 && (value == 0.0 || (found.1 - step).abs() < 1e-6), "{value}: {found:?}");
        }
    }
}
