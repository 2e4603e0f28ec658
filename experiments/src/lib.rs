//! What we ask of a page: one load told in full, the probability of a failure, sweeps over parameters and fixes.
//!
//! The `sixslot` command is this library with a command line in front of it.

pub mod input;
pub mod record;
