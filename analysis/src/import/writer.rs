//! What the tables of a draft are written from, and what they add to it.

use super::calls::Load;
use super::evidence::Fitted;
use super::graph::Graph;
use super::page::Page;
use super::service::Timed;
use super::text::Table;
use sixslot_models::evidence::FittedAs;
use sixslot_statistics::censored::Observation;
use std::collections::BTreeMap;

/// A draft under way.
pub(super) struct Writer<'p> {
    pub page: &'p Page<'p>,
    pub graph: &'p Graph,
    pub loads: &'p [Load],
    /// The name of each other origin that a class has.
    pub origins: BTreeMap<String, String>,
    /// Parameters that the tables use.
    pub parameters: Table,
    /// The numbers that were fitted.
    pub fitted: Vec<Fitted>,
}

impl Writer<'_> {
    /// Notes that a distribution was fitted.
    pub fn note_times(&mut self, key: String, times: &Timed, value: &str) {
        self.note(key, FittedAs::Distribution, times.by_load(), value);
    }

    /// Notes that delays were fitted.
    pub fn note_delays(&mut self, key: String, fitted_as: FittedAs, delays: &[(usize, f64)], value: &str) {
        let sample = delays.iter().map(|(load, ms)| (*load, Observation::Exact(*ms))).collect();
        self.note(key, fitted_as, sample, value);
    }

    fn note(&mut self, key: String, fitted_as: FittedAs, sample: Vec<(usize, Observation)>, value: &str) {
        // One load cannot be drawn again.
        if self.loads.len() > 1 {
            self.fitted.push(Fitted { key, fitted_as, of: Vec::new(), sample, value: value.to_owned() });
        }
    }
}
