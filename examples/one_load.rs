//! Simulates one load of a scenario and prints its story: `cargo run --example one_load [LOAD]`.

use sixslot_analysis::story::Story;
use sixslot_models::{Document, Extent, Load};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let number = std::env::args().nth(1).map_or(Ok(0), |load| load.parse())?;
    let text = include_str!("../scenarios/issue-1855.toml");
    let document = Document::read("issue-1855.toml", text, &["parameters.sessions=40".to_owned()])?;
    let plan = document.plan(&[], &[])?;
    let mut load = Load::new();
    // The same seed and number give the same load on every machine.
    load.simulate(&plan, 1, number, Extent::Whole)?;
    let story = Story { plan: &plan, load: &load };
    print!("{}\n\n{}", story.answer(), story.times(20, 100));
    Ok(())
}
