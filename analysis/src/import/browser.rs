//! What the archives say of the browser's rules: its profile, its tabs, its connections.
//!
//! Rule: who wrote the archive tells the engine. A rule of the profile is overridden only where
//! the archives contradict it: more connections than six in use at once, by their ids; calls that waited while a connection was free by
//! the profile's rules, but not if a WebSocket takes one; GETs of one URL at the server at once, where the cache lock would
//! have let one through.

use super::calls::{Load, median};
use sixslot_har::distinct;
use sixslot_har::{Archive, Entry, Exporter, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// The rules that the archives suggest.
#[derive(Clone, Debug, PartialEq)]
pub struct Browser {
    /// The profile's name.
    pub profile: &'static str,
    /// Why that profile.
    pub profile_because: String,
    /// Tabs of a load.
    pub tabs: usize,
    /// The time between their openings, where there are several.
    pub tab_interval: Option<f64>,
    /// More connections to one origin at once than the profile has, where that was seen.
    pub connections: Option<usize>,
    /// How many waits only a WebSocket in one of the slots explains, where there are such.
    pub sockets_take_slots: Option<usize>,
    /// URLs whose GETs were at the server at once: they pass the cache by.
    pub unlocked: BTreeSet<String>,
}

/// Connections of one origin, over HTTP/1.1, in all engines.
pub const CONNECTIONS: usize = 6;

fn profile(loads: &[Load]) -> (&'static str, String) {
    let archive = &loads[0].archive;
    let creator = archive.creator.to_ascii_lowercase();
    let profile = match archive.exporter {
        Exporter::Firefox | Exporter::Firebug => "firefox",
        Exporter::Safari => "webkit",
        _ if creator.contains("firefox") => "firefox",
        _ if creator.contains("webkit") && !creator.contains("webinspector") || creator.contains("safari") => "webkit",
        _ => "chromium",
    };
    (profile, format!("the archive was written by {}", archive.creator))
}

fn own_origin(entry: &Entry) -> String {
    entry.url.origin().unwrap_or_default().replacen("ws", "http", 1)
}

/// Intervals in which an entry held a connection for certain, or may have.
fn holding(archive: &Archive, entry: &Entry, possible: bool) -> Option<(f64, f64)> {
    if possible && entry.may_have_held() {
        return Some((entry.start_ms, entry.start_ms + archive.watched_ms(entry)));
    }
    entry.held(archive.span_ms)
}

/// The most connections of one serial origin that were in use at once, by their ids.
fn most_at_once(archive: &Archive) -> usize {
    let serial = archive.origins().into_iter().filter(|origin| !origin.protocol.is_multiplexed());
    serial.filter_map(|origin| origin.at_once).max().unwrap_or(0)
}

/// Origins with sockets of one load that are looked at.
const SOCKET_ORIGINS: usize = 20;

/// Waits of one load that are looked at; more say nothing new.
const WAITS: usize = 500;

/// Waits of answered calls in the pool, and how many of them the profile's six explain.
fn socket_slots(loads: &[Load]) -> Option<usize> {
    let (mut by_socket, mut by_six) = (0, 0);
    for load in loads {
        let archive = &load.archive;
        let sockets: Vec<&Entry> = archive.entries.iter().filter(|entry| entry.verdict == Verdict::Socket).collect();
        let origins: BTreeSet<String> = distinct::set(sockets.iter().map(|entry| own_origin(entry)));
        for origin in origins.into_iter().take(SOCKET_ORIGINS) {
            // Those that may have held one carry their number: what was issued later got none before who waits.
            let holders: Vec<(Option<usize>, f64, f64)> = archive
                .entries
                .iter()
                .filter(|entry| entry.verdict != Verdict::Socket && own_origin(entry) == origin)
                .filter_map(|entry| {
                    let (from, until) = holding(archive, entry, true)?;
                    Some(((!entry.verdict.is_answered()).then_some(entry.number), from, until))
                })
                .collect();
            let mut calls: BTreeMap<&str, usize> = BTreeMap::new();
            archive.entries.iter().for_each(|entry| *calls.entry(entry.url.as_str()).or_default() += 1);
            // Calls of one URL may have waited for each other at the cache.
            let waits = archive.entries.iter().filter_map(|entry| {
                let wait = entry.waiting(archive.watched_ms(entry)).and_then(|waiting| waiting.pool_or_cache_ms)?;
                (wait > 50.0 && calls[entry.url.as_str()] == 1 && own_origin(entry) == origin).then_some((entry, wait))
            });
            for (entry, wait) in waits.take(WAITS) {
                let from = entry.start_ms + entry.timings.queueing.unwrap_or(0.0);
                let (from, until) = (from + 3.0, from + wait - 5.0);
                let opened = |socket: &&&Entry| own_origin(socket) == origin && socket.start_ms <= from;
                let open = sockets.iter().filter(opened).count();
                let held = |time: f64| {
                    let earlier = |number: &Option<usize>| number.is_none_or(|number| number < entry.number);
                    let at = |(number, from, until): &&(Option<usize>, f64, f64)| {
                        earlier(number) && *from <= time && time < *until
                    };
                    holders.iter().filter(at).count()
                };
                let middle = f64::midpoint(from, until);
                let most = [from, middle, until].into_iter().map(held).max().unwrap_or(0);
                if most >= CONNECTIONS {
                    by_six += 1;
                } else if open > 0 && most + open >= CONNECTIONS {
                    by_socket += 1;
                }
            }
        }
    }
    (by_socket >= 3 && by_socket > 4 * by_six).then_some(by_socket)
}

/// URLs of which two GETs were at the server at once.
fn unlocked(loads: &[Load]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for load in loads {
        let mut by_url: Vec<(&str, f64, f64)> = Vec::new();
        for entry in load.archive.entries.iter().filter(|entry| entry.is_get() && entry.verdict == Verdict::Answered) {
            let timings = &entry.timings;
            let Some((blocked, wait)) = timings.blocked.zip(timings.wait) else { continue };
            let before = [timings.dns, timings.connect, timings.send].into_iter().flatten().sum::<f64>();
            let sent = entry.start_ms + blocked + before;
            by_url.push((entry.url.as_str(), sent, sent + wait));
        }
        by_url.sort_by(|one, other| one.0.cmp(other.0).then(one.1.total_cmp(&other.1)));
        for pair in by_url.windows(2) {
            if pair[0].0 == pair[1].0 && pair[0].2 - pair[1].1 > 10.0 {
                found.insert(pair[0].0.to_owned());
            }
        }
    }
    found
}

impl Browser {
    /// The rules that these loads suggest; there is at least one load.
    #[must_use]
    pub fn of(loads: &[Load]) -> Self {
        let (profile, profile_because) = profile(loads);
        let tabs = loads.iter().map(|load| load.opened.len()).max().unwrap_or(1);
        let gaps = loads.iter().flat_map(|load| load.opened.windows(2).map(|pair| pair[1] - pair[0]));
        let most = loads.iter().map(|load| most_at_once(&load.archive)).max().unwrap_or(0);
        Self {
            profile,
            profile_because,
            tabs,
            tab_interval: (tabs > 1).then(|| median(gaps.collect())),
            connections: (most > CONNECTIONS).then_some(most),
            sockets_take_slots: socket_slots(loads),
            unlocked: if profile == "webkit" { BTreeSet::new() } else { unlocked(loads) },
        }
    }
}
