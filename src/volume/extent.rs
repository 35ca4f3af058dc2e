//! Where a structure is: the world-aligned box around its whole voxels.

use super::LabelSet;
use crate::space::{RasBox, RasMm, Voxel};
use glam::DVec3;

impl LabelSet {
    /// The box around the whole voxels of a label (index in the table); `None` for one that is absent. Reads its layer once.
    pub fn extent(&self, index: usize) -> Option<RasBox> {
        let label = self.table.get(index)?;
        let layer = self.layers.get(label.layer)?;
        let affine = &layer.grid.affine;
        let row = layer.grid.size[0].max(1);
        let (mut min, mut max) = (DVec3::INFINITY, DVec3::NEG_INFINITY);
        for (n, voxels) in layer.voxels.chunks(row).enumerate() {
            // Positions change evenly along a row: its first and last voxel bound those between them.
            let ends = voxels.iter().position(|v| *v == label.value).zip(voxels.iter().rposition(|v| *v == label.value));
            let (j, k) = (n % layer.grid.size[1], n / layer.grid.size[1]);
            for i in ends.map_or([None; 2], |(first, last)| [Some(first), Some(last)]).into_iter().flatten() {
                let p = affine.to_ras(Voxel::new(i as f64, j as f64, k as f64)).0;
                (min, max) = (min.min(p), max.max(p));
            }
        }
        let origin = affine.to_ras(Voxel::new(0.0, 0.0, 0.0)).0;
        let step = |v: Voxel| (affine.to_ras(v).0 - origin).abs() / 2.0;
        let half = step(Voxel::new(1.0, 0.0, 0.0)) + step(Voxel::new(0.0, 1.0, 0.0)) + step(Voxel::new(0.0, 0.0, 1.0));
        min.is_finite().then_some(RasBox { min: RasMm(min - half), max: RasMm(max + half) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Affine, Grid};
    use crate::volume::{LabelLayer, LabelName, VoxelBuf};

    #[test]
    fn the_box_holds_whole_voxels_whatever_the_axes() {
        let rows = [[0.0, -2.0, 0.0, 10.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 5.0, -50.0]];
        let grid = Grid { size: [4, 6, 3], affine: Affine::from_rows(rows).unwrap() };
        let mut voxels = VoxelBuf::<u16>::zeroed(grid.len()).unwrap();
        for at in [[1, 2, 1], [3, 2, 1], [2, 4, 2]] {
            voxels[grid.offset(at)] = 7;
        }
        let name = LabelName { layer: 0, value: 9, name: "absent".into(), color: None };
        let set = LabelSet::new(vec![LabelLayer { grid, voxels }], vec![name], Vec::new());
        let b = set.extent(set.index_of(0, 7).unwrap()).unwrap();
        assert_eq!((b.min.to_array(), b.max.to_array()), ([1.0, 0.5, -47.5], [7.0, 3.5, -37.5]));
        assert_eq!((set.extent(set.index_of(0, 9).unwrap()), set.extent(99)), (None, None));
    }
}
