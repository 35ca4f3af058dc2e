//! Judges' verdicts into the transaction: aligned to the model's answers by text and order, never by row number.

use super::catalogue::Catalogue;
use super::{ImportError, Run};
use crate::formats::json::shorten;
use crate::formats::verdicts::VerdictRow;
use crate::project::seal;
use crate::qa::{Fit, ModelRun, align, says_parse_error};
use rusqlite::params;
use std::collections::HashMap;
use std::path::Path;

/// An answer of the run that is judged.
struct Judged {
    id: i64,
    item: i64,
    text: String,
}

/// What the project has of a verdict.
type Known = (Option<bool>, Option<String>);

/// Where a row belongs: the number of an answer, nowhere because it says nothing new, or nowhere for a reason.
enum Place {
    Answer(usize),
    Repeats,
    Nowhere(String),
}

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
        let places = self.places_of(path, rows, &answers, items);
        let judge_id = self.judge_id(run_id, judge)?;
        let mut known = self.known_verdicts(judge_id)?;
        let mut repeats = 0;
        for (row, place) in rows.iter().zip(places) {
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

    /// Rows that name their case are found by it; the others by text and order among the remaining answers.
    fn places_of(&mut self, path: &Path, rows: &[VerdictRow], answers: &[Judged], items: &Catalogue) -> Vec<Place> {
        let by_item: HashMap<i64, usize> = answers.iter().enumerate().map(|(at, a)| (a.item, at)).collect();
        let named = |row: &VerdictRow| row.case_id.as_ref().map(|case| by_case(case, row, answers, &by_item, items));
        let mut places: Vec<Option<Place>> = rows.iter().map(named).collect();
        let taken: Vec<usize> = places.iter().filter_map(|p| if let Some(Place::Answer(at)) = p { Some(*at) } else { None }).collect();
        let loose: Vec<usize> = (0..rows.len()).filter(|n| places[*n].is_none()).collect();
        let mut open = vec![true; answers.len()];
        taken.into_iter().for_each(|at| open[at] = false);
        let open: Vec<usize> = (0..answers.len()).filter(|at| open[*at]).collect();
        for (n, place) in loose.iter().zip(self.by_text(path, rows, &loose, answers, &open, items)) {
            places[*n] = Some(place);
        }
        places.into_iter().map(|p| p.unwrap_or_else(|| Place::Nowhere("it has no place".into()))).collect()
    }

    /// Places of the rows `loose` among the answers `open`.
    fn by_text(
        &mut self,
        path: &Path,
        rows: &[VerdictRow],
        loose: &[usize],
        answers: &[Judged],
        open: &[usize],
        items: &Catalogue,
    ) -> Vec<Place> {
        let mut keys: HashMap<[&str; 3], u32> = HashMap::new();
        let said = |n: &usize| [rows[*n].question.trim(), rows[*n].answer.trim(), rows[*n].prediction.trim()];
        let answered =
            |at: &usize| [items.question(answers[*at].item).trim(), items.reference(answers[*at].item).trim(), answers[*at].text.trim()];
        let answer_keys: Vec<u32> = open.iter().map(|at| intern(&mut keys, answered(at))).collect();
        let row_keys: Vec<u32> = loose.iter().map(|n| intern(&mut keys, said(n))).collect();
        let votes: Vec<Option<bool>> = loose.iter().map(|n| rows[*n].correct).collect();
        let found = align(&answer_keys, &row_keys, &votes);
        if !found.ordered {
            self.report.warnings.push(format!("{}: rows are not in the order of the answers; aligned by their text", path.display()));
        }
        self.warn_rows(path, found.unsure.len(), "fit several answers of the same text; taken for the first");
        let elsewhere = Elsewhere::of(answers, items);
        let place = |(n, fit): (&usize, &Fit)| match fit {
            Fit::Answer(at) => Place::Answer(open[*at]),
            Fit::Repeated => Place::Repeats,
            Fit::Ambiguous => Place::Nowhere("several answers have this text and the file's verdicts on them differ".into()),
            Fit::Unknown => Place::Nowhere(elsewhere.why(&rows[*n])),
        };
        loose.iter().zip(&found.fits).map(place).collect()
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

/// Why a row fits nowhere: what of it is known.
struct Elsewhere<'a> {
    /// (Question, reference) → the first answer to it.
    pairs: HashMap<(&'a str, &'a str), &'a Judged>,
    questions: HashMap<&'a str, i64>,
    items: &'a Catalogue,
}

impl<'a> Elsewhere<'a> {
    fn of(answers: &'a [Judged], items: &'a Catalogue) -> Self {
        let mut out = Self { pairs: HashMap::new(), questions: HashMap::new(), items };
        for answer in answers {
            let (question, reference) = (items.question(answer.item).trim(), items.reference(answer.item).trim());
            out.pairs.entry((question, reference)).or_insert(answer);
            out.questions.entry(question).or_insert(answer.item);
        }
        out
    }

    fn why(&self, row: &VerdictRow) -> String {
        let (question, reference) = (row.question.trim(), row.answer.trim());
        if let Some(answer) = self.pairs.get(&(question, reference)) {
            let item = self.items.name(answer.item);
            return format!(
                "its prediction '{}' is not the model's answer to '{item}' ('{}')",
                shorten(&row.prediction),
                shorten(&answer.text)
            );
        }
        match self.questions.get(question) {
            Some(item) => format!("its reference answer '{}' is not that of item '{}'", shorten(&row.answer), self.items.name(*item)),
            None => format!("the model has no answer to the question '{}'", shorten(&row.question)),
        }
    }
}

/// The place of a row that names its case.
fn by_case(case: &str, row: &VerdictRow, answers: &[Judged], by_item: &HashMap<i64, usize>, items: &Catalogue) -> Place {
    let item = match items.find(Some(case), &row.question) {
        Ok(item) => item,
        Err(why) => return Place::Nowhere(why),
    };
    let Some(at) = by_item.get(&item).copied() else {
        return Place::Nowhere(format!("the model has no answer to item '{}'", items.name(item)));
    };
    let other = |what: &str| Place::Nowhere(format!("its {what} is not that of item '{}' and the model's answer to it", items.name(item)));
    match (items.reference(item).trim() == row.answer.trim(), answers[at].text.trim() == row.prediction.trim()) {
        (false, _) => other("reference answer"),
        (_, false) => other("prediction"),
        _ => Place::Answer(at),
    }
}

/// A small number for every different text.
fn intern<'a>(keys: &mut HashMap<[&'a str; 3], u32>, parts: [&'a str; 3]) -> u32 {
    let next = keys.len() as u32;
    *keys.entry(parts).or_insert(next)
}
