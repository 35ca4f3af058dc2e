//! One row per line, `case_id` first. A case's own fields go into the audit object of its first row, since a row has no other place for them.

use super::{ExportCase, ExportRow, OutFile, Rows, SourceRow, Writer, items};
use std::io::{self, Write};

pub const WRITER: Writer = Writer {
    id: "jsonl",
    files: &[OutFile {
        file: "items.jsonl",
        about: "one item per line, with the source's own fields",
        rows: items,
        optional: false,
        begin: || Box::new(Lines),
    }],
};

struct Lines;

impl Rows for Lines {
    fn head(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, case: &ExportCase<'_>, row: &ExportRow, out: &mut dyn Write) -> io::Result<()> {
        let line = SourceRow { case: Some(&case.case.0), row, case_fields: case.fields.filter(|_| case.first) };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")
    }

    fn tail(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
