//! Parameters in the place of plain numbers.
//!
//! Rule: where a key takes one number, length of time or bandwidth for all loads, a parameter's name or a linear form of parameters
//! may stand (`limit = "cap"`, `deadline = { per = { patience = "1ms" } }`): it is replaced by its value before the scenario
//! is read, so that it costs a load nothing and passes the checks of the number itself. So the parameter must be a number: a
//! distribution is drawn for each load.

use crate::distribution::Unit;
use crate::form;
use crate::schema::{FORM, Fields, Kind};
use crate::source::Fault;
use crate::tree::{Node, Table, Value};

/// The parameters: names, and values of those that are numbers.
struct Parameters {
    names: Vec<String>,
    values: Vec<Option<f64>>,
}

/// Replaces the parameters in a scenario whose keys are `fields`.
///
/// # Errors
/// A form that is none, or a parameter that is a distribution, at its place.
pub(crate) fn resolve(root: &mut Table, fields: &Fields) -> Result<(), Fault> {
    let table = root.get("parameters").and_then(Node::table);
    let entries = table.map_or(&[][..], |table| &table.entries);
    let value = |node: &Node| match node.value {
        Value::Integer(value) => Some(value as f64),
        Value::Float(value) if value.is_finite() => Some(value),
        _ => None,
    };
    let parameters = Parameters {
        names: entries.iter().map(|entry| entry.key.clone()).collect(),
        values: entries.iter().map(|entry| value(&entry.node)).collect(),
    };
    if parameters.names.is_empty() { Ok(()) } else { parameters.replace_in(root, fields) }
}

impl Parameters {
    fn replace_in(&self, table: &mut Table, fields: &Fields) -> Result<(), Fault> {
        for entry in &mut table.entries {
            if let Some(field) = fields.fields.iter().find(|field| field.key == entry.key) {
                self.replace(&mut entry.node, field.kind)?;
            }
        }
        Ok(())
    }

    fn replace(&self, node: &mut Node, kind: Kind) -> Result<(), Fault> {
        if let (Kind::Span | Kind::Whole | Kind::Number | Kind::Bandwidth, Value::Text(_) | Value::Table(_)) =
            (kind, &node.value)
        {
            return self.number(node, kind);
        }
        if let (Kind::Time, Value::Text(name)) = (kind, &node.value) {
            return self.has_no_unit(name, node, kind);
        }
        match (kind, &mut node.value) {
            (Kind::Table(fields), Value::Table(table)) => self.replace_in(table, fields),
            (Kind::OneOrNamed(fields), Value::Table(table))
                if table.entries.iter().any(|entry| fields.knows(&entry.key)) =>
            {
                self.replace_in(table, fields)
            }
            (Kind::Named(fields) | Kind::OneOrNamed(fields), Value::Table(table)) => {
                table.entries.iter_mut().try_for_each(|entry| self.replace(&mut entry.node, Kind::Table(fields)))
            }
            (Kind::Keyed(kind), Value::Table(table)) => {
                table.entries.iter_mut().try_for_each(|entry| self.replace(&mut entry.node, *kind))
            }
            (Kind::Tables(fields), Value::List(items)) => {
                items.iter_mut().try_for_each(|item| self.replace(item, Kind::Table(fields)))
            }
            (Kind::Spans, Value::List(items)) => items.iter_mut().try_for_each(|item| self.replace(item, Kind::Span)),
            // The numbers of a distribution; a linear form is evaluated in each load.
            (Kind::Time, Value::Table(table)) if table.get("distribution").is_some() => {
                for entry in &mut table.entries {
                    match FORM.fields.iter().find(|field| field.key == entry.key).map(|field| field.kind) {
                        Some(Kind::Time) => self.replace(&mut entry.node, Kind::Span)?,
                        Some(kind @ (Kind::Number | Kind::Whole)) => self.replace(&mut entry.node, kind)?,
                        _ => {}
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Refuses the name of a parameter in the place of a length of time or a bandwidth.
    fn has_no_unit(&self, name: &str, node: &Node, kind: Kind) -> Result<(), Fault> {
        let (what, unit) = match kind {
            Kind::Bandwidth => ("bandwidth", "1Mbit/s"),
            Kind::Span | Kind::Time => ("length of time", "1ms"),
            _ => return Ok(()),
        };
        if name.starts_with(|first: char| first.is_ascii_digit()) || !self.names.iter().any(|known| known == name) {
            return Ok(());
        }
        let message = format!("`{name}` is a parameter, a number without a unit, and this is a {what}");
        Err(Fault::new(&node.place, message).help(format!("write {{ per = {{ {name} = \"{unit}\" }} }}")))
    }

    /// Replaces a parameter's name, or a linear form, by its value. What is neither is left for the reader to refuse.
    fn number(&self, node: &mut Node, kind: Kind) -> Result<(), Fault> {
        let unit = match kind {
            Kind::Span => Unit::Time,
            Kind::Bandwidth => Unit::Rate,
            _ => Unit::Plain,
        };
        let form = match &node.value {
            Value::Text(name) if unit == Unit::Plain && self.names.contains(name) => form::amount(node, &self.names)?,
            Value::Text(name) => return self.has_no_unit(name, node, kind),
            Value::Table(table)
                if table.entries.iter().all(|entry| ["base", "per", "times"].contains(&entry.key.as_str())) =>
            {
                form::constant(node, unit, &self.names)?
            }
            _ => return Ok(()),
        };
        if let Some(drawn) = form.parameters().find(|parameter| self.values[*parameter].is_none()) {
            let name = &self.names[drawn];
            let message = format!("`{name}` is drawn for each load, and this key takes one number for all loads");
            return Err(Fault::new(&node.place, message).help(format!("give `{name}` a number, and sweep it")));
        }
        let values: Vec<f64> = self.values.iter().map(|value| value.unwrap_or_default()).collect();
        let value = form.value(&values);
        let rounded = if form.bare_parameter().is_some() { value } else { value.round() };
        if matches!(kind, Kind::Whole)
            && rounded.fract() != 0.0
            && let Some(bare) = form.bare_parameter()
        {
            let message =
                format!("`{}` is {value}, which is not a whole number, and this key takes one", self.names[bare]);
            return Err(Fault::new(&node.place, message)
                .help("give the parameter a whole number, or write a form, which is rounded: { per = { NAME = 1 } }"));
        }
        if unit == Unit::Time && value < 0.0 {
            let message = format!(
                "the form comes to {} ms with these parameters, and a length of time is not negative",
                value / 1e6
            );
            return Err(Fault::new(&node.place, message).help("give it another `base`, or the parameters other values"));
        }
        node.value = match kind {
            Kind::Span => Value::Text(format!("{rounded:.0}ns")),
            Kind::Bandwidth => Value::Text(format!("{rounded:.0}bit/s")),
            Kind::Whole if rounded.fract() == 0.0 && rounded.abs() < 1e15 => Value::Integer(rounded as i64),
            Kind::Whole => Value::Float(rounded),
            _ => Value::Float(value),
        };
        Ok(())
    }
}
