//! The slots as lanes with the requests that hold them, and the number of waiting requests, on the waterfall's axis.

use super::super::steps;
use super::sheet::{
    AXIS, CLASSES, DEPTH, GRID, INK, LANE, LEFT, Look, MARGIN, QUIET, RED, RIGHT, STRIPE, Sheet, WIDTH, rect,
};
use crate::svg_text as measure;
use crate::words::xml;
use sixslot_models::load::Request;
use sixslot_sim_core::Time;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// More lanes than this are drawn as a number over time.
pub(super) const LANES: usize = 16;

impl Sheet<'_> {
    pub(super) fn heading(&mut self, words: &str, note: &str) {
        self.y += 30.0;
        let taken = self.text((MARGIN, self.y), words, 600.0, Look::new(13.0, INK).bold());
        let room = WIDTH - 2.0 * MARGIN - taken - 8.0;
        self.text((MARGIN + taken + 8.0, self.y), note, room, Look::new(12.0, QUIET));
        self.y += 8.0;
    }

    /// The slots as lanes, or if there are too many, the number of taken slots over time.
    pub(super) fn slots(&mut self, origin: usize, numbers: &BTreeMap<*const Request, usize>) {
        let rules = &self.subject.plan.origins()[origin];
        let (holders, used) = self.subject.lanes(origin);
        let limit = rules.places(self.subject.plan.browser().connections);
        let kind = if rules.protocol.multiplexes() { "streams" } else { "connections" };
        let split = if used > limit { "; requests without credentials have as many again" } else { "" };
        let of = self.subject.origin_words(origin);
        let note = format!("the {limit} {kind} of {of} and the requests that hold them{split}");
        let count = used.max(limit);
        if count > LANES {
            self.heading("Slots", &format!("number of the {limit} {kind} of {of} that are in use"));
            let mut changes: Vec<(Time, isize)> = Vec::new();
            for (_, request) in &holders {
                changes.push((request.slot_from.unwrap_or(Time::ZERO), 1));
                changes.push((request.slot_until.unwrap_or(self.subject.plan.horizon()), -1));
            }
            return self.steps(&steps(changes), "rgb(55,190,95)");
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
            let _ = writeln!(
                self.marks,
                "<g class=\"held\"><title>{}</title>",
                xml(&measure::clean(&self.subject.name(request)))
            );
            let outline = if width > 3.0 { "stroke=\"#ffffff\" stroke-width=\".8\"" } else { "" };
            self.rect((x, y), (width, LANE - 4.0), &format!("fill=\"{ground}\" {outline}"));
            if request.outcome.is_wrong() && until <= stop {
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

    pub(super) fn steps(&mut self, steps: &[(Time, usize)], colour: &str) {
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
}
