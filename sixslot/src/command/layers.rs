//! `sixslot compare --layers`: the contribution of each layer of the cause, and which layers suffice.

use super::evidence::note_first;
use super::{Common, Exit, Failure, Format, INTERRUPT, print_json, print_text, progress, table_width};
use serde::Serialize;
use sixslot_analysis::layers::{Attribution, LayerSet, LayersError, RULE, attribute};
use sixslot_analysis::notes::unmeasured;
use sixslot_analysis::subsets::Interaction;
use sixslot_analysis::text_table::{Align, TextTable};
use sixslot_analysis::waterfall::paint;
use sixslot_analysis::words::{percent, wrap};
use sixslot_models::Document;
use sixslot_models::document::Patch;
use std::fmt::Write as _;

/// The most sets that the text lists; there can be hundreds.
const ROWS: usize = 12;

/// The attribution with its scenario and settings.
#[derive(Serialize)]
struct LayersRecord<'a> {
    scenario: &'a str,
    seed: u64,
    #[serde(flatten)]
    attribution: &'a Attribution,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

impl From<LayersError> for Failure {
    fn from(error: LayersError) -> Self {
        match error {
            LayersError::Comparison(error) => error.into(),
            LayersError::Mean(_) => Self::Usage(error.to_string()),
        }
    }
}

pub(super) fn run(document: &Document, loads: u64, threshold: f64, common: &Common) -> Result<Exit, Failure> {
    if document.layers.is_empty() {
        let message = "the scenario has no layer; add a table [layer.NAME] with a patch `removed_by` that removes it";
        return Err(Failure::Usage(message.to_owned()));
    }
    if !(0.0..1.0).contains(&threshold) {
        let message = format!("--threshold {threshold} is not a probability from 0 to less than 1, such as 0.01");
        return Err(Failure::Usage(message));
    }
    let bar = progress(loads, "loads");
    let pool = common.pool()?;
    let result =
        pool.install(|| attribute(document, common.seed, loads, threshold, &INTERRUPT, |loads| bar.inc(loads)));
    bar.finish_and_clear();
    let attribution = result?;
    let without = |(layer, patch): (usize, &Patch)| Some((patch.name.clone(), document.plan_without(&[layer]).ok()?));
    let notes = &unmeasured(&document.plan(&[], &[])?, document.layers.iter().enumerate().filter_map(without));
    if common.format == Format::Json {
        let scenario = &document.title;
        print_json(&LayersRecord { scenario, seed: common.seed, attribution: &attribution, notes })?;
    } else {
        print_text(&text(&document.title, common.seed, &attribution, notes))?;
    }
    Ok(of_first(attribution.loads, loads))
}

/// The end of a command whose loads an interrupt may have made fewer.
pub(super) fn of_first(loads: u64, wanted: u64) -> Exit {
    if loads == wanted {
        return Exit::Done;
    }
    note_first("result", loads, "");
    Exit::Interrupted
}

/// The attribution as text.
fn text(title: &str, seed: u64, attribution: &Attribution, notes: &[String]) -> String {
    let Attribution { loads, layers, sets, smallest_sets, .. } = attribution;
    let mut text = format!(
        "{}\n{loads} loads, seed {seed}, each with all {} sets of {} layers\n\n",
        paint(title, "1"),
        sets.len(),
        layers.len()
    );
    for note in notes {
        let _ = writeln!(text, "{}\n", wrap("", &format!("note: {note}"), table_width()));
    }
    if let (Some(none), Some(all)) = (sets.first(), sets.last()) {
        let _ = writeln!(text, "with all layers {} of loads fail, with none {}\n", failing(all), failing(none));
    }
    // Decimals down to a tenth of the weight of one load, and at least to hundredths.
    let places = (loads.ilog10().saturating_sub(1) as usize).clamp(2, 8);
    let points = |value: f64| format!("{:+.places$}", 100.0 * value);
    let share = |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{:.1}", 100.0 * share));
    let mut table = TextTable::new([
        ("layer", Align::Left),
        ("contribution, points", Align::Right),
        ("95 % interval", Align::Right),
        ("share, %", Align::Right),
        ("only it removed, %", Align::Right),
        ("", Align::Left),
    ]);
    for layer in layers {
        let interval = &layer.contribution_interval;
        table.row([
            layer.layer.clone(),
            points(layer.contribution),
            format!("{} to {}", points(interval.low), points(interval.high)),
            share(layer.share),
            percent(layer.all_others).trim_end_matches(" %").to_owned(),
            layer.title.clone(),
        ]);
    }
    let whole = (attribution.total != 0.0).then_some(1.0);
    table.row(["all layers".to_owned(), points(attribution.total), String::new(), share(whole)]);
    let _ = writeln!(text, "{}", table.draw(table_width()));
    text.push_str(&interactions(&attribution.interactions, 3, points));
    let threshold = percent(attribution.threshold);
    if smallest_sets.is_empty() {
        let _ = writeln!(text, "no set of layers suffices for a failure probability above {threshold}");
    } else {
        let _ = writeln!(text, "the smallest sets of layers that suffice for a failure probability above {threshold}:");
    }
    for set in smallest_sets.iter().take(ROWS) {
        let name = if set.layers.is_empty() { "no layer".to_owned() } else { set.layers.join(" + ") };
        let _ = writeln!(text, "  {name}: {}", failing(set));
    }
    if smallest_sets.len() > ROWS {
        let _ = writeln!(text, "  and {} more: --format json", smallest_sets.len() - ROWS);
    }
    let _ = writeln!(
        text,
        "{RULE}\n\n\
         contribution: percentage points of the failure probability; Student's t, or a Clopper-Pearson bound where all loads agree.\n\
         It is the Shapley value: the increase when the layer is added, averaged over all orders in which the layers can be added.\n\
         interaction: half the difference between the effect of the one with the other and without it; intervals for all at once."
    );
    text
}

/// The strongest interactions of two, at most `most`, those whose interval excludes 0.
pub(super) fn interactions(interactions: &[Interaction], most: usize, points: impl Fn(f64) -> String) -> String {
    let sure = |of: &&Interaction| of.effect_interval.low > 0.0 || of.effect_interval.high < 0.0;
    let strong: Vec<&Interaction> = interactions.iter().filter(sure).take(most).collect();
    if strong.is_empty() {
        return "no two of them are shown to act on each other\n\n".to_owned();
    }
    let titles = [("interaction of", Align::Left), ("effect, points", Align::Right), ("95 % interval", Align::Right)];
    let mut table = TextTable::new(titles);
    for of in strong {
        let interval = &of.effect_interval;
        let between = format!("{} to {}", points(interval.low), points(interval.high));
        table.row([of.of.join(" x "), points(of.effect), between]);
    }
    let mut text = table.draw(table_width());
    text.push('\n');
    text
}

/// A set's probability with its interval.
fn failing(set: &LayerSet) -> String {
    let interval = &set.interval;
    format!(
        "{} ({} to {}, {})",
        percent(set.probability),
        percent(interval.low),
        percent(interval.high),
        interval.method
    )
}
