//! What killed programs leave, signals, and settings of the machine.

use super::{Run, finish, gone, json, many, nifti, qa, signal};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

fn exported() -> Run {
    let run = Run::empty();
    run.file("qa.json", qa("c"));
    run.ok(&["import", "p.voxaudit", "--qa", "qa.json"]);
    export(&run);
    run
}

fn export(run: &Run) -> super::Done {
    run.ok(&["export", "p.voxaudit", "--out", "ex", "--include", "undecided"])
}

/// Hidden entries beside the export.
fn hidden(run: &Run) -> Vec<String> {
    run.names(".").into_iter().filter(|n| n.starts_with('.')).collect()
}

fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |e: std::fs::DirEntry| (e.file_name().into_string().unwrap(), std::fs::read(e.path()).unwrap());
    std::fs::read_dir(folder).unwrap().map(|e| read(e.unwrap())).collect()
}

#[test]
fn an_export_that_was_moved_away_is_put_back() {
    let run = exported();
    let before = content(&run.path("ex"));
    let old = format!(".ex.old-{}", gone());
    std::fs::rename(run.path("ex"), run.path(&old)).unwrap();
    run.file(&format!(".ex.new-{}/items.json", gone()), "half");
    let done = export(&run);
    assert!(done.err.contains(&old) && done.err.contains("put back") && done.err.contains("removed"), "{}", done.err);
    assert_eq!((hidden(&run), content(&run.path("ex"))), (vec![], before));
    // The same when the place is refused then, and for a report.
    std::fs::rename(run.path("ex"), run.path(&old)).unwrap();
    run.fails(&["report", "p.voxaudit", "--out", "ex"], &["it is an export, not a report"]);
    export(&run);
    assert!(run.path("ex/manifest.json").exists() && hidden(&run).is_empty());
    run.ok(&["report", "p.voxaudit", "--out", "rp"]);
    std::fs::rename(run.path("rp"), run.path(&format!(".rp.old-{}", gone()))).unwrap();
    let done = run.ok(&["report", "p.voxaudit", "--out", "rp", "--json"]);
    assert!(done.err.contains("put back") && json(&done.out)["notes"][0].as_str().unwrap().contains("put back"));
    assert!(hidden(&run).is_empty(), "{:?}", hidden(&run));
}

#[test]
fn leftovers_are_removed_or_named_by_whose_they_are() {
    let run = exported();
    let copy = |name: &str| {
        std::fs::create_dir(run.path(name)).unwrap();
        super::common::copy(&run.path("ex"), &run.path(name));
    };
    let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
    let (running, gone) = (other.id(), gone());
    let removed = [format!(".ex.old-{gone}"), format!(".ex.new-{gone}")];
    let left = [format!(".ex.new-{running}"), format!(".ex.new-{gone}.elsewhere"), format!(".ex.new-{}", gone + 1_000_000)];
    removed.iter().chain(&left).for_each(|name| copy(name));
    run.file(&format!("{}/deep/mine.txt", left[2]), "not of an export");
    run.file(".ex.new", "somebody's");
    run.file(".ex2.new-1", "another's");
    let done = export(&run);
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(removed.iter().all(|name| !run.path(name).exists() && done.err.contains(name)), "{}", done.err);
    assert!(left.iter().all(|name| run.path(name).exists()));
    assert!(!done.err.contains(&left[0]), "a running export is no leftover: {}", done.err);
    assert!(done.err.contains(&left[1]) && done.err.contains("on elsewhere") && done.err.contains(&left[2]), "{}", done.err);
    // An old one that was changed since is not ours to remove.
    let run = exported();
    run.file(&format!(".ex.old-{gone}/mine.txt"), "x");
    let done = export(&run);
    assert!(done.err.contains("left alone") && run.path(&format!(".ex.old-{gone}/mine.txt")).exists(), "{}", done.err);
}

/// At no time is there no export, whoever looks.
#[cfg(target_os = "linux")]
#[test]
fn an_export_is_replaced_in_one_step() {
    let run = exported();
    let (stop, manifest) = (AtomicBool::new(false), run.path("ex/manifest.json"));
    let looks = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut looks = 0u64;
            while !stop.load(Ordering::Relaxed) {
                assert!(manifest.exists(), "after {looks} looks");
                looks += 1;
            }
            looks
        });
        (0..15).for_each(|_| drop(export(&run)));
        stop.store(true, Ordering::Relaxed);
        watcher.join().unwrap()
    });
    assert!(looks > 1000 && hidden(&run).is_empty(), "{looks} looks, {:?}", hidden(&run));
    println!("{looks} looks");
}

/// A link to a folder stays a link.
#[test]
fn an_export_through_a_link_goes_where_it_leads() {
    let run = exported();
    std::fs::rename(run.path("ex"), run.path("real")).unwrap();
    super::link("real", &run.path("ex"));
    export(&run);
    assert!(run.path("ex").is_symlink() && run.path("real/manifest.json").is_file() && hidden(&run).is_empty());
}

#[test]
fn exports_that_are_killed_leave_the_one_before_and_are_mended() {
    let run = Run::empty();
    run.file("qa.jsonl", many(4000));
    run.ok(&["import", "p.voxaudit", "--qa", "qa.jsonl"]);
    export(&run);
    let before = content(&run.path("ex"));
    for n in 0..24u64 {
        let mut child = run.start(&["export", "p.voxaudit", "--out", "ex", "--include", "undecided"]);
        std::thread::sleep(Duration::from_millis(n * 37 % 400));
        signal(&child, if n % 3 == 0 { "TERM" } else { "KILL" });
        child.wait().unwrap();
        assert!(content(&run.path("ex")) == before, "kill {n}");
    }
    export(&run);
    assert_eq!(hidden(&run), Vec::<String>::new());
}

#[test]
fn first_imports_that_are_killed_leave_nothing_for_good() {
    let run = Run::empty();
    run.file("in/qa.jsonl", many(6000));
    run.file("in/one.json", qa("c"));
    let mut left = [0, 0];
    for n in 0..20u64 {
        let mut child = run.start(&["import", "p.voxaudit", "--qa", "in/qa.jsonl"]);
        std::thread::sleep(Duration::from_millis(20 + n * 31 % 300));
        let term = n % 2 == 0;
        let was_running = child.try_wait().unwrap().is_none();
        if was_running {
            signal(&child, if term { "TERM" } else { "KILL" });
        }
        child.wait().unwrap();
        left[usize::from(term)] += hidden(&run).len();
        let _ = std::fs::remove_file(run.path("p.voxaudit"));
    }
    run.file(&format!(".p.voxaudit.new0-{}", gone()), "of an older program");
    let done = run.ok(&["import", "p.voxaudit", "--qa", "in/one.json", "--json"]);
    let warnings = json(&done.out)["warnings"].to_string();
    assert!(warnings.contains("left by a first import that was killed; removed"), "{warnings}");
    assert!(hidden(&run).is_empty() && run.path("p.voxaudit").exists(), "{:?}", run.names("."));
    println!("seen left after SIGKILL and SIGTERM: {left:?}");
}

#[test]
fn drafts_of_running_imports_are_left_alone() {
    let run = Run::empty();
    run.file("one.json", qa("c"));
    run.pipe("slow.pipe");
    let mut slow = run.start(&["import", "p.voxaudit", "--qa", "slow.pipe"]);
    let held = std::fs::OpenOptions::new().write(true).open(run.path("slow.pipe")).unwrap(); // waits for the reader
    let before = hidden(&run);
    assert_eq!(before.len(), 1);
    let done = run.ok(&["import", "p.voxaudit", "--qa", "one.json", "--json"]);
    assert_eq!((hidden(&run), json(&done.out)["warnings"].as_array().unwrap().len()), (before, 0));
    slow.kill().unwrap();
    slow.wait().unwrap();
    drop(held);
}

// ---- signals ----

/// SIGTERM, SIGHUP and Ctrl-C mean the same.
#[test]
fn every_way_to_ask_ends_in_good_order() {
    let run = Run::empty();
    run.file("in/qa.jsonl", many(60_000));
    for name in ["TERM", "HUP", "INT"] {
        let child = run.start(&["import", "p.voxaudit", "--qa", "in/qa.jsonl"]);
        while hidden(&run).is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(100));
        signal(&child, name);
        let done = finish(child, name);
        assert!(
            done.status.code() == Some(1) && done.err.contains("stopped; nothing was imported"),
            "{name}: {:?} {}",
            done.status,
            done.err
        );
        assert!(hidden(&run).is_empty() && !run.path("p.voxaudit").exists(), "{name}: {:?}", run.names("."));
    }
}

#[test]
fn the_second_signal_ends_the_program_and_takes_its_private_files_away() {
    let run = Run::empty();
    for (first, second) in [("TERM", "TERM"), ("INT", "TERM"), ("HUP", "INT")] {
        run.pipe("slow.pipe");
        let child = run.start(&["import", "p.voxaudit", "--qa", "slow.pipe"]);
        let held = std::fs::OpenOptions::new().write(true).open(run.path("slow.pipe")).unwrap(); // waits for the reader
        signal(&child, first);
        std::thread::sleep(Duration::from_millis(300));
        signal(&child, second);
        let done = finish(child, "import");
        assert_eq!((done.status.code(), hidden(&run)), (Some(130), vec![]), "{first}, {second}");
        drop(held);
        std::fs::remove_file(run.path("slow.pipe")).unwrap();
    }
}

/// `nohup` is what people start long imports with.
#[test]
fn a_closed_terminal_does_not_end_what_nohup_started() {
    let run = Run::empty();
    run.pipe("slow.pipe");
    let program = env!("CARGO_BIN_EXE_voxaudit");
    let mut command = Command::new("sh");
    command.args(["-c", &format!("trap '' HUP; exec '{program}' import p.voxaudit --qa slow.pipe")]);
    command.current_dir(run.path(".")).env("VOXAUDIT_CONFIG_DIR", run.path("cfg")).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().unwrap();
    let mut write = std::fs::OpenOptions::new().write(true).open(run.path("slow.pipe")).unwrap(); // waits for the reader
    (0..2).for_each(|_| signal(&child, "HUP"));
    std::thread::sleep(Duration::from_millis(200));
    std::io::Write::write_all(&mut write, qa("c").as_bytes()).unwrap();
    drop(write);
    assert!(finish(child, "import").status.success() && run.path("p.voxaudit").exists());
}

/// As when its user closes it. Needs a display, which Xvfb gives.
#[test]
fn the_window_closes_properly_when_asked() {
    let run = exported();
    let xvfb =
        Command::new("Xvfb").args(["-displayfd", "1", "-screen", "0", "1280x800x24"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let Ok(mut xvfb) = xvfb else {
        println!("skipped: there is no Xvfb");
        return;
    };
    let mut number = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(xvfb.stdout.take().unwrap()), &mut number).unwrap();
    let mut command = run.command(&["open", "p.voxaudit", "--reviewer", "Ann"]);
    command.env("DISPLAY", format!(":{}", number.trim())).env_remove("WAYLAND_DISPLAY");
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let since = std::time::Instant::now();
    let opened = || std::fs::read_to_string(run.path("cfg/settings.json")).is_ok_and(|t| t.contains("p.voxaudit"));
    while !opened() && since.elapsed() < Duration::from_secs(40) {
        std::thread::sleep(Duration::from_millis(100));
    }
    let shown = opened();
    signal(&child, "TERM");
    let done = finish(child, "the window");
    xvfb.kill().unwrap();
    xvfb.wait().unwrap();
    if !shown {
        println!("skipped: no window opens here: {}", done.err);
        return;
    }
    assert!(done.status.success(), "{:?}: {}", done.status, done.err);
    assert!(run.ok(&["verify", "p.voxaudit"]).out.starts_with("ok"));
}

// ---- settings of the machine ----

/// Projects `p1` … `p12`, each in a folder of its own, and images outside of all of them.
fn twelve() -> Run {
    let run = Run::empty();
    run.file("qa.json", qa("c"));
    run.file("img/c.nii", nifti(40));
    for n in 1..=12 {
        std::fs::create_dir(run.path(&format!("p{n}"))).unwrap();
        run.ok(&["import", &format!("p{n}/p.voxaudit"), "--qa", "qa.json"]);
    }
    run
}

fn mapped(run: &Run) -> usize {
    json(&std::fs::read_to_string(run.path("cfg/roots.json")).unwrap()).as_object().unwrap().len()
}

#[test]
fn twelve_imports_at_once_lose_no_root() {
    for round in 0..3 {
        let run = twelve();
        let all: Vec<_> = (1..=12).map(|n| run.start(&["import", &format!("p{n}/p.voxaudit"), "--images", "img"])).collect();
        for child in all {
            let done = finish(child, "import");
            assert!(done.status.success() && !done.err.contains("warning"), "{}", done.err);
        }
        assert_eq!(mapped(&run), 12, "round {round}");
        assert_eq!(run.names("cfg"), ["roots.json", "roots.json.lock"], "nothing is left beside");
    }
}

#[test]
fn a_damaged_map_of_roots_is_kept_and_said() {
    let run = twelve();
    (1..=3).for_each(|n| drop(run.ok(&["import", &format!("p{n}/p.voxaudit"), "--images", "img"])));
    let good = std::fs::read(run.path("cfg/roots.json")).unwrap();
    for (n, args) in
        [&["import", "p4/p.voxaudit", "--images", "img"][..], &["measure", "p4/p.voxaudit"], &["check", "p4/p.voxaudit"]].iter().enumerate()
    {
        std::fs::write(run.path("cfg/roots.json"), &good[..40]).unwrap();
        let done = run.run(args);
        let kept = if n == 0 { "cfg/roots.json.bad".to_owned() } else { format!("cfg/roots.json.bad-{}", n + 1) };
        assert!(done.err.contains("damaged") && done.err.contains("roots.json.bad"), "{args:?}: {}", done.err);
        assert_eq!(std::fs::read(run.path(&kept)).unwrap(), &good[..40], "{args:?}");
        assert!(!run.ok(&["status", "p4/p.voxaudit"]).err.contains("damaged"), "said once");
    }
    std::fs::write(run.path("cfg/roots.json"), "[1, 2]").unwrap();
    let report = json(&run.ok(&["import", "p5/p.voxaudit", "--images", "img", "--json"]).out);
    assert!(report["warnings"][0].as_str().unwrap().contains("must be chosen or imported again"), "{report}");
    assert_eq!(mapped(&run), 1);
}
