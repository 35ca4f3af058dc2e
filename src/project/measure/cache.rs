//! Measures that were taken before, kept by the content of the files they were taken of.
//!
//! One file per case and request: the SHA-256 of its second line, which is the measures as JSON. The file is named by a SHA-256 over the bytes
//! of masks and CT, the request and the version of the measures. So a file that was moved or renamed is found again, a changed one is not,
//! and the folder holds no name of a file or of a case. It is
//! `$VOXAUDIT_CACHE_DIR`, else `cache` in `$VOXAUDIT_CONFIG_DIR`, else the platform's cache folder, and can be deleted at any time.

use crate::formats::Watch;
use crate::formats::case::{CaseFiles, belonging};
use crate::formats::json::exact;
use crate::formats::{regular, small};
use crate::geometry::measures::CaseMeasures;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};

/// Version of the measures: to be raised whenever a measure comes out differently for the same files.
const MEASURES: u32 = 4;

#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    measures: CaseMeasures,
}

/// Larger files are not ours.
const MOST_KEPT: u64 = 1 << 30;
/// Hexadecimal digits of the SHA-256 that a file begins with, and a line end.
const SUM: usize = 65;

/// A folder of kept measures.
#[derive(Clone, Debug)]
pub struct Cache(PathBuf);

/// Of the content of a case's files and a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(String);

impl Cache {
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// This machine's cache; `None` where it has no place for one.
    pub fn of_machine() -> Option<Self> {
        cache_folder("measures").map(Self)
    }

    fn file(&self, key: &Key) -> PathBuf {
        self.0.join(format!("{}.json", key.0))
    }

    /// What was kept, digit by digit; anything unreadable counts as not kept.
    pub fn get(&self, key: &Key) -> Option<CaseMeasures> {
        let bytes = regular::read(&self.file(key), MOST_KEPT).ok()?;
        let (sum, text) = bytes.split_at_checked(SUM)?;
        if sum.trim_ascii_end() != hex(&Sha256::digest(text)).as_bytes() {
            return None; // what a disk has changed is measured again
        }
        let text = std::str::from_utf8(text).ok()?;
        let kept: Kept = serde_json::from_value(exact(text)?).ok()?;
        let sound = kept.measures.pairs.iter().all(|p| p.a.max(p.b) < kept.measures.labels.len());
        (kept.version == MEASURES && sound).then_some(kept.measures)
    }

    /// Keeps measures for a later run.
    ///
    /// Errors when the folder cannot be written.
    pub fn put(&self, key: &Key, measures: CaseMeasures) -> io::Result<()> {
        let text = serde_json::to_vec(&Kept { version: MEASURES, measures })?;
        let file = self.file(key);
        small::tidy(&file);
        small::write(&file, &[hex(&Sha256::digest(&text)).as_bytes(), b"\n", &text].concat())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A folder of this machine's cache; `None` where it has no place for one.
pub fn cache_folder(name: &str) -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let folder = named("VOXAUDIT_CACHE_DIR")
        .or_else(|| named("VOXAUDIT_CONFIG_DIR").map(|d| d.join("cache")))
        .or_else(|| directories::ProjectDirs::from("", "", "voxaudit").map(|d| d.cache_dir().to_path_buf()));
    folder.map(|f| f.join(name))
}

/// The key of a case's files and of what `request` asks for. Reads every byte of them.
///
/// Errors when a file cannot be read, with [`io::ErrorKind::Interrupted`] when cancelled.
pub fn key(files: &CaseFiles, request: &str, watch: &dyn Watch) -> io::Result<Key> {
    let mut all = Sha256::new();
    all.update(format!("voxaudit.measures {MEASURES} {request}"));
    for path in [&files.masks, &files.image] {
        let list = path.as_deref().map(belonging).transpose()?.unwrap_or_default();
        all.update((list.len() as u64).to_le_bytes());
        for file in list {
            // Names of structures are those of files in a folder of masks.
            let name = if path.as_deref().is_some_and(Path::is_dir) { file.file_name() } else { file.extension() };
            all.update(Sha256::digest(name.unwrap_or_default().as_encoded_bytes()));
            all.update(regular::sha256(&file, || !watch.cancelled())?);
        }
    }
    Ok(Key(hex(&all.finalize())))
}
