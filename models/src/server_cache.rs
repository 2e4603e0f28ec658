//! A server-side cache as a scenario describes it.
//!
//! Rule: see `load/server_cache.rs`, which keeps its state.

use crate::class::Names;
use crate::form::{self, Form};
use crate::limits;
use crate::read::{self, Reader};
use crate::schema;
use crate::source::Fault;
use crate::tree::Entry;
use sixslot_sim_core::{Purpose, Span};

/// When a value's time to live starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TtlFrom {
    /// At the start of its computation.
    Start,
    /// At the end of its computation.
    End,
}

/// A value that a server keeps for a while.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ServerCache {
    /// Its name in the scenario.
    pub name: String,
    /// Work of the server to compute the value.
    pub work: Form,
    /// Latency after that work, which uses no capacity.
    pub io_time: Form,
    /// Time to live of a value.
    pub ttl: Span,
    /// When the time to live starts.
    pub ttl_from: TtlFrom,
    /// A request that looks the value up during its computation waits for it; else it computes the value again.
    pub single_flight: bool,
    /// A request that arrives later than this after the computation started does not join it; none: every request joins.
    pub join_within: Option<Span>,
    /// Classes whose arrival at the server invalidates the value.
    pub invalidated_by: Vec<usize>,
    /// Stream of the work.
    pub work_purpose: Purpose,
    /// Stream of the I/O time.
    pub io_time_purpose: Purpose,
}

impl ServerCache {
    /// Reads `[server_cache.NAME]`.
    pub(crate) fn read(entry: &Entry, names: &Names<'_>) -> Result<Self, Fault> {
        let reader = Reader::new(&entry.node, &schema::SERVER_CACHE)?;
        let time = |node| form::time(node, names.parameters);
        let wipers = reader.or("invalidated_by", &[][..], read::list(limits::CLASSES))?;
        Ok(Self {
            work: reader.or("work", Form::constant(Span::ZERO), time)?,
            io_time: reader.or("io_time", Form::constant(Span::ZERO), time)?,
            ttl: reader.or("ttl", Span::ZERO, read::span)?,
            ttl_from: reader.or(
                "ttl_from",
                TtlFrom::Start,
                read::choice(&[("start", TtlFrom::Start), ("end", TtlFrom::End)]),
            )?,
            join_within: reader.read("join_within", read::span)?,
            single_flight: reader.or("single_flight", true, read::boolean)?,
            invalidated_by: wipers.iter().map(|node| names.class(read::text(node)?, node)).collect::<Result<_, _>>()?,
            name: entry.key.clone(),
            work_purpose: Purpose::named(&entry.key).and(" memo work"),
            io_time_purpose: Purpose::named(&entry.key).and(" memo wait"),
        })
    }
}
