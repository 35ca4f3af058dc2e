//! Where a command may write a file: a new name, or that of an earlier file of the same kind. Never over a project, a volume, a link or a
//! device, and whole or not at all.

use super::leftovers::Claim;
use super::{regular, small};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Why a file was not written. Each message names the file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    #[error("{} is a folder; give a file name", .0.display())]
    IsFolder(PathBuf),
    #[error("{} is not a folder; make it first", .0.display())]
    NoFolder(PathBuf),
    #[error("{} is not a regular file and is not replaced; choose another name", .0.display())]
    NotRegular(PathBuf),
    #[error("{} exists and is no {kind}; it is not replaced, choose another name", path.display())]
    Foreign { path: PathBuf, kind: &'static str },
    #[error("{} could not be written: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
}

/// What tells an earlier file of the same kind.
#[derive(Clone, Debug)]
pub enum Kind {
    Png,
    /// Written by this program.
    Parquet,
    /// With this first line.
    Csv(String),
    /// JSON lines that begin so.
    Lines(&'static str),
}

/// Bytes at the start or the end of a file that tell its kind.
const ENOUGH: usize = 64 << 10;

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Kind::Png => "PNG",
            Kind::Parquet => "Parquet file of this program",
            Kind::Csv(_) => "table of this program with the same columns",
            Kind::Lines(_) => "file of generated items",
        }
    }

    fn is(&self, start: &[u8], end: &[u8]) -> bool {
        match self {
            Kind::Png => start.starts_with(b"\x89PNG\r\n\x1a\n"),
            Kind::Parquet => start.starts_with(b"PAR1") && end.windows(9).any(|w| w == b"voxaudit "),
            Kind::Csv(header) => start.split(|b| *b == b'\n').next().is_some_and(|line| line.trim_ascii_end() == header.as_bytes()),
            Kind::Lines(begin) => start.starts_with(begin.as_bytes()),
        }
    }
}

/// Says, before long work, whether [`write`] could write `out`. An empty file counts as none.
pub fn check(out: &Path, kind: &Kind) -> Result<(), TargetError> {
    folder_of(out)?;
    let Ok(meta) = std::fs::symlink_metadata(out) else { return Ok(()) };
    if !meta.is_file() {
        return Err(TargetError::NotRegular(out.to_owned()));
    }
    let (start, end) = ends(out, meta.len()).map_err(|source| TargetError::Write { path: out.to_owned(), source })?;
    if start.is_empty() || kind.is(&start, &end) { Ok(()) } else { Err(TargetError::Foreign { path: out.to_owned(), kind: kind.name() }) }
}

fn ends(path: &Path, length: u64) -> std::io::Result<(Vec<u8>, Vec<u8>)> {
    let (mut start, mut end) = (Vec::new(), Vec::new());
    let (mut file, _) = regular::open(path)?;
    file.by_ref().take(ENOUGH as u64).read_to_end(&mut start)?;
    file.seek(SeekFrom::Start(length.saturating_sub(ENOUGH as u64)))?;
    file.read_to_end(&mut end)?;
    Ok((start, end))
}

/// Lets `fill` write a file beside `out` and renames it, so that a half-written file never bears the name.
///
/// Errors as [`check`], or when the disk refuses.
pub fn write(out: &Path, kind: &Kind, fill: impl FnOnce(&Path) -> std::io::Result<()>) -> Result<(), TargetError> {
    check(out, kind)?;
    let failed = |source| TargetError::Write { path: out.to_owned(), source };
    small::tidy(out);
    let claim = (0..1000).find_map(|n| Claim::beside(out, &format!("new{n}"))).ok_or_else(|| failed(ErrorKind::ResourceBusy.into()))?;
    let written = fill(claim.path()).and_then(|()| std::fs::rename(claim.path(), out));
    if written.is_err() {
        let _ = std::fs::remove_file(claim.path()); // may never have been made
    }
    written.map_err(failed)
}

/// The folder the file goes to, which must exist.
fn folder_of(out: &Path) -> Result<PathBuf, TargetError> {
    let folder = match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    match (out.is_dir(), folder.is_dir()) {
        (true, _) => Err(TargetError::IsFolder(out.to_owned())),
        (false, false) => Err(TargetError::NoFolder(folder.to_owned())),
        (false, true) => Ok(folder.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_of_the_same_kind_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let ct = folder.path().join("ct.nii.gz");
        std::fs::write(&ct, b"\x1f\x8b voxels").unwrap();
        let table = Kind::Csv("case,name".to_owned());
        for kind in [Kind::Png, Kind::Parquet, table.clone(), Kind::Lines("{\"case_id\"")] {
            assert!(matches!(check(&ct, &kind), Err(TargetError::Foreign { .. })), "{kind:?}");
            assert!(write(&ct, &kind, |beside| std::fs::write(beside, b"new")).is_err());
        }
        assert!(std::fs::read(&ct).unwrap().starts_with(b"\x1f\x8b"));
        let csv = folder.path().join("t.csv");
        for text in ["case,name\r\na,b\r\n", "case,name\r\nc,d\r\n"] {
            write(&csv, &table, |beside| std::fs::write(beside, text)).unwrap();
        }
        assert!(std::fs::read_to_string(&csv).unwrap().contains("c,d"));
        assert!(check(&csv, &Kind::Csv("case,a,b".to_owned())).is_err(), "a table of other columns");
        assert!(write(&csv, &table, |_| Err(std::io::ErrorKind::StorageFull.into())).is_err());
        assert!(std::fs::read_to_string(&csv).unwrap().contains("c,d"), "what was there stays");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside");
    }

    #[test]
    fn names_that_cannot_be_written_are_said() {
        let folder = tempfile::tempdir().unwrap();
        assert!(check(&folder.path().join("new.png"), &Kind::Png).is_ok());
        assert!(check(&folder.path().join("no/such.png"), &Kind::Png).unwrap_err().to_string().contains("make it first"));
        assert!(check(folder.path(), &Kind::Png).unwrap_err().to_string().contains("is a folder"));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.csv"), folder.path().join("link.csv"));
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let error = write(&link, &Kind::Csv("a".to_owned()), |beside| std::fs::write(beside, "a\n")).unwrap_err();
        assert!(error.to_string().contains("not a regular file") && !real.exists());
    }
}
