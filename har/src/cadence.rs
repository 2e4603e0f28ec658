//! Calls that a page repeats on a timer.
//!
//! Rule: a timer of period p ticks at whole multiples of p. A page with a guard skips a tick while its last call is in
//! flight, so the next call starts at the first tick after that call's end; a page without one starts a call at each tick.
//! Each gap between two starts of one URL, with the life of the earlier call, allows some periods and forbids others; what
//! all gaps allow is the answer, and where they allow several, the file does not distinguish them.
//!
//! Calls that start together at two ticks or more hang on one timer: their gaps count together. Gaps count within one load
//! only, and documents have no timer.

use crate::archive::Archive;
use crate::class::{Class, Kind};
use crate::distinct;
use serde::Serialize;
use std::collections::BTreeMap;

/// How late or early a tick may be, in milliseconds: measured up to 10 on a quiet machine, 60 on a busy one.
const TOLERANCE_MS: f64 = 80.0;
/// The shortest period that is looked for.
const SHORTEST_MS: f64 = 500.0;
/// The longest.
const LONGEST_MS: f64 = 600_000.0;
/// Starts of one URL closer than this are one tick.
const TOGETHER_MS: f64 = 60.0;
/// Gaps of one timer that are looked at; more say nothing new.
const GAPS: usize = 300;
/// URLs of one archive that are looked at, those that are called most: no page has more timers, and each pair is compared.
const TRACKS: usize = 1_000;
/// Periods that people write, most usual first.
const USUAL_MS: [f64; 17] = [
    60_000.0, 30_000.0, 15_000.0, 10_000.0, 5_000.0, 2_000.0, 1_000.0, 500.0, 300_000.0, 120_000.0, 45_000.0, 20_000.0,
    8_000.0, 4_000.0, 3_000.0, 2_500.0, 1_500.0,
];
/// Those of them that are tried first.
const FIRST: usize = 8;

/// Whether a page starts a call while its last one is in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// Ticks passed while a call was in flight, and none started another.
    Seen,
    /// Calls started while the last one was in flight.
    Absent,
    /// No tick passed while a call was in flight.
    Untested,
}

/// Two starts of one URL that follow each other.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Gap {
    /// From start to start.
    gap_ms: f64,
    /// From the earlier start to that call's end; `None` where the file does not say.
    busy_ms: Option<f64>,
}

/// How far a start may be from its tick: less for short periods, or anything would fit.
fn tolerance(period: f64) -> f64 {
    TOLERANCE_MS.min(period / 12.0)
}

impl Gap {
    /// Ticks of period `p` in the gap, where whole ticks explain it.
    fn ticks(self, period: f64) -> Option<f64> {
        let ticks = (self.gap_ms / period).round();
        (ticks >= 1.0 && (self.gap_ms - ticks * period).abs() <= tolerance(period)).then_some(ticks)
    }

    /// Whether a page with a guard and this period makes this gap.
    fn fits_guarded(self, period: f64) -> bool {
        let busy = self.busy_ms.unwrap_or(0.0);
        let first = |ms: f64| (ms / period).ceil().max(1.0);
        self.ticks(period)
            .is_some_and(|ticks| ticks >= first(busy - tolerance(period)) && ticks <= first(busy + tolerance(period)))
    }
}

/// A timer as one archive, or several, show it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cadence {
    /// The kinds of requests that hang on it.
    pub kinds: Vec<Kind>,
    /// The period, in milliseconds: the only one that fits, or the most usual of those that do.
    pub period_ms: f64,
    /// Every period that fits, longest first; more than one where the file does not distinguish them.
    pub candidates_ms: Vec<f64>,
    /// Whether the page waits for a call before it starts the next, if the period is `period_ms`.
    pub guard: Guard,
    /// Starts that were seen.
    pub starts: usize,
    /// Ticks that passed without a start.
    pub skipped: usize,
}

impl Cadence {
    /// Whether only one period fits.
    pub fn is_certain(&self) -> bool {
        self.candidates_ms.len() == 1
    }
}

/// The calls of one kind to one URL, in one load.
#[derive(Debug, Default)]
struct Track {
    /// Start, and end where known.
    calls: Vec<(f64, Option<f64>)>,
}

impl Track {
    fn gaps(&self) -> impl Iterator<Item = Gap> + '_ {
        let gap = |pair: &[(f64, Option<f64>)]| Gap {
            gap_ms: pair[1].0 - pair[0].0,
            busy_ms: pair[0].1.map(|end| end - pair[0].0),
        };
        self.calls.windows(2).map(gap)
    }

    /// Whether two of its calls or more start together with one of another's.
    fn hangs_with(&self, other: &Self) -> bool {
        let (mut shared, mut at) = (0, 0);
        for (start, _) in &self.calls {
            while other.calls.get(at).is_some_and(|call| call.0 < start - TOGETHER_MS) {
                at += 1;
            }
            shared += usize::from(other.calls.get(at).is_some_and(|call| call.0 <= start + TOGETHER_MS));
            if shared == 2 {
                return true;
            }
        }
        false
    }
}

fn tracks<'a>(archive: &Archive, classes: &'a [Class]) -> Vec<(&'a Kind, Track)> {
    let mut result = Vec::new();
    for class in classes
        .iter()
        .filter(|class| !class.kind.is_static() && class.kind.resource_type != "document" && class.entries.len() >= 2)
    {
        // By load too: a page that is loaded again is no timer.
        let mut urls = BTreeMap::<(usize, &str), Track>::new();
        for entry in class.entries.iter().map(|at| &archive.entries[*at]) {
            if entry.is_from_cache() || entry.verdict.is_socket() || entry.url.origin().is_none() {
                continue;
            }
            let track = urls.entry((entry.load, entry.url.as_str())).or_default();
            let full = track.calls.len() > GAPS;
            match track.calls.last_mut() {
                Some((start, end)) if entry.start_ms - *start <= TOGETHER_MS => {
                    *end = end.zip(entry.end_ms()).map(|(one, other)| one.max(other));
                }
                _ if !full => track.calls.push((entry.start_ms, entry.end_ms())),
                _ => {}
            }
        }
        result.extend(urls.into_values().filter(|track| track.calls.len() >= 2).map(|track| (&class.kind, track)));
    }
    result.sort_by_key(|(_, track)| std::cmp::Reverse(track.calls.len()));
    result.truncate(TRACKS);
    result
}

/// The first of those that are joined with this one.
fn first_of(joined: &mut [usize], mut at: usize) -> usize {
    while joined[at] != at {
        joined[at] = joined[joined[at]];
        at = joined[at];
    }
    at
}

/// Periods that explain the gaps, longest first: all of up to four gaps, four fifths of more.
fn candidates(gaps: &[Gap]) -> Vec<f64> {
    let needed = if gaps.len() <= 4 { gaps.len() } else { (gaps.len() * 4).div_ceil(5) };
    let fits = |period: f64| {
        let guarded = gaps.iter().filter(|gap| gap.fits_guarded(period)).count();
        let plain = gaps.iter().filter(|gap| gap.ticks(period) == Some(1.0)).count();
        guarded.max(plain) >= needed
    };
    let longest = gaps.iter().map(|gap| gap.gap_ms).fold(0.0, f64::max).min(LONGEST_MS) + TOLERANCE_MS;
    // Periods are written in tenths of a second; within the tolerance several fit, and the roundest of them is meant.
    let tenths = (SHORTEST_MS / 100.0) as u32..=(longest / 100.0) as u32;
    let mut runs = Vec::<Vec<f64>>::new();
    for period in tenths.map(|tenth| f64::from(tenth) * 100.0).filter(|period| fits(*period)) {
        match runs.last_mut() {
            Some(run) if period - run[run.len() - 1] <= 100.0 => run.push(period),
            _ => runs.push(vec![period]),
        }
    }
    let error =
        |period: f64| gaps.iter().filter_map(|gap| Some((gap.gap_ms / gap.ticks(period)? - period).abs())).sum::<f64>();
    let best = |run: &Vec<f64>| run.iter().copied().min_by(|one, other| error(*one).total_cmp(&error(*other)));
    runs.iter().rev().filter_map(best).collect()
}

/// Of several that fit, the most usual.
fn usual(candidates: &[f64]) -> Option<f64> {
    let within = |usual: &[f64]| candidates.iter().copied().find(|period| usual.contains(period));
    within(&USUAL_MS[..FIRST]).or_else(|| within(&USUAL_MS)).or_else(|| candidates.first().copied())
}

fn cadence(kinds: Vec<Kind>, gaps: &[Gap], starts: usize) -> Option<Cadence> {
    if gaps.is_empty() || gaps.iter().any(|gap| gap.gap_ms > LONGEST_MS) {
        return None;
    }
    let candidates_ms = candidates(gaps);
    let period_ms = usual(&candidates_ms)?;
    // One gap proves no rhythm, unless it is a round number of seconds.
    let round = |ms: f64| (ms % 500.0).min(500.0 - ms % 500.0) <= 30.0;
    if gaps.len() == 1 && !round(gaps[0].gap_ms) {
        return None;
    }
    let overlaps = gaps.iter().any(|gap| gap.busy_ms.is_some_and(|busy| busy > gap.gap_ms + TOLERANCE_MS));
    let skipped = gaps.iter().filter_map(|gap| gap.ticks(period_ms)).map(|ticks| ticks as usize - 1).sum::<usize>();
    let guard = match (overlaps, skipped) {
        (true, _) => Guard::Absent,
        (false, 0) => Guard::Untested,
        (false, _) => Guard::Seen,
    };
    Some(Cadence { kinds, period_ms, candidates_ms, guard, starts, skipped })
}

/// The timers of one page, from one archive or from several of it. Each archive comes with its
/// [`classes`](Archive::classes).
pub fn cadences(archives: &[(&Archive, &[Class])]) -> Vec<Cadence> {
    let tracks = archives.iter().map(|(archive, classes)| tracks(archive, classes)).collect::<Vec<_>>();
    let mut kinds = BTreeMap::<&Kind, Vec<&Track>>::new();
    for (kind, track) in tracks.iter().flatten() {
        kinds.entry(kind).or_default().push(track);
    }
    let number = distinct::map(kinds.keys().enumerate().map(|(number, kind)| (*kind, number)));
    // Kinds that share a timer in any archive share it in all.
    let mut joined = (0..kinds.len()).collect::<Vec<_>>();
    for tracks in &tracks {
        let numbers = tracks.iter().map(|(kind, _)| number[kind]).collect::<Vec<_>>();
        for (at, (_, track)) in tracks.iter().enumerate() {
            for (other, (_, other_track)) in tracks[..at].iter().enumerate() {
                let (one, two) = (first_of(&mut joined, numbers[at]), first_of(&mut joined, numbers[other]));
                if one != two && track.hangs_with(other_track) {
                    joined[one.max(two)] = one.min(two);
                }
            }
        }
    }
    let mut timers = BTreeMap::<usize, Vec<(&Kind, Vec<&Track>)>>::new();
    for (at, kind) in kinds.into_iter().enumerate() {
        timers.entry(first_of(&mut joined, at)).or_default().push(kind);
    }
    let one = |kinds: &[(&Kind, Vec<&Track>)]| {
        let tracks = || kinds.iter().flat_map(|(_, tracks)| tracks);
        let gaps = tracks().flat_map(|track| track.gaps()).take(GAPS * 4).collect::<Vec<_>>();
        let starts = tracks().map(|track| track.calls.len()).sum();
        cadence(kinds.iter().map(|(kind, _)| (*kind).clone()).collect(), &gaps, starts)
    };
    let mut result = Vec::new();
    for kinds in timers.into_values() {
        match one(&kinds) {
            Some(cadence) => result.push(cadence),
            // Kinds that do not fit together are looked at one by one.
            None if kinds.len() > 1 => result.extend(kinds.chunks(1).filter_map(one)),
            None => {}
        }
    }
    result
}
