//! Files that this process has open through SQLite, which no other reader of this process may open.
//!
//! POSIX drops all locks that a process holds on a file when the process closes any descriptor of it. A project that is open must therefore
//! never be opened a second time as an image, a mask, a table or a text, under whatever name: readers open files with `regular::open` or
//! [`open_named`], which know an open project, its `-wal`, `-shm` and `-journal` by device and inode. Projects that other processes have open
//! are not known; those lose nothing.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What a file is, whatever it is called: device and inode. On systems without them, the time it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId(u64, u64);

impl FileId {
    #[cfg(unix)]
    pub fn of(meta: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(meta.dev(), meta.ino())
    }

    #[cfg(not(unix))]
    pub fn of(meta: &Metadata) -> Self {
        let made = meta.created().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok()).unwrap_or_default();
        Self(made.as_secs(), u64::from(made.subsec_nanos()))
    }
}

/// One connection to a project; other readers leave its files alone as long as this lives.
#[derive(Debug)]
pub struct Held(u64);

struct Entry {
    number: u64,
    path: PathBuf,
    main: FileId,
}

static OPEN: Mutex<(u64, Vec<Entry>)> = Mutex::new((0, Vec::new()));

/// What SQLite puts beside a project.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The name of a file that SQLite keeps beside `path`, such as its `-wal`.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Says that a connection to the project at `path`, with links followed, is being opened.
pub fn hold(path: &Path, main: FileId) -> Held {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    open.0 += 1;
    let number = open.0;
    open.1.push(Entry { number, path: path.to_path_buf(), main });
    Held(number)
}

impl Drop for Held {
    fn drop(&mut self) {
        OPEN.lock().unwrap_or_else(PoisonError::into_inner).1.retain(|e| e.number != self.0);
    }
}

/// The open project that a file belongs to.
fn owner(meta: &Metadata) -> Option<PathBuf> {
    let id = FileId::of(meta);
    let open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let is = |path: PathBuf| std::fs::metadata(path).is_ok_and(|m| FileId::of(&m) == id);
    open.1.iter().find(|e| e.main == id || BESIDE.iter().any(|b| is(beside(&e.path, b)))).map(|e| e.path.clone())
}

fn refused(project: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("it belongs to the open project {} and is not read as data", project.display()))
}

/// Errors when `path` is a file of a project that this process has open, under that or another name. A file that is not there is none.
pub fn check(path: &Path) -> io::Result<()> {
    match std::fs::metadata(path).ok().as_ref().and_then(owner) {
        Some(project) => Err(refused(&project)),
        None => Ok(()),
    }
}

/// Opens what the user named, which may be a pipe (`--qa <(…)`) and is then waited for.
///
/// Errors as the system does, and for files of an open project.
pub fn open_named(path: &Path) -> io::Result<File> {
    guarded(path, |path| File::open(path))
}

/// Opens a file by `open` when it belongs to no open project, before and after.
pub fn guarded(path: &Path, open: impl FnOnce(&Path) -> io::Result<File>) -> io::Result<File> {
    check(path)?;
    let file = open(path)?;
    match owner(&file.metadata()?) {
        None => Ok(file),
        Some(project) => {
            std::mem::forget(file); // the name came to mean the project just now: closing it would drop the locks
            Err(refused(&project))
        }
    }
}
