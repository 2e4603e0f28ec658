//! The JSON Schema of scenario files, for editors.
//!
//! Rule: it is printed from the tables alone. What it cannot say, such as which keys exclude each other, only the reader
//! refuses.

use super::{ANY, FORM, Fields, Kind, SCENARIO};
use serde_json::{Map, Value, json};

/// The JSON Schema (draft 2020-12) of a scenario file.
pub fn json_schema() -> Value {
    let form = table_schema(&FORM);
    let mut schema = table_schema(&SCENARIO);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("sixslot scenario");
    schema["properties"]["schema"] = json!({ "const": 1, "description": SCENARIO.fields[0].text });
    schema["$defs"] = json!({ "form": form, "duration": {
        "type": "string", "pattern": "^\\s*[0-9]", "description": "A length of time with its unit: \"8s\", \"250ms\", \"1m 30s\"."
    } });
    schema
}

fn table_schema(fields: &Fields) -> Value {
    let mut properties = Map::new();
    let mut others = json!(false);
    for field in fields.fields {
        let mut schema = kind_schema(field.kind);
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
        schema["patternProperties"] = json!({ "^p[0-9]{1,2}(\\.[0-9]+)?$": kind_schema(Kind::Time) });
    }
    if !fields.required.is_empty() {
        schema["required"] = json!(fields.required);
    }
    schema
}

fn kind_schema(kind: Kind) -> Value {
    let duration = json!({ "$ref": "#/$defs/duration" });
    let form = json!({ "$ref": "#/$defs/form" });
    let number = json!({ "type": "number" });
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Whole => json!({ "type": "integer", "minimum": 0 }),
        Kind::Number => number,
        Kind::Span => duration,
        Kind::Bandwidth => json!({ "type": "string", "pattern": "^\\s*[0-9.]+\\s*[kMG]?bit/s\\s*$" }),
        Kind::Spans => json!({ "type": "array", "items": { "anyOf": [duration, number] } }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Names => json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 }),
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
            json!({ "anyOf": [anchor, list, table_schema(&ANY)] })
        }
        Kind::Tables(fields) => json!({ "type": "array", "items": table_schema(fields) }),
        Kind::Table(fields) => table_schema(fields),
        Kind::Named(fields) => json!({ "type": "object", "additionalProperties": table_schema(fields) }),
        Kind::OneOrNamed(fields) => {
            json!({ "anyOf": [kind_schema(Kind::Table(fields)), kind_schema(Kind::Named(fields))] })
        }
        Kind::Keyed(kind) => json!({ "type": "object", "additionalProperties": kind_schema(*kind) }),
        Kind::Patch => json!({ "type": "object" }),
        Kind::Numbers => json!({ "type": "array", "items": number, "minItems": 1 }),
        Kind::FixSets => json!({ "anyOf": [
            { "enum": ["each", "all-subsets"] },
            { "type": "array", "items": { "type": "array", "items": { "type": "string" } } },
        ] }),
    }
}
