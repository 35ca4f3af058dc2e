//! Thinned copies of a case for the 3D view: small enough for one texture each, filled a few slices at a time.

use super::renderer::Budget;
use super::texels::Scale;
use crate::space::{Grid, Voxel};
use crate::volume::{LabelSet, Volume, Voxels};
use glam::{DAffine3, DVec3};
use std::time::Instant;

/// Texels along the longest axis at most.
const SIDE: usize = 256;

/// A texture that holds every `factor`th voxel of a grid.
#[derive(Debug)]
pub struct Thin {
    texture: wgpu::Texture,
    pub view: wgpu::TextureView,
    grid: Grid,
    factor: usize,
    pub size: [usize; 3],
    ready: usize,
    scratch: Vec<u16>,
}

/// What fills it.
#[derive(Clone, Copy)]
pub enum Fill<'a> {
    Ct(&'a Volume),
    /// All layers in one: the index in the label table plus 1, on the grid of the first layer. What lies in a further layer overlaps
    /// something of the first, a lesion in an organ, and goes before it.
    Labels(&'a LabelSet),
}

impl Thin {
    /// `None` when there are no voxels.
    pub fn new(device: &wgpu::Device, fill: Fill<'_>) -> Option<Self> {
        let (grid, format) = match fill {
            Fill::Ct(volume) => (volume.grid, wgpu::TextureFormat::R16Sint),
            Fill::Labels(set) => (set.layers.first()?.grid, wgpu::TextureFormat::R16Uint),
        };
        if grid.is_empty() {
            return None;
        }
        let limit = SIDE.min(device.limits().max_texture_dimension_3d as usize);
        let factor = grid.size.into_iter().max().unwrap_or(1).div_ceil(limit);
        let size = grid.size.map(|n| n.div_ceil(factor));
        let [width, height, depth] = size.map(|n| n as u32);
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("thinned"),
            size: wgpu::Extent3d { width, height, depth_or_array_layers: depth },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D3,
            format,
            usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        Some(Self { texture, view, grid, factor, size, ready: 0, scratch: Vec::new() })
    }

    pub fn done(&self) -> bool {
        self.ready >= self.size[2]
    }

    /// Texel coordinates (0 at the first texel's centre) from patient position.
    pub fn texel_from_ras(&self) -> DAffine3 {
        let f = self.factor as f64;
        let half = DVec3::splat(0.5);
        DAffine3::from_translation(-half)
            * DAffine3::from_scale(DVec3::splat(1.0 / f))
            * DAffine3::from_translation(half)
            * self.grid.affine.voxel_from_ras()
    }

    /// Distance between texels in mm, the smallest of the three axes.
    pub fn spacing_mm(&self) -> f64 {
        self.grid.affine.spacing_mm().into_iter().fold(f64::INFINITY, f64::min) * self.factor as f64
    }

    /// Fills slices until the texture is complete or the time is up; at least one.
    pub fn advance(&mut self, queue: &wgpu::Queue, fill: Fill<'_>, budget: Budget) {
        while !self.done() {
            let mut slice = std::mem::take(&mut self.scratch);
            slice.clear();
            match fill {
                Fill::Ct(volume) => self.ct_slice(volume, &mut slice),
                Fill::Labels(set) => self.label_slice(set, &mut slice),
            }
            self.write(queue, bytemuck::cast_slice(&slice));
            self.scratch = slice;
            self.ready += 1;
            if budget.until.is_some_and(|t| Instant::now() >= t) {
                return;
            }
        }
    }

    fn write(&self, queue: &wgpu::Queue, bytes: &[u8]) {
        let [width, height, _] = self.size.map(|n| n as u32);
        let mut at = self.texture.as_image_copy();
        at.origin.z = self.ready as u32;
        let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(width * 2), rows_per_image: Some(height) };
        queue.write_texture(at, bytes, layout, wgpu::Extent3d { width, height, depth_or_array_layers: 1 });
    }

    /// The voxel in the middle of each block.
    fn middle(&self, texel: [usize; 3]) -> [usize; 3] {
        [0, 1, 2].map(|a| (texel[a] * self.factor + self.factor / 2).min(self.grid.size[a] - 1))
    }

    fn ct_slice(&self, volume: &Volume, out: &mut Vec<u16>) {
        let scale = Scale::of(volume);
        for y in 0..self.size[1] {
            for x in 0..self.size[0] {
                let at = self.grid.offset(self.middle([x, y, self.ready]));
                out.push(match &volume.voxels {
                    Voxels::I16(v) => v[at].cast_unsigned(),
                    Voxels::F32(v) => scale.texel(v[at]).cast_unsigned(),
                });
            }
        }
    }

    fn label_slice(&self, set: &LabelSet, out: &mut Vec<u16>) {
        for y in 0..self.size[1] {
            for x in 0..self.size[0] {
                let texel = [x, y, self.ready];
                let index = self.other_label(set, texel).or_else(|| self.own_label(set, texel));
                out.push(index.and_then(|n| u16::try_from(n + 1).ok()).unwrap_or(0));
            }
        }
    }

    /// Of the first layer: the middle voxel, or any corner of the block, so that thin structures do not fall through.
    fn own_label(&self, set: &LabelSet, texel: [usize; 3]) -> Option<usize> {
        let layer = set.layers.first()?;
        let value = |at: [usize; 3]| Some(layer.value(at)).filter(|v| *v != 0);
        let corner = |n: usize| {
            [0, 1, 2].map(|a| (texel[a] * self.factor + if n >> a & 1 == 0 { 0 } else { self.factor - 1 }).min(self.grid.size[a] - 1))
        };
        let found = value(self.middle(texel)).or_else(|| if self.factor == 1 { None } else { (0..8).find_map(|n| value(corner(n))) });
        found.and_then(|v| set.index_of(0, v))
    }

    /// Of the further layers, each on its own grid.
    fn other_label(&self, set: &LabelSet, texel: [usize; 3]) -> Option<usize> {
        if set.layers.len() < 2 {
            return None;
        }
        let [i, j, k] = self.middle(texel).map(|n| n as f64);
        let at = self.grid.affine.to_ras(Voxel::new(i, j, k));
        set.layers.iter().enumerate().skip(1).find_map(|(n, layer)| {
            let value = layer.value(layer.grid.nearest(at)?);
            set.index_of(n, value)
        })
    }
}
