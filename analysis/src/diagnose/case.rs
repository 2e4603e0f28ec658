//! One archive with its diagnosis, asked for sentences.
//!
//! Rule: where a call without an answer waited follows from what was in flight at its issue ([`sixslot_har::unanswered`]); of an
//! other tab a file knows nothing, and the sentence says so.

use super::phrases::{NAMES, cadence, deadline, listed, ms, range};
use crate::phrase::{count, cut};
use sixslot_har::cadence::Guard;
use sixslot_har::occupancy::{Occupancy, SLOTS, WAIT_MS, proved_wait_ms};
use sixslot_har::unanswered::{Reading, Unanswered};
use sixslot_har::{Archive, Diagnosis, End, Entry, Exporter, Verdict};

/// A stretch with six connections held that is shorter than this is not told.
const SATURATED_MS: f64 = 100.0;

pub(super) struct Case<'a> {
    archive: &'a Archive,
    diagnosis: &'a Diagnosis,
    /// The class of each entry.
    class_of: Vec<usize>,
}

/// Where a request may have been held, by the rules.
fn places(one: &Unanswered) -> Vec<&'static str> {
    let places = [
        (one.pool, "for a connection"),
        (one.cache, "at the cache's lock, behind the same URL"),
        (one.scheduler, "at the browser's scheduler"),
    ];
    places.into_iter().filter(|(is, _)| *is).map(|(_, place)| place).collect()
}

/// Whether six connections were held for long enough to be told.
fn is_full(origin: &Occupancy) -> bool {
    origin.most_held >= SLOTS && origin.saturated_ms() >= SATURATED_MS
}

fn entries_of(some: &[&Unanswered]) -> Vec<usize> {
    some.iter().map(|one| one.entry).collect()
}

impl<'a> Case<'a> {
    pub fn new(archive: &'a Archive, diagnosis: &'a Diagnosis) -> Self {
        let mut class_of = vec![0; archive.entries.len()];
        for (number, facts) in diagnosis.classes.iter().enumerate() {
            for at in &facts.class.entries {
                class_of[*at] = number;
            }
        }
        Self { archive, diagnosis, class_of }
    }

    fn class(&self, number: usize) -> String {
        self.diagnosis.classes.get(number).map_or_else(String::new, |facts| facts.class.kind.label())
    }

    fn entries(&self, is: impl Fn(&Entry) -> bool) -> Vec<usize> {
        (0..self.archive.entries.len()).filter(|at| is(&self.archive.entries[*at])).collect()
    }

    /// The classes of some entries.
    fn names(&self, entries: &[usize]) -> String {
        let mut told = vec![false; self.diagnosis.classes.len()];
        let classes = entries.iter().map(|at| self.class_of[*at]);
        listed(classes.filter(|class| !std::mem::replace(&mut told[*class], true)).map(|class| self.class(class)))
    }

    /// "3 calls of X after 5.00 s to 5.01 s".
    fn lives(&self, entries: &[usize]) -> String {
        let lives = entries.iter().filter_map(|at| self.archive.entries[*at].life_ms);
        let (low, high) = lives.fold((f64::INFINITY, 0.0_f64), |(low, high), life| (low.min(life), high.max(life)));
        let after = if low.is_finite() { format!(" after {}", range(low, high)) } else { String::new() };
        format!("{} ({}){after}", count(entries.len(), "call"), self.names(entries))
    }

    fn read_as(&self, reading: Reading) -> Vec<&'a Unanswered> {
        self.diagnosis.unanswered.iter().filter(|one| one.reading == reading).collect()
    }

    /// Groups of those that may have been held at the same places, the first one's first.
    fn by_place(some: Vec<&'a Unanswered>) -> Vec<(Vec<&'static str>, Vec<&'a Unanswered>)> {
        let mut groups = Vec::<(Vec<&'static str>, Vec<&'a Unanswered>)>::new();
        for one in some {
            let places = places(one);
            match groups.iter_mut().find(|(other, _)| *other == places) {
                Some((_, group)) => group.push(one),
                None => groups.push((places, vec![one])),
            }
        }
        groups
    }

    pub fn proved(&self) -> Vec<String> {
        let mut proved = Vec::new();
        for (places, calls) in Self::by_place(self.read_as(Reading::Starved)) {
            let (them, they) = if calls.len() == 1 { ("it", "It") } else { ("them", "They") };
            let why = match places.as_slice() {
                [] => format!(
                    "Nothing in this file held {them} back: another tab of the origin must have had the connections."
                ),
                places => format!("{they} waited {}.", places.join(", or ")),
            };
            let lives = self.lives(&entries_of(&calls));
            proved.push(format!("Never sent: {lives}. The server never saw {them}. {why}"));
        }
        for (places, calls) in Self::by_place(self.read_as(Reading::Sent)) {
            let (its, it_was, it) =
                if calls.len() == 1 { ("its", "it was", "it") } else { ("their", "they were", "they") };
            let why = match places.as_slice() {
                [] => format!(
                    "At {its} issue a connection was free, so {it_was} sent at once, unless another tab had it."
                ),
                places => format!(
                    "When {it_was} sent the file does not tell: {it} may have waited {} before.",
                    places.join(", or ")
                ),
            };
            proved.push(format!("Sent and not answered: {}. {why}", self.lives(&entries_of(&calls))));
        }
        self.proved_failures(&mut proved);
        self.proved_waits(&mut proved);
        self.proved_connections(&mut proved);
        proved
    }

    /// Failures that are no starvation.
    fn proved_failures(&self, proved: &mut Vec<String>) {
        let errors = entries_of(&self.read_as(Reading::Error));
        if !errors.is_empty() {
            let reasons = errors.iter().filter_map(|at| match &self.archive.entries[*at].end {
                End::Failed(reason) => Some(cut(reason, 60)),
                _ => None,
            });
            proved.push(format!(
                "Failed with an error of the network or the browser: {} ({}): {}.",
                count(errors.len(), "call"),
                self.names(&errors),
                listed(reasons)
            ));
        }
        let answers = self.entries(|entry| entry.verdict.is_answered() && entry.is_error());
        if !answers.is_empty() {
            let statuses = answers.iter().map(|at| self.archive.entries[*at].status.to_string());
            proved.push(format!(
                "Answered with an error of the server: {} ({}), status {}.",
                count(answers.len(), "call"),
                self.names(&answers),
                listed(statuses)
            ));
        }
        let back = self.read_as(Reading::TakenBack);
        if !back.is_empty() {
            let them = if back.len() == 1 { "it" } else { "them" };
            proved.push(format!(
                "Taken back: {}. The page broke {them} off right after the issue, which is no sign of a queue.",
                self.lives(&entries_of(&back))
            ));
        }
    }

    fn proved_waits(&self, proved: &mut Vec<String>) {
        let waited =
            self.entries(|entry| entry.verdict.is_answered() && proved_wait_ms(self.archive, entry) >= WAIT_MS);
        if waited.is_empty() {
            return;
        }
        let longest =
            waited.iter().map(|at| proved_wait_ms(self.archive, &self.archive.entries[*at])).fold(0.0, f64::max);
        let held = waited.iter().filter(|at| {
            let waiting = self.archive.entries[**at].waiting(0.0);
            waiting.is_some_and(|waiting| waiting.scheduler_ms.is_some_and(|held| held >= WAIT_MS))
        });
        let scheduler = match held.count() {
            0 => String::new(),
            held if held == waited.len() => ", at the scheduler".to_owned(),
            held => format!(", {held} of them at the scheduler"),
        };
        let most = if waited.len() == 1 { "" } else { " at most" };
        proved.push(format!(
            "Waited in the browser, then answered: {} ({}), {}{most}{scheduler}.",
            count(waited.len(), "request"),
            self.names(&waited),
            ms(longest)
        ));
    }

    fn proved_connections(&self, proved: &mut Vec<String>) {
        for origin in self.diagnosis.origins.iter().filter(|origin| is_full(origin)) {
            let all = origin.holders.iter().map(|share| share.ms).sum::<f64>();
            let holders = origin.holders.iter().filter(|share| share.ms / all >= 0.005).take(NAMES);
            let holders = holders.map(|share| format!("{} {:.0} %", self.class(share.class), share.ms / all * 100.0));
            proved.push(format!(
                "All six connections to {} were taken for {} in all, by {}.",
                origin.origin,
                ms(origin.saturated_ms()),
                holders.collect::<Vec<_>>().join(", ")
            ));
        }
        let multiplexed = self.diagnosis.origins.iter().filter(|origin| origin.protocol.is_multiplexed());
        let multiplexed = listed(multiplexed.map(|origin| origin.origin.clone()));
        if !multiplexed.is_empty() {
            proved.push(format!("Opened over HTTP/2 or HTTP/3, where there is no limit of six: {multiplexed}."));
        }
        let streams = self.entries(|entry| entry.verdict == Verdict::EventStream && !entry.protocol.is_multiplexed());
        if !streams.is_empty() {
            let one = streams.len() == 1;
            proved.push(format!(
                "{} ({}) {} one of the six connections for as long as {} open; every further tab takes another.",
                count(streams.len(), "event stream"),
                self.names(&streams),
                if one { "holds" } else { "each hold" },
                if one { "it is" } else { "they are" }
            ));
        }
        let sockets = self.entries(|entry| entry.verdict == Verdict::Socket);
        if !sockets.is_empty() {
            proved.push(format!(
                "{} ({}): beside the six, not {} of them.",
                count(sockets.len(), "WebSocket"),
                self.names(&sockets),
                if sockets.len() == 1 { "one" } else { "any" }
            ));
        }
    }

    pub fn possible(&self) -> Vec<String> {
        let mut possible = Vec::new();
        let Diagnosis { causes, origins, .. } = self.diagnosis;
        for (places, calls) in Self::by_place(self.read_as(Reading::Unknown)) {
            let lives = self.lives(&entries_of(&calls));
            let one = calls.len() == 1;
            possible.push(match places.as_slice() {
                [] => {
                    let others = calls.iter().map(|one| one.others).max().unwrap_or(0);
                    format!(
                        "Sent at once, most likely: {lives}. At {} issue {} to the origin {} in flight and none of the same \
                         URL, so a connection was free, unless another tab had it.",
                        if one { "its" } else { "their" },
                        match others {
                            0 => "no other request".to_owned(),
                            others => format!("at most {}", count(others, "other request")),
                        },
                        if others <= 1 { "was" } else { "were" }
                    )
                }
                places => format!(
                    "Queued or sent, both fit: {lives}. {} may have waited {}.",
                    if one { "It" } else { "They" },
                    places.join(", or ")
                ),
            });
        }
        for origin in origins.iter().filter(|origin| origin.most_possible >= SLOTS) {
            let more = origin.possibly_saturated_ms - origin.saturated_ms();
            if more >= SATURATED_MS {
                possible.push(format!(
                    "The six connections to {} may have been taken for {} more: of some calls the file does not tell when, or whether, they were sent.",
                    origin.origin,
                    ms(more)
                ));
            }
        }
        possible.extend(self.busy());
        possible.extend(self.diagnosis.deadlines.iter().map(deadline));
        possible.extend(self.diagnosis.cadences.iter().map(cadence));
        for burst in self.diagnosis.bursts.iter().take(NAMES) {
            let after = burst
                .after
                .map_or_else(String::new, |at| format!(", after {} had come", self.class(self.class_of[at])));
            possible.push(format!(
                "A burst: {} of {} {} {}{after}.",
                count(burst.count, "request"),
                self.class(burst.class),
                if burst.spread_ms < 0.5 {
                    "together at".to_owned()
                } else {
                    format!("within {} at", ms(burst.spread_ms))
                },
                ms(burst.at_ms)
            ));
        }
        for identical in self.diagnosis.identical.iter().take(NAMES) {
            let lock = if identical.method.eq_ignore_ascii_case("GET") {
                "; Chromium lets GETs of one URL through one at a time, until the headers have come"
            } else {
                ""
            };
            possible.push(format!(
                "{} {} was in flight {} times at once{lock}.",
                identical.method, identical.url, identical.together
            ));
        }
        if causes.failed == 0 && possible.is_empty() {
            possible.push("Nothing points to a shortage of connections.".to_owned());
        }
        possible
    }

    /// The longest time at which cheap requests were slow together.
    fn busy(&self) -> Option<String> {
        let all = &self.diagnosis.busy;
        let busy = all.iter().max_by(|one, other| one.longest_ms.total_cmp(&other.longest_ms))?;
        let times = if all.len() > 1 { format!(" ({} such times in the file)", all.len()) } else { String::new() };
        Some(format!(
            "A saturated server: from {} to {} {} of a cheap kind ({}) waited {} for their first byte, {} at once, each on a \
             connection of its own; the origin answers such a request in {} at best{times}. What they share is slow: the \
             server, or the network before it.",
            ms(busy.stretch.from_ms),
            ms(busy.stretch.until_ms),
            count(busy.entries.len(), "answered request"),
            self.names(&busy.entries),
            range(busy.shortest_ms, busy.longest_ms),
            busy.together,
            ms(busy.reference_ms)
        ))
    }

    pub fn settle(&self) -> Vec<String> {
        let mut settle = Vec::new();
        let causes = &self.diagnosis.causes;
        let unknown = self.read_as(Reading::Unknown);
        let headless = unknown.iter().all(|one| self.archive.entries[one.entry].header_count == 0);
        if let Some(first) = unknown.first() {
            settle.push(match self.archive.exporter {
                Exporter::Playwright => "A capture by Chrome's DevTools: Playwright writes neither waiting nor the lives of failed calls, so its archives can prove no starvation.".to_owned(),
                Exporter::Firefox => "A capture by Chrome's DevTools: Firefox lists the headers also of what it never sent.".to_owned(),
                _ if headless => "An archive with request headers: Chrome's DevTools, Network, \"Export HAR\". Only what was sent has a \
                                  Host header there, and `_blocked_queueing` of 0 or more.".to_owned(),
                _ => "A capture by Chrome's DevTools, or a net-export log (chrome://net-export): both tell whether a request was sent.".to_owned(),
            });
            let entry = &self.archive.entries[first.entry];
            settle.push(format!(
                "The server's own log: did {} arrive {} after the page's first request?",
                entry.url.target(),
                ms(entry.start_ms)
            ));
        }
        if self.read_as(Reading::Sent).iter().any(|one| !one.had_room()) {
            settle.push("A net-export log (chrome://net-export) of the same load: it has the moment at which each request was sent.".to_owned());
        }
        if !self.diagnosis.busy.is_empty() || causes.sent > 0 {
            settle.push(
                "The server's time for each request, logged on the server: it tells a busy server from a slow network."
                    .to_owned(),
            );
        }
        let elsewhere = |one: &Unanswered| {
            let ended = matches!(one.reading, Reading::Starved | Reading::Sent | Reading::Unknown);
            ended && (one.had_room() || one.pool)
        };
        if self.diagnosis.is_serial() && self.diagnosis.unanswered.iter().any(elsewhere) {
            settle.push(
                "The same load with one tab and no other page of this origin open: tabs share the six connections."
                    .to_owned(),
            );
        }
        settle
    }

    pub fn change(&self) -> Vec<String> {
        let mut change = Vec::new();
        let Diagnosis { causes, .. } = self.diagnosis;
        let serial = self.diagnosis.is_serial();
        let starved = self.read_as(Reading::Starved);
        let starved_for_one = starved.iter().any(|one| one.pool || one.had_room());
        let perhaps = self.read_as(Reading::Unknown).iter().chain(&self.read_as(Reading::Sent)).any(|one| one.pool);
        if serial && (starved_for_one || perhaps && self.diagnosis.origins.iter().any(is_full)) {
            change.push("Serve the origin over HTTP/2, or ask for less at once.".to_owned());
        }
        if starved.iter().any(|one| one.scheduler) {
            change
                .push("Ask for what must not wait with a higher priority (fetch with priority: \"high\").".to_owned());
        }
        if serial && self.diagnosis.streams.iter().any(|stream| stream.verdict == Verdict::EventStream) {
            change.push(
                "Share one event stream between tabs (SharedWorker, BroadcastChannel), or make it a WebSocket."
                    .to_owned(),
            );
        }
        if causes.sent > 0 || causes.busy > 0 {
            change.push("Make the server's answers cheaper before anything in the browser: an aborted call's work mostly runs to its end, and the page asks again.".to_owned());
        }
        let prefetch =
            self.diagnosis.bursts.iter().any(|burst| self.diagnosis.classes[burst.class].class.kind.is_rsc());
        if prefetch {
            change.push("Try the page without the prefetch burst (<Link prefetch={false}>): it takes connections and server time while the page loads.".to_owned());
        }
        if self.diagnosis.cadences.iter().any(|cadence| cadence.guard == Guard::Absent) {
            change.push("Give the poll a guard: no new call while the last one is in flight.".to_owned());
        }
        if !self.diagnosis.identical.is_empty() || starved.iter().any(|one| one.cache) {
            change.push("Share one call between the callers of one URL.".to_owned());
        }
        change
    }
}
