//! Exit codes.
//!
//! Rule: the program ends with one of these; each error knows its own (`Failure::exit`). 130 is what shells report for a
//! program that was ended by SIGINT.

use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Exit {
    /// 0: done. A reader that closes the pipe early is not an error.
    Done = 0,
    /// 1: a check failed.
    CheckFailed = 1,
    /// 2: bad usage, or unusable input or output.
    Unusable = 2,
    /// 3: the loads do not decide.
    Undecided = 3,
    /// 130: interrupted by Ctrl-C.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
