//! `sixslot schema`: the JSON Schema of scenario files, or the part of it that is about one key.

use super::terminal::print_bytes;
use super::{Exit, Failure};
use clap::Args;
use serde_json::Value;
use sixslot_models::reading::advice;
use sixslot_models::schema::json_schema;

/// The arguments of `sixslot schema`.
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Only what is known of this key, such as request.session.deadline or browser.profile; a name that users choose can be any.
    key: Option<String>,
}

impl Schema {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let schema = json_schema();
        let part = match &self.key {
            None => schema.clone(),
            Some(key) => part(&schema, key).map_err(Failure::Usage)?,
        };
        let text = serde_json::to_string_pretty(&part).map_err(std::io::Error::from)?;
        print_bytes(format!("{text}\n").as_bytes())?;
        Ok(Exit::Done)
    }
}

/// The schema that a reference leads to.
fn resolved<'a>(root: &'a Value, mut at: &'a Value) -> &'a Value {
    // A reference to a reference, a few times: what the program writes has no circle of them.
    for _ in 0..8 {
        let Some(path) = at.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#')) else { break };
        let Some(to) = root.pointer(path) else { break };
        at = to;
    }
    at
}

/// The keys of a table; where a value has several forms, those of all of them.
fn keys<'a>(root: &'a Value, at: &'a Value) -> Vec<(&'a str, &'a Value)> {
    let at = resolved(root, at);
    let forms = ["anyOf", "oneOf", "allOf"].iter().filter_map(|kind| at.get(kind)?.as_array()).flatten();
    let mut found: Vec<(&str, &Value)> = forms.flat_map(|form| keys(root, form)).collect();
    found.extend(
        at.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(key, value)| (key.as_str(), value)),
    );
    found.extend(at.get("additionalProperties").filter(|value| value.is_object()).map(|value| ("*", value)));
    found
}

/// The part of a schema that is about a key.
fn part(root: &Value, key: &str) -> Result<Value, String> {
    let mut at = root;
    for (depth, part) in key.split('.').map(|part| part.split('[').next().unwrap_or_default()).enumerate() {
        let items = resolved(root, at).get("items");
        let mut known = keys(root, at);
        known.extend(items.into_iter().flat_map(|items| keys(root, items)));
        let own = known.iter().find(|(name, _)| *name == part).or_else(|| known.iter().find(|(name, _)| *name == "*"));
        let Some((_, value)) = own else {
            let before = key.split('.').take(depth).collect::<Vec<_>>().join(".");
            let place = if before.is_empty() { "a scenario".to_owned() } else { format!("`{before}`") };
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let advice = if names.is_empty() { "it is a value".to_owned() } else { advice(part, &names) };
            return Err(format!("{place} has no key `{part}`; {advice}"));
        };
        at = value;
    }
    // What stands beside a reference is about this key.
    let mut found = resolved(root, at).clone();
    if let Some(description) = at.get("description") {
        found["description"] = description.clone();
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{json_schema, part};

    #[test]
    fn a_key_has_its_meaning() {
        let schema = json_schema();
        for (key, word) in [
            ("request.session.deadline", "aborts"),
            ("browser.profile", "chromium"),
            ("load.fails", "any-error"),
            ("horizon", "observed"),
            ("request.page.each[0].url", "URL"),
            ("thresholds.max_failure", "share"),
        ] {
            let found = part(&schema, key).unwrap_or_else(|reason| panic!("{key}: {reason}")).to_string();
            assert!(found.contains(word), "{key}: {found}");
        }
        for (key, reason) in [
            ("request.session.timeout", "`request.session` has no key `timeout`; did you mean `deadline`?"),
            ("reqest", "a scenario has no key `reqest`; did you mean `request`?"),
            ("horizon.x", "`horizon` has no key `x`"),
            ("", "a scenario has no key ``"),
        ] {
            let said = part(&schema, key).unwrap_err();
            assert!(said.starts_with(reason), "{said}");
        }
    }
}
