//! The axis of time: round times above the plot, and lines through all bands at the moments that decided the load.

use super::sheet::{GREEN, GRID, LEFT, Look, QUIET, RED, RIGHT, Sheet};
use crate::svg_text as measure;
use crate::words::duration;
use sixslot_sim_core::Time;
use std::fmt::Write as _;

impl Sheet<'_> {
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

    /// The times that decided the load, with their labels and the heights of these above the rows.
    pub(super) fn moments(&self, top: f64) -> Vec<(Time, String, &'static str, f64)> {
        let verdict = self.subject.load.verdict();
        let moments = [
            (verdict.error, "error shown", RED),
            (verdict.recovered, "cleared", GREEN),
            (verdict.ready, "ready", GREEN),
        ];
        let happened = moments.into_iter().filter_map(|(time, words, colour)| {
            let time = time.filter(|time| *time <= Time::ZERO + self.end)?;
            Some((time, format!("{words} {}", duration(time - Time::ZERO)), colour))
        });
        let happened = happened.enumerate();
        happened.map(|(at, (time, words, colour))| (time, words, colour, top - 24.0 - 16.0 * at as f64)).collect()
    }

    /// The times above the plot, their lines through all bands, and the lines of the deciding moments.
    pub(super) fn axis(&self, top: f64, bottom: f64) -> String {
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

    pub(super) fn moment_words(&mut self, top: f64) {
        for (time, words, colour, y) in self.moments(top) {
            let x = self.x(time);
            let right = x < (LEFT + RIGHT) / 2.0;
            let look = Look::new(12.0, colour).bold().at(if right { "start" } else { "end" });
            self.text((if right { x + 6.0 } else { x - 6.0 }, y), &words, 240.0, look);
        }
    }
}
