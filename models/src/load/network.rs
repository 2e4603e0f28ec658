//! The network: propagation, TCP's congestion window, and links that transfers share.
//!
//! Rule: a request reaches the server half a round trip after its last byte has left the uplink. The headers of the answer
//! reach the browser half a round trip after the server has sent them, the body half a round trip after its last byte has
//! left the downlink. Connections that have bytes to send share a link equally (processor sharing, the fluid limit of flows
//! with equal round trips; Kleinrock 1967), and so do the streams of one HTTP/2 connection. Where the server honours priorities
//! (RFC 9218, section 10), the streams of the highest one are sent first, and share the connection among themselves; a server of
//! RFC 9113 alone sends all of them. A connection sends at most its congestion window in a round trip: ten segments at first (RFC 6928), and
//! after each round trip more by the bytes sent in it, if they were at least half the window (slow start, RFC 5681; the
//! half is Linux's `tcp_is_cwnd_limited`). No packet is lost, so slow start has no end. After an idle time the window is
//! halved for each retransmission time-out in it, down to the initial one (RFC 2861; Linux's `tcp_cwnd_restart`).
//!
//! What is under way beyond the bandwidth-delay product stands in the buffer before the link, first in, first out. The fluid
//! limit has the rates of the transfers right, but not this delay: the first byte of an answer, and the handshake of a
//! new connection, wait for the bytes that stand there (Gettys and Nichols 2011, "Bufferbloat").
//!
//! A transfer costs an event when it joins and leaves its link, and one for each round trip in which its window limits it:
//! as many as the logarithm of its bytes.

use super::list::RequestId;
use super::sharing::{Capacity, Due, Sharing};
use super::{Agenda, Draws, Event, Running};
use crate::class::Kind;
use crate::network::Direction;
use crate::plan::Plan;
use sixslot_sim_core::{EventKey, Handle, Heap, Span, Time};

/// Bytes of a connection's first congestion window: ten segments of 1460 bytes (RFC 6928).
const INITIAL_WINDOW: f64 = 14_600.0;
/// The least retransmission time-out beyond the round trip (Linux: `TCP_RTO_MIN`).
const RTO_MIN: Span = Span::from_millis(200);
/// Transfers that are counted in a buffer.
const COUNTED: usize = 256;
/// Rounding of attained bytes.
const TOLERANCE: f64 = 1e-3;

/// Links and the transfers on them.
#[derive(Debug, Default)]
pub(super) struct Network {
    /// The round-trip time to each origin in this load.
    rtts: Vec<Span>,
    /// When the name of each origin's host is known, once it is being resolved.
    resolved: Vec<Option<Time>>,
    pub(super) links: Vec<Sharing<usize>>,
    /// The flows on each link, in no order.
    busy: Vec<Vec<usize>>,
    /// Two for each connection: up and down.
    pub(super) flows: Vec<Flow>,
}

/// The bytes of one connection in one direction.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// Streams by their priority, or all together.
    lanes: Vec<Lane>,
    came: u64,
    /// Bytes that remain in all streams.
    remaining: f64,
    /// The congestion window.
    window: f64,
    /// When the current round trip started.
    round: Option<Time>,
    /// Bytes that may still be sent in it.
    allowed: f64,
    /// Bytes that have been sent in it.
    sent: f64,
    /// The end of the round trip, where the window limits the flow.
    ack: Option<EventKey>,
    /// Its place on the link, and the bytes after which it leaves.
    pub(super) share: Option<Handle>,
    /// Its index among the flows on the link.
    at: usize,
    chunk: f64,
    /// When it last had bytes to send.
    last: Time,
}

/// Streams of one priority.
#[derive(Debug, Default)]
struct Lane {
    /// Requests by the bytes that each stream will have attained at their end.
    streams: Heap<Due, RequestId>,
    /// Bytes that each present stream has attained.
    attained: f64,
}

impl Network {
    pub(super) fn reset(&mut self, plan: &Plan, draws: &Draws) {
        self.rtts.clear();
        self.rtts.extend(plan.origins.iter().map(|origin| draws.rtt(&origin.path)));
        self.resolved.clear();
        self.resolved.resize(plan.origins.len(), None);
        self.links.resize_with(plan.links.len(), Sharing::default);
        self.links.iter_mut().for_each(Sharing::reset);
        self.busy.resize_with(plan.links.len(), Vec::new);
        self.busy.iter_mut().for_each(Vec::clear);
        self.flows.iter_mut().for_each(Flow::reset);
    }

    /// The round-trip time to an origin.
    pub(super) fn rtt(&self, origin: usize) -> Span {
        self.rtts[origin]
    }

    /// When the name of an origin's host is known.
    pub(super) fn resolved(&self, origin: usize) -> Option<Time> {
        self.resolved[origin]
    }

    /// Takes a flow from those on a link.
    fn forget(&mut self, link: usize, flow: usize) {
        let at = self.flows[flow].at;
        self.busy[link].swap_remove(at);
        if let Some(moved) = self.busy[link].get(at) {
            self.flows[*moved].at = at;
        }
    }

    /// Half of it.
    pub(super) fn half(&self, origin: usize) -> Span {
        self.rtts[origin] / 2
    }
}

impl Flow {
    fn reset(&mut self) {
        let mut lanes = std::mem::take(&mut self.lanes);
        lanes.iter_mut().for_each(|lane| lane.streams.clear());
        *self = Self { lanes, ..Self::default() };
    }

    /// The number of streams.
    pub(super) fn len(&self) -> usize {
        self.lanes.iter().map(|lane| lane.streams.len()).sum()
    }

    /// The streams that are being sent: those of the highest priority.
    fn sent_first(&mut self) -> Option<&mut Lane> {
        self.lanes.iter_mut().rev().find(|lane| !lane.streams.is_empty())
    }

    /// Accounts for bytes that have been sent.
    fn progress(&mut self, bytes: f64) {
        if let Some(lane) = self.sent_first() {
            lane.attained += bytes / lane.streams.len() as f64;
        }
        self.remaining = (self.remaining - bytes).max(0.0);
        self.allowed -= bytes;
        self.sent += bytes;
        self.chunk = 0.0;
    }

    /// Ends a round trip: the window grows by what was acknowledged.
    fn close_round(&mut self) {
        if self.sent * 2.0 >= self.window {
            self.window += self.sent;
        }
        self.sent = 0.0;
        self.round = None;
    }

    /// Starts a round trip, unless one is under way. `most` is what the link can send in one.
    fn open_round(&mut self, now: Time, rtt: Span, most: f64) {
        if self.round.is_some_and(|start| now < start + rtt) {
            return;
        }
        if self.round.is_some() {
            self.close_round();
        }
        let time_out = rtt + RTO_MIN;
        self.window = self.window.max(INITIAL_WINDOW);
        let mut idle = now - self.last;
        while idle > time_out && self.window > INITIAL_WINDOW {
            self.window = (self.window / 2.0).max(INITIAL_WINDOW);
            idle = idle - time_out;
        }
        self.round = Some(now);
        self.allowed = if self.window >= most { f64::INFINITY } else { self.window };
    }

    /// Bytes until the first stream of those that are being sent ends.
    fn next_end(&mut self) -> Option<f64> {
        let Lane { streams, attained } = self.sent_first()?;
        Some((streams.peek()?.amount() - *attained).max(0.0) * streams.len() as f64)
    }
}

/// A link in one direction, as [`Sharing`] sees it.
const fn capacity(link: usize) -> Capacity {
    Capacity { workers: 1, slowdown_exponent: 1.0, event: Event::Transferred { link } }
}

impl Running<'_> {
    /// The time until an origin's host is resolved, from the first connection to it.
    pub(super) fn resolving(&mut self, origin: usize, now: Time) -> Span {
        let path = &self.plan.origins[origin].path;
        if path.dns.is_none() {
            return Span::ZERO;
        }
        let dns = self.state.draws.dns(path);
        let known = *self.state.network.resolved[origin].get_or_insert(now + dns);
        if known > now { known - now } else { Span::ZERO }
    }

    /// The time until the handshakes of a group's next connection: the browser's own, and the name's resolution.
    pub(super) fn set_up_time(&mut self, now: Time, group: usize) -> Span {
        let opened = &mut self.state.pool.groups[group].opened;
        // Both groups of an origin draw from one stream.
        let number = 2 * *opened + (group % 2) as u64;
        *opened += 1;
        let origin = group / 2;
        let rules = &self.plan.origins[origin];
        let own = self.state.draws.connect(rules, number).unwrap_or(self.plan.browser.connect);
        own + self.resolving(origin, now)
    }

    /// The time of the handshakes with an origin.
    pub(super) fn handshakes(&self, now: Time, origin: usize) -> Span {
        let rules = &self.plan.origins[origin];
        let handshakes = self.state.network.rtt(origin) * rules.tls().round_trips(rules.protocol);
        let standing = if handshakes.is_zero() { Span::ZERO } else { self.standing(origin, Direction::Down, now) };
        handshakes + standing
    }

    /// The browser has sent a request's first byte: the rest follows, and the server receives it.
    pub(super) fn upload(&mut self, agenda: &mut Agenda, id: RequestId) {
        let class = self.class(id);
        if class.kind == Kind::Background {
            return self.arrived(agenda, id);
        }
        let bytes = self.copy(id).request_bytes;
        let is_fetch = class.kind == Kind::Fetch;
        if is_fetch && self.is_fifo(class.origin) {
            return self.send(agenda, id, Direction::Up, bytes);
        }
        if bytes > 0 && is_fetch && self.plan.origins[class.origin].path.transfers(Direction::Up) {
            return self.transfer(agenda, id, Direction::Up, bytes);
        }
        let half = self.state.network.half(class.origin);
        if half.is_zero() {
            return self.arrived(agenda, id);
        }
        let standing = self.standing(class.origin, Direction::Up, agenda.now());
        self.request(id).timer = Some(agenda.schedule_in(standing + half, Event::Arrived { request: id }));
    }

    /// The server's answer is ready: it leaves after the origin's delay.
    pub(super) fn respond(&mut self, agenda: &mut Agenda, id: RequestId) {
        let class = self.class(id);
        self.request(id).state.answered = true;
        if class.kind == Kind::Background {
            return self.headers_arrived(agenda, id);
        }
        self.decide_answer(id);
        let call = self.state.requests[id].call();
        let delay = self.state.draws.response_delay(class, &self.plan.origins[class.origin].path, call);
        if delay.is_zero() {
            return self.download(agenda, id);
        }
        self.request(id).timer = Some(agenda.schedule_in(delay, Event::Delayed { request: id }));
    }

    /// The server sends the headers, and the body behind them.
    pub(super) fn download(&mut self, agenda: &mut Agenda, id: RequestId) {
        let class = self.class(id);
        let half = self.state.network.half(class.origin);
        let bytes = self.copy(id).body_bytes.filter(|bytes| *bytes > 0 && class.kind == Kind::Fetch);
        let bytes =
            bytes.filter(|_| self.plan.origins[class.origin].path.transfers(Direction::Down) && !self.is_pinned(id));
        let state = &self.state.requests[id].state;
        let bytes =
            bytes.filter(|_| !state.turned_away).map(|bytes| if state.resets { bytes.div_ceil(2) } else { bytes });
        self.request(id).state.transfers = bytes.is_some();
        if class.kind == Kind::Fetch && self.is_fifo(class.origin) {
            let bytes = bytes.unwrap_or(0);
            let makes = self.body_of(id, class).filter(|span| bytes > 0 && !span.is_zero());
            self.request(id).state.later = u64::from(makes.is_some());
            if let Some(span) = makes {
                agenda.schedule_in(span, Event::Produced { request: id });
            }
            return self.send(agenda, id, Direction::Down, bytes - u64::from(makes.is_some()));
        }
        if half.is_zero() && bytes.is_none() {
            return self.headers_arrived(agenda, id);
        }
        let standing = self.standing(class.origin, Direction::Down, agenda.now());
        self.request(id).timer = Some(agenda.schedule_in(standing + half, Event::Headers { request: id }));
        if let Some(bytes) = bytes {
            self.transfer(agenda, id, Direction::Down, bytes);
        }
    }

    /// The time that a byte waits in the buffer of its link: to the server none, unless the link is first in, first out.
    pub(super) fn standing(&self, origin: usize, direction: Direction, now: Time) -> Span {
        let network = &self.state.network;
        let Some(link) = self.plan.origins[origin].path.link(direction) else { return Span::ZERO };
        if self.is_fifo(origin) {
            return self.state.buffers.leaves(Some(link), now) - now;
        }
        if direction == Direction::Up {
            return Span::ZERO;
        }
        let rtt = network.rtts[origin];
        if rtt.is_zero() || network.busy[link].is_empty() {
            return Span::ZERO;
        }
        let rate = self.plan.links[link].bytes_per_nanosecond();
        let under_way = |number: &usize| {
            let flow = &network.flows[*number];
            let left = flow.share.map_or(Span::ZERO, |share| network.links[link].left(share, now, capacity(link)));
            let sent = (flow.chunk - left.as_nanos() as f64 * rate).max(0.0);
            // What has been acknowledged has opened the window further.
            (flow.window + flow.sent + sent).min(flow.remaining - sent)
        };
        let all: f64 = network.busy[link].iter().take(COUNTED).map(under_way).sum();
        Span::from_nanos((all / rate - rtt.as_nanos() as f64).max(0.0) as u64)
    }

    pub(super) fn flow_of(&self, id: RequestId, direction: Direction) -> usize {
        let connection = self.state.requests[id].connection.unwrap_or(1) as usize - 1;
        2 * connection + direction as usize
    }

    /// The origin of a flow's connection.
    pub(super) fn origin_of_flow(&self, flow: usize) -> usize {
        self.state.pool.connections[flow / 2].group / 2
    }

    pub(super) fn link_of(&self, flow: usize) -> Option<usize> {
        self.plan.origins[self.origin_of_flow(flow)].path.links[flow % 2]
    }

    /// Which of the streams of its connection a request's is among.
    pub(super) fn lane(&self, id: RequestId) -> usize {
        if self.plan.origins[self.class(id).origin].honours_priority { self.rank(id) } else { 0 }
    }

    /// Starts to send the bytes of a request or of its answer.
    fn transfer(&mut self, agenda: &mut Agenda, id: RequestId, direction: Direction, bytes: u64) {
        let number = self.flow_of(id, direction);
        if self.state.network.flows.len() <= number {
            self.state.network.flows.resize_with(number + 1, Flow::default);
        }
        self.pause(agenda, number);
        let lane = self.lane(id);
        let flow = &mut self.state.network.flows[number];
        if flow.lanes.len() <= lane {
            flow.lanes.resize_with(lane + 1, Lane::default);
        }
        let Lane { streams, attained } = &mut flow.lanes[lane];
        if streams.is_empty() {
            *attained = 0.0;
        }
        let stream = streams.push(Due::new(*attained + bytes as f64, flow.came), id);
        flow.came += 1;
        flow.remaining += bytes as f64;
        let state = &mut self.request(id).state;
        debug_assert!(state.stream.is_none(), "request {id} has two transfers");
        state.stream = Some((number, lane, Some(stream)));
        self.proceed(agenda, number);
    }

    /// Takes a flow from its link, and accounts for what it has sent.
    fn pause(&mut self, agenda: &mut Agenda, number: usize) {
        let link = self.link_of(number);
        let (Some(share), Some(link)) = (self.state.network.flows[number].share.take(), link) else { return };
        let left = self.state.network.links[link].leave(agenda, share, capacity(link));
        self.state.network.forget(link, number);
        let left = left.as_nanos() as f64 * self.plan.links[link].bytes_per_nanosecond();
        let flow = &mut self.state.network.flows[number];
        flow.last = agenda.now();
        flow.progress((flow.chunk - left).max(0.0));
    }

    /// Ends the streams that are complete, and sends what the window allows.
    fn proceed(&mut self, agenda: &mut Agenda, number: usize) {
        let now = agenda.now();
        let link = self.link_of(number);
        let rtt = self.state.network.rtt(self.origin_of_flow(number));
        let rate = link.map_or(f64::INFINITY, |link| self.plan.links[link].bytes_per_nanosecond());
        let most = if rtt.is_zero() { 0.0 } else { rate * rtt.as_nanos() as f64 };
        loop {
            let flow = &mut self.state.network.flows[number];
            debug_assert!(flow.share.is_none(), "flow {number} is on its link");
            let Some(next) = flow.next_end() else {
                // The round trip stays open: what follows within it is of the same window.
                (flow.remaining, flow.last) = (0.0, now);
                if let Some(ack) = flow.ack.take() {
                    agenda.cancel(ack);
                }
                return;
            };
            if next <= TOLERANCE {
                let ended = flow.sent_first().and_then(|lane| {
                    let (due, id) = lane.streams.pop()?;
                    lane.attained = lane.attained.max(due.amount());
                    Some(id)
                });
                if let Some(id) = ended {
                    self.transferred(agenda, id, number);
                }
                continue;
            }
            flow.open_round(now, rtt, most);
            if flow.ack.is_none()
                && flow.allowed < flow.remaining.max(next)
                && let Some(start) = flow.round
            {
                let wait = start + rtt - now;
                flow.ack = Some(agenda.schedule_in(wait, Event::Acknowledged { flow: number }));
            }
            if flow.allowed <= TOLERANCE {
                return;
            }
            let chunk = next.min(flow.allowed);
            let Some(link) = link else {
                flow.progress(chunk);
                continue;
            };
            flow.chunk = chunk;
            let work = Span::from_nanos((chunk / rate).ceil() as u64);
            flow.share = Some(self.state.network.links[link].join(agenda, number, work, capacity(link)));
            self.state.network.flows[number].at = self.state.network.busy[link].len();
            self.state.network.busy[link].push(number);
            return;
        }
    }

    /// The end of a round trip whose window limited the flow.
    pub(super) fn acknowledged(&mut self, agenda: &mut Agenda, number: usize) {
        self.pause(agenda, number);
        let flow = &mut self.state.network.flows[number];
        flow.ack = None;
        flow.close_round();
        flow.last = agenda.now();
        self.proceed(agenda, number);
    }

    /// Flows have sent what they joined a link for.
    pub(super) fn link_served(&mut self, agenda: &mut Agenda, link: usize) {
        while let Some(number) = self.state.network.links[link].done(agenda, capacity(link)) {
            self.state.network.forget(link, number);
            let flow = &mut self.state.network.flows[number];
            (flow.share, flow.last) = (None, agenda.now());
            flow.progress(flow.chunk);
            self.proceed(agenda, number);
        }
    }

    /// The last byte of a request or of a body has left its link.
    fn transferred(&mut self, agenda: &mut Agenda, id: RequestId, flow: usize) {
        let half = self.state.network.half(self.class(id).origin);
        let arrives = agenda.now() + half;
        let request = self.request(id);
        request.state.stream = None;
        if flow % 2 == Direction::Up as usize {
            request.timer = Some(agenda.schedule_in(half, Event::Arrived { request: id }));
        } else {
            self.body_sent(agenda, id, arrives);
        }
    }

    /// It is known when the last byte of a body arrives.
    pub(super) fn body_sent(&mut self, agenda: &mut Agenda, id: RequestId, arrives: Time) {
        let request = self.request(id);
        if request.headers.is_none() {
            request.state.body_arrives = Some(arrives);
        } else {
            self.await_body(agenda, id, arrives);
        }
    }

    /// Schedules the end of a body: when its last byte arrives, and not before the server has produced it.
    pub(super) fn await_body(&mut self, agenda: &mut Agenda, id: RequestId, arrives: Time) {
        let now = agenda.now();
        let request = self.request(id);
        let ends = arrives.max(request.state.body_made.unwrap_or(arrives)).max(now);
        request.timer = Some(agenda.schedule_in(ends - now, Event::BodyEnd { request: id }));
    }

    /// A request has ended: what remains of its transfer is not sent.
    pub(super) fn stop_transfer(&mut self, agenda: &mut Agenda, id: RequestId) {
        let Some((number, lane, stream)) = self.request(id).state.stream.take() else { return };
        let Some(stream) = stream else { return self.stop_sending(id, number, lane) };
        self.pause(agenda, number);
        let flow = &mut self.state.network.flows[number];
        let Lane { streams, attained } = &mut flow.lanes[lane];
        if let Some(due) = streams.key(stream) {
            flow.remaining = (flow.remaining - (due.amount() - *attained)).max(0.0);
        }
        let removed = streams.remove(stream);
        debug_assert!(removed == Some(id), "request {id} has no transfer");
        self.proceed(agenda, number);
    }
}
