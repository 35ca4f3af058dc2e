//! The phantom against its own construction: measures counted from voxels must agree with the solids' closed forms.

#![allow(clippy::unwrap_used)] // a helper that fails fails its test

use glam::DVec3;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::OnceLock;
use voxaudit::formats::labels;
use voxaudit::formats::nifti::{self, LoadOptions};
use voxaudit::generate::demo::{DemoError, DemoItem, Measures, REPORTS, Truth, items, make_demo, write_data};
use voxaudit::generate::phantom::{Phantom, Structure, phantom_a, phantom_b};
use voxaudit::project::Project;
use voxaudit::qa::{Category, ItemId, Task};
use voxaudit::review::{Action, Criteria, Decision, NewEvent, Reason, Reviewer, Tri};
use voxaudit::space::{RasBox, RasMm};

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

/// Measures counted from the masks' voxels, independent of the closed forms.
struct Counted {
    by_name: Vec<(&'static str, f64, RasMm, RasBox)>,
}

impl Counted {
    fn of(p: &Phantom) -> Self {
        let half = p.mask_grid.affine.spacing_mm().map(|s| s / 2.0);
        let row = |s: &Structure| {
            let mask = p.render_mask(s);
            let [ni, nj, _] = p.mask_grid.size;
            let at = |n: usize| p.mask_grid.centre_of([n % ni, n / ni % nj, n / (ni * nj)]).0;
            let inside = || mask.iter().enumerate().filter(|(_, m)| **m != 0).map(|(n, _)| at(n));
            let (ml, centroid) = counted(p, &mask);
            let margin = DVec3::from(half);
            let min = inside().reduce(DVec3::min).unwrap() - margin;
            let max = inside().reduce(DVec3::max).unwrap() + margin;
            (s.name, ml, RasMm(centroid), RasBox { min: RasMm(min), max: RasMm(max) })
        };
        Self { by_name: p.structures.iter().map(row).collect() }
    }
    fn get(&self, name: &str) -> Option<&(&'static str, f64, RasMm, RasBox)> {
        self.by_name.iter().find(|m| m.0 == name)
    }
}

impl Measures for Counted {
    fn volume_ml(&self, name: &str) -> Option<f64> {
        Some(self.get(name)?.1)
    }
    fn centroid(&self, name: &str) -> Option<RasMm> {
        Some(self.get(name)?.2)
    }
    fn bounds(&self, name: &str) -> Option<RasBox> {
        Some(self.get(name)?.3)
    }
}

/// The first number in a text.
fn number(text: &str) -> f64 {
    let start = text.find(|c: char| c.is_ascii_digit()).unwrap_or_else(|| panic!("no number in '{text}'"));
    let digits: String = text[start..].chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    digits.trim_end_matches('.').parse().unwrap()
}

/// Whether the stated answer is the one that the voxels give.
fn agrees(item: &DemoItem, truth: &Truth) -> bool {
    match truth {
        Truth::Word(word) if item.options.is_empty() => item.answer.contains(word.as_str()),
        Truth::Word(word) => item.answer == *word,
        Truth::Number(value, _) if item.options.is_empty() => (number(&item.answer) - value).abs() <= (0.07 * value).max(3.5),
        Truth::Number(value, _) => {
            let off = |text: &String| (number(text) - value).abs();
            let nearest = item.options.iter().min_by(|a, b| off(a).total_cmp(&off(b))).unwrap();
            item.answer == *nearest
        }
    }
}

#[test]
fn answers_hold_against_the_voxels_unless_spoilt_on_purpose() {
    let [a, b] = both();
    let all = items(&a, &b).unwrap();
    let (counted_a, counted_b) = (Counted::of(&a), Counted::of(&b));
    for item in &all {
        assert!(item.options.is_empty() || item.options.contains(&item.answer), "{}", item.question);
        let Some(ask) = item.ask else { continue };
        let truth = ask.truth(if item.case == "phantom_a" { &counted_a } else { &counted_b }).unwrap();
        let sound = item.flaw.is_none();
        assert_eq!(agrees(item, &truth), sound, "{} '{}' says '{}', voxels say {truth:?}", item.case, item.question, item.answer);
    }
}

#[test]
fn the_demo_has_every_task_and_something_to_reject() {
    let [a, b] = both();
    let all = items(&a, &b).unwrap();
    assert!(all.len() >= 24);
    for task in Task::ALL {
        for case in ["phantom_a", "phantom_b"] {
            let sound = all.iter().filter(|i| i.task == task && i.case == case && i.flaw.is_none()).count();
            assert!(sound >= 1, "{task:?} in {case}");
        }
        assert!(all.iter().filter(|i| i.task == task && i.flaw.is_none()).count() >= 2);
        let closed = |i: &&DemoItem| i.task == task && !i.options.is_empty();
        assert!(task == Task::Est || all.iter().any(|i| closed(&i)), "{task:?} has no multiple choice");
    }
    for category in Category::ALL {
        assert!(all.iter().any(|i| i.categories.contains(&category)), "{category:?}");
    }
    for reason in [Reason::WrongSide, Reason::WrongLevel, Reason::WrongMeasure, Reason::NotSpatial, Reason::Ambiguous] {
        assert!(all.iter().any(|i| i.flaw == Some(reason)), "nothing to reject as {reason:?}");
    }
    assert!(all.iter().filter(|i| i.flaw.is_some()).count() * 3 < all.len(), "most items are sound");
}

/// Case C has no image: what its sound items say stands in its report, what its wrong one says does not.
#[test]
fn the_case_without_an_image_is_answered_by_its_report() {
    let [a, b] = both();
    let report = REPORTS.iter().find(|r| r.0 == "phantom_c").unwrap().1;
    let all = items(&a, &b).unwrap();
    let of_c: Vec<_> = all.iter().filter(|i| i.case == "phantom_c").collect();
    assert!(of_c.iter().all(|i| i.ask.is_none()) && of_c.len() >= 4);
    for item in of_c {
        let said = item.answer.trim_end_matches('.').trim_start_matches("In the ").trim_start_matches("On the ");
        let supported = report.contains(said);
        match item.flaw {
            None => assert!(supported, "{}", item.question),
            Some(Reason::WrongSide) => assert!(report.contains("effusion on the right") && said == "left"),
            Some(reason) => assert_eq!(reason, Reason::AnswerableWithoutImage),
        }
    }
}

/// The demo's data, written once for all tests of this file.
fn data() -> &'static Path {
    static DATA: OnceLock<tempfile::TempDir> = OnceLock::new();
    let made = DATA.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        write_data(dir.path(), &()).unwrap();
        dir
    });
    made.path()
}

/// The files that a reviewer gets do not say which answers are wrong, and a second run leaves them alone.
#[test]
fn the_files_carry_no_hint_and_are_written_once() {
    let qa = std::fs::read_to_string(data().join("qa.json")).unwrap();
    let top: serde_json::Value = serde_json::from_str(&qa).unwrap();
    let pairs = top.as_object().unwrap().values().flat_map(|c| c["qa_pairs"].as_array().unwrap());
    let known = ["question", "answer", "category", "task", "options"];
    assert!(pairs.clone().all(|p| p.as_object().unwrap().keys().all(|k| known.contains(&k.as_str()))));
    let count = pairs.count();
    assert!(count >= 24);
    let ct = data().join("images/phantom_a.nii.gz");
    let before = std::fs::metadata(&ct).unwrap().modified().unwrap();
    assert_eq!(write_data(data(), &()).unwrap(), count);
    assert_eq!(std::fs::metadata(&ct).unwrap().modified().unwrap(), before);
}

/// A demo of another recipe is written again; a cancelled run leaves no stamp, so that the next one completes it.
#[test]
fn an_older_demo_is_brought_up_to_date_and_a_cancelled_one_finished() {
    struct Stop;
    impl voxaudit::formats::Watch for Stop {
        fn advance(&self, _: u64, _: u64) {}
        fn cancelled(&self) -> bool {
            true
        }
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("recipe.txt"), "voxaudit demo data, recipe 0\n").unwrap();
    assert!(matches!(write_data(dir.path(), &Stop), Err(DemoError::Cancelled)));
    assert!(dir.path().join("images/phantom_a.nii.gz").exists(), "the old stamp did not stop it");
    assert!(!dir.path().join("qa.json").exists());
    assert_eq!(std::fs::read_to_string(dir.path().join("recipe.txt")).unwrap(), "voxaudit demo data, not complete\n");
}

/// What is read back from the files is what was drawn.
#[test]
fn the_written_ct_reads_back() {
    let p = phantom_a().unwrap();
    let volume = nifti::read_volume(&data().join("images/phantom_a.nii.gz"), &LoadOptions::default(), &()).unwrap();
    assert_eq!(volume.grid.size, p.grid.size);
    assert_eq!(volume.grid.affine.axis_codes(), "LPS");
    assert!(volume.grid.affine.oblique_degrees() > 3.0, "the demo is oblique");
    let liver = get(&p, "liver").centroid();
    let hu = volume.probe(liver).unwrap().hu;
    assert!((hu - 60.0).abs() < 60.0, "{hu}");
    assert_eq!(volume.probe(RasMm::new(0.0, 130.0, 60.0)).map(|p| p.hu < -900.0), Some(true));
}

/// Copies the data made for all tests, so that a project can be made beside it without drawing again.
fn demo_folder() -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let (path, target) = (entry.as_ref().unwrap().path(), to.join(entry.as_ref().unwrap().file_name()));
            if path.is_dir() {
                copy(&path, &target);
            } else {
                std::fs::copy(&path, &target).unwrap();
            }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    copy(data(), &dir.path().join("data"));
    dir
}

#[test]
fn making_the_demo_again_keeps_reviews() {
    let dir = demo_folder();
    let demo = make_demo(dir.path(), &()).unwrap();
    assert_eq!((demo.cases, demo.items), (3, 35));
    let id: ItemId = "phantom_a::0".parse().unwrap();
    let mut project = Project::open(&demo.project).unwrap();
    let status = project.status().unwrap();
    assert_eq!((status.items_with_image, status.items_with_labels, status.reports), (30, 30, 3));
    let item = project.item(&id).unwrap().unwrap();
    let yes = Some(Tri::Yes);
    let criteria = Criteria { spatial: yes, supported: yes, unambiguous: yes, needs_volume: yes };
    let action = Action::Decide(Decision::Accept { criteria, note: String::new() });
    let reviewer = Reviewer::new("Jo Doe", "JD");
    project
        .append(NewEvent {
            reviewer,
            item: id,
            judged: item.text_hash(),
            active_seconds: 2.0,
            image: voxaudit::review::ShownImage::None,
            action,
        })
        .unwrap();
    drop(project);
    make_demo(dir.path(), &()).unwrap();
    let status = Project::open(&demo.project).unwrap().status().unwrap();
    assert_eq!((status.items, status.review.accepted, status.events), (35, 1, 1));
}

#[test]
fn a_file_that_is_no_project_is_refused_and_left_alone() {
    let dir = demo_folder();
    let path = dir.path().join("demo.voxaudit");
    std::fs::write(&path, "a letter to my aunt").unwrap();
    let message = make_demo(dir.path(), &()).unwrap_err().to_string();
    assert!(message.contains("demo.voxaudit"), "{message}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "a letter to my aunt");
}

/// Names from the header extension, colours, and the overlap of lesion and liver kept in layers.
#[test]
fn both_mask_layouts_read_back() {
    for (p, file, layers) in [(phantom_a().unwrap(), "masks/phantom_a.nii.gz", 1), (phantom_b().unwrap(), "masks/phantom_b", 2)] {
        let set = labels::read_labels(&data().join(file), &LoadOptions::default(), &()).unwrap();
        assert_eq!(set.layers.len(), layers, "{file}");
        assert_eq!(set.table.len(), p.structures.len(), "{file}");
        let here: Vec<_> = set.at(get(&p, "liver_lesion").centroid()).into_iter().map(|n| set.table[n].name.as_str()).collect();
        assert!(here.contains(&"liver_lesion") && here.contains(&"liver") == (layers == 2), "{file}: {here:?}");
        for s in p.structures.iter().filter(|s| s.exact() && (s.name != "liver" || layers == 2)) {
            let label = set.table.iter().find(|l| l.name == s.name).unwrap();
            assert!((label.volume_ml / s.volume_ml() - 1.0).abs() < 0.06, "{file}: {} {} mL", s.name, label.volume_ml);
        }
    }
}
