//! What a demo question asks, in a form that can be computed: from the solids when the demo is made, from voxels in its test.

use crate::generate::phantom::{Phantom, Structure};
use crate::space::{RasBox, RasMm};

/// Where the truth comes from.
pub trait Measures {
    /// Volume in mL; `None` when the structure is absent.
    fn volume_ml(&self, name: &str) -> Option<f64>;
    fn centroid(&self, name: &str) -> Option<RasMm>;
    /// Box along the patient axes.
    fn bounds(&self, name: &str) -> Option<RasBox>;
}

/// One computable question; names are TotalSegmentator's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ask {
    /// Which side of the midline (R = 0)?
    Side(&'static str),
    /// Which of two lies higher?
    Higher(&'static str, &'static str),
    /// Which of two lies further forward?
    Further(&'static str, &'static str),
    /// Which of two lies nearer to the midline?
    Medial(&'static str, &'static str),
    /// The labelled vertebra whose body is nearest in height.
    Level(&'static str),
    /// Between centres, in mm.
    Distance(&'static str, &'static str),
    /// Along a patient axis (0 width, 1 depth, 2 height), in mm.
    Extent(&'static str, usize),
    /// In mL.
    Volume(&'static str),
    /// Is it larger than so many mL?
    LargerThan(&'static str, f64),
    /// The largest of a list.
    Largest(&'static [&'static str]),
    /// Volume of the first divided by that of the second.
    Ratio(&'static str, &'static str),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Truth {
    Word(String),
    /// Value and unit (`mm`, `mL`, `times`).
    Number(f64, &'static str),
}

/// The vertebrae that carry labels, from below.
pub const LEVELS: [&str; 7] =
    ["vertebrae_L4", "vertebrae_L3", "vertebrae_L2", "vertebrae_L1", "vertebrae_T12", "vertebrae_T11", "vertebrae_T10"];

impl Ask {
    /// `None` when a structure is absent.
    pub fn truth(self, m: &dyn Measures) -> Option<Truth> {
        let at = |name: &str, axis: usize| Some(m.centroid(name)?.to_array()[axis]);
        let either = |a: &str, b: &str, first: bool| Some(Truth::Word(spoken(if first { a } else { b })));
        match self {
            Ask::Side(a) => Some(Truth::Word(if at(a, 0)? > 0.0 { "right".into() } else { "left".into() })),
            Ask::Higher(a, b) => either(a, b, at(a, 2)? > at(b, 2)?),
            Ask::Further(a, b) => either(a, b, at(a, 1)? > at(b, 1)?),
            Ask::Medial(a, b) => either(a, b, at(a, 0)?.abs() < at(b, 0)?.abs()),
            Ask::Level(a) => nearest_level(m, at(a, 2)?),
            Ask::Distance(a, b) => Some(Truth::Number((m.centroid(a)?.0 - m.centroid(b)?.0).length(), "mm")),
            Ask::Extent(a, axis) => Some(Truth::Number(m.bounds(a)?.size_mm()[axis], "mm")),
            Ask::Volume(a) => Some(Truth::Number(m.volume_ml(a)?, "mL")),
            Ask::LargerThan(a, ml) => Some(Truth::Word(if m.volume_ml(a)? > ml { "yes".into() } else { "no".into() })),
            Ask::Largest(names) => largest(m, names),
            Ask::Ratio(a, b) => Some(Truth::Number(m.volume_ml(a)? / m.volume_ml(b)?, "times")),
        }
    }
}

fn nearest_level(m: &dyn Measures, s: f64) -> Option<Truth> {
    let levels = LEVELS.iter().filter_map(|&name| Some((name, (m.centroid(name)?.0.z - s).abs())));
    levels.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(name, _)| Truth::Word(spoken(name)))
}

fn largest(m: &dyn Measures, names: &[&'static str]) -> Option<Truth> {
    let volumes: Option<Vec<_>> = names.iter().map(|&name| Some((name, m.volume_ml(name)?))).collect();
    volumes?.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(name, _)| Truth::Word(spoken(name)))
}

/// `kidney_left` as one says it: `left kidney`; `vertebrae_L1` as `L1`.
pub fn spoken(name: &str) -> String {
    if let Some(level) = name.strip_prefix("vertebrae_") {
        return level.to_owned();
    }
    match name.rsplit_once('_') {
        Some((organ, side @ ("left" | "right"))) => format!("{side} {}", organ.replace('_', " ")),
        _ => name.replace('_', " "),
    }
}

impl Measures for Phantom {
    fn volume_ml(&self, name: &str) -> Option<f64> {
        self.get(name).filter(|s| s.exact()).map(Structure::volume_ml)
    }

    fn centroid(&self, name: &str) -> Option<RasMm> {
        self.get(name).filter(|s| s.exact()).map(Structure::centroid)
    }

    fn bounds(&self, name: &str) -> Option<RasBox> {
        self.get(name).filter(|s| s.exact()).map(Structure::bounds)
    }
}
