//! Deterministic discrete-event simulation: [`Time`], the [`EventQueue`] on a [`Heap`], the [`run()`] loop, random
//! [`Streams`] and [`Distribution`]s. The crate does not depend on what is simulated.
//!
//! Its rule: the same inputs give the same bits on every machine. There is no clock, no ambient
//! randomness and no container with an arbitrary order here, and every function beyond the IEEE 754
//! basic operations comes from `libm`, because the platform's own differ in the last bits.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod distribution;
mod few;
pub mod heap;
pub mod queue;
pub mod run;
pub mod special;
pub mod streams;
pub mod time;
mod timers;

pub use distribution::{Distribution, DistributionError, Family};
pub use heap::{Handle, Heap};
pub use queue::{EventKey, EventQueue, PastError};
pub use run::{End, Flow, Model, run};
pub use streams::{Purpose, Stream, Streams};
pub use time::{Span, Time};
