//! Special functions, to near full double precision and with the same bits everywhere (all over `libm`).
//!
//! Sources: M. J. Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied
//! Statistics 37 (1988); DLMF 8.11.4 and 8.9.2 for the series and the continued fraction of the incomplete
//! gamma function, the latter by the modified method of W. J. Lentz (Applied Optics 15, 1976);
//! C. Loader, "Fast and accurate computation of binomial probabilities" (2000), for the factor in front of
//! both: its plain form loses a digit for every factor of ten in the shape.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

/// The standard normal distribution function.
///
/// ```
/// assert_eq!(sixslot_sim_core::special::normal_cumulative(0.0), 0.5);
/// ```
#[must_use]
pub fn normal_cumulative(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// The inverse of [`normal_cumulative`]: relative accuracy about 1e-16. Minus infinity for `p` up to 0,
/// infinity for `p` from 1.
///
/// ```
/// let z = sixslot_sim_core::special::inverse_normal_cumulative(0.975);
/// assert!((z - 1.959_963_984_540_054).abs() < 1e-15);
/// ```
#[must_use]
pub fn inverse_normal_cumulative(p: f64) -> f64 {
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let centred = p - 0.5;
    if centred.abs() <= 0.425 {
        let r = 0.180_625 - centred * centred;
        return centred * polynomial(&CENTRE.0, r) / polynomial(&CENTRE.1, r);
    }
    let r = libm::sqrt(-libm::log(p.min(1.0 - p)));
    let (coefficients, r) = if r <= 5.0 { (&MIDDLE, r - 1.6) } else { (&TAIL, r - 5.0) };
    libm::copysign(polynomial(&coefficients.0, r) / polynomial(&coefficients.1, r), centred)
}

/// The regularised lower incomplete gamma function P(shape, x): the distribution function of the gamma
/// law of this shape and scale one. `shape` is positive; up to 1e6 the relative accuracy is about 1e-12.
/// O(sqrt(shape)) near its centre.
#[must_use]
pub fn gamma_cumulative(shape: f64, x: f64) -> f64 {
    if x < shape + 1.0 { gamma_lower(shape, x) } else { 1.0 - gamma_upper(shape, x) }
}

/// The complement of [`gamma_cumulative`], Q(shape, x), accurate where it is small.
#[must_use]
pub fn gamma_survival(shape: f64, x: f64) -> f64 {
    if x < shape + 1.0 { 1.0 - gamma_lower(shape, x) } else { gamma_upper(shape, x) }
}

/// The inverse of [`gamma_cumulative`] in `x`: relative accuracy about 1e-12 for shapes from 0.05 to 1e4.
/// Zero for `p` up to 0 and where the result is below the least normal number, infinity for `p` from 1.
///
/// Newton's method for ln P (below the median) or ln Q (above it) as a function of ln x. Both are
/// concave, so it cannot diverge, and both are nearly straight in the tails, where its starting point is worst.
#[must_use]
pub fn inverse_gamma_cumulative(shape: f64, p: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    // P(shape, x) < x^shape / Gamma(shape + 1): a lower bound, sharp for small shapes and small p.
    let bound = libm::exp((libm::log(p) + libm::lgamma(shape + 1.0)) / shape);
    if bound < f64::MIN_POSITIVE {
        return 0.0;
    }
    // Wilson and Hilferty (1931): the cube root of a gamma variable is nearly normal.
    let ninth = 1.0 / (9.0 * shape);
    let root = 1.0 - ninth + inverse_normal_cumulative(p) * libm::sqrt(ninth);
    let mut x = bound.max(shape * root * root * root);
    for _ in 0..100 {
        let density = shape * gamma_factor(shape, x);
        let step = if p <= 0.5 {
            let lower = gamma_cumulative(shape, x);
            libm::log(p / lower) * lower / density
        } else {
            let upper = gamma_survival(shape, x);
            libm::log(upper / (1.0 - p)) * upper / density
        };
        x *= libm::exp(step.clamp(-1.0, 1.0));
        // Quadratic convergence: the step after this one would be below the rounding error.
        if step.abs() < 1e-9 {
            break;
        }
    }
    x
}

/// The error of Stirling's formula, ln Gamma(z + 1) - ln(sqrt(tau z) (z / e)^z), for `z` above 0. The absolute accuracy is
/// about 1e-15.
#[must_use]
pub fn stirling_error(z: f64) -> f64 {
    if z < SERIES {
        return libm::lgamma(z + 1.0) - (z + 0.5) * libm::log(z) + z - 0.5 * libm::log(TAU);
    }
    let inverse_square = 1.0 / (z * z);
    polynomial(&STIRLING, inverse_square) / z
}

/// Loader's deviance, mean - x - x ln(mean / x), for `x` and `mean` above 0: half the deviance of a Poisson variable with
/// this mean that takes the value x. It is not negative, and it has no cancellation where the two are near each other.
#[must_use]
pub fn poisson_deviance(x: f64, mean: f64) -> f64 {
    let v = (mean - x) / (mean + x);
    if v.abs() > 0.1 {
        return mean - x - x * libm::log(mean / x);
    }
    let square = v * v;
    let mut power = 2.0 * x * v;
    let mut sum = v * (mean - x);
    for odd in (3..).step_by(2) {
        power *= square;
        let next = sum - power / f64::from(odd);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// x^shape e^-x / Gamma(shape + 1).
fn gamma_factor(shape: f64, x: f64) -> f64 {
    if shape < SERIES {
        return libm::exp(shape * libm::log(x) - x - libm::lgamma(shape + 1.0));
    }
    libm::exp(-poisson_deviance(shape, x) - stirling_error(shape)) / libm::sqrt(TAU * shape)
}

fn gamma_lower(shape: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let (mut term, mut sum, mut divisor) = (1.0, 1.0, shape);
    while term > sum * f64::EPSILON / 4.0 {
        divisor += 1.0;
        term *= x / divisor;
        sum += term;
    }
    gamma_factor(shape, x) * sum
}

fn gamma_upper(shape: f64, x: f64) -> f64 {
    if x == f64::INFINITY {
        return 0.0;
    }
    const TINY: f64 = 1e-300;
    let mut b = x + 1.0 - shape;
    let mut numerator = 1.0 / TINY;
    let mut denominator = 1.0 / b;
    let mut fraction = denominator;
    let mut change = f64::INFINITY;
    let mut n = 0.0;
    while (change - 1.0).abs() > f64::EPSILON && n < 1e6 {
        n += 1.0;
        let a = n * (shape - n);
        b += 2.0;
        let guarded = |value: f64| if value.abs() < TINY { TINY } else { value };
        denominator = 1.0 / guarded(a * denominator + b);
        numerator = guarded(b + a / numerator);
        change = numerator * denominator;
        fraction *= change;
    }
    shape * gamma_factor(shape, x) * fraction
}

/// The polynomial of these coefficients, the constant first (Horner).
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// From here Stirling's series is used: the first term that it leaves out is below 3e-17.
const SERIES: f64 = 10.0;

/// ln Gamma(a + 1) - ln(sqrt(tau a) (a / e)^a), times a, in powers of 1 / a^2 (DLMF 5.11.1).
const STIRLING: [f64; 7] =
    [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0, 1.0 / 156.0];

type Rational = ([f64; 8], [f64; 8]);

const CENTRE: Rational = (
    [
        3.387_132_872_796_366_6,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ],
    [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ],
);

const MIDDLE: Rational = (
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
);

const TAIL: Rational = (
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_7e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
);
