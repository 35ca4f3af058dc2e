//! Claims: what a sentence says about the geometry of a case, in a form that can be computed, with a text that prints and reads back.
//!
//! # The text form
//!
//! ```text
//! claim     = "not" claim | name "(" arguments ")" [ relation ]
//! relation  = ( "=" | "<" | ">" ) number [ unit ] [ "±" number ( "%" | unit ) ]      ("+-" reads as "±")
//! structure = name of a label, in quotes where it has other signs than letters, digits and "_-.+"
//!             [ "@" case, in quotes in the same way ]
//! unit      = "mm" | "cm" | "mL" | "cc" | "L"                                        (printed in mm and mL)
//! ```
//!
//! | claim | says |
//! |---|---|
//! | `superior(a, b)`, `inferior`, `anterior`, `posterior`, `left_of`, `right_of` | centroid of a to that side of that of b |
//! | `left(a)`, `right(a)`, `midline(a)`, `bilateral(a)` | where a lies about the patient's midline |
//! | `medial(a, b)`, `lateral(a, b)` | a lies nearer to, or further from, the midline than b |
//! | `level(a, vertebrae_L1)` | the centroid of a is at the height of that vertebra |
//! | `volume(a)`, `width(a)`, `depth(a)`, `height(a)`, `diameter(a)`, `axial_diameter(a)`, `components(a)` | with a relation |
//! | `distance(a, b)`, `gap(a, b)`, `ratio(a, b)` | between centroids, between nearest voxels, of volumes; with a relation |
//! | `larger(a, b)`, `wider`, `deeper`, `taller`, `longer` | by volume, R–L, A–P, S–I, diameter; `smaller`, … are the other way round |
//! | `largest(a of b, c)`, `smallest`, `highest`, `lowest`, `most_anterior`, `most_posterior`, `leftmost`, `rightmost` | among a list |
//! | `order(a, b, c, …)` | from the largest volume to the smallest |
//! | `nearer(a, b, c)` | a is nearer to b than to c (gaps) |
//! | `touches(a, b)`, `inside(a, b)` | contact; a lies within b |
//! | `present(a)` | a has voxels |
//!
//! Left and right are the patient's. A number without `±` after `=` is meant within 10 %.

mod read;
mod text;

pub use read::ClaimError;

use serde::{Deserialize, Serialize};

/// A structure by the name of its label, in this case or in another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Named {
    pub name: String,
    /// Another case of the project; `None` is the case that the claim is about.
    pub case: Option<String>,
}

/// A direction in the patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Toward {
    Right,
    Left,
    Anterior,
    Posterior,
    Superior,
    Inferior,
}

/// Where a structure lies about the midline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Laterality {
    Left,
    Right,
    Midline,
    /// On both sides.
    Bilateral,
}

/// What two structures are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Size {
    Volume,
    /// R–L.
    Width,
    /// A–P.
    Depth,
    /// S–I.
    Height,
    /// Longest line in 3D.
    Diameter,
    /// Longest line in an axial slice.
    AxialDiameter,
}

/// A number of one structure or of two.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Quantity {
    Size(Size, Named),
    /// Number of 26-connected parts.
    Components(Named),
    /// Between centroids, mm.
    Distance(Named, Named),
    /// Between nearest voxel centres, mm.
    Gap(Named, Named),
    /// Volume of the first divided by that of the second.
    Ratio(Named, Named),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    Mm,
    Ml,
    /// A ratio or a count.
    One,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// Of the stated value.
    Percent(f64),
    /// In the quantity's unit.
    Absolute(f64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Relation {
    About(f64, Tolerance),
    Below(f64),
    Above(f64),
}

/// By what one of several structures stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rank {
    Largest,
    Smallest,
    /// Furthest to one side of the patient.
    Most(Toward),
}

/// One statement that the measures of a case support, contradict or leave open.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    Not(Box<Claim>),
    Present(Named),
    Direction(Toward, Named, Named),
    Side(Laterality, Named),
    /// The first is nearer to the midline than the second.
    Medial(Named, Named),
    /// The first is further from the midline than the second.
    Lateral(Named, Named),
    /// At the height of a vertebra.
    Level(Named, Named),
    Amount(Quantity, Relation),
    /// The first is more than the second.
    Greater(Size, Named, Named),
    /// The first stands out among the others.
    Extreme(Rank, Named, Vec<Named>),
    /// From the largest volume to the smallest; two at least.
    Order(Vec<Named>),
    /// The first is nearer to the second than to the third.
    Nearer(Named, Named, Named),
    Touches(Named, Named),
    Inside(Named, Named),
}

impl Named {
    /// In the case that the claim is about.
    pub fn here(name: impl Into<String>) -> Self {
        Self { name: name.into(), case: None }
    }

    pub fn elsewhere(name: impl Into<String>, case: impl Into<String>) -> Self {
        Self { name: name.into(), case: Some(case.into()) }
    }
}

impl Toward {
    pub const ALL: [Toward; 6] = [Toward::Right, Toward::Left, Toward::Anterior, Toward::Posterior, Toward::Superior, Toward::Inferior];

    /// Patient axis (0 R, 1 A, 2 S) and sign along it.
    pub fn axis(self) -> (usize, f64) {
        match self {
            Toward::Right => (0, 1.0),
            Toward::Left => (0, -1.0),
            Toward::Anterior => (1, 1.0),
            Toward::Posterior => (1, -1.0),
            Toward::Superior => (2, 1.0),
            Toward::Inferior => (2, -1.0),
        }
    }

    pub fn opposite(self) -> Self {
        match self {
            Toward::Right => Toward::Left,
            Toward::Left => Toward::Right,
            Toward::Anterior => Toward::Posterior,
            Toward::Posterior => Toward::Anterior,
            Toward::Superior => Toward::Inferior,
            Toward::Inferior => Toward::Superior,
        }
    }
}

impl Size {
    pub const ALL: [Size; 6] = [Size::Volume, Size::Width, Size::Depth, Size::Height, Size::Diameter, Size::AxialDiameter];

    pub fn unit(self) -> Unit {
        if self == Size::Volume { Unit::Ml } else { Unit::Mm }
    }

    /// The patient axis it is measured along, if it has one.
    pub fn axis(self) -> Option<usize> {
        match self {
            Size::Width => Some(0),
            Size::Depth => Some(1),
            Size::Height => Some(2),
            Size::Volume | Size::Diameter | Size::AxialDiameter => None,
        }
    }
}

impl Quantity {
    pub fn unit(&self) -> Unit {
        match self {
            Quantity::Size(size, _) => size.unit(),
            Quantity::Distance(..) | Quantity::Gap(..) => Unit::Mm,
            Quantity::Components(_) | Quantity::Ratio(..) => Unit::One,
        }
    }

    pub fn structures(&self) -> Vec<&Named> {
        match self {
            Quantity::Size(_, a) | Quantity::Components(a) => vec![a],
            Quantity::Distance(a, b) | Quantity::Gap(a, b) | Quantity::Ratio(a, b) => vec![a, b],
        }
    }
}

impl Unit {
    pub fn symbol(self) -> &'static str {
        match self {
            Unit::Mm => "mm",
            Unit::Ml => "mL",
            Unit::One => "",
        }
    }
}

impl Relation {
    /// The stated number.
    pub fn value(self) -> f64 {
        match self {
            Relation::About(v, _) | Relation::Below(v) | Relation::Above(v) => v,
        }
    }
}

impl Tolerance {
    pub const USUAL: Tolerance = Tolerance::Percent(10.0);

    /// In the unit of `value`.
    pub fn of(self, value: f64) -> f64 {
        match self {
            Tolerance::Percent(p) => value.abs() * p / 100.0,
            Tolerance::Absolute(t) => t,
        }
    }
}

impl Claim {
    pub fn negated(self) -> Self {
        match self {
            Claim::Not(inner) => *inner,
            other => Claim::Not(Box::new(other)),
        }
    }

    /// What it is about, in the order of its text; a structure may come twice.
    pub fn structures(&self) -> Vec<&Named> {
        match self {
            Claim::Not(inner) => inner.structures(),
            Claim::Present(a) | Claim::Side(_, a) => vec![a],
            Claim::Direction(_, a, b) | Claim::Greater(_, a, b) => vec![a, b],
            Claim::Medial(a, b) | Claim::Lateral(a, b) | Claim::Level(a, b) | Claim::Touches(a, b) | Claim::Inside(a, b) => vec![a, b],
            Claim::Amount(quantity, _) => quantity.structures(),
            Claim::Extreme(_, a, of) => std::iter::once(a).chain(of).collect(),
            Claim::Order(all) => all.iter().collect(),
            Claim::Nearer(a, b, c) => vec![a, b, c],
        }
    }

    /// The pairs whose gap, contact or containment it needs, beyond what each structure has by itself.
    pub fn pairs(&self) -> Vec<[&Named; 2]> {
        match self {
            Claim::Not(inner) => inner.pairs(),
            Claim::Touches(a, b) | Claim::Inside(a, b) | Claim::Amount(Quantity::Gap(a, b), _) => vec![[a, b]],
            Claim::Nearer(a, b, c) => vec![[a, b], [a, c]],
            _ => Vec::new(),
        }
    }
}

/// Claims are stored as their text.
impl Serialize for Claim {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Claim {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}
