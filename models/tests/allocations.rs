//! A load allocates nothing once its memory has grown.
#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_models::Document;
use sixslot_models::load::{Extent, Load};

#[test]
fn a_warm_load_allocates_nothing() {
    let text = include_str!("../../scenarios/issue-1855.toml");
    for profile in ["as-reported", "chromium", "firefox", "webkit"] {
        let sets = [format!("browser.profile={profile}"), "parameters.sessions=40".to_owned()];
        let plan = Document::read("issue-1855.toml", text, &sets).unwrap().plan(&[], &[]).unwrap();
        let mut load = Load::new();
        let mut simulate_all = || (0..500).for_each(|number| load.simulate(&plan, 1, number, Extent::Whole).unwrap());
        let cold = allocation_counter::measure(&mut simulate_all).count_total;
        let warm = allocation_counter::measure(&mut simulate_all).count_total;
        println!("{profile}: {cold} allocations in 500 cold loads, {warm} in 500 warm ones");
        assert!(cold > 0, "no allocations counted");
        assert_eq!(warm, 0, "{profile}");
    }
}
