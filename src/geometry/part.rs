//! A label made ready for being held against others: its runs, its boundary and the trees over it.
//!
//! Which voxels can be the nearest to another label: within one grid those of which a neighbour is not the label's (see
//! [`nearer_steps`]). To a label on another grid the same holds where the axes are at right angles, since there a voxel and its Voronoi cell
//! are the same box, and a point in it is shared. On a sheared grid a point may lie in the cell of an inner voxel and in no voxel of the
//! label at once, so there every voxel counts. Both are exact.

use super::body::{Body, Run};
use super::boundary::{FACES, boundary};
use super::lattice::{Lattice, nearer_steps};
use super::tree::Tree;
use super::watch::{MeasureError, Watch};
use crate::volume::{Label, LabelLayer, LabelSet};
use std::sync::OnceLock;

/// One present label. Costs a pass over its box and over its runs; a few times the memory of its runs.
pub struct Part<'a> {
    pub label: &'a Label,
    pub layer: &'a LabelLayer,
    pub body: Body,
    /// Voxels with a face that is not the label's, in file order.
    pub boundary: Vec<Run>,
    /// Over the boundary.
    pub surface: Tree,
    /// Over every voxel that can be nearest to another label, where that is more than the boundary.
    nearer: Option<Tree>,
    /// Over every voxel of a sheared grid, made when a label of another grid asks for it.
    whole: OnceLock<Tree>,
}

impl<'a> Part<'a> {
    /// Of one label of a set (index in its table); `None` when it is absent.
    ///
    /// Errors when cancelled or when the grid is too large.
    pub fn of(set: &'a LabelSet, index: usize, watch: &dyn Watch) -> Result<Option<Self>, MeasureError> {
        let Some(label) = set.table.get(index).filter(|l| l.voxels > 0) else { return Ok(None) };
        let body = Body::of(&set.layers[label.layer], label.value, label.extent, watch)?;
        Self::new(set, label, body, watch).map(Some)
    }

    /// Of runs that were read before.
    ///
    /// Errors when cancelled.
    pub fn new(set: &'a LabelSet, label: &'a Label, body: Body, watch: &dyn Watch) -> Result<Self, MeasureError> {
        let layer = &set.layers[label.layer];
        let lattice = Lattice::new(&layer.grid.affine);
        let boundary_runs = boundary(&body, &FACES, watch)?;
        let surface = Tree::new(lattice, boundary_runs.clone());
        let steps = nearer_steps(&layer.grid.affine);
        let nearer = if steps.len() > FACES.len() { Some(Tree::new(lattice, boundary(&body, &steps, watch)?)) } else { None };
        Ok(Self { label, layer, body, boundary: boundary_runs, surface, nearer, whole: OnceLock::new() })
    }

    /// For gaps to labels of the same grid, or of another one.
    pub fn nearer(&self, same_grid: bool) -> &Tree {
        match &self.nearer {
            None => &self.surface,
            Some(nearer) if same_grid => nearer,
            Some(_) => self.whole.get_or_init(|| Tree::new(*self.surface.lattice(), self.body.runs.clone())),
        }
    }
}
