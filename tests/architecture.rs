//! The rules of the house, read from the sources: layers, where egui, SQL and wgpu may appear, the top level, module docs. Every rule is
//! a function over text, and is shown to fail on a made-up example.

#![allow(clippy::unwrap_used)] // a helper that fails fails its test

use std::path::{Path, PathBuf};
use std::process::Command;

/// Rooms from the ground up; each may use only those before it.
/// `analyse` (charts as plain values and their drawing) stands on the scores it shows and below the project that brings the data.
const ROOMS: [&str; 16] = [
    "space", "volume", "geometry", "qa", "review", "score", "analyse", "formats", "project", "generate", "jobs", "gpu", "state", "ui",
    "app", "cli",
];

/// `(crates, where they may appear)`, as paths below `src/` without the ending.
/// `gpu/canvas` draws the window into memory for screenshots and needs the same glue as `gpu/callback`.
const CONFINED: [(&[&str], &[&str]); 3] = [
    (&["egui", "eframe", "egui_wgpu", "egui_kittest"], &["gpu/callback", "gpu/canvas", "ui/", "app"]),
    (&["rusqlite"], &["project/"]),
    (&["wgpu"], &["gpu/"]),
];

const TOP_LEVEL: [&str; 10] =
    ["Cargo.toml", "Cargo.lock", "README.md", "LICENSE", "Makefile", "src", "assets", "shaders", "tests", "benches"];

/// Uses that may break a rule, each with its reason: `(path, room or crate)`.
const EXCEPTIONS: [(&str, &str); 0] = [];

/// Code without comments, texts and characters, so that words in them count for nothing. Line ends stay.
fn code(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let chars: Vec<char> = source.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        let skip = if rest.starts_with(&['/', '/']) {
            rest.iter().position(|c| *c == '\n').unwrap_or(rest.len())
        } else if rest.starts_with(&['/', '*']) {
            block_comment(rest)
        } else if let Some(length) = raw_text(rest, at.checked_sub(1).map(|p| chars[p])) {
            length
        } else if rest[0] == '"' {
            quoted(rest)
        } else if rest[0] == '\'' {
            character(rest)
        } else {
            out.push(rest[0]);
            at += 1;
            continue;
        };
        out.extend(rest[..skip].iter().filter(|c| **c == '\n'));
        out.push(' ');
        at += skip;
    }
    out
}

fn block_comment(rest: &[char]) -> usize {
    rest.windows(2).skip(2).position(|w| w == ['*', '/']).map_or(rest.len(), |n| n + 4)
}

fn quoted(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// Length of `r"…"` or `r#"…"#` (also after `b`), else `None`.
fn raw_text(rest: &[char], before: Option<char>) -> Option<usize> {
    let hashes = rest.get(1..)?.iter().take_while(|c| **c == '#').count();
    let starts =
        rest[0] == 'r' && rest.get(1 + hashes) == Some(&'"') && !before.is_some_and(|c| c != 'b' && (c.is_alphanumeric() || c == '_'));
    if !starts {
        return None;
    }
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let body = &rest[2 + hashes..];
    Some(body.windows(end.len()).position(|w| w == end).map_or(rest.len(), |n| 2 + hashes + n + end.len()))
}

/// Length of a character literal; 1 for the mark of a lifetime.
fn character(rest: &[char]) -> usize {
    match rest {
        [_, '\\', ..] => rest.iter().skip(3).position(|c| *c == '\'').map_or(1, |n| n + 4),
        [_, _, '\'', ..] => 3,
        _ => 1,
    }
}

/// Every `crate::room` in the code, `use crate::{a, b::c}` included.
fn rooms_used(source: &str) -> Vec<String> {
    let code = code(source);
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.trim_start().strip_prefix('{') {
            Some(list) => found.extend(heads(list)),
            None => found.extend(word(rest)),
        }
    }
    found
}

/// First words of the entries of a `{…}` list, whose opening brace is gone.
fn heads(list: &str) -> Vec<String> {
    let (mut depth, mut out, mut fresh) = (0, Vec::new(), true);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if fresh && depth == 0 && !c.is_whitespace() => {
                out.extend(word(&list[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    out
}

fn word(text: &str) -> Option<String> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

/// The room of a file below `src/`; `None` for `lib.rs` and `main.rs`.
fn room(path: &str) -> Option<&'static str> {
    let first = path.split('/').next()?.trim_end_matches(".rs");
    ROOMS.into_iter().find(|r| *r == first)
}

/// Uses of a room above the file's own.
fn upward(path: &str, source: &str) -> Vec<String> {
    let Some(own) = room(path).and_then(|own| ROOMS.iter().position(|r| *r == own)) else { return Vec::new() };
    let above = |used: &String| ROOMS.iter().position(|r| r == used).is_some_and(|n| n > own);
    rooms_used(source).into_iter().filter(above).collect()
}

/// Confined crates named outside their places.
fn escaped(path: &str, source: &str) -> Vec<&'static str> {
    let code = code(source);
    let names = |krate: &str| {
        code.match_indices(krate).any(|(at, _)| {
            let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
            let after = &code[at + krate.len()..];
            let path_before = code[..at].ends_with("::") || code[..at].ends_with('.'); // a module or field of that name
            !code[..at].ends_with(part_of_word) && !path_before && (after.trim_start().starts_with("::") || imported(&code, at, after))
        })
    };
    let mut found = Vec::new();
    for (crates, places) in CONFINED {
        let allowed = places.iter().any(|p| {
            path == format!("{p}.rs")
                || (path.starts_with(p) && path[p.len()..].starts_with('/'))
                || (p.ends_with('/') && path.starts_with(p))
        });
        found.extend(crates.iter().filter(|krate| !allowed && names(krate)));
    }
    found
}

/// `use wgpu;`, `use wgpu as w;`, `extern crate wgpu`.
fn imported(code: &str, at: usize, after: &str) -> bool {
    let before = code[..at].trim_end();
    (before.ends_with("use") || before.ends_with("extern crate"))
        && (after.trim_start().starts_with(';') || after.trim_start().starts_with("as "))
}

fn starts_with_docs(source: &str) -> bool {
    source.lines().next().is_some_and(|line| line.starts_with("//! ") && line.len() > 8)
}

fn foreign(names: &[String]) -> Vec<&String> {
    names.iter().filter(|n| !n.starts_with('.') && !TOP_LEVEL.contains(&n.as_str())).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files below `src/`: path relative to it, with `/`, and text.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, base: &Path, out: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, base, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(base).unwrap().to_string_lossy().replace('\\', "/");
                out.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let src = root().join("src");
    let mut out = Vec::new();
    walk(&src, &src, &mut out);
    out.sort();
    assert!(out.len() > 20, "found only {} files in {}", out.len(), src.display());
    out
}

fn excused(path: &str, text: &str) -> bool {
    EXCEPTIONS.contains(&(path, text))
}

#[test]
fn no_room_uses_one_above_it() {
    let wrong: Vec<String> = sources()
        .iter()
        .flat_map(|(path, text)| upward(path, text).into_iter().map(move |used| (path, used)))
        .filter(|(path, used)| !excused(path, used))
        .map(|(path, used)| format!("src/{path} uses crate::{used}, which stands above it"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn upward_uses_are_seen() {
    let check = |path: &str, text: &str, expected: &[&str]| assert_eq!(upward(path, text), expected, "{path}: {text}");
    check("qa/item.rs", "use crate::project::Project;", &["project"]);
    check("space/grid.rs", "use crate::{ui::theme, space::Voxel, app};", &["ui", "app"]);
    check("volume/ct.rs", "fn f() { crate::cli::main(); }", &["cli"]);
    check("formats/mod.rs", "use crate::{\n    space::{Grid, Voxel},\n    jobs::{self, Job},\n};", &["jobs"]);
    check("cli/demo.rs", "use crate::app::window;", &[]);
    check("ui/queue.rs", "use crate::state::AppState; // not crate::app::App", &[]);
    check("qa/item.rs", "let s = \"crate::ui::x\"; let c = '\"'; let l: &'static str = r#\"crate::ui \"#;", &[]);
    check("qa/item.rs", "fn f<'a>(c: char) -> bool { c == '\\'' } use crate::gpu::Scene;", &["gpu"]);
    check("lib.rs", "pub use crate::app::App;", &[]);
}

#[test]
fn egui_sql_and_wgpu_stay_where_they_belong() {
    let wrong: Vec<String> = sources()
        .iter()
        .flat_map(|(path, text)| escaped(path, text).into_iter().map(move |krate| (path, krate)))
        .filter(|(path, krate)| !excused(path, krate))
        .map(|(path, krate)| format!("src/{path} names {krate}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn escapes_are_seen() {
    let check = |path: &str, text: &str, expected: &[&str]| assert_eq!(escaped(path, text), expected, "{path}: {text}");
    check("state/mod.rs", "use egui::Pos2;", &["egui"]);
    check("gpu/offscreen.rs", "fn f(s: &eframe::Storage, d: wgpu::Device) {}", &["eframe"]);
    check("qa/item.rs", "use rusqlite::Row;\nuse wgpu as w;", &["rusqlite", "wgpu"]);
    check("application.rs", "use egui::Ui;", &["egui"]);
    check("gpu/callback.rs", "use egui_wgpu::CallbackTrait; use egui::Shape; use wgpu::Queue;", &[]);
    check("ui/theme.rs", "use egui::Ui; // not wgpu::Device", &[]);
    check("app.rs", "use eframe::App; fn f(c: &Creation) { c.wgpu_render_state; }", &[]);
    check("app/loads.rs", "use egui::Context;", &[]);
    check("project/mod.rs", "use rusqlite::Connection;", &[]);
    check("app.rs", "fn f() { options.wgpu_options.wgpu_setup = 1; let x = \"wgpu::Device\"; }", &[]);
}

/// What git tracks, so that build folders and a demo made here do not count; every entry where there is no git.
#[test]
fn the_top_level_holds_only_what_the_plan_names() {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let names: Vec<String> = match listed {
        Ok(out) if out.status.success() && !out.stdout.is_empty() => {
            let text = String::from_utf8_lossy(&out.stdout).into_owned();
            text.split('\0').filter_map(|p| p.split('/').next()).filter(|p| !p.is_empty()).map(str::to_owned).collect()
        }
        _ => {
            let entries = std::fs::read_dir(root()).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
            entries.filter(|n| n != "target" && n != "demo").collect()
        }
    };
    assert!(names.iter().any(|n| n == "Cargo.toml"));
    assert!(foreign(&names).is_empty(), "not in the plan of the house: {:?}", foreign(&names));
}

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<String> = sources().into_iter().filter(|(_, text)| !starts_with_docs(text)).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "no //! line at the top of {silent:?}");
}

#[test]
fn foreign_entries_and_missing_docs_are_seen() {
    let names = ["src", "docs", ".gitignore", "notes.txt"].map(str::to_owned);
    assert_eq!(foreign(&names), ["docs", "notes.txt"]);
    assert!(starts_with_docs("//! What it is.\n") && !starts_with_docs("use x;\n") && !starts_with_docs("//!\n") && !starts_with_docs(""));
}

/// A room that is a folder or file of `src/` and not in the list would escape every rule.
#[test]
fn every_room_is_known() {
    for (path, _) in sources() {
        assert!(room(&path).is_some() || path == "lib.rs" || path == "main.rs", "src/{path} is in no room");
    }
}
