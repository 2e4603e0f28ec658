//! Analyses of plans and of HTTP Archives: one load in detail, the failure probability, fixes compared on the same loads, a
//! scenario drafted from archives, a diagnosis of archives.
//!
//! Rule: no file, no clock, no terminal and no thread pool of its own: it builds for WebAssembly too. Loops over loads run
//! in rayon's current pool.

pub mod acceptance;
pub mod cause;
pub mod comparison;
mod crossed;
pub mod data_interval;
pub mod diagnose;
pub mod estimate;
pub mod export;
pub mod frontier;
pub mod import;
pub mod layers;
pub mod notes;
pub mod ranking;
pub mod rare;
pub mod ready_times;
pub mod record;
pub mod replications;
pub mod report;
pub mod sensitivity;
pub mod sentence;
pub mod story;
pub mod subsets;
pub mod svg_text;
pub mod sweep;
pub mod thresholds;
pub mod tuning;
pub mod waits;
pub mod waterfall;
pub mod words;
