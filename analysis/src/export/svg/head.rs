//! The head: title, identity and outcome of the load, and legend.
//!
//! Rule: the legend lists only marks that occur in the picture.

use super::row::PHASES;
use super::sheet::{AXIS, GREEN, INK, Look, MARGIN, QUIET, RED, Sheet, WAITING, WIDTH};
use crate::svg_text as measure;
use crate::words::xml;
use sixslot_models::load::{AbortedBy, Outcome, Request};
use sixslot_sim_core::Time;
use std::fmt::Write as _;

impl Sheet<'_> {
    pub(super) fn head(&mut self) {
        let subject = self.subject;
        let room = WIDTH - 2.0 * MARGIN;
        let title = Look::new(20.0, INK).bold();
        self.y = 44.0;
        for line in measure::wrap(&measure::clean(subject.plan.title()), title.size, true, room, 2) {
            self.text((MARGIN, self.y), &line, room, title);
            self.y += 25.0;
        }
        let quiet = Look::new(13.0, QUIET);
        self.y -= 3.0;
        self.text((MARGIN, self.y), &subject.label(), room, quiet);
        let sentence = measure::clean(&subject.outcome());
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
                xml(first),
                xml(rest)
            );
            self.y += 19.0;
        }
    }

    pub(super) fn legend(&mut self, rows: &[(usize, &Request)]) {
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
        let ends = |request: &Request| request.ended.is_some_and(|ended| ended <= stop);
        let [aborted, failed] = [Outcome::Aborted, Outcome::Failed]
            .map(|outcome| is(&|request| request.outcome == outcome && ends(request)));
        let otherwise =
            is(&|request| request.outcome == Outcome::Aborted && request.aborted_by() != Some(AbortedBy::Deadline));
        match (aborted, failed) {
            (true, false) if otherwise => items.push((11, "aborted")),
            (true, true) => items.push((11, "aborted, or failed")),
            (true, false) => items.push((11, "aborted by its deadline")),
            (false, true) => items.push((11, "failed")),
            (false, false) => {}
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
}
