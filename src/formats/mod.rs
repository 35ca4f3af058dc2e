//! File formats, one file each: read or written, sniffed by content. No SQL, no window.

pub mod answers;
pub mod case;
pub mod digest;
pub mod export;
pub mod held;
pub mod json;
pub mod labels;
pub mod leftovers;
pub mod measures;
pub mod nifti;
pub mod paths;
pub mod png;
pub mod qa;
pub mod regular;
pub mod reports;
pub mod rows;
pub mod small;
pub mod table;
pub mod target;
pub mod taxonomy;
pub mod text;
pub mod verdicts;

/// How a long read tells its caller how far it is and learns that it should stop. Implemented by jobs and by `()` for "just do it".
pub trait Watch: Sync {
    /// `done` of `total` units (bytes, rows); `total` is 0 while unknown.
    fn advance(&self, done: u64, total: u64);
    /// True once the reader should return its `Cancelled` error.
    fn cancelled(&self) -> bool;
    /// Voxels of a CT on `grid`, from number `first` on, have been read. Not called for files whose numbers must be converted.
    fn voxels(&self, _grid: &crate::space::Grid, _first: usize, _values: &[i16]) {}
}

impl Watch for () {
    fn advance(&self, _done: u64, _total: u64) {}
    fn cancelled(&self) -> bool {
        false
    }
}

impl<W: Watch + ?Sized> Watch for &W {
    fn advance(&self, done: u64, total: u64) {
        (**self).advance(done, total);
    }
    fn cancelled(&self) -> bool {
        (**self).cancelled()
    }
    fn voxels(&self, grid: &crate::space::Grid, first: usize, values: &[i16]) {
        (**self).voxels(grid, first, values);
    }
}

/// Whoever watches reading also watches measuring.
impl<W: Watch + ?Sized> crate::geometry::Watch for W {
    fn advance(&self, done: u64, total: u64) {
        Watch::advance(self, done, total);
    }
    fn cancelled(&self) -> bool {
        Watch::cancelled(self)
    }
}
