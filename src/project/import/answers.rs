//! Models' answers into the transaction: each finds its item by case and question.

use super::catalogue::Catalogue;
use super::{ImportError, Run};
use crate::formats::answers::AnswerRow;
use crate::formats::text::TextError;
use crate::qa::{ModelRun, answer_hash};
use rusqlite::{OptionalExtension, params};
use std::collections::HashMap;
use std::path::Path;

/// What the project has of an answer: text and explanation.
type Known = (String, Option<String>);

impl Run<'_> {
    pub(super) fn answers(&mut self, run: &ModelRun, path: &Path, rows: &[AnswerRow], items: &Catalogue) -> Result<(), ImportError> {
        let id = self.run_id(run)?;
        let mut known = self.known_answers(id)?;
        let mut lines: HashMap<i64, u64> = HashMap::new();
        let (mut repeats, mut other_reference) = (0, 0);
        for row in rows {
            self.step()?;
            let item = match items.find(row.case_id.as_deref().or(row.image.as_deref()), &row.question) {
                Ok(item) => item,
                Err(why) => {
                    self.unmatched(path, Some(row.line), why, true);
                    continue;
                }
            };
            other_reference += usize::from(row.reference.as_ref().is_some_and(|r| r.trim() != items.reference(item).trim()));
            let same =
                known.get(&item).map(|(text, reasoning)| *text == row.prediction && covers(reasoning.as_ref(), row.reasoning.as_ref()));
            match (same, lines.insert(item, row.line)) {
                (None, _) => {
                    self.add_answer(id, item, row)?;
                    known.insert(item, (row.prediction.clone(), row.reasoning.clone()));
                }
                (Some(true), None) => self.report.unchanged.answers += 1,
                (Some(true), Some(_)) => repeats += 1,
                (Some(false), Some(first)) => {
                    let why = format!("item '{}' has two different answers in this file, first on line {first}", items.name(item));
                    return Err(TextError::row(path, row.line, why).into());
                }
                (Some(false), None) => {
                    let why = format!("item '{}' already has another answer of '{run}' in the project", items.name(item));
                    self.unmatched(path, Some(row.line), why, true);
                }
            }
        }
        self.warn_rows(path, repeats, "repeat an earlier row");
        self.warn_rows(path, other_reference, "have another reference answer than the item; the project keeps its own");
        self.forget_empty_run(id)
    }

    /// Row id of a run, which is made when there is none.
    fn run_id(&mut self, run: &ModelRun) -> Result<i64, ImportError> {
        let insert = "INSERT INTO runs (model, condition) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        self.tx.execute(insert, params![run.model, run.condition.name()]).map_err(self.sql())?;
        let found = self.known_run(run)?;
        let id = found.ok_or(rusqlite::Error::QueryReturnedNoRows).map_err(self.sql())?;
        self.runs.insert(id);
        Ok(id)
    }

    pub(super) fn known_run(&self, run: &ModelRun) -> Result<Option<i64>, ImportError> {
        let select = "SELECT id FROM runs WHERE model = ?1 AND condition = ?2";
        self.tx.query_row(select, params![run.model, run.condition.name()], |r| r.get(0)).optional().map_err(self.sql())
    }

    /// A run of which no row found its item is none.
    fn forget_empty_run(&mut self, id: i64) -> Result<(), ImportError> {
        let delete = "DELETE FROM runs WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM answers WHERE run = ?1)";
        if self.tx.execute(delete, [id]).map_err(self.sql())? > 0 {
            self.runs.remove(&id);
        }
        Ok(())
    }

    fn known_answers(&self, run: i64) -> Result<HashMap<i64, Known>, ImportError> {
        let read = || -> rusqlite::Result<HashMap<i64, Known>> {
            let mut select = self.tx.prepare_cached("SELECT item, text, reasoning FROM answers WHERE run = ?1")?;
            select.query_map([run], |r| Ok((r.get(0)?, (r.get(1)?, r.get(2)?))))?.collect()
        };
        read().map_err(self.sql())
    }

    fn add_answer(&mut self, run: i64, item: i64, row: &AnswerRow) -> Result<(), ImportError> {
        let insert = "INSERT INTO answers (item, run, text, reasoning, text_hash, source_row) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let hash = answer_hash(&row.prediction, row.reasoning.as_deref()).0;
        let values = params![item, run, row.prediction, row.reasoning, hash, row.row];
        self.tx.prepare_cached(insert).and_then(|mut s| s.execute(values)).map_err(self.sql())?;
        self.report.added.answers += 1;
        Ok(())
    }

    pub(super) fn warn_rows(&mut self, path: &Path, n: usize, what: &str) {
        if n > 0 {
            self.report.warnings.push(format!("{}: {n} rows {what}", path.display()));
        }
    }
}

/// What is known says all that a later row says.
fn covers(known: Option<&String>, new: Option<&String>) -> bool {
    new.is_none() || known == new
}
