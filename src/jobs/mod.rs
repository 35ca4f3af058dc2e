//! Background work on named threads: progress, cancellation, generation numbers. Knows nothing of what the work is for.
//!
//! A job's result comes back as a message of the caller's type on the caller's channel; the job never touches shared state.

pub mod signals;

use crate::formats::Watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A running job as its owner sees it. Dropping it does not stop the work; [`Job::cancel`] does.
#[derive(Clone, Debug)]
pub struct Job {
    shared: Arc<Shared>,
    /// What the user reads while it runs (`reading phantom_ct.nii.gz`).
    pub title: String,
    /// Results of older generations are dropped by whoever receives them.
    pub generation: u64,
}

/// The job's own end: implements [`Watch`].
#[derive(Clone, Debug)]
pub struct JobWatch(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    cancel: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
    finished: AtomicBool,
}

/// Starts `work` on a thread named `name`. The closure gets the watch and must send its own result.
///
/// Errors when the system cannot start a thread.
pub fn spawn(name: &str, title: impl Into<String>, generation: u64, work: impl FnOnce(JobWatch) + Send + 'static) -> std::io::Result<Job> {
    let shared = Arc::new(Shared::default());
    let theirs = Arc::clone(&shared);
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        let done = Finished(Arc::clone(&theirs));
        work(JobWatch(theirs));
        drop(done);
    })?;
    Ok(Job { shared, title: title.into(), generation })
}

/// Marks the job finished even when the work panics.
struct Finished(Arc<Shared>);

impl Drop for Finished {
    fn drop(&mut self) {
        self.0.finished.store(true, Ordering::Release);
    }
}

impl Job {
    pub fn cancel(&self) {
        self.shared.cancel.store(true, Ordering::Release);
    }

    pub fn finished(&self) -> bool {
        self.shared.finished.load(Ordering::Acquire)
    }

    /// 0…1, or `None` while the total is unknown.
    pub fn fraction(&self) -> Option<f32> {
        let total = self.shared.total.load(Ordering::Relaxed);
        let done = self.shared.done.load(Ordering::Relaxed);
        (total > 0).then(|| (done as f32 / total as f32).min(1.0))
    }
}

impl Watch for JobWatch {
    fn advance(&self, done: u64, total: u64) {
        self.0.done.store(done, Ordering::Relaxed);
        self.0.total.store(total, Ordering::Relaxed);
    }

    fn cancelled(&self) -> bool {
        self.0.cancel.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_reports_progress_and_stops_when_cancelled() {
        let (tx, rx) = crossbeam_channel::bounded(1);
        let job = spawn("test-job", "counting", 7, move |watch| {
            watch.advance(1, 4);
            tx.send(()).unwrap();
            while !watch.cancelled() {
                std::thread::yield_now();
            }
            tx.send(()).unwrap();
        })
        .unwrap();
        rx.recv().unwrap();
        assert_eq!(job.fraction(), Some(0.25));
        job.cancel();
        rx.recv().unwrap();
        while !job.finished() {
            std::thread::yield_now();
        }
        assert_eq!(job.generation, 7);
    }
}
