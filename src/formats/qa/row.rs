//! One row of a question-answer file, whatever the file's kind.
//!
//! A row may carry the `audit` object of an earlier export. Then the original texts are put back where an edit had replaced them, so that
//! the item is the same item again, and the object itself is kept. An `audit` field of other origin is an ordinary field.

use super::QaRow;
use crate::formats::json::{Json, Node, shorten};
use crate::formats::paths::is_absolute;
use crate::formats::text::{MAX_FIELD, TextError};
use crate::qa::{CaseId, Category, ItemId, Task, TextHash};
use serde_json::{Map, Value};
use std::path::Path;

pub const AUDIT_SCHEMA: &str = "voxaudit.audit";
pub const AUDIT_VERSION: u64 = 1;

/// Reads the rows of one file.
pub struct RowReader<'a> {
    path: &'a Path,
}

/// A case id as it can be stored: one line of at most 1,000 bytes.
pub fn case_name(name: &str) -> Result<CaseId, String> {
    match name {
        n if n.trim().is_empty() => Err("the case id is empty".into()),
        n if n.len() > 1000 => Err(format!("the case id '{}' is longer than 1,000 bytes", shorten(n))),
        n if is_absolute(n) => {
            Err(format!("the case id '{}' is an absolute path; use a name or a relative path", shorten(n).escape_debug()))
        }
        n if n.chars().any(char::is_control) => Err(format!("the case id '{}' has control characters", shorten(n).escape_debug())),
        n => Ok(CaseId(n.to_owned())),
    }
}

impl<'a> RowReader<'a> {
    pub fn new(path: &'a Path) -> Self {
        Self { path }
    }

    /// A row below its case.
    pub fn read(&self, case: &CaseId, position: u32, row: Node) -> Result<QaRow, TextError> {
        let line = row.line;
        if let Some(other) = row.get("case_id")
            && !matches!(&other.value, Json::Text(name) if *name == case.0)
        {
            return Err(self.bad(line, format!("'case_id' differs from the case '{}' it stands in", shorten(&case.0))));
        }
        self.read_flat(case, position, row).map(|(row, _)| row)
    }

    /// A row of a flat file, and the fields of its case that an earlier export put into the audit object. `position` is that of the row
    /// within its case in this file.
    pub fn read_flat(&self, case: &CaseId, position: u32, row: Node) -> Result<(QaRow, Option<Map<String, Value>>), TextError> {
        let line = row.line;
        let mut out = read_row(case, position, row).map_err(|why| self.bad(line, why))?;
        let case_fields = match out.audit.take() {
            None => None,
            Some(audit) => restore(&mut out, audit).map_err(|why| self.bad(line, why))?,
        };
        Ok((out, case_fields))
    }

    fn bad(&self, line: u64, why: String) -> TextError {
        TextError::row(self.path, line, why)
    }
}

fn read_row(case: &CaseId, position: u32, row: Node) -> Result<QaRow, String> {
    if !matches!(row.value, Json::Object(_)) {
        return Err(format!("the row is {}; expected an object with question and answer", row.kind()));
    }
    let line = row.line;
    let (question, answer) = (required(&row, "question")?, required(&row, "answer")?);
    let (options, task, categories) = (options(&row)?, task(&row)?, categories(&row)?);
    let mut fields = match row.into_value() {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    fields.shift_remove("case_id");
    let ours = |audit: &Value| audit.get("schema").and_then(Value::as_str) == Some(AUDIT_SCHEMA);
    let audit = if fields.get("audit").is_some_and(ours) { fields.shift_remove("audit") } else { None };
    Ok(QaRow { case: case.clone(), position, line, question, answer, options, task, categories, fields, audit })
}

fn required(row: &Node, key: &str) -> Result<String, String> {
    let Some(node) = row.get(key) else { return Err(format!("'{key}' is missing")) };
    match &node.value {
        Json::Text(t) if t.trim().is_empty() => Err(format!("'{key}' is empty")),
        _ => text(node, key),
    }
}

fn text(node: &Node, key: &str) -> Result<String, String> {
    match &node.value {
        Json::Text(t) if t.len() > MAX_FIELD => Err(format!("'{key}' is {} MiB long; at most 1 MiB is kept", t.len() >> 20)),
        Json::Text(t) if t.contains('\0') => Err(format!("'{key}' contains a NUL character")),
        Json::Text(t) => Ok(t.clone()),
        _ => Err(format!("'{key}' is {}; expected text", node.kind())),
    }
}

/// A list of texts, or an object of letter → text in its order.
fn options(row: &Node) -> Result<Vec<String>, String> {
    match row.get("options").map(|n| (n, &n.value)) {
        None | Some((_, Json::Null)) => Ok(Vec::new()),
        Some((_, Json::Array(items))) => items.iter().map(|n| text(n, "options")).collect(),
        Some((_, Json::Object(items))) => items.iter().map(|(_, n)| text(n, "options")).collect(),
        Some((n, _)) => Err(format!("'options' is {}; expected a list of texts", n.kind())),
    }
}

fn task(row: &Node) -> Result<Option<Task>, String> {
    let Some(node) = row.get("task").filter(|n| n.value != Json::Null) else { return Ok(None) };
    let name = text(node, "task")?;
    let known = || Task::ALL.map(Task::code).join(", ");
    Task::parse(&name).map(Some).ok_or_else(|| format!("unknown task '{}'; known: {}", shorten(&name), known()))
}

/// `category` or `categories`, a name or a list of names; repeats are dropped.
fn categories(row: &Node) -> Result<Vec<Category>, String> {
    let mut out = Vec::new();
    for key in ["category", "categories"] {
        let Some(node) = row.get(key) else { continue };
        let names = match &node.value {
            Json::Null => continue,
            Json::Array(names) => names.as_slice(),
            _ => std::slice::from_ref(node),
        };
        for name in names {
            let name = text(name, key)?;
            let category = Category::parse(&name).ok_or_else(|| format!("unknown {key} '{}'", shorten(&name)))?;
            if !out.contains(&category) {
                out.push(category);
            }
        }
    }
    Ok(out)
}

/// Takes the row back to what it was before the export, and checks that nobody changed it since.
fn restore(row: &mut QaRow, mut audit: Value) -> Result<Option<Map<String, Value>>, String> {
    if audit.get("version").and_then(Value::as_u64) != Some(AUDIT_VERSION) {
        return Err("its audit object was written by another version of voxaudit; install the newer program".into());
    }
    let text = |key: &str| audit.pointer(key).and_then(Value::as_str).map(str::to_owned);
    if let Some(question) = text("/original/question") {
        row.fields.insert("question".into(), question.clone().into());
        row.question = question;
    }
    if let Some(answer) = text("/original/answer") {
        row.fields.insert("answer".into(), answer.clone().into());
        row.answer = answer;
    }
    let id: ItemId = text("/item").and_then(|t| t.parse().ok()).ok_or("its audit object names no item")?;
    let hash = text("/text_sha256").and_then(|t| TextHash::from_hex(&t)).ok_or("its audit object has no text_sha256")?;
    if id.case != row.case || hash != TextHash::of(&row.question, &row.answer, &row.options) {
        return Err(format!("its audit object is about another text (of item '{id}'); remove the object to import the row as a new one"));
    }
    row.position = id.position;
    let taken = audit.as_object_mut().map(|a| (a.shift_remove("replaced"), a.shift_remove("case")));
    let (replaced, case) = taken.unwrap_or_default();
    if let Some(own) = replaced {
        row.fields.insert("audit".into(), own);
    }
    row.audit = Some(audit);
    Ok(case.and_then(|c| c.as_object().cloned()))
}
