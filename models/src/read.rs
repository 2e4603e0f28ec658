//! Reading typed values from the tree, each fault at its place.
//!
//! Rule: a [`Reader`] reads one table by one list of fields: it refuses keys that are not in the list, and reads only keys
//! that are.

use crate::limits;
use crate::schema::{Field, Fields, Kind, elsewhere, meant, renamed_to};
use crate::source::{Fault, Place};
use crate::tree::{Entry, Node, Table, Value};
use jiff::SignedDuration;
use sixslot_sim_core::Span;

/// A table that is being read.
#[derive(Debug)]
pub struct Reader<'a> {
    /// The table.
    pub table: &'a Table,
    /// Where it is.
    pub place: &'a Place,
    fields: &'static Fields,
}

impl<'a> Reader<'a> {
    /// Starts reading a table.
    ///
    /// # Errors
    /// A value that is not a table, an unknown key, a required key that is missing.
    pub fn new(node: &'a Node, fields: &'static Fields) -> Result<Self, Fault> {
        let Some(table) = node.table() else { return Err(expected("a table", node)) };
        Self::of(table, &node.place, fields)
    }

    /// Starts reading a top-level table.
    ///
    /// # Errors
    /// An unknown key, a required key that is missing.
    pub fn of(table: &'a Table, place: &'a Place, fields: &'static Fields) -> Result<Self, Fault> {
        if let Some(entry) = table.entries.iter().find(|entry| !fields.knows(&entry.key)) {
            let fault = Fault::new(&entry.key_place, format!("unknown key `{}`", entry.key));
            let known: Vec<&str> = fields.fields.iter().map(|field| field.key).collect();
            let similar = similar(&entry.key, &known).or_else(|| elsewhere(&entry.key));
            return Err(fault.help(similar.unwrap_or_else(|| list_of(&known))));
        }
        if let Some(key) = fields.required.iter().find(|key| table.get(key).is_none()) {
            let fault = Fault::new(place, format!("`{key}` is missing"));
            return Err(match fields.fields.iter().find(|field| field.key == *key) {
                Some(Field { kind: Kind::Choice(words), .. }) => fault.help(list_of(words)),
                Some(field) => fault.help(field.text),
                None => fault,
            });
        }
        Ok(Self { table, place, fields })
    }

    /// The value of a key, if it is there.
    pub fn get(&self, key: &str) -> Option<&'a Node> {
        debug_assert!(self.fields.knows(key), "`{key}` is not in the schema");
        self.table.get(key)
    }

    /// The value of a key, read by a function.
    ///
    /// # Errors
    /// The function's.
    pub fn read<T>(&self, key: &str, read: impl FnOnce(&'a Node) -> Result<T, Fault>) -> Result<Option<T>, Fault> {
        self.get(key).map(read).transpose()
    }

    /// The value of a key, or a default.
    ///
    /// # Errors
    /// The function's.
    pub fn or<T>(&self, key: &str, default: T, read: impl FnOnce(&'a Node) -> Result<T, Fault>) -> Result<T, Fault> {
        Ok(self.read(key, read)?.unwrap_or(default))
    }

    /// Where a key is, or the table if the key is absent.
    pub fn place_of(&self, key: &str) -> &'a Place {
        self.table.get(key).map_or(self.place, |node| &node.place)
    }

    /// Refuses two keys that exclude each other.
    ///
    /// # Errors
    /// When both are there.
    pub fn exclude(&self, one: &str, other: &str) -> Result<(), Fault> {
        match (self.get(one), self.table.entry(other)) {
            (Some(_), Some(entry)) => {
                Err(Fault::new(&entry.key_place, format!("`{one}` and `{other}` exclude each other"))
                    .help("keep one of them"))
            }
            _ => Ok(()),
        }
    }
}

/// The fault of a value of the wrong type.
pub fn expected(what: &str, node: &Node) -> Fault {
    Fault::new(&node.place, format!("expected {what}, found {}", node.type_name()))
}

/// The new name of a renamed one, "did you mean" for a synonym or a similar word, or the list of known names.
pub fn advice(word: &str, known: &[&str]) -> String {
    similar(word, known).unwrap_or_else(|| list_of(known))
}

fn similar(word: &str, known: &[&str]) -> Option<String> {
    if let Some(now) = renamed_to(word, known) {
        return Some(now);
    }
    let meant: Vec<String> = meant(word, known).iter().map(|name| format!("`{name}`")).collect();
    if !meant.is_empty() {
        return Some(format!("did you mean {}?", meant.join(" or ")));
    }
    let limit = 1 + word.len() / 4;
    // Names that differ more in length are not similar, and very long ones are slow to compare.
    let near = |name: &str| {
        let comparable = name.len().abs_diff(word.len()) <= limit && name.len() <= 100;
        if comparable { strsim::levenshtein(word, name) } else { usize::MAX }
    };
    let nearest = known.iter().filter(|name| **name != "*").min_by_key(|name| near(name))?;
    (near(nearest) <= limit).then(|| format!("did you mean `{nearest}`?"))
}

fn list_of(names: &[&str]) -> String {
    match names {
        [] | ["*"] => "there is none".to_owned(),
        _ if names.len() > 24 => "`sixslot schema` lists the known names".to_owned(),
        _ => format!("there is {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    }
}

/// A string.
///
/// # Errors
/// Another type.
pub fn text(node: &Node) -> Result<&str, Fault> {
    match &node.value {
        Value::Text(text) => Ok(text),
        _ => Err(expected("a string", node)),
    }
}

/// `true` or `false`.
///
/// # Errors
/// Another type.
pub fn boolean(node: &Node) -> Result<bool, Fault> {
    match node.value {
        Value::Boolean(value) => Ok(value),
        _ => Err(expected("true or false", node)),
    }
}

/// A finite number.
///
/// # Errors
/// Another type, NaN or an infinity.
pub fn number(node: &Node) -> Result<f64, Fault> {
    match node.value {
        Value::Integer(value) => Ok(value as f64),
        Value::Float(value) if value.is_finite() => Ok(value),
        Value::Float(_) => Err(Fault::new(&node.place, "the number is not finite")),
        _ => Err(expected("a number", node)),
    }
}

/// A whole number in a range.
///
/// # Errors
/// Another type, a fraction, a number outside the range.
pub fn whole(least: u64, most: u64) -> impl Fn(&Node) -> Result<u64, Fault> {
    move |node| match node.value {
        Value::Integer(value) => match u64::try_from(value) {
            Ok(value) if value > most => Err(Fault::new(&node.place, format!("{value} is over the limit of {most}"))),
            Ok(value) if value >= least => Ok(value),
            _ => Err(Fault::new(&node.place, format!("{value} is less than {least}"))),
        },
        Value::Float(value) => Err(Fault::new(&node.place, format!("{value:?} is not a whole number"))),
        _ => Err(expected("a whole number", node)),
    }
}

/// A length of time.
///
/// # Errors
/// Another type, no unit, a negative length, one over the limit.
pub fn span(node: &Node) -> Result<Span, Fault> {
    let text = match &node.value {
        Value::Text(text) => text,
        Value::Integer(value) => return Err(no_unit(node, &value.to_string())),
        Value::Float(value) if value.is_finite() => return Err(no_unit(node, &value.to_string())),
        _ => return Err(expected("a length of time such as \"250ms\"", node)),
    };
    if text.trim().parse::<f64>().is_ok() {
        return Err(no_unit(node, text.trim()));
    }
    let duration: SignedDuration = text.trim().parse().map_err(|_| {
        Fault::new(&node.place, format!("`{text}` is not a length of time"))
            .help("write a number and a unit, such as \"8s\", \"250ms\" or \"1m 30s\"")
    })?;
    if duration.is_negative() {
        return Err(Fault::new(&node.place, format!("`{text}` is negative")).help("a length of time is 0 or more"));
    }
    match u64::try_from(duration.as_nanos()).map(Span::from_nanos) {
        Ok(span) if span <= limits::LONGEST_SPAN => Ok(span),
        _ => Err(Fault::new(&node.place, format!("`{text}` is over the limit of 30 days"))),
    }
}

fn no_unit(node: &Node, number: &str) -> Fault {
    Fault::new(&node.place, "a length of time needs a unit")
        .help(format!("write \"{number}ms\" or \"{number}s\", with the quotes"))
}

/// One of several words.
///
/// # Errors
/// Another type, another word.
pub fn choice<T: Copy>(words: &[(&'static str, T)]) -> impl Fn(&Node) -> Result<T, Fault> {
    move |node| {
        let known: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        // Such as `tls = 1.3` without quotation marks.
        let word = text(node).map_err(|fault| fault.help(format!("write one of \"{}\"", known.join("\", \""))))?;
        words
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, value)| *value)
            .ok_or_else(|| Fault::new(&node.place, format!("`{word}` is not known here")).help(advice(word, &known)))
    }
}

/// The elements of a list of at most `most`.
///
/// # Errors
/// Another type, a longer list.
pub fn list(most: usize) -> impl Fn(&Node) -> Result<&[Node], Fault> {
    move |node| match &node.value {
        Value::List(items) if items.len() > most => {
            let message = format!("the list has {} elements, the limit is {most}", items.len());
            Err(Fault::new(&items[most].place, message))
        }
        Value::List(items) => Ok(items),
        _ => Err(expected("a list", node)),
    }
}

/// Refuses a name that cannot be part of a file name.
///
/// # Errors
/// A name with characters other than letters, digits, `_` and `-`, an empty one, one over [`limits::NAME`].
pub fn check_name(entry: &Entry) -> Result<(), Fault> {
    let key = entry.key.as_str();
    let fits = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let message = match key.len() {
        0 => "a name is empty".to_owned(),
        length if length > limits::NAME => {
            format!("a name has {} characters, the limit is {}", key.chars().count(), limits::NAME)
        }
        _ if fits => return Ok(()),
        _ => format!("`{}` cannot be a name", key.escape_debug()),
    };
    let help = "names become parts of file names: use letters, digits, `-` and `_`";
    Err(Fault::new(&entry.key_place, message).help(help))
}

/// Reads a whole number in a range as a machine word.
pub(crate) fn count(least: u64, most: u64) -> impl Fn(&Node) -> Result<usize, Fault> {
    move |node| whole(least, most)(node).map(|value| value as usize)
}

/// A bandwidth with its unit, in bits per second.
pub(crate) fn bandwidth(node: &Node) -> Result<f64, Fault> {
    const UNITS: [(&str, f64); 4] = [("Gbit/s", 1e9), ("Mbit/s", 1e6), ("kbit/s", 1e3), ("bit/s", 1.0)];
    let Value::Text(text) = &node.value else {
        return Err(expected("a bandwidth with its unit, such as \"10Mbit/s\"", node));
    };
    let text = text.trim();
    let parsed = UNITS.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)));
    let bits = parsed.and_then(|(number, factor)| Some(number.trim().parse::<f64>().ok()? * factor));
    bits.filter(|bits| bits.is_finite()).ok_or_else(|| {
        Fault::new(&node.place, format!("`{}` is not a bandwidth", text.escape_debug()))
            .help("write a number and bit/s, kbit/s, Mbit/s or Gbit/s, such as \"10Mbit/s\"")
    })
}
