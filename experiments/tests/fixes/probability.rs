//! Probabilities of the as-told page, computed without the simulator: exact where a formula exists, else an upper bound.
//!
//! The page at its opening, from scenarios/issue-1855.toml: n renders (n projects), the mux and the projects list stand
//! before the session's call, first come first served, for six slots. The mux keeps the slot that it gets. So with n <= 3
//! the call has a slot at once, with n = 4 when the list's 50 ms are over, and with n >= 5 it waits until n - 4 renders
//! have ended: n - 6 slots go to further renders, one to the mux (if n >= 6), one to the list, and the next one or the
//! list's own to the call. What the page asks for later stands behind it and does not matter.
//!
//! Two exact facts. Renders are independent and identically distributed, and a slot takes the next one when it is free,
//! so the slots are independent renewal processes until the last render has begun. If the n - 4th end comes after t, then
//! at t five slots have been held by renders without a pause since 0, and of the renders that ended in those five slots
//! there are at most n - 6: six times the probability of that is a bound, since there are six ways to choose the five.

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

/// P(exactly m renders end one after the other within x), for m = 0 to 6, x in multiples of a render without noise.
///
/// Renders are lengthened to the next of 256 steps, so that later ends get more probable, never less.
fn renewals(x: f64) -> [f64; 7] {
    const STEPS: usize = 256;
    let edge = |step: usize| beyond(x * step as f64 / STEPS as f64);
    let one: Vec<f64> = (0..STEPS).map(|step| edge(step) - edge(step + 1)).collect();
    let mut sum = vec![0.0; STEPS + 1];
    sum[0] = 1.0;
    let mut at_least = [1.0; 8];
    for within in &mut at_least[1..] {
        let mut longer = vec![0.0; STEPS + 1];
        for (start, probability) in sum.iter().enumerate() {
            for (end, step) in longer[start..].iter_mut().skip(1).zip(&one) {
                *end += probability * step;
            }
        }
        sum = longer;
        *within = sum.iter().sum();
    }
    std::array::from_fn(|m| at_least[m] - at_least[m + 1])
}

/// An upper bound of P(the n - 4th render ends after x): until then renders and the mux hold all slots.
pub fn all_slots_held(projects: u32, x: f64) -> f64 {
    match projects {
        0..=4 => 0.0,
        // The five have a slot each, and the mux has the sixth: exact.
        5 => pow(beyond(x), 5.0),
        _ => {
            let one = renewals(x);
            let most = (projects - 6) as usize;
            let mut five = vec![0.0; most + 1];
            five[0] = 1.0;
            for _ in 0..5 {
                let convolve = |sum: usize| (0..=sum).map(|m| one[m] * five[sum - m]).sum();
                five = (0..=most).map(convolve).collect();
            }
            (6.0 * five.iter().sum::<f64>()).min(1.0)
        }
    }
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
