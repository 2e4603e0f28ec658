//! A TOML text as a tree; every key and value knows its place in the text.
//!
//! Rule: a patch and a `--set` change the tree before anything is read from it, so that a patched scenario passes
//! exactly the same checks as an unpatched one, and messages point into the text at fault. Keys keep the order of the
//! file: requests that start at the same instant are issued in that order.

use crate::limits;
use crate::source::{Fault, Place};
use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it was written.
    pub place: Place,
}

/// A TOML value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A string.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A date or time: no scenario key takes one.
    Date(String),
    /// An array.
    List(Vec<Node>),
    /// A table.
    Table(Table),
}

/// Keys and values in the order of the text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The entries; no key occurs twice.
    pub entries: Vec<Entry>,
}

/// One key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key was written.
    pub key_place: Place,
    /// The value.
    pub node: Node,
}

impl Node {
    /// The table in it, if it is one.
    pub fn table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The name of this type in messages.
    pub fn type_name(&self) -> &'static str {
        match &self.value {
            Value::Text(_) => "a string",
            Value::Integer(_) | Value::Float(_) => "a number",
            Value::Boolean(_) => "true or false",
            Value::Date(_) => "a date",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

impl Node {
    /// Shifts its place and those of everything in it, for a text that is part of a longer one.
    fn shift(&mut self, by: usize) {
        let shift = |place: &mut Place| place.bytes = place.bytes.start + by..place.bytes.end + by;
        shift(&mut self.place);
        match &mut self.value {
            Value::List(items) => items.iter_mut().for_each(|item| item.shift(by)),
            Value::Table(table) => {
                for entry in &mut table.entries {
                    shift(&mut entry.key_place);
                    entry.node.shift(by);
                }
            }
            _ => {}
        }
    }
}

impl Table {
    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    fn put(&mut self, entry: Entry) {
        match self.entries.iter_mut().find(|old| old.key == entry.key) {
            Some(old) => *old = entry,
            None => self.entries.push(entry),
        }
    }

    /// Merges another table over this one: tables merge key by key, everything else is replaced. A distribution or a
    /// linear form that states its own kind (`distribution`, `base`) replaces the old form as a whole, because half of
    /// an old distribution has no meaning in a new one.
    pub fn merge(&mut self, patch: &Table) {
        // By an index: a linear search for each key would take minutes if both tables are long.
        let index: BTreeMap<String, usize> =
            self.entries.iter().enumerate().map(|(at, entry)| (entry.key.clone(), at)).collect();
        for entry in &patch.entries {
            let Some(at) = index.get(&entry.key) else {
                self.entries.push(entry.clone());
                continue;
            };
            let old = &mut self.entries[*at];
            match (&mut old.node.value, &entry.node.value) {
                (Value::Table(old), Value::Table(new))
                    if new.get("distribution").is_none() && new.get("base").is_none() =>
                {
                    old.merge(new);
                }
                _ => *old = entry.clone(),
            }
        }
    }

    /// The path of the first key that both tables give, other than a table in both.
    pub fn overlap(&self, other: &Self) -> Option<String> {
        self.entries.iter().find_map(|entry| match (&entry.node.value, &other.get(&entry.key)?.value) {
            (Value::Table(one), Value::Table(other)) => one.overlap(other).map(|rest| format!("{}.{rest}", entry.key)),
            _ => Some(entry.key.clone()),
        })
    }

    /// Sets one key by its path, creating missing tables.
    ///
    /// # Errors
    /// If a part of the path is not a table.
    pub fn set(&mut self, path: &[String], place: &Place, node: Node) -> Result<(), Fault> {
        let (first, rest) = path.split_first().ok_or_else(|| Fault::new(place, "the path is empty"))?;
        if rest.is_empty() {
            self.put(Entry { key: first.clone(), key_place: place.clone(), node });
            return Ok(());
        }
        if self.entry(first).is_none() {
            let value = Value::Table(Self::default());
            let node = Node { value, place: place.clone() };
            self.entries.push(Entry { key: first.clone(), key_place: place.clone(), node });
        }
        let entry = self.entries.iter_mut().find(|entry| entry.key == *first);
        match entry.map(|entry| &mut entry.node.value) {
            Some(Value::Table(table)) => table.set(rest, place, node),
            _ => Err(Fault::new(place, format!("`{first}` is not a table, so it has no key `{}`", rest.join(".")))),
        }
    }
}

/// Reads a TOML text.
///
/// # Errors
/// The first fault of syntax, or a text over [`limits::TEXT`].
pub fn parse(source: usize, text: &str) -> Result<Table, Fault> {
    if text.len() > limits::TEXT {
        let place = Place { source, bytes: 0..0 };
        return Err(Fault::new(&place, format!("the text has {} bytes, the limit is {}", text.len(), limits::TEXT)));
    }
    let document = DeTable::parse(text).map_err(|error| syntax(source, &error))?;
    table(source, document.get_ref(), limits::DEPTH)
}

fn syntax(source: usize, error: &toml::de::Error) -> Fault {
    let place = Place { source, bytes: error.span().unwrap_or(0..0) };
    Fault::new(&place, format!("not TOML: {}", error.message().replace('\n', ", ")))
}

/// As [`parse`], with every fault of syntax, the first of each line.
///
/// # Errors
/// At least one fault.
pub(crate) fn parse_all(source: usize, text: &str) -> Result<Table, Vec<Fault>> {
    let first = match parse(source, text) {
        Ok(table) => return Ok(table),
        Err(fault) => fault,
    };
    if text.len() > limits::TEXT {
        return Err(vec![first]);
    }
    let (_, errors) = DeTable::parse_recoverable(text);
    let mut faults = vec![first];
    for fault in errors.iter().map(|error| syntax(source, error)) {
        let last = faults.iter().map(|fault| fault.place.bytes.start).max().unwrap_or(0).min(text.len());
        let start = fault.place.bytes.start.min(text.len());
        if start > last && text.as_bytes()[last..start].contains(&b'\n') {
            faults.push(fault);
        }
    }
    Err(faults)
}

/// Reads the value of `--set PATH=VALUE`, which is at `place`: a TOML value, or a bare word as a string
/// (`deadline=9s`).
///
/// # Errors
/// A TOML value beyond the limits of numbers or depth.
pub fn parse_value(text: &str, place: &Place) -> Result<Node, Fault> {
    let Ok(value) = DeValue::parse(text) else {
        return Ok(Node { value: Value::Text(text.to_owned()), place: place.clone() });
    };
    let mut node = node(place.source, &value, limits::DEPTH).map_err(|fault| Fault::new(place, fault.message))?;
    node.shift(place.bytes.start);
    Ok(Node { place: place.clone(), ..node })
}

/// A text as a TOML string: what [`parse_value`] reads back as this text.
///
/// ```
/// use sixslot_models::reading::{Value, parse, quoted};
///
/// let hostile = "a\"b\\\n[request.x]\u{202e}\u{0}";
/// let table = parse(0, &format!("x = {}", quoted(hostile)))?;
/// assert_eq!(table.get("x").map(|node| &node.value), Some(&Value::Text(hostile.to_owned())));
/// # Ok::<(), sixslot_models::reading::Fault>(())
/// ```
#[must_use]
pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn table(source: usize, table: &DeTable<'_>, depth: usize) -> Result<Table, Fault> {
    // TOML's reader sorts keys by name; their places give the order of the text back.
    let mut written: Vec<_> = table.iter().collect();
    written.sort_unstable_by_key(|(key, _)| key.span().start);
    let mut entries = Vec::with_capacity(written.len());
    for (key, value) in written {
        let key_place = Place { source, bytes: key.span() };
        entries.push(Entry { key: key.get_ref().to_string(), key_place, node: node(source, value, depth)? });
    }
    Ok(Table { entries })
}

fn node(source: usize, spanned: &Spanned<DeValue<'_>>, depth: usize) -> Result<Node, Fault> {
    let place = Place { source, bytes: spanned.span() };
    // The TOML parser limits brackets and the parts of a dotted key separately: together they may be deeper.
    let deeper = || {
        let message = format!("tables and lists are more than {} deep", limits::DEPTH);
        depth.checked_sub(1).ok_or_else(|| Fault::new(&place, message))
    };
    let value = match spanned.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map(Value::Integer)
            .map_err(|_| Fault::new(&place, "not a whole number of 64 bits"))?,
        DeValue::Float(number) => {
            number.as_str().parse().map(Value::Float).map_err(|_| Fault::new(&place, "not a number"))?
        }
        DeValue::Boolean(value) => Value::Boolean(*value),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(list) => {
            let depth = deeper()?;
            Value::List(list.iter().map(|item| node(source, item, depth)).collect::<Result<_, _>>()?)
        }
        DeValue::Table(inner) => Value::Table(table(source, inner, deeper()?)?),
    };
    Ok(Node { value, place })
}

#[cfg(test)]
mod tests {
    use super::{Table, parse};

    fn keys(table: &Table) -> Vec<&str> {
        table.entries.iter().map(|entry| entry.key.as_str()).collect()
    }

    #[test]
    fn keys_keep_the_order_of_the_text_and_not_that_of_their_names() {
        let text = "z = 1\na.y = 2\nm = { q = 1, b = 2 }\na.b = 3\n[t.z]\n[s]\n[t.a]\n[[r]]\n[b]\n[[r]]\n";
        let table = parse(0, text).unwrap();
        assert_eq!(keys(&table), ["z", "a", "m", "t", "s", "r", "b"]);
        let inner = |key| keys(table.get(key).and_then(super::Node::table).unwrap());
        assert_eq!([inner("a"), inner("m"), inner("t")], [["y", "b"], ["q", "b"], ["z", "a"]]);
        // A table that is written after its parts stands where it is written.
        assert_eq!(keys(&parse(0, "[t.a]\n[s]\n[t]\nb = 1\n").unwrap()), ["s", "t"]);
    }
}
