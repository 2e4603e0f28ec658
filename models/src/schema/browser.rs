//! The rules of a browser: the one list from which the struct, the profile of Chromium, the reader and the schema are made.
//!
//! Rule: each line is a key of `[browser]` with its type, its value in Chromium, and its text in the schema. The comment says
//! where the rule comes from.

use super::{Field, Fields, Kind, field};

/// Passes the list to another macro.
macro_rules! browser_rules {
    ($define:ident) => {
        $define! {
            /// Time between the openings of two tabs.
            tab_interval: span = Span::ZERO, "Delay between the openings of two tabs. Default \"0s\".";
            /// Connections per group over all tabs: 6 (net/socket/client_socket_pool_manager.cc; network.http.max-persistent-connections-per-server).
            connections: count = 6, "Connections per origin over all tabs (HTTP/1.1).";
            /// Connections in the whole pool: 256 (Chromium), 900 (Firefox).
            connections_total: count = 256, "Connections to all origins together.";
            /// Requests without credentials are a group of their own (measured: Chromium and Firefox yes, WebKitGTK no).
            partition_by_credentials: switch = true, "Requests with credentials = \"omit\" have connections of their own.";
            /// An open WebSocket keeps a slot: in no browser (measured), but in the bug report.
            websocket_takes_slot: switch = false, "An open WebSocket keeps one of the origin's connections.";
            /// The handshake needs a slot until its 101 answer (measured: Firefox and WebKitGTK yes, Chromium no).
            websocket_handshake_takes_slot: switch = false, "A WebSocket needs one of the connections until it is open.";
            /// A handshake that waits for a slot goes before all other requests (Firefox, measured: even before fetch priority high).
            websocket_handshake_first: switch = false, "A WebSocket that waits for one of the connections goes before all requests.";
            /// A handshake that waits for a slot waits like a request of low priority (WebKitGTK, measured; the default of
            /// ResourceRequestBase, which createSoupMessage hands on).
            websocket_handshake_low: switch = false, "A WebSocket that waits for one of the connections waits like a request of low priority.";
            /// A handshake that needs a slot takes no idle connection: it opens one, and an idle one that remains at the limit
            /// goes to the next new request, not to a waiting one (Firefox, measured; netwerk/protocol/http:
            /// nsHttpChannel.cpp, SetupTransaction; nsHttpConnectionMgr.cpp, PreparePendingQForDispatching).
            websocket_opens_connection: switch = false, "A WebSocket's handshake that needs a slot takes no idle connection.";
            /// WebSockets to one host shake hands one at a time (RFC 6455, section 4.1; measured in Chromium and Firefox).
            websocket_one_handshake: switch = true, "WebSockets to one origin open one at a time.";
            /// How failed handshakes delay later ones. Chromium (services/network/websocket_throttler.cc, measured): all of the
            /// same tab, and so do many that open at once. Firefox (netwerk/protocol/websocket/WebSocketChannel.cpp, FailDelay,
            /// measured): those of its host and path. WebKitGTK does not delay them (measured). The numbers: load/handshakes.rs.
            websocket_backoff: backoff = Backoff::PerTab, "Whose failed handshakes delay a WebSocket: \"never\" nobody's, \"per-tab\" those of its tab, as in Chromium, \"per-url\" those of its URL without the query, as in Firefox.";
            /// Sockets that the page's process has opened before: the lab's pages have one to the lab.
            websockets_before: whole = 0, "With `websocket_backoff = \"per-tab\"`, the WebSockets that have opened in each tab just before the load: they make the delays shorter.";
            /// The page hears of a failed handshake late: 13 to 109 ms, uniformly, in 116 of 120 failures (WebKitGTK, measured).
            websocket_failure_delay: span = Span::ZERO, "Time from the failure of a WebSocket's handshake to the page's hearing of it.";
            /// An open EventSource keeps a slot: in all three engines (measured).
            event_source_takes_slot: switch = true, "An open EventSource keeps one of the origin's connections.";
            /// An EventSource connects from a task of its own, behind the requests made in the same turn (Chromium yes, Firefox
            /// no, measured; third_party/blink/renderer/modules/eventsource/event_source.cc and WebKit's page/EventSource.cpp,
            /// ScheduleInitialConnect).
            event_source_connects_last: switch = true, "An EventSource connects behind the requests that the page makes in the same turn.";
            /// The task that connects an EventSource runs later the more requests were made in its turn: with 16 others the
            /// connections that are being opened go to low-priority requests (832 to 858 ms in 8 of 8 loads), with 6 others
            /// the EventSource still comes before them (5 of 6). One that opens in 0.5 ms lies between them with 0.03 to 0.08
            /// ms for each request (Chromium, measured).
            event_source_delay: span = Span::from_nanos(50_000), "With `event_source_connects_last`, the time that each request of the same turn and tab delays the EventSource.";
            /// A new connection goes to the request at the head of the queue when it is ready (net/socket/transport_client_socket_pool.cc); in
            /// Firefox to the request that it was opened for, where that still waits (netwerk/protocol/http, SetupConn; measured).
            late_binding: switch = true, "A new connection serves the head of the queue, not the request it was opened for.";
            /// Requests that wait for a connection of HTTP/2 change their order while it is being opened (Firefox, measured;
            /// netwerk/protocol/http/nsHttpConnectionMgr.cpp, ProcessPendingQForEntry).
            session_queue_turns: switch = false, "Requests that wait for a connection of HTTP/2 change their order while it opens: five from the front go to the end, the last one first, when TCP is connected and with each request beyond ten.";
            /// Requests with and without credentials share a connection of HTTP/2 that is open (Firefox, measured;
            /// nsHttpConnectionMgr.cpp, GetOrCreateConnectionEntry).
            session_shares_credentials: switch = false, "Requests without credentials use the HTTP/2 connection of those with credentials, and these theirs, if it is open and theirs is not.";
            /// The body of a request over HTTP/2 is written with its head (Firefox, measured); in Chromium it comes a little later.
            upload_follows_head: switch = false, "Over HTTP/2 a request's body is written with its head; the next head comes behind what the socket has taken.";
            /// An abort before the end closes the connection (measured in all three engines; HTTP/1.1 cannot do otherwise).
            abort_closes_connection: switch = true, "An abort in flight closes the connection (HTTP/1.1 cannot do otherwise).";
            /// A freed connection goes first to the requests behind the one that freed it in the order of the queue (WebKitGTK,
            /// measured in 60 random plans; libsoup's async_run_queue ends a request and serves those behind it in one pass).
            freed_to_same_priority: switch = false, "A freed connection goes first to those that wait behind the request that freed it: of its rank, then of lower ones.";
            /// Which used idle connection is taken: the last used (`Lifo`) or the first opened; of never used ones the oldest (transport_client_socket_pool.cc).
            idle_order: order = Order::Lifo, "Which of several used idle connections is taken: \"lifo\" the last used, \"fifo\" the first opened.";
            /// 300 s in Chromium, 115 s in Firefox.
            idle_timeout_used: span = Span::from_seconds(300), "An idle connection that has served a request is closed after this time.";
            /// 60 s in Chromium.
            idle_timeout_unused: span = Span::from_seconds(60), "An idle connection that never served a request is closed after this time.";
            /// The scheduler holds low priorities (Chromium: services/network/resource_scheduler).
            delays_low_priority: switch = true, "Low-priority requests wait in the scheduler while the tab is busy with the host.";
            /// Ranks below this are delayable: below net MEDIUM.
            delayable_below: rank = 3, "Requests of a rank below this one are delayable.";
            /// 10 delayable requests in flight per tab; reaching it stops the scan.
            delayable_limit: count = 10, "Delayable requests in flight per tab.";
            /// A delayable request waits while 6 requests of any priority of its tab to its host are in flight.
            delayable_limit_per_host: count = 6, "A delayable request waits while this many requests of its tab to its host are in flight.";
            /// clamp(30 round trips, 15 s, 120 s): 15 s on loopback.
            delayable_timeout: span = Span::from_seconds(15), "Longest wait of a delayable request in the scheduler.";
            /// One GET per URL at a time (Chromium, Firefox; WebKitGTK has no lock).
            cache_lock: switch = true, "Cache lock: one GET per URL at a time; further ones wait.";
            /// When a request releases the cache lock.
            cache_lock_until: lock_until = LockUntil::Headers, "When a request releases the lock.";
            /// 20 s in Chromium.
            cache_lock_timeout: span = Span::from_seconds(20), "Longest wait at the lock; then the request goes to the network by itself.";
            /// In Firefox a no-store response releases all waiting requests together, at the end of its body: with headers and 4
            /// kB at 100 ms and the rest at 550 ms they arrive at 558 ms (measured). Later GETs do not wait (measured;
            /// netwerk/protocol/http/nsHttpChannel.cpp, OnCacheEntryCheck: such an entry is not validated).
            cache_lock_releases_all_on_no_store: switch = false, "A no-store response releases all waiting requests at once when it releases the lock, and later GETs do not wait until another response has replaced it.";
            /// In Firefox an abort of the request that holds the lock releases all waiting requests together, unless an earlier response is stored
            /// and it had no headers yet (measured; netwerk/protocol/http/nsHttpChannel.cpp, CloseCacheEntry).
            cache_lock_releases_all_on_abort: switch = false, "An abort of the request that holds the lock releases all waiting requests at once.";
            /// Of GETs of one URL that are aborted together, the second takes the turn of the first and leaves an entry that
            /// cannot be read. Of those that then find it at once, three go together: 44 of 52 tries, with 2 to 6 that were
            /// aborted; and none where one was aborted, or 5 ms lay between the aborts (Chromium, measured; not in Firefox).
            cache_broken_by_aborts: switch = true, "Aborts of the request that holds the lock and of the next one at the same instant leave an entry that cannot be read: of the GETs that find it at once, three go together.";
            /// An abort in the body of a response that is being written lets the first of those that wait behind the next one
            /// go at once (Chromium, measured).
            cache_restarts_on_abort: switch = true, "An abort in the body of a response takes the lock from the request that has it by then, and gives it to the next one.";
            /// A fetch with cache 'reload' does not wait, but later GETs of its URL wait for it, and its response replaces the stored
            /// entry (net/http/http_cache_transaction.cc, mode WRITE dooms the entry; measured in Chromium and Firefox).
            reload_replaces: replaces = Replaces::Always, "When a fetch with cache 'reload' replaces the stored entry, so that later GETs of its URL wait for it.";
            /// Replacing the entry takes time before the request reaches the pool: 5 of 30 calls were overtaken by calls made 2
            /// ms later, and none of 30 with the cache modes 'default' and 'no-store' (Chromium, measured). An exponential
            /// time that exceeds 2 ms in a sixth of the calls has this mean.
            reload_delay: span = Span::from_nanos(1_100_000), "Time that a fetch with cache 'reload' takes to replace the stored entry before it reaches the pool.";
            /// Requests without credentials have a cache and locks of their own (Firefox, measured;
            /// netwerk/cache2/CacheFileUtils.cpp, AppendKeyPrefix: "a,"). In Chromium they do not (measured).
            cache_partition_by_credentials: switch = false, "Requests without credentials have a cache and locks of their own.";
            /// The headers of a response to a POST invalidate the stored entry of its URL: later GETs find no stored response, and
            /// wait for none that is in flight (RFC 9111, section 4.4; net/http/http_cache_transaction.cc, DoSuccessfulSendRequest;
            /// netwerk/protocol/http/nsHttpChannel.cpp, MaybeInvalidateCacheEntryForSubsequentGet; measured in Chromium and Firefox).
            post_invalidates: switch = true, "The headers of a response to a POST invalidate the stored entry of its URL.";
            /// In Firefox those headers release all waiting requests together (measured); in Chromium they keep waiting.
            cache_lock_releases_all_on_post: switch = false, "The headers of a response to a POST release all waiting GETs of its URL at once.";
            /// A body that the page does not read pins the slot in Chromium, if it is large; Firefox buffers it (measured up to
            /// 16 MiB).
            unread_body_holds_slot: switch = true, "A body that the page does not read keeps its connection, from `unread_body_buffer` on.";
            /// Bodies of 41 B, 64 KiB, 300 kB, 1.5 MB and 2 MB free the connection, those of 2.2 to 20 MB pin it (Chromium, measured).
            unread_body_buffer: whole = 2 << 20, "With `unread_body_holds_slot`, the `body_bytes` from which an unread body keeps its connection; smaller bodies, and those without `body_bytes`, are buffered.";
            /// In Firefox and WebKitGTK a navigation, reload or link click ends the old page's fetches and event streams as it starts,
            /// and the page is told that the fetches failed; its calls with keepalive go on (measured). In Chromium all go on to the
            /// new document's headers, and the document waits for their connections.
            navigation_ends_calls: switch = false, "A navigation ends the old page's fetches and event streams as it starts, and not only when the new document's headers arrive; the fetches fail. A navigation is a request whose `headers` leave a page.";
            /// What the old page calls from then on fails at once in WebKitGTK; Firefox sends it (measured).
            navigation_refuses_calls: switch = false, "With `navigation_ends_calls`, fetches and event streams that the old page begins after the navigation's start fail at once.";
            /// Firefox closes its WebSockets then, which the page hears (measured); Chromium and WebKitGTK do when the document is there.
            navigation_closes_websockets: switch = false, "A navigation closes the old page's WebSockets as it starts; an open one closes as if its server had closed it.";
            /// Measured on an idle machine, three times each, from `location.href = ...` or a click to the arrival of the request with
            /// a free connection: 12 to 13 ms in Chromium, 11 to 16 in Firefox, 5 to 9 in WebKitGTK, less `dispatch` and `connect`.
            navigation_delay: span = Span::from_millis(10), "Time from a navigation's start to its request for a connection: the old page is asked, and the browser's other processes.";
            /// Processor time from having a connection to sending the request, shared by requests that are dispatched
            /// together. Fitted, in steps of 0.05 ms with a `connect` of 0.5 ms, for the smallest greatest deviation from all
            /// measured arrivals (`fit` in tests/ground_truth.rs): 1.75 ms leaves 12.8 ms in Chromium, golden vectors included,
            /// and 13.9 ms in Firefox, start-up stalls excluded (1.8 ms: 13.7 ms); 0.75 ms leaves 4.5 ms in WebKitGTK.
            dispatch: span = Span::from_nanos(1_750_000), "Processor time from having a connection to sending the request; requests that are dispatched together share the browser's processor.";
            /// Opening a connection: 0.07 to 0.7 ms on loopback.
            connect: span = Span::from_nanos(500_000), "Time to open a connection to an origin that has no `connect` of its own.";
        }
    };
}
pub(crate) use browser_rules;

/// The kind of a rule's value in the schema.
macro_rules! kind {
    (switch) => {
        Kind::Boolean
    };
    (span) => {
        Kind::Span
    };
    (count) => {
        Kind::Whole
    };
    (whole) => {
        Kind::Whole
    };
    (rank) => {
        Kind::Whole
    };
    (order) => {
        Kind::Choice(&["fifo", "lifo"])
    };
    (lock_until) => {
        Kind::Choice(&["headers", "end"])
    };
    (replaces) => {
        Kind::Choice(&["never", "when-free", "always"])
    };
    (backoff) => {
        Kind::Choice(&["never", "per-tab", "per-url"])
    };
}

macro_rules! define_fields {
    ($($(#[$source:meta])* $key:ident: $type:ident = $chromium:expr, $text:literal;)*) => {
        const FIELDS: &[Field] = &[
            field(
                "profile",
                Kind::Choice(&["chromium", "firefox", "webkit", "as-reported"]),
                "The browser that the rules are taken from. Default \"chromium\".",
            ),
            field("tabs", Kind::Amount, "Number of tabs that show the page. They share connections. Default 1."),
            field(
                "priorities",
                Kind::Table(&PRIORITIES),
                "The rank of each fetch priority; a higher rank is served first.",
            ),
            $(field(stringify!($key), kind!($type), $text),)*
        ];
    };
}
browser_rules!(define_fields);

/// The browser's rules.
pub static BROWSER: Fields = Fields {
    text: "A profile of a real browser, or of the bug report; each further key overrides one of its rules.",
    required: &[],
    fields: FIELDS,
};

/// Ranks of fetch priorities.
pub static PRIORITIES: Fields = Fields {
    text: "Ranks from 0 to 9.",
    required: &[],
    fields: &[
        field("highest", Kind::Whole, "Documents and style sheets."),
        field("high", Kind::Whole, "fetch() with priority: 'high'."),
        field("auto", Kind::Whole, "fetch() without a priority, with keepalive or not; EventSource, scripts."),
        field("low", Kind::Whole, "fetch() with priority: 'low'."),
        field("lowest", Kind::Whole, "<link rel=prefetch>, navigator.sendBeacon()."),
    ],
};
