//! Writing NIfTI: the demo's phantom, and fixtures of every type, byte order and form for tests.
//!
//! The same image and options give the same bytes. The file is written beside its target and renamed when complete.

use super::error::{NiftiError, Problem};
use super::header::{DataType, SIZE_1, SIZE_2};
use crate::space::Affine;
use flate2::{Compression, GzBuilder};
use glam::{DMat3, DQuat, DVec3};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Voxels as they are to be stored, i fastest.
#[derive(Clone, Copy, Debug)]
pub enum Values<'a> {
    U8(&'a [u8]),
    I8(&'a [i8]),
    I16(&'a [i16]),
    U16(&'a [u16]),
    I32(&'a [i32]),
    U32(&'a [u32]),
    I64(&'a [i64]),
    U64(&'a [u64]),
    F32(&'a [f32]),
    F64(&'a [f64]),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    #[default]
    One,
    Two,
}

/// An image to write: the form is the file's name (`.nii`, `.nii.gz`, or `.hdr` with an `.img` beside it).
#[derive(Clone, Debug)]
pub struct NiftiImage<'a> {
    /// Sizes, i first; one to seven.
    pub dims: Vec<usize>,
    pub affine: Affine,
    pub values: Values<'a>,
    pub options: WriteOptions,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WriteOptions {
    pub version: Version,
    pub big_endian: bool,
    /// 0 to 9, for names that end in `.gz`.
    pub gzip_level: u32,
    pub slope: f64,
    pub intercept: f64,
    pub sform_code: i16,
    /// Forced to 0 for sheared affines, which a qform cannot say.
    pub qform_code: i16,
    /// The qform's affine where it should differ from the sform's.
    pub qform: Option<Affine>,
    /// Text of a header extension (code 0), such as CaretExtension XML.
    pub extension: Option<String>,
    /// Zero bytes between the header and the voxels.
    pub padding: usize,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            version: Version::One,
            big_endian: false,
            gzip_level: 6,
            slope: 1.0,
            intercept: 0.0,
            sform_code: 1,
            qform_code: 1,
            qform: None,
            extension: None,
            padding: 0,
        }
    }
}

impl<'a> NiftiImage<'a> {
    /// A little-endian NIfTI-1 image with sform and qform.
    pub fn new(size: [usize; 3], affine: Affine, values: Values<'a>) -> Self {
        Self { dims: size.to_vec(), affine, values, options: WriteOptions::default() }
    }

    pub fn with(mut self, options: WriteOptions) -> Self {
        self.options = options;
        self
    }
}

impl Values<'_> {
    pub fn data_type(&self) -> DataType {
        match self {
            Values::U8(_) => DataType::U8,
            Values::I8(_) => DataType::I8,
            Values::I16(_) => DataType::I16,
            Values::U16(_) => DataType::U16,
            Values::I32(_) => DataType::I32,
            Values::U32(_) => DataType::U32,
            Values::I64(_) => DataType::I64,
            Values::U64(_) => DataType::U64,
            Values::F32(_) => DataType::F32,
            Values::F64(_) => DataType::F64,
        }
    }

    /// In this machine's byte order.
    fn bytes(&self) -> &[u8] {
        match self {
            Values::U8(v) => v,
            Values::I8(v) => bytemuck::cast_slice(v),
            Values::I16(v) => bytemuck::cast_slice(v),
            Values::U16(v) => bytemuck::cast_slice(v),
            Values::I32(v) => bytemuck::cast_slice(v),
            Values::U32(v) => bytemuck::cast_slice(v),
            Values::I64(v) => bytemuck::cast_slice(v),
            Values::U64(v) => bytemuck::cast_slice(v),
            Values::F32(v) => bytemuck::cast_slice(v),
            Values::F64(v) => bytemuck::cast_slice(v),
        }
    }
}

/// Writes `image` to `path`, replacing what is there.
///
/// Errors when sizes and values disagree, when a size is too large for the version, or when the disk refuses.
pub fn write(path: &Path, image: &NiftiImage<'_>) -> Result<(), NiftiError> {
    write_parts(path, image).map_err(|p| p.at(path))
}

fn write_parts(path: &Path, image: &NiftiImage<'_>) -> Result<(), Problem> {
    let voxels = image.dims.iter().try_fold(1usize, |all, n| all.checked_mul(*n));
    let data_type = image.values.data_type();
    if !(1..=7).contains(&image.dims.len()) || voxels != Some(image.values.bytes().len() / data_type.size()) {
        return Err(Problem::Write(format!("{:?} voxels were announced and other values given", image.dims)));
    }
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    if let Some(stem) = name.strip_suffix(".hdr") {
        put(path, image, |out| out.write_all(&header(image, false)?).map_err(Problem::from))?;
        return put(&path.with_file_name(format!("{stem}.img")), image, |out| put_values(out, image));
    }
    put(path, image, |out| {
        out.write_all(&header(image, true)?)?;
        put_values(out, image)
    })
}

/// Writes a temporary sibling through gzip when the name says so, then renames it.
fn put(path: &Path, image: &NiftiImage<'_>, body: impl FnOnce(&mut dyn Write) -> Result<(), Problem>) -> Result<(), Problem> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let temporary = path.with_file_name(name);
    let result = put_at(&temporary, path, image, body);
    if result.is_err() {
        let _ = std::fs::remove_file(&temporary); // best effort: the error that matters is the first one
    }
    result
}

fn put_at(
    temporary: &PathBuf,
    path: &Path,
    image: &NiftiImage<'_>,
    body: impl FnOnce(&mut dyn Write) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(temporary)?);
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz")) {
        let mut gzip = GzBuilder::new().mtime(0).write(&mut file, Compression::new(image.options.gzip_level.min(9)));
        body(&mut gzip)?;
        gzip.finish()?;
    } else {
        body(&mut file)?;
    }
    file.flush()?;
    drop(file);
    Ok(std::fs::rename(temporary, path)?)
}

fn put_values(out: &mut dyn Write, image: &NiftiImage<'_>) -> Result<(), Problem> {
    let size = image.values.data_type().size();
    let swap = image.options.big_endian != cfg!(target_endian = "big") && size > 1;
    for chunk in image.values.bytes().chunks(1 << 20) {
        if !swap {
            out.write_all(chunk)?;
            continue;
        }
        let mut swapped = chunk.to_vec();
        swapped.chunks_exact_mut(size).for_each(<[u8]>::reverse);
        out.write_all(&swapped)?;
    }
    Ok(())
}

/// A header under construction, in the byte order asked for.
struct Bytes {
    raw: Vec<u8>,
    big_endian: bool,
}

impl Bytes {
    fn put(&mut self, at: usize, little_endian: &[u8]) {
        let to = &mut self.raw[at..at + little_endian.len()];
        to.copy_from_slice(little_endian);
        if self.big_endian {
            to.reverse();
        }
    }

    fn i16(&mut self, at: usize, v: i16) {
        self.put(at, &v.to_le_bytes());
    }

    fn i32(&mut self, at: usize, v: i32) {
        self.put(at, &v.to_le_bytes());
    }

    fn i64(&mut self, at: usize, v: i64) {
        self.put(at, &v.to_le_bytes());
    }

    /// Consecutive floats of the version's width: 4 bytes in NIfTI-1, 8 in NIfTI-2.
    fn floats(&mut self, at: usize, wide: bool, values: &[f64]) {
        for (n, v) in values.iter().enumerate() {
            if wide {
                self.put(at + 8 * n, &v.to_le_bytes());
            } else {
                self.put(at + 4 * n, &(*v as f32).to_le_bytes());
            }
        }
    }
}

/// The header, its extensions and padding, up to the first voxel.
fn header(image: &NiftiImage<'_>, single: bool) -> Result<Vec<u8>, Problem> {
    let o = &image.options;
    let wide = o.version == Version::Two;
    let size = if wide { SIZE_2 } else { SIZE_1 };
    let extension = o.extension.as_ref().map(|text| extension(text, o.big_endian));
    let offset = size + 4 + extension.as_ref().map_or(0, Vec::len) + o.padding;
    let mut h = Bytes { raw: vec![0; size + 4], big_endian: o.big_endian };
    h.i32(0, size as i32);
    common(&mut h, image, if single { offset } else { 0 })?;
    orientation(&mut h, image);
    let magic: &[u8] = match (wide, single) {
        (false, true) => b"n+1\0",
        (false, false) => b"ni1\0",
        (true, true) => b"n+2\0\r\n\x1a\n",
        (true, false) => b"ni2\0\r\n\x1a\n",
    };
    let at = if wide { 4 } else { 344 };
    h.raw[at..at + magic.len()].copy_from_slice(magic);
    if let Some(extension) = extension {
        h.raw[size] = 1;
        h.raw.extend(extension);
    }
    if single {
        h.raw.resize(offset, 0);
    }
    Ok(h.raw)
}

/// Sizes, type, scaling, units and where the voxels start.
fn common(h: &mut Bytes, image: &NiftiImage<'_>, offset: usize) -> Result<(), Problem> {
    let wide = image.options.version == Version::Two;
    let data_type = image.values.data_type();
    let too_long = |n: usize| Problem::Write(format!("a size of {n} is too large for this version of NIfTI"));
    for n in 0..8 {
        let dim = if n == 0 { image.dims.len() } else { image.dims.get(n - 1).copied().unwrap_or(1) };
        if wide {
            h.i64(16 + 8 * n, i64::try_from(dim).map_err(|_| too_long(dim))?);
        } else {
            h.i16(40 + 2 * n, i16::try_from(dim).map_err(|_| too_long(dim))?);
        }
    }
    let at = if wide { 12 } else { 70 };
    h.i16(at, data_type.code());
    h.i16(at + 2, data_type.size() as i16 * 8);
    let scale = [image.options.slope, image.options.intercept];
    if wide {
        h.i64(168, offset as i64);
        h.floats(176, true, &scale);
        h.i32(500, 2); // millimetres
    } else {
        h.floats(108, false, &[offset as f64]);
        h.floats(112, false, &scale);
        h.raw[123] = 2;
    }
    Ok(())
}

fn orientation(h: &mut Bytes, image: &NiftiImage<'_>) {
    let o = &image.options;
    let wide = o.version == Version::Two;
    let form = o.qform.unwrap_or(image.affine);
    let qform_code = if form.shear_degrees() > 0.01 { 0 } else { o.qform_code };
    let (quaternion, qfac) = quaternion(&form);
    let spacing = form.spacing_mm();
    let pixdim = [qfac, spacing[0], spacing[1], spacing[2], 1.0, 1.0, 1.0, 1.0];
    let m = image.affine.ras_from_voxel();
    let rows = m.matrix3.transpose();
    let row = |r: DVec3, t: f64| [r.x, r.y, r.z, t];
    let srow = [row(rows.x_axis, m.translation.x), row(rows.y_axis, m.translation.y), row(rows.z_axis, m.translation.z)].concat();
    let offset = form.ras_from_voxel().translation.to_array();
    if wide {
        h.floats(104, true, &pixdim);
        h.i32(344, i32::from(qform_code));
        h.i32(348, i32::from(o.sform_code));
        h.floats(352, true, &quaternion);
        h.floats(376, true, &offset);
        h.floats(400, true, &srow);
    } else {
        h.floats(76, false, &pixdim);
        h.i16(252, qform_code);
        h.i16(254, o.sform_code);
        h.floats(256, false, &quaternion);
        h.floats(268, false, &offset);
        h.floats(280, false, &srow);
    }
}

/// b, c, d of the rotation with a ≥ 0, and qfac.
fn quaternion(affine: &Affine) -> ([f64; 3], f64) {
    let m = affine.ras_from_voxel().matrix3;
    let mut columns = [m.x_axis, m.y_axis, m.z_axis].map(DVec3::normalize);
    let qfac = if m.determinant() < 0.0 { -1.0 } else { 1.0 };
    columns[2] *= qfac;
    let q = DQuat::from_mat3(&DMat3::from_cols(columns[0], columns[1], columns[2])).normalize();
    let sign = if q.w < 0.0 { -1.0 } else { 1.0 };
    ([q.x * sign, q.y * sign, q.z * sign], qfac)
}

/// esize, ecode 0, text, padded to a multiple of 16 bytes with spaces as other writers do for XML.
fn extension(text: &str, big_endian: bool) -> Vec<u8> {
    let size = (text.len() + 8).next_multiple_of(16);
    let number = |v: i32| if big_endian { v.to_be_bytes() } else { v.to_le_bytes() };
    let mut raw = [number(size as i32), number(0)].concat();
    raw.extend(text.as_bytes());
    raw.resize(size, b' ');
    raw
}
