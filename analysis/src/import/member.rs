//! A class of the page as its archives show it: its calls, with what was found of them.

use super::cadence::Rhythm;
use super::calls::{Group, Kind};
use super::service::Timed;
use super::starts::{Limit, Start};
use sixslot_har::Deadline;

/// A class of the page.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// Its calls.
    pub group: Group<'a>,
    /// How they follow each other.
    pub rhythm: Rhythm,
    /// When they begin; `None` of a random stream.
    pub start: Option<Start>,
    /// A framework's limit.
    pub limit: Option<Limit>,
    /// The deadline that breaks them off.
    pub deadline: Option<Deadline>,
    /// GETs of its URL were at the server at once.
    pub unlocked: bool,
    /// The time at the server.
    pub service: Option<Timed>,
    /// That of the later calls of each instance, where it differs from the first call's.
    pub later_service: Option<Timed>,
    /// That time is work, which the server's requests share.
    pub is_work: bool,
    /// Calls that say nothing of it.
    pub silent: usize,
    /// The time of its body, where it has one.
    pub body: Option<Timed>,
}

impl Member<'_> {
    /// The key of its time at the server.
    #[must_use]
    pub fn time_key(&self) -> &'static str {
        match self.group.kind {
            Kind::Fetch if self.is_work => "work",
            Kind::Fetch => "service",
            Kind::WebSocket | Kind::EventSource => "handshake",
        }
    }
}

/// A prefetch: the page does not wait for it.
pub(super) fn is_prefetch(member: &Member<'_>) -> bool {
    let low = member
        .group
        .most(|call| call.entry.priority.clone())
        .is_some_and(|word| matches!(word.as_str(), "Low" | "VeryLow"));
    let word = member.group.resource_type.as_str();
    member.group.pattern.contains("_rsc=") || word == "prefetch" || low && matches!(word, "fetch" | "xhr" | "other")
}
