//! The whole scenario: the load's verdict, fixes, layers and the sweep.
//!
//! Rule: each key has its meaning, its unit and its default.

use super::{BACKGROUND, BROWSER, Fields, Kind, NETWORK, PAGE, QUEUE, REQUEST, SERVER, SERVER_CACHE, SOCKET, field};

/// The whole scenario.
pub static SCENARIO: Fields = Fields {
    text: "A page, its browser and its server, and what counts as a failed load.",
    required: &["schema"],
    fields: &[
        field("schema", Kind::Whole, "The version of this format: 1."),
        field("title", Kind::Text, "What the scenario is, in one line."),
        field("horizon", Kind::Span, "Time for which a load is observed. Default \"60s\", at most \"24h\"."),
        field(
            "parameters",
            Kind::Keyed(&Kind::Parameter),
            "What a sweep varies: a number, or a distribution drawn once per load.",
        ),
        field("browser", Kind::Table(&BROWSER), "The browser's rules for connections, queues and its cache."),
        field("network", Kind::Table(&NETWORK), "The access link that the origins share."),
        field("server", Kind::Table(&SERVER), "The page's own origin."),
        field("origin", Kind::Named(&SERVER), "Further origins; a request names one with `origin`."),
        field(
            "request",
            Kind::Named(&REQUEST),
            "The page's requests. Those of one instant are issued in the order of the file.",
        ),
        field("page", Kind::Named(&PAGE), "Pages, where tabs show different ones, or leave or close theirs."),
        field("queue", Kind::Named(&QUEUE), "A framework's own queue with a limit; a request names one with `queue`."),
        field("socket", Kind::Named(&SOCKET), "Long-lived connections."),
        field(
            "server_cache",
            Kind::Named(&SERVER_CACHE),
            "Server-side caches; a request or a background call names them in `looks_up`.",
        ),
        field("background", Kind::Named(&BACKGROUND), "Background calls of a server: they come from no browser."),
        field("load", Kind::Table(&LOAD), "When the page is ready, and when its load has failed."),
        field("thresholds", Kind::Table(&THRESHOLDS), "The limits that `sixslot check` holds the scenario to."),
        field("fix", Kind::Named(&FIX), "Changes to try, as patches over this scenario."),
        field(
            "layer",
            Kind::Named(&LAYER),
            "The layers of the cause, each with a patch that removes it; at most 10. `sixslot compare --layers` computes the contribution of each.",
        ),
        field("sweep", Kind::Table(&SWEEP), "The grid of `sixslot sweep`."),
        field(
            "evidence",
            Kind::Table(&EVIDENCE),
            "The recorded loads that `sixslot import` fitted this scenario to. It has no effect on a load; an estimate draws whole loads of it again for the uncertainty of the data.",
        ),
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
            "The page is ready when every instance of each of these requests has succeeded in every tab.",
        ),
        field(
            "error",
            Kind::OneOrNamed(&ERROR),
            "When the page shows its error; for several errors, tables [load.error.NAME], each with its own request and counts.",
        ),
        field(
            "error_is_final",
            Kind::Boolean,
            "Whether the error stays. Default true; with false a later success clears it.",
        ),
        field(
            "fails",
            Kind::Choice(&["error-shown", "not-ready", "any-error", "nothing"]),
            "What counts as a failed load. \"error-shown\": an error was triggered before the page was ready. \"any-error\": an error was triggered at any time up to the horizon; without `error`, a call of any request failed, and its retries too. \"not-ready\": the page was not ready by the horizon. \"nothing\": failure is not judged. Default: \"any-error\" if the page polls, streams or retries; otherwise \"error-shown\" where there is an error, and \"not-ready\" where a request can fail. Where nothing can fail, failure is not judged.",
        ),
    ],
};

/// The page's error.
pub static ERROR: Fields = Fields {
    text: "An error of the page. Failures are counted for each instance of the request, its retries and polls included; any instance triggers the error.",
    required: &["request"],
    fields: &[
        field("request", Kind::Text, "The request that the failures are counted of."),
        field(
            "failures",
            Kind::Whole,
            "Consecutive failed calls of an instance that trigger the error; a success begins a new count. Default 1: a call failed; to judge a call only after its retries, give their number of attempts. 0 disables the count.",
        ),
        field(
            "no_success_for",
            Kind::Span,
            "A failure also triggers the error when the first of the consecutive failures was issued at least this long ago.",
        ),
    ],
};

/// The limits of `sixslot check`.
pub static THRESHOLDS: Fields = Fields {
    text: "Limits that `sixslot check` holds the scenario to. An option of the command replaces the key of the same name.",
    required: &[],
    fields: &[
        field("max_failure", Kind::Number, "The largest share of loads that fail, between 0 and 1."),
        field("max_late", Kind::Number, "The largest share of loads that are late, between 0 and 1."),
        field(
            "max_ready_p95",
            Kind::Span,
            "The largest 95 % quantile of the time to ready over all loads; a load that never gets ready counts as infinite.",
        ),
        field(
            "max_wait",
            Kind::Keyed(&Kind::Span),
            "For a request, the largest 95 % quantile over loads of the longest time that one of its calls was held before it was sent: by the page, the scheduler, the cache or the pool.",
        ),
    ],
};

/// A fix.
pub static FIX: Fields = Fields {
    text: "A change to try.",
    required: &["patch"],
    fields: &[
        field("title", Kind::Text, "What it is, in one line."),
        field(
            "cost",
            Kind::Number,
            "What it takes to build, in any unit, from 0 to 1000000. Default 1. `sixslot compare --subsets` prefers the sets with the lowest sum.",
        ),
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

/// The evidence of an import.
pub static EVIDENCE: Fields = Fields {
    text: "The recorded loads that the scenario was fitted to.",
    required: &["loads"],
    fields: &[
        field("loads", Kind::Whole, "Number of recorded loads."),
        field("failed", Kind::Whole, "Number of recorded loads that failed. Absent where failure was not judged."),
        field(
            "scenario",
            Kind::Text,
            "Fingerprint of the scenario as it was imported. Where it was changed since, the recorded share of failed loads is not compared with the estimate.",
        ),
        field("archives", Kind::Names, "The archives, each with the SHA-256 of its file."),
        field(
            "numbers",
            Kind::Tables(&FITTED),
            "The fitted numbers; at most 10000, with at most 50000 recorded times.",
        ),
    ],
};

/// A fitted number.
pub static FITTED: Fields = Fields {
    text: "A fitted number with its sample.",
    required: &["key", "fingerprint"],
    fields: &[
        field("key", Kind::Text, "Where the number stands: `request.NAME.service`, `request.NAME.each[3].body`."),
        field(
            "fitted_as",
            Kind::Choice(&["distribution", "delay", "delay-parameter", "noise-shared"]),
            "distribution: times of one distribution, its family chosen by the sample. delay: one length of time, or quantiles. delay-parameter: the same as a parameter in milliseconds. noise-shared: the dependence of times, from the samples of the numbers in `of`. Default \"distribution\".",
        ),
        field(
            "fingerprint",
            Kind::Text,
            "Fingerprint of the fitted value. Where the value was changed since, its sample is not used, and a note names the key.",
        ),
        field("of", Kind::Names, "noise-shared: keys of numbers above, with the samples."),
        field(
            "loads",
            Kind::Names,
            "For each recorded load its times in milliseconds, separated by spaces: 12.5; >8000, it was longer; 3..4, it was between.",
        ),
    ],
};
