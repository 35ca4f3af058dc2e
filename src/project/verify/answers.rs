//! Verify: models' answers, judges' verdicts, and the events that speak of them.

use super::Check;
use crate::project::{seal, taxonomy};
use crate::qa::{ModelRun, Taxonomy, TextHash, answer_hash};
use crate::review::Action;
use rusqlite::Connection;
use std::collections::HashMap;

/// Hash of every answer, by item id and run.
#[derive(Default)]
pub(super) struct AnswerTexts(HashMap<(String, ModelRun), TextHash>);

const ANSWERS: &str = "SELECT c.case_id || '::' || i.position, r.model, r.condition, a.text_hash, a.text, a.reasoning
    FROM answers a JOIN runs r ON r.id = a.run JOIN items i ON i.id = a.item JOIN cases c ON c.id = i.case_ref";

impl Check<'_> {
    /// Texts of answers, votes of judges, and taxonomies, in place.
    pub(super) fn answers(&mut self) -> rusqlite::Result<()> {
        let mut select = self.conn.prepare(ANSWERS)?;
        let mut rows = select.query([])?;
        while let Some(r) = rows.next()? {
            let hash = answer_hash(&r.get::<_, String>(4)?, r.get::<_, Option<String>>(5)?.as_deref());
            if r.get::<_, Vec<u8>>(3)? != hash.0 {
                let (item, run): (String, _) = (r.get(0)?, crate::project::answers::run(r, 1)?);
                self.problem(format!("the answer of '{run}' to item '{item}' was changed in place"));
            }
        }
        let mut select =
            self.conn.prepare("SELECT j.id, r.model, r.condition, j.judge, j.seal FROM judges j JOIN runs r ON r.id = j.run")?;
        let mut rows = select.query([])?;
        while let Some(r) = rows.next()? {
            if r.get::<_, Vec<u8>>(4)? != seal::of_judge(self.conn, r.get(0)?)? {
                let (run, judge): (_, String) = (crate::project::answers::run(r, 1)?, r.get(3)?);
                self.problem(format!("verdicts of '{judge}' on '{run}' were changed in place"));
            }
        }
        self.taxonomies()
    }

    fn taxonomies(&mut self) -> rusqlite::Result<()> {
        let mut select = self.conn.prepare("SELECT name, version, text FROM taxonomies")?;
        let mut rows = select.query([])?;
        while let Some(r) = rows.next()? {
            let (name, version, text): (String, String, String) = (r.get(0)?, r.get(1)?, r.get(2)?);
            if Taxonomy::from_json(&text).is_ok_and(|t| t.name == name && t.version == version) {
                continue;
            }
            self.problem(format!("the taxonomy '{name} {version}' cannot be read"));
        }
        Ok(())
    }
}

impl AnswerTexts {
    pub(super) fn read(conn: &Connection) -> rusqlite::Result<Self> {
        let mut select = conn.prepare(ANSWERS)?;
        let row = |r: &rusqlite::Row<'_>| Ok(((r.get(0)?, crate::project::answers::run(r, 1)?), TextHash(r.get(3)?)));
        Ok(Self(select.query_map([], row)?.collect::<rusqlite::Result<_>>()?))
    }

    /// Why an event about an answer does not fit what the project holds.
    pub(super) fn fault(&self, conn: &Connection, item: &str, action: &Action) -> Option<String> {
        let answer = action.answer()?;
        match self.0.get(&(item.to_owned(), answer.run.clone())) {
            None => return Some(format!("it judges an answer of '{}' that is not in the project", answer.run)),
            Some(hash) if *hash != answer.sha256 => return Some(format!("it judges another text than the answer of '{}'", answer.run)),
            Some(_) => {}
        }
        let Action::LabelAnswer { label, .. } = action else { return None };
        let text = taxonomy::stored(conn, &label.taxonomy).ok()?;
        match taxonomy::named(text.as_deref(), &label.taxonomy) {
            None => Some(format!("its taxonomy '{}' is not in the project", label.taxonomy)),
            Some(taxonomy) => label.problem(&taxonomy),
        }
    }
}
