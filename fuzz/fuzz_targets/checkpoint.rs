//! Any lines as the checkpoint of a sweep: what is read joins, and a line that is not used is named.
//!
//! A record counts only with its checksum, which no fuzzer guesses. So each line gets the right one, but for those that begin with
//! `!`, which stay as they are.
#![no_main]

use sixslot_analysis::sweep::{Recipe, Sweep, VERSION, sha256};
use sixslot_experiments::sweep::checkpoint::{self, UNFINISHED};
use std::fmt::Write as _;
use std::sync::LazyLock;

const TEXT: &str = "schema = 1\n[parameters]\nn = 1\n[request.a]\ncount = \"n\"\nservice = \"1s\"\ndeadline = \"900ms\"\n[load]\n\
                    ready = [\"a\"]\n[sweep]\nn = [1, 2, 3]\nloads = 100\n";

static SWEEP: LazyLock<Sweep> = LazyLock::new(|| {
    let recipe = serde_json::json!({ "scenario": "a.toml", "text": TEXT, "version": VERSION, "set": [], "seed": 1 });
    let recipe: Recipe = serde_json::from_value(recipe).expect("a recipe");
    Sweep::new(recipe).expect("the scenario is sound")
});

fn with_checksums(text: &str) -> String {
    let mut lines = String::new();
    for (number, body) in text.lines().enumerate() {
        let identity = if number == 0 { String::new() } else { SWEEP.manifest().identity() };
        let _ = match body.strip_prefix('!') {
            Some(raw) => writeln!(lines, "{raw}"),
            None => writeln!(lines, "{{\"sha256\":\"{}\",{body}", sha256(format!("{identity}{body}"))),
        };
    }
    lines
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(UNFINISHED), with_checksums(text)).expect("a file");
    let _ = checkpoint::recipe(folder.path()).map(Sweep::new);
    if let Ok(Some(content)) = checkpoint::read(folder.path(), &SWEEP) {
        let (cells, _) = content.done.clone().cells(SWEEP.loads());
        assert!(cells.iter().all(|(cell, result)| *cell < SWEEP.cells() && SWEEP.check(result).is_ok()));
        let mut both = content.done.clone();
        both.merge(content.done, folder.path()).expect("a folder agrees with itself");
    }
});
