//! A box per row on a logarithmic axis.

use super::paper::{Anchor, Paper, SIZE, SMALL, margin, shorten};
use super::{Grid, Ink};
use crate::analyse::chart::thousands;

const ROW: f32 = 24.0;

pub fn boxes(paper: &mut Paper, grid: &Grid) {
    let left = margin(&grid.rows.names, 220.0);
    let long = paper.width - left - 130.0;
    let values = || grid.points.iter().filter_map(|p| p.value).filter(|v| *v > 0.0);
    let low = values().fold(f64::INFINITY, f64::min).log10().floor();
    let high = values().fold(0.0f64, f64::max).log10().ceil();
    let [low, high] = if low.is_finite() && high.is_finite() { [low, high.max(low + 1.0)] } else { [0.0, 1.0] };
    let x = |v: f64| left + (((v.max(1e-12).log10() - low) / (high - low)) as f32).clamp(0.0, 1.0) * long;
    let bottom = paper.y + ROW * grid.rows.names.len() as f32 + 4.0;
    let mut decade = low;
    while decade <= high {
        let v = 10f64.powf(decade);
        paper.line([x(v), paper.y], [x(v), bottom], Ink::Line, 0.75);
        let text = if v >= 1.0 { thousands(v as usize) } else { format!("{v}") };
        paper.write([x(v), bottom + 14.0], text, SMALL, Ink::Weak, Anchor::Middle);
        decade += 1.0;
    }
    paper.write([left + long + 20.0, bottom + 14.0], "mL", SMALL, Ink::Weak, Anchor::Start);
    for (row, name) in grid.rows.names.iter().enumerate() {
        paper.write([left - 8.0, paper.y + 16.0], shorten(name, SIZE, left - 12.0), SIZE, Ink::Text, Anchor::End);
        one(paper, grid, row, &x);
        let median = grid.point(row, 2);
        let text = median.value.map_or("–".to_owned(), |v| format!("{} · n {}", grid.unit(2).text(v), thousands(median.n)));
        paper.write([left + long + 12.0, paper.y + 16.0], text, SMALL, Ink::Weak, Anchor::Start);
        paper.hit(row, 2, [left, paper.y, long, ROW]);
        paper.y += ROW;
    }
    paper.y = bottom + 20.0;
}

fn one(paper: &mut Paper, grid: &Grid, row: usize, x: &impl Fn(f64) -> f32) {
    let at = |column: usize| grid.point(row, column).value.map(x);
    let middle = paper.y + ROW / 2.0;
    if let (Some(from), Some(to)) = (at(0), at(4)) {
        paper.whisker([from, middle], [to, middle]);
    }
    if let (Some(from), Some(to)) = (at(1), at(3)) {
        paper.rect([from, middle - 6.0, (to - from).max(1.0), 12.0], Ink::Series(0));
    }
    if let Some(median) = at(2) {
        paper.line([median, middle - 8.0], [median, middle + 8.0], Ink::Text, 2.0);
    }
}
