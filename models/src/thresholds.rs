//! The limits that `sixslot check` holds a scenario to: `[thresholds]`.
//!
//! Rule: each limit is on a share of loads. A quantile of a time is one too: the 95 % quantile is at most d exactly where no more than
//! one load in twenty takes longer than d, so no limit needs a distribution.

use crate::class::Names;
use crate::read::{self, Reader, expected};
use crate::schema;
use crate::source::Fault;
use crate::tree::Node;
use sixslot_sim_core::Span;

/// The limits of a scenario; what is absent is not checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thresholds {
    /// The largest share of loads that fail, strictly between 0 and 1.
    pub max_failure: Option<f64>,
    /// The largest share of loads that are late, strictly between 0 and 1.
    pub max_late: Option<f64>,
    /// The largest 95 % quantile of the time to ready over all loads.
    pub max_ready_p95: Option<Span>,
    /// For a class, the largest 95 % quantile over loads of the longest time that one of its calls was held before it was sent.
    pub max_wait: Vec<(usize, Span)>,
}

impl Thresholds {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Reads `[thresholds]`.
    pub(crate) fn read(root: &Reader<'_>, names: &Names<'_>) -> Result<Self, Fault> {
        let Some(node) = root.get("thresholds") else { return Ok(Self::default()) };
        let table = Reader::new(node, &schema::THRESHOLDS)?;
        let mut waits = Vec::new();
        if let Some(node) = table.get("max_wait") {
            let entries = &node.table().ok_or_else(|| expected("a table of requests", node))?.entries;
            for entry in entries {
                waits.push((names.class(&entry.key, &entry.node)?, read::span(&entry.node)?));
            }
        }
        Ok(Self {
            max_failure: table.read("max_failure", probability)?,
            max_late: table.read("max_late", probability)?,
            max_ready_p95: table.read("max_ready_p95", read::span)?,
            max_wait: waits,
        })
    }
}

/// A probability strictly between 0 and 1.
fn probability(node: &Node) -> Result<f64, Fault> {
    let value = read::number(node)?;
    if value > 0.0 && value < 1.0 {
        return Ok(value);
    }
    Err(Fault::new(&node.place, format!("{value} is not a probability between 0 and 1"))
        .help("write 0.01 for one per cent"))
}
