//! An entry as it stands in the file, and how it becomes an [`Entry`].
//!
//! Rule: what a writer leaves out is nothing; what it writes in its own way (a socket's messages, a call's error) is read
//! from each of the fields that are known for it.

use super::headers::{RequestHeaders, ResponseHeaders};
use super::messages::RawMessages;
use super::strange::Strange;
use crate::archive::{End, Entry, Flavour, Initiator, Messages, Protocol, Timings};
use crate::date::Date;
use crate::url::Url;
use crate::value::{Fold, Map, Number, Object, Text, Word, folded};
use crate::verdict::{Signs, judge};
use serde::Deserialize;
use serde::de::Error;

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
    connection_id: Word,
    #[serde(default, rename = "_initiator")]
    initiator: Object<RawInitiator>,
    #[serde(default, rename = "_priority")]
    priority: Word,
    #[serde(default, rename = "_resourceType")]
    resource_type: Word,
    #[serde(default, rename = "_fromCache")]
    from_cache: Word,
    #[serde(default, rename = "_webSocketMessages", deserialize_with = "folded")]
    socket_messages: RawMessages,
    #[serde(default, rename = "_frames", deserialize_with = "folded")]
    frames: RawMessages,
    #[serde(default, rename = "_eventSourceMessages", deserialize_with = "folded")]
    stream_messages: RawMessages,
}

#[derive(Deserialize)]
struct RawRequest {
    #[serde(default)]
    method: Text,
    url: Text,
    #[serde(default, deserialize_with = "folded")]
    headers: RequestHeaders,
}

#[derive(Default, Deserialize)]
struct RawResponse {
    #[serde(default)]
    status: Number,
    #[serde(default, rename = "httpVersion")]
    protocol: Text,
    #[serde(default, deserialize_with = "folded")]
    headers: ResponseHeaders,
    #[serde(default)]
    content: Option<Map<RawContent>>,
    #[serde(default, rename = "bodySize")]
    body_size: Number,
    #[serde(default, rename = "_transferSize")]
    transfer_size: Word,
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

#[derive(Default, Deserialize)]
struct RawTimings {
    #[serde(default)]
    blocked: Number,
    #[serde(default)]
    dns: Number,
    #[serde(default)]
    connect: Number,
    #[serde(default)]
    ssl: Number,
    #[serde(default)]
    send: Number,
    #[serde(default)]
    wait: Number,
    #[serde(default)]
    receive: Number,
    #[serde(default, rename = "_blocked_queueing")]
    queueing: Word,
}

impl RawTimings {
    fn timings(&self, strange: &mut Strange) -> Timings {
        Timings {
            blocked: strange.ms(self.blocked),
            queueing: strange.ms(Number(self.queueing.number())),
            dns: strange.ms(self.dns),
            connect: strange.ms(self.connect),
            ssl: strange.ms(self.ssl),
            send: strange.ms(self.send),
            wait: strange.ms(self.wait),
            receive: strange.ms(self.receive),
        }
    }
}

#[derive(Default, Deserialize)]
struct RawInitiator {
    #[serde(default, rename = "type")]
    kind: Word,
    #[serde(default)]
    url: Word,
    #[serde(default, rename = "lineNumber")]
    line: Word,
    #[serde(default)]
    stack: Object<RawStack>,
}

#[derive(Default, Deserialize)]
struct RawStack {
    #[serde(default, rename = "callFrames", deserialize_with = "folded")]
    frames: TopFrame,
}

/// The first call frame of a stack.
#[derive(Default)]
struct TopFrame(Option<RawFrame>);

#[derive(Default, Deserialize)]
struct RawFrame {
    #[serde(default)]
    url: Word,
    #[serde(default, rename = "lineNumber")]
    line: Word,
}

impl<'de> Fold<'de> for TopFrame {
    type Item = Object<RawFrame>;
    const EXPECTED: &'static str = "a list";
    const LOOSE: bool = true;
    fn take<E: Error>(&mut self, item: Self::Item) -> Result<(), E> {
        self.0 = self.0.take().or(item.0);
        Ok(())
    }
}

impl RawInitiator {
    fn initiator(self) -> Initiator {
        let frame = self.stack.0.and_then(|stack| stack.frames.0).unwrap_or_default();
        let line = self.line.number().or(frame.line.number());
        Initiator {
            kind: self.kind.0,
            url: self.url.0.or(frame.url.0),
            line: line.filter(|line| (0.0..1e9).contains(line)).map(|line| line as u64),
        }
    }
}

impl RawEntry {
    /// Bytes of what is kept of it.
    pub fn bytes(&self) -> usize {
        let length = |word: &Word| word.0.as_ref().map_or(0, String::len);
        let initiator = self.initiator.0.as_ref().map_or(0, |initiator| {
            let frame = initiator.stack.0.as_ref().and_then(|stack| stack.frames.0.as_ref());
            length(&initiator.url) + length(&initiator.kind) + frame.map_or(0, |frame| length(&frame.url))
        });
        let response = self.response.as_ref().map_or(0, |Map(response)| {
            let content =
                response.content.as_ref().and_then(|content| content.0.mime.text.as_ref()).map_or(0, String::len);
            response.headers.0.bytes() + length(&response.error) + length(&response.failure) + content
        });
        let words = [&self.pageref, &self.connection, &self.connection_id, &self.priority, &self.resource_type];
        self.request.0.url.text.as_ref().map_or(0, String::len)
            + self.request.0.method.text.as_ref().map_or(0, String::len)
            + self.request.0.headers.0.bytes()
            + words.into_iter().map(length).sum::<usize>()
            + initiator
            + response
    }

    /// Makes the entry; `number` is its place in the file, from 1, and times count from `epoch_us`.
    pub fn entry(self, number: usize, flavour: Flavour, epoch_us: i64, strange: &mut Strange) -> Entry {
        let Map(request) = self.request;
        let response = self.response.map_or_else(RawResponse::default, |Map(response)| response);
        let raw = self.timings.map_or_else(RawTimings::default, |Map(timings)| timings);
        strange.cut += usize::from(request.url.cut);
        let url = Url::new(request.url.text.as_deref().unwrap_or_default());
        let timings = raw.timings(strange);
        let status = match response.status.0 {
            Some(status) if (0.0..1000.0).contains(&status) => status as u16,
            None | Some(-1.0) => 0,
            Some(_) => {
                strange.status += 1;
                0
            }
        };
        let start_ms = (self.started.unix_us - epoch_us) as f64 / 1000.0;
        let resource_type = self.resource_type.0.map(|kind| kind.to_ascii_lowercase());
        let mime = response.content.as_ref().and_then(|content| content.0.mime.text.clone());
        let mime = mime.filter(|mime| !mime.is_empty() && mime != "x-unknown");
        let is = |kind: &str| resource_type.as_deref() == Some(kind);
        let is_socket = url.is_socket() || is("websocket");
        let is_stream = is("eventsource") || mime.as_deref().is_some_and(|mime| mime.starts_with("text/event-stream"));
        let messages = [self.socket_messages, self.frames, self.stream_messages];
        let messages = messages.iter().max_by_key(|messages| messages.count);
        let messages = messages.map_or_else(Messages::default, |messages| messages.messages(epoch_us));
        let error = response.error.0.or(response.failure.0);
        let parts = [timings.blocked, timings.dns, timings.connect, timings.send, timings.wait, timings.receive];
        let parts = parts.into_iter().flatten().sum::<f64>();
        let time = strange.ms(self.time);
        let is_open_socket = is_socket && status == 101 && timings.receive.is_none_or(|ms| ms == 0.0);
        let is_open = status == 0 && error.is_none() && time.unwrap_or(parts) <= 0.0 && timings.blocked.is_none();
        let has_life = !is_open
            && !is_open_socket
            && (status > 0 || time.unwrap_or(parts) > 0.0 || flavour != Flavour::Playwright);
        let life_ms = has_life.then(|| time.unwrap_or(parts));
        let end = match error.as_deref() {
            Some(text) if is_abort(text) => End::Aborted,
            Some(text) => End::Failed(text.to_owned()),
            None if is_open || is_open_socket => End::Open,
            None if status == 0 => End::Aborted,
            None => End::Complete,
        };
        let connection = self.connection_id.0.or(self.connection.0);
        let served_by_worker = response.service_worker.0.as_deref() == Some("true");
        let unused = connection.as_deref() == Some("0");
        let from_cache = status > 0 && (self.from_cache.0.is_some() || served_by_worker || unused);
        let headers = request.headers.0;
        let verdict = judge(&Signs {
            flavour,
            status,
            timings: &timings,
            has_queueing: raw.queueing.0.is_some(),
            header_count: headers.count,
            headers: &headers.kept,
            end: &end,
            is_socket,
            is_stream,
            from_cache,
            has_origin: url.origin().is_some(),
        });
        let size = response.transfer_size.number().filter(|size| *size > 0.0);
        let size = size.or(response.body_size.0.filter(|size| *size > 0.0));
        Entry {
            number,
            start_ms,
            life_ms,
            method: request.method.text.filter(|method| !method.is_empty()).unwrap_or_else(|| "GET".to_owned()),
            url,
            status,
            timings,
            protocol: Protocol::of(response.protocol.text.as_deref().unwrap_or_default()),
            resource_type,
            priority: self.priority.0,
            initiator: self.initiator.0.map(RawInitiator::initiator),
            connection: connection.filter(|_| !unused),
            end,
            from_cache,
            page: self.pageref.0,
            mime,
            bytes: size.or(response.content.and_then(|content| content.0.size.0).filter(|size| *size >= 0.0)),
            header_count: headers.count,
            request_headers: headers.kept,
            response_headers: response.headers.0.kept,
            messages,
            verdict,
        }
    }
}

/// Whether an error's text is the page's or the user's breaking off, in the words of Chrome, Firefox and WebKit.
fn is_abort(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["err_aborted", "ns_binding_aborted", "cancel", "aborted"].iter().any(|word| text.contains(word))
}
