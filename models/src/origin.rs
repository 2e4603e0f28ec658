//! An origin's server as a scenario describes it: how it turns work into time.
//!
//! Rule: the disciplines are queueing theory's; `event-loop` is Node's: one thread, blocks of work that are never
//! interrupted, in the order in which they became ready. Work goes on after an abort unless the scenario says otherwise
//! (measured: route handlers and renders of Next.js 14 to 16 run to their end).

use crate::form::{self, Form, Linear};
use crate::limits;
use crate::network::{Bandwidth, Network, Path};
use crate::protocol::{Protocol, Tls};
use crate::read::count;
use crate::read::{self, Reader};
use crate::schema;
use crate::source::Fault;
use crate::tree::Node;
use sixslot_sim_core::{Purpose, Span};

/// How the requests at one server share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// Requests do not slow each other down.
    Independent,
    /// All share the workers equally; none is faster than one worker.
    ProcessorSharing,
    /// First come, first served by the workers.
    Fifo,
    /// One thread, blocks in the order in which they became ready.
    EventLoop,
}

impl Discipline {
    /// The words of the key `discipline`.
    const WORDS: [(&'static str, Self); 4] = [
        ("independent", Self::Independent),
        ("processor-sharing", Self::ProcessorSharing),
        ("fifo", Self::Fifo),
        ("event-loop", Self::EventLoop),
    ];
}

/// When a worker that serves first come, first served is free again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerUntil {
    /// When the server has sent the headers.
    Headers,
    /// At the end of the body, or of the socket.
    End,
}

/// The limit of a server's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerQueue {
    /// Requests at the server beyond its workers.
    pub limit: usize,
    /// Retry-After of the answers to those that it refuses.
    pub retry_after: Option<Span>,
}

impl ServerQueue {
    /// The queue of a server with this discipline.
    fn of(server: &Reader<'_>, discipline: Discipline) -> Result<Option<Self>, Fault> {
        let queue = server.read("queue", Self::read)?;
        if queue.is_some() && ![Discipline::Fifo, Discipline::ProcessorSharing].contains(&discipline) {
            let message = "`queue` requires \"fifo\" or \"processor-sharing\"";
            let fault = Fault::new(server.place_of("queue"), message);
            return Err(fault.help("write discipline = \"fifo\", or leave it out"));
        }
        Ok(queue)
    }

    fn read(node: &Node) -> Result<Self, Fault> {
        let reader = Reader::new(node, &schema::SERVER_QUEUE)?;
        Ok(Self {
            limit: reader.or("limit", 0, count(0, limits::PLACES))?,
            retry_after: reader.read("retry_after", read::span)?,
        })
    }
}

/// A server.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Origin {
    /// Its name in the scenario; the page's own is called `server`.
    pub name: String,
    /// The name of its host, for people only.
    pub host: Option<String>,
    /// How its requests share it.
    pub discipline: Discipline,
    /// Number of requests served at full speed.
    pub workers: usize,
    /// When a worker of a first-come, first-served server is free again.
    pub worker_until: WorkerUntil,
    /// The limit of its queue, beyond which it answers with 503; none: there is no limit.
    pub queue: Option<ServerQueue>,
    /// n requests on w workers take (n / w) to this power times as long as one (processor sharing).
    pub slowdown_exponent: f64,
    /// Whether an abort ends the work.
    pub cancel_on_disconnect: bool,
    /// The server closes a connection that was idle for this time; zero: each connection after its first answer.
    pub keep_alive: Option<Span>,
    /// What the browser speaks with it.
    pub protocol: Protocol,
    /// Requests at once on a connection of HTTP/2 or HTTP/3.
    pub max_concurrent_streams: usize,
    /// Whether the answers of one connection are sent by the priority of their requests.
    pub honours_priority: bool,
    /// The time to open a connection, TLS included; none: the browser's `connect`.
    pub connect: Option<Form>,
    /// The stream of that time.
    pub connect_purpose: Purpose,
    /// The correlation of the normal scores of all times that this server draws in one load, from 0 (independent) to 1
    /// (one factor decides all of them): for log-normal times, the share of the log-variance that the load explains.
    pub noise_shared: Linear,
    /// The stream of the factor that they share.
    pub noise_purpose: Purpose,
    /// The path to it.
    pub path: Path,
}

/// Whether a text can stand for a host, with its port if it has one: no number depends on it, so only what could be taken
/// for another part of a URL is refused.
#[must_use]
pub fn is_host(text: &str) -> bool {
    let foreign = |c: char| c.is_whitespace() || c.is_control() || "/?#@\\{}<>\"'`".contains(c);
    !text.is_empty() && text.len() <= 255 && !text.contains(foreign)
}

fn host(node: &Node) -> Result<String, Fault> {
    let text = read::text(node)?;
    if !is_host(text) {
        return Err(Fault::new(&node.place, "a host is a name and perhaps a port, of 1 to 255 characters")
            .help("write it without the scheme and the path, such as \"cdn.example.com\" or \"localhost:3000\""));
    }
    Ok(text.to_owned())
}

impl Origin {
    /// Reads [server] or `[origin.NAME]`; bandwidths are appended to `links`.
    pub(crate) fn read(
        name: &str,
        node: Option<&Node>,
        parameters: &[String],
        network: &Network,
        links: &mut Vec<Bandwidth>,
    ) -> Result<Self, Fault> {
        let mut origin = Self {
            name: name.to_owned(),
            host: None,
            discipline: Discipline::Independent,
            workers: 1,
            worker_until: WorkerUntil::Headers,
            queue: None,
            slowdown_exponent: 1.0,
            cancel_on_disconnect: false,
            keep_alive: None,
            protocol: Protocol::H1,
            max_concurrent_streams: 100,
            honours_priority: false,
            connect: None,
            connect_purpose: Purpose::named(name).and(" connect"),
            noise_shared: Linear::constant(0.0),
            noise_purpose: Purpose::named(name).and(" noise shared"),
            path: network.path(name),
        };
        let Some(node) = node else { return Ok(origin) };
        let reader = Reader::new(node, &schema::SERVER)?;
        origin.host = reader.read("host", host)?;
        origin.discipline = reader.or("discipline", origin.discipline, read::choice(&Discipline::WORDS))?;
        origin.workers = reader.or("workers", 1, count(1, limits::PLACES))?;
        if origin.discipline == Discipline::EventLoop && origin.workers > 1 {
            return Err(Fault::new(reader.place_of("workers"), "an event loop has one worker")
                .help("leave out `workers`, or use \"fifo\""));
        }
        let words = [("headers", WorkerUntil::Headers), ("end", WorkerUntil::End)];
        if let Some(until) = reader.read("worker_until", read::choice(&words))? {
            if origin.discipline != Discipline::Fifo {
                return Err(Fault::new(reader.place_of("worker_until"), "`worker_until` requires \"fifo\"")
                    .help("write discipline = \"fifo\", or leave it out"));
            }
            origin.worker_until = until;
        }
        origin.queue = ServerQueue::of(&reader, origin.discipline)?;
        origin.slowdown_exponent = reader.or("slowdown_exponent", 1.0, read::number)?;
        if !(1.0..=10.0).contains(&origin.slowdown_exponent) {
            return Err(Fault::new(
                reader.place_of("slowdown_exponent"),
                "slowdown_exponent must be between 1 (sharing costs nothing) and 10",
            ));
        }
        if origin.slowdown_exponent > 1.0 && origin.discipline != Discipline::ProcessorSharing {
            return Err(Fault::new(
                reader.place_of("slowdown_exponent"),
                "slowdown_exponent requires \"processor-sharing\"",
            ));
        }
        origin.cancel_on_disconnect = reader.or("cancel_on_disconnect", false, read::boolean)?;
        origin.read_protocol(&reader)?;
        origin.connect = reader.read("connect", |node| form::time(node, parameters))?;
        origin.noise_shared = reader.or("noise_shared", origin.noise_shared, |node| form::share(node, parameters))?;
        origin.path = network.read_path(name, &reader, origin.protocol, parameters, links)?;
        Ok(origin)
    }

    /// Reads what is spoken on its connections, and how long they live.
    fn read_protocol(&mut self, reader: &Reader<'_>) -> Result<(), Fault> {
        let help =
            "write a length of time: \"0s\" closes each connection after its answer; without the key none is closed";
        self.keep_alive = reader.read("keep_alive", read::span).map_err(|fault| fault.help(help))?;
        let words = [("h1", Protocol::H1), ("h2", Protocol::H2), ("h3", Protocol::H3)];
        self.protocol = reader.or("protocol", self.protocol, read::choice(&words))?;
        let streams = count(1, limits::PLACES);
        self.max_concurrent_streams = reader.or("max_concurrent_streams", self.max_concurrent_streams, streams)?;
        self.honours_priority = reader.or("honours_priority", false, read::boolean)?;
        if self.honours_priority && !self.protocol.multiplexes() {
            return Err(Fault::new(
                reader.place_of("honours_priority"),
                "`honours_priority` requires \"h2\" or \"h3\"",
            )
            .help("a connection of HTTP/1.1 carries one answer at a time; write protocol = \"h2\", or leave it out"));
        }
        Ok(())
    }

    /// The version of TLS that the browser uses.
    pub fn tls(&self) -> Tls {
        self.path.tls.unwrap_or(if self.protocol.multiplexes() { Tls::V13 } else { Tls::None })
    }

    /// How many requests of one group its connections carry at once: streams, or connections of the browser's limit.
    pub const fn places(&self, connections: usize) -> usize {
        if self.protocol.multiplexes() { self.max_concurrent_streams } else { connections }
    }
}
