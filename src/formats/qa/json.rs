//! `{case: {"qa_pairs": [{question, answer, …}], …}, …}`, the layout of CT-SpatialVQA.

use super::row::{RowReader, case_name};
use super::{Kind, QaCase, QaFile};
use crate::formats::json::{Json, Node, parse, shorten};
use crate::formats::text::TextError;
use crate::qa::CaseId;
use serde_json::{Map, Value};
use std::path::Path;

pub const KIND: Kind = Kind { id: "qa-json", about: "JSON {case: {\"qa_pairs\": [{question, answer, …}]}}", sniff: |_| true, read };

fn read(path: &Path, text: &str) -> Result<QaFile, TextError> {
    let syntax =
        |e: crate::formats::json::JsonError| TextError::Syntax { path: path.to_path_buf(), line: e.line, column: e.column, why: e.why };
    let top = parse(text, 1).map_err(syntax)?;
    let Json::Object(cases) = top.value else {
        return Err(TextError::kind(path, format!("the document is {}; expected an object of cases: {}", top.kind(), KIND.about)));
    };
    let mut file = QaFile::default();
    let mut rows = RowReader::new(path);
    for (name, case) in cases {
        read_case(path, &name, case, &mut file, &mut rows)?;
    }
    Ok(file)
}

fn read_case(path: &Path, name: &str, case: Node, file: &mut QaFile, rows: &mut RowReader<'_>) -> Result<(), TextError> {
    let bad = |line, why: String| Err(TextError::row(path, line, format!("case '{}': {why}", shorten(name))));
    let (line, kind) = (case.line, case.kind());
    let id: CaseId = case_name(name).map_err(|why| TextError::row(path, line, why))?;
    let Json::Object(fields) = case.value else { return bad(line, format!("is {kind}; expected an object with \"qa_pairs\"")) };
    let mut own = Map::new();
    let mut pairs = None;
    for (key, node) in fields {
        if key == "qa_pairs" {
            own.insert(key, Value::Null);
            pairs = Some(node);
        } else {
            own.insert(key, node.to_value());
        }
    }
    let Some(pairs) = pairs else { return bad(line, "\"qa_pairs\" is missing".into()) };
    let (pairs_line, pairs_kind) = (pairs.line, pairs.kind());
    let Json::Array(pairs) = pairs.value else { return bad(pairs_line, format!("\"qa_pairs\" is {pairs_kind}; expected a list")) };
    file.cases.push(QaCase { case: id.clone(), line, fields: (own.len() > 1).then_some(own) });
    for pair in &pairs {
        file.rows.push(rows.read(&id, pair)?);
    }
    Ok(())
}
