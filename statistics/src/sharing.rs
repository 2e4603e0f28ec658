//! How the requests at one server share it, from the times at which they came and left.
//!
//! Rule: under each discipline the recorded times give back the work of each request: alone, its whole stay; with processor
//! sharing, the integral of its share; with a queue, its stay behind those before it. The likelihood of the recorded times is
//! that of the works, log-normal in each class, times the determinant of the change of variables, which is triangular in the
//! order of the ends (processor sharing: the share at each end; otherwise 1). Disciplines are compared by its logarithm.

use libm::{log, pow};
use std::collections::BTreeMap;

/// The stay of a request at a server, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Visit {
    /// Its class: requests of one class have works of one distribution.
    pub class: usize,
    /// When it came.
    pub came: f64,
    /// When it left, not before it came.
    pub left: f64,
}

/// How a server is shared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Server {
    /// Requests do not slow each other.
    Independent,
    /// n requests on w workers take (n / w) to the power `exponent` times as long as one.
    ProcessorSharing {
        /// Requests at full speed, at least 1.
        workers: usize,
        /// At least 1; 1: sharing costs nothing.
        exponent: f64,
    },
    /// First come, first served.
    Fifo {
        /// Requests at once, at least 1.
        workers: usize,
    },
}

/// Works below this, in milliseconds, are clock errors: a queue that needs them to be shorter did not happen.
const CLOCK_MS: f64 = 2.0;
/// The least work.
pub const LEAST_MS: f64 = 0.05;

/// The works that the visits of one load had under a discipline, and the logarithm of the determinant; `None` where these
/// visits are impossible under it. O(n log n).
#[must_use]
pub fn works(visits: &[Visit], server: Server) -> Option<(Vec<f64>, f64)> {
    match server {
        Server::Independent => {
            Some((visits.iter().map(|visit| (visit.left - visit.came).max(LEAST_MS)).collect(), 0.0))
        }
        Server::ProcessorSharing { workers, exponent } => Some(shared(visits, workers, exponent)),
        Server::Fifo { workers } => queued(visits, workers).map(|works| (works, 0.0)),
    }
}

fn shared(visits: &[Visit], workers: usize, exponent: f64) -> (Vec<f64>, f64) {
    // At one moment those who leave make room for those who come.
    let mut events: Vec<(f64, bool, usize)> = Vec::with_capacity(2 * visits.len());
    for (at, visit) in visits.iter().enumerate().filter(|(_, visit)| visit.left > visit.came) {
        events.push((visit.came, true, at));
        events.push((visit.left, false, at));
    }
    events.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)).then(one.2.cmp(&other.2)));
    let rate = |present: usize| pow((workers as f64 / present.max(1) as f64).min(1.0), exponent);
    // Who came and left at one moment had no work to speak of.
    let mut works = vec![LEAST_MS; visits.len()];
    let (mut present, mut attained, mut before, mut determinant) = (0_usize, 0.0, 0.0, 0.0);
    for (time, comes, at) in events {
        if present > 0 {
            attained += rate(present) * (time - before);
        }
        before = time;
        if comes {
            works[at] = attained;
            present += 1;
        } else {
            works[at] = (attained - works[at]).max(LEAST_MS);
            determinant += log(rate(present));
            present -= 1;
        }
    }
    (works, determinant)
}

fn queued(visits: &[Visit], workers: usize) -> Option<Vec<f64>> {
    let mut order: Vec<usize> = (0..visits.len()).collect();
    order.sort_by(|one, other| {
        let (one, other) = (visits[*one], visits[*other]);
        one.came.total_cmp(&other.came).then(one.left.total_cmp(&other.left))
    });
    // Of those who came within a tick of the clock, the first to leave came first.
    for at in 1..order.len() {
        let mut place = at;
        while place > 0
            && visits[order[place]].came - visits[order[place - 1]].came <= CLOCK_MS
            && visits[order[place]].left < visits[order[place - 1]].left
        {
            order.swap(place, place - 1);
            place -= 1;
        }
    }
    // When each worker is free: the one that is free first takes the next request.
    let mut free = vec![f64::NEG_INFINITY; workers.max(1)];
    let mut works = vec![0.0; visits.len()];
    for at in order {
        let visit = visits[at];
        let worker = (0..free.len()).min_by(|one, other| free[*one].total_cmp(&free[*other]))?;
        let work = visit.left - visit.came.max(free[worker]);
        if work < -CLOCK_MS {
            return None;
        }
        works[at] = work.max(LEAST_MS);
        free[worker] = visit.left.max(free[worker]);
    }
    Some(works)
}

/// Visits of a class below which nothing is said of its works.
const FEWEST: usize = 5;
/// The least spread of the logarithms of works: clocks tick in whole milliseconds.
pub const SPREAD: f64 = 0.01;

/// The logarithm of the likelihood of recorded loads under a discipline, over the classes with enough visits, up to a
/// constant; minus infinity where they are impossible under it.
#[must_use]
pub fn log_likelihood(loads: &[Vec<Visit>], server: Server) -> f64 {
    let (mut by_class, mut sum): (BTreeMap<usize, Vec<f64>>, f64) = (BTreeMap::new(), 0.0);
    for visits in loads {
        let Some((works, determinant)) = works(visits, server) else { return f64::NEG_INFINITY };
        sum += determinant;
        visits.iter().zip(works).for_each(|(visit, work)| by_class.entry(visit.class).or_default().push(work));
    }
    for works in by_class.values().filter(|works| works.len() >= FEWEST) {
        let number = works.len() as f64;
        let logs: Vec<f64> = works.iter().map(|work| log(*work)).collect();
        let mean = logs.iter().sum::<f64>() / number;
        let variance = logs.iter().map(|one| (one - mean) * (one - mean)).sum::<f64>() / number;
        let least = SPREAD.max(0.5 / libm::exp(mean));
        let variance = variance.max(least * least);
        sum -= 0.5 * number * (log(variance) + 1.0) + logs.iter().sum::<f64>();
    }
    sum
}

/// What recorded loads say of a server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// The likeliest discipline.
    pub server: Server,
    /// The logarithm of its likelihood ratio against independent requests.
    pub gain: f64,
    /// That against the likeliest discipline of another kind, independent ones left out.
    pub lead: f64,
    /// The exponents that are as likely within 1.92 (95 % by the likelihood ratio), for processor sharing.
    pub exponents: (f64, f64),
}

/// Numbers of workers that are tried.
const WORKERS: [usize; 8] = [1, 2, 3, 4, 6, 8, 12, 16];
/// Exponents that are tried.
const EXPONENTS: [f64; 7] = [1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0];

/// The disciplines that are tried, besides independent requests.
pub fn candidates() -> impl Iterator<Item = Server> {
    WORKERS.into_iter().flat_map(|workers| {
        let sharing = EXPONENTS.into_iter().map(move |exponent| Server::ProcessorSharing { workers, exponent });
        std::iter::once(Server::Fifo { workers }).chain(sharing)
    })
}

/// The likeliest discipline for the visits of several loads.
#[must_use]
pub fn likeliest(loads: &[Vec<Visit>]) -> Choice {
    let alone = log_likelihood(loads, Server::Independent);
    let mut best = (Server::Independent, alone);
    let (mut sharing, mut queue) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    let mut profile: BTreeMap<usize, f64> = BTreeMap::new();
    for server in candidates() {
        let likelihood = log_likelihood(loads, server);
        if let Server::ProcessorSharing { exponent, .. } = server {
            sharing = sharing.max(likelihood);
            let at = EXPONENTS.iter().position(|one| *one >= exponent).unwrap_or(0);
            let of = profile.entry(at).or_insert(f64::NEG_INFINITY);
            *of = of.max(likelihood);
        } else {
            queue = queue.max(likelihood);
        }
        if likelihood > best.1 {
            best = (server, likelihood);
        }
    }
    let other = if matches!(best.0, Server::Fifo { .. }) { sharing } else { queue };
    let near: Vec<f64> = profile.iter().filter(|(_, of)| **of > sharing - 1.92).map(|(at, _)| EXPONENTS[*at]).collect();
    let exponents = (near.first().copied().unwrap_or(1.0), near.last().copied().unwrap_or(1.0));
    Choice { server: best.0, gain: best.1 - alone, lead: best.1 - other, exponents }
}

#[cfg(test)]
mod tests {
    use super::{Server, Visit, works};

    const fn visit(came: f64, left: f64) -> Visit {
        Visit { class: 0, came, left }
    }

    #[test]
    fn works_are_those_that_make_the_recorded_times() {
        // Works of 10 and 20 on one worker from 0: shared, they end at 20 and 30; queued, at 10 and 30.
        let sharing = Server::ProcessorSharing { workers: 1, exponent: 1.0 };
        let (found, determinant) = works(&[visit(0.0, 20.0), visit(0.0, 30.0)], sharing).unwrap_or_default();
        assert_eq!(found, [10.0, 20.0]);
        assert!((determinant - libm::log(0.5)).abs() < 1e-12);
        // With exponent 2 two requests take four times as long.
        let slow = Server::ProcessorSharing { workers: 1, exponent: 2.0 };
        let (found, _) = works(&[visit(0.0, 40.0), visit(0.0, 50.0)], slow).unwrap_or_default();
        assert_eq!(found, [10.0, 20.0]);
        let fifo = Server::Fifo { workers: 1 };
        assert_eq!(works(&[visit(0.0, 10.0), visit(1.0, 30.0)], fifo), Some((vec![10.0, 20.0], 0.0)));
        assert_eq!(works(&[visit(0.0, 10.0), visit(1.0, 30.0)], Server::Independent), Some((vec![10.0, 29.0], 0.0)));
        // The second one left first: no queue of one worker does that, unless both came at one tick of the clock.
        assert_eq!(works(&[visit(0.0, 30.0), visit(5.0, 10.0)], fifo), None);
        assert_eq!(works(&[visit(0.0, 30.0), visit(1.0, 10.0)], fifo), Some((vec![20.0, 9.0], 0.0)));
        assert!(works(&[visit(0.0, 30.0), visit(5.0, 10.0)], Server::Fifo { workers: 2 }).is_some());
    }
}
