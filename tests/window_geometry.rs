//! Geometry in the window, on the demo project: the evidence of an item by key and pointer, the panel's tables with their drawings and
//! their CSV, volumes over all cases, and what the check of all answers brings to the queue. Numbers are held against the library's.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use egui::accesskit::Role;
use egui::{Key, Modifiers, OutputCommand, vec2};
use egui_kittest::SnapshotOptions;
use egui_kittest::kittest::{NodeT, Queryable};
use std::time::Instant;
use voxaudit::formats::measures::label_table;
use voxaudit::geometry::judge::{Figure, OfOne, OfTwo, Verdict};
use voxaudit::geometry::{Options, Pairs, Rank, length_mm, measure_case, measure_pair, sides};
use voxaudit::project::Project;
use voxaudit::project::check::Source;
use voxaudit::qa::Task;
use voxaudit::space::Plane;
use voxaudit::state::{Command, Judging, OfLabel, Progress, QueueCommand, Tab, ViewLayout};

#[allow(dead_code, reason = "each test file uses its part")]
mod common;
use common::*;

const SHIFT: Modifiers = Modifiers::SHIFT;

/// Goes to an item and waits until geometry has judged it.
fn judged(desk: &mut Desk, item: usize) {
    desk.harness.state_mut().apply(Command::Queue(QueueCommand::Select(item)));
    desk.until("the item is judged", |s| s.project.as_ref().is_some_and(|p| p.scene().is_some()) && s.witness.judging == Judging::Done);
}

/// The first item of a task with evidence.
fn item_of(desk: &Desk, task: Task) -> usize {
    desk.state().project.as_ref().unwrap().items.iter().position(|row| row.task == Some(task)).unwrap()
}

fn panel(desk: &mut Desk) {
    desk.chord(SHIFT, Key::G);
    assert!(desk.state().settings.layout.geometry_open);
    desk.until("the structures are measured", |s| s.geometry.measuring == Progress::Done && !s.geometry.rows.is_empty());
}

fn index(desk: &Desk, name: &str) -> usize {
    let scene = desk.state().project.as_ref().unwrap().scene().unwrap();
    scene.labels().unwrap().table.iter().position(|l| l.name == name).unwrap()
}

fn measured(desk: &Desk) -> voxaudit::geometry::measures::CaseMeasures {
    let scene = desk.state().project.as_ref().unwrap().scene().unwrap().clone();
    let all = Options { shape: true, pairs: Pairs::None, surfaces: false };
    measure_case(scene.labels().unwrap(), scene.volume().map(AsRef::as_ref), &all, &()).unwrap()
}

/// What was put on the clipboard by a click.
fn copied(desk: &mut Desk, button: &str) -> String {
    desk.harness.get_by_label(button).click();
    let start = Instant::now();
    loop {
        desk.harness.step();
        let commands = &desk.harness.output().platform_output.commands;
        if let Some(text) = commands.iter().find_map(|c| if let OutputCommand::CopyText(text) = c { Some(text.clone()) } else { None }) {
            return text;
        }
        assert!(start.elapsed() < PATIENCE, "nothing is copied");
    }
}

#[test]
fn the_evidence_of_an_item_comes_and_goes_by_key_and_a_number_lights_its_drawing() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let item = item_of(&desk, Task::Dist);
    judged(&mut desk, item);
    assert!(desk.state().witness.drawn().is_none(), "nothing is drawn unasked");
    desk.key(Key::G);
    let (evidence, lit) = desk.state().witness.drawn().unwrap();
    let (line, at) = (evidence.lines[0], evidence.at.unwrap());
    assert_eq!((evidence.parts.len(), lit), (2, None));
    assert!((line.length_mm - 121.0).abs() < 2.0, "the kidneys are 121 mm apart: {}", line.length_mm);
    let cross = desk.state().viewer.cross.0.to_array();
    assert!((0..3).all(|n| (cross[n] - at[n]).abs() < 1e-6), "the views are there: {cross:?} {at:?}");
    desk.key(Key::G);
    assert!(desk.state().witness.drawn().is_none(), "the same key hides it");
    desk.key(Key::G);
    assert!(desk.state().witness.drawn().is_some());
    desk.key(Key::Escape);
    assert!(desk.state().witness.drawn().is_none(), "Esc hides it");

    let (_, check) = desk.state().witness.check(&Source::Reference).unwrap();
    assert_eq!(check.verdict, Some(Verdict::Supports));
    let number = check.claims[0].judgement.numbers[0].clone();
    let chip = desk.harness.get_by_label_contains("geometry supports");
    assert_eq!(chip.accesskit_node().role(), Role::Button);
    chip.click();
    desk.harness.run_steps(3);
    assert!(desk.state().witness.drawn().is_some(), "the chip does what the key does");
    desk.key(Key::Escape);
    desk.pointer(egui::pos2(5.0, 5.0));
    assert!(desk.state().witness.drawn().is_none());
    let text = desk.harness.get_by(|n| n.role() == Role::Button && n.label().is_some_and(|l| l.starts_with(&number.what)));
    text.hover();
    desk.harness.run_steps(3);
    let (_, lit) = desk.state().witness.drawn().unwrap();
    assert_eq!(lit, number.mark, "the number's own line stands out");
    desk.pointer(egui::pos2(5.0, 5.0));
    desk.harness.run_steps(2);
    assert!(desk.state().witness.drawn().is_none(), "and is put out again");
}

#[test]
fn the_table_of_structures_sorts_searches_jumps_and_draws() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.until("the item is judged", |s| s.witness.judging == Judging::Done);
    panel(&mut desk);
    let expected = measured(&desk);
    assert_eq!(desk.state().geometry.rows, Rank::Volume.order(&expected.labels), "the largest first");
    desk.click("sort by volume, mL");
    assert_eq!(desk.state().geometry.rows, Rank::Volume.order(&expected.labels).into_iter().rev().collect::<Vec<_>>());
    desk.click("sort by height (S–I), mm");
    assert_eq!(desk.state().geometry.rows, Rank::Height.order(&expected.labels));
    desk.click("sort by name");
    let labels = desk.state().project.as_ref().unwrap().scene().unwrap().labels().unwrap().clone();
    let names: Vec<String> = desk.state().geometry.rows.iter().map(|n| labels.table[*n].title().to_lowercase()).collect();
    assert!(names.is_sorted() && names.len() == expected.labels.iter().filter(|l| l.voxels > 0).count(), "{names:?}");
    assert_eq!(desk.state().geometry.sort.by, OfLabel::Name);

    desk.harness.get_by_label("Find in the table of structures").focus();
    desk.harness.step();
    desk.text("spleen");
    desk.key(Key::Escape);
    let spleen = index(&desk, "spleen");
    assert_eq!(desk.state().geometry.rows, [spleen]);
    let m = &expected.labels[spleen];
    let (place, shape) = (m.place.unwrap(), m.shape.as_ref().unwrap());
    let cell = |desk: &Desk, what: &str| {
        let label = format!("{what} of spleen: ");
        let node = desk.harness.get_by(|n| n.role() == Role::Button && n.label().is_some_and(|l| l.starts_with(&label)));
        (node.accesskit_node().label().unwrap()[label.len()..].to_owned(), node.rect().center())
    };
    assert_eq!(cell(&desk, "height (S–I), mm").0, format!("{:.1}", place.extent.height_si));
    assert_eq!(cell(&desk, "longest diameter in 3D, mm").0, format!("{:.1}", length_mm(shape.diameter)));
    assert_eq!(cell(&desk, "volume, mL").0, format!("{:.0}", m.volume_ml));
    desk.harness.set_size(vec2(1920.0, 1080.0)); // here every column has room
    desk.harness.run_steps(2);
    assert_eq!(cell(&desk, "mean HU").0, format!("{:.0}", m.hu.unwrap().mean));

    let at = cell(&desk, "width (R–L), mm").1;
    desk.pointer(at);
    desk.harness.run_steps(2);
    let (evidence, lit) = desk.state().witness.drawn().unwrap();
    assert!((evidence.lines[0].length_mm - place.extent.width_rl).abs() < 1e-9 && lit.is_some(), "the number's line is drawn");
    assert_eq!(desk.state().witness.figure(), None, "only while the pointer is there");
    desk.pointer(egui::pos2(5.0, 5.0));
    desk.harness.run_steps(2);
    assert!(desk.state().witness.drawn().is_none());

    desk.click("draw spleen");
    assert_eq!(desk.state().witness.figure(), Some(Figure::One(spleen, OfOne::Box)));
    let cross = desk.state().viewer.cross.0.to_array();
    assert!((0..3).all(|n| (cross[n] - place.centroid_ras_mm[n]).abs() < 1e-6), "a click on the row goes there");
    assert_eq!(desk.state().viewer.structures.selected(), Some(spleen));
    desk.key(Key::Escape);
    assert!(desk.state().witness.figure().is_none(), "Esc hides it");
    desk.chord(SHIFT, Key::G);
    assert!(!desk.state().settings.layout.geometry_open && desk.harness.query_by_label("Copy CSV").is_none());
}

#[test]
fn a_table_is_copied_as_the_csv_of_the_command_line() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    panel(&mut desk);
    let case = desk.state().project.as_ref().unwrap().current_row().unwrap().id.case.0.clone();
    let text = copied(&mut desk, "Copy CSV");
    let expected = label_table(&[(case, measured(&desk))]).csv().unwrap();
    assert_eq!(text.as_bytes(), expected);
    assert!(text.starts_with("case,name,value,layer,voxels,volume_ml"));
}

#[test]
fn pairs_of_the_item_come_first_and_any_two_can_be_chosen() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let item = item_of(&desk, Task::Dist);
    judged(&mut desk, item);
    panel(&mut desk);
    desk.click("Pairs");
    let (left, right) = (index(&desk, "kidney_left"), index(&desk, "kidney_right"));
    let kidneys = [left.min(right), left.max(right)];
    let scene = desk.state().project.as_ref().unwrap().scene().unwrap().clone();
    desk.until("the kidneys are measured", |s| s.witness.measures(scene.key()).unwrap().pair(left, right).is_some());
    assert_eq!(desk.state().geometry.pairs, [kidneys]);
    let expected = measure_pair(scene.labels().unwrap(), kidneys, true, &()).unwrap().unwrap();
    let [a, b] = kidneys.map(|n| scene.labels().unwrap().table[n].title().into_owned());
    desk.harness.get_by_label(&format!("distance between the centroids, mm of {a} and {b}: {:.1}", expected.centre_distance_mm));
    let word = if expected.offset_ras_mm[0] > 0.0 { "right" } else { "left" };
    let across = format!("where the first lies from the second, R–L, mm of {a} and {b}: {:.1} {word}", expected.offset_ras_mm[0].abs());
    let across = desk.harness.get_by_label(&across).rect().center();
    desk.pointer(across);
    desk.harness.run_steps(2);
    assert_eq!(desk.state().witness.lit_figure(), Some(Figure::Two(kidneys, OfTwo::Offset(0))));
    let (evidence, _) = desk.state().witness.drawn().unwrap();
    assert!((evidence.lines[0].length_mm - expected.offset_ras_mm[0].abs()).abs() < 1e-9);
    desk.pointer(egui::pos2(5.0, 5.0));
    desk.harness.run_steps(2);

    let surface = |desk: &Desk| {
        let m = desk.state().witness.measures(scene.key()).unwrap();
        m.pair(kidneys[0], kidneys[1]).and_then(|p| p.surface)
    };
    assert_eq!(surface(&desk), None, "what costs much is measured on demand");
    desk.harness.state_mut().apply(Command::Geometry(voxaudit::state::GeometryCommand::Surfaces(kidneys)));
    desk.until("the surfaces are measured", |s| s.witness.measures(scene.key()).unwrap().pairs.iter().any(|p| p.surface.is_some()));
    assert_eq!(surface(&desk), expected.surface);

    for (called, name) in [("First structure of a pair", "spleen"), ("Second structure of a pair", "liver")] {
        desk.click(called);
        desk.harness.get_by_label(&format!("{called}: find")).focus();
        desk.harness.step();
        desk.text(name);
        desk.key(Key::Enter);
    }
    let (spleen, liver) = (index(&desk, "spleen"), index(&desk, "liver"));
    let chosen = [spleen.min(liver), spleen.max(liver)];
    desk.until("they are measured", |s| s.witness.measures(scene.key()).unwrap().pair(spleen, liver).is_some());
    assert_eq!(desk.state().geometry.pairs, [chosen, kidneys], "what was chosen comes first");
    let gap = measure_pair(scene.labels().unwrap(), chosen, false, &()).unwrap().unwrap().gap_mm;
    assert_eq!(desk.state().witness.measures(scene.key()).unwrap().pair(spleen, liver).unwrap().gap_mm, gap);

    desk.click("Left–right");
    let all = sides(&measured(&desk).labels);
    assert_eq!(desk.state().geometry.sides, all);
    let kidney = all.iter().find(|s| s.left == left).unwrap();
    desk.harness.get_by_label(&format!("kidney, volume of the left one ÷ that of the right one: {:.2}", kidney.ratio));
}

#[test]
fn volumes_over_all_cases_lead_to_their_items() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    panel(&mut desk);
    desk.click("Over cases");
    assert_eq!(desk.state().geometry.tab, Tab::Cases);
    desk.click("Measure all cases");
    desk.until("all cases are measured", |s| s.geometry.measuring_cases == Progress::Done);
    let volumes = desk.state().geometry.volumes.clone().unwrap();
    assert_eq!(volumes.failed, []);
    let spleens = volumes.structure("spleen");
    let here = measured(&desk).labels[index(&desk, "spleen")].volume_ml;
    let of_a = spleens.iter().find(|v| volumes.cases[v.case].0 == "phantom_a").unwrap();
    assert!((of_a.ml - here).abs() < 1e-9);
    desk.harness.state_mut().apply(Command::Geometry(voxaudit::state::GeometryCommand::OverCases("spleen".to_owned())));
    desk.harness.run_steps(3);
    desk.harness.get_by_label_contains("volumes over");
    let row = desk.harness.get_by(|n| n.role() == Role::Button && n.label().is_some_and(|l| l.starts_with("open phantom_b: ")));
    row.click();
    desk.harness.run_steps(3);
    assert_eq!(desk.state().project.as_ref().unwrap().current_row().unwrap().id.case.0, "phantom_b");
}

#[test]
fn the_queue_shows_what_geometry_contradicts_once_it_is_checked() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.click("reference");
    assert_eq!(desk.state().project.as_ref().unwrap().queue.shown, 0);
    desk.harness.get_by_label("The answers are not checked yet.");
    desk.click("Check answers against geometry");
    desk.until("the check is done", |s| s.project.as_ref().is_some_and(|p| !p.busy && p.standings.as_ref().is_some_and(|s| s.checked > 0)));
    let expected = Project::open_read_only(&project).unwrap().contradicted_references().unwrap();
    assert!(!expected.is_empty(), "the demo's answers are wrong here and there");
    let p = desk.state().project.as_ref().unwrap();
    let shown: Vec<_> =
        (0..p.items.len()).filter(|n| p.standings.as_ref().unwrap().against_reference(*n)).map(|n| p.items[n].id.clone()).collect();
    assert_eq!((&shown, p.queue.shown), (&expected, expected.len()));
    desk.harness.get_by_label(&format!("reference {}", expected.len()));
    let rows = desk.harness.get_all_by(|n| n.label().is_some_and(|l| l.contains(", geometry contradicts it: ")));
    assert!(rows.count() > 0, "rows say so");

    desk.click("accepted 0");
    desk.harness.get_by_label("Geometry contradicts none of them.");
    desk.click("Clear");
    let first = desk.state().project.as_ref().unwrap().index[&expected[0]];
    desk.harness.state_mut().apply(Command::Queue(QueueCommand::Select(first)));
    desk.until("its text is there", |s| s.project.as_ref().is_some_and(|p| !p.awaits_item()));
    desk.key(Key::A);
    desk.saved(1, &project);
    assert_eq!(Project::open_read_only(&project).unwrap().contradicted_accepted().unwrap(), [expected[0].clone()]);
    desk.click("accepted 1");
    assert_eq!(desk.state().project.as_ref().unwrap().queue.shown, 1);
    drop(desk);

    let mut desk = Desk::ready(&project);
    desk.until("verdicts are kept with the project", |s| {
        s.project.as_ref().is_some_and(|p| p.standings.as_ref().is_some_and(|s| s.checked > 0))
    });
    desk.harness.get_by_label(&format!("reference {}", expected.len()));
}

#[test]
fn an_edit_that_geometry_contradicts_is_found_among_the_accepted() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let find = |s: &voxaudit::state::AppState| {
        let asks = |row: &voxaudit::project::ItemRow| row.question.starts_with("Which lies further anterior, the heart");
        s.project.as_ref().unwrap().items.iter().position(asks).unwrap()
    };
    let item = find(desk.state());
    desk.harness.state_mut().apply(Command::Queue(QueueCommand::Select(item)));
    desk.until("its text is there", |s| s.project.as_ref().is_some_and(|p| !p.awaits_item()));
    let id = desk.state().project.as_ref().unwrap().items[item].id.clone();
    let rewrite = |desk: &mut Desk, text: &str| {
        desk.harness.state_mut().apply(Command::Queue(QueueCommand::Select(item)));
        desk.until("its text is there", |s| s.project.as_ref().is_some_and(|p| !p.awaits_item()));
        desk.key(Key::E);
        desk.harness.get_by_label("Edited answer").focus();
        desk.harness.run_steps(2);
        desk.chord(Modifiers::COMMAND, Key::A);
        desk.text(text);
        desk.click("reason: wording");
        desk.chord(Modifiers::COMMAND, Key::Enter);
        let refused = desk.state().toasts.iter().find(|t| t.text.starts_with("Not saved")).map(|t| t.text.clone());
        assert_eq!(refused, None);
    };
    let check = |desk: &mut Desk, accepted: usize| {
        desk.click("Project menu");
        desk.click("Check answers against geometry");
        desk.until("the check is done", |s| s.project.as_ref().is_some_and(|p| !p.busy && p.queue.answered == p.queue.generation));
        desk.harness.run_steps(3);
        desk.harness.get_by_label(&format!("accepted {accepted}"));
        assert_eq!(Project::open_read_only(&project).unwrap().contradicted_accepted().unwrap().len(), accepted);
    };
    rewrite(&mut desk, "The spleen lies further anterior.");
    desk.saved(1, &project);
    check(&mut desk, 1);
    assert_eq!(Project::open_read_only(&project).unwrap().contradicted_accepted().unwrap(), [id]);
    let p = desk.state().project.as_ref().unwrap();
    let standings = p.standings.as_ref().unwrap();
    assert!(standings.against_accepted(item, p.status[item]) && !standings.against_reference(item), "the reference was right");
    desk.click("accepted 1");
    assert_eq!(desk.state().project.as_ref().unwrap().queue.shown, 1);
    desk.click("accepted 1");

    // In other words than the reference, whose own would change nothing.
    rewrite(&mut desk, "The heart.");
    desk.saved(2, &project);
    check(&mut desk, 0);
    let wrong = desk.state().project.as_ref().unwrap().index[&"phantom_a::11".parse().unwrap()];
    desk.harness.state_mut().apply(Command::Queue(QueueCommand::Select(wrong)));
    desk.until("its text is there", |s| s.project.as_ref().is_some_and(|p| !p.awaits_item()));
    desk.key(Key::A);
    desk.saved(3, &project);
    desk.harness.get_by_label("accepted 1");
    check(&mut desk, 1);
}

#[test]
fn the_evidence_of_every_task_looks_as_it_did() {
    let Some(adapter) = adapter() else { return };
    if !adapter.contains("llvmpipe") {
        println!("skipped: snapshots are compared on llvmpipe, this is {adapter}");
        return;
    }
    let (_dir, project) = demo();
    let mut desk = Desk::drawn(&project);
    desk.key(Key::Backslash);
    for task in Task::ALL {
        let item = item_of(&desk, task);
        judged(&mut desk, item);
        desk.key(Key::G);
        assert!(desk.state().witness.drawn().is_some(), "{task:?}");
        looks(&mut desk, &format!("evidence-{}", task.code().to_lowercase()));
    }
    desk.chord(SHIFT, Key::G);
    desk.until("the structures are measured", |s| s.geometry.measuring == Progress::Done && s.jobs.is_empty());
    looks(&mut desk, "geometry-structures");
    let item = item_of(&desk, Task::Dist);
    judged(&mut desk, item);
    desk.click("Pairs");
    let key = desk.state().project.as_ref().unwrap().scene().unwrap().key();
    desk.until("its pair is measured", |s| {
        let measured = |pair: &[usize; 2]| s.witness.measures(key).is_some_and(|m| m.pair(pair[0], pair[1]).is_some());
        s.geometry.pairs.first().is_some_and(measured) && s.jobs.is_empty()
    });
    let pair = desk.state().geometry.pairs[0];
    desk.harness.state_mut().apply(Command::Layout(voxaudit::state::LayoutCommand::Set(ViewLayout::OneAndThree)));
    desk.harness.state_mut().apply(Command::Layout(voxaudit::state::LayoutCommand::Plane(Plane::Coronal)));
    desk.harness.state_mut().apply(Command::Geometry(voxaudit::state::GeometryCommand::Show(Figure::Two(pair, OfTwo::Gap))));
    looks(&mut desk, "geometry-pairs");
}

fn looks(desk: &mut Desk, name: &str) {
    desk.harness.run_steps(3);
    desk.draw_all();
    desk.harness.run_steps(3);
    desk.harness.snapshot_options(name, &SnapshotOptions::new().max_failed_pixels(200));
}
