//! Limits: passed, failed and undecided where the truth says so, and read from the scenario at their places.

#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_analysis::thresholds::{Checked, Outcome, check};
use sixslot_models::Document;
use std::sync::atomic::AtomicBool;

/// One request with an exponential time of mean 1 s and a deadline of 3 s behind a connection that another one holds for 0 to 1 s.
fn text(thresholds: &str) -> String {
    format!(
        "schema = 1\nbrowser = {{ profile = \"as-reported\", connections = 1 }}\n\
         [request.first]\nservice = {{ distribution = \"uniform\", low = \"0s\", high = \"1s\" }}\n\
         [request.a]\nservice = {{ distribution = \"exponential\", mean = \"1s\" }}\ndeadline = \"3s\"\n\
         [load]\nready = [\"a\"]\nfails = \"error-shown\"\nerror = {{ request = \"a\" }}\n[thresholds]\n{thresholds}\n"
    )
}

fn checked(thresholds: &str, most: u64) -> Checked {
    let plan = Document::read("limits.toml", &text(thresholds), &[]).unwrap().plan(&[], &[]).unwrap();
    check(&plan, 1, most, &AtomicBool::new(false), |_| ()).unwrap()
}

/// A load fails with the probability (e^-2 - e^-3), the mean of e^-(3 - u): 0.0855; `a` waits longer than 0.95 s in 5 %.
#[test]
fn limits_are_decided_as_the_truth_says() {
    for (thresholds, expected) in [
        ("max_failure = 0.12", Outcome::Passed),
        ("max_failure = 0.06", Outcome::Failed),
        ("max_wait = { a = \"1s\" }", Outcome::Passed),
        ("max_wait = { a = \"980ms\" }", Outcome::Passed),
        ("max_wait = { a = \"900ms\" }", Outcome::Failed),
        ("max_late = 0.01", Outcome::Passed),
        // One load in twelve never gets ready.
        ("max_ready_p95 = \"3s\"", Outcome::Failed),
        ("max_failure = 0.12\nmax_late = 0.01\nmax_wait = { a = \"980ms\" }", Outcome::Passed),
        ("max_failure = 0.12\nmax_wait = { a = \"900ms\" }", Outcome::Failed),
    ] {
        let checked = checked(thresholds, 1_000_000);
        assert_eq!(checked.verdict, expected, "{thresholds}: {:?}", checked.limits);
        assert!(checked.tally.loads < 100_000, "{thresholds}: {} loads", checked.tally.loads);
        for limit in &checked.limits {
            assert!(limit.interval.contains(limit.share));
        }
    }
    let undecided = checked("max_failure = 0.0855", 5_000);
    assert_eq!((undecided.verdict, undecided.tally.loads), (Outcome::Undecided, 5_000));
}

#[test]
fn wrong_limits_are_refused_at_their_places() {
    for (thresholds, message) in [
        ("max_failure = 1.5", "1.5 is not a probability"),
        ("max_late = 0", "0 is not a probability"),
        ("max_ready_p95 = 3", "needs a unit"),
        ("max_wait = { b = \"1s\" }", "there is no request or socket `b`"),
        ("max_waits = 1", "unknown key `max_waits`"),
    ] {
        let error = Document::read("limits.toml", &text(thresholds), &[]).and_then(|document| document.plan(&[], &[]));
        let error = error.unwrap_err().to_string();
        assert!(error.contains(message), "{thresholds}: {error}");
    }
}
