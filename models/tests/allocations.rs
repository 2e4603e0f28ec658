//! A load allocates nothing once its memory has grown.
#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_models::Document;
use sixslot_models::load::{Extent, Load};

#[test]
fn a_warm_load_allocates_nothing() {
    let page = include_str!("../../scenarios/issue-1855.toml");
    let profiles = ["as-reported", "chromium", "firefox", "webkit"];
    let mut cases: Vec<_> =
        profiles.map(|profile| (page, format!("browser.profile={profile}"), "parameters.sessions=40")).into();
    let shop = include_str!("../../scenarios/shop-over-4g.toml");
    for discipline in ["processor-sharing", "fifo"] {
        cases.push((shop, format!("network.discipline={discipline}"), "server.protocol=h2"));
    }
    for (text, profile, more) in cases {
        let sets = [profile.clone(), more.to_owned()];
        let plan = Document::read("page.toml", text, &sets).unwrap().plan(&[], &[]).unwrap();
        let mut load = Load::new();
        let mut simulate_all = || (0..500).for_each(|number| load.simulate(&plan, 1, number, Extent::Whole).unwrap());
        let cold = allocation_counter::measure(&mut simulate_all).count_total;
        let warm = allocation_counter::measure(&mut simulate_all).count_total;
        println!("{profile}: {cold} allocations in 500 cold loads, {warm} in 500 warm ones");
        assert!(cold > 0, "no allocations counted");
        assert_eq!(warm, 0, "{profile}");
    }
}
