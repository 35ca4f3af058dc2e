//! Small files of this program's own (settings, maps, kept measures): written whole or not at all, changed by one program at a time, and
//! kept aside when they are damaged.

use super::leftovers::{self, Claim, Owner};
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long another program's change is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Puts `bytes` in the place of the file: on disk under a private name first, then renamed. Makes the folder when it is missing.
///
/// Errors, with the file as it was, when the folder cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let claim = (0..1000).find_map(|n| Claim::beside(path, &format!("new{n}"))).ok_or(io::ErrorKind::ResourceBusy)?;
    let fill = |mut file: File| file.write_all(bytes).and_then(|()| file.sync_all());
    let done = File::create(claim.path()).and_then(fill).and_then(|()| std::fs::rename(claim.path(), path));
    if done.is_err() {
        let _ = std::fs::remove_file(claim.path()); // may never have been made
    }
    done.and_then(|()| sync_folder(folder))
}

/// Makes names in a folder durable. Windows has no such thing.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder).and_then(|f| f.sync_all()) } else { Ok(()) }
}

/// Removes what killed programs left of writing this file.
pub fn tidy(path: &Path) {
    for left in leftovers::beside(path).iter().filter(|l| l.owner == Owner::Gone && l.tag.starts_with("new")) {
        let _ = std::fs::remove_file(&left.path); // harmless where it stays
    }
}

/// Renames a damaged file to `NAME.bad` (`NAME.bad-2`, … when there is one) and returns the new name.
pub fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let named = |ending: String| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let mut names = std::iter::once(named(".bad".to_owned())).chain((2..).map(|n: u32| named(format!(".bad-{n}"))));
    let free = names.find(|name| std::fs::symlink_metadata(name).is_err()).unwrap_or_else(|| named(".bad".to_owned()));
    std::fs::rename(path, &free).map(|()| free)
}

/// Runs `work` while no other program does so for the same file. Where the file system knows no locks it runs all the same.
///
/// Errors when another program keeps the lock for long, or the folder cannot be written.
pub fn alone<T>(path: &Path, work: impl FnOnce() -> T) -> io::Result<T> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let lock = File::options().create(true).truncate(false).write(true).open(PathBuf::from(name))?;
    let since = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if since.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(5)),
            Err(TryLockError::WouldBlock) => return Err(io::Error::new(io::ErrorKind::TimedOut, "another program keeps it locked")),
            Err(TryLockError::Error(_)) => break,
        }
    }
    Ok(work()) // closing the file gives the lock back
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_replaced_whole_and_damaged_ones_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/a.json");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(set_aside(&path).unwrap(), dir.path().join("deep/a.json.bad"));
        write(&path, b"three").unwrap();
        assert_eq!(set_aside(&path).unwrap(), dir.path().join("deep/a.json.bad-2"));
        assert_eq!(std::fs::read(dir.path().join("deep/a.json.bad")).unwrap(), b"two", "the first one is not lost");
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        let left = dir.path().join(format!("deep/.a.json.new-{}", child.id()));
        std::fs::write(&left, "half").unwrap();
        tidy(&path);
        assert!(!left.exists());
    }

    #[test]
    fn changes_are_made_one_after_the_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("count");
        let step = || {
            alone(&path, || {
                let n: usize = std::fs::read_to_string(&path).ok().and_then(|t| t.parse().ok()).unwrap_or(0);
                std::thread::sleep(Duration::from_millis(1));
                write(&path, (n + 1).to_string().as_bytes()).unwrap();
            })
        };
        std::thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(|| (0..5).for_each(|_| step().unwrap())))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "40");
    }
}
