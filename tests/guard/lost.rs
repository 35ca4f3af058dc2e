//! The file under us: whatever becomes of it, nothing more is shown as saved, and every decision can be saved in a copy.

use super::*;
use std::os::unix::fs::PermissionsExt;
use voxaudit::formats::Watch;
use voxaudit::project::verify::verify;

/// What another program does to an open project, and words of the banner. `backup` is an older state of the same project.
type Harm = (&'static str, fn(&Path, &Path), &'static str);

const HARMS: [Harm; 11] = [
    ("another file is renamed over it", |p, backup| std::fs::rename(backup, p).unwrap(), "replaced"),
    ("the file is deleted", |p, _| std::fs::remove_file(p).unwrap(), "deleted"),
    (
        "all three files are deleted",
        |p, _| ["", "-wal", "-shm"].iter().for_each(|e| std::fs::remove_file(beside(p, e)).unwrap()),
        "deleted",
    ),
    ("the file is moved away", |p, b| std::fs::rename(p, b.with_extension("moved")).unwrap(), "deleted or moved"),
    ("the -wal is deleted", |p, _| std::fs::remove_file(beside(p, "-wal")).unwrap(), "-wal deleted"),
    ("the -wal is replaced", |p, b| std::fs::rename(b, beside(p, "-wal")).unwrap(), "-wal replaced"),
    ("the -wal is emptied", |p, _| cut(&beside(p, "-wal"), 0), "-wal cut short"),
    ("the -wal is cut short", |p, _| cut(&beside(p, "-wal"), 6000), "-wal cut short"),
    ("the file is emptied", |p, _| cut(p, 0), ""),
    ("the file is cut in half", |p, _| halve(p), ""),
    ("a backup is copied over it", |p, b| assert!(std::fs::copy(b, p).unwrap() > 0), "older copy"),
];

fn cut(path: &Path, length: u64) {
    std::fs::File::options().write(true).open(path).unwrap().set_len(length).unwrap();
}

fn halve(path: &Path) {
    cut(path, std::fs::metadata(path).unwrap().len() / 2);
}

/// Brings everything from the `-wal` into the main file, as any program may.
fn checkpoint(path: &Path) {
    raw(path).query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).unwrap();
}

/// A project with an older copy of itself, open in a window with 12 decisions: 8 of them in the main file, the others in the `-wal`.
fn scene(f: &Fixture) -> (PathBuf, PathBuf, Window) {
    let path = f.project(20);
    let backup = f.path("backup.voxaudit");
    let mut p = Project::open(&path).unwrap();
    review(&mut p, 90).unwrap();
    drop(p);
    std::fs::copy(&path, &backup).unwrap();
    let mut p = Project::open(&path).unwrap();
    (40..80).for_each(|n| drop(review(&mut p, n).unwrap()));
    drop(p);
    let window = Window::open(&path);
    (0..8).for_each(|n| drop(window.review(n).unwrap()));
    checkpoint(&path);
    (8..12).for_each(|n| drop(window.review(n).unwrap()));
    (path, backup, window)
}

/// Contents of the pair, where they are there.
fn pair(path: &Path) -> [Option<Vec<u8>>; 2] {
    ["", "-wal"].map(|e| std::fs::read(beside(path, e)).ok())
}

fn lost(message: &StoreMessage) -> Option<String> {
    if let StoreMessage::Lost { message } = message { Some(message.clone()) } else { None }
}

#[test]
fn nothing_is_shown_as_saved_in_a_file_that_was_lost() {
    for (what, harm, words) in HARMS {
        let f = Fixture::new();
        let (path, backup, window) = scene(&f);
        let judged = Project::open(&path).unwrap().item(&id(12)).unwrap().unwrap().text_hash();
        harm(&path, &backup);
        let left = pair(&path);
        window.store().look_around();
        let banner = window.wait(lost);
        says(&banner, &["p.voxaudit", words, "save a copy"]);
        for n in 12..15 {
            let hash = if n == 12 { judged } else { voxaudit::qa::TextHash([0; 32]) };
            let why = window.decide(n, hash).err().unwrap_or_else(|| panic!("{what}: shown as saved"));
            says(&why, &["the project's file is lost", "Save a copy"]); // the banner says what became of it
        }
        assert!(!window.close().iter().any(|m| matches!(m, StoreMessage::Saved(_))), "{what}");
        assert!(pair(&path) == left, "{what}: the pair that is there was touched");
    }
    println!("{} ways to lose a file", HARMS.len());
}

/// The decision itself finds it, also between two looks.
#[test]
fn the_next_decision_finds_that_the_file_was_lost() {
    for (what, harm, _) in HARMS {
        let f = Fixture::new();
        let (path, backup, window) = scene(&f);
        let judged = Project::open(&path).unwrap().item(&id(12)).unwrap().unwrap().text_hash();
        harm(&path, &backup);
        assert!(window.decide(12, judged).is_err(), "{what}: shown as saved");
    }
}

#[test]
fn every_decision_of_a_lost_file_is_in_the_copy() {
    let mut in_copies = 0;
    for (what, harm, _) in HARMS {
        let f = Fixture::new();
        let (path, backup, window) = scene(&f);
        let hashes: Vec<_> = {
            let p = Project::open_read_only(&path).unwrap();
            (0..16).map(|n| p.item(&id(n)).unwrap().unwrap().text_hash()).collect()
        };
        harm(&path, &backup);
        (12..16).for_each(|n| drop(window.decide(n, hashes[n]).unwrap_err()));
        window.decide(15, hashes[15]).unwrap_err(); // asked for twice, it is one decision
        let left = pair(&path);
        window.store().save_copy(f.path("copy.voxaudit"));
        let (moved, problems) =
            window.wait(|m| if let StoreMessage::Copied { moved, problems, .. } = m { Some((*moved, problems.clone())) } else { None });
        assert!(moved, "{what}: the window goes on with the copy");
        window.close();
        assert!(pair(&path) == left, "{what}: the damaged pair was touched");
        let copy = Project::open(f.path("copy.voxaudit")).unwrap();
        let by_window: Vec<Event> = copy.events().unwrap().into_iter().filter(|e| e.reviewer.name == "Win Dow").collect();
        let items: std::collections::BTreeSet<_> = by_window.iter().map(|e| e.item.clone()).collect();
        if problems.is_empty() {
            assert_eq!(by_window.len(), 16, "{what}");
        }
        let loose = std::fs::read_to_string(f.path("copy.voxaudit.decisions.jsonl")).unwrap_or_default();
        let all = (0..16).map(id).filter(|i| items.contains(i) || loose.contains(&format!("\"{i}\""))).count();
        assert_eq!(all, 16, "{what}: decisions that are nowhere; {problems:?}");
        let wanted: Vec<_> = (0..16).map(id).filter(|i| copy.item(i).unwrap().is_some()).collect();
        assert!(wanted.iter().all(|i| items.contains(i)), "{what}: {} of {}: {problems:?}", items.len(), wanted.len());
        in_copies += items.len();
        if problems.is_empty() {
            let report = verify(copy.path()).unwrap();
            assert!(report.ok, "{what}: {:?}", report.problems);
        }
        println!("{what}: {} decisions in the copy; {problems:?}", by_window.len());
    }
    println!("{in_copies} decisions in {} copies", HARMS.len());
}

/// Nobody asked for a copy before the window was closed.
#[test]
fn closing_a_window_keeps_what_is_in_no_file() {
    let f = Fixture::new();
    let (path, _, window) = scene(&f);
    let judged = Project::open(&path).unwrap().item(&id(12)).unwrap().unwrap().text_hash();
    std::fs::remove_file(&path).unwrap();
    window.decide(12, judged).unwrap_err();
    window.close();
    let names: Vec<PathBuf> = std::fs::read_dir(f.dir.path()).unwrap().map(|e| e.unwrap().path()).collect();
    let kept = names.iter().find(|n| n.to_string_lossy().contains("p (kept ")).unwrap();
    let events = Project::open(kept).unwrap().events().unwrap();
    assert_eq!(events.iter().filter(|e| e.reviewer.name == "Win Dow").count(), 13);
}

type Quiet<'a> = (&'static str, Box<dyn FnMut() + 'a>);

/// What is no harm raises no alarm.
#[test]
fn what_others_may_do_is_no_alarm() {
    let f = Fixture::new();
    let path = f.project(20);
    let mut p = Project::open(&path).unwrap();
    review(&mut p, 0).unwrap();
    let mut other = Project::open(&path).unwrap();
    let mut number = 0;
    let mut quiet: [Quiet<'_>; 8] = [
        (
            "another connection writes",
            Box::new(|| {
                number += 1;
                drop(review(&mut other, number).unwrap());
            }),
        ),
        ("a checkpoint", Box::new(|| checkpoint(&path))),
        ("a truncating checkpoint", Box::new(|| raw(&path).query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap())),
        (
            "touch",
            Box::new(|| std::fs::File::options().write(true).open(&path).unwrap().set_modified(std::time::SystemTime::now()).unwrap()),
        ),
        ("other permissions", Box::new(|| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap())),
        (
            "a hard link",
            Box::new(|| std::fs::hard_link(&path, f.path(&format!("link{}", std::fs::read_dir(f.dir.path()).unwrap().count()))).unwrap()),
        ),
        ("ANALYZE", Box::new(|| raw(&path).execute_batch("ANALYZE").unwrap())),
        ("VACUUM", Box::new(|| raw(&path).execute_batch("VACUUM").unwrap())),
    ];
    let mut looks = 0;
    for round in 0..5 {
        for (what, act) in &mut quiet {
            act();
            p.still_there().unwrap_or_else(|e| panic!("round {round}, {what}: {e}"));
            p.still_ours().unwrap_or_else(|e| panic!("round {round}, {what}: {e}"));
            looks += 1;
        }
        review(&mut p, 50 + round).unwrap();
    }
    println!("{looks} looks, no alarm");
}

/// Does harm as soon as the work has begun.
struct Harmful<'a> {
    path: &'a Path,
    backup: &'a Path,
    harm: fn(&Path, &Path),
    done: std::sync::Once,
}

impl Watch for Harmful<'_> {
    fn advance(&self, _: u64, _: u64) {
        self.done.call_once(|| (self.harm)(self.path, self.backup));
    }
    fn cancelled(&self) -> bool {
        false
    }
}

#[test]
fn a_long_command_ends_with_an_error_when_its_file_was_lost() {
    let (mut refused, mut whole) = (0, 0);
    for (what, harm, _) in HARMS {
        for late in [false, true] {
            let f = Fixture::new();
            let path = f.project(20);
            let backup = f.path("backup.voxaudit");
            std::fs::copy(&path, &backup).unwrap();
            let mut p = Project::open(&path).unwrap();
            (0..40).for_each(|n| drop(review(&mut p, n).unwrap()));
            checkpoint(&path);
            review(&mut p, 41).unwrap();
            let more = f.file("more.json", qa_json(40));
            let watch = Harmful { path: &path, backup: &backup, harm, done: std::sync::Once::new() };
            if !late {
                watch.advance(0, 0);
            }
            let request = ImportRequest { qa: vec![more], ..Default::default() };
            match import(&mut p, &request, &watch) {
                Err(e) => assert!(!e.to_string().contains('\n'), "{what}: {e}"),
                // What was cut off was no part of it any more: then all of it is there.
                Ok(_) => {
                    drop(p);
                    assert!(verify(&path).unwrap().ok && Project::open(&path).unwrap().items().unwrap().len() == 200, "{what}: imported");
                    whole += 1;
                    continue;
                }
            }
            refused += 1;
            assert!(p.check(None, &()).is_err(), "{what}: checked");
            let judged = voxaudit::qa::TextHash([0; 32]);
            let action = accept("");
            let event =
                NewEvent { reviewer: Reviewer::new("Ann", ""), item: id(2), judged, active_seconds: 1.0, image: ShownImage::None, action };
            assert!(p.append(event).is_err(), "{what}: reviewed");
        }
    }
    println!("{refused} imports, checks and reviews refused; {whole} imports that lost nothing");
    assert!(refused > 5 * whole);
}

/// SQLite keeps the `-wal` beside the file that a link leads to; the link itself may come to lead elsewhere.
#[test]
fn a_project_behind_a_link_is_watched_too() {
    type Named = (&'static str, fn(&Path, &Path));
    let harms: [Named; 3] = [
        ("was replaced by another file", |link, real| {
            std::fs::copy(real, real.with_extension("other")).unwrap();
            std::fs::remove_file(link).unwrap();
            std::os::unix::fs::symlink(real.with_extension("other"), link).unwrap();
        }),
        ("had its -wal deleted", |_, real| std::fs::remove_file(beside(real, "-wal")).unwrap()),
        ("was deleted", |_, real| std::fs::remove_file(real).unwrap()),
    ];
    for (words, harm) in harms {
        let f = Fixture::new();
        let real = f.project(1);
        let link = f.path("link.voxaudit");
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let mut p = Project::open(&link).unwrap();
        review(&mut p, 0).unwrap();
        p.still_there().unwrap();
        harm(&link, &real);
        says(&p.still_there().unwrap_err().to_string(), &["link.voxaudit", words]);
        assert!(review(&mut p, 1).is_err());
    }
}
