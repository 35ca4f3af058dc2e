//! How voxels become texels: exact for `i16` and labels, quantised for `f32`.

use crate::volume::{LabelLayer, Volume, Voxels};
use std::ops::Range;

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

    /// What its texels are stored as: labels as they lie in memory, everything else in two bytes.
    pub fn format(&self) -> wgpu::TextureFormat {
        match self {
            Source::Ct(_) => wgpu::TextureFormat::R16Sint,
            Source::Labels(layer) if layer.voxels.width() == 1 => wgpu::TextureFormat::R8Uint,
            Source::Labels(_) => wgpu::TextureFormat::R16Uint,
        }
    }

    /// Bytes of a texel.
    pub fn width(&self) -> usize {
        match self {
            Source::Ct(_) => 2,
            Source::Labels(layer) => layer.voxels.width(),
        }
    }

    /// All voxels as texel bytes when they need no conversion.
    pub fn direct(&self) -> Option<&[u8]> {
        match self {
            Source::Ct(Volume { voxels: Voxels::I16(v), .. }) => Some(bytemuck::cast_slice(v)),
            Source::Ct(_) => None,
            Source::Labels(layer) => Some(layer.voxels.bytes()),
        }
    }

    /// Whether these are labels and none of the box is labelled.
    pub fn all_zero(&self, ranges: &[Range<usize>; 3]) -> bool {
        let Source::Labels(layer) = self else { return false };
        rows(layer.grid.size, ranges).all(|row| layer.voxels.all().slice(row).is_background())
    }

    /// The texels of the box, appended to `out` as 16-bit patterns.
    pub fn convert(&self, ranges: &[Range<usize>; 3], out: &mut Vec<u16>) {
        let Source::Ct(volume @ Volume { voxels: Voxels::F32(values), .. }) = self else { return };
        let scale = Scale::of(volume);
        for row in rows(volume.grid.size, ranges) {
            out.extend(values.get(row).unwrap_or_default().iter().map(|&hu| scale.texel(hu).cast_unsigned()));
        }
    }
}

/// Offsets of the rows of a box.
fn rows([nx, ny, _]: [usize; 3], ranges: &[Range<usize>; 3]) -> impl Iterator<Item = Range<usize>> {
    let [x, y, z] = ranges.clone();
    z.flat_map(move |k| y.clone().map(move |j| (k, j))).map(move |(k, j)| {
        let start = nx * (j + ny * k);
        start + x.start..start + x.end
    })
}
