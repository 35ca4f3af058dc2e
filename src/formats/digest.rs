//! Digests of images: what a decision says was on screen.
//!
//! SHA-256 over the bytes of the file, or over the digests of its files where there are two (`.hdr` and `.img`). A digest is kept by the
//! file's device, inode, length and times, so that an image of a gigabyte is read once; a file that changes has another time.

use super::{Watch, nifti, regular, small};
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};

/// Digits of a digest.
const HEX: u64 = 64;

/// A folder of digests that are known.
#[derive(Clone, Debug)]
pub struct Digests(PathBuf);

impl Digests {
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The digest of the image at `path`, from the folder when it is known there.
    ///
    /// Errors when the file cannot be read or is no regular file, with [`io::ErrorKind::Interrupted`] when cancelled.
    pub fn of_image(&self, path: &Path, watch: &dyn Watch) -> io::Result<[u8; 32]> {
        let Some(name) = identity(path)? else { return of_image(path, watch) };
        let file = self.0.join(name);
        if let Some(known) = regular::read(&file, HEX).ok().and_then(|hex| from_hex(std::str::from_utf8(&hex).ok()?)) {
            return Ok(known);
        }
        let digest = of_image(path, watch)?;
        if identity(path)?.is_some_and(|now| self.0.join(now) == file) {
            let _ = small::write(&file, hex(&digest).as_bytes()); // a folder that cannot be written only costs time
        }
        Ok(digest)
    }
}

/// The digest of the image at `path`, read now.
///
/// Errors as [`Digests::of_image`] does.
pub fn of_image(path: &Path, watch: &dyn Watch) -> io::Result<[u8; 32]> {
    match files(path)?.as_slice() {
        [one] => of_file(one, watch),
        several => {
            let mut all = Sha256::new();
            several.iter().try_for_each(|file| of_file(file, watch).map(|digest| all.update(digest)))?;
            Ok(all.finalize().into())
        }
    }
}

/// The file, and its other half when it is one of `.hdr` and `.img`; the header comes first.
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let halves = [["hdr", "img"], ["hdr.gz", "img.gz"]];
    let is_half = halves.as_flattened().iter().any(|e| name.ends_with(&format!(".{e}")));
    let Some(stem) = nifti::stem(path).filter(|_| is_half) else { return Ok(vec![path.to_path_buf()]) };
    let mut found: Vec<PathBuf> = vec![path.to_path_buf()];
    found.extend(halves.as_flattened().iter().map(|e| path.with_file_name(format!("{stem}.{e}"))).filter(|p| p != path && p.is_file()));
    found.sort();
    Ok(found)
}

fn of_file(path: &Path, watch: &dyn Watch) -> io::Result<[u8; 32]> {
    regular::sha256(path, || !watch.cancelled())
}

/// A name that is another one as soon as a file is another one; `None` where the system does not tell files apart.
#[cfg(unix)]
fn identity(path: &Path) -> io::Result<Option<String>> {
    use std::os::unix::fs::MetadataExt;
    let mut all = Sha256::new();
    for file in files(path)? {
        let m = std::fs::metadata(&file)?;
        all.update(m.dev().to_le_bytes());
        all.update(m.ino().to_le_bytes());
        all.update(m.size().to_le_bytes());
        [m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec()].iter().for_each(|t| all.update(t.to_le_bytes()));
    }
    Ok(Some(hex(&all.finalize())))
}

#[cfg(not(unix))]
fn identity(_path: &Path) -> io::Result<Option<String>> {
    Ok(None)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn from_hex(hex: &str) -> Option<[u8; 32]> {
    crate::qa::TextHash::from_hex(hex).map(|h| h.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_kept_until_the_file_changes_and_both_halves_count() {
        let dir = tempfile::tempdir().unwrap();
        let (file, kept) = (dir.path().join("a.nii"), Digests::at(dir.path().join("digests")));
        std::fs::write(&file, b"abc").unwrap();
        let abc: [u8; 32] = Sha256::digest(b"abc").into();
        assert_eq!(kept.of_image(&file, &()).unwrap(), abc);
        let known = std::fs::read_dir(dir.path().join("digests")).unwrap().next().unwrap().unwrap().path();
        std::fs::write(&known, hex(&[7; 32])).unwrap();
        assert_eq!(kept.of_image(&file, &()).unwrap(), [7; 32], "what is known is not read again");
        std::fs::write(&file, b"abcd").unwrap();
        assert_eq!(kept.of_image(&file, &()).unwrap(), <[u8; 32]>::from(Sha256::digest(b"abcd")));
        let (header, voxels) = (dir.path().join("b.hdr"), dir.path().join("b.img"));
        std::fs::write(&header, b"h").unwrap();
        std::fs::write(&voxels, b"1").unwrap();
        let first = kept.of_image(&header, &()).unwrap();
        assert_eq!(first, kept.of_image(&voxels, &()).unwrap(), "whichever half is named");
        std::fs::write(&voxels, b"22").unwrap();
        assert_ne!(kept.of_image(&header, &()).unwrap(), first);
        assert!(kept.of_image(dir.path(), &()).is_err(), "a folder is no image");
    }
}
