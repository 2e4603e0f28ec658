//! When the calls of a class begin: so long after the tab's opening, or after something else.
//!
//! Rule: what a class waits for is what it follows most steadily. Of all events that come before each of its starts, and
//! are followed by one, the event is taken after which the delay varies least; of those that do equally well the nearest.
//! With few tabs the nearest is taken at once. The opening wins where the delay after it is as steady and nothing ends right before the starts. Where an archive
//! names the URL that a call was made by (`_initiator`), classes of that URL are asked first.

use super::cadence::Rhythm;
use super::calls::{Group, Kind, Load, TOGETHER, median, quantile};
use sixslot_har::distinct;
use std::collections::{BTreeMap, BTreeSet};

/// What starts are counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The tab's opening.
    Opening,
    /// An event of another class, by its number.
    After(usize, Event),
    /// An event of a node of the graph, by its number.
    Node(usize, super::graph::record::Event),
}

/// An event of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Every instance was issued.
    Issued,
    /// Every instance has succeeded once.
    Ok,
    /// The socket was open.
    Open,
}

impl Event {
    /// As scenarios write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Ok => "ok",
            Self::Open => "open",
        }
    }
}

/// When a class begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// What starts are counted from.
    pub anchor: Anchor,
    /// The delays after it, in milliseconds, each with its load: of each instance, or of the first one where all begin together.
    pub delays: Vec<(usize, f64)>,
    /// Several instances begin together, at a time that differs from load to load.
    pub together: bool,
    /// How many tabs have the class.
    pub tabs: usize,
    /// The initiator in the archives names the class that is waited for.
    pub named: bool,
}

type Key = (usize, usize);

/// The time of an event in each tab.
fn events(group: &Group<'_>, event: Event) -> BTreeMap<Key, f64> {
    let mut by_key: BTreeMap<Key, Vec<Option<f64>>> = BTreeMap::new();
    for chain in &group.chains {
        let mut calls = chain.calls.iter().map(|call| &group.calls[*call]);
        let time = match event {
            Event::Issued => calls.next().map(|call| call.at),
            Event::Ok => calls.find(|call| call.succeeded()).map(|call| call.until()),
            Event::Open => calls.find(|call| call.entry.verdict.is_socket()).map(|call| {
                let timings = &call.entry.timings;
                let parts = [timings.blocked, timings.dns, timings.connect, timings.send, timings.wait];
                call.at + parts.into_iter().flatten().sum::<f64>()
            }),
        };
        by_key.entry(chain.key).or_default().push(time);
    }
    let all = |times: Vec<Option<f64>>| {
        (times.len() >= group.copies)
            .then(|| times.into_iter().try_fold(0.0, |last: f64, time| time.map(|t| last.max(t))))
    };
    by_key.into_iter().filter_map(|(key, times)| all(times).flatten().map(|time| (key, time))).collect()
}

/// Starts may be written up to a millisecond before the event that made them.
const EARLY: f64 = 2.5;

struct Candidate {
    anchor: Anchor,
    spread: f64,
    middle: f64,
    named: bool,
}

/// What other classes can wait for of a class.
#[derive(Debug)]
pub struct Times<'a> {
    /// It is no random stream.
    waits_allowed: bool,
    /// When it was issued, in each tab.
    issued: BTreeMap<Key, f64>,
    /// When it had succeeded, or was open.
    reached: BTreeMap<Key, f64>,
    event: Event,
    urls: BTreeSet<&'a str>,
}

impl<'a> Times<'a> {
    /// The times of a class.
    #[must_use]
    pub fn of(group: &Group<'a>, rhythm: &Rhythm) -> Self {
        let event = if group.kind == Kind::Fetch { Event::Ok } else { Event::Open };
        Self {
            waits_allowed: !matches!(rhythm, Rhythm::Random(_)),
            issued: events(group, Event::Issued),
            reached: events(group, event),
            event,
            urls: group.calls.iter().map(|call| call.entry.url.as_str()).collect(),
        }
    }
}

/// The start of a class among those before it; `limited` says that a framework's queue lets its instances through.
#[must_use]
pub fn start(number: usize, group: &Group<'_>, times: &[Times<'_>], loads: &[Load], limited: bool) -> Start {
    let firsts = group.firsts();
    let earliest: BTreeMap<Key, f64> = distinct::map(firsts.iter().map(|(key, calls)| (*key, calls[0].at)));
    let tabs = earliest.len();
    let judge = |anchor: Anchor, times: Option<&BTreeMap<Key, f64>>, named: bool| {
        let time = |key: &Key| times.map_or(Some(0.0), |times| times.get(key).copied());
        let mut delays: Vec<f64> = earliest.iter().filter_map(|(key, at)| Some(at - time(key)?)).collect();
        if delays.len() < tabs || delays.iter().filter(|delay| **delay < -EARLY).count() * 50 > tabs {
            return None;
        }
        let spread = quantile(&mut delays, 0.9) - quantile(&mut delays, 0.1);
        let middle = quantile(&mut delays, 0.5).max(0.0);
        // Where the event came and the watching went on, the class must have begun.
        let patience = 2.0 * quantile(&mut delays, 1.0) + 500.0;
        let mut missed = 0;
        for (key, time) in times.into_iter().flatten() {
            let load = &loads[key.0];
            let watched = load.end - load.opened[key.1] - time;
            missed += usize::from(!earliest.contains_key(key) && watched > patience);
        }
        (20 * missed <= tabs).then_some(Candidate { anchor, spread, middle, named })
    };
    let initiators = initiators(group);
    let mut candidates: Vec<Candidate> = judge(Anchor::Opening, None, false).into_iter().collect();
    // Only what begins before it: so no two classes wait for each other.
    for (other, before) in times[..number].iter().enumerate().filter(|(_, before)| before.waits_allowed) {
        // Four of five calls name one of the class's URLs as what made them.
        let named =
            initiators.iter().filter(|(url, _)| before.urls.contains(url)).map(|(_, count)| count).sum::<usize>();
        let named = 5 * named >= 4 * group.calls.len();
        candidates.extend(judge(Anchor::After(other, before.event), Some(&before.reached), named));
        if before.event == Event::Ok {
            candidates.extend(judge(Anchor::After(other, Event::Issued), Some(&before.issued), false));
        }
    }
    let best = if tabs < FEW { nearest(candidates) } else { choose(candidates) };
    let (anchor, named) = best.map_or((Anchor::Opening, false), |best| (best.anchor, best.named));
    let times = match anchor {
        Anchor::Opening | Anchor::Node(..) => None,
        Anchor::After(class, Event::Issued) => Some(&times[class].issued),
        Anchor::After(class, _) => Some(&times[class].reached),
    };
    let apart = |calls: &Vec<super::calls::Call<'_>>| calls[calls.len() - 1].at - calls[0].at > TOGETHER;
    let scattered = !limited && 2 * firsts.values().filter(|calls| apart(calls)).count() > tabs;
    let mut delays = Vec::new();
    for (key, calls) in &firsts {
        let from = times.map_or(Some(0.0), |times| times.get(key).copied());
        let Some(from) = from else { continue };
        let count = if scattered { calls.len() } else { 1 };
        delays.extend(calls[..count].iter().map(|call| (key.0, (call.at - from).max(0.0))));
    }
    Start { anchor, delays, together: group.copies > 1 && !scattered, tabs, named }
}

/// Initiators of one class that are looked at, those of most calls.
const INITIATORS: usize = 100;

/// The URLs that made the calls of a class, each with the number of them; not their own.
fn initiators<'a>(group: &Group<'a>) -> Vec<(&'a str, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for call in &group.calls {
        let initiator = call.entry.initiator.as_ref().and_then(|initiator| initiator.url.as_deref());
        if let Some(url) = initiator.filter(|url| *url != call.entry.url.as_str()) {
            *counts.entry(url).or_default() += 1;
        }
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.truncate(INITIATORS);
    counts
}

/// With fewer tabs than this a steady delay is chance, and the nearest event is taken.
const FEW: usize = 5;

/// The class that begins at the same instant, else what ended last before.
fn nearest(mut candidates: Vec<Candidate>) -> Option<Candidate> {
    if candidates.iter().any(|candidate| candidate.named) {
        candidates.retain(|candidate| candidate.named);
    }
    let issued = |candidate: &Candidate| matches!(candidate.anchor, Anchor::After(_, Event::Issued));
    candidates.retain(|candidate| !issued(candidate) || candidate.middle <= TOGETHER);
    let order = |candidate: &Candidate| (candidate.middle > TOGETHER || !issued(candidate), candidate.middle);
    candidates.into_iter().min_by(|one, other| {
        let (one, other) = (order(one), order(other));
        one.0.cmp(&other.0).then(one.1.total_cmp(&other.1))
    })
}

fn choose(mut candidates: Vec<Candidate>) -> Option<Candidate> {
    if candidates.iter().any(|candidate| candidate.named) {
        candidates.retain(|candidate| candidate.named);
    }
    let steadiest = candidates.iter().map(|candidate| candidate.spread).fold(f64::INFINITY, f64::min);
    candidates.retain(|candidate| candidate.spread <= 1.15 * steadiest + 4.0);
    let right_before = |candidate: &Candidate| candidate.middle <= 4.0 && candidate.spread <= 4.0;
    let opening = candidates.iter().position(|candidate| candidate.anchor == Anchor::Opening);
    if let Some(opening) = opening
        && (candidates[opening].middle <= 10.0 || !candidates.iter().any(right_before))
    {
        return Some(candidates.swap_remove(opening));
    }
    candidates.into_iter().min_by(|one, other| one.middle.total_cmp(&other.middle))
}

/// A framework's queue that lets a limited number of a class's instances through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// So many at once.
    pub limit: usize,
    /// The next goes at an answer's headers, else at its end.
    pub at_headers: bool,
    /// Starts that came right after another's headers (or end), and all later starts.
    pub explained: (usize, usize),
}

/// The limit that the bursts of a class show: the first so many start together, each later one as another's headers come
/// or its body ends. The browser's own queues do not show in starts.
#[must_use]
pub fn limit(group: &Group<'_>) -> Option<Limit> {
    if group.kind != Kind::Fetch || !group.distinct || group.copies < 3 || group.pattern == "**" {
        return None;
    }
    let mut bursts = Vec::new();
    let (mut later, mut headers, mut ends) = (0, 0, 0);
    for calls in group.firsts().into_values() {
        let burst = calls.iter().take_while(|call| call.at - calls[0].at <= TOGETHER).count();
        bursts.push(burst as f64);
        for (place, call) in calls.iter().enumerate().skip(burst) {
            later += 1;
            let near = |time: f64| (-4.0..=EARLY).contains(&(time - call.at));
            let others = || calls[..place].iter().filter(|other| other.entry.life_ms.is_some());
            let body = |other: &super::calls::Call<'_>| other.entry.timings.receive.unwrap_or(0.0);
            headers += usize::from(others().any(|other| near(other.until() - body(other))));
            ends += usize::from(others().any(|other| near(other.until())));
        }
    }
    let at_headers = headers > ends;
    let explained = headers.max(ends);
    let limit = median(bursts) as usize;
    (later > 0 && 10 * explained >= 9 * later && limit < group.copies).then_some(Limit {
        limit,
        at_headers,
        explained: (explained, later),
    })
}
