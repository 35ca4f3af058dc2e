//! What analyses are made from, read at one time; labels are measured, or their measures taken from the cache.

use super::check::Source;
use super::measure::cache::Cache;
use super::measure::{CaseOutcome, MeasureFilesError, MeasureRequest};
use super::{Project, ProjectError};
use crate::analyse::{Data, GeometryVerdict, StructureVolume, Volumes};
use crate::formats::Watch;
use crate::qa::ItemId;
use crate::score::Cleaning;
use crate::volume::structures;
use std::collections::HashMap;

/// Where volumes of structures come from.
#[derive(Clone, Copy, Debug)]
pub enum Measuring<'a> {
    /// Charts that need volumes say that they were left out.
    LeftOut,
    /// Every case with masks, those in the cache without reading them anew.
    All(Option<&'a Cache>),
}

impl Project {
    /// Reads everything that analyses look at.
    ///
    /// Errors when the project cannot be read; cases that cannot be measured are counted. When cancelled, volumes are incomplete: ask the watch.
    pub fn analysis_data(&self, measuring: Measuring<'_>, watch: &dyn Watch) -> Result<Data, ProjectError> {
        // One snapshot, so that a write meanwhile is either wholly in or wholly out.
        let snapshot = self.conn.unchecked_transaction().map_err(ProjectError::sql(&self.path))?;
        let (score, standings, review, taxonomy) = (self.score_data(watch)?, self.standings()?, self.review_state()?, self.taxonomy()?);
        snapshot.rollback().map_err(ProjectError::sql(&self.path))?;
        let places: HashMap<&ItemId, u32> = score.items.iter().zip(0..).map(|(item, n)| (&item.id, n)).collect();
        let geometry = standings.into_iter().filter_map(|s| {
            let run = match s.source {
                Source::Reference => None,
                Source::Answer(run) => Some(run),
                Source::Edited => return None,
            };
            Some(GeometryVerdict { item: *places.get(&s.item)?, run, verdict: s.verdict })
        });
        let geometry = geometry.collect();
        Ok(Data {
            name: self.path().file_stem().map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
            geometry,
            review,
            volumes: self.volumes(measuring, watch)?,
            taxonomy,
            items: score.items,
            answers: score.answers,
            votes: score.votes,
            cleaning: Cleaning::NONE,
        })
    }

    fn volumes(&self, measuring: Measuring<'_>, watch: &dyn Watch) -> Result<Volumes, ProjectError> {
        let Measuring::All(cache) = measuring else { return Ok(Volumes { left_out: true, ..Volumes::default() }) };
        let mut out = Volumes::default();
        for outcome in self.measure(&MeasureRequest::default(), None, cache, watch)? {
            add(&mut out, outcome);
        }
        Ok(out)
    }
}

fn add(out: &mut Volumes, outcome: CaseOutcome) {
    let measures = match outcome.result {
        Ok(measures) => measures,
        Err(MeasureFilesError::Cancelled) => return,
        Err(_) => {
            out.failed += 1;
            return;
        }
    };
    out.cases += 1;
    let present = measures.labels.into_iter().filter(|l| l.voxels > 0);
    out.all.extend(present.map(|l| StructureVolume {
        case: outcome.case.clone(),
        structure: structures::find(&l.name).map(|s| s.order),
        name: l.name,
        ml: l.volume_ml,
        truncated: l.truncated,
    }));
}
