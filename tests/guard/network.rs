//! A network folder keeps a rollback journal and is as safe with several programs; windows know of each other, and one of another machine is
//! refused.

use super::*;
use std::collections::HashMap;
use voxaudit::project::lease::this_host;
use voxaudit::project::verify::verify;

const NETWORK: (&str, &str) = ("VOXAUDIT_FILE_SYSTEM", "network");

impl Fixture {
    /// The command line on what it takes for a network folder.
    fn far(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_voxaudit"))
            .args(args)
            .current_dir(self.dir.path())
            .env("VOXAUDIT_CONFIG_DIR", self.dir.path().join("config"))
            .env(NETWORK.0, NETWORK.1)
            .output()
            .unwrap()
    }

    #[track_caller]
    fn far_ok(&self, args: &[&str]) -> String {
        let out = self.far(args);
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    fn status(&self) -> serde_json::Value {
        serde_json::from_str(&self.far_ok(&["status", "p.voxaudit", "--json"])).unwrap()
    }
}

/// Whether the header speaks of a rollback journal.
fn rollback(path: &Path) -> bool {
    std::fs::read(path).unwrap()[18..20] == [1, 1]
}

#[test]
fn a_network_folder_has_a_rollback_journal() {
    let f = Fixture::new();
    f.file("qa.json", qa_json(2));
    f.far_ok(&["import", "p.voxaudit", "--qa", "qa.json"]);
    let path = f.path("p.voxaudit");
    std::fs::create_dir(beside(&path, "-shm")).unwrap(); // SQLite could not make its shared memory here: nothing may want it
    for n in 0..5 {
        f.far_ok(&["review", "p.voxaudit", "--item", &id(n).to_string(), "--reviewer", "Ann", "accept"]);
        assert!(rollback(&path) && !beside(&path, "-wal").exists());
    }
    let status = f.status();
    assert_eq!((&status["file_system"], &status["events"]), (&"network".into(), &5.into()));
    assert!(f.far(&["verify", "p.voxaudit"]).status.success());
    f.far_ok(&["export", "p.voxaudit", "--out", "out"]);
    std::fs::remove_dir(beside(&path, "-shm")).unwrap();
    let local: serde_json::Value = serde_json::from_slice(&f.voxaudit(&["status", "p.voxaudit", "--json"]).stdout).unwrap();
    assert_eq!((&local["file_system"], &local["events"]), (&"local".into(), &5.into()));
}

/// What a program that was killed left in a WAL comes along, and no shared memory is made on the way.
#[test]
fn a_wal_is_turned_into_a_rollback_journal_with_all_it_holds() {
    for command in [
        &["status", "p.voxaudit"][..],
        &["verify", "p.voxaudit"],
        &["review", "p.voxaudit", "--item", "case_0.nii.gz::4", "--reviewer", "Ann", "accept"],
    ] {
        let f = Fixture::new();
        let made = f.path("made.voxaudit");
        std::fs::rename(f.project(2), &made).unwrap();
        let mut p = Project::open(&made).unwrap();
        (0..4).for_each(|n| drop(review(&mut p, n).unwrap()));
        let path = f.path("p.voxaudit");
        ["", "-wal"].iter().for_each(|e| assert!(std::fs::copy(beside(&made, e), beside(&path, e)).unwrap() > 0));
        std::fs::create_dir(beside(&path, "-shm")).unwrap();
        f.far_ok(command);
        assert!(rollback(&path) && !beside(&path, "-wal").exists(), "{command:?}");
        std::fs::remove_dir(beside(&path, "-shm")).unwrap();
        assert_eq!(Project::open(&path).unwrap().events().unwrap().len(), if command[0] == "review" { 5 } else { 4 });
    }
}

#[test]
fn a_project_that_is_open_with_a_wal_is_not_turned() {
    let f = Fixture::new();
    let path = f.project(2);
    let mut p = Project::open(&path).unwrap();
    review(&mut p, 0).unwrap();
    for args in [&["status", "p.voxaudit"][..], &["review", "p.voxaudit", "--item", "case_0.nii.gz::1", "--reviewer", "Ann", "accept"]] {
        let out = f.far(args);
        assert_eq!(out.status.code(), Some(1));
        says(String::from_utf8_lossy(&out.stderr).trim_end(), &["p.voxaudit", "another program has it open", "network folder"]);
    }
    review(&mut p, 1).unwrap();
    assert!(verify(&path).unwrap().ok);
}

#[test]
fn several_programs_write_to_a_network_folder_at_once() {
    let f = Fixture::new();
    f.file("qa.json", qa_json(4));
    f.far_ok(&["import", "p.voxaudit", "--qa", "qa.json"]);
    let path = f.path("p.voxaudit");
    let mut python = Python::new(&path);
    let mut windows: Vec<Other> = ["Ann", "Bob", "Cid"].iter().map(|who| Other::start(&path, who, 15, true)).collect();
    let mut least = 0;
    if let Some(python) = &mut python {
        for _ in 0..20 {
            let now = python.events();
            assert!(now >= least);
            least = now;
        }
    }
    let acknowledged: usize = windows.iter_mut().map(|w| w.until_end("ACK").len()).sum();
    let report = verify(&path).unwrap();
    assert_eq!((report.ok, report.events, acknowledged), (true, 45, 45), "{:?}", report.problems);
}

/// Not a test of its own: a window in another process, that tells on stdout what it is told.
#[test]
fn other_window() {
    let Some(path) = std::env::var_os("VOXAUDIT_TEST_PROJECT") else { return };
    let (mailbox, inbox) = Mailbox::new(egui::Context::default());
    let store = Store::open(path.into(), Opening::default(), None, mailbox).unwrap();
    let window = Window { store: Some(store), inbox };
    let network = window.wait(|m| if let StoreMessage::Opened { network, .. } = m { Some(*network) } else { None });
    println!("OPENED {network}");
    let who = std::env::var("VOXAUDIT_TEST_REVIEWER").unwrap();
    let p = Project::open_read_only(window.store().path()).unwrap();
    for n in 0..std::env::var("VOXAUDIT_TEST_COUNT").unwrap().parse().unwrap() {
        let judged = p.item(&id(n)).unwrap().unwrap().text_hash();
        let event = NewEvent {
            reviewer: Reviewer::new(&who, ""),
            item: id(n),
            judged,
            active_seconds: 1.0,
            image: ShownImage::None,
            action: accept(""),
        };
        window.store().write(Write::Event(Box::new(event)));
        let saved = window.wait(|m| match m {
            StoreMessage::Saved(event) => Some(event.hash),
            StoreMessage::NotSaved { message, .. } => panic!("{message}"),
            _ => None,
        });
        println!("ACK {}", saved.hex());
    }
    if std::env::var_os("VOXAUDIT_TEST_COMPANY").is_some() {
        window.store().look_around();
        let others = window.wait(|m| if let StoreMessage::Company(others) = m { Some(others.join(";")) } else { None });
        println!("COMPANY {others}");
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap(); // until the other side has seen enough
    }
}

struct Other {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Other {
    fn start(path: &Path, who: &str, count: usize, network: bool) -> Self {
        let extra: HashMap<&str, &str> = if network { HashMap::from([NETWORK]) } else { HashMap::from([("VOXAUDIT_TEST_COMPANY", "1")]) };
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["network::other_window", "--exact", "--nocapture", "--test-threads=1"])
            .env("VOXAUDIT_TEST_PROJECT", path)
            .env("VOXAUDIT_TEST_REVIEWER", who)
            .env("VOXAUDIT_TEST_COUNT", count.to_string())
            .envs(extra)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// What follows `word` on the next line that has it.
    fn next(&mut self, word: &str) -> String {
        let line = self.lines.by_ref().map(Result::unwrap).find(|l| l.contains(word)).unwrap();
        line.split(word).nth(1).unwrap().trim().to_owned()
    }

    fn until_end(&mut self, word: &str) -> Vec<String> {
        let all = self.lines.by_ref().map_while(Result::ok).filter(|l| l.contains(word)).collect();
        assert!(self.child.wait().unwrap().success());
        all
    }
}

#[test]
fn a_window_on_a_network_folder_is_told_so() {
    let f = Fixture::new();
    let path = f.project(1);
    let mut far = Other::start(&path, "Ann", 3, true);
    assert_eq!(far.next("OPENED"), "true");
    assert_eq!(far.until_end("ACK").len(), 3);
    assert_eq!(Project::open_read_only(&path).unwrap().events().unwrap().len(), 3);
}

#[test]
fn two_windows_on_one_project_say_so_in_both() {
    let f = Fixture::new();
    let path = f.project(1);
    let window = Window::open(&path);
    window.review(0).unwrap();
    let mut other = Other::start(&path, "Bob", 1, false);
    let told = other.next("COMPANY");
    assert!(told.contains(&format!("process {} on {}", std::process::id(), this_host())), "{told}");
    window.store().look_around();
    let company = |m: &StoreMessage| if let StoreMessage::Company(others) = m { Some(others.clone()) } else { None };
    let here = window.wait(company);
    assert!(here.len() == 1 && here[0].contains(&format!("process {}", other.child.id())), "{here:?}");
    drop(other.child.stdin.take());
    assert!(other.child.wait().unwrap().success());
    window.store().look_around();
    assert!(window.wait(company).is_empty(), "it is gone");
    window.close();
    let left: Vec<_> = std::fs::read_dir(f.dir.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!left.iter().any(|n| n.contains("lease") || n.contains("beat")), "{left:?}");
}

#[test]
fn a_window_of_another_machine_is_refused_unless_the_user_knows_better() {
    let f = Fixture::new();
    let path = f.project(1);
    f.file(".p.voxaudit.lease-far-7", r#"{"host": "far", "pid": 7, "reader": "Eve", "beat": 3}"#);
    let open = |consent| {
        let (mailbox, inbox) = Mailbox::new(egui::Context::default());
        let store = Store::open(path.clone(), Opening { create: false, consent }, None, mailbox).unwrap();
        Window { store: Some(store), inbox }
    };
    let window = open(false);
    let refusal =
        window.wait(|m| if let StoreMessage::OpenFailed { message, leased: true, .. } = m { Some(message.clone()) } else { None });
    says(&refusal, &["p.voxaudit", "Eve, process 7 on far"]);
    window.close();
    let window = open(true);
    window.wait(|m| matches!(m, StoreMessage::Opened { .. }).then_some(()));
    let company = window.wait(|m| if let StoreMessage::Company(others) = m { Some(others.clone()) } else { None });
    assert_eq!(company, ["Eve, process 7 on far"]);
    window.review(0).unwrap();
    window.close();
    assert!(f.path(".p.voxaudit.lease-far-7").exists(), "it is not ours to take away");
}
