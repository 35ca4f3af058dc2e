//! The export's folder: written beside under a private name, file by file, synced, and exchanged for the one before in one step.
//!
//! Replaces only an earlier export that is exactly as it was written, also when it changes while the new one is made. What a killed export
//! left is mended first: a folder that was on its way out is put back when nothing stands in its place, half-made ones are removed. Both
//! are said. What belongs to a running program or to another machine is named and left alone.

use super::{ExportError, FileEntry, hex};
use crate::formats::leftovers::{self, Claim, Leftover, Owner};
use crate::formats::regular;
use crate::formats::small::sync_folder;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Bytes of a file that are gathered before they are hashed and written.
const BUFFER: usize = 1 << 20;
/// Larger manifests are none.
const MOST_MANIFEST: u64 = 64 << 20;

/// A folder that is being written. Dropped before [`Folder::publish`], it leaves nothing behind.
pub(super) struct Folder {
    out: PathBuf,
    private: Claim,
    /// What stood in the place when writing began.
    before: Vec<Stamp>,
    /// What was done about leftovers, for the user.
    pub notes: Vec<String>,
    /// Folders above it that were made for it, the deepest first.
    parents: Vec<PathBuf>,
    published: bool,
}

/// Name, length and time of a file, and which file it is.
#[derive(Debug, PartialEq, Eq)]
struct Stamp(String, u64, Option<SystemTime>, u64);

impl Folder {
    /// Mends what was left, refuses a place that holds anything but an untouched export, and makes the private folder.
    pub fn begin(out: &Path) -> Result<Self, ExportError> {
        let mut out = std::path::absolute(out).map_err(io(out))?;
        if out.is_symlink() && out.exists() {
            out = out.canonicalize().map_err(io(&out))?; // the folder is replaced, not the link to it
        }
        let notes = mend(&out); // before this process takes a name that an earlier one of its number may have left
        let private = Claim::beside(&out, "new").ok_or_else(|| ExportError::Taken { path: out.clone() })?;
        let before = check(&out)?;
        let parents = out.ancestors().skip(1).take_while(|p| !p.exists()).map(Path::to_path_buf).collect();
        let folder = Self { out, private, before, notes, parents, published: false };
        folder.out.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(io(&folder.out))?;
        std::fs::create_dir(folder.private.path()).map_err(io(&folder.out))?;
        Ok(folder)
    }

    /// Starts a file.
    pub fn file(&self, name: &str) -> Result<OutputFile, ExportError> {
        let path = self.out.join(name);
        let file = File::create_new(self.private.path().join(name)).map_err(io(&path))?;
        Ok(OutputFile { name: name.to_owned(), path, file, buffer: Vec::with_capacity(BUFFER), hash: Sha256::new(), bytes: 0 })
    }

    /// Writes a whole small file.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<FileEntry, ExportError> {
        let mut file = self.file(name)?;
        file.write_all(bytes).map_err(io(&file.path))?;
        file.finish(None)
    }

    /// Puts the folder in its place.
    ///
    /// Errors, with what stood there as it was, when that has changed since [`Folder::begin`] or the folder cannot be written.
    pub fn publish(mut self) -> Result<Vec<String>, ExportError> {
        sync_folder(self.private.path()).map_err(io(self.private.path()))?;
        self.swap()?;
        self.published = true;
        if let Some(parent) = self.out.parent() {
            sync_folder(parent).map_err(io(parent))?;
        }
        Ok(std::mem::take(&mut self.notes))
    }

    fn swap(&mut self) -> Result<(), ExportError> {
        let (new, out) = (self.private.path(), self.out.as_path());
        if std::fs::symlink_metadata(out).is_err() {
            return std::fs::rename(new, out).map_err(io(out));
        }
        if !exchange(new, out).map_err(io(out))? {
            return self.swap_in_two_steps();
        }
        // From here on the new folder has the name, and the one before the private name.
        if stamps(new).ok().as_ref() != Some(&self.before) {
            exchange(new, out).map_err(io(out))?;
            return Err(occupied(out, "it changed while the new one was written"));
        }
        remove(new, &mut self.notes);
        Ok(())
    }

    /// Where two folders cannot be exchanged at once.
    fn swap_in_two_steps(&mut self) -> Result<(), ExportError> {
        let (new, out) = (self.private.path(), self.out.as_path());
        if stamps(out).ok().as_ref() != Some(&self.before) {
            return Err(occupied(out, "it changed while the new one was written"));
        }
        let old = Claim::beside(out, "old").ok_or_else(|| ExportError::Taken { path: out.to_path_buf() })?;
        std::fs::rename(out, old.path()).map_err(io(out))?;
        if let Err(source) = std::fs::rename(new, out) {
            let _ = std::fs::rename(old.path(), out); // if it cannot, the next export does it
            return Err(ExportError::Io { path: out.to_path_buf(), source });
        }
        remove(old.path(), &mut self.notes);
        Ok(())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.published {
            let _ = std::fs::remove_dir_all(self.private.path()); // what cannot be removed is named by the next export
            let _ = self.parents.iter().try_for_each(std::fs::remove_dir); // as far as they are empty
        }
    }
}

/// A file of the folder: hashed and counted on its way to the disk.
pub(super) struct OutputFile {
    name: String,
    /// Where it will stand.
    path: PathBuf,
    file: File,
    buffer: Vec<u8>,
    hash: Sha256,
    bytes: u64,
}

impl OutputFile {
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn send(&mut self) -> std::io::Result<()> {
        self.hash.update(&self.buffer);
        self.bytes += self.buffer.len() as u64;
        self.file.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    /// Brings it to the disk; its entry in the manifest.
    pub fn finish(mut self, rows: Option<usize>) -> Result<FileEntry, ExportError> {
        self.send().and_then(|()| self.file.sync_all()).map_err(io(&self.path))?;
        Ok(FileEntry { path: self.name, sha256: hex(&self.hash.finalize()), bytes: self.bytes, rows })
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Exchanges two folders in one step; `false` where the system or its file system cannot.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn exchange(a: &Path, b: &Path) -> std::io::Result<bool> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP | Errno::PERM) => Ok(false),
        Err(e) => Err(e.into()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn exchange(_a: &Path, _b: &Path) -> std::io::Result<bool> {
    Ok(false)
}

/// The manifest of an export, or `None`.
pub(super) fn manifest(folder: &Path) -> Option<Value> {
    let text = regular::read(&folder.join("manifest.json"), MOST_MANIFEST).ok()?;
    serde_json::from_slice(&text).ok().filter(|m: &Value| m["schema"] == "voxaudit.manifest")
}

fn occupied(out: &Path, why: impl Into<String>) -> ExportError {
    ExportError::Occupied { path: out.to_path_buf(), why: why.into() }
}

/// Refuses a place that holds anything but an untouched export; returns what is there.
fn check(out: &Path) -> Result<Vec<Stamp>, ExportError> {
    if std::fs::symlink_metadata(out).is_err() {
        return Ok(Vec::new());
    }
    if !out.is_dir() {
        return Err(occupied(out, "it is a file"));
    }
    let found = stamps(out).map_err(io(out))?;
    if found.is_empty() {
        return Ok(found);
    }
    let Some(manifest) = manifest(out) else { return Err(occupied(out, "it has no manifest")) };
    let listed = manifest["files"].as_array().map(Vec::as_slice).unwrap_or_default();
    for Stamp(name, ..) in found.iter().filter(|s| s.0 != "manifest.json") {
        let Some(file) = listed.iter().find(|f| f["path"] == name.as_str()) else {
            return Err(occupied(out, format!("'{name}' is not part of it")));
        };
        let path = out.join(name);
        let sum = regular::sha256(&path, || true).map_err(io(&path))?;
        if file["sha256"] != hex(&sum).as_str() {
            return Err(occupied(out, format!("'{name}' was changed")));
        }
    }
    Ok(found)
}

/// Everything in a folder, by name.
fn stamps(folder: &Path) -> std::io::Result<Vec<Stamp>> {
    let stamp = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry?;
        let meta = std::fs::symlink_metadata(entry.path())?;
        Ok(Stamp(entry.file_name().to_string_lossy().into_owned(), meta.len(), meta.modified().ok(), identity(&meta)))
    };
    let mut all = std::fs::read_dir(folder)?.map(stamp).collect::<std::io::Result<Vec<_>>>()?;
    all.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(all)
}

#[cfg(unix)]
fn identity(meta: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(meta)
}

#[cfg(not(unix))]
fn identity(_meta: &std::fs::Metadata) -> u64 {
    0
}

/// Mends or names what killed exports left beside `out`. Returns what to tell the user.
fn mend(out: &Path) -> Vec<String> {
    let mut notes = Vec::new();
    let (old, new): (Vec<Leftover>, Vec<Leftover>) =
        leftovers::beside(out).into_iter().filter(|l| l.tag == "old" || l.tag == "new").partition(|l| l.tag == "old");
    for left in old.iter().chain(&new) {
        match &left.owner {
            Owner::Running => {} // it is not left: somebody is writing it
            Owner::Elsewhere(host) => notes.push(format!("{}: of an export on {host}; left alone", left.path.display())),
            Owner::Gone if left.tag == "old" => mend_old(&left.path, out, &mut notes),
            Owner::Gone => {
                let said = format!("{}: left by an export that was killed; removed", left.path.display());
                let gone = remove(&left.path, &mut notes);
                notes.extend(gone.then_some(said));
            }
        }
    }
    notes
}

/// An export that was on its way out.
fn mend_old(old: &Path, out: &Path, notes: &mut Vec<String>) {
    let shown = old.display();
    if std::fs::symlink_metadata(out).is_err() {
        notes.push(match std::fs::rename(old, out) {
            Ok(()) => format!("{}: an export that was killed had moved it to {shown}; put back", out.display()),
            Err(e) => format!("{shown}: the earlier export, moved there by one that was killed, cannot be put back: {e}"),
        });
    } else if check(old).is_ok() {
        let said = format!("{shown}: an earlier export, left by one that was killed after it had taken its place; removed");
        let gone = remove(old, notes);
        notes.extend(gone.then_some(said));
    } else {
        notes.push(format!("{shown}: left by an export that was killed, and changed since; left alone"));
    }
}

/// Removes a folder of files; a note when it holds folders, which no export makes, or cannot be removed. True when it is gone.
fn remove(folder: &Path, notes: &mut Vec<String>) -> bool {
    let flat = || {
        let real = std::fs::symlink_metadata(folder)?.is_dir();
        let files = std::fs::read_dir(folder)?.all(|e| e.is_ok_and(|e| e.file_type().is_ok_and(|t| !t.is_dir())));
        Ok(real && files)
    };
    let done = match flat() {
        Ok(true) => std::fs::remove_dir_all(folder),
        Ok(false) => Err(std::io::Error::other("it holds what no export makes")),
        Err(e) => Err(e),
    };
    notes.extend(done.as_ref().err().map(|e| format!("{}: left by an export and not removed: {e}", folder.display())));
    done.is_ok()
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> ExportError + '_ {
    move |source| ExportError::Io { path: path.to_path_buf(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn begun(out: &Path, text: &str) -> Folder {
        let folder = Folder::begin(out).unwrap();
        let entry = folder.put("a.txt", text.as_bytes()).unwrap();
        let manifest = json!({"schema": "voxaudit.manifest", "files": [{"path": entry.path, "sha256": entry.sha256}]});
        folder.put("manifest.json", manifest.to_string().as_bytes()).unwrap();
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        stamps(folder).unwrap().into_iter().map(|s| s.0).collect()
    }

    /// Where folders cannot be exchanged, as on Windows and some network disks.
    #[test]
    fn two_steps_do_the_same_where_there_is_no_exchange() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("ex");
        begun(&out, "one").publish().unwrap();
        let mut folder = begun(&out, "two");
        folder.swap_in_two_steps().unwrap();
        folder.published = true;
        drop(folder);
        assert_eq!((std::fs::read_to_string(out.join("a.txt")).unwrap(), names(dir.path())), ("two".to_owned(), vec!["ex".to_owned()]));
        let mut folder = begun(&out, "three");
        std::fs::write(out.join("mine"), "x").unwrap();
        assert!(folder.swap_in_two_steps().unwrap_err().to_string().contains("changed while"));
        drop(folder);
        assert_eq!(
            (names(&out), names(dir.path())),
            (vec!["a.txt".to_owned(), "manifest.json".into(), "mine".into()], vec!["ex".to_owned()])
        );
    }

    #[test]
    fn one_place_is_written_by_one_export_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("ex");
        let first = begun(&out, "one");
        assert!(matches!(Folder::begin(&out), Err(ExportError::Taken { .. })));
        first.publish().unwrap();
        begun(&out, "two").publish().unwrap();
        assert_eq!(names(dir.path()), ["ex"]);
    }

    /// Small containers give the same number to every process.
    #[test]
    fn what_an_earlier_process_of_the_same_number_left_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("ex");
        let left = Claim::beside(&out, "new").unwrap().path().to_path_buf(); // given back at once
        std::fs::create_dir(&left).unwrap();
        std::fs::write(left.join("a.txt"), "half").unwrap();
        let notes = begun(&out, "one").publish().unwrap();
        assert!(notes.len() == 1 && notes[0].contains("removed"), "{notes:?}");
        assert_eq!((std::fs::read_to_string(out.join("a.txt")).unwrap(), names(dir.path())), ("one".to_owned(), vec!["ex".to_owned()]));
    }
}
