//! The map of recovery: where a hypothesis's page is healthy, where its deadlines fail, and where it never recovers.
//!
//! Rule: a point is healthy if at most 5 % of its loads show the error; it never recovers if more than half of all loads are
//! not ready by the horizon; otherwise deadlines fail and the page recovers. The horizon is the hypothesis's, and should be
//! long: a page that is busy only with its own calls stays so forever (it is metastable).

use super::parts::{Files, Hypothesis, Points, Trouble, changed, owner};
use super::{schema, simulate};
use crate::pictures::{RegimeCell, RegimeMap};
use sixslot_analysis::replications::Stopped;
use sixslot_models::load::{Extent, Load};
use sixslot_models::reading::Fault;
use sixslot_models::reading::Node;
use sixslot_models::reading::{self as read, Reader};
use sixslot_models::{Plan, limits};
use std::sync::atomic::AtomicBool;

/// Default number of loads of a point.
const LOADS: u64 = 40;
/// The share of loads that may fail at a healthy point.
const HEALTHY: f64 = 0.05;
/// The share of loads above which a point never recovers.
const STUCK: f64 = 0.5;

/// A grid of two parameters of a hypothesis.
#[derive(Clone, Debug)]
pub struct RecoveryMap {
    /// Its title, in one line.
    pub text: String,
    /// Index of the hypothesis.
    pub hypothesis: usize,
    /// Loads of each point.
    pub loads: u64,
    /// The two parameters.
    pub parameters: Vec<String>,
    /// Their labels, with units.
    pub labels: [String; 2],
    /// The values across and up.
    pub axes: [Vec<f64>; 2],
    /// The points, each with its plan; the second parameter varies fastest.
    pub points: Vec<(Vec<f64>, Plan)>,
}

/// The kind of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// Hardly any load fails.
    Healthy,
    /// Loads fail, and recover.
    Fails,
    /// Most loads are never ready.
    Stuck,
}

impl Regime {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Fails => "deadlines fail",
            Self::Stuck => "never recovers",
        }
    }
}

/// The result at a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// The share of loads that show the error.
    pub failed: f64,
    /// The share of loads that are not ready by the horizon.
    pub stuck: f64,
}

impl Spot {
    /// The kind of the point.
    pub fn regime(self) -> Regime {
        if self.stuck > STUCK {
            Regime::Stuck
        } else if self.failed > HEALTHY {
            Regime::Fails
        } else {
            Regime::Healthy
        }
    }
}

impl RecoveryMap {
    pub(super) fn read(node: &Node, hypotheses: &[Hypothesis], files: &mut Files) -> Result<Self, Trouble> {
        let reader = Reader::new(node, &schema::RECOVERY)?;
        let hypothesis = owner(&reader, hypotheses)?;
        let change = changed(&reader, &hypotheses[hypothesis])?;
        let grid = Points::read(&reader)?;
        let Ok(axes) = <[Vec<f64>; 2]>::try_from(grid.axes.clone()) else {
            let fault = Fault::new(reader.place_of("parameters"), "a map has two parameters");
            return Err(fault.help("give the values of one across and of one up").into());
        };
        let mut points = Vec::with_capacity(grid.points.len());
        for point in &grid.points {
            points.push((point.clone(), files.plan(&grid.at(point, &change))?));
        }
        let label = |key| Ok::<_, Fault>(reader.or(key, "", read::text)?.to_owned());
        Ok(Self {
            text: reader.or("text", "Where the page recovers", read::text)?.to_owned(),
            hypothesis,
            loads: reader.or("loads", LOADS, read::whole(1, limits::LOADS))?,
            parameters: grid.parameters,
            labels: [label("x_label")?, label("y_label")?],
            axes,
            points,
        })
    }

    /// Simulates the loads of each point.
    ///
    /// # Errors
    /// An interrupt, or a load beyond its limits.
    pub(super) fn simulate(&self, loads: u64, seed: u64, interrupt: &AtomicBool) -> Result<Vec<Spot>, Stopped> {
        let spot = |(_, plan): &(Vec<f64>, Plan)| {
            let see = |load: &Load| (load.verdict().error.is_some(), load.verdict().ready.is_none());
            let seen = simulate(plan, seed, loads, Extent::UntilDecided, interrupt, see)?;
            let share = |count: usize| count as f64 / loads as f64;
            let failed = seen.iter().filter(|seen| seen.0).count();
            Ok(Spot { failed: share(failed), stuck: share(seen.iter().filter(|seen| seen.1).count()) })
        };
        self.points.iter().map(spot).collect()
    }

    /// The picture.
    pub(super) fn draw(&self, spots: &[Spot], loads: u64, seed: u64) -> String {
        let [across, up] = &self.axes;
        let written = |values: &[f64]| values.iter().map(f64::to_string).collect::<Vec<_>>();
        let cell = |spot: &Spot| RegimeCell { regime: spot.regime() as usize, shares: [spot.failed, spot.stuck] };
        // Rows of the picture are the values up; the second parameter varies fastest in the points.
        let row = |row| (0..across.len()).map(|column| cell(&spots[column * up.len() + row])).collect::<Vec<_>>();
        let rows: Vec<Vec<RegimeCell>> = (0..up.len()).map(row).collect();
        let horizon = self.points.first().map_or(0.0, |(_, plan)| plan.horizon().as_seconds_f64());
        let subtitle = format!(
            "in each cell: loads that show the error, and below it loads that are not ready after {horizon} s; {loads} loads each, seed {seed}"
        );
        let meaning = |regime: Regime, rule: String| format!("{}: {rule}", regime.name());
        let legend = [
            meaning(Regime::Healthy, format!("the error in at most {:.0} % of loads", 100.0 * HEALTHY)),
            meaning(Regime::Fails, "the error in more, most come back".to_owned()),
            meaning(Regime::Stuck, format!("more than {:.0} % not ready", 100.0 * STUCK)),
        ];
        RegimeMap {
            title: &self.text,
            subtitle: &subtitle,
            x_label: &self.labels[0],
            y_label: &self.labels[1],
            x_values: &written(across),
            y_values: &written(up),
            legend: &legend,
            cells: &rows,
        }
        .to_svg()
    }
}
