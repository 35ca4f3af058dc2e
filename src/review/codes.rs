//! The four criteria, their answers, and the reason codes, with the stable names used in files and on the command line.

use serde::{Deserialize, Serialize};

/// Answer to a criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tri {
    Yes,
    No,
    /// Cannot tell.
    Unsure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Criterion {
    Spatial,
    Supported,
    Unambiguous,
    NeedsVolume,
}

/// Answers to the four criteria; `None` is not answered (nothing is preset).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Criteria {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spatial: Option<Tri>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supported: Option<Tri>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unambiguous: Option<Tri>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs_volume: Option<Tri>,
}

/// Why an item is edited or rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    NotSpatial,
    NotSupported,
    Ambiguous,
    WrongSide,
    WrongLevel,
    WrongMeasure,
    Wording,
    AnswerableWithoutImage,
    Duplicate,
    /// Needs a note.
    Other,
}

impl Tri {
    pub const ALL: [Tri; 3] = [Tri::Yes, Tri::No, Tri::Unsure];

    pub fn code(self) -> &'static str {
        match self {
            Tri::Yes => "yes",
            Tri::No => "no",
            Tri::Unsure => "unsure",
        }
    }

    pub fn parse(s: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.code() == s)
    }
}

impl Criterion {
    pub const ALL: [Criterion; 4] = [Criterion::Spatial, Criterion::Supported, Criterion::Unambiguous, Criterion::NeedsVolume];

    pub fn code(self) -> &'static str {
        match self {
            Criterion::Spatial => "spatial",
            Criterion::Supported => "supported",
            Criterion::Unambiguous => "unambiguous",
            Criterion::NeedsVolume => "needs-volume",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Criterion::NeedsVolume => "needs volume",
            other => other.code(),
        }
    }

    /// The reviewer's guideline, as `conventions.md` words it in meaning.
    pub fn guideline(self) -> &'static str {
        match self {
            Criterion::Spatial => {
                "Answering needs reasoning about location, orientation, relative position, extent or laterality visible in the image. \
                 Whether something is merely present is not spatial."
            }
            Criterion::Supported => "The reference answer follows from the image, or from the report when no image is loaded.",
            Criterion::Unambiguous => "There is one reading of the question and one short answer.",
            Criterion::NeedsVolume => "Wording, prior knowledge or a single slice are not enough to answer.",
        }
    }

    pub fn parse(s: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.code() == s)
    }
}

impl Criteria {
    /// What a one-key accept means.
    pub const ALL_YES: Criteria =
        Criteria { spatial: Some(Tri::Yes), supported: Some(Tri::Yes), unambiguous: Some(Tri::Yes), needs_volume: Some(Tri::Yes) };

    pub fn get(&self, c: Criterion) -> Option<Tri> {
        match c {
            Criterion::Spatial => self.spatial,
            Criterion::Supported => self.supported,
            Criterion::Unambiguous => self.unambiguous,
            Criterion::NeedsVolume => self.needs_volume,
        }
    }

    pub fn set(&mut self, c: Criterion, value: Option<Tri>) {
        match c {
            Criterion::Spatial => self.spatial = value,
            Criterion::Supported => self.supported = value,
            Criterion::Unambiguous => self.unambiguous = value,
            Criterion::NeedsVolume => self.needs_volume = value,
        }
    }
}

impl Reason {
    pub const ALL: [Reason; 10] = [
        Reason::NotSpatial,
        Reason::NotSupported,
        Reason::Ambiguous,
        Reason::WrongSide,
        Reason::WrongLevel,
        Reason::WrongMeasure,
        Reason::Wording,
        Reason::AnswerableWithoutImage,
        Reason::Duplicate,
        Reason::Other,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Reason::NotSpatial => "not-spatial",
            Reason::NotSupported => "not-supported",
            Reason::Ambiguous => "ambiguous",
            Reason::WrongSide => "wrong-side",
            Reason::WrongLevel => "wrong-level",
            Reason::WrongMeasure => "wrong-measure",
            Reason::Wording => "wording",
            Reason::AnswerableWithoutImage => "answerable-without-image",
            Reason::Duplicate => "duplicate",
            Reason::Other => "other",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Reason::NotSpatial => "not spatial",
            Reason::NotSupported => "not supported",
            Reason::Ambiguous => "ambiguous",
            Reason::WrongSide => "wrong side",
            Reason::WrongLevel => "wrong level",
            Reason::WrongMeasure => "wrong measure or unit",
            Reason::Wording => "wording",
            Reason::AnswerableWithoutImage => "answerable without the image",
            Reason::Duplicate => "duplicate",
            Reason::Other => "other (needs a note)",
        }
    }

    pub fn parse(s: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.code() == s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_match_the_serialised_names() {
        for r in Reason::ALL {
            assert_eq!(serde_json::to_string(&r).unwrap(), format!("\"{}\"", r.code()));
            assert_eq!(Reason::parse(r.code()), Some(r));
        }
        for t in Tri::ALL {
            assert_eq!(serde_json::to_string(&t).unwrap(), format!("\"{}\"", t.code()));
        }
        let all = serde_json::to_value(Criteria::ALL_YES).unwrap();
        for c in Criterion::ALL {
            assert_eq!(all[c.code()], "yes");
        }
    }
}
