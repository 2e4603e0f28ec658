//! The confidence level: a number strictly between 0 and 1, such as 0.95.
//!
//! An interval contains the true value with this probability; 1 - level is the significance, the accepted probability of a
//! miss.

/// A confidence level that is not strictly between 0 and 1 (or not a number).
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("the confidence level must lie strictly between 0 and 1 (0.95 is usual), not {0}")]
pub struct LevelError(
    /// The level that was refused.
    pub f64,
);

/// The significance that belongs to a level; at least 1.1e-16, because the level is below 1.
pub(super) fn significance(level: f64) -> Result<f64, LevelError> {
    // Written so that NaN is refused too.
    if level > 0.0 && level < 1.0 { Ok(1.0 - level) } else { Err(LevelError(level)) }
}
