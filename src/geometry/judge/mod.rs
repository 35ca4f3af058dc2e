//! Holds claims against the measures of a case: supports, contradicts or undetermined, with the numbers, the margin and the reason.
//!
//! Every number is a range: a structure that is cut by the edge of the field of view has a volume and an extent of at least what is
//! seen, a gap of at most what is seen, and a centroid that may lie further out of the cut face. A claim is decided only when the whole
//! range, widened by a margin ([`Margins`]), lies on one side; otherwise the verdict is undetermined and says why. Nothing is guessed.
//!
//! A structure that the labels hold only in parts is put together from them (a lung from its lobes, `kidneys` from both); one that is
//! not labelled at all is missing, which is not the same as labelled and absent.

mod body;
mod evidence;
mod figure;
mod judging;
#[cfg(test)]
pub(crate) mod made;
mod quantity;
mod subject;
#[cfg(test)]
mod tests;

pub use body::midline_r;
pub use evidence::{Evidence, Line, LineKind, Mark, Number, Part};
pub use figure::{Figure, OfOne, OfTwo};
pub use judging::Judge;
pub use subject::{indices, indices_among, is_known};

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Supports,
    Contradicts,
    Undetermined,
}

/// Why a claim is undetermined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "why", content = "what")]
pub enum Reason {
    /// No label of that name.
    Missing(String),
    /// Several labels with voxels are this structure by name.
    Several(String),
    /// Labelled, and without a voxel in this case.
    Absent(String),
    /// Cut by the edge of the field of view in a way that matters here.
    Truncated(String),
    /// The numbers differ by less than the margin.
    WithinMargin,
    /// The two lie beside each other along the axis in question.
    Overlapping,
    /// On both sides of the midline.
    BothSides(String),
    /// No spine, sternum or pair of organs tells where the midline is.
    NoMidline,
    /// A number that the measures do not hold: `gap`, `diameter`, ….
    NotMeasured(String),
    /// Another case that the claim refers to has no measures here.
    OtherCase(String),
}

/// How far apart numbers must be before they decide. Lengths in mm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Margins {
    /// Between centroids along an axis; the largest voxel edge where that is more.
    pub direction_mm: f64,
    /// From the midline, to be on one side of it.
    pub midline_mm: f64,
    /// From the midline, to be clearly off it.
    pub off_midline_mm: f64,
    /// Of the stated number: volumes, ratios.
    pub volume_share: f64,
    /// Of lengths and distances, where the largest voxel edge is less.
    pub length_mm: f64,
    /// Share of a structure in or around another one from which it is inside.
    pub inside_share: f64,
}

impl Default for Margins {
    fn default() -> Self {
        Self { direction_mm: 5.0, midline_mm: 10.0, off_midline_mm: 20.0, volume_share: 0.05, length_mm: 2.0, inside_share: 0.9 }
    }
}

/// A claim held against a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    pub verdict: Verdict,
    /// Only of undetermined claims.
    pub reason: Option<Reason>,
    /// What was compared; the first is what the verdict hangs on.
    pub numbers: Vec<Number>,
    /// How far the decisive number lies beyond its limit, in its unit, positive in favour of the claim; `None` where none was compared.
    pub clearance: Option<f64>,
    /// What had to be exceeded for a verdict, in the same unit.
    pub margin: Option<f64>,
    pub evidence: Evidence,
}

impl Verdict {
    pub const ALL: [Verdict; 3] = [Verdict::Supports, Verdict::Contradicts, Verdict::Undetermined];

    pub fn word(self) -> &'static str {
        match self {
            Verdict::Supports => "supports",
            Verdict::Contradicts => "contradicts",
            Verdict::Undetermined => "undetermined",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.word() == word)
    }

    /// Of the opposite claim.
    pub fn negated(self) -> Self {
        match self {
            Verdict::Supports => Verdict::Contradicts,
            Verdict::Contradicts => Verdict::Supports,
            Verdict::Undetermined => Verdict::Undetermined,
        }
    }

    /// Of several claims that must all hold; `None` of none.
    pub fn all(verdicts: impl IntoIterator<Item = Self>) -> Option<Self> {
        let rank = |v: &Self| match v {
            Verdict::Contradicts => 2,
            Verdict::Undetermined => 1,
            Verdict::Supports => 0,
        };
        verdicts.into_iter().max_by_key(rank)
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reason::Missing(name) => write!(f, "{name} is not among the labels"),
            Reason::Several(name) => write!(f, "several labels are called {name}"),
            Reason::Absent(name) => write!(f, "{name} has no voxel in this case"),
            Reason::Truncated(name) => write!(f, "{name} is cut by the edge of the field of view"),
            Reason::WithinMargin => f.write_str("within the margin"),
            Reason::Overlapping => f.write_str("overlapping"),
            Reason::BothSides(name) => write!(f, "{name} lies on both sides"),
            Reason::NoMidline => f.write_str("no structure tells where the midline is"),
            Reason::NotMeasured(what) => write!(f, "{what} is not measured"),
            Reason::OtherCase(case) => write!(f, "case {case} is not measured"),
        }
    }
}
