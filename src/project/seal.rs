//! Seals: of an item, a hash over what an import stored beside its text; of a judge, a hash over all its verdicts on one run; of the project,
//! a hash over everything that imports wrote, those seals included. `verify` finds a change in place by them. Only an import renews a seal, and
//! a migration carries over what it could prove.

use super::head::{self, MilestoneKind};
use super::search;
use crate::review::EventHash;
use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};
use sha2::{Digest, Sha256};

/// Columns of [`of_row`], for a query over `items i` and `item_sources s`.
pub(super) const COLUMNS: &str = "i.options, i.task, i.categories, s.fields, s.carried";

/// From [`COLUMNS`], starting at column `at`.
pub(super) fn of_row(r: &Row<'_>, at: usize) -> rusqlite::Result<[u8; 32]> {
    let text = |n: usize| r.get_ref(at + n).and_then(|v| Ok(v.as_str_or_null()?));
    Ok(of([text(0)?, text(1)?, text(2)?, text(3)?, text(4)?]))
}

/// Of the values of [`COLUMNS`]: each by its presence and its bytes.
pub(super) fn of(parts: [Option<&str>; 5]) -> [u8; 32] {
    let fields: Vec<&[u8]> =
        parts.iter().flat_map(|p| [if p.is_some() { b"1" } else { b"0" }.as_slice(), p.unwrap_or_default().as_bytes()]).collect();
    EventHash::of_fields(&fields).0
}

/// Seals the item as it is now; called by every import that changed it.
pub(super) fn renew(conn: &Connection, item: i64) -> rusqlite::Result<()> {
    let select = format!("SELECT {COLUMNS} FROM items i JOIN item_sources s ON s.item = i.id WHERE i.id = ?1");
    let seal = conn.prepare_cached(&select)?.query_row([item], |r| of_row(r, 0))?;
    conn.prepare_cached("UPDATE item_sources SET seal = ?1 WHERE item = ?2")?.execute(rusqlite::params![seal, item])?;
    Ok(())
}

/// Whether what is beside an item's text is still what an import wrote. An import renews no seal that does not fit: it would prove what
/// somebody else wrote.
pub(super) fn item_fits(conn: &Connection, item: i64) -> rusqlite::Result<bool> {
    let select = format!("SELECT {COLUMNS}, s.seal FROM items i JOIN item_sources s ON s.item = i.id WHERE i.id = ?1");
    conn.prepare_cached(&select)?.query_row([item], |r| Ok(r.get::<_, Vec<u8>>(5)? == of_row(r, 0)?))
}

/// The same of a judge's verdicts; those of a judge who is new have no seal yet.
pub(super) fn judge_fits(conn: &Connection, judge: i64) -> rusqlite::Result<bool> {
    let (kept, any): (Vec<u8>, bool) = conn
        .prepare_cached("SELECT seal, EXISTS (SELECT 1 FROM verdicts v WHERE v.judge = judges.id) FROM judges WHERE id = ?1")?
        .query_row([judge], |r| Ok((r.get(0)?, r.get(1)?)))?;
    if kept.is_empty() && !any { Ok(true) } else { Ok(kept == of_judge(conn, judge)?) }
}

/// The same of the whole contents.
pub(super) fn contents_fit(conn: &Connection) -> rusqlite::Result<bool> {
    Ok(kept_contents(conn)? == Some(of_contents(conn)?))
}

/// Over item ids, verdicts and reasons of one judge of one run, in order of item.
pub(super) fn of_judge(conn: &Connection, judge: i64) -> rusqlite::Result<[u8; 32]> {
    let mut select = conn.prepare_cached(
        "SELECT a.item, v.correct, v.parse_error, v.source_row, w.reasoning FROM verdicts v JOIN answers a ON a.id = v.answer
         LEFT JOIN verdict_reasons w ON w.judge = v.judge AND w.answer = v.answer WHERE v.judge = ?1 ORDER BY a.item",
    )?;
    let mut hash = Sha256::new();
    let mut rows = select.query([judge])?;
    while let Some(r) = rows.next()? {
        let reason: Option<String> = r.get(4)?;
        let correct = r.get::<_, Option<i64>>(1)?.unwrap_or(2);
        let length = reason.as_ref().map_or(-1, |t| t.len() as i64);
        for number in [r.get(0)?, correct, r.get(2)?, r.get(3)?, length] {
            hash.update(number.to_le_bytes());
        }
        hash.update(reason.unwrap_or_default().as_bytes());
    }
    Ok(hash.finalize().into())
}

/// Seals a judge's verdicts as they are now.
pub(super) fn renew_judge(conn: &Connection, judge: i64) -> rusqlite::Result<()> {
    let seal = of_judge(conn, judge)?;
    conn.prepare_cached("UPDATE judges SET seal = ?1 WHERE id = ?2")?.execute(rusqlite::params![seal, judge])?;
    Ok(())
}

/// Everything an import writes, other seals included: names, order and belonging, so that nothing can be taken away, added or swapped.
const CONTENTS: [&str; 13] = [
    "PRAGMA user_version",
    "SELECT key, value FROM project WHERE key NOT IN ('contents', 'search') ORDER BY key",
    "SELECT id, name, hint FROM roots ORDER BY id",
    "SELECT id, case_id, ord, fields, image_root, image_path, masks_root, masks_path, masks_proven FROM cases ORDER BY id",
    "SELECT id, case_ref, ord, root, path, proven FROM images ORDER BY case_ref, ord",
    "SELECT i.id, i.case_ref, i.position, i.text_hash, s.seal FROM items i LEFT JOIN item_sources s ON s.item = i.id ORDER BY i.id",
    "SELECT item, text_hash FROM past_texts ORDER BY item, text_hash",
    "SELECT case_ref, findings, impression FROM reports ORDER BY case_ref",
    "SELECT id, kind, name, sha256, proven FROM sources ORDER BY id",
    "SELECT id, model, condition FROM runs ORDER BY id",
    "SELECT id, run, item, text_hash, source_row FROM answers ORDER BY id",
    "SELECT id, run, judge, seal FROM judges ORDER BY id",
    "SELECT id, name, version, text FROM taxonomies ORDER BY id",
];

/// What the seal of file version 5 covered. A migration proves a file of that version by it before it makes the seal of now.
const CONTENTS_5: [&str; 8] = [
    "SELECT case_id, ord, fields FROM cases ORDER BY case_id",
    "SELECT i.id, c.case_id, i.position, i.text_hash FROM items i JOIN cases c ON c.id = i.case_ref ORDER BY i.id",
    "SELECT c.case_id, r.findings, r.impression FROM reports r JOIN cases c ON c.id = r.case_ref ORDER BY c.case_id",
    "SELECT id, model, condition FROM runs ORDER BY id",
    "SELECT id, run, item, text_hash, source_row FROM answers ORDER BY id",
    "SELECT id, run, judge FROM judges ORDER BY id",
    "SELECT id, name, version, text FROM taxonomies ORDER BY id",
    "SELECT value FROM project WHERE key = 'taxonomy'",
];

/// The seal over the contents as they are now.
pub(super) fn of_contents(conn: &Connection) -> rusqlite::Result<EventHash> {
    of_rows(conn, &CONTENTS)
}

pub(super) fn of_rows(conn: &Connection, queries: &[&str]) -> rusqlite::Result<EventHash> {
    let mut hash = Sha256::new();
    for query in queries {
        hash.update(query);
        let mut select = conn.prepare(query)?;
        let columns = select.column_count();
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            (0..columns).try_for_each(|n| row.get_ref(n).map(|value| add(&mut hash, value)))?;
        }
    }
    Ok(EventHash(hash.finalize().into()))
}

/// Each value by its kind, its length and its bytes.
fn add(hash: &mut Sha256, value: ValueRef<'_>) {
    let mut field = |kind: u8, bytes: &[u8]| {
        hash.update([kind]);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    match value {
        ValueRef::Null => field(b'0', &[]),
        ValueRef::Integer(n) => field(b'n', &n.to_le_bytes()),
        ValueRef::Real(x) => field(b'x', &x.to_le_bytes()),
        ValueRef::Text(bytes) => field(b't', bytes),
        ValueRef::Blob(bytes) => field(b'b', bytes),
    }
}

/// A checksum of one row that can be made again: SHA-256 over its values.
pub(super) fn of_values(values: &[ValueRef<'_>]) -> [u8; 32] {
    let mut hash = Sha256::new();
    values.iter().for_each(|v| add(&mut hash, *v));
    hash.finalize().into()
}

/// Seals the project's contents as they are now; called by every import that changed something, and by no other write.
pub(super) fn renew_contents(conn: &Connection) -> rusqlite::Result<()> {
    keep(conn, "contents", &of_contents(conn)?.hex())
}

/// The seal that the last import left; `None` when there is none, or none that is a hash.
pub(super) fn kept_contents(conn: &Connection) -> rusqlite::Result<Option<EventHash>> {
    Ok(kept(conn, "contents")?.and_then(|hex| EventHash::from_hex(&hex)))
}

pub(super) fn keep(conn: &Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    let set = "INSERT INTO project (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    conn.execute(set, [key, value]).map(drop)
}

pub(super) fn kept(conn: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    conn.query_row("SELECT value FROM project WHERE key = ?1", [key], |r| r.get(0)).optional()
}

/// What the seal of an older file says before a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Earlier {
    /// A file that is being made.
    New,
    /// The contents are those that the last import sealed.
    Sealed,
    /// A file version that had no seal.
    Unsealed,
    /// The contents were changed after the last import, or the file's version was lowered.
    Broken,
}

impl Earlier {
    /// Looks at a file of version `found` before it is brought forward.
    pub(super) fn of(conn: &Connection, found: i64) -> rusqlite::Result<Self> {
        if found == 0 {
            return Ok(Self::New);
        }
        let kept = kept(conn, "contents")?;
        Ok(match kept {
            None if found < SEALED => Self::Unsealed,
            Some(hex) if found == SEALED && hex == of_rows(conn, &CONTENTS_5)?.hex() => Self::Sealed,
            _ => Self::Broken,
        })
    }

    /// Seals what a migration from version `found` left, and says how far that can be believed. Contents that did not fit their seal stay
    /// without one: a migration proves nothing that it finds.
    pub(super) fn carry_over(self, conn: &Connection, found: i64) -> rusqlite::Result<()> {
        match self {
            Self::New => keep(conn, "created", &Timestamp::now().to_string())?,
            Self::Sealed => keep(conn, "migrated", &found.to_string())?,
            Self::Unsealed => keep(conn, "migrated", &format!("{found}, unsealed"))?,
            Self::Broken => keep(conn, "migrated", &format!("{found}, broken"))?,
        }
        search::renew_seal(conn)?;
        if self == Self::Broken {
            keep(conn, "contents", "")?;
            return Ok(());
        }
        renew_contents(conn)?;
        let kind = if self == Self::New { MilestoneKind::Created } else { MilestoneKind::Migration };
        head::record(conn, kind, None).map(drop)
    }
}

/// The last file version whose seal was that of [`CONTENTS_5`], and the first that had one.
const SEALED: i64 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts that move a border between two values have another hash: each value is hashed after its kind and length.
    #[test]
    fn a_border_that_moves_is_a_change() {
        let text = |t: &'static str| ValueRef::Text(t.as_bytes());
        assert_ne!(of_values(&[text("a"), text("b")]), of_values(&[text("atb")]));
        assert_ne!(of_values(&[text("a")]), of_values(&[ValueRef::Blob(b"a")]));
        assert_ne!(of_values(&[ValueRef::Null]), of_values(&[text("")]));
        assert_ne!(of([Some("a"), Some("b"), None, None, None]), of([Some("a1b"), None, None, None, None]));
    }

    /// A reason that holds what stands between two rows of verdicts: the same bytes, another border.
    #[test]
    fn the_seal_of_a_judge_tells_where_a_reason_ends() {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::project::schema::migrate(&mut conn, crate::project::schema::MIGRATIONS).unwrap();
        conn.execute_batch(
            "PRAGMA foreign_keys = OFF;
             INSERT INTO answers (id, item, run, text, text_hash, source_row) VALUES (1, 1, 1, '', x'', 0), (2, 2, 1, '', x'', 1);
             INSERT INTO verdicts VALUES (1, 1, 1, 0, 0), (1, 2, 1, 0, 1);",
        )
        .unwrap();
        let between: Vec<u8> = [2i64, 1, 0, 1].iter().flat_map(|n| n.to_le_bytes()).collect();
        let between = String::from_utf8(between).unwrap();
        let seal = |reasons: [&str; 2]| {
            let put = "INSERT OR REPLACE INTO verdict_reasons VALUES (1, ?1, ?2)";
            for (n, reason) in reasons.iter().enumerate() {
                conn.execute(put, rusqlite::params![n as i64 + 1, reason]).unwrap();
            }
            of_judge(&conn, 1).unwrap()
        };
        assert_ne!(seal(["x", &format!("{between}y")]), seal([&format!("x{between}"), "y"]));
        assert_ne!(seal(["x", ""]), seal(["", "x"]));
        assert_eq!(seal(["x", ""]), seal(["x", ""]));
    }

    #[test]
    fn what_is_absent_is_not_what_is_empty() {
        let one = of([Some("[]"), None, Some(""), Some("{}"), None]);
        assert_ne!(one, of([Some("[]"), None, Some(""), Some("{}"), Some("")]));
        assert_ne!(one, of([Some("[]"), Some(""), Some(""), Some("{}"), None]));
    }
}
