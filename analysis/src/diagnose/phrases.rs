//! Times and names as a diagnosis says them.

pub(super) use crate::words::milliseconds as ms;
use std::collections::BTreeSet;

/// Names in a sentence; more are counted.
pub(super) const NAMES: usize = 4;

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
    use super::{range, round_ms};

    #[test]
    fn times_have_no_digits_that_say_nothing() {
        assert_eq!([range(1208.0, 1209.0), range(15.8, 110.0)], ["1.21 s", "16 ms to 110 ms"]);
        assert_eq!([round_ms(500.0), round_ms(2000.0), round_ms(2500.0)], ["500 ms", "2 s", "2.5 s"]);
    }
}
