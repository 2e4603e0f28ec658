//! The report of an imported scenario.

use crate::binary::done;
use crate::{SCENARIO, name, report};

/// No two parts of the page of an import contradict each other: its interval, what its fixes do, and what is not judged.
#[test]
fn the_page_of_an_import_says_one_thing() {
    let folder = tempfile::tempdir().unwrap();
    let draft = folder.path().join("page.toml");
    let files: Vec<String> =
        (0..12).map(|number| format!("scenarios/hypotheses/captures/T40_N5M2/{number:03}.har.gz")).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    done(&[&["import", "-o", name(&draft)], &files[..]].concat());
    let (html, said) = report(name(&draft), &["--loads", "400", "--waterfalls", "2"]);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("interval with the uncertainty of the archives"), "{said}");
    assert!(html.contains("the uncertainty of the archives included") && html.contains("by simulation alone"));
    assert!(said.contains("only hides them") && !html.contains("changes anything") && html.contains("not judged"));
    // A scenario that no archive made has one interval.
    assert!(!report(SCENARIO, &["--loads", "100", "--waterfalls", "2"]).0.contains("by simulation alone"));
}
