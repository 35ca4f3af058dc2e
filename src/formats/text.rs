//! Reading a text file as a whole: UTF-8, with or without a byte order mark, any line ends. Shared by the formats made of text.

use super::json::JsonError;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Largest text file that is read.
pub const MAX_FILE: u64 = 1 << 30;
/// Largest text of one field (question, answer, report): 1 MiB. Anything longer is not a question a person can judge.
pub const MAX_FIELD: usize = 1 << 20;

/// Why a text file cannot be used. Every message names the file, and the line where there is one.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{}: is a folder; name a file", path.display())]
    Folder { path: PathBuf },
    #[error("{}: the file is empty", path.display())]
    Empty { path: PathBuf },
    #[error("{}: larger than 1 GiB; split it", path.display())]
    TooLarge { path: PathBuf },
    #[error("{}: line {line}: not UTF-8 text (byte {byte} of the file); save it as UTF-8", path.display())]
    NotUtf8 { path: PathBuf, line: u64, byte: u64 },
    #[error("{}: line {line}, column {column}: {why}", path.display())]
    Syntax { path: PathBuf, line: u64, column: u64, why: String },
    #[error("{}: line {line}: {why}", path.display())]
    Row { path: PathBuf, line: u64, why: String },
    #[error("{}: {why}", path.display())]
    Kind { path: PathBuf, why: String },
}

/// A file as it was read, once: what is hashed is what was parsed.
#[derive(Debug)]
pub struct SourceText {
    /// Without its byte order mark.
    pub text: String,
    /// Of every byte of the file.
    pub sha256: [u8; 32],
}

/// Reads a file of text.
///
/// Errors when it is missing, a folder, empty, larger than [`MAX_FILE`] or not UTF-8.
pub fn read_text(path: &Path) -> Result<SourceText, TextError> {
    let io = |source| TextError::Io { path: path.to_path_buf(), source };
    if path.is_dir() {
        return Err(TextError::Folder { path: path.to_path_buf() });
    }
    let file = super::held::open_named(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len().min(MAX_FILE);
    let mut bytes = Vec::with_capacity(size as usize + 1);
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(TextError::TooLarge { path: path.to_path_buf() });
    }
    let sha256 = Sha256::digest(&bytes).into();
    let start = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    bytes.drain(..start); // the bytes become the text: a large file is held once
    let text = String::from_utf8(bytes).map_err(|e| {
        let before = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|b| **b == b'\n').count() as u64;
        TextError::NotUtf8 { path: path.to_path_buf(), line, byte: (start + before.len()) as u64 }
    })?;
    if text.trim().is_empty() {
        return Err(TextError::Empty { path: path.to_path_buf() });
    }
    Ok(SourceText { text, sha256 })
}

impl TextError {
    /// What is wrong with the JSON of a file.
    pub(crate) fn syntax(path: &Path) -> impl Fn(JsonError) -> Self + '_ {
        |e| Self::Syntax { path: path.to_path_buf(), line: e.line, column: e.column, why: e.why }
    }

    pub(crate) fn row(path: &Path, line: u64, why: impl Into<String>) -> Self {
        Self::Row { path: path.to_path_buf(), line, why: why.into() }
    }

    pub(crate) fn kind(path: &Path, why: impl Into<String>) -> Self {
        Self::Kind { path: path.to_path_buf(), why: why.into() }
    }
}
