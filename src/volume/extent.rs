//! Where a structure is: the world-aligned box around its whole voxels.

use super::LabelSet;
use crate::space::RasBox;

impl LabelSet {
    /// The box around the whole voxels of a label (index in the table); `None` for one that is absent. Found when the layers were counted.
    pub fn extent(&self, index: usize) -> Option<RasBox> {
        self.table.get(index)?.bounds
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Affine, Grid};
    use crate::volume::{LabelLayer, LabelName, LabelVoxels};

    #[test]
    fn the_box_holds_whole_voxels_whatever_the_axes() {
        let rows = [[0.0, -2.0, 0.0, 10.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 5.0, -50.0]];
        let grid = Grid { size: [4, 6, 3], affine: Affine::from_rows(rows).unwrap() };
        let mut voxels = vec![0u16; grid.len()];
        for at in [[1, 2, 1], [3, 2, 1], [2, 4, 2]] {
            voxels[grid.offset(at)] = 7;
        }
        let name = LabelName { layer: 0, value: 9, name: "absent".into(), color: None };
        let set = LabelSet::new(vec![LabelLayer { grid, voxels: LabelVoxels::from_slice(&voxels).unwrap() }], vec![name], Vec::new());
        let b = set.extent(set.index_of(0, 7).unwrap()).unwrap();
        assert_eq!((b.min.to_array(), b.max.to_array()), ([1.0, 0.5, -47.5], [7.0, 3.5, -37.5]));
        assert_eq!((set.extent(set.index_of(0, 9).unwrap()), set.extent(99)), (None, None));
    }
}
