//! The threads of a command.

use super::Failure;

/// The most threads.
pub(super) const THREADS: u16 = 1024;

/// A thread pool with a number of threads. Default: that of RAYON_NUM_THREADS, else one for each core.
pub(super) fn thread_pool(jobs: Option<u16>) -> Result<rayon::ThreadPool, Failure> {
    let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get().min(usize::from(THREADS)));
    let threads = match (jobs, std::env::var("RAYON_NUM_THREADS")) {
        (Some(jobs), _) => usize::from(jobs),
        (None, Ok(text)) if !text.is_empty() => match text.parse::<u16>() {
            Ok(0) => cores(),
            Ok(threads) if threads <= THREADS => usize::from(threads),
            _ => {
                let message = format!("the variable RAYON_NUM_THREADS is not a number of threads from 1 to {THREADS}");
                return Err(Failure::Usage(message));
            }
        },
        (None, _) => cores(),
    };
    // An explicit stack, so that RUST_MIN_STACK does not count either.
    let builder = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(4 << 20);
    builder.build().map_err(|error| Failure::Usage(format!("no threads: {error}; try a smaller --jobs")))
}
