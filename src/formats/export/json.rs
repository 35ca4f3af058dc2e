//! `{case: {"qa_pairs": [{…, "audit": {…}}]}}`, indented by two spaces as the source is.

use super::{ExportCase, OutFile, Writer, items, source_row};
use serde_json::{Map, Value};
use std::io::{self, Write};

pub const WRITER: Writer = Writer {
    id: "json",
    files: &[OutFile { file: "items.json", about: "items grouped by case, with the source's own fields", rows: items, write }],
};

fn write(cases: &[ExportCase], out: &mut dyn Write) -> io::Result<()> {
    let mut all = Map::new();
    for case in cases {
        let rows = case.rows.iter().map(|r| Value::Object(source_row(r))).collect();
        let mut fields = case.fields.clone().unwrap_or_default();
        fields.insert("qa_pairs".into(), Value::Array(rows));
        all.insert(case.case.0.clone(), Value::Object(fields));
    }
    serde_json::to_writer_pretty(&mut *out, &all)?;
    out.write_all(b"\n")
}
