//! The schema, as an ordered list of migrations. Step N brings a file from `user_version` N to N + 1; a step is never edited after release.
//!
//! Items and cases are found by content, so nothing in the schema is a row number of a source file. The log is append-only by trigger.

use super::seal::Earlier;
use rusqlite::{Connection, TransactionBehavior};

/// "VoxA", in the file's header, so that no other SQLite file is taken for a project.
pub const APPLICATION_ID: i32 = 0x566f_7841;

/// Every step, oldest first.
pub const MIGRATIONS: &[&str] = &[V1, V2, V3, V4, V5, V6];

/// The version this program writes.
pub const fn current() -> i64 {
    MIGRATIONS.len() as i64
}

const V1: &str = "
CREATE TABLE project (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO project VALUES ('uuid', lower(hex(randomblob(16))));

-- Named folders of images and masks. `hint` is the folder relative to the project file's own folder, when it lies inside it.
CREATE TABLE roots (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, hint TEXT) STRICT;

-- `ord` is the order of first import among cases with items; null while the case has only a report.
-- `fields` are the source's own fields of the case (JSON object, `qa_pairs` null where it stood), null when it had none.
CREATE TABLE cases (
  id INTEGER PRIMARY KEY, case_id TEXT NOT NULL UNIQUE, ord INTEGER UNIQUE, fields TEXT,
  image_root INTEGER REFERENCES roots(id), image_path TEXT,
  masks_root INTEGER REFERENCES roots(id), masks_path TEXT,
  CHECK ((image_root IS NULL) = (image_path IS NULL)), CHECK ((masks_root IS NULL) = (masks_path IS NULL))
) STRICT;
CREATE TABLE reports (case_ref INTEGER PRIMARY KEY REFERENCES cases(id), findings TEXT NOT NULL, impression TEXT NOT NULL) STRICT;

-- `options` is a JSON array of strings, `categories` names separated by line ends, `text_hash` as qa::TextHash.
CREATE TABLE items (
  id INTEGER PRIMARY KEY, case_ref INTEGER NOT NULL REFERENCES cases(id), position INTEGER NOT NULL CHECK (position >= 0),
  question TEXT NOT NULL, answer TEXT NOT NULL, options TEXT NOT NULL, task TEXT, categories TEXT NOT NULL, text_hash BLOB NOT NULL,
  UNIQUE (case_ref, position), UNIQUE (case_ref, question)
) STRICT;
-- The source's own row (JSON object), for items that came from an export the audit object they carried, and a hash as in `seal`.
CREATE TABLE item_sources (
  item INTEGER PRIMARY KEY REFERENCES items(id), fields TEXT NOT NULL, carried TEXT, seal BLOB NOT NULL DEFAULT x''
) STRICT;
-- Texts that an item had before a later import added to it; reviews of them stay valid history.
CREATE TABLE past_texts (item INTEGER NOT NULL REFERENCES items(id), text_hash BLOB NOT NULL, PRIMARY KEY (item, text_hash)) STRICT, WITHOUT ROWID;
-- Files that were imported, by name and content; never their folder.
CREATE TABLE sources (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, sha256 BLOB NOT NULL, UNIQUE (kind, sha256)) STRICT;

CREATE VIRTUAL TABLE items_fts USING fts5(question, answer, content='', prefix='1 2 3', tokenize='unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE cases_fts USING fts5(case_id, report, content='', contentless_delete=1, prefix='1 2 3', tokenize='unicode61 remove_diacritics 2');

CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, time TEXT NOT NULL, reviewer TEXT NOT NULL, initials TEXT NOT NULL,
  item TEXT NOT NULL, item_ref INTEGER NOT NULL REFERENCES items(id), judged BLOB NOT NULL, active_seconds REAL NOT NULL,
  program TEXT NOT NULL, payload TEXT NOT NULL, prev BLOB NOT NULL, hash BLOB NOT NULL UNIQUE
) STRICT;
CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'the review log is append-only'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'the review log is append-only'); END;
-- Last hash and number of events per reviewer: what tells that the end of a chain was cut off.
CREATE TABLE heads (reviewer TEXT PRIMARY KEY, hash BLOB NOT NULL, count INTEGER NOT NULL CHECK (count > 0)) STRICT, WITHOUT ROWID;
CREATE TRIGGER heads_no_delete BEFORE DELETE ON heads BEGIN SELECT RAISE(ABORT, 'the review log is append-only'); END;
";

/// The log may hold annotations from here on. No table changes, but a program that does not know them must not open the file.
const V2: &str = "";

/// Models' answers, judges' verdicts, a project's own error taxonomies. The log may hold what reviewers say about answers from here on.
const V3: &str = "
-- One model under one condition.
CREATE TABLE runs (id INTEGER PRIMARY KEY, model TEXT NOT NULL, condition TEXT NOT NULL, UNIQUE (model, condition)) STRICT;
-- `text` exactly as the source wrote it, `text_hash` as qa::answer_hash, `source_row` counts from 0 in the file and joins nothing.
CREATE TABLE answers (
  id INTEGER PRIMARY KEY, item INTEGER NOT NULL REFERENCES items(id), run INTEGER NOT NULL REFERENCES runs(id),
  text TEXT NOT NULL, reasoning TEXT, text_hash BLOB NOT NULL, source_row INTEGER NOT NULL CHECK (source_row >= 0),
  UNIQUE (item, run)
) STRICT;
CREATE INDEX answers_of_run ON answers(run, item);
-- One judge of one run. `seal` is a hash over all its verdicts, renewed by every import.
CREATE TABLE judges (
  id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs(id), judge TEXT NOT NULL, seal BLOB NOT NULL DEFAULT x'', UNIQUE (run, judge)
) STRICT;
-- `correct` is null when the judge gave no verdict. Reasons stand apart, so that counting votes reads little.
CREATE TABLE verdicts (
  judge INTEGER NOT NULL REFERENCES judges(id), answer INTEGER NOT NULL REFERENCES answers(id), correct INTEGER CHECK (correct IN (0, 1)),
  parse_error INTEGER NOT NULL CHECK (parse_error IN (0, 1)), source_row INTEGER NOT NULL CHECK (source_row >= 0),
  PRIMARY KEY (judge, answer)
) STRICT, WITHOUT ROWID;
CREATE TABLE verdict_reasons (
  judge INTEGER NOT NULL, answer INTEGER NOT NULL, reasoning TEXT NOT NULL,
  PRIMARY KEY (judge, answer), FOREIGN KEY (judge, answer) REFERENCES verdicts(judge, answer)
) STRICT, WITHOUT ROWID;
-- Taxonomies that came with the project, as JSON. Which one is in use stands in `project` under the key 'taxonomy', as its id.
CREATE TABLE taxonomies (id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (name, version)) STRICT;
";

/// What geometry says about reference answers and models' answers. It can be computed again at any time.
const V4: &str = "
-- `run` 0 is the reference answer, -1 the text that a reviewer's edit left, else runs.id. `verdict` is null where no claim was read.
-- `claims` is a JSON array of claims with their judgements, `key` a hash over everything they follow from.
CREATE TABLE checks (
  item INTEGER NOT NULL REFERENCES items(id), run INTEGER NOT NULL, verdict TEXT CHECK (verdict IN ('supports', 'contradicts', 'undetermined')),
  claims TEXT NOT NULL, key BLOB NOT NULL, PRIMARY KEY (item, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX checks_by_verdict ON checks (verdict, run) WHERE verdict IS NOT NULL;
";

/// The project holds a seal over its contents from here on (`project`, key 'contents'), which the migration computes. A program that does
/// not know it would import without renewing it.
const V5: &str = "";

/// Several images a case, the order of the log as a graph, milestones, drafts, checksums of what geometry says. Nothing that a migration
/// finds is proven by it: `proven` is 1 only for what an import of this version or a later one recorded.
const V6: &str = "
-- Images of a case by `ord`; the one with `ord` 0 is what masks and claims refer to.
CREATE TABLE images (
  id INTEGER PRIMARY KEY, case_ref INTEGER NOT NULL REFERENCES cases(id), ord INTEGER NOT NULL CHECK (ord >= 0),
  root INTEGER NOT NULL REFERENCES roots(id), path TEXT NOT NULL, proven INTEGER NOT NULL CHECK (proven IN (0, 1)),
  UNIQUE (case_ref, ord)
) STRICT;
INSERT INTO images (case_ref, ord, root, path, proven)
  SELECT id, 0, image_root, image_path, 0 FROM cases WHERE image_root IS NOT NULL ORDER BY id;
UPDATE cases SET image_root = NULL, image_path = NULL WHERE image_root IS NOT NULL;
ALTER TABLE cases ADD COLUMN masks_proven INTEGER NOT NULL DEFAULT 0 CHECK (masks_proven IN (0, 1));
ALTER TABLE sources ADD COLUMN proven INTEGER NOT NULL DEFAULT 0 CHECK (proven IN (0, 1));

-- `parents`: the 32-byte hashes, sorted and joined, of the events after which this one was written, so that order does not hang on clocks.
-- Null in events of older versions, which follow each other by `seq`. `image`: 'none', 'unknown', or the SHA-256 (hex) of the image on screen.
ALTER TABLE events ADD COLUMN parents BLOB;
ALTER TABLE events ADD COLUMN image TEXT;
-- Events that no event names as its parent.
CREATE TABLE tips (hash BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO tips SELECT hash FROM events ORDER BY seq DESC LIMIT 1;
-- Heads that left the file or that an import made: `tips` as `parents` above, `contents` the seal over the contents, `hash` over all
-- columns before it, `prev` the hash of the milestone before.
CREATE TABLE milestones (
  id INTEGER PRIMARY KEY AUTOINCREMENT, time TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('created', 'migration', 'import', 'export', 'signature')),
  tips BLOB NOT NULL, contents BLOB NOT NULL, head BLOB NOT NULL, prev BLOB NOT NULL, hash BLOB NOT NULL UNIQUE
) STRICT;
CREATE TRIGGER milestones_no_update BEFORE UPDATE ON milestones BEGIN SELECT RAISE(ABORT, 'milestones are append-only'); END;
CREATE TRIGGER milestones_no_delete BEFORE DELETE ON milestones BEGIN SELECT RAISE(ABORT, 'milestones are append-only'); END;

-- What a reader has typed and not yet decided (JSON), by the name of the reader as names are compared. No part of the log, of any seal, of
-- the head or of an export. `sum`: SHA-256 over the other columns.
CREATE TABLE drafts (
  reader TEXT NOT NULL, item INTEGER NOT NULL REFERENCES items(id), time TEXT NOT NULL, content TEXT NOT NULL, sum BLOB NOT NULL,
  PRIMARY KEY (reader, item)
) STRICT, WITHOUT ROWID;

-- SHA-256 over the other columns; a verdict whose checksum fails is made again, as are those that have none yet.
DELETE FROM checks;
ALTER TABLE checks ADD COLUMN sum BLOB NOT NULL DEFAULT x'';
";

/// Applies every step the file lacks, in one transaction. Returns the version it had.
///
/// Errors as SQLite does; the file is then as it was.
pub fn migrate(conn: &mut Connection, steps: &[&str]) -> rusqlite::Result<i64> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&tx)?;
    let earlier = Earlier::of(&tx, found)?;
    for (n, step) in steps.iter().enumerate().skip(usize::try_from(found).unwrap_or(0)) {
        tx.execute_batch(step)?;
        tx.pragma_update(None, "user_version", n as i64 + 1)?;
    }
    if found < current() && steps.len() as i64 >= current() {
        earlier.carry_over(&tx, found)?;
    }
    tx.commit()?;
    Ok(found)
}

pub fn version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.pragma_query_value(None, "user_version", |r| r.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(conn: &Connection) -> i64 {
        conn.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0)).unwrap()
    }

    #[test]
    fn an_older_file_is_brought_forward_and_keeps_its_rows() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn, MIGRATIONS).unwrap();
        conn.execute("INSERT INTO cases (case_id) VALUES ('old')", []).unwrap();
        let longer = [MIGRATIONS, &["ALTER TABLE cases ADD COLUMN extra TEXT", "CREATE TABLE more (x)"]].concat();
        assert_eq!(migrate(&mut conn, &longer).unwrap(), current());
        assert_eq!(version(&conn).unwrap(), current() + 2);
        let (id, extra): (String, Option<String>) =
            conn.query_row("SELECT case_id, extra FROM cases", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
        assert_eq!((id.as_str(), extra), ("old", None));
        assert_eq!(migrate(&mut conn, &longer).unwrap(), current() + 2, "a second run does nothing");
    }

    #[test]
    fn a_failing_step_leaves_the_file_as_it_was() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn, MIGRATIONS).unwrap();
        let before = tables(&conn);
        let broken = [MIGRATIONS, &["CREATE TABLE fine (x)", "CREATE TABLE fine (x)"]].concat();
        assert!(migrate(&mut conn, &broken).is_err());
        assert_eq!((version(&conn).unwrap(), tables(&conn)), (current(), before));
    }
}
