//! The same work on many items.
//!
//! Rule: results in the order of the items, whichever was ready first. In a page there is one thread, and its engine is downloaded:
//! there it is a loop.

/// What `one` makes of each item, in rayon's current pool.
#[cfg(not(target_family = "wasm"))]
pub fn map<T: Send, R: Send>(items: Vec<T>, one: impl Fn(T) -> R + Send + Sync) -> Vec<R> {
    use rayon::prelude::*;
    items.into_par_iter().map(one).collect()
}

/// What `one` makes of each item.
#[cfg(target_family = "wasm")]
pub fn map<T, R>(items: Vec<T>, one: impl Fn(T) -> R) -> Vec<R> {
    items.into_iter().map(one).collect()
}
