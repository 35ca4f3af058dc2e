//! Masks in the whole window, by key, mouse and accessible name: what is drawn, the list, solo, "this item's", colours, picking, and the
//! next slice that shows a structure. Numbers are held against the label layer itself.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use egui::{Event, Key, Modifiers, PointerButton, Pos2, vec2};
use egui_kittest::kittest::Queryable;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use voxaudit::app::Launch;
use voxaudit::formats::nifti::{NiftiImage, Values, write};
use voxaudit::project::Project;
use voxaudit::project::import::{ImportRequest, import};
use voxaudit::review::Reviewer;
use voxaudit::space::{Affine, Convention, Plane, RasMm};
use voxaudit::state::{Group, Line, Settings};
use voxaudit::volume::structures::{self, System};
use voxaudit::volume::{Label, LabelSet};

#[allow(dead_code, reason = "each test file uses its part")]
mod common;
use common::*;

fn labels(desk: &Desk) -> Arc<LabelSet> {
    Arc::clone(desk.state().project.as_ref().unwrap().scene().unwrap().labels().unwrap())
}

fn index(desk: &Desk, name: &str) -> usize {
    labels(desk).table.iter().position(|l| l.name == name).unwrap_or_else(|| panic!("no {name}"))
}

/// Names of the structures that are drawn.
fn drawn(desk: &Desk) -> Vec<String> {
    let styles = desk.state().viewer.structures.styles();
    labels(desk).table.iter().zip(styles.iter()).filter(|(l, s)| l.voxels > 0 && s.visible).map(|(l, _)| l.name.clone()).collect()
}

fn present(desk: &Desk) -> Vec<String> {
    labels(desk).table.iter().filter(|l| l.voxels > 0).map(|l| l.name.clone()).collect()
}

fn mentioned(desk: &Desk) -> Vec<String> {
    let mentions = &desk.state().project.as_ref().unwrap().current.as_ref().unwrap().mentions;
    let table = &labels(desk).table;
    let mut indices = mentions.clone();
    indices.sort_unstable();
    indices.into_iter().map(|i| table[i].name.clone()).collect()
}

fn without(names: &[String], left_out: &[&str]) -> Vec<String> {
    names.iter().filter(|n| !left_out.contains(&n.as_str())).cloned().collect()
}

fn search(desk: &mut Desk, text: &str) {
    desk.harness.get_by_label("Find a structure").focus();
    desk.harness.run_steps(2);
    desk.chord(CTRL, Key::A);
    desk.key(Key::Backspace);
    if !text.is_empty() {
        desk.text(text);
    }
    desk.key(Key::Escape);
    assert_eq!(desk.state().viewer.structures.query(), text);
}

/// Puts the focus back on the images, so that letters are keys.
fn leave_field(desk: &mut Desk) {
    let at = desk.harness.get_by_label("Structures").rect().center();
    desk.drag(at, vec2(0.0, 0.0), PointerButton::Primary, Modifiers::NONE);
}

fn toasted(desk: &Desk, part: &str) -> bool {
    desk.state().toasts.iter().any(|t| t.text.contains(part))
}

/// Where a point of the patient is on screen.
fn on_screen(desk: &Desk, plane: Plane, p: RasMm) -> Pos2 {
    let pane = desk.pane(plane);
    let size = [pane.width().round() as u32, pane.height().round() as u32];
    let (x, y) = desk.state().viewer.frame(plane, Convention::Radiological, size).project(p);
    pane.center() + vec2(x as f32, y as f32)
}

const SHIFT: Modifiers = Modifiers::SHIFT;

#[test]
fn only_the_items_structures_are_drawn_until_the_reader_asks_for_more() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let all = present(&desk);
    assert!(!mentioned(&desk).is_empty() && mentioned(&desk).len() < all.len());
    assert_eq!(drawn(&desk), mentioned(&desk), "the default while reviewing");
    desk.harness.get_by_label("Named by this item, 1 structure");
    desk.chord(SHIFT, Key::S);
    assert_eq!((drawn(&desk), desk.state().settings.only_item), (all.clone(), false));
    desk.click("This item's");
    assert_eq!((drawn(&desk), desk.state().settings.only_item), (mentioned(&desk), true));
    desk.click("All");
    assert_eq!((drawn(&desk), desk.state().settings.only_item), (all, true), "for this item");
    desk.click("None");
    assert_eq!(drawn(&desk), Vec::<String>::new());
    desk.key(Key::J);
    desk.until("the next item is there", |s| {
        s.project.as_ref().unwrap().current.as_ref().is_some_and(|c| c.item.is_some() && c.index == 1)
    });
    assert_eq!(drawn(&desk), ["kidney_right", "kidney_left"], "the next item shows its own again");
    assert_eq!(drawn(&desk).len(), mentioned(&desk).len());
}

#[test]
fn solo_shows_one_structure_and_brings_the_others_back() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.chord(SHIFT, Key::S);
    search(&mut desk, "spleen");
    desk.click("show spleen");
    let before = without(&present(&desk), &["spleen"]);
    assert_eq!(drawn(&desk), before);
    desk.click("solo spleen");
    assert_eq!(drawn(&desk), ["spleen"], "also when it was hidden");
    desk.click("solo spleen");
    assert_eq!(drawn(&desk), before);
    leave_field(&mut desk);
    desk.key(Key::S);
    assert_eq!(drawn(&desk).len(), 1, "S takes the selected structure, which the item names");
    assert_eq!(drawn(&desk), mentioned(&desk));
    desk.key(Key::S);
    assert_eq!(drawn(&desk), before);
    search(&mut desk, "left kidney");
    desk.click("go to left kidney");
    desk.key(Key::H);
    assert!(!desk.state().viewer.masks);
    desk.key(Key::S);
    assert_eq!((drawn(&desk), desk.state().viewer.masks), (vec!["kidney_left".to_owned()], true), "solo with masks off turns them on");
}

#[test]
fn groups_fold_hide_and_are_searched() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.tall_list();
    desk.chord(SHIFT, Key::S);
    search(&mut desk, "urinary");
    desk.click("show all of Urinary");
    assert_eq!(drawn(&desk), without(&present(&desk), &["kidney_left", "kidney_right"]));
    let hidden: Vec<_> = desk.state().settings.structures.iter().filter(|(_, look)| look.hidden).map(|(name, _)| name.clone()).collect();
    assert_eq!(hidden, ["kidney_left", "kidney_right"], "remembered by name");
    search(&mut desk, "");
    for heading in ["Cardiovascular, 2 structures", "Respiratory, 5 structures", "Digestive, 1 structure", "Urinary, 2 structures"] {
        desk.click(heading);
    }
    assert!(desk.harness.query_by_label("go to left kidney").is_none(), "folded");
    search(&mut desk, "KIDNEY");
    desk.harness.get_by_label("go to left kidney");
    assert!(desk.harness.query_by_label("go to spleen").is_none());
    desk.click("show all of Urinary");
    assert_eq!(drawn(&desk), present(&desk));
    assert!(desk.state().settings.structures.is_empty());
    search(&mut desk, "zebra");
    desk.harness.get_by_label("No structure matches “zebra”.");
    desk.click("Clear search");
    assert_eq!(desk.state().viewer.structures.query(), "");
    let folded = |desk: &Desk| desk.state().viewer.structures.groups().iter().any(|g| g.folded);
    assert!(folded(&desk), "still folded");
    desk.click("Urinary, 2 structures");
    desk.harness.get_by_label("go to left kidney");
    for heading in ["Digestive, 1 structure", "Respiratory, 5 structures", "Cardiovascular, 2 structures"] {
        desk.click(heading);
    }
    assert!(!folded(&desk));
    let groups = desk.state().viewer.structures.groups();
    let lines = desk.state().viewer.structures.lines();
    assert_eq!(groups.iter().map(|g| g.labels.len() + 1).sum::<usize>(), lines.len());
    assert_eq!(groups[0].group, Group::Item);
    let systems: Vec<_> = groups.iter().map(|g| g.group).collect();
    assert!(systems.contains(&Group::System(System::Skeletal)) && systems.contains(&Group::System(System::Respiratory)));
}

#[test]
fn colour_and_opacity_change_what_is_drawn_and_are_remembered() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let spleen = index(&desk, "spleen");
    let style = |desk: &Desk| desk.state().viewer.structures.styles()[spleen];
    let plain = style(&desk);
    assert_eq!((plain.color, plain.opacity), (labels(&desk).table[spleen].color, 255), "the file's colour");
    search(&mut desk, "spleen");
    desk.click("colour of spleen");
    let rail = |desk: &Desk, name: &str| desk.harness.get_by_label(name).rect().left_center();
    desk.drag(rail(&desk, "opacity of spleen") + vec2(60.0, 0.0), vec2(-15.0, 0.0), PointerButton::Primary, Modifiers::NONE);
    let faded = style(&desk).opacity;
    assert!((70..140).contains(&faded), "{faded}");
    assert_eq!(desk.state().settings.structures["spleen"].opacity, Some(faded));
    desk.harness.get_by_label("opacity of spleen").focus();
    desk.harness.run_steps(2);
    (0..5).for_each(|_| desk.key(Key::ArrowLeft));
    assert!(style(&desk).opacity < faded, "the keyboard moves the slider too");
    desk.click("make it green");
    let green = style(&desk).color;
    assert!(green[1] > green[0] && green[1] > green[2], "{green:?}");
    desk.drag(rail(&desk, "hue of spleen") + vec2(40.0, 0.0), vec2(40.0, 0.0), PointerButton::Primary, Modifiers::NONE);
    let color = style(&desk).color;
    assert!(color != green && color != plain.color);
    assert_eq!(desk.state().settings.structures["spleen"].color, Some(color));
    desk.click("Reset colour and opacity");
    assert_eq!((style(&desk).color, style(&desk).opacity), (plain.color, 255));
    assert!(desk.state().settings.structures.is_empty());
}

#[test]
fn everything_is_reset_from_the_menu_which_says_what_is_lost() {
    let (_dir, project) = demo();
    let mut settings = Settings { only_item: false, ..Settings::default() };
    let text = r#"{"spleen": {"color": [1, 2, 3], "opacity": 40}, "liver": {"hidden": true}, "kidney_left": {"opacity": 9}}"#;
    settings.structures = serde_json::from_str(text).unwrap();
    let launch =
        Launch { project: Some(project), reviewer: Some(Reviewer::new("Ada", "A")), settings: Some(settings), ..Launch::default() };
    let mut desk = Desk::launch(launch);
    desk.until("the case is on screen", |s| s.project.as_ref().is_some_and(|p| p.scene().is_some()));
    let spleen = index(&desk, "spleen");
    let styles = desk.state().viewer.structures.styles();
    assert_eq!((styles[spleen].color, styles[spleen].opacity), ([1, 2, 3], 40), "what was remembered holds for this case");
    assert_eq!(drawn(&desk), without(&present(&desk), &["liver"]));
    desk.click("More for structures");
    desk.click("Reset colours, opacities and visibility");
    desk.click("Show all and forget 2 changed styles");
    assert_eq!(drawn(&desk), present(&desk));
    let styles = desk.state().viewer.structures.styles();
    assert!(labels(&desk).table.iter().zip(styles.iter()).all(|(l, s)| s.color == l.color && s.opacity == 255));
    assert!(desk.state().settings.structures.is_empty());
}

#[test]
fn next_and_previous_slices_show_the_selected_structure_and_end_with_it() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    search(&mut desk, "spleen");
    desk.click("go to spleen");
    leave_field(&mut desk);
    let set = labels(&desk);
    let spleen = index(&desk, "spleen");
    for (plane, words) in [(Plane::Axial, "above"), (Plane::Coronal, "in front"), (Plane::Sagittal, "further right")] {
        desk.pointer(desk.pane(plane).center());
        desk.harness.run_steps(2);
        let number = |desk: &Desk| desk.state().viewer.slice_number(plane).unwrap().0;
        let start = number(&desk);
        desk.chord(CTRL, Key::PageUp);
        assert_eq!(number(&desk), start + 1);
        for _ in 0..200 {
            desk.chord(CTRL, Key::PageUp);
            if toasted(&desk, words) {
                break;
            }
        }
        assert!(toasted(&desk, &format!("No {} slice {words} shows spleen.", plane.name())), "{:?}", desk.state().toasts.iter().next());
        let normal = glam::DVec3::AXES[plane.normal_axis()];
        let (at, step) = (desk.state().viewer.cross.0.dot(normal), set.layers[0].grid.affine.spacing_mm());
        let shows = |at: f64| set.steps_to(spleen, normal, at - 0.1, 0.1, 1).is_some();
        assert!(shows(at) && !shows(at + step[plane.normal_axis()]), "the last slice of the spleen");
        desk.click("Dismiss message");
        let last = number(&desk);
        // Beyond the structure the way back leads to it again.
        desk.pointer(desk.pane(plane).center());
        for _ in 0..4 {
            desk.key(Key::PageUp);
        }
        assert_eq!(number(&desk), last + 4);
        desk.chord(CTRL, Key::PageDown);
        assert_eq!(number(&desk), last);
        desk.chord(CTRL, Key::PageDown);
        assert_eq!(number(&desk), last - 1);
        search(&mut desk, "spleen");
        desk.click("go to spleen");
        leave_field(&mut desk);
    }
}

#[test]
fn the_structure_under_the_cursor_is_picked_and_its_line_comes_into_sight() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    search(&mut desk, "spleen");
    desk.click("go to spleen");
    search(&mut desk, "aorta");
    leave_field(&mut desk);
    desk.click("go to aorta");
    let (set, spleen) = (labels(&desk), index(&desk, "spleen"));
    let anchor = set.table[spleen].anchor.unwrap();
    for _ in 0..200 {
        let gap = anchor.0.z - desk.state().viewer.cross.0.z;
        if gap.abs() < 2.0 {
            break;
        }
        desk.wheel(desk.pane(Plane::Axial).center(), gap.signum() as f32, Modifiers::NONE);
    }
    desk.pointer(on_screen(&desk, Plane::Axial, anchor));
    desk.harness.run_steps(2);
    desk.key(Key::P);
    assert_eq!(desk.state().viewer.structures.selected(), Some(spleen));
    assert_eq!(desk.state().viewer.structures.query(), "", "a search that hides it is given up");
    desk.harness.run_steps(2);
    desk.harness.get_by_label("go to spleen");

    let cross = desk.state().viewer.cross;
    let aorta = index(&desk, "aorta");
    let there = set.table[aorta].anchor.unwrap();
    desk.click("go to spleen");
    assert_ne!(desk.state().viewer.cross, cross);
    desk.click("All");
    search(&mut desk, "aorta");
    desk.click("go to aorta");
    leave_field(&mut desk);
    desk.harness.get_by_label("go to aorta");
    search(&mut desk, "");
    desk.key(Key::P);
    let cross = desk.state().viewer.cross;
    desk.drag(on_screen(&desk, Plane::Coronal, there), vec2(0.0, 0.0), PointerButton::Primary, CTRL);
    assert_eq!(desk.state().viewer.structures.selected(), Some(aorta));
    assert_eq!(desk.state().viewer.cross, cross, "Ctrl+click leaves the crosshair");
    let corner = desk.pane(Plane::Axial).left_top() + vec2(4.0, 60.0);
    desk.drag(corner, vec2(0.0, 0.0), PointerButton::Primary, CTRL);
    assert!(toasted(&desk, "no structure at this point"));
    assert_eq!(desk.state().viewer.structures.selected(), Some(aorta));
}

/// A project of one case: a label map, names beside it, and one question.
fn project_with(dir: &Path, size: [usize; 3], voxels: &[u16], names: &str, question: &str) -> PathBuf {
    let rows = [[1.5, 0.0, 0.0, -30.0], [0.0, 1.5, 0.0, -30.0], [0.0, 0.0, 2.0, 10.0]];
    let affine = Affine::from_rows(rows).unwrap();
    for folder in ["images", "masks"] {
        std::fs::create_dir_all(dir.join(folder)).unwrap();
    }
    let hu: Vec<i16> = (0..voxels.len()).map(|n| (n % 700) as i16 - 200).collect();
    write(&dir.join("images/case.nii.gz"), &NiftiImage::new(size, affine, Values::I16(&hu))).unwrap();
    write(&dir.join("masks/case.nii.gz"), &NiftiImage::new(size, affine, Values::U16(voxels))).unwrap();
    std::fs::write(dir.join("masks/case.json"), names).unwrap();
    std::fs::write(
        dir.join("qa.json"),
        format!("{{\"case.nii.gz\": {{\"qa_pairs\": [{{\"question\": \"{question}\", \"answer\": \"Yes.\"}}]}}}}"),
    )
    .unwrap();
    let path = dir.join("made.voxaudit");
    let request = ImportRequest {
        qa: vec![dir.join("qa.json")],
        images: vec![dir.join("images")],
        masks: vec![dir.join("masks")],
        ..Default::default()
    };
    let mut made = Project::create(&path).unwrap();
    assert!(import(&mut made, &request, &()).unwrap().imported);
    path
}

#[test]
fn sixty_five_thousand_labels_are_searched_toggled_and_drawn_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let size = [41, 41, 39];
    let voxels: Vec<u16> = (0..41 * 41 * 39usize).map(|n| if n < 65_535 { n as u16 + 1 } else { 0 }).collect();
    let names: Vec<String> = (1..=65_535).map(|n| format!("\"{n}\": \"territory {n}\"")).collect();
    let project = project_with(dir.path(), size, &voxels, &format!("{{{}}}", names.join(",")), "Is territory 40000 intact?");
    let mut desk = Desk::ready(&project);
    assert_eq!(present(&desk).len(), 65_535);
    assert_eq!((drawn(&desk).len(), drawn(&desk)[0].as_str()), (1, "territory 40000"));
    let lines = |desk: &Desk| desk.harness.get_all_by(|n| n.label().is_some_and(|l| l.starts_with("go to "))).count();
    assert!((2..40).contains(&lines(&desk)), "only lines in sight are drawn: {}", lines(&desk));
    desk.click("All");
    assert_eq!(drawn(&desk).len(), 65_535);
    desk.click("None");
    assert_eq!(drawn(&desk).len(), 0);
    desk.click("show all of Other");
    assert_eq!(drawn(&desk).len(), 65_534, "all but the one that stands above");
    search(&mut desk, "territory 6553");
    assert_eq!(lines(&desk), lines(&desk).min(12));
    assert_eq!(desk.state().viewer.structures.lines().iter().filter(|l| matches!(l, Line::Label(_))).count(), 12);
    desk.click("solo territory 6553");
    assert_eq!(drawn(&desk).first().map(String::as_str), Some("territory 6553"));
    assert_eq!(drawn(&desk).len(), 1);
    desk.click("go to territory 6553");
    let at = desk.state().viewer.cross;
    assert_eq!(labels(&desk).at(at), [6552]);
    search(&mut desk, "");
    leave_field(&mut desk);
    desk.harness.get_by_label("go to territory 40000");
    assert!(desk.state().settings.structures.is_empty(), "a change of thousands is not written into the settings");
}

#[test]
fn a_mask_of_one_voxel_and_a_ring_are_jumped_into() {
    let dir = tempfile::tempdir().unwrap();
    let size = [20, 20, 12];
    let mut voxels = vec![0u16; 20 * 20 * 12];
    let offset = |i: usize, j: usize, k: usize| i + 20 * (j + 20 * k);
    voxels[offset(17, 2, 9)] = 300;
    for (i, j) in (5..15).flat_map(|i| (5..15).map(move |j| (i, j))) {
        if i == 5 || i == 14 || j == 5 || j == 14 {
            (3..6).for_each(|k| voxels[offset(i, j, k)] = 7);
        }
    }
    let project = project_with(dir.path(), size, &voxels, r#"{"7": "ring", "300": "calculus_left"}"#, "Is it there?");
    let mut desk = Desk::ready(&project);
    assert_eq!(drawn(&desk), ["ring", "calculus_left"], "an item that names nothing hides nothing");
    desk.harness.get_by_label("go to ring");
    for name in ["ring", "calculus left"] {
        desk.click(&format!("go to {name}"));
        let under: Vec<String> =
            labels(&desk).at(desk.state().viewer.cross).iter().map(|i| labels(&desk).table[*i].title().into_owned()).collect();
        assert_eq!(under, [name]);
    }
    desk.pointer(desk.pane(Plane::Coronal).center());
    desk.harness.run_steps(2);
    for (key, words) in [(Key::PageUp, "in front"), (Key::PageDown, "behind")] {
        desk.chord(CTRL, key);
        assert!(toasted(&desk, &format!("No coronal slice {words} shows calculus left.")));
    }
    assert_eq!(desk.state().viewer.cross.0, labels(&desk).table[1].anchor.unwrap().0);
    desk.chord(SHIFT, Key::S);
    assert!(toasted(&desk, "names no structure"));
    desk.click("go to ring");
    desk.pointer(desk.pane(Plane::Sagittal).center());
    desk.harness.run_steps(2);
    desk.key(Key::S);
    assert_eq!(drawn(&desk), ["ring"]);
}

#[test]
fn keys_without_a_selected_structure_say_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let project = project_with(dir.path(), [4, 4, 4], &[1; 64], "{}", "Is it there?");
    let mut desk = Desk::ready(&project);
    for (modifiers, key) in [(Modifiers::NONE, Key::S), (CTRL, Key::PageUp), (CTRL, Key::PageDown)] {
        desk.chord(modifiers, key);
        assert!(toasted(&desk, "No structure is selected"), "{key:?}");
        desk.key(Key::Escape);
    }
    desk.key(Key::P);
    assert_eq!(desk.state().viewer.structures.selected(), Some(0), "without a pointer the crosshair is the cursor");
    desk.click("show label 1");
    assert!(drawn(&desk).is_empty() && desk.state().settings.structures.is_empty(), "a label without a name is not remembered");
}

#[test]
fn letters_typed_into_the_search_are_not_keys() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let before = drawn(&desk);
    desk.harness.get_by_label("Find a structure").focus();
    desk.harness.run_steps(2);
    for (key, letter) in [(Key::S, "s"), (Key::P, "p"), (Key::S, "s")] {
        desk.harness.event(Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers: Modifiers::NONE });
        desk.text(letter);
        desk.harness.event(Event::Key { key, physical_key: None, pressed: false, repeat: false, modifiers: Modifiers::NONE });
    }
    assert_eq!((drawn(&desk), desk.state().viewer.structures.query()), (before, "sps"));
    desk.chord(CTRL, Key::A);
    desk.text("right kidney");
    desk.key(Key::Enter);
    assert_eq!(desk.state().viewer.structures.selected(), Some(index(&desk, "kidney_right")), "Enter goes to the first one found");
    desk.key(Key::S);
    assert_eq!(drawn(&desk), ["kidney_right"], "and letters are keys again");
}

#[test]
fn every_structure_of_totalsegmentator_is_known_and_coloured() {
    let Some(data) = shared() else { return };
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    std::fs::create_dir_all(at("images")).unwrap();
    std::fs::create_dir_all(at("masks/example_ct")).unwrap();
    std::fs::copy(data.join("example_ct.nii.gz"), at("images/example_ct.nii.gz")).unwrap();
    let files = std::fs::read_dir(data.join("example_seg_fast")).unwrap().map(|e| e.unwrap().path());
    for file in files.filter(|f| f.extension().is_some_and(|e| e == "gz")) {
        std::fs::copy(&file, at("masks/example_ct").join(file.file_name().unwrap())).unwrap();
    }
    std::fs::write(at("qa.json"), r#"{"example_ct.nii.gz": {"qa_pairs": [{"question": "Is the left clavicle there?", "answer": "No."}]}}"#)
        .unwrap();
    let request = ImportRequest { qa: vec![at("qa.json")], images: vec![at("images")], masks: vec![at("masks")], ..Default::default() };
    let mut made = Project::create(at("real.voxaudit")).unwrap();
    assert!(import(&mut made, &request, &()).unwrap().imported);
    drop(made);
    let mut desk = Desk::ready(&at("real.voxaudit"));
    let set = labels(&desk);
    assert_eq!(set.table.len(), 117);
    let unknown: Vec<&str> = set.table.iter().filter(|l| l.structure.is_none_or(|s| s.name != l.name)).map(|l| l.name.as_str()).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(set.table.iter().all(|l| l.structure.is_some_and(|s| s.color == l.color)), "a folder of masks brings no colours");
    assert_eq!((present(&desk).len(), drawn(&desk).len()), (40, 40), "the clavicle is not in this volume: nothing is hidden");
    let systems: Vec<Group> = desk.state().viewer.structures.groups().iter().map(|g| g.group).collect();
    assert!(systems.contains(&Group::System(System::Digestive)) && !systems.contains(&Group::System(System::Other)));
    desk.click("None");
    desk.click("All");
    assert_eq!(drawn(&desk).len(), 40);
    let lungs: Vec<&Label> = set.table.iter().filter(|l| l.name.starts_with("kidney_") && l.voxels > 0).collect();
    assert!(lungs.iter().all(|l| l.structure.is_some_and(|s| s.system == System::Urinary)));
}

/// The published table of codes says the same, but for the codes that this project leaves out or corrects.
#[test]
fn codes_agree_with_the_published_mapping() {
    let Some(data) = shared() else { return };
    let mut reader = csv::Reader::from_path(data.join("totalsegmentator_snomed_mapping.csv")).unwrap();
    let headings = reader.headers().unwrap().clone();
    let column = |name: &str| headings.iter().position(|h| h == name).unwrap();
    let (name, code) = (column("Structure"), column("SegmentedPropertyTypeCodeSequence.CodeValue"));
    let mut differ: Vec<String> = Vec::new();
    let mut same = 0;
    for row in reader.records().map(Result::unwrap) {
        match structures::find(&row[name]).filter(|s| s.name == &row[name]).and_then(|s| s.snomed) {
            Some(own) if own == &row[code] => same += 1,
            Some(own) => differ.push(format!("{} {own}", &row[name])),
            None => {}
        }
    }
    assert!(same > 110, "{same}");
    // There the subclavian artery carries the code of another vessel, the gluteus minimus that of the medius, the gluteus maximus and the
    // atrial appendage a wider or whole-structure code.
    let corrected = [
        "gluteus_maximus_left 206007",
        "gluteus_maximus_right 206007",
        "subclavian_artery_right 36765005",
        "subclavian_artery_left 36765005",
        "atrial_appendage_left 33626005",
        "gluteus_maximus 206007",
        "gluteus_minimus 75297007",
    ];
    assert_eq!(differ, corrected);
}
