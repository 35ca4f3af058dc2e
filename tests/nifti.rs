//! Reading and writing NIfTI: types, byte orders, scaling, forms, damage, limits, and agreement with nibabel where it is installed.
#![allow(clippy::unwrap_used)] // a helper that cannot go on fails its test

#[path = "nifti/damage.rs"]
mod damage;
#[path = "nifti/help.rs"]
mod help;
#[path = "nifti/labels.rs"]
mod labels;
#[path = "nifti/peers.rs"]
mod peers;
#[path = "nifti/probe.rs"]
mod probe;
#[path = "nifti/types.rs"]
mod types;
