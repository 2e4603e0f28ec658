//! The run loop: passes the events of a queue to a [`Model`], one after the other.
//!
//! The rule: the loop owns no state and reads no clock; time passes only from event to event, and every
//! run ends for exactly one named reason.

use crate::{queue::EventQueue, time::Time};

/// Something that reacts to events by changing its state and scheduling more of them.
pub trait Model {
    /// What can happen.
    type Event;

    /// Why a run cannot go on; [`std::convert::Infallible`] where it always can.
    type Error;

    /// Reacts to `event`, which happens at [`EventQueue::now`]. May schedule and cancel in `queue`.
    ///
    /// # Errors
    /// Ends the run.
    fn handle(&mut self, event: Self::Event, queue: &mut EventQueue<Self::Event>) -> Result<Flow, Self::Error>;
}

/// What the loop does after an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// Handle the next event.
    Continue,
    /// End the run; pending events stay in the queue.
    Stop,
}

/// Why a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// No event was pending.
    Idle,
    /// The next event is after the horizon; it stays in the queue.
    Horizon,
    /// The model asked for it.
    Stopped,
    /// The limit of events was reached and another event was due: most likely the model is in a loop.
    EventLimit,
}

/// Runs `model` until nothing is due. Events exactly at `horizon` are still handled, later ones are
/// not; at most `event_limit` events are handled.
///
/// # Errors
/// The model's error; the events that were still pending stay in the queue.
///
/// ```
/// use sixslot_sim_core::{End, EventQueue, Flow, Model, Span, Time, run};
/// use std::convert::Infallible;
///
/// struct Clock(u32);
/// impl Model for Clock {
///     type Event = ();
///     type Error = Infallible;
///     fn handle(&mut self, (): (), queue: &mut EventQueue<()>) -> Result<Flow, Infallible> {
///         self.0 += 1;
///         queue.schedule_in(Span::from_seconds(1), ());
///         Ok(Flow::Continue)
///     }
/// }
///
/// let (mut clock, mut queue) = (Clock(0), EventQueue::new());
/// queue.schedule_in(Span::ZERO, ());
/// let horizon = Time::ZERO + Span::from_seconds(60);
/// assert_eq!(run(&mut clock, &mut queue, horizon, 1_000), Ok(End::Horizon));
/// assert_eq!(clock.0, 61);
/// ```
pub fn run<M: Model>(
    model: &mut M,
    queue: &mut EventQueue<M::Event>,
    horizon: Time,
    event_limit: u64,
) -> Result<End, M::Error> {
    for _ in 0..event_limit {
        let Some((_, event)) = queue.pop_until(horizon) else {
            return Ok(if queue.is_empty() { End::Idle } else { End::Horizon });
        };
        if model.handle(event, queue)? == Flow::Stop {
            return Ok(End::Stopped);
        }
    }
    Ok(match queue.peek_time() {
        None => End::Idle,
        Some(at) if at > horizon => End::Horizon,
        Some(_) => End::EventLimit,
    })
}
