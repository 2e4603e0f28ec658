//! The URL of a class and the name of an origin, as a scenario writes them.
//!
//! Rule: one URL stands for all calls of a class; where instances or tabs differ, `{index}` and `{tab}` stand between what all
//! of them begin and end with.

use super::member::Member;
use sixslot_har::distinct;
use std::collections::BTreeSet;

/// The path and query of one request, as recorded but for what a scenario's URL may not hold.
pub(super) fn recorded(target: &str) -> String {
    let mut out = String::with_capacity(target.len());
    for c in target.replace("{index}", "%7Bindex%7D").replace("{tab}", "%7Btab%7D").chars() {
        if out.len() + c.len_utf8() > LONGEST {
            break;
        }
        if c.is_whitespace() || c.is_control() { out.push_str("%20") } else { out.push(c) }
    }
    if out.is_empty() { "/".to_owned() } else { out }
}

/// The longest URL of a scenario is 2000 bytes; the last character may take three.
const LONGEST: usize = 1_995;

/// The part of a URL behind its origin, with what a scenario's URL may not hold encoded.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '{' => out.push_str("%7B"),
            '}' => out.push_str("%7D"),
            c if c.is_whitespace() || c.is_control() => out.push_str("%20"),
            c => out.push(c),
        }
        if out.len() > 1_900 {
            break;
        }
    }
    out
}

/// One URL for all calls of a class, with `{index}` and `{tab}` where instances and tabs differ.
pub(super) fn url(member: &Member<'_>) -> String {
    let group = &member.group;
    let Some(first) = group.calls.first() else { return "/".to_owned() };
    let of_load = group.calls.iter().filter(|call| call.load == first.load);
    let targets: BTreeSet<String> = distinct::set(of_load.map(|call| call.entry.url.target()));
    let by_copy = group.distinct;
    let by_tab = !by_copy && targets.len() > 1 || by_copy && targets.len() > group.copies;
    let mut targets = targets.iter();
    let Some(sample) = targets.next() else { return "/".to_owned() };
    if !by_copy && !by_tab {
        return encoded(sample);
    }
    let (mut before, mut after) = (sample.len(), sample.len());
    for other in targets {
        before = before.min(sample.bytes().zip(other.bytes()).take_while(|(one, two)| one == two).count());
        after = after.min(sample.bytes().rev().zip(other.bytes().rev()).take_while(|(one, two)| one == two).count());
    }
    after = after.min(sample.len() - before);
    let boundary = |mut at: usize| {
        while !sample.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (before, mut from) = (boundary(before), sample.len() - after);
    while !sample.is_char_boundary(from) {
        from += 1;
    }
    let place = match (by_copy, by_tab) {
        (true, false) => "{index}",
        (false, _) => "{tab}",
        (true, true) => "{tab}-{index}",
    };
    format!("{}{place}{}", encoded(&sample[..before]), encoded(&sample[from..]))
}

/// A name for an origin: small letters, digits and `-`.
pub(super) fn origin_name(origin: &str) -> String {
    let host = origin.split("://").last().unwrap_or(origin);
    let clean: String =
        host.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let clean: String = clean.trim_matches('-').chars().take(40).collect();
    if clean.is_empty() { "other".to_owned() } else { clean }
}
