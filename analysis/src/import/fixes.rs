//! Candidates for fixes: changes of the page that its archives make worth trying.
//!
//! Rule: a candidate is a change that a page's author can make and that needs no knowledge of the server. Which of them
//! helps, `sixslot compare` says.

use super::cadence::Rhythm;
use super::calls::Kind;
use super::graph::Graph;
use super::member::{Member, is_prefetch};
use super::page::Page;
use super::text::{Known, Table, span};
use sixslot_models::reading::quoted;

/// A fix of one patch.
fn fix(name: &str, title: &str, patches: &[(String, String)]) -> Table {
    let mut table = Table::new(format!("fix.{name}"));
    table.line("title", quoted(title), Known::Seen, "");
    for (key, value) in patches {
        table.line(&format!("patch.{key}"), value.clone(), Known::Seen, "");
    }
    table
}

/// The candidates of a page.
#[must_use]
pub fn fixes(page: &Page<'_>, graph: &Graph) -> Vec<Table> {
    let key = |member: &Member<'_>, key: &str| format!("request.{}.{key}", member.group.name);
    let fetches = || page.members.iter().enumerate().filter(|(_, member)| member.group.kind == Kind::Fetch);
    let mut fixes = Vec::new();
    let prefetches = fetches().filter(|(number, member)| {
        let started = !matches!(member.rhythm, Rhythm::Random(_));
        is_prefetch(member) && started && member.group.copies > 1 && !page.rule.ready.contains(number)
    });
    let mut none: Vec<(String, String)> =
        prefetches.map(|(_, member)| (key(member, "count"), "0".to_owned())).collect();
    let listed = graph.classes.iter().filter(|class| class.resource_type == "prefetch");
    none.extend(listed.map(|class| (format!("request.{}.each", class.name), "[]".to_owned())));
    if !none.is_empty() {
        fixes.push(fix("no-prefetch", "No prefetches", &none));
    }
    let callers = fetches().filter(|(_, member)| !member.group.distinct && member.group.copies > 1);
    let shared: Vec<(String, String)> = callers.map(|(_, member)| (key(member, "dedupe"), "true".to_owned())).collect();
    if !shared.is_empty() {
        fixes.push(fix("dedupe", "Calls of one URL in flight become one", &shared));
    }
    if let Some(error) = page.rule.error.map(|error| &page.members[error]) {
        if error.rhythm != Rhythm::Once {
            let patch = ("load.error.failures".to_owned(), "3".to_owned());
            fixes.push(fix("three-failures", "Three failures in a row before the error", &[patch]));
        }
        if let Some(deadline) = &error.deadline {
            let patch = (key(error, "deadline"), span(2.0 * deadline.deadline_ms));
            fixes.push(fix("patience", "Twice the deadline", &[patch]));
        }
    }
    let serial =
        graph.origins.iter().any(|origin| origin.origin == page.origin && matches!(origin.protocol, None | Some("h1")));
    if serial {
        let patch = ("server.protocol".to_owned(), quoted("h2"));
        fixes.push(fix("http2", "HTTP/2 at the page's own origin (browsers want TLS for it)", &[patch]));
    }
    if let Some(first) = fixes.first_mut() {
        first.notes.push("Candidates, not advice: `sixslot compare` says what each is worth on the same loads. Fixes of the server are yours to add: an archive does not know it.".to_owned());
    }
    fixes
}
