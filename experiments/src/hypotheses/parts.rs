//! What every part of a hypotheses file is read with: hypotheses with their changes, scenario texts, grids of parameters.
//!
//! Rule: a fault is reported at its line and column of the hypotheses file, or as a fault of the scenario that it names.

use super::HypothesesError;
use crate::input::ScenarioText;
use sixslot_models::reading::{self as read, Entry, Fault, Node, Place, Reader, advice, expected};
use sixslot_models::{Document, Plan, limits};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A scenario with changes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Change {
    /// The scenario file, from the hypotheses file's folder.
    pub scenario: String,
    /// Changes of its keys.
    pub set: Vec<String>,
    /// Its fixes.
    pub fixes: Vec<String>,
}

/// A hypothesis.
#[derive(Clone, Debug)]
pub struct Hypothesis {
    /// Its name.
    pub name: String,
    /// Its title, in one line.
    pub title: String,
    /// Whether it is compared with the figures.
    pub explains: bool,
    /// What it simulates.
    pub change: Change,
}

/// State of the reader.
pub(super) struct Files {
    pub(super) folder: PathBuf,
    pub(super) texts: BTreeMap<String, String>,
}

/// A fault of the hypotheses file, or of something that it names.
pub(super) enum Trouble {
    Fault(Fault),
    Other(HypothesesError),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<HypothesesError> for Trouble {
    fn from(error: HypothesesError) -> Self {
        Self::Other(error)
    }
}

impl Files {
    pub(super) fn document(&mut self, change: &Change) -> Result<Document, Trouble> {
        if !self.texts.contains_key(&change.scenario) {
            let read = ScenarioText::read(&self.folder.join(&change.scenario));
            let text = read.map_err(HypothesesError::from)?.text;
            self.texts.insert(change.scenario.clone(), text);
        }
        let name = self.folder.join(&change.scenario).display().to_string();
        let document = Document::read(&name, &self.texts[&change.scenario], &change.set);
        Ok(document.map_err(|error| HypothesesError::Input(error.into()))?)
    }

    pub(super) fn plan(&mut self, change: &Change) -> Result<Plan, Trouble> {
        let document = self.document(change)?;
        let fixes = change.fixes.iter().map(|fix| document.fix(fix)).collect::<Result<Vec<_>, _>>();
        let plan = document.plan(&fixes.map_err(HypothesesError::from)?, &[]);
        Ok(plan.map_err(|error| HypothesesError::Input(error.into()))?)
    }
}
pub(super) fn named<'a>(reader: &Reader<'a>, key: &str) -> Result<&'a [Entry], Fault> {
    let table = |node: &'a Node| node.table().ok_or_else(|| expected("a table of tables", node));
    Ok(reader.read(key, table)?.map_or(&[][..], |table| &table.entries))
}

pub(super) fn texts(reader: &Reader<'_>, key: &str) -> Result<Vec<String>, Fault> {
    let items = reader.or(key, &[][..], read::list(limits::LIST))?;
    items.iter().map(|node| read::text(node).map(str::to_owned)).collect()
}

pub(super) fn number(name: &str, place: &Place, hypotheses: &[Hypothesis]) -> Result<usize, Fault> {
    hypotheses.iter().position(|hypothesis| hypothesis.name == name).ok_or_else(|| {
        let known: Vec<&str> = hypotheses.iter().map(|hypothesis| hypothesis.name.as_str()).collect();
        Fault::new(place, format!("there is no hypothesis `{name}`")).help(advice(name, &known))
    })
}

/// A hypothesis's change combined with that of a table.
pub(super) fn changed(reader: &Reader<'_>, hypothesis: &Hypothesis) -> Result<Change, Fault> {
    let mut change = hypothesis.change.clone();
    change.set.extend(texts(reader, "set")?);
    change.fixes.extend(texts(reader, "fixes")?);
    Ok(change)
}

/// The hypothesis that a table names.
pub(super) fn owner(reader: &Reader<'_>, hypotheses: &[Hypothesis]) -> Result<usize, Fault> {
    let name = |node: &Node| number(read::text(node)?, &node.place, hypotheses);
    Ok(reader.read("hypothesis", name)?.unwrap_or_default())
}

/// The most points of a grid.
const POINTS: usize = 1_000;

/// Parameters with the points of their grid, the last parameter varying fastest.
pub(super) struct Points {
    pub(super) parameters: Vec<String>,
    pub(super) axes: Vec<Vec<f64>>,
    pub(super) points: Vec<Vec<f64>>,
}

impl Points {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Self, Fault> {
        let mut grid = Self { parameters: Vec::new(), axes: Vec::new(), points: vec![Vec::new()] };
        for axis in named(reader, "parameters")? {
            let values =
                read::list(limits::LIST)(&axis.node)?.iter().map(read::number).collect::<Result<Vec<_>, _>>()?;
            let count = grid.points.len() * values.len();
            if count == 0 || count > POINTS {
                let fault = Fault::new(&axis.node.place, format!("the grid has {count} points"));
                return Err(fault.help(format!("1 to {POINTS} are wanted")));
            }
            let with = |point: &Vec<f64>| values.iter().map(|value| [point.as_slice(), &[*value]].concat()).collect();
            grid.points = grid.points.iter().flat_map::<Vec<Vec<f64>>, _>(with).collect();
            grid.parameters.push(axis.key.clone());
            grid.axes.push(values);
        }
        Ok(grid)
    }

    /// A change with the values of a point.
    pub(super) fn at(&self, point: &[f64], change: &Change) -> Change {
        let mut change = change.clone();
        let set = self.parameters.iter().zip(point).map(|(name, value)| format!("parameters.{name}={value}"));
        change.set.extend(set);
        change
    }
}
