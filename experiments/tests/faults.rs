//! A sweep whose disk fails, tears a write or ends the process at each call, and checkpoints that were changed: nothing is
//! lost, nothing is half, and the same command again writes the same bytes.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_analysis::sweep::{Recipe, Sweep, VERSION, sha256};
use sixslot_experiments::files::{Disk, Files, System, WRITING};
use sixslot_experiments::sweep::{self, SweepError, Watch, Work, checkpoint};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Error, Result, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const SCENARIO: &str = r#"
schema = 1
title = "faults"
horizon = "5s"
[parameters]
prefetches = 2
[request.page]
url = "/page"
deadline = "700ms"
service = { distribution = "exponential", mean = "300ms" }
[request.prefetch]
url = "/prefetch/{index}"
count = "prefetches"
service = { distribution = "exponential", mean = "400ms" }
[load]
ready = ["page"]
error = { request = "page", failures = 1 }
fails = "error-shown"
[fix.no-prefetch]
title = "no prefetch"
patch.request.prefetch.count = 0
[sweep]
prefetches = [2, 9]
fixes = "each"
loads = 12
"#;
const CELLS: usize = 4;

fn recipe() -> Recipe {
    let (version, scenario) = (VERSION.to_owned(), "faults.toml".to_owned());
    Recipe { version, scenario, text: SCENARIO.to_owned(), set: Vec::new(), seed: 1, loads: None, decide: None }
}

fn prepared() -> Sweep {
    Sweep::new(recipe()).unwrap()
}

/// Runs the sweep; the sentences about its checkpoint.
fn run(disk: &dyn Disk, folder: &Path, work: &Work) -> std::result::Result<Vec<String>, SweepError> {
    let (interrupt, notes) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    let note = |sentence: &str| notes.lock().unwrap().push(sentence.to_owned());
    let watch = Watch { interrupt: &interrupt, done: &|_| (), note: &note };
    sweep::run(&prepared(), &Files::new(disk, false), folder, work, &watch)?;
    Ok(notes.into_inner().unwrap())
}

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    // A new folder goes if nothing was written into it.
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

/// A folder of the name that the README's command has.
fn new_folder() -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("sweep");
    (parent, folder)
}

fn expected() -> BTreeMap<String, Vec<u8>> {
    let (_parent, folder) = new_folder();
    assert_eq!(run(&System, &folder, &Work::default()).unwrap(), Vec::<String>::new());
    contents(&folder)
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// The call does nothing and fails.
    Fails,
    /// A write stops in the middle; any other call takes effect, but reports a failure.
    Tears,
    /// SIGKILL before the call.
    KillsBefore,
    /// SIGKILL after the call.
    KillsAfter,
}

/// A disk with a fault at one call.
struct Faulty {
    fault: Fault,
    at: usize,
    renames_only: bool,
    calls: AtomicUsize,
}

fn die() -> ! {
    std::process::Command::new("kill").args(["-KILL", &std::process::id().to_string()]).status().ok();
    loop {
        std::thread::park();
    }
}

impl Faulty {
    fn call(
        &self,
        is_rename: bool,
        half: impl FnOnce() -> Result<()>,
        whole: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        let counts = is_rename || !self.renames_only;
        if !counts || self.calls.fetch_add(1, Ordering::Relaxed) != self.at {
            return whole();
        }
        match self.fault {
            Fault::Fails => {}
            Fault::Tears => half()?,
            Fault::KillsBefore => die(),
            Fault::KillsAfter => {
                whole()?;
                die();
            }
        }
        Err(Error::other("an injected fault"))
    }
}

impl Disk for Faulty {
    fn write(&self, file: &mut File, bytes: &[u8]) -> Result<()> {
        let mut other = file.try_clone()?;
        self.call(false, || other.write_all(&bytes[..bytes.len() / 2]), || System.write(file, bytes))
    }

    fn sync(&self, file: &File) -> Result<()> {
        self.call(false, || System.sync(file), || System.sync(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.call(true, || System.rename(from, to), || System.rename(from, to))
    }

    fn remove(&self, path: &Path) -> Result<()> {
        self.call(true, || System.remove(path), || System.remove(path))
    }
}

/// After a fault each result is whole or missing, and the same command completes the folder.
fn assert_recovers(folder: &Path, expected: &BTreeMap<String, Vec<u8>>, what: &str) {
    for (name, bytes) in contents(folder) {
        let is_result = !name.starts_with('.') && name != checkpoint::UNFINISHED;
        assert!(!is_result || expected[&name] == bytes, "{what}: {name} is half");
    }
    run(&System, folder, &Work::default()).unwrap();
    assert!(contents(folder) == *expected, "{what}: {:?}", contents(folder).keys());
}

#[test]
fn every_call_may_fail_or_tear() {
    let expected = expected();
    let mut faults = 0;
    for fault in [Fault::Fails, Fault::Tears] {
        for at in 0.. {
            let (_parent, folder) = new_folder();
            let disk = Faulty { fault, at, renames_only: false, calls: AtomicUsize::new(0) };
            match run(&disk, &folder, &Work::default()) {
                Ok(_) => break,
                Err(error) => assert!(error.to_string().contains("an injected fault"), "{error}"),
            }
            faults += 1;
            assert_recovers(&folder, &expected, &format!("{fault:?} at call {at}"));
        }
    }
    println!("{faults} faults injected and survived");
    // Four calls for each of five results, the list and the checkpoint; two for the cells, which are simulated together, two for
    // the removal.
    assert_eq!(faults, 2 * (4 * 7 + 2 + 2));
}

/// The process that is killed: this test in another process.
#[test]
fn victim() {
    let Ok(order) = std::env::var("SIXSLOT_TEST_VICTIM") else { return };
    let mut words = order.splitn(3, ' ');
    let fault = if words.next() == Some("before") { Fault::KillsBefore } else { Fault::KillsAfter };
    let at = words.next().unwrap().parse().unwrap();
    let disk = Faulty { fault, at, renames_only: true, calls: AtomicUsize::new(0) };
    run(&disk, Path::new(words.next().unwrap()), &Work::default()).unwrap();
}

#[test]
fn it_may_be_killed_at_each_rename_and_removal() {
    use std::os::unix::process::ExitStatusExt;
    let expected = expected();
    let mut kills = 0;
    for when in ["before", "after"] {
        for at in 0.. {
            let (_parent, folder) = new_folder();
            let status = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "victim"])
                .env("SIXSLOT_TEST_VICTIM", format!("{when} {at} {}", folder.display()))
                .stdout(std::process::Stdio::null())
                .status()
                .unwrap();
            if status.success() {
                break;
            }
            assert_eq!(status.signal(), Some(9));
            kills += 1;
            assert_recovers(&folder, &expected, &format!("killed {when} rename {at}"));
        }
    }
    println!("{kills} kills survived");
    assert!(kills >= 16, "{kills}");
}

/// A folder with the whole work of the sweep, not written out yet, and the lines of its checkpoint.
fn unfinished(folder: &Path) -> Vec<String> {
    let part = Work { shard: Some(sweep::Shard { index: 0, of: 1 }), range: None };
    run(&System, folder, &part).unwrap();
    let text = std::fs::read_to_string(folder.join(checkpoint::UNFINISHED)).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// A line whose checksum is right.
fn sealed(identity: &str, body: &str) -> String {
    format!("{{\"sha256\":\"{}\",{body}", sha256(format!("{identity}{body}")))
}

#[test]
fn a_changed_record_is_not_believed_and_costs_no_other() {
    let expected = expected();
    let identity = prepared().manifest().identity();
    let body = |line: &str| line.split_once("\",").unwrap().1.to_owned();
    type Change<'a> = &'a dyn Fn(&mut Vec<String>);
    let changes: [(&str, usize, Change<'_>); 8] = [
        ("the record does not match its checksum", 3, &|lines| {
            lines[2] = lines[2].replace("\"loads\":12", "\"loads\":13")
        }),
        ("the record does not match its checksum", 3, &|lines| lines[2] = "not JSON".to_owned()),
        ("it has another number of loads", 3, &|lines| {
            lines[2] = sealed(&identity, &body(&lines[2]).replace("\"loads\":12", "\"loads\":13"));
        }),
        ("it is of a cell that the sweep does not have", 3, &|lines| {
            lines[2] = sealed(&identity, &body(&lines[2]).replace("\"cell\":1,", "\"cell\":999,"));
        }),
        ("the record comes a second time", 4, &|lines| lines[3] = lines[2].clone()),
        ("the recipe does not match its checksum", 1, &|lines| lines[0] = lines[0].replace("\"seed\":1", "\"seed\":2")),
        // Of another sweep: its checksum is right there.
        ("the record does not match its checksum", 2, &|lines| lines[1] = sealed("another", &body(&lines[1]))),
        ("the record does not match its checksum, and 1 more", 2, &|lines| {
            lines[1].clear();
            lines[2].clear();
        }),
    ];
    for (reason, line, change) in changes {
        let (_parent, folder) = new_folder();
        let mut lines = unfinished(&folder);
        assert_eq!(lines.len(), 1 + CELLS);
        change(&mut lines);
        std::fs::write(folder.join(checkpoint::UNFINISHED), lines.join("\n") + "\n").unwrap();
        let notes = run(&System, &folder, &Work::default()).unwrap();
        let [note] = notes.as_slice() else { panic!("{reason}: {notes:?}") };
        assert!(note.contains(&format!("{}:{line}: {reason}", checkpoint::UNFINISHED)), "{note}");
        let kept = if line == 1 { CELLS } else { CELLS - 1 - usize::from(reason.ends_with("more")) };
        assert!(note.contains(&format!("{kept} finished records are kept")), "{note}");
        assert!(contents(&folder) == expected, "{reason}");
    }
}

#[test]
fn another_sweep_s_checkpoint_and_a_busy_folder_are_refused() {
    let (_parent, folder) = new_folder();
    unfinished(&folder);
    let before = contents(&folder);
    let other = Sweep::new(Recipe { seed: 2, ..recipe() }).unwrap();
    let (interrupt, files) = (AtomicBool::new(false), Files::new(&System, false));
    let watch = Watch { interrupt: &interrupt, done: &|_| (), note: &|_| () };
    let refused = sweep::run(&other, &files, &folder, &Work::default(), &watch);
    assert!(matches!(refused, Err(SweepError::AnotherSweep { .. })), "{refused:?}");
    assert_eq!(contents(&folder), before);
    // The path of the scenario does not count.
    let moved = Sweep::new(Recipe { scenario: "./faults.toml".to_owned(), ..recipe() }).unwrap();
    sweep::run(&moved, &files, &folder, &Work::default(), &watch).unwrap();
    let lock = sixslot_experiments::files::lock::Lock::take(&folder).unwrap();
    // A temporary file is its writer's while that has the lock, and litter after it.
    let half = folder.join(format!("{WRITING}sweep-half"));
    std::fs::write(&half, "half").unwrap();
    let error = run(&System, &folder, &Work::default()).unwrap_err().to_string();
    assert!(error.contains(&format!("being written by process {}", std::process::id())), "{error}");
    assert!(half.exists());
    drop(lock);
    run(&System, &folder, &Work::default()).unwrap();
    assert!(!half.exists());
}

#[test]
fn ranges_of_cells_and_shards_merge_to_the_same_bytes() {
    let expected = expected();
    let parent = tempfile::tempdir().unwrap();
    let mut folders = Vec::new();
    for (shard, range) in [(0, 0..12), (1, 7..12), (1, 0..1), (1, 1..7)] {
        let folder = parent.path().join(format!("{shard}-{}", range.start));
        let work = Work { shard: Some(sweep::Shard { index: shard, of: 2 }), range: Some(range) };
        run(&System, &folder, &work).unwrap();
        // A scheduler retries; everything is there.
        run(&System, &folder, &work).unwrap();
        folders.push(folder);
    }
    let files = Files::new(&System, false);
    let merge = |folders: &[PathBuf]| {
        let sweep = sweep::open(folders).unwrap();
        sweep::merge(&sweep, &files, folders, &parent.path().join("sweep"), &|_| ())
    };
    let gap = merge(&folders[..3]).unwrap_err().to_string();
    assert!(gap.contains("loads 1 to 7 of cell 1") && gap.contains("--range 1..7"), "{gap}");
    merge(&folders).unwrap();
    assert!(contents(&parent.path().join("sweep")) == expected);
    let empty = Work { shard: None, range: Some(5..13) };
    assert!(matches!(run(&System, &parent.path().join("x"), &empty), Err(SweepError::Range { .. })));
}
