//! The network between the browser and its origins, as a scenario describes it.
//!
//! Rule: an origin has a round-trip time, the round trips that open a connection, and a path with a bandwidth in each
//! direction. `[network]` gives all origins one access link; an origin with a bandwidth has its own path instead. Without
//! these keys a path costs nothing.

use crate::form::{self, Form};
use crate::limits;
use crate::protocol::{Protocol, Tls};
use crate::read::{self, Reader};
use crate::schema;
use crate::source::Fault;
use crate::tree::Node;
use sixslot_sim_core::{Purpose, Span};

/// A bandwidth: 1 bit/s to [`limits::BANDWIDTH`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bandwidth(u64);

impl Bandwidth {
    /// Bits per second.
    pub const fn bits_per_second(self) -> u64 {
        self.0
    }

    /// Bytes per nanosecond.
    pub(crate) fn bytes_per_nanosecond(self) -> f64 {
        self.0 as f64 / 8e9
    }

    /// Reads a number with its unit, such as "10Mbit/s".
    fn read(node: &Node) -> Result<Self, Fault> {
        let bits = read::bandwidth(node)?;
        if !(1.0..=limits::BANDWIDTH as f64).contains(&bits) {
            let message =
                format!("a bandwidth is at least 1 bit/s and at most {} Gbit/s", limits::BANDWIDTH / 1_000_000_000);
            return Err(Fault::new(&node.place, message).help("leave the key out for a path that limits nothing"));
        }
        Ok(Self(bits.round() as u64))
    }
}

/// A direction of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the browser to the server.
    Up,
    /// From the server to the browser.
    Down,
}

/// How transfers share a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkDiscipline {
    /// Connections that have bytes to send share it equally, whatever their windows.
    #[default]
    ProcessorSharing,
    /// It sends packets first in, first out.
    Fifo {
        /// Answers of one connection of HTTP/2 that are ready within this time are written together.
        gathers: Span,
    },
}

impl LinkDiscipline {
    /// The words of the key `discipline`.
    const WORDS: [(&'static str, Self); 2] =
        [("processor-sharing", Self::ProcessorSharing), ("fifo", Self::Fifo { gathers: Span::ZERO })];
}

/// The path to an origin.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Path {
    /// The round-trip time; drawn once per load.
    pub rtt: Option<Form>,
    /// The stream of that time.
    pub(crate) rtt_purpose: Purpose,
    /// Time to resolve the host's name, before the first connection; drawn once per load.
    pub dns: Option<Form>,
    /// The stream of that time.
    pub(crate) dns_purpose: Purpose,
    /// The version of TLS; none: TLS 1.3 where the protocol or a URL requires it, else no TLS.
    pub tls: Option<Tls>,
    /// Added to each answer; it uses no capacity of the server.
    pub response_delay: Option<Form>,
    /// Indices of the links in the plan, up and down; none: no limit.
    pub links: [Option<usize>; 2],
}

impl Path {
    /// The index of the link in a direction, if its bandwidth is limited.
    pub const fn link(&self, direction: Direction) -> Option<usize> {
        self.links[direction as usize]
    }

    /// Whether bytes take time on this path.
    pub(crate) const fn transfers(&self, direction: Direction) -> bool {
        self.rtt.is_some() || self.link(direction).is_some()
    }
}

/// The access link that all origins share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    rtt: Option<Form>,
    links: [Option<usize>; 2],
    /// How transfers share all links of the plan.
    pub(crate) discipline: LinkDiscipline,
}

/// Reads the bandwidths of a table, and appends them to the links of the plan.
fn links(
    reader: &Reader<'_>,
    defaults: [Option<usize>; 2],
    all: &mut Vec<Bandwidth>,
) -> Result<[Option<usize>; 2], Fault> {
    let mut links = defaults;
    for (link, key) in links.iter_mut().zip(["bandwidth_up", "bandwidth_down"]) {
        if let Some(bandwidth) = reader.read(key, Bandwidth::read)? {
            *link = Some(all.len());
            all.push(bandwidth);
        }
    }
    Ok(links)
}

impl Network {
    /// Reads `[network]`.
    pub(crate) fn read(node: Option<&Node>, parameters: &[String], all: &mut Vec<Bandwidth>) -> Result<Self, Fault> {
        let Some(node) = node else { return Ok(Self::default()) };
        let reader = Reader::new(node, &schema::NETWORK)?;
        let words = schema::PROFILE_NAMES.map(|name| (name, name));
        let profile = reader.or("profile", "loopback", read::choice(&words))?;
        let mut network = Self::default();
        if let Some((_, rtt, up, down)) = schema::PROFILES.iter().find(|(name, ..)| *name == profile) {
            network = Self {
                rtt: Some(Form::constant(Span::from_millis(*rtt))),
                links: [Some(all.len()), Some(all.len() + 1)],
                ..Self::default()
            };
            all.extend([Bandwidth(*up), Bandwidth(*down)]);
        }
        network.rtt = reader.read("rtt", |node| form::time(node, parameters))?.or(network.rtt);
        network.links = links(&reader, network.links, all)?;
        network.discipline = reader.or("discipline", network.discipline, read::choice(&LinkDiscipline::WORDS))?;
        Ok(network)
    }

    /// The path to an origin whose table has no key of a path.
    pub(crate) fn path(&self, origin: &str) -> Path {
        Path {
            rtt: self.rtt.clone(),
            rtt_purpose: Purpose::named("network").and(" rtt"),
            dns: None,
            dns_purpose: Purpose::named(origin).and(" dns"),
            tls: None,
            response_delay: None,
            links: self.links,
        }
    }

    /// Reads the keys of a path in `[server]` or `[origin.NAME]`.
    pub(crate) fn read_path(
        &self,
        name: &str,
        reader: &Reader<'_>,
        protocol: Protocol,
        parameters: &[String],
        all: &mut Vec<Bandwidth>,
    ) -> Result<Path, Fault> {
        let time = |node| form::time(node, parameters);
        let mut path = self.path(name);
        if let Some(rtt) = reader.read("rtt", time)? {
            path.rtt = Some(rtt);
            path.rtt_purpose = Purpose::named(name).and(" rtt");
        }
        path.dns = reader.read("dns", time)?;
        path.response_delay = reader.read("response_delay", time)?;
        path.links = links(reader, path.links, all)?;
        let words = [("none", Tls::None), ("1.2", Tls::V12), ("1.3", Tls::V13)];
        path.tls = reader.read("tls", read::choice(&words))?;
        let refused = match (protocol, path.tls) {
            (Protocol::H2, Some(Tls::None)) => Some(("browsers use HTTP/2 only over TLS", "write \"1.2\" or \"1.3\"")),
            (Protocol::H3, Some(Tls::None | Tls::V12)) => {
                Some(("HTTP/3 requires TLS 1.3", "leave out `tls`, or write \"1.3\""))
            }
            _ => None,
        };
        match refused {
            Some((message, help)) => Err(Fault::new(reader.place_of("tls"), message).help(help)),
            None => Ok(path),
        }
    }
}
