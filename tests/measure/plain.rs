//! Every measure by its definition, voxel by voxel and pair by pair: slow, short, and with nothing in common with the program's own way.

use glam::DVec3;
use std::collections::HashMap;
use voxaudit::space::{Affine, Grid, RasMm};
use voxaudit::volume::LabelLayer;

/// Voxels of one label of a layer.
pub struct Plain<'a> {
    pub layer: &'a LabelLayer,
    pub value: u16,
    pub voxels: Vec<[i64; 3]>,
}

pub fn grid(size: [usize; 3], rows: [[f64; 4]; 3]) -> Grid {
    Grid { size, affine: Affine::from_rows(rows).unwrap() }
}

impl<'a> Plain<'a> {
    pub fn of(layer: &'a LabelLayer, value: u16) -> Self {
        let [nx, ny, _] = layer.grid.size;
        let at = |n: usize| [(n % nx) as i64, (n / nx % ny) as i64, (n / nx / ny) as i64];
        let voxels = (0..layer.voxels.len()).filter(|n| layer.voxels.at(*n) == value).map(at).collect();
        Self { layer, value, voxels }
    }

    pub fn holds(&self, v: [i64; 3]) -> bool {
        let inside = (0..3).all(|a| v[a] >= 0 && v[a] < self.layer.grid.size[a] as i64);
        inside && self.layer.value(v.map(|x| x as usize)) == self.value
    }

    /// In the label's voxels, across grids.
    pub fn holds_point(&self, p: DVec3) -> bool {
        self.layer.grid.nearest(RasMm(p)).is_some_and(|v| self.holds(v.map(|x| x as i64)))
    }

    pub fn centre(&self, v: [i64; 3]) -> DVec3 {
        let m = self.layer.grid.affine.ras_from_voxel();
        m.transform_point3(DVec3::new(v[0] as f64, v[1] as f64, v[2] as f64))
    }

    pub fn centres(&self) -> Vec<DVec3> {
        self.voxels.iter().map(|v| self.centre(*v)).collect()
    }

    pub fn centroid(&self) -> DVec3 {
        self.centres().iter().sum::<DVec3>() / self.voxels.len() as f64
    }

    /// Corners of the world-aligned box around whole voxels.
    pub fn bounds(&self) -> [DVec3; 2] {
        let corner = |v: &[i64; 3], n: usize| {
            let at = |a: usize| v[a] as f64 + if n >> a & 1 == 0 { -0.5 } else { 0.5 };
            self.layer.grid.affine.ras_from_voxel().transform_point3(DVec3::new(at(0), at(1), at(2)))
        };
        let all = || self.voxels.iter().flat_map(|v| (0..8).map(move |n| corner(v, n)));
        [all().reduce(DVec3::min).unwrap(), all().reduce(DVec3::max).unwrap()]
    }

    pub fn boundary(&self) -> Vec<[i64; 3]> {
        let faces = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]];
        self.voxels.iter().copied().filter(|v| faces.iter().any(|f| !self.holds(add(*v, *f)))).collect()
    }

    /// Sizes of the 26-connected components, largest first, by flooding.
    pub fn components(&self) -> Vec<u64> {
        let mut left: HashMap<[i64; 3], ()> = self.voxels.iter().map(|v| (*v, ())).collect();
        let mut sizes = Vec::new();
        for start in &self.voxels {
            if left.remove(start).is_none() {
                continue;
            }
            let (mut open, mut size) = (vec![*start], 0);
            while let Some(at) = open.pop() {
                size += 1;
                open.extend(around().map(|d| add(at, d)).filter(|v| left.remove(v).is_some()));
            }
            sizes.push(size);
        }
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        sizes
    }

    /// Longest line between centres, and the longest within one slice across voxel axis `up`.
    pub fn diameters(&self, up: usize) -> [f64; 2] {
        let mut best = [0.0f64; 2];
        for a in &self.voxels {
            for b in &self.voxels {
                let d = self.centre(*a).distance(self.centre(*b));
                best[0] = best[0].max(d);
                if a[up] == b[up] {
                    best[1] = best[1].max(d);
                }
            }
        }
        best
    }

    /// Smallest distance between centres; 0 where a centre of one lies in the other.
    pub fn gap(&self, other: &Plain<'_>) -> f64 {
        if self.share_in(other) > 0.0 || other.share_in(self) > 0.0 {
            return 0.0;
        }
        nearest(&self.centres(), &other.centres()).into_iter().fold(f64::INFINITY, f64::min)
    }

    /// Distances of all boundary voxels of both, sorted.
    pub fn surface_distances(&self, other: &Plain<'_>) -> Vec<f64> {
        let points = |p: &Plain<'_>| p.boundary().into_iter().map(|v| p.centre(v)).collect::<Vec<_>>();
        let (a, b) = (points(self), points(other));
        let mut all = [nearest(&a, &b), nearest(&b, &a)].concat();
        all.sort_unstable_by(f64::total_cmp);
        all
    }

    pub fn share_in(&self, other: &Plain<'_>) -> f64 {
        self.centres().iter().filter(|p| other.holds_point(**p)).count() as f64 / self.voxels.len() as f64
    }

    pub fn contact(&self, other: &Plain<'_>) -> f64 {
        let boundary = self.boundary();
        let touches = |v: &&[i64; 3]| around().any(|d| other.holds_point(self.centre(add(**v, d))));
        boundary.iter().filter(touches).count() as f64 / boundary.len() as f64
    }
}

fn add(a: [i64; 3], b: [i64; 3]) -> [i64; 3] {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

/// The voxel itself and its 26 neighbours.
fn around() -> impl Iterator<Item = [i64; 3]> {
    (0..27).map(|n| [n % 3 - 1, n / 3 % 3 - 1, n / 9 - 1])
}

fn nearest(from: &[DVec3], to: &[DVec3]) -> Vec<f64> {
    from.iter().map(|p| to.iter().map(|q| p.distance(*q)).fold(f64::INFINITY, f64::min)).collect()
}

/// As numpy's default.
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (low, next) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    low + (next - low) * place.fract()
}
