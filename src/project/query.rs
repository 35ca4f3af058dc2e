//! Reading items and cases.

use super::{Project, ProjectError};
use crate::qa::{CaseId, Category, Item, ItemId, Task};
use rusqlite::{OptionalExtension, Row, params};
use std::path::PathBuf;

/// What the queue of items shows.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemRow {
    pub id: ItemId,
    pub question: String,
    pub task: Option<Task>,
    pub categories: Vec<Category>,
    /// A file is recorded for the case, whether or not it is found on this machine.
    pub has_image: bool,
    pub has_labels: bool,
}

/// A radiology report in its two parts; a part is empty when the source had none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub findings: String,
    pub impression: String,
}

/// A file or folder of a case, relative to a named data root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFile {
    pub root: String,
    /// With `/` between parts.
    pub relative: String,
    /// Where it is on this machine; `None` when the root is not mapped here, or it is refused. The file may still be missing.
    pub path: Option<PathBuf>,
    /// Why it is not read, whatever lies there: the path or a link leads out of where it may lead.
    pub refused: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseInfo {
    pub id: CaseId,
    pub report: Option<Report>,
    pub image: Option<DataFile>,
    pub masks: Option<DataFile>,
}

impl CaseInfo {
    /// Why a file of the case is not to be read; the others are then not read either.
    pub fn refused(&self) -> Option<&str> {
        [&self.image, &self.masks].into_iter().flatten().find_map(|f| f.refused.as_deref())
    }
}

const ITEMS: &str =
    "SELECT c.case_id, i.position, i.question, i.task, i.categories, EXISTS (SELECT 1 FROM images m WHERE m.case_ref = c.id AND m.ord = 0),
    c.masks_root IS NOT NULL
    FROM cases c JOIN items i ON i.case_ref = c.id WHERE c.ord IS NOT NULL ORDER BY c.ord, i.position";
const FULL_ITEMS: &str = "SELECT c.case_id, i.position, i.question, i.task, i.categories, i.answer, i.options
    FROM cases c JOIN items i ON i.case_ref = c.id WHERE c.ord IS NOT NULL ORDER BY c.ord, i.position";
const ITEM: &str = "SELECT c.case_id, i.position, i.question, i.task, i.categories, i.answer, i.options
    FROM items i JOIN cases c ON c.id = i.case_ref WHERE c.case_id = ?1 AND i.position = ?2";
const CASE: &str =
    "SELECT r.findings, r.impression, ir.name, m.path, mr.name, c.masks_path FROM cases c LEFT JOIN reports r ON r.case_ref = c.id
    LEFT JOIN images m ON m.case_ref = c.id AND m.ord = 0 LEFT JOIN roots ir ON ir.id = m.root LEFT JOIN roots mr ON mr.id = c.masks_root
    WHERE c.case_id = ?1";

impl Project {
    /// Cases with masks: those with items in their order, then the others by id.
    pub fn labelled_cases(&self) -> Result<Vec<CaseId>, ProjectError> {
        let read = || -> rusqlite::Result<Vec<CaseId>> {
            let sql = "SELECT case_id FROM cases WHERE masks_root IS NOT NULL ORDER BY ord IS NULL, ord, case_id";
            self.conn.prepare_cached(sql)?.query_map([], |r| Ok(CaseId(r.get(0)?)))?.collect()
        };
        read().map_err(ProjectError::sql(&self.path))
    }

    /// Every item in source order: cases in order of first import, items by position.
    pub fn items(&self) -> Result<Vec<ItemRow>, ProjectError> {
        let read = || -> rusqlite::Result<Vec<ItemRow>> {
            let mut select = self.conn.prepare_cached(ITEMS)?;
            select.query_map([], item_row)?.collect()
        };
        read().map_err(ProjectError::sql(&self.path))
    }

    /// Every item with its reference answer and options, in the order of [`Project::items`]: what scores are computed from.
    pub fn full_items(&self) -> Result<Vec<Item>, ProjectError> {
        let read = || -> rusqlite::Result<Vec<Item>> { self.conn.prepare_cached(FULL_ITEMS)?.query_map([], full_item)?.collect() };
        read().map_err(ProjectError::sql(&self.path))
    }

    pub fn item(&self, id: &ItemId) -> Result<Option<Item>, ProjectError> {
        let read = || self.conn.prepare_cached(ITEM)?.query_row(params![id.case.0, id.position], full_item).optional();
        read().map_err(ProjectError::sql(&self.path))
    }

    /// Report, image and masks of a case, also of a case that has only a report.
    pub fn case(&self, id: &CaseId) -> Result<Option<CaseInfo>, ProjectError> {
        type Found = (Option<Report>, Option<(String, String)>, Option<(String, String)>);
        let read = || -> rusqlite::Result<Option<Found>> {
            let pair = |r: &Row<'_>, at| Ok::<_, rusqlite::Error>(r.get::<_, Option<String>>(at)?.zip(r.get(at + 1)?));
            let mut select = self.conn.prepare_cached(CASE)?;
            let row = |r: &Row<'_>| {
                let report = pair(r, 0)?.map(|(findings, impression)| Report { findings, impression });
                Ok((report, pair(r, 2)?, pair(r, 4)?))
            };
            select.query_row([&id.0], row).optional()
        };
        let Some((report, image, masks)) = read().map_err(ProjectError::sql(&self.path))? else { return Ok(None) };
        let image = image.map(|(root, relative)| self.data_file(root, relative)).transpose()?;
        let masks = masks.map(|(root, relative)| self.data_file(root, relative)).transpose()?;
        Ok(Some(CaseInfo { id: id.clone(), report, image, masks }))
    }

    fn data_file(&self, root: String, relative: String) -> Result<DataFile, ProjectError> {
        let (path, refused) = match self.stored_place(&root, &relative)? {
            Ok(path) => (path, None),
            Err(why) => (None, Some(why)),
        };
        Ok(DataFile { root, relative, path, refused })
    }
}

/// A row id or number of rows.
pub(super) fn count(r: &Row<'_>, at: usize) -> rusqlite::Result<usize> {
    Ok(r.get::<_, u32>(at)? as usize)
}

fn item_row(r: &Row<'_>) -> rusqlite::Result<ItemRow> {
    let id = ItemId { case: CaseId(r.get(0)?), position: r.get(1)? };
    Ok(ItemRow {
        question: r.get(2)?,
        task: task(r, 3, &id)?,
        categories: categories(r, 4, &id)?,
        has_image: r.get(5)?,
        has_labels: r.get(6)?,
        id,
    })
}

pub(super) fn full_item(r: &Row<'_>) -> rusqlite::Result<Item> {
    let id = ItemId { case: CaseId(r.get(0)?), position: r.get(1)? };
    let options: String = r.get(6)?;
    Ok(Item {
        question: r.get(2)?,
        answer: r.get(5)?,
        options: serde_json::from_str(&options).map_err(|_| damaged_item(6, &id, "options are no list of texts"))?,
        task: task(r, 3, &id)?,
        categories: categories(r, 4, &id)?,
        id,
    })
}

/// Becomes [`ProjectError::Damaged`], in words for the user.
pub(super) fn damaged_item(column: usize, id: &ItemId, what: &str) -> rusqlite::Error {
    unreadable(column, format!("item '{id}': its {what}"))
}

fn unreadable(column: usize, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, why.into())
}

fn task(r: &Row<'_>, at: usize, id: &ItemId) -> rusqlite::Result<Option<Task>> {
    let code: Option<String> = r.get(at)?;
    code.map(|c| Task::parse(&c).ok_or_else(|| damaged_item(at, id, &format!("task '{c}' is unknown")))).transpose()
}

fn categories(r: &Row<'_>, at: usize, id: &ItemId) -> rusqlite::Result<Vec<Category>> {
    let names = r.get_ref(at)?.as_str().map_err(|e| unreadable(at, e))?;
    names.lines().map(|n| Category::parse(n).ok_or_else(|| damaged_item(at, id, &format!("category '{n}' is unknown")))).collect()
}
