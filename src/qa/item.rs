//! An item and its identity.

use super::{Category, Task};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// Case id exactly as the source writes it (`valid_1000_a_1.nii.gz`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseId(pub String);

/// `CASE::N`, N counting from 0 within the case in the source file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemId {
    pub case: CaseId,
    pub position: u32,
}

#[derive(Debug, thiserror::Error, PartialEq)]
#[error("'{0}' is not an item id; ids look like CASE::N, for example valid_1000_a_1.nii.gz::0")]
pub struct ItemIdError(pub String);

/// SHA-256 over the text that a reviewer judges: question, answer and options.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TextHash(pub [u8; 32]);

/// One question about one case, as the source gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub id: ItemId,
    pub question: String,
    /// Reference answer.
    pub answer: String,
    /// Choices in source order; empty for open questions.
    pub options: Vec<String>,
    pub task: Option<Task>,
    /// In the order of the source, without repeats.
    pub categories: Vec<Category>,
}

impl Item {
    pub fn text_hash(&self) -> TextHash {
        TextHash::of(&self.question, &self.answer, &self.options)
    }
}

impl TextHash {
    /// Each part is preceded by its length in bytes (u64, little endian), so that no two different texts can collide by shifting text
    /// between question, answer and options.
    pub fn of(question: &str, answer: &str, options: &[String]) -> Self {
        let mut hash = Sha256::new();
        for part in [question, answer].into_iter().chain(options.iter().map(String::as_str)) {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        Self(hash.finalize().into())
    }

    pub fn hex(&self) -> String {
        self.0.iter().map(|b| format!("{b:02x}")).collect()
    }

    pub fn from_hex(s: &str) -> Option<Self> {
        if s.len() != 64 || !s.is_ascii() {
            return None;
        }
        let mut out = [0; 32];
        for (n, byte) in out.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&s[2 * n..2 * n + 2], 16).ok()?;
        }
        Some(Self(out))
    }
}

/// Hex in JSON.
impl Serialize for TextHash {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.hex())
    }
}

impl<'de> Deserialize<'de> for TextHash {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::from_hex(&text).ok_or_else(|| serde::de::Error::custom("expected 64 hex digits"))
    }
}

impl fmt::Debug for TextHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.case, self.position)
    }
}

impl std::str::FromStr for ItemId {
    type Err = ItemIdError;
    fn from_str(s: &str) -> Result<Self, ItemIdError> {
        let (case, position) = s.rsplit_once("::").ok_or_else(|| ItemIdError(s.to_owned()))?;
        let position = position.parse().map_err(|_| ItemIdError(s.to_owned()))?;
        if case.is_empty() {
            return Err(ItemIdError(s.to_owned()));
        }
        Ok(Self { case: CaseId(case.to_owned()), position })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_and_reject_nonsense() {
        let id: ItemId = "valid_1000_a_1.nii.gz::0".parse().unwrap();
        assert_eq!(id.to_string(), "valid_1000_a_1.nii.gz::0");
        for bad in ["", "x", "::1", "x::", "x::-1", "x::1.5"] {
            assert!(bad.parse::<ItemId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_hash_sees_where_text_stands() {
        let of = |q, a| TextHash::of(q, a, &[]);
        assert_ne!(of("ab", "c"), of("a", "bc"));
        assert_ne!(TextHash::of("q", "a", &["b".into()]), of("q", "ab"));
        assert_eq!(TextHash::from_hex(&of("q", "a").hex()), Some(of("q", "a")));
    }
}
