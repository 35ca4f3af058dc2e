//! stub until branch gpu lands
use crate::space::SliceFrame;
use crate::volume::{LabelSet, Volume, Window};
use std::sync::Arc;
pub struct Scene { volume: Option<Arc<Volume>>, labels: Option<Arc<LabelSet>> }
impl std::fmt::Debug for Scene { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("Scene") } }
impl Scene {
    pub fn new(volume: Option<Arc<Volume>>, labels: Option<Arc<LabelSet>>) -> Arc<Scene> { Arc::new(Scene { volume, labels }) }
    pub fn volume(&self) -> Option<&Arc<Volume>> { self.volume.as_ref() }
    pub fn labels(&self) -> Option<&Arc<LabelSet>> { self.labels.as_ref() }
    pub fn uploaded(&self) -> f32 { 1.0 }
    pub fn notice(&self) -> Option<String> { None }
}
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelStyle { pub color: [u8; 3], pub visible: bool }
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation { Linear, Nearest }
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlay { Fill, Outline, None }
#[derive(Clone, Debug)]
pub struct Look { pub window: Window, pub interpolation: Interpolation, pub overlay: Overlay, pub opacity: f32, pub styles: Arc<Vec<LabelStyle>> }
#[derive(Clone, Debug)]
pub struct SliceRequest { pub frame: SliceFrame, pub size_px: [u32; 2], pub look: Look }
pub mod callback {
    use super::*;
    pub fn install(_rs: &egui_wgpu::RenderState) {}
    pub fn slice(_rect: egui::Rect, _scene: Arc<Scene>, _r: SliceRequest, _slot: usize) -> egui::Shape { egui::Shape::Noop }
}
