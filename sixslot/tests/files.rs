//! What the program writes never takes the place of something else: every output of every command.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

mod binary;

use binary::{done, refused, sixslot};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

const SCENARIO: &str = "schema = 1\ntitle = \"files\"\nhorizon = \"5s\"\n[parameters]\nsessions = 1\n[request.page]\nurl = \"/\"\n\
    service = \"1s\"\n[load]\nready = [\"page\"]\nfails = \"not-ready\"\n[sweep]\nsessions = [1, 2]\nloads = 3\n";

/// A folder with a scenario and an archive of it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        std::fs::write(place.path("s.toml"), SCENARIO).unwrap();
        done(&["run", &place.name("s.toml"), "--har", &place.name("load.har")]);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn name(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Each way to write one file: the arguments before the file, and the input that they name.
    fn commands(&self) -> Vec<(Vec<String>, &'static str)> {
        let run = |flag: &str| (vec!["run".to_owned(), self.name("s.toml"), flag.to_owned()], "s.toml");
        let report = ["report", &self.name("s.toml"), "--loads", "3", "-o"].map(str::to_owned).to_vec();
        let import = ["import", &self.name("load.har"), "-o"].map(str::to_owned).to_vec();
        vec![run("--svg"), run("--har"), run("--trace"), (report, "s.toml"), (import, "load.har")]
    }
}

fn with<'a>(arguments: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
    arguments.iter().map(String::as_str).chain(more.iter().copied()).collect()
}

#[test]
fn a_file_is_replaced_only_by_its_own_kind() {
    let place = Place::new();
    for (number, (command, input)) in place.commands().iter().enumerate() {
        let file = place.name(&format!("out{number}"));
        let write = with(command, &[&file]);
        done(&write);
        let first = std::fs::read(&file).unwrap();
        done(&write);
        assert_eq!(std::fs::read(&file).unwrap(), first, "{write:?}");
        // Changed by its owner, of another purpose, of another program.
        std::fs::write(&file, [&first[..], b" "].concat()).unwrap();
        let forced = [&write[..], &["--force"]].concat();
        assert!(refused(&write).contains("--force"), "{write:?}");
        for other in place.commands().iter().filter(|other| other.0[..3] != command[..3]) {
            std::fs::write(&file, &first).unwrap();
            assert!(refused(&with(&other.0, &[&file])).contains("did not write it as"), "{other:?}");
        }
        std::fs::write(&file, "thesis").unwrap();
        refused(&write);
        assert_eq!(std::fs::read(&file).unwrap(), b"thesis");
        done(&forced);
        assert_eq!(std::fs::read(&file).unwrap(), first);
        // The input, by every name, even with --force.
        let before = std::fs::read(place.path(input)).unwrap();
        let (link, hard) = (place.path(&format!("link{number}")), place.path(&format!("hard{number}")));
        symlink(place.path(input), &link).unwrap();
        std::fs::hard_link(place.path(input), &hard).unwrap();
        for path in [&place.path(input), &link, &hard] {
            let said = refused(&with(command, &[path.to_str().unwrap(), "--force"]));
            assert!(said.contains("is an input of this command"), "{said}");
        }
        assert_eq!(std::fs::read(place.path(input)).unwrap(), before);
    }
    let program = env!("CARGO_BIN_EXE_sixslot");
    let (scenario, out) = (place.name("s.toml"), place.name("s.toml"));
    let shell = format!("'{program}' run - --svg '{out}' --force < '{scenario}'");
    let output = std::process::Command::new("sh").args(["-c", &shell]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "standard input is an input too");
    assert_eq!(std::fs::read_to_string(scenario).unwrap(), SCENARIO);
}

/// Runs a command under a umask.
fn under(umask: &str, arguments: &[&str]) {
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_sixslot")]).args(arguments);
    assert!(shell.output().unwrap().status.success(), "{arguments:?}");
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn modes_follow_the_umask_and_read_only_files_stay() {
    let place = Place::new();
    for (umask, expected) in [("077", 0o600), ("027", 0o640), ("002", 0o664)] {
        for (number, (command, _)) in place.commands().iter().enumerate() {
            let file = place.path(&format!("{umask}-{number}"));
            under(umask, &with(command, &[file.to_str().unwrap()]));
            assert_eq!(mode(&file), expected, "{command:?}");
        }
        let folder = place.path(&format!("sweep-{umask}"));
        under(umask, &["sweep", &place.name("s.toml"), "--output", folder.to_str().unwrap()]);
        for entry in std::fs::read_dir(folder).unwrap() {
            assert_eq!(mode(&entry.unwrap().path()), expected);
        }
    }
    for (command, _) in place.commands() {
        let file = place.path("kept");
        std::fs::write(&file, "").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o444)).unwrap();
        let said = refused(&with(&command, &[file.to_str().unwrap(), "--force"]));
        assert!(said.contains("is read-only"), "{said}");
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn a_folder_of_another_sweep_is_replaced_by_force_and_goes_as_a_whole() {
    let place = Place::new();
    let (scenario, out) = (place.name("s.toml"), place.name("out"));
    done(&["sweep", &scenario, "-o", &out]);
    // The same work again; from another path to the same text too.
    done(&["sweep", &scenario, "-o", &out]);
    std::fs::copy(&scenario, place.path("copy.toml")).unwrap();
    let names = |folder: &str| {
        let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert!(names(&out).iter().any(|name| name == "curve-sessions.svg"));
    let other = ["sweep", &scenario, "-o", &out, "--set", "sweep={loads=4}"];
    assert!(refused(&other).contains("contains another sweep"));
    assert!(refused(&["sweep", &scenario, "-o", &out, "--seed", "2"]).contains("contains another sweep"));
    done(&[&other[..], &["--force"]].concat());
    assert!(!names(&out).iter().any(|name| name == "curve-sessions.svg"), "a picture of the sweep before");
    let mut check = std::process::Command::new("sha256sum");
    let listed = check.args(["--check", "--strict", "SHA256SUMS"]).current_dir(&out).output();
    assert!(listed.is_ok_and(|output| output.status.success()), "sha256sum reads the list");
    // An edited result is its editor's.
    std::fs::write(place.path("out/README.md"), "notes").unwrap();
    assert!(refused(&other).contains("README.md exists already, and was changed"));
    assert_eq!(std::fs::read(place.path("out/README.md")).unwrap(), b"notes");
    let hypotheses = "scenarios/hypotheses/issue-1855.toml";
    let said = refused(&["hypotheses", hypotheses, "-o", &out, "--loads", "1"]);
    assert!(said.contains("contains another hypotheses") || said.contains("contains no hypotheses"), "{said}");
}

/// Two at once: one does the work, the other says at once who does.
#[test]
fn a_folder_has_one_writer() {
    let place = Place::new();
    let out = place.name("out");
    let mut long = binary::command(&["sweep", "scenarios/issue-1855.toml", "--loads", "100000", "-o", &out]);
    let mut child = long.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    while !place.path("out/unfinished.jsonl").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let output = sixslot(&["sweep", "scenarios/issue-1855.toml", "--loads", "100000", "-o", &out]);
    child.kill().unwrap();
    child.wait().unwrap();
    let said = binary::complaint(&output);
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains(&format!("is being written by process {}", child.id())), "{said}");
    // The killed process's lock is no lock.
    done(&["sweep", &place.name("s.toml"), "-o", &out, "--force"]);
}

#[test]
fn shards_of_one_work_merge_whatever_the_path_was_called() {
    let place = Place::new();
    let scenario = place.name("s.toml");
    let parts = ["1", "2", "3"].map(|part| place.name(part));
    let roundabout = format!("{}/../{}", place.name(""), place.0.path().file_name().unwrap().to_str().unwrap());
    done(&["sweep", &scenario, "-o", &parts[0], "--shard", "1/2"]);
    done(&["sweep", &format!("{roundabout}/s.toml"), "-o", &parts[1], "--shard", "2/2", "--range", "0..1"]);
    let mut piped = binary::command(&["sweep", "-", "-o", &parts[2], "--shard", "auto", "--range", "1..3"]);
    piped.stdin(std::fs::File::open(&scenario).unwrap());
    piped.envs([("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "2")]);
    assert!(piped.output().unwrap().status.success());
    std::fs::create_dir(place.path("a")).unwrap();
    done(&["merge", &parts[0], &parts[1], &parts[2], "-o", &place.name("a/sweep")]);
    done(&["sweep", &scenario, "-o", &place.name("sweep")]);
    for entry in std::fs::read_dir(place.path("sweep")).unwrap() {
        let name = entry.unwrap().file_name();
        let read = |folder: &str| std::fs::read(place.path(folder).join(&name)).unwrap();
        assert!(read("sweep") == read("a/sweep"), "{name:?}");
    }
    assert!(refused(&["sweep", &scenario, "-o", &place.name("x"), "--shard", "auto/0"]).contains("such as 1/4"));
    assert!(refused(&["sweep", &scenario, "-o", &place.name("x"), "--range", "2..4"]).contains("0..3"));
}
