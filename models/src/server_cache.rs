//! A server's memo as a scenario describes it.
//!
//! Rule: see `load/memo.rs`, which keeps its state.

use crate::class::Names;
use crate::form::{self, Form};
use crate::read::{self, Reader};
use crate::schema;
use crate::source::Fault;
use crate::tree::Entry;
use sixslot_sim_core::{Purpose, Span};

/// A value that a server keeps for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Memo {
    /// The server's work to make it.
    pub work: Form,
    /// The latency after that work.
    pub wait: Form,
    /// How long it is good for, from the start of its making.
    pub life: Span,
    /// Who comes while it is being made waits for it.
    pub single_flight: bool,
    /// Who comes later than this after the start of its making makes another; none: all wait.
    pub joinable: Option<Span>,
    /// The classes whose arrival wipes it.
    pub wiped_by: Vec<usize>,
    /// The stream of the work.
    pub work_purpose: Purpose,
    /// The stream of the wait.
    pub wait_purpose: Purpose,
}

impl Memo {
    /// Reads `[memo.NAME]`.
    pub(crate) fn read(entry: &Entry, names: &Names<'_>) -> Result<Self, Fault> {
        let reader = Reader::new(&entry.node, &schema::MEMO)?;
        let time = |node| form::time(node, names.parameters);
        let wipers = reader.or("wiped_by", &[][..], read::list)?;
        Ok(Self {
            work: reader.or("work", Form::constant(Span::ZERO), time)?,
            wait: reader.or("wait", Form::constant(Span::ZERO), time)?,
            life: reader.or("life", Span::ZERO, read::span)?,
            joinable: reader.read("joinable", read::span)?,
            single_flight: reader.or("single_flight", true, read::boolean)?,
            wiped_by: wipers.iter().map(|node| names.class(read::text(node)?, node)).collect::<Result<_, _>>()?,
            work_purpose: Purpose::named(&entry.key).and(" memo work"),
            wait_purpose: Purpose::named(&entry.key).and(" memo wait"),
        })
    }
}
