//! One row per line: `{"case_id": …, "question": …, "answer": …, …}`. Blank lines are passed over.

use super::row::{RowReader, case_name};
use super::{Kind, QaCase, Sink};
use crate::formats::json::{Json, Node, parse};
use crate::formats::text::TextError;
use crate::qa::CaseId;
use std::collections::HashMap;
use std::path::Path;

pub const KIND: Kind = Kind { id: "qa-jsonl", about: "JSONL rows {case_id, question, answer, …}", sniff, read };

/// The first line is a whole object with a question in it.
fn sniff(text: &str) -> bool {
    let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    first.contains("\"question\"") && parse(first, 1).is_ok_and(|row| row.get("question").is_some() && row.get("qa_pairs").is_none())
}

fn read(path: &Path, text: &str, sink: &mut dyn Sink) -> Result<(), TextError> {
    let rows = RowReader::new(path);
    let mut cases: Vec<QaCase> = Vec::new();
    let mut numbers: HashMap<CaseId, usize> = HashMap::new();
    for (n, line) in text.split('\n').enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let line_number = n as u64 + 1;
        let node = sink.reader(line, line_number).document().map_err(TextError::syntax(path))?;
        let case = case_of(&node).map_err(|why| TextError::row(path, line_number, why))?;
        let number = numbers.get(&case).copied().unwrap_or(cases.len());
        if number == cases.len() {
            numbers.insert(case.clone(), number);
            cases.push(QaCase { case, line: line_number, rows: 0, fields: None });
        }
        let known = &mut cases[number];
        let (row, case_fields) = rows.read_flat(&known.case, known.rows, node)?;
        known.rows += 1;
        if let Some(fields) = case_fields {
            known.fields = Some(Box::new(fields));
        }
        sink.row(row)?;
    }
    cases.into_iter().for_each(|case| sink.case(case));
    Ok(())
}

fn case_of(row: &Node) -> Result<CaseId, String> {
    match row.get("case_id") {
        Some(node) => match &node.value {
            Json::Text(name) => case_name(name),
            _ => Err(format!("'case_id' is {}; expected text", node.kind())),
        },
        None => Err("'case_id' is missing".to_owned()),
    }
}
