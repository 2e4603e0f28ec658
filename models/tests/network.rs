//! The network between browser and origins: exact times of one transfer, of shared links, of handshakes, and a law of
//! queueing theory.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "golden/simulate.rs"]
mod simulate;

use simulate::{Row, simulate};
use sixslot_models::load::{Extent, Load, Outcome};
use sixslot_models::{Document, Plan};

/// Bytes of the initial congestion window: ten segments of 1460 bytes.
const WINDOW: f64 = 14_600.0;

/// Simulates a page in Chromium, where connecting and dispatching cost nothing beyond the network.
fn page(text: &str) -> Vec<Row> {
    let head = "schema = 1\nhorizon = '10m'\nload.ready = ['z']\nrequest.z = { start = '9m', origin = 'other' }\n\
                origin.other = { rtt = '0ms' }\nbrowser.dispatch = '0ms'\nbrowser.connect = '0ms'";
    simulate("network", &format!("{head}\n{text}"), &[])
}

fn one<'a>(rows: &'a [Row], name: &str) -> &'a Row {
    rows.iter().find(|row| row.name == name).unwrap()
}

/// The end of a request in ms.
fn end(rows: &[Row], name: &str) -> f64 {
    one(rows, name).request.ended.unwrap().as_seconds_f64() * 1e3
}

fn ends(rows: &[Row], name: &str) -> Vec<f64> {
    rows.iter().filter(|row| row.name == name).map(|row| row.request.ended.unwrap().as_seconds_f64() * 1e3).collect()
}

/// The duration of a transfer by slow start, in ms: each window that is sent in less than a round trip is followed by a pause
/// up to its end (Kurose and Ross, "Computer Networking", on TCP's latency: its stalls after each window).
fn slow_start(bytes: f64, rtt: f64, bytes_per_ms: f64) -> f64 {
    let (mut left, mut window, mut time) = (bytes, WINDOW, 0.0);
    while left > window && window < rtt * bytes_per_ms {
        (time, left, window) = (time + rtt, left - window, 2.0 * window);
    }
    time + left / bytes_per_ms
}

#[test]
fn one_transfer_takes_the_round_trips_of_slow_start_and_the_time_of_its_bytes() {
    for (rtt, mbit, bytes) in [
        (40.0, 10.0, 292_000.0),
        (150.0, 1.6, 40_000.0),
        (5.0, 10.0, 1_000_000.0),
        (300.0, 100.0, 3_000_000.0),
        (150.0, 1.6, 14_600.0),
        (20.0, 1000.0, 14_601.0),
    ] {
        let rows = page(&format!(
            "server = {{ rtt = '{rtt}ms', bandwidth_down = '{mbit}Mbit/s' }}\nrequest.a.body_bytes = {bytes}"
        ));
        // TCP's handshake, then the request's way and the answer's.
        let expected = 2.0 * rtt + slow_start(bytes, rtt, mbit * 125.0);
        assert!((end(&rows, "a") - expected).abs() < 1e-3, "{rtt} ms, {mbit} Mbit/s: {} {expected}", end(&rows, "a"));
    }
    // Without a bandwidth, the windows alone.
    let rows = page("server.rtt = '100ms'\nrequest.a.body_bytes = 102200");
    assert_eq!(end(&rows, "a"), 200.0 + 200.0);
    let rows = page("server.rtt = '100ms'\nrequest.a.body_bytes = 102201");
    assert_eq!(end(&rows, "a"), 200.0 + 300.0);
}

#[test]
fn a_connection_keeps_its_window_and_loses_it_when_it_is_idle() {
    let text = |pause: &str| {
        format!(
            "server.rtt = '100ms'\nrequest.a.body_bytes = 43800\n\
             request.b = {{ after = 'a.ok', delay = '{pause}', body_bytes = 58400 }}"
        )
    };
    let took = |pause: &str, ms: f64| {
        let rows = page(&text(pause));
        end(&rows, "b") - end(&rows, "a") - ms
    };
    // 14600 and 29200 bytes were acknowledged: the window is 58400, and the next body needs one round trip for its way.
    assert_eq!(took("0ms", 0.0), 100.0);
    // A time-out of 300 ms halves it once, two of them twice.
    assert_eq!(took("350ms", 350.0), 200.0);
    assert_eq!(took("10s", 10_000.0), 300.0);
}

#[test]
fn equal_transfers_share_a_link_equally() {
    for n in [1_u32, 2, 6] {
        let text = format!("server.bandwidth_down = '8Mbit/s'\nrequest.a = {{ count = {n}, body_bytes = 100000 }}");
        for at in ends(&page(&text), "a") {
            assert!((at - 100.0 * f64::from(n)).abs() < 1e-3, "{n}: {at}");
        }
    }
    // One joins at half of the other's bytes: 50 ms alone, 100 ms at half the speed; the rest alone.
    let rows = page(
        "server.bandwidth_down = '8Mbit/s'\nrequest.a.body_bytes = 100000\nrequest.b = { start = '50ms', body_bytes = 100000 }",
    );
    assert!((end(&rows, "a") - 150.0).abs() < 1e-3 && (end(&rows, "b") - 200.0).abs() < 1e-3);
    // An abort leaves the rest of the link to the others.
    let rows = page(
        "server.bandwidth_down = '8Mbit/s'\nrequest.a.body_bytes = 100000\nrequest.b = { deadline = '100ms', body_bytes = 100000 }",
    );
    assert_eq!(one(&rows, "b").request.outcome, Outcome::Aborted);
    assert!((end(&rows, "a") - 150.0).abs() < 1e-3, "{}", end(&rows, "a"));
}

#[test]
fn origins_share_the_access_link_and_not_a_path_of_their_own() {
    let text = |own: &str| {
        format!(
            "network.bandwidth_down = '8Mbit/s'\norigin.cdn = {{{own}}}\nrequest.a.body_bytes = 100000\n\
             request.b = {{ origin = 'cdn', body_bytes = 100000 }}"
        )
    };
    assert!((end(&page(&text("")), "a") - 200.0).abs() < 1e-3);
    assert!((end(&page(&text("bandwidth_down = '8Mbit/s'")), "a") - 100.0).abs() < 1e-3);
}

#[test]
fn streams_share_one_window_where_connections_have_one_each() {
    let text = |protocol: &str| {
        format!(
            "server = {{ rtt = '100ms', tls = '1.3', protocol = '{protocol}' }}\nrequest.a = {{ count = 3, body_bytes = 14600 }}"
        )
    };
    // The handshakes take two round trips, the way there and back one. Three bodies have three windows, or one that the first
    // of them fills; the others follow in the next round trip, in which the window is twice as large.
    assert_eq!(ends(&page(&text("h1")), "a"), [300.0; 3]);
    assert_eq!(ends(&page(&text("h2")), "a"), [300.0, 400.0, 400.0]);
}

#[test]
fn a_server_that_honours_priorities_sends_the_highest_first() {
    // 100 kB take 100 ms. Chromium's ranks: highest before auto and high, which are equal, before low.
    let text = |server: &str| {
        format!(
            "server = {{ protocol = 'h2', tls = '1.3', bandwidth_down = '8Mbit/s'{server} }}\n\
             request.low = {{ priority = 'low', body_bytes = 100000 }}\n\
             request.auto = {{ count = 2, start = '50ms', body_bytes = 100000 }}\n\
             request.highest = {{ priority = 'highest', start = '80ms', body_bytes = 20000 }}\n"
        )
    };
    let all = |rows: &[Row]| ["low", "auto", "highest"].map(|name| ends(rows, name));
    // Half of the low one has gone when the others come, which have 30 ms of the link before the highest one.
    let honoured = all(&page(&text(", honours_priority = true")));
    assert_eq!(honoured, [vec![320.0], vec![270.0, 270.0], vec![100.0]]);
    // Together: four at once from 80 ms on, and the 20 kB are gone first.
    let together = all(&page(&text("")));
    assert_eq!(together, [vec![220.0], vec![320.0, 320.0], vec![160.0]]);
    let refused = Document::read(
        "a.toml",
        &format!("schema = 1\n{}", text("").replace("'h2', tls = '1.3'", "'h1', honours_priority = true")),
        &[],
    );
    let error = refused.and_then(|document| document.plan(&[], &[])).unwrap_err();
    assert!(error.message.contains("`honours_priority` requires"), "{error}");
}

#[test]
fn a_connection_takes_the_round_trips_of_its_protocol() {
    for (keys, round_trips) in [
        ("protocol = 'h1'", 1),
        ("protocol = 'h1', tls = 'none'", 1),
        ("protocol = 'h1', tls = '1.3'", 2),
        ("protocol = 'h1', tls = '1.2'", 3),
        ("protocol = 'h2'", 2),
        ("protocol = 'h2', tls = '1.2'", 3),
        ("protocol = 'h3'", 1),
    ] {
        let rows = page(&format!("server = {{ rtt = '50ms', {keys} }}\nrequest.a.service = '10ms'"));
        assert_eq!(one(&rows, "a").sent(), Some(50.0 * f64::from(round_trips)), "{keys}");
        assert_eq!(end(&rows, "a"), 50.0 * f64::from(round_trips + 1) + 10.0, "{keys}");
    }
    let rows = page("server = { rtt = '50ms' }\nrequest.a.url = 'https://shop.test/'");
    assert_eq!(one(&rows, "a").sent(), Some(100.0), "a URL with https");
    let rows = page("server = { rtt = '50ms', dns = '30ms' }\nrequest.a.count = 2\nrequest.b.start = '1s'");
    assert_eq!((one(&rows, "a").sent(), end(&rows, "b")), (Some(80.0), 1_050.0), "a name is resolved once");
}

#[test]
fn an_answer_is_delayed_without_the_servers_capacity() {
    let rows = page(
        "server = { discipline = 'fifo', workers = 1, response_delay = '300ms' }\nrequest.a = { count = 3, work = '10ms' }",
    );
    assert_eq!(ends(&rows, "a"), [310.0, 320.0, 330.0]);
    let headers = one(&rows, "a").request.headers.unwrap().as_seconds_f64();
    assert_eq!(headers, 0.31);
}

#[test]
fn a_request_takes_the_time_of_the_uplink() {
    let rows = page(
        "server = { rtt = '100ms', bandwidth_up = '8Mbit/s' }\nrequest.a = { request_bytes = 14000, service = '5ms' }",
    );
    assert!((end(&rows, "a") - (100.0 + 14.0 + 50.0 + 5.0 + 50.0)).abs() < 1e-3, "{}", end(&rows, "a"));
}

#[test]
fn what_was_sent_reaches_the_server_after_an_abort() {
    // Both are aborted on their way; the one worker is busy with the first unless the server stops at a disconnect.
    let text = |cancels: bool| {
        format!(
            "server = {{ rtt = '100ms', discipline = 'fifo', cancel_on_disconnect = {cancels} }}\n\
             request.a = {{ work = '1s', deadline = '120ms' }}\nrequest.b = {{ start = '10ms', work = '1s' }}"
        )
    };
    assert_eq!(end(&page(&text(false)), "b"), 100.0 + 50.0 + 2_000.0 + 50.0);
    assert_eq!(end(&page(&text(true)), "b"), 10.0 + 100.0 + 50.0 + 1_000.0 + 50.0);
}

#[test]
fn a_body_ends_no_earlier_than_the_server_makes_it() {
    let rows = page("server = { rtt = '10ms' }\nrequest.a = { body = '500ms', body_bytes = 100 }");
    assert_eq!(end(&rows, "a"), 520.0);
}

/// E[T] = E[S] / (1 - rho) for processor sharing, whatever the distribution of the service (Kleinrock 1967).
#[test]
fn a_path_is_a_processor_sharing_queue() {
    let text = "schema = 1\nhorizon = '20m'\nload.ready = ['z']\nrequest.z = { start = '19m' }\n\
                browser = { connect = '0s', dispatch = '0s', connections = 1000, connections_total = 10000, delayable_limit = 1000 }\n\
                server.bandwidth_down = '8Mbit/s'\n\
                request.job = { body_bytes = 100000, arrivals = { rate_per_second = 7 }, url = '/{index}' }";
    let plan: Plan = Document::read("path", text, &[]).unwrap().plan(&[], &[]).unwrap();
    let mut load = Load::new();
    let mut means = Vec::new();
    for number in 0..20 {
        load.simulate(&plan, 7, number, Extent::Whole).unwrap();
        let jobs = load.requests().iter().filter(|request| request.class == 1);
        let times: Vec<f64> = jobs
            .filter(|job| (100.0..1_000.0).contains(&job.issued.as_seconds_f64()))
            .map(|job| (job.ended.unwrap() - job.issued).as_seconds_f64())
            .collect();
        means.push(times.iter().sum::<f64>() / times.len() as f64);
    }
    let mean = means.iter().sum::<f64>() / 20.0;
    let variance = means.iter().map(|one| (one - mean) * (one - mean)).sum::<f64>() / 19.0;
    let error = (variance / 20.0).sqrt();
    assert!((mean - 0.1 / 0.3).abs() < 3.0 * error && error < 0.01, "{mean} with a standard error of {error}");
}

#[test]
fn wrong_networks_are_refused_at_their_place() {
    for (text, place, message) in [
        ("server.bandwidth_down = '0Mbit/s'", "1:25", "at least 1 bit/s"),
        ("server.bandwidth_down = '10 Mbps'", "1:25", "is not a bandwidth"),
        ("server.bandwidth_up = '2000Gbit/s'", "1:23", "at most 1000 Gbit/s"),
        ("server.bandwidth_up = 10", "1:23", "expected a bandwidth"),
        ("server = { protocol = 'h2', tls = 'none' }", "1:35", "HTTP/2 only over TLS"),
        ("server = { protocol = 'h3', tls = '1.2' }", "1:35", "requires TLS 1.3"),
        ("server = { protocol = 'h3', tls = '1.2' }", "1:35", "leave out `tls`, or write \"1.3\""),
        ("server.tls = 1.3", "1:14", "write one of \"none\", \"1.2\", \"1.3\""),
        ("server.keep_alive = 'none'", "1:21", "\"0s\" closes each connection after its answer"),
        ("request.a.body_bytes = 1000000000001", "1:24", "over the limit"),
        ("network.profile = 'slow-4g'", "1:19", "is not known here"),
    ] {
        let scenario = format!("{text}\nschema = 1\nload.ready = ['b']\nrequest.b = {{}}");
        let error = Document::read("n", &scenario, &[]).and_then(|document| document.plan(&[], &[])).unwrap_err();
        let error = error.to_string();
        assert!(error.contains(place) && error.contains(message), "{text}: {error}");
    }
}
