//! How calls of a random scenario fail, and what follows.

use super::{Tape, line, maybe};

const SHARES: &[&str] = &["0.3", "0", "1", "0.05", "\"share\""];

/// How the calls of a request end, and its retries.
pub fn request(text: &mut String, tape: &mut Tape<'_>) {
    let statuses = ["{ 503 = 0.4 }", "{ 200 = 0.5, 404 = 0.2, 500 = 0.3 }", "{ 304 = 0.3, 429 = \"share\" }"];
    maybe(text, tape, 12, "status", &statuses);
    maybe(text, tape, 6, "fails_on", &["[]", "[\"5xx\"]", "[\"404\", \"429\"]"]);
    maybe(text, tape, 8, "refused", SHARES);
    maybe(text, tape, 8, "reset", SHARES);
    maybe(text, tape, 8, "retry_after", &["700ms", "0s", "10ms"]);
    let retries = [
        "{ attempts = 2 }",
        "{ attempts = 4, backoff = [\"50ms\", \"100ms\"], jitter = 0.5 }",
        "{ attempts = 3, backoff = [], on = [\"network\", \"5xx\"] }",
        "{ attempts = 3, backoff = [\"200ms\"], on = [\"timeout\", \"429\"], jitter = 1, follows_retry_after = false }",
    ];
    maybe(text, tape, 35, "retry", &retries);
}

/// How the handshakes of a socket end.
pub fn socket(text: &mut String, tape: &mut Tape<'_>) {
    let (refused, fails) = (tape.chance(20), tape.chance(20));
    if refused {
        line(text, "refused", tape.pick(SHARES));
    }
    if fails {
        line(text, "handshake_fails", tape.pick(SHARES));
    }
    let lasts = text.rsplit("[socket.").next().is_some_and(|own| own.contains("lasts"));
    let pauses = ["500ms", "3s", "{ distribution = \"uniform\", low = \"100ms\", high = \"1s\" }"];
    if (lasts || refused || fails) && maybe(text, tape, 40, "reconnect", &pauses) {
        maybe(text, tape, 40, "reconnect_factor", &["2", "1", "1.5"]);
        maybe(text, tape, 30, "reconnect_at_most", &["1s", "10s"]);
    }
}
