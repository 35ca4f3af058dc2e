//! What is opened is what we made: a file's tables, indexes, triggers and views must be those that the migrations up to its version make,
//! to the letter. A trigger, a view in a table's place or a generated column of a stranger could turn one decision into another.
//!
//! What the tables hold is not looked at here; `verify` does that.

use super::{ProjectError, schema};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

/// One row of `sqlite_schema`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Object {
    kind: String,
    table: String,
    /// Absent for the indexes that SQLite makes for `UNIQUE`.
    sql: Option<String>,
}

type Objects = BTreeMap<String, Object>;

/// No file of ours has as many objects.
const MOST_OBJECTS: usize = 1000;
/// What `ANALYZE` leaves in a file, by any program.
const OF_ANALYZE: [&str; 3] = [
    "CREATE TABLE sqlite_stat1(tbl,idx,stat)",
    "CREATE TABLE sqlite_stat3(tbl,idx,neq,nlt,ndlt,sample)",
    "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)",
];
/// Of what is foreign, as many are named.
const MOST_NAMED: usize = 5;

/// What the migrations up to `version` make, worked out once per process.
fn expected(version: usize) -> rusqlite::Result<&'static Objects> {
    static KNOWN: [OnceLock<Objects>; schema::MIGRATIONS.len()] = [const { OnceLock::new() }; schema::MIGRATIONS.len()];
    let place = &KNOWN[version - 1];
    if let Some(known) = place.get() {
        return Ok(known);
    }
    let mut fresh = Connection::open_in_memory()?;
    schema::migrate(&mut fresh, &schema::MIGRATIONS[..version])?;
    let made = read(&fresh)?.into_iter().collect();
    Ok(place.get_or_init(|| made))
}

fn read(conn: &Connection) -> rusqlite::Result<Vec<(String, Object)>> {
    let mut select = conn.prepare("SELECT name, type, tbl_name, sql FROM sqlite_schema LIMIT ?1")?;
    let row = |r: &rusqlite::Row<'_>| Ok((r.get(0)?, Object { kind: r.get(1)?, table: r.get(2)?, sql: r.get(3)? }));
    select.query_map([MOST_OBJECTS as i64], row)?.collect()
}

/// Tables that SQLite keeps inside a search index: their text belongs to its version, not to ours.
fn inside_search(objects: &Objects, name: &str) -> bool {
    let search = |o: &Object| o.sql.as_deref().is_some_and(|s| s.starts_with("CREATE VIRTUAL TABLE"));
    objects.iter().any(|(index, o)| search(o) && name.strip_prefix(index.as_str()).is_some_and(|rest| rest.starts_with('_')))
}

/// What `found` has that it should not have, or lacks; each in a few words.
fn differences(expected: &Objects, found: &[(String, Object)]) -> Vec<String> {
    let mut out = Vec::new();
    let mut seen = BTreeMap::new();
    for (name, object) in found {
        let kind = &object.kind;
        let again = seen.insert(name, ()).is_some();
        match expected.get(name) {
            _ if again => out.push(format!("the {kind} '{name}' is there twice")),
            Some(known) if known == object => {}
            Some(known) if known.kind == *kind && known.table == object.table && inside_search(expected, name) => {}
            Some(known) if known.kind != *kind => out.push(format!("the {kind} '{name}' stands where the {} should be", known.kind)),
            Some(_) => out.push(format!("the {kind} '{name}' was changed")),
            None if kind == "table" && object.sql.as_deref().is_some_and(|s| OF_ANALYZE.contains(&s)) => {}
            None => out.push(format!("the {kind} '{name}' does not belong here")),
        }
    }
    let missing = expected.iter().filter(|(name, _)| !seen.contains_key(name));
    out.extend(missing.map(|(name, object)| format!("the {} '{name}' is missing", object.kind)));
    out
}

/// Compares the file's objects with those of its version. Returns the number that SQLite gives to this state of the schema: as long as it is
/// the same, nothing has changed.
///
/// Errors, naming what is foreign, when they differ; nothing but the schema has been read then.
pub(super) fn check(conn: &Connection, path: &Path) -> Result<i64, ProjectError> {
    compare(conn, path, |_| true)
}

/// The same for `verify`, which goes on without triggers of ours that are missing: it runs none, and names them itself.
pub(super) fn check_to_verify(conn: &Connection, path: &Path) -> Result<i64, ProjectError> {
    compare(conn, path, |what| !(what.starts_with("the trigger '") && what.ends_with("' is missing")))
}

fn compare(conn: &Connection, path: &Path, counts: impl Fn(&String) -> bool) -> Result<i64, ProjectError> {
    let sql = ProjectError::sql;
    let number = number(conn).map_err(sql(path))?; // before the objects: a change in between is found at the next look
    let version = usize::try_from(schema::version(conn).map_err(sql(path))?).unwrap_or(0);
    if version == 0 {
        return Err(ProjectError::NotAProject { path: path.to_path_buf(), why: "it has no tables".into() });
    }
    if version > schema::MIGRATIONS.len() {
        let (found, known) = (version as i64, schema::current());
        return Err(ProjectError::Newer { path: path.to_path_buf(), found, known });
    }
    let found = read(conn).map_err(sql(path))?;
    let mut what = differences(expected(version).map_err(sql(path))?, &found);
    if !what.iter().any(counts) {
        return Ok(number);
    }
    if what.len() > MOST_NAMED {
        let more = what.len() - MOST_NAMED;
        what.truncate(MOST_NAMED);
        what.push(format!("{more} more"));
    }
    Err(ProjectError::Foreign { path: path.to_path_buf(), what })
}

/// Changes with every change of the schema by any program.
pub(super) fn number(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached("PRAGMA schema_version")?.query_row([], |r| r.get(0))
}

/// Ordinary tables of a version in the order in which they were made, without those of SQLite and of search.
pub(super) fn tables(version: usize) -> rusqlite::Result<Vec<String>> {
    let known = expected(version)?;
    let ordinary = |(name, o): &(&String, &Object)| {
        let virtual_one = o.sql.as_deref().is_some_and(|s| s.starts_with("CREATE VIRTUAL TABLE"));
        o.kind == "table" && !virtual_one && !name.starts_with("sqlite_") && !inside_search(known, name)
    };
    Ok(known.iter().filter(ordinary).map(|(name, _)| name.clone()).collect())
}

/// Whether the table `name` of this file is the one that its version should have, as far as a damaged schema can be read.
pub(super) fn is_ours(conn: &Connection, version: usize, name: &str) -> rusqlite::Result<bool> {
    let known = expected(version)?;
    let mut select = conn.prepare("SELECT name, type, tbl_name, sql FROM sqlite_schema LIMIT ?1")?;
    let row = |r: &rusqlite::Row<'_>| Ok((r.get::<_, String>(0)?, Object { kind: r.get(1)?, table: r.get(2)?, sql: r.get(3)? }));
    let all: Vec<_> = select.query_map([MOST_OBJECTS as i64], row)?.map_while(Result::ok).collect();
    let mut found = all.iter().filter(|(n, _)| n == name);
    Ok(found.next().is_some_and(|(_, o)| known.get(name) == Some(o)) && found.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(steps: usize) -> Connection {
        let mut conn = Connection::open_in_memory().unwrap();
        schema::migrate(&mut conn, &schema::MIGRATIONS[..steps]).unwrap();
        conn
    }

    #[test]
    fn every_version_is_itself_and_no_other() {
        for version in 1..=schema::MIGRATIONS.len() {
            let conn = made(version);
            check(&conn, Path::new("p")).unwrap();
            conn.execute_batch("ANALYZE").unwrap();
            check(&conn, Path::new("p")).unwrap();
        }
        let lowered = made(schema::MIGRATIONS.len());
        lowered.pragma_update(None, "user_version", 1).unwrap();
        assert!(matches!(check(&lowered, Path::new("p")), Err(ProjectError::Foreign { .. })));
    }

    #[test]
    fn what_is_foreign_is_named() {
        for (change, words) in [
            ("CREATE TRIGGER z BEFORE INSERT ON events BEGIN SELECT RAISE(IGNORE); END", "the trigger 'z' does not belong here"),
            ("CREATE VIEW v AS SELECT 1", "the view 'v' does not belong here"),
            ("CREATE TABLE t (x)", "the table 't' does not belong here"),
            ("CREATE INDEX i ON events (time)", "the index 'i' does not belong here"),
            ("DROP TRIGGER events_no_update", "the trigger 'events_no_update' is missing"),
            ("ALTER TABLE items ADD COLUMN g TEXT AS (answer)", "the table 'items' was changed"),
            (
                "ALTER TABLE taxonomies RENAME TO t2; CREATE VIEW taxonomies AS SELECT * FROM t2",
                "the view 'taxonomies' stands where the table should be",
            ),
            ("DROP TABLE items_fts_config; CREATE VIEW items_fts_config AS SELECT 1 AS k, 2 AS v", "the view 'items_fts_config'"),
            ("CREATE TABLE sqlitestat (x)", "the table 'sqlitestat'"),
        ] {
            let conn = made(schema::MIGRATIONS.len());
            conn.execute_batch(change).unwrap();
            let text = check(&conn, Path::new("p")).unwrap_err().to_string();
            assert!(text.contains(words) && !text.contains('\n'), "{change}: {text}");
        }
    }
}
