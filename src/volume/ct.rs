//! The CT volume.

use super::VoxelBuf;
use crate::space::{Grid, RasMm};

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
