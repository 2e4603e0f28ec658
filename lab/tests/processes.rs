//! A browser ends with its session, however the program ends: no process and no folder is left.
//!
//! The test runs itself as another program that starts a session in a temporary folder of its own, ends that program in
//! each way, and then looks for processes that know the folder, and into the folder.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::disallowed_types, missing_docs)]

use sixslot_lab::{Engine, LabError, Session, Settings};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
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

/// Entries in /proc of the processes whose command line or environment names the folder.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let name = folder.to_str().unwrap().as_bytes();
    let names = |path: &Path| {
        let has =
            |file| std::fs::read(path.join(file)).unwrap_or_default().windows(name.len()).any(|part| part == name);
        has("cmdline") || has("environ")
    };
    let all = std::fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let is_process = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().parse::<u32>().is_ok();
    all.filter(is_process).filter(|path| names(path)).collect()
}

/// Command lines of the processes that name the folder.
fn processes(folder: &Path) -> Vec<String> {
    let line = |path: PathBuf| std::fs::read_to_string(path.join("cmdline")).unwrap_or_default();
    entries(folder).into_iter().map(line).collect()
}

/// Sockets of these processes that listen on a TCP port, as lines of /proc/net/tcp and tcp6.
fn listening(processes: &[PathBuf]) -> Vec<String> {
    let open = |path: &PathBuf| std::fs::read_dir(path.join("fd")).into_iter().flatten().flatten().collect::<Vec<_>>();
    let links = processes.iter().flat_map(open).filter_map(|entry| std::fs::read_link(entry.path()).ok());
    let sockets: Vec<String> = links.map(|link| link.to_string_lossy().into_owned()).collect();
    let mut found = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in std::fs::read_to_string(table).unwrap_or_default().lines().skip(1) {
            // Columns of proc(5): the fourth is the state (0A: listening), the tenth the inode.
            let columns: Vec<&str> = line.split_whitespace().collect();
            if columns[3] == "0A" && sockets.contains(&format!("socket:[{}]", columns[9])) {
                found.push(line.to_owned());
            }
        }
    }
    found
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

/// Another user of the machine cannot control the browser: it can be reached by no port.
#[test]
fn a_browser_listens_on_no_port() {
    for engine in Engine::ALL {
        if let Err(LabError::NoBrowser { engine }) = engine.version() {
            println!("skipped: no {engine} on this machine");
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut child = other(engine, "stay", folder.path());
        let browser = entries(folder.path()).into_iter().filter(|path| !path.ends_with(child.id().to_string()));
        let browser: Vec<PathBuf> = browser.collect();
        assert!(browser.len() > 2, "{engine}: {browser:?}");
        assert_eq!(listening(&browser), Vec::<String>::new(), "{engine}");
        // The program under test does listen, for its pages: the search finds what there is.
        assert!(!listening(&[PathBuf::from(format!("/proc/{}", child.id()))]).is_empty());
        child.kill().unwrap();
        child.wait().unwrap();
        is_gone(engine, "stay", folder.path());
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
fn webkit_ends_in_every_way() {
    ends(Engine::Webkit, &["end", "panic", "exit", "INT", "TERM", "HUP", "KILL"]);
}

#[test]
fn a_browser_that_does_not_start_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // Without a display the third is not even tried.
    for engine in Engine::ALL.into_iter().filter(|engine| *engine != Engine::Webkit || engine.find().is_some()) {
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
        assert!(text.contains("the browser has ended"), "{text}");
        is_gone(engine, "no start", folder.path());
    }
}
