//! How the requests at one server share it, where several loads make the same requests.
//!
//! Rule: the logarithm of a work is a number of its request, a number of its load, and a deviation that is normal with one
//! variance for all. So nothing is compared but the same request in different loads, against the slowness of the whole load: that one
//! request is dearer than another, or comes when more are there, and that one load is slower, says nothing of sharing. Disciplines
//! are compared by their likelihood as in [`super::sharing`]. Deviations are not normal in truth, so a ratio of likelihoods is
//! no probability: what it is worth is found by simulation (Cox 1961, "Tests of separate families of hypotheses"; Davison and
//! Hinkley 1997, "Bootstrap Methods and their Application", section 4.2).

use super::sharing::{SPREAD, Server, Visit, candidates, works};
use libm::log;

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

/// The logarithm of the likelihood of recorded loads under a discipline, over the requests that at least two loads have, up
/// to a constant; minus infinity where the loads are impossible under it. A visit's class is its request's number: below `requests`.
fn log_likelihood(loads: &[Vec<Visit>], requests: usize, server: Server) -> f64 {
    let mut times = vec![0_usize; requests];
    loads.iter().flatten().for_each(|visit| times[visit.class] += 1);
    let mut sum = 0.0;
    // (request, load, deviation)
    let mut deviations: Vec<(usize, usize, f64)> = Vec::new();
    for (load, visits) in loads.iter().enumerate() {
        let Some((works, determinant)) = works(visits, server) else { return f64::NEG_INFINITY };
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

/// The likeliest discipline other than independence for the visits of several loads. A visit's class is the number of its request, the same
/// in each load.
#[must_use]
pub fn likeliest(loads: &[Vec<Visit>]) -> Found {
    let requests = loads.iter().flatten().map(|visit| visit.class + 1).max().unwrap_or(0);
    let alone = log_likelihood(loads, requests, Server::Independent);
    let mut plain = (Server::Independent, f64::NEG_INFINITY);
    let mut any = plain;
    for server in candidates() {
        let likelihood = log_likelihood(loads, requests, server);
        let is_plain = !matches!(server, Server::ProcessorSharing { exponent, .. } if exponent > 1.0);
        if is_plain && likelihood > plain.1 {
            plain = (server, likelihood);
        }
        if likelihood > any.1 {
            any = (server, likelihood);
        }
    }
    let (server, likelihood) = if any.1 > plain.1 + CLEARLY { any } else { plain };
    Found { server, gain: likelihood - alone }
}

#[cfg(test)]
mod tests {
    use super::{Server, Visit, likeliest};

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
}
