//! Bands of columns as wide as their weight: right, wrong and open.

use super::paper::{Anchor, Paper, SIZE, SMALL, fit, margin, width};
use super::{Grid, Ink};
use crate::analyse::chart::thousands;

const BAND: f32 = 30.0;

pub fn mosaic(paper: &mut Paper, grid: &Grid) {
    key(paper);
    let left = margin(&grid.rows.names, 220.0);
    let total: f64 = grid.weights.iter().sum::<f64>().max(1.0);
    let long = paper.width - left;
    for (row, name) in grid.rows.names.iter().enumerate() {
        paper.write([left - 8.0, paper.y + BAND / 2.0 + 4.0], fit(name, SIZE, left - 12.0), SIZE, Ink::Text, Anchor::End);
        let mut x = left;
        for (column, weight) in grid.weights.iter().enumerate() {
            let wide = (weight / total) as f32 * long;
            let fill = match grid.point(row, column).value {
                None => Ink::Ground,
                Some(v) if v <= 0.0 => Ink::Empty,
                Some(v) if v >= 1.0 => Ink::Series(0),
                Some(v) => Ink::Ramp(0.2 + 0.5 * v),
            };
            let space = if wide > 3.0 { 1.0 } else { 0.0 };
            paper.rect([x, paper.y, wide - space, BAND], fill);
            if fill == Ink::Ground {
                paper.line([x, paper.y + BAND / 2.0], [x + wide - space, paper.y + BAND / 2.0], Ink::Weak, 1.0);
            }
            paper.hit(row, column, [x, paper.y, wide, BAND]);
            x += wide;
        }
        paper.y += BAND + 3.0;
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

fn key(paper: &mut Paper) {
    let mut x = 0.0;
    for (ink, name) in [(Ink::Series(0), "right"), (Ink::Empty, "wrong"), (Ink::Ground, "no ruling")] {
        paper.rect([x, paper.y + 2.0, 11.0, 11.0], ink);
        if ink == Ink::Ground {
            paper.line([x, paper.y + 7.5], [x + 11.0, paper.y + 7.5], Ink::Weak, 1.0);
        }
        paper.write([x + 16.0, paper.y + 12.0], name, SMALL, Ink::Text, Anchor::Start);
        x += 34.0 + width(name, SMALL, false);
    }
    paper.y += 24.0;
}
