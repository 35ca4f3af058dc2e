//! Reads what the case on screen is compared with.

use super::App;
use super::store::Query;
use crate::formats::case::{self, CaseFiles};
use crate::formats::nifti::LoadOptions;
use crate::gpu::Scene;
use crate::jobs::JobWatch;
use crate::state::{Command, CompareCommand, CompareEffect};
use crate::volume::Volume;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

type Read = Result<(Arc<Scene>, Vec<String>), String>;

impl App {
    pub(super) fn compare(&mut self, effect: CompareEffect) {
        match effect {
            CompareEffect::Find { case, generation } => {
                if let Some(store) = &self.store {
                    store.query(Query::Compared { case, generation });
                }
            }
            CompareEffect::Case { title, files, generation } => self.read(&title, generation, move |watch| whole(&files, watch)),
            CompareEffect::Masks { path, volume, generation } => {
                let title = format!("reading {}", path.file_name().unwrap_or_default().to_string_lossy());
                self.read(&title, generation, move |watch| masks(&path, volume, watch));
            }
            CompareEffect::Cancel => self.jobs.cancel(self.comparing),
        }
    }

    fn read(&mut self, title: &str, generation: u64, work: impl FnOnce(&JobWatch) -> Read + Send + 'static) {
        self.comparing = self.jobs.run(title, &self.mailbox, move |watch| {
            let read = catch_unwind(AssertUnwindSafe(|| work(watch)));
            let read = read.unwrap_or_else(|_| Err("an internal error stopped the reader; please report this file".to_owned()));
            vec![Command::Compare(match read {
                Ok((scene, warnings)) => CompareCommand::Loaded { generation, scene, warnings },
                Err(message) => CompareCommand::Failed { generation, message },
            })]
        });
    }
}

fn whole(files: &CaseFiles, watch: &JobWatch) -> Read {
    let loaded = case::load(files, &LoadOptions::default(), watch).map_err(|e| e.to_string())?;
    Ok((Scene::new(loaded.volume, loaded.labels), loaded.warnings))
}

/// The CT of the case on screen with other masks.
fn masks(path: &Path, volume: Option<Arc<Volume>>, watch: &JobWatch) -> Read {
    let (labels, warnings) = case::load_masks(path, volume.as_deref(), &LoadOptions::default(), watch).map_err(|e| e.to_string())?;
    Ok((Scene::new(volume, Some(Arc::new(labels))), warnings))
}
