//! What browsers did, replayed without one: the table in results/accuracy is what its recordings give, and it keeps
//! what it promises.
#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_accuracy::recording::Recording;
use sixslot_accuracy::report::Report;
use sixslot_accuracy::results;
use sixslot_accuracy::summary::Spread;
use sixslot_lab::Engine;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../results/accuracy")
}

static RECORDINGS: LazyLock<Vec<Recording>> = LazyLock::new(|| {
    let files = fs::read_dir(folder().join("measured")).unwrap();
    let mut paths: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
    // The order in which a shell names them.
    paths.sort();
    Recording::joined(paths.iter().map(|path| Recording::read(path).unwrap()).collect())
});

fn random_plans(engine: Engine) -> Report {
    let is_wanted = |one: &&Recording| one.engine == engine && one.what.starts_with("random plans");
    let mut found = RECORDINGS.iter().filter(is_wanted);
    let report = Report::new(found.next().unwrap()).unwrap();
    assert!(found.next().is_none(), "{engine}: more than one seed or more than one calibration");
    report
}

#[test]
fn the_table_is_what_the_recordings_give() {
    let explained = fs::read_to_string(folder().join("explained.toml")).unwrap_or_default();
    for (name, text) in results::files(&RECORDINGS, &explained).unwrap() {
        let committed = fs::read_to_string(folder().join(name)).unwrap();
        let other = committed.lines().zip(text.lines()).find(|(one, other)| one != other);
        assert!(committed == text, "{name} is not what `scripts/measure-accuracy SIXSLOT table` writes; {other:?}");
    }
}

/// The promises: at least a hundred plans, arrivals within 1 % (median) and 3 or 5 % (90th percentile) with calibrated
/// costs, and a rule for noise that excuses little.
#[test]
fn random_plans_are_predicted_as_promised() {
    for (engine, most) in [(Engine::Chromium, 0.03), (Engine::Firefox, 0.05)] {
        let report = random_plans(engine);
        let summary = report.with_calibrated.unwrap();
        assert!(report.loads.len() >= 100, "{engine}: {} plans", report.loads.len());
        let Spread { p50, p90, .. } = summary.relative.unwrap();
        assert!(p50 <= 0.01 && p90 <= most, "{engine}: {summary:?}");
        let outcomes = summary.outcomes;
        assert!(outcomes.disagreements() * 100 <= outcomes.of, "{engine}: {outcomes:?}");
        assert!(outcomes.hanging_of * 12 < outcomes.of, "{engine}: {outcomes:?}");
        assert!(report.rest_ms >= 1000.0, "{engine} was not left alone");
    }
}

/// Five scenarios, 20 loads each, in both browsers: the verdicts that hang on no noise are the same.
#[test]
fn shipped_scenarios_have_the_predicted_verdicts() {
    let shipped: Vec<&Recording> = RECORDINGS.iter().filter(|one| one.what.starts_with("scenarios/")).collect();
    for engine in Engine::ALL {
        assert_eq!(shipped.iter().filter(|one| one.engine == engine).count(), 5, "{engine}");
    }
    for recording in shipped {
        let report = Report::new(recording).unwrap();
        assert!(report.loads.len() >= 20, "{}: {}", recording.what, report.loads.len());
        let verdicts = report.with_calibrated.unwrap().verdicts;
        assert_eq!(verdicts.disagreements(), 0, "{} in {}: {verdicts:?}", recording.what, recording.engine);
    }
}
