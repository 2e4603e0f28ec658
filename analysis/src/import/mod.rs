//! From archives of a page's loads to the draft of a scenario that runs.
//!
//! The way: [`calls`] sorts the entries of all loads into classes (found by the crate `har`) and instances; [`cadence`] says
//! how calls follow each other, [`starts`] when they begin and what a framework holds back, [`service`] what is known of
//! their times, [`shared`] how they depend on the load, [`discipline`] and `repeated` how they share a server, [`browser`]
//! which rules the browser shows; `page` puts it together and `rule` proposes the rule of failure; [`draft`] writes it down with
//! candidates for fixes, and with the samples of its numbers ([`evidence`]).

pub mod browser;
pub mod cadence;
pub mod calls;
mod class_table;
pub mod discipline;
pub mod draft;
pub mod evidence;
mod fixes;
pub mod graph;
mod laws;
mod loads;
mod member;
mod page;
mod repeated;
mod rule;
pub mod service;
pub mod share;
pub mod shared;
pub mod starts;
mod target;
pub mod text;
mod writer;

use calls::Load;
use draft::Draft;
use sixslot_har::Archive;
use text::Known;

/// Why archives make no scenario.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// No archive.
    #[error("no archive was given; name one or more .har files of one page")]
    Nothing,
    /// Archives without a request that could be a page's.
    #[error("{0} holds no request over a network that a page could wait for; record the page's load from its start")]
    NoRequest(String),
    /// The archives show more than a scenario may hold.
    #[error("the archives show {classes} classes of requests; a scenario holds {limit}: import a part of them")]
    TooMany {
        /// How many classes.
        classes: usize,
        /// How many may be.
        limit: usize,
    },
    /// The draft is refused where scenarios are read: a fault of this program.
    #[error("the draft is no scenario, which is a fault of sixslot: {0}; please report it with the archive")]
    Refused(String),
}

/// Refuses more classes than a scenario holds.
fn within_limit(classes: usize) -> Result<(), ImportError> {
    let limit = sixslot_models::limits::CLASSES;
    if classes > limit { Err(ImportError::TooMany { classes, limit }) } else { Ok(()) }
}

/// A page with its requests one by one, and how a lone load's replay differs from its record.
struct Imported<'a> {
    page: page::Page<'a>,
    graph: graph::Graph,
    error: Option<graph::trial::Error>,
}

impl<'a> Imported<'a> {
    fn of(loads: &'a [Load], disciplines: discipline::Disciplines, name: &str) -> Result<Self, ImportError> {
        let mut page = page::Page::of(loads, disciplines)?;
        page.wait_for_something();
        if page.rule.ready.is_empty() && page.rule.listed.is_empty() {
            return Err(ImportError::NoRequest(name.to_owned()));
        }
        let mut graph = std::mem::take(&mut page.graph);
        let draft = |graph: &graph::Graph| Draft::to_play(&page, graph, loads);
        let settled = graph::trial::settle(&mut graph, loads, &draft);
        // Classes by pattern keep their whole recorded times, so their origins have no network.
        let without = page.members.iter().map(|member| member.group.origin.clone()).collect();
        let with_network = settled.and_then(|error| graph::link::fit(&mut graph, &loads[0], error, &without, &draft));
        Ok(Self { page, graph, error: with_network.or(settled) })
    }
}

/// One thing that a draft says, and how it is known.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Statement {
    /// Where it stands, such as `request.session.deadline`.
    pub place: String,
    /// The value, as TOML.
    pub value: String,
    /// How it is known.
    pub known: Known,
    /// The evidence.
    pub because: String,
}

/// The draft of a scenario from the loads of one page.
///
/// Everything is a function of the archives. O(n log n) in their entries, and a few thousand passes over the times of each
/// class for its laws.
///
/// # Errors
/// Archives that hold nothing that a page waits for, or more than a scenario can hold.
pub fn import(archives: Vec<Archive>) -> Result<Draft, ImportError> {
    let name = archives.first().ok_or(ImportError::Nothing)?.name.clone();
    let loads: Vec<Load> = loads::of_one_page(archives).into_iter().map(Load::new).collect();
    let mut found = discipline::disciplines(&loads);
    let is_shared = found.values().any(Result::is_ok);
    let Imported { mut page, mut graph, error } = Imported::of(&loads, found.clone(), &name)?;
    if repeated::settle(&mut found, &graph, &loads, &|| Draft::to_play(&page, &graph, &loads)) {
        Imported { page, graph, .. } = Imported::of(&loads, found, &name)?;
    } else {
        page.disciplines = found;
    }
    if is_shared && error.is_some() {
        // A discipline has to play the recorded load as well as none does; and where a link explains the waits, whose round trips
        // were recorded, no server has to: answers that queue on a link look as if they shared a server.
        let other = Imported::of(&loads, discipline::refused(&loads), &name)?;
        let is_better = || {
            let (other, error) = (other.error?, error?);
            Some(!error.is_exact() && other.badness() < error.badness())
        };
        if other.graph.rate.is_some() || is_better().unwrap_or(false) {
            Imported { page, graph, .. } = other;
        }
    }
    let mut draft = Draft::of(&page, &graph, &loads);
    draft.add_evidence(&page, &loads);
    let refused = |error: sixslot_models::ScenarioError| ImportError::Refused(error.to_string());
    let document = sixslot_models::Document::read("the draft", &draft.text, &[]).map_err(refused)?;
    let plan = document.plan(&[], &[]).map_err(refused)?;
    for fix in 0..document.fixes.len() {
        document.plan(&[fix], &[]).map_err(refused)?;
    }
    draft.begin_with(share::Share::of(&page, &loads, &plan));
    Ok(draft)
}

impl Draft {
    /// What the draft says, table by table.
    #[must_use]
    pub fn statements(&self) -> Vec<Statement> {
        let of_table = |table: &text::Table| {
            let dot = if table.name.is_empty() { "" } else { "." };
            let one = |line: &text::Line| Statement {
                place: format!("{}{dot}{}", table.name, line.key),
                value: line.value.clone(),
                known: line.known,
                because: line.why.clone(),
            };
            table.lines.iter().map(one).collect::<Vec<_>>()
        };
        self.tables.iter().flat_map(of_table).collect()
    }
}
