//! CT volumes, label layers, the label table and window presets, as they lie in memory.
//!
//! A [`Volume`] owns its voxels once, in file order (i fastest), as `i16` wherever the scaled values fit exactly and `f32` otherwise.
//! Labels are layers that do not overlap within a layer, a byte per voxel where no label is above 255, else two. Nothing here knows files or the GPU.

mod buffer;
mod census;
mod ct;
mod extent;
mod label_voxels;
mod labels;
mod listing;
mod pick;
mod presence;
mod preview;
pub mod runs;
pub mod structures;
mod window;

pub use buffer::VoxelBuf;
pub use census::{Census, Counter, census};
pub use ct::{Probe, Volume, Voxels};
pub use label_voxels::{LabelFiller, LabelSlice, LabelVoxels};
pub use labels::{Label, LabelLayer, LabelName, LabelSet, is_named, palette};
pub use listing::Listing;
pub use pick::first_hit;
pub use preview::Preview;
pub use window::{PRESETS, Preset, Window};
