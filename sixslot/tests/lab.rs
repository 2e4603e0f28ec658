//! Predictions compared with measurements where both are known: the simulator takes the place of the browser.
#![allow(clippy::unwrap_used, missing_docs)]

mod binary;

use binary::{done, refused};
use sixslot_accuracy::agreement::LoadAgreement;
use sixslot_accuracy::generator;
use sixslot_accuracy::noise::{DEADLINE, SERVICE};
use sixslot_accuracy::prediction::Prediction;
use sixslot_accuracy::recording::{Recording, RecordingError, Source};
use sixslot_accuracy::report::Report;
use sixslot_accuracy::results;
use sixslot_accuracy::summary::Summary;
use sixslot_experiments::files::{Files, System};
use sixslot_lab::{Ending, Engine, Measured};
use sixslot_models::{Document, Plan};
use sixslot_sim_core::{Purpose, Streams};

fn plan_with(text: &str, set: &str) -> Plan {
    Document::read("test", text, &[set.to_owned()]).unwrap().plan(&[], &[]).unwrap()
}

fn plan(text: &str) -> Plan {
    Document::read("test", text, &[]).unwrap().plan(&[], &[]).unwrap()
}

/// A simulated load in the form of a measured one.
fn measured(plan: &Plan, seed: u64, load: u64) -> Measured {
    let Prediction { requests, verdict } = Prediction::simulate(plan, seed, load).unwrap();
    Measured {
        engine: Engine::Chromium,
        version: "a browser".to_owned(),
        rest_ms: 0.0,
        scale: 1.0,
        seed,
        load,
        clock_error_ms: 0.0,
        requests,
        verdict,
    }
}

fn source(text: &str) -> Source {
    Source { name: "test".to_owned(), text: text.to_owned(), fixes: Vec::new(), sets: Vec::new() }
}

/// A page that fails by a margin: a request that waits for six others; its deadline is `margin` ms after its answer.
fn behind_six(margin: f64) -> String {
    let deadline = 500.0 + margin;
    format!(
        "schema = 1\nhorizon = \"2s\"\n[browser]\ndispatch = \"0ms\"\nconnect = \"0ms\"\n\
         [request.others]\ncount = 6\nservice = \"400ms\"\n\
         [request.call]\nstart = \"1ms\"\nservice = \"101ms\"\ndeadline = \"{deadline}ms\"\n\
         [load]\nready = [\"call\"]\nerror = {{ request = \"call\" }}\n"
    )
}

#[test]
fn the_simulator_agrees_with_itself() {
    for number in 0..40 {
        let plan = plan(&generator::plan(3, number));
        let one = LoadAgreement::new("test", &plan, &measured(&plan, 3, number)).unwrap();
        let summary = Summary::of(std::slice::from_ref(&one));
        assert!(one.agrees() && one.requests.iter().all(|pair| pair.agrees()), "plan {number}");
        assert_eq!(summary.absolute_ms.unwrap().max, 0.0, "plan {number}");
        assert!(summary.outcomes.disagreements() == 0 && summary.arrivals > 0, "plan {number}");
    }
}

/// The request is answered 499 ms after its issue, and its deadline is 500 ms plus `margin` after it.
#[test]
fn what_is_within_the_noise_hangs_and_what_is_beyond_does_not() {
    // Two services add up, and the deadline itself: 40 ms at most.
    for (margin, hangs) in [(-60.0, false), (-8.0, true), (8.0, true), (60.0, false)] {
        let plan = plan(&behind_six(margin));
        let one = LoadAgreement::new("test", &plan, &measured(&plan, 1, 0)).unwrap();
        let call = one.requests.iter().find(|pair| pair.identity.class == "call").unwrap();
        assert_eq!(one.hangs_on_noise, hangs, "{margin}");
        assert_eq!(call.hangs_on_noise, hangs, "{margin}");
        let others = one.requests.iter().filter(|pair| pair.identity.class == "others");
        assert!(others.into_iter().all(|pair| !pair.hangs_on_noise), "{margin}");
    }
    const { assert!(DEADLINE + 2.0 * SERVICE < 60.0) };
}

/// Noise on every time of a measurement: it changes no outcome, and the errors have the distribution of the noise.
#[test]
fn noise_is_not_disagreement() {
    let mut loads = Vec::new();
    for number in 0..40 {
        let text = generator::plan(4, number);
        let mut measured = measured(&plan(&text), 4, number);
        let streams = Streams::new(9, number);
        for (place, request) in measured.requests.iter_mut().enumerate() {
            let noise = 8.0 * streams.uniform(Purpose::named("noise"), place as u64);
            request.arrived_ms = request.arrived_ms.map(|ms| ms + noise);
        }
        loads.push(LoadAgreement::new("test", &plan(&text), &measured).unwrap());
    }
    let summary = Summary::of(&loads);
    assert_eq!(summary.outcomes.disagreements(), 0);
    let (relative, absolute) = (summary.relative.unwrap(), summary.absolute_ms.unwrap());
    assert_eq!(relative.max, 0.0, "within 10 ms nothing counts");
    assert!((absolute.p50 - 4.0).abs() < 0.5 && (absolute.p90 - 7.2).abs() < 0.5, "{absolute:?}");
    assert!((summary.bias_ms.unwrap() + 4.0).abs() < 0.5, "predicted minus measured");
}

/// A browser with another rule is detected: one without the cache lock.
#[test]
fn a_wrong_rule_shows() {
    let text = "schema = 1\nhorizon = \"2s\"\n[request.a]\ncount = 3\nurl = \"/one\"\nservice = \"400ms\"\n\
                [request.b]\nurl = \"/one\"\nservice = \"400ms\"\ndeadline = \"900ms\"\n[load]\nready = [\"b\"]\n\
                error = { request = \"b\" }\n";
    let other = plan_with(text, "browser.cache_lock=false");
    let one = LoadAgreement::new("test", &plan(text), &measured(&other, 1, 0)).unwrap();
    assert!(one.predicted.failed && !one.measured.failed && !one.hangs_on_noise);
    let wrong: Vec<String> =
        one.requests.iter().filter(|pair| !pair.agrees()).map(|pair| pair.identity.to_string()).collect();
    assert_eq!(wrong, ["b [0]"], "only b's outcome differs; a arrives at other times");
    let summary = Summary::of(&[one]);
    assert!(summary.absolute_ms.unwrap().max > 790.0 && summary.verdicts.disagreements() == 1);
}

#[test]
fn requests_of_one_side_only_are_disagreements() {
    let plan = plan(&behind_six(60.0));
    let mut measured = measured(&plan, 1, 0);
    let gone = measured.requests.remove(0);
    measured.requests.push(sixslot_lab::MeasuredRequest { attempt: 7, outcome: Ending::Ok, ..gone });
    let one = LoadAgreement::new("test", &plan, &measured).unwrap();
    let wrong: Vec<String> = one.requests.iter().filter(|pair| !pair.agrees()).map(|pair| pair.difference()).collect();
    assert_eq!(wrong.len(), 2);
    assert!(wrong[0].ends_with("measured no such request"), "{wrong:?}");
    assert!(wrong[1].starts_with("predicted no such request"), "{wrong:?}");
}

#[test]
fn a_recording_comes_back_as_it_was_and_can_be_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let mut recording =
        Recording::new("test".to_owned(), Engine::Chromium, vec!["browser.dispatch=\"5ms\"".to_owned()]);
    for number in 0..3 {
        let text = generator::plan(5, number);
        recording.add(source(&text), measured(&plan(&text), 5, number));
    }
    for name in ["plain.json", "packed.json.gz"] {
        let path = folder.path().join(name);
        recording.write(&Files::new(&System, false), &path).unwrap();
        assert_eq!(Recording::read(&path).unwrap(), recording);
        let report = Report::new(&recording).unwrap();
        let defaults = report.with_defaults.absolute_ms.unwrap();
        assert!(defaults.max <= 0.011, "times are kept to a hundredth");
        assert!(report.with_calibrated.unwrap().absolute_ms.unwrap().p50 > defaults.max, "5 ms is not the profile's");
        let text = done(&["lab", "--replay", path.to_str().unwrap()]);
        assert!(text.contains("same outcome of a request") && text.lines().count() < 40, "{text}");
        let json = done(&["lab", "--replay", path.to_str().unwrap(), "--format", "json"]);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            json["with_defaults"]["verdicts"]["of"].as_u64().unwrap()
                + json["with_defaults"]["verdicts"]["hanging_of"].as_u64().unwrap(),
            3
        );
        assert!(json["loads"][0]["requests"][0]["predicted"]["issued_ms"].is_number());
    }
    let damaged = folder.path().join("damaged.json");
    std::fs::write(&damaged, "{\"format\": 9}").unwrap();
    assert!(refused(&["lab", "--replay", damaged.to_str().unwrap()]).contains("not a recording"));
}

/// What a browser older than the measured ones does is not held against its profile without a word.
#[test]
fn a_report_says_that_the_browser_is_older_than_the_measured_ones() {
    let text = behind_six(60.0);
    let folder = tempfile::tempdir().unwrap();
    for (version, old) in [("Mozilla Firefox 140.4.0esr", true), ("Mozilla Firefox 153.8.0esr", false)] {
        let mut recording = Recording::new("test".to_owned(), Engine::Firefox, Vec::new());
        let measured = measured(&plan(&text), 1, 0);
        recording.add(source(&text), Measured { engine: Engine::Firefox, version: version.to_owned(), ..measured });
        let path = folder.path().join(format!("{old}.json"));
        recording.write(&Files::new(&System, false), &path).unwrap();
        let replay = |format| done(&["lab", "--replay", path.to_str().unwrap(), "--format", format]);
        let sentence = "140.4.0esr is older than version 153, the oldest whose rules were measured";
        assert!(replay("text").contains(sentence) == old, "{}", replay("text"));
        assert!(replay("json").contains(sentence) == old && replay("json").contains("\"too_old\"") == old);
    }
}

#[test]
fn bad_usage_is_refused_before_a_browser_is_started() {
    assert!(refused(&["lab"]).contains("SCENARIO"));
    assert!(refused(&["lab", "--random", "--calibrate"]).contains("cannot be used with"));
    assert!(refused(&["lab", "--random", "--rest", "soon"]).contains("3.5s"));
    assert!(refused(&["lab", "--replay", "nowhere.json"]).contains("nowhere.json"));
    for (option, place) in [("--save", "nowhere/a.json.gz"), ("-o", "nowhere/costs.toml")] {
        assert!(refused(&["lab", "--calibrate", option, place]).contains("nowhere/"), "{option}");
    }
    let refusal = refused(&["lab", "--random", "--overrides", "nowhere.toml"]);
    assert!(refusal.contains("nowhere.toml") && refusal.contains("--calibrate"), "{refusal}");
    let refusal = refused(&["lab", "scenarios/next-prefetch.toml", "--fix", "http2"]);
    assert!(refusal.contains("server.protocol"), "{refusal}");
    let refusal = refused(&["lab", "scenarios/next-prefetch.toml", "--set", "browser.connections=8"]);
    assert!(refusal.contains("browser.connections"), "{refusal}");
}

/// The rule for noise excuses little, and random plans have all outcomes.
#[test]
fn few_outcomes_of_random_plans_hang_on_the_noise() {
    let load = |number| {
        let plan = plan(&generator::plan(1, number));
        LoadAgreement::new("test", &plan, &measured(&plan, 1, number)).unwrap()
    };
    let loads: Vec<LoadAgreement> = (0..100).map(load).collect();
    let Summary { verdicts, outcomes, .. } = Summary::of(&loads);
    assert!(verdicts.hanging_of <= 6, "{verdicts:?}");
    assert!(outcomes.hanging_of * 12 < outcomes.of, "{outcomes:?}");
    let requests = || loads.iter().flat_map(|load| &load.requests).filter_map(|pair| pair.measured.as_ref());
    for (ending, least) in
        [(Ending::Ok, 1500), (Ending::Aborted, 200), (Ending::Coalesced, 20), (Ending::Unfinished, 100)]
    {
        let count = requests().filter(|request| request.outcome == ending).count();
        assert!(count >= least, "{ending:?}: {count}");
    }
}

/// The folder of results lists every disagreement with its explanation or as unknown, and accepts no outdated explanation.
#[test]
fn results_list_each_disagreement_with_its_reason() {
    let mut recording = Recording::new("random plans of seed 6".to_owned(), Engine::Chromium, Vec::new());
    for number in 0..6 {
        let text = generator::plan(6, number);
        let other = plan_with(&text, "browser.delays_low_priority=false");
        recording.add(Source { name: format!("plan {number}"), ..source(&text) }, measured(&other, 6, number));
    }
    let page = |explained: &str| {
        let files = results::files(std::slice::from_ref(&recording), explained)?;
        assert_eq!(files.len(), 5);
        Ok(files[0].1.clone())
    };
    let shown = |page: Result<String, RecordingError>| page.unwrap_or_else(|error| error.to_string());
    let unknown = shown(page(""));
    let count = unknown.matches("| unknown |").count();
    assert!(count > 2, "{unknown}");
    let row = unknown.lines().find(|line| line.ends_with("| unknown |")).unwrap();
    let scenario = row.split('|').nth(2).unwrap().trim().split(',').next().unwrap();
    let why = format!("[[explained]]\nengine = \"chromium\"\nscenario = \"{scenario}\"\nwhy = \"the scheduler\"\n");
    let explained = shown(page(&why));
    assert!(explained.contains("| the scheduler |"), "{explained}");
    assert!(explained.matches("| unknown |").count() < count);
    let stale = why.replace(scenario, "plan 77");
    assert!(shown(page(&stale)).contains("matches no disagreement"));
    assert!(shown(page("[[explained]]\nwho = 1")).contains("explained.toml"));
}

/// Results with worse figures do not take the place of better ones, and say what is worse.
#[test]
fn worse_figures_are_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let (results, worse) = (folder.path().join("results"), folder.path().join("worse.json"));
    let good = folder.path().join("good.json");
    let write = |path: &std::path::Path, set: &str| {
        let mut recording = Recording::new("random plans of seed 6".to_owned(), Engine::Chromium, Vec::new());
        for number in 0..3 {
            let text = generator::plan(6, number);
            recording.add(source(&text), measured(&plan_with(&text, set), 6, number));
        }
        recording.write(&Files::new(&System, false), path).unwrap();
    };
    write(&good, "browser.delays_low_priority=true");
    write(&worse, "browser.delays_low_priority=false");
    let replay = |recording: &std::path::Path| {
        ["lab", "--replay", recording.to_str().unwrap(), "--force", "-o", results.to_str().unwrap()].map(str::to_owned)
    };
    done(&replay(&good).each_ref().map(String::as_str));
    let refusal = refused(&replay(&worse).each_ref().map(String::as_str));
    assert!(refusal.contains("rose from 0") && refusal.contains("delete figures.json"), "{refusal}");
    done(&replay(&good).each_ref().map(String::as_str));
}
