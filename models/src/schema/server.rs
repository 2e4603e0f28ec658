//! What servers do: their disciplines, caches and background calls.
//!
//! Rule: each key has its meaning, its unit and its default.

use super::{Fields, Kind, field};

/// A server.
pub static SERVER: Fields = Fields {
    text: "How a server turns work into time.",
    required: &[],
    fields: &[
        field(
            "discipline",
            Kind::Choice(&["independent", "processor-sharing", "fifo", "event-loop"]),
            "independent: requests do not slow each other down. processor-sharing: all share the workers equally. fifo: first come, first served by the workers. event-loop: one thread, blocks that cannot be interrupted. Default \"independent\".",
        ),
        field("workers", Kind::Whole, "Number of requests served at full speed. Default 1."),
        field(
            "worker_until",
            Kind::Choice(&["headers", "end"]),
            "fifo: when the worker of a request or a socket is free again: at the headers, or at the end of the body or the socket, as with a thread or process for each connection. Default \"headers\".",
        ),
        field("queue", Kind::Table(&SERVER_QUEUE), "The limit of the queue for the workers. Default: no limit."),
        field(
            "slowdown_exponent",
            Kind::Number,
            "processor-sharing: n requests on w workers take (n / w) to this power times as long as one request alone. Default 1: sharing costs nothing.",
        ),
        field(
            "cancel_on_disconnect",
            Kind::Boolean,
            "An abort ends the work for the request. Default false: the work goes on to its end, as in Node.",
        ),
        field(
            "keep_alive",
            Kind::Span,
            "The server closes a connection that was idle for this time; \"0s\": after each answer (Connection: close). Default: never.",
        ),
        field(
            "protocol",
            Kind::Choice(&["h1", "h2", "h3"]),
            "What the browser speaks with it. h1: one request at a time on each of up to `browser.connections` connections. h2: one connection that carries up to `max_concurrent_streams` requests at once and outlives an abort. h3: as h2; what differs is not measured. Default \"h1\".",
        ),
        field(
            "max_concurrent_streams",
            Kind::Whole,
            "h2, h3: requests at once on the connection. Default 100, as in Chromium where the server announces none.",
        ),
        field(
            "honours_priority",
            Kind::Boolean,
            "h2, h3: the server sends the answers of a connection by the priority of their requests (RFC 9218), those of equal priority together, as H2O does. Default false: it sends all of them together, as Node does.",
        ),
        field(
            "connect",
            Kind::Time,
            "Time to open a connection to this origin, TLS included, beside the round trips of `rtt`. Default: the browser's `connect`.",
        ),
        field(
            "rtt",
            Kind::Time,
            "Round-trip time to this origin, drawn once per load. It delays each request and answer by its half, opens a connection after the round trips of TCP and TLS, and limits a transfer to TCP's congestion window in each round trip. Default: that of [network], or 0.",
        ),
        field(
            "bandwidth_down",
            Kind::Bandwidth,
            "Bandwidth of this origin's own path to the browser, such as \"10Mbit/s\", shared by the bodies with `body_bytes`. Default: that of [network], shared by its origins, or no limit.",
        ),
        field(
            "bandwidth_up",
            Kind::Bandwidth,
            "Bandwidth of this origin's own path from the browser, shared by the requests with `request_bytes`. Default: as for `bandwidth_down`.",
        ),
        field(
            "tls",
            Kind::Choice(&["none", "1.2", "1.3"]),
            "The version of TLS: with `rtt`, 1.2 takes two round trips for a connection, 1.3 one. Default: \"1.3\" for h2, h3 and URLs with https, else \"none\".",
        ),
        field(
            "host",
            Kind::Text,
            "The host's name, with its port if it has one, as pictures and exported archives show it; no number depends on it. Default: the host of a request's absolute `url`, else the table's name.",
        ),
        field("dns", Kind::Time, "Time to resolve the host's name, before the first connection. Default \"0s\"."),
        field(
            "response_delay",
            Kind::Time,
            "Time added to each answer, such as the latency of a proxy; it uses no capacity of the server. Default \"0s\".",
        ),
        field(
            "noise_shared",
            Kind::Share,
            "How much of the randomness of this server's times one factor per load explains: the share of the variance of their logarithm, from 0 (independent) to 1 (one factor decides all). It concerns every distribution of `service`, `work`, `io_time` and `handshake`; each keeps its own distribution over many loads. A number, or a parameter's name. Default 0.",
        ),
    ],
};

/// A server's queue.
pub static SERVER_QUEUE: Fields = Fields {
    text: "fifo, processor-sharing: how many requests may be at the server beyond its workers. Another request, or the handshake of a socket, is answered with 503 as it arrives. Background calls are never refused.",
    required: &["limit"],
    fields: &[
        field("limit", Kind::Whole, "Requests beyond `workers`. 0: none waits."),
        field("retry_after", Kind::Span, "Retry-After of the answers with 503. Default: they have none."),
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
            "A request that looks it up during its computation waits for it; else it computes the value again. Default true.",
        ),
        field(
            "join_within",
            Kind::Span,
            "A request that arrives later than this after the computation started does not join it, and computes the value again. Default: every request joins.",
        ),
        field(
            "invalidated_by",
            Kind::Names,
            "Requests and background calls that invalidate it when they arrive at the server.",
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
        field("after", Kind::Causes, "As for a request, in the first tab: starts the first call."),
        field("delay", Kind::Time, "Time from the event of `after`. Default \"0s\"."),
        field("every", Kind::Span, "The time between two calls. Default: there is one call."),
        field("skip_while_in_flight", Kind::Boolean, "A call is skipped while one is in flight. Default false."),
        field("deadline", Kind::Span, "The caller gives up this long after the call; the server's work goes on."),
        field("looks_up", Kind::Names, "Tables [server_cache.NAME], as for a request."),
        field("lookup_before_segment", Kind::Whole, "As for a request."),
        field("work", Kind::Time, "The server's work. Default \"0s\"."),
        field("io_time", Kind::Time, "The latency after the work. Default \"0s\"."),
        field("segments", Kind::Whole, "As for a request."),
    ],
};
