//! What each random stream of a plan belongs to: a parameter, a class of requests, a server cache, or a server.
//!
//! Rule: a stream is named by its purpose (`draws.rs`). A class owns the streams of its starts, arrivals, times and bodies; a
//! cache those of its computations, whichever request causes them; a server those of its connections and of its path. Retries within one
//! tick of a poll beyond the first [`RETRIES`] have no owner.

use crate::class::Class;
use crate::plan::Plan;
use sixslot_sim_core::Purpose;
use std::collections::BTreeMap;

/// Retries within one tick of a poll that have an owner.
pub const RETRIES: u64 = 32;

/// What a random stream belongs to, by its index in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Owner {
    /// A parameter that is drawn once per load.
    Parameter(usize),
    /// A class of requests.
    Class(usize),
    /// A server cache.
    ServerCache(usize),
    /// A server.
    Origin(usize),
}

/// The purpose itself, and for a poll those of the retries within a tick.
fn with_retries(purpose: Purpose, class: &Class) -> impl Iterator<Item = Purpose> {
    let retries = if class.every.is_some() { u64::from(class.attempts - 1).min(RETRIES) } else { 0 };
    std::iter::once(purpose).chain((1..=retries).map(move |retry| purpose.numbered(retry)))
}

impl Plan {
    /// The owner of each random stream that a load may draw from.
    pub fn owners(&self) -> BTreeMap<Purpose, Owner> {
        let mut owners = BTreeMap::new();
        for (number, parameter) in self.parameters.iter().enumerate() {
            owners.insert(parameter.purpose, Owner::Parameter(number));
        }
        for (number, origin) in self.origins.iter().enumerate() {
            owners
                .extend([origin.connect_purpose, origin.noise_purpose].map(|purpose| (purpose, Owner::Origin(number))));
        }
        for (number, class) in self.classes.iter().enumerate() {
            let streams = &class.purposes;
            let once = [streams.start, streams.tick, streams.arrivals];
            let calls =
                [streams.stalled, streams.service, streams.work, streams.io_time, streams.body, streams.response_delay];
            let ends = [streams.status, streams.refused, streams.reset, streams.handshake, streams.jitter];
            let calls = calls.iter().chain(&ends).flat_map(|purpose| with_retries(*purpose, class));
            owners.extend(once.into_iter().chain(calls).map(|purpose| (purpose, Owner::Class(number))));
            for (position, cache) in class.looks_up.iter().enumerate() {
                let made = &self.server_caches[*cache];
                for purpose in [made.work_purpose, made.io_time_purpose] {
                    let purpose = purpose.on_behalf_of(streams.work).numbered(position as u64);
                    owners.extend(with_retries(purpose, class).map(|purpose| (purpose, Owner::ServerCache(*cache))));
                }
            }
        }
        owners
    }

    /// The name of an owner in the scenario, such as `session` or `parameters.slowness`.
    pub fn owner_name(&self, owner: Owner) -> String {
        match owner {
            Owner::Parameter(number) => format!("parameters.{}", self.parameters[number].name),
            Owner::Class(number) => self.classes[number].name.clone(),
            Owner::ServerCache(number) => format!("server_cache.{}", self.server_caches[number].name),
            Owner::Origin(number) => format!("origin.{}", self.origins[number].name),
        }
    }
}
