//! Joins the reports of the pages with the arrivals logged by the server.

use crate::measured::{Ending, MeasuredRequest};
use crate::script::Script;
use crate::server::keeper::Identity;
use crate::server::stage::Arrival;
use crate::verdict::Settled;
use serde::Deserialize;
use sixslot_models::load::Call;
use std::collections::BTreeMap;
use std::time::Instant;

/// A page's report. Times are real milliseconds; those of calls are since the start of the load by the page's clock.
#[derive(Debug, Deserialize)]
pub(crate) struct Report {
    pub(crate) clock: PageClock,
    start: f64,
    calls: Vec<ReportedCall>,
}

/// The server's clock minus the page's is `offset`, with an error of at most `error`; real milliseconds.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct PageClock {
    offset: f64,
    pub(crate) error: f64,
}

/// A request, as a page reports it.
#[derive(Debug, Deserialize)]
struct ReportedCall {
    class: usize,
    index: u32,
    attempt: u32,
    tick: u32,
    #[serde(rename = "tickAttempt")]
    tick_attempt: u32,
    issued: f64,
    headers: Option<f64>,
    ended: Option<f64>,
    outcome: Ending,
    settled: Option<f64>,
    ok: Option<bool>,
    retried: bool,
    error: Option<String>,
}

/// The joined records of a load.
#[derive(Debug, Default)]
pub(crate) struct Joined {
    pub(crate) requests: Vec<MeasuredRequest>,
    pub(crate) settled: Vec<Settled>,
    /// Requests that failed for a reason that the load's draws do not have.
    pub(crate) errors: Vec<String>,
}

/// Joins the tabs' reports with arrivals; `start` is the start of the load by the server's clock, in ms and as an
/// instant.
pub(crate) fn join(
    script: &Script,
    reports: &BTreeMap<u32, Report>,
    arrivals: &[Arrival],
    start: (f64, Instant),
) -> Joined {
    let arrived = |arrival: &Arrival| {
        let (after, before) = (
            arrival.at.saturating_duration_since(start.1).as_secs_f64(),
            start.1.saturating_duration_since(arrival.at).as_secs_f64(),
        );
        (after - before) * 1e3 / script.scale
    };
    let horizon = script.plan.horizon().as_millis_f64();
    let mut came: BTreeMap<Identity, Arrival> = BTreeMap::new();
    // At the horizon the load is over, and what it ends lets others go.
    for arrival in arrivals.iter().filter(|arrival| arrived(arrival) <= horizon) {
        // A browser repeats a request by itself when its connection is lost; the first arrival counts.
        came.entry(arrival.identity).or_insert(*arrival);
    }
    let mut numbers: Vec<u32> = arrivals.iter().map(|arrival| arrival.connection).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let number = |connection| numbers.binary_search(&connection).ok().and_then(|at| u32::try_from(at + 1).ok());
    let mut joined = Joined::default();
    for (tab, report) in reports {
        // The page computed its start from an earlier, coarser comparison of the clocks.
        let shift = report.start + report.clock.offset - start.0;
        let scenario = |time: f64| (time + shift) / script.scale;
        for call in &report.calls {
            let Some(class) = script.plan.classes().get(call.class) else { continue };
            let key = Call { index: call.index, tab: *tab, tick: call.tick, attempt: call.tick_attempt };
            let identity = Identity { class: call.class, attempt: call.attempt, call: key };
            let arrival = came.get(&identity);
            joined.requests.push(MeasuredRequest {
                class: class.name.clone(),
                index: call.index,
                attempt: call.attempt,
                tab: *tab,
                issued_ms: scenario(call.issued),
                arrived_ms: arrival.map(arrived),
                headers_ms: call.headers.map(scenario),
                ended_ms: call.ended.map(scenario),
                outcome: call.outcome,
                connection: arrival.and_then(|arrival| number(arrival.connection)),
            });
            if let (Some(at), Some(ok)) = (call.settled, call.ok) {
                joined.settled.push(Settled {
                    class: call.class,
                    index: call.index,
                    tab: *tab,
                    issued_ms: scenario(call.issued),
                    at_ms: scenario(at),
                    ok,
                    retried: call.retried,
                });
            }
            if let Some(error) = call.error.as_ref().filter(|_| !script.breaks(class, key)) {
                joined.errors.push(format!("{} {} (attempt {}): {error}", class.name, call.index, call.attempt));
            }
        }
    }
    joined.requests.sort_by(|one, other| one.issued_ms.total_cmp(&other.issued_ms));
    joined.settled.sort_by(|one, other| one.at_ms.total_cmp(&other.at_ms));
    joined
}
