//! Judges' verdicts: rows `{question, answer, prediction, is_correct, case_id?, reasoning?}`, a JSON list or JSONL.
//!
//! `is_correct` is true or false; 1 and 0 and the words true, false, yes, no, correct, incorrect count too. Null means that the judge gave
//! no verdict: it is missing, never wrong.

use super::json::{Json, Node, shorten};
use super::rows::{self, optional, prediction, required};
use super::text::TextError;
use std::path::Path;

/// One row of a file of verdicts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictRow {
    /// Line on which it starts.
    pub line: u64,
    /// Counts from 0 in the file.
    pub row: u32,
    /// As written; `None` when absent or null.
    pub case_id: Option<String>,
    pub question: String,
    /// The reference answer.
    pub answer: String,
    pub prediction: String,
    /// `None`: no verdict was given.
    pub correct: Option<bool>,
    pub reasoning: Option<String>,
}

/// Reads a file of verdicts, and the SHA-256 of its bytes.
///
/// Errors when it cannot be read or has one bad row; every error names file and line.
pub fn read(path: &Path) -> Result<(Vec<VerdictRow>, [u8; 32]), TextError> {
    rows::read(path, read_row)
}

fn read_row(row: u32, node: &Node) -> Result<VerdictRow, String> {
    Ok(VerdictRow {
        line: node.line,
        row,
        case_id: optional(node, "case_id")?,
        question: required(node, "question")?,
        answer: required(node, "answer")?,
        prediction: prediction(node)?,
        correct: correct(node)?,
        reasoning: optional(node, "reasoning")?.filter(|r| !r.is_empty()),
    })
}

fn correct(row: &Node) -> Result<Option<bool>, String> {
    let Some(node) = row.get("is_correct") else { return Err("'is_correct' is missing".into()) };
    let said = match &node.value {
        Json::Null => return Ok(None),
        Json::Bool(b) => return Ok(Some(*b)),
        Json::Number(_, written) => written.to_string(),
        Json::Text(t) => t.trim().to_lowercase(),
        _ => return Err(format!("'is_correct' is {}; expected true, false or null", node.kind())),
    };
    match said.as_str() {
        "true" | "1" | "1.0" | "yes" | "correct" => Ok(Some(true)),
        "false" | "0" | "0.0" | "no" | "incorrect" => Ok(Some(false)),
        other => Err(format!("'is_correct' is '{}'; expected true, false or null", shorten(other))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"case_id": null, "question": "Where?", "answer": "Right.", "prediction": "Left.", "is_correct": false}"#;

    fn read_str(text: &str) -> Result<Vec<VerdictRow>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, text).unwrap();
        read(&path).map(|(rows, _)| rows).map_err(|e| e.to_string())
    }

    #[test]
    fn verdicts_are_read_in_every_spelling_and_null_is_missing() {
        let of = |said: &str| read_str(&GOOD.replace("false", said)).map(|r| r[0].correct);
        for said in ["true", "1", "1.0", "\"true\"", "\" Yes\"", "\"CORRECT\""] {
            assert_eq!(of(said), Ok(Some(true)), "{said}");
        }
        for said in ["false", "0", "\"False\"", "\"no\"", "\"0\""] {
            assert_eq!(of(said), Ok(Some(false)), "{said}");
        }
        assert_eq!(of("null"), Ok(None));
        for (said, words) in [("0.5", "'0.5'"), ("\"maybe\"", "'maybe'"), ("[]", "a list"), ("\"\"", "''")] {
            let e = of(said).unwrap_err();
            assert!(e.contains("line 1") && e.contains(words), "{e}");
        }
    }

    #[test]
    fn bad_rows_are_refused_with_their_line() {
        let second = |row: &str| read_str(&format!("[\n{GOOD},\n{row}]")).unwrap_err();
        for (from, to, words) in [("is_correct", "ok", "'is_correct' is missing"), ("\"answer\"", "\"a\"", "'answer' is missing")] {
            let e = second(&GOOD.replace(from, to));
            assert!(e.contains("line 3") && e.contains(words), "{e}");
        }
        assert!(second("{").contains("line 3"));
        assert!(read_str("{\"a\": {}}").unwrap_err().contains("question"));
    }
}
