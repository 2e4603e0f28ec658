//! Sweeps with their files, hypotheses about a page, and pictures.
//!
//! Rule: code that needs files, but no terminal, is here; code that needs neither is in `sixslot-analysis`.

pub mod csv_table;
pub mod files;
pub mod hypotheses;
pub mod input;
pub mod pictures;
pub mod report_pictures;
pub mod sweep;
