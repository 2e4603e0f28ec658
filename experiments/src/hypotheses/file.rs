//! A hypotheses file: read, checked, and every case compiled, before any load is simulated.
//!
//! Rule: it is read by the code that reads scenarios, so a typo is refused at its line and column; a mistake in a
//! scenario that it names, or in a change of one, is reported as a fault of that scenario.

use super::HypothesesError;
use super::attribution::LayersCase;
use super::observe::{Given, Observable, Unit, View};
use super::overlay::Overlay;
use super::parts::{Change, Files, Hypothesis, Points, Trouble, changed, named, number, owner, texts};
use super::recovery::RecoveryMap;
use super::schema;
use crate::input::ScenarioText;
use sixslot_models::reading::{self as tree, Entry, Node};
use sixslot_models::reading::{self as read, Reader, advice};
use sixslot_models::reading::{Fault, Place, Sources};
use sixslot_models::{Plan, limits};
use std::collections::BTreeMap;
use std::path::Path;

/// Default number of loads of a case.
const DEFAULT_LOADS: u64 = 1_000;
/// Default of `measured_loads`.
const MEASURED_LOADS: u64 = 15;

/// A case: a hypothesis's plan for a figure or a prediction.
#[derive(Clone, Debug)]
pub struct Case {
    /// Index of the hypothesis.
    pub hypothesis: usize,
    /// What it changes.
    pub change: Change,
    /// The plan to simulate.
    pub plan: Plan,
}

/// The published value or range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Published {
    /// One value.
    Value(f64),
    /// A range.
    Range(f64, f64),
}

/// A published figure.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Its name.
    pub name: String,
    /// The published value or range.
    pub text: String,
    /// The value, in seconds, counts or shares.
    pub published: Published,
    /// The time that the page's own clock adds, in the same unit.
    pub tolerance: f64,
    /// What is observed of a load.
    pub view: View,
    /// The hypotheses that predict it.
    pub cases: Vec<Case>,
}

/// The results of a measured case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Loads that failed.
    pub failures: u64,
    /// The median time to ready in seconds.
    pub ready: f64,
}

/// A case to be measured, or measured already.
#[derive(Clone, Debug)]
pub struct Prediction {
    /// Its name.
    pub name: String,
    /// The case, in one line.
    pub text: String,
    /// Number of loads that were measured, or will be.
    pub measured_loads: u64,
    /// The results, if it was measured.
    pub measured: Option<Measured>,
    /// The hypotheses that predict it.
    pub cases: Vec<Case>,
}

/// A region of a hypothesis's parameters.
#[derive(Clone, Debug)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// Description, in one line.
    pub text: String,
    /// Index of the hypothesis.
    pub hypothesis: usize,
    /// The parameters.
    pub parameters: Vec<String>,
    /// Indices of the figures.
    pub figures: Vec<usize>,
    /// The grid's points, each with the plans of the figures.
    pub points: Vec<(Vec<f64>, Vec<Plan>)>,
}

/// A text with its place.
#[derive(Clone, Debug)]
pub struct Paragraph {
    /// The text.
    pub text: String,
    /// The place.
    pub place: Place,
}

/// A hypotheses file.
#[derive(Clone, Debug)]
pub struct HypothesesFile {
    /// Its title.
    pub title: String,
    /// Markdown.
    pub introduction: String,
    /// Loads of each case.
    pub loads: u64,
    /// The hypotheses.
    pub hypotheses: Vec<Hypothesis>,
    /// The figures.
    pub figures: Vec<Figure>,
    /// The predictions.
    pub predictions: Vec<Prediction>,
    /// The regions.
    pub regions: Vec<Region>,
    /// The captures.
    pub overlays: Vec<Overlay>,
    /// The layers.
    pub layers: Option<LayersCase>,
    /// The map of recovery.
    pub recovery: Option<RecoveryMap>,
    /// The conclusion.
    pub conclusions: Vec<Paragraph>,
    /// The scenario texts that were read, by their names in the file.
    pub scenarios: BTreeMap<String, String>,
    sources: Sources,
}

impl HypothesesFile {
    /// Reads a file and all files that it refers to.
    ///
    /// # Errors
    /// A file that cannot be read, the first fault of the hypotheses file or of a scenario.
    pub fn read(path: &Path) -> Result<Self, HypothesesError> {
        let ScenarioText { name, text } = ScenarioText::read(path)?;
        let mut sources = Sources::default();
        let place = Place { source: sources.add(&name, &text), bytes: 0..0 };
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        match Self::build(&text, &place, Files { folder, texts: BTreeMap::new() }) {
            Ok(file) => Ok(Self { sources, ..file }),
            Err(Trouble::Fault(fault)) => Err(HypothesesError::Input(sources.error(fault).into())),
            Err(Trouble::Other(error)) => Err(error),
        }
    }

    /// A fault in the file that is detected later.
    pub fn fault(&self, fault: Fault) -> HypothesesError {
        HypothesesError::Input(self.sources.error(fault).into())
    }

    fn build(text: &str, place: &Place, mut files: Files) -> Result<Self, Trouble> {
        let root = tree::parse(place.source, text)?;
        let reader = Reader::of(&root, place, &schema::HYPOTHESES)?;
        let version = reader.or("schema", 0, read::whole(0, u64::MAX))?;
        if version != 1 {
            return Err(Fault::new(reader.place_of("schema"), format!("schema {version} is not known"))
                .help("this program reads schema = 1")
                .into());
        }
        let hypotheses = named(&reader, "hypothesis")?.iter().map(hypothesis).collect::<Result<Vec<_>, _>>()?;
        let mut figures = Vec::new();
        for entry in named(&reader, "figure")? {
            figures.push(figure(entry, &hypotheses, &mut files)?);
        }
        let mut predictions = Vec::new();
        for entry in named(&reader, "prediction")? {
            predictions.push(prediction(entry, &hypotheses, &mut files)?);
        }
        let mut regions = Vec::new();
        for entry in named(&reader, "region")? {
            regions.push(region(entry, &hypotheses, &figures, &mut files)?);
        }
        let mut names = BTreeMap::new();
        for entry in named(&reader, "truth_names")? {
            names.insert(entry.key.clone(), read::text(&entry.node)?.to_owned());
        }
        let mut overlays = Vec::new();
        for entry in named(&reader, "overlay")? {
            overlays.push(Overlay::read(entry, &hypotheses, &names, &mut files)?);
        }
        let layers = reader.get("layers").map(|node| LayersCase::read(node, &hypotheses, &mut files)).transpose()?;
        let recovery =
            reader.get("recovery").map(|node| RecoveryMap::read(node, &hypotheses, &mut files)).transpose()?;
        let conclusion = |entry: &Entry| {
            let reader = Reader::new(&entry.node, &schema::CONCLUSION)?;
            let text = reader.or("text", "", read::text)?.trim().to_owned();
            Ok::<_, Fault>(Paragraph { text, place: reader.place_of("text").clone() })
        };
        Ok(Self {
            title: reader.or("title", "Hypotheses", read::text)?.to_owned(),
            introduction: reader.or("introduction", "", read::text)?.trim().to_owned(),
            loads: reader.or("loads", DEFAULT_LOADS, read::whole(1, limits::LOADS))?,
            hypotheses,
            figures,
            predictions,
            regions,
            overlays,
            layers,
            recovery,
            conclusions: named(&reader, "conclusion")?.iter().map(conclusion).collect::<Result<_, _>>()?,
            scenarios: files.texts,
            sources: Sources::default(),
        })
    }
}

fn hypothesis(entry: &Entry) -> Result<Hypothesis, Fault> {
    let reader = Reader::new(&entry.node, &schema::HYPOTHESIS)?;
    Ok(Hypothesis {
        name: entry.key.clone(),
        title: reader.or("title", entry.key.as_str(), read::text)?.to_owned(),
        explains: reader.or("explains", true, read::boolean)?,
        change: Change {
            scenario: reader.or("scenario", "", read::text)?.to_owned(),
            set: texts(&reader, "set")?,
            fixes: texts(&reader, "fixes")?,
        },
    })
}

/// The indices of the hypotheses in a list.
fn explaining(reader: &Reader<'_>, hypotheses: &[Hypothesis]) -> Result<Vec<usize>, Fault> {
    let Some(list) = reader.get("hypotheses") else {
        return Ok((0..hypotheses.len()).filter(|number| hypotheses[*number].explains).collect());
    };
    read::list(limits::LIST)(list)?.iter().map(|node| number(read::text(node)?, &node.place, hypotheses)).collect()
}

/// A published number in the unit of its observation.
fn quantity(node: &Node, unit: Unit) -> Result<f64, Fault> {
    match unit {
        Unit::Seconds => read::span(node).map(sixslot_sim_core::Span::as_seconds_f64),
        Unit::Count | Unit::Share => read::number(node),
    }
}

fn figure(entry: &Entry, hypotheses: &[Hypothesis], files: &mut Files) -> Result<Figure, Trouble> {
    let reader = Reader::new(&entry.node, &schema::FIGURE)?;
    let observable = reader.read("observe", Observable::read)?.unwrap_or(Observable::Calls);
    let unit = observable.unit();
    for end in ["low", "high"] {
        reader.exclude("value", end)?;
    }
    let get = |key| reader.read(key, |node| quantity(node, unit));
    let published = match (get("value")?, get("low")?, get("high")?) {
        (Some(value), ..) => Published::Value(value),
        (None, Some(low), Some(high)) if low <= high => Published::Range(low, high),
        _ => {
            let fault = Fault::new(&entry.key_place, format!("`{}` has no published value", entry.key));
            return Err(fault.help("give `value`, or `low` and `high`").into());
        }
    };
    let whole = |key, most| reader.read(key, read::whole(0, most));
    let view = View {
        observable,
        requests: texts(&reader, "requests")?,
        attempt: whole("attempt", limits::ATTEMPTS)?.and_then(|value| u32::try_from(value).ok()),
        window: reader.read("window", read::span)?,
        tab: whole("tab", limits::TABS)?.and_then(|value| u32::try_from(value).ok()),
        given: reader.or("given", Given::Any, Given::read)?,
    };
    let changes = named(&reader, "with")?;
    for change in changes {
        number(&change.key, &change.key_place, hypotheses)?;
    }
    let mut cases = Vec::new();
    for hypothesis in explaining(&reader, hypotheses)? {
        let own = &hypotheses[hypothesis].change;
        let change = match changes.iter().find(|change| change.key == hypotheses[hypothesis].name) {
            None => own.clone(),
            Some(change) => {
                let reader = Reader::new(&change.node, &schema::CHANGE)?;
                let scenario = reader.read("scenario", read::text)?;
                let mut changed = match scenario {
                    None => own.clone(),
                    Some(name) => Change { scenario: name.to_owned(), set: Vec::new(), fixes: Vec::new() },
                };
                changed.set.extend(texts(&reader, "set")?);
                changed.fixes.extend(texts(&reader, "fixes")?);
                changed
            }
        };
        cases.push(Case { hypothesis, plan: files.plan(&change)?, change });
    }
    if let Some(list) = reader.get("requests")
        && !cases.iter().any(|case| view.applies(&case.plan))
    {
        return Err(Fault::new(&list.place, "no hypothesis has any of these requests")
            .help("name one of a scenario")
            .into());
    }
    Ok(Figure {
        name: entry.key.clone(),
        text: reader.or("text", "", read::text)?.to_owned(),
        published,
        tolerance: get("tolerance")?.unwrap_or(0.0),
        view,
        cases,
    })
}

fn prediction(entry: &Entry, hypotheses: &[Hypothesis], files: &mut Files) -> Result<Prediction, Trouble> {
    let reader = Reader::new(&entry.node, &schema::PREDICTION)?;
    let mut cases = Vec::new();
    for hypothesis in explaining(&reader, hypotheses)? {
        let change = changed(&reader, &hypotheses[hypothesis])?;
        cases.push(Case { hypothesis, plan: files.plan(&change)?, change });
    }
    let measured_loads = reader.or("measured_loads", MEASURED_LOADS, read::whole(1, 1_000))?;
    let failures = reader.read("measured_failures", read::whole(0, measured_loads))?;
    let ready = reader.read("measured_ready", |node| match &node.value {
        tree::Value::Text(never) if never == "never" => Ok(f64::INFINITY),
        _ => read::span(node).map(|ready| ready.as_seconds_f64()),
    })?;
    let measured = match (failures, ready) {
        (Some(failures), Some(ready)) => Some(Measured { failures, ready }),
        (None, None) => None,
        _ => {
            let fault = Fault::new(&entry.key_place, format!("`{}` has only half of a measurement", entry.key));
            return Err(fault.help("give both `measured_failures` and `measured_ready`, or neither").into());
        }
    };
    Ok(Prediction {
        name: entry.key.clone(),
        text: reader.or("text", "", read::text)?.to_owned(),
        measured_loads,
        measured,
        cases,
    })
}

fn region(entry: &Entry, hypotheses: &[Hypothesis], figures: &[Figure], files: &mut Files) -> Result<Region, Trouble> {
    let reader = Reader::new(&entry.node, &schema::REGION)?;
    let hypothesis = owner(&reader, hypotheses)?;
    let mut wanted = Vec::new();
    for node in reader.or("figures", &[][..], read::list(limits::LIST))? {
        let name = read::text(node)?;
        let figure = figures.iter().position(|figure| figure.name == name).ok_or_else(|| {
            let known: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
            Fault::new(&node.place, format!("there is no figure `{name}`")).help(advice(name, &known))
        })?;
        if !figures[figure].cases.iter().any(|case| case.hypothesis == hypothesis) {
            let message = format!("`{}` says nothing about the figure `{name}`", hypotheses[hypothesis].name);
            return Err(Fault::new(&node.place, message).help("name another figure").into());
        }
        wanted.push(figure);
    }
    let grid = Points::read(&reader)?;
    let mut planned = Vec::with_capacity(grid.points.len());
    for point in &grid.points {
        let mut plans = Vec::with_capacity(wanted.len());
        for figure in &wanted {
            let Some(case) = figures[*figure].cases.iter().find(|case| case.hypothesis == hypothesis) else { continue };
            plans.push(files.plan(&grid.at(point, &case.change))?);
        }
        planned.push((point.clone(), plans));
    }
    Ok(Region {
        name: entry.key.clone(),
        text: reader.or("text", entry.key.as_str(), read::text)?.to_owned(),
        hypothesis,
        parameters: grid.parameters,
        figures: wanted,
        points: planned,
    })
}
