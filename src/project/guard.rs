//! What watches over one connection: that the schema stays ours, and that the file stays the one the path names.

use super::anchor::Anchor;
use super::{ProjectError, objects};
use crate::formats::held::{self, FileId, Held};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::cell::{Cell, RefCell};
use std::path::Path;

#[derive(Debug, Default)]
pub(super) struct Guard {
    /// State of the schema that was compared; `None` for a draft, which nobody else can reach.
    schema: Cell<Option<i64>>,
    /// `None` for a draft and for a private copy of an older file.
    anchor: Option<RefCell<Anchor>>,
    /// What became of the file, once it is lost: it does not come back by itself.
    lost: RefCell<Option<String>>,
    /// Keeps other readers of this process away.
    _held: Option<Held>,
}

impl Guard {
    /// Of a file that only this connection knows: only its name is kept from other readers.
    pub fn of_draft(path: &Path) -> Self {
        Self { _held: hold(path), ..Self::default() }
    }

    /// Of a connection whose schema was compared in state `schema`. `held`: as [`hold`] gave it before the connection was made.
    pub fn new(conn: &Connection, path: &Path, schema: i64, held: Option<Held>) -> Result<Self, ProjectError> {
        let anchor = Anchor::drop(conn, path)?;
        Ok(Self { schema: Cell::new(Some(schema)), anchor: Some(RefCell::new(anchor)), lost: RefCell::default(), _held: held })
    }

    /// Starts to write: the file is the one the path names, and its schema is ours, before and in the transaction.
    pub fn begin<'c>(&self, conn: &'c mut Connection, path: &Path) -> Result<Transaction<'c>, ProjectError> {
        self.watch(conn, path, |anchor| anchor.glance(conn))?;
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(ProjectError::sql(path))?;
        self.schema(&tx, path)?;
        Ok(tx)
    }

    /// Compares the schema again when another program changed it.
    pub fn schema(&self, conn: &Connection, path: &Path) -> Result<(), ProjectError> {
        let Some(known) = self.schema.get() else { return Ok(()) };
        if objects::number(conn).map_err(ProjectError::sql(path))? != known {
            self.schema.set(Some(objects::check(conn, path)?));
        }
        Ok(())
    }

    /// After a commit (`wrote`) and whenever somebody wants to know.
    ///
    /// Errors with [`ProjectError::Lost`], from then on always.
    pub fn file(&self, conn: &Connection, path: &Path, wrote: bool) -> Result<(), ProjectError> {
        self.watch(conn, path, |anchor| anchor.look(conn, wrote))
    }

    fn watch(
        &self,
        conn: &Connection,
        path: &Path,
        look: impl FnOnce(&mut Anchor) -> Result<(), ProjectError>,
    ) -> Result<(), ProjectError> {
        let Some(anchor) = &self.anchor else { return Ok(()) };
        if let Some(what) = &*self.lost.borrow() {
            return Err(ProjectError::Lost { path: path.to_path_buf(), what: what.clone() });
        }
        let found = look(&mut anchor.borrow_mut());
        if let Err(ProjectError::Lost { what, .. }) = &found {
            *self.lost.borrow_mut() = Some(what.clone());
            // What is there is left for rescue: this connection brings nothing into it, also not when it is closed.
            let _ = conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        }
        found
    }
}

/// Keeps other readers of this process away from a project, before SQLite opens it.
pub(super) fn hold(path: &Path) -> Option<Held> {
    let real = path.canonicalize().ok()?;
    let meta = std::fs::metadata(&real).ok()?;
    Some(held::hold(&real, FileId::of(&meta)))
}
