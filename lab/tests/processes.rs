//! A browser ends with its session, however the program ends: no process and no folder is left.
//!
//! The test runs itself as another program that starts a session in a temporary folder of its own, ends that program in
//! each way, and then looks for processes that know the folder, and into the folder.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::disallowed_types, missing_docs)]

use sixslot_lab::{Engine, LabError, Session, Settings};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ENGINE: &str = "SIXSLOT_TEST_ENGINE";
const WAY: &str = "SIXSLOT_TEST_WAY";

/// The other program; as an ordinary test it does nothing.
#[test]
fn other_program() {
    let (Ok(engine), Ok(way)) = (std::env::var(ENGINE), std::env::var(WAY)) else { return };
    let engine = Engine::ALL.into_iter().find(|one| one.name() == engine).unwrap();
    let session = Session::start(engine, Settings { rest: Duration::ZERO, ..Settings::of(engine) }).unwrap();
    println!("started");
    match way.as_str() {
        "end" => drop(session),
        "panic" => panic!("as the test wants it, with {}", session.version()),
        "exit" => std::process::exit(3),
        _ => std::thread::sleep(Duration::from_secs(60)),
    }
}

fn other(engine: Engine, way: &str, folder: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["other_program", "--exact", "--nocapture"])
        .env(ENGINE, engine.name())
        .env(WAY, way)
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("started")), "{engine} did not start");
    child
}

/// Processes whose command line or environment names the folder.
fn processes(folder: &Path) -> Vec<String> {
    let name = folder.to_str().unwrap().as_bytes();
    let knows = |path: &Path| {
        let text = |file| std::fs::read(path.join(file)).unwrap_or_default();
        let has = |text: &[u8]| text.windows(name.len()).any(|part| part == name);
        (has(&text("cmdline")) || has(&text("environ"))).then(|| String::from_utf8_lossy(&text("cmdline")).into_owned())
    };
    let entries = std::fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let own = entries.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().parse::<u32>().is_ok()));
    own.filter_map(|path| knows(&path)).collect()
}

fn is_gone(engine: Engine, way: &str, folder: &Path) {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let left: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        let running = processes(folder);
        if left.is_empty() && running.is_empty() {
            return;
        }
        assert!(Instant::now() < until, "{engine}, {way}: {left:?} is left, and runs: {running:#?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn ends(engine: Engine, ways: &[&str]) {
    if let Err(LabError::NoBrowser { engine }) = engine.version() {
        println!("skipped: no {engine} on this machine");
        return;
    }
    for way in ways {
        let folder = tempfile::tempdir().unwrap();
        let mut child = other(engine, way, folder.path());
        if way.chars().all(char::is_uppercase) {
            assert!(!processes(folder.path()).is_empty(), "{engine}, {way}: nothing runs, so nothing is shown");
            assert!(Command::new("kill").args(["-s", way, &child.id().to_string()]).status().unwrap().success());
        }
        child.wait().unwrap();
        is_gone(engine, way, folder.path());
    }
}

#[test]
fn chromium_ends_in_every_way() {
    ends(Engine::Chromium, &["end", "panic", "exit", "INT", "TERM", "HUP", "KILL"]);
}

#[test]
fn firefox_ends_in_every_way() {
    ends(Engine::Firefox, &["end", "panic", "exit", "INT", "TERM", "HUP", "KILL"]);
}

#[test]
fn a_browser_that_does_not_start_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for engine in Engine::ALL {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["other_program", "--exact", "--nocapture"])
            .env(ENGINE, engine.name())
            .env(WAY, "end")
            .env("TMPDIR", folder.path())
            // Says a version and ends.
            .env(engine.variable(), "/bin/cat")
            .output()
            .unwrap();
        assert!(!output.status.success());
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains("it ended at once") || text.contains("it has ended"), "{text}");
        is_gone(engine, "no start", folder.path());
    }
}
