//! First-in, first-out lists of requests with removal in constant time.
//!
//! Rule: a request is in one list at a time, so one pair of links per request serves all lists. An abort removes a request
//! from its list in constant time, and no list allocates.

/// The number of a request in its load.
pub type RequestId = usize;

const NONE: usize = usize::MAX;

/// The neighbours of a request in its list.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    before: usize,
    after: usize,
}

impl Default for Link {
    fn default() -> Self {
        Self { before: NONE, after: NONE }
    }
}

/// A list; its links are in the load's table of links.
#[derive(Clone, Copy, Debug)]
pub struct List {
    head: usize,
    tail: usize,
}

impl Default for List {
    fn default() -> Self {
        Self { head: NONE, tail: NONE }
    }
}

impl List {
    /// The first request.
    pub fn first(&self) -> Option<RequestId> {
        (self.head != NONE).then_some(self.head)
    }

    /// The last request.
    pub fn last(&self) -> Option<RequestId> {
        (self.tail != NONE).then_some(self.tail)
    }

    /// The request after another.
    pub fn next(links: &[Link], id: RequestId) -> Option<RequestId> {
        let after = links[id].after;
        (after != NONE).then_some(after)
    }

    /// Adds a request at the end; it must be in no list.
    pub fn push(&mut self, links: &mut [Link], id: RequestId) {
        links[id] = Link { before: self.tail, after: NONE };
        match self.tail {
            NONE => self.head = id,
            tail => links[tail].after = id,
        }
        self.tail = id;
    }

    /// Removes the first request.
    pub fn pop(&mut self, links: &mut [Link]) -> Option<RequestId> {
        let first = self.first()?;
        self.remove(links, first);
        Some(first)
    }

    /// Removes a request, which must be in this list.
    pub fn remove(&mut self, links: &mut [Link], id: RequestId) {
        let Link { before, after } = links[id];
        debug_assert!(before != NONE || self.head == id, "request {id} does not head this list");
        debug_assert!(after != NONE || self.tail == id, "request {id} does not end this list");
        match before {
            NONE => self.head = after,
            before => links[before].after = after,
        }
        match after {
            NONE => self.tail = before,
            after => links[after].before = before,
        }
        links[id] = Link::default();
    }
}
