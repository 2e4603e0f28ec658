//! Stopping rules: read, written, explained, and when they stop.

use sixslot_statistics::interval::confidence_sequence;
use sixslot_statistics::stopping::{Stopping, StoppingError};

#[test]
fn stopping_rules_are_read_and_written() {
    for (text, rule) in [
        ("half-width=0.005", Stopping::HalfWidth(0.005)),
        ("relative=0.1", Stopping::Relative(0.1)),
        ("decided=0.01", Stopping::Decided(0.01)),
        ("fixed=10000", Stopping::Fixed(10_000)),
    ] {
        assert_eq!(text.parse(), Ok(rule));
        assert_eq!(rule.to_string(), text);
        assert_eq!(serde_json::to_string(&rule).expect("serialisable"), format!("\"{text}\""));
    }
    assert_eq!(" decided = 0.01 ".parse(), Ok(Stopping::Decided(0.01)));
}

#[test]
fn unreadable_stopping_rules_are_explained() {
    for text in ["", "0.01", "halfwidth=0.01", "=1", "half-width"] {
        let error = text.parse::<Stopping>().expect_err("not a rule");
        assert_eq!(error, StoppingError::Unknown(text.to_owned()));
        assert!(error.to_string().contains("decided=0.01"));
    }
    for text in [
        "half-width=0",
        "half-width=0.6",
        "half-width=5%",
        "half-width=",
        "relative=-0.1",
        "relative=10",
        "relative=NaN",
        "decided=0",
        "decided=1",
        "decided=inf",
        "fixed=0",
        "fixed=1.5",
        "fixed=-3",
    ] {
        let error = text.parse::<Stopping>().expect_err("not a value");
        assert!(matches!(error, StoppingError::Value { .. }), "{text}");
        assert!(error.to_string().contains("needs a"), "{error}");
    }
}

#[test]
fn stopping_rules_stop_when_they_say() {
    let stops = |rule: Stopping, failures, loads| {
        let interval = confidence_sequence(failures, loads, 0.95).expect("valid counts");
        rule.is_satisfied(failures, loads, &interval)
    };
    // At 57/1000 the sequence is [0.0336, 0.0886]: half width 0.0275, 0.48 of the estimate.
    assert!(stops(Stopping::HalfWidth(0.0276), 57, 1000));
    assert!(!stops(Stopping::HalfWidth(0.0274), 57, 1000));
    assert!(stops(Stopping::Relative(0.49), 57, 1000));
    assert!(!stops(Stopping::Relative(0.48), 57, 1000));
    assert!(stops(Stopping::Decided(0.03), 57, 1000));
    assert!(stops(Stopping::Decided(0.09), 57, 1000));
    assert!(!stops(Stopping::Decided(0.057), 57, 1000));
    assert!(stops(Stopping::Fixed(1000), 57, 1000));
    assert!(!stops(Stopping::Fixed(1001), 57, 1000));
    // Without a failure nothing is known relative to the estimate, however long the run.
    assert!(!stops(Stopping::Relative(1.0), 0, 1_000_000));
    assert!(stops(Stopping::Decided(0.01), 0, 1_000_000));
}

#[test]
fn looks_come_after_an_eighth_more_loads_and_at_least_200() {
    let looks: Vec<u64> =
        std::iter::successors(Some(0), |&loads| Some(Stopping::Decided(0.01).next_look(loads))).take(12).collect();
    assert_eq!(looks, [0, 200, 400, 600, 800, 1000, 1200, 1400, 1600, 1800, 2025, 2278]);
    assert_eq!(Stopping::HalfWidth(0.1).next_look(u64::MAX - 1), u64::MAX);
    for loads in [0, 500, 10_000] {
        assert_eq!(Stopping::Fixed(10_000).next_look(loads), 10_000);
    }
}
