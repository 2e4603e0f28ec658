//! The shown loads as data to be drawn: each as it is, and the same load with the best fix.
//!
//! Rule: the page draws them with the code of the live page. All of them together have at most [`BYTES`]: the typical loads
//! come first, then the others, then their versions with the fix; one that has no room is drawn here instead, or left out.

use super::{Report, ReportError, words};
use crate::export::Subject;
use crate::export::picture::Picture;
use crate::replications::Stopped;
use crate::words::plain;
use serde::Serialize;
use sixslot_models::Plan;
use sixslot_models::load::{Extent, Load};

/// The longest data of all loads together.
const BYTES: usize = 500_000;

/// A load under a set of fixes.
#[derive(Serialize)]
struct Side {
    outcome: String,
    failed: bool,
    picture: Picture,
}

/// What the page has of a load.
pub(super) struct Drawn {
    /// The outcome, in a sentence or two.
    pub outcome: String,
    /// The picture, where a reader without the script sees it, or the data has no room.
    pub svg: Option<String>,
}

/// The shown loads.
pub(super) struct Sides {
    /// In the order of the report's loads.
    pub loads: Vec<Drawn>,
    /// JSON for the script: `fix`, and for each load `base` and `fixed`, each null where it has no room.
    pub data: String,
}

impl Sides {
    /// Simulates the shown loads, with and without the fix.
    ///
    /// # Errors
    /// A load beyond its limits.
    pub fn of(report: &Report<'_>) -> Result<Self, ReportError> {
        let base = report.base.as_slice();
        let drawn = report.sides(&report.point.plan, base)?;
        let fix = report.shown_fix()?;
        let fixed = match &fix {
            Some((name, plan)) => report.sides(plan, std::slice::from_ref(name))?,
            None => Vec::new(),
        };
        let mut room = BYTES;
        let mut kept = |json: &str| {
            let fits = json.len() <= room;
            room -= if fits { json.len() } else { 0 };
            fits
        };
        let count = report.shown.len();
        let mut has = vec![[false; 2]; count];
        let sides = [&drawn, &fixed];
        for (typical, side) in [(true, 0), (true, 1), (false, 0), (false, 1)] {
            for at in (0..count).filter(|at| report.shown[*at].typical == typical) {
                has[at][side] = sides[side].get(at).is_some_and(|(_, json)| kept(json));
            }
        }
        let json = |side: usize, at: usize| if has[at][side] { sides[side][at].1.as_str() } else { "null" };
        let entry = |at| format!("{{\"base\":{},\"fixed\":{}}}", json(0, at), json(1, at));
        let entries: Vec<String> = (0..count).map(entry).collect();
        let name = serde_json::to_string(&fix.map(|(name, _)| name)).unwrap_or_default();
        let data = format!("{{\"fix\":{name},\"loads\":[{}]}}", entries.join(","));
        let mut load = Load::new();
        let mut loads = Vec::with_capacity(count);
        for (at, ((outcome, _), shown)) in drawn.into_iter().zip(&report.shown).enumerate() {
            let svg = if shown.typical || !has[at][0] {
                Some(report.simulated(&mut load, &report.point.plan, shown.number, base)?.figure())
            } else {
                None
            };
            loads.push(Drawn { outcome, svg });
        }
        // Text of a scenario cannot end the block of data, and turns no line of it.
        Ok(Self { loads, data: plain(&data).replace('<', "\\u003c") })
    }
}

impl Report<'_> {
    /// The fix whose loads are shown beside the others: the best one that helps, else the first of the ranking.
    fn shown_fix(&self) -> Result<Option<(String, Plan)>, ReportError> {
        let best = words::best(self).map(|(fix, _)| fix).or_else(|| self.fixes().first());
        let Some(best) = best else { return Ok(None) };
        let grid = self.source.sweep.grid();
        let Some(set) = (1..grid.fix_sets.len()).find(|set| grid.name(*set) == best.fix) else { return Ok(None) };
        Ok(Some((best.fix.clone(), self.source.plan(set, self.point.cell.as_ref())?)))
    }

    /// Each shown load under a plan: its outcome in words, and its data as JSON.
    fn sides(&self, plan: &Plan, fixes: &[String]) -> Result<Vec<(String, String)>, ReportError> {
        let mut load = Load::new();
        let side = |number: u64| {
            let subject = self.simulated(&mut load, plan, number, fixes)?;
            let (outcome, picture) = (subject.outcome(), subject.picture());
            let failed = load.verdict().failed;
            let json = serde_json::to_string(&Side { outcome: outcome.clone(), failed, picture }).unwrap_or_default();
            Ok((outcome, json))
        };
        self.shown.iter().map(|shown| shown.number).map(side).collect()
    }

    fn simulated<'a>(
        &self,
        load: &'a mut Load,
        plan: &'a Plan,
        number: u64,
        fixes: &'a [String],
    ) -> Result<Subject<'a>, ReportError> {
        load.simulate(plan, self.seed, number, Extent::Whole).map_err(Stopped::from)?;
        Ok(Subject::new(plan, load, self.seed, number, fixes))
    }
}
