//! HU along a line, trilinear between voxel centres.

use crate::space::RasMm;
use crate::volume::Volume;

/// HU along a line from its first point.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Evenly spaced, both ends included.
    pub samples: Vec<Sample>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// From the first point.
    pub mm: f64,
    /// `None` outside the volume; may be NaN or infinite in float volumes.
    pub hu: Option<f64>,
}

/// A line of more steps than this gets longer ones.
const MOST_STEPS: f64 = 20_000.0;

impl Profile {
    /// In equal steps of at most half the volume's finest spacing.
    pub fn new(volume: &Volume, a: RasMm, b: RasMm) -> Self {
        let finest = volume.grid.affine.spacing_mm().into_iter().fold(f64::INFINITY, f64::min);
        let length = a.0.distance(b.0);
        let steps = (length / (finest / 2.0)).ceil().clamp(1.0, MOST_STEPS) as usize;
        let sample = |n: usize| {
            let t = n as f64 / steps as f64;
            Sample { mm: length * t, hu: linear_hu(volume, RasMm(a.0.lerp(b.0, t))) }
        };
        Self { samples: (0..=steps).map(sample).collect() }
    }
}

/// Trilinear HU, clamped in the outer half voxel as the views draw it; `None` outside the volume's outer voxel faces.
pub fn linear_hu(volume: &Volume, at: RasMm) -> Option<f64> {
    let grid = &volume.grid;
    grid.nearest(at)?;
    let v = grid.affine.to_voxel(at).0.to_array();
    let (mut low, mut share) = ([0; 3], [0.0; 3]);
    for axis in 0..3 {
        let clamped = v[axis].clamp(0.0, (grid.size[axis] - 1) as f64);
        low[axis] = (clamped.floor() as usize).min(grid.size[axis].saturating_sub(2));
        share[axis] = clamped - low[axis] as f64;
    }
    let mut sum = 0.0;
    for corner in 0..8 {
        let (mut index, mut weight) = (low, 1.0);
        for axis in 0..3 {
            let upper = corner >> axis & 1 == 1;
            index[axis] += usize::from(upper);
            weight *= if upper { share[axis] } else { 1.0 - share[axis] };
        }
        if weight > 0.0 {
            sum += weight * volume.hu(index); // a NaN counts only where it has weight
        }
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Affine, Grid};
    use crate::volume::{VoxelBuf, Voxels};

    /// HU = 10 i + j − 4 k on 0.5 × 1 × 2 mm voxels of an LPS file.
    fn ramp(size: [usize; 3]) -> Volume {
        let rows = [[-0.5, 0.0, 0.0, 0.0], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0]];
        let grid = Grid { size, affine: Affine::from_rows(rows).unwrap() };
        let mut voxels = VoxelBuf::zeroed(grid.len()).unwrap();
        for n in 0..grid.len() {
            let (i, j, k) = (n % size[0], n / size[0] % size[1], n / size[0] / size[1]);
            voxels[n] = (10 * i + j) as i16 - 4 * k as i16;
        }
        Volume { grid, voxels: Voxels::I16(voxels), range: (0.0, 1.0), warnings: Vec::new() }
    }

    #[test]
    fn a_ramp_is_found_again_between_voxels() {
        let v = ramp([9, 9, 5]);
        for (r, a, s) in [(-1.0, -2.0, 4.0), (-1.3, -2.25, 3.1), (-3.99, -7.9, 7.9), (0.0, 0.0, 0.0), (-4.0, -8.0, 8.0)] {
            let expected = -r / 0.5 * 10.0 - a - s / 2.0 * 4.0;
            let found = linear_hu(&v, RasMm::new(r, a, s)).unwrap();
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
        assert_eq!(linear_hu(&v, RasMm::new(0.2, 0.0, 0.0)), Some(0.0), "the outer half voxel is clamped");
        assert_eq!(linear_hu(&v, RasMm::new(0.3, 0.0, 0.0)), None);
        assert_eq!(linear_hu(&ramp([1, 1, 1]), RasMm::new(0.0, 0.4, 0.0)), Some(0.0), "one voxel is a volume");
    }

    #[test]
    fn a_profile_has_both_ends_and_a_gap_outside() {
        let v = ramp([9, 9, 5]);
        let p = Profile::new(&v, RasMm::new(1.0, -2.0, 0.0), RasMm::new(-3.0, -2.0, 0.0));
        assert_eq!((p.samples.len(), p.samples[0].mm, p.samples[16].mm), (17, 0.0, 4.0));
        assert_eq!(p.samples[0].hu, None);
        assert_eq!(p.samples[16].hu, Some(62.0));
        assert!(p.samples.windows(2).all(|w| (w[1].mm - w[0].mm - 0.25).abs() < 1e-9));
        let inside: Vec<f64> = p.samples.iter().filter_map(|s| s.hu).collect();
        assert_eq!((inside.len(), inside[0]), (13, 2.0), "a point on the outer right face is outside");
        assert!(inside.windows(2).all(|w| (w[1] - w[0] - 5.0).abs() < 1e-9));
        let long = Profile::new(&v, RasMm::new(1e5, 0.0, 0.0), RasMm::new(-1e5, 0.0, 0.0));
        assert_eq!(long.samples.len(), 20_001);
    }
}
