//! The page as HTML: one self-contained file.
//!
//! Rule: every string of a scenario goes through [`text`] or [`sentence`]; maud escapes it, marks that change the direction
//! of writing are made visible, and it is isolated from its neighbours. The style and the script are separate source files,
//! allowed by their hashes; the content security policy forbids everything else, including the network. No element has an
//! inline style, because the policy forbids that too. Without the script the page is still complete.

mod answer;
mod fixes;
mod grid;
mod loads;
mod script;

use super::{Pictures, Report, ReportError};
use crate::svg_text::clean;
use crate::words::shown;
use base64::Engine as _;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

/// The live page's style of a waterfall, and the report's own.
const STYLE: &str = concat!(include_str!("../../../../web/page/waterfall.css"), include_str!("../report.css"));

/// The longest word that stays on one line although it has hyphens, in characters; a class's name may have 64.
const WHOLE: usize = 32;

/// Words, of which a line breaks none at a hyphen; addresses and sums of names may break after each `/`, `&` and `+`.
fn words_of(text: &str) -> Markup {
    let name = |word: &str| word.contains('-') && word.chars().count() <= WHOLE;
    html! {
        @for (number, word) in text.split(' ').enumerate() {
            @if number > 0 { " " }
            @for (at, part) in word.split_inclusive(['+', '/', '&']).enumerate() {
                @if at > 0 { wbr; }
                @if name(part) { span.whole { (part) } } @else { (part) }
            }
        }
    }
}

/// A string of a scenario, isolated in its direction of writing.
fn text(text: &str) -> Markup {
    html! { bdi { (words_of(&tied(&clean(text)))) } }
}

/// Text in which numbers stay on one line with their units and equals signs.
fn tied(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    let mut last = "";
    for (number, word) in words.split(' ').enumerate() {
        let unit = matches!(word.trim_end_matches(['.', ',', ';', ':', ')']), "%" | "s" | "ms");
        let together = unit && last.ends_with(|c: char| c.is_ascii_digit()) || word == "=" || last == "=";
        if number > 0 {
            text.push(if together { '\u{a0}' } else { ' ' });
        }
        text.push_str(word);
        last = word;
    }
    text
}

/// A name, a sum of names, or a command.
fn code(text: &str) -> Markup {
    let text = clean(text);
    let is_one = !text.contains([' ', '+']) && text.chars().count() <= WHOLE;
    html! { @if is_one { code { (text) } } @else { code.long { (words_of(&text)) } } }
}

/// A sentence with names between backticks.
fn sentence(words: &str) -> Markup {
    html! {
        bdi {
            @for (number, part) in words.split('`').enumerate() {
                @if number % 2 == 1 { (code(part)) } @else { (tied(&spaced(part))) }
            }
        }
    }
}

/// A part of a sentence: cleaning would remove the spaces at its ends.
fn spaced(part: &str) -> String {
    let ends = |is: bool| if is { " " } else { "" };
    let middle = clean(part);
    if middle.is_empty() {
        return ends(!part.is_empty()).to_owned();
    }
    format!("{}{middle}{}", ends(part.starts_with(' ')), ends(part.ends_with(' ')))
}

/// A text of several lines.
fn lines(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).map(shown).collect()
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// The whole page.
pub(super) fn page(report: &Report<'_>, pictures: &impl Pictures) -> Result<Markup, ReportError> {
    let manifest = report.source.sweep.manifest();
    let script = script::script();
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(&script)
    );
    let has_grid = !report.source.sweep.grid().axes.is_empty();
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                link rel="icon" href="data:,";
                title { (clean(&manifest.title)) " – sixslot report" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    p.what { "sixslot report" }
                    h1 { (text(&manifest.title)) }
                    nav aria-label="Sections" {
                        a href="#fixes" { "Fixes" }
                        @if has_grid { a href="#begin" { "Where failures begin" } a href="#curves" { "Curves" } }
                        a href="#loads" { "One load" }
                        a href="#scenario" { "Scenario" }
                        a href="#again" { "Make it again" }
                    }
                }
                main {
                    (answer::answer(report))
                    (fixes::fixes(report))
                    @if has_grid { (grid::begin(report, pictures)) (grid::curves(report, pictures)) }
                    (loads::loads(report)?)
                    (scenario(report))
                    (again(report))
                }
                script { (PreEscaped(script)) }
            }
        }
    })
}

fn scenario(report: &Report<'_>) -> Markup {
    let recipe = report.source.sweep.recipe();
    html! {
        section #scenario {
            h2 { "The scenario" }
            p { (code(&recipe.scenario)) @if !recipe.set.is_empty() { ", changed by " @for set in &recipe.set { (code(&format!("--set {set}"))) " " } } }
            pre tabindex="0" { code { (lines(&recipe.text)) } }
        }
    }
}

fn again(report: &Report<'_>) -> Markup {
    let manifest = report.source.sweep.manifest();
    html! {
        section #again {
            h2 { "Make it again" }
            pre { code { @for command in &report.source.commands { (clean(command)) "\n" } } }
            p {
                "sixslot " (manifest.version) ". The same program, scenario, settings and seed give the same bytes of this page, on any machine. "
                "A probability is a share of simulated loads with its 95 % interval (Wilson; Clopper-Pearson where fewer than 10 fail, or do not); "
                "load k is the same load under every fix and in every cell. "
                "SHA-256 of the scenario: " code.hash { (manifest.scenario_sha256) }
            }
        }
    }
}
