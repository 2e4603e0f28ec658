//! Any text as a scenario: it is refused with a place that lies in the text, or every plan of it is made.
#![no_main]

use sixslot_models::{Document, ScenarioError};

fn check(error: &ScenarioError) {
    assert!(error.bytes.end <= error.source.text.len() && error.source.text.get(error.bytes.clone()).is_some());
    assert!(error.line >= 1 && error.column >= 1 && !error.message.is_empty());
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    let document = match Document::read("fuzz.toml", text, &[]) {
        Ok(document) => document,
        Err(error) => return check(&error),
    };
    let fixes = (0..document.fixes.len()).map(|fix| document.plan(&[fix], &[]));
    let layers = (0..document.layers.len()).map(|layer| document.plan_without(&[layer]));
    for plan in std::iter::once(document.plan(&[], &[])).chain(fixes).chain(layers) {
        if let Err(error) = plan {
            check(&error);
        }
    }
});
