//! Fitted numbers: each with its sample, and the value that follows from it.
//!
//! Rule: a number of a draft, and the same number when loads are drawn again, come from the same functions of the sample, the
//! choice of the distribution's family included.

use super::laws::{delays, law};
use super::shared::noise_shared;
use super::text::{Known, Table, number};
use sixslot_models::evidence::{Evidence, FittedAs, Recorded, fingerprint, scenario_fingerprint};
use sixslot_models::limits;
use sixslot_models::reading::quoted;
use sixslot_statistics::censored::Observation;
use sixslot_statistics::fit::{Fit, fit};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A fitted number.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// Where it stands in the scenario.
    pub key: String,
    /// How it follows from the sample.
    pub fitted_as: FittedAs,
    /// Keys of the numbers with the samples of a dependence.
    pub of: Vec<String>,
    /// Its sample, each time with its load.
    pub sample: Vec<(usize, Observation)>,
    /// Its value as TOML.
    pub value: String,
}

/// The value that a sample gives, as TOML; `None` where it says nothing.
#[must_use]
pub fn value(fitted_as: FittedAs, sample: &[Observation]) -> Option<String> {
    let seen = || delays(&sample.iter().map(|time| time.middle()).collect::<Vec<_>>());
    match fitted_as {
        FittedAs::Distribution => fit(sample).as_ref().map(law),
        FittedAs::Delay => (!sample.is_empty()).then(|| seen().time()),
        FittedAs::DelayParameter => (!sample.is_empty()).then(|| seen().parameter()),
        FittedAs::NoiseShared => None,
    }
}

/// A share as a draft writes it.
#[must_use]
pub fn share(share: f64) -> String {
    number(share, 3)
}

/// Loads drawn again: which recorded load each of them is.
#[derive(Clone, Debug)]
pub struct Redrawn<'a> {
    /// The recorded load of each.
    pub loads: &'a [usize],
}

impl Redrawn<'_> {
    /// The values of all fitted numbers for these loads: (index in [`Evidence::numbers`], value as TOML).
    #[must_use]
    pub fn values(&self, evidence: &Evidence) -> Vec<(usize, String)> {
        let mut values = Vec::with_capacity(evidence.numbers.len());
        let mut fits: BTreeMap<usize, (Fit, Vec<(usize, Observation)>)> = BTreeMap::new();
        for (at, one) in evidence.numbers.iter().enumerate() {
            if one.fitted_as == FittedAs::NoiseShared {
                let classes = one.of.iter().filter_map(|of| fits.get(of)).map(|(fit, sample)| (fit, sample.clone()));
                let found = noise_shared(&classes.collect::<Vec<_>>(), self.loads.len());
                values.push((at, share(found.map_or(0.0, |found| found.share))));
                continue;
            }
            let sample: Vec<(usize, Observation)> = self
                .loads
                .iter()
                .enumerate()
                .flat_map(|(load, recorded)| one.loads[*recorded].iter().map(move |time| (load, observation(*time))))
                .collect();
            let plain: Vec<Observation> = sample.iter().map(|(_, time)| *time).collect();
            if one.fitted_as == FittedAs::Distribution {
                let Some(fit) = fit(&plain) else { continue };
                values.push((at, law(&fit)));
                fits.insert(at, (fit, sample));
            } else {
                values.extend(value(one.fitted_as, &plain).map(|value| (at, value)));
            }
        }
        values
    }
}

const fn observation(time: Recorded) -> Observation {
    match time {
        Recorded::Exact(ms) => Observation::Exact(ms),
        Recorded::AtLeast(ms) => Observation::AtLeast(ms),
        Recorded::Between(low, high) => Observation::Between(low, high),
    }
}

/// A sample of one load as text.
fn sample(times: impl Iterator<Item = Observation>) -> String {
    let mut text = String::new();
    for time in times {
        let space = if text.is_empty() { "" } else { " " };
        let _ = match time {
            Observation::Exact(ms) => write!(text, "{space}{}", number(ms, 6)),
            Observation::AtLeast(ms) => write!(text, "{space}>{}", number(ms, 6)),
            Observation::Between(low, high) => write!(text, "{space}{}..{}", number(low, 6), number(high, 6)),
        };
    }
    text
}

/// One fitted number as an entry of `numbers`.
fn entry(one: &Fitted, loads: usize) -> String {
    let mut keys = vec![format!("key = {}", quoted(&one.key))];
    if one.fitted_as != FittedAs::Distribution {
        keys.push(format!("fitted_as = {}", quoted(one.fitted_as.word())));
    }
    keys.push(format!("fingerprint = {}", quoted(&fingerprint(&one.value))));
    if !one.of.is_empty() {
        keys.push(format!("of = [{}]", one.of.iter().map(|key| quoted(key)).collect::<Vec<_>>().join(", ")));
    }
    if one.fitted_as != FittedAs::NoiseShared {
        let counts = |time: &Observation| one.fitted_as != FittedAs::Distribution || time.is_usable();
        let mut by_load = vec![Vec::new(); loads];
        one.sample.iter().filter(|(_, time)| counts(time)).for_each(|(load, time)| by_load[*load].push(*time));
        let texts = by_load.into_iter().map(|times| quoted(&sample(times.into_iter())));
        keys.push(format!("loads = [{}]", texts.collect::<Vec<_>>().join(", ")));
    }
    format!("  {{ {} }},\n", keys.join(", "))
}

/// The table `[evidence]` of a draft, whose other text is `scenario`, from a number of loads, of which some failed.
#[must_use]
pub fn table(scenario: &str, loads: usize, failed: Option<u64>, archives: &[String], fitted: &[Fitted]) -> Table {
    let mut table = Table::new("evidence");
    table.notes.push("The recorded loads behind the numbers above. They have no effect on a simulated load; estimates draw whole loads of them again for the uncertainty of the data.".to_owned());
    table.line("loads", loads.to_string(), Known::Seen, "recorded loads");
    if let Some(failed) = failed {
        table.line("failed", failed.to_string(), Known::Seen, "recorded loads that failed by the rule of [load]");
    }
    if let Ok(fingerprint) = scenario_fingerprint(scenario) {
        table.line("scenario", quoted(&fingerprint), Known::Seen, "fingerprint of everything above");
    }
    if !archives.is_empty() {
        let names: Vec<String> = archives.iter().map(|one| quoted(one)).collect();
        table.line("archives", format!("[{}]", names.join(", ")), Known::Seen, "SHA-256 of each file");
    }
    let recorded: usize = fitted.iter().map(|one| one.sample.len()).sum();
    if loads < 2 || fitted.is_empty() {
        return table;
    }
    if fitted.len() > limits::FITTED || recorded > limits::RECORDED {
        let why = format!(
            "The samples are left out: {recorded} recorded times of {} numbers, the limits are {} and {}.",
            fitted.len(),
            limits::RECORDED,
            limits::FITTED
        );
        table.notes.push(why);
        return table;
    }
    let entries: String = fitted.iter().map(|one| entry(one, loads)).collect();
    let why = "the sample of each fitted number, load by load, in milliseconds; a number that is changed loses it";
    table.line("numbers", format!("[\n{entries}]"), Known::Seen, why);
    table
}
