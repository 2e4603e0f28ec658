//! A load as a picture: a waterfall as in DevTools' Network panel, and on the same time axis the slots and the queue.
//!
//! Rule: phases have DevTools' colours and order; an abort is a red end, a deadline a dashed tick, and neither is told by
//! colour alone. Rows, slots and queue are the requests' own times, and share one axis. Every string of a scenario is
//! cleaned, cut to its room and escaped; marks that turn the direction of writing are replaced, because one of them in
//! a URL would turn the row around.

use super::{Subject, host};
use crate::pictures::text as measure;
use crate::waterfall::human;
use models::class::Kind;
use models::load::{Outcome, Request, Station};
use sim_core::{Span, Time};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 28.0;
/// Where the plot begins and ends.
const LEFT: f64 = 356.0;
const RIGHT: f64 = 1088.0;
const ROW: f64 = 20.0;
const BAR: f64 = 12.0;
const LANE: f64 = 20.0;
const DEPTH: f64 = 54.0;
/// The most rows; the others are counted.
const ROWS: usize = 40;
/// Of each class so many rows come before the further ones of any.
const OF_EACH: usize = 6;
/// More lanes than these are drawn as a number over time.
const LANES: usize = 16;

const INK: &str = "#1f2328";
const QUIET: &str = "#57606a";
const GRID: &str = "#e8ebef";
const STRIPE: &str = "#f6f8fa";
const AXIS: &str = "#8c959f";
const RED: &str = "#cf222e";
const GREEN: &str = "#1a7f37";
const WAITING: &str = "#b9bec5";

/// The phases in DevTools' order: fill, outline, and what the legend says.
const PHASES: [(&str, &str, &str); 7] = [
    ("none", AXIS, "held by the page"),
    ("#ffffff", AXIS, "queueing (scheduler)"),
    (WAITING, WAITING, "stalled (cache lock, no free slot)"),
    ("#e8912d", "#e8912d", "initial connection"),
    ("#2a7e9e", "#2a7e9e", "request sent"),
    ("rgb(55,190,95)", "rgb(55,190,95)", "waiting for the server"),
    ("rgb(76,141,246)", "rgb(76,141,246)", "content download"),
];

/// Grounds that tell classes apart in the lanes; the number and the name in a block tell them too.
const CLASSES: [&str; 12] = [
    "#a9d1f7", "#ffd8a8", "#b7e4c7", "#e3c6f2", "#ffe58f", "#f7b9c4", "#b5e3e8", "#d6d3c4", "#c3c8f5", "#f6c8a4",
    "#d5e8a0", "#eec3de",
];

/// A string of a scenario: without control characters and without marks that change the direction of writing.
fn plain(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    measure::clean(text).chars().map(|c| if turns(c) { '\u{fffd}' } else { c }).collect()
}

/// Text as XML may hold it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// How a piece of text looks.
#[derive(Clone, Copy)]
struct Look {
    size: f64,
    colour: &'static str,
    bold: bool,
    anchor: &'static str,
}

impl Look {
    const fn new(size: f64, colour: &'static str) -> Self {
        Self { size, colour, bold: false, anchor: "start" }
    }
    const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }
    const fn at(self, anchor: &'static str) -> Self {
        Self { anchor, ..self }
    }
}

/// A rectangle.
fn rect((x, y): (f64, f64), (width, height): (f64, f64), style: &str) -> String {
    format!("<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" {style}/>\n")
}

/// The drawing: marks that are added from top to bottom.
struct Sheet<'a> {
    subject: &'a Subject<'a>,
    marks: String,
    /// What lies under the lines of the axis.
    ground: String,
    /// From where to where the lines of the axis go.
    bands: Vec<(f64, f64)>,
    /// Where the next thing goes.
    y: f64,
    end: Span,
}

impl Sheet<'_> {
    fn x(&self, time: Time) -> f64 {
        let part = (time - Time::ZERO).as_seconds_f64() / self.end.as_seconds_f64();
        LEFT + part.min(1.0) * (RIGHT - LEFT)
    }

    fn rect(&mut self, corner: (f64, f64), size: (f64, f64), style: &str) {
        self.marks.push_str(&rect(corner, size, style));
    }

    fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), style: &str) {
        let _ = writeln!(self.marks, "<line x1=\"{x1:.2}\" y1=\"{y1:.2}\" x2=\"{x2:.2}\" y2=\"{y2:.2}\" {style}/>");
    }

    /// Text that is cut to its room; returns the room that it took.
    fn text(&mut self, (x, y): (f64, f64), text: &str, room: f64, look: Look) -> f64 {
        let shown = measure::ellipsis(&plain(text), look.size, look.bold, room);
        let weight = if look.bold { " font-weight=\"600\"" } else { "" };
        let anchor = if look.anchor == "start" { String::new() } else { format!(" text-anchor=\"{}\"", look.anchor) };
        let _ = writeln!(
            self.marks,
            "<text x=\"{x:.2}\" y=\"{y:.2}\" font-size=\"{}\" fill=\"{}\"{weight}{anchor}>{}</text>",
            look.size,
            look.colour,
            escaped(&shown)
        );
        measure::width(&shown, look.size, look.bold)
    }

    fn head(&mut self) {
        let subject = self.subject;
        let room = WIDTH - 2.0 * MARGIN;
        let title = Look::new(20.0, INK).bold();
        self.y = 44.0;
        for line in measure::wrap(&plain(&subject.plan.title), title.size, true, room, 2) {
            self.text((MARGIN, self.y), &line, room, title);
            self.y += 25.0;
        }
        let quiet = Look::new(13.0, QUIET);
        self.y -= 3.0;
        self.text((MARGIN, self.y), &subject.label(), room, quiet);
        let sentence = plain(&subject.outcome());
        let colour = if subject.load.verdict().failed { RED } else { GREEN };
        let word = sentence.split(':').next().map_or(0, |word| word.len() + 1);
        self.y += 24.0;
        for (number, line) in measure::wrap(&sentence, 13.5, false, room, 3).iter().enumerate() {
            let (first, rest) = line.split_at(if number == 0 { word.min(line.len()) } else { 0 });
            let _ = writeln!(
                self.marks,
                "<text x=\"{MARGIN}\" y=\"{:.2}\" font-size=\"13.5\" fill=\"{INK}\"><tspan fill=\"{colour}\" \
                 font-weight=\"600\">{}</tspan>{}</text>",
                self.y,
                escaped(first),
                escaped(rest)
            );
            self.y += 19.0;
        }
    }

    fn legend(&mut self, rows: &[(usize, &Request)]) {
        let stop = Time::ZERO + self.end;
        let is = |wanted: &dyn Fn(&Request) -> bool| rows.iter().any(|(_, request)| wanted(request));
        let seen = |phase: usize| {
            is(&|request| {
                let open = phase == 6 && self.is_open_socket(request);
                !open && self.parts(request).iter().any(|(other, span)| *other == phase && self.is_visible(*span))
            })
        };
        let phases = PHASES.iter().enumerate().filter(|(phase, _)| seen(*phase));
        let mut items: Vec<(usize, &str)> = phases.map(|(phase, look)| (phase, look.2)).collect();
        if is(&|request| self.is_open_socket(request)) {
            items.push((10, "open socket"));
        }
        if is(&|request| request.outcome == Outcome::Aborted && request.ended.is_some_and(|ended| ended <= stop)) {
            items.push((11, "aborted by its deadline"));
        }
        if is(&|request| self.deadline(request).is_some()) {
            items.push((12, "deadline"));
        }
        let look = Look::new(12.0, QUIET);
        self.y += 6.0;
        let mut x = MARGIN;
        for (mark, words) in items {
            let width = 22.0 + measure::width(words, look.size, false) + 16.0;
            if x + width > WIDTH - MARGIN {
                x = MARGIN;
                self.y += 20.0;
            }
            let y = self.y - 9.5;
            match mark {
                0 => self.line(
                    (x, y + 5.5),
                    (x + 15.0, y + 5.5),
                    &format!("stroke=\"{AXIS}\" stroke-width=\"2\" stroke-dasharray=\"2 2\""),
                ),
                10 => self.rect(
                    (x + 0.5, y + 0.5),
                    (15.0, 10.0),
                    "fill=\"rgb(76,141,246)\" fill-opacity=\".25\" stroke=\"rgb(76,141,246)\"",
                ),
                11 => {
                    self.rect((x, y + 1.0), (14.0, 9.0), &format!("fill=\"{WAITING}\""));
                    self.rect((x + 12.0, y - 2.0), (3.0, 15.0), &format!("fill=\"{RED}\""));
                }
                12 => self.line(
                    (x + 8.0, y - 2.0),
                    (x + 8.0, y + 13.0),
                    &format!("stroke=\"{RED}\" stroke-width=\"1.5\" stroke-dasharray=\"3 2\""),
                ),
                phase => {
                    let (fill, outline, _) = PHASES[phase];
                    self.rect((x + 0.5, y + 0.5), (15.0, 10.0), &format!("fill=\"{fill}\" stroke=\"{outline}\""));
                }
            }
            self.text((x + 22.0, self.y), words, 400.0, look);
            x += width;
        }
        self.y += 14.0;
    }

    /// Round times for the axis, about eight of them.
    fn ticks(&self) -> Vec<(Time, String)> {
        let end = self.end.as_nanos();
        let steps = [1_u64, 2, 5].into_iter().cycle().zip((0..36).map(|number| 10_u64.pow(3 + number / 3)));
        let step = steps.map(|(lead, power)| lead * power).find(|step| end / step <= 9).unwrap_or(end.max(1));
        let label = |time: u64| match (time, step) {
            (0, _) => "0".to_owned(),
            (_, step) if step < 1_000_000 => format!("{} µs", time / 1_000),
            (_, step) if step < 1_000_000_000 && end < 2_000_000_000 => format!("{} ms", time / 1_000_000),
            (_, step) if step < 1_000_000_000 => format!("{:.1} s", time as f64 / 1e9),
            _ => format!("{} s", time / 1_000_000_000),
        };
        (0..=end / step).map(|number| (Time::from_nanos(number * step), label(number * step))).collect()
    }

    /// The times that decided the load, with their words and the height at which these stand above the rows.
    fn moments(&self, top: f64) -> Vec<(Time, String, &'static str, f64)> {
        let verdict = self.subject.load.verdict();
        let moments = [
            (verdict.error, "error shown", RED),
            (verdict.recovered, "cleared", GREEN),
            (verdict.ready, "ready", GREEN),
        ];
        let happened = moments.into_iter().filter_map(|(time, words, colour)| {
            let time = time.filter(|time| *time <= Time::ZERO + self.end)?;
            Some((time, format!("{words} {}", human(time - Time::ZERO)), colour))
        });
        let happened = happened.enumerate();
        happened.map(|(at, (time, words, colour))| (time, words, colour, top - 24.0 - 16.0 * at as f64)).collect()
    }

    /// Which part of a life is spent in which phase.
    fn parts(&self, request: &Request) -> [(usize, Span); 7] {
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

    /// Whether a length of time is wide enough to be seen.
    fn is_visible(&self, span: Span) -> bool {
        span.as_seconds_f64() * (RIGHT - LEFT) > 0.7 * self.end.as_seconds_f64()
    }

    fn is_open_socket(&self, request: &Request) -> bool {
        self.subject.class(request).kind.is_socket() && request.headers.is_some()
    }

    /// The deadline that a row shows; where it struck, the abort is shown.
    fn deadline(&self, request: &Request) -> Option<Time> {
        let deadline = self.subject.class(request).deadline.map(|deadline| request.issued + deadline)?;
        let fate = matches!(request.outcome, Outcome::Aborted | Outcome::Coalesced);
        let struck = fate && request.ended == Some(deadline);
        (!struck && deadline <= Time::ZERO + self.end).then_some(deadline)
    }

    fn row(&mut self, number: usize, request: &Request, striped: bool) {
        let (subject, y) = (self.subject, self.y);
        let aborted = request.outcome == Outcome::Aborted;
        if striped {
            let stripe = rect((MARGIN, y), (WIDTH - 2.0 * MARGIN, ROW), &format!("fill=\"{STRIPE}\""));
            self.ground.push_str(&stripe);
        }
        let _ = writeln!(self.marks, "<g><title>{}</title>", escaped(&self.hint(number, request)));
        let base = y + 14.2;
        self.text((MARGIN + 26.0, base), &number.to_string(), 30.0, Look::new(11.5, QUIET).at("end"));
        let ground = CLASSES[request.class % CLASSES.len()];
        self.rect(
            (MARGIN + 33.0, y + 5.5),
            (9.0, 9.0),
            &format!("fill=\"{ground}\" stroke=\"{AXIS}\" stroke-width=\".6\""),
        );
        let class = subject.class(request);
        let raw = class.url.expand(request.index, request.tab);
        let (origin, path) = match raw.split_once("://").map(|(_, rest)| rest) {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => ("", raw.as_str()),
        };
        let origin = if origin.is_empty() { host(class.origin) } else { origin.to_owned() };
        let x = MARGIN + 49.0;
        let taken = self.text((x, base), &origin, 110.0, Look::new(12.0, AXIS));
        let colour = if aborted { RED } else { INK };
        let tab = if subject.differs[request.class].1 { format!(" tab {}", request.tab + 1) } else { String::new() };
        let look = Look::new(12.0, AXIS);
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
            Some(ended) if request.outcome == Outcome::Aborted && ended <= stop => {
                let x = self.x(ended);
                self.rect((x - 1.5, top - 2.5), (3.5, BAR + 5.0), &format!("fill=\"{RED}\""));
            }
            // It goes on beyond the picture.
            _ if from > stop || request.ended.is_none() => {
                let arrow = format!("M{:.2} {:.2}l4 4l-4 4", RIGHT + 3.0, middle - 4.0);
                let _ =
                    writeln!(self.marks, "<path d=\"{arrow}\" fill=\"none\" stroke=\"{AXIS}\" stroke-width=\"1.5\"/>");
            }
            _ => {}
        }
    }

    /// What a browser shows when the pointer rests on a row.
    fn hint(&self, number: usize, request: &Request) -> String {
        let mut hint = format!("{number}: {}, {}", self.subject.name(request), self.subject.url(request));
        let _ = write!(hint, "; issued at {}", human(request.issued - Time::ZERO));
        for (station, words) in Station::ALL {
            let spent = request.spent(station);
            if !spent.is_zero() {
                let _ = write!(hint, ", {words} {}", human(spent));
            }
        }
        let _ = write!(hint, "; {}", crate::record::outcome_word(request.outcome));
        plain(&hint)
    }

    fn heading(&mut self, words: &str, note: &str) {
        self.y += 30.0;
        let taken = self.text((MARGIN, self.y), words, 600.0, Look::new(13.0, INK).bold());
        self.text((MARGIN + taken + 8.0, self.y), note, 560.0, Look::new(12.0, QUIET));
        self.y += 8.0;
    }

    /// The slots as lanes, or where they are too many, how many are taken.
    fn slots(&mut self, origin: usize, numbers: &BTreeMap<*const Request, usize>) {
        let rules = &self.subject.plan.browser;
        let (holders, used) = self.subject.lanes(origin);
        let limit = if rules.multiplexed { rules.streams } else { rules.connections };
        let kind = if rules.multiplexed { "streams" } else { "connections" };
        let split = if used > limit { "; without credentials as many again" } else { "" };
        let note = format!("the {limit} {kind} of {} and who keeps them{split}", host(origin));
        let count = used.max(limit);
        if count > LANES {
            self.heading("Slots", &format!("how many of the {limit} {kind} of {} are taken", host(origin)));
            let mut changes: Vec<(Time, isize)> = Vec::new();
            for (_, request) in &holders {
                changes.push((request.slot_from.unwrap_or(Time::ZERO), 1));
                changes.push((request.slot_until.unwrap_or(self.subject.plan.horizon), -1));
            }
            return self.steps(&super::steps(changes), "rgb(55,190,95)");
        }
        self.heading("Slots", &note);
        let top = self.y;
        for lane in 0..count {
            let y = top + LANE * lane as f64;
            self.text((LEFT - 12.0, y + 14.2), &format!("slot {}", lane + 1), 90.0, Look::new(12.0, QUIET).at("end"));
            let track = rect((LEFT, y + 2.0), (RIGHT - LEFT, LANE - 4.0), &format!("fill=\"{STRIPE}\""));
            self.ground.push_str(&track);
        }
        let stop = Time::ZERO + self.end;
        for (lane, request) in holders {
            let (from, until) = (request.slot_from.unwrap_or(stop), request.slot_until.unwrap_or(stop));
            if from >= stop {
                continue;
            }
            let y = top + LANE * lane as f64 + 2.0;
            let (x, width) = (self.x(from), (self.x(until.min(stop)) - self.x(from)).max(0.6));
            let ground = CLASSES[request.class % CLASSES.len()];
            let _ = writeln!(self.marks, "<g><title>{}</title>", escaped(&plain(&self.subject.name(request))));
            let outline = if width > 3.0 { "stroke=\"#ffffff\" stroke-width=\".8\"" } else { "" };
            self.rect((x, y), (width, LANE - 4.0), &format!("fill=\"{ground}\" {outline}"));
            if request.outcome == Outcome::Aborted && until <= stop {
                self.rect((x + width - 3.0, y), (3.0, LANE - 4.0), &format!("fill=\"{RED}\""));
            }
            let number = numbers.get(&std::ptr::from_ref(request)).map_or_else(String::new, ToString::to_string);
            let whole = format!("{number} {}", self.subject.name(request)).trim_start().to_owned();
            let look = Look::new(11.0, INK);
            let fits = |words: &str| measure::width(words, look.size, false) + 8.0 <= width;
            if fits(&whole) {
                self.text((x + 5.0, y + 12.0), &whole, width, look);
            } else if !number.is_empty() && width > 60.0 {
                self.text((x + 5.0, y + 12.0), &whole, width - 8.0, look);
            } else if !number.is_empty() && fits(&number) {
                self.text((x + 4.0, y + 12.0), &number, width, look);
            }
            self.marks.push_str("</g>\n");
        }
        self.y = top + LANE * count as f64;
        self.bands.push((top, self.y));
    }

    fn steps(&mut self, steps: &[(Time, usize)], colour: &str) {
        let stop = Time::ZERO + self.end;
        let steps: Vec<(Time, usize)> = steps.iter().copied().filter(|(time, _)| *time < stop).collect();
        let most = steps.iter().map(|(_, number)| *number).max().unwrap_or(0);
        let (top, bottom) = (self.y + 6.0, self.y + 6.0 + DEPTH);
        let height = |number: usize| bottom - DEPTH * number as f64 / most.max(1) as f64;
        let label = Look::new(12.0, QUIET).at("end");
        self.text((LEFT - 12.0, bottom + 1.0), "0", 60.0, label);
        if most > 0 {
            self.text((LEFT - 12.0, top + 8.0), &most.to_string(), 60.0, label);
            self.line((LEFT, top), (RIGHT, top), &format!("stroke=\"{GRID}\""));
            let mut path = format!("M{LEFT:.2} {bottom:.2}");
            for (time, number) in &steps {
                let _ = write!(path, "H{:.2}V{:.2}", self.x(*time), height(*number));
            }
            let _ = write!(path, "H{RIGHT:.2}V{bottom:.2}Z");
            let _ = writeln!(
                self.marks,
                "<path d=\"{path}\" fill=\"{colour}\" fill-opacity=\".55\" stroke=\"{QUIET}\" stroke-width=\".8\"/>"
            );
        } else {
            self.text((LEFT + 8.0, bottom - 8.0), "none", 200.0, Look::new(12.0, QUIET));
        }
        self.line((LEFT, bottom), (RIGHT, bottom), &format!("stroke=\"{AXIS}\""));
        self.bands.push((top - 4.0, bottom));
        self.y = bottom;
    }

    /// The times above the plot, their lines through all bands, and the lines of what decided the load.
    fn axis(&self, top: f64, bottom: f64) -> String {
        let mut behind = String::new();
        let moments = self.moments(top);
        for (time, label) in self.ticks() {
            let x = self.x(time);
            let path: String = self.bands.iter().map(|(from, to)| format!("M{x:.2} {from:.2}V{to:.2}")).collect();
            let _ = writeln!(behind, "<path d=\"{path}\" stroke=\"{GRID}\"/>");
            let room = measure::width(&label, 12.0, false) / 2.0 + 3.0;
            if moments.iter().all(|(moment, ..)| (self.x(*moment) - x).abs() > room) {
                let _ = writeln!(
                    behind,
                    "<text x=\"{x:.2}\" y=\"{:.2}\" font-size=\"12\" fill=\"{QUIET}\" text-anchor=\"middle\">{label}</text>",
                    top - 7.0
                );
            }
        }
        for (time, _, colour, y) in moments {
            let x = self.x(time);
            let _ = writeln!(
                behind,
                "<path d=\"M{x:.2} {:.2}V{bottom:.2}\" stroke=\"{colour}\" stroke-width=\"1.2\"/>",
                y - 9.0
            );
        }
        behind
    }

    fn moment_words(&mut self, top: f64) {
        for (time, words, colour, y) in self.moments(top) {
            let x = self.x(time);
            let right = x < (LEFT + RIGHT) / 2.0;
            let look = Look::new(12.0, colour).bold().at(if right { "start" } else { "end" });
            self.text((if right { x + 6.0 } else { x - 6.0 }, y), &words, 240.0, look);
        }
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

/// Where the picture ends: a little after the last thing that decided the load.
fn end(subject: &Subject<'_>) -> Span {
    let verdict = subject.load.verdict();
    let decisive = [verdict.error, verdict.recovered, verdict.ready].into_iter().flatten().max();
    let horizon = subject.plan.horizon - Time::ZERO;
    let shown = decisive.map_or(horizon, |time| (time - Time::ZERO) * 23 / 20);
    shown.max(Span::from_millis(10)).min(horizon)
}

/// The rows with their numbers, and how many are left out: the request that failed the load, some of each class, the
/// decisive ones, sockets, then in order of issue.
fn rows<'a>(subject: &Subject<'a>, end: Span) -> (Vec<(usize, &'a Request)>, usize) {
    let shown = |request: &&Request| request.issued < Time::ZERO + end && subject.class(request).kind != Kind::Job;
    let seen: Vec<(usize, &Request)> =
        subject.load.requests().iter().filter(shown).zip(1..).map(|(r, n)| (n, r)).collect();
    let (rules, culprit) = (&subject.plan.load, subject.load.culprit(subject.plan));
    let mut of_class = vec![0_usize; subject.plan.classes.len()];
    let mut ranked: Vec<_> = seen
        .iter()
        .map(|(number, request)| {
            of_class[request.class] += 1;
            let decisive =
                rules.ready.contains(&request.class) || rules.error.is_some_and(|error| error.class == request.class);
            let socket = subject.class(request).kind.is_socket();
            let culprit = culprit.is_some_and(|culprit| std::ptr::eq(culprit, *request));
            let aborted = request.outcome == Outcome::Aborted;
            (
                (!culprit, !(decisive && aborted), of_class[request.class] > OF_EACH, !decisive, !socket, *number),
                *request,
            )
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.truncate(ROWS);
    let mut chosen: Vec<(usize, &Request)> = ranked.into_iter().map(|(rank, request)| (rank.5, request)).collect();
    chosen.sort_by_key(|(number, _)| *number);
    let left_out = seen.len() - chosen.len();
    (chosen, left_out)
}

/// The picture.
pub(super) fn text(subject: &Subject<'_>) -> String {
    let end = end(subject);
    let (rows, left_out) = rows(subject, end);
    let mut sheet = Sheet { subject, marks: String::new(), ground: String::new(), bands: Vec::new(), y: 0.0, end };
    sheet.head();
    sheet.legend(&rows);
    let head = std::mem::take(&mut sheet.marks);
    sheet.y += 24.0 + 16.0 * sheet.moments(0.0).len() as f64;
    let top = sheet.y;
    for (at, (number, request)) in rows.iter().enumerate() {
        sheet.row(*number, request, at % 2 == 0);
    }
    if left_out > 0 {
        let at = (MARGIN + 49.0, sheet.y + 15.0);
        sheet.text(at, &format!("and {left_out} more"), 280.0, Look::new(12.0, QUIET));
        sheet.y += ROW;
    }
    sheet.bands.push((top, sheet.y));
    let numbers = rows.iter().map(|(number, request)| (std::ptr::from_ref::<Request>(request), *number)).collect();
    sheet.slots(0, &numbers);
    let others = (1..subject.plan.origins.len()).filter(|origin| subject.lanes(*origin).1 > 0);
    let others: Vec<String> = others.map(host).collect();
    let note = if others.is_empty() { String::new() } else { format!("(not drawn: {})", others.join(", ")) };
    let waiting = format!("how many requests wait for one of them {note}");
    sheet.heading("Queue", waiting.trim_end());
    let depth = subject.queue_depth(0);
    sheet.steps(&depth, WAITING);
    let bottom = sheet.y;
    sheet.moment_words(top);
    let foot = format!("simulated by sixslot {}", env!("CARGO_PKG_VERSION"));
    sheet.y += 30.0;
    sheet.text((MARGIN, sheet.y), &foot, 600.0, Look::new(11.5, AXIS));
    let height = sheet.y + 20.0;
    let behind = sheet.axis(top, bottom);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" height=\"{height:.0}\" \
         role=\"img\" font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', Arial, sans-serif\">\n\
         <title>{}</title>\n<desc>{}</desc>\n<rect width=\"{WIDTH}\" height=\"{height:.0}\" fill=\"#ffffff\"/>\n{head}{}{behind}{}</svg>\n",
        escaped(&plain(&subject.plan.title)),
        escaped(&plain(&subject.outcome())),
        sheet.ground,
        sheet.marks
    )
}
