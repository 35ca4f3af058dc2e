//! The export's folder: written beside, synced, renamed. Replaces only an earlier export that is exactly as it was written.

use super::{ExportError, hex};
use crate::formats::Watch;
use crate::project::beside;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// Refuses a place that holds anything but an untouched export.
pub(super) fn check(out: &Path) -> Result<(), ExportError> {
    let occupied = |why: String| Err(ExportError::Occupied { path: out.to_path_buf(), why });
    if !out.exists() {
        return Ok(());
    }
    if !out.is_dir() {
        return occupied("it is a file".into());
    }
    let entries = std::fs::read_dir(out).and_then(Iterator::collect::<std::io::Result<Vec<_>>>).map_err(io(out))?;
    if entries.is_empty() {
        return Ok(());
    }
    let manifest: Option<Value> = std::fs::read(out.join("manifest.json")).ok().and_then(|t| serde_json::from_slice(&t).ok());
    let Some(manifest) = manifest.filter(|m| m["schema"] == "voxaudit.manifest") else { return occupied("it has no manifest".into()) };
    let listed = manifest["files"].as_array().cloned().unwrap_or_default();
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == "manifest.json" {
            continue;
        }
        let Some(file) = listed.iter().find(|f| f["path"] == name.as_str()) else { return occupied(format!("'{name}' is not part of it")) };
        let bytes = std::fs::read(entry.path()).map_err(io(&entry.path()))?;
        if file["sha256"] != hex(Sha256::digest(bytes).as_slice()).as_str() {
            return occupied(format!("'{name}' was changed"));
        }
    }
    Ok(())
}

pub(super) fn write(out: &Path, contents: &BTreeMap<String, Vec<u8>>, watch: &dyn Watch) -> Result<(), ExportError> {
    let out = &std::path::absolute(out).map_err(io(out))?;
    if let Some(parent) = out.parent() {
        std::fs::create_dir_all(parent).map_err(io(parent))?;
    }
    let (new, old) = (beside(out, "new"), beside(out, "old"));
    let done = fill(&new, contents, watch).and_then(|()| swap(&new, out, &old));
    if done.is_err() {
        let _ = std::fs::remove_dir_all(&new);
    }
    done
}

fn fill(folder: &Path, contents: &BTreeMap<String, Vec<u8>>, watch: &dyn Watch) -> Result<(), ExportError> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(io(folder))?;
    }
    std::fs::create_dir(folder).map_err(io(folder))?;
    for (name, bytes) in contents {
        if watch.cancelled() {
            return Err(ExportError::Cancelled);
        }
        let path = folder.join(name);
        std::fs::File::create(&path).and_then(|mut f| f.write_all(bytes).and_then(|()| f.sync_all())).map_err(io(&path))?;
    }
    sync_folder(folder)
}

fn swap(new: &Path, out: &Path, old: &Path) -> Result<(), ExportError> {
    let replaces = out.exists();
    if replaces {
        std::fs::rename(out, old).map_err(io(out))?;
    }
    if let Err(source) = std::fs::rename(new, out) {
        if replaces {
            let _ = std::fs::rename(old, out);
        }
        return Err(ExportError::Io { path: out.to_path_buf(), source });
    }
    if replaces {
        std::fs::remove_dir_all(old).map_err(io(old))?;
    }
    out.parent().map_or(Ok(()), sync_folder)
}

/// Windows has no such thing; renames are durable there without it.
fn sync_folder(folder: &Path) -> Result<(), ExportError> {
    if cfg!(unix) { std::fs::File::open(folder).and_then(|f| f.sync_all()).map_err(io(folder)) } else { Ok(()) }
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> ExportError + '_ {
    move |source| ExportError::Io { path: path.to_path_buf(), source }
}
