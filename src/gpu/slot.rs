//! One view: its pictures, its numbers, its colour tables, and the draws that compose it.

use super::bricks::BrickSet;
use super::compose::{Compose, Draw, LayerUniform, Target, ViewUniform, linear, outline_reach};
use super::picture::{Cutter, Kind, Picture};
use super::renderer::{UploadCounters, cut_request, source};
use super::scene::{LabelStyle, Overlay, Scene, SceneKey, Slab, SliceRequest};
use super::styles;
use super::texels::Scale;
use std::sync::Arc;

/// Uniform blocks start at multiples of this (the largest alignment WebGPU allows a device to ask for).
const BLOCK: usize = 256;

#[derive(Debug)]
pub struct Slot {
    pub key: SceneKey,
    uniforms: wgpu::Buffer,
    /// What the buffer holds; an unchanged view uploads nothing.
    written: Vec<u8>,
    next: Vec<u8>,
    ct: Picture,
    ct_group: wgpu::BindGroup,
    layers: Vec<Layer>,
    styles: Option<Arc<Vec<LabelStyle>>>,
    show_layers: bool,
    slab: Slab,
    linear: bool,
}

#[derive(Debug)]
struct Layer {
    /// Index in the label set.
    index: usize,
    picture: Picture,
    group: wgpu::BindGroup,
    table: wgpu::Texture,
    rows: u32,
    any_visible: bool,
    near: bool,
}

impl Slot {
    pub fn new(device: &wgpu::Device, cutter: &Cutter, compose: &Compose, scene: &Arc<Scene>, layers: usize) -> Self {
        let uniforms = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("view uniforms"),
            size: (BLOCK * (1 + layers)) as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let ct = Picture::new(device, cutter, Kind::Ct);
        let ct_group = view_group(device, compose, &uniforms, &ct);
        let layer = |index| {
            let rows = scene.labels().map_or(1, |set| styles::rows(set, index));
            let (picture, table) = (Picture::new(device, cutter, Kind::Labels), styles::create(device, rows));
            let group = layer_group(device, compose, &uniforms, index, &picture, &table);
            Layer { index, picture, group, table, rows, any_visible: false, near: false }
        };
        Self {
            key: scene.key(),
            ct,
            ct_group,
            layers: (0..layers).map(layer).collect(),
            uniforms,
            written: Vec::new(),
            next: Vec::new(),
            styles: None,
            show_layers: false,
            slab: Slab::Thin,
            linear: true,
        }
    }

    /// The pictures that are shown and the parts of the scene they are cut from.
    pub fn pictures(&self) -> impl Iterator<Item = (usize, &Picture)> {
        let shown = |l: &&Layer| self.show_layers && l.any_visible;
        std::iter::once((0, &self.ct)).chain(self.layers.iter().filter(shown).map(|l| (l.index + 1, &l.picture)))
    }

    /// Works out where the planes run and which bricks they need.
    pub fn aim(
        &mut self,
        device: &wgpu::Device,
        compose: &Compose,
        sets: &[Option<BrickSet>],
        scene: &Scene,
        request: &SliceRequest,
        target: Target,
    ) {
        self.show_layers = request.look.overlay != Overlay::None;
        self.slab = request.look.slab;
        self.note_visible(scene, request);
        let limit = device.limits().max_texture_dimension_2d;
        if let Some(Some(set)) = sets.first()
            && let Some(cut) = cut_request(scene, 0, set, request, 1.0, limit)
            && self.ct.aim(device, &cut)
        {
            self.ct_group = view_group(device, compose, &self.uniforms, &self.ct);
        }
        for layer in self.layers.iter_mut().filter(|l| self.show_layers && l.any_visible) {
            let Some(Some(set)) = sets.get(layer.index + 1) else { continue };
            let step = request.frame.right.length().max(request.frame.down.length()) * f64::from(outline_reach(target));
            let Some(grid) = scene.labels().and_then(|l| l.layers.get(layer.index)).map(|l| &l.grid) else { continue };
            let margin = step / grid.affine.spacing_mm().into_iter().fold(f64::INFINITY, f64::min) + 1.0;
            if let Some(cut) = cut_request(scene, layer.index + 1, set, request, margin, limit)
                && layer.picture.aim(device, &cut)
            {
                layer.group = layer_group(device, compose, &self.uniforms, layer.index, &layer.picture, &layer.table);
            }
        }
    }

    fn note_visible(&mut self, scene: &Scene, request: &SliceRequest) {
        let wanted = &request.look.styles;
        let Some(labels) = scene.labels() else { return };
        if self.styles.as_ref().is_none_or(|held| !Arc::ptr_eq(held, wanted)) {
            for layer in &mut self.layers {
                layer.any_visible = styles::any_visible(labels, layer.index, wanted);
            }
        }
    }

    /// Cuts the pictures whose plane or bricks changed.
    pub fn cut(
        &mut self,
        cutter: &Cutter,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        sets: &[Option<BrickSet>],
        scene: &Scene,
        counters: &mut UploadCounters,
    ) {
        let always = cutter.on_cpu;
        let mut cut = |picture: &mut Picture, part: usize, slab| {
            let (Some(Some(set)), Some(source)) = (sets.get(part), source(scene, part)) else { return };
            if let Some(sent) = picture.fill(queue, set, source, always) {
                counters.picture_bytes += sent;
                return;
            }
            let sent = picture.cut(cutter, queue, encoder, set, slab);
            counters.uniform_bytes += sent;
            counters.cuts += u64::from(sent > 0);
        };
        cut(&mut self.ct, 0, self.slab);
        let shown = self.layers.iter_mut().filter(|l| self.show_layers && l.any_visible);
        shown.for_each(|l| cut(&mut l.picture, l.index + 1, Slab::Thin));
    }

    /// Whether a picture will be cut anew on the CPU.
    pub fn will_fill(&self, sets: &[Option<BrickSet>], always: bool) -> bool {
        let set = |part: usize| sets.get(part).and_then(Option::as_ref);
        self.pictures().any(|(part, picture)| set(part).is_some_and(|set| picture.will_fill(set, always)))
    }

    /// Sends colour tables and numbers, if they changed.
    pub fn update(&mut self, queue: &wgpu::Queue, scene: &Scene, request: &SliceRequest, target: Target, counters: &mut UploadCounters) {
        self.update_styles(queue, scene, request, counters);
        self.update_uniforms(queue, scene, request, target, counters);
    }

    fn update_styles(&mut self, queue: &wgpu::Queue, scene: &Scene, request: &SliceRequest, counters: &mut UploadCounters) {
        let wanted = &request.look.styles;
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
            styles::fill(labels, layer.index, wanted, layer.rows, &mut table);
            counters.style_bytes += styles::write(queue, &layer.table, &table);
        }
        self.styles = Some(Arc::clone(wanted));
    }

    fn update_uniforms(
        &mut self,
        queue: &wgpu::Queue,
        scene: &Scene,
        request: &SliceRequest,
        target: Target,
        counters: &mut UploadCounters,
    ) {
        let look = &request.look;
        self.next.clear();
        let view = match (&self.ct.cut, scene.volume()) {
            (Some(cut), Some(volume)) => {
                self.linear = linear(cut.mode, look);
                ViewUniform::new(&cut.across, cut.size, look, Scale::of(volume), target)
            }
            _ => ViewUniform::black(target),
        };
        push_block(&mut self.next, bytemuck::bytes_of(&view));
        for layer in &mut self.layers {
            let Some(cut) = &layer.picture.cut else {
                push_block(&mut self.next, &[]);
                continue;
            };
            let (uniform, near) = LayerUniform::new(&cut.across, cut.size, look, layer.rows, target);
            layer.near = near;
            push_block(&mut self.next, bytemuck::bytes_of(&uniform));
        }
        if self.next != self.written {
            queue.write_buffer(&self.uniforms, 0, &self.next);
            counters.uniform_bytes += self.next.len() as u64;
            std::mem::swap(&mut self.next, &mut self.written);
        }
    }

    pub fn paint(&self, compose: &Compose, pass: &mut wgpu::RenderPass<'_>) {
        let mut layers = self.layers.iter().filter(|l| self.show_layers && l.any_visible && l.picture.cut.is_some());
        let linear = self.linear;
        pass.set_bind_group(0, &self.ct_group, &[]);
        match layers.next() {
            None => pass.set_pipeline(compose.pipeline(Draw::Ct { linear })),
            Some(first) => {
                pass.set_pipeline(compose.pipeline(Draw::CtAndLayer { linear, near: first.near }));
                pass.set_bind_group(1, &first.group, &[]);
            }
        }
        pass.draw(0..3, 0..1);
        for layer in layers {
            pass.set_pipeline(compose.pipeline(Draw::Layer { near: layer.near }));
            pass.set_bind_group(1, &layer.group, &[]);
            pass.draw(0..3, 0..1);
        }
    }
}

fn view_group(device: &wgpu::Device, compose: &Compose, uniforms: &wgpu::Buffer, ct: &Picture) -> wgpu::BindGroup {
    device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("view"),
        layout: &compose.view_layout,
        entries: &[
            bind(0, block::<ViewUniform>(uniforms, 0)),
            bind(1, wgpu::BindingResource::TextureView(&ct.view)),
            bind(2, wgpu::BindingResource::Sampler(&compose.corners)),
        ],
    })
}

fn layer_group(
    device: &wgpu::Device,
    compose: &Compose,
    uniforms: &wgpu::Buffer,
    index: usize,
    picture: &Picture,
    table: &wgpu::Texture,
) -> wgpu::BindGroup {
    let colours = table.create_view(&wgpu::TextureViewDescriptor::default());
    device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("layer"),
        layout: &compose.layer_layout,
        entries: &[
            bind(0, block::<LayerUniform>(uniforms, 1 + index)),
            bind(1, wgpu::BindingResource::TextureView(&picture.view)),
            bind(2, wgpu::BindingResource::TextureView(&colours)),
            bind(3, wgpu::BindingResource::Sampler(&compose.corners)),
        ],
    })
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
