//! A grid in bricks: small 3D textures that are sent when a plane needs them, and otherwise while there is time and memory.
//!
//! Why bricks and not one texture: wgpu clears a texture that is written in parts, all of it at once (a quarter of a second for a large
//! volume on a software adapter), while a brick is written whole and never cleared; a plane across the rows of a large texture
//! touches one cache line and nearly one page for every pixel; no adapter limits the size of a volume; and when the memory is
//! short, what the planes show is there and the rest is not. A brick of labels that are all 0 costs nothing.

use super::texels::Source;
use std::ops::Range;

/// Texels of a brick along i, j, k, overlap included. Rows of 64 texels are two cache lines; 2 MiB in all, 1 MiB of labels of a byte.
const BRICK: [usize; 3] = [64, 128, 128];

/// How a grid is cut: along every axis, brick n *owns* `payload` texels from `n * payload` on, and stores as many of the next brick
/// as `overlap` says, so that what lies between two texels can be interpolated from one brick.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Partition {
    pub size: [usize; 3],
    pub counts: [usize; 3],
    payload: [usize; 3],
    overlap: usize,
}

impl Partition {
    pub fn new(size: [usize; 3], overlap: usize) -> Self {
        let payload = BRICK.map(|n| n - overlap);
        Self { size, payload, overlap, counts: [0, 1, 2].map(|a| size[a].saturating_sub(overlap).div_ceil(payload[a]).max(1)) }
    }

    pub fn len(&self) -> usize {
        self.counts.iter().product()
    }

    pub fn number(&self, at: [usize; 3]) -> usize {
        at[0] + self.counts[0] * (at[1] + self.counts[1] * at[2])
    }

    pub fn place(&self, number: usize) -> [usize; 3] {
        [number % self.counts[0], number / self.counts[0] % self.counts[1], number / self.counts[0] / self.counts[1]]
    }

    /// Texels along `axis` that brick `n` owns.
    pub fn owned(&self, axis: usize, n: usize) -> Range<usize> {
        let end = if n + 1 == self.counts[axis] { self.size[axis] } else { (n + 1) * self.payload[axis] };
        n * self.payload[axis]..end
    }

    fn stored(&self, axis: usize, n: usize) -> Range<usize> {
        n * self.payload[axis]..((n + 1) * self.payload[axis] + self.overlap).min(self.size[axis])
    }

    /// Bricks along `axis` that own any of the texels `range`, which must not be empty and lie inside the grid.
    pub fn owners(&self, axis: usize, range: Range<usize>) -> Range<usize> {
        let owner = |texel: usize| (texel / self.payload[axis]).min(self.counts[axis] - 1);
        owner(range.start)..owner(range.end.max(1) - 1) + 1
    }

    fn texels(&self, number: usize) -> u64 {
        let at = self.place(number);
        (0..3).map(|axis| self.stored(axis, at[axis]).len() as u64).product()
    }
}

#[derive(Debug)]
enum Brick {
    Absent,
    /// Labels that are all 0.
    Empty,
    Held {
        texture: wgpu::Texture,
        group: wgpu::BindGroup,
        used: u64,
    },
}

/// The bricks of one volume or label layer.
#[derive(Debug)]
pub struct BrickSet {
    pub partition: Partition,
    /// Bytes of a texel.
    width: usize,
    bricks: Vec<Brick>,
    /// Bytes on the GPU.
    pub held: u64,
    /// Bricks that are held or empty.
    pub known: usize,
    /// Every brick before this one is known, unless it was taken away again.
    next: usize,
}

/// What the bricks of a renderer are made with.
#[derive(Debug)]
pub struct BrickMaker {
    device: wgpu::Device,
    queue: wgpu::Queue,
    ct_layout: wgpu::BindGroupLayout,
    label_layout: wgpu::BindGroupLayout,
    scratch: Vec<u16>,
}

/// The adapter's memory is full.
pub struct Full;

impl BrickSet {
    pub fn new(source: Source<'_>, overlap: usize) -> Self {
        let (partition, width) = (Partition::new(source.size(), overlap), source.width());
        Self { partition, width, bricks: (0..partition.len()).map(|_| Brick::Absent).collect(), held: 0, known: 0, next: 0 }
    }

    pub fn absent(&self, number: usize) -> bool {
        matches!(self.bricks.get(number), Some(Brick::Absent))
    }

    /// The first brick that is absent.
    pub fn first_absent(&mut self) -> Option<usize> {
        while self.next < self.bricks.len() && !self.absent(self.next) {
            self.next += 1;
        }
        (self.next < self.bricks.len()).then_some(self.next)
    }

    /// To draw with, if it is there.
    pub fn group(&self, number: usize) -> Option<&wgpu::BindGroup> {
        match self.bricks.get(number) {
            Some(Brick::Held { group, .. }) => Some(group),
            _ => None,
        }
    }

    pub fn touch(&mut self, number: usize, tick: u64) {
        if let Some(Brick::Held { used, .. }) = self.bricks.get_mut(number) {
            *used = tick;
        }
    }

    pub fn bytes_of(&self, number: usize) -> u64 {
        self.partition.texels(number) * self.width as u64
    }

    /// The brick that was used longest ago, and when.
    pub fn oldest(&self) -> Option<(usize, u64)> {
        let used = |brick: &Brick| if let Brick::Held { used, .. } = brick { Some(*used) } else { None };
        self.bricks.iter().enumerate().filter_map(|(n, brick)| Some((n, used(brick)?))).min_by_key(|(_, used)| *used)
    }

    /// Frees a brick; returns its bytes.
    pub fn take(&mut self, number: usize) -> u64 {
        let Some(brick) = self.bricks.get_mut(number).filter(|b| matches!(b, Brick::Held { .. })) else { return 0 };
        if let Brick::Held { texture, .. } = std::mem::replace(brick, Brick::Absent) {
            texture.destroy();
        }
        self.known -= 1;
        self.next = self.next.min(number);
        let bytes = self.bytes_of(number);
        self.held -= bytes;
        bytes
    }

    /// Sends an absent brick; returns the bytes sent, 0 for a brick of labels that are all 0.
    pub fn send(&mut self, number: usize, source: Source<'_>, maker: &mut BrickMaker, tick: u64) -> Result<u64, Full> {
        let at = self.partition.place(number);
        let ranges = [0, 1, 2].map(|axis| self.partition.stored(axis, at[axis]));
        if source.all_zero(&ranges) {
            self.bricks[number] = Brick::Empty;
            self.known += 1;
            return Ok(0);
        }
        let (texture, group) = maker.make(source, &ranges).ok_or(Full)?;
        self.bricks[number] = Brick::Held { texture, group, used: tick };
        self.known += 1;
        let bytes = self.bytes_of(number);
        self.held += bytes;
        Ok(bytes)
    }
}

impl BrickMaker {
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue, ct_layout: wgpu::BindGroupLayout, label_layout: wgpu::BindGroupLayout) -> Self {
        Self { device: device.clone(), queue: queue.clone(), ct_layout, label_layout, scratch: Vec::new() }
    }

    /// `None` when the device refuses: the error is caught here and never reaches the program's handler.
    fn make(&mut self, source: Source<'_>, ranges: &[Range<usize>; 3]) -> Option<(wgpu::Texture, wgpu::BindGroup)> {
        let size = ranges.clone().map(|r| r.len());
        let memory = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let texture = self.device.create_texture(&descriptor(source, size));
        if pollster::block_on(memory.pop()).is_some() {
            return None;
        }
        let ct = matches!(source, Source::Ct(_));
        let layout = if ct { &self.ct_layout } else { &self.label_layout };
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let entries = [wgpu::BindGroupEntry { binding: 0, resource: wgpu::BindingResource::TextureView(&view) }];
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor { label: Some("brick"), layout, entries: &entries });
        self.fill(&texture, source, ranges);
        Some((texture, group))
    }

    /// Writes the whole texture at once.
    fn fill(&mut self, texture: &wgpu::Texture, source: Source<'_>, ranges: &[Range<usize>; 3]) {
        let (grid, width) = (source.size(), source.width());
        if let Some(voxels) = source.direct() {
            let start = ranges[0].start + grid[0] * (ranges[1].start + grid[1] * ranges[2].start);
            let [row, rows] = [grid[0] * width, grid[1]].map(|n| n as u32);
            return self.write(texture, voxels.get(start * width..).unwrap_or_default(), row, rows);
        }
        let [row, rows] = [ranges[0].len() * width, ranges[1].len()].map(|n| n as u32);
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        source.convert(ranges, &mut scratch);
        self.write(texture, bytemuck::cast_slice(&scratch), row, rows);
        self.scratch = scratch;
    }

    fn write(&self, texture: &wgpu::Texture, bytes: &[u8], bytes_per_row: u32, rows_per_image: u32) {
        let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(bytes_per_row), rows_per_image: Some(rows_per_image) };
        self.queue.write_texture(texture.as_image_copy(), bytes, layout, texture.size());
    }
}

fn descriptor(source: Source<'_>, [x, y, z]: [usize; 3]) -> wgpu::TextureDescriptor<'static> {
    let ct = matches!(source, Source::Ct(_));
    wgpu::TextureDescriptor {
        label: Some(if ct { "CT brick" } else { "label brick" }),
        size: wgpu::Extent3d { width: x as u32, height: y as u32, depth_or_array_layers: z as u32 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D3,
        format: source.format(),
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_texel_has_one_owner_and_its_neighbour_is_stored_with_it() {
        for (size, overlap) in
            [([1, 1, 1], 1), ([64, 127, 128], 1), ([65, 128, 129], 1), ([63, 130, 255], 1), ([200, 128, 129], 0), ([5, 400, 64], 1)]
        {
            let partition = Partition::new(size, overlap);
            for axis in 0..3 {
                let mut next = 0;
                for n in 0..partition.counts[axis] {
                    let (owned, stored) = (partition.owned(axis, n), partition.stored(axis, n));
                    assert_eq!(owned.start, next, "{size:?} axis {axis}");
                    assert!(!owned.is_empty() && stored.len() <= BRICK[axis]);
                    assert!(stored.contains(&(owned.end - 1 + overlap).min(size[axis] - 1)));
                    assert_eq!(partition.owners(axis, owned.clone()), n..n + 1);
                    next = owned.end;
                }
                assert_eq!(next, size[axis]);
                assert_eq!(partition.owners(axis, 0..size[axis]), 0..partition.counts[axis]);
            }
            assert!((0..partition.len()).all(|n| partition.number(partition.place(n)) == n));
        }
    }
}
