//! The horizon at which a fix is judged.
//!
//! Rule: a fix whose own error needs longer than the horizon is judged at a horizon that shows it: three failures of 8 s
//! cannot be seen in 13 s. That is at most [`FURTHEST`] times the scenario's. "Fixes" is said only if it also holds at twice the
//! horizon, on the same loads. Where so long a load has too many requests, there is no word, and the horizon is named.

use super::pairs::{self, Counts};
use super::row::Rescued;
use super::settings::{Settings, Variant};
use super::word::{self, Word, word};
use crate::replications::Stopped;
use sixslot_models::{Fails, Plan, limits};
use sixslot_sim_core::{Span, Time};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

/// The longest horizon of a judgement, in horizons of the scenario.
const FURTHEST: u64 = 8;

/// What is said of a fix, and at which horizon.
pub(super) struct Judgement {
    pub(super) word: Option<Word>,
    pub(super) rescued: Rescued,
    pub(super) horizon: Span,
    pub(super) needed: Option<Span>,
}

impl Judgement {
    fn new(counts: &Counts, fix: usize, word: Option<Word>, horizon: Span) -> Self {
        let against = &counts.against[fix];
        let (error_ms, ready_ms) = word::rescued(against);
        let (loads, early) = (against.early + against.not_early, against.early);
        Self { word, rescued: Rescued { loads, early, error_ms, ready_ms }, horizon, needed: None }
    }

    /// No word is said, and the horizon that one would need is named.
    fn refuse(&mut self, needed: Span) {
        self.word = None;
        self.needed = Some(needed);
    }
}

/// The time that the slowest error of a plan needs from the first call of its request, if that is over the horizon.
fn beyond(plan: &Plan, horizon: Span) -> Option<Span> {
    let rules = plan.load();
    let earliest = |rule: &sixslot_models::ErrorRule| rule.earliest(plan.classes(), limits::LONGEST_HORIZON);
    let slowest = if rules.fails == Fails::NotReady { None } else { rules.errors.iter().filter_map(earliest).max() };
    slowest.filter(|slowest| *slowest > horizon)
}

/// Judges each fix; after an interrupt, those that need no longer horizon.
pub(super) fn judge(
    baseline: &Plan,
    variants: &[Variant],
    settings: Settings,
    counts: &Counts,
    level: f64,
    interrupt: &AtomicBool,
) -> Vec<Judgement> {
    let horizon = baseline.horizon() - Time::ZERO;
    let fixes = 0..variants.len();
    let new = |fix| Judgement::new(counts, fix, Some(word(counts, fix, level)), horizon);
    let mut judgements: Vec<Judgement> = fixes.clone().map(new).collect();
    let mut clean: Vec<bool> = fixes.clone().map(|fix| word::is_clean(counts, fix)).collect();
    let needs: Vec<Option<Span>> = variants.iter().map(|variant| beyond(&variant.plan, horizon)).collect();
    let furthest = (horizon * FURTHEST).min(limits::LONGEST_HORIZON);
    let twice = (horizon * 2).min(furthest);
    // Fixes by the longer horizons at which they are simulated once more.
    let mut longer: BTreeMap<Span, Vec<usize>> = BTreeMap::new();
    for fix in fixes {
        match needs[fix].map(|needs| (horizon + needs).min(furthest)) {
            Some(needed) => {
                longer.entry(twice).or_default().push(fix);
                if needed > twice {
                    longer.entry(needed).or_default().push(fix);
                }
            }
            None if judgements[fix].word == Some(Word::Fixes) => longer.entry(twice).or_default().push(fix),
            None => {}
        }
    }
    for (span, fixes) in longer {
        let at = |plan: &Plan| {
            let mut plan = plan.clone();
            plan.change_horizon(|_| span);
            plan
        };
        let again: Vec<Variant> =
            fixes.iter().map(|fix| Variant { plan: at(&variants[*fix].plan), ..variants[*fix].clone() }).collect();
        let longer = if counts.loads < settings.loads {
            Err(Stopped::Interrupted)
        } else {
            pairs::count(&at(baseline), &again, (settings.seed, settings.loads), settings.by, interrupt, &|_| ())
        };
        let counts = match longer {
            Ok(counts) if counts.loads == settings.loads => counts,
            Err(Stopped::Load(_)) => {
                fixes.iter().for_each(|fix| judgements[*fix].refuse(span));
                continue;
            }
            _ => {
                fixes.iter().for_each(|fix| judgements[*fix].word = None);
                continue;
            }
        };
        for (number, fix) in fixes.into_iter().enumerate() {
            clean[fix] &= word::is_clean(&counts, number);
            let found = match word(&counts, number, level) {
                Word::Fixes if !clean[fix] => Word::Reduces,
                found => found,
            };
            if needs[fix].is_some() {
                judgements[fix] = Judgement::new(&counts, number, Some(found), span);
            } else if !clean[fix] {
                let found = if matches!(found, Word::Hides | Word::Worse) { found } else { Word::Reduces };
                judgements[fix] = Judgement::new(&counts, number, Some(found), span);
            }
        }
    }
    judgements
}
