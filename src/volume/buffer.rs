//! Voxel memory: an anonymous map advised for huge pages, so that a volume of hundreds of MB costs few page faults and is
//! returned to the system when dropped.

use memmap2::MmapMut;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// `len` voxels of a plain-old-data type, zeroed at first, in one allocation.
pub struct VoxelBuf<T> {
    map: MmapMut,
    len: usize,
    kind: PhantomData<T>,
}

impl<T: bytemuck::Pod> VoxelBuf<T> {
    /// Errors when the system refuses the memory or the size overflows.
    pub fn zeroed(len: usize) -> std::io::Result<Self> {
        let bytes = len.checked_mul(size_of::<T>()).ok_or(std::io::ErrorKind::OutOfMemory)?;
        let map = MmapMut::map_anon(bytes.max(1))?;
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage); // only a hint: refused on kernels without huge pages
        Ok(Self { map, len, kind: PhantomData })
    }

    pub fn from_slice(values: &[T]) -> std::io::Result<Self> {
        let mut buf = Self::zeroed(values.len())?;
        buf.copy_from_slice(values);
        Ok(buf)
    }

    /// The voxels as bytes, for decoders that write into the final buffer and for GPU uploads.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.map[..self.len * size_of::<T>()]
    }

    /// The same memory seen as another type of the same size, for in-place byte swaps and sign changes.
    pub fn cast<U: bytemuck::Pod>(self) -> VoxelBuf<U> {
        assert_eq!(size_of::<T>(), size_of::<U>(), "cast keeps the element size");
        VoxelBuf { map: self.map, len: self.len, kind: PhantomData }
    }

    /// The first `len` elements of the same memory seen as another type, for readers that learn the type while they fill it. Pages
    /// that were never touched cost nothing. `None` when the memory is too small.
    pub fn prefix<U: bytemuck::Pod>(self, len: usize) -> Option<VoxelBuf<U>> {
        let bytes = len.checked_mul(size_of::<U>())?;
        (bytes <= self.len * size_of::<T>()).then_some(VoxelBuf { map: self.map, len, kind: PhantomData })
    }
}

impl<T: bytemuck::Pod> Deref for VoxelBuf<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        bytemuck::cast_slice(&self.map[..self.len * size_of::<T>()])
    }
}

impl<T: bytemuck::Pod> DerefMut for VoxelBuf<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        let len = self.len;
        bytemuck::cast_slice_mut(&mut self.map[..len * size_of::<T>()])
    }
}

impl<T> std::fmt::Debug for VoxelBuf<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VoxelBuf({} × {})", self.len, std::any::type_name::<T>())
    }
}
