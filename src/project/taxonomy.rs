//! The error taxonomies of a project: the program's own, and those that came with an import.

use super::{Project, ProjectError};
use crate::qa::{Taxonomy, TaxonomyId};
use rusqlite::{Connection, OptionalExtension};

impl Project {
    /// The taxonomy that labels are chosen from: the one imported last, else the program's own.
    pub fn taxonomy(&self) -> Result<Taxonomy, ProjectError> {
        let select = "SELECT text FROM taxonomies WHERE id = (SELECT CAST(value AS INTEGER) FROM project WHERE key = 'taxonomy')";
        let read = || self.conn.query_row(select, [], |r| r.get::<_, String>(0)).optional();
        match read().map_err(ProjectError::sql(&self.path))? {
            None => Ok(Taxonomy::built_in().clone()),
            Some(text) => Taxonomy::from_json(&text).map_err(|why| ProjectError::damaged(&self.path, format!("its taxonomy: {why}"))),
        }
    }

    /// The taxonomy a label names; `None` when the project does not have it.
    pub fn taxonomy_by_id(&self, id: &TaxonomyId) -> Result<Option<Taxonomy>, ProjectError> {
        let text = stored(&self.conn, id).map_err(ProjectError::sql(&self.path))?;
        Ok(named(text.as_deref(), id))
    }
}

/// The text of a taxonomy that came with the project.
pub(super) fn stored(conn: &Connection, id: &TaxonomyId) -> rusqlite::Result<Option<String>> {
    let mut select = conn.prepare_cached("SELECT text FROM taxonomies WHERE name = ?1 AND version = ?2")?;
    select.query_row([&id.name, &id.version], |r| r.get(0)).optional()
}

/// The stored one, or the program's own when it has this name.
pub(super) fn named(text: Option<&str>, id: &TaxonomyId) -> Option<Taxonomy> {
    let own = || Some(Taxonomy::built_in()).filter(|t| t.id() == *id).cloned();
    text.and_then(|t| Taxonomy::from_json(t).ok()).or_else(own)
}

/// Keeps a taxonomy and puts it in use.
pub(super) fn store(conn: &Connection, id: &TaxonomyId, text: &str) -> rusqlite::Result<()> {
    let insert = "INSERT INTO taxonomies (name, version, text) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    conn.execute(insert, [id.name.as_str(), &id.version, text])?;
    let choose = "INSERT INTO project (key, value) SELECT 'taxonomy', CAST(id AS TEXT) FROM taxonomies WHERE name = ?1 AND version = ?2
        ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    conn.execute(choose, [&id.name, &id.version]).map(drop)
}
