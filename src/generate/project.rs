//! Generating for a project: its cases are measured a few at a time, and the items are written to a file or imported.

use super::geometry::{GeneratedItem, Generator, Plan, jsonl};
use crate::formats::Watch;
use crate::formats::target::{self, Kind, TargetError};
use crate::project::import::{ImportError, ImportRequest, import};
use crate::project::measure::cache::Cache;
use crate::project::measure::{MeasureRequest, PairNames, Part};
use crate::project::{Project, ProjectError};
use crate::qa::CaseId;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

/// Cases whose measures are in memory at the same time.
const AT_ONCE: usize = 16;

#[derive(Debug, Default)]
pub struct Made {
    /// By case in the project's order.
    pub items: Vec<GeneratedItem>,
    /// Cases that could not be measured, with the reason.
    pub failed: BTreeMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    #[error(transparent)]
    Project(#[from] ProjectError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Write(#[from] TargetError),
    #[error("the project does not take the items: {0}")]
    Refused(String),
}

/// Items of every case with masks. When cancelled, those that were finished.
///
/// Errors when the project cannot be read.
pub fn from_geometry(project: &Project, plan: Plan, cache: Option<&Cache>, watch: &dyn Watch) -> Result<Made, GenerateError> {
    let mut generator = Generator::new(plan);
    let mut made = Made::default();
    let request = MeasureRequest { pairs: PairNames::All, surfaces: false };
    let cases = project.labelled_cases()?;
    for (n, some) in cases.chunks(AT_ONCE).enumerate() {
        if watch.cancelled() {
            break;
        }
        let progress = Part { watch, before: n * AT_ONCE, all: cases.len() };
        for outcome in project.measure_these(some, &request, cache, &progress)? {
            match outcome.result {
                Ok(measures) => made.items.extend(generator.case(&outcome.case, &measures)),
                Err(e) => _ = made.failed.insert(outcome.case.0, e.to_string()),
            }
        }
    }
    Ok(made)
}

/// A file of generated items begins so.
const LINES: Kind = Kind::Lines("{\"case_id\"");

/// Says before long work whether [`write`] could write `path`.
pub fn check_target(path: &Path) -> Result<(), GenerateError> {
    Ok(target::check(path, &LINES)?)
}

/// Writes the items as JSONL, whole or not at all; an earlier file of items is replaced, and nothing else.
pub fn write(path: &Path, items: &[GeneratedItem]) -> Result<(), GenerateError> {
    Ok(target::write(path, &LINES, |beside| std::fs::write(beside, jsonl(items)))?)
}

/// Imports the items; a question that the project asks of that case already is left alone, whoever wrote it. Returns how many are new.
pub fn add(project: &mut Project, items: &[GeneratedItem], watch: &dyn Watch) -> Result<usize, GenerateError> {
    let asked: HashSet<(CaseId, String)> = project.items()?.into_iter().map(|row| (row.id.case, row.question)).collect();
    let fresh: Vec<GeneratedItem> = items.iter().filter(|i| !asked.contains(&(i.case.clone(), i.question.clone()))).cloned().collect();
    if fresh.is_empty() {
        return Ok(0);
    }
    let unwritable = |source| TargetError::Write { path: project.path().to_owned(), source };
    let folder = tempfile::tempdir().map_err(unwritable)?; // taken away with what is in it
    let file = folder.path().join("generated.jsonl");
    write(&file, &fresh)?;
    let request = ImportRequest { qa: vec![file], ..ImportRequest::default() };
    let report = import(project, &request, watch)?;
    match report.unmatched.iter().find(|u| u.blocks) {
        Some(u) if !report.imported => Err(GenerateError::Refused(u.reason.clone())),
        _ => Ok(report.added.items),
    }
}
