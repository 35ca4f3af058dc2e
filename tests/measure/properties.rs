//! Random labels on random grids: every measure is that of its definition, and transforms as it must.

use super::plain::{Plain, grid, percentile};
use glam::DVec3;
use proptest::prelude::*;
use voxaudit::geometry::measures::{CaseMeasures, PairMeasures};
use voxaudit::geometry::{Options, Pairs, measure_case, measure_pair};
use voxaudit::space::Grid;
use voxaudit::volume::{LabelLayer, LabelSet, LabelVoxels};

type Rows = [[f64; 4]; 3];

const EVERYTHING: Options = Options { shape: true, pairs: Pairs::All, surfaces: true };

fn everything(set: &LabelSet) -> CaseMeasures {
    measure_case(set, None, &EVERYTHING, &()).unwrap()
}

/// Balls, boxes and single voxels of a few labels; later ones take voxels of earlier ones.
fn paint(grid: Grid, blobs: &[(u16, [f64; 3], f64, bool)]) -> LabelLayer {
    let mut voxels = vec![0u16; grid.len()];
    for (n, voxel) in voxels.iter_mut().enumerate() {
        let at = [n % grid.size[0], n / grid.size[0] % grid.size[1], n / grid.size[0] / grid.size[1]];
        for (value, centre, radius, round) in blobs {
            let d = [0, 1, 2].map(|a| (at[a] as f64 - centre[a] * (grid.size[a] as f64 - 1.0)).abs());
            let inside = if *round { d.iter().map(|x| x * x).sum::<f64>() <= radius * radius } else { d.iter().all(|x| x <= radius) };
            if inside {
                *voxel = *value;
            }
        }
    }
    LabelLayer { grid, voxels: LabelVoxels::from_slice(&voxels).unwrap() }
}

fn blobs() -> impl Strategy<Value = Vec<(u16, [f64; 3], f64, bool)>> {
    proptest::collection::vec((1u16..5, proptest::array::uniform3(0.0f64..1.0), 0.3f64..3.5, any::<bool>()), 1..7)
}

fn sizes() -> impl Strategy<Value = [usize; 3]> {
    proptest::array::uniform3(1usize..14)
}

/// Straight, anisotropic to 1:20, turned and sheared.
fn affines() -> impl Strategy<Value = Rows> {
    let spacing = proptest::array::uniform3(prop_oneof![Just(1.0), 0.4f64..2.0, Just(8.0)]);
    let shear = prop_oneof![Just([0.0; 6]), proptest::array::uniform6(-0.9f64..0.9)];
    let order = prop_oneof![Just([0, 1, 2]), Just([2, 0, 1]), Just([1, 0, 2]), Just([0, 2, 1])];
    (spacing, shear, order, any::<[bool; 3]>(), proptest::array::uniform3(-50.0f64..50.0)).prop_map(|(mm, shear, order, flip, origin)| {
        let mut rows = [[0.0; 4]; 3];
        for column in 0..3 {
            let sign = if flip[column] { -1.0 } else { 1.0 };
            rows[order[column]][column] = sign * mm[column];
            rows[order[(column + 1) % 3]][column] = shear[column] * mm[column];
            rows[order[(column + 2) % 3]][column] = shear[column + 3] * mm[column] * 0.5;
        }
        (0..3).for_each(|r| rows[r][3] = origin[r]);
        rows
    })
}

fn close(what: &str, found: f64, expected: f64) -> Result<(), TestCaseError> {
    prop_assert!((found - expected).abs() <= 1e-7 * expected.abs().max(1.0), "{what}: {found}, not {expected}");
    Ok(())
}

fn close3(what: &str, found: [f64; 3], expected: DVec3) -> Result<(), TestCaseError> {
    (0..3).try_for_each(|n| close(what, found[n], expected[n]))
}

fn length([a, b]: [[f64; 3]; 2]) -> f64 {
    DVec3::from(a).distance(b.into())
}

fn check_labels(set: &LabelSet, case: &CaseMeasures) -> Result<(), TestCaseError> {
    for m in &case.labels {
        let layer = &set.layers[m.layer];
        let plain = Plain::of(layer, m.value);
        let (place, shape) = (m.place.unwrap(), m.shape.as_ref().unwrap());
        prop_assert_eq!(m.voxels, plain.voxels.len() as u64);
        close3("centroid", place.centroid_ras_mm, plain.centroid())?;
        let bounds = plain.bounds();
        close3("low corner", place.box_ras_mm[0], bounds[0])?;
        close3("high corner", place.box_ras_mm[1], bounds[1])?;
        close("width", place.extent.width_rl, (bounds[1] - bounds[0]).x)?;
        prop_assert_eq!(shape.components.each().collect::<Vec<_>>(), plain.components());
        let up = layer.grid.affine.closest_axes().iter().position(|a| a.0 == 2).unwrap();
        let [whole, axial] = plain.diameters(up);
        close("diameter", length(shape.diameter), whole)?;
        close("axial diameter", length(shape.axial_diameter), axial)?;
    }
    Ok(())
}

fn check_pairs(set: &LabelSet, case: &CaseMeasures) -> Result<(), TestCaseError> {
    let present = case.labels.len();
    prop_assert_eq!(case.pairs.len(), present * present.saturating_sub(1) / 2);
    for p in &case.pairs {
        let plain = |n: usize| Plain::of(&set.layers[set.table[n].layer], set.table[n].value);
        let (a, b) = (plain(p.a), plain(p.b));
        close3("offset", p.offset_ras_mm, a.centroid() - b.centroid())?;
        close("gap", p.gap_mm, a.gap(&b))?;
        if p.gap_mm > 0.0 {
            close("nearest", length(p.nearest), p.gap_mm)?;
        }
        let distances = a.surface_distances(&b);
        let s = p.surface.unwrap();
        close("Hausdorff", s.hausdorff_mm, *distances.last().unwrap())?;
        close("HD95", s.hd95_mm, percentile(&distances, 0.95))?;
        close("mean", s.mean_surface_distance_mm, distances.iter().sum::<f64>() / distances.len() as f64)?;
        close("contact", p.contact_share, a.contact(&b))?;
        close("contact of b", p.contact_share_of_b, b.contact(&a))?;
        close("a in b", p.contained[0], a.share_in(&b))?;
        close("b in a", p.contained[1], b.share_in(&a))?;
        prop_assert_eq!(measure_pair(set, [p.a, p.b], true, &()).unwrap(), Some(*p), "alone as with the others");
    }
    Ok(())
}

/// The same pair in another file: by names, as the table may be in another order.
fn same_pair(a: &PairMeasures, b: &PairMeasures, scale: f64) -> Result<(), TestCaseError> {
    close("centres", a.centre_distance_mm * scale, b.centre_distance_mm)?;
    close("gap", a.gap_mm * scale, b.gap_mm)?;
    let (s, t) = (a.surface.unwrap(), b.surface.unwrap());
    close("Hausdorff", s.hausdorff_mm * scale, t.hausdorff_mm)?;
    close("HD95", s.hd95_mm * scale, t.hd95_mm)?;
    close("mean", s.mean_surface_distance_mm * scale, t.mean_surface_distance_mm)?;
    close("contact", a.contact_share, b.contact_share)?;
    (0..3).try_for_each(|n| close("overlap", a.overlap[n], b.overlap[n]))
}

/// Voxels stored with axis n of the new file being axis `order[n]` of the old one, reversed where `flip`; the affine follows.
fn stored(layer: &LabelLayer, order: [usize; 3], flip: [bool; 3]) -> LabelLayer {
    let old = layer.grid;
    let size = order.map(|a| old.size[a]);
    let from = |at: [usize; 3]| {
        let mut index = [0; 3];
        (0..3).for_each(|n| index[order[n]] = if flip[n] { size[n] - 1 - at[n] } else { at[n] });
        index
    };
    let m = old.affine.ras_from_voxel();
    let columns = [m.matrix3.x_axis, m.matrix3.y_axis, m.matrix3.z_axis];
    let origin = old.centre_of(from([0; 3])).0;
    let column = |n: usize| columns[order[n]] * if flip[n] { -1.0 } else { 1.0 };
    let rows = [0, 1, 2].map(|r| [column(0)[r], column(1)[r], column(2)[r], origin[r]]);
    let grid = grid(size, rows);
    let mut voxels = vec![0u16; grid.len()];
    for (n, voxel) in voxels.iter_mut().enumerate() {
        let at = [n % size[0], n / size[0] % size[1], n / size[0] / size[1]];
        *voxel = layer.value(from(at));
    }
    LabelLayer { grid, voxels: LabelVoxels::from_slice(&voxels).unwrap() }
}

fn one(layer: LabelLayer) -> LabelSet {
    LabelSet::new(vec![layer], Vec::new(), Vec::new())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn measures_are_those_of_their_definitions(size in sizes(), rows in affines(), blobs in blobs()) {
        let set = one(paint(grid(size, rows), &blobs));
        let case = everything(&set);
        check_labels(&set, &case)?;
        check_pairs(&set, &case)?;
    }

    /// On one grid, and on grids of their own, straight or sheared each in its own way.
    #[test]
    fn layers_overlap(size in sizes(), other in sizes(), rows in affines(), more in affines(), a in blobs(), b in blobs(), own in any::<bool>()) {
        let near = |mut rows: Rows| {
            rows.iter_mut().for_each(|row| row[3] /= 10.0); // so that they meet now and then
            rows
        };
        let (rows, more) = if own { (near(rows), near(more)) } else { (rows, rows) };
        prop_assume!(voxaudit::space::Affine::from_rows(rows).is_ok() && voxaudit::space::Affine::from_rows(more).is_ok());
        let other = if own { other } else { size };
        let layers = vec![paint(grid(size, rows), &a), paint(grid(other, more), &b)];
        let set = LabelSet::new(layers, Vec::new(), Vec::new());
        let case = everything(&set);
        check_labels(&set, &case)?;
        check_pairs(&set, &case)?;
    }

    /// Axis order and direction of the file do not matter.
    #[test]
    fn the_way_a_file_is_stored_does_not_matter(
        size in sizes(), rows in affines(), blobs in blobs(), flip in any::<[bool; 3]>(),
        order in prop_oneof![Just([0usize, 1, 2]), Just([0, 2, 1]), Just([1, 0, 2]), Just([1, 2, 0]), Just([2, 0, 1]), Just([2, 1, 0])],
    ) {
        let layer = paint(grid(size, rows), &blobs);
        let turned = one(stored(&layer, order, flip));
        let (plain, turned) = (everything(&one(layer)), everything(&turned));
        for (a, b) in plain.labels.iter().zip(&turned.labels) {
            prop_assert_eq!((a.value, a.voxels, a.truncated), (b.value, b.voxels, b.truncated));
            close("volume", a.volume_ml, b.volume_ml)?;
            close3("centroid", a.place.unwrap().centroid_ras_mm, b.place.unwrap().centroid_ras_mm.into())?;
            close3("box", a.place.unwrap().box_ras_mm[0], b.place.unwrap().box_ras_mm[0].into())?;
            let (s, t) = (a.shape.as_ref().unwrap(), b.shape.as_ref().unwrap());
            prop_assert_eq!(&s.components, &t.components);
            close("diameter", length(s.diameter), length(t.diameter))?;
            let area = (s.surface_area_mm2, t.surface_area_mm2);
            prop_assert!((area.0 / area.1 - 1.0).abs() < 2e-3, "weights are measured to 1e-4 each: {:?}", area);
        }
        plain.pairs.iter().zip(&turned.pairs).try_for_each(|(a, b)| same_pair(a, b, 1.0))?;
    }

    /// A larger or shifted patient has larger or shifted measures.
    #[test]
    fn scale_and_shift_of_the_affine(size in sizes(), rows in affines(), blobs in blobs(), scale in 0.3f64..3.0, shift in proptest::array::uniform3(-90.0f64..90.0)) {
        let changed = [0, 1, 2].map(|r| [rows[r][0] * scale, rows[r][1] * scale, rows[r][2] * scale, rows[r][3] * scale + shift[r]]);
        let plain = everything(&one(paint(grid(size, rows), &blobs)));
        let other = everything(&one(paint(grid(size, changed), &blobs)));
        for (a, b) in plain.labels.iter().zip(&other.labels) {
            close("volume", a.volume_ml * scale.powi(3), b.volume_ml)?;
            let moved = DVec3::from(a.place.unwrap().centroid_ras_mm) * scale + DVec3::from(shift);
            close3("centroid", b.place.unwrap().centroid_ras_mm, moved)?;
            close("height", a.place.unwrap().extent.height_si * scale, b.place.unwrap().extent.height_si)?;
            let (s, t) = (a.shape.as_ref().unwrap(), b.shape.as_ref().unwrap());
            close("area", s.surface_area_mm2 * scale.powi(2), t.surface_area_mm2)?;
            close("diameter", length(s.diameter) * scale, length(t.diameter))?;
        }
        plain.pairs.iter().zip(&other.pairs).try_for_each(|(a, b)| same_pair(a, b, scale))?;
    }
}
