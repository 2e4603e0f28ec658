//! Random plans whose page is left by a navigation: the document, at a time or after a call, and the new page's calls.
//!
//! Rule: all tables before the document are of the old page; the new page's calls start after the document, as soon as the lab's new
//! document surely runs. What is drawn here has dice of its own, so that the other plans of a seed do not depend on it.

use crate::dice::Dice;
use crate::faults;
use std::fmt::Write as _;

/// Draws whether a plan of so many tabs navigates; if so, its old page and the dice for the rest.
pub(crate) fn draw(text: &mut String, seed: u64, number: u64, tabs: u32) -> Option<Dice> {
    let mut dice = Dice::new(seed, number, "random navigation");
    if tabs > 1 || !dice.chance(20) {
        return None;
    }
    text.push_str("\n[page.old]\nleft_by = \"document.headers\"\n");
    Some(dice)
}

/// The navigation, with one of these requests before it, and the requests of the new page; their names, and whether each can
/// fail.
pub(crate) fn document(text: &mut String, dice: &mut Dice, before: &[&str]) -> Vec<(String, bool)> {
    text.push_str("\n[request.document]\n");
    if dice.chance(25) {
        let _ = write!(
            text,
            "after = \"{}.{}\"\ndelay = {}\n",
            dice.pick(before),
            dice.pick(&["ok", "end"]),
            dice.ms(5, 300)
        );
    } else {
        let _ = writeln!(text, "start = {}", dice.ms(200, 1300));
    }
    let _ = write!(text, "url = \"/next\"\npriority = \"highest\"\nservice = {}\n", dice.ms(20, 700));
    if dice.chance(40) {
        let _ = writeln!(text, "body = {}", dice.ms(20, 400));
    }
    if dice.chance(25) {
        let kind = dice.pick(&["websocket", "event-source"]);
        let _ = write!(text, "\n[socket.live]\nkind = \"{kind}\"\nafter = \"n0.issued\"\n");
    }
    (0..dice.between(2, 4)).map(|number| call(text, dice, number)).collect()
}

/// A request of the new page.
fn call(text: &mut String, dice: &mut Dice, number: u32) -> (String, bool) {
    let name = format!("n{number}");
    let event = dice.pick(&["headers", "headers", "ok"]);
    let _ = write!(text, "\n[request.{name}]\nafter = \"document.{event}\"\ndelay = {}\n", dice.ms(150, 700));
    let _ = write!(text, "url = \"/{name}/{{index}}\"\ncount = {}\n", dice.pick(&["1", "3", "5", "9"]));
    let _ = writeln!(text, "priority = \"{}\"", dice.pick(&["auto", "auto", "low", "high"]));
    let _ = writeln!(text, "service = {}", dice.ms(20, 400));
    let can_fail = dice.chance(35);
    if can_fail {
        let _ = writeln!(text, "deadline = {}", dice.ms(120, 900));
        if dice.chance(50) {
            faults::retry(text, dice);
        }
    }
    (name, can_fail)
}
