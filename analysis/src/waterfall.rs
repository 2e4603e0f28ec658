//! One load as a picture in a terminal: a row for each request, its stations in different shades, and the slots below.
//!
//! Rule: a row shows the request's own times; the rows of slots and of the queue are counted from them. The
//! picture ends a little after the load's verdict, because what follows does not explain it.

use crate::words::{aborted_word, cut, duration, failure_words, plain, request_name};
use sixslot_models::Plan;
use sixslot_models::load::{Load, Outcome, Request, Station};
use sixslot_sim_core::{Span, Time};
use std::fmt::Write as _;

/// The most characters of a request's name, and of what stands behind its bar.
const LABEL: usize = 26;
const NOTE: usize = 30;
/// The least characters behind a bar: those of an aborted call.
const ENDED: usize = 24;
/// The least characters of a bar.
const BAR: usize = 20;

/// The character and colour of each station.
const SHADES: [(Station, char, &str, &str); Station::COUNT] = [
    (Station::Page, '·', "2", "held by the page"),
    (Station::Scheduler, '╌', "35", "held by the scheduler"),
    (Station::Cache, '┄', "36", "waits at the cache lock"),
    (Station::Pool, '░', "33", "waits for a connection"),
    (Station::Connect, '▏', "2", "connects"),
    (Station::Server, '▓', "32", "the server works"),
    (Station::Body, '█', "34", "body, or an open socket"),
];

/// The picture of a load.
#[derive(Debug)]
pub struct Waterfall<'a> {
    /// The plan that was simulated.
    pub plan: &'a Plan,
    /// The load.
    pub load: &'a Load,
    /// Characters in a line.
    pub width: usize,
    /// The most rows; the others are counted in a last line.
    pub rows: usize,
}

/// What a request is called in a load: its class, and the numbers that distinguish it from the others of its class.
pub fn name(plan: &Plan, load: &Load, request: &Request) -> String {
    let differs = |number: fn(&Request) -> u32| {
        let siblings = load.requests().iter().filter(|other| other.class == request.class);
        siblings.into_iter().any(|other| number(other) != number(request))
    };
    let class = &plan.classes()[request.class].name;
    request_name(class, request, differs(|request| request.index), differs(|request| request.tab))
}

/// A request's name in at most `room` characters, with the number at its end.
fn short(name: &str, room: usize) -> String {
    let tail = name.rfind(' ').map_or("", |at| &name[at..]);
    if name.chars().count() <= room || tail.is_empty() || tail.len() > room / 2 {
        return cut(name, room);
    }
    cut(&name[..name.len() - tail.len()], room - tail.len()) + tail
}

/// The codes of all colours that text for terminals has (SGR parameters, ECMA-48 section 8.3.117).
pub const COLOURS: &[&str] = &["1", "2", "31", "32", "33", "34", "35", "36", "1;31"];

/// Text on one line in one of [`COLOURS`].
pub fn paint(text: &str, colour: &str) -> String {
    debug_assert!(COLOURS.contains(&colour), "the terminal drops the colour {colour}");
    format!("\u{1b}[{colour}m{}\u{1b}[0m", plain(text))
}

impl Waterfall<'_> {
    /// The time at which the picture ends.
    fn end(&self) -> Span {
        let verdict = self.load.verdict();
        let decisive = [verdict.error, verdict.recovered, verdict.ready].into_iter().flatten().max();
        let horizon = self.plan.horizon() - Time::ZERO;
        let shown = decisive.map_or(horizon, |time| (time - Time::ZERO) * 23 / 20);
        shown.max(Span::from_millis(10)).min(horizon)
    }

    /// The requests that get a row: the one that made the load fail, then the decisive ones, then in order of issue.
    fn chosen(&self, end: Time) -> (Vec<usize>, usize) {
        let requests = self.load.requests();
        let seen: Vec<usize> = (0..requests.len()).filter(|id| requests[*id].issued <= end).collect();
        let (rules, culprit) = (self.plan.load(), self.load.culprit(self.plan));
        let rank = |id: &usize| {
            let class = requests[*id].class;
            let decisive = rules.ready.contains(&class) || rules.judges(class);
            let socket = self.plan.classes()[class].kind.is_socket();
            let culprit = culprit.is_some_and(|culprit| std::ptr::eq(culprit, &requests[*id]));
            (!culprit, !decisive, !socket, *id)
        };
        let mut chosen = seen.clone();
        chosen.sort_by_key(rank);
        chosen.truncate(self.rows);
        chosen.sort_unstable();
        let left_out = seen.len() - chosen.len();
        (chosen, left_out)
    }

    /// The picture, with colours as escape sequences.
    pub fn draw(&self) -> String {
        let end = self.end();
        let label = self.label();
        let columns = self.width.saturating_sub(label + NOTE).max(BAR);
        let column_span = |column: usize| Time::ZERO + end * column as u64 / columns as u64;
        let mut out = String::new();
        self.axis(&mut out, end, columns);
        let (chosen, left_out) = self.chosen(Time::ZERO + end);
        for id in chosen {
            let request = &self.load.requests()[id];
            let room = self.label();
            let label = short(&name(self.plan, self.load, request), room - 2);
            let _ = write!(out, "{label:<room$}");
            self.bar(&mut out, request, columns, column_span);
            let note = self.note(request, end);
            out.push_str(&cut(note.trim_end(), self.width.saturating_sub(room + columns + 1).max(1)));
            out.push('\n');
        }
        if left_out > 0 {
            let _ = writeln!(out, "{:<label$}and {left_out} more; --rows {} shows them", "...", self.rows + left_out);
        }
        self.counts(&mut out, columns, column_span);
        let _ = writeln!(out, "\n{}", self.legend());
        out
    }

    /// The characters of a request's name in a line of this width.
    fn label(&self) -> usize {
        self.width.saturating_sub(BAR + ENDED).clamp(12, LABEL)
    }

    fn axis(&self, out: &mut String, end: Span, columns: usize) {
        let label = self.label();
        let seconds = end.as_seconds_f64();
        let rough = seconds / (columns as f64 / 9.0);
        let steps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];
        let step = steps.into_iter().find(|step| *step >= rough).unwrap_or((rough / 600.0).ceil() * 600.0);
        let mut line = vec![' '; (columns + NOTE).min(self.width.saturating_sub(label))];
        let mut tick = 0.0;
        while tick <= seconds {
            let at = (tick / seconds * columns as f64).round() as usize;
            let text = if step < 1.0 { format!("{:.0} ms", tick * 1e3) } else { format!("{tick:.0} s") };
            for (offset, character) in std::iter::once('|').chain(text.chars()).enumerate() {
                if let Some(cell) = line.get_mut(at + offset) {
                    *cell = character;
                }
            }
            tick += step;
        }
        let _ = writeln!(out, "{:label$}{}", "", line.into_iter().collect::<String>().trim_end());
    }

    fn bar(&self, out: &mut String, request: &Request, columns: usize, column_start: impl Fn(usize) -> Time) {
        let class = &self.plan.classes()[request.class];
        let deadline = request.deadline_of(class);
        let end = request.ended.unwrap_or(self.plan.horizon());
        let mut colour = "";
        for column in 0..columns {
            let (from, until) = (column_start(column), column_start(column + 1));
            let ends_here = request.ended.is_some_and(|ended| from <= ended && ended < until);
            let (character, wanted) = if ends_here && request.outcome.is_wrong() {
                ('✗', "1;31")
            } else if deadline.is_some_and(|deadline| from <= deadline && deadline < until) {
                ('┊', "31")
            } else if until <= request.issued || from >= end {
                (' ', "")
            } else {
                let middle = (from + Span::from_nanos((until - from).as_nanos() / 2)).max(request.issued).min(end);
                shade_at(request, middle)
            };
            if wanted != colour {
                out.push_str("\u{1b}[0m");
                if !wanted.is_empty() {
                    let _ = write!(out, "\u{1b}[{wanted}m");
                }
                colour = wanted;
            }
            out.push(character);
        }
        out.push_str("\u{1b}[0m ");
    }

    fn note(&self, request: &Request, end: Span) -> String {
        let life = |until: Time| duration(until - request.issued);
        if let Some(at) = request.gave_up {
            return format!("{}, {}, goes on", request.aborted_by().map_or("given up", aborted_word), life(at));
        }
        match (request.outcome, request.ended) {
            (Outcome::Ok, Some(ended)) => life(ended),
            (Outcome::Aborted, Some(ended)) => {
                let station = request.last_station();
                let place = Station::ALL.iter().find(|(other, _)| *other == station).map_or("", |(_, name)| name);
                let what = request.aborted_by().map_or("aborted", aborted_word);
                format!("{what}, {} ({place})", life(ended))
            }
            (Outcome::Failed, Some(ended)) => {
                format!("{}, {}", request.failure.map_or_else(String::new, failure_words), life(ended))
            }
            (Outcome::Coalesced, Some(ended)) => format!("joined, {}", life(ended)),
            _ if self.plan.classes()[request.class].kind.is_socket() && request.headers.is_some() => "open".to_owned(),
            _ if Time::ZERO + end < self.plan.horizon() => String::new(),
            _ => "never ended".to_owned(),
        }
    }

    fn counts(&self, out: &mut String, columns: usize, column_start: impl Fn(usize) -> Time) {
        let limit = self.plan.origins()[0].places(self.plan.browser().connections);
        let own = |request: &&Request| self.plan.classes()[request.class].origin == 0;
        let taken = |time: Time| {
            let holds = |request: &&Request| {
                request.slot_from.is_some_and(|from| from <= time)
                    && request.slot_until.is_some_and(|until| time < until)
            };
            self.load.requests().iter().filter(own).filter(holds).count()
        };
        let waiting = |time: Time| {
            let waits = |request: &&Request| request.station_at(time) == Some(Station::Pool);
            self.load.requests().iter().filter(own).filter(waits).count()
        };
        let room = self.label();
        let mut row = |label: &str, count: &dyn Fn(Time) -> usize, full: usize| {
            let _ = write!(out, "{:<room$}", cut(label, room - 1));
            for column in 0..columns {
                let (from, until) = (column_start(column), column_start(column + 1));
                let number = count(from + Span::from_nanos((until - from).as_nanos() / 2));
                let digit = char::from_digit(number as u32, 10).filter(|_| number < 10).unwrap_or('+');
                let digit = if number == 0 { '·' } else { digit };
                out.push_str(&if number >= full { paint(&digit.to_string(), "1;31") } else { digit.to_string() });
            }
            out.push('\n');
        };
        let is_narrow = room < LABEL;
        row(&if is_narrow { format!("slots of {limit}") } else { format!("slots in use (of {limit})") }, &taken, limit);
        row(if is_narrow { "waiting" } else { "waiting for a slot" }, &waiting, usize::MAX);
    }

    fn legend(&self) -> String {
        let requests = self.load.requests();
        let seen =
            SHADES.iter().filter(|(station, ..)| requests.iter().any(|request| !request.spent(*station).is_zero()));
        let has_network = self.plan.origins().iter().any(|origin| origin.path.rtt.is_some());
        let words = |station: Station, text: &'static str| match station {
            Station::Server if has_network => "waits for the server's answer",
            _ => text,
        };
        let mut parts: Vec<String> = seen
            .map(|(station, character, colour, text)| {
                format!("{} {}", paint(&character.to_string(), colour), words(*station, text))
            })
            .collect();
        let has = |outcome| requests.iter().any(|request| request.outcome == outcome);
        match (has(Outcome::Aborted), has(Outcome::Failed)) {
            (true, true) => parts.push(format!("{} aborted, or failed", paint("✗", "1;31"))),
            (true, false) => parts.push(format!("{} aborted", paint("✗", "1;31"))),
            (false, true) => parts.push(format!("{} failed", paint("✗", "1;31"))),
            (false, false) => {}
        }
        if self.plan.classes().iter().any(|class| class.deadline.is_some()) {
            parts.push(format!("{} deadline", paint("┊", "31")));
        }
        let mut text = String::new();
        let mut used = 0;
        for (number, part) in parts.iter().enumerate() {
            let length = textwrap::core::display_width(part);
            let gap = if number == 0 {
                ""
            } else if used + 3 + length > self.width {
                "\n"
            } else {
                "   "
            };
            used = if gap == "\n" { length } else { used + gap.len() + length };
            text.push_str(gap);
            text.push_str(part);
        }
        text
    }
}

fn shade_at(request: &Request, time: Time) -> (char, &'static str) {
    // A life of zero length, or its end, is shown as the last station.
    let last = || Station::ALL.iter().rev().find(|(station, _)| !request.spent(*station).is_zero());
    let station = request.station_at(time).or(last().map(|(station, _)| *station));
    let found = SHADES.iter().find(|(other, ..)| Some(*other) == station);
    found.map_or((' ', ""), |(_, character, colour, _)| (*character, colour))
}
