//! The tables behind the sentences: the page's requests, and its origins' connections.

use super::LoadReport;
use super::label::of_kind;
use super::phrases::{ms, range};
use crate::words::count;
use sixslot_har::occupancy::{Occupancy, SLOTS};
use sixslot_har::{Diagnosis, Pool, Protocol, Verdict};

/// Rows of a table; more are counted.
pub(super) const ROWS: usize = 24;

/// A class as a row: what, how many, what became of them, time to first byte, longest wait in the browser.
pub(super) fn classes(load: &LoadReport) -> Vec<[String; 6]> {
    let diagnosis = &load.diagnosis;
    let row = |facts: &sixslot_har::diagnosis::ClassFacts| {
        let kind = &facts.class.kind;
        let fates = facts.verdicts.iter().filter(|(verdict, _)| **verdict != Verdict::Answered);
        // What was under way at the end is listed separately.
        let mut open = facts.open;
        let fates = fates.filter_map(|(verdict, number)| {
            let under_way = if verdict.is_unanswered() { open.min(*number) } else { 0 };
            open -= under_way;
            (*number > under_way).then(|| format!("{} {}", number - under_way, short(*verdict)))
        });
        let mut fates = fates.collect::<Vec<_>>();
        let more = [(facts.open, "still open"), (facts.error_answers, "with an error status")];
        fates.extend(
            more.into_iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")),
        );
        let bytes = facts.first_byte_ms.map_or_else(String::new, |[least, median, most]| {
            if ms(least) == ms(most) { ms(median) } else { format!("{} ({})", ms(median), range(least, most)) }
        });
        let wait = if facts.longest_wait_ms >= sixslot_har::occupancy::WAIT_MS {
            ms(facts.longest_wait_ms)
        } else {
            String::new()
        };
        let priority = kind.priority.clone().unwrap_or_default();
        [facts.class.entries.len().to_string(), of_kind(kind), priority, bytes, wait, fates.join(", ")]
    };
    diagnosis.classes.iter().map(row).collect()
}

/// A verdict in a table.
fn short(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Unknown => "without an answer",
        Verdict::AbortedInBody => "cut in the body",
        other => other.name(),
    }
}

/// The titles of the columns of [`classes`].
pub(super) const CLASS_TITLES: [&str; 6] = ["", "request", "priority", "first byte", "waited", "otherwise"];

/// An origin as a sentence.
pub(super) fn origins(diagnosis: &Diagnosis) -> Vec<String> {
    let sentence = |origin: &Occupancy| {
        let protocol = match origin.protocol {
            Protocol::Http1 => "HTTP/1.1",
            Protocol::Http2 => "HTTP/2",
            Protocol::Http3 => "HTTP/3",
            Protocol::Multiplexed => "many at once on a connection (HTTP/2 or HTTP/3)",
            _ => "unknown protocol",
        };
        let used = if origin.connections > 0 {
            format!(" on {}", count(origin.connections, "connection"))
        } else {
            String::new()
        };
        // What waits in the browser holds none.
        let possible = origin.most_possible.min(origin.most_held.max(SLOTS));
        let held = match origin.most_held {
            _ if origin.protocol.is_multiplexed() => String::new(),
            held if held == possible => format!(", {held} held at once"),
            held => format!(", {held} held at once for certain and perhaps {possible}"),
        };
        format!("{}: {}, {}{used}{held}", origin.origin, protocol, count(origin.requests, "request"))
    };
    diagnosis.origins.iter().take(ROWS).map(sentence).collect()
}

/// The connections of an origin over time, a character for each part of it: how many were held for certain, at most.
/// `None` where it is no question.
pub(super) fn timeline(origin: &Occupancy, span_ms: f64, parts: usize) -> Option<String> {
    if origin.protocol.is_multiplexed() || origin.most_held < 2 || span_ms <= 0.0 || parts == 0 {
        return None;
    }
    let mut most = vec![0; parts];
    let part = |at: f64| ((at / span_ms * parts as f64) as usize).min(parts - 1);
    for (at, (from, held)) in origin.held.iter().enumerate() {
        let until = origin.held.get(at + 1).map_or(span_ms, |next| next.0);
        if until > *from {
            most[part(*from)..=part(until)].iter_mut().for_each(|most| *most = (*held).max(*most));
        }
    }
    let digit = |held: usize| match held {
        0 => '·',
        1..=9 => char::from(b'0' + held as u8),
        _ => '+',
    };
    Some(most.into_iter().map(digit).collect())
}

/// A kind of requests in several loads as a row: loads, requests, what.
pub(super) fn kinds(pool: &Pool) -> Vec<[String; 4]> {
    let row = |pooled: &sixslot_har::diagnosis::PooledKind| {
        let priority = pooled.kind.priority.clone().unwrap_or_default();
        [pooled.files.to_string(), pooled.requests.to_string(), of_kind(&pooled.kind), priority]
    };
    pool.kinds.iter().map(row).collect()
}

/// The titles of the columns of [`kinds`].
pub(super) const KIND_TITLES: [&str; 4] = ["loads", "requests", "request", "priority"];
