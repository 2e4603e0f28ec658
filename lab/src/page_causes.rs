//! The events that start or cancel a class's calls, as JSON for page/events.js.
//!
//! Rule: see `after`, `cancelled_by` and `unmounted_by` of a scenario.

use serde_json::{Value, json};
use sixslot_models::class::{Anchor, Class, Copies, Event, Join, Start};

/// The name of an event in the plan.
const fn name(event: Event) -> &'static str {
    match event {
        Event::Issued => "issued",
        Event::Sent => "sent",
        Event::Headers => "headers",
        Event::Ok => "ok",
        Event::Failed => "failed",
        Event::End => "end",
    }
}

/// What a class waits for: each anchor with the number of its instance, "same", or null for every instance.
pub(crate) fn after(class: &Class) -> Value {
    let Start::After(after) = &class.common.start else { return Value::Null };
    let anchor = |anchor: &Anchor| match anchor.copies {
        Copies::Every => json!([anchor.class, name(anchor.event), null]),
        Copies::One(index) => json!([anchor.class, name(anchor.event), index]),
        Copies::Same => json!([anchor.class, name(anchor.event), "same"]),
    };
    json!({ "any": after.join == Join::Any, "anchors": after.anchors.iter().map(anchor).collect::<Vec<_>>() })
}

/// The events of any instance of a class.
pub(crate) fn events(anchors: &[Anchor]) -> Value {
    anchors.iter().map(|anchor| json!([anchor.class, name(anchor.event)])).collect()
}

/// Whether a class waits for an event of another one.
pub(crate) fn waits_for(class: &Class, number: usize, event: Event) -> bool {
    let start = match &class.common.start {
        Start::After(after) => &after.anchors[..],
        Start::At(_) | Start::Arrivals { .. } => &[],
    };
    let mut anchors = start.iter().chain(&class.cancelled_by).chain(&class.unmounted_by);
    anchors.any(|anchor| (anchor.class, anchor.event) == (number, event))
}
