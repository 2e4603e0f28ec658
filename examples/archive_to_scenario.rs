//! Drafts a scenario from HTTP Archives of one page: `cargo run --example archive_to_scenario FILE.har...`.

use sixslot_analysis::import::import;
use sixslot_har::Archive;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let archives = std::env::args().skip(1).map(|name| Archive::open(Path::new(&name))).collect::<Result<_, _>>()?;
    let draft = import(archives)?;
    // A whole scenario file; each line says in a comment how its value is known.
    print!("{}", draft.text);
    Ok(())
}
