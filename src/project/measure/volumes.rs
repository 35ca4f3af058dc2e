//! The volumes of every structure over the cases of a project: what a distribution is drawn of.

use super::{CaseOutcome, MeasureFilesError};
use crate::geometry::Fences;
use crate::geometry::measures::CaseMeasures;
use crate::qa::CaseId;
use crate::volume::structures;
use std::collections::BTreeMap;

/// One structure in one case.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseVolume {
    /// Index into [`Volumes::cases`].
    pub case: usize,
    pub ml: f64,
    /// Cut by the edge of the field of view: the volume is a lower bound.
    pub truncated: bool,
}

/// By structure, over all cases that could be measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Volumes {
    pub cases: Vec<CaseId>,
    /// By [`key`], each in the order of the cases; absent structures are left out.
    of: BTreeMap<String, Vec<CaseVolume>>,
    /// Cases that could not be measured, with the reason.
    pub failed: Vec<(CaseId, String)>,
    /// The run was stopped: cases are missing.
    pub stopped: bool,
}

/// The name under which a label is found in every case: that of the table of structures, or its own.
pub fn key(name: &str) -> &str {
    structures::find(name).map_or(name, |s| s.name)
}

impl Volumes {
    pub fn of(outcomes: Vec<CaseOutcome>, stopped: bool) -> Self {
        let mut all = Self { stopped, ..Self::default() };
        for CaseOutcome { case, result, .. } in outcomes {
            match result {
                Ok(measures) => all.add(case, &measures),
                Err(MeasureFilesError::Cancelled) => all.stopped = true,
                Err(e) => all.failed.push((case, e.to_string())),
            }
        }
        all
    }

    fn add(&mut self, case: CaseId, measures: &CaseMeasures) {
        let at = self.cases.len();
        self.cases.push(case);
        for label in measures.labels.iter().filter(|l| l.voxels > 0) {
            let here = CaseVolume { case: at, ml: label.volume_ml, truncated: label.truncated };
            self.of.entry(key(&label.name).to_owned()).or_default().push(here);
        }
    }

    /// Of a structure by its [`key`].
    pub fn structure(&self, key: &str) -> &[CaseVolume] {
        self.of.get(key).map_or(&[], |v| v)
    }

    /// Over the cases that hold the structure whole.
    pub fn fences(&self, key: &str) -> Option<Fences> {
        Fences::of(self.structure(key).iter().filter(|v| !v.truncated).map(|v| v.ml))
    }

    /// Every structure that some case holds.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.of.keys().map(String::as_str)
    }
}
