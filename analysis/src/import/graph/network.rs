//! What the archives say of the origins' connections: protocol, set-up time, keep-alive, and the network where [`super::link`]
//! finds one.
//!
//! Rule: each origin has its own protocol, from its own entries. The set-up time of a connection is one number for an origin,
//! but archives record it cut off where a connection had been begun before its request, and browsers open spare ones. So
//! several numbers are candidates, 0 among them, and the one is taken with which the recorded waits come out best
//! ([`super::trial`]); the rest of a recorded set-up counts as service of its request. Without a trial it is the median.

use super::super::calls::{Load, median};
use super::record::Record;
use sixslot_har::{Protocol, Reuse};
use std::collections::BTreeMap;

/// The network between the browser and an origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// The round-trip time, in milliseconds.
    pub rtt: f64,
    /// The version of TLS, or `none`.
    pub tls: &'static str,
    /// Round trips of a connection's set-up.
    pub trips: f64,
    /// Handshakes that were recorded.
    pub handshakes: usize,
}

/// An origin of the page.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Scheme, host and port; a WebSocket's as its page would have it.
    pub origin: String,
    /// `h1`, `h2` or `h3`, where the archives tell.
    pub protocol: Option<&'static str>,
    /// Possible set-up times, in milliseconds.
    pub candidates: Vec<f64>,
    /// How many set-ups were recorded.
    pub set_ups: usize,
    /// The set-up time that is taken.
    pub connect: f64,
    /// The server closes each connection after its answer, by the archives.
    pub closing: bool,
    /// This is taken.
    pub closes: bool,
    /// The network to it, where a lone load tells.
    pub path: Option<Path>,
}

impl Origin {
    /// An origin of which no node is known.
    #[must_use]
    pub fn unseen(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            protocol: None,
            candidates: vec![0.0],
            set_ups: 0,
            connect: 0.0,
            closing: false,
            closes: false,
            path: None,
        }
    }
}

/// A recorded set-up shorter than this is none.
pub const SET_UP: f64 = 0.5;

/// The origin of an address, as connections count.
#[must_use]
pub fn origin_of(entry: &sixslot_har::Entry) -> String {
    let origin = entry.url.origin().unwrap_or_default();
    match origin.split_once("://") {
        Some(("ws", host)) => format!("http://{host}"),
        Some(("wss", host)) => format!("https://{host}"),
        _ => origin,
    }
}

/// The origins of the loads' requests, in the order in which they come.
#[must_use]
pub fn origins(loads: &[Load]) -> Vec<Origin> {
    let mut order: Vec<String> = Vec::new();
    let mut set_ups: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    for load in loads {
        for entry in &load.archive.entries {
            let origin = origin_of(entry);
            if origin.is_empty() {
                continue;
            }
            let list = set_ups.entry(origin.clone()).or_insert_with(|| {
                order.push(origin);
                Vec::new()
            });
            let record = Record::of(load, entry);
            if record.setup > SET_UP {
                list.push((record.setup, entry.timings.connect.unwrap_or(0.0)));
            }
        }
    }
    let mut told: BTreeMap<String, Vec<(Protocol, usize, bool)>> = BTreeMap::new();
    for load in loads {
        for origin in load.archive.origins() {
            let closing = origin.keep_alive.reuse() == Reuse::Never;
            told.entry(origin.name).or_default().push((origin.protocol, origin.entries.len(), closing));
        }
    }
    let one = |origin: String| {
        let list = set_ups.remove(&origin).unwrap_or_default();
        let told = told.get(&origin).map_or(&[][..], Vec::as_slice);
        let most = told.iter().max_by_key(|(_, entries, _)| *entries);
        let whole = || list.iter().map(|(setup, _)| *setup);
        let connects = || list.iter().map(|(_, connect)| *connect).filter(|connect| *connect > SET_UP);
        let mut candidates = vec![0.0];
        if !list.is_empty() {
            candidates.extend([
                whole().fold(f64::INFINITY, f64::min),
                median(whole().collect()),
                whole().fold(0.0, f64::max),
            ]);
        }
        if connects().next().is_some() {
            candidates.extend([median(connects().collect()), connects().fold(0.0, f64::max)]);
        }
        candidates.sort_unstable_by(f64::total_cmp);
        candidates.dedup();
        let closing = !told.is_empty() && told.iter().all(|(.., closing)| *closing);
        Origin {
            protocol: most.and_then(|(protocol, ..)| word(*protocol)),
            connect: if list.is_empty() { 0.0 } else { median(whole().collect()) },
            set_ups: list.len(),
            candidates,
            closing,
            closes: closing,
            path: None,
            origin,
        }
    };
    order.into_iter().map(one).collect()
}

fn word(protocol: Protocol) -> Option<&'static str> {
    match protocol {
        Protocol::Http3 => Some("h3"),
        protocol if protocol.is_multiplexed() => Some("h2"),
        Protocol::Http1 => Some("h1"),
        _ => None,
    }
}
