//! The page's end costs a result nothing: an interrupt while it is computed leaves it out, and keeps the rest.

#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_analysis::comparison::{Measure, Settings, compare_plans, variants};
use sixslot_analysis::estimate::Estimate;
use sixslot_models::Document;
use sixslot_statistics::stopping::Stopping;
use std::sync::atomic::AtomicBool;

const LOADS: u64 = 200;
const SEED: u64 = 1;

fn document() -> Document {
    Document::read("issue-1855.toml", include_str!("../../scenarios/issue-1855.toml"), &[]).unwrap()
}

#[test]
fn an_interrupt_keeps_the_estimate() {
    let plan = document().plan(&[], &[]).unwrap();
    let (go, stop) = (AtomicBool::new(false), AtomicBool::new(true));
    let found = Estimate::run(&plan, SEED, &Stopping::Fixed(LOADS), LOADS, &go, |_| ()).unwrap();
    assert!(found.end_ms.is_none() && !found.is_interrupted);
    let whole = found.clone().with_end(&plan, SEED, &go);
    assert!(whole.end_ms.is_some_and(|end| end.loads == LOADS && end.p50.is_some()) && !whole.is_interrupted);
    let cut = found.clone().with_end(&plan, SEED, &stop);
    assert!(cut.end_ms.is_none() && cut.is_interrupted);
    assert_eq!((cut.loads, cut.failures, cut.interval), (LOADS, found.failures, found.interval));
}

#[test]
fn an_interrupt_keeps_the_comparison() {
    let (plan, variants) = variants(&document(), &[]).unwrap();
    let (go, stop) = (AtomicBool::new(false), AtomicBool::new(true));
    let settings = Settings { seed: SEED, loads: LOADS, by: Measure::Failed };
    let found = compare_plans(&plan, &variants, settings, &go, |_| ()).unwrap();
    let whole = found.clone().with_ends(&plan, &variants, SEED, &go);
    assert!(whole.without.end_ms.is_some() && !whole.is_interrupted);
    for fix in &whole.fixes {
        let variant = variants.iter().find(|variant| variant.name == fix.fix).unwrap();
        let alone = Estimate::run(&variant.plan, SEED, &Stopping::Fixed(LOADS), LOADS, &go, |_| ()).unwrap();
        assert_eq!(fix.outcomes.end_ms, alone.with_end(&variant.plan, SEED, &go).end_ms, "{}", fix.fix);
    }
    let cut = found.clone().with_ends(&plan, &variants, SEED, &stop);
    assert!(cut.is_interrupted && cut.without.end_ms.is_none());
    assert!(
        cut.fixes
            .iter()
            .zip(&found.fixes)
            .all(|(one, other)| one.verdict == other.verdict && one.outcomes.end_ms.is_none())
    );
}
