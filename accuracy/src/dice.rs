//! Random choices of generated plans.

use sixslot_sim_core::{Purpose, Stream, Streams};

/// A stream of random choices.
pub(crate) struct Dice(Stream);

impl Dice {
    /// The choices of a plan of a seed.
    pub(crate) fn new(seed: u64, number: u64, purpose: &'static str) -> Self {
        Self(Streams::new(seed, number).stream(Purpose::named(purpose), 0))
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        ((self.0.next_uniform() * f64::from(limit)) as u32).min(limit.saturating_sub(1))
    }

    /// True in so many of a hundred cases.
    pub(crate) fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of the choices.
    pub(crate) fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len() as u32) as usize]
    }

    /// A number from `low` to `high`.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// A length of time in whole milliseconds.
    pub(crate) fn ms(&mut self, low: u32, high: u32) -> String {
        format!("\"{}ms\"", self.between(low, high))
    }
}
