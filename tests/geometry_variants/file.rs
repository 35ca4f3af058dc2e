//! NIfTI files put together byte by byte from the layouts of nifti1.h and nifti2.h.

use super::world::Rows;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Everything a header says about the voxels. Written as it is, whether it makes sense or not.
#[derive(Clone)]
pub struct Header {
    pub two: bool,
    pub big: bool,
    pub size: [usize; 3],
    pub kind: Kind,
    pub pixdim: [f64; 4],
    pub slope: f64,
    pub inter: f64,
    pub qform: i16,
    pub sform: i16,
    pub quaternion: [f64; 3],
    pub qoffset: [f64; 3],
    pub srow: Rows,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    I16,
    U16,
    I32,
    F32,
    F64,
}

impl Header {
    /// sform alone, little-endian NIfTI-1, unscaled.
    pub fn new(size: [usize; 3], rows: Rows, kind: Kind) -> Self {
        Self {
            two: false,
            big: false,
            size,
            kind,
            pixdim: [1.0, 1.0, 1.0, 1.0],
            slope: 1.0,
            inter: 0.0,
            qform: 0,
            sform: 1,
            quaternion: [0.0; 3],
            qoffset: [0.0; 3],
            srow: rows,
        }
    }

    fn int(&self, out: &mut [u8], at: usize, width: usize, value: i64) {
        let to = &mut out[at..at + width];
        to.copy_from_slice(&value.to_le_bytes()[..width]);
        if self.big {
            to.reverse();
        }
    }

    /// In the float width of the version.
    fn real(&self, out: &mut [u8], at: usize, n: usize, value: f64) {
        let bytes = if self.two { value.to_le_bytes().to_vec() } else { (value as f32).to_le_bytes().to_vec() };
        let to = &mut out[at + n * bytes.len()..at + (n + 1) * bytes.len()];
        to.copy_from_slice(&bytes);
        if self.big {
            to.reverse();
        }
    }

    /// The header of a file that holds the voxels itself (`single`) or has them beside it.
    fn bytes(&self, single: bool) -> Vec<u8> {
        let length = if self.two { 540 } else { 348 };
        let mut out = vec![0; length + 4];
        self.int(&mut out, 0, 4, length as i64);
        let (dim, width) = if self.two { (16, 8) } else { (40, 2) };
        for n in 0..8 {
            let value = if n == 0 { 3 } else { self.size.get(n - 1).copied().unwrap_or(1) };
            self.int(&mut out, dim + n * width, width, value as i64);
        }
        let (code, bits) = [(4, 16), (512, 16), (8, 32), (16, 32), (64, 64)][self.kind as usize];
        let at = if self.two { 12 } else { 70 };
        self.int(&mut out, at, 2, code);
        self.int(&mut out, at + 2, 2, bits);
        let [pixdim, slope, inter, quaternion, qoffset, srow] =
            if self.two { [104, 176, 184, 352, 376, 400] } else { [76, 112, 116, 256, 268, 280] };
        (0..4).for_each(|n| self.real(&mut out, pixdim, n, self.pixdim[n]));
        self.real(&mut out, slope, 0, self.slope);
        self.real(&mut out, inter, 0, self.inter);
        (0..3).for_each(|n| self.real(&mut out, quaternion, n, self.quaternion[n]));
        (0..3).for_each(|n| self.real(&mut out, qoffset, n, self.qoffset[n]));
        (0..12).for_each(|n| self.real(&mut out, srow, n, self.srow[n / 4][n % 4]));
        let (width, forms) = if self.two { (4, [344, 348]) } else { (2, [252, 254]) };
        self.int(&mut out, forms[0], width, i64::from(self.qform));
        self.int(&mut out, forms[1], width, i64::from(self.sform));
        let start = if single { length + 4 } else { 0 };
        if self.two {
            self.int(&mut out, 168, 8, start as i64);
            out[4..12].copy_from_slice(if single { b"n+2\0\r\n\x1a\n" } else { b"ni2\0\r\n\x1a\n" });
        } else {
            self.real(&mut out, 108, 0, start as f64);
            out[344..348].copy_from_slice(if single { b"n+1\0" } else { b"ni1\0" });
        }
        out
    }

    fn values(&self, stored: &[f64]) -> Vec<u8> {
        let mut out = Vec::new();
        for v in stored {
            let mut bytes = match self.kind {
                Kind::I16 => (*v as i16).to_le_bytes().to_vec(),
                Kind::U16 => (*v as u16).to_le_bytes().to_vec(),
                Kind::I32 => (*v as i32).to_le_bytes().to_vec(),
                Kind::F32 => (*v as f32).to_le_bytes().to_vec(),
                Kind::F64 => v.to_le_bytes().to_vec(),
            };
            if self.big {
                bytes.reverse();
            }
            out.extend(bytes);
        }
        out
    }

    /// Writes `NAME.nii`, `NAME.nii.gz` or `NAME.hdr` with `NAME.img`, by the ending of `name`.
    pub fn write(&self, dir: &Path, name: &str, stored: &[f64]) -> PathBuf {
        let path = dir.join(name);
        let data = self.values(stored);
        match name.strip_suffix(".hdr") {
            Some(stem) => {
                std::fs::write(&path, self.bytes(false)).unwrap();
                std::fs::write(dir.join(format!("{stem}.img")), data).unwrap();
            }
            None => {
                let all = [self.bytes(true), data].concat();
                std::fs::write(&path, if name.ends_with(".gz") { gzip(&all) } else { all }).unwrap();
            }
        }
        path
    }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// nifti1.h, method 2: rotation of the quaternion (a computed), times pixdim, the third axis times qfac (0 means 1).
pub fn qform_rows(h: &Header) -> Rows {
    let narrow = |v: f64| if h.two { v } else { f64::from(v as f32) };
    let q = h.quaternion.map(narrow);
    let rest = 1.0 - q.iter().map(|v| v * v).sum::<f64>();
    // As the format's own code has it: what is left of a half turn by rounding is none.
    let (a, [b, c, d]) = if rest < 1e-7 { (0.0, q.map(|v| v / (1.0 - rest).sqrt())) } else { (rest.sqrt(), q) };
    let r = [
        [a * a + b * b - c * c - d * d, 2.0 * (b * c - a * d), 2.0 * (b * d + a * c)],
        [2.0 * (b * c + a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d - a * b)],
        [2.0 * (b * d - a * c), 2.0 * (c * d + a * b), a * a + d * d - c * c - b * b],
    ];
    let qfac = if h.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
    let zoom = [narrow(h.pixdim[1]), narrow(h.pixdim[2]), narrow(h.pixdim[3]) * qfac];
    [0, 1, 2].map(|row| [r[row][0] * zoom[0], r[row][1] * zoom[1], r[row][2] * zoom[2], narrow(h.qoffset[row])])
}
