//! The progress line, and work that Ctrl-C ends in order.

use super::LOOKED_AT;
use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::Ordering;

/// Marks work that ends soon after `INTERRUPT` is set; at any other time Ctrl-C ends the program at once.
pub(super) struct Interruptible(());

impl Interruptible {
    pub(super) fn begin() -> Self {
        LOOKED_AT.store(true, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Interruptible {
    fn drop(&mut self) {
        LOOKED_AT.store(false, Ordering::Relaxed);
    }
}

/// A progress line, during work that Ctrl-C ends in order.
pub(super) struct Progress {
    bar: ProgressBar,
    _interruptible: Interruptible,
}

impl Progress {
    pub(super) fn inc(&self, loads: u64) {
        self.bar.inc(loads);
    }

    pub(super) fn set_position(&self, loads: u64) {
        self.bar.set_position(loads);
    }

    pub(super) fn finish_and_clear(self) {
        self.bar.finish_and_clear();
    }
}

/// A progress line on standard error; nothing if standard error is not a terminal.
pub(super) fn progress(total: u64, unit: &str) -> Progress {
    shown(total, &format!("{{bar:20}} {{human_pos}} of {{human_len}} {unit}, {{rate}}, {{eta}} left"))
}

/// The same where a rule may end the work long before the last load: without a bar, and without a time left.
pub(super) fn progress_up_to(most: u64, unit: &str) -> Progress {
    let of = if most > 0 { " of at most {human_len}" } else { "" };
    shown(most, &format!("{{spinner}} {{human_pos}}{of} {unit}, {{rate}}, {{elapsed}} so far"))
}

fn shown(total: u64, template: &str) -> Progress {
    let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = match state.per_sec() {
            rate if rate >= 10.0 => write!(out, "{}/s", HumanCount(rate as u64)),
            rate => write!(out, "{rate:.1}/s"),
        };
    };
    let bar = if std::io::stderr().is_terminal() {
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        // ASCII, for every locale.
        let style = style.with_key("rate", rate).progress_chars("=> ").tick_chars("|/-\\ ");
        ProgressBar::new(total).with_style(style)
    } else {
        ProgressBar::hidden()
    };
    Progress { bar, _interruptible: Interruptible::begin() }
}
