//! How often each interval covers the truth, measured against what it promises.
//!
//! `cargo test --test coverage -- --nocapture` prints the table. Every row has its own ChaCha8
//! stream, so the numbers are the same in every run and on every platform.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sixslot_statistics::interval::{
    Interval, IntervalError, clopper_pearson, confidence_sequence, decision_sequence, fixed_sample, jeffreys, wilson,
};
use sixslot_statistics::mean::student;
use sixslot_statistics::paired::{PairedCounts, difference};
use sixslot_statistics::quantile;
use sixslot_statistics::stopping::Stopping;

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

/// The exact coverage of a construction for a count of `loads` with the mean `mean`: the sum of the probabilities of the
/// counts whose interval holds the truth.
fn exact_coverage(construction: Construction, loads: u64, mean: f64) -> f64 {
    let p = mean / loads as f64;
    let odds = p / (1.0 - p);
    let mut probability = libm::exp(loads as f64 * libm::log1p(-p));
    let most = (mean + 12.0 * libm::sqrt(mean) + 20.0) as u64;
    let mut covered = 0.0;
    for failures in 0..=most {
        if construction(failures, loads, LEVEL).expect("valid counts").contains(p) {
            covered += probability;
        }
        probability *= (loads - failures) as f64 / (failures + 1) as f64 * odds;
    }
    covered
}

/// Where failures are rare, the printed interval covers at least its level minus one point: enumerated, not sampled.
#[test]
fn printed_intervals_hold_where_failures_are_rare() {
    println!("\n| n p | wilson | fixed sample (the rule) | sequence, one look | decision sequence, one look |");
    println!("| --- | --- | --- | --- | --- |");
    let decision: Construction = |failures, loads, level| decision_sequence(failures, loads, 1e-4, level);
    for mean in [0.15, 1.0, 5.0, 50.0] {
        let covers = |construction| exact_coverage(construction, 10_000, mean);
        let [old, rule, sequence, decision] = [wilson, fixed_sample, confidence_sequence, decision].map(covers);
        println!("| {mean} | {old:.4} | {rule:.4} | {sequence:.4} | {decision:.4} |");
        assert!(rule >= LEVEL - 0.01 && sequence >= LEVEL && decision >= LEVEL, "n p = {mean}");
    }
    let worst =
        (0..100).map(|step| exact_coverage(fixed_sample, 10_000, 0.1 * libm::pow(500.0, f64::from(step) / 99.0)));
    let worst = worst.fold(1.0, f64::min);
    assert!((0.93..0.945).contains(&worst), "the worst coverage of the rule is {worst}");
}

/// The sequence for decisions keeps its promise at every look, whatever the truth is.
#[test]
fn the_decision_sequence_survives_looking() {
    header();
    let decision: Construction = |failures, loads, level| decision_sequence(failures, loads, 0.02, level);
    for (number, p) in [0.01, 0.02, 0.1].into_iter().enumerate() {
        let stream = 400 + number as u64;
        let coverage = watched("decision-sequence, 60 looks", "at least 0.95", decision, p, stream);
        assert!(coverage >= LEVEL, "{coverage}");
    }
}

/// The mean number of loads until a construction decides on which side of `threshold` the truth `p` lies, and whether it was
/// ever wrong. `next` is the number of loads at the next look.
fn loads_to_decide(p: f64, threshold: f64, stream: u64, construct: Construction, next: impl Fn(u64) -> u64) -> f64 {
    const RUNS: u32 = 400;
    let mut draws = Draws::stream(stream);
    let (mut total, mut wrong) = (0.0, 0_u32);
    for _ in 0..RUNS {
        // The distance to the next failure is geometric.
        let mut distance = || 1 + (libm::log1p(-draws.uniform()) / libm::log1p(-p)) as u64;
        let (mut loads, mut failures, mut coming) = (0, 0, distance());
        let interval = loop {
            loads = next(loads);
            while coming <= loads {
                failures += 1;
                coming += distance();
            }
            let interval = construct(failures, loads, LEVEL).expect("valid counts");
            if !interval.contains(threshold) {
                break interval;
            }
        };
        total += loads as f64;
        wrong += u32::from((interval.low > threshold) != (p > threshold));
    }
    // At most one in twenty is wrong; 400 runs with 5 % have more than 35 with a probability of 1e-3.
    assert!(wrong <= 35, "{wrong} of {RUNS} decisions are wrong");
    total / f64::from(RUNS)
}

/// At half and at twice the threshold a decision takes at least 1.3 times fewer loads than with the uniform mixture and the
/// looks of earlier versions (from 1000, a quarter more each time).
#[test]
fn decisions_need_fewer_loads() {
    println!("\n| threshold | p | uniform mixture | (1/3) sum of Beta(a, a/t - a) | times fewer |");
    println!("| --- | --- | --- | --- | --- |");
    let before = |loads: u64| loads + (loads / 4).max(1000);
    let cases: [(f64, Construction); 3] = [
        (0.1, |failures, loads, level| decision_sequence(failures, loads, 0.1, level)),
        (0.01, |failures, loads, level| decision_sequence(failures, loads, 0.01, level)),
        (0.001, |failures, loads, level| decision_sequence(failures, loads, 0.001, level)),
    ];
    for (number, (threshold, decision)) in cases.into_iter().enumerate() {
        for (side, factor) in [0.5, 2.0].into_iter().enumerate() {
            let (p, stream) = (factor * threshold, 500 + 10 * number as u64 + side as u64);
            let old = loads_to_decide(p, threshold, stream, confidence_sequence, before);
            let rule = Stopping::Decided(threshold);
            let new = loads_to_decide(p, threshold, stream, decision, |loads| rule.next_look(loads));
            println!("| {threshold} | {p} | {old:.0} | {new:.0} | {:.2} |", old / new);
            assert!(old / new >= 1.3, "threshold {threshold}, p {p}: {old} and {new} loads");
        }
    }
    // None of a million loads fails: a threshold of one in a hundred thousand is passed within the cap of `check`.
    let high = |loads| decision_sequence(0, loads, 1e-5, LEVEL).expect("valid counts").high;
    assert!(high(600_000) < 1e-5 && confidence_sequence(0, 1_000_000, LEVEL).expect("valid counts").high > 1e-5);
    // Far from the threshold two hundred loads decide.
    assert!(high(200) > 1e-5 && decision_sequence(100, 200, 0.01, LEVEL).expect("valid counts").low > 0.01);
}
