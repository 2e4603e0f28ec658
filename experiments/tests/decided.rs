//! `sweep --decide` against the shipped sweep: the same side of one per cent in every cell, with a tenth of the loads.

#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_analysis::sweep::{Recipe, Row, Sweep, VERSION};
use std::cmp::Ordering;
use std::sync::atomic::AtomicBool;

fn sweep(decide: Option<f64>) -> Sweep {
    Sweep::new(Recipe {
        version: VERSION.to_owned(),
        scenario: "scenarios/issue-1855.toml".to_owned(),
        text: include_str!("../../scenarios/issue-1855.toml").to_owned(),
        set: Vec::new(),
        seed: 1,
        loads: None,
        decide,
    })
    .unwrap()
}

#[test]
fn the_shipped_sweep_is_decided_with_a_tenth_of_its_loads() {
    let (decided, fixed) = (sweep(Some(0.01)), sweep(None));
    let never = AtomicBool::new(false);
    // The shipped table: failures of 10 000 loads in each cell, in the order of the cells.
    let mut shipped = csv::Reader::from_reader(include_str!("../../results/issue-1855/sweep.csv").as_bytes());
    let head = shipped.headers().unwrap().clone();
    let [failures, loads] = ["failures", "loads"].map(|name| head.iter().position(|column| column == name).unwrap());
    let mut rows = Vec::new();
    let (mut used, mut all, mut undecided) = (0, 0, 0);
    for (cell, record) in shipped.records().enumerate() {
        let record = record.unwrap();
        let [failures, loads]: [u64; 2] = [failures, loads].map(|column| record[column].parse().unwrap());
        let result = decided.cell(cell, &never).unwrap();
        rows.push(Row::from(&result));
        all += loads;
        used += result.loads;
        assert!(result.loads <= fixed.loads());
        let side = decided.manifest().side(result.failures, result.loads);
        let interval = fixed.manifest().interval(failures, loads).unwrap();
        match side {
            Some(Ordering::Greater) => assert!(interval.high > 0.01, "cell {cell}: {result:?}, {interval:?}"),
            Some(_) => assert!(interval.low < 0.01, "cell {cell}: {result:?}, {interval:?}"),
            None => undecided += 1,
        }
        // What the fixed number of loads shows clearly, the decision shows too.
        let clear = interval.low > 0.015 || interval.high < 0.007;
        assert!(side.is_some() || !clear, "cell {cell}: {result:?}, {interval:?}");
    }
    println!("{used} loads instead of {all}: {:.1} times fewer; {undecided} cells undecided", all as f64 / used as f64);
    assert!(all >= 10 * used && undecided <= 5);
    sentence(&decided, &rows);
    assert_eq!(fixed.decided_sentence(&rows), None);
}

/// The sentence's numbers are those of the cells; of fixes that leave as many points above nothing is said.
fn sentence(sweep: &Sweep, rows: &[Row]) {
    let points = sweep.grid().points();
    let side = |row: &Row| sweep.manifest().side(row.failures, row.loads);
    let count = |rows: &[Row], wanted| rows.iter().filter(|row| side(row) == wanted).count();
    let own = &rows[..points];
    let (above, below) = (count(own, Some(Ordering::Greater)), count(own, Some(Ordering::Less)));
    let said = sweep.decided_sentence(rows).unwrap();
    println!("{said}");
    let begins = format!("More than 1.0 % of loads fail at {above} of {points} points and fewer at {below}; ");
    assert!(said.starts_with(&begins), "{said}");
    let best = rows.chunks(points).map(|set| count(set, Some(Ordering::Less))).max().unwrap();
    assert!(best > below && said.contains(&format!(" Fewer fail at {best} points with `")), "{said}");
    let same: Vec<Row> = rows.chunks(points).flat_map(|_| own.iter().copied()).collect();
    assert!(!sweep.decided_sentence(&same).unwrap().contains("Fewer"), "{said}");
}
