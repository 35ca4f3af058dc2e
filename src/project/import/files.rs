//! Images and masks: folders searched recursively and matched to cases by name, exactly.
//!
//! The name of a case is the last part of its id without `.nii.gz`, `.nii`, `.npy`, `.npz`, `.hdr` or `.img`. An image is `NAME.nii.gz`, `NAME.nii` or
//! `NAME.hdr`, or `ct.nii.gz` in a folder called NAME. Masks are one file `NAME.nii.gz` or `NAME_seg.nii.gz` (see [`MASK_ENDINGS`]), or a
//! folder of one file per structure: `NAME/segmentations/`, `NAME/` or `NAME_seg/`. Two candidates for one case are named and left alone.

use super::{ImportError, ImportRequest, Run, stop_if_cancelled};
use crate::formats::case::first_outside;
use crate::formats::{Watch, held};
use crate::project::roots::{join, relative_to};
use crate::project::{Project, ProjectError};
use rusqlite::{OptionalExtension, params};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// What may follow the case's name in the name of its masks.
pub const MASK_ENDINGS: &[&str] =
    &["_seg", "_mask", "_masks", "_label", "_labels", "_segmentation", "_segmentations", "-seg", "-mask", "-labels"];
const NIFTI: &[&str] = &[".nii.gz", ".nii", ".hdr"];
const CASE_ENDINGS: &[&str] = &[".nii.gz", ".nii", ".npy", ".npz", ".hdr", ".img"];
const MAX_DEPTH: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Image,
    Masks,
}

/// A folder (or file) the user named, and what it holds that could belong to a case.
pub(super) struct Place {
    role: Role,
    /// As the user wrote it.
    given: PathBuf,
    /// Absolute.
    folder: PathBuf,
    /// Case name → absolute paths.
    candidates: BTreeMap<String, Vec<PathBuf>>,
    /// Image-like files, for the list of what matched nothing.
    files: Vec<PathBuf>,
}

/// A data root as known before the import.
struct KnownRoot {
    id: i64,
    name: String,
    folder: Option<PathBuf>,
}

/// Places and the roots they may fall under.
pub(super) struct Places {
    places: Vec<Place>,
    roots: Vec<KnownRoot>,
    project_folder: PathBuf,
}

/// Looks through every folder of the request.
pub(super) fn scan(project: &Project, request: &ImportRequest, watch: &dyn Watch) -> Result<Places, ImportError> {
    let mut places = Vec::new();
    for (role, paths) in [(Role::Image, &request.images), (Role::Masks, &request.masks)] {
        for path in paths {
            places.push(Place::scan(role, path, watch)?);
        }
    }
    let mut roots = Vec::new();
    let ids = || -> rusqlite::Result<Vec<(i64, String)>> {
        project.conn.prepare("SELECT id, name FROM roots ORDER BY id")?.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect()
    };
    for (id, name) in ids().map_err(ProjectError::sql(&project.path))? {
        let folder = project.root_folder(&name)?.filter(|f| f.is_dir()).and_then(|f| f.canonicalize().ok());
        roots.push(KnownRoot { id, name, folder });
    }
    Ok(Places { places, roots, project_folder: project.folder() })
}

impl Place {
    fn scan(role: Role, given: &Path, watch: &dyn Watch) -> Result<Self, ImportError> {
        let io = |source| ImportError::Io { path: given.to_path_buf(), source };
        let full = given.canonicalize().map_err(io)?;
        held::check(&full).map_err(io)?;
        let single = full.is_file();
        let folder = if single { full.parent().map(Path::to_path_buf).unwrap_or_default() } else { full.clone() };
        let mut place = Self { role, given: given.to_path_buf(), folder, candidates: BTreeMap::new(), files: Vec::new() };
        if single {
            if ending(&full, NIFTI).is_some() {
                place.file(&full);
            }
            place.files = vec![full];
        } else {
            place.walk(&full, &mut HashSet::new(), 0, watch)?;
        }
        Ok(place)
    }

    /// Entries in order of name; hidden ones are passed over, and a folder reached twice through links is read once.
    fn walk(&mut self, folder: &Path, seen: &mut HashSet<PathBuf>, depth: usize, watch: &dyn Watch) -> Result<(), ImportError> {
        stop_if_cancelled(watch)?;
        let io = |source| ImportError::Io { path: folder.to_path_buf(), source };
        if depth > MAX_DEPTH || !seen.insert(folder.canonicalize().map_err(io)?) {
            return Ok(());
        }
        let entries = std::fs::read_dir(folder).map_err(io)?.collect::<std::io::Result<Vec<_>>>().map_err(io)?;
        let mut paths: Vec<PathBuf> = entries.into_iter().map(|e| e.path()).filter(|p| !name_of(p).starts_with('.')).collect();
        paths.sort();
        let nifti: Vec<&PathBuf> = paths.iter().filter(|p| ending(p, NIFTI).is_some() && p.is_file()).collect();
        nifti.iter().try_for_each(|p| held::check(p).map_err(|source| ImportError::Io { path: p.to_path_buf(), source }))?;
        if self.role == Role::Masks && !nifti.is_empty() && self.structures(folder, &nifti) {
            return Ok(());
        }
        for path in nifti {
            self.file(path);
        }
        for path in paths.iter().filter(|p| p.is_dir()) {
            self.walk(path, seen, depth + 1, watch)?;
        }
        Ok(())
    }

    /// Takes `folder` as a folder of structures when its name says so. True when its files are none of a case's own.
    fn structures(&mut self, folder: &Path, nifti: &[&PathBuf]) -> bool {
        let has_ct = nifti.iter().any(|p| is_ct(p));
        match name_of(folder).as_str() {
            "segmentations" => {
                let parent = folder.parent().map(name_of).unwrap_or_default();
                self.candidate(without_mask_ending(&parent), folder);
                true
            }
            // A folder that also holds a CT or a folder `segmentations` is a case's folder, not its masks.
            _ if has_ct || folder.join("segmentations").is_dir() => false,
            name => {
                self.candidate(without_mask_ending(name), folder);
                false
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let Some(stem) = ending(path, NIFTI).map(str::to_owned) else { return };
        let parent = path.parent().map(name_of).unwrap_or_default();
        match self.role {
            Role::Image if is_ct(path) => {
                self.candidate(&stem, path);
                self.candidate(&parent, path);
            }
            Role::Image => self.candidate(&stem, path),
            Role::Masks => {
                self.candidate(&stem, path);
                if without_mask_ending(&stem) != stem {
                    self.candidate(without_mask_ending(&stem), path);
                }
            }
        }
        self.files.push(path.to_path_buf());
    }

    fn candidate(&mut self, case: &str, path: &Path) {
        let list = self.candidates.entry(case.to_owned()).or_default();
        // A path is named twice only in a row (`ct/ct.nii.gz`): each folder is walked once.
        if list.last().is_none_or(|last| last != path) {
            list.push(path.to_path_buf());
        }
    }
}

impl Run<'_> {
    /// Records what matches. Returns roots that must be remembered on this machine.
    pub(super) fn places(&mut self, mut places: Places) -> Result<Vec<(String, PathBuf)>, ImportError> {
        if places.places.is_empty() {
            return Ok(Vec::new());
        }
        let mut new_roots = Vec::new();
        let cases = self.cases_by_name()?;
        let mut used: HashSet<PathBuf> = HashSet::new();
        let list = std::mem::take(&mut places.places);
        for place in &list {
            self.place(place, &mut places, &cases, &mut used, &mut new_roots)?;
        }
        for place in list.iter().filter(|p| !p.given.is_file()) {
            stop_if_cancelled(self.watch)?;
            self.list_strangers(place, &cases, &used);
        }
        Ok(new_roots)
    }

    /// Files of a folder that belong to no case: neither they nor a folder above them is used or stands for one.
    fn list_strangers(&mut self, place: &Place, cases: &HashMap<String, Vec<(i64, String)>>, used: &HashSet<PathBuf>) {
        let named: HashSet<&Path> =
            place.candidates.iter().filter(|(name, _)| cases.contains_key(*name)).flat_map(|(_, c)| c).map(PathBuf::as_path).collect();
        let strange = |p: &&PathBuf| !named.contains(p.as_path()) && !p.ancestors().any(|above| used.contains(above));
        for file in place.files.iter().filter(strange) {
            self.unmatched(file, None, "no case has this name; left alone".into(), false);
        }
    }

    fn cases_by_name(&self) -> Result<HashMap<String, Vec<(i64, String)>>, ImportError> {
        let read = || -> rusqlite::Result<Vec<(i64, String)>> {
            self.tx.prepare("SELECT id, case_id FROM cases ORDER BY id")?.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect()
        };
        let mut out: HashMap<String, Vec<(i64, String)>> = HashMap::new();
        for (id, case) in read().map_err(self.sql())? {
            out.entry(case_stem(&case).to_owned()).or_default().push((id, case));
        }
        Ok(out)
    }

    fn place(
        &mut self,
        place: &Place,
        places: &mut Places,
        cases: &HashMap<String, Vec<(i64, String)>>,
        used: &mut HashSet<PathBuf>,
        new_roots: &mut Vec<(String, PathBuf)>,
    ) -> Result<(), ImportError> {
        let mut root: Option<(i64, PathBuf)> = None;
        let (mut any, mut linked) = (false, false);
        for (name, paths) in &place.candidates {
            stop_if_cancelled(self.watch)?;
            let Some(matching) = cases.get(name) else { continue };
            // The case's image, of this import or an earlier one, is no mask of it.
            let image = if place.role == Role::Masks { self.image_of(&matching[0], places)? } else { None };
            let paths: Vec<&PathBuf> = paths.iter().filter(|p| image.as_ref() != Some(*p)).collect();
            let (path, case) = match (paths.as_slice(), matching.as_slice()) {
                ([], _) => continue,
                ([path], [case]) => (*path, case),
                ([path], _) => {
                    let ids: Vec<&str> = matching.iter().map(|(_, id)| id.as_str()).collect();
                    self.unmatched(path, None, format!("the name fits several cases: {}", ids.join(", ")), true);
                    continue;
                }
                (several, _) => {
                    let others: Vec<String> = several[1..].iter().take(5).map(|p| p.display().to_string()).collect();
                    let more = if several.len() > 6 { format!(" and {} more", several.len() - 6) } else { String::new() };
                    let why = format!("case '{}' has several candidates: also {}{more}", matching[0].1, others.join(", "));
                    self.unmatched(several[0], None, why, true);
                    any = true;
                    continue;
                }
            };
            any = true;
            used.insert(path.clone());
            let (root_id, base) = match &root {
                Some(known) => known,
                None => root.insert(self.root_for(&place.folder, places, new_roots)?),
            };
            let Some(relative) = relative_to(base, path) else {
                self.unmatched(
                    path,
                    None,
                    "its name is not UTF-8 or holds a backslash or a drive, or it lies outside the folder".into(),
                    true,
                );
                continue;
            };
            self.record(place.role, case, *root_id, &relative, path, places)?;
            linked = linked || first_outside(path, &places.project_folder).is_some();
        }
        if let Some((id, base)) = root.filter(|_| linked)
            && let Some(known) = places.roots.iter().find(|r| r.id == id)
        {
            new_roots.push((known.name.clone(), base)); // whoever imports links that lead elsewhere trusts them, on this machine
        }
        if !any {
            let what = if place.role == Role::Image { "image" } else { "mask" };
            let why = format!("holds no {what} named like a case of the project ({} NIfTI files seen)", place.files.len());
            self.unmatched(&place.given.clone(), None, why, true);
        }
        Ok(())
    }

    /// Where the image of a case is on this machine.
    fn image_of(&self, case: &(i64, String), places: &Places) -> Result<Option<PathBuf>, ImportError> {
        let Some((root, relative)) = self.recorded(Role::Image, case.0)? else { return Ok(None) };
        let folder = places.roots.iter().find(|r| r.id == root).and_then(|r| r.folder.clone());
        Ok(folder.and_then(|f| join(&f, &relative)?.canonicalize().ok()))
    }

    /// The root a folder falls under: a known one that holds it, a known name that is not found here, or a new one.
    fn root_for(&mut self, folder: &Path, places: &mut Places, new: &mut Vec<(String, PathBuf)>) -> Result<(i64, PathBuf), ImportError> {
        let holding = places.roots.iter().find_map(|r| r.folder.as_ref().filter(|f| folder.starts_with(f)).map(|f| (r.id, f.clone())));
        if let Some(known) = holding {
            return Ok(known);
        }
        let base = match name_of(folder) {
            n if n.is_empty() => "data".to_owned(),
            n => n,
        };
        let hint = relative_to(&places.project_folder, folder);
        // A root of this name that is nowhere on this machine is most likely this folder.
        if let Some(lost) = places.roots.iter_mut().find(|r| r.name == base && r.folder.is_none()) {
            lost.folder = Some(folder.to_path_buf());
            new.push((base, folder.to_path_buf()));
            return Ok((lost.id, folder.to_path_buf()));
        }
        let mut names = std::iter::once(base.clone()).chain((2..).map(|n| format!("{base}-{n}")));
        let name = names.find(|n| places.roots.iter().all(|r| r.name != *n)).unwrap_or(base);
        self.tx.execute("INSERT INTO roots (name, hint) VALUES (?1, ?2)", params![name, hint]).map_err(self.sql())?;
        let id = self.tx.last_insert_rowid();
        if hint.is_none() {
            new.push((name.clone(), folder.to_path_buf()));
        }
        places.roots.push(KnownRoot { id, name, folder: Some(folder.to_path_buf()) });
        Ok((id, folder.to_path_buf()))
    }

    /// Writes one file of a case, unless the case has another one that is there.
    fn record(
        &mut self,
        role: Role,
        case: &(i64, String),
        root: i64,
        relative: &str,
        path: &Path,
        places: &Places,
    ) -> Result<(), ImportError> {
        let had = self.recorded(role, case.0)?;
        let place_of = |(id, relative): &(i64, String)| {
            places.roots.iter().find(|r| r.id == *id).and_then(|r| r.folder.as_ref()).and_then(|f| join(f, relative))
        };
        let there = had.as_ref().and_then(place_of).filter(|p| p.exists());
        let counts = match (&had, there) {
            (Some((r, p)), _) if *r == root && p == relative => {
                self.write_place(role, case.0, root, relative)?; // proven from now on
                &mut self.report.unchanged
            }
            (Some(_), Some(old)) if old.canonicalize().ok() == path.canonicalize().ok() => &mut self.report.unchanged,
            (Some(_), Some(old)) => {
                self.unmatched(path, None, format!("case '{}' already has {}", case.1, old.display()), true);
                return Ok(());
            }
            (had, _) => {
                self.write_place(role, case.0, root, relative)?;
                if had.is_some() { &mut self.report.updated } else { &mut self.report.added }
            }
        };
        match role {
            Role::Image => counts.images += 1,
            Role::Masks => counts.masks += 1,
        }
        Ok(())
    }

    /// Root and path of a case's first image or of its masks.
    fn recorded(&self, role: Role, case: i64) -> Result<Option<(i64, String)>, ImportError> {
        let select = match role {
            Role::Image => "SELECT root, path FROM images WHERE case_ref = ?1 AND ord = 0",
            Role::Masks => "SELECT masks_root, masks_path FROM cases WHERE id = ?1 AND masks_root IS NOT NULL",
        };
        self.tx.query_row(select, [case], |r| Ok((r.get(0)?, r.get(1)?))).optional().map_err(self.sql())
    }

    fn write_place(&self, role: Role, case: i64, root: i64, relative: &str) -> Result<(), ImportError> {
        let write = match role {
            Role::Image => {
                "INSERT INTO images (case_ref, ord, root, path, proven) VALUES (?3, 0, ?1, ?2, 1)
                 ON CONFLICT (case_ref, ord) DO UPDATE SET root = excluded.root, path = excluded.path, proven = 1"
            }
            Role::Masks => "UPDATE cases SET masks_root = ?1, masks_path = ?2, masks_proven = 1 WHERE id = ?3",
        };
        self.tx.execute(write, params![root, relative, case]).map(drop).map_err(self.sql())
    }
}

fn name_of(path: impl AsRef<Path>) -> String {
    path.as_ref().file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// File name without the first of `endings` it has, whatever its case; `None` when it has none.
fn ending<'a>(path: &'a Path, endings: &[&str]) -> Option<&'a str> {
    strip(path.file_name()?.to_str()?, endings)
}

fn strip<'a>(name: &'a str, endings: &[&str]) -> Option<&'a str> {
    let cut = |e: &&str| name.len().checked_sub(e.len()).filter(|at| name.is_char_boundary(*at) && name[*at..].eq_ignore_ascii_case(e));
    endings.iter().find_map(cut).filter(|at| *at > 0).map(|at| &name[..at])
}

fn is_ct(path: &Path) -> bool {
    ending(path, NIFTI) == Some("ct")
}

fn without_mask_ending(name: &str) -> &str {
    strip(name, MASK_ENDINGS).unwrap_or(name)
}

/// The name of a case: last part of its id, without a file ending.
pub(super) fn case_stem(case: &str) -> &str {
    let last = case.rsplit(['/', '\\']).next().unwrap_or(case);
    strip(last, CASE_ENDINGS).unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_at_known_endings_only() {
        for (case, stem) in
            [("a/b/valid_1.nii.gz", "valid_1"), ("x.npy", "x"), ("s0011", "s0011"), ("v1.2.NII", "v1.2"), (".nii", ".nii"), ("é.nii", "é")]
        {
            assert_eq!(case_stem(case), stem);
        }
        assert_eq!(without_mask_ending("x_seg"), "x");
        assert_eq!(without_mask_ending("x_segment"), "x_segment");
    }
}
