//! A million items on the command line: `cargo bench --bench million`.
//!
//! Makes a million short questions in a temporary folder (about 2 GB with everything that follows), then imports, verifies, reports and
//! exports them with the program itself, each in a process of its own, and imports a JSON document of 60 MB. Prints seconds and peak memory
//! (Linux; elsewhere without memory) beside their goals, with goal ÷ measured: 1 and more is good. Exits with 1 when a goal is missed.
//! `-- 10000` takes so many items. The goals are for two cores of their own.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the benchmark")]

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ITEMS: usize = 1_000_000;
const PER_CASE: usize = 100;
/// A JSON document is read in this many times its size.
const TIMES_ITS_SIZE: f64 = 4.0;
const MIB: f64 = 1024.0 * 1024.0;

/// What a step took.
struct Took {
    seconds: f64,
    /// Bytes.
    peak: Option<f64>,
}

fn main() {
    let items = std::env::args().find_map(|a| a.parse().ok()).unwrap_or(ITEMS);
    println!("{items} items");
    let dir = tempfile::tempdir().unwrap();
    let (project, at) = (dir.path().join("p.voxaudit"), |name: &str| dir.path().join(name));
    let lines = jsonl(&at("qa.jsonl"), items);
    let run = |arguments: &[&str]| run(dir.path(), &project, arguments);
    let import = run(&["import", "--qa", lines.to_str().unwrap()]);
    let verify = run(&["verify"]);
    let report = run(&["report", "--no-volumes", "--out", at("report").to_str().unwrap()]);
    let export = run(&["export", "--include", "undecided", "--out", at("export").to_str().unwrap()]);
    let again = run(&["import", "--qa", lines.to_str().unwrap()]);
    let scale = items as f64 / ITEMS as f64;
    let mut good = figure("import", &import, Some(40.0 * scale), None);
    good &= figure("verify", &verify, Some(20.0 * scale), None);
    good &= figure("report", &report, Some(20.0 * scale), None);
    good &= figure("export of all formats", &export, Some(40.0 * scale), Some(500.0 * MIB));
    figure("import of the same again (adds nothing)", &again, None, None);
    drop(dir);
    for (name, per_case) in [("100 items a case", PER_CASE), ("all items in one case", usize::MAX)] {
        good &= document(name, items / 16 * 15, per_case);
    }
    std::process::exit(i32::from(!good));
}

/// Imports a JSON document of `items` items.
fn document(name: &str, items: usize, per_case: usize) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("qa.json");
    let size = json(&file, items, per_case);
    let took = run(dir.path(), &dir.path().join("p.voxaudit"), &["import", "--qa", file.to_str().unwrap()]);
    let what = format!("import of {:.0} MiB of JSON, {name}", size / MIB);
    figure(&what, &took, None, Some(TIMES_ITS_SIZE * size))
}

fn row(n: usize) -> String {
    format!("\"question\":\"Is structure {n} left of {}?\",\"answer\":\"yes\"", n * 7 % 1000)
}

fn jsonl(path: &Path, items: usize) -> PathBuf {
    let mut out = BufWriter::new(std::fs::File::create(path).unwrap());
    for n in 0..items {
        writeln!(out, "{{\"case_id\":\"c{}.nii.gz\",{}}}", n / PER_CASE, row(n)).unwrap();
    }
    out.flush().unwrap();
    path.to_path_buf()
}

/// Bytes of the document.
fn json(path: &Path, items: usize, per_case: usize) -> f64 {
    let mut out = BufWriter::new(std::fs::File::create(path).unwrap());
    write!(out, "{{").unwrap();
    for n in 0..items {
        match n % per_case {
            0 => write!(out, "{}\"c{}.nii.gz\":{{\"qa_pairs\":[", if n == 0 { "" } else { "]},\n" }, n / per_case).unwrap(),
            _ => writeln!(out, ",").unwrap(),
        }
        write!(out, "{{{}}}", row(n)).unwrap();
    }
    writeln!(out, "]}}}}").unwrap();
    out.flush().unwrap();
    std::fs::metadata(path).unwrap().len() as f64
}

/// Runs a subcommand on the project, with settings and caches of its own.
fn run(dir: &Path, project: &Path, arguments: &[&str]) -> Took {
    let mut command = Command::new(env!("CARGO_BIN_EXE_voxaudit"));
    command.arg(arguments[0]).arg(project).args(&arguments[1..]).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("VOXAUDIT_CONFIG_DIR", dir.join("config")).env("VOXAUDIT_CACHE_DIR", dir.join("cache"));
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    let mut peak = None;
    let status = loop {
        peak = peak_memory(&child).or(peak);
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    assert!(status.success(), "voxaudit {arguments:?}: {status}");
    Took { seconds: start.elapsed().as_secs_f64(), peak }
}

/// The most memory a process has held so far, in bytes.
fn peak_memory(child: &Child) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<f64>().ok().map(|kib| kib * 1024.0)
}

/// Prints a line; false when a goal is missed.
fn figure(what: &str, took: &Took, seconds: Option<f64>, bytes: Option<f64>) -> bool {
    let ratio = |goal: Option<f64>, measured: f64, unit: f64, name: &str| {
        goal.map_or_else(String::new, |goal| format!(" (goal ≤ {:.0} {name}: {:.2})", goal / unit, goal / measured))
    };
    let time = ratio(seconds, took.seconds, 1.0, "s");
    let memory = took.peak.map_or_else(String::new, |peak| format!("{:7.0} MiB{}", peak / MIB, ratio(bytes, peak, MIB, "MiB")));
    println!("{what:<46} {:8.2} s{time} {memory}", took.seconds);
    let met = |goal: Option<f64>, measured: Option<f64>| goal.is_none_or(|goal| measured.is_none_or(|m| m <= goal));
    met(seconds, Some(took.seconds)) && met(bytes, took.peak)
}
