//! Probabilities of the as-reported page, computed without the simulator: exact where a formula exists, else an upper bound.
//!
//! The page at its opening, from scenarios/issue-1855.toml: n renders (n projects), the mux and the projects list stand
//! before the session's call, first come first served, for six slots. The mux keeps the slot that it gets. So with n <= 3
//! the call has a slot at once, with n = 4 when the list's 50 ms are over, and with n >= 5 it waits until n - 4 renders
//! have ended: n - 6 slots go to further renders, one to the mux (if n >= 6), one to the list, and the next one or the
//! list's own to the call. What the page asks for later stands behind it and does not matter.
//!
//! Renders are independent and identically distributed, and a slot takes the next one when it is free, so six renders run
//! until the last one has begun, when n - 6 have ended, and the slots are independent renewal processes until then. That
//! makes the wait's law computable: see [`all_slots_held`].

use libm::{erfc, exp, log, pow};

/// Below this a failure is called practically impossible.
pub const NEVER: f64 = 1e-9;

/// The noise of every duration, as the scenario has it: log-normal, with these 5 % and 95 % quantiles.
const NOISE: (f64, f64) = (0.422, 2.37);
/// The standard normal distribution's 95 % quantile.
const Z95: f64 = 1.644_853_626_951_472_2;

/// The session call's probe without noise, in seconds.
pub const PROBE: f64 = 0.2;
/// The projects list, in seconds.
pub const LIST: f64 = 0.05;

/// A render without noise, in seconds.
pub fn render(sessions: u32) -> f64 {
    1.08 + 0.2 * f64::from(sessions)
}

/// A render that reads the disk index, without noise, in seconds.
pub fn render_from_disk(sessions: u32) -> f64 {
    1.08 + 0.005 * f64::from(sessions)
}

fn normal_beyond(z: f64) -> f64 {
    0.5 * erfc(z / std::f64::consts::SQRT_2)
}

fn spread() -> f64 {
    log(NOISE.1 / NOISE.0) / (2.0 * Z95)
}

fn standard(noise: f64) -> f64 {
    (log(noise) - 0.5 * (log(NOISE.0) + log(NOISE.1))) / spread()
}

/// P(noise > x).
pub fn beyond(x: f64) -> f64 {
    if x > 0.0 { normal_beyond(standard(x)) } else { 1.0 }
}

/// The density of the noise at x.
fn density(x: f64) -> f64 {
    let z = standard(x);
    exp(-0.5 * z * z) / (x * spread() * (2.0 * std::f64::consts::PI).sqrt())
}

/// Bounds by the number of projects, from 1.
pub type ByProjects = [f64; 12];

/// Renders that can end before the call gets its slot.
const ENDS: usize = 8;
type Counts = [f64; ENDS - 1];

/// P(the n - 4th render ends after x), so that until then renders and the mux hold all slots, for each number of projects;
/// x in multiples of a render without noise.
///
/// It is the exact value on a grid of time, with each duration lengthened to the next step: that makes late ends more
/// probable, never less. Up to four projects leave a slot free. Five have a slot each, and the mux has the sixth: all five
/// take longer than x. With more, either at most n - 6 renders have ended by x; or n - 5 have, the last of them in a slot
/// that the mux then takes, and after it none in the five other slots.
pub fn all_slots_held(x: f64) -> ByProjects {
    const STEPS: usize = 400;
    let late: Vec<f64> = (0..=STEPS).map(|step| beyond(x * step as f64 / STEPS as f64)).collect();
    // ends[m][t]: the m-th render of a slot ends at step t.
    let mut ends: [Vec<f64>; ENDS] = std::array::from_fn(|_| vec![0.0; STEPS + 1]);
    ends[0][0] = 1.0;
    for m in 1..ENDS {
        for start in 0..STEPS {
            for end in start + 1..=STEPS {
                ends[m][end] += ends[m - 1][start] * (late[end - start - 1] - late[end - start]);
            }
        }
    }
    // At the last step, counts[m] is the probability that a slot has had m ends by then, and runs a render still.
    let (mut counts, mut last_free) = ([0.0; ENDS - 1], [0.0; ENDS - 1]);
    for step in 0..=STEPS {
        for m in 0..ENDS - 1 {
            counts[m] += ends[m][step] * late[STEPS - step];
        }
        let others = times(&times(&times(&times(&counts, &counts), &counts), &counts), &counts);
        for more in 0..ENDS - 1 {
            last_free[more] += 6.0 * (0..=more).map(|own| ends[own + 1][step] * others[more - own]).sum::<f64>();
        }
    }
    let two = times(&counts, &counts);
    let six = times(&times(&two, &two), &two);
    std::array::from_fn(|index| match index + 1 {
        ..=4 => 0.0,
        5 => pow(beyond(x), 5.0),
        projects => six[..=projects - 6].iter().sum::<f64>() + last_free[projects - 6],
    })
}

/// The law of the sum of two counts.
fn times(one: &Counts, other: &Counts) -> Counts {
    std::array::from_fn(|sum| (0..=sum).map(|m| one[m] * other[sum - m]).sum())
}

/// P(a load fails without a fix) for five or six projects: a range that holds the exact value.
///
/// Five: the call waits for the shortest of five renders. Six: for the second shortest of six, since the mux takes the
/// first slot that gets free. After 5 s the list has given up, and the call takes the slot itself; before, the list takes
/// it, and the call waits up to 50 ms more: that is the range. The load fails if wait and probe take more than 8 s.
pub fn failure(projects: u32, sessions: u32) -> std::ops::Range<f64> {
    let scale = render(sessions);
    let late = |t: f64| beyond(t / scale);
    let still_waits = |t: f64| match projects {
        5 => pow(late(t), 5.0),
        6 => pow(late(t), 6.0) + 6.0 * pow(late(t), 5.0) * (1.0 - late(t)),
        _ => unreachable!("no formula for {projects} projects"),
    };
    let ends_at = |t: f64| {
        let order = if projects == 5 { 5.0 * pow(late(t), 4.0) } else { 30.0 * pow(late(t), 4.0) * (1.0 - late(t)) };
        order * density(t / scale) / scale
    };
    let fails = |from: f64, to: f64, steps: usize, list: f64| {
        simpson(from, to, steps, |wait| ends_at(wait) * beyond((8.0 - wait - list) / PROBE))
    };
    // In the last tenth of a second the probe's law is steep.
    let after_the_list = still_waits(8.0) + fails(5.0, 7.9, 2_000, 0.0) + fails(7.9, 8.0 - 1e-9, 20_000, 0.0);
    let [low, high] = [0.0, LIST].map(|list| fails(1e-3, 5.0, 2_000, list));
    after_the_list + low..after_the_list + high
}

fn simpson(from: f64, to: f64, steps: usize, f: impl Fn(f64) -> f64) -> f64 {
    let width = (to - from) / steps as f64;
    let weighted = (0..=steps).map(|step| {
        let weight = if step == 0 || step == steps { 1.0 } else { 2.0 + 2.0 * (step % 2) as f64 };
        weight * f(from + width * step as f64)
    });
    weighted.sum::<f64>() * width / 3.0
}
