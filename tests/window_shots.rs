//! Pictures taken in the window: a view and the window to the clipboard and to a file, pixel by pixel against a drawing of their own.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use egui::{Event, Key, OutputCommand};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use voxaudit::app::{App, Launch};
use voxaudit::gpu::offscreen::{Offscreen, RgbaImage};
use voxaudit::gpu::{Overlay, Slab, SlabMode, callback, caption, strip};
use voxaudit::review::Reviewer;
use voxaudit::space::Plane;
use voxaudit::state::{CaseView, Command, MOST_NAMED, PaneKind, Picture, Settings, Shot, ShotCommand, ShotTo, Subject, ViewCommand};
use voxaudit::ui::{self, Cx, KeyMap, Theme};

#[allow(dead_code, reason = "each test file uses its part")]
mod common;
use common::*;

const AXIAL: PaneKind = PaneKind::Slice(Plane::Axial);

/// What a shot should look like, drawn here.
fn drawn(shot: &Shot) -> RgbaImage {
    let mut gpu = Offscreen::new().unwrap();
    let mut legend = shot.legend.clone();
    let image = match &shot.subject {
        Subject::Slice { scene, request, marks, mentioned } => {
            let mut image = gpu.render(scene, request).unwrap();
            caption::draw(&mut image, marks);
            legend.name(scene, std::slice::from_ref(request), mentioned, MOST_NAMED);
            image
        }
        Subject::Volume { scene, request } => gpu.render_3d(scene, request).unwrap(),
        Subject::Window(image) => image.clone(),
    };
    strip::under(&image, &legend)
}

/// Steps until an image is on the clipboard, with a look at each frame.
fn copied(desk: &mut Desk, mut frame: impl FnMut(&Desk)) -> RgbaImage {
    let start = Instant::now();
    loop {
        desk.harness.step();
        frame(desk);
        let image = desk.harness.output().platform_output.commands.iter().find_map(|c| match c {
            OutputCommand::CopyImage(image) => Some(image.clone()),
            _ => None,
        });
        if let Some(image) = image {
            let pixels = image.pixels.iter().flat_map(egui::Color32::to_array).collect();
            return RgbaImage { width: image.size[0] as u32, height: image.size[1] as u32, pixels };
        }
        let said: Vec<_> = desk.state().toasts.iter().map(|t| t.text.clone()).collect();
        assert!(start.elapsed() < PATIENCE, "nothing was copied; jobs: {:?}; messages: {said:?}", desk.state().jobs);
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A window on the project whose slices are really drawn.
fn painted(project: &Path) -> Desk {
    let reviewer = Some(Reviewer::new("Ada Reader", "AR"));
    let launch = Launch { project: Some(project.to_path_buf()), reviewer, settings: Some(Settings::default()), ..Launch::default() };
    let harness = Harness::builder().with_size(egui::vec2(1280.0, 800.0)).with_step_dt(1.0 / 60.0).wgpu().build_eframe(|cc| {
        callback::install(cc.wgpu_render_state.as_ref().unwrap()).unwrap();
        App::new(&cc.egui_ctx, launch)
    });
    let mut desk = Desk { harness };
    desk.until("the case is on screen", |s| s.project.as_ref().is_some_and(|p| matches!(p.case, CaseView::Ready { .. })));
    desk
}

/// Draws until all voxels are on the GPU.
fn upload(desk: &mut Desk) {
    let start = Instant::now();
    let there = |desk: &Desk| desk.state().project.as_ref().unwrap().scene().unwrap().uploaded() >= 1.0;
    while !there(desk) {
        desk.harness.step();
        desk.harness.render().unwrap();
        assert!(start.elapsed() < PATIENCE, "the volume is not uploaded");
    }
    desk.draw_all();
    desk.harness.run_steps(3);
}

fn view(desk: &mut Desk, command: ViewCommand) {
    desk.harness.state_mut().apply(Command::View(command));
    desk.harness.run_steps(2);
}

/// Saves a shot as the file dialog's answer does, and reads the file.
fn saved(desk: &mut Desk, shot: Shot, path: &Path) -> RgbaImage {
    let picture = Picture(Arc::new(shot));
    desk.harness.state_mut().apply(Command::Shot(ShotCommand::Chosen { picture, path: path.to_path_buf() }));
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    desk.until("the picture is saved", |s| s.toasts.iter().any(|t| t.text == format!("Saved {name}.")));
    let mut reader = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap())).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert!(reader.info().uncompressed_latin1_text.is_empty() && reader.info().utf8_text.is_empty());
    let pixels = pixels.as_chunks::<3>().0.iter().flat_map(|p| [p[0], p[1], p[2], 255]).collect();
    RgbaImage { width: info.width, height: info.height, pixels }
}

#[test]
fn a_copied_view_is_the_view_on_screen_with_a_strip_under_it() {
    if adapter().is_none() {
        return;
    }
    let (_dir, project) = demo();
    let mut desk = painted(&project);
    desk.key(Key::X);
    let rect = desk.pane(Plane::Coronal);
    desk.pointer(rect.center());
    desk.harness.run_steps(5);
    upload(&mut desk);
    let window = desk.harness.render().unwrap();
    desk.harness.event(Event::Copy);
    let image = copied(&mut desk, |_| {});
    let size = [rect.width().round() as u32, rect.height().round() as u32];
    assert_eq!((image.width, image.height > size[1] + 15), (size[0], true));
    let shot = desk.state().shot_of(PaneKind::Slice(Plane::Coronal), size).unwrap();
    assert!(image == drawn(&shot), "drawn as off screen");
    let case = desk.state().project.as_ref().unwrap().current_row().unwrap().id.case.0.clone();
    assert_eq!(shot.legend.words[0], case);
    assert!(
        shot.legend.words[1].starts_with("coronal  ") && shot.legend.words.contains(&"W 400  L 40".to_owned()),
        "{:?}",
        shot.legend.words
    );
    // Away from letters and numbers the window has the same pixels.
    let (x0, y0) = (rect.left().round() as u32, rect.top().round() as u32);
    let patch: Vec<(u32, u32)> = (size[1] / 4..size[1] / 2).flat_map(|y| (size[0] / 4..3 * size[0] / 4).map(move |x| (x, y))).collect();
    let same = |(x, y): &&(u32, u32)| {
        let there = window.get_pixel(x0 + x, y0 + y).0;
        (0..3).all(|c| there[c].abs_diff(image.at(*x, *y)[c]) <= 2)
    };
    let share = patch.iter().filter(same).count() as f64 / patch.len() as f64;
    assert!(share > 0.99, "{share} of the patch is as on screen");
    assert!(desk.state().toasts.iter().any(|t| t.text == "Copied the coronal view."));
}

#[test]
fn measurements_are_in_the_picture_of_their_view_as_they_are_on_screen() {
    if adapter().is_none() {
        return;
    }
    let (_dir, project) = demo();
    let mut desk = painted(&project);
    desk.key(Key::X);
    let rect = desk.pane(Plane::Axial);
    let size = [rect.width().round() as u32, rect.height().round() as u32];
    desk.key(Key::M);
    let from = rect.left_top() + egui::vec2(0.3 * rect.width(), 0.4 * rect.height());
    desk.drag(from, egui::vec2(0.3 * rect.width(), 0.1 * rect.height()), egui::PointerButton::Primary, egui::Modifiers::NONE);
    desk.until("the ruler is made", |s| s.tools.shown.len() == 1);
    desk.key(Key::Escape);
    desk.pointer(rect.left_bottom() + egui::vec2(40.0, -60.0));
    upload(&mut desk);
    let window = desk.harness.render().unwrap();
    desk.harness.event(Event::Copy);
    let image = copied(&mut desk, |_| {});
    let bare = drawn(&desk.state().shot_of(AXIAL, size).unwrap());
    assert_eq!([image.width, image.height], [bare.width, bare.height]);
    let changed: Vec<(u32, u32)> =
        (0..size[1]).flat_map(|y| (0..size[0]).map(move |x| (x, y))).filter(|(x, y)| image.at(*x, *y) != bare.at(*x, *y)).collect();
    assert!(changed.len() > 300, "{} pixels of a line and its length", changed.len());
    let (x0, y0) = (rect.left().round() as u32, rect.top().round() as u32);
    let as_on_screen = |(x, y): &&(u32, u32)| {
        let there = window.get_pixel(x0 + x, y0 + y).0;
        (0..3).all(|c| there[c].abs_diff(image.at(*x, *y)[c]) <= 3)
    };
    let share = changed.iter().filter(as_on_screen).count() as f64 / changed.len() as f64;
    assert!(share > 0.97, "{share} of them are as on screen");
    assert_eq!(image.pixels[(size[0] * size[1] * 4) as usize..], bare.pixels[(size[0] * size[1] * 4) as usize..], "the strip is the same");
}

#[test]
fn a_saved_view_honours_slab_inversion_masks_and_comparison() {
    if adapter().is_none() {
        return;
    }
    let (dir, project) = demo();
    let mut desk = Desk::ready(&project);
    view(&mut desk, ViewCommand::ToggleInvert);
    view(&mut desk, ViewCommand::Slab(Slab::Of { mode: SlabMode::Max, mm: 12.0 }));
    view(&mut desk, ViewCommand::ToggleOutline);
    let size = [240, 180];
    let shot = desk.state().shot_of(AXIAL, size).unwrap();
    let Subject::Slice { request, .. } = &shot.subject else { panic!("a slice") };
    assert!(request.look.invert && request.look.slab != Slab::Thin && request.look.overlay == Overlay::Outline);
    assert_eq!(shot.legend.words[3..], ["W 400  L 40", "MIP 12 mm", "inverted"]);
    assert!(
        shot.file_name.starts_with("phantom_") && shot.file_name.contains("_axial_") && shot.file_name.ends_with(".png"),
        "{}",
        shot.file_name
    );
    let expected = drawn(&shot);
    assert!(saved(&mut desk, shot, &dir.path().join("inverted.png")) == expected);
    view(&mut desk, ViewCommand::ToggleMasks);
    let bare = desk.state().shot_of(AXIAL, size).unwrap();
    let bare_expected = drawn(&bare);
    assert!(bare_expected.height < expected.height, "no masks, no structures in the strip");
    assert!(saved(&mut desk, bare, &dir.path().join("bare.png")) == bare_expected);
    view(&mut desk, ViewCommand::ToggleMasks);
    desk.key(Key::C);
    desk.click("compare with phantom_b");
    desk.until("the second case is there", |s| s.viewer.compare.as_ref().is_some_and(|c| c.scene.is_some()));
    let second = desk.state().shot_of(PaneKind::Second(Plane::Axial), size).unwrap();
    let Subject::Slice { scene, request, .. } = &second.subject else { panic!("a slice") };
    let compare = desk.state().viewer.compare.as_ref().unwrap();
    assert!(Arc::ptr_eq(scene, compare.scene.as_ref().unwrap()) && Arc::ptr_eq(&request.look.styles, &compare.styles));
    assert!(second.legend.words[0] == "phantom_b" && second.file_name.starts_with("phantom_b_axial_"), "{:?}", second.legend.words);
    let expected = drawn(&second);
    assert!(saved(&mut desk, second, &dir.path().join("second.png")) == expected);
}

#[test]
fn a_saved_3d_view_is_what_the_rays_draw() {
    if adapter().is_none() {
        return;
    }
    let (dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let shot = desk.state().shot_of(PaneKind::Volume, [90, 70]).unwrap();
    let expected = drawn(&shot);
    let image = saved(&mut desk, shot, &dir.path().join("rays.png"));
    assert!(image == expected && image.width == 90 && image.height > 80);
    assert!(image.pixels.as_chunks::<4>().0[..90 * 70].iter().any(|p| p[0] != p[1]), "structures are seen");
    assert!(desk.state().shot_of(PaneKind::Structures, [90, 70]).is_none());
}

#[test]
fn a_copied_window_names_no_reviewer() {
    if adapter().is_none() {
        return;
    }
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.key(Key::A);
    desk.saved(1, &project);
    desk.key(Key::ArrowUp);
    desk.until("the decision is on screen", |s| s.project.as_ref().is_some_and(|p| p.current.as_ref().is_some_and(|c| c.item.is_some())));
    let named =
        |desk: &Desk| desk.harness.query_all_by_label_contains("Ada Reader").count() + desk.harness.query_all_by_label("AR").count();
    assert!(named(&desk) > 0, "on screen they are named");
    desk.harness.key_press_modifiers(CTRL_SHIFT, Key::C);
    let mut posed = 0;
    let image = copied(&mut desk, |desk| {
        if desk.state().posing {
            posed += 1;
            assert!(posed < 2 || named(desk) == 0, "frame {posed}");
        }
    });
    assert!(posed >= 2 && !desk.state().posing, "{posed} frames without names");
    assert_eq!((image.width, image.height > 810), (1280, true), "with a strip under it");
    desk.harness.run_steps(2);
    assert!(named(&desk) > 0, "and named again");
}

#[test]
fn keys_ask_for_the_view_under_the_cursor_and_for_a_file() {
    let (_dir, project) = demo();
    let mut desk = Desk::ready(&project);
    let pane = desk.pane(Plane::Sagittal);
    let size_px = [pane.width().round() as u32, pane.height().round() as u32];
    let context = egui::Context::default();
    ui::install_fonts(&context);
    let (theme, keys) = (Theme::dark(), KeyMap::new(&std::collections::BTreeMap::new()));
    let frame = |events: Vec<Event>| {
        let screen_rect = Some(egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1280.0, 800.0)));
        let mut commands = Vec::new();
        let mut output = context.run_ui(egui::RawInput { screen_rect, events, ..Default::default() }, |ui| {
            let cx = Cx::new(desk.state(), &theme, &keys);
            ui::handle_keys(ui, &cx);
            ui::show(ui, &cx);
            commands.extend(cx.into_commands());
        });
        output.textures_delta.clear();
        commands
    };
    let press = |modifiers, key| Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers };
    frame(Vec::new());
    frame(vec![Event::PointerMoved(pane.center())]);
    let found = frame(vec![press(CTRL, Key::S)]);
    let asked = found
        .iter()
        .find_map(|c| if let Command::Shot(ShotCommand::View { pane, size_px, to, .. }) = c { Some((*pane, *size_px, *to)) } else { None });
    let (kind, size, to) = asked.unwrap_or_else(|| panic!("{found:?}"));
    assert_eq!((kind, to), (PaneKind::Slice(Plane::Sagittal), ShotTo::File));
    // The bare context's panels are a few points higher or lower than the window's.
    assert!(size[0] == size_px[0] && size[1].abs_diff(size_px[1]) < 12, "{size:?} for {size_px:?}");
    frame(vec![Event::Key { key: Key::S, physical_key: None, pressed: false, repeat: false, modifiers: CTRL }]);
    let found = frame(vec![press(CTRL_SHIFT, Key::S)]);
    assert!(found.iter().any(|c| matches!(c, Command::Shot(ShotCommand::Window(ShotTo::File)))), "{found:?}");
    desk.click("View  ▾");
    for entry in ["Save view as PNG…", "Copy view", "Save window as PNG…", "Copy window"] {
        assert!(desk.harness.query_all_by_label_contains(entry).count() > 0, "{entry} is in the menu");
    }
}

#[test]
fn copying_text_takes_no_picture_and_a_failed_picture_says_why() {
    if adapter().is_none() {
        return;
    }
    let (dir, project) = demo();
    let mut desk = Desk::ready(&project);
    desk.chord(CTRL, Key::F);
    desk.text("liver");
    desk.harness.event(Event::Copy);
    for _ in 0..20 {
        desk.harness.step();
        assert!(desk.state().jobs.is_empty(), "Ctrl+C in a text field is the field's");
    }
    let shot = desk.state().shot_of(AXIAL, [60, 40]).unwrap();
    let path = dir.path().join("nowhere/x.png");
    desk.harness.state_mut().apply(Command::Shot(ShotCommand::Chosen { picture: Picture(Arc::new(shot)), path }));
    desk.until("it is said", |s| {
        s.toasts.iter().any(|t| t.text.contains("not saved") && t.text.contains("nowhere") && t.text.contains("make it first"))
    });
    let shot = desk.state().shot_of(AXIAL, [1_000_000, 40]).unwrap();
    let path = dir.path().join("wide.png");
    desk.harness.state_mut().apply(Command::Shot(ShotCommand::Chosen { picture: Picture(Arc::new(shot)), path: path.clone() }));
    desk.until("that too", |s| s.toasts.iter().any(|t| t.text.contains("1000000×40")));
    assert!(!path.exists());
}
