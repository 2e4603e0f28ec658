//! Sets and maps that are made by insertion.
//!
//! Rule: as `collect`, which sorts first, and whose sort is compiled again for each type: the engine of the page is downloaded.

use std::collections::{BTreeMap, BTreeSet};

/// The distinct ones of some values. O(n log n).
pub fn set<T: Ord>(values: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(values);
    set
}

/// A map of some pairs; of equal keys the last one counts. O(n log n).
pub fn map<K: Ord, V>(pairs: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(pairs);
    map
}
