//! What the simulator says of a load that a browser plays.
//!
//! Rule: the scenario is played by the profile of the browser at hand, and by the plan that the script itself predicts with
//! ([`sixslot_lab::Script::prediction`]). Jobs of a server are no requests of the page.

use sixslot_lab::{Ending, MeasuredRequest, MeasuredVerdict};
use sixslot_models::Plan;
use sixslot_models::class::Kind;
use sixslot_models::load::{Extent, Load, LoadError, Outcome, Request};
use sixslot_sim_core::Time;

/// A load as the simulator plays it, told as a measured one is.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The page's requests and sockets, in the order in which they were issued.
    pub requests: Vec<MeasuredRequest>,
    /// What became of the load.
    pub verdict: MeasuredVerdict,
}

impl Prediction {
    /// Plays a load of a plan.
    ///
    /// # Errors
    /// A load beyond the limits of the models.
    pub fn play(plan: &Plan, seed: u64, load: u64) -> Result<Self, LoadError> {
        let mut memory = Load::new();
        memory.simulate(plan, seed, load, Extent::Whole)?;
        let seen = |request: &&Request| plan.classes[request.class].kind != Kind::Background;
        let told = |request: &Request| MeasuredRequest {
            class: plan.classes[request.class].name.clone(),
            index: request.index,
            attempt: request.attempt,
            tab: request.tab,
            issued_ms: request.issued.as_millis_f64(),
            arrived_ms: request.sent.map(Time::as_millis_f64),
            headers_ms: request.headers.map(Time::as_millis_f64),
            ended_ms: request.ended.map(Time::as_millis_f64),
            outcome: match request.outcome {
                Outcome::Ok => Ending::Ok,
                Outcome::Aborted => Ending::Aborted,
                Outcome::Coalesced => Ending::Coalesced,
                Outcome::Unfinished => Ending::Unfinished,
            },
            connection: request.connection,
        };
        let verdict = memory.verdict();
        Ok(Self {
            requests: memory.requests().iter().filter(seen).map(told).collect(),
            verdict: MeasuredVerdict {
                failed: verdict.failed,
                ready_ms: verdict.ready.map(Time::as_millis_f64),
                error_ms: verdict.error.map(Time::as_millis_f64),
                recovered_ms: verdict.recovered.map(Time::as_millis_f64),
            },
        })
    }
}
