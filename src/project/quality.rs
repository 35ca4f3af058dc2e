//! Data quality of the answers and verdicts that a project holds.

use super::answers::run;
use super::{Project, ProjectError};
use crate::qa::{Answer, CaseId, Finding, ItemId, ModelRun, Vote, answer_findings, missing_finding, verdict_findings};
use rusqlite::{Connection, Row};

const ANSWERS: &str = "SELECT c.case_id, i.position, a.text, a.source_row FROM answers a JOIN items i ON i.id = a.item
    JOIN cases c ON c.id = i.case_ref WHERE a.run = ?1 ORDER BY a.source_row, a.id";
const ODD_VOTES: &str = "SELECT c.case_id, i.position, v.correct, v.parse_error, v.source_row, w.reasoning FROM verdicts v
    JOIN answers a ON a.id = v.answer JOIN items i ON i.id = a.item JOIN cases c ON c.id = i.case_ref
    LEFT JOIN verdict_reasons w ON w.judge = v.judge AND w.answer = v.answer
    WHERE v.judge = ?1 AND (v.parse_error = 1 OR v.correct IS NULL) ORDER BY v.source_row, v.answer";
const UNJUDGED: &str = "SELECT c.case_id, i.position FROM answers a JOIN items i ON i.id = a.item JOIN cases c ON c.id = i.case_ref
    WHERE a.run = ?1 AND NOT EXISTS (SELECT 1 FROM verdicts v WHERE v.judge = ?2 AND v.answer = a.id) ORDER BY a.source_row, a.id";

impl Project {
    /// What is odd about every run, by model and condition: first its answers, then each judge's verdicts.
    pub fn quality(&self) -> Result<Vec<Finding>, ProjectError> {
        let read = || {
            let mut select = self.conn.prepare_cached("SELECT id FROM runs")?;
            let runs: Vec<i64> = select.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
            findings(&self.conn, &runs)
        };
        read().map_err(ProjectError::sql(&self.path))
    }
}

/// Findings of these runs, by model and condition.
pub(super) fn findings(conn: &Connection, runs: &[i64]) -> rusqlite::Result<Vec<Finding>> {
    let mut select = conn.prepare_cached("SELECT model, condition FROM runs WHERE id = ?1")?;
    let name = |id: &i64| Ok((select.query_row([id], |r| run(r, 0))?, *id));
    let mut named: Vec<(ModelRun, i64)> = runs.iter().map(name).collect::<rusqlite::Result<_>>()?;
    named.sort();
    let mut out = Vec::new();
    for (run, id) in &named {
        out.extend(answer_findings(run, &answers(conn, run, *id)?));
        for (judge, judge_id) in judges(conn, *id)? {
            out.extend(verdict_findings(run, &judge, &odd_votes(conn, run, &judge, judge_id)?));
            out.extend(missing_finding(run, &judge, unjudged(conn, [*id, judge_id])?));
        }
    }
    Ok(out)
}

fn item(r: &Row<'_>) -> rusqlite::Result<ItemId> {
    Ok(ItemId { case: CaseId(r.get(0)?), position: r.get(1)? })
}

fn answers(conn: &Connection, run: &ModelRun, id: i64) -> rusqlite::Result<Vec<Answer>> {
    let mut select = conn.prepare_cached(ANSWERS)?;
    let row = |r: &Row<'_>| {
        let (model, condition) = (run.model.clone(), run.condition.clone());
        Ok(Answer { item: item(r)?, model, condition, text: r.get(2)?, reasoning: None, row: r.get(3)? })
    };
    select.query_map([id], row)?.collect()
}

/// Answers of a run that a judge has no verdict on.
fn unjudged(conn: &Connection, [run, judge]: [i64; 2]) -> rusqlite::Result<Vec<ItemId>> {
    conn.prepare_cached(UNJUDGED)?.query_map([run, judge], item)?.collect()
}

fn judges(conn: &Connection, run: i64) -> rusqlite::Result<Vec<(String, i64)>> {
    let mut select = conn.prepare_cached("SELECT judge, id FROM judges WHERE run = ?1 ORDER BY judge")?;
    select.query_map([run], |r| Ok((r.get(0)?, r.get(1)?)))?.collect()
}

/// Only those that could be findings.
fn odd_votes(conn: &Connection, run: &ModelRun, judge: &str, id: i64) -> rusqlite::Result<Vec<(Vote, Option<String>)>> {
    let mut select = conn.prepare_cached(ODD_VOTES)?;
    let row = |r: &Row<'_>| {
        let (model, condition) = (run.model.clone(), run.condition.clone());
        let (item, correct, parse_error, row) = (item(r)?, r.get(2)?, r.get(3)?, r.get(4)?);
        Ok((Vote { item, model, condition, judge: judge.to_owned(), correct, parse_error, row }, r.get(5)?))
    };
    select.query_map([id], row)?.collect()
}
