//! voxaudit: audit spatial question-answer pairs about CT volumes.
//!
//! The crate is a library with a thin `main.rs`; the window and the command line are two faces of the same calls. Rooms are listed
//! from the ground up, and a room may use only those above it (`tests/architecture.rs` checks this).
//!
//! Invariants that every room keeps:
//! - Items are identified by content and source (case id + position + text hash), never joined by row number.
//! - A missing verdict is missing. It is never "wrong", never "right".
//! - Coordinates carry their frame in the type ([`space::Voxel`], [`space::RasMm`]) and matrices are named `ras_from_voxel`.
//! - No review event is ever updated or deleted. No decision is shown as saved before it is on disk.
//! - Absolute paths, user names and keys never leave the machine in an export.

pub mod analyse;
pub mod app;
pub mod cli;
pub mod formats;
pub mod generate;
pub mod geometry;
pub mod gpu;
pub mod jobs;
pub mod project;
pub mod qa;
pub mod review;
pub mod score;
pub mod space;
pub mod state;
pub mod ui;
pub mod volume;

/// Version of this program, as stored with every review event and in every manifest.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
