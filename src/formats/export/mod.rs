//! Writers of audited datasets: one file per format over the same rows, and their registry.
//!
//! JSON and JSONL keep the source's own fields and layout and add an `audit` object, so that tools for the source still read them. What is
//! written depends on the rows only: no time, no machine. Rows are written one by one as they come; nothing is kept of those before.

mod answers;
mod csv;
mod json;
mod jsonl;

use crate::qa::CaseId;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};
use std::io::{self, Write};

/// The case of a row.
#[derive(Clone, Copy, Debug)]
pub struct ExportCase<'a> {
    pub case: &'a CaseId,
    /// The source's own fields of the case, `qa_pairs` null where the rows stood.
    pub fields: Option<&'a Map<String, Value>>,
    /// The row is the first of its case; those of one case come together.
    pub first: bool,
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
    /// How many rows an item has in it.
    pub rows: fn(&ExportRow) -> usize,
    /// Not written when it has no rows.
    pub optional: bool,
    pub begin: fn() -> Box<dyn Rows>,
}

/// What writes the rows of one file, in order.
pub trait Rows {
    /// Before the first row.
    fn head(&mut self, out: &mut dyn Write) -> io::Result<()>;
    fn row(&mut self, case: &ExportCase<'_>, row: &ExportRow, out: &mut dyn Write) -> io::Result<()>;
    /// After the last row.
    fn tail(&mut self, out: &mut dyn Write) -> io::Result<()>;
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
fn items(_row: &ExportRow) -> usize {
    1
}

/// A row in the source's layout, with our audit object last.
struct SourceRow<'a> {
    /// Written first, unless the row has a field of that name, which then stands there.
    case: Option<&'a str>,
    row: &'a ExportRow,
    /// Goes into the audit object.
    case_fields: Option<&'a Map<String, Value>>,
}

/// The audit object with the case's own fields in it.
struct Audit<'a>(&'a Map<String, Value>, &'a Map<String, Value>);

impl Serialize for SourceRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(None)?;
        if let Some(case) = self.case {
            match self.row.fields.get("case_id") {
                Some(own) => out.serialize_entry("case_id", own)?,
                None => out.serialize_entry("case_id", case)?,
            }
        }
        let written = |key: &str| key == "audit" || self.case.is_some() && key == "case_id";
        for (key, value) in self.row.fields.iter().filter(|(key, _)| !written(key)) {
            out.serialize_entry(key, value)?;
        }
        match self.case_fields {
            Some(fields) => out.serialize_entry("audit", &Audit(&self.row.audit, fields))?,
            None => out.serialize_entry("audit", &self.row.audit)?,
        }
        out.end()
    }
}

impl Serialize for Audit<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(None)?;
        for (key, value) in self.0 {
            if key == "case" { out.serialize_entry(key, self.1)? } else { out.serialize_entry(key, value)? }
        }
        if !self.0.contains_key("case") {
            out.serialize_entry("case", self.1)?;
        }
        out.end()
    }
}
