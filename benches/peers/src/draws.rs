//! The random numbers: one cheap generator for every engine in Rust.
//!
//! Rule: the engines draw in the same order from the same seed, so that they simulate the same customers and differ in their
//! event queues alone. The generator is rand's `SmallRng` (xoshiro256++), the exponential law rand_distr's ziggurat.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use rand_distr::Exp1;

/// A stream of random numbers.
#[derive(Debug)]
pub struct Draws(SmallRng);

impl Default for Draws {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Draws {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self(SmallRng::seed_from_u64(seed))
    }

    /// A draw of the exponential law, in the unit of its mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        let unit: f64 = self.0.sample(Exp1);
        mean * unit
    }
}
