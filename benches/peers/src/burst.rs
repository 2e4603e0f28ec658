//! The second workload: loads of a page that issues a burst of requests before the one that it needs.
//!
//! Rule: five connections are free, 15 requests are issued at once and then the session's. Each of these may wait 8 s for a
//! connection. The load fails where the session's deadline strikes; it ends with that, or with the session's answer.
//!
//! Source of the exact value: docs/laws.md, rare events. The session waits longer than d exactly if at most 10 requests
//! end in d, and five connections of mean service 2 s end Poisson(20) requests in 8 s.

use crate::draws::Draws;

/// Free connections.
pub const CONNECTIONS: usize = 5;
/// Requests, the session's included; it is the last.
pub const REQUESTS: usize = 16;
/// Mean service time, in seconds.
pub const SERVICE: f64 = 2.0;
/// The longest wait for a connection, in seconds.
pub const DEADLINE: f64 = 8.0;

/// The service times of a load's requests, in the order of the queue.
pub fn services(draws: &mut Draws) -> [f64; REQUESTS] {
    std::array::from_fn(|_| draws.exponential(SERVICE))
}

/// The probability that a load fails.
pub fn exact() -> f64 {
    let mean = CONNECTIONS as f64 * DEADLINE / SERVICE;
    let mut term = libm::exp(-mean);
    let mut sum = term;
    for ended in 1..REQUESTS - CONNECTIONS {
        term *= mean / ended as f64;
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_exact_value_is_the_documented_one() {
        assert!((super::exact() - 0.0108117).abs() < 5e-8, "{}", super::exact());
    }
}
