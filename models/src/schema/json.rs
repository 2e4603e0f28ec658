//! The JSON Schema of scenario files, for editors.
//!
//! Rule: it is printed from the tables alone. A patch has the scenario's keys, and requires none: it is merged over tables that
//! have the others. What the schema cannot say, such as which keys exclude each other, only the reader refuses.

use super::{ANY, FORM, Fields, Kind, SCENARIO};
use serde_json::{Map, Value, json};

/// Where the shipped file of the schema is published; its name for programs that keep schemas.
const ID: &str = "https://raw.githubusercontent.com/sixslot/sixslot/main/scenarios/scenario.schema.json";

/// Whether a table states everything that it needs, or only what it changes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Patch,
}

/// The JSON Schema (draft 2020-12) of a scenario file.
pub fn json_schema() -> Value {
    let mut schema = table_schema(&SCENARIO, Extent::Whole);
    let mut patch = table_schema(&SCENARIO, Extent::Patch);
    for scenario in [&mut schema, &mut patch] {
        scenario["properties"]["schema"] = json!({ "const": 1, "description": SCENARIO.fields[0].text });
    }
    patch["description"] =
        json!("Tables that are merged over the scenario. They change tables that it has, and may add keys to them.");
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["$id"] = json!(ID);
    schema["title"] = json!("sixslot scenario");
    let form = table_schema(&FORM, Extent::Whole);
    let mut linear = form.clone();
    linear["description"] = json!("A linear form of parameters, evaluated once.");
    linear["properties"] =
        ["base", "per", "times"].iter().map(|key| ((*key).to_owned(), form["properties"][key].clone())).collect();
    if let Some(linear) = linear.as_object_mut() {
        linear.remove("patternProperties");
    }
    schema["$defs"] = json!({
        "form": form,
        "linear": linear,
        "patch": patch,
        "parameter": { "type": "string", "pattern": "^[A-Za-z0-9_-]+$", "description": "A parameter's name." },
        "duration": {
            "type": "string", "pattern": "^\\s*[0-9]", "description": "A length of time with its unit: \"8s\", \"250ms\", \"1m 30s\"."
        },
    });
    schema
}

fn table_schema(fields: &Fields, extent: Extent) -> Value {
    let mut properties = Map::new();
    let mut others = json!(false);
    for field in fields.fields {
        let mut schema = kind_schema(field.kind, extent);
        if field.key == "*" {
            others = schema;
            continue;
        }
        schema["description"] = json!(field.text);
        properties.insert(field.key.to_owned(), schema);
    }
    let mut schema = json!({
        "type": "object", "description": fields.text, "properties": properties, "additionalProperties": others,
    });
    if std::ptr::eq(fields, &raw const FORM) {
        schema["patternProperties"] = json!({ "^p[0-9]{1,2}(\\.[0-9]+)?$": kind_schema(Kind::Time, extent) });
    }
    if extent == Extent::Whole && !fields.required.is_empty() {
        schema["required"] = json!(fields.required);
    }
    schema
}

fn kind_schema(kind: Kind, extent: Extent) -> Value {
    let duration = json!({ "$ref": "#/$defs/duration" });
    let form = json!({ "$ref": "#/$defs/form" });
    let number = json!({ "type": "number" });
    // In the place of one number for all loads (resolve.rs).
    let or_parameters =
        |value: Value| json!({ "anyOf": [value, { "$ref": "#/$defs/parameter" }, { "$ref": "#/$defs/linear" }] });
    let span = json!({ "anyOf": [duration, { "$ref": "#/$defs/linear" }] });
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Whole => or_parameters(json!({ "type": "integer", "minimum": 0 })),
        Kind::Number => or_parameters(number),
        Kind::Span => span,
        Kind::Bandwidth => {
            let bandwidth = json!({ "type": "string", "pattern": "^\\s*[0-9.]+\\s*[kMG]?bit/s\\s*$" });
            json!({ "anyOf": [bandwidth, { "$ref": "#/$defs/linear" }] })
        }
        Kind::Spans => json!({ "type": "array", "items": { "anyOf": [span, number] } }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Names => json!({ "type": "array", "items": { "type": "string" } }),
        // A distribution of numbers (a parameter, a noise) has the same fields with plain numbers.
        Kind::Time => json!({ "anyOf": [duration, form, number] }),
        Kind::Amount => json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string" }, form] }),
        Kind::Share => {
            json!({ "anyOf": [{ "type": "number", "minimum": 0, "maximum": 1 }, { "type": "string" }] })
        }
        Kind::Parameter => json!({ "anyOf": [number, form] }),
        Kind::Causes => {
            let anchor = json!({ "type": "string", "pattern": "\\.(issued|sent|headers|open|ok|failed|end)$" });
            let list = json!({ "type": "array", "items": anchor, "minItems": 1 });
            json!({ "anyOf": [anchor, list, table_schema(&ANY, extent)] })
        }
        Kind::Tables(fields) => json!({ "type": "array", "items": table_schema(fields, extent) }),
        Kind::Table(fields) => table_schema(fields, extent),
        Kind::Named(fields) => json!({ "type": "object", "additionalProperties": table_schema(fields, extent) }),
        Kind::OneOrNamed(fields) => {
            json!({ "anyOf": [kind_schema(Kind::Table(fields), extent), kind_schema(Kind::Named(fields), extent)] })
        }
        Kind::Keyed(kind) => json!({ "type": "object", "additionalProperties": kind_schema(*kind, extent) }),
        Kind::Patch => json!({ "$ref": "#/$defs/patch" }),
        Kind::Numbers => json!({ "type": "array", "items": number, "minItems": 1 }),
        Kind::FixSets => json!({ "anyOf": [
            { "enum": ["each", "all-subsets"] },
            { "type": "array", "items": { "type": "array", "items": { "type": "string" } } },
        ] }),
    }
}
