//! Measures of labels against their definitions, against other programs, and under changes that must not matter.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

#[path = "measure/plain.rs"]
mod plain;
#[path = "measure/properties.rs"]
mod properties;
