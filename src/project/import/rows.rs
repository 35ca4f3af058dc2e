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

/// A case while a file is read into it.
struct Filling {
    id: i64,
    /// It had items before this file: a row may be about one of them.
    had_items: bool,
    has_items: bool,
    /// After its last item.
    next: u32,
}

/// One file of questions on its way into the project.
struct Questions<'a> {
    path: &'a Path,
    cases: HashMap<&'a CaseId, Filling>,
    /// Rows that only say again what an earlier one says, by number.
    repeated: HashSet<usize>,
    /// Number of the next row.
    row: usize,
    /// Fields of which the project keeps its own value, and how often.
    kept: BTreeMap<String, usize>,
    /// Cases that had no items before.
    new_cases: usize,
    /// New items that are not in the search index yet.
    unindexed: u32,
    /// Row id of the last item that is in it.
    indexed: i64,
}

/// New items are put into the search index this many at a time: soon enough to be in memory still, and together, which is quicker than one
/// by one.
const INDEXED_AT_ONCE: u32 = 4096;
/// From this many rows on, the search index collects more words in memory before it writes them.
const MANY_ROWS: usize = 20_000;
/// Bytes of words that the search index collects: what FTS5 does by itself, and for many rows.
const WORDS: [i64; 2] = [1 << 20, 16 << 20];

impl Run<'_> {
    pub(super) fn questions(&mut self, path: &Path, file: &QaFile) -> Result<(), ImportError> {
        let many = file.marks.len() >= MANY_ROWS;
        if many {
            collect_words(&self.tx, WORDS[1]).map_err(self.sql())?;
        }
        let repeated = repeats(path, file)?;
        let indexed = self.tx.query_row("SELECT coalesce(max(id), 0) FROM items", [], |r| r.get(0)).map_err(self.sql())?;
        let (cases, kept) = (HashMap::new(), BTreeMap::new());
        let mut q = Questions { path, cases, repeated, row: 0, kept, new_cases: 0, unindexed: 0, indexed };
        self.cases(&mut q, file)?;
        file.each(|row| self.question(&mut q, &row))?;
        self.index(&mut q)?;
        if many {
            collect_words(&self.tx, WORDS[0]).map_err(self.sql())?;
        }
        self.report.added.cases += q.new_cases;
        self.report.unchanged.cases += file.cases.iter().filter(|c| c.rows > 0).count() - q.new_cases;
        for (field, n) in q.kept {
            self.report.warnings.push(format!("{}: {n} rows have another '{field}' than the project, which keeps its own", path.display()));
        }
        Ok(())
    }

    fn cases<'a>(&mut self, q: &mut Questions<'a>, file: &'a QaFile) -> Result<(), ImportError> {
        for case in &file.cases {
            if case.rows == 0 {
                self.report.warnings.push(format!("{}: line {}: case '{}' has no questions", q.path.display(), case.line, case.case));
            }
            let id = self.case_ref(&case.case)?;
            if let Some(fields) = &case.fields {
                self.case_fields(id, fields, &mut q.kept)?;
            }
            let (had_items, next) = last_item(&self.tx, id).map_err(self.sql())?;
            q.cases.insert(&case.case, Filling { id, had_items, has_items: had_items, next });
        }
        Ok(())
    }

    fn question(&mut self, q: &mut Questions<'_>, row: &QaRow) -> Result<(), ImportError> {
        self.step()?;
        let number = q.row;
        q.row += 1;
        let Some(case) = q.cases.get_mut(&row.case) else { return Ok(()) };
        if q.repeated.contains(&number) {
            let line = format!("{}: line {}: repeats an earlier row of case '{}'", q.path.display(), row.line, row.case);
            self.report.warnings.push(line);
            return Ok(());
        }
        self.warn_of_claims(q.path, row);
        let item = if case.had_items { known(&self.tx, case.id, &row.question).map_err(self.sql())? } else { None };
        if let Some(item) = item {
            return self.merge(q.path, &item, row, &mut q.kept);
        }
        q.new_cases += usize::from(!case.has_items);
        insert(&self.tx, case, row).map_err(self.sql())?;
        self.report.added.items += 1;
        q.unindexed += 1;
        if q.unindexed >= INDEXED_AT_ONCE { self.index(q) } else { Ok(()) }
    }

    /// Puts the items that are new into the search index.
    fn index(&self, q: &mut Questions<'_>) -> Result<(), ImportError> {
        if q.unindexed > 0 {
            q.indexed = index(&self.tx, q.indexed).map_err(self.sql())?;
            q.unindexed = 0;
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
        if (merge.changed || carries) && !seal::item_fits(&self.tx, item.id).map_err(self.sql())? {
            let why = format!("item '{name}' was changed in the project by something else than an import; see `voxaudit verify`");
            self.unmatched(path, Some(row.line), why, true);
            return Ok(());
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
    let suspects = equal_marks(&file.marks);
    let mut out = HashSet::new();
    if suspects.is_empty() {
        return Ok(out);
    }
    let mut seen: HashMap<(CaseId, String), (String, u64)> = HashMap::new();
    let mut number = 0;
    file.each(|row| {
        let n = number;
        number += 1;
        if !suspects.contains(&n) {
            return Ok(());
        }
        let key = (row.case, row.question);
        match seen.get(&key) {
            None => drop(seen.insert(key, (row.answer, row.line))),
            Some((answer, _)) if *answer == row.answer => drop(out.insert(n)),
            Some((_, first)) => {
                let (case, question) = (shorten(&key.0.0), shorten(&key.1));
                let why = format!("case '{case}' has the question '{question}' twice with different answers, first on line {first}");
                return Err(TextError::row(path, row.line, why));
            }
        }
        Ok(())
    })?;
    Ok(out)
}

/// Numbers of the marks that occur more than once.
fn equal_marks(marks: &[u64]) -> HashSet<usize> {
    let mut order: Vec<u32> = (0..marks.len() as u32).collect();
    order.sort_unstable_by_key(|n| marks[*n as usize]);
    let same = |pair: &[u32]| marks[pair[0] as usize] == marks[pair[1] as usize];
    order.windows(2).filter(|pair| same(pair)).flatten().map(|n| *n as usize).collect()
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

/// Whether a case has items, and the position after its last one.
fn last_item(tx: &Transaction<'_>, case: i64) -> rusqlite::Result<(bool, u32)> {
    let mut select = tx.prepare_cached("SELECT coalesce(max(position) + 1, 0) FROM items WHERE case_ref = ?1")?;
    let next = select.query_row([case], |r| r.get(0))?;
    Ok((next > 0, next))
}

/// Adds a new item to its case. It keeps the row's position when that is free, else it comes last.
fn insert(tx: &Transaction<'_>, case: &mut Filling, row: &QaRow) -> rusqlite::Result<()> {
    let position = if row.position >= case.next { row.position } else { free_position(tx, case, row.position)? };
    let hash = TextHash::of(&row.question, &row.answer, &row.options).0;
    let (options, task, categories) = (options(row), row.task.map(Task::code), categories(row));
    tx.prepare_cached(
        "INSERT INTO items (case_ref, position, question, answer, options, task, categories, text_hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![case.id, position, row.question, row.answer, options, task, categories, hash])?;
    let id = tx.last_insert_rowid();
    let (fields, carried) = (json(&row.fields), row.audit.as_ref().map(Value::to_string));
    let seal = seal::of([Some(&options), task, Some(&categories), Some(&fields), carried.as_deref()]);
    tx.prepare_cached("INSERT INTO item_sources (item, fields, carried, seal) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id, fields, carried, seal])?;
    if !case.has_items {
        let first = "UPDATE cases SET ord = (SELECT coalesce(max(ord) + 1, 0) FROM cases) WHERE id = ?1 AND ord IS NULL";
        tx.prepare_cached(first)?.execute([case.id])?;
    }
    (case.has_items, case.next) = (true, case.next.max(position + 1));
    Ok(())
}

/// `wanted` when the case has no item there, else the position after its last item.
fn free_position(tx: &Transaction<'_>, case: &Filling, wanted: u32) -> rusqlite::Result<u32> {
    let mut taken = tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM items WHERE case_ref = ?1 AND position = ?2)")?;
    let taken: bool = taken.query_row(params![case.id, wanted], |r| r.get(0))?;
    Ok(if taken { case.next } else { wanted })
}

/// Puts every item after row id `after` into the search index; returns the last one.
fn index(tx: &Transaction<'_>, after: i64) -> rusqlite::Result<i64> {
    tx.prepare_cached("INSERT INTO items_fts (rowid, question, answer) SELECT id, question, answer FROM items WHERE id > ?1 ORDER BY id")?
        .execute([after])?;
    tx.query_row("SELECT coalesce(max(id), 0) FROM items", [], |r| r.get(0))
}

/// How many bytes of words the search index collects in memory before it writes them.
fn collect_words(tx: &Transaction<'_>, bytes: i64) -> rusqlite::Result<()> {
    tx.execute("INSERT INTO items_fts (items_fts, rank) VALUES ('hashsize', ?1)", [bytes]).map(drop)
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
