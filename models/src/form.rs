//! Quantities in a scenario: plain values, distributions, and linear forms of parameters.
//!
//! Rule: there is no expression language. A quantity is a distribution, or a base plus coefficients times parameters (or
//! products of parameters), the whole optionally multiplied by one parameter and by noise. One uniform number is drawn
//! for it at most, so that a fix that changes a form moves no other draw (ARCHITECTURE.md#invariants).

use crate::limits;
use crate::read::{self, Reader, advice, expected};
use crate::schema::{DISTRIBUTIONS, FORM};
use crate::source::{Fault, Place};
use crate::tree::{Entry, Node, Value};
use sixslot_sim_core::{Distribution, DistributionError, Span};

/// The unit of a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Lengths of time; held in nanoseconds.
    Time,
    /// Plain numbers.
    Plain,
}

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
        Span::from_seconds_f64(self.nanoseconds(parameters, uniform) / 1e9).min(limits::LONGEST_SPAN)
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

/// Reads a parameter: a number or a distribution of numbers.
///
/// # Errors
/// The first fault, at its place.
pub fn parameter_value(node: &Node) -> Result<Distribution, Fault> {
    match node.table() {
        Some(_) => distribution(node, Unit::Plain),
        None => Distribution::constant(read::number(node)?).map_err(|error| nonsense(node, &error, Unit::Plain)),
    }
}

/// The fault of numbers that describe no distribution, at the number at fault if there is one.
fn nonsense(node: &Node, error: &DistributionError, unit: Unit) -> Fault {
    use DistributionError as E;
    let (name, in_time) = match *error {
        E::NotFinite { name, .. } | E::NotPositive { name, .. } | E::OutOfRange { name, .. } => (name, false),
        E::NotOrdered { lower_name, upper_name, .. } => (upper_name, !lower_name.contains("probability")),
        E::EmptyTruncation { .. } => ("", true),
        _ => ("", false),
    };
    // Lengths of time are held in nanoseconds, but users write other units.
    let mut error = error.clone();
    let in_seconds = unit == Unit::Time && in_time;
    if in_seconds {
        match &mut error {
            E::NotOrdered { lower: one, upper: other, .. }
            | E::EmptyTruncation { at_least: one, at_most: other, .. } => {
                (*one, *other) = (*one / 1e9, *other / 1e9);
            }
            _ => {}
        }
    }
    let key = match name {
        "standard deviation" => "std_dev",
        name => name,
    };
    let place = node.table().and_then(|table| table.get(key)).map_or(&node.place, |node| &node.place);
    let text = error.to_string().replacen(name, key, 1);
    let (message, help) = text.split_once("; ").unwrap_or((&text, ""));
    let fault = Fault::new(place, if in_seconds { format!("in seconds, {message}") } else { message.to_owned() });
    if help.is_empty() { fault } else { fault.help(help) }
}

fn quantity(node: &Node, unit: Unit) -> Result<f64, Fault> {
    match unit {
        Unit::Time => read::span(node).map(|span| span.as_nanos() as f64),
        Unit::Plain => read::number(node),
    }
}

/// The probability that a key such as `p95` or `median` names.
fn probability(key: &str) -> Option<f64> {
    if key == "median" {
        return Some(0.5);
    }
    let digits = key.strip_prefix('p').filter(|digits| digits.starts_with(|first: char| first.is_ascii_digit()))?;
    digits.parse::<f64>().ok().map(|percent| percent / 100.0)
}

/// Reads a distribution table.
///
/// # Errors
/// The first fault, at its place.
fn distribution(node: &Node, unit: Unit) -> Result<Distribution, Fault> {
    let table = node.table().ok_or_else(|| expected("a table with a `distribution`", node))?;
    let family = table.get("distribution").ok_or_else(|| Fault::new(&node.place, "`distribution` is missing"))?;
    let words: Vec<(&'static str, &'static str)> = DISTRIBUTIONS.iter().map(|word| (*word, *word)).collect();
    let name = read::choice(&words)(family)?;
    const COMMON: &[&str] = &["distribution", "shift", "factor", "at_least", "at_most"];
    const PLAIN: &[&str] = &["sigma", "shape"];
    let mut own = Vec::new();
    let mut quantiles = Vec::new();
    for entry in &table.entries {
        let key = entry.key.as_str();
        if let Some(probability) = probability(key) {
            if !(probability > 0.0 && probability < 1.0) {
                let fault = Fault::new(&entry.key_place, format!("`{key}` is not between p0 and p100"));
                return Err(fault.help("write the 95th percentile as p95"));
            }
            quantiles.push((probability, quantity(&entry.node, unit)?));
        } else if !FORM.knows(key) {
            let known: Vec<&str> = FORM.fields.iter().map(|field| field.key).collect();
            return Err(Fault::new(&entry.key_place, format!("unknown key `{key}`")).help(advice(key, &known)));
        }
        if !COMMON.contains(&key) {
            own.push(key);
        }
    }
    own.sort_unstable();
    // Only the Weibull law has a `scale`, together with `shape`; in earlier versions it was the factor of any law.
    if let Some(entry) = table.entry("scale").filter(|_| name != "weibull" || !own.contains(&"shape")) {
        let known: Vec<&str> = COMMON.to_vec();
        return Err(Fault::new(&entry.key_place, format!("{name} has no `scale`")).help(advice("scale", &known)));
    }
    let get = |key: &str| {
        let node = table.get(key).ok_or_else(|| Fault::new(&node.place, format!("`{key}` is missing")))?;
        quantity(node, if PLAIN.contains(&key) { Unit::Plain } else { unit })
    };
    let two = || match quantiles.as_slice() {
        [one, other] if own.len() == 2 => Ok((*one, *other)),
        _ => Err(Fault::new(&node.place, format!("{name} cannot be made of these keys")).help(needs(name))),
    };
    let made = match (name, own.as_slice()) {
        ("constant", ["value"]) => Distribution::constant(get("value")?),
        ("uniform", ["high", "low"]) => Distribution::uniform(get("low")?, get("high")?),
        ("exponential", ["mean"]) => Distribution::exponential_from_mean(get("mean")?),
        ("exponential", [_]) if quantiles.len() == 1 => Distribution::exponential_from_quantile(quantiles[0]),
        ("log-normal", ["median", "sigma"]) => {
            Distribution::log_normal_from_median_sigma(get("median")?, get("sigma")?)
        }
        ("log-normal", ["mean", "std_dev"]) => {
            Distribution::log_normal_from_mean_deviation(get("mean")?, get("std_dev")?)
        }
        ("gamma", ["mean", "shape"]) => Distribution::gamma_from_shape_mean(get("shape")?, get("mean")?),
        ("gamma", ["mean", "std_dev"]) => Distribution::gamma_from_mean_deviation(get("mean")?, get("std_dev")?),
        ("erlang", ["mean", "stages"]) => {
            let stages = table.get("stages").map(read::whole(1, limits::SEGMENTS)).transpose()?.unwrap_or(1);
            Distribution::erlang(u32::try_from(stages).unwrap_or(u32::MAX), get("mean")?)
        }
        ("weibull", ["scale", "shape"]) => Distribution::weibull(get("shape")?, get("scale")?),
        ("pareto", ["minimum", "shape"]) => Distribution::pareto(get("minimum")?, get("shape")?),
        ("triangular", ["high", "low", "mode"]) => Distribution::triangular(get("low")?, get("mode")?, get("high")?),
        ("empirical", ["samples"]) => {
            let items = table.get("samples").map_or(Ok(&[][..]), read::list(limits::LIST))?;
            let samples = items.iter().map(|item| quantity(item, unit)).collect::<Result<Vec<_>, _>>()?;
            Distribution::samples(samples)
        }
        ("empirical", ["quantiles"]) => {
            let mut pairs = Vec::new();
            let points = table.get("quantiles").map(|node| node.table().ok_or_else(|| expected("a table", node)));
            let points = points.transpose()?.map_or(&[][..], |table| &table.entries);
            if let Some(point) = points.get(limits::LIST) {
                return Err(Fault::new(&point.key_place, format!("the limit is {} quantiles", limits::LIST)));
            }
            for point in points {
                let at = probability(&point.key).ok_or_else(|| {
                    Fault::new(&point.key_place, format!("`{}` is not a quantile", point.key)).help("write p0 to p100")
                })?;
                pairs.push((at, quantity(&point.node, unit)?));
            }
            Distribution::quantiles(pairs)
        }
        ("uniform", _) => two().map(|(one, other)| Distribution::uniform_from_quantiles(one, other))?,
        ("log-normal", _) => two().map(|(one, other)| Distribution::log_normal_from_quantiles(one, other))?,
        ("gamma", _) => two().map(|(one, other)| Distribution::gamma_from_quantiles(one, other))?,
        ("weibull", _) => two().map(|(one, other)| Distribution::weibull_from_quantiles(one, other))?,
        ("pareto", _) => two().map(|(one, other)| Distribution::pareto_from_quantiles(one, other))?,
        _ => {
            return Err(Fault::new(&node.place, format!("{name} cannot be made of these keys")).help(needs(name)));
        }
    }
    .map_err(|error| nonsense(node, &error, unit))?;
    let factor = table.get("factor").map(read::number).transpose()?;
    let shift = table.get("shift").map(|node| quantity(node, unit)).transpose()?;
    let least = table.get("at_least").map(|node| quantity(node, unit)).transpose()?;
    let most = table.get("at_most").map(|node| quantity(node, unit)).transpose()?;
    factor
        .map_or(Ok(made.clone()), |factor| made.scaled(factor))
        .and_then(|made| shift.map_or(Ok(made.clone()), |shift| made.shifted(shift)))
        .and_then(|made| if least.or(most).is_some() { made.truncated(least, most) } else { Ok(made) })
        .map_err(|error| nonsense(node, &error, unit))
}

/// The keys that describe a family.
fn needs(family: &str) -> &'static str {
    match family {
        "constant" => "give `value`",
        "uniform" => "give `low` and `high`, or two quantiles",
        "exponential" => "give `mean`, or one quantile such as `median`",
        "log-normal" => "give `median` and `sigma`, `mean` and `std_dev`, or two quantiles such as `median` and `p95`",
        "gamma" => "give `shape` and `mean`, `mean` and `std_dev`, or two quantiles",
        "erlang" => "give `stages` and `mean`",
        "weibull" => "give `shape` and `scale`, or two quantiles",
        "pareto" => "give `minimum` and `shape`, or two quantiles",
        "triangular" => "give `low`, `mode` and `high`",
        _ => "give `samples` or `quantiles`",
    }
}
