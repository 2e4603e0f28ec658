//! The calls that run: each in a thread, which waits for the process of its command.

use super::tools::{Inside, Line, Shape};
use super::{print_json, result};
use serde_json::{Value, json};
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Calls that run at once; the next one waits for the oldest.
const AT_ONCE: usize = 4;
/// The longest output of a command, in bytes.
const LONGEST: u64 = 64 << 20;
/// How often a command is looked at, and how often at most: five minutes.
const LOOK: Duration = Duration::from_millis(10);
const LOOKS: u32 = 30_000;
/// Columns of a waterfall.
const COLUMNS: &str = "110";

/// The calls that have not been answered yet.
pub(super) struct Calls {
    inside: Inside,
    running: Vec<(Value, Arc<AtomicBool>, JoinHandle<()>)>,
}

/// Why a command gave no result.
enum Ended {
    /// The client does not want it any more, and gets no answer.
    Cancelled,
    /// For people.
    Because(String),
}

impl Calls {
    pub(super) const fn new(folder: PathBuf) -> Self {
        Self { inside: Inside(folder), running: Vec::new() }
    }

    /// Starts a call; its answer is printed when it is there.
    pub(super) fn start(&mut self, id: Value, tool: &str, arguments: &Value) {
        self.running.retain(|(.., thread)| !thread.is_finished());
        if self.running.len() >= AT_ONCE {
            let (.., oldest) = self.running.remove(0);
            let _ = oldest.join();
        }
        let cancelled = Arc::new(AtomicBool::new(false));
        let (line, flag, inside, own) =
            (self.inside.line(tool, arguments), cancelled.clone(), self.inside.clone(), id.clone());
        let thread = std::thread::spawn(move || {
            let answer = match line {
                Ok(line) => inside.call(&line, &flag),
                Err(reason) => Err(Ended::Because(reason)),
            };
            let answer = match answer {
                Ok(answer) => answer,
                Err(Ended::Cancelled) => return,
                Err(Ended::Because(reason)) => json!({ "content": [text(&reason)], "isError": true }),
            };
            // A client that is gone reads no answer.
            let _ = print_json(&result(&own, &answer));
        });
        self.running.push((id, cancelled, thread));
    }

    /// Ends a call.
    pub(super) fn cancel(&self, id: &Value) {
        let calls = self.running.iter().filter(|(other, ..)| other == id);
        calls.for_each(|(_, cancelled, _)| cancelled.store(true, Ordering::Relaxed));
    }

    /// Waits for all calls.
    pub(super) fn finish(self) {
        for (.., thread) in self.running {
            let _ = thread.join();
        }
    }
}

fn text(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

impl Inside {
    /// The result of a tool.
    fn call(&self, line: &Line, cancelled: &AtomicBool) -> Result<Value, Ended> {
        let json = |printed: &str| {
            let value = serde_json::from_str::<Value>(printed).map_err(|error| Ended::Because(error.to_string()))?;
            Ok::<_, Ended>((value, text(printed.trim_end())))
        };
        match line.shape {
            Shape::Text => Ok(json!({ "content": [text(&self.output(&line.words, cancelled)?)], "isError": false })),
            Shape::Json => {
                let (value, content) = json(&self.output(&line.words, cancelled)?)?;
                Ok(json!({ "content": [content], "structuredContent": value, "isError": false }))
            }
            Shape::Both => {
                let picture = text(&self.output(&line.words, cancelled)?);
                let words = [line.words.as_slice(), &["--format=json".to_owned()]].concat();
                let (value, content) = json(&self.output(&words, cancelled)?)?;
                Ok(json!({ "content": [picture, content], "structuredContent": value, "isError": false }))
            }
        }
    }

    /// What a command prints.
    fn output(&self, words: &[String], cancelled: &AtomicBool) -> Result<String, Ended> {
        let because = |error: std::io::Error| Ended::Because(format!("the command cannot be run: {error}"));
        let mut command = Command::new(std::env::current_exe().map_err(because)?);
        command.args(words).current_dir(&self.0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("COLUMNS", COLUMNS).env("NO_COLOR", "1").env_remove("FORCE_COLOR").env_remove("CLICOLOR_FORCE");
        command.env_remove("LC_ALL").env("LANG", "C.UTF-8").env_remove("LC_CTYPE");
        let mut child = command.spawn().map_err(because)?;
        let (output, errors) = (child.stdout.take().map(reader), child.stderr.take().map(reader));
        let mut looks = 0;
        let status = loop {
            if let Some(status) = child.try_wait().map_err(because)? {
                break status;
            }
            looks += 1;
            if cancelled.load(Ordering::Relaxed) || looks > LOOKS {
                child.kill().map_err(because)?;
                child.wait().map_err(because)?;
                return Err(if looks > LOOKS {
                    Ended::Because("it took longer than five minutes; ask for fewer loads".to_owned())
                } else {
                    Ended::Cancelled
                });
            }
            std::thread::sleep(LOOK);
        };
        let read = |reader: Option<JoinHandle<Vec<u8>>>| {
            let bytes = reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let (output, errors) = (read(output), read(errors));
        // 1: a check failed, 3: the loads do not decide. Both have a result.
        match status.code() {
            Some(0 | 1 | 3) => Ok(output),
            _ => Err(Ended::Because(errors.trim().to_owned())),
        }
    }
}

/// Reads a stream to its end, or to the limit.
fn reader(stream: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.take(LONGEST).read_to_end(&mut bytes);
        bytes
    })
}
