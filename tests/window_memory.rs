//! A long session keeps its memory: four views on changing items, on whatever adapter there is.

#![cfg(target_os = "linux")] // where a process can look at its memory
#![allow(clippy::unwrap_used)] // a test may panic

#[allow(dead_code, reason = "each test file uses a part of it")]
mod common;

use common::{Desk, adapter, demo};
use egui::Key;
use egui_kittest::kittest::Queryable;

/// Of the whole process (this file has one test): resident memory in MiB, and mappings that can be executed and belong to no file, code
/// that a driver compiled.
fn memory() -> (f64, usize) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let code = maps.lines().filter(|l| l.contains(" r-xp ") && l.split_whitespace().count() == 5).count();
    (kib / 1024.0, code)
}

/// One frame on the screen and the next, so that the 3D view is drawn coarse and begins to be fine.
fn draw(desk: &mut Desk) {
    desk.harness.render().unwrap();
    desk.harness.step();
    desk.harness.render().unwrap();
}

/// Down to the last item and up again; returns the number of changes.
fn round(desk: &mut Desk, items: usize) -> usize {
    for key in [Key::J, Key::K] {
        for _ in 1..items {
            desk.key(key);
            draw(desk);
        }
    }
    2 * (items - 1)
}

/// Before, each change kept one or two shaders and 2 to 5 MiB: more than 900 MiB over these 300 changes.
#[test]
fn memory_is_flat_after_the_second_round_of_the_same_items() {
    if adapter().is_none() {
        return;
    }
    let (_dir, project) = demo();
    let mut desk = Desk::drawn(&project);
    desk.key(Key::F2);
    assert!(desk.harness.query_by_label("3D view").is_some(), "the window has room for four views");
    let items = desk.state().project.as_ref().unwrap().items.len();
    let mut changes = round(&mut desk, items) + round(&mut desk, items);
    let (resident, code) = memory();
    while changes < 300 {
        changes += round(&mut desk, items);
    }
    let (after, compiled) = memory();
    println!("{changes} changes, after the second round and now: {resident:.0} and {after:.0} MiB, {code} and {compiled} pieces of code");
    assert_eq!(compiled, code, "shaders were compiled anew");
    assert!(after < resident + 32.0, "{resident} MiB became {after} MiB");
}
