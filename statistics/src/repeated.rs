//! How the requests at one server share it, where several loads make the same requests.
//!
//! Rule: the logarithm of a work is a number of its request, a number of its load, and a deviation that is normal with one
//! variance for all. So nothing is compared but the same request in different loads, against the slowness of the whole load: that one
//! request is dearer than another, or comes when more are there, and that one load is slower, says nothing of sharing. Disciplines
//! are compared by their likelihood as in [`super::sharing`]. Deviations are not normal in truth, so a ratio of likelihoods is
//! no probability: what it is worth is found by simulation (Cox 1961, "Tests of separate families of hypotheses"; Davison and
//! Hinkley 1997, "Bootstrap Methods and their Application", section 4.2).

use super::sharing::{LEAST_MS, SPREAD, Server, Visit, candidates, works};
use libm::{log, pow};

/// What repeated requests say of a server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// The likeliest discipline; requests on w workers take n / w as long as one unless a greater exponent is clearly likelier.
    pub server: Server,
    /// The logarithm of its likelihood ratio against independent requests.
    pub gain: f64,
}

/// Deviations are taken from requests and loads in turn so often, which is exact where every load has each request.
const TURNS: usize = 8;
/// By this much the logarithm of a likelihood is greater by chance once in twenty, for one number more.
const CLEARLY: f64 = 1.92;

/// The works of a load, by its number, and the logarithm of the determinant; `None` where the load is impossible.
type Worked<'a> = &'a dyn Fn(usize) -> Option<(Vec<f64>, f64)>;

/// The logarithm of the likelihood of recorded loads with these works, over the requests that at least two loads have, up to a
/// constant; minus infinity where the loads are impossible. A visit's class is its request's number.
fn log_likelihood(loads: &[Vec<Visit>], worked: Worked<'_>) -> f64 {
    let requests = loads.iter().flatten().map(|visit| visit.class + 1).max().unwrap_or(0);
    let mut times = vec![0_usize; requests];
    loads.iter().flatten().for_each(|visit| times[visit.class] += 1);
    let mut sum = 0.0;
    // (request, load, deviation)
    let mut deviations: Vec<(usize, usize, f64)> = Vec::new();
    for (load, visits) in loads.iter().enumerate() {
        let Some((works, determinant)) = worked(load) else { return f64::NEG_INFINITY };
        sum += determinant;
        for (visit, work) in visits.iter().zip(works).filter(|(visit, _)| times[visit.class] > 1) {
            let work = log(work);
            sum -= work;
            deviations.push((visit.class, load, work));
        }
    }
    for _ in 0..TURNS {
        center(&mut deviations, requests, |one| one.0);
        center(&mut deviations, loads.len(), |one| one.1);
    }
    let number = deviations.len() as f64;
    let variance = deviations.iter().map(|one| one.2 * one.2).sum::<f64>() / number.max(1.0);
    sum - 0.5 * number * (log(variance.max(SPREAD * SPREAD)) + 1.0)
}

/// Takes the mean of each group out of its deviations.
fn center(deviations: &mut [(usize, usize, f64)], groups: usize, group: impl Fn(&(usize, usize, f64)) -> usize) {
    let mut means = vec![(0.0, 0.0); groups];
    for one in deviations.iter() {
        let mean = &mut means[group(one)];
        *mean = (mean.0 + one.2, mean.1 + 1.0);
    }
    for one in deviations.iter_mut() {
        let (sum, number) = means[group(one)];
        one.2 -= sum / number;
    }
}

/// The likeliest discipline other than independence for the visits of several loads. A visit's class is the number of its request, the
/// same in each load.
#[must_use]
pub fn likeliest(loads: &[Vec<Visit>]) -> Found {
    let of = |server: Server| log_likelihood(loads, &|load| works(&loads[load], server));
    let mut plain = (Server::Independent, f64::NEG_INFINITY);
    let mut any = plain;
    for server in candidates() {
        let likelihood = of(server);
        let is_plain = !matches!(server, Server::ProcessorSharing { exponent, .. } if exponent > 1.0);
        if is_plain && likelihood > plain.1 {
            plain = (server, likelihood);
        }
        if likelihood > any.1 {
            any = (server, likelihood);
        }
    }
    let (server, likelihood) = if any.1 > plain.1 + CLEARLY { any } else { plain };
    Found { server, gain: likelihood - of(Server::Independent) }
}

/// Powers of the number of bodies by which they may slow a first byte.
const POWERS: [f64; 4] = [0.25, 0.5, 0.75, 1.0];

/// Whether bodies explain a part of the times to first byte: the path to the browser is shared, whatever the server is. Each load's bodies
/// are (from, until), on the clock of its visits; n of them make an answer 1 + n to some power times as slow.
#[must_use]
pub fn bodies_slow(loads: &[Vec<Visit>], bodies: &[Vec<(f64, f64)>]) -> bool {
    let coming: Vec<Vec<(f64, f64)>> = bodies.iter().map(|bodies| numbers(bodies)).collect();
    let alone = log_likelihood(loads, &|load| works(&loads[load], Server::Independent));
    let slowed = |power: f64| log_likelihood(loads, &|load| Some(behind(&loads[load], &coming[load], power)));
    POWERS.into_iter().map(slowed).fold(f64::NEG_INFINITY, f64::max) > alone + CLEARLY
}

/// How many bodies come from each moment on.
fn numbers(bodies: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut changes: Vec<(f64, f64)> = bodies.iter().flat_map(|(from, until)| [(*from, 1.0), (*until, -1.0)]).collect();
    changes.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut number = 0.0;
    for change in &mut changes {
        number += change.1;
        change.1 = number;
    }
    changes
}

/// The works of visits that the bodies slow, and the logarithm of the determinant.
fn behind(visits: &[Visit], coming: &[(f64, f64)], power: f64) -> (Vec<f64>, f64) {
    let rate = |number: f64| pow(1.0 + number, -power);
    // (from, rate, what a request that was always there has attained until then)
    let mut steps = vec![(f64::NEG_INFINITY, 1.0, 0.0)];
    let mut last = (coming.first().map_or(0.0, |first| first.0), 1.0, 0.0);
    for (at, number) in coming {
        last = (*at, rate(*number), last.2 + last.1 * (at - last.0));
        steps.push(last);
    }
    let attained = |at: f64| {
        let (from, rate, until) = steps[steps.partition_point(|step| step.0 <= at).max(1) - 1];
        if from.is_finite() { until + rate * (at - from) } else { at - steps.get(1).map_or(0.0, |first| first.0) }
    };
    let left = |visit: &Visit| log(steps[steps.partition_point(|step| step.0 < visit.left).max(1) - 1].1);
    let works = visits.iter().map(|visit| (attained(visit.left) - attained(visit.came)).max(LEAST_MS)).collect();
    (works, visits.iter().map(left).sum())
}

#[cfg(test)]
mod tests {
    use super::{Server, Visit, behind, bodies_slow, likeliest, numbers};

    /// Loads of eight requests, of works that differ by request and a little by load. Four come together, in every second load the
    /// others; each of the rest is alone.
    fn loads(slowness: fn(usize) -> f64, stay: fn(&[f64], usize) -> f64) -> Vec<Vec<Visit>> {
        let load = |number: usize| {
            let noise = |class: usize| libm::exp(0.2 * libm::sin((7 * number + 3 * class) as f64));
            let work = |class: usize| 20.0 * (class + 1) as f64 * noise(class) * slowness(number);
            let first = 4 * (number % 2);
            let works: Vec<f64> = (first..first + 4).map(work).collect();
            let visit = |class: usize| {
                let together = (first..first + 4).contains(&class);
                let came = if together { 0.0 } else { 10_000.0 * (class + 1) as f64 };
                Visit { class, came, left: came + if together { stay(&works, class - first) } else { work(class) } }
            };
            (0..8).map(visit).collect()
        };
        (0..6).map(load).collect()
    }

    /// The end of a work among others that share one worker from the same moment on: each has had as much of it until then.
    fn shared(works: &[f64], one: usize) -> f64 {
        works.iter().map(|other| other.min(works[one])).sum()
    }

    #[test]
    fn sharing_is_found_and_slow_loads_are_none() {
        let found = likeliest(&loads(|_| 1.0, shared));
        assert_eq!(found.server, Server::ProcessorSharing { workers: 1, exponent: 1.0 });
        assert!(found.gain > 20.0, "{found:?}");
        let alone = likeliest(&loads(|_| 1.0, |works, one| works[one]));
        assert!(alone.gain < 1.0, "{alone:?}");
        // Loads in which everything takes long have more requests at once, and yet none slows another.
        let slow = likeliest(&loads(|number| (7 - number) as f64, |works, one| works[one]));
        assert!(slow.gain < 1.0, "{slow:?}");
    }

    #[test]
    fn requests_of_one_load_and_none_say_nothing() {
        assert_eq!(likeliest(&[]).gain, 0.0);
        let lone = vec![vec![Visit { class: 0, came: 0.0, left: 5.0 }, Visit { class: 1, came: 1.0, left: 9.0 }]];
        assert!(likeliest(&lone).gain <= 0.0);
    }
    #[test]
    fn bodies_slow_the_answers_that_come_behind_them() {
        // One body from 10 to 30: of a stay from 0 to 40 at half speed meanwhile, 30 are work.
        let visits = [Visit { class: 0, came: 0.0, left: 40.0 }, Visit { class: 1, came: 5.0, left: 20.0 }];
        let (works, determinant) = behind(&visits, &numbers(&[(10.0, 30.0)]), 1.0);
        assert_eq!((works, determinant), (vec![30.0, 10.0], libm::log(0.5)));
        assert_eq!(behind(&visits, &numbers(&[]), 1.0), (vec![40.0, 15.0], 0.0));
        // Requests that came together were four times as slow. Bodies are the reason only where they came then.
        let loads = loads(|_| 1.0, |works, one| 4.0 * works[one]);
        let bodies = |at: f64| vec![vec![(at, at + 5_000.0); 3]; loads.len()];
        assert!(bodies_slow(&loads, &bodies(0.0)) && !bodies_slow(&loads, &bodies(-6_000.0)));
        assert!(!bodies_slow(&loads, &vec![Vec::new(); loads.len()]));
    }
}
