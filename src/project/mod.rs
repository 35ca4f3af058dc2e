//! The project: one SQLite file with items, reports, the places of images and masks, and the append-only review log.
//!
//! Guarantees: an event that [`Project::append`] returned is on disk (WAL, synchronous FULL); events are never changed; an import is one
//! transaction; a file of another program or of a newer voxaudit, or one with triggers or views of strangers, is refused and left alone;
//! nothing is acknowledged that is not in the file which the path names. It holds no voxels and knows no window.
//! A [`Project`] is one connection: keep one for writing (on a job thread) and take a [`Project::reader`] for queries beside it.

mod analyse;
mod anchor;
mod answers;
pub mod check;
mod copy;
mod draft;
mod drafts;
mod error;
pub mod export;
mod guard;
mod head;
pub mod import;
pub mod lease;
mod log;
mod matrix;
pub mod measure;
mod objects;
mod opening;
mod place;
mod quality;
mod query;
pub mod rescue;
mod roots;
mod schema;
mod scoring;
mod seal;
mod search;
pub mod signature;
mod status;
mod taxonomy;
pub mod verify;

pub use analyse::Measuring;
pub use answers::{AnswerView, JudgeInfo, RunInfo, Verdict};
pub use copy::{Copied, Kept, name_beside};
pub use drafts::Drafts;
pub use error::ProjectError;
pub use head::{Head, MilestoneKind};
pub use place::FileSystem;
pub use query::{CaseInfo, DataFile, ItemRow, Report};
pub use roots::{RootInfo, config_dir, set_aside_damaged_map};
pub use scoring::ScoreData;
pub use search::SearchHits;
pub use status::{ReviewCounts, ReviewerStatus, StatusReport, VerdictCounts};

use guard::Guard;
use rusqlite::Connection;
use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// One open connection to a project file.
#[derive(Debug)]
pub struct Project {
    path: PathBuf,
    conn: Connection,
    read_only: bool,
    file_system: FileSystem,
    guard: Guard,
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
    /// Errors when the file is missing, is not a project, is newer than this program, has tables, triggers or views that are not ours, or is
    /// damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ProjectError> {
        let path = path.as_ref();
        opening::look(path)?;
        let marked_read_only = std::fs::metadata(path).map_err(ProjectError::io(path))?.permissions().readonly();
        Self::connect(path, marked_read_only, objects::check)
    }

    pub fn open_or_create(path: impl AsRef<Path>) -> Result<Self, ProjectError> {
        let path = path.as_ref();
        if path.exists() { Self::open(path) } else { Self::create(path) }
    }

    /// A second connection that only reads, for queries beside the writing one.
    pub fn reader(&self) -> Result<Self, ProjectError> {
        Self::open_read_only(&self.path)
    }

    /// Opens for reading only. An older file is brought forward in a private copy and stays as it is.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, ProjectError> {
        let path = path.as_ref();
        opening::look(path)?;
        Self::connect(path, true, objects::check)
    }

    /// The same for `verify`, also without triggers that are missing.
    fn open_to_verify(path: &Path) -> Result<Self, ProjectError> {
        opening::look(path)?;
        Self::connect(path, true, objects::check_to_verify)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn read_only(&self) -> bool {
        self.read_only
    }

    fn connect(path: &Path, read_only: bool, compare: opening::Compare) -> Result<Self, ProjectError> {
        let file_system = FileSystem::of(path);
        let opening::Opened { mut conn, read_only, mut schema, held } = opening::connect(path, read_only, file_system, compare)?;
        if schema::version(&conn).map_err(ProjectError::sql(path))? < schema::current() {
            if read_only {
                return Ok(Self::of(path, opening::private_copy(&conn, path)?, true, Guard::default()));
            }
            schema::migrate(&mut conn, schema::MIGRATIONS).map_err(ProjectError::sql(path))?;
            schema = objects::check(&conn, path)?;
        }
        let guard = Guard::new(&conn, path, schema, held)?;
        Ok(Self { file_system, ..Self::of(path, conn, read_only, guard) })
    }

    fn of(path: &Path, conn: Connection, read_only: bool, guard: Guard) -> Self {
        Self {
            path: path.to_path_buf(),
            conn,
            read_only,
            guard,
            file_system: FileSystem::Local,
            folded: RefCell::default(),
            search_cache: RefCell::default(),
        }
    }

    /// Looks whether the path still names the file that is open, and whether all of it is there. Cheap enough for every few seconds.
    ///
    /// Errors with [`ProjectError::Lost`] when what was written is not safe; nothing is written from then on.
    pub fn still_there(&self) -> Result<(), ProjectError> {
        self.guard.file(&self.conn, &self.path, false)
    }

    /// Compares the schema again when another program has changed it; readers that live long ask before each question.
    ///
    /// Errors with [`ProjectError::Foreign`].
    pub fn still_ours(&self) -> Result<(), ProjectError> {
        self.guard.schema(&self.conn, &self.path)
    }

    /// After a commit, before anything is acknowledged.
    fn settled(&self) -> Result<(), ProjectError> {
        self.guard.file(&self.conn, &self.path, true)
    }

    /// Where it lies. A network folder has a rollback journal, and one window at a time.
    pub fn file_system(&self) -> FileSystem {
        self.file_system
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
