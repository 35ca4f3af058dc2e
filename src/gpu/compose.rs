//! The composing pass: its pipelines and its numbers. Mirrors the structs of `shaders/compose.wgsl`.

use super::cut::{Across, Mode};
use super::scene::{Look, Overlay, Slab, SlabMode};
use super::texels::Scale;
use std::sync::OnceLock;

/// Width of an outline in points.
pub const OUTLINE_POINTS: f32 = 1.5;
/// Beyond this a value is none: what `cut.wgsl` writes there, 1e36, times the smallest weight of an interpolation and of a mean.
const VOID: f32 = 1e20;
/// What `cut.wgsl` adds to the values of a mean.
const RAISE: f64 = 32_769.0;

/// Where a view lies in the framebuffer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Physical pixels from the framebuffer's corner to the image's centre.
    pub centre_px: [f32; 2],
    pub pixels_per_point: f32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
struct AcrossUniform {
    origin: [f32; 2],
    du: [f32; 2],
    dv: [f32; 2],
    lo: [f32; 2],
    hi: [f32; 2],
    size: [f32; 2],
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct ViewUniform {
    across: AcrossUniform,
    centre: [f32; 2],
    mul: f32,
    add: f32,
    void_lo: f32,
    void_hi: f32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct LayerUniform {
    across: AcrossUniform,
    centre: [f32; 2],
    fill: f32,
    edge: f32,
    reach: f32,
    rows: u32,
}

impl AcrossUniform {
    fn new(across: &Across, size: [u32; 2]) -> Self {
        let single = |v: [f64; 2]| v.map(|x| x as f32);
        Self {
            origin: single(across.origin),
            du: single(across.du),
            dv: single(across.dv),
            lo: single(across.lo),
            hi: single(across.hi),
            size: size.map(|n| n as f32),
        }
    }
}

impl ViewUniform {
    pub fn new(across: &Across, size: [u32; 2], look: &Look, scale: Scale, target: Target) -> Self {
        let window = look.window.sane();
        let (width, level) = (f64::from(window.width), f64::from(window.level));
        let mean = matches!(look.slab, Slab::Of { mode: SlabMode::Mean, .. });
        let raise = if mean { RAISE } else { 0.0 };
        let (mul, add) = (scale.scale / width, (scale.offset - raise * scale.scale - level) / width + 0.5);
        let (mul, add) = if look.invert { (-mul, 1.0 - add) } else { (mul, add) };
        Self {
            across: AcrossUniform::new(across, size),
            centre: target.centre_px,
            mul: mul as f32,
            add: add as f32,
            void_lo: if mean { 0.5 } else { -VOID },
            void_hi: VOID,
        }
    }

    /// All black: a scene without a volume.
    pub fn black(target: Target) -> Self {
        let mut all: Self = bytemuck::Zeroable::zeroed();
        all.across.lo = [1.0; 2];
        all.across.size = [1.0; 2];
        all.centre = target.centre_px;
        all
    }
}

impl LayerUniform {
    /// The numbers, and whether the outline is at most one pixel of the picture wide.
    pub fn new(across: &Across, size: [u32; 2], look: &Look, rows: u32, target: Target) -> (Self, bool) {
        let opacity = if look.opacity.is_finite() { look.opacity.clamp(0.0, 1.0) } else { 0.35 };
        let (fill, edge) = match look.overlay {
            Overlay::Fill => (opacity, 1.0),
            Overlay::Outline => (0.0, 1.0),
            Overlay::None => (0.0, 0.0),
        };
        let reach = outline_reach(target);
        let near = across.du.iter().chain(&across.dv).all(|step| step.abs() * f64::from(reach) <= 1.0);
        let across = AcrossUniform::new(across, size);
        (Self { across, centre: target.centre_px, fill, edge, reach, rows }, near)
    }
}

/// Width of the outline in physical pixels.
pub fn outline_reach(target: Target) -> f32 {
    OUTLINE_POINTS * target.pixels_per_point
}

/// Which draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    Ct {
        linear: bool,
    },
    /// CT and the first visible layer in one go.
    CtAndLayer {
        linear: bool,
        near: bool,
    },
    /// One more layer, blended over.
    Layer {
        near: bool,
    },
}

#[derive(Debug)]
pub struct Compose {
    device: wgpu::Device,
    format: wgpu::TextureFormat,
    module: wgpu::ShaderModule,
    pub view_layout: wgpu::BindGroupLayout,
    pub layer_layout: wgpu::BindGroupLayout,
    /// Picks the four pixels around a corner; never filters.
    pub corners: wgpu::Sampler,
    pipelines: [OnceLock<wgpu::RenderPipeline>; 8],
}

impl Compose {
    pub fn new(device: &wgpu::Device, format: wgpu::TextureFormat) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("compose"),
            source: wgpu::ShaderSource::Wgsl(include_str!("../../shaders/compose.wgsl").into()),
        });
        let plain = wgpu::TextureSampleType::Float { filterable: false };
        let view_layout = layout(device, "view", &[uniform(0), texture(1, plain), sampler(2)]);
        let entries = [uniform(0), texture(1, wgpu::TextureSampleType::Uint), texture(2, plain), sampler(3)];
        let layer_layout = layout(device, "layer", &entries);
        let corners = device.create_sampler(&wgpu::SamplerDescriptor { label: Some("corners"), ..Default::default() });
        let pipelines = std::array::from_fn(|_| OnceLock::new());
        let compose = Self { device: device.clone(), format, module, view_layout, layer_layout, corners, pipelines };
        compose.pipeline(Draw::CtAndLayer { linear: true, near: true }); // compiled now, so that a driver can refuse it now
        compose
    }

    /// Compiled when it is first used.
    pub fn pipeline(&self, draw: Draw) -> &wgpu::RenderPipeline {
        let (entry, linear, near) = match draw {
            Draw::Ct { linear } => ("ct", linear, false),
            Draw::CtAndLayer { linear, near } => ("both", linear, near),
            Draw::Layer { near } => ("layer", false, near),
        };
        let number = match draw {
            Draw::Ct { linear } => usize::from(linear),
            Draw::CtAndLayer { linear, near } => 2 + usize::from(linear) + 2 * usize::from(near),
            Draw::Layer { near } => 6 + usize::from(near),
        };
        self.pipelines[number].get_or_init(|| self.make(entry, linear, near))
    }

    fn make(&self, entry: &str, linear: bool, near: bool) -> wgpu::RenderPipeline {
        let groups = [Some(&self.view_layout), Some(&self.layer_layout)];
        let layout = self.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(entry),
            bind_group_layouts: if entry == "ct" { &groups[..1] } else { &groups },
            immediate_size: 0,
        });
        let flag = |on: bool| f64::from(u8::from(on));
        let constants = [("TARGET_ENCODES", flag(self.format.is_srgb())), ("LINEAR", flag(linear)), ("NEAR", flag(near))];
        let blend = (entry == "layer").then_some(wgpu::BlendState::ALPHA_BLENDING);
        self.device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some(entry),
            layout: Some(&layout),
            vertex: wgpu::VertexState {
                module: &self.module,
                entry_point: Some(&format!("vs_{entry}")),
                compilation_options: Default::default(),
                buffers: &[],
            },
            primitive: wgpu::PrimitiveState::default(),
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            fragment: Some(wgpu::FragmentState {
                module: &self.module,
                entry_point: Some(&format!("fs_{entry}")),
                compilation_options: wgpu::PipelineCompilationOptions { constants: &constants, ..Default::default() },
                targets: &[Some(wgpu::ColorTargetState { format: self.format, blend, write_mask: wgpu::ColorWrites::ALL })],
            }),
            multiview_mask: None,
            cache: None,
        })
    }
}

/// A picture across the voxels is as large as the view: nothing is left to interpolate.
pub fn linear(mode: Mode, look: &Look) -> bool {
    let parallel = matches!(mode, Mode::Slice | Mode::Between | Mode::Slices);
    parallel && look.interpolation == super::Interpolation::Linear
}

pub fn layout(device: &wgpu::Device, label: &str, entries: &[wgpu::BindGroupLayoutEntry]) -> wgpu::BindGroupLayout {
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(label), entries })
}

pub fn uniform(binding: u32) -> wgpu::BindGroupLayoutEntry {
    let ty = wgpu::BindingType::Buffer { ty: wgpu::BufferBindingType::Uniform, has_dynamic_offset: false, min_binding_size: None };
    let visibility = wgpu::ShaderStages::VERTEX_FRAGMENT;
    wgpu::BindGroupLayoutEntry { binding, visibility, ty, count: None }
}

fn texture(binding: u32, sample_type: wgpu::TextureSampleType) -> wgpu::BindGroupLayoutEntry {
    volume_or_picture(binding, sample_type, wgpu::TextureViewDimension::D2)
}

pub fn volume_or_picture(
    binding: u32,
    sample_type: wgpu::TextureSampleType,
    view_dimension: wgpu::TextureViewDimension,
) -> wgpu::BindGroupLayoutEntry {
    let ty = wgpu::BindingType::Texture { sample_type, view_dimension, multisampled: false };
    wgpu::BindGroupLayoutEntry { binding, visibility: wgpu::ShaderStages::FRAGMENT, ty, count: None }
}

fn sampler(binding: u32) -> wgpu::BindGroupLayoutEntry {
    let ty = wgpu::BindingType::Sampler(wgpu::SamplerBindingType::NonFiltering);
    wgpu::BindGroupLayoutEntry { binding, visibility: wgpu::ShaderStages::FRAGMENT, ty, count: None }
}
