//! An origin's server as a scenario describes it: how it turns work into time.
//!
//! Rule: the disciplines are queueing theory's; `event-loop` is Node's: one thread, blocks of work that are never
//! interrupted, in the order in which they became ready. Work goes on after an abort unless the scenario says otherwise
//! (measured: route handlers and renders of Next.js 14 to 16 run to their end).

use crate::browser::count;
use crate::limits;
use crate::read::{self, Reader};
use crate::schema;
use crate::source::Fault;
use crate::tree::Node;
use sixslot_sim_core::Span;

/// How the requests at one server share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// Requests do not slow each other down.
    Independent,
    /// All share the workers equally; none is faster than one worker.
    ProcessorSharing,
    /// First come, first served by the workers.
    Fifo,
    /// One thread, blocks in the order in which they became ready.
    EventLoop,
}

/// A server.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Origin {
    /// How its requests share it.
    pub discipline: Discipline,
    /// Number of requests served at full speed.
    pub workers: usize,
    /// n requests on w workers take (n / w) to this power times as long as one (processor sharing).
    pub slowdown_exponent: f64,
    /// Whether an abort ends the work.
    pub cancel_on_disconnect: bool,
    /// The server closes a connection that was idle for this time.
    pub keep_alive: Option<Span>,
}

impl Origin {
    /// Reads [server] or `[origin.NAME]`.
    pub(crate) fn read(node: Option<&Node>) -> Result<Self, Fault> {
        let mut origin = Self {
            discipline: Discipline::Independent,
            workers: 1,
            slowdown_exponent: 1.0,
            cancel_on_disconnect: false,
            keep_alive: None,
        };
        let Some(node) = node else { return Ok(origin) };
        let reader = Reader::new(node, &schema::SERVER)?;
        let words = [
            ("independent", Discipline::Independent),
            ("processor-sharing", Discipline::ProcessorSharing),
            ("fifo", Discipline::Fifo),
            ("event-loop", Discipline::EventLoop),
        ];
        origin.discipline = reader.or("discipline", origin.discipline, read::choice(&words))?;
        origin.workers = reader.or("workers", 1, count(1, limits::PLACES))?;
        if origin.discipline == Discipline::EventLoop && origin.workers > 1 {
            return Err(Fault::new(reader.place_of("workers"), "an event loop has one worker")
                .help("leave out `workers`, or use \"fifo\""));
        }
        origin.slowdown_exponent = reader.or("slowdown_exponent", 1.0, read::number)?;
        if !(1.0..=10.0).contains(&origin.slowdown_exponent) {
            return Err(Fault::new(
                reader.place_of("slowdown_exponent"),
                "slowdown_exponent must be between 1 (sharing costs nothing) and 10",
            ));
        }
        if origin.slowdown_exponent > 1.0 && origin.discipline != Discipline::ProcessorSharing {
            return Err(Fault::new(
                reader.place_of("slowdown_exponent"),
                "slowdown_exponent requires \"processor-sharing\"",
            ));
        }
        origin.cancel_on_disconnect = reader.or("cancel_on_disconnect", false, read::boolean)?;
        origin.keep_alive = reader.read("keep_alive", read::span)?;
        Ok(origin)
    }
}
