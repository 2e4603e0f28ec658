//! The reported page of issue 1855 under dependence: how often a load fails with each share of the log-variance that one
//! factor per load explains. The values were computed by the project's second audit of statistics.

#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_analysis::estimate::Estimate;
use sixslot_models::Document;
use sixslot_statistics::interval::wilson;
use sixslot_statistics::stopping::Stopping;
use std::sync::atomic::AtomicBool;

#[test]
fn the_reported_page_fails_more_often_the_more_its_renders_share() {
    let text = include_str!("../../scenarios/issue-1855.toml");
    let document = Document::read("issue-1855.toml", text, &[]).unwrap();
    for (share, low, high, loads) in [
        (0.5, 1.35e-3, 1.45e-3, 50_000),
        (0.75, 7.15e-3, 7.25e-3, 50_000),
        (0.9, 1.65e-2, 1.75e-2, 50_000),
        (1.0, 4.35e-2, 4.45e-2, 50_000),
    ] {
        let plan = document.plan(&[], &[("noise_shared", share)]).unwrap();
        let estimate =
            Estimate::run(&plan, 1, &Stopping::Fixed(loads), loads, &AtomicBool::new(false), |_| ()).unwrap();
        // Three standard errors, for four values.
        let interval = wilson(estimate.failures.unwrap(), loads, 0.9973).unwrap();
        assert!(interval.low < high && low < interval.high, "{share}: {interval:?}");
    }
}
