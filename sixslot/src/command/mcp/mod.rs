//! `sixslot mcp`: the commands as tools for agents and editors, by the Model Context Protocol on standard input and output.
//!
//! Rule: a tool runs the command of the same name in a process of its own and returns its JSON, so that answers are those of the
//! command line and a call can be cancelled. Files are only those under the folder that the server was started in, after symbolic
//! links are resolved. Standard output belongs to the protocol: a line for each message of JSON-RPC 2.0 (modelcontextprotocol.io,
//! revision 2025-06-18: lifecycle, tools, cancellation, transport stdio). Nothing else of it is offered.

mod calls;
mod tools;

use super::terminal::print_json;
use super::{Exit, Failure};
use calls::Calls;
use clap::Args;
use serde_json::{Value, json};
use std::io::{BufRead, Read};

/// Revisions of the protocol that are spoken, the newest first.
const REVISIONS: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
/// The longest message, in bytes.
const LONGEST: u64 = 1 << 20;

/// Codes of errors: JSON-RPC 2.0, section 5.1.
const NOT_JSON: i64 = -32700;
const NO_REQUEST: i64 = -32600;
const NO_METHOD: i64 = -32601;
const BAD_PARAMS: i64 = -32602;

/// What a client tells its model.
const INSTRUCTIONS: &str = "Says with what probability a page fails to load because its requests starve in the browser's \
    connection queue, why, and which fix ends it. Start with `diagnose` or `import` of HAR files, then `estimate` and `compare` \
    the scenario. Paths are relative to the folder that the server was started in; other files cannot be reached.";

/// The arguments of `sixslot mcp`.
#[derive(Debug, Args)]
pub(super) struct Mcp {}

/// A message that is answered with an error.
fn error(id: &Value, code: i64, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
}

fn result(id: &Value, result: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

/// The answer to `initialize`: the client's revision if it is spoken here, else the newest.
fn initialized(params: &Value) -> Value {
    let wanted = params["protocolVersion"].as_str().unwrap_or_default();
    let revision = REVISIONS.iter().find(|revision| **revision == wanted).unwrap_or(&REVISIONS[0]);
    json!({
        "protocolVersion": revision,
        "capabilities": { "tools": { "listChanged": false } },
        "serverInfo": { "name": "sixslot", "title": "sixslot", "version": env!("CARGO_PKG_VERSION") },
        "instructions": INSTRUCTIONS,
    })
}

/// Answers a request, or starts a call whose answer follows.
fn answer(calls: &mut Calls, id: &Value, method: &str, params: &Value) -> Option<Value> {
    match method {
        "initialize" => Some(result(id, &initialized(params))),
        "ping" => Some(result(id, &json!({}))),
        "tools/list" => Some(result(id, &json!({ "tools": tools::list() }))),
        "tools/call" => {
            let name = params["name"].as_str().unwrap_or_default();
            if !tools::is_known(name) {
                return Some(error(id, BAD_PARAMS, &format!("there is no tool `{name}`; tools/list has them")));
            }
            calls.start(id.clone(), name, &params["arguments"]);
            None
        }
        _ => Some(error(id, NO_METHOD, &format!("`{method}` is not offered"))),
    }
}

/// Takes one message; what is answered at once.
fn take(calls: &mut Calls, line: &[u8]) -> Option<Value> {
    let Ok(message) = serde_json::from_slice::<Value>(line) else {
        return Some(error(&Value::Null, NOT_JSON, "a message is one line of JSON"));
    };
    let (method, params) = (message["method"].as_str(), &message["params"]);
    match (message.get("id").filter(|id| id.is_string() || id.is_number()), method) {
        (Some(id), Some(method)) => answer(calls, id, method, params),
        (None, Some("notifications/cancelled")) => {
            calls.cancel(&params["requestId"]);
            None
        }
        // Other notifications, and answers to questions that were not asked.
        (None, Some(_)) => None,
        (Some(_), None) if message.get("result").or(message.get("error")).is_some() => None,
        (id, None) => Some(error(id.unwrap_or(&Value::Null), NO_REQUEST, "a request has an `id` and a `method`")),
    }
}

impl Mcp {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let folder = std::env::current_dir().and_then(|folder| folder.canonicalize())?;
        let mut calls = Calls::new(folder);
        let mut input = std::io::stdin().lock();
        loop {
            let mut line = Vec::new();
            if input.by_ref().take(LONGEST + 1).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            if line.len() as u64 > LONGEST {
                print_json(&error(&Value::Null, NO_REQUEST, "a message is longer than 1 MiB"))?;
                return Err(Failure::Usage("a message is longer than 1 MiB; send shorter ones".to_owned()));
            }
            if !line.trim_ascii().is_empty()
                && let Some(answer) = take(&mut calls, &line)
            {
                print_json(&answer)?;
            }
        }
        // The client has no more questions; those that run are answered.
        calls.finish();
        Ok(Exit::Done)
    }
}
