//! The voxels of a label map: a byte each while no label is above 255, as in nearly every file, else two.
//!
//! Everything that looks at all of a label map (counting, runs, sending it to the GPU) waits for memory, so half of it is half the time.

use super::VoxelBuf;
use super::runs::each_run;
use std::ops::Range;

/// Labels of a grid, i fastest.
#[derive(Debug)]
pub enum LabelVoxels {
    U8(VoxelBuf<u8>),
    U16(VoxelBuf<u16>),
}

/// Some of them, side by side.
#[derive(Clone, Copy, Debug)]
pub enum LabelSlice<'a> {
    U8(&'a [u8]),
    U16(&'a [u16]),
}

impl LabelVoxels {
    /// Background everywhere, with room for labels up to `largest`. Errors when the system refuses the memory.
    pub fn zeroed(len: usize, largest: u16) -> std::io::Result<Self> {
        Ok(if largest <= u16::from(u8::MAX) { Self::U8(VoxelBuf::zeroed(len)?) } else { Self::U16(VoxelBuf::zeroed(len)?) })
    }

    /// In as few bytes as they need. Errors when the system refuses the memory.
    pub fn from_slice(labels: &[u16]) -> std::io::Result<Self> {
        let mut voxels = Self::zeroed(labels.len(), labels.iter().fold(0, |any, v| any | v))?;
        labels.iter().enumerate().for_each(|(n, v)| voxels.set(n, *v));
        Ok(voxels)
    }

    pub fn all(&self) -> LabelSlice<'_> {
        match self {
            Self::U8(v) => LabelSlice::U8(v),
            Self::U16(v) => LabelSlice::U16(v),
        }
    }

    pub fn len(&self) -> usize {
        self.all().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The label of a voxel. `n` must lie inside.
    pub fn at(&self, n: usize) -> u16 {
        self.all().at(n)
    }

    /// Labels a voxel. `n` must lie inside and `label` be none above those there is room for; others are cut to a byte.
    pub fn set(&mut self, n: usize, label: u16) {
        match self {
            Self::U8(v) => v[n] = label as u8,
            Self::U16(v) => v[n] = label,
        }
    }

    /// Bytes of a voxel.
    pub fn width(&self) -> usize {
        match self {
            Self::U8(_) => 1,
            Self::U16(_) => 2,
        }
    }

    /// All of them as they lie in memory, [`LabelVoxels::width`] bytes each.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::U8(v) => v,
            Self::U16(v) => bytemuck::cast_slice(v),
        }
    }
}

impl<'a> LabelSlice<'a> {
    pub fn len(self) -> usize {
        match self {
            Self::U8(v) => v.len(),
            Self::U16(v) => v.len(),
        }
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The label of a voxel. `n` must lie inside.
    pub fn at(self, n: usize) -> u16 {
        match self {
            Self::U8(v) => u16::from(v[n]),
            Self::U16(v) => v[n],
        }
    }

    /// The part at `range`, which must lie inside.
    pub fn slice(self, range: Range<usize>) -> Self {
        match self {
            Self::U8(v) => Self::U8(&v[range]),
            Self::U16(v) => Self::U16(&v[range]),
        }
    }

    /// Whether any of them is this label.
    pub fn contains(self, label: u16) -> bool {
        match self {
            Self::U8(v) => u8::try_from(label).is_ok_and(|label| v.contains(&label)),
            Self::U16(v) => v.contains(&label),
        }
    }

    /// Whether all are background.
    pub fn is_background(self) -> bool {
        match self {
            Self::U8(v) => v.iter().fold(0, |any, v| any | v) == 0,
            Self::U16(v) => v.iter().fold(0, |any, v| any | v) == 0,
        }
    }

    /// Calls `found(first, end, label)` for each run of one label; background is left out.
    pub fn each_run(self, found: impl FnMut(usize, usize, u16)) {
        match self {
            Self::U8(v) => each_run(v, found),
            Self::U16(v) => each_run(v, found),
        }
    }
}

/// Voxels of a label map that come one after the other: bytes until the first label above 255.
#[derive(Debug)]
pub struct LabelFiller {
    /// A byte per voxel, or two.
    memory: VoxelBuf<u8>,
    len: usize,
    done: usize,
    wide: bool,
}

impl LabelFiller {
    /// `only_bytes`: no label above 255 can come. Errors when the system refuses the memory.
    pub fn new(len: usize, only_bytes: bool) -> std::io::Result<Self> {
        let bytes = len.checked_mul(if only_bytes { 1 } else { 2 }).ok_or(std::io::ErrorKind::OutOfMemory)?;
        Ok(Self { memory: VoxelBuf::unfilled(bytes)?, len, done: 0, wide: false })
    }

    /// Labels up to 255. More than there is room for are left out.
    pub fn push_bytes(&mut self, labels: &[u8]) {
        let labels = &labels[..labels.len().min(self.len - self.done)];
        let end = self.done + labels.len();
        match self.wide {
            false => self.memory[self.done..end].copy_from_slice(labels),
            true => self.wide_part(end).iter_mut().zip(labels).for_each(|(to, v)| *to = u16::from(*v)),
        }
        self.done = end;
    }

    /// Any labels. Those above 255 are cut to a byte where only bytes were to come.
    pub fn push(&mut self, labels: &[u16]) {
        let labels = &labels[..labels.len().min(self.len - self.done)];
        let end = self.done + labels.len();
        if !self.wide && labels.iter().fold(0, |any, v| any | v) > u16::from(u8::MAX) && self.memory.len() >= 2 * self.len {
            self.widen();
        }
        match self.wide {
            false => self.memory[self.done..end].iter_mut().zip(labels).for_each(|(to, v)| *to = *v as u8),
            true => self.wide_part(end).copy_from_slice(labels),
        }
        self.done = end;
    }

    /// Voxels from the next one to be filled to `end`, of two bytes each.
    fn wide_part(&mut self, end: usize) -> &mut [u16] {
        bytemuck::cast_slice_mut(&mut self.memory[2 * self.done..2 * end])
    }

    /// In place, from the last voxel to the first.
    fn widen(&mut self) {
        for n in (0..self.done).rev() {
            let label = u16::from(self.memory[n]);
            self.memory[2 * n..2 * n + 2].copy_from_slice(&label.to_ne_bytes());
        }
        self.wide = true;
    }

    /// The voxels so far.
    pub fn filled(&self) -> LabelSlice<'_> {
        match self.wide {
            false => LabelSlice::U8(&self.memory[..self.done]),
            true => LabelSlice::U16(bytemuck::cast_slice(&self.memory[..2 * self.done])),
        }
    }

    /// All of them, once all were pushed; those that were not are any label.
    ///
    /// Errors when the memory is too small, which it never is.
    pub fn finish(self) -> std::io::Result<LabelVoxels> {
        let Self { memory, len, wide, .. } = self;
        let voxels = if wide { memory.prefix(len).map(LabelVoxels::U16) } else { memory.prefix(len).map(LabelVoxels::U8) };
        Ok(voxels.ok_or(std::io::ErrorKind::OutOfMemory)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(voxels: &LabelVoxels) -> Vec<u16> {
        (0..voxels.len()).map(|n| voxels.at(n)).collect()
    }

    #[test]
    fn a_byte_is_enough_up_to_255() {
        for (values, width) in [(&[0u16, 7, 255][..], 1), (&[0, 256, 3], 2), (&[65_535], 2), (&[], 1)] {
            let voxels = LabelVoxels::from_slice(values).unwrap();
            assert_eq!((labels(&voxels), voxels.width(), voxels.bytes().len()), (values.to_vec(), width, width * values.len()));
            assert_eq!(voxels.all().is_background(), values.is_empty());
            assert!(values.iter().all(|v| voxels.all().contains(*v)) && !voxels.all().contains(259), "259 is no 3");
        }
    }

    proptest! {
        #[test]
        fn what_is_pushed_is_there_whenever_the_first_large_label_comes(
            parts in proptest::collection::vec(proptest::collection::vec(prop_oneof![40 => 0u16..256, 1 => 256u16..=65_535], 0..60), 0..6),
        ) {
            let whole = parts.concat();
            let mut filler = LabelFiller::new(whole.len(), false).unwrap();
            let mut seen = 0;
            for part in &parts {
                match part.iter().map(|v| u8::try_from(*v)).collect::<Result<Vec<u8>, _>>() {
                    Ok(bytes) if bytes.len() % 2 == 0 => filler.push_bytes(&bytes),
                    _ => filler.push(part),
                }
                seen += part.len();
                let filled = filler.filled();
                prop_assert_eq!((0..filled.len()).map(|n| filled.at(n)).collect::<Vec<_>>(), whole[..seen].to_vec());
            }
            let voxels = filler.finish().unwrap();
            prop_assert_eq!(voxels.width(), if whole.iter().any(|v| *v > 255) { 2 } else { 1 });
            prop_assert_eq!(labels(&voxels), whole);
        }
    }
}
