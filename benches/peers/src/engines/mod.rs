//! The engines, one file each; each has the workloads that it can run.

pub mod binary_heap;
#[cfg(feature = "nexosim")]
pub mod crate_nexosim;
#[cfg(feature = "odem-rs")]
pub mod crate_odem;
#[cfg(feature = "simcore")]
pub mod crate_simcore;
pub mod no_heap;
pub mod ours;
pub mod python;
