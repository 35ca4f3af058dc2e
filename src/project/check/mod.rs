//! Geometry as a witness: reference answers, edited answers and models' answers held against the measures of their cases.
//!
//! A result is kept with a hash over everything it follows from (measures, texts, the program's version of judging), so a second run
//! judges only what changed; it can be thrown away at any time. Cases are checked a few at a time: memory is bounded, each finished case
//! is on disk, and a run that was stopped goes on where it was. Nothing here changes an item or the review log.

mod live;
mod query;
mod texts;

pub use live::{Said, hold};
use query::Sums;
pub(in crate::project) use query::broken_checks;
pub use query::{Check, Source, Standing};
pub(super) use texts::own_claims;

use super::measure::cache::Cache;
use super::measure::{CaseOutcome, MeasureFilesError, MeasureRequest, PairNames, Part};
use super::{Project, ProjectError};
use crate::formats::Watch;
use crate::geometry::claim::Claim;
use crate::geometry::judge::{Judge, Judgement, Verdict};
use crate::geometry::measures::CaseMeasures;
use crate::qa::{CaseId, ItemId};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use texts::Text;

/// Raised whenever the same texts and measures may give another result.
const JUDGING: u32 = 2;
/// Cases whose measures are in memory at the same time.
const AT_ONCE: usize = 16;

/// A claim and what geometry says to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    pub claim: Claim,
    /// The source brought it; otherwise it was read from the words.
    pub own: bool,
    pub judgement: Judgement,
}

/// How many texts have which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerdictCounts {
    pub supports: usize,
    pub contradicts: usize,
    pub undetermined: usize,
    /// Nothing was read that geometry could judge.
    pub no_claim: usize,
}

/// A text that geometry contradicts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contradiction {
    pub item: String,
    /// `reference`, `edited` or the model's run.
    pub source: String,
    /// Those claims that are contradicted.
    pub claims: Vec<String>,
}

/// Serialises as the body of `check --json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CheckReport {
    /// Cases with measures.
    pub cases: usize,
    /// By `reference`, `edited` and each run.
    pub counts: BTreeMap<String, VerdictCounts>,
    /// In the project's order.
    pub contradicting: Vec<Contradiction>,
    /// Items whose answer as it stands after review, accepted or edited, geometry contradicts, in the project's order.
    pub contradicting_accepted: Vec<String>,
    /// Texts that were judged in this run; the others had not changed.
    pub judged: usize,
    pub kept: usize,
    /// Items of cases without masks, which are not checked.
    pub items_without_labels: usize,
    /// Cases that could not be measured, with the reason.
    pub failed: BTreeMap<String, String>,
    /// Claims of the source that are no claims, by item.
    pub unreadable: BTreeMap<String, String>,
    /// The run was stopped; what it had finished is kept.
    pub stopped: bool,
}

impl VerdictCounts {
    pub fn add(&mut self, verdict: Option<Verdict>) {
        *match verdict {
            Some(Verdict::Supports) => &mut self.supports,
            Some(Verdict::Contradicts) => &mut self.contradicts,
            Some(Verdict::Undetermined) => &mut self.undetermined,
            None => &mut self.no_claim,
        } += 1;
    }
}

/// One verdict over several claims: one that is contradicted is enough, and what is not wholly supported is open.
pub fn overall(checked: &[Checked]) -> Option<Verdict> {
    Verdict::all(checked.iter().map(|c| c.judgement.verdict))
}

impl Project {
    /// Checks every text of every case with masks that has changed since it was last checked.
    ///
    /// Errors when the project cannot be read or written. What goes wrong with a case stands in the report; results of texts that are gone
    /// are removed.
    pub fn check(&mut self, cache: Option<&Cache>, watch: &dyn Watch) -> Result<CheckReport, ProjectError> {
        self.writable()?;
        let (texts, unreadable) = self.texts_to_check()?;
        let mut report = CheckReport { unreadable, items_without_labels: self.items_without_labels()?, ..CheckReport::default() };
        let all = self.labelled_cases()?;
        let request = MeasureRequest { pairs: PairNames::All, surfaces: false };
        let others = self.named_elsewhere(&texts, &request, cache, watch)?;
        for (n, some) in all.chunks(AT_ONCE).enumerate() {
            let progress = Part { watch, before: n * AT_ONCE, all: all.len() };
            for outcome in self.measure_these(some, &request, cache, &progress)? {
                self.check_case(outcome, &texts, &others, &mut report)?;
            }
            if watch.cancelled() {
                report.stopped = true;
                break;
            }
        }
        if !report.stopped {
            self.forget_checks_of_gone_texts(&texts)?;
        }
        self.settled()?;
        self.summarise(&mut report)?;
        Ok(report)
    }

    /// Measures of the cases that claims compare with, without their pairs.
    fn named_elsewhere(
        &self,
        texts: &HashMap<String, Vec<Text>>,
        request: &MeasureRequest,
        cache: Option<&Cache>,
        watch: &dyn Watch,
    ) -> Result<HashMap<String, Arc<CaseMeasures>>, ProjectError> {
        let claims = texts.values().flatten().flat_map(|t| &t.claims);
        let wanted: BTreeSet<&String> = claims.flat_map(|(c, _)| c.structures()).filter_map(|s| s.case.as_ref()).collect();
        let wanted: Vec<CaseId> = self.labelled_cases()?.into_iter().filter(|c| wanted.contains(&c.0)).collect();
        let mut found = HashMap::new();
        for (n, some) in wanted.chunks(AT_ONCE).enumerate() {
            let progress = Part { watch, before: n * AT_ONCE, all: wanted.len() };
            for outcome in self.measure_these(some, request, cache, &progress)? {
                if let Ok(mut measures) = outcome.result {
                    measures.pairs.clear();
                    found.insert(outcome.case.0, Arc::new(measures));
                }
            }
        }
        Ok(found)
    }

    fn check_case(
        &mut self,
        outcome: CaseOutcome,
        texts: &HashMap<String, Vec<Text>>,
        others: &HashMap<String, Arc<CaseMeasures>>,
        report: &mut CheckReport,
    ) -> Result<(), ProjectError> {
        let case = outcome.case.0;
        let measures = match outcome.result {
            Ok(measures) => measures,
            Err(MeasureFilesError::Cancelled) => return Ok(()),
            Err(e) => {
                report.failed.insert(case.clone(), e.to_string());
                return self.forget_checks_of(texts.get(&case).into_iter().flatten());
            }
        };
        report.cases += 1;
        let judge = Judge::new(&measures).with_others(others);
        let measured = digest(&[serde_json::to_vec(&measures).unwrap_or_default()]);
        let path = self.path.clone();
        let tx = self.guard.begin(&mut self.conn, &path)?;
        for text in texts.get(&case).into_iter().flatten() {
            let key = key_of(text, &measured, others);
            if sound(&tx, text, &key).map_err(ProjectError::sql(&path))? {
                report.kept += 1;
                continue;
            }
            let judged = |(claim, own): &(Claim, bool)| Checked { claim: claim.clone(), own: *own, judgement: judge.judge(claim) };
            let checked: Vec<Checked> = text.claims.iter().map(judged).collect();
            let put = "INSERT OR REPLACE INTO checks (item, run, verdict, claims, key, sum) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let body = serde_json::to_string(&checked).unwrap_or_default();
            let verdict = overall(&checked).map(|v| v.word().to_owned());
            let row = Sums { item: text.row, run: text.run, verdict, key };
            let done = tx.execute(put, params![row.item, row.run, row.verdict, body, row.key, row.sum(&body)]);
            done.map_err(ProjectError::sql(&path))?;
            report.judged += 1;
        }
        tx.commit().map_err(ProjectError::sql(&path))?;
        self.settled()
    }

    /// Verdicts that rest on masks which cannot be read any more are none.
    fn forget_checks_of<'a>(&self, mut texts: impl Iterator<Item = &'a Text>) -> Result<(), ProjectError> {
        let forget = |t: &Text| self.conn.execute("DELETE FROM checks WHERE item = ?1 AND run = ?2", params![t.row, t.run]);
        texts.try_for_each(|t| forget(t).map(drop)).map_err(ProjectError::sql(&self.path))
    }

    fn forget_checks_of_gone_texts(&mut self, texts: &HashMap<String, Vec<Text>>) -> Result<(), ProjectError> {
        let there: HashSet<(i64, i64)> = texts.values().flatten().map(|t| (t.row, t.run)).collect();
        let forget = || -> rusqlite::Result<()> {
            let mut select = self.conn.prepare("SELECT item, run FROM checks")?;
            let stored: Vec<(i64, i64)> = select.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
            for (item, run) in stored.into_iter().filter(|row| !there.contains(row)) {
                self.conn.execute("DELETE FROM checks WHERE item = ?1 AND run = ?2", [item, run])?;
            }
            Ok(())
        };
        forget().map_err(ProjectError::sql(&self.path))
    }

    /// Counts and contradictions over everything that is stored.
    fn summarise(&self, report: &mut CheckReport) -> Result<(), ProjectError> {
        for standing in self.standings()? {
            report.counts.entry(standing.source.to_string()).or_default().add(standing.verdict);
            if standing.verdict == Some(Verdict::Contradicts) {
                report.contradicting.push(self.contradiction(&standing)?);
            }
        }
        report.contradicting_accepted = self.contradicted_accepted()?.iter().map(ToString::to_string).collect();
        Ok(())
    }

    fn contradiction(&self, standing: &Standing) -> Result<Contradiction, ProjectError> {
        let checks = self.checks(&standing.item)?;
        let claims = checks.iter().filter(|c| c.source == standing.source).flat_map(|c| &c.claims);
        let against = claims.filter(|c| c.judgement.verdict == Verdict::Contradicts).map(|c| c.claim.to_string()).collect();
        Ok(Contradiction { item: standing.item.to_string(), source: standing.source.to_string(), claims: against })
    }
}

/// Whether the verdict on a text is stored, follows from `key`, and is as it was written.
fn sound(conn: &Connection, text: &Text, key: &[u8]) -> rusqlite::Result<bool> {
    let mut select = conn.prepare_cached("SELECT verdict, key, claims, sum FROM checks WHERE item = ?1 AND run = ?2")?;
    let fits = select.query_row(params![text.row, text.run], |r| {
        let row = Sums { item: text.row, run: text.run, verdict: r.get(0)?, key: r.get(1)? };
        Ok(row.key == key && r.get::<_, Vec<u8>>(3)? == row.sum(&r.get::<_, String>(2)?))
    });
    Ok(fits.optional()?.unwrap_or(false))
}

/// Everything a result follows from.
fn key_of(text: &Text, measured: &[u8], others: &HashMap<String, Arc<CaseMeasures>>) -> Vec<u8> {
    let mut parts = vec![JUDGING.to_le_bytes().to_vec(), measured.to_vec()];
    for (claim, own) in &text.claims {
        parts.push(format!("{own} {claim}").into_bytes());
        let elsewhere = claim.structures().into_iter().filter_map(|s| s.case.as_ref()).filter_map(|c| others.get(c));
        parts.extend(elsewhere.map(|m| serde_json::to_vec(m.as_ref()).unwrap_or_default()));
    }
    digest(&parts)
}

/// SHA-256 over parts, each after its length.
fn digest(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().to_vec()
}

/// An item and what is wrong with it, for the report.
fn named(id: &ItemId, why: &str) -> (String, String) {
    (id.to_string(), why.to_owned())
}
