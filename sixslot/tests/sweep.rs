//! Sweeps through the binary: the same bytes whatever the number of threads, the kills and the shards; and nothing lost.

#![allow(clippy::unwrap_used, missing_docs)]

mod binary;

use binary::{command, complaint, done, refused, sixslot, workspace};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

const SCENARIO: &str = "scenarios/issue-1855.toml";
const CELLS: usize = 40;
/// Loads of a cell where a sweep has to last long enough to be killed in the middle: some three seconds on two cores.
const LONG: u64 = 16_000;
const SHORT: u64 = 300;

/// The SHA-256 of the sweep.csv of the shipped scenario at 200 loads. A change of it means that the same scenario and seed give other numbers
/// than before. If that is what you wanted, put the new hash here and an entry under "Results-changing" in CHANGELOG.md,
/// and make the shipped sweeps in results/ again; if not, something that should not have changed the results did.
const GOLDEN: &str = "e06c13d1bdbdb4606017963e731f4fb5095eb320a6533d21d388e7a843f3f946";

/// A folder that does not exist yet, in one that goes away with the test. Its name is the same each time: the README names
/// it in the command that makes the sweep again.
fn new_folder() -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("sweep");
    (parent, folder)
}

fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The arguments of a small sweep: 10 sets of fixes at 4 points.
fn arguments<'a>(out: &'a Path, loads: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let sets = ["--set", "sweep.projects=[2,8]", "--set", "sweep.sessions=[10,40]"];
    [&["sweep", SCENARIO, "--loads", loads, "--out", name(out)], &sets[..], more].concat()
}

fn sweep(out: &Path, loads: u64, more: &[&str]) -> String {
    done(&arguments(out, &loads.to_string(), more))
}

/// Every file of a folder with its bytes, hidden ones too.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

/// Asserts that two folders hold the same files with the same bytes.
fn assert_same(found: &BTreeMap<String, Vec<u8>>, expected: &BTreeMap<String, Vec<u8>>) {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (file, bytes) in expected {
        assert!(found[file] == *bytes, "{file} differs");
    }
}

/// The files of the short sweep, and of the long one with the time that it took.
static EXPECTED_SHORT: LazyLock<BTreeMap<String, Vec<u8>>> = LazyLock::new(|| {
    let (_parent, folder) = new_folder();
    sweep(&folder, SHORT, &["--jobs", "1"]);
    files(&folder)
});
static EXPECTED_LONG: LazyLock<(BTreeMap<String, Vec<u8>>, Duration)> = LazyLock::new(|| {
    let (_parent, folder) = new_folder();
    let begun = Instant::now();
    sweep(&folder, LONG, &["--jobs", "2"]);
    (files(&folder), begun.elapsed())
});

fn start_long(folder: &Path) -> Child {
    let loads = LONG.to_string();
    let arguments = arguments(folder, &loads, &["--jobs", "2", "--resume"]);
    command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Cells that the checkpoint in a folder has whole; the first line says which sweep it is.
fn finished_cells(folder: &Path) -> usize {
    let text = std::fs::read(folder.join("unfinished.jsonl")).unwrap_or_default();
    text.iter().filter(|byte| **byte == b'\n').count().saturating_sub(1)
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    assert!(EXPECTED_SHORT.keys().map(String::as_str).eq([
        "README.md",
        "SHA256SUMS",
        "curve-projects.svg",
        "curve-sessions.svg",
        "failure-probability.svg",
        "manifest.json",
        "sweep.csv",
        "time-to-ready.svg"
    ]));
    for jobs in ["2", "5"] {
        let (_parent, folder) = new_folder();
        sweep(&folder, SHORT, &["--jobs", jobs]);
        assert_same(&files(&folder), &EXPECTED_SHORT);
    }
}

/// Kills the sweep with SIGKILL at pseudo-random moments, some 14 times in its whole length, and resumes it each time.
#[test]
fn killed_and_resumed_it_writes_the_same_bytes() {
    let (expected, whole) = &*EXPECTED_LONG;
    let mut random = 1_855_u64;
    let (mut kills, mut in_the_middle) = (0, 0);
    for _round in 0..5 {
        let (_parent, folder) = new_folder();
        let mut of_round = 0;
        loop {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let part = 0.03 + 0.1 * ((random >> 33) as f64 / (1_u64 << 31) as f64);
            let mut child = start_long(&folder);
            // At last it may end: what follows the finished cells takes longer than these moments on a slow machine.
            if of_round == 14 {
                assert!(child.wait().unwrap().success());
                break;
            }
            std::thread::sleep(whole.mul_f64(part));
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success(), "{:?}", child.wait_with_output());
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            of_round += 1;
            in_the_middle += usize::from((1..CELLS).contains(&finished_cells(&folder)));
        }
        assert_same(&files(&folder), expected);
        if kills >= 10 {
            break;
        }
    }
    println!("{kills} kills, {in_the_middle} of them with some cells finished; the whole takes {whole:?}");
    assert!(kills >= 10 && in_the_middle >= 5, "{kills} kills, {in_the_middle} in the middle");
}

#[cfg(unix)]
#[test]
fn an_interrupt_keeps_the_finished_cells() {
    let (_parent, folder) = new_folder();
    let child = start_long(&folder);
    let begun = Instant::now();
    while finished_cells(&folder) < 3 {
        assert!(begun.elapsed() < Duration::from_secs(60), "no cell gets finished");
        std::thread::sleep(Duration::from_millis(5));
    }
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    let kept = finished_cells(&folder);
    assert_eq!(output.status.code(), Some(130));
    let reason = complaint(&output);
    assert!(
        reason.contains(&format!("{kept} of {CELLS} cells are finished")) && reason.contains("--resume"),
        "{reason}"
    );
    assert!((3..CELLS).contains(&kept));
    assert_eq!(files(&folder).keys().collect::<Vec<_>>(), ["unfinished.jsonl"]);
    let checkpoint = std::fs::read_to_string(folder.join("unfinished.jsonl")).unwrap();
    sweep(&folder, LONG, &["--resume", "--jobs", "2"]);
    assert_same(&files(&folder), &EXPECTED_LONG.0);
    assert!(checkpoint.ends_with('\n'));
}

#[test]
fn shards_merge_to_the_same_bytes() {
    for parts in [1, 3, CELLS + 1] {
        let parent = tempfile::tempdir().unwrap();
        let folder = |part: usize| parent.path().join(format!("part{part}"));
        let folders: Vec<PathBuf> = (1..=parts).map(folder).collect();
        for (index, folder) in folders.iter().enumerate() {
            sweep(folder, SHORT, &["--shard", &format!("{}/{parts}", index + 1)]);
            assert_eq!(files(folder).keys().collect::<Vec<_>>(), ["unfinished.jsonl"]);
        }
        let out = parent.path().join("sweep");
        let names: Vec<&str> = folders.iter().map(|folder| name(folder)).collect();
        if parts == 3 {
            let reason = refused(&["merge", names[0], names[2], "--out", name(&out)]);
            assert!(reason.contains("13 of 40 cells are in none of the folders"), "{reason}");
        }
        // In any order, and a part twice does no harm.
        let named: Vec<&str> = names.iter().rev().copied().chain([names[0]]).collect();
        done(&[&["merge"], &named[..], &["--out", name(&out)]].concat());
        assert_same(&files(&out), &EXPECTED_SHORT);
    }
}

#[test]
fn a_merge_says_what_it_needs() {
    let (parent, folder) = new_folder();
    sweep(&folder, SHORT, &[]);
    let out = parent.path().join("all");
    let reason = refused(&["merge", name(&folder), "--out", name(&out)]);
    assert!(reason.contains("holds no part of a sweep"), "{reason}");
    let [one, other] = ["one", "other"].map(|part| parent.path().join(part));
    sweep(&one, SHORT, &["--shard", "1/2"]);
    sweep(&other, SHORT, &["--shard", "2/2", "--seed", "2"]);
    let reason = refused(&["merge", name(&one), name(&other), "--out", name(&out)]);
    assert!(reason.contains("other settings"), "{reason}");
    assert!(!out.exists());
}

/// Each refusal has exit code 2, says what to do, and leaves every byte of the folder as it was.
#[test]
fn it_refuses_and_loses_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let refuses = |folder: &Path, loads: &str, more: &[&str], reason: &str| {
        let before = files(folder);
        let said = refused(&arguments(folder, loads, more));
        assert!(said.contains(reason), "{said}");
        assert_same(&files(folder), &before);
    };
    let foreign = parent.path().join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("thesis.txt"), "years of work").unwrap();
    refuses(&foreign, "300", &[], "is not empty and contains no sweep");
    refuses(&foreign, "300", &["--resume"], "is not empty and contains no sweep");
    // A folder of another program that has a manifest.json too.
    std::fs::write(foreign.join("manifest.json"), r#"{"name": "my web extension", "manifest_version": 3}"#).unwrap();
    std::fs::write(foreign.join("README.md"), "mine").unwrap();
    refuses(&foreign, "300", &[], "is not empty and contains no sweep");
    let unfinished = parent.path().join("sweep");
    sweep(&unfinished, SHORT, &["--shard", "1/2"]);
    refuses(&unfinished, "301", &["--resume"], "other settings");
    refuses(&unfinished, "300", &["--resume", "--seed", "2"], "other settings");
    refuses(&unfinished, "300", &["--resume", "--set", "parameters.sessions=11"], "other settings");
    refuses(&unfinished, "300", &["--set", "request.sesion.deadline=9s"], "did you mean `session`?");
    refuses(&unfinished, "0", &["--resume"], "0 is not a whole number from 1 to");
    for shard in ["0/3", "4/3", "1/0", "x", "1"] {
        refuses(&unfinished, "300", &["--shard", shard], "such as 1/4");
    }
    // A file of the same name as the folder.
    let file = parent.path().join("file");
    std::fs::write(&file, "precious").unwrap();
    refused(&arguments(&file, "300", &[]));
    assert_eq!(std::fs::read(&file).unwrap(), b"precious");
    // With its own settings it goes on, and a finished sweep may be made again.
    sweep(&unfinished, SHORT, &[]);
    assert_same(&files(&unfinished), &EXPECTED_SHORT);
    sweep(&unfinished, SHORT, &["--resume"]);
    assert_same(&files(&unfinished), &EXPECTED_SHORT);
}

/// A kill can cut the last line of the checkpoint anywhere, and leave a file that was being written.
#[test]
fn a_torn_last_line_is_dropped() {
    let (_parent, folder) = new_folder();
    sweep(&folder, SHORT, &["--shard", "1/1"]);
    let checkpoint = std::fs::read(folder.join("unfinished.jsonl")).unwrap();
    let last_line = checkpoint.trim_ascii_end().iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for cut in [last_line + 1, last_line + 20, (last_line + checkpoint.len()) / 2, checkpoint.len() - 1] {
        let (_parent, folder) = new_folder();
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("unfinished.jsonl"), &checkpoint[..cut]).unwrap();
        std::fs::write(folder.join(".writing-sweep-x7Y2"), "half a fi").unwrap();
        sweep(&folder, SHORT, &["--resume"]);
        assert_same(&files(&folder), &EXPECTED_SHORT);
    }
}

/// What is written depends on the scenario's name as the user typed it, and on no other path, host, time or user.
#[test]
fn no_file_names_a_place_of_this_machine() {
    let (_parent, folder) = new_folder();
    sweep(&folder, SHORT, &["--jobs", "2"]);
    let workspace = workspace();
    let home = std::env::var("HOME").unwrap_or_else(|_| "/root".to_owned());
    for (file, bytes) in files(&folder) {
        let text = String::from_utf8(bytes).unwrap();
        for place in [name(&folder), name(&workspace), name(&std::env::temp_dir()), &home] {
            assert!(place.len() < 3 || !text.contains(&format!("{place}/")), "{file} names {place}");
        }
        assert_eq!(text.contains(SCENARIO), ["manifest.json", "README.md"].contains(&file.as_str()), "{file}");
    }
}

/// The table has a row for each cell, and the full grid of the shipped scenario has the pinned bytes.
#[test]
fn the_shipped_sweep_has_its_golden_bytes() {
    let (_parent, folder) = new_folder();
    let output = sixslot(&["sweep", SCENARIO, "--loads", "200", "--out", name(&folder)]);
    assert!(output.status.success(), "{}", complaint(&output));
    let bytes = std::fs::read(folder.join("sweep.csv")).unwrap();
    let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let rows = bytes.iter().filter(|byte| **byte == b'\n').count() - 1;
    assert!(String::from_utf8_lossy(&output.stdout).contains(&format!("\n{rows} cells of 200 loads")));
    assert_eq!(hash, GOLDEN, "the results changed: see GOLDEN in tests/sweep.rs");
}
