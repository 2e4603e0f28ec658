//! Times and names as a diagnosis says them.

use std::collections::BTreeSet;

/// Names in a sentence; more are counted.
pub(super) const NAMES: usize = 4;

/// Milliseconds as people write them.
pub(super) fn ms(ms: f64) -> String {
    match ms {
        ms if ms >= 7_200_000.0 => format!("{:.1} h", ms / 3_600_000.0),
        ms if ms >= 10_000.0 => format!("{:.1} s", ms / 1000.0),
        ms if ms >= 1_000.0 => format!("{:.2} s", ms / 1000.0),
        ms if ms >= 9.95 => format!("{ms:.0} ms"),
        ms => format!("{ms:.1} ms").replace(".0", ""),
    }
}

/// A period or a deadline: a round number.
pub(super) fn round_ms(ms: f64) -> String {
    if ms >= 1_000.0 { format!("{} s", ms / 1000.0) } else { format!("{ms} ms") }
}

/// From the least to the greatest; one of them where both read the same.
pub(super) fn range(low: f64, high: f64) -> String {
    if ms(low) == ms(high) { ms(low) } else { format!("{} to {}", ms(low), ms(high)) }
}

/// Some names, each once, and how many more there are.
pub(super) fn listed(names: impl IntoIterator<Item = String>) -> String {
    let mut seen = BTreeSet::new();
    let names = names.into_iter().filter(|name| seen.insert(name.clone())).collect::<Vec<_>>();
    let mut text = names.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > NAMES {
        text.push_str(&format!(" and {} more", names.len() - NAMES));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{ms, range, round_ms};

    #[test]
    fn times_have_no_digits_that_say_nothing() {
        for (value, text) in [
            (0.0, "0 ms"),
            (0.1, "0.1 ms"),
            (1.0, "1 ms"),
            (5.43, "5.4 ms"),
            (6.98, "7 ms"),
            (9.97, "10 ms"),
            (701.2, "701 ms"),
            (2120.0, "2.12 s"),
            (12_640.0, "12.6 s"),
        ] {
            assert_eq!(ms(value), text);
        }
        assert_eq!([range(1208.0, 1209.0), range(15.8, 110.0)], ["1.21 s", "16 ms to 110 ms"]);
        assert_eq!([round_ms(500.0), round_ms(2000.0), round_ms(2500.0)], ["500 ms", "2 s", "2.5 s"]);
    }
}
