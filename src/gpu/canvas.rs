//! A window drawn into memory: egui's shapes and the slices in them, with no surface and no display. For the screenshots of
//! `voxaudit demo --headless`; the second and last place of egui-wgpu glue beside [`super::callback`].

use super::offscreen::{ImageTarget, RgbaImage};
use super::{GpuError, callback, device_descriptor, headless_backends};
use egui::epaint::ImageDelta;
use egui::{ClippedPrimitive, Painter, TextureId, TexturesDelta};
use egui_wgpu::{RenderState, RendererOptions, ScreenDescriptor, WgpuConfiguration, WgpuSetup, WgpuSetupCreateNew};
use std::sync::Arc;

/// The wgpu setup of the window and of the canvas: this program's device limits, the environment's choice of backend.
pub fn setup() -> WgpuSetup {
    WgpuSetup::CreateNew(create_new())
}

fn create_new() -> WgpuSetupCreateNew {
    let mut create = WgpuSetupCreateNew::without_display_handle();
    create.device_descriptor = Arc::new(device_descriptor);
    create
}

/// How egui's shapes are drawn in the window: nothing in it is a gradient that would need dithering.
pub const WINDOW: RendererOptions =
    RendererOptions { msaa_samples: 1, depth_stencil_format: None, dithering: false, predictable_texture_filtering: false };

/// What a window is cleared in: the colour of its panels.
pub fn ground(visuals: &egui::Visuals) -> [f32; 4] {
    visuals.panel_fill.to_normalized_gamma_f32()
}

/// Whether a colour that a window is cleared in is the same as one that egui paints: not where the target encodes sRGB itself.
pub fn clears_plainly(state: &RenderState) -> bool {
    !state.target_format.is_srgb()
}

/// Without a surface, on the first backends that have an adapter.
fn render_state(options: RendererOptions) -> Result<RenderState, GpuError> {
    let mut refused = String::new();
    for backends in headless_backends() {
        let mut create = create_new();
        create.instance_descriptor.backends = backends;
        let config = WgpuConfiguration { wgpu_setup: WgpuSetup::CreateNew(create), ..Default::default() };
        let instance = pollster::block_on(config.wgpu_setup.new_instance());
        match pollster::block_on(RenderState::create(&config, &instance, None, options)) {
            Ok(state) => return Ok(state),
            Err(e) => refused = e.to_string(),
        }
    }
    Err(GpuError::NoAdapter(refused))
}

/// A device without a surface and egui's renderer on it.
pub struct Canvas {
    state: RenderState,
    target: ImageTarget,
    size: [u32; 2],
}

impl Canvas {
    /// An image of `size` pixels, the same on every adapter. Errors when there is no adapter or the size is 0 or above the device's limit.
    pub fn new(size: [u32; 2]) -> Result<Self, GpuError> {
        Self::with(size, RendererOptions::PREDICTABLE)
    }

    /// The same, drawn as fast as the window is ([`WINDOW`]).
    pub fn with(size: [u32; 2], options: RendererOptions) -> Result<Self, GpuError> {
        let state = render_state(options)?;
        let limit = state.device.limits().max_texture_dimension_2d;
        if size.iter().any(|s| !(1..=limit).contains(s)) {
            return Err(GpuError::Size { width: size[0], height: size[1], limit });
        }
        callback::install(&state)?;
        let target = ImageTarget::new(&state.device, state.target_format, size);
        Ok(Self { state, target, size })
    }

    /// Whether [`Canvas::draw`] clears in the colour of panels as egui paints it.
    pub fn clears_plainly(&self) -> bool {
        clears_plainly(&self.state)
    }

    /// Uploads a frame's textures and draws it on the [`ground`].
    pub fn draw(&mut self, context: &egui::Context, output: egui::FullOutput) -> Result<(), GpuError> {
        let mut textures = output.textures_delta;
        let images = each(&mut textures);
        let shapes = context.tessellate(output.shapes, output.pixels_per_point);
        let [r, g, b, a] = ground(&context.global_style().visuals).map(f64::from);
        self.paint(&images, &shapes, output.pixels_per_point, wgpu::Color { r, g, b, a })?;
        let mut renderer = self.state.renderer.write();
        for id in textures.free.drain() {
            renderer.free_texture(&id);
        }
        Ok(())
    }

    fn paint(&self, textures: &Textures, shapes: &[ClippedPrimitive], pixels_per_point: f32, ground: wgpu::Color) -> Result<(), GpuError> {
        let device = &self.state.device;
        let mut renderer = self.state.renderer.write();
        for (id, image) in textures {
            renderer.update_texture(device, &self.state.queue, *id, image);
        }
        let screen = ScreenDescriptor { pixels_per_point, size_in_pixels: self.size };
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut commands = renderer.update_buffers(device, &self.state.queue, &mut encoder, shapes, &screen);
        {
            let attachment = wgpu::RenderPassColorAttachment {
                view: &self.target.view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations { load: wgpu::LoadOp::Clear(ground), store: wgpu::StoreOp::Store },
            };
            let descriptor =
                wgpu::RenderPassDescriptor { label: Some("window"), color_attachments: &[Some(attachment)], ..Default::default() };
            renderer.render(&mut encoder.begin_render_pass(&descriptor).forget_lifetime(), shapes, &screen);
        }
        commands.push(encoder.finish());
        self.state.queue.submit(commands);
        device.poll(wgpu::PollType::wait_indefinitely()).map(drop).map_err(|e| GpuError::Draw(e.to_string()))
    }

    /// The image as it was drawn last, in RGBA.
    pub fn image(&self) -> Result<RgbaImage, GpuError> {
        let mut image = self.target.read(&self.state.device, &self.state.queue)?;
        if self.state.target_format == wgpu::TextureFormat::Bgra8Unorm {
            image.pixels.as_chunks_mut::<4>().0.iter_mut().for_each(|p| p.swap(0, 2));
        }
        Ok(image)
    }
}

type Textures = Vec<(TextureId, ImageDelta)>;

/// The images of a frame's new textures, taken out.
fn each(delta: &mut TexturesDelta) -> Textures {
    delta.set.drain().flat_map(|(id, images)| images.into_iter().map(move |image| (id, image))).collect()
}

/// What is painted over a picture: shapes of egui with the textures that they need, laid out when the picture is asked for and drawn
/// whenever it is.
pub struct Overdraw {
    shapes: Vec<ClippedPrimitive>,
    textures: Textures,
    pixels_per_point: f32,
    size: [u32; 2],
}

impl Overdraw {
    /// Of a picture of `size` pixels; `dress` gives a new context its fonts, `paint` paints in points from the upper left corner. `None`
    /// when it paints nothing.
    pub fn new(size: [u32; 2], pixels_per_point: f32, dress: impl Fn(&egui::Context), paint: impl Fn(&Painter)) -> Option<Self> {
        let context = egui::Context::default();
        dress(&context);
        let area = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::Vec2::from(size.map(|n| n as f32)) / pixels_per_point);
        let (mut shapes, mut textures) = (Vec::new(), Textures::new());
        for _ in 0..2 {
            // The first frame makes the fonts.
            let mut input = egui::RawInput { screen_rect: Some(area), ..Default::default() };
            input.viewports.entry(input.viewport_id).or_default().native_pixels_per_point = Some(pixels_per_point);
            let mut output = context.run_ui(input, |ui| paint(&Painter::new(ui.ctx().clone(), egui::LayerId::background(), area)));
            textures.extend(each(&mut output.textures_delta));
            output.textures_delta.clear();
            shapes = output.shapes;
        }
        let shapes = context.tessellate(shapes, pixels_per_point);
        (!shapes.is_empty()).then_some(Self { shapes, textures, pixels_per_point, size })
    }

    /// Lays it over an image of its size. Errors when there is no adapter.
    pub fn over(&self, image: &mut RgbaImage) -> Result<(), GpuError> {
        let canvas = Canvas::new(self.size)?;
        canvas.paint(&self.textures, &self.shapes, self.pixels_per_point, wgpu::Color::TRANSPARENT)?;
        let drawn = canvas.image()?;
        for (below, above) in image.pixels.as_chunks_mut::<4>().0.iter_mut().zip(drawn.pixels.as_chunks::<4>().0) {
            let left = 255 - u16::from(above[3]); // colours of egui are multiplied by their alpha
            for (b, a) in below.iter_mut().zip(above).take(3) {
                *b = (u16::from(*a) + (u16::from(*b) * left + 127) / 255).min(255) as u8;
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Overdraw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Overdraw({:?}, {} shapes)", self.size, self.shapes.len())
    }
}
