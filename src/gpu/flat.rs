//! A plane parallel to the voxels, cut on the CPU: what a view shows until the bricks of the plane are on the GPU, or where they do not
//! fit there. A plane of 512×512 is 1 MiB to send, its bricks are 64. With a software adapter, whose "graphics memory" is this same
//! memory, it is the faster way for slices along the rows of the file: 512×512×600 at 1024×1024 took 11.5 ms instead of 13 (axial) and
//! 15.7 instead of 17 (coronal), but 22 instead of 16 across them (sagittal), where bricks keep neighbours together.
//!
//! It does what `fs_ct` and `fs_label` of `cut.wgsl` do in modes 0 and 1; a test compares the two. Slabs and oblique planes are cut from
//! bricks only.

use super::texels::{Scale, Source};
use crate::volume::{LabelVoxels, Volume, Voxels};

/// What stands for "no value" in a picture of the CT, as in `cut.wgsl`.
const NOTHING: f32 = 1e36;

/// Which voxels make a picture, in file order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lattice {
    /// Voxel of the picture's first pixel.
    pub start: [i64; 3],
    /// Steps to the next pixel to the right and down, and to the next slice.
    pub steps: [[i64; 3]; 3],
    /// Pixels without border.
    pub size: [u32; 2],
    /// How far the plane lies from its slice to the next, when it lies between two.
    pub between: Option<f32>,
}

impl Lattice {
    /// Its pixels lie side by side in memory, in rows or in columns: cheap to read. Across the rows each pixel costs a cache line.
    pub fn along_rows(&self) -> bool {
        self.steps[..2].iter().any(|step| step[0] != 0)
    }
}

/// The picture as 32-bit texels, row by row, with `border` empty pixels around it: floats of texels for a CT, numbers for labels.
pub fn cut(source: Source<'_>, lattice: &Lattice, border: usize, out: &mut Vec<u32>) {
    out.clear();
    match source {
        Source::Labels(layer) => match &layer.voxels {
            LabelVoxels::U8(values) => sample(source, lattice, border, out, |at, _| values.get(at).map_or(0, |v| u32::from(*v))),
            LabelVoxels::U16(values) => sample(source, lattice, border, out, |at, _| values.get(at).map_or(0, |v| u32::from(*v))),
        },
        Source::Ct(Volume { voxels: Voxels::I16(values), .. }) => {
            let texel = |at: usize| values.get(at).map_or(NOTHING, |v| f32::from(*v));
            sample(source, lattice, border, out, |at, next| between(texel, at, next, lattice.between));
        }
        Source::Ct(volume @ Volume { voxels: Voxels::F32(values), .. }) => {
            let scale = Scale::of(volume);
            let texel = |at: usize| values.get(at).filter(|v| !v.is_nan()).map_or(NOTHING, |v| f32::from(scale.texel(*v)));
            sample(source, lattice, border, out, |at, next| between(texel, at, next, lattice.between));
        }
    }
}

fn between(texel: impl Fn(usize) -> f32, at: usize, next: usize, fraction: Option<f32>) -> u32 {
    let a = texel(at);
    let Some(fraction) = fraction else { return a.to_bits() };
    let b = texel(next);
    if a.max(b) >= NOTHING { NOTHING.to_bits() } else { (a + (b - a) * fraction).to_bits() }
}

/// Calls `pixel` with the offsets of a voxel and of the one on the next slice.
fn sample(source: Source<'_>, lattice: &Lattice, border: usize, out: &mut Vec<u32>, pixel: impl Fn(usize, usize) -> u32) {
    let [nx, ny, _] = source.size().map(|n| n as i64);
    let offset = |v: [i64; 3]| v[0] + nx * (v[1] + ny * v[2]);
    let [right, down, next] = lattice.steps.map(offset);
    let [width, height] = lattice.size.map(|n| n as usize);
    let (start, whole) = (offset(lattice.start), width + 2 * border);
    out.resize(whole * (height + 2 * border), 0);
    for (y, texels) in out.chunks_exact_mut(whole.max(1)).skip(border).take(height).enumerate() {
        let mut at = start + y as i64 * down;
        for texel in &mut texels[border..border + width] {
            *texel = pixel(at as usize, (at + next) as usize);
            at += right;
        }
    }
}
