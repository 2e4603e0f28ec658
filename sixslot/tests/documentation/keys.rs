//! The list of keys, `docs/keys.md`, from the JSON Schema, the browsers' profiles, their sources and shipped scenarios.
//!
//! Rule: each key has its meaning, its kind of value with the unit, its default and an example. The example is the shortest one in the
//! shipped scenarios and templates; of keys that none of them has, in `docs/every-key.toml`, which the program reads.

use serde_json::{Map, Value};
use sixslot_models::browser::Browser;
use sixslot_models::schema::json_schema;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// What DevTools and HAR call what a key states; the others have no name there.
const ELSEWHERE: &[(&str, &str)] = &[
    ("network.profile", "DevTools: Network, throttling profile"),
    ("network.rtt", "DevTools: latency of a throttling profile"),
    ("network.bandwidth_down", "DevTools: download of a throttling profile"),
    ("network.bandwidth_up", "DevTools: upload of a throttling profile"),
    ("browser.connections", "DevTools: waiting for one is Stalled; HAR: `blocked`"),
    ("browser.cache_lock", "DevTools: waiting at it is Stalled; HAR: `blocked`"),
    ("browser.delays_low_priority", "DevTools: Queueing; HAR: `_blocked_queueing`, a part of `blocked`"),
    ("browser.dispatch", "DevTools: Request sent; HAR: `send`"),
    ("browser.connect", "DevTools: Initial connection; HAR: `connect`"),
    ("server.connect", "DevTools: Initial connection and SSL; HAR: `connect`, `ssl`"),
    ("server.dns", "DevTools: DNS Lookup; HAR: `dns`"),
    ("server.tls", "DevTools: Security panel; HAR: `ssl` is its time"),
    ("server.protocol", "DevTools: column Protocol; HAR: `httpVersion`"),
    ("server.keep_alive", "header Keep-Alive of the response"),
    ("request.NAME.url", "DevTools: column Name; HAR: `request.url`"),
    ("request.NAME.method", "DevTools: column Method; HAR: `request.method`"),
    ("request.NAME.start", "DevTools: where its bar begins; HAR: `startedDateTime`"),
    ("request.NAME.after", "DevTools: column Initiator; HAR: `_initiator`"),
    ("request.NAME.priority", "DevTools: column Priority (Network Request Priority); HAR: `_priority`"),
    ("request.NAME.cache", "the option `cache` of fetch()"),
    ("request.NAME.credentials", "the option `credentials` of fetch()"),
    ("request.NAME.response_cache_control", "header Cache-Control of the response"),
    ("request.NAME.deadline", "AbortSignal.timeout(); DevTools: status (canceled)"),
    ("request.NAME.stalled", "DevTools: a part of Stalled; HAR: a part of `blocked`"),
    ("request.NAME.service", "DevTools: Waiting for server response; HAR: `wait`"),
    ("request.NAME.body", "DevTools: Content Download; HAR: `receive`"),
    ("request.NAME.body_bytes", "DevTools: column Size; HAR: `_transferSize`"),
    ("request.NAME.request_bytes", "HAR: `headersSize` and `bodySize` of the request"),
    ("request.NAME.status", "DevTools: column Status; HAR: `response.status`"),
    ("request.NAME.refused", "DevTools: status (failed); HAR: `_error`"),
    ("request.NAME.reset", "DevTools: status (failed); HAR: `_error`"),
    ("request.NAME.cancelled_by", "AbortController.abort(); DevTools: status (canceled)"),
    ("request.NAME.keepalive", "the option `keepalive` of fetch()"),
    ("request.NAME.retry_after", "header Retry-After of the response"),
    ("socket.NAME.kind", "DevTools: column Type, websocket or eventsource"),
    ("socket.NAME.reconnect", "the field `retry` of an event stream"),
];

/// A table of the scenario.
struct Section {
    /// Its path, and others that have the same keys.
    paths: Vec<String>,
    schema: Value,
}

impl Section {
    /// A line of TOML with a key of this table.
    fn example(&self, examples: &Examples, key: &str) -> Option<String> {
        if self.paths[0] == "form" {
            return form_example(examples, key);
        }
        self.paths.iter().find_map(|path| examples.of(format!("{path}.{key}").trim_start_matches('.')))
    }
}

/// The scenarios in which examples are looked for: their names, and their trees.
struct Examples(Vec<(String, toml::Table)>);

impl Examples {
    fn read(root: &Path) -> Self {
        let list = |folder: &str| {
            let files = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
            let mut files: Vec<PathBuf> =
                files.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
            files.sort();
            files
        };
        let mut files = list("scenarios");
        files.extend(list("sixslot/src/command/templates"));
        files.push(root.join("docs/every-key.toml"));
        let read = |path: PathBuf| {
            let text = fs::read_to_string(&path).unwrap();
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), text.parse().unwrap())
        };
        Self(files.into_iter().map(read).collect())
    }

    /// The shortest value of a key, as a line of TOML; of keys of `every-key` only where no other scenario has one.
    fn of(&self, path: &str) -> Option<String> {
        let (name, parts) = (path.rsplit('.').next()?, path.split('.').collect::<Vec<_>>());
        let lines = |(_, tree): &(String, toml::Table)| {
            let mut found = Vec::new();
            let tree = toml::Value::Table(tree.clone());
            values(&tree, &parts, &mut found);
            values(&tree, &[&["fix", "NAME", "patch"], &parts[..]].concat(), &mut found);
            found.into_iter().map(|value| (value.to_string().len(), format!("{name} = {value}"))).collect::<Vec<_>>()
        };
        let (every, shipped): (Vec<_>, Vec<_>) = self.0.iter().partition(|(name, _)| name == "every-key");
        let shortest = |scenarios: Vec<&(String, toml::Table)>| scenarios.into_iter().flat_map(lines).min();
        shortest(shipped).or_else(|| shortest(every)).map(|(_, line)| line)
    }
}

/// Every value at a path, in which NAME is any key and `[]` each entry of a list.
fn values(at: &toml::Value, path: &[&str], found: &mut Vec<toml::Value>) {
    let Some((part, rest)) = path.split_first() else {
        found.push(at.clone());
        return;
    };
    let list = part.strip_suffix("[]");
    for (key, value) in at.as_table().into_iter().flatten() {
        if key == list.unwrap_or(part) || *part == "NAME" {
            match value.as_array() {
                Some(entries) if list.is_some() => entries.iter().for_each(|entry| values(entry, rest, found)),
                _ if list.is_none() => values(value, rest, found),
                _ => {}
            }
        }
    }
}

/// The sections of the schema, each once, in the order of the file.
fn sections(schema: &Value) -> Vec<Section> {
    fn visit(path: &str, at: &Value, found: &mut Vec<Section>) {
        if let Some(properties) = at.get("properties").and_then(Value::as_object) {
            let same = |section: &&mut Section| section.schema["properties"] == at["properties"];
            if let Some(section) = found.iter_mut().find(same) {
                section.paths.push(path.to_owned());
                return;
            }
            found.push(Section { paths: vec![path.to_owned()], schema: at.clone() });
            for (key, value) in properties {
                visit(&if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, value, found);
            }
        }
        for form in at.get("anyOf").and_then(Value::as_array).into_iter().flatten() {
            visit(path, form, found);
        }
        if let Some(others) = at.get("additionalProperties").filter(|others| others.is_object()) {
            visit(&format!("{path}.NAME"), others, found);
        }
        if let Some(items) = at.get("items") {
            visit(&format!("{path}[]"), items, found);
        }
    }
    let mut found = Vec::new();
    visit("", schema, &mut found);
    found.push(Section { paths: vec!["form".to_owned()], schema: schema["$defs"]["form"].clone() });
    found
}

/// What a value can be, with its unit.
fn kind(schema: &Value) -> String {
    let reference = |value: &Value| value.get("$ref").and_then(Value::as_str).unwrap_or_default().to_owned();
    let words = |list: &[Value]| list.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match reference(schema).as_str() {
        "#/$defs/duration" => return "length of time".to_owned(),
        "#/$defs/form" => return "[quantity](#quantities)".to_owned(),
        "#/$defs/patch" => return "patch: any keys of a scenario".to_owned(),
        _ => {}
    }
    if let Some(list) = schema.get("enum").and_then(Value::as_array) {
        return words(list);
    }
    if let Some(constant) = schema.get("const") {
        return format!("`{constant}`");
    }
    if let Some(forms) = schema.get("anyOf").and_then(Value::as_array) {
        let is_general = |form: &&Value| ["#/$defs/parameter", "#/$defs/linear"].contains(&reference(form).as_str());
        let mut forms: Vec<String> = forms.iter().filter(|form| !is_general(form)).map(kind).collect();
        forms.dedup();
        // Plain numbers are in distributions of numbers only.
        if forms[0] == "length of time" {
            forms.retain(|form| form != "number");
        }
        return forms.join(", or ").replace("or text", "or a parameter's name");
    }
    let least = schema.get("minimum").and_then(Value::as_f64);
    match schema.get("type").and_then(Value::as_str).unwrap_or_default() {
        "string" if schema.to_string().contains("bit/s") => "bandwidth".to_owned(),
        "string" if schema.to_string().contains("issued") => "`\"NAME.EVENT\"`".to_owned(),
        "string" => "text".to_owned(),
        "boolean" => "`true` or `false`".to_owned(),
        "integer" => "whole number".to_owned(),
        "number" if least.is_some() => "number from 0 to 1".to_owned(),
        "number" => "number".to_owned(),
        "array" => format!("list of: {}", kind(&schema["items"])),
        "object" if schema.get("properties").is_some() => "table".to_owned(),
        "object" => format!("by name: {}", kind(&schema["additionalProperties"])),
        other => panic!("no words for the type {other}: {schema}"),
    }
}

/// The meaning of a key, and the default that its text states.
fn meaning(text: &str) -> (String, Option<String>) {
    let sentences: Vec<&str> = text.split_inclusive(". ").map(str::trim).collect();
    let is_default = |sentence: &&&str| sentence.starts_with("Default");
    let default = sentences.iter().find(is_default).map(|sentence| {
        let value = sentence.trim_start_matches("Default").trim_start_matches(':').trim().trim_end_matches('.');
        let is_value = value.starts_with('"') && value.matches('"').count() == 2 && value.ends_with('"')
            || value.chars().all(|c| c.is_ascii_digit())
            || ["true", "false"].contains(&value);
        if is_value { format!("`{value}`") } else { value.to_owned() }
    });
    let rest: Vec<&str> = sentences.iter().filter(|sentence| !is_default(sentence)).copied().collect();
    (rest.join(" "), default)
}

/// The rules of a profile as TOML, from its debug format; the first key is the number of tabs.
fn rules(browser: &Browser) -> BTreeMap<String, String> {
    let (text, mut found) = (format!("{browser:#?}"), BTreeMap::new());
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let Some((key, value)) = line.strip_prefix("    ").and_then(|line| line.split_once(": ")) else { continue };
        let value = match value.trim_end_matches(',') {
            "Span(" => time(lines[at + 1].trim().trim_end_matches(',').parse().unwrap()),
            "true" | "false" => value.trim_end_matches(',').to_owned(),
            number if number.parse::<u64>().is_ok() => number.to_owned(),
            "WhenFree" => "\"when-free\"".to_owned(),
            "PerTab" => "\"per-tab\"".to_owned(),
            "PerUrl" => "\"per-url\"".to_owned(),
            word => format!("\"{}\"", word.to_lowercase()),
        };
        found.insert(key.to_owned(), value);
    }
    found
}

/// A length of time as a scenario has it.
fn time(nanoseconds: u64) -> String {
    match nanoseconds {
        0 => "\"0s\"".to_owned(),
        whole if whole % 1_000_000_000 == 0 => format!("\"{}s\"", whole / 1_000_000_000),
        whole if whole % 1_000_000 == 0 => format!("\"{}ms\"", whole / 1_000_000),
        other => format!("\"{}us\"", other / 1000),
    }
}

/// Where each rule of a browser comes from: the comments in the list of rules.
fn sources(root: &Path) -> BTreeMap<String, String> {
    let (mut found, mut comment) = (BTreeMap::new(), Vec::new());
    for line in fs::read_to_string(root.join("models/src/schema/browser.rs")).unwrap().lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            comment.push(text.to_owned());
        } else {
            if let Some((key, _)) = line.split_once(": ").filter(|_| !comment.is_empty()) {
                found.insert(key.to_owned(), comment.join(" "));
            }
            comment.clear();
        }
    }
    found
}

/// A cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ")
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

/// The whole document.
pub fn reference(root: &Path) -> String {
    let (schema, examples) = (json_schema(), Examples::read(root));
    let mut text = String::from(HEAD);
    let mut lacking = BTreeSet::new();
    for section in sections(&schema) {
        let path = &section.paths[0];
        let required: Vec<&str> = section
            .schema
            .get("required")
            .into_iter()
            .flat_map(|list| list.as_array().unwrap())
            .filter_map(Value::as_str)
            .collect();
        let title = match path.as_str() {
            "" => "The scenario".to_owned(),
            "form" => "Quantities".to_owned(),
            _ => section.paths.iter().map(|path| format!("`{}`", shown(path))).collect::<Vec<_>>().join(", "),
        };
        let _ =
            write!(text, "\n## {title}\n\n{}\n\n", cell(section.schema["description"].as_str().unwrap_or_default()));
        let is_browser = path == "browser";
        text += "| key | value | default | meaning | example |\n| --- | --- | --- | --- | --- |\n";
        let profiles = rules(&Browser::chromium());
        let properties: &Map<String, Value> = section.schema["properties"].as_object().unwrap();
        for (key, value) in properties {
            let whole = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let (mut meaning, default) = meaning(value["description"].as_str().unwrap_or_default());
            if let Some((_, name)) = ELSEWHERE.iter().find(|(path, _)| *path == whole) {
                meaning = format!("{meaning} ({name})");
            }
            let own = profiles.get(key).filter(|_| is_browser);
            let default = match (default, own) {
                (Some(default), _) => default,
                (None, Some(own)) => format!("{} in `chromium`", code(own)),
                (None, None) if required.contains(&key.as_str()) => "required".to_owned(),
                (None, None) => "none".to_owned(),
            };
            let example = section.example(&examples, key);
            let own = own.map(|own| format!("{key} = {own}"));
            let is_table = kind(value).split([' ', ',']).any(|word| word == "table");
            let example = example.filter(|line| line.len() <= 90 && !(is_table && key != "after"));
            let example = example.or(own).map(|line| code(&line));
            if example.is_none() && !is_table && path != "evidence" && !path.starts_with("evidence.") {
                lacking.insert(whole.clone());
            }
            let example = example.unwrap_or_else(|| {
                if is_table { "see below".to_owned() } else { "as `sixslot import` writes it".to_owned() }
            });
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} |",
                code(key),
                kind(value).replace('|', "\\|"),
                cell(&default),
                cell(&meaning),
                example
            );
        }
        if is_browser {
            text += &profile_table(root, properties);
        }
    }
    assert!(lacking.is_empty(), "keys without an example; add one to docs/every-key.toml: {lacking:?}");
    text
}

/// A path as the heading of a table of a scenario.
fn shown(path: &str) -> String {
    format!("[{}]", path.replace("[]", "[0]"))
}

/// A quantity that has a key.
fn form_example(examples: &Examples, key: &str) -> Option<String> {
    fn visit(at: &toml::Value, key: &str, found: &mut Vec<String>) {
        if let Some(table) = at.as_table() {
            let is_form = ["distribution", "base", "per", "median"].iter().any(|key| table.contains_key(*key));
            if let Some(value) = table.get(key).filter(|_| is_form) {
                found.push(format!("{key} = {value}"));
            }
            table.values().for_each(|value| visit(value, key, found));
        }
    }
    let mut found = Vec::new();
    for (_, tree) in &examples.0 {
        visit(&toml::Value::Table(tree.clone()), key, &mut found);
    }
    found.into_iter().min_by_key(|line| (line.len(), line.clone()))
}

/// The rules in which the profiles differ, and where each rule comes from.
fn profile_table(root: &Path, properties: &Map<String, Value>) -> String {
    let profiles = [Browser::chromium(), Browser::firefox(), Browser::webkit(), Browser::as_reported()]
        .map(|browser| rules(&browser));
    let sources = sources(root);
    let mut text = String::from(
        "\n### Profiles\n\nThe values of each profile, and the source of each rule. Paths are those of the browsers' own repositories; \
         [browser-rules.md](browser-rules.md) has the measurements.\n\n\
         | rule | chromium | firefox | webkit | as-reported | source |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for key in properties.keys().filter(|key| profiles[0].contains_key(*key) && sources.contains_key(*key)) {
        let values = profiles.iter().map(|rules| code(&rules[key])).collect::<Vec<_>>().join(" | ");
        let _ = writeln!(text, "| `{key}` | {values} | {} |", cell(&sources[key]));
    }
    text
}

const HEAD: &str = "# Keys of a scenario

<!-- Made from the JSON Schema by sixslot/tests/documentation/keys.rs. Make it again: TRYCMD=overwrite cargo test --workspace --test documentation -->

A scenario is a TOML file. This list is made from the schema that `sixslot schema` prints; `sixslot schema KEY` explains one key. The
first line `#:schema ./scenario.schema.json` makes editors with TOML support complete keys and mark faults, with the schema in the same folder.

| value | written as | unit |
| --- | --- | --- |
| length of time | `\"8s\"`, `\"250ms\"`, `\"1m 30s\"` | part of the text |
| bandwidth | `\"1.6Mbit/s\"`, `\"750kbit/s\"` | part of the text |
| quantity | a length of time, a distribution, or a linear form of parameters | [Quantities](#quantities) |
| share | a number from 0 to 1, or a parameter's name | 1 |
| NAME | a name that you choose: letters, digits, `-`, `_` | |

A parameter's name or a linear form (`{ base = 2, per = { projects = 3 } }`) can stand for a number, a length of time or a bandwidth.

In a [patch](#fixname) the same keys are allowed, and none is required. \"None\" as a default says that what the key adds is absent.
";
