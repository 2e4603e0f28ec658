//! How a call can fail, beside its deadline: an HTTP status, a refused or a reset connection, a refused handshake.
//!
//! Rule: a 5xx is an answer, and its connection lives; a refused connection is an error at once and holds no slot (measured in
//! Chromium). fetch() resolves on every status; most libraries throw from 400 on, so that is the default of `fails_on`. A
//! status is drawn by one uniform number, the failures from its upper end, so that a smaller share fails a subset of the calls.

use crate::class::Kind;
use crate::form::{self, Linear};
use crate::limits;
use crate::origin::Origin;
use crate::read::{self, Reader, expected};
use crate::source::Fault;
use crate::tree::Node;
use sixslot_sim_core::Span;

/// The status of a server that refuses a request, or a handshake.
pub const UNAVAILABLE: u16 = 503;
/// The status of a client that calls too often.
const TOO_MANY: u16 = 429;
/// The status of most answers.
const OK: u16 = 200;

/// How a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Failure {
    /// Its deadline.
    Timeout,
    /// Its connection was refused.
    Refused,
    /// Its connection was reset in the middle of the answer.
    Reset,
    /// The navigation from its page ended it as it started.
    Navigation,
    /// The HTTP status of its answer.
    Status(u16),
}

impl Failure {
    /// Chromium's name of a network error; none for a deadline, a navigation and an answer.
    pub const fn net_error(self) -> Option<&'static str> {
        match self {
            Self::Refused => Some("net::ERR_CONNECTION_REFUSED"),
            Self::Reset => Some("net::ERR_CONNECTION_RESET"),
            Self::Timeout | Self::Navigation | Self::Status(_) => None,
        }
    }
}

/// Some of the ways in which a call fails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    timeout: bool,
    network: bool,
    /// The lowest and the highest status of each range.
    statuses: Vec<(u16, u16)>,
}

impl Failures {
    /// The statuses from 400 on.
    fn errors() -> Self {
        Self { statuses: vec![(400, 599)], ..Self::default() }
    }

    /// Whether a failure is one of these.
    pub fn contain(&self, failure: Failure) -> bool {
        match failure {
            Failure::Timeout => self.timeout,
            Failure::Refused | Failure::Reset | Failure::Navigation => self.network,
            Failure::Status(status) => self.contain_status(status),
        }
    }

    fn contain_status(&self, status: u16) -> bool {
        self.statuses.iter().any(|(low, high)| (*low..=*high).contains(&status))
    }

    /// Reads a list of statuses such as "503" and "5xx", and where `all` is true of "network" and "timeout".
    pub(super) fn read(node: &Node, all: bool) -> Result<Self, Fault> {
        let mut failures = Self::default();
        for item in read::list(limits::STATUSES)(node)? {
            match read::text(item)? {
                "network" if all => failures.network = true,
                "timeout" if all => failures.timeout = true,
                word => failures.statuses.push(range(word, item, all)?),
            }
        }
        Ok(failures)
    }
}

/// The statuses of "503" or "5xx".
fn range(word: &str, node: &Node, all: bool) -> Result<(u16, u16), Fault> {
    let class =
        word.strip_suffix("xx").and_then(|digit| digit.parse::<u16>().ok()).filter(|digit| (2..=5).contains(digit));
    if let Some(digit) = class {
        return Ok((100 * digit, 100 * digit + 99));
    }
    let status = word.parse().ok().filter(|status| (200..600).contains(status));
    status.map(|status| (status, status)).ok_or_else(|| {
        let others = if all { ", \"network\" or \"timeout\"" } else { "" };
        Fault::new(&node.place, format!("`{word}` is no status"))
            .help(format!("write one such as \"503\" or \"5xx\"{others}"))
    })
}

/// How the calls of a class end.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// The statuses other than 200, ascending, each with its share.
    pub statuses: Vec<(u16, Linear)>,
    /// The statuses with which a call fails.
    pub fails_on: Failures,
    /// Probability that the connection is refused.
    pub refused: Option<Linear>,
    /// Probability that the connection is reset in the middle of the answer.
    pub reset: Option<Linear>,
    /// Probability that the server refuses the handshake of a socket.
    pub handshake_fails: Option<Linear>,
    /// Retry-After of answers with 429 and 503.
    pub retry_after: Option<Span>,
    /// The failures that can happen, beside the deadline.
    pub failures: Vec<Failure>,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            statuses: Vec::new(),
            fails_on: Failures::errors(),
            refused: None,
            reset: None,
            handshake_fails: None,
            retry_after: None,
            failures: Vec::new(),
        }
    }
}

impl Answer {
    /// Whether an answer needs a draw.
    pub(crate) fn is_drawn(&self) -> bool {
        !self.statuses.is_empty() || self.reset.is_some() || self.handshake_fails.is_some()
    }

    /// Whether a call with this status fails.
    pub fn fails(&self, status: u16) -> bool {
        status != OK && self.fails_on.contain_status(status)
    }

    /// Retry-After of an answer with this status.
    pub fn retry_after(&self, status: u16) -> Option<Span> {
        self.retry_after.filter(|_| [TOO_MANY, UNAVAILABLE].contains(&status))
    }

    /// The shares, each with the key that it stands for.
    pub(crate) fn shares(&self) -> impl Iterator<Item = (&Linear, &'static str)> {
        let others = [(&self.refused, "refused"), (&self.reset, "reset"), (&self.handshake_fails, "handshake_fails")];
        let others = others.into_iter().filter_map(|(share, key)| Some((share.as_ref()?, key)));
        self.statuses.iter().map(|(_, share)| (share, "status")).chain(others)
    }

    /// Reads the keys of a request.
    pub(super) fn of_request(reader: &Reader<'_>, parameters: &[String]) -> Result<Self, Fault> {
        let share = |node: &Node| form::share(node, parameters);
        let mut answer = Self {
            statuses: reader.read("status", |node| statuses(node, parameters))?.unwrap_or_default(),
            refused: reader.read("refused", share)?,
            reset: reader.read("reset", share)?,
            retry_after: reader.read("retry_after", read::span)?,
            ..Self::default()
        };
        answer.fails_on = reader.or("fails_on", answer.fails_on, |node| Failures::read(node, false))?;
        Ok(answer)
    }

    /// Reads the keys of a socket.
    pub(super) fn of_socket(reader: &Reader<'_>, parameters: &[String]) -> Result<Self, Fault> {
        let share = |node: &Node| form::share(node, parameters);
        let (refused, handshake_fails) = (reader.read("refused", share)?, reader.read("handshake_fails", share)?);
        Ok(Self { refused, handshake_fails, ..Self::default() })
    }

    /// Finds the failures that can happen to a class of this kind at its server.
    pub(crate) fn find_failures(&mut self, kind: Kind, origin: &Origin) {
        let network = [(&self.refused, Failure::Refused), (&self.reset, Failure::Reset)];
        let network = network.into_iter().filter(|(share, _)| share.is_some()).map(|(_, failure)| failure);
        let limited = origin.queue.is_some() && kind != Kind::Background || self.handshake_fails.is_some();
        let statuses = self.statuses.iter().map(|(status, _)| *status).chain(limited.then_some(UNAVAILABLE));
        let failing = statuses.filter(|status| kind.is_socket() || self.fails(*status));
        self.failures = network.chain(failing.map(Failure::Status)).collect();
    }
}

/// A sum of shares as their author would write it.
fn rounded(sum: f64) -> f64 {
    (1e9 * sum).round() / 1e9
}

/// Reads `status`: shares by status; what is left is 200.
fn statuses(node: &Node, parameters: &[String]) -> Result<Vec<(u16, Linear)>, Fault> {
    let table = node.table().ok_or_else(|| expected("a table such as { 503 = 0.1 }", node))?;
    if let Some(entry) = table.entries.get(limits::STATUSES) {
        return Err(Fault::new(&entry.key_place, format!("the limit is {} statuses", limits::STATUSES)));
    }
    let (mut statuses, mut sum, mut says_ok) = (Vec::new(), 0.0, false);
    for entry in &table.entries {
        let status = entry.key.parse().ok().filter(|status| (200..600).contains(status) && entry.key.len() == 3);
        let status = status.ok_or_else(|| {
            Fault::new(&entry.key_place, format!("`{}` is no status of an answer", entry.key.escape_debug()))
                .help("write a number from 200 to 599")
        })?;
        let share = form::share(&entry.node, parameters)?;
        sum += if share.bare_parameter().is_some() { 0.0 } else { share.value(&[]) };
        if sum > 1.0 + 1e-9 {
            return Err(Fault::new(&entry.node.place, format!("the shares add up to {}, more than 1", rounded(sum))));
        }
        says_ok |= status == OK && share.bare_parameter().is_none();
        if status != OK {
            statuses.push((status, share));
        }
    }
    let is_fixed = statuses.iter().all(|(_, share)| share.bare_parameter().is_none());
    if says_ok && is_fixed && sum < 1.0 - 1e-9 {
        return Err(Fault::new(&node.place, format!("the shares add up to {}, not to 1", rounded(sum)))
            .help("leave out 200: it has what the others leave"));
    }
    statuses.sort_by_key(|(status, _)| *status);
    Ok(statuses)
}
