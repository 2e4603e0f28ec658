//! Connections by their ids: which are shared, which request was the last on each, and which protocol follows.
//!
//! Rule: HTTP/1.1 sends a request on a connection only after the answer before it (RFC 9112, section 9.3). So requests that
//! overlap on one id share it, whatever their label says; and an answer on a serial connection had ended when the next
//! request was sent there, however late its end is written. An overlap is a request that was sent before the first byte of
//! an earlier one on the same id: first bytes are written on time, ends are not.
//!
//! A browser opens six connections to an origin over HTTP/1.1. Where a request got one while six others held theirs, one of
//! these had ended: the one whose end is written at most [`LATE_MS`] later, else the oldest that is said to be open to the
//! capture's end. Otherwise the times do not fit the limit, and nothing follows.

use crate::entry::{Entry, Served};
use crate::exporter::Exporter;
use crate::moments::in_order;
use crate::occupancy::SLOTS;
use crate::protocol::{Protocol, ProtocolSign};
use crate::verdict::Verdict;
use std::collections::BTreeMap;

/// Overlaps shorter than this, in milliseconds, are the clock's: seen up to 6 on serial connections.
const OVERLAP_MS: f64 = 20.0;

/// Ends are written up to this late, in milliseconds, where a new connection took the place of a closed one.
const LATE_MS: f64 = 5.0;
/// Requests in flight to one origin that are looked at.
const MOST_ACTIVE: usize = 64;

/// Resolves the connections of entries, which are in order of their start.
pub(crate) fn resolve(entries: &mut [Entry], exporter: Exporter, loads: usize) {
    // A new browser for each load counts its connections again.
    if loads > 1 && matches!(exporter, Exporter::ChromeHar | Exporter::WebPageTest) {
        for entry in &mut *entries {
            if let Some(id) = &mut entry.connection {
                *id = format!("{}:{id}", entry.load + 1);
            }
        }
    }
    let connections = by_connection(entries);
    for members in &connections {
        share(entries, members);
    }
    inherit(entries);
    for members in &connections {
        release(entries, members);
    }
    release_event_sources(entries);
    release_by_limit(entries);
}

/// Whether it used the network and was answered.
fn is_network(entry: &Entry) -> bool {
    entry.verdict.is_answered() && entry.verdict != Verdict::Socket && entry.served == Served::Network
}

/// The answered entries of each id, in order of their sending.
fn by_connection(entries: &[Entry]) -> Vec<Vec<usize>> {
    let mut ids = BTreeMap::<&str, Vec<(f64, usize)>>::new();
    for (at, entry) in entries.iter().enumerate().filter(|(_, entry)| is_network(entry)) {
        if let (Some(id), Some(sent)) = (entry.connection.as_deref(), entry.sent_ms()) {
            ids.entry(id).or_default().push((sent, at));
        }
    }
    let ordered = |mut members: Vec<(f64, usize)>| {
        in_order(&mut members);
        members.into_iter().map(|(_, at)| at).collect()
    };
    ids.into_values().map(ordered).collect()
}

/// Marks what shares a connection.
fn share(entries: &mut [Entry], members: &[usize]) {
    let (mut overlaps, mut latest) = (0_usize, f64::NEG_INFINITY);
    for at in members {
        let (sent, headers) = (entries[*at].sent_ms(), entries[*at].headers_ms());
        overlaps += usize::from(sent.is_some_and(|sent| sent + OVERLAP_MS < latest));
        latest = latest.max(headers.unwrap_or(latest));
    }
    let labels = || members.iter().map(|at| entries[*at].protocol);
    let known = labels().filter(|protocol| protocol.is_multiplexed()).max();
    // One overlap proves it of what has no label; against a label it takes more than one slip.
    let enough = if labels().any(|label| label == Protocol::Http1) { 2.max(members.len() / 10) } else { 1 };
    if known.is_none() && overlaps < enough {
        return;
    }
    for at in members {
        let entry = &mut entries[*at];
        if !entry.protocol.is_multiplexed() {
            entry.protocol = known.unwrap_or(Protocol::Multiplexed);
            entry.protocol_sign = ProtocolSign::SharedConnection;
        }
    }
}

/// Gives the origin's protocol to those of its entries that have none of their own.
fn inherit(entries: &mut [Entry]) {
    let mut origins = BTreeMap::<String, BTreeMap<Protocol, usize>>::new();
    for entry in entries.iter().filter(|entry| is_network(entry) && entry.protocol != Protocol::Unknown) {
        if let Some(origin) = entry.url.origin() {
            *origins.entry(origin).or_default().entry(entry.protocol).or_default() += 1;
        }
    }
    for entry in &mut *entries {
        let Some(protocols) = entry.url.origin().and_then(|origin| origins.get(&origin)) else { continue };
        let Some((protocol, _)) = protocols.iter().max_by_key(|(_, count)| **count) else { continue };
        // A label that the origin's shared connections refute is wrong on its other connections too.
        let refuted = *protocol == Protocol::Multiplexed && entry.protocol == Protocol::Http1;
        if entry.protocol == Protocol::Unknown || refuted {
            (entry.protocol, entry.protocol_sign) = (*protocol, ProtocolSign::Origin);
        }
    }
}

/// Notes reuse, and when each serial connection was free again.
fn release(entries: &mut [Entry], members: &[usize]) {
    for (place, at) in members.iter().enumerate() {
        let next = members.get(place + 1).and_then(|next| entries[*next].sent_ms());
        let entry = &mut entries[*at];
        entry.reused = Some(place > 0);
        if entry.protocol.is_multiplexed() {
            continue;
        }
        let end = entry.end_ms().unwrap_or(f64::INFINITY);
        entry.released_ms = next.filter(|next| *next < end).zip(entry.sent_ms()).map(|(next, sent)| next.max(sent));
    }
}

/// An event source that its page asked for again had ended.
fn release_event_sources(entries: &mut [Entry]) {
    let mut next = BTreeMap::<(usize, Option<String>, String), f64>::new();
    for entry in entries.iter_mut().rev() {
        if entry.verdict == Verdict::EventStream {
            let key = (entry.load, entry.page.clone(), entry.url.as_str().to_owned());
            let again =
                next.insert(key, entry.start_ms).filter(|again| entry.end_ms().is_some_and(|end| *again >= end));
            entry.released_ms = entry.released_ms.or(again);
        }
    }
}

/// Releases what the limit of connections says had ended.
fn release_by_limit(entries: &mut [Entry]) {
    let mut origins = BTreeMap::<(usize, String), Vec<(f64, usize)>>::new();
    for (at, entry) in entries.iter().enumerate().filter(|(_, entry)| is_network(entry)) {
        if let (Some((from, _)), Some(origin)) = (entry.held(f64::INFINITY), entry.url.origin()) {
            origins.entry((entry.load, origin)).or_default().push((from, at));
        }
    }
    for mut members in origins.into_values() {
        in_order(&mut members);
        let mut active = Vec::<(f64, usize)>::new();
        for (from, at) in members {
            active.retain(|(until, _)| *until > from);
            if active.len() >= SLOTS {
                let first = (0..active.len()).min_by(|one, other| active[*one].0.total_cmp(&active[*other].0));
                let late = first.filter(|first| active[*first].0 <= from + LATE_MS);
                let open = || active.iter().position(|(until, _)| until.is_infinite());
                if let Some(ended) = late.or_else(open) {
                    entries[active.remove(ended).1].released_ms = Some(from);
                }
            }
            if active.len() < MOST_ACTIVE {
                let until = entries[at].held(f64::INFINITY).map_or(from, |(_, until)| until);
                active.push((until, at));
            }
        }
    }
}
