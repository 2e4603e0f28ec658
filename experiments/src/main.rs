//! The `sixslot` command.
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let text = experiments::input::ScenarioText::read(std::path::Path::new(&args[1])).unwrap();
    let doc = match text.document(&[]) {
        Ok(d) => d,
        Err(experiments::input::InputError::Scenario(e)) => {
            eprintln!("{}", experiments::input::render(&e, false));
            std::process::exit(2)
        }
        Err(e) => panic!("{e}"),
    };
    let plan = doc.plan(&[], &[]).unwrap();
    let mut load = models::load::Load::new();
    load.simulate(&plan, 1, 0, models::load::Extent::Whole).unwrap();
    println!(
        "{}",
        serde_json::to_string_pretty(&experiments::record::LoadRecord::new(&plan, &load, 1, 0, &[])).unwrap()
    );
}
