//! How the calls of one instance follow each other: once, by a timer, again after a failure, or at random.
//!
//! Rule: timers and their periods are found by the crate `har` ([`sixslot_har::cadence::cadences`]), from all loads together. Calls
//! that follow failures only are retries. Where some calls come at the same instants in every load and others anywhere, the
//! first are a timer's and the others a random stream.

use super::calls::{Group, Kind, median};
use sixslot_har::cadence::{Cadence, Guard};
use sixslot_har::distinct;
use sixslot_har::moments::in_order;

/// How calls follow each other.
#[derive(Clone, Debug, PartialEq)]
pub enum Rhythm {
    /// Each instance calls once.
    Once,
    /// By a timer.
    Every(Timer),
    /// Again after a failure: the pauses.
    Retry(Vec<f64>),
    /// At random, so many a second.
    Random(f64),
}

/// A timer that calls.
#[derive(Clone, Debug, PartialEq)]
pub struct Timer {
    /// Its period.
    pub every: f64,
    /// How late its calls come after the whole multiples, for certain.
    pub lag: f64,
    /// A tick is skipped while a call is in flight; `None` where no call was in flight at a tick.
    pub guard: Option<bool>,
    /// The calls stop at the first success.
    pub until_ok: bool,
    /// Ticks that called.
    pub ticks: usize,
    /// Ticks that did not, while a call was in flight.
    pub skipped: usize,
    /// Other periods that fit as well.
    pub others: Vec<f64>,
}

/// What is known of successive calls of one instance: the time from the first call, and the end of the call before.
struct Step {
    offset: f64,
    gap: f64,
}

fn steps(group: &Group<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    for chain in &group.chains {
        let first = group.calls[chain.calls[0]].at;
        for pair in chain.calls.windows(2) {
            let (before, call) = (&group.calls[pair[0]], &group.calls[pair[1]]);
            steps.push(Step { offset: call.at - first, gap: call.at - before.at });
        }
    }
    steps
}

/// How far from a whole multiple of a period a tick may be: timers are late on a busy page, and drift.
fn tolerance(period: f64) -> f64 {
    (period / 20.0).min(40.0)
}

fn timer(group: &Group<'_>, cadence: &Cadence, ends: &[f64]) -> Timer {
    let every = cadence.period_ms;
    let all = steps(group);
    let late = |step: &Step| step.offset - (step.offset / every).round() * every;
    let late: Vec<f64> = all.iter().map(late).collect();
    let skips = |step: &Step| ((step.gap / every).round() as usize).saturating_sub(1);
    let skipped = all.iter().map(skips).sum();
    let guard = match cadence.guard {
        Guard::Seen => Some(true),
        Guard::Absent => Some(false),
        Guard::Untested => None,
    };
    let (mut stopped, mut went_on) = (0, 0);
    for chain in &group.chains {
        let Some(place) = chain.calls.iter().position(|call| group.calls[*call].succeeded()) else { continue };
        let end = group.calls[chain.calls[place]].until();
        if place + 1 < chain.calls.len() {
            went_on += 1;
        } else if end + 2.5 * every < ends[chain.key.0] {
            stopped += 1;
        }
    }
    let until_ok = stopped > 0 && went_on == 0;
    let others = cadence.candidates_ms.iter().copied().filter(|other| *other != every).collect();
    Timer { every, lag: median(late).max(0.0).floor(), guard, until_ok, ticks: all.len(), skipped, others }
}

/// A call that ends within this of a tick was not clearly in flight at it.
const TICK: f64 = 15.0;

/// Pauses between a failure's end and the next call, where calls follow failures only.
fn retries(group: &Group<'_>) -> Option<Vec<f64>> {
    let mut pauses: Vec<Vec<f64>> = Vec::new();
    for chain in &group.chains {
        for (number, pair) in chain.calls.windows(2).enumerate() {
            let (before, call) = (&group.calls[pair[0]], &group.calls[pair[1]]);
            if !before.failed() {
                return None;
            }
            if number == pauses.len() {
                pauses.push(Vec::new());
            }
            pauses[number].push(call.at - before.until());
        }
    }
    let steady = |pauses: &Vec<f64>| {
        let middle = median(pauses.clone());
        middle >= -5.0 && pauses.iter().all(|pause| (pause - middle).abs() <= tolerance(middle.max(400.0)))
    };
    pauses.iter().all(steady).then(|| pauses.into_iter().map(|pauses| median(pauses).max(0.0)).collect())
}

/// Calls at instants that come again in every load, counted from the first call; the others are a stream's.
fn recurring(group: &Group<'_>, loads: usize) -> Option<(Vec<bool>, f64)> {
    if loads < 5 {
        return None;
    }
    let mut offsets: Vec<(f64, usize)> = Vec::new();
    for chain in &group.chains {
        let first = group.calls[chain.calls[0]].at;
        offsets.extend(chain.calls.iter().map(|call| (group.calls[*call].at - first, *call)));
    }
    in_order(&mut offsets);
    let mut keep = vec![false; group.calls.len()];
    let mut ticks: Vec<f64> = Vec::new();
    let tabs = distinct::set(group.chains.iter().map(|chain| chain.key)).len();
    let mut from = 0;
    while from < offsets.len() {
        let width = offsets[from..].iter().take_while(|(offset, _)| offset - offsets[from].0 <= 3.0).count();
        let run = &offsets[from..from + width];
        if 10 * width >= 9 * tabs {
            run.iter().for_each(|(_, call)| keep[*call] = true);
            if run[0].0 > TICK {
                ticks.push(run[0].0);
            }
            from += width;
        } else {
            from += 1;
        }
    }
    let every = *ticks.first()?;
    let regular = ticks.iter().all(|tick| (tick / every - (tick / every).round()).abs() * every <= tolerance(every));
    (regular && keep.iter().any(|kept| !kept)).then_some((keep, every))
}

/// The calls of a class that come at random, as a class of their own.
fn random<'a>(group: &Group<'a>, keep: impl Fn(usize) -> bool) -> Group<'a> {
    Group { name: format!("{}-random", group.name), ..group.only(keep) }
}

/// Calls per second of the watched time.
fn rate(calls: usize, watched: f64) -> f64 {
    calls as f64 / (watched / 1000.0).max(1e-3)
}

/// The rhythm of each class; a class of which a part is a timer's and the rest is random becomes two. `cadences` are those
/// of all loads, `ends` is when each load's capture ended, from its beginning.
#[must_use]
pub fn rhythms<'a>(groups: Vec<Group<'a>>, cadences: &[Cadence], ends: &[f64]) -> Vec<(Group<'a>, Rhythm)> {
    let total: f64 = ends.iter().sum();
    let mut out = Vec::new();
    for group in groups {
        let own = steps(&group);
        let cadence = cadences.iter().find(|cadence| cadence.kinds.iter().any(|kind| group.kinds.contains(kind)));
        if own.is_empty() {
            out.push((group, Rhythm::Once));
        } else if group.kind != Kind::Fetch {
            // A socket that opens again: a scenario's sockets stay open, so the first one stands for all.
            let mut first = vec![false; group.calls.len()];
            group.chains.iter().for_each(|chain| first[chain.calls[0]] = true);
            out.push((group.only(|call| first[call]), Rhythm::Once));
        } else if let Some(cadence) = cadence {
            let timer = timer(&group, cadence, ends);
            out.push((group, Rhythm::Every(timer)));
        } else if let Some(pauses) = retries(&group) {
            out.push((group, Rhythm::Retry(pauses)));
        } else if let Some((keep, every)) = recurring(&group, ends.len()) {
            let (ticking, random) = (group.only(|call| keep[call]), random(&group, |call| !keep[call]));
            let timer = Timer {
                every,
                lag: 0.0,
                guard: None,
                until_ok: false,
                ticks: steps(&ticking).len(),
                skipped: 0,
                others: Vec::new(),
            };
            let rate = rate(random.calls.len(), total);
            out.push((ticking, Rhythm::Every(timer)));
            out.push((random, Rhythm::Random(rate)));
        } else {
            // Neither timer nor retry: the first calls are the page's own, the rest comes at random.
            let mut first = vec![false; group.calls.len()];
            group.chains.iter().for_each(|chain| first[chain.calls[0]] = true);
            let (once, random) = (group.only(|call| first[call]), random(&group, |call| !first[call]));
            let rate = rate(random.calls.len(), total);
            out.push((once, Rhythm::Once));
            out.push((random, Rhythm::Random(rate)));
        }
    }
    out
}
