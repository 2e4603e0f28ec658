//! The key by which a predicted and a measured request are matched.

use serde::Serialize;
use sixslot_lab::MeasuredRequest;
use std::fmt;

/// Identifies a request of a load on both sides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Identity {
    /// Its name in the scenario.
    pub class: String,
    /// 0-based number of its instance.
    pub index: u32,
    /// 1-based attempt number of this instance.
    pub attempt: u32,
    /// 0-based number of its tab.
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
