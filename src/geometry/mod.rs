//! Measures a reader takes on a slice: lengths, angles, regions with their HU, profiles, histograms. No files, no window.
//!
//! Points are in patient space (RAS+, mm), so a measure does not depend on axis order, zoom or convention. What is measured follows from
//! the points alone; HU come from the volume and are recorded with the annotation when it is drawn.

mod annotation;
pub mod claim;
mod histogram;
pub mod judge;
pub mod measures;
mod profile;
mod region;

pub use annotation::{Annotation, Cut, Kind, Measure, Shape, VERSION};
pub use histogram::{Histogram, auto_window};
pub use profile::{Profile, Sample, linear_hu};
pub use region::{HuStats, hu_stats};
