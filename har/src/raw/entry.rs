//! An entry as it stands in the file, and how it becomes an [`Entry`].
//!
//! Rule: what an exporter leaves out is nothing; what it writes in its own way (a socket's messages, a call's error, the
//! protocol) is read from each of the fields that are known for it.

use super::headers::{RequestHeaders, ResponseHeaders};
use super::initiator::RawInitiator;
use super::messages::RawMessages;
use super::strange::Strange;
use super::times::{Given, Kind, Moments, OwnTimes, RawTimings};
use crate::date::Date;
use crate::entry::{End, Entry, Messages, Served, Sizes};
use crate::exporter::{Exporter, Traits};
use crate::judge::{Signs, judge};
use crate::limits;
use crate::protocol::{Protocol, ProtocolFields, ProtocolSign, Version};
use crate::url::Url;
use crate::value::{Figure, Map, Number, Text, Word, folded};
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct RawEntry {
    #[serde(rename = "startedDateTime")]
    pub started: Date,
    #[serde(default)]
    time: Number,
    request: Map<RawRequest>,
    #[serde(default)]
    response: Option<Map<RawResponse>>,
    #[serde(default)]
    timings: Option<Map<RawTimings>>,
    #[serde(default)]
    pageref: Word,
    #[serde(default)]
    connection: Word,
    #[serde(default, rename = "_connectionId")]
    pub connection_id: Word,
    #[serde(default, rename = "_socket")]
    socket: Word,
    #[serde(default, rename = "_protocol")]
    protocol: Version,
    #[serde(default, rename = "_http2_stream_id")]
    stream_id: Figure,
    #[serde(default, rename = "_was_pushed")]
    was_pushed: Figure,
    #[serde(default, rename = "_initiator")]
    initiator: RawInitiator,
    #[serde(default, rename = "_initiator_type")]
    initiator_type: Word,
    #[serde(default, rename = "_initiator_line")]
    initiator_line: Figure,
    #[serde(default, rename = "_initialPriority")]
    initial_priority: Word,
    #[serde(default, rename = "_priority")]
    priority: Word,
    #[serde(default, rename = "_resourceType")]
    resource_type: Word,
    #[serde(default, rename = "_fromCache")]
    from_cache: Word,
    #[serde(default, rename = "_monotonicTime")]
    monotonic: Figure,
    #[serde(default, rename = "_webSocketMessages", deserialize_with = "folded")]
    socket_messages: RawMessages,
    #[serde(default, rename = "_frames", deserialize_with = "folded")]
    frames: RawMessages,
    #[serde(default, rename = "_eventSourceMessages", deserialize_with = "folded")]
    stream_messages: RawMessages,
    #[serde(default, rename = "_created")]
    created: Figure,
    #[serde(default, rename = "_dns_start")]
    dns_start: Figure,
    #[serde(default, rename = "_connect_start")]
    connect_start: Figure,
    #[serde(default, rename = "_ssl_start")]
    ssl_start: Figure,
    #[serde(default, rename = "_load_start")]
    load_start: Figure,
    #[serde(default, rename = "_load_end")]
    load_end: Figure,
}

#[derive(Deserialize)]
struct RawRequest {
    #[serde(default)]
    method: Text,
    url: Text,
    #[serde(default, rename = "httpVersion")]
    protocol: Version,
    #[serde(default, deserialize_with = "folded")]
    headers: RequestHeaders,
    #[serde(default, rename = "bodySize")]
    body_size: Number,
}

#[derive(Default, Deserialize)]
struct RawResponse {
    #[serde(default)]
    status: Number,
    #[serde(default, rename = "httpVersion")]
    protocol: Version,
    #[serde(default, deserialize_with = "folded")]
    headers: ResponseHeaders,
    #[serde(default)]
    content: Option<Map<RawContent>>,
    #[serde(default, rename = "redirectURL")]
    redirect: Word,
    #[serde(default, rename = "headersSize")]
    headers_size: Number,
    #[serde(default, rename = "bodySize")]
    body_size: Number,
    #[serde(default, rename = "_transferSize")]
    transfer_size: Figure,
    #[serde(default, rename = "_error")]
    error: Word,
    #[serde(default, rename = "_failureText")]
    failure: Word,
    #[serde(default, rename = "_fetchedViaServiceWorker")]
    service_worker: Word,
}

#[derive(Default, Deserialize)]
struct RawContent {
    #[serde(default)]
    size: Number,
    #[serde(default, rename = "mimeType")]
    mime: Text,
}

/// What holds for all entries of a file.
pub(super) struct File {
    pub exporter: Exporter,
    /// The first `startedDateTime`.
    pub epoch_us: i64,
    /// Entries have `_connectionId`, so `connection` is a port.
    pub has_connection_ids: bool,
    /// Entries have `_connectionId` or `connection`.
    pub names_connections: bool,
    /// The last moment that the file knows of, entries of an impossible length left out, in milliseconds.
    pub end_ms: f64,
}

impl RawResponse {
    fn status(&self, strange: &mut Strange) -> u16 {
        match self.status.get() {
            Some(status) if (0.0..1000.0).contains(&status) => status as u16,
            None | Some(-1.0) => 0,
            Some(_) => {
                strange.status += 1;
                0
            }
        }
    }

    fn sizes(&self) -> Sizes {
        let size = |number: Option<f64>| number.filter(|size| *size >= 0.0);
        Sizes {
            transfer: size(self.transfer_size.get()),
            body: size(self.body_size.get()),
            content: size(self.content.as_ref().and_then(|content| content.0.size.get())),
            headers: size(self.headers_size.get()),
            request: None,
        }
    }

    fn mime(&self) -> Option<String> {
        let mime = self.content.as_ref().and_then(|content| content.0.mime.text.clone());
        mime.filter(|mime| !mime.is_empty() && mime != "x-unknown")
    }
}

impl RawEntry {
    /// Bytes of what is kept of it.
    pub fn bytes(&self) -> usize {
        let length = |word: &Word| word.0.as_ref().map_or(0, String::len);
        let text = |text: &Text| text.text.as_ref().map_or(0, String::len);
        let response = self.response.as_ref().map_or(0, |Map(response)| {
            let content = response.content.as_ref().map_or(0, |content| text(&content.0.mime));
            let words = [&response.error, &response.failure, &response.redirect];
            response.headers.0.bytes() + words.into_iter().map(length).sum::<usize>() + content
        });
        let words = [
            &self.pageref,
            &self.connection,
            &self.connection_id,
            &self.socket,
            &self.priority,
            &self.initial_priority,
            &self.resource_type,
            &self.initiator_type,
        ];
        let request = &self.request.0;
        text(&request.url)
            + text(&request.method)
            + request.headers.0.bytes()
            + words.into_iter().map(length).sum::<usize>()
            + self.initiator.bytes()
            + response
    }

    /// Fields by which an exporter without a known name is recognised.
    pub fn traits(&self) -> Traits {
        let timings = self.timings.as_ref().map(|timings| &timings.0);
        Traits {
            blocked_queueing: timings.is_some_and(RawTimings::has_queueing),
            queued: self.initial_priority.0.is_some() || timings.is_some_and(RawTimings::has_queued),
            load_start: self.load_start.get().is_some(),
            monotonic: self.monotonic.get().is_some(),
        }
    }

    /// From the first `startedDateTime` to its end by its own `time`, in milliseconds.
    pub fn end_ms(&self, epoch_us: i64) -> f64 {
        self.recorded_ms(epoch_us) + self.time.get().unwrap_or(0.0).clamp(0.0, limits::LONGEST_MS)
    }

    pub fn names_connection(&self) -> bool {
        self.connection_id.0.is_some() || self.connection.0.is_some()
    }

    /// `startedDateTime` in milliseconds from the first one.
    fn recorded_ms(&self, epoch_us: i64) -> f64 {
        (self.started.unix_us - epoch_us) as f64 / 1000.0
    }

    fn given<'a>(&self, timings: &'a RawTimings, file: &File) -> Given<'a> {
        Given {
            timings,
            time: self.time,
            own: self.own_times(),
            exporter: file.exporter,
            recorded_ms: self.recorded_ms(file.epoch_us),
            file_end_ms: file.end_ms,
        }
    }

    /// The longest of the lists of messages.
    fn messages(&self, epoch_us: i64) -> Messages {
        let lists = [&self.socket_messages, &self.frames, &self.stream_messages];
        let longest = lists.into_iter().max_by_key(|messages| messages.count);
        longest.map_or_else(Messages::default, |messages| messages.messages(epoch_us))
    }

    fn own_times(&self) -> OwnTimes {
        OwnTimes {
            created: self.created.get(),
            set_up: [self.dns_start, self.connect_start, self.ssl_start].map(Figure::get),
            load_start: self.load_start.get(),
            load_end: self.load_end.get(),
        }
    }

    /// The protocol of what was answered. Of what was not, exporters fill the version in.
    fn protocol(&self, response: &RawResponse, status: u16) -> (Protocol, ProtocolSign) {
        let version = |version: Version| if status == 0 { Version::default() } else { version };
        let fields = ProtocolFields {
            exporter: self.protocol,
            has_stream_id: self.stream_id.get().is_some_and(|id| id > 0.0),
            response: version(response.protocol),
            request: version(self.request.0.protocol),
        };
        fields.read()
    }

    /// The connection's id. DevTools writes the server's port into `connection` where it has `_connectionId`, Firefox and
    /// Firebug always; chrome-har and the first versions of DevTools write the id there.
    fn connection(&self, file: &File, url: &Url) -> Option<String> {
        let is_port = |word: &String| url.port().is_some_and(|port| port.to_string() == *word);
        let ports = matches!(file.exporter, Exporter::Firefox | Exporter::Firebug) || file.has_connection_ids;
        let connection = self.connection.0.clone().filter(|word| !ports && !is_port(word));
        let id = self.connection_id.0.clone().or_else(|| self.socket.0.clone()).or(connection);
        id.filter(|id| id != "0" && id != "-1")
    }

    /// Where the answer came from. `moments` knows an answer with parts that do not fit into its time.
    fn served(&self, response: &RawResponse, file: &File, status: u16, moments: &Moments) -> Served {
        let is_true = |word: &Word| word.0.as_deref() == Some("true");
        let transfer = response.sizes().transfer;
        let empty = transfer == Some(0.0) && status != 101 && file.exporter.is_chromium();
        // An exporter that names connections names none, or 0, for what used no socket. QUIC has none either.
        let id = if file.has_connection_ids { &self.connection_id } else { &self.connection };
        let is_zero = id.0.as_deref() == Some("0") && transfer.is_none_or(|bytes| bytes == 0.0);
        match self.from_cache.0.as_deref() {
            _ if status == 0 => Served::Network,
            Some("memory") => Served::MemoryCache,
            Some("disk") => Served::DiskCache,
            Some(_) => Served::Cache,
            None if is_true(&response.service_worker) => Served::ServiceWorker,
            None if self.was_pushed.get() == Some(1.0) => Served::Pushed,
            None if is_zero || empty && file.names_connections && id.0.is_none() => Served::Cache,
            None if moments.shorter_than_wait && file.exporter.is_chromium() => Served::Cache,
            None => Served::Network,
        }
    }
}

/// Whether a content type is one of a body that may stay open.
fn is_stream(mime: &str) -> bool {
    ["text/event-stream", "multipart/x-mixed-replace"].iter().any(|kind| mime.to_ascii_lowercase().starts_with(kind))
}

/// Whether an error's text is the page's or the user's breaking off, in the words of Chrome, Firefox and WebKit.
fn is_abort(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["err_aborted", "ns_binding_aborted", "cancel", "aborted"].iter().any(|word| text.contains(word))
}

fn end(error: Option<&str>, is_open: bool, status: u16) -> End {
    match error {
        Some(text) if is_abort(text) => End::Aborted,
        Some(text) => End::Failed(text.to_owned()),
        None if is_open => End::Open,
        None if status == 0 => End::Aborted,
        None => End::Complete,
    }
}

impl RawEntry {
    /// Makes the entry; `number` is its place in the file, from 1.
    pub fn entry(mut self, number: usize, file: &File, strange: &mut Strange) -> Entry {
        let response = self.response.take().map_or_else(RawResponse::default, |Map(response)| response);
        let timings = self.timings.take().map_or_else(RawTimings::default, |Map(timings)| timings);
        strange.cut += usize::from(self.request.0.url.cut);
        let url = Url::new(self.request.0.url.text.as_deref().unwrap_or_default());
        let status = response.status(strange);
        let mime = response.mime();
        let resource_type = self.resource_type.0.take().map(|kind| kind.to_ascii_lowercase());
        let is = |kind: &str| resource_type.as_deref() == Some(kind);
        let is_socket = url.is_socket() || is("websocket");
        let streams = is("eventsource") || mime.as_deref().is_some_and(is_stream);
        let error = response.error.0.as_deref().or(response.failure.0.as_deref());
        let kind = Kind { status, has_error: error.is_some(), is_socket, streams };
        let moments = Moments::read(&self.given(&timings, file), kind, strange);
        let end = end(error, moments.is_open, status);
        let served = self.served(&response, file, status, &moments);
        let (protocol, protocol_sign) = self.protocol(&response, status);
        let connection = self.connection(file, &url);
        let redirect = self.redirect(&response, &url, status);
        let (messages, recorded_ms) = (self.messages(file.epoch_us), self.recorded_ms(file.epoch_us));
        let headers = self.request.0.headers.0;
        let verdict = judge(&Signs {
            exporter: file.exporter,
            status,
            timings: &moments.timings,
            has_queueing: timings.has_queueing(),
            header_count: headers.count,
            headers: &headers.kept,
            end: &end,
            is_socket,
            is_event_source: is("eventsource"),
            streams,
            from_cache: !matches!(served, Served::Network | Served::Pushed),
            has_origin: url.origin().is_some(),
        });
        let method = self.request.0.method.text.filter(|method| !method.is_empty());
        Entry {
            number,
            load: 0,
            start_ms: moments.start_ms,
            recorded_ms,
            life_ms: moments.life_ms,
            method: method.unwrap_or_else(|| "GET".to_owned()),
            url,
            status,
            timings: moments.timings,
            protocol,
            protocol_sign,
            resource_type,
            priority: self.priority.0.or(self.initial_priority.0),
            initiator: self.initiator.initiator(self.initiator_type, self.initiator_line).map(Box::new),
            connection,
            reused: None,
            released_ms: None,
            end,
            cut_by_page: false,
            served,
            page: self.pageref.0,
            redirect,
            mime,
            sizes: Sizes { request: self.request.0.body_size.get().filter(|size| *size >= 0.0), ..response.sizes() },
            header_count: headers.count,
            request_headers: headers.kept,
            messages,
            starts_at_sending: file.exporter.starts_at_sending(),
            verdict,
            response_headers: response.headers.0.kept,
        }
    }

    /// Where a redirect leads to.
    fn redirect(&self, response: &RawResponse, url: &Url, status: u16) -> Option<String> {
        let location = response.headers.0.kept.get("location").map(String::as_str);
        let target = response.redirect.0.as_deref().or(location).filter(|target| !target.is_empty())?;
        (300..400).contains(&status).then(|| url.join(target))
    }
}
