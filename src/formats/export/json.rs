//! `{case: {"qa_pairs": [{…, "audit": {…}}]}}`, indented by two spaces as the source is.

use super::{ExportCase, ExportRow, OutFile, Rows, SourceRow, Writer, items};
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter};
use std::io::{self, Write};

pub const WRITER: Writer = Writer {
    id: "json",
    files: &[OutFile {
        file: "items.json",
        about: "items grouped by case, with the source's own fields",
        rows: items,
        optional: false,
        begin: || Box::new(Document::default()),
    }],
};

/// What has been written so far.
#[derive(Default)]
struct Document {
    /// What closes the case that is open, its own fields after the rows included.
    closing: Option<Vec<u8>>,
}

impl Rows for Document {
    fn head(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"{")
    }

    fn row(&mut self, case: &ExportCase<'_>, row: &ExportRow, out: &mut dyn Write) -> io::Result<()> {
        if case.first || self.closing.is_none() {
            self.open(case, out)?;
        } else {
            out.write_all(b",")?;
        }
        out.write_all(b"\n      ")?;
        indented(out, 3, &SourceRow { case: None, row, case_fields: None })
    }

    fn tail(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match self.closing.take() {
            Some(closing) => out.write_all(&[&closing, &b"\n}\n"[..]].concat()),
            None => out.write_all(b"}\n"),
        }
    }
}

impl Document {
    /// Ends the case before, and writes the new one as far as its rows. They stand where the source had them, or last.
    fn open(&mut self, case: &ExportCase<'_>, out: &mut dyn Write) -> io::Result<()> {
        if let Some(closing) = self.closing.take() {
            out.write_all(&closing)?;
            out.write_all(b",")?;
        }
        out.write_all(b"\n  ")?;
        serde_json::to_writer(&mut *out, &case.case.0)?;
        out.write_all(b": {")?;
        let (mut closing, mut rows_written, mut first) = (b"\n    ]".to_vec(), false, true);
        for (key, value) in case.fields.into_iter().flatten() {
            let to: &mut dyn Write = if rows_written { &mut closing } else { &mut *out };
            if !std::mem::take(&mut first) {
                to.write_all(b",")?;
            }
            if key == "qa_pairs" {
                to.write_all(b"\n    \"qa_pairs\": [")?;
                rows_written = true;
            } else {
                field(to, key, value)?;
            }
        }
        if !rows_written {
            out.write_all(if first { b"\n    \"qa_pairs\": [" } else { b",\n    \"qa_pairs\": [" })?;
        }
        closing.extend_from_slice(b"\n  }");
        self.closing = Some(closing);
        Ok(())
    }
}

fn field(out: &mut dyn Write, key: &str, value: &Value) -> io::Result<()> {
    out.write_all(b"\n    ")?;
    serde_json::to_writer(&mut *out, key)?;
    out.write_all(b": ")?;
    indented(out, 2, value)
}

/// Writes a value that stands `depth` levels deep in an indented document; its first line begins where `out` is.
fn indented(out: &mut dyn Write, depth: usize, value: &impl Serialize) -> io::Result<()> {
    let inner = PrettyFormatter::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(out, Deep { inner, depth })).map_err(io::Error::from)
}

/// The indented form, some levels deeper: whatever begins a line is preceded by their spaces.
struct Deep {
    inner: PrettyFormatter<'static>,
    depth: usize,
}

/// Two spaces a level after each line end that is passed on.
struct Deeper<'a, W: ?Sized>(&'a mut W, usize);

impl<W: ?Sized + Write> Write for Deeper<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|b| *b == b'\n') {
            self.0.write_all(part)?;
            if part.ends_with(b"\n") {
                (0..self.1).try_for_each(|_| self.0.write_all(b"  "))?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Only marks of structure go through [`Deeper`]; what is in a text is written as it is.
impl Formatter for Deep {
    fn write_char_escape<W: ?Sized + Write>(&mut self, out: &mut W, escape: CharEscape) -> io::Result<()> {
        self.inner.write_char_escape(out, escape)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.inner.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.inner.end_array(&mut Deeper(out, self.depth))
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.inner.begin_array_value(&mut Deeper(out, self.depth), first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.inner.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.inner.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.inner.end_object(&mut Deeper(out, self.depth))
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.inner.begin_object_key(&mut Deeper(out, self.depth), first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.inner.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.inner.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qa::CaseId;
    use serde_json::{Map, json};

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(fields) = value else { panic!("no object") };
        fields
    }

    /// As serde_json writes the whole document at once.
    #[test]
    fn a_document_in_pieces_is_the_document() {
        let nested = json!({"a": [], "b": {}, "c": [1, [2.5, {"d": "x\n\"y\"\u{1}"}]], "é": null});
        let row = |n: u32| ExportRow {
            position: n,
            fields: object(json!({"question": "a\nb", "audit": "own", "n": nested, "answer": n})),
            options: Vec::new(),
            task: None,
            categories: Vec::new(),
            audit: object(json!({"status": "accepted", "readings": [], "x": {"y": [true]}})),
        };
        let cases = [
            ("one", None, 1),
            ("two\"\n", Some(json!({"before": nested, "qa_pairs": null, "after": [1], "last": {}})), 3),
            ("three", Some(json!({"qa_pairs": null})), 1),
            ("four", Some(json!({"only": {"x": 1}})), 2),
        ];
        for some in 0..=cases.len() {
            let (mut all, mut out, mut writer) = (Map::new(), Vec::new(), Document::default());
            writer.head(&mut out).unwrap();
            for (id, fields, rows) in &cases[..some] {
                let (id, fields) = (CaseId((*id).to_owned()), fields.clone().map(object));
                let mut whole = fields.clone().unwrap_or_default();
                let source = |n| json!({"question": "a\nb", "n": nested, "answer": n, "audit": row(n).audit});
                whole.insert("qa_pairs".into(), (0..*rows).map(source).collect());
                all.insert(id.0.clone(), whole.into());
                for n in 0..*rows {
                    let case = ExportCase { case: &id, fields: fields.as_ref(), first: n == 0 };
                    writer.row(&case, &row(n), &mut out).unwrap();
                }
            }
            writer.tail(&mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), format!("{}\n", serde_json::to_string_pretty(&all).unwrap()), "{some} cases");
        }
    }
}
