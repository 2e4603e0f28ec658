//! Documents say what the program does: their commands are run, the help is compared line by line, and the list of keys is
//! made from the schema.
//!
//! Rule: a fenced block `console` is run by trycmd, the commands of a document one after the other in a folder of their own that has
//! the repository's scenarios and archives. `...` stands for any lines, `? 1` for an exit code. Commands that are too slow, or that need
//! other programs, are in blocks `sh` whose first line names what runs them: `# run by PATH`. Nothing else is shown as a command.
//! `TRYCMD=overwrite cargo test --workspace --test documentation` writes what the program prints now; cut it again where it is long.

#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code, reason = "nothing is refused here")]
mod binary;
#[path = "documentation/keys.rs"]
mod keys;

use binary::{command, done, workspace};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use trycmd::TestCases;

/// Widths of the terminals for which each line of the help is kept.
const WIDTHS: [&str; 3] = ["60", "80", "120"];
/// Folders of the repository that commands of documents read.
const READ: [&str; 4] = ["scenarios", "results", "har", "examples"];

/// README and every document, by their paths from the root.
fn documents() -> Vec<String> {
    let chapters = fs::read_dir(workspace().join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut found: Vec<String> =
        chapters.map(|name| format!("docs/{}", name.to_str().unwrap())).filter(|path| path.ends_with(".md")).collect();
    found.extend(["README.md", "deploy/README.md", "examples/ci/README.md"].map(str::to_owned));
    found.sort();
    found
}

fn text(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The fenced blocks of a document: the line of the fence, what stands behind it, and the lines inside.
fn blocks(text: &str) -> Vec<(usize, &str, Vec<&str>)> {
    let (mut found, mut open) = (Vec::new(), false);
    for (number, line) in text.lines().enumerate() {
        match line.trim_start().strip_prefix("```") {
            Some(info) if !open => found.push((number + 1, info.trim(), Vec::new())),
            Some(_) => {}
            None if open => found.last_mut().unwrap().2.push(line),
            None => {}
        }
        open ^= line.trim_start().starts_with("```");
    }
    found
}

/// Whether a line of an indented block, or of a block in another language, is a command.
fn is_command(line: &str) -> bool {
    let line = line.trim_start().trim_start_matches("$ ");
    ["sixslot ", "npx ", "npm ", "uvx ", "pip ", "cargo ", "docker ", "rustup ", "scripts/", "node "]
        .iter()
        .any(|start| line.starts_with(start))
}

/// What is wrong with the way in which a document shows commands.
fn faults(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fault = |line: usize, what: &str| found.push(format!("{path}:{line}: {what}"));
    let mut fenced = BTreeSet::new();
    for (start, info, lines) in blocks(text) {
        fenced.extend(start..=start + lines.len());
        match info {
            "console" => {
                for (at, line) in lines.iter().enumerate() {
                    if line.strip_prefix("$ ").is_some_and(|command| !command.starts_with("sixslot ")) {
                        fault(start + 1 + at, "trycmd runs `sixslot` only");
                    }
                }
            }
            "sh" => match lines.first().and_then(|line| line.strip_prefix("# run by ")) {
                Some(names) if names.split(", ").all(|name| workspace().join(name).is_file()) => {
                    let runners: String = names.split(", ").map(self::text).collect();
                    for (at, line) in lines.iter().enumerate().filter(|(_, line)| is_command(line)) {
                        let mut words = line.split_whitespace();
                        let word = words.next().filter(|word| word.starts_with("scripts/")).or_else(|| words.next());
                        let word = word.unwrap_or_default().trim_start_matches("scripts/");
                        if !runners.contains(word) {
                            fault(start + 1 + at, &format!("`{word}` is not in {names}"));
                        }
                    }
                }
                _ => fault(start, "the first line names no file that runs it: `# run by PATH`"),
            },
            "" => fault(start, "the block has no language"),
            _ => {
                for (at, _) in lines.iter().enumerate().filter(|(_, line)| is_command(line)) {
                    fault(start + 1 + at, "a command in a block that is not `console` or `sh`");
                }
            }
        }
    }
    for (at, line) in text.lines().enumerate() {
        if line.starts_with("    ") && is_command(line) && !fenced.contains(&(at + 1)) {
            fault(at + 1, "a command outside of a fenced block");
        }
    }
    found
}

#[test]
fn every_command_is_run_or_names_what_runs_it() {
    let found: Vec<String> = documents().iter().flat_map(|path| faults(path, &text(path))).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    for (text, reason) in [
        ("    sixslot run x.toml", "outside"),
        ("```\nsixslot run x.toml\n```", "no language"),
        ("```text\n$ sixslot run x.toml\n```", "not `console` or `sh`"),
        ("```console\n$ cargo run\n```", "`sixslot` only"),
        ("```sh\nsixslot sweep x.toml\n```", "names no file"),
        ("```sh\n# run by .ci/nothing\nsixslot sweep x.toml\n```", "names no file"),
        ("```sh\n# run by .ci/run\nsixslot explain x.toml\n```", "`explain` is not in .ci/run"),
    ] {
        let found = faults("x.md", text).join("\n");
        assert!(found.contains(reason), "{text}: {found}");
    }
    assert!(faults("x.md", "```sh\n# run by .ci/run\ncargo test --workspace\n```").is_empty());
}

/// A folder for the commands of a document: with the folders that they read, and the program under its name, with a shell's
/// wildcards.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("sixslot");
    fs::write(&program, SHELL.replace("PROGRAM", env!("CARGO_BIN_EXE_sixslot"))).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    for name in READ {
        std::os::unix::fs::symlink(workspace().join(name), folder.path().join(name)).unwrap();
    }
    folder
}

/// Runs the program with the files that a word with `*` names; other words stay as they are.
const SHELL: &str = "#!/bin/sh
for word do
  shift
  case $word in
    *\\**) set -- \"$@\" $word ;;
    *) set -- \"$@\" \"$word\" ;;
  esac
done
exec 'PROGRAM' \"$@\"
";

/// A document as a case of trycmd. Standard error is part of what is compared.
fn case(path: &Path, program: &Path) -> TestCases {
    let cases = TestCases::new();
    cases.register_bin("sixslot", program);
    for (name, value) in [("FORCE_COLOR", "0"), ("LC_ALL", "C.UTF-8"), ("COLUMNS", "110")] {
        cases.env(name, value);
    }
    cases.case(path);
    cases
}

#[test]
fn documents_show_what_the_program_prints() {
    // The folder of a process is one: documents are run one after the other.
    for path in documents() {
        if blocks(&text(&path)).iter().any(|(_, info, _)| *info == "console") {
            let folder = folder();
            std::env::set_current_dir(folder.path()).unwrap();
            case(&workspace().join(path), &folder.path().join("sixslot")).run();
            std::env::set_current_dir(workspace()).unwrap();
        }
    }
}

/// Compares a text that the program or this test made with the file that keeps it, or writes the file.
fn is_kept(path: &str, made: &str) {
    let file = workspace().join(path);
    if std::env::var("TRYCMD").as_deref() == Ok("overwrite") {
        fs::write(&file, made).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    let differs = made.lines().zip(kept.lines()).find(|(made, kept)| made != kept);
    assert!(
        made == kept,
        "{path}: now and then: {differs:?}; make it again: TRYCMD=overwrite cargo test --workspace --test documentation"
    );
}

#[test]
fn help_is_the_same_line_by_line() {
    for width in WIDTHS {
        let mut made = String::new();
        for name in commands() {
            let words: Vec<&str> = name.split_whitespace().chain(["--help"]).collect();
            let output = command(&words).env("COLUMNS", width).output().unwrap();
            assert!(output.status.success() && output.stderr.is_empty(), "{words:?}: {}", binary::complaint(&output));
            made += &format!("$ sixslot {}\n{}\n", words.join(" "), String::from_utf8(output.stdout).unwrap());
        }
        // The line of the usage is one line.
        let wide =
            made.lines().find(|line| line.chars().count() > width.parse().unwrap() && !line.starts_with("Usage:"));
        assert_eq!(wide, None, "{width} columns");
        is_kept(&format!("sixslot/tests/documentation/help-{width}.txt"), &made);
    }
}

/// The name of every command, and none.
fn commands() -> Vec<String> {
    let help = done(&["--help"]);
    let list = help.split_once("Commands:\n").unwrap().1.split_once("\n\n").unwrap().0;
    let names = list.lines().filter_map(|line| line.get(2..)?.split(' ').next()).filter(|name| !name.is_empty());
    let names: Vec<String> = names.filter(|name| *name != "help").map(str::to_owned).collect();
    assert!(names.len() >= 15, "{names:?}");
    std::iter::once(String::new()).chain(names).collect()
}

#[test]
fn the_book_has_every_chapter() {
    let summary = text("docs/SUMMARY.md");
    for path in documents() {
        let Some(name) = path.strip_prefix("docs/").filter(|name| *name != "SUMMARY.md") else { continue };
        assert!(summary.contains(&format!("({name})")), "docs/SUMMARY.md does not have {name}");
    }
}

#[test]
fn keys_are_those_of_the_schema() {
    done(&["validate", "docs/every-key.toml", "examples/tutorial/page.toml"]);
    is_kept("docs/keys.md", &keys::reference(&workspace()));
}
