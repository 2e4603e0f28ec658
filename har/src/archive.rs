//! An archive as the analysis sees it: entries in order of their start, times in milliseconds from the first one.
//!
//! Source of the fields: HAR 1.2; DevTools' `front_end/models/har/Log.ts`; Playwright's `harTracer.ts`.

use crate::url::Url;
use crate::verdict::Verdict;
use std::collections::BTreeMap;

/// Who wrote an archive. Each writes the same event in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flavour {
    /// Chrome's DevTools, and whoever writes by its rules (sixslot's own export too): waiting is in `blocked`, a request
    /// without an answer has status 0 and its whole life there.
    Chrome,
    /// Firefox's developer tools: `blocked` is filled; the headers do not tell whether a request was sent.
    Firefox,
    /// Playwright: no `blocked` at all; a request without an answer has status -1 and no duration.
    Playwright,
    /// WebPageTest: by Chrome's network log, with fields of its own.
    WebPageTest,
    /// Anybody else.
    Other,
}

impl Flavour {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chrome => "Chrome",
            Self::Firefox => "Firefox",
            Self::Playwright => "Playwright",
            Self::WebPageTest => "WebPageTest",
            Self::Other => "an unknown writer",
        }
    }
}

/// A protocol as the response names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub enum Protocol {
    /// Not told.
    #[default]
    #[serde(rename = "unknown")]
    Unknown,
    /// HTTP/1.0 or HTTP/1.1: one request at a time on a connection.
    #[serde(rename = "http/1.1")]
    Http1,
    /// HTTP/2: many at a time.
    #[serde(rename = "h2")]
    Http2,
    /// HTTP/3: many at a time.
    #[serde(rename = "h3")]
    Http3,
}

impl Protocol {
    /// Whether many requests share one connection, so that the limit of six does not bind.
    pub fn is_multiplexed(self) -> bool {
        matches!(self, Self::Http2 | Self::Http3)
    }

    pub(crate) fn of(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        if text.starts_with("http/1") || text.starts_with("http/0") {
            Self::Http1
        } else if text.starts_with("h2") || text.starts_with("http/2") || text.starts_with("spdy") {
            Self::Http2
        } else if text.starts_with("h3")
            || text.starts_with("http/3")
            || text.starts_with("quic")
            || text.contains("quic/")
        {
            Self::Http3
        } else {
            Self::Unknown
        }
    }
}

/// The parts of an entry's time, in milliseconds; `None` where the file has -1, nothing, or nonsense.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timings {
    /// All waiting before the request could be sent: scheduler, cache lock, pool.
    pub blocked: Option<f64>,
    /// Chrome's `_blocked_queueing`. On an answered entry: the scheduler's hold.
    pub queueing: Option<f64>,
    /// Looking up the name.
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

/// What started a request, as Chrome tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Initiator {
    /// `parser`, `script`, `preload`, `other`, ...
    pub kind: Option<String>,
    /// The document or the script, where told.
    pub url: Option<String>,
    /// The line in it, from 0, where told.
    pub line: Option<u64>,
}

/// How an entry ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With its answer's last byte, as far as the file tells.
    Complete,
    /// The page, or the user, broke it off.
    Aborted,
    /// The network or the browser did, with the reason as the file has it.
    Failed(String),
    /// It was still under way when the capture ended.
    Open,
}

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its place in the file, from 1.
    pub number: usize,
    /// When the page issued it, in milliseconds from the archive's first request.
    pub start_ms: f64,
    /// From its issue to its end; `None` where it was still open at the capture's end, or where the writer does not say
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
    /// Chrome's `_resourceType`: `fetch`, `script`, `document`, `websocket`, `eventsource`, ... lower case.
    pub resource_type: Option<String>,
    /// Chrome's `_priority`: `VeryHigh`, `High`, `Medium`, `Low`, `VeryLow`.
    pub priority: Option<String>,
    /// What started it.
    pub initiator: Option<Initiator>,
    /// The connection, as the file names it; only for comparing within one file.
    pub connection: Option<String>,
    /// How it ended.
    pub end: End,
    /// Its answer came from the browser's cache or a service worker: no connection was used.
    pub from_cache: bool,
    /// The page that it belongs to.
    pub page: Option<String>,
    /// The answer's content type.
    pub mime: Option<String>,
    /// The answer's size in bytes on the wire, or of its content.
    pub bytes: Option<f64>,
    /// How many request headers the file has.
    pub header_count: usize,
    /// Some request headers, by name in lower case: those of [`REQUEST_HEADERS`].
    pub request_headers: BTreeMap<&'static str, String>,
    /// Some response headers, by name in lower case: those of [`RESPONSE_HEADERS`].
    pub response_headers: BTreeMap<&'static str, String>,
    /// Messages of a socket or event stream: how many, and the last one's time from the archive's first request.
    pub messages: Messages,
    /// What the entry proves.
    pub verdict: Verdict,
}

/// Messages of a socket or an event stream.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Messages {
    /// How many.
    pub count: usize,
    /// When the first came, in milliseconds from the archive's first request.
    pub first_ms: Option<f64>,
    /// When the last came.
    pub last_ms: Option<f64>,
}

/// Request headers that are kept.
pub const REQUEST_HEADERS: [&str; 11] = [
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
];

/// Response headers that are kept.
pub const RESPONSE_HEADERS: [&str; 6] = ["cache-control", "connection", "keep-alive", "expires", "etag", "vary"];

impl Entry {
    /// Its end, in milliseconds from the archive's first request, where the file tells it.
    pub fn end_ms(&self) -> Option<f64> {
        self.life_ms.map(|life| self.start_ms + life)
    }

    /// Whether its method, URL and type make it a GET of the page's own code or markup (no socket, no preflight).
    pub fn is_get(&self) -> bool {
        self.method.eq_ignore_ascii_case("GET") && !self.verdict.is_socket()
    }

    /// Whether its answer is an error of the server: overloaded, too slow, or broken. What a page asks for in vain (404) is none.
    pub fn is_error(&self) -> bool {
        matches!(self.status, 408 | 429 | 500..)
    }

    /// Whether the browser's scheduler may hold it: Chrome's priorities below Medium.
    pub fn is_delayable(&self) -> bool {
        matches!(self.priority.as_deref(), Some("Low" | "VeryLow"))
    }
}

/// A page of an archive.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// What entries call it.
    pub id: String,
    /// Its title; in Chrome's archives the address.
    pub title: String,
    /// When it began, in milliseconds from the archive's first request.
    pub start_ms: Option<f64>,
    /// From its beginning to its content, in milliseconds.
    pub content_ms: Option<f64>,
    /// From its beginning to its load event, in milliseconds.
    pub load_ms: Option<f64>,
}

/// An archive.
#[derive(Clone, Debug, PartialEq)]
pub struct Archive {
    /// What the user calls it.
    pub name: String,
    /// Who wrote it.
    pub flavour: Flavour,
    /// The writer's own words: creator, and browser where told.
    pub creator: String,
    /// Its pages.
    pub pages: Vec<Page>,
    /// Its entries, by start; those with the same start in the file's order.
    pub entries: Vec<Entry>,
    /// From the first request to the last moment that the file knows of, in milliseconds.
    pub span_ms: f64,
    /// What was strange and how it was taken, each once.
    pub notes: Vec<String>,
}

impl Archive {
    /// How long an entry was watched: to its end, or to the capture's.
    pub fn watched_ms(&self, entry: &Entry) -> f64 {
        entry.life_ms.unwrap_or((self.span_ms - entry.start_ms).max(0.0))
    }
}
