//! What can be wrong with a NIfTI file, in words that say what to do.

use crate::formats::regular::OpenError;
use std::path::{Path, PathBuf};

/// Why a NIfTI file was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum NiftiError {
    #[error("reading was cancelled")]
    Cancelled,
    #[error("{}: {problem}", path.display())]
    File { path: PathBuf, problem: Problem },
}

/// The problem itself, without the path.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("reading was cancelled")]
    Cancelled,
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("this is a folder; name the NIfTI file in it")]
    Folder,
    #[error("this is not a regular file")]
    NotAFile,
    #[error("the file is empty; copy or download it again")]
    Empty,
    #[error("the other half of a .hdr/.img pair is missing: expected {}", .0.display())]
    NoPartner(PathBuf),
    #[error("this is not NIfTI: the first four bytes give a header of {0} bytes, not 348 (NIfTI-1) or 540 (NIfTI-2)")]
    NotNifti(i32),
    #[error("this is Analyze 7.5, which does not say which side is left; convert it to NIfTI")]
    Analyze,
    #[error("unknown magic {0} in the header; expected n+1, ni1, n+2 or ni2")]
    Magic(String),
    #[error("the header ends after {0} bytes; the file is cut short")]
    ShortHeader(usize),
    #[error("dim[0] is {0}; it must be 1 to 7 (the header is damaged)")]
    Dimensions(i64),
    #[error("dim[{axis}] is {size}; sizes must be 1 or more (the header is damaged)")]
    Size { axis: usize, size: i64 },
    #[error("the declared size ({0}) is larger than any computer can address; the header is damaged")]
    Overflow(String),
    #[error("voxels are of type {name} (datatype {code}), which is not a CT or a label map; convert the file to an integer or float type")]
    Unsupported { name: &'static str, code: i16 },
    #[error("datatype {0} is not a NIfTI type; the header is damaged")]
    DataType(i16),
    #[error("vox_offset is {0}; {1}")]
    Offset(f64, &'static str),
    #[error(
        "holds {frames} volumes (dimensions {dims}); choose one frame, 0 to {} (--frame, for a CT), or save it to a file of its own",
        frames - 1
    )]
    NeedsFrame { frames: u64, dims: String },
    #[error("has no frame {frame}; frames are 0 to {}", frames - 1)]
    NoFrame { frame: usize, frames: u64 },
    #[error("declares {declared} of data but the file can hold at most {available}; it is cut short or the header is damaged")]
    TooLargeForFile { declared: Bytes, available: Bytes },
    #[error("needs {needed} of memory and the limit is {budget}; resample the file or use a machine with more memory")]
    TooLargeForMemory { needed: Bytes, budget: Bytes },
    #[error("ends after {got} of {expected} of data; copy or download it again")]
    Truncated { got: Bytes, expected: Bytes },
    #[error("the gzip stream ends before its end marker; copy or download the file again")]
    GzipTruncated,
    #[error("the gzip stream is damaged ({0}); copy or download the file again")]
    GzipDamaged(String),
    #[error("the gzip checksum is {found:08x} but the data give {computed:08x}; copy or download the file again")]
    GzipChecksum { found: u32, computed: u32 },
    #[error("the gzip length is {found} but {computed} bytes were unpacked (modulo 2^32); copy or download the file again")]
    GzipLength { found: u32, computed: u32 },
    #[error("unpacks to far more than its header declares ({declared}); it may be a gzip bomb or the header is damaged")]
    Overlong { declared: Bytes },
    #[error("the {form} cannot be used: {why}")]
    Affine { form: &'static str, why: String },
    #[error("voxel {index} has the value {value}, which is no label: {why}")]
    Label { index: usize, value: f64, why: &'static str },
    #[error("cannot be written: {0}")]
    Write(String),
}

impl From<OpenError> for Problem {
    fn from(e: OpenError) -> Self {
        match e {
            OpenError::Folder => Problem::Folder,
            OpenError::NotRegular => Problem::NotAFile,
            other => Problem::Io(other.into()),
        }
    }
}

impl Problem {
    /// Names the file.
    pub(super) fn at(self, path: &Path) -> NiftiError {
        match self {
            Problem::Cancelled => NiftiError::Cancelled,
            problem => NiftiError::File { path: path.to_owned(), problem },
        }
    }
}

/// A number of bytes, shown with a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u128);

impl std::fmt::Display for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
        if self.0 < 10_240 {
            return write!(f, "{} bytes", self.0);
        }
        let mut value = self.0 as f64 / 1024.0;
        let mut unit = 0;
        while value >= 1024.0 && unit + 1 < UNITS.len() {
            value /= 1024.0;
            unit += 1;
        }
        write!(f, "{value:.1} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_counts_read_well() {
        assert_eq!(Bytes(348).to_string(), "348 bytes");
        assert_eq!(Bytes(300 << 20).to_string(), "300.0 MiB");
        assert_eq!(Bytes(54_000_000_000_000).to_string(), "49.1 TiB");
    }
}
