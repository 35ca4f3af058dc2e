//! Connected parts of a label (26 neighbours), by union-find over its runs.
//!
//! Two runs touch when their rows are neighbours and they overlap or meet at a corner, so four rows before each row are looked at. Voxels
//! are never visited one by one. Labels are independent of each other, so they are shared out over the cores.

use super::body::{Body, Neighbours, Run, paced_rows};
use super::measures::ComponentSizes;
use super::watch::{MeasureError, Watch};

/// Voxels of the 26-connected components.
///
/// Errors when cancelled.
pub fn components(body: &Body, watch: &dyn Watch) -> Result<ComponentSizes, MeasureError> {
    let mut forest = Forest((0..body.runs.len() as u32).collect());
    let mut before = Neighbours::new(&body.runs, [[-1, -1], [0, -1], [1, -1], [-1, 0]]);
    let mut start = 0;
    paced_rows(body, watch, |row| {
        for (first, other) in before.of(row[0].row()) {
            join_touching(&mut forest, (start, row), (first, other));
        }
        start += row.len();
        Ok(())
    })?;
    Ok(ComponentSizes::new(forest.sizes(&body.runs)))
}

/// Joins the runs of two neighbouring rows that touch.
fn join_touching(forest: &mut Forest, (start, row): (usize, &[Run]), (first, other): (usize, &[Run])) {
    let mut from = 0;
    for (n, run) in row.iter().enumerate() {
        while other.get(from).is_some_and(|o| u32::from(o.i1) + 1 < u32::from(run.i0)) {
            from += 1;
        }
        for (m, _) in other[from..].iter().take_while(|o| u32::from(o.i0) <= u32::from(run.i1) + 1).enumerate() {
            forest.join((start + n) as u32, (first + from + m) as u32);
        }
    }
}

/// Each run's parent; a root is its own, and comes before all runs of its tree.
struct Forest(Vec<u32>);

impl Forest {
    fn root(&mut self, mut of: u32) -> u32 {
        loop {
            let parent = self.0[of as usize];
            if parent == of {
                return of;
            }
            self.0[of as usize] = self.0[parent as usize]; // halves the path for the next one
            of = parent;
        }
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b) as usize] = a.min(b);
    }

    /// A parent comes before its children, so that one pass can put each run's component in the place of its parent.
    fn sizes(mut self, runs: &[Run]) -> Vec<u64> {
        let mut sizes: Vec<u64> = Vec::new();
        for (n, run) in runs.iter().enumerate() {
            let parent = self.0[n];
            let component = if parent as usize == n { sizes.len() as u32 } else { self.0[parent as usize] };
            if component as usize == sizes.len() {
                sizes.push(0);
            }
            sizes[component as usize] += run.count();
            self.0[n] = component;
        }
        sizes
    }
}
