//! The CT volume.

use super::VoxelBuf;
use crate::space::{Grid, RasMm};
use std::fmt;

/// Voxel values in HU (after slope and intercept), i fastest.
#[derive(Debug)]
pub enum Voxels {
    I16(VoxelBuf<i16>),
    F32(VoxelBuf<f32>),
}

/// A CT volume in memory; immutable once loaded and shared as `Arc<Volume>`.
#[derive(Debug)]
pub struct Volume {
    pub grid: Grid,
    pub voxels: Voxels,
    /// Smallest and largest finite value in HU; (0, 0) when there is none.
    pub range: (f64, f64),
    /// What a reader should know: qform/sform disagreement, oblique angle, non-finite voxels, …
    pub warnings: Vec<String>,
}

/// What lies under a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probe {
    /// Nearest voxel (i, j, k) in file order.
    pub voxel: [usize; 3],
    /// Value in HU of that voxel; may be NaN or infinite in float volumes.
    pub hu: f64,
}

impl Probe {
    /// What to say of a value that is no finite number; `None` for the others.
    pub fn not_finite(hu: f64) -> Option<&'static str> {
        match hu {
            hu if hu.is_nan() => Some("not a number"),
            f64::INFINITY => Some("plus infinity"),
            f64::NEG_INFINITY => Some("minus infinity"),
            _ => None,
        }
    }
}

/// The value for a line of text: whole numbers plainly, others to a tenth, with a true minus sign.
impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(words) = Self::not_finite(self.hu) {
            return f.write_str(words);
        }
        let tenths = (self.hu * 10.0).round() / 10.0;
        let shown = if self.hu.fract() == 0.0 { self.hu } else { tenths };
        let sign = if shown < 0.0 { "−" } else { "" };
        let digits = usize::from(self.hu.fract() != 0.0);
        write!(f, "{sign}{:.digits$}", shown.abs())
    }
}

impl Volume {
    /// Value in HU of a voxel inside the grid.
    pub fn hu(&self, index: [usize; 3]) -> f64 {
        let at = self.grid.offset(index);
        match &self.voxels {
            Voxels::I16(v) => f64::from(v[at]),
            Voxels::F32(v) => f64::from(v[at]),
        }
    }

    /// Nearest voxel and its HU; `None` outside the volume.
    pub fn probe(&self, at: RasMm) -> Option<Probe> {
        let voxel = self.grid.nearest(at)?;
        Some(Probe { voxel, hu: self.hu(voxel) })
    }

    /// Bytes of voxel memory.
    pub fn bytes(&self) -> usize {
        match &self.voxels {
            Voxels::I16(v) => v.len() * 2,
            Voxels::F32(v) => v.len() * 4,
        }
    }
}
