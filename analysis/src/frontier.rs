//! The safe region of a scenario: up to which value of a parameter the page meets its limits, for each set of fixes and each
//! value of a second parameter.
//!
//! Rule: a point is safe or unsafe by a confidence sequence for the share of failed and of late loads, whose level holds for
//! all points at once: a search meets at most a fixed number of points on each line, and each has an equal part of the
//! significance. A point that is not decided after the largest number of loads counts as not shown safe. The largest safe
//! value is searched by bisection, which assumes that more is worse; three points below it and up to three above it test
//! that. Where one below is not shown safe, or one above is, the line is scanned.

use crate::acceptance::{Acceptance, Decision, Shares};
use crate::comparison::ComparisonError;
use crate::estimate::LEVEL;
use crate::replications::{Replications, Tally};
use crate::words::percent;
use rayon::prelude::*;
use serde::Serialize;
use sixslot_models::{Document, Plan, limits};
use sixslot_statistics::interval;
use sixslot_statistics::stopping::Stopping;
use std::sync::atomic::AtomicBool;

/// The most points of a scan.
const SCAN: usize = 64;
/// Points at which bisection's assumption is tested.
const TESTS: usize = 6;

/// A parameter and its values in ascending order: at least one, at most [`limits::FRONTIER_VALUES`].
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The parameter.
    pub parameter: String,
    /// Its values.
    pub values: Vec<f64>,
}

/// What to search.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// The scenario.
    pub document: &'a Document,
    /// The sets of fixes, by index; the first is what the others are compared with.
    pub fix_sets: &'a [Vec<usize>],
    /// The parameter whose largest safe value is searched.
    pub parameter: &'a Axis,
    /// The second parameter, if there is one.
    pub along: Option<&'a Axis>,
    /// The limits.
    pub acceptance: Acceptance,
    /// The seed of all random numbers.
    pub seed: u64,
    /// The largest number of loads at a point.
    pub most: u64,
}

/// The safe region.
#[derive(Clone, Debug, Serialize)]
pub struct Frontier {
    /// The answer.
    pub sentence: String,
    /// The level of all points together.
    pub level: f64,
    /// The limits.
    pub acceptance: Acceptance,
    /// The parameter that was searched.
    pub parameter: String,
    /// Its least and its greatest value in the search.
    pub range: [f64; 2],
    /// The second parameter.
    pub along: Option<String>,
    /// The lines: by set of fixes, then by the second parameter.
    pub lines: Vec<Line>,
    /// Loads that were simulated.
    pub loads: u64,
}

/// One set of fixes at one value of the second parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// The fixes.
    pub fixes: Vec<String>,
    /// The value of the second parameter.
    pub at: Option<f64>,
    /// The largest value up to which the page is safe; none if the least value is not shown safe.
    pub safe_up_to: Option<f64>,
    /// The least value above it that is shown unsafe; none if there is none in the range. What is between is undecided or
    /// was not simulated.
    pub unsafe_from: Option<f64>,
    /// How the value was found.
    pub method: Method,
    /// The points that were simulated, ascending.
    pub points: Vec<Point>,
}

/// How a largest safe value was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Bisection; the tests of its assumption hold.
    Bisection,
    /// A scan: a test below the value found by bisection was not shown safe, or one above it was.
    Scan,
}

/// A point of a line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The value of the parameter.
    pub value: f64,
    /// The shares of its loads.
    #[serde(flatten)]
    pub shares: Shares,
    /// Whether it is safe.
    pub decision: Decision,
}

impl Search<'_> {
    fn ats(&self) -> Vec<Option<f64>> {
        self.along.map_or(vec![None], |axis| axis.values.iter().copied().map(Some).collect())
    }

    /// The level of each interval, so that all hold together.
    fn level(&self) -> f64 {
        let lines = (self.fix_sets.len() * self.ats().len()) as f64;
        let steps = self.parameter.values.len().ilog2() as usize + 3;
        let points = steps + TESTS + self.parameter.values.len().min(SCAN);
        // Two shares at each point.
        1.0 - (1.0 - LEVEL) / (2.0 * lines * points as f64)
    }

    /// Searches all lines; `done` is called with the loads of each point.
    ///
    /// # Errors
    /// A combination of fixes and parameters that is refused, an interrupt, a load beyond its limits.
    pub fn run(&self, interrupt: &AtomicBool, done: impl Fn(u64) + Sync) -> Result<Frontier, ComparisonError> {
        let ats = self.ats();
        let lines: Vec<(&Vec<usize>, Option<f64>)> =
            self.fix_sets.iter().flat_map(|set| ats.iter().map(move |at| (set, *at))).collect();
        let line = |(fixes, at): (&Vec<usize>, Option<f64>)| {
            let search =
                LineSearch { search: self, level: self.level(), fixes, at, interrupt, done: &done, points: Vec::new() };
            search.run()
        };
        let lines = lines.into_par_iter().map(line).collect::<Result<Vec<_>, _>>()?;
        let values = &self.parameter.values;
        let mut frontier = Frontier {
            sentence: String::new(),
            level: LEVEL,
            acceptance: self.acceptance,
            parameter: self.parameter.parameter.clone(),
            range: [values[0], values[values.len() - 1]],
            along: self.along.map(|axis| axis.parameter.clone()),
            loads: lines.iter().flat_map(|line| &line.points).map(|point| point.shares.loads).sum(),
            lines,
        };
        let own = self.document.plan(&self.fix_sets[0], &[]).map_err(Box::new)?;
        let own = self
            .along
            .and_then(|axis| own.parameters().iter().find(|parameter| parameter.name == axis.parameter)?.value.mean());
        frontier.sentence = frontier.sentence(own);
        Ok(frontier)
    }
}

/// One line that is being searched.
struct LineSearch<'a> {
    search: &'a Search<'a>,
    level: f64,
    fixes: &'a [usize],
    at: Option<f64>,
    interrupt: &'a AtomicBool,
    done: &'a (dyn Fn(u64) + Sync),
    /// The points so far, by the index of their value.
    points: Vec<(usize, Point)>,
}

impl LineSearch<'_> {
    fn plan(&self, value: f64) -> Result<Plan, ComparisonError> {
        let Search { document, parameter, along, .. } = self.search;
        let mut parameters = vec![(parameter.parameter.as_str(), value)];
        parameters.extend(along.zip(self.at).map(|(axis, at)| (axis.parameter.as_str(), at)));
        Ok(document.plan(self.fixes, &parameters).map_err(Box::new)?)
    }

    /// Simulates a point until it is decided.
    #[expect(clippy::expect_used, reason = "a tally is consistent")]
    fn decide(&mut self, index: usize) -> Result<Decision, ComparisonError> {
        if let Some((_, point)) = self.points.iter().find(|(known, _)| *known == index) {
            return Ok(point.decision);
        }
        let value = self.search.parameter.values[index];
        let plan = self.plan(value)?;
        let (level, most, acceptance) = (self.level, self.search.most, self.search.acceptance);
        let rule = Stopping::Decided(acceptance.max_failure());
        let mut tally = Tally::default();
        let point = loop {
            let until = most.min(rule.next_look(tally.loads));
            let from = tally.loads;
            tally = tally.extend(&plan, &Replications::new(self.search.seed, from..until, self.interrupt))?;
            (self.done)(until - from);
            let sequence = |count, limit| {
                interval::decision_sequence(count, tally.loads, limit, level).expect("counts are consistent")
            };
            let shares = acceptance.shares(&tally, plan.load().can_fail, sequence);
            let decision = acceptance.decide(&shares);
            if decision != Decision::Undecided || until == most {
                break Point { value, shares, decision };
            }
        };
        self.points.push((index, point));
        Ok(point.decision)
    }

    fn is_safe(&mut self, index: usize) -> Result<bool, ComparisonError> {
        Ok(self.decide(index)? == Decision::Met)
    }

    fn run(mut self) -> Result<Line, ComparisonError> {
        let last = self.search.parameter.values.len() - 1;
        // The index of the largest safe value, plus one.
        let mut count = if !self.is_safe(0)? {
            0
        } else if self.is_safe(last)? {
            last + 1
        } else {
            let (mut safe, mut beyond) = (0, last);
            while beyond - safe > 1 {
                let middle = safe + (beyond - safe) / 2;
                if self.is_safe(middle)? {
                    safe = middle;
                } else {
                    beyond = middle;
                }
            }
            safe + 1
        };
        let mut method = Method::Bisection;
        if !self.is_monotone(count, last)? {
            method = Method::Scan;
            count = self.scan(last)?;
        }
        Ok(self.line(count, method))
    }

    /// Tests three points below the largest safe value, which have to be shown safe, and three above it, which must not
    /// be.
    fn is_monotone(&mut self, count: usize, last: usize) -> Result<bool, ComparisonError> {
        for quarter in 1..=3 {
            let below = count.saturating_sub(1) * quarter / 4;
            if count > 0 && !self.is_safe(below)? {
                return Ok(false);
            }
            let above = count + (last + 1 - count) * quarter / 4;
            if above > count && above <= last && self.is_safe(above)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Decides evenly spaced points; returns the number of values up to the last before the first that is not safe.
    fn scan(&mut self, last: usize) -> Result<usize, ComparisonError> {
        let steps = last.min(SCAN - 1);
        let mut count = 0;
        let mut is_safe_so_far = true;
        for step in 0..=steps {
            let index = (step * last).checked_div(steps).unwrap_or(0);
            is_safe_so_far = self.is_safe(index)? && is_safe_so_far;
            if is_safe_so_far {
                count = index + 1;
            }
        }
        // Points of the search between two of the scan count too.
        let is_unsafe = |(index, point): &&(usize, Point)| *index < count && point.decision != Decision::Met;
        Ok(self.points.iter().filter(is_unsafe).map(|(index, _)| *index).min().unwrap_or(count))
    }

    fn line(mut self, count: usize, method: Method) -> Line {
        self.points.sort_by_key(|(index, _)| *index);
        let fixes = self.fixes.iter().map(|fix| self.search.document.fixes[*fix].name.clone());
        let beyond = |(index, point): &&(usize, Point)| *index >= count && point.decision == Decision::Missed;
        let safe = |(index, point): &&(usize, Point)| *index < count && point.decision == Decision::Met;
        Line {
            fixes: fixes.collect(),
            at: self.at,
            safe_up_to: self.points.iter().rfind(safe).map(|(_, point)| point.value),
            unsafe_from: self.points.iter().find(beyond).map(|(_, point)| point.value),
            method,
            points: self.points.iter().map(|(_, point)| *point).collect(),
        }
    }
}

impl Line {
    /// The fixes joined by `+`, or `no fix`.
    pub fn name(&self) -> String {
        if self.fixes.is_empty() { "no fix".to_owned() } else { self.fixes.join("+") }
    }
}

impl Frontier {
    /// The value of the second parameter that the sentence is about: the nearest to the scenario's own.
    pub fn at(&self, own: Option<f64>) -> Option<f64> {
        let distance = |value: &f64| own.map_or(0.0, |own| (value - own).abs());
        self.lines.iter().filter_map(|line| line.at).min_by(|one, other| distance(one).total_cmp(&distance(other)))
    }

    fn up_to(&self, line: &Line) -> String {
        match line.safe_up_to {
            None => format!("not shown safe at {}", self.range[0]),
            Some(value) if value == self.range[1] => format!("up to at least {value}"),
            Some(value) => format!("up to {value}"),
        }
    }

    /// The answer: the first set of fixes, and those that go farther, the farthest first.
    fn sentence(&self, own: Option<f64>) -> String {
        let at = self.at(own);
        let mut lines = self.lines.iter().filter(|line| line.at == at);
        let Some(first) = lines.next() else { return String::new() };
        let place = at.zip(self.along.as_ref()).map_or(String::new(), |(at, along)| format!(" at {at} {along}"));
        let parameter = &self.parameter;
        let named = |line: &Line| line.fixes.iter().map(|fix| format!("`{fix}`")).collect::<Vec<_>>().join(" + ");
        let mut text = match first.safe_up_to {
            None => format!("Not shown safe even at {} {parameter}{place}", self.range[0]),
            Some(value) if value == self.range[1] => format!("Safe up to at least {value} {parameter}{place}"),
            Some(value) => format!("Safe up to {value} {parameter}{place}"),
        };
        if !first.fixes.is_empty() {
            text.push_str(&format!(" with {}", named(first)));
        }
        let mut farther: Vec<&Line> = lines.filter(|line| line.safe_up_to > first.safe_up_to).collect();
        farther
            .sort_by(|one, other| other.safe_up_to.partial_cmp(&one.safe_up_to).unwrap_or(std::cmp::Ordering::Equal));
        for line in farther.iter().take(4) {
            text.push_str(&format!("; with {} {}", named(line), self.up_to(line)));
        }
        let others = self.lines.iter().filter(|line| line.at == at).count() - 1;
        if others > 0 && farther.is_empty() {
            text.push_str("; no other set of fixes goes farther");
        } else if farther.len() > 4 {
            text.push_str(&format!("; {} more sets of fixes go farther", farther.len() - 4));
        }
        let (failure, late) = (percent(self.acceptance.max_failure()), percent(self.acceptance.max_late()));
        format!(
            "{text}. Safe: at most {failure} of loads fail and at most {late} are late, with 95 % confidence for all points at once."
        )
    }
}

/// The values of a range of a parameter: whole numbers where its ends are, else 65 that are evenly spaced.
///
/// None if there are none, or more than [`limits::FRONTIER_VALUES`].
pub fn values(low: f64, high: f64) -> Option<Vec<f64>> {
    const STEPS: usize = 64;
    let is_range = low.is_finite() && high.is_finite() && low <= high;
    if !is_range {
        return None;
    }
    if low.fract() == 0.0 && high.fract() == 0.0 {
        let count = high - low + 1.0;
        return (count <= limits::FRONTIER_VALUES as f64)
            .then(|| (0..count as usize).map(|step| low + step as f64).collect());
    }
    Some((0..=STEPS).map(|step| low + (high - low) * step as f64 / STEPS as f64).collect())
}
