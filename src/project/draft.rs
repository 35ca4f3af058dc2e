//! A project that is being made: a private file beside the final one, which takes the name only when it is complete.
//!
//! Until [`Draft::publish`] nothing of the name exists, so another program never sees, opens or loses a half-made project; a program that
//! is killed leaves only the private file. The name is never taken from a file that appeared meanwhile.

use super::guard::Guard;
use super::{Project, ProjectError, schema};
use crate::formats::held;
use crate::formats::leftovers::{self, Claim, Leftover, Owner};
use rusqlite::Connection;
use std::path::{Path, PathBuf};

pub(super) struct Draft {
    pub project: Project,
    /// Taken away when the draft is dropped. `None` in memory.
    file: Option<PrivateFile>,
    /// What was done about drafts that killed programs left, for the user.
    pub notes: Vec<String>,
}

/// Removed when dropped; nobody else knows its name.
pub(super) struct PrivateFile(Claim);

impl Drop for PrivateFile {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm", "-journal"] {
            let _ = std::fs::remove_file(held::beside(self.0.path(), ending)); // what cannot be removed is only a leftover
        }
    }
}

impl Draft {
    /// An empty project for `path`.
    ///
    /// Errors when the name is taken or its folder is missing or cannot be written.
    pub fn beside(path: &Path) -> Result<Self, ProjectError> {
        Self::of_version(path, schema::MIGRATIONS)
    }

    /// One of an older version, for the rows of an older file.
    pub fn of_version(path: &Path, steps: &[&str]) -> Result<Self, ProjectError> {
        check_name(path)?;
        let notes = mend(path);
        let file = PrivateFile::beside(path)?;
        let guard = Guard::of_draft(file.path());
        let project = Connection::open(file.path()).and_then(|conn| empty(path, conn, guard, steps));
        Ok(Self { project: project.map_err(ProjectError::sql(path))?, file: Some(file), notes })
    }

    /// One that is never published, for a dry run.
    ///
    /// Errors when the name is taken or its folder is missing.
    pub fn in_memory(path: &Path) -> Result<Self, ProjectError> {
        check_name(path)?;
        let project = Connection::open_in_memory().and_then(|conn| empty(path, conn, Guard::default(), schema::MIGRATIONS));
        Ok(Self { project: project.map_err(ProjectError::sql(path))?, file: None, notes: Vec::new() })
    }

    /// Brings the file to the current version and lets go of it; it is still to be published, or goes when the answer is dropped.
    ///
    /// Errors as SQLite does.
    pub fn keep_private(self) -> Result<PrivateFile, ProjectError> {
        let Self { project, file, .. } = self;
        let Project { path, mut conn, .. } = project;
        schema::migrate(&mut conn, schema::MIGRATIONS).map_err(ProjectError::sql(&path))?;
        conn.close().map_err(|(_, e)| ProjectError::from_sql(&path, e))?;
        file.ok_or_else(|| ProjectError::Refused("a draft in memory has no file".into()))
    }

    /// Gives the finished file its name once it is on disk.
    ///
    /// Errors, with nothing left behind, when something has taken the name meanwhile.
    pub fn publish(self) -> Result<(), ProjectError> {
        let Self { project, file, .. } = self;
        let Some(file) = file else { return Ok(()) };
        let Project { path, conn, .. } = project;
        file.publish(conn, &path)
    }
}

impl PrivateFile {
    /// Beside `path`, empty.
    ///
    /// Errors when the name is taken or its folder is missing or cannot be written.
    pub fn beside(path: &Path) -> Result<Self, ProjectError> {
        check_name(path)?;
        private_file(path)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Closes `conn`, the only connection to the file in this process, and gives the file the name `path` once it is on disk.
    ///
    /// Errors, with nothing left behind, when something has taken the name meanwhile.
    pub fn publish(self, conn: Connection, path: &Path) -> Result<(), ProjectError> {
        conn.close().map_err(|(_, e)| ProjectError::from_sql(path, e))?;
        self.publish_closed(path)
    }

    /// The same for a file that nothing has open.
    pub fn publish_closed(self, path: &Path) -> Result<(), ProjectError> {
        std::fs::File::open(self.path()).and_then(|f| f.sync_all()).map_err(ProjectError::io(path))?;
        take_name(self.path(), path)?;
        sync_folder(&folder_of(path)).map_err(ProjectError::io(path))
    }
}

/// In rollback mode, so that the header with the application id is in the main file before WAL is ever used. A draft that is lost in a crash
/// is lost as a whole, so it needs no journal on disk.
fn empty(path: &Path, mut conn: Connection, guard: Guard, steps: &[&str]) -> rusqlite::Result<Project> {
    super::opening::harden(&conn)?;
    conn.pragma_update_and_check(None, "journal_mode", "memory", |_| Ok(()))?;
    conn.pragma_update(None, "synchronous", "OFF")?;
    conn.pragma_update(None, "application_id", schema::APPLICATION_ID)?;
    schema::migrate(&mut conn, steps)?;
    Ok(Project::of(path, conn, false, guard))
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

fn check_name(path: &Path) -> Result<(), ProjectError> {
    let folder = folder_of(path);
    if std::fs::symlink_metadata(path).is_ok() {
        return Err(ProjectError::Exists { path: path.to_path_buf() });
    }
    if !folder.is_dir() {
        let why = if folder.exists() { "not a folder" } else { "no such folder; make it first" };
        return Err(ProjectError::Refused(format!("{}: {why}", folder.display())));
    }
    Ok(())
}

/// Made here and now, so that two drafts of one process never share it.
fn private_file(path: &Path) -> Result<PrivateFile, ProjectError> {
    let refused = |e: std::io::Error| {
        let folder = folder_of(path);
        Err(ProjectError::Refused(format!("{}: no file can be made in this folder: {e}", folder.display())))
    };
    for claim in (0..1000).filter_map(|n| Claim::beside(path, &format!("new{n}"))) {
        match std::fs::File::create_new(claim.path()) {
            Ok(_) => return Ok(PrivateFile(claim)),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return refused(e),
        }
    }
    refused(std::io::ErrorKind::AlreadyExists.into())
}

/// Removes drafts of this project that killed programs left, and says so.
fn mend(path: &Path) -> Vec<String> {
    let draft = |l: &Leftover| l.tag.strip_prefix("new").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    let note = |l: Leftover| {
        let shown = l.path.display();
        match &l.owner {
            Owner::Running => None, // it is not left: somebody is importing
            Owner::Elsewhere(host) => Some(format!("{shown}: of an import on {host}; left alone")),
            Owner::Gone => Some(match std::fs::remove_file(&l.path) {
                Ok(()) => format!("{shown}: left by a first import that was killed; removed"),
                Err(e) => format!("{shown}: left by a first import that was killed, and not removed: {e}"),
            }),
        }
    };
    leftovers::beside(path).into_iter().filter(draft).filter_map(note).collect()
}

/// A link never replaces; where there are no links the name is reserved first.
fn take_name(made: &Path, path: &Path) -> Result<(), ProjectError> {
    let taken = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::AlreadyExists => ProjectError::Exists { path: path.to_path_buf() },
        _ => ProjectError::Io { path: path.to_path_buf(), source: e },
    };
    match std::fs::hard_link(made, path) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => {
            std::fs::File::create_new(path).map_err(taken)?;
            std::fs::rename(made, path).map_err(taken)
        }
        other => other.map_err(taken),
    }
}

/// Windows has no such thing.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { std::fs::File::open(folder).and_then(|f| f.sync_all()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_was_taken_meanwhile_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.voxaudit");
        let (one, two) = (Draft::beside(&path).unwrap(), Draft::beside(&path).unwrap());
        assert!(!path.exists());
        one.publish().unwrap();
        let uuid = Project::open(&path).unwrap().uuid().unwrap();
        assert!(two.publish().unwrap_err().to_string().contains("already exists"));
        assert_eq!(Project::open(&path).unwrap().uuid().unwrap(), uuid);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no private file is left");
    }

    #[test]
    fn the_folder_is_named_when_it_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("no/such/p.voxaudit");
        for made in [Draft::beside(&missing), Draft::in_memory(&missing)] {
            let text = made.err().unwrap().to_string();
            assert!(text.contains("no/such: no such folder") && !text.contains("new0"), "{text}");
        }
    }
}
