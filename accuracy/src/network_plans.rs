//! Random scenarios with a network, over HTTP/1.1 or HTTP/2, for a browser to run over a link.
//!
//! Rule: the text of plan k of a seed and a protocol depends on these only. Round trips of 10 to 160 ms, 1 to 20 Mbit/s down,
//! TLS, bodies that share a link, uploads, connections that are closed when they are idle, few streams, a second origin with a path of
//! its own or on the same link, deadlines that the network decides, chains, priorities. Rules of caches, sockets and frameworks are
//! those of [`crate::generator`], and are left to it. Plans last 4 to 7 s.

use crate::dice::Dice;
use std::fmt::Write as _;

/// What the page's own origin speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1, with or without TLS.
    H1,
    /// HTTP/2.
    H2,
}

impl Protocol {
    /// Its name in a scenario.
    pub const fn name(self) -> &'static str {
        match self {
            Self::H1 => "h1",
            Self::H2 => "h2",
        }
    }
}

/// The text of random plan `number` of a seed.
pub fn plan(protocol: Protocol, seed: u64, number: u64) -> String {
    let mut dice = Dice::new(seed, number, protocol.name());
    let name = protocol.name();
    let mut text = format!("schema = 1\ntitle = \"random plan {number} over {name} of seed {seed}\"\n");
    let _ = writeln!(text, "horizon = \"{}ms\"", dice.between(4000, 7000));
    let kilobits = 1000 * dice.between(1, 20);
    let up = (kilobits / dice.between(1, 3)).max(1000);
    let rtt = dice.ms(10, 160);
    let _ = write!(
        text,
        "\n[network]\nrtt = {rtt}\nbandwidth_down = \"{kilobits}kbit/s\"\nbandwidth_up = \"{up}kbit/s\"\n"
    );
    let is_secure = server(&mut text, &mut dice, protocol);
    let has_cdn = dice.chance(40);
    if has_cdn {
        text.push_str("\n[origin.cdn]\n");
        if dice.chance(50) {
            let _ = writeln!(text, "rtt = {}", dice.ms(10, 100));
        }
        if dice.chance(30) {
            let _ = writeln!(text, "bandwidth_down = \"{}Mbit/s\"", dice.between(2, 20));
        }
        match dice.below(3) {
            0 => text.push_str("protocol = \"h2\"\n"),
            // A browser loads nothing insecure into a secure page.
            1 => text.push_str("tls = \"1.3\"\n"),
            _ if is_secure => text.push_str("tls = \"1.3\"\n"),
            _ => {}
        }
    }
    // What the link carries in about a second and a half.
    let most = kilobits * 1500 / 8;
    burst(&mut text, &mut dice, has_cdn, most);
    let (mut names, mut culprits) = (vec!["burst".to_owned()], Vec::new());
    for number in 0..dice.between(3, 6) {
        if request(&mut text, &mut dice, number, &names, has_cdn, most) {
            culprits.push(format!("r{number}"));
        }
        names.push(format!("r{number}"));
    }
    load(&mut text, &mut dice, &names, &culprits);
    text
}

/// The page's own server; returns whether it speaks TLS.
fn server(text: &mut String, dice: &mut Dice, protocol: Protocol) -> bool {
    let _ = write!(text, "\n[server]\nprotocol = \"{}\"\n", protocol.name());
    let mut is_secure = protocol == Protocol::H2;
    match protocol {
        Protocol::H1 if dice.chance(60) => {
            text.push_str("tls = \"1.3\"\n");
            is_secure = true;
        }
        Protocol::H2 if dice.chance(30) => {
            let _ = writeln!(text, "max_concurrent_streams = {}", dice.between(2, 12));
        }
        _ => {}
    }
    if dice.chance(15) {
        let _ = writeln!(text, "keep_alive = {}", dice.ms(100, 900));
    }
    if dice.chance(25) {
        let _ = writeln!(text, "response_delay = {}", dice.ms(5, 200));
    }
    match dice.below(8) {
        0 => {
            let _ = writeln!(text, "discipline = \"processor-sharing\"\nworkers = {}", dice.between(1, 3));
        }
        1 => {
            let _ = writeln!(text, "discipline = \"fifo\"\nworkers = {}", dice.between(2, 4));
        }
        _ => {}
    }
    is_secure
}

/// A body of up to so many bytes; small ones are as frequent as large ones.
fn body(text: &mut String, dice: &mut Dice, most: u32) {
    let magnitude = dice.below(4);
    let _ = writeln!(text, "body_bytes = {}", dice.between(500, (most >> (2 * magnitude)).max(1000)));
}

/// Many bodies at once, so that they share the link.
fn burst(text: &mut String, dice: &mut Dice, has_cdn: bool, most: u32) {
    let copies = dice.between(3, 16);
    let _ = write!(text, "\n[request.burst]\ncount = {copies}\nstart = {}\n", dice.ms(0, 60));
    text.push_str("url = \"/burst/{index}\"\n");
    if has_cdn && dice.chance(30) {
        text.push_str("origin = \"cdn\"\n");
    }
    let _ = writeln!(text, "priority = \"{}\"", dice.pick(&["auto", "low", "high"]));
    let _ = writeln!(text, "service = {}", dice.ms(1, 60));
    body(text, dice, most / copies);
}

/// A request; returns whether it has a deadline.
fn request(text: &mut String, dice: &mut Dice, number: u32, before: &[String], has_cdn: bool, most: u32) -> bool {
    let _ = write!(text, "\n[request.r{number}]\nurl = \"/r{number}/{{index}}\"\n");
    if has_cdn && dice.chance(35) {
        text.push_str("origin = \"cdn\"\n");
    }
    if dice.chance(50) {
        let names: Vec<&str> = before.iter().map(String::as_str).collect();
        let event = dice.pick(&["ok", "ok", "end", "headers"]);
        let _ = writeln!(text, "after = \"{}.{event}\"", dice.pick(&names));
        let _ = writeln!(text, "delay = {}", dice.ms(1, 300));
    } else {
        let _ = writeln!(text, "start = {}", dice.ms(0, 2500));
    }
    let copies = if dice.chance(50) { dice.between(2, 6) } else { 1 };
    let _ = writeln!(text, "count = {copies}");
    match dice.below(6) {
        0 => {
            let _ = writeln!(text, "method = \"POST\"\nrequest_bytes = {}", dice.between(1000, (most / 8).max(2000)));
        }
        1 => text.push_str("credentials = \"omit\"\n"),
        _ => {}
    }
    let _ = writeln!(text, "priority = \"{}\"", dice.pick(&["auto", "auto", "low", "high"]));
    let has_deadline = dice.chance(40);
    if has_deadline {
        let _ = writeln!(text, "deadline = {}", dice.ms(200, 1800));
        if dice.chance(30) {
            let _ = writeln!(text, "retry = {{ attempts = 2, backoff = [{}] }}", dice.ms(30, 400));
        }
    }
    let _ = writeln!(text, "service = {}", dice.ms(1, 250));
    if dice.chance(20) {
        let _ = writeln!(text, "body = {}", dice.ms(20, 400));
    }
    body(text, dice, most / 2 / copies);
    has_deadline
}

fn load(text: &mut String, dice: &mut Dice, names: &[String], culprits: &[String]) {
    let pick = |dice: &mut Dice, from: &[String]| from[dice.below(from.len() as u32) as usize].clone();
    let _ = write!(text, "\n[load]\nready = [\"{}\"]\n", pick(dice, names));
    if !culprits.is_empty() {
        let _ = writeln!(text, "error = {{ request = \"{}\" }}", pick(dice, culprits));
        if dice.chance(50) {
            text.push_str("error_is_final = false\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Protocol, plan};
    use sixslot_lab::{Engine, Script};
    use sixslot_models::Document;
    use sixslot_models::load::{Extent, Load};
    use std::collections::BTreeSet;

    /// Every key is drawn now and then, every plan can be simulated and run, and some fail.
    #[test]
    fn plans_are_sound_and_cover_what_they_say() -> Result<(), Box<dyn std::error::Error>> {
        for protocol in [Protocol::H1, Protocol::H2] {
            let (mut keys, mut failed, mut ended) = (BTreeSet::new(), 0, 0);
            for number in 0..100 {
                let text = plan(protocol, 7, number);
                let plan = Document::read("plan", &text, &[])?.plan(&[], &[])?;
                let script = Script::new(&plan, 7, number, 1.0)?;
                assert!(script.needs_link());
                // A program that is built without TLS only compares what another one measured.
                if let Err(refusal) = script.check(Engine::Chromium) {
                    assert!(refusal.to_string().contains("built without TLS"), "{refusal}\n{text}");
                }
                let mut load = Load::new();
                load.simulate(&plan, 7, number, Extent::Whole)?;
                failed += u32::from(load.verdict().failed);
                ended += load.requests().iter().filter(|request| request.ended.is_some()).count();
                keys.extend(text.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key.to_owned()));
            }
            let all =
                ["rtt", "bandwidth_up", "keep_alive", "response_delay", "body", "request_bytes", "deadline", "retry"];
            for key in all.into_iter().chain([if protocol == Protocol::H1 { "tls" } else { "max_concurrent_streams" }])
            {
                assert!(keys.contains(key), "{key}");
            }
            assert!((5..60).contains(&failed) && ended > 1500, "{protocol:?}: {failed} failed, {ended} ended");
        }
        Ok(())
    }
}
