//! Broken scenarios: each is refused with a message that names the fault, at its line and column, with advice, at once.
//!
//! The cases and their messages are in broken/cases.txt. Reading a text that is long, deeply nested or damaged does not
//! panic and does not take long.

#![allow(clippy::unwrap_used, missing_docs)]
#![expect(clippy::disallowed_types, reason = "a limit on real time is what is tested")]

use sixslot_models::faults::faults as all_faults;
use sixslot_models::load::{Extent, Load, LoadError};
use sixslot_models::{Document, ScenarioError};
use std::time::{Duration, Instant};

const PAGE: &str = "[request.page]\n[load]\nready = [\"page\"]";
const DESIGN: &str = include_str!("broken/design.toml");

/// Reads a scenario, which takes milliseconds: only a text that hangs the reader exceeds the bound, even on a busy machine.
fn read(text: &str, sets: &[String]) -> Result<Document, ScenarioError> {
    let start = Instant::now();
    let read = Document::read("scenario", text, sets);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?} for {text:.200}", start.elapsed());
    read
}

fn refused(text: &str, sets: &[String]) -> String {
    read(text, sets).expect_err("it is broken").to_string()
}

#[test]
fn every_fault_is_named_at_its_place() {
    let cases = include_str!("broken/cases.txt");
    let mut faults = Vec::new();
    let mut count = 0;
    for case in cases.split("\n==== ").skip(1) {
        let (name, rest) = case.split_once('\n').unwrap();
        let (input, expected) = rest.split_once("---- ").unwrap();
        let (sets, lines): (Vec<&str>, Vec<&str>) = input.lines().partition(|line| line.starts_with("--set "));
        let sets: Vec<String> = sets.iter().map(|set| set["--set ".len()..].to_owned()).collect();
        let text = lines.join("\n").replace("@page", PAGE);
        let said = refused(&text, &sets);
        let source = if sets.is_empty() { "scenario" } else { "--set" };
        if said != format!("{source}:{}", expected.trim_end()) {
            faults.push(format!("{name}: {said}"));
        }
        // Among all faults it is there too, once, and so is every other.
        let all: Vec<String> = all_faults("scenario", &text, &sets).iter().map(ToString::to_string).collect();
        if all.iter().filter(|one| **one == said).count() != 1 || (1..all.len()).any(|at| all[..at].contains(&all[at]))
        {
            faults.push(format!("{name}: {said} among {all:#?}"));
        }
        count += 1;
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(count >= 150, "{count} cases");
}

/// What is missing is supplied, so that the rest is read too.
#[test]
fn faults_behind_a_missing_schema_are_found() {
    let found = all_faults("scenario", "[request.a]\ndeadlin = \"8s\"\n", &[]);
    let found: Vec<&str> = found.iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!(found, ["`schema` is missing", "`load` is missing", "unknown key `deadlin`"]);
}

#[test]
fn a_text_has_a_limit() {
    let said = refused(&format!("schema = 1\n{PAGE}\n# {}", "x".repeat(17 << 20)), &[]);
    assert!(said.contains("the limit is 16777216"), "{said}");
    // The longest that is read.
    let text = format!("schema = 1\n{PAGE}\n# ");
    let longest = format!("{text}{}", "x".repeat((16 << 20) - text.len()));
    assert!(read(&longest, &[]).is_ok());
    assert!(read(&format!("{longest}x"), &[]).is_err());
}

#[test]
fn depth_has_a_limit() {
    const DEEP: usize = 10_000;
    let nested = |open: &str, close: &str| format!("schema = {}1{}", open.repeat(DEEP), close.repeat(DEEP));
    let dotted = |parts: usize| format!("a{}", ".a".repeat(parts - 1));
    // As deep as the TOML parser allows: it limits brackets and the parts of a dotted key separately.
    let mixed =
        format!("schema = 1\n{}1{}", format!("{} = {{", dotted(79)).repeat(78), "}".repeat(78)).replace("{1", "{b = 1");
    let texts = [
        nested("[", "]"),
        nested("[", ""),
        nested("{ a = ", " }"),
        nested("{ a = [", "] }"),
        format!("schema = 1\n{} = 1\n{PAGE}", dotted(DEEP)),
        format!("schema = 1\n{PAGE}\n[{}]", dotted(DEEP)),
        format!("schema = 1\n{PAGE}\n[[{}]]", dotted(DEEP)),
        mixed,
    ];
    for text in texts {
        let said = refused(&text, &[]);
        assert!(said.contains("recurs") || said.contains("more than 32 deep"), "{said}");
    }
    let text = format!("schema = 1\n{PAGE}");
    let said = refused(&text, &[format!("{}=1", dotted(DEEP))]);
    assert!(said.contains("the path has 10000 parts, the limit is 32"), "{said}");
    assert!(read(&text, &[format!("title={}", "[".repeat(DEEP))]).is_ok(), "no TOML value, so a bare word");
}

#[test]
fn numbers_of_tables_have_limits() {
    let many = |count: usize, table: &str| -> String {
        (0..count).map(|number| table.replace('#', &number.to_string())).collect()
    };
    for table in ["[request.r#]\n", "[socket.s#]\nkind = \"websocket\"\n", "[origin.o#]\n", "[queue.q#]\nlimit = 1\n"] {
        let said = refused(&format!("schema = 1\n{PAGE}\n{}", many(20_000, table)), &[]);
        assert!(said.contains("the limit is 2000 tables"), "{said}");
    }
    let half = many(1_500, "[request.r#]\n[socket.s#]\nkind = \"websocket\"\n");
    let said = refused(&format!("schema = 1\n{half}{PAGE}\n"), &[]);
    assert!(said.contains("the limit is 2000 requests, sockets and background calls"), "{said}");
    let said = refused(&format!("schema = 1\n{PAGE}\n[parameters]\n{}", many(65, "p# = 1\n")), &[]);
    assert!(said.contains("the limit is 64 parameters"), "{said}");
    let said = refused(&format!("schema = 1\n{PAGE}\n{}", many(65, "[fix.f#]\npatch.title = \"x\"\n")), &[]);
    assert!(said.contains("the limit is 64 fixes"), "{said}");
    let sweep = |p: usize, q: usize| {
        let (p, q) = ("1, ".repeat(p), "1, ".repeat(q));
        format!("schema = 1\n{PAGE}\n[parameters]\np = 1\nq = 1\n[sweep]\np = [{p}]\nq = [{q}]")
    };
    let said = refused(&sweep(1_000, 101), &[]);
    assert!(said.contains("the sweep has 101000 cells, the limit is 100000"), "{said}");
    let said = refused(&sweep(10_001, 1), &[]);
    assert!(said.contains("the list has 10001 elements, the limit is 10000"), "{said}");
    let looks_up = |count: usize| {
        let names = "\"ps\", ".repeat(count);
        format!("schema = 1\n{PAGE}\n[server_cache.ps]\nttl = \"1s\"\n[request.a]\nlooks_up = [{names}]")
    };
    assert!(read(&looks_up(100), &[]).is_ok());
    let said = refused(&looks_up(101), &[]);
    assert!(said.contains("the list has 101 elements, the limit is 100"), "{said}");
    let said = refused(&format!("schema = 1\n{PAGE}\n{}", many(11, "[layer.l#]\nremoved_by.title = \"x\"\n")), &[]);
    assert!(said.contains("the limit is 10 layers"), "{said}");
    let per = |count| {
        format!(
            "schema = 1\n{PAGE}\n[parameters]\np = 1\n[request.a]\nwork.per = {{ {} }}",
            many(count, "\"p#\" = \"1ms\", ")
        )
    };
    let said = refused(&per(101), &[]);
    assert!(said.contains("the limit is 100 terms"), "{said}");
}

#[test]
fn long_names_chains_and_patches_take_no_time() {
    let patch: String = (0..30_000).map(|number| format!("patch.server.w{number} = 1\n")).collect();
    let text = format!("schema = 1\n[server]\nworkers = 1\n{PAGE}\n[fix.f]\n{patch}");
    assert!(refused(&text, &[]).contains("unknown key `w0`"));
    let (long, other) = ("a".repeat(400_000), "b".repeat(64));
    let text = format!("schema = 1\n[request.{other}]\n[request.page]\n[load]\nready = [\"{long}\"]");
    assert!(refused(&text, &[]).contains("there is no request or socket"));
    let chain: String =
        (0..1_990).map(|number| format!("[request.r{number}]\nafter = \"r{}.ok\"\n", number + 1)).collect();
    let fixes: String = (0..20).map(|number| format!("[fix.f{number}]\npatch.title = \"x\"\n")).collect();
    assert!(read(&format!("schema = 1\n{PAGE}\n{chain}[request.r1990]\n{fixes}"), &[]).is_ok());
    let said = refused(&format!("schema = 1\n{PAGE}\n{chain}[request.r1990]\nafter = \"r900.ok\"\n"), &[]);
    assert!(said.contains("`after` forms a cycle: r900 after r901"), "{said:.200}");
}

/// A class of as many instances as may be, each with a cause of its own, twice: read, checked and simulated at once.
#[test]
fn the_longest_lists_of_copies_take_no_time() {
    let list = |name: &str, cause: &dyn Fn(usize) -> String| {
        let entries: String = (0..20_000)
            .map(|copy| {
                let url = format!("/{name}/{copy}/{}", "x".repeat(300));
                format!("  {{ url = \"{url}\", {}, service = \"{copy}us\" }},\n", cause(copy))
            })
            .collect();
        format!("[request.{name}]\neach = [\n{entries}]\n")
    };
    let one = list("one", &|copy| format!("start = \"{copy}us\""));
    let two = list("two", &|copy| format!("after = [\"one[{copy}].ok\", \"one[{}].headers\"]", 19_999 - copy));
    let text = format!("schema = 1\nhorizon = \"10m\"\n{PAGE}\n{one}{two}[request.three]\nafter = \"two.ok\"");
    let document = read(&text, &[]).unwrap();
    let plan = document.plan(&[], &[]).unwrap();
    let mut load = Load::new();
    load.simulate(&plan, 1, 0, Extent::Whole).unwrap();
    assert_eq!(load.requests().len(), 40_002);
    let chain = list("one", &|copy| format!("after = \"one[{}].ok\"", (copy + 1) % 20_000));
    let said = refused(&format!("schema = 1\n{PAGE}\n{chain}"), &[]);
    assert!(said.contains("cycle: one[0] after one[1]") && said.contains("... after one[0]"), "{said:.300}");
}

/// A parameter that is mostly small can be drawn too large: that load is refused, and nothing is allocated for it.
#[test]
fn a_draw_beyond_the_limits_is_an_error_of_its_load() {
    let refused = |text: &str| {
        let document = read(text, &[]).unwrap();
        let plan = document.plan(&[], &[]).unwrap();
        let mut load = Load::new();
        (0..20).find_map(|number| load.simulate(&plan, 1, number, Extent::Whole).err()).expect("a load is too large")
    };
    let parameter = "[parameters]\np = { distribution = \"uniform\", low = -4e9, high = 1e6 }";
    let tabs = format!("schema = 1\n{parameter}\n[browser]\ntabs = {{ base = 1, per = {{ p = -1 }} }}\n{PAGE}");
    assert!(matches!(refused(&tabs), LoadError::Tabs { .. }));
    let copies = format!("schema = 1\n{parameter}\n[request.many]\ncount = {{ base = 1, per = {{ p = -1 }} }}\n{PAGE}");
    assert!(matches!(refused(&copies), LoadError::Requests { .. }));
}

#[test]
fn the_example_of_the_design_is_accepted() {
    let document = read(DESIGN, &[]).unwrap();
    assert_eq!(document.title, "The design's example");
    let axes: Vec<(&str, usize)> =
        document.sweep.axes.iter().map(|axis| (axis.parameter.as_str(), axis.values.len())).collect();
    assert_eq!(axes, [("projects", 6), ("sessions", 5)]);
    assert_eq!(document.sweep.fix_sets, [vec![], vec![0]]);
    let count = |fixes: &[usize], projects: f64| {
        let plan = document.plan(fixes, &[("projects", projects), ("sessions", 20.0)]).unwrap();
        let prefetch = plan.classes().iter().position(|class| class.name == "prefetch").unwrap();
        let mut load = Load::new();
        load.simulate(&plan, 1, 0, Extent::Whole).unwrap();
        assert!(load.verdict().ready.is_some() || load.verdict().error.is_some());
        load.requests().iter().filter(|request| request.class == prefetch).count()
    };
    assert_eq!((count(&[], 5.0), count(&[], 8.0), count(&[0], 8.0)), (5, 8, 0));
}

/// The example and all shipped scenarios.
fn shipped() -> Vec<String> {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios")).unwrap();
    let mut paths: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let texts = paths.iter().map(|path| std::fs::read_to_string(path).unwrap());
    [DESIGN.to_owned()].into_iter().chain(texts).collect()
}

#[test]
fn damage_does_no_harm() {
    const REPLACEMENTS: &[char] = &['"', '[', '}', '=', '.', '9', '-', '\n', '\0', 'é'];
    for text in shipped() {
        let cuts = text.char_indices().map(|(at, _)| at).step_by(7);
        for at in cuts.clone() {
            let _ = read(&text[..at], &[]);
            let _ = read(&text[at..], &[]);
        }
        for (turn, at) in cuts.enumerate() {
            let next = text[at..].chars().next().map_or(at, |character| at + character.len_utf8());
            for number in 0..2 {
                let replacement = REPLACEMENTS[(turn + 3 * number) % REPLACEMENTS.len()];
                let _ = read(&format!("{}{replacement}{}", &text[..at], &text[next..]), &[]);
            }
        }
    }
}
