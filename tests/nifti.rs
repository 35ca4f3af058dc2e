//! Reading and writing NIfTI: types, byte orders, scaling, forms, damage, limits, and agreement with nibabel where it is installed.

#[path = "nifti/damage.rs"]
mod damage;
#[path = "nifti/help.rs"]
mod help;
#[path = "nifti/labels.rs"]
mod labels;
#[path = "nifti/peers.rs"]
mod peers;
#[path = "nifti/types.rs"]
mod types;
