//! Rescue: every row that can still be read of a damaged project goes into a new file, and what was lost is said.
//!
//! The damaged file and its `-wal` are only read. Tables are copied row by row; where a page cannot be read, the next row after it is
//! searched for. Nothing is made up: a row that refers to a lost one is copied as it is, and `verify` of the new file names it.

use super::draft::Draft;
use super::{ProjectError, objects, opening, schema, search};
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Rows of one table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rows {
    pub copied: u64,
    /// At least as many are missing; numbers of rows, indexes and counters tell.
    pub lost: u64,
}

/// Serialises as `"rescue"` in `verify --rescue --json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RescueReport {
    pub tables: BTreeMap<String, Rows>,
    /// Pages that SQLite names when it looks for damage.
    pub damaged_pages: usize,
    /// Decisions that only the main file without its `-wal` holds: it is another state of the project.
    pub events_of_main_file: u64,
    /// What could not be read at all.
    pub problems: Vec<String>,
}

impl RescueReport {
    pub fn lost(&self) -> u64 {
        self.tables.values().map(|rows| rows.lost).sum()
    }

    /// A line for every table that lacks something, and for what could not be read.
    pub fn lost_lines(&self) -> Vec<String> {
        let missing = self.tables.iter().filter(|(_, rows)| rows.lost > 0);
        let line = |(name, rows): (&String, &Rows)| format!("{name}: {} rows copied, at least {} lost", rows.copied, rows.lost);
        missing.map(line).chain(self.problems.iter().cloned()).collect()
    }
}

/// Rows have numbers from 1 on; no project comes near this one.
const LAST_ROW: i64 = 1 << 40;
/// Damage that leaves more holes is not worth going on.
const MOST_HOLES: usize = 10_000;

/// Copies every row of the project at `from` that can be read into the new project `to`.
///
/// Errors when not even the list of tables can be read, or when `to` exists or cannot be written.
pub fn rescue(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<RescueReport, ProjectError> {
    let (from, to) = (from.as_ref(), to.as_ref());
    match std::fs::metadata(from) {
        Err(_) => return Err(ProjectError::NotFound { path: from.to_path_buf() }),
        // SQLite takes away the WAL of an empty file: what is there is to stay.
        Ok(meta) if meta.len() == 0 => return Err(ProjectError::NotAProject { path: from.to_path_buf(), why: "it is empty".into() }),
        Ok(_) => {}
    }
    let _held = super::guard::hold(from);
    let mut sources: Vec<(Connection, usize)> = Vec::new();
    let mut why = None;
    for opened in [opening::plain(from), opening::immutable(from)] {
        match opened.and_then(|conn| Ok((version_of(&conn).map_err(ProjectError::sql(from))?, conn))) {
            Ok((version, conn)) => sources.push((conn, version)),
            Err(e) => why = Some(e),
        }
    }
    let Some(version) = sources.first().map(|s| s.1) else {
        return Err(why.unwrap_or_else(|| ProjectError::damaged(from, "nothing can be read")));
    };
    let mut draft = Draft::of_version(to, &schema::MIGRATIONS[..version])?;
    let into = &mut draft.project.conn;
    let mut report = into_version(&sources[0].0, into, version).map_err(ProjectError::sql(to))?;
    if let Some((alone, _)) = sources.get(1).filter(|s| s.1 == version) {
        report.events_of_main_file = other_events(alone, into);
    }
    draft.keep_private()?.publish_closed(to)?;
    Ok(report)
}

/// The same from an open connection of the current version into an empty project.
pub(super) fn rows_of(from: &Connection, into: &mut Connection) -> rusqlite::Result<RescueReport> {
    into_version(from, into, schema::MIGRATIONS.len())
}

/// Errors, in SQLite's terms, when the header is none of a version that is known.
fn version_of(conn: &Connection) -> rusqlite::Result<usize> {
    let found = usize::try_from(schema::version(conn)?).unwrap_or(0);
    let known = 1..=schema::MIGRATIONS.len();
    // What a damaged schema still lists is read; nothing is written through this connection.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)?;
    conn.pragma_update(None, "writable_schema", true)?;
    conn.query_row("SELECT name FROM sqlite_schema LIMIT 1", [], |_| Ok(()))?;
    if known.contains(&found) { Ok(found) } else { Err(rusqlite::Error::InvalidQuery) }
}

fn into_version(from: &Connection, into: &mut Connection, version: usize) -> rusqlite::Result<RescueReport> {
    let mut report = RescueReport { damaged_pages: damaged_pages(from), ..RescueReport::default() };
    into.pragma_update(None, "foreign_keys", false)?;
    let tx = into.transaction()?;
    for table in objects::tables(version)? {
        if !objects::is_ours(from, version, &table).unwrap_or(false) {
            report.problems.push(format!("the table '{table}' is missing or not as voxaudit makes it; its rows are not copied"));
            continue;
        }
        if table != "project" {
            tx.execute(&format!("DELETE FROM {table}"), [])?; // what the making of a new file put there
        }
        let copied = Table::new(&tx, &table)?.copy(from, &tx)?;
        report.tables.insert(table, copied);
    }
    counters(from, &tx);
    search_text(&tx)?;
    tx.commit()?;
    Ok(report)
}

/// Numbers of the pages that the check of the whole file names.
fn damaged_pages(conn: &Connection) -> usize {
    let read = || -> rusqlite::Result<Vec<String>> {
        conn.prepare("PRAGMA integrity_check(10000)")?.query_map([], |r| r.get::<_, String>(0))?.collect()
    };
    let numbers = |line: &String| -> Vec<u64> {
        let words: Vec<&str> = line.split(|c: char| !c.is_ascii_alphanumeric()).collect();
        words.windows(2).filter(|w| w[0].eq_ignore_ascii_case("page")).filter_map(|w| w[1].parse().ok()).collect()
    };
    read().map_or(1, |lines| lines.iter().flat_map(numbers).collect::<BTreeSet<_>>().len())
}

/// A table of ours, and how its rows are read and written.
struct Table {
    name: String,
    columns: String,
    /// Columns of the key of a table without row numbers.
    key: Option<String>,
    insert: String,
}

impl Table {
    fn new(into: &Connection, name: &str) -> rusqlite::Result<Self> {
        let mut select = into.prepare("SELECT name, pk FROM pragma_table_info(?1) ORDER BY cid")?;
        let all: Vec<(String, i64)> = select.query_map([name], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
        let columns: Vec<&str> = all.iter().map(|c| c.0.as_str()).collect();
        let sql: String = into.query_row("SELECT sql FROM sqlite_schema WHERE name = ?1", [name], |r| r.get(0))?;
        let mut key: Vec<&(String, i64)> = all.iter().filter(|c| c.1 > 0).collect();
        key.sort_by_key(|c| c.1);
        let key = key.iter().map(|c| c.0.as_str()).collect::<Vec<_>>();
        let places = vec!["?"; columns.len()].join(", ");
        // The new file's own identity gives way to that of the old one.
        let or = if name == "project" { "REPLACE" } else { "IGNORE" };
        let insert = format!("INSERT OR {or} INTO {name} ({}) VALUES ({places})", columns.join(", "));
        Ok(Self { name: name.to_owned(), columns: columns.join(", "), key: sql.contains("WITHOUT ROWID").then(|| key.join(", ")), insert })
    }

    fn copy(&self, from: &Connection, into: &Connection) -> rusqlite::Result<Rows> {
        let (copied, whole) = match &self.key {
            Some(key) => self.by_key(from, into, key)?,
            None => self.by_number(from, into)?,
        };
        let expected = if whole { copied } else { self.expected(from).max(copied + 1) };
        Ok(Rows { copied, lost: expected - copied })
    }

    /// From the front until a row cannot be read, then from the back.
    fn by_key(&self, from: &Connection, into: &Connection, key: &str) -> rusqlite::Result<(u64, bool)> {
        let order = |direction: &str| key.split(", ").map(|k| format!("{k} {direction}")).collect::<Vec<_>>().join(", ");
        let select = |direction| format!("SELECT {} FROM {} ORDER BY {}", self.columns, self.name, order(direction));
        let (mut copied, whole) = self.take(from, into, &select("ASC"), None)?;
        if !whole {
            copied += self.take(from, into, &select("DESC"), None)?.0;
        }
        Ok((copied, whole))
    }

    fn by_number(&self, from: &Connection, into: &Connection) -> rusqlite::Result<(u64, bool)> {
        let select = format!("SELECT {}, rowid FROM {} WHERE rowid >= ?1 ORDER BY rowid", self.columns, self.name);
        let (mut copied, mut next) = (0, 0);
        for hole in 0..MOST_HOLES {
            let mut last = next - 1;
            let (n, whole) = self.take(from, into, &select, Some((next, &mut last)))?;
            copied += n;
            if whole {
                return Ok((copied, hole == 0));
            }
            match self.readable_after(from, last + 1) {
                Some(row) => next = row,
                None => break,
            }
        }
        Ok((copied, false))
    }

    /// Copies rows until the end or the first that cannot be read: how many were new, and whether it was the end. `at`: the number to begin
    /// with, and where the number of the last row is left.
    fn take(&self, from: &Connection, into: &Connection, select: &str, at: Option<(i64, &mut i64)>) -> rusqlite::Result<(u64, bool)> {
        let mut insert = into.prepare_cached(&self.insert)?;
        let Ok(mut select) = from.prepare(select) else { return Ok((0, false)) };
        let width = select.column_count() - usize::from(at.is_some());
        let (first, mut last) = at.map_or((None, None), |(first, last)| (Some(first), Some(last)));
        let Ok(mut rows) = select.query(params_from_iter(first)) else { return Ok((0, false)) };
        let mut copied = 0;
        loop {
            match rows.next() {
                Ok(None) => return Ok((copied, true)),
                Err(_) => return Ok((copied, false)),
                Ok(Some(row)) => {
                    let values = (0..width).map(|n| row.get::<_, Value>(n)).collect::<rusqlite::Result<Vec<_>>>();
                    let Ok(values) = values else { return Ok((copied, false)) };
                    copied += insert.execute(params_from_iter(&values)).unwrap_or(0) as u64; // what our tables do not take is lost
                    if let (Some(last), Ok(number)) = (last.as_deref_mut(), row.get(width)) {
                        *last = number;
                    }
                }
            }
        }
    }

    /// The first number from `from` on at which a row can be read, looking further and further and then back.
    fn readable_after(&self, conn: &Connection, from: i64) -> Option<i64> {
        let (mut low, mut step) = (from, 1);
        let mut high = loop {
            let at = from.saturating_add(step);
            match self.probe(conn, at) {
                Probe::Row => break at,
                Probe::End => break self.back(conn, low, at)?,
                Probe::Damaged if at > LAST_ROW => return None,
                Probe::Damaged => (low, step) = (at, step * 2),
            }
        };
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match self.probe(conn, middle) {
                Probe::Row => high = middle,
                _ => low = middle,
            }
        }
        Some(high)
    }

    /// Between damage at `low` and the end at `high`, a number at which a row can be read.
    fn back(&self, conn: &Connection, mut low: i64, mut high: i64) -> Option<i64> {
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match self.probe(conn, middle) {
                Probe::Row => return Some(middle),
                Probe::End => high = middle,
                Probe::Damaged => low = middle,
            }
        }
        None
    }

    fn probe(&self, conn: &Connection, at: i64) -> Probe {
        let select = format!("SELECT {} FROM {} WHERE rowid >= ?1 ORDER BY rowid LIMIT 1", self.columns, self.name);
        let width = self.columns.split(", ").count();
        let whole = |r: &rusqlite::Row<'_>| (0..width).try_for_each(|n| r.get::<_, Value>(n).map(drop));
        match conn.prepare_cached(&select).and_then(|mut s| s.query_row([at], whole).optional()) {
            Ok(Some(())) => Probe::Row,
            Ok(None) => Probe::End,
            Err(_) => Probe::Damaged,
        }
    }

    /// How many rows there were, as far as counters and indexes tell.
    fn expected(&self, from: &Connection) -> u64 {
        let number = |sql: &str| from.query_row(sql, [], |r| r.get::<_, Option<i64>>(0)).ok().flatten().map_or(0, i64::unsigned_abs);
        let indexes = || -> rusqlite::Result<Vec<String>> {
            from.prepare("SELECT name FROM pragma_index_list(?1) WHERE partial = 0")?.query_map([&self.name], |r| r.get(0))?.collect()
        };
        let counted =
            indexes().unwrap_or_default().into_iter().map(|i| number(&format!("SELECT count(*) FROM {} INDEXED BY {i}", self.name)));
        let ever = number(&format!("SELECT seq FROM sqlite_sequence WHERE name = '{}'", self.name));
        let last = if self.key.is_none() { number(&format!("SELECT rowid FROM {} ORDER BY rowid DESC LIMIT 1", self.name)) } else { 0 };
        counted.max().unwrap_or(0).max(ever).max(last)
    }
}

enum Probe {
    Row,
    End,
    Damaged,
}

/// What tells how many events were ever written stays, so that `verify` finds what is missing at the end.
fn counters(from: &Connection, into: &Connection) {
    let read = || -> rusqlite::Result<Vec<(String, i64)>> {
        from.prepare("SELECT name, seq FROM sqlite_sequence")?.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect()
    };
    for (name, seq) in read().unwrap_or_default() {
        // A counter that cannot be read or kept only makes a later check less sharp.
        let _ = into.execute("UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1", rusqlite::params![name, seq]);
    }
}

/// The index of search is made anew.
fn search_text(into: &Connection) -> rusqlite::Result<()> {
    into.execute_batch(
        "INSERT INTO items_fts (rowid, question, answer) SELECT id, question, answer FROM items;
         INSERT INTO cases_fts (rowid, case_id, report) SELECT c.id, c.case_id, coalesce(r.findings || ' ' || r.impression, '')
             FROM cases c LEFT JOIN reports r ON r.case_ref = c.id;",
    )?;
    search::renew_seal(into)
}

/// Decisions of the main file alone that the file with its `-wal` does not hold, after the others. Returns how many.
fn other_events(alone: &Connection, into: &Connection) -> u64 {
    let Ok(table) = Table::new(into, "events") else { return 0 };
    let columns = table.columns.split(", ").filter(|c| *c != "seq").collect::<Vec<_>>();
    let select = format!("SELECT {} FROM events ORDER BY seq", columns.join(", "));
    let insert = format!("INSERT OR IGNORE INTO events ({}) VALUES ({})", columns.join(", "), vec!["?"; columns.len()].join(", "));
    let Some(hash) = columns.iter().position(|c| *c == "hash") else { return 0 };
    let Ok(mut select) = alone.prepare(&select) else { return 0 };
    let Ok(mut rows) = select.query([]) else { return 0 };
    let mut copied = 0;
    while let Ok(Some(row)) = rows.next() {
        let values = (0..columns.len()).map(|n| row.get::<_, Value>(n)).collect::<rusqlite::Result<Vec<_>>>();
        let Ok(values) = values else { break };
        // A row that is refused would still use up a number.
        let known = || into.query_row("SELECT count(*) FROM events WHERE hash = ?1", [&values[hash]], |r| r.get::<_, i64>(0));
        if known().is_ok_and(|n| n > 0) {
            continue;
        }
        copied += into.execute(&insert, params_from_iter(&values)).unwrap_or(0) as u64;
    }
    copied
}
