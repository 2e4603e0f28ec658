//! Hash tables with numeric keys, mostly of URLs.
//!
//! Rule: a table is never iterated, so the order of its entries has no effect, and its hash function is the same on every
//! machine and in every run. A look-up, an insertion and a removal cost O(1) on average. Cleared tables keep their memory.
//!
//! Source of the hash: the finaliser of SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number
//! generators", OOPSLA 2014).

use std::hash::{BuildHasherDefault, Hash, Hasher};

/// Values by keys.
#[derive(Debug)]
#[expect(clippy::disallowed_types, reason = "looked up by key and never iterated: its order is never seen")]
pub(super) struct Table<K, V>(std::collections::HashMap<Key<K>, V, BuildHasherDefault<Mixer>>);

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self(Default::default())
    }
}

impl<K: Hash + Eq, V> Table<K, V> {
    pub fn get(&self, key: K) -> Option<&V> {
        self.0.get(&Key(key))
    }

    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        self.0.get_mut(&Key(key))
    }

    pub fn contains(&self, key: K) -> bool {
        self.0.contains_key(&Key(key))
    }

    /// Sets the value of a key; returns the value that it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.0.insert(Key(key), value)
    }

    pub fn remove(&mut self, key: K) -> Option<V> {
        self.0.remove(&Key(key))
    }

    /// Removes all entries and keeps the memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// A key that counts its comparisons, for tests.
#[derive(Clone, Copy, Debug)]
struct Key<K>(K);

impl<K: Hash> Hash for Key<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<K: PartialEq> PartialEq for Key<K> {
    fn eq(&self, other: &Self) -> bool {
        count::operation();
        self.0 == other.0
    }
}

impl<K: Eq> Eq for Key<K> {}

/// Mixes the words of a key.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        count::operation();
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        let mut mixed = (self.0 ^ word).wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        self.0 = mixed ^ (mixed >> 31);
    }
}

/// Counts key comparisons, and hashes as a stand-in for moves: a table that grows hashes each key again. Counts only in
/// this crate's own tests.
pub(super) mod count {
    #[cfg(test)]
    thread_local! {
        static OPERATIONS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
    }

    pub fn operation() {
        #[cfg(test)]
        OPERATIONS.set(OPERATIONS.get() + 1);
    }

    /// The operations since the last call.
    #[cfg(test)]
    pub fn take() -> u64 {
        OPERATIONS.replace(0)
    }
}
