//! Compares captures of the page with the nearest load of a hypothesis: the order of the calls, where each waited, and its
//! outcome.
//!
//! Rule: nearest is the load whose calls with a deadline ended nearest to the capture's, and whose page was ready nearest to
//! it: the least mean distance of these times, where an end of another kind counts as the whole load. So times and outcomes
//! show whether the hypothesis has such a load; order and stations are compared without having been fitted. Calls that follow each other
//! within 0.1 s may do so in either order. A call waited where it spent more than half of its life, in the browser or at
//! the server; one that lasted less than 0.1 s waited nowhere. For calls that the page makes at once (a burst) the result
//! is the number that waited in the browser, and the outcome of the majority. A call that was still open when the capture ended takes
//! part in the order only.
//!
//! Source of a capture: an answered call's own HAR entry (its life less sending, waiting for the answer and receiving is
//! the browser's part); where there is no answer the HAR cannot tell, and its truth file says when it was sent.

use super::parts::{Files, Hypothesis, Trouble, changed, owner};
use super::{HypothesesError, schema, simulate};
use flate2::read::GzDecoder;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use sixslot_analysis::replications::Stopped;
use sixslot_har::{Archive, End, Entry};
use sixslot_models::load::{Extent, Load, Request};
use sixslot_models::reading::Fault;
use sixslot_models::reading::{self as read, Reader};
use sixslot_models::{Plan, reading as tree};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// The most bytes of a file of a capture, unpacked.
const LARGEST: u64 = 64 << 20;
/// Seconds within which calls may swap, and the shortest duration that counts as waiting.
const TOGETHER: f64 = 0.1;
/// The most captures of a folder.
const CAPTURES: usize = 1_000;

/// Captures of one case, and the hypothesis's plan for it.
#[derive(Clone, Debug)]
pub struct Overlay {
    /// Its name.
    pub name: String,
    /// Description of the captures, in one line.
    pub text: String,
    /// Index of the hypothesis.
    pub hypothesis: usize,
    /// Index of the parameter to report from the nearest load.
    pub latent: Option<usize>,
    /// The plan to simulate.
    pub plan: Plan,
    /// The captures, by name.
    pub captures: Vec<Capture>,
    /// SHA-256 over the names and bytes of all its files.
    pub digest: String,
}

/// One capture.
#[derive(Clone, Debug, PartialEq)]
pub struct Capture {
    /// Its name: the file's, without its ending.
    pub name: String,
    /// Seconds from the first call with a deadline until the page is ready.
    pub ready: f64,
    /// The calls that the scenario has, by issue.
    pub calls: Vec<Call>,
}

/// One call of a capture or of a load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Call {
    /// Index of its class in the plan.
    pub class: usize,
    /// Seconds from the first call with a deadline to its issue.
    pub issued: f64,
    /// Seconds from the first call with a deadline to its end; none where it was not seen.
    pub ended: Option<f64>,
    /// Whether it spent most of its duration in the browser.
    pub in_browser: bool,
    /// Its outcome.
    pub fate: Fate,
}

/// The outcome of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Its headers arrived.
    Answered,
    /// The page aborted it.
    Aborted,
    /// Neither, as long as it was observed.
    Open,
}

/// A capture compared with the nearest load.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The load's number.
    pub load: u64,
    /// The latent parameter's value in it.
    pub latent: Option<f64>,
    /// Seconds to ready in it, from the first call with a deadline.
    pub ready: f64,
    /// The mean distance of its ends from the captured ones, in seconds.
    pub apart: f64,
    /// The calls and bursts that both have, in the capture's order.
    pub shared: usize,
    /// Whether they are in the same order in both.
    pub same_order: bool,
    /// Number of those that ended.
    pub ended: usize,
    /// Number of these with the same outcome.
    pub same_fate: usize,
    /// Number of these that are single calls and waited.
    pub waited: usize,
    /// Number of these that waited at the same station.
    pub same_station: usize,
    /// The differences, in words.
    pub differs: Vec<String>,
    /// Calls of bursts that spent most of their duration in the browser: captured, simulated.
    pub burst_in_browser: [usize; 2],
}

impl Comparison {
    /// Whether order, stations and outcomes are the same.
    pub fn is_same(&self) -> bool {
        self.same_order && self.same_fate == self.ended && self.same_station == self.waited
    }
}

#[derive(Deserialize)]
struct Truth {
    outcome: TruthOutcome,
    requests: Vec<TruthRequest>,
}

#[derive(Deserialize)]
struct TruthOutcome {
    /// Milliseconds, or an empty text.
    t_session_shown: serde_json::Value,
}

#[derive(Deserialize)]
struct TruthRequest {
    class: Option<String>,
    t: Option<f64>,
    #[serde(rename = "sentAfterMs")]
    sent_after: Option<f64>,
}

impl Overlay {
    pub(super) fn read(
        entry: &tree::Entry,
        hypotheses: &[Hypothesis],
        names: &BTreeMap<String, String>,
        files: &mut Files,
    ) -> Result<Self, Trouble> {
        let reader = Reader::new(&entry.node, &schema::OVERLAY)?;
        let hypothesis = owner(&reader, hypotheses)?;
        let plan = files.plan(&changed(&reader, &hypotheses[hypothesis])?)?;
        let mut classes = BTreeMap::new();
        for (truth, name) in names {
            let class = plan.classes().iter().position(|class| class.name == *name);
            let fault = || Fault::new(&entry.key_place, format!("its scenario has no request `{name}`"));
            classes.insert(truth.as_str(), class.ok_or_else(fault)?);
        }
        let latent = reader.read("latent", |node| {
            let name = read::text(node)?;
            let known = plan.parameters().iter().position(|parameter| parameter.name == name);
            known.map_or_else(|| Err(Fault::new(&node.place, format!("there is no parameter `{name}`"))), Ok)
        })?;
        let folder = files.folder.join(reader.or("folder", "", read::text)?);
        let mut digest = Sha256::new();
        let mut captures = Vec::new();
        for path in archives(&folder)? {
            captures.push(Capture::read(&path, &plan, &classes, &mut digest)?);
        }
        let digest = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let text = reader.or("text", entry.key.as_str(), read::text)?.to_owned();
        Ok(Self { name: entry.key.clone(), text, hypothesis, latent, plan, captures, digest })
    }

    /// Simulates loads and compares each capture with the nearest of them.
    ///
    /// # Errors
    /// An interrupt, or a load beyond its limits.
    pub(super) fn compare(&self, loads: u64, seed: u64, interrupt: &AtomicBool) -> Result<Vec<Comparison>, Stopped> {
        let see = |load: &Load| {
            let simulated = Simulated::new(&self.plan, load);
            self.captures.iter().map(|capture| capture.apart(&self.plan, &simulated)).collect::<Vec<_>>()
        };
        let apart = simulate(&self.plan, seed, loads, Extent::Whole, interrupt, see)?;
        let mut load = Load::new();
        let compare = |(number, capture): (usize, &Capture)| {
            let off = |load: &usize| apart[*load][number];
            let nearest = (0..apart.len()).min_by(|one, other| off(one).total_cmp(&off(other))).unwrap_or_default();
            load.simulate(&self.plan, seed, nearest as u64, Extent::Whole)?;
            let mut comparison = capture.compare(&self.plan, &Simulated::new(&self.plan, &load));
            (comparison.load, comparison.apart) = (nearest as u64, off(&nearest));
            comparison.latent = self.latent.map(|parameter| load.parameters()[parameter]);
            Ok(comparison)
        };
        self.captures.iter().enumerate().map(compare).collect()
    }
}

/// The archives of a folder, by name.
fn archives(folder: &Path) -> Result<Vec<PathBuf>, HypothesesError> {
    let fault = |reason: String| HypothesesError::Capture { path: folder.to_owned(), reason };
    let files = std::fs::read_dir(folder).map_err(|error| fault(error.to_string()))?;
    let files = files.map(|file| Ok(file?.path())).collect::<Result<Vec<_>, std::io::Error>>();
    let mut files = files.map_err(|error| fault(error.to_string()))?;
    files.retain(|path| path.to_string_lossy().ends_with(".har.gz"));
    files.sort();
    if files.is_empty() || files.len() > CAPTURES {
        return Err(fault(format!("{} captures, and 1 to {CAPTURES} are wanted", files.len())));
    }
    Ok(files)
}

/// A load's calls in the form of a capture's.
struct Simulated {
    /// Seconds from the first call with a deadline to ready.
    ready: f64,
    /// In the order of issue.
    calls: Vec<Call>,
    /// The classes with several calls at once.
    bursts: Vec<usize>,
}

impl Simulated {
    fn new(plan: &Plan, load: &Load) -> Self {
        let fetch = |class: usize| plan.classes()[class].kind == sixslot_models::class::Kind::Fetch;
        let own = || load.requests().iter().filter(|request| fetch(request.class));
        let first = own().find(|request| has_deadline(plan, request.class));
        let mount = first.map_or(0.0, |request| request.issued.as_seconds_f64());
        let call = |request: &Request| {
            let life = request.ended.unwrap_or(plan.horizon()) - request.issued;
            let queued = request.sent.map_or(life, |sent| sent - request.issued);
            let fate = match (request.headers, request.ended) {
                (Some(_), _) => Fate::Answered,
                (None, Some(_)) => Fate::Aborted,
                (None, None) => Fate::Open,
            };
            Call {
                class: request.class,
                issued: request.issued.as_seconds_f64() - mount,
                ended: request.ended.map(|ended| ended.as_seconds_f64() - mount),
                in_browser: 2.0 * queued.as_seconds_f64() > life.as_seconds_f64(),
                fate,
            }
        };
        Self {
            ready: load.verdict().ready.map_or(f64::INFINITY, |ready| ready.as_seconds_f64() - mount),
            calls: own().map(call).collect(),
            bursts: own().filter(|request| request.index > 0).map(|request| request.class).collect(),
        }
    }
}

/// A call of the page that has a deadline.
fn has_deadline(plan: &Plan, class: usize) -> bool {
    let class = &plan.classes()[class];
    class.kind == sixslot_models::class::Kind::Fetch && class.deadline.is_some()
}

impl Capture {
    fn read(
        path: &Path,
        plan: &Plan,
        classes: &BTreeMap<&str, usize>,
        digest: &mut Sha256,
    ) -> Result<Self, HypothesesError> {
        let fault = |path: &Path, reason: String| HypothesesError::Capture { path: path.to_owned(), reason };
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = name.trim_end_matches(".har.gz").to_owned();
        let truth_file = path.with_file_name(format!("{name}.truth.json.gz"));
        let mut bytes = |path: &Path| {
            let mut bytes = Vec::new();
            let file = std::fs::File::open(path).and_then(|file| file.take(LARGEST).read_to_end(&mut bytes));
            file.map_err(|error| fault(path, error.to_string()))?;
            digest.update(path.file_name().unwrap_or_default().as_encoded_bytes());
            digest.update(&bytes);
            Ok::<_, HypothesesError>(bytes)
        };
        let archive = Archive::read(&path.display().to_string(), bytes(path)?.as_slice());
        let archive = archive.map_err(|error| fault(path, error.to_string()))?;
        let truth: Truth = serde_json::from_reader(GzDecoder::new(bytes(&truth_file)?.as_slice()).take(LARGEST))
            .map_err(|error| fault(&truth_file, error.to_string()))?;
        let mut calls = Vec::new();
        for entry in &archive.entries {
            let true_call = truth.requests.get(entry.number - 1);
            let true_call =
                true_call.ok_or_else(|| fault(&truth_file, format!("no truth of entry {}", entry.number)))?;
            let class = true_call.class.as_deref().and_then(|class| classes.get(class));
            if let (Some(class), Some(issued)) = (class, true_call.t) {
                calls.push(Call::of(entry, true_call, *class, issued / 1e3));
            }
        }
        calls.sort_by(|one, other| one.issued.total_cmp(&other.issued));
        let mount = calls.iter().find(|call| has_deadline(plan, call.class)).map(|call| call.issued);
        let (Some(mount), Some(shown)) = (mount, truth.outcome.t_session_shown.as_f64()) else {
            return Err(fault(&truth_file, "no call with a deadline, or never ready".to_owned()));
        };
        for call in &mut calls {
            call.issued -= mount;
            call.ended = call.ended.map(|ended| ended - mount);
        }
        Ok(Self { name, ready: shown / 1e3 - mount, calls })
    }

    /// The mean distance of a load's ends from the captured ones.
    fn apart(&self, plan: &Plan, simulated: &Simulated) -> f64 {
        let (mut sum, mut count) = ((simulated.ready - self.ready).abs(), 1.0);
        let theirs = grouped(&simulated.calls, &simulated.bursts);
        for own in grouped(&self.calls, &simulated.bursts) {
            let Some(ended) = own.calls[0].ended.filter(|_| has_deadline(plan, own.key.0)) else { continue };
            let other = theirs.iter().find(|other| other.key == own.key && other.fate() == own.fate());
            let other = other.and_then(|other| other.calls[0].ended);
            // A call that the load does not have, or that ended in another way, has the largest distance.
            sum += other.map_or(plan.horizon().as_seconds_f64(), |other| (other - ended).abs());
            count += 1.0;
        }
        sum / count
    }

    /// The comparison of the capture with a load.
    fn compare(&self, plan: &Plan, load: &Simulated) -> Comparison {
        let bursts = &load.bursts;
        let captured = grouped(&self.calls, bursts);
        let simulated = grouped(&load.calls, bursts);
        let shared: Vec<(&Group, &Group)> = captured
            .iter()
            .filter_map(|one| simulated.iter().find(|other| other.key == one.key).map(|other| (one, other)))
            .collect();
        let swapped = |(place, (one, other)): (usize, &(&Group, &Group))| {
            let after = shared[place..].iter().filter(|(late, _)| late.issued() - one.issued() > TOGETHER);
            after.clone().any(|(_, late)| late.issued() < other.issued())
        };
        let mut result = Comparison {
            load: 0,
            latent: None,
            ready: load.ready,
            apart: 0.0,
            shared: shared.len(),
            same_order: !shared.iter().enumerate().any(swapped),
            ended: 0,
            same_fate: 0,
            waited: 0,
            same_station: 0,
            differs: Vec::new(),
            burst_in_browser: [0, 0],
        };
        if !result.same_order {
            result.differs.push("order".to_owned());
        }
        let name = |group: &Group| format!("{} {}", plan.classes()[group.key.0].name, group.key.1);
        // The calls that the page made until it was ready must be in both.
        let early = |groups: &[Group], others: &[Group], until: f64| {
            let lone =
                groups.iter().filter(|one| one.issued() < until && !others.iter().any(|other| other.key == one.key));
            lone.map(&name).collect::<Vec<_>>()
        };
        let until = self.ready - TOGETHER;
        result.differs.extend(early(&captured, &simulated, until).iter().map(|name| format!("only captured: {name}")));
        result.differs.extend(early(&simulated, &captured, until).iter().map(|name| format!("only simulated: {name}")));
        for (one, other) in shared {
            if one.calls[0].issued < 0.0 || one.fate() == Fate::Open {
                continue;
            }
            result.ended += 1;
            if one.fate() == other.fate() {
                result.same_fate += 1;
            } else {
                result.differs.push(format!("fate of {}", name(one)));
            }
            if bursts.contains(&one.key.0) {
                result.burst_in_browser[0] += one.browsers();
                result.burst_in_browser[1] += other.browsers();
            } else if one.calls[0].ended.is_some_and(|ended| ended - one.issued() >= TOGETHER) {
                result.waited += 1;
                if one.browsers() == other.browsers() {
                    result.same_station += 1;
                } else {
                    result.differs.push(format!("station of {}", name(one)));
                }
            }
        }
        result
    }
}

impl Call {
    fn of(entry: &Entry, true_call: &TruthRequest, class: usize, issued: f64) -> Self {
        let timings = &entry.timings;
        let parts = [timings.dns, timings.connect, timings.send, timings.wait, timings.receive];
        let outside: f64 = parts.iter().flatten().sum();
        let fate = match (entry.status, &entry.end) {
            (0, End::Open) => Fate::Open,
            (0, _) => Fate::Aborted,
            _ => Fate::Answered,
        };
        let in_browser = match (fate, entry.life_ms) {
            (Fate::Answered, Some(life)) => life - outside > life / 2.0,
            (Fate::Answered, None) => timings.blocked.unwrap_or_default() > outside,
            (_, Some(life)) => true_call.sent_after.is_none_or(|sent| sent > life / 2.0),
            (_, None) => true_call.sent_after.is_none(),
        };
        let ended = entry.life_ms.filter(|_| fate != Fate::Open).map(|life| issued + life / 1e3);
        Self { class, issued, ended, in_browser, fate }
    }
}

/// A call, or the calls of a burst.
struct Group {
    /// Class, and 1-based number of the call within it.
    key: (usize, usize),
    calls: Vec<Call>,
}

impl Group {
    fn issued(&self) -> f64 {
        self.calls[0].issued
    }

    fn browsers(&self) -> usize {
        self.calls.iter().filter(|call| call.in_browser).count()
    }

    /// The outcome of the majority; of the first call if there is none.
    fn fate(&self) -> Fate {
        let count = |fate| self.calls.iter().filter(|call| call.fate == fate).count();
        let fates = [self.calls[0].fate, Fate::Answered, Fate::Aborted, Fate::Open];
        fates.into_iter().find(|fate| 2 * count(*fate) > self.calls.len()).unwrap_or(fates[0])
    }
}

/// Calls in the order of issue; those of a burst together, at its first call.
fn grouped(calls: &[Call], bursts: &[usize]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for call in calls.iter().copied() {
        let burst = bursts.contains(&call.class);
        let before = groups.iter().filter(|group| group.key.0 == call.class).count();
        match groups.iter_mut().find(|group| burst && group.key.0 == call.class) {
            Some(group) => group.calls.push(call),
            None => groups.push(Group { key: (call.class, before + 1), calls: vec![call] }),
        }
    }
    groups
}
