//! What we ask of a page: one load told in full, the probability of a failure, sweeps over parameters and fixes.
//!
//! The `sixslot` command is this library with a command line in front of it.

pub mod accounts;
pub mod atomic;
pub mod command;
pub mod comparison;
pub mod diagnose;
pub mod estimate;
pub mod export;
pub mod import;
pub mod input;
pub mod lab;
pub mod layers;
pub mod monte_carlo;
pub mod phrase;
pub mod pictures;
pub mod record;
pub mod report;
pub mod shapley;
pub mod statistics;
pub mod story;
pub mod sweep;
pub mod waterfall;
