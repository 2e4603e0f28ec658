//! Quantities in a scenario: plain values, distributions, and linear forms of parameters.
//!
//! Rule: there is no expression language. A quantity is a distribution, or a base plus coefficients times parameters (or
//! products of parameters), the whole optionally multiplied by one parameter and by noise. One uniform number is drawn
//! for it at most, so that a fix that changes a form moves no other draw (ARCHITECTURE.md#invariants).

use crate::distribution::{Unit, distribution, probability, quantity};
use crate::limits;
use crate::read::{self, Reader, advice, expected};
use crate::schema::FORM;
use crate::source::{Fault, Place};
use crate::tree::{Entry, Node, Value};
use sixslot_sim_core::{Distribution, Span};

/// A quantity that is evaluated for one load, and for one request where it has a random part.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// Drawn from a distribution.
    Drawn(Distribution),
    /// Computed from parameters.
    Linear(Linear),
    /// Another form, shifted by at most `most` nanoseconds either way.
    Jittered {
        /// The form that is shifted.
        form: Box<Form>,
        /// The largest shift, in nanoseconds.
        most: f64,
        /// Seed of the shifts.
        round: u64,
    },
}

/// A base plus terms, multiplied by a parameter and by noise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Linear {
    base: f64,
    terms: Vec<Term>,
    times: Option<usize>,
    noise: Option<Distribution>,
    /// Whether the form is a parameter's name alone: as a count, its value is not rounded.
    bare: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Term {
    coefficient: f64,
    /// Indices of the parameters that are multiplied.
    parameters: Vec<usize>,
}

impl Linear {
    /// A constant form.
    pub fn constant(value: f64) -> Self {
        Self { base: value, ..Self::default() }
    }

    /// The count that it is in every load, where no parameter changes it.
    pub fn fixed(&self) -> Option<u64> {
        (self.terms.is_empty() && self.times.is_none()).then(|| self.count(&[]))
    }

    /// The value without noise.
    pub fn value(&self, parameters: &[f64]) -> f64 {
        let sum = self.terms.iter().fold(self.base, |sum, term| {
            sum + term.parameters.iter().fold(term.coefficient, |product, index| product * parameters[*index])
        });
        self.times.map_or(sum, |index| sum * parameters[index])
    }

    /// The index of the parameter that is the whole form; as a count it must be a whole number.
    pub(crate) fn bare_parameter(&self) -> Option<usize> {
        self.terms.first().filter(|_| self.bare).and_then(|term| term.parameters.first()).copied()
    }

    /// The indices of the parameters in it.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = usize> {
        self.terms.iter().flat_map(|term| &term.parameters).chain(&self.times).copied()
    }

    /// The value as a count: rounded to the nearest whole number, at least 0.
    pub fn count(&self, parameters: &[f64]) -> u64 {
        self.value(parameters).round().clamp(0.0, 1e18) as u64
    }
}

impl Form {
    /// A constant form.
    pub fn constant(span: Span) -> Self {
        Self::Linear(Linear::constant(span.as_nanos() as f64))
    }

    /// The form with each request's value shifted by a random length of at most `most` either way, like the noise of a
    /// measurement; `round` chooses the lengths. The draw itself is unchanged.
    #[must_use]
    pub fn jittered(self, most: Span, round: u64) -> Self {
        Self::Jittered { form: Box::new(self), most: most.as_nanos() as f64, round }
    }

    /// The value as a length of time; `uniform` is called only if the form has a random part.
    pub fn span(&self, parameters: &[f64], uniform: impl FnOnce() -> f64) -> Span {
        match self {
            // Most lengths of time in a scenario are left out.
            Self::Linear(linear) if linear.base == 0.0 && linear.terms.is_empty() => Span::ZERO,
            _ => Span::from_seconds_f64(self.nanoseconds(parameters, uniform) / 1e9).min(limits::LONGEST_SPAN),
        }
    }

    fn nanoseconds(&self, parameters: &[f64], uniform: impl FnOnce() -> f64) -> f64 {
        match self {
            Self::Drawn(distribution) => distribution.quantile(uniform()),
            Self::Linear(linear) => {
                let value = linear.value(parameters);
                linear.noise.as_ref().map_or(value, |noise| value * noise.quantile(uniform()))
            }
            Self::Jittered { form, most, round } => {
                let draw = uniform();
                // The low digits of the uniform: they are independent of the value that the high ones decide.
                let digits = draw * 65_537.0 * (round + 1) as f64;
                form.plain(parameters, draw) + most * (2.0 * (digits - digits.floor()) - 1.0)
            }
        }
    }

    /// The value for a draw that has been made.
    fn plain(&self, parameters: &[f64], draw: f64) -> f64 {
        self.nanoseconds(parameters, || draw)
    }
}

/// Reads a length of time, a distribution of lengths of time, or a linear form of one.
///
/// # Errors
/// The first fault, at its place.
pub fn time(node: &Node, parameters: &[String]) -> Result<Form, Fault> {
    match node.table() {
        Some(table) if table.get("distribution").is_some() => Ok(Form::Drawn(distribution(node, Unit::Time)?)),
        Some(_) => Ok(Form::Linear(linear(node, Unit::Time, parameters)?)),
        None => read::span(node).map(Form::constant),
    }
}

/// Reads a number, a parameter's name, or a linear form of numbers.
///
/// # Errors
/// The first fault, at its place.
pub fn amount(node: &Node, parameters: &[String]) -> Result<Linear, Fault> {
    match &node.value {
        Value::Text(name) => bare(name, node, parameters),
        Value::Table(_) => linear(node, Unit::Plain, parameters),
        Value::Integer(value) if *value < 0 => Err(Fault::new(&node.place, format!("{value} is less than 0"))),
        Value::Integer(_) => read::number(node).map(Linear::constant),
        Value::Float(value) => Err(Fault::new(&node.place, format!("{value:?} is not a whole number"))),
        _ => Err(expected("a whole number, a parameter's name or a linear form", node)),
    }
}

/// Reads a linear form without noise, of numbers, lengths of time (in nanoseconds) or bandwidths (in bits per second).
///
/// # Errors
/// The first fault, at its place.
pub(crate) fn constant(node: &Node, unit: Unit, parameters: &[String]) -> Result<Linear, Fault> {
    linear(node, unit, parameters)
}

/// Reads a share: a number from 0 to 1, or a parameter's name.
///
/// # Errors
/// The first fault, at its place.
pub fn share(node: &Node, parameters: &[String]) -> Result<Linear, Fault> {
    if let Value::Text(name) = &node.value {
        return bare(name, node, parameters);
    }
    let share = read::number(node)?;
    if !is_share(share) {
        return Err(Fault::new(&node.place, format!("{share} is not a share: write a number from 0 to 1")));
    }
    Ok(Linear::constant(share))
}

/// Whether a value is a share of a whole.
pub(crate) fn is_share(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

/// A parameter's name alone.
fn bare(name: &str, node: &Node, parameters: &[String]) -> Result<Linear, Fault> {
    let index = parameter(name, &node.place, parameters)?;
    let terms = vec![Term { coefficient: 1.0, parameters: vec![index] }];
    Ok(Linear { terms, bare: true, ..Linear::default() })
}

fn parameter(name: &str, place: &Place, parameters: &[String]) -> Result<usize, Fault> {
    parameters.iter().position(|known| known == name).ok_or_else(|| {
        let known: Vec<&str> = parameters.iter().map(String::as_str).collect();
        Fault::new(place, format!("there is no parameter `{name}`")).help(advice(name, &known))
    })
}

fn linear(node: &Node, unit: Unit, parameters: &[String]) -> Result<Linear, Fault> {
    const OWN: &[&str] = &["base", "per", "times", "noise"];
    let of_distribution = |entry: &&Entry| {
        !OWN.contains(&entry.key.as_str()) && (FORM.knows(&entry.key) || probability(&entry.key).is_some())
    };
    if let Some(entry) = node.table().and_then(|table| table.entries.iter().find(of_distribution)) {
        let fault = Fault::new(&entry.key_place, format!("`{}` requires a `distribution`", entry.key));
        return Err(fault.help("a linear form has `base`, `per`, `times` and `noise`"));
    }
    let reader = Reader::new(node, &FORM)?;
    let base = reader.or("base", 0.0, |node| quantity(node, unit))?;
    let mut terms = Vec::new();
    if let Some(per) = reader.get("per") {
        let table = per.table().ok_or_else(|| expected("a table of parameters", per))?;
        if let Some(entry) = table.entries.get(limits::TERMS) {
            return Err(Fault::new(&entry.key_place, format!("the limit is {} terms", limits::TERMS)));
        }
        for entry in &table.entries {
            if entry.key.split('*').count() > limits::FACTORS {
                let message = format!("the limit is {} parameters in a product", limits::FACTORS);
                return Err(Fault::new(&entry.key_place, message));
            }
            let factors = entry.key.split('*').map(|name| parameter(name.trim(), &entry.key_place, parameters));
            terms.push(Term {
                coefficient: quantity(&entry.node, unit)?,
                parameters: factors.collect::<Result<_, _>>()?,
            });
        }
    }
    let times = reader.read("times", |node| parameter(read::text(node)?, &node.place, parameters))?;
    let noise = reader.read("noise", |node| distribution(node, Unit::Plain))?;
    if unit == Unit::Plain && noise.is_some() {
        return Err(Fault::new(reader.place_of("noise"), "a count has no noise")
            .help("draw a parameter once per load, and count by it"));
    }
    Ok(Linear { base, terms, times, noise, bare: false })
}
