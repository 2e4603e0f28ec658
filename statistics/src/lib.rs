//! Statistics of an experiment: how precise an estimated failure probability is, and when to stop
//! simulating.
//!
//! The unit of observation is the page load: loads are independent, the requests inside one load
//! are not. Every logarithm and exponential comes from `libm` and every sum runs in a fixed order,
//! so a result has the same bits on every platform. Distributions of service times are fitted to
//! samples in which some values are only bounds.

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
