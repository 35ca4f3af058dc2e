//! Question-answer files: what they hold once read, and the registry of their kinds.
//!
//! Two kinds are read: one JSON object of cases, and one JSON object per line. The kind is told from the content, never from the name.
//! A file is read as a whole or not at all; an error names the line. `case_id` is the join key and is written once: as the key in JSON,
//! first in a JSONL row. All other fields of the source are kept as they are.

mod json;
mod jsonl;
mod row;

pub use row::{AUDIT_SCHEMA, AUDIT_VERSION, case_name};

use super::text::{SourceText, TextError, read_text};
use crate::qa::{CaseId, Category, Task};
use serde_json::{Map, Value};
use std::path::Path;

/// One row of a source.
#[derive(Clone, Debug, PartialEq)]
pub struct QaRow {
    pub case: CaseId,
    /// Counts from 0 within the case in this file; an audit object of an earlier export keeps the position it had there.
    pub position: u32,
    /// Line on which the row starts.
    pub line: u64,
    /// As the source first had it; the row of an edited item in an export holds the new text, and this the original.
    pub question: String,
    pub answer: String,
    pub options: Vec<String>,
    pub task: Option<Task>,
    pub categories: Vec<Category>,
    /// The source's own fields, with original texts, without `case_id` and without our audit object.
    pub fields: Map<String, Value>,
    /// The audit object that an earlier export added.
    pub audit: Option<Value>,
}

/// A case's own fields beside its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct QaCase {
    pub case: CaseId,
    pub line: u64,
    /// With `qa_pairs` null where the rows stood; `None` when the case has no fields of its own.
    pub fields: Option<Map<String, Value>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct QaFile {
    /// In order of appearance.
    pub cases: Vec<QaCase>,
    /// In order of appearance; rows of one case need not be together in JSONL.
    pub rows: Vec<QaRow>,
    /// Of the bytes that were read.
    pub sha256: [u8; 32],
}

/// A kind of question-answer file.
pub struct Kind {
    /// Stable name, as stored with the project's sources.
    pub id: &'static str,
    pub about: &'static str,
    /// Decides by content.
    pub sniff: fn(text: &str) -> bool,
    pub read: fn(path: &Path, text: &str) -> Result<QaFile, TextError>,
}

/// Asked in order; the first that recognises the content reads it.
pub const KINDS: &[Kind] = &[jsonl::KIND, json::KIND];

/// Reads a file of any kind.
///
/// Errors when it cannot be read as text, is of no known kind, or has one bad row.
pub fn read(path: &Path) -> Result<(&'static Kind, QaFile), TextError> {
    let SourceText { text, sha256 } = read_text(path)?;
    let kind = KINDS.iter().find(|k| (k.sniff)(&text));
    let Some(kind) = kind else {
        let known: Vec<&str> = KINDS.iter().map(|k| k.about).collect();
        return Err(TextError::kind(path, format!("not a question-answer file; expected {}", known.join(" or "))));
    };
    let file = QaFile { sha256, ..(kind.read)(path, &text)? };
    if file.rows.is_empty() {
        return Err(TextError::kind(path, "has no questions"));
    }
    Ok((kind, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"c.nii.gz": {"qa_pairs": [{"question": "Where?", "answer": "Left."}]}}"#;
    const JSONL: &str = r#"{"case_id": "c.nii.gz", "question": "Where?", "answer": "Left."}"#;

    fn read_str(text: &[u8]) -> Result<QaFile, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, text).unwrap();
        read(&path).map(|(_, f)| f).map_err(|e| e.to_string().replace(&format!("{}: ", path.display()), ""))
    }

    fn fails(text: impl AsRef<[u8]>, words: &[&str]) {
        let e = read_str(text.as_ref()).unwrap_err();
        assert!(words.iter().all(|w| e.contains(w)), "{e}");
        assert!(e.len() < 400 && !e.contains('\n'), "{e}");
    }

    #[test]
    fn the_registry_has_unique_names_and_reads_the_same_rows_from_both_kinds() {
        let ids: std::collections::BTreeSet<&str> = KINDS.iter().map(|k| k.id).collect();
        assert_eq!(ids.len(), KINDS.len());
        assert!(KINDS.iter().all(|k| !k.about.is_empty()));
        assert_eq!(read_str(JSON.as_bytes()).unwrap().rows, read_str(JSONL.as_bytes()).unwrap().rows);
        let marked = [b"\xef\xbb\xbf", JSONL.replace(", ", ",\r\t").as_bytes(), b"\r\n\r\n"].concat();
        assert_eq!(read_str(&marked).unwrap().rows.len(), 1);
    }

    #[test]
    fn bad_files_are_refused_in_one_line() {
        fails("", &["empty"]);
        fails("\n \n", &["empty"]);
        fails("[]", &["list"]);
        fails("{}", &["no questions"]);
        fails("nonsense", &["line 1", "expected a value"]);
        fails(b"{\"a\":\n \"\xff\"}", &["line 2", "byte 8", "UTF-8"]);
        fails(JSON.replace("\"Left.\"", "null"), &["line 1", "answer", "null"]);
        fails(JSON.replace("\"Left.\"", "12"), &["answer", "a number"]);
        fails(JSON.replace("\"Where?\"", "\" \""), &["question", "empty"]);
        fails(JSON.replace("\"Left.\"", &format!("\"{}\"", "x".repeat(10 << 20))), &["answer", "1 MiB"]);
        fails(JSON.replace("Left.", "\\ud800"), &["lone surrogate"]);
        fails(JSON.replace("}]}}", "}]}, \"c.nii.gz\": {}}"), &["c.nii.gz", "twice"]);
        fails(JSON.replace("}]}}", "},]}}"), &["comma"]);
        fails(&JSON[..JSON.len() - 3], &["cut off"]);
        fails(JSON.replace("\"answer\"", "\"anwser\""), &["answer", "missing"]);
        fails(JSON.replace("c.nii.gz", "/home/jo/c.nii.gz"), &["line 1", "case id", "absolute path"]);
        fails(JSONL.replace("c.nii.gz", "C:\\\\x\\\\c.nii.gz"), &["line 1", "case id", "absolute path"]);
        fails(format!("{JSONL}\n{}", JSONL.replace("\"c.nii.gz\"", "7")), &["line 2", "case_id"]);
        fails(format!("{JSONL}\n{{\"case_id\""), &["line 2"]);
        fails(JSONL.replace('}', ", \"category\": [\"Colour\"]}"), &["category", "Colour"]);
        fails(JSONL.replace('}', ", \"task\": \"XYZ\"}"), &["task", "XYZ"]);
        fails(JSONL.replace('}', ", \"options\": [1]}"), &["options", "a number"]);
    }

    #[test]
    fn positions_count_within_the_case_and_lines_are_kept() {
        let row = |case: &str, q: &str| format!("{{\"case_id\": \"{case}\", \"question\": \"{q}\", \"answer\": \"a\"}}\n");
        let file = read_str(format!("{}{}\n{}", row("a", "1"), row("b", "2"), row("a", "3")).as_bytes()).unwrap();
        let seen: Vec<_> = file.rows.iter().map(|r| (r.case.0.as_str(), r.position, r.line)).collect();
        assert_eq!(seen, [("a", 0, 1), ("b", 0, 2), ("a", 1, 4)]);
    }

    #[test]
    fn the_alias_without_parenthesis_and_lettered_options_are_read() {
        let text =
            JSONL.replace('}', ", \"category\": \"Medial-Lateral Orientation\", \"options\": {\"A\": \"Left.\", \"B\": \"Right.\"}}");
        let row = &read_str(text.as_bytes()).unwrap().rows[0];
        assert_eq!(row.categories, [Category::MedialLateral]);
        assert_eq!(row.options, ["Left.", "Right."]);
    }
}
