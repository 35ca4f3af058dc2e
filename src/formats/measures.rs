//! Measures as they are given to others: the JSON of `voxaudit measure`, and tables with one row per label and one per pair.
//!
//! What was not measured is `null` or an empty cell, never 0. Lengths are mm, volumes mL, areas mm², points R, A, S in mm.

use super::table::{Column, Table};
use crate::geometry::measures::{CaseMeasures, Extent, GridSummary, LabelMeasures, PairMeasures};
use crate::geometry::{Rank, length_mm, sides};
use serde::Serialize;
use std::collections::BTreeMap;

/// Version of the JSON.
pub const VERSION: u32 = 1;

/// Of more components than these only the number and the share of the largest are given.
const MOST_COMPONENTS: u64 = 100;

/// One case as JSON.
#[derive(Debug, Serialize)]
pub struct CaseJson<'a> {
    grid: GridJson<'a>,
    labels: Vec<LabelJson<'a>>,
    pairs: Vec<PairJson<'a>>,
    /// Names of labels by measure, largest first.
    rankings: BTreeMap<&'static str, Vec<&'a str>>,
    left_right: Vec<SidesJson<'a>>,
}

#[derive(Debug, Serialize)]
struct GridJson<'a> {
    size: [usize; 3],
    spacing_mm: [f64; 3],
    axes: &'a str,
    oblique_degrees: f64,
}

#[derive(Debug, Serialize)]
struct LabelJson<'a> {
    value: u16,
    name: &'a str,
    layer: usize,
    voxels: u64,
    volume_ml: f64,
    bbox_voxel: Option<[[usize; 3]; 2]>,
    box_ras_mm: Option<[[f64; 3]; 2]>,
    extent_mm: Option<Extent>,
    centroid_ras_mm: Option<[f64; 3]>,
    components: Option<u64>,
    largest_component_share: Option<f64>,
    /// Voxels of each, largest first.
    component_voxels: Option<Vec<u64>>,
    truncated: bool,
    surface_area_mm2: Option<f64>,
    axial_diameter_mm: Option<f64>,
    axial_diameter_ras_mm: Option<[[f64; 3]; 2]>,
    diameter_mm: Option<f64>,
    diameter_ras_mm: Option<[[f64; 3]; 2]>,
    mean_hu: Option<f64>,
    sd_hu: Option<f64>,
    min_hu: Option<f64>,
    max_hu: Option<f64>,
    hu_voxels: Option<u64>,
}

#[derive(Debug, Serialize)]
struct PairJson<'a> {
    a: &'a str,
    b: &'a str,
    centre_distance_mm: f64,
    gap_mm: f64,
    nearest_ras_mm: [[f64; 3]; 2],
    hausdorff_mm: Option<f64>,
    hd95_mm: Option<f64>,
    mean_surface_distance_mm: Option<f64>,
    offset_ras_mm: [f64; 3],
    overlap_share: OverlapJson,
    contact_share: f64,
    contact_share_of_b: f64,
    /// Share of a's voxels in b, and of b's in a.
    contained_share: [f64; 2],
}

#[derive(Debug, Serialize)]
struct OverlapJson {
    rl: f64,
    ap: f64,
    si: f64,
}

#[derive(Debug, Serialize)]
struct SidesJson<'a> {
    left: &'a str,
    right: &'a str,
    volume_ratio: f64,
    truncated: bool,
}

/// Number of components and share of the largest; `None` where shapes were not measured.
fn components(m: &LabelMeasures) -> (Option<u64>, Option<f64>) {
    let Some(sizes) = m.shape.as_ref().map(|s| &s.components) else {
        return if m.voxels == 0 { (Some(0), None) } else { (None, None) };
    };
    (Some(sizes.number()), sizes.largest().map(|n| n as f64 / m.voxels as f64))
}

fn label(m: &LabelMeasures) -> LabelJson<'_> {
    let (place, shape, hu) = (m.place.as_ref(), m.shape.as_ref(), m.hu.as_ref());
    let (components, largest_component_share) = components(m);
    LabelJson {
        value: m.value,
        name: &m.name,
        layer: m.layer,
        voxels: m.voxels,
        volume_ml: m.volume_ml,
        bbox_voxel: place.map(|p| p.bbox_voxel),
        box_ras_mm: place.map(|p| p.box_ras_mm),
        extent_mm: place.map(|p| p.extent),
        centroid_ras_mm: place.map(|p| p.centroid_ras_mm),
        components,
        largest_component_share,
        component_voxels: shape.map(|s| &s.components).filter(|c| c.number() <= MOST_COMPONENTS).map(|c| c.each().collect()),
        truncated: m.truncated,
        surface_area_mm2: shape.map(|s| s.surface_area_mm2),
        axial_diameter_mm: shape.map(|s| length_mm(s.axial_diameter)),
        axial_diameter_ras_mm: shape.map(|s| s.axial_diameter),
        diameter_mm: shape.map(|s| length_mm(s.diameter)),
        diameter_ras_mm: shape.map(|s| s.diameter),
        mean_hu: hu.map(|h| h.mean),
        sd_hu: hu.map(|h| h.sd),
        min_hu: hu.map(|h| h.min),
        max_hu: hu.map(|h| h.max),
        hu_voxels: hu.map(|h| h.voxels),
    }
}

fn pair<'a>(p: &PairMeasures, labels: &'a [LabelMeasures]) -> PairJson<'a> {
    let [rl, ap, si] = p.overlap;
    PairJson {
        a: &labels[p.a].name,
        b: &labels[p.b].name,
        centre_distance_mm: p.centre_distance_mm,
        gap_mm: p.gap_mm,
        nearest_ras_mm: p.nearest,
        hausdorff_mm: p.surface.map(|s| s.hausdorff_mm),
        hd95_mm: p.surface.map(|s| s.hd95_mm),
        mean_surface_distance_mm: p.surface.map(|s| s.mean_surface_distance_mm),
        offset_ras_mm: p.offset_ras_mm,
        overlap_share: OverlapJson { rl, ap, si },
        contact_share: p.contact_share,
        contact_share_of_b: p.contact_share_of_b,
        contained_share: p.contained,
    }
}

/// A case as the JSON of `voxaudit measure` has it.
pub fn json(case: &CaseMeasures) -> CaseJson<'_> {
    let GridSummary { size, spacing_mm, axes, oblique_degrees } = &case.grid;
    let name = |n: usize| case.labels[n].name.as_str();
    let ranking = |rank: Rank| (rank.code(), rank.order(&case.labels).into_iter().map(name).collect());
    CaseJson {
        grid: GridJson { size: *size, spacing_mm: *spacing_mm, axes, oblique_degrees: *oblique_degrees },
        labels: case.labels.iter().map(label).collect(),
        pairs: case.pairs.iter().map(|p| pair(p, &case.labels)).collect(),
        rankings: Rank::ALL.into_iter().map(ranking).collect(),
        left_right: sides(&case.labels)
            .into_iter()
            .map(|s| SidesJson { left: name(s.left), right: name(s.right), volume_ratio: s.ratio, truncated: s.truncated })
            .collect(),
    }
}

/// Rows of one kind from many cases, made into columns.
struct Rows<'a, T>(Vec<(&'a str, &'a CaseMeasures, &'a T)>, Table);

impl<'a, T> Rows<'a, T> {
    fn new(cases: &'a [(String, CaseMeasures)], of: impl Fn(&'a CaseMeasures) -> &'a [T]) -> Self {
        let rows = cases.iter().flat_map(|(id, c)| of(c).iter().map(move |row| (id.as_str(), c, row))).collect();
        let mut out = Self(rows, Table::default());
        out.text("case", |case, _, _| case);
        out
    }

    fn text(&mut self, name: &'static str, cell: impl Fn(&'a str, &'a CaseMeasures, &'a T) -> &'a str) {
        self.1.push(name, Column::Text(self.0.iter().map(|(id, c, row)| Some(cell(id, c, row).to_owned())).collect()));
    }

    fn int(&mut self, name: &'static str, cell: impl Fn(&T) -> Option<u64>) {
        let value = |row: &T| cell(row).and_then(|v| i64::try_from(v).ok());
        self.1.push(name, Column::Int(self.0.iter().map(|(.., row)| value(row)).collect()));
    }

    fn real(&mut self, name: &'static str, cell: impl Fn(&T) -> Option<f64>) {
        self.1.push(name, Column::Real(self.0.iter().map(|(.., row)| cell(row).filter(|v| v.is_finite())).collect()));
    }

    fn flag(&mut self, name: &'static str, cell: impl Fn(&T) -> bool) {
        self.1.push(name, Column::Flag(self.0.iter().map(|(.., row)| Some(cell(row))).collect()));
    }
}

/// One row per label of each case (id, measures).
pub fn label_table(cases: &[(String, CaseMeasures)]) -> Table {
    let mut t = Rows::new(cases, |c| &c.labels[..]);
    t.text("name", |_, _, l: &LabelMeasures| &l.name);
    t.int("value", |l| Some(u64::from(l.value)));
    t.int("layer", |l| Some(l.layer as u64));
    t.int("voxels", |l| Some(l.voxels));
    t.real("volume_ml", |l| Some(l.volume_ml));
    t.flag("truncated", |l| l.truncated);
    let corner = |end: usize, axis: usize| move |l: &LabelMeasures| l.place.map(|p| p.bbox_voxel[end][axis] as u64);
    for (name, end, axis) in [("i0", 0, 0), ("j0", 0, 1), ("k0", 0, 2), ("i1", 1, 0), ("j1", 1, 1), ("k1", 1, 2)] {
        t.int(name, corner(end, axis));
    }
    for (axis, name) in ["centroid_r_mm", "centroid_a_mm", "centroid_s_mm"].into_iter().enumerate() {
        t.real(name, |l| l.place.map(|p| p.centroid_ras_mm[axis]));
    }
    t.int("components", |l| components(l).0);
    t.real("largest_component_share", |l| components(l).1);
    for rank in Rank::ALL.into_iter().filter(|r| *r != Rank::Volume) {
        t.real(rank.code(), |l| rank.of(l));
    }
    t.real("sd_hu", |l| l.hu.map(|h| h.sd));
    t.real("min_hu", |l| l.hu.map(|h| h.min));
    t.real("max_hu", |l| l.hu.map(|h| h.max));
    t.1
}

/// One row per pair of each case (id, measures).
pub fn pair_table(cases: &[(String, CaseMeasures)]) -> Table {
    let mut t = Rows::new(cases, |c| &c.pairs[..]);
    t.text("a", |_, c, p: &PairMeasures| &c.labels[p.a].name);
    t.text("b", |_, c, p| &c.labels[p.b].name);
    t.real("centre_distance_mm", |p| Some(p.centre_distance_mm));
    t.real("gap_mm", |p| Some(p.gap_mm));
    t.real("hausdorff_mm", |p| p.surface.map(|s| s.hausdorff_mm));
    t.real("hd95_mm", |p| p.surface.map(|s| s.hd95_mm));
    t.real("mean_surface_distance_mm", |p| p.surface.map(|s| s.mean_surface_distance_mm));
    for (axis, name) in ["offset_r_mm", "offset_a_mm", "offset_s_mm"].into_iter().enumerate() {
        t.real(name, |p| Some(p.offset_ras_mm[axis]));
    }
    for (axis, name) in ["overlap_rl", "overlap_ap", "overlap_si"].into_iter().enumerate() {
        t.real(name, |p| Some(p.overlap[axis]));
    }
    t.real("contact_share", |p| Some(p.contact_share));
    t.real("contact_share_of_b", |p| Some(p.contact_share_of_b));
    t.real("a_in_b_share", |p| Some(p.contained[0]));
    t.real("b_in_a_share", |p| Some(p.contained[1]));
    t.1
}
