//! Agreement with nibabel, where Python has it, and with the header parsing of the `nifti` crate.

use super::help::{load, oblique, shared, values};
use std::path::{Path, PathBuf};
use std::process::Command;
use voxaudit::formats::nifti::{NiftiImage, Values, WriteOptions, write};
use voxaudit::space::{RasMm, Voxel};
use voxaudit::volume::Volume;

/// Output of `peers.py`, or `None` with a line when nibabel is not installed.
fn nibabel(test: &str, args: &[&str]) -> Option<String> {
    let installed = Command::new("python3").args(["-c", "import nibabel"]).output().is_ok_and(|o| o.status.success());
    if !installed {
        println!("skipped {test}: python3 with nibabel is not installed");
        return None;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nifti/peers.py");
    let output = Command::new("python3").arg(script).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

#[derive(serde::Deserialize)]
struct Theirs {
    shape: [usize; 3],
    affine: [[f64; 4]; 4],
    values: Vec<f64>,
}

fn compare(path: &Path, theirs: &Theirs) {
    let ours = load(path).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(ours.grid.size, theirs.shape, "{}", path.display());
    for corner in [[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 2.0], [4.0, 3.0, 2.0]] {
        let p = ours.grid.affine.to_ras(Voxel::new(corner[0], corner[1], corner[2]));
        for (axis, row) in theirs.affine.iter().take(3).enumerate() {
            let q = row[0] * corner[0] + row[1] * corner[1] + row[2] * corner[2] + row[3];
            assert!((p.0[axis] - q).abs() < 1e-4, "{}: axis {axis} {} ≠ {q}", path.display(), p.0[axis]);
        }
    }
    for (n, (a, b)) in values(&ours).iter().zip(&theirs.values).enumerate() {
        assert!((a - b).abs() <= 1e-6 * b.abs().max(1.0), "{}: voxel {n} {a} ≠ {b}", path.display());
    }
}

#[test]
fn every_type_order_scaling_and_form_agrees_with_nibabel() {
    let dir = tempfile::tempdir().unwrap();
    let test = "every_type_order_scaling_and_form_agrees_with_nibabel";
    if nibabel(test, &["make", dir.path().to_str().unwrap()]).is_none() {
        return;
    }
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert_eq!(paths.len(), 120);
    let names: Vec<&str> = std::iter::once("values").chain(paths.iter().map(|p| p.to_str().unwrap())).collect();
    let text = nibabel(test, &names).unwrap();
    for (path, line) in paths.iter().zip(text.lines()) {
        compare(path, &serde_json::from_str(line).unwrap());
    }
}

#[test]
fn nibabel_reads_what_is_written_here() {
    let dir = tempfile::tempdir().unwrap();
    let data: Vec<i16> = (0..60).map(|n| n * 37 - 1000).collect();
    let mut paths = Vec::new();
    for (n, (sform_code, qform_code)) in [(1, 1), (0, 1), (2, 0), (0, 0)].into_iter().enumerate() {
        for big_endian in [false, true] {
            let version = [Default::default(), voxaudit::formats::nifti::Version::Two][n % 2];
            let options = WriteOptions { sform_code, qform_code, big_endian, version, slope: 2.0, intercept: -3.0, ..Default::default() };
            let path = dir.path().join(format!("{n}{big_endian}.nii.gz"));
            write(&path, &NiftiImage::new([5, 4, 3], oblique(), Values::I16(&data)).with(options)).unwrap();
            paths.push(path);
        }
    }
    let names: Vec<&str> = std::iter::once("values").chain(paths.iter().map(|p| p.to_str().unwrap())).collect();
    let Some(text) = nibabel("nibabel_reads_what_is_written_here", &names) else { return };
    for (path, line) in paths.iter().zip(text.lines()) {
        let theirs: Theirs = serde_json::from_str(line).unwrap();
        assert_eq!(theirs.values[59], f64::from(data[59]) * 2.0 - 3.0);
        compare(path, &theirs);
    }
}

fn compare_points(volume: &Volume, text: &str) {
    let (mut inside, mut outside) = (0, 0);
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let at = |n: usize| words[n].parse::<f64>().unwrap();
        let hit = volume.probe(RasMm::new(at(0), at(1), at(2)));
        if words[3] == "outside" {
            assert_eq!(hit, None, "{line}");
            outside += 1;
        } else {
            let hit = hit.unwrap_or_else(|| panic!("nothing at {line}"));
            assert_eq!(hit.voxel.map(|n| n as f64), [at(3), at(4), at(5)], "{line}");
            assert_eq!(hit.hu, at(6), "{line}");
            inside += 1;
        }
    }
    assert!(inside > 300 && outside > 100, "{inside} inside, {outside} outside");
    assert_eq!(inside + outside, 1000);
}

#[test]
fn a_thousand_points_of_the_real_ct_agree_with_nibabel() {
    let test = "a_thousand_points_of_the_real_ct_agree_with_nibabel";
    let Some(data) = shared(test) else { return };
    for name in ["example_ct.nii.gz", "example_ct_sm.nii.gz"] {
        let path = data.join(name);
        let Some(text) = nibabel(test, &["points", path.to_str().unwrap(), "1000"]) else { return };
        let volume = load(&path).unwrap();
        assert!(matches!(volume.voxels, voxaudit::volume::Voxels::I16(_)), "{name} fits i16");
        compare_points(&volume, &text);
    }
}

#[test]
fn a_thousand_points_of_an_oblique_volume_agree_with_nibabel() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("o.nii.gz");
    let data: Vec<i16> = (0..30 * 20 * 10).map(|n: i32| (n * 7919 % 4096 - 1024) as i16).collect();
    write(&path, &NiftiImage::new([30, 20, 10], oblique(), Values::I16(&data))).unwrap();
    let args = ["points", path.to_str().unwrap(), "1000"];
    let Some(text) = nibabel("a_thousand_points_of_an_oblique_volume_agree_with_nibabel", &args) else { return };
    compare_points(&load(&path).unwrap(), &text);
}

#[test]
fn the_nifti_crate_reads_the_same_header_fields() {
    use nifti::NiftiHeader;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("h.nii");
    write(&path, &NiftiImage::new([5, 4, 3], oblique(), Values::I32(&[7; 60]))).unwrap();
    let theirs = NiftiHeader::from_file(&path).unwrap();
    assert_eq!(theirs.dim, [3, 5, 4, 3, 1, 1, 1, 1]);
    assert_eq!((theirs.datatype, theirs.bitpix, theirs.vox_offset), (8, 32, 352.0));
    let ours = load(&path).unwrap().grid.affine.ras_from_voxel();
    assert!((f64::from(theirs.srow_x[3]) - ours.translation.x).abs() < 1e-4);
}
