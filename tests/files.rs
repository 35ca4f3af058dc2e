//! What the store does with files of others: paths that a project brings, pipes and devices, what killed programs left, settings of the
//! machine, and exports that are larger than memory should be.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]
#![cfg(unix)]

#[allow(dead_code, reason = "each test file uses its part")]
mod common;
#[path = "files/exports.rs"]
mod exports;
#[path = "files/leftovers.rs"]
mod leftovers;
#[path = "files/paths.rs"]
mod paths;

use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Longer than anything here takes on a busy machine; what hangs is found out.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder in which the program is run, with settings and a cache of its own.
pub struct Run {
    dir: tempfile::TempDir,
}

pub struct Done {
    pub status: ExitStatus,
    pub out: String,
    pub err: String,
}

impl Run {
    pub fn empty() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_voxaudit"));
        command.args(args).current_dir(self.dir.path());
        command.env("VOXAUDIT_CONFIG_DIR", self.path("cfg")).env("VOXAUDIT_CACHE_DIR", self.path("cache"));
        command
    }

    pub fn start(&self, args: &[&str]) -> Child {
        self.command(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    #[track_caller]
    pub fn run(&self, args: &[&str]) -> Done {
        finish(self.start(args), &format!("{args:?}"))
    }

    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> Done {
        let done = self.run(args);
        assert!(done.status.success(), "{args:?}: {}", done.err);
        done
    }

    /// Fails with one line that holds all of these words.
    #[track_caller]
    pub fn fails(&self, args: &[&str], words: &[&str]) {
        let done = self.run(args);
        let said = done.err.lines().any(|line| words.iter().all(|w| line.contains(w)));
        assert!(done.status.code() == Some(1) && said && !done.err.contains("panicked"), "{args:?}: {:?}: {}", done.status, done.err);
    }

    pub fn pipe(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    }

    /// Entries of a folder, hidden ones too.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let mut all: Vec<String> =
            std::fs::read_dir(self.path(folder)).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        all.sort();
        all
    }

    pub fn sql(&self, project: &str, change: &str) {
        rusqlite::Connection::open(self.path(project)).unwrap().execute_batch(change).unwrap();
    }
}

#[track_caller]
pub fn finish(mut child: Child, what: &str) -> Done {
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let read = |from: &mut Option<&mut dyn Read>| {
        let mut text = Vec::new();
        if let Some(from) = from {
            from.read_to_end(&mut text).unwrap();
        }
        String::from_utf8_lossy(&text).into_owned()
    };
    let since = Instant::now();
    std::thread::scope(|scope| {
        let out = scope.spawn(|| read(&mut out.as_mut().map(|o| o as &mut dyn Read)));
        let err = scope.spawn(|| read(&mut err.as_mut().map(|e| e as &mut dyn Read)));
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            if since.elapsed() > PATIENCE {
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let (out, err) = (out.join().unwrap(), err.join().unwrap());
        Done { status: status.unwrap_or_else(|| panic!("{what} does not end; it said: {err}")), out, err }
    })
}

/// The shell's own `kill`: a small Debian has no other.
pub fn signal(child: &Child, name: &str) {
    assert!(Command::new("sh").args(["-c", &format!("kill -{name} {}", child.id())]).status().unwrap().success());
}

/// A number that no process has any more.
pub fn gone() -> u32 {
    let mut child = Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    child.id()
}

/// A NIfTI-1 file of 4×4×4 voxels of 16 bits; voxels along one edge are `value`.
pub fn nifti(value: i16) -> Vec<u8> {
    let mut bytes = vec![0u8; 352];
    let mut put = |at: usize, some: &[u8]| bytes[at..at + some.len()].copy_from_slice(some);
    put(0, &348i32.to_le_bytes());
    for (n, dim) in [3i16, 4, 4, 4, 1, 1, 1, 1].iter().enumerate() {
        put(40 + 2 * n, &dim.to_le_bytes());
    }
    put(70, &4i16.to_le_bytes()); // signed 16 bits
    put(72, &16i16.to_le_bytes());
    for n in 0..8 {
        put(76 + 4 * n, &1f32.to_le_bytes());
    }
    put(108, &352f32.to_le_bytes());
    put(112, &1f32.to_le_bytes());
    put(254, &1i16.to_le_bytes()); // sform
    for n in 0..3 {
        put(280 + 20 * n, &1f32.to_le_bytes());
    }
    put(344, b"n+1\0");
    for n in 0..64 {
        bytes.extend((if n % 16 < 4 { value } else { 0 }).to_le_bytes());
    }
    bytes
}

pub fn qa(case: &str) -> String {
    format!("{{\"{case}\": {{\"qa_pairs\": [{{\"question\": \"Is the spleen there?\", \"answer\": \"Yes.\"}}]}}}}")
}

/// `items` of them, a hundred to a case.
pub fn many(items: usize) -> String {
    let row = |n: usize| {
        format!("{{\"case_id\":\"c{}\",\"question\":\"Is structure {n} left of {}?\",\"answer\":\"yes\"}}\n", n / 100, n * 7 % 1000)
    };
    (0..items).map(row).collect()
}

pub fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

pub fn link(to: impl AsRef<Path>, at: &Path) {
    std::os::unix::fs::symlink(to, at).unwrap();
}
