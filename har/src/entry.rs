//! One request of an archive.
//!
//! Source of the fields: HAR 1.2; DevTools' `front_end/models/har/Log.ts`; Playwright's `harTracer.ts`; WebPageTest's and
//! chrome-har's exports. All times are milliseconds, moments from the archive's first request.

use crate::protocol::{Protocol, ProtocolSign};
use crate::url::Url;
use crate::verdict::Verdict;
use std::collections::BTreeMap;

/// The parts of an entry's time, in milliseconds; `None` where the file has -1, nothing, or an impossible value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timings {
    /// All waiting before the request could be sent: scheduler, cache lock, pool and set-up, `queueing` included.
    pub blocked: Option<f64>,
    /// The scheduler's hold: Chrome's `_blocked_queueing` (of an answered entry), chrome-har's `_queued`.
    pub queueing: Option<f64>,
    /// Resolving the name.
    pub dns: Option<f64>,
    /// Connecting, TLS included.
    pub connect: Option<f64>,
    /// TLS.
    pub ssl: Option<f64>,
    /// Sending.
    pub send: Option<f64>,
    /// From the last byte sent to the first byte of the answer.
    pub wait: Option<f64>,
    /// The body.
    pub receive: Option<f64>,
}

/// What started a request, as the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Initiator {
    /// `parser`, `script`, `preload`, `other`, ...
    pub kind: Option<String>,
    /// The document, style sheet or script.
    pub url: Option<String>,
    /// The line in it, from 0.
    pub line: Option<u64>,
    /// Scripts of the call stack, nearest first, each once: at most [`limits::STACK`](crate::limits::STACK).
    pub stack: Vec<String>,
    /// How many of them are on the stack itself; the others are on the stacks of its asynchronous parents.
    pub synchronous: usize,
}

/// How an entry ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// With its answer's last byte, as far as the file says.
    Complete,
    /// The page, or the user, broke it off.
    Aborted,
    /// The network or the browser did, with the reason as the file has it.
    Failed(String),
    /// It was still under way when the capture ended, its headers received or not.
    Open,
}

/// What an answer was served from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Served {
    /// The network, or nothing: there is no answer.
    #[default]
    Network,
    /// The memory cache of the page.
    MemoryCache,
    /// The HTTP cache on disk.
    DiskCache,
    /// A cache; the file does not say which.
    Cache,
    /// A service worker.
    ServiceWorker,
    /// A server push over HTTP/2: it was under way before the page asked for it.
    Pushed,
}

/// Sizes in bytes; `None` where the file has -1 or nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sizes {
    /// Of the response on the wire, headers included: `_transferSize`.
    pub transfer: Option<f64>,
    /// Of the response body on the wire: `bodySize`.
    pub body: Option<f64>,
    /// Of the body after decompression: `content.size`.
    pub content: Option<f64>,
    /// Of the response headers: `headersSize`.
    pub headers: Option<f64>,
    /// Of the request's body: its `bodySize`.
    pub request: Option<f64>,
}

/// Messages of a socket or an event stream.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Messages {
    /// How many.
    pub count: usize,
    /// When the first came.
    pub first_ms: Option<f64>,
    /// When the last came.
    pub last_ms: Option<f64>,
}

/// Request headers that are kept.
pub const REQUEST_HEADERS: [&str; 12] = [
    "host",
    ":authority",
    "cache-control",
    "pragma",
    "purpose",
    "sec-purpose",
    "next-router-prefetch",
    "rsc",
    "upgrade",
    "accept",
    "sec-fetch-mode",
    "referer",
];

/// Response headers that are kept.
pub const RESPONSE_HEADERS: [&str; 7] =
    ["cache-control", "connection", "keep-alive", "expires", "etag", "vary", "location"];

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its place in the file, from 1.
    pub number: usize,
    /// The load that it belongs to: an index into [`Archive::loads`](crate::Archive::loads).
    pub load: usize,
    /// When the page issued it; when it was sent or its connection set up, where it [`starts_at_sending`](Self::starts_at_sending).
    pub start_ms: f64,
    /// `startedDateTime`, which some exporters write for a later moment than the issue.
    pub recorded_ms: f64,
    /// Its exporter knows only when it was sent ([`Exporter::starts_at_sending`](crate::Exporter::starts_at_sending)): of its
    /// waiting before `start_ms` the file does not say.
    pub starts_at_sending: bool,
    /// From `start_ms` to its end; `None` where it was open when the capture ended, or where the exporter does not say
    /// (Playwright, without an answer).
    pub life_ms: Option<f64>,
    /// `GET`, ...
    pub method: String,
    /// The address.
    pub url: Url,
    /// The status; 0 without an answer.
    pub status: u16,
    /// The parts of its time.
    pub timings: Timings,
    /// The protocol of its answer.
    pub protocol: Protocol,
    /// The field that names the protocol.
    pub protocol_sign: ProtocolSign,
    /// Chrome's `_resourceType`: `fetch`, `script`, `document`, `websocket`, `eventsource`, ... in lower case.
    pub resource_type: Option<String>,
    /// The priority as the file has it: `VeryHigh`, `High`, `Medium`, `Low`, `VeryLow` of Chromium.
    pub priority: Option<String>,
    /// What started it.
    pub initiator: Option<Box<Initiator>>,
    /// The connection's id, unique within the file. A port is none.
    pub connection: Option<String>,
    /// Whether an earlier request used the connection; `None` without an id.
    pub reused: Option<bool>,
    /// When the next request was sent on the same serial connection: the answer had ended by then, whatever `life_ms` says.
    pub released_ms: Option<f64>,
    /// How it ended.
    pub end: End,
    /// Broken off because its page ended: by a reload, a navigation, or the end of the capture. No deadline.
    pub cut_by_page: bool,
    /// What its answer was served from.
    pub served: Served,
    /// The page that it names in `pageref`.
    pub page: Option<String>,
    /// The address that a redirect leads to, resolved.
    pub redirect: Option<String>,
    /// The answer's content type.
    pub mime: Option<String>,
    /// The answer's sizes.
    pub sizes: Sizes,
    /// How many request headers the file has.
    pub header_count: usize,
    /// Some request headers, by name in lower case: those of [`REQUEST_HEADERS`].
    pub request_headers: BTreeMap<&'static str, String>,
    /// Some response headers, by name in lower case: those of [`RESPONSE_HEADERS`].
    pub response_headers: BTreeMap<&'static str, String>,
    /// Messages of a socket or an event stream.
    pub messages: Messages,
    /// What the entry proves.
    pub verdict: Verdict,
}

impl Entry {
    /// Its end; `None` where the file does not say.
    pub fn end_ms(&self) -> Option<f64> {
        self.life_ms.map(|life| self.start_ms + life)
    }

    /// Whether it is a GET of the page's own code, markup or data (no socket, no preflight).
    pub fn is_get(&self) -> bool {
        self.method.eq_ignore_ascii_case("GET") && !self.verdict.is_socket()
    }

    /// Whether its answer is an error of the server: overloaded, too slow, or broken. A resource that is missing (404) is none.
    pub fn is_error(&self) -> bool {
        matches!(self.status, 408 | 429 | 500..)
    }

    /// Whether the browser's scheduler may hold it: Chromium's priorities below Medium.
    pub fn is_delayable(&self) -> bool {
        matches!(self.priority.as_deref(), Some("Low" | "VeryLow"))
    }

    /// Whether its answer came from a cache or a service worker, without a connection.
    pub fn is_from_cache(&self) -> bool {
        !matches!(self.served, Served::Network | Served::Pushed)
    }

    /// Bytes of the body on the wire, by the best field that the file has: `bodySize`, else `_transferSize` without the
    /// headers, else `content.size`. `None` without an answer over the network.
    pub fn body_bytes(&self) -> Option<f64> {
        if self.status == 0 || self.is_from_cache() {
            return None;
        }
        let positive = |size: Option<f64>| size.filter(|size| *size > 0.0);
        let transfer = || Some((positive(self.sizes.transfer)? - self.sizes.headers.unwrap_or(0.0)).max(0.0));
        positive(self.sizes.body).or_else(transfer).or(self.sizes.content)
    }
}
