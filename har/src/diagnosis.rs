//! Everything that one archive shows, and what several of one page show together.
//!
//! Rule: a diagnosis holds facts of the file and what the browsers' rules make of them, with the numbers; it says in
//! [`Causes`] which readings of the failed calls the file allows. It prints nothing.

use crate::archive::Archive;
use crate::burst::{Burst, bursts};
use crate::busy::{Busy, busy};
use crate::cadence::{Cadence, cadences};
use crate::class::{Class, Kind};
use crate::deadline::{Deadline, deadlines};
use crate::entry::{End, Entry};
use crate::exporter::Exporter;
use crate::identical::{Identical, identical};
use crate::occupancy::{Occupancy, SLOTS, WAIT_MS, occupancy, proved_wait_ms};
use crate::protocol::Protocol;
use crate::unanswered::{Reading, Unanswered, unanswered};
use crate::verdict::{Service, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;

/// A class with what its requests show.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassFacts {
    /// The class.
    #[serde(flatten)]
    pub class: Class,
    /// How many of its requests have each verdict.
    pub verdicts: BTreeMap<Verdict, usize>,
    /// How many of those without an answer were under way when the capture ended.
    pub open: usize,
    /// How many were answered with an error of the server.
    pub error_answers: usize,
    /// The time to first byte of its answered requests: least, median and greatest, in milliseconds.
    pub first_byte_ms: Option<[f64; 3]>,
    /// The longest that one of its requests is proved to have waited in the browser, in milliseconds.
    pub longest_wait_ms: f64,
    /// What started its first request, where known: the initiator's type, and its address.
    pub initiator: Option<String>,
}

/// A socket or an event stream.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stream {
    /// The entry: an index into [`Archive::entries`].
    pub entry: usize,
    /// [`Verdict::Socket`] or [`Verdict::EventStream`].
    pub verdict: Verdict,
    /// The address.
    pub url: String,
    /// When it was opened, in milliseconds from the archive's first request.
    pub at_ms: f64,
    /// How long it lasted, where known.
    pub life_ms: Option<f64>,
    /// Messages that the file has.
    pub messages: usize,
}

/// What the file allows of the calls that failed: the readings between which a user has to choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Causes {
    /// Calls without an answer that were broken off or failed (not those that were open at the capture's end).
    pub failed: usize,
    /// Of these: broken off before they were sent. Starvation in the browser is proved for them.
    pub never_sent: usize,
    /// Of these: sent. The server, or the network, did not answer in time.
    pub sent: usize,
    /// Of the sent ones: by the rules nothing in this page kept the browser from sending them at once.
    pub sent_with_room: usize,
    /// Of the failed ones: the file does not say whether they were sent.
    pub unknown: usize,
    /// Of the unknown ones: by the rules nothing in this page kept the browser from sending them at once.
    pub unknown_with_room: usize,
    /// Of the failed ones: taken back right after their issue, within [`TAKEN_BACK_MS`](crate::unanswered::TAKEN_BACK_MS).
    pub taken_back: usize,
    /// Not among the failed ones: calls that were broken off because their page ended.
    pub page_ended: usize,
    /// Of the failed ones: ended by an error of the network or the browser.
    pub errors: usize,
    /// Answers that are errors of the server: status 408, 429, 500 and above.
    pub error_answers: usize,
    /// Requests that are proved to have waited in the browser for [`WAIT_MS`] or more, and were then answered.
    pub waited_and_answered: usize,
    /// Cheap requests that were slow at the same time: a sign of a busy server.
    pub busy: usize,
}

impl std::ops::AddAssign for Causes {
    fn add_assign(&mut self, more: Self) {
        let Self { failed, never_sent, sent, sent_with_room, unknown, unknown_with_room, taken_back, errors, .. } =
            more;
        self.failed += failed;
        self.never_sent += never_sent;
        self.sent += sent;
        self.sent_with_room += sent_with_room;
        self.unknown += unknown;
        self.unknown_with_room += unknown_with_room;
        self.taken_back += taken_back;
        self.errors += errors;
        self.page_ended += more.page_ended;
        self.error_answers += more.error_answers;
        self.waited_and_answered += more.waited_and_answered;
        self.busy += more.busy;
    }
}

/// What one archive shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnosis {
    /// What the user calls the file.
    pub file: String,
    /// The program that wrote it.
    pub exporter: Exporter,
    /// The writer's own words.
    pub creator: String,
    /// Entries.
    pub requests: usize,
    /// From the first request to the last moment that the file knows of, in milliseconds.
    pub span_ms: f64,
    /// What was strange and how it was taken.
    pub notes: Vec<String>,
    /// How many entries have each verdict.
    pub verdicts: BTreeMap<Verdict, usize>,
    /// The readings that the file allows.
    pub causes: Causes,
    /// The classes.
    pub classes: Vec<ClassFacts>,
    /// The origins' connections.
    pub origins: Vec<Occupancy>,
    /// Timers.
    pub cadences: Vec<Cadence>,
    /// Deadlines.
    pub deadlines: Vec<Deadline>,
    /// Bursts.
    pub bursts: Vec<Burst>,
    /// URLs in flight more than once.
    pub identical: Vec<Identical>,
    /// Sockets and event streams.
    pub streams: Vec<Stream>,
    /// Signs of a busy server.
    pub busy: Vec<Busy>,
    /// Requests without an answer.
    pub unanswered: Vec<Unanswered>,
}

fn spread(mut values: Vec<f64>) -> Option<[f64; 3]> {
    values.sort_unstable_by(f64::total_cmp);
    Some([*values.first()?, values[values.len() / 2], *values.last()?])
}

impl Diagnosis {
    /// Looks at an archive. Takes time in proportion to its entries, times the logarithm of their number.
    pub fn new(archive: &Archive) -> Self {
        let classes = archive.classes();
        let pair = [(archive, classes.as_slice())];
        let mut verdicts = BTreeMap::new();
        for entry in &archive.entries {
            *verdicts.entry(entry.verdict).or_default() += 1;
        }
        let streams = archive.entries.iter().enumerate().filter(|(_, entry)| entry.verdict.is_socket());
        let streams = streams.map(|(at, entry)| Stream {
            entry: at,
            verdict: entry.verdict,
            url: entry.url.as_str().to_owned(),
            at_ms: entry.start_ms,
            life_ms: entry.life_ms.filter(|_| entry.end != End::Open),
            messages: entry.messages.count,
        });
        let busy = busy(archive, &classes);
        let unanswered = unanswered(archive);
        let causes = causes(archive, &unanswered, &busy);
        Self {
            file: archive.name.clone(),
            exporter: archive.exporter,
            creator: archive.creator.clone(),
            requests: archive.entries.len(),
            span_ms: archive.span_ms,
            notes: archive.notes.clone(),
            verdicts,
            causes,
            origins: occupancy(archive, &classes),
            cadences: cadences(&pair),
            deadlines: deadlines(&pair),
            bursts: bursts(archive, &classes),
            identical: identical(archive),
            streams: streams.collect(),
            busy,
            unanswered,
            classes: classes.into_iter().map(|class| facts(archive, class)).collect(),
        }
    }

    /// Whether the pages' own origins use HTTP/2 or HTTP/3 only, so that the six do not bind.
    pub fn is_multiplexed(&self) -> bool {
        self.origins.first().is_some_and(|origin| origin.protocol.is_multiplexed())
    }

    /// For how long six connections to one origin were held for certain, in milliseconds.
    pub fn saturated_ms(&self) -> f64 {
        self.origins.iter().fold(0.0, |sum, origin| sum + origin.saturated_ms())
    }

    /// Whether any origin answered over HTTP/1.1.
    pub fn is_serial(&self) -> bool {
        self.origins.iter().any(|origin| origin.protocol == Protocol::Http1)
    }

    /// Whether six connections to an origin were held for certain at some time.
    pub fn is_saturated(&self) -> bool {
        self.origins.iter().any(|origin| origin.most_held >= SLOTS)
    }
}

fn facts(archive: &Archive, class: Class) -> ClassFacts {
    let entries = || class.entries.iter().map(|at| &archive.entries[*at]);
    let mut verdicts = BTreeMap::new();
    for entry in entries() {
        *verdicts.entry(entry.verdict).or_default() += 1;
    }
    let first_bytes = entries().filter_map(|entry| match entry.service(archive.watched_ms(entry)) {
        Service::Exact { ms } => Some(ms),
        _ => None,
    });
    let initiator = entries().find_map(|entry| {
        let initiator = entry.initiator.as_ref()?;
        let kind = initiator.kind.clone()?;
        Some(match (&initiator.url, initiator.line) {
            (Some(url), Some(line)) => format!("{kind} {url}:{}", line + 1),
            (Some(url), None) => format!("{kind} {url}"),
            (None, _) => kind,
        })
    });
    let open = |entry: &&Entry| entry.verdict.is_unanswered() && entry.end == End::Open;
    ClassFacts {
        verdicts,
        open: entries().filter(open).count(),
        error_answers: entries().filter(|entry| entry.is_error()).count(),
        first_byte_ms: spread(first_bytes.collect()),
        longest_wait_ms: entries().map(|entry| proved_wait_ms(archive, entry)).fold(0.0, f64::max),
        initiator,
        class,
    }
}

fn causes(archive: &Archive, unanswered: &[Unanswered], busy: &[Busy]) -> Causes {
    let mut causes = Causes { busy: busy.iter().map(|busy| busy.entries.len()).sum(), ..Causes::default() };
    for one in unanswered {
        let with_room = usize::from(one.had_room());
        causes.failed += usize::from(!matches!(one.reading, Reading::Open | Reading::PageEnded));
        match one.reading {
            Reading::Open => {}
            Reading::PageEnded => causes.page_ended += 1,
            Reading::TakenBack => causes.taken_back += 1,
            Reading::Error => causes.errors += 1,
            Reading::Starved => causes.never_sent += 1,
            Reading::Sent => {
                causes.sent += 1;
                causes.sent_with_room += with_room;
            }
            Reading::Unknown => {
                causes.unknown += 1;
                causes.unknown_with_room += with_room;
            }
        }
    }
    let answered = || archive.entries.iter().filter(|entry| entry.verdict.is_answered());
    causes.error_answers = answered().filter(|entry| entry.is_error()).count();
    causes.waited_and_answered = answered().filter(|entry| proved_wait_ms(archive, entry) >= WAIT_MS).count();
    causes
}

/// A kind of requests in several archives.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PooledKind {
    /// The kind.
    pub kind: Kind,
    /// Number of archives in which it occurs.
    pub files: usize,
    /// Its requests in all of them.
    pub requests: usize,
}

/// What several archives of one page show together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pool {
    /// How many.
    pub files: usize,
    /// Files with a call that failed.
    pub files_with_failures: usize,
    /// Files with signs of a busy server.
    pub files_with_busy_server: usize,
    /// Files in which six connections to an origin were held for certain.
    pub files_saturated: usize,
    /// How many entries have each verdict.
    pub verdicts: BTreeMap<Verdict, usize>,
    /// The readings, added up.
    pub causes: Causes,
    /// The kinds, those of most files first.
    pub kinds: Vec<PooledKind>,
    /// Timers, from all files together.
    pub cadences: Vec<Cadence>,
    /// Deadlines, from all files together.
    pub deadlines: Vec<Deadline>,
}

impl Pool {
    /// Joins archives with their diagnoses, which stand in the same order.
    pub fn new(archives: &[Archive], diagnoses: &[Diagnosis]) -> Self {
        let classes = archives.iter().map(Archive::classes).collect::<Vec<_>>();
        let pairs = archives.iter().zip(classes.iter().map(Vec::as_slice)).collect::<Vec<_>>();
        let mut kinds = BTreeMap::<&Kind, (usize, usize)>::new();
        for class in classes.iter().flatten() {
            let (files, requests) = kinds.entry(&class.kind).or_default();
            *files += 1;
            *requests += class.entries.len();
        }
        let mut kinds = kinds
            .into_iter()
            .map(|(kind, (files, requests))| PooledKind { kind: kind.clone(), files, requests })
            .collect::<Vec<_>>();
        kinds.sort_by_key(|kind| std::cmp::Reverse((kind.files, kind.requests)));
        let mut verdicts = BTreeMap::new();
        let mut causes = Causes::default();
        for diagnosis in diagnoses {
            for (verdict, count) in &diagnosis.verdicts {
                *verdicts.entry(*verdict).or_default() += count;
            }
            causes += diagnosis.causes;
        }
        let count = |is: fn(&Diagnosis) -> bool| diagnoses.iter().filter(|diagnosis| is(diagnosis)).count();
        Self {
            files: archives.len(),
            files_with_failures: count(|diagnosis| diagnosis.causes.failed > 0),
            files_with_busy_server: count(|diagnosis| !diagnosis.busy.is_empty()),
            files_saturated: count(Diagnosis::is_saturated),
            verdicts,
            causes,
            kinds,
            cadences: cadences(&pairs),
            deadlines: deadlines(&pairs),
        }
    }
}
