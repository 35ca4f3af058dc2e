//! The NIfTI-1 and NIfTI-2 header: bytes to checked fields.
//!
//! Any 540 bytes give a [`Header`] or an error, never a panic; nothing here allocates more than the warnings. The `nifti` crate is not
//! used for this: it knows NIfTI-1 only and panics on some quaternions and spacings. Fields are those of nifti1.h and nifti2.h
//! (<https://nifti.nimh.nih.gov>).

use super::error::Problem;

/// Bytes of a NIfTI-1 and a NIfTI-2 header.
pub(super) const SIZE_1: usize = 348;
pub(super) const SIZE_2: usize = 540;

/// How a voxel is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataType {
    U8,
    I8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
}

/// Types that NIfTI knows and voxaudit refuses.
const REFUSED: [(i16, &str); 8] = [
    (0, "unknown"),
    (1, "1-bit binary"),
    (32, "complex64"),
    (128, "RGB24"),
    (1536, "float128"),
    (1792, "complex128"),
    (2048, "complex256"),
    (2304, "RGBA32"),
];

impl DataType {
    pub const ALL: [DataType; 10] = [
        DataType::U8,
        DataType::I8,
        DataType::I16,
        DataType::U16,
        DataType::I32,
        DataType::U32,
        DataType::I64,
        DataType::U64,
        DataType::F32,
        DataType::F64,
    ];

    /// NIfTI's `datatype` code.
    pub fn code(self) -> i16 {
        match self {
            DataType::U8 => 2,
            DataType::I16 => 4,
            DataType::I32 => 8,
            DataType::F32 => 16,
            DataType::F64 => 64,
            DataType::I8 => 256,
            DataType::U16 => 512,
            DataType::U32 => 768,
            DataType::I64 => 1024,
            DataType::U64 => 1280,
        }
    }

    /// Bytes per voxel.
    pub fn size(self) -> usize {
        match self {
            DataType::U8 | DataType::I8 => 1,
            DataType::I16 | DataType::U16 => 2,
            DataType::I32 | DataType::U32 | DataType::F32 => 4,
            DataType::I64 | DataType::U64 | DataType::F64 => 8,
        }
    }

    pub fn is_float(self) -> bool {
        matches!(self, DataType::F32 | DataType::F64)
    }

    fn from_code(code: i16) -> Result<Self, Problem> {
        if let Some(found) = Self::ALL.into_iter().find(|t| t.code() == code) {
            return Ok(found);
        }
        match REFUSED.iter().find(|(c, _)| *c == code) {
            Some(&(code, name)) => Err(Problem::Unsupported { name, code }),
            None => Err(Problem::DataType(code)),
        }
    }
}

/// How stored values become HU: `stored × slope + intercept`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    pub slope: f64,
    pub intercept: f64,
}

impl Scale {
    pub const NONE: Scale = Scale { slope: 1.0, intercept: 0.0 };

    pub fn is_none(self) -> bool {
        self == Self::NONE
    }

    pub fn apply(self, stored: f64) -> f64 {
        stored * self.slope + self.intercept
    }
}

/// The fields voxaudit uses, checked.
#[derive(Clone, Debug)]
pub(super) struct Header {
    /// Other byte order than this machine's.
    pub swapped: bool,
    /// Data follow in the same file (`n+1`, `n+2`), not in an `.img`.
    pub single: bool,
    /// Bytes of this header.
    pub size: usize,
    /// Sizes of all seven dimensions, missing ones 1.
    pub dims: [u64; 7],
    pub data_type: DataType,
    pub pixdim: [f64; 4],
    /// First byte of the voxels in the file that holds them.
    pub vox_offset: u64,
    pub scale: Scale,
    pub qform_code: i32,
    pub sform_code: i32,
    /// b, c, d.
    pub quaternion: [f64; 3],
    pub qoffset: [f64; 3],
    pub srow: [[f64; 4]; 3],
    pub warnings: Vec<String>,
}

/// The byte order and version that the first four bytes give.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub size: usize,
    big_endian: bool,
}

impl Kind {
    pub fn sniff(first: [u8; 4]) -> Result<Self, Problem> {
        for big_endian in [false, true] {
            let declared = if big_endian { i32::from_be_bytes(first) } else { i32::from_le_bytes(first) };
            if declared == SIZE_1 as i32 || declared == SIZE_2 as i32 {
                return Ok(Self { size: declared as usize, big_endian });
            }
        }
        Err(Problem::NotNifti(i32::from_le_bytes(first)))
    }
}

/// Fields at byte offsets, in the file's byte order. Offsets are constants below the checked length.
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl Fields<'_> {
    fn raw<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut raw = [0; N];
        if let Some(bytes) = self.bytes.get(at..at + N) {
            raw.copy_from_slice(bytes);
        }
        if self.big_endian {
            raw.reverse();
        }
        raw
    }

    fn i16(&self, at: usize) -> i16 {
        i16::from_le_bytes(self.raw(at))
    }

    fn i32(&self, at: usize) -> i32 {
        i32::from_le_bytes(self.raw(at))
    }

    fn i64(&self, at: usize) -> i64 {
        i64::from_le_bytes(self.raw(at))
    }

    fn f32(&self, at: usize) -> f64 {
        f64::from(f32::from_le_bytes(self.raw(at)))
    }

    fn f64(&self, at: usize) -> f64 {
        f64::from_le_bytes(self.raw(at))
    }
}

/// What the two versions store at different places and widths.
struct Stored {
    dim: [i64; 8],
    data_type: i16,
    bitpix: i16,
    pixdim: [f64; 4],
    vox_offset: f64,
    slope: f64,
    intercept: f64,
    units: i32,
    qform_code: i32,
    sform_code: i32,
    quaternion: [f64; 3],
    qoffset: [f64; 3],
    srow: [[f64; 4]; 3],
}

fn stored_1(f: &Fields<'_>) -> Stored {
    Stored {
        dim: std::array::from_fn(|n| i64::from(f.i16(40 + 2 * n))),
        data_type: f.i16(70),
        bitpix: f.i16(72),
        pixdim: std::array::from_fn(|n| f.f32(76 + 4 * n)),
        vox_offset: f.f32(108),
        slope: f.f32(112),
        intercept: f.f32(116),
        units: i32::from(f.raw::<1>(123)[0]),
        qform_code: i32::from(f.i16(252)),
        sform_code: i32::from(f.i16(254)),
        quaternion: std::array::from_fn(|n| f.f32(256 + 4 * n)),
        qoffset: std::array::from_fn(|n| f.f32(268 + 4 * n)),
        srow: std::array::from_fn(|row| std::array::from_fn(|n| f.f32(280 + 16 * row + 4 * n))),
    }
}

fn stored_2(f: &Fields<'_>) -> Stored {
    Stored {
        dim: std::array::from_fn(|n| f.i64(16 + 8 * n)),
        data_type: f.i16(12),
        bitpix: f.i16(14),
        pixdim: std::array::from_fn(|n| f.f64(104 + 8 * n)),
        vox_offset: f.i64(168) as f64,
        slope: f.f64(176),
        intercept: f.f64(184),
        units: f.i32(500),
        qform_code: f.i32(344),
        sform_code: f.i32(348),
        quaternion: std::array::from_fn(|n| f.f64(352 + 8 * n)),
        qoffset: std::array::from_fn(|n| f.f64(376 + 8 * n)),
        srow: std::array::from_fn(|row| std::array::from_fn(|n| f.f64(400 + 32 * row + 8 * n))),
    }
}

/// Reads a header of at least `kind.size` bytes.
///
/// Errors name the field that is damaged or the type that is refused.
pub(super) fn parse(kind: Kind, bytes: &[u8]) -> Result<Header, Problem> {
    if bytes.len() < kind.size {
        return Err(Problem::ShortHeader(bytes.len()));
    }
    let fields = Fields { bytes, big_endian: kind.big_endian };
    let single = is_single(kind, bytes)?;
    let s = if kind.size == SIZE_1 { stored_1(&fields) } else { stored_2(&fields) };
    let mut warnings = Vec::new();
    let dims = dims(&s.dim)?;
    let data_type = DataType::from_code(s.data_type)?;
    if s.bitpix as i64 != data_type.size() as i64 * 8 {
        warnings.push(format!(
            "bitpix is {} where datatype {} has {} bits; the datatype is used",
            s.bitpix,
            s.data_type,
            data_type.size() * 8
        ));
    }
    let vox_offset = vox_offset(s.vox_offset, single, kind.size, &mut warnings)?;
    let scale = scale(s.slope, s.intercept, &mut warnings);
    warn_units(s.units, &mut warnings);
    Ok(Header {
        swapped: kind.big_endian != cfg!(target_endian = "big"),
        single,
        size: kind.size,
        dims,
        data_type,
        pixdim: s.pixdim,
        vox_offset,
        scale,
        qform_code: s.qform_code,
        sform_code: s.sform_code,
        quaternion: s.quaternion,
        qoffset: s.qoffset,
        srow: s.srow,
        warnings,
    })
}

fn is_single(kind: Kind, bytes: &[u8]) -> Result<bool, Problem> {
    let at = if kind.size == SIZE_1 { 344 } else { 4 };
    let magic = &bytes[at..at + 4];
    match (magic, kind.size == SIZE_1) {
        (b"n+1\0", true) | (b"n+2\0", false) => Ok(true),
        (b"ni1\0", true) | (b"ni2\0", false) => Ok(false),
        ([0, 0, 0, 0], true) => Err(Problem::Analyze),
        _ => Err(Problem::Magic(magic.escape_ascii().to_string())),
    }
}

fn dims(dim: &[i64; 8]) -> Result<[u64; 7], Problem> {
    if !(1..=7).contains(&dim[0]) {
        return Err(Problem::Dimensions(dim[0]));
    }
    let mut dims = [1; 7];
    for axis in 1..=dim[0] as usize {
        if dim[axis] < 1 {
            return Err(Problem::Size { axis, size: dim[axis] });
        }
        dims[axis - 1] = dim[axis] as u64;
    }
    Ok(dims)
}

fn vox_offset(stored: f64, single: bool, header: usize, warnings: &mut Vec<String>) -> Result<u64, Problem> {
    let least = if single { header as f64 + 4.0 } else { 0.0 };
    if !stored.is_finite() {
        return Err(Problem::Offset(stored, "it must be a number (the header is damaged)"));
    }
    if single && stored == 0.0 {
        warnings.push(format!("vox_offset is 0; the voxels are taken to follow the header at byte {least}"));
        return Ok(least as u64);
    }
    if stored < least {
        return Err(Problem::Offset(stored, "it lies before the end of the header (the header is damaged)"));
    }
    if stored.fract() != 0.0 || stored > 9e15 {
        return Err(Problem::Offset(stored, "it must be a whole number of bytes in the file (the header is damaged)"));
    }
    Ok(stored as u64)
}

/// NIfTI's scaling: a slope of 0 or one that is not finite means that the stored values are meant as they are, and then there is no
/// intercept either (nifti1.h; nibabel reads it so).
fn scale(slope: f64, intercept: f64, warnings: &mut Vec<String>) -> Scale {
    if slope == 0.0 || !slope.is_finite() {
        if slope.is_infinite() {
            warnings.push("scl_slope is infinite; the values are taken unscaled".to_owned());
        }
        if intercept != 0.0 && intercept.is_finite() {
            warnings.push(format!("scl_slope is {slope}, so scl_inter {intercept} is not applied"));
        }
        return Scale::NONE;
    }
    if intercept.is_infinite() {
        warnings.push("scl_inter is infinite; it is taken as 0".to_owned());
    }
    Scale { slope, intercept: if intercept.is_finite() { intercept } else { 0.0 } }
}

fn warn_units(units: i32, warnings: &mut Vec<String>) {
    let name = match units & 7 {
        1 => "metres",
        3 => "micrometres",
        _ => return,
    };
    warnings.push(format!("the header gives lengths in {name}; they are taken as millimetres, as other readers do"));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A valid NIfTI-1 header of a 4×3×2 i16 volume.
    pub(crate) fn sample() -> Vec<u8> {
        let mut h = vec![0; SIZE_1];
        h[..4].copy_from_slice(&348i32.to_le_bytes());
        for (n, v) in [3i16, 4, 3, 2, 1, 1, 1, 1].into_iter().enumerate() {
            h[40 + 2 * n..42 + 2 * n].copy_from_slice(&v.to_le_bytes());
        }
        h[70..72].copy_from_slice(&4i16.to_le_bytes());
        h[72..74].copy_from_slice(&16i16.to_le_bytes());
        for n in 0..4 {
            h[76 + 4 * n..80 + 4 * n].copy_from_slice(&1f32.to_le_bytes());
        }
        h[108..112].copy_from_slice(&352f32.to_le_bytes());
        h[344..348].copy_from_slice(b"n+1\0");
        h
    }

    fn read(h: &[u8]) -> Result<Header, Problem> {
        parse(Kind::sniff([h[0], h[1], h[2], h[3]])?, h)
    }

    fn with(at: usize, bytes: &[u8]) -> Result<Header, Problem> {
        let mut h = sample();
        h[at..at + bytes.len()].copy_from_slice(bytes);
        read(&h)
    }

    #[test]
    fn a_plain_header_reads() {
        let h = read(&sample()).unwrap();
        assert_eq!((h.dims, h.data_type, h.vox_offset, h.single), ([4, 3, 2, 1, 1, 1, 1], DataType::I16, 352, true));
        assert!(h.scale.is_none() && h.warnings.is_empty());
    }

    #[test]
    fn damaged_fields_are_named() {
        assert!(matches!(with(40, &0i16.to_le_bytes()), Err(Problem::Dimensions(0))));
        assert!(matches!(with(40, &8i16.to_le_bytes()), Err(Problem::Dimensions(8))));
        assert!(matches!(with(42, &(-5i16).to_le_bytes()), Err(Problem::Size { axis: 1, size: -5 })));
        assert!(matches!(with(44, &0i16.to_le_bytes()), Err(Problem::Size { axis: 2, size: 0 })));
        for bad in [f32::NAN, f32::INFINITY, -1.0, 100.0, 352.5, 1e30] {
            assert!(matches!(with(108, &bad.to_le_bytes()), Err(Problem::Offset(..))), "{bad}");
        }
        assert!(matches!(with(344, b"n+9\0"), Err(Problem::Magic(m)) if m == "n+9\\x00"));
        assert!(matches!(with(344, b"\0\0\0\0"), Err(Problem::Analyze)));
        assert!(matches!(with(0, &350i32.to_le_bytes()), Err(Problem::NotNifti(350))));
        assert!(matches!(read(&sample()[..200]), Err(Problem::ShortHeader(200))));
    }

    #[test]
    fn colour_complex_and_wide_floats_are_refused_by_name() {
        for (code, name) in REFUSED {
            assert!(matches!(with(70, &code.to_le_bytes()), Err(Problem::Unsupported { name: n, .. }) if n == name));
        }
        assert!(matches!(with(70, &77i16.to_le_bytes()), Err(Problem::DataType(77))));
    }

    #[test]
    fn scaling_follows_the_standard() {
        let scaled = |slope: f32, inter: f32| with(112, &[slope.to_le_bytes(), inter.to_le_bytes()].concat()).unwrap();
        assert!(scaled(0.0, 0.0).scale.is_none());
        assert!(scaled(f32::NAN, f32::NAN).scale.is_none());
        assert_eq!(scaled(1.0, -1024.0).scale, Scale { slope: 1.0, intercept: -1024.0 });
        assert_eq!(scaled(2.0, f32::NAN).scale, Scale { slope: 2.0, intercept: 0.0 });
        assert!(scaled(0.0, 7.0).warnings[0].contains("not applied"));
        assert!(scaled(f32::INFINITY, 0.0).warnings[0].contains("infinite"));
        assert!(scaled(1.0, f32::NEG_INFINITY).warnings[0].contains("infinite"));
    }
}
