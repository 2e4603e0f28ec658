//! What a class or one of its copies waits for before it starts: events of copies of other classes.
//!
//! Rule: an anchor is `NAME.EVENT` (every copy of NAME), `NAME[3].EVENT` (copy 3, numbered from 0) or `NAME[i].EVENT` (copy i
//! of this class follows copy i of NAME). `after` holds one anchor, a list (all of them), or `{ any = [...] }` (the first).
//! A copy that a load does not have stands for the last one that it has. A class without copies holds nobody up: of all
//! anchors it counts as met, and of any anchors it is left out.

use super::Names;
use super::names::trigger;
use crate::form::Form;
use crate::limits;
use crate::read::{self, Reader, expected};
use crate::schema;
use crate::source::Fault;
use crate::tree::{Node, Value};

/// Something in a request's life that others can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// The page issued it.
    Issued,
    /// The server has it.
    Sent,
    /// Its headers have come; for a socket, it is open.
    Headers,
    /// It has succeeded.
    Ok,
    /// It has failed.
    Failed,
    /// It has succeeded or failed.
    End,
}

impl Event {
    /// How many there are.
    pub const COUNT: usize = 6;
}

/// The copies of a class whose event an anchor waits for, within one tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Copies {
    /// All of them; of a random stream, the first.
    Every,
    /// The copy with this number, from 0.
    One(u32),
    /// The copy with the number of the one that waits.
    Same,
}

/// One event that a copy waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The class that is waited for.
    pub class: usize,
    /// Which of its copies.
    pub copies: Copies,
    /// What of them.
    pub event: Event,
}

/// How many of several anchors have to be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// All: the last one decides.
    All,
    /// One: the first one decides.
    Any,
}

/// The causes of a start.
#[derive(Clone, Debug, PartialEq)]
pub struct After {
    /// The events, in the order of the file; at least one.
    pub anchors: Vec<Anchor>,
    /// How many of them have to be met.
    pub join: Join,
    /// The time from then to the start.
    pub delay: Form,
}

impl After {
    /// The class and the event, where every copy of a single class is waited for.
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

/// The nodes of the anchors in the value of `after`, in their order.
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
        0 => Err(Fault::new(&node.place, "`after` names no event").help("write \"NAME.ok\", or leave `after` out")),
        count if count > limits::ANCHORS => Err(Fault::new(
            &node.place,
            format!("{count} causes of one start are over the limit of {}", limits::ANCHORS),
        )),
        _ => Ok(list),
    }
}
