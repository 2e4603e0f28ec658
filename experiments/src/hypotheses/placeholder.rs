//! Placeholders for numbers in the paragraphs of the hypotheses' page: `{median:FIGURE:HYPOTHESIS}` and the like.
//!
//! Rule: a placeholder that stands for no number is refused at its paragraph, with the names that it could have.

use super::file::{Figure, HypothesesFile, Paragraph, Published};
use super::observe::Unit;
use super::{Findings, HypothesesError};
use sixslot_models::reading::{Fault, advice};

/// A number in its unit, with about three significant digits.
pub(super) fn number(value: f64, unit: Unit) -> String {
    let round = |places: usize| {
        let text = format!("{value:.places$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    };
    match unit {
        Unit::Count => round(1),
        Unit::Share => format!("{:.1} %", 100.0 * value),
        Unit::Seconds if value.is_infinite() => "never".to_owned(),
        Unit::Seconds if value >= 100.0 => format!("{} s", round(1)),
        Unit::Seconds if value >= 1.0 => format!("{} s", round(2)),
        Unit::Seconds => format!("{} ms", format!("{:.1}", value * 1e3).trim_end_matches(".0")),
    }
}

/// The published value of a figure, in its unit.
pub(super) fn published(figure: &Figure) -> String {
    let unit = figure.view.observable.unit();
    match figure.published {
        Published::Value(value) => number(value, unit),
        Published::Range(low, high) => format!("{} to {}", number(low, unit), number(high, unit)),
    }
}

/// Number of figures inside, and of figures that a hypothesis predicts.
pub(super) fn tally(findings: &Findings, hypothesis: usize) -> (usize, usize) {
    let own = findings.answers.iter().flatten().filter(|answer| answer.hypothesis == hypothesis);
    own.fold((0, 0), |(inside, all), answer| (inside + usize::from(answer.inside), all + 1))
}

/// Percentage points.
pub(super) fn points(value: f64) -> String {
    format!("{:.1}", 100.0 * value)
}

/// What a placeholder may be.
const FORMS: &str = "write {median:FIGURE:HYPOTHESIS}, {range:FIGURE:HYPOTHESIS}, {published:FIGURE}, {inside:HYPOTHESIS}, {of:HYPOTHESIS}, {outside:HYPOTHESIS}, {failed:PREDICTION:HYPOTHESIS} (or cleared, not-ready, ready), {cells:held}, {cells:all}, {overlays:same}, {overlays:all}, {layers:total} or {layer:NAME}";

/// Replaces the placeholders for numbers in a paragraph.
pub(super) fn fill(
    file: &HypothesesFile,
    findings: &Findings,
    paragraph: &Paragraph,
) -> Result<String, HypothesesError> {
    let filler = Filler { file, findings, paragraph };
    let mut text = String::new();
    let mut rest = paragraph.text.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((place, after)) = after.split_once('}') else {
            return Err(filler.fault("a `{` without its `}`", "write {inside:HYPOTHESIS}"));
        };
        rest = after;
        text.push_str(&filler.value(place)?);
    }
    text.push_str(rest);
    Ok(text)
}

/// Fills the placeholders of one paragraph.
struct Filler<'a> {
    file: &'a HypothesesFile,
    findings: &'a Findings,
    paragraph: &'a Paragraph,
}

impl Filler<'_> {
    fn fault(&self, message: impl Into<String>, help: impl Into<String>) -> HypothesesError {
        self.file.fault(Fault::new(&self.paragraph.place, message).help(help))
    }

    /// The index of a name in a list.
    fn index<'a>(
        &self,
        what: &str,
        name: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<usize, HypothesesError> {
        let known: Vec<&str> = names.into_iter().collect();
        known
            .iter()
            .position(|known| *known == name)
            .ok_or_else(|| self.fault(format!("there is no {what} `{name}`"), advice(name, &known)))
    }

    fn hypothesis(&self, name: &str) -> Result<usize, HypothesesError> {
        self.index("hypothesis", name, self.file.hypotheses.iter().map(|hypothesis| hypothesis.name.as_str()))
    }

    fn figure(&self, name: &str) -> Result<usize, HypothesesError> {
        self.index("figure", name, self.file.figures.iter().map(|figure| figure.name.as_str()))
    }

    /// The text for a placeholder.
    fn value(&self, place: &str) -> Result<String, HypothesesError> {
        let (file, findings) = (self.file, self.findings);
        Ok(match place.split(':').collect::<Vec<_>>().as_slice() {
            ["inside", name] => tally(findings, self.hypothesis(name)?).0.to_string(),
            ["of", name] => tally(findings, self.hypothesis(name)?).1.to_string(),
            ["outside", name] => self.outside(self.hypothesis(name)?),
            ["published", name] => published(&file.figures[self.figure(name)?]),
            [what @ ("median" | "range"), name, of] => {
                let at = self.figure(name)?;
                self.predicted(what, at, self.hypothesis(of)?)
            }
            [what @ ("failed" | "cleared" | "not-ready" | "ready"), name, of] => self.forecast(what, name, of)?,
            ["cells", what @ ("held" | "all")] => {
                let own = findings.measured(file).filter(|(_, measured, own)| *what == "all" || own.holds(*measured));
                own.count().to_string()
            }
            ["overlays", what @ ("same" | "all")] => {
                let own = findings.overlays.iter().flatten();
                own.filter(|own| *what == "all" || own.is_same()).count().to_string()
            }
            [what @ ("layers" | "layer"), name] => self.layer(what, name)?,
            _ => return Err(self.fault(format!("`{{{place}}}` stands for no number"), FORMS)),
        })
    }

    /// The figures that a hypothesis predicts and that are outside of its range.
    fn outside(&self, hypothesis: usize) -> String {
        let outside = self
            .file
            .figures
            .iter()
            .zip(&self.findings.answers)
            .filter(|(_, answers)| answers.iter().any(|answer| answer.hypothesis == hypothesis && !answer.inside));
        let names: Vec<String> = outside.map(|(figure, _)| format!("`{}`", figure.name)).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    }

    /// The median or the range of a figure under a hypothesis.
    fn predicted(&self, what: &str, figure: usize, hypothesis: usize) -> String {
        let unit = self.file.figures[figure].view.observable.unit();
        let answer = self.findings.answers[figure].iter().find(|answer| answer.hypothesis == hypothesis);
        match answer.and_then(|answer| answer.predicted) {
            None => "never".to_owned(),
            Some([median, ..]) if what == "median" => number(median, unit),
            Some([_, low, high]) => format!("{} to {}", number(low, unit), number(high, unit)),
        }
    }

    /// A number of a prediction under a hypothesis.
    fn forecast(&self, what: &str, name: &str, of: &str) -> Result<String, HypothesesError> {
        let predictions = self.file.predictions.iter().map(|prediction| prediction.name.as_str());
        let at = self.index("prediction", name, predictions)?;
        let hypothesis = self.hypothesis(of)?;
        let forecast = self.findings.forecasts[at].iter().find(|forecast| forecast.hypothesis == hypothesis);
        let forecast = forecast.ok_or_else(|| {
            self.fault(format!("`{of}` does not predict `{name}`"), "name it in that prediction's `hypotheses`")
        })?;
        Ok(match what {
            "failed" => number(forecast.probability, Unit::Share),
            "cleared" => number(forecast.cleared, Unit::Share),
            "not-ready" => number(forecast.not_ready, Unit::Share),
            _ => number(forecast.ready[0], Unit::Seconds),
        })
    }

    /// The contribution of a layer, or of all together.
    fn layer(&self, what: &str, name: &str) -> Result<String, HypothesesError> {
        let Some(layers) = &self.findings.layers else {
            return Err(self.fault("no layers were asked for", "add a table [layers]"));
        };
        if what == "layers" {
            return Ok(points(layers.total));
        }
        let at = self.index("layer", name, layers.layers.iter().map(|layer| layer.layer.as_str()))?;
        Ok(points(layers.layers[at].contribution))
    }
}
