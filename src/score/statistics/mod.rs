//! Statistics over counts: intervals, paired tests, corrections and agreement. Nothing here knows what is counted.

pub mod agreement;
mod bootstrap;
mod paired;
mod proportion;

pub use bootstrap::{Cluster, Resampling, case_bootstrap, case_normal};
pub use paired::{CochranQ, PairTable, cochran_q, holm};
pub use proportion::{binomial_p, wilson};
