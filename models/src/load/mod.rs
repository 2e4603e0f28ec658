//! One load of a page: each request passes its stations, until the horizon.
//!
//! Rule: a load is a function of (plan, seed, load number) alone. Events are ordered by (time, sequence
//! number). Each station is one file; a request passes them in the order page, scheduler, cache, pool, server, page. A
//! [`Load`] keeps its memory, so that a thousand loads allocate no more than the largest of them.

mod audit;
mod cache;
mod cancels;
mod causes;
#[cfg(test)]
mod cost;
mod dispatch;
mod draws;
mod ends;
mod failures;
mod fifo;
mod handshakes;
mod idle;
mod list;
mod network;
mod page;
mod pool;
mod raises;
mod request;
mod scheduler;
mod sender;
mod server;
mod server_cache;
mod shared;
mod sharing;
mod table;
mod turns;
mod uniforms;
mod verdict;

pub use draws::{Call, Draws};
pub use request::{AbortedBy, Outcome, Request, Station};
pub use server_cache::Computation;
pub use uniforms::Uniforms;
pub use verdict::{LoadState, Verdict};

use crate::limits;
use crate::network::LinkDiscipline;
use crate::plan::Plan;
use list::{Link, List, RequestId};
use sixslot_sim_core::{End, EventQueue, Flow, Model, Span, Streams, Time, run};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use uniforms::Source;

/// Events between two looks at the flag that stops a load: an event of a large load can take a millisecond.
const LOOK: u64 = 100;

/// An event of a load.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// An instance of a class makes its first call.
    Start { instance: usize },
    /// An event of a request cancels others.
    Cancels { request: RequestId, event: crate::class::Event },
    /// A tab that shows a page is closed.
    Closed { page: usize, tab: u32 },
    /// The next request of a random stream.
    Arrival { class: usize, tab: u32, number: u32 },
    /// A poll's tick.
    Tick { instance: usize },
    /// The pause after a failed request, or after the end of a socket, is over: its instance calls again.
    Retry { failed: RequestId },
    /// A request's deadline.
    Deadline { request: RequestId },
    /// A recorded stall is over.
    Stalled { request: RequestId },
    /// A request's longest time in the scheduler is over.
    Release { request: RequestId },
    /// A request's longest time at the cache lock is over, or its time to replace the stored entry.
    LockTimeout { request: RequestId },
    /// The browser's delay of a WebSocket after others have failed is over.
    Backoff { request: RequestId },
    /// An EventSource's turn is over, and then its delay: it starts to connect.
    Connects { request: RequestId },
    /// The token bucket admits a request.
    Admitted { request: RequestId },
    /// TCP is connected, and TLS follows.
    Reached { connection: usize },
    /// A connection is open.
    Connected { connection: usize },
    /// A flight of a connection's handshake starts; the end of the last one opens it.
    Handshake { connection: usize, flight: u64 },
    /// The connection of a request has been refused.
    Refused { request: RequestId },
    /// A request that needs none of the group's connections has a separate one.
    Dispatch { request: RequestId },
    /// The browser has dispatched one or more requests.
    HandedOver,
    /// The browser has dispatched a request.
    Sent { request: RequestId },
    /// The server receives a request.
    Arrived { request: RequestId },
    /// The delay of an answer is over.
    Delayed { request: RequestId },
    /// The browser receives the headers.
    Headers { request: RequestId },
    /// Flows have sent what they joined a link for.
    Transferred { link: usize },
    /// A flow's first burst has arrived.
    Delivered { flow: usize },
    /// The answers of a connection that are ready at about the same time are written.
    Gathered { flow: usize },
    /// What was missing of a request's or an answer's body is ready.
    Produced { request: RequestId },
    /// A flow's first bytes of a round trip are acknowledged.
    Acknowledged { flow: usize },
    /// A part of a request's work is done, by its own worker.
    Worked { request: RequestId },
    /// A processor-sharing server has finished the work of a request.
    Shared { origin: usize },
    /// The I/O time after a part of the work is over.
    Waited { request: RequestId },
    /// A response's body is complete.
    BodyEnd { request: RequestId },
}

/// The events of a load.
pub(crate) type Agenda = EventQueue<Event>;

/// How much of a load is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Extent {
    /// All of it, to its horizon.
    Whole,
    /// Up to the event after which its verdict cannot change.
    UntilDecided,
}

/// A load that cannot be simulated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Too many requests.
    #[error("load {load} issued {limit} requests, which is the limit; lower a count, a rate or the horizon", limit = limits::REQUESTS)]
    Requests {
        /// The load's number.
        load: u64,
    },
    /// Too many tabs: a parameter was drawn as more than the limit.
    #[error("load {load} opened {tabs} tabs, the limit is {limit}; bound the parameter that counts them with `at_most`", limit = limits::TABS)]
    Tabs {
        /// The load's number.
        load: u64,
        /// The number of tabs that it would have opened.
        tabs: u64,
    },
    /// A parameter that is a count was drawn as a negative number or a fraction.
    #[error(
        "load {load} drew a negative number or a fraction for `{parameter}`, which is a count; to round, write the count as {{ per = {{ {parameter} = 1 }} }}"
    )]
    Count {
        /// The load's number.
        load: u64,
        /// The parameter.
        parameter: String,
    },
    /// The flag was set that stops a load.
    #[error("interrupted")]
    Interrupted,
    /// Too many events.
    #[error("load {load} took {limit} events, which is the limit; lower a rate or the horizon", limit = limits::EVENTS)]
    Events {
        /// The load's number.
        load: u64,
    },
}

/// A request that the page needs in a tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Index of its class in the plan.
    pub class: usize,
    /// The tab, from 0.
    pub tab: u32,
    /// When the last of its instances had succeeded; none if one had not by the end of the simulation.
    pub ready: Option<Time>,
}

/// The memory of a load, and after [`Load::simulate`] its record.
#[derive(Debug, Default)]
pub struct Load {
    agenda: Agenda,
    state: State,
}

/// All state that changes while a load runs.
#[derive(Debug, Default)]
struct State {
    requests: Vec<Request>,
    links: Vec<Link>,
    draws: Draws,
    tabs: u32,
    page: page::Page,
    handshakes: handshakes::Handshakes,
    cancelling: cancels::Cancelling,
    scheduler: scheduler::Scheduler,
    cache: cache::Cache,
    pool: pool::Pool,
    network: network::Network,
    buffers: fifo::Buffers,
    servers: Vec<server::Server>,
    server_caches: Vec<server_cache::ServerCache>,
    computations: Vec<Computation>,
    /// Work-lists of [`Running::advance`] and [`Running::finish`], empty between events.
    steps: Vec<server::Step>,
    ends: Vec<(List, Outcome)>,
    /// Memory of [`Running::audit`]: the requests that are in a queue.
    in_line: Vec<bool>,
    /// The number of handled events, in debug builds.
    handled: u64,
    verdict: Verdict,
}

/// A load that is running.
struct Running<'a> {
    plan: &'a Plan,
    extent: Extent,
    /// The load's number, for errors.
    load: u64,
    state: &'a mut State,
}

impl Load {
    /// Empty memory.
    pub fn new() -> Self {
        Self::default()
    }

    /// Simulates a load.
    ///
    /// # Errors
    /// A load beyond the limits of [`crate::limits`].
    pub fn simulate(&mut self, plan: &Plan, seed: u64, load: u64, extent: Extent) -> Result<(), LoadError> {
        self.simulate_unless(plan, seed, load, extent, &AtomicBool::new(false))
    }

    /// Simulates a load, and stops soon after a flag is set.
    ///
    /// # Errors
    /// [`LoadError::Interrupted`] if the flag was set; a load beyond the limits of [`crate::limits`].
    pub fn simulate_unless(
        &mut self,
        plan: &Plan,
        seed: u64,
        load: u64,
        extent: Extent,
        interrupt: &AtomicBool,
    ) -> Result<(), LoadError> {
        self.simulate_from(plan, Source::Streams(Streams::new(seed, load)), load, extent, interrupt)
    }

    /// Simulates a load with these uniforms in place of its random streams; `load` is its number in errors.
    ///
    /// # Errors
    /// A load beyond the limits of [`crate::limits`].
    pub fn simulate_with(
        &mut self,
        plan: &Plan,
        uniforms: Arc<dyn Uniforms>,
        load: u64,
        extent: Extent,
    ) -> Result<(), LoadError> {
        self.simulate_from(plan, Source::Given(uniforms), load, extent, &AtomicBool::new(false))
    }

    fn simulate_from(
        &mut self,
        plan: &Plan,
        source: Source,
        load: u64,
        extent: Extent,
        interrupt: &AtomicBool,
    ) -> Result<(), LoadError> {
        self.agenda.clear();
        self.state.reset(plan);
        self.state.draws.turn_to(plan, source, load)?;
        self.state.network.reset(plan, &self.state.draws);
        self.state.buffers.reset(plan.links.len());
        let mut running = Running { plan, extent, load, state: &mut self.state };
        running.open_tabs(&mut self.agenda)?;
        let end = running.play(&mut self.agenda, interrupt)?;
        if cfg!(debug_assertions) {
            running.audit(&self.agenda);
        }
        let until = match end {
            End::EventLimit => return Err(LoadError::Interrupted),
            End::Stopped => self.agenda.now(),
            End::Idle | End::Horizon => plan.horizon,
        };
        for request in &mut self.state.requests {
            let station = request.station;
            request.enter(station, until);
            if request.slot_from.is_some() && request.slot_until.is_none() {
                request.slot_until = Some(until);
            }
        }
        self.state.verdict.close(&plan.load);
        Ok(())
    }

    /// The requests, in the order in which they were issued; sockets among them.
    pub fn requests(&self) -> &[Request] {
        &self.state.requests
    }

    /// The round-trip time to an origin.
    pub fn rtt(&self, origin: usize) -> Span {
        self.state.network.rtt(origin)
    }

    /// When the name of an origin's host was known, if it had to be resolved.
    pub fn resolved(&self, origin: usize) -> Option<Time> {
        self.state.network.resolved(origin)
    }

    /// The computations of cached values by servers, in the order in which they started.
    pub fn computations(&self) -> &[Computation] {
        &self.state.computations
    }

    /// The outcome of the load.
    pub fn verdict(&self) -> &Verdict {
        &self.state.verdict
    }

    /// The requests that the page needs, each with when it was ready: by tab, then in the order of `ready`.
    pub fn needs(&self, plan: &Plan) -> Vec<Need> {
        let page = &self.state.page;
        let need = |tab: u32, class: usize| {
            let (first, copies) = page.ranges[tab as usize * plan.classes.len() + class];
            let times = page.instances[first..first + copies].iter().map(|instance| instance.first_ok);
            let ready = times.collect::<Option<Vec<Time>>>().map(|times| times.into_iter().max().unwrap_or(Time::ZERO));
            Need { class, tab, ready }
        };
        (0..self.state.tabs).flat_map(|tab| plan.load.ready.iter().map(move |class| need(tab, *class))).collect()
    }

    /// When every instance of a class had succeeded in every tab; none if one had not by the end of the simulation.
    pub fn answered(&self, plan: &Plan, class: usize) -> Option<Time> {
        let page = &self.state.page;
        let tabs = (0..self.state.tabs as usize).map(|tab| page.ranges[tab * plan.classes.len() + class]);
        let times = tabs.flat_map(|(first, copies)| &page.instances[first..first + copies]);
        let times = times.map(|instance| instance.first_ok).collect::<Option<Vec<Time>>>()?;
        Some(times.into_iter().max().unwrap_or(Time::ZERO))
    }

    /// The request that made the load fail or be late: the one that triggered the error, or else the last of those that the
    /// page still waited for.
    pub fn culprit(&self, plan: &Plan) -> Option<&Request> {
        let verdict = &self.state.verdict;
        match verdict.culprit {
            Some(id) => self.state.requests.get(id),
            None if verdict.ready.is_none() => {
                let had = |request: &Request| self.state.page.instances[request.instance].first_ok.is_some();
                let waited_for = |request: &&Request| plan.load.ready.contains(&request.class) && !had(request);
                self.state.requests.iter().rfind(waited_for)
            }
            None => None,
        }
    }

    /// The values of the plan's parameters in this load.
    pub fn parameters(&self) -> &[f64] {
        self.state.draws.parameters()
    }
}

impl State {
    fn reset(&mut self, plan: &Plan) {
        self.requests.clear();
        self.links.clear();
        self.handshakes.reset(plan);
        self.cache.reset();
        self.servers.resize_with(plan.origins.len(), server::Server::default);
        self.servers.iter_mut().for_each(server::Server::reset);
        self.computations.clear();
        self.steps.clear();
        self.ends.clear();
        self.handled = 0;
        self.server_caches.clear();
        self.server_caches.resize_with(plan.server_caches.len(), server_cache::ServerCache::default);
        self.pool.reset(plan);
        self.verdict = Verdict::default();
    }
}

impl Model for Running<'_> {
    type Event = Event;
    type Error = LoadError;

    fn handle(&mut self, event: Event, agenda: &mut Agenda) -> Result<Flow, LoadError> {
        match event {
            Event::Start { instance } => self.start(agenda, instance)?,
            Event::Arrival { class, tab, number } => self.arrive(agenda, class, tab, number)?,
            Event::Cancels { request, event } => self.cancel_by(agenda, request, event),
            Event::Closed { page, tab } => self.close_page(agenda, page, tab),
            Event::Tick { instance } => self.tick(agenda, instance)?,
            Event::Retry { failed } => self.retry(agenda, failed)?,
            Event::Deadline { request } => self.deadline(agenda, request),
            Event::Stalled { request } => self.stalled(agenda, request),
            Event::Release { request } => self.scheduler_release(agenda, request),
            Event::LockTimeout { request } => self.lock_timeout(agenda, request),
            Event::Backoff { request } => self.backoff_over(agenda, request),
            Event::Connects { request } => self.event_source_connects(agenda, request),
            Event::Admitted { request } => self.admitted(request),
            Event::Reached { connection } => self.reached(connection),
            Event::Connected { connection } => self.connected(agenda, connection),
            Event::Handshake { connection, flight } => self.handshake(agenda, connection, flight),
            Event::Refused { request } => self.refused(agenda, request),
            Event::Dispatch { request } => self.dispatch(agenda, request),
            Event::HandedOver => self.handed_over(agenda),
            Event::Sent { request } => self.sent(agenda, request),
            Event::Arrived { request } => self.arrived(agenda, request),
            Event::Delayed { request } => self.download(agenda, request),
            Event::Headers { request } => self.headers_arrived(agenda, request),
            Event::Delivered { flow } => self.delivered(agenda, flow),
            Event::Gathered { flow } => self.gathered(agenda, flow),
            Event::Produced { request } => self.produced(agenda, request),
            Event::Transferred { link } => self.link_served(agenda, link),
            Event::Acknowledged { flow } if self.plan.link_discipline != LinkDiscipline::ProcessorSharing => {
                self.burst_acknowledged(agenda, flow)
            }
            Event::Acknowledged { flow } => self.acknowledged(agenda, flow),
            Event::Worked { request } => self.worked(agenda, request),
            Event::Shared { origin } => self.shared(agenda, origin),
            Event::Waited { request } => self.waited(agenda, request),
            Event::BodyEnd { request } => self.body_ended(agenda, request),
        }
        if cfg!(debug_assertions) {
            self.state.handled += 1;
            if self.state.handled.is_power_of_two() {
                self.audit(agenda);
            }
        }
        let decided = self.extent == Extent::UntilDecided && self.state.verdict.is_decided(&self.plan.load);
        Ok(if decided { Flow::Stop } else { Flow::Continue })
    }
}

impl<'a> Running<'a> {
    /// Handles events to the end of the load, or until the flag is set.
    fn play(&mut self, agenda: &mut Agenda, interrupt: &AtomicBool) -> Result<End, LoadError> {
        for _ in 0..limits::EVENTS / LOOK {
            let end = run(self, agenda, self.plan.horizon, LOOK)?;
            if end != End::EventLimit || interrupt.load(Ordering::Relaxed) {
                return Ok(end);
            }
        }
        Err(LoadError::Events { load: self.load })
    }

    fn request(&mut self, id: RequestId) -> &mut Request {
        &mut self.state.requests[id]
    }

    fn class(&self, id: RequestId) -> &'a crate::class::Class {
        &self.plan.classes[self.state.requests[id].class]
    }

    /// What the request's instance of its class does.
    fn copy(&self, id: RequestId) -> &'a crate::class::CopySpec {
        self.class(id).copy(self.state.requests[id].index)
    }
}
