//! The rules by which a browser hands out connections, and the profiles of real browsers.
//!
//! Rule: each field is one rule of facts measured in, or read from the source of, Chromium 156, Firefox ESR 153 and
//! WebKitGTK 2.50 (loopback, HTTP/1.1 without TLS); a scenario may override each. Chromium's paths are in its own
//! repository. The profile `as-reported` follows the page's bug report, not any browser.

use crate::form::{self, Linear};
use crate::limits;
use crate::queue::Order;
use crate::read::{self, Reader};
use crate::schema;
use crate::source::Fault;
use crate::tree::Node;
use sixslot_sim_core::Span;

/// The fetch priority that a page asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Documents and style sheets.
    Highest,
    /// fetch() with priority: 'high'.
    High,
    /// fetch() without a priority.
    Auto,
    /// fetch() with priority: 'low'.
    Low,
    /// Link prefetch.
    Lowest,
}

/// The names of priorities in a scenario.
pub const PRIORITIES: &[(&str, Priority)] = &[
    ("highest", Priority::Highest),
    ("high", Priority::High),
    ("auto", Priority::Auto),
    ("low", Priority::Low),
    ("lowest", Priority::Lowest),
];

/// Number of ranks; every rank is less than this.
pub const RANKS: usize = 10;

/// When a request releases the cache lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LockUntil {
    /// When its headers have arrived (net/http/http_cache_transaction.cc).
    Headers,
    /// When its body has arrived (measured in Firefox).
    End,
}

/// Whose failed handshakes delay a WebSocket (RFC 6455, section 7.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backoff {
    /// Nobody's.
    Never,
    /// Those of its tab (Chromium).
    PerTab,
    /// Those of its URL (Firefox).
    PerUrl,
}

/// When a fetch with cache 'reload' replaces the stored entry of its URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replaces {
    /// Never: it bypasses the cache.
    Never,
    /// If no other request holds the lock (measured in Firefox).
    WhenFree,
    /// Always; requests that already wait stay in their queue (measured in Chromium).
    Always,
}

/// The type of a rule.
macro_rules! rule_type {
    (switch) => {
        bool
    };
    (span) => {
        Span
    };
    (count) => {
        usize
    };
    (whole) => {
        u64
    };
    (rank) => {
        usize
    };
    (order) => {
        Order
    };
    (lock_until) => {
        LockUntil
    };
    (replaces) => {
        Replaces
    };
    (backoff) => {
        Backoff
    };
}

/// The function that reads a rule of a type.
macro_rules! rule_reader {
    (switch) => {
        read::boolean
    };
    (span) => {
        read::span
    };
    (count) => {
        read::count(1, limits::PLACES)
    };
    (whole) => {
        read::whole(0, limits::BYTES)
    };
    (rank) => {
        read::count(0, RANKS as u64)
    };
    (order) => {
        Order::read
    };
    (lock_until) => {
        read::choice(&[("headers", LockUntil::Headers), ("end", LockUntil::End)])
    };
    (replaces) => {
        read::choice(&[("never", Replaces::Never), ("when-free", Replaces::WhenFree), ("always", Replaces::Always)])
    };
    (backoff) => {
        read::choice(&[("never", Backoff::Never), ("per-tab", Backoff::PerTab), ("per-url", Backoff::PerUrl)])
    };
}

/// Defines [`Browser`], Chromium's rules, the reader and the comparison from the list in `schema/browser.rs`.
macro_rules! define_browser {
    ($($(#[$source:meta])* $key:ident: $type:ident = $chromium:expr, $text:literal;)*) => {
        /// A browser's rules.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct Browser {
            /// Tabs that show the page; they share the pool (measured: two tabs of eight fetches run six at a time).
            pub tabs: Linear,
            /// The rank of each priority, `Highest` first; a higher rank is served first, equal ranks in order of arrival.
            pub ranks: [usize; 5],
            $($(#[$source])* pub $key: rule_type!($type),)*
        }

        impl Browser {
            /// Chromium 156.
            pub fn chromium() -> Self {
                Self {
                    tabs: Linear::constant(1.0),
                    // Blink to net: VeryHigh HIGHEST, High MEDIUM, Low LOWEST, VeryLow IDLE (WebURLRequest::ConvertToNetPriority);
                    // fetch() is High, and priority 'high' changes nothing (measured).
                    ranks: [5, 3, 3, 1, 0],
                    $($key: $chromium,)*
                }
            }

            /// Reads the rules that a scenario overrides.
            fn read_rules(&mut self, reader: &Reader<'_>) -> Result<(), Fault> {
                $(self.$key = reader.or(stringify!($key), self.$key, rule_reader!($type))?;)*
                Ok(())
            }

            /// The keys of the rules in which two browsers differ, except the number of tabs.
            pub fn differences(&self, other: &Self) -> impl Iterator<Item = &'static str> + use<> {
                let rules = [
                    ("priorities", self.ranks == other.ranks),
                    $((stringify!($key), self.$key == other.$key),)*
                ];
                rules.into_iter().filter(|(_, same)| !same).map(|(key, _)| key)
            }
        }
    };
}
schema::browser_rules!(define_browser);

impl Browser {
    /// The oldest Chromium that the profile was compared with: 156 was measured, and 148 predicted (docs/browser-rules.md).
    pub const OLDEST_CHROMIUM: [u32; 2] = [148, 0];
    /// The oldest Firefox that was measured. ESR 140 has another rule for requests of one URL.
    pub const OLDEST_FIREFOX: [u32; 2] = [153, 0];
    /// The oldest WebKitGTK that was measured.
    pub const OLDEST_WEBKIT: [u32; 2] = [2, 50];

    /// Firefox ESR 153.
    pub fn firefox() -> Self {
        Self {
            connections_total: 900,
            websocket_handshake_takes_slot: true,
            websocket_handshake_first: true,
            websocket_opens_connection: true,
            websocket_backoff: Backoff::PerUrl,
            session_queue_turns: true,
            session_shares_credentials: true,
            upload_follows_head: true,
            event_source_connects_last: false,
            event_source_delay: Span::ZERO,
            late_binding: false,
            // Measured: high before auto before low.
            ranks: [5, 4, 3, 1, 0],
            idle_timeout_used: Span::from_seconds(115),
            idle_timeout_unused: Span::from_seconds(115),
            delays_low_priority: false,
            cache_lock_until: LockUntil::End,
            cache_lock_releases_all_on_no_store: true,
            cache_lock_releases_all_on_abort: true,
            reload_replaces: Replaces::WhenFree,
            reload_delay: Span::ZERO,
            cache_partition_by_credentials: true,
            cache_lock_releases_all_on_post: true,
            unread_body_holds_slot: false,
            navigation_ends_calls: true,
            navigation_closes_websockets: true,
            ..Self::chromium()
        }
    }

    /// WebKitGTK 2.50.
    pub fn webkit() -> Self {
        Self {
            partition_by_credentials: false,
            websocket_handshake_takes_slot: true,
            websocket_handshake_low: true,
            // Measured: the handshakes of two sockets and of two tabs arrive together.
            websocket_one_handshake: false,
            websocket_backoff: Backoff::Never,
            websocket_failure_delay: Span::from_millis(60),
            // fetch() without a priority is Medium, 'high' and 'low' are beside it (Source/WebCore/platform/network/soup,
            // toSoupMessagePriority); measured.
            ranks: [5, 4, 3, 2, 0],
            freed_to_same_priority: true,
            event_source_delay: Span::ZERO,
            delays_low_priority: false,
            cache_lock: false,
            reload_replaces: Replaces::Never,
            reload_delay: Span::ZERO,
            navigation_ends_calls: true,
            navigation_refuses_calls: true,
            navigation_delay: Span::from_millis(4),
            dispatch: Span::from_nanos(750_000),
            ..Self::chromium()
        }
    }

    /// The rules as described in the bug report: six slots, sockets take one, first come, first served, nothing else.
    pub fn as_reported() -> Self {
        Self {
            websocket_takes_slot: true,
            websocket_handshake_takes_slot: true,
            websocket_one_handshake: false,
            websocket_backoff: Backoff::Never,
            event_source_connects_last: false,
            event_source_delay: Span::ZERO,
            ranks: [0; 5],
            delays_low_priority: false,
            cache_lock: false,
            reload_replaces: Replaces::Never,
            reload_delay: Span::ZERO,
            unread_body_buffer: 0,
            navigation_delay: Span::ZERO,
            dispatch: Span::ZERO,
            connect: Span::ZERO,
            ..Self::chromium()
        }
    }

    /// Reads the table `[browser]`.
    ///
    /// # Errors
    /// The first fault, at its place.
    pub(crate) fn read(node: Option<&Node>, parameters: &[String]) -> Result<Self, Fault> {
        let Some(node) = node else { return Ok(Self::chromium()) };
        let reader = Reader::new(node, &schema::BROWSER)?;
        let profiles: [(_, fn() -> Self); 4] = [
            ("chromium", Self::chromium),
            ("firefox", Self::firefox),
            ("webkit", Self::webkit),
            ("as-reported", Self::as_reported),
        ];
        let mut browser = reader.or("profile", Self::chromium as fn() -> Self, read::choice(&profiles))?();
        browser.tabs = reader.or("tabs", browser.tabs, |node| form::amount(node, parameters))?;
        browser.read_rules(&reader)?;
        if let Some(node) = reader.get("priorities") {
            let ranks = Reader::new(node, &schema::PRIORITIES)?;
            for (name, priority) in PRIORITIES {
                let rank = &mut browser.ranks[*priority as usize];
                *rank = ranks.or(name, *rank, read::count(0, RANKS as u64 - 1))?;
            }
        }
        Ok(browser)
    }
}
