//! Drawing slices on the GPU: bricks of voxels, a pass that cuts a plane through them, a pass that composes the view, a renderer off
//! screen, and the only egui-wgpu glue ([`callback`]).
//!
//! A [`Scene`] names what is drawn (a volume and its labels), a [`Look`] how, a [`SliceRequest`] where. A scene's voxels are uploaded
//! once, in bricks; scrolling, window/level, opacity and styles only change uniforms and a small colour table. Nothing here knows
//! panels, files or projects.

mod bricks;
pub mod callback;
pub mod canvas;
pub mod caption;
mod compose;
mod cut;
mod flat;
pub mod montage;
pub mod offscreen;
mod picture;
mod ray;
mod renderer;
mod scene;
mod slot;
pub mod strip;
mod styles;
mod texels;
mod text;
mod thin;

pub use compose::Target;
pub use ray::{CtIn3d, Eye, RayRequest, Raycaster};
pub use renderer::{Budget, Renderer, UploadCounters};
pub use scene::{Interpolation, LabelStyle, Look, Overlay, Scene, SceneKey, Slab, SlabMode, SliceRequest};

/// Why nothing could be drawn.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    #[error(
        "no graphics adapter was found ({0}). Install a Vulkan driver; without a graphics card, the software driver of the \
         package mesa-vulkan-drivers will do (Debian, Ubuntu: sudo apt-get install mesa-vulkan-drivers), then try again"
    )]
    NoAdapter(String),
    #[error(
        "the graphics adapter '{adapter}' refused to start: {reason}. Update its driver, or set WGPU_BACKEND=gl or WGPU_BACKEND=vulkan to try another"
    )]
    Device { adapter: String, reason: String },
    #[error("an image of {width}×{height} pixels cannot be drawn: each side must be from 1 to {limit}")]
    Size { width: u32, height: u32, limit: u32 },
    #[error("the graphics device failed while drawing: {0}. Close other programs that use graphics memory, or draw a smaller image")]
    Draw(String),
}

/// Backends to try in turn where there is no display: what the environment names, else Vulkan, Metal or Direct3D, else OpenGL, whose
/// drivers may look for a display.
fn headless_backends() -> Vec<wgpu::Backends> {
    wgpu::Backends::from_env().map_or_else(|| vec![wgpu::Backends::PRIMARY, wgpu::Backends::GL], |named| vec![named])
}

/// The device this program asks for: the adapter's own limits instead of wgpu's defaults, so that volumes as large as the hardware
/// takes can be shown, and of the optional features only what slab projections need.
pub fn device_descriptor(adapter: &wgpu::Adapter) -> wgpu::DeviceDescriptor<'static> {
    wgpu::DeviceDescriptor {
        label: Some("voxaudit"),
        required_features: adapter.features() & wgpu::Features::FLOAT32_BLENDABLE,
        required_limits: adapter.limits(),
        ..Default::default()
    }
}

/// Lets a device do what is due and say what became of it. wgpu panics when the device is lost while it is asked; here that is an error
/// like others.
fn poll(device: &wgpu::Device, how: wgpu::PollType) -> Result<(), GpuError> {
    let asked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| device.poll(how)));
    match asked {
        Ok(done) => done.map(drop).map_err(|e| GpuError::Draw(e.to_string())),
        Err(_) => Err(GpuError::Draw("the device was lost".to_owned())),
    }
}
