//! Reading a class from its table.
//!
//! Rule: keys that exclude each other, or that require another, are faults at their places.

use super::cause::events;
use super::copies::{bytes, each, method, no_body_of_head};
use super::names::index;
use super::{After, Answer, CacheMode, Class, DeadlineFrom, DeadlineUntil, Kind, Method, Names, Start};
use crate::browser::{Browser, PRIORITIES, Priority, RANKS};
use crate::form::{self, Form, Linear};
use crate::limits;
use crate::read::{self, Reader};
use crate::schema;
use crate::source::Fault;
use crate::tree::Entry;
use crate::tree::Node;
use crate::url::UrlTemplate;
use sixslot_sim_core::{Distribution, Span};

/// A positive length of time.
fn positive(node: &Node) -> Result<Span, Fault> {
    let span = read::span(node)?;
    if span.is_zero() {
        return Err(Fault::new(&node.place, "a period of 0 never ends").help("write at least \"1ms\""));
    }
    Ok(span)
}

/// Keys of a request that exclude each other.
const EXCLUSIVE: &[(&str, &str)] = &[
    ("start", "after"),
    ("start", "arrivals"),
    ("after", "arrivals"),
    ("count", "arrivals"),
    ("each", "count"),
    ("each", "arrivals"),
    ("every", "arrivals"),
    ("timer_delay", "every_from"),
    ("supersedes", "every_from"),
    // A call would join the one that it is to abort.
    ("supersedes", "dedupe"),
    ("service", "work"),
    ("service", "io_time"),
];

/// Keys of a request that require another. A retry can overlap only a call of its own instance, so `skip_while_in_flight`
/// requires a poll.
const REQUIRED: &[(&str, &str)] = &[
    ("timer_delay", "every"),
    ("every_from", "every"),
    ("skip_while_in_flight", "every"),
    ("until_ok", "every"),
    ("skip_while_fresh", "every"),
    ("deadline_from", "deadline"),
    ("deadline_until", "deadline"),
    ("deadline_aborts", "deadline"),
    ("supersedes", "every"),
    ("later_service", "service"),
];

/// When a request starts: `after` with its `delay`, `arrivals`, or `start`.
fn start(reader: &Reader<'_>, names: &Names<'_>, horizon: Span) -> Result<Start, Fault> {
    let time = |node: &Node| form::time(node, names.parameters);
    if let Some(after) = reader.get("after") {
        let delay = reader.or("delay", Form::constant(Span::ZERO), time)?;
        return Ok(Start::After(After::read(after, names, delay)?));
    }
    let Some(node) = reader.get("arrivals") else {
        return Ok(Start::At(reader.or("start", Form::constant(Span::ZERO), time)?));
    };
    let arrivals = Reader::new(node, &schema::ARRIVALS)?;
    let rate = arrivals.or("rate_per_second", 0.0, read::number)?;
    if rate <= 0.0 {
        return Err(Fault::new(arrivals.place_of("rate_per_second"), "a rate must be more than 0"));
    }
    let gap = Distribution::exponential_from_mean(1.0 / rate)
        .map_err(|error| Fault::new(arrivals.place_of("rate_per_second"), error.to_string()))?;
    Ok(Start::Arrivals { rate_per_second: rate, gap, until: arrivals.or("until", horizon, read::span)? })
}

impl Class {
    /// Reads `[request.NAME]`.
    pub(crate) fn request(entry: &Entry, names: &Names<'_>, browser: &Browser, horizon: Span) -> Result<Self, Fault> {
        let reader = Reader::new(&entry.node, &schema::REQUEST)?;
        let mut class = Self::bare(&entry.key, Kind::Fetch);
        for (one, other) in EXCLUSIVE {
            reader.exclude(one, other)?;
        }
        requires(&reader, REQUIRED)?;
        if reader.get("each").is_none() {
            requires(&reader, &[("delay", "after")])?;
        }
        class.read_target(&reader, entry, names)?;
        class.count = reader.or("count", class.count, |node| form::amount(node, names.parameters))?;
        class.common.start = start(&reader, names, horizon)?;
        class.common.priority = reader.or("priority", Priority::Auto, read::choice(PRIORITIES))?;
        class.common.rank = browser.ranks[class.common.priority as usize];
        class.read_cache_control(&reader)?;
        class.fresh_for = reader.read("fresh_for", read::span)?;
        class.read_repetition(&reader, names)?;
        class.answer = Answer::of_request(&reader, names.parameters)?;
        class.read_cancellation(&reader, names)?;
        class.raised_by = reader.read("raised_by", |node| events(node, names))?.unwrap_or_default();
        class.raised_rank = browser.ranks[reader.or("raised_to", Priority::High, read::choice(PRIORITIES))? as usize];
        requires(&reader, &[("raised_to", "raised_by"), ("raised_by", "raised_to")])?;
        class.keepalive = reader.or("keepalive", false, read::boolean)?;
        class.dedupe = reader.or("dedupe", false, read::boolean)?;
        class.queue = reader.read("queue", |node| index("table [queue.NAME] called", names.queues, node))?;
        class.read_server(&reader, names)?;
        if reader.get("each").is_some() {
            class.each = each(&reader, &class, names, browser)?;
            class.count = Linear::constant(class.each.len() as f64);
        }
        Ok(class)
    }

    /// Reads what is requested and how: `url`, `method`, `cache`, `origin`, `credentials`.
    fn read_target(&mut self, reader: &Reader<'_>, entry: &Entry, names: &Names<'_>) -> Result<(), Fault> {
        match reader.read("url", UrlTemplate::read)? {
            Some(url) => self.common.url = url,
            None if ["count", "each", "arrivals"].iter().any(|key| reader.get(key).is_some()) => {
                self.common.url = UrlTemplate::of(format!("/{}/{{index}}", entry.key));
            }
            None => {}
        }
        self.common.method = reader.or("method", Method::Get, method)?;
        let modes = [CacheMode::Default, CacheMode::NoStore, CacheMode::Reload].map(|mode| (mode.name(), mode));
        self.cache = reader.or("cache", CacheMode::Default, read::choice(&modes))?;
        self.common.cacheable = self.cache == CacheMode::Default && self.common.method != Method::Post;
        self.origin = reader.or("origin", 0, |node| index("table [origin.NAME] called", names.origins, node))?;
        self.omits_credentials =
            reader.or("credentials", false, read::choice(&[("include", false), ("omit", true)]))?;
        Ok(())
    }

    /// Reads `response_cache_control`.
    fn read_cache_control(&mut self, reader: &Reader<'_>) -> Result<(), Fault> {
        let Some(node) = reader.get("response_cache_control") else { return Ok(()) };
        match read::text(node)?.trim() {
            "no-store" => self.answer_no_store = true,
            header => {
                let seconds = header.strip_prefix("max-age=").and_then(|digits| digits.parse::<u32>().ok());
                let seconds = seconds.ok_or_else(|| {
                    Fault::new(&node.place, format!("`{header}` is not understood"))
                        .help("write \"no-store\" or \"max-age=60\"")
                })?;
                self.max_age = Some(Span::from_seconds(u64::from(seconds)));
            }
        }
        Ok(())
    }

    /// Reads how long a call may take and when the next one follows: the keys of deadlines, polls and retries.
    fn read_repetition(&mut self, reader: &Reader<'_>, names: &Names<'_>) -> Result<(), Fault> {
        const DEADLINES: &[(&str, DeadlineUntil)] =
            &[("end", DeadlineUntil::End), ("headers", DeadlineUntil::Headers), ("sent", DeadlineUntil::Sent)];
        self.deadline = reader.read("deadline", read::span)?;
        self.deadline_until = reader.or("deadline_until", DeadlineUntil::End, read::choice(DEADLINES))?;
        const STARTS: &[(&str, DeadlineFrom)] =
            &[("issued", DeadlineFrom::Issued), ("queue", DeadlineFrom::Queue), ("sent", DeadlineFrom::Sent)];
        self.deadline_from = reader.or("deadline_from", DeadlineFrom::Issued, read::choice(STARTS))?;
        self.deadline_aborts = reader.or("deadline_aborts", true, read::boolean)?;
        self.supersedes = reader.or("supersedes", false, read::boolean)?;
        if self.deadline_from == DeadlineFrom::Sent && self.deadline_until == DeadlineUntil::Sent {
            let message = "a deadline from \"sent\" until \"sent\" can never strike";
            return Err(Fault::new(reader.place_of("deadline_from"), message).help("change one of them"));
        }
        self.every = reader.read("every", positive)?;
        self.every_from_end = reader.or("every_from", false, read::choice(&[("tick", false), ("end", true)]))?;
        self.timer_delay =
            reader.or("timer_delay", self.timer_delay.clone(), |node| form::time(node, names.parameters))?;
        self.skip_while_in_flight = reader.or("skip_while_in_flight", false, read::boolean)?;
        self.until_ok = reader.or("until_ok", false, read::boolean)?;
        if let Some(node) = reader.get("skip_while_fresh") {
            let fresh = Reader::new(node, &schema::FRESH)?;
            let socket = fresh.read("socket", |node| names.class(read::text(node)?, node))?.unwrap_or_default();
            self.skip_while_fresh = Some((socket, fresh.or("within", Span::ZERO, read::span)?));
        }
        if let Some(node) = reader.get("retry") {
            self.read_retry(node)?;
        }
        Ok(())
    }

    /// Reads its page, and the events that cancel its calls.
    fn read_cancellation(&mut self, reader: &Reader<'_>, names: &Names<'_>) -> Result<(), Fault> {
        self.page = reader.read("page", |node| index("table [page.NAME] called", names.pages, node))?;
        self.cancelled_by = reader.read("cancelled_by", |node| events(node, names))?.unwrap_or_default();
        self.unmounted_by = reader.read("unmounted_by", |node| events(node, names))?.unwrap_or_default();
        self.cancel_aborts = reader.or("cancel_aborts", true, read::boolean)?;
        let cancels = ["cancelled_by", "unmounted_by", "page", "supersedes"];
        if let Some(node) = reader.get("cancel_aborts").filter(|_| cancels.iter().all(|key| reader.get(key).is_none()))
        {
            let message = "`cancel_aborts` requires `cancelled_by`, `unmounted_by`, `page` or `supersedes`";
            return Err(Fault::new(&node.place, message).help("nothing cancels its calls: leave it out"));
        }
        Ok(())
    }

    /// Reads what the server does for a request, and the body of its response.
    fn read_server(&mut self, reader: &Reader<'_>, names: &Names<'_>) -> Result<(), Fault> {
        let time = |node: &Node| form::time(node, names.parameters);
        self.common.service = reader.read("service", time)?;
        self.later_service = reader.read("later_service", time)?;
        if self.later_service.is_some() && self.every.is_none() && self.attempts < 2 {
            let message = "`later_service` requires `every` or `retry`: there is no later call";
            return Err(Fault::new(reader.place_of("later_service"), message));
        }
        self.common.stalled = reader.read("stalled", time)?;
        self.common.body_bytes = reader.read("body_bytes", bytes)?;
        self.common.request_bytes = reader.or("request_bytes", 0, bytes)?;
        self.work = reader.or("work", self.work.clone(), time)?;
        self.io_time = reader.or("io_time", self.io_time.clone(), time)?;
        self.looks_up = looks_up(reader, names)?;
        (self.segments, self.lookup_before_segment) = segments(reader)?;
        self.common.body = Some(reader.or("body", Form::constant(Span::ZERO), time)?);
        self.reads_body = reader.or("reads_body", true, read::boolean)?;
        no_body_of_head(reader, self.common.method)
    }

    /// Reads `[background.NAME]`.
    pub(crate) fn background(entry: &Entry, names: &Names<'_>) -> Result<Self, Fault> {
        let reader = Reader::new(&entry.node, &schema::BACKGROUND)?;
        let time = |node| form::time(node, names.parameters);
        let mut class = Self::bare(&entry.key, Kind::Background);
        class.origin = reader.or("origin", 0, |node| index("table [origin.NAME] called", names.origins, node))?;
        reader.exclude("start", "after")?;
        requires(&reader, &[("delay", "after"), ("skip_while_in_flight", "every")])?;
        class.common.start = if let Some(after) = reader.get("after") {
            Start::After(After::read(after, names, reader.or("delay", Form::constant(Span::ZERO), time)?)?)
        } else {
            Start::At(reader.or("start", Form::constant(Span::ZERO), time)?)
        };
        class.every = reader.read("every", positive)?;
        class.skip_while_in_flight = reader.or("skip_while_in_flight", false, read::boolean)?;
        class.deadline = reader.read("deadline", read::span)?;
        class.looks_up = looks_up(&reader, names)?;
        class.work = reader.or("work", class.work, time)?;
        class.io_time = reader.or("io_time", class.io_time, time)?;
        (class.segments, class.lookup_before_segment) = segments(&reader)?;
        Ok(class)
    }

    /// Reads `[socket.NAME]`.
    pub(crate) fn socket(entry: &Entry, names: &Names<'_>, browser: &Browser) -> Result<Self, Fault> {
        let reader = Reader::new(&entry.node, &schema::SOCKET)?;
        let time = |node| form::time(node, names.parameters);
        let kinds = [("websocket", Kind::WebSocket), ("event-source", Kind::EventSource)];
        let kind = reader.or("kind", Kind::WebSocket, read::choice(&kinds))?;
        reader.exclude("opens", "after")?;
        let mut class = Self::bare(&entry.key, kind);
        class.common.url = reader.or("url", class.common.url, UrlTemplate::read)?;
        class.origin = reader.or("origin", 0, |node| index("table [origin.NAME] called", names.origins, node))?;
        class.count = reader.or("count", class.count, |node| form::amount(node, names.parameters))?;
        class.common.start = if let Some(after) = reader.get("after") {
            Start::After(After::read(after, names, Form::constant(Span::ZERO))?)
        } else {
            Start::At(reader.or("opens", Form::constant(Span::ZERO), time)?)
        };
        class.common.rank = match kind {
            Kind::WebSocket if browser.websocket_handshake_first => RANKS - 1,
            Kind::WebSocket if browser.websocket_handshake_low => browser.ranks[Priority::Low as usize],
            _ => browser.ranks[Priority::Auto as usize],
        };
        class.common.service = Some(reader.or("handshake", Form::constant(Span::ZERO), time)?);
        class.common.body = reader.read("lasts", time)?;
        class.answer = Answer::of_socket(&reader, names.parameters)?;
        class.read_cancellation(&reader, names)?;
        // What closes it, beside the server after `lasts`: its handshake fails, or a navigation as it starts.
        let breaks = class.page.is_some() && kind == Kind::WebSocket && browser.navigation_closes_websockets;
        if !breaks && ["refused", "handshake_fails"].iter().all(|key| reader.get(key).is_none()) {
            requires(&reader, &[("reconnect", "lasts")])?;
        }
        requires(&reader, &[("reconnect_factor", "reconnect"), ("reconnect_at_most", "reconnect")])?;
        class.reconnect = reader.read("reconnect", time)?;
        class.read_reconnect_growth(&reader)?;
        reader.exclude("snapshot_every", "snapshot_by")?;
        class.snapshot_every = reader.read("snapshot_every", positive)?;
        let background = reader.or("snapshot_by", &[][..], read::list(limits::CLASSES))?;
        class.snapshot_by = background.iter().map(|node| names.background(node)).collect::<Result<_, _>>()?;
        Ok(class)
    }
}

/// Refuses keys that require another key that is missing.
fn requires(reader: &Reader<'_>, pairs: &[(&str, &str)]) -> Result<(), Fault> {
    for (key, needs) in pairs {
        if let (Some(node), None) = (reader.get(key), reader.get(needs)) {
            return Err(Fault::new(&node.place, format!("`{key}` requires `{needs}`")));
        }
    }
    Ok(())
}

/// The server caches that the server looks up for a request or a background call.
fn looks_up(reader: &Reader<'_>, names: &Names<'_>) -> Result<Vec<usize>, Fault> {
    let items = reader.or("looks_up", &[][..], read::list(limits::LOOK_UPS))?;
    items.iter().map(|node| index("table [server_cache.NAME] called", names.server_caches, node)).collect()
}

/// The segments of a request or a background call, and the segment before which the server looks up its caches.
fn segments(reader: &Reader<'_>) -> Result<(u32, u32), Fault> {
    let number = |key, most| {
        reader.or(key, 1, read::whole(1, most)).map(|value| (value, u32::try_from(value).unwrap_or(u32::MAX)))
    };
    let (most, segments) = number("segments", limits::SEGMENTS)?;
    Ok((segments, number("lookup_before_segment", most)?.1))
}
