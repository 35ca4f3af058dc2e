//! Coordinates: voxel indices, patient space (RAS+, millimetres), affines between them, orientation codes and view planes.
//!
//! Everything here is `f64` and knows nothing of files or pixels. Voxel coordinates are continuous with 0 at the *centre* of the first
//! voxel, in file order (i fastest). Patient coordinates grow towards Right, Anterior and Superior ([`RasMm`]).

mod affine;
mod grid;
mod view;

pub use affine::{Affine, SpaceError};
pub use grid::{Grid, RasBox, TIE};
pub use view::{Convention, EdgeLetters, Plane, SliceFrame, edge_letters};

use glam::DVec3;
use serde::{Deserialize, Serialize};

/// A continuous voxel coordinate (i, j, k) in file order; integers are voxel centres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voxel(pub DVec3);

/// A point in patient space in millimetres: +x to the patient's Right, +y Anterior, +z Superior. Serialised as `[r, a, s]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "[f64; 3]", from = "[f64; 3]")]
pub struct RasMm(pub DVec3);

impl Voxel {
    pub fn new(i: f64, j: f64, k: f64) -> Self {
        Self(DVec3::new(i, j, k))
    }
}

impl RasMm {
    pub fn new(r: f64, a: f64, s: f64) -> Self {
        Self(DVec3::new(r, a, s))
    }

    /// As an array (r, a, s), the order of the JSON outputs.
    pub fn to_array(self) -> [f64; 3] {
        self.0.to_array()
    }
}

impl From<RasMm> for [f64; 3] {
    fn from(p: RasMm) -> Self {
        p.to_array()
    }
}

impl From<[f64; 3]> for RasMm {
    fn from(p: [f64; 3]) -> Self {
        Self(p.into())
    }
}
