//! The formulas of docs/laws.md#formulas, with c servers of rate 1 and Poisson arrivals of rate lambda.

use sixslot_sim_core::special::{gamma_cumulative, gamma_survival};

/// Erlang B: the probability that all c servers are busy in a system without waiting.
pub fn erlang_b(c: u32, a: f64) -> f64 {
    (1..=c).fold(1.0, |b, n| a * b / (f64::from(n) + a * b))
}

/// Erlang C: the probability of waiting.
pub fn erlang_c(c: u32, a: f64) -> f64 {
    let b = erlang_b(c, a);
    b / (1.0 - a / f64::from(c) * (1.0 - b))
}

/// M/M/c: the mean wait.
pub fn mean_wait(c: u32, a: f64) -> f64 {
    erlang_c(c, a) / (f64::from(c) - a)
}

/// M/M/c+D (Barrer 1957; Baccelli and Hebuterne 1981): the probability of giving up, and the mean wait of all.
pub fn patience(c: u32, lambda: f64, tau: f64) -> (f64, f64) {
    let servers = f64::from(c);
    let theta = lambda - servers;
    let x = (theta * tau).exp();
    let j = (x - 1.0) / theta + x / servers;
    let d = 1.0 / erlang_b(c - 1, lambda) + lambda * j;
    let bracket = tau * x / theta - (x - 1.0) / (theta * theta) + tau * x / servers;
    (lambda / servers * x / d, lambda * bracket / d)
}

/// P(Poisson(mean) >= n).
fn poisson_at_least(n: f64, mean: f64) -> f64 {
    gamma_cumulative(n, mean)
}

/// P(Poisson(mean) <= n).
pub fn poisson_at_most(n: u32, mean: f64) -> f64 {
    gamma_survival(f64::from(n) + 1.0, mean)
}

/// M/D/c with service time 1 (Crommelin 1932): the mean wait.
pub fn crommelin(c: u32, a: f64) -> f64 {
    let term = |i: u32| {
        let (mean, n) = (f64::from(i) * a, f64::from(i * c));
        poisson_at_least(n, mean) - f64::from(c) / a * poisson_at_least(n + 1.0, mean)
    };
    (1..3_000).map(term).sum()
}

/// Non-preemptive priorities (Cobham 1954): the mean wait of each class, the first served first.
pub fn cobham(c: u32, rates: &[f64]) -> Vec<f64> {
    let servers = f64::from(c);
    let base = erlang_c(c, rates.iter().sum()) / servers;
    let mut before = 0.0;
    let wait = |rate: &f64| {
        let after = before + rate / servers;
        let wait = base / ((1.0 - before) * (1.0 - after));
        before = after;
        wait
    };
    rates.iter().map(wait).collect()
}

/// M/G/c processor sharing with mean work 1: the mean time in the system, whatever the law of the work.
pub fn sharing(c: u32, a: f64) -> f64 {
    1.0 + erlang_c(c, a) / (f64::from(c) - a)
}

/// M/M/c/c+K and M/G/c/c+K processor sharing: the probability that a request is turned away.
pub fn loss(c: u32, a: f64, waiting: i32) -> f64 {
    let (b, rho) = (erlang_b(c, a), a / f64::from(c));
    b * rho.powi(waiting) / (1.0 + b * (1..=waiting).map(|n| rho.powi(n)).sum::<f64>())
}

/// One server and a deadline until the end of the service: the probabilities of an idle server and of an abort.
pub fn abort(lambda: f64, tau: f64) -> (f64, f64) {
    let theta = lambda - 1.0;
    let x = (theta * tau).exp();
    let idle = 1.0 / (1.0 + lambda * (x - 1.0) / theta);
    (idle, idle * x)
}

/// The binomial probabilities of at most and of at least `x` among n with probability p, by the Poisson limit; good
/// where p is below 1e-3.
pub fn rare_tails(x: u32, mean: f64) -> (f64, f64) {
    (poisson_at_most(x, mean), if x == 0 { 1.0 } else { poisson_at_least(f64::from(x), mean) })
}
