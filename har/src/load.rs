//! Pages of an archive, and the loads that they are.
//!
//! Rule: each page of `log.pages` with entries is a load of its own: an iteration of browsertime, a run of WebPageTest, a
//! reload or a navigation in DevTools with "Preserve log". An entry without a page belongs to the page that began last
//! before it.

/// A page of an archive, as `log.pages` has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// What entries call it.
    pub id: String,
    /// Its title; in Chrome's archives the address.
    pub title: String,
    /// When its navigation began, in milliseconds from the archive's first request; below 0 where the capture began later.
    pub start_ms: Option<f64>,
    /// From its beginning to `DOMContentLoaded`, in milliseconds.
    pub content_ms: Option<f64>,
    /// From its beginning to the load event, in milliseconds.
    pub load_ms: Option<f64>,
}

/// One load of a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Load {
    /// Its page: an index into [`Archive::pages`](crate::Archive::pages); `None` where the file has no page for it.
    pub page: Option<usize>,
    /// Its entries by start: indices into [`Archive::entries`](crate::Archive::entries).
    pub entries: Vec<usize>,
    /// Its main document, after redirects: an index into [`Archive::entries`](crate::Archive::entries); `None` where the
    /// file does not have it.
    pub document: Option<usize>,
    /// The issue of its first entry, in milliseconds from the archive's first request. A navigation whose document is not
    /// in the file does not count.
    pub start_ms: f64,
    /// The last moment that the file knows of it.
    pub end_ms: f64,
    /// From `start_ms` to `DOMContentLoaded`; `None` where the file does not say, or where it was before `start_ms`.
    pub content_ms: Option<f64>,
    /// From `start_ms` to the load event.
    pub load_ms: Option<f64>,
    /// Loads with the same number are loads of one page: the same document, and mostly the same requests.
    pub group: usize,
}
