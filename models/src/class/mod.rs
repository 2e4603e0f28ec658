//! A class of requests: what [request.NAME], [socket.NAME] or [background.NAME] says, with names resolved to numbers.
//!
//! Rule: a load touches no string of a scenario; classes, queues, origins and parameters are indices, and every random
//! quantity of a class has a purpose of its own, named after the class, so that two fixes draw alike.

mod names;
mod read;

pub(crate) use names::{Names, Table};

use crate::browser::Priority;
use crate::form::{Form, Linear};
use crate::url::UrlTemplate;
use sixslot_sim_core::{Distribution, Purpose, Span};

/// What kind of connection a class uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A request with an end.
    Fetch,
    /// A WebSocket.
    WebSocket,
    /// An EventSource.
    EventSource,
    /// A server's background calls: it comes from no browser.
    Background,
}

impl Kind {
    /// Whether it stays open.
    pub const fn is_socket(self) -> bool {
        matches!(self, Self::WebSocket | Self::EventSource)
    }
}

/// When the requests of a class start.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// Time from the tab's opening.
    At(Form),
    /// After an event of another class.
    After {
        /// The class that is waited for.
        class: usize,
        /// What of it.
        event: Event,
        /// Time from the event.
        delay: Form,
    },
    /// A Poisson process.
    Arrivals {
        /// Mean number a second.
        rate_per_second: f64,
        /// The law of the time between two, in seconds.
        gap: Distribution,
        /// None after this time.
        until: Span,
    },
}

/// Something in a request's life that others can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The page made it.
    Issued,
    /// The server has it.
    Sent,
    /// Its headers have come; for a socket, it is open.
    Headers,
    /// It has succeeded.
    Ok,
    /// It has failed.
    Failed,
    /// It has succeeded or failed.
    End,
}

impl Event {
    /// Number of events.
    pub const COUNT: usize = 6;
}

/// A request's method: what the browser's queues and cache tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// It may meet the cache.
    Get,
    /// It passes the cache by.
    Post,
}

impl Method {
    /// Its name in HTTP.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// A fetch's cache mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CacheMode {
    /// It may meet the cache.
    Default,
    /// It passes the cache by, and its answer is not kept.
    NoStore,
    /// It asks the cache for nothing; its answer is kept.
    Reload,
}

impl CacheMode {
    /// Its name in the Fetch standard.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::NoStore => "no-store",
            Self::Reload => "reload",
        }
    }
}

/// What a deadline waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadlineUntil {
    /// The end of the body.
    End,
    /// The headers.
    Headers,
    /// The server's having the request.
    Sent,
}

/// The streams of a class's random quantities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Purposes {
    /// When it starts.
    pub start: Purpose,
    /// The lag of its poll's timer.
    pub tick: Purpose,
    /// When the Poisson process arrives.
    pub arrivals: Purpose,
    /// The whole service time.
    pub service: Purpose,
    /// The server's work.
    pub work: Purpose,
    /// The latency after the work.
    pub io_time: Purpose,
    /// The body's time.
    pub body: Purpose,
}

/// A class of requests.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Class {
    /// Its name in the scenario.
    pub name: String,
    /// What kind of connection it uses.
    pub kind: Kind,
    /// Its URL.
    pub url: UrlTemplate,
    /// Index of its origin; 0 is the page's own.
    pub origin: usize,
    /// It goes without credentials.
    pub omits_credentials: bool,
    /// Number of copies.
    pub count: Linear,
    /// When they start.
    pub start: Start,
    /// The priority asked for.
    pub priority: Priority,
    /// Its rank by the browser's rules.
    pub rank: usize,
    /// Its method.
    pub method: Method,
    /// Its cache mode.
    pub cache: CacheMode,
    /// A GET that does not pass the cache by.
    pub cacheable: bool,
    /// Its answer says no-store.
    pub answer_no_store: bool,
    /// How long its response stays fresh in the cache.
    pub max_age: Option<Span>,
    /// The page aborts it this long after issuing it.
    pub deadline: Option<Span>,
    /// What the deadline waits for.
    pub deadline_until: DeadlineUntil,
    /// The poll's period.
    pub every: Option<Span>,
    /// How long after the first call the poll's timer is armed.
    pub timer_delay: Form,
    /// A tick or a retry is skipped while one is in flight.
    pub skip_while_in_flight: bool,
    /// The poll stops at its first success.
    pub until_ok: bool,
    /// A tick is skipped while this socket's last snapshot is younger than the span.
    pub skip_while_fresh: Option<(usize, Span)>,
    /// Calls in a row before the page gives up; 1 without retries.
    pub attempts: u32,
    /// Pauses before the retries; the last one repeats.
    pub backoff: Vec<Span>,
    /// A call joins one of the same URL in flight.
    pub dedupe: bool,
    /// Index of the framework queue that holds it.
    pub queue: Option<usize>,
    /// A whole service time.
    pub service: Option<Form>,
    /// The server's work.
    pub work: Form,
    /// The latency after the work.
    pub io_time: Form,
    /// Indices of the server caches that the server looks up for it.
    pub looks_up: Vec<usize>,
    /// The segment, from 1, before which it looks them up.
    pub lookup_before_segment: u32,
    /// Parts that the work and the wait come in.
    pub segments: u32,
    /// From the headers to the end; for a socket its life, or none if it stays.
    pub body: Option<Form>,
    /// The page reads the body.
    pub reads_body: bool,
    /// A socket's snapshots.
    pub snapshot_every: Option<Span>,
    /// The background calls whose successes bring a socket's data.
    pub snapshot_by: Vec<usize>,
    /// The streams of its random quantities.
    pub purposes: Purposes,
}

impl Class {
    fn bare(name: &str, kind: Kind) -> Self {
        let purpose = |what| Purpose::named(name).and(what);
        Self {
            name: name.to_owned(),
            kind,
            url: UrlTemplate::of(format!("/{name}")),
            origin: 0,
            omits_credentials: false,
            count: Linear::constant(1.0),
            start: Start::At(Form::constant(Span::ZERO)),
            priority: Priority::Auto,
            rank: 0,
            method: Method::Get,
            cache: CacheMode::Default,
            cacheable: false,
            answer_no_store: false,
            max_age: None,
            deadline: None,
            deadline_until: DeadlineUntil::End,
            every: None,
            timer_delay: Form::constant(Span::ZERO),
            skip_while_in_flight: false,
            until_ok: false,
            skip_while_fresh: None,
            attempts: 1,
            backoff: Vec::new(),
            dedupe: false,
            queue: None,
            service: None,
            work: Form::constant(Span::ZERO),
            io_time: Form::constant(Span::ZERO),
            looks_up: Vec::new(),
            lookup_before_segment: 1,
            segments: 1,
            body: Some(Form::constant(Span::ZERO)),
            reads_body: true,
            snapshot_every: None,
            snapshot_by: Vec::new(),
            purposes: Purposes {
                start: purpose(" start"),
                tick: purpose(" tick"),
                arrivals: purpose(" arrivals"),
                service: purpose(" service"),
                work: purpose(" work"),
                io_time: purpose(" wait"),
                body: purpose(" body"),
            },
        }
    }
}
