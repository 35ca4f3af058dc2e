//! The phantom: a torso whose structures are solids with known measures, drawn as a CT.
//!
//! Guarantees: the same bytes on every run; every labelled structure but the lungs is a union of disjoint solids ([`Shape`]) that no
//! other structure enters (the lesion lies wholly inside the liver), so volume, centroid and box are known without counting voxels.
//! The lungs are an ellipsoid cut by the fissures and by everything that pushes into it; they have no closed form and say so
//! ([`Structure::exact`]). Deliberately not: a model of any person, or anatomy to learn from. Ribs, bowel, vessels and table are scenery
//! that makes it look like a CT; they carry no label.

mod anatomy;
pub(in crate::generate) mod noise;
mod render;
mod scenery;
mod shape;

pub use anatomy::{phantom_a, phantom_b};
pub use noise::hash;
pub use shape::Shape;

use crate::space::{Grid, RasBox, RasMm};
use glam::DVec3;

/// What fills a solid; its HU are in [`render`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tissue {
    Air,
    Lung,
    Fat,
    Muscle,
    Liver,
    Spleen,
    Kidney,
    Blood,
    Heart,
    Vessel,
    Bone,
    Disc,
    Lesion,
    Bowel,
    Fluid,
    Cartilage,
    Table,
}

/// The side of a plane on which `normal · p ≥ offset`.
#[derive(Clone, Copy, Debug)]
pub struct HalfSpace {
    pub normal: DVec3,
    pub offset: f64,
}

/// One labelled structure.
#[derive(Clone, Debug)]
pub struct Structure {
    /// TotalSegmentator's name (`kidney_left`); `liver_lesion` as in its lesion task.
    pub name: &'static str,
    /// Label value in TotalSegmentator's table of 117; the lesion is 118.
    pub value: u16,
    /// sRGB.
    pub color: [u8; 3],
    pub tissue: Tissue,
    /// Disjoint solids.
    pub parts: Vec<Shape>,
    /// Cuts (the lobes' fissures).
    pub cuts: Vec<HalfSpace>,
    /// Solids taken away (the domes of the diaphragm, from the lungs).
    pub without: Vec<Shape>,
    /// True when other structures win where they overlap (the lungs).
    pub yields: bool,
}

/// A solid without a label. `within` draws it only inside structures of that tissue (vessels of liver and lung).
#[derive(Clone, Debug)]
pub struct Paint {
    pub shape: Shape,
    pub tissue: Tissue,
    pub within: Option<Tissue>,
}

/// The outline of the torso: an ellipse whose half axes (mm) hold at S = 0 and swell towards chest and pelvis.
#[derive(Clone, Copy, Debug)]
pub struct Torso {
    pub half_width: f64,
    pub half_depth: f64,
    /// Thickness of the fat under the skin at the sides, in mm.
    pub fat: f64,
    /// S of the diaphragm's top, where the chest begins.
    pub diaphragm: f64,
}

/// One phantom patient.
#[derive(Clone, Debug)]
pub struct Phantom {
    pub id: &'static str,
    /// The CT's grid.
    pub grid: Grid,
    /// The masks' grid.
    pub mask_grid: Grid,
    pub torso: Torso,
    /// Earlier wins where two overlap.
    pub structures: Vec<Structure>,
    pub scenery: Vec<Paint>,
    pub seed: u64,
}

impl Structure {
    /// True when the measures below are exact.
    pub fn exact(&self) -> bool {
        self.cuts.is_empty() && self.without.is_empty() && !self.yields
    }

    /// Inside the solids and cuts, whatever else claims the place.
    pub fn contains(&self, p: DVec3) -> bool {
        self.parts.iter().any(|s| s.contains(p))
            && self.cuts.iter().all(|c| c.normal.dot(p) >= c.offset)
            && !self.without.iter().any(|s| s.contains(p))
    }

    /// Sum of the parts in mL; an upper bound unless [`Structure::exact`].
    pub fn volume_ml(&self) -> f64 {
        self.parts.iter().map(Shape::volume_mm3).sum::<f64>() / 1000.0
    }

    /// Centre of mass of the parts; approximate unless [`Structure::exact`].
    pub fn centroid(&self) -> RasMm {
        let volume: f64 = self.parts.iter().map(Shape::volume_mm3).sum();
        RasMm(self.parts.iter().map(|s| s.centroid() * (s.volume_mm3() / volume)).sum())
    }

    /// Box along the patient axes; an outer bound unless [`Structure::exact`].
    pub fn bounds(&self) -> RasBox {
        let boxes = || self.parts.iter().map(Shape::bounds);
        let min = boxes().map(|b| b.min.0).reduce(DVec3::min).unwrap_or(DVec3::ZERO);
        let max = boxes().map(|b| b.max.0).reduce(DVec3::max).unwrap_or(DVec3::ZERO);
        RasBox { min: RasMm(min), max: RasMm(max) }
    }
}

impl Phantom {
    /// The first structure in order of precedence that holds `p`.
    pub fn structure_at(&self, p: RasMm) -> Option<&Structure> {
        self.structures.iter().find(|s| s.contains(p.0))
    }

    pub fn get(&self, name: &str) -> Option<&Structure> {
        self.structures.iter().find(|s| s.name == name)
    }

    /// True where the mask of `s` is set: inside it, and not taken by something it yields to. The lesion never takes from the liver here.
    pub fn mask_holds(&self, s: &Structure, p: DVec3) -> bool {
        s.contains(p)
            && !(s.yields && self.structures.iter().any(|o| o.value != s.value && (!o.yields || o.value < s.value) && o.contains(p)))
    }
}
