//! Verify: the images on this machine against those that were judged.

use super::Check;
use crate::formats::digest::of_image;
use crate::review::{Action, ShownImage};
use std::collections::BTreeMap;

impl Check<'_> {
    /// Reads every image that a decision names, when that was asked for. An image that is not here is a warning.
    pub(super) fn files(&mut self) -> rusqlite::Result<()> {
        if !self.request.files {
            return Ok(());
        }
        let events = match self.project.events() {
            Ok(events) => events,
            Err(e) => {
                self.problem(e.to_string());
                return Ok(());
            }
        };
        let mut judged: BTreeMap<String, BTreeMap<[u8; 32], (usize, String)>> = BTreeMap::new();
        let mut unknown = 0;
        for event in &events {
            match (&event.action, event.image) {
                (Action::Decide(_), Some(ShownImage::Sha256(digest))) => {
                    let seen = judged.entry(event.item.case.0.clone()).or_default();
                    seen.entry(digest).or_insert_with(|| (0, format!("{} at {}", event.reviewer.name, event.time))).0 += 1;
                }
                (Action::Decide(_), Some(ShownImage::NotYetKnown)) => unknown += 1,
                _ => {}
            }
        }
        if unknown > 0 {
            self.warning(format!(
                "{unknown} decisions were made before the image on screen had a digest: which image they saw is not known"
            ));
        }
        for (case, seen) in judged {
            self.image(&case, &seen);
        }
        Ok(())
    }

    fn image(&mut self, case: &str, seen: &BTreeMap<[u8; 32], (usize, String)>) {
        let found = self.project.case(&crate::qa::CaseId(case.to_owned()));
        let path = match found {
            Ok(info) => info.and_then(|c| c.image).and_then(|i| i.path),
            Err(e) => return self.problem(e.to_string()),
        };
        let Some(path) = path.filter(|p| p.exists()) else {
            return self.warning(format!("case '{case}': its image is not on this machine and was not compared"));
        };
        match of_image(&path, self.watch) {
            Err(e) => self.problem(format!("case '{case}': {}: {e}", path.display())),
            Ok(now) => {
                *self.report.images_compared.get_or_insert(0) += 1;
                let other: Vec<_> = seen.iter().filter(|(digest, _)| **digest != now).map(|(_, (n, first))| (*n, first.clone())).collect();
                for (n, first) in other {
                    self.problem(format!(
                        "case '{case}': {n} {} made on another image than {} (first by {first})",
                        if n == 1 { "decision was" } else { "decisions were" },
                        path.display()
                    ));
                }
            }
        }
    }
}
