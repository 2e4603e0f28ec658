//! Help, completions, manual pages and the schema, as the program prints them.

#![allow(clippy::unwrap_used, missing_docs)]

mod binary;

use assert_cmd::Command;
use binary::{done, refused, workspace};
use serde_json::Value;

#[test]
fn every_subcommand_has_help_with_an_example() {
    let help = done(&["--help"]);
    assert!(
        help.contains("Example: sixslot run") && help.starts_with("With what probability does a page fail"),
        "{help}"
    );
    let commands = help.split_once("Commands:\n").unwrap().1.split_once("\n\n").unwrap().0;
    // A name stands behind two spaces, the rest of a long description behind more.
    let names: Vec<&str> = commands.lines().filter_map(|line| line[2..].split(' ').next()).collect();
    let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty() && *name != "help").collect();
    assert!(names.len() >= 8, "{names:?}");
    for name in names {
        let help = done(&[name, "--help"]);
        assert!(help.contains("Example") && help.contains(&format!("sixslot {name}")), "{help}");
    }
    assert!(refused(&["rum"]).contains("'run'"));
    assert!(refused(&[]).contains("Usage: sixslot"));
    assert!(done(&["--version"]).starts_with("sixslot "));
}

#[test]
fn schema_completions_and_manual_are_usable() {
    let schema: Value = serde_json::from_str(&done(&["schema"])).unwrap();
    assert!(schema["$schema"].as_str().unwrap().contains("json-schema.org"));
    assert!(schema["$id"].as_str().unwrap().ends_with("/scenarios/scenario.schema.json"));
    assert!(schema["properties"]["request"].is_object());
    // A patch has every key of a scenario, and needs none.
    let patch = &schema["$defs"]["patch"];
    assert_eq!(schema["properties"]["fix"]["additionalProperties"]["properties"]["patch"]["$ref"], "#/$defs/patch");
    assert!(patch["properties"]["request"]["additionalProperties"]["properties"]["deadline"].is_object());
    assert!(!patch.to_string().contains("\"required\":["), "{patch}");
    let shipped = std::fs::read_to_string(workspace().join("scenarios/scenario.schema.json")).unwrap();
    assert_eq!(schema, serde_json::from_str::<Value>(&shipped).unwrap(), "`sixslot schema` is not the shipped file");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(
            done(&["completions", shell]).contains("prefetch") || done(&["completions", shell]).contains("sixslot")
        );
    }
    let mut check = Command::new("bash");
    let checked = check.arg("-n").write_stdin(done(&["completions", "bash"])).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let manual = done(&["man"]);
    assert!(manual.contains(".TH sixslot 1") && manual.contains("sweep"));
    let manual = done(&["man", "run"]);
    assert!(
        manual.contains(".TH sixslot-run 1") && manual.contains("max\\-loads") && manual.contains("half\\-width"),
        "{manual}"
    );
    assert!(refused(&["man", "rum"]).contains("there is no command `rum`"));
}
