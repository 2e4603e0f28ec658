//! Sweeps with their files, hypotheses about a page, and pictures.
//!
//! Rule: what needs files, but no terminal, stands here; every question that needs neither is in `sixslot-analysis`.

pub mod atomic;
pub mod hypotheses;
pub mod input;
pub mod pictures;
pub mod report_pictures;
pub mod sweep;
