//! A diagnosis in sentences: what is proved, what is only possible, what would settle it, what to change.

use super::case::Case;
use super::phrases::{cadence, deadline, ms};
use crate::phrase::count;
use serde::Serialize;
use sixslot_har::diagnosis::Causes;
use sixslot_har::{Archive, Diagnosis, Pool};

/// Sentences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Words {
    /// The answer, in a sentence or two.
    pub headline: String,
    /// What the file proves.
    pub proved: Vec<String>,
    /// What it allows, with the assumption.
    pub possible: Vec<String>,
    /// What would decide.
    pub settle: Vec<String>,
    /// What to change.
    pub change: Vec<String>,
}

/// One thing, or so many of its kind: `the failed call was`, `3 failed calls were`.
fn were(number: usize, one: &str, several: &str) -> String {
    if number == 1 { format!("{one} was") } else { format!("{number} {several} were") }
}

fn they(number: usize) -> &'static str {
    if number == 1 { "it was" } else { "they were" }
}

/// The headline: what may be said of the failed calls of one file, or of several.
fn headline(causes: &Causes, files: usize, busy: &str) -> String {
    let Causes { never_sent, sent, sent_with_room, unknown, errors, error_answers, .. } = *causes;
    let (alone, show) = if files == 1 {
        ("This file alone does", "this file shows")
    } else {
        ("These files alone do", "these files show")
    };
    let nothing = if unknown > 0 {
        format!("{}, and nothing tells whether {} sent", ended(unknown), they(unknown))
    } else {
        String::new()
    };
    let mut text = if never_sent > 0 {
        let mut text = format!(
            "Starvation in the browser is proved: {} broken off before {} sent.",
            were(never_sent, "1 call", "calls"),
            they(never_sent)
        );
        if sent > 0 {
            text.push_str(&format!(" {} sent and not answered.", were(sent, "1 other", "others")));
        }
        if unknown > 0 {
            text.push_str(&format!(" {nothing}."));
        }
        text
    } else if sent + unknown == 0 {
        match causes.waited_and_answered {
            _ if errors + error_answers > 0 => {
                format!("No call is seen to starve in the browser; {show} failures of other kinds.")
            }
            0 => format!("No call failed, and none is proved to have waited in the browser: {show} no starvation."),
            waited => {
                format!("No call failed. {} in the browser and {} then answered.", waited_in(waited), was(waited))
            }
        }
    } else if unknown == 0 && sent == sent_with_room {
        format!(
            "Not starvation in the browser: {} sent, and the server or the network did not answer in time.",
            were(sent, "the failed call", "failed calls")
        )
    } else {
        let mut reasons = Vec::new();
        if sent > sent_with_room {
            let number = sent - sent_with_room;
            reasons.push(format!("{} sent, but may have waited for it", were(number, "1", "of them")));
        }
        if sent_with_room > 0 {
            reasons.push(format!("{} sent at once", were(sent_with_room, "1", "of them")));
        }
        reasons.extend((unknown > 0).then_some(nothing));
        format!("{alone} not prove that the failed calls queued in the browser: {}.", reasons.join("; "))
    };
    if errors > 0 {
        text.push_str(&format!(" {} failed with an error of the network or the browser.", count(errors, "call")));
    }
    if error_answers > 0 {
        text.push_str(&format!(
            " {} an error of the server.",
            if error_answers == 1 { "1 answer is".to_owned() } else { format!("{error_answers} answers are each") }
        ));
    }
    text + busy
}

fn ended(number: usize) -> String {
    format!("{} ended without an answer", count(number, "call"))
}

fn waited_in(number: usize) -> String {
    format!("{} waited", count(number, "request"))
}

fn was(number: usize) -> &'static str {
    if number == 1 { "was" } else { "were" }
}

/// What to do with the files next.
fn simulate(files: &str) -> String {
    format!(
        "How often it fails, and which change helps by how much: sixslot import {files} -o page.toml, then sixslot compare page.toml."
    )
}

impl Words {
    /// The sentences under their titles; what has none is left out.
    pub(super) fn parts(&self) -> impl Iterator<Item = (&'static str, &Vec<String>)> {
        let parts = [
            ("Proved", &self.proved),
            ("Only possible", &self.possible),
            ("What would settle it", &self.settle),
            ("What to change", &self.change),
        ];
        parts.into_iter().filter(|(_, sentences)| !sentences.is_empty())
    }

    /// One archive in sentences.
    pub fn new(archive: &Archive, diagnosis: &Diagnosis) -> Self {
        let case = Case::new(archive, diagnosis);
        let busy = if diagnosis.busy.is_empty() {
            ""
        } else {
            " Cheap requests that were slow together point to a saturated server."
        };
        let mut change = case.change();
        change.push(simulate(&diagnosis.file));
        Self {
            headline: headline(&diagnosis.causes, 1, busy),
            proved: case.proved(),
            possible: case.possible(),
            settle: case.settle(),
            change,
        }
    }

    /// Several archives of one page in sentences.
    pub fn together(pool: &Pool, diagnoses: &[Diagnosis], each: &[Self]) -> Self {
        let of = |number: usize| format!("{number} of {} files", pool.files);
        let busy = match pool.files_with_busy_server {
            0 => String::new(),
            files => {
                format!(" In {} cheap requests were slow together, which points to a saturated server.", of(files))
            }
        };
        let causes = &pool.causes;
        let mut proved = Vec::new();
        if causes.never_sent > 0 {
            proved.push(format!(
                "{} broken off before {} sent.",
                were(causes.never_sent, "1 call", "calls"),
                they(causes.never_sent)
            ));
        }
        if causes.sent > 0 {
            proved.push(format!("{} sent and not answered.", were(causes.sent, "1 call", "calls")));
        }
        if pool.files_with_failures > 0 {
            proved.push(format!("A call failed in {}.", of(pool.files_with_failures)));
        }
        if pool.files_saturated > 0 {
            let longest = diagnoses.iter().map(Diagnosis::saturated_ms).fold(0.0, f64::max);
            proved.push(format!(
                "All six connections to an origin were taken in {}, for {} at most.",
                of(pool.files_saturated),
                ms(longest)
            ));
        }
        if causes.waited_and_answered > 0 {
            proved.push(format!(
                "{} in the browser and {} then answered.",
                waited_in(causes.waited_and_answered),
                was(causes.waited_and_answered)
            ));
        }
        let mut possible = Vec::new();
        if causes.unknown > 0 {
            let with_room = match causes.unknown_with_room {
                0 => "none".to_owned(),
                all if all == causes.unknown => "all".to_owned(),
                some => some.to_string(),
            };
            possible.push(format!(
                "{} may have been sent or not; {with_room} of them had a free connection at the start, unless another tab had it.",
                count(causes.unknown, "failed call"),
            ));
        }
        possible.extend(pool.deadlines.iter().map(deadline));
        possible.extend(pool.cadences.iter().map(cadence));
        let mut settle = Vec::new();
        if causes.unknown > 0 {
            settle.push(
                "Archives with request headers (Chrome's \"Export HAR\"), or the server's own log of the same loads."
                    .to_owned(),
            );
        }
        // What any of the files asks for, each once; its last sentence names the file.
        let mut change = Vec::<String>::new();
        for words in each {
            for sentence in words
                .change
                .iter()
                .rev()
                .skip(1)
                .rev()
                .filter(|sentence| !change.contains(sentence))
                .cloned()
                .collect::<Vec<_>>()
            {
                change.push(sentence);
            }
        }
        let files = diagnoses.first().map_or("*.har", |diagnosis| diagnosis.file.as_str());
        change.push(simulate(&format!("{files} ...")));
        Self { headline: headline(causes, pool.files, &busy), proved, possible, settle, change }
    }
}
