//! Words of other tools for keys and values of a scenario.
//!
//! Rule: a synonym is an unknown word, and its error asks for the word of this program among those that are known in its place.
//! Spellings that differ only in case, hyphens and the like need no row. The words are those of browsers' APIs, of HTTP
//! clients and data-fetching libraries, of load generators and of statistics packages.

/// Words for one key or value; several of them where the place decides which is known.
struct Synonyms {
    names: &'static [&'static str],
    words: &'static [&'static str],
}

const fn row(names: &'static [&'static str], words: &'static [&'static str]) -> Synonyms {
    Synonyms { names, words }
}

static SYNONYMS: &[Synonyms] = &[
    // Requests.
    row(&["deadline"], &["timeout", "timeout ms", "time limit", "abort after", "abort", "max time", "expires after"]),
    row(
        &["every"],
        &[
            "interval",
            "poll",
            "polling",
            "poll interval",
            "poll every",
            "refresh",
            "refresh interval",
            "refetch interval",
            "period",
            "repeat",
        ],
    ),
    row(
        &["service", "io_time"],
        &["ttfb", "latency", "response time", "server time", "processing time", "think time", "duration"],
    ),
    row(&["body"], &["download", "content download", "receive", "transfer time"]),
    row(
        &["body_bytes"],
        &["size", "bytes", "content length", "body size", "transfer size", "response size", "download size"],
    ),
    row(&["request_bytes"], &["upload", "upload size", "request size"]),
    row(&["url"], &["uri", "path", "href", "endpoint", "route"]),
    row(&["method"], &["verb"]),
    row(&["origin"], &["host", "hostname", "domain"]),
    row(&["count"], &["number", "copies", "instances", "amount", "n"]),
    row(&["after"], &["on", "when", "trigger", "depends on", "initiator", "parent"]),
    row(
        &["start", "opens"],
        &["at", "begin", "begins", "starts", "start at", "start time", "offset", "open", "connect at"],
    ),
    row(&["priority"], &["importance", "fetch priority"]),
    row(&["skip_while_in_flight"], &["no overlap", "skip if in flight", "skip overlapping"]),
    row(&["retry", "attempts"], &["retries", "retry count", "max retries", "max attempts", "tries"]),
    row(&["backoff"], &["retry delay", "retry after", "pause", "delays"]),
    row(&["status"], &["http status", "status code", "statuses", "code"]),
    row(&["fails_on"], &["throws on", "validate status", "fail on"]),
    row(&["refused"], &["connection refused", "econnrefused"]),
    row(&["reset"], &["connection reset", "econnreset"]),
    row(&["jitter"], &["randomize", "full jitter"]),
    row(&["on"], &["retry on", "status codes", "retry condition"]),
    row(&["cancelled_by"], &["canceled by", "aborted by", "cancel on", "abort on", "signal"]),
    row(&["unmounted_by"], &["unmount", "unmounts on", "unmount on", "stops at"]),
    row(&["left_by"], &["navigates", "navigation", "leaves", "unload"]),
    row(&["dedupe"], &["deduplicate", "dedup", "single flight", "coalesce", "share"]),
    row(&["stalled"], &["blocked", "queued"]),
    row(&["arrivals"], &["poisson", "rate"]),
    row(&["rate_per_second"], &["rate", "rps", "qps", "per second", "requests per second"]),
    // Sockets, queues, servers.
    row(&["event-source", "socket"], &["sse", "eventsource", "server sent events", "stream", "streams"]),
    row(&["websocket", "socket"], &["ws", "wss", "web socket"]),
    row(&["kind"], &["type"]),
    row(&["lasts"], &["lifetime", "duration", "closes after"]),
    row(&["limit", "workers", "connections"], &["concurrency", "max concurrency", "max", "parallel", "size"]),
    row(&["workers"], &["threads", "processes", "cores", "cpus", "instances", "pool size"]),
    row(&["discipline"], &["scheduling", "policy", "model"]),
    row(&["processor-sharing"], &["ps", "shared", "fair", "round robin"]),
    row(&["fifo"], &["fcfs", "queue", "first come first served"]),
    row(&["event-loop"], &["node", "nodejs", "single thread", "single threaded"]),
    row(&["keep_alive"], &["keepalive timeout", "idle timeout"]),
    row(&["ttl"], &["max age", "expires", "cache time", "life time", "stale time"]),
    row(&["h1"], &["http1", "http1.1", "http/1.1", "1.1"]),
    row(&["h2"], &["http2", "http/2", "spdy"]),
    row(&["h3"], &["http3", "http/3", "quic"]),
    row(&["rtt"], &["ping", "round trip", "round trip time", "latency"]),
    row(&["bandwidth_down"], &["bandwidth", "download", "down", "throughput", "download throughput"]),
    row(&["bandwidth_up"], &["upload", "up", "upload throughput"]),
    // Browsers.
    row(&["profile"], &["name", "browser", "engine"]),
    row(&["chromium"], &["chrome", "google chrome", "blink", "edge", "msedge", "brave", "opera"]),
    row(&["firefox"], &["ff", "gecko", "mozilla", "firefox esr"]),
    row(&["webkit"], &["safari", "webkitgtk", "epiphany", "ios"]),
    row(
        &["connections"],
        &[
            "slots",
            "sockets",
            "max connections",
            "max sockets",
            "connections per host",
            "connections per origin",
            "max connections per host",
            "pool size",
        ],
    ),
    row(&["tabs"], &["windows", "pages"]),
    // Loads.
    row(&["title"], &["name", "description", "label"]),
    row(&["horizon"], &["duration", "length", "until", "watch", "timeout", "end", "observe"]),
    row(&["parameters"], &["params", "variables", "vars", "inputs"]),
    row(&["request"], &["requests", "fetch", "call", "calls", "resource", "resources"]),
    row(&["socket"], &["sockets", "websockets", "connection"]),
    row(&["server"], &["backend", "host"]),
    row(&["load"], &["page", "success", "verdict"]),
    row(&["thresholds"], &["limits", "budget", "budgets", "slo", "assertions"]),
    row(&["fix"], &["fixes", "variant", "variants", "experiment", "patches"]),
    row(&["sweep"], &["grid", "matrix"]),
    row(&["ready"], &["loaded", "complete", "done", "success", "needs", "requires"]),
    row(&["fails", "error"], &["fail", "failure", "failed", "fails when", "fails if"]),
    row(&["failures"], &["count", "threshold", "consecutive"]),
    row(&["error-shown"], &["error", "shown"]),
    row(&["max_failure"], &["failure", "failures", "failure rate", "error rate", "max failures", "max failure rate"]),
    row(&["max_late"], &["late", "max late loads"]),
    row(&["max_ready_p95"], &["ready", "p95", "ready p95", "max ready"]),
    row(&["patch"], &["change", "changes", "set", "apply"]),
    // Distributions.
    row(&["distribution"], &["dist", "family", "law"]),
    row(&["mean"], &["avg", "average", "mu"]),
    row(&["median"], &["med"]),
    row(&["std_dev"], &["sd", "std", "stdev", "deviation", "standard deviation"]),
    row(&["sigma"], &["stddev log", "scale log"]),
    row(&["shape"], &["k", "alpha"]),
    row(&["low", "at_least", "minimum"], &["min", "least", "from", "a"]),
    row(&["high", "at_most"], &["max", "most", "to", "b"]),
    row(&["stages"], &["phases", "k"]),
    row(&["log-normal"], &["lognorm", "normal", "gaussian"]),
    row(&["exponential"], &["exp", "poisson"]),
    row(&["constant"], &["const", "fixed", "deterministic"]),
    row(&["empirical"], &["measured", "sample", "histogram", "trace"]),
];

/// A word without case, and without what separates its parts.
fn normal(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}

/// The known names that a word stands for: the one that differs in spelling only, else its synonyms.
pub(crate) fn meant(word: &str, known: &[&str]) -> Vec<String> {
    // Nobody's word is longer; comparing it would be slow.
    if word.len() > 100 {
        return Vec::new();
    }
    let word = normal(word);
    let same = known.iter().find(|name| normal(name) == word && !word.is_empty());
    if let Some(name) = same {
        return vec![(*name).to_owned()];
    }
    let rows = SYNONYMS.iter().filter(|row| row.words.iter().any(|other| normal(other) == word));
    let names = rows.flat_map(|row| row.names).filter(|name| known.contains(name));
    names.map(|name| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::{SYNONYMS, meant};
    use crate::schema::{Field, Fields, Kind, SCENARIO};

    /// Every key and word of the schema; each table once, since patches contain themselves.
    fn words(fields: &'static Fields, seen: &mut Vec<&'static Fields>, found: &mut Vec<&'static str>) {
        if seen.iter().any(|one| std::ptr::eq(*one, fields)) {
            return;
        }
        seen.push(fields);
        for Field { key, kind, .. } in fields.fields {
            found.push(key);
            match kind {
                Kind::Choice(choice) => found.extend(*choice),
                Kind::Table(inner) | Kind::Tables(inner) | Kind::Named(inner) | Kind::OneOrNamed(inner) => {
                    words(inner, seen, found)
                }
                _ => {}
            }
        }
    }

    #[test]
    fn a_synonym_is_of_a_name_of_the_schema() {
        let (mut seen, mut known) = (Vec::new(), Vec::new());
        words(&SCENARIO, &mut seen, &mut known);
        words(&crate::schema::FORM, &mut seen, &mut known);
        known.extend(crate::schema::DISTRIBUTIONS);
        for row in SYNONYMS {
            for name in row.names {
                assert!(known.contains(name), "{name}");
                // Every word leads to its name where only that is known.
                assert!(row.words.iter().all(|word| meant(word, &[name]) == [*name]), "{name}");
            }
        }
        assert_eq!(meant("refetchInterval", &["deadline", "every"]), ["every"]);
        assert_eq!(meant("Skip-While-In-Flight", &["skip_while_in_flight"]), ["skip_while_in_flight"]);
        assert!(meant("", &["every"]).is_empty() && meant("nonsense", &["every"]).is_empty());
    }
}
