//! Random streams: every random quantity of a load has its own stream.
//!
//! The rule: a stream is a pure function of (seed, load, [`Purpose`], entity), and a draw is a pure
//! function of the stream and its place in it. So a change that removes one request moves no other
//! request's draw, and two fixes are compared on the same loads (common random numbers; A. M. Law,
//! "Simulation Modeling and Analysis", chapter 11), in any order and on any number of threads.
//!
//! The generator is ChaCha8 (D. J. Bernstein, "ChaCha, a variant of Salsa20", 2008), keyed by exactly the
//! 32 bytes seed, load, purpose, entity, each little endian: integer arithmetic only, the same everywhere.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a random quantity is for: the 64-bit FNV-1a hash of its name (G. Fowler, L. C. Noll, K.-P. Vo).
/// Two different names collide with a probability of about 2^-64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Purpose(u64);

impl Purpose {
    /// The purpose of this name.
    ///
    /// ```
    /// use sixslot_sim_core::Purpose;
    /// const THINK: Purpose = Purpose::named("server/think");
    /// assert_ne!(THINK, Purpose::named("server").and("think"));
    /// ```
    #[must_use]
    pub const fn named(name: &str) -> Self {
        Self(0xcbf2_9ce4_8422_2325).hash(name.as_bytes())
    }

    /// The purpose of this name within `self`. The order of names counts, and no plain name gives the
    /// same bytes: the names are separated by 0xFF, which UTF-8 does not contain.
    #[must_use]
    pub const fn and(self, other: &str) -> Self {
        self.hash(&[0xff]).hash(other.as_bytes())
    }

    /// The purpose of this number within `self`. No name gives the same bytes, as for [`Purpose::and`].
    ///
    /// ```
    /// use sixslot_sim_core::Purpose;
    /// const WORK: Purpose = Purpose::named("server/work");
    /// assert_ne!(WORK.numbered(1), WORK.numbered(2));
    /// ```
    #[must_use]
    pub const fn numbered(self, number: u64) -> Self {
        self.hash(&[0xff, 0xff]).hash(&number.to_le_bytes())
    }

    /// The purpose of another purpose within `self`, for a quantity that is drawn on behalf of something that has
    /// purposes itself. The order counts.
    #[must_use]
    pub const fn on_behalf_of(self, other: Self) -> Self {
        self.numbered(other.0)
    }

    const fn hash(self, bytes: &[u8]) -> Self {
        let mut hash = self.0;
        let mut index = 0;
        while index < bytes.len() {
            hash = (hash ^ bytes[index] as u64).wrapping_mul(0x0100_0000_01b3);
            index += 1;
        }
        Self(hash)
    }
}

/// The streams of one load.
///
/// ```
/// use sixslot_sim_core::{Purpose, Streams};
/// let streams = Streams::new(1, 0);
/// let purpose = Purpose::named("size");
/// assert_eq!(streams.uniform(purpose, 7), streams.uniform(purpose, 7));
/// assert_ne!(streams.uniform(purpose, 7), streams.uniform(purpose, 8));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Streams {
    seed: u64,
    load: u64,
}

impl Streams {
    /// The streams of load number `load` of the experiment with this `seed`.
    #[must_use]
    pub const fn new(seed: u64, load: u64) -> Self {
        Self { seed, load }
    }

    /// The first draw of the stream of (purpose, entity): uniform, strictly inside (0, 1).
    #[must_use]
    pub fn uniform(&self, purpose: Purpose, entity: u64) -> f64 {
        self.stream(purpose, entity).next_uniform()
    }

    /// The stream of (purpose, entity), from its beginning.
    #[must_use]
    pub fn stream(&self, purpose: Purpose, entity: u64) -> Stream {
        let mut key = [0; 32];
        for (bytes, word) in key.as_chunks_mut().0.iter_mut().zip([self.seed, self.load, purpose.0, entity]) {
            *bytes = word.to_le_bytes();
        }
        Stream(ChaCha8Rng::from_seed(key))
    }
}

/// A sequence of independent uniform draws.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The next draw: uniform on the odd multiples of 2^-53, so strictly inside (0, 1), symmetric about
    /// one half, and exact, as is its complement to one.
    pub fn next_uniform(&mut self) -> f64 {
        // (k + 1/2) / 2^53 with all 53 bits of k would round up to 1 for the largest k.
        const TWO_TO_THE_53: f64 = 9_007_199_254_740_992.0;
        ((self.0.next_u64() >> 11) | 1) as f64 / TWO_TO_THE_53
    }
}
