//! What a frame of the window costs on the CPU, without the GPU: `cargo bench --bench frame`.
//!
//! Panels, keys, commands and state of the whole window at 1920×1080, on the demo, on a project with 100,000 items and on a case with
//! 65,535 labels and the geometry panel open; and how long such a project takes to its first frame and to answer a key in the search
//! field. Exits with 1 when a goal is missed.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the benchmark")]

use egui::{Event, Modifiers, MouseWheelSource, MouseWheelUnit, TouchPhase, pos2, vec2};
use std::path::Path;
use std::time::{Duration, Instant};
use voxaudit::formats::nifti::{NiftiImage, Values, write};
use voxaudit::geometry::Rank;
use voxaudit::project::Project;
use voxaudit::project::import::{ImportRequest, import};
use voxaudit::space::Affine;
use voxaudit::state::{CaseView, Command, GeometryCommand, OfLabel, Progress, QueueCommand, Tab};

#[path = "common/window.rs"]
mod window;
use window::{Window, median, report};

fn wheel(lines: f32) -> Event {
    let (unit, source) = (MouseWheelUnit::Line, MouseWheelSource::Unknown);
    Event::MouseWheel { unit, delta: vec2(0.0, lines), phase: TouchPhase::Move, source, modifiers: Modifiers::NONE }
}

fn demo_frames(dir: &Path) -> bool {
    let demo = voxaudit::generate::demo::make_demo(dir, &()).unwrap();
    let mut window = Window::open(&demo.project);
    window.until(|s| s.project.as_ref().is_some_and(|p| matches!(p.case, CaseView::Ready { .. })));
    for _ in 0..20 {
        window.frame(Vec::new());
    }
    let over = Event::PointerMoved(pos2(700.0, 300.0));
    let scroll = (0..200).map(|n| window.frame(vec![over.clone(), wheel(if n % 20 < 10 { 1.0 } else { -1.0 })])).collect();
    let hover = (0..200).map(|n| window.frame(vec![Event::PointerMoved(pos2(500.0 + n as f32, 300.0))])).collect();
    let goals = [report("demo: frame while scrolling slices, whole window", median(scroll), 2.0)];
    goals.into_iter().all(|g| g) & report("demo: frame while the probe moves, whole window", median(hover), 2.0)
}

fn big_project(dir: &Path) -> bool {
    let qa = dir.join("qa.jsonl");
    let row = |n: usize| {
        format!("{{\"case_id\":\"case_{}\",\"question\":\"Where is lesion {n} of lobe {}?\",\"answer\":\"left\"}}\n", n / 10, n % 7)
    };
    std::fs::write(&qa, (0..100_000).map(row).collect::<String>()).unwrap();
    let path = dir.join("big.voxaudit");
    let mut project = Project::create(&path).unwrap();
    import(&mut project, &ImportRequest { qa: vec![qa], ..Default::default() }, &()).unwrap();
    drop(project);
    let start = Instant::now();
    let mut window = Window::open(&path);
    window.until(|s| s.project.as_ref().is_some_and(|p| p.current.as_ref().is_some_and(|c| c.item.is_some())));
    let first = start.elapsed();
    let idle = (0..100).map(|_| window.frame(Vec::new())).collect();
    let over = Event::PointerMoved(pos2(100.0, 500.0));
    let scroll = (0..100).map(|_| window.frame(vec![over.clone(), wheel(-3.0)])).collect();
    let keys = ["l", "le", "les", "lesi", "lesion", "lesion 4", "lesion 42", "lobe", "lobe 3"].map(|text| {
        window.app.apply(Command::Queue(QueueCommand::Query(text.to_owned())));
        let wanted = window.app.state().project.as_ref().unwrap().queue.generation;
        window.until(|s| s.project.as_ref().is_some_and(|p| p.queue.answered == wanted))
    });
    report("100,000 items: from opening to the first item", first.as_secs_f64() * 1e3, 1000.0)
        & report("100,000 items: frame at rest", median(idle), 2.0)
        & report("100,000 items: frame while the queue scrolls", median(scroll), 2.0)
        & report("100,000 items: search key to its answer on screen, slowest", keys.iter().max().unwrap().as_secs_f64() * 1e3, 50.0)
}

/// Blocks of 2×2×2 voxels, each a label of its own.
fn many_labels(dir: &Path) -> bool {
    let path = labelled(dir);
    let mut window = Window::open(&path);
    window.until(|s| s.project.as_ref().is_some_and(|p| matches!(p.case, CaseView::Ready { .. })));
    window.frame(Vec::new());
    let geometry = |command| Command::Geometry(command);
    window.app.apply(geometry(GeometryCommand::Toggle));
    let (start, mut opening) = (Instant::now(), Vec::new());
    while window.app.state().geometry.measuring != Progress::Done {
        opening.push(window.frame(Vec::new()));
        assert!(start.elapsed() < Duration::from_secs(120), "the labels are not measured");
    }
    println!("65,535 labels: all measured after {:.2} s, {} frames", start.elapsed().as_secs_f64(), opening.len());
    assert_eq!(window.app.state().geometry.rows.len(), 65_535);
    let slowest = |times: &[Duration]| times.iter().max().unwrap().as_secs_f64() * 1e3;
    let mut goals = vec![report("65,535 labels: slowest frame while they are measured", slowest(&opening), 50.0)];
    let rest: Vec<Duration> = (0..100).map(|_| window.frame(Vec::new())).collect();
    goals.push(report("65,535 labels: frame at rest, geometry panel open", median(rest), 10.0));
    let over = Event::PointerMoved(pos2(900.0, 980.0));
    let scroll = (0..100).map(|n| window.frame(vec![over.clone(), wheel(if n < 50 { -40.0 } else { 40.0 })])).collect();
    goals.push(report("65,535 labels: frame while its table scrolls", median(scroll), 10.0));
    let mut after = |what: &str, commands: &mut dyn FnMut(usize) -> GeometryCommand| {
        let times: Vec<Duration> = (0..7)
            .map(|n| {
                let start = Instant::now();
                window.app.apply(geometry(commands(n)));
                window.frame(Vec::new());
                start.elapsed()
            })
            .collect();
        report(what, slowest(&times), 50.0)
    };
    goals.push(after("65,535 labels: sort by name, slowest", &mut |_| GeometryCommand::Sort(OfLabel::Name)));
    goals.push(after("65,535 labels: sort by volume, slowest", &mut |_| GeometryCommand::Sort(OfLabel::Measure(Rank::Volume))));
    let words = ["l", "la", "label 1", "label 12", "label 123", "", "label"];
    goals.push(after("65,535 labels: a key in the search field, slowest", &mut |n| GeometryCommand::Query(words[n].to_owned())));
    let tabs = [Tab::Pairs, Tab::Sides, Tab::Cases, Tab::Structures, Tab::Pairs, Tab::Sides, Tab::Structures];
    goals.push(after("65,535 labels: another tab, slowest", &mut |n| GeometryCommand::Tab(tabs[n])));
    goals.into_iter().all(|g| g)
}

/// A project of one case with a CT of zeros.
fn labelled(dir: &Path) -> std::path::PathBuf {
    let size = [128, 128, 32];
    let affine = Affine::from_rows([[-1.0, 0.0, 0.0, 64.0], [0.0, -1.0, 0.0, 64.0], [0.0, 0.0, 1.0, -16.0]]).unwrap();
    let block = |n: usize| (n % 128 / 2) + 64 * (n / 128 % 128 / 2) + 64 * 64 * (n / (128 * 128) / 2);
    let labels: Vec<u16> = (0..size.iter().product()).map(|n| block(n) as u16).collect();
    let (ct, masks) = (dir.join("images"), dir.join("masks"));
    [&ct, &masks].iter().for_each(|d| std::fs::create_dir_all(d).unwrap());
    write(&ct.join("many.nii.gz"), &NiftiImage::new(size, affine, Values::I16(&vec![0; labels.len()]))).unwrap();
    write(&masks.join("many.nii.gz"), &NiftiImage::new(size, affine, Values::U16(&labels))).unwrap();
    let qa = dir.join("many.jsonl");
    std::fs::write(&qa, "{\"case_id\":\"many\",\"question\":\"Where is label 7?\",\"answer\":\"left\"}\n").unwrap();
    let path = dir.join("many.voxaudit");
    let mut project = Project::create(&path).unwrap();
    import(&mut project, &ImportRequest { qa: vec![qa], images: vec![ct], masks: vec![masks], ..Default::default() }, &()).unwrap();
    path
}

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let good = demo_frames(dir.path()) & big_project(dir.path()) & many_labels(&dir.path().join("labels"));
    std::process::exit(i32::from(!good));
}
