//! The store among other programs: locks that stay, files that are exchanged under it, files of strangers, network folders. What another
//! program does to a project never costs an acknowledged decision in silence.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

#[path = "guard/foreign.rs"]
mod foreign;
#[path = "guard/locks.rs"]
mod locks;
#[path = "guard/lost.rs"]
mod lost;
#[path = "guard/network.rs"]
mod network;
#[path = "guard/rescue.rs"]
mod rescue;
#[path = "guard/window.rs"]
mod window;

use crossbeam_channel::Receiver;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::time::Duration;
use voxaudit::app::mailbox::Mailbox;
use voxaudit::app::store::{Opening, Query, Store};
use voxaudit::project::import::{ImportRequest, import};
use voxaudit::project::{Project, ProjectError};
use voxaudit::qa::ItemId;
use voxaudit::review::{Action, Criteria, Decision, Event, NewEvent, Reviewer, ShownImage};
use voxaudit::state::{Command as Do, StoreMessage, Write};

/// Only ends what would never end: shared machines can be slow.
const PATIENCE: Duration = Duration::from_secs(120);

struct Fixture {
    dir: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A closed project `p.voxaudit` with `cases` × 5 items.
    fn project(&self, cases: usize) -> PathBuf {
        let path = self.path("p.voxaudit");
        let qa = self.file("qa.json", qa_json(cases));
        let mut p = Project::create(&path).unwrap();
        assert!(import(&mut p, &ImportRequest { qa: vec![qa], ..Default::default() }, &()).unwrap().imported);
        path
    }

    fn voxaudit(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_voxaudit"))
            .args(args)
            .current_dir(self.dir.path())
            .env("VOXAUDIT_CONFIG_DIR", self.dir.path().join("config"))
            .output()
            .unwrap()
    }
}

fn qa_json(cases: usize) -> String {
    let pair = |c: usize, n: usize| format!("{{\"question\": \"Where is lesion {n} of {c}?\", \"answer\": \"In lobe {n}.\"}}");
    let case =
        |c: usize| format!("\"case_{c}.nii.gz\": {{\"qa_pairs\": [{}]}}", (0..5).map(|n| pair(c, n)).collect::<Vec<_>>().join(",\n"));
    format!("{{{}}}", (0..cases).map(case).collect::<Vec<_>>().join(",\n"))
}

fn id(n: usize) -> ItemId {
    format!("case_{}.nii.gz::{}", n / 5, n % 5).parse().unwrap()
}

fn accept(note: &str) -> Action {
    Action::Decide(Decision::Accept { criteria: Criteria::ALL_YES, note: note.to_owned() })
}

fn review(p: &mut Project, n: usize) -> Result<Event, ProjectError> {
    let judged = p.item(&id(n)).unwrap().unwrap().text_hash();
    p.append(NewEvent {
        reviewer: Reviewer::new("Ann", ""),
        item: id(n),
        judged,
        active_seconds: 1.0,
        image: ShownImage::None,
        action: accept(&n.to_string()),
    })
}

/// A connection of a program that knows nothing of voxaudit.
fn raw(path: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(path).unwrap()
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    assert!(words.iter().all(|w| text.contains(w)) && !text.contains('\n'), "{text}");
}

/// The window's store, without a window.
struct Window {
    store: Option<Store>,
    inbox: Receiver<Do>,
}

impl Window {
    fn open(path: &Path) -> Self {
        let (mailbox, inbox) = Mailbox::new(egui::Context::default());
        let store = Store::open(path.to_path_buf(), Opening::default(), None, mailbox).unwrap();
        let window = Self { store: Some(store), inbox };
        window.wait(|m| matches!(m, StoreMessage::Opened { .. }).then_some(()));
        window
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    /// The first message that `wanted` takes; a failure in between fails the test.
    #[track_caller]
    fn wait<T>(&self, wanted: impl Fn(&StoreMessage) -> Option<T>) -> T {
        loop {
            let Do::Store(message) = self.inbox.recv_timeout(PATIENCE).unwrap() else { continue };
            if let Some(found) = wanted(&message) {
                return found;
            }
            assert!(!matches!(message, StoreMessage::Failed(_) | StoreMessage::OpenFailed { .. }), "{message:?}");
        }
    }

    /// Everything that was said and not waited for.
    fn said(&self) -> Vec<StoreMessage> {
        self.inbox.try_iter().filter_map(|c| if let Do::Store(m) = c { Some(m) } else { None }).collect()
    }

    /// Shows item `n` (which the reading connection answers) and accepts it. The acknowledgement, or why there is none.
    fn review(&self, n: usize) -> Result<Event, String> {
        self.store().query(Query::Item { id: id(n), generation: n as u64 });
        let judged = self.wait(|m| if let StoreMessage::Item { item, .. } = m { Some(item.text_hash()) } else { None });
        self.decide(n, judged)
    }

    fn decide(&self, n: usize, judged: voxaudit::qa::TextHash) -> Result<Event, String> {
        let action = accept(&n.to_string());
        let event =
            NewEvent { reviewer: Reviewer::new("Win Dow", ""), item: id(n), judged, active_seconds: 1.0, image: ShownImage::None, action };
        self.store().write(Write::Event(Box::new(event)));
        self.wait(|m| match m {
            StoreMessage::Saved(event) => Some(Ok((**event).clone())),
            StoreMessage::NotSaved { message, .. } => Some(Err(message.clone())),
            _ => None,
        })
    }

    /// Closes as the window does: waits for the last write.
    fn close(mut self) -> Vec<StoreMessage> {
        self.store = None;
        self.said()
    }
}

/// Python's own SQLite: opens the file, counts the events, closes. Once per call.
struct Python {
    child: Child,
    ask: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    reads: usize,
}

const READER: &str = "
import sqlite3, sys
for line in sys.stdin:
    c = sqlite3.connect(sys.argv[1])
    print(c.execute('select count(*) from events').fetchone()[0], flush=True)
    c.close()
";

impl Python {
    /// `None`, with a line that counts, where there is no Python with SQLite.
    fn new(path: &Path) -> Option<Self> {
        let found = Command::new("python3").args(["-c", "import sqlite3"]).stderr(Stdio::null()).status();
        if !found.is_ok_and(|s| s.success()) {
            println!("skipped: 1 (python3 with sqlite3 is not here)");
            return None;
        }
        let mut command = Command::new("python3");
        let mut child = command.args(["-c", READER]).arg(path).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (ask, answers) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Some(Self { child, ask, answers, reads: 0 })
    }

    fn events(&mut self) -> usize {
        writeln!(self.ask.as_mut().unwrap(), "now").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        self.reads += 1;
        line.trim().parse().unwrap()
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        self.ask = None; // ends its loop
        let _ = self.child.wait();
    }
}
