//! What starts the requests of one load, by the evidence of its archive.
//!
//! Rule: the crate `har` names candidates, those with the best evidence first. A candidate counts from the latest event that
//! came before the start. Where nothing is named, the page's document is the cause, from its headers, because a parser
//! discovers what it loads while the document arrives; without a document the time from the opening is kept. Both are marked
//! as guesses.

use super::super::calls::Load;
use super::record::{Event, Record};

/// How a cause is known, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// The archive names it: an initiator, a stack, a redirect, a preflight.
    Named,
    /// The `Referer` of the request names it.
    Referer,
    /// It ended right before.
    Order,
    /// Nothing names a cause; this is the page's document.
    Document,
}

impl Evidence {
    /// For a comment.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::Named => "named by the archive",
            Self::Referer => "named by its Referer",
            Self::Order => "it ended right before",
            Self::Document => "nothing names a cause: after the document",
        }
    }
}

/// A possible cause.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The place of its entry in the archive.
    pub place: usize,
    /// What of it.
    pub event: Event,
    /// How it is known.
    pub evidence: Evidence,
}

/// The latest of the events, from `event` backwards, that came before `start`.
fn reached(record: &Record, event: Event, start: f64) -> Option<Event> {
    [Event::Ok, Event::Headers, Event::Issued]
        .into_iter()
        .filter(|other| *other <= event)
        .find(|other| record.moment(*other) <= start)
}

/// A shorter hold of the scheduler is none, in milliseconds.
const HELD: f64 = 0.001;

/// The causes of each entry of a load, by place. `record` has the times of the entries that can be causes.
#[must_use]
pub fn causes(load: &Load, record: &dyn Fn(usize) -> Option<Record>) -> Vec<(usize, Vec<Found>)> {
    let archive = &load.archive;
    let mut all = Vec::with_capacity(archive.entries.len());
    for (number, one) in archive.loads.iter().enumerate() {
        let named = archive.causes(number);
        for (place, candidates) in one.entries.iter().copied().zip(named) {
            let entry = &archive.entries[place];
            let recorded = entry.recorded_ms.max(entry.start_ms) - load.opened[0];
            // Earlier where the scheduler's hold counts as a wait.
            let held = |record: &Record| record.start < recorded - HELD;
            let start = record(place).filter(held).map_or(recorded, |record| record.start);
            let mut found: Vec<Found> = Vec::new();
            for cause in candidates {
                let (evidence, event) = (evidence(cause.evidence), event(cause.anchor));
                let event = record(cause.entry).and_then(|record| reached(&record, event, start));
                found.extend(event.map(|event| Found { place: cause.entry, event, evidence }));
            }
            if let Some(document) = one.document.filter(|document| *document != place) {
                let event = record(document).and_then(|record| reached(&record, Event::Headers, start));
                found.extend(event.map(|event| Found { place: document, event, evidence: Evidence::Document }));
            }
            all.push((place, found));
        }
    }
    all
}

fn evidence(evidence: sixslot_har::Evidence) -> Evidence {
    match evidence {
        sixslot_har::Evidence::Referer => Evidence::Referer,
        sixslot_har::Evidence::Order => Evidence::Order,
        _ => Evidence::Named,
    }
}

fn event(anchor: sixslot_har::Anchor) -> Event {
    match anchor {
        sixslot_har::Anchor::Issue => Event::Issued,
        sixslot_har::Anchor::Headers => Event::Headers,
        _ => Event::Ok,
    }
}
