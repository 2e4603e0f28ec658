//! A class of requests: a table [request.NAME], [socket.NAME] or [background.NAME], with its names resolved to indices.
//!
//! Rule: a load reads no string of the scenario; classes, queues, origins and parameters are indices, and every random
//! quantity of a class has its own purpose, named after the class, so that all fixes see the same draws.

mod answer;
mod cause;
mod copies;
mod names;
mod read;
mod retry;

pub use answer::{Answer, Failure, Failures, UNAVAILABLE};
pub use cause::{After, Anchor, Copies, Event, Join};
pub(crate) use cause::{anchor_nodes, events};
pub use copies::CopySpec;
pub(crate) use names::{Names, Table};

use crate::browser::{Browser, Priority};
use crate::form::{Form, Linear};
use crate::url::UrlTemplate;
use sixslot_sim_core::{Distribution, Purpose, Span};

/// What kind of connection a class uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An ordinary request, which ends.
    Fetch,
    /// A WebSocket.
    WebSocket,
    /// An EventSource.
    EventSource,
    /// A server's background call: no browser sends it.
    Background,
}

impl Kind {
    /// Whether the connection stays open.
    pub const fn is_socket(self) -> bool {
        matches!(self, Self::WebSocket | Self::EventSource)
    }
}

/// When the requests of a class start.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// After this time from the tab's opening.
    At(Form),
    /// After events of other classes.
    After(After),
    /// A Poisson process.
    Arrivals {
        /// Mean number of requests per second.
        rate_per_second: f64,
        /// The distribution of the time between two arrivals, in seconds.
        gap: Distribution,
        /// No request arrives after this time.
        until: Span,
    },
}

/// A request's method, as far as the browser's queues and cache distinguish methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// May be answered by the cache.
    Get,
    /// May be answered by the cache, and stores nothing.
    Head,
    /// Bypasses the cache.
    Post,
}

impl Method {
    /// Its name in HTTP.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
        }
    }
}

/// A fetch's cache mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CacheMode {
    /// May be answered by the cache.
    Default,
    /// Bypasses the cache; the response is not stored.
    NoStore,
    /// Ignores stored responses; the response is stored.
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

/// The event that starts the time of a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadlineFrom {
    /// The call.
    Issued,
    /// The page passes the request to the browser: it has left its framework's queue.
    Queue,
    /// The browser has dispatched the request.
    Sent,
}

/// The event that a deadline waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadlineUntil {
    /// The end of the body.
    End,
    /// The headers.
    Headers,
    /// The arrival of the request at the server.
    Sent,
}

/// The streams of a class's random quantities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Purposes {
    /// The start time.
    pub start: Purpose,
    /// The time that the page holds it.
    pub stalled: Purpose,
    /// The delay of the poll's timer.
    pub tick: Purpose,
    /// The pause before a socket opens again.
    pub reconnect: Purpose,
    /// How long the browser delays a socket after others have failed.
    pub backoff: Purpose,
    /// The arrivals of the Poisson process.
    pub arrivals: Purpose,
    /// The whole service time.
    pub service: Purpose,
    /// The server's work.
    pub work: Purpose,
    /// The latency after the work.
    pub io_time: Purpose,
    /// The body's time.
    pub body: Purpose,
    /// The delay of an answer.
    pub response_delay: Purpose,
    /// The status of an answer.
    pub status: Purpose,
    /// Whether the connection is refused.
    pub refused: Purpose,
    /// Whether the connection is reset.
    pub reset: Purpose,
    /// Whether the server refuses the handshake.
    pub handshake: Purpose,
    /// The jitter of the pause before a retry.
    pub jitter: Purpose,
}

impl Purposes {
    /// The streams of a class with this name.
    fn of(name: &str) -> Self {
        let purpose = |what| Purpose::named(name).and(what);
        Self {
            start: purpose(" start"),
            stalled: purpose(" stalled"),
            tick: purpose(" tick"),
            reconnect: purpose(" reconnect"),
            backoff: purpose(" backoff"),
            arrivals: purpose(" arrivals"),
            service: purpose(" service"),
            work: purpose(" work"),
            io_time: purpose(" wait"),
            body: purpose(" body"),
            response_delay: purpose(" response delay"),
            status: purpose(" status"),
            refused: purpose(" refused"),
            reset: purpose(" reset"),
            handshake: purpose(" handshake"),
            jitter: purpose(" jitter"),
        }
    }
}

/// A class of requests.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Class {
    /// Its name in the scenario.
    pub name: String,
    /// What kind of connection it uses.
    pub kind: Kind,
    /// What its instances have in common.
    pub common: CopySpec,
    /// What each instance does where they differ; empty where all are alike.
    pub each: Vec<CopySpec>,
    /// Index of its origin; 0 is the page's own.
    pub origin: usize,
    /// Whether it is sent without credentials.
    pub omits_credentials: bool,
    /// Number of instances in each tab.
    pub count: Linear,
    /// Its cache mode.
    pub cache: CacheMode,
    /// Whether its response says no-store.
    pub answer_no_store: bool,
    /// How long its response stays fresh in the cache.
    pub max_age: Option<Span>,
    /// Until when, from the load's start, a response that an earlier load stored is fresh.
    pub fresh_for: Option<Span>,
    /// Time from `deadline_from` to the abort of the request by the page.
    pub deadline: Option<Span>,
    /// What starts that time.
    pub deadline_from: DeadlineFrom,
    /// What the deadline waits for.
    pub deadline_until: DeadlineUntil,
    /// Whether the deadline ends the request; if not, the page gives up and the request goes on.
    pub deadline_aborts: bool,
    /// Whether a call aborts the call of its instance before it.
    pub supersedes: bool,
    /// The poll's period.
    pub every: Option<Span>,
    /// Whether the period counts from the end of a call, not from tick to tick.
    pub every_from_end: bool,
    /// Time from the first call to the start of the poll's timer.
    pub timer_delay: Form,
    /// Whether a tick or a retry is skipped while a call is in flight.
    pub skip_while_in_flight: bool,
    /// Whether the poll stops at its first success.
    pub until_ok: bool,
    /// A tick is skipped while this socket's last snapshot is younger than the span.
    pub skip_while_fresh: Option<(usize, Span)>,
    /// Consecutive calls before the page gives up; 1 without retries.
    pub attempts: u32,
    /// Pauses before the retries; the last one repeats.
    pub backoff: Vec<Span>,
    /// The failures that are followed by a retry; none: all.
    pub retry_on: Option<Failures>,
    /// The largest share by which a pause before a retry is shortened at random.
    pub jitter: f64,
    /// Whether a retry waits at least for the answer's Retry-After.
    pub follows_retry_after: bool,
    /// How its calls end.
    pub answer: Answer,
    /// Whether a call joins a call of the same URL that is in flight.
    pub dedupe: bool,
    /// Index of the framework queue that holds it.
    pub queue: Option<usize>,
    /// The service time of the later calls of a poll or of a retry, where it differs from the first call's.
    pub later_service: Option<Form>,
    /// The server's work.
    pub work: Form,
    /// The latency after the work.
    pub io_time: Form,
    /// Indices of the server caches that the server looks up for it.
    pub looks_up: Vec<usize>,
    /// 1-based number of the segment before which the server looks them up.
    pub lookup_before_segment: u32,
    /// Number of equal parts that the work and the I/O time are divided into.
    pub segments: u32,
    /// Whether the page reads the body.
    pub reads_body: bool,
    /// A socket's snapshots.
    pub snapshot_every: Option<Span>,
    /// Time from the socket's end to its opening again; none: it stays closed.
    pub reconnect: Option<Form>,
    /// What each opening that fails multiplies the next pause by.
    pub reconnect_factor: f64,
    /// The longest such pause.
    pub reconnect_at_most: Option<Span>,
    /// The background calls whose successes bring a socket's data.
    pub snapshot_by: Vec<usize>,
    /// Index of the page that makes its calls; none: all pages.
    pub page: Option<usize>,
    /// The numbers of the tabs that make its calls; none: all.
    pub tabs: Option<Vec<u32>>,
    /// Events of any instance of a class, each of which cancels its calls.
    pub cancelled_by: Vec<Anchor>,
    /// Events that cancel its calls, and after which it makes none.
    pub unmounted_by: Vec<Anchor>,
    /// Events of any instance of a class, after which its calls have `raised_rank`.
    pub raised_by: Vec<Anchor>,
    /// The rank that they have then.
    pub raised_rank: usize,
    /// Whether the network sees a cancellation as an abort; if not, the request goes on.
    pub cancel_aborts: bool,
    /// Whether its calls outlive their page.
    pub keepalive: bool,
    /// Whether it is a navigation: its headers leave a page.
    pub navigates: bool,
    /// Whether a navigation from its page can end its calls as it starts, and they fail.
    pub breaks_at_navigation: bool,
    /// The streams of its random quantities.
    pub purposes: Purposes,
}

impl Class {
    /// Whether a tab makes its calls.
    pub fn is_in(&self, tab: u32) -> bool {
        self.tabs.as_ref().is_none_or(|tabs| tabs.contains(&tab))
    }

    /// Whether a browser ends its calls as the navigation from their page starts.
    pub fn ends_at_navigation(&self, browser: &Browser) -> bool {
        match self.kind {
            Kind::Fetch => browser.navigation_ends_calls && !self.keepalive && !self.navigates,
            Kind::EventSource => browser.navigation_ends_calls,
            Kind::WebSocket => browser.navigation_closes_websockets,
            Kind::Background => false,
        }
    }

    fn bare(name: &str, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            common: CopySpec {
                url: UrlTemplate::of(format!("/{name}")),
                start: Start::At(Form::constant(Span::ZERO)),
                priority: Priority::Auto,
                rank: 0,
                method: Method::Get,
                cacheable: false,
                stalled: None,
                service: None,
                work: None,
                body: Some(Form::constant(Span::ZERO)),
                body_bytes: None,
                request_bytes: 0,
            },
            each: Vec::new(),
            origin: 0,
            omits_credentials: false,
            count: Linear::constant(1.0),
            cache: CacheMode::Default,
            answer_no_store: false,
            max_age: None,
            fresh_for: None,
            deadline: None,
            deadline_from: DeadlineFrom::Issued,
            deadline_until: DeadlineUntil::End,
            deadline_aborts: true,
            supersedes: false,
            every: None,
            every_from_end: false,
            timer_delay: Form::constant(Span::ZERO),
            skip_while_in_flight: false,
            until_ok: false,
            skip_while_fresh: None,
            attempts: 1,
            backoff: Vec::new(),
            retry_on: None,
            jitter: 0.0,
            follows_retry_after: true,
            answer: Answer::default(),
            dedupe: false,
            queue: None,
            later_service: None,
            work: Form::constant(Span::ZERO),
            io_time: Form::constant(Span::ZERO),
            looks_up: Vec::new(),
            lookup_before_segment: 1,
            segments: 1,
            reads_body: true,
            snapshot_every: None,
            reconnect: None,
            reconnect_factor: 1.0,
            reconnect_at_most: None,
            snapshot_by: Vec::new(),
            page: None,
            tabs: None,
            cancelled_by: Vec::new(),
            unmounted_by: Vec::new(),
            raised_by: Vec::new(),
            raised_rank: 0,
            cancel_aborts: true,
            breaks_at_navigation: false,
            keepalive: false,
            navigates: false,
            purposes: Purposes::of(name),
        }
    }
}
