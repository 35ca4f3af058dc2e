//! The cutting pass: its pipelines, and a picture that is cut again only when something in it changed.

use super::bricks::BrickSet;
use super::compose::{layout, uniform, volume_or_picture};
use super::cut::{Cut, CutUniform, Mode, Piece, Request};
use super::flat::{self, Lattice};
use super::scene::{Slab, SlabMode};
use super::texels::Source;
use std::sync::OnceLock;

/// What is cut: decides texel type, picture format and shader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Ct,
    Labels,
}

impl Kind {
    fn format(self) -> wgpu::TextureFormat {
        match self {
            Kind::Ct => wgpu::TextureFormat::R32Float,
            Kind::Labels => wgpu::TextureFormat::R32Uint,
        }
    }

    /// Empty pixels around the picture: labels end where their grid does.
    pub fn border(self) -> u32 {
        u32::from(self == Kind::Labels)
    }
}

#[derive(Debug)]
pub struct Cutter {
    device: wgpu::Device,
    module: wgpu::ShaderModule,
    pub plane_layout: wgpu::BindGroupLayout,
    pub ct_layout: wgpu::BindGroupLayout,
    pub label_layout: wgpu::BindGroupLayout,
    /// By mode and, for the CT, way of combining.
    ct: [OnceLock<wgpu::RenderPipeline>; 18],
    labels: [OnceLock<wgpu::RenderPipeline>; 2],
    /// Several slices can be combined.
    pub slabs: bool,
    /// Slices parallel to the voxels are always cut on the CPU.
    pub on_cpu: bool,
}

impl Cutter {
    pub fn new(device: &wgpu::Device) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("cut"),
            source: wgpu::ShaderSource::Wgsl(include_str!("../../shaders/cut.wgsl").into()),
        });
        let brick = |label, kind| layout(device, label, &[volume_or_picture(0, kind, wgpu::TextureViewDimension::D3)]);
        let cutter = Self {
            device: device.clone(),
            module,
            plane_layout: layout(device, "plane", &[uniform(0)]),
            ct_layout: brick("CT brick", wgpu::TextureSampleType::Sint),
            label_layout: brick("label brick", wgpu::TextureSampleType::Uint),
            ct: std::array::from_fn(|_| OnceLock::new()),
            labels: std::array::from_fn(|_| OnceLock::new()),
            slabs: device.features().contains(wgpu::Features::FLOAT32_BLENDABLE),
            on_cpu: device.adapter_info().device_type == wgpu::DeviceType::Cpu,
        };
        cutter.pipeline(Kind::Ct, Mode::Slice, None); // compiled now, so that a driver can refuse it now
        cutter.pipeline(Kind::Labels, Mode::Slice, None);
        cutter
    }

    fn pipeline(&self, kind: Kind, mode: Mode, slab: Option<SlabMode>) -> &wgpu::RenderPipeline {
        let combine = slab.unwrap_or_default();
        match kind {
            Kind::Ct => self.ct[mode as usize * 3 + combine as usize].get_or_init(|| self.make(kind, mode, combine)),
            Kind::Labels => self.labels[usize::from(mode == Mode::ObliqueNearest)].get_or_init(|| self.make(kind, mode, combine)),
        }
    }

    fn make(&self, kind: Kind, mode: Mode, combine: SlabMode) -> wgpu::RenderPipeline {
        let entry = if kind == Kind::Ct { "fs_ct" } else { "fs_label" };
        let bricks = if kind == Kind::Ct { &self.ct_layout } else { &self.label_layout };
        let layout = self.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("cut"),
            bind_group_layouts: &[Some(&self.plane_layout), Some(bricks)],
            immediate_size: 0,
        });
        let constants = [("MODE", f64::from(mode as u8)), ("COMBINE", f64::from(combine as u8))];
        let compilation_options = wgpu::PipelineCompilationOptions { constants: &constants, ..Default::default() };
        let attributes = wgpu::vertex_attr_array![0 => Float32x4, 1 => Float32x4, 2 => Float32x4, 3 => Float32x4];
        let pieces = wgpu::VertexBufferLayout {
            array_stride: size_of::<Piece>() as u64,
            step_mode: wgpu::VertexStepMode::Instance,
            attributes: &attributes,
        };
        self.device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some("cut"),
            layout: Some(&layout),
            vertex: wgpu::VertexState {
                module: &self.module,
                entry_point: Some("vs_main"),
                compilation_options: compilation_options.clone(),
                buffers: &[Some(pieces)],
            },
            primitive: wgpu::PrimitiveState { topology: wgpu::PrimitiveTopology::TriangleStrip, ..Default::default() },
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            fragment: Some(wgpu::FragmentState {
                module: &self.module,
                entry_point: Some(entry),
                compilation_options,
                targets: &[Some(wgpu::ColorTargetState {
                    format: kind.format(),
                    blend: blend(mode, combine),
                    write_mask: wgpu::ColorWrites::ALL,
                })],
            }),
            multiview_mask: None,
            cache: None,
        })
    }
}

/// The bricks of a slab meet in the picture as the slices of a brick do in the shader.
fn blend(mode: Mode, combine: SlabMode) -> Option<wgpu::BlendState> {
    let operation = match combine {
        _ if !matches!(mode, Mode::Slices | Mode::ObliqueSlab) => return None,
        SlabMode::Max => wgpu::BlendOperation::Max,
        SlabMode::Min => wgpu::BlendOperation::Min,
        SlabMode::Mean => wgpu::BlendOperation::Add,
    };
    let one = wgpu::BlendFactor::One;
    let both = wgpu::BlendComponent { src_factor: one, dst_factor: one, operation };
    Some(wgpu::BlendState { color: both, alpha: both })
}

/// A plane through one grid, in a 2D texture.
#[derive(Debug)]
pub struct Picture {
    kind: Kind,
    texture: wgpu::Texture,
    pub view: wgpu::TextureView,
    plane: wgpu::Buffer,
    plane_group: wgpu::BindGroup,
    pieces: wgpu::Buffer,
    /// Bricks of the plane and their pieces, whether they are on the GPU or not.
    pub wanted: Vec<(usize, Piece)>,
    /// Those that were drawn last.
    drawn: Vec<(usize, Piece)>,
    next: Vec<(usize, Piece)>,
    staged: Vec<Piece>,
    last: Option<(CutUniform, Mode, Option<SlabMode>)>,
    /// What was cut on the CPU, if that is what the texture holds.
    flat: Option<Lattice>,
    texels: Vec<u32>,
    pub cut: Option<Cut>,
}

impl Picture {
    pub fn new(device: &wgpu::Device, cutter: &Cutter, kind: Kind) -> Self {
        let plane = buffer(device, "plane", size_of::<CutUniform>(), wgpu::BufferUsages::UNIFORM);
        let plane_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("plane"),
            layout: &cutter.plane_layout,
            entries: &[wgpu::BindGroupEntry { binding: 0, resource: plane.as_entire_binding() }],
        });
        let (texture, view) = canvas(device, kind, [1, 1]);
        Self {
            kind,
            texture,
            view,
            plane,
            plane_group,
            pieces: buffer(device, "pieces", 64 * size_of::<Piece>(), wgpu::BufferUsages::VERTEX),
            wanted: Vec::new(),
            drawn: Vec::new(),
            next: Vec::new(),
            staged: Vec::new(),
            last: None,
            flat: None,
            texels: Vec::new(),
            cut: None,
        }
    }

    /// Works out the plane and the bricks it needs. Returns whether the texture is a new one, so that groups which bind it must be
    /// made again.
    pub fn aim(&mut self, device: &wgpu::Device, request: &Request<'_>) -> bool {
        let cut = Cut::new(request);
        self.wanted.clear();
        cut.pieces(request, |brick, piece| self.wanted.push((brick, piece)));
        self.cut = Some(cut);
        let size = cut.size.map(|n| (n + 2 * self.kind.border()).max(1));
        if [self.texture.width(), self.texture.height()] == size {
            return false;
        }
        (self.texture, self.view) = canvas(device, self.kind, size);
        (self.last, self.flat) = (None, None);
        true
    }

    /// Whether the picture can do without bricks: its plane runs parallel to the voxels and is thin.
    pub fn is_flat(&self) -> bool {
        self.cut.is_some_and(|cut| cut.lattice().is_some())
    }

    /// The slice, where it is for the CPU to cut.
    fn flat_cut(&self, bricks: &BrickSet, always: bool) -> Option<Lattice> {
        let lattice = self.cut?.lattice()?;
        let missing = || self.wanted.iter().any(|(brick, _)| bricks.absent(*brick));
        (always && lattice.along_rows() || missing()).then_some(lattice)
    }

    /// Whether [`Self::fill`] will cut.
    pub fn will_fill(&self, bricks: &BrickSet, always: bool) -> bool {
        self.flat_cut(bricks, always).is_some_and(|lattice| self.flat != Some(lattice))
    }

    /// Cuts on the CPU while bricks of the plane are missing, or `always` where that is cheap. Returns the bytes sent; `None` when it is for the bricks to
    /// draw.
    pub fn fill(&mut self, queue: &wgpu::Queue, bricks: &BrickSet, source: Source<'_>, always: bool) -> Option<u64> {
        let lattice = self.flat_cut(bricks, always)?;
        if self.flat == Some(lattice) {
            return Some(0);
        }
        flat::cut(source, &lattice, self.kind.border() as usize, &mut self.texels);
        let bytes: &[u8] = bytemuck::cast_slice(&self.texels);
        let row = self.texture.width() * 4;
        let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(row), rows_per_image: None };
        queue.write_texture(self.texture.as_image_copy(), bytes, layout, self.texture.size());
        (self.flat, self.last) = (Some(lattice), None);
        Some(bytes.len() as u64)
    }

    /// Cuts, if the plane or the bricks that are there changed.
    pub fn cut(&mut self, cutter: &Cutter, queue: &wgpu::Queue, encoder: &mut wgpu::CommandEncoder, bricks: &BrickSet, slab: Slab) -> u64 {
        let Some(cut) = self.cut else { return 0 };
        let combine = if let Slab::Of { mode, .. } = slab { Some(mode) } else { None };
        self.next.clear();
        self.next.extend(self.wanted.iter().filter(|(brick, _)| bricks.group(*brick).is_some()).copied());
        if self.last == Some((cut.uniform, cut.mode, combine)) && self.next == self.drawn {
            return 0;
        }
        self.flat = None;
        let sent = self.stage(&cutter.device, queue, &cut.uniform);
        let pipeline = cutter.pipeline(self.kind, cut.mode, combine);
        let attachment = wgpu::RenderPassColorAttachment {
            view: &self.view,
            depth_slice: None,
            resolve_target: None,
            ops: wgpu::Operations { load: wgpu::LoadOp::Clear(nothing(self.kind, cut.mode, combine)), store: wgpu::StoreOp::Store },
        };
        let descriptor = wgpu::RenderPassDescriptor { label: Some("cut"), color_attachments: &[Some(attachment)], ..Default::default() };
        let mut pass = encoder.begin_render_pass(&descriptor);
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, &self.plane_group, &[]);
        pass.set_vertex_buffer(0, self.pieces.slice(..));
        for (n, (brick, _)) in self.next.iter().enumerate() {
            pass.set_bind_group(1, bricks.group(*brick), &[]);
            pass.draw(0..4, n as u32..n as u32 + 1);
        }
        drop(pass);
        std::mem::swap(&mut self.next, &mut self.drawn);
        self.last = Some((cut.uniform, cut.mode, combine));
        sent
    }

    fn stage(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, uniform: &CutUniform) -> u64 {
        self.staged.clear();
        self.staged.extend(self.next.iter().map(|(_, piece)| *piece));
        let bytes: &[u8] = bytemuck::cast_slice(&self.staged);
        if bytes.len() as u64 > self.pieces.size() {
            self.pieces = buffer(device, "pieces", bytes.len().next_power_of_two(), wgpu::BufferUsages::VERTEX);
        }
        if !bytes.is_empty() {
            queue.write_buffer(&self.pieces, 0, bytes);
        }
        queue.write_buffer(&self.plane, 0, bytemuck::bytes_of(uniform));
        (bytes.len() + size_of::<CutUniform>()) as u64
    }
}

/// What a picture holds before anything is drawn, as `cut.wgsl` has it.
fn nothing(kind: Kind, mode: Mode, combine: Option<SlabMode>) -> wgpu::Color {
    let slab = combine.filter(|_| matches!(mode, Mode::Slices | Mode::ObliqueSlab));
    let r = match (kind, slab) {
        (Kind::Labels, _) | (_, Some(SlabMode::Mean)) => 0.0,
        (_, Some(SlabMode::Max)) => -1e36,
        _ => 1e36,
    };
    wgpu::Color { r, g: 0.0, b: 0.0, a: 0.0 }
}

fn buffer(device: &wgpu::Device, label: &str, size: usize, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    let usage = usage | wgpu::BufferUsages::COPY_DST;
    device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size: size as u64, usage, mapped_at_creation: false })
}

fn canvas(device: &wgpu::Device, kind: Kind, [width, height]: [u32; 2]) -> (wgpu::Texture, wgpu::TextureView) {
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("picture"),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: kind.format(),
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    });
    let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
    (texture, view)
}
