//! The only egui-wgpu glue: a slice as a paint callback of a panel.
//!
//! Every view has its own slot number. Prepares of all views run before any paint, and a callback may be dropped on a first frame:
//! nothing here relies on being called once. While [`Scene::uploaded`] is below 1 the panel must ask for another repaint.

use super::compose::Target;
use super::ray::{RayRequest, Raycaster};
use super::renderer::{Budget, Renderer};
use super::scene::{Scene, SceneKey, SliceRequest};
use super::{GpuError, UploadCounters};
use egui_wgpu::{CallbackResources, CallbackTrait, RenderState, ScreenDescriptor};
use std::sync::Arc;

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
pub fn slice(rect: egui::Rect, scene: Arc<Scene>, request: SliceRequest, slot: usize) -> egui::Shape {
    egui::Shape::Callback(egui_wgpu::Callback::new_paint_callback(rect, SliceCallback { rect, scene, request, slot }))
}

/// The 3D view as a shape that fills `rect` (in points). While [`Scene::refining`] the panel must ask for another repaint.
pub fn rays(rect: egui::Rect, scene: Arc<Scene>, request: RayRequest) -> egui::Shape {
    egui::Shape::Callback(egui_wgpu::Callback::new_paint_callback(rect, RayCallback { scene, request }))
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

/// What the window has uploaded so far.
pub fn uploads(render_state: &RenderState) -> UploadCounters {
    render_state.renderer.read().callback_resources.get::<Renderer>().map_or_else(UploadCounters::default, Renderer::uploads)
}

struct SliceCallback {
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
        Vec::new()
    }

    fn paint(&self, _info: egui::PaintCallbackInfo, pass: &mut wgpu::RenderPass<'static>, resources: &CallbackResources) {
        if let Some(renderer) = resources.get::<Renderer>() {
            renderer.paint(self.slot, pass);
        }
    }
}

struct RayCallback {
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
        if let Some(rays) = resources.get_mut::<Raycaster>() {
            self.scene.set_refining(rays.prepare(encoder, &self.scene, &self.request, Budget::frame()));
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
