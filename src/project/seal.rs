//! Seals: of an item, a hash over what an import stored beside its text; of a judge, a hash over all its verdicts on one run; of the project,
//! a hash over which items, reports, runs, answers, judges and taxonomies there are. `verify` finds a change in place by them.

use crate::review::EventHash;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};
use sha2::{Digest, Sha256};

/// Columns of [`of_row`], for a query over `items i` and `item_sources s`.
pub(super) const COLUMNS: &str = "i.options, i.task, i.categories, s.fields, s.carried";

/// From [`COLUMNS`], starting at column `at`.
pub(super) fn of_row(r: &Row<'_>, at: usize) -> rusqlite::Result<[u8; 32]> {
    let parts: Vec<Option<String>> = (at..at + 5).map(|n| r.get(n)).collect::<rusqlite::Result<_>>()?;
    let text = |n: usize| parts[n].as_deref();
    Ok(of([text(0), text(1), text(2), text(3), text(4)]))
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

/// What an import writes and no other seal covers: names, order and belonging, so that nothing can be taken away, added or swapped.
const CONTENTS: [&str; 8] = [
    "SELECT case_id, ord, fields FROM cases ORDER BY case_id",
    "SELECT i.id, c.case_id, i.position, i.text_hash FROM items i JOIN cases c ON c.id = i.case_ref ORDER BY i.id",
    "SELECT c.case_id, r.findings, r.impression FROM reports r JOIN cases c ON c.id = r.case_ref ORDER BY c.case_id",
    "SELECT id, model, condition FROM runs ORDER BY id",
    "SELECT id, run, item, text_hash, source_row FROM answers ORDER BY id",
    "SELECT id, run, judge FROM judges ORDER BY id",
    "SELECT id, name, version, text FROM taxonomies ORDER BY id",
    "SELECT value FROM project WHERE key = 'taxonomy'",
];

/// Over the rows of [`CONTENTS`].
pub(super) fn of_contents(conn: &Connection) -> rusqlite::Result<String> {
    let mut hash = Sha256::new();
    for query in CONTENTS {
        hash.update(query);
        let mut select = conn.prepare(query)?;
        let columns = select.column_count();
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            (0..columns).try_for_each(|n| row.get_ref(n).map(|value| add(&mut hash, value)))?;
        }
    }
    Ok(EventHash(hash.finalize().into()).hex())
}

/// Each value by its kind, its length and its bytes.
fn add(hash: &mut Sha256, value: ValueRef<'_>) {
    let (kind, bytes) = match value {
        ValueRef::Null => (b'0', Vec::new()),
        ValueRef::Integer(n) => (b'n', n.to_le_bytes().to_vec()),
        ValueRef::Real(x) => (b'x', x.to_le_bytes().to_vec()),
        ValueRef::Text(bytes) => (b't', bytes.to_vec()),
        ValueRef::Blob(bytes) => (b'b', bytes.to_vec()),
    };
    hash.update([kind]);
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

/// Seals the project's contents as they are now; called by every import that changed something.
pub(super) fn renew_contents(conn: &Connection) -> rusqlite::Result<()> {
    let set = "INSERT INTO project (key, value) VALUES ('contents', ?1) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    conn.execute(set, [of_contents(conn)?]).map(drop)
}

/// The seal that the last import left.
pub(super) fn kept_contents(conn: &Connection) -> rusqlite::Result<Option<String>> {
    conn.query_row("SELECT value FROM project WHERE key = 'contents'", [], |r| r.get(0)).optional()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_is_not_what_is_empty() {
        let one = of([Some("[]"), None, Some(""), Some("{}"), None]);
        assert_ne!(one, of([Some("[]"), None, Some(""), Some("{}"), Some("")]));
        assert_ne!(one, of([Some("[]"), Some(""), Some(""), Some("{}"), None]));
    }
}
