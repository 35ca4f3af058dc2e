//! The renderer: scenes on the GPU, one slot per view, and the draws of a slice.
//!
//! `prepare` uploads what changed and `paint` draws; several slots are prepared before any is painted, so everything a draw reads
//! lives in its slot. Scenes that nobody holds any more are freed at the next `prepare`, and the least recently used ones when the
//! textures together exceed a bound.

use super::GpuError;
use super::pipelines::Pipelines;
use super::scene::{LabelStyle, Overlay, Scene, SceneKey, SliceRequest};
use super::styles;
use super::texels::{Scale, Source};
use super::uniforms::{LayerUniform, Sampling, Target, ViewUniform};
use super::upload::{Budget, SlabTexture};
use crate::volume::LabelSet;
use std::collections::HashMap;
use std::sync::{Arc, Weak};

/// What has gone to the GPU since the renderer started, for tests and for the curious.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UploadCounters {
    pub voxel_bytes: u64,
    pub style_bytes: u64,
    pub uniform_bytes: u64,
    /// 3D textures created.
    pub textures: u64,
}

/// A scene used within this many `prepare`s is never evicted, whatever the bound: its views are on screen.
const RECENT: u64 = 64;
/// Default bound of all voxel textures together.
const MEMORY_BOUND: u64 = 4 << 30;
/// Uniform blocks start at multiples of this (the largest alignment WebGPU allows a device to ask for).
const BLOCK: usize = 256;

#[derive(Debug)]
pub struct Renderer {
    device: wgpu::Device,
    queue: wgpu::Queue,
    pipelines: Pipelines,
    empty: wgpu::TextureView,
    scenes: HashMap<SceneKey, SceneTextures>,
    slots: HashMap<usize, Slot>,
    tick: u64,
    memory_bound: u64,
    counters: UploadCounters,
    scratch: Vec<u16>,
}

#[derive(Debug)]
struct SceneTextures {
    scene: Weak<Scene>,
    ct: Option<SlabTexture>,
    layers: Vec<Option<SlabTexture>>,
    used: u64,
}

#[derive(Debug)]
struct Slot {
    key: SceneKey,
    uniforms: wgpu::Buffer,
    /// What the buffer holds; an unchanged view uploads nothing.
    written: Vec<u8>,
    next: Vec<u8>,
    view: wgpu::BindGroup,
    layers: Vec<SlotLayer>,
    styles: Option<Arc<Vec<LabelStyle>>>,
    show_layers: bool,
    sampling: Sampling,
}

#[derive(Debug)]
struct SlotLayer {
    /// Index in the label set.
    index: usize,
    group: wgpu::BindGroup,
    table: wgpu::Texture,
    rows: u32,
    any_visible: bool,
    /// Its voxels have begun to arrive.
    begun: bool,
}

impl Renderer {
    /// Compiles the shader for a target format; errors when the driver refuses it.
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue, format: wgpu::TextureFormat) -> Result<Self, GpuError> {
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let pipelines = Pipelines::new(device, format);
        let empty = empty_volume(device);
        if let Some(error) = pollster::block_on(scope.pop()) {
            return Err(GpuError::Draw(error.to_string()));
        }
        Ok(Self {
            device: device.clone(),
            queue: queue.clone(),
            pipelines,
            empty,
            scenes: HashMap::new(),
            slots: HashMap::new(),
            tick: 0,
            memory_bound: MEMORY_BOUND,
            counters: UploadCounters::default(),
            scratch: Vec::new(),
        })
    }

    pub fn uploads(&self) -> UploadCounters {
        self.counters
    }

    /// Bytes of all voxel textures.
    pub fn texture_bytes(&self) -> u64 {
        self.scenes.values().map(SceneTextures::bytes).sum()
    }

    /// Textures beyond this are freed, least recently used scene first.
    pub fn set_memory_bound(&mut self, bytes: u64) {
        self.memory_bound = bytes;
    }

    /// Frees every scene but those in `keep`.
    pub fn release(&mut self, keep: &[SceneKey]) {
        self.scenes.retain(|key, _| keep.contains(key));
        let scenes = &self.scenes;
        self.slots.retain(|_, slot| scenes.contains_key(&slot.key));
    }

    /// Uploads the next slabs of the scene and the slot's uniforms, as far as they changed.
    pub fn prepare(&mut self, slot: usize, scene: &Arc<Scene>, request: &SliceRequest, target: Target, mut budget: Budget) {
        self.tick += 1;
        self.forget_dropped();
        self.upload(scene, &mut budget);
        self.evict();
        self.ready_slot(slot, scene);
        let Self { device: _, queue, scenes, slots, counters, .. } = self;
        if let (Some(slot), Some(textures)) = (slots.get_mut(&slot), scenes.get(&scene.key())) {
            slot.note_uploads(textures);
            slot.update_styles(queue, scene, request, counters);
            slot.update_uniforms(queue, scene, textures, request, target, counters);
        }
    }

    /// Draws a prepared slot; an unknown slot draws nothing.
    pub fn paint(&self, slot: usize, pass: &mut wgpu::RenderPass<'_>) {
        let Some(slot) = self.slots.get(&slot) else { return };
        let mut layers = slot.layers.iter().filter(|l| slot.show_layers && l.any_visible && l.begun);
        pass.set_bind_group(0, &slot.view, &[]);
        match layers.next() {
            None => pass.set_pipeline(&self.pipelines.ct[slot.sampling as usize]),
            Some(first) => {
                pass.set_pipeline(&self.pipelines.ct_and_layer[slot.sampling as usize]);
                pass.set_bind_group(1, &first.group, &[]);
            }
        }
        pass.draw(0..3, 0..1);
        for (n, layer) in layers.enumerate() {
            if n == 0 {
                pass.set_pipeline(&self.pipelines.layer);
            }
            pass.set_bind_group(1, &layer.group, &[]);
            pass.draw(0..3, 0..1);
        }
    }

    fn forget_dropped(&mut self) {
        let before = self.scenes.len();
        self.scenes.retain(|_, s| s.scene.strong_count() > 0);
        if self.scenes.len() != before {
            let scenes = &self.scenes;
            self.slots.retain(|_, slot| scenes.contains_key(&slot.key));
        }
    }

    fn evict(&mut self) {
        while self.texture_bytes() > self.memory_bound {
            let old = |s: &SceneTextures| s.used + RECENT < self.tick;
            let Some((&key, _)) = self.scenes.iter().filter(|(_, s)| old(s)).min_by_key(|(_, s)| s.used) else { return };
            if let Some(scene) = self.scenes.remove(&key).and_then(|s| s.scene.upgrade()) {
                scene.set_uploaded(0.0);
            }
            self.slots.retain(|_, slot| slot.key != key);
        }
    }

    fn upload(&mut self, scene: &Arc<Scene>, budget: &mut Budget) {
        let Self { device, queue, scenes, counters, scratch, tick, .. } = self;
        let textures = scenes.entry(scene.key()).or_insert_with(|| {
            let textures = SceneTextures::create(device, scene);
            counters.textures += textures.all().count() as u64;
            textures
        });
        textures.used = *tick;
        if textures.all().all(SlabTexture::done) {
            scene.set_uploaded(1.0);
            return;
        }
        counters.voxel_bytes += textures.advance(queue, scene, budget, scratch);
        scene.set_uploaded(textures.share());
    }

    fn ready_slot(&mut self, number: usize, scene: &Arc<Scene>) {
        if self.slots.get(&number).is_some_and(|slot| slot.key == scene.key()) {
            return;
        }
        if let Some(textures) = self.scenes.get(&scene.key()) {
            let slot = Slot::create(&self.device, &self.pipelines, &self.empty, scene, textures);
            self.slots.insert(number, slot);
        }
    }
}

/// A texture to bind where a scene has no volume.
fn empty_volume(device: &wgpu::Device) -> wgpu::TextureView {
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("no volume"),
        size: wgpu::Extent3d { width: 1, height: 1, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D3,
        format: wgpu::TextureFormat::R16Sint,
        usage: wgpu::TextureUsages::TEXTURE_BINDING,
        view_formats: &[],
    });
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}

impl SceneTextures {
    fn create(device: &wgpu::Device, scene: &Arc<Scene>) -> Self {
        let ct = scene.volume().and_then(|v| SlabTexture::create(device, Source::Ct(v)));
        let layers = scene.labels().map_or_else(Vec::new, |set| {
            set.layers.iter().map(|l| if l.grid.is_empty() { None } else { SlabTexture::create(device, Source::Labels(l)) }).collect()
        });
        let this = Self { scene: Arc::downgrade(scene), ct, layers, used: 0 };
        scene.set_notice(this.notice(scene));
        this
    }

    fn notice(&self, scene: &Scene) -> Option<String> {
        let factor = self.all().map(|t| t.factor).max().unwrap_or(1);
        let labels = scene.labels().map_or(0, |set| set.layers.iter().filter(|l| !l.grid.is_empty()).count());
        if scene.volume().is_some() && self.ct.is_none() {
            Some("the volume does not fit the graphics memory and is not shown; close other programs that use it".to_owned())
        } else if self.layers.iter().flatten().count() < labels {
            Some("some label layers do not fit the graphics memory and are not shown; close other programs that use it".to_owned())
        } else {
            (factor > 1).then(|| format!("shown at 1/{factor} resolution: larger than the graphics adapter takes"))
        }
    }

    fn all(&self) -> impl Iterator<Item = &SlabTexture> {
        self.ct.iter().chain(self.layers.iter().flatten())
    }

    fn bytes(&self) -> u64 {
        self.all().map(SlabTexture::bytes).sum()
    }

    fn share(&self) -> f32 {
        let total = self.bytes();
        if total == 0 { 1.0 } else { (self.all().map(SlabTexture::ready_bytes).sum::<u64>() as f64 / total as f64) as f32 }
    }

    fn advance(&mut self, queue: &wgpu::Queue, scene: &Scene, budget: &mut Budget, scratch: &mut Vec<u16>) -> u64 {
        let mut sent = 0;
        if let (Some(texture), Some(volume)) = (&mut self.ct, scene.volume()) {
            sent += texture.advance(queue, Source::Ct(volume), budget, scratch);
        }
        if let Some(labels) = scene.labels() {
            for (texture, layer) in self.layers.iter_mut().zip(&labels.layers) {
                if let Some(texture) = texture {
                    sent += texture.advance(queue, Source::Labels(layer), budget, scratch);
                }
            }
        }
        sent
    }
}

impl Slot {
    fn create(
        device: &wgpu::Device,
        pipelines: &Pipelines,
        empty: &wgpu::TextureView,
        scene: &Arc<Scene>,
        textures: &SceneTextures,
    ) -> Self {
        let layers = textures.layers.iter().flatten().count();
        let uniforms = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("slice uniforms"),
            size: (BLOCK * (1 + layers)) as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let ct = textures.ct.as_ref().map_or(empty, |t| &t.view);
        let view = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("slice view"),
            layout: &pipelines.view_layout,
            entries: &[bind(0, block::<ViewUniform>(&uniforms, 0)), bind(1, wgpu::BindingResource::TextureView(ct))],
        });
        let mut slot = Self {
            key: scene.key(),
            uniforms,
            written: Vec::new(),
            next: Vec::new(),
            view,
            layers: Vec::new(),
            styles: None,
            show_layers: false,
            sampling: Sampling::Nearest,
        };
        for (index, texture) in textures.layers.iter().enumerate() {
            if let (Some(texture), Some(labels)) = (texture, scene.labels()) {
                slot.add_layer(device, pipelines, labels, index, texture);
            }
        }
        slot
    }

    /// A texture is cleared by wgpu when it is first used. Layers are left out until their own upload begins, so that not all of a
    /// scene's textures are cleared within its first frame.
    fn note_uploads(&mut self, textures: &SceneTextures) {
        for layer in &mut self.layers {
            layer.begun = textures.layers[layer.index].as_ref().is_some_and(|t| t.ready_bytes() > 0);
        }
    }

    fn add_layer(&mut self, device: &wgpu::Device, pipelines: &Pipelines, labels: &LabelSet, index: usize, texture: &SlabTexture) {
        let rows = styles::rows(labels, index);
        let table = styles::create(device, rows);
        let colours = table.create_view(&wgpu::TextureViewDescriptor::default());
        let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("slice layer"),
            layout: &pipelines.layer_layout,
            entries: &[
                bind(0, block::<LayerUniform>(&self.uniforms, 1 + self.layers.len())),
                bind(1, wgpu::BindingResource::TextureView(&texture.view)),
                bind(2, wgpu::BindingResource::TextureView(&colours)),
            ],
        });
        self.layers.push(SlotLayer { index, group, table, rows, any_visible: false, begun: false });
    }

    /// Uploads the colour tables when the styles' content changed.
    fn update_styles(&mut self, queue: &wgpu::Queue, scene: &Scene, request: &SliceRequest, counters: &mut UploadCounters) {
        let wanted = &request.look.styles;
        self.show_layers = request.look.overlay != Overlay::None;
        let Some(labels) = scene.labels() else { return };
        if let Some(held) = &mut self.styles {
            if Arc::ptr_eq(held, wanted) {
                return;
            }
            if held == wanted {
                *held = Arc::clone(wanted);
                return;
            }
        }
        let mut table = Vec::new();
        for layer in &mut self.layers {
            layer.any_visible = styles::fill(labels, layer.index, wanted, layer.rows, &mut table);
            counters.style_bytes += styles::write(queue, &layer.table, &table);
        }
        self.styles = Some(Arc::clone(wanted));
    }

    /// Uploads the uniform blocks when a byte of them changed.
    fn update_uniforms(
        &mut self,
        queue: &wgpu::Queue,
        scene: &Scene,
        textures: &SceneTextures,
        request: &SliceRequest,
        target: Target,
        counters: &mut UploadCounters,
    ) {
        let (frame, look) = (&request.frame, &request.look);
        let (view, sampling) = match (&textures.ct, scene.volume()) {
            (Some(texture), Some(volume)) => ViewUniform::new(&texture.space(&volume.grid), frame, look, Scale::of(volume), target),
            _ => (ViewUniform::black(target), Sampling::Nearest),
        };
        self.sampling = sampling;
        self.next.clear();
        push_block(&mut self.next, bytemuck::bytes_of(&view));
        if let Some(labels) = scene.labels() {
            for layer in &self.layers {
                if let Some(Some(texture)) = textures.layers.get(layer.index) {
                    let uniform = LayerUniform::new(&texture.space(&labels.layers[layer.index].grid), frame, look, layer.rows, target);
                    push_block(&mut self.next, bytemuck::bytes_of(&uniform));
                }
            }
        }
        if self.next != self.written {
            queue.write_buffer(&self.uniforms, 0, &self.next);
            counters.uniform_bytes += self.next.len() as u64;
            std::mem::swap(&mut self.next, &mut self.written);
        }
    }
}

fn push_block(out: &mut Vec<u8>, bytes: &[u8]) {
    let end = out.len() + BLOCK;
    out.extend_from_slice(bytes);
    out.resize(end, 0);
}

fn bind(binding: u32, resource: wgpu::BindingResource<'_>) -> wgpu::BindGroupEntry<'_> {
    wgpu::BindGroupEntry { binding, resource }
}

fn block<T>(buffer: &wgpu::Buffer, number: usize) -> wgpu::BindingResource<'_> {
    wgpu::BindingResource::Buffer(wgpu::BufferBinding {
        buffer,
        offset: (BLOCK * number) as u64,
        size: std::num::NonZeroU64::new(size_of::<T>() as u64),
    })
}
