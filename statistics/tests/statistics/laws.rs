//! Laws of lengths of time and what is known of a sample: closed forms, the density as the slope of the distribution
//! function, and when a curve is fitted.

use super::assert_close;
use sixslot_sim_core::Distribution;
use sixslot_statistics::censored::Observation::{self, AtLeast, Between, Exact};
use sixslot_statistics::fit::{Doubt, Shape, fit};
use sixslot_statistics::likelihood::{Family, Law, likeliest};

const LAWS: [Law; 5] = [
    Law::LogNormal { median: 120.0, sigma: 0.7 },
    Law::Gamma { shape: 3.0, mean: 90.0 },
    Law::Gamma { shape: 0.4, mean: 250.0 },
    Law::Weibull { shape: 1.7, size: 150.0 },
    Law::Weibull { shape: 0.6, size: 80.0 },
];

#[test]
fn survival_has_its_closed_forms() {
    for y in [0.01, 0.3, 1.0, 4.0, 20.0] {
        let exponential = libm::exp(-y);
        assert_close(Law::Weibull { shape: 1.0, size: 50.0 }.survival(50.0 * y), exponential, 1e-13);
        assert_close(Law::Gamma { shape: 1.0, mean: 50.0 }.survival(50.0 * y), exponential, 1e-12);
        // Erlang's law of three stages.
        let erlang = exponential * (1.0 + y + 0.5 * y * y);
        assert_close(Law::Gamma { shape: 3.0, mean: 60.0 }.survival(20.0 * y), erlang, 1e-12);
        assert_close(Law::Weibull { shape: 2.0, size: 50.0 }.survival(50.0 * y), libm::exp(-y * y), 1e-12);
    }
    let normal = Law::LogNormal { median: 200.0, sigma: 0.5 };
    assert_close(normal.survival(200.0), 0.5, 1e-14);
    assert_close(normal.survival(200.0 * libm::exp(0.5)), 0.158_655_253_931_457_05, 1e-12);
    assert_close(normal.survival(200.0 * libm::exp(-1.0)), 0.977_249_868_051_820_8, 1e-12);
    assert!(LAWS.iter().all(|law| law.survival(0.0) == 1.0 && law.survival(-1.0) == 1.0));
}

#[test]
fn the_density_is_the_slope_of_the_survival() {
    for law in LAWS {
        for x in [5.0, 40.0, 120.0, 300.0] {
            let step = 1e-4 * x;
            let slope = (law.survival(x - step) - law.survival(x + step)) / (2.0 * step);
            assert_close(libm::exp(law.log_density(x)), slope, 1e-6);
        }
    }
}

#[test]
fn an_interval_has_the_probability_between_its_ends_and_keeps_its_digits_in_both_tails() {
    for law in LAWS {
        for (low, high) in [(20.0, 30.0), (100.0, 130.0), (90.0, 400.0), (0.0, 50.0)] {
            let found = libm::exp(law.log_likelihood(&[Between(low, high)]));
            assert_close(found, law.survival(low) - law.survival(high), 1e-12);
        }
        // A bound counts by what is above it, a value by its density, and the parts of a sample are added.
        let sample = [Exact(70.0), AtLeast(110.0), Between(20.0, 30.0)];
        let parts: f64 = sample.iter().map(|one| law.log_likelihood(&[*one])).sum();
        assert_close(law.log_likelihood(&sample), parts, 1e-14);
        assert_close(law.log_likelihood(&sample[..1]), law.log_density(70.0), 1e-15);
        assert_close(law.log_likelihood(&sample[1..2]), libm::log(law.survival(110.0)), 1e-13);
    }
    for law in [Law::Weibull { shape: 1.0, size: 1.0 }, Law::Gamma { shape: 1.0, mean: 1.0 }] {
        // Of the exponential law: (1 - e^-x) where x is tiny, and e^-x (1 - e^-1) where it is large.
        assert_close(law.log_likelihood(&[Between(1e-20, 3e-20)]), libm::log(2e-20), 1e-12);
        assert_close(law.log_likelihood(&[Between(100.0, 101.0)]), -100.0 + libm::log(1.0 - libm::exp(-1.0)), 1e-12);
    }
    // Where the probability itself underflows.
    assert_close(Law::Weibull { shape: 2.0, size: 1.0 }.log_likelihood(&[AtLeast(100.0)]), -1e4, 1e-14);
}

#[test]
fn the_likelihood_of_the_likeliest_law_is_in_the_unit_of_the_sample() {
    let sample = [Exact(30.0), Exact(55.0), Exact(41.0), Exact(90.0), AtLeast(60.0), Between(20.0, 25.0)];
    for family in [Family::LogNormal, Family::Gamma, Family::Weibull] {
        let (law, likelihood) = likeliest(family, &sample).expect("a law");
        assert_close(likelihood, law.log_likelihood(&sample), 1e-12);
        for factor in [0.99, 1.01] {
            assert!(law.scaled(factor).log_likelihood(&sample) < likelihood, "{law:?}");
        }
    }
    // Values that hardly differ have a law that a scenario can hold.
    let alike = [1000.0, 1000.001, 1000.002, 1000.003].map(Exact);
    let (law, _) = likeliest(Family::Gamma, &alike).expect("a law");
    let Law::Gamma { shape, mean } = law else { panic!("{law:?}") };
    assert!(Distribution::gamma_from_shape_mean(shape, mean).is_ok(), "{law:?}");
}

#[test]
fn observations_are_scaled_and_refused() {
    let minutes = [Exact(2.0), AtLeast(3.0), Between(4.0, 5.0)].map(|one| one.scaled(60.0));
    assert_eq!(minutes, [Exact(120.0), AtLeast(180.0), Between(240.0, 300.0)]);
    let usable = [Exact(1.0), AtLeast(0.0), AtLeast(2.0), Between(0.0, 1.0)];
    assert!(usable.iter().all(|one| one.is_usable()));
    let refused = [
        Exact(0.0),
        Exact(f64::INFINITY),
        Exact(f64::NAN),
        AtLeast(-1.0),
        AtLeast(f64::INFINITY),
        Between(-1.0, 1.0),
        Between(1.0, 1.0),
        Between(1.0, f64::INFINITY),
        Between(f64::NEG_INFINITY, 1.0),
    ];
    assert!(!refused.iter().any(|one| one.is_usable()));
}

/// `values` values, `intervals` intervals and `bounds` bounds, none equal to another.
fn sample(values: usize, intervals: usize, bounds: usize) -> Vec<Observation> {
    let at = |index: usize| 10.0 + 7.0 * index as f64;
    let values = (0..values).map(|index| Exact(at(index)));
    let intervals = (0..intervals).map(|index| Between(at(index) + 2.0, at(index) + 5.0));
    values.chain(intervals).chain((0..bounds).map(|index| AtLeast(at(index) + 1.0))).collect()
}

#[test]
fn a_curve_needs_eight_values_or_intervals_and_says_where_it_is_extrapolated() {
    let doubts = |values, intervals, bounds| {
        let fit = fit(&sample(values, intervals, bounds)).expect("a fit");
        assert_eq!((fit.values, fit.intervals, fit.bounds), (values, intervals, bounds));
        (matches!(fit.shape, Shape::Curve(_)), fit.doubts)
    };
    for (values, intervals) in [(8, 0), (0, 8), (4, 4)] {
        assert_eq!(doubts(values, intervals, 0), (true, vec![]));
    }
    for (values, intervals) in [(7, 0), (0, 7), (5, 1), (3, 4)] {
        assert_eq!(doubts(values, intervals, 0), (false, vec![Doubt::Few(values + intervals)]));
    }
    assert_eq!(doubts(0, 0, 3), (true, vec![Doubt::NoValue]));
    // From a quarter of bounds on.
    assert_eq!(doubts(9, 0, 3), (true, vec![Doubt::Extrapolated { percent: 25 }]));
    assert_eq!(doubts(10, 0, 3), (true, vec![]));
}
