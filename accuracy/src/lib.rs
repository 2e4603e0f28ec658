//! Predictions of loads compared with measurements of the same loads in real browsers.
//!
//! Rule: both sides have the same random draws, and requests are matched by identity (class, instance, attempt, tab).
//! So every difference is one of rules or of timing, never of chance. Measurements are kept as a [`Recording`], and all
//! results are computed from recordings: with or without a browser, the numbers are the same.
//!
//! ```
//! use sixslot_accuracy::{recording::Recording, report::Report};
//! use std::path::Path;
//!
//! // 20 loads of scenarios/next-prefetch.toml, measured in Chromium.
//! let file = Path::new("../results/accuracy/measured/next-prefetch-chromium.json.gz");
//! let report = Report::new(&Recording::read(file)?)?;
//! // At most 8 rows of each list.
//! println!("{}", report.text(8));
//! assert_eq!(report.loads.len(), 20);
//! assert_eq!(report.with_defaults.verdicts.disagreements(), 0);
//! # Ok::<(), sixslot_accuracy::recording::RecordingError>(())
//! ```
//!
//! [`Recording`]: recording::Recording

pub mod agreement;
pub mod calibration;
mod dice;
pub mod ends;
mod entry;
mod faults;
pub mod figures;
pub mod generator;
pub mod identity;
mod navigations;
pub mod network_plans;
pub mod noise;
pub mod prediction;
mod random_plans;
pub mod recording;
pub mod report;
pub mod results;
pub mod spread;
pub mod summary;
pub mod waits;
pub mod worse;
