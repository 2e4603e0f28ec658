//! The rules by which a browser hands out connections, and the profiles of real browsers.
//!
//! Rule: each field is one rule of facts measured in, or read from the source of, Chromium 156, Firefox ESR 153 and
//! WebKitGTK 2.50 (loopback, HTTP/1.1 without TLS); a scenario may override each. Chromium's paths are in its own
//! repository. The profile `as-reported` is the account of the page's own bug report, not of any browser.

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
    /// fetch() as it is.
    Auto,
    /// fetch() with priority: 'low'.
    Low,
    /// Link prefetch.
    Lowest,
}

/// The words for priorities in a scenario.
pub const PRIORITIES: &[(&str, Priority)] = &[
    ("highest", Priority::Highest),
    ("high", Priority::High),
    ("auto", Priority::Auto),
    ("low", Priority::Low),
    ("lowest", Priority::Lowest),
];

/// How many ranks there are; a rank is less.
pub const RANKS: usize = 10;

/// When a request's turn at the cache lock ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockUntil {
    /// When its headers have come (net/http/http_cache_transaction.cc).
    Headers,
    /// When its body has come (measured in Firefox).
    End,
}

/// When a fetch with cache 'reload' takes the place of what the cache keeps of its URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaces {
    /// It passes the cache by.
    Never,
    /// Where no other request has the turn (measured in Firefox).
    WhenFree,
    /// Always; those in line stay in their line (measured in Chromium).
    Always,
}

/// A browser's rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Browser {
    /// Tabs that show the page; they share the pool (measured: two tabs of eight fetches run six at a time).
    pub tabs: Linear,
    /// Time between the openings of two tabs.
    pub tab_interval: Span,
    /// Connections per group over all tabs: 6 (net/socket/client_socket_pool_manager.cc; network.http.max-persistent-connections-per-server).
    pub connections: usize,
    /// Connections in the whole pool: 256 (Chromium), 900 (Firefox).
    pub connections_total: usize,
    /// HTTP/2: one connection carries many requests.
    pub multiplexed: bool,
    /// Concurrent streams of a multiplexed connection: 100 where the server announces none (Chromium, measured).
    pub streams: usize,
    /// Requests without credentials are a group of their own (measured: Chromium and Firefox yes, WebKitGTK no).
    pub partition_by_credentials: bool,
    /// An open WebSocket keeps a slot: in no browser (measured); in the account as told.
    pub websocket_takes_slot: bool,
    /// The handshake needs a slot until its 101 answer (measured: Firefox and WebKitGTK yes, Chromium no).
    pub websocket_handshake_takes_slot: bool,
    /// A handshake that waits for a slot goes before all other requests (Firefox, measured: before fetch priority high).
    pub websocket_handshake_first: bool,
    /// A handshake that needs a slot takes no idle connection: it opens one, and an idle one that is left over at the limit
    /// goes to the next request that comes new, not to those who wait (Firefox, measured; netwerk/protocol/http:
    /// nsHttpChannel.cpp, SetupTransaction; nsHttpConnectionMgr.cpp, PreparePendingQForDispatching).
    pub websocket_opens_connection: bool,
    /// WebSockets to one host shake hands one at a time (RFC 6455, section 4.1; measured in Chromium and Firefox).
    pub websocket_one_handshake: bool,
    /// An open EventSource keeps a slot: in all three engines (measured).
    pub event_source_takes_slot: bool,
    /// An EventSource connects from a task of its own, behind the requests made in the same turn (Chromium yes, Firefox
    /// no, measured; third_party/blink/renderer/modules/eventsource/event_source.cc and WebKit's page/EventSource.cpp,
    /// ScheduleInitialConnect).
    pub event_source_connects_last: bool,
    /// The rank of each priority, `Highest` first; a higher rank is served first, equal ranks first come.
    pub ranks: [usize; 5],
    /// A new connection goes to whoever heads the queue when it is ready (net/socket/transport_client_socket_pool.cc); in
    /// Firefox to the request that it was opened for, where that still waits (netwerk/protocol/http, SetupConn; measured).
    pub late_binding: bool,
    /// An abort before the end closes the connection (measured in all three engines; HTTP/1.1 cannot do otherwise).
    pub abort_closes_connection: bool,
    /// Which used idle connection is taken: the last used (`Lifo`) or the first opened; of never used ones the oldest (transport_client_socket_pool.cc).
    pub idle_order: Order,
    /// 300 s in Chromium, 115 s in Firefox.
    pub idle_timeout_used: Span,
    /// 60 s in Chromium.
    pub idle_timeout_unused: Span,
    /// The scheduler holds low priorities (Chromium: services/network/resource_scheduler).
    pub delays_low_priority: bool,
    /// Ranks below this are delayable: below net MEDIUM.
    pub delayable_below: usize,
    /// 10 delayable requests in flight per tab; reaching it stops the scan.
    pub delayable_limit: usize,
    /// A delayable request waits while 6 requests of any priority of its tab to its host are in flight.
    pub delayable_limit_per_host: usize,
    /// clamp(30 round trips, 15 s, 120 s): 15 s on loopback.
    pub delayable_timeout: Span,
    /// GETs of one URL pass one at a time (Chromium, Firefox; WebKitGTK has no lock).
    pub cache_lock: bool,
    /// What ends a turn.
    pub cache_lock_until: LockUntil,
    /// 20 s in Chromium.
    pub cache_lock_timeout: Span,
    /// In Firefox the headers of a no-store answer release all waiters together.
    pub cache_lock_releases_all_on_no_store: bool,
    /// In Firefox the abort of the request whose turn it is releases all waiters together, unless an earlier answer is kept
    /// and it had no headers yet (measured; netwerk/protocol/http/nsHttpChannel.cpp, CloseCacheEntry).
    pub cache_lock_releases_all_on_abort: bool,
    /// A fetch with cache 'reload' waits for nobody, but later GETs of its URL wait for it, and its answer replaces what was
    /// kept (net/http/http_cache_transaction.cc, mode WRITE dooms the entry; measured in Chromium and Firefox).
    pub reload_replaces: Replaces,
    /// What requests without credentials ask for has lines and stored answers of its own (Firefox, measured;
    /// netwerk/cache2/CacheFileUtils.cpp, AppendKeyPrefix: "a,"). In Chromium it has not (measured).
    pub cache_partition_by_credentials: bool,
    /// The headers of an answer to a POST make invalid what is kept of its URL: later GETs find no stored answer, and wait
    /// for none that is under way (RFC 9111, section 4.4; net/http/http_cache_transaction.cc, DoSuccessfulSendRequest;
    /// netwerk/protocol/http/nsHttpChannel.cpp, MaybeInvalidateCacheEntryForSubsequentGet; measured in Chromium and Firefox).
    pub post_invalidates: bool,
    /// In Firefox those headers release all waiters together (measured); in Chromium they stay in line.
    pub cache_lock_releases_all_on_post: bool,
    /// A body that the page does not read pins the slot in Chromium; Firefox buffers it.
    pub unread_body_holds_slot: bool,
    /// From having a connection to the server's having the request: processor time, shared by hand-overs that happen
    /// together. Fitted, in steps of 0.05 ms beside a `connect` of 0.5 ms, for the smallest greatest deviation from all
    /// measured arrivals (`fit` in tests/ground_truth.rs): 1.75 ms leaves 12.8 ms in Chromium, golden vectors included,
    /// and 13.9 ms in Firefox, start-up stalls excluded (1.8 ms: 13.7 ms); 0.75 ms leaves 4.5 ms in WebKitGTK.
    pub dispatch: Span,
    /// Opening a connection: 0.07 to 0.7 ms on loopback.
    pub connect: Span,
}

impl Browser {
    /// Chromium 156.
    pub fn chromium() -> Self {
        Self {
            tabs: Linear::constant(1.0),
            tab_interval: Span::ZERO,
            connections: 6,
            connections_total: 256,
            multiplexed: false,
            streams: 100,
            partition_by_credentials: true,
            websocket_takes_slot: false,
            websocket_handshake_takes_slot: false,
            websocket_handshake_first: false,
            websocket_opens_connection: false,
            websocket_one_handshake: true,
            event_source_takes_slot: true,
            event_source_connects_last: true,
            // Blink to net: VeryHigh HIGHEST, High MEDIUM, Low LOWEST, VeryLow IDLE (WebURLRequest::ConvertToNetPriority);
            // fetch() is High, and priority 'high' changes nothing (measured).
            ranks: [5, 3, 3, 1, 0],
            late_binding: true,
            abort_closes_connection: true,
            idle_order: Order::Lifo,
            idle_timeout_used: Span::from_seconds(300),
            idle_timeout_unused: Span::from_seconds(60),
            delays_low_priority: true,
            delayable_below: 3,
            delayable_limit: 10,
            delayable_limit_per_host: 6,
            delayable_timeout: Span::from_seconds(15),
            cache_lock: true,
            cache_lock_until: LockUntil::Headers,
            cache_lock_timeout: Span::from_seconds(20),
            cache_lock_releases_all_on_no_store: false,
            cache_lock_releases_all_on_abort: false,
            reload_replaces: Replaces::Always,
            cache_partition_by_credentials: false,
            post_invalidates: true,
            cache_lock_releases_all_on_post: false,
            unread_body_holds_slot: true,
            dispatch: Span::from_nanos(1_750_000),
            connect: Span::from_nanos(500_000),
        }
    }

    /// Firefox ESR 153.
    pub fn firefox() -> Self {
        Self {
            connections_total: 900,
            websocket_handshake_takes_slot: true,
            websocket_handshake_first: true,
            websocket_opens_connection: true,
            event_source_connects_last: false,
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
            cache_partition_by_credentials: true,
            cache_lock_releases_all_on_post: true,
            unread_body_holds_slot: false,
            ..Self::chromium()
        }
    }

    /// WebKitGTK 2.50.
    pub fn webkit() -> Self {
        Self {
            partition_by_credentials: false,
            websocket_handshake_takes_slot: true,
            // Measured: auto first, then low and high in one class.
            ranks: [5, 1, 3, 1, 0],
            delays_low_priority: false,
            cache_lock: false,
            reload_replaces: Replaces::Never,
            dispatch: Span::from_nanos(750_000),
            ..Self::chromium()
        }
    }

    /// Chromium over HTTP/2 to a server that announces no limit.
    pub fn http2() -> Self {
        // The scheduler holds nothing back to a host that is known to multiplex (services/network/resource_scheduler);
        // an abort resets its stream and leaves the connection open (RFC 9113, section 5.4.2).
        Self { multiplexed: true, delays_low_priority: false, abort_closes_connection: false, ..Self::chromium() }
    }

    /// The bug report's own account: six slots, sockets take one, first come first served, nothing else.
    pub fn as_reported() -> Self {
        Self {
            websocket_takes_slot: true,
            websocket_handshake_takes_slot: true,
            websocket_one_handshake: false,
            event_source_connects_last: false,
            ranks: [0; 5],
            delays_low_priority: false,
            cache_lock: false,
            reload_replaces: Replaces::Never,
            dispatch: Span::ZERO,
            connect: Span::ZERO,
            ..Self::chromium()
        }
    }

    /// Reads the table `[browser]`.
    ///
    /// # Errors
    /// The first fault, at its place.
    pub fn read(node: Option<&Node>, parameters: &[String]) -> Result<Self, Fault> {
        let Some(node) = node else { return Ok(Self::chromium()) };
        let reader = Reader::new(node, &schema::BROWSER)?;
        let profiles: [(_, fn() -> Self); 5] = [
            ("chromium", Self::chromium),
            ("firefox", Self::firefox),
            ("webkit", Self::webkit),
            ("http2", Self::http2),
            ("as-reported", Self::as_reported),
        ];
        let mut browser = reader.or("profile", Self::chromium as fn() -> Self, read::choice(&profiles))?();
        browser.tabs = reader.or("tabs", browser.tabs, |node| form::amount(node, parameters))?;
        let spans: &mut [(&str, &mut Span)] = &mut [
            ("tab_interval", &mut browser.tab_interval),
            ("idle_timeout_used", &mut browser.idle_timeout_used),
            ("idle_timeout_unused", &mut browser.idle_timeout_unused),
            ("delayable_timeout", &mut browser.delayable_timeout),
            ("cache_lock_timeout", &mut browser.cache_lock_timeout),
            ("dispatch", &mut browser.dispatch),
            ("connect", &mut browser.connect),
        ];
        for (key, value) in spans {
            **value = reader.or(key, **value, read::span)?;
        }
        let switches: &mut [(&str, &mut bool)] = &mut [
            ("multiplexed", &mut browser.multiplexed),
            ("partition_by_credentials", &mut browser.partition_by_credentials),
            ("websocket_takes_slot", &mut browser.websocket_takes_slot),
            ("websocket_handshake_takes_slot", &mut browser.websocket_handshake_takes_slot),
            ("websocket_handshake_first", &mut browser.websocket_handshake_first),
            ("websocket_opens_connection", &mut browser.websocket_opens_connection),
            ("websocket_one_handshake", &mut browser.websocket_one_handshake),
            ("event_source_takes_slot", &mut browser.event_source_takes_slot),
            ("event_source_connects_last", &mut browser.event_source_connects_last),
            ("late_binding", &mut browser.late_binding),
            ("abort_closes_connection", &mut browser.abort_closes_connection),
            ("delays_low_priority", &mut browser.delays_low_priority),
            ("cache_lock", &mut browser.cache_lock),
            ("cache_lock_releases_all_on_no_store", &mut browser.cache_lock_releases_all_on_no_store),
            ("cache_lock_releases_all_on_abort", &mut browser.cache_lock_releases_all_on_abort),
            ("cache_partition_by_credentials", &mut browser.cache_partition_by_credentials),
            ("post_invalidates", &mut browser.post_invalidates),
            ("cache_lock_releases_all_on_post", &mut browser.cache_lock_releases_all_on_post),
            ("unread_body_holds_slot", &mut browser.unread_body_holds_slot),
        ];
        for (key, value) in switches {
            **value = reader.or(key, **value, read::boolean)?;
        }
        let counts: &mut [(&str, &mut usize, u64, u64)] = &mut [
            ("connections", &mut browser.connections, 1, limits::PLACES),
            ("connections_total", &mut browser.connections_total, 1, limits::PLACES),
            ("streams", &mut browser.streams, 1, limits::PLACES),
            ("delayable_below", &mut browser.delayable_below, 0, RANKS as u64),
            ("delayable_limit", &mut browser.delayable_limit, 1, limits::PLACES),
            ("delayable_limit_per_host", &mut browser.delayable_limit_per_host, 1, limits::PLACES),
        ];
        for (key, value, least, most) in counts {
            **value = reader.or(key, **value, count(*least, *most))?;
        }
        browser.idle_order = reader.or("idle_order", browser.idle_order, Order::read)?;
        browser.cache_lock_until = reader.or(
            "cache_lock_until",
            browser.cache_lock_until,
            read::choice(&[("headers", LockUntil::Headers), ("end", LockUntil::End)]),
        )?;
        browser.reload_replaces = reader.or(
            "reload_replaces",
            browser.reload_replaces,
            read::choice(&[
                ("never", Replaces::Never),
                ("when-free", Replaces::WhenFree),
                ("always", Replaces::Always),
            ]),
        )?;
        if let Some(node) = reader.get("priorities") {
            let ranks = Reader::new(node, &schema::PRIORITIES)?;
            for (name, priority) in PRIORITIES {
                let rank = &mut browser.ranks[*priority as usize];
                *rank = ranks.or(name, *rank, count(0, RANKS as u64 - 1))?;
            }
        }
        Ok(browser)
    }
}

/// Reads a whole number in a range as a machine word.
pub(crate) fn count(least: u64, most: u64) -> impl Fn(&Node) -> Result<usize, Fault> {
    move |node| read::whole(least, most)(node).map(|value| value as usize)
}
