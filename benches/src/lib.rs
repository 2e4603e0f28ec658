//! What the benchmarks share: the scenario that they measure.

/// The plan of the shipped scenario of issue 1855 with the given changes.
///
/// # Panics
/// Where the shipped scenario is broken, which its own tests would show first.
#[expect(clippy::expect_used, reason = "a benchmark cannot report an error")]
pub fn issue_1855(sets: &[&str]) -> sixslot_models::Plan {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let text = include_str!("../../scenarios/issue-1855.toml");
    let document =
        sixslot_models::Document::read("scenarios/issue-1855.toml", text, &sets).expect("the scenario is sound");
    document.plan(&[], &[]).expect("the scenario is sound")
}
