//! What the tests in real browsers share: one browser at a time, and plans that are repeated.

use sixslot_lab::{Engine, Session};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One browser at a time: two would compete for the processor.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Checks plans in a session. One that fails is repeated in a new session at most twice: a machine may stall, but a wrong rule is
/// wrong three times.
pub fn check_each(
    mut session: Session,
    start: fn(Engine) -> Option<Session>,
    engine: Engine,
    checks: impl IntoIterator<Item = fn(&mut Session, Engine)>,
) -> Session {
    for check in checks {
        for again in [true, true, false] {
            match catch_unwind(AssertUnwindSafe(|| check(&mut session, engine))) {
                Ok(()) => break,
                Err(_) if again => {
                    drop(session);
                    session = start(engine).unwrap();
                }
                Err(panic) => resume_unwind(panic),
            }
        }
    }
    session
}
