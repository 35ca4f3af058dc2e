//! The phantom against its own construction: measures counted from voxels must agree with the solids' closed forms.

use glam::DVec3;
use sha2::{Digest, Sha256};
use voxaudit::generate::phantom::{Phantom, Structure, phantom_a, phantom_b};
use voxaudit::space::RasMm;

fn both() -> [Phantom; 2] {
    [phantom_a().unwrap(), phantom_b().unwrap()]
}

/// Volume in mL and centroid of a mask, counted.
fn counted(p: &Phantom, mask: &[u8]) -> (f64, DVec3) {
    let [ni, nj, _] = p.mask_grid.size;
    let mut sum = DVec3::ZERO;
    let mut n = 0.0;
    for (at, _) in mask.iter().enumerate().filter(|(_, m)| **m != 0) {
        sum += p.mask_grid.centre_of([at % ni, at / ni % nj, at / (ni * nj)]).0;
        n += 1.0;
    }
    (n * p.mask_grid.affine.voxel_volume_mm3() / 1000.0, sum / n)
}

fn get<'a>(p: &'a Phantom, name: &str) -> &'a Structure {
    p.get(name).unwrap_or_else(|| panic!("{name} is missing in {}", p.id))
}

#[test]
fn voxel_counts_agree_with_the_closed_forms() {
    for p in both() {
        for s in p.structures.iter().filter(|s| s.exact()) {
            let (ml, centroid) = counted(&p, &p.render_mask(s));
            let expected = s.volume_ml();
            assert!((ml / expected - 1.0).abs() < 0.06, "{} {}: {ml:.1} mL counted, {expected:.1} mL by formula", p.id, s.name);
            let off = (centroid - s.centroid().0).length();
            assert!(off < 1.0, "{} {}: centroid off by {off:.2} mm", p.id, s.name);
        }
    }
}

#[test]
fn exact_structures_are_disjoint_but_for_the_lesion_inside_the_liver() {
    for p in both() {
        let exact: Vec<_> = p.structures.iter().filter(|s| s.exact()).collect();
        let liver = get(&p, "liver");
        for (n, a) in exact.iter().enumerate() {
            for_points(a, |q| {
                assert!(a.name != "liver_lesion" || liver.contains(q), "{}: the lesion leaves the liver at {q}", p.id);
                for b in exact.iter().skip(n + 1) {
                    let nested = a.name == "liver_lesion" && b.name == "liver";
                    assert!(nested || !b.contains(q), "{}: {} and {} overlap at {q}", p.id, a.name, b.name);
                }
            });
        }
    }
}

/// Points 2 mm apart inside a structure.
fn for_points(s: &Structure, mut visit: impl FnMut(DVec3)) {
    let b = s.bounds();
    let n = (b.size_mm() / 2.0).ceil();
    for x in 0..n.x as usize {
        for y in 0..n.y as usize {
            for z in 0..n.z as usize {
                let q = b.min.0 + DVec3::new(x as f64, y as f64, z as f64) * 2.0;
                if s.contains(q) {
                    visit(q);
                }
            }
        }
    }
}

#[test]
fn every_labelled_structure_lies_inside_both_grids() {
    for p in both() {
        for s in &p.structures {
            let b = s.bounds();
            for corner in 0..8 {
                let at = |axis: usize| if corner >> axis & 1 == 0 { b.min.0[axis] } else { b.max.0[axis] };
                let point = RasMm::new(at(0), at(1), at(2));
                assert!(p.grid.nearest(point).is_some(), "{} {} leaves the CT at {point:?}", p.id, s.name);
                assert!(p.mask_grid.nearest(point).is_some(), "{} {} leaves the masks' grid at {point:?}", p.id, s.name);
            }
        }
    }
}

#[test]
fn organs_lie_where_a_radiologist_looks_for_them() {
    for p in both() {
        let at = |name: &str| get(&p, name).centroid().0;
        assert!(at("liver").x > 20.0 && at("spleen").x < -60.0, "liver right, spleen left");
        assert!(at("kidney_right").x > 40.0 && at("kidney_left").x < -40.0);
        assert!(at("kidney_right").z < at("liver").z && at("heart").z > at("liver").z);
        assert!(at("aorta").x < 0.0 && at("aorta").y > at("vertebrae_L2").y, "aorta left of the midline, before the spine");
        assert!(at("vertebrae_L4").z < at("vertebrae_L3").z && at("vertebrae_L1").z < at("vertebrae_T12").z);
        assert!(at("lung_lower_lobe_left").x < 0.0 && at("lung_middle_lobe_right").x > 0.0);
    }
}

#[test]
fn ct_values_are_those_of_the_tissues() {
    let p = phantom_a().unwrap();
    let ct = p.render_ct();
    let mean_around = |point: DVec3| {
        let [i, j, k] = p.grid.nearest(RasMm(point)).unwrap();
        let around = (0..27).map(|n| ct[p.grid.offset([i + n % 3 - 1, j + n / 3 % 3 - 1, k + n / 9 - 1])]);
        around.map(f64::from).sum::<f64>() / 27.0
    };
    for (name, hu, tolerance) in [("liver_lesion", 20.0, 10.0), ("spleen", 50.0, 10.0), ("heart", 115.0, 40.0)] {
        let found = mean_around(get(&p, name).centroid().0);
        assert!((found - hu).abs() < tolerance, "{name}: {found:.0} HU");
    }
    assert!((mean_around(DVec3::new(-17.0, -19.0, 60.0)) - 150.0).abs() < 12.0, "aorta");
    assert!(mean_around(DVec3::new(85.0, -10.0, 205.0)) < -780.0, "lung");
    assert!((mean_around(DVec3::new(0.0, 125.0, 60.0)) + 1000.0).abs() < 12.0, "air in front of the patient");
    assert!((mean_around(DVec3::new(0.0, 103.0, 0.0)) + 100.0).abs() < 40.0, "fat under the skin");
}

/// Two runs give the same bytes, and the two patients differ.
#[test]
fn the_same_bytes_every_time() {
    let hash = |p: &Phantom| {
        let mut h = Sha256::new();
        h.update(bytemuck::cast_slice::<i16, u8>(&p.render_ct()));
        h.update(p.render_label_map());
        let digest: [u8; 32] = h.finalize().into();
        digest
    };
    let [a, b] = both();
    let first = hash(&a);
    assert_eq!(first, hash(&phantom_a().unwrap()));
    assert_ne!(first, hash(&b));
}

#[test]
fn the_single_map_cuts_the_lesion_out_and_the_folder_keeps_it_in() {
    let p = phantom_b().unwrap();
    let (liver, lesion) = (get(&p, "liver"), get(&p, "liver_lesion"));
    let (liver_mask, lesion_mask) = (p.render_mask(liver), p.render_mask(lesion));
    let set = |mask: &[u8]| mask.iter().filter(|v| **v == 1).count();
    let overlap = liver_mask.iter().zip(&lesion_mask).filter(|(a, b)| **a == 1 && **b == 1).count();
    assert!(overlap > 0 && overlap == set(&lesion_mask));
    let map = p.render_label_map();
    let in_map = |v: u16| map.iter().filter(|m| u16::from(**m) == v).count();
    assert_eq!(in_map(liver.value) + overlap, set(&liver_mask));
    for s in &p.structures {
        assert!(in_map(s.value) > 0, "{} is empty in the map", s.name);
    }
}
