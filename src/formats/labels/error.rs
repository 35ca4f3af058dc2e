//! What can be wrong with label files.

use crate::formats::nifti::NiftiError;
use std::path::PathBuf;

/// Why labels were not read.
#[derive(Debug, thiserror::Error)]
pub enum LabelsError {
    #[error("reading was cancelled")]
    Cancelled,
    #[error(transparent)]
    Nifti(NiftiError),
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{}: the folder holds no NIfTI file; name a label map or a folder with one file per structure", .0.display())]
    EmptyFolder(PathBuf),
    #[error("{}: {why}", path.display())]
    Entry { path: PathBuf, why: &'static str },
    #[error("{}: {files} structures; at most 65,535 can be told apart", path.display())]
    TooMany { path: PathBuf, files: usize },
    #[error("{}: overlapping structures need {layers} layers, more memory than the limit; use fewer structures or a machine with more memory", path.display())]
    Memory { path: PathBuf, layers: usize },
    #[error("{}, line {line}: {problem}; mend the label table or move it away", path.display())]
    Table { path: PathBuf, line: u64, problem: String },
}

impl From<NiftiError> for LabelsError {
    fn from(e: NiftiError) -> Self {
        match e {
            NiftiError::Cancelled => LabelsError::Cancelled,
            other => LabelsError::Nifti(other),
        }
    }
}
