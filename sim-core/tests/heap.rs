//! The heap against the simplest correct one, a sorted map; and its cost, in comparisons of keys.

use proptest::{prelude::*, test_runner::RngSeed};
use sixslot_sim_core::{Handle, Heap, Purpose, Streams};
use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::BTreeMap;

thread_local! {
    static COMPARISONS: Cell<u64> = const { Cell::new(0) };
}

/// A key that counts its comparisons.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Counting(u64);

impl Ord for Counting {
    fn cmp(&self, other: &Self) -> Ordering {
        COMPARISONS.set(COMPARISONS.get() + 1);
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Counting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Comparisons for n pushes of random keys, n / 4 removals by handle, and pops until the heap is empty.
fn comparisons(n: u64) -> u64 {
    let mut stream = Streams::new(1, 0).stream(Purpose::named("keys"), 0);
    let mut heap = Heap::new();
    COMPARISONS.set(0);
    let handles: Vec<_> = (0..n).map(|n| heap.push(Counting((stream.next_uniform() * 1e15) as u64), n)).collect();
    assert_eq!(handles.iter().step_by(4).filter_map(|handle| heap.remove(*handle)).count() as u64, n.div_ceil(4));
    let mut last = 0;
    while let Some((key, _)) = heap.pop() {
        assert!(key.0 >= last);
        last = key.0;
    }
    COMPARISONS.get()
}

#[test]
fn n_entries_cost_n_log_n_comparisons() {
    for n in [1_000, 8_000, 64_000, 512_000] {
        let counted = comparisons(n) as f64;
        let per = counted / (n as f64 * libm::log2(n as f64));
        println!("{n:7} entries: {counted:10} comparisons, {per:.2} n log2 n");
        // A 4-ary heap compares up to 4 children and the entry on each of log4 n levels: 2.5 for a pop.
        assert!((0.5..2.5).contains(&per), "{per}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn behaves_as_a_sorted_map(steps in prop::collection::vec((0..4_u8, any::<u16>()), 0..400)) {
        let mut heap = Heap::new();
        let mut model = BTreeMap::new();
        let mut handles: Vec<(Handle, (u16, usize))> = Vec::new();
        for (number, (step, word)) in steps.into_iter().enumerate() {
            match step {
                0 | 1 => {
                    let key = (word, number);
                    handles.push((heap.push(key, number), key));
                    model.insert(key, number);
                }
                2 if !handles.is_empty() => {
                    let (handle, key) = handles[usize::from(word) % handles.len()];
                    prop_assert_eq!(heap.key(handle), model.contains_key(&key).then_some(key));
                    prop_assert_eq!(heap.remove(handle), model.remove(&key));
                }
                _ if word % 50 == 0 => {
                    heap.clear();
                    model.clear();
                }
                _ => prop_assert_eq!(heap.pop(), model.pop_first()),
            }
            prop_assert_eq!(heap.peek(), model.first_key_value().map(|(key, _)| *key));
            prop_assert_eq!((heap.len(), heap.is_empty()), (model.len(), model.is_empty()));
        }
    }
}
