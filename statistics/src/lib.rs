//! Statistics of an experiment: how precise an estimated failure probability is, and when to stop
//! simulating.
//!
//! The unit of observation is the page load: loads are independent, the requests inside one load
//! are not. Every logarithm and exponential comes from `libm` and every sum runs in a fixed order,
//! so a result has the same bits on every platform. Distributions of service times are fitted to
//! samples in which some values are only bounds.
//!
//! ```
//! use sixslot_statistics::interval::{fixed_sample, wilson};
//! use sixslot_statistics::Stopping;
//!
//! // 57 of 1000 loads failed: the probability of a failure is 4.4 to 7.3 %.
//! let interval = wilson(57, 1000, 0.95)?;
//! assert_eq!(format!("{:.4} to {:.4}", interval.low, interval.high), "0.0443 to 0.0731");
//! // If no load failed, the interval is exact (Clopper-Pearson) and begins at 0.
//! assert_eq!(fixed_sample(0, 1000, 0.95)?.low, 0.0);
//! // A rule that looks at the interval while loads are added needs a confidence sequence: about twice as wide.
//! assert!(matches!("half-width=0.005".parse::<Stopping>()?, Stopping::HalfWidth(_)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod beta;
pub mod binomial;
pub mod bootstrap;
pub mod censored;
pub mod factorial;
pub mod fit;
pub mod interval;
pub mod jackknife;
pub mod level;
pub mod likelihood;
pub mod mean;
pub mod paired;
pub mod quantile;
pub mod repeated;
pub mod shapley;
pub mod sharing;
pub mod simplex;
pub mod slowness;
pub mod sobol;
pub mod stopping;
pub mod tilting;

pub use interval::{Interval, IntervalError, Method};
pub use level::LevelError;
pub use paired::PairedCounts;
pub use stopping::Stopping;
