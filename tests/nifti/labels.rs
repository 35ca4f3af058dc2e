//! Label maps: one file with names, tables, folders, overlaps, grids, and the real ones.

use super::help::{oblique, shared, straight};
use std::path::{Path, PathBuf};
use voxaudit::formats::case::{self, CaseError, CaseFiles};
use voxaudit::formats::labels::{Entry, caret, read_labels};
use voxaudit::formats::nifti::{LoadOptions, NiftiImage, Values, WriteOptions, write};
use voxaudit::space::Affine;
use voxaudit::volume::LabelSet;

fn read(path: &Path) -> Result<LabelSet, String> {
    read_labels(path, &LoadOptions::default(), &()).map_err(|e| e.to_string())
}

fn put(path: PathBuf, affine: Affine, values: Values<'_>, extension: Option<String>) -> PathBuf {
    let options = WriteOptions { extension, ..WriteOptions::default() };
    write(&path, &NiftiImage::new([4, 2, 1], affine, values).with(options)).unwrap();
    path
}

fn brief(set: &LabelSet) -> Vec<(usize, u16, &str, u64)> {
    set.table.iter().map(|l| (l.layer, l.value, l.name.as_str(), l.voxels)).collect()
}

#[test]
fn names_and_colours_come_from_the_header() {
    let dir = tempfile::tempdir().unwrap();
    let entries = [
        Entry { value: 2, name: "liver".into(), color: Some([10, 20, 30]) },
        Entry { value: 60_000, name: "spleen".into(), color: Some([1, 2, 3]) },
        Entry { value: 9, name: "absent".into(), color: None },
    ];
    let path = put(dir.path().join("s.nii.gz"), oblique(), Values::U16(&[0, 2, 2, 60_000, 5, 0, 0, 2]), Some(caret::write(&entries)));
    let set = read(&path).unwrap();
    assert_eq!(brief(&set), [(0, 2, "liver", 3), (0, 5, "label 5", 1), (0, 9, "absent", 0), (0, 60_000, "spleen", 1)]);
    assert_eq!((set.table[0].color, set.table[3].color), ([10, 20, 30], [1, 2, 3]));
    let volume = 3.0 * 0.8 * 0.9 * 2.5 / 1000.0;
    assert!((set.table[0].volume_ml - volume).abs() < 1e-7);
    for (index, label) in set.table.iter().enumerate().filter(|(_, l)| l.voxels > 0) {
        assert_eq!(set.at(label.anchor.unwrap()), [index]);
    }
    assert_eq!(set.table[2].anchor, None);
}

#[test]
fn a_table_beside_the_map_counts_and_a_broken_one_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = put(dir.path().join("s.nii.gz"), straight(), Values::U8(&[0, 1, 1, 0, 0, 0, 0, 2]), None);
    std::fs::write(dir.path().join("s.json"), r#"{"Modality": "CT"}"#).unwrap();
    std::fs::write(dir.path().join("s.csv"), "value,name,color\n1,liver,#0a0b0c\n").unwrap();
    let set = read(&path).unwrap();
    assert_eq!(brief(&set), [(0, 1, "liver", 2), (0, 2, "label 2", 1)]);
    assert_eq!(set.table[0].color, [10, 11, 12]);
    assert!(set.warnings[0].contains("s.json"));
    std::fs::write(dir.path().join("s.csv"), "value,name\n1,liver\nx,spleen\n").unwrap();
    let message = read(&path).unwrap_err();
    assert!(message.contains("s.csv, line 3"), "{message}");
}

#[test]
fn values_that_are_no_labels_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |values: Values<'_>, parts: [&str; 2]| {
        let message = read(&put(dir.path().join("b.nii"), straight(), values, None)).unwrap_err();
        assert!(parts.iter().all(|p| message.contains(p)), "{message}");
    };
    refused(Values::I32(&[0, 0, -3, 0, 0, 0, 0, 0]), ["voxel 2", "-3"]);
    refused(Values::I64(&[0, 70_000, 0, 0, 0, 0, 0, 0]), ["70000", "65,535"]);
    refused(Values::F32(&[0.0, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]), ["0.25", "whole"]);
    let path = put(dir.path().join("f.nii"), straight(), Values::F32(&[0.0, 1.0004, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0]), None);
    let set = read(&path).unwrap();
    assert_eq!(brief(&set), [(0, 1, "label 1", 1), (0, 2, "label 2", 1)]);
    assert!(set.warnings[0].contains("1 voxels were not quite whole"), "{:?}", set.warnings);
    let path = put(dir.path().join("i.nii"), straight(), Values::I64(&[0, 65_535, 0, 0, 0, 0, 0, 0]), None);
    assert_eq!(brief(&read(&path).unwrap()), [(0, 65_535, "label 65535", 1)]);
}

#[test]
fn overlapping_structures_survive_in_as_few_layers_as_needed() {
    let dir = tempfile::tempdir().unwrap();
    let mask = |name: &str, affine, v: [u8; 8]| put(dir.path().join(format!("{name}.nii.gz")), affine, Values::U8(&v), None);
    mask("a_liver", straight(), [1, 1, 1, 0, 0, 0, 0, 0]);
    mask("b_lesion", straight(), [0, 1, 0, 0, 0, 0, 0, 0]);
    mask("c_spleen", straight(), [0, 0, 0, 0, 255, 255, 0, 0]);
    mask("d_empty", straight(), [0; 8]);
    mask("e_elsewhere", oblique(), [1, 0, 0, 0, 0, 0, 0, 7]);
    std::fs::write(dir.path().join("statistics.json"), "{}").unwrap();
    let set = read(dir.path()).unwrap();
    let expected = [(0, 1, "a_liver", 3), (0, 3, "c_spleen", 2), (0, 4, "d_empty", 0), (1, 2, "b_lesion", 1), (2, 5, "e_elsewhere", 2)];
    assert_eq!(brief(&set), expected);
    assert!(set.warnings.iter().any(|w| w.contains("e_elsewhere: the file holds several values")));
    let both = set.at(set.table[3].anchor.unwrap());
    assert_eq!(both.iter().map(|n| set.table[*n].name.as_str()).collect::<Vec<_>>(), ["a_liver", "b_lesion"]);
}

#[test]
fn folders_find_their_files_or_say_so() {
    let dir = tempfile::tempdir().unwrap();
    assert!(read(dir.path()).unwrap_err().contains("holds no NIfTI file"));
    let inner = dir.path().join("segmentations");
    std::fs::create_dir(&inner).unwrap();
    put(inner.join("liver.nii"), straight(), Values::U8(&[1, 0, 0, 0, 0, 0, 0, 0]), None);
    assert_eq!(brief(&read(dir.path()).unwrap()), [(0, 1, "liver", 1)]);
    std::fs::write(inner.join("spleen.nii.gz"), b"broken").unwrap();
    assert!(read(dir.path()).unwrap_err().contains("spleen.nii.gz"));
}

#[test]
fn a_mask_outside_the_ct_is_an_error_and_another_grid_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    let shifted = |x: f64| Affine::from_rows([[-1.0, 0.0, 0.0, x], [0.0, 1.0, 0.0, -20.0], [0.0, 0.0, 2.0, 30.0]]).unwrap();
    let image = Some(put(dir.path().join("ct.nii"), shifted(10.0), Values::I16(&[5; 8]), None));
    let load = |x: f64| {
        let masks = Some(put(dir.path().join("mask.nii"), shifted(x), Values::U8(&[1; 8]), None));
        case::load(&CaseFiles { image: image.clone(), masks }, &LoadOptions::default(), &())
    };
    assert!(load(10.0).unwrap().warnings.is_empty());
    let partly = load(13.0).unwrap().warnings;
    assert!(partly[0].contains("another grid") && partly[0].contains("outside"), "{partly:?}");
    let error = load(400.0).unwrap_err();
    assert!(matches!(error, CaseError::Outside { .. }));
    let text = error.to_string();
    assert!(text.contains("R 396.5…400.5") && text.contains("R 6.5…10.5") && text.contains("mask.nii"), "{text}");
    assert!(matches!(load(14.0), Err(CaseError::Outside { .. })), "touching is outside");
}

#[test]
fn the_real_label_map_has_117_names() {
    let Some(data) = shared("the_real_label_map_has_117_names") else { return };
    let set = read(&data.join("example_seg.nii.gz")).unwrap();
    assert_eq!((set.layers.len(), set.table.len()), (1, 117));
    assert_eq!((set.table[4].name.as_str(), set.table[4].color), ("liver", [0, 255, 255]));
    assert_eq!(set.table[116].name, "costal_cartilages");
    assert!(set.warnings.is_empty(), "{:?}", set.warnings);
    let files = CaseFiles { image: Some(data.join("example_ct_sm.nii.gz")), masks: Some(data.join("example_seg.nii.gz")) };
    let case = case::load(&files, &LoadOptions::default(), &()).unwrap();
    assert!(case.warnings.is_empty(), "{:?}", case.warnings);
}

#[test]
fn real_volumes_equal_those_that_totalsegmentator_reports() {
    let Some(data) = shared("real_volumes_equal_those_that_totalsegmentator_reports") else { return };
    let folder = data.join("example_seg_fast");
    let text = std::fs::read_to_string(folder.join("statistics.json")).unwrap();
    let stats: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    let set = read(&folder).unwrap();
    assert_eq!((set.table.len(), stats.len()), (117, 117));
    for label in &set.table {
        let expected = stats[&label.name]["volume"].as_f64().unwrap();
        assert!((label.volume_ml * 1000.0 - expected).abs() < 1e-3 * expected.max(1.0), "{}: {} ≠ {expected}", label.name, label.volume_ml);
        if let Some(at) = label.anchor {
            assert!(set.at(at).iter().any(|n| set.table[*n] == *label), "{} is not at its anchor", label.name);
        }
    }
    assert_eq!(set.table.iter().filter(|l| l.voxels > 0).count(), 40);
    assert_eq!(set.layers.len(), 1);
}
