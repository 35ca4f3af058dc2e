//! Judges' verdicts into the transaction: aligned to the model's answers by text and order, never by row number.

use super::catalogue::Catalogue;
use super::placing::{Judged, Place, Placing};
use super::{ImportError, Run};
use crate::formats::verdicts::VerdictRow;
use crate::project::seal;
use crate::qa::{ModelRun, says_parse_error};
use rusqlite::params;
use std::collections::HashMap;
use std::path::Path;

/// What the project has of a verdict.
type Known = (Option<bool>, Option<String>);

impl Run<'_> {
    pub(super) fn verdicts(
        &mut self,
        run: &ModelRun,
        judge: &str,
        path: &Path,
        rows: &[VerdictRow],
        items: &Catalogue,
    ) -> Result<(), ImportError> {
        let Some(run_id) = self.known_run(run)? else {
            let why = format!("the project has no answers of '{run}'; import them with --answers '{run}=FILE'");
            self.unmatched(path, None, why, true);
            return Ok(());
        };
        self.runs.insert(run_id);
        let answers = self.judged_answers(run_id)?;
        let placed = Placing { rows, answers: &answers, items }.placed();
        if !placed.ordered {
            self.report.warnings.push(format!("{}: rows are not in the order of the answers; aligned by their text", path.display()));
        }
        self.warn_rows(path, placed.unsure, "fit several answers of the same text; taken for the first");
        let judge_id = self.judge_id(run_id, judge)?;
        if !seal::judge_fits(&self.tx, judge_id).map_err(self.sql())? {
            let why = format!(
                "verdicts of '{judge}' on '{run}' were changed in the project by something else than an import; see `voxaudit verify`"
            );
            self.unmatched(path, None, why, true);
            return Ok(());
        }
        let mut known = self.known_verdicts(judge_id)?;
        let mut repeats = 0;
        for (row, place) in rows.iter().zip(placed.places) {
            self.step()?;
            match place {
                Place::Answer(at) => self.verdict(path, judge_id, row, &answers[at], &mut known, items)?,
                Place::Repeats => repeats += 1,
                Place::Nowhere(why) => self.unmatched(path, Some(row.line), why, true),
            }
        }
        self.warn_rows(path, repeats, "repeat a verdict on an answer that has it already");
        self.note_missing(&format!("{run}:{judge}"), &answers, &known, items);
        if known.is_empty() {
            self.tx.execute("DELETE FROM judges WHERE id = ?1", [judge_id]).map_err(self.sql())?;
            return Ok(());
        }
        seal::renew_judge(&self.tx, judge_id).map_err(self.sql())
    }

    /// In the order in which the answers were imported.
    fn judged_answers(&self, run: i64) -> Result<Vec<Judged>, ImportError> {
        let read = || -> rusqlite::Result<Vec<Judged>> {
            let mut select = self.tx.prepare_cached("SELECT id, item, text FROM answers WHERE run = ?1 ORDER BY id")?;
            select.query_map([run], |r| Ok(Judged { id: r.get(0)?, item: r.get(1)?, text: r.get(2)? }))?.collect()
        };
        read().map_err(self.sql())
    }

    fn judge_id(&self, run: i64, judge: &str) -> Result<i64, ImportError> {
        let read = || -> rusqlite::Result<i64> {
            self.tx.execute("INSERT INTO judges (run, judge) VALUES (?1, ?2) ON CONFLICT DO NOTHING", params![run, judge])?;
            self.tx.query_row("SELECT id FROM judges WHERE run = ?1 AND judge = ?2", params![run, judge], |r| r.get(0))
        };
        read().map_err(self.sql())
    }

    /// Answer → verdict.
    fn known_verdicts(&self, judge: i64) -> Result<HashMap<i64, Known>, ImportError> {
        let read = || -> rusqlite::Result<HashMap<i64, Known>> {
            let mut select = self.tx.prepare_cached(
                "SELECT v.answer, v.correct, w.reasoning FROM verdicts v
                 LEFT JOIN verdict_reasons w ON w.judge = v.judge AND w.answer = v.answer WHERE v.judge = ?1",
            )?;
            select.query_map([judge], |r| Ok((r.get(0)?, (r.get(1)?, r.get(2)?))))?.collect()
        };
        read().map_err(self.sql())
    }

    fn verdict(
        &mut self,
        path: &Path,
        judge: i64,
        row: &VerdictRow,
        answer: &Judged,
        known: &mut HashMap<i64, Known>,
        items: &Catalogue,
    ) -> Result<(), ImportError> {
        let counts = match known.get(&answer.id) {
            Some((correct, reasoning)) if *correct == row.correct && (row.reasoning.is_none() || *reasoning == row.reasoning) => {
                self.report.unchanged.verdicts += 1;
                return Ok(());
            }
            // It arrives after it was missing, or its reason does.
            Some((correct, reasoning)) if reasoning.is_none() && (correct.is_none() || *correct == row.correct) => &mut self.report.updated,
            Some(_) => {
                let why = format!("item '{}' already has another verdict of this judge", items.name(answer.item));
                self.unmatched(path, Some(row.line), why, true);
                return Ok(());
            }
            None => &mut self.report.added,
        };
        counts.verdicts += 1;
        known.insert(answer.id, (row.correct, row.reasoning.clone()));
        self.write_verdict(judge, answer.id, row).map_err(self.sql())
    }

    fn write_verdict(&self, judge: i64, answer: i64, row: &VerdictRow) -> rusqlite::Result<()> {
        let parse_error = row.reasoning.as_deref().is_some_and(says_parse_error);
        self.tx
            .prepare_cached(
                "INSERT INTO verdicts (judge, answer, correct, parse_error, source_row) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET correct = excluded.correct, parse_error = excluded.parse_error, source_row = excluded.source_row",
            )?
            .execute(params![judge, answer, row.correct, parse_error, row.row])?;
        if let Some(reasoning) = &row.reasoning {
            self.tx
                .prepare_cached("INSERT INTO verdict_reasons VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET reasoning = excluded.reasoning")?
                .execute(params![judge, answer, reasoning])?;
        }
        Ok(())
    }

    /// Names the items whose answer has no verdict.
    fn note_missing(&mut self, name: &str, answers: &[Judged], known: &HashMap<i64, Known>, items: &Catalogue) {
        let given = |a: &&Judged| known.get(&a.id).is_some_and(|(correct, _)| correct.is_some());
        let missing: Vec<String> = answers.iter().filter(|a| !given(a)).map(|a| items.name(a.item)).collect();
        self.report.missing.verdicts.remove(name);
        if !missing.is_empty() {
            self.report.missing.verdicts.insert(name.to_owned(), missing);
        }
    }
}
