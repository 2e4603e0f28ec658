//! The tables of a scenario file with their keys.
//!
//! Rule: each key has its meaning, its unit and what holds without it; the order is that of the printed schema.

use super::{Field, Fields, Kind};

const fn field(key: &'static str, kind: Kind, text: &'static str) -> Field {
    Field { key, kind, text }
}

/// The whole scenario.
pub static SCENARIO: Fields = Fields {
    text: "A page, its browser and its server, and what counts as a failed load.",
    required: &["schema"],
    fields: &[
        field("schema", Kind::Whole, "The version of this format: 1."),
        field("title", Kind::Text, "What the scenario is, in one line."),
        field("horizon", Kind::Span, "How long a load is watched. Default \"60s\", at most \"24h\"."),
        field(
            "parameters",
            Kind::Keyed(&Kind::Parameter),
            "What a sweep varies: a number, or a distribution drawn once per load.",
        ),
        field("browser", Kind::Table(&BROWSER), "The rules by which connections are handed out."),
        field("server", Kind::Table(&SERVER), "The page's own origin."),
        field("origin", Kind::Named(&SERVER), "Further origins; a request names one with `origin`."),
        field(
            "request",
            Kind::Named(&REQUEST),
            "The page's requests. Those of one instant are issued in the order of the file.",
        ),
        field("queue", Kind::Named(&QUEUE), "A framework's own queue with a limit; a request names one with `queue`."),
        field("socket", Kind::Named(&SOCKET), "Long-lived connections."),
        field(
            "server_cache",
            Kind::Named(&SERVER_CACHE),
            "Server-side caches; a request or a background call names them in `looks_up`.",
        ),
        field("background", Kind::Named(&BACKGROUND), "Background calls of a server: they come from no browser."),
        field("load", Kind::Table(&LOAD), "When the page is loaded, and when its load has failed."),
        field("fix", Kind::Named(&FIX), "Changes to try, as patches over this scenario."),
        field(
            "layer",
            Kind::Named(&LAYER),
            "The layers of the cause, each with a patch that removes it; at most 10. `sixslot compare --layers` says what each contributes.",
        ),
        field("sweep", Kind::Table(&SWEEP), "The grid of `sixslot sweep`."),
    ],
};

/// The browser's rules.
pub static BROWSER: Fields = Fields {
    text: "A profile of a real browser, or of the issue's account; each further key overrides one of its rules.",
    required: &[],
    fields: &[
        field(
            "profile",
            Kind::Choice(&["chromium", "firefox", "webkit", "http2", "as-reported"]),
            "Whose rules. Default \"chromium\".",
        ),
        field("tabs", Kind::Amount, "How many tabs show the page. They share connections. Default 1."),
        field("tab_interval", Kind::Span, "Each tab opens so long after the one before. Default \"0s\"."),
        field("connections", Kind::Whole, "Connections per origin over all tabs (HTTP/1.1)."),
        field("connections_total", Kind::Whole, "Connections to all origins together."),
        field(
            "multiplexed",
            Kind::Boolean,
            "HTTP/2: one connection per origin that carries `streams` requests at once.",
        ),
        field("streams", Kind::Whole, "Concurrent requests on a multiplexed connection."),
        field(
            "partition_by_credentials",
            Kind::Boolean,
            "Requests with credentials = \"omit\" have connections of their own.",
        ),
        field("websocket_takes_slot", Kind::Boolean, "An open WebSocket keeps one of the origin's connections."),
        field(
            "websocket_handshake_takes_slot",
            Kind::Boolean,
            "A WebSocket needs one of the connections until it is open.",
        ),
        field(
            "websocket_handshake_first",
            Kind::Boolean,
            "A WebSocket that waits for one of the connections goes before all requests.",
        ),
        field(
            "websocket_opens_connection",
            Kind::Boolean,
            "A WebSocket's handshake that needs a slot takes no idle connection.",
        ),
        field("websocket_one_handshake", Kind::Boolean, "WebSockets to one origin open one at a time."),
        field("event_source_takes_slot", Kind::Boolean, "An open EventSource keeps one of the origin's connections."),
        field(
            "event_source_connects_last",
            Kind::Boolean,
            "An EventSource connects behind the requests that the page makes in the same turn.",
        ),
        field(
            "priorities",
            Kind::Table(&PRIORITIES),
            "The rank of each fetch priority; a higher rank is served first.",
        ),
        field(
            "late_binding",
            Kind::Boolean,
            "A new connection serves the head of the queue, not the request it was opened for.",
        ),
        field(
            "abort_closes_connection",
            Kind::Boolean,
            "An abort in flight closes the connection (HTTP/1.1 cannot do otherwise).",
        ),
        field(
            "idle_order",
            Kind::Choice(&["fifo", "lifo"]),
            "Which of several used idle connections is taken: \"lifo\" the last used, \"fifo\" the first opened.",
        ),
        field(
            "idle_timeout_used",
            Kind::Span,
            "An idle connection that has served a request is closed after this time.",
        ),
        field(
            "idle_timeout_unused",
            Kind::Span,
            "An idle connection that never served a request is closed after this time.",
        ),
        field(
            "delays_low_priority",
            Kind::Boolean,
            "Low-priority requests wait in the scheduler while the tab is busy with the host.",
        ),
        field("delayable_below", Kind::Whole, "Requests of a rank below this one are delayable."),
        field("delayable_limit", Kind::Whole, "Delayable requests in flight per tab."),
        field(
            "delayable_limit_per_host",
            Kind::Whole,
            "A delayable request waits while so many requests of its tab to its host are in flight.",
        ),
        field("delayable_timeout", Kind::Span, "A delayable request waits no longer than this."),
        field("cache_lock", Kind::Boolean, "GETs of one URL pass one at a time."),
        field("cache_lock_until", Kind::Choice(&["headers", "end"]), "What ends a request's turn at the lock."),
        field("cache_lock_timeout", Kind::Span, "A request waits no longer than this at the lock, then goes alone."),
        field(
            "cache_lock_releases_all_on_no_store",
            Kind::Boolean,
            "The headers of a no-store answer release all waiters at once.",
        ),
        field(
            "cache_lock_releases_all_on_abort",
            Kind::Boolean,
            "The abort of the request whose turn it is releases all waiters at once.",
        ),
        field(
            "reload_replaces",
            Kind::Choice(&["never", "when-free", "always"]),
            "When a fetch with cache 'reload' takes the place of what is kept, so that later GETs of its URL wait for it.",
        ),
        field(
            "cache_partition_by_credentials",
            Kind::Boolean,
            "Requests without credentials have lines and stored answers of their own.",
        ),
        field(
            "post_invalidates",
            Kind::Boolean,
            "The headers of an answer to a POST make invalid what is kept of its URL.",
        ),
        field(
            "cache_lock_releases_all_on_post",
            Kind::Boolean,
            "The headers of an answer to a POST release all GETs of its URL that wait at once.",
        ),
        field("unread_body_holds_slot", Kind::Boolean, "A body that the page does not read keeps its connection."),
        field(
            "dispatch",
            Kind::Span,
            "From having a connection to the server's having the request; hand-overs that happen together share the browser's processor.",
        ),
        field("connect", Kind::Span, "Opening a connection."),
    ],
};

/// Ranks of fetch priorities.
pub static PRIORITIES: Fields = Fields {
    text: "Ranks from 0 to 9.",
    required: &[],
    fields: &[
        field("highest", Kind::Whole, "Documents and style sheets."),
        field("high", Kind::Whole, "fetch() with priority: 'high'."),
        field("auto", Kind::Whole, "fetch() as it is, EventSource, scripts."),
        field("low", Kind::Whole, "fetch() with priority: 'low'."),
        field("lowest", Kind::Whole, "<link rel=prefetch>."),
    ],
};

/// A server.
pub static SERVER: Fields = Fields {
    text: "How a server turns work into time.",
    required: &[],
    fields: &[
        field(
            "discipline",
            Kind::Choice(&["independent", "processor-sharing", "fifo", "event-loop"]),
            "independent: requests do not slow each other. processor-sharing: all share the workers equally. fifo: first come, first served by the workers. event-loop: one thread, blocks that nothing interrupts. Default \"independent\".",
        ),
        field("workers", Kind::Whole, "How many requests are worked on at full speed. Default 1."),
        field(
            "slowdown_exponent",
            Kind::Number,
            "processor-sharing: n requests on w workers take (n / w) to this power times as long as one. Default 1: nothing is lost.",
        ),
        field(
            "cancel_on_disconnect",
            Kind::Boolean,
            "The work for an aborted request ends with it. Default false: it runs to its end, as in Node.",
        ),
        field("keep_alive", Kind::Span, "The server closes a connection idle for so long. Default: never."),
    ],
};

/// A request.
pub static REQUEST: Fields = Fields {
    text: "A request that the page makes. It starts at `start`, or after something (`after`), or as a random stream (`arrivals`).",
    required: &[],
    fields: &[
        field(
            "url",
            Kind::Text,
            "Its URL; {index} and {tab} stand for the numbers of the copy and the tab. Default \"/NAME\", or \"/NAME/{index}\" where there is a count.",
        ),
        field("method", Kind::Choice(&["GET", "POST"]), "Only a GET meets the cache. Default \"GET\"."),
        field("origin", Kind::Text, "A table [origin.NAME]. Default: the page's own."),
        field("credentials", Kind::Choice(&["include", "omit"]), "Default \"include\"."),
        field("count", Kind::Amount, "How many copies, numbered from 0. Default 1."),
        field("start", Kind::Time, "When, counted from the tab's opening. Default \"0s\"."),
        field(
            "after",
            Kind::Text,
            "NAME.EVENT: once every copy of the request NAME of this tab has been `issued` or `sent`, or has got `headers`, or was `ok`, `failed` or at its `end`; for a socket `open`.",
        ),
        field("delay", Kind::Time, "So long after `after`. Default \"0s\"."),
        field("arrivals", Kind::Table(&ARRIVALS), "A Poisson process of requests."),
        field(
            "priority",
            Kind::Choice(&["highest", "high", "auto", "low", "lowest"]),
            "The fetch priority. Default \"auto\".",
        ),
        field(
            "cache",
            Kind::Choice(&["default", "no-store", "reload"]),
            "The fetch cache mode; all but \"default\" pass the cache by. Default \"default\".",
        ),
        field("response_cache_control", Kind::Text, "The answer's header: \"no-store\" or \"max-age=SECONDS\"."),
        field("deadline", Kind::Span, "The page aborts the request so long after it issued it."),
        field(
            "deadline_until",
            Kind::Choice(&["end", "headers", "sent"]),
            "What the deadline waits for. Default \"end\".",
        ),
        field("every", Kind::Span, "A poll: issued again at each tick."),
        field("timer_delay", Kind::Time, "The poll's timer is armed so long after the first call. Default \"0s\"."),
        field(
            "skip_while_in_flight",
            Kind::Boolean,
            "A tick is skipped while a call of this request is in flight. Default false.",
        ),
        field("until_ok", Kind::Boolean, "The poll stops at its first success. Default false."),
        field(
            "skip_while_fresh",
            Kind::Table(&FRESH),
            "A tick is skipped while a socket is open and its last snapshot is recent.",
        ),
        field("retry", Kind::Table(&RETRY), "What the page does after a failure."),
        field(
            "dedupe",
            Kind::Boolean,
            "A call joins a call of the same URL that is in flight in its tab. Default false.",
        ),
        field("queue", Kind::Text, "A table [queue.NAME] that holds the request back."),
        field(
            "service",
            Kind::Time,
            "The whole time from the request's arrival to its headers; uses no capacity (with fifo it keeps a worker).",
        ),
        field("work", Kind::Time, "What the server has to do; shared as the discipline says."),
        field("io_time", Kind::Time, "Latency after the work that uses no capacity."),
        field(
            "looks_up",
            Kind::Names,
            "Tables [server_cache.NAME] that the server looks up, in this order, before its own work for the request.",
        ),
        field(
            "lookup_before_segment",
            Kind::Whole,
            "The segment before which the server looks up what the request needs. Default 1.",
        ),
        field(
            "segments",
            Kind::Whole,
            "event-loop: the number of equal parts that work and io_time come in. Default 1.",
        ),
        field("body", Kind::Time, "From the headers to the end. Default \"0s\"."),
        field("reads_body", Kind::Boolean, "The page reads the body. Default true."),
    ],
};

/// A Poisson process.
pub static ARRIVALS: Fields = Fields {
    text: "Independent requests at random times.",
    required: &["rate_per_second"],
    fields: &[
        field("rate_per_second", Kind::Number, "Their mean number a second."),
        field("until", Kind::Span, "None after this time. Default: the horizon."),
    ],
};

/// Freshness of a socket's data.
pub static FRESH: Fields = Fields {
    text: "Freshness of a socket's data.",
    required: &["socket", "within"],
    fields: &[
        field("socket", Kind::Text, "A table [socket.NAME] with snapshot_every or snapshot_by."),
        field("within", Kind::Span, "A snapshot is recent for so long."),
    ],
};

/// Retries.
pub static RETRY: Fields = Fields {
    text: "Retries after a failure.",
    required: &["attempts"],
    fields: &[
        field("attempts", Kind::Whole, "The first call and its retries together."),
        field("backoff", Kind::Spans, "The pause before each retry; the last one repeats. Default none."),
    ],
};

/// A framework's queue.
pub static QUEUE: Fields = Fields {
    text: "A queue in the page's framework, one for each tab.",
    required: &["limit"],
    fields: &[
        field("limit", Kind::Whole, "Requests let through at once."),
        field("release_on", Kind::Choice(&["headers", "end"]), "When a request releases its place. Default \"end\"."),
        field(
            "order",
            Kind::Choice(&["fifo", "lifo"]),
            "The order in which waiting requests get a place. Default \"fifo\".",
        ),
    ],
};

/// A socket.
pub static SOCKET: Fields = Fields {
    text: "A connection that stays open, in each tab.",
    required: &["kind"],
    fields: &[
        field("kind", Kind::Choice(&["websocket", "event-source"]), "What it is."),
        field("url", Kind::Text, "Its URL; {index} and {tab} as in a request's. Default \"/NAME\"."),
        field("origin", Kind::Text, "A table [origin.NAME]. Default: the page's own."),
        field("count", Kind::Amount, "How many in each tab, numbered from 0. Default 1."),
        field("opens", Kind::Time, "When, counted from the tab's opening. Default \"0s\"."),
        field("after", Kind::Text, "NAME.EVENT, as for a request."),
        field("handshake", Kind::Time, "The server's time until it is open. Default \"0s\"."),
        field("lasts", Kind::Time, "It closes so long after it opened. Default: it stays."),
        field("snapshot_every", Kind::Span, "It brings data when it opens and then so often."),
        field("snapshot_by", Kind::Names, "Tables [background.NAME]: each success of one of these calls brings data."),
    ],
};

/// A server-side cache.
pub static SERVER_CACHE: Fields = Fields {
    text: "A value that a server keeps. A request that looks it up while it is expired or absent computes it first.",
    required: &["ttl"],
    fields: &[
        field("work", Kind::Time, "The server's work to compute it. Default \"0s\"."),
        field("io_time", Kind::Time, "The latency after that work. Default \"0s\"."),
        field("ttl", Kind::Span, "Time to live of a value."),
        field(
            "ttl_from",
            Kind::Choice(&["start", "end"]),
            "Whether the time to live counts from the start or the end of the computation. Default \"start\".",
        ),
        field(
            "single_flight",
            Kind::Boolean,
            "A request that looks it up during its computation waits for it; else it computes another. Default true.",
        ),
        field(
            "join_within",
            Kind::Span,
            "A request that arrives later than this after the computation started does not join it, and computes another. Default: every request joins.",
        ),
        field(
            "invalidated_by",
            Kind::Names,
            "Requests and background calls whose arrival at the server invalidates it.",
        ),
    ],
};

/// Background calls.
pub static BACKGROUND: Fields = Fields {
    text: "Calls of a server that come from no browser: another process, a timer. They wait for no connection.",
    required: &[],
    fields: &[
        field("origin", Kind::Text, "A table [origin.NAME]. Default: the page's own."),
        field("start", Kind::Time, "The first call. Default \"0s\"."),
        field("after", Kind::Text, "NAME.EVENT of the first tab, as for a request: the first call comes then."),
        field("delay", Kind::Time, "So long after `after`. Default \"0s\"."),
        field("every", Kind::Span, "The time between two calls. Default: there is one call."),
        field("skip_while_in_flight", Kind::Boolean, "A call is skipped while one is in flight. Default false."),
        field("deadline", Kind::Span, "The caller gives up so long after the call; the server's work goes on."),
        field("looks_up", Kind::Names, "Tables [server_cache.NAME], as for a request."),
        field("lookup_before_segment", Kind::Whole, "As for a request."),
        field("work", Kind::Time, "The server's work. Default \"0s\"."),
        field("io_time", Kind::Time, "The latency after the work. Default \"0s\"."),
        field("segments", Kind::Whole, "As for a request."),
    ],
};

/// The load's state machine.
pub static LOAD: Fields = Fields {
    text: "The load's own state machine.",
    required: &["ready"],
    fields: &[
        field(
            "ready",
            Kind::Names,
            "The page is loaded when every copy of each of these requests has succeeded in every tab.",
        ),
        field("error", Kind::Table(&ERROR), "When the page shows its error."),
        field("error_is_final", Kind::Boolean, "Nothing clears the error. Default true; else a later success does."),
        field(
            "fails",
            Kind::Choice(&["error-shown", "not-ready"]),
            "What counts as a failed load: the error was shown, or the page was not ready by the horizon. Default: \"error-shown\" where there is an error, else \"not-ready\".",
        ),
    ],
};

/// The page's error.
pub static ERROR: Fields = Fields {
    text: "The page's error, as long as it has not been ready.",
    required: &["request"],
    fields: &[
        field("request", Kind::Text, "Whose failures count."),
        field("failures", Kind::Whole, "So many in a row show the error. Default 1; 0: only `no_success_for` counts."),
        field(
            "no_success_for",
            Kind::Span,
            "A failure shows the error too when the first of its row was issued so long ago.",
        ),
    ],
};

/// A fix.
pub static FIX: Fields = Fields {
    text: "A change to try.",
    required: &["patch"],
    fields: &[
        field("title", Kind::Text, "What it is, in one line."),
        field("patch", Kind::Patch, "Tables that are merged over the scenario."),
    ],
};

/// A layer of the cause.
pub static LAYER: Fields = Fields {
    text: "One of the things that make loads fail together.",
    required: &["removed_by"],
    fields: &[
        field("title", Kind::Text, "What it is, in one line."),
        field("removed_by", Kind::Patch, "Tables that are merged over the scenario to remove the layer, and only it."),
    ],
};

/// The grid.
pub static SWEEP: Fields = Fields {
    text: "Every combination of these values, with each set of fixes. A key is a parameter's name.",
    required: &[],
    fields: &[
        field(
            "fixes",
            Kind::FixSets,
            "\"each\": none, and each alone; \"all-subsets\"; or a list of lists. Default \"each\".",
        ),
        field("loads", Kind::Whole, "Loads of each cell. Default 10000."),
        field("*", Kind::Numbers, "The values of a parameter."),
    ],
};

/// A form or distribution written as a table.
pub static FORM: Fields = Fields {
    text: "A distribution (`distribution` and its numbers), or a linear form (`base`, `per`).",
    required: &[],
    fields: &[
        field(
            "distribution",
            Kind::Choice(DISTRIBUTIONS),
            "The family. Give its own numbers, or two quantiles (p05, median, p95, ...).",
        ),
        field("value", Kind::Time, "constant: the value."),
        field("low", Kind::Time, "uniform, triangular: the least value."),
        field("mode", Kind::Time, "triangular: the most likely value."),
        field("high", Kind::Time, "uniform, triangular: the greatest value."),
        field("mean", Kind::Time, "exponential, gamma, erlang, log-normal: the mean."),
        field("std_dev", Kind::Time, "gamma, log-normal: the standard deviation, with `mean`."),
        field("sigma", Kind::Number, "log-normal: the standard deviation of the logarithm, with `median`."),
        field("shape", Kind::Number, "gamma, weibull, pareto: the shape."),
        field("stages", Kind::Whole, "erlang: how many exponential stages."),
        field("scale", Kind::Time, "weibull: the scale."),
        field("minimum", Kind::Time, "pareto: the least value."),
        field("samples", Kind::Spans, "empirical: measured values."),
        field(
            "quantiles",
            Kind::Keyed(&Kind::Time),
            "empirical: values by probability, such as { p0 = \"1ms\", p50 = \"5ms\", p100 = \"1s\" }.",
        ),
        field("median", Kind::Time, "The value that half of the draws lie under."),
        field("shift", Kind::Time, "Added to every draw."),
        field("factor", Kind::Number, "Multiplies every draw."),
        field("at_least", Kind::Time, "Draws below are left out (the law is conditioned)."),
        field("at_most", Kind::Time, "Draws above are left out (the law is conditioned)."),
        field("base", Kind::Time, "The part of a linear form that does not depend on parameters."),
        field(
            "per",
            Kind::Keyed(&Kind::Time),
            "Added for each unit of a parameter, or of a product of parameters (\"projects * sessions\").",
        ),
        field("times", Kind::Text, "A parameter that multiplies the whole."),
        field("noise", Kind::Parameter, "A distribution of numbers that multiplies the whole, drawn for each request."),
    ],
};

/// The families of distributions.
pub const DISTRIBUTIONS: &[&str] = &[
    "constant",
    "uniform",
    "exponential",
    "log-normal",
    "gamma",
    "erlang",
    "weibull",
    "pareto",
    "triangular",
    "empirical",
];
