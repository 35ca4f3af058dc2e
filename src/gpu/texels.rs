//! How voxels become texels: exact for `i16` and labels, quantised for `f32`, thinned out where the GPU cannot hold the whole grid.

use crate::volume::{LabelLayer, Volume, Voxels};

/// Texel that stands for NaN in a quantised float volume.
pub const NAN_TEXEL: i16 = i16::MIN;
/// Windows cannot leave ±300,000 HU, so a wider range would only cost resolution.
const FLOAT_LIMIT: f64 = 300_000.0;

/// Where texels come from.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    Ct(&'a Volume),
    Labels(&'a LabelLayer),
}

/// Value in HU = texel × scale + offset. For `i16` volumes 1 and 0. For `f32` volumes the finite range (cut at ±300,000 HU) is spread over
/// 65,535 texels, so an error of half a step: 0.04 HU for a range of 5,000 HU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    pub scale: f64,
    pub offset: f64,
    /// The texel that means NaN, if the volume can hold any.
    pub nan: Option<i16>,
}

impl Scale {
    pub fn of(volume: &Volume) -> Self {
        if matches!(volume.voxels, Voxels::I16(_)) {
            return Self { scale: 1.0, offset: 0.0, nan: None };
        }
        let cut = |v: f64| if v.is_finite() { v.clamp(-FLOAT_LIMIT, FLOAT_LIMIT) } else { 0.0 };
        let (lo, hi) = (cut(volume.range.0), cut(volume.range.1));
        let scale = if hi > lo { (hi - lo) / 65_534.0 } else { 1.0 };
        // lo lands on −32,767 and hi on 32,767.
        Self { scale, offset: lo + 32_767.0 * scale, nan: Some(NAN_TEXEL) }
    }

    /// NaN becomes its sentinel, ±inf and what lies outside the range the ends.
    pub fn texel(&self, hu: f32) -> i16 {
        if hu.is_nan() {
            return NAN_TEXEL;
        }
        let texel = (f64::from(hu) - self.offset) / self.scale;
        texel.round().clamp(-32_767.0, 32_767.0) as i16
    }
}

impl Source<'_> {
    pub fn size(&self) -> [usize; 3] {
        match self {
            Source::Ct(volume) => volume.grid.size,
            Source::Labels(layer) => layer.grid.size,
        }
    }

    /// The voxels of slices `z0..z1` as texel bytes when they need no conversion.
    pub fn direct(&self, z0: usize, z1: usize) -> Option<&[u8]> {
        let [nx, ny, _] = self.size();
        let range = z0 * nx * ny..z1 * nx * ny;
        match self {
            Source::Ct(Volume { voxels: Voxels::I16(v), .. }) => v.get(range).map(bytemuck::cast_slice),
            Source::Ct(_) => None,
            Source::Labels(layer) => layer.voxels.get(range).map(bytemuck::cast_slice),
        }
    }

    /// Texel slices `z0..z1` of the grid thinned by `factor` (every texel stands for factor³ voxels: the CT's finite mean, the
    /// label of the middle voxel), appended to `out` as 16-bit patterns.
    pub fn convert(&self, factor: usize, z0: usize, z1: usize, out: &mut Vec<u16>) {
        let size = self.size();
        let [tx, ty, _] = thinned(size, factor);
        if let (Source::Ct(volume @ Volume { voxels: Voxels::F32(values), .. }), 1) = (self, factor) {
            let scale = Scale::of(volume);
            let range = z0 * tx * ty..z1 * tx * ty;
            out.extend(values.get(range).unwrap_or_default().iter().map(|&hu| scale.texel(hu).cast_unsigned()));
            return;
        }
        let scale = match self {
            Source::Ct(volume) => Scale::of(volume),
            Source::Labels(_) => Scale { scale: 1.0, offset: 0.0, nan: None },
        };
        for z in z0..z1 {
            for y in 0..ty {
                for x in 0..tx {
                    out.push(self.texel([x, y, z], size, factor, scale));
                }
            }
        }
    }

    fn texel(&self, at: [usize; 3], size: [usize; 3], factor: usize, scale: Scale) -> u16 {
        match self {
            Source::Ct(volume) => block_mean(volume, at, size, factor, scale).cast_unsigned(),
            Source::Labels(layer) => {
                let middle = |axis: usize| (at[axis] * factor + factor / 2).min(size[axis] - 1);
                layer.voxels[layer.grid.offset([middle(0), middle(1), middle(2)])]
            }
        }
    }
}

/// Mean of the block's voxels that are numbers; NaN when none is.
fn block_mean(volume: &Volume, at: [usize; 3], size: [usize; 3], factor: usize, scale: Scale) -> i16 {
    let span = |axis: usize| at[axis] * factor..((at[axis] + 1) * factor).min(size[axis]);
    let (mut sum, mut n) = (0.0, 0u32);
    for k in span(2) {
        for j in span(1) {
            for i in span(0) {
                let hu = volume.hu([i, j, k]);
                if !hu.is_nan() {
                    sum += hu.clamp(-FLOAT_LIMIT, FLOAT_LIMIT);
                    n += 1;
                }
            }
        }
    }
    match (n, scale.nan) {
        (0, _) => NAN_TEXEL,
        (_, None) => (sum / f64::from(n)).round() as i16,
        _ => scale.texel((sum / f64::from(n)) as f32),
    }
}

/// Size in texels of a grid thinned by `factor`.
pub fn thinned(size: [usize; 3], factor: usize) -> [usize; 3] {
    size.map(|n| n.div_ceil(factor))
}
