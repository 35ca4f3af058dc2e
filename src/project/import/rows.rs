//! Rows of questions and reports into the transaction.

use super::{ImportError, Run};
use crate::formats::json::{exact, shorten};
use crate::formats::qa::{QaFile, QaRow};
use crate::formats::reports::ReportRow;
use crate::formats::text::TextError;
use crate::project::check::own_claims;
use crate::project::seal;
use crate::qa::{CaseId, Task, TextHash};
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// An item as the project has it.
struct Known {
    id: i64,
    position: u32,
    answer: String,
    options: String,
    task: Option<String>,
    categories: String,
    fields: String,
    carried: Option<String>,
}

/// What a later file adds to a known item.
struct Merge {
    fields: Map<String, Value>,
    options: String,
    task: Option<String>,
    categories: String,
    changed: bool,
    /// Fields where the project keeps its own, different value.
    kept: Vec<String>,
}

impl Run<'_> {
    pub(super) fn questions(&mut self, path: &Path, file: &QaFile) -> Result<(), ImportError> {
        let repeated = repeats(path, file)?;
        let mut refs: HashMap<&CaseId, i64> = HashMap::new();
        let mut kept: BTreeMap<String, usize> = BTreeMap::new();
        let mut new_cases: HashSet<i64> = HashSet::new();
        let with_rows: HashSet<&CaseId> = file.rows.iter().map(|r| &r.case).collect();
        for case in &file.cases {
            if !with_rows.contains(&case.case) {
                self.report.warnings.push(format!("{}: line {}: case '{}' has no questions", path.display(), case.line, case.case));
            }
            let id = self.case_ref(&case.case)?;
            if let Some(fields) = &case.fields {
                self.case_fields(id, fields, &mut kept)?;
            }
            refs.insert(&case.case, id);
        }
        for (n, row) in file.rows.iter().enumerate() {
            self.step()?;
            let Some(case_ref) = refs.get(&row.case).copied() else { continue };
            if repeated.contains(&n) {
                self.report.warnings.push(format!("{}: line {}: repeats an earlier row of case '{}'", path.display(), row.line, row.case));
                continue;
            }
            self.warn_of_claims(path, row);
            match known(&self.tx, case_ref, &row.question).map_err(self.sql())? {
                None => self.add(case_ref, row, &mut new_cases)?,
                Some(item) => self.merge(path, &item, row, &mut kept)?,
            }
        }
        self.report.added.cases += new_cases.len();
        self.report.unchanged.cases += refs.iter().filter(|(c, id)| with_rows.contains(*c) && !new_cases.contains(id)).count();
        for (field, n) in kept {
            self.report.warnings.push(format!("{}: {n} rows have another '{field}' than the project, which keeps its own", path.display()));
        }
        Ok(())
    }

    /// Claims that geometry will not be able to judge.
    fn warn_of_claims(&mut self, path: &Path, row: &QaRow) {
        let brought: Map<String, Value> =
            ["claims", "option_claims"].into_iter().filter_map(|key| Some((key.to_owned(), row.fields.get(key)?.clone()))).collect();
        if brought.is_empty() {
            return;
        }
        if let Err(why) = own_claims(Some(&json(&brought))) {
            let line = format!("{}: line {}: {why}; geometry leaves the row's claims alone", path.display(), row.line);
            self.report.warnings.push(line);
        }
    }

    fn case_ref(&mut self, case: &CaseId) -> Result<i64, ImportError> {
        let (id, new) = case_ref(&self.tx, case).map_err(self.sql())?;
        if new {
            self.touched.insert(id);
        }
        Ok(id)
    }

    fn case_fields(&mut self, id: i64, fields: &Map<String, Value>, kept: &mut BTreeMap<String, usize>) -> Result<(), ImportError> {
        let stored: Option<String> = self.tx.query_row("SELECT fields FROM cases WHERE id = ?1", [id], |r| r.get(0)).map_err(self.sql())?;
        let mut all = object(stored.as_deref());
        let mut differing = Vec::new();
        if add_fields(&mut all, fields, &mut differing) {
            self.tx.execute("UPDATE cases SET fields = ?1 WHERE id = ?2", params![json(&all), id]).map_err(self.sql())?;
        }
        differing.into_iter().for_each(|f| *kept.entry(f).or_default() += 1);
        Ok(())
    }

    fn add(&mut self, case_ref: i64, row: &QaRow, new_cases: &mut HashSet<i64>) -> Result<(), ImportError> {
        if insert(&self.tx, case_ref, row).map_err(self.sql())? {
            new_cases.insert(case_ref);
        }
        self.report.added.items += 1;
        Ok(())
    }

    fn merge(&mut self, path: &Path, item: &Known, row: &QaRow, kept: &mut BTreeMap<String, usize>) -> Result<(), ImportError> {
        let name = format!("{}::{}", row.case, item.position);
        let merge = match merged(item, row) {
            Ok(merge) => merge,
            Err(why) => {
                self.unmatched(path, Some(row.line), format!("item '{name}' {why}"), true);
                return Ok(());
            }
        };
        merge.kept.iter().for_each(|f| *kept.entry(f.clone()).or_default() += 1);
        let carried = row.audit.as_ref().map(Value::to_string).filter(|_| !self.reviewed.contains(&item.id));
        let carries = carried.is_some() && item.carried.is_none();
        if carried.is_some() && item.carried.is_some() && carried != item.carried {
            *kept.entry("audit".into()).or_default() += 1;
        }
        if merge.changed {
            update(&self.tx, item, row, &merge).map_err(self.sql())?;
        }
        if carries {
            let set = "UPDATE item_sources SET carried = ?1 WHERE item = ?2";
            self.tx.execute(set, params![carried, item.id]).map_err(self.sql())?;
        }
        if merge.changed || carries {
            seal::renew(&self.tx, item.id).map_err(self.sql())?;
        }
        let counts = if merge.changed || carries { &mut self.report.updated } else { &mut self.report.unchanged };
        counts.items += 1;
        Ok(())
    }

    pub(super) fn reports(&mut self, path: &Path, rows: &[ReportRow]) -> Result<(), ImportError> {
        for row in rows {
            self.step()?;
            let id = self.case_ref(&row.case)?;
            let select = "SELECT findings, impression FROM reports WHERE case_ref = ?1";
            let stored = self.tx.prepare_cached(select).and_then(|mut s| s.query_row([id], |r| Ok((r.get(0)?, r.get(1)?))).optional());
            let stored: Option<(String, String)> = stored.map_err(self.sql())?;
            match stored {
                None => {
                    let insert = "INSERT INTO reports VALUES (?1, ?2, ?3)";
                    let done = self.tx.prepare_cached(insert).and_then(|mut s| s.execute(params![id, row.findings, row.impression]));
                    done.map_err(self.sql())?;
                    self.touched.insert(id);
                    self.report.added.reports += 1;
                }
                Some((f, i)) if f == row.findings && i == row.impression => self.report.unchanged.reports += 1,
                Some(_) => {
                    let why = format!("case '{}' already has another report", shorten(&row.case.0));
                    self.unmatched(path, Some(row.line), why, true);
                }
            }
        }
        Ok(())
    }
}

/// Numbers of rows that say again what an earlier row of the file says.
///
/// Errors when a case has the same question twice with different answers.
fn repeats(path: &Path, file: &QaFile) -> Result<HashSet<usize>, TextError> {
    let mut seen: HashMap<(&CaseId, &str), &QaRow> = HashMap::new();
    let mut out = HashSet::new();
    for (n, row) in file.rows.iter().enumerate() {
        match seen.get(&(&row.case, row.question.as_str())) {
            None => drop(seen.insert((&row.case, &row.question), row)),
            Some(first) if first.answer == row.answer => drop(out.insert(n)),
            Some(first) => {
                let why = format!(
                    "case '{}' has the question '{}' twice with different answers, first on line {}",
                    shorten(&row.case.0),
                    shorten(&row.question),
                    first.line
                );
                return Err(TextError::row(path, row.line, why));
            }
        }
    }
    Ok(out)
}

fn case_ref(tx: &Transaction<'_>, case: &CaseId) -> rusqlite::Result<(i64, bool)> {
    let mut select = tx.prepare_cached("SELECT id FROM cases WHERE case_id = ?1")?;
    if let Some(id) = select.query_row([&case.0], |r| r.get(0)).optional()? {
        return Ok((id, false));
    }
    tx.prepare_cached("INSERT INTO cases (case_id) VALUES (?1)")?.execute([&case.0])?;
    Ok((tx.last_insert_rowid(), true))
}

fn known(tx: &Transaction<'_>, case_ref: i64, question: &str) -> rusqlite::Result<Option<Known>> {
    let mut select = tx.prepare_cached(
        "SELECT i.id, i.position, i.answer, i.options, i.task, i.categories, s.fields, s.carried
         FROM items i JOIN item_sources s ON s.item = i.id WHERE i.case_ref = ?1 AND i.question = ?2",
    )?;
    let known = select.query_row(params![case_ref, question], |r| {
        Ok(Known {
            id: r.get(0)?,
            position: r.get(1)?,
            answer: r.get(2)?,
            options: r.get(3)?,
            task: r.get(4)?,
            categories: r.get(5)?,
            fields: r.get(6)?,
            carried: r.get(7)?,
        })
    });
    known.optional()
}

/// Adds a new item; true when it is the first of its case. It keeps the row's position when that is free, else it comes last.
fn insert(tx: &Transaction<'_>, case_ref: i64, row: &QaRow) -> rusqlite::Result<bool> {
    let place = "SELECT CASE WHEN EXISTS (SELECT 1 FROM items WHERE case_ref = ?1 AND position = ?2)
        THEN (SELECT max(position) + 1 FROM items WHERE case_ref = ?1) ELSE ?2 END";
    let position: u32 = tx.prepare_cached(place)?.query_row(params![case_ref, row.position], |r| r.get(0))?;
    let hash = TextHash::of(&row.question, &row.answer, &row.options).0;
    tx.prepare_cached(
        "INSERT INTO items (case_ref, position, question, answer, options, task, categories, text_hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![case_ref, position, row.question, row.answer, options(row), row.task.map(Task::code), categories(row), hash])?;
    let id = tx.last_insert_rowid();
    let carried = row.audit.as_ref().map(Value::to_string);
    tx.prepare_cached("INSERT INTO item_sources (item, fields, carried) VALUES (?1, ?2, ?3)")?.execute(params![
        id,
        json(&row.fields),
        carried
    ])?;
    seal::renew(tx, id)?;
    tx.prepare_cached("INSERT INTO items_fts (rowid, question, answer) VALUES (?1, ?2, ?3)")?.execute(params![
        id,
        row.question,
        row.answer
    ])?;
    let mut first =
        tx.prepare_cached("UPDATE cases SET ord = (SELECT coalesce(max(ord) + 1, 0) FROM cases) WHERE id = ?1 AND ord IS NULL")?;
    Ok(first.execute([case_ref])? == 1)
}

fn update(tx: &Transaction<'_>, item: &Known, row: &QaRow, merge: &Merge) -> rusqlite::Result<()> {
    if merge.options != item.options {
        tx.execute("INSERT OR IGNORE INTO past_texts SELECT id, text_hash FROM items WHERE id = ?1", [item.id])?;
        let hash = TextHash::of(&row.question, &row.answer, &row.options).0;
        tx.execute("UPDATE items SET options = ?1, text_hash = ?2 WHERE id = ?3", params![merge.options, hash, item.id])?;
    }
    tx.prepare_cached("UPDATE items SET task = ?1, categories = ?2 WHERE id = ?3")?.execute(params![
        merge.task,
        merge.categories,
        item.id
    ])?;
    tx.prepare_cached("UPDATE item_sources SET fields = ?1 WHERE item = ?2")?.execute(params![json(&merge.fields), item.id])?;
    Ok(())
}

/// What the item is once `row` has added what it knows, or why the two contradict each other.
fn merged(item: &Known, row: &QaRow) -> Result<Merge, String> {
    if item.answer != row.answer {
        return Err(format!("has the answer '{}' in the project, '{}' here", shorten(&item.answer), shorten(&row.answer)));
    }
    let options = either("options", &item.options, options(row), "[]")?;
    let categories = either("categories", &item.categories, categories(row), "")?;
    let task = either("task", item.task.as_deref().unwrap_or(""), row.task.map_or("", Task::code).to_owned(), "")?;
    let mut fields = object(Some(&item.fields));
    let mut kept = Vec::new();
    let changed = add_fields(&mut fields, &row.fields, &mut kept);
    Ok(Merge { fields, options, task: (!task.is_empty()).then_some(task), categories, changed, kept })
}

/// The value that is known; an error when both are and differ.
fn either(what: &str, known: &str, new: String, nothing: &str) -> Result<String, String> {
    match (known == nothing, new == nothing) {
        (true, _) => Ok(new),
        (false, true) => Ok(known.to_owned()),
        (false, false) if known == new => Ok(new),
        _ => Err(format!(
            "has other {what} in the project ({}) than here ({})",
            shorten(known).replace('\n', ", "),
            shorten(&new).replace('\n', ", ")
        )),
    }
}

/// Adds fields that are missing or empty in `all`; true when it did. Names the fields whose values differ.
fn add_fields(all: &mut Map<String, Value>, new: &Map<String, Value>, differing: &mut Vec<String>) -> bool {
    let mut changed = false;
    for (key, value) in new {
        match all.get(key) {
            Some(have) if have == value || (empty(value) && !empty(have)) => {}
            Some(have) if !empty(have) => differing.push(key.clone()),
            Some(_) if empty(value) => {}
            _ => {
                all.insert(key.clone(), value.clone());
                changed = true;
            }
        }
    }
    changed
}

fn object(text: Option<&str>) -> Map<String, Value> {
    match text.and_then(exact) {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

fn empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(s) => s.is_empty(),
        Value::Array(a) => a.is_empty(),
        Value::Object(o) => o.is_empty(),
        _ => false,
    }
}

fn options(row: &QaRow) -> String {
    Value::from(row.options.clone()).to_string()
}

fn categories(row: &QaRow) -> String {
    row.categories.iter().map(|c| c.name()).collect::<Vec<_>>().join("\n")
}

fn json(fields: &Map<String, Value>) -> String {
    serde_json::to_string(fields).unwrap_or_default()
}
