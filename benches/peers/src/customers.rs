//! The first workload: customers of a queue with six servers, who leave when they have waited too long (M/M/6+D).
//!
//! Rule: Poisson arrivals, exponential service, first come, first served. Who finds no free server sets a timer of one constant
//! delay and cancels it when service begins. A run ends when the last of its customers has left.
//!
//! Source of the exact value: the formula of docs/laws.md (Barrer 1957; Baccelli and Hebuterne 1981).

use crate::draws::Draws;

/// Servers.
pub const SERVERS: usize = 6;
/// Mean service time, in seconds.
pub const SERVICE: f64 = 1.0;
/// Customers that arrive in a second: nine tenths of what the servers can do.
pub const RATE: f64 = 5.4;
/// The longest wait, in seconds.
pub const PATIENCE: f64 = 2.0;

/// What a run counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Customers {
    /// Customers who came.
    pub arrived: u64,
    /// Customers who set a timer.
    pub waited: u64,
    /// Customers whose timer struck.
    pub abandoned: u64,
}

impl Customers {
    /// Arrivals, ends of service and timers; a timer is one event, whether it strikes or is cancelled.
    pub const fn events(&self) -> u64 {
        self.arrived + (self.arrived - self.abandoned) + self.waited
    }
}

/// Who comes, and when: every engine takes its customers from here.
#[derive(Debug, Default)]
pub struct Arrivals {
    draws: Draws,
    left: u64,
}

impl Arrivals {
    /// So many customers of a seed.
    pub fn new(seed: u64, customers: u64) -> Self {
        Self { draws: Draws::new(seed), left: customers }
    }

    /// The seconds until the next customer comes, and that customer's service time.
    pub fn next(&mut self) -> Option<(f64, f64)> {
        self.left = self.left.checked_sub(1)?;
        Some((self.draws.exponential(1.0 / RATE), self.draws.exponential(SERVICE)))
    }
}

/// The probability that a customer leaves unserved.
pub fn exact() -> f64 {
    let (mu, servers) = (1.0 / SERVICE, SERVERS as f64);
    let theta = RATE - servers * mu;
    let x = libm::exp(theta * PATIENCE);
    let erlang_b = |servers: usize| {
        let load = RATE / mu;
        (1..=servers).fold(1.0, |b, n| load * b / (n as f64 + load * b))
    };
    let inside = (x - 1.0) / theta + x / (servers * mu);
    RATE / (servers * mu) * x / (1.0 / erlang_b(SERVERS - 1) + RATE * inside)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_exact_value_is_the_documented_one() {
        assert!((super::exact() - 0.0278871380056).abs() < 1e-12, "{}", super::exact());
    }
}
