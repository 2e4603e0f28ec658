//! SimPy and Ciw, in a process that waits while it is not their turn.
//!
//! Rule: one line asks, one line answers (python/peers.py). That process measures its own times, so the pipe costs nothing.

use crate::clock::Elapsed;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The running process.
#[derive(Debug)]
pub struct Python {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What a run counted: its units, the work in them, the hits among them; and its times.
pub type Answer = (u64, u64, u64, Elapsed);

impl Python {
    /// Starts an interpreter with a script.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(interpreter: &str, script: &str) -> Result<Self, String> {
        let mut command = Command::new(interpreter);
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("{interpreter}: {error}"))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(questions), Some(answers)) => Ok(Self { child, questions, answers: BufReader::new(answers) }),
            _ => Err(format!("{interpreter}: no pipes")),
        }
    }

    /// Runs a workload by a library.
    ///
    /// # Errors
    /// The library is missing, or the process has ended.
    pub fn ask(&mut self, library: &str, workload: &str, seed: u64, units: u64) -> Result<Answer, String> {
        let gone = |error: std::io::Error| format!("{library}: {error}");
        writeln!(self.questions, "{library} {workload} {seed} {units}").map_err(gone)?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(gone)?;
        parse(&line).ok_or_else(|| format!("{library}: {}", line.trim()))
    }
}

fn parse(line: &str) -> Option<Answer> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [units, work, hits, cpu, wall] = words.as_slice() else { return None };
    let elapsed = Elapsed { cpu: cpu.parse().ok()?, wall: wall.parse().ok()? };
    Some((units.parse().ok()?, work.parse().ok()?, hits.parse().ok()?, elapsed))
}

impl Drop for Python {
    fn drop(&mut self) {
        // The end of its input would end it too; a library that hangs would not see that.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
