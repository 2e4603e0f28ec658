//! What is compared: a plan with variants, over which loads, and by what the variants are ranked.

use sixslot_models::Plan;

/// What fixes are ranked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Failed loads, then late ones, then the time to ready.
    Failed,
    /// The 95th percentile of the time to ready.
    ReadyP95,
    /// The 95th percentile of the longest time that a call of the class (by index) is stalled, over all loads.
    Stalled(usize),
}

/// The loads of a comparison, and what its fixes are ranked by.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The seed.
    pub seed: u64,
    /// Number of loads, from the first.
    pub loads: u64,
    /// What the fixes are ranked by.
    pub by: Measure,
}

/// A named plan, to be compared with the one it is derived from.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its fix, or its fixes joined by `+`.
    pub name: String,
    /// Its title, in one line.
    pub title: String,
    /// The plan.
    pub plan: Plan,
}
