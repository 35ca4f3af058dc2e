//! Measures: what a reader draws on a slice (lengths, angles, regions with their HU, profiles, histograms), and what is computed of the
//! labels of a case and of pairs of them. No files, no window.
//!
//! Points are in patient space (RAS+, mm), so a measure does not depend on axis order, zoom or convention. What is measured of a drawing
//! follows from its points alone; HU come from the volume and are recorded with the annotation when it is drawn. Labels are measured by
//! [`measure_case`] and [`measure_pair`]; definitions are those of [`measures`].

mod annotation;
pub mod blocks;
pub mod body;
mod boundary;
mod case;
pub mod claim;
mod components;
mod diameter;
mod fences;
mod histogram;
mod hu;
pub mod judge;
mod lattice;
pub mod measures;
mod mingled;
mod pairs;
pub mod part;
mod profile;
mod rank;
mod region;
mod surface;
mod tree;
mod watch;

pub use annotation::{Annotation, Cut, Kind, Measure, Shape, VERSION};
pub use case::{Options, Pairs, label_place, measure_case, measure_pair};
pub use components::components;
pub use fences::{FEWEST, Fences};
pub use histogram::{Histogram, auto_window};
pub use profile::{Profile, Sample, linear_hu};
pub use rank::{Rank, Sides, length_mm, sides};
pub use region::{HuStats, hu_stats};
pub use watch::{MOST, MeasureError, Watch};
