//! Intervals with the uncertainty of the data: against a known truth, and what an edit does to the evidence.
//!
//! The truth is the failure probability of a shipped scenario; a repetition exports twelve of its loads, imports them, and
//! asks whether the interval has the truth. `examples/data_coverage.rs` does 200 repetitions; docs/statistics.md has its result.

#![allow(clippy::unwrap_used, missing_docs)]

mod exported;

use exported::{archive, plan};
use sixslot_analysis::data_interval::{DataInterval, Simulated};
use sixslot_analysis::estimate::Estimate;
use sixslot_analysis::import::evidence::Redrawn;
use sixslot_analysis::import::import;
use sixslot_analysis::replications::Replications;
use sixslot_analysis::sensitivity::Question;
use sixslot_models::Document;
use sixslot_models::load::{Extent, Load};
use sixslot_statistics::Stopping;
use std::sync::atomic::AtomicBool;

static STOP: AtomicBool = AtomicBool::new(false);

/// A page that fails in about a third of its loads, since a slow call comes after another one.
const PAGE: &str = r#"
schema = 1
horizon = "30s"
[request.document]
url = "/"
service = { distribution = "log-normal", median = "60ms", sigma = 0.5 }
[request.data]
url = "/api/data"
after = "document.ok"
deadline = "3s"
service = { distribution = "log-normal", median = "2.2s", sigma = 0.6 }
[load]
ready = ["data"]
error = { request = "data", failures = 1 }
fails = "error-shown"
"#;

fn estimate(document: &Document, loads: u64) -> Estimate {
    let plan = document.plan(&[], &[]).unwrap();
    Estimate::run(&plan, 1, &Stopping::Fixed(loads), loads, &STOP, |_| ()).unwrap()
}

fn interval(document: &Document) -> Option<DataInterval> {
    DataInterval::of(document, &[], 1, Simulated::of_estimate(&estimate(document, 1_000)), &STOP).unwrap()
}

fn imported(seed: u64, loads: u64) -> Document {
    let original = plan(PAGE, &[]);
    let archives = (0..loads).map(|number| archive(&original, seed, number)).collect();
    Document::read("draft", &import(archives).unwrap().text, &[]).unwrap()
}

#[test]
fn intervals_have_the_truth() {
    let truth = estimate(&Document::read("page", PAGE, &[]).unwrap(), 20_000).probability.unwrap();
    let (mut judged, mut covered, mut wider) = (0, 0, 0);
    for seed in 100..120 {
        let document = imported(seed, 12);
        let Some(data) = interval(&document) else { continue };
        judged += 1;
        covered += u32::from(data.interval.contains(truth));
        wider += u32::from(data.interval.half_width() > 0.1);
    }
    println!("{covered} of {judged} intervals have the truth {truth}");
    // At a coverage of 0.95, fewer than 17 of 20 have a probability of 1.6 %.
    assert!(judged >= 19 && covered + 3 >= judged && wider == judged, "{covered} of {judged}, {wider} wide");
}

/// The reported page aborts its other polls after 5 s in almost every load, whether it fails or not. As many loads are read as
/// failed as did fail; where none did, failure is not judged.
#[test]
fn a_deadline_that_the_page_outlives_is_not_its_error() {
    let original = plan(include_str!("../../scenarios/issue-1855.toml"), &["parameters.sessions=40"]);
    let (mut healthy, mut load) = (0, Load::new());
    for seed in 1_001..1_013 {
        let mut failed = 0;
        for number in 0..12 {
            load.simulate(&original, seed, number, Extent::Whole).unwrap();
            failed += u64::from(load.verdict().failed);
        }
        let archives = (0..12).map(|number| archive(&original, seed, number)).collect();
        let document = Document::read("draft", &import(archives).unwrap().text, &[]).unwrap();
        let read = document.evidence().and_then(|evidence| evidence.failed);
        assert_eq!(read.unwrap_or(0), failed, "seed {seed}");
        healthy += u32::from(failed == 0);
    }
    assert!((1..12).contains(&healthy), "{healthy}");
}

#[test]
fn a_number_that_was_changed_loses_its_evidence_and_one_load_has_none() {
    let original = plan(PAGE, &[]);
    let text = import((0..12).map(|number| archive(&original, 7, number)).collect()).unwrap().text;
    let document = Document::read("draft", &text, &[]).unwrap();
    assert!(document.edited().is_empty() && document.is_as_imported(), "{text}");
    let patient = Document::read("draft", &text, &["request.data.deadline=9s".to_owned()]).unwrap();
    assert!(patient.edited().is_empty() && !patient.is_as_imported());
    let evidence = document.evidence().unwrap();
    let all: Vec<usize> = (0..evidence.loads).collect();
    // The recorded loads as they are give the numbers as they are: samples keep six digits.
    let same = document.plan_with(&[], &[], &Redrawn { loads: &all }.values(evidence)).unwrap();
    let count = |plan| Estimate::run(plan, 1, &Stopping::Fixed(2_000), 2_000, &STOP, |_| ()).unwrap().failures.unwrap();
    assert!(count(&same).abs_diff(count(&document.plan(&[], &[]).unwrap())) <= 4);
    let key = evidence.numbers.iter().find(|number| number.key.ends_with("data.service")).unwrap().key.clone();
    let set = format!("{key}='1s'");
    let edited = Document::read("draft", &text, std::slice::from_ref(&set)).unwrap();
    assert_eq!(edited.edited(), [key.as_str()]);
    let values = Redrawn { loads: &all }.values(edited.evidence().unwrap());
    assert_eq!(edited.plan_with(&[], &[], &values).unwrap().classes()[1], edited.plan(&[], &[]).unwrap().classes()[1]);
    assert_eq!(interval(&imported(7, 1)), None);
}

#[test]
fn the_thinnest_evidence_is_that_of_the_number_with_the_fewest_times_that_matters() {
    let question = |document: &Document| {
        let plan = document.plan(&[], &[]).unwrap();
        let replications = Replications::new(1, 0..1_000, &STOP);
        let question = Question { plan: &plan, outcome: None, replications, budget: 2_000 };
        question.answer().unwrap().with_evidence(document)
    };
    let original = plan(PAGE, &[]);
    let text = import((0..12).map(|number| archive(&original, 7, number)).collect()).unwrap().text;
    let document = |set: &[String]| Document::read("draft", &text, set).unwrap();
    let answer = question(&document(&[]));
    let thin = answer.thinnest_evidence.as_ref().unwrap();
    assert!(thin.key.ends_with("data.service") && (thin.times, thin.loads) == (12, 12), "{thin:?}");
    assert!(answer.sentence.ends_with(&format!("that of `{}`: 12 recorded times from 12 loads.", thin.key)));
    // A number that was changed has no evidence, and the document's time decides nothing.
    let edited = question(&document(&[format!("{}={{ distribution = 'exponential', mean = '2s' }}", thin.key)]));
    assert_ne!(edited.thinnest_evidence.map(|thin| thin.key), Some(thin.key.clone()));
    // A scenario that no import made has none.
    assert_eq!(question(&Document::read("page", PAGE, &[]).unwrap()).thinnest_evidence, None);
}

#[test]
fn an_interrupt_leaves_it_out() {
    let document = imported(1, 6);
    let simulated = Simulated::of_estimate(&estimate(&document, 200));
    let found = DataInterval::of(&document, &[], 1, simulated, &AtomicBool::new(true)).unwrap();
    assert!(found.is_none() && simulated.is_some() && DataInterval::is_expected(&document));
    assert!(!DataInterval::is_expected(&Document::read("page", PAGE, &[]).unwrap()));
}
