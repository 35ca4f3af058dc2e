//! Data roots: named folders that each machine maps to a place of its own.
//!
//! A project stores (root name, relative path), never an absolute path. Where a root is on this machine stands in `roots.json` in the
//! settings folder, keyed by project and root. When the root lies inside the project file's own folder a relative hint in the project is
//! enough, so a folder that is moved or copied as a whole still opens.

use super::{Project, ProjectError};
use rusqlite::OptionalExtension;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// A data root as this machine sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootInfo {
    pub name: String,
    /// `None` while not mapped on this machine.
    pub folder: Option<PathBuf>,
    /// Cases with an image or masks under it.
    pub cases: usize,
    /// The folder exists.
    pub found: bool,
}

/// Project uuid → root name → folder.
type RootMap = BTreeMap<String, BTreeMap<String, PathBuf>>;

/// Folder of the program's settings: `$VOXAUDIT_CONFIG_DIR`, else the platform's own place. `None` when the machine has none.
pub fn config_dir() -> Option<PathBuf> {
    match std::env::var_os("VOXAUDIT_CONFIG_DIR") {
        Some(dir) if !dir.is_empty() => Some(PathBuf::from(dir)),
        _ => directories::ProjectDirs::from("", "", "voxaudit").map(|d| d.config_dir().to_path_buf()),
    }
}

fn map_file() -> Option<PathBuf> {
    config_dir().map(|d| d.join("roots.json"))
}

/// An unreadable map counts as empty: roots are then shown as not mapped, and mapping them again repairs it.
fn read_map() -> RootMap {
    let text = map_file().and_then(|f| std::fs::read(f).ok());
    text.and_then(|t| serde_json::from_slice(&t).ok()).unwrap_or_default()
}

fn write_map(map: &RootMap) -> Result<(), ProjectError> {
    let file = map_file().ok_or_else(|| ProjectError::NoConfigDir { what: "the place of the data root".into() })?;
    let temporary = super::beside(&file, "new");
    let text = serde_json::to_vec_pretty(map).unwrap_or_default();
    file.parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(&temporary, text))
        .and_then(|()| std::fs::rename(&temporary, &file))
        .map_err(ProjectError::io(&file))
}

impl Project {
    /// Every root of the project, by name.
    pub fn roots(&self) -> Result<Vec<RootInfo>, ProjectError> {
        let read = || -> rusqlite::Result<Vec<(String, usize)>> {
            let sql = "SELECT name, (SELECT count(*) FROM (SELECT case_ref FROM images WHERE root = roots.id
                UNION SELECT id FROM cases WHERE masks_root = roots.id)) FROM roots ORDER BY name";
            self.conn.prepare_cached(sql)?.query_map([], |r| Ok((r.get(0)?, super::query::count(r, 1)?)))?.collect()
        };
        let roots = read().map_err(ProjectError::sql(&self.path))?;
        let info = |(name, cases): (String, usize)| {
            let folder = self.root_folder(&name)?;
            let found = folder.as_ref().is_some_and(|f| f.is_dir());
            Ok(RootInfo { name, folder, cases, found })
        };
        roots.into_iter().map(info).collect()
    }

    /// Says where the root `name` is on this machine.
    ///
    /// Errors when the project has no such root, `folder` is not a folder, or the settings folder cannot be written.
    pub fn map_root(&mut self, name: &str, folder: &Path) -> Result<(), ProjectError> {
        let roots = self.roots()?;
        if !roots.iter().any(|r| r.name == name) {
            let known: Vec<String> = roots.into_iter().map(|r| r.name).collect();
            return Err(ProjectError::UnknownRoot { name: name.to_owned(), known: known.join(", ") });
        }
        let folder = folder.canonicalize().map_err(ProjectError::io(folder))?;
        if !folder.is_dir() {
            return Err(ProjectError::Refused(format!("{}: not a folder", folder.display())));
        }
        self.remember_root(name, &folder)
    }

    pub(super) fn remember_root(&self, name: &str, folder: &Path) -> Result<(), ProjectError> {
        let mut map = read_map();
        map.entry(self.uuid()?).or_default().insert(name.to_owned(), folder.to_path_buf());
        write_map(&map)
    }

    /// The machine's own map wins when its folder is there, then the hint beside the project file, then the map although it is missing.
    pub(super) fn root_folder(&self, name: &str) -> Result<Option<PathBuf>, ProjectError> {
        let mapped = read_map().get(&self.uuid()?).and_then(|roots| roots.get(name)).cloned();
        if mapped.as_ref().is_some_and(|f| f.is_dir()) {
            return Ok(mapped);
        }
        let hint = self.root_hint(name)?.and_then(|h| inside(&self.folder(), &h)).filter(|f| f.is_dir());
        Ok(hint.or(mapped))
    }

    fn root_hint(&self, name: &str) -> Result<Option<String>, ProjectError> {
        let found = self.conn.query_row("SELECT hint FROM roots WHERE name = ?1", [name], |r| r.get::<_, Option<String>>(0)).optional();
        Ok(found.map_err(ProjectError::sql(&self.path))?.flatten())
    }

    /// The project file's folder.
    pub(super) fn folder(&self) -> PathBuf {
        let full = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        let parent = |p: &Path| p.parent().map(Path::to_path_buf).unwrap_or_default();
        match full.canonicalize() {
            Ok(real) => parent(&real),
            // A project that is being made has no file of its name yet.
            Err(_) => parent(&full).canonicalize().unwrap_or_else(|_| parent(&full)),
        }
    }
}

/// Joins a stored relative path; `None` when it would lead out of `folder`.
fn inside(folder: &Path, relative: &str) -> Option<PathBuf> {
    let relative = Path::new(relative);
    relative.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir)).then(|| folder.join(relative))
}

/// `path` below `folder` with `/` between parts; empty when they are the same.
pub(super) fn relative_to(folder: &Path, path: &Path) -> Option<String> {
    let parts = path.strip_prefix(folder).ok()?.components().map(|c| c.as_os_str().to_str());
    Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
}
