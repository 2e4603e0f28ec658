//! What the accounts' result says about itself: a page in words and numbers, and two tables for programs.
//!
//! Rule: no number on the page is written by hand but the published ones.

use super::file::{AccountsFile, Figure, Paragraph, Published, Region};
use super::observe::Unit;
use super::{AccountsError, Answer, Findings, Forecast, RANGE, Run};
use models::read::advice;
use models::source::Fault;
use std::fmt::Write as _;

/// A number in its unit, with about three digits that count.
fn number(value: f64, unit: Unit) -> String {
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

fn published(figure: &Figure) -> String {
    let unit = figure.view.observable.unit();
    match figure.published {
        Published::Value(value) => number(value, unit),
        Published::Range(low, high) => format!("{} to {}", number(low, unit), number(high, unit)),
    }
}

/// A text that cannot break a table.
fn plain(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ")
}

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

/// Figures inside, and figures that an account says something of.
fn tally(findings: &Findings, account: usize) -> (usize, usize) {
    let own = findings.answers.iter().flatten().filter(|answer| answer.account == account);
    own.fold((0, 0), |(inside, all), answer| (inside + usize::from(answer.inside), all + 1))
}

/// Replaces the places for numbers in a paragraph.
fn fill(file: &AccountsFile, findings: &Findings, paragraph: &Paragraph) -> Result<String, AccountsError> {
    let mut text = String::new();
    let mut rest = paragraph.text.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let fault = |message: String, help: String| file.fault(Fault::new(&paragraph.place, message).help(help));
        let Some((place, after)) = after.split_once('}') else {
            return Err(fault("a `{` without its `}`".to_owned(), "write {inside:ACCOUNT}".to_owned()));
        };
        rest = after;
        let parts: Vec<&str> = place.split(':').collect();
        let account = |name: &str| {
            file.accounts.iter().position(|account| account.name == name).ok_or_else(|| {
                let known: Vec<&str> = file.accounts.iter().map(|account| account.name.as_str()).collect();
                fault(format!("there is no account `{name}`"), advice(name, &known))
            })
        };
        let figure = |name: &str| {
            file.figures.iter().position(|figure| figure.name == name).ok_or_else(|| {
                let known: Vec<&str> = file.figures.iter().map(|figure| figure.name.as_str()).collect();
                fault(format!("there is no figure `{name}`"), advice(name, &known))
            })
        };
        let filled = match parts.as_slice() {
            ["inside", name] => tally(findings, account(name)?).0.to_string(),
            ["of", name] => tally(findings, account(name)?).1.to_string(),
            ["outside", name] => {
                let number = account(name)?;
                let mut names = Vec::new();
                for (figure, answers) in file.figures.iter().zip(&findings.answers) {
                    if answers.iter().any(|answer| answer.account == number && !answer.inside) {
                        names.push(format!("`{}`", figure.name));
                    }
                }
                if names.is_empty() { "none".to_owned() } else { names.join(", ") }
            }
            ["published", name] => published(&file.figures[figure(name)?]),
            [what @ ("median" | "range"), name, of] => {
                let at = figure(name)?;
                let number_of = account(of)?;
                let unit = file.figures[at].view.observable.unit();
                let answer = findings.answers[at].iter().find(|answer| answer.account == number_of);
                match answer.and_then(|answer| answer.predicted) {
                    None => "never".to_owned(),
                    Some([median, ..]) if *what == "median" => number(median, unit),
                    Some([_, low, high]) => format!("{} to {}", number(low, unit), number(high, unit)),
                }
            }
            [what @ ("failed" | "ready"), name, of] => {
                let at = file.predictions.iter().position(|prediction| prediction.name == *name).ok_or_else(|| {
                    let known: Vec<&str> = file.predictions.iter().map(|one| one.name.as_str()).collect();
                    fault(format!("there is no prediction `{name}`"), advice(name, &known))
                })?;
                let number_of = account(of)?;
                let forecast = findings.forecasts[at].iter().find(|forecast| forecast.account == number_of);
                let forecast = forecast.ok_or_else(|| {
                    fault(
                        format!("`{of}` does not predict `{name}`"),
                        "name it in that prediction's `accounts`".to_owned(),
                    )
                })?;
                if *what == "failed" {
                    number(forecast.probability, Unit::Share)
                } else {
                    number(forecast.ready[0], Unit::Seconds)
                }
            }
            _ => {
                let help = "write {median:FIGURE:ACCOUNT}, {range:FIGURE:ACCOUNT}, {published:FIGURE}, {inside:ACCOUNT}, {of:ACCOUNT}, {outside:ACCOUNT}, {failed:PREDICTION:ACCOUNT} or {ready:PREDICTION:ACCOUNT}";
                return Err(fault(format!("`{{{place}}}` stands for no number"), help.to_owned()));
            }
        };
        text.push_str(&filled);
    }
    text.push_str(rest);
    Ok(text)
}

/// The page as Markdown.
pub(super) fn readme(file: &AccountsFile, findings: &Findings, run: &Run) -> Result<String, AccountsError> {
    let mut text = format!("# {}\n\n", plain(&file.title));
    if !file.introduction.is_empty() {
        let _ = writeln!(text, "{}\n", file.introduction);
    }
    text.push_str("## What it means\n\n");
    for paragraph in &file.conclusions {
        let _ = writeln!(text, "{}\n", fill(file, findings, paragraph)?);
    }
    text.push_str("## The accounts\n\n");
    let explaining: Vec<usize> = (0..file.accounts.len()).filter(|account| tally(findings, *account).1 > 0).collect();
    for account in &explaining {
        let (inside, all) = tally(findings, *account);
        let account = &file.accounts[*account];
        let _ =
            writeln!(text, "- **{}**: {} {inside} of {all} figures lie inside.", account.name, plain(&account.title));
    }
    let _ = writeln!(
        text,
        "\n## The figures\n\nEach cell: the account's median over {} loads, and in brackets its {:.0} % range (for shares the 95 % interval). A published\nvalue lies inside where that range holds it; a published range where it holds the median.\n",
        run.loads,
        100.0 * RANGE
    );
    text.push_str("| figure | published |");
    for account in &explaining {
        let _ = write!(text, " {} |", file.accounts[*account].name);
    }
    let _ = writeln!(text, "\n| --- | --- |{}", " --- |".repeat(explaining.len()));
    for (figure, answers) in file.figures.iter().zip(&findings.answers) {
        let _ = write!(text, "| {} | {} |", plain(&figure.text), published(figure));
        for account in &explaining {
            let answer = answers.iter().find(|answer| answer.account == *account);
            let _ = write!(text, " {} |", cell(figure, answer));
        }
        text.push('\n');
    }
    for (region, points) in file.regions.iter().zip(&findings.regions) {
        area(&mut text, file, region, points);
    }
    if !file.predictions.is_empty() {
        forecasts(&mut text, file, findings);
    }
    let _ = writeln!(text, "\n## Files, and the command that makes them\n\n    {}\n", run.command);
    text.push_str("- `figures.csv`: one row for each figure and account; seconds, counts or shares.\n- `predictions.csv`: one row for each prediction and account.\n- `manifest.json`: everything that these bytes depend on.\n");
    Ok(text)
}

/// The points of a region at which all its figures lie inside, and those where most do.
fn area(text: &mut String, file: &AccountsFile, region: &Region, points: &[Vec<Answer>]) {
    let all = region.figures.len();
    let inside = |answers: &Vec<Answer>| answers.iter().filter(|answer| answer.inside).count();
    let whole = points.iter().filter(|answers| inside(answers) == all).count();
    let _ = writeln!(
        text,
        "\n## {}\n\nAccount `{}`: at {whole} of {} points all {all} figures lie inside. These points, with the account's median and range:\n",
        plain(&region.text),
        file.accounts[region.account].name,
        points.len()
    );
    let _ = write!(text, "| {} |", region.parameters.join(" | "));
    for figure in &region.figures {
        let figure = &file.figures[*figure];
        let _ = write!(text, " {}: {} |", plain(&figure.text), published(figure));
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

fn forecasts(text: &mut String, file: &AccountsFile, findings: &Findings) {
    text.push_str("\n## Predictions of cases that were not shown\n\n| case | account | error shown | of the loads to be measured, 95 % | cleared later | not ready | ready, median | median of the loads to be measured, 95 % |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (prediction, own) in file.predictions.iter().zip(&findings.forecasts) {
        for forecast in own {
            let Forecast { probability, failed, count, cleared, not_ready, ready, .. } = forecast;
            let share = |value: f64| number(value, Unit::Share);
            let seconds = |value: f64| number(value, Unit::Seconds);
            let _ = writeln!(
                text,
                "| {} | {} | {} ({} to {}) | {} to {} of {} | {} | {} | {} | {} to {} |",
                plain(&prediction.text),
                file.accounts[forecast.account].name,
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

/// A table as text.
fn csv(rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        // The writer is in memory and every row of a table has the same length.
        let _ = writer.write_record(&row);
    }
    writer.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

fn words(row: &[&str]) -> Vec<String> {
    row.iter().map(|word| (*word).to_owned()).collect()
}

/// `figures.csv`.
pub(super) fn figures(file: &AccountsFile, findings: &Findings) -> String {
    let head = "figure account unit published_low published_high loads loads_counted median low high inside";
    let mut rows = vec![words(&head.split(' ').collect::<Vec<_>>())];
    for (figure, answers) in file.figures.iter().zip(&findings.answers) {
        let (low, high) = match figure.published {
            Published::Value(value) => (value, value),
            Published::Range(low, high) => (low, high),
        };
        let unit = match figure.view.observable.unit() {
            Unit::Count => "count",
            Unit::Seconds => "seconds",
            Unit::Share => "share",
        };
        for answer in answers {
            let mut row = words(&[&figure.name, &file.accounts[answer.account].name, unit]);
            row.extend([low.to_string(), high.to_string(), answer.loads.to_string(), answer.counted.to_string()]);
            let predicted = answer.predicted.map(|values| values.map(|value| format!("{value:.6}")));
            row.extend(predicted.unwrap_or_default());
            row.push(answer.inside.to_string());
            rows.push(row);
        }
    }
    csv(rows)
}

/// `predictions.csv`; an empty cell is a time that never comes.
pub(super) fn predictions(file: &AccountsFile, findings: &Findings) -> String {
    let head = "case account loads failed failed_low failed_high measured_loads count_low count_high cleared not_ready ready_median_s ready_low_s ready_high_s";
    let mut rows = vec![words(&head.split(' ').collect::<Vec<_>>())];
    for (prediction, own) in file.predictions.iter().zip(&findings.forecasts) {
        for forecast in own {
            let mut row = words(&[&prediction.text, &file.accounts[forecast.account].name]);
            row.push(forecast.loads.to_string());
            row.extend([forecast.probability, forecast.failed.low, forecast.failed.high].map(|v| format!("{v:.4}")));
            row.extend([prediction.measured_loads, forecast.count.0, forecast.count.1].map(|v| v.to_string()));
            row.extend([forecast.cleared, forecast.not_ready].map(|value| format!("{value:.4}")));
            row.extend(forecast.ready.map(|v| if v.is_finite() { format!("{v:.3}") } else { String::new() }));
            rows.push(row);
        }
    }
    csv(rows)
}
