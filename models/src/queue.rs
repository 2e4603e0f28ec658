//! A framework's queue as a scenario describes it.
//!
//! Rule: Next.js 14 and 15 let five prefetches through at once, first in first out, and release a place at the first decoded
//! row of the answer; Next.js 16 lets four through, newest first, and releases a place at the end.

use crate::limits;
use crate::read::count;
use crate::read::{self, Reader};
use crate::schema;
use crate::source::Fault;
use crate::tree::Node;

/// A framework's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Queue {
    /// Requests let through at once.
    pub limit: usize,
    /// When a request releases its place.
    pub release_on: ReleaseOn,
    /// The order in which waiting requests get a place.
    pub order: Order,
}

/// When a request releases its place in a framework's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseOn {
    /// At its headers (React's first decoded row).
    Headers,
    /// At its end.
    End,
}

/// The order in which waiting items are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// First in, first out.
    Fifo,
    /// Last in, first out (Next.js 16).
    Lifo,
}

impl Order {
    /// Reads `"fifo"` or `"lifo"`.
    pub(crate) fn read(node: &Node) -> Result<Self, Fault> {
        read::choice(&[("fifo", Self::Fifo), ("lifo", Self::Lifo)])(node)
    }
}

impl Queue {
    /// Reads `[queue.NAME]`.
    pub(crate) fn read(node: &Node) -> Result<Self, Fault> {
        let reader = Reader::new(node, &schema::QUEUE)?;
        Ok(Self {
            limit: reader.or("limit", 1, count(1, limits::PLACES))?,
            release_on: reader.or(
                "release_on",
                ReleaseOn::End,
                read::choice(&[("headers", ReleaseOn::Headers), ("end", ReleaseOn::End)]),
            )?,
            order: reader.or("order", Order::Fifo, Order::read)?,
        })
    }
}
