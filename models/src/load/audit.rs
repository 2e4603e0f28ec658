//! The invariants of a load, checked over the whole of its state.
//!
//! Rule: a request is at one station and in at most one queue; whatever waits is held by something that will release it;
//! each counter of a station equals the number of requests that it counts; connections, streams and workers in use are within
//! their limits, and a connection serves one request. Debug builds, and with them tests and fuzzing, check it whenever the
//! number of handled events is a power of two, and at the end of a load; release builds never do.

use super::list::{List, RequestId};
use super::request::{Request, Station};
use super::{Agenda, Running};
use crate::class::Kind;

impl Running<'_> {
    /// Checks a load between two events.
    ///
    /// # Panics
    /// If an invariant does not hold, which is a bug in the engine.
    pub(super) fn audit(&mut self, agenda: &Agenda) {
        let mut in_line = std::mem::take(&mut self.state.in_line);
        in_line.clear();
        in_line.resize(self.state.requests.len(), false);
        self.audit_lines(&mut in_line);
        for (id, in_line) in in_line.iter().enumerate() {
            self.audit_request(agenda, id, *in_line);
        }
        self.state.in_line = in_line;
        self.audit_counters();
        self.audit_pool();
        self.audit_servers();
    }

    /// Walks all queues; a request in two of them, or in a queue that does not match its station, is a bug.
    fn audit_lines(&self, in_line: &mut [bool]) {
        let state = &self.state;
        let mut walk = |what: &str, line: List, fits: &dyn Fn(RequestId, &Request) -> bool| -> usize {
            let (mut length, mut last, mut at) = (0, None, line.first());
            while let Some(id) = at {
                assert!(
                    !std::mem::replace(&mut in_line[id], true),
                    "request {id} is in the {what} and in another queue"
                );
                assert!(fits(id, &state.requests[id]), "{what}: {:?}", state.requests[id]);
                (length, last, at) = (length + 1, at, List::next(&state.links, id));
            }
            assert_eq!(line.last(), last, "the end of the {what}");
            length
        };
        for host in &state.scheduler.hosts {
            for line in host.held {
                walk("scheduler", line, &|_, one| one.station == Station::Scheduler && one.timer.is_some());
            }
        }
        for group in &state.pool.groups {
            let waiting: usize =
                group.queue.map(|line| walk("pool", line, &|_, one| one.station == Station::Pool)).iter().sum();
            assert_eq!(waiting, group.waiting, "requests that wait for a connection");
        }
        for queue in &state.page.queues {
            walk("framework's queue", queue.waiting, &|_, one| one.station == Station::Page && !one.state.has_place);
        }
        for line in state.handshakes.origins.iter().flat_map(|origin| origin.waiting) {
            walk("handshakes", line, &|_, one| one.station == Station::Page && one.state.opening);
        }
        for server in &state.servers {
            walk("server's queue", server.queue, &|_, one| one.state.at_server && one.timer.is_none());
        }
        let mut locks = 0;
        for (id, request) in state.requests.iter().enumerate() {
            walk("followers", request.state.followers, &|_, one| {
                one.state.leader == Some(id) && matches!(one.station, Station::Page | Station::Cache)
            });
            walk("queue for a value", request.state.awaited_by, &|_, one| one.state.awaits == Some(id));
            if request.state.holds_lock {
                locks += 1;
                let lock = state.cache.locks.get(self.key(id));
                let line = lock.filter(|lock| lock.turn == id).map(|lock| lock.waiting);
                let Some(line) = line else { panic!("request {id} holds no lock: {lock:?}") };
                walk("cache", line, &|_, one| one.station == Station::Cache && one.timer.is_some());
            }
        }
        assert_eq!(locks, state.cache.locks.len(), "locks without a request");
    }

    /// A request that has not ended is held by a queue, a timer or a capacity; one that has ended holds nothing.
    fn audit_request(&self, agenda: &Agenda, id: RequestId, in_line: bool) {
        let (request, class) = (&self.state.requests[id], self.class(id));
        let state = &request.state;
        assert!(request.issued <= request.since && request.since <= agenda.now(), "clocks: {request:?}");
        assert_eq!(request.ended.is_some(), request.station == Station::Ended, "{request:?}");
        let spent: sixslot_sim_core::Span = request.spent.iter().copied().sum();
        assert_eq!(spent, request.since - request.issued, "times at stations: {request:?}");
        let is_held = match request.station {
            Station::Page => {
                let connects = class.kind == Kind::EventSource && self.plan.browser.event_source_connects_last;
                in_line || request.timer.is_some() || connects
            }
            Station::Scheduler | Station::Pool => in_line,
            Station::Cache => in_line || state.writes && request.timer.is_some(),
            Station::Connect => request.timer.is_some() || state.share.is_some(),
            Station::Server => in_line || request.timer.is_some() || state.share.is_some() || state.stream.is_some(),
            Station::Body => {
                request.timer.is_some()
                    || in_line
                    || state.stream.is_some()
                    || class.kind.is_socket()
                    || !class.reads_body
            }
            Station::Ended => {
                let idle = !state.holds_lock && !state.admitted && !state.has_place && request.deadline.is_none();
                let idle = idle && !state.holds_worker && !state.flying && !state.handshaking && !state.opening;
                idle && request.slot_until.is_some() == request.slot_from.is_some()
            }
        };
        assert!(is_held, "request {id} has no owner: {request:?}");
    }

    /// Compares the counters of the stations with the requests that they count.
    fn audit_counters(&self) {
        let state = &self.state;
        let count = |which: &dyn Fn(RequestId, &Request) -> bool| {
            state.requests.iter().enumerate().filter(|(id, request)| which(*id, request)).count()
        };
        let in_flight: usize = state.page.instances.iter().map(|instance| instance.in_flight as usize).sum();
        assert_eq!(in_flight, count(&|_, one| one.ended.is_none() && !one.state.heard), "calls in flight");
        let inside: usize = state.page.queues.iter().map(|queue| queue.inside).sum();
        assert_eq!(inside, count(&|_, one| one.state.has_place), "places of frameworks' queues");
        for (at, queue) in state.page.queues.iter().enumerate() {
            let limit = self.plan.queues[at % self.plan.queues.len()].limit;
            assert!(queue.inside <= limit, "{} of {limit} places", queue.inside);
        }
        let admitted: usize = state.scheduler.hosts.iter().map(|host| host.in_flight).sum();
        assert_eq!(admitted, count(&|_, one| one.state.admitted), "requests past the scheduler");
        let delayable: usize = state.scheduler.tabs.iter().map(|tab| tab.delayable_in_flight).sum();
        assert_eq!(delayable, count(&|id, one| one.state.admitted && self.is_delayable(id)), "delayable requests");
        let active: usize = state.pool.groups.iter().map(|group| group.active).sum();
        assert_eq!(active, count(&|_, one| one.slot_from.is_some() && one.slot_until.is_none()), "slots in use");
        let shares =
            state.servers.iter().map(|server| server.sharing.len()).sum::<usize>() + state.pool.handing_over.len();
        assert_eq!(shares, count(&|_, one| one.state.share.is_some()), "requests that share a capacity");
        let flows = &state.network.flows;
        let streams: usize = flows.iter().map(super::network::Flow::len).sum();
        let senders = &state.buffers.senders;
        let streams = streams + senders.iter().map(|sender| sender.streams).sum::<usize>();
        assert_eq!(streams, count(&|_, one| one.state.stream.is_some()), "transfers");
        let on_links: usize = state.network.links.iter().map(super::sharing::Sharing::len).sum();
        assert_eq!(on_links, flows.iter().filter(|flow| flow.share.is_some()).count(), "flows on links");
    }

    /// Connections and streams are within their limits, and each connection has one user.
    fn audit_pool(&self) {
        let (rules, pool) = (&self.plan.browser, &self.state.pool);
        let mut open = 0;
        for (number, group) in pool.groups.iter().enumerate() {
            let origin = &self.plan.origins[number / 2];
            if origin.protocol.multiplexes() {
                let sessions = group.connecting + usize::from(group.session.is_some());
                let idle = group.idle.is_empty() && (group.active == 0 || group.session.is_some());
                assert!(group.active <= origin.max_concurrent_streams && sessions <= 1 && idle, "{group:?}");
                open += sessions;
                continue;
            }
            open += group.active + group.connecting + group.idle.len();
            // A handshake that opens a new connection leaves an idle one, which a new request may take.
            let taken = group.active + group.connecting + group.idle.len();
            assert!(rules.websocket_opens_connection || taken <= rules.connections, "{group:?}");
            assert!(group.idle.iter().all(|connection| pool.connections[*connection].user.is_none()), "{group:?}");
        }
        assert_eq!(open, pool.total, "open connections");
        assert!(open <= rules.connections_total, "{open} open connections");
        for (id, request) in self.state.requests.iter().enumerate() {
            if let (Some(_), None, Some(connection)) = (request.slot_from, request.slot_until, request.connection) {
                let user = pool.connections[connection as usize - 1].user;
                let shared = self.plan.origins[self.class(id).origin].protocol.multiplexes();
                assert_eq!(user, Some(id).filter(|_| !shared), "the user of connection {connection}");
            }
        }
    }

    fn audit_servers(&self) {
        for (server, rules) in self.state.servers.iter().zip(&self.plan.origins) {
            assert!(server.busy <= rules.workers, "{} of {} workers", server.busy, rules.workers);
            assert!(server.queue.first().is_none() || server.busy == rules.workers, "work waits for an idle worker");
        }
    }
}
