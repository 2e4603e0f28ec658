//! README.md of the hypotheses' result: a page in words and numbers.
//!
//! Rule: only the published numbers on the page are written by hand.

use super::file::{Figure, HypothesesFile, Region};
use super::observe::Unit;
use super::placeholder::{fill, number, points, published, tally};
use super::recovery::Regime;
use super::{Answer, Findings, Forecast, HypothesesError, NEAR, RANGE, Run};
use sixslot_analysis::layers::Attribution;
use sixslot_analysis::notes::unmeasured_with_fixes;
use sixslot_analysis::words::markdown;
use sixslot_models::Document;
use std::fmt::Write as _;

fn cell(figure: &Figure, answer: Option<&Answer>) -> String {
    let Some(answer) = answer else { return "says nothing".to_owned() };
    let unit = figure.view.observable.unit();
    match answer.predicted {
        None if answer.counted == 0 => format!("**outside**: none of {} {}", answer.loads, "loads is such a load"),
        None => "**outside**: never happens".to_owned(),
        Some([median, low, high]) => format!(
            "{}: {} ({} to {})",
            if answer.inside { "inside" } else { "**outside**" },
            number(median, unit),
            number(low, unit),
            number(high, unit)
        ),
    }
}

/// What was not measured of the rules of the scenarios.
fn unmeasured(file: &HypothesesFile) -> String {
    let mut text = String::new();
    for (name, scenario) in &file.scenarios {
        // Parts of scenarios are no documents.
        let document = Document::read(name, scenario, &[]).ok();
        for note in document.iter().flat_map(|document| unmeasured_with_fixes(document, &[])) {
            let _ = writeln!(text, "Note on {}: {}\n", markdown(name), markdown(&note));
        }
    }
    text
}

/// The page as Markdown.
pub(super) fn readme(file: &HypothesesFile, findings: &Findings, run: &Run) -> Result<String, HypothesesError> {
    let mut text = format!("# {}\n\n", markdown(&file.title));
    if !file.introduction.is_empty() {
        let _ = writeln!(text, "{}\n", file.introduction);
    }
    text.push_str(&unmeasured(file));
    text.push_str("## What it means\n\n");
    for paragraph in &file.conclusions {
        let _ = writeln!(text, "{}\n", fill(file, findings, paragraph)?);
    }
    text.push_str("## The hypotheses\n\n");
    let explaining: Vec<usize> =
        (0..file.hypotheses.len()).filter(|hypothesis| tally(findings, *hypothesis).1 > 0).collect();
    for hypothesis in &explaining {
        let (inside, all) = tally(findings, *hypothesis);
        let hypothesis = &file.hypotheses[*hypothesis];
        let _ = writeln!(
            text,
            "- **{}**: {} {inside} of {all} figures are inside the range.",
            hypothesis.name,
            markdown(&hypothesis.title)
        );
    }
    let _ = writeln!(
        text,
        "\n## The figures\n\nEach cell: the hypothesis's median over {} loads, and in brackets its {:.0} % range (for shares the 95 % interval). A published\nvalue is inside if that range contains it; a published range, if it contains the median.\n",
        run.loads,
        100.0 * RANGE
    );
    text.push_str("| figure | published |");
    for hypothesis in &explaining {
        let _ = write!(text, " {} |", file.hypotheses[*hypothesis].name);
    }
    let _ = writeln!(text, "\n| --- | --- |{}", " --- |".repeat(explaining.len()));
    for (figure, answers) in file.figures.iter().zip(&findings.answers) {
        let _ = write!(text, "| {} | {} |", markdown(&figure.text), published(figure));
        for hypothesis in &explaining {
            let answer = answers.iter().find(|answer| answer.hypothesis == *hypothesis);
            let _ = write!(text, " {} |", cell(figure, answer));
        }
        text.push('\n');
    }
    for (region, points) in file.regions.iter().zip(&findings.regions) {
        area(&mut text, file, region, points);
    }
    cells(&mut text, file, findings);
    overlays(&mut text, file, findings);
    if let (Some(case), Some(attribution)) = (&file.layers, &findings.layers) {
        layers(&mut text, &case.text, &file.hypotheses[case.hypothesis].name, attribution);
    }
    recovery(&mut text, file, findings);
    if file.predictions.iter().any(|prediction| prediction.measured.is_none()) {
        forecasts(&mut text, file, findings);
    }
    let _ = writeln!(text, "\n## Files, and the command that makes them\n\n    {}\n", run.command);
    text.push_str("- `figures.csv`: one row for each figure and hypothesis; seconds, counts or shares.\n- `predictions.csv`: one row for each measured or predicted case and hypothesis.\n");
    if !file.overlays.is_empty() {
        text.push_str("- `captures.csv`: one row for each capture.\n");
    }
    if findings.layers.is_some() {
        text.push_str("- `layers.csv`: one row for each layer; a contribution is exactly numerator / denominator.\n");
    }
    if findings.recovery.is_some() {
        text.push_str("- `recovery.csv`, `recovery-map.svg`: one row, one cell for each point of the map.\n");
    }
    text.push_str("- `manifest.json`: everything that these bytes depend on.\n");
    Ok(text)
}

/// The points of a region at which all its figures are inside, and those where most are.
fn area(text: &mut String, file: &HypothesesFile, region: &Region, points: &[Vec<Answer>]) {
    let all = region.figures.len();
    let inside = |answers: &Vec<Answer>| answers.iter().filter(|answer| answer.inside).count();
    let whole = points.iter().filter(|answers| inside(answers) == all).count();
    let _ = writeln!(
        text,
        "\n## {}\n\nHypothesis `{}`: at {whole} of {} points all {all} figures are inside the range. These points, with the hypothesis's median and range:\n",
        markdown(&region.text),
        file.hypotheses[region.hypothesis].name,
        points.len()
    );
    let _ = write!(text, "| {} |", region.parameters.join(" | "));
    for figure in &region.figures {
        let figure = &file.figures[*figure];
        let _ = write!(text, " {}: {} |", markdown(&figure.text), published(figure));
    }
    let _ = writeln!(text, "\n|{}", " --- |".repeat(region.parameters.len() + all));
    for ((values, _), answers) in region.points.iter().zip(points) {
        if inside(answers) < all {
            continue;
        }
        let values: Vec<String> = values.iter().map(f64::to_string).collect();
        let _ = write!(text, "| {} |", values.join(" | "));
        for (figure, answer) in region.figures.iter().zip(answers) {
            let unit = file.figures[*figure].view.observable.unit();
            let said = answer.predicted.map_or_else(String::new, |[median, low, high]| {
                format!("{} ({} to {})", number(median, unit), number(low, unit), number(high, unit))
            });
            let _ = write!(text, " {said} |");
        }
        text.push('\n');
    }
}

fn forecasts(text: &mut String, file: &HypothesesFile, findings: &Findings) {
    text.push_str("\n## Predictions of cases that were not shown\n\n| case | hypothesis | error shown | of the loads to be measured, 95 % | cleared later | not ready | ready, median | median of the loads to be measured, 95 % |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    let unseen = file.predictions.iter().zip(&findings.forecasts).filter(|(case, _)| case.measured.is_none());
    for (prediction, own) in unseen {
        for forecast in own {
            let Forecast { probability, failed, count, cleared, not_ready, ready, .. } = forecast;
            let share = |value: f64| number(value, Unit::Share);
            let seconds = |value: f64| number(value, Unit::Seconds);
            let _ = writeln!(
                text,
                "| {} | {} | {} ({} to {}) | {} to {} of {} | {} | {} | {} | {} to {} |",
                markdown(&prediction.text),
                file.hypotheses[forecast.hypothesis].name,
                share(*probability),
                share(failed.low),
                share(failed.high),
                count.0,
                count.1,
                prediction.measured_loads,
                share(*cleared),
                share(*not_ready),
                seconds(ready[0]),
                seconds(ready[1]),
                seconds(ready[2]),
            );
        }
    }
}

/// The measured cases.
fn cells(text: &mut String, file: &HypothesesFile, findings: &Findings) {
    if findings.measured(file).next().is_none() {
        return;
    }
    let _ = writeln!(
        text,
        "\n## Measured cells\n\nA cell holds if its count of errors is in the central 95 % of what the hypothesis predicts for that number of loads, and the\nhypothesis's median time to ready within {:.0} % of the measured one.\n\n| cell | hypothesis | error shown, measured | predicted | 95 % of counts | ready, median, measured | predicted | off | holds |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        100.0 * NEAR
    );
    for (case, measured, own) in findings.measured(file) {
        let off = 100.0 * (own.ready[0] / measured.ready - 1.0);
        let off = if off.is_finite() { format!("{off:+.1} %") } else { "-".to_owned() };
        let _ = writeln!(
            text,
            "| {} | {} | {} of {} | {} ({} to {}) | {} to {} | {} | {} | {off} | {} |",
            markdown(&case.text),
            file.hypotheses[own.hypothesis].name,
            measured.failures,
            case.measured_loads,
            number(own.probability, Unit::Share),
            number(own.failed.low, Unit::Share),
            number(own.failed.high, Unit::Share),
            own.count.0,
            own.count.1,
            number(measured.ready, Unit::Seconds),
            number(own.ready[0], Unit::Seconds),
            if own.holds(measured) { "yes" } else { "**no**" },
        );
    }
}

/// The captures compared with the nearest loads.
fn overlays(text: &mut String, file: &HypothesesFile, findings: &Findings) {
    if file.overlays.is_empty() {
        return;
    }
    text.push_str("\n## Captures, each with the nearest load\n\nThe nearest load is the one in which the calls with a deadline end, and the page is ready, nearest to the captured times;\n `apart` is the mean distance of these times. Order and stations were not sought. Calls within 0.1 s of each other may swap. Station: where a call spent\nmore than half of its life, browser or server, if it lived for 0.1 s; of bursts, the number of their calls in the browser. Calls\nthat were still open at the capture's end take part in the order only.\n\n| capture | case | ready, captured | simulated | apart | latent | order of the shared calls | same fate | same station | of bursts in the browser, captured | simulated | what differs |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (overlay, own) in file.overlays.iter().zip(&findings.overlays) {
        for (capture, it) in overlay.captures.iter().zip(own) {
            let latent = overlay.latent.zip(it.latent).map_or_else(
                || "-".to_owned(),
                |(parameter, value)| format!("{} {value:.2}", markdown(&overlay.plan.parameters()[parameter].name)),
            );
            let _ = writeln!(
                text,
                "| {}/{} | {} | {} | {} | {} | {latent} | {} of {} | {} of {} | {} of {} | {} | {} | {} |",
                markdown(&overlay.name),
                markdown(&capture.name),
                markdown(&overlay.text),
                number(capture.ready, Unit::Seconds),
                number(it.ready, Unit::Seconds),
                number(it.apart, Unit::Seconds),
                if it.same_order { "same," } else { "**another**," },
                it.shared,
                it.same_fate,
                it.ended,
                it.same_station,
                it.waited,
                it.burst_in_browser[0],
                it.burst_in_browser[1],
                if it.differs.is_empty() { "-".to_owned() } else { markdown(&it.differs.join("; ")) },
            );
        }
    }
}

/// The contributions of the layers.
fn layers(text: &mut String, title: &str, hypothesis: &str, attribution: &Attribution) {
    let _ = writeln!(
        text,
        "\n## {}\n\nHypothesis `{hypothesis}`, {} loads, each simulated with every set of the {} layers. A layer's contribution is its exact Shapley value\nin percentage points of the failure probability, with its 95 % interval; together they make {} points.\n\n| layer | what it is | contribution | 95 % interval |\n| --- | --- | --- | --- |",
        markdown(title),
        attribution.loads,
        attribution.layers.len(),
        points(attribution.total)
    );
    for layer in &attribution.layers {
        let interval = &layer.contribution_interval;
        let (value, low, high) = (points(layer.contribution), points(interval.low), points(interval.high));
        let _ =
            writeln!(text, "| {} | {} | {value} | {low} to {high} |", markdown(&layer.layer), markdown(&layer.title));
    }
    let sets: Vec<String> = attribution
        .smallest_sets
        .iter()
        .map(|set| format!("{} ({})", markdown(&set.layers.join(" + ")), number(set.probability, Unit::Share)))
        .collect();
    let _ = writeln!(
        text,
        "\nThe smallest sets of layers that suffice for a failure probability above {}: {}.",
        number(attribution.threshold, Unit::Share),
        if sets.is_empty() { "none".to_owned() } else { sets.join(", ") }
    );
}

/// The map of recovery.
fn recovery(text: &mut String, file: &HypothesesFile, findings: &Findings) {
    let (Some(map), Some((loads, spots))) = (&file.recovery, &findings.recovery) else { return };
    let count = |regime| spots.iter().filter(|spot| spot.regime() == regime).count();
    let _ = writeln!(
        text,
        "\n## {}\n\nHypothesis `{}`, {loads} loads at each of {} points: {} healthy, at {} deadlines fail and the page comes back, at {} it never\nrecovers.\n\n![{}](recovery-map.svg)",
        markdown(&map.text),
        file.hypotheses[map.hypothesis].name,
        spots.len(),
        count(Regime::Healthy),
        count(Regime::Fails),
        count(Regime::Stuck),
        markdown(&map.text),
    );
}
