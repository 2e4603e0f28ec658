//! Navigations in real browsers: links, reloads and scripts that leave a page with calls in flight, and what follows on the new
//! page; each plan has the outcomes and, within a margin, the times of its simulation.
//!
//! What a plan shows does not depend on milliseconds. Without the browser, a test prints that it is skipped, and passes.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/plans.rs"]
mod plans;
mod support;

use plans::{agrees, load, of};
use sixslot_lab::{Ending, Engine, Session};

/// Five calls and an event stream are in the way of the document. Where the browser ends them as the navigation starts, one of
/// them is tried again. A poll begins while the document is on its way. (Calls that wait for a connection as WebKitGTK ends the
/// others are sent now and then before they are ended themselves.)
const IN_THE_WAY: &str = r#"
horizon = "4s"
[page.old]
left_by = "document.headers"
[request.old]
page = "old"
start = "60ms"
url = "/old/{index}"
count = 4
service = "1300ms"
[request.retried]
page = "old"
start = "60ms"
url = "/retried"
service = "1300ms"
retry = { attempts = 2, backoff = ["300ms"], on = ["network"] }
[request.poll]
page = "old"
start = "700ms"
every = "350ms"
service = "50ms"
[socket.events]
kind = "event-source"
page = "old"
[socket.web]
kind = "websocket"
page = "old"
[request.document]
url = "/next?of=old"
start = "500ms"
priority = "highest"
service = "700ms"
body = "300ms"
[request.first]
after = "document.headers"
delay = "350ms"
url = "/first/{index}"
count = 4
service = "200ms"
[request.last]
after = ["document.ok", "first.ok"]
delay = "200ms"
service = "50ms"
[load]
ready = ["first", "last"]
"#;

fn in_the_way(session: &mut Session, engine: Engine) {
    // A script, a click and a reload.
    for number in 0..3 {
        let measured = agrees(session, engine, &load(engine, number, 1.0, IN_THE_WAY));
        let document = of(&measured, "document")[0];
        let sent = document.arrived_ms.unwrap();
        let waits = engine == Engine::Chromium;
        assert!(if waits { sent > 1290.0 } else { sent < 750.0 }, "{engine}: {document:?}");
        assert_eq!(of(&measured, "retried").len(), if waits { 1 } else { 2 }, "{engine}");
        assert_eq!(of(&measured, "events")[0].outcome, Ending::Aborted);
        assert!(of(&measured, "last")[0].outcome == Ending::Ok && !measured.verdict.failed);
    }
}

/// Two navigations, one after the other, in one of two tabs that share the connections.
fn one_after_another(session: &mut Session, engine: Engine) {
    let text = r#"
horizon = "5s"
[browser]
tabs = 2
tab_interval = "50ms"
[page.one]
tabs = [0]
left_by = "second.headers"
[page.two]
tabs = [0]
left_by = "third.headers"
[page.three]
tabs = [0]
[page.other]
tabs = [1]
[request.a]
page = "one"
url = "/a/{index}"
count = 3
service = "2500ms"
[request.b]
page = "other"
url = "/b/{index}"
count = 5
service = "1500ms"
[request.second]
page = "one"
start = "400ms"
priority = "highest"
service = "100ms"
[request.c]
page = "two"
after = "second.ok"
delay = "200ms"
url = "/c/{index}"
count = 3
service = "900ms"
[request.third]
page = "three"
after = "c[0].issued"
delay = "300ms"
priority = "highest"
service = "200ms"
[request.d]
page = "three"
after = "third.headers"
delay = "250ms"
service = "50ms"
[load]
ready = ["d"]
"#;
    let measured = agrees(session, engine, &load(engine, 1, 1.0, text));
    assert_eq!(of(&measured, "b").iter().filter(|call| call.outcome == Ending::Ok).count(), 5);
    assert!(of(&measured, "d")[0].tab == 0 && measured.verdict.ready_ms.is_some());
}

/// Six event streams are in the way of the document for ever, where the browser waits for them; it has not come by the horizon.
fn never(session: &mut Session, engine: Engine) {
    let text = r#"
horizon = "2500ms"
[page.old]
left_by = "document.headers"
[socket.events]
kind = "event-source"
url = "/events/{index}"
count = 6
page = "old"
[request.document]
start = "600ms"
priority = "highest"
service = "50ms"
[request.next]
after = "document.headers"
delay = "300ms"
[load]
ready = ["next"]
"#;
    let measured = agrees(session, engine, &load(engine, 0, 1.0, text));
    assert_eq!(of(&measured, "next").is_empty(), engine == Engine::Chromium);
}

fn all(engine: Engine) {
    let _alone = support::alone();
    let Some(session) = plans::session(engine) else { return };
    let checks: [fn(&mut Session, Engine); 3] = [in_the_way, one_after_another, never];
    support::check_each(session, plans::session, engine, checks);
}

#[test]
fn chromium_navigates() {
    all(Engine::Chromium);
}

#[test]
fn firefox_navigates() {
    all(Engine::Firefox);
}

#[test]
fn webkit_navigates() {
    all(Engine::Webkit);
}
