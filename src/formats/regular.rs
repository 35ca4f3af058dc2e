//! Opening files that hold a user's data: regular files and nothing else, so that a named pipe or a device never holds anything up.
//!
//! Every read of an image, a mask, a table beside it, a setting or an earlier result goes through here; texts that a person names on the
//! command line (`--qa <(cmd)`) do not, and may be pipes. Links are followed: where they may lead is for the project to say.

use super::held;
use sha2::{Digest, Sha256};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// Why a file was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("this is a folder, not a file")]
    Folder,
    #[error("this is not a regular file")]
    NotRegular,
    #[error("the file is larger than {0} bytes")]
    TooLarge(u64),
}

impl From<OpenError> for io::Error {
    fn from(e: OpenError) -> Self {
        match e {
            OpenError::Io(e) => e,
            other => io::Error::new(io::ErrorKind::InvalidInput, other),
        }
    }
}

/// Opens a regular file for reading; also gives its length and times as they were when it was opened.
///
/// Errors when it is missing, a folder, a named pipe, a socket or a device. It never waits for a writer.
pub fn open(path: &Path) -> Result<(File, Metadata), OpenError> {
    check(&std::fs::metadata(path)?)?; // first: to open some devices is to use them
    let mut options = OpenOptions::new();
    options.read(true);
    never_wait(&mut options);
    let file = held::guarded(path, |path| options.open(path))?;
    let meta = file.metadata()?;
    check(&meta)?; // again: the name may stand for another file by now
    Ok((file, meta))
}

/// What is wrong with reading this as a regular file.
pub fn check(meta: &Metadata) -> Result<(), OpenError> {
    match meta.is_file() {
        true => Ok(()),
        false if meta.is_dir() => Err(OpenError::Folder),
        false => Err(OpenError::NotRegular),
    }
}

/// Without waiting for the other end of a pipe, and without a terminal taking this process.
#[cfg(unix)]
fn never_wait(options: &mut OpenOptions) {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
}

#[cfg(not(unix))]
fn never_wait(_options: &mut OpenOptions) {}

/// The bytes of a regular file of at most `most` bytes.
///
/// Errors as [`open`] does, and when it is larger.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, OpenError> {
    let (file, _) = open(path)?;
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(OpenError::TooLarge(most)) } else { Ok(bytes) }
}

/// SHA-256 of a regular file, which is never in memory as a whole. `go_on` is asked once in a while.
///
/// Errors as [`open`] does, with [`io::ErrorKind::Interrupted`] when `go_on` says no.
pub fn sha256(path: &Path, go_on: impl Fn() -> bool) -> io::Result<[u8; 32]> {
    let (mut file, _) = open(path)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        if !go_on() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hash.finalize().into()),
            Ok(n) => hash.update(&buffer[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}
