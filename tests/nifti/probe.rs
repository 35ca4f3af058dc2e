//! `voxaudit probe` as its users run it.

use super::help::{small, straight};
use std::process::{Command, Output};
use voxaudit::formats::labels::{Entry, caret};
use voxaudit::formats::nifti::{NiftiImage, Values, WriteOptions, write};

fn probe(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_voxaudit")).arg("probe").args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn json_has_the_agreed_keys() {
    let dir = tempfile::tempdir().unwrap();
    let ct = small(dir.path(), "ct.nii.gz", WriteOptions { slope: 1.0, intercept: -1024.0, ..WriteOptions::default() });
    let mut labels = [0u8; 24];
    labels[1 + 4 * 2 + 12] = 7;
    let names = caret::write(&[Entry { value: 7, name: "spleen".into(), color: None }]);
    let seg = dir.path().join("seg.nii.gz");
    let options = WriteOptions { extension: Some(names), ..WriteOptions::default() };
    write(&seg, &NiftiImage::new([4, 3, 2], straight(), Values::U8(&labels)).with(options)).unwrap();
    let (ct, seg) = (ct.to_str().unwrap(), seg.to_str().unwrap());

    let run = |at: &str| -> serde_json::Value {
        let output = probe(&["--ct", ct, "--labels", seg, "--at", at, "--json"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    // Voxel (1, 2, 1) lies at R 10 − 1, A −20 + 2, S 30 + 2.
    let hit = run("9.2,-18.3,32.4");
    assert_eq!((hit["schema"].as_str(), hit["version"].as_u64()), (Some("voxaudit.probe"), Some(1)));
    assert_eq!(hit["at_ras_mm"], serde_json::json!([9.2, -18.3, 32.4]));
    assert_eq!(hit["voxel"], serde_json::json!([1, 2, 1]));
    assert_eq!(hit["hu"].as_f64(), Some(21.0 - 1024.0));
    assert_eq!((hit["labels"][0]["value"].as_u64(), hit["labels"][0]["name"].as_str()), (Some(7), Some("spleen")));
    assert_eq!(hit["inside"], true);
    let miss = run("-500,0,0");
    assert_eq!((miss["inside"].as_bool(), miss["hu"].is_null(), miss["labels"].as_array().unwrap().len()), (Some(false), true, 0));

    let lines = text(&probe(&["--ct", ct, "--labels", seg, "--at=9.2,-18.3,32.4"]).stdout);
    assert!(lines.contains("HU      -1003") && lines.contains("spleen (7)"), "{lines}");
}

#[test]
fn exit_codes_tell_bad_data_from_wrong_usage() {
    let missing = probe(&["--ct", "/no/such/ct.nii.gz", "--at", "0,0,0"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stderr).contains("/no/such/ct.nii.gz") && missing.stdout.is_empty());
    for wrong in [&["--ct", "x.nii", "--at", "1,2"][..], &["--at", "1,2,3"], &["--ct", "x.nii", "--at", "1,2,nan"]] {
        assert_eq!(probe(wrong).status.code(), Some(2), "{wrong:?}");
    }
}
