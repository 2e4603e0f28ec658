//! The causes of a start: events of instances of other classes.
//!
//! Rule: an anchor is `NAME.EVENT` (every instance of NAME), `NAME[3].EVENT` (instance 3, counted from 0) or `NAME[i].EVENT`
//! (instance i of this class follows instance i of NAME). `after` holds one anchor, a list (all must be met), or
//! `{ any = [...] }` (one must be met). If a load has fewer instances than an anchor's number, the last instance is meant. An
//! anchor on a class without instances is met from the start; in `any` it is ignored.

use super::names::{Names, Table};
use crate::form::Form;
use crate::limits;
use crate::read::{self, Reader, advice, expected};
use crate::schema;
use crate::source::Fault;
use crate::tree::{Node, Value};

/// An event in a request's life that other classes can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// The page issued the request.
    Issued,
    /// The server received it.
    Sent,
    /// The page received the response headers; a socket is open.
    Headers,
    /// It succeeded.
    Ok,
    /// It failed.
    Failed,
    /// It succeeded or failed.
    End,
}

impl Event {
    /// Number of events.
    pub const COUNT: usize = 6;

    /// Its bit in a set of events.
    pub(crate) const fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

/// The instances of a class that an anchor waits for, within one tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Copies {
    /// All of them; of a random stream, the first.
    Every,
    /// The instance with this number, from 0.
    One(u32),
    /// The instance with the number of the one that waits.
    Same,
}

/// One event that a start waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The class of the event.
    pub class: usize,
    /// The instances of that class.
    pub copies: Copies,
    /// The event.
    pub event: Event,
}

/// Number of anchors that must be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// All: the start follows the last.
    All,
    /// One: the start follows the first.
    Any,
}

/// The causes of a start.
#[derive(Clone, Debug, PartialEq)]
pub struct After {
    /// The events, in the order of the file; at least one.
    pub anchors: Vec<Anchor>,
    /// Number of them that must be met.
    pub join: Join,
    /// Time from the deciding event to the start.
    pub delay: Form,
}

impl After {
    /// The class and the event, if the only anchor is every instance of one class.
    pub fn single(&self) -> Option<(usize, Event)> {
        match self.anchors.as_slice() {
            [Anchor { class, copies: Copies::Every, event }] => Some((*class, *event)),
            _ => None,
        }
    }

    /// Reads `after`.
    pub(super) fn read(node: &Node, names: &Names<'_>, delay: Form) -> Result<Self, Fault> {
        let join = if matches!(node.value, Value::Table(_)) { Join::Any } else { Join::All };
        let anchors = anchor_nodes(node)?.iter().map(|anchor| trigger(anchor, names)).collect::<Result<_, _>>()?;
        Ok(Self { anchors, join, delay })
    }
}

/// Reads the events that cancel calls: `NAME.EVENT`, or several of them.
pub(crate) fn events(node: &Node, names: &Names<'_>) -> Result<Vec<Anchor>, Fault> {
    let event = |node: &Node| {
        let anchor = trigger(node, names)?;
        if anchor.copies != Copies::Every {
            return Err(Fault::new(&node.place, "an event of any instance is meant here").help("write \"NAME.EVENT\""));
        }
        if names.classes[anchor.class].1 == Table::Socket && anchor.event != Event::Headers {
            return Err(Fault::new(&node.place, "a socket has one event: `open`"));
        }
        Ok(anchor)
    };
    anchor_nodes(node)?.iter().map(event).collect()
}

/// Reads an anchor: `NAME.EVENT`, `NAME[3].EVENT` or `NAME[i].EVENT`.
fn trigger(node: &Node, names: &Names<'_>) -> Result<Anchor, Fault> {
    const EVENTS: &[(&str, Event)] = &[
        ("issued", Event::Issued),
        ("sent", Event::Sent),
        ("headers", Event::Headers),
        ("open", Event::Headers),
        ("ok", Event::Ok),
        ("failed", Event::Failed),
        ("end", Event::End),
    ];
    let text = read::text(node)?;
    let Some((name, event)) = text.rsplit_once('.') else {
        return Err(Fault::new(&node.place, format!("`{text}` names no event")).help(format!("write \"{text}.ok\"")));
    };
    let (name, copies) = if names.numbers.contains_key(name) { (name, Copies::Every) } else { numbered(name, node)? };
    let class = names.class(name, node)?;
    if names.classes[class].1 == Table::Background {
        return Err(Fault::new(
            &node.place,
            format!("`{name}` is a server's background call, and the page does not see its events"),
        ));
    }
    let known: Vec<&str> = EVENTS.iter().map(|(name, _)| *name).collect();
    let event = EVENTS.iter().find(|(known, _)| *known == event).ok_or_else(|| {
        Fault::new(&node.place, format!("`{event}` is not an event of a request")).help(advice(event, &known))
    })?;
    Ok(Anchor { class, copies, event: event.1 })
}

/// A class's name and its instances in `NAME[3]` or `NAME[i]`.
fn numbered<'a>(text: &'a str, node: &Node) -> Result<(&'a str, Copies), Fault> {
    let Some((name, inside)) = text.strip_suffix(']').and_then(|text| text.rsplit_once('[')) else {
        return Ok((text, Copies::Every));
    };
    if inside == "i" {
        return Ok((name, Copies::Same));
    }
    let copy = inside.parse().map_err(|_| {
        Fault::new(&node.place, format!("`[{inside}]` is not an instance")).help(format!(
            "write \"{name}[0]\" for the first instance, or \"{name}[i]\" for the one with the same number"
        ))
    })?;
    Ok((name, Copies::One(copy)))
}

/// The nodes of the anchors in the value of `after`, in the order of the file.
pub(crate) fn anchor_nodes(node: &Node) -> Result<&[Node], Fault> {
    let list = match &node.value {
        Value::Text(_) => return Ok(std::slice::from_ref(node)),
        Value::List(items) => items,
        Value::Table(_) => {
            let reader = Reader::new(node, &schema::ANY)?;
            reader.read("any", read::list(limits::ANCHORS))?.unwrap_or_default()
        }
        _ => return Err(expected("\"NAME.EVENT\", a list of them, or { any = [...] }", node)),
    };
    match list.len() {
        0 => Err(Fault::new(&node.place, "the list names no event").help("write \"NAME.ok\", or leave the key out")),
        count if count > limits::ANCHORS => Err(Fault::new(
            &node.place,
            format!("{count} causes of one start are over the limit of {}", limits::ANCHORS),
        )),
        _ => Ok(list),
    }
}
