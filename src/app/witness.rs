//! The job that holds an item's claims against the labels in memory.

use super::App;
use crate::geometry::Watch;
use crate::geometry::measures::CaseMeasures;
use crate::gpu::Scene;
use crate::project::check::{Said, hold};
use crate::state::{Command, WitnessCommand};
use std::sync::Arc;

impl App {
    /// An item that is left takes its job with it.
    pub(super) fn judge(&mut self, generation: u64, scene: Arc<Scene>, said: Arc<Vec<Said>>, known: Option<Arc<CaseMeasures>>) {
        self.jobs.cancel(self.judging);
        self.judging = self.jobs.run_briefly("measuring", &self.mailbox, move |watch| {
            let Some(labels) = scene.labels() else { return Vec::new() };
            let known = known.map(Arc::unwrap_or_clone);
            let held = hold(&said, labels, scene.volume().map(AsRef::as_ref), known, watch);
            vec![Command::Witness(match held {
                Ok((measures, checks)) => WitnessCommand::Judged { generation, scene: scene.key(), measures: Arc::new(measures), checks },
                Err(_) if watch.cancelled() => return Vec::new(),
                Err(e) => WitnessCommand::Failed { generation, message: e.to_string() },
            })]
        });
    }
}
