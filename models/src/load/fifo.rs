//! Links that send first in, first out.
//!
//! Rule: what TCP's senders let go stands in the buffer before a link, which sends it in the order in which it came. So connections
//! take turns with what their windows allow, and the first bytes of requests and answers, handshakes and acknowledgements wait for
//! what stands there (Gettys and Nichols 2011, "Bufferbloat"). A window opens as the link sends: each burst is acknowledged a round
//! trip after its last byte has left (Jacobson 1988), and later by what stands in the other direction.
//!
//! A request's head has bytes, and so has a handshake (measured in Chromium 148 over links of 1 to 20 Mbit/s, docs/network.md). Requests of one
//! connection of HTTP/2 are sent by priority (Chromium: net/spdy/spdy_write_queue.cc) without a share of the processor each, a body behind
//! the heads of the same instant. Firefox sends them in turns, whatever their priority, and a body with its head
//! (`upload_follows_head`; netwerk/protocol/http/Http2Session.cpp, ReadSegmentsAgain). The last byte of a body that the server takes time to make is sent when it is made.
//!
//! A transfer costs about twenty events in each round trip in which its window limits it.

use super::list::{List, RequestId};
use super::sender::{PACKET, Piece, Sender};
use super::{Agenda, Event, Running};
use crate::network::{Direction, LinkDiscipline};
use sixslot_sim_core::{Span, Time};

/// Bytes of a request's head over HTTP/1.1.
const HEAD: u64 = 600;
/// Of the first one on a connection of HTTP/2, with the client's settings and what ends the handshake; of others (RFC 7541).
const HEADS_H2: [u64; 2] = [1000, 145];
/// Packets with these settings and this end, which the window counts.
const OPENING: u64 = 2;

/// The links and senders of a load.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    /// When each link will have sent what stands in its buffer.
    free: Vec<Time>,
    /// Two for each connection: up and down.
    pub(super) senders: Vec<Sender>,
}

impl Buffers {
    pub(super) fn reset(&mut self, links: usize) {
        self.free.clear();
        self.free.resize(links, Time::ZERO);
        self.senders.iter_mut().for_each(Sender::reset);
    }

    /// When a byte that comes now leaves a link.
    pub(super) fn leaves(&self, link: Option<usize>, now: Time) -> Time {
        link.map_or(now, |link| self.free[link].max(now))
    }
}

impl Running<'_> {
    /// Whether the bytes to and from an origin pass its links first in, first out.
    pub(super) fn is_fifo(&self, origin: usize) -> bool {
        let LinkDiscipline::Fifo { .. } = self.plan.link_discipline else { return false };
        let path = &self.plan.origins[origin].path;
        path.transfers(Direction::Up) || path.transfers(Direction::Down)
    }

    /// When so many bytes, put behind those in the buffer of a link, have left it.
    fn pass(&mut self, link: Option<usize>, bytes: u64, now: Time) -> Time {
        let Some(link) = link else { return now };
        let time = bytes as f64 / self.plan.links[link].bytes_per_nanosecond();
        let leaves = self.state.buffers.leaves(Some(link), now) + Span::from_nanos(time.ceil() as u64);
        self.state.buffers.free[link] = leaves;
        leaves
    }

    /// Sends a request, or its answer, behind what its connection sends already.
    pub(super) fn send(&mut self, agenda: &mut Agenda, id: RequestId, direction: Direction, bytes: u64) {
        let number = self.flow_of(id, direction);
        let multiplexes = self.plan.origins[self.class(id).origin].protocol.multiplexes();
        let senders = &mut self.state.buffers.senders;
        if senders.len() <= number {
            senders.resize_with(number + 1, Sender::default);
        }
        let is_fresh = senders[number].is_fresh();
        let (lane, left, later) = match direction {
            Direction::Up if multiplexes => (self.lane_up(id), HEADS_H2[usize::from(!is_fresh)], bytes),
            Direction::Up => (0, bytes.max(HEAD), 0),
            Direction::Down => (self.lane(id), bytes, self.request(id).state.later),
        };
        if is_fresh && multiplexes && direction == Direction::Up {
            self.burst(agenda, number, OPENING);
        }
        let sender = &mut self.state.buffers.senders[number];
        if sender.lanes.len() <= lane {
            sender.lanes.resize_with(lane + 1, List::default);
        }
        sender.streams += 1;
        sender.lanes[lane].push(&mut self.state.links, id);
        let state = &mut self.state.requests[id].state;
        debug_assert!(state.stream.is_none(), "request {id} has two transfers");
        state.stream = Some((number, lane, None));
        (state.left, state.later, state.begun, state.in_lane) = (left, later, false, true);
        if direction == Direction::Up && later > 0 && !self.plan.browser.upload_follows_head {
            agenda.schedule_in(Span::ZERO, Event::Produced { request: id });
        }
        let LinkDiscipline::Fifo { gathers } = self.plan.link_discipline else { return };
        if direction == Direction::Up || !multiplexes || gathers.is_zero() {
            self.fill(agenda, number);
        } else if !std::mem::replace(&mut self.state.buffers.senders[number].gathers, true) {
            agenda.schedule_in(gathers, Event::Gathered { flow: number });
        }
    }

    /// Which of the streams of its connection of HTTP/2 a request is among while it is sent.
    fn lane_up(&self, id: RequestId) -> usize {
        if self.plan.browser.upload_follows_head { 0 } else { self.rank(id) }
    }

    /// The answers that are ready are written.
    pub(super) fn gathered(&mut self, agenda: &mut Agenda, number: usize) {
        self.state.buffers.senders[number].gathers = false;
        self.fill(agenda, number);
    }

    /// What was missing of a stream is ready.
    pub(super) fn produced(&mut self, agenda: &mut Agenda, id: RequestId) {
        let state = &mut self.state.requests[id].state;
        let Some((number, lane, None)) = state.stream else { return };
        state.left += std::mem::take(&mut state.later);
        if !std::mem::replace(&mut state.in_lane, true) {
            self.state.buffers.senders[number].lanes[lane].push(&mut self.state.links, id);
        }
        self.fill(agenda, number);
    }

    /// A burst is acknowledged.
    pub(super) fn burst_acknowledged(&mut self, agenda: &mut Agenda, number: usize) {
        self.state.buffers.senders[number].acknowledged();
        self.fill(agenda, number);
    }

    /// Sends what the window allows.
    fn fill(&mut self, agenda: &mut Agenda, number: usize) {
        let now = agenda.now();
        let rtt = self.state.network.rtt(self.origin_of_flow(number));
        loop {
            self.write(number, now);
            let room = self.state.buffers.senders[number].room(now, rtt);
            if room == 0 {
                return;
            }
            let (most, mut sent) = (room * PACKET, 0);
            while let Some(piece) = self.state.buffers.senders[number].take(most - sent) {
                sent += piece.bytes;
                let leaves = self.pass(self.link_of(number), piece.bytes, now);
                self.has_left(agenda, piece, number, leaves);
            }
            self.burst(agenda, number, sent.div_ceil(PACKET).max(1));
        }
    }

    /// Writes what is ready into the buffer of the socket.
    fn write(&mut self, number: usize, now: Time) {
        let is_up = number % 2 == Direction::Up as usize;
        let follows = is_up && self.plan.browser.upload_follows_head;
        let sender = &mut self.state.buffers.senders[number];
        while let (Some((lane, id)), turn @ 1..) = (sender.first(), sender.turn()) {
            let state = &mut self.state.requests[id].state;
            let bytes = state.left.min(turn);
            state.left -= bytes;
            if follows && state.left == 0 {
                state.left = std::mem::take(&mut state.later);
            }
            let begins = !std::mem::replace(&mut state.begun, true);
            let ends = state.left == 0 && state.later == 0;
            sender.write(Piece { id, bytes, begins, ends });
            if ends && !is_up {
                self.state.pool.connections[number / 2].left = Some(now);
            }
            sender.lanes[lane].remove(&mut self.state.links, id);
            state.in_lane = state.left > 0;
            if state.in_lane {
                sender.lanes[lane].push(&mut self.state.links, id);
            }
        }
    }

    /// A burst of packets has entered the buffer of its link.
    fn burst(&mut self, agenda: &mut Agenda, number: usize, packets: u64) {
        let now = agenda.now();
        self.state.buffers.senders[number].sent(packets, now);
        let leaves = self.state.buffers.leaves(self.link_of(number), now);
        let half = self.state.network.half(self.origin_of_flow(number));
        agenda.schedule_in(leaves + half - now, Event::Delivered { flow: number });
    }

    /// A burst has arrived: its acknowledgement waits for what stands in the buffer of the other direction.
    pub(super) fn delivered(&mut self, agenda: &mut Agenda, number: usize) {
        let origin = self.origin_of_flow(number);
        let link = self.plan.origins[origin].path.links[1 - number % 2];
        let wait = self.state.buffers.leaves(link, agenda.now()) - agenda.now() + self.state.network.half(origin);
        agenda.schedule_in(wait, Event::Acknowledged { flow: number });
    }

    /// It is known when bytes leave their link.
    fn has_left(&mut self, agenda: &mut Agenda, piece: Piece, number: usize, leaves: Time) {
        let Piece { id, begins, ends, .. } = piece;
        let state = &mut self.state.requests[id].state;
        // What an aborted request has written is sent all the same.
        if state.stream.is_none_or(|(flow, ..)| flow != number) {
            return;
        }
        if ends {
            state.stream = None;
            self.state.buffers.senders[number].streams -= 1;
        }
        let arrives = leaves + self.state.network.half(self.origin_of_flow(number));
        let wait = arrives - agenda.now();
        if number % 2 == Direction::Up as usize {
            let request = self.request(id);
            request.reaches = request.reaches.or(Some(arrives));
            if ends {
                request.timer = Some(agenda.schedule_in(wait, Event::Arrived { request: id }));
            }
            return;
        }
        if begins {
            self.request(id).timer = Some(agenda.schedule_in(wait, Event::Headers { request: id }));
        }
        if ends && self.state.requests[id].state.transfers {
            self.body_sent(agenda, id, arrives);
        }
    }

    /// A request has ended: what it has not written is not sent.
    pub(super) fn stop_sending(&mut self, id: RequestId, number: usize, lane: usize) {
        let multiplexes = self.plan.origins[self.class(id).origin].protocol.multiplexes();
        let sender = &mut self.state.buffers.senders[number];
        sender.streams -= 1;
        if self.state.requests[id].state.in_lane {
            sender.lanes[lane].remove(&mut self.state.links, id);
        }
        if !multiplexes {
            sender.close();
        }
    }

    /// A flight of a handshake enters the buffer of its link: those of an even number go up. After the last one the connection is open.
    pub(super) fn handshake(&mut self, agenda: &mut Agenda, connection: usize, flight: u64) {
        let origin = self.origin_of_flow(2 * connection);
        let rules = &self.plan.origins[origin];
        let tls = rules.tls();
        if flight == 2 {
            self.reached(connection);
        }
        if flight == 2 * tls.round_trips(rules.protocol) {
            return self.connected(agenda, connection);
        }
        let link = rules.path.links[(flight % 2) as usize];
        let now = agenda.now();
        let wait = self.pass(link, tls.bytes(rules.protocol, flight), now) - now + self.state.network.half(origin);
        let connect = &mut self.state.pool.connections[connection].connect;
        *connect = *connect + wait;
        agenda.schedule_in(wait, Event::Handshake { connection, flight: flight + 1 });
    }
}
