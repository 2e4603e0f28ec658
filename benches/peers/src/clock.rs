//! How long a run takes: processor time and wall time.
//!
//! Rule: rates and ratios rest on the processor time of the whole process, which other work on the machine does not lengthen.
//! The wall time stands beside it in the table of single runs.

use rustix::time::{ClockId, clock_gettime};

/// The times of a run, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Elapsed {
    /// Processor time of all threads.
    pub cpu: f64,
    /// Time on the wall.
    pub wall: f64,
}

fn seconds(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Runs something; its result, and how long it took.
pub fn timed<T>(run: impl FnOnce() -> T) -> (T, Elapsed) {
    let (cpu, wall) = (seconds(ClockId::ProcessCPUTime), seconds(ClockId::Monotonic));
    let result = run();
    (result, Elapsed { cpu: seconds(ClockId::ProcessCPUTime) - cpu, wall: seconds(ClockId::Monotonic) - wall })
}
