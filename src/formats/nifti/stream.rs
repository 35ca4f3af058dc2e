//! Bytes of a plain or gzip file, in order, straight into the caller's buffer.
//!
//! Gzip is recognised by content, never by name. Members are unpacked one after another; the CRC-32 and length in each trailer are
//! checked (RFC 1952). The raw inflate of `flate2` is driven directly so that voxels are unpacked once, into their final place.

use super::error::Problem;
use crate::formats::regular;
use flate2::{Decompress, FlushDecompress, Status};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes read from the file at a time.
const INPUT: usize = 256 * 1024;
/// Deflate cannot pack tighter than this (RFC 1951: 258 bytes from two bits).
const MOST_PACKED: u128 = 1032;

/// A file opened for reading forward.
pub(super) struct Source {
    kind: Kind,
    /// Bytes given out so far.
    position: u64,
    /// Bytes of the file on disk.
    file_len: u64,
}

enum Kind {
    Plain(Input),
    Gzip(Box<Gunzip>),
}

/// What a source found after the last byte asked for.
#[derive(Debug, Default)]
pub(super) struct Tail {
    /// Unpacked bytes nobody asked for.
    pub extra: u64,
    /// Bytes after the last gzip member that are neither zero nor a member.
    pub garbage: u64,
}

impl Source {
    /// Opens a regular file and looks at its first bytes.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let (file, meta) = regular::open(path)?;
        let mut input = Input { file, buffer: vec![0; INPUT], start: 0, end: 0 };
        if !input.fill()? {
            return Err(Problem::Empty);
        }
        let kind = if input.available().starts_with(&[0x1f, 0x8b]) { Kind::Gzip(Box::new(Gunzip::new(input))) } else { Kind::Plain(input) };
        Ok(Self { kind, position: 0, file_len: meta.len() })
    }

    pub fn position(&self) -> u64 {
        self.position
    }

    pub fn is_gzip(&self) -> bool {
        matches!(self.kind, Kind::Gzip(_))
    }

    /// The most bytes this file can give.
    pub fn most(&self) -> u128 {
        match self.kind {
            Kind::Plain(_) => u128::from(self.file_len),
            Kind::Gzip(_) => u128::from(self.file_len) * MOST_PACKED,
        }
    }

    /// Fills `out` as far as the file reaches; fewer bytes only at its end.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize, Problem> {
        let mut filled = 0;
        while filled < out.len() {
            let got = match &mut self.kind {
                Kind::Plain(input) => input.read(&mut out[filled..])?,
                Kind::Gzip(gunzip) => gunzip.read(&mut out[filled..])?,
            };
            if got == 0 {
                break;
            }
            filled += got;
        }
        self.position += filled as u64;
        Ok(filled)
    }

    /// Skips a plain file by seeking; `false` for gzip, which has to be unpacked.
    pub fn seek(&mut self, bytes: u64) -> Result<bool, Problem> {
        let Kind::Plain(input) = &mut self.kind else { return Ok(false) };
        let buffered = input.available().len() as u64;
        if bytes <= buffered {
            input.start += bytes as usize;
        } else {
            let ahead = i64::try_from(bytes - buffered).map_err(|_| std::io::Error::from(std::io::ErrorKind::InvalidInput))?;
            input.file.seek(SeekFrom::Current(ahead))?;
            (input.start, input.end) = (0, 0);
        }
        self.position += bytes;
        Ok(true)
    }

    /// What follows the bytes read so far: for a plain file by its size, for gzip by unpacking at most `limit` more bytes, which
    /// also checks the last trailer. More than `limit` gives `extra > limit`.
    pub fn tail(&mut self, limit: u64) -> Result<Tail, Problem> {
        let Kind::Gzip(gunzip) = &mut self.kind else {
            return Ok(Tail { extra: self.file_len.saturating_sub(self.position), garbage: 0 });
        };
        let mut scratch = vec![0; 64 * 1024];
        let mut extra = 0;
        while extra <= limit {
            match gunzip.read(&mut scratch)? {
                0 => break,
                got => extra += got as u64,
            }
        }
        Ok(Tail { extra, garbage: gunzip.garbage })
    }
}

/// A buffered file.
struct Input {
    file: File,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Input {
    fn available(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Makes at least one byte available; `false` at the end of the file.
    fn fill(&mut self) -> Result<bool, Problem> {
        while self.start == self.end {
            match self.file.read(&mut self.buffer) {
                Ok(0) => return Ok(false),
                Ok(got) => (self.start, self.end) = (0, got),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e.into()),
            }
        }
        Ok(true)
    }

    fn byte(&mut self) -> Result<Option<u8>, Problem> {
        if !self.fill()? {
            return Ok(None);
        }
        self.start += 1;
        Ok(Some(self.buffer[self.start - 1]))
    }

    /// Buffered bytes first, then the file itself without a copy in between.
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Problem> {
        if self.start == self.end {
            loop {
                match self.file.read(out) {
                    Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                    result => return Ok(result?),
                }
            }
        }
        let got = self.available().len().min(out.len());
        out[..got].copy_from_slice(&self.available()[..got]);
        self.start += got;
        Ok(got)
    }
}

/// The gzip members of a file.
struct Gunzip {
    input: Input,
    inflate: Decompress,
    crc: crc32fast::Hasher,
    /// Bytes of the current member, modulo 2^32 as the trailer counts them.
    length: u32,
    state: State,
    garbage: u64,
}

#[derive(PartialEq)]
enum State {
    Inside,
    Between,
    Done,
}

impl Gunzip {
    fn new(input: Input) -> Self {
        Self { input, inflate: Decompress::new(false), crc: crc32fast::Hasher::new(), length: 0, state: State::Between, garbage: 0 }
    }

    /// Some bytes into `out`; 0 only at the end of the last member.
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Problem> {
        while self.state != State::Done {
            if self.state != State::Inside {
                self.open_member()?;
                continue;
            }
            let got = self.inflate_some(out)?;
            if got > 0 || out.is_empty() {
                return Ok(got);
            }
        }
        Ok(0)
    }

    fn inflate_some(&mut self, out: &mut [u8]) -> Result<usize, Problem> {
        if !self.input.fill()? {
            return Err(Problem::GzipTruncated);
        }
        let before = (self.inflate.total_in(), self.inflate.total_out());
        let status =
            self.inflate.decompress(self.input.available(), out, FlushDecompress::None).map_err(|e| Problem::GzipDamaged(e.to_string()))?;
        let used = (self.inflate.total_in() - before.0) as usize;
        let got = (self.inflate.total_out() - before.1) as usize;
        self.input.start += used;
        self.crc.update(&out[..got]);
        self.length = self.length.wrapping_add(got as u32);
        if status == Status::StreamEnd {
            self.check_trailer()?;
        } else if used == 0 && got == 0 && !out.is_empty() {
            return Err(Problem::GzipDamaged("it does not go on".to_owned()));
        }
        Ok(got)
    }

    fn check_trailer(&mut self) -> Result<(), Problem> {
        let found = u32::from_le_bytes(self.bytes()?);
        let computed = std::mem::take(&mut self.crc).finalize();
        if found != computed {
            return Err(Problem::GzipChecksum { found, computed });
        }
        let found = u32::from_le_bytes(self.bytes()?);
        if found != self.length {
            return Err(Problem::GzipLength { found, computed: self.length });
        }
        self.state = State::Between;
        Ok(())
    }

    /// Goes into the next member, or to the end. Zero padding after a member is usual on tape; anything else is counted as garbage.
    fn open_member(&mut self) -> Result<(), Problem> {
        let first = self.input.byte()?;
        let second = if first == Some(0x1f) { self.input.byte()? } else { None };
        if (first, second) != (Some(0x1f), Some(0x8b)) {
            self.state = State::Done;
            return self.count_garbage(&[first, second]);
        }
        self.member_header()?;
        self.inflate.reset(false);
        self.length = 0;
        self.state = State::Inside;
        Ok(())
    }

    fn count_garbage(&mut self, first: &[Option<u8>]) -> Result<(), Problem> {
        self.garbage = first.iter().flatten().filter(|b| **b != 0).count() as u64;
        while self.input.fill()? {
            self.garbage += self.input.available().iter().filter(|b| **b != 0).count() as u64;
            self.input.start = self.input.end;
        }
        Ok(())
    }

    /// The member's header after the two magic bytes (RFC 1952, 2.3).
    fn member_header(&mut self) -> Result<(), Problem> {
        let [method, flags, ..] = self.bytes::<8>()?;
        if method != 8 || flags & 0xe0 != 0 {
            return Err(Problem::GzipDamaged("unknown compression method or flags".to_owned()));
        }
        if flags & 4 != 0 {
            for _ in 0..u16::from_le_bytes(self.bytes()?) {
                self.bytes::<1>()?;
            }
        }
        for flag in [8, 16] {
            // file name, comment: to a zero byte
            while flags & flag != 0 && self.bytes::<1>()? != [0] {}
        }
        if flags & 2 != 0 {
            self.bytes::<2>()?;
        }
        Ok(())
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Problem> {
        let mut out = [0; N];
        for byte in &mut out {
            *byte = self.input.byte()?.ok_or(Problem::GzipTruncated)?;
        }
        Ok(out)
    }
}
