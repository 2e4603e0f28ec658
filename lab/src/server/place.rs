//! Where a session's browser and servers are: both on loopback, or at the two ends of a link.
//!
//! Rule: over a link, each path of a scenario is an address, and the pages' own traffic stays on the loopback of the browser's
//! namespace. Each load has new ports: of each address, [`PORTS`] are used in turn, so that a browser can be told beforehand
//! for which it accepts the session's certificate.

use super::address::Address;
#[cfg(feature = "tls")]
use super::tls::Credential;
use crate::link::{End, FIRST_SERVER, Link, LinkError};
use crate::script::Script;
use serde_json::{Value, json};
use sixslot_models::network::Direction;
use std::io::Error;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU16, Ordering};
use tokio::net::TcpSocket;

/// The ports of the servers at the far end of a link.
const PORTS: RangeInclusive<u16> = 20_000..=20_399;

/// Where a session's browser and servers are.
#[derive(Debug, Default)]
pub(crate) struct Place {
    link: Option<Link>,
    #[cfg(feature = "tls")]
    credential: Option<Credential>,
    /// How many ports have been used.
    ports: AtomicU16,
}

impl Place {
    /// The ends of a new link.
    pub(crate) fn link() -> Result<Self, LinkError> {
        Ok(Self {
            link: Some(Link::open()?),
            #[cfg(feature = "tls")]
            credential: Some(Credential::new(&Self::hosts()).map_err(LinkError::Failed)?),
            ports: AtomicU16::new(0),
        })
    }

    /// Whether there is a link.
    pub(crate) fn has_link(&self) -> bool {
        self.link.is_some()
    }

    /// What the servers identify themselves with.
    #[cfg(feature = "tls")]
    pub(crate) fn credential(&self) -> Option<&Credential> {
        self.credential.as_ref()
    }

    /// The hosts and the ports at which a browser may be asked to accept the session's certificate.
    #[cfg(feature = "tls")]
    pub(crate) fn secured() -> impl Iterator<Item = SocketAddr> {
        Self::hosts().into_iter().flat_map(|host| PORTS.map(move |port| SocketAddr::from((host, port))))
    }

    #[cfg(feature = "tls")]
    fn hosts() -> Vec<Ipv4Addr> {
        (0..crate::script::ORIGINS).map(host).collect()
    }

    /// Does something where the browser is.
    pub(crate) fn at_browser<T: Send>(&self, act: impl FnOnce() -> T + Send) -> Result<T, LinkError> {
        match &self.link {
            Some(link) => link.at(End::Client, act),
            None => Ok(act()),
        }
    }

    /// A port for the lab's own traffic with its pages.
    pub(crate) fn listen_for_pages(&self) -> Result<TcpListener, Error> {
        self.at_browser(|| listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))).map_err(Error::other)?
    }

    /// Sets the network of a load, and opens its origins' ports.
    pub(crate) fn open(&self, script: &Script) -> Result<Vec<Door>, Error> {
        let refuses = |origin: usize| {
            script.plan.classes().iter().any(|class| class.origin == origin && class.answer.refused.is_some())
        };
        let Some(link) = &self.link else {
            let one = |number| Door::open(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), false, refuses(number));
            return (0..script.plan.origins().len()).map(one).collect();
        };
        let (paths, network) = network(script);
        link.set(&network).map_err(Error::other)?;
        let one = |(origin, (path, is_secure)): (usize, (usize, bool))| {
            let number = self.ports.fetch_add(1, Ordering::Relaxed) % (PORTS.end() - PORTS.start() + 1);
            let socket = SocketAddr::from((host(path), PORTS.start() + number));
            Door::open(socket, is_secure, refuses(origin))
        };
        let secured = script.plan.origins().iter().map(Script::has_tls);
        let origins: Vec<(usize, bool)> = paths.into_iter().zip(secured).collect();
        link.at(End::Server, || origins.into_iter().enumerate().map(one).collect()).map_err(Error::other)?
    }
}

/// An origin's ports.
pub(crate) struct Door {
    pub(crate) listener: TcpListener,
    pub(crate) address: Address,
    /// Keeps the port at which nobody listens.
    pub(crate) refuses: Option<TcpSocket>,
}

impl Door {
    fn open(socket: SocketAddr, is_secure: bool, refuses: bool) -> Result<Self, Error> {
        let listener = listen(socket)?;
        let socket = listener.local_addr()?;
        let refuses = refuses.then(|| bind(socket)).transpose()?;
        let port = refuses.as_ref().map(TcpSocket::local_addr).transpose()?.map(|closed| closed.port());
        Ok(Self { listener, address: Address { socket, is_secure, refuses: port }, refuses })
    }
}

/// A port of the same host at which nobody listens: connections to it are refused.
fn bind(beside: SocketAddr) -> Result<TcpSocket, Error> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(beside.ip(), 0))?;
    Ok(socket)
}

/// The address of a path.
fn host(path: usize) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, 0, FIRST_SERVER.saturating_add(u8::try_from(path).unwrap_or(u8::MAX)))
}

/// A listening port for tokio.
fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// The path of each origin, and the network as lab/link/carrier.py describes it.
fn network(script: &Script) -> (Vec<usize>, Value) {
    let mut known = Vec::new();
    let mut numbers = Vec::new();
    for origin in script.plan.origins() {
        let path = &origin.path;
        let rtt = script.real_ms(script.draws.rtt(path));
        let path = (rtt, path.link(Direction::Up), path.link(Direction::Down));
        numbers.push(known.iter().position(|other| *other == path).unwrap_or(known.len()));
        if numbers.last() == Some(&known.len()) {
            known.push(path);
        }
    }
    let paths = known.iter().enumerate().map(|(number, path)| (host(number).to_string(), json!(path)));
    let links = script.plan.links().iter().map(|link| link.bits_per_second() as f64 / 1e3);
    (numbers, json!({ "links": links.collect::<Vec<_>>(), "paths": paths.collect::<serde_json::Map<_, _>>() }))
}
