//! What is measured of a case's labels: plain values, in patient space, that everything else (tables, claims, drawings) reads.
//!
//! World is RAS+ mm. Absent labels (0 voxels) have no place and no shape: their optional parts are `None`, never 0 or NaN.

use serde::{Deserialize, Serialize};

/// Length of the world-aligned box around whole voxels, mm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Extent {
    /// R–L.
    pub width_rl: f64,
    /// A–P.
    pub depth_ap: f64,
    /// S–I.
    pub height_si: f64,
}

/// HU of the voxels of a label, each CT value read at the centre of a label's voxel (nearest CT voxel).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelHu {
    pub mean: f64,
    /// Population standard deviation.
    pub sd: f64,
    pub min: f64,
    pub max: f64,
    /// Voxels that lie in the CT and have a finite value; the others are left out.
    pub voxels: u64,
}

/// Where a label is; only of labels that are present.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Inclusive voxel indices in file order: first and last.
    pub bbox_voxel: [[usize; 3]; 2],
    /// World-aligned box around whole voxels, RAS mm: lowest and highest corner.
    pub box_ras_mm: [[f64; 3]; 2],
    pub extent: Extent,
    /// Mean of the voxel centres, RAS mm.
    pub centroid_ras_mm: [f64; 3],
}

/// Sizes of a label's components in voxels: `[size, how many of that size]`, largest first. A label of noise has millions of components
/// but few sizes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentSizes(Vec<[u64; 2]>);

impl ComponentSizes {
    /// Of the size of each component, in any order.
    pub fn new(mut sizes: Vec<u64>) -> Self {
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        Self(sizes.chunk_by(|a, b| a == b).map(|alike| [alike[0], alike.len() as u64]).collect())
    }

    /// How many components there are.
    pub fn number(&self) -> u64 {
        self.0.iter().map(|[_, many]| many).sum()
    }

    /// Voxels of the largest; `None` where there is none.
    pub fn largest(&self) -> Option<u64> {
        self.0.first().map(|[size, _]| *size)
    }

    /// Voxels of each component, largest first.
    pub fn each(&self) -> impl Iterator<Item = u64> {
        self.0.iter().flat_map(|[size, many]| std::iter::repeat_n(*size, *many as usize))
    }
}

/// The shape of a label; costs more than counting, so it may be left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// 26-connected components.
    pub components: ComponentSizes,
    /// mm².
    pub surface_area_mm2: f64,
    /// Ends of the longest line between voxel centres within one slice of the axis closest to S, RAS mm.
    pub axial_diameter: [[f64; 3]; 2],
    /// The same in 3D.
    pub diameter: [[f64; 3]; 2],
}

/// One label of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelMeasures {
    pub value: u16,
    pub layer: usize,
    /// As the file gives it.
    pub name: String,
    pub voxels: u64,
    /// voxels × |det A|.
    pub volume_ml: f64,
    /// Touches the border of the field of view: volume and extent are lower bounds.
    pub truncated: bool,
    pub place: Option<Place>,
    pub shape: Option<Shape>,
    pub hu: Option<LabelHu>,
}

/// Two labels of a case, as indices into [`CaseMeasures::labels`]; both are present.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairMeasures {
    pub a: usize,
    pub b: usize,
    /// Between centroids.
    pub centre_distance_mm: f64,
    /// centroid(a) − centroid(b).
    pub offset_ras_mm: [f64; 3],
    /// Smallest distance between voxel centres of the two; 0 where they share a voxel.
    pub gap_mm: f64,
    /// A nearest pair of voxel centres, of a and of b, RAS mm.
    pub nearest: [[f64; 3]; 2],
    pub surface: Option<SurfaceDistances>,
    /// Length shared by the two boxes along R–L, A–P and S–I as a share of the shorter one; 0 where they are apart.
    pub overlap: [f64; 3],
    /// Share of a's boundary voxels that touch b (26-neighbours or shared voxels).
    pub contact_share: f64,
    /// The same of b's boundary voxels.
    pub contact_share_of_b: f64,
    /// Share of a's voxels whose centre lies in b, and of b's in a.
    pub contained: [f64; 2],
}

/// Over boundary voxel centres of both labels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SurfaceDistances {
    pub hausdorff_mm: f64,
    pub hd95_mm: f64,
    /// Unweighted: every boundary voxel of either label counts once.
    pub mean_surface_distance_mm: f64,
}

/// The grid of the first layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GridSummary {
    pub size: [usize; 3],
    pub spacing_mm: [f64; 3],
    /// Orientation of the file's axes: `RAS`, `LPS`, …
    pub axes: String,
    pub oblique_degrees: f64,
}

/// Everything measured of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseMeasures {
    pub grid: GridSummary,
    /// Every named or present label, by layer and value, as in `volume::LabelSet::table`.
    pub labels: Vec<LabelMeasures>,
    /// Those that were asked for, a before b.
    pub pairs: Vec<PairMeasures>,
}

impl CaseMeasures {
    /// Takes over what `newer` measures of the same labels, and keeps what it does not.
    pub fn absorb(&mut self, newer: CaseMeasures) {
        for (mine, new) in self.labels.iter_mut().zip(newer.labels) {
            mine.shape = new.shape.or_else(|| mine.shape.take());
            mine.hu = new.hu.or(mine.hu);
        }
        newer.pairs.into_iter().for_each(|pair| self.absorb_pair(pair));
    }

    /// Takes from an `older` measurement of the same labels what this one does not have.
    pub fn fill_from(&mut self, older: &CaseMeasures) {
        for (mine, old) in self.labels.iter_mut().zip(&older.labels) {
            if mine.shape.is_none() {
                mine.shape.clone_from(&old.shape);
            }
            mine.hu = mine.hu.or(old.hu);
        }
        older.pairs.iter().for_each(|pair| self.absorb_pair(*pair));
    }

    /// One pair, unless more of it is known.
    pub fn absorb_pair(&mut self, pair: PairMeasures) {
        match self.pairs.iter_mut().find(|p| [p.a, p.b] == [pair.a, pair.b]) {
            Some(known) if pair.surface.is_none() && known.surface.is_some() => {}
            Some(known) => *known = pair,
            None => self.pairs.push(pair),
        }
    }
}
