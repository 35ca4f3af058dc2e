//! What a judgement is drawn with: plain points, lines and boxes in patient space (RAS+, mm), with the numbers that belong to them.

use super::super::claim::Unit;
use crate::space::Plane;
use serde::{Deserialize, Serialize};

/// One structure of a claim, as it was found in the case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// As the claim names it.
    pub name: String,
    /// Indices into `CaseMeasures::labels`: several where a structure is made of several labels, none for one of another case.
    pub labels: Vec<usize>,
    /// World-aligned box, lowest and highest corner; `None` for an absent structure or one of another case.
    pub box_ras_mm: Option<[[f64; 3]; 2]>,
    pub centroid_ras_mm: Option<[f64; 3]>,
}

/// What a line shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineKind {
    /// Between two centroids.
    Centres,
    /// Between a nearest pair of voxels.
    Gap,
    /// A width, depth, height or diameter of one structure.
    Extent,
    /// Along one patient axis, between the projections of two centroids on it, or from the midline to a centroid.
    Offset,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub kind: LineKind,
    pub ends: [[f64; 3]; 2],
    pub length_mm: f64,
}

/// What lights up with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Index into [`Evidence::parts`].
    Part(usize),
    /// Index into [`Evidence::lines`].
    Line(usize),
}

/// A number that the judgement used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Number {
    /// `volume of liver`, `R offset of spleen from midline`: as one reads it.
    pub what: String,
    pub value: f64,
    pub unit: Unit,
    /// The structure is cut by the edge of the field of view: the true number is larger.
    pub at_least: bool,
    pub mark: Option<Mark>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The structures of the claim, each once, in the order of its text.
    pub parts: Vec<Part>,
    pub lines: Vec<Line>,
    /// Patient axis (0 R–L, 1 A–P, 2 S–I) that the claim is about, onto which centroids are projected.
    pub axis: Option<usize>,
    /// R of the patient's midline, where the claim needs it, mm.
    pub midline_r: Option<f64>,
    /// The plane that shows it best, and a point in it.
    pub plane: Option<Plane>,
    pub at: Option<[f64; 3]>,
}

impl Line {
    pub fn new(kind: LineKind, ends: [[f64; 3]; 2]) -> Self {
        let length_mm = (0..3).map(|n| (ends[1][n] - ends[0][n]).powi(2)).sum::<f64>().sqrt();
        Self { kind, ends, length_mm }
    }
}

impl Evidence {
    /// Adds a line and returns its mark.
    pub(super) fn line(&mut self, kind: LineKind, ends: [[f64; 3]; 2]) -> Option<Mark> {
        self.lines.push(Line::new(kind, ends));
        Some(Mark::Line(self.lines.len() - 1))
    }

    /// The mark of a structure's outline and box.
    pub(super) fn part(&self, name: &str) -> Option<Mark> {
        self.parts.iter().position(|p| p.name == name).map(Mark::Part)
    }

    /// Chooses the plane in which lines and axis lie best, through the middle of what is drawn.
    pub(super) fn aim(&mut self) {
        self.plane = Some(self.best_plane());
        let line = self.lines.first().map(|l| [0, 1, 2].map(|n| f64::midpoint(l.ends[0][n], l.ends[1][n])));
        self.at = line.or_else(|| self.parts.iter().find_map(|p| p.centroid_ras_mm));
    }

    /// Along S–I the coronal plane shows both sides; along R–L and A–P the axial one does. Any other line
    /// lies in the plane that its shortest component is perpendicular to.
    fn best_plane(&self) -> Plane {
        match (self.axis, self.lines.first()) {
            (Some(2), _) => Plane::Coronal,
            (Some(_), _) => Plane::Axial,
            (None, Some(line)) => {
                let along = |p: &Plane| (line.ends[1][p.normal_axis()] - line.ends[0][p.normal_axis()]).abs();
                Plane::ALL.into_iter().min_by(|a, b| along(a).total_cmp(&along(b))).unwrap_or(Plane::Axial)
            }
            (None, None) => Plane::Axial,
        }
    }
}
