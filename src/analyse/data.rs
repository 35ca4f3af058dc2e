//! What analyses are made from, read at one time.

use crate::geometry::judge::Verdict;
use crate::qa::{Answer, CaseId, Item, ModelRun, Taxonomy, Vote};
use crate::review::ReviewState;
use crate::score::Cleaning;

/// Everything of a project that analyses look at. No reviewer's name gets from here into a chart.
#[derive(Clone, Debug, Default)]
pub struct Data {
    /// What the report is called.
    pub name: String,
    /// In source order.
    pub items: Vec<Item>,
    pub answers: Vec<Answer>,
    pub votes: Vec<Vote>,
    pub review: ReviewState,
    pub geometry: Vec<GeometryVerdict>,
    pub volumes: Volumes,
    pub taxonomy: Taxonomy,
    /// Which faults are cleaned away before scores are made.
    pub cleaning: Cleaning,
}

/// What geometry says of one text that it was held against.
#[derive(Clone, Debug, PartialEq)]
pub struct GeometryVerdict {
    /// Number of the item in [`Data::items`].
    pub item: u32,
    /// `None`: the reference answer.
    pub run: Option<ModelRun>,
    /// `None`: it claims nothing that can be measured.
    pub verdict: Option<Verdict>,
}

/// Volumes of the labels of cases.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Volumes {
    pub all: Vec<StructureVolume>,
    /// Cases whose labels were measured.
    pub cases: usize,
    /// Cases that could not be measured.
    pub failed: usize,
    /// Measuring was not asked for.
    pub left_out: bool,
}

/// One present label of one case.
#[derive(Clone, Debug, PartialEq)]
pub struct StructureVolume {
    pub case: CaseId,
    /// As the file names it.
    pub name: String,
    /// Place in the table of structures, if it has it.
    pub structure: Option<usize>,
    pub ml: f64,
    /// Cut off by the field of view: the volume is a lower bound.
    pub truncated: bool,
}
