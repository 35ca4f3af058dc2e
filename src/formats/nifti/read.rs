//! Opening a NIfTI file and streaming its voxels.

use super::LoadOptions;
use super::error::{Bytes, NiftiError, Problem};
use super::header::{self, Header, Kind};
use super::orientation;
use super::stream::Source;
use super::voxels::{Encoding, HuBuffer, LabelDecoder, settle_i16};
use crate::formats::Watch;
use crate::space::Grid;
use crate::volume::{Census, Counter, LabelFiller, LabelLayer, LabelVoxels, Volume, VoxelBuf, Voxels};
use std::path::{Path, PathBuf};

/// Bytes unpacked between two looks at the watch; small enough that a chunk is still in the cache when it is converted.
const CHUNK: usize = 512 * 1024;
/// Memory that is touched and read into at a time, how many such pieces ahead, and the smallest page.
const TOUCHED: usize = 2 << 20;
const TOUCHED_AHEAD: usize = 32;
const PAGE: usize = 4096;
/// Header extensions longer than this are skipped: names and colours of 65,535 labels take less.
const MOST_EXTENSION: u64 = 16 << 20;
/// Bytes after the declared data that are skipped with a warning; more are refused.
const TOLERATED_TAIL: u64 = 16 << 20;

/// A file whose header is read and whose voxels come next.
struct Opened {
    path: PathBuf,
    source: Source,
    encoding: Encoding,
    grid: Grid,
    voxels: u64,
    /// Bytes of the frames before and after the one that is wanted.
    before: u64,
    after: u64,
    extensions: Vec<Extension>,
    warnings: Vec<String>,
}

/// One header extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    pub code: i32,
    pub content: Vec<u8>,
}

/// Reads a CT volume.
///
/// `path` is a `.nii`, `.nii.gz`, `.hdr` or `.img`; content decides what it is. Errors name the file and what to do; cancelling
/// gives [`NiftiError::Cancelled`].
pub fn read_volume(path: &Path, opts: &LoadOptions, watch: &dyn Watch) -> Result<Volume, NiftiError> {
    let mut opened = Opened::open(path, opts)?;
    opened.volume(opts, watch).map_err(|p| p.at(&opened.path))
}

/// A label map and the names its header carries.
#[derive(Debug)]
pub struct LabelFile {
    pub layer: LabelLayer,
    /// What is in it.
    pub counts: Vec<Census>,
    pub extensions: Vec<Extension>,
    pub warnings: Vec<String>,
}

/// Reads a label map: whole numbers from 0 to 65,535, of any stored type.
///
/// Errors as [`read_volume`]; also for values that are no labels.
pub fn read_label_layer(path: &Path, opts: &LoadOptions, watch: &dyn Watch) -> Result<LabelFile, NiftiError> {
    let mut reader = LabelReader::open(path, opts)?;
    let grid = reader.grid();
    let mut counter = Counter::new(grid);
    let voxels = reader.0.all_labels(&mut counter, opts, watch).map_err(|p| p.at(path))?;
    let layer = LabelLayer { grid, voxels };
    let counts = counter.finish(&layer);
    Ok(LabelFile { layer, counts, extensions: reader.0.extensions, warnings: reader.0.warnings })
}

/// A label map whose voxels can be streamed without holding them all.
pub struct LabelReader(Opened);

impl LabelReader {
    /// Reads the header. Errors as [`read_volume`].
    pub fn open(path: &Path, opts: &LoadOptions) -> Result<Self, NiftiError> {
        Opened::open(path, opts).map(Self)
    }

    pub fn grid(&self) -> Grid {
        self.0.grid
    }

    pub fn warnings(&self) -> &[String] {
        &self.0.warnings
    }

    /// Calls `visit(first voxel, labels)` for consecutive runs of voxels, then checks the end of the file.
    pub fn read(&mut self, watch: &dyn Watch, visit: impl FnMut(usize, &[u16])) -> Result<(), NiftiError> {
        self.0.labels(watch, visit).map_err(|p| p.at(&self.0.path))
    }
}

impl Opened {
    fn open(path: &Path, opts: &LoadOptions) -> Result<Self, NiftiError> {
        let header_path = header_path(path);
        let mut source = Source::open(&header_path).map_err(|p| p.at(&header_path))?;
        let (header, extensions) = read_header(&mut source).map_err(|p| p.at(&header_path))?;
        let mut data_path = header_path.clone();
        if !header.single {
            data_path = partner(&header_path, path).map_err(|p| p.at(&header_path))?;
            source = Source::open(&data_path).map_err(|p| p.at(&data_path))?;
        }
        Self::plan(&header, extensions, source, path.to_owned(), opts).map_err(|p| p.at(&data_path))
    }

    /// Checks the declared sizes against the file before anything large is allocated.
    fn plan(h: &Header, extensions: Vec<Extension>, source: Source, path: PathBuf, opts: &LoadOptions) -> Result<Self, Problem> {
        let frames = product(&h.dims[3..])?;
        let voxels = product(&h.dims[..3])?;
        let frame_bytes = voxels.checked_mul(h.data_type.size() as u64).ok_or_else(|| overflow(h))?;
        let all_bytes = frame_bytes.checked_mul(frames).ok_or_else(|| overflow(h))?;
        let declared = u128::from(h.vox_offset) + u128::from(all_bytes);
        if declared > source.most() {
            return Err(Problem::TooLargeForFile { declared: Bytes(declared), available: Bytes(source.most()) });
        }
        let frame = choose_frame(h, frames, opts)?;
        let size = [h.dims[0], h.dims[1], h.dims[2]].map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        usize::try_from(all_bytes).map_err(|_| overflow(h))?;
        let mut warnings = h.warnings.clone();
        let grid = orientation::grid(h, size, &mut warnings)?;
        let before = frame_bytes * frame;
        let lead = h.vox_offset.saturating_sub(source.position());
        Ok(Self {
            path,
            source,
            encoding: Encoding { data_type: h.data_type, swapped: h.swapped, scale: h.scale },
            grid,
            voxels,
            before: lead + before,
            after: all_bytes - before - frame_bytes,
            extensions,
            warnings,
        })
    }

    fn volume(&mut self, opts: &LoadOptions, watch: &dyn Watch) -> Result<Volume, Problem> {
        within_budget(HuBuffer::needed(&self.encoding, self.voxels), opts)?;
        let (voxels, range) = if self.encoding.is_plain_i16() { self.plain_voxels(watch)? } else { self.converted_voxels(watch)? };
        self.finish(watch)?;
        Ok(Volume { grid: self.grid, voxels, range, warnings: std::mem::take(&mut self.warnings) })
    }

    fn plain_voxels(&mut self, watch: &dyn Watch) -> Result<(Voxels, (f64, f64)), Problem> {
        let mut voxels = VoxelBuf::<i16>::zeroed(self.voxels as usize)?;
        self.skip(self.before, watch)?;
        let (min, max) = self.stream_plain(&mut voxels, watch)?;
        Ok((Voxels::I16(voxels), (f64::from(min), f64::from(max))))
    }

    fn converted_voxels(&mut self, watch: &dyn Watch) -> Result<(Voxels, (f64, f64)), Problem> {
        let mut buffer = HuBuffer::new(self.encoding, self.voxels as usize)?;
        self.skip(self.before, watch)?;
        self.stream(watch, |raw| {
            buffer.push(raw);
            Ok(())
        })?;
        buffer.finish(&mut self.warnings)
    }

    fn labels(&mut self, watch: &dyn Watch, mut visit: impl FnMut(usize, &[u16])) -> Result<(), Problem> {
        let mut labels = vec![0; CHUNK / self.encoding.data_type.size()];
        self.decode(watch, |decoder, raw| {
            let start = decoder.done;
            let out = &mut labels[..raw.len() / decoder.voxel_size()];
            decoder.decode(raw, out)?;
            visit(start, out);
            Ok(())
        })
    }

    /// All voxels, after a look at the budget; slices are counted while they are in the processor's cache.
    fn all_labels(&mut self, counter: &mut Counter, opts: &LoadOptions, watch: &dyn Watch) -> Result<LabelVoxels, Problem> {
        let bytes = self.encoding.is_plain_u8();
        within_budget(u128::from(self.voxels) * if bytes { 1 } else { 2 }, opts)?;
        let mut filler = LabelFiller::new(self.voxels as usize, bytes)?;
        let mut labels = vec![0; if bytes { 0 } else { CHUNK / self.encoding.data_type.size() }];
        self.decode(watch, |decoder, raw| {
            if bytes {
                filler.push_bytes(raw);
            } else {
                let out = &mut labels[..raw.len() / decoder.voxel_size()];
                decoder.decode(raw, out)?;
                filler.push(out);
            }
            counter.filled(filler.filled());
            Ok(())
        })?;
        Ok(filler.finish()?)
    }

    /// Hands out the frame that is wanted, then checks the end of the file.
    fn decode(&mut self, watch: &dyn Watch, mut take: impl FnMut(&mut LabelDecoder, &[u8]) -> Result<(), Problem>) -> Result<(), Problem> {
        let mut decoder = LabelDecoder::new(self.encoding);
        self.skip(self.before, watch)?;
        self.stream(watch, |raw| take(&mut decoder, raw))?;
        if decoder.rounded > 0 {
            self.warnings.push(format!("{} voxels were not quite whole numbers and are rounded to labels", decoder.rounded));
        }
        self.finish(watch)
    }

    fn data_bytes(&self) -> u64 {
        self.voxels * self.encoding.data_type.size() as u64
    }

    /// Reads into the final memory; gives the smallest and largest value. A second thread touches the memory ahead, so that the
    /// system clears pages (a quarter of the time otherwise) while this one unpacks.
    fn stream_plain(&mut self, voxels: &mut [i16], watch: &dyn Watch) -> Result<(i16, i16), Problem> {
        let total = self.data_bytes();
        let (mut done, mut range) = (0, (i16::MAX, i16::MIN));
        std::thread::scope(|scope| {
            let (touched, ready) = std::sync::mpsc::sync_channel(TOUCHED_AHEAD);
            let pieces = voxels.chunks_mut(TOUCHED / 2);
            let touch = move || {
                for chunk in pieces {
                    chunk.iter_mut().step_by(PAGE / 2).for_each(|v| *v = std::hint::black_box(0));
                    if touched.send(chunk).is_err() {
                        return; // the reader gave up
                    }
                }
            };
            std::thread::Builder::new().name("touch-pages".to_owned()).spawn_scoped(scope, touch)?;
            for chunk in ready {
                tick(watch, done, total)?;
                let got = self.source.read(bytemuck::cast_slice_mut(chunk))?;
                done += got as u64;
                if got < chunk.len() * 2 {
                    return Err(Problem::Truncated { got: bytes(done), expected: bytes(total) });
                }
                let (min, max) = settle_i16(chunk, self.encoding.swapped);
                watch.voxels(&self.grid, done as usize / 2 - chunk.len(), chunk);
                range = (range.0.min(min), range.1.max(max));
            }
            watch.advance(total, total);
            Ok(range)
        })
    }

    fn stream(&mut self, watch: &dyn Watch, mut take: impl FnMut(&[u8]) -> Result<(), Problem>) -> Result<(), Problem> {
        let total = self.data_bytes();
        let mut scratch = vec![0; CHUNK];
        let mut done = 0;
        while done < total {
            tick(watch, done, total)?;
            let want = (CHUNK as u64).min(total - done) as usize;
            let got = self.source.read(&mut scratch[..want])?;
            if got < want {
                return Err(Problem::Truncated { got: bytes(done + got as u64), expected: bytes(total) });
            }
            take(&scratch[..want])?;
            done += want as u64;
        }
        watch.advance(total, total);
        Ok(())
    }

    fn skip(&mut self, mut count: u64, watch: &dyn Watch) -> Result<(), Problem> {
        if self.source.seek(count)? {
            return Ok(());
        }
        let mut scratch = vec![0; CHUNK];
        while count > 0 {
            tick(watch, 0, 0)?;
            let want = (CHUNK as u64).min(count) as usize;
            if self.source.read(&mut scratch[..want])? < want {
                return Err(Problem::Truncated { got: bytes(0), expected: bytes(self.data_bytes()) });
            }
            count -= want as u64;
        }
        Ok(())
    }

    /// Reads on to the end: the checksum covers all of a gzip stream, and what nobody declared is worth a word.
    fn finish(&mut self, watch: &dyn Watch) -> Result<(), Problem> {
        let after = self.after;
        self.skip(after, watch)?;
        let tail = self.source.tail(TOLERATED_TAIL)?;
        if tail.extra > TOLERATED_TAIL && self.source.is_gzip() {
            return Err(Problem::Overlong { declared: bytes(self.source.position()) });
        }
        if tail.extra > 0 {
            self.warnings.push(format!("{} after the declared voxels are ignored", bytes(tail.extra)));
        }
        if tail.garbage > 0 {
            self.warnings.push(format!("{} after the end of the gzip stream are ignored", bytes(tail.garbage)));
        }
        Ok(())
    }
}

fn tick(watch: &dyn Watch, done: u64, total: u64) -> Result<(), Problem> {
    if total > 0 {
        watch.advance(done, total);
    }
    if watch.cancelled() { Err(Problem::Cancelled) } else { Ok(()) }
}

fn bytes(count: u64) -> Bytes {
    Bytes(u128::from(count))
}

fn within_budget(needed: u128, opts: &LoadOptions) -> Result<(), Problem> {
    if needed > u128::from(opts.memory_budget) {
        return Err(Problem::TooLargeForMemory { needed: Bytes(needed), budget: bytes(opts.memory_budget) });
    }
    Ok(())
}

fn dims_text(h: &Header) -> String {
    let used = h.dims.iter().rposition(|n| *n > 1).map_or(1, |last| last + 1).max(3);
    h.dims[..used].iter().map(u64::to_string).collect::<Vec<_>>().join("×")
}

fn overflow(h: &Header) -> Problem {
    Problem::Overflow(dims_text(h))
}

fn product(dims: &[u64]) -> Result<u64, Problem> {
    dims.iter()
        .try_fold(1u64, |all, n| all.checked_mul(*n))
        .ok_or_else(|| Problem::Overflow(dims.iter().map(u64::to_string).collect::<Vec<_>>().join("×")))
}

fn choose_frame(h: &Header, frames: u64, opts: &LoadOptions) -> Result<u64, Problem> {
    match opts.frame {
        None if frames == 1 => Ok(0),
        None => Err(Problem::NeedsFrame { frames, dims: dims_text(h) }),
        Some(frame) if (frame as u64) < frames => Ok(frame as u64),
        Some(frame) => Err(Problem::NoFrame { frame, frames }),
    }
}

/// The header and its extensions; the source is left somewhere at or before `vox_offset`.
fn read_header(source: &mut Source) -> Result<(Header, Vec<Extension>), Problem> {
    let mut raw = [0; header::SIZE_2];
    let got = source.read(&mut raw[..4])?;
    if got < 4 {
        return Err(Problem::ShortHeader(got));
    }
    let kind = Kind::sniff([raw[0], raw[1], raw[2], raw[3]])?;
    let got = 4 + source.read(&mut raw[4..kind.size])?;
    let mut header = header::parse(kind, &raw[..got])?;
    let extensions = read_extensions(source, &mut header)?;
    Ok((header, extensions))
}

/// nifti1.h: four bytes, the first of which says whether extensions follow; each is `esize, ecode, content`, up to `vox_offset`.
fn read_extensions(source: &mut Source, h: &mut Header) -> Result<Vec<Extension>, Problem> {
    let end = if h.single { h.vox_offset } else { h.size as u64 + 4 + MOST_EXTENSION };
    let mut flag = [0; 4];
    if source.read(&mut flag)? < 4 || flag[0] == 0 {
        return Ok(Vec::new());
    }
    let room = end.saturating_sub(source.position());
    if room > MOST_EXTENSION {
        h.warnings.push(format!("header extensions of {} are skipped", bytes(room)));
        return Ok(Vec::new());
    }
    let mut block = vec![0; room as usize];
    let got = source.read(&mut block)?;
    let (extensions, whole) = split_extensions(&block[..got], h.swapped);
    if !whole {
        h.warnings.push("a header extension is damaged and ignored; label names may be missing".to_owned());
    }
    Ok(extensions)
}

fn split_extensions(mut block: &[u8], swapped: bool) -> (Vec<Extension>, bool) {
    let mut found = Vec::new();
    while let Some((head, rest)) = block.split_first_chunk::<8>() {
        let number = |at: usize| {
            let raw = i32::from_ne_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
            if swapped { raw.swap_bytes() } else { raw }
        };
        let content = usize::try_from(number(0)).ok().and_then(|size| size.checked_sub(8));
        if number(0) == 0 {
            return (found, true); // padding up to vox_offset
        }
        let Some((content, rest)) = content.and_then(|size| rest.split_at_checked(size)) else { return (found, false) };
        found.push(Extension { code: number(4), content: content.to_vec() });
        block = rest;
    }
    (found, true)
}

/// Replaces `.img` by `.hdr` (or back) in a file name, keeping its case and any `.gz`.
fn sibling(path: &Path, from: &str, to: &str) -> Vec<PathBuf> {
    let Some(name) = path.file_name().and_then(|n| n.to_str()) else { return Vec::new() };
    let lower = name.to_ascii_lowercase();
    let plain = lower.strip_suffix(".gz").unwrap_or(&lower);
    let Some(stem) = plain.strip_suffix(from).and_then(|s| name.get(..s.len())) else { return Vec::new() };
    let upper = name.get(stem.len()..).is_some_and(|ending| ending.starts_with(&from.to_ascii_uppercase()));
    let to = if upper { to.to_ascii_uppercase() } else { to.to_owned() };
    ["", ".gz", ".GZ"].iter().map(|gz| path.with_file_name(format!("{stem}{to}{gz}"))).collect()
}

/// The file that holds the header: the `.hdr` beside an `.img`, else the file itself.
fn header_path(path: &Path) -> PathBuf {
    sibling(path, ".img", ".hdr").into_iter().find(|p| p.is_file()).unwrap_or_else(|| path.to_owned())
}

/// The file that holds the voxels of a header that says they are apart.
fn partner(header: &Path, asked: &Path) -> Result<PathBuf, Problem> {
    if asked != header {
        return Ok(asked.to_owned());
    }
    let candidates = sibling(header, ".hdr", ".img");
    let expected = candidates.first().cloned().unwrap_or_else(|| header.with_extension("img"));
    candidates.into_iter().find(|p| p.is_file()).ok_or(Problem::NoPartner(expected))
}
