//! A case as the viewer needs it: the CT and its labels, loaded and held against each other.

use super::Watch;
use super::labels::{self, LabelsError, same_grid};
use super::nifti::{self, LoadOptions, NiftiError};
use crate::space::RasBox;
use crate::volume::{LabelSet, Volume};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// Where a case's files are; any of them may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseFiles {
    pub image: Option<PathBuf>,
    /// A label map or a folder of one file per structure.
    pub masks: Option<PathBuf>,
}

/// What was read. `warnings` holds those of the volume, of the labels and of the two together.
#[derive(Clone, Debug, Default)]
pub struct LoadedCase {
    pub volume: Option<Arc<Volume>>,
    pub labels: Option<Arc<LabelSet>>,
    pub warnings: Vec<String>,
}

/// Why a case was not read.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    #[error("reading was cancelled")]
    Cancelled,
    #[error(transparent)]
    Image(NiftiError),
    #[error(transparent)]
    Masks(LabelsError),
    #[error(
        "{}: the mask ({mask}) lies wholly outside the CT ({ct}); it belongs to another volume, or one of the two has lost its position",
        path.display()
    )]
    Outside { path: PathBuf, mask: Box<RasBox>, ct: Box<RasBox> },
}

impl From<NiftiError> for CaseError {
    fn from(e: NiftiError) -> Self {
        if matches!(e, NiftiError::Cancelled) { CaseError::Cancelled } else { CaseError::Image(e) }
    }
}

impl From<LabelsError> for CaseError {
    fn from(e: LabelsError) -> Self {
        if matches!(e, LabelsError::Cancelled) { CaseError::Cancelled } else { CaseError::Masks(e) }
    }
}

/// Reads the CT, then the masks.
///
/// Errors are those of either, or that they do not meet in space. `opts.frame` is for the CT only.
pub fn load(files: &CaseFiles, opts: &LoadOptions, watch: &dyn Watch) -> Result<LoadedCase, CaseError> {
    let mut case = LoadedCase::default();
    if let Some(path) = &files.image {
        let volume = nifti::read_volume(path, opts, watch)?;
        case.warnings.extend(volume.warnings.iter().cloned());
        case.volume = Some(Arc::new(volume));
    }
    if let Some(path) = &files.masks {
        let (set, warnings) = load_masks(path, case.volume.as_deref(), opts, watch)?;
        case.warnings.extend(warnings);
        case.labels = Some(Arc::new(set));
    }
    Ok(case)
}

/// Reads masks and holds them against a CT that is there already; returns them with what a reader should know.
///
/// Errors as [`load`] does. `opts.frame` is not for masks and is left out.
pub fn load_masks(
    path: &Path,
    volume: Option<&Volume>,
    opts: &LoadOptions,
    watch: &dyn Watch,
) -> Result<(LabelSet, Vec<String>), CaseError> {
    let set = labels::read_labels(path, &LoadOptions { frame: None, ..*opts }, watch)?;
    let mut warnings: Vec<String> = set.warnings.iter().map(|w| format!("masks: {w}")).collect();
    if let Some(volume) = volume {
        warnings.extend(compare(volume, &set, path)?);
    }
    Ok((set, warnings))
}

/// The files that decide what is read at `path`: everything in a folder of masks; a file, its other half and a table beside it.
///
/// Errors when a folder cannot be listed.
pub fn belonging(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if path.is_dir() {
        for folder in [path.to_owned(), path.join("segmentations")].iter().filter(|f| f.is_dir()) {
            for entry in std::fs::read_dir(folder)? {
                let file = entry?.path();
                let hidden = file.file_name().is_none_or(|n| n.as_encoded_bytes().starts_with(b"."));
                found.extend((!hidden && file.is_file()).then_some(file));
            }
        }
        found.sort();
        return Ok(found);
    }
    found.push(path.to_owned());
    let stem = nifti::stem(path).unwrap_or_default();
    let endings = ["hdr", "img", "hdr.gz", "img.gz", "json", "csv", "tsv"];
    found.extend(endings.iter().map(|e| path.with_file_name(format!("{stem}.{e}"))).filter(|p| p != path && p.is_file()));
    Ok(found)
}

/// The first thing of what is read at `path` that lies outside of the folder `fence` once links are followed; what is missing is nowhere.
pub fn first_outside(path: &Path, fence: &Path) -> Option<PathBuf> {
    let outside = |p: &Path| p.canonicalize().is_ok_and(|real| !real.starts_with(fence));
    let folders = [path.to_owned(), path.join("segmentations")];
    if let Some(out) = folders.into_iter().find(|p| outside(p)) {
        return Some(out);
    }
    let links = |p: &PathBuf| p.is_symlink() && outside(p); // real files of a folder are where the folder is
    belonging(path).unwrap_or_default().into_iter().find(links)
}

/// Length and time of the files of a case, to see later whether they are still those that were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp(Vec<(PathBuf, Option<(u64, SystemTime)>)>);

impl Stamp {
    /// To be taken before the files are read.
    pub fn of(files: &CaseFiles) -> Self {
        let paths = [&files.image, &files.masks].into_iter().flatten().flat_map(|path| belonging(path).unwrap_or_default());
        Self(paths.map(|path| (path.clone(), dated(&path))).collect())
    }

    /// One of them was written since. A file that is gone was not: there is nothing else to be shown in its place.
    pub fn is_outdated(&self) -> bool {
        self.0.iter().any(|(path, before)| dated(path).is_some_and(|now| Some(now) != *before))
    }
}

fn dated(path: &Path) -> Option<(u64, SystemTime)> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.len(), found.modified().ok()?))
}

/// Share of the CT's box that the mask's box covers, 0…1.
fn covered(ct: &RasBox, mask: &RasBox) -> f64 {
    let common = (ct.max.0.min(mask.max.0) - ct.min.0.max(mask.min.0)).max(glam::DVec3::ZERO);
    common.element_product() / ct.size_mm().element_product().max(f64::MIN_POSITIVE)
}

/// Holds the grids of the labels against that of the CT.
fn compare(volume: &Volume, set: &LabelSet, path: &Path) -> Result<Vec<String>, CaseError> {
    let ct = volume.grid.bounds();
    let mut warnings = Vec::new();
    for layer in &set.layers {
        let mask = layer.grid.bounds();
        if !mask.intersects(&ct) {
            return Err(CaseError::Outside { path: path.to_owned(), mask: Box::new(mask), ct: Box::new(ct) });
        }
        if same_grid(&layer.grid, &volume.grid) {
            continue;
        }
        let slack = layer.grid.affine.spacing_mm().iter().sum::<f64>() / 3.0; // half a voxel or so of rounding is no news
        let inside = (mask.min.0 + slack).cmpge(ct.min.0).all() && (mask.max.0 - slack).cmple(ct.max.0).all();
        let where_ = if inside { "it is drawn through its own" } else { "part of it lies outside the CT" };
        let share = covered(&ct, &mask);
        let part = if share < 0.995 { format!("covers {:.0} % of the CT's field of view and ", share * 100.0) } else { String::new() };
        let warning = format!("masks: a mask {part}is on another grid than the CT; {where_} ({mask}; CT {ct})");
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    Ok(warnings)
}
