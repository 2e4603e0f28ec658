//! The tools: what a client is told about them, and the command line of a call.
//!
//! Rule: arguments are words of a command, never options of their own: a path begins with `./`, other values follow their
//! option after `=`.

use serde::Deserialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The most archives of one call.
const ARCHIVES: usize = 100;
/// The most loads of one call.
const LOADS: u64 = 1_000_000;
/// Loads of a call that states none.
const DEFAULT_LOADS: u64 = 10_000;

/// What a call prints, and how it becomes a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// JSON.
    Json,
    /// Text.
    Text,
    /// Text, then JSON by a second run.
    Both,
}

/// The command line of a call.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) words: Vec<String>,
    pub(super) shape: Shape,
}

const TOOLS: [&str; 6] = ["diagnose", "import", "estimate", "compare", "explain_key", "waterfall"];

pub(super) fn is_known(name: &str) -> bool {
    TOOLS.contains(&name)
}

/// The tools with their descriptions and schemas.
pub(super) fn list() -> Value {
    let archives = json!({ "type": "array", "items": { "type": "string" }, "minItems": 1, "maxItems": ARCHIVES,
        "description": "Paths of HTTP Archives (.har or .har.gz) of loads of one page." });
    let scenario =
        json!({ "type": "string", "description": "Path of a scenario (.toml), or of an archive, which is imported." });
    let set = json!({ "type": "array", "items": { "type": "string" },
        "description": "Changes of keys, such as parameters.projects=8 or request.session.deadline=9s." });
    let fix =
        json!({ "type": "array", "items": { "type": "string" }, "description": "Names of fixes that are in place." });
    let loads = json!({ "type": "integer", "minimum": 1, "maximum": LOADS, "default": DEFAULT_LOADS,
        "description": "Number of loads to simulate." });
    let seed = json!({ "type": "integer", "minimum": 0, "default": 1, "description": "Seed of all random numbers." });
    let many = json!({ "scenario": scenario, "set": set, "fix": fix, "loads": loads, "seed": seed });
    let tool = |name: &str, description: &str, properties: Value, required: &str, reads_only: bool| {
        json!({
            "name": name,
            "description": description,
            "inputSchema": { "type": "object", "properties": properties, "required": [required], "additionalProperties": false },
            "annotations": { "readOnlyHint": reads_only, "destructiveHint": false, "openWorldHint": false },
        })
    };
    json!([
        tool(
            "diagnose",
            "Analyse HTTP Archives of a page's loads: which requests waited for a connection, what held the connections, what is proved and what is only possible, and what to change.",
            json!({ "archives": archives }),
            "archives",
            true
        ),
        tool(
            "import",
            "Draft a scenario from HTTP Archives of a page's loads: every number with its evidence, and what was guessed. Several archives, of failed and of good loads, give a better scenario than one.",
            json!({ "archives": archives, "output": { "type": "string",
                "description": "Path of the scenario to write, such as page.toml. Without it the text of the scenario is returned." } }),
            "archives",
            false
        ),
        tool(
            "estimate",
            "Simulate many loads of a scenario: the probability that a load fails, with its interval, the reason in a sentence, times to ready, and where calls wait.",
            many.clone(),
            "scenario",
            true
        ),
        tool(
            "compare",
            "Compare each fix of a scenario with none on the same loads: how many loads still fail, what each fix does in one word (fixes, hides, reduces, faster, worse, nothing), and their order.",
            many,
            "scenario",
            true
        ),
        tool(
            "explain_key",
            "Explain a key of scenario files: its meaning, type, unit and default, and the keys in it.",
            json!({ "key": { "type": "string", "description": "The path of a key, such as request.session.deadline, browser.profile or load.fails." } }),
            "key",
            true
        ),
        tool(
            "waterfall",
            "Simulate one load of a scenario: a waterfall as text with the reason in words, and every request with its times at each station as JSON.",
            json!({ "scenario": scenario, "set": set, "fix": fix, "seed": seed, "replication": { "type": "integer", "minimum": 0, "default": 0,
                "description": "Number of the load; `first_failure` of an estimate is the first load that fails." } }),
            "scenario",
            true
        ),
    ])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArchiveArguments {
    archives: Vec<String>,
    output: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioArguments {
    scenario: String,
    #[serde(default)]
    set: Vec<String>,
    #[serde(default)]
    fix: Vec<String>,
    seed: Option<u64>,
    loads: Option<u64>,
    replication: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyArguments {
    key: String,
}

/// The folder that calls stay in: an absolute path without symbolic links.
#[derive(Clone, Debug)]
pub(super) struct Inside(pub(super) PathBuf);

impl Inside {
    /// A path under the folder, relative to it; it has to exist.
    fn path(&self, path: &str) -> Result<String, String> {
        let found = self.0.join(path).canonicalize().map_err(|error| format!("{path}: {error}"))?;
        let rest = found.strip_prefix(&self.0);
        let rest = rest.map_err(|_| {
            format!("{path} is outside of the folder that the server was started in; copy it into that folder")
        })?;
        rest.to_str().map(|rest| format!("./{rest}")).ok_or_else(|| format!("{path}: its name is not text"))
    }

    /// The same of a file that may be new.
    fn new_path(&self, path: &str) -> Result<String, String> {
        if self.0.join(path).symlink_metadata().is_ok() {
            return self.path(path);
        }
        let path = Path::new(path);
        let name = path.file_name().and_then(|name| name.to_str());
        let (Some(name), Some(around)) = (name, path.parent().and_then(Path::to_str)) else {
            return Err("the output is not the name of a file".to_owned());
        };
        Ok(format!("{}/{name}", self.path(if around.is_empty() { "." } else { around })?))
    }

    /// The command line of a call.
    ///
    /// # Errors
    /// What is wrong with the arguments.
    pub(super) fn line(&self, tool: &str, arguments: &Value) -> Result<Line, String> {
        let arguments = if arguments.is_null() { &json!({}) } else { arguments };
        match tool {
            "diagnose" | "import" => self.of_archives(tool, &read(arguments)?),
            "explain_key" => {
                let KeyArguments { key } = read(arguments)?;
                Ok(Line { words: vec!["schema".to_owned(), "--".to_owned(), key], shape: Shape::Json })
            }
            _ => self.of_scenario(tool, &read(arguments)?),
        }
    }

    fn of_archives(&self, tool: &str, arguments: &ArchiveArguments) -> Result<Line, String> {
        let number = arguments.archives.len();
        if !(1..=ARCHIVES).contains(&number) {
            return Err(format!("{number} archives were given; name 1 to {ARCHIVES} .har files"));
        }
        let mut words = vec![tool.to_owned()];
        for path in &arguments.archives {
            words.push(self.path(path)?);
        }
        match (&arguments.output, tool) {
            (Some(_), "diagnose") => return Err("`output` is an argument of import only".to_owned()),
            (Some(output), _) => words.push(format!("--output={}", self.new_path(output)?)),
            (None, "import") => {
                words.push("--output=-".to_owned());
                return Ok(Line { words, shape: Shape::Text });
            }
            (None, _) => {}
        }
        words.push("--format=json".to_owned());
        Ok(Line { words, shape: Shape::Json })
    }

    fn of_scenario(&self, tool: &str, arguments: &ScenarioArguments) -> Result<Line, String> {
        let ScenarioArguments { scenario, set, fix, seed, loads, replication } = arguments;
        let command = if tool == "compare" { "compare" } else { "run" };
        let mut words = vec![command.to_owned(), self.path(scenario)?];
        words.extend(set.iter().map(|set| format!("--set={set}")));
        words.extend(fix.iter().map(|fix| format!("--fix={fix}")));
        words.extend(seed.map(|seed| format!("--seed={seed}")));
        match (tool, loads, replication) {
            ("waterfall", Some(_), _) => Err("`loads` is not an argument of waterfall, which shows one".to_owned()),
            ("waterfall", None, number) => {
                words.push(format!("--replication={}", number.unwrap_or(0)));
                Ok(Line { words, shape: Shape::Both })
            }
            (_, _, Some(_)) => Err(format!("`replication` is not an argument of {tool}, which simulates many loads")),
            (_, loads, None) => {
                let loads = loads.unwrap_or(DEFAULT_LOADS);
                if !(1..=LOADS).contains(&loads) {
                    return Err(format!("loads: {loads} is not a whole number from 1 to {LOADS}"));
                }
                words.extend([format!("--loads={loads}"), "--format=json".to_owned()]);
                Ok(Line { words, shape: Shape::Json })
            }
        }
    }
}

/// Reads the arguments of a tool.
fn read<T: for<'de> Deserialize<'de>>(arguments: &Value) -> Result<T, String> {
    T::deserialize(arguments).map_err(|error| format!("the arguments are not those of this tool: {error}"))
}
