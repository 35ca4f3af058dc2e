//! The 3D view: an image drawn by rays, coarse while it moves and refined while it rests, a strip per frame, so that it never holds up
//! the planes. Mirrors the struct of `shaders/ray.wgsl`.

use super::compose::{layout, uniform, volume_or_picture};
use super::renderer::Budget;
use super::scene::{LabelStyle, Look, Scene, SceneKey};
use super::texels::Scale;
use super::thin::{Fill, Thin};
use crate::space::{Grid, RasMm};
use glam::{DMat4, DVec3};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// While it moves, a pixel of the image stands for this many of the view along each side.
const COARSE: u32 = 4;
/// Pixels of a strip on an adapter without a GPU; a GPU draws the image at once.
const STRIP: u32 = 10_000;

/// How the CT is shown in 3D.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CtIn3d {
    #[default]
    None = 0,
    /// Maximum intensity projection.
    Mip = 1,
    /// With a transfer function for CT.
    Volume = 2,
}

/// From where a case is seen, in parallel projection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Eye {
    /// Patient position at the image's centre.
    pub centre: RasMm,
    /// Patient-space steps of one pixel of the view, in mm, to the right and down; at right angles and equally long.
    pub right: DVec3,
    pub down: DVec3,
}

impl Eye {
    /// Unit vector away from the viewer. Right × down points there on a screen whose rows run down.
    pub fn along(&self) -> DVec3 {
        self.right.cross(self.down).normalize_or_zero()
    }
}

/// One 3D image to draw.
#[derive(Clone, Debug)]
pub struct RayRequest {
    pub eye: Eye,
    pub size_px: [u32; 2],
    pub look: Look,
    pub ct: CtIn3d,
    /// Shows the labels.
    pub labels: bool,
    /// Cuts the octant between this point and the viewer away.
    pub cut: Option<RasMm>,
    /// Coarse, because it is being turned.
    pub moving: bool,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
struct CameraUniform {
    origin: [f32; 4],
    right: [f32; 4],
    down: [f32; 4],
    along: [f32; 4],
    label: [[f32; 4]; 4],
    ct: [[f32; 4]; 4],
    label_size: [f32; 4],
    ct_size: [f32; 4],
    cross: [f32; 4],
    towards: [f32; 4],
    centre: [f32; 2],
    mul: f32,
    add: f32,
    hu_mul: f32,
    hu_add: f32,
    rows: u32,
    far: f32,
    opacity: f32,
    unused: [f32; 3],
}

/// What the branches of the shader depend on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Branches {
    ct: CtIn3d,
    cut: bool,
}

/// Draws the 3D view of one scene at a time.
#[derive(Debug)]
pub struct Raycaster {
    device: wgpu::Device,
    queue: wgpu::Queue,
    module: wgpu::ShaderModule,
    /// By [`Branches::number`], compiled when first used.
    rays: [OnceLock<wgpu::RenderPipeline>; 6],
    show: wgpu::RenderPipeline,
    rays_layout: wgpu::BindGroupLayout,
    show_layout: wgpu::BindGroupLayout,
    at_once: bool,
    nothing: [wgpu::TextureView; 2],
    subject: Option<Subject>,
}

/// A scene and the images of it.
#[derive(Debug)]
struct Subject {
    key: SceneKey,
    labels: Option<Thin>,
    ct: Option<Thin>,
    uniforms: [wgpu::Buffer; 2],
    styles: wgpu::Texture,
    rows: u32,
    written: Option<Arc<Vec<LabelStyle>>>,
    shows_labels: bool,
    groups: [wgpu::BindGroup; 2],
    coarse: Image,
    fine: Image,
    camera: Option<(CameraUniform, Branches)>,
    /// Rows of the fine image that are drawn.
    rows_done: u32,
    ready: usize,
}

#[derive(Debug)]
struct Image {
    texture: wgpu::Texture,
    view: wgpu::TextureView,
    group: wgpu::BindGroup,
}

const IMAGE: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

impl Raycaster {
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue, format: wgpu::TextureFormat) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("ray"),
            source: wgpu::ShaderSource::Wgsl(include_str!("../../shaders/ray.wgsl").into()),
        });
        let plain = wgpu::TextureSampleType::Float { filterable: false };
        let (d2, d3) = (wgpu::TextureViewDimension::D2, wgpu::TextureViewDimension::D3);
        let entries = [
            uniform(0),
            volume_or_picture(1, wgpu::TextureSampleType::Uint, d3),
            volume_or_picture(2, wgpu::TextureSampleType::Sint, d3),
            volume_or_picture(3, plain, d2),
        ];
        let rays_layout = layout(device, "rays", &entries);
        let show_layout = layout(device, "show", &[volume_or_picture(4, plain, d2)]);
        let show = pipeline(device, &module, &show_layout, ["vs_show", "fs_show"], format, Branches::default());
        let rays = Self {
            rays: std::array::from_fn(|_| OnceLock::new()),
            show,
            module,
            at_once: device.adapter_info().device_type != wgpu::DeviceType::Cpu,
            nothing: [wgpu::TextureFormat::R16Uint, wgpu::TextureFormat::R16Sint].map(|format| empty(device, format)),
            device: device.clone(),
            queue: queue.clone(),
            rays_layout,
            show_layout,
            subject: None,
        };
        rays.pipeline(Branches::default()); // compiled now, so that a driver can refuse it now
        rays
    }

    fn pipeline(&self, branches: Branches) -> &wgpu::RenderPipeline {
        let make = || pipeline(&self.device, &self.module, &self.rays_layout, ["vs_main", "fs_main"], IMAGE, branches);
        self.rays[branches.number()].get_or_init(make)
    }

    /// Frees everything when the scene is not this one.
    pub fn forget_others(&mut self, keep: &[SceneKey]) {
        if self.subject.as_ref().is_some_and(|s| !keep.contains(&s.key)) {
            self.subject = None;
        }
    }

    /// Draws what there is time for; returns whether more is to come, so that the window must repaint.
    pub fn prepare(&mut self, encoder: &mut wgpu::CommandEncoder, scene: &Arc<Scene>, request: &RayRequest, budget: Budget) -> bool {
        let mut subject = match self.subject.take() {
            Some(subject) if subject.key == scene.key() => subject,
            _ => {
                self.subject = Some(self.subject_of(scene));
                return true; // the planes come first
            }
        };
        let filling = self.fill(&mut subject, scene, budget);
        self.write_styles(&mut subject, scene, request);
        self.size_images(&mut subject, request);
        let camera = (camera(&subject, scene, request), branches(&subject, request));
        if subject.camera != Some(camera) {
            subject.camera = Some(camera);
            subject.rows_done = 0;
            self.draw_coarse(&mut subject, encoder, camera);
        } else if !request.moving && subject.rows_done < subject.fine.texture.height() {
            self.draw_strip(&mut subject, encoder, camera);
        }
        let more = filling || request.moving || subject.rows_done < subject.fine.texture.height();
        self.subject = Some(subject);
        more
    }

    /// The finest image there is, into the current viewport.
    pub fn paint(&self, pass: &mut wgpu::RenderPass<'_>) {
        let Some(subject) = &self.subject else { return };
        let fine = subject.rows_done >= subject.fine.texture.height();
        pass.set_pipeline(&self.show);
        pass.set_bind_group(0, if fine { &subject.fine.group } else { &subject.coarse.group }, &[]);
        pass.draw(0..3, 0..1);
    }

    fn subject_of(&self, scene: &Arc<Scene>) -> Subject {
        let labels = scene.labels().and_then(|set| Thin::new(&self.device, Fill::Labels(set)));
        let ct = scene.volume().and_then(|volume| Thin::new(&self.device, Fill::Ct(volume)));
        let rows = scene.labels().map_or(1, |set| (set.table.len() / 256 + 1) as u32);
        let uniforms = [(); 2].map(|()| {
            let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
            let size = size_of::<CameraUniform>() as u64;
            self.device.create_buffer(&wgpu::BufferDescriptor { label: Some("camera"), size, usage, mapped_at_creation: false })
        });
        let styles = super::styles::create(&self.device, rows);
        let groups = [&uniforms[0], &uniforms[1]].map(|uniform| self.rays_group(uniform, labels.as_ref(), ct.as_ref(), &styles));
        let (coarse, fine) = (self.image([1, 1]), self.image([1, 1]));
        Subject {
            key: scene.key(),
            labels,
            ct,
            uniforms,
            styles,
            rows,
            written: None,
            shows_labels: false,
            groups,
            coarse,
            fine,
            camera: None,
            rows_done: 0,
            ready: 0,
        }
    }

    fn rays_group(&self, uniform: &wgpu::Buffer, labels: Option<&Thin>, ct: Option<&Thin>, styles: &wgpu::Texture) -> wgpu::BindGroup {
        let styles = styles.create_view(&wgpu::TextureViewDescriptor::default());
        let [no_labels, no_ct] = &self.nothing;
        let texture = |binding, view| wgpu::BindGroupEntry { binding, resource: wgpu::BindingResource::TextureView(view) };
        self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("rays"),
            layout: &self.rays_layout,
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: uniform.as_entire_binding() },
                texture(1, labels.map_or(no_labels, |t| &t.view)),
                texture(2, ct.map_or(no_ct, |t| &t.view)),
                texture(3, &styles),
            ],
        })
    }

    fn image(&self, [width, height]: [u32; 2]) -> Image {
        let texture = self.device.create_texture(&wgpu::TextureDescriptor {
            label: Some("3D image"),
            size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: IMAGE,
            usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::RENDER_ATTACHMENT,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("show"),
            layout: &self.show_layout,
            entries: &[wgpu::BindGroupEntry { binding: 4, resource: wgpu::BindingResource::TextureView(&view) }],
        });
        Image { texture, view, group }
    }

    /// Fills the thinned copies; returns whether that goes on.
    fn fill(&self, subject: &mut Subject, scene: &Scene, budget: Budget) -> bool {
        if let (Some(thin), Some(set)) = (&mut subject.labels, scene.labels()) {
            thin.advance(&self.queue, Fill::Labels(set), budget);
        }
        if let (Some(thin), Some(volume)) = (&mut subject.ct, scene.volume()) {
            thin.advance(&self.queue, Fill::Ct(volume), budget);
        }
        let waiting = [&subject.labels, &subject.ct].into_iter().flatten().filter(|t| !t.done()).count();
        if waiting != subject.ready {
            subject.ready = waiting;
            subject.camera = None; // draw again with all of it
        }
        waiting > 0
    }

    fn write_styles(&self, subject: &mut Subject, scene: &Scene, request: &RayRequest) {
        let Some(set) = scene.labels() else { return };
        let same = subject.written.as_ref().is_some_and(|held| Arc::ptr_eq(held, &request.look.styles));
        if same && subject.shows_labels == request.labels {
            return;
        }
        let mut table = vec![[0; 4]; 256 * (subject.rows as usize + 1)];
        for (n, label) in set.table.iter().enumerate().filter(|_| request.labels) {
            if let Some(texel) = table.get_mut(n + 1) {
                *texel = super::styles::texel(label, request.look.styles.get(n));
            }
        }
        super::styles::write(&self.queue, &subject.styles, &table);
        subject.written = Some(Arc::clone(&request.look.styles));
        subject.shows_labels = request.labels;
        subject.camera = None;
    }

    fn size_images(&self, subject: &mut Subject, request: &RayRequest) {
        let fine = request.size_px.map(|n| n.max(1));
        if [subject.fine.texture.width(), subject.fine.texture.height()] != fine {
            subject.fine = self.image(fine);
            subject.coarse = self.image(fine.map(|n| n.div_ceil(COARSE)));
            subject.camera = None;
        }
    }

    fn draw_coarse(&self, subject: &mut Subject, encoder: &mut wgpu::CommandEncoder, (camera, branches): (CameraUniform, Branches)) {
        let mut coarse = camera;
        let f = COARSE as f32;
        coarse.right = coarse.right.map(|v| v * f);
        coarse.down = coarse.down.map(|v| v * f);
        coarse.centre = coarse.centre.map(|v| v / f);
        self.queue.write_buffer(&subject.uniforms[0], 0, bytemuck::bytes_of(&coarse));
        let height = subject.coarse.texture.height();
        let clear = wgpu::LoadOp::Clear(wgpu::Color::BLACK);
        self.draw(encoder, &subject.coarse, (self.pipeline(branches), &subject.groups[0]), 0..height, clear);
    }

    fn draw_strip(&self, subject: &mut Subject, encoder: &mut wgpu::CommandEncoder, (camera, branches): (CameraUniform, Branches)) {
        let (width, height) = (subject.fine.texture.width(), subject.fine.texture.height());
        let rows = if self.at_once { height } else { (STRIP / width).max(1) }.min(height - subject.rows_done);
        let load = if subject.rows_done == 0 { wgpu::LoadOp::Clear(wgpu::Color::BLACK) } else { wgpu::LoadOp::Load };
        self.queue.write_buffer(&subject.uniforms[1], 0, bytemuck::bytes_of(&camera));
        let first = subject.rows_done;
        self.draw(encoder, &subject.fine, (self.pipeline(branches), &subject.groups[1]), first..first + rows, load);
        subject.rows_done += rows;
    }

    fn draw(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        image: &Image,
        (pipeline, group): (&wgpu::RenderPipeline, &wgpu::BindGroup),
        rows: Range<u32>,
        load: wgpu::LoadOp<wgpu::Color>,
    ) {
        let ops = wgpu::Operations { load, store: wgpu::StoreOp::Store };
        let attachment = wgpu::RenderPassColorAttachment { view: &image.view, depth_slice: None, resolve_target: None, ops };
        let descriptor = wgpu::RenderPassDescriptor { label: Some("rays"), color_attachments: &[Some(attachment)], ..Default::default() };
        let mut pass = encoder.begin_render_pass(&descriptor);
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, group, &[]);
        pass.set_scissor_rect(0, rows.start, image.texture.width(), rows.end - rows.start);
        pass.draw(0..3, 0..1);
    }
}

fn camera(subject: &Subject, scene: &Scene, request: &RayRequest) -> CameraUniform {
    let along = request.eye.along();
    let grids: Vec<&Grid> =
        scene.volume().map(|v| &v.grid).into_iter().chain(scene.labels().and_then(|l| l.layers.first()).map(|l| &l.grid)).collect();
    let radius = grids.iter().flat_map(|g| g.corners()).map(|c| c.0.distance(request.eye.centre.0)).fold(1.0, f64::max);
    let step = [&subject.labels, &subject.ct].into_iter().flatten().map(Thin::spacing_mm).fold(f64::INFINITY, f64::min) * 0.7;
    let scale = scene.volume().map_or(Scale { scale: 1.0, offset: 0.0, nan: None }, |v| Scale::of(v));
    let window = request.look.window.sane();
    let (width, level) = (f64::from(window.width), f64::from(window.level));
    let matrix = |thin: &Option<Thin>| {
        let matrix = thin.as_ref().map_or(DMat4::IDENTITY, |t| DMat4::from(t.texel_from_ras()));
        matrix.to_cols_array_2d().map(|column| column.map(|v| v as f32))
    };
    let size = |thin: &Option<Thin>| thin.as_ref().map_or([0.0; 4], |t| [t.size[0] as f32, t.size[1] as f32, t.size[2] as f32, 0.0]);
    let towards = -along.signum();
    CameraUniform {
        origin: pad(request.eye.centre.0 - along * radius, 0.0),
        right: pad(request.eye.right, 0.0),
        down: pad(request.eye.down, 0.0),
        along: pad(along, step as f32),
        label: matrix(&subject.labels),
        ct: matrix(&subject.ct),
        label_size: size(&subject.labels),
        ct_size: size(&subject.ct),
        cross: pad(request.cut.map_or(DVec3::ZERO, |p| p.0), 0.0),
        towards: pad(towards, 0.0),
        centre: request.size_px.map(|n| n as f32 / 2.0),
        mul: (scale.scale / width) as f32,
        add: ((scale.offset - level) / width + 0.5) as f32,
        hu_mul: scale.scale as f32,
        hu_add: scale.offset as f32,
        rows: subject.rows,
        far: (2.0 * radius) as f32,
        opacity: request.look.opacity,
        unused: [0.0; 3],
    }
}

fn branches(subject: &Subject, request: &RayRequest) -> Branches {
    match subject.ct {
        Some(_) => Branches { ct: request.ct, cut: request.cut.is_some() },
        None => Branches::default(),
    }
}

impl Branches {
    fn number(self) -> usize {
        self.ct as usize * 2 + usize::from(self.cut)
    }
}

fn pad(v: DVec3, w: f32) -> [f32; 4] {
    [v.x as f32, v.y as f32, v.z as f32, w]
}

fn empty(device: &wgpu::Device, format: wgpu::TextureFormat) -> wgpu::TextureView {
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("nothing"),
        size: wgpu::Extent3d { width: 1, height: 1, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D3,
        format,
        usage: wgpu::TextureUsages::TEXTURE_BINDING,
        view_formats: &[],
    });
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}

fn pipeline(
    device: &wgpu::Device,
    module: &wgpu::ShaderModule,
    group: &wgpu::BindGroupLayout,
    [vertex, fragment]: [&str; 2],
    format: wgpu::TextureFormat,
    branches: Branches,
) -> wgpu::RenderPipeline {
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(fragment),
        bind_group_layouts: &[Some(group)],
        immediate_size: 0,
    });
    let flag = |on: bool| f64::from(u8::from(on));
    let constants = [("TARGET_ENCODES", flag(format.is_srgb())), ("MODE", f64::from(branches.ct as u8)), ("CUT", flag(branches.cut))];
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(fragment),
        layout: Some(&layout),
        vertex: wgpu::VertexState { module, entry_point: Some(vertex), compilation_options: Default::default(), buffers: &[] },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module,
            entry_point: Some(fragment),
            compilation_options: wgpu::PipelineCompilationOptions { constants: &constants, ..Default::default() },
            targets: &[Some(wgpu::ColorTargetState { format, blend: None, write_mask: wgpu::ColorWrites::ALL })],
        }),
        multiview_mask: None,
        cache: None,
    })
}
