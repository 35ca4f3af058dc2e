//! A 2 × 2 table per row: columns of the table are the first axis (yes, no), rows the second.

use super::paper::{Anchor, Paper, SIZE, SMALL, fit, shorten};
use super::{Grid, Ink};
use crate::analyse::chart::thousands;

const CELL: [f32; 2] = [128.0, 62.0];
/// Room for the names of the second axis.
const LEFT: f32 = 108.0;
const EACH: [f32; 2] = [LEFT + 2.0 * CELL[0] + 30.0, 2.0 * CELL[1] + 58.0];

pub fn quadrants(paper: &mut Paper, grid: &Grid) {
    let across = ((paper.width / EACH[0]).floor() as usize).max(1);
    let top = paper.y;
    for row in 0..grid.rows.names.len() {
        table(paper, grid, row, [(row % across) as f32 * EACH[0], top + (row / across) as f32 * EACH[1]]);
    }
    paper.y = top + grid.rows.names.len().div_ceil(across) as f32 * EACH[1];
}

fn table(paper: &mut Paper, grid: &Grid, row: usize, [x, y]: [f32; 2]) {
    paper.bold([x, y + 13.0], shorten(&grid.rows.names[row], SIZE, EACH[0] - 20.0), SIZE, Ink::Text, Anchor::Start);
    for (n, name) in ["answer right", "answer wrong"].into_iter().enumerate() {
        paper.write([x + LEFT + CELL[0] * (n as f32 + 0.5), y + 32.0], name, SMALL, Ink::Weak, Anchor::Middle);
    }
    for (n, names) in [["explanation", "right"], ["explanation", "wrong"]].into_iter().enumerate() {
        let middle = y + 38.0 + CELL[1] * (n as f32 + 0.5);
        paper.write([x + LEFT - 8.0, middle - 2.0], names[0], SMALL, Ink::Weak, Anchor::End);
        paper.write([x + LEFT - 8.0, middle + 12.0], names[1], SMALL, Ink::Weak, Anchor::End);
    }
    for (column, name) in grid.columns.names.iter().enumerate().take(4) {
        let at = [x + LEFT + CELL[0] * (column % 2) as f32, y + 38.0 + CELL[1] * (column / 2) as f32, CELL[0] - 2.0, CELL[1] - 2.0];
        let point = grid.point(row, column);
        let shade = 0.05 + 0.6 * point.value.unwrap_or(0.0);
        paper.rect(at, if point.value.is_some() { Ink::Ramp(shade) } else { Ink::Empty });
        let ink = if point.value.is_some() { Ink::OnRamp(shade) } else { Ink::Weak };
        let middle = at[0] + at[2] / 2.0;
        let value = point.value.map_or("–".to_owned(), |v| format!("{} ({})", grid.unit(column).text(v), thousands(point.items.len())));
        paper.write([middle, at[1] + 17.0], fit(name, SMALL, at[2] - 6.0), SMALL, ink, Anchor::Middle);
        paper.bold([middle, at[1] + 34.0], value, SIZE, ink, Anchor::Middle);
        if let Some(interval) = point.interval {
            paper.write([middle, at[1] + 50.0], grid.unit(column).range(interval), 10.0, ink, Anchor::Middle);
        }
        paper.hit(row, column, at);
    }
}
