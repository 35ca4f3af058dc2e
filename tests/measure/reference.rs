//! TotalSegmentator's example against SimpleITK, scipy and cc3d, by `tests/geometry_reference.py`.
//!
//! The script is run where Python (`$VOXAUDIT_PYTHON`, else `python3`) has the libraries; otherwise the numbers it gave are those of
//! `reference.json`. The data is not in the repository: without it the comparison is left out with a line.

use super::plain::grid;
use glam::DVec3;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use voxaudit::formats::case::{self, CaseFiles};
use voxaudit::formats::nifti::LoadOptions;
use voxaudit::geometry::measures::CaseMeasures;
use voxaudit::geometry::{Options, Pairs, length_mm, measure_case};
use voxaudit::volume::{LabelLayer, LabelSet, LabelVoxels};

fn example() -> Option<PathBuf> {
    let shared = std::env::var_os("VOXAUDIT_SHARED").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let folder = shared.join("data/totalsegmentator-example");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("not compared with other programs: no {}", folder.display());
    None
}

fn stored() -> Value {
    serde_json::from_str(include_str!("reference.json")).unwrap()
}

/// Computed now, where that is possible.
fn numbers(folder: &Path) -> Value {
    let python = std::env::var_os("VOXAUDIT_PYTHON").unwrap_or_else(|| "python3".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/geometry_reference.py");
    match Command::new(python).arg(script).arg(folder).output() {
        Ok(out) if out.status.success() => serde_json::from_slice(&out.stdout).unwrap(),
        Ok(out) => {
            let why = String::from_utf8_lossy(&out.stderr).lines().last().unwrap_or_default().to_owned();
            println!("stored numbers of the other programs: {why}");
            stored()
        }
        Err(error) => {
            println!("stored numbers of the other programs: {error}");
            stored()
        }
    }
}

fn measured(folder: &Path) -> CaseMeasures {
    let files = CaseFiles { image: Some(folder.join("example_ct_sm.nii.gz")), masks: Some(folder.join("example_seg.nii.gz")) };
    let case = case::load(&files, &LoadOptions::default(), &()).unwrap();
    let options = Options { shape: true, pairs: Pairs::All, surfaces: true };
    measure_case(case.labels.as_deref().unwrap(), case.volume.as_deref(), &options, &()).unwrap()
}

#[track_caller]
fn close(what: &str, found: f64, expected: &Value, tolerance: f64) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() <= tolerance * expected.abs().max(1.0), "{what}: {found}, the other program {expected}");
}

#[track_caller]
fn close_all(what: &str, found: &[f64], expected: &Value, tolerance: f64) {
    found.iter().enumerate().for_each(|(n, f)| close(what, *f, &expected[n], tolerance));
}

#[test]
fn every_measure_of_the_example_is_that_of_other_programs() {
    let Some(folder) = example() else { return };
    let (ours, theirs) = (measured(&folder), numbers(&folder));
    let present: Vec<_> = ours.labels.iter().filter(|l| l.voxels > 0).collect();
    assert_eq!(present.len(), theirs["labels"].as_object().unwrap().len());
    for l in &present {
        let t = &theirs["labels"][l.value.to_string()];
        let (place, shape, hu) = (l.place.unwrap(), l.shape.as_ref().unwrap(), l.hu.unwrap());
        assert_eq!(Some(l.voxels), t["voxels"].as_u64(), "{}", l.name);
        assert_eq!(serde_json::json!(place.bbox_voxel), t["bbox"], "{}", l.name);
        assert_eq!(serde_json::json!(shape.components.each().collect::<Vec<_>>()), t["components"], "{}", l.name);
        close(&l.name, l.volume_ml, &t["volume_ml"], 1e-6);
        close_all(&l.name, &place.centroid_ras_mm, &t["centroid"], 1e-6);
        close(&l.name, shape.surface_area_mm2, &t["area"], 1e-3);
        close(&l.name, length_mm(shape.diameter), &t["diameter"], 1e-6);
        close(&l.name, length_mm(shape.axial_diameter), &t["axial_diameter"], 1e-6);
        close_all(&l.name, &[hu.mean, hu.sd, hu.min, hu.max], &t["hu"], 1e-9);
    }
    for t in theirs["pairs"].as_array().unwrap() {
        let index = |key: &str| ours.labels.iter().position(|l| Some(u64::from(l.value)) == t[key].as_u64()).unwrap();
        let (a, b) = (index("a"), index("b"));
        let p = ours.pairs.iter().find(|p| (p.a, p.b) == (a, b)).unwrap();
        let (s, what) = (p.surface.unwrap(), format!("{} {}", ours.labels[a].name, ours.labels[b].name));
        close(&what, p.centre_distance_mm, &t["centre_distance"], 1e-6);
        close_all(&what, &p.offset_ras_mm, &t["offset"], 1e-6);
        close(&what, p.gap_mm, &t["gap"], 1e-6);
        close(&what, s.hausdorff_mm, &t["hausdorff"], 1e-6);
        close(&what, s.hd95_mm, &t["hd95"], 1e-6);
        close(&what, s.mean_surface_distance_mm, &t["mean"], 1e-6);
        close(&what, p.contact_share, &t["contact"], 1e-9);
    }
}

/// Crofton's estimate is nearer to the closed form than a mesh of the same voxels.
#[test]
fn spheres_have_their_area() {
    for t in stored()["spheres"].as_array().unwrap() {
        let radius = t["radius"].as_f64().unwrap();
        let mm = [0, 1, 2].map(|n| t["spacing"][n].as_f64().unwrap());
        let size = mm.map(|mm| (2.0 * radius / mm) as usize + 5);
        let grid = grid(size, [[mm[0], 0.0, 0.0, 0.0], [0.0, mm[1], 0.0, 0.0], [0.0, 0.0, mm[2], 0.0]]);
        let centre = DVec3::from([0, 1, 2].map(|a| ((size[a] as f64 - 1.0) / 2.0 + 1.0 / 3.0) * mm[a]));
        let inside = |n: usize| {
            let at = [n % size[0], n / size[0] % size[1], n / size[0] / size[1]];
            u16::from((grid.centre_of(at).0 - centre).length_squared() <= radius * radius)
        };
        let voxels: Vec<u16> = (0..grid.len()).map(inside).collect();
        let set = LabelSet::new(vec![LabelLayer { grid, voxels: LabelVoxels::from_slice(&voxels).unwrap() }], Vec::new(), Vec::new());
        let case = measure_case(&set, None, &Options { shape: true, ..Options::default() }, &()).unwrap();
        let exact = 4.0 * std::f64::consts::PI * radius * radius;
        let ours = case.labels[0].shape.as_ref().unwrap().surface_area_mm2 / exact - 1.0;
        let mesh = t["marching_cubes"].as_f64().unwrap() / exact - 1.0;
        println!("sphere of {radius} mm in {mm:?}: Crofton {:+.2} %, marching cubes {:+.2} %", ours * 100.0, mesh * 100.0);
        assert!(ours.abs() < 0.015 && mesh.abs() > 3.0 * ours.abs(), "{ours} {mesh}");
    }
}
