//! An archive's fields as they stand in the file, and how they become an [`Archive`].
//!
//! Rule: `log.entries`, and in each entry `startedDateTime`, `request` and `request.url`, have to be there; everything else
//! may be missing. The truth that a simulated archive carries in `_sixslot` is not read.

use crate::archive::{
    Archive, End, Entry, Flavour, Initiator, Messages, Page, Protocol, REQUEST_HEADERS, RESPONSE_HEADERS, Timings,
};
use crate::date::Date;
use crate::error::HarError;
use crate::limits;
use crate::url::Url;
use crate::value::{Fold, Map, Number, Object, Text, Word, folded};
use crate::verdict::{Signs, Verdict, judge};
use serde::Deserialize;
use serde::de::Error;
use std::collections::BTreeMap;

#[derive(Deserialize)]
pub(crate) struct RawArchive {
    log: Map<RawLog>,
}

#[derive(Deserialize)]
struct RawLog {
    #[serde(default)]
    creator: Object<Tool>,
    #[serde(default)]
    browser: Object<Tool>,
    #[serde(default, deserialize_with = "folded")]
    pages: Pages,
    #[serde(deserialize_with = "folded")]
    entries: Entries,
}

#[derive(Default, Deserialize)]
struct Tool {
    #[serde(default)]
    name: Word,
    #[serde(default)]
    version: Word,
}

#[derive(Deserialize)]
struct RawPage {
    #[serde(default, rename = "startedDateTime")]
    started: Option<Date>,
    #[serde(default)]
    id: Word,
    #[serde(default)]
    title: Text,
    #[serde(default, rename = "pageTimings")]
    timings: Object<PageTimings>,
}

#[derive(Default, Deserialize)]
struct PageTimings {
    #[serde(default, rename = "onContentLoad")]
    content: Word,
    #[serde(default, rename = "onLoad")]
    load: Word,
}

#[derive(Default)]
struct Pages(Vec<RawPage>);

impl<'de> Fold<'de> for Pages {
    type Item = Map<RawPage>;
    const EXPECTED: &'static str = "a list";
    const LOOSE: bool = false;
    fn take<E: Error>(&mut self, item: Self::Item) -> Result<(), E> {
        if self.0.len() == limits::PAGES {
            return Err(E::custom(format_args!("more than {} pages", limits::PAGES)));
        }
        self.0.push(item.0);
        Ok(())
    }
}

#[derive(Default)]
struct Entries {
    entries: Vec<RawEntry>,
    bytes: usize,
}

impl<'de> Fold<'de> for Entries {
    type Item = Map<RawEntry>;
    const EXPECTED: &'static str = "a list";
    const LOOSE: bool = false;
    fn take<E: Error>(&mut self, item: Self::Item) -> Result<(), E> {
        if self.entries.len() == limits::ENTRIES {
            return Err(E::custom(format_args!("more than {} entries: record a shorter capture", limits::ENTRIES)));
        }
        self.bytes += item.0.bytes();
        if self.bytes > limits::KEPT_BYTES {
            let limit = limits::KEPT_BYTES >> 20;
            return Err(E::custom(format_args!("URLs and headers of more than {limit} MiB: record a shorter capture")));
        }
        self.entries.push(item.0);
        Ok(())
    }
}

#[derive(Deserialize)]
struct RawEntry {
    #[serde(rename = "startedDateTime")]
    started: Date,
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

/// Messages of a socket: their count and the range of their times, in seconds since 1970.
#[derive(Default)]
struct RawMessages {
    count: usize,
    first: Option<f64>,
    last: Option<f64>,
}

#[derive(Default, Deserialize)]
struct RawMessage {
    #[serde(default)]
    time: Word,
}

impl<'de> Fold<'de> for RawMessages {
    type Item = Object<RawMessage>;
    const EXPECTED: &'static str = "a list";
    const LOOSE: bool = true;
    fn take<E: Error>(&mut self, item: Self::Item) -> Result<(), E> {
        self.count += 1;
        if let Some(time) = item.0.and_then(|message| message.time.number()) {
            self.first = Some(self.first.map_or(time, |first| first.min(time)));
            self.last = Some(self.last.map_or(time, |last| last.max(time)));
        }
        Ok(())
    }
}

#[derive(Default, Deserialize)]
struct RawHeader {
    #[serde(default)]
    name: Word,
    #[serde(default)]
    value: Word,
}

/// The headers that are kept, and how many there are.
#[derive(Default)]
struct Headers {
    count: usize,
    kept: BTreeMap<&'static str, String>,
}

impl Headers {
    fn take<E: Error>(&mut self, known: &'static [&'static str], item: Object<RawHeader>) -> Result<(), E> {
        if self.count == limits::HEADERS {
            return Err(E::custom(format_args!("more than {} headers", limits::HEADERS)));
        }
        self.count += 1;
        let Some(RawHeader { name: Word(Some(name)), value }) = item.0 else { return Ok(()) };
        if let Some(known) = known.iter().find(|known| known.eq_ignore_ascii_case(&name)) {
            self.kept.insert(known, value.0.unwrap_or_default());
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.kept.values().map(|value| 64 + value.len()).sum()
    }
}

#[derive(Default)]
struct RequestHeaders(Headers);

#[derive(Default)]
struct ResponseHeaders(Headers);

impl<'de> Fold<'de> for RequestHeaders {
    type Item = Object<RawHeader>;
    const EXPECTED: &'static str = "a list of headers";
    const LOOSE: bool = false;
    fn take<E: Error>(&mut self, item: Self::Item) -> Result<(), E> {
        self.0.take(&REQUEST_HEADERS, item)
    }
}

impl<'de> Fold<'de> for ResponseHeaders {
    type Item = Object<RawHeader>;
    const EXPECTED: &'static str = "a list of headers";
    const LOOSE: bool = false;
    fn take<E: Error>(&mut self, item: Self::Item) -> Result<(), E> {
        self.0.take(&RESPONSE_HEADERS, item)
    }
}

/// Counts of what was strange.
#[derive(Default)]
struct Strange {
    cut: usize,
    too_long: usize,
    status: usize,
    order: bool,
}

impl Strange {
    /// A length of time: nothing where it is negative or absurd.
    fn ms(&mut self, number: Number) -> Option<f64> {
        let ms = number.0.filter(|ms| *ms >= 0.0)?;
        if ms > limits::LONGEST_MS {
            self.too_long += 1;
            return None;
        }
        Some(ms)
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.cut > 0 {
            notes.push(format!("{} URLs are longer than {} bytes and were cut.", self.cut, limits::KEPT_TEXT));
        }
        if self.too_long > 0 {
            notes.push(format!("{} times are longer than 30 days and were taken as not given.", self.too_long));
        }
        if self.status > 0 {
            notes.push(format!("{} statuses are no numbers from 0 to 999 and were taken as 0.", self.status));
        }
        if self.order {
            notes.push("Entries are not in order of their start; they were sorted.".to_owned());
        }
        notes
    }
}

impl RawEntry {
    fn bytes(&self) -> usize {
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

    fn entry(self, number: usize, flavour: Flavour, epoch_us: i64, strange: &mut Strange) -> Entry {
        let Map(request) = self.request;
        let response = self.response.map_or_else(RawResponse::default, |Map(response)| response);
        let raw = self.timings.map_or_else(RawTimings::default, |Map(timings)| timings);
        strange.cut += usize::from(request.url.cut);
        let url = Url::new(request.url.text.as_deref().unwrap_or_default());
        let timings = Timings {
            blocked: strange.ms(raw.blocked),
            queueing: strange.ms(Number(raw.queueing.number())),
            dns: strange.ms(raw.dns),
            connect: strange.ms(raw.connect),
            ssl: strange.ms(raw.ssl),
            send: strange.ms(raw.send),
            wait: strange.ms(raw.wait),
            receive: strange.ms(raw.receive),
        };
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
        let messages = messages.into_iter().max_by_key(|messages| messages.count).unwrap_or_default();
        let moment = |seconds: f64| {
            Some(seconds * 1000.0 - epoch_us as f64 / 1000.0).filter(|ms| (0.0..=limits::LONGEST_MS).contains(ms))
        };
        let messages = Messages {
            count: messages.count,
            first_ms: messages.first.and_then(moment),
            last_ms: messages.last.and_then(moment),
        };
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
        let initiator = self.initiator.0.map(|initiator| {
            let frame = initiator.stack.0.and_then(|stack| stack.frames.0).unwrap_or_default();
            let line = initiator.line.number().or(frame.line.number());
            Initiator {
                kind: initiator.kind.0,
                url: initiator.url.0.or(frame.url.0),
                line: line.filter(|line| (0.0..1e9).contains(line)).map(|line| line as u64),
            }
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
            initiator,
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

impl RawArchive {
    pub(crate) fn archive(self, name: &str) -> Result<Archive, HarError> {
        let Map(log) = self.log;
        let words = |tool: &Object<Tool>| {
            let tool = tool.0.as_ref();
            let word = |word: Option<&Word>| word.and_then(|word| word.0.clone()).unwrap_or_default();
            (word(tool.map(|tool| &tool.name)), word(tool.map(|tool| &tool.version)))
        };
        let (creator, version) = words(&log.creator);
        let (browser, browser_version) = words(&log.browser);
        let flavour = Flavour::of(&creator, &browser);
        let creator = [creator, version, browser, browser_version].into_iter().filter(|word| !word.is_empty());
        let creator = creator.collect::<Vec<_>>().join(" ");

        let raw = log.entries.entries;
        let Some(epoch_us) = raw.iter().map(|entry| entry.started.unix_us).min() else {
            return Err(HarError::Empty { name: name.to_owned() });
        };
        let mut strange = Strange { order: !raw.is_sorted_by_key(|entry| entry.started.unix_us), ..Strange::default() };
        let entries =
            raw.into_iter().enumerate().map(|(at, entry)| entry.entry(at + 1, flavour, epoch_us, &mut strange));
        let mut entries = entries.collect::<Vec<_>>();
        entries.sort_by(|one, other| one.start_ms.total_cmp(&other.start_ms));
        let page = |page: RawPage| {
            let timings = page.timings.0.unwrap_or_default();
            let ms = |word: &Word| word.number().filter(|ms| (0.0..=limits::LONGEST_MS).contains(ms));
            Page {
                id: page.id.0.unwrap_or_default(),
                title: page.title.text.unwrap_or_default(),
                start_ms: page.started.map(|date| (date.unix_us - epoch_us) as f64 / 1000.0),
                content_ms: ms(&timings.content),
                load_ms: ms(&timings.load),
            }
        };
        let pages = log.pages.0.into_iter().map(page).collect::<Vec<_>>();
        let ends = entries.iter().flat_map(|entry| [entry.end_ms(), Some(entry.start_ms), entry.messages.last_ms]);
        let loads = pages.iter().map(|page| Some(page.start_ms?.max(0.0) + page.load_ms?));
        let span_ms = ends.chain(loads).flatten().fold(0.0, f64::max);
        let mut notes = strange.notes();
        if entries.iter().any(|entry| entry.verdict == Verdict::Unknown && entry.header_count == 0) {
            notes.push("Requests have no header lists: of those without an answer the file cannot tell whether they were sent.".to_owned());
        }
        Ok(Archive { name: name.to_owned(), flavour, creator, pages, entries, span_ms, notes })
    }
}
