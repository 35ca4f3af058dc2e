//! Bars across, bars cut into parts, and upright columns.

use super::paper::{Anchor, Paper, SIZE, SMALL, fit, margin, shorten, width};
use super::{Grid, Ink, highest, scale};
use crate::analyse::chart::{Unit, thousands};

const BAR: f32 = 15.0;

/// Value, base and interval as a bar says them.
fn said(grid: &Grid, row: usize, column: usize) -> String {
    let (point, unit) = (grid.point(row, column), grid.unit(column));
    match point.value {
        None => "no data".to_owned(),
        Some(v) if unit == Unit::Count => unit.text(v),
        Some(v) => format!("{} · n {}", unit.text(v), thousands(point.n)),
    }
}

pub fn bars(paper: &mut Paper, grid: &Grid) {
    if grid.rows.names.len() > 1 {
        paper.legend(&grid.rows.names, |n| grid.ink(n));
    }
    let top = paper.y;
    let left = margin(&grid.columns.names, 270.0);
    let texts = || (0..grid.rows.names.len()).flat_map(|r| (0..grid.columns.names.len()).map(move |c| (r, c)));
    let label = texts().map(|(r, c)| width(&said(grid, r, c), SMALL, false) + 14.0).fold(0.0, f32::max);
    let (long, end) = (paper.width - left - label, scale(highest(grid)).0);
    let x = |v: f64| left + (v / end) as f32 * long;
    for (column, name) in grid.columns.names.iter().enumerate() {
        let high = BAR * grid.rows.names.len() as f32;
        paper.write([left - 8.0, paper.y + high / 2.0 + 4.5], shorten(name, SIZE, left - 12.0), SIZE, Ink::Text, Anchor::End);
        for row in 0..grid.rows.names.len() {
            let point = grid.point(row, column);
            let y = paper.y + BAR * row as f32;
            let to = x(point.value.unwrap_or(0.0));
            paper.rect([left, y + 1.0, to - left, BAR - 2.0], grid.ink(row));
            if let Some([low, high]) = point.interval {
                paper.whisker([x(low), y + BAR / 2.0], [x(high), y + BAR / 2.0]);
            }
            let after = point.interval.map_or(to, |i| x(i[1])).max(to) + 8.0;
            paper.write([after, y + BAR / 2.0 + 4.0], said(grid, row, column), SMALL, Ink::Weak, Anchor::Start);
            paper.hit(row, column, [left, y, paper.width - left, BAR]);
        }
        paper.y += high + 7.0;
    }
    paper.line([left, top], [left, paper.y - 4.0], Ink::Line, 1.0);
}

pub fn stacked(paper: &mut Paper, grid: &Grid) {
    paper.legend(&grid.columns.names, |n| grid.ink(n));
    let left = margin(&grid.rows.names, 270.0);
    let sum = |row: usize| (0..grid.columns.names.len()).filter_map(|c| grid.point(row, c).value).sum::<f64>();
    let long = paper.width - left - 84.0;
    for (row, name) in grid.rows.names.iter().enumerate() {
        paper.write([left - 8.0, paper.y + 15.0], shorten(name, SIZE, left - 12.0), SIZE, Ink::Text, Anchor::End);
        let (all, mut x) = (sum(row), left);
        for column in 0..grid.columns.names.len() {
            let value = grid.point(row, column).value.unwrap_or(0.0);
            let wide = if all > 0.0 { (value / all) as f32 * long } else { 0.0 };
            if wide > 0.0 {
                paper.rect([x, paper.y, (wide - 1.0).max(0.75), 20.0], grid.ink(column));
                let text = grid.unit(column).number(value);
                if width(&text, SMALL, false) + 6.0 < wide {
                    paper.write([x + wide / 2.0, paper.y + 14.0], text, SMALL, grid.ink(column).over(), Anchor::Middle);
                }
                paper.hit(row, column, [x, paper.y, wide, 20.0]);
            }
            x += wide;
        }
        let total = if grid.unit(0) == Unit::Count { format!("Σ {}", thousands(all as usize)) } else { grid.unit(0).text(all) };
        paper.write([left + long + 8.0, paper.y + 14.0], total, SMALL, Ink::Weak, Anchor::Start);
        paper.y += 27.0;
    }
}

/// Height of the columns of one plot, and of what stands around them.
const PLOT: f32 = 92.0;
const AROUND: f32 = 62.0;

pub fn histogram(paper: &mut Paper, grid: &Grid) {
    let across = if paper.width >= 760.0 && grid.rows.names.len() > 1 { 2 } else { 1 };
    let (gap, end) = (28.0, scale(highest(grid)).0);
    let wide = (paper.width - gap * (across - 1) as f32) / across as f32;
    let top = paper.y;
    for row in 0..grid.rows.names.len() {
        let (x, y) = ((row % across) as f32 * (wide + gap), top + (row / across) as f32 * (PLOT + AROUND));
        plot(paper, grid, row, [x, y, wide], end);
    }
    paper.y = top + grid.rows.names.len().div_ceil(across) as f32 * (PLOT + AROUND);
    let title = &grid.columns.title;
    paper.write([paper.width / 2.0, paper.y + 4.0], fit(title, SMALL, paper.width), SMALL, Ink::Weak, Anchor::Middle);
    paper.y += 10.0;
}

fn plot(paper: &mut Paper, grid: &Grid, row: usize, [x, y, wide]: [f32; 3], end: f64) {
    let n = grid.columns.names.len().max(1);
    let each = wide / n as f32;
    let floor = y + 34.0 + PLOT;
    let height = |v: f64| (v / end) as f32 * (PLOT - 6.0);
    paper.bold([x, y + 13.0], shorten(&grid.rows.names[row], SIZE, wide), SIZE, Ink::Text, Anchor::Start);
    for column in 0..n {
        let point = grid.point(row, column);
        let (left, high) = (x + each * column as f32, height(point.value.unwrap_or(0.0)));
        paper.rect([left + each * 0.12, floor - high, each * 0.76, high], Ink::Series(if row >= grid.levels { 7 } else { row }));
        let mut above = floor - high;
        if let Some([low, top]) = point.interval.filter(|_| point.value.is_some()) {
            paper.whisker([left + each / 2.0, floor - height(low)], [left + each / 2.0, floor - height(top)]);
            above = floor - height(top);
        }
        let unit = grid.unit(column);
        let number = point.value.map_or("–".to_owned(), |v| unit.number(v));
        let text =
            if width(&number, 10.0, false) <= each { number } else { point.value.map_or("–".into(), |v| format!("{:.0}", 100.0 * v)) };
        paper.write([left + each / 2.0, above - 5.0], text, 10.0, Ink::Weak, Anchor::Middle);
        paper.write([left + each / 2.0, floor + 13.0], fit(&grid.columns.names[column], 10.0, each), 10.0, Ink::Weak, Anchor::Middle);
        paper.hit(row, column, [left, y + 18.0, each, PLOT + 16.0]);
    }
    paper.line([x, floor], [x + wide, floor], Ink::Line, 1.0);
}
