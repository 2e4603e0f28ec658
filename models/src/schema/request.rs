//! What a page does: requests, a framework's queues, sockets.
//!
//! Rule: each key has its meaning, its unit and its default.

use super::{Fields, Kind, field};

/// A request.
pub static REQUEST: Fields = Fields {
    text: "A request that the page makes. It starts at `start`, or after something (`after`), or as a random stream (`arrivals`).",
    required: &[],
    fields: &[
        field(
            "url",
            Kind::Text,
            "Its URL; {index} and {tab} stand for the numbers of the instance and the tab. Default \"/NAME\", or \"/NAME/{index}\" if there is a count.",
        ),
        field("method", Kind::Choice(METHODS), METHOD),
        field("origin", Kind::Text, "A table [origin.NAME]. Default: the page's own."),
        field("credentials", Kind::Choice(&["include", "omit"]), "Default \"include\"."),
        field(
            "count",
            Kind::Amount,
            "Number of instances in each tab, numbered from 0. A parameter's name must give a whole number; a linear form is rounded. Default 1.",
        ),
        field(
            "each",
            Kind::Tables(&EACH),
            "The instances one by one, instead of `count`: an entry overrides keys of this table for its instance. At most 20000.",
        ),
        field("start", Kind::Time, "Time from the tab's opening. Default \"0s\"."),
        field(
            "after",
            Kind::Causes,
            "NAME.EVENT: starts once every instance of the request NAME in this tab has reached the event. NAME[3].EVENT: once instance 3 has, counted from 0. NAME[i].EVENT: instance i follows instance i of NAME. A list: all of these; { any = [...] }: the first of these. An instance that the load does not have stands for its last one; a request without instances holds up no start. Events: `issued`, `sent`, `headers`, `ok`, `failed`, `end`; `open` for a socket.",
        ),
        field("delay", Kind::Time, "Time from the event of `after`. Default \"0s\"."),
        field("arrivals", Kind::Table(&ARRIVALS), "A Poisson process of requests."),
        field(
            "priority",
            Kind::Choice(PRIORITY_WORDS),
            "The fetch priority. \"auto\" is also that of a fetch with keepalive, \"lowest\" that of a link prefetch and of navigator.sendBeacon(). Default \"auto\".",
        ),
        field(
            "cache",
            Kind::Choice(&["default", "no-store", "reload"]),
            "The fetch cache mode; all but \"default\" bypass the cache. Default \"default\".",
        ),
        field(
            "response_cache_control",
            Kind::Text,
            "Cache-Control of the response: \"no-store\" or \"max-age=SECONDS\".",
        ),
        field(
            "fresh_for",
            Kind::Span,
            "The response of an earlier load is stored, and fresh for this time from the start of the load: the cache answers a GET that does not bypass it. For a stale one, which costs a request and a 304, give its `service` and its few `body_bytes`. Default: nothing is stored.",
        ),
        field("deadline", Kind::Span, "The page aborts the request this long after `deadline_from`."),
        field(
            "deadline_from",
            Kind::Choice(&["issued", "queue", "sent"]),
            "What starts the time of the deadline: the call; the request's leaving the framework's queue, as where a limit on calls is passed before the timer is armed; or its dispatch. Default \"issued\".",
        ),
        field(
            "deadline_until",
            Kind::Choice(&["end", "headers", "sent"]),
            "What the deadline waits for. Default \"end\".",
        ),
        field(
            "deadline_aborts",
            Kind::Boolean,
            "Whether the deadline ends the request. false: the page gives up, and the request goes on and keeps its connection, as with Promise.race and where a service worker that passes requests on hides the abort. Default true.",
        ),
        field("every", Kind::Span, "Period of a poll: the request is issued again at each tick."),
        field(
            "every_from",
            Kind::Choice(&["tick", "end"]),
            "What `every` counts from: the tick before, as setInterval does; or the end of the call, its retries included, as a timer that a call arms again and a long poll do. Default \"tick\".",
        ),
        field("timer_delay", Kind::Time, "Time from the first call to the start of the poll's timer. Default \"0s\"."),
        field(
            "skip_while_in_flight",
            Kind::Boolean,
            "A tick, or a retry that is due, is left out while another call of this request is in flight. Default false.",
        ),
        field(
            "supersedes",
            Kind::Boolean,
            "A call aborts the call of its instance before it, if that is in flight, as an autocompletion with an AbortController does. The aborted call is no failure. Default false.",
        ),
        field("page", Kind::Text, PAGE_OF),
        field("cancelled_by", Kind::Causes, CANCELLED_BY),
        field("unmounted_by", Kind::Causes, UNMOUNTED_BY),
        field("cancel_aborts", Kind::Boolean, CANCEL_ABORTS),
        field(
            "raised_by",
            Kind::Causes,
            "NAME.EVENT, or a list of them: from the first one in this tab on, the calls have the priority `raised_to`; those that wait go to its end. Chromium raises visible images from low to high at the first layout. Default: the priority stays.",
        ),
        field("raised_to", Kind::Choice(PRIORITY_WORDS), "The priority after `raised_by`."),
        field(
            "keepalive",
            Kind::Boolean,
            "Calls in flight outlive their page, as a fetch with keepalive and a beacon do. Default false.",
        ),
        field("until_ok", Kind::Boolean, "The poll stops at its first success. Default false."),
        field(
            "skip_while_fresh",
            Kind::Table(&FRESH),
            "A tick is skipped while a socket is open and its last snapshot is recent.",
        ),
        field("retry", Kind::Table(&RETRY), "What the page does after a failure."),
        field(
            "status",
            Kind::Keyed(&Kind::Share),
            "HTTP statuses of its answers, each with its share: { 503 = 0.07, 500 = 0.03 }; what is left is 200. A share is a number, or a parameter's name. An answer with a status from 400 on is not stored.",
        ),
        field(
            "fails_on",
            Kind::Names,
            "The statuses with which a call fails, such as \"503\" and \"5xx\". [] as with fetch() alone, which resolves on every status. Default [\"4xx\", \"5xx\"], as with a library that throws.",
        ),
        field(
            "refused",
            Kind::Share,
            "Probability that the connection is refused (net::ERR_CONNECTION_REFUSED): the call fails at once, when it would join the queue for a connection, and takes none. A number, or a parameter's name. Default 0.",
        ),
        field(
            "reset",
            Kind::Share,
            "Probability that the connection is reset in the middle of the answer (net::ERR_CONNECTION_RESET): after the headers and half of the body the call fails, and the connection is closed; over h2 and h3 its stream. A number, or a parameter's name. Default 0.",
        ),
        field("retry_after", Kind::Span, "Retry-After of its answers with 429 and 503. Default: they have none."),
        field(
            "dedupe",
            Kind::Boolean,
            "A call joins a call of the same URL that is in flight in its tab. Default false.",
        ),
        field("queue", Kind::Text, "The framework's queue, a table [queue.NAME], that the request passes."),
        field(
            "service",
            Kind::Time,
            "Time from the request's arrival at the server to its headers. Uses no capacity, but with fifo it keeps a worker.",
        ),
        field(
            "later_service",
            Kind::Time,
            "Time from arrival to headers of the later calls of a poll or of a retry, where it differs from the first call's. Default: `service`.",
        ),
        field("stalled", Kind::Time, STALLED),
        field("work", Kind::Time, "Work of the server, shared as the discipline says."),
        field("io_time", Kind::Time, "Latency after the work that uses no capacity."),
        field(
            "looks_up",
            Kind::Names,
            "Tables [server_cache.NAME] that the server looks up, in this order, before its own work for the request.",
        ),
        field(
            "lookup_before_segment",
            Kind::Whole,
            "Number, from 1, of the segment before which the server looks up the caches. Default 1.",
        ),
        field(
            "segments",
            Kind::Whole,
            "event-loop: number of equal parts that work and io_time are divided into. Default 1.",
        ),
        field("body", Kind::Time, "Time from the headers to the end of the body. Default \"0s\"."),
        field("body_bytes", Kind::Whole, BODY_BYTES),
        field("request_bytes", Kind::Whole, REQUEST_BYTES),
        field("reads_body", Kind::Boolean, "The page reads the body. Default true."),
    ],
};

/// The fetch priorities.
const PRIORITY_WORDS: &[&str] = &["highest", "high", "auto", "low", "lowest"];
/// The meaning of `page`, in a request and a socket.
const PAGE_OF: &str =
    "A table [page.NAME]: only its tabs make the call, and it ends with the page. Default: every tab.";
/// The meaning of `cancelled_by`, in both.
const CANCELLED_BY: &str = "NAME.EVENT, or a list of them: each time that a call of NAME in this tab has the event, the page aborts the calls in flight, as with an AbortController, and drops their retries. A cancelled call has neither succeeded nor failed, and a poll goes on at its next tick. Default: nothing cancels them.";
/// The meaning of `unmounted_by`, in both.
const UNMOUNTED_BY: &str =
    "As `cancelled_by`, and no other call follows: its component is unmounted. Default: nothing unmounts it.";
/// The meaning of `cancel_aborts`, in both.
const CANCEL_ABORTS: &str = "Whether the network sees a cancellation. false: the request goes on and keeps its connection, as where a service worker that passes requests on hides the abort. Default true.";

/// A page.
pub static PAGE: Fields = Fields {
    text: "A page that some tabs show. Requests and sockets name it with `page`; those of no page are made by every tab.",
    required: &[],
    fields: &[
        field("tabs", Kind::Numbers, "Numbers of the tabs that show it, from 0. Default: all tabs."),
        field(
            "left_by",
            Kind::Causes,
            "NAME.EVENT, or a list of them: the tab leaves the page, which ends all its calls but those with `keepalive`. For a navigation, `headers` of the request for the new document: until then the old page's calls are in its way, or they end as it starts, as the browser does (`browser.navigation_ends_calls`). Default: it stays.",
        ),
        field(
            "opens",
            Kind::Span,
            "Time from the start of the load to the opening of `tabs`, which it needs. Default: by `browser.tab_interval`, tab by tab.",
        ),
        field("closes", Kind::Span, "Time from the tab's opening to its closing. Default: it stays open."),
    ],
};

/// The methods that differ for a browser.
const METHODS: &[&str] = &["GET", "HEAD", "POST"];
/// The meaning of `method`.
const METHOD: &str = "The method. A GET uses the cache; a HEAD takes the cache lock of its URL, reads what is stored and stores nothing; a POST does neither. Default \"GET\".";
/// The meaning of `stalled`, in a request and in an entry of `each`.
const STALLED: &str = "Time that the page holds the request after issuing it, before the framework's queue, the scheduler, the cache and the pool: a recorded stall that no rule explains. Part of `page` in `held_ms`. Default \"0s\".";
/// The meaning of `body_bytes`, in both.
const BODY_BYTES: &str = "Bytes of the answer: with `rtt` or `bandwidth_down` of its origin, they take the time that the path needs, and `body` is the least time. Exported archives have it as the size of the content.";
/// The meaning of `request_bytes`, in both.
const REQUEST_BYTES: &str = "Bytes of the request: with `rtt` or `bandwidth_up` of its origin, they take the time that the path needs. Default 0.";

/// One instance of a request.
pub static EACH: Fields = Fields {
    text: "One instance of a request. A key that is absent has the request's own value.",
    required: &[],
    fields: &[
        field("url", Kind::Text, "Its URL."),
        field("method", Kind::Choice(METHODS), "Its method."),
        field("start", Kind::Time, "Time from the tab's opening."),
        field("after", Kind::Causes, "As for a request."),
        field("delay", Kind::Time, "Time from the event of `after`."),
        field("priority", Kind::Choice(PRIORITY_WORDS), "Its fetch priority."),
        field("stalled", Kind::Time, STALLED),
        field("service", Kind::Time, "Time from its arrival at the server to its headers."),
        field("work", Kind::Time, "Its work at the server, shared as the discipline says."),
        field("body", Kind::Time, "Time from its headers to the end of its body."),
        field("body_bytes", Kind::Whole, BODY_BYTES),
        field("request_bytes", Kind::Whole, REQUEST_BYTES),
    ],
};

/// The first of several causes.
pub static ANY: Fields = Fields {
    text: "The first of these events.",
    required: &["any"],
    fields: &[field(
        "any",
        Kind::Names,
        "NAME.EVENT, NAME[3].EVENT or NAME[i].EVENT. Those of requests without instances are left out.",
    )],
};

/// A Poisson process.
pub static ARRIVALS: Fields = Fields {
    text: "Independent requests at random times.",
    required: &["rate_per_second"],
    fields: &[
        field("rate_per_second", Kind::Number, "Mean number of requests per second."),
        field("until", Kind::Span, "No request arrives after this time. Default: the horizon."),
    ],
};

/// Freshness of a socket's data.
pub static FRESH: Fields = Fields {
    text: "Freshness of a socket's data.",
    required: &["socket", "within"],
    fields: &[
        field("socket", Kind::Text, "A table [socket.NAME] with snapshot_every or snapshot_by."),
        field("within", Kind::Span, "A snapshot is recent up to this age."),
    ],
};

/// Retries.
pub static RETRY: Fields = Fields {
    text: "Retries after a failure.",
    required: &["attempts"],
    fields: &[
        field(
            "attempts",
            Kind::Whole,
            "Number of attempts, the first included. Calls of a poll that have failed in a row count too, until one succeeds.",
        ),
        field("backoff", Kind::Spans, "The pause before each retry; the last one repeats. Default none."),
        field(
            "on",
            Kind::Names,
            "The failures that are followed by a retry: statuses such as \"503\" and \"5xx\", \"network\" (a refused or a reset connection) and \"timeout\" (the deadline). Default: all.",
        ),
        field(
            "jitter",
            Kind::Number,
            "Each pause is shortened at random by up to this share of it: 1 is full jitter, 0.5 equal jitter. Default 0.",
        ),
        field(
            "follows_retry_after",
            Kind::Boolean,
            "The pause is at least the Retry-After of the answer. Default true.",
        ),
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
        field("count", Kind::Amount, "Number of sockets in each tab, numbered from 0. Default 1."),
        field("page", Kind::Text, PAGE_OF),
        field("cancelled_by", Kind::Causes, CANCELLED_BY),
        field("unmounted_by", Kind::Causes, UNMOUNTED_BY),
        field("cancel_aborts", Kind::Boolean, CANCEL_ABORTS),
        field("opens", Kind::Time, "Time from the tab's opening. Default \"0s\"."),
        field("after", Kind::Causes, "As for a request."),
        field("handshake", Kind::Time, "Time of the server until the socket is open. Default \"0s\"."),
        field("lasts", Kind::Time, "Time from opening to closing. Default: it stays open."),
        field(
            "reconnect",
            Kind::Time,
            "Time from its end to its opening again, in a call of its own: for an EventSource that the server ends 3 s in Chromium, unless the server sends `retry:`; for a WebSocket what the page does, with jitter as a distribution. Default: it stays closed.",
        ),
        field(
            "reconnect_factor",
            Kind::Number,
            "Each opening that fails multiplies the next pause by this, until one succeeds: 2 doubles it. Default 1.",
        ),
        field("reconnect_at_most", Kind::Span, "The longest pause of `reconnect`. Default: no limit."),
        field(
            "refused",
            Kind::Share,
            "Probability that the connection is refused: the opening fails at once. A number, or a parameter's name. Default 0.",
        ),
        field(
            "handshake_fails",
            Kind::Share,
            "Probability that the server answers the handshake with 503: a WebSocket closes, and `reconnect` is what the page does; an EventSource stays closed. A number, or a parameter's name. Default 0.",
        ),
        field("snapshot_every", Kind::Span, "Period of its snapshots; the first one comes when it opens."),
        field(
            "snapshot_by",
            Kind::Names,
            "Tables [background.NAME]: each success of one of these calls brings a snapshot.",
        ),
    ],
};
