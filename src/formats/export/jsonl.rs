//! One row per line, `case_id` first. A case's own fields go into the audit object of its first row, since a row has no other place for them.

use super::{ExportCase, OutFile, Writer, items, source_row};
use serde_json::{Map, Value};
use std::io::{self, Write};

pub const WRITER: Writer = Writer {
    id: "jsonl",
    files: &[OutFile { file: "items.jsonl", about: "one item per line, with the source's own fields", rows: items, write }],
};

fn write(cases: &[ExportCase], out: &mut dyn Write) -> io::Result<()> {
    for case in cases {
        for (n, row) in case.rows.iter().enumerate() {
            let mut fields = Map::new();
            fields.insert("case_id".into(), case.case.0.clone().into());
            fields.extend(source_row(row));
            if let (0, Some(own), Some(Value::Object(audit))) = (n, &case.fields, fields.get_mut("audit")) {
                audit.insert("case".into(), Value::Object(own.clone()));
            }
            serde_json::to_writer(&mut *out, &fields)?;
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}
