//! Writers of audited datasets: one file per format over the same rows, and their registry.
//!
//! JSON and JSONL keep the source's own fields and layout and add an `audit` object, so that tools for the source still read them. What is
//! written depends on the rows only: no time, no machine.

mod answers;
mod csv;
mod json;
mod jsonl;

use crate::qa::CaseId;
use serde_json::{Map, Value};
use std::io::{self, Write};

/// A case and its exported rows, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportCase {
    pub case: CaseId,
    /// The source's own fields of the case, `qa_pairs` null where the rows stood.
    pub fields: Option<Map<String, Value>>,
    pub rows: Vec<ExportRow>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ExportRow {
    pub position: u32,
    /// The source's own fields; `question` and `answer` as the audit leaves them.
    pub fields: Map<String, Value>,
    pub options: Vec<String>,
    pub task: Option<&'static str>,
    pub categories: Vec<&'static str>,
    pub audit: Map<String, Value>,
}

/// An export format.
pub struct Writer {
    /// As on the command line.
    pub id: &'static str,
    pub files: &'static [OutFile],
}

/// One file of a format.
pub struct OutFile {
    /// Name in the export's folder.
    pub file: &'static str,
    pub about: &'static str,
    /// How many rows it has; `None` when it is not written.
    pub rows: fn(&[ExportCase]) -> Option<usize>,
    pub write: fn(&[ExportCase], &mut dyn Write) -> io::Result<()>,
}

pub const WRITERS: &[Writer] = &[jsonl::WRITER, json::WRITER, csv::WRITER];

/// The writer of a format, or a message that names those that exist.
pub fn writer(id: &str) -> Result<&'static Writer, String> {
    WRITERS.iter().find(|w| w.id == id.trim()).ok_or_else(|| {
        let known: Vec<&str> = WRITERS.iter().map(|w| w.id).collect();
        format!("this version does not write '{id}'; it writes {}", known.join(", "))
    })
}

/// Every item is a row.
fn items(cases: &[ExportCase]) -> Option<usize> {
    Some(cases.iter().map(|c| c.rows.len()).sum())
}

/// The row in the source's layout, with our audit object last.
fn source_row(row: &ExportRow) -> Map<String, Value> {
    let mut out = row.fields.clone();
    out.shift_remove("audit");
    out.insert("audit".into(), Value::Object(row.audit.clone()));
    out
}
