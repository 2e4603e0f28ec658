//! The factor that the times of one server share in a load.
//!
//! Rule: a Gaussian copula (R. B. Nelsen, "An Introduction to Copulas", 2006, section 2.3). The normal score of each draw is
//! sqrt(s) F + sqrt(1 - s) E, with one standard normal F for the load and server and one E for each draw. So each quantity
//! keeps its own distribution, and for log-normal times s is the share of the variance of their logarithm that the load
//! explains. With s = 0 the draw is its own uniform, bit for bit.

use sixslot_sim_core::special::{inverse_normal_cumulative, normal_cumulative};

/// The least and the greatest uniform of a stream.
const LEAST: f64 = f64::EPSILON / 2.0;
const GREATEST: f64 = 1.0 - LEAST;

/// The shared part of a server's draws in one load.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shared {
    common: f64,
    own: f64,
}

impl Shared {
    /// The shared part, from the share (a parameter's value beyond 0 to 1 counts as the nearer end) and the uniform of the
    /// factor; none where the share is 0.
    pub(super) fn new(share: f64, factor: impl FnOnce() -> f64) -> Option<Self> {
        let share = share.clamp(0.0, 1.0);
        (share > 0.0).then(|| Self {
            common: libm::sqrt(share) * inverse_normal_cumulative(factor()),
            own: libm::sqrt(1.0 - share),
        })
    }

    /// The uniform of a draw, from its own.
    pub(super) fn uniform(self, own: f64) -> f64 {
        normal_cumulative(self.common + self.own * inverse_normal_cumulative(own)).clamp(LEAST, GREATEST)
    }
}
