//! The map between voxel and patient coordinates.

use super::{RasMm, Voxel};
use glam::{DAffine3, DMat3, DVec3};

#[derive(Debug, thiserror::Error, Clone, PartialEq)]
pub enum SpaceError {
    #[error("the affine is singular (determinant {0:e}): voxels would have no volume")]
    Singular(f64),
    #[error("the affine contains a value that is not finite")]
    NotFinite,
}

/// An invertible affine `ras_from_voxel`, kept with its inverse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    ras_from_voxel: DAffine3,
    voxel_from_ras: DAffine3,
    closest: [(usize, f64); 3],
}

impl Affine {
    /// Checks that the matrix is finite and invertible.
    pub fn new(ras_from_voxel: DAffine3) -> Result<Self, SpaceError> {
        if !ras_from_voxel.is_finite() {
            return Err(SpaceError::NotFinite);
        }
        let det = ras_from_voxel.matrix3.determinant();
        let voxel_from_ras = ras_from_voxel.inverse();
        if det.abs() < 1e-12 || !voxel_from_ras.is_finite() {
            return Err(SpaceError::Singular(det));
        }
        let m = ras_from_voxel.matrix3;
        Ok(Self { ras_from_voxel, voxel_from_ras, closest: closest_axes([m.x_axis, m.y_axis, m.z_axis]) })
    }

    /// From the first three rows of a 4×4 matrix, row by row, as NIfTI's `srow_x/y/z` store it.
    pub fn from_rows(rows: [[f64; 4]; 3]) -> Result<Self, SpaceError> {
        let col = |c: usize| DVec3::new(rows[0][c], rows[1][c], rows[2][c]);
        Self::new(DAffine3 { matrix3: DMat3::from_cols(col(0), col(1), col(2)), translation: col(3) })
    }

    pub fn ras_from_voxel(&self) -> DAffine3 {
        self.ras_from_voxel
    }

    pub fn voxel_from_ras(&self) -> DAffine3 {
        self.voxel_from_ras
    }

    pub fn to_ras(&self, v: Voxel) -> RasMm {
        RasMm(self.ras_from_voxel.transform_point3(v.0))
    }

    pub fn to_voxel(&self, p: RasMm) -> Voxel {
        Voxel(self.voxel_from_ras.transform_point3(p.0))
    }

    fn cols(&self) -> [DVec3; 3] {
        let m = self.ras_from_voxel.matrix3;
        [m.x_axis, m.y_axis, m.z_axis]
    }

    /// Length in mm of one step along i, j, k.
    pub fn spacing_mm(&self) -> [f64; 3] {
        self.cols().map(DVec3::length)
    }

    /// Volume of one voxel, |det A| in mm³.
    pub fn voxel_volume_mm3(&self) -> f64 {
        self.ras_from_voxel.matrix3.determinant().abs()
    }

    /// For each voxel axis, the patient axis (0 = R, 1 = A, 2 = S) it is closest to and its sign, every patient axis used once.
    /// The assignment maximises the sum of absolute direction cosines.
    pub fn closest_axes(&self) -> [(usize, f64); 3] {
        self.closest
    }

    /// Orientation code: the direction each voxel axis *grows* towards, such as `RAS` or `LPS`.
    pub fn axis_codes(&self) -> String {
        self.closest_axes().iter().map(|&(axis, sign)| if sign > 0.0 { ['R', 'A', 'S'][axis] } else { ['L', 'P', 'I'][axis] }).collect()
    }

    /// Largest angle in degrees between a voxel axis and the patient axis it is closest to; 0 for an axis-aligned grid.
    pub fn oblique_degrees(&self) -> f64 {
        let dirs = self.cols().map(DVec3::normalize);
        self.closest_axes()
            .iter()
            .zip(dirs)
            .map(|(&(axis, sign), d)| (d[axis] * sign).clamp(-1.0, 1.0).acos().to_degrees())
            .map(|deg| if deg < 1e-3 { 0.0 } else { deg })
            .fold(0.0, f64::max)
    }

    /// Largest deviation in degrees from right angles between voxel axes; 0 when there is no shear.
    pub fn shear_degrees(&self) -> f64 {
        let d = self.cols().map(DVec3::normalize);
        [(0, 1), (0, 2), (1, 2)]
            .iter()
            .map(|&(a, b)| (90.0 - d[a].dot(d[b]).clamp(-1.0, 1.0).acos().to_degrees()).abs())
            .map(|deg| if deg < 1e-3 { 0.0 } else { deg })
            .fold(0.0, f64::max)
    }
}

/// For the three columns of an affine: patient axis and sign, every patient axis once.
fn closest_axes(cols: [DVec3; 3]) -> [(usize, f64); 3] {
    const PERMUTATIONS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let dirs = cols.map(DVec3::normalize);
    let score = |p: &[usize; 3]| (0..3).map(|axis| dirs[axis][p[axis]].abs()).sum::<f64>();
    let mut best = PERMUTATIONS[0];
    for p in &PERMUTATIONS[1..] {
        if score(p) > score(&best) + 1e-9 {
            best = *p;
        }
    }
    [0, 1, 2].map(|axis| (best[axis], if dirs[axis][best[axis]] < 0.0 { -1.0 } else { 1.0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_lps_grid_round_trips_and_names_itself() {
        let a = Affine::from_rows([[-0.7, 0.0, 0.0, 90.0], [0.0, -0.8, 0.0, 80.0], [0.0, 0.0, 2.5, -300.0]]).unwrap();
        assert_eq!(a.axis_codes(), "LPS");
        assert_eq!(a.spacing_mm(), [0.7, 0.8, 2.5]);
        assert!((a.voxel_volume_mm3() - 1.4).abs() < 1e-12);
        let p = a.to_ras(Voxel::new(3.0, 4.5, -2.0));
        assert!((a.to_voxel(p).0 - DVec3::new(3.0, 4.5, -2.0)).length() < 1e-12);
        assert_eq!(a.oblique_degrees(), 0.0);
    }

    #[test]
    fn rotation_and_shear_are_measured() {
        let (s, c) = 10f64.to_radians().sin_cos();
        let rotated = Affine::from_rows([[c, -s, 0.0, 0.0], [s, c, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]).unwrap();
        assert!((rotated.oblique_degrees() - 10.0).abs() < 1e-9);
        assert_eq!(rotated.shear_degrees(), 0.0);
        let sheared = Affine::from_rows([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 20f64.to_radians().tan(), 0.0], [0.0, 0.0, 1.0, 0.0]]).unwrap();
        assert!((sheared.shear_degrees() - 20.0).abs() < 1e-9);
    }

    #[test]
    fn singular_and_nan_are_refused() {
        assert!(matches!(Affine::from_rows([[1.0, 0.0, 0.0, 0.0]; 3]), Err(SpaceError::Singular(_))));
        assert_eq!(Affine::from_rows([[f64::NAN, 0.0, 0.0, 0.0]; 3]), Err(SpaceError::NotFinite));
    }
}
