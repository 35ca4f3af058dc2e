//! NIfTI-1 and NIfTI-2: CT volumes and label maps in, phantoms and fixtures out.
//!
//! Guarantees: a declared size is checked against the file and against [`LoadOptions::memory_budget`] before anything is allocated;
//! voxels are unpacked once into their final buffer, byte-swapped and scaled there; the gzip checksum is verified; every oddity that
//! does not stop reading is a warning. The `nifti` crate is a peer in tests only: it knows NIfTI-1 alone, panics on some headers, and its voxel path has other
//! faults. Not done: RGB, complex and 128-bit types (refused by name), several frames at once, Analyze 7.5.

mod error;
mod header;
mod orientation;
mod read;
mod stream;
mod voxels;
mod write;

pub use error::{Bytes, NiftiError, Problem};
pub use header::DataType;
pub use read::{Extension, LabelFile, LabelReader, read_label_layer, read_volume};
pub use write::{NiftiImage, Values, Version, WriteOptions, write};

/// What a reader may use and which part of a file is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadOptions {
    /// Most bytes of voxel memory for one file.
    pub memory_budget: u64,
    /// Which volume of a 4D file, from 0.
    pub frame: Option<usize>,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self { memory_budget: physical_memory() / 4 * 3, frame: None }
    }
}

/// Bytes of memory this process may have: the machine's or its container's, whichever is less; 8 GiB where the system does not say.
pub fn physical_memory() -> u64 {
    let machine = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|l| l.strip_prefix("MemTotal:"))?;
        line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kib| kib * 1024)
    });
    let container = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    machine.unwrap_or(8 << 30).min(container.unwrap_or(u64::MAX))
}

/// A file name without `.nii`, `.nii.gz`, `.hdr`, `.img`, …; `None` when it is not NIfTI by name.
pub fn stem(path: &std::path::Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let lower = name.to_ascii_lowercase();
    let plain = lower.strip_suffix(".gz").unwrap_or(&lower);
    let stem = [".nii", ".hdr", ".img"].iter().find_map(|ending| plain.strip_suffix(ending))?;
    name.get(..stem.len()).map(str::to_owned)
}
