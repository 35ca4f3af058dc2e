//! What the project holds and how far review is: the body of `voxaudit status --json`.

use super::query::count;
use super::{Project, ProjectError, RunInfo};
use crate::review::{ReviewState, Status};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StatusReport {
    /// Cases with at least one item.
    pub cases: usize,
    pub items: usize,
    pub items_with_image: usize,
    pub items_with_labels: usize,
    /// Answers per model; a control run is `MODEL@CONDITION`.
    pub answers: BTreeMap<String, usize>,
    /// Per `MODEL:JUDGE`.
    pub verdicts: BTreeMap<String, VerdictCounts>,
    pub review: ReviewCounts,
    pub reviewers: BTreeMap<String, ReviewerStatus>,
    pub reports: usize,
    /// Reports of cases that have no item (yet).
    pub reports_without_items: usize,
    /// Items that came with readings of another log. They are no reviews of this one.
    pub carried: usize,
    /// Items that came from an export with the audit they had there, also one without a reading.
    pub carried_audits: usize,
    pub events: usize,
    /// The head over the log and the contents, see [`Project::head`].
    pub head: String,
    /// Items on which a reader has typed something and not decided, counted for each reader.
    pub drafts: usize,
    /// The head once there is an event: the name that programs before file version 6 gave to it.
    pub log_head: Option<String>,
    /// `local` or `network`.
    pub file_system: &'static str,
}

/// One judge's verdicts on one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerdictCounts {
    /// Verdicts given.
    pub n: usize,
    pub correct: usize,
    pub incorrect: usize,
    /// Answers without a verdict.
    pub missing: usize,
}

/// Items by status; `flagged` counts on top of the others.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReviewCounts {
    pub undecided: usize,
    pub accepted: usize,
    pub edited: usize,
    pub rejected: usize,
    pub flagged: usize,
    pub disputed: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReviewerStatus {
    /// Items with a standing decision of this reviewer.
    pub decided: usize,
    /// Over those decisions; `None` when there is none.
    pub median_active_seconds: Option<f64>,
}

const COUNTS: &str = "SELECT (SELECT count(*) FROM cases WHERE ord IS NOT NULL), (SELECT count(*) FROM items),
    (SELECT count(*) FROM items i JOIN images m ON m.case_ref = i.case_ref WHERE m.ord = 0),
    (SELECT count(*) FROM items i JOIN cases c ON c.id = i.case_ref WHERE c.masks_root IS NOT NULL),
    (SELECT count(*) FROM reports),
    (SELECT count(*) FROM reports r JOIN cases c ON c.id = r.case_ref WHERE c.ord IS NULL),
    (SELECT count(*) FROM item_sources WHERE carried IS NOT NULL), (SELECT count(*) FROM events),
    (SELECT count(*) FROM item_sources WHERE json_valid(carried) AND json_array_length(carried, '$.readings') > 0)";

impl Project {
    pub fn status(&self) -> Result<StatusReport, ProjectError> {
        let mut report = self
            .conn
            .query_row(COUNTS, [], |r| {
                Ok(StatusReport {
                    cases: count(r, 0)?,
                    items: count(r, 1)?,
                    items_with_image: count(r, 2)?,
                    items_with_labels: count(r, 3)?,
                    reports: count(r, 4)?,
                    reports_without_items: count(r, 5)?,
                    carried: count(r, 8)?,
                    carried_audits: count(r, 6)?,
                    events: count(r, 7)?,
                    ..StatusReport::default()
                })
            })
            .map_err(ProjectError::sql(&self.path))?;
        let state = self.review_state()?;
        report.review = ReviewCounts::of(&state, report.items);
        report.reviewers = reviewers(&state);
        report.file_system = self.file_system().name();
        report.drafts = self.draft_count()?;
        report.head = self.head()?.hash.hex();
        report.log_head = (report.events > 0).then(|| report.head.clone());
        for info in self.runs()? {
            report.add_run(&info);
        }
        Ok(report)
    }
}

impl StatusReport {
    fn add_run(&mut self, info: &RunInfo) {
        let run = info.run.to_string();
        for j in &info.judges {
            let counts = VerdictCounts { n: j.correct + j.incorrect, correct: j.correct, incorrect: j.incorrect, missing: j.missing };
            self.verdicts.insert(format!("{run}:{}", j.judge), counts);
        }
        self.answers.insert(run, info.answers);
    }
}

impl ReviewCounts {
    /// Items that nobody touched are undecided.
    pub fn of(state: &ReviewState, items: usize) -> Self {
        let mut counts = Self::default();
        for (_, review) in state.iter() {
            match review.status() {
                Status::Undecided => {}
                Status::Accepted => counts.accepted += 1,
                Status::Edited => counts.edited += 1,
                Status::Rejected => counts.rejected += 1,
                Status::Disputed => counts.disputed += 1,
            }
            counts.flagged += usize::from(review.flagged());
        }
        let decided = counts.accepted + counts.edited + counts.rejected + counts.disputed;
        counts.undecided = items.saturating_sub(decided);
        counts
    }
}

fn reviewers(state: &ReviewState) -> BTreeMap<String, ReviewerStatus> {
    let mut seconds: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for reading in state.iter().flat_map(|(_, review)| review.readings.values()) {
        seconds.entry(reading.reviewer.name.clone()).or_default().push(reading.active_seconds);
    }
    let status = |s: Vec<f64>| ReviewerStatus { decided: s.len(), median_active_seconds: median(s) };
    seconds.into_iter().map(|(name, s)| (name, status(s))).collect()
}

/// The middle value, or the mean of the two middle ones.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (n, mid) = (values.len(), values.len() / 2);
    match n {
        0 => None,
        n if n % 2 == 1 => Some(values[mid]),
        _ => Some(f64::midpoint(values[mid - 1], values[mid])),
    }
}
