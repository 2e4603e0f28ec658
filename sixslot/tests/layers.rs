//! Layers of a cause: Shapley values and smallest sets against hand calculations, the definition, and closed forms; the
//! command `sixslot compare --layers` from its bytes to its refusals.

#![allow(clippy::unwrap_used, missing_docs)]

use assert_cmd::Command;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use sixslot_analysis::comparison::ComparisonError;
use sixslot_analysis::estimate::LEVEL;
use sixslot_analysis::layers::{Attribution, LayersError, attribute};
use sixslot_analysis::replications::Stopped;
use sixslot_models::Document;
use sixslot_models::load::{Extent, Load};
use sixslot_statistics::Method;
use sixslot_statistics::mean::student;
use sixslot_statistics::shapley::{self, MOST_PLAYERS};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/issue-1855.toml");

/// One connection, two calls that keep it for so long, and the call that the page needs behind them.
fn blocked(service: &str, layers: &str) -> String {
    format!(
        r#"
schema = 1
title = "one connection"
[browser]
profile = "as-reported"
connections = 1
[request.one]
service = {service}
[request.two]
service = {service}
[request.needed]
service = "0s"
deadline = "8s"
[load]
ready = ["needed"]
error = {{ request = "needed" }}
{layers}"#
    )
}

/// The deadline, and each of the two calls.
const THREE: &str = r#"
[layer.deadline]
title = "the page gives up"
removed_by.request.needed.deadline = "1h"
[layer.one]
removed_by.request.one.count = 0
[layer.two]
removed_by.request.two.count = 0
"#;

fn attributed(text: &str, loads: u64) -> Attribution {
    let document = Document::read("test", text, &[]).unwrap();
    attribute(&document, 1, loads, 0.01, &AtomicBool::new(false), |_| {}).unwrap()
}

fn shipped(sets: &[&str]) -> Document {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    Document::read("shipped", &std::fs::read_to_string(SHIPPED).unwrap(), &sets).unwrap()
}

fn numerators(attribution: &Attribution) -> Vec<i64> {
    attribution.layers.iter().map(|layer| layer.numerator).collect()
}

fn smallest(attribution: &Attribution) -> Vec<String> {
    attribution.smallest_sets.iter().map(|set| set.layers.join("+")).collect()
}

/// The contributions add up to P(failure, all layers) - P(failure, no layer), in whole numbers.
fn assert_adds_up(attribution: &Attribution) {
    let orders = i64::try_from(attribution.denominator / attribution.loads).unwrap();
    let failures = |set: usize| i64::try_from(attribution.sets[set].failures).unwrap();
    let difference = failures(attribution.sets.len() - 1) - failures(0);
    assert_eq!(numerators(attribution).iter().sum::<i64>(), orders * difference);
}

/// The definition: the mean increase when each layer is added, over all orders; in units of 1 / n!.
fn by_orders(worth: &[i64]) -> Vec<i128> {
    fn come(worth: &[i64], here: usize, sums: &mut [i128]) -> i128 {
        let mut orders = 0;
        for player in 0..sums.len() {
            let with = here | 1 << player;
            if with != here {
                let after = come(worth, with, sums);
                sums[player] += after * (i128::from(worth[with]) - i128::from(worth[here]));
                orders += after;
            }
        }
        orders.max(1)
    }
    // `come` counts the orders after a set; each set is entered once for each order of those in it.
    let mut sums = vec![0; worth.len().trailing_zeros() as usize];
    come(worth, 0, &mut sums);
    sums
}

#[test]
fn three_players_by_hand() {
    // Gloves: player 0 has a left one, 1 and 2 a right one each; a pair is worth 1. Player 0 completes a pair unless it
    // comes first: 4 of 6 orders. Player 1 does where it comes directly after player 0 as the second: 1 of 6.
    let gloves = [0, 0, 0, 1, 0, 1, 0, 1];
    assert_eq!(shapley::values(&gloves).unwrap().numerators, [4, 1, 1]);
    // All three are needed: a third each. One alone suffices: a third each. The first dictates: it has all.
    assert_eq!(shapley::values(&[0, 0, 0, 0, 0, 0, 0, 1]).unwrap().numerators, [2, 2, 2]);
    assert_eq!(shapley::values(&[0, 1, 1, 1, 1, 1, 1, 1]).unwrap().numerators, [2, 2, 2]);
    assert_eq!(shapley::values(&[0, 1, 0, 1, 0, 1, 0, 1]).unwrap().numerators, [6, 0, 0]);
    // A game of no worth divides among none; a contribution may be negative.
    assert_eq!(shapley::values(&[1, 1, 1, 1]).unwrap().numerators, [0, 0]);
    assert_eq!(shapley::values(&[0, 1, 0, 0]).unwrap().numerators, [1, -1]);
    assert!(shapley::values(&[5]).unwrap().numerators.is_empty());
}

#[test]
fn smallest_sets_by_hand() {
    let sets = |sufficient: &[usize]| {
        let suffices: Vec<bool> = (0..8).map(|set| sufficient.contains(&set)).collect();
        shapley::minimal_sets(&suffices).unwrap()
    };
    assert!(sets(&[]).is_empty());
    assert_eq!(sets(&[0b000, 0b001, 0b111]), [0b000]);
    assert_eq!(sets(&[0b011, 0b101, 0b111]), [0b011, 0b101]);
    // By size before number.
    assert_eq!(sets(&[0b011, 0b100, 0b111]), [0b100, 0b011]);
    // The third ends what the first began: {0, 1, 2} is not smallest although no set of two within it suffices.
    assert_eq!(sets(&[0b001, 0b111]), [0b001]);
}

#[test]
fn what_is_no_game_is_refused() {
    for sets in [0, 3, 6, 2 << MOST_PLAYERS] {
        let error = shapley::values(&vec![0; sets]).unwrap_err();
        assert_eq!(error.sets, sets);
        assert_eq!(shapley::minimal_sets(&vec![false; sets]), Err(error));
    }
    assert!(shapley::values(&[0; 3]).unwrap_err().to_string().starts_with("3 entries are not one for each set"));
}

#[test]
fn the_largest_game_does_not_overflow() {
    let worth: Vec<i64> = (0..1 << MOST_PLAYERS).map(|set| if set & 1 == 1 { i64::MAX } else { i64::MIN }).collect();
    let values = shapley::values(&worth).unwrap();
    assert_eq!(values.numerators[0], values.denominator * (i128::from(i64::MAX) - i128::from(i64::MIN)));
    assert!(values.numerators[1..].iter().all(|value| *value == 0));
}

/// A game of up to five players.
fn game() -> impl Strategy<Value = Vec<i64>> {
    (1_u32..=5).prop_flat_map(|players| prop::collection::vec(-3_i64..=3, 1 << players))
}

proptest! {
    #![proptest_config(Config { cases: 300, rng_seed: RngSeed::Fixed(6), failure_persistence: None, ..Config::default() })]

    #[test]
    fn values_are_the_mean_over_all_orders_and_add_up(worth in game()) {
        let values = shapley::values(&worth).unwrap();
        let players = worth.len().trailing_zeros();
        prop_assert_eq!(values.denominator, (1..=i128::from(players)).product::<i128>());
        let whole = values.denominator * i128::from(worth[worth.len() - 1] - worth[0]);
        prop_assert_eq!(values.numerators.iter().sum::<i128>(), whole);
        prop_assert_eq!(values.numerators, by_orders(&worth));
    }

    #[test]
    fn values_of_a_sum_are_sums_of_values(one in game(), seed in any::<i64>()) {
        let other: Vec<i64> = (0..one.len() as i64).map(|set| (seed ^ set).wrapping_mul(0x9e37_79b9) % 5).collect();
        let both: Vec<i64> = one.iter().zip(&other).map(|(one, other)| one + other).collect();
        let [one, other, both] = [one, other, both].map(|worth| shapley::values(&worth).unwrap().numerators);
        prop_assert_eq!(one.iter().zip(&other).map(|(one, other)| one + other).collect::<Vec<_>>(), both);
    }

    #[test]
    fn one_more_player_that_adds_nothing_gets_nothing_and_takes_nothing(worth in game()) {
        let with = shapley::values(&[worth.clone(), worth.clone()].concat()).unwrap();
        let without = shapley::values(&worth).unwrap();
        let (null, others) = with.numerators.split_last().unwrap();
        prop_assert_eq!(*null, 0);
        let scale = with.denominator / without.denominator;
        prop_assert_eq!(others, without.numerators.iter().map(|value| value * scale).collect::<Vec<_>>());
    }

    #[test]
    fn players_that_add_the_same_get_the_same(worth in game()) {
        // Players 0 and 1 made interchangeable: worth depends on the number of the two that are there.
        prop_assume!(worth.len() >= 4);
        let same: Vec<i64> = (0..worth.len()).map(|set| worth[if set & 3 == 2 { set ^ 3 } else { set }]).collect();
        let values = shapley::values(&same).unwrap().numerators;
        prop_assert_eq!(values[0], values[1]);
    }

    #[test]
    fn smallest_sets_meet_their_definition(suffices in (0_u32..=5).prop_flat_map(|n| prop::collection::vec(any::<bool>(), 1 << n))) {
        let mut expected: Vec<usize> = (0..suffices.len())
            .filter(|set| suffices[*set] && !(0..*set).any(|within| within & set == within && suffices[within]))
            .collect();
        expected.sort_by_key(|set| (set.count_ones(), *set));
        prop_assert_eq!(shapley::minimal_sets(&suffices).unwrap(), expected);
    }
}

#[test]
fn a_deterministic_cause_of_three_layers_by_hand() {
    // The call fails exactly where it has its deadline of 8 s and one or two calls of 9 s go before it: the gloves of
    // `three_players_by_hand`. So the deadline has 2/3 of each load's failure and each call 1/6.
    let attribution = attributed(&blocked("\"9s\"", THREE), 10);
    assert_eq!(numerators(&attribution), [40, 10, 10]);
    assert_eq!(attribution.denominator, 6 * 10);
    assert_eq!(smallest(&attribution), ["deadline+one", "deadline+two"]);
    assert_eq!(attribution.sets.iter().map(|set| set.failures).collect::<Vec<_>>(), [0, 0, 0, 10, 0, 10, 0, 10]);
    assert_eq!(attribution.layers[0].title, "the page gives up");
    assert_eq!(attribution.layers[1].title, "one");
    assert_adds_up(&attribution);
    // All loads agree, so the interval is no Student's of no width: with 10 loads, up to u = 1 - 0.025^(1/10) of all
    // loads may have another value between -1 and 1.
    let unseen = 1.0 - 0.025_f64.powf(0.1);
    let interval = attribution.layers[0].contribution_interval;
    assert_eq!(interval.method, Method::ClopperPearson);
    assert!((interval.low - (2.0 / 3.0 * (1.0 - unseen) - unseen)).abs() < 1e-12);
    assert!((interval.high - (2.0 / 3.0 * (1.0 - unseen) + unseen)).abs() < 1e-12);
}

#[test]
fn a_random_cause_of_three_layers_meets_its_closed_form() {
    // The two calls last T1 and T2, independent and exponential with mean 8 s, one after the other. With the deadline of
    // 8 s a load fails with the first call alone where T1 > 8 s: 1/e; with the second alone: 1/e; with both where
    // T1 + T2 > 8 s: 2/e. So the deadline has 1/3 x 2/e + 1/6 x (1/e + 1/e) = 1/e, and each call
    // 1/6 x 1/e + 1/3 x (2/e - 1/e) = 1/(2e).
    let attribution = attributed(&blocked("{ distribution = \"exponential\", mean = \"8s\" }", THREE), 20_000);
    let e = std::f64::consts::E;
    for (layer, expected) in attribution.layers.iter().zip([1.0 / e, 0.5 / e, 0.5 / e]) {
        let interval = layer.contribution_interval;
        assert_eq!(interval.method, Method::StudentT);
        assert!(interval.contains(expected), "{layer:?} misses {expected}");
        assert!(interval.half_width() < 0.01);
        assert!((layer.share.unwrap() - expected * e / 2.0).abs() < 0.01);
    }
    assert_adds_up(&attribution);
    assert_eq!(smallest(&attribution), ["deadline+one", "deadline+two"]);
}

#[test]
fn equal_layers_get_equal_parts_and_a_null_layer_none() {
    let layers = r#"
[layer.one]
removed_by.request.one.count = 0
[layer.nothing]
removed_by.request.needed.priority = "auto"
[layer.one-again]
removed_by.request.one.count = 0
[layer.deadline]
removed_by.request.needed.deadline = "1h"
"#;
    let attribution = attributed(&blocked("{ distribution = \"exponential\", mean = \"8s\" }", layers), 2_000);
    let [one, nothing, again, deadline] = numerators(&attribution)[..] else { panic!("four layers") };
    assert_eq!(one, again);
    assert_eq!(nothing, 0);
    assert!(one > 0 && deadline > one);
    assert_eq!(attribution.layers[0].contribution_interval, attribution.layers[2].contribution_interval);
    assert_adds_up(&attribution);
    // The second call suffices together with the deadline, so `one` is in no smallest set.
    assert_eq!(smallest(&attribution), ["deadline"]);
}

#[test]
fn no_failure_has_no_share_and_no_smallest_set() {
    let attribution = attributed(&blocked("\"1s\"", THREE), 50);
    assert_eq!(attribution.total, 0.0);
    assert!(attribution.layers.iter().all(|layer| layer.share.is_none() && layer.contribution == 0.0));
    assert!(attribution.smallest_sets.is_empty());
}

#[test]
fn the_threshold_is_held_against_the_lower_end() {
    let document = Document::read("test", &blocked("\"9s\"", THREE), &[]).unwrap();
    let sets = |threshold| smallest(&attribute(&document, 1, 10, threshold, &AtomicBool::new(false), |_| {}).unwrap());
    // Clopper and Pearson's lower end for 10 of 10 is 0.025^(1/10) = 0.6915.
    assert_eq!(sets(0.69), ["deadline+one", "deadline+two"]);
    assert!(sets(0.70).is_empty());
}

#[test]
fn the_shipped_scenario_adds_up_and_meets_a_second_implementation() {
    let document = shipped(&["parameters.sessions=40"]);
    let (loads, done) = (700, AtomicU64::new(0));
    let count = |loads| {
        done.fetch_add(loads, Ordering::Relaxed);
    };
    let attribution = attribute(&document, 1, loads, 0.01, &AtomicBool::new(false), count).unwrap();
    assert_eq!(done.into_inner(), loads);
    assert_adds_up(&attribution);
    assert!(attribution.total > 0.05);
    assert_eq!(attribution.layers.len(), 5);

    // Each set by itself and each load by the definition.
    let mut load = Load::new();
    let mut failed = vec![vec![0; 32]; usize::try_from(loads).unwrap()];
    for set in 0..32_usize {
        let without: Vec<usize> = (0..5).filter(|layer| set >> layer & 1 == 0).collect();
        let plan = document.plan_without(&without).unwrap();
        for (number, failed) in failed.iter_mut().enumerate() {
            load.simulate(&plan, 1, number as u64, Extent::Whole).unwrap();
            failed[set] = i64::from(load.verdict().failed);
        }
        let failures: i64 = failed.iter().map(|failed| failed[set]).sum();
        assert_eq!(attribution.sets[set].failures, u64::try_from(failures).unwrap());
    }
    let values: Vec<Vec<i128>> = failed.iter().map(|failed| by_orders(failed)).collect();
    for (number, layer) in attribution.layers.iter().enumerate() {
        let of_layer: Vec<i128> = values.iter().map(|values| values[number]).collect();
        assert_eq!(i128::from(layer.numerator), of_layer.iter().sum::<i128>());
        if of_layer.iter().all(|value| *value == of_layer[0]) {
            assert_eq!(layer.contribution_interval.method, Method::ClopperPearson);
            continue;
        }
        let fractions: Vec<f64> = of_layer.iter().map(|value| *value as f64 / 120.0).collect();
        let expected = student(&fractions, LEVEL).unwrap();
        assert!((layer.contribution_interval.low - expected.low).abs() < 1e-12);
        assert!((layer.contribution_interval.high - expected.high).abs() < 1e-12);
    }
}

#[test]
fn each_shipped_layer_removes_what_it_names() {
    let document = shipped(&["parameters.sessions=40"]);
    let names: Vec<&str> = document.layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!(names, ["prefetch", "mux-slot", "queueing", "polling", "first-failure-final"]);
    let mut load = Load::new();
    let mut simulate = |without: &[usize]| {
        let plan = document.plan_without(without).unwrap();
        load.simulate(&plan, 1, 4, Extent::Whole).unwrap();
        let named = |name: &str| {
            let of_class = |request: &&sixslot_models::load::Request| plan.classes()[request.class].name == name;
            load.requests().iter().filter(of_class).count()
        };
        let waited = load
            .requests()
            .iter()
            .any(|request| request.spent(sixslot_models::load::Station::Pool) > sixslot_sim_core::Span::ZERO);
        let counts = ["prefetch", "sidebar", "membership", "session"].map(named);
        (counts, waited, load.verdict().failed)
    };
    // Load 4 fails (README.md).
    let ([prefetches, sidebar, membership, session], waited, failed) = simulate(&[]);
    assert_eq!((prefetches, session, waited, failed), (5, 1, true, true));
    assert!(sidebar > 0 && membership > 0);
    assert_eq!(simulate(&[0]).0[0], 0);
    assert!(!simulate(&[1]).2);
    assert!(!simulate(&[2]).1);
    assert_eq!(simulate(&[3]).0, [5, 0, 0, 1]);
    assert!(simulate(&[4]).0[3] > 1);
}

#[test]
fn an_interrupt_ends_the_work() {
    let document = Document::read("test", &blocked("\"9s\"", THREE), &[]).unwrap();
    let result = attribute(&document, 1, 1_000, 0.01, &AtomicBool::new(true), |_| {});
    assert!(matches!(result, Err(LayersError::Comparison(ComparisonError::Stopped(Stopped::Interrupted)))));
    // Set at the first loads of the second round: the attribution is that of the first 100 loads.
    let (stop, seen) = (AtomicBool::new(false), AtomicU64::new(0));
    let done = |loads| stop.store(seen.fetch_add(loads, Ordering::Relaxed) >= 100, Ordering::Relaxed);
    let cut = attribute(&document, 1, 1_000, 0.01, &stop, done).unwrap();
    let first = attribute(&document, 1, 100, 0.01, &AtomicBool::new(false), |_| {}).unwrap();
    assert_eq!((cut.loads, cut.sets, cut.total), (100, first.sets, first.total));
}

fn sixslot(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sixslot"));
    command.args(["compare"]).args(arguments);
    command
}

/// What the command prints for a scenario on its standard input.
fn printed(text: &str, arguments: &[&str]) -> String {
    let output = sixslot(&["-", "--layers"]).args(arguments).write_stdin(text).assert().success();
    String::from_utf8(output.get_output().stdout.clone()).unwrap()
}

/// What the command says as it refuses a scenario with exit code 2.
fn refused(text: &str, arguments: &[&str]) -> String {
    let output = sixslot(&["-"]).args(arguments).write_stdin(text).assert().code(2).stdout("");
    String::from_utf8(output.get_output().stderr.clone()).unwrap()
}

#[test]
fn bytes_do_not_depend_on_threads() {
    for format in ["text", "json"] {
        let arguments = ["--layers", "--loads", "1500", "--set", "parameters.sessions=40", "--format", format];
        let bytes = |jobs: &str| {
            let output = sixslot(&[SHIPPED, "--jobs", jobs]).args(arguments).assert().success();
            output.get_output().stdout.clone()
        };
        assert_eq!(bytes("1"), bytes("2"));
    }
}

#[test]
fn the_text_fits_one_screen_and_says_its_rules() {
    let text = printed(&blocked("\"9s\"", THREE), &["--loads", "1000"]);
    assert!(text.lines().count() <= 24, "{text}");
    for line in [
        "1000 loads, seed 1, each with all 8 sets of 3 layers",
        "with all layers 100 % (99.6 % to 100 %, clopper-pearson) of loads fail, with none 0 % (0 % to 0.37 %, clopper-pearson)",
        "layer contribution, points 95 % interval share, % only it removed, %",
        "deadline +66.67 +66.05 to +66.79 66.7 0 the page gives up",
        "one +16.67 +16.24 to +16.97 16.7 100 one",
        "all layers +100.00 100.0",
        "one x two -25.00 -25.41 to -24.32",
        "the smallest sets of layers that suffice for a failure probability above 1.0 %:",
        "  deadline + one: 100 % (99.6 % to 100 %, clopper-pearson)",
        "  deadline + two: 100 % (99.6 % to 100 %, clopper-pearson)",
        "a set suffices if the lower end of its interval is above the threshold; it is smallest if no smaller set within it suffices",
        "It is the Shapley value: the increase when the layer is added, averaged over all orders in which the layers can be added.",
    ] {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert!(text.lines().any(|there| words(there) == words(line)), "{line}\nis not in\n{text}");
    }
}

#[test]
fn the_json_has_every_set() {
    let text = printed(&blocked("\"9s\"", THREE), &["--loads", "100", "--format", "json", "--threshold", "0.5"]);
    let record: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(record["scenario"], "one connection");
    assert_eq!((&record["loads"], &record["denominator"]), (&100.into(), &600.into()));
    assert_eq!(record["layers"][0]["numerator"], 400);
    assert_eq!(record["threshold"], 0.5);
    assert!(record["rule"].as_str().unwrap().starts_with("a set suffices if the lower end"));
    assert_eq!(record["sets"].as_array().unwrap().len(), 8);
    assert_eq!(record["sets"][5]["layers"], serde_json::json!(["deadline", "two"]));
    assert_eq!(record["smallest_sets"][1], record["sets"][5]);
}

#[test]
fn many_smallest_sets_are_counted_not_cut_silently() {
    // Any two of eight calls of 5 s starve the call behind them: 28 smallest sets.
    let numbers = 0..8;
    let requests: String = numbers.clone().map(|n| format!("[request.call-{n}]\nservice = \"5s\"\n")).collect();
    let layers: String =
        numbers.map(|n| format!("[layer.call-{n}]\nremoved_by.request.call-{n}.count = 0\n")).collect();
    let text = blocked("\"0s\"", &layers).replace("[request.needed]", &format!("{requests}[request.needed]"));
    let text = printed(&text, &["--loads", "20"]);
    assert!(text.contains("\n  call-0 + call-1: 100 %"), "{text}");
    assert!(text.contains("\n  and 16 more: --format json\n"), "{text}");
}

#[test]
fn what_cannot_be_answered_is_refused_with_advice() {
    let said = refused(&blocked("\"9s\"", ""), &["--layers"]);
    assert!(said.contains("the scenario has no layer; add a table [layer.NAME] with a patch `removed_by`"), "{said}");
    let text = blocked("\"9s\"", THREE);
    let said = refused(&text, &["--layers", "--threshold", "1.5"]);
    assert!(said.contains("--threshold 1.5 is not a probability from 0 to less than 1"), "{said}");
    let said = refused(&text, &["--layers", "--loads", "1"]);
    assert!(said.contains("give --loads 2 or more"), "{said}");
    let said = refused(&text, &["--threshold", "0.5"]);
    assert!(said.contains("--layers"), "{said}");
}

#[test]
fn faults_in_layers_are_found_when_the_file_is_read() {
    let fault = |layers: &str| {
        let text = blocked("\"9s\"", layers);
        let before = text.len() - layers.len();
        let error = Document::read("test", &text, &[]).unwrap_err();
        // Lines counted from the first line of `layers`.
        (error.line - text[..before].matches('\n').count(), error.column, error.message, error.help.unwrap_or_default())
    };
    let eleven: String = (0..11).map(|n| format!("[layer.l{n}]\nremoved_by.request.one.count = 0\n")).collect();
    let (line, column, message, _) = fault(&eleven);
    assert_eq!((line, column, message.as_str()), (21, 8, "the limit is 10 layers"));
    let (line, column, message, help) = fault("[layer.a]\nremoved_by.request.onne.count = 0\n");
    assert_eq!((line, column), (2, 20));
    assert_eq!(message, "the patch changes `request.onne`, which does not exist");
    assert_eq!(help, "did you mean `one`?");
    let (line, column, message, _) = fault("[layer.a]\nremoved_by.request.one.counts = 0\n");
    assert_eq!((line, column, message.as_str()), (2, 24, "unknown key `counts`"));
    let (line, _, message, _) = fault("[layer.a]\ntitle = \"nothing is removed\"\n");
    assert_eq!((line, message.as_str()), (1, "`removed_by` is missing"));
    let (_, _, message, _) = fault("[layer.a]\npatch.request.one.count = 0\n");
    assert_eq!(message, "unknown key `patch`");
    let (_, _, message, _) = fault("[layer.\"a+b\"]\nremoved_by.request.one.count = 0\n");
    assert_eq!(message, "`a+b` cannot be a name");
    let (_, _, message, _) = fault("[layer.a]\nremoved_by.layer.b.title = \"c\"\n");
    assert_eq!(message, "a layer cannot change `layer`");

    // At line and column in what the command prints, too.
    let text = blocked("\"9s\"", "[layer.a]\nremoved_by.request.onne.count = 0\n");
    let line = text.lines().count();
    let said = refused(&text, &["--layers"]);
    assert!(said.starts_with(&format!("standard input:{line}:20: the patch changes")), "{said}");
    // The command line names layers as it names fixes.
    let said = refused(&blocked("\"9s\"", THREE), &["--layers", "--set", "layer.onn.removed_by.request.one.count=1"]);
    assert!(said.contains("`--set` changes `layer.onn`, which does not exist"), "{said}");
}
