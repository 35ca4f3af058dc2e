//! One row per line: `{"case_id": …, "question": …, "answer": …, …}`. Blank lines are passed over.

use super::row::{RowReader, case_name};
use super::{Kind, QaCase, QaFile};
use crate::formats::json::{Json, JsonError, parse};
use crate::formats::text::TextError;
use crate::qa::CaseId;
use std::collections::HashSet;
use std::path::Path;

pub const KIND: Kind = Kind { id: "qa-jsonl", about: "JSONL rows {case_id, question, answer, …}", sniff, read };

/// The first line is a whole object with a question in it.
fn sniff(text: &str) -> bool {
    let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    first.contains("\"question\"") && parse(first, 1).is_ok_and(|row| row.get("question").is_some() && row.get("qa_pairs").is_none())
}

fn read(path: &Path, text: &str) -> Result<QaFile, TextError> {
    let mut file = QaFile::default();
    let mut rows = RowReader::new(path);
    let mut seen: HashSet<CaseId> = HashSet::new();
    for (n, line) in text.split('\n').enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let number = n as u64 + 1;
        let syntax = |e: JsonError| TextError::Syntax { path: path.to_path_buf(), line: e.line, column: e.column, why: e.why };
        let node = parse(line, number).map_err(syntax)?;
        let case = match node.get("case_id") {
            Some(c) => match &c.value {
                Json::Text(name) => case_name(name),
                _ => Err(format!("'case_id' is {}; expected text", c.kind())),
            },
            None => Err("'case_id' is missing".to_owned()),
        };
        let case = case.map_err(|why| TextError::row(path, number, why))?;
        if seen.insert(case.clone()) {
            file.cases.push(QaCase { case: case.clone(), line: number, fields: None });
        }
        let (row, case_fields) = rows.read_flat(&case, &node)?;
        if case_fields.is_some()
            && let Some(known) = file.cases.iter_mut().rfind(|c| c.case == case)
        {
            known.fields = case_fields;
        }
        file.rows.push(row);
    }
    Ok(file)
}
