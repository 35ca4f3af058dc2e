//! The file under us: is what this connection has open still what the path names, and is all of it there?
//!
//! Another program may rename another file over a project, delete it or its `-wal`, cut them short, or write an older copy into them. SQLite
//! then goes on with files that no path leads to, or with a mixture. Nothing is acknowledged before an [`Anchor`] has looked. It looks at
//! names, sizes and times only and never opens a file beside SQLite.

use super::{ProjectError, opening};
use crate::formats::held::{self, FileId};
use rusqlite::{Connection, ErrorCode, OptionalExtension};
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file up to this size is checked as a whole when it was written by somebody else, a larger one only where decisions are.
const SMALL: u64 = 64 << 20;
/// What holds decisions.
const OF_DECISIONS: [&str; 4] = ["events", "heads", "tips", "project"];
/// Bytes of a WAL before its frames, and of a frame before its page.
const WAL_HEADER: u64 = 32;
const FRAME_HEADER: u64 = 24;

/// What a connection had open when it was opened, and what was there at the last look.
#[derive(Debug)]
pub(super) struct Anchor {
    /// As the user names it.
    given: PathBuf,
    /// With links followed: beside this SQLite keeps the `-wal`.
    real: PathBuf,
    main: FileId,
    /// `None` in rollback mode.
    wal: Option<FileId>,
    page: u64,
    seen: Seen,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    length: u64,
    of_wal: u64,
    modified: Option<SystemTime>,
    frames: Frames,
    /// Counts what other connections commit.
    version: i64,
    last: Option<(i64, [u8; 32])>,
}

/// Of the WAL: how many there are, and how many of them are in the main file too. -1 without a WAL.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Frames {
    all: i64,
    moved: i64,
}

impl Frames {
    fn of(conn: &Connection) -> rusqlite::Result<Self> {
        let mut ask = conn.prepare_cached("PRAGMA wal_checkpoint(NOOP)")?;
        match ask.query_row([], |r| Ok(Self { all: r.get(1)?, moved: r.get(2)? })) {
            Err(e) if e.sqlite_error_code() == Some(ErrorCode::ReadOnly) => Ok(Self { all: -1, moved: -1 }),
            other => other,
        }
    }

    /// Pages went from the WAL to the main file since `before`.
    fn moved_since(self, before: Self) -> bool {
        self.moved > before.moved || self.all < before.all
    }
}

/// The last event of the log.
fn last_event(conn: &Connection) -> rusqlite::Result<Option<(i64, [u8; 32])>> {
    let mut select = conn.prepare_cached("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1")?;
    select.query_row([], |r| Ok((r.get(0)?, r.get(1)?))).optional()
}

/// What SQLite itself says of the file that it has open.
#[cfg(unix)]
fn has_moved(conn: &Connection) -> bool {
    let mut moved = 0;
    conn.file_control(Some(rusqlite::MAIN_DB), rusqlite::FileControl::HasMoved(&mut moved)).is_ok() && moved != 0
}

/// Other systems do not let go of the name of a file that is open.
#[cfg(not(unix))]
fn has_moved(_conn: &Connection) -> bool {
    false
}

/// Less of the file is on disk than its length says: it was cut short and then written behind the gap. A file system that packs files says
/// so too, of whole ones.
#[cfg(unix)]
fn has_hole(file: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.blocks() * 512 + FRAME_HEADER < file.len()
}

#[cfg(not(unix))]
fn has_hole(_file: &Metadata) -> bool {
    false
}

fn length(file: Option<&Metadata>) -> u64 {
    file.map_or(0, Metadata::len)
}

fn version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached("PRAGMA data_version")?.query_row([], |r| r.get(0))
}

fn has_event(conn: &Connection, event: (i64, [u8; 32])) -> rusqlite::Result<bool> {
    let mut select = conn.prepare_cached("SELECT hash FROM events WHERE seq = ?1")?;
    let found: Option<[u8; 32]> = select.query_row([event.0], |r| r.get(0)).optional()?;
    Ok(found == Some(event.1))
}

/// Why nothing more is safe, in words that go after the file's name.
type Fate = Option<String>;

fn fate(what: impl Into<String>) -> Fate {
    Some(what.into())
}

impl Anchor {
    /// Of a connection that has read from its file.
    pub fn drop(conn: &Connection, given: &Path) -> Result<Self, ProjectError> {
        let io = ProjectError::io;
        let real = given.canonicalize().map_err(io(given))?;
        let meta = std::fs::metadata(&real).map_err(io(given))?;
        let wal = std::fs::metadata(held::beside(&real, "-wal")).ok();
        let main = FileId::of(&meta);
        let frames = Frames::of(conn).map_err(ProjectError::sql(given))?;
        let last = last_event(conn).map_err(ProjectError::sql(given))?;
        let wal = wal.filter(|_| frames.all >= 0);
        let version = version(conn).map_err(ProjectError::sql(given))?;
        let seen = Seen { length: meta.len(), of_wal: length(wal.as_ref()), modified: meta.modified().ok(), frames, version, last };
        let page = conn.pragma_query_value(None, "page_size", |r| r.get::<_, i64>(0)).map_err(ProjectError::sql(given))?;
        Ok(Self { given: given.to_path_buf(), real, main, wal: wal.as_ref().map(FileId::of), page: page.unsigned_abs(), seen })
    }

    /// Looks. `wrote`: this connection has committed something since the last look.
    ///
    /// Errors with [`ProjectError::Lost`] when what was written is not safe in the file that the path names.
    pub fn look(&mut self, conn: &Connection, wrote: bool) -> Result<(), ProjectError> {
        let found = match self.fate(conn, wrote) {
            Ok(found) => found,
            Err(e) if matches!(e.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)) => None,
            Err(e) => fate(format!("cannot be read any more ({e})")),
        };
        found.map_or(Ok(()), |what| Err(ProjectError::Lost { path: self.given.clone(), what }))
    }

    /// Before a write, for little time: whether the names still lead to the files, and a whole look when somebody wrote to one.
    pub fn glance(&mut self, conn: &Connection) -> Result<(), ProjectError> {
        match self.named(conn).and_then(|meta| Ok((meta, self.wal_meta()?))) {
            Err(fate) => fate.map_or(Ok(()), |what| Err(ProjectError::Lost { path: self.given.clone(), what })),
            Ok((meta, wal)) => {
                let same = meta.modified().ok() == self.seen.modified && meta.len() >= self.seen.length;
                if same && length(wal.as_ref()) >= self.seen.of_wal { Ok(()) } else { self.look(conn, false) }
            }
        }
    }

    fn fate(&mut self, conn: &Connection, wrote: bool) -> rusqlite::Result<Fate> {
        let meta = match self.named(conn) {
            Ok(meta) => meta,
            Err(fate) => return Ok(fate),
        };
        let wal = match self.wal_meta() {
            Ok(wal) => wal,
            Err(fate) => return Ok(fate),
        };
        let frames = Frames::of(conn)?;
        if frames.all > 0
            && let Some(wal) = &wal
            && wal.len() < WAL_HEADER + frames.all.unsigned_abs() * (FRAME_HEADER + self.page)
        {
            return Ok(fate("had its -wal cut short"));
        }
        if meta.len() == 0 {
            return Ok(fate("was emptied")); // and no connection is opened to it: SQLite would take its WAL away
        }
        if meta.len() < self.seen.length {
            let pages: u64 = conn.pragma_query_value(None, "page_count", |r| r.get::<_, i64>(0))?.unsigned_abs();
            if meta.len() < pages * self.page && frames.all <= frames.moved {
                return Ok(fate("was cut short"));
            }
        }
        if let Some(last) = self.seen.last
            && !has_event(conn, last)?
        {
            return Ok(fate("no longer holds what was written to it (an older copy was put in its place?)"));
        }
        let version = version(conn)?;
        let rollback = frames.all < 0;
        let explained = frames.moved_since(self.seen.frames) || (rollback && (wrote || version != self.seen.version));
        let changed = meta.modified().ok() != self.seen.modified || meta.len() < self.seen.length;
        if ((changed && !explained) || wal.as_ref().is_some_and(has_hole))
            && let Some(what) = self.scrutinise(meta.len())
        {
            return Ok(Some(what));
        }
        let last = last_event(conn)?;
        let of_wal = length(wal.as_ref());
        self.seen = Seen { length: meta.len(), of_wal, modified: meta.modified().ok(), frames, version, last };
        Ok(None)
    }

    /// The main file, when the path still names it.
    fn named(&self, conn: &Connection) -> Result<Metadata, Fate> {
        let named = |path: &Path| match std::fs::metadata(path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(fate("was deleted or moved away")),
            Err(e) => Err(fate(format!("cannot be reached any more ({e})"))),
            Ok(meta) if FileId::of(&meta) != self.main => Err(fate("was replaced by another file")),
            Ok(meta) => Ok(meta),
        };
        named(&self.given)?;
        let meta = named(&self.real)?;
        if has_moved(conn) { Err(fate("was replaced by another file")) } else { Ok(meta) }
    }

    fn wal_meta(&self) -> Result<Option<Metadata>, Fate> {
        let Some(id) = self.wal else { return Ok(None) };
        match std::fs::metadata(held::beside(&self.real, "-wal")) {
            Ok(meta) if FileId::of(&meta) == id => Ok(Some(meta)),
            Ok(_) => Err(fate("had its -wal replaced by another file")),
            Err(_) => Err(fate("had its -wal deleted")),
        }
    }

    /// Somebody wrote to the main file, and not as SQLite does: a connection that remembers nothing looks at what is there.
    fn scrutinise(&self, length: u64) -> Fate {
        let look = || -> Result<bool, ProjectError> {
            let fresh = opening::plain(&self.real)?;
            super::objects::check(&fresh, &self.given)?;
            let sql = ProjectError::sql;
            let whole = |what: Option<&str>| {
                let ask = what.map_or_else(|| "PRAGMA integrity_check(1)".to_owned(), |t| format!("PRAGMA integrity_check({t})"));
                fresh.query_row(&ask, [], |r| r.get::<_, String>(0)).map(|said| said == "ok").map_err(sql(&self.given))
            };
            let mut good = self.seen.last.map_or(Ok(true), |last| has_event(&fresh, last).map_err(sql(&self.given)))?;
            if length <= SMALL {
                good &= whole(None)?;
            } else {
                for table in OF_DECISIONS {
                    good &= whole(Some(table))?;
                }
            }
            Ok(good)
        };
        match look() {
            Ok(true) | Err(ProjectError::Busy { .. }) => None,
            Ok(false) | Err(_) if length < self.seen.length => fate("was cut short, or written over with an older copy,"),
            Ok(false) | Err(_) => fate("was written over (an older copy was put in its place?)"),
        }
    }
}
