//! A project's own error taxonomy: a JSON file as `assets/taxonomy.json` is.

use super::text::{SourceText, TextError, read_text};
use crate::qa::Taxonomy;
use std::path::Path;

/// Reads a taxonomy, and the SHA-256 of its bytes.
///
/// Errors when the file cannot be read or is no taxonomy, and say why in one line.
pub fn read(path: &Path) -> Result<(Taxonomy, [u8; 32]), TextError> {
    let SourceText { text, sha256 } = read_text(path)?;
    let taxonomy = Taxonomy::from_json(&text).map_err(|why| TextError::kind(path, why))?;
    Ok((taxonomy, sha256))
}
