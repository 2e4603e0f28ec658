//! The names that classes refer to: each is resolved to an index when the file is read, or is a fault with advice.

use crate::read::{self, advice};
use crate::source::Fault;
use crate::tree::Node;
use std::collections::BTreeMap;

/// The kind of table that a class stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Request,
    Socket,
    Background,
}

/// The names that classes can refer to.
pub(crate) struct Names<'a> {
    pub(crate) parameters: &'a [String],
    pub(crate) origins: &'a [String],
    pub(crate) queues: &'a [String],
    pub(crate) pages: &'a [String],
    pub(crate) server_caches: &'a [String],
    /// Requests, sockets and background calls in the order of classes.
    pub(crate) classes: &'a [(String, Table)],
    /// The number of each class by its name.
    pub(crate) numbers: &'a BTreeMap<&'a str, usize>,
}

impl Names<'_> {
    /// The class of a name.
    pub(crate) fn class(&self, name: &str, node: &Node) -> Result<usize, Fault> {
        self.numbers.get(name).copied().ok_or_else(|| {
            let known: Vec<&str> = self.classes.iter().map(|(name, _)| name.as_str()).collect();
            Fault::new(&node.place, format!("there is no request or socket `{name}`")).help(advice(name, &known))
        })
    }

    /// The class of a name that must be a request.
    pub(crate) fn request(&self, node: &Node) -> Result<usize, Fault> {
        let name = read::text(node)?;
        let class = self.class(name, node)?;
        if self.classes[class].1 != Table::Request {
            let what = if self.classes[class].1 == Table::Background { "a background call" } else { "a socket" };
            return Err(Fault::new(&node.place, format!("`{name}` is {what}, but this key takes a request")));
        }
        Ok(class)
    }

    /// The class of a name that must be a background call.
    pub(super) fn background(&self, node: &Node) -> Result<usize, Fault> {
        let name = read::text(node)?;
        let class = self.class(name, node)?;
        if self.classes[class].1 != Table::Background {
            return Err(Fault::new(&node.place, format!("`{name}` is not a background call, but this key takes one"))
                .help(format!("write a table [background.{name}]")));
        }
        Ok(class)
    }
}

/// The index of a name in a list.
pub(super) fn index(kind: &str, known: &[String], node: &Node) -> Result<usize, Fault> {
    let name = read::text(node)?;
    known.iter().position(|other| other == name).ok_or_else(|| {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        Fault::new(&node.place, format!("there is no {kind} `{name}`")).help(advice(name, &known))
    })
}
