//! Data roots: named folders that each machine maps to a place of its own.
//!
//! A project stores (root name, relative path), never an absolute path. Where a root is on this machine stands in `roots.json` in the
//! settings folder, keyed by project and root. When the root lies inside the project file's own folder a relative hint in the project is
//! enough, so a folder that is moved or copied as a whole still opens.
//!
//! A project may come from a stranger. What it stores never leads out of a root: no `..`, no root of a file system, no drive. Links are
//! followed below a root that this machine mapped; below one that only arrived beside the project none may lead out of the project's folder.

use super::{Project, ProjectError};
use crate::formats::{case, regular, small};
use rusqlite::OptionalExtension;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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

/// Where a root is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub folder: PathBuf,
    /// The project's own folder, for a root that this machine did not map: no link below `folder` may lead out of it.
    pub fence: Option<PathBuf>,
}

/// Project uuid → root name → folder.
type RootMap = BTreeMap<String, BTreeMap<String, PathBuf>>;

/// Larger maps are none.
const MOST_MAP: u64 = 64 << 20;

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

/// `Ok(None)` where there is none, `Err` with what is wrong with one that is damaged.
fn parse_map(file: &Path) -> Result<Option<RootMap>, String> {
    match regular::read(file, MOST_MAP) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|e| e.to_string()),
        Err(regular::OpenError::Io(e)) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e.to_string()),
    }
}

/// An unreadable map counts as empty: roots are then shown as not mapped, and mapping them again repairs it.
fn read_map() -> RootMap {
    map_file().and_then(|file| parse_map(&file).ok().flatten()).unwrap_or_default()
}

/// Keeps a damaged map of data roots as `roots.json.bad` and returns what to tell the user; `None` when all is well.
pub fn set_aside_damaged_map() -> Option<String> {
    let file = map_file()?;
    parse_map(&file).err()?; // without the lock: it is nearly always fine
    small::alone(&file, || sound_map(&file).1).ok().flatten()
}

/// The map, under the lock, and a warning when a damaged one had to be set aside.
fn sound_map(file: &Path) -> (RootMap, Option<String>) {
    match parse_map(file) {
        Ok(map) => (map.unwrap_or_default(), None),
        Err(why) => {
            let lost = "the folders that were chosen for data roots on this machine must be chosen or imported again";
            let text = match small::set_aside(file) {
                Ok(kept) => format!("{}: damaged ({why}) and kept as {}; {lost}", file.display(), kept.display()),
                Err(e) => format!("{}: damaged ({why}) and cannot be set aside ({e}); {lost}", file.display()),
            };
            (RootMap::new(), Some(text))
        }
    }
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

    /// Says where the root `name` is on this machine. Returns a warning when the map of roots was damaged and had to be set aside.
    ///
    /// Errors when the project has no such root, `folder` is not a folder, or the settings folder cannot be written.
    pub fn map_root(&mut self, name: &str, folder: &Path) -> Result<Option<String>, ProjectError> {
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

    /// Returns a warning when a damaged map had to be set aside.
    pub(super) fn remember_root(&self, name: &str, folder: &Path) -> Result<Option<String>, ProjectError> {
        let file = map_file().ok_or_else(|| ProjectError::NoConfigDir { what: "the place of the data root".into() })?;
        let uuid = self.uuid()?;
        let change = || {
            let (mut map, warning) = sound_map(&file);
            map.entry(uuid).or_default().insert(name.to_owned(), folder.to_path_buf());
            small::tidy(&file);
            let text = serde_json::to_vec_pretty(&map).unwrap_or_default();
            small::write(&file, &text).map(|()| warning)
        };
        small::alone(&file, change).and_then(|done| done).map_err(ProjectError::io(&file))
    }

    pub(super) fn root_folder(&self, name: &str) -> Result<Option<PathBuf>, ProjectError> {
        Ok(self.root_place(name)?.map(|place| place.folder))
    }

    /// The machine's own map wins when its folder is there, then the hint beside the project file, then the map although it is missing.
    fn root_place(&self, name: &str) -> Result<Option<Place>, ProjectError> {
        let mapped = read_map().get(&self.uuid()?).and_then(|roots| roots.get(name)).cloned();
        if let Some(folder) = mapped.as_ref().filter(|f| f.is_dir()) {
            return Ok(Some(Place { folder: folder.clone(), fence: None }));
        }
        let own = self.folder();
        let hint = self.root_hint(name)?.and_then(|h| join(&own, &h)).filter(|f| f.is_dir() && !leads_out(f, &own));
        let beside = hint.map(|folder| Place { folder, fence: Some(own) });
        Ok(beside.or(mapped.map(|folder| Place { folder, fence: None })))
    }

    /// Where a stored path is on this machine, `None` while its root is not mapped here. `Err` with why it is not to be read.
    pub(super) fn stored_place(&self, root: &str, relative: &str) -> Result<Result<Option<PathBuf>, String>, ProjectError> {
        let Some(place) = self.root_place(root)? else {
            return Ok(if parts(relative).is_some() { Ok(None) } else { Err(no_path(relative)) });
        };
        let Some(path) = join(&place.folder, relative) else { return Ok(Err(no_path(relative))) };
        let out = place.fence.and_then(|fence| case::first_outside(&path, &fence));
        Ok(match out {
            None => Ok(Some(path)),
            Some(link) => Err(format!(
                "{}: a link that came with the project and leads out of its folder; it is not followed unless you choose the folder of \
                 data root '{root}' yourself (Data roots in the window, or import it again)",
                link.display()
            )),
        })
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

fn no_path(relative: &str) -> String {
    format!("the project names the file '{relative}', which leads out of its data root; it is not read")
}

fn leads_out(folder: &Path, fence: &Path) -> bool {
    folder.canonicalize().map_or(true, |real| !real.starts_with(fence))
}

/// The parts of a stored relative path, on every system by the same rule: `None` for one that begins at a root or has a part that is `..`,
/// begins with a drive (`C:`) or holds a backslash, which parts a path on Windows.
fn parts(relative: &str) -> Option<Vec<&str>> {
    if relative.starts_with('/') {
        return None;
    }
    let drive = |part: &str| part.len() > 1 && part.as_bytes()[0].is_ascii_alphabetic() && part.as_bytes()[1] == b':';
    let parts: Vec<&str> = relative.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    let sound = parts.iter().all(|p| *p != ".." && !drive(p) && !p.contains(['\\', '\0']));
    sound.then_some(parts)
}

/// Joins a stored relative path; `None` when it would lead out of `folder`.
pub(super) fn join(folder: &Path, relative: &str) -> Option<PathBuf> {
    Some(parts(relative)?.into_iter().fold(folder.to_path_buf(), |path, part| path.join(part)))
}

/// `path` below `folder` with `/` between parts; empty when they are the same. `None` for what a project cannot store: a path outside, a
/// name that is not UTF-8, or one with a backslash or like a drive.
pub(super) fn relative_to(folder: &Path, path: &Path) -> Option<String> {
    let names = path.strip_prefix(folder).ok()?.components().map(|c| c.as_os_str().to_str());
    let stored = names.collect::<Option<Vec<_>>>()?.join("/");
    parts(&stored).is_some().then_some(stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_paths_stay_below_their_root() {
        let at = |relative: &str| join(Path::new("/data"), relative);
        for (relative, path) in
            [("", "/data"), ("a/b.nii", "/data/a/b.nii"), ("a//./b", "/data/a/b"), ("..a/b..", "/data/..a/b.."), ("é:x", "/data/é:x")]
        {
            assert_eq!(at(relative), Some(path.into()), "{relative}");
        }
        for relative in [
            "..",
            "a/..",
            "a/../../b",
            "../secret",
            "/etc/passwd",
            "//host/x",
            "C:",
            "C:/x",
            "a/C:",
            "a/c:x",
            "a\\b",
            "..\\x",
            "\\\\h\\x",
            "a\0b",
        ] {
            assert_eq!(at(relative), None, "{relative}");
        }
        assert_eq!(relative_to(Path::new("/d"), Path::new("/d/x/y")).as_deref(), Some("x/y"));
        assert_eq!(relative_to(Path::new("/d"), Path::new("/e/x")), None);
        assert_eq!(relative_to(Path::new("/d"), Path::new("/d/a\\b.nii")), None);
    }
}
