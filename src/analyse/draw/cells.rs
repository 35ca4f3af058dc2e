//! Tables of numbers, and heatmaps.

use super::paper::{Anchor, Paper, SIZE, SMALL, fit, margin, shorten, width, wrap};
use super::{Grid, Ink};
use crate::analyse::chart::{Unit, thousands};

const NARROWEST_COLUMN: f32 = 92.0;
/// Of a heatmap with so many columns that bases are left to tooltips.
const MANY_COLUMNS: usize = 12;
/// More rows than this have one line each, and names of columns again after as many: whoever reads them sees no other head.
const MANY_ROWS: usize = 24;
const ROW: f32 = 38.0;
const NARROW_ROW: f32 = 24.0;
const NARROWEST_SHADE: f32 = 46.0;
/// Cells with a smaller base are not coloured.
pub const FEWEST: usize = 5;

/// A column in which a value and its interval stand side by side: what is left by so wide ones is room for names.
const EASY_COLUMN: f32 = 112.0;
const WIDEST_NAMES: f32 = 360.0;

/// Where the columns are: room for names, and the width of a column. Widens the paper where it must.
fn columns(paper: &mut Paper, grid: &Grid, most: f32, narrowest: f32) -> (f32, f32) {
    let n = grid.columns.names.len().max(1) as f32;
    let left = margin(&grid.rows.names, (paper.width - EASY_COLUMN * n).min(WIDEST_NAMES).max(most));
    let each = ((paper.width - left) / n).max(narrowest);
    paper.width = paper.width.max(left + each * n);
    (left, each.min(190.0))
}

/// Names of columns on up to three lines, bottom aligned.
fn head(paper: &mut Paper, grid: &Grid, left: f32, each: f32) {
    let names: Vec<Vec<String>> = grid.columns.names.iter().map(|n| wrap(n, SMALL, each - 8.0, 3)).collect();
    let most = names.iter().map(Vec::len).max().unwrap_or(1);
    for (column, lines) in names.iter().enumerate() {
        for (n, line) in lines.iter().enumerate() {
            let y = paper.y + 14.0 * (most - lines.len() + n + 1) as f32;
            paper.write([left + each * (column as f32 + 0.5), y], line, SMALL, Ink::Weak, Anchor::Middle);
        }
    }
    let y = paper.y + 14.0 * most as f32;
    paper.write([0.0, y], fit(&grid.rows.title, SMALL, left), SMALL, Ink::Weak, Anchor::Start);
    paper.y = y + 7.0;
}

/// Once more within a long table, unless its end is near.
fn head_again(paper: &mut Paper, grid: &Grid, row: usize, (left, each): (f32, f32)) {
    if row > 0 && row.is_multiple_of(MANY_ROWS) && row + MANY_ROWS / 4 < grid.rows.names.len() {
        paper.y += 10.0;
        head(paper, grid, left, each);
    }
}

pub fn table(paper: &mut Paper, grid: &Grid) {
    let (left, each) = columns(paper, grid, 210.0, NARROWEST_COLUMN);
    head(paper, grid, left, each);
    let right = left + each * grid.columns.names.len() as f32;
    let high = if grid.rows.names.len() > MANY_ROWS { NARROW_ROW } else { ROW };
    for (row, name) in grid.rows.names.iter().enumerate() {
        head_again(paper, grid, row, (left, each));
        let thick = if row == 0 || row == grid.levels { 1.5 } else { 0.75 };
        paper.line([0.0, paper.y], [right, paper.y], Ink::Line, thick);
        let ink = if row >= grid.levels { Ink::Weak } else { Ink::Text };
        paper.write([0.0, paper.y + high / 2.0 + 4.0], shorten(name, SIZE, left - 10.0), SIZE, ink, Anchor::Start);
        for column in 0..grid.columns.names.len() {
            let at = [left + each * column as f32, paper.y, each, high];
            entry(paper, grid, (row, column), at, ink);
            paper.hit(row, column, at);
        }
        paper.y += high;
    }
    paper.line([0.0, paper.y], [right, paper.y], Ink::Line, 1.5);
}

/// The value over its interval and base; in a low row beside its interval, as far as there is room, and the base is left to tooltips.
fn entry(paper: &mut Paper, grid: &Grid, (row, column): (usize, usize), [x, y, w, h]: [f32; 4], ink: Ink) {
    let (point, unit, middle) = (grid.point(row, column), grid.unit(column), x + w / 2.0);
    let Some(value) = point.value else {
        paper.write([middle, y + h / 2.0 + 4.0], "–", SIZE, Ink::Weak, Anchor::Middle);
        return;
    };
    let text = if unit == Unit::Share { unit.number(value) } else { unit.text(value) };
    let interval = point.interval.map(|i| unit.range(i));
    let mut value = |at: [f32; 2], anchor| {
        if point.best { paper.bold(at, &text, SIZE, ink, anchor) } else { paper.write(at, &text, SIZE, ink, anchor) }
    };
    if h < ROW {
        let y = y + h / 2.0 + 4.0;
        return match interval.filter(|i| width(i, 10.0, false) + 8.0 <= 0.58 * w) {
            None => value([middle, y], Anchor::Middle),
            Some(interval) => {
                value([x + 0.4 * w, y], Anchor::End);
                paper.write([x + 0.4 * w + 6.0, y], interval, 10.0, Ink::Weak, Anchor::Start);
            }
        };
    }
    value([middle, y + 16.0], Anchor::Middle);
    let base = format!("n {}", thousands(point.n));
    let both = interval.as_ref().map_or(base.clone(), |i| format!("{i} · {base}"));
    let small = if width(&both, 10.0, false) <= w - 4.0 { both } else { interval.unwrap_or(base) };
    paper.write([middle, y + 30.0], small, 10.0, Ink::Weak, Anchor::Middle);
}

pub fn heatmap(paper: &mut Paper, grid: &Grid) {
    let n = grid.columns.names.len();
    let many = n > MANY_COLUMNS || margin(&grid.rows.names, 300.0) + NARROWEST_COLUMN * n as f32 > paper.width;
    let (most, narrowest) = if many { (220.0, NARROWEST_SHADE) } else { (300.0, NARROWEST_COLUMN) };
    let (left, each) = columns(paper, grid, most, narrowest);
    let [low, high] = range(grid);
    let shade = |v: f64| if high > low { (v - low) / (high - low) } else { 0.5 };
    key(paper, grid.unit(0), [low, high], left);
    head(paper, grid, left, each);
    for (row, name) in grid.rows.names.iter().enumerate() {
        head_again(paper, grid, row, (left, each));
        paper.write([left - 10.0, paper.y + 16.0], shorten(name, SMALL, left - 14.0), SMALL, Ink::Text, Anchor::End);
        for column in 0..grid.columns.names.len() {
            let (point, at) = (grid.point(row, column), [left + each * column as f32 + 1.0, paper.y + 1.0, each - 2.0, 22.0]);
            let (fill, ink) = match point.value {
                Some(v) if point.n >= FEWEST => (Ink::Ramp(shade(v)), Ink::OnRamp(shade(v))),
                Some(_) => (Ink::Empty, Ink::Weak),
                None => (Ink::Ground, Ink::Weak),
            };
            paper.rect(at, fill);
            let text = point.value.map_or("–".to_owned(), |v| grid.unit(column).number(v));
            let base = format!("n {}", thousands(point.n));
            if many {
                paper.write([at[0] + at[2] * 0.5, at[1] + 15.5], text, SMALL, ink, Anchor::Middle);
            } else {
                paper.write([at[0] + at[2] * 0.46, at[1] + 15.5], text, SMALL, ink, Anchor::End);
                paper.write([at[0] + at[2] * 0.54, at[1] + 15.5], base, 10.0, ink, Anchor::Start);
            }
            paper.hit(row, column, at);
        }
        paper.y += 24.0;
    }
}

/// Of the coloured cells; shares in steps of 10 %.
fn range(grid: &Grid) -> [f64; 2] {
    let values = || grid.points.iter().filter(|p| p.n >= FEWEST).filter_map(|p| p.value);
    let (low, high) = values().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high { [0.0, 1.0] } else { [(low * 10.0).floor() / 10.0, (high * 10.0).ceil() / 10.0] }
}

/// What the shades mean.
fn key(paper: &mut Paper, unit: Unit, [low, high]: [f64; 2], left: f32) {
    let steps = 24;
    for n in 0..steps {
        let at = f64::from(n) / f64::from(steps - 1);
        paper.rect([left + 50.0 + 6.0 * n as f32, paper.y + 2.0, 6.0, 10.0], Ink::Ramp(at));
    }
    paper.write([left + 44.0, paper.y + 11.0], unit.text(low), SMALL, Ink::Weak, Anchor::End);
    paper.write([left + 56.0 + 6.0 * steps as f32, paper.y + 11.0], unit.text(high), SMALL, Ink::Weak, Anchor::Start);
    paper.y += 20.0;
}
