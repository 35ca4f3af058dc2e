//! Slices drawn into memory, without a window or a display: for `voxaudit snapshot`, tests and benchmarks.

use super::compose::Target;
use super::ray::{RayRequest, Raycaster};
use super::renderer::{Budget, Renderer, UploadCounters};
use super::scene::{Scene, SliceRequest};
use super::{GpuError, device_descriptor, headless_backends, poll};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How the target stores a byte; the image's bytes are the same either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// The shader's value as it is.
    #[default]
    Plain,
    /// The target encodes sRGB itself, as some window surfaces do.
    Srgb,
}

/// An image in memory, rows from the top, four bytes (R, G, B, A) per pixel in sRGB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RgbaImage {
    pub width: u32,
    pub height: u32,
    pub pixels: Vec<u8>,
}

impl RgbaImage {
    /// The pixel at (x, y); black outside.
    pub fn at(&self, x: u32, y: u32) -> [u8; 4] {
        let at = (y as usize * self.width as usize + x as usize) * 4;
        let inside = x < self.width && y < self.height;
        self.pixels.get(at..at + 4).filter(|_| inside).map_or([0; 4], |p| [p[0], p[1], p[2], p[3]])
    }
}

/// A device with no surface. Keep it: textures and the target are reused from one render to the next. When the driver takes the device
/// away while it draws (a reset, a card that is gone), it is made anew, on whatever adapter there is then, and the image drawn again.
#[derive(Debug)]
pub struct Offscreen {
    device: wgpu::Device,
    queue: wgpu::Queue,
    renderer: Renderer,
    /// Made when the first 3D image is drawn.
    rays: Option<Raycaster>,
    format: wgpu::TextureFormat,
    target: Option<ImageTarget>,
    adapter: String,
    encoding: Encoding,
    /// The driver took the device away.
    lost: Arc<AtomicBool>,
}

#[derive(Debug)]
pub(super) struct ImageTarget {
    size: [u32; 2],
    texture: wgpu::Texture,
    pub(super) view: wgpu::TextureView,
    readback: wgpu::Buffer,
    row_bytes: u32,
}

/// The best adapter of the first backends that have one.
fn adapter() -> Result<wgpu::Adapter, GpuError> {
    let mut refused = String::new();
    for backends in headless_backends() {
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
        descriptor.backends = backends;
        let instance = wgpu::Instance::new(descriptor);
        let options = wgpu::RequestAdapterOptions { power_preference: wgpu::PowerPreference::HighPerformance, ..Default::default() };
        match pollster::block_on(instance.request_adapter(&options)) {
            Ok(adapter) => return Ok(adapter),
            Err(e) => refused = e.to_string(),
        }
    }
    Err(GpuError::NoAdapter(refused))
}

impl Offscreen {
    /// Takes the best adapter there is; a software one will do.
    pub fn new() -> Result<Self, GpuError> {
        Self::with_encoding(Encoding::Plain)
    }

    /// The same with a choice of target, for tests of what a window's surface shows.
    pub fn with_encoding(encoding: Encoding) -> Result<Self, GpuError> {
        let format = match encoding {
            Encoding::Plain => wgpu::TextureFormat::Rgba8Unorm,
            Encoding::Srgb => wgpu::TextureFormat::Rgba8UnormSrgb,
        };
        let adapter = adapter()?;
        let name = adapter.get_info().name;
        let (device, queue) = pollster::block_on(adapter.request_device(&device_descriptor(&adapter)))
            .map_err(|e| GpuError::Device { adapter: name.clone(), reason: e.to_string() })?;
        let lost = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&lost);
        device.set_device_lost_callback(move |_, _| told.store(true, Ordering::Release));
        let renderer = Renderer::new(&device, &queue, format)?;
        Ok(Self { device, queue, renderer, rays: None, format, target: None, adapter: name, encoding, lost })
    }

    /// Draws; once more on a new device when this one was lost.
    fn surely<T>(&mut self, draw: impl Fn(&mut Self) -> Result<T, GpuError>) -> Result<T, GpuError> {
        let first = draw(self);
        let _ = poll(&self.device, wgpu::PollType::Poll); // what became of the device is told here
        if !self.lost.load(Ordering::Acquire) {
            return first;
        }
        *self = Self::with_encoding(self.encoding)?;
        draw(self)
    }

    /// Name of the graphics adapter in use.
    pub fn adapter(&self) -> &str {
        &self.adapter
    }

    /// What the device can take.
    pub fn limits(&self) -> wgpu::Limits {
        self.device.limits()
    }

    /// What has been uploaded so far.
    pub fn uploads(&self) -> UploadCounters {
        self.renderer.uploads()
    }

    /// The renderer, for its memory bound and figures.
    pub fn renderer(&mut self) -> &mut Renderer {
        &mut self.renderer
    }

    /// Draws one slice with the scene completely uploaded.
    ///
    /// Errors when the size is 0 or above the device's limit, or when the device fails.
    pub fn render(&mut self, scene: &Arc<Scene>, request: &SliceRequest) -> Result<RgbaImage, GpuError> {
        self.surely(|gpu| gpu.draw(scene, request, Budget::unlimited()).and_then(|()| gpu.read()))
    }

    /// Draws one frame as a window would, with a [`Budget`] of bricks to send; what of a slab or an oblique plane is not there yet stays black.
    pub fn render_within(&mut self, scene: &Arc<Scene>, request: &SliceRequest, budget: Budget) -> Result<RgbaImage, GpuError> {
        self.surely(|gpu| gpu.draw(scene, request, budget).and_then(|()| gpu.read()))
    }

    /// Draws and waits until the device is done, without reading the image back: what a frame costs.
    pub fn render_only(&mut self, scene: &Arc<Scene>, request: &SliceRequest) -> Result<(), GpuError> {
        self.surely(|gpu| gpu.draw(scene, request, Budget::unlimited()).and_then(|()| gpu.wait()))
    }

    /// Draws a 3D image as fine as it gets.
    pub fn render_3d(&mut self, scene: &Arc<Scene>, request: &RayRequest) -> Result<RgbaImage, GpuError> {
        self.surely(|gpu| gpu.draw_3d(scene, request).and_then(|()| gpu.read()))
    }

    fn draw_3d(&mut self, scene: &Arc<Scene>, request: &RayRequest) -> Result<(), GpuError> {
        self.check_size(request.size_px)?;
        let mut rays = self.rays.take().unwrap_or_else(|| Raycaster::new(&self.device, &self.queue, self.format));
        let request = RayRequest { moving: false, ..request.clone() };
        self.watched(|gpu| {
            gpu.ready_target(request.size_px);
            let mut more = true;
            while more {
                let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
                more = rays.prepare(&mut encoder, scene, &request, Budget::unlimited());
                gpu.submit(encoder, |pass| {
                    if !more {
                        rays.paint(pass);
                    }
                });
            }
            gpu.rays = Some(rays);
        })
    }

    fn check_size(&self, [width, height]: [u32; 2]) -> Result<(), GpuError> {
        let limit = self.device.limits().max_texture_dimension_2d;
        if !(1..=limit).contains(&width) || !(1..=limit).contains(&height) {
            return Err(GpuError::Size { width, height, limit });
        }
        Ok(())
    }

    fn draw(&mut self, scene: &Arc<Scene>, request: &SliceRequest, budget: Budget) -> Result<(), GpuError> {
        self.check_size(request.size_px)?;
        self.watched(|gpu| {
            gpu.ready_target(request.size_px);
            let centre_px = request.size_px.map(|n| n as f32 / 2.0);
            let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            gpu.renderer.prepare(&mut encoder, 0, scene, request, Target { centre_px, pixels_per_point: 1.0 }, budget);
            gpu.submit(encoder, |pass| gpu.renderer.paint(0, pass));
        })
    }

    /// Errors of the device become this program's, instead of ending it.
    fn watched(&mut self, work: impl FnOnce(&mut Self)) -> Result<(), GpuError> {
        let memory = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let validation = self.device.push_error_scope(wgpu::ErrorFilter::Validation);
        work(self);
        let errors = [validation, memory].map(|scope| pollster::block_on(scope.pop()));
        errors.into_iter().flatten().next().map_or(Ok(()), |error| Err(GpuError::Draw(error.to_string())))
    }

    fn ready_target(&mut self, size: [u32; 2]) {
        if self.target.as_ref().is_none_or(|t| t.size != size) {
            self.target = None; // the old one goes first
            self.target = Some(ImageTarget::new(&self.device, self.format, size));
        }
    }

    fn submit(&self, mut encoder: wgpu::CommandEncoder, paint: impl FnOnce(&mut wgpu::RenderPass<'_>)) {
        let Some(target) = &self.target else { return };
        {
            let attachment = wgpu::RenderPassColorAttachment {
                view: &target.view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::BLACK), store: wgpu::StoreOp::Store },
            };
            let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                label: Some("slice"),
                color_attachments: &[Some(attachment)],
                ..Default::default()
            });
            paint(&mut pass);
        }
        self.queue.submit([encoder.finish()]);
    }

    fn wait(&self) -> Result<(), GpuError> {
        poll(&self.device, wgpu::PollType::wait_indefinitely())
    }

    fn read(&self) -> Result<RgbaImage, GpuError> {
        match &self.target {
            Some(target) => target.read(&self.device, &self.queue),
            None => Err(GpuError::Draw("nothing was drawn".to_owned())),
        }
    }
}

impl ImageTarget {
    pub(super) fn new(device: &wgpu::Device, format: wgpu::TextureFormat, size: [u32; 2]) -> Self {
        let extent = wgpu::Extent3d { width: size[0], height: size[1], depth_or_array_layers: 1 };
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("slice image"),
            size: extent,
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let row_bytes = (size[0] * 4).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let readback = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("slice readback"),
            size: u64::from(row_bytes) * u64::from(size[1]),
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        Self { size, texture, view, readback, row_bytes }
    }

    /// Copies what was drawn into memory; waits for the device.
    pub(super) fn read(&self, device: &wgpu::Device, queue: &wgpu::Queue) -> Result<RgbaImage, GpuError> {
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        self.copy_to_readback(&mut encoder);
        queue.submit([encoder.finish()]);
        let (tx, rx) = std::sync::mpsc::channel();
        self.readback.map_async(wgpu::MapMode::Read, .., move |result| {
            let _ = tx.send(result); // the receiver waits below
        });
        poll(device, wgpu::PollType::wait_indefinitely())?;
        match rx.recv() {
            Ok(Ok(())) => self.mapped_image(),
            Ok(Err(e)) => Err(GpuError::Draw(e.to_string())),
            Err(_) => Err(GpuError::Draw("the device went away".to_owned())),
        }
    }

    fn copy_to_readback(&self, encoder: &mut wgpu::CommandEncoder) {
        let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(self.row_bytes), rows_per_image: None };
        encoder.copy_texture_to_buffer(
            self.texture.as_image_copy(),
            wgpu::TexelCopyBufferInfo { buffer: &self.readback, layout },
            self.texture.size(),
        );
    }

    fn mapped_image(&self) -> Result<RgbaImage, GpuError> {
        let [width, height] = self.size;
        let mut pixels = Vec::with_capacity(width as usize * height as usize * 4);
        {
            let bytes = self.readback.get_mapped_range(..).map_err(|e| GpuError::Draw(e.to_string()))?;
            for row in bytes.chunks_exact(self.row_bytes as usize) {
                pixels.extend_from_slice(&row[..width as usize * 4]);
            }
        }
        self.readback.unmap();
        Ok(RgbaImage { width, height, pixels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::{CtIn3d, Eye, Look};
    use crate::space::{Affine, Convention, Grid, Plane, SliceFrame};
    use crate::volume::{Volume, VoxelBuf, Voxels};
    use glam::DVec3;

    fn offscreen() -> Option<Offscreen> {
        match Offscreen::new() {
            Ok(gpu) => Some(gpu),
            Err(GpuError::NoAdapter(reason)) => {
                assert!(std::env::var_os("VOXAUDIT_REQUIRE_GPU").is_none_or(|v| v != "1"), "a GPU is required here: {reason}");
                println!("skipped: no graphics adapter");
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_lost_device_is_made_anew_and_draws_the_same() {
        let Some(mut gpu) = offscreen() else { return };
        let rows = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];
        let grid = Grid { size: [20, 20, 20], affine: Affine::from_rows(rows).unwrap() };
        let values: Vec<i16> = (0..8000).map(|n| n / 20 - 200).collect();
        let voxels = Voxels::I16(VoxelBuf::from_slice(&values).unwrap());
        let scene = Scene::new(Some(Arc::new(Volume { grid, voxels, range: (-200.0, 199.0), warnings: Vec::new() })), None);
        let frame = SliceFrame::new(Plane::Coronal, Convention::Radiological, grid.centre(), 0.5);
        let request = SliceRequest { frame, size_px: [50, 40], look: Look::plain(None) };
        let before = gpu.render(&scene, &request).unwrap();
        assert!(before.pixels.iter().any(|p| *p != 0 && *p != 255));
        gpu.device.destroy();
        assert_eq!(gpu.render(&scene, &request).unwrap(), before);
        assert_eq!(scene.uploaded(), 1.0);

        let eye = Eye { centre: grid.centre(), right: DVec3::NEG_X, down: DVec3::NEG_Z };
        let (size_px, look) = ([40, 40], Look::plain(None));
        let rays = RayRequest { eye, size_px, look, ct: CtIn3d::Mip, labels: false, cut: None, moving: false };
        let before = gpu.render_3d(&scene, &rays).unwrap();
        gpu.device.destroy();
        assert_eq!(gpu.render_3d(&scene, &rays).unwrap(), before);
        gpu.device.destroy();
        gpu.render_only(&scene, &request).unwrap();

        // Another size, another slice and another scene, so that everything is made on a device that is gone.
        for lost in 0..3 {
            let size_px = [60 + lost, 70];
            let fresh = Scene::new(scene.volume().cloned(), None);
            gpu.device.destroy();
            gpu.render(&fresh, &SliceRequest { size_px, ..request.clone() }).unwrap();
            gpu.device.destroy();
            gpu.render_3d(&fresh, &RayRequest { size_px, ..rays.clone() }).unwrap();
        }
    }
}
