//! A table with one row per model's answer, beside the table of items: RFC 4180 as there. Not written when there are no answers.

use super::csv::record;
use super::{ExportCase, ExportRow, OutFile, Rows};
use serde_json::Value;
use std::io::{self, Write};

pub const FILE: OutFile = OutFile {
    file: "answers.csv",
    about: "a table with one row per model's answer",
    rows: |row| answers(row).len(),
    optional: true,
    begin: || Box::new(Table),
};

const COLUMNS: &[&str] = &[
    "item",
    "case_id",
    "position",
    "model",
    "condition",
    "question",
    "answer",
    "prediction",
    "reasoning",
    "judges",
    "verdicts",
    "parse_errors",
    "reviewers",
    "judgements",
    "label_reviewers",
    "error_types",
    "secondary_types",
    "sub_codes",
    "faithfulness",
    "label_notes",
];

fn answers(row: &ExportRow) -> &[Value] {
    row.audit.get("answers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

struct Table;

impl Rows for Table {
    fn head(&mut self, out: &mut dyn Write) -> io::Result<()> {
        record(out, COLUMNS)
    }

    fn row(&mut self, case: &ExportCase<'_>, row: &ExportRow, out: &mut dyn Write) -> io::Result<()> {
        answers(row).iter().try_for_each(|answer| record(out, &cells(case, row, answer)))
    }

    fn tail(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// In the order of [`COLUMNS`]. Several values in one cell are separated by ` | `, in the order of judges and of reviewers.
fn cells(case: &ExportCase<'_>, row: &ExportRow, answer: &Value) -> Vec<String> {
    let each = |list: &str, key: &str| joined(answer.get(list), key);
    vec![
        text(row.audit.get("item")),
        case.case.0.clone(),
        row.position.to_string(),
        text(answer.get("model")),
        text(answer.get("condition")),
        text(row.fields.get("question")),
        text(row.fields.get("answer")),
        text(answer.get("prediction")),
        text(answer.get("reasoning")),
        each("verdicts", "judge"),
        each("verdicts", "is_correct"),
        each("verdicts", "parse_error"),
        each("judgements", "reviewer"),
        each("judgements", "judgement"),
        each("labels", "reviewer"),
        each("labels", "primary"),
        each("labels", "secondary"),
        each("labels", "codes"),
        each("labels", "faithfulness"),
        each("labels", "note"),
    ]
}

/// One value per entry of a list; nothing when none has any.
fn joined(list: Option<&Value>, key: &str) -> String {
    let values: Vec<String> = list.and_then(Value::as_array).into_iter().flatten().map(|v| text(v.get(key))).collect();
    if values.iter().all(String::is_empty) { String::new() } else { values.join(" | ") }
}

/// Texts bare, lists with `;` between their texts, nothing for null.
fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(t)) => t.clone(),
        Some(Value::Array(all)) => all.iter().map(|v| text(Some(v))).collect::<Vec<_>>().join(";"),
        Some(other) => other.to_string(),
    }
}
