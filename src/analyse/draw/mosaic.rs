//! Bands of columns as wide as their weight: right, wrong and open.

use super::paper::{Anchor, Paper, SIZE, SMALL, margin, shorten, width};
use super::{Grid, Ink};
use crate::analyse::chart::thousands;

const BAND: f32 = 30.0;
/// Of more rows than this, so that they still fit on a screen or two.
const MANY_ROWS: usize = 24;
const NARROW_BAND: f32 = 15.0;

pub fn mosaic(paper: &mut Paper, grid: &Grid) {
    key(paper, grid);
    let many = grid.rows.names.len() > MANY_ROWS;
    let (band, gap) = if many { (NARROW_BAND, 1.0) } else { (BAND, 3.0) };
    let left = margin(&grid.rows.names, 240.0);
    let total: f64 = grid.weights.iter().sum::<f64>().max(1.0);
    let long = paper.width - left;
    let size = if many { SMALL } else { SIZE };
    for (row, name) in grid.rows.names.iter().enumerate() {
        paper.write([left - 8.0, paper.y + band / 2.0 + 4.0], shorten(name, size, left - 12.0), size, Ink::Text, Anchor::End);
        let mut x = left;
        for (column, weight) in grid.weights.iter().enumerate() {
            let wide = (weight / total) as f32 * long;
            let fill = match grid.point(row, column).value {
                None => Ink::Ground,
                Some(v) if v <= 0.0 => Ink::Empty,
                Some(v) if v >= 1.0 => Ink::Series(0),
                Some(v) => shade(v),
            };
            let space = if wide > 3.0 { 1.0 } else { 0.0 };
            paper.rect([x, paper.y, wide - space, band], fill);
            if fill == Ink::Ground {
                paper.line([x, paper.y + band / 2.0], [x + wide - space, paper.y + band / 2.0], Ink::Weak, 1.0);
            }
            paper.hit(row, column, [x, paper.y, wide, band]);
            x += wide;
        }
        paper.y += band + gap;
    }
    counts(paper, grid, left, long / total as f32);
}

/// Under the columns that have room: how many items.
fn counts(paper: &mut Paper, grid: &Grid, left: f32, each: f32) {
    let mut x = left;
    for weight in &grid.weights {
        let (wide, text) = (*weight as f32 * each, thousands(*weight as usize));
        if width(&text, 10.0, false) + 4.0 < wide {
            paper.write([x + wide / 2.0, paper.y + 11.0], text, 10.0, Ink::Weak, Anchor::Middle);
        }
        x += wide;
    }
    paper.write([left - 8.0, paper.y + 11.0], "items", 10.0, Ink::Weak, Anchor::End);
    paper.y += 18.0;
}

/// Of a column in which some items are right.
fn shade(share: f64) -> Ink {
    Ink::Ramp(0.2 + 0.5 * share)
}

fn key(paper: &mut Paper, grid: &Grid) {
    let mut x = 0.0;
    for (ink, name) in [(Ink::Series(0), "right"), (Ink::Empty, "wrong"), (Ink::Ground, "no ruling")] {
        paper.rect([x, paper.y + 2.0, 11.0, 11.0], ink);
        if ink == Ink::Ground {
            paper.line([x, paper.y + 7.5], [x + 11.0, paper.y + 7.5], Ink::Weak, 1.0);
        }
        paper.write([x + 16.0, paper.y + 12.0], name, SMALL, Ink::Text, Anchor::Start);
        x += 34.0 + width(name, SMALL, false);
    }
    if grid.points.iter().any(|p| p.value.is_some_and(|v| v > 0.0 && v < 1.0)) {
        (0..12).for_each(|n| paper.rect([x + 5.0 * n as f32, paper.y + 2.0, 5.0, 11.0], shade(f64::from(n) / 11.0)));
        paper.write([x + 66.0, paper.y + 12.0], "some to most of a column right", SMALL, Ink::Text, Anchor::Start);
    }
    paper.y += 24.0;
}
