//! `verify P --rescue NEW`: whatever page is damaged, every row of the others is in the new file, and what is lost is counted.

use super::*;
use voxaudit::project::rescue::{RescueReport, rescue};
use voxaudit::project::verify::verify;

/// A closed project of 200 items and 60 events, and how many rows it has.
fn reviewed(f: &Fixture) -> (PathBuf, RescueReport) {
    let path = f.project(40);
    let mut p = Project::open(&path).unwrap();
    (0..60).for_each(|n| drop(review(&mut p, n).unwrap()));
    drop(p);
    let report = rescue(&path, f.path("whole.voxaudit")).unwrap();
    assert!(report.lost() == 0 && report.damaged_pages == 0 && report.problems.is_empty(), "{report:?}");
    assert_eq!((report.tables["events"].copied, report.tables["items"].copied), (60, 200));
    let whole = verify(f.path("whole.voxaudit")).unwrap();
    assert!(whole.ok && whole.events == 60, "{:?}", whole.problems);
    assert_eq!(whole.log_head, verify(&path).unwrap().log_head);
    (path, report)
}

fn copied(report: &RescueReport) -> u64 {
    report.tables.values().map(|t| t.copied).sum()
}

fn page_size(path: &Path) -> usize {
    raw(path).pragma_query_value(None, "page_size", |r| r.get::<_, i64>(0)).unwrap() as usize
}

#[test]
fn rows_of_every_page_that_is_whole_are_rescued() {
    let f = Fixture::new();
    let (path, whole) = reviewed(&f);
    let rows = copied(&whole);
    let (good, size) = (std::fs::read(&path).unwrap(), page_size(&path));
    let select = "SELECT pageno FROM dbstat WHERE name = 'sqlite_schema'";
    let of_schema: Vec<i64> = raw(&path).prepare(select).unwrap().query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
    let (mut rescued, mut hopeless, mut least) = (0, 0, rows);
    for page in 1..good.len() / size {
        let mut bad = good.clone();
        bad[page * size..(page + 1) * size].fill(0x5a);
        let from = f.file("bad.voxaudit", &bad);
        let to = f.path(&format!("new{page}.voxaudit"));
        let report = match rescue(&from, &to) {
            Ok(report) => report,
            Err(e) if of_schema.contains(&(page as i64 + 1)) => {
                println!("page {} of the schema: {e}", page + 1);
                hopeless += 1;
                continue;
            }
            Err(e) => panic!("page {}: {e}", page + 1),
        };
        for (name, all) in &whole.tables {
            let rows = report.tables.get(name).copied().unwrap_or_default();
            let said = rows.lost > 0 || report.problems.iter().any(|p| p.contains(name));
            assert!(rows.copied == all.copied || said, "page {}: rows of {name} vanish unsaid: {report:?}", page + 1);
        }
        let copied = copied(&report);
        assert!(std::fs::read(&from).unwrap() == bad, "the damaged file is left as it is");
        verify(&to).unwrap();
        Project::open(&to).unwrap();
        least = least.min(copied);
        rescued += 1;
        std::fs::remove_file(&to).unwrap();
    }
    assert!(rescued > 10 * hopeless, "{hopeless} pages whose loss is the loss of all");
    println!(
        "{rescued} pages damaged one at a time ({hopeless} more lost the schema); of {rows} rows at least {least} were rescued each time"
    );
    assert!(least > 0);
}

#[test]
fn leaves_of_the_log_are_lost_one_by_one() {
    let f = Fixture::new();
    let (path, _) = reviewed(&f);
    let (good, size) = (std::fs::read(&path).unwrap(), page_size(&path));
    let select = "SELECT pageno FROM dbstat WHERE name = 'events' AND pagetype = 'leaf' ORDER BY pageno";
    let leaves: Vec<i64> = raw(&path).prepare(select).unwrap().query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(leaves.len() >= 3, "{leaves:?}");
    for leaf in &leaves {
        let mut bad = good.clone();
        bad[(*leaf as usize - 1) * size..*leaf as usize * size].fill(0);
        let (from, to) = (f.file("bad.voxaudit", &bad), f.path(&format!("leaf{leaf}.voxaudit")));
        let report = rescue(&from, &to).unwrap();
        let events = report.tables["events"];
        assert_eq!(events.copied + events.lost, 60, "leaf {leaf}: {events:?}");
        assert!(events.copied > 0 && events.lost > 0 && report.damaged_pages > 0, "leaf {leaf}: {report:?}");
        assert_eq!(Project::open(&to).unwrap().events().unwrap().len() as u64, events.copied);
        assert!(!verify(&to).unwrap().ok, "what is missing is found in the new file too");
    }
    println!("{} leaves of the log", leaves.len());
}

/// A file of another state was renamed over the project, and the `-wal` stayed.
#[test]
fn both_states_of_a_mixed_pair_are_rescued() {
    let f = Fixture::new();
    let path = f.project(4);
    let other = f.path("other.voxaudit");
    std::fs::copy(&path, &other).unwrap();
    let mut o = Project::open(&other).unwrap();
    (0..6).for_each(|n| drop(review(&mut o, n).unwrap()));
    drop(o);
    let mut p = Project::open(&path).unwrap();
    (10..13).for_each(|n| drop(review(&mut p, n).unwrap()));
    for ending in ["", "-wal"] {
        std::fs::copy(beside(&path, ending), beside(&f.path("mixed.voxaudit"), ending)).unwrap();
    }
    drop(p);
    let mixed = f.path("mixed.voxaudit");
    std::fs::rename(&other, &mixed).unwrap();
    let left = ["", "-wal"].map(|e| std::fs::read(beside(&mixed, e)).unwrap());
    let report = rescue(&mixed, f.path("new.voxaudit")).unwrap();
    let items: std::collections::BTreeSet<_> =
        Project::open(f.path("new.voxaudit")).unwrap().events().unwrap().into_iter().map(|e| e.item).collect();
    assert!((0..6).chain(10..13).all(|n| items.contains(&id(n))), "{items:?} {report:?}");
    assert_eq!(report.events_of_main_file, 6);
    assert!(left == ["", "-wal"].map(|e| std::fs::read(beside(&mixed, e)).unwrap()), "the pair is left as it is");
}

#[test]
fn the_command_says_what_was_lost() {
    let f = Fixture::new();
    let (path, _) = reviewed(&f);
    let out = f.voxaudit(&["verify", "p.voxaudit", "--rescue", "a.voxaudit", "--json"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    let doc: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((&doc["ok"], &doc["events"], &doc["rescue"]["tables"]["items"]["copied"]), (&true.into(), &60.into(), &200.into()));
    let out = f.voxaudit(&["verify", "p.voxaudit", "--rescue", "a.voxaudit"]);
    assert_eq!(out.status.code(), Some(1), "an existing file is not replaced");
    let size = page_size(&path);
    let mut bad = std::fs::read(&path).unwrap();
    let leaf: i64 = raw(&path)
        .query_row("SELECT pageno FROM dbstat WHERE name = 'events' AND pagetype = 'leaf' ORDER BY pageno LIMIT 1", [], |r| r.get(0))
        .unwrap();
    bad[(leaf as usize - 1) * size..leaf as usize * size].fill(0);
    f.file("bad.voxaudit", &bad);
    let out = f.voxaudit(&["verify", "bad.voxaudit", "--rescue", "b.voxaudit"]);
    let text = String::from_utf8_lossy(&out.stdout);
    assert_eq!(out.status.code(), Some(1), "{text}");
    assert!(text.contains("events") && text.contains("lost") && text.contains("damaged pages: 1"), "{text}");
    // A stranger's trigger does not come along.
    raw(&path).execute_batch("CREATE TRIGGER z BEFORE INSERT ON events BEGIN SELECT RAISE(IGNORE); END").unwrap();
    let out = f.voxaudit(&["verify", "p.voxaudit", "--rescue", "c.voxaudit"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stdout));
    assert_eq!(Project::open(f.path("c.voxaudit")).unwrap().events().unwrap().len(), 60);
}
