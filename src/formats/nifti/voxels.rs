//! Stored voxels to HU or labels, a chunk at a time while the chunk is in the processor's cache.
//!
//! HU start as `i16` in the front of the final buffer. At the first value that `i16` does not hold exactly the buffer is widened to
//! `f32` in place, from the back; no second buffer is ever made. This holds for float files too: a float file of whole numbers gives
//! the same numbers as `i16`, in half the memory.

use super::error::Problem;
use super::header::{DataType, Scale};
use crate::volume::{VoxelBuf, Voxels};

/// Values converted between two looks at whether they still fit.
const BLOCK: usize = 2048;

/// A stored number.
trait Stored: Copy {
    fn read(bytes: &[u8], swapped: bool) -> Self;
    fn to_f64(self) -> f64;
    /// The value as `i16`, and whether that is exact.
    fn to_i16(self) -> (i16, bool);
    /// The value as `u16`, and whether that is exact.
    fn to_u16(self) -> (u16, bool);
}

macro_rules! stored {
    ($($t:ty),*) => {$(
        impl Stored for $t {
            #[inline(always)]
            fn read(bytes: &[u8], swapped: bool) -> Self {
                let mut raw = [0; size_of::<$t>()];
                raw.copy_from_slice(bytes);
                if swapped {
                    raw.reverse();
                }
                <$t>::from_ne_bytes(raw)
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn to_i16(self) -> (i16, bool) {
                let n = self as i16;
                (n, n as f64 == self as f64)
            }
            #[inline(always)]
            fn to_u16(self) -> (u16, bool) {
                let n = self as u16;
                (n, n as f64 == self as f64)
            }
        }
    )*};
}
stored!(u8, i8, i16, u16, i32, u32, i64, u64, f32, f64);

/// How the bytes of a file are to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Encoding {
    pub data_type: DataType,
    pub swapped: bool,
    pub scale: Scale,
}

/// Calls `$f::<T>(…)` with the Rust type of a [`DataType`].
macro_rules! by_type {
    ($data_type:expr, $target:ident . $f:ident ( $($arg:expr),* )) => {
        match $data_type {
            DataType::U8 => $target.$f::<u8>($($arg),*),
            DataType::I8 => $target.$f::<i8>($($arg),*),
            DataType::I16 => $target.$f::<i16>($($arg),*),
            DataType::U16 => $target.$f::<u16>($($arg),*),
            DataType::I32 => $target.$f::<i32>($($arg),*),
            DataType::U32 => $target.$f::<u32>($($arg),*),
            DataType::I64 => $target.$f::<i64>($($arg),*),
            DataType::U64 => $target.$f::<u64>($($arg),*),
            DataType::F32 => $target.$f::<f32>($($arg),*),
            DataType::F64 => $target.$f::<f64>($($arg),*),
        }
    };
}

impl Encoding {
    /// True when bytes of the file become the final `i16` by at most a byte swap.
    pub fn is_plain_i16(&self) -> bool {
        self.data_type == DataType::I16 && self.scale.is_none()
    }

    /// Labels as they are: a byte each.
    pub fn is_plain_u8(&self) -> bool {
        self.data_type == DataType::U8 && self.scale.is_none()
    }

    /// True when every possible value fits `i16`, so that no room to widen is needed.
    pub fn always_i16(&self) -> bool {
        self.is_plain_i16() || (self.scale.is_none() && matches!(self.data_type, DataType::U8 | DataType::I8))
    }
}

/// Swaps the bytes of freshly read values where needed; their smallest and largest.
pub(super) fn settle_i16(values: &mut [i16], swapped: bool) -> (i16, i16) {
    if swapped {
        values.iter_mut().for_each(|v| *v = v.swap_bytes());
    }
    values.iter().fold((i16::MAX, i16::MIN), |(lo, hi), &v| (lo.min(v), hi.max(v)))
}

/// The CT volume while it is being filled.
pub(super) struct HuBuffer {
    encoding: Encoding,
    bytes: VoxelBuf<u8>,
    len: usize,
    filled: usize,
    wide: bool,
    min: f64,
    max: f64,
    not_finite: u64,
}

impl HuBuffer {
    /// Bytes of memory for `len` voxels.
    pub fn needed(encoding: &Encoding, len: u64) -> u128 {
        u128::from(len) * if encoding.always_i16() { 2 } else { 4 }
    }

    pub fn new(encoding: Encoding, len: usize) -> Result<Self, Problem> {
        let needed = usize::try_from(Self::needed(&encoding, len as u64)).map_err(|_| Problem::Overflow(len.to_string()))?;
        let bytes = VoxelBuf::zeroed(needed)?;
        Ok(Self { encoding, bytes, len, filled: 0, wide: false, min: f64::INFINITY, max: f64::NEG_INFINITY, not_finite: 0 })
    }

    /// Takes the next whole voxels as the file stores them.
    pub fn push(&mut self, raw: &[u8]) {
        by_type!(self.encoding.data_type, self.push_as(raw));
    }

    fn push_as<T: Stored>(&mut self, raw: &[u8]) {
        let block_bytes = BLOCK * size_of::<T>();
        for block in raw.chunks(block_bytes) {
            if !self.wide && !self.push_narrow::<T>(block) {
                self.widen();
            }
            if self.wide {
                self.push_wide::<T>(block);
            }
        }
    }

    /// False, with nothing taken, when a value of the block is not exactly an `i16`.
    fn push_narrow<T: Stored>(&mut self, block: &[u8]) -> bool {
        let Encoding { swapped, scale, .. } = self.encoding;
        let voxels = (block.len() / size_of::<T>()).min(self.len - self.filled);
        let out: &mut [i16] = bytemuck::cast_slice_mut(&mut self.bytes[self.filled * 2..(self.filled + voxels) * 2]);
        let values = block.chunks_exact(size_of::<T>()).map(|b| T::read(b, swapped));
        let mut all_fit = true;
        let (mut min, mut max) = (i16::MAX, i16::MIN);
        let mut put = |out: &mut i16, (v, fits): (i16, bool)| {
            *out = v;
            all_fit &= fits;
            (min, max) = (min.min(v), max.max(v));
        };
        if scale.is_none() {
            out.iter_mut().zip(values).for_each(|(o, v)| put(o, v.to_i16()));
        } else {
            out.iter_mut().zip(values).for_each(|(o, v)| put(o, scale.apply(v.to_f64()).to_i16()));
        }
        if all_fit {
            self.filled += voxels;
            self.widen_range(f64::from(min), f64::from(max));
        }
        all_fit
    }

    fn push_wide<T: Stored>(&mut self, block: &[u8]) {
        let Encoding { swapped, scale, .. } = self.encoding;
        let voxels = (block.len() / size_of::<T>()).min(self.len - self.filled);
        let out: &mut [f32] = bytemuck::cast_slice_mut(&mut self.bytes[self.filled * 4..(self.filled + voxels) * 4]);
        let (mut min, mut max, mut not_finite) = (f32::INFINITY, f32::NEG_INFINITY, 0);
        for (o, b) in out.iter_mut().zip(block.chunks_exact(size_of::<T>())) {
            let v = scale.apply(T::read(b, swapped).to_f64()) as f32;
            *o = v;
            if v.is_finite() {
                (min, max) = (min.min(v), max.max(v));
            } else {
                not_finite += 1;
            }
        }
        self.filled += voxels;
        self.not_finite += not_finite;
        self.widen_range(f64::from(min), f64::from(max));
    }

    fn widen_range(&mut self, min: f64, max: f64) {
        self.min = self.min.min(min);
        self.max = self.max.max(max);
    }

    /// From `i16` in the front to `f32` throughout, from the back so that nothing unread is overwritten.
    fn widen(&mut self) {
        let bytes: &mut [u8] = &mut self.bytes;
        for n in (0..self.filled).rev() {
            let value = f32::from(i16::from_ne_bytes([bytes[2 * n], bytes[2 * n + 1]]));
            bytes[4 * n..4 * n + 4].copy_from_slice(&value.to_ne_bytes());
        }
        self.wide = true;
    }

    /// The voxels, their finite range, and what a reader should know.
    pub fn finish(self, warnings: &mut Vec<String>) -> Result<(Voxels, (f64, f64)), Problem> {
        if self.not_finite > 0 {
            warnings.push(format!("{} voxels are NaN or infinite", self.not_finite));
        }
        let range = if self.min <= self.max { (self.min, self.max) } else { (0.0, 0.0) };
        if !self.encoding.data_type.is_float() && range.0.abs().max(range.1.abs()) > 16_777_216.0 {
            warnings.push("values beyond ±16,777,216 are rounded to single precision".to_owned());
        }
        let short = || Problem::Overflow(self.len.to_string());
        let voxels = if self.wide {
            Voxels::F32(self.bytes.prefix(self.len).ok_or_else(short)?)
        } else {
            Voxels::I16(self.bytes.prefix(self.len).ok_or_else(short)?)
        };
        Ok((voxels, range))
    }
}

/// Stored voxels to label values.
pub(super) struct LabelDecoder {
    encoding: Encoding,
    /// Floats that were near an integer and rounded to it.
    pub rounded: u64,
    /// Voxels decoded so far.
    pub done: usize,
}

/// Floats this close to an integer are labels with noise (resampling, a scale factor); others are no labels.
const NEAR: f64 = 1e-3;

impl LabelDecoder {
    pub fn new(encoding: Encoding) -> Self {
        Self { encoding, rounded: 0, done: 0 }
    }

    /// Bytes of a stored voxel.
    pub fn voxel_size(&self) -> usize {
        self.encoding.data_type.size()
    }

    /// Decodes whole voxels into `out` (one per voxel). Errors name the first value that is no label.
    pub fn decode(&mut self, raw: &[u8], out: &mut [u16]) -> Result<(), Problem> {
        by_type!(self.encoding.data_type, self.decode_as(raw, out))
    }

    fn decode_as<T: Stored>(&mut self, raw: &[u8], out: &mut [u16]) -> Result<(), Problem> {
        let Encoding { swapped, scale, .. } = self.encoding;
        for (raw, out) in raw.chunks(BLOCK * size_of::<T>()).zip(out.chunks_mut(BLOCK)) {
            let mut exact = scale.is_none();
            if exact {
                for (o, b) in out.iter_mut().zip(raw.chunks_exact(size_of::<T>())) {
                    let (v, fits) = T::read(b, swapped).to_u16();
                    *o = v;
                    exact &= fits;
                }
            }
            if !exact {
                for (n, (o, b)) in out.iter_mut().zip(raw.chunks_exact(size_of::<T>())).enumerate() {
                    *o = self.near(scale.apply(T::read(b, swapped).to_f64()), n)?;
                }
            }
            self.done += out.len();
        }
        Ok(())
    }

    fn near(&mut self, value: f64, ahead: usize) -> Result<u16, Problem> {
        let whole = value.round();
        let why = if !value.is_finite() || (value - whole).abs() > NEAR {
            "labels are whole numbers; a probability map has to be thresholded first"
        } else if whole < 0.0 {
            "labels are not negative"
        } else if whole > 65_535.0 {
            "labels go up to 65,535"
        } else {
            self.rounded += u64::from(whole != value);
            return Ok(whole as u16);
        };
        Err(Problem::Label { index: self.done + ahead, value, why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(data_type: DataType, scale: Scale, raw: &[u8], len: usize) -> (Voxels, (f64, f64), Vec<String>) {
        let mut buffer = HuBuffer::new(Encoding { data_type, swapped: false, scale }, len).unwrap();
        buffer.push(raw);
        let mut warnings = Vec::new();
        let (voxels, range) = buffer.finish(&mut warnings).unwrap();
        (voxels, range, warnings)
    }

    fn bytes<T: bytemuck::Pod>(values: &[T]) -> Vec<u8> {
        bytemuck::cast_slice(values).to_vec()
    }

    #[test]
    fn wide_integers_that_fit_become_i16() {
        let (v, range, _) = load(DataType::I32, Scale::NONE, &bytes(&[-1024i32, 3071, 32767]), 3);
        assert!(matches!(v, Voxels::I16(v) if v[..] == [-1024, 3071, 32767]));
        assert_eq!(range, (-1024.0, 32767.0));
    }

    #[test]
    fn the_first_misfit_widens_in_place_and_loses_nothing() {
        let mut values: Vec<i32> = (0..100_000).map(|n| n % 60_000 - 30_000).collect();
        values[99_999] = 40_000;
        let (v, range, _) = load(DataType::I32, Scale::NONE, &bytes(&values), values.len());
        let Voxels::F32(v) = v else { panic!("expected f32") };
        assert!(v.iter().zip(&values).all(|(a, b)| f64::from(*a) == f64::from(*b)));
        assert_eq!(range, (-30_000.0, 40_000.0));
    }

    #[test]
    fn scaling_stays_i16_only_when_exact() {
        let scale = Scale { slope: 1.0, intercept: -1024.0 };
        let (v, _, _) = load(DataType::I16, scale, &bytes(&[0i16, 4095]), 2);
        assert!(matches!(v, Voxels::I16(v) if v[..] == [-1024, 3071]));
        let (v, _, _) = load(DataType::I16, scale, &bytes(&[0i16, -32000]), 2);
        assert!(matches!(v, Voxels::F32(v) if v[..] == [-1024.0, -33024.0]));
        let (v, _, _) = load(DataType::I16, Scale { slope: 0.5, intercept: 0.0 }, &bytes(&[2i16, 3]), 2);
        assert!(matches!(v, Voxels::F32(v) if v[..] == [1.0, 1.5]));
    }

    #[test]
    fn nan_is_kept_counted_and_out_of_the_range() {
        let (v, range, warnings) = load(DataType::F32, Scale::NONE, &bytes(&[1.0f32, f32::NAN, -3.0, f32::INFINITY]), 4);
        assert!(matches!(v, Voxels::F32(v) if v[1].is_nan() && v[3].is_infinite()));
        assert_eq!(range, (-3.0, 1.0));
        assert!(warnings[0].starts_with("2 voxels"));
        let (_, range, _) = load(DataType::F64, Scale::NONE, &bytes(&[f64::NAN]), 1);
        assert_eq!(range, (0.0, 0.0));
    }

    #[test]
    fn whole_numbers_in_floats_become_i16() {
        let (v, _, _) = load(DataType::F32, Scale::NONE, &bytes(&[-1024.0f32, 7.0]), 2);
        assert!(matches!(v, Voxels::I16(_)));
    }

    #[test]
    fn labels_are_whole_and_in_range() {
        let decode = |values: &[f32]| {
            let mut d = LabelDecoder::new(Encoding { data_type: DataType::F32, swapped: false, scale: Scale::NONE });
            let mut out = vec![0; values.len()];
            d.decode(&bytes(values), &mut out).map(|()| (out, d.rounded))
        };
        assert_eq!(decode(&[0.0, 2.0004, 65535.0]).unwrap(), (vec![0, 2, 65535], 1));
        for bad in [0.4, -1.0, 65536.0, f32::NAN] {
            assert!(matches!(decode(&[0.0, bad]), Err(Problem::Label { index: 1, .. })), "{bad}");
        }
    }
}
