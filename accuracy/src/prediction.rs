//! The simulator's prediction of a load that a browser runs.
//!
//! Rule: the plan has the profile of the same browser and is the one that the script predicts with
//! ([`sixslot_lab::Script::prediction`]). Jobs of a server are no requests of the page.

use sixslot_lab::{Ending, MeasuredRequest, MeasuredVerdict};
use sixslot_models::Plan;
use sixslot_models::class::{Failure, Kind};
use sixslot_models::load::{Draws, Extent, Load, LoadError, Outcome, Request};
use sixslot_sim_core::{Span, Time};

/// A simulated load in the form of a measured one.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The page's requests and sockets, in the order in which they were issued.
    pub requests: Vec<MeasuredRequest>,
    /// The load's verdict.
    pub verdict: MeasuredVerdict,
}

impl Prediction {
    /// Simulates a load of a plan.
    ///
    /// # Errors
    /// The load exceeds a limit of the simulator.
    pub fn simulate(plan: &Plan, seed: u64, load: u64) -> Result<Self, LoadError> {
        let mut memory = Load::new();
        memory.simulate(plan, seed, load, Extent::Whole)?;
        // The server has a request half a round trip after the browser has sent its head.
        let draws = Draws::new(plan, seed, load)?;
        let halves: Vec<Span> = plan.origins().iter().map(|origin| draws.rtt(&origin.path) / 2).collect();
        let head = |request: &Request| Some(request.sent? + halves[plan.classes()[request.class].origin]);
        // A page does not see the end of a body that it does not read.
        let unread = |request: &Request| {
            let class = &plan.classes()[request.class];
            class.kind == Kind::Fetch && !class.reads_body && request.headers.is_some()
        };
        let seen = |request: &&Request| plan.classes()[request.class].kind != Kind::Background;
        let measured = |request: &Request| MeasuredRequest {
            class: plan.classes()[request.class].name.clone(),
            index: request.index,
            attempt: request.attempt,
            tab: request.tab,
            issued_ms: request.issued.as_millis_f64(),
            arrived_ms: request.reaches.or(head(request)).map(Time::as_millis_f64),
            headers_ms: request.headers.map(Time::as_millis_f64),
            ended_ms: if unread(request) { request.headers } else { request.ended }.map(Time::as_millis_f64),
            outcome: match request.outcome {
                _ if unread(request) && request.failure.is_some_and(|failure| failure != Failure::Reset) => {
                    Ending::Failed
                }
                _ if unread(request) => Ending::Ok,
                Outcome::Ok => Ending::Ok,
                Outcome::Aborted => Ending::Aborted,
                Outcome::Failed => Ending::Failed,
                Outcome::Coalesced => Ending::Coalesced,
                Outcome::Unfinished => Ending::Unfinished,
            },
            connection: request.connection,
        };
        let verdict = memory.verdict();
        Ok(Self {
            requests: memory.requests().iter().filter(seen).map(measured).collect(),
            verdict: MeasuredVerdict {
                failed: verdict.failed,
                ready_ms: verdict.ready.map(Time::as_millis_f64),
                error_ms: verdict.error.map(Time::as_millis_f64),
                recovered_ms: verdict.recovered.map(Time::as_millis_f64),
            },
        })
    }
}
