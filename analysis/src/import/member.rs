//! A class of the page as its archives show it: its calls, with what was found of them.

use super::cadence::Rhythm;
use super::calls::Group;
use super::starts::{Limit, Start};
use sixslot_har::Deadline;
use sixslot_statistics::fit::Fit;

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
    pub service: Option<Fit>,
    /// Calls that say nothing of it.
    pub silent: usize,
    /// The median and sigma of its noise, where the load's slowness multiplies it.
    pub slow: Option<(f64, f64)>,
    /// The time of its body, where it has one.
    pub body: Option<Fit>,
}
