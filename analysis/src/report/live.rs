//! A report that simulates: the page of `scripts/build-page` with a scenario and its sweep inside.
//!
//! Rule: the page is used as it is, except for one block of data, which is `null` in it. Text of a scenario cannot end the block.

use super::onset::Onset;
use super::{Report, Source};
use serde::Serialize;
use std::collections::BTreeMap;

/// The block of the page that a report fills.
const PLACE: &str = "<script type=\"application/json\" id=\"report\">null</script>";

/// Why a report cannot be made of a page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// Another file, or a page of another version.
    #[error("it is not the page that `scripts/build-page` of this version makes: it has no place for a report")]
    NoPlace,
    /// Never: a report is strings and numbers.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// What the page begins with.
#[derive(Serialize)]
struct Data<'a> {
    state: State<'a>,
    /// Null where the map of the page, which has two parameters, cannot show it.
    sweep: Option<Swept<'a>>,
    onsets: Option<Begin>,
}

/// Where failures begin in the sweep: for each set of fixes along an axis, for each value of the other axis.
#[derive(Serialize)]
struct Begin {
    along: String,
    across: Option<(String, Vec<f64>)>,
    /// The values of the axes that a map does not show.
    elsewhere: String,
    /// The place of the curves on each axis, which cross there.
    at: Vec<usize>,
    sets: Vec<BeginSet>,
}

#[derive(Serialize)]
struct BeginSet {
    title: String,
    onsets: Vec<Option<Onset>>,
}

/// As a link to the page has it.
#[derive(Serialize)]
struct State<'a> {
    name: &'a str,
    text: &'a str,
    changes: BTreeMap<String, String>,
    fixes: Vec<&'a str>,
    seed: u64,
    loads: u64,
    axes: Vec<&'a str>,
    tab: &'static str,
}

#[derive(Serialize)]
struct Swept<'a> {
    axes: Vec<Axis<'a>>,
    sets: Vec<Set<'a>>,
}

#[derive(Serialize)]
struct Axis<'a> {
    name: &'a str,
    values: &'a [f64],
}

/// A set of fixes, and the loads, failed loads and late loads of each of its cells.
#[derive(Serialize)]
struct Set<'a> {
    fixes: Vec<&'a str>,
    cells: Vec<[u64; 3]>,
}

/// Whether a text is a page that a report can be put in.
#[must_use]
pub fn is_page(text: &str) -> bool {
    text.contains(PLACE)
}

impl Report<'_> {
    /// The page with this scenario and sweep inside.
    ///
    /// # Errors
    /// A text that is not the page.
    pub fn live(&self, page: &str) -> Result<String, PageError> {
        let (before, after) = page.split_once(PLACE).ok_or(PageError::NoPlace)?;
        let mut data = Data { onsets: self.begin(), ..self.source.data() };
        // It begins at the point that a report without the engine describes: where loads fail.
        let cell = self.point.cell.as_ref().filter(|_| !self.point.own);
        let elsewhere = cell.map(|cell| self.source.sweep.grid().parameters(cell)).unwrap_or_default();
        let key = |(name, value): (&str, f64)| (format!("parameters.{name}"), value.to_string());
        data.state.changes.extend(elsewhere.into_iter().map(key));
        let data = serde_json::to_string(&data)?.replace('<', "\\u003c");
        let (open, close) = PLACE.split_once("null").unwrap_or_default();
        Ok([before, open, &data, close, after].concat())
    }

    fn begin(&self) -> Option<Begin> {
        let grid = self.source.sweep.grid();
        let onsets = self.onsets()?;
        let set = |(number, onsets): (usize, Vec<Option<Onset>>)| BeginSet { title: grid.title(number), onsets };
        Some(Begin {
            along: onsets.along,
            across: onsets.across,
            elsewhere: self.third_axes(),
            at: self.slice().at,
            sets: onsets.sets.into_iter().enumerate().map(set).collect(),
        })
    }
}

impl Source {
    fn data(&self) -> Data<'_> {
        let (recipe, grid) = (self.sweep.recipe(), self.sweep.grid());
        let fixes = &self.sweep.document().fixes;
        let names = |set: &[usize]| set.iter().map(|fix| fixes[*fix].name.as_str()).collect::<Vec<_>>();
        let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        let axes = || grid.axes.iter().map(|axis| Axis { name: &axis.parameter, values: &axis.values });
        let set = |(number, set): (usize, &Vec<usize>)| {
            let rows = &self.rows[number * grid.points()..(number + 1) * grid.points()];
            let cells = rows.iter().map(|row| [row.loads, row.failures, row.late]).collect();
            Set { fixes: names(set), cells }
        };
        let is_map = (1..=2).contains(&grid.axes.len());
        Data {
            state: State {
                name: &recipe.scenario,
                text: &recipe.text,
                changes: recipe.set.iter().filter_map(|set| set.split_once('=')).map(owned).collect(),
                fixes: grid.fix_sets.first().map(|set| names(set)).unwrap_or_default(),
                seed: recipe.seed,
                loads: self.sweep.loads(),
                axes: axes().take(2).map(|axis| axis.name).collect(),
                tab: if is_map { "map" } else { "load" },
            },
            onsets: None,
            sweep: is_map
                .then(|| Swept { axes: axes().collect(), sets: grid.fix_sets.iter().enumerate().map(set).collect() }),
        }
    }
}
