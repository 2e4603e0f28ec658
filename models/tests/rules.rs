//! Every rule of every browser profile: what the profile does, and that it does so because of the rule.
//!
//! Source: docs/browser-rules.md; models/src/browser.rs cites its facts field by field. Each case simulates a small
//! scenario several times: with the unchanged profile its times hold, with the rule overridden they fail. A case exists only
//! for a known fact: a profile that inherits a value without evidence has none.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "golden/simulate.rs"]
mod simulate;

#[path = "rules/aborts.rs"]
mod aborts;
#[path = "rules/caches.rs"]
mod caches;
#[path = "rules/cancel.rs"]
mod cancel;
#[path = "rules/cases.rs"]
mod cases;
#[path = "rules/handshakes.rs"]
mod handshakes;
#[path = "rules/keys.rs"]
mod keys;
#[path = "rules/navigation.rs"]
mod navigation;
#[path = "rules/outcomes.rs"]
mod outcomes;
#[path = "rules/reports.rs"]
mod reports;
#[path = "rules/scenarios.rs"]
mod scenarios;
#[path = "rules/sessions.rs"]
mod sessions;

use caches::CACHES;
use cases::{CONNECTIONS, Case};
use navigation::NAVIGATION;
use sessions::SESSIONS;
use simulate::simulate;
use sixslot_models::{browser::Browser, schema};

/// All cases.
fn cases() -> impl Iterator<Item = &'static Case> {
    CONNECTIONS.iter().chain(SESSIONS).chain(CACHES).chain(NAVIGATION)
}

impl Case {
    fn holds(&self, profile: &str, sets: &[String]) -> bool {
        let (_, request) = self.scenario.split_once("request.").unwrap();
        let (request, _) = request.split_once(' ').unwrap();
        let (name, protocol) = profile.split_once(", ").unwrap_or((profile, "h1"));
        let head = format!("schema = 1\nhorizon = '700s'\nload.ready = ['{request}']\nbrowser.profile = '{name}'");
        // By the command line, since the scenario's own rules of HTTP/1.1 would be refused.
        let sets = [&[format!("server.protocol='{protocol}'")], sets].concat();
        (self.holds)(&simulate(&format!("{profile} {}", self.rule), &format!("{head}\n{}", self.scenario), &sets))
    }
}

#[test]
fn every_rule_does_what_it_says_and_nothing_else_does_it() {
    let mut faults = Vec::new();
    for case in cases() {
        for profile in case.profiles {
            if !case.holds(profile, &[]) {
                faults.push(format!("{profile}: `{}` is not followed", case.rule));
            }
            for off in case.off {
                if case.holds(profile, &[format!("browser.{}={off}", case.rule)]) {
                    faults.push(format!("{profile}: `{} = {off}` changes nothing", case.rule));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// The fields of a browser and their values as text, under the keys of [browser].
fn rules_of(browser: &Browser) -> Vec<(String, String)> {
    let mut rules: Vec<(String, String)> = Vec::new();
    for line in format!("{browser:#?}").lines() {
        let field =
            line.strip_prefix("    ").filter(|line| line.starts_with(|letter: char| letter.is_ascii_lowercase()));
        match (field.and_then(|field| field.split_once(": ")), rules.last_mut()) {
            (Some(("ranks", value)), _) => rules.push(("priorities".to_owned(), value.to_owned())),
            (Some((key, value)), _) => rules.push((key.to_owned(), value.to_owned())),
            (None, Some((_, value))) => value.push_str(line),
            (None, None) => {}
        }
    }
    rules
}

#[test]
fn every_rule_has_a_case_and_every_profile_has_one_where_it_differs() {
    let covered = |profile: &str, rule: &str| {
        cases().any(|case| case.rule == rule && (profile.is_empty() || case.profiles.contains(&profile)))
    };
    let table = schema::SCENARIO.fields.iter().find(|field| field.key == "browser").unwrap();
    let schema::Kind::Table(browser) = table.kind else { panic!("{table:?}") };
    let keys: Vec<&str> = browser.fields.iter().map(|field| field.key).filter(|key| *key != "profile").collect();
    let is_page = |key: &str| ["tabs", "tab_interval"].contains(&key);
    let missing: Vec<_> = keys.iter().filter(|key| !is_page(key) && !covered("", key)).collect();
    assert!(missing.is_empty(), "no case for {missing:?}");

    let chromium = rules_of(&Browser::chromium());
    assert!(
        chromium.iter().map(|(key, _)| key).all(|key| keys.contains(&key.as_str())) && chromium.len() == keys.len()
    );
    let mut missing = Vec::new();
    for (profile, browser) in
        [("firefox", Browser::firefox()), ("webkit", Browser::webkit()), ("as-reported", Browser::as_reported())]
    {
        let rules = rules_of(&browser);
        for ((key, _), _) in rules.iter().zip(&chromium).filter(|((_, one), (_, other))| one != other) {
            missing.extend(
                ["chromium", profile]
                    .into_iter()
                    .filter(|profile| !covered(profile, key))
                    .map(|profile| (profile, key.clone())),
            );
        }
    }
    assert!(missing.is_empty(), "no case for {missing:?}");
}
