//! What must not bring the window down or change a number: files replaced while they are open or being read, values that are no
//! numbers, very large ones, volumes of one slice, slices thicker than the view, masks of one voxel, hundreds of structures at once.
//!
//! Each goes from files through the window's own state to pixels, and what the window says under the cursor is what the command line says.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use egui::Key;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use voxaudit::app::{App, Launch};
use voxaudit::formats::Watch;
use voxaudit::formats::nifti::{LoadOptions, read_label_layer, read_volume};
use voxaudit::gpu::callback::Fate;
use voxaudit::gpu::offscreen::{Offscreen, RgbaImage};
use voxaudit::gpu::{Interpolation, SliceRequest};
use voxaudit::project::Project;
use voxaudit::project::import::{ImportRequest, import};
use voxaudit::review::Reviewer;
use voxaudit::space::{Plane, RasMm};
use voxaudit::state::{CaseView, Command as Do, PaneKind, ReviewCommand, Settings, ViewCommand};
use voxaudit::volume::Window;

#[allow(dead_code, reason = "each test file uses its part")]
mod common;
#[allow(dead_code, reason = "each test file uses its part")]
#[path = "geometry_variants/file.rs"]
mod file;
#[allow(dead_code, reason = "each test file uses its part")]
#[path = "geometry_variants/world.rs"]
mod world;
use common::*;
use file::{Header, Kind};
use world::{Phantom, Rng, Rows, phantom, to_ras};

const ROWS: Rows = [[-1.0, 0.0, 0.0, 9.0], [0.0, -1.25, 0.0, 12.0], [0.0, 0.0, 2.5, -40.0]];

/// A project of one case from files that are there: `images/case.nii`, and `masks/case.nii` if there is one.
fn project_of(dir: &Path) -> PathBuf {
    std::fs::write(dir.join("qa.jsonl"), "{\"case_id\":\"case\",\"question\":\"Is it there?\",\"answer\":\"Yes.\"}\n").unwrap();
    let masks: Vec<PathBuf> = Some(dir.join("masks")).into_iter().filter(|m| m.is_dir()).collect();
    let request = ImportRequest { qa: vec![dir.join("qa.jsonl")], images: vec![dir.join("images")], masks, ..Default::default() };
    let path = dir.join("made.voxaudit");
    assert!(import(&mut Project::create(&path).unwrap(), &request, &()).unwrap().imported);
    path
}

fn put_image(dir: &Path, header: &Header, values: &[f64]) -> PathBuf {
    std::fs::create_dir_all(dir.join("images")).unwrap();
    header.write(&dir.join("images"), "case.nii", values)
}

fn put_masks(dir: &Path, header: &Header, labels: &[u16]) -> PathBuf {
    std::fs::create_dir_all(dir.join("masks")).unwrap();
    let stored: Vec<f64> = labels.iter().map(|v| f64::from(*v)).collect();
    header.write(&dir.join("masks"), "case.nii", &stored)
}

fn do_(desk: &mut Desk, command: ViewCommand) {
    desk.harness.state_mut().apply(Do::View(command));
    desk.harness.run_steps(2);
}

/// What the window says at the crosshair, in any of its views.
fn said(desk: &mut Desk, at: RasMm) -> String {
    do_(desk, ViewCommand::Cross(at));
    desk.harness.event(egui::Event::PointerGone);
    desk.harness.run_steps(2);
    let texts = desk.harness.output().shapes.iter().flat_map(|s| texts(&s.shape)).collect::<Vec<_>>();
    texts.iter().find(|t| t.starts_with("HU ") || t.starts_with("outside")).unwrap_or_else(|| panic!("no probe among {texts:?}")).clone()
}

fn texts(shape: &egui::Shape) -> Vec<String> {
    match shape {
        egui::Shape::Text(text) => vec![text.galley.text().to_owned()],
        egui::Shape::Vec(all) => all.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn shown_hu(desk: &Desk, at: RasMm) -> Option<f64> {
    desk.state().project.as_ref().unwrap().scene().unwrap().volume().unwrap().probe(at).map(|p| p.hu)
}

/// A view of the window as its state has it, drawn off screen.
fn view(desk: &Desk, gpu: &mut Offscreen, plane: Plane, size_px: [u32; 2]) -> (SliceRequest, RgbaImage) {
    let state = desk.state();
    let frame = state.viewer.frame(plane, state.settings.convention, size_px);
    let request = SliceRequest { frame, size_px, look: state.viewer.look(PaneKind::Slice(plane)) };
    let image = gpu.render(state.project.as_ref().unwrap().scene().unwrap(), &request).unwrap();
    (request, image)
}

fn offscreen() -> Option<Offscreen> {
    adapter().map(|_| Offscreen::new().unwrap())
}

fn probe(ct: &Path, masks: Option<&Path>, at: RasMm) -> (serde_json::Value, String) {
    let at = format!("--at={},{},{}", at.0.x, at.0.y, at.0.z);
    let run = |json: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_voxaudit"));
        command.arg("probe").arg("--ct").arg(ct).arg(&at);
        if let Some(masks) = masks {
            command.arg("--labels").arg(masks);
        }
        let out = if json { command.arg("--json") } else { &mut command }.output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    (serde_json::from_str(&run(true)).unwrap(), run(false))
}

#[test]
fn a_volume_replaced_on_disk_stays_as_it_was_until_it_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (phantom([20, 18, 16], ROWS), phantom([22, 19, 12], ROWS));
    let header = |t: &Phantom| Header::new(t.size, t.rows, Kind::I16);
    let path = put_image(dir.path(), &header(&old), &old.hu);
    let project = project_of(dir.path());
    let mut desk = Desk::ready(&project);
    let p = to_ras(&ROWS, [7.0, 8.0, 9.0]);
    let at = RasMm::new(p[0], p[1], p[2]);
    let before = said(&mut desk, at);
    assert_eq!(shown_hu(&desk, at), old.at(p).map(|w| w.1));

    put_image(dir.path(), &header(&new), &new.hu);
    desk.harness.run_steps(5);
    desk.key(Key::PageUp);
    desk.key(Key::PageDown);
    assert_eq!(said(&mut desk, at), before, "what is shown stays while one looks at it");
    desk.harness.event(egui::Event::WindowFocused(true));
    desk.until("the new file is on screen", |s| {
        let p = s.project.as_ref().unwrap();
        matches!(&p.case, CaseView::Ready { scene, .. } if scene.volume().unwrap().grid.size == new.size)
    });
    let toasts = &desk.state().toasts;
    assert!(toasts.iter().any(|t| t.text.contains("The files of case changed on disk")));
    assert_eq!(shown_hu(&desk, at), new.at(p).map(|w| w.1));
    let whole = std::fs::read(&path).unwrap();
    let mut again = Desk::ready(&project);
    assert_eq!(shown_hu(&again, at), new.at(p).map(|w| w.1));
    assert_ne!(said(&mut again, at), before);

    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(shown_hu(&again, at), new.at(p).map(|w| w.1), "half a file on disk changes nothing on screen");
    let mut third = Desk::open(&project);
    third.until("the failure is shown", |s| s.project.as_ref().is_some_and(|p| matches!(p.case, CaseView::Failed(_))));
    let CaseView::Failed(message) = &third.state().project.as_ref().unwrap().case else { unreachable!() };
    assert!(message.contains("case.nii") && message.contains("cut short"), "{message}");
    std::fs::write(&path, &whole).unwrap();
    third.click("Try again");
    third.until("the case is on screen", |s| s.project.as_ref().is_some_and(|p| matches!(p.case, CaseView::Ready { .. })));
    assert_eq!(shown_hu(&third, at), new.at(p).map(|w| w.1));

    std::fs::remove_file(&path).unwrap();
    assert_eq!(shown_hu(&third, at), new.at(p).map(|w| w.1), "a file that is gone takes nothing with it");
    let mut fourth = Desk::open(&project);
    fourth.until("the failure is shown", |s| s.project.as_ref().is_some_and(|p| matches!(p.case, CaseView::Failed(_))));
}

/// Does something to the file once reading is under way.
struct Meddler<'a> {
    done: AtomicBool,
    meddle: &'a (dyn Fn() + Sync),
}

impl Watch for Meddler<'_> {
    fn advance(&self, done: u64, _: u64) {
        if done > 0 && !self.done.swap(true, Ordering::AcqRel) {
            (self.meddle)();
        }
    }

    fn cancelled(&self) -> bool {
        false
    }
}

#[test]
fn a_file_that_is_cut_short_or_replaced_while_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let size = [160, 160, 160];
    let mut rng = Rng(3);
    let values: Vec<f64> = (0..160 * 160 * 160).map(|_| (rng.next() % 60_000) as f64).collect();
    for (name, kind) in [("a.nii", Kind::I16), ("b.nii", Kind::F32), ("c.nii.gz", Kind::I16), ("d.nii.gz", Kind::U16), ("e.hdr", Kind::I16)]
    {
        let header = Header::new(size, ROWS, kind);
        let path = header.write(dir.path(), name, &values);
        let data = if name == "e.hdr" { dir.path().join("e.img") } else { path.clone() };
        let shorten = || std::fs::OpenOptions::new().write(true).open(&data).unwrap().set_len(1_000_000).unwrap();
        let watch = Meddler { done: AtomicBool::new(false), meddle: &shorten };
        let message = read_volume(&path, &LoadOptions::default(), &watch).unwrap_err().to_string();
        assert!(message.contains(data.file_name().unwrap().to_str().unwrap()) || message.contains(name), "{message}");
        assert!(message.contains("copy or download"), "{message}");
        if kind == Kind::U16 {
            header.write(dir.path(), name, &values);
            let watch = Meddler { done: AtomicBool::new(false), meddle: &shorten };
            let message = read_label_layer(&path, &LoadOptions::default(), &watch).unwrap_err().to_string();
            assert!(message.contains("copy or download"), "{message}");
        }
        // Renamed over, as good writers do: what was opened is read to its end.
        header.write(dir.path(), name, &values);
        let beside = header.write(dir.path(), &format!("new_{name}"), &vec![1.0; values.len()]);
        let beside = if name == "e.hdr" { dir.path().join("new_e.img") } else { beside };
        let replace = || std::fs::rename(&beside, &data).unwrap();
        let watch = Meddler { done: AtomicBool::new(false), meddle: &replace };
        let volume = read_volume(&path, &LoadOptions::default(), &watch).unwrap();
        let stored = |v: f64| if kind == Kind::I16 { f64::from(v as i16) } else { v };
        assert!([0, 1_000_000, values.len() - 1].iter().all(|n| volume.hu([n % 160, n / 160 % 160, n / 25_600]) == stored(values[*n])));
        assert_eq!(read_volume(&path, &LoadOptions::default(), &()).unwrap().range, (1.0, 1.0));
    }
}

#[test]
fn three_hundred_structures_are_toggled_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let size = [30, 30, 20];
    let header = |kind| Header::new(size, ROWS, kind);
    put_image(dir.path(), &header(Kind::I16), &vec![40.0; 18_000]);
    let labels: Vec<u16> = world::voxels(size).map(|[i, j, k]| 1 + ((i / 3) + 10 * (j / 3) + 100 * (k * 3 / 20)) as u16).collect();
    put_masks(dir.path(), &header(Kind::U16), &labels);
    let mut desk = Desk::ready(&project_of(dir.path()));
    let visible = |desk: &Desk| desk.state().viewer.structures.styles().iter().filter(|s| s.visible).count();
    let mut gpu = offscreen();
    let mut coloured = |desk: &Desk| {
        let image = gpu.as_mut().map(|gpu| view(desk, gpu, Plane::Axial, [90, 90]).1)?;
        Some(image.pixels.chunks(4).filter(|p| p[0] != p[1] || p[1] != p[2]).count())
    };
    assert_eq!(visible(&desk), 300);
    for round in 0..3 {
        desk.click("None");
        assert_eq!((visible(&desk), coloured(&desk).unwrap_or(0)), (0, 0), "round {round}");
        desk.click("All");
        assert_eq!(visible(&desk), 300);
        assert!(coloured(&desk).is_none_or(|n| n > 5000));
    }
}

/// So near to a face between two voxels that single precision may take either, but not on it: there the rule of the grid holds.
fn doubtful(rows: &Rows, p: [f64; 3]) -> bool {
    world::on_a_face(rows, p, 2e-3) && !world::on_a_face(rows, p, 1e-9)
}

/// Greys of a view of the window at its own scale against the definition.
fn check_view(desk: &Desk, gpu: &mut Offscreen, truth: &Phantom, plane: Plane, window: Window, what: &str) {
    let (request, image) = view(desk, gpu, plane, [70, 50]);
    let mut compared = 0;
    for (x, y) in (0..50u32).flat_map(|y| (0..70u32).map(move |x| (x, y))) {
        let p = request.frame.at(f64::from(x) + 0.5 - 35.0, f64::from(y) + 0.5 - 25.0).to_array();
        if doubtful(&truth.rows, p) {
            continue;
        }
        let hu = truth.at(p).map_or(f64::NAN, |w| w.1);
        let shade = ((hu - f64::from(window.level)) / f64::from(window.width) + 0.5).clamp(0.0, 1.0) * 255.0;
        let want = if hu.is_nan() { 0.0 } else { shade };
        let got = image.at(x, y);
        assert!((f64::from(got[0]) - want).abs() <= 1.0, "{what} {plane:?} ({x}, {y}): {got:?} for {hu} HU, {want}");
        compared += 1;
    }
    assert!(compared > 2000, "{what} {plane:?}: {compared}");
}

#[test]
fn volumes_of_one_slice_and_slices_thicker_than_the_view() {
    let mut gpu = offscreen();
    let window = Window { width: 2000.0, level: 0.0 };
    for (size, spacing) in [
        ([24, 20, 1], [1.0, 1.25, 5.0]),
        ([24, 1, 20], [1.0, 700.0, 1.5]),
        ([1, 24, 20], [0.25, 1.0, 1.5]),
        ([1, 1, 20], [300.0, 300.0, 1.0]),
        ([1, 1, 1], [400.0; 3]),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let [x, y, z] = spacing;
        let truth = phantom(size, [[-x, 0.0, 0.0, 10.0], [0.0, y, 0.0, -20.0], [0.0, 0.0, z, 5.0]]);
        let path = put_image(dir.path(), &Header::new(size, truth.rows, Kind::I16), &truth.hu);
        let mut desk = Desk::ready(&project_of(dir.path()));
        do_(&mut desk, ViewCommand::Window(window));
        do_(&mut desk, ViewCommand::ToggleInterpolation);
        assert_eq!(desk.state().viewer.interpolation, Interpolation::Nearest);
        let cross = desk.state().viewer.cross;
        assert!(truth.at(cross.to_array()).is_some(), "{size:?}: the crosshair starts inside");
        for step in 0..3 {
            for plane in Plane::ALL {
                assert_eq!(desk.state().viewer.slice_number(plane).unwrap().1, size[plane.normal_axis()], "{size:?}");
                if let Some(gpu) = &mut gpu {
                    check_view(&desk, gpu, &truth, plane, window, &format!("{size:?} step {step}"));
                }
                // Nearer and nearer, until a slice is thicker than the whole view.
                do_(&mut desk, ViewCommand::Zoom { plane, factor: 4.0, anchor: cross });
                do_(&mut desk, ViewCommand::Scroll { plane, slices: 1.0 });
                do_(&mut desk, ViewCommand::Scroll { plane, slices: -1.0 });
            }
        }
        let at = desk.state().viewer.cross;
        let hu = truth.at(at.to_array()).unwrap().1;
        assert_eq!(said(&mut desk, at), format!("HU {hu}").replace('-', "−"), "{size:?}");
        assert_eq!(probe(&path, None, at).0["hu"].as_f64(), Some(hu), "{size:?}");
    }
}

#[test]
fn a_mask_of_one_voxel_is_found_and_drawn() {
    let dir = tempfile::tempdir().unwrap();
    let truth = phantom([30, 26, 12], ROWS);
    put_image(dir.path(), &Header::new(truth.size, ROWS, Kind::I16), &truth.hu);
    let mut labels = vec![0; truth.labels.len()];
    labels[world::offset(truth.size, [29, 0, 11])] = 40_000; // in a corner
    put_masks(dir.path(), &Header::new(truth.size, ROWS, Kind::U16), &labels);
    let mut desk = Desk::ready(&project_of(dir.path()));
    desk.click("go to label 40000");
    let p = to_ras(&ROWS, [29.0, 0.0, 11.0]);
    assert_eq!(desk.state().viewer.cross.to_array(), p);
    let Some(mut gpu) = offscreen() else { return };
    do_(&mut desk, ViewCommand::Opacity(1.0));
    for plane in Plane::ALL {
        let (request, image) = view(&desk, &mut gpu, plane, [90, 80]);
        let coloured: Vec<u32> = (0..90 * 80u32).filter(|n| image.at(n % 90, n / 90)[..3].windows(2).any(|c| c[0] != c[1])).collect();
        let (x, y) = request.frame.project(RasMm::new(p[0], p[1], p[2]));
        let centre = (y + 40.0).floor() as u32 * 90 + (x + 45.0).floor() as u32;
        assert!(coloured.contains(&centre), "{plane:?}: {} pixels, none at its centre", coloured.len());
        let area: f64 = (0..3).filter(|a| *a != plane.normal_axis()).map(|a| [1.0, 1.25, 2.5][a]).product();
        let pixels = area / request.frame.right.length().powi(2);
        assert!(
            (coloured.len() as f64 - pixels).abs() <= 2.0 * pixels.sqrt() + 4.0,
            "{plane:?}: {} pixels, {pixels} wanted",
            coloured.len()
        );
    }
}

/// Values that are no numbers, endless ones and very large ones: in the file, under the cursor, on the command line, on screen.
#[test]
fn no_numbers_infinities_and_65535_hu() {
    let mut gpu = offscreen();
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 65_535.0, 0.5, -0.04, -1024.25, 3.0];
    let whole = [0.0, 1.0, 65_535.0, 32_768.0, 40.0, 1000.0, 255.0, 3.0];
    for (kind, values, words) in [
        (Kind::F32, odd, ["not a number", "plus infinity", "minus infinity", "65535", "0.5", "0.0", "−1024.3", "3"]),
        (Kind::F64, odd, ["not a number", "plus infinity", "minus infinity", "65535", "0.5", "0.0", "−1024.3", "3"]),
        (Kind::U16, whole, ["0", "1", "65535", "32768", "40", "1000", "255", "3"]),
        (Kind::F32, whole, ["0", "1", "65535", "32768", "40", "1000", "255", "3"]),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let size = [8, 9, 7];
        let truth = Phantom {
            size,
            rows: ROWS,
            hu: world::voxels(size).map(|[i, ..]| values[i]).collect(),
            labels: world::voxels(size).map(|[_, j, _]| u16::from(j == 4) * 9).collect(),
        };
        let ct = put_image(dir.path(), &Header::new(size, ROWS, kind), &truth.hu);
        let masks = put_masks(dir.path(), &Header::new(size, ROWS, Kind::U16), &truth.labels);
        let mut desk = Desk::ready(&project_of(dir.path()));
        for (i, word) in words.into_iter().enumerate() {
            for j in [2, 4] {
                let p = to_ras(&ROWS, [i as f64, f64::from(j), 3.0]);
                let at = RasMm::new(p[0], p[1], p[2]);
                let label = if j == 4 { " · label 9" } else { "" };
                assert_eq!(said(&mut desk, at), format!("HU {word}{label}"), "{kind:?} {}", values[i]);
                let hu = shown_hu(&desk, at).unwrap();
                assert!(hu.is_nan() == values[i].is_nan() && (hu.is_nan() || hu == f64::from(values[i] as f32)), "{kind:?} {hu}");
                if (i + j as usize).is_multiple_of(3) || i < 3 && j == 2 {
                    let (json, text) = probe(&ct, Some(&masks), at);
                    assert_eq!(json["hu"].as_f64(), Some(hu).filter(|hu| hu.is_finite()), "{kind:?}");
                    assert_eq!(json["hu_is"].as_str(), Some(word).filter(|_| !hu.is_finite()));
                    assert_eq!(json["labels"].as_array().unwrap().len(), usize::from(j == 4));
                    let said = text.lines().find_map(|l| l.strip_prefix("HU ")).unwrap().trim();
                    let same = if hu.is_finite() { said.parse() == Ok(hu) } else { said == word };
                    assert!(same, "{kind:?}: '{said}' on the command line, '{word}' in the window");
                }
            }
        }
        let Some(gpu) = &mut gpu else { continue };
        do_(&mut desk, ViewCommand::ToggleInterpolation);
        do_(&mut desk, ViewCommand::ToggleMasks);
        let finite =
            values.iter().copied().filter(|v| v.is_finite()).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        do_(&mut desk, ViewCommand::Preset(7));
        let window = desk.state().viewer.window;
        assert_eq!(window, Window::full(finite), "{kind:?}");
        for window in [window, Window { width: 2.0, level: 65_534.5 }, Window { width: 130_000.0, level: 65_535.0 }] {
            do_(&mut desk, ViewCommand::Window(window));
            for plane in Plane::ALL {
                check_odd(&desk, gpu, &truth, plane, window, finite);
            }
        }
    }
}

/// As [`check_view`], with infinities as the ends of the range and room for the steps that floats are stored in on the GPU.
fn check_odd(desk: &Desk, gpu: &mut Offscreen, truth: &Phantom, plane: Plane, window: Window, range: (f64, f64)) {
    let ends = Phantom { hu: truth.hu.iter().map(|v| if v.is_nan() { *v } else { v.clamp(range.0, range.1) }).collect(), ..truth.clone() };
    let (request, image) = view(desk, gpu, plane, [70, 50]);
    let step = (range.1 - range.0) / 65_534.0 / 2.0 / f64::from(window.width) * 255.0 + 1.0;
    for (x, y) in (0..50u32).flat_map(|y| (0..70u32).map(move |x| (x, y))) {
        let p = request.frame.at(f64::from(x) + 0.5 - 35.0, f64::from(y) + 0.5 - 25.0).to_array();
        if doubtful(&truth.rows, p) {
            continue;
        }
        let hu = ends.at(p).map_or(f64::NAN, |w| w.1);
        let shade = ((hu - f64::from(window.level)) / f64::from(window.width) + 0.5).clamp(0.0, 1.0) * 255.0;
        let (want, got) = (if hu.is_nan() { 0.0 } else { shade }, image.at(x, y));
        assert!((f64::from(got[0]) - want).abs() <= step, "{plane:?} {window:?} ({x}, {y}): {got:?} for {hu} HU, {want}");
    }
}

/// One line of what the window says against `voxaudit probe`, on a turned grid with a mask on a grid of its own.
#[test]
fn the_window_and_the_command_line_say_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let ct = phantom([26, 22, 18], ROWS).turned([2, 0, 1], [true, false, true]);
    let mut rows = ROWS;
    rows.iter_mut().for_each(|r| (0..3).for_each(|n| r[n] *= 1.5));
    rows[0][3] += 4.0;
    let mask = phantom([20, 15, 11], rows);
    let image = put_image(dir.path(), &Header { inter: 0.5, ..Header::new(ct.size, ct.rows, Kind::I16) }, &ct.hu);
    let masks = put_masks(dir.path(), &Header::new(mask.size, mask.rows, Kind::U16), &mask.labels);
    let mut desk = Desk::ready(&project_of(dir.path()));
    let mut rng = Rng(8);
    for _ in 0..12 {
        let v = ct.size.map(|s| rng.below(s) as f64 + 0.2);
        let p = to_ras(&ct.rows, v);
        let (json, _) = probe(&image, Some(&masks), RasMm::new(p[0], p[1], p[2]));
        let names = json["labels"].as_array().unwrap().iter().map(|l| format!(" · {}", l["name"].as_str().unwrap())).collect::<String>();
        let expected = format!("HU {:.1}{names}", json["hu"].as_f64().unwrap()).replace('-', "−");
        assert_eq!(said(&mut desk, RasMm::new(p[0], p[1], p[2])), expected);
        assert_eq!(json["hu"].as_f64(), ct.at(p).map(|w| w.1 + 0.5));
    }
}

/// A device that is gone is noticed before a frame is drawn on it, and what it complains of does not end the program.
#[test]
fn a_lost_device_is_noticed_and_complaints_are_kept() {
    use egui_kittest::wgpu::{create_render_state, default_wgpu_setup};
    if adapter().is_none() {
        return;
    }
    let state = create_render_state(default_wgpu_setup(), egui_wgpu::RendererOptions::PREDICTABLE);
    let fate = Fate::watch(&state, &egui::Context::default());
    assert!(!fate.lost() && fate.complaint().is_none());
    let (usage, mapped_at_creation) = (wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::STORAGE, false);
    drop(state.device.create_buffer(&wgpu::BufferDescriptor { label: None, size: 4, usage, mapped_at_creation }));
    assert!(fate.complaint().is_some_and(|c| c.contains("usage")), "a buffer that may not be is complained of");
    assert!(fate.complaint().is_none() && !fate.lost());
    state.device.destroy();
    assert!(fate.lost());
}

/// A window that is moved between monitors of different scale shows the same patient at the same places, at each screen's own resolution:
/// what is under the pointer is what stands there, and pixels are those of the slice drawn at that resolution.
#[test]
fn monitors_of_different_scale() {
    let Some(mut gpu) = offscreen() else { return };
    let (_dir, project) = demo();
    let mut desk = Desk::drawn(&project);
    for command in [ViewCommand::ToggleCrosshair, ViewCommand::ToggleMasks] {
        do_(&mut desk, command);
    }
    let mut image_at = |desk: &mut Desk, scale: f32| {
        set_scale(desk, scale);
        desk.draw_all();
        assert_eq!(desk.harness.ctx.pixels_per_point(), scale);
        let image = desk.harness.render().unwrap();
        assert_eq!((image.width(), image.height()), ((1280.0 * scale) as u32, (800.0 * scale) as u32));
        Plane::ALL.iter().for_each(|plane| shown_at(desk, &mut gpu, *plane, scale, &|x, y| image.get_pixel(x, y).0));
    };
    image_at(&mut desk, 1.0);
    let before = Plane::ALL.map(|plane| desk.pane(plane));
    for scale in [1.5, 0.75, 1.0] {
        image_at(&mut desk, scale);
    }
    // Edges lie on pixels of either screen, so that they move by less than one point, however often the window goes there and back.
    for scale in [1.25, 1.0].repeat(12) {
        set_scale(&mut desk, scale);
        desk.harness.run_steps(3);
    }
    for (plane, before) in Plane::ALL.into_iter().zip(before) {
        let moved = [desk.pane(plane).min - before.min, desk.pane(plane).max - before.max];
        assert!(moved.iter().all(|m| m.abs().max_elem() < 1.01), "{plane:?} moved by {moved:?}");
    }
}

fn set_scale(desk: &mut Desk, scale: f32) {
    desk.harness.input_mut().viewports.values_mut().for_each(|v| v.native_pixels_per_point = Some(scale));
}

/// The middle of a view, which no caption covers: pointed at and compared with the slice drawn by itself.
fn shown_at(desk: &mut Desk, gpu: &mut Offscreen, plane: Plane, scale: f32, pixel: &dyn Fn(u32, u32) -> [u8; 4]) {
    let rect = desk.pane(plane);
    let size_px = [rect.width() * scale, rect.height() * scale].map(|n| n.round() as u32);
    let (request, alone) = view(desk, gpu, plane, size_px);
    let mut rng = Rng(7 + plane as u64);
    let corner = (rect.min.to_vec2() * scale).round();
    for _ in 0..200 {
        let [x, y] = size_px.map(|n| n / 4 + (rng.unit() * f64::from(n / 2)) as u32);
        let shown = pixel(corner.x as u32 + x, corner.y as u32 + y);
        assert_eq!(shown, alone.at(x, y), "{plane:?} at {scale}, pixel {x}, {y} of {size_px:?}");
    }
    let [x, y] = size_px.map(|n| n / 3);
    desk.pointer(((corner + egui::vec2(x as f32 + 0.5, y as f32 + 0.5)) / scale).to_pos2());
    let (over, at) = desk.state().viewer.hover.unwrap();
    let there = request.frame.at(f64::from(x) + 0.5 - f64::from(size_px[0]) / 2.0, f64::from(y) + 0.5 - f64::from(size_px[1]) / 2.0);
    assert_eq!(over, plane);
    assert!((at.0 - there.0).length() < 0.51 * request.frame.right.length(), "{plane:?} at {scale}: {at:?} is not {there:?}");
    desk.harness.event(egui::Event::PointerGone);
    desk.harness.step();
}

/// The program goes on in another window with everything it had; what is under way wakes the new one.
#[test]
fn the_program_moves_to_another_window() {
    let dir = tempfile::tempdir().unwrap();
    let truth = phantom([20, 18, 16], ROWS);
    put_image(dir.path(), &Header::new(truth.size, ROWS, Kind::I16), &truth.hu);
    let project = project_of(dir.path());
    let reviewer = Some(Reviewer::new("Ada Reader", "AR"));
    let launch = Launch { project: Some(project.clone()), reviewer, settings: Some(Settings::default()), ..Launch::default() };
    let (first, second) = (egui::Context::default(), egui::Context::default());
    let woken = [0, 1].map(|_| Arc::new(AtomicUsize::new(0)));
    for (context, count) in [&first, &second].into_iter().zip(woken.clone()) {
        context.set_request_repaint_callback(move |_| {
            count.fetch_add(1, Ordering::AcqRel);
        });
    }
    let mut app = App::new(&first, launch);
    let frame = |app: &mut App, context: &egui::Context| {
        let screen_rect = Some(egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1000.0, 700.0)));
        let mut output = context.run_ui(egui::RawInput { screen_rect, ..Default::default() }, |ui| app.frame(ui));
        let fonts = !output.textures_delta.set.is_empty();
        output.textures_delta.clear(); // nothing is drawn here
        (output, fonts)
    };
    let start = std::time::Instant::now();
    while !app.state().project.as_ref().is_some_and(|p| matches!(p.case, CaseView::Ready { .. })) {
        frame(&mut app, &first);
        assert!(start.elapsed() < PATIENCE);
    }
    app.apply(Do::View(ViewCommand::Preset(1)));
    app.apply(Do::View(ViewCommand::Cross(RasMm::new(1.0, 2.0, -15.0))));
    let before = (app.state().viewer.cross, app.state().viewer.window, app.state().toasts.iter().count());
    (0..5).for_each(|_| drop(frame(&mut app, &first)));

    app.moved_to(&second);
    let (_, fonts) = frame(&mut app, &second);
    assert!(fonts, "the new window gets fonts of its own");
    let after = (app.state().viewer.cross, app.state().viewer.window, app.state().toasts.iter().count());
    assert_eq!((after.0, after.1, after.2), (before.0, before.1, before.2 + 1), "and says what happened");
    (0..5).for_each(|_| drop(frame(&mut app, &second))); // egui measures what floats before it shows it
    let (output, _) = frame(&mut app, &second);
    assert!(output.shapes.iter().flat_map(|s| texts(&s.shape)).any(|t| t.contains("opened again")));
    let [old, new] = woken.each_ref().map(|n| n.load(Ordering::Acquire));
    app.apply(Do::Review(ReviewCommand::Accept));
    while app.state().project.as_ref().is_none_or(|p| p.saved_at.is_none()) {
        frame(&mut app, &second);
        assert!(start.elapsed() < PATIENCE);
    }
    assert_eq!(counts(&project), (1, 0, 0), "decisions reach the disk as before");
    assert_eq!(woken[0].load(Ordering::Acquire), old, "the old window sleeps");
    assert!(woken[1].load(Ordering::Acquire) > new);
}
