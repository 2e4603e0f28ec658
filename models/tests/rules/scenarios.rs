//! Small pages that several cases share.

pub const EIGHT: &str = r#"request.get = { count = 8, service = "300ms" }"#;

pub const SIX: &str = r#"request.get = { count = 6, service = "300ms" }"#;

pub const TWO_CREDENTIALS: &str = r#"
browser.dispatch = "0ms"
request.with = { count = 8, service = "300ms" }
request.without = { count = 8, service = "300ms", credentials = "omit" }
"#;

pub const SIX_BESIDE_WEBSOCKET: &str = r#"
server.max_concurrent_streams = 6
socket.messages = { kind = "websocket" }
request.get = { count = 6, start = "100ms", service = "300ms" }
"#;

pub const SIX_BESIDE_EVENT_SOURCE: &str = r#"
server.max_concurrent_streams = 6
socket.events = { kind = "event-source" }
request.get = { count = 6, start = "100ms", service = "300ms" }
"#;

pub const WEBSOCKET_BEHIND_SIX: &str = r#"
server.max_concurrent_streams = 6
browser.websocket_takes_slot = false
request.get = { count = 6, service = "1000ms" }
socket.messages = { kind = "websocket", opens = "100ms" }
"#;

pub const LOW_AUTO_HIGH: &str = r#"
browser.connections = 1
server.max_concurrent_streams = 1
request.first = { service = "1000ms" }
request.low = { start = "100ms", priority = "low", service = "300ms" }
request.auto = { start = "100ms", service = "300ms" }
request.high = { start = "100ms", priority = "high", service = "300ms" }
"#;

/// The abort closes the connection, so that the queue is served from its head.
pub const LOW_AUTO_HIGH_AFTER_ABORT: &str = r#"
browser.connections = 1
request.first = { service = "2000ms", deadline = "1000ms" }
request.low = { start = "100ms", priority = "low", service = "300ms" }
request.auto = { start = "100ms", service = "300ms" }
request.high = { start = "100ms", priority = "high", service = "300ms" }
"#;

pub const LOW_BEHIND_SIX: &str = r#"
browser.connections = 7
request.six = { count = 6, service = "1000ms" }
request.low = { start = "100ms", priority = "low", service = "100ms" }
"#;

pub const ABORT: &str = r#"
request.aborted = { service = "1s", deadline = "300ms" }
request.next = { start = "500ms" }
"#;

pub const ONE_URL: &str = r#"request.get = { url = "/one-url", count = 3, service = "300ms" }"#;

pub const ONE_URL_EARLY_HEADERS: &str = r#"request.get = { url = "/one-url", count = 3, body = "300ms" }"#;

pub const ONE_URL_NO_STORE: &str =
    r#"request.get = { url = "/one-url", count = 3, service = "300ms", response_cache_control = "no-store" }"#;

/// As measured: headers at 100 ms, the rest of the body at 550 ms.
pub const ONE_URL_NO_STORE_BODY: &str = r#"request.get = { url = "/one-url", count = 3, service = "100ms", body = "450ms", response_cache_control = "no-store" }"#;

/// `written` replaces the no-store response at 500 ms, `rewritten` replaces that one at 700 ms.
pub const BEHIND_NO_STORE: &str = r#"
request.first = { url = "/one-url", service = "100ms", response_cache_control = "no-store" }
request.written = { url = "/one-url", start = "200ms", service = "300ms", body = "400ms" }
request.rewritten = { url = "/one-url", start = "300ms", service = "400ms", body = "400ms" }
request.released = { url = "/one-url", start = "600ms", service = "50ms" }
request.last = { url = "/one-url", start = "800ms", service = "50ms" }
"#;

pub const LEADER_ABORTED: &str = r#"
request.leader = { url = "/one-url", service = "300ms", deadline = "100ms" }
request.get = { url = "/one-url", count = 3, service = "300ms" }
"#;

pub const WEBSOCKET_AMONG_WAITERS: &str = r#"
request.busy = { count = 6, service = "200ms" }
request.high = { count = 6, start = "50ms", priority = "high", service = "200ms" }
socket.messages = { kind = "websocket", opens = "100ms", handshake = "100ms" }
"#;

/// As above, in a browser whose handshakes need a slot.
pub const WEBSOCKET_FIRST_OF_SLOTS: &str = r#"
browser.websocket_handshake_takes_slot = true
request.busy = { count = 6, service = "200ms" }
request.high = { count = 6, start = "50ms", priority = "high", service = "200ms" }
socket.messages = { kind = "websocket", opens = "100ms", handshake = "100ms" }
"#;

pub const WEBSOCKET_BEFORE_AUTO: &str = r#"
browser.connections = 1
browser.websocket_handshake_takes_slot = true
request.first = { service = "300ms" }
socket.messages = { kind = "websocket", opens = "50ms", handshake = "10ms" }
request.auto = { start = "100ms", service = "300ms" }
"#;

pub const TWO_WEBSOCKETS: &str = r#"
request.get = { start = "1s" }
socket.messages = { kind = "websocket", count = 2, handshake = "200ms" }
"#;

pub const ABORTED_TOGETHER: &str = r#"
request.cut = { url = "/one-url", count = 2, service = "1s", deadline = "200ms" }
request.get = { url = "/one-url", start = "282ms", count = 5, service = "400ms" }
"#;

pub const ABORTED_IN_BODY: &str = r#"
request.cut = { url = "/one-url", service = "400ms", body = "600ms", deadline = "600ms" }
request.get = { url = "/one-url", start = "10ms", count = 3, service = "400ms", body = "600ms" }
"#;

pub const WEBSOCKET_FAILS: &str = r#"
socket.messages = { kind = "websocket", handshake = "20ms", handshake_fails = 1, reconnect = "50ms" }
request.get = { start = "1s" }
"#;

pub const EVENT_SOURCE_BEFORE_SIX: &str = r#"
socket.events = { kind = "event-source" }
request.get = { count = 6, service = "300ms" }
"#;

/// The largest unread body that was seen to free its connection in Chromium.
pub const UNREAD: &str = r#"
browser.connections = 1
request.unread = { service = "100ms", body = "100ms", body_bytes = 2000000, reads_body = false }
request.next = { service = "100ms" }
"#;

/// The smallest that was seen to pin it.
pub const UNREAD_LARGE: &str = r#"
browser.connections = 1
request.unread = { service = "100ms", body = "100ms", body_bytes = 2200000, reads_body = false }
request.next = { service = "100ms" }
"#;

pub const EVENT_SOURCE_AMONG_MANY: &str = r#"
request.document = { priority = "highest", service = "20ms" }
socket.events = { kind = "event-source", after = "document.ok" }
request.get = { count = 4, after = "document.ok", service = "800ms" }
request.image = { count = 12, after = "document.ok", priority = "low", service = "800ms" }
"#;

pub const EVENT_SOURCE_AMONG_FEW: &str = r#"
request.document = { priority = "highest", service = "20ms" }
socket.events = { kind = "event-source", after = "document.ok" }
request.get = { count = 4, after = "document.ok", service = "800ms" }
request.image = { count = 2, after = "document.ok", priority = "low", service = "800ms" }
"#;

pub const LOW_FREES: &str = r#"
browser.connections = 1
request.first = { priority = "low", service = "1000ms" }
request.auto = { start = "100ms", service = "300ms" }
request.low = { start = "100ms", priority = "low", service = "300ms" }
"#;

/// A call made 0.5 ms later overtakes one that takes longer to replace the stored entry.
pub const RELOAD_OVERTAKEN: &str = r#"
browser.reload_replaces = "always"
browser.connections = 1
browser.connect = "0ms"
browser.dispatch = "0ms"
request.first = { service = "300ms" }
request.reload = { start = "299ms", cache = "reload", service = "300ms" }
request.get = { start = "299.5ms", service = "300ms" }
"#;

pub const ONE_URL_TWO_CREDENTIALS: &str = r#"
request.with = { url = "/one-url", service = "300ms" }
request.without = { url = "/one-url", start = "100ms", credentials = "omit" }
"#;

pub const RELOAD: &str = r#"
request.stored = { url = "/one-url", response_cache_control = "max-age=60" }
request.reload = { url = "/one-url", start = "100ms", cache = "reload", service = "300ms" }
request.get = { url = "/one-url", start = "200ms" }
"#;

pub const RELOAD_BESIDE_A_LINE: &str = r#"
request.leader = { url = "/one-url", service = "600ms" }
request.in-line = { url = "/one-url", start = "100ms", service = "300ms" }
request.reload = { url = "/one-url", start = "200ms", cache = "reload", service = "300ms" }
request.get = { url = "/one-url", start = "300ms" }
"#;

pub const STORED_AND_POST: &str = r#"
request.stored = { url = "/one-url", response_cache_control = "max-age=60" }
request.post = { url = "/one-url", start = "100ms", method = "POST", service = "200ms", body = "300ms" }
request.before = { url = "/one-url", start = "200ms" }
request.after = { url = "/one-url", start = "400ms" }
"#;

pub const LINE_AND_POST: &str = r#"
request.leader = { url = "/one-url", service = "1s" }
request.post = { url = "/one-url", start = "100ms", method = "POST", service = "300ms" }
request.get = { url = "/one-url", count = 2, start = "200ms", service = "300ms" }
request.after = { url = "/one-url", count = 2, start = "500ms", service = "300ms" }
"#;

/// An earlier response is stored: the first abort, before headers, passes the lock on; the second, in the body, releases
/// all.
pub const LEADER_ABORTED_IN_BODY_OF_ANOTHER_ANSWER: &str = r#"
request.kept = { url = "/one-url" }
request.leader = { url = "/one-url", start = "200ms", service = "1s", deadline = "200ms" }
request.get = { url = "/one-url", count = 2, start = "300ms", service = "300ms" }
request.cut = { url = "/one-url", start = "1100ms", service = "100ms", body = "1s", deadline = "200ms" }
request.last = { url = "/one-url", count = 2, start = "1200ms", service = "300ms" }
"#;

pub const WEBSOCKET_BESIDE_IDLE: &str = r#"
request.busy = { count = 6, service = "500ms" }
socket.messages = { kind = "websocket", opens = "100ms", handshake = "200ms" }
request.waits = { count = 6, start = "150ms", service = "300ms" }
request.new = { start = "600ms", service = "100ms" }
"#;

/// As above, in a browser whose handshakes need a slot.
pub const WEBSOCKET_BESIDE_IDLE_OF_SLOTS: &str = r#"
browser.websocket_handshake_takes_slot = true
request.busy = { count = 6, service = "500ms" }
socket.messages = { kind = "websocket", opens = "100ms", handshake = "200ms" }
"#;

pub const EIGHT_WAIT_FOR_SESSION: &str = r#"
browser.connect = "100ms"
origin.api = { protocol = "h2", max_concurrent_streams = 1 }
request.get = { origin = "api", count = 8, service = "300ms" }
"#;

pub const ELEVEN_WAIT_FOR_SESSION: &str = r#"
browser.connect = "100ms"
origin.api = { protocol = "h2", max_concurrent_streams = 1 }
request.get = { origin = "api", count = 11, service = "300ms" }
"#;

pub const SESSION_OF_OTHER_CREDENTIALS: &str = r#"
browser.connect = "100ms"
origin.api = { protocol = "h2" }
request.with = { origin = "api", service = "300ms" }
request.without = { origin = "api", start = "200ms", service = "300ms", credentials = "omit" }
"#;

pub const TWO_UPLOADS: &str = r#"
network.discipline = "fifo"
origin.api = { protocol = "h2", bandwidth_up = "1Mbit/s" }
request.post = { origin = "api", count = 2, method = "POST", request_bytes = 12500, service = "0ms" }
"#;
