//! The project: one SQLite file with items, reports, the places of images and masks, and the append-only review log.
//!
//! Guarantees: an event that [`Project::append`] returned is on disk (WAL, synchronous FULL); events are never changed; an import is one
//! transaction; a file of another program or of a newer voxaudit is refused and left alone. It holds no voxels and knows no window.
//! A [`Project`] is one connection: keep one for writing (on a job thread) and take a [`Project::reader`] for queries beside it.

mod analyse;
mod answers;
pub mod check;
mod draft;
mod error;
pub mod export;
pub mod import;
mod log;
mod matrix;
pub mod measure;
mod quality;
mod query;
mod roots;
mod schema;
mod scoring;
mod seal;
mod search;
mod status;
mod taxonomy;
pub mod verify;

pub use analyse::Measuring;
pub use answers::{AnswerView, JudgeInfo, RunInfo, Verdict};
pub use error::ProjectError;
pub use query::{CaseInfo, DataFile, ItemRow, Report};
pub use roots::{RootInfo, config_dir, set_aside_damaged_map};
pub use scoring::ScoreData;
pub use search::SearchHits;
pub use status::{ReviewCounts, ReviewerStatus, StatusReport, VerdictCounts};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::cell::RefCell;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a write waits for another program's write before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// One open connection to a project file.
#[derive(Debug)]
pub struct Project {
    path: PathBuf,
    conn: Connection,
    read_only: bool,
    /// The fold of the log as far as it was read; brought up to date on demand.
    folded: RefCell<log::Folded>,
    /// What search keeps between keystrokes; refreshed when an import of any program changes what can be found.
    search_cache: RefCell<Option<search::SearchCache>>,
}

impl Project {
    /// Makes a new project file. It is built beside and linked into place, so a half-made project never carries the name.
    ///
    /// Errors when the file exists or its folder cannot be written.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, ProjectError> {
        let path = path.as_ref();
        draft::Draft::beside(path)?.publish()?;
        Self::open(path)
    }

    /// Opens a project; an older file is migrated in one transaction, a file that cannot be written opens for reading.
    ///
    /// Errors when the file is missing, is not a project, is newer than this program, or is damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ProjectError> {
        let path = path.as_ref();
        check_header(path)?;
        let marked_read_only = std::fs::metadata(path).map_err(ProjectError::io(path))?.permissions().readonly();
        let mut project = Self::connect(path, marked_read_only)?;
        project.bring_up_to_date()?;
        Ok(project)
    }

    pub fn open_or_create(path: impl AsRef<Path>) -> Result<Self, ProjectError> {
        let path = path.as_ref();
        if path.exists() { Self::open(path) } else { Self::create(path) }
    }

    /// A second connection that only reads, for queries beside the writing one.
    pub fn reader(&self) -> Result<Self, ProjectError> {
        Self::open_read_only(&self.path)
    }

    /// Opens for reading only; nothing is migrated.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, ProjectError> {
        let path = path.as_ref();
        check_header(path)?;
        let mut project = Self::connect(path, true)?;
        project.bring_up_to_date()?;
        Ok(project)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn read_only(&self) -> bool {
        self.read_only
    }

    fn connect(path: &Path, read_only: bool) -> Result<Self, ProjectError> {
        let access = if read_only { OpenFlags::SQLITE_OPEN_READ_ONLY } else { OpenFlags::SQLITE_OPEN_READ_WRITE };
        let first = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .and_then(|conn| schema::version(&conn).map(|_| conn))
            .map_err(ProjectError::sql(path));
        let (conn, immutable) = match first {
            Ok(conn) => (conn, false),
            // A WAL file in a folder that cannot be written: SQLite cannot make its shared memory there.
            Err(ProjectError::Sql { .. } | ProjectError::ReadOnly { .. }) if no_wal(path) => (open_immutable(path)?, true),
            Err(ProjectError::Sql { source, .. }) if source.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen) => {
                return Err(ProjectError::WalInReadOnlyFolder { path: path.to_path_buf() });
            }
            Err(e) => return Err(e),
        };
        let (found, known) = (schema::version(&conn).map_err(ProjectError::sql(path))?, schema::current());
        if found > known {
            return Err(ProjectError::Newer { path: path.to_path_buf(), found, known }); // before its journal is set
        }
        let read_only = read_only || immutable || conn.is_readonly(rusqlite::MAIN_DB).map_err(ProjectError::sql(path))?;
        configure(&conn, read_only).map_err(ProjectError::sql(path))?;
        Ok(Self { path: path.to_path_buf(), conn, read_only, folded: RefCell::default(), search_cache: RefCell::default() })
    }

    fn bring_up_to_date(&mut self) -> Result<(), ProjectError> {
        let found = schema::version(&self.conn).map_err(ProjectError::sql(&self.path))?;
        let (path, known) = (self.path.clone(), schema::current());
        match found {
            0 => Err(ProjectError::NotAProject { path, why: "it has no tables".into() }),
            v if v == known => Ok(()),
            v if self.read_only && v >= schema::READABLE => Ok(()),
            _ if self.read_only => Err(ProjectError::OlderReadOnly { path, found, known }),
            _ => schema::migrate(&mut self.conn, schema::MIGRATIONS).map(drop).map_err(ProjectError::sql(&self.path)),
        }
    }

    fn writable(&self) -> Result<(), ProjectError> {
        if self.read_only { Err(ProjectError::ReadOnly { path: self.path.clone() }) } else { Ok(()) }
    }

    /// Identity of the project, kept by copies of the file.
    pub fn uuid(&self) -> Result<String, ProjectError> {
        let uuid = self.conn.query_row("SELECT value FROM project WHERE key = 'uuid'", [], |r| r.get(0));
        uuid.map_err(ProjectError::sql(&self.path))
    }
}

fn configure(conn: &Connection, read_only: bool) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.set_prepared_statement_cache_capacity(64);
    if !read_only {
        // A file system without shared memory stays in rollback mode, which is as safe and slower.
        conn.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
        conn.pragma_update(None, "synchronous", "FULL")?;
    }
    Ok(())
}

fn no_wal(path: &Path) -> bool {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    std::fs::metadata(wal).map_or(true, |m| m.len() == 0)
}

fn open_immutable(path: &Path) -> Result<Connection, ProjectError> {
    let full = std::path::absolute(path).map_err(ProjectError::io(path))?;
    let escaped: String = full.to_string_lossy().replace('\\', "/").replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let slash = if escaped.starts_with('/') { "" } else { "/" };
    let uri = format!("file://{slash}{escaped}?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(uri, flags).map_err(ProjectError::sql(path))
}

/// Refuses what is not ours before SQLite touches it: magic and application id of the 100-byte header.
fn check_header(path: &Path) -> Result<(), ProjectError> {
    let refuse = |why: &str| Err(ProjectError::NotAProject { path: path.to_path_buf(), why: why.to_owned() });
    let meta = match std::fs::metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(ProjectError::NotFound { path: path.to_path_buf() }),
        other => other.map_err(ProjectError::io(path))?,
    };
    if meta.is_dir() {
        return refuse("it is a folder");
    }
    if !meta.is_file() {
        return refuse("not a regular file");
    }
    let mut header = Vec::new();
    std::fs::File::open(path).and_then(|f| f.take(100).read_to_end(&mut header)).map_err(ProjectError::io(path))?;
    if header.is_empty() {
        return refuse("it is empty");
    }
    if !header.starts_with(b"SQLite format 3\0") {
        return refuse("not an SQLite file");
    }
    match header.get(68..72) {
        Some(id) if id == schema::APPLICATION_ID.to_be_bytes() && header.len() == 100 => Ok(()),
        Some(_) => refuse("an SQLite file of another program"),
        None => refuse("cut off"),
    }
}
