//! The tables behind the sentences: the page's requests, and its origins' connections.

use super::words::{count, ms};
use har::archive::Protocol;
use har::{Diagnosis, Verdict};

/// Rows of a table; more are counted.
pub(super) const ROWS: usize = 24;

/// A class as a row: what, how many, what became of them, time to first byte, longest wait in the browser.
pub(super) fn classes(diagnosis: &Diagnosis) -> Vec<[String; 6]> {
    let row = |facts: &har::diagnosis::ClassFacts| {
        let kind = &facts.class.kind;
        let fates = facts.verdicts.iter().filter(|(verdict, _)| **verdict != Verdict::Answered);
        let fates = fates.map(|(verdict, number)| format!("{number} {}", short(*verdict))).collect::<Vec<_>>();
        let bytes = facts.first_byte_ms.map_or_else(String::new, |[least, median, most]| {
            if facts.class.entries.len() == 1 || least == most {
                ms(median)
            } else {
                format!("{} ({} to {})", ms(median), ms(least), ms(most))
            }
        });
        let wait = if facts.longest_wait_ms >= 20.0 { ms(facts.longest_wait_ms) } else { String::new() };
        let priority = kind.priority.clone().unwrap_or_default();
        [facts.class.entries.len().to_string(), kind.label(), priority, bytes, wait, fates.join(", ")]
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
pub(super) const CLASS_TITLES: [&str; 6] = ["", "request", "priority", "first byte", "waited", "not simply answered"];

/// An origin as a sentence.
pub(super) fn origins(diagnosis: &Diagnosis) -> Vec<String> {
    let sentence = |origin: &har::occupancy::Occupancy| {
        let protocol = match origin.protocol {
            Protocol::Unknown => "unknown protocol",
            Protocol::Http1 => "HTTP/1.1",
            Protocol::Http2 => "HTTP/2",
            Protocol::Http3 => "HTTP/3",
        };
        let used = if origin.connections > 0 {
            format!(" on {}", count(origin.connections, "connection"))
        } else {
            String::new()
        };
        let held = if origin.protocol.is_multiplexed() {
            String::new()
        } else {
            format!(", {} at once for certain, {} at most", origin.most_held, origin.most_possible)
        };
        format!("{}: {}, {}{used}{held}", origin.origin, protocol, count(origin.requests, "request"))
    };
    diagnosis.origins.iter().take(ROWS).map(sentence).collect()
}

/// A file in a few words.
pub(super) fn outcome(diagnosis: &Diagnosis) -> String {
    let causes = &diagnosis.causes;
    let mut words = vec![match causes.failed {
        0 => "no call failed".to_owned(),
        failed => format!("{} failed", count(failed, "call")),
    }];
    let parts = [
        (causes.never_sent, "never sent"),
        (causes.sent, "sent"),
        (causes.unknown, "sent or not"),
        (causes.waited_and_answered, "answered after a wait"),
        (causes.busy, "cheap and slow together"),
    ];
    words.extend(parts.into_iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")));
    words.join(", ")
}
