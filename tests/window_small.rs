//! Small windows and large text: nothing runs over anything else, what is needed for a decision is in sight, and widths come back.
//!
//! A window of 1280×800 pixels with text at 200 % has 640×400 points; sizes here are in points.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

use egui::accesskit::Role;
use egui::{Key, Modifiers, Pos2, Rect, Vec2, pos2, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use std::path::Path;
use voxaudit::app::Launch;
use voxaudit::review::Reviewer;
use voxaudit::space::Plane;
use voxaudit::state::{CaseView, Command, Layout, QueueCommand, Settings, SettingsCommand, Workspace};
use voxaudit::ui::KEYS;

#[allow(dead_code, reason = "each test file uses its part")]
mod common;
use common::*;

const FULL: Vec2 = vec2(1280.0, 800.0);
const AT_150: Vec2 = vec2(853.0, 533.0);
const AT_200: Vec2 = vec2(640.0, 400.0);

/// A window whose case is on screen, at a size and a scale of text.
fn window(project: &Path, size: Vec2, text_scale: f32) -> Desk {
    let mut desk = Desk::launch(Launch {
        project: Some(project.to_path_buf()),
        reviewer: Some(Reviewer::new("Ada Reader", "AR")),
        settings: Some(Settings { text_scale, ..Settings::default() }),
        ..Launch::default()
    });
    desk.harness.set_size(size);
    desk.until("the case is on screen", |s| s.project.as_ref().is_some_and(|p| matches!(p.case, CaseView::Ready { .. })));
    desk.harness.set_size(size);
    desk.harness.run_steps(4);
    desk
}

fn compare(desk: &mut Desk) {
    desk.harness.state_mut().apply(Command::Workspace(Workspace::Compare));
    desk.until("votes and answers are read", |s| s.answers.table.is_some() && s.answers.rows.is_some());
    desk.harness.run_steps(4);
}

/// Name and place of every node of a kind whose name begins so, in the order of the tree.
fn all(desk: &Desk, role: Role, prefix: &str) -> Vec<(String, Rect)> {
    let found = desk.harness.query_all_by(|n| n.role() == role);
    let named = found.map(|n| {
        let (label, value) = (n.accesskit_node().label(), n.accesskit_node().value());
        (label.or(value).unwrap_or_default(), n.rect())
    });
    named.filter(|(name, _)| name.starts_with(prefix)).collect()
}

fn one(desk: &Desk, role: Role, prefix: &str) -> Rect {
    let found = all(desk, role, prefix);
    assert_eq!(found.len(), 1, "{prefix}: {found:?}");
    found[0].1
}

fn button(desk: &Desk, name: &str) -> Rect {
    one(desk, Role::Button, name)
}

/// Whole within `around`, to the rounding of a pixel.
fn within(what: &str, rect: Rect, around: Rect) {
    assert!(around.expand(0.6).contains_rect(rect), "{what}: {rect:?} is not within {around:?}");
    assert!(rect.is_positive(), "{what}: {rect:?}");
}

fn apart(rects: &[(String, Rect)]) {
    for (n, (name, rect)) in rects.iter().enumerate() {
        for (other, beside) in &rects[..n] {
            assert!(!rect.shrink(0.6).intersects(*beside), "{name} {rect:?} lies over {other} {beside:?}");
        }
    }
}

fn whole(desk: &Desk) -> Rect {
    desk.harness.ctx.content_rect()
}

#[test]
fn compare_is_usable_with_text_at_200_percent() {
    let (_dir, project) = demo();
    let mut desk = window(&project, AT_200, 2.0);
    compare(&mut desk);
    let window = whole(&desk);
    assert_eq!(window.size(), AT_200);
    let buttons: Vec<(String, Rect)> =
        ["answer: right", "answer: wrong", "answer: unsure", "Error label"].map(|name| (name.to_owned(), button(&desk, name))).into();
    buttons.iter().for_each(|(name, rect)| within(name, *rect, window));
    buttons.iter().for_each(|(name, rect)| assert!(rect.width() > 120.0, "{name} is not cut: {rect:?}"));
    apart(&buttons);
    let asked = one(&desk, Role::Label, "Is the answer of Aster-3D");
    within("what is asked", asked, window);
    assert!(all(&desk, Role::Label, "other answers").is_empty(), "no key over what is asked");
    // Question, reference and the whole first answer stand above that.
    let question = desk.state().project.as_ref().unwrap().current.as_ref().unwrap().item.as_ref().unwrap().question.clone();
    let above = window.with_max_y(asked.top());
    for name in [question.as_str(), "reference"] {
        within(name, one(&desk, Role::Label, name), above);
    }
    let first = all(&desk, Role::ListBoxOption, "answer of Aster-3D:")[0].1;
    within("name and answer of the first model", first.with_max_y(first.top() + 40.0), above);

    // The image takes what two rows of tools leave.
    let image = desk.pane(Plane::Axial);
    assert!(image.top() <= 40.0 + 70.0, "two rows of tools: {image:?}");
    assert!(image.height() > 240.0, "and no list: {image:?}");
    desk.click("filters and jury");
    button(&desk, "jury: majority");
    desk.chord(Modifiers::SHIFT, Key::J);
    let second = all(&desk, Role::ListBoxOption, "answer of Aster-3D@text-only")[0].1;
    assert!(second.top() < asked.top() && second.bottom() > 40.0, "the chosen answer comes into sight: {second:?}");
}

#[test]
fn what_a_narrow_toolbar_has_no_room_for_is_in_a_menu_with_its_name() {
    let (_dir, project) = demo();
    for width in [640.0, 720.0, 853.0, 1000.0, 1280.0] {
        let mut desk = window(&project, vec2(width, 500.0), 1.0);
        for key in [Key::F2, Key::F4, Key::F5] {
            desk.key(key);
            desk.harness.run_steps(2);
            let top = desk.pane(Plane::Axial).top();
            assert!(top <= 40.0 + 72.0, "{width} {key:?}: two rows of tools end at {top}");
        }
    }
    let mut desk = window(&project, AT_200, 2.0);
    assert!(all(&desk, Role::Button, "Outline").is_empty());
    desk.click("More  ▾");
    for name in ["Outline", "crosshair", "invert", "Slab: thin", "cine", "Cine settings", "View", "List"] {
        within(name, button(&desk, name), whole(&desk));
    }
    within("opacity", one(&desk, Role::Slider, "Mask opacity"), whole(&desk));
    let before = desk.state().viewer.crosshair;
    desk.click("crosshair");
    assert_eq!(desk.state().viewer.crosshair, !before);
    desk.click("Outline");
    assert!(desk.state().viewer.outline_only, "the menu stays open for the next");
    desk.key(Key::Escape);
    desk.key(Key::O);
    assert!(!desk.state().viewer.outline_only, "and keys work as before");
}

#[test]
fn the_structure_list_of_a_small_area_comes_when_it_is_asked_for() {
    let (_dir, project) = demo();
    let mut desk = window(&project, AT_200, 2.0);
    let image = desk.pane(Plane::Axial);
    assert!(all(&desk, Role::SearchInput, "Find a structure").is_empty());
    desk.key(Key::T);
    desk.key(Key::Escape);
    desk.harness.run_steps(3);
    within("search", one(&desk, Role::SearchInput, "Find a structure"), whole(&desk));
    assert!(desk.pane(Plane::Axial).height() < image.height());
    for size in [AT_200, AT_150, FULL] {
        desk.harness.set_size(size);
        for key in [Key::F2, Key::F4] {
            desk.key(key);
            desk.harness.run_steps(3);
            let head = ["Structures", "1 of "].map(|n| (n.to_owned(), one(&desk, Role::Label, n)));
            let buttons = ["All", "None", "More for structures"].map(|n| (n.to_owned(), button(&desk, n)));
            apart(&head.into_iter().chain(buttons).collect::<Vec<_>>());
        }
    }
}

#[test]
fn review_with_text_at_200_percent_shows_what_is_decided_on() {
    let (_dir, project) = demo();
    let mut desk = window(&project, AT_200, 2.0);
    let window = whole(&desk);
    let item = desk.state().project.as_ref().unwrap().current.as_ref().unwrap().item.clone().unwrap();
    let criteria = one(&desk, Role::DisclosureTriangle, "criteria");
    let above = window.with_max_y(criteria.top());
    within("question", one(&desk, Role::Label, &item.question), above);
    for option in &item.options {
        let shown = format!("  {option}"); // after its letter
        let found = all(&desk, Role::Label, "").into_iter().find(|(text, _)| text.ends_with(&shown));
        within(option, found.unwrap().1, above);
    }
    let reference = one(&desk, Role::Label, "reference answer");
    within("reference", reference, above);
    let answer = all(&desk, Role::Label, &item.answer).into_iter().find(|(_, r)| r.top() >= reference.bottom() - 1.0).unwrap();
    within("reference answer", answer.1, above);
    let decide = ["Accept", "Edit", "Reject", "Flag"];
    let buttons: Vec<(String, Rect)> = decide.map(|name| (name.to_owned(), button(&desk, name))).into();
    buttons.iter().for_each(|(name, rect)| within(name, *rect, window));
    apart(&buttons);
    assert!(all(&desk, Role::RadioButton, "spatial: ").is_empty());
    desk.click("criteria");
    desk.harness.run_steps(20); // it unfolds
    within("a criterion", one(&desk, Role::RadioButton, "spatial: yes"), window);
    decide.into_iter().for_each(|name| within(name, button(&desk, name), window));
}

/// Left edge of the images, and of the right column in this workspace.
fn edges(desk: &mut Desk, workspace: Workspace) -> [f32; 2] {
    if workspace == Workspace::Compare {
        compare(desk);
    } else {
        desk.harness.state_mut().apply(Command::Workspace(workspace));
        desk.harness.run_steps(4);
    }
    let right = button(desk, if workspace == Workspace::Compare { "answer: right" } else { "Accept" });
    [one(desk, Role::SearchInput, "Search").right(), right.left()]
}

#[test]
fn widths_come_back_after_a_round_trip_through_large_text_and_only_a_drag_changes_them() {
    let (_dir, project) = demo();
    let mut desk = window(&project, FULL, 1.0);
    let layout = |desk: &Desk| Layout { window: [0.0; 2], ..desk.state().settings.layout };
    let chosen = layout(&desk);
    let (review, compared) = (edges(&mut desk, Workspace::Review), edges(&mut desk, Workspace::Compare));
    assert!((640.0..660.0).contains(&compared[1]), "half of the window: {compared:?}");
    for (scale, size) in [(2.0, AT_200), (1.5, AT_150), (1.25, vec2(1024.0, 640.0))] {
        desk.harness.state_mut().apply(Command::Settings(SettingsCommand::TextScale(scale)));
        desk.harness.run_steps(2);
        desk.harness.set_size(size);
        for workspace in [Workspace::Review, Workspace::Compare, Workspace::Analyse] {
            desk.harness.state_mut().apply(Command::Workspace(workspace));
            desk.harness.run_steps(4);
            let middle = pos2(size.x / 2.0, 20.0);
            desk.drag(middle, vec2(1.0, 0.0), egui::PointerButton::Primary, Modifiers::NONE); // a click is no drag of a divider
        }
        desk.chord(CTRL, Key::Num0);
        assert_eq!(desk.state().settings.text_scale, 1.0);
        desk.harness.set_size(FULL);
        desk.harness.run_steps(4);
        assert_eq!(whole(&desk).size(), FULL);
        assert_eq!(edges(&mut desk, Workspace::Compare), compared, "after {scale}");
        assert_eq!(edges(&mut desk, Workspace::Review), review, "after {scale}");
        assert_eq!(layout(&desk), chosen, "nothing else is remembered");
    }
    let edge = pos2(261.0, 500.0);
    desk.drag(edge, vec2(-40.0, 0.0), egui::PointerButton::Primary, Modifiers::NONE);
    desk.harness.run_steps(3);
    assert!((desk.state().settings.layout.left - 224.0).abs() < 6.0, "{:?}", desk.state().settings.layout);
    assert!((edges(&mut desk, Workspace::Review)[0] - review[0] + 40.0).abs() < 6.0);
}

#[test]
fn the_queue_keeps_to_its_column_at_every_scale() {
    let (_dir, project) = demo();
    for (scale, size) in [(1.0, FULL), (1.25, vec2(1024.0, 640.0)), (1.5, AT_150), (2.0, AT_200)] {
        let mut desk = window(&project, size, scale);
        if size == AT_200 {
            desk.chord(Modifiers::SHIFT, Key::Backslash); // one column at a time
        }
        desk.harness.state_mut().apply(Command::Queue(QueueCommand::Mine(true)));
        desk.harness.state_mut().apply(Command::Queue(QueueCommand::Mine(false)));
        desk.harness.state_mut().apply(Command::Queue(QueueCommand::Query("the".into())));
        desk.until("the search is done", |s| s.project.as_ref().is_some_and(|p| p.queue.hits.is_some()));
        for workspace in [Workspace::Review, Workspace::Compare] {
            desk.harness.state_mut().apply(Command::Workspace(workspace));
            desk.harness.run_steps(6);
            let Some((_, search)) = all(&desk, Role::SearchInput, "Search").first().cloned() else {
                assert!(workspace == Workspace::Compare, "{scale}: Review has its queue");
                continue;
            };
            let column = Rect::from_x_y_ranges(search.x_range(), 0.0..=size.y);
            let names = ["image", "flagged", "mine", "Clear", "reference", "accepted"];
            let mut filters: Vec<(String, Rect)> = names.iter().map(|n| ((*n).to_owned(), button(&desk, n))).collect();
            filters.extend(all(&desk, Role::ComboBox, "").into_iter().filter(|(n, _)| n.contains(" filter: ")));
            assert_eq!(filters.len(), 9, "{filters:?}");
            filters.iter().for_each(|(name, rect)| within(&format!("{scale} {workspace:?} {name}"), *rect, column));
            apart(&filters);
            let rows = all(&desk, Role::ListBoxOption, "item ");
            assert!(rows.len() > 3, "{scale} {workspace:?}");
            let across = |r: &Rect| r.left() >= column.left() - 0.6 && r.right() <= column.right() + 0.6;
            rows.iter().for_each(|(name, rect)| assert!(across(rect), "{scale} {name}: {rect:?} in {column:?}"));
        }
    }
}

#[test]
fn going_to_another_workspace_scrolls_the_queue_to_the_current_item() {
    let (_dir, project) = demo();
    let mut desk = window(&project, FULL, 1.0);
    let last = desk.state().project.as_ref().unwrap().items.len() - 1;
    let chosen = |desk: &Desk| {
        let id = desk.state().project.as_ref().unwrap().current_row().unwrap().id.clone();
        all(desk, Role::ListBoxOption, &format!("item {} of {}", id.position, id.case)).first().map(|(_, r)| *r)
    };
    let list = Rect::from_min_max(pos2(0.0, 190.0), pos2(300.0, 775.0));
    desk.harness.state_mut().apply(Command::Queue(QueueCommand::Select(last)));
    desk.until("its text is there", |s| !s.project.as_ref().unwrap().awaits_item());
    within("in Review", chosen(&desk).unwrap(), list);
    desk.wheel(Pos2::new(120.0, 500.0), 200.0, Modifiers::NONE);
    desk.harness.run_steps(40); // scrolling is smooth
    assert!(chosen(&desk).is_none_or(|r| !list.contains_rect(r)), "scrolled away: {:?}", chosen(&desk));
    compare(&mut desk);
    within("in Compare", chosen(&desk).unwrap(), list);
    desk.wheel(Pos2::new(120.0, 500.0), 200.0, Modifiers::NONE);
    desk.harness.run_steps(40);
    desk.harness.state_mut().apply(Command::Workspace(Workspace::Review));
    desk.harness.run_steps(4);
    within("back in Review", chosen(&desk).unwrap(), list);
}

#[test]
fn the_window_of_keys_uses_its_width_and_cuts_nothing() {
    let (_dir, project) = demo();
    for (scale, size) in [(1.0, FULL), (2.0, AT_200)] {
        let mut desk = window(&project, size, scale);
        desk.click("?");
        desk.harness.run_steps(3);
        let (title, close) = (one(&desk, Role::Label, "Keys"), button(&desk, "Close"));
        let inside = Rect::from_x_y_ranges(title.left()..=close.right(), f32::NEG_INFINITY..=f32::INFINITY);
        within("close", close, whole(&desk));
        assert!(close.right() > whole(&desk).right() - 70.0 && title.left() < 70.0, "{title:?} {close:?}");
        let mut right = 0.0_f32;
        let labels = all(&desk, Role::Label, "");
        for row in KEYS {
            let key = desk.harness.get_by_label(&format!("change the key for {}", row.name)).rect();
            let near = |r: &Rect| (r.left() - key.right()).abs() < 40.0 && (r.top() - key.top()).abs() < 12.0;
            let help = labels.iter().find(|(text, r)| text == row.help && near(r)).unwrap_or_else(|| panic!("{} has its help", row.name)).1;
            assert!(inside.left() <= key.left() && help.right() <= inside.right() + 0.6, "{}: {help:?} in {inside:?}", row.name);
            right = right.max(help.right());
        }
        assert!(right > inside.left() + inside.width() * 0.75, "no empty third: {right} of {inside:?}");
        let keys = all(&desk, Role::Button, "change the key for ");
        let texts: Vec<_> = labels.into_iter().filter(|(text, _)| KEYS.iter().any(|row| row.help == text)).collect();
        apart(&keys.into_iter().chain(texts).collect::<Vec<_>>());
    }
}

#[test]
fn progress_keeps_clear_of_the_workspaces_and_counts_answers_in_compare() {
    let (_dir, project) = demo();
    for (scale, size) in [(2.0, AT_200), (1.5, AT_150), (1.0, FULL)] {
        let mut desk = window(&project, size, scale);
        for workspace in [Workspace::Review, Workspace::Analyse] {
            desk.harness.state_mut().apply(Command::Workspace(workspace));
            desk.harness.run_steps(3);
            let tabs = all(&desk, Role::Tab, "");
            assert_eq!(tabs.len(), 3);
            let words = all(&desk, Role::Label, "0 / 35");
            assert_eq!(words.len(), 1, "{scale} {workspace:?}");
            let bars = all(&desk, Role::ProgressIndicator, "Progress");
            assert!(size == AT_200 || bars.len() == 1, "{scale}: there is room for the bar");
            apart(&tabs.into_iter().chain(words).chain(bars).collect::<Vec<_>>());
        }
    }
    let mut desk = window(&project, FULL, 1.0);
    compare(&mut desk);
    let said = desk.state().answers.table.as_ref().unwrap().said();
    assert!(said.answered > 35 && said.judged == 0);
    desk.harness.get_by_label(&format!("0 of {} answers judged", said.answered));
    assert!(!all(&desk, Role::ListBoxOption, "item 0 of phantom_a")[0].0.contains("judged"));
    desk.key(Key::A);
    desk.until("it is on disk", |s| s.answers.unsaved.is_empty() && s.answers.table.as_ref().unwrap().said().judged == 1);
    desk.harness.get_by_label(&format!("1 of {} answers judged", said.answered));
    assert!(all(&desk, Role::ListBoxOption, "item 0 of phantom_a")[0].0.contains(", 1 of "), "the queue marks it");
    desk.chord(CTRL, Key::Z);
    desk.until("it is taken back", |s| s.answers.table.as_ref().unwrap().said().judged == 0);
    desk.until("it is said", |s| s.toasts.iter().any(|t| t.text == "Undone: “right” for Aster-3D on phantom_a::0."));
    desk.harness.get_by_label(&format!("0 of {} answers judged", said.answered));
}

#[test]
fn an_export_of_nothing_is_said_before_it_is_written() {
    let (_dir, project) = demo();
    let mut desk = window(&project, FULL, 1.0);
    let open = |desk: &mut Desk| {
        desk.click("Project menu");
        desk.click("Export…");
        desk.harness.run_steps(3);
    };
    open(&mut desk);
    let warning = one(&desk, Role::Label, "⚠ No item is accepted or edited here");
    assert!(warning.bottom() <= button(&desk, "Export nevertheless").top());
    desk.click("Also undecided items");
    assert!(all(&desk, Role::Label, "⚠ No item").is_empty(), "now there is something");
    desk.key(Key::Escape);
    desk.key(Key::A);
    desk.saved(1, &project);
    open(&mut desk);
    assert!(all(&desk, Role::Label, "⚠ No item").is_empty());
    assert_eq!(all(&desk, Role::Button, "Export nevertheless").len(), 0);
}
