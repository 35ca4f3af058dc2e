//! Asking for stored verdicts: one statement for the whole queue, one for an item with all it needs to draw.

use super::super::answers::run as model_run;
use super::super::{Project, ProjectError};
use super::Checked;
use crate::geometry::judge::Verdict;
use crate::qa::{CaseId, ItemId, ModelRun};
use crate::review::Status;
use rusqlite::{Row, params};
use std::fmt;

pub(super) const REFERENCE: i64 = 0;
pub(super) const EDITED: i64 = -1;

/// Whose words were checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    Reference,
    /// Question and answer as a reviewer's edit left them.
    Edited,
    Answer(ModelRun),
}

/// The verdict on one text; `None` where it has no claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub item: ItemId,
    pub source: Source,
    pub verdict: Option<Verdict>,
}

/// The same with its claims, their numbers and evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub source: Source,
    pub verdict: Option<Verdict>,
    pub claims: Vec<Checked>,
}

const ALL: &str = "SELECT c.case_id, i.position, k.run, r.model, r.condition, k.verdict FROM checks k JOIN items i ON i.id = k.item
    JOIN cases c ON c.id = i.case_ref LEFT JOIN runs r ON r.id = k.run ORDER BY c.ord, i.position, k.run";
const ONE: &str = "SELECT k.run, r.model, r.condition, k.verdict, k.claims FROM cases c JOIN items i ON i.case_ref = c.id
    JOIN checks k ON k.item = i.id LEFT JOIN runs r ON r.id = k.run WHERE c.case_id = ?1 AND i.position = ?2 ORDER BY k.run";

impl Project {
    /// Every stored verdict, in the project's order: reference and edited text of an item before models' answers. Reads no claims.
    pub fn standings(&self) -> Result<Vec<Standing>, ProjectError> {
        let row = |r: &Row<'_>| {
            let item = ItemId { case: CaseId(r.get(0)?), position: r.get(1)? };
            Ok(Standing { item, source: source(r, 2)?, verdict: verdict(r, 5)? })
        };
        let read = || self.conn.prepare_cached(ALL)?.query_map([], row)?.collect::<rusqlite::Result<Vec<_>>>();
        read().map_err(ProjectError::sql(&self.path))
    }

    /// Everything that was checked of an item, for chips and drawings; empty when it was not checked.
    pub fn checks(&self, item: &ItemId) -> Result<Vec<Check>, ProjectError> {
        let row = |r: &Row<'_>| {
            let claims: String = r.get(4)?;
            Ok(Check { source: source(r, 0)?, verdict: verdict(r, 3)?, claims: serde_json::from_str(&claims).unwrap_or_default() })
        };
        let read =
            || self.conn.prepare_cached(ONE)?.query_map(params![item.case.0, item.position], row)?.collect::<rusqlite::Result<Vec<_>>>();
        read().map_err(ProjectError::sql(&self.path))
    }

    /// Items whose reference answer geometry contradicts, in the project's order.
    pub fn contradicted_references(&self) -> Result<Vec<ItemId>, ProjectError> {
        Ok(contradicted(self.standings()?, |s| s.source == Source::Reference))
    }

    /// Items whose answer as it stands after review (accepted, or edited) geometry contradicts, in the project's order.
    pub fn contradicted_accepted(&self) -> Result<Vec<ItemId>, ProjectError> {
        let review = self.review_state()?;
        let stands = |s: &Standing| match review.status(&s.item) {
            Status::Accepted => s.source == Source::Reference,
            Status::Edited => s.source == Source::Edited,
            _ => false,
        };
        Ok(contradicted(self.standings()?, stands))
    }
}

fn contradicted(all: Vec<Standing>, which: impl Fn(&Standing) -> bool) -> Vec<ItemId> {
    let against = |s: &Standing| s.verdict == Some(Verdict::Contradicts) && which(s);
    all.into_iter().filter(against).map(|s| s.item).collect()
}

/// From the run's number at `at` and its names after it.
fn source(r: &Row<'_>, at: usize) -> rusqlite::Result<Source> {
    Ok(match r.get::<_, i64>(at)? {
        REFERENCE => Source::Reference,
        EDITED => Source::Edited,
        _ => Source::Answer(model_run(r, at + 1)?),
    })
}

fn verdict(r: &Row<'_>, at: usize) -> rusqlite::Result<Option<Verdict>> {
    Ok(r.get::<_, Option<String>>(at)?.as_deref().and_then(Verdict::parse))
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Reference => f.write_str("reference"),
            Source::Edited => f.write_str("edited"),
            Source::Answer(run) => write!(f, "{run}"),
        }
    }
}
