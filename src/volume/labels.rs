//! Label maps: layers of `u16` values that do not overlap within a layer, and a table that names them.

use super::VoxelBuf;
use crate::space::{Grid, RasMm};

/// One label map on its own grid; 0 is background.
#[derive(Debug)]
pub struct LabelLayer {
    pub grid: Grid,
    pub voxels: VoxelBuf<u16>,
}

/// One structure.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Value in its layer, 1…65,535.
    pub value: u16,
    /// Which layer of the set holds it.
    pub layer: usize,
    /// Name as the file gives it (`kidney_left`), or `label 7` when it gives none.
    pub name: String,
    /// sRGB.
    pub color: [u8; 3],
    /// Voxel count; 0 for a label that is named but absent.
    pub voxels: u64,
    /// Volume in mL (voxels × |det A|).
    pub volume_ml: f64,
    /// A voxel of the label on the axial-most-populated slice, for jump-to: never outside the label. `None` when absent.
    pub anchor: Option<RasMm>,
}

/// All labels of a case. A structure's identity is (layer, value).
#[derive(Debug, Default)]
pub struct LabelSet {
    pub layers: Vec<LabelLayer>,
    /// Every named or present label, in file order of layers and value.
    pub table: Vec<Label>,
    /// What a reader should know about the files (other grid, rounded floats, …).
    pub warnings: Vec<String>,
}

impl LabelSet {
    /// Labels at a point, one per layer at most, as indices into `table`.
    pub fn at(&self, p: RasMm) -> Vec<usize> {
        let value_in = |layer: &LabelLayer| layer.grid.nearest(p).map(|v| layer.voxels[layer.grid.offset(v)]);
        self.layers
            .iter()
            .enumerate()
            .filter_map(|(n, layer)| value_in(layer).filter(|&v| v != 0).and_then(|v| self.index_of(n, v)))
            .collect()
    }

    /// Index in the table of a (layer, value).
    pub fn index_of(&self, layer: usize, value: u16) -> Option<usize> {
        self.table.iter().position(|l| l.layer == layer && l.value == value)
    }

    /// Bytes of voxel memory.
    pub fn bytes(&self) -> usize {
        self.layers.iter().map(|l| l.voxels.len() * 2).sum()
    }
}
