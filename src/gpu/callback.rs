//! The only egui-wgpu glue: a slice as a paint callback of a panel.
//!
//! Every view has its own slot number. Prepares of all views run before any paint, and a callback may be dropped on a first frame:
//! nothing here relies on being called once. They ask for another frame themselves while there is more to send or to draw.

use super::compose::Target;
use super::ray::{RayRequest, Raycaster};
use super::renderer::{Budget, Renderer};
use super::scene::{Scene, SceneKey, SliceRequest};
use super::{GpuError, UploadCounters, poll};
use egui_wgpu::{CallbackResources, CallbackTrait, RenderState, ScreenDescriptor};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Makes the renderer for the window's device and target format. Call once, when the window is created.
///
/// Errors when the driver refuses the shader.
pub fn install(render_state: &RenderState) -> Result<(), GpuError> {
    let renderer = Renderer::new(&render_state.device, &render_state.queue, render_state.target_format)?;
    let rays = Raycaster::new(&render_state.device, &render_state.queue, render_state.target_format);
    let resources = &mut render_state.renderer.write().callback_resources;
    resources.insert(renderer);
    resources.insert(rays);
    Ok(())
}

/// The slice as a shape that fills `rect` (in points); `request.frame` is centred in it and a frame pixel is a physical pixel.
pub fn slice(context: &egui::Context, rect: egui::Rect, scene: Arc<Scene>, request: SliceRequest, slot: usize) -> egui::Shape {
    let context = context.clone();
    egui::Shape::Callback(egui_wgpu::Callback::new_paint_callback(rect, SliceCallback { context, rect, scene, request, slot }))
}

/// The 3D view as a shape that fills `rect` (in points).
pub fn rays(context: &egui::Context, rect: egui::Rect, scene: Arc<Scene>, request: RayRequest) -> egui::Shape {
    let context = context.clone();
    egui::Shape::Callback(egui_wgpu::Callback::new_paint_callback(rect, RayCallback { context, scene, request }))
}

/// Frees the textures of every scene but those in `keep`.
pub fn release(render_state: &RenderState, keep: &[SceneKey]) {
    if let Some(renderer) = render_state.renderer.write().callback_resources.get_mut::<Renderer>() {
        renderer.release(keep);
    }
    if let Some(rays) = render_state.renderer.write().callback_resources.get_mut::<Raycaster>() {
        rays.forget_others(keep);
    }
}

/// On an adapter that draws with the processor, textures take the same memory as images do: at most `bytes` of it.
pub fn share_memory(render_state: &RenderState, bytes: u64) {
    let shared = matches!(render_state.adapter.get_info().device_type, wgpu::DeviceType::Cpu | wgpu::DeviceType::IntegratedGpu);
    if let Some(renderer) = render_state.renderer.write().callback_resources.get_mut::<Renderer>().filter(|_| shared) {
        renderer.set_memory_bound(bytes);
    }
}

/// Whether a window's device is still there, and what it complains of.
#[derive(Clone, Debug)]
pub struct Fate {
    device: wgpu::Device,
    lost: Arc<AtomicBool>,
    complaint: Arc<Mutex<Option<String>>>,
}

impl Fate {
    /// Is told by the driver, and asks `context` for a frame then. What the device complains of waits to be shown instead of ending the
    /// program; of one that is gone it is no news.
    pub fn watch(render_state: &RenderState, context: &egui::Context) -> Self {
        let fate = Self { device: render_state.device.clone(), lost: Arc::default(), complaint: Arc::default() };
        let (told, context) = (Arc::clone(&fate.lost), context.clone());
        render_state.device.set_device_lost_callback(move |_, _| {
            told.store(true, Ordering::Release);
            context.request_repaint();
        });
        let (gone, complaint) = (Arc::clone(&fate.lost), Arc::clone(&fate.complaint));
        render_state.device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            if !gone.load(Ordering::Acquire) {
                *complaint.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
            }
        }));
        fate
    }

    /// Asks the device. To be called before a frame is drawn: egui's renderer panics on a device that is gone.
    pub fn lost(&self) -> bool {
        let _ = poll(&self.device, wgpu::PollType::Poll); // tells the callback above
        self.lost.load(Ordering::Acquire)
    }

    /// What the device complained of last, once.
    pub fn complaint(&self) -> Option<String> {
        self.complaint.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What the window has uploaded so far.
pub fn uploads(render_state: &RenderState) -> UploadCounters {
    render_state.renderer.read().callback_resources.get::<Renderer>().map_or_else(UploadCounters::default, Renderer::uploads)
}

struct SliceCallback {
    /// Asked for another frame while bricks are on their way.
    context: egui::Context,
    rect: egui::Rect,
    scene: Arc<Scene>,
    request: SliceRequest,
    slot: usize,
}

impl CallbackTrait for SliceCallback {
    fn prepare(
        &self,
        _device: &wgpu::Device,
        _queue: &wgpu::Queue,
        screen: &ScreenDescriptor,
        encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if let Some(renderer) = resources.get_mut::<Renderer>() {
            let target = target_of(self.rect, screen.pixels_per_point);
            renderer.prepare(encoder, self.slot, &self.scene, &self.request, target, Budget::frame());
        }
        if self.scene.uploaded() < 1.0 {
            self.context.request_repaint();
        }
        Vec::new()
    }

    fn paint(&self, _info: egui::PaintCallbackInfo, pass: &mut wgpu::RenderPass<'static>, resources: &CallbackResources) {
        if let Some(renderer) = resources.get::<Renderer>() {
            renderer.paint(self.slot, pass);
        }
    }
}

struct RayCallback {
    /// Asked for another frame while the image is not as fine as it gets.
    context: egui::Context,
    scene: Arc<Scene>,
    request: RayRequest,
}

impl CallbackTrait for RayCallback {
    fn prepare(
        &self,
        _device: &wgpu::Device,
        _queue: &wgpu::Queue,
        _screen: &ScreenDescriptor,
        encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if let Some(rays) = resources.get_mut::<Raycaster>()
            && rays.prepare(encoder, &self.scene, &self.request, Budget::frame())
        {
            self.context.request_repaint();
        }
        Vec::new()
    }

    fn paint(&self, _info: egui::PaintCallbackInfo, pass: &mut wgpu::RenderPass<'static>, resources: &CallbackResources) {
        if let Some(rays) = resources.get::<Raycaster>() {
            rays.paint(pass);
        }
    }
}

/// Edges are rounded to pixels as egui-wgpu rounds its viewport, but not cut at the window's edge: a view that sticks out keeps its
/// centre.
fn target_of(rect: egui::Rect, pixels_per_point: f32) -> Target {
    let px = |points: f32| (points * pixels_per_point).round();
    let centre_px = [(px(rect.min.x) + px(rect.max.x)) / 2.0, (px(rect.min.y) + px(rect.max.y)) / 2.0];
    Target { centre_px, pixels_per_point }
}
