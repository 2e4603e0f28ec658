//! The beta distribution: its tails and their inverse, and the binomial probability.
//!
//! All exact statements about counts rest on it: P(Bin(n, p) >= k) = I_p(k, n - k + 1).
//!
//! Rule: the probability by Loader's saddle-point form (C. Loader, Fast and accurate computation of
//! binomial probabilities, 2000), which does not subtract large logarithms of gamma functions and
//! so keeps its digits up to 1e9 trials; the tail by the even part of the continued fraction DLMF
//! 8.17.22 (A. R. DiDonato and A. H. Morris, ACM Transactions on Mathematical Software 18 (1992)
//! 360) with the modified Lentz recursion, O(sqrt(a + b)) terms at worst; the inverse by Newton's
//! method on the logarithm of the tail as a function of the log odds. There the density is
//! log-concave, so the logarithm of the tail is concave (Prékopa 1973) and Newton converges from any
//! start without a bracket; working in logarithms keeps the relative precision of rare events,
//! which a search with an absolute tolerance loses.

use libm::{exp, log, log1p};
use sixslot_sim_core::special::{poisson_deviance, stirling_error};
use std::f64::consts::PI;

/// ln of Γ(n+1) / (Γ(a+1) Γ(b+1)) x^a y^b sqrt(2 pi a b / n), where n = a + b and y = 1 - x.
fn ln_saddle_point(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    stirling_error(n) - stirling_error(a) - stirling_error(b) - poisson_deviance(a, n * x) - poisson_deviance(b, n * y)
}

/// ln P(Bin(`hits` + `misses`, `p`) = `hits`) for positive `hits` and `misses`, with `q` = 1 - `p`.
pub(super) fn ln_binomial(hits: f64, misses: f64, p: f64, q: f64) -> f64 {
    // Divided one after the other: the product of two large counts need not be exact.
    let spread = (hits + misses) / hits / misses / (2.0 * PI);
    ln_saddle_point(hits, misses, p, q) + 0.5 * log(spread)
}

/// ln of C(n, x) B(x + a, n - x + b) / B(a, b): the probability of `hits` among `hits` + `misses` under the prior Beta(a, b).
///
/// With p the mean of the posterior, it is the ratio of the prior's density to the posterior's at p, times the binomial
/// probability at p; no large logarithms are subtracted.
pub(super) fn ln_beta_binomial(hits: f64, misses: f64, a: f64, b: f64) -> f64 {
    let all = a + b + hits + misses;
    let (p, q) = ((a + hits) / all, (b + misses) / all);
    let binomial = match (hits == 0.0, misses == 0.0) {
        (true, _) => misses * log1p(-p),
        (_, true) => hits * log1p(-q),
        _ => ln_binomial(hits, misses, p, q),
    };
    ln_density(a, b, p, q) - ln_density(a + hits, b + misses, p, q) + binomial
}

/// ln of x^a y^b / B(a, b): the density of the log odds. Shapes of at least 1/2, y = 1 - x.
fn ln_density(a: f64, b: f64, x: f64, y: f64) -> f64 {
    ln_saddle_point(a, b, x, y) + 0.5 * log(a / (a + b) * b / (2.0 * PI))
}

/// x^a y^b / (B(a, b) I_x(a, b)) for x below (a + 1) / (a + b + 2), as a continued fraction.
fn continued_fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let guard = |v: f64| if v.abs() < TINY { TINY } else { v };
    // Written in y where it matters: near x = 1 the rounding of x has lost the digits of y.
    let gap = a * y - b * x + 1.0;
    let mut value = guard(a * gap / (a + 1.0));
    let (mut c, mut d, mut m) = (value, 0.0, 0.0);
    // At worst the number of terms grows like the root of a + b; the bound ends a loop that rounding keeps going.
    while m < 1e6 {
        m += 1.0;
        let middle = a + 2.0 * m - 1.0;
        let weight = m * (b - m) / middle * x;
        let numerator = (a + m - 1.0) / middle * ((a + b + m - 1.0) * x) * weight;
        let denominator = m + weight + (a + m) / (middle + 2.0) * (gap + m * (1.0 + y));
        d = 1.0 / guard(denominator + numerator * d);
        c = guard(denominator + numerator / c);
        let factor = c * d;
        value *= factor;
        if (factor - 1.0).abs() < 4.0 * f64::EPSILON {
            break;
        }
    }
    value
}

/// ln I_x(a, b), the logarithm of the lower tail, for shapes of at least 1/2 and y = 1 - x.
///
/// Relative precision holds for the small tail; it never underflows.
pub(super) fn ln_tail(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 {
        f64::NEG_INFINITY
    } else if y <= 0.0 {
        0.0
    } else if x < (a + 1.0) / (a + b + 2.0) {
        ln_density(a, b, x, y) - log(continued_fraction(a, b, x, y))
    } else {
        let upper = ln_density(b, a, y, x) - log(continued_fraction(b, a, y, x));
        log1p(-exp(upper).min(1.0))
    }
}

/// 1 / (1 + e^-t): the probability with log odds t.
pub(super) fn logistic(t: f64) -> f64 {
    1.0 / (1.0 + exp(-t))
}

/// The log odds ln(x / (1 - x)) of the x with I_x(a, b) = `tail`, 0 < `tail` < 1.
pub(super) fn ln_odds_quantile(a: f64, b: f64, tail: f64) -> f64 {
    let target = log(tail);
    let mut t = log(a / b);
    for _ in 0..100 {
        let (x, y) = (logistic(t), logistic(-t));
        let current = ln_tail(a, b, x, y);
        let step = (target - current) / exp(ln_density(a, b, x, y) - current);
        // Beyond these log odds the probability is no longer a normal floating-point number.
        t = (t + step).clamp(-700.0, 700.0);
        if step.abs() <= 2.0 * f64::EPSILON * t.abs().max(1.0) {
            break;
        }
    }
    t
}

/// The x that a beta variable is below with probability `tail`.
pub(super) fn quantile(a: f64, b: f64, tail: f64) -> f64 {
    logistic(ln_odds_quantile(a, b, tail))
}

/// The x that a beta variable is above with probability `tail`.
pub(super) fn upper_quantile(a: f64, b: f64, tail: f64) -> f64 {
    logistic(-ln_odds_quantile(b, a, tail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::function::beta::beta_reg;

    #[test]
    fn tails_agree_with_the_second_implementation() {
        for a in [0.5, 1.0, 2.5, 30.0, 1000.0] {
            for b in [0.5, 1.0, 3.0, 47.5, 2000.0] {
                for i in 1..40 {
                    let x = f64::from(i) / 40.0;
                    let expected = beta_reg(a, b, x);
                    let found = exp(ln_tail(a, b, x, 1.0 - x));
                    let error = (found - expected).abs();
                    assert!(error < 1e-11 && (error < 1e-9 * expected || expected < 1e-200));
                }
            }
        }
    }

    #[test]
    fn quantiles_invert_tails() {
        for a in [0.5, 1.0, 1.5, 7.0, 1e3, 1e6, 1e9] {
            for b in [0.5, 1.0, 2.0, 12.5, 1e3, 1e6, 1e9] {
                for tail in [1e-16, 1e-6, 0.025, 0.3, 0.5, 0.8, 0.999] {
                    let t = ln_odds_quantile(a, b, tail);
                    let back = ln_tail(a, b, logistic(t), logistic(-t));
                    // The change of the tail from rounding the log odds.
                    let density = exp(ln_density(a, b, logistic(t), logistic(-t)) - back);
                    let tolerance = 1e-11 + 8.0 * f64::EPSILON * t.abs().max(1.0) * density;
                    assert!((back - log(tail)).abs() < tolerance, "{a} {b} {tail} {back}");
                }
            }
        }
    }

    #[test]
    fn the_beta_binomial_probabilities_add_up_and_keep_their_digits() {
        for (a, b) in [(0.5, 49.5), (4.0, 396.0), (100.0, 9900.0), (1.0, 1.0), (0.5, 0.5)] {
            let sum: f64 = (0..=200).map(|x| exp(ln_beta_binomial(f64::from(x), f64::from(200 - x), a, b))).sum();
            assert!((sum - 1.0).abs() < 1e-11, "{a} {b}: {sum}");
        }
        // Under the uniform prior each count has the same probability, and with none of n hits it is a product.
        for (hits, misses) in [(0.0, 1e9), (57.0, 943.0), (3e8, 7e8)] {
            assert!((ln_beta_binomial(hits, misses, 1.0, 1.0) + log(hits + misses + 1.0)).abs() < 1e-12);
        }
        let product: f64 = (0..1000).map(|k| log1p(-4.0 / (400.0 + f64::from(k)))).sum();
        assert!((ln_beta_binomial(0.0, 1000.0, 4.0, 396.0) - product).abs() < 1e-11);
    }

    #[test]
    fn the_binomial_probability_keeps_its_digits() {
        // C(10, 3) 2^-10; and the middle of 1e9 trials, where Stirling's series gives
        // sqrt(2 / (pi n)) (1 - 1 / (4 n)).
        assert!((exp(ln_binomial(3.0, 7.0, 0.5, 0.5)) * 1024.0 - 120.0).abs() < 1e-12);
        let middle = 0.5 * log(2.0 / (PI * 1e9)) - 0.25e-9;
        assert!((ln_binomial(5e8, 5e8, 0.5, 0.5) - middle).abs() < 1e-14);
    }
}
