//! Errors, cancellations, pages and causes in real browsers: each plan has the outcomes and, within a margin, the times of its
//! simulation.
//!
//! What a plan shows does not depend on milliseconds. Without the browser, a test prints that it is skipped, and passes.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/plans.rs"]
mod plans;
mod support;

use plans::{agree, of};
use sixslot_lab::{Ending, Engine, Session};

/// Statuses that are drawn, those that a page does not mind, retries by status with Retry-After and jitter.
fn statuses(session: &mut Session, engine: Engine) {
    let measured = agree(
        session,
        engine,
        r#"
horizon = "4s"
[request.flaky]
url = "/flaky/{index}"
count = 5
status = { 503 = 0.5 }
retry = { attempts = 3, backoff = ["300ms"], on = ["5xx"] }
service = "100ms"
[request.fine]
start = "1500ms"
status = { 404 = 1 }
fails_on = ["5xx"]
service = "50ms"
[request.gone]
start = "1500ms"
status = { 404 = 1 }
retry = { attempts = 3, on = ["5xx"] }
service = "50ms"
body = "100ms"
[request.limited]
start = "1600ms"
status = { 429 = 1 }
retry_after = "1s"
retry = { attempts = 2, backoff = ["100ms"] }
service = "50ms"
[request.jittered]
start = "1700ms"
status = { 500 = 1 }
retry = { attempts = 3, backoff = ["800ms"], jitter = 1 }
service = "50ms"
[request.unread]
start = "1800ms"
status = { 503 = 1 }
reads_body = false
body_bytes = 40000
service = "50ms"
[request.empty]
start = "1900ms"
url = "/empty/{index}"
count = 4
status = { 204 = 0.5, 205 = 0.5 }
fails_on = ["205"]
[request.moved]
start = "1950ms"
url = "/moved/{index}"
count = 4
status = { 302 = 0.5, 308 = 0.5 }
fails_on = ["302"]
[load]
ready = ["flaky"]
error = { request = "gone" }
"#,
    );
    assert!(of(&measured, "flaky").len() > 5, "none was retried");
    assert_eq!(of(&measured, "gone").len(), 1, "404 is no reason to retry");
    let limited = of(&measured, "limited");
    assert!(limited[1].issued_ms >= limited[0].ended_ms.unwrap() + 990.0, "Retry-After: {limited:?}");
    assert!(measured.verdict.failed);
}

/// Connections that are refused hold no slot, and those that break off free theirs.
fn connections(session: &mut Session, engine: Engine) {
    let measured = agree(
        session,
        engine,
        r#"
horizon = "3s"
[request.refused]
url = "/refused/{index}"
count = 8
refused = 0.5
retry = { attempts = 2, backoff = ["700ms"], on = ["network"] }
service = "300ms"
[request.broken]
url = "/broken/{index}"
start = "1600ms"
count = 6
reset = 0.5
service = "100ms"
body = "400ms"
[request.next]
url = "/next/{index}"
start = "1650ms"
count = 3
service = "100ms"
[load]
ready = ["refused"]
"#,
    );
    let refused = of(&measured, "refused");
    assert!(refused.iter().any(|request| request.arrived_ms.is_none() && request.outcome == Ending::Failed));
    assert!(of(&measured, "broken").iter().any(|request| request.outcome == Ending::Failed));
}

/// A server whose queue is full answers with 503 and says when to come again; its workers are busy to the end of a body.
fn full_queues(session: &mut Session, engine: Engine) {
    let measured = agree(
        session,
        engine,
        r#"
horizon = "4s"
[server]
discipline = "fifo"
workers = 1
worker_until = "end"
queue = { limit = 1, retry_after = "2s" }
[request.first]
service = "300ms"
body = "500ms"
[request.second]
start = "200ms"
service = "300ms"
[request.third]
start = "400ms"
service = "300ms"
retry = { attempts = 2, backoff = ["100ms"] }
[load]
ready = ["first", "second", "third"]
"#,
    );
    assert_eq!(of(&measured, "third")[0].outcome, Ending::Failed);
    assert!(of(&measured, "third")[1].issued_ms >= 2390.0);
    assert!(of(&measured, "second")[0].headers_ms.unwrap() >= 1090.0, "the worker was busy to the end of the body");
}

/// Sockets that do not open: a WebSocket's page opens it again after growing pauses, an EventSource stays closed after a status.
fn sockets(session: &mut Session, engine: Engine) {
    let measured = agree(
        session,
        engine,
        r#"
horizon = "3500ms"
[request.page]
[socket.web]
kind = "websocket"
handshake = "50ms"
handshake_fails = 1
reconnect = "900ms"
reconnect_factor = 2
reconnect_at_most = "1500ms"
[socket.closed]
kind = "event-source"
handshake = "50ms"
handshake_fails = 1
reconnect = "500ms"
[socket.refused]
kind = "event-source"
opens = "100ms"
refused = 1
reconnect = "1500ms"
[load]
ready = ["page"]
"#,
    );
    assert_eq!(of(&measured, "closed").len(), 1, "a status ends an EventSource");
    assert_eq!(of(&measured, "web").len(), 3);
}

/// Several causes, one of several, and instance by instance.
fn causes(session: &mut Session, engine: Engine) {
    let measured = agree(
        session,
        engine,
        r#"
horizon = "3s"
[request.preflight]
method = "POST"
url = "/v1/{index}"
count = 3
credentials = "omit"
service = { distribution = "uniform", low = "100ms", high = "900ms" }
[request.widget]
url = "/v1/{index}"
count = 3
after = "preflight[i].ok"
service = "200ms"
[request.slow]
service = "1200ms"
[request.both]
after = ["slow.ok", "preflight[0].ok"]
delay = "300ms"
[request.either]
after = { any = ["slow.ok", "preflight[0].ok"] }
[load]
ready = ["both", "either"]
"#,
    );
    assert!(of(&measured, "both")[0].issued_ms >= 1490.0);
}

/// Calls that an event cancels, what a service worker hides of it, and components that are unmounted.
fn cancellations(session: &mut Session, engine: Engine) {
    agree(
        session,
        engine,
        r#"
horizon = "4s"
[request.click]
start = "500ms"
method = "POST"
service = "200ms"
[request.search]
url = "/search/{index}"
count = 3
service = "2s"
cancelled_by = "click.ok"
[request.hidden]
url = "/hidden/{index}"
count = 3
service = "2s"
cancelled_by = "click.ok"
cancel_aborts = false
[request.poll]
start = "100ms"
every = "900ms"
service = "50ms"
unmounted_by = "leave.issued"
[request.leave]
start = "2500ms"
service = "50ms"
[request.retried]
start = "100ms"
service = "50ms"
status = { 500 = 1 }
retry = { attempts = 3, backoff = ["2s"] }
cancelled_by = "click.ok"
[socket.stream]
kind = "event-source"
opens = "50ms"
unmounted_by = "leave.issued"
[socket.web]
kind = "websocket"
opens = "50ms"
cancelled_by = "click.ok"
[request.behind]
url = "/behind/{index}"
start = "800ms"
count = 4
service = "100ms"
[load]
ready = ["behind"]
"#,
    );
}

/// Tabs that show different pages, one of which opens later and one of which closes: the browser ends what it does.
fn pages(session: &mut Session, engine: Engine) {
    let measured = agree(
        session,
        engine,
        r#"
horizon = "3s"
[browser]
tabs = 3
[page.list]
tabs = [0]
[page.detail]
tabs = [1]
opens = "400ms"
[page.wall]
tabs = [2]
closes = "1200ms"
[request.rows]
page = "list"
url = "/rows/{index}"
start = "300ms"
count = 3
service = "100ms"
[request.item]
page = "detail"
service = "100ms"
start = "200ms"
[socket.camera]
page = "wall"
kind = "event-source"
count = 5
url = "/camera/{index}"
[request.poll]
page = "wall"
start = "50ms"
every = "500ms"
service = "2500ms"
[load]
ready = ["rows", "item"]
"#,
    );
    // Five cameras and a slow call take all six connections, until their tab closes.
    assert!(of(&measured, "rows").iter().all(|request| request.arrived_ms.unwrap() >= 1190.0));
    assert!(of(&measured, "camera").iter().all(|request| request.outcome == Ending::Aborted));
}

fn all(engine: Engine) {
    let _alone = support::alone();
    let Some(session) = plans::session(engine) else { return };
    let checks: [fn(&mut Session, Engine); 7] =
        [statuses, connections, full_queues, sockets, causes, cancellations, pages];
    support::check_each(session, plans::session, engine, checks);
}

#[test]
fn chromium_plays_outcomes() {
    all(Engine::Chromium);
}

#[test]
fn firefox_plays_outcomes() {
    all(Engine::Firefox);
}

#[test]
fn webkit_plays_outcomes() {
    all(Engine::Webkit);
}
