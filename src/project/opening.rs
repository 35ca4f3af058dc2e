//! Opening a file: what is looked at before anything is believed, and in which order.
//!
//! Nothing but SQLite opens a project. A first connection, which takes no locks and follows no log (`immutable=1`), reads the header: magic,
//! application id, version. The real one then runs no view and no trigger, trusts no schema, and compares the file's objects with ours
//! before it reads anything else; a file that would keep it busy for ever is given up.

use super::guard::hold;
use super::{FileSystem, ProjectError, objects, schema};
use crate::formats::held::Held;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a write waits for another program's write before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Steps of SQLite's machine between two looks at whether to give up, and how many such looks the schema of a file is worth. Ours takes one.
const STEPS: i32 = 10_000;
const MOST_LOOKS: u32 = 1_000;
/// Pages that a copy takes at a time.
const PAGES: i32 = 2_048;

/// A connection whose schema was compared.
pub(super) struct Opened {
    pub conn: Connection,
    pub read_only: bool,
    /// State of the schema, as [`objects::check`] gave it.
    pub schema: i64,
    pub held: Option<Held>,
}

/// Refuses what is not ours: by what kind of file it is, then by its header.
pub(super) fn look(path: &Path) -> Result<(), ProjectError> {
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
    match meta.len() {
        0 => return refuse("it is empty"),
        1..512 => return refuse("cut off, or not an SQLite file"),
        _ => {}
    }
    let header = immutable(path)?;
    let number = |name| header.pragma_query_value(None, name, |r| r.get::<_, i64>(0)).map_err(ProjectError::sql(path));
    if number("application_id")? != i64::from(schema::APPLICATION_ID) {
        return refuse("an SQLite file of another program");
    }
    match (number("user_version")?, schema::current()) {
        (found, known) if found > known => Err(ProjectError::Newer { path: path.to_path_buf(), found, known }),
        _ => Ok(()),
    }
}

/// The real connection, ready to read and, unless `read_only` or the file says otherwise, to write.
pub(super) fn connect(path: &Path, read_only: bool, place: FileSystem) -> Result<Opened, ProjectError> {
    let held = hold(path);
    if read_only && place == FileSystem::Network {
        make_ready(path)?;
    }
    let (conn, schema, immutable) = match first_read(path, read_only, place) {
        Ok((conn, schema)) => (conn, schema, false),
        // A WAL file in a folder that cannot be written: SQLite cannot make its shared memory there.
        Err(ProjectError::Sql { .. } | ProjectError::ReadOnly { .. }) if no_wal(path) => {
            let (conn, schema) = compared(immutable(path)?, path)?;
            (conn, schema, true)
        }
        Err(ProjectError::Sql { source, .. }) if source.sqlite_error_code() == Some(ErrorCode::CannotOpen) => {
            return Err(ProjectError::WalInReadOnlyFolder { path: path.to_path_buf() });
        }
        Err(e) => return Err(e),
    };
    let read_only = read_only || immutable || conn.is_readonly(rusqlite::MAIN_DB).map_err(ProjectError::sql(path))?;
    if !read_only {
        journal(&conn, path, place)?;
    } else if !immutable && place == FileSystem::Network {
        normal_locks(&conn).map_err(ProjectError::sql(path))?;
    }
    Ok(Opened { conn, read_only, schema, held })
}

fn first_read(path: &Path, read_only: bool, place: FileSystem) -> Result<(Connection, i64), ProjectError> {
    let access = if read_only { OpenFlags::SQLITE_OPEN_READ_ONLY } else { OpenFlags::SQLITE_OPEN_READ_WRITE };
    let conn = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(ProjectError::sql(path))?;
    if place == FileSystem::Network {
        // Before the first read: a WAL is then kept without shared memory until it is turned into a rollback journal.
        conn.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(())).map_err(ProjectError::sql(path))?;
    }
    match compared(conn, path) {
        Err(ProjectError::Busy { path }) if place == FileSystem::Network => Err(ProjectError::InUse { path }),
        other => other,
    }
}

/// Turns a WAL file on a network file system into one with a rollback journal, where that is allowed, before it is opened to read.
fn make_ready(path: &Path) -> Result<(), ProjectError> {
    match first_read(path, false, FileSystem::Network) {
        Ok((conn, _)) if !conn.is_readonly(rusqlite::MAIN_DB).map_err(ProjectError::sql(path))? => {
            journal(&conn, path, FileSystem::Network)
        }
        Ok(_) | Err(ProjectError::Sql { .. } | ProjectError::ReadOnly { .. }) => Ok(()), // it may only be read, and is in rollback mode or cannot be opened
        Err(e) => Err(e),
    }
}

/// A connection that only reads, with nothing compared: for a look at a file beside the connection that is in use.
pub(super) fn plain(path: &Path) -> Result<Connection, ProjectError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(ProjectError::sql(path))?;
    harden(&conn).map_err(ProjectError::sql(path))?;
    Ok(conn)
}

/// Compares the schema within bounds.
fn compared(mut conn: Connection, path: &Path) -> Result<(Connection, i64), ProjectError> {
    harden(&conn).map_err(ProjectError::sql(path))?;
    let mut looks = 0;
    let give_up = move || {
        looks += 1;
        looks > MOST_LOOKS
    };
    conn.progress_handler(STEPS, Some(give_up)).map_err(ProjectError::sql(path))?;
    let schema = objects::check(&conn, path)?;
    conn.progress_handler(0, None::<fn() -> bool>).map_err(ProjectError::sql(path))?;
    Ok((conn, schema))
}

/// Before the first read: nothing that a file brings along is run. Our own triggers guard against other programs, not against this one.
pub(super) fn harden(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// WAL on a file system of this machine, a rollback journal on others.
fn journal(conn: &Connection, path: &Path, place: FileSystem) -> Result<(), ProjectError> {
    let set =
        |mode: &str| conn.pragma_update_and_check(None, "journal_mode", mode, |r| r.get::<_, String>(0)).map_err(ProjectError::sql(path));
    if place == FileSystem::Local {
        set("wal")?; // a file system without shared memory stays in rollback mode, which is as safe and slower
        return conn.pragma_update(None, "synchronous", "FULL").map_err(ProjectError::sql(path));
    }
    match set("delete") {
        Ok(mode) if mode == "delete" => {}
        Ok(_) | Err(ProjectError::Busy { .. }) => return Err(ProjectError::InUse { path: path.to_path_buf() }),
        Err(e) => return Err(e),
    }
    conn.pragma_update(None, "synchronous", "EXTRA").map_err(ProjectError::sql(path))?;
    normal_locks(conn).map_err(ProjectError::sql(path))
}

/// The next read lets go of the lock that the first one took.
fn normal_locks(conn: &Connection) -> rusqlite::Result<()> {
    conn.pragma_update_and_check(None, "locking_mode", "NORMAL", |_| Ok(()))?;
    schema::version(conn)?;
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

fn no_wal(path: &Path) -> bool {
    std::fs::metadata(crate::formats::held::beside(path, "-wal")).map_or(true, |m| m.len() == 0)
}

/// The main file alone, as it is, without locks.
pub(super) fn immutable(path: &Path) -> Result<Connection, ProjectError> {
    let full = std::path::absolute(path).map_err(ProjectError::io(path))?;
    let escaped: String = full.to_string_lossy().replace('\\', "/").replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let slash = if escaped.starts_with('/') { "" } else { "/" };
    let uri = format!("file://{slash}{escaped}?mode=ro&immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(uri, flags).map_err(ProjectError::sql(path))?;
    harden(&conn).map_err(ProjectError::sql(path))?;
    Ok(conn)
}

/// Copies every page of `from`, as one state of it.
///
/// Errors as SQLite does, also when others write without a pause.
pub(super) fn copy_pages(from: &Connection, to: &mut Connection) -> rusqlite::Result<()> {
    let backup = Backup::new(from, to)?;
    let start = Instant::now();
    loop {
        match backup.step(PAGES)? {
            StepResult::Done => return Ok(()),
            StepResult::Busy | StepResult::Locked if start.elapsed() < BUSY_TIMEOUT => std::thread::sleep(Duration::from_millis(20)),
            StepResult::Busy | StepResult::Locked => {
                return Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY), None));
            }
            _ => {}
        }
    }
}

/// An older file that may not be changed, brought forward in a copy that nobody else sees and that goes with the connection.
pub(super) fn private_copy(from: &Connection, path: &Path) -> Result<Connection, ProjectError> {
    let copy = || -> rusqlite::Result<Connection> {
        let mut copy = Connection::open("")?;
        copy_pages(from, &mut copy)?;
        harden(&copy)?;
        schema::migrate(&mut copy, schema::MIGRATIONS)?;
        Ok(copy)
    };
    copy().map_err(ProjectError::sql(path))
}
