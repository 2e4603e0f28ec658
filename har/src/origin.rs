//! The origins of an archive: their protocol, connections and keep-alive, with the evidence.
//!
//! Rule: an origin is scheme, host and port, and everything here holds for one origin, never for the page as a whole. The
//! page's own origin is that of its main document. Where the file has none, it is the origin that parsers most often worked for
//! without being in the file, else that of most `Referer` headers, else that of most requests.

use crate::archive::Archive;
use crate::distinct;
use crate::entry::Entry;
use crate::protocol::{Protocol, ProtocolSign};
use crate::url::Url;
use crate::verdict::Verdict;
use serde::Serialize;
use std::collections::BTreeMap;

/// Whether a connection is used again after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reuse {
    /// Requests used connections again.
    Seen,
    /// Each of three requests or more opened its own, or each answer closed it.
    Never,
    /// The file does not tell.
    Unknown,
}

/// Evidence of keep-alive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct KeepAlive {
    /// Answers over serial connections.
    pub answers: usize,
    /// Of these: with `Connection: close`.
    pub closing: usize,
    /// Of these: on a connection that an earlier request had used.
    pub reused: usize,
    /// Of these: the first on their connection.
    pub fresh: usize,
    /// The shortest `timeout` of a `Keep-Alive` header, in milliseconds.
    pub timeout_ms: Option<f64>,
}

impl KeepAlive {
    /// What follows. `Connection: close` without ids counts where every answer has it.
    pub fn reuse(&self) -> Reuse {
        match () {
            () if self.reused > 0 => Reuse::Seen,
            () if self.fresh >= 3 => Reuse::Never,
            () if self.answers > 0 && self.closing == self.answers => Reuse::Never,
            () => Reuse::Unknown,
        }
    }
}

/// An origin.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Origin {
    /// Scheme, host and port.
    pub name: String,
    /// It is the page's own.
    pub is_page: bool,
    /// Entries that used the network, sockets left out: indices into [`Archive::entries`].
    pub entries: Vec<usize>,
    /// The protocol of most of its answers; of two as frequent, the one that shares connections.
    pub protocol: Protocol,
    /// How many answers name the protocol in which field.
    pub signs: BTreeMap<ProtocolSign, usize>,
    /// Connections that the file names; `None` where it names none.
    pub connections: Option<usize>,
    /// The most of them that were in use at once, from the sending of a request or the set-up before it to the answer's end.
    pub at_once: Option<usize>,
    /// Evidence of keep-alive.
    pub keep_alive: KeepAlive,
    /// How long connections took to set up, TLS included, in milliseconds, sorted.
    pub connect_ms: Vec<f64>,
}

impl Origin {
    /// The median time to set up a connection, in milliseconds.
    pub fn connect_median_ms(&self) -> Option<f64> {
        self.connect_ms.get(self.connect_ms.len() / 2).copied()
    }
}

/// Whether an entry used the network, and is no socket.
pub(crate) fn uses_network(entry: &Entry) -> bool {
    !matches!(entry.verdict, Verdict::FromCache | Verdict::NoNetwork | Verdict::Socket) && !entry.url.is_socket()
}

/// The origin of the page.
pub(crate) fn page_origin(archive: &Archive) -> Option<String> {
    let document = archive.loads.iter().find_map(|load| load.document);
    if let Some(origin) = document.and_then(|at| archive.entries[at].url.origin()) {
        return Some(origin);
    }
    let most = |of: &dyn Fn(&Entry) -> Option<String>| {
        let mut counts = BTreeMap::<String, usize>::new();
        for origin in archive.entries.iter().filter_map(of) {
            *counts.entry(origin).or_default() += 1;
        }
        let first = counts.into_iter().max_by(|one, other| one.1.cmp(&other.1).then(other.0.cmp(&one.0)));
        first.map(|(origin, _)| origin)
    };
    let present = distinct::set(archive.entries.iter().map(|entry| entry.url.as_str()));
    let parser = |entry: &Entry| {
        let initiator = entry.initiator.as_deref().filter(|initiator| initiator.kind.as_deref() == Some("parser"))?;
        let url = Url::new(initiator.url.as_deref()?);
        url.origin().filter(|_| !present.contains(url.as_str()))
    };
    let referer = |entry: &Entry| Url::new(entry.request_headers.get("referer")?).origin();
    most(&parser)
        .or_else(|| most(&referer))
        .or_else(|| most(&|entry| entry.url.origin().filter(|_| uses_network(entry))))
}

/// When a connection with an id was in use: its entries' sending, set-up included, to their end.
fn in_use(archive: &Archive, entry: &Entry) -> Option<(f64, f64)> {
    let end_ms = archive.loads.get(entry.load).map_or(archive.span_ms, |load| load.end_ms);
    if entry.protocol.is_multiplexed() {
        return Some((entry.sent_ms()?, entry.end_ms().unwrap_or(end_ms)));
    }
    entry.held(end_ms)
}

/// The most ids in use at once.
fn most_at_once(archive: &Archive, entries: &[usize]) -> usize {
    let mut events = Vec::new();
    for entry in entries.iter().map(|at| &archive.entries[*at]) {
        if let (Some(id), Some((from, until))) = (entry.connection.as_deref(), in_use(archive, entry)) {
            events.extend([(from, true, id), (until, false, id)]);
        }
    }
    // An end before a start at the same time: a freed connection is used again.
    events.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    let mut depth = BTreeMap::<&str, isize>::new();
    let (mut now, mut most) = (0_usize, 0);
    for (_, starts, id) in events {
        let depth = depth.entry(id).or_default();
        let was = *depth > 0;
        *depth += if starts { 1 } else { -1 };
        match (was, *depth > 0) {
            (false, true) => now += 1,
            (true, false) => now -= 1,
            _ => {}
        }
        most = most.max(now);
    }
    most
}

fn keep_alive(entries: &[&Entry]) -> KeepAlive {
    let mut result = KeepAlive::default();
    for entry in entries.iter().filter(|entry| entry.verdict.is_answered() && !entry.protocol.is_multiplexed()) {
        let header = |name: &str| entry.response_headers.get(name).map(|value| value.to_ascii_lowercase());
        result.answers += 1;
        result.closing += usize::from(header("connection").is_some_and(|value| value.contains("close")));
        result.reused += usize::from(entry.reused == Some(true));
        result.fresh += usize::from(entry.reused == Some(false));
        let timeout = header("keep-alive").and_then(|value| {
            let seconds =
                value.split(',').find_map(|part| part.trim().strip_prefix("timeout=")?.trim().parse::<f64>().ok())?;
            Some(seconds * 1000.0).filter(|ms| ms.is_finite() && *ms >= 0.0)
        });
        result.timeout_ms = match (result.timeout_ms, timeout) {
            (Some(one), Some(other)) => Some(f64::min(one, other)),
            (one, other) => one.or(other),
        };
    }
    result
}

fn origin(archive: &Archive, name: String, is_page: bool, entries: Vec<usize>) -> Origin {
    let of = entries.iter().map(|at| &archive.entries[*at]).collect::<Vec<_>>();
    let mut protocols = BTreeMap::<Protocol, usize>::new();
    let mut signs = BTreeMap::new();
    for entry in of.iter().filter(|entry| entry.verdict.is_answered() && entry.protocol != Protocol::Unknown) {
        *protocols.entry(entry.protocol).or_default() += 1;
        *signs.entry(entry.protocol_sign).or_default() += 1;
    }
    let protocol = protocols.into_iter().max_by_key(|(_, count)| *count).map(|(protocol, _)| protocol);
    let ids = distinct::set(of.iter().filter_map(|entry| entry.connection.as_deref())).len();
    let mut connect_ms = of.iter().filter_map(|entry| entry.timings.connect.filter(|ms| *ms > 0.0)).collect::<Vec<_>>();
    connect_ms.sort_unstable_by(f64::total_cmp);
    Origin {
        name,
        is_page,
        protocol: protocol.unwrap_or_default(),
        signs,
        connections: (ids > 0).then_some(ids),
        at_once: (ids > 0).then(|| most_at_once(archive, &entries)),
        keep_alive: keep_alive(&of),
        connect_ms,
        entries,
    }
}

impl Archive {
    /// The origins that requests used over the network: the page's own first, then those of most requests.
    pub fn origins(&self) -> Vec<Origin> {
        let page = page_origin(self);
        let mut origins = BTreeMap::<String, Vec<usize>>::new();
        for (at, entry) in self.entries.iter().enumerate().filter(|(_, entry)| uses_network(entry)) {
            if let Some(name) = entry.url.origin() {
                origins.entry(name).or_default().push(at);
            }
        }
        let origin = |(name, entries): (String, Vec<usize>)| {
            let is_page = page.as_ref() == Some(&name);
            origin(self, name, is_page, entries)
        };
        let mut result = origins.into_iter().map(origin).collect::<Vec<_>>();
        result.sort_by(|one, other| {
            let order = |origin: &Origin| (std::cmp::Reverse(origin.is_page), std::cmp::Reverse(origin.entries.len()));
            order(one).cmp(&order(other)).then_with(|| one.name.cmp(&other.name))
        });
        result
    }
}
