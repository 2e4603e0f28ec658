//! The uniforms of a load: those of its random streams, or what an experiment puts in their place.
//!
//! Rule: a quantity is named by its purpose and its entity, and takes one uniform strictly inside (0, 1). Whoever replaces
//! the streams must give the same uniform whenever a load asks for the same quantity again. Importance sampling and subset
//! simulation need this (S. Asmussen, P. W. Glynn, "Stochastic Simulation", 2007, chapters V and VI).

use sixslot_sim_core::{Purpose, Streams};
use std::fmt::Debug;
use std::sync::Arc;

/// Uniforms that replace a load's random streams.
pub trait Uniforms: Debug + Send + Sync {
    /// The uniform of a quantity, strictly inside (0, 1): the same at each call.
    fn uniform(&self, purpose: Purpose, entity: u64) -> f64;
}

/// Where the uniforms of a load come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// The load's random streams.
    Streams(Streams),
    /// A replacement.
    Given(Arc<dyn Uniforms>),
}

impl Source {
    pub(super) fn uniform(&self, purpose: Purpose, entity: u64) -> f64 {
        match self {
            Self::Streams(streams) => streams.uniform(purpose, entity),
            Self::Given(uniforms) => uniforms.uniform(purpose, entity),
        }
    }
}
