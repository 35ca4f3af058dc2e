//! Question-answer files: what they hold once read, and the registry of their kinds.
//!
//! Two kinds are read, row by row: one JSON object of cases, and one JSON object per line. The kind is told from the content, never from the
//! name.
//! A file is read as a whole or not at all; an error names the line. `case_id` is the join key and is written once: as the key in JSON,
//! first in a JSONL row. All other fields of the source are kept as they are.

mod json;
mod jsonl;
mod row;

pub use row::{AUDIT_SCHEMA, AUDIT_VERSION, case_name};

use super::json::Reader;
use super::text::{SourceText, TextError, read_text};
use crate::qa::{CaseId, Category, Task};
use serde_json::{Map, Value};
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};

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
    /// How many rows of the file are of this case.
    pub rows: u32,
    /// With `qa_pairs` null where the rows stood; `None` when the case has no fields of its own.
    pub fields: Option<Box<Map<String, Value>>>,
}

/// A file that was read once, from its first to its last row, and found good. Its rows are not kept: a million of them would take many
/// times the room of their text. [`QaFile::each`] reads them again from the text that was hashed.
#[derive(Debug)]
pub struct QaFile {
    /// In order of appearance.
    pub cases: Vec<QaCase>,
    /// Of case and question of every row, in order of appearance: rows of different marks differ. They mean nothing in another process.
    pub marks: Vec<u64>,
    /// Of the bytes that were read.
    pub sha256: [u8; 32],
    kind: &'static Kind,
    path: PathBuf,
    text: String,
}

/// Takes what a file holds.
pub trait Sink {
    /// A reader for a document of the file: one that trusts the text, where it was read before.
    fn reader<'a>(&self, text: &'a str, first_line: u64) -> Reader<'a> {
        Reader::new(text, first_line)
    }

    /// A case, at the latest at the end of the file; cases come in order of appearance.
    fn case(&mut self, case: QaCase);

    /// A row, in order of appearance; rows of one case need not be together in JSONL. An error ends the reading.
    fn row(&mut self, row: QaRow) -> Result<(), TextError>;
}

/// A kind of question-answer file.
pub struct Kind {
    /// Stable name, as stored with the project's sources.
    pub id: &'static str,
    pub about: &'static str,
    /// Decides by content.
    pub sniff: fn(text: &str) -> bool,
    pub read: fn(path: &Path, text: &str, sink: &mut dyn Sink) -> Result<(), TextError>,
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
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
    let mut found = Found::default();
    (kind.read)(path, &text, &mut found)?;
    if found.marks.is_empty() {
        return Err(TextError::kind(path, "has no questions"));
    }
    let Found { cases, marks, .. } = found;
    Ok((kind, QaFile { cases, marks, sha256, kind, path: path.to_path_buf(), text }))
}

impl QaFile {
    /// Calls `take` with every row, in order of appearance, until it errors.
    pub fn each<E: From<TextError>>(&self, take: impl FnMut(QaRow) -> Result<(), E>) -> Result<(), E> {
        let mut rows = Rows { take, stopped: None };
        let read = (self.kind.read)(&self.path, &self.text, &mut rows);
        rows.stopped.map_or(read.map_err(E::from), Err)
    }

    /// All rows at once, for files that are known to be small.
    pub fn rows(&self) -> Result<Vec<QaRow>, TextError> {
        let mut out = Vec::with_capacity(self.marks.len());
        self.each(|row| {
            out.push(row);
            Ok::<(), TextError>(())
        })?;
        Ok(out)
    }
}

/// What the first reading of a file finds.
#[derive(Default)]
struct Found {
    cases: Vec<QaCase>,
    marks: Vec<u64>,
    hasher: std::collections::hash_map::RandomState,
}

impl Sink for Found {
    fn case(&mut self, case: QaCase) {
        self.cases.push(case);
    }

    fn row(&mut self, row: QaRow) -> Result<(), TextError> {
        self.marks.push(self.hasher.hash_one((&row.case.0, &row.question)));
        Ok(())
    }
}

/// The second reading: rows go to `take`, whose error ends it.
struct Rows<T, E> {
    take: T,
    stopped: Option<E>,
}

impl<E: From<TextError>, T: FnMut(QaRow) -> Result<(), E>> Sink for Rows<T, E> {
    fn reader<'a>(&self, text: &'a str, first_line: u64) -> Reader<'a> {
        Reader::again(text, first_line)
    }

    fn case(&mut self, _: QaCase) {}

    fn row(&mut self, row: QaRow) -> Result<(), TextError> {
        (self.take)(row).map_err(|e| {
            self.stopped = Some(e);
            TextError::kind(Path::new(""), "stopped") // never seen: `stopped` is
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"c.nii.gz": {"qa_pairs": [{"question": "Where?", "answer": "Left."}]}}"#;
    const JSONL: &str = r#"{"case_id": "c.nii.gz", "question": "Where?", "answer": "Left."}"#;

    fn read_str(text: &[u8]) -> Result<Vec<QaRow>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, text).unwrap();
        read(&path).and_then(|(_, f)| f.rows()).map_err(|e| e.to_string().replace(&format!("{}: ", path.display()), ""))
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
        assert_eq!(read_str(JSON.as_bytes()).unwrap(), read_str(JSONL.as_bytes()).unwrap());
        let marked = [b"\xef\xbb\xbf", JSONL.replace(", ", ",\r\t").as_bytes(), b"\r\n\r\n"].concat();
        assert_eq!(read_str(&marked).unwrap().len(), 1);
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
        let rows = read_str(format!("{}{}\n{}", row("a", "1"), row("b", "2"), row("a", "3")).as_bytes()).unwrap();
        let seen: Vec<_> = rows.iter().map(|r| (r.case.0.as_str(), r.position, r.line)).collect();
        assert_eq!(seen, [("a", 0, 1), ("b", 0, 2), ("a", 1, 4)]);
    }

    #[test]
    fn the_alias_without_parenthesis_and_lettered_options_are_read() {
        let text =
            JSONL.replace('}', ", \"category\": \"Medial-Lateral Orientation\", \"options\": {\"A\": \"Left.\", \"B\": \"Right.\"}}");
        let row = &read_str(text.as_bytes()).unwrap()[0];
        assert_eq!(row.categories, [Category::MedialLateral]);
        assert_eq!(row.options, ["Left.", "Right."]);
    }

    #[test]
    fn rows_are_read_again_as_they_were_and_an_error_of_the_taker_ends_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        let own =
            r#"{"a": {"n": 1, "qa_pairs": [{"question": "1", "answer": "x"}, {"question": "2", "answer": "x"}]}, "b": {"qa_pairs": []}}"#;
        std::fs::write(&path, own).unwrap();
        let (_, file) = read(&path).unwrap();
        let cases: Vec<_> = file.cases.iter().map(|c| (c.case.0.as_str(), c.rows, c.fields.is_some())).collect();
        assert_eq!((cases, file.marks.len()), (vec![("a", 2, true), ("b", 0, false)], 2));
        std::fs::write(&path, "{}").unwrap(); // what is read again is what was read first
        assert_eq!(file.rows().unwrap().iter().map(|r| r.question.as_str()).collect::<Vec<_>>(), ["1", "2"]);
        let mut seen = 0;
        let stopped = file.each(|row| {
            seen += 1;
            Err(TextError::row(&path, row.line, "enough"))
        });
        assert!(stopped.is_err_and(|e: TextError| e.to_string().contains("enough")) && seen == 1);
    }

    #[test]
    fn equal_questions_of_one_case_have_equal_marks_and_no_others() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        let row = |case: &str, q: &str| format!("{{\"case_id\": \"{case}\", \"question\": \"{q}\", \"answer\": \"a\"}}\n");
        std::fs::write(&path, [row("a", "bc"), row("ab", "c"), row("a", "b"), row("a", "bc")].concat()).unwrap();
        let (_, file) = read(&path).unwrap();
        let equal = |a: usize, b: usize| file.marks[a] == file.marks[b];
        assert!(equal(0, 3) && !equal(0, 1) && !equal(0, 2) && !equal(1, 2));
    }
}
