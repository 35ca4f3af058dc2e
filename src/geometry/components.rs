//! Connected parts of a label (26 neighbours), by union-find over its runs.
//!
//! Two runs touch when their rows are neighbours and they overlap or meet at a corner, so four rows before each row are looked at. Voxels
//! are never visited one by one, and only the runs of two slices remember what they belong to: what has no earlier neighbour starts a
//! part, so noise, nearly all of which hangs together, needs hardly more memory than its runs. Labels are independent of each other, so
//! they are shared out over the cores.

use super::body::{Body, Neighbours, Run, paced_rows};
use super::measures::ComponentSizes;
use super::watch::{MeasureError, Watch};

/// Voxels of the 26-connected components.
///
/// Errors when cancelled.
pub fn components(body: &Body, watch: &dyn Watch) -> Result<ComponentSizes, MeasureError> {
    let mut forest = Forest::default();
    let mut before = Neighbours::new(&body.runs, [[-1, -1], [0, -1], [1, -1], [-1, 0]]);
    let mut owners = Owners::default();
    paced_rows(body, watch, |row| {
        owners.enter(row);
        for (first, other) in before.of(row[0].row()) {
            owners.join_touching(&mut forest, row, first, other);
        }
        owners.settle(&mut forest, row);
        Ok(())
    })?;
    Ok(ComponentSizes::new(forest.sizes()))
}

/// Which part each run of the slice at hand and of the one before belongs to.
#[derive(Default)]
struct Owners {
    parts: Vec<u32>,
    /// Number of the run that `parts` begins with.
    first: usize,
    /// Where in `parts` the slice at hand and the row at hand begin.
    slice: usize,
    row: usize,
    k: u16,
}

/// Of no part yet.
const NONE: u32 = u32::MAX;

impl Owners {
    /// Makes room for a row, the next one of the label; forgets what is more than a slice back.
    fn enter(&mut self, row: &[Run]) {
        if row[0].k != self.k {
            self.parts.drain(..self.slice);
            self.first += self.slice;
            self.slice = self.parts.len();
            self.k = row[0].k;
        }
        self.row = self.parts.len();
        self.parts.resize(self.row + row.len(), NONE);
    }

    /// Gives the row's runs the parts of those that they touch in a neighbouring row, which begins with run `first`.
    fn join_touching(&mut self, forest: &mut Forest, row: &[Run], first: usize, other: &[Run]) {
        let mut from = 0;
        for (n, run) in row.iter().enumerate() {
            while other.get(from).is_some_and(|o| u32::from(o.i1) + 1 < u32::from(run.i0)) {
                from += 1;
            }
            for (m, _) in other[from..].iter().take_while(|o| u32::from(o.i0) <= u32::from(run.i1) + 1).enumerate() {
                let theirs = self.parts[first + from + m - self.first];
                let own = &mut self.parts[self.row + n];
                *own = if *own == NONE { theirs } else { forest.join(*own, theirs) };
            }
        }
    }

    /// Runs that touch nothing before them start a part; all are counted.
    fn settle(&mut self, forest: &mut Forest, row: &[Run]) {
        for (part, run) in self.parts[self.row..].iter_mut().zip(row) {
            if *part == NONE {
                *part = forest.plant();
            }
            forest.0[*part as usize].1 += run.count();
        }
    }
}

/// Each part's parent, and the voxels counted for it; a root is its own parent, and comes before all parts of its tree.
#[derive(Default)]
struct Forest(Vec<(u32, u64)>);

impl Forest {
    fn plant(&mut self) -> u32 {
        let part = self.0.len() as u32;
        self.0.push((part, 0));
        part
    }

    fn root(&mut self, mut of: u32) -> u32 {
        loop {
            let parent = self.0[of as usize].0;
            if parent == of {
                return of;
            }
            self.0[of as usize].0 = self.0[parent as usize].0; // halves the path for the next one
            of = parent;
        }
    }

    /// The root of both from now on.
    fn join(&mut self, a: u32, b: u32) -> u32 {
        if a == b {
            return a;
        }
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b) as usize].0 = a.min(b);
        a.min(b)
    }

    /// Of the roots; from the last part on, each hands what it counted to its parent.
    fn sizes(mut self) -> Vec<u64> {
        let mut sizes = Vec::new();
        while let Some((parent, voxels)) = self.0.pop() {
            match self.0.get_mut(parent as usize) {
                Some(parent) => parent.1 += voxels,
                None => sizes.push(voxels), // its own parent
            }
        }
        sizes
    }
}
