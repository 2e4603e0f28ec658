//! Which request: the key by which a predicted and a measured request are matched.

use serde::Serialize;
use sixslot_lab::MeasuredRequest;
use std::fmt;

/// What makes a request the same one on both sides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Identity {
    /// Its class.
    pub class: String,
    /// Its copy, from 0.
    pub index: u32,
    /// The call of its copy, from 1.
    pub attempt: u32,
    /// Its tab, from 0.
    pub tab: u32,
}

impl Identity {
    /// The identity of a request.
    pub fn of(request: &MeasuredRequest) -> Self {
        let MeasuredRequest { class, index, attempt, tab, .. } = request;
        Self { class: class.clone(), index: *index, attempt: *attempt, tab: *tab }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.class, self.index)?;
        if self.tab > 0 {
            write!(f, " tab {}", self.tab + 1)?;
        }
        if self.attempt > 1 {
            write!(f, " #{}", self.attempt)?;
        }
        Ok(())
    }
}
