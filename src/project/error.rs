//! What can go wrong with a project file, in words for its user: which file, what happened, what to do.

use crate::qa::ItemId;
use rusqlite::ErrorCode;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    #[error("{}: no such project; `voxaudit import` makes one", path.display())]
    NotFound { path: PathBuf },
    #[error("{}: already exists; choose another name", path.display())]
    Exists { path: PathBuf },
    #[error("{}: not a voxaudit project ({why})", path.display())]
    NotAProject { path: PathBuf, why: String },
    #[error("{}: made by a newer voxaudit (file version {found}, this program reads up to {known}); install the newer program", path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("{}: its folder is read-only and its -wal file holds reviews that are not in the main file yet; copy both to a folder you can write", path.display())]
    WalInReadOnlyFolder { path: PathBuf },
    #[error("{}: read-only; nothing was saved. Make the file and its folder writable, or work on a copy", path.display())]
    ReadOnly { path: PathBuf },
    #[error("another voxaudit is writing to {}; nothing was saved. Wait until it has finished and try again", path.display())]
    Busy { path: PathBuf },
    #[error("{}: the disk is full; nothing was saved. Free some space and try again", path.display())]
    DiskFull { path: PathBuf },
    #[error("{}: what was written is not what the file holds ({what}); nothing was saved. Do not use this file; go back to a copy that `voxaudit verify` passes", path.display())]
    NotAsWritten { path: PathBuf, what: &'static str },
    #[error("{}: damaged ({why}); run `voxaudit verify` and restore a copy", path.display())]
    Damaged { path: PathBuf, why: String },
    #[error(
        "{}: not as voxaudit makes it: {}; it is not opened. Ask for another copy, or copy its rows into a new project: `voxaudit verify --rescue NEW`",
        path.display(), what.join(", ")
    )]
    Foreign { path: PathBuf, what: Vec<String> },
    #[error(
        "{}: {what} while it was open here; what was written since is not safe. Leave the files as they are, save a copy from the window or read them with `voxaudit verify --rescue NEW`, and go on with that",
        path.display()
    )]
    Lost { path: PathBuf, what: String },
    #[error("{}: open in the window of {holder}. Close it there; a window that is gone is forgotten after a minute. Opening it anyway can lose decisions of both", path.display())]
    Leased { path: PathBuf, holder: Box<crate::project::lease::Holder> },
    #[error("{}: another program has it open, and it must be made ready for a network folder first; close it there and try again", path.display())]
    InUse { path: PathBuf },
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{}: {source}", path.display())]
    Sql { path: PathBuf, source: rusqlite::Error },
    #[error("{0}")]
    Refused(String),
    #[error("the project has no item '{0}'")]
    UnknownItem(ItemId),
    #[error("the text of item '{0}' has changed since it was shown; look at it again before you decide")]
    StaleText(ItemId),
    #[error("the project has no data root named '{name}'; it has: {known}")]
    UnknownRoot { name: String, known: String },
    #[error("{what} is not kept: no settings folder on this machine; set VOXAUDIT_CONFIG_DIR")]
    NoConfigDir { what: String },
}

impl ProjectError {
    /// Names what SQLite says in the user's terms.
    pub(crate) fn from_sql(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        let source = match source {
            rusqlite::Error::FromSqlConversionFailure(_, _, why) => return Self::Damaged { path, why: why.to_string() },
            other => other,
        };
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            Some(ErrorCode::ReadOnly) => Self::ReadOnly { path },
            Some(ErrorCode::DiskFull) => Self::DiskFull { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, why: source.to_string() },
            Some(ErrorCode::OperationInterrupted) => Self::NotAProject { path, why: "its schema cannot be read in reasonable time".into() },
            Some(ErrorCode::NotADatabase) => Self::NotAProject { path, why: "not an SQLite file".into() },
            _ => Self::Sql { path, source },
        }
    }

    /// For `map_err` after a call into SQLite.
    pub(crate) fn sql(path: &Path) -> impl FnOnce(rusqlite::Error) -> Self + '_ {
        move |source| Self::from_sql(path, source)
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_path_buf(), source }
    }

    pub(crate) fn damaged(path: &Path, why: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_path_buf(), why: why.into() }
    }
}
