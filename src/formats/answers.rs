//! Models' answers: rows `{question, prediction, answer?, case_id?, image_path?, reasoning?, …}`, JSONL or a JSON list.
//!
//! The answer is kept exactly as it is written: white space, line ends, NUL and special tokens included, up to 1 MiB. The case is named by
//! `case_id`, else by the file name in `image_path`. Other fields are read over.

use super::json::Node;
use super::rows::{self, optional, prediction, required};
use super::text::TextError;
use std::path::Path;

/// One row of a file of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerRow {
    /// Line on which it starts.
    pub line: u64,
    /// Counts from 0 in the file.
    pub row: u32,
    /// As written; `None` when absent or null.
    pub case_id: Option<String>,
    /// Last part of `image_path`.
    pub image: Option<String>,
    pub question: String,
    /// The reference answer the row repeats.
    pub reference: Option<String>,
    pub prediction: String,
    /// The model's own explanation (`reasoning` or `explanation`).
    pub reasoning: Option<String>,
}

/// Reads a file of answers, and the SHA-256 of its bytes.
///
/// Errors when it cannot be read or has one bad row; every error names file and line.
pub fn read(path: &Path) -> Result<(Vec<AnswerRow>, [u8; 32]), TextError> {
    rows::read(path, read_row)
}

fn read_row(row: u32, node: &Node) -> Result<AnswerRow, String> {
    let image = optional(node, "image_path")?;
    let name = |p: String| p.rsplit(['/', '\\']).find(|part| !part.is_empty()).map(str::to_owned);
    let reasoning = match optional(node, "reasoning")? {
        None => optional(node, "explanation")?,
        given => given,
    };
    Ok(AnswerRow {
        line: node.line,
        row,
        case_id: optional(node, "case_id")?,
        image: image.and_then(name),
        question: required(node, "question")?,
        reference: optional(node, "answer")?,
        prediction: prediction(node)?,
        reasoning: reasoning.filter(|r| !r.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"image_path": "/data/x/c1.npy", "question": "Where?", "prediction": " Left.</s>\n\u0000", "answer": "Right."}"#;

    fn read_str(text: &str) -> Result<Vec<AnswerRow>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, text).unwrap();
        read(&path).map(|(rows, _)| rows).map_err(|e| e.to_string().replace(&format!("{}: ", path.display()), ""))
    }

    fn fails(text: &str, words: &[&str]) {
        let e = read_str(text).unwrap_err();
        assert!(words.iter().all(|w| e.contains(w)) && e.len() < 400 && !e.contains('\n'), "{e}");
    }

    #[test]
    fn both_kinds_give_the_same_rows_and_texts_stay_as_they_are() {
        let rows = read_str(&format!("{GOOD}\r\n\n{}", GOOD.replace("Where?", "Why?"))).unwrap();
        assert_eq!((rows[0].image.as_deref(), rows[0].prediction.as_str()), (Some("c1.npy"), " Left.</s>\n\0"));
        assert_eq!(rows.iter().map(|r| (r.row, r.line)).collect::<Vec<_>>(), [(0, 1), (1, 3)]);
        assert_eq!(read_str(&format!("[{GOOD}]")).unwrap()[0], rows[0]);
        let ids: std::collections::BTreeSet<&str> = rows::KINDS.iter().map(|k| k.id).collect();
        assert!(ids.len() == rows::KINDS.len() && rows::KINDS.iter().all(|k| !k.about.is_empty()));
    }

    #[test]
    fn odd_answers_are_read() {
        let of = |json: &str| read_str(&GOOD.replace(r#"" Left.</s>\n\u0000""#, json)).unwrap().remove(0);
        assert_eq!((of("null").prediction.as_str(), of("12.50").prediction.as_str(), of("\"\"").prediction.as_str()), ("", "12.50", ""));
        assert_eq!(of(&format!("\"{}\"", "x".repeat(1 << 20))).prediction.len(), 1 << 20);
        assert_eq!(of("\"a\\ufffd\"").prediction, "a\u{fffd}");
        assert_eq!(of("\"a\", \"explanation\": \"because\"").reasoning.as_deref(), Some("because"));
        assert_eq!(of("\"a\", \"case_id\": null").case_id, None);
    }

    #[test]
    fn bad_files_are_refused_in_one_line() {
        fails("", &["empty"]);
        fails("[]", &["no rows"]);
        fails("words", &["not a file of rows", "one JSON object per line"]);
        fails("[1]", &["line 1", "a number", "an object"]);
        fails(&GOOD.replace("question", "q"), &["line 1", "'question' is missing"]);
        fails(&GOOD.replace("prediction", "p"), &["'prediction' is missing"]);
        fails(&GOOD.replace("Where?", " "), &["'question' is empty"]);
        fails(&format!("{GOOD}\n{}", &GOOD[..40]), &["line 2", "cut off"]);
        fails(&GOOD.replace("\"answer\": \"Right.\"", "\"answer\": [1]"), &["'answer' is a list"]);
        fails(&GOOD.replace(" Left.", &"x".repeat((1 << 20) + 1)), &["'prediction'", "1 MiB"]);
        fails(&GOOD.replace(r#"" Left.</s>\n\u0000""#, "true"), &["'prediction' is true or false"]);
    }
}
