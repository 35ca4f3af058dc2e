//! Flat files of rows, the layout of models' answers and judges' verdicts: one JSON object per line, or one JSON list of objects.
//!
//! The kind is told from the content, never from the name. A file is read as a whole or not at all; an error names the line.

use super::json::{Json, Node, Reader, parse};
use super::text::{MAX_FIELD, SourceText, TextError, read_text};
use std::path::Path;

/// Takes one row, or says what is wrong with it.
pub type Take<'a> = &'a mut dyn FnMut(Node) -> Result<(), TextError>;

/// A kind of file of rows.
pub struct Kind {
    pub id: &'static str,
    pub about: &'static str,
    /// Decides by content.
    pub sniff: fn(text: &str) -> bool,
    /// Hands every row to `take`, in order.
    pub read: fn(path: &Path, text: &str, take: Take<'_>) -> Result<(), TextError>,
}

/// Asked in order; the first that recognises the content reads it.
pub const KINDS: &[Kind] = &[
    Kind { id: "json-list", about: "a JSON list of objects", sniff: |text| text.trim_start().starts_with('['), read: read_list },
    Kind { id: "jsonl", about: "one JSON object per line", sniff: |text| text.trim_start().starts_with('{'), read: read_lines },
];

/// Reads every row of a file with `row`, which gets the row's number (from 0) and its object. Also the SHA-256 of the bytes that were read.
///
/// Errors when the file cannot be read as text, is of no known kind, has no rows, or `row` refuses one, in words without the place.
pub fn read<T>(path: &Path, row: impl Fn(u32, &Node) -> Result<T, String>) -> Result<(Vec<T>, [u8; 32]), TextError> {
    let SourceText { text, sha256 } = read_text(path)?;
    let Some(kind) = KINDS.iter().find(|k| (k.sniff)(&text)) else {
        let known: Vec<&str> = KINDS.iter().map(|k| k.about).collect();
        return Err(TextError::kind(path, format!("not a file of rows; expected {}", known.join(" or "))));
    };
    let mut out = Vec::new();
    (kind.read)(path, &text, &mut |node| {
        let number = u32::try_from(out.len()).map_err(|_| TextError::row(path, node.line, "too many rows"))?;
        if !matches!(node.value, Json::Object(_)) {
            return Err(TextError::row(path, node.line, format!("the row is {}; expected an object", node.kind())));
        }
        out.push(row(number, &node).map_err(|why| TextError::row(path, node.line, why))?);
        Ok(())
    })?;
    if out.is_empty() { Err(TextError::kind(path, "has no rows")) } else { Ok((out, sha256)) }
}

fn read_list(path: &Path, text: &str, take: Take<'_>) -> Result<(), TextError> {
    let syntax = TextError::syntax(path);
    let mut json = Reader::new(text, 1);
    let mut rows = json.array().map_err(&syntax)?;
    while rows.next(&mut json).map_err(&syntax)? {
        take(json.value().map_err(&syntax)?)?;
    }
    json.end().map_err(&syntax)
}

fn read_lines(path: &Path, text: &str, take: Take<'_>) -> Result<(), TextError> {
    let lines = text.split('\n').enumerate().filter(|(_, l)| !l.trim().is_empty());
    lines.map(|(n, line)| parse(line, n as u64 + 1).map_err(TextError::syntax(path))).try_for_each(|node| take(node?))
}

/// A text that must be there and say something.
pub(super) fn required(row: &Node, key: &str) -> Result<String, String> {
    match optional(row, key)? {
        Some(text) if text.trim().is_empty() => Err(format!("'{key}' is empty")),
        Some(text) => Ok(text),
        None => Err(format!("'{key}' is missing")),
    }
}

/// A text; `None` when it is absent or null.
pub(super) fn optional(row: &Node, key: &str) -> Result<Option<String>, String> {
    let Some(node) = row.get(key) else { return Ok(None) };
    match &node.value {
        Json::Null => Ok(None),
        Json::Text(t) if t.len() > MAX_FIELD => Err(format!("'{key}' is {} bytes long; at most 1 MiB is kept", t.len())),
        Json::Text(t) => Ok(Some(t.clone())),
        _ => Err(format!("'{key}' is {}; expected text", node.kind())),
    }
}

/// What a model said: any text, also an empty one; a number as it is written. Null is an empty answer.
///
/// Errors when there is no such key.
pub(super) fn prediction(row: &Node) -> Result<String, String> {
    match row.get("prediction").map(|n| &n.value) {
        None => Err("'prediction' is missing".into()),
        Some(Json::Number(_, written)) => Ok(written.to_string()),
        Some(_) => Ok(optional(row, "prediction")?.unwrap_or_default()),
    }
}
