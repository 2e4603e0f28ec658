//! How often each interval covers the truth, measured against what it promises.
//!
//! `cargo test --test coverage -- --nocapture` prints the table. Every row has its own ChaCha8
//! stream, so the numbers are the same in every run and on every platform.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sixslot_statistics::interval::{
    Interval, IntervalError, clopper_pearson, confidence_sequence, fixed_sample, jeffreys, wilson,
};
use sixslot_statistics::mean::student;
use sixslot_statistics::paired::{PairedCounts, difference};
use sixslot_statistics::quantile;

const REPETITIONS: u32 = 4000;
const LOADS: u64 = 1000;
const LEVEL: f64 = 0.95;
/// Looks at a growing sample: after every hundredth load up to six thousand.
const LOOKS: u64 = 60;
const LOADS_A_LOOK: u64 = 100;

/// Two-sided methods of approximate coverage have to stay in this band.
const ABOUT: std::ops::RangeInclusive<f64> = 0.92..=0.98;

/// Uniform draws in [0, 1) from one stream.
struct Draws(ChaCha8Rng);

impl Draws {
    fn stream(number: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(6);
        generator.set_stream(number);
        Self(generator)
    }

    fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn failures(&mut self, loads: u64, p: f64) -> u64 {
        (0..loads).filter(|_| self.uniform() < p).count() as u64
    }
}

/// The standard error of a measured coverage whose promise is `LEVEL`.
fn standard_error() -> f64 {
    libm::sqrt(LEVEL * (1.0 - LEVEL) / f64::from(REPETITIONS))
}

/// Repeats an experiment that says whether it covered the truth and how wide it was, prints its
/// row and returns the measured coverage.
fn measure(
    method: &str,
    truth: &str,
    promise: &str,
    stream: u64,
    mut experiment: impl FnMut(&mut Draws) -> (bool, f64),
) -> f64 {
    let mut draws = Draws::stream(stream);
    let (mut covered, mut width) = (0_u32, 0.0);
    for _ in 0..REPETITIONS {
        let (hit, wide) = experiment(&mut draws);
        covered += u32::from(hit);
        width += wide;
    }
    let coverage = f64::from(covered) / f64::from(REPETITIONS);
    let width = width / f64::from(REPETITIONS);
    println!("| {method:<34} | {truth:<20} | {promise:<13} | {coverage:.4} | {width:.6} |");
    coverage
}

fn header() {
    println!("\n| method | p | promise | measured | average width |");
    println!("| --- | --- | --- | --- | --- |");
}

type Construction = fn(u64, u64, f64) -> Result<Interval, IntervalError>;

fn fixed(method: &str, promise: &str, construction: Construction, p: f64, stream: u64) -> f64 {
    measure(method, &p.to_string(), promise, stream, |draws| {
        let failures = draws.failures(LOADS, p);
        let interval = construction(failures, LOADS, LEVEL).expect("valid counts");
        (interval.contains(p), 2.0 * interval.half_width())
    })
}

/// Covered means: at every look. The width is that of the look at `LOADS` loads.
fn watched(method: &str, promise: &str, construction: Construction, p: f64, stream: u64) -> f64 {
    measure(method, &p.to_string(), promise, stream, |draws| {
        let (mut failures, mut covered, mut width) = (0, true, 0.0);
        for look in 1..=LOOKS {
            failures += draws.failures(LOADS_A_LOOK, p);
            let loads = look * LOADS_A_LOOK;
            let interval = construction(failures, loads, LEVEL).expect("valid counts");
            covered &= interval.contains(p);
            if loads == LOADS {
                width = 2.0 * interval.half_width();
            }
        }
        (covered, width)
    })
}

#[test]
fn intervals_of_a_fixed_sample_keep_their_promise() {
    header();
    for (number, p) in [0.01, 0.1].into_iter().enumerate() {
        let stream = 10 * number as u64;
        let coverage = fixed("wilson", "about 0.95", wilson, p, stream);
        assert!(ABOUT.contains(&coverage), "{coverage}");
        let coverage = fixed("clopper-pearson", "at least 0.95", clopper_pearson, p, stream + 1);
        assert!(coverage >= LEVEL - 3.0 * standard_error(), "{coverage}");
        let coverage = fixed("jeffreys", "about 0.95", jeffreys, p, stream + 2);
        assert!(ABOUT.contains(&coverage), "{coverage}");
        let coverage = fixed("fixed sample (the rule)", "about 0.95", fixed_sample, p, stream + 3);
        assert!(ABOUT.contains(&coverage), "{coverage}");
        let sequence = "confidence-sequence, one look";
        let coverage = fixed(sequence, "at least 0.95", confidence_sequence, p, stream + 4);
        assert!(coverage >= LEVEL, "{coverage}");
    }
}

#[test]
fn only_the_confidence_sequence_survives_looking() {
    header();
    for (number, p) in [0.01, 0.1].into_iter().enumerate() {
        let stream = 100 + 10 * number as u64;
        let name = "confidence-sequence, 60 looks";
        let coverage = watched(name, "at least 0.95", confidence_sequence, p, stream);
        assert!(coverage >= LEVEL, "{coverage}");
        let missed = 1.0 - watched("wilson, 60 looks", "none", wilson, p, stream);
        assert!((0.2..=0.6).contains(&missed), "{missed}");
    }
}

#[test]
fn the_paired_difference_keeps_its_promise() {
    header();
    // The probabilities that both fail, that only the baseline and that only the variant fails.
    for (number, (both, only_baseline, only_variant)) in
        [(0.005, 0.005, 0.001), (0.06, 0.04, 0.02), (0.05, 0.05, 0.0), (0.08, 0.02, 0.02)].into_iter().enumerate()
    {
        let truth = only_variant - only_baseline;
        let (p, q) = (both + only_baseline, both + only_variant);
        let label = format!("{p:.3} to {q:.3}");
        let stream = 200 + number as u64;
        let coverage = measure("paired-tango", &label, "about 0.95", stream, |draws| {
            let mut counts = PairedCounts::default();
            for _ in 0..LOADS {
                // One draw decides for both sides, as common random numbers do.
                let draw = draws.uniform();
                let baseline = draw < p;
                let variant = draw < both || (p..p + only_variant).contains(&draw);
                counts.record(baseline, variant);
            }
            let interval = difference(&counts, LEVEL).expect("there are pairs");
            (interval.contains(truth), 2.0 * interval.half_width())
        });
        assert!(ABOUT.contains(&coverage), "{coverage}");
    }
}

#[test]
fn quantile_and_mean_intervals_keep_their_promise() {
    header();
    // Exponential values with mean 1: a skewed distribution with known quantiles.
    let exponential = |draws: &mut Draws| -libm::log1p(-draws.uniform());
    for (number, fraction) in [0.5, 0.95, 0.99].into_iter().enumerate() {
        let truth = -libm::log1p(-fraction);
        let label = format!("quantile {fraction}");
        let stream = 300 + number as u64;
        let coverage = measure("order statistics", &label, "at least 0.95", stream, |draws| {
            let mut sample: Vec<f64> = (0..LOADS).map(|_| exponential(draws)).collect();
            sample.sort_unstable_by(f64::total_cmp);
            let found = quantile::interval(&sample, fraction, LEVEL).expect("a valid sample");
            let (low, high) = (found.low.expect("bounded"), found.high.expect("bounded"));
            (low <= truth && truth <= high, high - low)
        });
        assert!(coverage >= LEVEL - 3.0 * standard_error(), "{coverage}");
    }
    let coverage = measure("student-t, 1000 exponential", "mean", "about 0.95", 310, |draws| {
        let sample: Vec<f64> = (0..LOADS).map(|_| exponential(draws)).collect();
        let interval = student(&sample, LEVEL).expect("valid values");
        (interval.contains(1.0), 2.0 * interval.half_width())
    });
    assert!(ABOUT.contains(&coverage), "{coverage}");
    // Six nearly normal values, sums of twelve uniforms: here Student's quantile matters.
    let coverage = measure("student-t, 6 normal", "mean", "about 0.95", 311, |draws| {
        let sample: [f64; 6] = std::array::from_fn(|_| (0..12).map(|_| draws.uniform()).sum());
        let interval = student(&sample, LEVEL).expect("valid values");
        (interval.contains(6.0), 2.0 * interval.half_width())
    });
    assert!(ABOUT.contains(&coverage), "{coverage}");
}
