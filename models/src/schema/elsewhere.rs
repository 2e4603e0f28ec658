//! Where a key stands that is unknown in its place.
//!
//! Rule: the advice for a key of another table is that table's header. A key of more than three tables is too common to mean one
//! of them.

use super::{Fields, Kind, SCENARIO};

/// The most tables that an advice names.
const TABLES: usize = 3;

/// Advice that names the tables which have this key, if there are one to three.
pub(crate) fn elsewhere(key: &str) -> Option<String> {
    let mut found = Vec::new();
    look(&SCENARIO, "", key, &mut found);
    (1..=TABLES).contains(&found.len()).then(|| format!("write it in {}", found.join(" or ")))
}

fn look(table: &Fields, header: &str, key: &str, found: &mut Vec<String>) {
    let below = |name: &str| if header.is_empty() { name.to_owned() } else { format!("{header}.{name}") };
    for field in table.fields {
        let place = below(field.key);
        let (inner, inside) = match field.kind {
            Kind::Table(inner) => (Some(inner), place),
            Kind::Named(inner) => (Some(inner), format!("{place}.NAME")),
            Kind::Keyed(_) => (None, place),
            _ => (None, header.to_owned()),
        };
        if field.key == key {
            found.push(match inside.as_str() {
                "" => "the file before its first table".to_owned(),
                inside if inside != header => format!("a table [{inside}] of its own"),
                inside => format!("[{inside}]"),
            });
        }
        if let Some(inner) = inner {
            look(inner, &inside, key, found);
        }
    }
}
