//! Time and span: rounding, saturation and order.

use sixslot_sim_core::{Span, Time};

#[test]
fn seconds_round_half_away_and_saturate() {
    let nanos = |seconds| Span::from_seconds_f64(seconds).as_nanos();
    assert_eq!(nanos(0.5e-9), 1);
    assert_eq!(nanos(0.499e-9), 0);
    assert_eq!(nanos(2.5e-9), 3);
    assert_eq!(nanos(1.000_000_001), 1_000_000_001);
    assert_eq!(nanos(-1.0), 0);
    assert_eq!(nanos(f64::NAN), 0);
    assert_eq!(nanos(f64::INFINITY), u64::MAX);
    assert_eq!(nanos(1e30), u64::MAX);
}

#[test]
fn sums_saturate() {
    assert_eq!(Time::MAX + Span::from_nanos(1), Time::MAX);
    assert_eq!(Time::ZERO + Span::MAX, Time::MAX);
    assert_eq!(Span::from_seconds(u64::MAX), Span::MAX);
    assert_eq!(Span::from_millis(u64::MAX), Span::MAX);
    assert_eq!(Span::MAX * 2, Span::MAX);
    assert_eq!(Span::from_nanos(2) - Span::from_nanos(3), Span::ZERO);
    assert_eq!([Span::MAX, Span::MAX].into_iter().sum::<Span>(), Span::MAX);
}

#[test]
fn units_agree() {
    let mut time = Time::ZERO;
    time += Span::from_seconds(1) + Span::from_millis(500);
    assert_eq!(time, Time::from_nanos(1_500_000_000));
    assert_eq!(time.as_seconds_f64(), 1.5);
    assert_eq!(time.as_millis_f64(), 1_500.0);
    let span = time - Time::from_nanos(500_000_000);
    assert_eq!((span.as_seconds_f64(), span.as_millis_f64()), (1.0, 1_000.0));
    assert_eq!((span * 3).as_seconds_f64(), 3.0);
    assert_eq!(span / 3, Span::from_nanos(333_333_333));
    assert!(!span.is_zero() && (span - span).is_zero());
}

#[cfg(debug_assertions)]
#[test]
#[should_panic(expected = "is later than")]
fn a_negative_difference_is_a_programming_error() {
    let _ = Time::ZERO - Time::from_nanos(1);
}

#[cfg(not(debug_assertions))]
#[test]
fn a_negative_difference_is_zero_in_release() {
    assert_eq!(Time::ZERO - Time::from_nanos(1), Span::ZERO);
}
