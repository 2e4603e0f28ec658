//! Links that are first in, first out: exact times of transfers, of connections that take turns, of handshakes and requests, and the
//! same packet by packet.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "golden/simulate.rs"]
mod simulate;

use simulate::{Row, simulate};
use sixslot_models::Document;
use sixslot_models::load::Outcome;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Bytes of a packet; packets of the first window.
const PACKET: f64 = 1500.0;
const WINDOW: u32 = 10;
/// Bytes of a message of TCP's handshake.
const SYN: f64 = 60.0;

/// Simulates a page in Chromium, where connecting and dispatching cost nothing beyond the network.
fn page(text: &str) -> Vec<Row> {
    let head = "schema = 1\nhorizon = '10m'\nload.ready = ['z']\nrequest.z = { start = '9m', origin = 'other' }\n\
                origin.other = { rtt = '0ms', bandwidth_down = '1Gbit/s' }\nbrowser.dispatch = '0ms'\nbrowser.connect = '0ms'\n\
                network.discipline = 'fifo'";
    simulate("fifo", &format!("{head}\n{text}"), &[])
}

/// Times in ms of the requests of a class, in the order of the list.
fn times(rows: &[Row], name: &str, of: impl Fn(&Row) -> Option<sixslot_sim_core::Time>) -> Vec<f64> {
    rows.iter().filter(|row| row.name == name).map(|row| of(row).unwrap().as_seconds_f64() * 1e3).collect()
}

fn ends(rows: &[Row], name: &str) -> Vec<f64> {
    times(rows, name, |row| row.request.ended)
}

fn reaches(rows: &[Row], name: &str) -> Vec<f64> {
    times(rows, name, |row| row.request.reaches)
}

fn assert_near(times: &[f64], expected: &[f64]) {
    let near = |(one, other): (&f64, &f64)| (one - other).abs() < 1e-3;
    assert!(times.len() == expected.len() && times.iter().zip(expected).all(near), "{times:?}, not {expected:?}");
}

/// The windows of 10, 20, 40, ... packets go one after another: the next one when the first burst of the one before is acknowledged,
/// a round trip after it has left the link.
#[test]
fn one_transfer_takes_the_round_trips_of_slow_start_and_the_time_of_its_bytes() {
    for (rtt, mbit, bytes) in [
        (40.0, 10.0, 292_000.0),
        (150.0, 1.6, 40_000.0),
        (5.0, 10.0, 1_000_000.0),
        (100.0, 100.0, 300_000.0),
        (150.0, 1.6, 15_000.0),
        (20.0, 100.0, 15_001.0),
    ] {
        let rows = page(&format!(
            "server = {{ rtt = '{rtt}ms', bandwidth_down = '{mbit}Mbit/s' }}\nrequest.a.body_bytes = {bytes}"
        ));
        let rate = mbit * 125.0;
        let (mut left, mut window, mut first, mut time) = (bytes / PACKET, f64::from(WINDOW), 1.0, 0.0);
        while left > window && window * PACKET / rate < rtt + first * PACKET / rate {
            (time, left) = (time + rtt + first * PACKET / rate, left - window);
            // The acknowledgement of the first burst makes the window larger, and leaves room for twice its packets.
            first = (2.0 * first).min(((window + first) / 10.0).ceil());
            window *= 2.0;
        }
        let left = left * PACKET;
        let expected = 2.0 * rtt + SYN / rate + time + left / rate;
        assert_near(&ends(&rows, "a"), &[expected]);
    }
}

/// Each connection's body is one window: they pass one after another, where equal sharing would end them together. Two that follow on
/// the connections that are free again pass when their requests have come.
#[test]
fn connections_take_turns() {
    let rows = page(
        "server = { rtt = '100ms', bandwidth_down = '1.2Mbit/s' }\nrequest.a = { count = 8, body_bytes = 15000, url = '/{index}' }",
    );
    // 15 kB take 100 ms, a message of a handshake 0.4 ms.
    let expected: Vec<f64> = (1..=6).map(|turn| 200.4 + 100.0 * f64::from(turn)).collect();
    let mut all = ends(&rows, "a");
    all.sort_by(f64::total_cmp);
    // The seventh comes at 300.4, its body leaves behind those of the others, at 750.4; the eighth follows.
    assert_near(&all, &[&expected[..], &[900.4, 1000.4]].concat());
}

/// The link is never idle, so the last one ends as by processor sharing, with all bytes. The others end earlier, however large
/// they are: slow start has no end, and so the last turn of each is a large part of its body.
#[test]
fn large_transfers_end_one_after_another() {
    for bytes in [15_000.0, 150_000.0, 15_000_000.0] {
        let rows = page(&format!(
            "server = {{ rtt = '40ms', bandwidth_down = '8Mbit/s' }}\nrequest.a = {{ count = 6, body_bytes = {bytes}, url = '/{{index}}' }}"
        ));
        let mut ends = ends(&rows, "a");
        ends.sort_by(f64::total_cmp);
        let (bytes, last) = (6.0 * bytes / 1000.0, ends[5]);
        assert!((last - (80.0 + SYN / 1000.0 + bytes)).abs() < 0.01, "{ends:?}, {bytes} ms for the bytes");
        assert!((0.5..0.8).contains(&(ends[0] / last)) && ends[5] - ends[4] < bytes / 4.0, "{ends:?}");
    }
}

/// A link, packet by packet: the ends in ms of bodies on connections of their own that are answered at these times.
fn packet_by_packet(rtt: f64, rate: f64, bodies: &[(f64, u32)]) -> Vec<f64> {
    struct Connection {
        left: u32,
        window: u32,
        under_way: u32,
    }
    let mut connections: Vec<Connection> =
        bodies.iter().map(|(_, packets)| Connection { left: *packets, window: WINDOW, under_way: 0 }).collect();
    // Events in microseconds: an answer is ready, or one packet is acknowledged.
    let micros = |ms: f64| (ms * 1e3).round() as u64;
    let mut events: BinaryHeap<Reverse<(u64, usize, bool)>> =
        bodies.iter().enumerate().map(|(number, (at, _))| Reverse((micros(*at), number, false))).collect();
    let (mut free, mut ends) = (0, BTreeMap::new());
    while let Some(Reverse((now, number, is_acknowledgement))) = events.pop() {
        let connection = &mut connections[number];
        if is_acknowledgement {
            connection.under_way -= 1;
            connection.window += 1;
        }
        while connection.left > 0 && connection.under_way < connection.window {
            connection.left -= 1;
            connection.under_way += 1;
            free = now.max(free) + micros(PACKET / rate);
            events.push(Reverse((free + micros(rtt), number, true)));
            if connection.left == 0 {
                ends.insert(number, (free + micros(rtt / 2.0)) as f64 / 1e3);
            }
        }
    }
    ends.into_values().collect()
}

/// Bursts are a tenth of a window: the ends differ from those packet by packet by the bursts that stand in the buffer.
#[test]
fn transfers_end_as_packet_by_packet() {
    let mut errors = Vec::new();
    for (rtt, mbit, sizes) in [
        (40.0, 8.0, [20, 40, 60, 80]),
        (100.0, 2.0, [30, 30, 30, 30]),
        (20.0, 4.0, [200, 10, 10, 100]),
        (150.0, 16.0, [11, 300, 25, 75]),
    ] {
        let (rate, mut text) =
            (mbit * 125.0, format!("server = {{ rtt = '{rtt}ms', bandwidth_down = '{mbit}Mbit/s' }}\n"));
        let mut bodies = Vec::new();
        for (number, packets) in sizes.into_iter().enumerate() {
            let start = rtt / 8.0 * number as f64;
            text.push_str(&format!("request.r{number} = {{ start = '{start}ms', body_bytes = {} }}\n", packets * 1500));
            // The handshakes are over before the first answer.
            bodies.push((start + 1.5 * rtt + SYN / rate, packets));
        }
        let rows = page(&text);
        for (number, expected) in packet_by_packet(rtt, rate, &bodies).into_iter().enumerate() {
            errors.push((ends(&rows, &format!("r{number}"))[0] - expected) / expected);
        }
    }
    let largest = errors.iter().copied().map(f64::abs).fold(0.0, f64::max);
    let mean = errors.iter().copied().map(f64::abs).sum::<f64>() / errors.len() as f64;
    assert!(largest < 0.05 && mean < 0.02, "{errors:?}");
}

/// A link without a limit: streams of one connection have one window, which counts packets however small they are.
#[test]
fn a_window_counts_packets() {
    // Two packets end the handshake, so that eight requests leave at once, and the others when those two are acknowledged.
    let rows = page("server = { rtt = '100ms', protocol = 'h2' }\nrequest.a = { count = 12, url = '/{index}' }");
    let mut expected = vec![250.0; 8];
    expected.extend([350.0; 4]);
    assert_eq!(reaches(&rows, "a"), expected);
    // Over HTTP/1.1 each has a connection.
    let rows = page("server = { rtt = '100ms', tls = '1.3' }\nrequest.a = { count = 6, url = '/{index}' }");
    assert_eq!(reaches(&rows, "a"), [250.0; 6]);
}

#[test]
fn handshakes_and_requests_have_bytes() {
    // 8 bytes a microsecond: 2100 and 60 bytes up, 1300 and 60 bytes down, and 600 bytes of the request.
    let rows = page(
        "server = { rtt = '100ms', tls = '1.3', bandwidth_up = '8Mbit/s', bandwidth_down = '8Mbit/s' }\nrequest.a = {}",
    );
    let open = 200.0 + 0.06 + 0.06 + 2.1 + 1.3;
    assert_near(&[rows[0].sent().unwrap()], &[open]);
    assert_near(&reaches(&rows, "a"), &[open + 0.6 + 50.0]);
    // A connection waits behind the upload of another one: 80 kB in windows of 15 and 30 kB.
    let rows = page(
        "server = { rtt = '20ms', bandwidth_up = '8Mbit/s' }\nrequest.a.request_bytes = 80000\n\
         request.b = { start = '85ms', service = '1ms' }",
    );
    let waits = rows.iter().find(|row| row.name == "b").unwrap().sent().unwrap() - 85.0 - 20.0;
    assert!((10.0..40.0).contains(&waits), "{waits}");
}

/// Requests of one connection are sent by priority: one of a lower priority waits for an upload, one of a higher one does not.
#[test]
fn requests_pass_an_upload_by_priority() {
    let of = |priority: &str| {
        let rows = page(&format!(
            "server = {{ rtt = '20ms', protocol = 'h2', bandwidth_up = '8Mbit/s' }}\nrequest.open = {{}}\n\
             request.a = {{ start = '1s', method = 'POST', request_bytes = 400000 }}\n\
             request.b = {{ start = '1.01s', priority = '{priority}' }}"
        ));
        reaches(&rows, "b")[0]
    };
    let (low, highest) = (of("low"), of("highest"));
    assert!(low > 1_400.0 && highest < 1_100.0, "{low} {highest}");
}

#[test]
fn the_last_byte_of_a_body_leaves_when_it_is_made() {
    let rows = page("server = { rtt = '10ms' }\nrequest.a = { body = '500ms', body_bytes = 100 }");
    assert_eq!(ends(&rows, "a"), [520.0]);
    // Behind what stands in the buffer: 400 kB of another connection, which has sent for as long as that takes.
    let rows = page(
        "server = { rtt = '10ms', bandwidth_down = '8Mbit/s' }\nrequest.a = { body = '300ms', body_bytes = 1000 }\n\
         request.b = { start = '200ms', body_bytes = 200000 }",
    );
    let end = ends(&rows, "a")[0];
    assert!((330.0..421.0).contains(&end), "{end}");
}

/// What an aborted request has sent stands in the buffer; what it has not sent is not.
#[test]
fn an_abort_leaves_the_rest_of_the_link_to_the_others() {
    let rows = page(
        "server = { rtt = '100ms', bandwidth_down = '1.2Mbit/s' }\nrequest.a = { deadline = '250ms', body_bytes = 150000 }\n\
         request.b = { start = '1ms', body_bytes = 15000 }",
    );
    assert_eq!(rows.iter().find(|row| row.name == "a").unwrap().request.outcome, Outcome::Aborted);
    assert_near(&ends(&rows, "b"), &[200.4 + 200.0]);
}

/// The server's keep-alive time runs from when it has written an answer, which stands in the buffer then: the next request comes too late, or in time.
#[test]
fn a_server_that_is_idle_before_its_answer_arrives_closes_the_connection() {
    for (keep_alive, connections) in [(200, [1, 2]), (800, [1, 1])] {
        let rows = page(&format!(
            "server = {{ rtt = '100ms', bandwidth_down = '1Mbit/s', keep_alive = '{keep_alive}ms' }}\n\
             request.a.body_bytes = 60000\nrequest.b = {{ after = 'a.ok' }}"
        ));
        let used = ["a", "b"].map(|name| rows.iter().find(|row| row.name == name).unwrap().request.connection.unwrap());
        assert_eq!(used, connections, "{keep_alive} ms");
    }
}

#[test]
fn an_unknown_discipline_is_refused_at_its_place() {
    let scenario = "network.discipline = 'random'\nschema = 1\nload.ready = ['b']\nrequest.b = {}";
    let error =
        Document::read("n", scenario, &[]).and_then(|document| document.plan(&[], &[])).unwrap_err().to_string();
    assert!(error.contains("1:22") && error.contains("is not known here"), "{error}");
}
