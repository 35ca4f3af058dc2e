//! The boundary of a label: voxels with a neighbour that does not belong to it. Outside the grid nothing does.
//!
//! Row by row, the runs of the neighbouring rows are cut out of the row's own, which leaves the inner voxels. Boundaries stay runs: the
//! flat top of an organ is a few long ones.

use super::body::{Body, Cursor, Run, paced_rows, row_beside};
use super::watch::{MeasureError, Watch};

/// Steps to the six neighbours across a face.
pub const FACES: [[i32; 3]; 6] = [[0, 0, -1], [0, -1, 0], [-1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]];

/// Voxels of which at least one of the neighbours at `steps` is not in the label, as runs in file order.
///
/// Errors when cancelled.
pub fn boundary(body: &Body, steps: &[[i32; 3]], watch: &dyn Watch) -> Result<Vec<Run>, MeasureError> {
    let mut cursors: Vec<([i32; 3], Cursor<'_>)> = steps.iter().map(|s| (*s, Cursor::new(&body.runs))).collect();
    let (mut inner, mut next) = (Vec::new(), Vec::new());
    let mut out = Vec::new();
    paced_rows(body, watch, |row| {
        inner.clear();
        inner.extend(row.iter().map(|r| (i32::from(r.i0), i32::from(r.i1))));
        for ([di, dj, dk], cursor) in &mut cursors {
            let beside = row_beside(row[0].row(), [*dj, *dk]).map_or(&[][..], |r| cursor.row(r).1);
            intersect(&inner, beside, *di, &mut next);
            std::mem::swap(&mut inner, &mut next);
            if inner.is_empty() {
                break; // the cursors left behind catch up by themselves
            }
        }
        subtract(row, &inner, &mut out);
        Ok(())
    })?;
    Ok(out)
}

/// What of `inner` lies in `other` once that is moved by −`shift` along i.
fn intersect(inner: &[(i32, i32)], other: &[Run], shift: i32, out: &mut Vec<(i32, i32)>) {
    out.clear();
    let mut from = 0;
    for (i0, i1) in inner {
        while other.get(from).is_some_and(|o| i32::from(o.i1) - shift < *i0) {
            from += 1;
        }
        let meets = other[from..].iter().map(|o| (i32::from(o.i0) - shift, i32::from(o.i1) - shift)).take_while(|o| o.0 <= *i1);
        out.extend(meets.map(|o| (o.0.max(*i0), o.1.min(*i1))));
    }
}

/// What of a row is not in `inner`, which lies within it.
fn subtract(row: &[Run], inner: &[(i32, i32)], out: &mut Vec<Run>) {
    let mut holes = inner.iter().peekable();
    for run in row {
        let mut at = i32::from(run.i0);
        while let Some((first, last)) = holes.next_if(|h| h.1 <= i32::from(run.i1)) {
            if *first > at {
                out.push(Run { i0: at as u16, i1: (*first - 1) as u16, ..*run });
            }
            at = last + 1;
        }
        if at <= i32::from(run.i1) {
            out.push(Run { i0: at as u16, ..*run });
        }
    }
}
