//! The stopping rule: when a run has observed enough loads.
//!
//! Rule: a rule that checks the results while they arrive may only use an interval that is valid
//! at every check, the confidence sequence; a Wilson interval checked 60 times misses the true value at
//! some check in about a third of the runs (`tests/coverage.rs` measures it). Source: H. Robbins,
//! Annals of Mathematical Statistics 41 (1970) 1397.

use super::interval::{Interval, Method};
use std::{fmt, str::FromStr};

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stopping {
    /// After this number of loads; at least 1.
    Fixed(u64),
    /// When the half width of the interval is at most this, in 0 to 0.5.
    HalfWidth(f64),
    /// When at least one load failed and the half width of the interval is at most this fraction
    /// of the estimate, in 0 to 1.
    Relative(f64),
    /// When the interval is wholly on one side of this threshold, strictly between 0 and 1.
    Decided(f64),
}

/// The first look of a rule that checks results while they arrive, and the least number of loads between two looks.
const FIRST_LOOK: u64 = 200;

impl Stopping {
    /// The number of loads at the look after the one at `loads`: an eighth more, at least 200. For [`Stopping::Fixed`] its
    /// own number. With a first look at 200 a decision that needs few loads takes few.
    pub fn next_look(&self, loads: u64) -> u64 {
        match *self {
            Self::Fixed(number) => number,
            _ => loads.saturating_add((loads / 8).max(FIRST_LOOK)),
        }
    }

    /// Whether a run with these counts may stop. `interval` is the confidence sequence at these
    /// counts; [`Stopping::Fixed`] ignores it. O(1).
    ///
    /// # Panics
    /// In debug builds, if a rule that checks repeatedly is given an interval that is not valid at every check.
    pub fn is_satisfied(&self, failures: u64, loads: u64, interval: &Interval) -> bool {
        debug_assert!(
            matches!(self, Self::Fixed(_)) || interval.method == Method::ConfidenceSequence,
            "{} is not valid at every look",
            interval.method
        );
        match *self {
            Self::Fixed(number) => loads >= number,
            Self::HalfWidth(width) => loads > 0 && interval.half_width() <= width,
            Self::Relative(fraction) => {
                failures > 0 && interval.half_width() <= fraction * (failures as f64 / loads as f64)
            }
            Self::Decided(threshold) => loads > 0 && !interval.contains(threshold),
        }
    }
}

/// A stopping rule that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoppingError {
    /// The text does not start with the name of a rule and an equals sign.
    #[error(
        "`{0}` is not a stopping rule; write half-width=0.005 (stop when the estimate is known to \
         within 0.005), relative=0.1 (to within a tenth of itself), decided=0.01 (when it is \
         certain on which side of 0.01 it lies) or fixed=10000 (after that many loads)"
    )]
    Unknown(String),
    /// The rule does not allow the value after the equals sign.
    #[error("`{value}` does not fit the stopping rule {rule}: it needs {range}")]
    Value {
        /// The rule's name.
        rule: &'static str,
        /// The text that was given as its value.
        value: String,
        /// What the rule allows, in words.
        range: &'static str,
    },
}

impl FromStr for Stopping {
    type Err = StoppingError;

    fn from_str(text: &str) -> Result<Self, StoppingError> {
        let unknown = || StoppingError::Unknown(text.to_owned());
        let (name, value) = text.split_once('=').ok_or_else(unknown)?;
        let (name, value) = (name.trim(), value.trim());
        // No range of floating-point numbers contains NaN, so that is refused as well.
        let number = |rule, range, fits: fn(f64) -> bool| {
            let parsed = value.parse().ok().filter(|&number| fits(number));
            parsed.ok_or_else(|| StoppingError::Value { rule, value: value.to_owned(), range })
        };
        match name {
            "fixed" => {
                value.parse().ok().filter(|&loads| loads > 0).map(Self::Fixed).ok_or_else(|| StoppingError::Value {
                    rule: "fixed",
                    value: value.to_owned(),
                    range: "a whole number of loads, at least 1",
                })
            }
            "half-width" => {
                let range = "a number above 0 and at most 0.5, such as 0.005";
                number("half-width", range, |w| w > 0.0 && w <= 0.5).map(Self::HalfWidth)
            }
            "relative" => {
                let range = "a number above 0 and at most 1, such as 0.1 for ten per cent";
                number("relative", range, |r| r > 0.0 && r <= 1.0).map(Self::Relative)
            }
            "decided" => {
                let range = "a probability strictly between 0 and 1, such as 0.01";
                number("decided", range, |p| p > 0.0 && p < 1.0).map(Self::Decided)
            }
            _ => Err(unknown()),
        }
    }
}

/// Writes what [`FromStr`] reads.
impl fmt::Display for Stopping {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(loads) => write!(formatter, "fixed={loads}"),
            Self::HalfWidth(width) => write!(formatter, "half-width={width}"),
            Self::Relative(fraction) => write!(formatter, "relative={fraction}"),
            Self::Decided(threshold) => write!(formatter, "decided={threshold}"),
        }
    }
}

/// Serialises as its command-line text.
impl serde::Serialize for Stopping {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
