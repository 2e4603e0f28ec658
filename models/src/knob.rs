//! A key of a scenario that an analysis varies over a range of numbers, such as a deadline or the limit of a queue.
//!
//! Rule: the ends of the range say what the key takes: two whole numbers, two numbers, two lengths of time, or two
//! bandwidths. A value is set after the fixes, and the scenario is then read and checked as if it had been written so.

use crate::limits;
use crate::read;
use crate::source::{Fault, Place};
use crate::tree::{Node, Table, Value, parse_value};
use sixslot_sim_core::Span;

/// What the values of a knob are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KnobUnit {
    /// Whole numbers.
    Whole,
    /// Numbers.
    Number,
    /// Lengths of time; their values are in nanoseconds.
    Time,
    /// Bandwidths; their values are in bits per second.
    Bandwidth,
}

/// A key and the range of its values.
#[derive(Clone, Debug)]
pub struct Knob {
    path: Vec<String>,
    place: Place,
    unit: KnobUnit,
    low: f64,
    high: f64,
}

/// The number in a value of a scenario, with its unit.
fn number(node: &Node) -> Result<(KnobUnit, f64), Fault> {
    match node.value {
        Value::Integer(value) => Ok((KnobUnit::Whole, value as f64)),
        Value::Float(_) => Ok((KnobUnit::Number, read::number(node)?)),
        Value::Text(ref text) if text.contains("bit/s") => Ok((KnobUnit::Bandwidth, read::bandwidth(node)?)),
        _ => Ok((KnobUnit::Time, read::span(node)?.as_nanos() as f64)),
    }
}

impl Knob {
    /// Reads `LOW..HIGH` for a key.
    pub(crate) fn read(path: Vec<String>, range: &str, whole: &Place) -> Result<Self, Fault> {
        let forbidden = ["schema", "title", "fix", "layer", "sweep"];
        if path.first().is_some_and(|first| forbidden.contains(&first.as_str())) {
            return Err(Fault::new(whole, format!("`{}` is not simulated", path.join("."))));
        }
        let (low, high) = range.split_once("..").ok_or_else(|| {
            Fault::new(whole, "there is no range in it").help("write PATH=LOW..HIGH, such as 2s..20s or 1..10")
        })?;
        let end = |text: &str| number(&parse_value(text.trim(), whole)?);
        let ((one, low), (other, high)) = (end(low)?, end(high)?);
        let unit = match (one, other) {
            (one, other) if one == other => one,
            (KnobUnit::Whole | KnobUnit::Number, KnobUnit::Whole | KnobUnit::Number) => KnobUnit::Number,
            _ => return Err(Fault::new(whole, "the ends of the range have different units")),
        };
        if low >= high {
            return Err(Fault::new(whole, "the range is empty: its first end is not below its second"));
        }
        Ok(Self { path, place: whole.clone(), unit, low, high })
    }

    /// The key's path.
    pub fn key(&self) -> String {
        self.path.join(".")
    }

    /// What its values are.
    pub const fn unit(&self) -> KnobUnit {
        self.unit
    }

    /// Values of the range in ascending order, evenly spaced, both ends among them: at least 2, at most
    /// [`limits::TUNED_VALUES`], and at most one for each whole number.
    pub fn values(&self, most: usize) -> Vec<f64> {
        let steps = most.clamp(2, limits::TUNED_VALUES) - 1;
        let width = (self.high - self.low) / steps as f64;
        // A whole unit, so that the text of a value is short and exact.
        let grain = match self.unit {
            KnobUnit::Whole => 1.0,
            KnobUnit::Time if width >= 1e6 => 1e6,
            KnobUnit::Bandwidth if width >= 1e3 => 1e3,
            KnobUnit::Time | KnobUnit::Bandwidth => 1.0,
            KnobUnit::Number => 0.0,
        };
        let round = |value: f64| if grain > 0.0 { (value / grain).round() * grain } else { value };
        let inner = (1..steps).map(|step| round(self.low + width * step as f64));
        let mut values: Vec<f64> = std::iter::once(self.low).chain(inner).chain([self.high]).collect();
        values.dedup();
        values
    }

    /// A value as the scenario has it: `12`, `0.5`, `8s`, `2500ms`, `1.6Mbit/s`.
    pub fn text(&self, value: f64) -> String {
        match self.unit {
            KnobUnit::Whole | KnobUnit::Number => return value.to_string(),
            KnobUnit::Bandwidth if value >= 1e6 => return format!("{}Mbit/s", value / 1e6),
            KnobUnit::Bandwidth => return format!("{}kbit/s", value / 1e3),
            KnobUnit::Time => {}
        }
        let nanoseconds = Span::from_seconds_f64(value / 1e9).as_nanos();
        match nanoseconds {
            time if time % 1_000_000_000 == 0 => format!("{}s", time / 1_000_000_000),
            time if time % 1_000_000 == 0 => format!("{}ms", time / 1_000_000),
            time => format!("{time}ns"),
        }
    }

    /// Sets the key in a tree.
    pub(crate) fn set(&self, root: &mut Table, value: f64) -> Result<(), Fault> {
        let value = match self.unit {
            KnobUnit::Whole => Value::Integer(value as i64),
            KnobUnit::Number => Value::Float(value),
            KnobUnit::Time | KnobUnit::Bandwidth => Value::Text(self.text(value)),
        };
        root.set(&self.path, &self.place, Node { value, place: self.place.clone() })
    }

    /// The value of the key in a tree, if it is a number of the knob's unit.
    pub(crate) fn value_in(&self, root: &Table) -> Option<f64> {
        let (last, tables) = self.path.split_last()?;
        let table = tables.iter().try_fold(root, |table, name| table.get(name).and_then(Node::table))?;
        let (unit, value) = number(table.get(last)?).ok()?;
        (unit == self.unit || self.unit == KnobUnit::Number && unit == KnobUnit::Whole).then_some(value)
    }
}
