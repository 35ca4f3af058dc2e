//! A table for spreadsheets and statistics: RFC 4180 (commas, quotes doubled, CRLF), UTF-8, one header line.
//!
//! Texts are written as they are. A cell that begins with `=`, `+`, `-` or `@` is not altered, so a spreadsheet must be told to import
//! columns as text; the dataset card says so.

use super::{ExportCase, ExportRow, OutFile, Rows, Writer, items};
use serde_json::{Map, Value};
use std::io::{self, Write};

pub const WRITER: Writer = Writer {
    id: "csv",
    files: &[
        OutFile { file: "items.csv", about: "a table with one row per item", rows: items, optional: false, begin: || Box::new(Table) },
        super::answers::FILE,
    ],
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

struct Table;

impl Rows for Table {
    fn head(&mut self, out: &mut dyn Write) -> io::Result<()> {
        record(out, COLUMNS)
    }

    fn row(&mut self, case: &ExportCase<'_>, row: &ExportRow, out: &mut dyn Write) -> io::Result<()> {
        record(out, &cells(case, row))
    }

    fn tail(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// One line of a table, quoted where a cell needs it.
pub(super) fn record(out: &mut dyn Write, cells: &[impl AsRef<str>]) -> io::Result<()> {
    for (n, cell) in cells.iter().map(AsRef::as_ref).enumerate() {
        if n > 0 {
            out.write_all(b",")?;
        }
        // A line of nothing but one empty cell would be no line.
        if cell.contains(['"', ',', '\n', '\r']) || cells.len() == 1 && cell.is_empty() {
            out.write_all(b"\"")?;
            out.write_all(cell.replace('"', "\"\"").as_bytes())?;
            out.write_all(b"\"")?;
        } else {
            out.write_all(cell.as_bytes())?;
        }
    }
    out.write_all(b"\r\n")
}

/// `WHO: NOTE`.
fn flag_note(flag: &Value) -> String {
    let text = |key| flag.get(key).and_then(Value::as_str).unwrap_or_default();
    format!("{}: {}", text("reviewer"), text("note"))
}

/// In the order of [`COLUMNS`]. Several values in one cell are separated by ` | `; options and annotations are JSON lists.
fn cells(case: &ExportCase<'_>, row: &ExportRow) -> Vec<String> {
    let audit = &row.audit;
    let original = |key: &str| text(audit.get("original").and_then(|o| o.get(key)));
    let readings = list(audit, "readings");
    let each = |key: &str| {
        let values: Vec<String> = readings.iter().map(|r| text(r.get(key))).collect();
        if values.iter().all(String::is_empty) { String::new() } else { values.join(" | ") }
    };
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
        original("question"),
        original("answer"),
        each("reviewer"),
        each("decision"),
        each("reason"),
        each("note"),
        list(audit, "flagged_by").iter().map(|f| text(Some(f))).collect::<Vec<_>>().join(" | "),
        audit.get("annotations").map(Value::to_string).unwrap_or_default(),
        audit.get("flag_notes").and_then(Value::as_array).into_iter().flatten().map(flag_note).collect::<Vec<_>>().join(" | "),
    ]
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list<'a>(audit: &'a Map<String, Value>, key: &str) -> &'a [Value] {
    audit.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_as_the_csv_crate_does() {
        let cells = ["", "a", "a,b", "\"q\"", "l\ni\rn", " x ", "é;|", "'", "#c", "=1+1", "\t"];
        for some in (1..=cells.len()).map(|n| &cells[n - 1..]).chain([&cells[..1], &cells[..2]]) {
            let (mut ours, mut theirs) =
                (Vec::new(), ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new()));
            record(&mut ours, some).unwrap();
            theirs.write_record(some).unwrap();
            assert_eq!(String::from_utf8(ours).unwrap(), String::from_utf8(theirs.into_inner().unwrap()).unwrap());
        }
    }
}
