//! TCP's sender on one connection in one direction, as far as it decides when bytes enter the buffer of a link.
//!
//! Rule: at most the congestion window of packets is under way: ten at first (RFC 6928). Each acknowledged packet makes it larger
//! by one, if the window limited what was sent or half of it was used (slow start, RFC 5681; Linux's `tcp_is_cwnd_limited` and
//! `tcp_cwnd_validate`). No packet is lost, so slow start has no end. After an idle time the window is halved for each
//! retransmission time-out in it, to the first one at least (RFC 2861; Linux's `tcp_cwnd_restart`). However small, a packet
//! counts as one. Packets that are sent together are a burst of a tenth of the window at most.
//!
//! Streams write what is ready into the buffer of the socket, a packet each in turns, and those of the highest priority first; what is written is
//! sent in that order. Of what is not sent it holds 32 kB, or a tenth of the window (fitted to the lab's recordings over HTTP/2, of 1.5 to 100 kB;
//! Linux lets a socket's last segment grow up to half of the receiver's first window of 64 kB: `tcp_xmit_size_goal`).

use super::list::{List, RequestId};
use sixslot_sim_core::{Span, Time};
use std::collections::VecDeque;

/// Bytes of a full packet, headers included (Ethernet).
pub(super) const PACKET: u64 = 1500;
/// Packets of the first congestion window.
const INITIAL_WINDOW: u64 = 10;
/// Bursts of a window.
const BURSTS: u64 = 10;
/// Bytes of a socket's buffer that are not sent.
const BUFFER: u64 = 32_000;
/// Turns that fill it.
const TURNS: u64 = 64;
/// The least retransmission time-out beyond the round trip (Linux: `TCP_RTO_MIN`).
const RTO_MIN: Span = Span::from_millis(200);

/// Bytes of a request or of its answer in the buffer of a socket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) id: RequestId,
    pub(super) bytes: u64,
    /// The first of its stream.
    pub(super) begins: bool,
    /// The last of its stream.
    pub(super) ends: bool,
}

/// TCP on one connection in one direction.
#[derive(Debug, Default)]
pub(super) struct Sender {
    /// Streams that have bytes to write, in the order of their turns, by priority.
    pub(super) lanes: Vec<List>,
    /// Streams that have not been sent to their end.
    pub(super) streams: usize,
    /// Whether answers that are ready wait for others.
    pub(super) gathers: bool,
    /// What is written and not sent.
    written: VecDeque<Piece>,
    unsent: u64,
    /// The congestion window in packets; 0 before the first.
    window: u64,
    /// Packets that are not acknowledged, as bursts.
    bursts: VecDeque<u64>,
    under_way: u64,
    /// Packets that were ever sent.
    total: u64,
    /// Whether the window limited what was sent, and the packets under way then, until so many are acknowledged.
    limited: bool,
    most: u64,
    until: u64,
    /// When it last sent.
    last: Time,
}

impl Sender {
    pub(super) fn reset(&mut self) {
        let (mut lanes, mut written) = (std::mem::take(&mut self.lanes), std::mem::take(&mut self.written));
        let mut bursts = std::mem::take(&mut self.bursts);
        lanes.clear();
        written.clear();
        bursts.clear();
        *self = Self { lanes, written, bursts, ..Self::default() };
    }

    /// Whether nothing was sent yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.window == 0
    }

    /// The stream whose turn it is, and its lane.
    pub(super) fn first(&self) -> Option<(usize, RequestId)> {
        self.lanes.iter().enumerate().rev().find_map(|(lane, streams)| Some((lane, streams.first()?)))
    }

    /// The bytes that a stream may write in its turn.
    pub(super) fn turn(&self) -> u64 {
        let limit = BUFFER.max(self.window / BURSTS * PACKET);
        PACKET.max(limit / TURNS).min(limit.saturating_sub(self.unsent))
    }

    pub(super) fn write(&mut self, piece: Piece) {
        self.unsent += piece.bytes;
        self.written.push_back(piece);
    }

    /// The packets that may be sent now; none if nothing is written.
    pub(super) fn room(&mut self, now: Time, rtt: Span) -> u64 {
        self.window = self.window.max(INITIAL_WINDOW);
        if self.under_way == 0 && now > self.last {
            let time_out = rtt + RTO_MIN;
            let mut idle = now - self.last;
            while idle > time_out && self.window > INITIAL_WINDOW {
                self.window = (self.window / 2).max(INITIAL_WINDOW);
                idle = idle - time_out;
            }
        }
        if self.written.is_empty() {
            return 0;
        }
        let room = self.window.saturating_sub(self.under_way);
        if room == 0 {
            self.remember();
        }
        room.min(self.window.div_ceil(BURSTS))
    }

    /// Takes what is written first, at most so many bytes of it.
    pub(super) fn take(&mut self, most: u64) -> Option<Piece> {
        let piece = self.written.front_mut()?;
        let bytes = piece.bytes.min(most);
        if bytes == 0 && piece.bytes > 0 {
            return None;
        }
        let taken = Piece { bytes, ends: piece.ends && bytes == piece.bytes, ..*piece };
        piece.bytes -= bytes;
        piece.begins = false;
        self.unsent -= bytes;
        if piece.bytes == 0 {
            self.written.pop_front();
        }
        Some(taken)
    }

    /// Drops what is written: the connection is closed.
    pub(super) fn close(&mut self) {
        self.written.clear();
        self.unsent = 0;
    }

    /// A burst is under way.
    pub(super) fn sent(&mut self, packets: u64, now: Time) {
        self.window = self.window.max(INITIAL_WINDOW);
        self.bursts.push_back(packets);
        self.under_way += packets;
        self.total += packets;
        self.last = now;
        self.remember();
    }

    /// Remembers whether the window limits what is sent.
    fn remember(&mut self) {
        let limited = self.under_way >= self.window;
        let is_acknowledged = self.total - self.under_way >= self.until;
        if is_acknowledged || limited || !self.limited && self.under_way > self.most {
            (self.limited, self.most, self.until) = (limited, self.under_way, self.total);
        }
    }

    /// The first burst is acknowledged.
    pub(super) fn acknowledged(&mut self) {
        let packets = self.bursts.pop_front().unwrap_or(0);
        self.under_way -= packets;
        if self.limited || self.window < 2 * self.most {
            self.window += packets;
        }
    }
}
