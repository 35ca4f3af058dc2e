//! Axes from a middle, a polygon per row.

use super::paper::{Anchor, Glyph, Paper, SMALL, shorten, width, wrap};
use super::{Grid, Ink, highest, scale};

const RADIUS: f32 = 140.0;
/// Room for names around the polygon.
const NAMES: f32 = 118.0;

pub fn radar(paper: &mut Paper, grid: &Grid) {
    let (end, step) = scale(highest(grid));
    let middle = [(RADIUS + NAMES).min(paper.width * 0.5), paper.y + RADIUS + 46.0];
    let n = grid.columns.names.len().max(1);
    let angle = |column: usize| std::f32::consts::TAU * column as f32 / n as f32 - std::f32::consts::FRAC_PI_2;
    let at = |angle: f32, v: f64| {
        let r = (v / end) as f32 * RADIUS;
        [middle[0] + r * angle.cos(), middle[1] + r * angle.sin()]
    };
    rings(paper, grid, (end, step), |column, v| at(angle(column), v));
    for (column, name) in grid.columns.names.iter().enumerate() {
        let out = [middle[0] + (RADIUS + 12.0) * angle(column).cos(), middle[1] + (RADIUS + 12.0) * angle(column).sin()];
        axis_name(paper, name, out, angle(column));
    }
    for row in 0..grid.rows.names.len() {
        // Intervals of the same axis stand a little apart.
        let aside = (row as f32 - (grid.rows.names.len() as f32 - 1.0) / 2.0) * 0.035;
        polygon(paper, grid, row, |column, v, whisker| at(angle(column) + if whisker { aside } else { 0.0 }, v));
    }
    ring_names(paper, grid, (end, step), |v| at(angle(0), v));
    let bottom = middle[1] + RADIUS + 46.0;
    legend(paper, grid, middle[0] + RADIUS + NAMES + 12.0, bottom);
}

fn rings(paper: &mut Paper, grid: &Grid, (end, step): (f64, f64), at: impl Fn(usize, f64) -> [f32; 2]) {
    let n = grid.columns.names.len();
    let mut v = step;
    while v <= end + 1e-9 {
        (0..n).for_each(|c| paper.line(at(c, v), at((c + 1) % n, v), Ink::Line, 0.75));
        v += step;
    }
    (0..n).for_each(|c| paper.line(at(c, 0.0), at(c, end), Ink::Line, 0.75));
}

/// Left of the first axis, over everything else.
fn ring_names(paper: &mut Paper, grid: &Grid, (end, step): (f64, f64), at: impl Fn(f64) -> [f32; 2]) {
    let mut v = step;
    while v <= end + 1e-9 {
        let [x, y] = at(v);
        paper.write([x - 10.0, y + 3.5], grid.unit(0).text(v), 10.0, Ink::Weak, Anchor::End);
        v += step;
    }
}

fn axis_name(paper: &mut Paper, name: &str, [x, y]: [f32; 2], angle: f32) {
    let lines = wrap(name, SMALL, NAMES - 16.0, 3);
    let (anchor, upright) = match angle.cos() {
        c if c > 0.2 => (Anchor::Start, 0.5),
        c if c < -0.2 => (Anchor::End, 0.5),
        _ if angle.sin() < 0.0 => (Anchor::Middle, 1.0),
        _ => (Anchor::Middle, 0.0),
    };
    let top = y - 13.0 * lines.len() as f32 * upright + 10.0;
    for (n, line) in lines.into_iter().enumerate() {
        paper.write([x, top + 13.0 * n as f32], line, SMALL, Ink::Text, anchor);
    }
}

/// A polygon where every axis has a value, else the pieces of it.
fn polygon(paper: &mut Paper, grid: &Grid, row: usize, at: impl Fn(usize, f64, bool) -> [f32; 2]) {
    let n = grid.columns.names.len();
    let corners: Vec<Option<[f32; 2]>> = (0..n).map(|c| grid.point(row, c).value.map(|v| at(c, v, false))).collect();
    match corners.iter().copied().collect::<Option<Vec<_>>>() {
        Some(points) => paper.polygon(points, Ink::Series(row)),
        None => {
            for (a, b) in (0..n).filter_map(|c| corners[c].zip(corners[(c + 1) % n])) {
                paper.line(a, b, Ink::Series(row), 1.5);
            }
        }
    }
    for column in 0..n {
        if let Some([low, high]) = grid.point(row, column).interval {
            paper.line(at(column, low, true), at(column, high, true), Ink::Series(row), 1.0);
        }
    }
    for (column, corner) in corners.into_iter().enumerate() {
        let Some([x, y]) = corner else { continue };
        paper.glyph([x, y], Glyph::of(row), Ink::Series(row));
        paper.hit(row, column, [x - 6.0, y - 6.0, 12.0, 12.0]);
    }
}

/// At the right where there is room, else below.
fn legend(paper: &mut Paper, grid: &Grid, right: f32, bottom: f32) {
    let room = paper.width - right;
    let (x, mut y) = if room >= 120.0 { (right, paper.y + 60.0) } else { (0.0, bottom + 14.0) };
    for (row, name) in grid.rows.names.iter().enumerate() {
        let name = shorten(name, SMALL, (paper.width - x - 24.0).min(width(name, SMALL, false) + 1.0));
        paper.glyph([x + 6.0, y - 4.0], Glyph::of(row), Ink::Series(row));
        paper.write([x + 18.0, y], name, SMALL, Ink::Text, Anchor::Start);
        y += 20.0;
    }
    paper.y = bottom.max(y);
}
