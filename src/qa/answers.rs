//! What models answered and what judges said about it: plain values, the same for import, scoring, the window and exports.
//!
//! Answers and votes name their item; nothing here is joined by row number. The row in the source file is kept beside it only so that a
//! published figure that *was* joined by row number can be reproduced and compared.

use super::ItemId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the model was shown. Anything but [`Condition::Full`] is a control run (`MODEL@CONDITION=FILE` at import).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Condition {
    /// The whole volume.
    #[default]
    Full,
    /// The question without any image.
    TextOnly,
    /// One slice of the volume.
    OneSlice,
    /// The volume of another case.
    WrongImage,
    /// A condition of the project's own, by its name.
    Other(String),
}

/// One model's answer to one item.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub item: ItemId,
    pub model: String,
    pub condition: Condition,
    /// Exactly as the source wrote it: white space, line ends and special tokens included.
    pub text: String,
    /// The model's explanation, when the source has one.
    pub reasoning: Option<String>,
    /// Row in the source file, counting from 0.
    pub row: u32,
}

/// One judge's verdict on one answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Vote {
    pub item: ItemId,
    pub model: String,
    pub condition: Condition,
    pub judge: String,
    /// `None`: the judge returned no verdict. It is missing, never wrong.
    pub correct: Option<bool>,
    /// The judge's reply could not be parsed and the verdict was copied from another item (`PARSE_ERROR` in the source).
    pub parse_error: bool,
    /// Row in the source file, counting from 0.
    pub row: u32,
}

impl Condition {
    /// Stable name, as written after `@` and stored.
    pub fn name(&self) -> &str {
        match self {
            Condition::Full => "full",
            Condition::TextOnly => "text-only",
            Condition::OneSlice => "one-slice",
            Condition::WrongImage => "wrong-image",
            Condition::Other(name) => name,
        }
    }
}

impl From<String> for Condition {
    fn from(name: String) -> Self {
        match name.as_str() {
            "full" => Condition::Full,
            "text-only" => Condition::TextOnly,
            "one-slice" => Condition::OneSlice,
            "wrong-image" => Condition::WrongImage,
            _ => Condition::Other(name),
        }
    }
}

impl From<Condition> for String {
    fn from(condition: Condition) -> Self {
        condition.name().to_owned()
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether a judge's reasoning says that its reply could not be parsed.
pub fn says_parse_error(reasoning: &str) -> bool {
    reasoning.trim_start().starts_with("PARSE_ERROR")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_keep_their_names() {
        for name in ["full", "text-only", "one-slice", "wrong-image", "blurred"] {
            assert_eq!(Condition::from(name.to_owned()).to_string(), name);
        }
        assert_eq!(Condition::from("text-only".to_owned()), Condition::TextOnly);
    }

    #[test]
    fn parse_errors_are_seen_at_the_start_only() {
        assert!(says_parse_error(" PARSE_ERROR: ["));
        assert!(!says_parse_error("the reply was no PARSE_ERROR"));
    }
}
