//! A window drawn into memory: egui's shapes and the slices in them, with no surface and no display. For the screenshots of
//! `voxaudit demo --headless`; the second and last place of egui-wgpu glue beside [`super::callback`].

use super::offscreen::{ImageTarget, RgbaImage};
use super::{GpuError, callback, device_descriptor, headless_backends};
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

/// Without a surface, on the first backends that have an adapter.
fn render_state() -> Result<RenderState, GpuError> {
    let mut refused = String::new();
    for backends in headless_backends() {
        let mut create = create_new();
        create.instance_descriptor.backends = backends;
        let config = WgpuConfiguration { wgpu_setup: WgpuSetup::CreateNew(create), ..Default::default() };
        let instance = pollster::block_on(config.wgpu_setup.new_instance());
        match pollster::block_on(RenderState::create(&config, &instance, None, RendererOptions::PREDICTABLE)) {
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
    /// An image of `size` pixels. Errors when there is no adapter or the size is 0 or above the device's limit.
    pub fn new(size: [u32; 2]) -> Result<Self, GpuError> {
        let state = render_state()?;
        let limit = state.device.limits().max_texture_dimension_2d;
        if size.iter().any(|s| !(1..=limit).contains(s)) {
            return Err(GpuError::Size { width: size[0], height: size[1], limit });
        }
        callback::install(&state)?;
        let target = ImageTarget::new(&state.device, state.target_format, size);
        Ok(Self { state, target, size })
    }

    /// Uploads a frame's textures and draws it.
    pub fn draw(&mut self, context: &egui::Context, output: egui::FullOutput) -> Result<(), GpuError> {
        let device = &self.state.device;
        let mut renderer = self.state.renderer.write();
        let mut textures = output.textures_delta;
        for (id, images) in textures.set.drain() {
            for image in images {
                renderer.update_texture(device, &self.state.queue, id, &image);
            }
        }
        let screen = ScreenDescriptor { pixels_per_point: output.pixels_per_point, size_in_pixels: self.size };
        let shapes = context.tessellate(output.shapes, output.pixels_per_point);
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut commands = renderer.update_buffers(device, &self.state.queue, &mut encoder, &shapes, &screen);
        {
            let attachment = wgpu::RenderPassColorAttachment {
                view: &self.target.view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::BLACK), store: wgpu::StoreOp::Store },
            };
            let descriptor =
                wgpu::RenderPassDescriptor { label: Some("window"), color_attachments: &[Some(attachment)], ..Default::default() };
            renderer.render(&mut encoder.begin_render_pass(&descriptor).forget_lifetime(), &shapes, &screen);
        }
        for id in textures.free.drain() {
            renderer.free_texture(&id);
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
