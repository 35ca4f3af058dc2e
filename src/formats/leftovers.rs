//! Private files and folders that are made beside their final name, and what killed programs left of them.
//!
//! A private name is `.NAME.TAG-PID.HOST`. Older programs wrote `.NAME.TAG-PID`, which is read as this host's. What belongs to a process
//! that is gone may be mended or removed by whoever makes NAME next; what belongs to a running process, or to another host, is left alone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Longest part of a host's name that is used.
const MOST_HOST: usize = 32;

/// Private names that this process uses now.
static OWN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A private name in use by this process. Dropping it gives the name back; what stands under it is its user's to remove.
#[derive(Debug)]
pub struct Claim(PathBuf);

impl Claim {
    /// `folder/.NAME.TAG-PID.HOST` for `path`; `None` when this process uses that name already.
    pub fn beside(path: &Path, tag: &str) -> Option<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let path = path.with_file_name(format!(".{name}.{tag}-{}.{}", std::process::id(), host()));
        let free = own().insert(path.clone()); // the lock is given back before a claim could be dropped, which takes it
        free.then(|| Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        own().remove(&self.0);
    }
}

fn own() -> std::sync::MutexGuard<'static, BTreeSet<PathBuf>> {
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes away everything private that this process still has, because it ends at once.
pub fn abandon() {
    for path in own().iter() {
        let _ = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }; // the next run says what stays
    }
}

/// Who made a private file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// This process or another one that runs on this machine.
    Running,
    /// A process of this machine that has ended.
    Gone,
    /// Another machine, whose processes cannot be seen from here.
    Elsewhere(String),
}

/// Something private that stands beside a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    pub path: PathBuf,
    pub tag: String,
    pub owner: Owner,
}

/// Everything private beside `path`, by name; nothing where its folder cannot be listed.
pub fn beside(path: &Path) -> Vec<Leftover> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let prefix = format!(".{}.", path.file_name().unwrap_or_default().to_string_lossy());
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let private = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        let (tag, pid, host) = parts(name.strip_prefix(&prefix)?)?;
        let path = path.with_file_name(&name);
        let owner = owner(&path, pid, host);
        Some(Leftover { path, tag: tag.to_owned(), owner })
    };
    let mut found: Vec<Leftover> = entries.flatten().filter_map(private).collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Tag, process and host of `TAG-PID` or `TAG-PID.HOST`.
fn parts(text: &str) -> Option<(&str, u32, Option<&str>)> {
    let (tag, rest) = text.split_once('-')?;
    let (pid, host) = rest.split_once('.').map_or((rest, None), |(pid, host)| (pid, Some(host)));
    let sound =
        !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_alphanumeric()) && !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit());
    sound.then_some((tag, pid.parse().ok()?, host))
}

fn owner(path: &Path, pid: u32, from: Option<&str>) -> Owner {
    match from {
        Some(from) if from != host() => Owner::Elsewhere(from.to_owned()),
        _ if pid == std::process::id() => {
            // The number may be that of an earlier process: small containers give the same one every time.
            if own().contains(path) { Owner::Running } else { Owner::Gone }
        }
        _ if runs(pid) => Owner::Running,
        _ => Owner::Gone,
    }
}

/// Whether a process of that number runs on this machine. Where that cannot be known, one that ended counts as running.
#[cfg(unix)]
pub fn runs(pid: u32) -> bool {
    use rustix::process::{Pid, test_kill_process};
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return false };
    test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
}

#[cfg(not(unix))]
pub fn runs(_pid: u32) -> bool {
    true
}

/// This machine's name as it stands in a private name.
#[cfg(unix)]
pub fn host() -> String {
    plain(&rustix::system::uname().nodename().to_string_lossy())
}

#[cfg(not(unix))]
pub fn host() -> String {
    plain(&std::env::var("COMPUTERNAME").unwrap_or_default())
}

fn plain(name: &str) -> String {
    let kept: String = name.chars().take(MOST_HOST).map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if kept.is_empty() { "_".to_owned() } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number that no process has.
    fn gone() -> u32 {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        child.id()
    }

    #[cfg(unix)]
    #[test]
    fn what_is_left_is_told_by_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.x");
        let claim = Claim::beside(&path, "new").unwrap();
        assert!(Claim::beside(&path, "new").is_none(), "the name is taken");
        let (gone, parent) = (gone(), std::os::unix::process::parent_id());
        let names = [
            (format!(".out.x.old-{gone}"), Some(Owner::Gone)),
            (format!(".out.x.new3-{parent}"), Some(Owner::Running)),
            (format!(".out.x.new-{}", std::process::id()), Some(Owner::Gone)),
            (format!(".out.x.new-{gone}.{}", host()), Some(Owner::Gone)),
            (format!(".out.x.new-{parent}.elsewhere"), Some(Owner::Elsewhere("elsewhere".to_owned()))),
            (".out.x.new-".to_owned(), None),
            (".out.x.tar.gz-1".to_owned(), None),
            (".other.new-1".to_owned(), None),
        ];
        for (name, _) in &names {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        std::fs::write(claim.path(), "").unwrap();
        let found = beside(&path);
        for (name, owner) in &names {
            let seen = found.iter().find(|l| l.path == dir.path().join(name)).map(|l| &l.owner);
            assert_eq!(seen, owner.as_ref(), "{name}");
        }
        assert_eq!(found.iter().find(|l| l.path == claim.path()).map(|l| &l.owner), Some(&Owner::Running));
        assert_eq!(found.len(), 6);
        drop(claim); // `abandon` would take what other tests of this process have: a test of signals shows it
        assert!(Claim::beside(&path, "new").is_some());
    }
}
