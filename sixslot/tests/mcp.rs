//! `sixslot mcp` by its protocol: what it offers, that answers are those of the commands, and that no path leaves its folder.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code, reason = "nothing is refused here")]
mod binary;

use binary::{command, done, workspace};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// A server with a client's side of its protocol.
struct Server {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    number: u64,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let mut child = command(&["mcp"]);
        child.current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = child.spawn().unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut server = Self { child, input, output, number: 0 };
        let client = json!({ "name": "test", "version": "1" });
        let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
        let answer = server.ask("initialize", hello);
        assert_eq!(answer["serverInfo"]["name"], "sixslot");
        assert!(answer["capabilities"]["tools"].is_object());
        server.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        server
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.input.as_mut().unwrap(), "{message}").unwrap();
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.number += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": self.number, "method": method, "params": params }));
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "the server ended");
            let message: Value = serde_json::from_str(&line).unwrap();
            if message["id"] == self.number {
                return if message["result"].is_null() { message["error"].clone() } else { message["result"].clone() };
            }
        }
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.ask("tools/call", json!({ "name": tool, "arguments": arguments }))
    }

    /// The reason why a tool gave no answer.
    fn refuses(&mut self, tool: &str, arguments: Value) -> String {
        let answer = self.call(tool, arguments);
        assert!(answer["isError"] == true || answer["code"].is_i64(), "{answer}");
        answer.to_string()
    }
}

#[test]
fn tools_give_the_json_of_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let har = path.join("page.har");
    let scenario = workspace().join("scenarios/issue-1855.toml");
    std::fs::copy(&scenario, path.join("page.toml")).unwrap();
    let sessions = "parameters.sessions=40";
    done(&["run", scenario.to_str().unwrap(), "--set", sessions, "--replication", "4", "--har", har.to_str().unwrap()]);
    let run = |arguments: &[&str]| -> Value {
        let output = command(arguments).current_dir(path).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let mut server = Server::start(path);
    let tools = server.ask("tools/list", json!({}));
    let mut names: Vec<&str> =
        tools["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["compare", "diagnose", "estimate", "explain_key", "import", "waterfall"]);
    for tool in tools["tools"].as_array().unwrap() {
        assert!(tool["description"].as_str().unwrap().len() > 40 && tool["inputSchema"]["type"] == "object", "{tool}");
    }
    let scenario = json!({ "scenario": "page.toml", "set": [sessions], "loads": 500 });
    let set = format!("--set={sessions}");
    for (tool, arguments, words) in [
        ("estimate", &scenario, vec!["run", "./page.toml", &set, "--loads=500", "--format=json"]),
        ("compare", &scenario, vec!["compare", "./page.toml", &set, "--loads=500", "--format=json"]),
        ("diagnose", &json!({ "archives": ["page.har"] }), vec!["diagnose", "./page.har", "--format=json"]),
        ("explain_key", &json!({ "key": "request.session.deadline" }), vec!["schema", "request.session.deadline"]),
    ] {
        let answer = server.call(tool, arguments.clone());
        assert_eq!(answer["structuredContent"], run(&words), "{tool}: {answer:.300}");
        assert_eq!(answer["isError"], false);
    }
    let load = server.call("waterfall", json!({ "scenario": "page.toml", "set": [sessions], "replication": 4 }));
    assert_eq!(load["structuredContent"]["outcome"]["failed"], true);
    assert!(load["content"][0]["text"].as_str().unwrap().starts_with("FAILED: "), "{load:.300}");
    let text = server.call("import", json!({ "archives": ["page.har"] }));
    assert!(text["content"][0]["text"].as_str().unwrap().contains("schema = 1"));
    let written = server.call("import", json!({ "archives": ["page.har"], "output": "new.toml" }));
    assert!(written["structuredContent"]["statements"].is_array() && path.join("new.toml").exists(), "{written:.300}");
    // The end of its input ends it.
    drop(server.input.take());
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn no_path_leaves_the_folder() {
    let around = tempfile::tempdir().unwrap();
    let folder = around.path().join("inside");
    std::fs::create_dir(&folder).unwrap();
    let secret = around.path().join("secret.toml");
    std::fs::copy(workspace().join("scenarios/issue-1855.toml"), &secret).unwrap();
    std::os::unix::fs::symlink(&secret, folder.join("link.toml")).unwrap();
    std::os::unix::fs::symlink(around.path(), folder.join("out")).unwrap();
    let mut server = Server::start(&folder);
    for path in ["../secret.toml", secret.to_str().unwrap(), "link.toml", "out/secret.toml", "./../secret.toml"] {
        let said = server.refuses("estimate", json!({ "scenario": path, "loads": 10 }));
        assert!(said.contains("outside of the folder"), "{path}: {said}");
        assert!(server.refuses("diagnose", json!({ "archives": [path] })).contains("outside of the folder"));
    }
    for path in ["../new.toml", "out/new.toml", "link.toml", "/tmp/new.toml"] {
        let said = server.refuses("import", json!({ "archives": ["nothing.har"], "output": path }));
        assert!(said.contains("nothing.har"), "{said}");
    }
    std::fs::write(folder.join("page.har"), "{}").unwrap();
    for path in ["../new.toml", "out/new.toml", "link.toml", "/tmp/new.toml"] {
        let said = server.refuses("import", json!({ "archives": ["page.har"], "output": path }));
        assert!(said.contains("outside of the folder"), "{path}: {said}");
    }
    // Neither standard input nor an option is a path, and bad arguments are answered.
    for (tool, arguments, reason) in [
        ("estimate", json!({ "scenario": "-" }), "No such file"),
        ("estimate", json!({ "scenario": "--help" }), "No such file"),
        ("estimate", json!({ "scenario": "page.har", "loads": 0 }), "from 1 to 1000000"),
        ("diagnose", json!({ "archives": [] }), "name 1 to 100 .har files"),
        ("diagnose", json!({}), "archives"),
        ("explain_key", json!({ "key": "request.a.timeout" }), "did you mean `deadline`?"),
        ("explain_key", json!({ "key": "--help" }), "has no key"),
        ("nothing", json!({}), "nothing"),
    ] {
        let said = server.refuses(tool, arguments);
        assert!(said.contains(reason), "{tool}: {said}");
    }
    server.child.kill().unwrap();
    server.child.wait().unwrap();
}
