//! The figures of the results in a small file for programs, which only get better.
//!
//! Rule: every error of the page has its figure, and a smaller one is better. Results with a worse figure than those in
//! the folder, with fewer loads, or without one of its rows, are not written in their place: a change of the model that
//! makes a prediction worse shows before it lands. Who accepts it deletes the file. The browser against itself is no
//! prediction and may change. Figures are rounded: times to 0.1 ms, shares to 0.01 %.

use super::entry::Entry;
use super::summary::{Agreement, Summary};
use super::waits::Waits;
use super::worse::Worse;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The file's name.
pub const NAME: &str = "figures.json";

/// The figures of one prediction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    loads: u64,
    requests: u64,
    /// Requests that had to queue.
    queued: u64,
    /// What is not zero because of an error, by its name.
    errors: BTreeMap<String, f64>,
}

/// All figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// By browser, what was run, and the costs of the prediction.
    predictions: BTreeMap<String, Row>,
    /// The browser against itself.
    itself: BTreeMap<String, Row>,
}

fn rounded(value: f64, digits: f64) -> f64 {
    (value * digits).round() / digits
}

impl Row {
    fn of(summary: &Summary) -> Self {
        let Summary { verdicts, outcomes, waits, waits_without_noise, .. } = summary;
        let mut errors = BTreeMap::new();
        for (what, agreement) in [("verdicts", verdicts), ("outcomes", outcomes)] {
            agreement_errors(&mut errors, what, agreement);
        }
        wait_errors(&mut errors, "waits", waits);
        wait_errors(&mut errors, "waits_without_noise", waits_without_noise);
        if let Some(arrivals) = summary.absolute_ms {
            errors.insert("arrivals_p50_ms".to_owned(), rounded(arrivals.p50, 10.0));
            errors.insert("arrivals_p90_ms".to_owned(), rounded(arrivals.p90, 10.0));
        }
        Self { loads: verdicts.all_of(), requests: outcomes.all_of(), queued: waits.count, errors }
    }
}

fn agreement_errors(errors: &mut BTreeMap<String, f64>, what: &str, agreement: &Agreement) {
    let mut add = |name: &str, count: u64, of: u64| {
        errors.insert(format!("{what}_{name}"), rounded(count as f64 / of.max(1) as f64, 1e4));
    };
    add("wrong", agreement.disagreements(), agreement.of);
    add("wrong_with_noise", agreement.all_disagreements(), agreement.all_of());
    add("excused", agreement.hanging_of, agreement.all_of());
}

fn wait_errors(errors: &mut BTreeMap<String, f64>, what: &str, waits: &Waits) {
    for (unit, digits, spread) in [("ms", 10.0, waits.ms), ("relative", 1e4, waits.relative)] {
        let Some(spread) = spread else { continue };
        for (name, value) in [("p50", spread.p50), ("p90", spread.p90), ("p95", spread.p95)] {
            errors.insert(format!("{what}_{name}_{unit}"), rounded(value, digits));
        }
    }
}

impl Figures {
    /// The figures of recordings.
    pub(crate) fn of(entries: &[Entry<'_>]) -> Self {
        let mut figures = Self { predictions: BTreeMap::new(), itself: BTreeMap::new() };
        for entry in entries {
            for (costs, summary) in entry.predictions() {
                figures.predictions.insert(format!("{}, {costs}", entry.name()), Row::of(summary));
            }
            if let Some(summary) = &entry.report.itself {
                figures.itself.insert(entry.name(), Row::of(summary));
            }
        }
        figures
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self);
        text.map(|text| text + "\n").unwrap_or_default()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// It was not written by [`Figures::to_json`].
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Whether none of the new figures is worse than these.
    ///
    /// # Errors
    /// What is worse.
    pub fn accept(&self, new: &Self) -> Result<(), Worse> {
        let mut faults = Vec::new();
        for (name, old) in &self.predictions {
            let Some(new) = new.predictions.get(name) else {
                faults.push(format!("{name}: the row is missing"));
                continue;
            };
            if new.loads < old.loads {
                faults.push(format!("{name}: {} loads instead of {}", new.loads, old.loads));
            }
            for (error, old) in &old.errors {
                match new.errors.get(error) {
                    None => faults.push(format!("{name}: {error} is missing")),
                    Some(new) if new > old => faults.push(format!("{name}: {error} rose from {old} to {new}")),
                    Some(_) => {}
                }
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(Worse { faults }) }
    }
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, Figures, Row};

    fn figures(name: &str, loads: u64, p90: f64) -> Figures {
        let row = Row { loads, requests: 9, queued: 9, errors: [("waits_p90_ms".to_owned(), p90)].into() };
        Figures { predictions: [(name.to_owned(), row)].into(), itself: BTreeMap::new() }
    }

    #[test]
    fn only_better_figures_are_accepted() {
        let old = figures("a", 100, 20.5);
        let fault = |new: &Figures| old.accept(new).err().map(|worse| worse.to_string()).unwrap_or_default();
        for better in [figures("a", 100, 20.5), figures("a", 120, 3.0)] {
            assert_eq!(fault(&better), "");
        }
        assert!(fault(&figures("a", 100, 20.6)).contains("waits_p90_ms rose from 20.5 to 20.6"));
        assert!(fault(&figures("a", 99, 20.5)).contains("99 loads instead of 100"));
        assert!(fault(&figures("b", 100, 1.0)).contains("a: the row is missing"));
    }

    #[test]
    fn the_file_comes_back_as_it_was() -> Result<(), serde_json::Error> {
        let one = figures("a", 100, 20.5);
        assert_eq!(Figures::read(&one.to_json())?, one);
        assert!(Figures::read("{}").is_err());
        Ok(())
    }
}
