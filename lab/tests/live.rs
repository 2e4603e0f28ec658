//! Small plans in real browsers: outcomes, and arrivals within a margin that a busy machine keeps.
//!
//! The outcome of each plan depends on a rule, not on milliseconds. Without the browser, a test prints that it is
//! skipped, and passes. The plans of an engine run one after another in one session ([`support::check_each`]).

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/plans.rs"]
mod plans;
mod support;

use plans::{MARGIN, measure, of, script, session};
use sixslot_lab::{Ending, Engine, LabError, Measured, Script, Session};
use sixslot_models::Document;

fn run(session: &mut Session, engine: Engine, scale: f64, text: &str) -> Measured {
    measure(session, &script(engine, scale, text))
}

/// Compares the arrivals of a class, in order of time, with the expected ones.
fn arrive(measured: &Measured, class: &str, expected: &[f64]) {
    let mut times: Vec<f64> = of(measured, class).iter().filter_map(|request| request.arrived_ms).collect();
    times.sort_by(f64::total_cmp);
    let fits = |(time, expected): (&f64, &f64)| time >= &(expected - 5.0) && *time < expected + MARGIN;
    let fits = times.len() == expected.len() && times.iter().zip(expected).all(fits);
    assert!(fits, "{class} arrived at {times:?}, expected {expected:?}");
}

fn outcomes(measured: &Measured, class: &str, expected: &[Ending]) {
    let endings: Vec<Ending> = of(measured, class).iter().map(|request| request.outcome).collect();
    assert_eq!(endings, expected, "{class}");
}

/// Six requests at once; the seventh waits for the first that ends. An abort in the queue never reaches the server; an
/// abort in flight closes its connection.
fn six_and_aborts(session: &mut Session, engine: Engine) {
    let measured = run(
        session,
        engine,
        1.0,
        r#"
horizon = "1800ms"
[request.busy]
count = 6
service = "1s"
[request.given-up]
start = "100ms"
service = "100ms"
deadline = "300ms"
[request.next]
start = "200ms"
service = "100ms"
[request.cut]
start = "1200ms"
service = "1s"
deadline = "200ms"
[load]
ready = ["next"]
error = { request = "given-up" }
error_is_final = false
"#,
    );
    arrive(&measured, "busy", &[0.0; 6]);
    arrive(&measured, "given-up", &[]);
    outcomes(&measured, "given-up", &[Ending::Aborted]);
    arrive(&measured, "next", &[1000.0]);
    arrive(&measured, "cut", &[1200.0]);
    outcomes(&measured, "cut", &[Ending::Aborted]);
    let connections: Vec<_> = of(&measured, "busy").iter().filter_map(|request| request.connection).collect();
    assert_eq!(connections.len(), 6);
    // In about half of the runs WebKitGTK closes the one that is free, and opens another, in each session (measured).
    let reused = connections.contains(&of(&measured, "next")[0].connection.unwrap());
    assert!(reused || engine == Engine::Webkit, "a used connection is used again");
    assert!(measured.verdict.failed && measured.verdict.error_ms.is_some_and(|at| (400.0..550.0).contains(&at)));
    assert!(measured.verdict.ready_ms.is_some_and(|at| (1100.0..1250.0).contains(&at)), "{:?}", measured.verdict);
}

/// Polls, retries, deduplication, a framework's queue, chains: the page's own rules.
fn what_the_page_does(session: &mut Session, engine: Engine) {
    let measured = run(
        session,
        engine,
        1.0,
        r#"
horizon = "2s"
[queue.router]
limit = 2
[request.poll]
every = "400ms"
skip_while_in_flight = true
service = "500ms"
[request.retried]
service = "600ms"
deadline = "200ms"
retry = { attempts = 3, backoff = ["100ms", "300ms"] }
[request.joined]
url = "/joined"
count = 3
dedupe = true
service = "300ms"
[request.prefetch]
count = 4
queue = "router"
service = "200ms"
cache = "no-store"
[request.chained]
after = "prefetch.ok"
delay = "100ms"
method = "POST"
service = { base = "50ms" }
body = "100ms"
[load]
ready = ["chained"]
fails = "not-ready"
"#,
    );
    arrive(&measured, "poll", &[0.0, 800.0, 1600.0]);
    arrive(&measured, "retried", &[0.0, 300.0, 800.0]);
    outcomes(&measured, "retried", &[Ending::Aborted; 3]);
    arrive(&measured, "joined", &[0.0]);
    outcomes(&measured, "joined", &[Ending::Ok, Ending::Coalesced, Ending::Coalesced]);
    arrive(&measured, "prefetch", &[0.0, 0.0, 200.0, 200.0]);
    arrive(&measured, "chained", &[500.0]);
    assert!(!measured.verdict.failed && measured.verdict.ready_ms.is_some_and(|at| (650.0..950.0).contains(&at)));
}

/// Sockets in their own pools; two tabs share the six connections; another origin has its own six.
fn sockets_and_tabs(session: &mut Session, engine: Engine) {
    let measured = run(
        session,
        engine,
        1.0,
        r#"
horizon = "1500ms"
[browser]
tabs = 2
tab_interval = "100ms"
[origin.other]
[socket.web]
kind = "websocket"
handshake = "20ms"
lasts = "900ms"
[socket.stream]
kind = "event-source"
url = "/stream/{tab}"
[request.four]
url = "/four/{tab}/{index}"
start = "200ms"
count = 3
service = "500ms"
[request.elsewhere]
url = "/elsewhere/{tab}"
origin = "other"
start = "250ms"
service = "100ms"
[load]
ready = ["four"]
"#,
    );
    arrive(&measured, "web", &[0.0, 100.0]);
    outcomes(&measured, "web", &[Ending::Ok; 2]);
    arrive(&measured, "stream", &[0.0, 100.0]);
    outcomes(&measured, "stream", &[Ending::Unfinished; 2]);
    // Two event streams keep two of the six connections: the second tab's third request waits for one of the first
    // tab's.
    arrive(&measured, "four", &[200.0, 200.0, 200.0, 300.0, 700.0, 700.0]);
    arrive(&measured, "elsewhere", &[250.0, 350.0]);
}

/// Which requests bypass the cache, and which wait for which.
fn caches(session: &mut Session, engine: Engine) {
    let measured = run(
        session,
        engine,
        1.0,
        r#"
horizon = "1800ms"
[request.turn]
url = "/turn"
count = 3
service = "300ms"
[request.by]
url = "/turn"
start = "50ms"
cache = "no-store"
service = "100ms"
[request.stored]
url = "/stored"
count = 3
service = "200ms"
response_cache_control = "max-age=60"
[request.leader]
url = "/aborted"
start = "900ms"
service = "500ms"
deadline = "200ms"
[request.follower]
url = "/aborted"
start = "950ms"
count = 2
service = "300ms"
[request.line]
url = "/line"
start = "100ms"
service = "1s"
[request.in-line]
url = "/line"
start = "200ms"
service = "100ms"
[request.apart]
url = "/line"
start = "250ms"
credentials = "omit"
service = "100ms"
[request.post]
url = "/line"
start = "300ms"
method = "POST"
service = "300ms"
[request.behind]
url = "/line"
start = "800ms"
service = "100ms"
[load]
ready = ["turn"]
"#,
    );
    // The answer to a POST, at 600, makes the line invalid for those who come later.
    arrive(&measured, "in-line", &[if engine == Engine::Firefox { 600.0 } else { 1100.0 }]);
    arrive(&measured, "behind", &[800.0]);
    arrive(&measured, "apart", &[if engine == Engine::Firefox { 250.0 } else { 1200.0 }]);
    arrive(&measured, "turn", &[0.0, 300.0, 600.0]);
    arrive(&measured, "by", &[50.0]);
    arrive(&measured, "stored", &[0.0]);
    outcomes(&measured, "stored", &[Ending::Ok; 3]);
    outcomes(&measured, "leader", &[Ending::Aborted]);
    let second = if engine == Engine::Firefox { 1100.0 } else { 1400.0 };
    arrive(&measured, "follower", &[1100.0, second]);
}

/// WebKitGTK has no lock: requests for one URL go together, and what is stored by then is used.
fn caches_without_a_lock(session: &mut Session, engine: Engine) {
    let measured = run(
        session,
        engine,
        1.0,
        r#"
horizon = "1500ms"
[request.turn]
url = "/turn"
count = 3
service = "300ms"
[request.stored]
url = "/stored"
start = "400ms"
service = "100ms"
response_cache_control = "max-age=60"
[request.again]
url = "/stored"
start = "900ms"
count = 2
service = "100ms"
response_cache_control = "max-age=60"
[load]
ready = ["again"]
"#,
    );
    arrive(&measured, "turn", &[0.0; 3]);
    arrive(&measured, "stored", &[400.0]);
    arrive(&measured, "again", &[]);
    outcomes(&measured, "again", &[Ending::Ok; 2]);
}

/// Low priorities after all others, the style sheet before them; at half the speed.
fn priorities_at_half_speed(session: &mut Session, engine: Engine) {
    let measured = run(
        session,
        engine,
        2.0,
        r#"
horizon = "1500ms"
[request.busy]
count = 6
service = "500ms"
[request.low]
start = "50ms"
count = 6
priority = "low"
service = "100ms"
[request.auto]
start = "100ms"
count = 3
service = "400ms"
[request.sheet]
start = "150ms"
priority = "highest"
service = "400ms"
[load]
ready = ["low"]
"#,
    );
    // In WebKitGTK the connections go to those who wait behind the six, and the sheet is before them: it has its turn when
    // the last of the low ones has its connection.
    arrive(&measured, "sheet", &[if engine == Engine::Webkit { 700.0 } else { 500.0 }]);
    let behind_the_sheet = engine == Engine::Firefox;
    arrive(&measured, "auto", &[if behind_the_sheet { 900.0 } else { 500.0 }; 3]);
    // Chromium's scheduler holds them while six requests are in flight; four others leave room for two. Firefox sends
    // nothing else of a tab while a style sheet is loading.
    let low = of(&measured, "low").iter().filter_map(|request| request.arrived_ms).fold(f64::MAX, f64::min);
    assert!((490.0..1100.0).contains(&low), "low came at {low}");
    assert_eq!(measured.scale, 2.0);
}

/// A slow body, a server that stops on disconnection, and snapshots that make a poll unnecessary.
fn bodies_and_servers(session: &mut Session, engine: Engine) {
    let measured = run(
        session,
        engine,
        1.0,
        r#"
horizon = "2s"
[server]
discipline = "fifo"
cancel_on_disconnect = true
[origin.loop]
discipline = "event-loop"
[request.cut]
service = "2s"
deadline = "300ms"
[request.after-cut]
start = "50ms"
service = "100ms"
body = "200ms"
[request.hopped]
origin = "loop"
count = 2
segments = 2
work = "200ms"
io_time = "100ms"
[socket.mux]
kind = "websocket"
origin = "loop"
snapshot_every = "100ms"
[request.poll]
start = "600ms"
every = "200ms"
skip_while_fresh = { socket = "mux", within = "5s" }
service = "1ms"
[load]
ready = ["after-cut"]
"#,
    );
    let headers = |class| of(&measured, class)[0].headers_ms.unwrap();
    outcomes(&measured, "cut", &[Ending::Aborted]);
    // The worker is free when the first is aborted at 300.
    assert!((395.0..550.0).contains(&headers("after-cut")), "{}", headers("after-cut"));
    assert!(of(&measured, "after-cut")[0].ended_ms.unwrap() > headers("after-cut") + 150.0);
    // Two blocks of 100 ms each, in turn, with a wait of 50 ms after each: 0-100, 100-200, 200-300, 300-400.
    let mut hopped: Vec<f64> = of(&measured, "hopped").iter().filter_map(|request| request.headers_ms).collect();
    hopped.sort_by(f64::total_cmp);
    assert!((345.0..500.0).contains(&hopped[0]) && (445.0..600.0).contains(&hopped[1]), "{hopped:?}");
    // The first call is not the poll's tick; all ticks are skipped.
    arrive(&measured, "poll", &[600.0]);
}

/// Six unread bodies of 300 kB free their connections.
fn unread_bodies(session: &mut Session, engine: Engine) {
    let measured = run(
        session,
        engine,
        1.0,
        r#"
horizon = "2s"
[origin.small]
[request.small]
url = "/small/{index}"
origin = "small"
count = 6
reads_body = false
body_bytes = 300000
[request.behind-small]
origin = "small"
start = "500ms"
[load]
ready = ["behind-small"]
"#,
    );
    arrive(&measured, "behind-small", &[500.0]);
}

/// Firefox ESR 140 sends the second of the requests for `/line` in this plan at once.
fn has_measured_cache(session: &Session, engine: Engine) -> bool {
    engine.too_old(session.version()).inspect(|sentence| println!("skipped: {sentence}")).is_none()
}

/// Nobody waits for a no-store response in Firefox, and what replaces it releases those who wait for an earlier replacement. In
/// Chromium the requests go one after another.
fn behind_a_no_store_response(session: &mut Session, engine: Engine) {
    let measured = run(
        session,
        engine,
        1.0,
        r#"
horizon = "1500ms"
[request.first]
url = "/one"
service = "100ms"
response_cache_control = "no-store"
[request.written]
url = "/one"
start = "200ms"
service = "300ms"
body = "400ms"
[request.rewritten]
url = "/one"
start = "300ms"
service = "400ms"
body = "400ms"
[request.released]
url = "/one"
start = "600ms"
service = "50ms"
[request.last]
url = "/one"
start = "800ms"
service = "50ms"
[load]
ready = ["last"]
"#,
    );
    let [rewritten, released, last] = match engine {
        Engine::Firefox => [300.0, 700.0, 1100.0],
        Engine::Webkit => [300.0, 600.0, 800.0],
        _ => [500.0, 900.0, 950.0],
    };
    arrive(&measured, "rewritten", &[rewritten]);
    arrive(&measured, "released", &[released]);
    arrive(&measured, "last", &[last]);
}

fn all(engine: Engine) {
    let _alone = support::alone();
    let Some(session) = session(engine) else { return };
    let caches: fn(&mut Session, Engine) = if engine == Engine::Webkit { caches_without_a_lock } else { caches };
    let caches = [caches, behind_a_no_store_response];
    let cache = if has_measured_cache(&session, engine) { &caches[..] } else { &[] };
    let others: [fn(&mut Session, Engine); 6] = [
        six_and_aborts,
        what_the_page_does,
        sockets_and_tabs,
        priorities_at_half_speed,
        bodies_and_servers,
        unread_bodies,
    ];
    let mut session =
        support::check_each(session, plans::session, engine, others.into_iter().chain(cache.iter().copied()));
    let text = "horizon = \"1s\"\n[browser]\nconnections = 4\n[request.a]\n[load]\nready = [\"a\"]";
    let plan = Document::read("live.toml", &format!("schema = 1\n{text}"), &[]).unwrap().plan(&[], &[]).unwrap();
    let refusal = session.run(&Script::new(&plan, 1, 0, 1.0).unwrap());
    assert!(matches!(refusal, Err(LabError::Unsupported(refusal)) if refusal.option.starts_with("browser.")));
}

#[test]
fn chromium_follows_the_rules() {
    all(Engine::Chromium);
}

#[test]
fn firefox_follows_the_rules() {
    all(Engine::Firefox);
}

#[test]
fn webkit_follows_the_rules() {
    all(Engine::Webkit);
}
