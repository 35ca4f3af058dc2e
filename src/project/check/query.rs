//! Asking for stored verdicts: one statement for the whole queue, one for an item with all it needs to draw. A verdict whose checksum fails
//! was changed by something else than a check: it is as if it were not there, and the next check makes it again.

use super::super::answers::run as model_run;
use super::super::{Project, ProjectError, seal};
use super::Checked;
use crate::geometry::judge::Verdict;
use crate::qa::{CaseId, ItemId, ModelRun};
use crate::review::Status;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};
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

const ALL: &str =
    "SELECT c.case_id, i.position, k.run, r.model, r.condition, k.verdict, k.item, k.key, k.sum FROM checks k JOIN items i ON i.id = k.item
    JOIN cases c ON c.id = i.case_ref LEFT JOIN runs r ON r.id = k.run ORDER BY c.ord, i.position, k.run";
const ONE: &str =
    "SELECT k.run, r.model, r.condition, k.verdict, k.claims, k.item, k.key, k.sum FROM cases c JOIN items i ON i.case_ref = c.id
    JOIN checks k ON k.item = i.id LEFT JOIN runs r ON r.id = k.run WHERE c.case_id = ?1 AND i.position = ?2 ORDER BY k.run";

impl Project {
    /// Every stored verdict, in the project's order: reference and edited text of an item before models' answers. Reads no claims.
    pub fn standings(&self) -> Result<Vec<Standing>, ProjectError> {
        let row = |r: &Row<'_>| -> rusqlite::Result<Option<Standing>> {
            let sums = Sums { item: r.get(6)?, run: r.get(2)?, verdict: r.get(5)?, key: r.get(7)? };
            if r.get::<_, Vec<u8>>(8)?.first_chunk() != Some(&sums.of_verdict()) {
                return Ok(None);
            }
            let item = ItemId { case: CaseId(r.get(0)?), position: r.get(1)? };
            Ok(Some(Standing { item, source: source(r, 2)?, verdict: verdict(r, 5)? }))
        };
        let read = || -> rusqlite::Result<Vec<Standing>> {
            self.conn.prepare_cached(ALL)?.query_map([], row)?.filter_map(Result::transpose).collect()
        };
        read().map_err(ProjectError::sql(&self.path))
    }

    /// Everything that was checked of an item, for chips and drawings; empty when it was not checked.
    pub fn checks(&self, item: &ItemId) -> Result<Vec<Check>, ProjectError> {
        let row = |r: &Row<'_>| -> rusqlite::Result<Option<Check>> {
            let sums = Sums { item: r.get(5)?, run: r.get(0)?, verdict: r.get(3)?, key: r.get(6)? };
            let claims: String = r.get(4)?;
            if r.get::<_, Vec<u8>>(7)? != sums.sum(&claims) {
                return Ok(None);
            }
            Ok(Some(Check { source: source(r, 0)?, verdict: verdict(r, 3)?, claims: serde_json::from_str(&claims).unwrap_or_default() }))
        };
        let read = || -> rusqlite::Result<Vec<Check>> {
            let mut select = self.conn.prepare_cached(ONE)?;
            select.query_map(params![item.case.0, item.position], row)?.filter_map(Result::transpose).collect()
        };
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

/// The columns of a stored verdict beside its claims.
pub(in crate::project) struct Sums {
    pub item: i64,
    pub run: i64,
    pub verdict: Option<String>,
    pub key: Vec<u8>,
}

impl Sums {
    /// What stands in the column `sum`: [`Sums::of_verdict`], then the same with the claims, so that counting verdicts reads no claims.
    pub fn sum(&self, claims: &str) -> Vec<u8> {
        let claimed = seal::of_values(&[ValueRef::Blob(&self.of_verdict()), ValueRef::Text(claims.as_bytes())]);
        [self.of_verdict(), claimed].concat()
    }

    fn of_verdict(&self) -> [u8; 32] {
        let verdict = self.verdict.as_ref().map_or(ValueRef::Null, |v| ValueRef::Text(v.as_bytes()));
        seal::of_values(&[ValueRef::Integer(self.item), ValueRef::Integer(self.run), verdict, ValueRef::Blob(&self.key)])
    }
}

/// Stored verdicts of geometry whose checksum fails.
pub(in crate::project) fn broken_checks(conn: &Connection) -> rusqlite::Result<usize> {
    let mut select = conn.prepare("SELECT item, run, verdict, key, claims, sum FROM checks")?;
    let mut rows = select.query([])?;
    let mut broken = 0;
    while let Some(r) = rows.next()? {
        let sums = Sums { item: r.get(0)?, run: r.get(1)?, verdict: r.get(2)?, key: r.get(3)? };
        broken += usize::from(r.get::<_, Vec<u8>>(5)? != sums.sum(&r.get::<_, String>(4)?));
    }
    Ok(broken)
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
