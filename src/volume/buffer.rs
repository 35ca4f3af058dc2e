//! Voxel memory: an anonymous map advised for huge pages, so that a volume of hundreds of MB costs few page faults and is
//! returned to the system when dropped.
//!
//! Fresh memory is cleared by the system, which for a label map takes as long as decoding it, and several threads that do so hold each
//! other up. A thread that reads case after case therefore may keep the memory of one buffer for the next ([`VoxelBuf::keep_spare`]).

use memmap2::MmapMut;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// `len` voxels of a plain-old-data type, zeroed at first, in one allocation.
pub struct VoxelBuf<T> {
    map: Memory,
    len: usize,
    kind: PhantomData<T>,
}

impl<T: bytemuck::Pod> VoxelBuf<T> {
    /// Errors when the system refuses the memory or the size overflows.
    pub fn zeroed(len: usize) -> std::io::Result<Self> {
        Ok(Self { map: Memory::fresh(bytes_of::<T>(len)?)?, len, kind: PhantomData })
    }

    /// The same with any voxels at first, for readers that write every one of them.
    pub fn unfilled(len: usize) -> std::io::Result<Self> {
        let bytes = bytes_of::<T>(len)?;
        let map = Memory::spare(bytes).map_or_else(|| Memory::fresh(bytes), Ok)?;
        Ok(Self { map, len, kind: PhantomData })
    }

    /// From now on this thread keeps the memory of a large buffer that is dropped on it, for the next [`VoxelBuf::unfilled`] that it is
    /// not too small or far too large for; one at most, until the thread ends.
    pub fn keep_spare() {
        SPARE.with_borrow_mut(|spare| *spare = Some(None));
    }

    pub fn from_slice(values: &[T]) -> std::io::Result<Self> {
        let mut buf = Self::zeroed(values.len())?;
        buf.copy_from_slice(values);
        Ok(buf)
    }

    /// The voxels as bytes, for decoders that write into the final buffer and for GPU uploads.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.map.bytes_mut()[..self.len * size_of::<T>()]
    }

    /// The first `len` elements of the same memory seen as another type, for readers that learn the type while they fill it. Pages
    /// that were never touched cost nothing. `None` when the memory is too small.
    pub fn prefix<U: bytemuck::Pod>(self, len: usize) -> Option<VoxelBuf<U>> {
        let bytes = len.checked_mul(size_of::<U>())?;
        if bytes <= self.len * size_of::<T>() { Some(VoxelBuf { map: self.map, len, kind: PhantomData }) } else { None }
    }
}

fn bytes_of<T>(len: usize) -> std::io::Result<usize> {
    Ok(len.checked_mul(size_of::<T>()).ok_or(std::io::ErrorKind::OutOfMemory)?)
}

/// `None` only while it is dropped.
struct Memory(Option<MmapMut>);

/// Less is not worth keeping.
const LARGE: usize = 1 << 20;

thread_local! {
    /// `None` on threads that keep nothing.
    static SPARE: RefCell<Option<Option<MmapMut>>> = const { RefCell::new(None) };
}

impl Memory {
    fn fresh(bytes: usize) -> std::io::Result<Self> {
        let map = MmapMut::map_anon(bytes.max(1))?;
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage); // only a hint: refused on kernels without huge pages
        Ok(Self(Some(map)))
    }

    /// What this thread kept, if it fits; if not, it is given back before more is asked for.
    fn spare(bytes: usize) -> Option<Self> {
        if bytes < LARGE {
            return None;
        }
        let kept = SPARE.with_borrow_mut(|spare| spare.as_mut()?.take())?;
        (bytes <= kept.len() && kept.len() / 2 <= bytes).then_some(Self(Some(kept)))
    }

    fn bytes(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        self.0.as_deref_mut().unwrap_or_default()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let Some(map) = self.0.take().filter(|m| m.len() >= LARGE) else { return };
        // Fails at the end of a thread, which keeps nothing any more.
        let _ = SPARE.try_with(|spare| {
            if let Ok(mut spare) = spare.try_borrow_mut()
                && let Some(slot @ None) = spare.as_mut()
            {
                *slot = Some(map);
            }
        });
    }
}

impl<T: bytemuck::Pod> Deref for VoxelBuf<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        bytemuck::cast_slice(&self.map.bytes()[..self.len * size_of::<T>()])
    }
}

impl<T: bytemuck::Pod> DerefMut for VoxelBuf<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        let len = self.len;
        bytemuck::cast_slice_mut(&mut self.map.bytes_mut()[..len * size_of::<T>()])
    }
}

impl<T> std::fmt::Debug for VoxelBuf<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VoxelBuf({} × {})", self.len, std::any::type_name::<T>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a buffer's memory is.
    fn place<T: bytemuck::Pod>(buffer: &VoxelBuf<T>) -> usize {
        buffer.as_ptr() as usize
    }

    fn on_a_thread(work: impl FnOnce() + Send) {
        std::thread::scope(|scope| _ = std::thread::Builder::new().spawn_scoped(scope, work).unwrap());
    }

    #[test]
    fn a_thread_that_keeps_memory_hands_it_to_the_next_that_fits() {
        on_a_thread(|| {
            VoxelBuf::<u16>::keep_spare();
            let mut first = VoxelBuf::<u16>::unfilled(LARGE).unwrap();
            first.fill(7);
            let at = place(&first);
            drop(first);
            let smaller = VoxelBuf::<u16>::unfilled(LARGE * 2 / 3).unwrap();
            assert_eq!((place(&smaller), smaller.len(), smaller[5]), (at, LARGE * 2 / 3, 7));
            drop(smaller);
            let zeroed = VoxelBuf::<u16>::zeroed(LARGE).unwrap();
            assert!(place(&zeroed) != at && zeroed.iter().all(|v| *v == 0), "a zeroed one is never a used one");
            drop(zeroed);
            let other = VoxelBuf::<i32>::unfilled(LARGE * 2).unwrap();
            assert_eq!((other.len(), other[0]), (LARGE * 2, 0), "what is kept is too small");
        });
    }

    #[test]
    fn other_threads_keep_nothing_and_small_buffers_are_not_kept() {
        on_a_thread(|| {
            let mut first = VoxelBuf::<u16>::unfilled(LARGE).unwrap();
            first.fill(7);
            drop(first);
            assert!(VoxelBuf::<u16>::unfilled(LARGE).unwrap().iter().all(|v| *v == 0));
            VoxelBuf::<u8>::keep_spare();
            VoxelBuf::<u8>::unfilled(100).unwrap().fill(7);
            assert!(VoxelBuf::<u8>::unfilled(100).unwrap().iter().all(|v| *v == 0));
        });
    }
}
