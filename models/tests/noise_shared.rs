//! `noise_shared`: what one factor per load and server explains of the server's times, and what it leaves alone.

#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_models::load::{Call, Draws, Extent, Load};
use sixslot_models::{Document, Plan};
use sixslot_sim_core::special::{inverse_normal_cumulative, normal_cumulative};

const LOADS: u64 = 20_000;

fn text(server: &str) -> String {
    format!(
        "schema = 1\nparameters = {{ share = 0.5 }}\n[server]\n{server}\n[origin.other]\n{server}\n[request.a]\ncount = 2\n\
         service = {{ base = \"1s\", noise = {{ distribution = \"log-normal\", median = 1, sigma = 0.5 }} }}\n\
         [request.b]\nservice = {{ distribution = \"exponential\", mean = \"1s\" }}\n\
         [request.c]\norigin = \"other\"\nio_time = {{ distribution = \"log-normal\", median = \"1s\", sigma = 0.5 }}\n\
         [load]\nready = [\"a\", \"b\", \"c\"]\n"
    )
}

fn plan(server: &str) -> Plan {
    Document::read("shared.toml", &text(server), &[]).unwrap().plan(&[], &[]).unwrap()
}

/// The normal scores of the service times of two instances of `a`, of `b`, and of `c` at another server.
fn scores(plan: &Plan, load: u64) -> [f64; 4] {
    let draws = Draws::new(plan, 1, load).unwrap();
    let seconds = |class: usize, index| {
        let class = &plan.classes()[class];
        let (work, io_time) = draws.service(class, plan.origins()[class.origin].discipline, Call::first(index, 0));
        (work + io_time).as_seconds_f64()
    };
    let log_normal = |seconds: f64| libm::log(seconds) / 0.5;
    let exponential = inverse_normal_cumulative(-libm::expm1(-seconds(1, 0)));
    [log_normal(seconds(0, 0)), log_normal(seconds(0, 1)), exponential, log_normal(seconds(2, 0))]
}

/// The mean of a product of two scores over the loads: their correlation. Its standard error is below 0.011.
fn correlation(all: &[[f64; 4]], one: usize, other: usize) -> f64 {
    all.iter().map(|scores| scores[one] * scores[other]).sum::<f64>() / all.len() as f64
}

/// At share s the scores of one server correlate by s, whatever their distributions; servers stay independent of each other.
#[test]
fn the_share_is_the_correlation_of_the_normal_scores() {
    for (server, share) in [("", 0.0), ("noise_shared = \"share\"", 0.5), ("noise_shared = 0.9", 0.9)] {
        let plan = plan(server);
        let all: Vec<[f64; 4]> = (0..LOADS).map(|load| scores(&plan, load)).collect();
        for (one, other, expected) in [(0, 1, share), (0, 2, share), (1, 2, share), (0, 3, 0.0), (2, 3, 0.0)] {
            let found = correlation(&all, one, other);
            assert!((found - expected).abs() < 0.045, "{server}: {one} and {other}: {found}, expected {expected}");
        }
    }
}

/// Each quantity keeps its distribution: the largest distance to it is below the Kolmogorov bound of 1e-4 (2.23 / sqrt n).
#[test]
fn each_quantity_keeps_its_distribution() {
    let plan = plan("noise_shared = 0.75");
    let all: Vec<[f64; 4]> = (0..LOADS).map(|load| scores(&plan, load)).collect();
    for quantity in 0..4 {
        let mut uniforms: Vec<f64> = all.iter().map(|scores| normal_cumulative(scores[quantity])).collect();
        uniforms.sort_unstable_by(f64::total_cmp);
        let distance = uniforms.iter().zip(1_u32..).map(|(u, rank)| (u - f64::from(rank) / LOADS as f64).abs());
        let largest = distance.fold(0.0, f64::max);
        assert!(largest < 2.23 / libm::sqrt(LOADS as f64), "quantity {quantity}: {largest}");
    }
}

#[test]
fn with_1_one_factor_decides_all_and_with_0_nothing_changes() {
    let (whole, none, absent) = (plan("noise_shared = 1"), plan("noise_shared = 0"), plan(""));
    for load in 0..50 {
        let [one, other, exponential, elsewhere] = scores(&whole, load);
        assert!((one - other).abs() < 1e-6 && (one - exponential).abs() < 1e-5, "{one} {other} {exponential}");
        assert!((one - elsewhere).abs() > 1e-6);
        assert_eq!(scores(&none, load).map(f64::to_bits), scores(&absent, load).map(f64::to_bits));
    }
    let ends = |plan: &Plan| {
        let mut load = Load::new();
        load.simulate(plan, 1, 7, Extent::Whole).unwrap();
        load.requests().iter().map(|request| request.ended).collect::<Vec<_>>()
    };
    assert_eq!(ends(&none), ends(&absent));
    assert_ne!(ends(&none), ends(&whole));
}

#[test]
fn what_is_no_share_is_refused_at_its_place() {
    for (server, set, message) in [
        ("noise_shared = 1.5", "", "1.5 is not a share"),
        ("noise_shared = -0.1", "", "-0.1 is not a share"),
        ("noise_shared = \"shared\"", "", "there is no parameter `shared`"),
        ("noise_shared = [1]", "", "number"),
        ("noise_shared = \"share\"", "parameters.share=2", "`share` is 2, but `server` uses it as `noise_shared`"),
        (
            "noise_shared = \"share\"",
            "parameters.share={ distribution = \"uniform\", low = 0, high = 1.1 }",
            "`share` can be 1.0999989",
        ),
    ] {
        let set: Vec<String> = Some(set.to_owned()).filter(|set| !set.is_empty()).into_iter().collect();
        let error = Document::read("shared.toml", &text(server), &set).and_then(|document| document.plan(&[], &[]));
        let error = error.unwrap_err().to_string();
        assert!(error.contains(message), "{server}: {error}");
    }
}
