//! An indexed 4-ary heap: the least key first, and any entry can be removed by its handle.
//!
//! The rule: every entry knows its position, so a removed entry leaves at once. A page cancels most of its timers, and
//! dead entries left in place would make the heap tens of times larger. Keys decide the order alone; give equal keys a
//! sequence number where their order matters.
//!
//! Sources: D. B. Johnson, "Priority queues with update and finding minimum spanning trees", Information Processing
//! Letters 4 (1975), for the d-ary heap with positions; A. LaMarca and R. Ladner, "The influence of caches on the
//! performance of heaps", ACM JEA 1 (1996), for d = 4.

const ARITY: usize = 4;

/// Identifies one entry of one heap, for [`Heap::remove`]. Once the entry has left, the handle is stale forever: it never
/// identifies a later entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handle {
    pub(crate) slot: usize,
    pub(crate) generation: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry<K> {
    key: K,
    slot: usize,
}

#[derive(Debug)]
struct Slot<V> {
    generation: u64,
    position: usize,
    value: Option<V>,
}

/// Values ordered by keys. Memory is kept when entries leave, so a heap that has grown once allocates no more.
///
/// ```
/// use sixslot_sim_core::Heap;
/// let mut heap = Heap::new();
/// let late = heap.push(9, "late");
/// heap.push(5, "early");
/// assert_eq!(heap.peek(), Some(5));
/// assert_eq!(heap.remove(late), Some("late"));
/// assert_eq!(heap.remove(late), None);
/// assert_eq!(heap.pop(), Some((5, "early")));
/// ```
#[derive(Debug)]
pub struct Heap<K, V> {
    heap: Vec<Entry<K>>,
    slots: Vec<Slot<V>>,
    free: Vec<usize>,
}

impl<K, V> Default for Heap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> Heap<K, V> {
    /// An empty heap; allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { heap: Vec::new(), slots: Vec::new(), free: Vec::new() }
    }

    /// The number of entries.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// Removes all entries and keeps the memory. Handles from before stay stale. O(n).
    pub fn clear(&mut self) {
        while let Some(entry) = self.heap.pop() {
            self.release(entry.slot);
        }
    }

    fn release(&mut self, slot: usize) -> Option<V> {
        self.free.push(slot);
        let slot = &mut self.slots[slot];
        slot.generation += 1;
        slot.value.take()
    }
}

impl<K: Ord + Copy, V> Heap<K, V> {
    /// Adds an entry. O(log n).
    pub fn push(&mut self, key: K, value: V) -> Handle {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, position: 0, value: None });
            self.slots.len() - 1
        });
        debug_assert!(self.slots[slot].value.is_none(), "a free slot holds a value");
        self.slots[slot].value = Some(value);
        let entry = Entry { key, slot };
        self.heap.push(entry);
        self.sift_up(self.heap.len() - 1, entry);
        debug_assert!(self.heap.len() + self.free.len() == self.slots.len(), "a slot is neither used nor free");
        Handle { slot, generation: self.slots[slot].generation }
    }

    /// The least key. O(1).
    #[must_use]
    pub fn peek(&self) -> Option<K> {
        self.heap.first().map(|entry| entry.key)
    }

    /// The key of an entry; `None` when the handle is stale. O(1).
    #[must_use]
    pub fn key(&self, handle: Handle) -> Option<K> {
        let slot = self.slots.get(handle.slot).filter(|slot| slot.generation == handle.generation)?;
        self.heap.get(slot.position).map(|entry| entry.key)
    }

    /// Removes the entry with the least key. O(log n).
    pub fn pop(&mut self) -> Option<(K, V)> {
        let key = self.peek()?;
        self.remove_at(0).map(|value| (key, value))
    }

    /// Removes an entry and returns its value; `None` when the handle is stale. O(log n).
    ///
    /// A handle of another heap is not recognised as foreign: it may identify an entry here.
    pub fn remove(&mut self, handle: Handle) -> Option<V> {
        let slot = self.slots.get(handle.slot)?;
        if slot.generation != handle.generation {
            return None;
        }
        self.remove_at(slot.position)
    }

    fn remove_at(&mut self, position: usize) -> Option<V> {
        let removed = self.heap.swap_remove(position);
        if let Some(&moved) = self.heap.get(position) {
            if moved.key < removed.key {
                self.sift_up(position, moved);
            } else {
                self.sift_down(position, moved);
            }
        }
        self.release(removed.slot)
    }

    fn place(&mut self, position: usize, entry: Entry<K>) {
        self.heap[position] = entry;
        self.slots[entry.slot].position = position;
    }

    fn sift_up(&mut self, mut position: usize, entry: Entry<K>) {
        while position > 0 {
            let parent = (position - 1) / ARITY;
            if self.heap[parent].key < entry.key {
                break;
            }
            self.place(position, self.heap[parent]);
            position = parent;
        }
        self.place(position, entry);
    }

    fn sift_down(&mut self, mut position: usize, entry: Entry<K>) {
        loop {
            let first = ARITY * position + 1;
            let last = self.heap.len().min(first + ARITY);
            let Some(least) = (first..last).min_by_key(|&child| self.heap[child].key) else {
                break;
            };
            if entry.key < self.heap[least].key {
                break;
            }
            self.place(position, self.heap[least]);
            position = least;
        }
        self.place(position, entry);
    }
}
