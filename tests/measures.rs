//! Measures of labels against their definitions, against other programs, against closed forms, and under changes that must not matter.

#![allow(clippy::unwrap_used, reason = "a failed step of a test should stop it")]

#[path = "measure/command.rs"]
mod command;
#[path = "measure/plain.rs"]
mod plain;
#[path = "measure/properties.rs"]
mod properties;
#[path = "measure/reference.rs"]
mod reference;
#[path = "measure/solids.rs"]
mod solids;
#[path = "measure/survive.rs"]
mod survive;
