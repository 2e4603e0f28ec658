//! Distributions in a scenario: a table with a `distribution` and the keys or quantiles that describe it.
//!
//! Rule: a family takes the keys that `needs` lists, and no others; every family can be multiplied (`factor`), shifted and
//! bounded, in this order.

use crate::limits;
use crate::read::{self, advice, expected};
use crate::schema::{DISTRIBUTIONS, FORM};
use crate::source::Fault;
use crate::tree::{Entry, Node, Table};
use sixslot_sim_core::{Distribution, DistributionError};

/// Keys that every family has.
const COMMON: &[&str] = &["distribution", "shift", "factor", "at_least", "at_most"];
/// Keys without a unit.
const PLAIN: &[&str] = &["sigma", "shape"];

/// The unit of a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Lengths of time; held in nanoseconds.
    Time,
    /// Plain numbers.
    Plain,
    /// Bandwidths; held in bits per second.
    Rate,
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

/// A table of a distribution: its keys, checked, and the quantiles among them.
struct Description<'a> {
    node: &'a Node,
    table: &'a Table,
    unit: Unit,
    /// The keys of the family, sorted; `shift` and the like belong to every family.
    keys: Vec<&'a str>,
    quantiles: Vec<(f64, f64)>,
}

/// Reads a distribution table.
///
/// # Errors
/// The first fault, at its place.
pub(crate) fn distribution(node: &Node, unit: Unit) -> Result<Distribution, Fault> {
    let table = node.table().ok_or_else(|| expected("a table with a `distribution`", node))?;
    let family = table.get("distribution").ok_or_else(|| Fault::new(&node.place, "`distribution` is missing"))?;
    let words: Vec<(&'static str, &'static str)> = DISTRIBUTIONS.iter().map(|word| (*word, *word)).collect();
    let name = read::choice(&words)(family)?;
    let description = Description::read(node, table, unit)?;
    // Only the Weibull law has a `scale`, together with `shape`; in earlier versions it was the factor of any law.
    if let Some(entry) = table.entry("scale").filter(|_| name != "weibull" || !description.keys.contains(&"shape")) {
        return Err(Fault::new(&entry.key_place, format!("{name} has no `scale`")).help(advice("scale", COMMON)));
    }
    description.changed(description.family(name)?)
}

impl<'a> Description<'a> {
    /// Sorts the keys of a table.
    fn read(node: &'a Node, table: &'a Table, unit: Unit) -> Result<Self, Fault> {
        let mut description = Self { node, table, unit, keys: Vec::new(), quantiles: Vec::new() };
        for entry in &table.entries {
            let key = entry.key.as_str();
            if let Some(probability) = probability(key) {
                if !(probability > 0.0 && probability < 1.0) {
                    let fault = Fault::new(&entry.key_place, format!("`{key}` is not between p0 and p100"));
                    return Err(fault.help("write the 95th percentile as p95"));
                }
                description.quantiles.push((probability, quantity(&entry.node, unit)?));
            } else if !FORM.knows(key) {
                let known: Vec<&str> = FORM.fields.iter().map(|field| field.key).collect();
                return Err(Fault::new(&entry.key_place, format!("unknown key `{key}`")).help(advice(key, &known)));
            }
            if !COMMON.contains(&key) {
                description.keys.push(key);
            }
        }
        description.keys.sort_unstable();
        Ok(description)
    }

    fn get(&self, key: &str) -> Result<f64, Fault> {
        let node = self.table.get(key).ok_or_else(|| Fault::new(&self.node.place, format!("`{key}` is missing")))?;
        quantity(node, if PLAIN.contains(&key) { Unit::Plain } else { self.unit })
    }

    /// The family by its name, with the keys or the quantiles that describe it.
    fn family(&self, name: &str) -> Result<Distribution, Fault> {
        let get = |key| self.get(key);
        match (name, self.keys.as_slice()) {
            ("constant", ["value"]) => Distribution::constant(get("value")?),
            ("uniform", ["high", "low"]) => Distribution::uniform(get("low")?, get("high")?),
            ("exponential", ["mean"]) => Distribution::exponential_from_mean(get("mean")?),
            ("exponential", [_]) if self.quantiles.len() == 1 => {
                Distribution::exponential_from_quantile(self.quantiles[0])
            }
            ("log-normal", ["median", "sigma"]) => {
                Distribution::log_normal_from_median_sigma(get("median")?, get("sigma")?)
            }
            ("log-normal", ["mean", "std_dev"]) => {
                Distribution::log_normal_from_mean_deviation(get("mean")?, get("std_dev")?)
            }
            ("gamma", ["mean", "shape"]) => Distribution::gamma_from_shape_mean(get("shape")?, get("mean")?),
            ("gamma", ["mean", "std_dev"]) => Distribution::gamma_from_mean_deviation(get("mean")?, get("std_dev")?),
            ("erlang", ["mean", "stages"]) => {
                let stages = self.table.get("stages").map(read::whole(1, limits::SEGMENTS)).transpose()?.unwrap_or(1);
                Distribution::erlang(u32::try_from(stages).unwrap_or(u32::MAX), get("mean")?)
            }
            ("weibull", ["scale", "shape"]) => Distribution::weibull(get("shape")?, get("scale")?),
            ("pareto", ["minimum", "shape"]) => Distribution::pareto(get("minimum")?, get("shape")?),
            ("triangular", ["high", "low", "mode"]) => {
                Distribution::triangular(get("low")?, get("mode")?, get("high")?)
            }
            ("empirical", ["samples"]) => Distribution::samples(self.samples()?),
            ("empirical", ["quantiles"]) => Distribution::quantiles(self.points()?),
            _ => self.by_two_quantiles(name)?,
        }
        .map_err(|error| nonsense(self.node, &error, self.unit))
    }

    /// The family by two of its quantiles.
    fn by_two_quantiles(&self, name: &str) -> Result<Result<Distribution, DistributionError>, Fault> {
        let family = match name {
            "uniform" => Distribution::uniform_from_quantiles,
            "log-normal" => Distribution::log_normal_from_quantiles,
            "gamma" => Distribution::gamma_from_quantiles,
            "weibull" => Distribution::weibull_from_quantiles,
            "pareto" => Distribution::pareto_from_quantiles,
            _ => return Err(self.unfit(name)),
        };
        match self.quantiles.as_slice() {
            [one, other] if self.keys.len() == 2 => Ok(family(*one, *other)),
            _ => Err(self.unfit(name)),
        }
    }

    fn unfit(&self, name: &str) -> Fault {
        Fault::new(&self.node.place, format!("{name} cannot be made of these keys")).help(needs(name))
    }

    /// The list `samples`.
    fn samples(&self) -> Result<Vec<f64>, Fault> {
        let items = self.table.get("samples").map_or(Ok(&[][..]), read::list(limits::LIST))?;
        items.iter().map(|item| quantity(item, self.unit)).collect()
    }

    /// The table `quantiles`.
    fn points(&self) -> Result<Vec<(f64, f64)>, Fault> {
        let points = self.table.get("quantiles").map(|node| node.table().ok_or_else(|| expected("a table", node)));
        let points = points.transpose()?.map_or(&[][..], |table| &table.entries);
        if let Some(point) = points.get(limits::LIST) {
            return Err(Fault::new(&point.key_place, format!("the limit is {} quantiles", limits::LIST)));
        }
        let point = |point: &Entry| {
            let at = probability(&point.key).ok_or_else(|| {
                Fault::new(&point.key_place, format!("`{}` is not a quantile", point.key)).help("write p0 to p100")
            })?;
            Ok((at, quantity(&point.node, self.unit)?))
        };
        points.iter().map(point).collect()
    }

    /// The distribution with the `factor`, the `shift` and the bounds of the table.
    fn changed(&self, made: Distribution) -> Result<Distribution, Fault> {
        let bound = |key| self.table.get(key).map(|node| quantity(node, self.unit)).transpose();
        let factor = self.table.get("factor").map(read::number).transpose()?;
        let (shift, least, most) = (bound("shift")?, bound("at_least")?, bound("at_most")?);
        factor
            .map_or(Ok(made.clone()), |factor| made.scaled(factor))
            .and_then(|made| shift.map_or(Ok(made.clone()), |shift| made.shifted(shift)))
            .and_then(|made| if least.or(most).is_some() { made.truncated(least, most) } else { Ok(made) })
            .map_err(|error| nonsense(self.node, &error, self.unit))
    }
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

/// A number, in nanoseconds if it is a length of time, in bits per second if it is a bandwidth.
pub(crate) fn quantity(node: &Node, unit: Unit) -> Result<f64, Fault> {
    match unit {
        Unit::Time => read::span(node).map(|span| span.as_nanos() as f64),
        Unit::Plain => read::number(node),
        Unit::Rate => read::bandwidth(node),
    }
}

/// The probability that a key such as `p95` or `median` names.
pub(crate) fn probability(key: &str) -> Option<f64> {
    if key == "median" {
        return Some(0.5);
    }
    let digits = key.strip_prefix('p').filter(|digits| digits.starts_with(|first: char| first.is_ascii_digit()))?;
    digits.parse::<f64>().ok().map(|percent| percent / 100.0)
}
