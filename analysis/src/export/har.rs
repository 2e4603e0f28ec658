//! A load as an HTTP Archive 1.2, written as Chrome's DevTools would have written it.
//!
//! Rule (front_end/models/har/Log.ts, measured): a request without response headers has its whole life in `blocked` and
//! status 0; if it was never sent, `_blocked_queueing` is -1 and it has no Host header. An answered one has its time in the
//! scheduler in `_blocked_queueing`, and that plus the rest of its waiting in `blocked`. A call still in flight
//! when the load ends has neither an error nor an end: DevTools writes a negative `blocked`, here -1, and time 0. The true
//! times are in `_sixslot`, in the format of `sixslot run --format json`.

use super::{Phases, Subject, network_life, network_start, priority};
use crate::record::{LoadRecord, OutcomeRecord, RequestRecord};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sixslot_models::class::{Failure, Kind, Method};
use sixslot_models::load::{Outcome, Request};
use sixslot_models::protocol::Protocol;
use sixslot_sim_core::{Span, Time};
use std::collections::BTreeMap;

/// The last digits of the day on which every load starts.
const DAY: &str = "2026-01-0";

#[derive(Serialize)]
struct Har<'a> {
    log: Log<'a>,
}

#[derive(Serialize)]
struct Log<'a> {
    version: &'static str,
    creator: Creator,
    pages: Vec<Page<'a>>,
    entries: Vec<Entry<'a>>,
    comment: String,
    #[serde(rename = "_sixslot")]
    truth: Truth<'a>,
}

#[derive(Serialize)]
struct Creator {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Page<'a> {
    #[serde(rename = "startedDateTime")]
    started: String,
    id: String,
    title: &'a str,
    #[serde(rename = "pageTimings")]
    timings: PageTimings,
}

#[derive(Serialize)]
struct PageTimings {
    #[serde(rename = "onContentLoad")]
    content: f64,
    #[serde(rename = "onLoad")]
    load: f64,
    comment: &'static str,
}

/// The simulation's own record of the load.
#[derive(Serialize)]
struct Truth<'a> {
    scenario: &'a str,
    seed: u64,
    load: u64,
    fixes: &'a [String],
    outcome: OutcomeRecord<'a>,
    verdict: String,
    horizon_ms: f64,
    parameters: BTreeMap<&'a str, f64>,
    /// Calls that the network never saw, and why.
    left_out: Vec<LeftOut<'a>>,
}

#[derive(Serialize)]
struct LeftOut<'a> {
    reason: &'static str,
    #[serde(flatten)]
    request: RequestRecord<'a>,
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(rename = "_connectionId", skip_serializing_if = "Option::is_none")]
    connection_id: Option<String>,
    #[serde(rename = "_fromCache", skip_serializing_if = "Option::is_none")]
    from_cache: Option<&'static str>,
    #[serde(rename = "_initiator")]
    initiator: Value,
    #[serde(rename = "_priority", skip_serializing_if = "Option::is_none")]
    priority: Option<&'static str>,
    #[serde(rename = "_resourceType")]
    resource_type: &'static str,
    #[serde(rename = "_webSocketMessages", skip_serializing_if = "Option::is_none")]
    messages: Option<[Value; 0]>,
    cache: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<&'static str>,
    pageref: String,
    request: Value,
    response: Value,
    #[serde(rename = "startedDateTime")]
    started: String,
    time: f64,
    timings: Timings,
    #[serde(rename = "_sixslot")]
    truth: RequestRecord<'a>,
}

#[derive(Serialize)]
struct Timings {
    blocked: f64,
    dns: f64,
    ssl: f64,
    connect: f64,
    send: f64,
    wait: f64,
    receive: f64,
    #[serde(rename = "_blocked_queueing")]
    queueing: f64,
}

impl Timings {
    /// The value of a time that was not measured.
    const NONE: Self =
        Self { blocked: -1.0, dns: -1.0, ssl: -1.0, connect: -1.0, send: 0.0, wait: 0.0, receive: 0.0, queueing: -1.0 };

    /// The parts, in nanoseconds so that their sum is exact.
    fn answered(phases: &Phases) -> (Self, Span) {
        let Phases { queueing, stalled, connect, dns, tls, send, wait, receive } = *phases;
        let blocked = queueing + stalled;
        let timings = Self {
            blocked: blocked.as_millis_f64(),
            dns: connect.map_or(-1.0, |_| dns.as_millis_f64()),
            // A part of `connect`.
            ssl: connect.filter(|_| !tls.is_zero()).map_or(-1.0, |_| tls.as_millis_f64()),
            connect: connect.map_or(-1.0, |connect| (connect - dns).as_millis_f64()),
            send: send.as_millis_f64(),
            wait: wait.as_millis_f64(),
            receive: receive.as_millis_f64(),
            queueing: queueing.as_millis_f64(),
        };
        (timings, blocked + connect.unwrap_or(Span::ZERO) + send + wait + receive)
    }
}

/// A time of the load as a date: a horizon is at most a day.
fn date(time: Time) -> String {
    let milliseconds = time.as_nanos() / 1_000_000;
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    format!("{DAY}{}T{:02}:{:02}:{:02}.{rest:03}Z", 1 + hours / 24, hours % 24, minutes % 60, seconds % 60)
}

fn header(name: &str, value: impl Into<Value>) -> Value {
    json!({"name": name, "value": value.into()})
}

impl<'a> Subject<'a> {
    fn entry(&self, request: &Request) -> Entry<'a> {
        let class = &self.plan.classes()[request.class];
        let socket = class.kind == Kind::WebSocket;
        // A stored response has headers, although its request was never sent.
        let from_cache = request.headers.is_some() && request.sent.is_none();
        let (timings, time) = self.timings(request, from_cache);
        let has_connection = request.headers.is_some() && !from_cache;
        Entry {
            connection_id: request.connection.filter(|_| has_connection).map(|number| number.to_string()),
            from_cache: from_cache.then_some("disk"),
            initiator: self.initiator(request),
            priority: (!socket).then_some(priority(class.copy(request.index))),
            resource_type: self.resource_type(request),
            messages: socket.then_some([]),
            cache: Map::new(),
            connection: has_connection.then_some(if self.protocol(request) == "http/1.1" { "80" } else { "443" }),
            pageref: format!("page_{}", request.tab + 1),
            request: self.request(request),
            response: self.response(request, from_cache),
            started: date(network_start(request)),
            time: time.as_millis_f64(),
            timings,
            truth: RequestRecord::new(self.plan, request),
        }
    }

    fn timings(&self, request: &Request, from_cache: bool) -> (Timings, Span) {
        let class = self.class(request);
        let phases = self.phases(request);
        let life = network_life(request);
        let sent = request.sent.is_some();
        let queueing = if sent { phases.queueing.as_millis_f64() } else { -1.0 };
        match (request.headers, request.ended) {
            (None, None) => (Timings { queueing, ..Timings::NONE }, Span::ZERO),
            (None, Some(_)) => (Timings { blocked: life.as_millis_f64(), queueing, ..Timings::NONE }, life),
            (Some(_), _) if from_cache => Timings::answered(&Phases { connect: None, ..phases }),
            (Some(headers), ended) if class.kind == Kind::WebSocket => {
                // Its whole handshake, including the time before it, is in `wait`: DevTools does not divide it.
                let wait = headers - network_start(request);
                let receive = ended.map_or(Span::ZERO, |ended| ended - headers);
                let (wait_ms, receive_ms) = (wait.as_millis_f64(), receive.as_millis_f64());
                (Timings { wait: wait_ms, receive: receive_ms, ..Timings::NONE }, wait + receive)
            }
            (Some(_), ended) => {
                // DevTools has the last chunk of a body that is still downloading; of a silent one none.
                let silent = ended.is_none() && (class.kind.is_socket() || !class.reads_body);
                let receive = if silent { Span::ZERO } else { phases.receive };
                Timings::answered(&Phases { receive, ..phases })
            }
        }
    }

    fn initiator(&self, request: &Request) -> Value {
        match self.trigger(request) {
            Some(trigger) => json!({"type": "script", "url": self.url(trigger)}),
            None if self.resource_type(request) == "document" => json!({"type": "other"}),
            None => json!({"type": "script"}),
        }
    }

    pub(super) fn protocol(&self, request: &Request) -> &'static str {
        let class = self.class(request);
        // A WebSocket is taken for one over HTTP/1.1, which Chromium opens to every origin.
        if class.kind == Kind::WebSocket {
            Protocol::H1.name()
        } else {
            self.plan.origins()[class.origin].protocol.name()
        }
    }

    fn request(&self, request: &Request) -> Value {
        let class = self.class(request);
        let url = self.url(request);
        // Provisional headers are those set by the page; the network stack adds the others when it sends the request.
        let mut headers = vec![header("Referer", self.page_url.as_str()), header("User-Agent", "sixslot")];
        let copy = class.copy(request.index);
        if !copy.cacheable && class.kind == Kind::Fetch && copy.method == Method::Get {
            headers.push(header("Cache-Control", "no-cache"));
        }
        if request.sent.is_some() {
            let host = url.split('/').nth(2).map_or_else(|| self.host(class.origin), str::to_owned);
            headers.push(header("Host", host));
            headers.push(header("Accept", "*/*"));
            let connection = match (class.kind, self.plan.origins()[class.origin].protocol) {
                (Kind::WebSocket, _) => Some("Upgrade"),
                (_, Protocol::H1) => Some("keep-alive"),
                // Forbidden in HTTP/2 and HTTP/3 (RFC 9113, section 8.2.2).
                (_, Protocol::H2 | Protocol::H3) => None,
            };
            headers.extend(connection.map(|value| header("Connection", value)));
        }
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let query = query.split('&').filter(|part| !part.is_empty());
        let query =
            query.map(|part| part.split_once('=').unwrap_or((part, ""))).map(|(name, value)| header(name, value));
        json!({
            "method": copy.method.name(), "url": url, "httpVersion": self.protocol(request), "headers": headers,
            "queryString": query.collect::<Vec<_>>(), "cookies": [], "headersSize": -1,
            "bodySize": copy.request_bytes,
        })
    }

    fn response(&self, request: &Request, from_cache: bool) -> Value {
        let class = self.class(request);
        let kind = self.resource_type(request);
        let answered = request.headers.is_some();
        let mime = match kind {
            "eventsource" => "text/event-stream",
            "document" => "text/html",
            "stylesheet" => "text/css",
            "script" => "text/javascript",
            "fetch" | "prefetch" => "application/json",
            _ => "x-unknown",
        };
        let mut headers = Vec::new();
        if answered {
            if mime != "x-unknown" {
                headers.push(header("Content-Type", mime));
            }
            if class.answer_no_store {
                headers.push(header("Cache-Control", "no-store"));
            }
            if let Some(age) = class.max_age {
                headers.push(header("Cache-Control", format!("max-age={}", age.as_nanos() / 1_000_000_000)));
            }
        }
        let (status, text) = match (answered, class.kind) {
            (false, _) => (0, ""),
            (true, _) if request.status != 200 => (request.status, ""),
            (true, Kind::WebSocket) => (101, "Switching Protocols"),
            (true, _) => (200, "OK"),
        };
        let aborted = (request.outcome == Outcome::Aborted).then_some("net::ERR_ABORTED");
        let error = request.failure.and_then(Failure::net_error).or(aborted);
        // A scenario may not know it: 0 then. Headers have no size here.
        let size = class.copy(request.index).body_bytes.unwrap_or(0);
        json!({
            "status": status, "statusText": text, "httpVersion": if answered { self.protocol(request) } else { "" },
            "headers": headers, "cookies": [],
            "content": {"size": if answered { size } else { 0 }, "mimeType": if answered { mime } else { "x-unknown" }},
            "redirectURL": "", "headersSize": -1, "bodySize": if from_cache { 0 } else { -1 },
            "_transferSize": if answered && !from_cache { size } else { 0 },
            "_error": error, "_fetchedViaServiceWorker": false,
        })
    }

    fn left_out(&self) -> Vec<LeftOut<'a>> {
        let requests = self.load.requests().iter().filter(|request| !self.is_on_network(request));
        let left_out = requests.map(|request| LeftOut {
            reason: match (self.class(request).kind, request.outcome) {
                (Kind::Background, _) => "a background call of the server",
                (_, Outcome::Coalesced) => "joined a call of the same URL",
                // Without a framework's queue, the page holds only what has joined.
                _ if self.class(request).queue.is_none() => "joined a call of the same URL",
                _ => "held by the page",
            },
            request: RequestRecord::new(self.plan, request),
        });
        left_out.collect()
    }

    fn pages(&self) -> Vec<Page<'a>> {
        let tabs = self.load.requests().iter().map(|request| request.tab + 1).max().unwrap_or(1);
        let ready = self.load.verdict().ready;
        let page = |tab: u32| {
            let opened = Time::ZERO + self.plan.browser().tab_interval * u64::from(tab);
            let document =
                self.load.requests().iter().find(|request| {
                    request.tab == tab && self.resource_type(request) == "document" && request.succeeded()
                });
            let since = |time: Option<Time>| time.map_or(-1.0, |time| (time.max(opened) - opened).as_millis_f64());
            Page {
                started: date(opened),
                id: format!("page_{}", tab + 1),
                title: self.plan.title(),
                timings: PageTimings {
                    content: since(document.and_then(|request| request.ended)),
                    load: since(ready),
                    comment: "onContentLoad: the document had come; onLoad: the page was ready, by the scenario's rule",
                },
            }
        };
        (0..tabs).map(page).collect()
    }
}

/// The archive.
pub(super) fn text(subject: &Subject<'_>) -> serde_json::Result<String> {
    let Subject { plan, load, seed, number, fixes, .. } = *subject;
    let LoadRecord { outcome, parameters, .. } = LoadRecord::new(plan, load, seed, number, fixes);
    let left_out = subject.left_out();
    let mut comment = format!(
        "Simulated: {}. {} calls that the network never saw are in _sixslot.left_out: those that joined a call of the \
         same URL, those that the page held to the end, and the servers' background calls.",
        subject.label(),
        left_out.len()
    );
    comment.extend(plan.unmeasured().map(|note| format!(" Note: {note}")));
    let har = Har {
        log: Log {
            version: "1.2",
            creator: Creator { name: "sixslot", version: env!("CARGO_PKG_VERSION") },
            pages: subject.pages(),
            entries: subject.on_network().into_iter().map(|request| subject.entry(request)).collect(),
            comment,
            truth: Truth {
                scenario: plan.title(),
                seed,
                load: number,
                fixes,
                outcome,
                verdict: subject.outcome(),
                horizon_ms: (plan.horizon() - Time::ZERO).as_millis_f64(),
                parameters,
                left_out,
            },
        },
    };
    Ok(serde_json::to_string_pretty(&har)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::date;
    use sixslot_sim_core::Time;

    #[test]
    fn dates_count_from_the_epoch() {
        assert_eq!(date(Time::ZERO), "2026-01-01T00:00:00.000Z");
        assert_eq!(date(Time::from_nanos(3_723_004_999_999)), "2026-01-01T01:02:03.004Z");
        assert_eq!(date(Time::from_nanos(86_400_000_000_000)), "2026-01-02T00:00:00.000Z");
    }
}
