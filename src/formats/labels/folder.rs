//! A folder with one file per structure, as TotalSegmentator writes (`segmentations/<structure>.nii.gz`).
//!
//! Files are read side by side, each streamed into one bit per voxel, so that 117 files never mean 117 volumes in memory. Then each
//! goes into the first layer on its grid where nothing of it is taken.

use super::{LabelsError, read_file};
use crate::formats::Watch;
use crate::formats::nifti::{self, LabelReader, LoadOptions};
use crate::space::Grid;
use crate::volume::{LabelLayer, LabelName, LabelSet, LabelVoxels};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Files read at the same time, at most.
const MOST_THREADS: usize = 8;
/// Corners of two grids this close, in voxels, are the same grid stored by different writers.
const SAME_GRID: f64 = 1e-3;

pub(super) fn read(folder: &Path, opts: &LoadOptions, watch: &dyn Watch) -> Result<LabelSet, LabelsError> {
    let files = structures(folder)?;
    if let [only] = &files[..] {
        return read_single(only, opts, watch);
    }
    if files.len() > usize::from(u16::MAX) {
        return Err(LabelsError::TooMany { path: folder.to_owned(), files: files.len() });
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let structures = files.len() as u16;
    let mut layers = Layers { folder, opts, structures, layers: Vec::new(), names: Vec::new(), warnings: Vec::new() };
    for (batch, paths) in files.chunks(threads).enumerate() {
        for (n, mask) in read_batch(paths, opts, watch)?.into_iter().enumerate() {
            layers.add(&paths[n], (batch * threads + n + 1) as u16, &mask)?;
        }
        watch.advance((batch * threads + paths.len()) as u64, files.len() as u64);
        if watch.cancelled() {
            return Err(LabelsError::Cancelled);
        }
    }
    Ok(LabelSet::new(layers.layers, layers.names, layers.warnings))
}

/// A folder with one file: a label map with several labels, or one structure named after its file.
fn read_single(path: &Path, opts: &LoadOptions, watch: &dyn Watch) -> Result<LabelSet, LabelsError> {
    let mut set = read_file(path, opts, watch)?;
    if let [label] = &set.table[..]
        && !label.has_name()
    {
        set.rename(0, nifti::stem(path).unwrap_or_default());
    }
    Ok(set)
}

/// The NIfTI files of a folder by name; those of its `segmentations` folder when it has none itself.
///
/// Errors when an entry that is named as a NIfTI file cannot be one: a structure that silently is not there would count as missing.
fn structures(folder: &Path) -> Result<Vec<PathBuf>, LabelsError> {
    let mut files = nifti_files(folder)?;
    let inner = folder.join("segmentations");
    if files.is_empty() && inner.is_dir() {
        files = nifti_files(&inner)?;
    }
    if files.is_empty() { Err(LabelsError::EmptyFolder(folder.to_owned())) } else { Ok(files) }
}

fn nifti_files(folder: &Path) -> Result<Vec<PathBuf>, LabelsError> {
    let io = |source| LabelsError::Io { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let plain = name.trim_end_matches(".gz");
        let second_half = plain.ends_with(".img"); // opened through its .hdr
        if name.starts_with('.') || second_half || ![".nii", ".hdr"].iter().any(|ending| plain.ends_with(ending)) {
            continue;
        }
        if let Some(why) = obstacle(&path) {
            return Err(LabelsError::Entry { path, why });
        }
        files.push(path);
    }
    files.sort();
    Ok(files)
}

/// Why an entry named as a NIfTI file cannot be read as one.
fn obstacle(path: &Path) -> Option<&'static str> {
    if nifti::stem(path).is_none() {
        return Some("the file's name is not UTF-8, so that no structure is named by it; rename the file");
    }
    match std::fs::metadata(path) {
        Err(_) => Some("the link leads to no file; fetch the file (git annex get, dvc pull) or remove the link"),
        Ok(meta) if !meta.is_file() => Some("this is no regular file; move it out of the folder of masks"),
        Ok(_) => None,
    }
}

/// Which voxels of a grid belong to a structure: a bit each, empty ends left out.
struct Mask {
    grid: Grid,
    /// Index of the first word that is kept.
    first: usize,
    words: Vec<u64>,
    several_values: bool,
    warnings: Vec<String>,
}

impl Mask {
    /// Offsets of the structure's voxels.
    fn voxels(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(move |(n, word)| {
            let base = (self.first + n) * 64;
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest.checked_sub(1)?;
                Some(base + bit)
            })
        })
    }
}

/// Stops the other files of a batch when one of them fails.
struct Shared<'a> {
    watch: &'a dyn Watch,
    failed: AtomicBool,
}

impl Watch for Shared<'_> {
    fn advance(&self, _done: u64, _total: u64) {} // progress counts files
    fn cancelled(&self) -> bool {
        self.failed.load(Ordering::Relaxed) || self.watch.cancelled()
    }
}

/// Reads a few files at once. The error is that of the file that failed, not of those stopped because of it.
fn read_batch(paths: &[PathBuf], opts: &LoadOptions, watch: &dyn Watch) -> Result<Vec<Mask>, LabelsError> {
    let shared = Shared { watch, failed: AtomicBool::new(false) };
    let read = |path: &Path| {
        let result = read_mask(path, opts, &shared);
        if result.is_err() {
            shared.failed.store(true, Ordering::Relaxed);
        }
        result
    };
    let results: Vec<Result<Mask, LabelsError>> = std::thread::scope(|scope| {
        let start = |path| std::thread::Builder::new().name("read-mask".to_owned()).spawn_scoped(scope, move || read(path));
        let handles: Vec<_> = paths.iter().map(|path| (path, start(path))).collect();
        let join = |(path, handle): (&PathBuf, std::io::Result<std::thread::ScopedJoinHandle<'_, _>>)| match handle {
            Ok(handle) => handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(source) => Err(LabelsError::Io { path: path.clone(), source }),
        };
        handles.into_iter().map(join).collect()
    });
    let mut masks = Vec::with_capacity(results.len());
    let mut stopped = false;
    for result in results {
        match result {
            Ok(mask) => masks.push(mask),
            Err(LabelsError::Cancelled) => stopped = true,
            Err(other) => return Err(other),
        }
    }
    if stopped { Err(LabelsError::Cancelled) } else { Ok(masks) }
}

fn read_mask(path: &Path, opts: &LoadOptions, watch: &dyn Watch) -> Result<Mask, LabelsError> {
    let mut reader = LabelReader::open(path, opts)?;
    let grid = reader.grid();
    if grid.len() as u64 / 8 > opts.memory_budget {
        return Err(LabelsError::Memory { path: path.to_owned(), layers: 1 });
    }
    let mut words = vec![0u64; grid.len().div_ceil(64)];
    let (mut value, mut several_values) = (0, false);
    reader.read(watch, |start, labels| {
        for (n, run) in labels.chunks(64).enumerate() {
            if run.iter().fold(0, |any, v| any | v) == 0 {
                continue;
            }
            let at = start + n * 64;
            for (bit, v) in run.iter().enumerate().filter(|(_, v)| **v != 0) {
                words[(at + bit) / 64] |= 1 << ((at + bit) % 64);
                several_values |= value != 0 && value != *v;
                value = *v;
            }
        }
    })?;
    let first = words.iter().position(|w| *w != 0).unwrap_or(words.len());
    let end = words.iter().rposition(|w| *w != 0).map_or(first, |last| last + 1);
    let words = words[first..end].to_vec();
    Ok(Mask { grid, first, words, several_values, warnings: reader.warnings().to_vec() })
}

/// The label set under construction.
struct Layers<'a> {
    folder: &'a Path,
    opts: &'a LoadOptions,
    /// Their number, and so the largest label.
    structures: u16,
    layers: Vec<LabelLayer>,
    names: Vec<LabelName>,
    warnings: Vec<String>,
}

impl Layers<'_> {
    fn add(&mut self, path: &Path, value: u16, mask: &Mask) -> Result<(), LabelsError> {
        let name = nifti::stem(path).unwrap_or_default();
        if mask.several_values {
            self.warnings.push(format!("{name}: the file holds several values; all that are not 0 are taken as one structure"));
        }
        for warning in &mask.warnings {
            let known = self.warnings.iter().any(|w| w.ends_with(warning.as_str()));
            if !known {
                self.warnings.push(format!("{name}: {warning}")); // once: the files of a folder tend to share it
            }
        }
        let free = |layer: &LabelLayer| same_grid(&layer.grid, &mask.grid) && mask.voxels().all(|at| layer.voxels.at(at) == 0);
        let layer = match self.layers.iter().position(free) {
            Some(layer) => layer,
            None => self.new_layer(mask.grid)?,
        };
        for at in mask.voxels() {
            self.layers[layer].voxels.set(at, value);
        }
        self.names.push(LabelName { layer, value, name, color: None });
        Ok(())
    }

    fn new_layer(&mut self, grid: Grid) -> Result<usize, LabelsError> {
        let held: u64 = self.layers.iter().map(|l| l.voxels.bytes().len() as u64).sum();
        let width = if self.structures > u16::from(u8::MAX) { 2 } else { 1 };
        if held + grid.len() as u64 * width > self.opts.memory_budget {
            return Err(LabelsError::Memory { path: self.folder.to_owned(), layers: self.layers.len() + 1 });
        }
        let io = |source| LabelsError::Io { path: self.folder.to_owned(), source };
        self.layers.push(LabelLayer { grid, voxels: LabelVoxels::zeroed(grid.len(), self.structures).map_err(io)? });
        Ok(self.layers.len() - 1)
    }
}

/// The same voxels at the same places, as far as files can say.
pub(crate) fn same_grid(a: &Grid, b: &Grid) -> bool {
    let corners = b.corners().map(|p| a.affine.to_voxel(p).0);
    let own = a.corners().map(|p| a.affine.to_voxel(p).0);
    a.size == b.size && corners.iter().zip(own).all(|(p, q)| (*p - q).abs().max_element() < SAME_GRID)
}
