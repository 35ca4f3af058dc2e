//! No lock of an open project is ever dropped, and its files are no data.

use super::*;
use std::os::unix::fs::MetadataExt;
use voxaudit::formats::nifti::{LoadOptions, read_volume};
use voxaudit::formats::regular;
use voxaudit::project::export::{ExportRequest, export};
use voxaudit::project::verify::verify;
use voxaudit::qa::ModelRun;

/// Whether this process has a shared lock on the file, as a connection in WAL mode keeps one; `None` where the system does not tell. A
/// table that is read while others lock and unlock may lack a line, so it is read more than once; a lock that is gone does not come back.
fn holds_lock(path: &Path) -> Option<bool> {
    (0..100).map(|_| locks(path)).try_fold(false, |any, n| n.map(|n| any || n > 0))
}

fn locks(path: &Path) -> Option<usize> {
    let table = std::fs::read_to_string("/proc/locks").ok()?;
    let (pid, inode) = (std::process::id().to_string(), format!(":{}", std::fs::metadata(path).unwrap().ino()));
    let ours = |line: &&str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.get(3) == Some(&"READ")
            && words.get(4) == Some(&pid.as_str())
            && words.get(5).is_some_and(|w| w.ends_with(&inode))
            && words.get(6..) == Some(&["1073741826", "1073742335"])
    };
    Some(table.lines().filter(ours).count())
}

#[track_caller]
fn locked(path: &Path) {
    let held = (0..100).find_map(|_| match locks(path) {
        Some(0) => None,
        other => Some(other),
    });
    assert!(held.is_some(), "this process holds no lock on {}", path.display());
}

fn inode(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().ino()
}

#[test]
fn a_foreign_program_reads_during_200_reviews_in_the_window() {
    let f = Fixture::new();
    let path = f.project(40);
    let Some(mut python) = Python::new(&path) else { return };
    let window = Window::open(&path);
    window.review(0).unwrap();
    let wal = inode(&beside(&path, "-wal"));
    for n in 1..200 {
        window.review(n).unwrap();
        locked(&path);
        if n % 4 == 0 {
            assert_eq!(python.events(), n + 1, "acknowledged and seen by another program");
            assert_eq!(inode(&beside(&path, "-wal")), wal, "the WAL was deleted under the window");
            locked(&path);
        }
    }
    assert!(window.close().is_empty());
    let report = verify(&path).unwrap();
    assert!(report.ok && report.events == 200 && python.events() == 200, "{:?}", report.problems);
    println!("200 reviews, {} foreign reads, 0 lost", python.reads);
}

#[test]
fn a_foreign_program_reads_during_200_reviews_on_the_command_line() {
    let f = Fixture::new();
    let path = f.project(40);
    let Some(mut python) = Python::new(&path) else { return };
    let window = Window::open(&path);
    window.review(0).unwrap();
    let wal = inode(&beside(&path, "-wal"));
    for n in 1..200 {
        let out = f.voxaudit(&["review", "p.voxaudit", "--item", &id(n).to_string(), "--reviewer", "Ann", "accept"]);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        if n % 4 == 0 {
            assert_eq!(python.events(), n + 1);
            assert_eq!(inode(&beside(&path, "-wal")), wal);
            locked(&path);
        }
    }
    drop(window);
    let report = verify(&path).unwrap();
    assert!(report.ok && report.events == 200, "{:?}", report.problems);
    println!("200 reviews by 200 processes, {} foreign reads, 0 lost", python.reads);
}

/// Every way in which this program opens a project a second time, and that the look at the locks would see the fault.
#[test]
fn opening_a_project_again_keeps_its_locks() {
    let f = Fixture::new();
    let path = f.project(2);
    let mut p = Project::open(&path).unwrap();
    review(&mut p, 0).unwrap();
    locked(&path);
    let ways: [(&str, &dyn Fn()); 8] = [
        ("open", &|| drop(Project::open(&path).unwrap())),
        ("open_read_only", &|| drop(Project::open_read_only(&path).unwrap())),
        ("open_or_create", &|| drop(Project::open_or_create(&path).unwrap())),
        ("create", &|| drop(Project::create(&path).unwrap_err())),
        ("reader", &|| drop(p.reader().unwrap())),
        ("verify", &|| drop(verify(&path).unwrap())),
        ("export", &|| drop(export(&p, &ExportRequest { out: f.path("out"), ..Default::default() }, &()).unwrap())),
        ("save_copy", &|| p.save_copy(f.path("copy.voxaudit")).unwrap()),
    ];
    for (name, again) in ways {
        again();
        assert_ne!(holds_lock(&path), Some(false), "{name} dropped the lock");
    }
    review(&mut p, 1).unwrap();
    if holds_lock(&path).is_some() {
        drop(std::fs::File::open(&path).unwrap());
        assert_eq!(holds_lock(&path), Some(false), "the fault itself is seen");
    }
}

/// The project, its `-wal` and `-shm`, each under its own name, as a hard link and as a symbolic one.
fn names(f: &Fixture, path: &Path, ending: &str) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for (n, part) in ["", "-wal", "-shm"].iter().enumerate() {
        let file = beside(path, part);
        assert!(file.exists(), "{}", file.display());
        let (hard, soft) = (f.path(&format!("hard{n}{ending}")), f.path(&format!("soft{n}{ending}")));
        let _ = std::fs::remove_file(&hard);
        let _ = std::fs::remove_file(&soft);
        std::fs::hard_link(&file, &hard).unwrap();
        std::os::unix::fs::symlink(&file, &soft).unwrap();
        all.extend([file, hard, soft]);
    }
    all
}

#[test]
fn files_of_an_open_project_are_no_data() {
    let f = Fixture::new();
    let path = f.project(1);
    let mut p = Project::open(&path).unwrap();
    review(&mut p, 0).unwrap();
    let run = ModelRun::parse("m").unwrap();
    let mut refused = 0;
    for file in names(&f, &path, ".json") {
        let requests = [
            ImportRequest { qa: vec![file.clone()], ..Default::default() },
            ImportRequest { reports: vec![file.clone()], ..Default::default() },
            ImportRequest { answers: vec![(run.clone(), file.clone())], ..Default::default() },
            ImportRequest { verdicts: vec![(run.clone(), "j".into(), file.clone())], ..Default::default() },
            ImportRequest { taxonomies: vec![file.clone()], ..Default::default() },
            ImportRequest { masks: vec![file.clone()], ..Default::default() },
        ];
        for request in requests {
            let text = import(&mut p, &request, &()).unwrap_err().to_string();
            assert!(text.contains("belongs to the open project"), "{text}");
            locked(&path);
            refused += 1;
        }
        let text = read_volume(&file, &LoadOptions::default(), &()).err().unwrap().to_string();
        assert!(text.contains("belongs to the open project"), "{text}");
        regular::read(&file, u64::MAX).unwrap_err();
        locked(&path);
        refused += 2;
    }
    for (n, file) in names(&f, &path, ".nii.gz").into_iter().enumerate() {
        let folder = f.path(&format!("images{n}"));
        std::fs::create_dir(&folder).unwrap();
        std::os::unix::fs::symlink(&file, folder.join("case_0.nii.gz")).unwrap();
        for role in [true, false] {
            let paths = vec![folder.clone()];
            let request = if role {
                ImportRequest { images: paths, ..Default::default() }
            } else {
                ImportRequest { masks: paths, ..Default::default() }
            };
            let text = import(&mut p, &request, &()).unwrap_err().to_string();
            assert!(text.contains("belongs to the open project"), "{text}");
            locked(&path);
            refused += 1;
        }
    }
    review(&mut p, 1).unwrap();
    drop(p);
    regular::read(&path, u64::MAX).unwrap(); // it is nobody's now
    println!("{refused} attempts refused");
}

/// A pipe or a device must not hold a reader up.
#[test]
fn what_is_no_regular_file_is_not_waited_for() {
    let f = Fixture::new();
    let pipe = f.path("pipe.nii");
    if !Command::new("mkfifo").arg(&pipe).status().is_ok_and(|s| s.success()) {
        println!("skipped: 1 (no mkfifo)");
        return;
    }
    let folder = f.path("masks");
    std::fs::create_dir(&folder).unwrap();
    let inside = folder.join("liver.nii.gz");
    std::fs::rename(&pipe, &inside).unwrap();
    for file in [inside, PathBuf::from("/dev/zero"), PathBuf::from("/dev/stdin"), f.dir.path().to_path_buf()] {
        assert!(regular::open(&file).is_err() && regular::read(&file, u64::MAX).is_err(), "{}", file.display());
        assert!(read_volume(&file, &LoadOptions::default(), &()).is_err(), "{}", file.display());
    }
}

#[test]
fn a_copy_holds_what_is_not_in_the_main_file_yet() {
    let f = Fixture::new();
    let path = f.project(2);
    let window = Window::open(&path);
    for n in 0..10 {
        window.review(n).unwrap();
    }
    window.store().save_copy(f.path("copy.voxaudit"));
    let moved =
        window.wait(|m| if let StoreMessage::Copied { moved, problems, .. } = m { Some(*moved || !problems.is_empty()) } else { None });
    assert!(!moved);
    window.review(3).unwrap();
    let copy = f.path("copy.voxaudit");
    assert!(!beside(&copy, "-wal").exists(), "one file holds everything");
    let report = verify(&copy).unwrap();
    assert!(report.ok && report.events == 10, "{:?}", report.problems);
    let (of_copy, of_original) = (Project::open(&copy).unwrap().uuid().unwrap(), Project::open(&path).unwrap().uuid().unwrap());
    assert_eq!(of_copy, of_original);
    window.store().save_copy(copy);
    let text = window.wait(|m| if let StoreMessage::Failed(text) = m { Some(text.clone()) } else { None });
    says(&text, &["already exists"]);
}
