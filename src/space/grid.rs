//! A sampled box in patient space: its size in voxels and its affine.

use super::{Affine, RasMm, Voxel};
use glam::DVec3;

/// A point this close (in voxels) below the face between two voxels counts as on it, so that rounding errors cannot decide.
pub const TIE: f64 = 1e-4;

/// Size in voxels (i, j, k) and the affine of a volume or label map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    pub size: [usize; 3],
    pub affine: Affine,
}

/// An axis-aligned box in patient space, in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RasBox {
    pub min: RasMm,
    pub max: RasMm,
}

impl Grid {
    /// Number of voxels.
    pub fn len(&self) -> usize {
        self.size.iter().product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Offset of voxel (i, j, k) in a buffer with i fastest.
    pub fn offset(&self, [i, j, k]: [usize; 3]) -> usize {
        i + self.size[0] * (j + self.size[1] * k)
    }

    /// The voxel whose cell holds `p`, by nearest centre; `None` outside the grid's outer voxel faces. A point on the face between two
    /// voxels belongs to the one further right, anterior or superior, whatever the order and direction of the file's axes.
    pub fn nearest(&self, p: RasMm) -> Option<[usize; 3]> {
        let v = self.affine.to_voxel(p).0;
        let mut index = [0; 3];
        for (axis, (_, direction)) in self.affine.closest_axes().into_iter().enumerate() {
            let last = self.size[axis] as f64 - 1.0;
            let towards = if direction < 0.0 { last - v[axis] } else { v[axis] };
            let rounded = (towards + 0.5 + TIE).floor();
            if !(rounded >= 0.0 && rounded <= last) {
                return None;
            }
            index[axis] = (if direction < 0.0 { last - rounded } else { rounded }) as usize;
        }
        Some(index)
    }

    /// Patient position of a voxel's centre.
    pub fn centre_of(&self, [i, j, k]: [usize; 3]) -> RasMm {
        self.affine.to_ras(Voxel::new(i as f64, j as f64, k as f64))
    }

    /// Centre of the whole grid.
    pub fn centre(&self) -> RasMm {
        let [x, y, z] = self.size.map(|n| (n as f64 - 1.0) / 2.0);
        self.affine.to_ras(Voxel::new(x, y, z))
    }

    /// The eight outer corners (voxel faces, not centres).
    pub fn corners(&self) -> [RasMm; 8] {
        std::array::from_fn(|n| {
            let at = |axis: usize| if n >> axis & 1 == 0 { -0.5 } else { self.size[axis] as f64 - 0.5 };
            self.affine.to_ras(Voxel::new(at(0), at(1), at(2)))
        })
    }

    /// World-aligned box around whole voxels.
    pub fn bounds(&self) -> RasBox {
        let corners = self.corners();
        let fold = |f: fn(DVec3, DVec3) -> DVec3| RasMm(corners.iter().map(|c| c.0).reduce(f).unwrap_or(DVec3::ZERO));
        RasBox { min: fold(DVec3::min), max: fold(DVec3::max) }
    }
}

impl RasBox {
    pub fn size_mm(&self) -> DVec3 {
        self.max.0 - self.min.0
    }

    pub fn intersects(&self, other: &RasBox) -> bool {
        self.min.0.cmplt(other.max.0).all() && other.min.0.cmplt(self.max.0).all()
    }

    pub fn clamp(&self, p: RasMm) -> RasMm {
        RasMm(p.0.clamp(self.min.0, self.max.0))
    }
}

impl std::fmt::Display for RasBox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (a, b) = (self.min.0, self.max.0);
        write!(f, "R {:.1}…{:.1}, A {:.1}…{:.1}, S {:.1}…{:.1} mm", a.x, b.x, a.y, b.y, a.z, b.z)
    }
}
