//! A second implementation of one load: plain vectors that are scanned for each question, every rule a line.
//!
//! Rule: it shares no code with the stations in `models/src/load/`. It reads the plan, and the draws, which are inputs of a
//! load and not part of it. Nothing is counted on the side: how many requests are in flight, which of them waits longest or
//! whether a pool is full is found among all requests and connections each time. So it is slow, and right where its lines
//! are those of docs/browser-rules.md. Times are nanoseconds. The order of simultaneous events is the order in which they
//! were scheduled.

mod browser;
mod cancel;
mod ends;
mod handshakes;
mod page;
mod pool;
mod server;
mod sharing;

use handshakes::Step;
use sharing::Sharing;
use sixslot_models::Plan;
use sixslot_models::class::{self, Class, CopySpec, Failure};
use sixslot_models::load::{Call, Computation, Draws, Outcome, Station};
use sixslot_sim_core::{Span, Time};

pub type Id = usize;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    Start(usize),
    Arrival(usize, u32, u32),
    Cancels(Id, class::Event),
    Tick(usize),
    Retry(Id),
    Deadline(Id),
    Stalled(Id),
    Release(Id),
    LockTimeout(Id),
    Backoff(Id),
    Connects(Id),
    Connected(usize),
    Admitted(Id),
    Reached(usize),
    Refused(Id),
    Dispatch(Id),
    Dispatched,
    Sent(Id),
    Worked(Id),
    Shared(usize),
    Waited(Id),
    BodyEnd(Id),
}

/// An instance of a class in a tab.
#[derive(Clone, Debug)]
pub struct Instance {
    pub class: usize,
    pub index: u32,
    pub tab: u32,
    pub is_arrival: bool,
    pub started: bool,
    pub ticks: u32,
    pub failures: u32,
    pub row_began: u64,
    pub last_end: Option<u64>,
    pub last_ok: Option<u64>,
    /// The events that it has had, by number.
    pub had: [bool; 6],
}

/// A URL as the cache knows it: its partition, origin and text; then how often it had been invalidated.
pub type Key = ((bool, usize, String), u32);

#[derive(Clone, Debug)]
pub struct Request {
    pub class: usize,
    pub rank: usize,
    pub call: Call,
    pub attempt: u32,
    pub instance: usize,
    pub issued: u64,
    pub sent: Option<u64>,
    pub headers: Option<u64>,
    pub ended: Option<u64>,
    pub outcome: Outcome,
    pub connection: Option<usize>,
    pub slot_from: Option<u64>,
    pub slot_until: Option<u64>,
    pub drawn: u64,
    pub station: Station,
    pub since: u64,
    pub spent: [u64; Station::COUNT],
    /// Its place in whichever line it stands: lines are in the order of this number.
    pub place: u64,
    /// The line that it stands in.
    pub line: Line,
    pub leader: Option<Id>,
    pub in_framework_queue: bool,
    pub opening_for_it: bool,
    /// A WebSocket that is not open yet.
    pub is_opening: bool,
    /// Sockets of its URL had failed when it lined up.
    pub suspect: bool,
    /// It uses the connection of those with the other credentials.
    pub elsewhere: bool,
    /// Its place when it joined the queue for a connection.
    pub pool_place: u64,
    pub admitted: bool,
    pub key: Option<Key>,
    pub has_turn: bool,
    /// When an abort gave it its turn.
    pub inherited: Option<u64>,
    pub replaces: bool,
    pub takes_over: bool,
    /// The next call of its instance aborted it.
    pub superseded: bool,
    pub status: u16,
    pub failure: Option<Failure>,
    /// The server's queue had no place for it.
    pub turned_away: bool,
    /// An event has cancelled it.
    pub is_withdrawn: bool,
    /// Its connection breaks in the middle of the answer.
    pub resets: bool,
    /// An event cancelled it.
    pub cancelled: bool,
    /// Its events so far that cancel others.
    pub announced: [bool; 6],
    pub heard_at: u64,
    /// What the page has heard of it.
    pub heard: Option<bool>,
    pub looked_up: usize,
    pub computing: Option<u64>,
    pub awaits: Option<Id>,
    pub own: (u64, u64),
    pub left: u32,
    pub sharing: bool,
    /// A worker that has done its work stays with it.
    pub keeps_worker: bool,
    pub block: u64,
    pub gap: u64,
    pub deadline: Option<u64>,
    pub timer: Option<u64>,
}

/// The line in which a request stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Line {
    None,
    Framework,
    Handshake,
    Scheduler,
    CacheLock,
    Pool,
    Worker,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    Opening,
    /// Since when, and its place among the idle ones.
    Idle(u64, u64),
    Busy,
    /// The one connection of a group that multiplexes; since when it is idle if it is.
    Session(u64),
    Closed,
}

#[derive(Clone, Debug)]
pub struct Connection {
    pub group: usize,
    pub state: State,
    pub used: bool,
    pub connect: u64,
    pub owner: Option<Id>,
    /// TCP is connected.
    pub reached: bool,
}

#[derive(Clone, Debug, Default)]
pub struct ServerCache {
    pub value: Option<u64>,
    pub maker: Option<Id>,
}

#[derive(Debug, Default, PartialEq)]
pub struct Verdict {
    pub failed: bool,
    pub ready: Option<u64>,
    pub error: Option<u64>,
    pub recovered: Option<u64>,
    pub culprit: Option<usize>,
    pub rule: Option<usize>,
}

/// A load of the second implementation.
pub struct Second<'a> {
    pub plan: &'a Plan,
    pub draws: Draws,
    pub now: u64,
    places: u64,
    pending: Vec<(u64, u64, Event)>,
    pub tabs: u32,
    pub instances: Vec<Instance>,
    pub requests: Vec<Request>,
    pub connections: Vec<Connection>,
    /// Connections that were opened to each group so far.
    pub opened: Vec<u64>,
    /// Firefox's tokens: when they were taken, those that were not there yet included.
    pub tokens: Vec<u64>,
    /// The WebSocket of each origin that is opening.
    pub handshaking: Vec<Option<Id>>,
    /// What happened to WebSockets so far: when, in which tab, and what.
    pub sockets: Vec<(u64, u32, Step)>,
    /// For each path with failed sockets: when the last failed, and the delay in ms.
    pub failed_paths: Vec<((usize, String), u64, u64)>,
    pub dispatching: Sharing,
    pub sharings: Vec<Sharing>,
    pub turns: Vec<(Key, Id)>,
    pub stored: Vec<(Key, u64)>,
    pub kept: Vec<Key>,
    /// Entries that cannot be read: when one was found, and by how many.
    pub broken: Vec<(Key, Option<u64>, u32)>,
    /// Whose response is being written.
    pub writers: Vec<(Key, Id)>,
    pub unstored: Vec<Key>,
    pub versions: Vec<((bool, usize, String), u32)>,
    pub server_caches: Vec<ServerCache>,
    pub computations: Vec<Computation>,
    /// Classes that make no calls in a tab any more.
    pub unmounted: Vec<(usize, u32)>,
    /// Classes whose calls fail in a tab as they begin: their page is being left.
    pub cut_off: Vec<(usize, u32)>,
    /// The ranks that events have given to classes in a tab.
    pub raised: Vec<(usize, u32, usize)>,
    /// When the calls of a class in a tab were cancelled.
    pub withdrawn: Vec<(usize, u32, u64)>,
    pub verdict: Verdict,
}

/// Plays a load to its horizon.
pub fn simulate(plan: &Plan, seed: u64, load: u64) -> Second<'_> {
    let draws = Draws::new(plan, seed, load).unwrap();
    let mut second = Second {
        plan,
        tabs: draws.tabs(plan.browser()),
        draws,
        now: 0,
        places: 0,
        pending: Vec::new(),
        instances: Vec::new(),
        requests: Vec::new(),
        connections: Vec::new(),
        opened: vec![0; 2 * plan.origins().len()],
        tokens: Vec::new(),
        handshaking: vec![None; plan.origins().len()],
        sockets: Vec::new(),
        failed_paths: Vec::new(),
        dispatching: Sharing::default(),
        sharings: plan.origins().iter().map(|_| Sharing::default()).collect(),
        turns: Vec::new(),
        stored: Vec::new(),
        kept: Vec::new(),
        broken: Vec::new(),
        writers: Vec::new(),
        unstored: Vec::new(),
        versions: Vec::new(),
        server_caches: vec![ServerCache::default(); plan.server_caches().len()],
        computations: Vec::new(),
        unmounted: Vec::new(),
        cut_off: Vec::new(),
        raised: Vec::new(),
        withdrawn: Vec::new(),
        verdict: Verdict::default(),
    };
    second.open_tabs();
    let horizon = plan.horizon().as_nanos();
    while let Some(next) = (0..second.pending.len()).min_by_key(|at| (second.pending[*at].0, second.pending[*at].1))
        && second.pending[next].0 <= horizon
    {
        let (at, _, event) = second.pending.remove(next);
        second.now = at;
        second.handle(event);
    }
    second.now = horizon;
    second.close();
    second
}

impl<'a> Second<'a> {
    /// The next place in the order of everything that was scheduled or lined up.
    pub fn next_place(&mut self) -> u64 {
        self.places += 1;
        self.places
    }

    pub fn after(&mut self, delay: u64, event: Event) -> u64 {
        let place = self.next_place();
        self.pending.push((self.now.saturating_add(delay), place, event));
        place
    }

    pub fn cancel(&mut self, key: u64) -> Option<Event> {
        let at = self.pending.iter().position(|(_, place, _)| *place == key)?;
        Some(self.pending.remove(at).2)
    }

    pub fn drop_timer(&mut self, id: Id) {
        if let Some(key) = self.requests[id].timer.take() {
            self.cancel(key);
        }
    }

    pub fn drop_deadline(&mut self, id: Id) {
        if let Some(key) = self.requests[id].deadline.take() {
            self.cancel(key);
        }
    }

    pub fn set_timer(&mut self, id: Id, delay: u64, event: Event) {
        let key = self.after(delay, event);
        self.requests[id].timer = Some(key);
    }

    pub fn class(&self, id: Id) -> &'a Class {
        &self.plan.classes()[self.requests[id].class]
    }

    pub fn copy(&self, id: Id) -> &'a CopySpec {
        self.class(id).copy(self.requests[id].call.index)
    }

    /// The text of a request's URL.
    pub fn url(&self, id: Id) -> (usize, String) {
        let Call { index, tab, .. } = self.requests[id].call;
        (self.class(id).origin, self.copy(id).url.expand(index, tab))
    }

    pub fn line_up(&mut self, id: Id, line: Line) {
        self.requests[id].place = self.next_place();
        self.requests[id].line = line;
    }

    /// Who stands in a line, first come first.
    pub fn line(&self, line: Line, belongs: impl Fn(&Self, Id) -> bool) -> Vec<Id> {
        let stands = |id: &Id| self.requests[*id].line == line && belongs(self, *id);
        let mut ids: Vec<Id> = (0..self.requests.len()).filter(stands).collect();
        ids.sort_by_key(|id| self.requests[*id].place);
        ids
    }

    pub fn enter(&mut self, id: Id, station: Station) {
        let now = self.now;
        let request = &mut self.requests[id];
        if request.station != Station::Ended {
            request.spent[request.station as usize] += now - request.since;
        }
        (request.since, request.station) = (now, station);
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Start(instance) => self.start(instance),
            Event::Arrival(class, tab, number) => self.arrive(class, tab, number),
            Event::Cancels(id, event) => self.cancels(id, event),
            Event::Tick(instance) => self.tick(instance),
            Event::Retry(id) => self.retry(id),
            Event::Deadline(id) => self.deadline(id),
            Event::Stalled(id) => {
                self.requests[id].timer = None;
                self.leave_page(id);
            }
            Event::Release(id) => {
                self.requests[id].timer = None;
                self.admit(id);
            }
            Event::LockTimeout(id) => {
                self.requests[id].timer = None;
                self.go_to_pool(id);
            }
            Event::Backoff(id) => self.backoff_over(id),
            Event::Connects(id) => self.connects(id),
            Event::Connected(connection) => self.connected(connection),
            Event::Admitted(id) => self.has_token(id),
            Event::Reached(connection) => self.reached(connection),
            Event::Refused(id) => {
                self.requests[id].timer = None;
                self.requests[id].failure.get_or_insert(Failure::Refused);
                self.finish(id, Outcome::Failed);
            }
            Event::Dispatch(id) => self.dispatch(id),
            Event::Dispatched => {
                while let Some(id) = self.done_dispatching() {
                    self.requests[id].sharing = false;
                    self.sent(id);
                }
            }
            Event::Sent(id) => self.sent(id),
            Event::Worked(id) => self.worked(id),
            Event::Shared(origin) => self.shared(origin),
            Event::Waited(id) => {
                self.requests[id].timer = None;
                self.part_done(id);
            }
            Event::BodyEnd(id) => {
                self.requests[id].timer = None;
                let now = self.now;
                self.requests[id].headers.get_or_insert(now);
                self.body_is_over(id);
            }
        }
    }

    fn close(&mut self) {
        use sixslot_models::load_rules::Fails;
        for id in 0..self.requests.len() {
            self.enter(id, self.requests[id].station);
            let now = self.now;
            let request = &mut self.requests[id];
            if request.slot_from.is_some() {
                request.slot_until.get_or_insert(now);
            }
        }
        let fails = match self.plan.load().fails {
            Fails::NotReady => self.verdict.ready.is_none(),
            _ => self.verdict.error.is_some(),
        };
        self.verdict.failed = self.plan.load().can_fail && fails;
    }

    /// Everything about a request that a load's record has.
    pub fn record(&self, id: Id) -> String {
        let request = &self.requests[id];
        let Request { class, call, attempt, outcome, connection, drawn, spent, .. } = request;
        let Request { issued, sent, headers, ended, slot_from, slot_until, .. } = request;
        format!(
            "{class} {call:?} #{attempt} {outcome:?} on {connection:?}, drawn {drawn}, {issued} {sent:?} {headers:?} {ended:?}, slot {slot_from:?} {slot_until:?}, {spent:?}, {} {} {:?}",
            request.heard == Some(true),
            request.status,
            request.failure,
        )
    }

    pub fn computed(&self) -> &[Computation] {
        &self.computations
    }
}

/// A length of time as nanoseconds.
pub fn ns(span: Span) -> u64 {
    span.as_nanos()
}

/// The same of the load's own record.
pub fn record(request: &sixslot_models::load::Request) -> String {
    let t = |time: Option<Time>| time.map(Time::as_nanos);
    let spent = Station::ALL.map(|(station, _)| request.spent(station).as_nanos());
    let connection = request.connection.map(|number| number as usize);
    format!(
        "{} {:?} #{} {:?} on {connection:?}, drawn {}, {} {:?} {:?} {:?}, slot {:?} {:?}, {spent:?}, {} {} {:?}",
        request.class,
        request.call(),
        request.attempt,
        request.outcome,
        request.drawn.as_nanos(),
        request.issued.as_nanos(),
        t(request.sent),
        t(request.headers),
        t(request.ended),
        t(request.slot_from),
        t(request.slot_until),
        request.succeeded(),
        request.status,
        request.failure,
    )
}
