//! A framework's queue as a scenario describes it.
//!
//! Rule: Next.js 14 and 15 let five prefetches through at once, first in first out, and free a place at the first decoded
//! row of the answer; Next.js 16 lets four through, newest first, and frees a place at the end.

use crate::browser::count;
use crate::limits;
use crate::read::{self, Reader};
use crate::schema;
use crate::source::Fault;
use crate::tree::Node;

/// A framework's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Requests let through at once.
    pub limit: usize,
    /// A request leaves its place at its headers (React's first decoded row), not at its end.
    pub frees_at_headers: bool,
    /// The newest waiting request goes first (Next.js 16).
    pub newest_first: bool,
}

impl Queue {
    /// Reads `[queue.NAME]`.
    pub(crate) fn read(node: &Node) -> Result<Self, Fault> {
        let reader = Reader::new(node, &schema::QUEUE)?;
        Ok(Self {
            limit: reader.or("limit", 1, count(1, limits::PLACES))?,
            frees_at_headers: reader.or("frees", false, read::choice(&[("headers", true), ("end", false)]))?,
            newest_first: reader.or("newest_first", false, read::boolean)?,
        })
    }
}
