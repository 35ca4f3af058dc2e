//! From solids to voxels: CT values with partial volume at boundaries, texture and noise; label masks by voxel centre.
//!
//! HU: air −1000, lung −850, fat −100, soft tissue 40–50, liver 60, spleen 50, kidneys 35, aorta 150, marrow 250 within cortex 700,
//! lesion 20. Noise has a standard deviation of 11 HU and the grain of a smooth kernel.

use super::noise::{normal, smooth};
use super::{Paint, Phantom, Structure, Tissue, Torso};
use crate::space::{Grid, RasBox, RasMm};
use glam::DVec3;

const NOISE_HU: f32 = 11.0;

/// What can be met in some box: structures and paint whose own boxes touch it.
#[derive(Clone, Default)]
struct Near<'a> {
    structures: Vec<(RasBox, &'a Structure)>,
    inner: Vec<(RasBox, &'a Paint)>,
    outer: Vec<(RasBox, &'a Paint)>,
}

impl<'a> Near<'a> {
    fn everything(p: &'a Phantom) -> Self {
        let paints = |inner: bool| p.scenery.iter().filter(|s| s.within.is_some() == inner).map(|s| (s.shape.bounds(), s)).collect();
        Self { inner: paints(true), outer: paints(false), ..Self::labelled(p) }
    }

    fn labelled(p: &'a Phantom) -> Self {
        Self { structures: p.structures.iter().map(|s| (s.bounds(), s)).collect(), ..Self::default() }
    }

    /// What of it touches `reach`.
    fn within(&self, reach: &RasBox) -> Self {
        fn touching<'a, T>(all: &[(RasBox, &'a T)], reach: &RasBox) -> Vec<(RasBox, &'a T)> {
            all.iter().filter(|(b, _)| b.intersects(reach)).copied().collect()
        }
        Self { structures: touching(&self.structures, reach), inner: touching(&self.inner, reach), outer: touching(&self.outer, reach) }
    }
}

/// Box around the voxels (0, j0, k) … (last, j1, k), with a margin of one voxel.
fn reach(grid: &Grid, rows: [usize; 2], k: usize) -> RasBox {
    let last = grid.size[0] - 1;
    let corners = [[0, rows[0], k], [last, rows[0], k], [0, rows[1], k], [last, rows[1], k]].map(|c| grid.centre_of(c).0);
    let margin = DVec3::splat(grid.affine.spacing_mm().into_iter().fold(0.0, f64::max));
    let (min, max) = corners.iter().fold((corners[0], corners[0]), |(lo, hi), c| (lo.min(*c), hi.max(*c)));
    RasBox { min: RasMm(min - margin), max: RasMm(max + margin) }
}

/// Fills a grid voxel by voxel; `value` gets what is near the voxel's row.
fn fill<'a, T: Send>(out: &mut [T], grid: &Grid, all: &Near<'a>, value: impl Fn(&Near<'a>, [usize; 3]) -> T + Sync) {
    let [ni, nj, _] = grid.size;
    in_slices(out, ni * nj, |k, slice| {
        let in_slice = all.within(&reach(grid, [0, nj - 1], k));
        for (j, row) in slice.chunks_mut(ni).enumerate() {
            let near = in_slice.within(&reach(grid, [j, j], k));
            for (i, voxel) in row.iter_mut().enumerate() {
                *voxel = value(&near, [i, j, k]);
            }
        }
    });
}

impl Phantom {
    /// CT values in HU, i fastest, on [`Phantom::grid`].
    pub fn render_ct(&self) -> Vec<i16> {
        let (grid, all) = (&self.grid, Near::everything(self));
        let mut kinds = vec![(Tissue::Air, 0f32); grid.len()];
        fill(&mut kinds, grid, &all, |near, at| self.tissue_at(near, grid.centre_of(at).0));
        let mut ct = vec![0i16; grid.len()];
        fill(&mut ct, grid, &all, |near, at| {
            let edge = at_boundary(&kinds, grid.size, at);
            let mean = if edge { self.partial_volume(near, at) } else { kinds[grid.offset(at)].1 };
            (mean + self.noise(at)).round().clamp(-1024.0, 3071.0) as i16
        });
        ct
    }

    /// One label map on [`Phantom::mask_grid`]; earlier structures win, so the lesion is cut out of the liver.
    pub fn render_label_map(&self) -> Vec<u8> {
        self.masks(&Near::labelled(self), |near, p| {
            near.structures.iter().find(|(_, s)| self.mask_holds(s, p)).map_or(0, |(_, s)| s.value as u8)
        })
    }

    /// The mask (0 or 1) of one structure on [`Phantom::mask_grid`]; structures may overlap.
    pub fn render_mask(&self, s: &Structure) -> Vec<u8> {
        let only = Near { structures: vec![(s.bounds(), s)], ..Near::default() };
        self.masks(&only, |near, p| u8::from(!near.structures.is_empty() && self.mask_holds(s, p)))
    }

    fn masks<'a>(&self, all: &Near<'a>, value: impl Fn(&Near<'a>, DVec3) -> u8 + Sync) -> Vec<u8> {
        let grid = &self.mask_grid;
        let mut out = vec![0; grid.len()];
        fill(&mut out, grid, all, |near, at| value(near, grid.centre_of(at).0));
        out
    }

    /// Tissue and noiseless HU at a point.
    fn tissue_at(&self, near: &Near<'_>, p: DVec3) -> (Tissue, f32) {
        let outer =
            || near.outer.iter().find(|(_, o)| o.shape.contains(p)).map(|(_, o)| (o.tissue, self.hu(o.tissue, o.shape.level(p), p)));
        if let Some((_, s)) = near.structures.iter().find(|(_, s)| s.contains(p)) {
            let inner = near.inner.iter().find(|(_, i)| i.within == Some(s.tissue) && i.shape.contains(p));
            let tissue = inner.map_or(s.tissue, |(_, i)| i.tissue);
            if tissue == Tissue::Lung {
                // Airways and bones run into the lungs' outline without being part of them.
                if let Some(found) = outer() {
                    return found;
                }
            }
            let level = s.parts.iter().map(|part| part.level(p)).fold(f64::INFINITY, f64::min);
            return (tissue, self.hu(tissue, level, p));
        }
        outer().unwrap_or_else(|| self.torso.tissue_at(self.seed, p, |tissue| self.hu(tissue, 0.5, p)))
    }

    /// Mean of eight points spread over the voxel.
    fn partial_volume(&self, near: &Near<'_>, [i, j, k]: [usize; 3]) -> f32 {
        let mut sum = 0.0;
        for n in 0..8usize {
            let off = |bit: usize| (n >> bit & 1) as f64 / 2.0 - 0.25;
            let at = crate::space::Voxel::new(i as f64 + off(0), j as f64 + off(1), k as f64 + off(2));
            sum += self.tissue_at(near, self.grid.affine.to_ras(at).0).1;
        }
        sum / 8.0
    }

    /// White noise per voxel, smoothed in the slice by (1 2 1)² and scaled back to its deviation (√36/16 remains after smoothing).
    fn noise(&self, [i, j, k]: [usize; 3]) -> f32 {
        let mut sum = 0.0;
        for (dj, wj) in [1.0, 2.0, 1.0].into_iter().enumerate() {
            for (di, wi) in [1.0, 2.0, 1.0].into_iter().enumerate() {
                let key = ((k as u64) << 32) | (((j + dj) as u64) << 16) | (i + di) as u64;
                sum += wi * wj * normal(self.seed.rotate_left(40) ^ key);
            }
        }
        NOISE_HU * sum / 6.0
    }

    /// HU of a tissue with its texture; `level` is 1 on the surface of the solid.
    fn hu(&self, tissue: Tissue, level: f64, p: DVec3) -> f32 {
        let texture = |scale: f64, amount: f64| (amount * smooth(self.seed, p, scale)) as f32;
        match tissue {
            Tissue::Air => -1000.0,
            Tissue::Lung => -850.0 + texture(5.0, 35.0) - (p.y * 0.3) as f32,
            Tissue::Fat => -100.0 + texture(9.0, 8.0),
            Tissue::Muscle => 48.0 + texture(6.0, 10.0),
            Tissue::Liver => 60.0 + texture(14.0, 4.0),
            Tissue::Spleen => 50.0 + texture(12.0, 4.0),
            Tissue::Kidney => {
                if level > 0.72 {
                    40.0
                } else {
                    28.0 + texture(7.0, 10.0)
                }
            }
            Tissue::Blood => 150.0,
            Tissue::Heart => {
                if level > 0.8 {
                    70.0
                } else {
                    115.0 + texture(22.0, 35.0)
                }
            }
            Tissue::Vessel => 100.0,
            Tissue::Bone => {
                if level > 0.86 {
                    700.0
                } else {
                    250.0 + texture(3.5, 60.0)
                }
            }
            Tissue::Disc => 85.0,
            Tissue::Lesion => 20.0 + texture(8.0, 6.0),
            Tissue::Bowel => bowel(level, smooth(self.seed ^ 77, p, 19.0), texture(5.0, 18.0)),
            Tissue::Fluid => {
                if level > 0.9 {
                    45.0
                } else {
                    14.0
                }
            }
            Tissue::Cartilage => 95.0,
            Tissue::Table => {
                if level > 0.8 {
                    -250.0
                } else {
                    -920.0
                }
            }
        }
    }
}

/// Wall, gas where the content is loose, else content.
fn bowel(level: f64, looseness: f64, texture: f32) -> f32 {
    match () {
        () if level > 0.84 => 45.0,
        () if looseness > 0.32 => -850.0,
        () => 22.0 + texture,
    }
}

impl Torso {
    /// Skin, fat, muscle wall and the loose tissue inside; air outside.
    fn tissue_at(&self, seed: u64, p: DVec3, hu: impl Fn(Tissue) -> f32) -> (Tissue, f32) {
        let swell = 1.0 + 0.03 * ((p.z - 40.0) / 90.0).cos();
        let r = ((p.x / (self.half_width * swell)).abs().powf(2.4) + (p.y / (self.half_depth * swell)).abs().powf(2.4)).powf(1.0 / 2.4);
        let depth = (1.0 - r) * self.half_depth;
        let fat = self.fat * (0.75 + 0.35 * (p.x / self.half_width).abs()) + 2.5 * smooth(seed ^ 5, p, 45.0);
        let loose = smooth(seed ^ 9, p, 7.0);
        let tissue = match () {
            () if depth < 0.0 => Tissue::Air,
            () if depth < 1.8 => Tissue::Cartilage, // skin
            () if depth < fat => Tissue::Fat,
            () if depth < fat + 13.0 => {
                if loose > 0.5 {
                    Tissue::Fat
                } else {
                    Tissue::Muscle
                }
            }
            () if p.z > self.diaphragm && p.x.abs() > 46.0 => Tissue::Muscle,
            () if loose > 0.66 => Tissue::Muscle,
            () => Tissue::Fat,
        };
        (tissue, hu(tissue))
    }
}

/// True when a neighbour across a face is another tissue or far in HU.
fn at_boundary(kinds: &[(Tissue, f32)], size: [usize; 3], at: [usize; 3]) -> bool {
    let steps = [1, size[0], size[0] * size[1]];
    let here = at[0] + steps[1] * at[1] + steps[2] * at[2];
    let differs = |other: usize| kinds[other].0 != kinds[here].0 || (kinds[other].1 - kinds[here].1).abs() > 90.0;
    (0..3).any(|axis| (at[axis] > 0 && differs(here - steps[axis])) || (at[axis] + 1 < size[axis] && differs(here + steps[axis])))
}

/// Fills slices on all cores; each slice depends on its number alone, so the result does not depend on their count.
fn in_slices<T: Send>(out: &mut [T], slice: usize, fill: impl Fn(usize, &mut [T]) + Sync) {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let per_core = (out.len() / slice).div_ceil(cores).max(1);
    std::thread::scope(|scope| {
        for (part, block) in out.chunks_mut(slice * per_core).enumerate() {
            let fill = &fill;
            scope.spawn(move || {
                for (n, one) in block.chunks_mut(slice).enumerate() {
                    fill(part * per_core + n, one);
                }
            });
        }
    });
}
