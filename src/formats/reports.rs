//! Radiology reports per case: `{case: {"Findings_EN": …, "Impressions_EN": …}}`, `{case: "text"}`, or JSONL rows with `case_id`.
//!
//! Keys are matched without regard to case: findings, findings_en; impression(s), impression(s)_en; report. Other fields are left alone.

use super::json::{Json, Next, Node, Reader, parse, shorten};
use super::qa::case_name;
use super::text::{MAX_FIELD, SourceText, TextError, read_text};
use crate::qa::CaseId;
use std::collections::HashMap;
use std::path::Path;

/// One report; a part is empty when the source has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRow {
    pub case: CaseId,
    pub line: u64,
    pub findings: String,
    pub impression: String,
}

const FINDINGS: &[&str] = &["findings", "findings_en", "report"];
const IMPRESSION: &[&str] = &["impression", "impressions", "impression_en", "impressions_en"];

/// Reads a file of reports.
///
/// Errors when it cannot be read as text, has one bad row, or names a case twice.
pub fn read(path: &Path) -> Result<Vec<ReportRow>, TextError> {
    read_hashed(path).map(|(rows, _)| rows)
}

/// As [`read`], with the SHA-256 of the bytes that were read.
pub fn read_hashed(path: &Path) -> Result<(Vec<ReportRow>, [u8; 32]), TextError> {
    let SourceText { text, sha256 } = read_text(path)?;
    let rows = if is_jsonl(&text) { read_lines(path, &text)? } else { read_object(path, &text)? };
    let mut lines = HashMap::new();
    for row in &rows {
        if let Some(first) = lines.insert(&row.case, row.line) {
            let why = format!("case '{}' has two reports, first on line {first}", shorten(&row.case.0));
            return Err(TextError::row(path, row.line, why));
        }
    }
    match rows.is_empty() {
        true => Err(TextError::kind(path, "has no reports")),
        false => Ok((rows, sha256)),
    }
}

fn is_jsonl(text: &str) -> bool {
    let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    first.contains("\"case_id\"") && parse(first, 1).is_ok_and(|row| row.get("case_id").is_some())
}

fn read_lines(path: &Path, text: &str) -> Result<Vec<ReportRow>, TextError> {
    let mut out = Vec::new();
    for (n, line) in text.split('\n').enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let node = parse(line, n as u64 + 1).map_err(TextError::syntax(path))?;
        let case = match node.get("case_id").map(|n| &n.value) {
            Some(Json::Text(name)) => name.clone(),
            _ => return Err(TextError::row(path, node.line, "'case_id' is missing or not text")),
        };
        out.push(row(path, &case, &node)?);
    }
    Ok(out)
}

fn read_object(path: &Path, text: &str) -> Result<Vec<ReportRow>, TextError> {
    let syntax = TextError::syntax(path);
    let mut json = Reader::new(text, 1);
    if json.ahead().1 != Next::Object {
        let top = json.value().map_err(&syntax)?;
        return Err(TextError::kind(path, format!("the document is {}; expected an object of reports by case", top.kind())));
    }
    let (mut cases, mut out) = (json.object().map_err(&syntax)?, Vec::new());
    while let Some(name) = cases.next(&mut json).map_err(&syntax)? {
        out.push(row(path, &name, &json.value().map_err(&syntax)?)?);
    }
    json.end().map_err(&syntax)?;
    Ok(out)
}

fn row(path: &Path, name: &str, node: &Node) -> Result<ReportRow, TextError> {
    let bad = |why: String| TextError::row(path, node.line, format!("report of case '{}': {why}", shorten(name)));
    let case = case_name(name).map_err(bad)?;
    let (findings, impression) = match &node.value {
        Json::Text(_) => (part(node).map_err(bad)?, String::new()),
        Json::Object(fields) => {
            let find =
                |keys: &[&str]| fields.iter().find(|(k, _)| keys.contains(&k.to_lowercase().as_str())).map(|(_, n)| part(n)).transpose();
            let (findings, impression) = (find(FINDINGS).map_err(bad)?, find(IMPRESSION).map_err(bad)?);
            if findings.is_none() && impression.is_none() {
                return Err(bad("has neither findings nor impression".into()));
            }
            (findings.unwrap_or_default(), impression.unwrap_or_default())
        }
        _ => return Err(bad(format!("is {}; expected an object or text", node.kind()))),
    };
    Ok(ReportRow { case, line: node.line, findings, impression })
}

fn part(node: &Node) -> Result<String, String> {
    match &node.value {
        Json::Null => Ok(String::new()),
        Json::Text(t) if t.len() > MAX_FIELD => Err("is longer than 1 MiB".into()),
        Json::Text(t) if t.contains('\0') => Err("contains a NUL character".into()),
        Json::Text(t) => Ok(t.clone()),
        _ => Err(format!("a part is {}; expected text", node.kind())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_str(text: &str) -> Result<Vec<ReportRow>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, text).unwrap();
        read(&path).map_err(|e| e.to_string())
    }

    #[test]
    fn all_layouts_give_the_same_report() {
        for text in [
            r#"{"c": {"Findings_EN": "F", "Impressions_EN": "I"}}"#,
            r#"{"c": {"impression": "I", "findings": "F", "age": 3}}"#,
            r#"{"case_id": "c", "findings": "F", "impression": "I"}"#,
        ] {
            let rows = read_str(text).unwrap();
            assert_eq!((rows[0].case.0.as_str(), rows[0].findings.as_str(), rows[0].impression.as_str()), ("c", "F", "I"), "{text}");
        }
        assert_eq!(read_str(r#"{"c": "F"}"#).unwrap()[0].findings, "F");
    }

    #[test]
    fn bad_reports_are_refused_with_their_line() {
        for (text, words) in [
            ("{\"c\":\n {\"a\": \"x\"}}", "line 2"),
            ("{\"c\": 4}", "a number"),
            ("{\"c\": {\"findings\": 4}}", "a number"),
            ("[]", "a list"),
            ("{}", "no reports"),
            ("{\"case_id\": \"c\", \"report\": \"a\"}\n{\"case_id\": \"c\", \"report\": \"a\"}", "first on line 1"),
        ] {
            let e = read_str(text).unwrap_err();
            assert!(e.contains(words), "{e}");
        }
    }
}
