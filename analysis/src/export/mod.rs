//! One load in the formats of other programs: HAR for DevTools, trace events for Performance and Perfetto, SVG to look at.
//!
//! Rule: an export is a function of the load alone: the same load gives the same bytes, and dates count from a fixed
//! epoch. A time goes where Chromium's DevTools would write it (front_end/models/har/Log.ts). Calls that never reached the
//! network (those that joined another, those that the page still held, the servers' background calls) are not entries.

mod har;
pub mod picture;
mod svg;
mod trace;

use crate::story::Story;
use crate::words::request_name;
use sixslot_models::Plan;
use sixslot_models::browser::Priority;
use sixslot_models::class::{Class, Copies, CopySpec, Event, Failure, Join, Kind, Start};
use sixslot_models::load::{Load, Outcome, Request, Station};
use sixslot_models::protocol::{Protocol, Tls};
use sixslot_sim_core::{Span, Time};
use std::collections::BTreeMap;

/// A load with its plan, fixes and seed.
#[derive(Debug)]
pub struct Subject<'a> {
    plan: &'a Plan,
    load: &'a Load,
    seed: u64,
    number: u64,
    fixes: &'a [String],
    /// When each connection was given to its first request.
    first_use: BTreeMap<u32, Time>,
    /// The requests of each class.
    of_class: Vec<Vec<&'a Request>>,
    /// For each class, whether its requests differ by instance, and by tab.
    differs: Vec<(bool, bool)>,
    page_url: String,
}

/// A format that a load can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// HTTP Archive 1.2 in Chrome's convention.
    Har,
    /// Chrome trace events.
    Trace,
    /// A picture.
    Svg,
}

impl Format {
    /// The load as the text of a file.
    ///
    /// # Errors
    /// None in practice: records of numbers and strings always become JSON.
    pub fn write(self, subject: &Subject<'_>) -> serde_json::Result<String> {
        match self {
            Self::Har => har::text(subject),
            Self::Trace => trace::text(subject),
            Self::Svg => Ok(svg::text(subject)),
        }
    }
}

/// A request's life in the phases of DevTools, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Phases {
    /// Held by the scheduler.
    queueing: Span,
    /// It waited at the cache lock or for a connection.
    stalled: Span,
    /// A connection was opened for it.
    connect: Option<Span>,
    /// Of that time, first the resolution of the host's name, and last the round trips of TLS.
    dns: Span,
    tls: Span,
    /// It had a connection and was being dispatched.
    send: Span,
    /// The server worked.
    wait: Span,
    /// The body was downloaded, or the socket was open.
    receive: Span,
}

impl<'a> Subject<'a> {
    /// A load that was simulated from a plan with these fixes, by its seed and number.
    pub fn new(plan: &'a Plan, load: &'a Load, seed: u64, number: u64, fixes: &'a [String]) -> Self {
        let mut first_use = BTreeMap::new();
        let mut of_class = vec![Vec::new(); plan.classes().len()];
        for request in load.requests() {
            of_class[request.class].push(request);
            if let (Some(connection), Some(from)) = (request.connection, request.slot_from) {
                let first = first_use.entry(connection).or_insert(from);
                *first = from.min(*first);
            }
        }
        let varies = |requests: &Vec<&Request>, number: fn(&Request) -> u32| {
            requests.iter().any(|request| number(request) != number(requests[0]))
        };
        let differs = |requests| (varies(requests, |request| request.index), varies(requests, |request| request.tab));
        let differs = of_class.iter().map(differs).collect();
        let mut subject =
            Self { plan, load, seed, number, fixes, first_use, of_class, differs, page_url: String::new() };
        subject.page_url = subject.document_url();
        subject
    }

    /// The name of a request: its class, and the numbers that distinguish it within the class.
    fn name(&self, request: &Request) -> String {
        let (by_copy, by_tab) = self.differs[request.class];
        request_name(&self.class(request).name, request, by_copy, by_tab)
    }

    fn class(&self, request: &Request) -> &'a Class {
        &self.plan.classes()[request.class]
    }

    /// The requests that the browser's network stack saw, in the order in which it saw them.
    fn on_network(&self) -> Vec<&'a Request> {
        let mut seen: Vec<&'a Request> =
            self.load.requests().iter().filter(|request| self.is_on_network(request)).collect();
        seen.sort_by_key(|request| network_start(request));
        seen
    }

    fn is_on_network(&self, request: &Request) -> bool {
        let passed = |(station, _): &(Station, &str)| *station != Station::Page && !request.spent(*station).is_zero();
        let had_answer = request.sent.is_some() || request.headers.is_some() || request.slot_from.is_some();
        let joined = request.outcome == Outcome::Coalesced;
        let was_there = had_answer || request.failure == Some(Failure::Refused) || Station::ALL.iter().any(passed);
        self.class(request).kind != Kind::Background && !joined && was_there
    }

    /// The URL as a browser would write it: absolute, with all invalid characters encoded.
    fn url(&self, request: &Request) -> String {
        let class = self.class(request);
        let raw = class.copy(request.index).url.expand(request.index, request.tab);
        let socket = class.kind == Kind::WebSocket;
        let whole = if raw.contains("://") {
            raw
        } else {
            let slash = if raw.starts_with('/') { "" } else { "/" };
            format!("{}://{}{slash}{raw}", self.scheme(class.origin, socket), self.host(class.origin))
        };
        encoded(whole.split('#').next().unwrap_or_default())
    }

    /// The host of an origin in a URL. Where the scenario has none: `.test` is reserved (RFC 6761).
    fn host(&self, origin: usize) -> String {
        let invented = || if origin == 0 { "page.test".to_owned() } else { format!("origin-{origin}.test") };
        self.plan.origins()[origin].host.clone().unwrap_or_else(invented)
    }

    /// An origin for people: its host, else its name in the scenario.
    fn origin_words(&self, origin: usize) -> String {
        let rules = &self.plan.origins()[origin];
        let name = || if origin == 0 { "the page's own origin".to_owned() } else { rules.name.clone() };
        rules.host.clone().unwrap_or_else(name)
    }

    fn scheme(&self, origin: usize, socket: bool) -> &'static str {
        match (socket, self.plan.origins()[origin].tls() != Tls::None) {
            (false, false) => "http",
            (false, true) => "https",
            (true, false) => "ws",
            (true, true) => "wss",
        }
    }

    /// The page's own URL, which stands for its document.
    fn document_url(&self) -> String {
        let document = self
            .load
            .requests()
            .iter()
            .find(|request| self.class(request).copy(request.index).priority == Priority::Highest);
        let own = document.filter(|request| self.class(request).origin == 0);
        own.map_or_else(|| format!("{}://{}/", self.scheme(0, false), self.host(0)), |request| self.url(request))
    }

    /// Whether a request was the first on its connection.
    fn opened_connection(&self, request: &Request) -> bool {
        let first = request.connection.and_then(|connection| self.first_use.get(&connection));
        first.is_some() && first == request.slot_from.as_ref()
    }

    fn phases(&self, request: &Request) -> Phases {
        let on_the_way = request.spent(Station::Connect);
        // A socket without a slot has a separate connection; with one, the connection was opened in the time before the slot.
        let opening = match (request.slot_from, request.sent) {
            (Some(from), Some(sent)) => on_the_way - (sent - from).min(on_the_way),
            _ => Span::ZERO,
        };
        let rules = &self.plan.origins()[self.class(request).origin];
        let queueing = request.spent(Station::Scheduler);
        let stalled = request.spent(Station::Cache) + request.spent(Station::Pool);
        let begins = network_start(request) + queueing + stalled;
        let resolved = self.load.resolved(self.class(request).origin).unwrap_or(begins).max(begins);
        let dns = (resolved - begins).min(opening);
        let opened = opening - dns;
        // QUIC's handshake is that of TLS too: browsers give the same time for both.
        let tls = match rules.protocol {
            Protocol::H3 => opened,
            _ => {
                let further = rules.tls().round_trips(rules.protocol) - 1;
                (self.load.rtt(self.class(request).origin) * further).min(opened)
            }
        };
        Phases {
            queueing,
            stalled,
            connect: self.opened_connection(request).then_some(opening),
            dns,
            tls,
            send: on_the_way - opening,
            wait: request.spent(Station::Server),
            receive: request.spent(Station::Body),
        }
    }

    /// The request that started this one by an event, if the scenario says so.
    fn trigger(&self, request: &Request) -> Option<&'a Request> {
        let Start::After(after) = &self.class(request).copy(request.index).start else { return None };
        let when = |other: &Request, event: Event| match event {
            Event::Issued => Some(other.issued),
            Event::Sent => other.sent,
            Event::Headers => other.headers,
            Event::Ok => other.ended.filter(|_| other.succeeded()),
            Event::Failed => other.ended.filter(|_| !other.succeeded()),
            Event::End => other.ended,
        };
        // Of several causes the one that decided: the last of all of them, the first of any.
        let met = after.anchors.iter().filter_map(|anchor| {
            let is_it = |other: &&Request| match anchor.copies {
                Copies::Every => true,
                Copies::One(copy) => other.index == copy,
                Copies::Same => other.index == request.index,
            };
            let calls = self.of_class[anchor.class].iter().copied().filter(is_it);
            let calls = calls.filter(|other| other.tab == request.tab);
            let times = calls.filter_map(|other| Some((when(other, anchor.event)?, other)));
            times.filter(|(time, _)| *time <= request.issued).max_by_key(|(time, _)| *time)
        });
        let decided = match after.join {
            Join::All => met.max_by_key(|(time, _)| *time),
            Join::Any => met.min_by_key(|(time, _)| *time),
        };
        decided.map(|(_, other)| other)
    }

    /// The resource type of a request in DevTools, guessed from its URL: a scenario does not contain it.
    fn resource_type(&self, request: &Request) -> &'static str {
        let class = self.class(request);
        let url = self.url(request);
        let path = url.split('?').next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        match (class.kind, extension) {
            (Kind::WebSocket, _) => "websocket",
            (Kind::EventSource, _) => "eventsource",
            (_, "css") => "stylesheet",
            (_, "js" | "mjs" | "ts" | "tsx" | "jsx" | "vue" | "svelte") => "script",
            (_, "png" | "jpg" | "jpeg" | "gif" | "svg" | "webp" | "avif" | "ico") => "image",
            (_, "woff" | "woff2" | "ttf" | "otf") => "font",
            _ if class.copy(request.index).priority == Priority::Highest => "document",
            _ if class.copy(request.index).priority == Priority::Lowest => "prefetch",
            _ => "fetch",
        }
    }

    /// The identity of a load, in one line.
    fn label(&self) -> String {
        let fixes = if self.fixes.is_empty() { "no fix".to_owned() } else { format!("fix {}", self.fixes.join(" + ")) };
        format!("load {}, seed {}, {fixes}", self.number, self.seed)
    }

    /// The load as a picture for a page that already has a heading for it.
    pub fn figure(&self) -> String {
        svg::figure(self)
    }

    /// The outcome of the load, in a sentence or two.
    pub fn outcome(&self) -> String {
        Story { plan: self.plan, load: self.load }.outcome()
    }

    /// The lane of each request that held a slot of an origin, and how many lanes there are. A request takes the lowest
    /// lane that is free, so that six slots are six lanes although connections change; requests without
    /// credentials have separate lanes if they have separate slots.
    fn lanes(&self, origin: usize) -> (Vec<(usize, &'a Request)>, usize) {
        let apart =
            |request: &Request| self.plan.browser().partition_by_credentials && self.class(request).omits_credentials;
        let mut holders: Vec<&'a Request> = self.load.requests().iter().collect();
        holders.retain(|request| self.class(request).origin == origin && request.slot_from.is_some());
        holders.sort_by_key(|request| (apart(request), request.slot_from));
        let mut free_from: Vec<Time> = Vec::new();
        let mut lanes = Vec::with_capacity(holders.len());
        let mut first = 0;
        for request in holders {
            let from = request.slot_from.unwrap_or(Time::ZERO);
            let until = request.slot_until.unwrap_or(self.plan.horizon());
            if first == 0 && apart(request) {
                first = free_from.len();
            }
            let free = free_from[first..].iter().position(|free| *free <= from);
            let lane = free.map_or(free_from.len(), |lane| first + lane);
            if lane == free_from.len() {
                free_from.push(until);
            } else {
                free_from[lane] = until;
            }
            lanes.push((lane, request));
        }
        (lanes, free_from.len())
    }

    /// The times at which the number of requests of an origin that wait for a connection changes, with the new number.
    fn queue_depth(&self, origin: usize) -> Vec<(Time, usize)> {
        let mut changes: Vec<(Time, isize)> = Vec::new();
        for request in self.load.requests().iter().filter(|request| self.class(request).origin == origin) {
            if let Some((from, until)) = pool_wait(request) {
                changes.push((from, 1));
                changes.push((until, -1));
            }
        }
        steps(changes)
    }
}

/// A number over time from its changes: the times at which it changes, with the new number.
fn steps(mut changes: Vec<(Time, isize)>) -> Vec<(Time, usize)> {
    changes.sort_unstable();
    let mut steps: Vec<(Time, usize)> = Vec::new();
    let mut number = 0_isize;
    for (time, change) in changes {
        number += change;
        let number = usize::try_from(number).unwrap_or(0);
        match steps.last_mut() {
            Some(last) if last.0 == time => last.1 = number,
            _ => steps.push((time, number)),
        }
    }
    steps
}

/// The times between which a request waited for a connection.
fn pool_wait(request: &Request) -> Option<(Time, Time)> {
    let wait = request.spent(Station::Pool);
    let from = network_start(request) + request.spent(Station::Scheduler) + request.spent(Station::Cache);
    (!wait.is_zero()).then(|| (from, from + wait))
}

/// When the network stack received a request: a browser does not see the page's own queue.
fn network_start(request: &Request) -> Time {
    request.issued + request.spent(Station::Page)
}

/// Time that a request spent in the network stack, up to its end or the end of the load.
fn network_life(request: &Request) -> Span {
    Station::ALL.iter().skip(1).map(|(station, _)| request.spent(*station)).sum()
}

/// The priority as Chromium's DevTools names it; `high` changes nothing for a fetch.
const fn priority(copy: &CopySpec) -> &'static str {
    match copy.priority {
        Priority::Highest => "VeryHigh",
        Priority::High | Priority::Auto => "High",
        Priority::Low => "Low",
        Priority::Lowest => "VeryLow",
    }
}

/// A URL with invalid characters percent-encoded (RFC 3986).
fn encoded(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for byte in url.bytes() {
        let plain = byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
        if plain {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for half in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(half)]));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn a_url_holds_only_what_may_stand_in_one() {
        assert_eq!(encoded("/a?b=c&d=%20[1]"), "/a?b=c&d=%20[1]");
        assert_eq!(encoded("/<i>\"\u{202e}"), "/%3Ci%3E%22%E2%80%AE");
    }
}
