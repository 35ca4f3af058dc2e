//! `voxaudit measure` on files and on the demo's project: keys, tables, parts, what is kept, what is refused.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use voxaudit::formats::Watch;
use voxaudit::formats::nifti::{NiftiImage, Values, WriteOptions, write};
use voxaudit::project::Project;
use voxaudit::project::measure::cache::Cache;
use voxaudit::project::measure::{MeasureRequest, PairNames};
use voxaudit::space::Affine;

fn demo() -> &'static Path {
    static MADE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        voxaudit::generate::demo::make_demo(dir.path(), &()).unwrap();
        dir
    });
    made.path()
}

fn voxaudit(config: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_voxaudit")).args(args).env("VOXAUDIT_CONFIG_DIR", config).output().unwrap()
}

#[track_caller]
fn json(config: &Path, args: &[&str]) -> Value {
    let out = voxaudit(config, args);
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_project_is_measured_once_and_in_parts() {
    let dir = tempfile::tempdir().unwrap();
    let project = demo().join("demo.voxaudit");
    let csv = dir.path().join("m.csv");
    let pairs = "liver:spleen,left kidney:right kidney";
    let first = json(dir.path(), &["measure", text(&project), "--pairs", pairs, "--json", "--csv", text(&csv)]);
    let cases = first["cases"].as_array().unwrap();
    assert_eq!((cases.len(), first["schema"].as_str(), first["failed"].as_array().map(Vec::len)), (2, Some("voxaudit.measure"), Some(0)));
    assert_eq!(cases[0]["pairs"].as_array().unwrap().len(), 2);
    assert_eq!(cases[0]["pairs"][1]["a"], "kidney_left");
    assert!(cases.iter().all(|c| c["labels"].as_array().unwrap().iter().all(|l| l["mean_hu"].is_number())));
    let rows = |path: &Path| std::fs::read_to_string(path).unwrap().lines().count();
    let labels: usize = cases.iter().map(|c| c["labels"].as_array().unwrap().len()).sum();
    assert_eq!((rows(&csv), rows(&dir.path().join("m_pairs.csv"))), (1 + labels, 5));
    assert_eq!(std::fs::read_dir(dir.path().join("cache/measures")).unwrap().count(), 2, "kept by content");

    let again = voxaudit(dir.path(), &["measure", text(&project), "--pairs", pairs, "--json"]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("2 of them before"), "{again:?}");
    assert_eq!(serde_json::from_slice::<Value>(&again.stdout).unwrap(), first, "to the last digit");
    let parts = ["1/2", "2/2"].map(|s| json(dir.path(), &["measure", text(&project), "--pairs", pairs, "--json", "--shard", s]));
    assert_eq!(parts.map(|p| p["cases"][0].clone()).to_vec(), *cases);
}

struct StopAfterOne(AtomicBool);

impl Watch for StopAfterOne {
    fn advance(&self, done: u64, _: u64) {
        self.0.fetch_or(done >= 1, Ordering::Relaxed);
    }
    fn cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[test]
fn what_was_finished_before_a_stop_is_not_done_again() {
    let dir = tempfile::tempdir().unwrap();
    let project = Project::open_read_only(demo().join("demo.voxaudit")).unwrap();
    let (cache, request) = (Cache::at(dir.path()), MeasureRequest { pairs: PairNames::All, surfaces: false });
    let stopped = project.measure(&request, None, Some(&cache), &StopAfterOne(AtomicBool::new(false))).unwrap();
    let finished = stopped.iter().filter(|o| o.result.is_ok()).count();
    assert!(finished >= 1);
    let whole = project.measure(&request, None, Some(&cache), &()).unwrap();
    assert_eq!((whole.len(), whole.iter().filter(|o| o.kept).count()), (2, finished));
    for name in std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()) {
        assert!(name.len() == 69 && name.trim_end_matches(".json").bytes().all(|b| b.is_ascii_hexdigit()), "{name} tells of a patient");
    }
}

/// Floats near whole numbers, a label map without names, and a sheared grid.
fn float_mask(dir: &Path) -> PathBuf {
    let rows = [[-1.0, 0.2, 0.0, 10.0], [0.0, 1.5, 0.3, -4.0], [0.1, 0.0, 4.0, 7.0]];
    let values: Vec<f32> = (0..8 * 6 * 4)
        .map(|n| {
            if n % 8 < 3 {
                0.99998
            } else if n % 8 > 5 {
                2.00001
            } else {
                0.0
            }
        })
        .collect();
    let affine = Affine::from_rows(rows).unwrap();
    let image = NiftiImage { dims: vec![8, 6, 4], affine, values: Values::F32(&values), options: WriteOptions::default() };
    let path = dir.join("float.nii.gz");
    write(&path, &image).unwrap();
    path
}

#[test]
fn float_masks_without_names_on_sheared_grids() {
    let dir = tempfile::tempdir().unwrap();
    let path = float_mask(dir.path());
    let parquet = dir.path().join("m.parquet");
    let found = json(dir.path(), &["measure", text(&path), "--pairs", "all", "--json", "--parquet", text(&parquet)]);
    let name = |n: usize| found["labels"][n]["name"].as_str().unwrap().to_owned();
    assert_eq!((name(0), name(1)), ("label 1".to_owned(), "label 2".to_owned()));
    assert_eq!((found["labels"][0]["voxels"].as_u64(), found["labels"][0]["truncated"].as_bool()), (Some(72), Some(true)));
    assert!(found["labels"][0]["mean_hu"].is_null());
    let keys: Vec<&str> = found["pairs"][0].as_object().unwrap().keys().map(String::as_str).collect();
    for key in ["centre_distance_mm", "gap_mm", "hausdorff_mm", "hd95_mm", "mean_surface_distance_mm", "offset_ras_mm", "contact_share"] {
        assert!(keys.contains(&key), "{keys:?}");
    }
    assert!(std::fs::read(&parquet).unwrap().starts_with(b"PAR1") && dir.path().join("m_pairs.parquet").is_file());
}

#[test]
fn wrong_usage_and_missing_files_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let (mask, project) = (float_mask(dir.path()), demo().join("demo.voxaudit"));
    let fails = |code: i32, words: &str, args: &[&str]| {
        let out = voxaudit(dir.path(), args);
        let text = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.code() == Some(code) && text.contains(words), "{args:?}: {:?} {text}", out.status);
    };
    fails(2, "--shard is for a project", &["measure", text(&mask), "--shard", "1/2"]);
    fails(2, "have their own CT", &["measure", text(&project), "--ct", text(&mask)]);
    fails(2, "is not a pair", &["measure", text(&mask), "--pairs", "liver"]);
    fails(1, "no label is named 'liver'", &["measure", text(&mask), "--pairs", "liver:label 1"]);
    fails(1, "nowhere", &["measure", "nowhere.nii.gz"]);
}
