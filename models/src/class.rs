//! A class of requests: what [request.NAME] or `[socket.NAME]` says, with names resolved to numbers.
//!
//! Rule: a load touches no string of a scenario; classes, queues, origins and parameters are indices, and every random
//! quantity of a class has a purpose of its own, named after the class, so that two fixes draw alike.

use crate::browser::{Browser, PRIORITIES, Priority, RANKS};
use crate::form::{self, Form, Linear};
use crate::limits;
use crate::read::{self, Reader, advice};
use crate::schema;
use crate::source::Fault;
use crate::tree::{Entry, Node};
use crate::url::UrlTemplate;
use sim_core::{Distribution, Purpose, Span};

/// What kind of connection a class uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A request with an end.
    Fetch,
    /// A WebSocket.
    WebSocket,
    /// An EventSource.
    EventSource,
    /// A server's own job: it comes from no browser.
    Job,
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
    /// So long after the tab's opening.
    At(Form),
    /// After an event of another class.
    After {
        /// The class that is waited for.
        class: usize,
        /// What of it.
        event: Event,
        /// So long after it.
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
    /// How many there are.
    pub const COUNT: usize = 6;
}

/// A request's method: what the browser's queues and cache tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
pub enum CacheMode {
    /// It may meet the cache.
    Default,
    /// It passes the cache by, and its answer is not kept.
    NoStore,
    /// It passes the cache by.
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
    pub wait: Purpose,
    /// The body's time.
    pub body: Purpose,
}

/// A class of requests.
#[derive(Clone, Debug, PartialEq)]
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
    /// How many copies.
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
    /// Its answer may be stored for so long.
    pub max_age: Option<Span>,
    /// The page aborts it so long after its issue.
    pub deadline: Option<Span>,
    /// What the deadline waits for.
    pub deadline_until: DeadlineUntil,
    /// The poll's period.
    pub every: Option<Span>,
    /// How long after the first call the poll's timer is armed.
    pub tick_lag: Form,
    /// A tick or a retry is skipped while one is in flight.
    pub guard: bool,
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
    pub wait: Form,
    /// Indices of the server's memos that it needs before its own work.
    pub needs: Vec<usize>,
    /// The hop, from 1, before which it needs them.
    pub needs_before: u32,
    /// Parts that the work and the wait come in.
    pub hops: u32,
    /// From the headers to the end; for a socket its life, or none if it stays.
    pub body: Option<Form>,
    /// The page reads the body.
    pub reads_body: bool,
    /// A socket's snapshots.
    pub snapshot_every: Option<Span>,
    /// The jobs whose successes bring a socket's data.
    pub snapshot_by: Vec<usize>,
    /// The streams of its random quantities.
    pub purposes: Purposes,
}

/// The kind of table that a class stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Request,
    Socket,
    Job,
}

/// The names that classes refer to.
pub(crate) struct Names<'a> {
    pub(crate) parameters: &'a [String],
    pub(crate) origins: &'a [String],
    pub(crate) queues: &'a [String],
    pub(crate) memos: &'a [String],
    /// Requests, sockets and jobs in the order of classes.
    pub(crate) classes: &'a [(String, Table)],
}

impl Names<'_> {
    /// The class of a name.
    pub(crate) fn class(&self, name: &str, node: &Node) -> Result<usize, Fault> {
        self.classes.iter().position(|(known, _)| known == name).ok_or_else(|| {
            let known: Vec<&str> = self.classes.iter().map(|(name, _)| name.as_str()).collect();
            Fault::new(&node.place, format!("there is no request or socket `{name}`")).help(advice(name, &known))
        })
    }

    /// The class of a name that must be a request.
    pub(crate) fn request(&self, node: &Node) -> Result<usize, Fault> {
        let name = read::text(node)?;
        let class = self.class(name, node)?;
        if self.classes[class].1 != Table::Request {
            let what = if self.classes[class].1 == Table::Job { "a job" } else { "a socket" };
            return Err(Fault::new(&node.place, format!("`{name}` is {what}, and a request is wanted here")));
        }
        Ok(class)
    }
}

impl Names<'_> {
    /// The class of a name that must be a job.
    fn job(&self, node: &Node) -> Result<usize, Fault> {
        let name = read::text(node)?;
        let class = self.class(name, node)?;
        if self.classes[class].1 != Table::Job {
            return Err(Fault::new(&node.place, format!("`{name}` is no job, and a job is wanted here"))
                .help(format!("write a table [job.{name}]")));
        }
        Ok(class)
    }
}

/// The index of a name in a list.
fn index(kind: &str, known: &[String], node: &Node) -> Result<usize, Fault> {
    let name = read::text(node)?;
    known.iter().position(|other| other == name).ok_or_else(|| {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        Fault::new(&node.place, format!("there is no {kind} `{name}`")).help(advice(name, &known))
    })
}

/// Reads `NAME.EVENT`.
fn trigger(node: &Node, names: &Names<'_>) -> Result<(usize, Event), Fault> {
    const EVENTS: &[(&str, Event)] = &[
        ("issued", Event::Issued),
        ("sent", Event::Sent),
        ("headers", Event::Headers),
        ("open", Event::Headers),
        ("ok", Event::Ok),
        ("failed", Event::Failed),
        ("end", Event::End),
    ];
    let text = read::text(node)?;
    let Some((name, event)) = text.rsplit_once('.') else {
        return Err(Fault::new(&node.place, format!("`{text}` names no event")).help(format!("write \"{text}.ok\"")));
    };
    let class = names.class(name, node)?;
    if names.classes[class].1 == Table::Job {
        return Err(Fault::new(&node.place, format!("`{name}` is a server's job: the page does not see it")));
    }
    let known: Vec<&str> = EVENTS.iter().map(|(name, _)| *name).collect();
    EVENTS.iter().find(|(known, _)| *known == event).map(|(_, event)| (class, *event)).ok_or_else(|| {
        Fault::new(&node.place, format!("`{event}` is no event of a request")).help(advice(event, &known))
    })
}

/// A positive length of time.
fn positive(node: &Node) -> Result<Span, Fault> {
    let span = read::span(node)?;
    if span.is_zero() {
        return Err(Fault::new(&node.place, "a period of 0 never ends").help("write at least \"1ms\""));
    }
    Ok(span)
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
            tick_lag: Form::constant(Span::ZERO),
            guard: false,
            until_ok: false,
            skip_while_fresh: None,
            attempts: 1,
            backoff: Vec::new(),
            dedupe: false,
            queue: None,
            service: None,
            work: Form::constant(Span::ZERO),
            wait: Form::constant(Span::ZERO),
            needs: Vec::new(),
            needs_before: 1,
            hops: 1,
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
                wait: purpose(" wait"),
                body: purpose(" body"),
            },
        }
    }

    /// Reads `[request.NAME]`.
    pub(crate) fn request(entry: &Entry, names: &Names<'_>, browser: &Browser, horizon: Span) -> Result<Self, Fault> {
        let reader = Reader::new(&entry.node, &schema::REQUEST)?;
        let time = |node| form::time(node, names.parameters);
        let mut class = Self::bare(&entry.key, Kind::Fetch);
        for (one, other) in [
            ("start", "after"),
            ("start", "arrivals"),
            ("after", "arrivals"),
            ("count", "arrivals"),
            ("every", "arrivals"),
            ("service", "work"),
            ("service", "wait"),
        ] {
            reader.exclude(one, other)?;
        }
        // A retry can overlap nothing but another call of its own, so a guard without a poll means nothing.
        let pairs = [
            ("delay", "after"),
            ("tick_lag", "every"),
            ("guard", "every"),
            ("until_ok", "every"),
            ("skip_while_fresh", "every"),
            ("deadline_until", "deadline"),
        ];
        means_nothing(&reader, &pairs)?;
        class.url = match reader.read("url", UrlTemplate::read)? {
            Some(url) => url,
            None if reader.get("count").is_some() || reader.get("arrivals").is_some() => {
                UrlTemplate::of(format!("/{}/{{index}}", entry.key))
            }
            None => class.url,
        };
        class.method =
            reader.or("method", Method::Get, read::choice(&[("GET", Method::Get), ("POST", Method::Post)]))?;
        let modes = [CacheMode::Default, CacheMode::NoStore, CacheMode::Reload].map(|mode| (mode.name(), mode));
        class.cache = reader.or("cache", CacheMode::Default, read::choice(&modes))?;
        class.cacheable = class.cache == CacheMode::Default && class.method == Method::Get;
        class.origin = reader.or("origin", 0, |node| index("table [origin.NAME] called", names.origins, node))?;
        class.omits_credentials =
            reader.or("credentials", false, read::choice(&[("include", false), ("omit", true)]))?;
        class.count = reader.or("count", class.count, |node| form::amount(node, names.parameters))?;
        class.start = if let Some(after) = reader.get("after") {
            let (class, event) = trigger(after, names)?;
            let delay = reader.or("delay", Form::constant(Span::ZERO), time)?;
            Start::After { class, event, delay }
        } else if let Some(node) = reader.get("arrivals") {
            let arrivals = Reader::new(node, &schema::ARRIVALS)?;
            let rate = arrivals.or("rate_per_second", 0.0, read::number)?;
            if rate <= 0.0 {
                return Err(Fault::new(arrivals.place_of("rate_per_second"), "a rate is more than 0"));
            }
            let gap = Distribution::exponential_from_mean(1.0 / rate)
                .map_err(|error| Fault::new(arrivals.place_of("rate_per_second"), error.to_string()))?;
            Start::Arrivals { rate_per_second: rate, gap, until: arrivals.or("until", horizon, read::span)? }
        } else {
            Start::At(reader.or("start", Form::constant(Span::ZERO), time)?)
        };
        class.priority = reader.or("priority", Priority::Auto, read::choice(PRIORITIES))?;
        class.rank = browser.ranks[class.priority as usize];
        if let Some(node) = reader.get("response_cache_control") {
            match read::text(node)?.trim() {
                "no-store" => class.answer_no_store = true,
                header => {
                    let seconds = header.strip_prefix("max-age=").and_then(|digits| digits.parse::<u32>().ok());
                    let seconds = seconds.ok_or_else(|| {
                        Fault::new(&node.place, format!("`{header}` is not understood"))
                            .help("write \"no-store\" or \"max-age=60\"")
                    })?;
                    class.max_age = Some(Span::from_seconds(u64::from(seconds)));
                }
            }
        }
        class.deadline = reader.read("deadline", read::span)?;
        class.deadline_until = reader.or(
            "deadline_until",
            DeadlineUntil::End,
            read::choice(&[
                ("end", DeadlineUntil::End),
                ("headers", DeadlineUntil::Headers),
                ("sent", DeadlineUntil::Sent),
            ]),
        )?;
        class.every = reader.read("every", positive)?;
        class.tick_lag = reader.or("tick_lag", class.tick_lag, time)?;
        class.guard = reader.or("guard", false, read::boolean)?;
        class.until_ok = reader.or("until_ok", false, read::boolean)?;
        if let Some(node) = reader.get("skip_while_fresh") {
            let fresh = Reader::new(node, &schema::FRESH)?;
            let socket = fresh.read("socket", |node| names.class(read::text(node)?, node))?.unwrap_or_default();
            class.skip_while_fresh = Some((socket, fresh.or("within", Span::ZERO, read::span)?));
        }
        if let Some(node) = reader.get("retry") {
            let retry = Reader::new(node, &schema::RETRY)?;
            let attempts = retry.or("attempts", 1, read::whole(1, limits::ATTEMPTS))?;
            class.attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
            class.backoff = match retry.get("backoff") {
                Some(list) => read::list(list)?.iter().map(read::span).collect::<Result<_, _>>()?,
                None => Vec::new(),
            };
        }
        class.dedupe = reader.or("dedupe", false, read::boolean)?;
        class.queue = reader.read("queue", |node| index("table [queue.NAME] called", names.queues, node))?;
        class.service = reader.read("service", time)?;
        class.work = reader.or("work", class.work, time)?;
        class.wait = reader.or("wait", class.wait, time)?;
        class.needs = needs(&reader, names)?;
        (class.hops, class.needs_before) = hops(&reader)?;
        class.body = Some(reader.or("body", Form::constant(Span::ZERO), time)?);
        class.reads_body = reader.or("reads_body", true, read::boolean)?;
        Ok(class)
    }

    /// Reads `[job.NAME]`.
    pub(crate) fn job(entry: &Entry, names: &Names<'_>) -> Result<Self, Fault> {
        let reader = Reader::new(&entry.node, &schema::JOB)?;
        let time = |node| form::time(node, names.parameters);
        let mut class = Self::bare(&entry.key, Kind::Job);
        class.origin = reader.or("origin", 0, |node| index("table [origin.NAME] called", names.origins, node))?;
        reader.exclude("start", "after")?;
        means_nothing(&reader, &[("delay", "after"), ("guard", "every")])?;
        class.start = if let Some(after) = reader.get("after") {
            let (class, event) = trigger(after, names)?;
            let delay = reader.or("delay", Form::constant(Span::ZERO), time)?;
            Start::After { class, event, delay }
        } else {
            Start::At(reader.or("start", Form::constant(Span::ZERO), time)?)
        };
        class.every = reader.read("every", positive)?;
        class.guard = reader.or("guard", false, read::boolean)?;
        class.deadline = reader.read("deadline", read::span)?;
        class.needs = needs(&reader, names)?;
        class.work = reader.or("work", class.work, time)?;
        class.wait = reader.or("wait", class.wait, time)?;
        (class.hops, class.needs_before) = hops(&reader)?;
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
        class.url = reader.or("url", class.url, UrlTemplate::read)?;
        class.origin = reader.or("origin", 0, |node| index("table [origin.NAME] called", names.origins, node))?;
        class.count = reader.or("count", class.count, |node| form::amount(node, names.parameters))?;
        class.start = if let Some(after) = reader.get("after") {
            let (class, event) = trigger(after, names)?;
            Start::After { class, event, delay: Form::constant(Span::ZERO) }
        } else {
            Start::At(reader.or("opens", Form::constant(Span::ZERO), time)?)
        };
        let first = kind == Kind::WebSocket && browser.websocket_handshake_first;
        class.rank = if first { RANKS - 1 } else { browser.ranks[Priority::Auto as usize] };
        class.service = Some(reader.or("handshake", Form::constant(Span::ZERO), time)?);
        class.body = reader.read("lasts", time)?;
        reader.exclude("snapshot_every", "snapshot_by")?;
        class.snapshot_every = reader.read("snapshot_every", positive)?;
        let jobs = reader.or("snapshot_by", &[][..], read::list)?;
        class.snapshot_by = jobs.iter().map(|node| names.job(node)).collect::<Result<_, _>>()?;
        Ok(class)
    }
}

/// Refuses keys that mean nothing without another key.
fn means_nothing(reader: &Reader<'_>, pairs: &[(&str, &str)]) -> Result<(), Fault> {
    for (key, needs) in pairs {
        if let (Some(node), None) = (reader.get(key), reader.get(needs)) {
            return Err(Fault::new(&node.place, format!("`{key}` means nothing without `{needs}`")));
        }
    }
    Ok(())
}

/// The memos that a request or a job needs.
fn needs(reader: &Reader<'_>, names: &Names<'_>) -> Result<Vec<usize>, Fault> {
    let items = reader.or("needs", &[][..], read::list)?;
    items.iter().map(|node| index("table [memo.NAME] called", names.memos, node)).collect()
}

/// The hops of a request or a job, and the one before which it needs memos.
fn hops(reader: &Reader<'_>) -> Result<(u32, u32), Fault> {
    let number = |key, most| {
        reader.or(key, 1, read::whole(1, most)).map(|value| (value, u32::try_from(value).unwrap_or(u32::MAX)))
    };
    let (most, hops) = number("hops", limits::HOPS)?;
    Ok((hops, number("needs_before", most)?.1))
}
