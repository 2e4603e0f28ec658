//! The same load in the simulator and in a real browser, side by side.
//!
//! Rule: both play the same draws, and requests are matched by identity (class, copy, attempt, tab), so that every
//! difference is one of rules or of time, never of chance. What was measured is kept as a [`Recording`], and everything
//! that is said of it is computed from the recording: with a browser or without one, the same numbers.
//!
//! [`Recording`]: recording::Recording

pub mod agreement;
pub mod calibration;
pub mod generator;
pub mod identity;
pub mod noise;
pub mod prediction;
pub mod recording;
pub mod report;
pub mod results;
pub mod summary;
