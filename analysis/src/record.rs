//! One load as JSON, a stable format for other programs.
//!
//! Rule: times are milliseconds from the start of the load, null for what never happened; the fields
//! keep their order, and new fields may follow them.

use crate::page_end;
use serde::Serialize;
use sixslot_models::Plan;
use sixslot_models::class::{Failure, Kind};
use sixslot_models::load::{AbortedBy, Load, LoadState, Need, Outcome, Request, Station};
use sixslot_sim_core::{Span, Time};

/// One load.
#[derive(Debug, Serialize)]
pub struct LoadRecord<'a> {
    /// The scenario's title.
    pub scenario: &'a str,
    /// The seed.
    pub seed: u64,
    /// The load's number.
    pub load: u64,
    /// The fixes that were applied.
    pub fixes: &'a [String],
    /// Its outcome.
    pub outcome: OutcomeRecord<'a>,
    /// Its requests, in the order in which the page issued them.
    pub requests: Vec<RequestRecord<'a>>,
    /// Its sockets.
    pub sockets: Vec<RequestRecord<'a>>,
    /// The servers' background calls.
    pub background: Vec<RequestRecord<'a>>,
    /// The values of the parameters in this load.
    pub parameters: std::collections::BTreeMap<&'a str, f64>,
    /// What to know about the verdict ([`crate::notes`]).
    pub notes: Vec<String>,
}

/// The outcome of a load.
#[derive(Debug, Serialize)]
pub struct OutcomeRecord<'a> {
    /// Whether it counts as failed; null where nothing can fail.
    pub failed: Option<bool>,
    /// When the page was ready.
    pub ready_ms: Option<f64>,
    /// When it showed its error.
    pub error_ms: Option<f64>,
    /// When a success cleared the error.
    pub recovered_ms: Option<f64>,
    /// Whether it did not fail and was not ready by the horizon.
    pub late: bool,
    /// Whether it did not fail and was ready by the horizon.
    pub ready: bool,
    /// NAME of the `[load.error.NAME]` that was shown.
    pub error: Option<&'a str>,
    /// The requests that the page needs, in each tab.
    pub needs: Vec<NeedRecord<'a>>,
    /// The page's end: when its last request ended; null where the horizon came first.
    pub end_ms: Option<f64>,
}

/// A request that the page needs in a tab.
#[derive(Debug, Serialize)]
pub struct NeedRecord<'a> {
    request: &'a str,
    tab: u32,
    ready_ms: Option<f64>,
}

impl<'a> OutcomeRecord<'a> {
    fn new(plan: &'a Plan, load: &Load) -> Self {
        let (verdict, rules) = (load.verdict(), plan.load());
        let need = |need: Need| NeedRecord {
            request: &plan.classes()[need.class].name,
            tab: need.tab,
            ready_ms: need.ready.map(Time::as_millis_f64),
        };
        Self {
            failed: rules.can_fail.then_some(verdict.failed),
            ready_ms: verdict.ready.map(Time::as_millis_f64),
            error_ms: verdict.error.map(Time::as_millis_f64),
            recovered_ms: verdict.recovered.map(Time::as_millis_f64),
            late: verdict.state() == LoadState::Late,
            ready: verdict.state() == LoadState::Ready,
            error: verdict.rule.and_then(|rule| rules.errors[rule].name.as_deref()),
            needs: load.needs(plan).into_iter().map(need).collect(),
            end_ms: page_end::of(plan, load).map(Time::as_millis_f64),
        }
    }
}

/// One request.
#[derive(Debug, Serialize)]
pub struct RequestRecord<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    attempt: u32,
    tab: u32,
    url: String,
    priority: &'static str,
    issued_ms: f64,
    sent_ms: Option<f64>,
    headers_ms: Option<f64>,
    ended_ms: Option<f64>,
    outcome: &'static str,
    /// The HTTP status, where it is not that of most answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    /// Why the page gave the call up, where that was not its deadline, or where the request went on.
    #[serde(skip_serializing_if = "Option::is_none")]
    aborted_by: Option<&'static str>,
    /// When the page gave it up, where the request went on.
    #[serde(skip_serializing_if = "Option::is_none")]
    gave_up_ms: Option<f64>,
    connection: Option<u32>,
    held_ms: Held,
    server_ms: f64,
    connect_ms: f64,
    body_ms: f64,
    index: u32,
    service_ms: f64,
}

#[derive(Debug, Serialize)]
struct Held {
    page: f64,
    scheduler: f64,
    cache: f64,
    pool: f64,
}

/// The word for an outcome.
pub const fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Aborted => "aborted",
        Outcome::Failed => "failed",
        Outcome::Coalesced => "coalesced",
        Outcome::Unfinished => "unfinished",
    }
}

/// The word for why the page gave a call up. An abort without one is by its deadline.
fn aborted_by(request: &Request) -> Option<&'static str> {
    let word = match request.aborted_by()? {
        AbortedBy::NextCall => "next-call",
        AbortedBy::Event => "event",
        AbortedBy::Navigation => "navigation",
        _ => "deadline",
    };
    Some(word).filter(|word| *word != "deadline" || request.gave_up.is_some())
}

impl<'a> LoadRecord<'a> {
    /// The record of a load that has been simulated.
    pub fn new(plan: &'a Plan, load: &Load, seed: u64, number: u64, fixes: &'a [String]) -> Self {
        let record = |request: &Request| RequestRecord::new(plan, request);
        let of = |wanted: fn(Kind) -> bool| {
            let requests = load.requests().iter();
            requests.filter(|request| wanted(plan.classes()[request.class].kind)).map(record).collect()
        };
        let names = plan.parameters().iter().map(|parameter| parameter.name.as_str());
        Self {
            scenario: plan.title(),
            seed,
            load: number,
            fixes,
            outcome: OutcomeRecord::new(plan, load),
            requests: of(|kind| kind == Kind::Fetch),
            sockets: of(Kind::is_socket),
            background: of(|kind| kind == Kind::Background),
            parameters: names.zip(load.parameters().iter().copied()).collect(),
            notes: crate::notes::notes(plan),
        }
    }
}

impl<'a> RequestRecord<'a> {
    /// The record of a request of the plan.
    pub fn new(plan: &'a Plan, request: &Request) -> Self {
        let class = &plan.classes()[request.class];
        let spent = |station| Span::as_millis_f64(request.spent(station));
        let priorities = sixslot_models::browser::PRIORITIES;
        Self {
            name: &class.name,
            kind: match class.kind {
                Kind::Fetch => None,
                Kind::Background => Some("background"),
                Kind::WebSocket => Some("websocket"),
                Kind::EventSource => Some("event-source"),
            },
            attempt: request.attempt,
            tab: request.tab,
            url: class.copy(request.index).url.expand(request.index, request.tab),
            priority: priorities
                .iter()
                .find(|(_, other)| *other == class.copy(request.index).priority)
                .map_or("auto", |(word, _)| word),
            issued_ms: request.issued.as_millis_f64(),
            sent_ms: request.sent.map(Time::as_millis_f64),
            headers_ms: request.headers.map(Time::as_millis_f64),
            ended_ms: request.ended.map(Time::as_millis_f64),
            outcome: outcome_word(request.outcome),
            status: request.headers.map(|_| request.status).filter(|status| *status != 200),
            error: request.failure.and_then(Failure::net_error),
            aborted_by: aborted_by(request),
            gave_up_ms: request.gave_up.map(Time::as_millis_f64),
            connection: request.connection,
            held_ms: Held {
                page: spent(Station::Page),
                scheduler: spent(Station::Scheduler),
                cache: spent(Station::Cache),
                pool: spent(Station::Pool),
            },
            server_ms: spent(Station::Server),
            connect_ms: spent(Station::Connect),
            body_ms: spent(Station::Body),
            index: request.index,
            service_ms: request.drawn.as_millis_f64(),
        }
    }
}
