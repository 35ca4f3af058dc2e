//! How a long measurement tells how far it is and learns that it should stop, and why one fails.

use std::sync::atomic::{AtomicU64, Ordering};

/// The caller's side of a long measurement. Everything that watches reading files also watches measuring.
pub trait Watch: Sync {
    /// `done` of `total` units of work.
    fn advance(&self, done: u64, total: u64);
    /// True once the work should end with [`MeasureError::Cancelled`].
    fn cancelled(&self) -> bool;
}

/// Why labels were not measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MeasureError {
    #[error("measuring was cancelled")]
    Cancelled,
    #[error("a grid of {}×{}×{} voxels cannot be measured: {MOST} along an axis is the most", .0[0], .0[1], .0[2])]
    TooLarge([usize; 3]),
}

/// Most voxels along an axis; indices of runs are 16 bits.
pub const MOST: usize = 1 << 16;

/// Asks now and then, from inside a loop over runs or voxels, whether to stop.
pub(super) struct Pace<'a> {
    watch: &'a dyn Watch,
    since: usize,
}

impl<'a> Pace<'a> {
    pub fn new(watch: &'a dyn Watch) -> Self {
        Self { watch, since: 0 }
    }

    /// After `units` of work.
    pub fn step(&mut self, units: usize) -> Result<(), MeasureError> {
        self.since += units;
        if self.since < 1 << 16 {
            return Ok(());
        }
        self.since = 0;
        check(self.watch)
    }
}

/// Errors once the caller has cancelled.
pub(super) fn check(watch: &dyn Watch) -> Result<(), MeasureError> {
    if watch.cancelled() { Err(MeasureError::Cancelled) } else { Ok(()) }
}

/// Counts units of work that several threads finish.
pub(super) struct Steps<'a> {
    pub watch: &'a dyn Watch,
    done: AtomicU64,
    total: u64,
}

impl<'a> Steps<'a> {
    pub fn new(watch: &'a dyn Watch, total: u64) -> Self {
        watch.advance(0, total);
        Self { watch, done: AtomicU64::new(0), total }
    }

    /// One unit is done. Errors once the caller has cancelled.
    pub fn finish_one(&self) -> Result<(), MeasureError> {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.watch.advance(done, self.total);
        check(self.watch)
    }
}
