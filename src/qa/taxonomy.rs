//! The error taxonomy: types, sub-codes and escapes with their definitions, examples and keys, as data.
//!
//! The program brings one (`assets/taxonomy.json`); a project can bring its own file of the same layout. Labels name the taxonomy and its
//! version, so that an old label keeps its meaning when a newer taxonomy is in use. Codes are unique over the whole taxonomy.

use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt;
use std::sync::OnceLock;

/// Which taxonomy a label's codes are from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TaxonomyId {
    pub name: String,
    pub version: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taxonomy {
    /// Always [`SCHEMA`].
    pub schema: String,
    pub name: String,
    /// Raised when the meaning of a code changes.
    pub version: String,
    #[serde(default)]
    pub about: String,
    /// In the order in which the steps of an answer can break; escapes last.
    pub types: Vec<ErrorType>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorType {
    pub code: String,
    pub name: String,
    /// One letter, unique among types.
    pub key: String,
    /// Not the model's error: reference wrong, unanswerable, judge wrong.
    #[serde(default)]
    pub escape: bool,
    pub definition: String,
    #[serde(default)]
    pub examples: Vec<Example>,
    #[serde(default)]
    pub codes: Vec<SubCode>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubCode {
    pub code: String,
    pub name: String,
    /// One digit or letter, unique within the type.
    pub key: String,
    pub definition: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub question: String,
    pub reference: String,
    pub answer: String,
    /// Why it is of this type.
    pub why: String,
}

pub const SCHEMA: &str = "voxaudit.taxonomy";
const BUILT_IN: &str = include_str!("../../assets/taxonomy.json");

impl Taxonomy {
    /// The one the program brings.
    pub fn built_in() -> &'static Taxonomy {
        static PARSED: OnceLock<Taxonomy> = OnceLock::new();
        PARSED.get_or_init(|| Self::from_json(BUILT_IN).unwrap_or_default()) // a test reads it
    }

    /// Reads and checks a taxonomy.
    ///
    /// Errors, in one line, say where the JSON is no taxonomy or which code, name or key is wrong.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let taxonomy: Self = serde_json::from_str(text).map_err(|e| format!("no taxonomy: {e}"))?;
        taxonomy.problem().map_or(Ok(taxonomy), Err)
    }

    pub fn id(&self) -> TaxonomyId {
        TaxonomyId { name: self.name.clone(), version: self.version.clone() }
    }

    pub fn error_type(&self, code: &str) -> Option<&ErrorType> {
        self.types.iter().find(|t| t.code == code)
    }

    /// A sub-code and the type it belongs to.
    pub fn sub_code(&self, code: &str) -> Option<(&ErrorType, &SubCode)> {
        self.types.iter().find_map(|t| Some((t, t.codes.iter().find(|c| c.code == code)?)))
    }

    fn problem(&self) -> Option<String> {
        if self.schema != SCHEMA {
            return Some(format!("no taxonomy: \"schema\" is not \"{SCHEMA}\""));
        }
        for (what, text) in [("name", &self.name), ("version", &self.version)] {
            if let Err(why) = super::run_name(what, text) {
                return Some(format!("the taxonomy: {why}"));
            }
        }
        if self.types.is_empty() {
            return Some("the taxonomy has no types".into());
        }
        self.code_problem().or_else(|| self.key_problem())
    }

    fn code_problem(&self) -> Option<String> {
        let mut seen = HashSet::new();
        let all = self.types.iter().flat_map(|t| {
            let subs = t.codes.iter().map(|c| (&c.code, &c.name, &c.definition));
            std::iter::once((&t.code, &t.name, &t.definition)).chain(subs)
        });
        for (code, name, definition) in all {
            if code.is_empty() || code.len() > 60 || !code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
                return Some(format!("the code '{code}' must be of the letters a to z, digits and '-'"));
            }
            if name.trim().is_empty() || definition.trim().is_empty() {
                return Some(format!("'{code}' needs a name and a definition"));
            }
            if !seen.insert(code) {
                return Some(format!("the code '{code}' comes twice"));
            }
        }
        None
    }

    fn key_problem(&self) -> Option<String> {
        let groups = std::iter::once(self.types.iter().map(|t| (&t.code, &t.key)).collect::<Vec<_>>())
            .chain(self.types.iter().map(|t| t.codes.iter().map(|c| (&c.code, &c.key)).collect()));
        for group in groups {
            let mut seen = HashSet::new();
            for (code, key) in group {
                if key.len() != 1 || !key.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
                    return Some(format!("the key '{key}' of '{code}' must be one letter A to Z or a digit"));
                }
                if !seen.insert(key) {
                    return Some(format!("the key '{key}' of '{code}' is taken"));
                }
            }
        }
        None
    }
}

impl fmt::Display for TaxonomyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_taxonomy_has_the_agreed_types() {
        let taxonomy = Taxonomy::from_json(BUILT_IN).unwrap();
        let types: Vec<(&str, bool)> = taxonomy.types.iter().map(|t| (t.name.as_str(), t.escape)).collect();
        let expected = [
            ("visual perception", false),
            ("relational", false),
            ("numeric", false),
            ("linguistic", false),
            ("reference wrong", true),
            ("unanswerable", true),
            ("judge wrong", true),
        ];
        assert_eq!(types, expected);
        assert!(taxonomy.types.iter().all(|t| !t.examples.is_empty()));
        let (of, swap) = taxonomy.sub_code("frame-swap").unwrap();
        assert_eq!((of.code.as_str(), swap.name.as_str()), ("relational", "frame swap"));
        assert_eq!(taxonomy.id().to_string(), "ct-spatial-errors 1");
        assert_eq!(Taxonomy::built_in(), &taxonomy);
    }

    #[test]
    fn bad_taxonomies_are_refused_in_one_line() {
        let fails = |from: &str, to: &str, words: &str| {
            let text = BUILT_IN.replacen(from, to, 1);
            assert_ne!(text, BUILT_IN, "{from}");
            let why = Taxonomy::from_json(&text).unwrap_err();
            assert!(why.contains(words) && !why.contains('\n'), "{why}");
        };
        fails("voxaudit.taxonomy", "other", "schema");
        fails("\"ct-spatial-errors\"", "\" \"", "no name");
        fails("\"version\": \"1\"", "\"version\": 1", "line 4");
        fails("\"code\": \"numeric\"", "\"code\": \"relational\"", "'relational' comes twice");
        fails("\"code\": \"side\"", "\"code\": \"Wrong side\"", "'Wrong side' must be");
        fails("\"key\": \"R\"", "\"key\": \"V\"", "'V' of 'relational' is taken");
        fails("\"key\": \"R\"", "\"key\": \"Ctrl\"", "one letter");
        fails("\"escape\": true", "\"excape\": true", "excape");
        fails("\"definition\": \"Says that something visible is absent.\"", "\"definition\": \"\"", "definition");
        assert!(Taxonomy::from_json("[]").is_err() && Taxonomy::from_json("{").is_err());
    }
}
