//! Label maps: one file with names, or a folder with one file per structure.
//!
//! Names and colours of a single file come from a table beside it ([`sidecar`]) or else from its header extension ([`caret`]); labels
//! that nothing names are `label N`. In a folder every file is one structure named after the file, and any voxel that is not zero
//! belongs to it; structures that overlap lie in different layers.

pub mod caret;
mod error;
mod folder;
pub mod sidecar;

pub use error::LabelsError;
pub(crate) use folder::same_grid;

use super::Watch;
use super::nifti::{self, LoadOptions};
use crate::volume::{LabelName, LabelSet};
use std::path::Path;

/// Reads the labels of a file or a folder.
///
/// Errors name the file, and for a broken table the line. Cancelling gives [`LabelsError::Cancelled`].
pub fn read_labels(path: &Path, opts: &LoadOptions, watch: &dyn Watch) -> Result<LabelSet, LabelsError> {
    if path.is_dir() { folder::read(path, opts, watch) } else { read_file(path, opts, watch) }
}

/// A name for a value, before it is known in which layer it lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub value: u16,
    pub name: String,
    /// sRGB.
    pub color: Option<[u8; 3]>,
}

fn read_file(path: &Path, opts: &LoadOptions, watch: &dyn Watch) -> Result<LabelSet, LabelsError> {
    let mut warnings = Vec::new();
    let beside = sidecar::find(path, &mut warnings)?; // first: a broken table should not cost a long read
    let file = nifti::read_label_layer(path, opts, watch)?;
    warnings.extend(file.warnings);
    let entries = beside.unwrap_or_else(|| {
        let texts = file.extensions.iter().filter_map(|e| caret::parse(&e.content, &mut warnings));
        texts.flatten().collect()
    });
    let names = entries.into_iter().map(|e| LabelName { layer: 0, value: e.value, name: e.name, color: e.color }).collect();
    Ok(LabelSet::counted(vec![(file.layer, file.counts)], names, warnings))
}
