//! The first sentence of one load, or of several: how many calls failed and how, and how many waited.

use super::case::WAIT_MS;
use super::phrases::ms;
use crate::words::count;
use serde::Serialize;

/// Counts of calls by what the file says of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Answer {
    /// Loads that it counts.
    pub(super) loads: usize,
    pub(super) never_sent: usize,
    pub(super) sent: usize,
    pub(super) perhaps_sent: usize,
    pub(super) broken_off_together: usize,
    pub(super) errors: usize,
    pub(super) error_answers: usize,
    /// Under way when the capture ended: neither failed nor answered.
    pub(super) open: usize,
    /// Answered after a wait of at least `least_wait_ms` in the browser.
    pub(super) waited: usize,
    pub(super) least_wait_ms: f64,
    pub(super) longest_wait_ms: f64,
    /// The origin whose six connections were taken for longest, and for how long.
    pub(super) taken_origin: Option<String>,
    pub(super) taken_ms: Option<f64>,
    /// Whether the file's writer says how long a request waited in the browser.
    pub(super) has_waits: bool,
}

impl Answer {
    pub(super) fn take(&mut self, origin: Option<&String>, ms: Option<f64>) {
        if ms > self.taken_ms {
            (self.taken_origin, self.taken_ms) = (origin.cloned(), ms);
        }
    }

    /// The counts of several loads, added up.
    pub(super) fn together<'a>(answers: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut all = Self { least_wait_ms: WAIT_MS, ..Self::default() };
        for one in answers {
            all.loads += one.loads;
            all.never_sent += one.never_sent;
            all.sent += one.sent;
            all.perhaps_sent += one.perhaps_sent;
            all.broken_off_together += one.broken_off_together;
            all.errors += one.errors;
            all.error_answers += one.error_answers;
            all.open += one.open;
            all.waited += one.waited;
            all.longest_wait_ms = all.longest_wait_ms.max(one.longest_wait_ms);
            all.has_waits |= one.has_waits;
            all.take(one.taken_origin.as_ref(), one.taken_ms);
        }
        all
    }

    /// Whether a call was broken off, or failed, for whatever reason but the page's end.
    pub(super) fn has_failures(&self) -> bool {
        self.never_sent + self.sent + self.perhaps_sent + self.errors + self.error_answers > 0
    }

    /// The counts that are not 0, in words.
    fn failures(&self) -> Vec<String> {
        let was = |number: usize| if number == 1 { "was" } else { "were" };
        let mut parts = Vec::new();
        if self.never_sent > 0 {
            let they = if self.never_sent == 1 { "it was" } else { "they were" };
            parts.push((self.never_sent, format!("{} broken off before {they} sent", was(self.never_sent))));
        }
        if self.sent > 0 {
            parts.push((self.sent, format!("{} sent and broken off without an answer", was(self.sent))));
        }
        if self.perhaps_sent > 0 {
            let whether = if self.perhaps_sent == 1 { "it was" } else { "they were" };
            let text = format!("ended without an answer, and nothing shows whether {whether} sent");
            parts.push((self.perhaps_sent, text));
        }
        if self.errors > 0 {
            parts.push((self.errors, "failed with an error of the network or the browser".to_owned()));
        }
        if self.error_answers > 0 {
            parts.push((self.error_answers, format!("{} answered with an error status", was(self.error_answers))));
        }
        if self.broken_off_together > 0 {
            parts.push((self.broken_off_together, "ended with the page".to_owned()));
        }
        let texts = parts.into_iter().enumerate().map(|(at, (number, text))| match at {
            0 => format!("{} {text}", count(number, "call")),
            _ => format!("{number} {text}"),
        });
        texts.collect()
    }

    fn waits(&self) -> String {
        match (self.has_waits, self.waited) {
            (false, _) => "how long requests waited in the browser, the file does not say".to_owned(),
            (true, 0) => format!("no answered request waited in the browser for {} or more", ms(self.least_wait_ms)),
            (true, 1) => {
                format!("1 request waited in the browser for {} and was then answered", ms(self.longest_wait_ms))
            }
            (true, waited) => {
                format!(
                    "{waited} requests waited in the browser, up to {}, and were then answered",
                    ms(self.longest_wait_ms)
                )
            }
        }
    }

    pub(super) fn text(&self) -> String {
        let failures = self.failures();
        let what = match failures.as_slice() {
            [] => "No call failed".to_owned(),
            parts => parts.join(", "),
        };
        let loads = if self.loads > 1 { format!("In {} loads: ", self.loads) } else { String::new() };
        let what = if self.loads > 1 && failures.is_empty() { "no call failed".to_owned() } else { what };
        let taken = match (&self.taken_origin, self.taken_ms) {
            (Some(origin), Some(long)) if self.loads > 1 => {
                format!("; all six connections to {origin} were taken for up to {} in a load", ms(long))
            }
            (Some(origin), Some(long)) => format!("; all six connections to {origin} were taken for {}", ms(long)),
            _ => String::new(),
        };
        format!("{loads}{what}; {}{taken}.", self.waits())
    }
}

/// Nothing points to a shortage of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NoShortage {}

impl NoShortage {
    pub(super) const TEXT: &'static str = "Nothing in this load points to a shortage of connections.";
}
