//! A tree of boxes over the boundary runs of a label, for nearest and farthest voxels.
//!
//! Runs are split at the median of the widest side of their box until eight are left. One tree per label answers all its pairs: whole
//! branches whose boxes are farther apart than the best pair so far are never opened, which is most of the work saved. Distances are
//! between voxel centres in patient space, exact for any affine; within one lattice two runs are compared without visiting their voxels.
//! Tried: a full distance map per label (seconds each on 512×512×600), a tree over single voxels (three to four times the nodes).

use super::body::Run;
use super::lattice::Lattice;
use glam::DVec3;

/// Runs per leaf.
const LEAF: usize = 8;

#[derive(Clone, Debug)]
pub struct Tree {
    lattice: Lattice,
    /// In the order of the leaves, so that neighbours in the list are neighbours in space.
    runs: Vec<Run>,
    /// Parents before children; a left child follows its parent.
    nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    /// Around the voxel centres, RAS mm.
    low: DVec3,
    high: DVec3,
    start: u32,
    end: u32,
    /// 0 for a leaf.
    right: u32,
}

impl Node {
    /// Squared distance from the box to a point.
    fn point_apart(&self, p: DVec3) -> f64 {
        (self.low - p).max(p - self.high).max(DVec3::ZERO).length_squared()
    }

    /// Squared distance to another box.
    fn box_apart(&self, [low, high]: [DVec3; 2]) -> f64 {
        (self.low - high).max(low - self.high).max(DVec3::ZERO).length_squared()
    }

    fn apart(&self, other: &Node) -> f64 {
        self.box_apart([other.low, other.high])
    }

    /// Squared distance between the farthest corners.
    fn across(&self, other: &Node) -> f64 {
        (self.high - other.low).abs().max((other.high - self.low).abs()).length_squared()
    }

    fn size(&self) -> f64 {
        (self.high - self.low).length_squared()
    }
}

/// Two voxel centres and their squared distance, mm².
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    pub from: DVec3,
    pub to: DVec3,
    pub squared: f64,
}

impl Tree {
    pub fn new(lattice: Lattice, runs: Vec<Run>) -> Self {
        // Halved until a leaf is small enough: as many leaves as the power of two above.
        let leaves = runs.len().div_ceil(LEAF).next_power_of_two();
        let mut tree = Self { lattice, runs, nodes: Vec::with_capacity(2 * leaves) };
        if !tree.runs.is_empty() {
            tree.split(0, tree.runs.len());
        }
        tree
    }

    /// Makes the node of runs `start..end` and those below it.
    fn split(&mut self, start: usize, end: usize) {
        let (low, high) = index_box(&self.runs[start..end]);
        let at = self.nodes.len();
        self.nodes.push(self.node(low, high, start, end));
        if end - start <= LEAF {
            return;
        }
        let length = |axis: usize| f64::from(high[axis] - low[axis]) * self.lattice.steps[axis].length();
        let widest = (0..3).max_by(|a, b| length(*a).total_cmp(&length(*b))).unwrap_or(0);
        let middle = (start + end) / 2;
        self.runs[start..end].select_nth_unstable_by_key(middle - start, |r| match widest {
            0 => u32::from(r.i0) + u32::from(r.i1),
            1 => u32::from(r.j),
            _ => u32::from(r.k),
        });
        self.split(start, middle);
        self.nodes[at].right = self.nodes.len() as u32;
        self.split(middle, end);
    }

    fn node(&self, low: [u16; 3], high: [u16; 3], start: usize, end: usize) -> Node {
        let [i, j, k] = [0, 1, 2].map(|a| (f64::from(low[a]) + f64::from(high[a])) / 2.0);
        let centre = self.lattice.at(i, j, k);
        let reach = |a: usize| self.lattice.steps[a].abs() * (f64::from(high[a] - low[a]) / 2.0);
        let half = reach(0) + reach(1) + reach(2);
        Node { low: centre - half, high: centre + half, start: start as u32, end: end as u32, right: 0 }
    }

    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    pub fn lattice(&self) -> &Lattice {
        &self.lattice
    }

    fn leaf(&self, node: &Node) -> &[Run] {
        &self.runs[node.start as usize..node.end as usize]
    }

    fn children(&self, at: usize) -> [usize; 2] {
        [at + 1, self.nodes[at].right as usize]
    }

    /// Squared distance from `p` to the nearest voxel, mm²; `within` when none is nearer than that.
    pub fn nearest(&self, p: DVec3, within: f64) -> f64 {
        let mut best = within;
        let mut open = [(0usize, 0.0f64); 64]; // a tree of 2³² runs is 30 deep
        let mut many = usize::from(!self.nodes.is_empty());
        while many > 0 {
            many -= 1;
            let (at, squared) = open[many];
            if squared >= best {
                continue;
            }
            let node = &self.nodes[at];
            if node.right == 0 {
                best = self.leaf(node).iter().fold(best, |best, run| best.min(self.lattice.nearest_in(*run, p).1));
                continue;
            }
            let mut next = self.children(at).map(|c| (c, self.nodes[c].point_apart(p)));
            if next[0].1 < next[1].1 {
                next.swap(0, 1); // the nearer one is opened first
            }
            (open[many], open[many + 1]) = (next[0], next[1]);
            many += 2;
        }
        best
    }

    /// The nearest voxels of two labels; `None` when one has none.
    pub fn gap(&self, other: &Tree) -> Option<Link> {
        if self.nodes.is_empty() || other.nodes.is_empty() {
            return None;
        }
        let same = self.lattice == other.lattice;
        let mut best = Link { from: DVec3::ZERO, to: DVec3::ZERO, squared: f64::INFINITY };
        self.closer(other, [0, 0], same, &mut best);
        Some(best)
    }

    fn closer(&self, other: &Tree, [a, b]: [usize; 2], same: bool, best: &mut Link) {
        let (mine, theirs) = (&self.nodes[a], &other.nodes[b]);
        if mine.right == 0 && theirs.right == 0 {
            for run in self.leaf(mine) {
                if theirs.box_apart(self.lattice.run_box(*run)) < best.squared {
                    other.leaf(theirs).iter().for_each(|o| self.closest_voxels(other, *run, *o, same, best));
                }
            }
            return;
        }
        let split_mine = theirs.right == 0 || mine.right != 0 && mine.size() >= theirs.size();
        let pairs = if split_mine { self.children(a).map(|c| [c, b]) } else { other.children(b).map(|c| [a, c]) };
        let mut next = pairs.map(|p| (p, self.nodes[p[0]].apart(&other.nodes[p[1]])));
        if next[1].1 < next[0].1 {
            next.swap(0, 1);
        }
        for (pair, squared) in next {
            if squared < best.squared {
                self.closer(other, pair, same, best);
            }
        }
    }

    fn closest_voxels(&self, other: &Tree, a: Run, b: Run, same: bool, best: &mut Link) {
        if same {
            if let Some((i, o, squared)) = self.lattice.nearest_between(a, b, best.squared) {
                *best = Link { from: self.lattice.voxel(a, i), to: self.lattice.voxel(b, o), squared };
            }
            return;
        }
        for i in a.i0..=a.i1 {
            let from = self.lattice.voxel(a, i);
            let (o, squared) = other.lattice.nearest_in(b, from);
            if squared < best.squared {
                *best = Link { from, to: other.lattice.voxel(b, o), squared };
            }
        }
    }

    /// Of a tree of runs of one voxel each, the two farthest from each other; `None` for an empty tree.
    pub fn widest(&self) -> Option<Link> {
        let first = self.lattice.voxel(*self.runs.first()?, self.runs.first()?.i0);
        let mut best = Link { from: first, to: first, squared: 0.0 };
        self.farther([0, 0], &mut best);
        Some(best)
    }

    fn farther(&self, [a, b]: [usize; 2], best: &mut Link) {
        let (mine, theirs) = (&self.nodes[a], &self.nodes[b]);
        if mine.right == 0 && theirs.right == 0 {
            for run in self.leaf(mine) {
                self.leaf(theirs).iter().for_each(|o| self.farthest_voxels(*run, *o, best));
            }
            return;
        }
        let split_mine = theirs.right == 0 || mine.right != 0 && mine.size() >= theirs.size();
        let pairs = match (a == b, split_mine) {
            (true, _) => {
                let [l, r] = self.children(a);
                vec![[l, r], [l, l], [r, r]]
            }
            (false, true) => self.children(a).map(|c| [c, b]).to_vec(),
            (false, false) => self.children(b).map(|c| [a, c]).to_vec(),
        };
        let mut next: Vec<([usize; 2], f64)> = pairs.into_iter().map(|p| (p, self.nodes[p[0]].across(&self.nodes[p[1]]))).collect();
        next.sort_unstable_by(|x, y| y.1.total_cmp(&x.1));
        for (pair, squared) in next {
            if squared > best.squared {
                self.farther(pair, best);
            }
        }
    }

    fn farthest_voxels(&self, a: Run, b: Run, best: &mut Link) {
        let (from, to) = (self.lattice.voxel(a, a.i0), self.lattice.voxel(b, b.i0));
        let squared = (to - from).length_squared();
        if squared > best.squared {
            *best = Link { from, to, squared };
        }
    }
}

fn index_box(runs: &[Run]) -> ([u16; 3], [u16; 3]) {
    runs.iter().fold(([u16::MAX; 3], [0; 3]), |(low, high), r| {
        ([low[0].min(r.i0), low[1].min(r.j), low[2].min(r.k)], [high[0].max(r.i1), high[1].max(r.j), high[2].max(r.k)])
    })
}
