//! The confidence level: a number strictly between 0 and 1, such as 0.95.
//!
//! An interval contains the true value with this probability; 1 - level is the significance, the accepted probability of a
//! miss.

use sixslot_sim_core::special::inverse_normal_cumulative;

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

/// The z that a standard normal variable exceeds in absolute value with this probability: 1.96 for 0.05.
pub(super) fn critical_value(significance: f64) -> f64 {
    -inverse_normal_cumulative(0.5 * significance)
}
