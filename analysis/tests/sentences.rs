//! The sentence with which every answer begins: adversarial scenarios with what is said of them, and what no sentence may say.
//!
//! Source: docs/words.md. `sentences/table.md` is what `run`, `check` and `compare` say of each scenario; the predicates here are
//! evaluated on loads that are simulated one by one.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "sentences/cases.rs"]
mod cases;
mod exported;
#[path = "../../models/tests/generator/mod.rs"]
mod generator;

use cases::{CASES, Case};
use generator::{Tape, scenario};
use rand::{Rng as _, SeedableRng as _};
use sixslot_analysis::comparison::{Comparisons, Measure, Settings, Word, compare_plans, variants};
use sixslot_analysis::data_interval::{DataInterval, Simulated};
use sixslot_analysis::estimate::Estimate;
use sixslot_analysis::import::import;
use sixslot_analysis::notes::notes;
use sixslot_analysis::sentence::Finding;
use sixslot_analysis::words::percent;
use sixslot_models::{Document, Extent, Load, LoadState, Plan};
use sixslot_statistics::stopping::Stopping;
use std::fmt::Write as _;
use std::sync::atomic::AtomicBool;

static NEVER: AtomicBool = AtomicBool::new(false);

fn document(text: &str) -> Document {
    Document::read("case", &format!("schema = 1\n{text}"), &[]).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// What the loads of a plan are, one by one.
fn states(plan: &Plan, loads: u64) -> Vec<LoadState> {
    let mut load = Load::new();
    let state = |number| {
        load.simulate(plan, 1, number, Extent::Whole).unwrap();
        load.verdict().state()
    };
    (0..loads).map(state).collect()
}

fn count(states: &[LoadState], wanted: LoadState) -> u64 {
    states.iter().filter(|state| **state == wanted).count() as u64
}

fn estimate(plan: &Plan, loads: u64, stopping: &Stopping) -> (Estimate, String) {
    let estimate = Estimate::run(plan, 1, stopping, loads, &NEVER, |_| ()).unwrap();
    let sentence = Finding::of_estimate(plan, 1, &estimate, 0).unwrap().sentence();
    (estimate, sentence)
}

fn compared(document: &Document, loads: u64) -> (Plan, Comparisons) {
    let (plan, variants) = variants(document, &[]).unwrap();
    let settings = Settings { seed: 1, loads, by: Measure::Failed };
    let found = compare_plans(&plan, &variants, settings, &NEVER, |_| ()).unwrap();
    (plan, found)
}

/// What is said of a plan is what its loads are.
fn tallies(plan: &Plan, loads: u64, sentence: &str) {
    let states = states(plan, loads);
    let (failed, late) = (count(&states, LoadState::Failed), count(&states, LoadState::Late));
    let begins = match failed {
        _ if !plan.load().can_fail => "Failure is not judged".to_owned(),
        0 => format!("None of {loads} loads fails ("),
        all if all == loads => format!("All {loads} loads fail ("),
        some => format!("{} of loads fail (", percent(some as f64 / loads as f64)),
    };
    assert!(sentence.starts_with(&begins), "{failed} of {loads}: {sentence}");
    let said = format!("{} are late", percent(late as f64 / loads as f64));
    assert_eq!(sentence.contains(" are late"), late > 0, "{sentence}");
    assert!(late == 0 || sentence.contains(&said), "{late} of {loads}: {sentence}");
    assert!(!sentence.contains("deadline") || plan.classes().iter().any(|class| class.deadline.is_some()));
}

/// "Fixes" means that no load fails and no more are late than without, at the horizon and at twice the horizon.
fn fixes_hold(document: &Document, found: &Comparisons, loads: u64) {
    for fix in found.fixes.iter().filter(|fix| fix.verdict == Some(Word::Fixes)) {
        let number = document.fix(&fix.fix).unwrap();
        for factor in [1, 2] {
            let at = |fixes: &[usize]| {
                let mut plan = document.plan(fixes, &[]).unwrap();
                plan.change_horizon(|horizon| horizon * factor);
                states(&plan, loads)
            };
            let (without, with) = (at(&[]), at(&[number]));
            assert_eq!(count(&with, LoadState::Failed), 0, "{}: {factor} horizons", fix.fix);
            assert!(count(&with, LoadState::Late) <= count(&without, LoadState::Late), "{}", fix.fix);
        }
    }
}

#[test]
fn every_command_says_of_the_table_what_it_says_here() {
    let mut table = "# What is said of adversarial scenarios\n\nWritten by `sentences.rs`.\n".to_owned();
    let mut wrong = Vec::new();
    for Case { name, text, loads, words, says, never } in CASES {
        let document = document(text);
        let plan = document.plan(&[], &[]).unwrap();
        let (one, run) = estimate(&plan, *loads, &Stopping::Fixed(*loads));
        let (_, check) = estimate(&plan, *loads, &Stopping::Decided(0.5));
        let _ = writeln!(table, "\n## {name}\n");
        one.notes.iter().for_each(|note| writeln!(table, "- note: {note}").unwrap());
        let _ = writeln!(table, "- `run`: {run}\n- `check`: {check}");
        tallies(&plan, one.loads, &run);
        let mut all = format!("{run} {check} {}", notes(&plan).join(" "));
        if !document.fixes.is_empty() {
            let (plan, found) = compared(&document, *loads);
            let compare = Finding::of_comparisons(&plan, 1, &found).unwrap().sentence();
            let _ = writeln!(table, "- `compare`: {compare}");
            tallies(&plan, *loads, &compare);
            fixes_hold(&document, &found, *loads);
            let mut of_fixes: Vec<(&str, Option<Word>)> =
                found.fixes.iter().map(|fix| (fix.fix.as_str(), fix.verdict)).collect();
            of_fixes.sort_by_key(|(fix, _)| document.fix(fix).unwrap());
            if of_fixes != *words {
                wrong.push(format!("{name}, {of_fixes:?}: {compare}"));
            }
            all.push_str(&compare);
        }
        for (wanted, texts) in [(true, says), (false, never)] {
            for text in *texts {
                if all.contains(text) != wanted {
                    wrong.push(format!("{name}, \"{text}\" is {}said: {all}", if wanted { "not " } else { "" }));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    imports(&mut table);
    let expected = include_str!("sentences/table.md");
    if table != expected {
        let path = std::env::temp_dir().join("sentences-table.md");
        std::fs::write(&path, &table).unwrap();
        panic!("the sentences changed; {} has the new ones", path.display());
    }
}

/// What is said of imports of three archives: one of them failed, all did, none did.
fn imports(table: &mut String) {
    let page = |deadline: &str| {
        let text = format!(
            "schema = 1\nhorizon = '30s'\n[request.document]\nurl = '/'\nservice = {{ distribution = 'log-normal', median = '60ms', sigma = 0.5 }}\n\
             [request.data]\nurl = '/api/data'\nafter = 'document.ok'\ndeadline = '{deadline}'\n\
             service = {{ distribution = 'log-normal', median = '2.2s', sigma = 0.6 }}\n\
             [load]\nready = ['data']\nfails = 'error-shown'\nerror = {{ request = 'data' }}\n"
        );
        exported::plan(&text, &[])
    };
    for (failed, deadline) in [(1, "3s"), (3, "1s"), (0, "20s")] {
        let original = page(deadline);
        let imported = |seed| import((0..3).map(|number| exported::archive(&original, seed, number)).collect());
        // A page without an error has no deadline that a fix could change.
        let fix = if failed > 0 { "[fix.patient]\npatch.request.data.deadline = '25s'\n" } else { "" };
        let draft = |seed| imported(seed).unwrap().text + fix;
        // The first seed with so many failing loads; where none fails, nothing is judged.
        let wanted = (failed > 0).then_some(failed);
        let documents = (1..60).map(|seed| Document::read("draft", &draft(seed), &[]).unwrap());
        let document = documents.into_iter().find(|document| document.evidence().unwrap().failed == wanted).unwrap();
        let plan = document.plan(&[], &[]).unwrap();
        let loads = 2_000;
        let estimate = Estimate::run(&plan, 1, &Stopping::Fixed(loads), loads, &NEVER, |_| ()).unwrap();
        let data = |simulated| DataInterval::of(&document, &[], 1, simulated, &NEVER).unwrap();
        let with = data(Simulated::of_estimate(&estimate));
        let run = Finding::of_estimate(&plan, 1, &estimate, 1).unwrap().with_data(with.as_ref()).sentence();
        let _ = writeln!(table, "\n## An import of three archives, {failed} of which failed\n\n- `run`: {run}");
        let (_, found) = compared(&document, loads);
        let with = data(Simulated::of_comparisons(&found));
        let compare = Finding::of_comparisons(&plan, 1, &found).unwrap().with_data(with.as_ref()).sentence();
        let _ = writeln!(table, "- `compare`: {compare}");
        // An import that judges nothing says that this is its rule, not that its deadlines cannot strike.
        assert_eq!(notes(&plan).iter().any(|note| note.contains("has fails = \"nothing\"")), failed == 0);
        for said in [run, compare] {
            assert_eq!(said.contains("interval with the uncertainty of the archives"), failed > 0, "{said}");
            assert_eq!(said.contains("Failure is not judged"), failed == 0, "{said}");
        }
        // Three loads say little: the interval is wide although thousands were simulated, and no model misses them by chance.
        assert!(with.as_ref().is_none_or(|data| data.missed().is_none()), "{table}");
        assert!(with.is_none_or(|data| data.interval.half_width() > 0.2), "{table}");
    }
}

#[test]
fn no_random_scenario_makes_a_sentence_false() {
    const WORDS: [Word; 6] = [Word::Worse, Word::Fixes, Word::Hides, Word::Reduces, Word::Faster, Word::Nothing];
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(13);
    let (loads, mut words, mut simulated) = (60, Vec::new(), 0);
    let has_all = |words: &[Word]| WORDS.iter().all(|word| words.contains(word));
    while simulated < 120 || simulated < 600 && !has_all(&words) {
        let tape: Vec<u32> = (0..600).map(|_| random.next_u32()).collect();
        let fixes = "\n[fix.wide.patch.browser]\nconnections = 40\nconnections_total = 200
            [fix.patient]\npatch.request.r0.deadline = '24h'\n";
        let text = scenario(&mut Tape::new(&tape)).text + fixes;
        let narrow = ["browser.connections=1".to_owned()];
        let Ok(document) = Document::read("random", &text, &narrow) else { continue };
        simulated += 1;
        let (plan, found) = compared(&document, loads);
        tallies(&plan, loads, &Finding::of_comparisons(&plan, 1, &found).unwrap().sentence());
        tallies(&plan, loads, &estimate(&plan, loads, &Stopping::Fixed(loads)).1);
        fixes_hold(&document, &found, loads);
        words.extend(found.fixes.iter().filter_map(|fix| fix.verdict));
    }
    for word in WORDS {
        assert!(words.contains(&word), "no random fix has the word {word}: {words:?}");
    }
}

/// How the cause fails is said where it fails so in each of the loads that fail, and only there.
#[test]
fn how_a_call_fails_is_said_where_it_is_so() {
    let said = |keys: &str| {
        let document = document(&format!("request.a = {{ {keys} }}\nload.ready = [\"a\"]"));
        estimate(&document.plan(&[], &[]).unwrap(), 300, &Stopping::Fixed(300)).1
    };
    let service = "service = \"200ms\"";
    for (keys, clause) in [
        ("status = { 503 = 0.3 }", Some("is answered with HTTP status 503, and spends 200 ms of its 202 ms")),
        ("status = { 503 = 0.3, 500 = 0.3 }", Some("is answered with an error status, and spends")),
        ("status = { 503 = 0.3 }, fails_on = []", None),
        ("status = { 503 = 0.3 }, deadline = \"100ms\"", None),
        ("reset = 0.3", Some("loses its connection in the middle of the answer, and spends")),
        ("refused = 0.3", Some("`a` finds its connection refused.")),
        ("refused = 0.3, reset = 0.3", Some("fails at the network or with an error status, and spends")),
    ] {
        let sentence = said(&format!("{service}, {keys}"));
        let clauses = ["is answered with", "loses its connection", "connection refused", "fails at the network"];
        match clause {
            Some(clause) => assert!(sentence.contains(clause), "{keys}: {sentence}"),
            None => assert!(!clauses.iter().any(|clause| sentence.contains(clause)), "{keys}: {sentence}"),
        }
    }
}
