//! How the requests at each origin share its server, as times to first byte against concurrency show it.
//!
//! Rule: the disciplines of a scenario are compared by their likelihood (`sixslot_statistics::sharing`), over the answers of
//! an origin for which the file says when they were sent and when their headers came. One is taken where the recorded times
//! are so much likelier under it (`SURE`, `EACH`) than with requests that do not slow each other. Where many
//! calls were given up nothing is taken: what the server did of them afterwards is not in the file.

use super::calls::Load;
use super::graph::network::origin_of;
use super::text::number;
use sixslot_har::Verdict;
use sixslot_statistics::sharing::{Choice, Server, Visit, likeliest, works};
use std::collections::BTreeMap;

/// The logarithm of the likelihood ratio from which on a discipline is taken.
pub const SURE: f64 = 10.0;
/// And that of each answer, on average: a model of the right form explains each of them, a network that gets slower only some.
const EACH: f64 = 0.5;
/// Visits to an origin below which nothing is said.
const FEWEST: usize = 20;
/// Visits to an origin that are looked at, whole loads together.
pub const MOST: usize = 5_000;
/// One in so many calls may have been given up.
const GIVEN_UP: usize = 20;

/// A call: the number of its load, and the place of its entry in the archive.
pub type Place = (usize, usize);

/// The discipline of an origin's server.
#[derive(Clone, Debug, PartialEq)]
pub struct Discipline {
    /// How requests share it.
    pub server: Server,
    /// How it is known, for a comment.
    pub because: String,
    /// The work of each call, in milliseconds.
    pub works: BTreeMap<Place, f64>,
}

/// Why no discipline is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// For a comment.
    pub why: String,
    /// Loads that make the same requests may tell more.
    pub is_open: bool,
}

impl From<String> for Unknown {
    fn from(why: String) -> Self {
        Self { why, is_open: false }
    }
}

/// The disciplines of the origins by name.
pub type Disciplines = BTreeMap<String, Result<Discipline, Unknown>>;

/// The visits to an origin, by load.
pub type Places = Vec<Vec<(Place, Visit)>>;

/// The visits of each origin, and how many of its calls were given up.
#[must_use]
pub fn visits(loads: &[Load]) -> (BTreeMap<String, Places>, BTreeMap<String, usize>) {
    let mut by_origin: BTreeMap<String, Places> = BTreeMap::new();
    let mut given_up: BTreeMap<String, usize> = BTreeMap::new();
    let mut classes: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (number, load) in loads.iter().enumerate() {
        for class in &load.classes {
            let next = classes.len();
            let name = (class.kind.origin.clone(), format!("{} {}", class.kind.method, class.kind.pattern));
            let class_number = *classes.entry(name).or_insert(next);
            for place in &class.entries {
                let entry = &load.archive.entries[*place];
                let origin = origin_of(entry);
                if matches!(entry.verdict, Verdict::SentUnanswered | Verdict::Unknown) {
                    *given_up.entry(origin).or_default() += 1;
                    continue;
                }
                let Some((wait, left)) = entry.network_wait_ms().zip(entry.headers_ms()) else { continue };
                let visit = Visit { class: class_number, came: left - wait, left };
                let of_load = by_origin.entry(origin).or_insert_with(|| vec![Vec::new(); loads.len()]);
                of_load[number].push(((number, *place), visit));
            }
        }
    }
    (by_origin, given_up)
}

/// The discipline of each origin that has requests, or why it is not known.
#[must_use]
pub fn disciplines(loads: &[Load]) -> Disciplines {
    let (by_origin, given_up) = visits(loads);
    let one = |(origin, visits): (String, Places)| {
        let lost = given_up.get(&origin).copied().unwrap_or(0);
        (origin, chosen(&visits, lost))
    };
    by_origin.into_iter().map(one).collect()
}

/// No discipline for any origin, because the recorded load does not play well with the likeliest ones.
#[must_use]
pub fn refused(loads: &[Load]) -> Disciplines {
    let why =
        "the likeliest discipline does not play the recorded load as well as requests that do not slow each other";
    let names = loads.iter().flat_map(|load| load.archive.entries.iter().map(origin_of));
    names.map(|origin| (origin, Err(why.to_owned().into()))).collect()
}

/// The discipline of one origin from its visits by load.
fn chosen(visits: &Places, given_up: usize) -> Result<Discipline, Unknown> {
    let number_of: usize = visits.iter().map(Vec::len).sum();
    if number_of < FEWEST {
        return Err(format!("{number_of} answers are too few to say how they share the server").into());
    }
    if GIVEN_UP * given_up > number_of {
        let why =
            format!("{given_up} calls were given up, and what the server did of them afterwards is not in the file");
        return Err(why.into());
    }
    let mut seen = 0;
    let looked_at: Vec<Vec<Visit>> = visits
        .iter()
        .take_while(|of| {
            seen += of.len();
            seen <= MOST
        })
        .map(|of| plain(of))
        .collect();
    let Choice { server, gain, lead, exponents } = likeliest(&looked_at);
    let sure = SURE.max(EACH * number_of as f64);
    if gain < sure || server == Server::Independent {
        let why = format!(
            "times to first byte do not grow with the requests at the server as a shared server's do (log likelihood ratio {} over {number_of} answers; {} is believed)",
            number(gain.max(0.0), 2),
            number(sure, 3)
        );
        return Err(Unknown { why, is_open: true });
    }
    let mut because = format!(
        "times to first byte grow with the requests at the server: log likelihood ratio {} against independent requests, over {number_of} answers",
        number(gain, 3)
    );
    if lead.is_finite() {
        because.push_str(&format!(
            "; {} against {}",
            number(lead.max(0.0), 2),
            if matches!(server, Server::Fifo { .. }) { "processor sharing" } else { "a queue" }
        ));
    }
    if matches!(server, Server::ProcessorSharing { .. }) && exponents.0 < exponents.1 {
        because.push_str(&format!("; exponents {} to {} are as likely", exponents.0, exponents.1));
    }
    match works_of(visits, server) {
        Some(works) => Ok(Discipline { server, because, works }),
        None => Err("no one discipline explains all loads".to_owned().into()),
    }
}

/// The work of each visit under a discipline; `None` where a load is impossible under it.
#[must_use]
pub fn works_of(visits: &Places, server: Server) -> Option<BTreeMap<Place, f64>> {
    let mut found = BTreeMap::new();
    for of in visits {
        let (values, _) = works(&plain(of), server)?;
        found.extend(of.iter().zip(values).map(|((place, _), work)| (*place, work)));
    }
    Some(found)
}

fn plain(of: &[(Place, Visit)]) -> Vec<Visit> {
    of.iter().map(|(_, visit)| *visit).collect()
}
