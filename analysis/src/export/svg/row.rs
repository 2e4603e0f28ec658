//! A row of the waterfall: a request's name, its life in DevTools' phases, its end and its deadline.
//!
//! Rule: phases have DevTools' colours and order; an abort is a red end, a deadline a dashed tick.

use super::sheet::{
    AXIS, BAR, CLASSES, INK, LEFT, Look, MARGIN, QUIET, RED, RIGHT, ROW, STRIPE, Sheet, WAITING, WIDTH, rect,
};
use crate::svg_text as measure;
use crate::words::{duration, xml};
use sixslot_models::load::{Outcome, Request, Station};
use sixslot_sim_core::{Span, Time};
use std::fmt::Write as _;

/// The phases in DevTools' order: fill, outline, and label in the legend.
pub(super) const PHASES: [(&str, &str, &str); 7] = [
    ("none", AXIS, "held by the page"),
    ("#ffffff", AXIS, "queueing (scheduler)"),
    (WAITING, WAITING, "stalled (cache lock, no free slot)"),
    ("#e8912d", "#e8912d", "initial connection"),
    ("#2a7e9e", "#2a7e9e", "request sent"),
    ("rgb(55,190,95)", "rgb(55,190,95)", "waiting for the server"),
    ("rgb(76,141,246)", "rgb(76,141,246)", "content download"),
];

impl Sheet<'_> {
    /// The phases of a request, with their times.
    pub(super) fn parts(&self, request: &Request) -> [(usize, Span); 7] {
        let phases = self.subject.phases(request);
        let connect = phases.connect.unwrap_or(Span::ZERO);
        [
            (0, request.spent(Station::Page)),
            (1, phases.queueing),
            (2, phases.stalled),
            (3, connect),
            (4, request.spent(Station::Connect) - connect),
            (5, phases.wait),
            (6, phases.receive),
        ]
    }

    /// Whether a length of time is wide enough to be visible.
    pub(super) fn is_visible(&self, span: Span) -> bool {
        span.as_seconds_f64() * (RIGHT - LEFT) > 0.7 * self.end.as_seconds_f64()
    }

    pub(super) fn is_open_socket(&self, request: &Request) -> bool {
        self.subject.class(request).kind.is_socket() && request.headers.is_some()
    }

    /// The deadline to show in a row; none if it expired, because then the abort is shown.
    pub(super) fn deadline(&self, request: &Request) -> Option<Time> {
        let deadline = self.subject.class(request).deadline.map(|deadline| request.issued + deadline)?;
        let fate = matches!(request.outcome, Outcome::Aborted | Outcome::Coalesced);
        let struck = fate && request.ended == Some(deadline);
        (!struck && deadline <= Time::ZERO + self.end).then_some(deadline)
    }

    pub(super) fn row(&mut self, number: usize, request: &Request, striped: bool) {
        let (subject, y) = (self.subject, self.y);
        let aborted = request.outcome.is_wrong();
        if striped {
            let stripe = rect((MARGIN, y), (WIDTH - 2.0 * MARGIN, ROW), &format!("fill=\"{STRIPE}\""));
            self.ground.push_str(&stripe);
        }
        let _ = writeln!(self.marks, "<g><title>{}</title>", xml(&self.hint(number, request)));
        let base = y + 14.2;
        self.text((MARGIN + 26.0, base), &number.to_string(), 30.0, Look::new(11.5, QUIET).at("end"));
        let ground = CLASSES[request.class % CLASSES.len()];
        self.rect(
            (MARGIN + 33.0, y + 5.5),
            (9.0, 9.0),
            &format!("fill=\"{ground}\" stroke=\"{AXIS}\" stroke-width=\".6\""),
        );
        let class = subject.class(request);
        let raw = class.copy(request.index).url.expand(request.index, request.tab);
        let (origin, path) = match raw.split_once("://").map(|(_, rest)| rest) {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => ("", raw.as_str()),
        };
        // The page's own host would stand in nearly every row.
        let origin = match (origin, class.origin) {
            ("", 0) => String::new(),
            ("", other) => subject.origin_words(other),
            (origin, _) => origin.to_owned(),
        };
        let x = MARGIN + 49.0;
        let taken = self.text((x, base), &origin, 150.0, Look::new(12.0, QUIET));
        let colour = if aborted { RED } else { INK };
        let tab = if subject.differs[request.class].1 { format!(" tab {}", request.tab + 1) } else { String::new() };
        let look = Look::new(12.0, QUIET);
        let room = LEFT - 12.0 - x - taken - measure::width(&tab, look.size, false);
        self.text((x + taken, base), path, room, Look::new(12.0, colour));
        self.text((LEFT - 12.0, base), tab.trim_start(), 60.0, look.at("end"));
        self.bar(request);
        let life = request.ended.map(|ended| ended - request.issued);
        let (words, look) = match (request.outcome, life) {
            (Outcome::Coalesced, _) => ("joined".to_owned(), Look::new(12.0, QUIET)),
            (Outcome::Ok, _) if request.sent.is_none() => ("cached".to_owned(), Look::new(12.0, QUIET)),
            (_, Some(life)) if aborted => (milliseconds(life), Look::new(12.0, RED).bold()),
            (_, Some(life)) => (milliseconds(life), Look::new(12.0, INK)),
            (_, None) if self.is_open_socket(request) => ("open".to_owned(), Look::new(12.0, QUIET)),
            (_, None) => ("pending".to_owned(), Look::new(12.0, QUIET)),
        };
        self.text((WIDTH - MARGIN - 6.0, base), &words, 90.0, look.at("end"));
        self.marks.push_str("</g>\n");
        self.y += ROW;
    }

    fn bar(&mut self, request: &Request) {
        let middle = self.y + ROW / 2.0;
        let top = middle - BAR / 2.0;
        let joined = request.outcome == Outcome::Coalesced;
        let stop = Time::ZERO + self.end;
        let mut from = request.issued;
        for (phase, span) in self.parts(request) {
            let (start, until) = (from, (from + span).min(stop));
            from += span;
            if span.is_zero() || start >= stop {
                continue;
            }
            let (x, width) = (self.x(start), (self.x(until) - self.x(start)).max(0.6));
            let (fill, outline, _) = PHASES[phase];
            if phase == 0 || joined {
                let style = format!("stroke=\"{AXIS}\" stroke-width=\"2\" stroke-dasharray=\"2 2\"");
                self.line((x, middle), (x + width, middle), &style);
            } else if phase == 1 && width > 2.0 {
                let style = format!("fill=\"{fill}\" stroke=\"{outline}\" stroke-width=\"1\"");
                self.rect((x + 0.5, top + 0.5), (width - 1.0, BAR - 1.0), &style);
            } else if phase == 6 && self.is_open_socket(request) {
                let style = "fill=\"rgb(76,141,246)\" fill-opacity=\".25\"";
                self.rect((x, top + 2.0), (width, BAR - 4.0), style);
                let edge = "stroke=\"rgb(76,141,246)\" stroke-width=\"1\"";
                self.line((x, top + 2.0), (x + width, top + 2.0), edge);
                self.line((x, top + BAR - 2.0), (x + width, top + BAR - 2.0), edge);
            } else {
                self.rect((x, top), (width, BAR), &format!("fill=\"{}\"", if phase == 1 { outline } else { fill }));
            }
        }
        if let Some(deadline) = self.deadline(request) {
            let x = self.x(deadline);
            let style = format!("stroke=\"{RED}\" stroke-width=\"1.4\" stroke-dasharray=\"3 2\"");
            self.line((x, self.y + 1.0), (x, self.y + ROW - 1.0), &style);
        }
        match request.ended {
            Some(ended) if request.outcome.is_wrong() && ended <= stop => {
                let x = self.x(ended);
                self.rect((x - 1.5, top - 2.5), (3.5, BAR + 5.0), &format!("fill=\"{RED}\""));
            }
            // It continues beyond the picture.
            _ if from > stop || request.ended.is_none() => {
                let arrow = format!("M{:.2} {:.2}l4 4l-4 4", RIGHT + 3.0, middle - 4.0);
                let _ =
                    writeln!(self.marks, "<path d=\"{arrow}\" fill=\"none\" stroke=\"{AXIS}\" stroke-width=\"1.5\"/>");
            }
            _ => {}
        }
    }

    /// The tooltip of a row.
    fn hint(&self, number: usize, request: &Request) -> String {
        let mut hint = format!("{number}: {}, {}", self.subject.name(request), self.subject.url(request));
        let _ = write!(hint, "; issued at {}", duration(request.issued - Time::ZERO));
        for (station, words) in Station::ALL {
            let spent = request.spent(station);
            if !spent.is_zero() {
                let _ = write!(hint, ", {words} {}", duration(spent));
            }
        }
        let _ = write!(hint, "; {}", crate::record::outcome_word(request.outcome));
        measure::clean(&hint)
    }
}

/// A length of time as DevTools' column writes it, in milliseconds.
fn milliseconds(span: Span) -> String {
    let whole = (span.as_nanos() + 500_000) / 1_000_000;
    if whole < 10 {
        return format!("{:.1} ms", span.as_millis_f64());
    }
    let digits = whole.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            // A narrow space that does not break.
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    format!("{grouped} ms")
}
