//! The network of a script: which parts of it the lab plays, and the bytes that stand for a scenario's.
//!
//! Rule: a scenario with TLS, HTTP/2, a round-trip time, a bandwidth or bytes to send up needs a link. `body_bytes` and
//! `request_bytes` are what a path carries (docs/network.md), so a body is sent shorter, by the headers of TCP and IP in its packets,
//! and by what TLS adds to its records and HTTP/2 to its frames. Real time is scenario time then, because the time-outs of TCP and the handshakes' computations do not scale.

use crate::page_causes::waits_for;
use crate::script::Script;
use crate::unsupported::Unsupported;
use sixslot_models::class::{Class, DeadlineFrom, DeadlineUntil, Event, Kind, Method};
use sixslot_models::network::{Direction, Path};
use sixslot_models::origin::Origin;
use sixslot_models::protocol::{Protocol, Tls};

/// The most bits per second of a link: the carrier keeps up with them on a small machine.
const FASTEST: u64 = 100_000_000;
/// The part of a full packet that is no header of IPv4 and of TCP with timestamps.
const TCP: f64 = 1448.0 / 1500.0;
/// The part of a record that TLS does not add (RFC 8446, section 5.2: header, content type and tag).
const TLS: f64 = 1400.0 / 1422.0;
/// That part of a record that holds a frame of HTTP/2 (RFC 9113, section 4.1: a header of 9 bytes).
const H2: f64 = 1380.0 / 1411.0;

/// Whether bytes take time on a path.
fn is_shaped(path: &Path) -> bool {
    path.rtt.is_some() || path.links.iter().any(Option::is_some)
}

impl Script {
    /// Whether it must run in a session with a link.
    pub fn needs_link(&self) -> bool {
        self.plan.origins().iter().any(|origin| is_shaped(&origin.path) || Self::has_tls(origin))
    }

    /// Whether an origin speaks TLS.
    pub(crate) fn has_tls(origin: &Origin) -> bool {
        origin.tls() != Tls::None
    }

    /// The bytes of the answer that are sent for `body_bytes`. Where bytes take no time, only the end of a body matters that
    /// the page reads.
    pub(crate) fn payload(&self, class: &Class, index: u32) -> u64 {
        let bytes = class.copy(index).body_bytes.unwrap_or(0);
        match is_shaped(&self.plan.origins()[class.origin].path) {
            true => on_path(bytes, &self.plan.origins()[class.origin]),
            false if class.reads_body => 0,
            false => bytes,
        }
    }

    /// The bytes of a request's body that are sent for `request_bytes`.
    pub(crate) fn upload(&self, class: &Class, index: u32) -> u64 {
        let bytes = class.copy(index).request_bytes;
        // Browsers fill their records, which adds less than a hundredth.
        if is_shaped(&self.plan.origins()[class.origin].path) { (bytes as f64 * TCP) as u64 } else { 0 }
    }

    /// Refuses the keys of an origin's network that the lab does not play; the error has the origin's key alone.
    pub(crate) fn check_path(&self, origin: &Origin) -> Result<(), (&'static str, &'static str)> {
        let path = &origin.path;
        let too_fast = |direction| {
            let link = path.link(direction).and_then(|link| self.plan.links().get(link));
            link.is_some_and(|link| link.bits_per_second() > FASTEST)
        };
        let page_has_tls = Self::has_tls(&self.plan.origins()[0]);
        let fast = "the lab's link carries at most 100 Mbit/s; leave it out, or lower it";
        let keys = [
            ("protocol", origin.protocol == Protocol::H3, "the lab's servers speak HTTP/1.1 and HTTP/2; use \"h2\""),
            (
                "tls",
                page_has_tls && !Self::has_tls(origin),
                "a browser loads nothing insecure into a secure page; write \"1.3\"",
            ),
            ("honours_priority", origin.honours_priority, "the lab's server sends all answers together; leave it out"),
            ("connect", origin.connect.is_some(), "the lab cannot set the time to open a connection; leave it out"),
            ("dns", !self.draws.dns(path).is_zero(), "the lab's hosts are addresses; leave it out, or write \"0s\""),
            ("bandwidth_down", too_fast(Direction::Down), fast),
            ("bandwidth_up", too_fast(Direction::Up), fast),
        ];
        keys.into_iter().find(|(_, set, _)| *set).map_or(Ok(()), |(key, _, why)| Err((key, why)))
    }

    /// Refuses what a request or a socket asks of the network and a browser does not do.
    pub(crate) fn check_bytes(&self, class: &Class) -> Result<(), (&'static str, &'static str)> {
        let origin = &self.plan.origins()[class.origin];
        if class.kind == Kind::WebSocket && origin.protocol.multiplexes() {
            return Err((
                "kind",
                "beside HTTP/2 its rules were not measured; give it an origin of its own with \"h1\"",
            ));
        }
        self.check_sent(class)?;
        if !is_shaped(&origin.path) || class.kind != Kind::Fetch {
            return Ok(());
        }
        if class.common.method != Method::Post && class.copies().iter().any(|copy| copy.request_bytes > 0) {
            return Err((
                "request_bytes",
                "a browser decides the bytes of a request without a body; use method = \"POST\"",
            ));
        }
        Ok(())
    }

    /// Refuses what happens when a request has been sent: over a network a page cannot learn when.
    fn check_sent(&self, class: &Class) -> Result<(), (&'static str, &'static str)> {
        let travels = |class: &Class| is_shaped(&self.plan.origins()[class.origin].path);
        let mut others = self.plan.classes().iter().enumerate();
        let waits = others.any(|(number, other)| travels(other) && waits_for(class, number, Event::Sent));
        let why = "with a network, a page cannot learn when a request was sent; use \"issued\" or \"headers\"";
        let keys = [
            ("deadline_from", travels(class) && class.deadline_from == DeadlineFrom::Sent),
            ("deadline_until", travels(class) && class.deadline_until == DeadlineUntil::Sent),
            ("after", waits),
        ];
        keys.into_iter().find(|(_, set)| *set).map_or(Ok(()), |(key, _)| Err((key, why)))
    }

    /// Refuses TLS in a program that is built without it. Such a program can compare what another one measured.
    pub(crate) fn check_build(&self) -> Result<(), Unsupported> {
        let number = self.plan.origins().iter().position(|origin| Self::has_tls(origin) && !cfg!(feature = "tls"));
        let Some(number) = number else { return Ok(()) };
        let origin = &self.plan.origins()[number];
        let key = if origin.protocol.multiplexes() { "protocol" } else { "tls" };
        let why = "this program is built without TLS; build it with `--features tls`";
        Err(Unsupported::new(format!("{}.{key}", self.table(number)), why))
    }

    /// The table of an origin in the scenario.
    pub(crate) fn table(&self, number: usize) -> String {
        if number == 0 { "server".to_owned() } else { format!("origin.{}", self.plan.origins()[number].name) }
    }

    /// Refuses another scale than 1 where a link is needed.
    pub(crate) fn check_scale(&self) -> Result<(), Unsupported> {
        if self.scale != 1.0 && self.needs_link() {
            let why = "with a network, real time is scenario time: TCP's time-outs do not scale; leave it out";
            return Err(Unsupported::new("--scale", why));
        }
        Ok(())
    }
}

/// The bytes that are sent for those that a path carries.
fn on_path(bytes: u64, origin: &Origin) -> u64 {
    let part = match (origin.protocol.multiplexes(), origin.tls()) {
        (true, _) => TCP * H2,
        (false, Tls::None) => TCP,
        (false, _) => TCP * TLS,
    };
    (bytes as f64 * part) as u64
}
