//! The standard normal distribution: the quantile that the score intervals need.
//!
//! Rule: Newton's method on the logarithm of the upper tail. The normal density is log-concave,
//! hence so is its tail (Prékopa 1973); from the right of the root Newton's steps on a concave
//! decreasing function never pass the root, so no bracket is needed.

use libm::{erfc, exp, log, sqrt};
use std::f64::consts::{PI, SQRT_2};

/// The z that a standard normal variable exceeds with probability `tail`, 0 < `tail` <= 1/2.
pub(super) fn upper_quantile(tail: f64) -> f64 {
    debug_assert!(tail > 0.0 && tail <= 0.5);
    // Chernoff's bound, P(Z > z) <= exp(-z^2 / 2) / 2, puts this start at or right of the root.
    let mut z = sqrt((-2.0 * log(2.0 * tail)).max(0.0));
    for _ in 0..100 {
        let upper = 0.5 * erfc(z / SQRT_2);
        let density = exp(-0.5 * z * z) / sqrt(2.0 * PI);
        let next = z + (log(upper) - log(tail)) * upper / density;
        if next >= z {
            break; // the approach is monotone until rounding ends it
        }
        z = next;
    }
    z.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::upper_quantile;
    use statrs::distribution::{ContinuousCDF, Normal};

    #[test]
    fn meets_tables_and_the_second_implementation() {
        assert!((upper_quantile(0.025) - 1.959_963_984_540_054).abs() < 1e-14);
        assert!((upper_quantile(0.05) - 1.644_853_626_951_472_7).abs() < 1e-14);
        assert!((upper_quantile(1e-9) - 5.997_807_015_007_686_5).abs() < 1e-13);
        assert_eq!(upper_quantile(0.5), 0.0);
        let normal = Normal::new(0.0, 1.0).expect("a valid normal distribution");
        for tail in [0.4999, 0.4, 0.3, 0.1, 1e-3, 1e-6, 1e-12, 5.6e-17] {
            let back = normal.sf(upper_quantile(tail));
            assert!((back / tail - 1.0).abs() < 1e-10, "{tail}: {back}");
        }
    }
}
