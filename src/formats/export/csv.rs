//! A table for spreadsheets and statistics: RFC 4180 (commas, quotes doubled, CRLF), UTF-8, one header line.
//!
//! Texts are written as they are. A cell that begins with `=`, `+`, `-` or `@` is not altered, so a spreadsheet must be told to import
//! columns as text; the dataset card says so.

use super::{ExportCase, ExportRow, OutFile, Writer, items};
use serde_json::Value;
use std::io::{self, Write};

pub const WRITER: Writer = Writer {
    id: "csv",
    files: &[OutFile { file: "items.csv", about: "a table with one row per item", rows: items, write }, super::answers::FILE],
};

const COLUMNS: &[&str] = &[
    "item",
    "case_id",
    "position",
    "question",
    "answer",
    "options",
    "task",
    "categories",
    "status",
    "original_question",
    "original_answer",
    "reviewers",
    "decisions",
    "reasons",
    "notes",
    "flagged_by",
    "annotations",
    "flag_notes",
];

fn write(cases: &[ExportCase], out: &mut dyn Write) -> io::Result<()> {
    let mut table = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    table.write_record(COLUMNS)?;
    for case in cases {
        for row in &case.rows {
            table.write_record(cells(case, row))?;
        }
    }
    table.flush()
}

/// `WHO: NOTE`.
fn flag_note(flag: &Value) -> String {
    let text = |key| flag.get(key).and_then(Value::as_str).unwrap_or_default();
    format!("{}: {}", text("reviewer"), text("note"))
}

/// In the order of [`COLUMNS`]. Several values in one cell are separated by ` | `; options and annotations are JSON lists.
fn cells(case: &ExportCase, row: &ExportRow) -> Vec<String> {
    let audit = Value::Object(row.audit.clone());
    let text = |v: Option<&Value>| v.and_then(Value::as_str).unwrap_or_default().to_owned();
    let readings = audit.get("readings").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let each = |key: &str| {
        let values: Vec<String> = readings.iter().map(|r| text(r.get(key))).collect();
        if values.iter().all(String::is_empty) { String::new() } else { values.join(" | ") }
    };
    let flags = audit.get("flagged_by").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    vec![
        text(audit.get("item")),
        case.case.0.clone(),
        row.position.to_string(),
        text(row.fields.get("question")),
        text(row.fields.get("answer")),
        if row.options.is_empty() { String::new() } else { Value::from(row.options.clone()).to_string() },
        row.task.unwrap_or_default().to_owned(),
        row.categories.join(" | "),
        text(audit.get("status")),
        text(audit.pointer("/original/question")),
        text(audit.pointer("/original/answer")),
        each("reviewer"),
        each("decision"),
        each("reason"),
        each("note"),
        flags.iter().map(|f| text(Some(f))).collect::<Vec<_>>().join(" | "),
        audit.get("annotations").map(Value::to_string).unwrap_or_default(),
        audit.get("flag_notes").and_then(Value::as_array).into_iter().flatten().map(flag_note).collect::<Vec<_>>().join(" | "),
    ]
}
