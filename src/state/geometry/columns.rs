//! The columns of the panel's tables, by which their rows are sorted.

use crate::geometry::measures::{CaseMeasures, LabelMeasures, PairMeasures};
use crate::geometry::{Rank, Sides};

/// By a column, ascending or descending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort<C> {
    pub by: C,
    pub descending: bool,
}

/// A column of names starts with A, one of numbers with the largest.
pub trait Column: Copy + PartialEq {
    fn names(self) -> bool;
}

/// Of a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OfLabel {
    Name,
    Measure(Rank),
    /// R, A or S of the centroid.
    Centroid(usize),
    Components,
}

/// Of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OfPair {
    Names,
    Centres,
    Gap,
    /// Along R–L, A–P, S–I: from the second structure to the first.
    Offset(usize),
    Overlap(usize),
    Contact,
    /// Share of the first in the second (0), and of the second in the first (1).
    Inside(usize),
    Hausdorff,
    Hd95,
    MeanSurface,
}

/// Of a left-right pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OfSides {
    Name,
    Left,
    Right,
    Ratio,
}

impl Default for Sort<OfLabel> {
    fn default() -> Self {
        Self { by: OfLabel::Measure(Rank::Volume), descending: true }
    }
}

impl<C: Column> Sort<C> {
    /// By a column; the same one again turns the order round.
    pub fn next(now: Option<Self>, by: C) -> Self {
        let again = now.filter(|s| s.by == by);
        Self { by, descending: again.map_or(!by.names(), |s| !s.descending) }
    }
}

impl Column for OfLabel {
    fn names(self) -> bool {
        self == OfLabel::Name
    }
}

impl Column for OfPair {
    fn names(self) -> bool {
        self == OfPair::Names
    }
}

impl Column for OfSides {
    fn names(self) -> bool {
        self == OfSides::Name
    }
}

impl OfLabel {
    /// `None` for names, and where it is not measured.
    pub fn of(self, m: &LabelMeasures) -> Option<f64> {
        match self {
            OfLabel::Name => None,
            OfLabel::Measure(rank) => rank.of(m),
            OfLabel::Centroid(axis) => m.place.map(|p| p.centroid_ras_mm[axis]),
            OfLabel::Components => m.shape.as_ref().map(|s| s.components.number() as f64),
        }
    }
}

impl OfPair {
    /// `None` for names, and where it is not measured.
    pub fn of(self, p: &PairMeasures) -> Option<f64> {
        let value = match self {
            OfPair::Names => return None,
            OfPair::Centres => p.centre_distance_mm,
            OfPair::Gap => p.gap_mm,
            OfPair::Offset(axis) => p.offset_ras_mm[axis],
            OfPair::Overlap(axis) => p.overlap[axis],
            OfPair::Contact => p.contact_share,
            OfPair::Inside(which) => p.contained[which],
            OfPair::Hausdorff => p.surface?.hausdorff_mm,
            OfPair::Hd95 => p.surface?.hd95_mm,
            OfPair::MeanSurface => p.surface?.mean_surface_distance_mm,
        };
        Some(value).filter(|v| v.is_finite())
    }
}

impl OfSides {
    /// `None` for names.
    pub fn of(self, s: &Sides, measures: &CaseMeasures) -> Option<f64> {
        match self {
            OfSides::Name => None,
            OfSides::Left => Some(measures.labels[s.left].volume_ml),
            OfSides::Right => Some(measures.labels[s.right].volume_ml),
            OfSides::Ratio => Some(s.ratio),
        }
    }
}
