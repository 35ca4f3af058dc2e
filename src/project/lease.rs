//! Who else has the project open in a window: a small file beside it for each window, named by host and process, that changes all the time.
//!
//! A window that stops (or whose machine does) leaves its file behind; it counts as gone when the file has not changed for
//! [`STALE`] of the observer's own clock, or at once when the process was one of this machine. Clocks of other machines and times of files
//! are never compared. Windows of one machine tell each other that they are there; a window of another machine is refused, because locks over a
//! network are not to be trusted with two writers.

use super::ProjectError;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the file of another window may stay as it is.
pub const STALE: Duration = Duration::from_secs(60);
/// A file of ours is smaller.
const MOST_BYTES: u64 = 4096;

/// One window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub host: String,
    /// Tells machines of one name apart: other with every start of the machine, empty where it cannot be told.
    #[serde(default)]
    pub boot: String,
    pub pid: u32,
    /// Who reviews there; empty until a first decision.
    pub reader: String,
    /// Goes up as long as the window is there.
    pub beat: u64,
}

impl Holder {
    fn same_machine(&self, other: &Self) -> bool {
        (&self.host, &self.boot) == (&other.host, &other.boot)
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = if self.reader.is_empty() { String::new() } else { format!("{}, ", self.reader) };
        write!(f, "{who}process {} on {}", self.pid, self.host)
    }
}

/// When a file was first seen with what it holds. Shared by all openings of this process, so that a second try counts on.
static SEEN: Mutex<Option<HashMap<PathBuf, (Holder, Instant)>>> = Mutex::new(None);

/// This window's file. Dropping it takes the file away.
#[derive(Debug)]
pub struct Lease {
    project: PathBuf,
    file: PathBuf,
    own: Holder,
}

impl Lease {
    /// Says that this process has a window on `project`, for `host` ([`this_host`]).
    ///
    /// Errors with [`ProjectError::Leased`] when a window of another machine has it, unless `consent` says that the user knows better. A folder
    /// that cannot be written has no leases.
    pub fn take(project: &Path, host: &str, consent: bool) -> Result<Self, ProjectError> {
        let real = project.canonicalize().unwrap_or_else(|_| project.to_path_buf());
        let pid = std::process::id();
        let plain: String = host.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
        let boot = boot();
        let file = real.with_file_name(format!("{}{plain}-{}{pid}", prefix(&real), boot.get(..9).unwrap_or_default()));
        let own = Holder { host: host.to_owned(), boot, pid, reader: String::new(), beat: 0 };
        let lease = Self { project: real, file, own };
        lease.write(); // first, so that two that come at once see each other
        let elsewhere = lease.others(Instant::now()).into_iter().find(|h| !lease.own.same_machine(h));
        match elsewhere {
            Some(holder) if !consent => Err(ProjectError::Leased { path: project.to_path_buf(), holder: Box::new(holder) }),
            _ => Ok(lease),
        }
    }

    /// Shows that this window is still there; returns the others that are. `reader`: who reviews here.
    pub fn beat(&mut self, reader: &str, now: Instant) -> Vec<Holder> {
        self.own.beat += 1;
        reader.clone_into(&mut self.own.reader);
        self.write();
        self.others(now)
    }

    /// Whole or not at all, so that nobody reads half of it. Where it cannot be written, nobody can write the project either.
    fn write(&self) {
        let name = self.file.file_name().unwrap_or_default().to_string_lossy().replacen(".lease-", ".beat-", 1);
        let beside = self.file.with_file_name(name);
        let text = serde_json::to_vec(&self.own).unwrap_or_default();
        if std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, &self.file)).is_err() {
            let _ = std::fs::remove_file(&beside);
        }
    }

    /// Other windows whose files changed within [`STALE`]; files of those that are gone are removed.
    fn others(&self, now: Instant) -> Vec<Holder> {
        let Some(folder) = self.project.parent() else { return Vec::new() };
        let start = prefix(&self.project);
        let ours = |p: &PathBuf| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with(&start)) && *p != self.file;
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).filter(ours);
        let mut there: Vec<Holder> = files.filter_map(|file| self.alive(&file, now)).collect();
        there.sort_by(|a, b| (&a.host, a.pid).cmp(&(&b.host, b.pid)));
        there
    }

    fn alive(&self, file: &Path, now: Instant) -> Option<Holder> {
        let small = std::fs::metadata(file).is_ok_and(|m| m.is_file() && m.len() <= MOST_BYTES);
        let text = if small { crate::formats::regular::read(file, 64 * 1024).ok()? } else { return None };
        let holder: Holder = serde_json::from_slice(&text).ok()?;
        let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        let all = seen.get_or_insert_default();
        let since = match all.get(file) {
            Some((known, since)) if *known == holder => *since,
            _ => {
                all.insert(file.to_path_buf(), (holder.clone(), now));
                now
            }
        };
        let dead = self.own.same_machine(&holder) && !runs(holder.pid);
        if dead || now.saturating_duration_since(since) >= STALE {
            all.remove(file);
            let _ = std::fs::remove_file(file); // what cannot be removed is looked at again
            return None;
        }
        Some(holder)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

/// `.NAME.lease-`
fn prefix(project: &Path) -> String {
    format!(".{}.lease-", project.file_name().unwrap_or_default().to_string_lossy())
}

/// A number of this start of the machine, such as `3b2a90f1-…`.
fn boot() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// Name of this machine.
#[cfg(unix)]
pub fn this_host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
pub fn this_host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_else(|_| "this-machine".into())
}

/// Whether a process of this machine is there; also when it is another user's.
#[cfg(unix)]
fn runs(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH)))
}

/// Not to be told here: the file says it, by changing.
#[cfg(not(unix))]
fn runs(_pid: u32) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(project: &Path, host: &str, pid: u32, beat: u64) -> PathBuf {
        let boot = if host == "here" { boot() } else { String::new() };
        let holder = Holder { host: host.into(), boot, pid, reader: "Ann".into(), beat };
        let file = project.with_file_name(format!("{}{host}-{pid}", prefix(project)));
        std::fs::write(&file, serde_json::to_vec(&holder).unwrap()).unwrap();
        file
    }

    #[test]
    fn a_window_of_another_machine_is_refused_until_it_is_gone_or_with_consent() {
        let dir = tempfile::tempdir().unwrap();
        let project = dir.path().join("p.voxaudit");
        std::fs::write(&project, "").unwrap();
        let theirs = put(&project, "far", 7, 1);
        let text = Lease::take(&project, "here", false).unwrap_err().to_string();
        assert!(text.contains("Ann, process 7 on far") && !text.contains('\n'), "{text}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "the refused one leaves nothing");
        let mut lease = Lease::take(&project, "here", true).unwrap();
        let start = Instant::now();
        assert_eq!(lease.beat("Bob", start).len(), 1);
        assert_eq!(lease.beat("Bob", start + STALE / 2).len(), 1);
        put(&project, "far", 7, 2); // it is there: its file changed
        assert_eq!(lease.beat("Bob", start + STALE * 2).len(), 1);
        assert_eq!(lease.beat("Bob", start + STALE * 3).len(), 0, "unchanged for longer than that");
        assert!(!theirs.exists());
        drop(lease);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        Lease::take(&project, "here", false).unwrap();
    }

    #[test]
    fn windows_of_one_machine_see_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let project = dir.path().join("p.voxaudit");
        std::fs::write(&project, "").unwrap();
        let mut lease = Lease::take(&project, "here", false).unwrap();
        put(&project, "here", 1, 1); // the first process of every machine runs
        let others = lease.beat("", Instant::now());
        assert_eq!(others.iter().map(|h| h.pid).collect::<Vec<_>>(), [1]);
        let gone = put(&project, "here", 999_999_999, 1);
        assert_eq!(lease.beat("", Instant::now()).len(), 1, "a process that is gone is none");
        assert!(!gone.exists());
        let twin = r#"{"host": "here", "boot": "of another machine", "pid": 1, "reader": "", "beat": 1}"#;
        std::fs::write(project.with_file_name(".p.voxaudit.lease-here-2"), twin).unwrap();
        assert!(Lease::take(&project, "here", false).is_err(), "another machine of the same name");
        std::fs::remove_file(project.with_file_name(".p.voxaudit.lease-here-2")).unwrap();
        std::fs::write(project.with_file_name(".p.voxaudit.lease-odd"), "{").unwrap();
        assert_eq!(lease.beat("", Instant::now()).len(), 1, "what is no lease counts for nothing");
    }
}
