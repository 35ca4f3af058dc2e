//! A run: one model under one condition, and the identity of an answer's text.

use super::{Condition, TextHash};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest name of a model, condition or judge, in bytes.
pub const MAX_NAME: usize = 200;

/// Who answered, and what it was shown. Written `MODEL`, or `MODEL@CONDITION` for a control run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ModelRun {
    pub model: String,
    #[serde(default)]
    pub condition: Condition,
}

impl ModelRun {
    pub fn new(model: &str, condition: Condition) -> Self {
        Self { model: model.to_owned(), condition }
    }

    /// Reads `MODEL` or `MODEL@CONDITION`; the condition follows the last `@`.
    ///
    /// Errors, in words, when a part is empty, too long or has control characters.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (model, condition) = match text.rsplit_once('@') {
            None => (text, Condition::Full),
            Some((model, condition)) => (model, Condition::from(run_name("condition", condition)?)),
        };
        Ok(Self { model: run_name("model", model)?, condition })
    }
}

impl fmt::Display for ModelRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.condition {
            Condition::Full => f.write_str(&self.model),
            condition => write!(f, "{}@{condition}", self.model),
        }
    }
}

/// A name as it can be stored, without the white space around it.
///
/// Errors, in words, when it is empty, longer than [`MAX_NAME`] or has control characters.
pub fn run_name(what: &str, name: &str) -> Result<String, String> {
    match name.trim() {
        "" => Err(format!("the {what} has no name")),
        n if n.len() > MAX_NAME => Err(format!("the name of the {what} is longer than {MAX_NAME} bytes")),
        n if n.chars().any(char::is_control) => Err(format!("the name of the {what} has control characters")),
        n => Ok(n.to_owned()),
    }
}

/// SHA-256 over what a person judges: the answer and its explanation.
pub fn answer_hash(text: &str, reasoning: Option<&str>) -> TextHash {
    TextHash::of(text, reasoning.unwrap_or_default(), &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_read_as_they_are_written() {
        for text in ["m3d", "radfm@text-only", "org/my model:7b", "a@b@one-slice", "x@my own"] {
            assert_eq!(ModelRun::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(ModelRun::parse("m3d@full").unwrap().to_string(), "m3d");
        assert_eq!(ModelRun::parse("a@b@one-slice").unwrap(), ModelRun::new("a@b", Condition::OneSlice));
        for bad in ["", " ", "@full", "m@", "m\nn", &"x".repeat(201)] {
            assert!(ModelRun::parse(bad).is_err(), "{bad}");
        }
    }
}
