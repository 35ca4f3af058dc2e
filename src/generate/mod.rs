//! What the program makes itself: the phantom and the demo project. No window.

pub mod demo;
pub mod geometry;
pub mod phantom;
pub mod project;
