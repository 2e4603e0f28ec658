//! When an entry was issued and for how long it lived, by the exporter's own fields where it has some.
//!
//! Rule (`docs/archives.md`):
//! - HAR 1.2: an entry starts at `startedDateTime` and lives for `time`, the sum of its parts.
//! - chrome-har writes the moment at which the network stack took the request; the scheduler's hold before it is `_queued`.
//! - WebPageTest writes the moment of sending; the set-up of the connection, which `time` includes, and `_created` came
//!   before it. All its own fields count from the page's start.
//! - `time` and `receive` of -1 after an answer: the body was still open. So was one whose length goes far beyond all other
//!   entries, because the machine slept or the clock was set.

use super::strange::Strange;
use crate::entry::Timings;
use crate::exporter::Exporter;
use crate::limits;
use crate::value::{Figure, Number};
use serde::Deserialize;

/// A body that ends later than this after everything else in the file did not end as the file says.
const BEYOND_MS: f64 = 600_000.0;

#[derive(Default, Deserialize)]
pub(super) struct RawTimings {
    #[serde(default)]
    blocked: Number,
    #[serde(default)]
    dns: Number,
    #[serde(default)]
    connect: Number,
    #[serde(default)]
    ssl: Number,
    #[serde(default)]
    send: Number,
    #[serde(default)]
    wait: Number,
    #[serde(default)]
    receive: Number,
    #[serde(default, rename = "_blocked_queueing")]
    queueing: Figure,
    #[serde(default, rename = "_queued")]
    queued: Figure,
}

impl RawTimings {
    /// Whether `_blocked_queueing` stands in the file, whatever its value.
    pub fn has_queueing(&self) -> bool {
        self.queueing.get().is_some()
    }

    pub fn has_queued(&self) -> bool {
        self.queued.get().is_some()
    }

    fn timings(&self, strange: &mut Strange) -> Timings {
        Timings {
            blocked: strange.ms(self.blocked),
            queueing: strange.ms(self.queueing.0),
            dns: strange.ms(self.dns),
            connect: strange.ms(self.connect),
            ssl: strange.ms(self.ssl),
            send: strange.ms(self.send),
            wait: strange.ms(self.wait),
            receive: strange.ms(self.receive),
        }
    }
}

/// WebPageTest's own times, in milliseconds from the page's start.
#[derive(Default)]
pub(super) struct OwnTimes {
    pub created: Option<f64>,
    /// The starts of name resolution, connecting and TLS; 0 or -1 where there was none.
    pub set_up: [Option<f64>; 3],
    pub load_start: Option<f64>,
    pub load_end: Option<f64>,
}

impl OwnTimes {
    /// How long before the sending the entry began, and how long it lived from then on.
    fn shift(&self) -> Option<(f64, Option<f64>)> {
        let sent = self.load_start?;
        let created = self.created.filter(|ms| *ms >= 0.0);
        let set_up = self.set_up.into_iter().flatten().filter(|ms| *ms > 0.0);
        let before = sent - created.into_iter().chain(set_up).fold(sent, f64::min);
        let life = self.load_end.filter(|end| *end >= sent).map(|end| end - sent + before);
        (before <= limits::LONGEST_MS).then_some((before, life.filter(|life| *life <= limits::LONGEST_MS)))
    }
}

/// What the times are read from.
pub(super) struct Given<'a> {
    pub timings: &'a RawTimings,
    pub time: Number,
    pub own: OwnTimes,
    pub exporter: Exporter,
    /// `startedDateTime` in milliseconds from the first one.
    pub recorded_ms: f64,
    /// The last moment of the file's other entries.
    pub file_end_ms: f64,
}

/// What kind of entry it is.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    pub status: u16,
    pub has_error: bool,
    pub is_socket: bool,
    /// Its body may stay open for hours.
    pub streams: bool,
}

/// The times of an entry.
pub(super) struct Moments {
    pub start_ms: f64,
    /// `None` where it was still open, or where the exporter does not say.
    pub life_ms: Option<f64>,
    pub timings: Timings,
    /// It was under way when the capture ended.
    pub is_open: bool,
    /// Its whole time is shorter than its time to first byte: the parts are those of an earlier answer.
    pub shorter_than_wait: bool,
}

impl Moments {
    pub fn read(given: &Given<'_>, kind: Kind, strange: &mut Strange) -> Self {
        let mut timings = given.timings.timings(strange);
        let time = strange.ms(given.time);
        let shorter_than_wait = time.zip(timings.wait).is_some_and(|(time, wait)| time + 1.0 < wait);
        let answered = kind.status > 0 && !kind.has_error;
        let negative = |number: Number| number.get().is_some_and(|ms| ms < 0.0);
        let mut open_body = answered && negative(given.time) && negative(given.timings.receive);
        let end_ms = given.recorded_ms + time.unwrap_or(0.0);
        let is_long = timings.receive.is_some_and(|ms| ms > BEYOND_MS) && end_ms > given.file_end_ms + BEYOND_MS;
        if answered && is_long && !kind.is_socket && !kind.streams {
            (open_body, timings.receive) = (true, None);
            strange.beyond += 1;
        }
        let (before_ms, own_life_ms) = moved(given, &mut timings, strange);
        let parts = [timings.blocked, timings.dns, timings.connect, timings.send, timings.wait, timings.receive];
        let parts = parts.into_iter().flatten().sum::<f64>();
        let life_ms = own_life_ms.or(time.map(|time| time + before_ms)).unwrap_or(parts);
        let open_socket = kind.is_socket && kind.status == 101 && timings.receive.is_none_or(|ms| ms == 0.0);
        let unanswered = kind.status == 0 && !kind.has_error && life_ms <= 0.0 && timings.blocked.is_none();
        let is_open = open_body || open_socket || unanswered;
        let is_known = kind.status > 0 || life_ms > 0.0 || given.exporter != Exporter::Playwright;
        Self {
            start_ms: given.recorded_ms - before_ms,
            life_ms: (is_known && !is_open).then_some(life_ms),
            timings,
            is_open,
            shorter_than_wait,
        }
    }
}

/// How long before `startedDateTime` the entry began, and its life, where the exporter has fields of its own for them;
/// `timings` get the waiting that these fields say.
fn moved(given: &Given<'_>, timings: &mut Timings, strange: &mut Strange) -> (f64, Option<f64>) {
    match given.exporter {
        Exporter::ChromeHar => {
            let queued = strange.ms(given.timings.queued.0);
            if let Some(queued) = queued {
                timings.queueing = Some(queued);
                timings.blocked = Some(timings.blocked.unwrap_or(0.0) + queued);
            }
            (queued.unwrap_or(0.0), None)
        }
        Exporter::WebPageTest => {
            let Some((before, life)) = given.own.shift() else { return (0.0, None) };
            if given.own.created.is_some() {
                let set_up = timings.dns.unwrap_or(0.0) + timings.connect.unwrap_or(0.0);
                timings.blocked = Some((before - set_up).max(0.0));
            }
            (before, life)
        }
        _ => (0.0, None),
    }
}
