//! All statements of one load, in their order, and those of several loads together.
//!
//! Rule: a statement of several loads names how many loads have it, and is that of the load in which it weighs most, word for
//! word. Nothing is added up but the counts of the first sentence.

use super::advice::Advice;
use super::answer::{Answer, NoShortage};
use super::calls::{BrokenOff, Calls, Errors, Open, Statuses};
use super::case::Case;
use super::claim::Claim;
use super::connections::{Multiplexed, NotReused, Sockets, Streams, Taken, Waited};
use super::part::Part;
use super::patterns::{Bursting, Identical, Limit, Polled, SlowTogether};
use super::phrases::NAMES;
use super::statement::Statement;
use super::summary;
use serde::Serialize;
use sixslot_har::unanswered::Reading;
use sixslot_har::{Archive, Diagnosis};
use std::collections::{BTreeMap, BTreeSet};

/// Facts of one sort that are looked at for a sentence: each look takes time in proportion to the entries.
const LOOKED_AT: usize = 64;

/// The statements of one load.
pub(super) fn of_load(archive: &Archive, diagnosis: &Diagnosis) -> Vec<Statement> {
    let case = Case::new(archive, diagnosis);
    let mut claims = calls(&case);
    claims.extend(connections(&case));
    claims.extend(patterns(&case));
    let answer = Answer::check(&case, &claims);
    keep_longest_waits(&mut claims);
    claims.extend(NoShortage::check(&case, &answer, &claims).map(Claim::NoShortage));
    let advice = Advice::check(&case, &claims);
    let mut statements = vec![Statement::from(Claim::Failures(answer))];
    statements.extend(claims.into_iter().map(Statement::from));
    statements.extend(advice.into_iter().map(Statement::from));
    statements.sort_by_key(|statement| statement.part);
    statements
}

/// Of many origins only those with the longest waits are reported; the counts of the first sentence have all.
fn keep_longest_waits(claims: &mut Vec<Claim>) {
    let waits = claims.iter().filter(|claim| matches!(claim, Claim::Waited(_))).map(Claim::weight);
    let mut waits = waits.collect::<Vec<_>>();
    waits.sort_unstable_by(f64::total_cmp);
    if let Some(least) = waits.len().checked_sub(NAMES).map(|at| waits[at]) {
        claims.retain(|claim| !matches!(claim, Claim::Waited(_)) || claim.weight() >= least);
    }
}

fn calls(case: &Case<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for calls in Calls::check(case, Reading::Starved) {
        claims.push(if calls.is_held() { Claim::NeverSent(calls) } else { Claim::NeverSentUnexplained(calls) });
    }
    claims.extend(Calls::check(case, Reading::Sent).into_iter().map(Claim::SentUnanswered));
    claims.extend(Calls::check(case, Reading::Unknown).into_iter().map(Claim::PerhapsSent));
    claims.extend(Errors::check(case).map(Claim::NetworkError));
    claims.extend(Statuses::check(case).map(Claim::ErrorStatus));
    claims.extend(Calls::check(case, Reading::TakenBack).into_iter().map(Claim::TakenBack));
    claims.extend(BrokenOff::check(case).map(Claim::BrokenOffTogether));
    claims.extend(Open::check(case).map(Claim::OpenAtEnd));
    claims
}

fn connections(case: &Case<'_>) -> Vec<Claim> {
    let origins = || case.diagnosis.origins.iter();
    let mut claims = origins().filter_map(|origin| Taken::check(case, origin)).map(Claim::AllTaken).collect::<Vec<_>>();
    claims.extend(origins().filter_map(|origin| NotReused::check(case, origin)).map(Claim::NotReused));
    claims.extend(origins().filter_map(|origin| Waited::check(case, origin)).map(Claim::Waited));
    claims.extend(origins().filter_map(|origin| Streams::check(case, origin)).map(Claim::StreamOpen));
    claims.extend([true, false].into_iter().filter_map(|takes| Sockets::check(case, takes)).map(Claim::Socket));
    claims.extend(Multiplexed::check(case).map(Claim::Multiplexed));
    claims.extend(origins().filter_map(|origin| Taken::check_perhaps(case, origin)).map(Claim::PerhapsAllTaken));
    claims
}

fn patterns(case: &Case<'_>) -> Vec<Claim> {
    let Diagnosis { busy, deadlines, cadences, bursts, identical, .. } = case.diagnosis;
    let mut slowest = busy.iter().collect::<Vec<_>>();
    slowest.sort_by(|one, other| other.longest_ms.total_cmp(&one.longest_ms));
    let mut slow =
        slowest.into_iter().take(LOOKED_AT).filter_map(|busy| SlowTogether::check(case, busy)).collect::<Vec<_>>();
    // The slowest of each origin.
    slow.sort_by(|one, other| one.origin.cmp(&other.origin).then(other.longest_ms.total_cmp(&one.longest_ms)));
    slow.dedup_by(|one, other| one.origin == other.origin);
    let mut claims = slow.into_iter().map(Claim::SlowTogether).collect::<Vec<_>>();
    claims.extend(deadlines.iter().filter_map(|deadline| Limit::check(case, deadline)).map(Claim::Deadline));
    claims.extend(cadences.iter().filter_map(|cadence| Polled::check(case, cadence)).map(Claim::Polled));
    claims.extend(
        bursts.iter().take(LOOKED_AT).filter_map(|burst| Bursting::check(case, burst)).take(NAMES).map(Claim::Burst),
    );
    let identical = identical.iter().take(LOOKED_AT).filter_map(|identical| Identical::check(case, identical));
    claims.extend(identical.take(NAMES).map(Claim::Identical));
    claims
}

/// A statement of several loads.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pooled {
    /// How many loads have a statement of the same kind and subject.
    pub loads: usize,
    /// Of how many.
    pub of: usize,
    /// The load whose statement it is; none where it is of all.
    pub load: Option<String>,
    /// The statement.
    #[serde(flatten)]
    pub statement: Statement,
}

/// The statements of several loads, each with its name.
pub(super) fn together(loads: &[(&str, &[Statement])]) -> Vec<Pooled> {
    let all = loads.iter().map(|(_, statements)| *statements).collect::<Vec<_>>();
    let of = loads.len();
    let mut known = BTreeMap::<(&str, &str), usize>::new();
    let mut result = vec![Pooled { loads: of, of, load: None, statement: summary::together(&all) }];
    for (name, statements) in loads {
        // A load counts once, however many statements of one thing it has.
        let mut counted = BTreeSet::new();
        for statement in statements.iter().filter(|statement| statement.part != Part::Answer) {
            let at = *known.entry((statement.kind(), &statement.subject)).or_insert(result.len());
            if at == result.len() {
                result.push(Pooled { loads: 0, of, load: Some((*name).to_owned()), statement: statement.clone() });
            }
            let pooled = &mut result[at];
            pooled.loads += usize::from(counted.insert(at));
            if statement.weight() > pooled.statement.weight() {
                pooled.statement = statement.clone();
                pooled.load = Some((*name).to_owned());
            }
        }
    }
    // What most of them have first.
    result.sort_by_key(|pooled| (pooled.statement.part, std::cmp::Reverse(pooled.loads)));
    result
}
