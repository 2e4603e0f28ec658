//! What goes wrong in random plans: errors, full queues, cancellations, and tabs that close; and causes of all forms.
//!
//! Rule: only what the lab runs is drawn. A call is refused only where it would wait neither in the scheduler nor for another call of
//! its URL. Retry-After has whole seconds.

use crate::dice::Dice;
use std::fmt::Write as _;

/// The pages of a plan's tabs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pages {
    /// No table says its page.
    None,
    /// Two, of which the second is shown by the last tab, which closes.
    Two,
    /// One, which a navigation leaves.
    Old,
}

impl Pages {
    /// Draws the pages of so many tabs.
    pub(crate) fn draw(text: &mut String, dice: &mut Dice, tabs: u32) -> Self {
        if tabs < 2 || !dice.chance(40) {
            return Self::None;
        }
        let others: Vec<String> = (0..tabs - 1).map(|tab| tab.to_string()).collect();
        let _ = write!(text, "\n[page.one]\ntabs = [{}]\n", others.join(", "));
        let _ = write!(text, "\n[page.two]\ntabs = [{}]\ncloses = {}\n", tabs - 1, dice.ms(600, 1800));
        Self::Two
    }

    /// Gives the table at the end of the text one of the pages.
    pub(crate) fn give(self, text: &mut String, dice: &mut Dice) {
        let _ = match self {
            Self::None => Ok(()),
            Self::Two => writeln!(text, "page = \"{}\"", dice.pick(&["one", "two"])),
            Self::Old => writeln!(text, "page = \"old\""),
        };
    }
}

/// The limit of a server's queue, and until when its workers are busy.
pub(crate) fn server(text: &mut String, dice: &mut Dice, has_workers: bool) {
    if dice.chance(50) {
        let retry_after = if dice.chance(50) { ", retry_after = \"1s\"" } else { "" };
        let _ = writeln!(text, "queue = {{ limit = {}{retry_after} }}", dice.between(1, 6));
    }
    if has_workers && dice.chance(40) {
        text.push_str("worker_until = \"end\"\n");
    }
}

/// A socket whose opening fails now and then, or that opens again.
pub(crate) fn socket(text: &mut String, dice: &mut Dice, ends: bool) {
    let fails = dice.chance(25);
    if fails {
        let _ = writeln!(text, "handshake_fails = 0.{}", dice.between(3, 9));
    }
    if (ends || fails) && dice.chance(40) {
        let _ = writeln!(text, "reconnect = {}", dice.ms(50, 1200));
    }
}

/// How a request fails; returns whether it does.
pub(crate) fn request(text: &mut String, dice: &mut Dice, can_be_refused: bool) -> bool {
    let share = |dice: &mut Dice| format!("0.{}", dice.between(2, 8));
    match dice.below(12) {
        0 | 1 => {
            let status = dice.pick(&["404", "429", "500", "503"]);
            let _ = writeln!(text, "status = {{ {status} = {} }}", share(dice));
            if ["429", "503"].contains(&status) && dice.chance(50) {
                text.push_str("retry_after = \"1s\"\n");
            }
            true
        }
        2 if can_be_refused => {
            let _ = writeln!(text, "refused = {}", share(dice));
            true
        }
        3 => {
            let _ = writeln!(text, "reset = {}", share(dice));
            true
        }
        _ => false,
    }
}

/// What follows a failure.
pub(crate) fn retry(text: &mut String, dice: &mut Dice) {
    let (attempts, backoff) = (dice.between(2, 3), dice.ms(30, 400));
    let on = match dice.below(4) {
        0 => ", on = [\"5xx\", \"network\"]",
        1 => ", on = [\"timeout\", \"429\", \"503\"]",
        _ => "",
    };
    let jitter = if dice.chance(30) { ", jitter = 0.5" } else { "" };
    let _ = writeln!(text, "retry = {{ attempts = {attempts}, backoff = [{backoff}]{on}{jitter} }}");
}

/// What cancels a request's calls, if anything does: an event of one of those before it.
pub(crate) fn cancelled(text: &mut String, dice: &mut Dice, before: &[&str]) {
    if !dice.chance(12) {
        return;
    }
    let key = dice.pick(&["cancelled_by", "cancelled_by", "unmounted_by"]);
    let _ = writeln!(text, "{key} = \"{}.{}\"", dice.pick(before), dice.pick(&["ok", "end", "issued"]));
    if dice.chance(30) {
        text.push_str("cancel_aborts = false\n");
    }
}

/// What a request waits for: of one or two of these.
pub(crate) fn after(text: &mut String, dice: &mut Dice, before: &[&str]) {
    let event = dice.pick(&["ok", "ok", "end", "headers", "issued"]);
    let (one, other) = (dice.pick(before), dice.pick(before));
    let _ = match dice.below(8) {
        0 if one != other => writeln!(text, "after = [\"{one}.{event}\", \"{other}.end\"]"),
        1 if one != other => writeln!(text, "after = {{ any = [\"{one}.{event}\", \"{other}.end\"] }}"),
        2 => writeln!(text, "after = \"{one}[0].{event}\""),
        _ => writeln!(text, "after = \"{one}.{event}\""),
    };
}
