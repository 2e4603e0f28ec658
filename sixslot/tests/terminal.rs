//! What a terminal shows: lines of its width, colours and signs that it has.

#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code, reason = "nothing is refused here")]
mod binary;

use binary::command;

const SCENARIO: &str = "scenarios/issue-1855.toml";
/// Where one load in eleven fails.
const OFTEN: &str = "parameters.sessions=40";

/// Every command whose answer is text, on small work; FOLDER is one that may be written to.
const COMMANDS: [&[&str]; 26] = [
    &["run", SCENARIO, "--set", OFTEN, "--replication", "4"],
    &["run", SCENARIO, "--set", OFTEN, "--replication", "4", "--set", "browser.profile=chromium", "--rows", "60"],
    &["run", "scenarios/sse-tabs.toml"],
    &["run", SCENARIO, "--set", OFTEN, "--loads", "200"],
    &["run", SCENARIO, "--set", OFTEN, "--until", "half-width=0.1"],
    &["run", SCENARIO, "--set", "request.session.servic=1s"],
    &["compare", SCENARIO, "--set", OFTEN, "--loads", "100"],
    &["compare", SCENARIO, "--set", OFTEN, "--loads", "100", "--layers"],
    &["compare", SCENARIO, "--set", OFTEN, "--loads", "100", "--subsets=no-prefetch,dedupe,three-failures"],
    &["compare", SCENARIO, "--set", OFTEN, "--until", "ranked", "--max-loads", "400"],
    &["check", SCENARIO, "--set", OFTEN, "--max-failure", "0.5", "--max-wait", "session=20s"],
    &["explore", SCENARIO, "--set", OFTEN, "--tune", "request.session.deadline=2s..20s", "--loads", "50"],
    &["explore", SCENARIO, "--set", OFTEN, "--sensitivity", "--loads", "200", "--budget", "400"],
    &["explore", SCENARIO, "--frontier", "projects=4..9,sessions", "--loads", "200"],
    &[
        "sweep",
        SCENARIO,
        "--loads",
        "20",
        "--set",
        "sweep.projects=[2,8]",
        "--set",
        "sweep.sessions=[40]",
        "-o",
        "FOLDER/sweep",
    ],
    &[
        "report",
        SCENARIO,
        "--loads",
        "20",
        "--waterfalls",
        "2",
        "--set",
        "sweep.projects=[8]",
        "-o",
        "FOLDER/report.html",
    ],
    &["diagnose", "scenarios/hypotheses/captures/T40_N5M2/000.har.gz"],
    &[
        "diagnose",
        "scenarios/hypotheses/captures/T40_N5M2/000.har.gz",
        "scenarios/hypotheses/captures/T40_N5M2/001.har.gz",
    ],
    &["import", "scenarios/hypotheses/captures/T40_N5M2/000.har.gz", "-o", "FOLDER/page.toml", "--explain"],
    &["scenarios/hypotheses/captures/T40_N5M2/000.har.gz", "-o", "FOLDER/answer", "--loads", "50"],
    &["init", "-o", "FOLDER/init.toml"],
    &["validate", "models/tests/broken/design.toml", "--set", "request.session.servic=1s"],
    &["--help"],
    &["run", "--help"],
    &["compare", "--help"],
    &["nonsense"],
];

#[test]
fn no_line_is_wider_than_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    for columns in ["60", "80", "120", "200"] {
        let width: usize = columns.parse().unwrap();
        for arguments in COMMANDS {
            let place = folder.path().join(columns);
            std::fs::create_dir_all(&place).unwrap();
            let words: Vec<String> =
                arguments.iter().map(|word| word.replace("FOLDER", place.to_str().unwrap())).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let output = command(&words).env("COLUMNS", columns).env_remove("LC_ALL").output().unwrap();
            for text in [&output.stdout, &output.stderr] {
                let text = std::str::from_utf8(text).unwrap();
                // A line of a scenario is shown as it is.
                let is_quoted =
                    |line: &str| line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit()).starts_with('|');
                let shown = |line: &&str| line.chars().count() > width && !is_quoted(line);
                assert_eq!(text.lines().find(shown), None, "{columns} columns: {words:?}\n{text}");
            }
        }
    }
}

#[test]
fn colours_and_signs_are_those_of_the_terminal() {
    let picture = ["run", SCENARIO, "--set", OFTEN, "--replication", "4"];
    let of = |more: &[&str], variables: &[(&str, &str)]| {
        let mut command = command(&[&picture, more].concat());
        for name in ["NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "LC_ALL", "LC_CTYPE", "LANG"] {
            command.env_remove(name);
        }
        String::from_utf8(command.envs(variables.iter().copied()).output().unwrap().stdout).unwrap()
    };
    let has_colours = |text: &str| text.contains('\u{1b}');
    for (more, variables, colours) in [
        (&[][..], &[][..], false),
        (&["--color", "always"], &[], true),
        (&["--color", "always"], &[("NO_COLOR", "1")], true),
        (&["--color", "never"], &[("FORCE_COLOR", "1")], false),
        (&[], &[("FORCE_COLOR", "1")], true),
        (&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], true),
        (&[], &[("FORCE_COLOR", "0"), ("CLICOLOR_FORCE", "1")], false),
        (&[], &[("NO_COLOR", "1")], false),
    ] {
        assert_eq!(has_colours(&of(more, variables)), colours, "{more:?} {variables:?}");
    }
    let signs = of(&[], &[]);
    assert!(signs.contains('▓') && signs.contains('✗'));
    for (variables, ascii) in [
        (&[("LANG", "C")][..], true),
        (&[("LANG", "en_US.ISO-8859-1")], true),
        (&[("LANG", "C.UTF-8")], false),
        (&[("LANG", "C"), ("LC_ALL", "de_DE.utf8")], false),
        (&[("LANG", "en_US.UTF-8"), ("LC_ALL", "POSIX")], true),
    ] {
        let text = of(&[], variables);
        assert_eq!(text.is_ascii(), ascii, "{variables:?}\n{text}");
        // The same picture, sign for sign.
        assert_eq!(text.chars().count(), signs.chars().count(), "{variables:?}");
    }
}
