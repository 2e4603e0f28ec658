//! Every file that a comment or a document of the repository refers to is in the repository.
//!
//! Rule: a reference is a word that ends in `.rs` or `.md`, or that begins with a folder of the repository's root. It may be
//! short (`pool.rs` for models/src/load/pool.rs), but an existing path has to end with it. An anchor after `#` has to
//! be a heading of its document. Code and string literals are not looked at.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Folders whose contents are data, or not the repository's.
const SKIPPED: &[&str] = &["target", ".git", "fixtures", "captures", "measured", "corpus"];
/// Beginnings of paths outside the repository.
const FOREIGN: &[&str] = &["facts/", "shared/", "/work/", "/root/", "/home/"];

/// The repository: its files and folders, as paths from its root, and the text of those that people write.
struct Repository {
    paths: BTreeSet<String>,
    texts: Vec<(String, String)>,
}

impl Repository {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut repository = Self { paths: BTreeSet::new(), texts: Vec::new() };
        repository.visit(root, "");
        repository
    }

    fn visit(&mut self, folder: &Path, prefix: &str) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let path = format!("{prefix}{name}");
            self.paths.insert(path.clone());
            if entry.file_type().unwrap().is_dir() {
                if ["target", ".git", "node_modules"].contains(&name.as_str()) {
                    self.paths.remove(&path);
                } else {
                    self.visit(&entry.path(), &format!("{path}/"));
                }
            } else if written_by_people(&path) {
                self.texts.push((path, fs::read_to_string(entry.path()).unwrap()));
            }
        }
    }

    /// Whether an existing path ends with this one.
    fn has(&self, reference: &str) -> bool {
        let reference = reference.trim_end_matches('/');
        let ending = format!("/{reference}");
        self.paths.contains(reference) || self.paths.iter().any(|path| path.ends_with(&ending))
    }

    /// Whether a document has a heading with this anchor.
    fn has_heading(&self, document: &str, anchor: &str) -> bool {
        let headings = |text: &str| text.lines().filter(|line| line.starts_with('#')).any(|line| slug(line) == anchor);
        self.texts.iter().any(|(path, text)| path.ends_with(document) && headings(text))
    }

    /// Why a word is a reference to nothing.
    fn fault(&self, word: &str) -> Option<&'static str> {
        let (path, anchor) = word.split_once('#').unwrap_or((word, ""));
        let path = path.trim_start_matches("./").trim_start_matches("../");
        if FOREIGN.iter().any(|foreign| path.starts_with(foreign)) {
            return Some("is outside the repository");
        }
        let source = path.ends_with(".rs") || path.ends_with(".md");
        let first = path.split_once('/').map_or("", |(first, _)| first);
        let ours = source || !first.is_empty() && self.paths.contains(first);
        if !ours || path.starts_with('.') {
            None
        } else if !self.has(path) {
            Some("is not in the repository")
        } else if !anchor.is_empty() && path.ends_with(".md") && !self.has_heading(path, anchor) {
            Some("has no such heading")
        } else {
            None
        }
    }
}

fn written_by_people(path: &str) -> bool {
    let skipped = path.split('/').any(|part| SKIPPED.contains(&part));
    let kinds = [".rs", ".md", ".toml", ".py", ".js", ".sh"];
    !skipped
        && (kinds.iter().any(|kind| path.ends_with(kind)) || path.starts_with("scripts/") || path.starts_with(".ci/"))
}

/// The anchor of a heading, as GitHub makes it.
fn slug(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    words
        .chars()
        .filter(|c| c.is_alphanumeric() || "-_ ".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// The part of a line that is prose: all of a document, and the comments of anything else.
fn prose<'a>(path: &str, line: &'a str) -> &'a str {
    let marks: &[&str] = match path.rsplit('.').next() {
        Some("md") => return line,
        Some("rs" | "js") => &["//"],
        Some("toml" | "py" | "sh") => &["#"],
        _ => &["# ", "// "],
    };
    let starts = marks.iter().filter_map(|mark| {
        let before = |at: &usize| line[..*at].chars().next_back().is_none_or(char::is_whitespace);
        line.match_indices(mark).map(|(at, _)| at).find(before)
    });
    starts.min().map_or("", |at| &line[at..])
}

/// The words of a line that can be paths. A pattern (`results/*/`) is none.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let part = |c: char| c.is_ascii_alphanumeric() || "_-./#*{}<>$@".contains(c);
    line.split(move |c| !part(c))
        .map(|word| word.trim_end_matches(['.', '#']))
        .filter(|word| !word.contains(['*', '{', '<', '$']) && !word.starts_with("//"))
}

#[test]
fn every_reference_is_to_something_in_the_repository() {
    let repository = Repository::read();
    let mut faults = Vec::new();
    for (path, text) in &repository.texts {
        for (number, line) in text.lines().enumerate() {
            for word in words(prose(path, line)) {
                if let Some(fault) = repository.fault(word) {
                    faults.push(format!("{path}:{}: `{word}` {fault}", number + 1));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} references lead nowhere:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn a_reference_to_nothing_is_found() {
    let repository = Repository::read();
    let fault = |word| repository.fault(word);
    assert_eq!(fault("facts/theory.md"), Some("is outside the repository"));
    assert_eq!(fault("NOWHERE.md"), Some("is not in the repository"));
    assert_eq!(fault("models/src/nowhere.txt"), Some("is not in the repository"));
    assert_eq!(fault("docs/laws.md#nowhere"), Some("has no such heading"));
    assert_eq!(fault("docs/laws.md#rare-events"), None);
    assert_eq!(fault("load/pool.rs"), None);
    assert_eq!(fault("net/socket/client_socket_pool.h"), None);
    assert_eq!(prose("a.rs", "let x = \"a.md\"; // a comment"), "// a comment");
    assert_eq!(
        words("see `docs/laws.md#values`, or results/*/.").collect::<Vec<_>>().concat(),
        "seedocs/laws.md#valuesor"
    );
}
