//! What hangs on less than the noise of a measurement.
//!
//! Rule: a load is replayed [`REPLAYS`] times in the simulator, with every service time and handshake moved by a length of
//! its own of at most [`SERVICE`] either way, every class's deadline and the horizon moved by [`DEADLINE`] either way or
//! left, and the browser's hand-over and connect costs halved, doubled or left; the first two replays move all deadlines
//! one way. An outcome hangs on the noise where a replay gives it otherwise (another outcome, or one of the two did not
//! reach the server, or there was no such request); a verdict, where a replay fails and the prediction does not, or the
//! other way round. The lengths are real time: a lab at a tenth of the time has ten times the noise in scenario time.
//!
//! The rule looks at the prediction only, never at what was measured: it cannot excuse a disagreement because it is one.

use super::identity::Identity;
use super::prediction::Prediction;
use sixslot_lab::{Ending, MeasuredRequest};
use sixslot_models::Plan;
use sixslot_models::load::LoadError;
use sixslot_sim_core::{Purpose, Span, Stream, Streams, Time};
use std::collections::{BTreeMap, BTreeSet};

/// How often a load is replayed.
pub const REPLAYS: u64 = 40;
/// How far a deadline is moved, in real milliseconds.
pub const DEADLINE: f64 = 20.0;
/// How far a service time is moved at most, in real milliseconds.
pub const SERVICE: f64 = 10.0;

/// What of a load hangs on the noise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hanging {
    /// The requests whose outcome does, those among them that the prediction does not have.
    pub requests: BTreeSet<Identity>,
    /// The load's verdict does.
    pub verdict: bool,
}

/// What of a request the rule looks at: its outcome, and whether the server had it.
fn fates(prediction: &Prediction) -> BTreeMap<Identity, (Ending, bool)> {
    let fate = |request: &MeasuredRequest| (Identity::of(request), (request.outcome, request.arrived_ms.is_some()));
    prediction.requests.iter().map(fate).collect()
}

/// Moves a span by some milliseconds; a deadline stays above 0.
fn moved(span: Span, ms: f64) -> Span {
    Span::from_seconds_f64(span.as_seconds_f64() + ms / 1e3).max(Span::from_millis(1))
}

/// The plan of one replay.
fn disturbed(plan: &Plan, replay: u64, scale: f64) -> Plan {
    let mut stream: Stream = Streams::new(0, replay).stream(Purpose::named("noise"), 0);
    let mut pick = |choices: [f64; 3]| choices[((stream.next_uniform() * 3.0) as usize).min(2)];
    let mut plan = plan.clone();
    let deadline = DEADLINE / scale;
    for class in &mut plan.classes {
        let by = match replay {
            0 => -deadline,
            1 => deadline,
            _ => pick([-deadline, 0.0, deadline]),
        };
        class.deadline = class.deadline.map(|span| moved(span, by));
        let most = Span::from_seconds_f64(SERVICE / scale / 1e3);
        match class.service.take() {
            Some(service) => class.service = Some(service.jittered(most, replay)),
            None => class.io_time = class.io_time.clone().jittered(most, replay),
        }
    }
    plan.horizon = Time::ZERO + moved(plan.horizon - Time::ZERO, pick([-deadline, 0.0, deadline]));
    let factor = pick([0.5, 1.0, 2.0]);
    for cost in [&mut plan.browser.dispatch, &mut plan.browser.connect] {
        *cost = Span::from_seconds_f64(cost.as_seconds_f64() * factor);
    }
    plan
}

impl Hanging {
    /// Finds what hangs on the noise in a load whose undisturbed prediction is given.
    ///
    /// # Errors
    /// A load beyond the limits of the models.
    pub fn find(plan: &Plan, seed: u64, load: u64, scale: f64, prediction: &Prediction) -> Result<Self, LoadError> {
        let mut hanging = Self::default();
        let own = fates(prediction);
        for replay in 0..REPLAYS {
            let other = Prediction::play(&disturbed(plan, replay, scale), seed, load)?;
            hanging.verdict |= other.verdict.failed != prediction.verdict.failed;
            let fates = fates(&other);
            let differ = own.iter().filter(|(identity, fate)| fates.get(identity) != Some(fate));
            let new = fates.keys().filter(|identity| !own.contains_key(identity));
            hanging.requests.extend(differ.map(|(identity, _)| identity).chain(new).cloned());
        }
        Ok(hanging)
    }
}
