//! Full-text search over question, answer, case id and report.
//!
//! Every word (split at white space) must be in the item or in its case; the last word matches as a prefix. The user's text is always
//! quoted, so it is never query syntax. Hits come in source order and are not ranked: there is nothing to sort, so a keystroke stays cheap.

use super::query::count;
use super::{Project, ProjectError, seal};
use crate::qa::{CaseId, ItemId};
use rusqlite::Connection;
use std::collections::HashMap;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchHits {
    /// In source order.
    pub ids: Vec<ItemId>,
    /// There are more than the limit.
    pub truncated: bool,
}

/// What a session keeps between keystrokes: which items stand in which case, and the sets of the words typed so far.
#[derive(Debug)]
pub(super) struct SearchCache {
    /// Last item, case and imported source; another value means that an import has changed what can be found.
    stamp: (i64, i64, i64),
    index: CaseIndex,
    words: HashMap<String, WordSets>,
}

/// Row ids that match one word, as flags.
#[derive(Debug)]
struct WordSets {
    items: Vec<bool>,
    cases: Vec<bool>,
}

/// Items in source order with what search needs of them; row ids of SQLite start at 1 and have no gaps to speak of.
#[derive(Debug)]
struct CaseIndex {
    /// Case ids by case row id.
    case_ids: Vec<String>,
    /// (item row id, case row id, position).
    items: Vec<(u32, u32, u32)>,
    last_item: usize,
}

/// More words than this are ignored: nobody types them, and each costs a scan.
const MAX_WORDS: usize = 12;
/// Words whose sets are kept; a keystroke changes only the last word.
const KEPT_WORDS: usize = 64;

impl Project {
    /// At most `limit` items that match `query`; none for a query without letters or digits.
    pub fn search(&self, query: &str, limit: usize) -> Result<SearchHits, ProjectError> {
        let words = fts_words(query);
        if words.is_empty() {
            return Ok(SearchHits::default());
        }
        self.search_words(&words, limit).map_err(ProjectError::sql(&self.path))
    }

    /// Reads what the first search of a session needs, so that its first keystroke is as quick as the next.
    pub fn prepare_search(&self) -> Result<(), ProjectError> {
        self.fresh_cache(&mut self.search_cache.borrow_mut()).map(drop).map_err(ProjectError::sql(&self.path))
    }

    /// Whether the index is the one that the last import left.
    pub fn search_index_fits(&self) -> Result<bool, ProjectError> {
        index_fits(&self.conn).map_err(ProjectError::sql(&self.path))
    }

    /// Makes the index of search anew from items, cases and reports.
    ///
    /// Errors, with nothing changed, when the file cannot be written.
    pub fn rebuild_search_index(&mut self) -> Result<(), ProjectError> {
        self.writable()?;
        let path = self.path.clone();
        let sql = |e| ProjectError::from_sql(&path, e);
        let tx = self.guard.begin(&mut self.conn, &path)?;
        rebuild(&tx).and_then(|()| renew_seal(&tx)).map_err(sql)?;
        tx.commit().map_err(sql)?;
        self.settled()?;
        self.search_cache.borrow_mut().take();
        Ok(())
    }

    fn search_words(&self, words: &[String], limit: usize) -> rusqlite::Result<SearchHits> {
        let mut kept = self.search_cache.borrow_mut();
        let cache = self.fresh_cache(&mut kept)?;
        if cache.words.len() > KEPT_WORDS {
            cache.words.clear();
        }
        for word in words {
            if !cache.words.contains_key(word) {
                let items = matches(&self.conn, "SELECT rowid FROM items_fts WHERE items_fts MATCH ?1", word, cache.index.last_item)?;
                let cases = matches(&self.conn, "SELECT rowid FROM cases_fts WHERE cases_fts MATCH ?1", word, cache.index.case_ids.len())?;
                cache.words.insert(word.clone(), WordSets { items, cases });
            }
        }
        let sets: Vec<&WordSets> = words.iter().filter_map(|w| cache.words.get(w)).collect();
        Ok(cache.index.hits(&sets, limit))
    }

    fn fresh_cache<'a>(&self, kept: &'a mut Option<SearchCache>) -> rusqlite::Result<&'a mut SearchCache> {
        let sql = "SELECT coalesce((SELECT max(id) FROM items), 0), coalesce((SELECT max(id) FROM cases), 0),
            coalesce((SELECT max(id) FROM sources), 0)";
        let stamp = self.conn.prepare_cached(sql)?.query_row([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
        let current = kept.take_if(|c| c.stamp == stamp);
        let cache = match current {
            Some(cache) => cache,
            None => SearchCache { stamp, index: CaseIndex::read(&self.conn)?, words: HashMap::new() },
        };
        Ok(kept.insert(cache))
    }
}

/// Tables of the index, which SQLite keeps below `items_fts` and `cases_fts`, each with the order of its rows.
const INDEX: [&str; 8] = [
    "SELECT * FROM items_fts_config ORDER BY k",
    "SELECT * FROM items_fts_data ORDER BY id",
    "SELECT * FROM items_fts_docsize ORDER BY id",
    "SELECT * FROM items_fts_idx ORDER BY segid, term",
    "SELECT * FROM cases_fts_config ORDER BY k",
    "SELECT * FROM cases_fts_data ORDER BY id",
    "SELECT * FROM cases_fts_docsize ORDER BY id",
    "SELECT * FROM cases_fts_idx ORDER BY segid, term",
];

/// Keeps a checksum over the index as it is now. The index is no part of the contents: it can be made again.
pub(super) fn renew_seal(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch("SAVEPOINT written; RELEASE written")?; // FTS5 keeps new rows in memory until a commit or a savepoint
    seal::keep(conn, "search", &seal::of_rows(conn, &INDEX)?.hex())
}

pub(super) fn index_fits(conn: &Connection) -> rusqlite::Result<bool> {
    Ok(seal::kept(conn, "search")?.is_some_and(|kept| seal::of_rows(conn, &INDEX).is_ok_and(|found| found.hex() == kept)))
}

/// Makes the index again where it is not what the last import left.
pub(super) fn mend(conn: &Connection) -> rusqlite::Result<()> {
    if index_fits(conn)? { Ok(()) } else { rebuild(conn) }
}

/// The rows of a damaged index cannot be trusted to be deleted one by one, so they all go.
fn rebuild(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(
        "INSERT INTO items_fts (items_fts) VALUES ('delete-all');
         INSERT INTO cases_fts (cases_fts) VALUES ('delete-all');
         INSERT INTO items_fts (rowid, question, answer) SELECT id, question, answer FROM items ORDER BY id;
         INSERT INTO cases_fts (rowid, case_id, report)
           SELECT c.id, c.case_id, coalesce(r.findings || ' ' || r.impression, '') FROM cases c LEFT JOIN reports r ON r.case_ref = c.id
           ORDER BY c.id;",
    )
}

impl CaseIndex {
    fn read(conn: &Connection) -> rusqlite::Result<Self> {
        let mut case_ids = Vec::new();
        let mut select = conn.prepare("SELECT id, case_id FROM cases ORDER BY id")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            case_ids.resize(count(row, 0)?, String::new());
            case_ids.push(row.get(1)?);
        }
        let mut select = conn.prepare(
            "SELECT i.id, i.case_ref, i.position FROM cases c JOIN items i ON i.case_ref = c.id WHERE c.ord IS NOT NULL ORDER BY c.ord, i.position",
        )?;
        let items = select.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?.collect::<rusqlite::Result<Vec<(u32, u32, u32)>>>()?;
        let last_item = items.iter().map(|i| i.0 as usize + 1).max().unwrap_or(0);
        Ok(Self { case_ids, items, last_item })
    }

    fn hits(&self, sets: &[&WordSets], limit: usize) -> SearchHits {
        let has = |set: &[bool], at: u32| set.get(at as usize).copied().unwrap_or(false);
        let all = |item: u32, case: u32| sets.iter().all(|s| has(&s.items, item) || has(&s.cases, case));
        let mut found = self.items.iter().filter(|(item, case, _)| all(*item, *case));
        let id = |(_, case, position): &(u32, u32, u32)| {
            let case = self.case_ids.get(*case as usize).cloned().unwrap_or_default();
            ItemId { case: CaseId(case), position: *position }
        };
        let ids = found.by_ref().take(limit).map(id).collect();
        SearchHits { ids, truncated: found.next().is_some() }
    }
}

/// One row id set as flags.
fn matches(conn: &Connection, sql: &str, word: &str, size: usize) -> rusqlite::Result<Vec<bool>> {
    let mut set = vec![false; size];
    let mut select = conn.prepare_cached(sql)?;
    let mut rows = select.query([word])?;
    while let Some(row) = rows.next()? {
        if let Some(flag) = set.get_mut(count(row, 0)?) {
            *flag = true;
        }
    }
    Ok(set)
}

/// Each word as one quoted FTS5 string, the last with a `*`.
fn fts_words(query: &str) -> Vec<String> {
    let words: Vec<&str> = query.split_whitespace().filter(|w| w.chars().any(char::is_alphanumeric)).take(MAX_WORDS).collect();
    let quoted = |w: &&str| format!("\"{}\"", w.replace(['"', '\0'], " "));
    let mut out: Vec<String> = words.iter().map(quoted).collect();
    if let Some(last) = out.last_mut().filter(|_| !query.ends_with(char::is_whitespace)) {
        last.push('*');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_text_is_never_query_syntax() {
        assert_eq!(fts_words("liver AND (\"x\" OR *) NEAR"), ["\"liver\"", "\"AND\"", "\"( x \"", "\"OR\"", "\"NEAR\"*"]);
        assert_eq!(fts_words("  *** \"\" - "), Vec::<String>::new());
        assert_eq!(fts_words("lung "), ["\"lung\""]);
    }
}
