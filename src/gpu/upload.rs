//! A 3D texture that fills slab by slab, thinned out when the GPU cannot hold the grid at full resolution.

use super::texels::{Source, thinned};
use super::uniforms::TextureSpace;
use std::time::{Duration, Instant};

/// How much one call may upload.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    pub bytes: u64,
    /// Checked after every slab.
    pub until: Option<Instant>,
}

impl Budget {
    /// For one view in one frame: several views of a frame each bring their own.
    pub fn frame() -> Self {
        Self { bytes: 12 << 20, until: Instant::now().checked_add(Duration::from_millis(2)) }
    }

    pub fn unlimited() -> Self {
        Self { bytes: u64::MAX, until: None }
    }

    pub fn spent(&self) -> bool {
        self.bytes == 0 || self.until.is_some_and(|t| Instant::now() >= t)
    }
}

/// Slabs are about this large, so that staging memory stays small and the time limit is honoured.
const SLAB_BYTES: usize = 4 << 20;
/// Thinner than every 16th voxel would show nothing useful.
const MAX_FACTOR: usize = 16;

#[derive(Debug)]
pub struct SlabTexture {
    texture: wgpu::Texture,
    pub view: wgpu::TextureView,
    texels: [usize; 3],
    pub factor: usize,
    ready: usize,
}

impl SlabTexture {
    /// Creates the texture at the finest resolution the device takes; `None` when even every 16th voxel does not fit.
    pub fn create(device: &wgpu::Device, source: Source<'_>) -> Option<Self> {
        let limit = device.limits().max_texture_dimension_3d as usize;
        let size = source.size();
        let mut factor = size.into_iter().max().unwrap_or(1).div_ceil(limit.max(1)).max(1);
        while factor <= MAX_FACTOR {
            let texels = thinned(size, factor);
            if let Some(texture) = try_create(device, source, texels) {
                let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
                return Some(Self { texture, view, texels, factor, ready: 0 });
            }
            factor *= 2;
        }
        None
    }

    pub fn space<'a>(&self, grid: &'a crate::space::Grid) -> TextureSpace<'a> {
        TextureSpace { grid, factor: self.factor, texels: self.texels, ready: self.ready }
    }

    pub fn done(&self) -> bool {
        self.ready >= self.texels[2]
    }

    pub fn bytes(&self) -> u64 {
        self.slice_bytes() as u64 * self.texels[2] as u64
    }

    pub fn ready_bytes(&self) -> u64 {
        self.slice_bytes() as u64 * self.ready as u64
    }

    fn slice_bytes(&self) -> usize {
        self.texels[0] * self.texels[1] * 2
    }

    /// Uploads slabs until the texture is complete or the budget is spent; returns the bytes uploaded.
    pub fn advance(&mut self, queue: &wgpu::Queue, source: Source<'_>, budget: &mut Budget, scratch: &mut Vec<u16>) -> u64 {
        let per_slab = (SLAB_BYTES / self.slice_bytes().max(1)).max(1);
        let mut sent = 0;
        while !self.done() && !budget.spent() {
            let (z0, z1) = (self.ready, (self.ready + per_slab).min(self.texels[2]));
            match source.direct(z0, z1).filter(|_| self.factor == 1) {
                Some(bytes) => self.write(queue, z0, z1, bytes),
                None => {
                    scratch.clear();
                    source.convert(self.factor, z0, z1, scratch);
                    self.write(queue, z0, z1, bytemuck::cast_slice(scratch));
                }
            }
            let bytes = (self.slice_bytes() * (z1 - z0)) as u64;
            budget.bytes = budget.bytes.saturating_sub(bytes);
            sent += bytes;
            self.ready = z1;
        }
        sent
    }

    fn write(&self, queue: &wgpu::Queue, z0: usize, z1: usize, bytes: &[u8]) {
        let [nx, ny, _] = self.texels.map(|n| n as u32);
        let mut at = self.texture.as_image_copy();
        at.origin.z = z0 as u32;
        let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(nx * 2), rows_per_image: Some(ny) };
        let size = wgpu::Extent3d { width: nx, height: ny, depth_or_array_layers: (z1 - z0) as u32 };
        queue.write_texture(at, bytes, layout, size);
    }
}

/// `None` when the device refuses (out of memory, above a limit): the error is caught here and never reaches the program's handler.
fn try_create(device: &wgpu::Device, source: Source<'_>, [x, y, z]: [usize; 3]) -> Option<wgpu::Texture> {
    let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
    let internal = device.push_error_scope(wgpu::ErrorFilter::Internal);
    let validation = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: Some(if matches!(source, Source::Ct(_)) { "CT" } else { "labels" }),
        size: wgpu::Extent3d { width: x as u32, height: y as u32, depth_or_array_layers: z as u32 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D3,
        format: if matches!(source, Source::Ct(_)) { wgpu::TextureFormat::R16Sint } else { wgpu::TextureFormat::R16Uint },
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    });
    let errors = [validation, internal, memory].map(|scope| pollster::block_on(scope.pop()));
    errors.iter().all(Option::is_none).then_some(texture)
}
