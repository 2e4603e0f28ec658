//! A network between browser and servers: two network namespaces with a link between them, which carries the kernel's own TCP.
//!
//! Rule: lab/link/carrier.py makes both namespaces and carries their packets, first in, first out, at a rate, half a round trip
//! each way, without loss. TCP is that of RFC 5681 ("reno"): without loss the default of Linux differs in that it may end
//! slow start early (HyStart). A connection knows nothing of earlier ones (`tcp_no_metrics_save`), and what a server
//! has not yet sent stays with the server, which shares it among its streams (`tcp_notsent_lowat`, as web servers set it).
//! Source: Linux, Documentation/networking/ip-sysctl.rst, tuntap.rst; network_namespaces(7).

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Error, Read, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

/// The program that carries the packets.
const CARRIER: &str = include_str!("../link/carrier.py");
/// What it sets in both namespaces.
const SYSCTLS: [&str; 3] =
    ["net.ipv4.tcp_congestion_control=reno", "net.ipv4.tcp_no_metrics_save=1", "net.ipv4.tcp_notsent_lowat=4096"];
/// The servers' addresses are 10.77.0.2 and up: one for each path.
pub(crate) const FIRST_SERVER: u8 = 2;

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// This user or this machine cannot have one.
    #[error(
        "a scenario with a network needs a link between two network namespaces, and {0}; run it as root on Linux, with python3 and iproute2, or leave out the network"
    )]
    Unavailable(String),
    /// It failed.
    #[error("the link between the network namespaces failed: {0}; try again")]
    Failed(String),
}

/// An end of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Where the browser is.
    Client,
    /// Where the servers are.
    Server,
}

/// A link with its two namespaces, which end when it is dropped or this program ends.
#[derive(Debug)]
pub(crate) struct Link {
    carrier: Child,
    orders: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
    client: PathBuf,
    server: PathBuf,
}

impl Link {
    /// Makes the namespaces and the link.
    pub(crate) fn open() -> Result<Self, LinkError> {
        let failed = |error: Error| LinkError::Failed(error.to_string());
        let mut carrier = Command::new("python3")
            .args(["-c", CARRIER])
            .args(SYSCTLS)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| LinkError::Unavailable(format!("python3 does not start ({error})")))?;
        let (Some(input), Some(output)) = (carrier.stdin.take(), carrier.stdout.take()) else {
            return Err(LinkError::Failed("its carrier has no pipes".to_owned()));
        };
        let mut output = BufReader::new(output);
        let mut line = String::new();
        output.read_line(&mut line).map_err(failed)?;
        let mut words = line.split_whitespace();
        if let (Some("ready"), Some(client), Some(server)) = (words.next(), words.next(), words.next()) {
            let (client, server) = (client.into(), server.into());
            return Ok(Self { carrier, orders: Mutex::new(Some((input, output))), client, server });
        }
        let mut said = String::new();
        carrier.stderr.take().map(|mut errors| errors.read_to_string(&mut said));
        carrier.wait().ok();
        let last = said.lines().last().unwrap_or("its carrier ended at once");
        Err(LinkError::Unavailable(format!("it was not made ({last})")))
    }

    /// Sets links and paths, as lab/link/carrier.py describes them.
    pub(crate) fn set(&self, network: &Value) -> Result<(), LinkError> {
        let mut orders = self.orders.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some((input, output)) = orders.as_mut() else { return Ok(()) };
        let mut line = String::new();
        let said = writeln!(input, "{network}").and_then(|()| output.read_line(&mut line));
        match said {
            Ok(_) if line == "ok\n" => Ok(()),
            Ok(_) => Err(LinkError::Failed("its carrier has ended".to_owned())),
            Err(error) => Err(LinkError::Failed(error.to_string())),
        }
    }

    /// Does something in the namespace of an end: sockets and processes that are made there stay there.
    pub(crate) fn at<T: Send>(&self, end: End, act: impl FnOnce() -> T + Send) -> Result<T, LinkError> {
        let path = match end {
            End::Client => &self.client,
            End::Server => &self.server,
        };
        let failed = |why: String| LinkError::Failed(why);
        let place = File::open(path).map_err(|error| failed(error.to_string()))?;
        // A thread of its own: a namespace belongs to a thread, and is its children's.
        let moved = std::thread::scope(|threads| {
            let thread = threads.spawn(|| {
                move_into_link_name_space(place.as_fd(), Some(LinkNameSpaceType::Network))?;
                Ok::<T, rustix::io::Errno>(act())
            });
            thread.join()
        });
        match moved {
            Ok(done) => done.map_err(|error| failed(error.to_string())),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // The carrier ends with its standard input.
        self.orders.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        self.carrier.wait().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::{End, Link, LinkError};
    use serde_json::json;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    /// A link for a test; none where there cannot be one, which is said.
    fn link() -> Option<Link> {
        match Link::open() {
            Ok(link) => Some(link),
            Err(LinkError::Unavailable(why)) => {
                println!("skipped: {why}");
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Milliseconds to connect and to receive so many bytes of TCP's payload.
    fn transfer(link: &Link, bytes: usize) -> (f64, f64) {
        let listener = link.at(End::Server, || TcpListener::bind("10.77.0.2:0").unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_exact(&mut [0]).unwrap();
            stream.write_all(&vec![0; bytes]).unwrap();
        });
        let start = Instant::now();
        let mut stream = link.at(End::Client, || TcpStream::connect(address).unwrap()).unwrap();
        let connected = start.elapsed();
        stream.write_all(&[0]).unwrap();
        stream.read_exact(&mut vec![0; bytes]).unwrap();
        let took = start.elapsed();
        server.join().unwrap();
        (ms(connected), ms(took))
    }

    fn ms(time: Duration) -> f64 {
        time.as_secs_f64() * 1e3
    }

    /// The exact time: one round trip for the handshake and one for the request and the first byte; each window that is sent in
    /// less than a round trip is followed by a pause up to its end; windows are of 10, 20, 40, ... segments, and each packet
    /// has 1448 bytes of 1500. A receiver acknowledges every second packet, so each pause may last one packet longer.
    fn exact(bytes: usize, rtt: f64, kilobits: Option<f64>) -> (f64, f64) {
        let packet = kilobits.map_or(0.0, |kilobits| 1500.0 * 8.0 / kilobits);
        let (mut packets, mut window, mut time, mut late) = (bytes as f64 / 1448.0, 10.0, 2.0 * rtt, packet);
        while packets > window && window * packet < rtt {
            (time, packets, window, late) = (time + rtt, packets - window, 2.0 * window, late + packet);
        }
        let time = time + packets * packet;
        (time, time + late)
    }

    #[test]
    fn a_transfer_takes_its_exact_time() {
        let Some(link) = link() else { return };
        for (rtt, kilobits, bytes) in [
            (40.0, Some(10_000.0), 292_000),
            (150.0, Some(1638.4), 40_000),
            (150.0, Some(1638.4), 300_000),
            (5.0, Some(10_000.0), 1_000_000),
            (100.0, Some(5_000.0), 14_480),
            (20.0, Some(1_000.0), 14_000),
            (60.0, None, 300_000),
        ] {
            let of = kilobits.map(|_| (0, 1));
            let (up, down) = of.unzip();
            link.set(&json!({ "links": [kilobits.unwrap_or(1e6), kilobits.unwrap_or(1e6)], "paths": { "10.77.0.2": [rtt, up, down] } }))
                .unwrap();
            let (soonest, latest) = exact(bytes, rtt, kilobits);
            let mut seen = Vec::new();
            // A busy machine delays: the best of some transfers counts. Alone, each is within 2 %, and within 4 % without a rate.
            let fits = (0..20).any(|_| {
                let (connected, took) = transfer(&link, bytes);
                assert!(connected >= rtt && took >= soonest - 1.0, "{connected} {took} {soonest}");
                seen.push(took);
                connected < rtt + 10.0 && took < latest * 1.03 + 10.0
            });
            assert!(fits, "{rtt} ms, {kilobits:?} kbit/s, {bytes} bytes: {seen:?}, expected {soonest} to {latest}");
            println!(
                "{rtt} ms, {kilobits:?} kbit/s, {bytes} bytes: {:.1} ms, exact {soonest:.1} to {latest:.1}",
                seen.last().unwrap()
            );
        }
    }

    #[test]
    fn paths_share_a_link_or_have_their_own() {
        let Some(link) = link() else { return };
        let rate = |own: bool| {
            let second = if own { 1 } else { 0 };
            let paths = json!({ "10.77.0.2": [10.0, null, 0], "10.77.0.3": [10.0, null, second] });
            link.set(&json!({ "links": [8_000, 8_000], "paths": paths })).unwrap();
            let bytes = 400_000;
            let took = |address: &'static str| {
                let listener = link.at(End::Server, || TcpListener::bind((address, 0)).unwrap()).unwrap();
                let to = listener.local_addr().unwrap();
                std::thread::spawn(move || listener.accept().unwrap().0.write_all(&vec![0; bytes]).unwrap());
                link.at(End::Client, || TcpStream::connect(to).unwrap()).unwrap()
            };
            let start = Instant::now();
            let (mut one, mut other) = (took("10.77.0.2"), took("10.77.0.3"));
            let reader = std::thread::spawn(move || other.read_to_end(&mut Vec::new()).unwrap());
            one.read_to_end(&mut Vec::new()).unwrap();
            reader.join().unwrap();
            ms(start.elapsed())
        };
        // 400 kB take 414 ms on a link of 8 Mbit/s; both together twice that, where they share it.
        let (shared, own) = (rate(false), rate(true));
        assert!((820.0..1000.0).contains(&shared) && (414.0..620.0).contains(&own), "{shared} {own}");
    }

    /// Nothing of a link is left on the machine.
    #[test]
    fn a_link_ends_with_its_owner() {
        let Some(link) = link() else { return };
        let place = link.client.clone();
        assert!(place.exists());
        drop(link);
        assert!(!place.exists());
    }
}
